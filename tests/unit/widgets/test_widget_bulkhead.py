"""The bulkhead panel's data: it shows what the simulator did, and a learner's design takes the place of the pools."""

from __future__ import annotations

import json

import pytest

from faultlab.i18n import use_language
from faultlab.models.bulkhead import erlang_b, office_day, one_pool, simulate, three_pools
from faultlab.widgets.bulkhead import (
    API,
    DURATION_S,
    HUNG,
    BulkheadPanel,
    at_steps,
    bulkhead_panel,
    measured_blocking,
    own_pools,
    scenario_of,
    waiting_of,
)

DESIGN = {
    "pools": [
        {"name": "front", "threads": 40, "queue": 20},
        {"name": "heavy", "threads": 10, "queue": 5, "cpu_share": 0.4},
    ],
    "routes": {"api": "front", "admin": "front", "reports": "heavy"},
}


@pytest.fixture(autouse=True)
def english():
    use_language("en")
    yield
    use_language("en")


@pytest.fixture(scope="module")
def view():
    use_language("en")
    return bulkhead_panel().view


def lane(view, key):
    return next(one for one in view["lanes"] if one["key"] == key)


def bar_seconds(pool):
    """The length of all bars; each slot is [slot, gap, length, gap, length, ...] in hundredths of a second."""
    return sum(sum(line[2::2]) for lines in pool["bars"].values() for line in lines) / 100


def test_the_default_run_is_the_office_day_of_the_chapter(view):
    for key, design in (("own", three_pools()), ("shared", one_pool())):
        api = simulate(design, office_day(), seed=1).classes[API]
        assert lane(view, key)["api"] == [api.arrived - api.served, api.arrived]
    assert lane(view, "own")["api"][0] == 0 < lane(view, "shared")["api"][0]


def test_the_bars_are_as_long_as_the_threads_were_busy(view):
    for one in view["lanes"]:
        for pool in one["pools"]:
            busy_s = pool["busy_mean"] * DURATION_S
            assert bar_seconds(pool) == pytest.approx(busy_s, rel=0.25, abs=1)
            assert pool["idle_thread_s"] == pytest.approx(pool["threads"] * DURATION_S - busy_s, abs=3)


def test_bars_of_one_thread_do_not_overlap(view):
    for one in view["lanes"]:
        for pool in one["pools"]:
            for line in (line for lines in pool["bars"].values() for line in lines):
                assert 0 <= line[0] < pool["threads"]
                assert min(line[1:]) >= 0


def test_hanging_reports_are_shown_as_such_only_during_the_hang(view):
    reports = lane(view, "own")["pools"][1]
    for line in reports["bars"][HUNG]:
        start = line[1] / 100
        assert start >= 10
        assert sum(line[1:]) / 100 == pytest.approx(30, abs=0.02)
    assert HUNG not in bulkhead_panel(hang_s=0).view["lanes"][0]["pools"][1]["bars"]


@pytest.mark.parametrize(
    "params",
    [{}, {"queue": 90, "hang_s": 30}, {"hang_s": 0, "reports_cpu_ms": 1000, "api_cpu_ms": 20, "queue": 80}],
    ids=["hang", "long queue", "computing reports"],
)
def test_the_queue_in_the_picture_is_as_long_as_it_was_in_the_simulator(params):
    values = bulkhead_panel(**params).params
    scenario = scenario_of(values)
    for design in (own_pools(values), one_pool(80, values["queue"])):
        result = simulate(design, scenario, seed=1)
        for name, stays in waiting_of(result, design, scenario).items():
            changes = sorted([(came, 1) for came, _ in stays] + [(left, -1) for _, left in stays])
            length = longest = 0
            for _at_s, change in changes:
                length += change
                longest = max(longest, length)
            assert longest == result.pools[name].queue_longest


def test_counts_at_the_cursor_are_those_of_that_moment():
    assert at_steps([(0.0, 0.5), (0.25, 100.0)])[:4] == [1, 2, 1, 1]
    assert at_steps([(0.1, 0.2)])[:2] == [0, 0]
    assert at_steps([(50.0, 60.0)])[-1] == 0


