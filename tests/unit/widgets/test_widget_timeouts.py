"""What the timeouts panel computes: who gives up, what goes on for nobody, and how many answers a timeout loses."""

from __future__ import annotations

import json
import math

import pytest
from babel.messages.pofile import read_po

from faultlab import i18n
from faultlab.models import timeouts as model
from faultlab.widgets import timeouts_panel
from faultlab.widgets.timeouts import answers

VIEW_BYTES_MAX = 20_000


def view_of(preset: str, **values):
    panel = timeouts_panel()
    chosen = next(p for p in panel.spec["presets"] if p["name"] == preset)
    panel.params = {**panel.params, **chosen["params"], **values, "seq": 1}
    return panel.view


def presets():
    return [p["name"] for p in timeouts_panel().spec["presets"]]


def answer(view, question):
    return view["answers"][question]["answer"]


def statuses(view):
    return {level["name"]: level["status"] for level in view["levels"]}


def test_with_the_listed_values_the_socket_fires_first_and_the_database_goes_on_for_nobody():
    view = view_of("listed")
    assert statuses(view) == {
        "client": "idle",
        "balancer": "idle",
        "application": "idle",
        "socket": "first",
        "database": "never",
    }
    assert (view["wasted_s"], view["took_s"]) == (5, 10)
    assert answer(view, "main") == "short"
    assert "“database” always come too late" in view["summary"]


def test_with_the_order_mended_nothing_is_wasted():
    view = view_of("mended")
    assert (statuses(view)["database"], view["wasted_s"], answer(view, "main")) == ("first", 0, "none")


def test_three_attempts_outlast_the_callers_timeout_although_each_is_smaller():
    view = view_of("three")
    assert statuses(view)["balancer"] == "fires"
    assert view["wasted_s"] == 7
    assert any("with all its attempts takes up to 62 s" in line for line in view["log"])


def test_attempts_multiply_and_a_deadline_that_is_handed_on_ends_all_work_with_its_caller():
    everywhere, deadline = view_of("everywhere"), view_of("deadline")
    assert (answer(everywhere, "calls"), answer(everywhere, "main")) == ("many", "long")
    assert (deadline["wasted_s"], answer(deadline, "main")) == (0, "none")
    assert all(span[5] is None for span in deadline["spans"])
    rows = {row["label"]: row["values"] for row in everywhere["numbers"]}
    assert rows == {row["label"]: row["values"] for row in deadline["numbers"]}, "both stand side by side"
    assert rows["of it for nobody, s"] == [everywhere["wasted_s"], 0]


def test_an_answer_that_comes_after_the_sockets_timeout_is_work_for_nobody_too():
    view = view_of("listed", work="slow", work_s=12)
    assert (view["answered"], view["wasted_s"]) == (False, 2)
    in_time = view_of("mended", work="slow", work_s=9)
    assert (in_time["answered"], set(statuses(in_time).values())) == (True, {"idle"})
    assert "before any timeout fires" in in_time["summary"]


def test_equal_timeouts_fire_together():
    view = view_of("listed", socket_s=15)
    assert (statuses(view)["socket"], statuses(view)["database"]) == ("fires", "first")
    assert any("a race" in line for line in view["log"])


def test_a_deadline_ends_the_database_with_its_caller_before_its_own_timeout():
    view = view_of("listed", propagate=True)
    assert (statuses(view)["socket"], statuses(view)["database"]) == ("first", "cut")


def test_the_browser_gets_counts_from_which_the_share_of_false_timeouts_is_exact():
    view = view_of("tail")
    counts, total = view["counts"], sum(view["counts"])
    samples_s = model.Latency(0.1, tail_share=0.02, tail_s=2.0).samples(total, seed=1)
    for step in (2, 10, 29, 30, 115, 1000, 2000):
        later = (total - sum(counts[: step + 1])) / total
        assert later == pytest.approx(model.false_timeout_share(samples_s, step / 100), abs=1e-12)
    assert sum(view["bars"]) == total


