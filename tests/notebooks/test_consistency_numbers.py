"""What chapter 3.6 says in prose about its histories, clocks, merges and stores is what they show, with the very
classes and functions of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import permutations
from typing import Any

import pytest

from faultlab import build, i18n
from faultlab.models.cart import CounterCart, LastWriterCart, UnionCart
from faultlab.models.clocks import CONCURRENT, RECEIVE, SEND, VectorClock, concurrent_pairs
from faultlab.models.crdt import GCounter, LWWRegister, MVRegister, ORSet, ORSetNaive, PNCounter, SummedCounter
from faultlab.models.pbs import PUBLISHED, consistent_at, k_staleness, trials, visible_after_ms
from faultlab.models.quorum_store import levels
from faultlab.sim.history import IMPLIES, OK, UNKNOWN, VIOLATED, linearizable
from faultlab.widgets import consistency, resolution, vector_clock

CHAPTER = build.ROOT / build.CHAPTERS / "3.6-consistency.md"
EXERCISE = build.ROOT / build.ASSIGNMENTS / "3.6-consistency.md"
ALL_LAWS = {"commutative": True, "associative": True, "idempotent": True}


@pytest.fixture(scope="module")
def cells() -> Iterator[dict[str, Any]]:
    """What the cells of the notebook have defined, after all of them have run."""
    language = list(i18n._current)
    notebook = build.in_language(build.read_source(CHAPTER), "en")
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(StringIO()):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "<3.6-consistency>", "exec"), names)
    yield names
    i18n._current[:] = language


@pytest.fixture(scope="module")
def exercise_cart() -> type:
    """The cart of the exercise's solution, of which the text tells."""
    cells = build.read_source(EXERCISE).notebook.cells
    (source,) = [c.source for c in cells if c.cell_type == "code" and c.source.startswith("class Cart:")]
    names: dict[str, Any] = {}
    exec(compile(source, "<3.6-consistency>", "exec"), names)
    return names["Cart"]


# One cart, two devices


def test_the_newer_cart_loses_the_phones_milk_and_the_union_brings_the_tea_back(cells: dict[str, Any]) -> None:
    assert cells["evening"](LastWriterCart) == {"milk": 2}
    assert cells["evening"](UnionCart) == {"milk": 3, "tea": 1}
    assert cells["evening"](CounterCart) == {"milk": 4}


# 1. Models


def test_the_late_reader_is_sequential_and_not_linearizable(cells: dict[str, Any]) -> None:
    assert cells["late"]["linearizable"].status == VIOLATED and cells["late"]["sequential"].status == OK


# By each history: the strongest models that allow it, and the strongest of those that forbid it.
BORDERS = {
    "late": ({"sequential"}, {"linearizable"}),
    "missed": ({"causal memory", "causal convergence"}, {"sequential"}),
    "opposite": ({"causal memory"}, {"causal convergence"}),
    "mind": ({"causal"}, {"causal memory", "causal convergence", "PRAM"}),
    "answer": ({"PRAM"}, {"causal"}),
    "own": ({"writes follow reads"}, {"PRAM", "read your writes"}),
    "back": ({"read your writes"}, {"PRAM", "monotonic reads"}),
}


@pytest.mark.parametrize("name", BORDERS)
def test_each_history_stands_at_the_border_that_the_text_says(cells: dict[str, Any], name: str) -> None:
    assert list(cells["histories"]) == list(BORDERS)
    allows, forbids = BORDERS[name]
    found = {model: verdict.status for model, verdict in cells["found"][name].items()}
    assert {found[model] for model in allows} == {OK} and {found[model] for model in forbids} == {VIOLATED}


def test_the_panel_has_a_history_that_converges_and_is_no_causal_memory(cells: dict[str, Any]) -> None:
    presets = {one["name"]: one for one in consistency.HistoryPanel._presets()}
    # The text calls it by the name of its button.
    assert presets["arbiter"]["label"] == "The later write wins"
    verdicts = consistency.Editor(presets["arbiter"]["params"]["operations"]).verdicts
    assert verdicts["causal convergence"].ok and not verdicts["causal memory"].ok


