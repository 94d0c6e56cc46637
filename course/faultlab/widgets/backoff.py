"""The backoff panel: many clients want to write the same row, and wait in different ways after each lost race.

Two strategies run side by side on the same clients and the same network. Above, every write is a mark in the row of its
client, and below it stands the load that the server sees. The curves say how long each strategy waits, and what it
costs as the number of clients grows. The rules of the contention are those of `faultlab.models.backoff`.

A learner's strategy takes the place of the model: a value with `delay(attempt, previous_s, rng)`, a function of these
three, or a `Retry` class of the exercise, whose waits are then listened to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from faultlab.i18n import _, number
from faultlab.models import backoff
from faultlab.models.retry import STRATEGIES, Delays, Fixed
from faultlab.plots import svg
from faultlab.plots.backoff import cost_curves, delay_curves
from faultlab.widgets.panel import (
    LearnerTimeout,
    Panel,
    choice,
    explain,
    outcome,
    preset,
    question,
    slider,
)
from faultlab.widgets.panel import number as row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "yours"
CLIENTS = (5, 10, 20, 40, 70, 100)
PUBLISHED_BASE_S, PUBLISHED_CAP_S = 0.005, 2.0
LOAD_BINS = 50
WRITES_SHOWN_MAX = 4_000
ATTEMPTS_OF_A_RETRY_MAX = 400


def strategy_names() -> dict[str, str]:
    """The model's strategies by key, in the order of the menu, in the learner's language."""
    return {
        "none": _("no wait"),
        "fixed": _("fixed"),
        "exponential": _("exponential, no jitter"),
        "plus-minus": _("plus-minus 25%"),
        "equal": _("equal jitter"),
        "full": _("full jitter"),
        "decorrelated": _("decorrelated jitter"),
    }


def make_strategy(key: str, base_s: float, cap_s: float) -> Delays:
    """The strategy of that key. As in the published simulator, the first wait is twice the base (decorrelated: the
    base)."""
    if key == "none":
        return Fixed(0.0)
    return STRATEGIES[key](base_s if key in ("decorrelated", "fixed") else 2 * base_s, cap_s)


class WaitsOf:
    """The waits of an exercise's `Retry` class, as a strategy: the class retries a call that always fails, and its
    sleeps are noted."""

    def __init__(self, retry: type, base_s: float, cap_s: float) -> None:
        self._retry, self._base_s, self.cap_s = retry, base_s, cap_s
        self._waits: dict[int, list[float]] = {}

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        waits = (
            self._waits.setdefault(id(rng), [])
            if attempt > 1
            else self._waits.update({id(rng): []}) or self._waits[id(rng)]
        )
        if len(waits) < attempt:
            waits[:] = self._listen(max(16, 2 * attempt), rng)
        return waits[attempt - 1]

    def _listen(self, attempts: int, rng: random.Random) -> list[float]:
        waits: list[float] = []

        def fail() -> None:
            raise ConnectionError

        retry = self._retry(
            attempts_max=min(attempts, ATTEMPTS_OF_A_RETRY_MAX) + 1,
            base_s=self._base_s,
            cap_s=self.cap_s,
            deadline_s=float("inf"),
            is_retryable=lambda error: True,
            clock=lambda: sum(waits),
            sleep=waits.append,
            uniform=rng.uniform,
        )
        with suppress(ConnectionError):
            retry.call(fail)
        if len(waits) < attempts and len(waits) < ATTEMPTS_OF_A_RETRY_MAX:
            raise ValueError(
                _("the Retry gave up after {n} waits instead of {expected}", n=len(waits), expected=attempts)
            )
        return waits

    def bounds(self, attempt: int) -> tuple[float, float]:
        """What was seen in 20 runs: the class says nothing about itself."""
        seen = [self.delay(attempt, None, random.Random(run)) for run in range(20)]
        return min(seen), max(seen)


class FunctionStrategy:
    """A learner's function `f(attempt, previous_s, rng)` as a strategy."""

    def __init__(self, function: Callable[[int, float | None, random.Random], float]) -> None:
        self.delay = function

    def bounds(self, attempt: int) -> tuple[float, float]:
        seen = [self.delay(attempt, None, random.Random(run)) for run in range(20)]
        return min(seen), max(seen)


