"""The bulkhead panel: the same requests through compartments and through one shared pool, slot by slot.

Three kinds of work (API, reports, administration) come to 80 threads. Above, each kind has threads of its own; below,
all share them. Every thread is a row, every request a bar in it, from the simulator of `faultlab.models.bulkhead`;
under the rows stand who waits and who is lost. Then the price: how many threads stand idle, and what Erlang's formula
says of pools of these sizes, beside what a pool without a queue really rejected.

1. A bar on the picture may be several requests: gaps in a thread shorter than `GAP_S`, less than a pixel, are closed.
2. Lost means rejected, given up by the client, or lost with a killed pool, and counts at the moment of arrival.
3. A hanging report is drawn as such from the end of its computing to the end of the hang (rule 8 of the model).

A learner's design (the BULKHEAD of the exercise) takes the place of the three pools. The shared pool then has as many
threads as that design.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import ceil, sqrt
from statistics import fmean, stdev
from typing import Any

from faultlab.i18n import _, number
from faultlab.models.bulkhead import (
    LOST,
    REJECTED,
    SERVED,
    Design,
    Machine,
    PoolSpec,
    RequestClass,
    Result,
    Scenario,
    erlang_b,
    one_pool,
    servers_for,
    simulate,
    three_pools,
)
from faultlab.widgets.panel import Panel, choice, explain, outcome, preset, question, slider, toggle
from faultlab.widgets.panel import number as row

API, REPORTS, ADMIN = CLASSES = ("api", "reports", "admin")
HUNG = len(CLASSES)  # the fourth kind of bar: a report that only waits for its database to come back
DURATION_S = 40.0
STEP_S = 0.25
STEPS = int(DURATION_S / STEP_S)
GAP_S = 0.04
SURGE_S = (12.0, 20.0)
CPU_SHARES = {API: 0.6, REPORTS: 0.3, ADMIN: 0.1}
BLOCKING_MAX = 0.01
LOSS_REQUESTS, LOSS_SERVICE_S, LOSS_WARM_UP_S = 2_000, 0.1, 0.5
RELATIVE_LOADS = [share / 100 for share in range(0, 121, 5)]
LOSS_PARTS = 8
POOLS_SHOWN_MAX = 5
OWN_POOLS = {"api_threads": 50, "reports_threads": 20, "admin_threads": 10, "queue": 50, "cpu_shares": False}

Json = Any


def class_names() -> dict[str, str]:
    """The kinds of work in the learner's language."""
    return {API: _("API"), REPORTS: _("Reports"), ADMIN: _("Admin")}


# ---------------------------------------------------------------- what is simulated


def scenario_of(params: Mapping[str, Json]) -> Scenario:
    """The model's office day with the values of the controls."""
    hang = (params["hang_start_s"], params["hang_start_s"] + params["hang_s"])
    surges = ((*SURGE_S, params["api_surge"]),) if params["api_surge"] > 1 else ()
    return Scenario(
        (
            RequestClass(API, params["api_rate"], params["api_cpu_ms"] / 1000, 0.1, 4, 2, surges=surges),
            RequestClass(
                REPORTS,
                params["reports_rate"],
                params["reports_cpu_ms"] / 1000,
                1.0,
                200,
                30,
                hangs=(hang,) if params["hang_s"] else (),
            ),
            RequestClass(ADMIN, params["admin_rate"], 0.01, 0.2, 10, 5),
        ),
        DURATION_S,
    )


def own_pools(params: Mapping[str, Json]) -> Design:
    """A pool for each kind of work; with `cpu_shares` the processor is divided, too."""
    threads = (params["api_threads"], params["reports_threads"], params["admin_threads"])
    design = three_pools(*threads, queue=params["queue"])
    if not params["cpu_shares"]:
        return design
    pools = (PoolSpec(p.name, p.threads, p.queue, cpu_share=CPU_SHARES[p.name]) for p in design.pools)
    return Design(tuple(pools), design.routes)


