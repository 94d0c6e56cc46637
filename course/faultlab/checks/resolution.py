"""What three ways to resolve a conflict must show (exercise 3.6, task 2).

The contract stands in the assignment; the rules here have its numbers. The register with siblings is held to sets of
known writes (`checks/replicas.py`): a write takes away those that its writer had read, and no others, whatever the
replica that stores it has learned meanwhile. Its contexts are the learner's own: they are handed back as they came.
"""

from __future__ import annotations

import random
from typing import Any

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.replicas import Change, Group, gossip, is_plain, shown
from faultlab.i18n import N_, _

WRITERS = ("A", "B", "C", "D")


# Last writer wins


def writes(rng: random.Random, least: int = 2, tied: bool = False) -> list[list[Any]]:
    """Writes [value, moment, writer], no two with the same moment and writer."""
    found: dict[tuple[float, str], list[Any]] = {}
    for n in range(rng.randint(least, 6)):
        time_s, writer = 10.0 if tied else rng.randint(0, 40) / 4, rng.choice(WRITERS)
        if tied or all(time_s != moment for moment, _writer in found):
            found[time_s, writer] = [f"v{n}", time_s, writer]
    return list(found.values())


def _held(t: Trial, schedule: Schedule, why: str) -> None:
    """Each list of writes, in several orders."""
    for listed in schedule:
        versions = [{"value": value, "time_s": time_s, "writer": writer} for value, time_s, writer in listed]
        expected = max(versions, key=lambda v: (v["time_s"], v["writer"]))["value"] if versions else None
        for _order in range(4):
            got = t.call(t.objects[0], "", versions)
            if type(got) is not type(expected) or got != expected:
                message = _("Of {versions} the value {got} was left; it should be {expected}.",
                            versions=shown(versions), got=shown(got), expected=shown(expected))  # fmt: skip
                t.fail(f"{message} {_(why)}")
            t.rng.shuffle(versions)


@register(
    "resolution.latest",
    title=N_("the last write wins, in whatever order the versions come"),
    examples=[[[[5, 1.0, "A"], [7, 3.0, "B"], [2, 2.0, "C"]]]],
    generate=lambda rng: [writes(rng) for _step in range(5)],
    hidden=8,
)
def latest(t: Trial, schedule: Schedule) -> None:
    why = N_("The version with the greatest time_s wins (rule 1).")
    _held(t, [*schedule, [["x", 2.5, "B"], ["y", 10.0, "A"]], [["z", 9.75, "C"]], []], why)


@register(
    "resolution.ties",
    title=N_("of writes with the same moment the greater writer wins, everywhere"),
    examples=[[[["left", 4.0, "A"], ["right", 4.0, "B"]]]],
    generate=lambda rng: [writes(rng, 3, tied=True) for _step in range(5)],
    hidden=8,
)
def ties(t: Trial, schedule: Schedule) -> None:
    why = N_("With equal time_s the greater writer wins, so that all replicas choose the same (rule 2).")
    always = [
        [["x", 1.0, "B"], ["a", 1.0, "C"]],
        [["a", 1.0, "B"], ["x", 1.0, "C"]],
        [["q", 1.0, "D"], ["r", 2.0, "A"]],
    ]
    _held(t, [*schedule, *always], why)


# Semantic merge


@register(
    "resolution.sums",
    title=N_("a counter that several changed gets all of their changes"),
    examples=[[[10, [13, 15]]]],
    generate=lambda rng: [[rng.randint(-9, 30), _copies(rng)] for _step in range(6)],
    hidden=8,
)
def sums(t: Trial, schedule: Schedule) -> None:
    for base, changes in [*schedule, [10, [13, 13]], [4, [4, 1, 6]], [5, []], [3, [1, 2]]]:
        got, expected = t.call(t.objects[0], "", base, changes), base + sum(copy - base for copy in changes)
        if type(got) is not int or got != expected:
            t.fail(_("From {base}, and the copies {copies}, came {got}; it should be {expected}. Each copy's "
                     "difference counts, equal ones too (rule 7).", base=base, copies=changes, got=shown(got),
                     expected=expected))  # fmt: skip


def _copies(rng: random.Random) -> list[int]:
    made = [rng.randint(-9, 40) for _copy in range(rng.randint(0, 4))]
    return made + made[:1] if rng.random() < 0.4 else made


# Siblings


class Registers(Group):
    """Replicas of a register. Step: ["do", replica, "write", value, context], where the context is a number under which
    an earlier step ["do", replica, "read", number] has read, or None."""

    def __init__(self, t: Trial, names: str, why: str = "") -> None:
        super().__init__(t, names, why)
        self.contexts: dict[Any, tuple[Any, frozenset[int]]] = {None: (None, frozenset())}

    def do(self, name: str, method: str, *args: Any) -> None:
        if method == "read":
            self.remember(name, args[0])
            return
        value, n = args
        context, seen = self.contexts.get(n, (None, frozenset()))
        self.call(name, "write", value, context)
        self.record(name, Change("write", amount=value, takes=seen))

    def remember(self, name: str, n: Any) -> None:
        """A client reads, and keeps what it got."""
        values, context = self._answer(name)
        self.diagram.add("note", name, detail=f"read() → {shown(values)}")
        self.contexts[n] = (context, self.known[name])

    def _answer(self, name: str) -> tuple[Any, Any]:
        got = self.t.call(self.refs[name], "read")
        if not isinstance(got, tuple) or len(got) != 2 or not isinstance(got[0], list) or not is_plain(got):
            self.fail(_("read() of {replica} should be (list of values, context), plain data; it is {got}.",
                        replica=name, got=shown(got)))  # fmt: skip
        return got

    def read(self, name: str) -> Any:
        return sorted(self._answer(name)[0], key=repr)

    def should(self, name: str) -> list[Any]:
        return sorted((change.amount for change in self.live(name).values()), key=repr)

    def update(self, name: str, value: Any) -> None:
        """What a client does that has read first."""
        self.play([["do", name, "read", "own"], ["do", name, "write", value, "own"]])


