"""What the CRDT laboratory computes: steps, the lattice, which merges are joins, sizes, answers."""

from __future__ import annotations

import itertools
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultlab.models.crdt import TYPES, PNCounter
from faultlab.widgets import crdt as module
from faultlab.widgets import crdt_panel
from faultlab.widgets.crdt import (
    REGISTERS,
    STEPS_MAX,
    TITLES,
    WAITING_MAX,
    add,
    deliver,
    drop,
    duplicate,
    lattice,
    remove,
    send,
    sync,
)

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.15  # typical is a tenth of that; a shared machine gets some air


def presets():
    return {p["name"]: p for p in crdt_panel().spec["presets"]}


def ask(panel, **values):
    """What the browser does: write `params` and read `view`."""
    panel.params = {**panel.params, **values, "seq": panel.view.get("seq", 0) + 1}
    return panel.view


def view_of(preset):
    return ask(crdt_panel(), **presets()[preset]["params"])


def shown(view, step=-1):
    return [view["lattice"]["nodes"][i]["value"] for i in view["frames"][step]["at"]]


def rows(view):
    return {row["label"]: row["values"][0] for row in view["numbers"]}


def long_story():
    story = []
    for i in range(10):
        story += [add("ABC"[i % 3], "xyz"[i % 3]), send("ABC"[i % 3], "ABC"[(i + 1) % 3]), deliver(i + 1)]
    return story


# Scenarios


def test_a_state_that_comes_twice_counts_once():
    view = view_of("repeated")
    assert shown(view) == ["3", "8", "0"] and view["answers"]["b"]["answer"] == "8"
    assert rows(view)["merges, of them without effect"] == "2, 1" and rows(view)["merges that are no join"] == 0


def test_the_merge_that_adds_counts_each_copy_and_runs_away():
    view = view_of("summed")
    assert shown(view) == ["3", "11", "0"] and view["answers"]["b"]["answer"] == "11"
    assert view["steps"][-1]["merges"][0]["again"] == ["14", "17", "20"]
    assert rows(view)["merges that are no join"] == 2 and rows(view)["sum of all updates"] == 8
    assert view["log"][-1].endswith("It is no join.")


@pytest.mark.parametrize(
    ("kind", "inside"), [("ORSet", "yes"), ("ORSetNaive", "yes"), ("GSet", "yes"), ("TwoPhaseSet", "no")]
)
def test_an_addition_wins_over_a_concurrent_removal_in_an_or_set_and_not_in_a_2p_set(kind, inside):
    view = ask(crdt_panel(), kind=kind, steps=module.add_wins())
    assert view["answers"]["x"]["answer"] == inside and view["answers"]["agree"]["answer"] == "same"


def test_the_two_sides_of_the_conflict_are_not_ordered_and_their_merge_is_above_both():
    view = view_of("add_wins")
    merge = view["steps"][-1]["merges"][0]
    assert view["answers"]["x"]["answer"] == "yes"
    a, b = view["frames"][5]["at"][:2]
    covers = [tuple(pair) for pair in view["lattice"]["covers"]]
    assert view["lattice"]["nodes"][a]["level"] == view["lattice"]["nodes"][b]["level"]
    assert (a, merge["after"]) in covers and (b, merge["after"]) in covers


def test_a_2p_set_never_takes_an_item_back():
    view = view_of("never_again")
    assert view["answers"]["x"]["answer"] == "no" and set(shown(view)) == {"∅"}
    assert view["steps"][4]["idle"] and view["log"][4].endswith("It changes nothing.")
    assert ask(crdt_panel(), kind="ORSet", steps=module.never_again())["answers"]["x"]["answer"] == "yes"


def test_a_clock_that_is_ahead_wins_over_a_later_write():
    view = view_of("skew")
    assert view["answers"]["a"]["answer"] == "x" and view["steps"][3]["idle"]
    honest = ask(crdt_panel(), **{**presets()["skew"]["params"], "skew": 0})
    assert honest["answers"]["a"]["answer"] == "y" and not honest["steps"][3]["idle"]


def test_concurrent_writes_stay_as_siblings_until_somebody_who_saw_them_writes():
    view = view_of("siblings")
    assert shown(view, 6)[:2] == ["x | y", "x | y"] and shown(view) == ["z", "z", "z"]


def test_tombstones_grow_with_each_round_and_the_lean_set_does_not():
    view = view_of("tombstones")
    naive, lean = view["sizes"]["naive"], view["sizes"]["lean"]
    assert view["answers"]["size"]["answer"] == "naive" and set(shown(view)) == {"∅"}
    rounds = [naive[3 * i] for i in range(1, 5)]
    assert rounds == sorted(set(rounds)) and len({lean[3 * i] for i in range(1, 5)}) == 1
    assert rows(view)["metadata with tombstones"] == naive[-1] > lean[-1]


def test_both_or_sets_are_measured_on_the_same_steps_whichever_is_chosen():
    one, other = (ask(crdt_panel(), kind=kind, steps=module.tombstones()) for kind in ("ORSet", "ORSetNaive"))
    assert one["sizes"] == other["sizes"]


