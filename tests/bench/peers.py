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


def delays(base_ms: float) -> None:
    """The curves of the backoff panel, which are matplotlib there too."""
    from IPython.display import display

    from faultlab.plots.backoff import delay_curves
    from faultlab.widgets.backoff import make_strategy

    strategies = {key: make_strategy(key, base_ms / 1000, 2.0) for key in ("exponential", "full")}
    display(delay_curves(strategies, {"title": "", "attempt": "attempt", "wait": "wait, s"}))
