"""Gossip and five rules: what is delivered, what is shown, and which rule keeps which promise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.models.convergence import (
    ALL,
    COUNTER,
    DELAY_MAX_S,
    DELAY_MIN_S,
    END_S,
    LAST,
    LWW,
    PRIMARY,
    RANDOM,
    RING,
    RULES,
    SET,
    STRONG,
    TOPOLOGIES,
    Setup,
    Update,
    converged_s,
    delivered_s,
    distinct,
    equal_after_other_order,
    in_other_orders,
    order_of,
    pairs_at,
    play,
    share_unequal_s,
    unequal,
)

TWO = (Update("A", 2.0, 1), Update("C", 2.5, 2))
FOUR = (Update("B", 2.0, 1), Update("D", 2.25, 2), Update("C", 5.0, 3), Update("B", 5.25, 4))
SETUPS = st.builds(
    Setup, replicas=st.integers(2, 6), topology=st.sampled_from(TOPOLOGIES), gossip_s=st.sampled_from([0.5, 1.0, 2.0]),
    loss=st.sampled_from([0.0, 0.5]), cut_s=st.sampled_from([(0.0, 0.0), (2.0, 9.0)]),
)  # fmt: skip
UPDATES = st.lists(
    st.builds(Update, at=st.sampled_from("ABCDEF"), at_s=st.sampled_from([1.0, 2.0, 3.5]), value=st.integers(1, 9)),
    max_size=6,
).map(tuple)


def ends(run):
    return [run.looks[name][-1].shown for name in run.setup.names]


def test_every_replica_receives_every_update_in_every_topology():
    for rule in RULES:
        for topology in TOPOLOGIES:
            run = play(Setup(5, rule, topology), FOUR)
            assert delivered_s(run) is not None, (rule, topology)


def test_last_message_wins_differs_for_ever_although_everything_is_delivered():
    for seed in range(1, 9):
        run = play(Setup(4, LAST), TWO, seed)
        assert delivered_s(run) < 7 and converged_s(run) is None
        assert set(ends(run)) == {"1", "2"}
        a, c = (order_of(run, name, frozenset(TWO)) for name in "AC")
        assert a == [(TWO[0],), (TWO[1],)] and c == [(TWO[1],), (TWO[0],)]


@pytest.mark.parametrize("rule", [PRIMARY, LWW, SET, COUNTER])
def test_the_other_rules_come_to_agree_whatever_the_seed(rule):
    for seed in range(1, 9):
        for updates in (TWO, FOUR):
            run = play(Setup(4, rule, ALL), updates, seed)
            assert converged_s(run) is not None and distinct(run)[-1][1] == 1


@settings(max_examples=60, deadline=None)
@given(SETUPS, UPDATES, st.sampled_from(STRONG), st.integers(1, 99))
def test_under_a_strong_rule_the_same_updates_are_the_same_state_at_every_moment(setup, updates, rule, seed):
    run = play(replace(setup, rule=rule), updates, seed)
    for at_s in run.moments():
        for pair in pairs_at(run, at_s):
            one, other = (run.at(name, at_s) for name in pair.names)
            assert one.state == other.state and one.shown == other.shown
    assert unequal(run) is None and share_unequal_s(run) == 0


def test_with_a_primary_the_same_updates_are_shown_differently_until_its_order_comes():
    found = [play(Setup(4, PRIMARY, ALL, 2.5), FOUR, seed) for seed in range(1, 9)]
    pairs = [pair for run in found if (pair := unequal(run))]
    assert len(pairs) >= 6 and all(converged_s(run) is not None for run in found)
    assert all(pair.shown[0] != pair.shown[1] for pair in pairs)
    assert all(share_unequal_s(run) > 0 for run in found if unequal(run))


def test_what_the_primary_orders_is_the_order_in_which_it_heard():
    run = play(Setup(4, PRIMARY, ALL, 2.5), FOUR)
    heard, ordered = run.looks["A"][-1].state
    assert heard == ordered and set(ordered) == set(FOUR)
    assert all(run.looks[name][-1].state[1] == ordered for name in "BCD")


def test_a_strong_rule_shows_the_same_after_different_orders():
    run = play(Setup(4, SET, ALL, 2.5), FOUR)
    pair = equal_after_other_order(run)
    assert pair is not None and pair.shown[0] == pair.shown[1]
    one, other = (order_of(run, name, pair.received) for name in pair.names)
    assert one != other


def test_updates_received_together_and_one_by_one_are_not_in_different_orders():
    run = play(Setup(3, LWW), (Update("A", 1.0, 1), Update("A", 3.0, 2), Update("A", 4.5, 3)))
    a, c = (order_of(run, name, frozenset(run.updates)) for name in "AC")
    assert [len(group) for group in a] == [1, 1, 1] and [len(group) for group in c] == [1, 2]
    pairs = [pair for at_s in run.moments() for pair in pairs_at(run, at_s)]
    assert pairs and not any(in_other_orders(run, pair) for pair in pairs)


def test_the_rules_show_what_they_are_about():
    shown = {rule: ends(play(Setup(4, rule), TWO))[0] for rule in (LWW, SET, COUNTER)}
    assert shown == {LWW: "2", SET: "{1,2}", COUNTER: "3"}
    assert set(ends(play(Setup(3, SET), ()))) == {""}


def test_across_a_cut_nothing_is_told_while_it_lasts():
    setup = Setup(4, SET, ALL, 0.5, cut_s=(1.0, 12.0))
    run = play(setup, (Update("A", 2.0, 1), Update("D", 3.0, 2)))
    assert [run.at(name, 11.9).shown for name in "ABCD"] == ["{1}", "{1}", "{2}", "{2}"]
    assert 12.0 < converged_s(run) < 12.0 + 0.5 + 2 * DELAY_MAX_S and run.lost > 0
    for looks in run.looks.values():
        for look in looks:
            if look.told:
                assert DELAY_MIN_S <= look.at_s - look.told[1] <= DELAY_MAX_S


def test_loss_delays_agreement_and_does_not_prevent_it():
    def took(loss):
        runs = [play(Setup(4, SET, RANDOM, 0.5, loss), TWO, seed) for seed in range(1, 16)]
        assert all(converged_s(run) is not None for run in runs)
        assert (sum(run.lost for run in runs) > 0) == (loss > 0)
        return sum(converged_s(run) for run in runs)

    assert took(0.0) < took(0.5)


def test_if_everything_is_lost_nothing_arrives():
    run = play(Setup(3, SET, ALL, loss=1.0), TWO)
    assert run.lost == run.sent > 0 and delivered_s(run) is None and ends(run) == ["{1}", "", "{2}"]


def test_faster_gossip_agrees_sooner_for_more_messages():
    runs = [play(Setup(6, SET, RING, gossip_s), (Update("A", 1.0, 1),)) for gossip_s in (2.0, 1.0, 0.5)]
    times = [converged_s(run) for run in runs]
    assert times == sorted(times, reverse=True) and [run.sent for run in runs] == [60, 120, 240]


def test_the_number_of_messages_is_that_of_the_topology():
    sent = {topology: play(Setup(4, SET, topology, 1.0), ()).sent for topology in TOPOLOGIES}
    assert sent == {RING: 80, ALL: 240, RANDOM: 80}


def test_the_count_of_states_starts_with_one_and_counts_what_is_shown():
    run = play(Setup(3, LWW, RING, 1.0), (Update("A", 1.0, 1), Update("A", 3.0, 2)))
    assert distinct(run)[0] == (0.0, 1) and distinct(run)[1] == (1.0, 2)
    for at_s, count in distinct(run):
        assert count == len({run.at(name, at_s).shown for name in "ABC"})


def test_agreement_is_never_before_the_last_write():
    run = play(Setup(3, LWW), (Update("A", 1.0, 1), Update("B", 15.0, 1)))
    assert converged_s(run) == 15.0, "the second write is of what all show already"
    assert converged_s(play(Setup(3, LWW), ())) == 0.0


def test_updates_that_cannot_be_made_are_left_out():
    twice, elsewhere, too_late = Update("A", 1.0, 5), Update("F", 1.0, 7), Update("A", END_S + 1, 9)
    run = play(Setup(3, COUNTER), (twice, twice, elsewhere, too_late))
    assert len(run.updates) == 1 and ends(run) == ["5", "5", "5"]


def test_equal_arguments_give_the_same_run_and_another_seed_another():
    one, same, other = (play(Setup(4, SET, RANDOM), TWO, seed) for seed in (1, 1, 2))
    assert one.looks == same.looks and one.looks != other.looks


def test_a_setup_that_makes_no_sense_is_refused():
    wrong = ({"replicas": 1}, {"replicas": 7}, {"rule": "vote"}, {"topology": "star"}, {"gossip_s": 0}, {"loss": 2})
    for change in wrong:
        with pytest.raises(ValueError):
            replace(Setup(), **change)
