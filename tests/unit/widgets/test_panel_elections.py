"""What the election-time panel computes: curves in slices, verdicts, words."""

from __future__ import annotations

import math

import pytest

from faultlab import i18n
from faultlab.models.raft_elections import LATENCY, LEVELS_S, SPREADS_S
from faultlab.widgets import elections, elections_panel

FEW = {"runs": 20}


@pytest.fixture(scope="module")
def whole():
    return elections_panel(**FEW).complete()


def curves(panel, graph):
    return {c["name"]: c for c in panel.view["graphs"][graph]}


def test_the_graphs_have_the_ranges_of_figure_16_and_the_learners_own(whole):
    for graph, ranges in (("spreads", SPREADS_S), ("levels", LEVELS_S)):
        names = list(curves(whole, graph))
        assert names[:-1] == [elections.range_text(r) for r in ranges] and names[-1] == "150–250 ms"
        assert [c["own"] for c in whole.view["graphs"][graph]] == [False] * len(ranges) + [True]


def test_a_range_of_the_figure_that_is_the_learners_own_stands_there_once():
    names = [c["name"] for c in elections_panel(spread_ms=150, **FEW).view["graphs"]["levels"]]
    assert names.count("150–300 ms") == 1 and len(names) == len(LEVELS_S)


def test_one_answer_computes_for_a_moment_only_and_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr(elections, "_TIMES", {})
    panel = elections_panel(slice_s=0.0, **FEW)
    done = [panel.view["runs"][0]]
    for seq in range(1, 4):
        panel.params = {**panel.params, "seq": seq}
        done.append(panel.view["runs"][0])
    assert done == [1, 2, 3, 4]
    assert panel.view["summary"].startswith("4 of ")


def test_the_curves_do_not_depend_on_how_often_one_asks(monkeypatch, whole):
    monkeypatch.setattr(elections, "_TIMES", {})
    again = elections_panel(slice_s=0.01, **FEW).complete()
    assert again.view["graphs"] == whole.view["graphs"]


def test_what_has_been_run_stays(whole, monkeypatch):
    monkeypatch.setattr(elections, "election_times", None)
    assert elections_panel(**FEW).view["graphs"] == whole.view["graphs"]


def test_no_more_than_a_bounded_number_of_curves_is_kept(monkeypatch):
    monkeypatch.setattr(elections, "_TIMES", {})
    monkeypatch.setattr(elections, "KEPT_MAX", 3)
    for seed in range(5):
        elections.run_more((0.15, 0.3), 15, seed)
    assert [key[2] for key in elections._TIMES] == [2, 3, 4]


def test_more_runs_prolong_the_curves_and_change_none(whole):
    longer = elections_panel(runs=40).complete()
    for name, c in curves(whole, "levels").items():
        # Of the twenty runs all are among the forty.
        assert set(c["ms"]) <= set(curves(longer, "levels")[name]["ms"])
        assert curves(longer, "levels")[name]["runs"] == 40 and c["runs"] == 20


def test_a_curve_without_any_leader_is_given_up():
    panel = elections_panel(runs=60).complete()
    same = curves(panel, "spreads")["150–150 ms"]
    assert (same["runs"], same["ms"]) == (elections.HOPELESS_RUNS, [])
    assert curves(panel, "spreads")["150–300 ms"]["runs"] == 60
    assert panel.view["runs"][0] == panel.view["runs"][1]


def test_the_latency_of_the_panel_is_that_of_the_model_at_first():
    assert elections.BROADCAST_MS == 1000 * (LATENCY.low_s + LATENCY.high_s) == 15
    assert elections_panel(**FEW).params["broadcast_ms"] == elections.BROADCAST_MS


def test_without_randomness_nobody_leads_within_ten_seconds(whole):
    told = whole.view["answers"]["same"]
    assert told["answer"] == "never" and f"0 of {elections.HOPELESS_RUNS}" in told["because"]


def test_five_milliseconds_end_the_livelock(whole):
    assert whole.view["answers"]["five"]["answer"] in ("long", "short")


def test_the_quickest_range_is_the_one_with_the_smallest_median(whole):
    medians = {row["label"]: row["values"][0] for row in whole.view["numbers"]}
    quickest = min((elections.range_text(r) for r in LEVELS_S), key=medians.get)
    told = whole.view["answers"]["level"]["answer"]
    assert elections.range_text(LEVELS_S[int(told)]) == quickest


def test_on_a_slow_network_short_timeouts_elect_nobody():
    for _run in range(3):
        elections.run_more(LEVELS_S[1], elections.SLOW_BROADCAST_MS, 1)
    panel = elections_panel(broadcast_ms=elections.SLOW_BROADCAST_MS, slice_s=0.0, **FEW)
    assert panel.view["answers"]["slow"]["answer"] == "never"
    assert elections_panel(**FEW).view["answers"]["slow"]["answer"] == "soon"


@pytest.mark.parametrize("graph", ["spreads", "levels"])
def test_a_curve_is_ascending_and_holds_every_run_that_had_a_leader(whole, graph):
    for c in whole.view["graphs"][graph]:
        assert c["ms"] == sorted(c["ms"]) and len(c["ms"]) <= c["runs"]
        assert c["runs"] == (20 if c["ms"] else elections.HOPELESS_RUNS)
        assert all(0 < ms < 1000 * elections.UNTIL_S for ms in c["ms"])


def test_every_preset_asks_a_question_that_the_runs_answer(whole):
    for one in whole.spec["presets"]:
        asked = one["question"]
        panel = elections_panel(**one["params"], **FEW)
        while asked["name"] not in panel.view["answers"]:
            panel._answer(panel.params)
        told = panel.view["answers"][asked["name"]]
        assert told["answer"] in [o["value"] for o in asked["options"]] and told["because"]


def test_the_published_values_are_those_of_the_papers_text():
    marks = {(name, ms, share) for name, ms, share in elections_panel(**FEW).view["published"]}
    assert marks == {("150–150 ms", 10_000, 0.0), ("150–155 ms", 287, 0.5), ("150–200 ms", 513, 1.0)}
    assert all(p.range_s in SPREADS_S for p in elections.PUBLISHED)


def test_the_text_says_that_milliseconds_depend_on_the_network(whole):
    assert "about 15 ms" in whole.text() and "150–250 ms" in whole.text()
    assert len(whole.view["log"]) == len(whole.view["numbers"]) == len(SPREADS_S) + len(LEVELS_S)


def test_the_panel_speaks_russian():
    i18n.use_language("ru")
    try:
        text = elections_panel(**FEW).complete().text()
    finally:
        i18n.use_language("en")
    assert "Сколько времени без лидера?" in text and "около 15 мс" in text


def test_a_share_that_is_not_reached_is_told_as_more_than_ten_seconds():
    assert elections._shown_ms(math.inf) == "> 10,000" and elections._shown_ms(0.1234) == 123


def test_a_control_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="base_ms"):
        elections_panel(level=3)
