"""Replicas of a learner's that exchange states, and the merge diagram of what went wrong.

A schedule is a list of plain steps:

    ["do", replica, method, ...]    a change, at one replica; the topic says what it means
    ["send", source, target, n]     letter n: the state of `source` as it is now, on its way to `target`
    ["deliver", n]                  letter n arrives: once, twice, late, or never
    ["sync", source, target]        a letter that arrives at once
    ["restart", replica]            a new object of that name, which gets the last state of the old one by `merge`

1. What a replica should show is not asked of another implementation. Each change has a number, and says which earlier
   changes it takes away, of those that its replica knew. A state stands for the set of changes that are known, a merge
   is the union of two such sets, and what counts are the known changes that no known change takes away (Burckhardt et
   al., "Replicated Data Types: Specification, Verification, Optimality", POPL 2014, specify data types so). In sets of
   known changes, order and repetition cannot matter; that is the law which the code is held to.
2. A replica is looked at after everything that happens to it, so a trial fails at the step that shows it first.
3. Whatever part of a schedule is left is a schedule: a letter that was not sent does not arrive.
4. A trial that fails keeps a trace of updates and merges (`sim.trace`), which the card plays: the replicas are its
   nodes, the states its messages. At a message stands what its sender showed; the state itself, in whatever form it
   is, is a field of the sender.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from faultlab.checks.core import Failed, Schedule, Trial
from faultlab.checks.subject import Outcome, Ref, SubjectError
from faultlab.i18n import _
from faultlab.sim.plain import ATOMS, literal
from faultlab.sim.trace import Finding, Row, Trace

# A text counts once for each begun piece of this length, a whole number for each begun piece of so many bits.
TEXT_CHARS, NUMBER_BITS = 32, 64
SHOWN_CHARS_MAX, SIZE_KEPT_MAX = 160, 100


@dataclass(frozen=True)
class Change:
    """A change: what it is, to what, and how much; the numbers of the changes that it takes away."""

    kind: str
    item: Any = None
    amount: Any = None
    takes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Letter:
    state: Any
    known: frozenset[int]
    gone: frozenset[int]
    source: str
    target: str
    number: int


def size(value: Any) -> int:
    """How many numbers and texts plain data has, keys included; long ones count several times, containers not at all.

    So it does not matter how a state is nested. Only an empty container counts, once: a state could be written in them.
    """
    if isinstance(value, dict):
        return max(1, sum(size(k) + size(v) for k, v in value.items()))
    if isinstance(value, list | tuple | set):
        return max(1, sum(map(size, value)))
    if isinstance(value, str):
        return max(1, -(-len(value) // TEXT_CHARS))
    if isinstance(value, int):
        return max(1, -(-value.bit_length() // NUMBER_BITS))
    return 1


def is_plain(value: Any) -> bool:
    """Is there no object in it that stayed with the learner's code?"""
    return type(value) in ATOMS or _no_objects(value)


def _no_objects(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_plain(k) and (type(v) in ATOMS or is_plain(v)) for k, v in value.items())
    if isinstance(value, list | tuple | set):
        return all(type(x) in ATOMS or is_plain(x) for x in value)
    return not isinstance(value, Ref)


