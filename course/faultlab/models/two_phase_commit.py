"""Two-phase commit: a transaction manager (TM) asks all resource managers, and decides.

Roles: N RMs, one of which initiates; one TM.

    r1          TM          r2, r3, ...
    |--prepared->|               |
    |            |----prepare--->|
    |            |<---prepared---|
    |<--commit---|----commit---->|

Rules (Gray & Lamport, section 3.1), under the names of the module TwoPhase
1. RMPrepare: a working RM enters "prepared" and says so to the TM: the initiating one when its client asks, the others
   when the TM asks.
2. RMChooseToAbort: a working RM aborts instead. It need not tell; here it does, so that the others need not wait.
3. TMRcvPrepared: the TM notes who is prepared. The first one makes it ask all others.
4. TMCommit: all are prepared, so the TM commits, and tells all.
5. TMAbort: as long as it has not decided, the TM may abort, and tells all. Here it does when an RM has aborted, or when
   its patience is over.
6. RMRcvCommitMsg, RMRcvAbortMsg: an RM does what it is told.
7. Everyone writes its state to disk before it sends a message in that state. So whoever comes back after a crash goes
   on where it was. An RM that is prepared and hears nothing says again that it is; a TM that has decided answers with
   the decision.

Why it blocks. Let the TM crash when all are prepared. It may have decided to commit, and told one RM that has acted on
it and crashed too; it may have aborted because its patience was over. The RMs that are left cannot tell these two
apart, and each of the two forbids the other outcome. Nothing is left to them but to hold their locks until the TM is
back. Asking one another helps only if someone has heard, or is still working. An RM whose patience ends in an abort
does not block: it breaks consistency instead, which the tests of this module show.

`TwoPhase` is the specification. `two_phase_commit` makes the nodes that run. `specified` makes nodes that leave open
what the specification leaves open: under `explore(..., network="lasting")` they have exactly its states.

What is counted (`models/commit.py` says how): Prepared 1, Prepare N - 1, Prepared N - 1, Commit N: together 3N - 1, and
3N - 3 with the TM beside the initiating RM.

Left out: three-phase commit (Skeen 1981), of which the paper says that it knew no complete algorithm with a proof, and
the shortcuts of practice (presumed abort, read-only participants).

Sources: Gray & Lamport, "Consensus on Transaction Commit", 2006, section 3 and appendix; J. Gray, "Notes on Data Base
Operating Systems", 1978. The messages of the specification are a set that only grows: one that was sent can be received
at any time, more than once, or never.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from faultlab.models.commit import (
    ABORTED,
    COMMITTED,
    FINAL,
    ORDERS,
    PREPARED,
    WORKING,
    ResourceManager,
    Specification,
    names,
    replaced,
    views,
)
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import NodeView, Snapshot

INIT = "init"
TM = "TM"

# The specification


class TwoPhaseState(NamedTuple):
    """The four variables of the module TwoPhase. A message is ("Prepared", rm), ("Commit",) or ("Abort",)."""

    rm_state: tuple[str, ...]
    tm_state: str
    tm_prepared: frozenset[str]
    messages: frozenset[tuple[str, ...]]


Step = tuple[Any, TwoPhaseState]


class TwoPhase(Specification):
    """The module TwoPhase for `count` RMs. With `symmetry` states that differ only in the RMs' names are one."""

    def __init__(self, count: int, symmetry: bool = False) -> None:
        self.rms, self.symmetry = names("r", count), symmetry

    def initial(self) -> list[TwoPhaseState]:
        return [TwoPhaseState((WORKING,) * len(self.rms), INIT, frozenset(), frozenset())]

    def successors(self, state: TwoPhaseState) -> list[Step]:
        found = [*self._of_tm(state)]
        for i, rm in enumerate(self.rms):
            found += self._of_rm(state, i, rm)
        return found

    def _of_tm(self, state: TwoPhaseState) -> Iterator[Step]:
        if state.tm_state != INIT:
            return
        if state.tm_prepared == set(self.rms):
            yield ("TMCommit",), _told(state, "Commit")._replace(tm_state=COMMITTED)
        yield ("TMAbort",), _told(state, "Abort")._replace(tm_state=ABORTED)
        for rm in self.rms:
            if ("Prepared", rm) in state.messages:
                yield ("TMRcvPrepared", rm), state._replace(tm_prepared=state.tm_prepared | {rm})

    def _of_rm(self, state: TwoPhaseState, i: int, rm: str) -> Iterator[Step]:
        def becomes(name: str) -> TwoPhaseState:
            return state._replace(rm_state=replaced(state.rm_state, i, name))

        if state.rm_state[i] == WORKING:
            yield ("RMPrepare", rm), _told(becomes(PREPARED), "Prepared", rm)
            yield ("RMChooseToAbort", rm), becomes(ABORTED)
        if ("Commit",) in state.messages:
            yield ("RMRcvCommitMsg", rm), becomes(COMMITTED)
        if ("Abort",) in state.messages:
            yield ("RMRcvAbortMsg", rm), becomes(ABORTED)

    def snapshot(self, state: TwoPhaseState) -> Snapshot:
        tm = NodeView(TM, {"state": state.tm_state, "prepared": set(state.tm_prepared)}, {}, True)
        flying = [(m[1] if len(m) > 1 else TM, "", m) for m in sorted(state.messages)]
        return Snapshot({**views(self.rms, state.rm_state), TM: tm}, flying=flying)

    def canonical(self, state: TwoPhaseState) -> TwoPhaseState:
        """The RMs in the order of all that the state knows of each: nothing else tells them apart."""
        if not self.symmetry:
            return state
        known = zip(self.rms, state.rm_state, strict=True)
        rows = sorted((now, rm in state.tm_prepared, ("Prepared", rm) in state.messages) for rm, now in known)
        sent = {("Prepared", rm) for rm, row in zip(self.rms, rows, strict=True) if row[2]}
        return TwoPhaseState(
            tuple(row[0] for row in rows),
            state.tm_state,
            frozenset(rm for rm, row in zip(self.rms, rows, strict=True) if row[1]),
            frozenset(sent | {m for m in state.messages if len(m) == 1}),
        )


