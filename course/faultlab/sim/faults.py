"""What goes wrong, and when: faults as values, put on a schedule.

    faults = [crash("A", at_s=3), partition("B C | D E", at_s=15, until_s=25), restart("A", at_s=30)]

1. A fault is a small immutable value with a moment. A schedule is a list of them, in any order, nested or flat.
2. A crash takes a node's memory and its timers. Its disk stays, unless the restart says otherwise.
3. A pause takes nothing: the node stands still, and everything that reaches it waits (a garbage collection, a virtual
   machine that is moved). It is the fault that tells a lease from a lock.
4. A partition cuts every link between its groups, both ways; names that stand in no group keep all their links. `cut`
   takes away one direction of one link, which is what broken routing does. A message is lost if its link is cut when it
   is sent or when it would arrive.
5. The fate of a single message is named by its link and its number on that link, counted from 1: a change elsewhere
   does not make it another message.
6. `random_faults` is chance turned into a schedule, so that it can be read, shared and shortened.

Left out: disks that lie, and nodes that do (see the Byzantine generals).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from faultlab.sim.streams import stream

CRASH, RESTART, PAUSE, RESUME = "crash", "restart", "pause", "resume"
PARTITION, CUT, HEAL, LOSS, SKEW = "partition", "cut", "heal", "loss", "skew"
DROP, DELAY, DUPLICATE = "drop", "delay", "duplicate"
OF_NODES = (CRASH, RESTART, PAUSE, RESUME, SKEW)
OF_MESSAGES = (DROP, DELAY, DUPLICATE)
KINDS = (*OF_NODES, PARTITION, CUT, HEAL, LOSS, *OF_MESSAGES)


@dataclass(frozen=True)
class Fault:
    """One fault; made by the functions below. Fields that a kind does not use keep their defaults."""

    at_s: float
    kind: str
    node: str = ""
    other: str = ""
    number: int = 0
    by_s: float = 0.0
    rate: float = 1.0
    disk: bool = True
    groups: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}; known: {', '.join(KINDS)}")
        if not 0 <= self.at_s < math.inf:
            raise ValueError(f"{self.kind}: a moment is a number of seconds from 0 on, not {self.at_s!r}")
        if self.kind in OF_MESSAGES and self.number < 1:
            raise ValueError(f"{self.kind}: messages of a link are counted from 1, not {self.number!r}")
        least, most = {SKEW: (1e-9, 1e9), LOSS: (0.0, 1.0)}.get(self.kind, (-math.inf, math.inf))
        if not least <= self.rate <= most:
            raise ValueError(f"{self.kind}: {self.rate!r} is no rate")
        if not math.isfinite(self.by_s) or (self.kind == DELAY and self.by_s < 0):
            raise ValueError(f"{self.kind}: by_s cannot be {self.by_s!r}")
        self._check_names()

    def _check_names(self) -> None:
        if self.kind in (*OF_NODES, CUT, *OF_MESSAGES) and not self.node:
            raise ValueError(f"{self.kind}: of which node?")
        if self.kind in (CUT, *OF_MESSAGES) and not self.other:
            raise ValueError(f"{self.kind}: from {self.node!r} to which node?")
        if self.kind == CUT and self.node == self.other:
            raise ValueError(f"cut: what {self.node!r} sends to itself crosses no link")
        named = [n for group in self.groups for n in group]
        if self.kind == PARTITION and (len(self.groups) < 2 or len(set(named)) < len(named)):
            raise ValueError(f"a partition has two groups or more, and each name in one of them: {self.groups!r}")

    def names(self) -> set[str]:
        """The nodes that it speaks of."""
        return ({self.node, self.other} | {n for group in self.groups for n in group}) - {""}

    def to_json(self) -> dict[str, Any]:
        """The fields that are not their defaults."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return given | ({"groups": [list(g) for g in self.groups]} if self.groups else {})

    @classmethod
    def from_json(cls, data: Any) -> Fault:
        """What `to_json` wrote; ValueError in one line for anything else."""
        if not isinstance(data, dict):
            raise ValueError(f"a fault is an object with at_s and kind, not {str(data)[:60]}")
        kinds = {f.name: type(f.default) for f in fields(cls)} | {"at_s": float, "kind": str}
        for name, value in data.items():
            wanted = kinds.get(name)
            if wanted is None:
                raise ValueError(f"a fault has no {name!r}; known: {', '.join(kinds)}")
            if name == "groups":
                good = isinstance(value, list) and all(isinstance(g, list) and all(map(_is_name, g)) for g in value)
            else:
                good = type(value) is wanted or (wanted is float and type(value) is int)
            if not good:
                raise ValueError(f"a fault's {name} cannot be {str(value)[:60]!r}")
        if missing := {"at_s", "kind"} - set(data):
            raise ValueError(f"a fault without {min(missing)}")
        return cls(**data | {"groups": tuple(tuple(g) for g in data.get("groups", ()))})


def _is_name(value: Any) -> bool:
    return type(value) is str


Schedule = Iterable["Fault | Schedule"]


def flat(faults: Schedule) -> tuple[Fault, ...]:
    """A schedule as one flat tuple, in the order in which it was written."""
    found: list[Fault] = []
    for item in faults:
        found += [item] if isinstance(item, Fault) else flat(item)
    return tuple(found)


