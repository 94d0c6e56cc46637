"""What all the servers share: a plan of faults, a life cycle, and how long their clients wait.

1. A plan is consumed in order, one step per request (a server's plan) or per connection (the proxy's). When it is
   used up, every further request gets the step `then`. The same plan and the same requests give the same faults:
   nothing is drawn at random.
2. A step is plain data, a name or a name with its values: `"hang"`, `("slow", 0.1)`, `503`, `(503, 7)`. Lists do as
   well as tuples, so that a plan can be written as JSON. A step that a server does not know is a ValueError when the
   plan is made.
3. Faults are decided by the plan, never by the speed of the machine. A client therefore waits `TIMEOUT_S` where the
   plan says that no answer will come in that time, and `PATIENCE_S` otherwise: a busy machine makes no false
   timeouts, and a hang costs 0.2 s.

Left out: TLS, IPv6, several requests on one connection.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any, Self

HOST = "127.0.0.1"
TIMEOUT_S = 0.2  # where no answer is planned
PATIENCE_S = 2.0  # where one is

Step = tuple[Any, ...]


class Plan:
    """The faults to come, in order; safe to use from several threads."""

    def __init__(
        self, steps: Iterable[Any] = (), then: Any = "ok", known: Callable[[Step], bool] = lambda step: True
    ) -> None:
        self._known = known
        self._lock = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        self.set(steps, then)

    def set(self, steps: Iterable[Any] = (), then: Any = None) -> None:
        """Replace what is left by `steps`; None keeps the step that follows the last one."""
        parsed = [self._parse(step) for step in steps]
        with self._lock:
            self._steps = parsed
            if then is not None:
                self._then = self._parse(then)
        self.on_change()

    def add(self, *steps: Any) -> None:
        """Append `steps` to what is left."""
        parsed = [self._parse(step) for step in steps]
        with self._lock:
            self._steps.extend(parsed)
        self.on_change()

    def peek(self) -> Step:
        """The next step; it stays where it is."""
        with self._lock:
            return self._steps[0] if self._steps else self._then

    def take(self) -> Step:
        """The next step, consumed."""
        with self._lock:
            return self._steps.pop(0) if self._steps else self._then

    @property
    def left(self) -> list[Step]:
        """The steps not yet consumed."""
        with self._lock:
            return list(self._steps)

    def _parse(self, step: Any) -> Step:
        parsed = tuple(step) if isinstance(step, (list, tuple)) else (step,)
        if not parsed or not self._known(parsed):
            raise ValueError(f"{step!r} is no step of this plan")
        return parsed


def silence_s(step: Step) -> float:
    """How long the peer says nothing because of `step`, in seconds; infinite for a hang."""
    if step[0] in ("hang", "hang_reply"):
        return math.inf
    if step[0] in ("slow", "delay"):
        return float(step[1])
    return 0.0


def is_number(value: Any) -> bool:
    """True for a finite number that is not negative (a bool is none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def are_retry_after(values: list[Any]) -> bool:
    """True for nothing, or for one whole number of seconds, which is all that a `Retry-After` header can say."""
    return len(values) <= 1 and all(is_number(value) and value == int(value) for value in values)


def caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """True if `error`, or what it was raised from, is of this kind: client libraries wrap the error of the socket."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, kind):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def reset(sock: Any) -> None:
    """Make the close of `sock` a reset: the peer sees ECONNRESET instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Service(ABC):
    """A server on the loopback: `host`, `port`, a `plan`, and `operation()`, which makes one real request.

    `protocol` ("http", "smtp", "redis") tells the fault proxy how to see that a request is complete.
    """

    protocol = "http"
    host = HOST
    port = 0

    def __init__(self, plan: Iterable[Any] = (), then: Any = "ok") -> None:
        self.plan = Plan(plan, then, self.knows)

    @staticmethod
    def knows(step: Step) -> bool:
        """True if `step` may stand in this server's plan."""
        return step == ("ok",)

    @abstractmethod
    def start(self) -> None:
        """Bind a free port and serve; on return the server answers."""

    @abstractmethod
    def stop(self) -> None:
        """End every connection, join every thread, free the port. Does nothing when not running."""

    @abstractmethod
    def operation(self, *args: Any, **options: Any) -> Any:
        """One real request. `via=proxy` sends it through the proxy; `timeout_s` replaces rule 3's choice."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"{self.host}:{self.port}"

    @contextmanager
    def _exchange(self, via: Any, timeout_s: float | None):
        """Host, port and timeout of one operation; afterwards the proxy, if there is one, has come to rest."""
        if timeout_s is None:
            silence = max(silence_s(self.plan.peek()), silence_s(via.plan.peek()) if via else 0.0)
            timeout_s = TIMEOUT_S if silence >= TIMEOUT_S else PATIENCE_S
        target = via or self
        try:
            yield target.host, target.port, timeout_s
        except ConnectionRefusedError:
            if via:
                via.refused()
            raise
        finally:
            if via:
                via.settle()


class LoopService(Service):
    """A service on an event loop in a thread of its own, which works beside the loop of a Jupyter kernel."""

    _thread: threading.Thread | None = None

    @abstractmethod
    async def _open(self) -> None:
        """Bind, set `self.port`, begin to serve."""

    @abstractmethod
    async def _close(self) -> None:
        """Stop listening; tasks that are still running are cancelled afterwards."""

    def start(self) -> None:
        if self._thread:
            raise RuntimeError(f"{type(self).__name__} is running already")
        ready = threading.Event()
        self._trouble: list[BaseException] = []
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(ready)), name=f"faultlab-{type(self).__name__}", daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._trouble:
            self._thread.join()
            self._thread = None
            raise self._trouble[0]

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        if self._trouble:
            raise RuntimeError(f"{type(self).__name__} failed while serving") from self._trouble[0]

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._note_trouble)
        self._stopping = asyncio.Event()
        try:
            await self._open()
        except BaseException as error:
            self._trouble.append(error)
            return
        finally:
            ready.set()
        await self._stopping.wait()
        await self._close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports that those tasks closed finish closing

    def _note_trouble(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # Connections die here on purpose, which is no news; anything else is a bug and is raised by stop().
        error = context.get("exception")
        if error is not None and not isinstance(error, (ConnectionError, asyncio.CancelledError)):
            self._trouble.append(error)

    def _in_loop(self, coroutine: Any, timeout_s: float | None = None) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_s)
