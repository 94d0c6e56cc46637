"""A discrete-event loop: a heap of (moment, serial number, function), and time that jumps from one to the next.

Rules
1. Functions run in the order of their moments. Between two of them nothing changes, so nothing has to be computed.
2. Two functions of the same moment run in the order in which they were scheduled: the serial number breaks the tie. A
   heap alone would compare the functions next, and where that works at all the order would depend on the machine.
3. A function may schedule more, now or later, never in the past.

Left out: priorities among functions of one moment, and any kind of process or coroutine. Handlers that end at once are
enough here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from faultlab.sim.clock import VirtualClock


class Loop:
    """Runs scheduled functions on `clock` (a fresh `VirtualClock` if None). `now_s` is its time."""

    __slots__ = ("_cancelled", "_heap", "_serial", "clock")

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._serial = 0
        self._cancelled: set[int] = set()

    @property
    def now_s(self) -> float:
        return self.clock.now_s

    def __len__(self) -> int:
        """Functions still to run."""
        return len(self._heap) - len(self._cancelled)

    def at(self, moment_s: float, function: Callable[..., Any], *args: Any) -> int:
        """Run `function(*args)` at `moment_s`.

        The answer is a number for `cancel`. ValueError if the moment is past or never.
        """
        if not (self.clock.now_s <= moment_s < math.inf):
            raise ValueError(f"it is {self.clock.now_s!r} s: nothing can be scheduled for {moment_s!r} s")
        self._serial += 1
        heappush(self._heap, (moment_s, self._serial, function, args))
        return self._serial

    def after(self, delay_s: float, function: Callable[..., Any], *args: Any) -> int:
        """Run `function(*args)` in `delay_s` seconds; see `at`."""
        return self.at(self.clock.now_s + delay_s, function, *args)

    def cancel(self, number: int) -> None:
        """Forget what `at` or `after` scheduled under `number`; it must not have run yet."""
        self._cancelled.add(number)

    def run(self, until_s: float | None = None) -> float:
        """Run everything up to and including `until_s` (all there is, if None) and return the time.

        With `until_s` the clock stands there at the end, even if nothing happened so late; what is scheduled later
        stays for the next `run`. Without it a model that keeps scheduling runs for ever.
        """
        heap, cancelled, clock = self._heap, self._cancelled, self.clock
        while heap and (until_s is None or heap[0][0] <= until_s):
            moment_s, serial, function, args = heappop(heap)
            if serial in cancelled:
                cancelled.discard(serial)
                continue
            clock.now_s = moment_s  # never backwards: `at` saw to that
            function(*args)
        if until_s is not None:
            clock.advance_to(until_s)
        return clock.now_s
