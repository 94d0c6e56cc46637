"""The election-time panel: how long a cluster is without a leader, in the form of Figure 16 of the Raft paper.

Each curve is one range from which election timeouts are drawn; it says which share of the runs had a leader within so
many milliseconds of the crash. On the one graph the amount of randomness grows, on the other the smallest timeout. The
experiment is that of `models/raft_elections.py`; the published values are marked beside it (`PUBLISHED`).

1. Five hundred runs and more take seconds. So each answer computes as many as fit into `SLICE_S` and says how far it is
   (`runs`); the browser asks again until all are there, and the curves settle while one looks.
2. What has been run stays (`_TIMES`): going back to values that were shown before costs nothing.
3. Runs are counted in the same order whatever is shown, so equal values give equal curves on every machine.

What the paper's authors measured depends on their cluster, of which the paper gives one number, the broadcast time. So
the livelock without randomness is to be expected here, and the order of the upper curves, not the milliseconds.

Source: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014,
section 9.3 and Figure 16.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from faultlab.i18n import _, number
from faultlab.models.raft_elections import LATENCY, LEVELS_S, SPREADS_S, election_times
from faultlab.sim.latency import Uniform
from faultlab.widgets import panel as shell
from faultlab.widgets.panel import Json, Panel, outcome, preset, question, slider

Range = tuple[float, float]

SLICE_S = 0.05
UNTIL_S = 10.0
# A curve whose first runs have all been without a leader is given up: each of them lasts the whole ten seconds.
HOPELESS_RUNS = 10
# So many curves are kept; the oldest goes first.
KEPT_MAX = 200
BROADCAST_MS = round(1000 * (LATENCY.low_s + LATENCY.high_s))

SLOW_BROADCAST_MS = 90


class Published(NamedTuple):
    """A value that the paper's text gives: of which range, after how many milliseconds which share had a leader."""

    range_s: Range
    at_ms: float
    share: float


PUBLISHED = (
    Published((0.150, 0.150), 1000 * UNTIL_S, 0.0),
    Published((0.150, 0.155), 287, 0.5),
    Published((0.150, 0.200), 513, 1.0),
)

# What has been run: by range, broadcast time in ms and seed, the seconds of the runs in their order.
_TIMES: dict[tuple[Range, int, int], list[float]] = {}


def run_more(range_s: Range, broadcast_ms: int, seed: int) -> list[float]:
    """One more run of a curve, and all of it so far, in the order of running."""
    key = (range_s, broadcast_ms, seed)
    if key not in _TIMES and len(_TIMES) >= KEPT_MAX:
        del _TIMES[next(iter(_TIMES))]
    known = _TIMES.setdefault(key, [])
    # A message takes between a third and two thirds of what it takes together with its answer: as in the model.
    latency = Uniform(broadcast_ms / 3000, broadcast_ms / 1500)
    known += election_times(range_s, 1, f"{seed}/{len(known)}", latency=latency, until_s=UNTIL_S)
    return known


def wanted(range_s: Range, broadcast_ms: int, seed: int, runs: int) -> int:
    """How many runs this curve gets, as far as one knows by now."""
    known = _TIMES.get((range_s, broadcast_ms, seed), ())[:HOPELESS_RUNS]
    hopeless = len(known) == HOPELESS_RUNS and min(known) == math.inf
    return min(runs, HOPELESS_RUNS) if hopeless else runs


def ranges(params: Mapping[str, Json]) -> dict[str, tuple[Range, ...]]:
    """The ranges of the two graphs; the learner's own is in both."""
    own = own_range(params)
    return {
        "spreads": tuple(dict.fromkeys((*SPREADS_S, own))),
        "levels": tuple(dict.fromkeys((*LEVELS_S, own))),
    }


def own_range(params: Mapping[str, Json]) -> Range:
    low_ms, spread_ms = params["base_ms"], params["spread_ms"]
    return low_ms / 1000, round((low_ms + spread_ms) / 1000, 6)


