"""System calls that a learner's process may not make, as a filter for the kernel (seccomp-bpf).

A list of what is denied, not of what is allowed: Python, numpy and the C library change what they use from version
to version, and a missing permission would be the learner's loss. What is denied answers EPERM, so that the code
sees an ordinary PermissionError.

1. `KERNEL` is denied in every sandbox: doors into the kernel that a course exercise never needs (namespaces,
   mounts, io_uring, which goes round every filter, kernel keys, BPF, looking into other processes).
2. `HOST` is denied, and `PRETENDED` does nothing, where the process shares the host's namespaces (Landlock):
   Landlock guards opening and creating files, but neither `chmod` and `utime` on files of the same user, nor
   sockets with a path (the D-Bus of the user would start anything), nor shared memory.
3. `SIGNALS` is denied where Landlock is older than version 6 and cannot keep signals inside: the same user may
   otherwise kill the judge. A limit set on another process (`prlimit`) and an owner set on a file (`F_SETOWN`,
   which makes the kernel send SIGIO) kill just as well. There `GROUPS` does nothing either: all processes stay in one
   process group, and the supervisor ends them with one signal.

Source: seccomp(2), landlock(7) "Current limitations".
"""

from __future__ import annotations

import errno
import functools
import tempfile

KERNEL = """
    acct add_key bpf chroot clock_adjtime clock_settime adjtimex settimeofday delete_module fanotify_init
    finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup
    ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind migrate_pages modify_ldt mount
    mount_setattr move_mount move_pages name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open
    pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot
    request_key sethostname setdomainname setns swapoff swapon syslog umount umount2 unshare userfaultfd vhangup
"""
HOST = """
    socket connect bind listen accept accept4 chown fchown lchown fchownat truncate setxattr lsetxattr fsetxattr
    setxattrat removexattr lremovexattr fremovexattr removexattrat memfd_create memfd_secret shmget shmat shmctl
    msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open mq_unlink inotify_init inotify_init1
    inotify_add_watch ioprio_set
"""
# Ordinary library code does these to files of its own (shutil.copy). They answer success and change nothing.
PRETENDED = """
    chmod fchmod fchmodat fchmodat2 utime utimes utimensat futimesat
"""
SIGNALS = """
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
"""
GROUPS = """
    setsid setpgid
"""

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY = 8, 10, 15, 1024, 1026
SOCK_TYPE_MASK, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET = 0xF, 2, 3, 5


class NoSeccomp(Exception):
    """libseccomp or its Python binding is missing."""


@functools.cache
def program(host: bool, signals: bool) -> bytes:
    """The filter as BPF instructions. `host` adds HOST; `signals` adds SIGNALS. Raises NoSeccomp."""
    try:
        import pyseccomp as s
    except (ImportError, RuntimeError, OSError) as error:
        raise NoSeccomp(f"system calls cannot be filtered ({error})") from error
    denied, low = s.ERRNO(errno.EPERM), 0xFFFFFFFF
    rules = s.SyscallFilter(s.ALLOW)

    def deny(name: str, *args: s.Arg) -> None:
        # A name that this libseccomp or this processor does not know has nothing to deny.
        if s.resolve_syscall(s.system_arch(), name) >= 0:
            rules.add_rule(denied, name, *args)

    for name in (KERNEL + (HOST if host else "") + (SIGNALS if signals else "")).split():
        deny(name)
    for flag in NEW_NAMESPACES:
        deny("clone", s.Arg(0, s.MASKED_EQ, flag, flag))
    # The arguments of clone3 lie in memory, where a filter cannot look: the C library falls back to clone.
    rules.add_rule(s.ERRNO(errno.ENOSYS), "clone3")
    for request in (TIOCSTI, TIOCLINUX, *((FIOSETOWN, SIOCSPGRP) if host else ())):
        deny("ioctl", s.Arg(1, s.MASKED_EQ, low, request))
    for name in ((PRETENDED if host else "") + (GROUPS if signals else "")).split():
        if s.resolve_syscall(s.system_arch(), name) >= 0:
            rules.add_rule(s.ERRNO(0), name)
    if host:
        for command in (F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY):
            deny("fcntl", s.Arg(1, s.MASKED_EQ, low, command))
        for kind in (SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET):
            deny("socketpair", s.Arg(1, s.MASKED_EQ, SOCK_TYPE_MASK, kind))
        for name in (
            "prlimit64",
            "setpriority",
            "sched_setaffinity",
            "sched_setattr",
            "sched_setparam",
            "sched_setscheduler",
        ):
            deny(name, s.Arg(0, s.NE, 0))
        deny("setpriority", s.Arg(1, s.NE, 0))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
