"""The peers of the panels: the same picture, drawn by matplotlib and redrawn by ipywidgets' `interact`.

Each function takes the value of one control and the panel that computes, and draws what the panel's JavaScript draws
from the same `view`. So both sides of the comparison run the same simulation, and differ in how the picture gets to
the screen.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import networkx as nx

from faultlab.models import breaker as model


def view_of(panel: Any, **changed: Any) -> dict[str, Any]:
    """What the panel would show for these values of its controls."""
    values = {k: v for k, v in panel.params.items() if k != "seq"}
    return panel.compute({**values, **changed})


def breaker(panel: Any, rate: float) -> None:
    """State graph, the ribbons of both lanes, and a mark for each call."""
    view = view_of(panel, rate=rate)
    _figure, (graph, ribbons) = plt.subplots(2, 1, figsize=(10, 5), height_ratios=(1, 2))
    edges = [(old, new) for (old, _event), new in model.TRANSITIONS.items()]
    nx.draw_networkx(
        nx.DiGraph(edges), {"CLOSED": (0, 0), "OPEN": (2, 0), "HALF_OPEN": (1, -1)}, ax=graph, node_size=1500
    )
    colours = {"CLOSED": "#009E73", "OPEN": "#D55E00", "HALF_OPEN": "#E69F00"}
    marks = {"s": "o", "f": "x", "r": "s", "c": "d"}
    for row, lane in enumerate(view["lanes"]):
        for start_s, end_s, state in lane["ribbon"]:
            ribbons.barh(-row, end_s - start_s, left=start_s, height=0.25, color=colours[state])
        for letter, marker in marks.items():
            times = [at_s for at_s, kind in zip(view["calls"], lane["outcomes"], strict=False) if kind == letter]
            ribbons.plot(times, [-row + 0.3] * len(times), marker, markersize=3)
    ribbons.set_xlabel("time, s")
    plt.show()


def backoff(panel: Any, clients: int) -> None:
    """Both rasters of writes, and the load below them."""
    view = view_of(panel, clients=clients)
    _figure, axes = plt.subplots(2, 2, figsize=(10, 4), height_ratios=(3, 1))
    for column, side in enumerate(view["sides"]):
        for kind, marker in (("lost", "|"), ("won", ".")):
            axes[0, column].plot([t for _c, t in side[kind]], [c for c, _t in side[kind]], marker, linestyle="none")
        axes[1, column].bar(range(len(side["load"])), side["load"])
        axes[0, column].set_title(side["name"])
    plt.show()


def bulkhead(panel: Any, hang_s: int) -> None:
    """A bar for each stretch in which a thread is busy, the queues below, and Erlang's curves."""
    view = view_of(panel, hang_s=hang_s)
    step_s, colours = view["step_s"], ["#0072B2", "#E69F00", "#CC79A7", "#F0E442"]
    _figure, axes = plt.subplots(len(view["lanes"]) * 2 + 1, 1, figsize=(10, 9))
    for lane, gantt, queue in zip(view["lanes"], axes[::2], axes[1::2], strict=False):
        first_row = 0
        for pool in lane["pools"]:
            for kind, lines in pool["bars"].items():
                for row, *stretches in _gantt_rows(lines):
                    gantt.broken_barh(stretches, (first_row + row, 0.9), color=colours[int(kind)])
            first_row += pool["threads"]
            queue.fill_between([step_s * i for i in range(len(pool["waiting"]))], pool["waiting"])
    for curve in view["erlang"]["curves"]:
        axes[-1].plot(view["erlang"]["loads"], curve["blocked"])
    plt.show()


def _gantt_rows(lines: list[list[int]]) -> list[list[Any]]:
    """[row, (from_s, length_s), ...] from the panel's [row, gap, length, ...] in hundredths of a second."""
    rows = []
    for row, *steps in lines:
        at, stretches = 0, []
        for gap, length in zip(steps[::2], steps[1::2], strict=True):
            stretches.append(((at + gap) / 100, length / 100))
            at += gap + length
        rows.append([row, *stretches])
    return rows


def timeouts(panel: Any, attempts: int) -> None:
    """The spans of all levels, and the histogram of the answers with its two curves."""
    view = view_of(panel, attempts=attempts)
    _figure, (tree, histogram, false) = plt.subplots(3, 1, figsize=(10, 6))
    for level, _attempt, start_s, end_s, outcome, orphan_s in view["spans"]:
        tree.barh(-level, end_s - start_s, left=start_s, color="#0072B2" if outcome == "a" else "#D55E00")
        if orphan_s is not None:
            tree.barh(-level, end_s - orphan_s, left=orphan_s, color="none", hatch="///", edgecolor="#D55E00")
    for number, level in enumerate(view["levels"]):
        tree.annotate(f"{level['name']} {level['timeout_s']} s", (level["timeout_s"], -number))
    histogram.bar(range(len(view["bars"])), view["bars"])
    false.plot(view["counts"])
    plt.show()


def stack(panel: Any, rate: int) -> None:
    """Load, goodput and queue of both lanes."""
    view = view_of(panel, rate=rate)
    _figure, axes = plt.subplots(4, 1, figsize=(10, 7))
    for lane, load, queue in zip(view["lanes"], axes[::2], axes[1::2], strict=True):
        seconds = range(len(lane["first"]))
        load.bar(seconds, lane["first"])
        load.bar(seconds, lane["retries"], bottom=lane["first"], hatch="///")
        load.step(seconds, lane["good"])
        load.step(*zip(*view["capacity"], strict=True))
        queue.fill_between(seconds, lane["queue"])
    plt.show()


def delays(base_ms: float) -> None:
    """The curves of the backoff panel, which are matplotlib there too."""
    from IPython.display import display

    from faultlab.plots.backoff import delay_curves
    from faultlab.widgets.backoff import make_strategy

    strategies = {key: make_strategy(key, base_ms / 1000, 2.0) for key in ("exponential", "full")}
    display(delay_curves(strategies, {"title": "", "attempt": "attempt", "wait": "wait, s"}))
