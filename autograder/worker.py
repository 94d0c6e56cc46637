"""The worker: runs the cells of one submission, then answers the judge's calls. It is the only program of ours
beside a learner's code.

1. It reads messages from standard input and writes answers to standard output as `sandbox.py` gave them, but moves
   both away first: the learner's code finds an empty standard input and a standard output that leads nowhere near
   the protocol.
2. {"op": "run_cell", "id", "source"} runs a cell as a notebook would (IPython, with magics and top-level await) and
   answers {"ev": "cell", "id", "ok", "error": {"type", "message", "traceback"} or None, "stdout", "stderr"}. All
   texts are bounded.
3. Every other operation goes to the servant (`faultlab.checks.servant`), which calls the objects that the cells
   defined.
4. It ends when its input ends.

It shares a process with hostile code, so it is not believed: whatever it writes may have been written by the
learner. What it does take care of is honest code that happens to break things: cells that exit, print without end,
fork, replace builtins or raise strange exceptions.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from typing import Any

# Taken before any code of a learner runs: it may replace the originals, and means no harm.
_write, _getpid, _exit, _dumps, _loads = os.write, os.getpid, os._exit, json.dumps, json.loads
_str, _type, _len, _isinstance, _BaseException = str, type, len, isinstance, BaseException
FRAMES_MAX, TRACEBACK_CHARS_MAX, MESSAGE_CHARS_MAX = 12, 4_000, 2_000
CELL = "<cell "
BROKEN = 70


class Bounded(io.RawIOBase):
    """Keeps the first `limit` bytes written to it, and counts the rest."""

    def __init__(self, limit: int, fd: int) -> None:
        super().__init__()
        self._limit, self._fd = limit, fd
        self._kept = bytearray()
        self._lost = 0

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        data = bytes(data)
        room = max(0, self._limit - len(self._kept))
        self._kept += data[:room]
        self._lost += max(0, len(data) - room)
        return len(data)

    def take(self) -> str:
        """What was kept since the last time, with a line on what was not."""
        text = self._kept.decode("utf-8", "replace")
        if self._lost:
            text += f"\n[{self._lost} more bytes are not shown]"
        self._kept, self._lost = bytearray(), 0
        return text


class Link:
    """The pipe to the judge. A forked child must not speak on it, nor take the judge's messages."""

    def __init__(self, reader: int, writer: int, line_bytes: int) -> None:
        self._reader = io.BufferedReader(io.FileIO(reader))
        self._writer = writer
        self._line_bytes = line_bytes
        self._pid = _getpid()
        self._lock = threading.Lock()

    def leave_if_forked(self) -> None:
        if _getpid() != self._pid:
            _exit(0)

    def send(self, message: dict[str, Any]) -> None:
        self.leave_if_forked()
        data = self._encode(message)
        if _len(data) > self._line_bytes:
            error = {"types": ["ValueError", "Exception"], "message": "the value is too large to be looked at"}
            data = self._encode({"ev": message["ev"], "id": message["id"], "error": error})
        with self._lock:
            view = memoryview(data)
            while view:
                view = view[_write(self._writer, view) :]

    @staticmethod
    def _encode(message: dict[str, Any]) -> bytes:
        # A lone surrogate is a str but no UTF-8: it goes as an escape.
        text = _dumps(message, ensure_ascii=False)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:
            return _dumps(message).encode() + b"\n"

    def receive(self) -> dict[str, Any] | None:
        line = self._reader.readline()
        self.leave_if_forked()
        return _loads(line) if line.endswith(b"\n") else None


def take_over(line_bytes: int) -> Link:
    """Move the protocol away from the standard file descriptors; both outputs then lead to the judge's bounded
    drain.
    """
    # Not inheritable, as all of Python's: a program that a learner starts does not see them.
    reader, writer = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Link(reader, writer, line_bytes)


