"""The story of exercise 3.5: the search through all its timings, held to arithmetic and to runs of the simulator."""

from __future__ import annotations

import math
from itertools import product
from random import Random

import pytest

from faultlab.models import raft_properties
from faultlab.models import raft_scenario as story
from faultlab.models.raft_scenario import (
    CASES,
    CUT_S,
    END_S,
    FOR_B,
    HEAL_S,
    HEARD_S,
    LATENCIES_S,
    NAMES,
    RETURN_S,
    SIDES,
    STAND_S,
    TIMEOUT_S,
    Case,
    all_runs,
    answer_key,
    one_run,
    outage_of,
    possible_leaders,
)
from faultlab.sim.faults import crash, partition
from faultlab.sim.latency import Constant, Uniform
from faultlab.sim.scenario import Link, Network, Scenario
from faultlab.sim.world import World

SECONDS = range(STAND_S, END_S + 1)
LEAST_S, MOST_S = TIMEOUT_S


def swapped(names):
    return {{"B": "C", "C": "B"}.get(name, name) for name in names}


def some_moments(count, seed):
    """Moments from everywhere in the story, the same ones for a seed."""
    draw = Random(seed)
    return [draw.choice(list(all_runs().moments(draw.choice(SECONDS)))) for _one in range(count)]


# What comes out


def test_these_are_the_answers():
    assert answer_key() == {
        "first_leader": {"at_14": {"B", "C", "nobody"}, "elected_s": {1: 11, 2: 12, 3: 13, 5: "never"}},
        "terms": {
            9: {"BC": {4}, "DE": {3}},
            14: {"BC": {4}, "DE": {4}},
            24: {"BC": {4, 5}, "DE": {4, 5}},
        },
        "split_brain": {
            "at_20": {"BC": {"B", "C", "nobody"}, "DE": {"nobody"}},
            "commits": 0,
            "steps_down_s": (26, 27),
        },
        "entry": {
            "holders_at_20": {1: set("BCDE"), 2: set("BCDE"), 3: set("BC"), 5: set()},
            "committed_s": {1: 13, 2: "never", 3: "never", 5: "never"},
        },
        "electable": {1: set("BCDE"), 2: set("BCDE"), 3: set("BC"), 5: set("BCDE")},
        "next_leader": {
            "at_34": {
                1: {"B", "D", "E", "nobody"},
                2: {"B", "D", "E", "nobody"},
                3: {"nobody"},
                5: {"B", "C", "nobody"},
            },
            "terms_at_34": {4, 5, 6},
        },
        "returner": {
            "starts_in_term": 3,
            "roles": {"follower"},
            "terms_at_34": {3, 4, 5, 6},
            "anns_entry": {"kept", "overwritten"},
        },
        "outage": {"total_s": (23, 35), "longest_s": (13, 35)},
    }


def test_the_search_has_no_more_states_than_these():
    assert all_runs().states() == 5518


# The same by counting


def test_in_term_4_the_three_votes_are_ones_own_and_those_of_d_and_e():
    won = {case: {"B": case.d_votes == case.e_votes == "B", "C": case.d_votes == case.e_votes == "C"} for case in CASES}
    for case, wins in won.items():
        in_time = HEARD_S + case.slow_s < CUT_S
        expected = {name for name, wins_it in wins.items() if wins_it and in_time} or {"nobody"}
        assert possible_leaders(CUT_S - 1, case) == expected, case


@pytest.mark.parametrize("slow_s", LATENCIES_S)
def test_a_vote_takes_l_an_entry_takes_l_and_its_answer_takes_l(slow_s):
    elected, held, answered = (HEARD_S + i * slow_s for i in (1, 2, 3))
    key = answer_key()
    assert key["first_leader"]["elected_s"][slow_s] == (elected if elected < CUT_S else "never")
    assert key["entry"]["committed_s"][slow_s] == (answered if answered < CUT_S else "never")
    far = set("DE") if held < CUT_S else set()
    assert key["entry"]["holders_at_20"][slow_s] == (set("BC") | far if elected < CUT_S else set())


