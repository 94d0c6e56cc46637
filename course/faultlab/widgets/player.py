"""The trace player: one picture for every protocol of the course, and the way a trace travels to it.

    trace_panel(trace)                           look at a finished trace
    world_panel({"A": Ping, "B": Pong}, 5)       run nodes, look, add faults by hand, look again
    save_page(trace, "run.html")                 a page that plays by itself: no kernel, no network

1. One cursor. Space-time diagram, topology, state table and log all show the moment after the event at the cursor.
   Playing, scrubbing, stepping and asking for a causal past happen in the browser alone.
2. Faults are values. What the learner adds by hand is a list of faults in `params`, beside the other controls: Share,
   Reset and scenarios treat it like a slider.
3. A fault added at the cursor forks the future. Python replays from the same seed, so the events before it are the same
   ones, and only those after them travel (`Wire`): the browser says which trace it `have`s, the answer says how many of
   its leading events are `kept`. A browser that has another trace, or none, is sent the whole.
4. Everything that nodes keep and send is shown as a Python literal, and travels as text in a table of strings. It is
   never HTML.

A topic subclasses `PlayerPanel`: it says what is run (`scenario`) and what the panel consists of (`describe`), and may
draw more beside the standard parts (`playerExtras` in `player.js`).

Left out: editing a finished trace, of which the code is not known; a literal longer than `TEXT_MAX` is cut for display.
"""

from __future__ import annotations

import gc
import json
import secrets
import sys
from array import array
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from faultlab import i18n
from faultlab.i18n import _
from faultlab.sim.faults import Fault, Schedule, flat
from faultlab.sim.node import Factory, label
from faultlab.sim.plain import Plain, literal
from faultlab.sim.properties import Property, judge
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.timeline import Timeline
from faultlab.sim.trace import GONE, KINDS, Trace
from faultlab.widgets.panel import Json, Panel, assemble_spec, hidden_list, script, style

PARTS = ("trace", "space", "player")
TEXT_MAX = 2000
FAULTS_MAX = 200
NAMES_MAX = 127
ROLE_FIELDS = ("role", "state", "status")
SIMPLE = frozenset({int, str, bool, type(None)})
NUMBER_OF = {kind: i for i, kind in enumerate(KINDS)}

Answers = Callable[[Trace], Mapping[str, Mapping[str, str]]]


# ---------------------------------------------------------------- the way to the browser


def _shown(value: Plain) -> str:
    # Most values are small tuples of these, and then Python's own form is the same, and quicker.
    flat_tuple = type(value) is tuple and SIMPLE.issuperset(map(type, value))
    text = repr(value) if flat_tuple or type(value) in SIMPLE else literal(value)
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}… ({len(text)})"


def _packed(code: str, values: Sequence[float]) -> str:
    """Numbers of one type (a letter of the module `array`) as text: little-endian bytes in base64."""
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode("ascii")


