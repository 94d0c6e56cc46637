"""Linearizability: every operation takes effect at one moment between its call and its answer.

A history is linearizable if the operations that took effect can be put in one order in which
1. an operation that returned before another one was called stands before it,
2. every answer is the one that the sequential specification gives in that order.
An operation that was never answered may stand anywhere after what returned before its call, or be left out.

The search (Wing and Gong; Lowe)
1. Walk through the calls and returns in the order of time. At a call, try the operation as the next of the order: if
   the specification allows its answer, take it, remove its call and its return, and start again at the front.
2. At a return there is an operation that has to stand before all that follows and could not: take back the operation
   that was taken last, and go on behind its call.
3. When the first return is reached with everything before it placed, the way behind depends only on which operations
   have been placed and on the state of the object. A pair that was met before is not entered again (Lowe). This is what
   makes the search feasible; deciding is NP-complete all the same, so it has a budget.
4. A read (any operation that changes nothing wherever its answer is allowed) may as well stand at the first place where
   it is allowed: if that leads nowhere, nothing does. So reads are never a choice. An operation that was never answered
   and would change nothing here is left out.
5. Different objects are searched one by one (locality): the history is linearizable if each of them is.

Where it fails: the latest return at which an attempt ends. Up to it there is an order of the operations called so far
(those that have not returned may be missing from it), with it there is none, whatever is tried; so the operation named
does not depend on the order in which the search tries things. (Of several that return at one moment it is the one that
was called first.)

Sources: M. Herlihy, J. Wing, ACM TOPLAS 12(3), 1990; J. Wing, C. Gong, "Testing and verifying concurrent objects",
JPDC 17, 1993; G. Lowe, "Testing for linearizability", CCPE 29(4), 2017; A. Horn, D. Kroening, FORTE 2015. The doubly
linked list is that of porcupine (A. Athalye), the checker that made this quick.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, NamedTuple

from faultlab.sim.history.operations import History, Operation, by_client, checked, named
from faultlab.sim.history.specs import ANY, NOT_ALLOWED, REGISTER, Spec, Together, is_query
from faultlab.sim.history.verdict import BUDGET, OK, STEPS_MAX, UNKNOWN, VIOLATED, Verdict

MODEL = "linearizable"


def linearizable(history: History, spec: Spec = REGISTER, steps_max: int = STEPS_MAX) -> Verdict:
    """Whether `history` is linearizable with respect to `spec`.

    ok: `order` holds the operations in an order of taking effect. violated: `operations` holds the one whose return
    cannot be explained, and `partial` the longest order of its object up to there. unknown: `steps_max` steps of the
    specification, over all objects, were not enough.

    Many operations that were never answered make the search long: each of them doubles the possibilities. ValueError
    for a malformed history (see `operations.checked`) and for calls that the object does not have.
    """
    operations = checked(history)
    objects: dict[Hashable, list[int]] = {}
    for index, operation in enumerate(operations):
        if not operation.failed:
            objects.setdefault(spec.key(operation.call), []).append(index)
    searches: list[_Search] = []
    steps_left = steps_max
    for indices in objects.values():
        search = _Search(operations, indices, spec, steps_left)
        search.run()
        steps_left -= search.steps
        searches.append(search)
    return _judge(operations, spec, searches, steps_max)


def _judge(operations: Sequence[Operation], spec: Spec, searches: list[_Search], steps_max: int) -> Verdict:
    tried = sum(search.steps for search in searches)
    broken = [search for search in searches if search.status == VIOLATED]
    if broken:
        return _violated(operations, min(broken, key=lambda search: search.failure), tried)
    if any(search.status == UNKNOWN for search in searches):
        longest = max(searches, key=lambda search: len(search.best))
        because = f"gave up after {tried} steps; the longest order found is of {len(longest.best)} operations"
        return Verdict(MODEL, UNKNOWN, because, tried=tried, pattern=BUDGET, partial=longest.best)
    order = _merged(operations, [search.order for search in searches])
    if order is None:  # objects that fit only by themselves; it takes equal moments
        whole = _Search(operations, [i for search in searches for i in search.indices], spec, steps_max - tried, True)
        whole.run()
        return _judge(operations, spec, [whole], steps_max)
    return Verdict(MODEL, OK, f"one order explains all {len(order)} operations", order=order, tried=tried)


def _violated(operations: Sequence[Operation], search: _Search, tried: int) -> Verdict:
    blocked = search.blocked
    because = (
        f"{named(operations, blocked)} fits nowhere: up to its return at {search.failure[0]:g} s some order explains "
        f"every answer, with it none does. The longest order found, of {len(search.best)} operations, leaves the state "
        f"{search.best_state!r}."
    )
    return Verdict(MODEL, VIOLATED, because, (blocked,), tried=tried, partial=search.best)


class _Taken(NamedTuple):
    """An operation placed in the order, with the entry of its call, and what was before: to take it back."""

    entry: int
    mask: int
    state: Any
    only_choice: bool


class _Search:
    """The search on one object (or, with `together`, on all of them as one)."""

    def __init__(
        self,
        operations: Sequence[Operation],
        indices: Sequence[int],
        spec: Spec,
        steps_max: int,
        together: bool = False,
    ) -> None:
        self.indices = tuple(sorted(indices, key=lambda i: (operations[i].called_s, i)))
        self.status = UNKNOWN
        self.steps = 0
        self.order: tuple[int, ...] = ()
        self.best: tuple[int, ...] = ()
        self.blocked = -1
        self._operations = operations
        self._steps_max = steps_max
        self._spec: Spec = Together(spec, (spec.key(operations[i].call) for i in indices)) if together else spec
        self.best_state: Any = self._spec.initial()
        chosen = [operations[i] for i in self.indices]
        self._is_query = [not o.pending and is_query(self._spec, o.call, o.result) for o in chosen]
        self._needs = self._predecessors()
        self._list_events()

    def _predecessors(self) -> list[int]:
        """For each operation a mask with the one before it of the same client: the clock need not tell (rule 5 of
        `operations`)."""
        number = {index: n for n, index in enumerate(self.indices)}
        needs = [0] * len(self.indices)
        for indices in by_client(self._operations).values():
            mine = [number[i] for i in indices if i in number]
            for first, second in pairwise(mine):
                needs[second] = 1 << first
        return needs

    def _list_events(self) -> None:
        """Calls and returns in a doubly linked list by time, calls first; entry 0 is its head, the last one its end."""
        chosen = [self._operations[i] for i in self.indices]
        events = [(operation.called_s, 0, n) for n, operation in enumerate(chosen)]
        events += [(o.returned_s, 1, n) for n, o in enumerate(chosen) if o.returned_s is not None]
        events.sort()
        self._operation = [-1, *(n for _, _, n in events), -1]
        self._is_call = [False, *(not kind for _, kind, _ in events), False]
        size = len(self._operation)
        self._next = [*range(1, size), 0]
        self._previous = [0, *range(size - 1)]
        self._return_of = {n: entry for entry, (_, kind, n) in enumerate(events, 1) if kind}

    @property
    def failure(self) -> tuple[float, float, int]:
        """When the operation that fits nowhere returned and was called, and its index: the earliest failure counts."""
        operation = self._operations[self.blocked]
        assert operation.returned_s is not None
        return operation.returned_s, operation.called_s, self.blocked

    def run(self) -> None:
        """Search until there is an order, or none is left to try, or the budget is used up."""
        mask, state, entry, to_place = 0, self._spec.initial(), self._next[0], len(self._return_of)
        path: list[_Taken] = []
        seen: set[tuple[int, int, Any]] = set()
        furthest = 0
        while to_place:
            if self._is_call[entry]:
                n = self._operation[entry]
                if self.steps >= self._steps_max:
                    break
                after = self._after(n, mask, state)
                if after is NOT_ALLOWED:
                    entry = self._next[entry]
                    continue
                if self._is_new(seen, mask | 1 << n, after):
                    path.append(_Taken(entry, mask, state, self._is_query[n]))
                    mask, state, to_place = mask | 1 << n, after, to_place - (n in self._return_of)
                    self._remove(entry, n)
                    entry = self._next[0]
                    continue
                if not self._is_query[n]:
                    entry = self._next[entry]
                    continue
            elif (entry, len(path)) > (furthest, len(self.best)):
                furthest, self.blocked = entry, self.indices[self._operation[entry]]
                self.best, self.best_state = self._placed(path), state
            while path:
                taken = path.pop()
                mask, state, n = taken.mask, taken.state, self._operation[taken.entry]
                to_place += n in self._return_of
                self._put_back(taken.entry, n)
                if not taken.only_choice:  # rule 4
                    entry = self._next[taken.entry]
                    break
            else:
                self.status = VIOLATED
                return
        self.status = UNKNOWN if to_place else OK
        self.order = self._placed(path)
        self.best = max(self.best, self.order, key=len)

    def _after(self, n: int, mask: int, state: Any) -> Any:
        """The state after operation `n`, if it can come next and is worth placing; else NOT_ALLOWED."""
        if self._needs[n] & ~mask:
            return NOT_ALLOWED
        self.steps += 1
        operation = self._operations[self.indices[n]]
        after = self._spec.step(state, operation.call, ANY if operation.pending else operation.result)
        return NOT_ALLOWED if operation.pending and after == state else after

    @staticmethod
    def _is_new(seen: set[tuple[int, int, Any]], mask: int, state: Any) -> bool:
        """Whether this pair was never met, and remember it. Operations are placed roughly in the order of their
        numbers, so nearly all of a mask is a run of ones at its low end: it is kept as its length."""
        ones = (~mask & (mask + 1)).bit_length() - 1
        before = len(seen)
        seen.add((ones, mask >> ones, state))
        return len(seen) > before

    def _placed(self, path: Sequence[_Taken]) -> tuple[int, ...]:
        return tuple(self.indices[self._operation[taken.entry]] for taken in path)

    def _remove(self, call: int, n: int) -> None:
        for entry in (call, self._return_of.get(n)):
            if entry is not None:
                before, behind = self._previous[entry], self._next[entry]
                self._next[before], self._previous[behind] = behind, before

    def _put_back(self, call: int, n: int) -> None:
        """Undo `_remove`, in the opposite order: the neighbours are those of then."""
        for entry in (self._return_of.get(n), call):
            if entry is not None:
                self._next[self._previous[entry]] = self._previous[self._next[entry]] = entry


def earliest_points(operations: Sequence[Operation], order: Sequence[int]) -> list[float]:
    """For each operation of a linearization the earliest moment at which it can take effect, in seconds."""
    points: list[float] = []
    for index in order:
        points.append(max(operations[index].called_s, points[-1] if points else operations[index].called_s))
    return points


def _merged(operations: Sequence[Operation], orders: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """One order from one for each object: by the earliest moments, and at equal moments such that each object's order
    and each client's order hold; None if that goes round in a circle."""
    at_moment: dict[float, list[int]] = {}
    after: dict[int, set[int]] = {}
    for order in [*orders, *by_client(operations).values()]:
        for first, second in pairwise(order):
            after.setdefault(second, set()).add(first)
    for order in orders:
        for index, moment_s in zip(order, earliest_points(operations, order), strict=True):
            at_moment.setdefault(moment_s, []).append(index)
    merged: list[int] = []
    try:
        for _, indices in sorted(at_moment.items()):
            together = set(indices)
            merged += TopologicalSorter({i: after.get(i, set()) & together for i in sorted(indices)}).static_order()
    except CycleError:
        return None
    return tuple(merged)
