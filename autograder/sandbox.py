"""The sandbox: a learner's code runs here, alone, and answers over a pipe.

What runs inside is hostile until proven otherwise, because now and then it is, and more often it is an endless
loop. The rules:

1. The judge, the gradebook, hidden checks and other submissions are not inside: not hidden from the code, but absent.
2. Two pipes are the only way out. Messages are JSON, one a line; a line that is too long, too deep or no JSON ends
   the process, not the judge.
3. Everything is bounded: processor time, wall time, memory, tasks, files, disk, output. What ended a process is
   said in one of `REASONS`.
4. Ending a sandbox ends every process in it, daemons included; and a judge that dies takes its sandboxes along.
5. Without a sandbox nothing runs, unless the caller says in so many words that it may.

Backends: "bubblewrap" (own namespaces: the host's files, processes and network do not exist inside), "landlock"
(the host is there, the kernel refuses access to it), "none" (limits only). What each stops, and what it cannot, is
data: `describe`.

>>> box = choose()
>>> with box.start_worker() as worker:
...     worker.send({"op": "run_cell", "id": "a", "source": "1 + 1"})
...     worker.receive(10)
"""

from __future__ import annotations

import functools
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import time
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import sandbox_cgroup, sandbox_folder, sandbox_launch, sandbox_seccomp, sandbox_view, sandbox_watch
from autograder.sandbox_cells import CellResult, NotebookRun, run_cell, run_notebook_cells
from autograder.sandbox_process import (
    LAUNCH_TIMEOUT_S,
    REASONS,
    WATCH_INTERVAL_S,
    Limits,
    ProcessEnded,
    SandboxedProcess,
)
from autograder.sandbox_view import View

BUBBLEWRAP, LANDLOCK, NONE = "bubblewrap", "landlock", "none"
# User ids that nothing else on a machine has (systemd hands them out for the same purpose).
UIDS = range(61184, 65520)
# Tasks that the user's other programs may start meanwhile: an ordinary user's are counted together with the sandbox's.
OTHER_TASKS = 256
# The hash seed of every worker, unless another one is asked for.
HASH_SEED = "0"


class NoSandbox(Exception):
    """No sandbox can be had; the message says in one line what is missing and what to do."""


@dataclass(frozen=True)
class Description:
    """What a backend stops (a list of facts that the tests show) and what it cannot stop."""

    name: str
    stops: tuple[str, ...]
    cannot_stop: tuple[str, ...]


_EVERYWHERE = (
    "endless loop",
    "loop that swallows KeyboardInterrupt",
    "os._exit",
    "memory hog",
    "fork bomb",
    "fork bombs on a busy machine",
    "disk filling",
    "output flood",
    "over-long message",
    "closed protocol pipe",
    "daemon outliving the process",
)
_ISOLATED = (
    *_EVERYWHERE,
    "reading the repository",
    "reading the home folder",
    "importing the reference",
    "writing outside",
    "TCP to the host",
    "UDP to the host",
    "reading /proc of the judge",
    "killing the judge",
)
DESCRIPTIONS = {
    BUBBLEWRAP: Description(
        BUBBLEWRAP,
        (
            *_ISOLATED,
            "seeing that a path of the host exists",
            "connecting to a unix socket of the host",
            "changing modes outside",
        ),
        (
            "a hole in the kernel",
            "without a control group (an ordinary user mostly has none): a tree of processes exceeding its memory "
            f"for the {WATCH_INTERVAL_S:g} s between two looks of the watchdog; kernel memory of empty files and pipes",
            "processor time of children whose parent ignores SIGCHLD is not counted (the wall time bounds it)",
            "reading any file below /usr and below the Python prefix",
        ),
    ),
    LANDLOCK: Description(
        LANDLOCK,
        (*_ISOLATED, "connecting to a unix socket of the host", "changing modes outside"),
        (
            "a hole in the kernel",
            "seeing that a path of the host exists, with its size and times (stat, readlink)",
            f"disk and memory are looked at every {WATCH_INTERVAL_S:g} s (memory is bounded by a control group where "
            "there is one); a file deleted while open is not seen (it is bounded by file_bytes x open_files)",
            "tasks of an ordinary user are bounded by the watchdog, with RLIMIT_NPROC some hundred above it",
            "processor time of children whose parent ignores SIGCHLD is not counted (the wall time bounds it)",
            "reading any file below /usr and below the Python prefix",
        ),
    ),
    NONE: Description(
        NONE,
        _EVERYWHERE,
        (
            "reading and changing every file that the caller may, the gradebook and other submissions included",
            "the network",
            "killing the judge or any other process of the same user",
            "a process that takes itself out of the tree on a system without subreapers (macOS)",
            "for certain, before Linux 6.12 or as root: a fork bomb whose every process is gone before it is looked at",
        ),
    ),
}