def test_of_two_broken_guarantees_nobody_can_tell_which_until_one_is_given(cells: dict[str, Any]) -> None:
    history, check = cells["half_a_story"], cells["monotonic_writes"]
    assert [check(history, given=given).status for given in ((), ("monotonic reads",))] == [UNKNOWN, VIOLATED]


def test_no_stretching_of_the_bars_makes_missed_linearizable(cells: dict[str, Any]) -> None:
    ways = [("0-1", "2-3"), ("0-7", "7-14"), ("0-1", "13-14"), ("10-11", "12-14")]
    for first, second in ((a, b) for a in ways for b in ways):
        found = cells["verdicts"](f"A x=1 {first[0]}", f"A y>0 {first[1]}", f"B y=2 {second[0]}", f"B x>0 {second[1]}")
        assert not found["linearizable"].ok and (found["sequential"].ok is False)


def test_the_map_has_no_arrow_between_the_two_causal_models() -> None:
    assert "causal convergence" not in IMPLIES["causal memory"] and "causal memory" not in IMPLIES["causal convergence"]
    assert "PRAM" not in IMPLIES["causal convergence"] and "PRAM" in IMPLIES["causal memory"]


# 2. Clocks


def test_by_the_wall_clock_the_answer_stands_first_and_by_lamports_the_question(cells: dict[str, Any]) -> None:
    texts = {name: [line[2] for line in cells["shown_at_c"](cells[name])] for name in ("Chat", "LamportChat")}
    assert texts == {"Chat": ["Yes!", "Lunch?"], "LamportChat": ["Lunch?", "Yes!"]}


def test_lamports_numbers_order_16_of_22_concurrent_pairs(cells: dict[str, Any]) -> None:
    made = cells["made"]
    assert (len(made), len(concurrent_pairs(made)), cells["misled"], cells["all_pairs"]) == (12, 22, 16, 66)
    at = {name: [s for e, s in zip(cells["events"], made, strict=True) if e.process == name] for name in "ABC"}
    second, last = at["C"][1], at["A"][-1]
    assert (second.lamport, last.lamport) == (2, 6) and second.vector.concurrent(last.vector)
    assert {stamp.vector["C"] for stamp in at["A"]} == {0}


def test_seven_of_the_twelve_labels_are_wrong_and_why(cells: dict[str, Any]) -> None:
    pairs = [(name, *both) for name in "ABC" for both in zip(cells["rows"](name), cells["textbook"][name], strict=True)]
    wrong = {label: right for _name, right, label in pairs if right != label}
    assert len(pairs) == 12
    assert wrong == {"310": "330", "410": "430", "120": "220", "130": "230", "142": "244", "133": "233", "144": "234"}
    # By the book's own labels: three arrivals know less than their senders, and at C's 144 a fourth event of B's is
    # counted, which is the arrival of the very message that C sends there.
    kinds = {
        label: event.kind
        for name in "ABC"
        for label, event in zip(cells["textbook"][name], cells["columns"][name], strict=True)
    }
    for arrival, sent in (("310", "130"), ("120", "200"), ("142", "144")):
        assert kinds[arrival] == RECEIVE and not vector(sent) <= vector(arrival)
    assert kinds["144"] == SEND and vector("144")["B"] == 4 and cells["columns"]["B"][3].kind == RECEIVE
    # The other three follow from the labels before them.
    assert vector("310").tick("A") == vector("410") and vector("120").tick("B") == vector("130")
    assert vector("002").merge(vector("130")).tick("C") == vector("133")


def vector(label: str) -> VectorClock:
    return VectorClock(dict(zip("ABC", map(int, label), strict=True)))


def test_the_panel_shows_the_same_picture() -> None:
    picture = vector_clock.Picture(vector_clock.FIGURE_EVENTS, 3)
    assert len(picture.wrong()) == 7 and len(picture.places) == 12


