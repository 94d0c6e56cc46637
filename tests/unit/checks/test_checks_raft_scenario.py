"""The checks of the Raft scenario, held to a right prediction in other forms, to bad data, and to what they show."""

from __future__ import annotations

import copy
import time

import pytest

from faultlab.checks import core
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.models.raft_scenario import answer_key, outage_of
from faultlab.sim.trace import Trace

NAMES = core.names("raft_scenario")
RIGHT = answer_key()


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def changed(path, value):
    """The right prediction with one value replaced; `path` leads to it."""
    prediction = copy.deepcopy(RIGHT)
    place = prediction
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return prediction


def verdict_on(prediction, name, check=None, shorten=False):
    subject = Subject(LocalChannel({"PREDICTION": prediction}), answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named("PREDICTION")], shorten=shorten)


def verdict_at(path, value):
    return verdict_on(changed(path, value), f"raft_scenario.{path[0]}")


def leaves(data, path=()):
    for key, value in data.items():
        yield from leaves(value, (*path, key)) if isinstance(value, dict) else [((*path, key), value)]


LEAVES = dict(leaves(RIGHT))
SETS = [path for path, value in LEAVES.items() if isinstance(value, set)]


def label(path):
    return "-".join(map(str, path))


@pytest.mark.parametrize("name", NAMES)
def test_the_right_prediction_is_right(name):
    assert verdict_on(RIGHT, name).status == core.RIGHT


def test_all_checks_together_take_less_than_a_second_once_the_search_is_made():
    begun = time.process_time()
    for name in NAMES:
        verdict_on(RIGHT, name)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", [None, {}, "template", "empty sets"])
def test_an_entry_in_which_nothing_stands_is_not_attempted(name, blank):
    entry = name.partition(".")[2]
    template = copy.deepcopy(RIGHT)
    for path, value in LEAVES.items():
        place = template
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = set() if isinstance(value, set) and blank == "empty sets" else None
    prediction = template if isinstance(blank, str) else {**RIGHT, entry: blank}
    assert verdict_on(prediction, name).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize("name", NAMES)
def test_without_an_entry_or_a_prediction_nothing_is_attempted(name):
    entry = name.partition(".")[2]
    assert verdict_on({k: v for k, v in RIGHT.items() if k != entry}, name).status == core.NOT_ATTEMPTED
    subject = Subject(LocalChannel({}), answer_timeout_s=5.0)
    assert core.judge(core.find(name), subject, [named("PREDICTION")]).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize("name", NAMES)
def test_each_entry_is_judged_alone(name):
    entry = name.partition(".")[2]
    assert verdict_on({entry: RIGHT[entry]}, name).status == core.RIGHT


@pytest.mark.parametrize("name", NAMES)
def test_even_an_empty_schedule_demands_something(name):
    found = core.find(name)
    bare = core.Check(name, found.title, found.run, [[]])
    first = next(path for path in LEAVES if path[0] == name.partition(".")[2])
    worse = {"E"} if isinstance(LEAVES[first], set) and "B" in LEAVES[first] else 1
    if isinstance(LEAVES[first], set) and worse == 1:
        worse = {1}
    if isinstance(LEAVES[first], tuple):
        worse = (0, 99)
    assert verdict_on(RIGHT, name, bare).status == core.RIGHT
    assert verdict_on(changed(first, worse), name, bare).status == core.WRONG


@pytest.mark.parametrize("path", LEAVES, ids=label)
def test_a_value_that_is_left_out_costs_its_entry(path):
    verdict = verdict_at(path, None)
    assert verdict.status in (core.WRONG, core.NOT_ATTEMPTED)
    if verdict.status == core.WRONG:
        assert verdict.message.endswith("is not filled in.")


@pytest.mark.parametrize("path", SETS, ids=label)
def test_a_set_without_one_of_its_elements_is_wrong_and_a_run_shows_it(path):
    for element in sorted(LEAVES[path], key=str):
        verdict = verdict_at(path, LEAVES[path] - {element})
        if not LEAVES[path] - {element} and verdict.status == core.NOT_ATTEMPTED:
            continue
        assert verdict.status == core.WRONG
        trace = Trace.from_json(verdict.trace)
        assert 0 < verdict.at < len(trace)
        assert "\n" not in verdict.message


@pytest.mark.parametrize("path", SETS, ids=label)
def test_a_set_with_one_element_too_many_is_wrong_and_a_run_comes_near(path):
    known = {"kept", "overwritten", "committed"} if path[-1] == "anns_entry" else set("ABCDE") | {"nobody"}
    if path[-1] == "roles":
        known = {"follower", "candidate", "leader"}
    elif any(isinstance(value, int) for value in LEAVES[path]):
        known = set(range(2, 9))
    elif path[-1] in ("BC", "DE"):
        known = set(path[-1]) | {"nobody"}
    elif path[0] in ("entry", "electable"):
        known = set("ABCDE")
    for element in sorted(known - LEAVES[path], key=str):
        verdict = verdict_at(path, LEAVES[path] | {element})
        assert verdict.status == core.WRONG, element
        assert verdict.trace is not None and verdict.message.count("PREDICTION") == 1


