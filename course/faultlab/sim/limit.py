"""A watchdog for handlers that never return.

Setting a timer before each handler would cost more than most handlers do. So one thread looks a few times a second at
which handler is running. If that has been the same one while the process used up `work_s` of processor time, or while
`wait_s` passed, `HandlerTimeout` is raised in the thread that runs it.

Processor time, so that a busy machine stops nobody; real time too, because a handler that waits for a lock uses none.
In the main thread a signal wakes even one that sleeps. Elsewhere the exception comes with the next line of Python, so
a call that never returns from C cannot be stopped there. Where there are no threads nothing stops.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable

WORK_S, WAIT_S, LOOK_S = 1.0, 8.0, 0.1


class HandlerTimeout(BaseException):
    """A handler does not return. Not an Exception, so that `except Exception` in its loop does not swallow it."""


class Watchdog:
    """`with Watchdog(running):` around a run. `running()` is another number for each handler, and None while there is
    none: a run that computes for long between two handlers is not to be stopped."""

    def __init__(self, running: Callable[[], int | None], work_s: float = WORK_S, wait_s: float = WAIT_S) -> None:
        self._running, self._work_s, self._wait_s = running, work_s, wait_s
        self._target = threading.get_ident()
        self._before: object = None
        self._signal = getattr(signal, "SIGUSR2", None) if hasattr(signal, "pthread_kill") else None
        self._seen: int | None = None
        self._since_work_s = self._since_s = 0.0
        self._stopped = False

    def __enter__(self) -> Watchdog:
        if self._signal is not None and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(self._signal, self._raise)
        else:
            self._signal = None
        _watch.add(self)
        return self

    def __exit__(self, *_raised: object) -> None:
        _watch.remove(self)
        if self._signal is not None:
            signal.signal(self._signal, self._before or signal.SIG_DFL)  # type: ignore[arg-type]
        elif self._stopped:
            # It may have come too late for its handler, and must not strike whatever this thread does next.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._target), None)

    def look(self) -> None:
        """Stop the handler if it is time; called by the watching thread."""
        now = self._running()
        work_s, moment_s = time.process_time(), time.monotonic()
        if now is not None and now == self._seen:
            if work_s - self._since_work_s <= self._work_s and moment_s - self._since_s <= self._wait_s:
                return
            self._stop()
        self._seen, self._since_work_s, self._since_s = now, work_s, moment_s

    def _stop(self) -> None:
        self._stopped = True
        if self._signal is not None:
            signal.pthread_kill(self._target, self._signal)
        else:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._target), ctypes.py_object(HandlerTimeout))

    def _raise(self, signum: int, frame: object) -> None:
        # The handler may have returned since the signal was sent.
        if self._running() is not None:
            raise HandlerTimeout


class _Watch:
    """The one thread that looks after all watchdogs of the process; it sleeps while there is none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._dogs: set[Watchdog] = set()
        self._thread: threading.Thread | None = None

    def add(self, dog: Watchdog) -> None:
        with self._lock:
            self._dogs.add(dog)
            self._wanted.set()
            if self._thread is None:
                try:
                    self._thread = threading.Thread(target=self._look, daemon=True, name="handler watchdog")
                    self._thread.start()
                except RuntimeError:
                    # No threads here (Python in the browser): the page's own stop button has to do.
                    self._thread = None

    def remove(self, dog: Watchdog) -> None:
        with self._lock:
            self._dogs.discard(dog)
            if not self._dogs:
                self._wanted.clear()

    def _look(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(LOOK_S)
            with self._lock:
                for dog in self._dogs:
                    dog.look()


_watch = _Watch()


def _forked() -> None:
    # A forked child has a copy of everything here, but not the thread.
    global _watch
    _watch = _Watch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