def _turns(every: Sequence[Range], runs: int, broadcast_ms: int, seed: int) -> Iterator[Range]:
    """What to run next, so that all curves grow together."""
    for upto in range(HOPELESS_RUNS // 2, runs + 1, HOPELESS_RUNS // 2):
        for range_s in every:
            key = (range_s, broadcast_ms, seed)
            while len(_TIMES.get(key, ())) < min(upto, wanted(*key, runs)):
                yield range_s


class ElectionsPanel(Panel):
    """What `elections_panel` opens. `slice_s`: how long one answer may compute."""

    topic = "elections"

    def __init__(self, *, slice_s: float = SLICE_S, **params: Any) -> None:
        self._slice_s = slice_s
        super().__init__(**params)

    def describe(self) -> dict[str, Json]:
        return {
            "title": _("How long without a leader?"),
            "question": self._without_randomness(),
            "controls": [
                slider("base_ms", _("Yours: smallest timeout"), 150, 10, 400, 5, _("ms")),
                slider("spread_ms", _("Yours: randomness"), 100, 0, 400, 5, _("ms")),
                slider(
                    "broadcast_ms", _("A message and its answer"), BROADCAST_MS, 3, 120, 3, _("ms"),
                    help=_("One message takes from one third to two thirds of it, at random."),
                ),
                slider("runs", _("Runs for each curve"), 100, 20, 400, 20),
            ],
            "presets": self._presets(),
            "words": elections_words(),
        }  # fmt: skip

    def _presets(self) -> list[dict[str, Json]]:
        return [
            preset(
                "figure",
                _("As in the paper"),
                _("the steeper a curve, the more alike the elections; its long tail are split votes."),
                question=self._without_randomness(),
            ),
            preset(
                "five",
                _("Five milliseconds"),
                _("a little randomness ends the livelock, but the tail stays long."),
                question=self._five_ms(),
                spread_ms=5,
            ),
            preset(
                "short",
                _("Timeouts too short"),
                _("a timeout as short as a message and its answer: candidates interrupt one another."),
                question=self._shortest(),
                base_ms=15,
                spread_ms=15,
            ),
            preset(
                "far",
                _("A slow network"),
                _("what was good for {ms} ms no longer is: timeouts have to grow with the network.", ms=BROADCAST_MS),
                question=self._slow(),
                broadcast_ms=SLOW_BROADCAST_MS,
            ),
        ]

    @staticmethod
    def _when() -> list[tuple[str, str]]:
        return [
            ("soon", _("within a second")),
            ("slow", _("within 10 seconds")),
            ("never", _("not within 10 seconds")),
        ]

    @classmethod
    def _without_randomness(cls) -> dict[str, Json]:
        text = _("The leader crashes, and all others have the same election timeout. When is there a leader again?")
        return question(text, cls._when(), name="same")

    @staticmethod
    def _five_ms() -> dict[str, Json]:
        options = [
            ("none", _("no: in most runs not within 10 s")),
            ("long", _("yes, but half of the runs take over half a second")),
            ("short", _("yes, half of the runs in less than half a second")),
        ]
        text = _("Timeouts are drawn from 150 to 155 ms instead of 150 ms for all. Do five milliseconds help?")
        return question(text, options, name="five")

    @staticmethod
    def _shortest() -> dict[str, Json]:
        options = [(str(place), range_text(range_s)) for place, range_s in enumerate(LEVELS_S)]
        text = _(
            "A message and its answer take {ms} ms. With which range have half of the runs a leader soonest?",
            ms=BROADCAST_MS,
        )
        return question(text, options, name="level")

    @classmethod
    def _slow(cls) -> dict[str, Json]:
        text = _(
            "A message and its answer take {ms} ms, and timeouts are drawn from {range}. When is there a leader?",
            ms=SLOW_BROADCAST_MS,
            range=range_text(LEVELS_S[1]),
        )
        return question(text, cls._when(), name="slow")

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        runs, broadcast_ms, seed = int(params["runs"]), int(params["broadcast_ms"]), int(params["seed"])
        graphs = ranges(params)
        every = tuple(dict.fromkeys(r for rs in graphs.values() for r in rs))
        stop_s = time.perf_counter() + self._slice_s
        for range_s in _turns(every, runs, broadcast_ms, seed):
            run_more(range_s, broadcast_ms, seed)
            if time.perf_counter() > stop_s:
                break
        needed = {r: wanted(r, broadcast_ms, seed, runs) for r in every}
        times = {r: sorted(_TIMES.get((r, broadcast_ms, seed), ())[:n]) for r, n in needed.items()}
        done, total = sum(map(len, times.values())), sum(needed.values())
        own = own_range(params)
        return {
            "graphs": {name: [curve(r, times[r], r == own) for r in rs] for name, rs in graphs.items()},
            "published": [[range_text(p.range_s), p.at_ms, p.share] for p in PUBLISHED],
            "runs": [done, total],
            "answers": self._answers(times),
            "columns": [_("median, ms"), _("longest, ms")],
            "numbers": [shell.number(range_text(r), *_ms(times[r])) for r in every],
            "summary": in_words(times, own, done, total),
            "log": [line(r, times[r]) for r in every],
        }

    def complete(self) -> ElectionsPanel:
        """Run all that is missing, without a browser that asks for it: for a text, or a test. It may take seconds."""
        while "runs" in self.view and self.view["runs"][0] < self.view["runs"][1]:
            self._answer(self.params)
        return self

    @staticmethod
    def _answers(times: Mapping[Range, Sequence[float]]) -> dict[str, Json]:
        same, five, short = times[SPREADS_S[0]], times[SPREADS_S[2]], times[LEVELS_S[1]]
        found = {}
        if same:
            found["same"] = outcome(_by_when(same), line(SPREADS_S[0], same))
        if five:
            answer = "none" if median(five) == math.inf else "long" if median(five) > 0.5 else "short"
            found["five"] = outcome(answer, line(SPREADS_S[2], five))
        if all(times[r] for r in LEVELS_S):
            medians = [median(times[r]) for r in LEVELS_S]
            told = ", ".join(f"{range_text(r)}: {number(1000 * m)}" for r, m in zip(LEVELS_S, medians, strict=True))
            found["level"] = outcome(str(medians.index(min(medians))), _("Medians in ms: {list}.", list=told))
        if short:
            found["slow"] = outcome(_by_when(short), line(LEVELS_S[1], short))
        return found


def _by_when(times_s: Sequence[float]) -> str:
    half_s = median(times_s)
    return "never" if half_s == math.inf else "slow" if half_s > 1 else "soon"


def range_text(range_s: Range) -> str:
    low, high = (round(1000 * s) for s in range_s)
    return _("{low}–{high} ms", low=low, high=high)


def curve(range_s: Range, times_s: Sequence[float], own: bool) -> dict[str, Json]:
    """A curve: the milliseconds of its runs in ascending order (those without a leader are left out), their number."""
    return {
        "name": range_text(range_s),
        "own": own,
        "runs": len(times_s),
        "ms": [round(1000 * s, 1) for s in times_s if s < math.inf],
    }


def _ms(times_s: Sequence[float]) -> list[Json]:
    """Median and longest in milliseconds, as text where there was no leader."""
    return [_shown_ms(median(times_s)), _shown_ms(max(times_s))] if times_s else ["–", "–"]


def _shown_ms(seconds: float) -> Json:
    return f"> {number(1000 * UNTIL_S)}" if seconds == math.inf else round(1000 * seconds)


def line(range_s: Range, times_s: Sequence[float]) -> str:
    """A curve in a sentence."""
    if not times_s:
        return _("{range}: not run yet.", range=range_text(range_s))
    led = sum(s < math.inf for s in times_s)
    values = {"range": range_text(range_s), "runs": len(times_s), "led": led, "limit": round(UNTIL_S)}
    if led < len(times_s):
        return _("{range}: {led} of {runs} runs have a leader within {limit} s.", **values)
    half, longest = (number(1000 * s) for s in (median(times_s), max(times_s)))
    return _("{range}: half of the runs have a leader within {half} ms, all {runs} within {longest} ms.",
             half=half, longest=longest, **values)  # fmt: skip


def in_words(times: Mapping[Range, Sequence[float]], own: Range, done: int, total: int) -> str:
    told = [] if done == total else [_("{done} of {total} runs so far.", done=done, total=total)]
    told += [line(SPREADS_S[0], times[SPREADS_S[0]]), line(SPREADS_S[2], times[SPREADS_S[2]])]
    told.append(_("Your range, {line}", line=line(own, times[own])))
    told.append(
        _(
            "Milliseconds depend on the network. Of the authors’ one the paper tells one number: about {ms} ms for a "
            "message and its answer.",
            ms=BROADCAST_MS,
        )
    )
    return " ".join(told)


def elections_words() -> dict[str, Json]:
    return {
        "graphs": {"spreads": _("More and more randomness"), "levels": _("Longer and longer timeouts")},
        "x": _("time without a leader, ms"),
        "y": _("runs with a leader, %"),
        "own": _("{range} (yours)"),
        "within": _("within {ms} ms"),
        "share": _("{n} %"),
        "published": _("the paper: {range}"),
        "never": _("the paper: {range}, over {ms} ms"),
        "progress": _("{done} of {total} runs"),
        "cursor": _("Time without a leader"),
        "cursor_value": _("{ms} ms"),
    }


def elections_panel(**params: Any) -> ElectionsPanel:
    """Election times for different timeout ranges. `params` set the controls (`base_ms`, `spread_ms`, `broadcast_ms`,
    `runs`, `seed`); ValueError for one that the panel does not have. `reveal=True` asks for no prediction."""
    return ElectionsPanel(**params)


__all__ = ["PUBLISHED", "ElectionsPanel", "elections_panel"]
