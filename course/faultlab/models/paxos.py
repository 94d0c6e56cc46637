"""Paxos: several processes agree on one value, although messages are lost, doubled and late, and processes crash and
come back.

Roles. Proposers speak for clients. Acceptors are the memory: what a majority of them has accepted in one ballot is
chosen, for ever. Learners find out what was chosen; a proposer is one as well, since it owes its client an answer.

    p1                a1  a2  a3
    |----prepare-------->|           1a   Is anybody ahead of my ballot? What have you accepted?
    |<---promise---------|           1b   Nobody is, and from now on I refuse lower ballots. I have accepted ...
    |----accept--------->|           2a   Then accept this value in my ballot.
    |<---accepted--------|           2b   Done. (It tells the learners, too.)

A ballot is (round, name of the proposer). Ballots are compared like any tuple, and no two proposers share one.

Rules (Lamport 2001, section 2.2)
1. Phase 1a: a proposer opens a ballot higher than all that it has used or heard of, and asks all acceptors.
2. Phase 1b: an acceptor that has promised no ballot as high promises this one, and reports the ballot and the value
   that it accepted last. Else it says whom it has promised ("nack"), or nothing: a nack saves time and no more.
3. Phase 2a: with promises of a majority the proposer proposes one value in this ballot: that of the highest ballot that
   was reported. Only if nobody has reported any it may propose its own.
4. Phase 2b: an acceptor accepts, unless it has promised a higher ballot. Accepting is a promise, too.
5. Learning: a value that a majority has accepted in one and the same ballot is chosen.
6. On disk before anybody hears of it: an acceptor's promise and what it has accepted, a proposer's round.

Why it is safe. Let a majority accept x in ballot b. Any later ballot begins with promises of a majority, and two
majorities have a member in common. That one had accepted x before it promised (afterwards rule 4 would have kept it
from accepting in b), so it reports b or a higher ballot. By the same argument every ballot between has proposed x. So
the highest one reported says x, and rule 3 makes the newcomer propose it. It need not know that x is chosen: it is
enough that x may be. Leave out any half of a rule, and this chain breaks; the tests of this module do that one rule at
a time.

Why it may not end. A higher promise made in time stops any ballot. Two proposers that take turns stop each other for
ever, and no protocol without assumptions about time escapes that (Fischer, Lynch, Paterson 1985). With patience, and
chance in the waiting, it ends soon (`DUEL`, `DUEL_MENDED`). It costs time, never safety.

What it costs, with n acceptors and nothing failing: n messages in each phase, and n for each learner beside the
proposer (`messages`). It takes two round trips.

Multi-Paxos, beside Raft (chapter 3.5). A log needs a decision for each place. Phase 1 does not mention the value, so
one prepare can open a ballot for all places from here on; after it a value costs one round trip, 2n messages. The
process that has done so is the leader, as long as nobody opens a higher ballot. That is Raft's shape, and the words
translate: round, term; promise, vote; phase 2a, AppendEntries; chosen, committed. Raft differs in three ways. Its log
has no holes, where Multi-Paxos chooses places in any order, so one comparison of the last entries says who is ahead.
Only a server that is not behind can win, so the new leader has every committed entry already; a new Paxos leader is
told in the promises what it must propose again. And it proposes old values under its own ballot, so counting them is
safe; a Raft leader keeps the old term of an entry, and must not count it (section 5.4.2, Figure 8). Left to the builder
by Multi-Paxos: who leads, changing the members, catching up, cutting the log; that Raft says these is a good part of
its success.

Left out: Multi-Paxos (as code it stands in `models/multi_paxos.py`), leader election, forgetting what was decided, and
liars (`models/generals.py`).

Sources: L. Lamport, "Paxos Made Simple", 2001. It was first told as the history of a lost parliament, "The Part-Time
Parliament", submitted in 1990 and printed in ACM TOCS 16(2), 1998: legislators walk in and out, and keep ledgers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from faultlab.models.commit import names
from faultlab.sim.explore import LASTING, Exploration, explore
from faultlab.sim.faults import crash, drop, restart
from faultlab.sim.latency import Constant
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import (
    ALWAYS,
    OK,
    OPEN,
    VIOLATED,
    NodeView,
    Property,
    Snapshot,
    always,
    eventually,
    sometimes,
)
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.search import Action, Bounds
from faultlab.sim.trace import Event, Finding, Trace
from faultlab.sim.world import simulate

Ballot = tuple[int, str]
# Lower than every ballot. An acceptor that has accepted nothing says so with it.
NO_BALLOT: Ballot = (0, "")
# Which phase of the paper a message belongs to.
PHASES = {"prepare": "1a", "promise": "1b", "accept": "2a", "accepted": "2b", "nack": "refusal"}
# What a proposer is doing. WAITING: a nack has ended its ballot, and it pauses before the next.
IDLE, PREPARING, PROPOSING, WAITING, DONE = "idle", "phase 1", "phase 2", "waiting", "done"
# How many elements each message has, its name among them.
LENGTHS = {"prepare": 2, "promise": 4, "accept": 3, "accepted": 3, "nack": 3}
RETRY = "retry"
DOUBLINGS_MAX = 6


def quorum(acceptors: int) -> int:
    """The smallest number of `acceptors` that is a majority: any two such sets have a member in common."""
    return acceptors // 2 + 1


# The roles


class Acceptor(Node):
    """Rules 2 and 4. `promised` is the highest ballot that it has promised, `accepted_ballot` and `accepted_value` what
    it has accepted last. `learners` are told besides the proposer. Without `nacks` it refuses in silence."""

    def __init__(self, learners: Iterable[str] = (), nacks: bool = True) -> None:
        self.learners, self.nacks = set(learners), nacks

    def on_start(self, ctx: Context) -> None:
        self.promised: Ballot = ctx.disk.get("promised", NO_BALLOT)
        self.accepted_ballot: Ballot = ctx.disk.get("accepted_ballot", NO_BALLOT)
        self.accepted_value: Plain = ctx.disk.get("accepted_value")

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("prepare", ballot):
                self.phase_1b(ctx, sender, ballot)
            case ("accept", ballot, value):
                self.phase_2b(ctx, sender, ballot, value)

    def phase_1b(self, ctx: Context, proposer: str, ballot: Ballot) -> None:
        """Rule 2."""
        if ballot > self.promised:
            self.promised = ballot
            self.store(ctx)
            ctx.send(proposer, ("promise", ballot, self.accepted_ballot, self.accepted_value))
        elif ballot < self.promised:
            self.refuse(ctx, proposer, ballot)

    def phase_2b(self, ctx: Context, proposer: str, ballot: Ballot, value: Plain) -> None:
        """Rule 4."""
        if ballot < self.promised:
            self.refuse(ctx, proposer, ballot)
            return
        self.promised = self.accepted_ballot = ballot
        self.accepted_value = value
        self.store(ctx)
        for listener in (proposer, *sorted(self.learners)):
            ctx.send(listener, ("accepted", ballot, value))

    def refuse(self, ctx: Context, proposer: str, ballot: Ballot) -> None:
        if self.nacks:
            ctx.send(proposer, ("nack", ballot, self.promised))

    def store(self, ctx: Context) -> None:
        """Rule 6."""
        ctx.disk["promised"] = self.promised
        ctx.disk["accepted_ballot"] = self.accepted_ballot
        ctx.disk["accepted_value"] = self.accepted_value


class ForgivingAcceptor(Acceptor):
    """Promises the same ballot again when it is asked again: the first promise may be lost. That is right as long as no
    two proposers share a ballot; a strict acceptor, which promises each ballot once, would hide it if they did."""

    def phase_1b(self, ctx: Context, proposer: str, ballot: Ballot) -> None:
        if ballot == self.promised:
            ctx.send(proposer, ("promise", ballot, self.accepted_ballot, self.accepted_value))
        else:
            super().phase_1b(ctx, proposer, ballot)


class Learner(Node):
    """Rule 5. `chosen` is the value, None as long as it knows of none; `votes` maps a ballot to who has accepted in
    it."""

    def __init__(self, acceptors: Iterable[str]) -> None:
        self.acceptors = set(acceptors)

    def on_start(self, ctx: Context) -> None:
        self.votes: dict[Ballot, set[str]] = {}
        self.chosen: Plain = None

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("accepted", ballot, value):
                self.count(ctx, sender, ballot, value)

    def count(self, ctx: Context, acceptor: str, ballot: Ballot, value: Plain) -> None:
        """A ballot has one value, so it is enough to count who has accepted in it."""
        if self.chosen is None:
            self.votes.setdefault(ballot, set()).add(acceptor)
            if len(self.votes[ballot]) >= self.quorum():
                self.chosen = value
                self.learned(ctx)

    def learned(self, ctx: Context) -> None:
        """It has just found out what is chosen."""

    def quorum(self) -> int:
        return quorum(len(self.acceptors))


class Proposer(Learner):
    """Rules 1 and 3. A client asks ("propose", value), and is answered with the value that was chosen, its own or not.

    `ballot` is the current one, `value` what it proposes in it (None in phase 1), `phase` one of the names above,
    `wish` what it proposes if it is free to, `promises` maps acceptors to the (ballot, value) that they reported.

    A ballot that has come to nothing after `retry_s` seconds is given up for a new one. `backoff_s` adds to each wait a
    time from 0 to `backoff_s`, at random, twice as long after each ballot. Set `retry_s` to at least two round trips,
    and never leave `backoff_s` at 0 where there may be a second proposer.
    """

    def __init__(self, acceptors: Iterable[str], retry_s: float = 0.2, backoff_s: float = 0.1) -> None:
        super().__init__(acceptors)
        self.retry_s, self.backoff_s = retry_s, backoff_s

    def on_start(self, ctx: Context) -> None:
        super().on_start(ctx)
        self.round: int = ctx.disk.get("round", 0)
        self.ballot, self.value, self.phase = NO_BALLOT, None, IDLE
        self.wish: Plain = None
        self.promises: dict[str, tuple[Ballot, Plain]] = {}
        self.requests: list[str] = []
        self.ballots_opened = 0

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        match call:
            case ("propose", value) if value is not None:
                self.propose(ctx, request, value)
            case _:
                ctx.refuse(request, 'ask ("propose", value)')

    def propose(self, ctx: Context, request: str, value: Plain) -> None:
        if self.chosen is not None:
            ctx.reply(request, self.chosen)
            return
        if request not in self.requests:
            self.requests.append(request)
        if self.phase == IDLE:
            self.wish = value
            self.phase_1a(ctx)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("promise", ballot, accepted_ballot, accepted_value):
                self.receive_promise(ctx, sender, ballot, (accepted_ballot, accepted_value))
            case ("nack", ballot, promised):
                self.receive_nack(ctx, ballot, promised)
            case _:
                super().on_message(ctx, sender, message)

    def on_timer(self, ctx: Context, timer: str) -> None:
        self.phase_1a(ctx)

    def phase_1a(self, ctx: Context) -> None:
        """Rule 1."""
        self.round += 1
        ctx.disk["round"] = self.round  # rule 6: after a crash it must not say two things in one ballot
        self.ballot, self.value, self.phase = self.ballot_of(ctx), None, PREPARING
        self.promises = {}
        self.tell_acceptors(ctx, ("prepare", self.ballot))
        ctx.set_timer(RETRY, self.retry_s + self.backoff(ctx))
        self.ballots_opened += 1

    def ballot_of(self, ctx: Context) -> Ballot:
        return self.round, ctx.name

    def receive_promise(self, ctx: Context, acceptor: str, ballot: Ballot, accepted: tuple[Ballot, Plain]) -> None:
        if ballot != self.ballot or self.phase != PREPARING:
            return
        self.promises[acceptor] = accepted
        if len(self.promises) >= self.quorum():
            self.phase_2a(ctx)

    def phase_2a(self, ctx: Context) -> None:
        """Rule 3."""
        self.phase, self.value = PROPOSING, self.value_to_propose()
        self.tell_acceptors(ctx, ("accept", self.ballot, self.value))

    def value_to_propose(self) -> Plain:
        """The heart of it: a value that may be chosen is proposed again, whatever the client wanted."""
        ballot, value = max(self.promises.values(), key=lambda reported: reported[0])
        return self.wish if ballot == NO_BALLOT else value

    def receive_nack(self, ctx: Context, ballot: Ballot, promised: Ballot) -> None:
        """Somebody is ahead. It may go on without this acceptor, but will hardly win, so it gives up the ballot."""
        if ballot == self.ballot and self.phase in (PREPARING, PROPOSING):
            self.round = max(self.round, promised[0])
            self.phase = WAITING
            ctx.set_timer(RETRY, self.backoff(ctx))

    def backoff(self, ctx: Context) -> float:
        longest_s = self.backoff_s * 2 ** min(self.ballots_opened, DOUBLINGS_MAX)
        return ctx.random.uniform(0, longest_s) if longest_s else 0.0

    def learned(self, ctx: Context) -> None:
        self.phase = DONE
        ctx.cancel_timer(RETRY)
        for request in self.requests:
            ctx.reply(request, self.chosen)
        self.requests = []

    def tell_acceptors(self, ctx: Context, message: Plain) -> None:
        for acceptor in sorted(self.acceptors):
            ctx.send(acceptor, message)


def paxos(
    proposers: int = 2,
    acceptors: int = 3,
    learners: int = 0,
    *,
    proposer: Callable[..., Node] = Proposer,
    acceptor: Callable[..., Node] = Acceptor,
    learner: Callable[..., Node] = Learner,
) -> dict[str, Factory]:
    """Nodes "p1", ..., "a1", ... and "l1", ...; a client asks a proposer ("propose", value).

    `proposer`, `acceptor` and `learner` are classes to run in place of these, or partials with other options. A
    proposer and a learner are made with the list of the acceptors' names, an acceptor with that of the learners if
    there are any. A class that takes no argument is made without: it finds the others in `ctx.peers`."""
    memory, listeners = names("a", acceptors), names("l", learners)
    nodes: dict[str, Factory] = dict.fromkeys(names("p", proposers), _told(proposer, memory))
    nodes |= dict.fromkeys(memory, _told(acceptor, listeners) if listeners else acceptor)
    return nodes | dict.fromkeys(listeners, _told(learner, memory))


def _told(role: Callable[..., Node], others: list[str]) -> Factory:
    try:
        inspect.signature(role).bind(others)
    except TypeError:
        return role
    return partial(role, others)


def messages(acceptors: int, learners: int = 0) -> int:
    """Messages until one proposer's value is chosen and known, if nothing fails: four phases, and 2b to each
    learner."""
    return 4 * acceptors + acceptors * learners


# One rule left out, to see what it was for


class MinorityProposer(Proposer):
    """Rules 3 and 5 without the majority: half of the acceptors, rounded down, is enough for it. Two such quorums need
    not have a member in common."""

    def quorum(self) -> int:
        return max(1, len(self.acceptors) // 2)


class StubbornProposer(Proposer):
    """Rule 3 without the second half: it proposes what its client wants, whatever was reported."""

    def value_to_propose(self) -> Plain:
        return self.wish


class HastyAcceptor(Acceptor):
    """Rule 4 without the comparison: it accepts in a ballot below the one that it has promised."""

    def phase_2b(self, ctx: Context, proposer: str, ballot: Ballot, value: Plain) -> None:
        promised, self.promised = self.promised, min(ballot, self.promised)
        super().phase_2b(ctx, proposer, ballot, value)
        self.promised = max(promised, ballot)
        self.store(ctx)


class ForgetfulAcceptor(Acceptor):
    """Rule 6 left out: nothing reaches the disk, and a restart begins with nothing promised and nothing accepted."""

    def store(self, ctx: Context) -> None:
        pass


# What is left out -> whose class shows it, and the class.
LEFT_OUT: dict[str, tuple[str, type[Node]]] = {
    "majority": ("proposer", MinorityProposer),
    "adoption": ("proposer", StubbornProposer),
    "comparison": ("acceptor", HastyAcceptor),
    "disk": ("acceptor", ForgetfulAcceptor),
}


# What is promised


# Who has accepted which value in which ballot: (ballot, value) -> acceptors.
Votes = dict[tuple[Ballot, Plain], set[str]]


def votes(s: Snapshot, acceptors: Iterable[str]) -> Votes:
    """All that a snapshot still shows of what was accepted: the acceptors' fields (of one that is down: its disk), and
    the "accepted" messages that are on their way.

    "Chosen" is a fact about history, and an acceptor remembers only what it accepted last. So fields alone are not
    enough: what two have accepted one after the other may be chosen, and stand in no two fields at once. The messages
    keep the history if they stay: on the network "lasting" nothing that was sent is ever gone, and `remembered` makes
    such a snapshot of a trace. There this is complete; in other snapshots it may miss a vote, and never invents one.
    """
    found: Votes = {}
    members = set(acceptors)
    for name in members & s.nodes.keys():
        memory = s[name].fields if s[name].up else s[name].disk
        if (ballot := memory.get("accepted_ballot", NO_BALLOT)) != NO_BALLOT:
            found.setdefault((ballot, memory.get("accepted_value")), set()).add(name)
    for source, _target, message in s.flying:
        match message:
            case ("accepted", ballot, value) if source in members:
                found.setdefault((ballot, value), set()).add(source)
    return found


def chosen(s: Snapshot, acceptors: Sequence[str]) -> dict[Plain, Ballot]:
    """The values that are chosen, as far as `votes` can tell, with the lowest ballot in which each one is."""
    winners = sorted(ballot_value for ballot_value, who in votes(s, acceptors).items() if _is_quorum(who, acceptors))
    return {value: ballot for ballot, value in reversed(winners)}


def _is_quorum(who: Iterable[str], acceptors: Sequence[str]) -> bool:
    return len(set(who)) >= quorum(len(acceptors))


def learned(s: Snapshot) -> dict[str, Plain]:
    """What nodes believe to be chosen, and what clients were told, by node or request."""
    believed = {node.name: node.get("chosen") for node in s.up if node.get("chosen") is not None}
    return believed | dict(s.replies)


def safety(acceptors: Sequence[str], values: Iterable[Plain]) -> list[Property]:
    """What holds whatever happens. `values` are those that clients propose.

    They read the public fields named in the classes above and the messages of the paper, nothing else. All but the last
    may be asked of any snapshot. "What is learned is chosen" needs all votes, so it is for the network "lasting" and
    for `remembered` only; elsewhere it would raise false alarms, and it is not in the list of `safety_of_fields`.
    """
    return [
        *safety_of_fields(acceptors, values),
        always("what is learned is chosen", partial(_learned_is_chosen, acceptors=acceptors)),
    ]


def safety_of_fields(acceptors: Sequence[str], values: Iterable[Plain]) -> list[Property]:
    """`safety` for networks on which messages disappear: it never raises a false alarm, and may miss something."""
    return [
        always("agreement", partial(_agree, acceptors=acceptors)),
        always("validity", partial(_valid, acceptors=acceptors, values=list(values))),
        always("one value in a ballot", partial(_one_value, acceptors=acceptors)),
        always("promises are kept", partial(_promises_are_kept, acceptors=acceptors)),
    ]


def progress(acceptors: Sequence[str]) -> list[Property]:
    """A protocol that does nothing keeps every promise, and fails this."""
    return [
        sometimes("a value is chosen", lambda s: bool(chosen(s, acceptors))),
        sometimes("a client is answered", lambda s: bool(s.replies)),
    ]


def termination(acceptors: Sequence[str]) -> Property:
    """With one proposer, no faults and no second ballot, every run ends with a chosen value that the client knows."""
    return eventually("a value is chosen and told", lambda s: bool(chosen(s, acceptors)) and bool(s.replies))


def _agree(s: Snapshot, acceptors: Sequence[str]) -> Any:
    known, believed = chosen(s, acceptors), learned(s)
    if len({*known, *believed.values()}) < 2:
        return True
    said = [f"{value!r} in ballot {ballot}" for value, ballot in known.items()]
    said += [f"{value!r} according to {who}" for who, value in believed.items() if value not in known]
    return f"more than one value is chosen: {', '.join(said)}"


def _valid(s: Snapshot, acceptors: Sequence[str], values: Sequence[Plain]) -> Any:
    for (ballot, value), who in votes(s, acceptors).items():
        if value not in values:
            return f"{min(who)} has accepted {value!r} in ballot {ballot}, which nobody has proposed"
    return next((f"{who} says {v!r}, which nobody proposed" for who, v in learned(s).items() if v not in values), True)


def _one_value(s: Snapshot, acceptors: Sequence[str]) -> Any:
    proposed: dict[Ballot, Plain] = {}
    sent = [(message[1], message[2]) for _a, _b, message in s.flying if message[0] == "accept"]
    for ballot, value in [*votes(s, acceptors), *sent]:
        if proposed.setdefault(ballot, value) != value:
            return f"ballot {ballot} has two values, {proposed[ballot]!r} and {value!r}"
    return True


def _promises_are_kept(s: Snapshot, acceptors: Sequence[str]) -> Any:
    """An acceptor accepts nothing below its promise.

    The order of two messages does not show in a snapshot, but a promise says what was accepted before it. So whatever
    its author has accepted in a lower ballot must be no higher than what the promise reports.
    """
    accepted = [(who, ballot) for (ballot, _value), voters in votes(s, acceptors).items() for who in voters]
    for source, _target, message in s.flying:
        match message:
            case ("promise", ballot, reported, _value):
                for who, lower in accepted:
                    if who == source and reported < lower < ballot:
                        return f"{who} promised {ballot}, and accepted in {lower} without a word of it in the promise"
    for node in map(s.nodes.get, acceptors):
        if node and node.up and node.get("accepted_ballot", NO_BALLOT) > node.get("promised", NO_BALLOT):
            return f"{node.name} has accepted in {node.accepted_ballot}, and would still do so in {node.promised}"
    return True


def _learned_is_chosen(s: Snapshot, acceptors: Sequence[str]) -> Any:
    known = chosen(s, acceptors)
    for who, value in learned(s).items():
        if value not in known:
            return f"{who} says that {value!r} is chosen, and no majority has accepted it in one ballot"
    return True


def remembered(trace: Trace, index: int | None = None) -> Snapshot:
    """The state after event `index` (the last one, if none is given) together with every message that was sent up to
    it, and every answer.

    What is chosen, proposed and promised only grows as a run goes on, so for agreement, validity and one value in a
    ballot looking at the end is looking at all of it. What an acceptor would still accept, and whether a value was
    chosen when somebody said so, are questions about a moment: `judge_remembering` asks them at each one that matters.
    """
    last = len(trace) - 1 if index is None else index
    status = trace.status(last)
    nodes = {}
    for name, fields in trace.state(last).items():
        disk = {k.removeprefix("disk."): v for k, v in fields.items() if k.startswith("disk.")}
        own = {k: v for k, v in fields.items() if not k.startswith("disk.")}
        nodes[name] = NodeView(name, own, disk, status[name] != "crashed")
    rows = trace.rows[: last + 1]
    sent = [(row[2], row[3], row[5]) for row in rows if row[1] == "send"]
    failure = next((f"{row[2]}: {row[5][0]}" for row in rows if row[1] == "error"), "")
    return Snapshot(nodes, [row[5] for row in rows if row[1] == "reply"], sent, failure=failure)


# The fields and events on which the properties above turn, and what belongs to a handler that began before.
_TELLING_FIELDS = frozenset({"promised", "accepted_ballot", "accepted_value", "value", "chosen"})
_IN_A_HANDLER = ("send", "duplicate", "reply", "refuse", "note", "error")


def judge_remembering(trace: Trace, acceptors: Sequence[str], values: Iterable[Plain]) -> Trace:
    """The trace with what `safety` and `progress` came to in it.

    `judge` asks about each state with the messages that are on their way just then, and an acceptor that has moved on
    takes its old vote with it. Here nothing that was sent is forgotten, so no violation is overlooked. Only moments are
    looked at after which something else may be true than before: the cost grows with their number times the length of
    the run, so this is for runs of seconds.
    """
    watched = [*safety(acceptors, values), *progress(acceptors)]
    found: dict[str, Finding] = {}
    for handled, last in _telling_moments(trace, set(acceptors)):
        s = remembered(trace, last)
        for p in watched:
            if p.name not in found and (p.kind == ALWAYS) != (looked := p.look(s))[0]:
                verdict = (VIOLATED, looked[1]) if p.kind == ALWAYS else (OK, "")
                found[p.name] = Finding(p.name, p.kind, *verdict, handled)
    undecided = {p.name: Finding(p.name, p.kind, OK if p.kind == ALWAYS else OPEN) for p in watched}
    return trace.with_findings(*({**undecided, **found}[p.name] for p in watched))


def _telling_moments(trace: Trace, acceptors: set[str]) -> Iterator[tuple[int, int]]:
    """The first and the last event of each handler that may decide something. As long as nobody has accepted anything,
    promises decide nothing."""
    began, telling, accepted = 0, False, False
    for i, row in enumerate(trace.rows):
        if row[1] not in _IN_A_HANDLER:
            began, telling = i, False
        changes = trace.changes.get(i, {})
        accepted = accepted or (row[2] in acceptors and changes.get("accepted_ballot", NO_BALLOT) != NO_BALLOT)
        telling_now = _TELLING_FIELDS if accepted else {"value", "chosen"}
        telling = telling or row[1] == "reply" or not telling_now.isdisjoint(changes)
        ends = i + 1 == len(trace) or trace.rows[i + 1][1] not in _IN_A_HANDLER
        if ends and (telling or i + 1 == len(trace)):
            yield began, i


def broken(trace: Trace, properties: Iterable[Property]) -> list[Finding]:
    """Which `always` properties a trace breaks, judged by all that happened in it."""
    looks = [(p, p.look(remembered(trace))) for p in properties]
    return [Finding(p.name, p.kind, VIOLATED, because) for p, (holds, because) in looks if not holds]


# For pictures


@dataclass
class BallotView:
    """One ballot of a run: who opened it and when, who promised, what each of these reported, what was proposed, from
    which ballot it was taken over (NO_BALLOT: it is the proposer's own), who accepted, who refused, and is it
    chosen.

    `at` says for each name at which event of the trace: "prepare" and "accept" were sent by the proposer (the first one
    of each), "promise", "accepted", "refused in 1" and "refused in 2" by an acceptor; a "report" is a promise that had
    arrived before the proposer went on to phase 2, a "lost" one never arrived. What a handler sent counts from the
    event that it answers, like the state that it leaves. `chosen_at` is the event that made the majority, or -1."""

    ballot: Ballot
    proposer: str
    opened_at_s: float
    reports: dict[str, tuple[Ballot, Plain]] = field(default_factory=dict)
    value: Plain = None
    taken_from: Ballot = NO_BALLOT
    accepted_by: list[str] = field(default_factory=list)
    refused_by: list[str] = field(default_factory=list)
    is_chosen: bool = False
    chosen_at: int = -1
    at: dict[str, dict[str, int]] = field(default_factory=dict)

    def note(self, what: str, who: str, index: int) -> bool:
        """Write down when `who` did this for the first time; was it the first time?"""
        first = who not in self.at.setdefault(what, {})
        self.at[what].setdefault(who, index)
        return first


def ballots(trace: Trace, acceptors: int = 3) -> list[BallotView]:
    """The ballots of a run in the order in which they were opened, from its messages.

    `reports` are the promises that had reached the proposer when it went on to phase 2; `accepted_by` and `refused_by`
    count from when the acceptor said so. Messages that are not of the paper's form are passed over.
    """
    found: dict[Ballot, BallotView] = {}
    sent = {row[4]: row[5] for row in trace.rows if row[1] == "send"}
    heard: dict[str, Plain] = {}
    began = 0
    for index, event in enumerate(trace):
        message = event.detail if event.kind == "send" else sent.get(event.number)
        began = began if event.kind in _IN_A_HANDLER else index
        if event.kind == "deliver":
            heard[event.node] = message
        ballot = ballot_spoken_of(message)
        if ballot is None or event.kind not in ("send", "deliver", "lose"):
            continue
        if event.kind == "send" and message[0] == "prepare" and ballot not in found:
            found[ballot] = BallotView(ballot, event.node, event.at_s)
        if ballot in found:
            _note(found[ballot], began, event, message, heard.get(event.node), acceptors)
    return list(found.values())


def ballot_spoken_of(message: Plain) -> Ballot | None:
    """The ballot that a message speaks of; None if it is not of the paper's form."""
    match message:
        case ("prepare" | "promise" | "accept" | "accepted" | "nack", (int() as round_, str() as name), *_rest) if (
            len(message) == LENGTHS[message[0]]
        ):
            return round_, name
    return None


def _note(view: BallotView, index: int, event: Event, message: Plain, heard: Plain, acceptors: int) -> None:
    node, other = event.node, event.other
    match event.kind, message:
        case "send", ("prepare", _ballot):
            view.note("prepare", node, index)
        case "send", ("promise", *_rest):
            view.note("promise", node, index)
        case "deliver", ("promise", _ballot, (int(), str()) as reported, value) if view.value is None:
            view.reports[other] = ((reported[0], reported[1]), value)
            view.note("report", other, index)
        case "lose", ("promise", *_rest):
            view.note("lost", other, index)
        case "send", ("accept", _ballot, value):
            if view.note("accept", node, index):
                view.value = value
                view.taken_from = max((ballot for ballot, _v in view.reports.values()), default=NO_BALLOT)
        case "send", ("accepted", _ballot, _value) if view.note("accepted", node, index):
            view.accepted_by.append(node)
            if len(view.accepted_by) == quorum(acceptors):
                view.is_chosen, view.chosen_at = True, index
        case "send", ("nack", _ballot, _promised):
            phase = 2 if isinstance(heard, tuple) and heard[:1] == ("accept",) else 1
            view.note(f"refused in {phase}", node, index)
            if node not in view.refused_by:
                view.refused_by.append(node)


# Runs to look at

LATENCY_S = 0.01
STEADY = Network(Constant(LATENCY_S))


@dataclass(frozen=True)
class Preset:
    """A run with a story: `nodes` and `scenario` for a `World`."""

    title: str
    nodes: Mapping[str, Factory]
    scenario: Scenario

    def run(self, seed: int = 1) -> Trace:
        """Run it. The seed only matters where there is chance."""
        s = self.scenario
        return simulate(
            self.nodes, s.until_s, seed=seed, network=s.network, faults=s.faults, clients=s.clients, title=self.title
        )


def clients(*values: Plain, apart_s: float = 0.0, start_s: float = 0.0) -> list[Client]:
    """A client "c1" that proposes the first value to "p1", "c2" the second to "p2", each `apart_s` after the one
    before; they ask again until they are answered."""
    return [
        Client(
            f"c{i + 1}", [("propose", value)], to=f"p{i + 1}", start_s=start_s + i * apart_s, timeout_s=5, retry=True
        )
        for i, value in enumerate(values)
    ]


# A ballot takes four latencies. These proposers give up after three, and each is in time to stop the other's phase 2.
IMPATIENT_S = 3 * LATENCY_S
_APART_S = 1.5 * LATENCY_S
DUEL = Preset(
    "two proposers stop each other for ever",
    paxos(2, proposer=partial(Proposer, retry_s=IMPATIENT_S, backoff_s=0.0)),
    Scenario(3.0, network=STEADY, clients=clients("x", "y", apart_s=_APART_S)),
)
DUEL_MENDED = Preset(
    "the same two, with chance in the waiting",
    paxos(2, proposer=partial(Proposer, retry_s=IMPATIENT_S, backoff_s=LATENCY_S)),
    DUEL.scenario,
)
ALONE = Preset("one proposer", paxos(1), Scenario(1.0, network=STEADY, clients=clients("x")))
ADOPTED = Preset(
    "a value that must be adopted",
    paxos(2),
    # The accept to a3 and all news of p1's success are lost with p1: x is chosen, and nobody knows it.
    Scenario(
        1.0,
        network=STEADY,
        clients=clients("x", "y", apart_s=0.1),
        faults=[drop("p1", "a3", 2), crash("p1", 3.5 * LATENCY_S)],
    ),
)
LOST_PROMISE = Preset(
    "a lost promise",
    paxos(1),
    Scenario(1.0, network=STEADY, clients=clients("x"), faults=[drop("a1", "p1", 1)]),
)
RESTARTED = Preset(
    "an acceptor restarts between promise and accept",
    paxos(1),
    Scenario(
        1.0,
        network=STEADY,
        clients=clients("x"),
        faults=[drop("p1", "a3", 1), crash("a1", 1.5 * LATENCY_S), restart("a1", 2.5 * LATENCY_S)],
    ),
)
PRESETS = {p.title: p for p in (ALONE, LOST_PROMISE, ADOPTED, RESTARTED, DUEL, DUEL_MENDED)}


# Where a search may begin


@dataclass(frozen=True)
class Stage:
    """A question to the model checker: how many proposers and acceptors, who asks what, the steps that lead to where
    the search begins, and the budgets for those steps and what follows. See `search`."""

    title: str
    proposers: int
    clients: tuple[Client, ...]
    prefix: tuple[Action, ...] = ()
    crashes: int = 0
    timers: int = 0
    acceptors: int = 3


def search(
    stage: Stage,
    *,
    proposer: Callable[..., Node] = Proposer,
    acceptor: Callable[..., Node] = Acceptor,
    bounds: Bounds | None = None,
    symmetry: bool = False,
    stop_early: bool = True,
    audit: bool = True,
) -> Exploration:
    """Search a stage with these classes: safety everywhere, and that a value can be chosen and told.

    The network is "lasting": whatever was sent may arrive later, twice, or never, without a budget, and it is the only
    one on which a snapshot knows all votes. With `symmetry` acceptors may change places. That is for the classes of
    this module, which keep names in sets and dicts and nowhere else; with a class that builds other texts from names
    the search goes wrong. ValueError if the prefix is not possible with these classes.
    """
    members = names("a", stage.acceptors)
    values = [call[1] for client in stage.clients for call in client.calls]
    return explore(
        paxos(stage.proposers, stage.acceptors, proposer=proposer, acceptor=acceptor),
        [*safety(members, values), *progress(members)],
        network=LASTING,
        clients=stage.clients,
        prefix=stage.prefix,
        crashes=stage.crashes,
        timers=stage.timers,
        symmetry=[members] if symmetry else (),
        bounds=bounds,
        stop_early=stop_early,
        audit=audit,
    )


def asked(client: int, proposer: int) -> tuple[Action, ...]:
    """The client asks this proposer, which opens a ballot."""
    return (("request", f"c{client}", f"p{proposer}"),)


def phase_1(proposer: int, *acceptors: int) -> tuple[Action, ...]:
    """The proposer's prepare reaches these acceptors, and then their answers reach it."""
    p = f"p{proposer}"
    there = tuple(("deliver", p, f"a{a}", "prepare") for a in acceptors)
    return there + tuple(("deliver", f"a{a}", p, "promise") for a in acceptors)


def phase_2(proposer: int, *acceptors: int) -> tuple[Action, ...]:
    """The proposer's accept reaches these acceptors; the answers are on their way."""
    return tuple(("deliver", f"p{proposer}", f"a{a}", "accept") for a in acceptors)


def crashed(node: str) -> tuple[Action, ...]:
    """The node crashes and starts again, with its disk."""
    return (("crash", node), ("restart", node, True))


ONE, TWO, THREE = (tuple(clients(*"xyz"[:count])) for count in (1, 2, 3))
# Two clients that ask the same proposer.
BOTH_ASK_P1 = tuple(replace(client, to=("p1",)) for client in TWO)
_X_CHOSEN = (*asked(1, 1), *phase_1(1, 1, 2), *phase_2(1, 1, 2))

# In the first round the ballots of p1, p2, p3 grow in this order, so no prefix depends on how rounds are counted.
STAGES = {
    stage.title: stage
    for stage in (
        Stage("two proposers, from the start", 2, TWO),
        Stage("one proposer, two ballots", 1, ONE, timers=1),
        Stage("two clients ask one proposer", 1, BOTH_ASK_P1),
        # With three acceptors a wrong formula for the majority may give the right number.
        Stage("one proposer, four acceptors", 1, ONE, acceptors=4),
        Stage("a chosen value must be adopted", 2, TWO, (*_X_CHOSEN, *asked(2, 2))),
        Stage(
            "two values are reported, and the higher is chosen",
            3,
            THREE,
            (
                *(*asked(1, 1), *phase_1(1, 1, 2), *phase_2(1, 1)),
                *(*asked(2, 2), *phase_1(2, 2, 3), *phase_2(2, 2, 3)),
                *asked(3, 3),
            ),
        ),
        Stage(
            "a lost promise",
            2,
            TWO,
            (*asked(1, 1), ("deliver", "p1", "a1", "prepare"), *phase_1(1, 2, 3), *phase_2(1, 3), *asked(2, 2)),
        ),
        Stage(
            "an acceptor restarts between promise and accept",
            2,
            TWO,
            (*asked(1, 1), *phase_1(1, 1, 3), *asked(2, 2), *phase_1(2, 1, 2), *crashed("a1")),
            crashes=1,
        ),
        Stage("an acceptor restarts that has accepted", 2, TWO, (*_X_CHOSEN, *crashed("a2"), *asked(2, 2)), crashes=1),
        Stage(
            "a proposer restarts in phase 2",
            1,
            BOTH_ASK_P1,
            (*asked(1, 1), *phase_1(1, 1, 2), *phase_2(1, 1), *crashed("p1"), *asked(2, 1)),
            crashes=1,
        ),
    )
}