class Wire:
    """Traces on their way to one browser widget: each goes as what is new in it, if the one before it is there.

    `message(trace, kept, have)` makes the answer: plain JSON with the columns of the events from `base`'s `kept` on.
    `kept` is the number of leading events that this trace shares with the one of the previous call, states included;
    `have` the id of the trace that the browser has.
    """

    def __init__(self) -> None:
        self.id = ""
        self._texts: list[str] = []
        self._places: dict[str, int] = {}
        self._numbers: dict[int, int] = {}

    def message(self, trace: Trace, kept: int = 0, have: str | None = None) -> dict[str, Json]:
        base = self.id if self.id and have == self.id else None
        start = kept if base else 0
        if base is None:
            self._texts, self._places, self._numbers = [], {}, {}
        known = len(self._texts)
        if len(trace.nodes) + len(trace.clients) > NAMES_MAX:
            raise ValueError(f"the player shows at most {NAMES_MAX} nodes and clients")
        columns = self._columns(trace, start)
        self.id = secrets.token_hex(6)
        return {
            "id": self.id,
            "base": base,
            "kept": start,
            "texts_kept": known,
            "texts": self._texts[known:],
            "nodes": list(trace.nodes),
            "clients": list(trace.clients),
            "untimed": trace.untimed,
            "end_s": trace.end_s,
            "faults": list((trace.scenario or {}).get("faults", ())),
            "findings": [vars(f) for f in trace.findings],
            **columns,
        }

    def _place(self, text: str) -> int:
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self._texts)
            self._texts.append(text)
        return place

    def _columns(self, trace: Trace, start: int) -> dict[str, Json]:
        names = {name: i for i, name in enumerate((*trace.nodes, *trace.clients))} | {"": -1}
        rows = trace.rows[start:]
        at_s, kinds, nodes, others, numbers, details = zip(*rows, strict=True) if rows else ((),) * 6
        pairs = self._details(kinds, details)
        changed = [(i, self._place(f), v) for i, fs in trace.changes.items() if i >= start for f, v in fs.items()]
        timers = [(i, self._place(n), due) for i, ts in trace.timers.items() if i >= start for n, due in ts.items()]
        return {
            "at": _packed("d", at_s),
            "kind": _packed("B", [NUMBER_OF[kind] for kind in kinds]),
            "node": _packed("b", [names[name] for name in nodes]),
            "other": _packed("b", [names[name] for name in others]),
            "number": _packed("i", numbers),
            "detail": _packed("i", [p[0] for p in pairs]),
            "extra": _packed("i", [p[1] for p in pairs]),
            "change_event": _packed("i", [c[0] for c in changed]),
            "change_field": _packed("i", [c[1] for c in changed]),
            "change_value": _packed("i", [self._value(c[2]) for c in changed]),
            "timer_event": _packed("i", [t[0] for t in timers]),
            "timer_name": _packed("i", [t[1] for t in timers]),
            "timer_due": _packed("d", [float("nan") if t[2] is None else t[2] for t in timers]),
        }

    def _value(self, value: Plain) -> int:
        if type(value) is not int:
            return -1 if value is GONE else self._place(_shown(value))
        place = self._numbers.get(value)
        if place is None:
            place = self._numbers[value] = self._place(repr(value))
        return place

    def _details(self, kinds: Sequence[str], details: Sequence[Plain]) -> list[tuple[int, int]]:
        # A broadcast sends one object many times: it is written once. (All of them are alive, so no id is used twice.)
        seen: dict[int, tuple[int, int]] = {id(None): (-1, -1)}
        found = []
        for kind, detail in zip(kinds, details, strict=True):
            pair = seen.get(id(detail)) if kind in ("send", "deliver") else None
            if pair is None:
                pair = self._detail(kind, detail)
                if kind == "send":
                    seen[id(detail)] = pair
            found.append(pair)
        return found

    def _detail(self, kind: str, detail: Plain) -> tuple[int, int]:
        """The detail of an event as a text, and a second number: for a send the text of the message's name, for a
        duplicate the message of which it is a copy, for a client's call the request."""
        place = self._place
        if kind == "send":
            return place(_shown(detail)), place(label(detail))
        if kind == "duplicate":
            return -1, detail
        if detail is None:
            return -1, -1
        if kind in ("request", "reply", "refuse", "give up") and isinstance(detail, tuple):
            return place(_shown(detail[1])), place(str(detail[0]))
        if kind == "cut":
            return place(json.dumps(detail)), -1
        return place(detail if isinstance(detail, str) else _shown(detail)), -1


# ---------------------------------------------------------------- what the player says


