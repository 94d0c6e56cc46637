"""Every lie at once agrees with every lie in turn, and n > 3m is where the harm ends."""

from collections import Counter
from itertools import product

import pytest

from faultlab.models.generals import (
    ATTACK,
    COMMANDER,
    ORDERS,
    RETREAT,
    all_lies,
    camps,
    oral,
    oral_runs,
    signed,
    signed_runs,
    traitor_sets,
)
from faultlab.models.generals_lies import Plot, breaking, oral_plots, signed_plots, withstands, worst


def cases(count, most):
    return [(traitors, order) for size in range(most + 1) for traitors in traitor_sets(count, size) for order in ORDERS]


@pytest.mark.parametrize(("count", "m", "most"), [(3, 0, 2), (3, 1, 2), (4, 1, 2), (5, 1, 1), (4, 2, 1)])
def test_the_ways_to_each_decision_are_those_of_trying_all_lies_in_turn(count, m, most):
    for traitors, order in cases(count, most):
        runs = list(oral_runs(count, m, traitors, order))
        counted = Counter(tuple(o.loyal_decisions.items()) for o in runs)
        found = {tuple(p.decisions.items()): p.ways for p in oral_plots(count, m, traitors, order)}
        # The runs also try every lie of one traitor to another, which changes nothing.
        to_each_other = sum(s.to in traitors and s.path[-1] in traitors for s in runs[0].said)
        assert {d: ways * 2**to_each_other for d, ways in found.items()} == dict(counted), (traitors, order)


@pytest.mark.parametrize(("count", "m", "most"), [(3, 0, 2), (3, 1, 2), (4, 0, 2), (4, 1, 2), (4, 2, 2), (5, 1, 1)])
def test_what_signed_lies_can_bring_about_is_what_trying_all_of_them_finds(count, m, most):
    for traitors, order in ((t, o) for t in camps(count, most) for o in ORDERS):
        tried = {tuple(o.loyal_decisions.items()) for o in signed_runs(count, m, traitors, order)}
        found = {tuple(p.decisions.items()) for p in signed_plots(count, m, traitors, order)}
        assert found == tried, (traitors, order)


@pytest.mark.parametrize(("plots", "play"), [(oral_plots, oral), (signed_plots, signed)])
@pytest.mark.parametrize(("count", "m"), [(3, 1), (4, 1), (5, 2), (6, 2)])
def test_the_lies_of_a_plot_bring_about_its_decisions(plots, play, count, m):
    for traitors, order in ((t, o) for t in camps(count, 3) for o in ORDERS):
        for plot in plots(count, m, traitors, order):
            lies = {entry: (says[0] if play is oral else says) for entry, says in plot.lies.items()}
            assert play(count, m, traitors, order, lies).loyal_decisions == plot.decisions


def test_oral_messages_withstand_m_traitors_exactly_if_there_are_more_than_three_times_as_many_generals():
    for count, m in product(range(3, 8), (0, 1, 2)):
        if m <= count - 2:
            assert withstands(count, m) == (count > 3 * m), (count, m)


def test_signed_messages_withstand_m_traitors_among_any_number_of_generals():
    assert all(withstands(n, m, plots=signed_plots) for n, m in product(range(3, 8), (0, 1, 2)) if m <= n - 2)
    assert not withstands(4, 1, 2, signed_plots) and not withstands(3, 0, 1, signed_plots)


def test_it_agrees_with_the_search_of_one_lie_after_the_other():
    for count in (3, 4, 5):
        assert withstands(count, 1) == (all_lies(count, 1).failure is None)
    assert not withstands(7, 1, 2) and all_lies(7, 1, 2).failure is not None


def test_two_false_lieutenants_can_lie_in_2_to_the_24_ways_among_six_and_2_to_the_40_among_seven():
    """The numbers in the module's docstring."""
    for count, choices in ((6, 24), (7, 40)):
        assert sum(plot.ways for plot in oral_plots(count, 2, ["L1", "L2"], ATTACK)) == 2**choices


@pytest.mark.parametrize(("count", "m"), [(3, 1), (4, 2), (5, 2), (6, 2)])
def test_the_lies_that_break_it_do_so_when_they_are_played(count, m):
    traitors, order, plot = breaking(count, m)
    assert len(traitors) <= m
    played = oral(count, m, traitors, order, {entry: says[0] for entry, says in plot.lies.items()})
    assert not played.holds and played.loyal_decisions == plot.decisions


def test_the_worst_plot_leads_most_lieutenants_astray():
    plots = oral_plots(6, 2, ["L1", "L2"], ATTACK)
    harm = [p.harm(ATTACK, True) for p in plots]
    assert worst(plots, ["L1", "L2"], ATTACK).harm(ATTACK, True) == max(harm) > 0
    assert worst(oral_plots(7, 2, ["L1", "L2"], ATTACK), ["L1", "L2"], ATTACK) is None


def test_harm_is_disobedience_to_a_loyal_commander_and_dissent_under_a_false_one():
    plot = Plot({"L1": RETREAT, "L2": RETREAT, "L3": ATTACK}, 1, {})
    assert (plot.harm(ATTACK, True), plot.harm(RETREAT, True), plot.harm(ATTACK, False)) == (2, 1, 1)
    assert Plot({"L1": RETREAT, "L2": RETREAT}, 1, {}).harm(ATTACK, False) == 0


def test_with_no_traitor_one_thing_can_happen():
    for plots, order in product((oral_plots, signed_plots), ORDERS):
        (only,) = plots(5, 2, [], order)
        assert set(only.decisions.values()) == {order}


@pytest.mark.parametrize("plots", [oral_plots, signed_plots])
def test_strangers_and_impossible_numbers_of_rounds_are_refused(plots):
    with pytest.raises(ValueError, match="no general 'X'"):
        plots(4, 1, ["X"], ATTACK)
    with pytest.raises(ValueError, match="m is from 0 to 2"):
        plots(4, 3, [COMMANDER], ATTACK)
