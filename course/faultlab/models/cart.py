"""A shopping cart on several devices: three ways to merge it, and what each does to the customer.

Phone and tablet hold a copy each. Both may be offline, both may be changed, and when they meet, the copies are merged.

`LastWriterCart`: the newer cart wins as a whole. What was put in on the other device is gone.

`UnionCart` is the cart of Dynamo (DeCandia et al., 2007, sections 4.4 and 6.1): the union of both, with the greater
quantity. Nothing that was put in is ever lost, and what was taken out comes back, as the paper says itself. Two devices
that both add one end with one.

`CounterCart` keeps for each item, and for each replica, how many that replica has ever put in and taken out, and how
many of these a removal has seen:
1. Quantities of two devices add up, because each counts on its own entry (a PN-counter for each item).
2. A removal takes what it has seen. What another device puts in meanwhile stays, and only that (observed-remove).
3. To set a quantity is to add the difference to what this device shows.
4. Each number only grows, and a merge takes the maximum: commutative, associative, idempotent. Not the quantities are
   merged but what led to them.
The price: up to four numbers for each item and replica that ever touched it, also after the item is gone. Whether that
residue may be forgotten, only somebody who knows of all replicas can say; a shop starts a new cart at the checkout.

What no merge can do: two devices take out the last one each, and the count is -1. It is shown as none.

Sources: G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007; M. Shapiro et al., INRIA
RR-7506, 2011, section 3.1 (counters) and 3.3.5 (observed-remove set).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faultlab.models.clocks import VectorClock


@dataclass(frozen=True)
class LastWriterCart:
    """The whole cart as one value with a time. `time_s` of an update is that of the device's own clock."""

    items: Mapping[str, int] = field(default_factory=dict)
    stamp: tuple[float, str] = (float("-inf"), "")

    def add(self, replica: str, item: str, quantity: int = 1, time_s: float = 0.0) -> LastWriterCart:
        left = max(0, self.items.get(item, 0) + quantity)
        return LastWriterCart(_with(self.items, item, left), (time_s, replica))

    def remove(self, replica: str, item: str, time_s: float = 0.0) -> LastWriterCart:
        return LastWriterCart(_with(self.items, item, 0), (time_s, replica))

    @property
    def value(self) -> dict[str, int]:
        return dict(self.items)

    def merge(self, other: LastWriterCart) -> LastWriterCart:
        return other if other.stamp > self.stamp else self


@dataclass(frozen=True)
class UnionCart:
    """Everything that either has, with the greater quantity."""

    items: Mapping[str, int] = field(default_factory=dict)

    def add(self, replica: str, item: str, quantity: int = 1, time_s: float = 0.0) -> UnionCart:
        return UnionCart(_with(self.items, item, max(0, self.items.get(item, 0) + quantity)))

    def remove(self, replica: str, item: str, time_s: float = 0.0) -> UnionCart:
        return UnionCart(_with(self.items, item, 0))

    @property
    def value(self) -> dict[str, int]:
        return dict(self.items)

    def merge(self, other: UnionCart) -> UnionCart:
        names = sorted({*self.items, *other.items})
        return UnionCart({n: max(self.items.get(n, 0), other.items.get(n, 0)) for n in names})


def _with(items: Mapping[str, int], item: str, quantity: int) -> dict[str, int]:
    others = {name: count for name, count in items.items() if name != item}
    return {**others, item: quantity} if quantity else others


@dataclass(frozen=True)
class Line:
    """One item: what each replica has put in and taken out, and how much of that removals have seen."""

    put: VectorClock = field(default_factory=VectorClock)
    taken: VectorClock = field(default_factory=VectorClock)
    put_gone: VectorClock = field(default_factory=VectorClock)
    taken_gone: VectorClock = field(default_factory=VectorClock)

    @property
    def quantity(self) -> int:
        put, gone = sum(self.put.values()), sum(self.put_gone.values())
        return (put - gone) - (sum(self.taken.values()) - sum(self.taken_gone.values()))

    def add(self, replica: str, quantity: int) -> Line:
        if quantity < 0:
            taken = VectorClock({**self.taken, replica: self.taken[replica] - quantity})
            return Line(self.put, taken, self.put_gone, self.taken_gone)
        put = VectorClock({**self.put, replica: self.put[replica] + quantity})
        return Line(put, self.taken, self.put_gone, self.taken_gone)

    def remove(self) -> Line:
        """What is seen here is gone: the counts up to now no longer count."""
        return Line(self.put, self.taken, self.put, self.taken)

    def merge(self, other: Line) -> Line:
        return Line(*(mine.merge(theirs) for mine, theirs in zip(self.parts, other.parts, strict=True)))

    def __le__(self, other: Line) -> bool:
        return all(mine <= theirs for mine, theirs in zip(self.parts, other.parts, strict=True))

    @property
    def parts(self) -> tuple[VectorClock, VectorClock, VectorClock, VectorClock]:
        return self.put, self.taken, self.put_gone, self.taken_gone


@dataclass(frozen=True)
class CounterCart:
    """Quantities add up, removals take what they have seen, and every merge order gives the same cart."""

    lines: Mapping[str, Line] = field(default_factory=dict)

    def add(self, replica: str, item: str, quantity: int = 1, time_s: float = 0.0) -> CounterCart:
        """`quantity` more of `item` (fewer, if it is negative, but not below none here)."""
        line = self.lines.get(item, Line())
        return self._with(item, line.add(replica, max(quantity, -max(0, line.quantity))))

    def set(self, replica: str, item: str, quantity: int) -> CounterCart:
        """`quantity` of `item`, as far as this replica can see; ValueError for a negative one."""
        if quantity < 0:
            raise ValueError(f"{quantity} of {item!r}: a cart holds none or more")
        # Not what is shown: two who took the last one have left less than none.
        return self.add(replica, item, quantity - self.lines.get(item, Line()).quantity)

    def remove(self, replica: str, item: str, time_s: float = 0.0) -> CounterCart:
        """The cart without what this replica sees of `item`."""
        return self._with(item, self.lines[item].remove()) if item in self.lines else self

    def _with(self, item: str, line: Line) -> CounterCart:
        return CounterCart({**self.lines, item: line})

    @property
    def value(self) -> dict[str, int]:
        return {item: line.quantity for item, line in sorted(self.lines.items()) if line.quantity > 0}

    def merge(self, other: CounterCart) -> CounterCart:
        both = {n: line.merge(other.lines.get(n, Line())) for n, line in self.lines.items()}
        return CounterCart({**other.lines, **both})

    def __le__(self, other: CounterCart) -> bool:
        return all(line <= other.lines.get(n, Line()) for n, line in self.lines.items())

    @property
    def size(self) -> int:
        """How many numbers the cart carries."""
        return sum(len(part) for line in self.lines.values() for part in line.parts)