@dataclass(frozen=True)
class Run:
    """A design, what came of it, and what the picture shows of that."""

    key: str
    name: str
    design: Design
    scenario: Scenario
    result: Result
    bars: dict[str, dict[int, list[list[int]]]]
    waiting: dict[str, list[int]]


def run(key: str, name: str, design: Design, scenario: Scenario, seed: int) -> Run:
    """One run. What was computed is kept: a control that does not concern it costs nothing."""
    kept = _computed(design.pools, tuple(sorted(design.routes.items())), scenario, seed)
    return Run(key, name, design, scenario, *kept)


@lru_cache(maxsize=16)
def _computed(
    pools: tuple[PoolSpec, ...], routes: tuple[tuple[str, str], ...], scenario: Scenario, seed: int
) -> tuple[Result, dict[str, dict[int, list[list[int]]]], dict[str, list[int]]]:
    design = Design(pools, dict(routes))
    result = simulate(design, scenario, seed)
    waiting = {pool: at_steps(stays) for pool, stays in waiting_of(result, design, scenario).items()}
    return result, bars_of(result, scenario), waiting


@lru_cache(maxsize=64)
def measured_blocking(servers: int, relative_load: float, seed: int) -> tuple[float, float]:
    """The share that a pool of `servers` slots without a queue rejects in a run of the model, and how sure that is.

    `relative_load` is the offered load for each slot. What comes before the pool is warm does not count. The second
    number is twice the standard error, from the parts of the run: rejections come in bunches, so counting them as if
    each came alone would promise too much.
    """
    rate_per_s = relative_load * servers / LOSS_SERVICE_S
    kind = RequestClass("calls", rate_per_s, cpu_s=0, wait_s=LOSS_SERVICE_S, timeout_s=1e9)
    machine = Machine(connections=servers, memory_mb=4.0 * servers)
    day = Scenario((kind,), LOSS_WARM_UP_S + LOSS_REQUESTS / rate_per_s, machine)
    result = simulate(Design((PoolSpec("pool", servers),), {"calls": "pool"}), day, seed * 1_000 + servers)
    # By arrival: a rejected request is on record at once, a served one only when it is done.
    counted = sorted(
        (at_s, fate == REJECTED) for _name, at_s, fate, _latency in result.requests if at_s >= LOSS_WARM_UP_S
    )
    size = len(counted) // LOSS_PARTS
    shares = [fmean(lost for _at_s, lost in counted[i * size : (i + 1) * size]) for i in range(LOSS_PARTS)]
    return fmean(shares), 2 * stdev(shares) / sqrt(LOSS_PARTS)


@lru_cache(maxsize=64)
def blocking_curve(servers: int) -> list[float]:
    """Erlang's formula in percent, at `RELATIVE_LOADS`."""
    return [round(100 * erlang_b(servers, share * servers), 2) for share in RELATIVE_LOADS]


# ---------------------------------------------------------------- what is shown of a run


def bars_of(result: Result, scenario: Scenario) -> dict[str, dict[int, list[list[int]]]]:
    """Per pool and kind of bar: for each slot [slot, from, length, gap, length, gap, ...] in hundredths of a second."""
    reports = next(kind for kind in scenario.classes if kind.name == REPORTS)
    number_of = {kind: i for i, kind in enumerate(CLASSES)}
    duration_s = scenario.duration_s
    rows: dict[tuple[str, int], list[list[float]]] = defaultdict(list)
    for pool, slot, from_s, to_s, kind, _fate in result.slots:
        pieces = _pieces(from_s, to_s, reports) if kind == REPORTS else ((number_of[kind], from_s, to_s),)
        known = rows[pool, slot]
        for piece, start_s, end_s in pieces:
            if start_s >= duration_s:
                continue
            if end_s > duration_s:
                end_s = duration_s
            if known and known[-1][0] == piece and start_s - known[-1][2] <= GAP_S:
                known[-1][2] = end_s
            elif end_s > start_s:
                known.append([piece, start_s, end_s])
    shown: dict[str, dict[int, list[list[int]]]] = {name: {} for name in result.pools}
    for (pool, slot), bars in sorted(rows.items()):
        lines: dict[int, list[int]] = {}
        at: dict[int, int] = {}
        for piece, start_s, end_s in bars:
            start, end = round(100 * start_s), max(round(100 * end_s), round(100 * start_s) + 1)
            lines.setdefault(piece, [slot]).extend((start - at.get(piece, 0), end - start))
            at[piece] = end
        for piece, numbers in lines.items():
            shown[pool].setdefault(piece, []).append(numbers)
    return shown


