"""What a vector clock must show (exercise 3.6, task 1).

The contract stands in the assignment; the rules here have its numbers. Each process is followed by the sets of events
that it can know of: of every other process the first so many. What a clock should say are their numbers. Entries of 0
may be kept or left out; they are compared without.
"""

from __future__ import annotations

import random
from typing import Any, NoReturn

from faultlab.checks.core import Failed, Schedule, Trial, register
from faultlab.checks.replicas import Diagram, shown
from faultlab.checks.subject import SubjectError
from faultlab.i18n import N_, _

PROCESSES = "ABC"
BEFORE, AFTER, EQUAL, CONCURRENT = "before", "after", "equal", "concurrent"
# The events of the figure in the chapter: at a process, and for a message its number on the way out and in.
FIGURE = [["A"], ["B"], ["C"], ["A"], ["A", "to", 1], ["C"], ["B", "from", 1], ["B", "to", 2], ["A", "from", 2]]


class Processes:
    """Processes with a learner's clock each, and what these should say. Use it with `with`, for the diagram."""

    def __init__(self, t: Trial, names: str = PROCESSES, why: str = "") -> None:
        self.t, self.why = t, why
        self.diagram = Diagram(list(names))
        self.should: dict[str, dict[str, int]] = {name: {} for name in names}
        self.mail: dict[Any, tuple[str, Any, dict[str, int], int]] = {}
        self.stamps: list[tuple[str, dict[str, int]]] = []
        self.clocks = {}
        for name in names:
            self.diagram.add("start", name, detail="first")
            self.clocks[name] = t.new(name)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, SubjectError):
            self.t.traceback = error.error.traceback
        if isinstance(error, Failed | SubjectError):
            trace = self.diagram.trace(str(error))
            self.t.keep(trace, len(trace) - 1)

    def play(self, schedule: Schedule) -> None:
        """Steps: ["A"] an event, ["A", "to", n] message n leaves A, ["A", "from", n] it arrives, if it was sent."""
        for step in schedule:
            match step:
                case [name]:
                    self.event(name)
                case [name, "to", n]:
                    self.send(name, n)
                case [name, "from", n] if n in self.mail and self.mail[n][0] != name:
                    self.receive(name, n)

    def event(self, name: str) -> None:
        self.diagram.add("note", name, detail="tick()")
        self.tick(name)
        self.look(name, self.t.call(self.clocks[name], "tick"), "tick()")

    def send(self, name: str, n: Any) -> None:
        self.tick(name)
        got = self.t.call(self.clocks[name], "send")
        # Where it goes is known when it arrives: until then the picture has an event, and no message.
        index = self.diagram.add("note", name, detail="send()")
        self.look(name, got, "send()")
        self.mail[n] = (name, got, dict(self.should[name]), index)

    def receive(self, name: str, n: Any) -> None:
        source, vector, known, index = self.mail[n]
        self.diagram.add("deliver", name, source, self.diagram.sent_at(index, name, vector))
        for process, count in known.items():
            self.should[name][process] = max(count, self.should[name].get(process, 0))
        self.tick(name)
        self.look(name, self.t.call(self.clocks[name], "receive", vector), f"receive({shown(vector)})")

    def tick(self, name: str) -> None:
        self.should[name][name] = self.should[name].get(name, 0) + 1

    def look(self, name: str, answer: Any, call: str) -> None:
        """Both the answer and the clock should be the vector of the event."""
        expected = self.should[name]
        self.stamps.append((name, dict(expected)))
        kept = self.t.call(self.clocks[name], "vector")
        self.diagram.shows(vector=kept)
        for got, what in ((kept, "vector()"), (answer, call)):
            if not same(got, expected):
                self.fail(_("After {call} of process {name}, {what} is {got}; it should be {expected}.", call=call,
                            name=name, what=what, got=shown(got), expected=shown(expected)))  # fmt: skip

    def fail(self, message: str) -> NoReturn:
        self.t.fail(f"{message} {_(self.why)}" if self.why else message)
        raise AssertionError("a trial that fails does not go on")


def same(got: Any, expected: dict[str, int]) -> bool:
    """Is it a dict with these entries? Those of 0 may be there or not."""
    if not isinstance(got, dict) or not all(type(count) is int for count in got.values()):
        return False
    return {p: n for p, n in got.items() if n} == {p: n for p, n in expected.items() if n}


