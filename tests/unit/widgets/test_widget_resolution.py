"""What the panel of three resolutions computes: who hears of what, what each resolution leaves, and what it loses."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from faultlab.models.clocks import BEFORE, CONCURRENT
from faultlab.widgets import resolution as module
from faultlab.widgets import resolution_panel
from faultlab.widgets.resolution import B_WRITES_S, METHODS

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.1  # typical is a twentieth of that; a shared machine gets some air


def presets():
    return {p["name"]: p for p in resolution_panel().spec["presets"]}


def view_of(preset):
    return resolution_panel(**presets()[preset]["params"]).view


def run(view, method):
    return next(one for one in view["runs"] if one["method"] == method)


def shown(view, method, what):
    return next(row["values"] for row in run(view, method)["rows"] if row["what"] == what)


def lost(view):
    return {one["method"]: one["lost"] for one in view["runs"]}


def test_of_two_concurrent_writes_the_last_writer_keeps_one_and_the_counter_both():
    view = view_of("concurrent")
    assert view["relation"] == CONCURRENT and lost(view) == {"lww": ["A"], "siblings": [], "merge": []}
    assert [one["value"] for one in view["runs"]] == ["15", "18", "18"]
    assert view["answers"]["lww"]["answer"] == "a" and "A's +3 is lost: 15 instead of 18." in view["summary"]


def test_a_clock_that_is_behind_makes_the_later_write_lose():
    view = view_of("behind")
    assert lost(view)["lww"] == ["B"] and run(view, "lww")["value"] == "13"
    assert view["stamps_s"]["B"] < view["stamps_s"]["A"] and view["answers"]["lww"]["answer"] == "b"


def test_a_write_that_knows_of_the_other_is_no_conflict_in_any_resolution():
    view = view_of("heard")
    assert view["relation"] == BEFORE and {one["value"] for one in view["runs"]} == {"18"}
    assert all("|" not in row["values"][n] for one in view["runs"] for row in one["rows"] for n in "AB")


def test_the_last_writer_may_lose_without_any_conflict():
    view = view_of("heard_behind")
    assert view["relation"] == BEFORE and lost(view) == {"lww": ["B"], "siblings": [], "merge": []}
    # Its own writer does not take it.
    row = next(row for row in run(view, "lww")["rows"] if row["what"] == "write_b")
    assert row["idle"] and row["values"]["B"] == "13"


def test_siblings_lose_what_the_one_who_settles_them_forgets():
    view = view_of("larger")
    assert lost(view)["siblings"] == ["A"] and view["answers"]["siblings"]["answer"] == "one"


def test_both_see_two_values_as_soon_as_they_have_heard_and_until_they_hear_of_the_settling_write():
    view = view_of("concurrent")
    assert shown(view, "siblings", "b_hears") == {"A": "13", "B": "13 | 15"}
    assert shown(view, "siblings", "a_hears") == {"A": "13 | 15", "B": "13 | 15"}
    assert shown(view, "siblings", "settle") == {"A": "18", "B": "13 | 15"}
    assert shown(view, "siblings", "settled") == {"A": "18", "B": "18"}
    rows = {row["label"]: row["values"] for row in view["numbers"]}
    assert rows["A shows two values for, s"] == [0, 1.0, 0] and rows["B shows two values for, s"] == [0, 3.5, 0]


def test_siblings_that_nobody_settles_stay_and_lose_nothing():
    view = resolution_panel(settle="nobody").view
    assert run(view, "siblings")["open"] and lost(view)["siblings"] == [] and view["settles"] is None
    assert "13 | 15" in run(view, "siblings")["text"]


@pytest.mark.parametrize("heard_s", [2.5, 5.5, 6.0, 6.5, 8.5])
def test_the_writes_are_concurrent_exactly_if_b_hears_after_it_has_written(heard_s):
    view = resolution_panel(heard=heard_s).view
    assert view["relation"] == (BEFORE if heard_s < B_WRITES_S else CONCURRENT)
    assert (shown(view, "siblings", "a_hears")["A"] == "13 | 15") == (view["relation"] == CONCURRENT)


@pytest.mark.parametrize("settle", ["nobody", "sum", "larger"])
def test_the_merge_of_additions_never_loses_any_and_all_replicas_agree_in_the_end(settle):
    for heard_s in (2.5, 6.0, 8.5):
        for skew_s in (-6, -4, 0, 6):
            for a, b in ((1, 9), (4, 4)):
                view = resolution_panel(heard=heard_s, skew=skew_s, a=a, b=b, settle=settle).view
                assert run(view, "merge")["value"] == str(10 + a + b) and lost(view)["merge"] == []
                for one in view["runs"]:
                    last = one["rows"][-1]["values"]
                    assert last["A"] == last["B"], one["method"]


def test_equal_additions_are_still_two_siblings():
    view = resolution_panel(a=4, b=4, settle="nobody").view
    assert run(view, "siblings")["value"] == "14 | 14"


def test_at_equal_timestamps_the_name_decides():
    view = resolution_panel(skew=-4).view
    assert view["stamps_s"] == {"A": 2.0, "B": 2.0} and lost(view)["lww"] == ["A"]


def test_the_three_columns_have_the_same_moments_in_the_order_of_true_time():
    for heard_s in (3, 7):
        runs = resolution_panel(heard=heard_s).view["runs"]
        assert len({tuple(row["what"] for row in one["rows"]) for one in runs}) == 1
        times = [row["at_s"] for row in runs[0]["rows"]]
        assert times == sorted(times) and heard_s in times and [one["method"] for one in runs] == list(METHODS)


def test_a_value_that_the_panel_does_not_offer_is_refused():
    with pytest.raises(ValueError, match="heard"):
        resolution_panel(heard=11)


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name
        own = presets()[name]["question"]
        options = [o["value"] for o in (own or resolution_panel().spec["question"])["options"]]
        assert view["answers"][own["name"] if own else "lww"]["answer"] in options


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "resolution.js").read_text("utf-8")
    words = resolution_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    computed = {*METHODS, "start", *(row["what"] for row in resolution_panel().view["runs"][0]["rows"])}
    assert words.keys() == used | computed


def test_an_answer_comes_at_once():
    panel = resolution_panel()
    times = []
    for seq, heard_s in enumerate((3, 7, 5), 1):
        start = time.perf_counter()
        panel.params = {**panel.params, "heard": heard_s, "seq": seq}
        times.append(time.perf_counter() - start)
        assert "error" not in panel.view
    assert min(times) < ANSWER_MAX_S
