"""The servant: it runs a learner's code for a judge who sits elsewhere.

A check never touches the learner's object. It sends messages, and the servant, which lives where that object lives,
carries them out and answers. In a notebook the servant runs in the same process and the messages pass through queues;
when a submission is graded it runs alone in the sandbox and the messages pass through a pipe. The same rules hold in
both, so what a learner sees is what the grader sees:

1. Only plain data crosses (None, bool, int, float, str, list, tuple, set, dict). Any other object stays here, and a
   reference to it crosses.
2. A callable that the judge passes becomes a proxy: calling it asks the judge and blocks until the judge answers with a
   value or an error. An object that the judge serves (`subject.Served`) becomes one whose methods are such proxies, and
   nothing else: there is no more to be learned of it than what it answers.
3. An exception crosses as its class names, message and plain attributes. One that the judge raises, or passes as an
   argument, is looked up by name among `faultlab.errors` and Python's own.
4. Every call runs in a thread of its own (a *lane*), so that the judge can hold one call inside a callback while
   another goes on.
5. A call can be bounded in the lines of Python that it goes through: that counts work without a clock, so it says the
   same on a busy machine. Code that means to can defeat it; all that it wins is to be slow.
6. Steps of a node (`faultlab.sim.host`) come many at once, packed tightly. Each fails alone; what would be too large
   for one answer, or takes too long, is left to the next.

Only the standard library and `faultlab.sim` are used: this file is copied into the sandbox. It believes nothing and
decides nothing; scores are made elsewhere.

Messages to the servant
    {"op": "call", "id", "target", "method", "args", "kwargs"}   method "" calls the target itself; with "lines_max", it
                                                                 raises TooManyLines beyond so many lines of Python
    {"op": "get", "id", "target", "attribute"}                   reads an attribute
    {"op": "value", "id", "target"}                              the object itself as plain data
    {"op": "steps", "id", "target", "steps"}                     steps of the nodes that the target makes, each packed
    {"op": "reply", "ask", "value"} or {..., "error"}            answers a callback
    {"op": "forget"}                                             drops the references of the trial before
Messages from the servant
    {"ev": "ask", "ask", "id", "handle", "args", "kwargs"}       lane `id` (None: a foreign thread) called a callback
    {"ev": "done", "id", "value"} or {..., "error"}              a call ended
    {"ev": "done", "id", "outcomes"} or {..., "error"}           outcomes, packed, of the first one or more of the steps
"""

from __future__ import annotations

import builtins
import itertools
import math
import queue
import sys
import threading
import time
import traceback
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from faultlab import errors

DEPTH_MAX = 40
ITEMS_MAX = 250_000
TEXT_MAX = 4_000_000
TRACEBACK_CHARS_MAX = 4_000
# A step's outcome may be as deep as plain data of the laboratory (60), in a list of effects of an outcome.
PACK_DEPTH_MAX = 64
PACK_ROOM = 1_000_000
INT_BITS_MAX = 4_096
TOO_LARGE_NUMBER = "a number with more than a thousand digits is too large to be looked at"
KEYS_MAX = 10_000
# One answer to steps ends when it has used so much room, or taken so many seconds.
ANSWER_ROOM, ANSWER_SECONDS = 1_000_000, 0.5

Message = dict[str, Any]
# The standard library's own kinds of dict and list are data. A class of the learner's that extends one is not: it has
# methods, which may be what is asked for.
DICTS = (Counter, OrderedDict, defaultdict)
VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


class NotPlain(ValueError):
    """A value is too deep or too large to cross."""