def test_phone_and_tablet_are_concurrent(cells: dict[str, Any]) -> None:
    morning = VectorClock({"phone": 2})
    assert morning.tick("phone").compare(morning.tick("tablet")) == CONCURRENT
    assert not morning.concurrent(VectorClock({"phone": 2}))


# 3. Conflicts


def test_the_last_writer_shows_15_and_a_fast_clock_swallows_eight_seconds_of_writes(cells: dict[str, Any]) -> None:
    assert {cells["a"].merge(cells["b"]).value, cells["b"].merge(cells["a"]).value} == {15}
    value = LWWRegister().write("C", "c", 8)
    assert [value.write("A", "a", at_s).value for at_s in (1, 5, 7, 9)] == ["c", "c", "c", "a"]


def test_a_settled_conflict_stays_settled_and_the_counter_comes_to_18(cells: dict[str, Any]) -> None:
    settled = cells["both"].write("phone", "alice@new")
    old = MVRegister().write("phone", "alice@old")
    assert len(cells["both"].value) == 2
    assert settled.merge(cells["both"]).merge(old).value == ("alice@new",)
    start = PNCounter().add("A", 10)
    assert start.add("A", 3).merge(start.add("B", 5)).value == 18


def test_the_panel_of_the_three_resolutions_begins_with_the_numbers_of_the_text() -> None:
    assert resolution.START == 10
    controls = {control["name"]: control["value"] for control in resolution.ResolutionPanel().describe()["controls"]}
    assert (controls["a"], controls["b"]) == (3, 5)


# 4. CRDTs


def test_a_sum_shows_10_12_or_14_and_only_lacks_idempotence(cells: dict[str, Any]) -> None:
    likes, laws, of, endings = (cells[name] for name in ("likes", "laws", "of", "endings"))
    assert endings(*likes(SummedCounter)) == {10, 12, 14} and endings(*likes(GCounter)) == {9}
    assert laws(of(SummedCounter), likes(SummedCounter)) == ALL_LAWS | {"idempotent": False}
    assert laws(of(GCounter), likes(GCounter)) == ALL_LAWS


def test_seven_seven_and_eight_merge_to_ten(cells: dict[str, Any]) -> None:
    assert [state.value for state in cells["heard"]] == [7, 7, 8] and cells["endings"](*cells["heard"]) == {10}


def test_both_registers_keep_the_laws_and_one_of_them_loses_writes(cells: dict[str, Any]) -> None:
    lww = [LWWRegister().write(name, name, time_s) for name, time_s in (("A", 1), ("B", 2), ("C", 2))]
    siblings = [MVRegister().write(name, name) for name in "ABC"]
    for states, expected in ((lww, {"C"}), (siblings, {("A", "B", "C")})):
        assert cells["laws"](cells["of"](type(states[0])), states) == ALL_LAWS
        assert cells["endings"](*states) == expected


@pytest.mark.parametrize(("or_set", "ordered"), [(ORSetNaive, False), (ORSet, True)])
def test_removed_here_added_there_is_a_diamond_with_tombstones_and_a_chain_without(
    cells: dict[str, Any], or_set: type, ordered: bool
) -> None:
    here, there = cells["removed_here_added_there"](or_set)
    assert here.merge(there).value == {"x"}
    assert (here <= there) is ordered and not there <= here


def test_a_thousand_removals_leave_2000_names_or_one_number(cells: dict[str, Any]) -> None:
    sets = [cells["in_and_out"](cls, 1000) for cls in (ORSetNaive, ORSet)]
    assert [(len(s.value), s.size) for s in sets] == [(0, 2000), (0, 1)]


def test_two_replicas_sell_the_last_ticket(cells: dict[str, Any]) -> None:
    one, other = cells["sold"]
    assert (one.value, other.value, one.merge(other).value) == (0, 0, -1)


