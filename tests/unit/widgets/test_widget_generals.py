"""What the panel of the Byzantine generals computes: runs, the verdict on these lies, and the one on all lies."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from faultlab.models.generals import (
    ATTACK,
    COMMANDER,
    RETREAT,
    all_lies,
    messages,
    messages_of_last_round,
    oral,
    oral_runs,
    signed_runs,
)
from faultlab.widgets import generals as module
from faultlab.widgets import generals_panel

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.5  # typical is a tenth of that; a shared machine gets some air


def presets():
    return {p["name"]: p for p in generals_panel().spec["presets"]}


def ask(panel, **values):
    """What the browser does: write `params` and read `view`."""
    panel.params = {**panel.params, **values, "seq": panel.view.get("seq", 0) + 1}
    return panel.view


def view_of(preset):
    panel = generals_panel()
    return ask(panel, **presets()[preset]["params"])


def decided(view):
    return {name: order for name, order in view["decisions"].items() if name not in view["traitors"]}


# Scenarios


def test_a_false_lieutenant_among_four_is_outvoted():
    view = view_of("lieutenant")
    assert decided(view) == {"L1": ATTACK, "L2": ATTACK} and view["ic1"] and view["ic2"]
    assert sum(message["lie"] for message in view["said"]) == 2
    assert view["answers"]["decide"]["answer"] == ATTACK and view["all"]["worst"] is None


def test_a_false_commander_among_four_does_not_divide_the_others():
    view = view_of("commander")
    assert len(set(decided(view).values())) == 1 and len(decided(view)) == 3
    assert view["all"]["ways"] == 2**3 and view["all"]["breaking"] == 0


def test_one_traitor_among_three_breaks_it():
    view = view_of("three")
    assert not view["ic2"] and view["answers"]["any"]["answer"] == "yes"
    assert view["answers"]["decide"]["answer"] == RETREAT


def test_among_six_the_lies_shown_are_harmless_and_the_worst_are_not():
    view = view_of("six")
    assert view["ic1"] and view["ic2"] and any(message["lie"] for message in view["said"])
    assert view["answers"]["any"]["answer"] == "yes"
    assert 0 < view["all"]["breaking"] < view["all"]["ways"] == 2**24
    worse = ask(generals_panel(6, 2), **view["all"]["worst"])
    assert not worse["ic2"] and set(decided(worse).values()) == {RETREAT}


def test_two_traitors_among_seven_do_no_harm_whatever_they_say():
    view = view_of("seven")
    assert view["ic1"] and view["ic2"] and view["answers"]["any"]["answer"] == "no"
    assert view["all"]["worst"] is None and view["all"]["elsewhere"] is None and view["all"]["ways"] == 2**40


def test_at_each_node_of_a_loyal_lieutenant_three_true_votes_outvote_two_lies():
    """What the preset says to watch for."""
    (tree,) = [view_of("seven")["trees"]["L1"]]
    nodes = [child for child in tree["children"] if child["path"][-1] in ("L2", "L3", "L4")]
    assert len(nodes) == 3
    for node in nodes:
        votes = [node["heard"], *(child["value"] for child in node["children"])]
        assert (votes.count(ATTACK), votes.count(RETREAT), node["value"]) == (3, 2, ATTACK)


def test_who_signs_two_orders_is_seen_through():
    view = view_of("signed")
    assert view["known"] == {"L1": [ATTACK, RETREAT], "L2": [ATTACK, RETREAT]}
    assert set(decided(view).values()) == {RETREAT} and view["all"]["worst"] is None and view["trees"] is None


# All lies


def test_the_table_says_more_than_three_times_as_many_and_agrees_with_trying_one_lie_after_the_other():
    table = view_of("lieutenant")["table"]
    for m, row in zip(table["ms"], table["cells"], strict=True):
        assert row == [None if m > n - 2 else n > 3 * m for n in table["counts"]]
    assert table["cells"][0][:3] == [all_lies(n, 1).failure is None for n in (3, 4, 5)]
    signed = view_of("signed")["table"]["cells"]
    assert {cell for row in signed for cell in row} == {True, None}


@pytest.mark.parametrize("kind", ["oral", "signed"])
@pytest.mark.parametrize("traitors", [["L1", "L2"], [COMMANDER, "L2"]])
@pytest.mark.parametrize("order", [ATTACK, RETREAT])
def test_the_worst_lies_break_it_when_they_are_set(kind, traitors, order):
    panel = generals_panel(4, 1, traitors, {}, order=order, signed=kind == "signed", reveal=True)
    most = panel.view["all"]["worst"]
    runs = {"oral": oral_runs, "signed": signed_runs}[kind](4, 1, traitors, order)
    assert (most is None) == all(run.holds for run in runs)
    if most is not None:
        view = ask(panel, **most)
        assert not (view["ic1"] and view["ic2"])


def test_where_these_traitors_are_harmless_others_are_shown_who_are_not():
    panel = generals_panel(3, 1, ["C"], {})
    assert panel.view["all"]["worst"] is None
    view = ask(panel, **panel.view["all"]["elsewhere"])
    assert view["traitors"] != ["C"] and not view["ic2"]


# What the learner sets


def test_a_traitor_whose_lie_is_not_set_tells_the_truth():
    view = ask(generals_panel(4, 1), traitors=[{"name": "L1"}, {"name": "L2"}], lies=[])
    assert not any(message["lie"] for message in view["said"]) and view["ic1"] and view["ic2"]
    editable = {(tuple(m["path"]), m["to"]) for m in view["said"] if m["possible"]}
    assert editable == {(("C", a), b) for a in ("L1", "L2") for b in ("L1", "L2", "L3") if a != b}


def test_one_lie_is_changed_and_the_others_stay():
    panel = generals_panel(4, 1)
    before = {(tuple(m["path"]), m["to"]): m["says"] for m in panel.view["said"]}
    lies = [*panel.params["lies"][1:], {"path": ["C", "L3"], "to": "L1", "says": []}]
    after = {(tuple(m["path"]), m["to"]): m["says"] for m in ask(panel, lies=lies)["said"]}
    assert {key for key in before if before[key] != after[key]} == {(("C", "L3"), "L1")}
    assert after[("C", "L3"), "L1"] == []


def test_the_lies_of_a_loyal_general_are_ignored_and_come_back_with_his_treason():
    panel = generals_panel(4, 1)
    before = panel.view
    loyal = ask(panel, traitors=[])
    assert not any(message["lie"] for message in loyal["said"]) and loyal["ic2"]
    assert ask(panel, traitors=[{"name": "L3"}])["said"] == before["said"]


def test_a_signature_cannot_be_forged():
    view = ask(generals_panel(3, 1, ["L2"], {(("C", "L2"), "L1"): [RETREAT]}, signed=True))
    (message,) = [m for m in view["said"] if m["path"] == ["C", "L2"]]
    assert message["possible"] == [ATTACK] and message["says"] == [] and view["decisions"]["L1"] == ATTACK


def test_a_false_commander_may_sign_both_orders_for_one_lieutenant():
    view = generals_panel(3, 0, ["C"], {(("C",), "L1"): [ATTACK, RETREAT]}, signed=True).view
    first = view["said"][0]
    assert first["says"] == [ATTACK, RETREAT] and first["lie"] and view["decisions"]["L1"] == RETREAT


@pytest.mark.parametrize(
    "lie",
    [
        {},
        {"path": [], "to": "L1", "says": []},
        {"path": ["C"], "to": 1, "says": []},
        {"path": ["C"], "to": "L1", "says": ["dance"]},
        {"path": "C", "to": "L1", "says": []},
        {"path": [1], "to": "L1", "says": []},
    ],
)
def test_a_lie_that_cannot_be_read_is_refused_in_one_line(lie):
    error = ask(generals_panel(), lies=[lie])["error"]
    assert "A lie looks like" in error and "\n" not in error


def test_a_lie_on_a_path_that_does_not_exist_changes_nothing():
    panel = generals_panel()
    said = panel.view["said"]
    strange = [{"path": ["C", "L9"], "to": "L1", "says": ["attack"]}, {"path": ["L3"], "to": "C", "says": []}]
    assert ask(panel, lies=[*panel.params["lies"], *strange])["said"] == said


def test_names_that_no_general_has_are_refused():
    with pytest.raises(ValueError, match="no general X among 4"):
        generals_panel(traitors=["X"])


def test_with_three_generals_m_is_at_most_one_and_the_panel_says_so():
    view = generals_panel(3, 2).view
    assert view["m"] == 1 and "at most 1" in view["notice"] and generals_panel(4, 2).view["notice"] is None


# Messages, words, time


@pytest.mark.parametrize(("n", "m"), [(3, 1), (4, 1), (7, 1), (7, 2), (5, 0)])
def test_the_numbers_are_those_of_the_paper(n, m):
    rows = {row["label"]: row["values"][0] for row in generals_panel(n, m, []).view["numbers"]}
    assert rows["messages in all"] == messages(n, m)
    assert rows[f"messages in round {m + 1}"] == messages_of_last_round(n, m)
    assert str(messages_of_last_round(n, m)) in rows["last round by the formula (n − 1)(n − 2)…(n − m − 1)"]


def test_a_silent_traitor_sends_no_message():
    panel = generals_panel(4, 1, ["L3"], {(("C", "L3"), "L1"): None})
    rows = {row["label"]: row["values"][0] for row in panel.view["numbers"]}
    assert rows["messages in all"] == messages(4, 1) - 1


def test_the_words_name_every_message_every_lie_and_the_votes():
    view = generals_panel().view
    assert sum("A lie" in line for line in view["log"]) == 2 and len(view["log"]) == 9 + 3
    assert view["log"][0] == "Round 1, C → L1: attack."
    assert "Round 2, C → L3 → L1: retreat. A lie, the truth is: attack." in view["log"]
    assert "L1 counts the votes: C – attack, L2 – attack, L3 – retreat. Decision: attack." in view["log"]
    assert "lies: 2" in view["summary"]


def test_the_tree_is_the_one_of_the_model():
    view = view_of("three")
    run = oral(3, 1, ["L2"], ATTACK, {(("C", "L2"), "L1"): RETREAT})
    assert view["trees"]["L1"] == run.tree("L1")


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        panel = generals_panel()
        view = ask(panel, **presets()[name]["params"])
        json.dumps(view, allow_nan=False)
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name


def test_no_lieutenant_or_nobody_false_is_said_in_words():
    assert "Nobody lies" in generals_panel(traitors=[]).view["all"]["text"]
    everyone = generals_panel(3, 1, ["L1", "L2"], {}).view
    assert "No lieutenant is loyal" in everyone["all"]["text"] and everyone["all"]["worst"] is None


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "generals.js").read_text("utf-8")
    words = generals_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    assert used <= words.keys()
    computed = {f"step_{n}" for n in (1, 2, 3)} | {f"{a}_{b}" for a in ("decide", "rule") for b in ("oral", "signed")}
    computed |= {"cell_true", "cell_false", "ic1", "ic2", "make_traitor", "make_loyal", "holds", "broken"}
    assert words.keys() == used | computed


def test_the_largest_case_is_answered_at_once():
    panel = generals_panel(7, 2, ["L1", "L2"])
    times = []
    for order in (RETREAT, ATTACK, RETREAT):
        for traitors in (["C", "L1"], ["C", "L1", "L2"], ["L1", "L2", "L3"]):
            module.plots_of.cache_clear()
            start = time.perf_counter()
            view = ask(panel, order=order, traitors=module.as_traitors(traitors))
            times.append(time.perf_counter() - start)
            assert "error" not in view
    assert sorted(times)[len(times) // 2] < ANSWER_MAX_S
