"""What the panel of the stack computes: lanes, verdicts, and the numbers that the chapter speaks of."""

from __future__ import annotations

import json

import pytest

from faultlab.i18n import use_language
from faultlab.models.stack import overload
from faultlab.widgets import stack_panel
from faultlab.widgets.stack import ORDERS, case_of, simulate

SPEC = stack_panel().spec
PRESETS = [p["name"] for p in SPEC["presets"]]


def view_of(preset: str = "storm", **values):
    chosen = next(p for p in SPEC["presets"] if p["name"] == preset)
    return stack_panel(**{**chosen["params"], **values}).view


def answer(view, question):
    return view["answers"][question]["answer"]


def facts(view):
    return [lane["facts"] for lane in view["lanes"]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_retries_keep_the_service_overloaded_after_the_trouble_and_without_them_it_recovers(seed):
    view = view_of("storm", seed=seed)
    assert answer(view, "back") == "never"
    assert answer(view, "which") == "A"
    assert facts(view)[1]["after_good"] == 0


@pytest.mark.parametrize(
    ("preset", "which"), [("budget", "B"), ("breaker", "B"), ("jitter", "neither"), ("bulkhead", "B")]
)
def test_what_lowers_the_load_ends_the_storm_and_jitter_does_not(preset, which):
    assert answer(view_of(preset), "which") == which


def test_jitter_cures_the_herd():
    view = view_of("herd")
    assert answer(view, "fails") == "B"
    a, b = facts(view)
    assert a["failed"] > 10 * b["failed"]


def test_retry_outside_opens_sooner_when_the_service_is_down():
    view = view_of("down")
    assert answer(view, "opens") == "A"
    a, b = facts(view)
    assert a["until_open"] < 6 < 50 < b["until_open"]


def test_breaker_outside_does_not_hear_of_the_errors_that_retries_mend():
    view = view_of("flaky")
    assert answer(view, "serves") == "B"
    a, b = facts(view)
    assert a["opened"] > 5 and b["opened"] == 0
    assert answer(view_of("flaky", opens_at="share"), "serves") == "same", "a share expects them"


def test_without_trouble_everything_is_normal_at_once():
    view = view_of("storm", length_s=0)
    assert (answer(view, "back"), answer(view, "which")) == ("once", "both")


@pytest.mark.parametrize("preset", PRESETS)
def test_bars_and_table_agree(preset):
    view = view_of(preset)
    for lane in view["lanes"]:
        assert len(lane["first"]) == len(lane["queue"]) == 60
        assert sum(lane["first"]) + sum(lane["retries"]) == lane["facts"]["sent"]
        assert sum(lane["good"]) == lane["facts"]["good"]
        assert len(lane["failures"]) == (lane["facts"]["counted"] or 0)
        assert max(lane["queue"]) <= view["queue_max"]
        assert all(0 <= start <= end <= 60 for _client, start, end, _state in lane["ribbon"])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_view_is_plain_small_json_and_answers_every_question(preset):
    view = view_of(preset)
    assert len(json.dumps(view, allow_nan=False)) < 40_000
    questions = [SPEC["question"], *(p["question"] for p in SPEC["presets"] if p["question"])]
    for question in questions:
        assert answer(view, question["name"]) in [o["value"] for o in question["options"]]


@pytest.mark.parametrize("order", ORDERS)
def test_the_frames_stand_in_the_order_that_is_simulated(order):
    view = view_of("storm", order_b=order)
    assert tuple(kind for kind, _name, _detail in view["lanes"][1]["frames"]) == ORDERS[order]


def test_a_pattern_says_whether_it_sees_requests_or_attempts():
    inner, outer = (dict(frame[::2] for frame in lane["frames"]) for lane in view_of("down")["lanes"])
    assert inner["breaker"] == "failed attempts: 5 in 10 s"
    assert outer["breaker"] == "failed requests: 5 in 10 s"


def test_both_lanes_get_the_same_requests_and_the_same_lane_is_simulated_once():
    view = view_of("budget", budget_b=False)
    assert facts(view)[0] == facts(view)[1]
    params = {c["name"]: c["value"] for c in SPEC["controls"]}
    assert simulate(case_of(params, "b"), 1) is simulate(case_of(params, "b"), 1)


def test_the_storm_is_the_one_of_the_chapter():
    params = {c["name"]: c["value"] for c in SPEC["controls"]}
    ours, chapter = case_of(params, "b"), overload()["retry"]
    assert (ours.order, ours.service, ours.workload) == (chapter.order, chapter.service, chapter.workload)
    assert ours.run(1).load_factor(40) == pytest.approx(chapter.run(1).load_factor(40), abs=0.2)


def test_everything_has_a_russian_word():
    use_language("ru")
    try:
        panel = stack_panel(order_a="all", order_b="timeout-outside", jitter_a=True, budget_a=True)
        texts = [panel.spec["title"], panel.view["summary"], *panel.view["log"], *panel.spec["words"].values()]
        texts += [c["label"] for c in panel.spec["controls"]]
        texts += [t for p in panel.spec["presets"] for t in (p["label"], p["watch"])]
        texts += [frame[1] + frame[2] for lane in panel.view["lanes"] for frame in lane["frames"]]
        texts += [o["because"] for o in panel.view["answers"].values()]
        latin = [t for t in texts if not any("а" <= letter.lower() <= "я" for letter in t)]
        assert latin == []
    finally:
        use_language("en")