def shown(value: Any) -> str:
    """Plain data in a sentence: the keys of a dict in order, and not too long."""
    try:
        text = literal(value) if is_plain(value) else repr(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…"


def _small(value: Any) -> bool:
    return is_plain(value) and size(value) < SIZE_KEPT_MAX


class Diagram:
    """Updates and merges as a trace: one event a moment, so that they stand in their order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.rows: list[Row] = []
        self.changes: dict[int, dict[str, Any]] = {}
        self._letters = 0

    def add(self, kind: str, node: str, other: str = "", number: int = -1, detail: Any = None) -> int:
        """The index of the new event."""
        self.rows.append((float(len(self.rows)), kind, node, other, number, detail))
        return len(self.rows) - 1

    def letter(self, source: str, target: str, content: Any) -> int:
        """A message sets out; its number."""
        self._letters += 1
        self.add("send", source, target, self._letters, content if _small(content) else shown(content))
        return self._letters

    def copy(self, source: str, target: str, number: int) -> int:
        self._letters += 1
        self.add("duplicate", source, target, self._letters, number)
        return self._letters

    def sent_at(self, index: int, target: str, content: Any) -> int:
        """Event `index` turns out to be the sending of a message to `target`; its number, the second time of a copy."""
        at_s, kind, source, _other, number, _detail = self.rows[index]
        if kind == "send":
            return self.copy(source, target, number)
        self._letters += 1
        self.rows[index] = (at_s, "send", source, target, self._letters, content)
        return self._letters

    def shows(self, **fields: Any) -> None:
        """What the node of the last event shows now."""
        plain = {k: v if _small(v) else shown(v) for k, v in fields.items()}
        self.changes.setdefault(len(self.rows) - 1, {}).update(plain)

    def trace(self, wrong: str = "") -> Trace:
        at = len(self.rows) - 1
        found = (Finding(_("the check"), "always", "violated", wrong, at),) if wrong else ()
        return Trace(self.names, self.rows, self.changes, end_s=float(max(at, 0)), findings=found)


class Group:
    """Replicas of a learner's class, and what each should know. A topic subclasses it: `do` makes a change, `read`
    asks a replica what it shows, `should` says what it should. Use it with `with`: a trial that fails gets the
    diagram."""

    def __init__(self, t: Trial, names: Sequence[str], why: str = "") -> None:
        self.t = t
        self.names = list(names)
        self.why = why
        self.diagram = Diagram(names)
        self.changes: list[Change] = []
        # The numbers of the changes that each replica knows, and of those which these take away.
        self.known: dict[str, frozenset[int]] = dict.fromkeys(names, frozenset())
        self.gone: dict[str, frozenset[int]] = dict.fromkeys(names, frozenset())
        self.shown: dict[str, Any] = {}
        self._letters: dict[Any, _Letter] = {}
        self.refs: dict[str, Ref] = {}
        for name in names:
            self.diagram.add("start", name, detail="first")
            self.refs[name] = t.new(name)

    def __enter__(self) -> Group:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Failed):
            self._keep(str(error))
        elif isinstance(error, SubjectError):
            node = self.diagram.rows[-1][2]
            self.diagram.add("error", node, detail=str(error.error)[:SHOWN_CHARS_MAX])
            self.t.traceback = error.error.traceback
            self._keep(str(error.error))

    def _keep(self, wrong: str) -> None:
        trace = self.diagram.trace(wrong)
        self.t.keep(trace, len(trace) - 1)

    # What the topics say

    def do(self, name: str, method: str, *args: Any) -> None:
        """A change: call the replica, and `record` what it means."""
        raise NotImplementedError

    def read(self, name: str) -> Any:
        """What the replica shows."""
        raise NotImplementedError

    def should(self, name: str) -> Any:
        """What it should show."""
        raise NotImplementedError

    # Steps

    def play(self, schedule: Schedule) -> None:
        """Carry out the steps, and look at each replica after what happened to it."""
        for step in schedule:
            match step:
                case ["do", name, method, *args]:
                    self.do(name, method, *args)
                    self.look(name)
                case ["send", source, target, n]:
                    self.send(source, target, n)
                case ["deliver", n]:
                    self.deliver(n)
                case ["sync", source, target]:
                    self.sync(source, target)
                case ["restart", name]:
                    self.restart(name)

    def call(self, name: str, method: str, *args: Any) -> Any:
        """Call a replica, as an event of the diagram."""
        self.diagram.add("note", name, detail=f"{method}({', '.join(map(repr, args))})")
        return self.t.call(self.refs[name], method, *args)

    def attempt(self, name: str, method: str, *args: Any) -> Outcome:
        """The same, where an error may be the right answer."""
        self.diagram.add("note", name, detail=f"{method}({', '.join(map(repr, args))})")
        return self.t.attempt(self.refs[name], method, *args)

    def often(self, name: str, text: str) -> None:
        """Many changes that the diagram tells in one line; they are made by calls of the trial."""
        self.diagram.add("note", name, detail=text)

    def record(self, name: str, change: Change) -> int:
        """A replica has made this change; its number."""
        self.changes.append(change)
        self.known[name] |= {len(self.changes) - 1}
        self.gone[name] |= change.takes
        return len(self.changes) - 1

    def state(self, name: str) -> Any:
        """What the replica sends to others."""
        state = self.t.call(self.refs[name], "state")
        if not is_plain(state):
            self.fail(_("state() of {replica} should be plain data; it has an object in it: {state}.",
                        replica=name, state=shown(state)))  # fmt: skip
        return state

    def send(self, source: str, target: str, n: Any) -> None:
        state = self.state(source)
        if source not in self.shown:
            self.shown[source] = self.read(source)
        number = self.diagram.letter(source, target, self.shown[source])
        self.diagram.shows(state=state)
        self._letters[n] = _Letter(state, self.known[source], self.gone[source], source, target, number)

    def deliver(self, n: Any) -> None:
        letter = self._letters.get(n)
        if letter is None:
            return
        delivered = any(row[1] == "deliver" and row[4] == letter.number for row in self.diagram.rows)
        number = self.diagram.copy(letter.source, letter.target, letter.number) if delivered else letter.number
        self.diagram.add("deliver", letter.target, letter.source, number)
        self.t.call(self.refs[letter.target], "merge", letter.state)
        self.heard(letter.target, letter.known, letter.gone)
        self.look(letter.target)

    def heard(self, name: str, known: frozenset[int], gone: frozenset[int]) -> None:
        """A replica has merged a state that stood for these changes."""
        self.known[name] |= known
        self.gone[name] |= gone

    def sync(self, source: str, target: str) -> None:
        self.send(source, target, None)
        self.deliver(None)

    def meet(self) -> None:
        """Everybody hears of everything: to the first, and back from it."""
        first, *others = self.names
        for other in others:
            self.sync(other, first)
        for other in others:
            self.sync(first, other)

    def restart(self, name: str) -> None:
        state = self.state(name)
        self.diagram.add("crash", name, detail="fault")
        self.diagram.add("start", name, detail="again")
        self.refs[name] = self.t.new(name)
        self.t.call(self.refs[name], "merge", state)
        self.look(name)

    # Judgement

    def live(self, name: str, item: Any = None, kind: str = "") -> dict[int, Change]:
        """The changes that count at a replica: those it knows and knows no change to have taken away."""
        found = {n: self.changes[n] for n in sorted(self.known[name] - self.gone[name])}
        return {n: c for n, c in found.items() if (item is None or c.item == item) and (not kind or c.kind == kind)}

    def look(self, name: str) -> None:
        """Does the replica show what it should?"""
        got, expected = self.read(name), self.should(name)
        self.shown[name] = got
        self.diagram.shows(shows=got)
        if type(got) is not type(expected) or got != expected:
            message = _("{replica} shows {got}; it should show {expected}.", replica=name, got=shown(got),
                        expected=shown(expected))  # fmt: skip
            self.fail(f"{message} {_(self.why)}" if self.why else message)

    def fail(self, message: str) -> NoReturn:
        self.t.fail(message)
        raise AssertionError("a trial that fails does not go on")


# Schedules


def gossip(
    rng: random.Random, names: Sequence[str], change: Callable[[str], list[Any]], steps: int, restarts: bool = False
) -> Schedule:
    """Changes, and letters that are late, doubled, out of order and lost. `change` makes the rest of a "do" step."""
    schedule: Schedule = []
    sent = 0
    for _step in range(steps):
        a, b = rng.sample(list(names), 2)
        roll = rng.random()
        if roll < 0.45:
            schedule.append(["do", a, *change(a)])
        elif roll < 0.65:
            schedule.append(["send", a, b, sent])
            sent += 1
        elif roll < 0.85 and sent:
            schedule.append(["deliver", rng.randrange(sent)])
        elif roll < 0.93 or not restarts:
            schedule.append(["sync", a, b])
        else:
            schedule.append(["restart", a])
    return schedule


def names_of(rng: random.Random, most: int = 4) -> list[str]:
    return list("ABCDE"[: rng.randint(3, most)])