def test_shares_waits_and_percentiles_are_those_of_the_model():
    many = answers(0.03, 1.5, 7)
    for timeout_s in (0.02, 0.3, 4.0):
        assert many.false_share(timeout_s) == pytest.approx(model.false_timeout_share(many.samples_s, timeout_s))
        assert many.wait_s(timeout_s, 0.05) == pytest.approx(model.mean_wait_s(many.samples_s, timeout_s, 0.05))
    for share in (0.5, 0.01, 0.001, 0):
        assert many.slower_than(share) == model.timeout_for(many.samples_s, share)


def test_twice_the_mean_loses_percents_and_one_in_a_thousand_needs_seconds():
    view = view_of("tail")
    assert answer(view, "tail") == "high"
    assert view["answers"]["tail"]["because"].startswith("From 6.0 s on. The mean is 0.15 s")
    assert answer(view_of("tail", tail=0), "tail") == "middle", "half a second, without slow answers"


@pytest.mark.parametrize("preset", presets())
def test_every_preset_is_small_plain_json_with_an_answer_to_every_question(preset):
    view = view_of(preset)
    assert len(json.dumps(view, allow_nan=False)) < VIEW_BYTES_MAX
    panel = timeouts_panel()
    questions = [panel.spec["question"], *(p["question"] for p in panel.spec["presets"] if p["question"])]
    for asked in questions:
        assert answer(view, asked["name"]) in [option["value"] for option in asked["options"]]


def test_the_largest_tree_is_small_enough_too():
    view = view_of("everywhere", attempts=4, client_s=60, balancer_s=60, application_s=60, socket_s=60)
    assert len(json.dumps(view)) < VIEW_BYTES_MAX
    assert max(span[3] for span in view["spans"]) <= view["end_s"]


def test_at_most_seven_controls_are_shown_and_those_below_the_line_stay_in_the_browser():
    controls = timeouts_panel().spec["controls"]
    assert sum(not c["more"] for c in controls) == 7
    assert [c["name"] for c in controls if c.get("local")] == ["timeout_s", "axis"]


def test_a_learners_chain_takes_the_place_of_the_usual_one():
    panel = timeouts_panel(levels=[("client", 3), ("orders", 2, 3, 0.1), ("prices", 0.8)])
    view = panel.view
    assert [level["name"] for level in view["levels"]] == ["client", "orders", "prices"]
    assert view["levels"][1]["attempts"] == 3
    assert [span[1] for span in view["spans"] if span[0] == 1] == [1, 2, 3]
    assert panel.spec["question"]["name"] == "orphans" and answer(view, "orphans") == "no"
    panel.params = {**panel.params, "level_1_s": 1.5, "seq": 1}
    assert answer(panel.view, "orphans") == "yes"
    again = timeouts_panel(levels=[model.Level("a", 10), model.Level("b", 4)], retrier="level_2", attempts=4)
    assert again.view["levels"][1]["attempts"] == 4


@pytest.mark.parametrize("levels", [[], [("alone", 3)], [("a", 3), ("b", 0)], [("x", 9)] * 7])
def test_what_cannot_be_a_chain_is_refused_in_one_line(levels):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        timeouts_panel(levels=levels)


def test_a_control_out_of_range_is_one_line_and_no_exception():
    panel = timeouts_panel()
    panel.params = {**panel.params, "socket_s": math.pi * 100, "seq": 1}
    assert "socket_s" in panel.view["error"]


def test_everything_the_panel_says_is_said_in_russian():
    i18n.use_language("ru")
    try:
        panel = timeouts_panel()
        spoken = json.dumps([panel.spec, panel.view["log"], panel.view["summary"]], ensure_ascii=False)
        with (i18n.LOCALE_DIR / "ru" / "panel-timeouts.po").open("rb") as file:
            own = [message.id for message in read_po(file) if len(message.id) > 12 and "{" not in message.id]
        assert [text for text in own if text in spoken] == []
        assert "Первым, через 10 с, срабатывает тайм-аут уровня «сокет»" in panel.view["summary"]
    finally:
        i18n.use_language("en")