def error_text(error: BaseException) -> dict[str, str]:
    """An exception as bounded text, with the frames of the learner's cells only."""
    try:
        message = _str(error)[:MESSAGE_CHARS_MAX]
    except _BaseException:
        message = ""
    try:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(CELL)]
        if _len(frames) > FRAMES_MAX:
            frames = frames[: FRAMES_MAX // 2] + frames[-FRAMES_MAX // 2 :]
        lines = traceback.format_list(frames)
        if _isinstance(error, SyntaxError):
            lines += traceback.format_exception_only(SyntaxError, error)
        shown = "".join(lines)[-TRACEBACK_CHARS_MAX:]
    except _BaseException:
        shown = ""
    return {"type": _type(error).__name__, "message": message, "traceback": shown}


class Cells:
    """Runs cells in one namespace."""

    def __init__(self, out: Bounded, err: Bounded) -> None:
        self._out, self._err = out, err
        self._shell = make_shell()
        self.namespace = self._shell.user_ns

    def run(self, id_: str, source: str) -> dict[str, Any]:
        name = f"{CELL}{id_}>"
        # Frames are told by the name of the cell they come from.
        self._shell.compile.get_code_name = lambda raw_code, transformed_code, number: name
        try:
            result = self._shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except _BaseException as strange:
            error = strange
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(_BaseException):
                stream.flush()
        return {
            "ev": "cell",
            "id": id_,
            "ok": error is None,
            "error": None if error is None else error_text(error),
            "stdout": self._out.take(),
            "stderr": self._err.take(),
        }


def make_shell() -> Any:
    """An IPython shell that keeps no history, reads no configuration, draws no colours and prints no tracebacks."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.enable_tip = False
    shell = InteractiveShell.instance(config=config)
    for name in ("showtraceback", "showsyntaxerror", "showindentationerror"):
        setattr(shell, name, lambda *args, **kwargs: None)
    shell.system = run_program
    # A learner's own modules are found, but after every library: a file networkx.py shadows nothing.
    sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())] + [os.getcwd()]
    return shell


def run_program(command: str) -> None:
    """`!command` in a cell: its output becomes the cell's."""
    import subprocess

    done = subprocess.run(
        command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)


def replace_streams(limit_bytes: int) -> tuple[Bounded, Bounded]:
    out, err = Bounded(limit_bytes, 1), Bounded(limit_bytes, 2)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8")
    sys.stdout = io.TextIOWrapper(out, "utf-8", "backslashreplace", write_through=True)
    sys.stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)
    return out, err


def begin() -> tuple[Link, Cells, Any]:
    """Set everything up; what goes wrong here is the grader's fault and is said on the standard error that the
    judge reads.
    """
    options = json.loads(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    # After the standard library, as in any Python; the kit before the libraries, should the course be installed
    # among them.
    sys.path[:] = [p for p in sys.path if p != here] + [here, *options["sites"]]
    sys.argv = ["notebook"]
    link = take_over(options["line_bytes"])
    if os.path.isdir(f"{here}/matplotlib"):
        shutil.copytree(f"{here}/matplotlib", os.environ["MPLCONFIGDIR"], dirs_exist_ok=True)
    # A thread's stack counts as memory of the process: a hundred threads of 8 MiB would take all of it.
    threading.stack_size(1 << 20)
    from faultlab.checks.servant import Servant

    real_stderr = sys.stderr
    try:
        cells = Cells(*replace_streams(options["output_bytes"]))
    except BaseException:
        traceback.print_exc(file=real_stderr)
        raise
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return link, cells, Servant(link.send, cells.namespace.__getitem__)


def main() -> None:
    link, cells, servant = begin()
    link.send({"ev": "ready"})
    while True:
        try:
            message = link.receive()
            if message is None:
                _exit(0)
            if message["op"] == "run_cell":
                link.send(cells.run(message["id"], message["source"]))
            else:
                servant.handle(message)
        except _BaseException as error:
            link.leave_if_forked()
            # Not the cell failed but what runs it: something has replaced a builtin or set a timer. Nothing here can be
            # relied upon any more; the judge leaves this cell out and runs the others in a fresh process.
            _write(2, b"the worker was broken from inside: " + error.__class__.__name__.encode())
            _exit(BROKEN)


if __name__ == "__main__":
    main()
