"""A history as lanes: one for each client, with a bar for each operation from its call to its answer.

What a bar says
1. A filled bar wrote something (or tried to), a hollow one only asked.
2. A bar without a right end, whose outline runs on in dashes, was never answered: it may take effect at any later
   moment, or never.
3. A dotted outline was refused: it had no effect.
4. The operations that a verdict shows are outlined boldly in vermillion and carry a warning sign.
5. A numbered tick is the place of the operation in the order that explains the history. If the order respects the clock
   the ticks stand at moments at which the operations can have taken effect; if it does not, as an order for sequential
   consistency need not, they stand in the middle of the bars, and only the numbers count.

Words that find no room in their bar stand beside it, in a row of their own if need be; where even that fails they are
cut short, and the tooltip has them all. A picture of more than some fifty operations is for looking at its shape: cut
the history to the stretch that matters. Sizes are in px.
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faultlab.sim.history import OK, UNKNOWN, VIOLATED, History, Operation, Verdict, by_client, checked

BAR_PX = 24
ROW_GAP_PX = 8
TICK_ROW_GAP_PX = 18  # the number of a tick stands under its bar
LANE_GAP_PX = 12
AXIS_PX = 40
LINE_PX = 18
MARGIN_PX = 12
CHAR_PX = 6.8  # of 12 px text, on the safe side
NAME_CHARS_MAX = 16
TEXT_CHARS_MIN = 3
TICK_NUMBER_PX = 22
WORD_GAP_PX = 4
ROWS_MAX = 4
PENDING_PX = 60  # the least room for what was never answered

TEXT, TEXT_2 = "var(--fl-text, currentColor)", "var(--fl-text-2, currentColor)"
LINE, SOFT = "var(--fl-text-2, #7A7A7A)", "var(--fl-line-soft, #9A9A9A)"
VERMILLION = "var(--fl-vermillion, #D55E00)"
FILL = "var(--fl-fill-sky, #56B4E9)"

WORDS: Mapping[str, str] = {
    "label": "history",
    "time": "time, s",
    "client": "client",
    "unanswered": "never answered",
    "refused": "refused",
    OK: "ok",
    VIOLATED: "violated",
    UNKNOWN: "unknown",
}
SIGNS = {OK: "✓", VIOLATED: "⚠", UNKNOWN: "?"}
ASKING = ("read", "get")


@dataclass(slots=True)
class _Bar:
    """An operation in the picture: from `left` to `right`, with its words at `text_x`, in row `row` of its lane."""

    index: int
    left: float
    right: float
    text: str
    text_x: float = 0.0
    anchor: str = "start"
    row: int = 0
    tick: tuple[int, float] | None = None  # number and place

    @property
    def text_px(self) -> float:
        return CHAR_PX * len(self.text)


def lanes_svg(
    history: History,
    verdict: Verdict | None = None,
    width_px: float = 900,
    words: Mapping[str, str] | None = None,
) -> str:
    """The history as one self-contained `<svg>`, with the verdict of a checker if there is one.

    It takes its colours from the page it is put into: the variables of a panel where it has them, else the colour of
    the text around. `words` replaces the English `WORDS` and, under "because", the sentence below the picture; what
    the bars say is code and stays. ValueError for a malformed history.
    """
    operations = checked(history)
    told = {**WORDS, **(words or {})}
    lanes = dict(sorted(by_client(operations, with_failed=True).items(), key=lambda lane: _by_number(lane[0])))
    left_px = MARGIN_PX + CHAR_PX * min(NAME_CHARS_MAX, max((len(client) for client in lanes), default=0)) + 10
    scale = _Scale(operations, left_px, width_px - MARGIN_PX)
    marked = frozenset(verdict.operations) if verdict else frozenset()
    ticks = _ticks(operations, verdict, scale)
    row_px = BAR_PX + (TICK_ROW_GAP_PX if ticks else ROW_GAP_PX)
    parts: list[str] = []
    y = float(MARGIN_PX)
    for client, indices in lanes.items():
        bars = [_bar(operations[i], i, scale, i in marked, ticks.get(i)) for i in indices]
        rows = _place(bars, left_px, width_px - MARGIN_PX)
        bottom = y + rows * row_px
        parts.append(_lane(client, y, bottom, width_px))
        parts += [_draw(operations[b.index], b, y + b.row * row_px, b.index in marked, told) for b in bars]
        y = bottom + LANE_GAP_PX
    axis = _axis(scale, y, told["time"])
    y += AXIS_PX
    if verdict:
        sentence, y = _sentence(verdict, told, y, width_px)
        parts.append(sentence)
    label = html.escape(told["label"], quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px:g} {y:g}" width="{width_px:g}" '
        f'height="{y:g}" role="img" aria-label="{label}" '
        f'style="max-width:100%;height:auto;font:12px system-ui,sans-serif;color:inherit">{axis}{"".join(parts)}</svg>'
    )


def _by_number(name: str) -> list[tuple[int, str]]:
    """For sorting: c2 stands before c10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