def begun(t: Trial, why: str, names: str = "ABC") -> Registers:
    """Registers of which the first has "start", which it has written over, and the second has it from there."""
    group = Registers(t, names, why)
    with group:
        group.play([["do", names[0], "write", "draft", None]])
        group.update(names[0], "start")
        group.sync(names[0], names[1])
    return group


def _value(rng: random.Random) -> str:
    return f"v{rng.randrange(1000)}"


def _updates(rng: random.Random, names: str = "AB") -> Schedule:
    schedule: Schedule = []
    for n in range(rng.randint(1, 4)):
        a, b = rng.sample(names, 2)
        schedule += [["do", a, "read", n], ["do", a, "write", _value(rng), n], ["sync", a, b]]
    return schedule


@register(
    "resolution.replaces",
    title=N_("a write with the context of a read replaces what was read, on every replica"),
    examples=[[["do", "B", "read", 1], ["do", "B", "write", "new", 1], ["sync", "B", "A"]]],
    generate=_updates,
    hidden=10,
)
def replaces(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A write replaces what its context has seen (rule 4)."), "AB") as group:
        group.play(schedule)
        group.update("B", "after")
        group.sync("B", "A")


@register(
    "resolution.concurrent",
    title=N_("writes that have not seen each other both stay"),
    examples=[[["do", "A", "write", "alice@old.com", None], ["do", "B", "write", "alice@new.com", None]]],
    generate=lambda rng: [["do", rng.choice("ABC"), "write", _value(rng), None] for _step in range(rng.randint(1, 4))],
    hidden=10,
)
def concurrent(t: Trial, schedule: Schedule) -> None:
    group = Registers(t, "ABC", N_("What a write has not seen it does not replace (rule 4)."))
    with group:
        group.play([["do", "A", "write", "one", None], ["do", "B", "write", "two", None], *schedule])
        group.play([["sync", "A", "C"], ["sync", "B", "C"]])


@register(
    "resolution.settles",
    title=N_("who has read all siblings settles them with one write"),
    examples=[[["do", "C", "write", "third", None], ["sync", "C", "A"]]],
    generate=lambda rng: [["do", rng.choice("ABC"), "write", _value(rng), None] for _step in range(rng.randint(1, 4))],
    hidden=8,
)
def settles(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A write replaces what its context has seen (rule 4).")) as group:
        group.play([["do", "B", "write", "other", None], *schedule])
        group.meet()
        group.update("C", "settled")
        group.play([["sync", "A", "C"], ["sync", "C", "A"], ["sync", "C", "B"]])


def _stale(rng: random.Random) -> Schedule:
    """Clients that read at one moment, and write one after the other."""
    schedule: Schedule = []
    for n in range(rng.randint(1, 3)):
        name = rng.choice("AB")
        schedule.append(["do", name, "read", n])
        schedule += [["do", name, "write", _value(rng), n] for _client in range(rng.randint(2, 3))]
        schedule.append(["sync", *rng.sample("AB", 2)])
    return schedule


@register(
    "resolution.stale",
    title=N_("of two clients that have read the same, none overwrites the other, even at one replica"),
    examples=[[["do", "A", "read", 1], ["do", "A", "write", "ann", 1], ["do", "A", "write", "bob", 1]]],
    generate=_stale,
    hidden=10,
)
def stale(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("What counts is what the client has read, not what the replica knows (rule 4)."), "AB") as group:
        group.play(schedule)
        group.play([["do", "A", "read", "x"], ["do", "A", "write", "first", "x"], ["do", "A", "write", "second", "x"]])
        group.sync("A", "B")


def _write(rng: random.Random) -> list[Any]:
    return ["write", _value(rng), rng.choice([None, 0, 1, 2])] if rng.random() < 0.6 else ["read", rng.randrange(3)]


@register(
    "resolution.merges",
    title=N_("old, doubled and reordered states bring nothing back, and lose nothing"),
    examples=[[["send", "A", "B", 1], ["do", "B", "read", 1], ["do", "B", "write", "new", 1], ["deliver", 1]]],
    generate=lambda rng: gossip(rng, "ABC", lambda _name: _write(rng), 24, restarts=True),
    hidden=15,
)
def merges(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Merges in any order, once or often, come to the same (rule 5).")) as group:
        group.play([["send", "A", "B", "old"], *schedule])
        group.update("B", "late")
        group.play([["deliver", "old"], ["sync", "B", "C"], ["sync", "B", "C"]])
        group.meet()
