"""What an observed-remove set must show (exercise 3.6, task 4).

The contract stands in the assignment; the rules here have its numbers. An item is in the set while an addition counts
that no known removal has seen (`checks/replicas.py`). Every check begins with an addition that is seen elsewhere and a
removal, which a set that does nothing fails.

How much metadata is allowed: with r replicas and i items there are at most r * i additions that nobody has replaced. An
addition needs an item, a replica and a number; a bound of `NUMBERS_EACH` for each of r * (i + 1) leaves room for other
shapes, and none for a tombstone for each removal.
"""

from __future__ import annotations

import random
from typing import Any

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.replicas import Change, Group, gossip, names_of, shown, size
from faultlab.i18n import N_, _

ADD, REMOVE = "add", "remove"
ITEMS = ("ant", "bee", "cat", "dog")
NUMBERS, NUMBERS_EACH = 20, 8
ROUNDS = 60


class Sets(Group):
    """Replicas of a set."""

    def do(self, name: str, method: str, *args: Any) -> None:
        self.call(name, method, *args)
        self.note(name, method, args[0])

    def note(self, name: str, method: str, item: str) -> None:
        """The change has been made. A removal takes the additions that it has seen."""
        seen = frozenset(self.live(name, item)) if method == REMOVE else frozenset()
        self.record(name, Change(method, item, takes=seen))

    def read(self, name: str) -> Any:
        got = self.t.call(self.refs[name], "items")
        if not isinstance(got, list | tuple | set) or len(got) != len({repr(item) for item in got}):
            self.fail(_("items() of {replica} should be the items, each once; it is {got}.",
                        replica=name, got=shown(got)))  # fmt: skip
        return sorted(got, key=repr)

    def should(self, name: str) -> list[str]:
        return sorted({change.item for change in self.live(name, kind=ADD).values()})


def begun(t: Trial, why: str, names: str = "ABC") -> Sets:
    """Sets of which the first has "ox", which the second has seen; an "emu" has come and gone."""
    group = Sets(t, names, why)
    a, b = names[:2]
    with group:
        group.play([["do", a, ADD, "ox"], ["do", a, ADD, "emu"], ["do", a, REMOVE, "emu"], ["sync", a, b]])
    return group


def _change(rng: random.Random, items: tuple[str, ...] = ITEMS) -> list[Any]:
    return [rng.choice([ADD, ADD, REMOVE]), rng.choice(items)]


@register(
    "or_set.local",
    title=N_("add and remove change the set at once; removing what is not there does nothing"),
    examples=[
        [["do", "A", ADD, "ant"], ["do", "A", ADD, "ant"], ["do", "A", REMOVE, "ant"], ["do", "A", REMOVE, "bee"]]
    ],
    generate=lambda rng: [["do", "A", *_change(rng, ITEMS[:2])] for _step in range(rng.randint(4, 10))],
    hidden=10,
)
def local(t: Trial, schedule: Schedule) -> None:
    group = Sets(t, "A", N_("Alone, it is a set (rule 1)."))
    with group:
        group.play([["do", "A", ADD, "ox"], *schedule, ["do", "A", REMOVE, "ox"]])


