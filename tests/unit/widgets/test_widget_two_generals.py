"""What the panel of the two generals computes: ends, verdicts on rules, and how likely each result is."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from faultlab.models.two_generals import ALONE, BOTH, NOBODY, A, B, all_heard, chances, every_rule
from faultlab.widgets import two_generals as module
from faultlab.widgets import two_generals_panel

WIDGETS = Path(module.__file__).parent


def presets():
    return {p["name"]: p for p in two_generals_panel().spec["presets"]}


def view_of(preset):
    panel = two_generals_panel()
    return ask(panel, **presets()[preset]["params"])


def ask(panel, **values):
    panel.params = {**panel.params, **values, "seq": panel.view.get("seq", 0) + 1}
    return panel.view


def test_the_sender_of_the_lost_message_attacks_alone():
    for last in range(1, module.LAST_MAX + 1):
        view = two_generals_panel(last).view
        assert view["now"]["attackers"] == [A if last % 2 else B]
        assert view["answers"]["who"]["answer"] == (A if last % 2 else B) and not view["demands"]["b"]


def test_if_nothing_is_lost_both_attack():
    view = two_generals_panel(4, lost=0).view
    assert view["now"]["attackers"] == [A, B] and view["answers"]["who"]["answer"] == "both"


def test_neighbouring_ends_differ_for_one_general_and_the_other_is_named_blind():
    view = two_generals_panel(7).view
    for (one, other), blind in zip(pairwise(view["rows"]), view["blind"], strict=True):
        at = (A, B).index(blind)
        assert one["heard"][at] == other["heard"][at] and one["heard"][1 - at] != other["heard"][1 - at]
    assert [row["lost"] for row in view["rows"]] == [1, 2, 3, 4, 5, 6, 7, 0]


@pytest.mark.parametrize("last", [1, 2, 3, 5])
def test_no_rules_that_can_be_set_meet_all_demands(last):
    seen = set()
    panel = two_generals_panel(last)
    for of_a, of_b in every_rule(last):
        demands = ask(panel, rules=[{"last": last, "A": sorted(of_a), "B": sorted(of_b)}])["demands"]
        seen.add(tuple(demands.values()))
    assert (True, True, True) not in seen
    assert {(True, True, False), (True, False, True), (False, True, True)} <= seen, "any two of them can be met"
    assert panel.view["answers"]["rules"]["answer"] == "no"


@pytest.mark.parametrize(("last", "messengers", "loss"), [(1, 1, 20), (2, 3, 50), (7, 2, 90), (3, 1, 0)])
def test_the_shares_are_those_of_the_model_and_make_a_whole(last, messengers, loss):
    view = two_generals_panel(last, messengers=messengers, loss=loss).view
    expected = chances(last, messengers, loss / 100)
    assert view["shares"] == {name: pytest.approx(expected[name]) for name in (BOTH, ALONE, NOBODY)}
    assert sum(row["share"] for row in view["rows"]) == pytest.approx(1)


def test_many_messengers_make_it_unlikely_and_not_impossible():
    view = view_of("many")
    assert view["shares"][ALONE] == pytest.approx(0.5**6) and view["shares"][ALONE] > 0
    rows = {row["label"]: row["values"][0] for row in view["numbers"]}
    assert rows["one attacks alone"] == "1.5625 %" and rows["messengers under way at most"] == 6


def test_rules_of_another_number_of_messages_give_way_to_the_natural_ones():
    panel = two_generals_panel(2, rules=(frozenset({0, 2}), frozenset({1})))
    assert panel.view["rules"] == {"A": [0, 2], "B": [1]} and not panel.view["natural"]
    view = ask(panel, last=3)
    assert view["natural"] and view["rules"] == dict(zip("AB", map(sorted, all_heard(3)), strict=True))
    assert not ask(panel, last=2)["natural"], "and are there again when one comes back"


def test_a_message_that_is_not_sent_cannot_be_lost():
    assert ask(two_generals_panel(5), last=2, lost=[{"number": 4}])["lost"] == 0
    assert ask(two_generals_panel(5), lost=[{"number": 4}, {"number": 2}])["lost"] == 2


@pytest.mark.parametrize("own", [{"last": 2}, {"last": 2, "A": [1], "B": [1]}, {"last": 2, "A": 2, "B": [1]}])
def test_rules_that_cannot_be_read_are_refused_in_one_line(own):
    error = ask(two_generals_panel(), rules=[own])["error"]
    assert "Rules look like" in error and "\n" not in error


def test_a_message_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no message 3 among 2"):
        two_generals_panel(2, lost=3)


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        assert len(view["log"]) == view["last"] + 1
        assert bool(re.search("[а-я]", " ".join([view["summary"], *view["log"]]))) == (language == "ru"), name


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "two_generals.js").read_text("utf-8")
    words = two_generals_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    computed = {"attacks", "stays", "lose", "deliver", "rule_on", "rule_off", "demand_a", "demand_b", "demand_c"}
    assert used <= words.keys() and words.keys() == used | computed | {BOTH, ALONE, NOBODY}
