"""Reads and writes of registers, and which write each read saw: what causal models and session guarantees start from.

The clock plays no part in these models. What is left of a history is the order of each client and, if no value is
written twice to the same register, the write that each read returned. Without that it would have to be guessed, and
deciding causal consistency would be NP-complete instead of quick (Bouajjani et al. 2017); so a
history in which a value repeats gets the verdict `unknown`. Write distinct values when you record a history for these
checkers: Jepsen does the same.

An operation that was never answered counts only if it is a write that somebody read. Otherwise it may never have taken
effect, and no model here asks more of a history in which it did not.

Sets of operations are masks: bit n of an int stands for operation number n. Numbers follow the calls in time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from faultlab.sim.history.operations import History, Operation, by_client, checked, named
from faultlab.sim.history.verdict import NOT_A_REGISTER, REPEATED_VALUE, UNKNOWN, VIOLATED, Verdict

THIN_AIR_READ = "ThinAirRead"


@dataclass(frozen=True)
class Registers:
    """A history of reads and writes with everything resolved, by operation number.

    `index[n]` is its place in the history, `key[n]` its register, `source[n]` for a read the number of the write that
    it returned, None for the initial value; `sessions` the numbers of each client in its order, `writes[key]` the
    writes of a register and `reads` all reads, as masks.
    """

    operations: tuple[Operation, ...]
    index: tuple[int, ...]
    key: tuple[Hashable, ...]
    source: dict[int, int | None]
    sessions: dict[str, tuple[int, ...]]
    writes: dict[Hashable, int]

    def __len__(self) -> int:
        return len(self.index)

    def is_read(self, n: int) -> bool:
        return n in self.source

    def name(self, n: int) -> str:
        return named(self.operations, self.index[n])

    def indices(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Places in the history, each once, in the order given."""
        return tuple(dict.fromkeys(self.index[n] for n in numbers))

    def before(self) -> list[int]:
        """For each operation a mask of the one before it in its session."""
        masks = [0] * len(self)
        for session in self.sessions.values():
            for first, second in pairwise(session):
                masks[second] = 1 << first
        return masks


def bits(mask: int) -> Iterator[int]:
    """The numbers in a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def resolved(history: History, initial: Any, model: str) -> Registers | Verdict:
    """The history with the source of each read; or the verdict of `model` if that is settled already.

    unknown: there is an operation that is neither ("read", key) nor ("write", key, value), or a value is written twice
    to one register, or the initial value is written. violated: a read returned what nobody wrote (ThinAirRead).
    """
    operations = checked(history)
    taking_part = [i for i, operation in enumerate(operations) if not operation.failed]
    writers: dict[tuple[Hashable, Any], int] = {}
    for index in taking_part:
        match operations[index].call:
            case ("write", key, value):
                first = writers.setdefault((key, value), index)
                if first != index or value == initial:
                    return _repeated(operations, model, first, index)
            case ("read", _):
                pass
            case _:
                because = f"{named(operations, index)} is neither a read nor a write: {model} is for registers"
                return Verdict(model, UNKNOWN, because, (index,), tried=len(operations), pattern=NOT_A_REGISTER)
    sources: dict[int, int | None] = {}
    for index in taking_part:
        operation = operations[index]
        if operation.call[0] == "read" and not operation.pending:
            sources[index] = writers.get((operation.call[1], operation.result))
            if sources[index] is None and operation.result != initial:
                return _from_thin_air(operations, model, index)
    return _numbered(operations, sources)


def _numbered(operations: tuple[Operation, ...], sources: dict[int, int | None]) -> Registers:
    returned = set(sources.values())
    kept = [i for i, operation in enumerate(operations) if not operation.failed and not operation.pending]
    kept += [i for i, operation in enumerate(operations) if operation.pending and i in returned]
    kept.sort(key=lambda i: (operations[i].called_s, i))
    number: dict[int | None, int] = {index: n for n, index in enumerate(kept)}
    writes: dict[Hashable, int] = {}
    for n, index in enumerate(kept):
        key = operations[index].call[1]
        writes[key] = writes.get(key, 0) | (0 if index in sources else 1 << n)
    return Registers(
        operations,
        tuple(kept),
        tuple(operations[i].call[1] for i in kept),
        {number[read]: number.get(write) for read, write in sources.items()},
        {c: tuple(number[i] for i in indices if i in number) for c, indices in by_client(operations).items()},
        writes,
    )


def _repeated(operations: Sequence[Operation], model: str, first: int, second: int) -> Verdict:
    if first == second:
        because = f"{named(operations, first)} writes the initial value: a read of it could have seen either"
    else:
        because = (
            f"{named(operations, first)} and {named(operations, second)} write the same value: which of them a read "
            "returned cannot be told"
        )
    shown = tuple(dict.fromkeys((first, second)))
    return Verdict(model, UNKNOWN, because, shown, tried=len(operations), pattern=REPEATED_VALUE)


def _from_thin_air(operations: Sequence[Operation], model: str, read: int) -> Verdict:
    operation = operations[read]
    refused = [
        i for i, o in enumerate(operations) if o.failed and o.call == ("write", operation.call[1], operation.result)
    ]
    because = f"{named(operations, read)} returns what nobody wrote"
    if refused:
        because += f": {named(operations, refused[0])} had no effect"
    return Verdict(model, VIOLATED, because, (read, *refused[:1]), tried=len(operations), pattern=THIN_AIR_READ)


def peel(preds: Sequence[int], order: Sequence[int] | None = None) -> tuple[list[int], int]:
    """Numbers such that each stands behind all in its mask of predecessors, and a mask of those that cannot be placed:
    they are on circles, or behind one."""
    todo, placed, done = list(order or range(len(preds))), [], 0
    while todo:
        waiting = []
        for n in todo:
            if preds[n] & ~done:
                waiting.append(n)
            else:
                done |= 1 << n
                placed.append(n)
        if len(waiting) == len(todo):
            return placed, sum(1 << n for n in waiting)
        todo = waiting
    return placed, 0


def closed(preds: Sequence[int], placed: Sequence[int]) -> list[int]:
    """For each number all that lie behind it, at any distance: the transitive closure, given an order from `peel`."""
    past = [0] * len(preds)
    for n in placed:
        for p in bits(preds[n]):
            past[n] |= past[p] | 1 << p
    return past


CIRCLE_STARTS_MAX = 200


def circle(preds: Sequence[int], stuck: int) -> list[int]:
    """A shortest circle among the numbers of `stuck` (from `peel`), each one a predecessor of the next; of a great
    number of them only some are tried as its start."""
    best: list[int] = []
    for start in list(bits(stuck))[:CIRCLE_STARTS_MAX]:
        found = _circle_from(preds, stuck, start)
        if found and (not best or len(found) < len(best)):
            best = found
    if not best:  # those tried were all behind a circle, not on one: walk back until a number comes again
        walk = [next(bits(stuck))]
        while walk[-1] not in walk[:-1]:
            walk.append(next(bits(preds[walk[-1]] & stuck)))
        best = walk[walk.index(walk[-1]) : -1][::-1]
    return best


def _circle_from(preds: Sequence[int], stuck: int, start: int) -> list[int]:
    towards: dict[int, int] = {}
    frontier = [start]
    reached = 0
    while frontier:
        following = []
        for n in frontier:
            for p in bits(preds[n] & stuck & ~reached):
                towards[p] = n
                reached |= 1 << p
                following.append(p)
        if start in towards:
            walk = [start]
            while towards[walk[-1]] != start:
                walk.append(towards[walk[-1]])
            return walk
        frontier = following
    return []
