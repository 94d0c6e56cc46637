"""A process in a sandbox, seen from the judge: two pipes, bounds, and a reason for its end.

1. A message is one line of JSON. Lines are bounded in length, depth and values before anything looks at them; what
   breaks a bound ends the process with the reason "protocol".
2. A watcher thread looks at the whole tree every `WATCH_INTERVAL_S` seconds and ends it when it is over a limit
   that the kernel does not keep.
3. The first reason for an end is the one that counts. Ending is complete when `kill` returns: no process of the
   tree is left.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import sandbox_cgroup, sandbox_watch

MIB = 1 << 20
REASONS = (
    "exit",
    "killed: memory",
    "killed: cpu time",
    "killed: wall time",
    "killed: processes",
    "killed: disk",
    "too much output",
    "protocol",
    "stopped",
)
# Longer where the machine is busy: `sandbox_watch.patience_s`.
LAUNCH_TIMEOUT_S = 20.0
# How long the end of the last process is waited for. Processes that are killed need processor time to go.
END_TIMEOUT_S = 60.0
WATCH_INTERVAL_S = 0.05
# A value nested 40 deep, which is the most that a servant sends, is three JSON levels a step at most.
JSON_DEPTH_MAX = 200

Message = dict[str, Any]


class ProcessEnded(Exception):
    """The sandboxed process is gone. `reason` is one of `REASONS`, `detail` what is known beside it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


# What a backend stops, and what it cannot. "by" says what does the work.


@dataclass(frozen=True)
class Limits:
    """Bounds on one sandboxed process and everything it starts, together (`file_bytes` and `open_files`: each process).

    `cpu_s` and `wall_s` count from the start to the end of the process, `tasks` are processes and threads,
    `disk_bytes` is the size of its only writable folder, `output_bytes` what may be written past the protocol to
    standard output and error, and what is kept of the output of one cell; `line_bytes` bounds one message.
    """

    cpu_s: int = 120
    wall_s: float = 300.0
    memory_bytes: int = 512 * MIB
    processes: int = 192
    file_bytes: int = 16 * MIB
    open_files: int = 256
    disk_bytes: int = 64 * MIB
    output_bytes: int = 64 * 1024
    line_bytes: int = 4 * MIB


# One place to start processes


