"""What a PN-counter must show (exercise 3.6, task 3).

The contract stands in the assignment; the rules here have its numbers. What a counter should show is the sum of the
changes that it knows (`checks/replicas.py`): merges in any order, again and again, may not change that. Every check
begins with two replicas that both count and then meet, which a counter that does nothing fails.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.replicas import Change, Group, gossip, names_of, shown, size
from faultlab.i18n import N_, _

ADD, TAKE = "increment", "decrement"
NUMBERS, NUMBERS_EACH = 10, 6
LONG_RUN = 60


class Counters(Group):
    """Replicas of a counter."""

    def do(self, name: str, method: str, *args: Any) -> None:
        self.call(name, method, *args)
        by = args[0] if args else 1
        self.record(name, Change(method, amount=by if method == ADD else -by))

    def read(self, name: str) -> Any:
        return self.t.call(self.refs[name], "value")

    def should(self, name: str) -> int:
        return sum(change.amount for change in self.live(name).values())


def begun(t: Trial, why: str, names: str = "ABC") -> Counters:
    """Counters of which the first has counted 3 up and 1 down."""
    group = Counters(t, names, why)
    with group:
        group.play([["do", names[0], ADD, 3], ["do", names[0], TAKE, 1]])
    return group


def _change(rng: random.Random) -> list[Any]:
    method = rng.choice([ADD, ADD, TAKE])
    return [method] if rng.random() < 0.3 else [method, rng.randint(1, 9)]


def _local(rng: random.Random) -> Schedule:
    return [["do", rng.choice("AB"), *_change(rng)] for _step in range(rng.randint(3, 8))]


@register(
    "pn_counter.local",
    title=N_("increment and decrement change the value at once, by as much as they are told"),
    examples=[[["do", "A", ADD], ["do", "A", TAKE, 5], ["do", "B", ADD, 2]]],
    generate=_local,
    hidden=10,
)
def local(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Each replica counts alone until it merges (rule 1).")) as group:
        group.play(schedule)
        group.look("B")


@register(
    "pn_counter.refuses",
    title=N_("a negative number is refused with ValueError, and changes nothing"),
    examples=[[[ADD, -1], [TAKE, -2]]],
    generate=lambda rng: [[rng.choice([ADD, TAKE]), -rng.randint(1, 9)] for _step in range(3)],
    hidden=5,
)
def refuses(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A refused call changes nothing (rule 2).")) as group:
        for method, by in [*schedule, [ADD, -4]]:
            outcome = group.attempt("A", method, by)
            if outcome.error is None or not outcome.error.is_a("ValueError"):
                group.fail(_("{call} should raise ValueError; it came to {outcome}.",
                             call=f"{method}({by})", outcome=str(outcome)))  # fmt: skip
            group.look("A")


def _merges(rng: random.Random) -> Schedule:
    names = names_of(rng)
    schedule: Schedule = [["do", name, *_change(rng)] for name in names for _step in range(rng.randint(0, 2))]
    path = rng.sample(names, len(names))
    return schedule + [["sync", a, b] for a, b in pairwise(path)]


@register(
    "pn_counter.merge",
    title=N_("a merge takes in what the others counted, and what they had heard of themselves"),
    examples=[[["do", "B", ADD, 5], ["do", "C", TAKE, 2], ["sync", "C", "B"], ["sync", "B", "A"]]],
    generate=_merges,
    hidden=10,
)
def merge(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A merge adds up what each replica counted (rule 3)."), "ABCD") as group:
        group.play(schedule)
        group.play([["do", "B", ADD, 4], ["sync", "A", "B"], ["sync", "B", "C"]])


@register(
    "pn_counter.repeated",
    title=N_("states that are old, doubled or out of order count once"),
    examples=[
        [["send", "A", "B", 1], ["do", "A", ADD, 2], ["sync", "A", "B"], ["deliver", 1], ["deliver", 1]],
        [["do", "B", TAKE, 4], ["sync", "A", "B"], ["sync", "B", "A"], ["sync", "A", "B"]],
    ],
    generate=lambda rng: gossip(rng, "ABC", lambda _name: _change(rng), 24),
    hidden=15,
)
def repeated(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Order and repetition of merges do not matter (rule 4).")) as group:
        group.play(schedule)
        group.play([["send", "A", "B", "twice"], ["deliver", "twice"], ["deliver", "twice"]])
        group.meet()


@register(
    "pn_counter.restart",
    title=N_("a replica that gets its own state back goes on counting from there"),
    examples=[[["restart", "A"], ["do", "A", ADD, 1], ["sync", "A", "B"]]],
    generate=lambda rng: gossip(rng, "ABC", lambda _name: _change(rng), 14, restarts=True),
    hidden=10,
)
def restart(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("After a restart a replica merges its own last state, and goes on (rule 5).")) as group:
        group.play([["sync", "A", "B"], *schedule])
        group.play([["restart", "A"], ["do", "A", ADD, 2], ["do", "A", TAKE, 1], ["sync", "A", "B"]])


@register(
    "pn_counter.size",
    title=N_("the state grows with the replicas, not with the changes"),
    examples=[[]],
    generate=lambda rng: [["do", rng.choice("ABC"), *_change(rng)] for _step in range(40)],
    hidden=3,
)
def state_size(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A merge adds up what each replica counted (rule 3).")) as group:
        group.play(schedule)
        for name, method in (("A", ADD), ("B", TAKE)):
            group.often(name, f"{method}(1) × {LONG_RUN}")
            for _step in range(LONG_RUN):
                t.call(group.refs[name], method, 1)
                group.record(name, Change(method, amount=1 if method == ADD else -1))
        group.meet()
        most = NUMBERS + NUMBERS_EACH * len(group.names)
        state = group.state("A")
        if size(state) > most:
            group.fail(_("After {n} changes the state has {size} numbers and texts; at most {most} are allowed: "
                         "{state}", n=len(group.changes), size=size(state), most=most, state=shown(state)))  # fmt: skip