def crash(node: str, at_s: float) -> Fault:
    """The node stops and loses its memory and timers."""
    return Fault(at_s, CRASH, node)


def restart(node: str, at_s: float, disk: bool = True) -> Fault:
    """A crashed node starts again, with its disk or (`disk=False`) with an empty one; nothing if it is up."""
    return Fault(at_s, RESTART, node, disk=disk)


def pause(node: str, at_s: float, until_s: float | None = None) -> list[Fault]:
    """The node stands still, until `until_s` if that is given."""
    return [Fault(at_s, PAUSE, node), *([Fault(until_s, RESUME, node)] if until_s is not None else [])]


def resume(node: str, at_s: float) -> Fault:
    """A paused node goes on, first with what has reached it meanwhile."""
    return Fault(at_s, RESUME, node)


def partition(groups: str | Sequence[Sequence[str]], at_s: float, until_s: float | None = None) -> list[Fault]:
    """Cut the network into groups, written "A B | C D E" or as lists of names; heal it at `until_s` if that is given.

    It replaces what was cut before.
    """
    parts = [g.split() for g in groups.split("|")] if isinstance(groups, str) else groups
    named = tuple(tuple(g) for g in parts if g)
    return [Fault(at_s, PARTITION, groups=named), *([heal(until_s)] if until_s is not None else [])]


def cut(source: str, target: str, at_s: float) -> Fault:
    """From now on nothing gets from `source` to `target`; the way back stays open."""
    return Fault(at_s, CUT, source, target)


def heal(at_s: float) -> Fault:
    """All links carry messages again."""
    return Fault(at_s, HEAL)


def loss(rate: float, at_s: float) -> Fault:
    """From now on every link loses this share of its messages (0 to 1), whatever the network said before."""
    return Fault(at_s, LOSS, rate=rate)


def skew(node: str, at_s: float, by_s: float = 0.0, rate: float = 1.0) -> Fault:
    """The node's clock jumps by `by_s` seconds, and from now on runs `rate` times as fast as the true one. Timers that
    are already set run out when they would have."""
    return Fault(at_s, SKEW, node, by_s=by_s, rate=rate)


def drop(source: str, target: str, number: int, at_s: float = 0.0) -> Fault:
    """The `number`-th message from `source` to `target` dies at `at_s`, or when it is sent if that is later."""
    return Fault(at_s, DROP, source, target, number)


def delay(source: str, target: str, number: int, by_s: float, at_s: float = 0.0) -> Fault:
    """That message arrives `by_s` seconds later."""
    return Fault(at_s, DELAY, source, target, number, by_s)


def duplicate(source: str, target: str, number: int, at_s: float = 0.0) -> Fault:
    """That message arrives twice, the second time after another latency."""
    return Fault(at_s, DUPLICATE, source, target, number)


def random_faults(
    seed: int | str,
    names: Sequence[str],
    until_s: float,
    *,
    crashes: int = 2,
    partitions: int = 1,
    pauses: int = 0,
    down_at_once_max: int | None = None,
    repair_s: tuple[float, float] = (0.5, 2.0),
    disk_lost: float = 0.0,
    calm_s: float = 0.0,
) -> tuple[Fault, ...]:
    """A schedule at random: up to so many crashes (each with its restart), partitions and pauses before `until_s -
    calm_s`; ValueError if nothing is left of it.

    `repair_s` is the range of how long each lasts. No more than `down_at_once_max` nodes (default: a minority) are down
    at once, and a fault that would make one too many is left out. A restart finds its disk empty with probability
    `disk_lost`. Everything is repaired at the beginning of the last `calm_s` seconds, so that one can ask whether the
    system recovers.
    """
    end_s = until_s - calm_s
    if not 0 < end_s < math.inf:
        raise ValueError(f"no time for faults: {until_s!r} s, of which the last {calm_s!r} s are calm")
    limit = (len(names) - 1) // 2 if down_at_once_max is None else down_at_once_max
    found: list[Fault] = []
    down: list[tuple[float, float, str]] = []
    for kind, count in ((CRASH, crashes), (PAUSE, pauses), (PARTITION, partitions)):
        # A stream for each fault: one crash more does not move the partitions.
        for i in range(count):
            draw = stream(seed, "faults", kind, i)
            start_s = round(draw.uniform(0, end_s), 4)
            stop_s = round(min(start_s + draw.uniform(*repair_s), end_s), 4)
            if kind == PARTITION:
                if len(names) < 2:
                    continue
                order = draw.sample(names, len(names))
                size = draw.randint(1, len(names) - 1)
                found += partition([order[:size], order[size:]], start_s, stop_s)
                continue
            node = draw.choice(names)
            busy = [n for a, b, n in down if a <= stop_s and start_s <= b]
            if node in busy or len(set(busy)) >= limit:
                continue
            down.append((start_s, stop_s, node))
            lost = draw.random() < disk_lost
            found += (
                [crash(node, start_s), restart(node, stop_s, disk=not lost)]
                if kind == CRASH
                else pause(node, start_s, stop_s)
            )
    return tuple(sorted(found, key=lambda f: f.at_s))
