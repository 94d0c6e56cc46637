"""What a bulkhead design must achieve (exercise 3.2, task 3).

The learner hands in data: pools, and for each function of the service the pool that serves it. The course's simulator
(`faultlab.models.bulkhead`) puts it through scenarios, in the judge's process, and the numbers that come out are held
to the objectives of the assignment. Nothing of the learner's runs.

1. Each scenario is a check with points of its own. A design that cannot be built (bad data, or more than the machine
   has) fails all of them, with one line that says why.
2. A schedule is a list of seeds. The same seed sends the same requests to every design, and the objectives hold for
   each seed alone; only the idle capacity is a mean over them.
3. How a design reaches the objectives is its own affair: few threads for the reports isolate as well as a share of the
   processor.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.subject import RemoteError, SubjectError
from faultlab.i18n import N_, _, number
from faultlab.models.bulkhead import (
    LOST,
    REJECTED,
    SERVED,
    TIMED_OUT,
    ClassResult,
    Design,
    Machine,
    PoolSpec,
    RequestClass,
    Result,
    Scenario,
    simulate,
)

API, REPORTS, ADMIN = FUNCTIONS = ("api", "reports", "admin")
MACHINE = Machine(cores=8, memory_mb=16_384, connections=16)
THREADS_MAX = 64
DURATION_S = 40.0
TROUBLE_S = (10.0, 30.0)
SURGE_S = (15.0, 25.0)
API_HANGS_S = (10.0, 20.0)
USED_SHARE_MIN = 0.3
SEEDS = [1, 2, 3]
HIDDEN = 2

TRAFFIC = {
    API: RequestClass(API, 100.0, cpu_s=0.04, wait_s=0.03, memory_mb=10, timeout_s=1.0, fixed_wait=True),
    REPORTS: RequestClass(REPORTS, 1.5, cpu_s=1.0, wait_s=2.0, memory_mb=500, timeout_s=60.0),
    ADMIN: RequestClass(ADMIN, 1.0, cpu_s=0.02, wait_s=0.1, memory_mb=20, timeout_s=5.0),
}


def scenario(**changes: dict[str, Any]) -> Scenario:
    """The ordinary day with `changes` to the traffic of some functions."""
    classes = (RequestClass(**{**vars(kind), **changes.get(name, {})}) for name, kind in TRAFFIC.items())
    return Scenario(tuple(classes), DURATION_S, MACHINE)


SCENARIOS = {
    "day": scenario(),
    "reports_hang": scenario(reports={"hangs": (TROUBLE_S,)}),
    "report_storm": scenario(reports={"surges": ((*TROUBLE_S, 8.0),)}),
    "api_surge": scenario(api={"surges": ((*SURGE_S, 3.0),)}),
    "incident": scenario(api={"hangs": (API_HANGS_S,)}, reports={"hangs": (TROUBLE_S,)}),
}


# From data to a design

KEYS = {
    "threads": (1, True, False),  # the least value, whether it is a whole number, whether it may be left out
    "queue": (0, True, True),
    "connections": (0, True, True),
    "cpu_share": (0.001, False, True),
    "memory_mb": (1, False, True),
}
MOST = {"threads": 10_000, "queue": 1_000_000_000, "connections": 10_000, "cpu_share": 1.0, "memory_mb": 1e9}


def design_of(t: Trial) -> Design:
    """The learner's data as a design that the machine can hold; fails with one line otherwise."""
    data = t.value(t.objects[0])
    if not isinstance(data, dict) or set(data) != {"pools", "routes"}:
        t.fail(_('BULKHEAD should be a dict with the keys "pools" and "routes".'))
    pools, routes = data["pools"], data["routes"]
    if not isinstance(pools, list) or not isinstance(routes, dict):
        t.fail(_('BULKHEAD["pools"] should be a list of dicts, and BULKHEAD["routes"] a dict.'))
    if not pools and not routes:
        raise SubjectError(RemoteError(("NotImplementedError",)))
    specs = tuple(_pool(t, place, entry) for place, entry in enumerate(pools, start=1))
    names = [spec.name for spec in specs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        t.fail(_("Two pools have the name {name}.", name=repr(twice)))
    for function in FUNCTIONS:
        if function not in routes:
            t.fail(_('BULKHEAD["routes"] does not say which pool serves "{function}".', function=function))
    for function, pool in routes.items():
        if function not in FUNCTIONS:
            t.fail(_('BULKHEAD["routes"] has {name}; there are {functions}.', name=repr(function),
                     functions=", ".join(FUNCTIONS)))  # fmt: skip
        if pool not in names:
            t.fail(
                _('"{function}" is routed to {pool}, and no pool has that name.', function=function, pool=repr(pool))
            )
    design = Design(specs, dict(routes))
    _within_the_machine(t, design)
    return design


def _pool(t: Trial, place: int, entry: Any) -> PoolSpec:
    if not isinstance(entry, dict) or type(entry.get("name")) is not str:
        t.fail(_("Pool number {n} should be a dict with a name: {entry}.", n=place, entry=repr(entry)))
    name = entry["name"]
    unknown = next((key for key in entry if key != "name" and key not in KEYS), None)
    if unknown is not None:
        t.fail(_("Pool {name}: there is no key {key}; there are {keys}.", name=repr(name), key=repr(unknown),
                 keys=", ".join(KEYS)))  # fmt: skip
    limits = {}
    for key, (least, whole, optional) in KEYS.items():
        value = entry.get(key)
        if value is None and optional:
            continue
        right = type(value) is int or (type(value) is float and math.isfinite(value) and not whole)
        if not right or not least <= value <= MOST[key]:
            wanted = _("a whole number from {least} on") if whole else _("a number from {least} on")
            if key == "cpu_share":
                wanted = _("a number from {least} to 1")
            t.fail(_("Pool {name}: {key} is {value}; it should be {wanted}.", name=repr(name), key=key,
                     value=repr(value), wanted=wanted.format(least=least)))  # fmt: skip
        limits[key] = value
    return PoolSpec(name, **limits)


def _within_the_machine(t: Trial, design: Design) -> None:
    promised = {"threads": (sum(pool.threads for pool in design.pools), THREADS_MAX), **MACHINE.overcommitted(design)}
    for key, (wanted, there) in promised.items():
        if wanted > there:
            t.fail(_("The pools together have {key} = {wanted}; the machine has {there}.", key=key,
                     wanted=f"{wanted:g}", there=f"{there:g}"))  # fmt: skip


# Objectives


@lru_cache(maxsize=8)  # a result holds every request: megabytes
def _run(pools: tuple[PoolSpec, ...], routes: tuple[tuple[str, str], ...], name: str, seed: int) -> Result:
    return simulate(Design(pools, dict(routes)), SCENARIOS[name], seed)


@dataclass
class Judged:
    """One run of one design, and the words to judge it by."""

    t: Trial
    seed: int
    result: Result

    def served(self, function: str, percent_min: float) -> None:
        """So many of the function's requests are answered in time."""
        got = self.result.classes[function]
        if got.share(SERVED) * 100 < percent_min:
            self._fail(_("{function}: at least {percent}% of the requests should be served; {how}", function=function,
                         percent=number(percent_min, 1), how=_fate(got)), function)  # fmt: skip

    def fast(self, function: str, seconds_max: float) -> None:
        """95 of 100 of the function's answers come within so many seconds."""
        slow_s = self.result.classes[function].percentile_s(95)
        if slow_s is None or slow_s > seconds_max:
            told = _("none came") if slow_s is None else _("they take {s} s", s=number(slow_s, 3))
            self._fail(_("{function}: 95 of 100 answers should come within {max} s; {told}.", function=function,
                         max=number(seconds_max, 3), told=told))  # fmt: skip

    def in_time(self, function: str, percent_max: float) -> None:
        """Hardly any request of the function waits until its client gives up."""
        got = self.result.classes[function]
        if got.share(TIMED_OUT) * 100 > percent_max:
            self._fail(_("{function}: at most {percent}% of the requests should wait in vain; {how}", function=function,
                         percent=number(percent_max, 1), how=_fate(got)), function)  # fmt: skip

    def no_kills(self) -> None:
        """No pool runs out of memory."""
        for pool in self.result.pools.values():
            if pool.kills:
                self._fail(_("Pool {name} ran out of memory and was killed {n} times.", name=repr(pool.name),
                             n=pool.kills))  # fmt: skip

    def _fail(self, message: str, function: str = "") -> None:
        bad = [at_s for name, at_s, fate, _s in self.result.requests if name == function and fate != SERVED]
        first = " " + _("The first that was not served came at {at} s.", at=number(min(bad), 1)) if bad else ""
        self.t.fail(_("With seed {seed}: {what}", seed=self.seed, what=message) + first)


def _fate(got: ClassResult) -> str:
    shares = {fate: _percent(got.share(fate)) for fate in (SERVED, REJECTED, TIMED_OUT, LOST)}
    return _(
        "of {n} requests {served} were served, {rejected} rejected, {timed_out} too late, {lost} lost.",
        n=got.arrived,
        served=shares[SERVED],
        rejected=shares[REJECTED],
        timed_out=shares[TIMED_OUT],
        lost=shares[LOST],
    )


def _percent(share: float) -> str:
    return f"{number(share * 100, 2)}%"


def _judge(t: Trial, name: str, schedule: Schedule, objectives: Callable[[Judged], None]) -> list[Result]:
    """Play the scenario with each seed, note what came of it, and hold it to the objectives."""
    design = design_of(t)
    results = []
    for seed in schedule or SEEDS[:1]:
        result = _run(design.pools, tuple(design.routes.items()), name, seed)
        for function, got in result.classes.items():
            t.note(_("seed {seed}, {function}: {how}", seed=seed, function=function, how=_fate(got)))
        objectives(Judged(t, seed, result))
        results.append(result)
    return results


def _seeds(rng: random.Random) -> Schedule:
    return [rng.randint(10, 1_000_000) for _seed in SEEDS]


def _ordinary(run: Judged) -> None:
    run.served(API, 99.5)
    run.fast(API, 0.18)
    run.served(REPORTS, 95)
    run.served(ADMIN, 99)


@register(
    "bulkhead.budget",
    title=N_("The design stays within the machine, and serves every function at all"),
    examples=[SEEDS[:1]],
)
def budget(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""

    def some(run: Judged) -> None:
        for function in FUNCTIONS:
            run.served(function, 50)

    _judge(t, "day", schedule, some)


@register(
    "bulkhead.day",
    title=N_("Ordinary day: everybody is served, and the API is fast"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def day(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""
    _judge(t, "day", schedule, _ordinary)


@register(
    "bulkhead.reports_hang",
    title=N_("The reports' database hangs from 10 to 30 s: API and admin do not notice"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def reports_hang(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""

    def unharmed(run: Judged) -> None:
        run.served(API, 99.5)
        run.fast(API, 0.18)
        run.served(ADMIN, 99)

    _judge(t, "reports_hang", schedule, unharmed)


@register(
    "bulkhead.report_storm",
    title=N_("Eight times the reports from 10 to 30 s: they slow nobody down, and some of them are still done"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def report_storm(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""

    def unharmed(run: Judged) -> None:
        run.no_kills()
        run.served(API, 99.5)
        run.fast(API, 0.18)
        run.served(ADMIN, 99)
        run.served(REPORTS, 20)

    _judge(t, "report_storm", schedule, unharmed)


@register(
    "bulkhead.api_surge",
    title=N_("Three times the API calls from 15 to 25 s: what is too much is rejected at once, the rest is served"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def api_surge(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""

    def shed(run: Judged) -> None:
        run.in_time(API, 1)
        run.served(API, 65)
        run.fast(API, 0.6)
        run.served(REPORTS, 95)
        run.served(ADMIN, 99)

    _judge(t, "api_surge", schedule, shed)


@register(
    "bulkhead.incident",
    title=N_("The API hangs from 10 to 20 s and the reports from 10 to 30 s: the admin page works all the time"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def incident(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds."""

    def works(run: Judged) -> None:
        run.served(ADMIN, 99)
        run.fast(ADMIN, 1.5)

    _judge(t, "incident", schedule, works)


@register(
    "bulkhead.idle",
    title=N_("On an ordinary day at least 30% of the threads' time is used, and everybody is served"),
    examples=[SEEDS],
    generate=_seeds,
    hidden=HIDDEN,
)
def idle(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds; the share used is their mean."""
    results = _judge(t, "day", schedule, _ordinary)
    pools = [pool for result in results for pool in result.pools.values()]
    used = sum(pool.busy_slot_s for pool in pools) / sum(pool.threads * pool.duration_s for pool in pools)
    threads = sum(pool.threads for pool in results[0].pools.values())
    told = _("{n} threads, and {used} of their time is used; it should be {min} or more.", n=threads,
             used=_percent(used), min=f"{USED_SHARE_MIN:.0%}")  # fmt: skip
    t.expect(used >= USED_SHARE_MIN, told)
