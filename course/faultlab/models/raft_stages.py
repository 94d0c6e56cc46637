"""Situations that a search from the start does not reach, and runs that are worth watching.

    stage = figure_8(dict.fromkeys("ABCDE", Raft))
    explore(nodes, safety(), **stage.then(timers=1))

1. A stage is a script of a few words, played on the nodes themselves: so it fits every class that keeps the contract of
   `models/raft.py`, whatever messages it sends besides. What comes out is a schedule, the prefix of a search.
2. The words: ("timeout", node) its election timer runs out; ("ask", client, node) the client's next call;
   ("talk", names) what is on its way between these nodes arrives, until nothing is left; ("silence",) what is still on
   its way is lost, with ("silence", "B", "A") except from B to A; ("crash", node), ("restart", node). Any step of
   `sim/explore.py` may stand among them.
3. The presets are the same situations with times, as runs in a `World`. Their timeouts are fixed, node by node, so that
   everybody sees the same run; `Preset.run()` takes other classes, too.

Source: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014:
Figure 8 for the entry that a majority holds and that is not committed; 5.2 for the split vote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from faultlab.models.raft import Raft
from faultlab.sim.explore import Budget, Cluster
from faultlab.sim.faults import crash, heal, partition, restart
from faultlab.sim.latency import Constant
from faultlab.sim.node import Factory, label
from faultlab.sim.plain import Plain
from faultlab.sim.scenario import Client, Link, Network, Scenario
from faultlab.sim.search import Action
from faultlab.sim.trace import Trace
from faultlab.sim.world import World

Nodes = Mapping[str, Factory]
Script = Sequence[tuple[Any, ...]]
# More messages than this in one conversation are a conversation without end.
TALK_MAX = 500
PLENTY = 1_000_000


@dataclass(frozen=True)
class Stage:
    """A schedule, and the clients that it needs."""

    prefix: tuple[Action, ...]
    clients: tuple[Client, ...] = ()

    def then(self, *, timers: int = 0, crashes: int = 0, losses: int = 0, **more: Any) -> dict[str, Any]:
        """Arguments for `explore`: begin here, and let so much happen from here on."""
        spent = {kind: sum(action[0] == kind for action in self.prefix) for kind in ("timer", "crash", "lose")}
        budget = {"timers": timers + spent["timer"], "crashes": crashes + spent["crash"]}
        return {"prefix": self.prefix, "clients": self.clients, **budget, "losses": losses + spent["lose"], **more}


class Stuck(ValueError):
    """A step of a script that is not possible; `trace` shows how far it went."""

    def __init__(self, what: str, trace: Trace) -> None:
        super().__init__(what)
        self.trace = trace


def staged(nodes: Nodes, script: Script, clients: Sequence[Client] = (), **more: Any) -> Stage:
    """Play a script on the nodes. `more` goes to `Cluster`: `steppers`, `network`.

    `Stuck`, a ValueError, for a step that is not possible, which says what these nodes did not do.
    """
    return Stage(tuple(_played(nodes, script, clients, more).actions), tuple(clients))


def story(nodes: Nodes, script: Script, clients: Sequence[Client] = (), **more: Any) -> Trace:
    """Play a script as `staged` does, and tell what happened."""
    play = _played(nodes, script, clients, more)
    return play.cluster.trace(play.actions)


def _played(nodes: Nodes, script: Script, clients: Sequence[Client], more: Mapping[str, Any]) -> _Play:
    budget = Budget(losses=PLENTY, crashes=PLENTY)
    play = _Play(Cluster(nodes, budget=budget, clients=clients, **more))
    for number, (word, *rest) in enumerate(script, 1):
        match word:
            case "timeout":
                play.step(number, ("timer", rest[0], "election"))
            case "ask":
                play.step(number, ("request", *rest))
            case "restart":
                play.step(number, ("restart", rest[0], True))
            case "talk":
                play.talk(number, rest[0].split())
            case "silence":
                play.silence(rest)
            case _:
                play.step(number, (word, *rest))
    return play


class _Play:
    """A script in progress."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.state = cluster, cluster.begun
        self.actions: list[Action] = []

    def step(self, number: int, wanted: Action) -> None:
        if not self.take(lambda action: _means(wanted, action)):
            raise self.stuck(f"step {number} of the script: {wanted!r} is not possible here")

    def stuck(self, what: str) -> Stuck:
        return Stuck(what, self.cluster.trace(self.actions, "how far the script went"))

    def take(self, fits: Callable[[Action], bool]) -> bool:
        """Take the first action that fits, if there is one."""
        for action, after in self.cluster.successors(self.state):
            if fits(action):
                self.actions.append(action)
                self.state = after
                return True
        return False

    def talk(self, number: int, names: Sequence[str]) -> None:
        for _message in range(TALK_MAX):
            if not self.take(lambda a: a[0] == "deliver" and a[1] in names and a[2] in names):
                return
        raise self.stuck(f"step {number} of the script: {', '.join(names)} do not stop talking")

    def silence(self, kept: Sequence[str]) -> None:
        while self.take(lambda action: action[0] == "lose" and list(action[1:3]) != list(kept)):
            pass


