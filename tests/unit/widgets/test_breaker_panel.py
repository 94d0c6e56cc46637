"""What the circuit-breaker panel computes: traffic, lanes, verdicts, and what it makes of a learner's class."""

from __future__ import annotations

import itertools
import threading

import pytest

from faultlab.errors import CircuitOpenError
from faultlab.models import breaker as model
from faultlab.widgets import breaker_panel


def presets():
    return [p["name"] for p in breaker_panel().spec["presets"]]


def view_of(preset: str, breaker=None, **values):
    panel = breaker_panel(breaker)
    chosen = next(p for p in panel.spec["presets"] if p["name"] == preset)
    return breaker_panel(breaker, **{**chosen["params"], **values}).view


def answer(view, question):
    return view["answers"][question]["answer"]


class Contract(model.CircuitBreaker):
    """The exercise's signature around the model: what a correct learner's class looks like from outside."""

    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        config = model.BreakerConfig(
            failure_threshold=failure_threshold,
            window_s=window_s,
            recovery_time_s=recovery_time_s,
            probes_max=probes_max,
        )
        super().__init__(clock, config)


def test_the_naive_breaker_never_trips_when_every_second_call_fails_and_the_window_does():
    assert answer(view_of("flapping"), "opens") == "A"


def test_rare_errors_open_neither():
    assert answer(view_of("rare"), "opens") == "neither"


def test_a_storm_of_404_opens_only_the_breaker_that_counts_every_exception():
    assert answer(view_of("not_found"), "opens") == "B"


def test_a_count_opens_on_a_busy_healthy_service_where_a_share_does_not():
    assert answer(view_of("busy"), "opens") == "A"


def test_in_an_outage_only_the_first_calls_and_the_probes_reach_the_service():
    view = view_of("outage")
    assert answer(view, "reach") == "few"
    assert view["lanes"][1]["outcomes"] == view["fates"], "without a breaker every call meets its fate"


def test_a_short_recovery_time_serves_more_calls_at_the_price_of_failed_probes():
    view = view_of("short")
    assert answer(view, "serves") == "A"
    a, b = (lane["counts"] for lane in view["lanes"])
    assert a["failed"] > b["failed"]


@pytest.mark.parametrize("preset", presets())
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_correct_class_runs_exactly_like_the_model(preset, seed):
    view = view_of(preset, Contract, seed=seed)
    a, b = view["lanes"]
    assert (a["outcomes"], a["ribbon"]) == (b["outcomes"], b["ribbon"])
    assert view["notice"] is None


@pytest.mark.parametrize("preset", presets())
def test_counts_add_up_and_the_ribbon_has_no_gaps(preset):
    view = view_of(preset)
    for lane in view["lanes"]:
        counts = lane["counts"]
        assert counts["sent"] + counts["rejected"] == len(view["calls"])
        assert counts["succeeded"] + counts["failed"] == counts["sent"]
        ribbon = lane["ribbon"]
        assert ribbon[0][0] == 0 and ribbon[-1][1] == 90
        assert all(before[1] == after[0] for before, after in itertools.pairwise(ribbon))


def test_more_failures_change_no_arrival_and_spare_no_call_that_failed_before():
    few, many = breaker_panel(failing=20).view, breaker_panel(failing=60).view
    assert few["calls"] == many["calls"]
    assert all(m == "f" for f, m in zip(few["fates"], many["fates"], strict=True) if f == "f")


class Raises(Contract):
    def call(self, request):
        if self.state == "OPEN":
            raise RuntimeError("open!")
        return super().call(request)


class NeverCalls:
    state = "CLOSED"

    def __init__(self, clock, **settings):
        pass

    def call(self, request):
        return None


class LowerCase(Contract):
    state = "closed"


class CallsTwice(Contract):
    def call(self, request):
        super().call(request)
        return super().call(request)


class Deadlock(Contract):
    """Holds its lock during the request, and its state takes the same lock."""

    def __init__(self, clock, **settings):
        super().__init__(clock, **settings)
        self.lock = threading.Lock()

    @property
    def state(self):
        with self.lock:
            return super().state

    def call(self, request):
        with self.lock:
            return request()


class Refuses:
    def __init__(self, clock):
        pass


WRONG = {Raises: "RuntimeError: open!", NeverCalls: "without making the request", LowerCase: "'closed'",
         CallsTwice: "2 times", Refuses: "unexpected keyword argument"}  # fmt: skip


@pytest.mark.parametrize("cls", WRONG, ids=lambda c: c.__name__)
def test_what_a_class_gets_wrong_is_said_in_one_line_and_lane_a_goes_on(cls):
    view = view_of("outage", cls)
    assert WRONG[cls] in view["notice"] and "\n" not in view["notice"]
    a, b = view["lanes"]
    assert len(a["outcomes"]) == len(view["calls"]) > len(b["outcomes"])
    assert b["ribbon"][-1][1] == b["end_s"] < 90


def test_a_class_that_blocks_itself_is_stopped(monkeypatch):
    from faultlab.widgets import panel

    limit = panel.time_limit
    monkeypatch.setattr(panel, "time_limit", lambda: limit(wait_s=0.2))
    assert "endless loop" in view_of("outage", Deadlock)["notice"]


def test_a_class_that_swallows_failures_is_shown_as_the_service_answered():
    class Swallows(Contract):
        def call(self, request):
            try:
                return super().call(request)
            except CircuitOpenError:
                raise
            except Exception:
                return None

    a, b = view_of("outage", Swallows)["lanes"]
    assert a["outcomes"] == b["outcomes"]


def test_the_picture_gets_the_transition_table_itself():
    edges = {(old, event): new for old, event, new in breaker_panel().view["transitions"]}
    assert edges == model.TRANSITIONS
