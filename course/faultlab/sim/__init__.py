"""Virtual time, an event loop on it, and independent random streams: what every simulation of the course stands on."""

from faultlab.sim.clock import VirtualClock
from faultlab.sim.loop import Loop
from faultlab.sim.streams import stream

__all__ = ["Loop", "VirtualClock", "stream"]
