"""Where the searches of the Raft checks begin, and the stories that are told step by step (exercise 3.5, task 1).

1. A situation is a script (`models/raft_stages.py`) that leads the nodes to where a search begins, and the budget from
   there on. The scripts say what is needed of the nodes, in the words of the contract, and nothing of how they do it.
2. A story is a script without a search: one way that things can go. What has been before is judged too, which a search
   of states cannot do.
3. The bounds on the depth leave room for some steps more than the mistakes take that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from faultlab.models import raft_stages as stages
from faultlab.sim.scenario import Client


@dataclass(frozen=True)
class Situation:
    """Where a search begins, and how much may happen from there on. `how` goes to `Stage.then`, and to `explore`."""

    stage: Callable[..., stages.Stage] | None = None
    nodes: int = 3
    how: Mapping[str, Any] = field(default_factory=dict)


def _clients(*names: str) -> list[Client]:
    """Clients with one write each, of different values, whom any of three nodes may be asked by."""
    return [Client(name, [("write", "x", i)], to="A B C") for i, name in enumerate(names, 1)]


def _script(*steps: tuple[Any, ...], clients: Sequence[Client] = ()) -> Callable[..., stages.Stage]:
    """A situation that only this module needs, as a script of `raft_stages`."""
    return partial(stages.staged, script=steps, clients=clients)


ALL, FIVE = ("talk", "A B C"), ("talk", "A B C D E")
# A has had to give up its leadership by an answer from B, which has crashed since: the vote of C is to be had.
DEPOSED = _script(
    ("timeout", "A"),
    ALL,
    ("timeout", "B"),
    ("silence",),
    ("timer", "A", "heartbeat"),
    ("deliver", "A", "B", "append_entries"),
    ("deliver", "B", "A", "appended"),
    ("crash", "B"),
    ("silence",),
)
ASKED = _script(("timeout", "A"), ALL, ("ask", "ann", "A"), clients=_clients("ann"))
ASKED_OF_FIVE = _script(("timeout", "A"), FIVE, ("ask", "ann", "A"), clients=_clients("ann"))
ASKED_OF_THREE_LEFT = _script(
    ("timeout", "A"), FIVE, ("crash", "D"), ("crash", "E"), ("ask", "ann", "A"), clients=_clients("ann")
)
# A holds an entry alone. B has led since then, and C, which has just been asked; A hears of it all only now.
THIRD_LEADER = _script(
    ("timeout", "A"),
    ALL,
    ("ask", "ann", "A"),
    ALL,
    ("ask", "bob", "A"),
    ("silence",),
    ("timeout", "B"),
    ("talk", "B C"),
    ("ask", "dan", "B"),
    ("talk", "B C"),
    ("silence",),
    ("timeout", "C"),
    ("talk", "B C"),
    ("ask", "eve", "C"),
    clients=_clients("ann", "bob", "dan", "eve"),
)
# B leads in term 2. All hold an entry of term 1, which nobody has committed; what comes next commits both.
OLD_ENTRY = _script(
    ("timeout", "A"),
    ALL,
    ("ask", "ann", "A"),
    ("deliver", "A", "B", "append_entries"),
    ("silence",),
    ("timeout", "B"),
    ALL,
    ("ask", "bob", "B"),
    clients=_clients("ann", "bob"),
)
# C has missed two entries, which A has committed with B.
BEHIND = _script(
    ("timeout", "A"),
    ALL,
    ("ask", "ann", "A"),
    ("talk", "A B"),
    ("ask", "bob", "A"),
    ("talk", "A B"),
    ("silence",),
    clients=_clients("ann", "bob"),
)

SITUATIONS = {
    "start": Situation(how={"timers": 1, "depth_max": 1}),
    "one timeout": Situation(how={"timers": 1}),
    "two timeouts": Situation(how={"timers": 2, "network": "fifo", "depth_max": 8}),
    "rivals": Situation(stages.rivals),
    "rivals and a crash": Situation(stages.rivals, how={"crashes": 1, "depth_max": 8}),
    "four nodes": Situation(stages.rivals, 4, {"depth_max": 5}),
    "old votes": Situation(stages.old_votes, how={"depth_max": 5}),
    "votes that come twice": Situation(stages.split_vote, 5, {"duplicates": 1, "depth_max": 5}),
    "tie": Situation(stages.tie, how={"timers": 1}),
    "deposed": Situation(DEPOSED, how={"timers": 1, "restarts": False}),
    "a leader": Situation(stages.leader, how={"timers": 1, "depth_max": 7}),
    "calls": Situation(stages.leader, how={"depth_max": 3}),
    "a call on its way": Situation(ASKED),
    "five nodes": Situation(ASKED_OF_FIVE, 5),
    "two of five are down": Situation(ASKED_OF_THREE_LEFT, 5, {"restarts": False}),
    "two calls": Situation(stages.busy_leader),
    "stale leader": Situation(stages.stale_leader, how={"timers": 1, "depth_max": 7}),
    "third leader": Situation(THIRD_LEADER),
    "an old entry": Situation(OLD_ENTRY),
    "behind": Situation(BEHIND, how={"timers": 1, "depth_max": 4}),
    "rejoin": Situation(stages.rejoin, how={"timers": 1, "depth_max": 6}),
    "old answers": Situation(stages.old_answers, 5, {"depth_max": 6}),
    "Figure 8": Situation(stages.figure_8, 5, {"timers": 1, "depth_max": 6}),
    "succession": Situation(stages.succession, how={"depth_max": 7}),
}

# Stories: one way that things can go, step by step, judged by what has been before as well.
STORIES: dict[str, tuple[Sequence[tuple[Any, ...]], Sequence[Client]]] = {
    # A leads by C's vote, crashes, and is asked by B for a vote in the term that it has led.
    "a leader restarts": (
        (
            ("timeout", "A"),
            ("deliver", "A", "C", "request_vote"),
            ("deliver", "C", "A", "vote"),
            ("crash", "A"),
            ("silence",),
            ("timeout", "B"),
            ("restart", "A"),
            ("talk", "A B"),
        ),
        (),
    ),
    # C has begun term 2 when B's question of term 1 comes.
    "an old question": (
        (
            ("timeout", "B"),
            ("timeout", "C"),
            ("timeout", "C"),
            ("deliver", "B", "C", "request_vote"),
            ("deliver", "C", "B", "vote"),
        ),
        (),
    ),
    # B has begun term 2 when the leader of term 1 sends its next heartbeat.
    "an old leader": (
        (
            ("timeout", "A"),
            ALL,
            ("timeout", "B"),
            ("timer", "A", "heartbeat"),
            ("deliver", "A", "B", "append_entries"),
            ("deliver", "B", "A", "appended"),
        ),
        (),
    ),
    # B leads in term 2 with two entries; C, which has none, refuses what follows them.
    "a leader is refused": (
        (
            ("timeout", "A"),
            ALL,
            ("ask", "ann", "A"),
            ("talk", "A B"),
            ("ask", "bob", "A"),
            ("talk", "A B"),
            ("silence",),
            ("timeout", "B"),
            ("talk", "A B"),
            ("deliver", "B", "C", "request_vote"),
            ("talk", "B C"),
        ),
        _clients("ann", "bob"),
    ),
    # A's entry was on its disk alone when it crashed; B has committed another one in its place.
    "an entry that was given up": (
        (
            ("timeout", "A"),
            ALL,
            ("ask", "ann", "A"),
            ("silence",),
            ("crash", "A"),
            ("timeout", "B"),
            ("talk", "B C"),
            ("ask", "bob", "B"),
            ("talk", "B C"),
            ("restart", "A"),
            ALL,
        ),
        _clients("ann", "bob"),
    ),
    # A has been replaced by B without knowing it. A and C are asked what x is.
    "an old leader is asked": (
        (
            ("timeout", "A"),
            ALL,
            ("ask", "ann", "A"),
            ALL,
            ("timeout", "B"),
            ("talk", "B C"),
            ("ask", "bob", "B"),
            ("talk", "B C"),
            ("ask", "cid", "A"),
            ("ask", "dan", "C"),
        ),
        [*_clients("ann", "bob"), *(Client(name, [("read", "x")], to="A B C") for name in ("cid", "dan"))],
    ),
}
