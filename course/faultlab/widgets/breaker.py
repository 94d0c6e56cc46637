"""The circuit-breaker panel: one client's calls, sent through two breakers at once.

1. The traffic is made once and is the same for both lanes: a call every 1/rate seconds (with some jitter), each with
   its fate, which is what the service would answer. During the outage it answers every call with 503; outside, a
   share of the calls fails.
2. Lane A is the reference breaker. Lane B is another one: other numbers, a share in place of a count, the naive
   breaker, none, or the learner's class, which is driven only through the exercise's contract (`call`, `state`).
3. The state graph is drawn from `models.breaker.TRANSITIONS`.
4. What the learner's class gets wrong is shown where it happens: its lane ends there, and a line says why.

Left out: concurrent calls. The client waits for each answer, so a half-open breaker never has to refuse a second
probe here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faultlab.errors import CircuitOpenError, HTTPError
from faultlab.i18n import N_, _
from faultlab.models import breaker as model
from faultlab.sim import VirtualClock, stream
from faultlab.widgets.panel import (
    LearnerTimeout,
    Panel,
    choice,
    explain,
    number,
    outcome,
    preset,
    question,
    slider,
    text_number,
)

DURATION_S = 90.0
LATENCY_S = 0.1
RATE_SHARE, RATE_CALLS_MIN = 0.5, 10
EVENT_OF = {(old, new): event for (old, event), new in model.TRANSITIONS.items()}
EVENT_WORDS = {
    model.THRESHOLD_REACHED: N_("threshold reached"),
    model.RECOVERY_ELAPSED: N_("recovery time elapsed"),
    model.PROBE_SUCCEEDED: N_("probe succeeded"),
    model.PROBE_FAILED: N_("probe failed"),
}
STATE_WORDS = {model.CLOSED: N_("closed"), model.OPEN: N_("open"), model.HALF_OPEN: N_("half-open")}
CODES = {"succeeded": "s", "failed": "f", "client error": "c", "rejected": "r"}


class Unguarded:
    """No breaker at all: every call goes through."""

    state = model.CLOSED

    def call(self, request: Callable[[], Any]) -> Any:
        return request()


class Guard:
    """A breaker that may be wrong, made safe to drive: whatever it does, the traffic goes on and the truth is kept.

    `broken` is None, or the moment and the sentence on what it did that no breaker does. From then on every call is
    refused.
    """

    def __init__(self, make: Callable[[VirtualClock], Any], clock: VirtualClock) -> None:
        self._clock = clock
        self._state = model.CLOSED
        self._inner: Any = None
        self.broken: tuple[float, str] | None = None
        self._watch(lambda: setattr(self, "_inner", make(clock)))

    @property
    def state(self) -> str:
        if self.broken is None:
            seen = self._watch(lambda: self._inner.state)
            if seen in model.STATES:
                self._state = seen
            elif self.broken is None:
                self._break(_("its state is {state!r}, not one of {known}", state=seen, known=", ".join(model.STATES)))
        return self._state

    def call(self, request: Callable[[], Any]) -> Any:
        results: list[Exception | None] = []

        def watched() -> Any:
            try:
                value = request()
            except Exception as error:
                results.append(error)
                raise
            results.append(None)
            return value

        if self.broken is None:
            self._watch(lambda: self._inner.call(watched), expected=lambda error: self._is_fine(error, results))
        if not results:
            raise CircuitOpenError(0.0)
        if results[0] is not None:
            raise results[0]

    def _is_fine(self, error: BaseException | None, results: list[Exception | None]) -> bool:
        if error is None and not results:
            self._break(_("its call() came back without making the request and without CircuitOpenError"))
        if len(results) > 1:
            self._break(_("its call() made the request {n} times", n=len(results)))
        return error is None or isinstance(error, CircuitOpenError) or error in results

    def _watch(
        self, act: Callable[[], Any], expected: Callable[[BaseException | None], bool] = lambda e: e is None
    ) -> Any:
        try:
            value = act()
        except (Exception, LearnerTimeout) as error:
            if not expected(error):
                self._break(explain(error))
            return None
        expected(None)
        return value

    def _break(self, what: str) -> None:
        self.broken = self.broken or (self._clock(), what)


def client_calls(params: Mapping[str, Any]) -> list[model.Call]:
    """The traffic of rule 1. Arrivals and fates have their own streams, so that moving one control re-deals nothing
    else.
    """
    seed, share = params["seed"], params["failing"] / 100
    arrivals, fates = stream(seed, "panel", "arrivals"), stream(seed, "panel", "fates")
    spacing_s = 1 / params["rate"]
    down_from_s, down_to_s = params["outage_start_s"], params["outage_start_s"] + params["outage_s"]
    calls = []
    for i in range(int(DURATION_S * params["rate"])):
        at_s = round((i + 0.1 + 0.4 * arrivals.random()) * spacing_s, 3)
        draw = fates.random()
        # Spread evenly, a share of 50 % means every second call: the worst case for whoever counts failures in a row.
        unlucky = draw < share if params["pattern"] == "random" else int((i + 1) * share) > int(i * share)
        down = down_from_s <= at_s < down_to_s
        error = HTTPError(503) if down else HTTPError(int(params["error"])) if unlucky else None
        calls.append(model.Call(at_s, LATENCY_S, error))
    return calls


def fate(call: model.Call) -> str:
    """What the service would answer, as one letter: s(uccess), f(ailure), c(lient's mistake)."""
    if call.error is None:
        return "s"
    return "f" if model.service_failure(call.error) else "c"


def run_lane(make: Callable[[VirtualClock], Any], calls: Sequence[model.Call]) -> dict[str, Any]:
    """The calls through one breaker: a letter for each call, the ribbon of states, and what went wrong in the class
    if anything.
    """
    guards: list[Guard] = []

    def guarded(clock: VirtualClock) -> Guard:
        guards.append(Guard(make, clock))
        return guards[0]

    driven = model.drive(guarded, calls, until_s=DURATION_S)
    broken = guards[0].broken
    end_s = broken[0] if broken else DURATION_S
    outcomes = "".join(CODES[kind] for at_s, kind in driven.outcomes if not broken or at_s < end_s)
    ribbon = [[round(a, 3), round(min(b, end_s), 3), state] for a, b, state in driven.ribbon if a < end_s or a == 0]
    return {"outcomes": outcomes, "ribbon": ribbon, "broken": broken[1] if broken else None, "end_s": round(end_s, 3)}


class BreakerPanel(Panel):
    """Two breakers under the same traffic; see the module's docstring."""

    topic = "breaker"

    def __init__(self, breaker: Callable[..., Any] | None = None, **params: Any) -> None:
        self.breaker = breaker
        super().__init__(**params)

    # -------- what the panel consists of

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("Circuit breaker: one client, two breakers"),
            "question": self._which_opens(),
            "controls": self._controls(),
            "presets": self._presets(),
            "words": self._words(),
            "time": {"end_s": DURATION_S, "speeds": [2, 10, 30]},
        }

    def _controls(self) -> list[dict[str, Any]]:
        others = [
            ("naive", _("counts failures in a row")),
            ("numbers", _("A’s rules, other numbers")),
            ("rate", _("opens at {share} % failed", share=round(RATE_SHARE * 100))),
            ("none", _("no breaker")),
        ]
        if self.breaker is not None:
            others.insert(0, ("mine", _("your class {name}", name=getattr(self.breaker, "__name__", "?"))))
        return [
            slider("rate", _("Calls per second"), 1.0, 0.5, 4.0, 0.5, _("/s")),
            slider("failing", _("Calls that fail anyway"), 0, 0, 100, 1, "%"),
            slider("outage_start_s", _("Outage begins at"), 15, 0, 85, 1, _("s")),
            slider("outage_s", _("Outage lasts"), 20, 0, 60, 1, _("s")),
            slider("threshold", _("Failures to open"), 5, 1, 10, 1),
            slider("recovery_s", _("Recovery time"), 30, 1, 60, 1, _("s")),
            choice("other", _("Breaker B"), "mine" if self.breaker else "none", others, menu=True),
            slider("window_s", _("Window"), 10, 2, 30, 1, _("s"), more=True),
            choice(
                "pattern", _("Failures come"), "random", [("random", _("at random")), ("even", _("evenly"))], more=True
            ),
            choice(
                "error",
                _("They are"),
                "503",
                [("503", _("503, the server’s")), ("404", _("404, the caller’s"))],
                more=True,
            ),
            slider("threshold_b", _("Failures to open, B"), 5, 1, 10, 1, more=True),
            slider("recovery_b_s", _("Recovery time, B"), 10, 1, 60, 1, _("s"), more=True),
        ]

    def _presets(self) -> list[dict[str, Any]]:
        def other(name: str) -> str:
            return "mine" if self.breaker is not None else name

        quiet = {"outage_s": 0}
        return [
            preset(
                "outage",
                _("Outage"),
                _("the first failures fill the window; from then on the caller is refused at once, until a probe."),
                question=self._how_many_reach(),
            ),
            preset(
                "flapping",
                _("Every second call fails"),
                _("how often does B’s count get past one?"),
                failing=50,
                pattern="even",
                other=other("naive"),
                **quiet,
            ),
            preset(
                "rare",
                _("Rare errors"),
                _(
                    "each failure leaves the window after {seconds} s, long before there are enough of them.",
                    seconds=10,
                ),
                failing=4,
                other=other("naive"),
                **quiet,
            ),
            preset(
                "not_found",
                _("A storm of 404"),
                _("the service answers every call: are these answers its failures?"),
                failing=85,
                error="404",
                other=other("naive"),
                **quiet,
            ),
            preset(
                "busy",
                _("Busy service, few errors"),
                _("the same share of errors at four calls a second puts more failures into ten seconds."),
                rate=4.0,
                failing=18,
                other=other("rate"),
                **quiet,
            ),
            preset(
                "short",
                _("Short recovery time"),
                _("each diamond on the ribbon is a probe: it may cost a failed call, and it may end the wait."),
                question=self._who_serves_more(),
                outage_start_s=10,
                outage_s=38,
                recovery_s=3,
                other=other("numbers"),
                recovery_b_s=30,
            ),
        ]

    @staticmethod
    def _which_opens() -> dict[str, Any]:
        options = [("neither", _("Neither")), ("A", _("Only A")), ("B", _("Only B")), ("both", _("Both"))]
        return question(
            _("The same calls go through both breakers. Which one opens at least once?"), options, name="opens"
        )

    @staticmethod
    def _how_many_reach() -> dict[str, Any]:
        options = [("none", _("None of them")), ("few", _("The first few, and the probes")), ("all", _("All of them"))]
        return question(
            _("The service goes down for a while. How many of the calls made meanwhile reach it through A?"),
            options,
            name="reach",
        )

    @staticmethod
    def _who_serves_more() -> dict[str, Any]:
        options = [("A", _("A, which tries again soon")), ("B", _("B, which waits")), ("same", _("Both the same"))]
        return question(_("Through which breaker do more calls succeed in all?"), options, name="serves")

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "events": {event: _(words) for event, words in EVENT_WORDS.items()},
            "states": {state: _(words) for state, words in STATE_WORDS.items()},
            "service": _("Service"),
            "answers": _("would answer"),
            "succeeded": _("succeeded"),
            "failed": _("failed"),
            "rejected": _("refused"),
            "time": _("time, s"),
            "outage": _("outage"),
            "outage_start": _("Outage begins at"),
            "outage_end": _("Outage ends at"),
            "cursor": _("Time cursor"),
            "in_window": _("failures within {seconds} s: {n} of {threshold}"),
            "in_a_row": _("failures in a row: {n} of {threshold}"),
            "share": _("failed: {n} of {calls}, {share} %"),
            "nothing": _("nothing is counted"),
            "next_probe": _("refuses; a probe may go in {seconds} s"),
            "probe_due": _("the next call is a probe"),
            "probing": _("a probe is under way"),
            "stopped": _("stopped here"),
            "seconds": _("{n} s"),
            "call": _("call at {t} s: {answer}"),
            "fate_s": _("the service is well"),
            "fate_f": _("the service fails"),
            "fate_c": _("404, the caller’s mistake"),
            "through_s": _("{lane} passes it on"),
            "through_r": _("{lane} refuses"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        calls = client_calls(params)
        fates = "".join(fate(call) for call in calls)
        lanes = [self._lane_a(params, calls), self._lane_b(params, calls)]
        for lane in lanes:
            lane["counts"] = count(lane, fates)
        a, b = (lane["counts"] for lane in lanes)
        events = sorted({t for lane in lanes for t, _to, _state in lane["ribbon"] if t > 0} | {c.at_s for c in calls})
        changes = [t for lane in lanes for t, _to, _state in lane["ribbon"] if t > 0]
        return {
            "calls": [call.at_s for call in calls],
            "fates": fates,
            "latency_s": LATENCY_S,
            "outage": [params["outage_start_s"], params["outage_s"]],
            "transitions": [[old, event, new] for (old, event), new in model.TRANSITIONS.items()],
            "lanes": lanes,
            "events": events,
            "rest_s": round(min(changes) + 5, 1) if changes else DURATION_S / 2,
            "answers": self._answers(params, calls, lanes),
            "columns": ["A", "B"],
            "numbers": [
                number(_("calls let through"), a["sent"], b["sent"]),
                number(_("… succeeded"), a["succeeded"], b["succeeded"]),
                number(_("… failed"), a["failed"], b["failed"]),
                number(_("calls refused"), a["rejected"], b["rejected"]),
                number(_("… which would have succeeded"), a["lost"], b["lost"]),
                number(_("times opened"), a["opened"], b["opened"]),
            ],
            "summary": " ".join(in_words(name, c) for name, c in (("A", a), ("B", b))),
            "log": log(lanes, calls),
            "notice": _notice(lanes[1]),
        }

    @staticmethod
    def _lane_a(params: Mapping[str, Any], calls: Sequence[model.Call]) -> dict[str, Any]:
        config = model.BreakerConfig(params["threshold"], params["window_s"], recovery_time_s=params["recovery_s"])
        rule = window_rule(params["threshold"], params["window_s"], params["recovery_s"])
        return run_lane(lambda clock: model.CircuitBreaker(clock, config), calls) | {"name": "A", "rule": rule}

    def _lane_b(self, params: Mapping[str, Any], calls: Sequence[model.Call]) -> dict[str, Any]:
        make, rule = self._second(params)
        return run_lane(make, calls) | {"name": "B", "rule": rule}

    def _second(self, params: Mapping[str, Any]) -> tuple[Callable[[VirtualClock], Any], dict[str, Any]]:
        """How to make breaker B, and the rule by which the picture counts."""
        kind, window_s = params["other"], params["window_s"]
        threshold, recovery_s = params["threshold"], params["recovery_s"]
        if kind == "none":
            return lambda clock: Unguarded(), {"kind": "none", "label": _("no breaker")}
        if kind == "numbers":
            threshold, recovery_s = params["threshold_b"], params["recovery_b_s"]
            config = model.BreakerConfig(threshold, window_s, recovery_time_s=recovery_s)
            return lambda clock: model.CircuitBreaker(clock, config), window_rule(threshold, window_s, recovery_s)
        if kind == "rate":
            config = model.BreakerConfig(
                window_s=window_s, failure_rate=RATE_SHARE, calls_min=RATE_CALLS_MIN, recovery_time_s=recovery_s
            )
            label = _(
                "{share} % failed in {window} s, wait {recovery} s",
                share=round(RATE_SHARE * 100),
                window=window_s,
                recovery=recovery_s,
            )
            rule = {"kind": "rate", "window_s": window_s, "share": RATE_SHARE, "calls_min": RATE_CALLS_MIN}
            return lambda clock: model.CircuitBreaker(clock, config), rule | {"recovery_s": recovery_s, "label": label}
        settings = {
            "failure_threshold": threshold,
            "window_s": window_s,
            "recovery_time_s": recovery_s,
            "probes_max": 1,
        }
        if kind == "naive":
            label = _("{threshold} failures in a row, wait {recovery} s", threshold=threshold, recovery=recovery_s)
            rule = {"kind": "row", "threshold": threshold, "recovery_s": recovery_s, "label": label}
            return lambda clock: model.NaiveBreaker(clock, **settings), rule
        rule = window_rule(threshold, window_s, recovery_s)
        mine = {"label": _("your class {name}", name=getattr(self.breaker, "__name__", "?"))}
        return lambda clock: self.breaker(clock, **settings), rule | mine

    @staticmethod
    def _answers(
        params: Mapping[str, Any], calls: Sequence[model.Call], lanes: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        a, b = lanes[0]["counts"], lanes[1]["counts"]
        opens = {(0, 0): "neither", (1, 0): "A", (0, 1): "B", (1, 1): "both"}[a["opened"] > 0, b["opened"] > 0]
        down_from_s, down_to_s = params["outage_start_s"], params["outage_start_s"] + params["outage_s"]
        meanwhile = [
            kind
            for call, kind in zip(calls, lanes[0]["outcomes"], strict=False)
            if down_from_s <= call.at_s < down_to_s
        ]
        reached = sum(kind != "r" for kind in meanwhile)
        reach_why = _("{n} of {all} calls made during the outage reached the service.", n=reached, all=len(meanwhile))
        reach = "none" if not reached else "all" if reached == len(meanwhile) else "few"
        more = a["succeeded"] - b["succeeded"]
        return {
            "opens": outcome(opens, _("Times opened: A {a}, B {b}.", a=a["opened"], b=b["opened"])),
            "reach": outcome(reach, reach_why if meanwhile else _("No call was made during an outage.")),
            "serves": outcome(
                "same" if more == 0 else "A" if more > 0 else "B",
                _(
                    "Through A {a} calls succeed and {fa} fail; through B {b} succeed and {fb} fail.",
                    a=a["succeeded"],
                    fa=a["failed"],
                    b=b["succeeded"],
                    fb=b["failed"],
                ),
            ),
        }


def window_rule(threshold: int, window_s: float, recovery_s: float) -> dict[str, Any]:
    """Failures counted in a sliding window, as the picture shows them."""
    label = _(
        "{threshold} failures in {window} s, wait {recovery} s",
        threshold=threshold,
        window=window_s,
        recovery=recovery_s,
    )
    return {"kind": "window", "threshold": threshold, "window_s": window_s, "recovery_s": recovery_s, "label": label}


def count(lane: Mapping[str, Any], fates: str) -> dict[str, int]:
    """What became of the calls of a lane."""
    outcomes = lane["outcomes"]
    return {
        "sent": len(outcomes) - outcomes.count("r"),
        "succeeded": outcomes.count("s"),
        "failed": outcomes.count("f") + outcomes.count("c"),
        "rejected": outcomes.count("r"),
        "lost": sum(got == "r" and would == "s" for got, would in zip(outcomes, fates, strict=False)),
        "opened": sum(state == model.OPEN for _from, _to, state in lane["ribbon"]),
    }


def in_words(name: str, counts: Mapping[str, int]) -> str:
    """One lane in a sentence."""
    values = {"name": name, **counts}
    if not counts["rejected"]:
        return _("{name} let {sent} calls through, {failed} of them failed; it refused none.", **values)
    return _(
        "{name} let {sent} calls through, {failed} of them failed; "
        "it refused {rejected}, {lost} of which would have succeeded.",
        **values,
    )


def log(lanes: Sequence[Mapping[str, Any]], calls: Sequence[model.Call]) -> list[str]:
    """Every stretch between two changes of state, in the order of time."""
    lines = []
    for lane in lanes:
        before = None
        for start_s, end_s, state in lane["ribbon"]:
            within = [k for call, k in zip(calls, lane["outcomes"], strict=False) if start_s <= call.at_s < end_s]
            event = EVENT_OF.get((before, state))
            why = f" ({_(EVENT_WORDS[event])})" if event else ""
            text = _(
                "{start}–{end} s, {name} {state}{why}: succeeded {ok}, failed {failed}, refused {refused}.",
                start=text_number(start_s, 1), end=text_number(end_s, 1),
                name=lane["name"], state=_(STATE_WORDS[state]), why=why,
                ok=within.count("s"), failed=within.count("f") + within.count("c"), refused=within.count("r"),
            )  # fmt: skip
            lines.append((start_s, lane["name"], text))
            before = state
    return [text for _start, _name, text in sorted(lines)]


def _notice(lane: Mapping[str, Any]) -> str | None:
    if lane["broken"] is None:
        return None
    return _("Your class stopped at {t} s: {what}", t=text_number(lane["end_s"], 1), what=lane["broken"])


def breaker_panel(breaker: Callable[..., Any] | None = None, **params: Any) -> BreakerPanel:
    """The circuit-breaker panel; `breaker` is your class, which then runs as lane B.

    `params` set the controls at the start, for example `breaker_panel(rate=2, outage_s=40)`; ValueError for one that
    it does not have. `reveal=True` shows the outcome without asking for a prediction.
    """
    return BreakerPanel(breaker, **params)