def _pieces(from_s: float, to_s: float, kind: RequestClass) -> list[tuple[int, float, float]]:
    """A report's bar, cut where it does nothing but wait for the end of the hang."""
    asked_s = from_s + kind.cpu_s
    for hang_from_s, hang_to_s in kind.hangs:
        if hang_from_s <= asked_s < hang_to_s <= to_s:
            work = CLASSES.index(REPORTS)
            return [(work, from_s, asked_s), (HUNG, asked_s, hang_to_s), (work, hang_to_s, to_s)]
    return [(CLASSES.index(REPORTS), from_s, to_s)]


def at_steps(intervals: Iterable[tuple[float, float]]) -> list[int]:
    """How many of the intervals [from, to) hold each multiple of `STEP_S`."""
    change = [0] * (STEPS + 2)
    for from_s, to_s in intervals:
        if from_s <= DURATION_S:
            change[ceil(from_s / STEP_S)] += 1
            change[ceil(to_s / STEP_S) if to_s <= DURATION_S else STEPS + 1] -= 1
    return list(accumulate(change))[: STEPS + 1]


def waiting_of(result: Result, design: Design, scenario: Scenario) -> dict[str, list[tuple[float, float]]]:
    """Per pool, from when to when each request stood in its queue.

    A queue is first come first served, so the requests that were let in and the slots that were taken are the same list
    in the same order, but for those that expired in the queue: these are the ones that no slot fits.
    """
    timeout_s = {kind.name: kind.timeout_s for kind in scenario.classes}
    arrivals: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for kind, at_s, fate, _latency in result.requests:
        if fate != REJECTED:
            arrivals[design.routes[kind]].append((at_s, kind, fate))
    starts: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    ends: dict[str, list[float]] = defaultdict(list)
    kills: dict[str, list[float]] = defaultdict(list)
    for pool, _slot, from_s, to_s, kind, fate in result.slots:
        starts[pool].append((from_s, kind, fate))
        ends[pool].append(to_s)
        if fate == LOST:
            kills[pool].append(to_s)
    waited: dict[str, list[tuple[float, float]]] = {name: [] for name in result.pools}
    for pool, queue in arrivals.items():
        taken, finished = iter(sorted(starts[pool])), sorted(ends[pool])
        start = next(taken, None)
        left_s, dropped = 0.0, False
        for at_s, kind, fate in sorted(queue):
            latest_s = _after(sorted(kills[pool]), at_s) if fate == LOST else at_s + timeout_s[kind]
            if start is not None and start[1:] == (kind, fate) and start[0] <= latest_s:
                left_s, dropped = start[0], False
                start = next(taken, None)
            else:
                left_s = _dropped_s(fate, latest_s, left_s, dropped, finished)
                dropped = True
            if left_s > at_s:
                waited[pool].append((at_s, left_s))
    return waited


