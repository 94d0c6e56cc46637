"""Interactive panels: one file per topic, one front end for all of them (`ui.js`, `theme.css`), one base class
(`panel.py`).

A panel is opened by one line in a notebook, for example `breaker_panel()`, or `breaker_panel(MyBreaker)` to see one's
own class run in the place of the model. The topics are imported only when they are asked for, so that a notebook
loads what it uses.
"""

from __future__ import annotations

from importlib import import_module

_TOPICS = {
    "breaker_panel": "breaker",
    "backoff_panel": "backoff",
    "bulkhead_panel": "bulkhead",
    "timeouts_panel": "timeouts",
    "stack_panel": "stack",
    "raft_panel": "raft",
    "elections_panel": "elections",
    "raft_scenario_panel": "raft_scenario",
    "etcd_panel": "etcd",
    "paxos_panel": "paxos",
    "trace_panel": "player",
    "world_panel": "player",
    "generals_panel": "generals",
    "two_generals_panel": "two_generals",
    "vector_clock_panel": "vector_clock",
    "history_panel": "consistency",
    "crdt_panel": "crdt",
    "resolution_panel": "resolution",
    "cap_panel": "cap",
    "pacelc_panel": "pacelc",
    "convergence_panel": "convergence",
    "cart_merge_panel": "cart_merge",
    "cart_panel": "cart",
    "quorum_panel": "quorum",
    "result_card": "results",
}

__all__ = list(_TOPICS)


def __getattr__(name: str) -> object:
    if name not in _TOPICS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_TOPICS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_TOPICS])