def _means(wanted: Action, action: Action) -> bool:
    shortened = len(wanted) == 4 and isinstance(wanted[3], str) and wanted[:3] == action[:3]
    return label(action[3]) == wanted[3] if shortened else wanted == action[: len(wanted)]


def _asking(*names: str) -> list[Client]:
    """Clients with one write each, of different values, whom any node may be asked by."""
    return [Client(name, [("write", "x", i)], to="A B C") for i, name in enumerate(names, 1)]


# The stages


def leader(nodes: Nodes, **more: Any) -> Stage:
    """A leads in term 1, and all have heard of it. Ann has not asked yet."""
    everyone = " ".join(nodes)
    return staged(nodes, [("timeout", "A"), ("talk", everyone)], _asking("ann"), **more)


def busy_leader(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A leads in term 1; Ann's entry is on its way to B and C, Bob's, which follows it, has been asked for
    before anybody has answered."""
    script = [("timeout", "A"), ("talk", "A B C"), ("ask", "ann", "A"), ("ask", "bob", "A")]
    return staged(nodes, script, _asking("ann", "bob"), **more)


def rivals(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A and B are candidates in term 1, and nobody has heard of it yet."""
    return staged(nodes, [("timeout", "A"), ("timeout", "B")], **more)


def split_vote(nodes: Nodes, **more: Any) -> Stage:
    """Five nodes. A and B are candidates in term 1; C has voted for A, D for B, and their votes are on the way, as is
    every other question. Whom E will vote for is open."""
    script = [
        ("timeout", "A"),
        ("timeout", "B"),
        ("deliver", "A", "C", "request_vote"),
        ("deliver", "B", "D", "request_vote"),
        ("lose", "A", "B", "request_vote"),
        ("lose", "B", "A", "request_vote"),
    ]
    return staged(nodes, script, **more)


def tie(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes, each of which has voted for itself in term 1. All have been refused, and nothing is on its way."""
    script = [("timeout", "A"), ("timeout", "B"), ("timeout", "C"), ("talk", "A B C")]
    return staged(nodes, script, **more)


def old_votes(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A and C are candidates in term 2, and two votes for A in term 1 are still on their way."""
    script = [
        ("timeout", "A"),
        ("deliver", "A", "B", "request_vote"),
        ("deliver", "A", "C", "request_vote"),
        ("timeout", "A"),
        ("timeout", "C"),
    ]
    return staged(nodes, script, **more)


def stale_leader(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A leads in term 1 and holds two entries alone; they are on their way to B and C. B leads in term 2,
    and has committed Dan's entry with C. A has the longer log, B and C the later term."""
    script = [
        ("timeout", "A"),
        ("talk", "A B C"),
        ("ask", "ann", "A"),
        ("talk", "A B C"),
        ("ask", "bob", "A"),
        ("lose", "A", "B", "append_entries"),
        ("lose", "A", "C", "append_entries"),
        ("ask", "cid", "A"),
        ("timeout", "B"),
        ("lose", "B", "A", "request_vote"),
        ("deliver", "B", "C", "request_vote"),
        ("deliver", "C", "B", "vote"),
        ("deliver", "B", "C", "append_entries"),
        ("deliver", "C", "B", "appended"),
        ("lose", "B", "A", "append_entries"),
        ("ask", "dan", "B"),
        ("lose", "B", "A", "append_entries"),
        ("deliver", "B", "C", "append_entries"),
        ("deliver", "C", "B", "appended"),
    ]
    return staged(nodes, script, _asking("ann", "bob", "cid", "dan"), **more)


def rejoin(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A leads in term 1; all have Ann's entry, A and B have Bob's as well, and A has committed both. C was
    cut off, has begun term 3 by itself, and can be heard again."""
    script = [
        ("timeout", "A"),
        ("talk", "A B C"),
        ("ask", "ann", "A"),
        ("talk", "A B C"),
        ("ask", "bob", "A"),
        ("talk", "A B"),
        ("silence",),
        ("timeout", "C"),
        ("silence",),
        ("timeout", "C"),
    ]
    return staged(nodes, script, _asking("ann", "bob"), **more)


def deposed(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A has led, and has been deposed by C's question for votes; B is down, and C lacks Ann's entry, which
    A and B have. Only A can be elected."""
    script = [
        ("timeout", "A"),
        ("talk", "A B C"),
        ("ask", "ann", "A"),
        ("talk", "A B"),
        ("crash", "B"),
        ("silence",),
        ("timeout", "C"),
        ("talk", "A C"),
        ("silence",),
    ]
    return staged(nodes, script, _asking("ann"), **more)


def succession(nodes: Nodes, **more: Any) -> Stage:
    """Three nodes. A leads in term 1, and Ann's entry has reached B, which begins term 2: whether Ann's call is carried
    out is open. Bob has not asked yet."""
    script = [
        ("timeout", "A"),
        ("talk", "A B C"),
        ("ask", "ann", "A"),
        ("deliver", "A", "B", "append_entries"),
        ("silence",),
        ("timeout", "B"),
    ]
    return staged(nodes, script, _asking("ann", "bob"), **more)


def old_answers(nodes: Nodes, **more: Any) -> Stage:
    """Five nodes. A has led in term 1, and B's answer that it has two entries is still on its way. C led in term 2, and
    had A give up both for one of its own. A leads again, in term 3, and has a new second entry."""
    script = [
        ("timeout", "A"),
        ("talk", "A B C D E"),
        ("ask", "ann", "A"),
        ("ask", "bob", "A"),
        ("deliver", "A", "B", "append_entries"),
        ("deliver", "A", "B", "append_entries"),
        ("silence", "B", "A"),
        ("timeout", "C"),
        ("talk", "C D E"),
        ("ask", "cid", "C"),
        ("deliver", "C", "A", "append_entries"),
        ("deliver", "C", "A", "append_entries"),
        ("silence", "B", "A"),
        ("timeout", "A"),
        ("talk", "A D E"),
        ("silence", "B", "A"),
        ("ask", "dan", "A"),
    ]
    return staged(nodes, script, _asking("ann", "bob", "cid", "dan"), **more)


def figure_8(nodes: Nodes, **more: Any) -> Stage:
    """Figure 8 of the paper up to (c), with A to E for S1 to S5, and E back again.

    A leads in term 4, and B and C have from it the entry of term 2, which is now on a majority. E is up again, with its
    entry of term 3, and has begun term 4 as well, unheard. If it begins term 5, it can win, and overwrite the entry.
    """
    script = [
        ("timeout", "C"),
        ("talk", "A B C D E"),
        ("ask", "ann", "C"),  # index 1, term 1
        ("talk", "A B C D E"),
        ("timeout", "A"),
        ("talk", "A B C D E"),
        ("ask", "bob", "A"),  # (a) index 2, term 2
        ("talk", "A B"),
        ("silence",),
        ("crash", "A"),
        ("timeout", "E"),
        ("talk", "C D E"),
        ("silence",),
        ("ask", "cid", "E"),  # (b) index 2, term 3
        ("silence",),
        ("crash", "E"),
        ("restart", "A"),
        ("timeout", "A"),  # term 3: C and D have voted
        ("silence",),
        ("timeout", "A"),
        ("talk", "A B C"),  # (c) term 4
        ("silence",),
        ("restart", "E"),
        ("timeout", "E"),
        ("silence",),
    ]
    clients = [Client(name, [("write", "x", i)], to="A C E") for i, name in enumerate(("ann", "bob", "cid"), 1)]
    return staged(nodes, script, clients, **more)


# The presets


@dataclass(frozen=True)
class Preset:
    """A run to watch. `timeouts_s` maps each node to its election timeout, which is always the same here."""

    title: str
    timeouts_s: Mapping[str, float]
    scenario: Scenario

    def nodes(self, kind: Callable[..., Raft] = Raft, **options: Any) -> dict[str, Factory]:
        """The nodes of this run, of a class that takes `election_timeout_s`; `options` go to all of them."""
        return {name: partial(kind, election_timeout_s=(s, s), **options) for name, s in self.timeouts_s.items()}

    def run(self, kind: Callable[..., Raft] = Raft, **options: Any) -> Trace:
        """The run with nodes of this class."""
        return World(self.nodes(kind, **options), self.scenario).run().trace(self.title)


SLOW, QUICK = Constant(0.015), Constant(0.005)
NETWORK = Network(Constant(0.01))


def _writer(name: str, value: Plain, to: str, at_s: float, **more: Any) -> Client:
    return Client(name, [("write", "x", value)], to=to, start_s=at_s, **more)


def _preset(
    title: str, timeouts_s: str, until_s: float, *faults: Any, clients: Sequence[Client] = (), **more: Any
) -> Preset:
    """`timeouts_s`: those of A, B, ... in their order."""
    named = dict(zip("ABCDE", map(float, timeouts_s.split()), strict=True))
    return Preset(title, named, Scenario(until_s, network=more.pop("network", NETWORK), faults=faults, clients=clients))


SPLIT_VOTE = _preset(
    "Split vote",
    "0.2 0.206 0.6 0.6 0.6",
    1.0,
    # E is down, so four votes are to be had, and three are needed. C hears from A first, D from B.
    crash("E", 0.1),
    network=Network(SLOW, links={("A", "C"): Link(QUICK), ("B", "D"): Link(QUICK)}),
)
STALE_LEADER = _preset(
    "Stale leader",
    "0.15 0.3 0.6 0.6 0.6",
    3.0,
    partition("A | B C D E", 1.0, 2.2),
    clients=[
        _writer("ann", 1, "A", 0.5),
        _writer("bob", 2, "A", 1.3),  # A puts it into its log, and will have to give it up
        _writer("cid", 3, "B", 1.6),
    ],
)
MINORITY_PARTITION = _preset(
    "Minority partition",
    "0.15 0.6 0.3 0.6 0.6",
    3.5,
    partition("A B | C D E", 1.0, 2.5),
    clients=[
        Client("ann", [("write", "x", i) for i in range(8)], to="A B", start_s=0.5, pause_s=0.2, timeout_s=0.4),
        Client("bob", [("write", "y", i) for i in range(8)], to="C D E", start_s=0.5, pause_s=0.2, retry=True),
    ],
)
OLD_TERM = _preset(
    "A leader comes back with an old term",
    "0.15 0.3 0.6 0.6 0.6",
    3.0,
    crash("A", 1.0),
    restart("A", 2.0),
    clients=[_writer("ann", 1, "A", 0.5), _writer("bob", 2, "B", 1.6), _writer("cid", 3, "B", 2.5)],
)
HIGH_TERM = _preset(
    "A node comes back with a high term",
    "0.15 0.6 0.6 0.6 0.3",
    3.0,
    partition("A B C D | E", 1.0, 2.0),
    clients=[Client("ann", [("write", "x", i) for i in range(9)], to="A B C D E", start_s=0.5, retry=True)],
)
FIGURE_8 = _preset(
    "Figure 8",
    "0.15 2 2 2 0.4",
    4.0,
    [crash("A", 0.6), restart("A", 0.62)],  # so that A leads once more, in term 2
    [partition("A B | C D E", 0.95), crash("A", 1.1)],  # (a)
    [partition("B | C D E", 1.12), partition("A B C D | E", 1.44), crash("E", 1.5)],  # (b)
    [partition("A B C | D E", 1.55), restart("A", 1.6)],  # (c)
    [crash("A", 2.1), heal(2.1), restart("E", 2.1), restart("A", 3.3)],  # (d)
    clients=[
        _writer("ann", 1, "A", 0.4),
        _writer("bob", 2, "A", 1.0),
        _writer("cid", 3, "E", 1.46),
        _writer("dan", 4, "E", 3.4),
    ],
)
PRESETS = (SPLIT_VOTE, STALE_LEADER, MINORITY_PARTITION, OLD_TERM, HIGH_TERM, FIGURE_8)
