"""Convergence: replicas that have received the same updates are in the same state.

A checker of histories cannot see it, because clients may look at different replicas for ever. So this one is given the
states of the replicas, taken when all updates have been delivered everywhere and nothing is under way. Whether that
moment ever comes is the other half of eventual consistency, and a matter of the run, not of the states.

Source: M. Shapiro, N. Preguiça, C. Baquero, M. Zawirski, "Conflict-free replicated data types", SSS 2011, section 2
(strong eventual consistency).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultlab.sim.history.verdict import OK, VIOLATED, Verdict

MODEL = "converged"
DIVERGED = "Diverged"


def converged(states: Mapping[str, Any]) -> Verdict:
    """Whether all replicas, by name, are in the same state; if not, the first two that differ are named.

    States are plain data and are compared with ==, so hand in what a client could read, not bookkeeping that may
    rightly differ. ValueError if there are none.
    """
    if not states:
        raise ValueError("no replica was handed in: nothing can be said of none")
    (first, state), *rest = states.items()
    for tried, (name, other) in enumerate(rest, 1):
        if other != state:
            where, left, right = _difference(state, other)
            because = f"{first} and {name} differ{where}: {left!r} against {right!r}"
            return Verdict(MODEL, VIOLATED, because, tried=tried, pattern=DIVERGED)
    return Verdict(MODEL, OK, f"all {len(states)} replicas are in the same state", tried=len(rest))


_MISSING = "nothing"


def _difference(state: Any, other: Any, where: str = "") -> tuple[str, Any, Any]:
    """The first place at which two unequal states differ, and what stands there."""
    if isinstance(state, Mapping) and isinstance(other, Mapping):
        for key in [*state, *(key for key in other if key not in state)]:
            left, right = state.get(key, _MISSING), other.get(key, _MISSING)
            if key not in state or key not in other:
                return f"{where} at {key!r}", left, right
            if left != right:
                return _difference(left, right, f"{where} at {key!r}")
    return where, state, other