def encode(value: Any, keep: Callable[[Any], int]) -> Any:
    """`value` as JSON data; objects that are not plain data are handed to `keep`, which returns the number of their
    reference."""
    budget = [ITEMS_MAX]

    def walk(item: Any, depth: int) -> Any:
        budget[0] -= 1
        if depth > DEPTH_MAX or budget[0] < 0:
            raise NotPlain("the value is too deep or too large to be looked at")
        if item is None or type(item) is bool:
            return item
        # The base class's own conversions: a subclass may lie about what it is.
        if isinstance(item, int):
            if int.bit_length(item) > INT_BITS_MAX:  # Python writes no number of more than 4300 digits
                raise NotPlain(TOO_LARGE_NUMBER)
            return int.__int__(item)
        if isinstance(item, float):
            number = float.__float__(item)
            return number if math.isfinite(number) else {"$f": repr(number)}
        if isinstance(item, str):
            if str.__len__(item) > TEXT_MAX:
                raise NotPlain(f"a text of more than {TEXT_MAX:,} characters is too large to be looked at")
            return str.__str__(item)
        if type(item) is list or type(item) in VIEWS:
            return [walk(x, depth + 1) for x in item]
        if type(item) is tuple or (isinstance(item, tuple) and "_fields" in type(item).__dict__):  # a named tuple
            return {"$t": [walk(x, depth + 1) for x in tuple.__iter__(item)]}
        if type(item) in (set, frozenset):
            return {"$s": [walk(x, depth + 1) for x in item]}
        if type(item) is dict or type(item) in DICTS:
            return {"$d": [[walk(k, depth + 1), walk(v, depth + 1)] for k, v in dict.items(item)]}
        return {"$ref": keep(item), "type": type(item).__name__}

    return walk(value, 0)


def decode(data: Any, reference: Callable[[Message], Any]) -> Any:
    """The value that `data` stands for; a reference or a callback handle is looked up by `reference`."""
    if isinstance(data, list):
        return [decode(x, reference) for x in data]
    if not isinstance(data, dict):
        return data
    if "$f" in data:
        return float(data["$f"])
    if "$t" in data:
        return tuple(decode(x, reference) for x in data["$t"])
    if "$s" in data:
        return {decode(x, reference) for x in data["$s"]}
    if "$d" in data:
        return {decode(k, reference): decode(v, reference) for k, v in data["$d"]}
    return reference(data)


def pack(value: Any, room: list[int]) -> Any:
    """Plain data as JSON in which each container is one array with a tag, for a third of the depth of `encode`.

    `room` holds how many characters there is room for, about, and how many are left afterwards. NotPlain for what is
    too deep, too large, or no plain data. Sets go in an order that does not depend on the process.
    """
    packed = _pack([value], room, -1)
    if room[0] < 0:
        raise NotPlain("it is too large to be looked at")
    return packed[1]


def _pack(container: Any, room: list[int], depth: int) -> list[Any]:
    kind = type(container)
    room[0] -= 4 * len(container) + 4
    if depth > PACK_DEPTH_MAX or room[0] < 0:
        raise NotPlain("it is too deep or too large to be looked at")
    if kind in (dict, set) and not _few_or_texts(container):
        raise NotPlain(f"more than {KEYS_MAX} elements of a set, or keys of a dict, that are not texts")
    packed: list[Any] = [_TAGS[kind]]
    items = container
    if kind is dict:
        items = [item for pair in container.items() for item in pair]
    elif kind is set:
        items = sorted(container, key=repr)
    for item in items:
        kind = type(item)
        if kind is str:
            room[0] -= len(item)
            packed.append(item)
        elif kind in _TAGS:
            packed.append(_pack(item, room, depth + 1))
        else:
            packed.append(_pack_atom(item))
    return packed


def _pack_atom(item: Any) -> Any:
    kind = type(item)
    if kind is int and item.bit_length() > INT_BITS_MAX:
        raise NotPlain(TOO_LARGE_NUMBER)
    if kind is float and not math.isfinite(item):
        if math.isnan(item):
            raise NotPlain("NaN is not plain data: it is not even equal to itself")
        return ["f", repr(item)]
    if kind not in _ATOMS:
        raise NotPlain(f"{kind.__name__} is not plain data")
    return item


def unpack(data: Any) -> Any:
    """What `pack` packed. LookupError, TypeError or ValueError for anything else."""
    if type(data) is not list:
        if type(data) not in _ATOMS:
            raise ValueError("not packed by pack")
        return data
    tag = data[0]
    if tag == "f":
        return _INFINITE[data[1]]
    if tag == "d":
        values = [x if type(x) in _ATOMS else unpack(x) for x in data]
        return dict(zip(_keys(values[1::2]), values[2::2], strict=True))
    values = [x if type(x) in _ATOMS else unpack(x) for x in data[1:]]
    if tag == "l":
        return values
    if tag == "t":
        return tuple(values)
    if tag == "s":
        return set(_keys(values))
    raise ValueError("not packed by pack")