def test_the_measured_blocking_agrees_with_erlangs_formula():
    for servers in (10, 50):
        runs = [measured_blocking(servers, 1.0, seed) for seed in range(10)]
        right = [abs(share - erlang_b(servers, servers)) <= give_or_take for share, give_or_take in runs]
        assert sum(right) >= 8
        assert sum(share for share, _ in runs) / 10 == pytest.approx(erlang_b(servers, servers), abs=0.015)
    assert measured_blocking(20, 0.2, seed=3) == (0, 0)


def test_the_answers_are_computed_and_are_among_the_options():
    for language in ("en", "ru"):
        use_language(language)
        panel = bulkhead_panel()
        asked = [panel.spec["question"]] + [p["question"] for p in panel.spec["presets"] if p["question"]]
        for question in asked:
            answer = panel.view["answers"][question["name"]]
            assert answer["answer"] in [option["value"] for option in question["options"]]
            assert answer["because"]


def test_each_preset_shows_what_its_sentence_says():
    panel = bulkhead_panel()
    views = {p["name"]: bulkhead_panel(**p["params"]).view for p in panel.spec["presets"]}
    came = {name: {q: a["answer"] for q, a in view["answers"].items()} for name, view in views.items()}
    assert came["hang"]["main"] == "later"
    assert came["short"]["share"] == "none"
    assert came["surge"]["surge"] == "shared"
    assert came["cpu"]["cpu"] == "slower"
    assert came["night"]["idle"] == "nearly"
    assert all(one["api"][0] == 0 for one in views["office"]["lanes"])
    assert all(len(json.dumps(view)) < 60_000 for view in views.values())


def test_dividing_the_cpu_makes_the_api_quick_again():
    slow, quick = (
        bulkhead_panel(hang_s=0, reports_cpu_ms=1000, api_cpu_ms=15, cpu_shares=shares).view["answers"]["cpu"]
        for shares in (False, True)
    )
    assert (slow["answer"], quick["answer"]) == ("slower", "same")


def test_a_learners_design_stands_in_for_the_three_pools():
    panel = bulkhead_panel(DESIGN)
    own, shared = panel.view["lanes"]
    assert [pool["name"] for pool in own["pools"]] == ["front", "heavy"]
    assert [pool["threads"] for pool in shared["pools"]] == [50]
    controls = {control["name"] for control in panel.spec["controls"]}
    assert "api_threads" not in controls
    for preset in panel.spec["presets"]:
        assert set(preset["params"]) <= controls


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ({}, "'pools' and 'routes'"),
        ({"pools": [{"name": "a", "threads": 0}], "routes": {}}, "pool 'a': threads is 0"),
        ({"pools": [{"name": "a", "threads": 3}], "routes": {"api": "a"}}, "no route for"),
        (7, "a design is a dict"),
    ],
)
def test_a_broken_design_is_one_line_and_the_shared_pool_stays(design, says):
    view = bulkhead_panel(design).view
    assert says in view["notice"]
    assert "\n" not in view["notice"]
    assert [one["key"] for one in view["lanes"]] == ["shared"]


def test_one_design_alone_can_be_shown():
    assert bulkhead_panel(shown="own").view["shown"] == ["own"]
    assert bulkhead_panel(DESIGN, shown="own").view["shown"] == ["yours"]
    assert bulkhead_panel({}, shown="own").view["shown"] == ["shared"]


def test_at_most_seven_controls_are_shown_at_first():
    shown = [control for control in BulkheadPanel().spec["controls"] if not control["more"]]
    assert len(shown) <= 7


def test_the_panel_speaks_russian():
    use_language("ru")
    panel = bulkhead_panel()
    words = json.dumps([panel.spec["question"], panel.spec["presets"], panel.view["log"]], ensure_ascii=False)
    assert "Общий пул" in panel.view["answers"]["share"]["because"]
    assert "The " not in words
    assert panel.view["columns"] == ["Отдельные пулы", "Один пул на всех"]
