"""How long a message takes: distributions as small values.

Each has `draw(stream) -> seconds`, and goes to JSON and back. They say nothing of which message overtakes which: two
messages on one link draw independently, so the second may arrive first.

When not to use them: real latencies come in bursts and depend on load. A queue in front of a server is a model of that;
a distribution is what the model leaves out.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any, ClassVar, Protocol


class Latency(Protocol):
    """A distribution of latencies in seconds."""

    kind: ClassVar[str]

    def draw(self, stream: Random) -> float: ...


def _demand(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(what)


@dataclass(frozen=True)
class Constant:
    """Always `latency_s`."""

    kind: ClassVar[str] = "constant"
    latency_s: float = 0.01

    def __post_init__(self) -> None:
        _demand(0 <= self.latency_s < math.inf, f"a latency is a number of seconds from 0 on, not {self.latency_s!r}")

    def draw(self, stream: Random) -> float:
        return self.latency_s


@dataclass(frozen=True)
class Uniform:
    """Anything from `low_s` to `high_s`, all equally likely."""

    kind: ClassVar[str] = "uniform"
    low_s: float = 0.005
    high_s: float = 0.015

    def __post_init__(self) -> None:
        _demand(0 <= self.low_s <= self.high_s < math.inf, f"not a range of seconds: {self.low_s!r} to {self.high_s!r}")

    def draw(self, stream: Random) -> float:
        return self.low_s + (self.high_s - self.low_s) * stream.random()


@dataclass(frozen=True)
class Exponential:
    """`floor_s` and an exponential of mean `mean_s` on top: mostly short, with a light tail."""

    kind: ClassVar[str] = "exponential"
    mean_s: float = 0.01
    floor_s: float = 0.0

    def __post_init__(self) -> None:
        _demand(0 < self.mean_s < math.inf and 0 <= self.floor_s < math.inf, f"not a latency: {self}")

    def draw(self, stream: Random) -> float:
        return self.floor_s - self.mean_s * math.log(1.0 - stream.random())


@dataclass(frozen=True)
class LogNormal:
    """Half of them below `median_s`; the logarithm is normal with standard deviation `sigma`."""

    kind: ClassVar[str] = "log-normal"
    median_s: float = 0.01
    sigma: float = 0.5

    def __post_init__(self) -> None:
        _demand(0 < self.median_s < math.inf and 0 <= self.sigma < 10, f"not a latency: {self}")

    def draw(self, stream: Random) -> float:
        return stream.lognormvariate(math.log(self.median_s), self.sigma)


@dataclass(frozen=True)
class Pareto:
    """At least `scale_s`, with a heavy tail: P(latency > t) = (scale_s / t) ** shape. No finite mean for shape <= 1."""

    kind: ClassVar[str] = "pareto"
    scale_s: float = 0.005
    shape: float = 2.0

    def __post_init__(self) -> None:
        # A smaller shape draws latencies that no float can hold.
        _demand(0 < self.scale_s < math.inf and 0.1 <= self.shape < math.inf, f"not a latency: {self}")

    def draw(self, stream: Random) -> float:
        return self.scale_s * (1.0 - stream.random()) ** (-1.0 / self.shape)


@dataclass(frozen=True)
class Mixture:
    """One of several distributions, each `(weight, distribution)` chosen in proportion to its weight."""

    kind: ClassVar[str] = "mixture"
    parts: tuple[tuple[float, Latency], ...] = ((1.0, Constant()),)

    def __post_init__(self) -> None:
        good = bool(self.parts) and all(0 < weight < math.inf for weight, _part in self.parts)
        _demand(good, "a mixture has parts, and their weights are above 0")

    def draw(self, stream: Random) -> float:
        left = stream.random() * sum(weight for weight, _part in self.parts)
        for weight, part in self.parts:
            left -= weight
            if left < 0:
                return part.draw(stream)
        return self.parts[-1][1].draw(stream)


KINDS: dict[str, type] = {c.kind: c for c in (Constant, Uniform, Exponential, LogNormal, Pareto, Mixture)}


def to_json(latency: Latency) -> dict[str, Any]:
    """{"kind": ..., and the fields}."""
    if isinstance(latency, Mixture):
        return {"kind": latency.kind, "parts": [[weight, to_json(part)] for weight, part in latency.parts]}
    return {"kind": latency.kind, **asdict(latency)}  # type: ignore[call-overload]


def from_json(data: Any) -> Latency:
    """What `to_json` wrote; ValueError in one line for anything else."""
    kind = KINDS.get(str(data.get("kind"))) if isinstance(data, dict) else None
    if kind is None:
        raise ValueError(f"a latency has a kind among {', '.join(KINDS)}; this is {str(data)[:60]}")
    given = {name: value for name, value in data.items() if name != "kind"}
    if kind is Mixture:
        try:
            parts = [(float(weight), part) for weight, part in given["parts"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"latency 'mixture': its parts are pairs of a weight and a latency ({error})") from None
        return Mixture(tuple((weight, from_json(part)) for weight, part in parts))
    known = {f.name for f in fields(kind)}
    wrong = [name for name, value in given.items() if name not in known or type(value) not in (int, float)]
    if wrong:
        raise ValueError(f"latency {kind.kind!r}: {wrong[0]!r} is not a number named {' or '.join(sorted(known))}")
    return kind(**given)
