"""What chapter 3.1 says in prose about its runs, searches and databases is what they show, with its cells' own code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, redirect_stdout
from io import StringIO
from typing import Any

import pytest

from faultlab import build, i18n
from faultlab.models.cap_register import APRegister, CPRegister, NaiveRegister
from faultlab.models.cart import CounterCart, LastWriterCart, UnionCart
from faultlab.models.pacelc import ONE_WAY_MS, SYSTEMS
from faultlab.sim import always, explore, partition, simulate
from faultlab.sim.explore import Exploration
from faultlab.sim.history import linearizable

SOURCE = build.ROOT / build.CHAPTERS / "3.1-cap.md"


@pytest.fixture(scope="module")
def cells() -> Iterator[dict[str, Any]]:
    """What the cells of the notebook have defined, after all of them have run."""
    language = list(i18n._current)
    notebook = build.in_language(build.read_source(SOURCE), "en")
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(StringIO()):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "<3.1-cap>", "exec"), names)
    yield names
    names["folder"].cleanup()
    i18n._current[:] = language


def prose(language: str) -> str:
    cells = build.in_language(build.read_source(SOURCE), language).cells
    return " ".join(" ".join(cell.source.split()) for cell in cells if cell.cell_type == "markdown")


def status(result: Exploration) -> dict[str, str]:
    return {finding.name: finding.status for finding in result.findings}


def pair_run(cells: dict[str, Any], register: type) -> Any:
    return simulate({"MSK": register, "SPB": register}, 8, clients=cells["three"], faults=cells["cable"])


# One register, two cities


def test_the_naive_register_never_tells_cid_and_tells_bob_the_old(cells: dict[str, Any]) -> None:
    trace = pair_run(cells, NaiveRegister)
    assert cells["answers"](trace) == ["ann: None", "bob: None", "cy: None"]
    assert linearizable(trace.history()).status == "violated"


def test_the_ap_register_mends_cids_read_alone_and_the_cp_register_lies_to_nobody(cells: dict[str, Any]) -> None:
    ap, cp = pair_run(cells, APRegister), pair_run(cells, CPRegister)
    assert cells["answers"](ap) == ["ann: None", "bob: None", "cy: 1"]
    assert linearizable(ap.history()).status == "violated"
    assert cells["answers"](cp) == ["ann: refused", "bob: refused", "cy: None"]
    assert linearizable(cp.history()).status == "ok"


# 1. Three letters


def test_inside_the_copies_differ_and_outside_nobody_can_tell(cells: dict[str, Any]) -> None:
    trace = simulate(dict.fromkeys("ABC", CPRegister), 8, clients=cells["calls"], faults=partition("A B | C", 1.0, 5.0))
    held = {name: fields["store"].get("x") for name, fields in trace.at(4.5).items()}
    assert held["C"] is None and held["A"] == held["B"] is not None
    assert linearizable(trace.history()).status == "ok"


def test_six_of_ten_are_answered_where_they_are_and_ten_if_they_move_on(cells: dict[str, Any]) -> None:
    stay, move = (cells["answered"](CPRegister, "A B | C D E", moves_on) for moves_on in (False, True))
    assert stay == {"a": 0, "b": 0, "c": 2, "d": 2, "e": 2} and sum(stay.values()) == 6
    assert sum(move.values()) == 10


# 2. The theorem


@pytest.mark.parametrize("register", [NaiveRegister, APRegister, CPRegister])
def test_c_sees_the_same_in_both_runs_and_answers_the_same(cells: dict[str, Any], register: type) -> None:
    quiet, busy = cells["both_runs"](register)
    assert cells["sees"](quiet, "C") == cells["sees"](busy, "C") != []
    assert cells["answers"](quiet)[-1] == cells["answers"](busy)[-1]
    assert cells["answers"](busy)[0] == "ann: None"  # she has her answer, before Bob asks
    (written,) = [event for event in busy.of("reply") if event.other == "ann"]
    (asked,) = [event for event in busy.of("request") if event.other == "bob"]
    assert written.at_s < asked.at_s


def test_only_a_refusal_is_right_in_both_worlds(cells: dict[str, Any]) -> None:
    hears = cells["verdicts_if_bob_hears"]
    assert hears(None) == ["ok", "violated"] and hears(1) == ["violated", "ok"]
    assert hears(None, True) == ["ok", "ok"]


@pytest.mark.parametrize("register", [NaiveRegister, APRegister])
def test_a_register_that_always_answers_falls_in_two_steps(cells: dict[str, Any], register: type) -> None:
    result = cells["search"](register)
    assert result.paths["one copy"] == [("request", "ann", "A"), ("request", "bob", "B")]
    assert result.cluster is not None and result.cluster.budget.losses == 0  # messages are only slow


def test_all_states_of_the_cp_register_are_searched_and_none_shows_two_copies(cells: dict[str, Any]) -> None:
    two, three = cells["searched"]["AB"], cells["searched"]["ABC"]
    assert two.exhausted and two.states == 1_010 and set(status(two).values()) == {"ok"}
    assert three.exhausted and three.states == 27_881
    assert {name for name, found in status(three).items() if found != "ok"} == {"Bob is refused"}


# 3. Two of three


def test_the_pair_that_is_called_ca_waits_for_ever_when_it_is_cut(cells: dict[str, Any]) -> None:
    clients = cells["asked"](("ann", 2.0, "A", cells["write"]), ("bob", 3.0, "B", cells["read"]))
    cut = simulate(dict.fromkeys("AB", cells["Pair"]), 60, clients=clients, faults=partition("A | B", 1.0))
    assert "ann" not in [event.other for event in cut.of("reply", "refuse")]
    whole = simulate(dict.fromkeys("AB", cells["Pair"]), 8, clients=clients)
    assert cells["answers"](whole) == ["ann: None", "bob: 1"]


def test_even_whole_the_pair_is_not_linearizable(cells: dict[str, Any]) -> None:
    calls = (("ann", 0, "A", cells["write"]), ("bob", 0, "B", cells["read"]), ("cy", 0, "A", cells["read"]))
    clients = cells["asked"](*calls)
    one_copy = cells["promises"][0]
    result = explore(dict.fromkeys("AB", cells["Pair"]), [one_copy], clients=clients, history=True, audit=False)
    assert status(result)[one_copy.name] == "violated"


def test_wherever_three_of_five_are_together_they_go_on(cells: dict[str, Any]) -> None:
    said = {
        "A | B C D E": "bcde",
        "A B | C D E": "cde",
        "A B C | D E": "abc",
        "A | B | C D E": "cde",
        "A B | C | D E": "",
    }
    for groups, going_on in said.items():
        counts = cells["answered"](CPRegister, groups)
        assert "".join(name for name, n in counts.items() if n == 2) == going_on
        assert all(n in (0, 2) for n in counts.values())


# 4. PACELC


def test_waiting_for_one_to_four_copies_costs_what_the_text_says(cells: dict[str, Any]) -> None:
    costs = [cells["cost_ms"](copies) for copies in (1, 2, 3, 4)]
    assert [takes for takes, _old in costs] == [0, 80, 160, 280]
    assert [max(old.values()) for _takes, old in costs] == [140, 60, 0, 0]
    assert [ONE_WAY_MS["eu", other] for other in ("us", "asia", "oce")] == [40, 80, 140]
    assert 40 * 200 == 8_000  # ms times the km that light goes in fibre in a ms


def test_a_linearizable_read_costs_two_round_trips_to_a_majority_as_a_write_does(cells: dict[str, Any]) -> None:
    for call in (cells["write"], cells["read"]):
        times = {name: cells["takes_ms"](CPRegister, name, call) for name in cells["REGIONS"]}
        assert (min(times.values()), max(times.values())) == (280, 320)
        assert {cells["takes_ms"](APRegister, name, call) for name in cells["REGIONS"]} == {0}
    # The nearest majority of eu: itself, us and asia.
    assert cells["takes_ms"](CPRegister, "eu", cells["read"]) == 2 * 2 * ONE_WAY_MS["eu", "asia"]


def test_the_table_of_abadis_boxes_is_the_models() -> None:
    text = prose("en")
    for box, systems in SYSTEMS.items():
        named = re.search(rf"{box}: ([^|]*?) *\|", text)
        assert named and set(named.group(1).split(", ")) <= set(systems)


# 5. ACID and BASE


def killed(cells: dict[str, Any], *steps: str) -> tuple[str, dict[str, int]]:
    path = cells["new_bank"]()
    said = cells["in_a_process"](path, [cells.get(step, step) for step in steps])
    return said, cells["balances"](path)


def test_a_process_that_is_killed_half_way_loses_200_without_a_transaction(cells: dict[str, Any]) -> None:
    assert sum(killed(cells, "take", "die", "give")[1].values()) == 600
    assert killed(cells, "begin", "take", "die", "give", "commit")[1] == {"ann": 500, "bob": 300}
    assert killed(cells, "begin", "take", "give", "commit", "die")[1] == {"ann": 300, "bob": 500}


def test_done_before_the_commit_is_a_lie_and_after_it_the_truth(cells: dict[str, Any]) -> None:
    assert killed(cells, "begin", "take", "give", "done", "die", "commit") == ("done", {"ann": 500, "bob": 300})
    assert killed(cells, "begin", "take", "give", "commit", "done", "die") == ("done", {"ann": 300, "bob": 500})


def test_500_cannot_pay_1000_on_a_single_machine(cells: dict[str, Any]) -> None:
    with closing(sqlite3.connect(cells["new_bank"](), isolation_level=None)) as db:
        with pytest.raises(sqlite3.IntegrityError, match="balance >= 0"):
            db.execute("UPDATE account SET balance = balance - 1000 WHERE owner = 'ann'")


def test_two_at_once_lose_an_update_unless_the_database_refuses_one(cells: dict[str, Any]) -> None:
    locked = "database is locked"
    assert cells["two_at_once"](None) == (["thinks", "thinks", "paid", "paid"], 400)
    assert cells["two_at_once"]("BEGIN") == (["thinks", "thinks", "paid", locked], 400)
    assert cells["two_at_once"]("BEGIN IMMEDIATE") == (["thinks", locked, "paid", "has given up"], 400)


def test_waiting_mends_begin_immediate_and_not_begin(cells: dict[str, Any]) -> None:
    path = cells["new_bank"]()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for _ in range(2):  # one after the other, as those do that wait
            assert list(cells["withdraw"](db, 100, "BEGIN IMMEDIATE")) == ["thinks", "paid"]
    assert cells["balances"](path)["ann"] == 300
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as one,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0.05)) as other,
    ):
        late = cells["withdraw"](other, 100, "BEGIN")
        assert next(late) == "thinks" and list(cells["withdraw"](one, 100, "BEGIN")) == ["thinks", "paid"]
        with pytest.raises(sqlite3.OperationalError) as refused:
            next(late)  # nobody holds a lock any more, and still it may not write
        assert refused.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"


def test_two_doctors_cannot_both_leave_in_sqlite(cells: dict[str, Any]) -> None:
    path = cells["new_bank"]()
    with (
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as one,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other,
    ):
        one.executescript("CREATE TABLE duty (name TEXT, on_call INTEGER); INSERT INTO duty VALUES ('i', 1), ('j', 1)")
        for db in (one, other):
            db.execute("BEGIN")
            assert db.execute("SELECT sum(on_call) FROM duty").fetchone() == (2,)
        one.execute("UPDATE duty SET on_call = 0 WHERE name = 'i'")
        one.execute("COMMIT")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE duty SET on_call = 0 WHERE name = 'j'")
        other.execute("ROLLBACK")
        assert one.execute("SELECT sum(on_call) FROM duty").fetchone() == (1,)


def test_a_copy_of_an_acid_database_shows_the_old_balance(cells: dict[str, Any]) -> None:
    assert cells["seen"] == (100, 500)


def test_800_are_paid_out_of_500_and_the_register_is_linearizable(cells: dict[str, Any]) -> None:
    ann, bob = cells["left"], cells["left"]
    assert ann[2] == bob[2] == 500 - 400
    calls = (("first", 0.5, "C", ("write", "balance", 500)), ("ann", 2.0, "A", ("read", "balance"), ann))
    clients = cells["asked"](*calls, ("bob", 2.0, "B", ("read", "balance"), bob))
    trace = simulate(dict.fromkeys("ABC", CPRegister), 8, clients=clients)
    assert [op.result for op in trace.history() if op.call[0] == "read"] == [500, 500]
    assert all(op.returned_s is not None and not op.failed for op in trace.history())
    assert linearizable(trace.history()).status == "ok"


def test_the_outbox_keeps_the_money_and_a_number_keeps_it_from_counting_twice(cells: dict[str, Any]) -> None:
    def state() -> tuple[int, int, int]:
        return cells["money"](ann, bob)

    ends = {}
    for once in (True, False):
        ann, bob = cells["branch"](500), cells["branch"](300)
        cells["send"](ann, "t1", 200)
        assert state() == (300, 200, 300)  # on its way: the two accounts add up to 600
        cells["deliver"](ann, bob, once, dies=True)
        assert state() == (300, 200, 500)
        cells["deliver"](ann, bob, once)
        ends[once] = state()
    assert ends == {True: (300, 0, 500), False: (300, 0, 700)}


# 6. Between strong and eventual


def history_of(cells: dict[str, Any], register: type) -> Any:
    return simulate(dict.fromkeys("ABC", register), 4, clients=cells["talk"], network=cells["slow"]).history()


def test_fifo_links_let_a_reply_arrive_before_its_post_and_causality_does_not(cells: dict[str, Any]) -> None:
    naive, causal = (history_of(cells, register) for register in (NaiveRegister, cells["CausalRegister"]))
    models = cells["MODELS"]
    assert [op.result for op in naive if op.client == "cy"] == ["Yes!", None]
    assert (models["PRAM"](naive).status, models["causal"](naive).status) == ("ok", "violated")
    assert [op.result for op in causal if op.client == "cy"] == [None, None]
    assert (models["causal"](causal).status, models["linearizable"](causal).status) == ("ok", "violated")


def test_no_order_of_messages_shows_an_effect_without_its_cause(cells: dict[str, Any]) -> None:
    causal = always("causal", lambda s: cells["MODELS"]["causal"](s.history()).status != "violated")
    for register, found in ((NaiveRegister, "violated"), (cells["CausalRegister"], "ok")):
        result = explore(dict.fromkeys("ABC", register), [causal], clients=cells["talk"], history=True, audit=False)
        assert status(result)["causal"] == found
    assert result.exhausted


def test_the_picture_of_one_author_cannot_tell_the_naive_register_from_the_other(cells: dict[str, Any]) -> None:
    picture, one, two = cells["picture"], cells["one_author"], cells["two_authors"]
    assert picture(NaiveRegister, *one) == picture(APRegister, *one)
    assert [values[-1] for values in picture(NaiveRegister, *one).values()] == [3, 3, 3]
    assert [values[-1] for values in picture(NaiveRegister, *two).values()] == [2, 2, 1]
    assert [values[-1] for values in picture(APRegister, *two).values()] == [2, 2, 2]


def test_six_steps_break_strong_eventual_consistency_and_41_states_keep_it(cells: dict[str, Any]) -> None:
    naive, ap = (
        explore(dict.fromkeys("ABC", r), cells["strong_eventual"], clients=cells["writers"], timers=0, audit=False)
        for r in (NaiveRegister, APRegister)
    )
    assert len(naive.paths["same updates, same state"]) == 6
    assert ap.exhausted and ap.states == 41 and set(status(ap).values()) == {"ok"}


# 7. Four systems


def test_the_likes_are_102_if_it_is_known_who_has_counted(cells: dict[str, Any]) -> None:
    here, there = cells["here"], cells["there"]
    assert cells["before"].value == 99 and here.value == 100
    assert here.merge(there).value == there.merge(here).value == 102 == 99 + 1 + 2
    assert max(here.value, there.value) < 102


def test_only_the_cart_that_keeps_what_a_removal_has_seen_tells_the_stories_apart(cells: dict[str, Any]) -> None:
    merged = {
        cart: tuple("".join(sorted(cells["two_regions"](cart, story).value)) for story in (False, True))
        for cart in (LastWriterCart, UnionCart, CounterCart)
    }
    assert merged == {LastWriterCart: ("ABE", "ABE"), UnionCart: ("ABCDE", "ABCDE"), CounterCart: ("ABCDE", "ABDE")}


def test_the_overdraft_is_at_most_the_limit_for_each_machine_that_is_cut_off(cells: dict[str, Any]) -> None:
    day = cells["day"]
    said = {0: (0, 9, 2_000), 5_000: (3, 6, -13_000), 10**9: (9, 0, -43_000)}
    for limit, (paid, refused, balance) in said.items():
        found = day(limit)
        assert (found["paid in Moscow"], found["refused"], found["balance"]) == (paid, refused, balance)
    for limit in (0, 5_000, 10_000, 15_000):
        for machines in (1, 2, 4, 8):
            found = day(limit, machines)
            assert found["balance"] >= -limit * machines and found["balance + cash"] == cells["OPENING"]


def test_no_money_appears_even_if_the_bank_has_said_yes_as_the_line_went_dead(cells: dict[str, Any]) -> None:
    from functools import partial

    for at_s in (24.99, 25.0, 25.005, 25.01, 25.02, 25.05):  # around the question and its answer
        for limit in (0, 5_000):
            nodes = {"bank": cells["Bank"], "msk": partial(cells["Atm"], limit)}
            clients = cells["asked"](("at msk", 25.0, "msk", 5_000))
            trace = simulate(nodes, 120, clients=clients, faults=partition("bank | msk", at_s, 60.0))
            end = trace.at(120)
            assert sum(end["bank"]["booked"].values()) == end["msk"]["cash"]


def test_a_higher_limit_refuses_fewer_and_costs_more(cells: dict[str, Any]) -> None:
    refused, overdrawn = zip(*(cells["price"](limit) for limit in (0, 1_000, 2_000, 5_000, 10_000)), strict=True)
    assert list(refused) == sorted(refused, reverse=True) and refused[-1] == 0
    assert list(overdrawn) == sorted(overdrawn) and overdrawn[0] == 0


# The puzzles


@pytest.mark.parametrize("patience_s", [0.001, 60.0, 3600.0])
def test_no_timeout_saves_the_register_that_asks_first(cells: dict[str, Any], patience_s: float) -> None:
    patient = type("Patient", (cells["AsksFirst"],), {"patience_s": patience_s})
    result = cells["search"](patient, timers=1, audit=False)
    assert result.paths["one copy"] == [("request", "ann", "A"), ("request", "bob", "B"), ("timer", "B", "enough")]


def test_without_its_timer_it_waits_for_ever_and_the_search_finds_nothing(cells: dict[str, Any]) -> None:
    waiting = type("Waiting", (cells["AsksFirst"],), {"on_timer": lambda self, ctx, timer: None})
    result = cells["search"](waiting, timers=1, audit=False)
    assert result.exhausted and status(result)["one copy"] == "ok"


def test_five_nodes_are_switched_off_by_three_parts_and_four_by_two(cells: dict[str, Any]) -> None:
    who = cells["who_answers"]
    assert who("A B | C D | E") == "nobody" and who("A B | C D") == "nobody"
    five = "ABCDE"
    for mask in range(1, 2 ** len(five) - 1):
        parts = (" ".join(n for i, n in enumerate(five) if mask >> i & 1 == side) for side in (1, 0))
        assert who(" | ".join(parts)) != "nobody"


def test_two_operations_are_the_smallest_causal_history_that_is_not_linearizable(cells: dict[str, Any]) -> None:
    def verdict(model: str, *operations: str) -> str:
        return cells["MODELS"][model](cells["Editor"](cells["written"](*operations)).history).status

    smallest = ("A x=1 0-2", "B x>0 3-5")
    assert verdict("linearizable", *smallest) == "violated" and verdict("causal", *smallest) == "ok"
    assert {verdict("linearizable", one) for one in smallest} == {"ok"}
    assert verdict("linearizable", "A x=1 0-4", "B x>0 3-5") == "ok"  # they overlap: either may be the first


# The panels


@pytest.mark.parametrize(
    "label",
    [
        "CP: the cut moves",
        "AP: all answer",
        "AP: heal and watch",
        "Ask nobody (PA/EL)",
        "All copies confirm",
        "1, 2, 3 at A",
        "Eventual, not strong",
        "Strong eventual",
        "Taken out here, put in again there",
    ],
)
def test_the_presets_that_the_text_names_are_called_so_in_both_languages(label: str) -> None:
    language = list(i18n._current)
    try:
        i18n.use_language("ru")
        russian = i18n._(label)
    finally:
        i18n._current[:] = language
    assert russian != label
    assert f"**{label}**" in prose("en") and f"**{russian}**" in prose("ru")