def _dropped_s(fate: str, latest_s: float, before_s: float, before_dropped: bool, finished: list[float]) -> float:
    """When a request that never got a slot left the queue; the one before it did so at `before_s`.

    A killed pool takes its queue along. An expired request is dropped when a thread is free and comes to it; the same
    thread goes on to the next one.
    """
    if fate == LOST or (before_dropped and before_s > latest_s):
        return max(latest_s, before_s) if fate != LOST else latest_s
    return _after(finished, max(latest_s, before_s))


def _after(moments: list[float], moment_s: float) -> float:
    at = bisect_right(moments, moment_s)
    return moments[at] if at < len(moments) else moment_s


def lane(one: Run) -> dict[str, Json]:
    """One design's half of the picture."""
    held: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for pool, _slot, from_s, to_s, kind, _fate in one.result.slots:
        held[pool, kind].append((from_s, to_s))
    lost = {kind: [0] * STEPS for kind in CLASSES}
    for kind, at_s, fate, _latency in one.result.requests:
        if fate != SERVED:
            lost[kind][min(STEPS - 1, int(at_s / STEP_S))] += 1
    pools = []
    for spec in one.design.pools:
        served = [kind for kind in CLASSES if one.design.routes[kind] == spec.name]
        used = one.result.pools[spec.name]
        pools.append(
            {
                "name": pool_name(spec.name, one.key),
                "threads": spec.threads,
                "classes": [CLASSES.index(kind) for kind in served],
                "bars": one.bars[spec.name],
                "busy": [at_steps(held[spec.name, kind]) for kind in served],
                "waiting": one.waiting[spec.name],
                "busy_mean": round(used.busy_slot_s / DURATION_S, 1),
                "idle_thread_s": round(used.idle_slot_s),
                "enough": servers_for(offered_load(served, one.scenario), BLOCKING_MAX) if served else 0,
            }
        )
    api = one.result.classes[API]
    return {
        "key": one.key,
        "name": one.name,
        "pools": pools,
        "lost": [lost[kind] for kind in CLASSES],
        "api": [api.arrived - api.served, api.arrived],
    }


def pool_name(name: str, key: str) -> str:
    """The model's own pools in the learner's language, a learner's as they named it."""
    if key == "yours":
        return name
    return class_names().get(name) or _("Shared")


def offered_load(kinds: Iterable[str], scenario: Scenario) -> float:
    """Arrivals per second times mean seconds in a slot when nothing hangs, surges or queues."""
    return sum(kind.rate_per_s * (kind.cpu_s + kind.wait_s) for kind in scenario.classes if kind.name in set(kinds))


# ---------------------------------------------------------------- the panel


