"""The subject: the judge's only view of a learner's code.

A `Subject` sends messages to a servant (see `servant.py`) and answers the callbacks that come back. It is
single-threaded: everything that the judge does happens in the thread that calls it, so a check reads from top to
bottom. Concurrency is made by hand: `start` begins a call in its own lane, a `Gate` holds it inside a callback, and the
check decides who goes on next. That is how races are forced instead of hoped for.

Waiting on the real clock happens in two places only: a call that does not come back within `answer_timeout_s` is given
up, and a lane from which nothing was heard for `settle_s` is called "blocked" (it waits for a lock that a held lane
has).
"""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from faultlab.checks import outcomes
from faultlab.checks.servant import PACK_ROOM, TEXT_MAX, Message, Servant, decode, encode, pack
from faultlab.errors import FaultlabError
from faultlab.i18n import _
from faultlab.sim import host

# What a callback of a check may raise in the learner's code; anything else is a mistake of the check.
ANSWERABLE = (FaultlabError, OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError)
# What comes of looking at an answer that has another form than ours.
NOT_AN_ANSWER = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
# Steps in one message, and about how many characters of them.
STEPS_MAX, STEPS_ROOM = 256, 1_000_000


class SubjectLost(host.Abort):
    """The learner's code gives no answer any more: it hangs (`timed_out`) or its process has ended."""

    def __init__(self, message: str, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True)
class Ref:
    """An object that lives with the learner's code. It is equal to nothing but itself."""

    target: tuple[str, Any]
    type: str = ""

    def wire(self) -> Message:
        return {self.target[0]: self.target[1]}


