"""A timeline: one run after another of the same nodes, where the next one differs in a fault or two.

Whoever adds a fault at 40 s wants to see what changes after 40 s. The first 40 seconds are the same by construction, so
they are not run again: the timeline keeps copies of the world on the way, and the next run starts from the last one
before the first difference. The trace is the same, event for event, as that of a run from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from faultlab.sim import faults
from faultlab.sim.node import Factory
from faultlab.sim.scenario import Scenario
from faultlab.sim.trace import Trace
from faultlab.sim.world import World

CHECKPOINTS = 12


@dataclass(frozen=True)
class Run:
    """A trace, and how many of its first events are the same as in the run before (none, if that had other clients)."""

    trace: Trace
    kept: int


class Timeline:
    """Runs of `nodes` (names to classes), each from the last checkpoint that it shares with the one before."""

    def __init__(self, nodes: Mapping[str, Factory]) -> None:
        self._nodes = dict(nodes)
        self._scenario: Scenario | None = None
        self._trace: Trace | None = None
        self._checkpoints: list[World] = []

    def run(self, scenario: Scenario, title: str = "") -> Run:
        """The trace of `scenario`; ValueError in one line if it speaks of a node that is not there."""
        scenario.check(self._nodes)
        same_until_s = _same_until_s(self._scenario, scenario)
        # A list of its own: if this run is broken off, the one before it stays as it was.
        checkpoints = [world for world in self._checkpoints if world.now_s < same_until_s]
        world = checkpoints[-1].copy(scenario) if checkpoints else World(self._nodes, scenario)
        begun = world.events
        step_s = scenario.until_s / CHECKPOINTS
        at_s = world.now_s + step_s
        while at_s < scenario.until_s:
            world.run(at_s)
            checkpoints.append(world.copy())
            at_s += step_s
        trace = world.run().trace(title)
        before, self._scenario, self._trace, self._checkpoints = self._trace, scenario, trace, checkpoints
        return Run(trace, _common(before, trace, begun))


def _same_until_s(before: Scenario | None, after: Scenario) -> float:
    """Until when two scenarios cannot differ in what happens; 0 if they differ from the beginning."""
    if before is None or _without_faults(before) != _without_faults(after):
        return 0.0
    if _weather(before) != _weather(after):
        return 0.0  # whether the links draw losses at all is decided at the start
    changed = [
        min(f.at_s for f in pair if f is not None)
        for pair in zip_longest(before.faults, after.faults)
        if pair[0] != pair[1]
    ]
    return min(changed, default=float("inf"))


def _without_faults(scenario: Scenario) -> dict[str, object]:
    return {**vars(scenario), "faults": ()}


def _weather(scenario: Scenario) -> bool:
    return any(f.kind == faults.LOSS for f in scenario.faults)


def _common(before: Trace | None, after: Trace, begun: int) -> int:
    """How many leading events two traces share, with the changes of state and the timers that belong to them; the first
    `begun` were copied from the one to the other."""
    if before is None or before.clients != after.clients:
        return 0
    for index in range(begun, min(len(before.rows), len(after.rows))):
        same = before.rows[index] == after.rows[index]
        if not same or before.changes.get(index) != after.changes.get(index):
            return index
        if before.timers.get(index) != after.timers.get(index):
            return index
    return min(len(before.rows), len(after.rows))