@pytest.mark.parametrize("path", [p for p, v in LEAVES.items() if not isinstance(v, set)], ids=label)
def test_another_number_is_wrong_and_a_run_shows_it(path):
    right = LEAVES[path]
    others = [(right[0] - 1, right[1]), (right[0], right[1] + 1)] if isinstance(right, tuple) else [99, 0.5]
    for other in others:
        verdict = verdict_at(path, other)
        assert verdict.status == core.WRONG and verdict.trace is not None


def test_a_verdict_names_the_part_that_is_wrong():
    verdict = verdict_on(changed(("outage", "longest_s"), (5, 35)), "raft_scenario.outage", shorten=True)
    assert verdict.schedule == ["longest_s"]


def test_what_is_left_out_is_shown_at_the_moment_of_the_question():
    verdict = verdict_at(("next_leader", "at_34", 5), {"B", "nobody"})
    trace = Trace.from_json(verdict.trace)
    assert "'C' is possible too" in verdict.message
    assert trace.at(34.9)["C"]["role"] == "leader"
    assert trace.at(34.9)["A"]["role"] == "follower"


def test_the_run_of_an_early_step_down_opens_where_b_steps_down():
    verdict = verdict_at(("split_brain", "steps_down_s"), (25, 27))
    trace = Trace.from_json(verdict.trace)
    assert trace.state(verdict.at - 1)["B"]["role"] == "leader"
    assert trace.state(verdict.at)["B"]["role"] == "follower"
    assert 26 <= trace[verdict.at].at_s < 27


def test_the_run_of_the_least_outage_has_it():
    for place, part in enumerate(("total_s", "longest_s")):
        verdict = verdict_at(("outage", part), (0, 35))
        assert outage_of(Trace.from_json(verdict.trace))[place] == RIGHT["outage"][part][0]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("first_leader",), 5, '["first_leader"] should be a dict, as in the template.'),
        (("first_leader", "elected_s"), [11], '["elected_s"] should be a dict, as in the template.'),
        (("first_leader", "elected_s"), {"1": 11}, '["elected_s"][1] is not filled in.'),
        (("first_leader", "elected_s", 1), "soon", "is 'soon'; it should be a number of seconds, or \"never\"."),
        (("first_leader", "elected_s", 1), True, "is True; it should be a number of seconds"),
        (("first_leader", "elected_s", 1), float("nan"), "it should be a number of seconds"),
        (("first_leader", "at_14"), 3, "is 3; it should be a set."),
        (("first_leader", "at_14"), "BF", "holds 'F'; there are 'A', 'B', 'C', 'D', 'E', 'nobody'."),
        (("first_leader", "at_14"), [["B"]], "holds ['B']; there are 'A'"),
        (("first_leader", "at_14"), [None, "B"], "holds None; there are 'A'"),
        (("terms", 9, "BC"), {4.5}, "holds 4.5; there are whole numbers from 1 on."),
        (("terms", 9, "BC"), {True}, "holds True; there are whole numbers from 1 on."),
        (("terms", 9, "BC"), {10**30}, "there are whole numbers from 1 on."),
        (("split_brain", "at_20", "DE"), {"B"}, "holds 'B'; there are 'D', 'E', 'nobody'."),
        (("split_brain", "steps_down_s"), (27, 26), "it should be two numbers, the smaller one first."),
        (("outage", "total_s"), 23, "is 23; it should be two numbers"),
        (("outage", "total_s"), (23, None), "it should be two numbers"),
        (("returner", "anns_entry"), "lost", "holds 'l'; there are 'kept', 'overwritten', 'committed'."),
    ],
)
def test_bad_data_gets_one_line(path, value, said):
    verdict = verdict_at(path, value)
    assert verdict.status == core.WRONG and said in verdict.message, verdict.message
    assert "\n" not in verdict.message and len(verdict.message) < 250


def test_a_prediction_that_is_no_dict_gets_one_line():
    for value in ([], 7, "B"):
        assert verdict_on(value, NAMES[0]).message == "PREDICTION should be a dict, as in the template."


def test_an_object_among_the_data_gets_one_line():
    verdict = verdict_at(("electable", 1), object())
    assert verdict.status == core.WRONG and "it should be a set" in verdict.message


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_entry_speaks_russian_too(name):
    use_language("ru")
    path = next(path for path in LEAVES if path[0] == name.partition(".")[2])
    wrong = set("E") if isinstance(LEAVES[path], set) and "B" in LEAVES[path] else (0, 1)
    message = verdict_at(path, wrong if not isinstance(LEAVES[path], set) or "B" in LEAVES[path] else {1}).message
    assert any("а" <= letter <= "я" for letter in message)
