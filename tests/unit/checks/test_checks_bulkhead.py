"""The checks of the bulkhead exercise, held to a design that keeps the objectives and to small wrong ones."""

import copy
import json
import random

import pytest

from faultlab.checks import bulkhead as checks
from faultlab.checks import core
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.models.bulkhead import Design

NAMES = core.names("bulkhead")

RIGHT = {
    "pools": [
        {"name": "api", "threads": 16, "queue": 16, "connections": 8, "cpu_share": 0.7, "memory_mb": 600},
        {"name": "reports", "threads": 8, "queue": 30, "connections": 6, "cpu_share": 0.25, "memory_mb": 4000},
        {"name": "admin", "threads": 2, "queue": 4, "connections": 2, "cpu_share": 0.05, "memory_mb": 100},
    ],
    "routes": {"api": "api", "reports": "reports", "admin": "admin"},
}
LEAST = {"pools": [{"name": "all", "threads": 1}], "routes": dict.fromkeys(("api", "reports", "admin"), "all")}


def changed(path, value):
    """The right design with one value replaced; `path` leads to it."""
    design = copy.deepcopy(RIGHT)
    place = design
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return design


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def verdict_on(design, name="bulkhead.budget", check=None, **options):
    subject = Subject(LocalChannel({"BULKHEAD": design}), answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named("BULKHEAD")], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


@pytest.mark.parametrize("name", NAMES)
def test_a_design_that_keeps_the_objectives_is_right(name):
    verdict = verdict_on(RIGHT, name)
    assert verdict.status == core.RIGHT, verdict.to_text()


@pytest.mark.parametrize("name", NAMES)
def test_one_thread_for_everybody_fails_even_an_empty_schedule(name):
    verdict = verdict_on(LEAST, name, with_schedule(name, []))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_seeds(name):
    found = core.find(name)
    for seed in range(5 if found.generate else 0):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_design_is_not_attempted(name):
    assert verdict_on({"pools": [], "routes": {}}, name).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (None, 'BULKHEAD should be a dict with the keys "pools" and "routes".'),
        ({"pools": []}, 'BULKHEAD should be a dict with the keys "pools" and "routes".'),
        ({"pools": {}, "routes": {}}, "should be a list of dicts"),
        (changed(["pools", 1], "reports"), "Pool number 2 should be a dict with a name"),
        (changed(["pools", 1, "name"], "api"), "Two pools have the name 'api'."),
        (changed(["pools", 0, "threads"], 0), "Pool 'api': threads is 0; it should be a whole number from 1 on."),
        (changed(["pools", 0, "threads"], True), "threads is True; it should be a whole number"),
        (changed(["pools", 0, "threads"], 2.5), "threads is 2.5; it should be a whole number"),
        (changed(["pools", 0, "threads"], None), "threads is None; it should be a whole number"),
        (changed(["pools", 0, "queue"], -1), "queue is -1; it should be a whole number from 0 on"),
        (changed(["pools", 0, "connections"], "8"), "connections is '8'; it should be a whole number"),
        (changed(["pools", 0, "cpu_share"], 70), "cpu_share is 70; it should be a number from 0.001 to 1"),
        (changed(["pools", 0, "cpu_share"], float("nan")), "cpu_share is nan; it should be a number"),
        (changed(["pools", 0, "memory_mb"], float("inf")), "memory_mb is inf; it should be a number from 1 on"),
        (changed(["pools", 0, "thread"], 4), "there is no key 'thread'; there are threads, queue"),
        (changed(["routes"], {"api": "api", "reports": "reports"}), 'does not say which pool serves "admin"'),
        (changed(["routes", "admin"], "office"), "\"admin\" is routed to 'office', and no pool has that name."),
        (changed(["routes", "admin"], ["admin"]), "\"admin\" is routed to ['admin'], and no pool has that name."),
        (changed(["routes", "mail"], "api"), "has 'mail'; there are api, reports, admin"),
        (changed(["pools", 0, "threads"], 60), "have threads = 70; the machine has 64."),
        (changed(["pools", 0, "connections"], 16), "have connections = 24; the machine has 16."),
        (changed(["pools", 0, "cpu_share"], 0.9), "have cpu_share = 1.2; the machine has 1."),
        (changed(["pools", 0, "memory_mb"], 16384), "have memory_mb = 20484; the machine has 16384."),
    ],
)
def test_bad_data_gets_one_line(design, said):
    for name in ("bulkhead.budget", "bulkhead.incident"):
        verdict = verdict_on(design, name)
        assert verdict.status == core.WRONG and said in verdict.message and "\n" not in verdict.message


def test_an_object_among_the_data_gets_one_line():
    verdict = verdict_on(changed(["pools", 0, "threads"], object()))
    assert verdict.status == core.WRONG and "it should be a whole number from 1 on" in verdict.message


def test_limits_may_be_left_out():
    bare = [{"name": pool["name"], "threads": pool["threads"]} for pool in RIGHT["pools"]]
    assert verdict_on({**RIGHT, "pools": bare}).status == core.RIGHT


def test_a_failure_says_what_became_of_the_requests_and_when():
    verdict = verdict_on(changed(["routes", "admin"], "reports"), "bulkhead.incident")
    assert "admin: at least 99% of the requests should be served; of " in verdict.message
    assert "The first that was not served came at " in verdict.message
    assert verdict.schedule == []  # any seed shows it


def test_the_scenarios_differ_from_the_ordinary_day_as_the_assignment_says():
    day = {kind.name: kind for kind in checks.SCENARIOS["day"].classes}
    for name, touched in {"reports_hang": {"reports"}, "report_storm": {"reports"}, "api_surge": {"api"}}.items():
        other = {kind.name: kind for kind in checks.SCENARIOS[name].classes}
        assert {key for key in day if day[key] != other[key]} == touched


def test_the_machine_holds_the_right_design():
    assert not checks.MACHINE.overcommitted(Design.from_data(RIGHT))


def test_a_verdict_speaks_the_language_of_the_learner():
    use_language("ru")
    verdict = verdict_on(LEAST, "bulkhead.day")
    assert "обслужить надо не меньше 99,5% запросов" in verdict.message and "Обычный день" in verdict.to_text()
