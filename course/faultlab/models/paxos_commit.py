"""Paxos Commit: two-phase commit whose decision survives the crash of whoever makes it.

One instance of Paxos for each RM decides whether that RM is prepared or aborted. The transaction commits if every
instance has chosen "prepared", and aborts if one has chosen "aborted". All instances share the processes:

    RMs         N of them; each proposes in its own instance, in ballot 0, which belongs to it
    acceptors   2F + 1; what F + 1 of them have accepted in one ballot is chosen. F may crash. Ballot 0 asks only the
                first F + 1, the active ones
    leaders     the first leads; another one acts if the first seems to be gone. Each has ballots of its own, above 0

    r1           leader        r2, r3, ...     acceptors
    |-BeginCommit->|               |               |
    |              |----Prepare--->|               |
    |------------------------------|-------2a----->|
    |              |<-------------2b---------------|
    |<---Commit----|----Commit---->|

Rules (Gray & Lamport, section 4), under the names of the module PaxosCommit
1. RMPrepare, RMChooseToAbort: an RM proposes "prepared" or "aborted" by a phase 2a message of ballot 0 to the active
   acceptors. Nobody else proposes in ballot 0, so no phase 1 is needed. The initiating RM tells the leader to begin,
   and the leader asks the other RMs.
2. Phase2b: an acceptor accepts a value in a ballot, unless it has promised a higher one, and reports it to the leader.
3. Decide: a leader that has F + 1 reports for each instance knows the outcome, and tells all RMs. So does one that has
   F + 1 reports of an "aborted".
4. Phase1a: a leader that is asked, and knows no outcome, begins a new ballot of its own, higher than all it has used.
5. Phase1b: an acceptor that has seen no ballot as high promises this one, and says for each instance what it accepted
   last, and in which ballot.
6. Phase2a: after F + 1 promises the leader proposes in each instance the value of the highest ballot that was reported:
   it may already be chosen. If none was reported the instance is free, and the leader proposes "aborted": only the RM
   itself can say that it is prepared.
7. Ballots, promises and accepted values are on disk before anybody hears of them.

Why it does not block. Any F + 1 acceptors hold, between them, every value that was chosen. So any leader can finish
what another one has begun, without having to know whether that one is down or only slow. With F = 0 there is one
acceptor; if it stands beside the leader the two are a TM, and this is two-phase commit.

Faster Paxos Commit: in ballot 0 the acceptors report to all RMs, which decide for themselves. One message delay less,
more messages. A leader is needed only if that fails.

Messages are bundled, as the paper proposes: a leader opens a ballot for all instances at once, so an acceptor needs
one promise for all; an acceptor waits with its report of ballot 0 until it has a value of every RM, or an "aborted".

What is counted (`models/commit.py` says how), and where the processes run:
    ALONE               each on a machine of its own. BeginCommit 1, Prepare N - 1, phase 2a N(F + 1), phase 2b F + 1,
                        Commit N: together (N + 1)(F + 3) - 2. Faster: phase 2b N(F + 1), no Commit: N(2F + 3)
    LEADER_AT_ACCEPTOR  the leader beside an acceptor, whose report is then local; and the BeginCommit travels with the
                        initiating RM's phase 2a message to that acceptor. Two less: (N + 1)(F + 3) - 4. Faster, where
                        only the second of these saves anything: N(2F + 3) - 1. The paper's table has these two in its
                        rows "no co-location", written NF + F + 3N - 1 and 2NF + 3N - 1
    CO_LOCATED          also each active acceptor beside an RM, and the leader's one beside the initiating RM:
                        N(F + 3) - 3. Faster: (N - 1)(2F + 3)

Left out: how a leader is elected. Here a prepared RM that has heard nothing for a while asks the leaders in turn, the
second one first. Two that act at once may hinder each other, and an unlucky schedule may let them do so for ever:
no protocol without assumptions on time avoids that (Fischer, Lynch, Paterson 1985). It costs time, never consistency.

Source: Gray & Lamport, "Consensus on Transaction Commit", 2006, sections 4 and 5 and appendix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from faultlab.models.commit import ABORTED, COMMITTED, ORDERS, PREPARED, WORKING, ResourceManager, names
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain

# Who plays in it: "rms", "acceptors" and "active" (sets of names), and "leaders" (in their order).
Cast = dict[str, Plain]
# What acceptors have reported: ballot -> acceptor -> RM -> value.
Reports = dict[int, dict[str, dict[str, str]]]


def cast_of(count: int, faults: int, leaders: int | None = None) -> Cast:
    """The processes for `count` RMs and `faults` crashes (F): 2F + 1 acceptors, and F + 1 leaders if not told
    otherwise."""
    return {
        "rms": set(names("r", count)),
        "acceptors": set(names("a", 2 * faults + 1)),
        "active": set(names("a", faults + 1)),
        "leaders": names("L", faults + 1 if leaders is None else leaders),
    }


def quorum(cast: Cast) -> int:
    """F + 1 of the 2F + 1 acceptors."""
    return len(cast["acceptors"]) // 2 + 1


def outcome_of(reports: Reports, cast: Cast) -> str:
    """COMMITTED, ABORTED, or "" if the reports do not tell. A value is chosen by a quorum in one ballot."""
    chosen: dict[str, str] = {}
    for by_acceptor in reports.values():
        for rm in cast["rms"]:
            said = [values[rm] for values in by_acceptor.values() if rm in values]
            for value in (PREPARED, ABORTED):
                if said.count(value) >= quorum(cast):
                    chosen[rm] = value
    if ABORTED in chosen.values():
        return ABORTED
    return COMMITTED if chosen.keys() == cast["rms"] else ""


class PaxosResourceManager(ResourceManager):
    """An RM. In the faster variant the acceptors report to it."""

    def __init__(self, cast: Cast, vote: str = PREPARED, patience_s: float = 1.0) -> None:
        super().__init__(vote, patience_s)
        self.cast = cast

    def on_start(self, ctx: Context) -> None:
        super().on_start(ctx)
        self.asked = 0
        self.reports: Reports = {}

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("2b", ballot, values):
                self.decide(ctx, sender, ballot, values)
            case _:
                super().on_message(ctx, sender, message)

    def initiate(self, ctx: Context) -> None:
        self.choose(ctx)
        if self.state == PREPARED:
            ctx.send(self.cast["leaders"][0], ("begin commit",))

    def announce(self, ctx: Context) -> None:
        """Rule 1. What an RM proposes in ballot 0 is its state, which never goes back: it proposes one value only."""
        for acceptor in sorted(self.cast["active"]):
            ctx.send(acceptor, ("2a", 0, {ctx.name: self.state}))

    def decide(self, ctx: Context, acceptor: str, ballot: int, values: dict[str, str]) -> None:
        """Rule 3, where the RM does it for itself."""
        if self.state not in (WORKING, PREPARED):
            return
        self.reports.setdefault(ballot, {}).setdefault(acceptor, {}).update(values)
        if outcome := outcome_of(self.reports, self.cast):
            self.learn(ctx, outcome)

    def ask(self, ctx: Context) -> None:
        """The first leader is silent, so the next one is asked; then the one after it, and so on."""
        self.asked = (self.asked + 1) % len(self.cast["leaders"])
        ctx.send(self.cast["leaders"][self.asked], ("inquire",))


class Acceptor(Node):
    """One of 2F + 1 memories. `accepted` maps an RM to (ballot, value), `promised` is the highest ballot seen."""

    def __init__(self, cast: Cast, faster: bool = False) -> None:
        self.cast, self.faster = cast, faster

    def on_start(self, ctx: Context) -> None:
        self.promised = ctx.disk.get("promised", 0)
        self.accepted: dict[str, tuple[int, str]] = ctx.disk.get("accepted", {})

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("1a", ballot):
                self.phase_1b(ctx, sender, ballot)
            case ("2a", ballot, values):
                self.phase_2b(ctx, sender, ballot, values)

    def phase_1b(self, ctx: Context, leader: str, ballot: int) -> None:
        """Rule 5."""
        if ballot > self.promised:
            self.promised = ctx.disk["promised"] = ballot
            ctx.send(leader, ("1b", ballot, self.accepted))

    def phase_2b(self, ctx: Context, proposer: str, ballot: int, values: dict[str, str]) -> None:
        """Rule 2."""
        if ballot < self.promised:
            return
        self.promised = ctx.disk["promised"] = ballot
        self.accepted.update({rm: (ballot, value) for rm, value in values.items()})
        ctx.disk["accepted"] = self.accepted
        if ballot:
            ctx.send(proposer, ("2b", ballot, values))
        elif self.accepted.keys() == self.cast["rms"] or ABORTED in values.values():
            self._report(ctx)

    def _report(self, ctx: Context) -> None:
        """All instances in one message. They are of ballot 0: nothing of a higher ballot was accepted."""
        known = {rm: value for rm, (_ballot, value) in self.accepted.items()}
        for listener in sorted(self.cast["rms"]) if self.faster else self.cast["leaders"][:1]:
            ctx.send(listener, ("2b", 0, known))


class Leader(Node):
    """One of those who may lead. The first one also sees to ballot 0."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def on_start(self, ctx: Context) -> None:
        self.ballot = ctx.disk.get("ballot", 0)
        self.outcome = ""
        self.inquirers: set[str] = set()
        self.promises: dict[str, dict[str, tuple[int, str]]] = {}
        self.reports: Reports = {}

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("begin commit",):
                self.begin_commit(ctx, sender)
            case ("inquire",):
                self.inquire(ctx, sender)
            case ("1b", ballot, accepted):
                self.phase_2a(ctx, sender, ballot, accepted)
            case ("2b", ballot, values):
                self.decide(ctx, sender, ballot, values)

    def begin_commit(self, ctx: Context, initiating: str) -> None:
        """Rule 1."""
        self._tell(ctx, self.cast["rms"] - {initiating}, ("prepare",))

    def inquire(self, ctx: Context, rm: str) -> None:
        """Somebody has waited in vain. If the same RM asks again, the ballot that it waited for has failed."""
        if self.outcome:
            ctx.send(rm, ORDERS[self.outcome])
        elif self.inquirers and rm not in self.inquirers:
            self.inquirers.add(rm)
        else:
            self.inquirers = {rm}
            self.phase_1a(ctx)

    def phase_1a(self, ctx: Context) -> None:
        """Rule 4. The ballots above 0 are dealt to the leaders in turn, so that no two leaders share one."""
        leaders = self.cast["leaders"]
        self.ballot += len(leaders) if self.ballot else leaders.index(ctx.name) + 1
        ctx.disk["ballot"] = self.ballot
        self.promises = {}
        self._tell(ctx, self.cast["acceptors"], ("1a", self.ballot))

    def phase_2a(self, ctx: Context, acceptor: str, ballot: int, accepted: dict[str, tuple[int, str]]) -> None:
        """Rule 6."""
        if ballot != self.ballot or acceptor in self.promises or len(self.promises) == quorum(self.cast):
            return
        self.promises[acceptor] = accepted
        if len(self.promises) == quorum(self.cast):
            values = {rm: self.value_for(rm) for rm in sorted(self.cast["rms"])}
            self._tell(ctx, self.cast["acceptors"], ("2a", ballot, values))

    def value_for(self, rm: str) -> str:
        """The value of the highest ballot in which an acceptor of the quorum has accepted one for this RM."""
        reported = [accepted[rm] for accepted in self.promises.values() if rm in accepted]
        return max(reported)[1] if reported else ABORTED

    def decide(self, ctx: Context, acceptor: str, ballot: int, values: dict[str, str]) -> None:
        """Rule 3."""
        if self.outcome:
            return
        self.reports.setdefault(ballot, {}).setdefault(acceptor, {}).update(values)
        self.outcome = outcome_of(self.reports, self.cast)
        if self.outcome:
            self._tell(ctx, self.cast["rms"], ORDERS[self.outcome])

    def _tell(self, ctx: Context, whom: Iterable[str], message: Plain) -> None:
        for name in sorted(whom):
            ctx.send(name, message)