class _Scale:
    """Seconds to px. What was never answered runs on to the right edge."""

    def __init__(self, operations: Sequence[Operation], left_px: float, right_px: float) -> None:
        moments = [o.called_s for o in operations] + [o.returned_s for o in operations if o.returned_s is not None]
        self.start_s, self.end_s = (min(moments), max(moments)) if moments else (0.0, 1.0)
        if self.end_s <= self.start_s:
            self.end_s = self.start_s + 1
        self.left_px, self.right_px = left_px, right_px
        pending = any(operation.pending for operation in operations)
        self._end_px = right_px - (PENDING_PX if pending else 0)

    def x(self, moment_s: float) -> float:
        share = (moment_s - self.start_s) / (self.end_s - self.start_s)
        return self.left_px + share * (self._end_px - self.left_px)

    def ticks(self) -> list[float]:
        """Round moments, about a hundred px apart."""
        span_s = self.end_s - self.start_s
        rough_s = span_s * 100 / max(100, self._end_px - self.left_px)
        step_s = 10 ** math.floor(math.log10(rough_s))
        step_s *= next(factor for factor in (1, 2, 5, 10) if factor * step_s >= rough_s)
        first = math.ceil(self.start_s / step_s - 1e-9)
        last = math.floor(self.end_s / step_s + 1e-9)
        return [n * step_s for n in range(first, last + 1)]


def moments_of_effect(operations: Sequence[Operation], order: Sequence[int]) -> list[float] | None:
    """For each operation of `order` a moment in seconds between its call and its return, such that the moments ascend;
    None if there are no such moments. Where there is room, they are kept apart."""
    latest_s: list[float] = []
    soonest_s = math.inf
    for index in reversed(order):
        returned_s = operations[index].returned_s
        soonest_s = min(soonest_s, math.inf if returned_s is None else returned_s)
        latest_s.append(soonest_s)
    latest_s.reverse()
    moments_s: list[float] = []
    now_s = -math.inf
    for index, end_s in zip(order, latest_s, strict=True):
        now_s = max(now_s, operations[index].called_s)
        if now_s > end_s:
            return None
        room_s = end_s - now_s
        now_s += room_s / 3 if math.isfinite(room_s) else 0
        moments_s.append(now_s)
    return moments_s


def _ticks(operations: Sequence[Operation], verdict: Verdict | None, scale: _Scale) -> dict[int, tuple[int, float]]:
    """Number and place in px for each operation of the witness."""
    if verdict is None or verdict.order is None:
        return {}
    moments_s = moments_of_effect(operations, verdict.order)
    if moments_s is None:
        middles = [(scale.x(operations[i].called_s) + _end_px(operations[i], scale)) / 2 for i in verdict.order]
        return {i: (n, x) for n, (i, x) in enumerate(zip(verdict.order, middles, strict=True), 1)}
    return {i: (n, scale.x(s)) for n, (i, s) in enumerate(zip(verdict.order, moments_s, strict=True), 1)}


def _end_px(operation: Operation, scale: _Scale) -> float:
    return scale.right_px if operation.returned_s is None else scale.x(operation.returned_s)


def _bar(operation: Operation, index: int, scale: _Scale, marked: bool, tick: tuple[int, float] | None) -> _Bar:
    left = scale.x(operation.called_s)
    right = max(_end_px(operation, scale), left + 4)
    return _Bar(index, left, right, ("⚠ " if marked else "") + operation.text, tick=tick)