class BulkheadPanel(Panel):
    topic = "bulkhead"

    def __init__(self, design: Mapping[str, Json] | Design | None = None, **params: Json) -> None:
        self.design = design
        super().__init__(**params)

    def describe(self) -> dict[str, Json]:
        controls = self._controls()
        there = {control["name"] for control in controls}
        scenarios = presets()
        for one in scenarios:
            one["params"] = {name: value for name, value in one["params"].items() if name in there}
        return {
            "title": _("Bulkheads"),
            "question": question(
                _(
                    "Eight reports a second come in, and their database hangs. All share 80 threads. "
                    "How long until the first API request is lost?"
                ),
                [
                    ("soon", _("under 3 s")),
                    ("later", _("3 to 12 s")),
                    ("late", _("over 12 s")),
                    ("never", _("none is lost")),
                ],
            ),
            "controls": controls,
            "presets": scenarios,
            "words": words(),
            "time": {"end_s": DURATION_S, "speeds": [0.5, 2, 5, 20]},
        }

    def _controls(self) -> list[dict[str, Json]]:
        first = _("yours") if self.design is not None else _("own")
        designs = [("both", _("both")), ("own", first), ("shared", _("shared"))]
        threads = [
            slider("api_threads", _("Threads for the API"), 50, 2, 60, 1),
            slider("reports_threads", _("Threads for reports"), 20, 1, 30, 1),
            slider("admin_threads", _("Threads for admin"), 10, 1, 10, 1),
            slider("queue", _("Queue of each pool"), 50, 0, 100, 1),
        ]
        shares = toggle("cpu_shares", _("Divide the CPU, too (60 / 30 / 10 %)"), False, more=True)
        return [
            choice("shown", _("Design shown"), "both", designs),
            *(threads if self.design is None else []),
            slider("api_rate", _("API requests"), 100, 1, 150, 1, _("/s")),
            slider("hang_s", _("Reports hang for"), 20, 0, 30, 1, _("s")),
            slider("hang_start_s", _("The hang starts at"), 10, 0, 39, 1, _("s"), more=True),
            slider("reports_rate", _("Reports"), 8, 0.5, 20, 0.5, _("/s"), more=True),
            slider("admin_rate", _("Admin requests"), 1, 0, 10, 0.5, _("/s"), more=True),
            slider("api_surge", _("API surge, 12 to 20 s"), 1, 1, 6, 0.5, _("times"), more=True),
            slider("api_cpu_ms", _("An API request computes"), 5, 1, 30, 1, _("ms"), more=True),
            slider("reports_cpu_ms", _("A report computes"), 100, 10, 2000, 10, _("ms"), more=True),
            slider("load_percent", _("Load for Erlang's formula"), 100, 20, 120, 5, "%", more=True),
            *([shares] if self.design is None else []),
        ]

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        # Controls that make no sense beside a learner's design are not there: their defaults stand in.
        params = OWN_POOLS | dict(params)
        scenario = scenario_of(params)
        seed, notice, runs, own = params["seed"], None, [], own_pools(params)
        if self.design is None:
            runs.append(run("own", _("Pools of their own"), own, scenario, seed))
        else:
            try:
                given = self.design if isinstance(self.design, Design) else Design.from_data(self.design)
                runs.append(run("yours", _("Your design"), given, scenario, seed))
                own = given
            except Exception as error:
                what = str(error) if isinstance(error, ValueError) else explain(error)
                notice = _("Your design: {what}", what=what)
        shared = one_pool(threads_of(own), max(p.queue for p in own.pools))
        runs.append(run("shared", _("One pool for all"), shared, scenario, seed))
        return _view(params, runs) | {"notice": notice}


def _view(params: Mapping[str, Json], runs: list[Run]) -> dict[str, Json]:
    lanes = [lane(one) for one in runs]
    hang = [params["hang_start_s"], params["hang_start_s"] + params["hang_s"]]
    surge = list(SURGE_S) if params["api_surge"] > 1 else []
    happened = moments(runs, lanes, hang if params["hang_s"] else [], surge)
    wanted = {"own": ("own", "yours"), "shared": ("shared",)}.get(params["shown"])
    shown = [one.key for one in runs if wanted is None or one.key in wanted]
    return {
        "lanes": lanes,
        "shown": shown or ["shared"],
        "step_s": STEP_S,
        "hang": hang,
        "surge": surge,
        "erlang": erlang_view(lanes, params),
        "answers": answers(params, runs),
        "columns": [one.name for one in runs],
        "numbers": numbers(runs),
        "summary": summary(runs),
        "log": [_("{time} s: {what}", time=number(at_s, 1), what=what) for at_s, what in happened],
        "events": sorted({round(at_s, 2) for at_s, _what in happened if 0 < at_s < DURATION_S}),
        "rest_s": rest_s(params),
    }


def rest_s(params: Mapping[str, Json]) -> float:
    """Where the cursor stands at first: shortly before the trouble ends, when it is at its worst."""
    if params["hang_s"]:
        return min(DURATION_S, params["hang_start_s"] + 0.9 * params["hang_s"])
    return SURGE_S[1] - 1 if params["api_surge"] > 1 else DURATION_S / 2


