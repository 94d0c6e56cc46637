"""Multi-Paxos: a log of decisions, with one leader and one phase 1 for all of them. Beside Raft (`models/raft.py`).

Single-decree Paxos (`models/paxos.py`) decides once. A replicated log needs a decision for each slot, and phase 1 does
not mention the value: so one prepare can open a ballot for every slot from here on. Whoever has done that is the
leader, and from then on a command costs phase 2 alone.

    A (leader)              B                       C
    |--prepare------------->|---------------------->|    once: ballot 1.A, all slots from 1 on
    |<--promise-------------|<----------------------|    what have you accepted in them?
    |--accept (slot 1)----->|---------------------->|    for each command
    |<--accepted------------|<----------------------|    a majority: chosen, the client is told
    |--accept (slot 2)----->|---------------------->|    and it says how far everything is chosen

Rules (Lamport 2001, section 3; the roles of proposer, acceptor and learner sit in every server)
1. Phase 1a, once: a server that hears of no leader for an election timeout opens a ballot higher than all it has seen,
   for all slots from the first one of which it does not know what is chosen.
2. Phase 1b: who has promised nothing as high promises, and reports the ballot and the command that it accepted last in
   each of these slots. Else it says whom it has promised.
3. A new leader proposes again, under its own ballot, what the highest ballot reports for each slot. Into slots of which
   nobody has reported anything, below ones of which somebody has, it puts a command that does nothing: the log must
   have no holes when it is applied.
4. Phase 2 for each command: the leader takes the next slot. It need not wait for the slots before.
5. A command is chosen when a majority has accepted it in one ballot. It is applied, and the client told, when all slots
   before it are chosen, too.
6. The leader says how far all is chosen. A server that has accepted a slot in this very ballot then knows the command;
   of other slots it asks.
7. On disk before anybody hears of it: the promise, and what was accepted.

Where Raft does otherwise, and what follows
- Slots may be chosen in any order, so a log may have holes, and a new leader must fill them (`HOLE`). Raft's logs have
  none: a follower refuses an entry if it lacks the one before.
- Anybody may lead, and is told in phase 1 what it lacks. In Raft only a server whose log is not behind can win, so a
  vote carries no entries: entries go from the leader to the followers, never back.
- Old commands are proposed anew under the new ballot, so counting them is safe. A Raft entry keeps its term, and must
  not be counted (Figure 8).
In the steady state they are the same thing: `compare` measures 2(n - 1) messages and one round trip for both.

The contract. Messages: ("prepare", ballot, first), ("promise", ballot, reports), ("accept", ballot, slot, command,
chosen_to), ("accepted", ballot, slot), ("nack", ballot, promised), ("heartbeat", ballot, chosen_to), ("ask", first),
("tell", first, commands). A ballot is (round, name), slots count from 1, a command is (request, call) or None.
The fields: `role`, `leader`, `ballot`, `promised`, `accepted` {slot: (ballot, command)}, `chosen` {slot: command},
`applied` (all slots up to it are chosen and applied).

Left out: snapshots and cutting the log, a window that bounds the slots under way, changes of membership, leases.

Sources: L. Lamport, "Paxos Made Simple", 2001, section 3; R. van Renesse, D. Altinbuken, "Paxos Made Moderately
Complex", 2015; D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from faultlab.models import registers
from faultlab.models.paxos import LATENCY_S, NO_BALLOT, STEADY, Ballot, Preset, quorum
from faultlab.models.raft import Raft
from faultlab.sim.faults import crash, drop
from faultlab.sim.node import Context, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import Property, Snapshot, always, sometimes
from faultlab.sim.scenario import Client, Scenario
from faultlab.sim.trace import Trace
from faultlab.sim.world import simulate

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"
ELECTION, HEARTBEAT = "election", "heartbeat"
NO_OP: Plain = None

# What was accepted in which slot: slot -> (ballot, command).
Accepted = dict[int, tuple[Ballot, Plain]]


class MultiPaxos(Node):
    """One of the servers that keep the log: proposer, acceptor and learner in one.

    `election_timeout_s` is the range from which a timeout is drawn, `heartbeat_s` the longest silence of a leader.
    ValueError if it is not shorter than a timeout.
    """

    def __init__(self, election_timeout_s: Sequence[float] = (0.15, 0.3), heartbeat_s: float = 0.05) -> None:
        low_s, high_s = election_timeout_s
        if not 0 < heartbeat_s < low_s <= high_s:
            raise ValueError(f"a heartbeat of {heartbeat_s:g} s and an election timeout from {low_s:g} to {high_s:g} s")
        self.election_timeout_s, self.heartbeat_s = (low_s, high_s), heartbeat_s

    def on_start(self, ctx: Context) -> None:
        # Rule 7
        self.promised: Ballot = ctx.disk.get("promised", NO_BALLOT)
        self.accepted: Accepted = ctx.disk.get("accepted", {})
        # Learned again after a crash
        self.role, self.leader = FOLLOWER, None
        self.chosen: dict[int, Plain] = {}
        self.applied = 0
        self.machine = registers.empty()
        # Of a candidate and of a leader
        self.ballot, self.round_seen = NO_BALLOT, 0
        self.promises: dict[str, Accepted] = {}
        self.votes: dict[int, set[str]] = {}
        self.overdue: set[int] = set()
        self.next_slot = 1
        self.wait(ctx)

    def on_timer(self, ctx: Context, timer: str) -> None:
        if timer == HEARTBEAT:
            self.send_again(ctx)
            self.heartbeat(ctx)
        else:
            self.phase_1a(ctx)

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        if self.role == LEADER:
            self.propose(ctx, self.next_slot, (request, call))  # rule 4
        else:
            ctx.refuse(request, self.leader)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("prepare", ballot, first):
                self.phase_1b(ctx, sender, ballot, first)
            case ("promise", ballot, reports):
                self.receive_promise(ctx, sender, ballot, reports)
            case ("accept", ballot, slot, command, chosen_to):
                self.phase_2b(ctx, sender, ballot, slot, command, chosen_to)
            case ("accepted", ballot, slot):
                self.receive_accepted(ctx, sender, ballot, slot)
            case ("nack", ballot, promised):
                self.receive_nack(ctx, ballot, promised)
            case ("heartbeat", ballot, chosen_to):
                self.receive_heartbeat(ctx, sender, ballot, chosen_to)
            case ("ask", first):
                self.tell(ctx, sender, first)
            case ("tell", first, commands):
                self.receive_commands(ctx, first, commands)

    # Phase 1: once for all slots

    def phase_1a(self, ctx: Context) -> None:
        """Rule 1. It promises its own ballot at once, and reports to itself."""
        self.role, self.leader = CANDIDATE, None
        self.ballot = (max(self.promised[0], self.round_seen) + 1, ctx.name)
        self.promised = self.ballot
        self.save(ctx)
        self.promises = {ctx.name: self.reports(self.applied + 1)}
        self.wait(ctx)
        ctx.broadcast(("prepare", self.ballot, self.applied + 1))
        self.count_promises(ctx)

    def phase_1b(self, ctx: Context, candidate: str, ballot: Ballot, first: int) -> None:
        """Rule 2."""
        if self.obeys(ctx, candidate, ballot):
            ctx.send(candidate, ("promise", ballot, self.reports(first)))

    def reports(self, first: int) -> Accepted:
        return {slot: told for slot, told in self.accepted.items() if slot >= first}

    def receive_promise(self, ctx: Context, acceptor: str, ballot: Ballot, reports: Mapping[int, Any]) -> None:
        if self.role == CANDIDATE and ballot == self.ballot:
            self.promises[acceptor] = dict(reports)
            self.count_promises(ctx)

    def count_promises(self, ctx: Context) -> None:
        if self.is_majority(ctx, self.promises):
            self.lead(ctx)

    def lead(self, ctx: Context) -> None:
        """Rule 3."""
        self.role, self.leader = LEADER, ctx.name
        ctx.cancel_timer(ELECTION)
        highest = self.highest_reported()
        self.promises, self.votes, self.overdue = {}, {}, set()
        self.next_slot = self.applied + 1
        for slot in range(self.applied + 1, max(highest, default=self.applied) + 1):
            self.propose(ctx, slot, self.command_for(slot, highest))
        self.heartbeat(ctx)  # at once, so that nobody opens another ballot

    def highest_reported(self) -> Accepted:
        """For each slot that was reported the highest ballot, and its command."""
        highest: Accepted = {}
        for reports in self.promises.values():
            for slot, (ballot, command) in reports.items():
                if slot not in highest or ballot > highest[slot][0]:
                    highest[slot] = (ballot, command)
        return highest

    def command_for(self, slot: int, highest: Accepted) -> Plain:
        return highest[slot][1] if slot in highest else NO_OP

    # Phase 2: for each slot

    def propose(self, ctx: Context, slot: int, command: Plain) -> None:
        """Rule 4, phase 2a. The leader is the first to accept."""
        self.next_slot = slot + 1
        self.accepted[slot] = (self.ballot, command)
        self.save(ctx)
        self.votes[slot] = {ctx.name}
        ctx.broadcast(("accept", self.ballot, slot, command, self.applied))
        self.count_votes(ctx, slot)

    def phase_2b(self, ctx: Context, leader: str, ballot: Ballot, slot: int, command: Plain, chosen_to: int) -> None:
        if self.obeys(ctx, leader, ballot):
            self.leader = leader
            self.accepted[slot] = (ballot, command)
            self.save(ctx)
            ctx.send(leader, ("accepted", ballot, slot))
            self.learn(ctx, ballot, chosen_to)

    def receive_accepted(self, ctx: Context, acceptor: str, ballot: Ballot, slot: int) -> None:
        if self.role == LEADER and ballot == self.ballot and slot in self.votes:
            self.votes[slot].add(acceptor)
            self.count_votes(ctx, slot)

    def count_votes(self, ctx: Context, slot: int) -> None:
        """Rule 5."""
        if self.is_majority(ctx, self.votes[slot]):
            del self.votes[slot]
            self.choose(ctx, slot, self.accepted[slot][1])

    def choose(self, ctx: Context, slot: int, command: Plain) -> None:
        self.chosen[slot] = command
        while self.applied + 1 in self.chosen:
            self.applied += 1
            answer = registers.apply(self.machine, self.chosen[self.applied])
            if self.role == LEADER and self.chosen[self.applied] is not NO_OP:
                ctx.reply(self.chosen[self.applied][0], answer)

    # Who leads

    def obeys(self, ctx: Context, sender: str, ballot: Ballot) -> bool:
        """Rules 2 and 4 of the single decree: nothing below a promise; whatever is higher is promised."""
        if ballot < self.promised:
            ctx.send(sender, ("nack", ballot, self.promised))
            return False
        if ballot > self.promised:
            self.promised, self.leader = ballot, None
            self.save(ctx)
        self.step_down(ctx)
        return True

    def receive_nack(self, ctx: Context, ballot: Ballot, promised: Ballot) -> None:
        """Somebody is ahead: wait, and begin higher."""
        if ballot == self.ballot and self.role != FOLLOWER:
            self.round_seen = max(self.round_seen, promised[0])
            self.leader = None
            self.step_down(ctx)

    def step_down(self, ctx: Context) -> None:
        if self.role == LEADER:
            ctx.cancel_timer(HEARTBEAT)
        self.role, self.promises, self.votes, self.overdue = FOLLOWER, {}, {}, set()
        self.wait(ctx)

    def wait(self, ctx: Context) -> None:
        ctx.set_timer(ELECTION, ctx.random.uniform(*self.election_timeout_s))

    def heartbeat(self, ctx: Context) -> None:
        """Rule 6: I lead, and so far all is chosen."""
        ctx.broadcast(("heartbeat", self.ballot, self.applied))
        ctx.set_timer(HEARTBEAT, self.heartbeat_s)

    def send_again(self, ctx: Context) -> None:
        """What was without a majority a whole heartbeat ago, and still is, may be lost. No new command puts this off: a
        client that asks often would otherwise keep a lost slot, and all behind it, waiting for ever."""
        for slot in sorted(self.overdue & self.votes.keys()):
            for peer in ctx.peers:
                if peer not in self.votes[slot]:
                    ctx.send(peer, ("accept", self.ballot, slot, self.accepted[slot][1], self.applied))
        self.overdue = set(self.votes)

    def receive_heartbeat(self, ctx: Context, leader: str, ballot: Ballot, chosen_to: int) -> None:
        if self.obeys(ctx, leader, ballot):
            self.leader = leader
            self.learn(ctx, ballot, chosen_to)
            if self.applied < chosen_to:
                ctx.send(leader, ("ask", self.applied + 1))

    # What the others have chosen

    def learn(self, ctx: Context, ballot: Ballot, chosen_to: int) -> None:
        """Rule 6. A leader proposes one command for a slot, and what is chosen in it is that one: who has accepted it
        in this ballot knows it. What was accepted in an older one may be something else."""
        for slot in range(self.applied + 1, chosen_to + 1):
            if slot in self.accepted and self.accepted[slot][0] == ballot:
                self.choose(ctx, slot, self.accepted[slot][1])

    def tell(self, ctx: Context, asker: str, first: int) -> None:
        if first <= self.applied:
            ctx.send(asker, ("tell", first, tuple(self.chosen[slot] for slot in range(first, self.applied + 1))))

    def receive_commands(self, ctx: Context, first: int, commands: Sequence[Plain]) -> None:
        for slot, command in enumerate(commands, first):
            if slot not in self.chosen:
                self.choose(ctx, slot, command)

    def is_majority(self, ctx: Context, names: Mapping[str, Any] | set[str]) -> bool:
        return len(names) >= quorum(len(ctx.peers) + 1)

    def save(self, ctx: Context) -> None:
        """Rule 7: before the messages of this handler leave."""
        ctx.disk.update(promised=self.promised, accepted=self.accepted)


# What is promised


def safety() -> list[Property]:
    """What holds whatever happens, in the fields of any snapshot."""
    return [
        always("one command in a slot", one_command),
        always("one command in a ballot and slot", one_proposal),
        always("what is chosen stands on a majority", chosen_is_held),
    ]


def progress() -> list[Property]:
    return [sometimes("a client is answered", lambda s: bool(s.replies))]


def one_command(s: Snapshot) -> Any:
    """No two servers know different commands to be chosen in a slot."""
    known: dict[int, tuple[str, Plain]] = {}
    for node in s.up:
        for slot, command in node.get("chosen", {}).items():
            who, other = known.setdefault(slot, (node.name, command))
            if other != command:
                return f"slot {slot}: {who} says {other!r}, {node.name} says {command!r}"
    return True


def one_proposal(s: Snapshot) -> Any:
    """A ballot has one command for each slot."""
    proposed: dict[tuple[Ballot, int], Plain] = {}
    held = [(told[0], slot, told[1]) for node in s.nodes.values() for slot, told in _accepted(node).items()]
    sent = [(m[1], m[2], m[3]) for _a, _b, m in s.flying if m[0] == "accept"]
    for ballot, slot, command in [*held, *sent]:
        if proposed.setdefault((ballot, slot), command) != command:
            return f"slot {slot} has two commands in ballot {ballot}"
    return True


def chosen_is_held(s: Snapshot) -> Any:
    """What is chosen is held by a majority for ever: a later ballot may write the same command over it, never another.
    So a command that a server knows to be chosen stands in that slot on most disks."""
    for node in s.up:
        for slot, command in node.get("chosen", {}).items():
            holders = [n for n in s.nodes.values() if _accepted(n).get(slot, (NO_BALLOT, "nothing"))[1] == command]
            if len(holders) < quorum(len(s.nodes)):
                return f"{node.name} says {command!r} is chosen in slot {slot}, which {len(holders)} servers hold"
    return True


def _accepted(node: Any) -> Accepted:
    return (node.fields if node.up else node.disk).get("accepted", {})


# A run to look at: a hole, and a new leader that fills it

SERVERS = ("A", "B", "C")
# A's timeout is the shortest, so A leads first; then B.
_TIMEOUTS_S = {"A": (0.1, 0.1), "B": (0.2, 0.2), "C": (0.4, 0.4)}
_ASKED_AT_S = 0.2
HOLE = Preset(
    "a hole in the log",
    {name: partial(MultiPaxos, timeout_s) for name, timeout_s in _TIMEOUTS_S.items()},
    Scenario(
        1.5,
        network=STEADY,
        clients=[
            Client("c1", [("write", "x", 1)], to="A", start_s=_ASKED_AT_S, timeout_s=9),
            Client("c2", [("write", "y", 2)], to="A", start_s=_ASKED_AT_S, timeout_s=9),
        ],
        # Slot 1 reaches nobody and dies with A; slot 2 is chosen, and neither applied nor told.
        faults=[drop("A", "B", 4), drop("A", "C", 4), crash("A", _ASKED_AT_S + 1.5 * LATENCY_S)],
    ),
)


# What it costs, measured


@dataclass(frozen=True)
class Cost:
    """What a protocol sent in a run with a stable leader: `per_command` messages and `latency_s` seconds for each
    command, from asking to the answer; `to_lead` messages, answers included, until the leader could begin;
    `names` counts the messages of the commands by their names."""

    servers: int
    per_command: float
    latency_s: float
    to_lead: int
    names: Mapping[str, int]

    @property
    def round_trips(self) -> float:
        return self.latency_s / (2 * LATENCY_S)


PROTOCOLS: dict[str, Callable[..., Node]] = {"Multi-Paxos": MultiPaxos, "Raft": Raft}
_CALM_S = (1.0, 2.0)
_SILENCE_S = 0.9  # longer than the commands take: no heartbeat falls between them
_PAUSE_S = 0.1  # from the election to the first command


def compare(servers: Sequence[int] = (3, 5, 7), commands: int = 20) -> dict[str, list[Cost]]:
    """The steady state of both protocols, in the same scenario: for each number of servers what a command costs."""
    return {name: [measure(protocol, n, commands) for n in servers] for name, protocol in PROTOCOLS.items()}


def measure(protocol: Callable[..., Node], servers: int, commands: int = 20, seed: int = 1) -> Cost:
    """Run one client that asks `commands` times, one after the other, when a leader has been there for a while.

    ValueError if there are so many commands that heartbeats would fall between them, or if somebody was not answered.
    """
    took_s = commands * 2 * LATENCY_S
    if _PAUSE_S + took_s >= _SILENCE_S:
        raise ValueError(
            f"{commands} commands take {took_s:g} s: heartbeats of every {_SILENCE_S:g} s fall between them"
        )
    nodes = dict.fromkeys(_names(servers), partial(protocol, _CALM_S, _SILENCE_S))
    leader, at_s = _first_leader(simulate(nodes, 10.0, seed=seed, network=STEADY))
    start_s = at_s + _PAUSE_S
    client = Client("c", [("write", "x", i) for i in range(commands)], to=leader, start_s=start_s, pause_s=0.0)
    trace = simulate(nodes, start_s + took_s + 4 * LATENCY_S, seed=seed, network=STEADY, clients=[client])
    answered_s = [event.at_s for event in trace.of("reply")]
    if len(answered_s) < commands:
        raise ValueError(f"{len(answered_s)} of {commands} commands were answered")
    names = Counter(e.detail[0] for e in trace.of("send") if e.at_s >= start_s)
    to_lead = sum(e.at_s < at_s for e in trace.of("send"))
    latency_s = (answered_s[-1] - start_s) / commands
    return Cost(servers, names.total() / commands, latency_s, to_lead, dict(names))


def _names(servers: int) -> tuple[str, ...]:
    return tuple(f"s{i + 1}" for i in range(servers))


def _first_leader(trace: Trace) -> tuple[str, float]:
    """Who leads first, and since when."""
    for i, changes in sorted(trace.changes.items()):
        if changes.get("role") == LEADER:
            return trace[i].node, trace[i].at_s
    raise ValueError("nobody leads")