def _place(bars: list[_Bar], left_px: float, right_px: float) -> int:
    """Give each bar a row and its words a place, so that nothing overlaps; the number of rows."""
    last: list[_Bar | None] = [None] * ROWS_MAX
    for bar in bars:
        _place_words(bar, left_px, right_px)
        ends = [_extent(other)[1] if other else -math.inf for other in last]
        start = _extent(bar)[0]
        bar.row = next((row for row, end in enumerate(ends) if start >= end), ends.index(min(ends)))
        before = last[bar.row]
        if before and start < ends[bar.row]:
            _make_room(before, bar)
        last[bar.row] = bar
    return 1 + max((bar.row for bar in bars), default=0)


def _make_room(before: _Bar, bar: _Bar) -> None:
    """No row has room for the words of two neighbours: cut short those of the first, and of the second what is left of
    its bar."""
    if before.anchor == "start":
        before.text = _shortened(before.text, bar.left - before.text_x - WORD_GAP_PX)
    if bar.anchor == "end":
        bar.text = _shortened(bar.text, bar.text_x - _extent(before)[1])


def _place_words(bar: _Bar, left_px: float, right_px: float) -> None:
    """Inside the bar if they fit, else behind it, else before it."""
    width = bar.right - bar.left
    if bar.text_px + 12 <= width:
        bar.text_x, bar.anchor = bar.left + 6, "start"
    elif bar.right + WORD_GAP_PX + bar.text_px <= right_px:
        bar.text_x, bar.anchor = bar.right + WORD_GAP_PX, "start"
    else:
        room = max(bar.left - WORD_GAP_PX - left_px, CHAR_PX * TEXT_CHARS_MIN)
        bar.text = _shortened(bar.text, room)
        bar.text_x, bar.anchor = bar.left - WORD_GAP_PX, "end"


def _extent(bar: _Bar) -> tuple[float, float]:
    """From where to where nothing else may stand in the row."""
    left, right = bar.left, bar.right
    if bar.text:
        start = bar.text_x if bar.anchor == "start" else bar.text_x - bar.text_px
        left, right = min(left, start - WORD_GAP_PX), max(right, start + bar.text_px + WORD_GAP_PX)
    if bar.tick:
        left, right = min(left, bar.tick[1] - TICK_NUMBER_PX / 2), max(right, bar.tick[1] + TICK_NUMBER_PX / 2)
    return left, right


def _shortened(text: str, room_px: float) -> str:
    chars = int(room_px / CHAR_PX)
    if len(text) <= chars:
        return text
    return text[: chars - 1] + "…" if chars >= TEXT_CHARS_MIN else ""


def _lane(client: str, y: float, bottom: float, width_px: float) -> str:
    name = client if len(client) <= NAME_CHARS_MAX else client[: NAME_CHARS_MAX - 1] + "…"
    line_px = bottom + LANE_GAP_PX / 2 - 2
    return (
        f'<text x="{MARGIN_PX}" y="{y + BAR_PX / 2 + 4:g}" style="fill:{TEXT};font-weight:600">{html.escape(name)}'
        f"<title>{html.escape(client)}</title></text>"
        f'<line x1="{MARGIN_PX}" y1="{line_px:g}" x2="{width_px - MARGIN_PX:g}" y2="{line_px:g}" '
        f'style="stroke:{SOFT};stroke-opacity:.6"/>'
    )


def _draw(operation: Operation, bar: _Bar, top: float, marked: bool, words: Mapping[str, str]) -> str:
    width = bar.right - bar.left
    asks = operation.call[0] in ASKING or operation.failed
    style = (
        f"fill:{'none' if asks else FILL};fill-opacity:.35;stroke:{VERMILLION if marked else LINE};"
        f"stroke-width:{3 if marked else 1.2}" + (";stroke-dasharray:2 3" if operation.failed else "")
    )
    if operation.pending:
        shape = _open_ended(bar, top, style)
    else:
        shape = f'<rect x="{bar.left:.1f}" y="{top:g}" width="{width:.1f}" height="{BAR_PX}" rx="4" style="{style}"/>'
    weight = ";font-weight:600" if marked else ""
    words_px = top + BAR_PX / 2 + (2 if bar.tick else 4)
    text = (
        f'<text x="{bar.text_x:.1f}" y="{words_px:g}" text-anchor="{bar.anchor}" style="fill:{TEXT}{weight}">'
        f"{html.escape(bar.text)}</text>"
        if bar.text
        else ""
    )
    title = html.escape(_title(operation, bar, words))
    return f'<g data-operation="{bar.index}"><title>{title}</title>{shape}{text}{_tick(bar, top)}</g>'