def erlang_view(lanes: list[dict[str, Json]], params: Mapping[str, Json]) -> dict[str, Json]:
    """Curves by the number of slots, each with the point that was measured at the chosen load."""
    sizes: dict[int, str] = {}
    for one in lanes:
        for pool in one["pools"]:
            if len(sizes) < POOLS_SHOWN_MAX:
                sizes.setdefault(pool["threads"], pool["name"])
    load = params["load_percent"] / 100
    measured = {slots: measured_blocking(slots, load, params["seed"]) for slots in sizes}
    return {
        "loads": [round(100 * share) for share in RELATIVE_LOADS],
        "load": params["load_percent"],
        "curves": [
            {
                "slots": slots,
                "blocked": blocking_curve(slots),
                "formula": round(100 * erlang_b(slots, load * slots), 1),
                "measured": round(100 * measured[slots][0], 1),
                "give_or_take": round(100 * measured[slots][1], 1),
            }
            for slots in sorted(sizes)
        ],
    }


def first_lost_s(result: Result, kind: str) -> float | None:
    """When the first request of that kind came that was not served."""
    return min((at_s for name, at_s, fate, _l in result.requests if name == kind and fate != SERVED), default=None)


def moments(
    runs: list[Run], lanes: list[dict[str, Json]], hang: list[float], surge: list[float]
) -> list[tuple[float, str]]:
    """What happened when, in words."""
    names = class_names()
    happened: list[tuple[float, str]] = []
    for (start_s, end_s), starts, ends in (
        (hang or (0, 0), _("the reports' database hangs"), _("the reports' database is back")),
        (surge or (0, 0), _("the API surge begins"), _("the API surge is over")),
    ):
        if end_s > start_s:
            happened += [(start_s, starts), (end_s, ends)]
    for one, shown in zip(runs, lanes, strict=True):
        for pool in shown["pools"]:
            busy = [sum(counts) for counts in zip(*pool["busy"], strict=True)]
            full = next((i for i, n in enumerate(busy) if n >= pool["threads"]), None)
            if full is not None:
                text = _("{design}: no thread is free in the pool “{pool}”", design=one.name, pool=pool["name"])
                happened.append((full * STEP_S, text))
        for kind in CLASSES:
            at_s = first_lost_s(one.result, kind)
            if at_s is not None:
                fate = one.result.classes[kind]
                text = _(
                    "{design}: the first loss of “{kind}”, {lost} of {all} in the whole run",
                    design=one.name,
                    kind=names[kind],
                    lost=number(fate.arrived - fate.served),
                    all=number(fate.arrived),
                )
                happened.append((at_s, text))
    return sorted(happened)


def numbers(runs: list[Run]) -> list[dict[str, Json]]:
    names = class_names()
    results = [one.result for one in runs]

    def lost(kind: str) -> list[str]:
        counts = [r.classes[kind] for r in results]
        return [_("{lost} of {all}", lost=number(c.arrived - c.served), all=number(c.arrived)) for c in counts]

    def latency(percent: float) -> list[str]:
        times = [r.classes[API].percentile_s(percent) for r in results]
        return ["–" if t is None else _("{ms} ms", ms=number(1000 * t)) for t in times]

    return [
        *(row(_("{kind}: lost", kind=names[kind]), *lost(kind)) for kind in CLASSES),
        row(_("API: rejected"), *(number(r.classes[API].rejected) for r in results)),
        row(_("API: gave up waiting"), *(number(r.classes[API].timed_out) for r in results)),
        row(_("API: median of the latency"), *latency(50)),
        row(_("API: 99% are faster than"), *latency(99)),
        row(
            _("idle, thread-seconds"),
            *(number(sum(pool.idle_slot_s for pool in r.pools.values())) for r in results),
            note=_("threads times seconds in which they had nothing to do"),
        ),
    ]