def player_words() -> dict[str, str]:
    """The words of the player's parts, in the learner's language."""
    return {
        "space": _("Space-time diagram"),
        "space_help": _(
            "Messages are lines from the sender down to the receiver; a cross is where a message was lost."
        ),
        "topology": _("Nodes and messages now"),
        "states": _("States"),
        "states_after": _("States after this event; ▸ is what it changed"),
        "log": _("Events"),
        "findings": _("Properties"),
        "field": _("field"),
        "disk": _("disk"),
        "on_disk": _("on the disk: survives a crash"),
        "timers": _("timers"),
        "timer_at": _("{name} at {t} s"),
        "was": _("before: {value}"),
        "nothing_before": _("not there before"),
        "full": _("{node}, {field}: {value}"),
        "partition": _("partition"),
        "before_all": _("Before the first event"),
        "event_of": _("{i} of {n}"),
        "step_unit": _("step"),
        "time_unit": _("s"),
        "mode": _("Rows"),
        "mode_scale": _("to scale"),
        "mode_rows": _("in rows"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "times": _("{n}×"),
        "per_second": _("{n} events/s"),
        "jump": _("Jump to"),
        "previous_kind": _("The one before, of this kind (key p)"),
        "next_kind": _("The next one of this kind (key n)"),
        "all": _("any event"),
        "messages": _("messages"),
        "losses": _("losses"),
        "fault_events": _("faults"),
        "timer_events": _("timers"),
        "notes": _("notes"),
        "clients": _("clients’ calls"),
        "state_changes": _("changes of state"),
        "past": _("Causal past"),
        "past_help": _("Show what could have influenced the event at the cursor (key c)"),
        "past_count": _(
            "{past} of {before} earlier events happened before this one; the others could not influence it."
        ),
        "keys": _(
            "Keys: ← → step, space plays, Home and End, n and p jump to the next and the previous event of the chosen "
            "kind, c shows the causal past, Esc hides it, + and − zoom. Drag the diagram to move through time; "
            "Shift and the wheel do the same, Ctrl and the wheel zoom."
        ),
        "legend": _("Signs and keys"),
        **_event_words(),
        **_fault_words(),
        **_sign_words(),
    }


def _event_words() -> dict[str, str]:
    return {
        "start": _("{node} starts"),
        "start_again": _("{node} starts again"),
        "start_without": _("{node} starts again, without its disk"),
        "send": _("{node} sends {other} {detail}"),
        "duplicate": _("the network doubles {detail} from {node} to {other}"),
        "deliver": _("{node} receives {detail} from {other}"),
        "lose": _("lost: {detail} from {other} to {node}, {why}"),
        "lose_unknown": _("a message is lost"),
        "timer": _("{node}: timer {detail} runs out"),
        "request": _("{other} asks {node}: {detail}"),
        "reply": _("{node} answers {other}: {detail}"),
        "refuse": _("{node} refuses {other}: {detail}"),
        "give_up": _("{other} gives up {detail}"),
        "crash": _("{node} crashes"),
        "crash_error": _("{node} crashes because of an error in its code"),
        "error": _("{node}: {detail}"),
        "pause": _("{node} is paused"),
        "resume": _("{node} goes on"),
        "cut": _("the network is cut: {groups}"),
        "heal": _("all links carry messages again"),
        "loss": _("from now on this share of messages is lost: {detail}"),
        "skew": _("the clock of {node} is changed: {detail}"),
        "note": _("{node}: {detail}"),
        "end": _("end: {detail}"),
        "always_ok": _("always: held in every state"),
        "always_violated": _("always: violated"),
        "always_open": _("always: not decided"),
        "sometimes_ok": _("sometimes: it happened"),
        "sometimes_violated": _("sometimes: it never happened"),
        "sometimes_open": _("sometimes: it has not happened here"),
        "eventually_ok": _("eventually: it happened"),
        "eventually_violated": _("eventually: it never happened"),
        "eventually_open": _("eventually: not yet when the run ended"),
        "why_chance": _("by chance"),
        "why_cut": _("the link is cut"),
        "why_hand": _("dropped by hand"),
        "why_down": _("{node} is down"),
        "why_crashed": _("{node} crashed"),
    }


def _fault_words() -> dict[str, str]:
    return {
        "faults": _("Faults by hand"),
        "fault_at": _("At {t} s, to"),
        "to_node": _("node {node}"),
        "to_network": _("the network"),
        "to_message": _("{name} {source} → {target}"),
        "do_crash": _("Crash"),
        "do_restart": _("Restart"),
        "do_restart_empty": _("Restart with an empty disk"),
        "do_pause": _("Pause it"),
        "do_resume": _("Let it go on"),
        "do_partition": _("Cut"),
        "do_heal": _("Heal"),
        "do_drop": _("Drop"),
        "do_delay": _("Delay"),
        "do_duplicate": _("Duplicate"),
        "apart": _("Cut off:"),
        "none_yet": _("No faults yet. Choose a moment, then what goes wrong."),
        "remove": _("Remove: {fault}"),
        "f_crash": _("crash {node}"),
        "f_restart": _("restart {node}"),
        "f_restart_empty": _("restart {node} without its disk"),
        "f_pause": _("pause {node}"),
        "f_resume": _("resume {node}"),
        "f_partition": _("cut {groups}"),
        "f_cut": _("cut {node} → {other}"),
        "f_heal": _("heal"),
        "f_loss": _("loss {rate}"),
        "f_skew": _("clock of {node}"),
        "f_drop": _("drop {node} → {other} no. {number}"),
        "f_delay": _("delay {node} → {other} no. {number} by {by} s"),
        "f_duplicate": _("double {node} → {other} no. {number}"),
        "f_at": _("{t} s: {fault}"),
    }


def _sign_words() -> dict[str, str]:
    return {
        "sign_message": _("message"),
        "sign_reply": _("answer to one from there"),
        "sign_lost": _("lost, where it died"),
        "sign_copy": _("copy of a message"),
        "sign_timer": _("timer runs out"),
        "sign_note": _("note"),
        "sign_error": _("error in the code"),
        "sign_crashed": _("crashed"),
        "sign_paused": _("paused"),
        "sign_partition": _("cut by a partition"),
        "sign_leader": _("leads"),
        "sign_candidate": _("candidate"),
    }


# ---------------------------------------------------------------- panels


class Setup(NamedTuple):
    """What a panel runs. Equal parameters should give the very same factories: only then is a run replayed from where
    it changes, and not from its beginning."""

    nodes: Mapping[str, Factory]
    scenario: Scenario
    properties: Sequence[Property] = ()


def fault_list(faults: Schedule | Iterable[Any]) -> list[dict[str, Json]]:
    """A schedule, or what is already JSON, as the JSON that travels in `params`."""
    items = list(faults)
    if all(isinstance(f, dict) for f in items):
        return items
    return [f.to_json() for f in flat(items)]


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: a run makes thousands of small objects, all of them in use, and a full search
    through a notebook's memory takes longer than the run."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class PlayerPanel(Panel):
    """Base of every panel that runs a protocol. A topic sets `topic`, adds its own part to `parts` if it draws more,
    and writes `describe` (title, question, controls, presets, words) and `scenario(params)`.

    `first_fields` are the fields that stand first in the state table; the field that names a node's role is the first
    of `role_fields` that it has. `self.trace` is the trace on the screen.
    """

    topic = ""
    parts = PARTS
    first_fields: tuple[str, ...] = ()
    role_fields: tuple[str, ...] = ROLE_FIELDS
    hide_after_s = 0.0

    def __init__(self, **params: Any) -> None:
        self.trace: Trace | None = None
        self._have: str | None = None
        self._wire = Wire()
        self._nodes: Mapping[str, Factory] = {}
        self._timeline: Timeline | None = None
        self._judged: list[Property] = []
        if "faults" in params:
            params["faults"] = fault_list(params["faults"])
        super().__init__(**params)

    # -------- what a topic writes

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        """The nodes and the scenario for these values of the controls, without the faults added by hand."""
        raise NotImplementedError

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        """For each question by its name, the option that came true (see `panel.outcome`)."""
        return {}

    def extra(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """More data for the topic's own part of the picture, and `numbers`, `columns`, `summary` of the shell."""
        return {}

    def first_faults(self) -> Schedule:
        """The faults that a fresh panel shows as if added by hand: the learner may remove them."""
        return ()

    # -------- the rest is the same for all

    def describe_whole(self) -> dict[str, Json]:
        spec = super().describe_whole()
        spec["controls"] = [*spec.get("controls", ()), hidden_list("faults", fault_list(self.first_faults()))]
        for one in spec["presets"]:
            if "faults" in one["params"]:
                one["params"] = {**one["params"], "faults": fault_list(one["params"]["faults"])}
        spec["player"] = player_spec(True, self.first_fields, self.role_fields, self.hide_after_s)
        return spec

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        if len(params["faults"]) > FAULTS_MAX:
            raise ValueError(_("At most {n} faults.", n=FAULTS_MAX))
        faults = [Fault.from_json(f) for f in params["faults"]]
        setup = self.scenario(params)
        # Until this run is judged there is none: if it is cut off, nothing is known to be shared with the next one.
        last, self.trace = self.trace, None
        trace, kept = self._run(setup, setup.scenario.with_faults(*faults))
        self.trace = self._judge(trace, kept, setup.properties, last)
        view = {"summary": summary(self.trace), "answers": dict(self.answers(self.trace, params))}
        view |= self.extra(self.trace, params)
        return view | {"trace": self._wire.message(self.trace, kept, self._have)}

    def _judge(self, trace: Trace, kept: int, properties: Sequence[Property], last: Trace | None) -> Trace:
        """The trace with its findings; what it shares with the last one is not judged again."""
        asked, self._judged = self._judged, list(properties)
        if not self._judged:
            return trace
        if last is None or asked != self._judged:
            return judge(trace, properties)
        return judge(trace, properties, since=kept, before=last.findings)

    def _run(self, setup: Setup, scenario: Scenario) -> tuple[Trace, int]:
        timeline = self._timeline if self._nodes == setup.nodes else None
        # Kept only if it comes to its end: after a run that was cut off, it would not know what the browser has.
        self._timeline = None
        timeline = timeline or Timeline(setup.nodes)
        run = timeline.run(scenario)
        self._nodes, self._timeline = dict(setup.nodes), timeline
        return run.trace, run.kept

    def _answer(self, params: Mapping[str, Json]) -> None:
        self._have = params.get("have")
        with _uncollected():
            super()._answer(params)


class WorldPanel(PlayerPanel):
    """Any nodes in any scenario: what `world_panel` opens."""

    topic = "player"

    def __init__(
        self,
        setup: Setup,
        *,
        title: str,
        question: Json,
        presets: Sequence[Json],
        answers: Answers | None,
        faults: Schedule,
        fields: Sequence[str],
        hide_after_s: float,
        **params: Any,
    ) -> None:
        self._setup, self._title, self._question, self._presets = setup, title, question, list(presets)
        self._answers, self._faults = answers, faults
        self.first_fields, self.hide_after_s = tuple(fields), hide_after_s
        super().__init__(**params)

    def describe(self) -> dict[str, Json]:
        title = self._title or _("A run in virtual time")
        return {"title": title, "question": self._question, "controls": [], "presets": self._presets}

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        fixed = vars(self._setup.scenario)
        return self._setup._replace(scenario=Scenario(**{**fixed, "seed": params["seed"]}))

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        return self._answers(trace) if self._answers else {}

    def first_faults(self) -> Schedule:
        return self._faults


class TracePanel(Panel):
    """A finished trace: what `trace_panel` opens. Nothing can be added to it, since there is no code to run."""

    topic = "player"
    parts = PARTS

    def __init__(
        self,
        trace: Trace,
        *,
        title: str = "",
        question: Json = None,
        answers: Answers | None = None,
        fields: Sequence[str] = (),
        start: int | None = None,
        hide_after_s: float = 0.0,
        reveal: bool = False,
    ) -> None:
        self.trace = trace
        self._given = {"title": title, "question": question, "fields": fields, "start": start, "hide": hide_after_s}
        self._answers = answers
        super().__init__(reveal=reveal)

    def describe(self) -> dict[str, Json]:
        given = self._given
        return still_spec(self.trace, given["title"], given["question"], given["fields"], given["start"], given["hide"])

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        return still_view(self.trace, self._answers)


def player_spec(
    editable: bool, fields: Sequence[str], roles: Sequence[str], hide_after_s: float, start: int = -1
) -> dict[str, Json]:
    """What the player's script has to know besides the trace."""
    told = {"editable": editable, "fields": list(fields), "roles": list(roles)}
    return told | {"hide_after_s": hide_after_s, "start": start, "words": player_words()}


def still_spec(
    trace: Trace, title: str, question: Json, fields: Sequence[str], start: int | None, hide_after_s: float
) -> dict[str, Json]:
    """The spec of a panel that never asks Python anything."""
    if start is None:
        start = min((f.event for f in trace.findings if f.status == "violated"), default=-1)
    return {
        "title": title or trace.title or _("A trace"),
        "question": question,
        "controls": [],
        "still": True,
        "player": player_spec(False, fields, ROLE_FIELDS, hide_after_s, start),
    }


def still_view(trace: Trace, answers: Answers | None = None) -> dict[str, Json]:
    told = dict(answers(trace)) if answers else {}
    return {"summary": summary(trace), "answers": told, "trace": Wire().message(trace)}


def summary(trace: Trace) -> str:
    """The trace in one sentence."""
    kinds = Counter(row[1] for row in trace.rows)
    counts = {"nodes": len(trace.nodes), "events": len(trace)}
    counts |= {"sent": kinds["send"] + kinds["duplicate"], "lost": kinds["lose"]}
    if trace.untimed:
        return _("{nodes} nodes, {events} events in order, {sent} messages, {lost} of them lost.", **counts)
    end = i18n.number(trace.end_s, 3)
    return _("{nodes} nodes, {end} s, {events} events, {sent} messages, {lost} of them lost.", end=end, **counts)


def trace_panel(
    trace: Trace,
    *,
    title: str = "",
    question: Json = None,
    answers: Answers | None = None,
    fields: Sequence[str] = (),
    start: int | None = None,
    hide_after_s: float = 0.0,
    reveal: bool = False,
) -> TracePanel:
    """Play a finished trace, timed or not (also one of `Trace.from_json`).

    `question` is one of `panel.question`, `answers` says what came true: from the trace to {name: outcome(...)}; up to
    `hide_after_s` seconds (or steps) the run can be played before the learner predicts. `fields` stand first in the
    state table. It opens at event `start`; by default at the first violation, or at the beginning.
    """
    return TracePanel(
        trace,
        title=title,
        question=question,
        answers=answers,
        fields=fields,
        start=start,
        hide_after_s=hide_after_s,
        reveal=reveal,
    )


def world_panel(
    nodes: Mapping[str, Factory],
    until_s: float = 10.0,
    *,
    seed: int = 1,
    network: Network | None = None,
    faults: Schedule = (),
    clients: Iterable[Client] = (),
    properties: Sequence[Property] = (),
    presets: Sequence[Json] = (),
    question: Json = None,
    answers: Answers | None = None,
    title: str = "",
    fields: Sequence[str] = (),
    hide_after_s: float = 0.0,
    reveal: bool = False,
) -> WorldPanel:
    """Run `nodes` (names to classes) for `until_s` seconds of virtual time, show the run, and let the learner add
    faults at the cursor. `faults` are there from the beginning and can be removed; a preset may bring its own
    (`faults=[...]`). The rest is as for `simulate` and `trace_panel`. ValueError in one line for a scenario that cannot
    be.
    """
    scenario = Scenario(until_s, seed=seed, network=network, clients=clients)
    scenario.with_faults(*flat(faults)).check(nodes)
    setup = Setup(dict(nodes), scenario, tuple(properties))
    return WorldPanel(
        setup,
        title=title,
        question=question,
        presets=presets,
        answers=answers,
        faults=faults,
        fields=fields,
        hide_after_s=hide_after_s,
        seed=seed,
        reveal=reveal,
    )


# ---------------------------------------------------------------- pages without a kernel


@contextmanager
def _speaking(language: str | None) -> Iterator[None]:
    before = list(i18n._current)
    try:
        if language is not None:
            i18n.use_language(language)
        yield
    finally:
        i18n._current[:] = before


PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 8px 16px; background: var(--jp-layout-color1, #fff); font-family: system-ui, sans-serif; }}
.fl-panel {{ margin-left: auto; margin-right: auto; }}
[data-jp-theme-light="false"] {{
  --jp-layout-color1: #212121; --jp-layout-color2: #333; --jp-content-font-color1: #f0f0f0;
  --jp-content-font-color2: #bdbdbd; --jp-border-color1: #616161; --jp-border-color2: #424242;
}}
{style}
</style>
</head>
<body>
<main id="player"></main>
<script type="application/json" id="data">{data}</script>
<script>
if (window.matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.jpThemeLight = "false";
{script}
mountPlayer(document.getElementById("player"), JSON.parse(document.getElementById("data").textContent));
</script>
</body>
</html>
"""


def page(
    trace: Trace,
    language: str | None = None,
    *,
    title: str = "",
    fields: Sequence[str] = (),
    start: int | None = None,
) -> str:
    """A self-contained HTML page that plays `trace`: it needs no kernel and loads nothing. For `start` and `fields` see
    `trace_panel`. What nodes and messages contain cannot become part of the page's own code, whatever it is."""
    with _speaking(language):
        spec = assemble_spec(still_spec(trace, title, None, fields, start, 0.0), "player", 1, True)
        data = {"spec": spec, "params": {"seed": 1, "seq": 0}, "view": {"seq": 0, **still_view(trace)}}
        # Pure ASCII without "<": nothing in it can end the element that holds it.
        text = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
        filled = {"language": i18n.language(), "title": escape(spec["title"]), "data": text}
        return PAGE.format(style=style(PARTS), script=script(PARTS), **filled)


def save_page(trace: Trace, path: str | Path, language: str | None = None, **options: Any) -> Path:
    """Write `page(trace)` into a file and return its path."""
    target = Path(path)
    target.write_text(page(trace, language, **options), encoding="utf-8")
    return target


__all__ = [
    "PlayerPanel",
    "Setup",
    "TracePanel",
    "Wire",
    "WorldPanel",
    "page",
    "save_page",
    "trace_panel",
    "world_panel",
]
