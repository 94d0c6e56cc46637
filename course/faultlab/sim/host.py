"""The host: runs one handler of a node as a pure function of plain data.

    outcome = Host(Raft).step({"name": "A", "names": ["A", "B"], "fields": {...}, "disk": {...},
                               "event": ("message", "B", ("vote", 3))})

1. A step makes a fresh object, gives it the fields, runs one handler, and says what the fields, the disk and the
   effects are now. Nothing is remembered from step to step: whatever a class hides in global variables shows as a step
   that does not come out the same twice.
2. Everything that goes in and comes out is plain data, so the host may live in another process. The grader's does, with
   the learner's class in it; the model checker and the world then run outside and ask it.
3. A step without `now_s` has no time. With `stream`, which is (run, text), chance comes from the node's stream of that
   text in that run: the one thing that goes on from step to step.

Events: ("start",), ("message", sender, message), ("timer", name), ("request", request, call).
An outcome is {"fields", "disk", "effects"} or {"error": one line, "traceback"}, with "endless" if it was cut off.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from faultlab.sim.limit import HandlerTimeout
from faultlab.sim.node import Context, Factory, Node, demand_end
from faultlab.sim.plain import ATOMS, Plain, plain

Step = Mapping[str, Plain]
Outcome = dict[str, Plain]
HANDLERS = {"start": "on_start", "message": "on_message", "timer": "on_timer", "request": "on_request"}
LINE_CHARS_MAX, TRACEBACK_CHARS_MAX = 300, 4_000
HERE = os.path.dirname(__file__)


class Abort(Exception):
    """Ends a run from within a handler: whoever runs it elsewhere is gone. No node has failed."""


class HandlerFailed(Exception):
    """A handler that was run elsewhere failed there; `outcome` is what the host there said of it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome["error"])
        self.outcome = outcome


# What a handler may raise without harm to whoever runs it. Ctrl-C is not among them, `exit()` is.
FAILURES = (Exception, SystemExit, HandlerTimeout)


class Elsewhere(Node):
    """Base class of nodes whose handlers are run by somebody else, who also stops those that do not return."""


class HostContext(Context):
    """The context of one step: the time is given, or there is none."""

    __slots__ = ("_now_s",)

    def __init__(self, step: Step, stream: Random | None) -> None:
        super().__init__(step["name"], step["names"])
        self._disk = plain(step["disk"])
        self._now_s = step.get("now_s")
        self._stream = stream

    @property
    def now_s(self) -> float:
        return Context.now_s.fget(self) if self._now_s is None else self._now_s  # type: ignore[attr-defined]


class Host:
    """Steps of the nodes that `factory` makes. `running` is the number of the step that is under way, or None."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self.kind: type | None = None
        self._streams: dict[tuple[Plain, ...], Random] = {}
        self._steps = 0
        self.running: int | None = None

    def steps(self, steps: Iterable[Step]) -> list[Outcome]:
        """The outcome of each; one that fails fails alone."""
        return [self.step(step) for step in steps]

    def step(self, step: Step) -> Outcome:
        event = step["event"]
        ctx = HostContext(step, self._stream(step.get("stream")))
        handler = HANDLERS[event[0]]
        self._steps += 1
        try:
            self.running = self._steps
            if event[0] == "start" or self.kind is None:
                doing, handler = handler, "__init__"
                node = made_by(self._factory)
                self.kind, handler = type(node), doing
            if event[0] != "start":
                node = object.__new__(self.kind)
                vars(node).update(plain(step["fields"]))
            demand_end(getattr(node, handler)(ctx, *plain(event[1:])))
            self.running = None
            disk = ctx.commit() if ctx.draft is not None else ctx._disk
            return {"fields": _fields(step["name"], vars(node)), "disk": disk, "effects": ctx.effects}
        except Abort:
            raise
        except FAILURES as error:
            return failure(handler, error)
        finally:
            self.running = None

    def _stream(self, name: Iterable[Plain] | None) -> Random | None:
        if name is None:
            return None
        key = tuple(name)
        if key not in self._streams:
            self._streams[key] = Random(key[1])
        return self._streams[key]


def made_by(factory: Factory) -> Node:
    """What a class, or a function, makes; TypeError if it is no Node."""
    node = factory()
    if not isinstance(node, Node):
        raise TypeError(f"{getattr(factory, '__name__', 'the factory')} makes a {type(node).__name__}, not a Node")
    return node


def _fields(owner: str, fields: Mapping[str, Any]) -> dict[str, Plain]:
    copied = {}
    for name, value in fields.items():
        try:
            copied[name] = value if type(value) in ATOMS else plain(value)
        except TypeError as error:
            raise TypeError(f"{owner} keeps something in self.{name} that it must not: {error}") from None
    return copied


def failure(handler: str, error: BaseException) -> Outcome:
    """The outcome of a step whose handler raised `error`, or was cut off."""
    if isinstance(error, HandlerFailed):
        return error.outcome
    if isinstance(error, HandlerTimeout):
        line = f"{handler} did not return and was cut off: is there an endless loop?"
        return {"error": line, "traceback": "", "endless": True}
    try:
        said = str(error)
    except Exception:
        said = "(it cannot be shown)"
    line = " ".join(f"{type(error).__name__} in {handler}: {said[:1_000]}".split())[:LINE_CHARS_MAX]
    return {"error": line, "traceback": _traceback(error)[-TRACEBACK_CHARS_MAX:]}


def _traceback(error: BaseException) -> str:
    """The traceback from the learner's own frame on; it is the same wherever the handler was run."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(HERE + os.sep):
        frame = frame.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, frame))
    except Exception:
        return ""