# The network


def test_a_message_carries_the_state_of_its_sending_and_waits_until_it_is_delivered():
    view = crdt_panel(steps=[add("A"), send("A", "B"), add("A"), deliver(1)]).view
    assert view["frames"][3]["waiting"] == [1] and view["frames"][4]["waiting"] == []
    assert shown(view) == ["2", "1", "0"]


def test_a_lost_message_is_merged_nowhere_and_its_copy_still_can_be():
    story = [add("A"), send("A", "B"), duplicate(1), drop(1)]
    view = crdt_panel(steps=story).view
    assert view["frames"][-1]["waiting"] == [2] and shown(view) == ["1", "0", "0"]
    assert shown(crdt_panel(steps=[*story, deliver(2)]).view) == ["1", "1", "0"]


def test_what_is_not_waiting_is_not_delivered_and_the_panel_says_so():
    view = crdt_panel(steps=[add("A"), send("A", "B"), deliver(1), deliver(1), drop(7)]).view
    assert "message 1 is not waiting" in view["notice"] and "5 – message 7" in view["notice"]
    assert shown(view) == ["1", "1", "0"] and len(view["steps"]) == 5


def test_so_many_messages_wait_and_no_more():
    view = crdt_panel(steps=[send("A", "B")] * (WAITING_MAX + 1)).view
    assert len(view["frames"][-1]["waiting"]) == WAITING_MAX and "at most" in view["notice"]


@pytest.mark.parametrize("kind", sorted(set(TYPES) - {"SummedCounter"}))
def test_whatever_the_order_the_loss_and_the_copies_all_agree_after_one_exchange(kind):
    start = [add("A", "x", 3), add("B", "y", 5), add("C", "z"), send("A", "B"), send("B", "C"), send("C", "A")]
    ends = set()
    for order in itertools.permutations((1, 2, 3)):
        view = crdt_panel(kind, steps=[*start, duplicate(1), *map(deliver, order), deliver(4), drop(2), sync()]).view
        assert view["answers"]["agree"]["answer"] == "same" and view["frames"][-1]["states"] == 1
        assert rows(view)["merges that are no join"] == 0
        ends.add(shown(view)[0])
    assert len(ends) == 1


def test_the_exchange_of_all_with_all_sends_the_states_from_before_it():
    view = crdt_panel("SummedCounter", steps=[add("A", by=3), add("B", by=5), sync()]).view
    assert shown(view) == ["8", "8", "8"]


# Types


@pytest.mark.parametrize("kind", list(TITLES))
def test_a_type_is_offered_just_the_updates_that_it_can_do(kind):
    panel = crdt_panel(kind, steps=[])
    for one in panel.view["buttons"]:
        step = {**one, "at": "A"}
        assert ask(panel, steps=[add("A", "x"), step])["notice"] is None
    can_remove = any(one["do"] == "remove" for one in panel.view["buttons"])
    left_out = ask(panel, steps=[add("A", "x"), remove("A", "x")])["notice"]
    assert can_remove == (left_out is None) and (kind in REGISTERS) <= (not can_remove)


def test_every_type_of_the_model_can_be_chosen():
    assert set(TITLES) == set(TYPES)


def test_an_update_that_the_type_does_not_have_is_left_out_and_said():
    view = ask(crdt_panel(), kind="GCounter", steps=[add("A"), remove("A")])
    assert view["notice"] == "Steps left out: 2 – this type cannot do that." and shown(view)[0] == "1"
    assert rows(view)["sum of all updates"] == 1


# The lattice


@pytest.mark.parametrize("kind", list(TITLES))
def test_the_diagram_draws_just_the_covering_pairs(kind):
    run = module.Run(kind, TYPES[kind], 0).play([module.checked(step) for step in long_story()])
    levels, covers = lattice(run.states)
    n = len(run.states)
    less = {(i, j) for i in range(n) for j in range(n) if i != j and run.states[i] <= run.states[j]}
    assert set(covers) <= less and all(levels[i] < levels[j] for i, j in less)
    for i, j in less:
        between = any((i, k) in less and (k, j) in less for k in range(n))
        assert ((i, j) in covers) == (not between)


@pytest.mark.parametrize("kind", sorted(set(TYPES) - {"SummedCounter"}))
def test_no_replica_ever_goes_down_in_the_lattice_and_a_merge_is_above_both(kind):
    run = module.Run(kind, TYPES[kind], 5).play([module.checked(step) for step in [*long_story()[:-1], sync()]])
    for before, after in itertools.pairwise(run.frames):
        for i, j in zip(before["at"], after["at"], strict=True):
            assert run.states[i] <= run.states[j]
    for merge in run.merges:
        assert run.states[merge["sent"]] <= run.states[merge["after"]]
        assert run.states[merge["before"]] <= run.states[merge["after"]]