def summary(runs: list[Run]) -> str:
    lines = []
    for one in runs:
        api = one.result.classes[API]
        lines.append(
            _(
                "{design}: {lost} of {all} API requests are lost; on average {idle} of {threads} threads are idle.",
                design=one.name,
                lost=number(api.arrived - api.served),
                all=number(api.arrived),
                idle=number(idle_threads(one)),
                threads=threads_of(one.design),
            )
        )
    return " ".join(lines)


def threads_of(design: Design) -> int:
    return sum(pool.threads for pool in design.pools)


def idle_threads(one: Run) -> float:
    """How many threads stood idle on average."""
    return sum(pool.idle_slot_s for pool in one.result.pools.values()) / DURATION_S


# ---------------------------------------------------------------- questions and their answers


def _how_much_is_idle() -> dict[str, Json]:
    return question(
        _("Nothing goes wrong. What share of the threads stands idle, in pools of their own?"),
        [("half", _("under a half")), ("most", _("half to 90%")), ("nearly", _("over 90%"))],
        name="idle",
    )


def presets() -> list[dict[str, Json]]:
    share = [("none", _("under 1%")), ("few", _("1 to 10%")), ("many", _("10 to 40%")), ("most", _("over 40%"))]
    return [
        preset(
            "office",
            _("Office day"),
            _("both designs serve everybody; only the empty rows differ."),
            question=_how_much_is_idle(),
            hang_s=0,
        ),
        preset(
            "hang",
            _("Reports hang"),
            _("orange climbs from thread to thread; above, it stops at the wall."),
        ),
        preset(
            "short",
            _("A short hang"),
            _("how far the orange gets before the database is back."),
            question=question(
                _("The same, but for 8 s instead of 20. What share of the API's requests does one pool lose?"),
                share,
                name="share",
            ),
            hang_s=8,
        ),
        preset(
            "surge",
            _("API surge"),
            _("blue stops at the wall, and behind it threads stand idle."),
            question=question(
                _("For 8 s the API gets three times its requests. Which design loses fewer of them?"),
                [("own", _("pools of their own")), ("same", _("no difference")), ("shared", _("one pool for all"))],
                name="surge",
            ),
            hang_s=0,
            api_surge=3,
            api_threads=20,
        ),
        preset(
            "cpu",
            _("Reports compute"),
            _("the wall holds, yet API bars grow: the cores are common. Divide them, too, under More controls."),
            question=question(
                _(
                    "A report now computes for 1 s, an API request for 15 ms before it waits about 100 ms. "
                    "What is the API's median latency in a pool of its own?"
                ),
                [("same", _("about 90 ms")), ("slower", _("120 to 400 ms")), ("dead", _("over 400 ms"))],
                name="cpu",
            ),
            hang_s=0,
            reports_cpu_ms=1000,
            api_cpu_ms=15,
        ),
        preset(
            "night",
            _("Idle night"),
            _("the price of the walls: threads that wait for a bad day."),
            question=_how_much_is_idle(),
            hang_s=0,
            api_rate=4,
            reports_rate=0.5,
            admin_rate=0,
        ),
    ]


def answers(params: Mapping[str, Json], runs: list[Run]) -> dict[str, dict[str, str]]:
    """What came true, for every question. A broken design of the learner leaves the shared pool alone."""
    own, shared = runs[0], runs[-1]
    return {
        "main": _first_loss(params, shared.result),
        "share": _lost_share(shared.result),
        "surge": _better(own.result, shared.result),
        "cpu": _latency(own.result),
        "idle": _idle(own),
    }


def _first_loss(params: Mapping[str, Json], shared: Result) -> dict[str, str]:
    at_s = first_lost_s(shared, API)
    if at_s is None:
        return outcome("never", _("One pool for all loses no API request."))
    after_s = at_s - params["hang_start_s"]
    if not params["hang_s"] or after_s < 0:
        text = _("One pool for all loses its first API request at {at} s, without any hang.", at=number(at_s, 1))
        return outcome("soon", text)
    came = "soon" if after_s < 3 else "later" if after_s <= 12 else "late"
    free = round(shared.pools["shared"].threads - offered_load(CLASSES, scenario_of(params)))
    text = _(
        "The first one is lost {after} s after the start of the hang: {rate} reports a second take the {free} or so "
        "free threads, then the queue fills.",
        after=number(after_s, 1),
        rate=number(params["reports_rate"], 1),
        free=max(0, free),
    )
    return outcome(came, text)


