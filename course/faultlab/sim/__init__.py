"""The laboratory: protocols as nodes, run in virtual time, searched exhaustively, and looked at as traces.

    node        a participant, as handlers                 properties  what a protocol promises
    scenario    network, clients, faults and seed          explore     every order of events, within bounds
    world       a run in virtual time                      history     what clients saw, and which models allow it
    trace       what happened                              streams     independent random numbers by name
"""

from faultlab.sim.clock import VirtualClock
from faultlab.sim.explore import Exploration, explore
from faultlab.sim.faults import (
    Fault,
    crash,
    cut,
    delay,
    drop,
    duplicate,
    heal,
    loss,
    partition,
    pause,
    random_faults,
    restart,
    resume,
    skew,
)
from faultlab.sim.latency import Constant, Exponential, LogNormal, Mixture, Pareto, Uniform
from faultlab.sim.loop import Loop
from faultlab.sim.node import Context, Node
from faultlab.sim.properties import Property, always, eventually, judge, sometimes
from faultlab.sim.scenario import Client, Link, Network, Scenario
from faultlab.sim.search import Bounds
from faultlab.sim.streams import stream
from faultlab.sim.trace import Event, Finding, Trace
from faultlab.sim.world import World, simulate

__all__ = [
    "Bounds",
    "Client",
    "Constant",
    "Context",
    "Event",
    "Exploration",
    "Exponential",
    "Fault",
    "Finding",
    "Link",
    "LogNormal",
    "Loop",
    "Mixture",
    "Network",
    "Node",
    "Pareto",
    "Property",
    "Scenario",
    "Trace",
    "Uniform",
    "VirtualClock",
    "World",
    "always",
    "crash",
    "cut",
    "delay",
    "drop",
    "duplicate",
    "eventually",
    "explore",
    "heal",
    "judge",
    "loss",
    "partition",
    "pause",
    "random_faults",
    "restart",
    "resume",
    "simulate",
    "skew",
    "sometimes",
    "stream",
]
