"""How long a cluster of Raft nodes is without a leader: Figure 16 of the paper.

Five nodes; the leader sends one last heartbeat to all, and crashes. How long is it until somebody leads again?

The experiment of the paper (section 9.3)
1. The leader's last heartbeat goes to all at once, so that the timeouts of the others begin together: the worst case
   for split votes. The crash comes at any moment of the heartbeat interval after it: half the smallest timeout.
2. The logs have different lengths, so that not everyone can be elected: here one entry, two, three, four. Of the four
   that are left the two with the longest logs can win three votes.
3. A message and its answer take about 15 ms together (the paper's broadcast time).
4. The time is counted from the crash.

What it shows. Without randomness the candidates keep colliding, for ever if their clocks are equal. A spread of five
milliseconds breaks the tie after a few terms, fifty after one or two. And what the detection of the crash takes is a
matter of the smallest timeout, which may not come near the broadcast time.

What stands in the figure depends on the latencies of the authors' cluster, of which the paper gives one number. So the
order of the curves is to be expected here, and their shape, not their values.

Source: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014,
Figure 16.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from faultlab.models.raft import Raft
from faultlab.sim.faults import crash
from faultlab.sim.latency import Latency, Uniform
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.scenario import Network, Scenario
from faultlab.sim.streams import stream
from faultlab.sim.world import World

# The ranges of the two graphs of Figure 16, in seconds.
SPREADS_S = ((0.150, 0.150), (0.150, 0.151), (0.150, 0.155), (0.150, 0.175), (0.150, 0.200), (0.150, 0.300))
LEVELS_S = ((0.012, 0.024), (0.025, 0.050), (0.050, 0.100), (0.100, 0.200), (0.150, 0.300))
LATENCY = Uniform(0.005, 0.010)
LOOK_EVERY_S = 0.25


class LastHeartbeat(Node):
    """The leader of term 1 as far as the others can tell: one heartbeat, at the start."""

    def on_start(self, ctx: Context) -> None:
        ctx.broadcast(("append_entries", 1, 0, 0, (), 0))


class Survivor(Raft):
    """A follower in term 1 whose log holds `entries` entries."""

    def __init__(self, entries: int, timeout_s: tuple[float, float], elected: list[float]) -> None:
        super().__init__(timeout_s, heartbeat_s=timeout_s[0] / 2)
        self.entries, self.elected = entries, elected

    def on_start(self, ctx: Context) -> None:
        super().on_start(ctx)
        self.term, self.log = 1, [(1, None)] * self.entries

    def become_leader(self, ctx: Context) -> None:
        super().become_leader(ctx)
        # A note in a list outside the node: this world keeps no record, in which one could look it up.
        self.elected.append(ctx.now_s)


def election_times(
    timeout_s: tuple[float, float],
    runs: int = 100,
    seed: int | str = 1,
    *,
    latency: Latency = LATENCY,
    until_s: float = 10.0,
) -> list[float]:
    """Seconds without a leader in each of so many runs with timeouts from the range `timeout_s`, in ascending order.

    `latency` is that of one message in one direction. A run that has no leader within `until_s` seconds gives infinity:
    it is cut off, and nobody knows whether it would have ended. A run costs one to three milliseconds, and the longer
    the more often votes are split.
    """
    return sorted(_time_s(timeout_s, f"{seed}/{run}", latency, until_s) for run in range(runs))


def _time_s(timeout_s: tuple[float, float], seed: str, latency: Latency, until_s: float) -> float:
    crash_s = stream(seed, "crash").uniform(0, timeout_s[0] / 2)
    elected: list[float] = []

    def survivor(entries: int) -> Factory:
        return lambda: Survivor(entries, timeout_s, elected)

    nodes: dict[str, Factory] = {"A": LastHeartbeat} | {name: survivor(i) for i, name in enumerate("BCDE", 1)}
    scenario = Scenario(crash_s + until_s, seed=seed, network=Network(latency), faults=[crash("A", crash_s)])
    world = World(nodes, scenario, record=False)
    for look in range(1, math.ceil((crash_s + until_s) / LOOK_EVERY_S) + 1):
        world.run(min(look * LOOK_EVERY_S, crash_s + until_s))
        if elected:
            return elected[0] - crash_s
    return math.inf


def share_elected(times_s: Iterable[float], by_s: float) -> float:
    """The share of runs that had a leader within `by_s` seconds: a point of the curve in Figure 16."""
    counted = list(times_s)
    return sum(s <= by_s for s in counted) / len(counted)
