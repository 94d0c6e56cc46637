"""The Byzantine generals, oral and signed, against every lie; and the two generals, against every loss."""

from itertools import pairwise, product

import pytest

from faultlab.models.generals import (
    ATTACK,
    COMMANDER,
    ORDERS,
    RETREAT,
    Outcome,
    all_lies,
    camps,
    every_run,
    generals,
    majority,
    opposite,
    oral,
    oral_runs,
    random_lies,
    rules_for_three,
    signed,
    signed_runs,
    traitor_sets,
)
from faultlab.models.two_generals import (
    ALONE,
    BOTH,
    NOBODY,
    A,
    B,
    all_heard,
    attackers,
    chances,
    ends,
    every_rule,
    hears,
    measured,
    messengers_needed,
    surviving_rules,
    together,
    two_generals,
)
from faultlab.sim.explore import explore
from faultlab.sim.faults import drop
from faultlab.sim.properties import OK, VIOLATED
from faultlab.sim.world import simulate

# Oral messages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("count", "m"), [(2, 0), (3, 1), (4, 1), (4, 2), (6, 3), (7, 2)])
def test_if_all_are_loyal_everyone_obeys_the_commander(count, m, order):
    for run in (oral, signed):
        outcome = run(count, m, order=order)
        assert set(outcome.decisions.values()) == {order} and outcome.holds and outcome.lies == {}


def test_a_majority_is_more_than_half_and_without_one_it_is_retreat():
    assert majority([ATTACK, ATTACK, RETREAT]) == ATTACK
    assert majority([ATTACK, RETREAT]) == majority([RETREAT]) == RETREAT
    assert majority(["x", "x", "y", "z"]) == RETREAT


@pytest.mark.parametrize("count", [4, 5, 6])
def test_with_more_than_three_times_as_many_generals_no_lie_of_one_traitor_does_harm(count):
    tried = all_lies(count, 1)
    assert tried.failure is None
    # No traitor: one run. The commander: 2 ** (n - 1) lies. A lieutenant: 2 ** (n - 2). Each for two orders.
    assert tried.tried == 2 * (1 + 2 ** (count - 1) + 2 ** (count - 2))


def test_three_generals_are_too_few_and_the_search_finds_the_paper_s_counterexample():
    failure = all_lies(3, 1).failure
    assert not failure.holds and not failure.ic2 and len(failure.traitors) == 1
    assert set(failure.lies.values()) <= set(ORDERS) and failure.lies
    # A table of these lies makes it happen again.
    again = oral(3, 1, failure.traitors, failure.order, failure.lies)
    assert again == failure


def test_with_three_generals_a_traitor_of_either_rank_does_harm():
    broken = {
        traitors: [o for order in ORDERS for o in oral_runs(3, 1, traitors, order) if not o.holds]
        for traitors in map(tuple, traitor_sets(3, 1))
    }
    assert all(not outcome.ic2 for name in (("L1",), ("L2",)) for outcome in broken[name])
    assert broken[("L1",)] and broken[("L2",)]
    # A false commander cannot divide these two: both hear the same two words. That rule costs IC2, as above.
    assert broken[(COMMANDER,)] == []


def test_no_rule_whatever_saves_three_generals_from_one_traitor():
    tried, surviving = rules_for_three()
    assert tried == 4 * 4 * 16 * 16 and surviving == []


def test_six_generals_are_too_few_for_two_traitors_and_seven_withstand_the_same_attempts():
    assert any(not oral(6, 2, traitors, order, opposite).holds for traitors in traitor_sets(6, 2) for order in ORDERS)
    assert all(oral(7, 2, traitors, order, opposite).holds for traitors in traitor_sets(7, 2) for order in ORDERS)
    found = random_lies(6, 2, 2, tries=300).failure
    assert found is not None and not oral(6, 2, found.traitors, found.order, found.lies).holds
    assert random_lies(7, 2, 2, tries=20).failure is None


def test_one_round_less_than_traitors_need_is_not_enough():
    assert all_lies(4, 0, 1).failure is not None
    assert all_lies(7, 1, 2).failure is not None


def test_a_lieutenant_who_hears_nothing_takes_it_for_retreat():
    outcome = oral(4, 1, [COMMANDER], ATTACK, {((COMMANDER,), "L1"): None})
    assert outcome.conclusions[(COMMANDER,), "L1"].heard == RETREAT
    assert outcome.messages == 8 and outcome.lies == {((COMMANDER,), "L1"): None}
    spoken = oral(4, 1, [COMMANDER], ATTACK, {((COMMANDER,), "L1"): RETREAT})
    assert spoken.decisions == outcome.decisions