def test_a_second_timeout_of_anybody_comes_too_late_for_24_s():
    # B and C set their timers as they stand at 5 s, D and E as they vote at 10 s or later.
    assert STAND_S + MOST_S < HEAL_S - 1 < STAND_S + 2 * LEAST_S
    assert HEARD_S + LEAST_S <= HEAL_S - 1 < HEARD_S + MOST_S
    assert answer_key()["terms"][24] == {"BC": {4, 4 + 1}, "DE": {4, 4 + 1}}


def test_a_has_no_time_to_stand_for_election():
    assert RETURN_S + LEAST_S > END_S
    assert answer_key()["returner"]["roles"] == {"follower"}


@pytest.mark.parametrize(("slow_s", "case"), FOR_B.items())
def test_who_can_win_three_votes_follows_from_who_holds_the_entry(slow_s, case):
    behind = set("BCDE") - answer_key()["entry"]["holders_at_20"][slow_s]
    # Who holds the entry has every vote; who does not has those of its like.
    expected = set("BCDE") if len(behind) in (0, 4) else set("BCDE") - behind
    for moment in all_runs().moments(HEAL_S, case):
        assert set(moment.electable()) == expected


def test_the_shortest_outage_is_an_election_a_round_trip_and_the_cut():
    quickest = HEARD_S + 3 * min(LATENCIES_S)
    assert answer_key()["outage"]["total_s"][0] == quickest + (HEAL_S - CUT_S)
    assert answer_key()["outage"]["longest_s"][0] == max(quickest, HEAL_S - CUT_S)


def test_b_and_c_may_change_their_names():
    for case in CASES:
        mirror = Case(case.slow_s, *("C" if vote == "B" else "B" for vote in (case.d_votes, case.e_votes)))
        for at_s in (CUT_S - 1, HEAL_S - 1, HEAL_S + 3, END_S):
            assert possible_leaders(at_s, case) == swapped(possible_leaders(at_s, mirror))


# What never happens


def test_nowhere_do_two_nodes_lead_in_one_term():
    for at_s in SECONDS:
        for moment in all_runs().moments(at_s):
            terms = [moment.node(name)["term"] for name in moment.leaders()]
            assert len(set(terms)) == len(terms)


def test_here_no_two_nodes_even_believe_that_they_lead():
    # All links are alike after the cut: whoever could vote a new leader in hears it no sooner than the old one does.
    assert all_runs().first(lambda m: len(m.leaders()) > 1, SECONDS) is None


def test_nobody_serves_while_the_network_is_cut():
    assert all_runs().first(story.Moment.serving, range(CUT_S, HEAL_S)) is None


def test_d_and_e_elect_nobody_during_the_cut():
    for at_s in range(STAND_S, HEAL_S + 1):
        assert possible_leaders(at_s, names=SIDES[1]) == {"nobody"}


# The search and the simulator


def test_a_run_in_a_world_comes_to_just_the_state_that_the_search_has_found():
    for moment in some_moments(60, seed=1):
        trace = all_runs().run_to(moment)
        ends = trace.state(len(trace) - 1)
        for name in NAMES:
            disk = {key.removeprefix("disk."): value for key, value in ends[name].items() if key.startswith("disk.")}
            memory = {key: value for key, value in ends[name].items() if not key.startswith("disk.")}
            assert moment.node(name) == (memory if moment.up(name) else disk)


def test_a_run_takes_messages_and_timers_as_long_as_the_story_says():
    for moment in some_moments(20, seed=2):
        trace = all_runs().run_to(moment)
        sent = {}
        for at_s, kind, _node, _other, number, _detail in trace.rows:
            if kind == "send":
                sent[number] = at_s
            elif kind == "deliver":
                took_s = round(at_s) - round(sent[number])
                allowed = {5} if sent[number] < HEARD_S else set(LATENCIES_S) if sent[number] < CUT_S else {1}
                assert took_s in allowed and math.isclose(at_s, round(at_s), abs_tol=0.1)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.slow_s}{c.d_votes}{c.e_votes}")
