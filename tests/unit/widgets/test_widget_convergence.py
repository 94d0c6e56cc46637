"""What the panel of convergence computes: bands, moments, pairs of replicas, many runs beside the one."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from faultlab.models.convergence import END_S, RULES, STRONG
from faultlab.widgets import convergence as module
from faultlab.widgets import convergence_panel
from faultlab.widgets.convergence import RUNS, WRITES_MAX, write

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.5  # with forty other runs; typical is a fifth of that


def presets():
    return {p["name"]: p for p in convergence_panel().spec["presets"]}


def view_of(name, **more):
    return convergence_panel(**{**presets()[name]["params"], **more}).view


def answer_of(view, name):
    return view["answers"][name]["answer"]


def rows_of(view):
    return {row["label"]: row["values"] for row in view["numbers"]}


@pytest.mark.parametrize("rule", RULES)
def test_bands_cover_the_whole_time_and_change_what_they_show(rule):
    view = view_of("primary", rule=rule)
    for name, parts in view["bands"].items():
        assert parts[0]["from_s"] == 0 and parts[-1]["to_s"] == END_S, name
        for one, other in pairwise(parts):
            assert one["to_s"] == other["from_s"] and one["shown"] != other["shown"]
    shown = {part["shown"] for parts in view["bands"].values() for part in parts if part["shown"]}
    assert set(view["states"]) == shown and len(view["states"]) == len(shown)


def test_the_last_band_of_each_is_the_same_from_the_moment_of_agreement_on():
    view = view_of("source")
    last = [parts[-1] for parts in view["bands"].values()]
    assert {part["shown"] for part in last} == {"3"} and max(p["from_s"] for p in last) == view["converged_s"]
    assert view["curve"][-1] == (view["converged_s"], 1) and view["last_write_s"] == 4.5


def test_the_first_scenario_is_the_picture_of_the_source_in_which_one_skips_a_value():
    view = view_of("source")
    assert [part["shown"] for part in view["bands"]["C"]] == ["", "1", "3"]
    assert max(count for _at, count in view["curve"]) == 3 and view["pair"] is None


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_scenarios_teach_what_they_say_whatever_the_seed(seed):
    assert answer_of(view_of("last", seed=seed), "agree") == "no"
    assert view_of("last", seed=seed)["delivered_s"] is not None
    assert answer_of(view_of("cut", seed=seed), "heal") == "soon"
    assert answer_of(view_of("strong", seed=seed), "promise") == "no"
    assert answer_of(view_of("gossip", seed=seed), "faster") == "third"
    assert answer_of(view_of("loss", seed=seed), "agree") == "yes"
    assert view_of("primary", seed=seed)["converged_s"] is not None


def test_the_primary_breaks_the_strong_promise_and_keeps_the_weak_one():
    view = view_of("primary")
    assert answer_of(view, "promise") == "yes" and not view["pair"]["good"] and view["unequal"]
    assert sum(to - start for start, to in view["unequal"]) == pytest.approx(view["unequal_s"])
    assert "not strongly eventual" in view["summary"]


def test_the_strong_scenario_has_the_messages_of_the_one_before_it():
    weak, strong = view_of("primary"), view_of("strong")
    assert rows_of(weak)["messages sent"] == rows_of(strong)["messages sent"]
    assert strong["pair"]["good"] and strong["unequal"] == [] and "different orders" in strong["pair"]["text"]


def test_only_strong_rules_are_called_so():
    for rule in RULES:
        assert ("is strongly eventual" in view_of("primary", rule=rule)["summary"]) == (rule in STRONG)


def test_the_arrows_are_messages_that_brought_something_new():
    view = view_of("source")
    assert all(0.05 <= one["at_s"] - one["sent_s"] <= 0.3 and one["from"] != one["to"] for one in view["tells"])
    ends = [part["from_s"] for name in "BC" for part in view["bands"][name][1:]]
    assert set(ends) <= {one["at_s"] for one in view["tells"]}


def test_no_arrow_crosses_a_cut():
    view = view_of("cut")
    cut = view["cut"]
    assert (cut["one"], cut["other"]) == ("A, B", "C, D")
    across = [one for one in view["tells"] if (one["from"] in "AB") != (one["to"] in "AB")]
    assert across and not [one for one in across if cut["from_s"] <= one["sent_s"] < cut["to_s"]]


def test_many_runs_stand_beside_the_one():
    view = view_of("last")
    assert rows_of(view)["they agree"][1] == f"0 of {RUNS}"
    assert rows_of(view_of("source"))["they agree"] == ["yes", f"{RUNS} of {RUNS}", f"{RUNS} of {RUNS}"]
    _here, once, faster = rows_of(view_of("gossip"))["messages sent"]
    assert faster == module.FASTER * once


def test_without_writes_there_is_nothing_to_agree_on():
    view = convergence_panel(writes=[]).view
    assert view["states"] == [] and view["converged_s"] == 0 and view["last_write_s"] is None
    assert answer_of(view, "when") == "soon" and view["pair"] is None


def test_what_cannot_be_played_is_left_out_and_said():
    view = convergence_panel(writes=[write("E", 1, 1), write("A", 1, 2)]).view
    assert "no replica E" in view["notice"] and [item["index"] for item in view["writes"]] == [1]
    many = convergence_panel(writes=[write("A", i / 2, i + 1) for i in range(WRITES_MAX + 1)]).view
    assert "left out" in many["notice"] and many["count"] == WRITES_MAX
    assert "ends before" in convergence_panel(cut_from=5, cut_to=2).view["notice"]
    assert convergence_panel(cut_from=5, cut_to=5).view["notice"] is None


def test_a_write_or_a_value_that_makes_no_sense_is_refused():
    wrong = ({}, {"at": "G", "s": 1, "value": 1}, {"at": "A", "s": 21, "value": 1}, {"at": "A", "s": 1, "value": 1.5},
             {"at": "A", "s": True, "value": 1})  # fmt: skip
    for item in wrong:
        with pytest.raises(ValueError, match="A write looks like"):
            convergence_panel(writes=[item])
    with pytest.raises(ValueError, match="rule"):
        convergence_panel(rule="vote")


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name, preset in presets().items():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        assert "error" not in view
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name
        asked = preset["question"] or convergence_panel().spec["question"]
        assert answer_of(view, asked["name"]) in [o["value"] for o in asked["options"]], name


def test_the_log_tells_writes_and_what_they_lead_to_in_order():
    log = view_of("source")["log"]
    assert log[0] == "1.0 s: 1 is written at A." and "hears of" in log[1]
    times = [float(line.split(" s:")[0]) for line in log]
    assert times == sorted(times)


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "convergence.js").read_text("utf-8")
    assert convergence_panel().spec["words"].keys() == set(re.findall(r"words\.(\w+)", source))


def test_a_change_is_answered_soon():
    panel = convergence_panel()
    times = []
    for seq in range(1, 5):
        start = time.perf_counter()
        panel.params = {**panel.params, "replicas": 3 + seq % 3, "seq": seq}
        times.append(time.perf_counter() - start)
        assert "error" not in panel.view and len(panel.view["names"]) == 3 + seq % 3
    assert min(times) < ANSWER_MAX_S