def own_strategy(given: Any, base_s: float, cap_s: float) -> Delays:
    """What a learner handed in, as a strategy; TypeError if it is none of the three."""
    if isinstance(given, type) and hasattr(given, "call"):
        return WaitsOf(given, base_s, cap_s)
    if hasattr(given, "delay") and hasattr(given, "bounds"):
        return given
    if callable(given):
        return FunctionStrategy(given)
    raise TypeError(_("a strategy is a function (attempt, previous_s, rng) -> seconds, or a Retry class"))


@cache
def cost(key: str) -> tuple[backoff.Averages, ...]:
    """Mean work and time against the number of clients with the published base and cap, two runs each."""
    return tuple(backoff.curve(make_strategy(key, PUBLISHED_BASE_S, PUBLISHED_CAP_S), CLIENTS, runs=2))


@lru_cache(maxsize=64)
def run(key: str, base_s: float, cap_s: float, clients: int, seed: int) -> backoff.Contention:
    return backoff.simulate(make_strategy(key, base_s, cap_s), clients, seed)


class BackoffPanel(Panel):
    topic = "backoff"

    def __init__(self, strategy: Any = None, **params: Any) -> None:
        self.strategy = strategy
        self._figures: dict[str, tuple[tuple, str]] = {}
        # Before `super` starts to count time against the learner's code.
        _prepare()
        super().__init__(**params)

    def describe(self) -> dict[str, Any]:
        names = strategy_names() | ({OWN: _("yours")} if self.strategy is not None else {})
        asked = question(
            _(
                "A hundred clients write the same row at once. "
                "Which way of waiting needs the fewest calls until all are through?"
            ),
            [("none", _("no wait")), ("exponential", _("exponential, no jitter")), ("full", _("full jitter"))],
        )
        last = question(
            _("And which one is through last?"),
            [("none", _("no wait")), ("exponential", _("exponential, no jitter")), ("full", _("full jitter"))],
            name="last",
        )
        options = list(names.items())
        return {
            "title": _("Backoff and jitter"),
            "question": asked,
            "controls": [
                choice("a", _("Strategy A"), OWN if self.strategy is not None else "exponential", options),
                choice("b", _("Strategy B"), "full", options),
                slider("clients", _("Clients"), 100, 2, 150, 1),
                choice(
                    "span", _("Time shown"), "5", [("1", _("1 s")), ("5", _("5 s")), ("20", _("20 s")), ("0", _("all"))]
                ),
                slider("base_ms", _("Base"), 5, 1, 200, 1, _("ms"), logarithmic=True),
                slider("cap_ms", _("Cap"), 2000, 50, 10_000, 50, _("ms"), logarithmic=True),
            ],
            "presets": [
                preset(
                    "herd",
                    _("No wait"),
                    _("nearly every write is a collision: the load stays as high as it can be."),
                    a="none",
                    span="1",
                ),
                preset(
                    "in-step",
                    _("In step"),
                    _("without jitter the clients meet again after every wait: spikes, and silence between them."),
                    question=last,
                    a="exponential",
                    span="20",
                ),
                preset(
                    "source",
                    _("A quarter of jitter"),
                    _("plus-minus 25% blurs the spikes and leaves most of the silence."),
                    a="plus-minus",
                ),
                preset(
                    "low-cap",
                    _("Cap too low"),
                    _("with a low cap the waits stop growing, and the collisions stay."),
                    a="full",
                    b="decorrelated",
                    cap_ms=50,
                ),
            ],
            "words": {
                "load": _("calls in {width} ms"),
                "time": _("time, s"),
                "client": _("client"),
                "won": _("written"),
                "lost": _("lost the race"),
                "total": _("{calls} calls, all through after {time} s"),
                "now": _("{done} of {clients} are through, {calls} calls so far"),
            },
            "time": {"end_s": 5, "speeds": [0.1, 0.5, 2, 10]},
        }

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        base_s, cap_s = params["base_ms"] / 1000, params["cap_ms"] / 1000
        if cap_s < base_s:
            raise ValueError(
                _("the cap ({cap} ms) is below the base ({base} ms)", cap=params["cap_ms"], base=params["base_ms"])
            )
        names = strategy_names() | {OWN: _("yours")}
        notice, sides = None, []
        for key in (params["a"], params["b"]):
            try:
                result = self._contention(key, base_s, cap_s, params)
            except (Exception, LearnerTimeout) as error:
                if key != OWN:
                    raise
                notice = _("Your strategy: {what}", what=explain(error))
                result = backoff.Contention(params["clients"])
            sides.append((key, names[key], result))
        end_s = float(params["span"]) or max(0.1, *(r.finish_s for _key, _name, r in sides))
        return {
            "sides": [_side(name, result, end_s) for _key, name, result in sides],
            "clients": params["clients"],
            "time_end_s": end_s,
            "events": _events(sides[0][2], end_s),
            "figures": self._draw(params, base_s, cap_s, broken=notice is not None),
            "answers": _answers(),
            "columns": [name for _key, name, _r in sides],
            "numbers": [
                row(_("calls"), *(r.calls for _k, _n, r in sides)),
                row(_("calls for each client"), *(round(r.calls / params["clients"], 1) for _k, _n, r in sides)),
                row(_("through after, s"), *(round(r.finish_s, 2) for _k, _n, r in sides)),
            ],
            "summary": " ".join(
                _(
                    "{name}: {calls} calls, all through after {time} s.",
                    name=n,
                    calls=number(r.calls),
                    time=number(r.finish_s, 2),
                )
                for _k, n, r in sides
            ),
            "log": _log(sides, end_s),
            "notice": notice,
        }

    def _contention(self, key: str, base_s: float, cap_s: float, params: Mapping[str, Any]) -> backoff.Contention:
        if key == OWN:
            return backoff.simulate(own_strategy(self.strategy, base_s, cap_s), params["clients"], params["seed"])
        return run(key, base_s, cap_s, params["clients"], params["seed"])

    def _draw(self, params: Mapping[str, Any], base_s: float, cap_s: float, *, broken: bool) -> dict[str, str]:
        """The three figures as SVG. None depends on the number of clients or the seed, so each is kept until it must
        change."""
        names = short_names()
        keys = tuple(k for k in dict.fromkeys((params["a"], params["b"])) if not (broken and k == OWN))
        chosen = tuple(names.get(k, "") for k in (params["a"], params["b"]))
        return {
            "delays": self._kept("delays", (keys, base_s, cap_s), lambda: self._delays(keys, base_s, cap_s)),
            "calls": self._kept("calls", chosen, lambda: _cost(_("Calls until all are through"), "calls", chosen)),
            "time": self._kept("time", chosen, lambda: _cost(_("Time until all are through, s"), "finish_s", chosen)),
        }

    def _kept(self, name: str, depends_on: tuple, draw: Callable[[], Figure]) -> str:
        if self._figures.get(name, ((), ""))[0] != depends_on or name not in self._figures:
            self._figures[name] = depends_on, svg.inline_svg(draw())
        return self._figures[name][1]

    def _delays(self, keys: tuple[str, ...], base_s: float, cap_s: float) -> Figure:
        names = strategy_names() | {OWN: _("yours")}
        own = {OWN: lambda: own_strategy(self.strategy, base_s, cap_s)}
        strategies = {names[k]: own[k]() if k in own else make_strategy(k, base_s, cap_s) for k in keys}
        words = {"title": _("How long it waits"), "attempt": _("failed attempt"), "wait": _("wait, s")}
        return delay_curves(strategies, words)


