"""The story of a failed check: what happened, in order, as data, as text and as a picture.

A story is a list of events in virtual time, in which everything stands that passed between the check, the learner's
code and whatever the check plays (a server, a clock, a sleep). It is plain JSON, so it can be kept with the grade and
drawn again later. The picture is a sequence diagram in which time runs downwards; it is one self-contained piece of
HTML, so that it looks the same in a notebook and in a feedback page. A slider moves through it where scripts may run;
without them the whole picture is shown.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from faultlab.i18n import _, number
from faultlab.sim.plain import Plain, literal
from faultlab.sim.trace import Event as TraceEvent
from faultlab.sim.trace import Trace

ROW_PX = 26
WIDTH_PX = 760
TOP_PX = 44
ROWS_SHOWN_MAX = 50
# Where the three lanes stand; the times and the passing of time have the room to the left of them.
LANES_PX = {"check": 200, "code": 440, "world": 680}


@dataclass(frozen=True)
class Event:
    """One line of a story: at `at_s` of virtual time, in lane `lane`, an event of `kind` call, done, ask, reply, time,
    note or wrong."""

    at_s: float
    lane: int
    kind: str
    text: str
    failed: bool = False


@dataclass
class Story:
    """Events in the order in which they happened."""

    events: list[Event] = field(default_factory=list)

    def add(self, at_s: float, lane: int | None, kind: str, text: str, failed: bool = False) -> None:
        self.events.append(Event(round(at_s, 6), lane or 0, kind, text[:200], failed))

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(e) for e in self.events]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> Story:
        return cls([Event(**e) for e in data])

    def to_text(self) -> str:
        """One line an event: time, direction, what."""
        arrow = {
            "call": "->",
            "done": "<-",
            "ask": "   =>",
            "reply": "   <=",
            "time": "~~",
            "note": "--",
            "wrong": "!!",
        }
        lanes = self._lanes()
        lines = []
        for e in self.events:
            lane = f"[{lanes[e.lane]}] " if len(lanes) > 1 and e.lane in lanes else ""
            lines.append(f"{e.at_s:9.3f} s  {arrow.get(e.kind, '  ')} {lane}{e.text}")
        return "\n".join(lines)

    def _lanes(self) -> dict[int, int]:
        """Concurrent calls numbered from 1; empty when the calls only follow one another."""
        numbers: dict[int, int] = {}
        running: set[int] = set()
        concurrent = False
        for e in self.events:
            if e.kind == "call":
                running.add(e.lane)
                numbers.setdefault(e.lane, len(numbers) + 1)
                concurrent = concurrent or len(running) > 1
            elif e.kind == "done":
                running.discard(e.lane)
        return numbers if concurrent else {}

    def to_html(self) -> str:
        """The sequence diagram with its slider, and the same as text."""
        rows = _rows(self.events)
        shown = rows[-ROWS_SHOWN_MAX:]
        left_out = sum(map(len, rows)) - sum(map(len, shown))
        told = _("The first {n} events are left out.", n=left_out)
        head = f"<p>{told}</p>" if left_out else ""
        summary, text = _("The same as text"), html.escape(self.to_text())
        return (
            f'<div class="fl-story">{head}{_slider(len(shown))}{self._svg(shown)}'
            f"<details><summary>{summary}</summary><pre>{text}</pre></details></div>"
        )

    def _svg(self, rows: list[list[Event]]) -> str:
        lanes = self._lanes()
        heads = {"check": _("the check"), "code": _("your code"), "world": _("what it calls")}
        label = html.escape(_("sequence diagram"))
        height = TOP_PX + ROW_PX * len(rows)
        parts = [
            f'<svg viewBox="0 0 {WIDTH_PX} {height}" width="100%" style="max-width:{WIDTH_PX}px" role="img" '
            f'aria-label="{label}" font-size="12" font-family="sans-serif" fill="currentColor">',
        ]
        for key, x in LANES_PX.items():
            parts.append(
                f'<text x="{x}" y="18" text-anchor="middle" font-weight="600">{html.escape(heads[key])}</text>'
            )
            parts.append(f'<line x1="{x}" y1="26" x2="{x}" y2="{height}" stroke="currentColor" stroke-opacity=".35"/>')
        before = None
        for step, row in enumerate(rows):
            y = TOP_PX + ROW_PX * step
            parts.append(f'<g data-step="{step + 1}">')
            if row[0].at_s != before:
                parts.append(f'<text x="4" y="{y + 4}">{number(row[0].at_s, 3)} {_("s")}</text>')
                before = row[0].at_s
            parts.append(_draw(row, y, lanes))
            parts.append("</g>")
        parts.append("</svg>")
        return "".join(parts)


def _rows(events: list[Event]) -> list[list[Event]]:
    """The events, with a question and the answer that follows it at once in one row."""
    rows: list[list[Event]] = []
    answers = {"call": "done", "ask": "reply"}
    for event in events:
        last = rows[-1][-1] if rows else None
        at_once = last is not None and (last.lane, last.at_s) == (event.lane, event.at_s)
        if at_once and len(rows[-1]) == 1 and answers.get(last.kind) == event.kind:
            rows[-1].append(event)
        else:
            rows.append([event])
    return rows


def _short(text: str, chars_max: int) -> str:
    return html.escape(text if len(text) <= chars_max else text[: chars_max - 1] + "…")


def _draw(row: list[Event], y: int, lanes: dict[int, int]) -> str:
    event, failed = row[0], row[-1].failed
    full = "<title>" + html.escape(" → ".join(e.text for e in row)) + "</title>"
    if event.kind in ("time", "note", "wrong"):
        weight = ' font-weight="700" fill="#D55E00"' if event.kind == "wrong" else ' font-style="italic"'
        sign = "⚠ " if event.kind == "wrong" else ""
        return f'<text x="80" y="{y + 4}"{weight}>{sign}{_short(event.text, 88)}{full}</text>'
    ends = {"call": ("check", "code"), "done": ("code", "check"), "ask": ("code", "world"), "reply": ("world", "code")}
    start, end = (LANES_PX[c] for c in ends[event.kind])
    inset = 4 if start < end else -4
    dash = ' stroke-dasharray="5 3"' if event.kind in ("done", "reply") else ""
    colour = "#D55E00" if failed else "currentColor"
    lane = f"{lanes[event.lane]}: " if event.lane in lanes else ""
    words = " → ".join(("✕ " if e.failed else "") + _short(e.text, 38 if len(row) == 1 else 24) for e in row)
    heads = _head(end - inset, y, -inset, colour) + (_head(start + inset, y, inset, colour) if len(row) == 2 else "")
    return (
        f'<line x1="{start + inset}" y1="{y}" x2="{end - inset}" y2="{y}" stroke="{colour}"{dash}/>{heads}'
        f'<text x="{(start + end) / 2}" y="{y - 4}" text-anchor="middle">{lane}{words}{full}</text>'
    )


def _head(x: int, y: int, back: int, colour: str) -> str:
    """An arrow head at (x, y); `back` has the sign of the way back along the arrow. No SVG marker: those go by an id,
    and the ids of a page with many stories, some of them hidden, get in each other's way."""
    return f'<path d="M{x} {y}l{7 if back > 0 else -7} -3.5v7z" fill="{colour}"/>'