def describe(name: str) -> Description:
    """What the backend called `name` stops and cannot stop."""
    return DESCRIPTIONS[name]


# Which backends work here


@dataclass(frozen=True)
class Probe:
    works: bool
    why: str = ""


@functools.cache
def probe(name: str) -> Probe:
    """Whether the backend works on this machine for this user: found out by starting a Python in it."""
    missing = _missing(name)
    if missing:
        return Probe(False, missing)
    found = _try(name)
    for pause_s in (0.5, 2.0):
        # What fails on a busy machine, for want of time or of a free task, may work a moment later. The answer is kept.
        if found.works or sandbox_watch.patience_s(1.0) < 1.5:
            break
        time.sleep(pause_s)
        found = _try(name)
    return found


def _try(name: str) -> Probe:
    try:
        with Sandbox(name) as box, box.start([str(box.python), "-I", "-S", "-c", "print('{}')"]) as process:
            answer = process.receive(sandbox_watch.patience_s(LAUNCH_TIMEOUT_S))
            return Probe(answer == {}, "" if answer == {} else "a Python started in it gives no answer")
    except (ProcessEnded, OSError, sandbox_seccomp.NoSeccomp, ModuleNotFoundError) as error:
        return Probe(False, " ".join(str(error).split())[:300])


def _missing(name: str) -> str:
    """The plain reason why a backend cannot work here, or "" if it may."""
    if name == NONE:
        return ""
    if sys.platform != "linux":
        return "needs Linux"
    if name == BUBBLEWRAP:
        return _missing_bubblewrap()
    if sandbox_launch.landlock_abi() < 1:
        return "this kernel has no Landlock (Linux 5.13 or newer, with landlock among its security modules)"
    try:
        sandbox_seccomp.program(True, True)
    except sandbox_seccomp.NoSeccomp as error:
        return str(error)
    return ""


def _missing_bubblewrap() -> str:
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed (Debian, Ubuntu: apt install bubblewrap)"
    text = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=10).stdout
    return "" if "--size" in text and "--perms" in text else "bubblewrap 0.7 or newer is needed"


def available() -> list[str]:
    """The backends that work here, best first; each was started once to find out."""
    return [name for name in (BUBBLEWRAP, LANDLOCK) if probe(name).works]


def choose(
    name: str | None = None,
    unsafe: bool = False,
    *,
    hidden: Iterable[Path] = (),
    unsafe_option: str = "--unsafe-no-sandbox",
) -> Sandbox:
    """The sandbox called `name`, else the best one that works here. NoSandbox if there is none.

    `unsafe=True` permits "none" (it is taken only if named, or if nothing better works). `hidden` are further paths
    that must not be seen. `unsafe_option` is what the caller's option is called, for the message.
    """
    wanted = [name] if name else [BUBBLEWRAP, LANDLOCK, *([NONE] if unsafe else [])]
    if NONE in wanted and not unsafe:
        raise NoSandbox(f'"none" isolates nothing and is taken only with {unsafe_option}')
    unknown = [n for n in wanted if n not in DESCRIPTIONS]
    if unknown:
        raise NoSandbox(f"there is no sandbox called {unknown[0]!r}: take one of {', '.join(DESCRIPTIONS)}")
    for candidate in wanted:
        if probe(candidate).works:
            return Sandbox(candidate, hidden=hidden)
    reasons = "; ".join(f"{n}: {probe(n).why}" for n in wanted)
    raise NoSandbox(
        f"no sandbox for learner code works here ({reasons}). Install bubblewrap, or accept with {unsafe_option} that "
        "submitted code runs with your rights: it can then read and change your files, the gradebook included, and use "
        "the network"
    )


# A sandbox