@cache
def _prepare() -> None:
    """What takes long the first time only: the runs behind the curves, and matplotlib's fonts."""
    for key in strategy_names():
        cost(key)
    svg.inline_svg(_cost("", "calls", ()))


def short_names() -> dict[str, str]:
    """Names that fit beside a curve."""
    return {
        "none": _("none"),
        "fixed": _("fixed"),
        "exponential": _("exp."),
        "plus-minus": _("±25%"),
        "equal": _("equal"),
        "full": _("full"),
        "decorrelated": _("decorr."),
    }


def _cost(title: str, quantity: str, chosen: tuple[str, ...]) -> Figure:
    names = short_names()
    curves = {name: cost(key) for key, name in names.items() if key not in ("fixed", "plus-minus") or name in chosen}
    return cost_curves(curves, {"title": title, "clients": _("clients")}, quantity=quantity, chosen=chosen)


def _side(name: str, result: backoff.Contention, end_s: float) -> dict[str, Any]:
    """What the picture needs of one run, cut at `end_s`: writes in order, and the load in `LOAD_BINS` intervals."""
    shown = [(client, round(at_s, 4), won) for client, at_s, won in result.writes if at_s <= end_s][:WRITES_SHOWN_MAX]
    load = [0] * LOAD_BINS
    for _client, at_s, _won in shown:
        load[min(LOAD_BINS - 1, int(at_s / end_s * LOAD_BINS))] += 1
    return {
        "name": name,
        "won": [[c, t] for c, t, won in shown if won],
        "lost": [[c, t] for c, t, won in shown if not won],
        "load": load,
        "calls": result.calls,
        "finish_s": round(result.finish_s, 3),
    }