def test_a_counter_from_an_old_backup_loses_its_likes_until_it_has_caught_up() -> None:
    elsewhere, restored = GCounter().add("A", 7), GCounter().add("A", 4)
    assert [elsewhere.merge(restored.add("A", more)).value for more in (1, 3, 4)] == [7, 7, 8]


# 5. Stores


def test_cassandras_levels_are_those_of_the_table() -> None:
    for n in (3, 5):
        assert levels(n) == {"ANY": 1, "ONE": 1, "QUORUM": n // 2 + 1, "ALL": n}


def test_one_and_one_is_old_24_times_in_160_and_overlapping_quorums_never(cells: dict[str, Any]) -> None:
    old = cells["old_reads"]
    assert old(1, 1) == 24 and 0 < old(1, 2) < 8 and 0 < old(2, 1) < 8
    assert old(2, 2) == old(1, 3) == 0


def test_bob_sees_what_cy_misses_though_quorums_overlap(cells: dict[str, Any]) -> None:
    clients = cells["asked"](
        ("ann", 1.0, cells["one"], ("write", "x", 1)),
        ("bob", 1.1, cells["two"], ("read", "x")),
        ("cy", 1.6, cells["three"], ("read", "x")),
    )
    trace = cells["run"](2.5, clients, cells["unlucky"], r=2, w=2, repair=False)
    assert cells["answers"](trace) == [("bob", 1), ("cy", None)] and linearizable(trace.history()).status == VIOLATED


def test_three_more_holes(cells: dict[str, Any]) -> None:
    found = {name: cells["answers"](cells[name]) for name in ("failed_write", "sloppy_quorum", "slow_clock")}
    assert found == {
        "failed_write": [("bob", 1)],
        "sloppy_quorum": [("ann", None), ("bob", None)],
        "slow_clock": [("ann", None), ("bob", None), ("bob", "old")],
    }


def test_any_only_says_ok_earlier(cells: dict[str, Any]) -> None:
    ends = {}
    for sloppy in (False, True):
        trace = cells["run"](8, cells["clients"], cells["all_down"], r=1, w=1, sloppy=sloppy)
        ends[sloppy] = [(round(e.at_s, 1), e.other, e.detail[1]) for e in trace.of("reply")]
    assert ends == {False: [(6.0, "cy", 1)], True: [(1.3, "ann", None), (6.0, "cy", 1)]}


def test_the_pessimists_bound_is_a_third_and_70_percent() -> None:
    assert [round(k_staleness(3, 1, 1, k), 2) for k in (1, 3)] == [0.33, 0.7]


def test_the_published_latencies_give_the_shares_of_the_text() -> None:
    def sample(store: str, r: int = 1, w: int = 1) -> Any:
        return trials(PUBLISHED[store], n=3, r=r, w=w, runs=5_000)

    disk, ssd, yammer = (sample(store) for store in ("LNKD-DISK", "LNKD-SSD", "YMMR"))
    assert round(100 * consistent_at(disk, 0)) == 43 and consistent_at(disk, 10) > 0.9
    assert round(100 * consistent_at(ssd, 0)) == 97
    assert consistent_at(yammer, 0) > consistent_at(disk, 0) + 0.4
    assert visible_after_ms(yammer, 0.999) > 1000 > 10 * visible_after_ms(disk, 0.999)
    reads, writes = sample("LNKD-DISK", r=2), sample("LNKD-DISK", w=2)
    assert consistent_at(reads, 0) > consistent_at(writes, 0)
    assert visible_after_ms(reads, 0.999) < visible_after_ms(writes, 0.999)


# 6. The cart


def test_carts_that_add_at_the_merge_buy_for_the_neighbours(cells: dict[str, Any]) -> None:
    phone, tablet = cells["Counter"](milk=2), cells["Counter"](milk=1)
    assert (phone + tablet)["milk"] == 3 and (phone + tablet + tablet)["milk"] == 4


def test_a_removal_takes_two_of_five_whatever_comes_late() -> None:
    old = CounterCart().add("phone", "milk", 2)
    states = [old, old.remove("tablet", "milk"), old.add("phone", "milk", 3)]
    for first, second, third in permutations(states):
        assert first.merge(second).merge(third).merge(old).value == {"milk": 3}


def test_two_settings_that_are_differences_come_to_a_quantity_that_nobody_wanted() -> None:
    start = CounterCart().add("phone", "milk", 2)
    assert start.set("phone", "milk", 3).merge(start.set("tablet", "milk", 5)).value == {"milk": 6}


def test_the_cart_of_the_exercise_keeps_settings_apart_and_asks(exercise_cart: Any) -> None:
    phone, tablet, third = (exercise_cart(name) for name in ("phone", "tablet", "third"))
    phone.add("milk", 2)
    tablet.merge(phone.state())
    phone.set_quantity("milk", 3)
    tablet.set_quantity("milk", 5)
    phone.add("milk", 1)
    tablet.merge(phone.state())
    assert tablet.items() == {"milk": 6} and tablet.conflicts() == {"milk": [3, 5]}
    tablet.set_quantity("milk", 4)
    for cart in (phone, third):
        cart.merge(tablet.state())
        assert cart.items() == {"milk": 4} and cart.conflicts() == {}


def test_equal_settings_are_no_conflict(exercise_cart: Any) -> None:
    phone, tablet = exercise_cart("phone"), exercise_cart("tablet")
    for cart in (phone, tablet):
        cart.set_quantity("milk", 4)
    tablet.merge(phone.state())
    assert tablet.items() == {"milk": 4} and tablet.conflicts() == {}


def test_an_empty_cart_carries_1600_numbers_and_clicks_add_none(cells: dict[str, Any]) -> None:
    full, empty = cells["full"], cells["empty"]
    assert (len(full.value), full.size, len(empty.value), empty.size) == (100, 800, 0, 1600)
    cart = CounterCart()
    for _click in range(1000):
        cart = cart.add("phone", "milk")
    assert cart.size == CounterCart().add("phone", "milk").size == 1


def test_two_who_take_the_last_milk_leave_less_than_none_and_two_removals_none() -> None:
    start = CounterCart().add("phone", "milk")
    taken = start.add("phone", "milk", -1).merge(start.add("tablet", "milk", -1))
    removed = start.remove("phone", "milk").merge(start.remove("tablet", "milk"))
    assert (taken.lines["milk"].quantity, taken.value) == (-1, {})
    assert removed.lines["milk"].quantity == 0


# The puzzles


def test_one_more_read_breaks_monotonic_reads_alone(cells: dict[str, Any]) -> None:
    assert set(cells["guarantees"](*cells["mine"]).values()) == {OK}
    found = cells["guarantees"](*cells["mine"], "B x>0 6-8")
    assert [name for name, status in found.items() if status != OK] == ["monotonic reads"]


def test_three_and_three_of_five_is_the_cheapest_that_is_never_old_and_survives_two() -> None:
    good = [(w, r) for w in range(1, 6) for r in range(1, 6) if k_staleness(5, r, w) == 1 and 5 - w >= 2]
    assert min(good, key=lambda pair: pair[1]) == (3, 3)
    assert [w for w in range(1, 6) if k_staleness(5, 1, w) == 1] == [5]


def test_which_merges_are_joins(cells: dict[str, Any]) -> None:
    missing = {
        name: {law for law, holds in cells["laws"](merge, values).items() if not holds}
        for name, (merge, values) in cells["merges"].items()
    }
    assert missing == {
        "maximum": set(),
        "mean": {"associative"},
        "longer text": {"commutative"},
        "intersection": set(),
        "mine": {"commutative"},
    }


def test_the_chapter_has_no_number_of_reads_that_the_cell_does_not_try() -> None:
    text = CHAPTER.read_text(encoding="utf-8")
    runs, writes = (int(n) for n in re.search(r"old_reads\(r, w, runs=(\d+), writes=(\d+)\)", text).groups())  # type: ignore[union-attr]
    assert runs * writes == 160