def test_the_tree_says_who_told_whom_what_and_what_each_concludes():
    lies = {((COMMANDER, "L3"), "L1"): RETREAT}
    tree = oral(4, 1, ["L3"], ATTACK, lies).tree("L1")
    assert tree["votes"] == {COMMANDER: ATTACK, "L2": ATTACK, "L3": RETREAT} and tree["value"] == ATTACK
    assert [child["path"] for child in tree["children"]] == [(COMMANDER, "L2"), (COMMANDER, "L3")]
    assert [child["value"] for child in tree["children"]] == [ATTACK, RETREAT]


def test_every_conclusion_of_a_tree_is_the_majority_of_its_votes_and_these_come_from_its_children():
    outcome = oral(7, 2, ["L1", "L2"], ATTACK, opposite)

    def check(node):
        assert node["value"] == majority(node["votes"].values())
        assert node["votes"][node["path"][-1]] == node["heard"]
        assert [node["votes"][child["path"][-1]] for child in node["children"]] == [
            c["value"] for c in node["children"]
        ]
        return 1 + sum(map(check, node["children"]))

    # One for the commander's word, five for the others', and four for each of these at second hand.
    assert check(outcome.tree("L6")) == 1 + 5 + 5 * 4


def test_messages_come_round_by_round_and_name_their_path():
    said = oral(4, 1).said
    assert [s.round for s in said] == [1] * 3 + [2] * 6
    assert {s.path for s in said} == {(COMMANDER,), *((COMMANDER, f"L{i}") for i in (1, 2, 3))}
    assert all(s.to not in s.path for s in said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4, 1, ["X"]), "no general"),
        ((4, 1, [], "stay"), "order"),
        ((4, 3), "m is from"),
        ((1, 0), "two generals"),
        ((4, 1, ["L1"], ATTACK, {((COMMANDER,), "L1"): RETREAT}), "loyal"),
        ((4, 1, ["L1"], ATTACK, {((COMMANDER, "L1"), "L2"): "dance"}), "lie is one of"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        oral(*arguments)


# Signed messages


@pytest.mark.parametrize(("count", "m"), [(3, 1), (4, 1), (5, 1), (4, 2)])
def test_signed_messages_withstand_everything_that_m_traitors_can_show(count, m):
    tried = all_lies(count, m, runs=signed_runs)
    assert tried.failure is None and tried.tried > 2 ** (count - 1)


def test_signed_messages_with_more_traitors_than_rounds_provide_for_fail():
    """A false commander and a false lieutenant show a second order in the last round: nobody can pass it on."""
    for count, m, most in ((3, 0, 1), (4, 1, 2)):
        failure = all_lies(count, m, most, runs=signed_runs).failure
        assert failure is not None and not failure.ic1 and len(failure.traitors) == most


def test_a_commander_who_signs_two_orders_is_seen_by_all_who_are_loyal():
    outcome = signed(3, 1, [COMMANDER], ATTACK, {((COMMANDER,), "L1"): [ATTACK], ((COMMANDER,), "L2"): [RETREAT]})
    assert outcome.known == {"L1": (ATTACK, RETREAT), "L2": (ATTACK, RETREAT)}
    assert set(outcome.decisions.values()) == {RETREAT} and outcome.holds


def test_the_three_generals_of_the_oral_counterexample_are_safe_if_they_sign():
    failure = all_lies(3, 1).failure
    outcomes = list(signed_runs(3, 1, failure.traitors, failure.order))
    assert len(outcomes) > 1 and all(o.holds and o.decisions["L2"] == failure.order for o in outcomes)


def test_a_traitor_cannot_forge_the_commander_s_signature():
    with pytest.raises(ValueError, match="cannot show 'retreat' signed by C"):
        signed(3, 1, ["L1"], ATTACK, {((COMMANDER, "L1"), "L2"): [RETREAT]})
    forged = signed(4, 2, [COMMANDER, "L1"], ATTACK, {((COMMANDER, "L1"), "L2"): [RETREAT]})
    assert RETREAT in forged.known["L3"]  # L2 passes on what another traitor has signed in C's name


def test_what_is_held_back_is_a_lie_and_no_message():
    outcome = signed(4, 1, ["L1"], ATTACK, {((COMMANDER, "L1"), to): [] for to in ("L2", "L3")})
    assert outcome.messages == signed(4, 1).messages - 2 and len(outcome.lies) == 2 and outcome.holds


def test_loyal_generals_pass_on_an_order_once():
    assert [signed(n, 1).messages for n in (3, 4, 5)] == [(n - 1) + (n - 1) * (n - 2) for n in (3, 4, 5)]
    assert signed(5, 3).messages == signed(5, 1).messages


# All choices


def test_every_run_makes_every_choice_once_also_where_choices_depend_on_choices():
    def play(choose):
        first = choose("ab")
        return first + (choose("xyz") if first == "a" else "")

    assert list(every_run(play)) == ["ax", "ay", "az", "b"]
    assert list(every_run(lambda _choose: "nothing to choose")) == ["nothing to choose"]
    assert list(every_run(lambda c: (c((0, 1)), c((0, 1))))) == list(product((0, 1), repeat=2))


def test_camps_are_all_sets_of_traitors_up_to_the_names_of_lieutenants():
    shapes = {(COMMANDER in t, len(t)) for size in (0, 1, 2) for t in traitor_sets(5, size)}
    found = list(camps(5, 2))
    assert {(COMMANDER in t, len(t)) for t in found} == shapes and len(found) == len(shapes)


def test_an_outcome_breaks_ic1_if_two_loyal_ones_differ_and_ic2_if_one_does_not_obey():
    def made(traitors, **decisions):
        return Outcome(tuple(generals(3)), frozenset(traitors), ATTACK, (), decisions)

    assert made([], L1=ATTACK, L2=ATTACK).holds
    assert (made([COMMANDER], L1=ATTACK, L2=RETREAT).ic1, made([COMMANDER], L1=ATTACK, L2=RETREAT).ic2) == (False, True)
    assert (made(["L2"], L1=RETREAT, L2=ATTACK).ic1, made(["L2"], L1=RETREAT, L2=ATTACK).ic2) == (True, False)


# Two generals


@pytest.mark.parametrize("last", range(1, 9))
def test_whatever_the_number_of_messages_no_rule_of_attack_is_good(last):
    tried, good = surviving_rules(last)
    assert tried == 2 ** sum(map(len, hears(last))) and good == []


@pytest.mark.parametrize("last", range(1, 6))
def test_each_of_the_three_demands_can_be_met_without_the_others(last):
    """So it is not one of them that is impossible."""
    possible = ends(last)
    complete = max(possible, key=sum)

    def demands(rules):
        both = len(attackers(rules, complete)) == 2
        same = all(len(attackers(rules, end)) != 1 for end in possible)
        return both, same, 0 not in rules[1]

    assert {(True, True, False), (True, False, True), (False, True, True)} <= set(map(demands, every_rule(last)))


@pytest.mark.parametrize("last", range(1, 7))
def test_under_the_natural_rule_the_loss_of_the_last_message_makes_one_attack_alone(last):
    result = explore(two_generals(last), together(last, all_heard(last)), losses=1, stop_early=False, audit=last == 3)
    found = {f.name: f.status for f in result.findings}
    assert result.exhausted and not result.suspicions
    assert found["nobody attacks alone"] == VIOLATED and found["both attack"] == found["no handler fails"] == OK
    *before, lost = result.paths["nobody attacks alone"]
    assert lost[0] == "lose" and lost[3][1] == last and all(step[0] == "deliver" for step in before)


def test_the_ends_of_a_protocol_are_a_chain_in_which_each_loss_is_unseen_by_one_of_the_two():
    for last in range(1, 8):
        steps = sorted(ends(last))
        assert len(steps) == last + 1
        assert all((a == c) != (b == d) for (a, b), (c, d) in pairwise(steps))


def test_a_run_in_a_world_shows_the_lonely_attack():
    trace = simulate(two_generals(3), 5, faults=[drop(A, B, 2)])
    final = trace.state(len(trace) - 1)
    assert attackers(all_heard(3), (final[A]["heard"], final[B]["heard"])) == [A]


@pytest.mark.parametrize(("last", "messengers", "loss"), [(1, 1, 0.3), (1, 3, 0.5), (2, 1, 0.5), (3, 2, 0.4)])
def test_simulated_chances_agree_with_the_formula(last, messengers, loss):
    runs = 600
    expected, seen = chances(last, messengers, loss), measured(last, messengers, loss, runs)
    for what in (BOTH, ALONE, NOBODY):
        p = expected[what]
        assert seen[what] == pytest.approx(p, abs=4 * (p * (1 - p) / runs) ** 0.5 + 1e-9), what


def test_more_messengers_make_the_lonely_attack_rarer_and_never_impossible():
    shares = [chances(1, n, 0.5)[ALONE] for n in range(1, 40)]
    assert shares == [0.5**n for n in range(1, 40)] and min(shares) > 0
    # A longer chain of acknowledgements only loses attacks.
    assert chances(9, 1, 0.5)[BOTH] < chances(2, 1, 0.5)[BOTH] < chances(1, 1, 0.5)[BOTH]


def test_the_number_of_messengers_for_a_probability():
    for loss, most in product((0.1, 0.5, 0.9), (0.3, 0.01, 1e-9)):
        needed = messengers_needed(loss, most)
        assert loss**needed <= most * (1 + 1e-6) and (needed == 1 or loss ** (needed - 1) > most)
    assert [messengers_needed(0.5, 0.25), messengers_needed(0.5, 0.001)] == [2, 10]
    with pytest.raises(ValueError, match="no number of messengers"):
        messengers_needed(0.5, 0)


def test_a_protocol_has_a_message_and_a_messenger():
    for last, messengers in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least one"):
            two_generals(last, messengers)
