"""What the panel of PACELC computes: points, strips, boxes, and predictions that the runs settle."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from faultlab.models.pacelc import REGIONS, SYSTEMS, Conditions, Design, simulate_design
from faultlab.widgets import pacelc as module
from faultlab.widgets import pacelc_panel

WIDGETS = Path(module.__file__).parent
AGAIN_MAX_S = 0.05  # what was computed before is remembered; typical is a tenth of that


def presets():
    return {p["name"]: p for p in pacelc_panel().spec["presets"]}


def view_of(name, **more):
    return pacelc_panel(**{**presets()[name]["params"], **more}).view


def answer_of(view, name):
    return view["answers"][name]["answer"]


def test_the_point_of_a_design_is_what_its_run_says():
    view = pacelc_panel(w=2).view
    run = simulate_design(Design(w=2), Conditions(jitter=module.JITTER, batch_ms=module.BATCH_MS))
    assert (view["point"]["ms"], view["point"]["stale"]) == (run.mean_ms(), run.stale())
    assert view["cut_point"] is None and view["columns"] == []


def test_a_cut_adds_a_second_point_and_a_column_and_leaves_the_first():
    plain, cut = pacelc_panel(w=3).view, pacelc_panel(w=3, cut="asia").view
    assert cut["point"] == plain["point"] and cut["group"] == plain["group"]
    assert cut["cut_point"]["refused"] > 0 and len(cut["columns"]) == 2
    assert all(len(row["values"]) == 2 for row in cut["numbers"])
    assert [row["region"] for row in cut["rows"] if row["refused"] == row["asked"]] == ["asia"]


def test_points_can_be_compared_only_under_the_same_conditions():
    group = pacelc_panel().view["group"]
    assert pacelc_panel(w=4, r=4, route="all", cut="us", on_cut="answer").view["group"] == group
    for change in ({"jitter": 0.5}, {"batch": 0}, {"clients": "eu"}, {"seed": 2}):
        assert pacelc_panel(**change).view["group"] != group, change


def test_what_a_route_does_not_ask_for_makes_no_other_point():
    key = lambda **params: pacelc_panel(**params).view["point"]["key"]  # noqa: E731
    assert key(leader="eu") == key(leader="oce") and key(route="writes", leader="eu") != key(route="writes")
    assert key(route="all", r=1) == key(route="all", r=3) and key(r=1) != key(r=3)


def test_each_region_has_a_row_for_reads_and_one_for_writes():
    rows = pacelc_panel().view["rows"]
    assert [(row["region"], row["kind"]) for row in rows] == [(n, k) for n in REGIONS for k in ("read", "write")]
    for row in rows:
        assert len(row["dots"]) == module.DOTS and row["dots"] == sorted(row["dots"])
        assert row["dots"][0] <= row["p50"] <= row["p99"]
    assert {row["region"] for row in pacelc_panel(clients="oce").view["rows"]} == {"oce"}


def test_the_third_copy_costs_the_way_to_asia_and_back():
    view = pacelc_panel(jitter=0).view
    assert answer_of(view, "w3") == "more" and "161 ms" in view["answers"]["w3"]["because"]


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_scenarios_teach_what_they_say_whatever_the_seed(seed):
    told = {
        ("at_once", "w3"): "more", ("one_more", "stale"): "quarter", ("overlap", "stale"): "none",
        ("leader", "leader"): "us", ("timeline", "island"): "reads", ("farthest", "writes"): "none",
        ("home", "stale"): "none",
    }  # fmt: skip
    for (name, question), answer in told.items():
        assert answer_of(view_of(name, seed=seed), question) == answer, name
    two = view_of("two_leaders", seed=seed)
    assert two["point"]["stale"] == 0 and two["cut_point"]["stale"] > 0.2 and two["cut_point"]["refused"] == 0


def test_the_scenarios_visit_all_four_boxes():
    boxes = {name: view_of(name)["box"] for name in presets()}
    assert set(boxes.values()) == set(SYSTEMS)
    for name, preset in presets().items():
        named = re.search(r"P[AC]/E[LC]", preset["label"])
        assert not named or named.group() == boxes[name], name


def test_a_cut_of_a_region_without_clients_is_said_to_be_so():
    view = pacelc_panel(clients="eu", cut="asia").view
    assert "no clients" in view["answers"]["island"]["because"]


def test_a_design_that_answers_no_writes_has_no_second_point():
    view = view_of("farthest")
    assert view["cut_point"]["ms"] is None and view["point"]["ms"] > 0
    assert "–" in " ".join(view["log"])


def test_the_leader_is_shown_only_if_there_is_one_and_a_useless_r_is_said():
    assert pacelc_panel().view["leader"] is None and pacelc_panel(route="writes").view["leader"] == "us"
    assert "R plays no part" in pacelc_panel(route="all", r=2).view["notice"]
    assert pacelc_panel(route="all").view["notice"] is None


def test_the_log_says_each_row_with_and_without_the_cut():
    view = pacelc_panel(cut="us").view
    assert len(view["log"]) == 2 * len(view["rows"]) and "us cut off, oce, writes" in " ".join(view["log"])
    assert "PA/EL" in view["summary"] and "us cut off" in view["summary"]


def test_a_value_that_makes_no_sense_is_refused():
    for wrong in ({"w": 5}, {"leader": "mars"}, {"cut": "all"}, {"route": "both"}):
        with pytest.raises(ValueError):
            pacelc_panel(**wrong)


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name, preset in presets().items():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
        assert "error" not in view
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name
        asked = preset["question"] or pacelc_panel().spec["question"]
        assert answer_of(view, asked["name"]) in [o["value"] for o in asked["options"]], name


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "pacelc.js").read_text("utf-8")
    used = set(re.findall(r"words\.(\w+)", source)) | {"read", "write"}  # the two kinds of rows
    assert pacelc_panel().spec["words"].keys() == used


def test_a_design_that_was_tried_is_answered_at_once():
    panel = pacelc_panel()
    times = []
    for seq, w in enumerate((2, 1, 2, 1), 1):
        start = time.perf_counter()
        panel.params = {**panel.params, "w": w, "seq": seq}
        times.append(time.perf_counter() - start)
        assert "error" not in panel.view and panel.view["point"]["params"]["w"] == w
    assert min(times[2:]) < AGAIN_MAX_S
