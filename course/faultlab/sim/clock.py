"""A clock that moves only when it is told to.

A clock, everywhere in the course, is a callable without arguments that returns seconds and never runs backwards. On
the real machine that is `time.monotonic`; in simulations and checks it is a `VirtualClock`. Code that takes its clock
as an argument cannot tell the two apart, so half an hour of waiting is tested in a microsecond, and twice with the
same result.

`time.time` is no such clock: it is set back and forth by whoever keeps the machine's date right, and a timeout
measured with it may end early, late, or never.
"""

from __future__ import annotations

import math


class VirtualClock:
    """Seconds since the start of a simulation: `clock()`, or `clock.now_s`. `sleep` and `advance` move it."""

    __slots__ = ("now_s",)

    def __init__(self, start_s: float = 0.0) -> None:
        self.now_s = float(start_s)

    def __call__(self) -> float:
        return self.now_s

    def __repr__(self) -> str:
        return f"VirtualClock({self.now_s:g} s)"

    def advance(self, duration_s: float) -> None:
        """Let `duration_s` seconds pass; ValueError if negative or not a finite number, and then no time has passed."""
        if not (0.0 <= duration_s < math.inf):
            raise ValueError(f"a clock moves forward by a finite time, not by {duration_s!r} s")
        self.now_s += duration_s

    def sleep(self, duration_s: float) -> None:
        """Stand in for `time.sleep`: the wait is over at once, and the clock shows it."""
        self.advance(duration_s)

    def advance_to(self, moment_s: float) -> None:
        """Move to `moment_s` exactly, without the rounding of a sum; ValueError if that is in the past or never."""
        if not (self.now_s <= moment_s < math.inf):
            raise ValueError(f"it is {self.now_s!r} s: the clock cannot move to {moment_s!r} s")
        self.now_s = moment_s
