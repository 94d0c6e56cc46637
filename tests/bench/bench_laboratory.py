"""The simulator beside SimPy, and the model checker beside a plain search with `copy.deepcopy`; each pair in one run.

1. Ping-pong, messages per second: at least 3 times SimPy's without a trace, at least as fast with a full one. Both
   sides hand the same message to and fro with a delay of one second between. Processor time, median of 9 rounds in
   which the sides take turns.
2. Two-phase commit: states per second at least 5 times those of a plain breadth-first search, which runs the same
   handlers on live objects, copies the whole state with `copy.deepcopy` for each transition, and knows its states by
   the same text. Both find the same number of states.
3. Five resource managers, 8,832 states: how long it takes, and the peak of memory for each state.

Run it by `make bench`. It exits with 1 when a statement does not hold.
"""

from __future__ import annotations

import copy
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import simpy

from faultlab.models.two_phase_commit import specified
from faultlab.sim import Constant, Network, Node, Scenario, World, explore
from faultlab.sim.node import CANCEL, SEND, TIMER, Context
from faultlab.sim.plain import literal

ROUNDS, MESSAGES = 9, 60_000
WITHOUT_TRACE_MIN, WITH_TRACE_MIN, CHECKER_MIN = 3.0, 1.0, 5.0
STATES = {3: 288, 5: 8_832}
SECONDS_MAX = 10.0


# 1. Ping-pong


class Player(Node):
    def on_start(self, ctx: Context) -> None:
        self.seen = 0
        if ctx.name == "A":
            ctx.send("B", "ping")

    def on_message(self, ctx: Context, sender: str, message: str) -> None:
        self.seen += 1
        ctx.send(sender, "pong" if message == "ping" else "ping")


def ours(record: bool) -> float:
    """Messages per second of processor time."""
    scenario = Scenario(2.0 * MESSAGES, network=Network(Constant(1.0)), events_max=MESSAGES)
    world = World({"A": Player, "B": Player}, scenario, record=record)
    begun = time.process_time()
    world.run()
    return MESSAGES / (time.process_time() - begun)


def theirs() -> float:
    """The same with SimPy: a process for each player, a store for each direction."""
    env = simpy.Environment()
    here, there = simpy.Store(env), simpy.Store(env)
    seen = [0, 0]

    def player(which: int, inbox: simpy.Store, outbox: simpy.Store) -> Iterator[Any]:
        while True:
            message = yield inbox.get()
            seen[which] += 1
            yield env.timeout(1.0)
            outbox.put("pong" if message == "ping" else "ping")

    env.process(player(0, here, there))
    env.process(player(1, there, here))
    here.put("ping")
    begun = time.process_time()
    env.run(until=MESSAGES)
    return sum(seen) / (time.process_time() - begun)


# 2. A plain breadth-first search


class Plain:
    """The whole state as live objects: nodes, the timers that are set, and the growing set of messages."""

    def __init__(self, count: int) -> None:
        self.nodes: dict[str, Node] = {name: factory() for name, factory in specified(count).items()}
        self.timers: dict[str, set[str]] = {name: set() for name in self.nodes}
        self.messages: set[tuple[str, str, Any]] = set()
        for name, node in self.nodes.items():
            self.run(name, node.on_start)

    def run(self, name: str, handler: Callable[..., None], *args: Any) -> None:
        ctx = Context(name, self.nodes)
        handler(ctx, *args)
        for kind, *rest in ctx.effects:
            if kind == SEND:
                self.messages.add((name, rest[0], rest[1]))
            elif kind == TIMER:
                self.timers[name].add(rest[0])
            elif kind == CANCEL:
                self.timers[name].discard(rest[0])

    def key(self) -> str:
        return literal([{name: vars(node) for name, node in self.nodes.items()}, self.timers, self.messages])

    def successors(self) -> Iterator[Plain]:
        for source, target, message in self.messages:
            after = copy.deepcopy(self)
            after.run(target, after.nodes[target].on_message, source, message)
            yield after
        for name, timers in self.timers.items():
            for timer in timers:
                after = copy.deepcopy(self)
                after.timers[name].discard(timer)
                after.run(name, after.nodes[name].on_timer, timer)
                yield after


def plain_search(count: int) -> tuple[int, float]:
    """How many states there are, and states per second."""
    begun = time.process_time()
    first = Plain(count)
    known, open_ = {first.key()}, [first]
    for state in open_:
        for after in state.successors():
            key = after.key()
            if key not in known:
                known.add(key)
                open_.append(after)
    return len(known), len(known) / (time.process_time() - begun)


def our_search(count: int) -> tuple[int, float]:
    begun = time.process_time()
    result = explore(specified(count), network="lasting", audit=False)
    return result.states, result.states / (time.process_time() - begun)


# The report


def row(what: str, ours_: float, peer: str, theirs_: float, least: float) -> bool:
    ratio = ours_ / theirs_
    print(f"{what:<44}{peer:<26}{ours_:>12,.0f}{theirs_:>12,.0f}{ratio:>8.2f}{least:>10.2f}", end="")
    print("" if ratio >= least else "  MISSED")
    return ratio >= least


def main() -> bool:
    rounds = [(theirs(), ours(record=False), ours(record=True)) for _ in range(ROUNDS)]
    simpy_rate, bare, traced = (median(column) for column in zip(*rounds, strict=True))
    print(f"{'a second':<44}{'peer':<26}{'ours':>12}{'peer':>12}{'ratio':>8}{'at least':>10}")
    good = row("ping-pong messages, no trace", bare, "SimPy", simpy_rate, WITHOUT_TRACE_MIN)
    good &= row("ping-pong messages, full trace", traced, "SimPy", simpy_rate, WITH_TRACE_MIN)
    searches = [(our_search(3), plain_search(3)) for _ in range(3)]
    assert {one[0] for pair in searches for one in pair} == {STATES[3]}, searches
    rates = [median(pair[side][1] for pair in searches) for side in (0, 1)]
    good &= row("two-phase commit, 3 managers: states", rates[0], "copy.deepcopy, same nodes", rates[1], CHECKER_MIN)

    begun = time.perf_counter()
    result = explore(specified(5), network="lasting", audit=False)
    seconds = time.perf_counter() - begun
    tracemalloc.start()
    explore(specified(5), network="lasting", audit=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"\ntwo-phase commit, 5 managers: {result.states:,} states, {result.generated:,} transitions, {seconds:.1f} s,"
        f" {result.handled} handlers run, {peak / result.states:,.0f} bytes a state at the peak"
    )
    return good and result.states == STATES[5] and seconds < SECONDS_MAX


if __name__ == "__main__":
    sys.exit(not main())
