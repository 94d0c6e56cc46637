"""What clients saw, and which consistency models allow it.

    history = [
        Operation("A", ("write", "x", 1), None, 0.0, 1.0),
        Operation("B", ("read", "x"), None, 2.0, 3.0),
    ]
    linearizable(history).status    # "violated": the write had returned before the read was called
    sequential(history).status      # "ok": without the clock the read may come first

`operations` is the record, `specs` says what objects answer, and each model has its file. `MODELS` holds every checker
of a history, strong ones first, all callable with a history of registers alone. The names are those of Jepsen's map,
save the three causal ones, which are those of `causality`: the map's "causal" is "causal memory" here.
`IMPLIES` is that map: whatever satisfies the model on the left satisfies those on the right.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from faultlab.sim.history.causality import causal, causal_convergence, causal_memory, pram
from faultlab.sim.history.convergence import converged
from faultlab.sim.history.linearizability import linearizable
from faultlab.sim.history.operations import History, Operation, by_client, checked, from_json, to_json
from faultlab.sim.history.recorded import recorded
from faultlab.sim.history.sequential_consistency import sequential
from faultlab.sim.history.sessions import (
    GUARANTEES,
    monotonic_reads,
    monotonic_writes,
    read_your_writes,
    together,
    writes_follow_reads,
)
from faultlab.sim.history.specs import ANY, NOT_ALLOWED, Counter, ListAppend, Queue, Register, Spec
from faultlab.sim.history.verdict import OK, UNKNOWN, VIOLATED, Verdict

MODELS: Mapping[str, Callable[[History], Verdict]] = MappingProxyType(
    {
        "linearizable": linearizable,
        "sequential": sequential,
        "causal memory": causal_memory,
        "causal convergence": causal_convergence,
        "causal": causal,
        "PRAM": pram,
        "writes follow reads": writes_follow_reads,
        "monotonic reads": monotonic_reads,
        "monotonic writes": monotonic_writes,
        "read your writes": read_your_writes,
    }
)

IMPLIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "linearizable": ("sequential",),
        "sequential": ("causal memory", "causal convergence"),
        "causal memory": ("causal", "PRAM", *GUARANTEES),
        "causal convergence": ("causal", *GUARANTEES),
        "PRAM": ("monotonic reads", "monotonic writes", "read your writes"),
    }
)

__all__ = [
    "ANY",
    "GUARANTEES",
    "IMPLIES",
    "MODELS",
    "NOT_ALLOWED",
    "OK",
    "UNKNOWN",
    "VIOLATED",
    "Counter",
    "History",
    "ListAppend",
    "Operation",
    "Queue",
    "Register",
    "Spec",
    "Verdict",
    "by_client",
    "causal",
    "causal_convergence",
    "causal_memory",
    "checked",
    "converged",
    "from_json",
    "linearizable",
    "monotonic_reads",
    "monotonic_writes",
    "pram",
    "read_your_writes",
    "recorded",
    "sequential",
    "to_json",
    "together",
    "writes_follow_reads",
]