def _told(state: TwoPhaseState, *message: str) -> TwoPhaseState:
    return state._replace(messages=state.messages | {message})


# The nodes


class TwoPhaseResourceManager(ResourceManager):
    """An RM whose only partner is the TM."""

    def announce(self, ctx: Context) -> None:
        ctx.send(TM, (self.state,))  # rules 1 and 2

    def ask(self, ctx: Context) -> None:
        ctx.send(TM, (PREPARED,))  # rule 7


class TransactionManager(Node):
    """The TM. It gives up on RMs that are not prepared after `patience_s` seconds."""

    def __init__(self, patience_s: float = 0.5) -> None:
        self.patience_s = patience_s

    def on_start(self, ctx: Context) -> None:
        self.state = ctx.disk.get("state", INIT)
        self.prepared: set[str] = set()

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        if self.state in FINAL:
            ctx.send(sender, ORDERS[self.state])  # rule 7
        elif message == (PREPARED,):
            self.receive_prepared(ctx, sender)
        elif message == (ABORTED,):
            self.decide(ctx, ABORTED)  # rule 5

    def on_timer(self, ctx: Context, timer: str) -> None:
        self.decide(ctx, {"abort": ABORTED, "commit": COMMITTED}[timer])  # rule 5

    def receive_prepared(self, ctx: Context, rm: str) -> None:
        """Rule 3."""
        if not self.prepared:
            self.begin(ctx, rm)
        self.prepared.add(rm)
        if self.prepared == set(ctx.peers):
            self.all_prepared(ctx)

    def begin(self, ctx: Context, initiating: str) -> None:
        """Ask all others, and do not wait for them for ever."""
        for rm in ctx.peers:
            if rm != initiating:
                ctx.send(rm, ("prepare",))
        ctx.set_timer("abort", self.patience_s)

    def all_prepared(self, ctx: Context) -> None:
        self.decide(ctx, COMMITTED)  # rule 4

    def decide(self, ctx: Context, outcome: str) -> None:
        self.state = ctx.disk["state"] = outcome
        ctx.cancel_timer("abort")
        ctx.cancel_timer("commit")
        ctx.broadcast(ORDERS[outcome])


def two_phase_commit(
    count: int,
    votes: Mapping[str, str] | None = None,
    *,
    rm: type[TwoPhaseResourceManager] = TwoPhaseResourceManager,
    tm: type[TransactionManager] = TransactionManager,
    patience_s: float = 1.0,
) -> dict[str, Factory]:
    """Nodes "r1", "r2", ... and "TM". A client's request to any RM begins the commitment: ("commit",).

    `votes` says who aborts: {"r2": ABORTED}. `rm` and `tm` are classes to run in place of the right ones. An RM asks
    after `patience_s` seconds, the TM aborts after half of that.
    """
    rms = names("r", count)
    wanted = {name: (votes or {}).get(name, PREPARED) for name in rms}
    nodes: dict[str, Factory] = {name: partial(rm, vote=vote, patience_s=patience_s) for name, vote in wanted.items()}
    return nodes | {TM: partial(tm, patience_s=patience_s / 2)}


def machines(count: int, co_located: bool) -> dict[str, str]:
    """Where the processes run: each alone, or the TM beside the initiating RM."""
    return {name: name for name in names("r", count)} | {TM: "r1" if co_located else TM}


# Nodes with the freedom of the specification


class SpecifiedResourceManager(TwoPhaseResourceManager):
    """It prepares, or aborts in silence, whenever it likes: each of two timers may run out first."""

    def on_start(self, ctx: Context) -> None:
        super().on_start(ctx)
        if self.state == WORKING:
            ctx.set_timer(PREPARED, 1.0)
            ctx.set_timer(ABORTED, 1.0)

    def on_timer(self, ctx: Context, timer: str) -> None:
        self.enter(ctx, timer)
        self.announce(ctx)

    def announce(self, ctx: Context) -> None:
        if self.state == PREPARED:
            super().announce(ctx)

    def enter(self, ctx: Context, state: str) -> None:
        super().enter(ctx, state)
        ctx.cancel_timer(PREPARED)
        ctx.cancel_timer(ABORTED)

    def wait(self, ctx: Context) -> None:
        """Messages that were sent stay: there is nothing to ask for."""


class SpecifiedTransactionManager(TransactionManager):
    """It may abort from the start, asks nobody, and commits when it likes once it may."""

    def on_start(self, ctx: Context) -> None:
        super().on_start(ctx)
        if self.state == INIT:
            ctx.set_timer("abort", 1.0)

    def begin(self, ctx: Context, initiating: str) -> None:
        """The RMs prepare by themselves."""

    def all_prepared(self, ctx: Context) -> None:
        ctx.set_timer("commit", 1.0)


def specified(count: int) -> dict[str, Factory]:
    """Nodes for `explore(..., network="lasting")` that have the states of `TwoPhase(count)`."""
    return dict.fromkeys(names("r", count), SpecifiedResourceManager) | {TM: SpecifiedTransactionManager}