@dataclass(frozen=True)
class RemoteError:
    """An exception raised by the learner's code.

    `types` are the class names, most specific first; `attrs` its plain attributes; `raised_by` the number of the
    callback call that raised it, if it is one of the judge's own, passed through.
    """

    types: tuple[str, ...]
    message: str = ""
    attrs: dict[str, Any] = field(default_factory=dict)
    raised_by: int | None = None
    traceback: str = ""

    @property
    def type(self) -> str:
        return self.types[0] if self.types else "Exception"

    def is_a(self, name: str) -> bool:
        return name in self.types

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class SubjectError(host.Abort):
    """The learner's code raised `error` where the check expected a value."""

    def __init__(self, error: RemoteError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Outcome:
    """How a call ended: with a `value`, or with an `error`."""

    value: Any = None
    error: RemoteError | None = None

    @property
    def ok(self) -> bool:
        return self.error is None

    def __str__(self) -> str:
        return repr(self.value) if self.error is None else str(self.error)


class Gate:
    """A callback that does not answer by itself: whoever calls it is held until the check resumes the lane."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class Served:
    """An object of the judge's that the learner's code gets as an argument or as the result of a callback: it has these
    methods there, and each call of one is a callback. So a learner's tests can run against an implementation that they
    cannot look into."""

    name: str
    methods: Mapping[str, Callable[..., Any]]


class Channel(Protocol):
    """Where the servant is: messages go out by `send` and come in by `receive`, which raises `SubjectLost` when there
    will be no more."""

    def send(self, message: Message) -> None: ...

    def receive(self, timeout_s: float) -> Message | None: ...


class LocalChannel:
    """A servant in this process, for a notebook and for tests: the learner's objects are given by name."""

    def __init__(self, objects: dict[str, Any]) -> None:
        self._inbox: queue.SimpleQueue = queue.SimpleQueue()
        self._servant = Servant(self._inbox.put, objects.__getitem__)

    def send(self, message: Message) -> None:
        self._servant.handle(message)

    def receive(self, timeout_s: float) -> Message | None:
        try:
            return self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            return None


class Pending:
    """A call that was started in a lane of its own and may not have ended."""

    def __init__(self, subject: Subject, number: int, label: str, *, of_steps: bool = False) -> None:
        self._subject = subject
        self.number = number
        self.label = label
        self.of_steps = of_steps
        self.outcome: Outcome | None = None
        self.held: str | None = None
        self._ask: int | None = None

    def settle(self) -> str:
        """Let it run until it is "done", "held" in a gate, or "blocked" by another lane."""
        return self._subject._settle(self)

    def resume(self, value: Any = None) -> str:
        """Let the gate in which it is held return `value`, and settle."""
        self._subject._release(self, value=value)
        return self.settle()

    def fail(self, error: Exception) -> str:
        """Let the gate in which it is held raise `error`, and settle."""
        self._subject._release(self, error=error)
        return self.settle()


class Subject:
    """Calls into a learner's code over a `Channel`. `watch(kind, **what)` is told of everything that happens, for the
    story. `elsewhere(target, steps)` has steps run by other processes with the same code, each with another hash seed,
    if there are such.
    """

    def __init__(self, channel: Channel, *, answer_timeout_s: float = 10.0, settle_s: float = 0.25) -> None:
        self._channel = channel
        self.answer_timeout_s = answer_timeout_s
        self.settle_s = settle_s
        self.watch: Callable[..., None] = lambda kind, **what: None
        self.elsewhere: Callable[[Ref, Sequence[host.Step]], list[list[host.Outcome]]] = lambda target, steps: []
        self._ids = itertools.count(1)
        self._handle_numbers = itertools.count(1)  # never used again: a thread that outlived its trial may still call
        self._handles: dict[int, Any] = {}
        self._pending: dict[int, Pending] = {}
        self.asks = 0

    def forget(self) -> None:
        """Forget the objects of the trial before. Lanes that still hang are abandoned."""
        self._handles.clear()
        self._pending.clear()
        self._channel.send({"op": "forget"})

    # Calls

    def attempt(self, target: Ref, method: str = "", *args: Any, **kwargs: Any) -> Outcome:
        """Call and wait; an exception of the learner's code is part of the outcome."""
        return self._wait(self.start(target, method, *args, **kwargs))

    def bounded(self, lines_max: int, target: Ref, method: str = "", *args: Any) -> Outcome:
        """`attempt`, and the error is a TooManyLines if the call goes through more lines of Python than that."""
        message = {"op": "call", "method": method, "args": [self._encode(a) for a in args], "kwargs": {}}
        return self._wait(self._begin({**message, "lines_max": lines_max}, target, method))

    def call(self, target: Ref, method: str = "", *args: Any, **kwargs: Any) -> Any:
        """Call and wait for the value; SubjectError if the learner's code raises."""
        return self._value(self.attempt(target, method, *args, **kwargs))

    def get(self, target: Ref, attribute: str) -> Any:
        """Read an attribute; SubjectError if that raises."""
        return self._value(self._wait(self._begin({"op": "get", "attribute": attribute}, target, f".{attribute}")))

    def value(self, target: Ref) -> Any:
        """The object itself, if it is plain data (else a Ref)."""
        return self._value(self._wait(self._begin({"op": "value"}, target, "value")))

    def start(self, target: Ref, method: str = "", *args: Any, **kwargs: Any) -> Pending:
        """Begin a call in its own lane and return without waiting."""
        message = {
            "op": "call",
            "method": method,
            "args": [self._encode(a) for a in args],
            "kwargs": {k: self._encode(v) for k, v in kwargs.items()},
        }
        shown = ", ".join([*map(_show, args), *(f"{k}={_show(v)}" for k, v in kwargs.items())])
        name = method or str(target.target[1] if target.target[0] == "$name" else target.type)
        return self._begin(message, target, f"{name}({shown})")

    # Steps of nodes

    def steps(self, target: Ref, steps: Sequence[host.Step]) -> list[host.Outcome]:
        """The outcomes of these steps of the nodes that `target`, a class, makes; see `faultlab.sim.host`."""
        return list(self.each_step(target, steps))

    def each_step(self, target: Ref, steps: Sequence[host.Step]) -> Iterator[host.Outcome]:
        """The outcomes one by one. Steps are sent in batches: when the caller stops, those of a batch have been run.

        A handler that fails is an outcome with "error". SubjectError if there is no such class, SubjectLost if the
        process is gone or answers with something else than outcomes. The story is not told of steps.
        """
        position, most = 0, STEPS_MAX
        while position < len(steps):
            batch = _batch(steps, position, most)
            answer = self._outcomes(target, steps[position], batch)
            if answer.error is None:
                yield from self._checked(answer.value, steps[position : position + len(batch)])
                position += len(answer.value)
            elif answer.error.type == "UnknownName":
                raise SubjectError(answer.error)
            elif len(batch) > 1:
                most = len(batch) // 2
            else:
                yield {"error": str(answer.error)[: host.LINE_CHARS_MAX], "traceback": answer.error.traceback}
                position, most = position + 1, STEPS_MAX

    def _outcomes(self, target: Ref, first: host.Step, batch: list[Any]) -> Outcome:
        label = f"{first['name']}.{host.HANDLERS[first['event'][0]]}"
        return self._wait(self._begin({"op": "steps", "steps": batch}, target, label, of_steps=True))

    @staticmethod
    def _checked(answers: Any, steps: Sequence[host.Step]) -> list[host.Outcome]:
        try:
            if type(answers) is not list or not 0 < len(answers) <= len(steps):
                raise ValueError("not as many outcomes as steps")
            return [outcomes.outcome_of(one, step) for one, step in zip(answers, steps, strict=False)]
        except NOT_AN_ANSWER as error:
            raise _no_answer() from error

    def _begin(self, message: Message, target: Ref, label: str, *, of_steps: bool = False) -> Pending:
        number = next(self._ids)
        pending = self._pending[number] = Pending(self, number, label, of_steps=of_steps)
        if not of_steps:
            self.watch("call", lane=number, label=label)
        self._channel.send({**message, "id": number, "target": target.wire()})
        return pending

    def _wait(self, pending: Pending) -> Outcome:
        end = time.monotonic() + self.answer_timeout_s
        while pending.outcome is None:
            left = end - time.monotonic()
            message = self._channel.receive(left) if left > 0 else None
            if message is None:
                raise self._late(pending)
            self._take(message)
        return pending.outcome

    def _late(self, pending: Pending) -> SubjectLost:
        seconds = f"{self.answer_timeout_s:g}"
        return SubjectLost(
            _("{call} did not return within {seconds} s", call=pending.label, seconds=seconds), timed_out=True
        )

    @staticmethod
    def _value(outcome: Outcome) -> Any:
        if outcome.error is not None:
            raise SubjectError(outcome.error)
        return outcome.value

    # Lanes

    def _settle(self, pending: Pending) -> str:
        end = time.monotonic() + self.answer_timeout_s
        while pending.outcome is None and pending.held is None:
            message = self._channel.receive(self.settle_s)
            if message is None:
                return "blocked"
            if time.monotonic() > end:
                raise self._late(pending)
            self._take(message)
        return "done" if pending.outcome is not None else "held"

    def _release(self, pending: Pending, value: Any = None, error: Exception | None = None) -> None:
        if pending._ask is None:
            raise RuntimeError(f"{pending.label} is not held")
        ask, name = pending._ask, pending.held
        pending._ask = pending.held = None
        self._reply(ask, pending.number, name or "", value, error)

    # What comes back

    def _take(self, message: Message) -> None:
        """Handle one message. What comes from a learner's process may be anything: nonsense ends the trial, not the
        judge."""
        try:
            kind, lane = message["ev"], message["id"]
            if lane is not None and type(lane) is not int:
                raise TypeError("a lane is a number")
            waits = self._pending.get(lane)
            of_steps = waits is not None and waits.of_steps
            outcome = self._outcome(message, of_steps) if kind == "done" else None
            asked = self._asked(message) if kind == "ask" else None
        except NOT_AN_ANSWER as error:
            raise _no_answer() from error
        if outcome is not None:
            pending = self._pending.pop(lane, None)
            if pending is None:
                return
            pending.outcome = outcome
            if not of_steps:
                self.watch("done", lane=lane, label=pending.label, outcome=outcome)
        elif asked is not None:
            self._answer(lane, *asked)

    def _asked(self, message: Message) -> tuple[int, int, list[Any], dict[str, Any]]:
        args = [self._decode(a) for a in message["args"]]
        kwargs = {k: self._decode(v) for k, v in message["kwargs"].items()}
        return int(message["ask"]), int(message["handle"]), args, kwargs

    def _answer(self, lane: int | None, ask: int, handle: int, args: list[Any], kwargs: dict[str, Any]) -> None:
        name, function = self._handles.get(handle, ("", None))
        self.asks = ask
        if function is None:
            # A callback of an earlier trial, called by a thread that outlived it.
            self._channel.send(
                {"op": "reply", "ask": ask, "error": {"type": "RuntimeError", "args": ["this trial is over"]}}
            )
            return
        quiet = getattr(function, "quiet", False)
        if not quiet:
            self.watch("ask", lane=lane, name=name, args=args)
        if isinstance(function, Gate):
            pending = self._pending.get(lane)
            if pending is not None:
                pending.held, pending._ask = function.name, ask
                return
            function = _refuse
        try:
            self._reply(ask, lane, name, function(*args, **kwargs), None, quiet)
        except ANSWERABLE as error:
            self._reply(ask, lane, name, None, error, quiet)

    def _reply(self, ask: int, lane: int, name: str, value: Any, error: Exception | None, quiet: bool = False) -> None:
        body = {"value": self._encode(value)} if error is None else {"error": _raise_by_name(error, self._encode)}
        if not quiet:
            self.watch("reply", lane=lane, name=name, value=value, error=error)
        self._channel.send({"op": "reply", "ask": ask, **body})

    def _outcome(self, message: Message, of_steps: bool) -> Outcome:
        if "error" not in message and of_steps:
            return Outcome(value=message["outcomes"])
        if "error" not in message:
            return Outcome(value=self._decode(message.get("value")))
        error = message["error"]
        attrs = {k: self._decode(v) for k, v in error.get("attributes", {}).items()}
        return Outcome(
            error=RemoteError(
                tuple(error["types"]), error["message"], attrs, error.get("raised_by"), error.get("traceback", "")
            )
        )

    # Data

    def _encode(self, value: Any) -> Any:
        if type(value) in (int, bool, type(None)) or (type(value) is str and len(value) <= TEXT_MAX):
            return value
        if isinstance(value, Ref):
            return value.wire()
        if isinstance(value, Exception):
            return {"$error": _raise_by_name(value, self._encode)}
        if isinstance(value, Served):
            return {"$served": {n: self._handle(n, m) for n, m in value.methods.items()}, "name": value.name}
        if isinstance(value, Gate) or callable(value):
            name = (
                value.name
                if isinstance(value, Gate)
                else getattr(value, "name", getattr(value, "__name__", "callback"))
            )
            return {"$cb": self._handle(name, value), "name": name}
        if isinstance(value, list):
            return [self._encode(v) for v in value]
        if isinstance(value, tuple):
            return {"$t": [self._encode(v) for v in value]}
        if isinstance(value, dict):
            return {"$d": [[self._encode(k), self._encode(v)] for k, v in value.items()]}
        return encode(value, _no_reference)

    def _handle(self, name: str, function: Any) -> int:
        number = next(self._handle_numbers)
        self._handles[number] = (name, function)
        return number

    def _decode(self, data: Any) -> Any:
        return decode(data, lambda d: Ref(("$ref", d["$ref"]), d.get("type", "")))


def _batch(steps: Sequence[host.Step], position: int, most: int) -> list[Any]:
    """Steps from `position` on, packed: as many as one message should hold, and at least one."""
    batch: list[Any] = []
    room = STEPS_ROOM
    for step in steps[position : position + most]:
        # What these steps are made of came out of a handler, or from the check: it may need the room of both.
        given = [3 * PACK_ROOM]
        batch.append(pack(step, given))
        room -= 3 * PACK_ROOM - given[0]
        if room < 0:
            break
    return batch


def _no_answer() -> SubjectLost:
    return SubjectLost(_("the code's process answered with something that is no answer"))


def named(name: str) -> Ref:
    """The learner's object of that name."""
    return Ref(("$name", name))


def _show(value: Any) -> str:
    if isinstance(value, Gate | Served):
        return value.name
    if callable(value):
        return getattr(value, "name", getattr(value, "__name__", "callback"))
    return value.type or str(value.target[1]) if isinstance(value, Ref) else repr(value)


def _refuse() -> None:
    raise RuntimeError("called from a thread that the check does not know")


def _no_reference(value: Any) -> int:
    raise TypeError(f"a check passed {type(value).__name__}, which is not plain data")


def _raise_by_name(error: Exception, encode_value: Callable[[Any], Any]) -> Message:
    if isinstance(error, FaultlabError):
        public = {k: v for k, v in vars(error).items() if not k.startswith("_")}
        return {"type": type(error).__name__, "kwargs": {k: encode_value(v) for k, v in public.items()}}
    return {"type": type(error).__name__, "args": [encode_value(str(a)) for a in error.args]}
