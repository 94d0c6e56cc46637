"""What a learner's strategies do, need by need, with the numbers that were measured (exercise 3.1, task 2).

`strategy_report(CAP_STRATEGY)` plays one run of each kind of data and shows, for each need, what is demanded, what came
of it, and whether that is enough; below it, as time passes, what became of the requests in each region. It judges
nothing that the checks do not judge, with one seed where they take more.

What the picture says
1. Two rows for each region, reads and writes; each column is a stretch of time. A full bar was answered as the strategy
   means it; a hollow one with fewer copies or with a mark; a cross stands where nothing was answered.
2. The band behind a region's rows: it is cut off from the others.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from faultlab.checks.strategies import NotAStrategy, demanded, measured, strategy_in
from faultlab.i18n import _, number
from faultlab.models.cap_strategy import (
    ANSWERED,
    EXAMPLE,
    KINDS,
    READ,
    WRITE,
    Finding,
    Kind,
    Operation,
    Result,
    findings,
    simulate,
)

ALL = {**KINDS, EXAMPLE.name: EXAMPLE}
COLUMNS = 60
WIDTH_PX, NAME_PX, ROW_PX, GAP_PX, AXIS_PX = 760, 130, 16, 8, 24
GREEN, VERMILLION, ORANGE = "#009E73", "#D55E00", "#E69F00"


@dataclass
class Entry:
    """One kind of data: what was found, or why there is nothing to be found (`problem`)."""

    kind: Kind
    problem: str = ""
    result: Result | None = None
    found: list[Finding] = field(default_factory=list)

    @property
    def sign(self) -> str:
        if self.result is None:
            return "✗" if self.problem else "○"
        return "✓" if all(finding.met for finding in self.found) else "✗"

    @property
    def title(self) -> str:
        name, number_of = self.kind.name, len(self.found)
        if self.result is None:
            return self.problem or _("{kind}: no strategy yet", kind=name)
        missed = sum(not finding.met for finding in self.found)
        if not missed:
            return _("{kind}: needs met, {n} of {all}", kind=name, n=number_of, all=number_of)
        return _("{kind}: needs missed, {n} of {all}", kind=name, n=missed, all=number_of)


@dataclass
class Report:
    """Shown by Jupyter as tables and pictures, by `print` as text."""

    seed: int
    entries: list[Entry]

    def __str__(self) -> str:
        lines = [_("One run with seed {seed}; the checks play more of them.", seed=self.seed)]
        for entry in self.entries:
            lines.append(f"{entry.sign} {entry.title}")
            for finding in entry.found:
                got = measured(finding)
                lines.append(f"    {'✓' if finding.met else '✗'} {demanded(entry.kind, finding)} [{got}]")
        return "\n".join(lines)

    def to_html(self) -> str:
        """For each kind of data a table of its needs and a picture; open where something is missed."""
        told = html.escape(_("One run with seed {seed}; the checks play more of them.", seed=self.seed))
        alone = len(self.entries) == 1
        return f"<p>{told}</p>" + "".join(_entry_html(entry, alone) for entry in self.entries)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def strategy_report(strategies: Any, *names: str, seed: int = 1) -> Report:
    """What these strategies do in one run: `strategy_report(CAP_STRATEGY, "trade", seed=7)`; without names, all.

    A strategy that cannot be played is shown with the reason. ValueError for a kind of data that there is not.
    """
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise ValueError(_("There is no kind of data {name}; there are {kinds}.", name=repr(unknown[0]),
                           kinds=", ".join(ALL)))  # fmt: skip
    if not names:
        shown = isinstance(strategies, dict) and [name for name in ALL if strategies.get(name)]
        names = tuple(KINDS) if EXAMPLE.name not in (shown or ()) else tuple(shown)
    return Report(seed, [_entry(strategies, ALL[name], seed) for name in names])


def _entry(strategies: Any, kind: Kind, seed: int) -> Entry:
    if isinstance(strategies, dict):  # one kind of data at a time: what is wrong with another is shown there
        strategies = {name: entry for name, entry in strategies.items() if name not in ALL or name == kind.name}
    try:
        strategy = strategy_in(strategies, kind)
    except NotAStrategy as wrong:
        return Entry(kind, str(wrong))
    if strategy is None:
        return Entry(kind)
    result = simulate(kind, strategy, seed)
    return Entry(kind, "", result, findings(result))


# As HTML


def _entry_html(entry: Entry, alone: bool) -> str:
    colour = {"✓": GREEN, "✗": VERMILLION}.get(entry.sign, ORANGE)
    head = f"<b>{entry.sign}</b> {html.escape(entry.title)}"
    style = f'class="fl-card" style="border-left:4px solid {colour};padding:.4em .9em;margin:.4em 0"'
    if entry.result is None:
        return f"<div {style}>{head}</div>"
    opened = " open" if alone or entry.sign == "✗" else ""
    body = _table(entry) + _picture(entry.result)
    return f"<details {style}{opened}><summary>{head}</summary>{body}</details>"


def _table(entry: Entry) -> str:
    cell = 'style="text-align:left;padding:.2em .8em .2em 0"'
    heads = "".join(f"<th {cell}>{html.escape(word)}</th>" for word in ("", _("need"), _("measured")))
    rows = []
    for finding in entry.found:
        sign, weight = ("✓", "") if finding.met else ("✗", ";font-weight:600")
        style = f'style="text-align:left;padding:.2em .8em .2em 0;white-space:normal{weight}"'
        words = (sign, demanded(entry.kind, finding), measured(finding))
        rows.append("<tr>" + "".join(f"<td {style}>{html.escape(word)}</td>" for word in words) + "</tr>")
    return f'<table style="margin:.4em 0;font-size:13px"><tr>{heads}</tr>{"".join(rows)}</table>'


def _picture(result: Result) -> str:
    """The requests of each region as time passes."""
    rows = list(_rows(result))
    height = rows[-1][3] + ROW_PX + AXIS_PX
    label = html.escape(_("what became of the requests in each region, as time passes"))
    parts = [
        f'<svg viewBox="0 0 {WIDTH_PX} {height}" width="100%" style="max-width:{WIDTH_PX}px" role="img" '
        f'aria-label="{label}" font-size="12" font-family="sans-serif" fill="currentColor">',
        *_bands(result, rows),
    ]
    words = {READ: _("reads"), WRITE: _("writes")}
    for region, what, operations, y in rows:
        parts.append(f'<text x="4" y="{y + ROW_PX - 4}">{region}, {words[what]}</text>')
        parts += _bars(result, operations, y)
    parts += _axis(result, height - AXIS_PX + 16)
    legend = _("full bar: answered in full; hollow: by too few copies, or marked; cross: not answered; grey: cut off")
    return "".join(parts) + f'</svg><p style="margin:.2em 0;font-size:12px">{html.escape(legend)}</p>'


def _rows(result: Result) -> Iterator[tuple[str, str, list[Operation], int]]:
    """Region, read or write, its operations, and where its row begins."""
    y = 2
    for region in result.kind.system.regions:
        for what in (READ, WRITE):
            there = [op for op in result.operations if (op.region, op.kind) == (region, what)]
            if there:
                yield region, what, there, y
                y += ROW_PX
        y += GAP_PX


def _x(result: Result, at_s: float) -> float:
    return NAME_PX + (WIDTH_PX - NAME_PX - 10) * at_s / result.kind.system.duration_s


def _bands(result: Result, rows: list[tuple[str, str, list[Operation], int]]) -> Iterator[str]:
    for cut in result.kind.system.cuts:
        left, right = _x(result, cut.from_s), _x(result, cut.to_s)
        for region, _what, _operations, y in rows:
            if region in cut.away:
                yield (f'<rect x="{left:.1f}" y="{y}" width="{right - left:.1f}" height="{ROW_PX}" '
                       f'fill="currentColor" fill-opacity=".16"/>')  # fmt: skip


def _bars(result: Result, operations: list[Operation], y: int) -> Iterator[str]:
    step_s = result.kind.system.duration_s / COLUMNS
    columns: dict[int, list[Operation]] = {}
    for op in operations:
        columns.setdefault(min(COLUMNS - 1, int(op.start_s / step_s)), []).append(op)
    room = ROW_PX - 3
    for column, ops in sorted(columns.items()):
        x, width = _x(result, column * step_s) + 1, _x(result, step_s) - _x(result, 0) - 2
        full = sum(op.is_whole for op in ops) / len(ops) * room
        part = sum(op.outcome == ANSWERED and not op.is_whole for op in ops) / len(ops) * room
        floor = y + ROW_PX - 1
        if full:
            yield (f'<rect x="{x:.1f}" y="{floor - full:.1f}" width="{width:.1f}" height="{full:.1f}" '
                   f'fill-opacity=".7"/>')  # fmt: skip
        if part:
            yield (f'<rect x="{x + 0.5:.1f}" y="{floor - full - part + 0.5:.1f}" width="{width - 1:.1f}" '
                   f'height="{max(0.5, part - 1):.1f}" fill="none" stroke="currentColor"/>')  # fmt: skip
        if any(op.outcome != ANSWERED for op in ops):
            middle, at = x + width / 2, (y + 2 + floor - full - part) / 2
            yield (f'<path d="M{middle - 3:.1f} {at - 3:.1f}l6 6m0 -6l-6 6" stroke="{VERMILLION}" stroke-width="1.5" '
                   f'fill="none"/>')  # fmt: skip


def _axis(result: Result, y: float) -> Iterator[str]:
    """The moments at which something changes, as far apart as there is room for their numbers."""
    system = result.kind.system
    moments = sorted({0.0, system.duration_s, *(at_s for cut in system.cuts for at_s in (cut.from_s, cut.to_s))})
    for at_s in moments:
        anchor = "end" if at_s == system.duration_s else "middle"
        yield f'<text x="{_x(result, at_s):.1f}" y="{y}" text-anchor="{anchor}">{number(at_s)}</text>'
    unit = html.escape(_("time, s"))
    yield f'<text x="4" y="{y}">{unit}</text>'