@register(
    "or_set.contains",
    title=N_("contains says what items lists"),
    examples=[[["do", "A", ADD, "ant"], ["sync", "A", "B"], ["do", "B", REMOVE, "ant"]]],
    generate=lambda rng: gossip(rng, "AB", lambda _name: _change(rng, ITEMS[:2]), 10),
    hidden=5,
)
def contains(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A merge adds what the others added (rule 3)."), "AB") as group:
        group.play(schedule)
        for name in group.names:
            for item in ("ox", "emu", *ITEMS):
                got, expected = t.call(group.refs[name], "contains", item), item in group.should(name)
                if got is not expected:
                    group.fail(_("{replica}.contains({item}) is {got}; it should be {expected}.",
                                 replica=name, item=repr(item), got=shown(got), expected=expected))  # fmt: skip


def _concurrent(rng: random.Random) -> Schedule:
    item, adder, remover = rng.choice(ITEMS), *rng.sample("ABC", 2)
    third = next(n for n in "ABC" if n not in (adder, remover))
    schedule: Schedule = [["do", remover, ADD, item], ["sync", remover, third], ["sync", remover, adder]]
    schedule = rng.choice([schedule, schedule[:2]])
    changes = [["do", adder, ADD, item], ["do", remover, REMOVE, item]]
    merges = [["sync", adder, third], ["sync", remover, third], ["sync", adder, remover], ["sync", remover, adder]]
    return schedule + rng.sample(changes, 2) + rng.sample(merges, 4)


@register(
    "or_set.concurrent",
    title=N_("an addition that the removal has not seen stays, also of an item that is there already"),
    examples=[[["do", "A", ADD, "ox"], ["do", "B", REMOVE, "ox"], ["sync", "A", "B"], ["sync", "B", "A"]]],
    generate=_concurrent,
    hidden=10,
)
def concurrent(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A removal takes the additions that it has seen, and only those (rule 2).")) as group:
        group.play(schedule)
        group.play([["do", "C", ADD, "fox"], ["sync", "C", "A"], ["do", "A", REMOVE, "fox"], ["do", "C", ADD, "fox"]])
        group.play([["sync", "A", "C"], ["sync", "C", "A"]])


def _observed(rng: random.Random) -> Schedule:
    item = rng.choice(ITEMS)
    adders = rng.sample("ABC", rng.randint(1, 3))
    remover = rng.choice("ABC")
    heard = [["sync", name, remover] for name in adders if name != remover]
    told = [["sync", remover, name] for name in "ABC" if name != remover]
    return [["do", name, ADD, item] for name in adders] + heard + [["do", remover, REMOVE, item]] + told


@register(
    "or_set.observed",
    title=N_("a removal takes what others added, once it has seen it, and everybody hears of it"),
    examples=[[["do", "B", REMOVE, "ox"], ["sync", "B", "C"], ["sync", "C", "A"]]],
    generate=_observed,
    hidden=10,
)
def observed(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A removal takes the additions that it has seen, and only those (rule 2).")) as group:
        group.play(schedule)
        group.play([["do", "C", ADD, "fox"], ["sync", "C", "B"], ["do", "B", REMOVE, "fox"], ["sync", "B", "C"]])


def _again(rng: random.Random) -> Schedule:
    item, schedule = rng.choice(ITEMS), []
    for _round in range(rng.randint(1, 3)):
        a, b, c = rng.sample("ABC", 3)
        schedule += [["do", a, ADD, item], ["sync", a, b], ["do", b, REMOVE, item], ["sync", b, c], ["sync", b, a]]
    return [*schedule, ["do", c, ADD, item], ["sync", c, a], ["sync", a, b]]


@register(
    "or_set.again",
    title=N_("what was removed can be added again, anywhere"),
    examples=[[["do", "A", REMOVE, "ox"], ["do", "A", ADD, "ox"], ["sync", "A", "B"]]],
    generate=_again,
    hidden=10,
)
def again(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A removed item can be added again (rule 2).")) as group:
        group.play(schedule)
        group.play([["do", "A", REMOVE, "ox"], ["sync", "A", "B"], ["do", "B", ADD, "ox"], ["sync", "B", "A"]])


@register(
    "or_set.old",
    title=N_("no old state brings a removed item back, or takes one away"),
    examples=[
        [["send", "A", "B", 1], ["do", "B", REMOVE, "ox"], ["deliver", 1], ["sync", "B", "A"]],
        [["send", "A", "B", 1], ["do", "A", REMOVE, "ox"], ["do", "A", ADD, "ox"], ["sync", "A", "B"], ["deliver", 1]],
    ],
    generate=lambda rng: gossip(rng, "ABC", lambda _name: _change(rng, ITEMS[:3]), 26),
    hidden=10,
)
def old(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Merges of old, doubled or reordered states change nothing (rule 4).")) as group:
        group.play([["send", "A", "C", "old"], *schedule, ["do", "A", ADD, "hen"], ["send", "A", "C", "older"]])
        group.play([["do", "A", REMOVE, "ox"], ["do", "A", REMOVE, "hen"], ["sync", "A", "C"]])
        group.play([["deliver", "older"], ["deliver", "old"], ["sync", "C", "B"], ["deliver", "older"]])


@register(
    "or_set.converges",
    title=N_("replicas that know the same show the same, whatever way it came"),
    examples=[[["do", "B", ADD, "ant"], ["do", "C", ADD, "ant"], ["sync", "B", "A"], ["do", "A", REMOVE, "ant"]]],
    generate=lambda rng: gossip(rng, names_of(rng), lambda _name: _change(rng, ITEMS[:3]), 30),
    hidden=10,
)
def converges(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A merge adds what the others added (rule 3)."), "ABCD") as group:
        group.play(schedule)
        group.meet()


@register(
    "or_set.restart",
    title=N_("a replica that gets its own state back goes on from there"),
    examples=[[["do", "B", ADD, "ant"], ["restart", "B"], ["do", "B", ADD, "ant"], ["sync", "B", "A"]]],
    generate=lambda rng: gossip(rng, "ABC", lambda _name: _change(rng, ITEMS[:2]), 20, restarts=True),
    hidden=10,
)
def restart(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("After a restart a replica merges its own last state, and goes on (rule 5).")) as group:
        group.play(schedule)
        # The new addition must not look like the one that the other has seen removed.
        group.play([["do", "A", ADD, "fox"], ["sync", "A", "B"], ["do", "B", REMOVE, "fox"]])
        group.play([["restart", "A"], ["do", "A", ADD, "fox"], ["sync", "A", "B"], ["sync", "B", "A"]])


def _busy(rng: random.Random) -> Schedule:
    """Which replicas add and remove in turn, and whether they change one item or several."""
    return [[rng.choice("ABC"), rng.choice("ABC"), rng.choice(ITEMS)] for _turn in range(2)]


@register(
    "or_set.size",
    title=N_("the state grows with the replicas and the items that are there, not with the changes"),
    examples=[[["A", "A", "ant"]]],
    generate=_busy,
    hidden=2,
)
def state_size(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A merge adds what the others added (rule 3).")) as group:
        for adder, remover, item in [*schedule, ["A", "B", "ox"]]:
            _add_and_remove(group, adder, remover, item)
        group.play([["do", "A", ADD, "ant"], ["do", "B", ADD, "bee"], ["do", "C", ADD, "ant"]])
        group.often("A", f"add('ant') × {ROUNDS}")
        for _round in range(ROUNDS):
            t.call(group.refs["A"], ADD, "ant")
            group.note("A", ADD, "ant")
        group.meet()
        for name in group.names:
            state, there = group.state(name), len(group.should(name))
            most = NUMBERS + NUMBERS_EACH * len(group.names) * (there + 1)
            if size(state) > most:
                group.fail(_("After {n} changes {replica} holds {there} items, and its state has {size} numbers and "
                             "texts; at most {most} are allowed: {state}", n=len(group.changes), replica=name,
                             there=there, size=size(state), most=most, state=shown(state)))  # fmt: skip


def _add_and_remove(group: Sets, adder: str, remover: str, item: str) -> None:
    """Many times the same; two replicas are synchronised often, so that a removal always has seen the addition."""
    both = adder != remover
    rounds = ROUNDS // 2 if both else ROUNDS
    group.often(adder, f"add({item!r}), {remover}: remove({item!r}) × {rounds}")
    for _round in range(rounds):
        group.t.call(group.refs[adder], ADD, item)
        group.note(adder, ADD, item)
        if both:
            group.t.call(group.refs[remover], "merge", group.state(adder))
            group.heard(remover, group.known[adder], group.gone[adder])
        group.t.call(group.refs[remover], REMOVE, item)
        group.note(remover, REMOVE, item)