def test_no_run_of_the_simulator_leaves_what_the_search_has_found(case):
    known = {t: {_seen(m.at_s, m.node) for m in all_runs().moments(t, case)} for t in SECONDS}
    for seed in range(10):
        trace = _jittered(case, seed).run().trace()
        assert outage_of(trace) in all_runs().outages()
        for at_s in SECONDS:
            fields = trace.at(at_s + 1 / 2)
            assert _seen(at_s, fields.__getitem__) in known[at_s], (seed, at_s)


def _jittered(case, seed):
    """A run in which chance decides what comes first in a second at a node, after 10 s: there the case does."""
    nodes, scenario = one_run(case, seed)
    network = Network(Uniform(1.0, 1 + 1 / 1024))
    return World(nodes, Scenario(scenario.until_s, seed=seed, network=network, faults=scenario.faults))


def _seen(at_s, node):
    names = [name for name in NAMES if name != "A" or at_s >= RETURN_S]
    return tuple((node(n)["role"], node(n)["term"], tuple(node(n)["log"]), node(n)["commit_index"]) for n in names)


def test_random_runs_find_most_outages_and_no_other():
    found = {outage_of(World(*one_run(case, seed)).run().trace()) for case in CASES for seed in range(8)}
    assert found <= all_runs().outages()
    assert len(found) >= len(all_runs().outages()) / 2


@pytest.mark.parametrize("outage", sorted({(23, 13), (31, 13), (31, 31), (35, 35)}))
def test_a_run_of_each_outage_has_that_outage_and_breaks_no_promise(outage):
    trace = all_runs().run_with(*outage)
    assert outage_of(trace) == outage
    assert not raft_properties.violated(raft_properties.over_time(trace))


def test_the_outages_are_these():
    assert sorted(all_runs().outages()) == [
        (23, 13), (26, 13), (28, 28), (30, 30), (31, 13), (31, 31), (33, 33), (34, 34), (35, 35)
    ]  # fmt: skip


# Beyond the story


def test_no_longest_outage_can_be_promised():
    # B and C always draw 12 s, D and E 15 s; each of D and E hears another one first. So it goes on for ever.
    times = {name: MOST_S if name in SIDES[1] else LEAST_S for name in NAMES}

    class Tie(story.Member):
        def reset_election_timer(self, ctx):
            ctx.set_timer("election", times[ctx.name])

    late = Link(Constant(1 + 1 / 64))
    network = Network(Constant(1.0), links={("B", "E"): late, ("C", "D"): late})
    faults = [crash("A", 0), partition(SIDES, CUT_S, HEAL_S)]
    trace = World(dict.fromkeys(NAMES, Tie), Scenario(500, network=network, faults=faults)).run().trace()
    assert not raft_properties.elections(trace, after_s=STAND_S)
    assert trace.state(len(trace) - 1)["B"]["term"] > 40


# Questions that cannot be answered


def test_a_moment_of_another_case_is_refused():
    moment = next(m for m in all_runs().moments(14, FOR_B[1]) if m.leaders())
    with pytest.raises(ValueError, match="leads to this moment"):
        all_runs().run_to(moment, FOR_B[3])


def test_an_outage_that_no_run_has_is_refused():
    with pytest.raises(ValueError, match="no run is 5 s without service"):
        all_runs().run_with(5, 5)


def test_the_search_has_nothing_before_5_s():
    with pytest.raises(ValueError, match="begins at 5 s"):
        all_runs().before(next(all_runs().moments(STAND_S)))


def test_a_run_that_ends_too_early_has_no_outage():
    with pytest.raises(ValueError, match="the run ends at"):
        outage_of(all_runs().run_to(next(all_runs().moments(20))))


def test_every_case_is_one_of_l_and_two_votes():
    assert set(CASES) == {Case(*choice) for choice in product(LATENCIES_S, "BC", "BC")}
    assert [case for case in CASES if (case.d_votes, case.e_votes) == ("B", "B")] == list(FOR_B.values())
