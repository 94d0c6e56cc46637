"""The panel of the stack: two orders of the same patterns, under the same trouble.

1. Both lanes have the same requests (same seed), the same service and the same trouble: a slow-down or an outage for a
   while, a herd of requests at one moment, or answers that are errors now and then.
2. A lane is an order of the patterns, outermost first, with or without jitter and retry budget. A breaker stands in
   the orders that name it; so does a bulkhead.
3. Second by second: the attempts that reach the service, first ones and retries apart, against what it can do; what
   came back in time; its queue; the state of every client's breaker, and each failure that a breaker counted.
4. A lane is simulated once and remembered, so that a change to one does not cost the other.

Left out: the learner's own classes. The clients here run in events, not in threads; the panels of the single patterns
take a class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.breaker import CLOSED, OPEN, BreakerConfig
from faultlab.models.retry import Exponential, FullJitter, RetryPolicy
from faultlab.models.stack import Case, Patterns, ServiceModel, Timeline, Workload
from faultlab.widgets.panel import Panel, choice, number, outcome, preset, question, slider, text_number, toggle

DURATION_S = 60
WORKERS, SERVICE_S = 4, 0.2
BASE_S, CAP_S = 0.5, 8.0
BUDGET = 0.1
THRESHOLD, WINDOW_S, RECOVERY_S = 5, 10, 5
SHARE, CALLS_MIN = 0.5, 10
SLOW_FACTOR = 5
AT_ONCE_S = 3.0

ORDERS = {
    "plain": ("timeout",),
    "retry": ("retry", "timeout"),
    "retry-breaker": ("retry", "breaker", "timeout"),
    "breaker-retry": ("breaker", "retry", "timeout"),
    "timeout-outside": ("timeout", "retry", "breaker"),
    "retry-bulkhead": ("retry", "bulkhead", "timeout"),
    "bulkhead-retry": ("bulkhead", "retry", "timeout"),
    "all": ("retry", "breaker", "bulkhead", "timeout"),
}
PATTERN_WORDS = {
    "retry": N_("retry"),
    "breaker": N_("breaker"),
    "bulkhead": N_("bulkhead"),
    "timeout": N_("timeout"),
}
KNOWN_FOR = {"retry-breaker": "resilience4j, .NET"}


# ---------------------------------------------------------------- from controls to a run


def trouble_of(params: Mapping[str, Any]) -> tuple[float, float]:
    """From when to when the service is in trouble. A herd is one moment, errors now and then are always."""
    start_s = params["start_s"]
    lasts_s = {"herd": 0.0, "errors": 0.0}.get(params["trouble"], params["length_s"])
    return (0.0, float(DURATION_S)) if params["trouble"] == "errors" else (start_s, start_s + lasts_s)


def case_of(params: Mapping[str, Any], lane: str) -> Case:
    """What lane "a" or "b" simulates: rules 1 and 2."""
    kind, (from_s, to_s) = params["trouble"], trouble_of(params)
    lasts = from_s < to_s
    service = ServiceModel(
        WORKERS,
        SERVICE_S,
        int(params["queue"]),
        outages=((from_s, to_s),) if kind == "down" and lasts else (),
        slow=((from_s, to_s, float(SLOW_FACTOR)),) if kind == "slow" and lasts else (),
        failure_share=params["errors"] / 100 if kind == "errors" else 0.0,
    )
    herds = ((from_s, int(params["herd"])),) if kind == "herd" else ()
    workload = Workload(params["rate"], float(DURATION_S), int(params["clients"]), herds)
    waits = (FullJitter if params[f"jitter_{lane}"] else Exponential)(BASE_S, CAP_S)
    rate = {"failure_rate": SHARE, "calls_min": CALLS_MIN} if params["opens_at"] == "share" else {}
    patterns = Patterns(
        timeout_s=params["timeout_s"],
        retry=RetryPolicy(int(params["attempts"]), waits, idempotent=True),
        budget_ratio=BUDGET if params[f"budget_{lane}"] else None,
        breaker=BreakerConfig(THRESHOLD, WINDOW_S, recovery_time_s=RECOVERY_S, **rate),
        slots=int(params["slots"]),
    )
    return Case(ORDERS[params[f"order_{lane}"]], patterns, service, workload)


@lru_cache(maxsize=16)
def simulate(case: Case, seed: int) -> Timeline:
    """Rule 4. Whoever changes the result changes it for everybody: read only."""
    return case.run(seed)


# ---------------------------------------------------------------- from a run to the picture


def ribbons(run: Timeline, clients: int) -> list[list[float]]:
    """[client, from_s, to_s, 1 for open or 2 for half-open] for each stretch in which a breaker was not closed."""
    since: dict[int, tuple[float, str]] = dict.fromkeys(range(clients), (0.0, CLOSED))
    ends = [(float(DURATION_S), client, "", "") for client in range(clients)]
    stretches = []
    for at_s, client, _old, new in [*run.changes, *ends]:
        from_s, state = since[client]
        if state != CLOSED:
            stretches.append([client, round(from_s, 1), round(at_s, 1), 1 if state == OPEN else 2])
        since[client] = (at_s, new)
    return stretches


def opening(run: Timeline, trouble_s: float) -> dict[str, Any]:
    """When the first breaker opened after the trouble began (or ever), and how many attempts had been sent by then."""
    if run.opened_at_s is None:
        return {"opened_s": None, "until_open": None}
    since_s = trouble_s if run.opened_at_s >= trouble_s else 0.0
    before = run.total("sent", 0.0, since_s)  # whole seconds: trouble begins with one
    return {"opened_s": round(run.opened_at_s - since_s, 1), "until_open": run.sent_until_open - before}


def open_count(run: Timeline, clients: int) -> list[int]:
    """How many breakers were open at the end of each second."""
    return [round(share * clients) for share in run.open_share]


def nested(case: Case, params: Mapping[str, Any], lane: str) -> list[list[str]]:
    """The frames from the outside in: [pattern, its name, what it does at this place]."""
    order = case.order
    frames = []
    for name in order:
        inside = order[order.index(name) + 1 :]
        frames.append([name, _(PATTERN_WORDS[name]), _detail(name, "retry" in inside, params, lane)])
    return frames


def _detail(name: str, whole: bool, params: Mapping[str, Any], lane: str) -> str:
    """What a pattern does, and whether it sees whole requests or single attempts."""
    if name == "retry":
        parts = [_("attempts: {n}", n=params["attempts"])]
        parts += [_("jitter")] if params[f"jitter_{lane}"] else []
        parts += [_("budget")] if params[f"budget_{lane}"] else []
        return ", ".join(parts)
    if name == "timeout":
        limit = text_number(params["timeout_s"], int(params["timeout_s"] % 1 > 0))
        return _("{s} s for the whole request", s=limit) if whole else _("{s} s for each attempt", s=limit)
    if name == "bulkhead":
        text = _("{n} requests at once") if whole else _("{n} attempts at once")
        return text.format(n=params["slots"])
    if params["opens_at"] == "share":
        text = _("requests: {share} % failed") if whole else _("attempts: {share} % failed")
        return text.format(share=round(SHARE * 100))
    text = _("failed requests: {n} in {s} s") if whole else _("failed attempts: {n} in {s} s")
    return text.format(n=THRESHOLD, s=WINDOW_S)


def lane_of(params: Mapping[str, Any], lane: str) -> dict[str, Any]:
    """Everything of one lane, for the picture and for the sentences."""
    case = case_of(params, lane)
    run = simulate(case, params["seed"])
    clients = case.workload.clients
    from_s, to_s = trouble_of(params)
    after_s = from_s if params["trouble"] in ("herd", "errors") else to_s
    return {
        "name": lane.upper(),
        "frames": nested(case, params, lane),
        "breaker": "breaker" in case.order,
        "first": [sent - again for sent, again in zip(run.sent, run.retries, strict=True)],
        "retries": run.retries,
        "good": run.good,
        "queue": run.queue,
        "open": open_count(run, clients),
        "ribbon": ribbons(run, clients),
        "failures": [round(at_s, 2) for at_s, _client in run.failures],
        "facts": {
            "demand": sum(run.demand),
            "good": sum(run.good),
            "failed": sum(run.failed),
            "sent": sum(run.sent),
            "factor": round(run.load_factor(), 2),
            "after_demand": run.total("demand", after_s),
            "after_good": run.total("good", after_s),
            "after_sent": run.total("sent", after_s),
            "wasted": sum(run.wasted),
            "refused": sum(run.refused) if "breaker" in case.order else None,
            "full": sum(run.full) if "bulkhead" in case.order else None,
            "counted": run.counted if "breaker" in case.order else None,
            "opened": sum(new == OPEN for _at, _client, _old, new in run.changes) if "breaker" in case.order else None,
            **opening(run, from_s),
            "after_s": after_s,
            "back_s": run.recovered_at_s(after_s),
        },
    }


class StackPanel(Panel):
    """Two stacks of patterns under the same trouble; see the module's docstring."""

    topic = "stack"

    # -------- what the panel consists of

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("The stack: the same patterns, two orders"),
            "question": self._when_back(),
            "controls": self._controls(),
            "presets": self._presets(),
            "words": self._words(),
            "time": {"end_s": DURATION_S, "speeds": [2, 5, 15]},
        }

    @staticmethod
    def _controls() -> list[dict[str, Any]]:
        orders = [(name, order_words(name)) for name in ORDERS]
        kinds = [
            ("slow", _("is {n} times slower", n=SLOW_FACTOR)),
            ("down", _("is down")),
            ("herd", _("gets a herd")),
            ("errors", _("errs now and then")),
        ]
        threshold = [
            ("count", _("{n} failures", n=THRESHOLD)),
            ("share", f"{round(SHARE * 100)} %"),
        ]
        window = _(
            "{n} failures within {s} s, or {share} % of at least {calls} calls",
            n=THRESHOLD, s=WINDOW_S, share=round(SHARE * 100), calls=CALLS_MIN,
        )  # fmt: skip
        budget = _("budget {share} %", share=round(BUDGET * 100))
        return [
            choice("trouble", _("The service"), "slow", kinds),
            choice("order_a", _("A, from the outside in"), "plain", orders, menu=True),
            toggle("jitter_a", _("A: jitter"), False),
            toggle("budget_a", f"A: {budget}", False),
            choice("order_b", _("B, from the outside in"), "retry", orders, menu=True),
            toggle("jitter_b", _("B: jitter"), False),
            toggle("budget_b", f"B: {budget}", False),
            slider("start_s", _("Trouble begins at"), 15, 5, 30, 1, _("s"), more=True),
            slider("length_s", _("Trouble lasts"), 10, 0, 20, 1, _("s"), more=True),
            slider("rate", _("Requests per second"), 14, 2, 20, 1, _("/s"), more=True),
            slider("clients", _("Clients"), 10, 1, 20, 1, more=True),
            slider("attempts", _("Attempts at most"), 4, 1, 8, 1, more=True),
            slider("timeout_s", _("Timeout"), 1.0, 0.5, 5.0, 0.5, _("s"), more=True),
            slider("slots", _("Places in a client’s bulkhead"), 10, 1, 20, 1, more=True),
            choice("opens_at", _("Breaker opens at"), "count", threshold, more=True, help=window),
            slider("queue", _("Places in the service’s queue"), 60, 0, 100, 5, more=True),
            slider("herd", _("Requests in a herd"), 200, 0, 400, 10, more=True),
            slider("errors", _("Answers that are errors"), 30, 0, 60, 5, "%", more=True),
        ]

    def _presets(self) -> list[dict[str, Any]]:
        return [*self._storms(), *self._orders()]

    def _storms(self) -> list[dict[str, Any]]:
        """Many clients against one service that has a moment of trouble."""
        return [
            preset(
                "storm",
                _("The storm"),
                _("the attempts of B against the dashed line: before, during and after the trouble."),
            ),
            preset(
                "budget",
                _("With a budget"),
                _("how much of the load is retries in A, and how much in B."),
                question=self._which_back(),
                order_a="retry",
                order_b="retry",
                budget_b=True,
            ),
            preset(
                "breaker",
                _("With a breaker"),
                _("the load and the queue of B while its breakers are open; a diamond is a probe."),
                question=self._which_back(),
                order_a="retry",
                order_b="retry-breaker",
            ),
            preset(
                "jitter",
                _("With jitter"),
                _("what jitter does to the retries of B: when they come, and how many come."),
                question=self._which_back(),
                order_a="retry",
                order_b="retry",
                jitter_b=True,
            ),
            preset(
                "herd",
                _("The herd"),
                _("when those that the service refused come back in A, and when in B."),
                question=self._who_fails_less(),
                trouble="herd",
                order_a="retry",
                order_b="retry",
                jitter_b=True,
                rate=8,
                attempts=8,
                queue=10,
            ),
        ]

    def _orders(self) -> list[dict[str, Any]]:
        """The same two patterns, in one order and in the other."""
        one = {"clients": 1, "rate": 10}
        return [
            preset(
                "down",
                _("Service down"),
                _("the marks in the row of counted failures: one for each attempt in A, one for each request in B."),
                question=self._who_opens_first(),
                trouble="down",
                order_a="retry-breaker",
                order_b="breaker-retry",
                **one,
            ),
            preset(
                "flaky",
                _("Flaky service"),
                _("what the breaker of A counts, and what that of B. Then try the other threshold (More controls)."),
                question=self._who_serves_more(),
                trouble="errors",
                order_a="retry-breaker",
                order_b="breaker-retry",
                **one,
            ),
            preset(
                "bulkhead",
                _("With a bulkhead"),
                _("how long a request keeps one of the three places: in A for an attempt, in B for all of them."),
                question=self._which_back(),
                order_a="retry-bulkhead",
                order_b="bulkhead-retry",
                slots=3,
            ),
        ]

    @staticmethod
    def _when_back() -> dict[str, Any]:
        options = [
            ("once", _("At once, within {s} s", s=round(AT_ONCE_S))),
            ("later", _("Later, but by itself")),
            ("never", _("Not by itself")),
        ]
        return question(
            _("The trouble ends, nothing is broken. When do the clients of B get their answers again?"), options, "back"
        )

    @staticmethod
    def _which_back() -> dict[str, Any]:
        options = [("neither", _("Neither")), ("A", _("Only A")), ("B", _("Only B")), ("both", _("Both"))]
        return question(_("The trouble ends. Which of the two recovers by itself?"), options, "which")

    @staticmethod
    def _who_fails_less() -> dict[str, Any]:
        options = [("A", _("In A")), ("B", _("In B")), ("same", _("In both as many"))]
        return question(
            _("{n} requests come at one moment. In which of the two do fewer requests fail?", n=200), options, "fails"
        )

    @staticmethod
    def _who_opens_first() -> dict[str, Any]:
        options = [("A", "A"), ("B", "B"), ("same", _("Both the same")), ("none", _("No breaker opens"))]
        return question(_("The service goes down. In which of the two does the breaker open sooner?"), options, "opens")

    @staticmethod
    def _who_serves_more() -> dict[str, Any]:
        options = [("A", _("In A")), ("B", _("In B")), ("same", _("In both as many"))]
        return question(
            _("Three answers in ten are errors. In which of the two do more requests succeed?"), options, "serves"
        )

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "time": _("time, s"),
            "service": _("service"),
            "capacity": _("it can do {n}/s"),
            "load": _("load"),
            "per_second": _("per second"),
            "first": _("first attempts"),
            "retries": _("retries"),
            "good": _("answered in time"),
            "limit": _("capacity"),
            "queue": _("queue"),
            "failures": _("counted"),
            "breakers": _("breakers"),
            "no_breaker": _("no breaker in this order"),
            "open": _("open"),
            "trouble_slow": _("{n} times slower", n=SLOW_FACTOR),
            "trouble_down": _("down"),
            "trouble_herd": _("a herd of {n}"),
            "trouble_errors": _("{share} % of the answers are errors"),
            "start": _("Trouble begins at"),
            "end": _("Trouble ends at"),
            "cursor": _("Time cursor"),
            "seconds": _("{n} s"),
            "load_now": _("{first} + {retries}/s sent, {good}/s answered, queue {queue}"),
            "open_now": _("{n} of {all} open"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        lanes = [lane_of(params, "a"), lane_of(params, "b")]
        a, b = (lane["facts"] for lane in lanes)
        from_s, to_s = trouble_of(params)
        return {
            "lanes": lanes,
            "trouble": [params["trouble"], from_s, to_s],
            "capacity": capacity_steps(params),
            "clients": params["clients"],
            "queue_max": params["queue"],
            "herd": params["herd"],
            "errors": params["errors"],
            "events": list(range(1, DURATION_S + 1)),
            "rest_s": min(DURATION_S - 1, (from_s if params["trouble"] == "errors" else to_s) + 15),
            "answers": answers(lanes),
            "columns": ["A", "B"],
            "numbers": [
                number(_("requests"), a["demand"], b["demand"]),
                number(_("… answered"), a["good"], b["good"]),
                number(_("attempts that reached the service"), a["sent"], b["sent"]),
                number(_("… for each request"), a["factor"], b["factor"]),
                number(_("… worked on for nobody"), a["wasted"], b["wasted"]),
                number(_("stopped by breakers"), a["refused"], b["refused"]),
                number(_("stopped by bulkheads"), a["full"], b["full"]),
                number(_("failures counted by breakers"), a["counted"], b["counted"]),
                number(_("breakers opened, times"), a["opened"], b["opened"]),
                number(_("attempts before the first opened"), a["until_open"], b["until_open"]),
            ],
            "summary": " ".join(in_words(lane) for lane in lanes),
            "log": log(lanes),
        }


def capacity_steps(params: Mapping[str, Any]) -> list[list[float]]:
    """[from_s, requests per second that the service can do from then on]."""
    usual = WORKERS / SERVICE_S
    if params["trouble"] not in ("slow", "down"):
        return [[0, usual]]
    from_s, to_s = trouble_of(params)
    meanwhile = usual / SLOW_FACTOR if params["trouble"] == "slow" else 0.0
    return [[0, usual], [from_s, meanwhile], [to_s, usual]]


def order_words(name: str) -> str:
    """`retry › breaker › timeout`, from the outside in."""
    words = " › ".join(_(PATTERN_WORDS[pattern]) for pattern in ORDERS[name])
    return f"{words} ({KNOWN_FOR[name]})" if name in KNOWN_FOR else words


# ---------------------------------------------------------------- in words


def answers(lanes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What came true, for every question of the panel."""
    a, b = (lane["facts"] for lane in lanes)
    back = (a["back_s"] is not None, b["back_s"] is not None)
    which = {(False, False): "neither", (True, False): "A", (False, True): "B", (True, True): "both"}[back]
    at_once = b["back_s"] is not None and b["back_s"] - b["after_s"] <= AT_ONCE_S
    both = " ".join(recovery(lane) for lane in lanes)
    failed = _("Of {n} requests {a} fail in A and {b} in B.", n=a["demand"], a=a["failed"], b=b["failed"])
    served = _("Of {n} requests {a} succeed in A and {b} in B.", n=a["demand"], a=a["good"], b=b["good"])
    opens = [_opening(lane) for lane in lanes]
    return {
        "back": outcome("never" if not back[1] else "once" if at_once else "later", recovery(lanes[1])),
        "which": outcome(which, both),
        "fails": outcome(_less(a["failed"], b["failed"], a["demand"]), failed),
        "serves": outcome(_less(b["good"], a["good"], a["demand"]), served),
        "opens": outcome(_sooner(lanes), " ".join(opens)),
    }


def _less(a: int, b: int, demand: int) -> str:
    """Which is less; a difference of less than one in a hundred requests is none."""
    if abs(a - b) < demand / 100:
        return "same"
    return "A" if a < b else "B"


def _sooner(lanes: Sequence[Mapping[str, Any]]) -> str:
    a, b = (lane["facts"]["until_open"] for lane in lanes)
    if a is None and b is None:
        return "none"
    if a is None or b is None:
        return "B" if a is None else "A"
    return "same" if a == b else "A" if a < b else "B"


def _opening(lane: Mapping[str, Any]) -> str:
    facts = lane["facts"]
    if facts["until_open"] is None:
        return _("{lane}: no breaker opens.", lane=lane["name"])
    return _(
        "{lane}: the first breaker opens after {s} s and {n} attempts.",
        lane=lane["name"],
        s=text_number(facts["opened_s"], 1),
        n=facts["until_open"],
    )


def recovery(lane: Mapping[str, Any]) -> str:
    """When a lane is back to normal, or how it stays overloaded, in a sentence."""
    facts = lane["facts"]
    if facts["back_s"] is None:
        return _(
            "{lane}: from {s} s to the end {sent} attempts for {demand} requests, and {good} answers.",
            lane=lane["name"],
            s=text_number(facts["after_s"]),
            sent=facts["after_sent"],
            demand=facts["after_demand"],
            good=facts["after_good"],
        )
    return _("{lane}: normal again from {s} s on.", lane=lane["name"], s=text_number(facts["back_s"]))


def in_words(lane: Mapping[str, Any]) -> str:
    """One lane in a sentence."""
    facts = lane["facts"]
    return _(
        "{lane} sent {factor} attempts for each request; {good} of {demand} requests were answered.",
        lane=lane["name"],
        factor=text_number(facts["factor"], 1),
        good=facts["good"],
        demand=facts["demand"],
    )


def log(lanes: Sequence[Mapping[str, Any]], step_s: int = 5) -> list[str]:
    """Both lanes in steps of five seconds."""
    lines = []
    for from_s in range(0, DURATION_S, step_s):
        within = slice(from_s, from_s + step_s)
        for lane in lanes:
            text = _(
                "{start}–{end} s, {lane}: {first} first attempts and {retries} retries, {good} answered, queue {queue}",
                start=from_s,
                end=from_s + step_s,
                lane=lane["name"],
                first=sum(lane["first"][within]),
                retries=sum(lane["retries"][within]),
                good=sum(lane["good"][within]),
                queue=lane["queue"][within][-1],
            )
            if lane["breaker"]:
                text += _(", breakers open: {n}", n=lane["open"][within][-1])
            lines.append(text + ".")
    return lines


def stack_panel(**params: Any) -> StackPanel:
    """The panel of the stack.

    `params` set the controls at the start, for example `stack_panel(order_b="retry-breaker")`; ValueError for one that
    it does not have. `reveal=True` shows the outcome without asking for a prediction.
    """
    return StackPanel(**params)