def _events(result: backoff.Contention, end_s: float) -> list[float]:
    """The moments at which a client gets through: what stepping goes to."""
    return [round(at_s, 4) for _client, at_s, won in result.writes if won and at_s <= end_s]


def _answers() -> dict[str, dict[str, str]]:
    """With the published values: 100 clients, base 5 ms, cap 2 s, mean of two runs."""
    at_100 = {key: cost(key)[-1] for key in ("none", "exponential", "full")}
    fewest = min(at_100, key=lambda k: at_100[k].calls)
    last = max(at_100, key=lambda k: at_100[k].finish_s)
    values = {key.replace("-", "_"): number(a.calls) for key, a in at_100.items()}
    times = {key: number(a.finish_s, 1) for key, a in at_100.items()}
    return {
        "main": outcome(
            fewest,
            _(
                "No wait takes {none} calls, exponential {exponential}, full jitter {full} "
                "(base 5 ms, cap 2 s, mean of 2 runs).",
                **values,
            ),
        ),
        "last": outcome(
            last,
            _(
                "No wait is through after {none} s, full jitter after {full} s, "
                "exponential without jitter after {exponential} s: it goes on in step.",
                **times,
            ),
        ),
    }


def _log(sides: list[tuple[str, str, backoff.Contention]], end_s: float) -> list[str]:
    lines = []
    for _key, name, result in sides:
        done = calls = 0
        marks = [end_s * share for share in (0.1, 0.25, 0.5, 1)]
        for _client, at_s, won in result.writes:
            while marks and at_s > marks[0]:
                lines.append(
                    _(
                        "{name}, {time} s: {done} through, {calls} calls",
                        name=name,
                        time=number(marks.pop(0), 2),
                        done=done,
                        calls=calls,
                    )
                )
            done, calls = done + won, calls + 1
        if marks:
            lines.append(
                _(
                    "{name}, {time} s: {done} through, {calls} calls",
                    name=name,
                    time=number(result.finish_s, 2),
                    done=done,
                    calls=calls,
                )
            )
    return lines


def backoff_panel(strategy: Any = None, **params: Any) -> BackoffPanel:
    """Show the panel. `strategy`: the learner's own (see the module); `params` are start values of the controls, such
    as `clients=50`."""
    return BackoffPanel(strategy, **params)