def paxos_commit(
    count: int,
    faults: int = 1,
    votes: Mapping[str, str] | None = None,
    *,
    faster: bool = False,
    leaders: int | None = None,
    rm: type[PaxosResourceManager] = PaxosResourceManager,
    acceptor: type[Acceptor] = Acceptor,
    leader: type[Leader] = Leader,
    patience_s: float = 1.0,
) -> dict[str, Factory]:
    """Nodes "r1", ..., "a1", ... (2 `faults` + 1) and "L1", ... A client's request to an RM begins the commitment.

    `votes` says who aborts: {"r2": ABORTED}. `rm`, `acceptor` and `leader` are classes to run in place of the right
    ones. A prepared RM asks after `patience_s` seconds.
    """
    cast = cast_of(count, faults, leaders)
    wanted = {name: (votes or {}).get(name, PREPARED) for name in names("r", count)}
    nodes: dict[str, Factory] = {r: partial(rm, cast, vote=vote, patience_s=patience_s) for r, vote in wanted.items()}
    nodes |= dict.fromkeys(sorted(cast["acceptors"]), partial(acceptor, cast, faster=faster))
    return nodes | dict.fromkeys(cast["leaders"], partial(leader, cast))


# Where the processes run

ALONE, LEADER_AT_ACCEPTOR, CO_LOCATED = "alone", "leader at acceptor", "co-located"


def machines(count: int, faults: int, layout: str = ALONE) -> dict[str, str]:
    """The machine of each process. ValueError for an unknown layout, and if there are more active acceptors than RMs to
    stand beside."""
    cast = cast_of(count, faults)
    where = {name: name for name in (*cast["rms"], *cast["acceptors"], *cast["leaders"])}
    if layout == CO_LOCATED:
        if count < faults + 1:
            raise ValueError(f"{faults + 1} active acceptors do not fit beside {count} RMs")
        where |= {a: f"r{a[1:]}" for a in cast["active"]} | {"L1": "r1"}
    elif layout == LEADER_AT_ACCEPTOR:
        where["L1"] = "a1"
    elif layout != ALONE:
        raise ValueError(f"no layout {layout!r}; known: {ALONE}, {LEADER_AT_ACCEPTOR}, {CO_LOCATED}")
    return where
