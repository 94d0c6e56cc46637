"""Folders for a while, below the one for temporary files, that do not outlive their owner for long.

A judge that is killed cannot remove its folders. Their names say whose they are, by process number, time of birth and
PID namespace, so the next one to make a folder removes those whose owner is gone. Without /proc, where a process
cannot be told from a later one with its number, they are left to the system.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from autograder import sandbox_watch

NAME = re.compile(r"faultlab-(?:kit|box|stage)-(\d+)-(\d+)-(\d+)-\w+")


def make(kind: str) -> Path:
    """A fresh folder that only this user may enter. `kind` is "kit", "box" or "stage"."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=f"faultlab-{kind}-{_namespace()}-{os.getpid()}-{sandbox_watch.born('self')}-"))


def sweep() -> None:
    """Remove this user's folders whose owner is gone. Root removes those of the user ids of its sandboxes too."""
    me, namespace = os.geteuid(), _namespace()
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            match = NAME.fullmatch(entry.name)
            if not match or match[1] != namespace or sandbox_watch.born(match[2]) == match[3]:
                continue
            with contextlib.suppress(OSError):
                if me in (0, entry.stat(follow_symlinks=False).st_uid):
                    shutil.rmtree(entry.path, ignore_errors=True)


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""