def _lost_share(shared: Result) -> dict[str, str]:
    api = shared.classes[API]
    lost = 1 - api.share(SERVED) if api.arrived else 0.0
    came = "none" if lost < 0.01 else "few" if lost < 0.1 else "many" if lost <= 0.4 else "most"
    text = _(
        "One pool for all loses {share}% of the API's requests ({lost} of {all}).",
        share=number(100 * lost, 1),
        lost=number(api.arrived - api.served),
        all=number(api.arrived),
    )
    return outcome(came, text)


def _better(own: Result, shared: Result) -> dict[str, str]:
    lost = [r.classes[API].arrived - r.classes[API].served for r in (own, shared)]
    arrived = own.classes[API].arrived
    came = "same" if abs(lost[0] - lost[1]) <= 0.01 * arrived else "own" if lost[0] < lost[1] else "shared"
    text = _(
        "Of {all} API requests the pool of its own loses {own}, the shared pool {shared}.",
        all=number(arrived),
        own=number(lost[0]),
        shared=number(lost[1]),
    )
    return outcome(came, text)


def _latency(own: Result) -> dict[str, str]:
    median_s = own.classes[API].percentile_s(50)
    if median_s is None:
        return outcome("dead", _("No API request is served."))
    came = "same" if median_s < 0.12 else "slower" if median_s <= 0.4 else "dead"
    text = _(
        "The median is {ms} ms; {lost} API requests are lost.",
        ms=number(1000 * median_s),
        lost=number(own.classes[API].arrived - own.classes[API].served),
    )
    return outcome(came, text)


def _idle(own: Run) -> dict[str, str]:
    threads, idle = threads_of(own.design), idle_threads(own)
    came = "half" if idle < 0.5 * threads else "most" if idle <= 0.9 * threads else "nearly"
    text = _("On average {idle} of {threads} threads are idle.", idle=number(idle, 1), threads=threads)
    return outcome(came, text)


def words() -> dict[str, Json]:
    """What the picture says."""
    return {
        "time": _("time, s"),
        "classes": list(class_names().values()),
        "hung": _("a report that hangs"),
        "hang": _("reports hang"),
        "surge": _("API surge"),
        "hang_start": _("Start of the hang"),
        "hang_end": _("End of the hang"),
        "seconds": _("{n} s"),
        "waiting": _("waiting"),
        "lost": _("lost, 1/s"),
        "api_lost": _("API: {lost} of {all} lost"),
        "at": _("At {t} s busy: {pools}. API lost so far: {lost}"),
        "in_queue": _("{n} waiting"),
        "idle_title": _("Threads busy on average"),
        "enough": _("enough for 1% rejected, by Erlang's formula"),
        "idle": _("{busy} of {threads}"),
        "idle_seconds": _("idle, thread-seconds"),
        "erlang_title": _("Erlang: rejected without a queue, %"),
        "erlang_x": _("load per thread, %"),
        "threads": _("threads"),
        "formula": _("formula"),
        "measured": _("measured"),
        "give_or_take": _("{n} ± {d}%"),
        "load": _("Load for Erlang's formula"),
        "percent": _("{n}%"),
        "cursor": _("Time"),
    }


def bulkhead_panel(design: Mapping[str, Json] | Design | None = None, **params: Json) -> BulkheadPanel:
    """Show the panel.

    `design`: the learner's own, as data (see the module); `params` are start values of the controls, such as
    `hang_s=30`.
    """
    return BulkheadPanel(design, **params)
