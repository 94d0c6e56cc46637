"""What a tree of processes uses right now: memory, processor time, tasks, disk. For bounds that the kernel does not
keep by itself.

Looking costs a few file reads per process; between two looks a process may take more than it is allowed, which is why a
control group is better where there is one. Resident sizes count pages twice that a parent and its forked child still
share, so a sum over a limit is counted again in proportional sizes, which is exact but takes longer. Processor time of
children that were waited for is in their parent's figures; children of a process that ignores SIGCHLD escape them.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def patience_s(seconds: float) -> float:
    """How long to wait for what takes less than `seconds` on an idle machine: longer while others use it too."""
    try:
        waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        waiting = 1.0
    return seconds * min(9.0, max(1.0, waiting))


def born(pid: int | str) -> str:
    """When a process was started, in ticks since boot: tells it from a later one with the same number. "" if gone."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


@dataclass(frozen=True)
class Usage:
    memory_bytes: int = 0
    cpu_s: float = 0.0
    tasks: int = 0


def children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                    found += map(int, file.read().split())
    return found


def tree(root: int) -> list[int]:
    """`root` and all its descendants, parents first."""
    found, seen = [root], {root}
    for pid in found:
        for child in children(pid):
            if child not in seen:
                seen.add(child)
                found.append(child)
    return found


def usage(root: int) -> Usage:
    """What `root` and its descendants use together."""
    memory_bytes = ticks = tasks = 0
    for pid in tree(root):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            # proc(5): fields 14-17 are utime, stime, cutime, cstime; 20 num_threads; 24 rss. `fields` starts at
            # field 3.
            ticks += sum(map(int, fields[11:15]))
            tasks += int(fields[17])
            memory_bytes += int(fields[21]) * PAGE_BYTES
    return Usage(memory_bytes, ticks / TICKS_PER_S, tasks)


def shared_memory_bytes(root: int) -> int | None:
    """Memory of `root` and its descendants with each shared page counted once; None where that cannot be read."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                sizes = [line.split()[1] for line in file if line.startswith(b"Pss:")]
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            return None
        total += sum(map(int, sizes)) * 1024
    return total


def with_home(home: Path) -> list[int]:
    """Processes that were started with this home folder. A process can forget it: a last resort."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if f"HOME={home}/home".encode() in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.append(int(name))
    return found


def tasks_of_user(uid: int) -> int:
    """Threads that run as `uid`: what RLIMIT_NPROC counts."""
    count = 0
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    if os.stat(f"/proc/{name}").st_uid == uid:
                        count += len(os.listdir(f"/proc/{name}/task"))
    return count


def disk_bytes(directory: Path) -> int:
    """Disk space taken below `directory`, 512 bytes at least for each file."""
    total = 0
    pending = [str(directory)]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    total += max(512, entry.stat(follow_symlinks=False).st_blocks * 512)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
    return total