def _slider(steps: int) -> str:
    """A range input that hides what lies after the chosen step. The handler is inline, because a notebook drops script
    elements."""
    move = (
        "for(const g of this.closest('.fl-story').querySelectorAll('[data-step]'))"
        "g.style.opacity=+g.dataset.step&lt;=+this.value?1:.12"
    )
    word = _("step")
    return (
        f'<label style="display:flex;gap:.6em;align-items:center;max-width:{WIDTH_PX}px">{word} '
        f'<input type="range" min="1" max="{steps}" value="{steps}" style="flex:1" oninput="{move}"></label>'
    )


# A trace as text

LINES_MAX = 120
VALUE_CHARS_MAX = 100


def trace_text(trace: Trace, at: int | None = None) -> str:
    """What nodes did in a run or in a schedule of the model checker, one line an event, up to event `at` (default: to
    its end). Sendings are left out of an untimed schedule: there only the order of what arrives matters."""
    sent: dict[int, Plain] = {}
    lines = []
    for index, event in enumerate(trace):
        if event.kind == "send":
            sent[event.number] = event.detail
        elif event.kind == "duplicate":
            sent[event.number] = sent.get(event.detail)
        if at is not None and index > at and event.kind not in ("reply", "refuse", "error"):
            break
        if not (trace.untimed and event.kind == "send"):
            moment = f"{index:5d}" if trace.untimed else f"{number(event.at_s, 3):>8} {_('s')}"
            lines.append(f"{moment}  {_told(event, sent)}{_became(trace.changes.get(index, {}))}")
    left_out = len(lines) - LINES_MAX
    head = [_("The first {n} events are left out.", n=left_out)] if left_out > 0 else []
    violated = [f"!! {f.name}{': ' + f.because if f.because else ''}" for f in trace.findings if f.status == "violated"]
    return "\n".join([*head, *lines[-LINES_MAX:], *violated])


def _became(changed: Mapping[str, Plain]) -> str:
    """What the event changed in its node, as far as it fits into a line: numbers, texts, yes and no."""
    short = [f"{name}={literal(value)}" for name, value in changed.items() if type(value) in (int, bool, str)]
    shown = ", ".join(part for part in short if "disk." not in part and len(part) <= 40)
    return f"   [{shown}]" if shown else ""


def _told(event: TraceEvent, sent: Mapping[int, Plain]) -> str:
    node, other, detail = event.node, event.other, event.detail

    def value(data: Plain) -> str:
        text = literal(data)
        return text if len(text) <= VALUE_CHARS_MAX else text[: VALUE_CHARS_MAX - 1] + "…"

    match event.kind:
        case "send":
            return f"{node} -> {other}: {value(detail)}"
        case "deliver":
            return _("{node} gets from {other}: {what}", node=node, other=other, what=value(sent.get(event.number)))
        case "lose":
            return _("{what} from {other} to {node} is lost", node=node, other=other,
                     what=value(sent.get(event.number)))  # fmt: skip
        case "duplicate":
            return _("{what} from {node} to {other} is doubled", node=node, other=other,
                     what=value(sent.get(event.number)))  # fmt: skip
        case "timer":
            return _("{node}: timer {timer}", node=node, timer=value(detail))
        case "request":
            return _("client {other} asks {node}: {call}", node=node, other=other, call=value(detail))
        case "reply":
            return _("{node} answers client {other}: {call}", node=node, other=other, call=value(detail))
        case "refuse":
            return _("{node} refuses client {other}: {call}", node=node, other=other, call=value(detail))
        case "give up":
            return _("client {other} gives up: {call}", other=other, call=value(detail))
        case "start":
            return _("{node} starts", node=node)
        case "crash":
            return _("{node} crashes", node=node)
        case "error":
            return _("{node} raises {error}", node=node, error=detail)
        case "note":
            return f"{node}: {detail}"
    return f"{node} {event.kind} {'' if detail is None else value(detail)}".strip()
