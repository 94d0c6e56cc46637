"""A control group for one sandbox: the kernel's own bound on the memory and the number of tasks of a whole process
tree.

Resource limits count per process, so eight children of 900 MB each stay below a limit of 1 GB. A control group
counts them together, and what they keep in a tmpfs too. Making one takes rights: root outside of a container
usually has them, an ordinary user only where the system delegated a subtree. `create` answers None where it cannot,
and the watchdog of `sandbox_watch` does what it can instead.

The group is made below the group that the judge itself is in (version 1), or below its nearest ancestor that hands
the controllers on (version 2), so whatever bounds the judge bounds the sandbox as well.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path

from autograder import sandbox_watch

PREFIX = "faultlab-"
_serial = itertools.count()


def _own_groups() -> dict[str, tuple[Path, Path]]:
    """Controller -> (mount point, own directory) of each hierarchy; version 2 under the name ""."""
    mounts: dict[str, tuple[str, Path]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split()[:3]
        if kind == "cgroup2":
            mounts[""] = (left.split()[3], Path(left.split()[4]))
        elif kind == "cgroup":
            for option in options.split(","):
                mounts[option] = (left.split()[3], Path(left.split()[4]))
    groups = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            if name in mounts:
                root, mount = mounts[name]
                inside = os.path.relpath(path, root) if path.startswith(root) else "."
                groups[name] = (mount, Path(os.path.normpath(mount / inside)))
    return groups


def _sweep(parent: Path) -> None:
    """Remove groups left empty by a judge that was killed."""
    for old in parent.glob(f"{PREFIX}*"):
        pid, born, *_ = [*old.name.removeprefix(PREFIX).split("-"), "", ""]
        if not born or sandbox_watch.born(pid) != born:
            with contextlib.suppress(OSError):
                old.rmdir()


class Group:
    """The directories of one group, one for each hierarchy it needs."""

    def __init__(self, directories: list[Path], version: int) -> None:
        self.directories = directories
        self.version = version

    def add(self, pid: int) -> None:
        for directory in self.directories:
            (directory / "cgroup.procs").write_text(str(pid))

    def out_of_memory(self) -> bool:
        """True when the kernel killed a process of the group for want of memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        for directory in self.directories:
            with contextlib.suppress(OSError, ValueError):
                for line in (directory / name).read_text().splitlines():
                    key, _, value = line.partition(" ")
                    if key == "oom_kill" and int(value) > 0:
                        return True
        return False

    def remove(self) -> None:
        """Remove the empty group. The kernel needs a moment after the last process has gone."""
        for directory in self.directories:
            for _ in range(100):
                try:
                    directory.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


def create(memory_bytes: int, tasks: int) -> Group | None:
    """A new group with these bounds, or None where none can be made."""
    try:
        groups = _own_groups()
    except (OSError, ValueError):
        return None
    pid = str(os.getpid())
    name = f"{PREFIX}{pid}-{sandbox_watch.born(pid)}-{next(_serial)}"
    if "memory" in groups:
        return _create_v1(groups, name, memory_bytes, tasks)
    return _create_v2(groups, name, memory_bytes, tasks)


def _create_v1(groups: dict[str, tuple[Path, Path]], name: str, memory_bytes: int, tasks: int) -> Group | None:
    bounds = {"memory": {"memory.limit_in_bytes": memory_bytes}, "pids": {"pids.max": tasks}}
    made: list[Path] = []
    for controller, values in bounds.items():
        if controller not in groups:
            continue
        parent = groups[controller][1]
        try:
            _sweep(parent)
            directory = parent / name
            directory.mkdir(exist_ok=True)
            made.append(directory)
            for file, value in values.items():
                (directory / file).write_text(str(value))
            if controller == "memory":
                with contextlib.suppress(OSError):
                    (directory / "memory.memsw.limit_in_bytes").write_text(str(memory_bytes))
        except OSError:
            Group(made, 1).remove()
            return None
    return Group(made, 1)


def _create_v2(groups: dict[str, tuple[Path, Path]], name: str, memory_bytes: int, tasks: int) -> Group | None:
    if "" not in groups:
        return None
    mount, place = groups[""]
    while True:
        with contextlib.suppress(OSError):
            if {"memory", "pids"} <= set((place / "cgroup.subtree_control").read_text().split()):
                break
        if place == mount or mount not in place.parents:
            return None
        place = place.parent
    directory = place / name
    try:
        _sweep(place)
        directory.mkdir()
        (directory / "memory.max").write_text(str(memory_bytes))
        (directory / "pids.max").write_text(str(tasks))
        with contextlib.suppress(OSError):
            (directory / "memory.swap.max").write_text("0")
    except OSError:
        Group([directory], 2).remove()
        return None
    return Group([directory], 2)