def test_nodes_of_one_level_stand_apart():
    view = crdt_panel("GSet", steps=long_story()).view
    nodes = view["lattice"]["nodes"]
    assert len({(node["level"], node["x"]) for node in nodes}) == len(nodes)


# A learner's class


@dataclass(frozen=True)
class TooSimple:
    """The counter that many write first: one number, merged by maximum. It has no order and no size."""

    count: int = 0

    def add(self, _replica, by=1):
        return TooSimple(self.count + by)

    @property
    def value(self):
        return self.count

    def merge(self, other):
        return TooSimple(max(self.count, other.count))


def test_a_learner_s_class_is_played_in_the_place_of_the_model_and_only_there():
    panel = crdt_panel("PNCounter", TooSimple, steps=[add("A"), add("B"), sync()])
    assert shown(panel.view) == ["1", "1", "1"] and "TooSimple(count=1)" in panel.view["lattice"]["nodes"][1]["detail"]
    assert rows(panel.view)["sum of all updates"] == 2
    assert shown(ask(panel, kind="GCounter")) == ["2", "2", "2"]
    assert shown(crdt_panel("PNCounter", PNCounter, steps=[add("A"), add("B"), sync()]).view) == ["2", "2", "2"]


def test_a_merge_that_forgets_its_own_state_is_no_join():
    @dataclass(frozen=True)
    class TakesTheOther(TooSimple):
        def add(self, _replica, by=1):
            return TakesTheOther(self.count + by)

        def merge(self, other):
            return other

        def __le__(self, other):
            return self.count <= other.count

    story = [add("A"), add("B", by=5), send("A", "B"), deliver(1)]
    view = crdt_panel("PNCounter", TakesTheOther, steps=story).view
    merge = view["steps"][-1]["merges"][0]
    assert shown(view) == ["1", "1", "0"] and not merge["above"] and merge["again"] == []
    assert rows(view)["merges that are no join"] == 1


def test_an_error_in_the_learner_s_class_is_told_in_one_line():
    class Broken(TooSimple):
        def merge(self, other):
            raise RuntimeError("not written yet")

    error = crdt_panel("PNCounter", Broken).view["error"]
    assert error.startswith("RuntimeError: not written yet") and "in " in error and "\n" not in error


def test_a_class_that_changes_itself_in_place_is_told_so():
    class InPlace(TooSimple):
        def add(self, replica, by=1):
            return None

    assert "new state" in crdt_panel("PNCounter", InPlace).view["error"]


# What comes from outside, words, time


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"do": "dance"},
        {"do": "add"},
        {"do": "add", "at": "D"},
        {"do": "add", "at": "A", "by": 0},
        {"do": "add", "at": "A", "by": True},
        {"do": "add", "at": "A", "what": ""},
        {"do": "add", "at": ["A"]},
        {"do": ["add"]},
        {"do": "send", "from": "A", "to": "A"},
        {"do": "send", "from": "A"},
        {"do": "deliver"},
        {"do": "deliver", "message": "1"},
    ],
)
def test_a_step_that_cannot_be_read_is_refused_in_one_line(step):
    error = ask(crdt_panel(), steps=[step])["error"]
    assert "A step looks like" in error and "\n" not in error
    with pytest.raises(ValueError, match="A step looks like"):
        crdt_panel(steps=[step])


def test_more_steps_than_can_be_seen_are_left_out():
    view = crdt_panel(steps=[add("A")] * (STEPS_MAX + 5)).view
    assert shown(view)[0] == str(STEPS_MAX) and str(STEPS_MAX) in view["notice"] and view["full"]


def test_a_panel_without_steps_is_a_panel():
    view = crdt_panel(steps=[]).view
    assert len(view["frames"]) == 1 and view["lattice"]["levels"] == 1 and view["log"] == []


def test_the_answer_agree_is_the_number_of_values_at_the_end():
    for name in presets():
        view = view_of(name)
        assert (view["answers"]["agree"]["answer"] == "same") == (view["frames"][-1]["values"] == 1)
        own = presets()[name]["question"]
        if own:
            assert view["answers"][own["name"]]["answer"] in [option["value"] for option in own["options"]]


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        panel = crdt_panel()
        view = ask(panel, **presets()[name]["params"])
        json.dumps(view, allow_nan=False)
        text = " ".join([view["summary"], *view["log"]])
        assert bool(re.search("[а-я]", text)) == (language == "ru"), name


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "crdt.js").read_text("utf-8")
    words = crdt_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    assert used <= words.keys()
    assert words.keys() == used | {"deliver", "drop", "duplicate", "own", "naive", "lean"}


@pytest.mark.parametrize("kind", list(TITLES))
def test_the_longest_story_is_answered_at_once(kind):
    panel = crdt_panel()
    assert len(long_story()) == STEPS_MAX
    times = []
    for _round in range(3):
        start = time.perf_counter()
        view = ask(panel, kind=kind, steps=long_story())
        times.append(time.perf_counter() - start)
        assert "error" not in view
    assert min(times) < ANSWER_MAX_S