class _Starter:
    """Starts processes from one thread that lives as long as the judge.

    The kernel's parent-death signal, which bubblewrap's --die-with-parent relies on, is sent when the *thread* that
    started the process ends. A pool's thread that ends early would take its sandboxes along.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[int, concurrent.futures.ThreadPoolExecutor] = {}

    def popen(self, *args: Any, **kwargs: Any) -> subprocess.Popen:
        with self._lock:
            pool = self._pools.setdefault(os.getpid(), concurrent.futures.ThreadPoolExecutor(1, "sandbox starter"))
        return pool.submit(subprocess.Popen, *args, **kwargs).result()


_starter = _Starter()


# A process in it


class SandboxedProcess:
    """A running sandbox. Thread-safe for one sender and one receiver."""

    def __init__(
        self,
        command: list[str],
        config: Message,
        limits: Limits,
        group: sandbox_cgroup.Group | None,
        private: Path | None,
    ) -> None:
        self.limits = limits
        self.bounded_by_group = group is not None
        self._group, self._private = group, private
        self._reason: str | None = None
        self._detail = ""
        self._buffer = bytearray()
        self._raw = bytearray()
        self.received_bytes = 0
        self._raw_bytes = 0
        self._supervised = bool(config["supervise"])
        self._namespace_fd: int | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._usage = sandbox_watch.Usage()
        self._started_s = time.monotonic()
        # Pipes of their own, not the standard ones: bubblewrap keeps those open for itself, and a pipe that the
        # learner's code closed would never look closed.
        their_in, self._in = os.pipe()
        self._out, their_out = os.pipe()
        lifeline_read, self._lifeline = os.pipe()
        theirs = [their_in, their_out, lifeline_read]
        try:
            self._popen = _starter.popen(
                [*command, *map(str, theirs[:2])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=theirs if config["supervise"] else theirs[:2],
                env={"PATH": "/usr/bin:/bin"},
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            for fd in (self._in, self._out, self._lifeline):
                os.close(fd)
            raise ProcessEnded("exit", f"cannot be started: {error}") from error
        finally:
            for fd in theirs:
                os.close(fd)
        self._err = self._popen.stderr.fileno()
        for fd in (self._in, self._out, self._err):
            os.set_blocking(fd, False)
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="sandbox watcher")
        self._watcher.start()
        try:
            self._launch(config | {"lifeline_fd": lifeline_read})
        except BaseException:
            self.kill()
            raise

    def _launch(self, config: Message) -> None:
        """Wait for the launcher, put it into the control group, tell it what to become."""
        if self._line(time.monotonic() + sandbox_watch.patience_s(LAUNCH_TIMEOUT_S)) != b"launched":
            self._end("protocol", "the sandbox did not start")
            raise ProcessEnded(self.reason() or "exit", self._detail)
        if not self._supervised and hasattr(os, "pidfd_open"):
            with self._lock, contextlib.suppress(OSError):
                self._namespace_fd = os.pidfd_open(sandbox_watch.tree(self._popen.pid)[1:2][0])
        if self._group is not None:
            try:
                for pid in sandbox_watch.tree(self._popen.pid):
                    self._group.add(pid)
            except OSError:
                self.bounded_by_group = False
        data = json.dumps(config).encode()
        self._write(b"%08x" % len(data) + data, time.monotonic() + sandbox_watch.patience_s(LAUNCH_TIMEOUT_S))

    def __enter__(self) -> SandboxedProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # Messages

    def send(self, message: Mapping[str, Any], timeout_s: float = 10.0) -> None:
        """Send one message. ProcessEnded if the process is gone, or does not read for `timeout_s`."""
        data = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        self._write(data, time.monotonic() + timeout_s)

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, or None if none came in time. ProcessEnded when the process is gone."""
        line = self._line(time.monotonic() + timeout_s)
        if line is None:
            return None
        try:
            message = parse_message(line)
        except (ValueError, RecursionError) as error:
            self._end("protocol", f"a message that cannot be read ({type(error).__name__})")
            raise ProcessEnded(self._reason or "protocol", self._detail) from None
        return message

    def _write(self, data: bytes, deadline_s: float) -> None:
        view = memoryview(data)
        while view:
            if self._reason is not None:
                raise ProcessEnded(self._reason, self._detail)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                self._end("protocol", "does not read its messages")
                raise ProcessEnded(self._reason or "protocol", self._detail)
            try:
                if select.select([], [self._in], [], min(left_s, 0.5))[1]:
                    view = view[os.write(self._in, view) :]
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                raise self._gone() from None

    def _line(self, deadline_s: float) -> bytes | None:
        scanned = 0
        while True:
            at = self._buffer.find(b"\n", scanned)
            if at >= 0:
                line = bytes(self._buffer[:at])
                del self._buffer[: at + 1]
                if len(line) <= self.limits.line_bytes:
                    self.received_bytes += len(line)
                    return line
            scanned = len(self._buffer)
            if at >= 0 or scanned > self.limits.line_bytes:
                self._buffer.clear()
                self._end("protocol", f"a message longer than {self.limits.line_bytes} bytes")
                raise ProcessEnded(self._reason or "protocol", self._detail)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return None
            try:
                if not select.select([self._out], [], [], left_s)[0]:
                    return None
                chunk = os.read(self._out, 1 << 16)
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                chunk = b""
            if not chunk:
                raise self._gone()
            self._buffer += chunk

    def _gone(self) -> ProcessEnded:
        """The pipe is closed: wait for the end of the process, and say why."""
        if not self._ended.wait(min(2.0, sandbox_watch.patience_s(1.0))):
            self._end("protocol", "closed its pipe")
        return ProcessEnded(self._reason or "exit", self._detail)

    # Its end

    def reason(self) -> str | None:
        """Why the process died, one of `REASONS`; None while it runs."""
        return self._reason

    def detail(self) -> str:
        """What is known beside the reason: exit code, last words on standard error. Written by the learner's
        process: not to be believed.
        """
        return self._detail

    def raw_output(self) -> str:
        """What was written past the protocol to standard output and error (the first `output_bytes`)."""
        return bytes(self._raw).decode("utf-8", "replace")

    def usage(self) -> sandbox_watch.Usage:
        """What the process used when it was last looked at."""
        return self._usage

    def kill(self, reason: str = "stopped", detail: str = "") -> None:
        """End the process and everything it started. A reason that is known already stays. Nothing can be received
        afterwards.
        """
        self._end(reason, detail)
        if threading.current_thread() is not self._watcher:
            self._watcher.join(10)
        # Closed here only, by the thread that owns the process: the watcher would take the numbers away from under a
        # reader.
        with self._lock:
            for fd in (self._in, self._out):
                if fd >= 0:
                    os.close(fd)
            self._in = self._out = -1
            self._popen.stderr.close()

    def channel(self) -> Any:
        """The process as a channel for `faultlab.checks.subject.Subject`."""
        return WorkerChannel(self)

    def _end(self, reason: str, detail: str = "") -> None:
        with self._lock:
            if self._reason is None:
                self._reason, self._detail = reason, detail
            if self._ended.is_set():
                return
            self._kill_tree()
            self._ended.set()
        if self._group is not None:
            self._group.remove()
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)

    def _kill_tree(self) -> None:
        """End every process, and return when the last one is gone."""
        with contextlib.suppress(OSError):
            # A word, not only the end of the pipe: a process that the judge forked may hold it open.
            os.write(self._lifeline, b"x")
        os.close(self._lifeline)
        if not self._supervised:
            self._kill_namespace()
        try:
            code = self._popen.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # The supervisor goes on alone: without it nobody would know what is left.
            return
        if code < 0 and self._private is not None and sys.platform == "linux":
            self._kill_strays(self._private)

    def _kill_namespace(self) -> None:
        """Kill process 1 of bubblewrap's PID namespace: the kernel lets it end when all others there have ended.

        bubblewrap itself ends sooner, with the learner's first process.
        """
        if self._namespace_fd is None:
            members = sandbox_watch.tree(self._popen.pid) if self._popen.poll() is None else []
            for pid in reversed(members[:2]):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            return
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._namespace_fd, signal.SIGKILL)
        poll = select.poll()
        poll.register(self._namespace_fd, select.POLLIN)
        poll.poll(END_TIMEOUT_S * 1000)
        os.close(self._namespace_fd)
        self._namespace_fd = None

    def _kill_strays(self, home: Path) -> None:
        """Kill what is left when the supervisor did not end by itself: it was killed, with the tree below it."""
        deadline_s = time.monotonic() + END_TIMEOUT_S
        while (strays := sandbox_watch.with_home(home)) and time.monotonic() < deadline_s:
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in strays:
                    with contextlib.suppress(OSError):
                        os.kill(pid, number)

    def _watch(self) -> None:
        turn = 0
        while not self._ended.is_set():
            self._drain(WATCH_INTERVAL_S)
            turn += 1
            if self._popen.poll() is not None:
                self._drain(0)
                verdict = self._post_mortem(self._popen.returncode)
            else:
                verdict = self._exceeded(turn)
            if verdict is not None:
                self._end(*verdict)

    def _drain(self, wait_s: float) -> None:
        """Read what was written past the protocol; keep the beginning."""
        try:
            while select.select([self._err], [], [], wait_s)[0]:
                chunk = os.read(self._err, 1 << 16)
                if not chunk:
                    if wait_s:
                        self._ended.wait(wait_s)
                    return
                self._raw_bytes += len(chunk)
                self._raw += chunk[: max(0, self.limits.output_bytes - len(self._raw))]
                if self._raw_bytes > self.limits.output_bytes:
                    return
        except (OSError, ValueError):
            return

    def _exceeded(self, turn: int) -> tuple[str, str] | None:
        limits = self.limits
        if self._raw_bytes > limits.output_bytes:
            return "too much output", f"more than {limits.output_bytes} bytes on standard output and error"
        if time.monotonic() - self._started_s > limits.wall_s:
            return "killed: wall time", f"more than {limits.wall_s:g} s"
        used = self._usage = sandbox_watch.usage(self._popen.pid)
        grouped = self.bounded_by_group and self._group is not None
        if self._group.out_of_memory() if grouped else self._too_much_memory(used):
            return "killed: memory", f"more than {limits.memory_bytes >> 20} MiB"
        if used.cpu_s > limits.cpu_s:
            return "killed: cpu time", f"more than {limits.cpu_s:g} s"
        if used.tasks > limits.processes + 8:
            return "killed: processes", f"more than {limits.processes} processes and threads"
        if self._private is not None and turn % 4 == 0 and sandbox_watch.disk_bytes(self._private) > limits.disk_bytes:
            return "killed: disk", f"more than {limits.disk_bytes >> 20} MiB of files"
        return None

    def _too_much_memory(self, used: sandbox_watch.Usage) -> bool:
        if used.memory_bytes <= self.limits.memory_bytes:
            return False
        exact_bytes = sandbox_watch.shared_memory_bytes(self._popen.pid)
        return exact_bytes is None or exact_bytes > self.limits.memory_bytes

    def _post_mortem(self, code: int) -> tuple[str, str]:
        """The reason for an end that nobody here ordered. 128 + n stands for signal n, as a shell has it."""
        number = -code if code < 0 else code - 128 if code > 128 else 0
        if self._raw_bytes > self.limits.output_bytes:
            return "too much output", f"more than {self.limits.output_bytes} bytes on standard output and error"
        if self._group is not None and self._group.out_of_memory():
            return "killed: memory", f"more than {self.limits.memory_bytes >> 20} MiB"
        if number == signal.SIGXCPU or (number == signal.SIGKILL and self._usage.cpu_s > self.limits.cpu_s - 1):
            return "killed: cpu time", f"more than {self.limits.cpu_s:g} s"
        words = " ".join(self.raw_output()[-400:].split())
        name = f"signal {signal.Signals(number).name}" if number in set(signal.Signals) else f"exit code {code}"
        return "exit", f"{name}: {words}" if words else name


def parse_message(line: bytes) -> Message:
    """One line as a message. ValueError for anything but a JSON object of bounded depth without infinities."""
    message = json.loads(line, parse_constant=_no_constant, parse_float=_finite)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if line.count(b"[") + line.count(b"{") > JSON_DEPTH_MAX and _too_deep(message):
        raise ValueError("too deep")
    return message


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return number


def _too_deep(message: Message) -> bool:
    level: list[Any] = [message]
    for _ in range(JSON_DEPTH_MAX):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


class WorkerChannel:
    """Carries a `Subject`'s messages to a worker, and says `SubjectLost` when it is gone."""

    def __init__(self, process: SandboxedProcess) -> None:
        from faultlab.checks.subject import SubjectLost

        self.process = process
        self._lost = SubjectLost

    def send(self, message: Message) -> None:
        try:
            self.process.send(message)
        except ProcessEnded as ended:
            raise self._lost(str(ended)) from ended

    def receive(self, timeout_s: float) -> Message | None:
        try:
            return self.process.receive(timeout_s)
        except ProcessEnded as ended:
            raise self._lost(str(ended)) from ended
