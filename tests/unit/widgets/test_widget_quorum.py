"""What the panel of N, W and R computes: sets read from the trace, hints, repairs, verdicts, and how old reads are."""

from __future__ import annotations

import json
import re
import time
from functools import partial
from pathlib import Path

import pytest

from faultlab.models.pbs import k_staleness
from faultlab.sim.history import UNKNOWN
from faultlab.widgets import quorum as module
from faultlab.widgets import quorum_panel
from faultlab.widgets.quorum import (
    NODES,
    ONE,
    READ,
    SPARE,
    STEPS_MAX,
    T_MAX_MS,
    THREE,
    TWO,
    WRITE,
    behind,
    down,
    interval,
    measured,
    predicted,
    read,
    seen_and_missed,
    staleness,
    stand_in,
    up,
    wait,
    write,
)

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.15  # without the chart, which is remembered; typical is a tenth of that


def presets():
    return {p["name"]: p for p in quorum_panel().spec["presets"]}


def view_of(name, **more):
    return quorum_panel(**{**presets()[name]["params"], **more}).view


def node(view, name):
    return next(one for one in view["nodes"] if one["name"] == name)


def test_the_first_nodes_of_the_ring_are_the_replicas():
    assert (ONE, TWO, THREE, *SPARE) == NODES
    places = [one["place"] for one in quorum_panel().view["nodes"]]
    assert places == [1, 2, 3, None, None, None]


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_sets_have_as_many_nodes_as_are_waited_for_and_overlap_if_they_must(seed):
    for n, w, r in ((3, 1, 1), (3, 2, 2), (3, 3, 1), (3, 1, 3)):
        view = quorum_panel(n=n, w=w, r=r, t=T_MAX_MS, seed=1, steps=[write(SPARE[0]), read(SPARE[1])]).view
        sizes = [len(call["quorum"]) for call in view["calls"]]
        assert sizes == [w, r] and len(view["overlap"]) >= r + w - n, (n, w, r)
        assert all(node(view, name)["place"] for call in view["calls"] for name in call["quorum"])


def test_another_seed_draws_other_sets():
    drawn = {tuple(module.calls_of(module.play(steps, seed, n=3, r=1, w=1), steps, NODES[:3])[0]["quorum"])
             for steps in [[write(SPARE[0])]] for seed in range(12)}  # fmt: skip
    assert len(drawn) == 3, "each of the three replicas was first now and then"


def test_a_coordinator_that_is_a_replica_counts_itself():
    view = quorum_panel(w=1, r=1, steps=[write(ONE), read(TWO)]).view
    assert [call["quorum"] for call in view["calls"]] == [[ONE], [TWO]]


def test_a_node_that_is_down_answers_nobody():
    view = quorum_panel(steps=[down(ONE), write(ONE), read(ONE)]).view
    assert [(call["answered"], call["quorum"]) for call in view["calls"]] == [(False, [])] * 2
    assert node(view, ONE)["down"] and view["answers"]["last"]["answer"] == "no"


def test_what_a_node_has_on_its_disk_is_there_while_it_is_down_and_afterwards():
    assert node(quorum_panel(steps=[write(ONE), down(TWO)]).view, TWO)["value"] == 1
    back = node(quorum_panel(steps=[write(ONE), down(TWO), up(TWO)]).view, TWO)
    assert back["value"] == 1 and not back["down"]


@pytest.mark.parametrize("seed", range(1, 13))
def test_overlap_alone_is_not_linearizable_whatever_the_seed(seed):
    steps, options = seen_and_missed(), {"n": 3, "r": 2, "w": 2, "repair": False}
    trace = module.play(steps, seed, **options)
    ann, bob, cy = module.calls_of(trace, steps, NODES[:3])
    assert not ann["answered"] and ann["quorum"] == [ONE]
    assert (bob["answered"], bob["value"]) == (True, 1) and (cy["answered"], cy["value"]) == (True, None)
    assert module.linearizable(trace.history()).status == "violated"


def test_a_checker_that_gave_up_has_found_nothing(monkeypatch, language):
    monkeypatch.setattr(module, "linearizable", partial(module.linearizable, steps_max=1))
    view = quorum_panel(w=2, r=2, steps=[write(ONE), read(TWO)]).view
    assert view["linearizable"] == UNKNOWN
    said = {"en": "the checker could not tell", "ru": "проверка сказать не смогла"}[language]
    assert said in view["summary"]
    assert not re.search("are not linearizable|не линеаризуемы", view["summary"])


def test_the_panel_says_that_overlap_alone_is_not_linearizable():
    view = view_of("not_linearizable")
    assert view["linearizable"] == "violated" and view["answers"]["last"]["answer"] == "nothing"
    assert view["overlap"] == [] and "not linearizable" in view["summary"]


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_stand_ins_hint_is_counted_by_a_sloppy_quorum_and_missed_by_the_read(seed):
    steps = stand_in()
    sloppy = module.play(steps, seed, n=3, r=2, w=2, sloppy=True)
    ann, bob = module.calls_of(sloppy, steps, NODES[:3])
    assert ann["answered"] and ann["quorum"][0] == ONE and ann["quorum"][1] in SPARE
    assert bob["answered"] and bob["value"] is None
    strict = module.calls_of(module.play(steps, seed, n=3, r=2, w=2), steps, NODES[:3])
    assert not strict[0]["answered"], "without hints there is no second acknowledgement"


