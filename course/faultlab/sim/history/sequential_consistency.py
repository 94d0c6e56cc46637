"""Sequential consistency: one order for all, in which every client finds its own operations in its own order.

A history is sequentially consistent if the operations that took effect can be put in one order in which
1. the operations of each client stand in the order in which the client made them,
2. every answer is the one that the sequential specification gives in that order.
The clock does not count: an operation may take effect after later operations of other clients have returned, so a
client may read what has long been overwritten, as long as it can never tell.

The search goes forward through how far each client has come. A pair of that and the state of the objects is not entered
twice. A read (any operation that changes nothing wherever its answer is allowed) is taken as soon as it is allowed:
moving it here from wherever it stands later takes nothing from the others.

Two short cuts come first. An order that shows the history to be linearizable shows this too. And what violates causal
memory or causal convergence violates this, for registers; the bad patterns of `causality` are found quickly, and say
what is wrong.

Unlike linearizability it cannot be decided object by object: each object may be sequentially consistent when all of
them together are not. So all objects are searched as one. Deciding is NP-complete, and without the clock there is
little to go by: expect `unknown` for a history of hundreds of operations that is not sequentially consistent, or of
several registers.

Sources: L. Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs", IEEE TC
C-28(9), 1979; H. Attiya, J. Welch, "Sequential consistency versus linearizability", ACM TOCS 12(2), 1994; P. Gibbons,
E. Korach, "Testing shared memories", SIAM J. Comput. 26(4), 1997 (NP-completeness).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from faultlab.sim.history.causality import causal_convergence, causal_memory
from faultlab.sim.history.linearizability import linearizable
from faultlab.sim.history.operations import History, Operation, by_client, checked, named
from faultlab.sim.history.specs import ANY, NOT_ALLOWED, REGISTER, Register, Spec, Together, is_query
from faultlab.sim.history.verdict import BUDGET, OK, STEPS_MAX, UNKNOWN, VIOLATED, Verdict

MODEL = "sequential"


def sequential(history: History, spec: Spec = REGISTER, steps_max: int = STEPS_MAX) -> Verdict:
    """Whether `history` is sequentially consistent with respect to `spec`.

    ok: `order` is a witness. violated: if `pattern` names a bad pattern, `operations` are those that show it; else
    `partial` is the longest order found, and `operations` are those that the clients would have to do next and cannot:
    no single operation is to blame. unknown: `steps_max` steps of the specification were not enough.

    ValueError for a malformed history (see `operations.checked`) and for calls that the object does not have.
    """
    operations = checked(history)
    by_the_clock = linearizable(operations, spec, steps_max // 2)
    if by_the_clock.ok:
        return replace(by_the_clock, model=MODEL)
    for weaker in (causal_memory, causal_convergence) if isinstance(spec, Register) else ():
        verdict = weaker(operations, spec.initial_value)
        if verdict.status == VIOLATED:
            return replace(verdict, model=MODEL, tried=by_the_clock.tried + verdict.tried)
    search = _Search(operations, spec, steps_max - by_the_clock.tried)
    found = search.run()
    tried = by_the_clock.tried + search.steps
    if found:
        because = f"one order explains all {len(search.longest)} operations"
        return Verdict(MODEL, OK, because, order=search.longest, tried=tried)
    if found is None:
        because = f"gave up after {tried} steps; the longest order found is of {len(search.longest)} operations"
        return Verdict(MODEL, UNKNOWN, because, tried=tried, pattern=BUDGET, partial=search.longest)
    stuck = search.stuck
    because = (
        "no order that keeps the order of each client explains every answer. The longest one, of "
        f"{len(search.longest)} operations, ends where none of these can be next: "
        f"{'; '.join(named(operations, i) for i in stuck)}."
    )
    return Verdict(MODEL, VIOLATED, because, stuck, tried=tried, partial=search.longest)


@dataclass(slots=True)
class _Place:
    """Where a search stands: how far each client has come, the state, and what is still to be tried from here."""

    done: tuple[int, ...]
    state: Any
    moves: list[tuple[int, Any]] = field(default_factory=list)


class _Search:
    """Depth first, with its own stack, through the places that can be reached."""

    def __init__(self, operations: Sequence[Operation], spec: Spec, steps_max: int) -> None:
        self.steps = 0
        self.longest: tuple[int, ...] = ()
        self.stuck: tuple[int, ...] = ()
        self._operations = operations
        self._clients = list(by_client(operations).values())
        taking_part = [index for indices in self._clients for index in indices]
        self._spec = Together(spec, (spec.key(operations[i].call) for i in taking_part))
        self._steps_max = steps_max
        self._answered = [sum(not operations[i].pending for i in indices) for indices in self._clients]

    def run(self) -> bool | None:
        """True: `longest` is a complete order; False: there is none; None: the budget is used up."""
        start = _Place((0,) * len(self._clients), self._spec.initial())
        to_do = sum(self._answered)
        if not to_do:
            return True
        seen = {(start.done, start.state)}
        places, order = [start], []
        self._look(start, order)
        while places:
            if self.steps >= self._steps_max:
                self.longest = max(self.longest, tuple(order), key=len)
                return None
            here = places[-1]
            if not here.moves:
                places.pop()
                del order[-1:]
                continue
            client, after = here.moves.pop()
            done = (*here.done[:client], here.done[client] + 1, *here.done[client + 1 :])
            if (done, after) in seen:
                continue
            seen.add((done, after))
            order.append(self._clients[client][here.done[client]])
            if sum(map(min, done, self._answered)) == to_do:
                self.longest = tuple(order)
                return True
            places.append(_Place(done, after))
            self._look(places[-1], order)
        return False

    def _look(self, place: _Place, order: Sequence[int]) -> None:
        """Find the moves from `place`: the one that changes nothing if there is one, else all, the oldest call last,
        where it is tried first: the closer to the clock, the sooner an order is found."""
        following = [
            (self._operations[indices[done]].called_s, client, indices[done])
            for client, (indices, done) in enumerate(zip(self._clients, place.done, strict=True))
            if done < len(indices)
        ]
        for _, client, index in sorted(following, reverse=True):
            operation = self._operations[index]
            after = self._after(place.state, operation)
            if after is NOT_ALLOWED:
                continue
            place.moves.append((client, after))
            if not operation.pending and is_query(self._spec, operation.call, operation.result):
                place.moves = place.moves[-1:]
                break
        if not place.moves and len(order) >= len(self.longest):
            self.longest = tuple(order)
            self.stuck = tuple(i for *_, i in sorted(following) if not self._operations[i].pending)

    def _after(self, state: Any, operation: Operation) -> Any:
        """The state after an operation that may come next and is worth doing, else NOT_ALLOWED."""
        self.steps += 1
        after = self._spec.step(state, operation.call, ANY if operation.pending else operation.result)
        return NOT_ALLOWED if operation.pending and after == state else after