def _open_ended(bar: _Bar, top: float, style: str) -> str:
    """A bar without a right end; its last third is dashed."""
    solid = max(bar.right - PENDING_PX, bar.left + 4)
    bottom = top + BAR_PX
    outline = f"M{solid:.1f} {top:g}H{bar.left + 4:.1f}q-4 0 -4 4V{bottom - 4:g}q0 4 4 4H{solid:.1f}"
    dashes = f"M{solid:.1f} {top:g}H{bar.right:.1f}M{solid:.1f} {bottom:g}H{bar.right:.1f}"
    return f'<path d="{outline}" style="{style}"/><path d="{dashes}" style="{style};fill:none;stroke-dasharray:5 4"/>'


def _tick(bar: _Bar, top: float) -> str:
    if bar.tick is None:
        return ""
    number, x = bar.tick
    bottom = top + BAR_PX
    return (
        f'<line x1="{x:.1f}" y1="{bottom - 6:g}" x2="{x:.1f}" y2="{bottom + 4:g}" '
        f'style="stroke:{TEXT};stroke-width:2"/>'
        f'<text x="{x:.1f}" y="{bottom + 15:g}" text-anchor="middle" style="fill:{TEXT};font-weight:600">'
        f"{number}</text>"
    )


def _title(operation: Operation, bar: _Bar, words: Mapping[str, str]) -> str:
    """Everything about an operation, for the tooltip and for screen readers."""
    until = words["unanswered"] if operation.returned_s is None else f"{operation.returned_s:g} s"
    more = f", {words['refused']}" if operation.failed else ""
    place = f", {bar.tick[0]}." if bar.tick else ""
    return f"{operation} [{operation.called_s:g} s – {until}{more}] #{bar.index}{place}"


def _axis(scale: _Scale, y: float, label: str) -> str:
    parts = [f'<line x1="{scale.left_px:.1f}" y1="{y:g}" x2="{scale.right_px:.1f}" y2="{y:g}" style="stroke:{LINE}"/>']
    for moment_s in scale.ticks():
        x = scale.x(moment_s)
        parts.append(
            f'<line x1="{x:.1f}" y1="{MARGIN_PX}" x2="{x:.1f}" y2="{y:g}" style="stroke:{SOFT};stroke-opacity:.35"/>'
            f'<text x="{x:.1f}" y="{y + 16:g}" text-anchor="middle" style="fill:{TEXT_2}">{moment_s:g}</text>'
        )
    parts.append(
        f'<text x="{scale.right_px:.1f}" y="{y + 30:g}" text-anchor="end" style="fill:{TEXT_2}">'
        f"{html.escape(label)}</text>"
    )
    return "".join(parts)


def _sentence(verdict: Verdict, words: Mapping[str, str], y: float, width_px: float) -> tuple[str, float]:
    """The verdict in words under the picture, in lines that fit; and where it ends."""
    head = f"{SIGNS[verdict.status]} {verdict.model}: {words[verdict.status]}"
    lines = textwrap.wrap(words.get("because", verdict.because), int((width_px - 2 * MARGIN_PX) / CHAR_PX))
    spans = "".join(f'<tspan x="{MARGIN_PX}" dy="{LINE_PX}">{html.escape(line)}</tspan>' for line in lines)
    y += 12
    text = (
        f'<text x="{MARGIN_PX}" y="{y:g}" style="fill:{TEXT}">'
        f'<tspan style="font-weight:600">{html.escape(head)}</tspan>{spans}</text>'
    )
    return text, y + LINE_PX * (len(lines) + 1)
