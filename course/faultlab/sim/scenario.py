"""Everything about a run except the nodes' code: the network, the clients, the faults, the seed. Plain values, JSON in
and out, so that a run can be shared as a few lines of text.

    Scenario(until_s=10, network=Network(latency=Uniform(0.005, 0.015), loss=0.01), faults=[crash("A", at_s=3)],
             clients=[Client("ann", [("write", "x", 1), ("read", "x")], to="A B C")], seed=7)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from faultlab.sim import latency as latencies
from faultlab.sim.faults import Fault, Schedule, flat
from faultlab.sim.latency import Latency, Uniform
from faultlab.sim.plain import Plain, from_literal, literal, plain

SCHEMA = 1


@dataclass(frozen=True)
class Link:
    """One direction between two nodes. `loss` and `duplicate` are shares of its messages (0 to 1)."""

    latency: Latency = field(default_factory=Uniform)
    loss: float = 0.0
    duplicate: float = 0.0
    fifo: bool = False

    def __post_init__(self) -> None:
        for name in ("loss", "duplicate"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {getattr(self, name)!r}")

    def to_json(self) -> dict[str, Any]:
        return {
            "latency": latencies.to_json(self.latency),
            "loss": self.loss,
            "duplicate": self.duplicate,
            "fifo": self.fifo,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Link:
        return cls(latencies.from_json(data["latency"]), data["loss"], data["duplicate"], data["fifo"])


@dataclass(frozen=True)
class Network(Link):
    """All links alike, except those in `links`, by (source, target).

    Without `fifo` a message may overtake another one on the same link: latencies are drawn one by one. A node's message
    to itself arrives at once and is never lost.
    """

    links: Mapping[tuple[str, str], Link] = field(default_factory=dict)

    def link(self, source: str, target: str) -> Link:
        return self.links.get((source, target), self)

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"links": [[a, b, link.to_json()] for (a, b), link in self.links.items()]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Network:
        plain_link = Link.from_json(data)
        links = {(a, b): Link.from_json(one) for a, b, one in data.get("links", ())}
        return cls(plain_link.latency, plain_link.loss, plain_link.duplicate, plain_link.fifo, links)


@dataclass(frozen=True)
class Client:
    """A client: it makes its `calls` one after the other, each when the one before is answered.

    It sits beside the nodes `to` (names, or one text of names) and asks them in turn: the first, and after a refusal or
    `timeout_s` without an answer the next. With `retry` it asks again with the same request until it is answered;
    without, a call that was not answered in time is given up, and nobody knows whether it took effect.
    """

    name: str
    calls: tuple[Plain, ...]
    to: tuple[str, ...]
    start_s: float = 0.0
    pause_s: float = 0.1
    timeout_s: float = 1.0
    retry: bool = False

    def __init__(
        self,
        name: str,
        calls: Iterable[Plain],
        to: str | Iterable[str],
        start_s: float = 0.0,
        pause_s: float = 0.1,
        timeout_s: float = 1.0,
        retry: bool = False,
    ) -> None:
        nodes = tuple(to.split()) if isinstance(to, str) else tuple(to)
        times = {"start_s": start_s, "pause_s": pause_s, "timeout_s": timeout_s}
        bad = [n for n, value in times.items() if not 0 <= value < math.inf] + ["to"] * (not nodes)
        # Without a moment between two askings, a client would ask a node that is down for ever, and no time would pass.
        if bad := bad + ["timeout_s"] * (timeout_s < 1e-6):
            raise ValueError(f"client {name!r}: {bad[0]} cannot be {times.get(bad[0], to)!r}")
        made = {"name": name, "calls": tuple(map(plain, calls)), "to": nodes, "retry": retry} | times
        for key, value in made.items():
            object.__setattr__(self, key, value)

    def to_json(self) -> dict[str, Any]:
        # Calls hold tuples, which JSON does not know: they go as text.
        return vars(self) | {"to": list(self.to), "calls": list(map(literal, self.calls))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Client:
        return cls(**{**data, "calls": [from_literal(text) for text in data["calls"]]})


@dataclass(frozen=True)
class Scenario:
    """A run without its nodes. `events_max` ends a run that would not end by itself."""

    until_s: float = 10.0
    seed: int = 1
    network: Network = field(default_factory=Network)
    faults: tuple[Fault, ...] = ()
    clients: tuple[Client, ...] = ()
    events_max: int = 200_000

    def __init__(
        self,
        until_s: float = 10.0,
        *,
        seed: int = 1,
        network: Network | None = None,
        faults: Schedule = (),
        clients: Iterable[Client] = (),
        events_max: int = 200_000,
    ) -> None:
        if not 0 < until_s < math.inf:
            raise ValueError(f"until_s is a number of seconds above 0, not {until_s!r}")
        if type(events_max) is not int or events_max < 1:
            raise ValueError(f"events_max is a number from 1 on, not {events_max!r}")
        made = {"until_s": float(until_s), "seed": seed, "network": network or Network(), "events_max": events_max}
        made |= {"faults": flat(faults), "clients": tuple(clients)}
        if len({c.name for c in made["clients"]}) < len(made["clients"]):
            raise ValueError("two clients have the same name")
        for key, value in made.items():
            object.__setattr__(self, key, value)

    def with_faults(self, *more: Fault) -> Scenario:
        """The same run with further faults."""
        return Scenario(**vars(self) | {"faults": (*self.faults, *more)})

    def check(self, names: Iterable[str]) -> None:
        """ValueError in one line if it speaks of a node that is not among `names`."""
        known = set(names)
        spoken = [("fault", f, f.names()) for f in self.faults] + [("client", c.name, set(c.to)) for c in self.clients]
        spoken += [("link", pair, set(pair)) for pair in self.network.links]
        for what, which, named in spoken:
            if strange := named - known:
                raise ValueError(f"{what} {which}: no node {min(strange)!r}; known: {', '.join(sorted(known))}")
        if both := known & {c.name for c in self.clients}:
            raise ValueError(f"{min(both)!r} is a node and a client")

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "until_s": self.until_s,
            "seed": self.seed,
            "network": self.network.to_json(),
            "faults": [f.to_json() for f in self.faults],
            "clients": [c.to_json() for c in self.clients],
            "events_max": self.events_max,
        }

    @classmethod
    def from_json(cls, data: Any) -> Scenario:
        """What `to_json` wrote; ValueError in one line for anything else."""
        try:
            if data["schema"] != SCHEMA:
                raise ValueError(f"a scenario of schema {data['schema']!r}; this version reads {SCHEMA}")
            return cls(
                data["until_s"],
                seed=data["seed"],
                network=Network.from_json(data["network"]),
                faults=[Fault.from_json(f) for f in data["faults"]],
                clients=[Client.from_json(c) for c in data["clients"]],
                events_max=data.get("events_max", 200_000),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"not a scenario: {type(error).__name__} {error}") from error