def _keys(values: list[Any]) -> list[Any]:
    if len(values) > KEYS_MAX and not _few_or_texts(values):
        raise ValueError("too many keys")
    return values


def _few_or_texts(keys: Collection[Any]) -> bool:
    # Numbers can be chosen so that all of them fall into one place of a hash table, and each costs a walk past all.
    return len(keys) <= KEYS_MAX or all(type(key) is str for key in keys)


_TAGS = {list: "l", tuple: "t", set: "s", dict: "d"}
_ATOMS = frozenset({type(None), bool, int, float, str})
_INFINITE = {"inf": math.inf, "-inf": -math.inf}


def exception_class(name: str) -> type[Exception]:
    """The class of that name among `faultlab.errors` and Python's own; RuntimeError where there is none."""
    for place in (errors, builtins):
        found = getattr(place, name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return RuntimeError


def describe_exception(error: BaseException, keep: Callable[[Any], int]) -> Message:
    """An exception as plain data: class names from the most specific on, message, attributes, and the learner's own
    frames."""
    attributes = {}
    for name, value in list(vars(error).items())[:50]:
        if not name.startswith("_"):
            try:
                attributes[name] = encode(value, keep)
            except NotPlain:
                continue
    try:
        message = str(error)[:2_000]
    except Exception:
        message = ""
    return {
        "types": [c.__name__ for c in type(error).__mro__ if c not in (object, BaseException)],
        "message": message,
        "attributes": attributes,
        "raised_by": getattr(error, "_faultlab_ask", None),
        "traceback": learner_frames(error),
    }


def learner_frames(error: BaseException) -> str:
    """The traceback without the frames of this file, shortened from the top."""
    try:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        text = "".join(traceback.format_list(frames))
    except Exception:
        return ""
    return text[-TRACEBACK_CHARS_MAX:]


class TooManyLines(RuntimeError):
    """A call went through more lines of Python than it may."""


def bounded(function: Callable[[], Any], lines_max: int) -> Any:
    """The result of `function`; TooManyLines as soon as it has gone through more lines of Python than `lines_max`.

    A loop that C runs (`x in list`, `dict(other)`) is one line.
    """
    left = lines_max

    def count(_frame: Any, event: str, _arg: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TooManyLines(f"more than {lines_max} lines of Python")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        return function()
    finally:
        sys.settrace(before)


class UnknownName(LookupError):
    """The learner's code defines no object of that name."""


def _step(hosts: Any, host: Any, step: Message) -> Message:
    handler = hosts.HANDLERS[step["event"][0]]
    try:
        try:
            return host.step(step)
        except BaseException as error:
            # SystemExit too: nobody here wants to leave.
            return hosts.failure(handler, error)
    except BaseException as late:
        # The watchdog may strike just after its handler has returned.
        return hosts.failure(handler, late)


class Servant:
    """Carries out the judge's messages. `send` gives a message to the judge; `lookup` finds a learner's object by its
    name."""

    def __init__(self, send: Callable[[Message], None], lookup: Callable[[str], Any]) -> None:
        self._send = send
        self._lookup = lookup
        self._objects: dict[int, Any] = {}
        self._hosts: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self._asks = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue] = {}
        self._lane = threading.local()
        self._idle: list[queue.SimpleQueue] = []
        self._lock = threading.Lock()

    def handle(self, message: Message) -> None:
        """Take one message; returns at once, whatever the learner's code does."""
        match message["op"]:
            case "reply":
                with self._lock:
                    box = self._waiting.pop(message["ask"], None)
                if box is not None:
                    box.put(message)
            case "forget":
                self._objects = {}
                self._hosts = {}
            case _:
                self._work_queue().put(message)

    def _work_queue(self) -> queue.SimpleQueue:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        jobs: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self._serve, args=(jobs,), daemon=True, name="servant lane").start()
        return jobs

    def _serve(self, jobs: queue.SimpleQueue) -> None:
        while True:
            message = jobs.get()
            self._lane.id = message["id"]
            answer = {"ev": "done", "id": message["id"]}
            try:
                if message["op"] == "steps":
                    answer["outcomes"] = self._steps(message["target"], message["steps"])
                else:
                    answer["value"] = encode(self._carry_out(message), self._keep)
            except BaseException as error:
                answer["error"] = describe_exception(error, self._keep)
            # Free the lane before answering: the judge's next call may come at once.
            with self._lock:
                self._idle.append(jobs)
            self._send(answer)

    def _carry_out(self, message: Message) -> Any:
        target = self._reference(message["target"])
        if message["op"] == "get":
            return getattr(target, message["attribute"])
        if message["op"] == "value":
            return target
        function = getattr(target, message["method"]) if message["method"] else target
        args = [decode(a, self._reference) for a in message["args"]]
        kwargs = {k: decode(v, self._reference) for k, v in message["kwargs"].items()}
        if "lines_max" in message:
            return bounded(lambda: function(*args, **kwargs), message["lines_max"])
        return function(*args, **kwargs)

    def _steps(self, target: Message, steps: Sequence[Any]) -> list[Any]:
        """The outcomes of the first steps, packed: as many as one answer holds, and at least one."""
        # Imported here, because most learners' code has no nodes.
        from faultlab.sim import host as hosts
        from faultlab.sim.limit import Watchdog

        key = str(target)
        if key not in self._hosts:
            self._hosts[key] = hosts.Host(self._reference(target))
        host = self._hosts[key]
        packed: list[Any] = []
        left, until_s = ANSWER_ROOM, time.monotonic() + ANSWER_SECONDS
        with Watchdog(lambda: host.running):
            for data in steps:
                room = [PACK_ROOM]
                outcome = _step(hosts, host, unpack(data))
                try:
                    packed.append(pack(outcome, room))
                except Exception as error:
                    packed.append(pack(hosts.failure("the outcome of a handler", error), [PACK_ROOM]))
                left -= PACK_ROOM - room[0]
                # Who hears of an endless loop may not want to know the rest.
                if left < 0 or time.monotonic() > until_s or (type(outcome) is dict and "endless" in outcome):
                    break
        return packed

    def _keep(self, item: Any) -> int:
        number = next(self._numbers)
        self._objects[number] = item
        return number

    def _reference(self, data: Message) -> Any:
        if "$name" in data:
            try:
                return self._lookup(data["$name"])
            except KeyError:
                raise UnknownName(data["$name"]) from None
        if "$cb" in data:
            return self._proxy(data["$cb"], data.get("name", "callback"))
        if "$served" in data:
            proxies = {name: staticmethod(self._proxy(handle, name)) for name, handle in data["$served"].items()}
            return type(data["name"], (), proxies)()
        if "$error" in data:
            return self._build(data["$error"])
        return self._objects[data["$ref"]]

    def _proxy(self, handle: int, name: str) -> Callable[..., Any]:
        def proxy(*args: Any, **kwargs: Any) -> Any:
            ask = next(self._asks)
            box: queue.SimpleQueue = queue.SimpleQueue()
            with self._lock:
                self._waiting[ask] = box
            self._send(
                {
                    "ev": "ask",
                    "ask": ask,
                    "id": getattr(self._lane, "id", None),
                    "handle": handle,
                    "args": [encode(a, self._keep) for a in args],
                    "kwargs": {k: encode(v, self._keep) for k, v in kwargs.items()},
                }
            )
            reply = box.get()
            if "error" in reply:
                raise self._build(reply["error"], ask)
            return decode(reply["value"], self._reference)

        proxy.__name__ = proxy.__qualname__ = name
        return proxy

    def _build(self, spec: Message, ask: int | None = None) -> Exception:
        arguments = [decode(a, self._reference) for a in spec.get("args", [])]
        keywords = {k: decode(v, self._reference) for k, v in spec.get("kwargs", {}).items()}
        error = exception_class(spec["type"])(*arguments, **keywords)
        error._faultlab_ask = ask
        return error