def order(first: dict[str, int], second: dict[str, int]) -> str:
    """How the first vector stands to the second; entries that are not there are 0."""
    names = {*first, *second}
    less = any(first.get(n, 0) < second.get(n, 0) for n in names)
    more = any(first.get(n, 0) > second.get(n, 0) for n in names)
    return CONCURRENT if less and more else BEFORE if less else AFTER if more else EQUAL


def _ticks(rng: random.Random) -> Schedule:
    return [[rng.choice(PROCESSES)] for _step in range(rng.randint(2, 6))]


@register(
    "vector_clock.tick",
    title=N_("an event of a process adds 1 to its own entry"),
    examples=[[["A"], ["A"], ["B"]]],
    generate=_ticks,
    hidden=8,
)
def tick(t: Trial, schedule: Schedule) -> None:
    with Processes(t, why=N_("An event counts in the entry of its own process only (rule 2).")) as processes:
        processes.play([["B"], *schedule, ["A"]])


@register(
    "vector_clock.send",
    title=N_("sending is an event, and the message carries its vector"),
    examples=[[["A", "to", 1], ["A"], ["A", "to", 2]]],
    generate=lambda rng: [rng.choice([["A"], ["A", "to", n], ["B", "to", n]]) for n in range(rng.randint(2, 7))],
    hidden=8,
)
def send(t: Trial, schedule: Schedule) -> None:
    with Processes(t, why=N_("Sending is an event (rule 3).")) as processes:
        processes.play([["A"], *schedule, ["B", "to", "last"]])


def _mail(rng: random.Random) -> Schedule:
    """Messages between processes that have not all heard of each other; some arrive late or twice."""
    schedule: Schedule = []
    for n in range(rng.randint(3, 8)):
        a, b = rng.sample(PROCESSES, 2)
        schedule += [[a, "to", n], *([[b]] * rng.randint(0, 2)), [b, "from", rng.randint(0, n)]]
    return schedule


@register(
    "vector_clock.receive",
    title=N_("an arrival takes the greater of each entry, then adds 1 to the receiver's own"),
    examples=[FIGURE],
    generate=_mail,
    hidden=12,
)
def receive(t: Trial, schedule: Schedule) -> None:
    with Processes(t, why=N_("An arrival: the maximum, entry by entry, then 1 more for itself (rule 4).")) as processes:
        # All have heard of all.
        processes.play([["A", "to", "a"], ["B", "from", "a"], ["B", "to", "b"], ["C", "from", "b"], ["C", "to", "c"]])
        processes.play([["A", "from", "c"], ["B", "from", "c"], *schedule])
        processes.play(
            [["A"], ["A"], ["A", "to", "x"], ["B"], ["B", "from", "x"], ["B", "to", "y"], ["A", "from", "y"]]
        )


@register(
    "vector_clock.unknown",
    title=N_("a process that was never heard of is taken in, and passed on"),
    examples=[[["p7", 3]]],
    generate=lambda rng: [[f"p{rng.randint(10, 99)}", rng.randint(1, 9)] for _step in range(rng.randint(1, 4))],
    hidden=8,
)
def unknown(t: Trial, schedule: Schedule) -> None:
    with Processes(t, "AB", N_("Nobody knows all processes beforehand: a new one has 0 (rule 1).")) as processes:
        heard: dict[str, int] = {}
        for name, count in [*schedule, ["Z", 2]]:
            # Of one process two states, of which the second may be the older one.
            heard[name] = max(count, heard.get(name, 0))
            processes.diagram.names += (name,) if name not in processes.diagram.names else ()
            index = processes.diagram.add("note", name, detail="send()")
            processes.mail["far"] = (name, {name: count}, {name: count}, index)
            processes.receive("A", "far")
        processes.play([["A", "to", 1], ["B", "from", 1]])


def pair(rng: random.Random) -> list[dict[str, int]]:
    """Two vectors with entries for the same processes, all from 1 on, and not equal."""
    names = [f"p{n}" for n in range(rng.randint(2, 4))]
    first = {name: rng.randint(1, 4) for name in names}
    second = {name: max(1, count + rng.choice([0, 0, 1, 2])) for name, count in first.items()}
    if rng.random() < 0.5:
        second = {name: rng.randint(1, 4) for name in names}
    if first == second:
        second[names[0]] += 1
    return rng.sample([first, second], 2)