class Sandbox:
    """A way to start learner code: a backend and a view of the file system. Use as a context manager, or call
    `close`.
    """

    INSIDE = "/opt/faultlab"

    def __init__(
        self, name: str, view: View | None = None, *, hidden: Iterable[Path] = (), landlock_abi_max: int = 99
    ) -> None:
        self.name = name
        self.view = view or View(hidden=tuple(Path(p) for p in hidden))
        self._landlock_abi_max = landlock_abi_max
        self._kit = sandbox_view.build_kit()
        self._close = weakref.finalize(self, shutil.rmtree, self._kit, ignore_errors=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._close()

    @property
    def python(self) -> Path:
        """The interpreter as seen from inside."""
        return self.view.python.executable

    @property
    def _bound(self) -> bool:
        return self.name == BUBBLEWRAP

    def _kit_inside(self) -> str:
        return f"{self.INSIDE}/kit" if self._bound else str(self._kit)

    def _sites_inside(self) -> list[str]:
        sites = self.view.python.site_dirs
        return [f"{self.INSIDE}/site{i}" for i in range(len(sites))] if self._bound else [str(s) for s in sites]

    def start_worker(self, limits: Limits | None = None, hash_seed: str = HASH_SEED) -> SandboxedProcess:
        """Start `worker.py` and wait until it is ready for messages."""
        limits = limits or Limits()
        options = {"sites": self._sites_inside(), "output_bytes": limits.output_bytes, "line_bytes": limits.line_bytes}
        argv = [
            str(self.python),
            "-P",
            "-s",
            "-S",
            "-B",
            "-X",
            "utf8",
            f"{self._kit_inside()}/worker.py",
            json.dumps(options),
        ]
        process = self.start(argv, limits, hash_seed)
        try:
            if process.receive(sandbox_watch.patience_s(LAUNCH_TIMEOUT_S)) != {"ev": "ready"}:
                raise ProcessEnded("protocol", "the worker did not say that it is ready")
        except BaseException:
            process.kill()
            raise
        return process

    def start(self, argv: Sequence[str], limits: Limits | None = None, hash_seed: str = HASH_SEED) -> SandboxedProcess:
        """Start a program whose standard input and output carry the messages. ProcessEnded if it cannot be started."""
        limits = limits or Limits()
        private = None if self._bound else sandbox_folder.make("box")
        uid = _free_uid() if os.geteuid() == 0 and self.name != NONE else None
        group = (
            sandbox_cgroup.create(limits.memory_bytes + limits.disk_bytes, limits.processes + 8)
            if sys.platform == "linux"
            else None
        )
        try:
            return self._start(list(argv), limits, private, uid, group, hash_seed)
        except BaseException:
            if group is not None:
                group.remove()
            if private is not None:
                shutil.rmtree(private, ignore_errors=True)
            raise

    def _start(
        self,
        argv: list[str],
        limits: Limits,
        private: Path | None,
        uid: int | None,
        group: sandbox_cgroup.Group | None,
        hash_seed: str,
    ) -> SandboxedProcess:
        home = "/tmp"
        if private is not None:
            home = str(private)
            if uid is not None:
                os.chown(private, uid, uid)
        config = {
            "supervise": not self._bound,
            "argv": argv,
            "env": _environment(home, str(self.python.parent), hash_seed),
            "cwd": f"{home}/cwd",
            "make_dirs": [f"{home}/{name}" for name in ("cwd", "home", "tmp")],
            "rlimits": self._rlimits(limits, uid),
            "uid": uid,
            "landlock_abi_max": self._landlock_abi_max,
            "read_all": uid is not None and self.name == LANDLOCK and not self.view.python.readable_by_others(),
            "seccomp": self._system_calls(),
        }
        if self.name == LANDLOCK:
            config |= {"landlock": self._landlock(home)}
        launcher = [str(self.python), "-I", "-S", "-B", f"{self._kit_inside()}/sandbox_launch.py"]
        command = [*self._bubblewrap(limits, uid), *launcher] if self._bound else launcher
        return SandboxedProcess(command, config, limits, group, private)

    def _rlimits(self, limits: Limits, uid: int | None) -> dict[str, int]:
        tasks = limits.processes + 2
        kernel = tuple(int(n) for n in platform.release().split(".")[:2] if n.isdigit())
        # Before 5.14 the kernel counted all tasks of a user, in whatever namespace.
        if uid is None and (not self._bound or kernel < (5, 14)):
            tasks += sandbox_watch.tasks_of_user(os.geteuid()) + OTHER_TASKS
        return {
            "RLIMIT_CPU": limits.cpu_s + 1,
            "RLIMIT_DATA": limits.memory_bytes,
            "RLIMIT_NPROC": tasks,
            "RLIMIT_FSIZE": limits.file_bytes,
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
        }

    def _system_calls(self) -> str:
        if self.name == NONE:
            return ""
        old = min(sandbox_launch.landlock_abi(), self._landlock_abi_max) < 6
        try:
            return sandbox_seccomp.program(self.name == LANDLOCK, self.name == LANDLOCK and old).hex()
        except sandbox_seccomp.NoSeccomp:
            # Under bubblewrap the filter is a second wall; Landlock does not hold without it.
            if self.name == LANDLOCK:
                raise
            return ""

    def _landlock(self, home: str) -> list[tuple[str, str]]:
        hidden = self.view.all_hidden()
        roots = [Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64") if os.path.exists(p)]
        roots = list(dict.fromkeys(r.resolve() for r in (*roots, *self.view.python.prefixes)))
        rules = [rule for root in roots for rule in sandbox_view.landlock_rules(root, hidden)]
        # A library folder inside the repository is shown although the repository is hidden.
        for site in self.view.python.site_dirs:
            rules += sandbox_view.landlock_rules(site, hidden)
        single = ["/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/dev/urandom", "/dev/random", "/dev/zero"]
        rules += [(path, "read") for path in (*single, str(self._kit), str(self.python))]
        return [*rules, ("/dev/null", "write"), (home, "write")]

    def _bubblewrap(self, limits: Limits, uid: int | None) -> list[str]:
        hidden = self.view.all_hidden()
        binds: list[tuple[Path, str]] = [(Path("/usr"), "/usr")]
        links: list[str] = []
        for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
            if os.path.islink(name):
                links += ["--symlink", os.readlink(name), name]
            elif os.path.isdir(name):
                binds.append((Path(name), name))
        binds += [(p, str(p)) for p in self.view.python.prefixes if not sandbox_view.below(p, Path("/usr"))]
        binds += list(zip(self.view.python.site_dirs, self._sites_inside(), strict=True))
        command = [shutil.which("bwrap") or "bwrap"]
        if uid is None:
            command += ["--unshare-all"]
        else:
            # Root needs no user namespace; without one the learner's code gets a user id of its own, which the
            # limit on tasks needs.
            command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        command += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
        if uid is not None:
            for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
                command += ["--cap-add", capability]
        # Folders on the way to a bind take the mode of the host's, and /root is closed to the user that this will be.
        targets = [*(t for _, t in binds), self._kit_inside(), "/dev/null"]
        for folder in dict.fromkeys(str(f) for t in targets for f in reversed(Path(t).parents[:-1])):
            command += ["--perms", "0755", "--dir", folder]
        for source, target in binds:
            command += ["--ro-bind", str(source), target]
        command += links
        for path in ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives"):
            command += ["--ro-bind-try", path, path]
        for source, target in binds:
            for path in hidden:
                if sandbox_view.below(path, source):
                    command += _cover(path, f"{target}/{path.relative_to(source)}".removesuffix("/."))
        command += ["--ro-bind", str(self._kit), self._kit_inside(), "--proc", "/proc"]
        for device in ("null", "zero", "full", "random", "urandom"):
            command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
        command += ["--symlink", "/tmp", "/dev/shm", "--symlink", "/proc/self/fd", "/dev/fd"]
        # The root itself is a tmpfs without a bound: read-only once everything is in place.
        return [
            *command,
            "--perms",
            "1777",
            "--size",
            str(limits.disk_bytes),
            "--tmpfs",
            "/tmp",
            "--remount-ro",
            "/",
            "--chdir",
            "/",
        ]


def _cover(path: Path, target: str) -> list[str]:
    if path.is_dir():
        return ["--perms", "0555", "--size", "4096", "--tmpfs", target, "--remount-ro", target]
    return ["--ro-bind", "/dev/null", target]


def _free_uid() -> int:
    """A user id that no process has."""
    taken = {
        os.stat(f"/proc/{name}").st_uid
        for name in os.listdir("/proc")
        if name.isdigit() and os.path.exists(f"/proc/{name}")
    }
    return random.SystemRandom().choice([uid for uid in UIDS if uid not in taken])


def _environment(home: str, python_dir: str, hash_seed: str) -> dict[str, str]:
    return {
        "PATH": f"{python_dir}:/usr/local/bin:/usr/bin:/bin",
        "HOME": f"{home}/home",
        "TMPDIR": f"{home}/tmp",
        "IPYTHONDIR": f"{home}/home/.ipython",
        "MPLCONFIGDIR": f"{home}/home/.matplotlib",
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "USER": "learner",
        "LOGNAME": "learner",
        "TERM": "dumb",
        "NO_COLOR": "1",
        # The same submission gets the same grade: sets of strings keep one order.
        "PYTHONHASHSEED": hash_seed,
        "PYTHONDONTWRITEBYTECODE": "1",
        # Threads and arenas that nobody asked for count against the limits.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


__all__ = [
    "BUBBLEWRAP",
    "DESCRIPTIONS",
    "LANDLOCK",
    "NONE",
    "REASONS",
    "CellResult",
    "Description",
    "Limits",
    "NoSandbox",
    "NotebookRun",
    "ProcessEnded",
    "Sandbox",
    "SandboxedProcess",
    "available",
    "choose",
    "describe",
    "probe",
    "run_cell",
    "run_notebook_cells",
]
