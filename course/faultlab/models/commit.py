"""Atomic commitment: several databases hold parts of one transaction, and all of them commit it, or none does.

A resource manager (RM) is one of them. Its life has four states:

    working ----> prepared ----> committed
       |             |
       +-------------+---------> aborted

A working RM may still abort alone, for whatever reason. A prepared one has given that right away: it can commit and it
can abort, after any crash, and it waits to be told which.

What is promised (Gray & Lamport, section 2)
1. Stability: committed and aborted are final.
2. Consistency: no RM is committed while another one is aborted.
3. An RM commits only if all RMs have been prepared; it aborts from "working" alone, or from "prepared" if none commits.
4. Non-triviality: if nothing fails, all prepared leads to all committed, and one aborted leads to all aborted.
5. Non-blocking: if enough nodes have been well for long enough, their RMs decide. Two-phase commit does not have it.

`TCommit` is 1 to 3 as a specification, with no messages: each RM sees the states of all others. The protocols carry it
out with messages: `models/two_phase_commit.py`, `models/paxos_commit.py`. What their RMs share is `ResourceManager`;
what they cost, `cost` counts.

What is counted (section 3.2). Processes run on machines, and several may share one. A message between processes of one
machine costs nothing and takes no time. What a process sends in one step to processes of one machine is one message. It
is the case without failures, from the request to commit until every RM has committed.

Left out: how a transaction came to have these RMs, several transactions at once, and forgetting a transaction that is
over. Writes to disk are not counted: a node here writes in every step, where the paper bundles.

Sources: J. Gray, L. Lamport, "Consensus on Transaction Commit", ACM TODS 31(1), 2006; the module TCommit in the
appendix and in the TLA+ examples, whose names the actions keep.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultlab.sim.latency import Constant
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import NodeView, Property, Snapshot, always, sometimes
from faultlab.sim.scenario import Client, Link, Network
from faultlab.sim.trace import Trace
from faultlab.sim.world import simulate

WORKING, PREPARED, COMMITTED, ABORTED = "working", "prepared", "committed", "aborted"
FINAL = (COMMITTED, ABORTED)
# What whoever has decided tells an RM.
ORDERS = {COMMITTED: ("commit",), ABORTED: ("abort",)}
PATIENCE = "patience"


def names(letter: str, count: int) -> list[str]:
    """["r1", "r2", ...]"""
    return [f"{letter}{i}" for i in range(1, count + 1)]


def state_of(rm: NodeView) -> str:
    """The state of an RM; that of one that is down stands on its disk."""
    return rm.get("state") or rm.disk.get("state", WORKING)


def states(s: Snapshot, rms: Iterable[str]) -> set[str]:
    """The states in which these RMs are."""
    return {state_of(s[rm]) for rm in rms}


def decided(s: Snapshot, rms: Iterable[str]) -> bool:
    """Is every one of these RMs that is up in a final state?"""
    return all(state_of(s[rm]) in FINAL for rm in rms if s[rm].up)


def promises(rms: Sequence[str]) -> list[Property]:
    """Rules 2 and 3 as properties, for specifications and nodes alike."""

    def consistent(s: Snapshot) -> Any:
        return not states(s, rms) >= {COMMITTED, ABORTED} or f"one has committed, one has aborted: {_said(s, rms)}"

    def prepared_before(s: Snapshot) -> Any:
        now = states(s, rms)
        return COMMITTED not in now or WORKING not in now or f"one commits before all are prepared: {_said(s, rms)}"

    return [always("consistency", consistent), always("no commit before all are prepared", prepared_before)]


def outcomes(rms: Sequence[str]) -> list[Property]:
    """Both ends are possible: without them a protocol that does nothing keeps every promise."""
    return [
        sometimes("all commit", lambda s: states(s, rms) == {COMMITTED}),
        sometimes("all abort", lambda s: states(s, rms) == {ABORTED}),
    ]


def _said(s: Snapshot, rms: Iterable[str]) -> str:
    return ", ".join(f"{rm} {state_of(s[rm])}" for rm in rms)


# The specification


class Specification:
    """What specifications share as models for `sim/search.py`: nothing is asked of other processes, and a run does not
    end while something can change."""

    def canonical(self, state: Hashable) -> Hashable:
        return state

    def must(self, _action: Any) -> bool:
        return True

    def passed(self) -> list[Hashable]:
        return []

    def prepare(self, _states: Sequence[Hashable]) -> None:
        """Nothing to prepare."""


class TCommit(Specification):
    """The module TCommit for `count` RMs. A state is the tuple of the RMs' states."""

    def __init__(self, count: int) -> None:
        self.rms = names("r", count)

    def initial(self) -> list[tuple[str, ...]]:
        return [(WORKING,) * len(self.rms)]

    def successors(self, state: tuple[str, ...]) -> list[tuple[Any, tuple[str, ...]]]:
        return list(self._next(state))

    def _next(self, state: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        can_commit = set(state) <= {PREPARED, COMMITTED}
        not_committed = COMMITTED not in state
        for i, rm in enumerate(self.rms):
            if state[i] == WORKING:
                yield ("Prepare", rm), replaced(state, i, PREPARED)
            if state[i] == PREPARED and can_commit:
                yield ("DecideC", rm), replaced(state, i, COMMITTED)
            if state[i] in (WORKING, PREPARED) and not_committed:
                yield ("DecideA", rm), replaced(state, i, ABORTED)

    def snapshot(self, state: tuple[str, ...]) -> Snapshot:
        return Snapshot(views(self.rms, state))


def replaced(state: tuple[str, ...], place: int, value: str) -> tuple[str, ...]:
    return (*state[:place], value, *state[place + 1 :])


def views(rms: Iterable[str], rm_states: Iterable[str]) -> dict[str, NodeView]:
    """RMs as a property sees nodes, so that one property serves specifications and nodes."""
    return {rm: NodeView(rm, {"state": state}, {}, True) for rm, state in zip(rms, rm_states, strict=True)}


# The resource manager


class ResourceManager(Node):
    """What the RMs of all protocols do. A protocol says how to `announce` the vote, and whom to `ask`.

    `vote` is what the RM does when the time comes: PREPARED or ABORTED. A client's request makes it the initiating RM,
    and is answered with the outcome. A prepared RM that has heard nothing for `patience_s` seconds asks.
    """

    def __init__(self, vote: str = PREPARED, patience_s: float = 1.0) -> None:
        if vote not in (PREPARED, ABORTED):
            raise ValueError(f"an RM votes {PREPARED!r} or {ABORTED!r}, not {vote!r}")
        self.vote, self.patience_s = vote, patience_s

    def on_start(self, ctx: Context) -> None:
        self.state = ctx.disk.get("state", WORKING)
        self.request = ""
        if self.state == PREPARED:
            self.wait(ctx)

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        self.request = request
        if self.state == WORKING:
            self.initiate(ctx)
        else:
            self._answer(ctx)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        match message:
            case ("prepare",):
                self.choose(ctx)
            case ("commit",):
                self.learn(ctx, COMMITTED)
            case ("abort",):
                self.learn(ctx, ABORTED)

    def on_timer(self, ctx: Context, timer: str) -> None:
        if timer == PATIENCE:
            self.ask(ctx)
            self.wait(ctx)

    # What a protocol adds

    def announce(self, ctx: Context) -> None:
        """Tell the others what this RM has chosen: `self.state`."""
        raise NotImplementedError

    def ask(self, ctx: Context) -> None:
        """Ask whoever may know the outcome."""
        raise NotImplementedError

    def initiate(self, ctx: Context) -> None:
        """Be the first to choose."""
        self.choose(ctx)

    # What all do

    def choose(self, ctx: Context) -> None:
        """Leave "working", one way or the other. The state is on the disk before anybody hears of it."""
        if self.state == WORKING:
            self.enter(ctx, self.vote)
            self.announce(ctx)

    def learn(self, ctx: Context, outcome: str) -> None:
        """Rule 1: what is final stays."""
        if self.state not in FINAL:
            self.enter(ctx, outcome)

    def enter(self, ctx: Context, state: str) -> None:
        self.state = ctx.disk["state"] = state
        if state == PREPARED:
            self.wait(ctx)
        else:
            ctx.cancel_timer(PATIENCE)
        self._answer(ctx)

    def wait(self, ctx: Context) -> None:
        ctx.set_timer(PATIENCE, self.patience_s)

    def _answer(self, ctx: Context) -> None:
        if self.request and self.state in FINAL:
            ctx.reply(self.request, self.state)
            self.request = ""


# What it costs

# A power of two: sums of it are exact.
DELAY_S = 2.0**-6


@dataclass(frozen=True)
class Cost:
    """Messages between machines, and message delays from the request until the last RM has committed."""

    messages: int
    delays: float


def cost(nodes: Mapping[str, Factory], machines: Mapping[str, str], initiator: str = "r1") -> Cost:
    """Run the protocol once without failures and count. `machines` maps each process to where it runs.

    RuntimeError if the RMs have not all committed when all is quiet, or if one of them had to ask.
    """
    together = [(a, b) for a in nodes for b in nodes if a != b and machines[a] == machines[b]]
    network = Network(Constant(DELAY_S), links={pair: Link(Constant(0.0)) for pair in together})
    client = Client("app", [("commit",)], to=initiator, timeout_s=100.0)
    trace = simulate(nodes, until_s=50.0, network=network, clients=[client])
    rms = {name for name, fields in trace.state(len(trace) - 1).items() if "vote" in fields}
    commits = [trace[i] for i, fields in trace.changes.items() if fields.get("state") == COMMITTED]
    commits_s = {event.node: event.at_s for event in commits if event.node in rms}
    if commits_s.keys() != rms or trace.of("timer"):
        raise RuntimeError("not the normal case: some RM has not committed, or a timer ran out")
    begun_s = trace.of("request")[0].at_s
    return Cost(messages_between(trace, machines), (max(commits_s.values()) - begun_s) / DELAY_S)


def messages_between(trace: Trace, machines: Mapping[str, str]) -> int:
    """Messages that go from one machine to another. What one step sends to one machine is one message."""
    count = 0
    reached: set[str] = set()
    for event in trace:
        if event.kind in ("start", "deliver", "timer", "request"):
            reached = {machines[event.node]}
        elif event.kind == "send" and machines[event.other] not in reached:
            reached.add(machines[event.other])
            count += 1
    return count