def compared(t: Trial, pairs: Schedule, why: str) -> None:
    """Each pair, both ways round."""
    for vectors in pairs:
        for first, second in (vectors, vectors[::-1]):
            got, expected = t.call(t.objects[0], "compare", first, second), order(first, second)
            if got != expected:
                message = _("compare({first}, {second}) is {got}; it should be {expected}.", first=shown(first),
                            second=shown(second), got=shown(got), expected=shown(expected))  # fmt: skip
                t.fail(f"{message} {_(why)}")


@register(
    "vector_clock.compare",
    title=N_("compare says before, after or concurrent"),
    examples=[[[{"A": 1, "B": 2}, {"A": 2, "B": 2}], [{"A": 3, "B": 1}, {"A": 1, "B": 2}]]],
    generate=lambda rng: [pair(rng) for _step in range(8)],
    hidden=8,
)
def compare(t: Trial, schedule: Schedule) -> None:
    always = [[{"A": 1, "B": 5}, {"A": 2, "B": 5}], [{"A": 1, "B": 5}, {"A": 2, "B": 1}]]
    compared(t, [*schedule, *always], N_("Before: no entry greater, and one less (rule 5)."))


@register(
    "vector_clock.equal",
    title=N_("equal vectors are equal, not concurrent"),
    examples=[[[{"A": 1, "B": 2}, {"B": 2, "A": 1}]]],
    generate=lambda rng: [[v, dict(reversed(v.items()))] for v, _other in (pair(rng) for _step in range(4))],
    hidden=5,
)
def equal(t: Trial, schedule: Schedule) -> None:
    why = N_("The same vector is the same knowledge, and no conflict (rule 5).")
    compared(t, [*schedule, [{"A": 2}, {"A": 2}], [{"A": 1, "B": 5}, {"A": 2, "B": 5}]], why)


def _gaps(rng: random.Random) -> list[dict[str, int]]:
    """A pair in which entries are missing, or are there as 0."""
    gapped = []
    for vector in pair(rng):
        kept = {name: count for name, count in vector.items() if rng.random() < 0.6}
        gapped.append({**kept, **({f"p{rng.randint(0, 5)}": 0} if rng.random() < 0.4 and not kept else {})})
    return gapped


@register(
    "vector_clock.missing",
    title=N_("an entry that is not there is 0 in a comparison"),
    examples=[[[{"A": 1}, {"B": 1}], [{"A": 1}, {"A": 1, "B": 1}], [{"A": 1, "B": 0}, {"A": 1}]]],
    generate=lambda rng: [_gaps(rng) for _step in range(8)],
    hidden=8,
)
def missing(t: Trial, schedule: Schedule) -> None:
    always = [[{"A": 1}, {"A": 1, "B": 2}], [{"A": 1, "C": 2}, {"A": 1, "B": 2}], [{}, {"A": 1}]]
    compared(t, [*schedule, *always], N_("An entry that is not there is 0 (rule 1)."))


@register(
    "vector_clock.causality",
    title=N_("of two events of a history, one is before the other exactly if it can have been its cause"),
    examples=[FIGURE],
    generate=_mail,
    hidden=10,
)
def causality(t: Trial, schedule: Schedule) -> None:
    with Processes(t, why=N_("Before means: it can have been the cause (rules 2 to 5).")) as processes:
        processes.play([["C"], *schedule, ["A", "to", "x"], ["B", "from", "x"]])
        told = [(name, vector) for name, vector in processes.stamps]
        pairs = [(i, j) for j in range(len(told)) for i in range(j)]
        for i, j in t.rng.sample(pairs, min(len(pairs), 24)):
            got = t.call(t.objects[0], "compare", told[i][1], told[j][1])
            # The events are in an order in which they can have happened: the later one is never before.
            expected = BEFORE if told[j][1].get(told[i][0], 0) >= told[i][1][told[i][0]] else CONCURRENT
            if got != expected:
                processes.fail(_("Events {first} and {second}: compare says {got}; it should say {expected}.",
                                 first=f"{told[i][0]} {told[i][1]}", second=f"{told[j][0]} {told[j][1]}",
                                 got=shown(got), expected=shown(expected)))  # fmt: skip
