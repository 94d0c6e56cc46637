"""The first program inside every sandbox. It gives up rights, then becomes the worker.

It is trusted, runs before any line of a learner, and is copied into the sandbox: nothing but the standard library.
Its parent (`sandbox.py`) speaks first: eight hexadecimal digits and that many bytes of JSON on file descriptor 0,
sent after the parent has put this process into a control group, so that all later processes are born inside.

Order matters, because every step takes away what a later one would need:

1. resource limits, hard and soft, while raising and lowering them is still allowed;
2. the Landlock rules, whose paths are opened with the rights of the caller;
3. `no_new_privs`, without which an ordinary user may install neither Landlock nor seccomp;
4. the user id, when the caller is root: RLIMIT_NPROC counts nothing for user 0, and user 0 may signal every process
   of root;
5. Landlock, then the system call filter, then `exec`: the learner's code starts in a fresh image without anything
   of ours in memory.

With "supervise" the program stays behind as the parent of what it starts. It adopts every orphan (a *subreaper*),
and kills the whole tree when its child ends or when the lifeline says so, which also happens when the judge dies. It
ends only when it has no children left, which is when nothing of the tree is left. Looking for processes and killing
them one by one loses the race against a fork bomb on a busy machine, so the kill is one system call where the kernel
has one that takes all. Under bubblewrap the PID namespace does this, and no supervisor is needed.

Sources: landlock(7), seccomp(2), prctl(2), capabilities(7); Linux 6.18.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from typing import Any

PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_CAPBSET_DROP = 8, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
PR_CAP_AMBIENT_RAISE = 2
SECCOMP_MODE_FILTER = 2
CAP_DAC_READ_SEARCH, CAP_LAST = 2, 63
CAPABILITY_VERSION_3 = 0x20080522

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
# Rights by the Landlock version that brought them; a right unknown to the kernel must not be asked for.
FS_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
FS_EXECUTE, FS_WRITE_FILE, FS_READ_FILE, FS_READ_DIR = 1, 2, 4, 8
FS_MAKE_DEVICES_AND_SOCKETS = (1 << 6) | (1 << 9) | (1 << 11)
FS_FILE_RIGHTS = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | (1 << 14) | (1 << 15)
NET_TCP, SCOPE_SIGNALS, SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3, 2, 3


def fail(text: str) -> None:
    """Tell the parent in one line what went wrong, and end."""
    os.write(2, f"sandbox: {text}\n".encode())
    os._exit(125)


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *args: Any) -> int:
    result = libc().syscall(ctypes.c_long(number), *args)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"system call {number}: {os.strerror(error)}")
    return result


def prctl(option: int, *args: int) -> None:
    words = [ctypes.c_ulong(a) for a in (*args, 0, 0, 0, 0)[:4]]
    if libc().prctl(ctypes.c_int(option), *words) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl {option}: {os.strerror(error)}")


# Landlock


def landlock_abi() -> int:
    """The kernel's Landlock version, 0 when it has none."""
    try:
        return syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def landlock_ruleset(rules: list[tuple[str, str]], abi_max: int) -> int:
    """A ruleset that denies everything except `rules`: pairs of a path and "read", "list" or "write"."""
    abi = min(landlock_abi(), abi_max)
    if abi < 1:
        raise OSError("the kernel has no Landlock")
    handled = sum(bits for since, bits in FS_RIGHTS_BY_ABI.items() if since <= abi)
    attributes = struct.pack(
        "QQQ", handled, NET_TCP if abi >= 4 else 0, SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    rights = {
        "list": FS_READ_DIR,
        "read": FS_READ_DIR | FS_READ_FILE | FS_EXECUTE,
        "write": handled & ~FS_MAKE_DEVICES_AND_SOCKETS,
    }
    for path, kind in rules:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = rights[kind] & handled
        if not os.path.isdir(path):
            allowed &= FS_FILE_RIGHTS
        if allowed:
            rule = struct.pack("=Qi", allowed, target)
            syscall(LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
        os.close(target)
    return ruleset


# User, limits, system calls


def drop_root(uid: int, read_all: bool) -> None:
    """Become the ordinary user `uid` without capabilities.

    `read_all` keeps one: reading past permission bits, for a Python whose files only root may reach. It is given
    only together with Landlock, which still says which files these are.
    """
    for capability in range(CAP_LAST + 1):
        if read_all and capability == CAP_DAC_READ_SEARCH:
            continue
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    if read_all:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kept = 1 << CAP_DAC_READ_SEARCH if read_all else 0
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    if libc().capset(header, struct.pack("IIIIII", kept, kept, kept, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    if read_all:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)


def set_limits(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # One second between the soft and the hard limit of CPU time lets the signal say which limit it was.
        resource.setrlimit(
            number, (value, value + 1 if name == "RLIMIT_CPU" and hard == resource.RLIM_INFINITY else value)
        )


def filter_system_calls(program: bytes) -> None:
    instructions = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(instructions)))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(header))


def become(config: dict[str, Any]) -> None:
    """Give up everything that `config` does not grant, and turn into its program. Does not return."""
    with contextlib.suppress(OSError):
        os.setsid()
    os.umask(0o077)
    # A machine that runs out of memory ends the learner's processes first, not the judge or the supervisor.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    set_limits(config["rlimits"])
    ruleset = None
    if config.get("landlock") is not None:
        ruleset = landlock_ruleset(config["landlock"], config["landlock_abi_max"])
    if sys.platform == "linux":
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    if config.get("uid") is not None:
        drop_root(config["uid"], config.get("read_all", False))
    for directory in config["make_dirs"]:
        os.makedirs(directory, exist_ok=True)
    os.chdir(config["cwd"])
    if ruleset is not None:
        syscall(LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
        os.close(ruleset)
    if config.get("seccomp"):
        filter_system_calls(bytes.fromhex(config["seccomp"]))
    os.execve(config["argv"][0], config["argv"], config["env"])


# Supervision


def scope_signals(abi_max: int) -> bool:
    """Keep the signals of this process, and of all that it starts from now on, among themselves (Landlock 6).

    Answers whether that is so, found out by a signal to the parent. `kill_at_once` relies on it.
    """
    if sys.platform != "linux" or min(landlock_abi(), abi_max) < 6:
        return False
    parent = os.getppid()
    try:
        os.kill(parent, 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        ruleset = syscall(
            LANDLOCK_CREATE, struct.pack("QQQ", 0, 0, SCOPE_SIGNALS), ctypes.c_size_t(24), ctypes.c_uint(0)
        )
        syscall(LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
        os.close(ruleset)
    except OSError:
        return False
    try:
        os.kill(parent, 0)
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def kill_at_once(child: int, uid: int | None, scoped: bool) -> None:
    """Kill everything below with one system call, which the kernel lets no fork outrun.

    Signal -1 goes to every process that may be signalled: to those of the sandbox's own user id, if the caller is
    root, or to those in the Landlock scope. Root without either must not use it. Where there is no scope, the filter
    of system calls keeps a learner's processes in one process group, for the same purpose.
    """
    for send in (lambda: os.kill(child, signal.SIGKILL), lambda: os.killpg(child, signal.SIGKILL)):
        with contextlib.suppress(OSError):
            send()
    if uid is not None:
        os.setresuid(uid, uid, 0)
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)
        os.setresuid(0, 0, 0)
    elif scoped and os.geteuid() != 0:
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)


def relations() -> dict[int, tuple[int, int]]:
    """Parent and process group of every process that can be seen."""
    found = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                found[int(name)] = int(fields[1]), int(fields[2])
    return found


def targets() -> set[int]:
    """Every process below this one, and (as a negative number) every process group that one of them is in."""
    seen, own_group = relations(), os.getpgrp()
    found, grown = {os.getpid()}, True
    while grown:
        new = {pid for pid, (parent, _) in seen.items() if parent in found} - found
        found |= new
        grown = bool(new)
    below = found - {os.getpid()}
    return below | {-seen[pid][1] for pid in below if seen[pid][1] not in (0, 1, own_group)}


def freeze_and_kill() -> None:
    """Stop everything until a look finds nothing new, then kill it.

    A stopped process does not fork and keeps its place in the number of tasks that is allowed, so there are fewer
    places to fork into at each look. The looks are bounded, because a process may wake another; the caller repeats.
    """
    stopped: set[int] = set()
    for _ in range(30):
        new = targets() - stopped
        if not new:
            break
        for target in new:
            with contextlib.suppress(OSError):
                os.kill(target, signal.SIGSTOP)
        stopped |= new
    for target in stopped:
        with contextlib.suppress(OSError):
            os.kill(target, signal.SIGKILL)


def alone_within(wait_s: float) -> bool:
    """Bury what has died. True when nothing is left: what lost its parent is a child of this process, a subreaper."""
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline_s:
                    return False
                time.sleep(0.002)
        except ChildProcessError:
            return True


def end_everything(child: int, uid: int | None, scoped: bool) -> None:
    """Leave no process behind, however long it takes on a busy machine. `child` must not have been buried yet."""
    kill_at_once(child, uid, scoped)
    wait_s = 0.2
    while not alone_within(wait_s):
        # From here on the number of the child may be another process's.
        freeze_and_kill()
        wait_s = min(2.0, 2 * wait_s)


def ended(child: int) -> int | None:
    """Bury the orphans that died; the exit code of the child, left unburied, or None while it runs."""
    if sys.platform != "linux":
        pid, code = os.waitpid(child, os.WNOHANG)
        return os.waitstatus_to_exitcode(code) if pid else None
    while True:
        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if dead is None:
            return None
        if dead.si_pid == child:
            return dead.si_status if dead.si_code == os.CLD_EXITED else -dead.si_status
        os.waitpid(dead.si_pid, 0)


def supervise(config: dict[str, Any]) -> None:
    """Start the program as a child, adopt its orphans, and leave no process behind. Ends with the child's exit code.

    The end comes with the child's, with a word or the end of the lifeline, with the judge's death (something else may
    hold the lifeline open), or with a signal to this process.
    """
    judge, lifeline, abi_max = os.getppid(), config["lifeline_fd"], config["landlock_abi_max"]
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: signals.append(number))
    if sys.platform == "linux":
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    scoped = scope_signals(abi_max)
    child = os.fork()
    if child == 0:
        try:
            os.close(lifeline)
            # A scope below ours: we reach the child, the child does not reach us.
            if scoped:
                scope_signals(abi_max)
            become(config)
        except BaseException as error:
            fail(f"{type(error).__name__}: {error}")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    status = ended(child)
    while status is None:
        if select.select([lifeline], [], [], 0.02)[0] or signals or os.getppid() != judge:
            status = -signal.SIGKILL
        else:
            status = ended(child)
    end_everything(child, config["uid"], scoped)
    os._exit(status if status >= 0 else 128 - status)


def read_config() -> dict[str, Any]:
    def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = os.read(0, count - len(data))
            if not chunk:
                os._exit(125)
            data += chunk
        return data

    return json.loads(exactly(int(exactly(8), 16)))


def main() -> None:
    for number, fd in enumerate(sys.argv[1:3]):
        os.dup2(int(fd), number)
        os.close(int(fd))
    os.write(1, b"launched\n")
    config = read_config()
    try:
        supervise(config) if config["supervise"] else become(config)
    except BaseException as error:
        fail(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
