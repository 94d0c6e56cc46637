"""Curves of the backoff panel: how long each strategy waits, and what work and time it costs when many clients
contend."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib

from faultlab.models.backoff import Averages
from faultlab.models.retry import Delays
from faultlab.plots import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 56, 12, 26, 42
COST_RIGHT_PX = 66
NAME_HEIGHT_PX = 14
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))]


def _place(figure: Figure, width_px: float, height_px: float, right_px: float = RIGHT_PX) -> Axes:
    """Axes with margins in px, so that a panel knows where the data is and can draw on top of it."""
    return figure.add_axes(
        (
            LEFT_PX / width_px,
            BOTTOM_PX / height_px,
            (width_px - LEFT_PX - right_px) / width_px,
            (height_px - TOP_PX - BOTTOM_PX) / height_px,
        )
    )


def delay_curves(
    strategies: Mapping[str, Delays],
    words: Mapping[str, str],
    *,
    attempts: int = 10,
    samples: int = 60,
    seed: int = 0,
    width_px: float = 440,
    height_px: float = 230,
) -> Figure:
    """Wait in seconds after each failed attempt: the band in which a strategy chooses, and `samples` waits drawn from
    it.

    `strategies` by the label that stands in the legend; `words` has "title", "attempt" and "wait".
    """
    rng = random.Random(seed)
    with matplotlib.rc_context(svg.STYLE):
        figure = svg.figure_px(width_px, height_px)
        axes = _place(figure, width_px, height_px)
        for (label, strategy), ink, marker in zip(strategies.items(), (svg.BLUE, svg.PURPLE), "ox", strict=False):
            numbers = list(range(1, attempts + 1))
            low, high = zip(*(strategy.bounds(n) for n in numbers), strict=True)
            axes.fill_between(numbers, low, high, color=ink, alpha=0.14, linewidth=0)
            axes.plot(numbers, high, color=ink, label=label)
            shift = -0.08 if marker == "o" else 0.08
            points = [
                (n + shift, wait) for run in range(samples // attempts) for n, wait in _run(strategy, attempts, rng)
            ]
            axes.plot(*zip(*points, strict=True), marker, color=ink, markersize=3.5, alpha=0.75, linestyle="none")
        axes.set_title(words["title"])
        axes.set_xlabel(words["attempt"])
        axes.set_ylabel(words["wait"])
        axes.set_xticks(range(1, attempts + 1))
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", fontsize=12, handlelength=1.6, borderaxespad=0.1)
    return figure


def _run(strategy: Delays, attempts: int, rng: random.Random) -> list[tuple[int, float]]:
    waits: list[tuple[int, float]] = []
    previous_s: float | None = None
    for attempt in range(1, attempts + 1):
        previous_s = strategy.delay(attempt, previous_s, rng)
        waits.append((attempt, previous_s))
    return waits


def cost_curves(
    curves: Mapping[str, Sequence[Averages]],
    words: Mapping[str, str],
    *,
    quantity: str,
    chosen: Sequence[str] = (),
    width_px: float = 300,
    height_px: float = 230,
) -> Figure:
    """`quantity` ("calls" or "finish_s") against the number of clients, on a logarithmic axis, one curve a strategy.

    `chosen`, the labels of A and B ("" for none), are drawn in their colours, the rest in grey; every curve has its own
    dashes, and its name stands at its end.
    """
    with matplotlib.rc_context(svg.STYLE):
        figure = svg.figure_px(width_px, height_px)
        axes = _place(figure, width_px, height_px, right_px=COST_RIGHT_PX)
        ends = {}
        for number, (label, points) in enumerate(curves.items()):
            ink = (svg.BLUE, svg.PURPLE)[chosen.index(label)] if label in chosen else svg.TEXT_2
            values = [getattr(p, quantity) for p in points]
            width = 2.4 if label in chosen else 1.1
            axes.plot([p.clients for p in points], values, color=ink, linestyle=DASHES[number % len(DASHES)], lw=width)
            ends[label] = (values[-1], ink)
        axes.set_yscale("log")
        axes.set_title(words["title"])
        axes.set_xlabel(words["clients"])
        axes.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda v, _: f"{v:g}"))
        axes.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axes.set_xlim(0, max(p.clients for points in curves.values() for p in points))
        _name_ends(axes, ends)
    return figure


def _name_ends(axes: Axes, ends: Mapping[str, tuple[float, str]]) -> None:
    """The names of the curves to the right of their ends, moved apart where they would overlap."""
    to_px = axes.transData.transform
    scale = svg.UNITS_PER_INCH / axes.figure.dpi
    right = axes.get_xlim()[1]
    last_px = float("inf")
    for label, (value, ink) in sorted(ends.items(), key=lambda item: -item[1][0]):
        y_px = to_px((right, value))[1] * scale
        moved_px = min(y_px, last_px - NAME_HEIGHT_PX)
        last_px = moved_px
        axes.annotate(label, (right, value), (6, moved_px - y_px), textcoords="offset points", va="center", color=ink)