def test_a_hint_waits_at_the_stand_in_and_is_gone_when_it_has_been_delivered():
    waits = view_of("stand_in")
    assert sorted(name for one in waits["nodes"] for name in one["hints"]) == [TWO, THREE]
    later = quorum_panel(w=2, r=2, quorum="sloppy", steps=[*stand_in(), wait(), wait(), wait()]).view
    assert all(not one["hints"] for one in later["nodes"])
    assert node(later, TWO)["value"] == node(later, THREE)["value"] == 1


def test_read_repair_brings_the_one_up_to_date_who_was_away():
    assert view_of("repair")["answers"]["third"]["answer"] == "yes"
    assert view_of("repair", repair=False)["answers"]["third"]["answer"] == "no"
    rows = {row["label"]: row["values"] for row in view_of("repair")["numbers"]}
    assert rows["repairs sent to others"] == [1]
    assert node(quorum_panel(w=2, r=2, steps=behind()[:-1]).view, THREE)["value"] is None, "not before the answer"


def test_with_all_a_dead_replica_stops_writes_and_a_read_may_see_what_was_not_answered():
    view = view_of("all")
    assert view["answers"]["written"]["answer"] == "no" and view["calls"][1]["value"] == 1


def test_no_read_is_old_if_quorums_overlap():
    for n, r, w in ((3, 2, 2), (3, 1, 3), (2, 2, 1)):
        assert measured(n, r, w, 0.0, 1)[0] == 0 and predicted(n, r, w, 1)[0] == 1.0


def test_what_is_measured_agrees_with_wars_and_is_better_than_the_bound():
    for n, r, w, t_ms in ((3, 1, 1, 0.0), (3, 2, 1, 0.0), (5, 1, 1, 60.0)):
        chart = staleness(n, r, w, t_ms, 1)
        assert chart["low"] - 0.05 <= chart["wars"] <= chart["high"] + 0.05, (n, r, w)
        assert chart["fresh"] > chart["bound"] == k_staleness(n, r, w)


def test_reads_that_start_later_are_fresher():
    curve = predicted(3, 1, 1, 1)
    assert list(curve) == sorted(curve) and curve[0] < 0.95 and curve[-1] == 1.0
    assert measured(3, 1, 1, float(T_MAX_MS), 1)[0] == 0 < measured(3, 1, 1, 0.0, 1)[0]


def test_the_interval_has_the_share_in_it_and_is_narrower_with_more_reads():
    for hits, of in ((0, 80), (40, 80), (80, 80)):
        low, high = interval(hits, of)
        assert 0 <= low <= hits / of <= high <= 1
    assert interval(400, 800)[1] - interval(400, 800)[0] < interval(40, 80)[1] - interval(40, 80)[0]


def test_more_than_n_is_taken_as_n_and_said():
    view = quorum_panel(n=2, w=5, r=3).view
    assert (view["n"], view["w"], view["r"]) == (2, 2, 2) and "at most N" in view["notice"]
    assert quorum_panel().view["notice"] is None


def test_steps_beyond_the_last_are_left_out_and_said():
    view = quorum_panel(steps=[write(ONE)] * (STEPS_MAX + 1)).view
    assert len(view["steps"]) == STEPS_MAX and view["full"] and "left out" in view["notice"]
    assert node(view, ONE)["value"] == STEPS_MAX and view["linearizable"] == "ok"


def test_a_step_or_a_value_that_makes_no_sense_is_refused():
    for step in ({}, {"do": "write", "at": "Z"}, {"do": "burn", "at": "A"}):
        with pytest.raises(ValueError, match="A step looks like"):
            quorum_panel(steps=[step])
    with pytest.raises(ValueError, match="quorum"):
        quorum_panel(quorum="any")


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name, preset in presets().items():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name
        asked = preset["question"] or quorum_panel().spec["question"]
        assert view["answers"][asked["name"]]["answer"] in [o["value"] for o in asked["options"]], name


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "quorum.js").read_text("utf-8")
    used = set(re.findall(r"words\.(\w+)", source)) | {"measured", "wars", "bound"}  # the three keys of the chart
    assert quorum_panel().spec["words"].keys() == used


def test_the_chart_is_remembered_so_that_a_step_is_answered_at_once():
    panel = quorum_panel()
    times = []
    for seq, steps in enumerate(([write(ONE)], [write(ONE), read(TWO)], [read(TWO)]), 1):
        start = time.perf_counter()
        panel.params = {**panel.params, "steps": steps, "seq": seq}
        times.append(time.perf_counter() - start)
        assert "error" not in panel.view
        assert [call["do"] for call in panel.view["calls"]] == [s["do"] for s in steps if s["do"] in (WRITE, READ)]
    assert min(times) < ANSWER_MAX_S
