"""Chains of timeouts, call trees, deadlines, and how long is long enough."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultlab.errors import DeadlineExceededError
from faultlab.models.timeouts import (
    ANSWERED,
    FAILED,
    FITS,
    LISTED,
    MENDED,
    RACE,
    TIMED_OUT,
    TOO_LONG,
    TOO_MANY_ATTEMPTS,
    Deadline,
    Latency,
    Level,
    analyse,
    call_tree,
    false_timeout_share,
    first_to_fire,
    mean_wait_s,
    timeout_for,
)
from faultlab.sim import VirtualClock

levels = st.builds(Level, st.just("x"), st.floats(0.1, 60), st.integers(1, 3), st.floats(0, 5))
chains = st.lists(levels, min_size=1, max_size=4)


# The chain


def test_the_usual_list_has_one_pair_in_the_wrong_order():
    findings = analyse(LISTED)
    assert [f.kind for f in findings] == [FITS, FITS, FITS, TOO_LONG]
    assert (findings[-1].never_fires, findings[-1].orphan_s) == ("database", 5)
    assert first_to_fire(LISTED).name == "socket"


def test_with_the_statement_timeout_below_the_sockets_everything_fits():
    assert {f.kind for f in analyse(MENDED)} == {FITS}
    assert first_to_fire(MENDED).name == "database"


def test_a_smaller_timeout_is_not_sufficient_when_it_is_tried_more_than_once():
    (finding,) = analyse([Level("application", 20), Level("database", 10, attempts=2, backoff_s=1)])
    assert (finding.kind, finding.inner_takes_s, finding.orphan_s) == (TOO_MANY_ATTEMPTS, 21, 1)
    assert finding.never_fires is None


def test_equal_timeouts_are_a_race():
    (finding,) = analyse([Level("a", 10), Level("b", 5, attempts=2)])
    assert finding.kind == RACE


@pytest.mark.parametrize("settings", [{"timeout_s": 0}, {"attempts": 0}, {"backoff_s": -1}])
def test_a_level_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ValueError, match="app"):
        Level("app", **{"timeout_s": 1, **settings})


# Call trees


def ends(tree):
    return {span.level: (span.end_s, span.outcome) for span in tree.spans}


def test_when_the_listed_chain_hangs_the_database_works_on_for_nobody():
    tree = call_tree(LISTED)
    assert ends(tree)["socket"] == (10, TIMED_OUT)
    assert ends(tree)["database"] == (15, TIMED_OUT)
    assert (tree.answered, tree.took_s, tree.wasted_s) == (False, 10, 5)


def test_when_the_mended_chain_hangs_the_database_ends_it_and_nothing_is_wasted():
    tree = call_tree(MENDED)
    assert ends(tree)["database"] == (10, TIMED_OUT)
    assert ends(tree)["client"] == (10, FAILED)
    assert tree.wasted_s == 0


def test_an_answer_in_time_goes_all_the_way_up():
    tree = call_tree(LISTED, work_s=3)
    assert (tree.answered, tree.took_s, tree.work_s) == (True, 3, 3)
    assert {outcome for _, outcome in ends(tree).values()} == {ANSWERED}


def test_retries_of_an_inner_level_go_on_when_the_outer_has_given_up():
    chain = [Level("client", 5), Level("application", 4, attempts=3, backoff_s=1)]
    tree = call_tree(chain)
    assert [(s.start_s, s.end_s, s.orphan_from_s) for s in tree.spans if s.depth == 1] == [
        (0, 4, None),
        (5, 9, 5),
        (10, 14, 5),
    ]
    assert (tree.took_s, tree.wasted_s) == (5, 8)


def test_a_deadline_that_travels_along_stops_them():
    chain = [Level("client", 5), Level("application", 4, attempts=3, backoff_s=0.5)]
    tree = call_tree(chain, propagate=True)
    assert [(s.start_s, s.end_s) for s in tree.spans if s.depth == 1] == [(0, 4), (4.5, 5)]
    assert tree.wasted_s == 0


def test_the_second_attempt_may_succeed_where_the_first_hung():
    tree = call_tree([Level("client", 10), Level("application", 4, attempts=2)], work_s=[math.inf, 1])
    assert (tree.answered, tree.took_s) == (True, 5)


def test_layers_of_attempts_multiply():
    chain = [Level("a", 100, 3), Level("b", 30, 3), Level("c", 9, 3)]
    tree = call_tree(chain)
    assert sum(span.depth == 2 for span in tree.spans) == 27


@given(chains, st.floats(0, 100))
def test_with_a_deadline_nothing_is_ever_wasted(chain, work_s):
    tree = call_tree(chain, work_s, propagate=True)
    assert tree.wasted_s == 0
    assert max(span.end_s for span in tree.spans) == tree.took_s


@given(chains, st.floats(0, 100))
def test_the_caller_never_waits_longer_than_the_top_level_takes(chain, work_s):
    tree = call_tree(chain, work_s)
    assert tree.took_s <= chain[0].takes_s + 1e-9
    assert tree.answered == any(span.depth == 0 and span.outcome == ANSWERED for span in tree.spans)


@given(chains)
def test_where_every_pair_fits_nothing_is_wasted_when_the_work_hangs(chain):
    if all(finding.kind == FITS for finding in analyse(chain)):
        assert call_tree(chain).wasted_s == 0


# Deadlines


def test_a_deadline_runs_down_and_never_below_zero():
    clock = VirtualClock()
    deadline = Deadline.after(clock, 2)
    clock.advance(1.5)
    assert (deadline.remaining_s(), deadline.expired) == (0.5, False)
    deadline.check()
    clock.advance(0.5)
    assert (deadline.remaining_s(), deadline.expired) == (0, True)
    with pytest.raises(DeadlineExceededError):
        deadline.check()


@given(st.floats(0, 100), st.none() | st.floats(0, 200), st.floats(0, 10), st.floats(0, 50))
def test_a_child_never_outlives_its_parent(duration_s, timeout_s, reserve_s, later_s):
    clock = VirtualClock()
    parent = Deadline.after(clock, duration_s)
    clock.advance(later_s)
    child = parent.child(timeout_s, reserve_s)
    assert child.at_s <= parent.at_s - reserve_s
    assert timeout_s is None or child.remaining_s() <= timeout_s + 1e-9


# How long is long enough


def test_a_short_timeout_gives_up_on_the_living_and_a_long_one_waits_for_the_dead():
    samples_s = Latency().samples()
    assert false_timeout_share(samples_s, 0.1) == pytest.approx(0.5, abs=0.05)
    assert false_timeout_share(samples_s, 30) == 0
    assert mean_wait_s(samples_s, 30, dead_share=0.1) > 5 * mean_wait_s(samples_s, 1, dead_share=0.1)


@given(st.lists(st.floats(0.001, 100), min_size=1, max_size=50), st.floats(0, 0.99))
def test_the_timeout_for_a_share_keeps_to_it(samples_s, share):
    assert false_timeout_share(samples_s, timeout_for(samples_s, share)) <= share + 1e-9


@given(st.lists(st.floats(0.001, 100), min_size=1), st.floats(0.01, 50), st.floats(0, 50), st.floats(0, 1))
def test_a_longer_timeout_never_has_more_false_ones_nor_a_shorter_wait(samples_s, timeout_s, more_s, dead_share):
    longer_s = timeout_s + more_s
    assert false_timeout_share(samples_s, longer_s) <= false_timeout_share(samples_s, timeout_s)
    assert mean_wait_s(samples_s, longer_s, dead_share) >= mean_wait_s(samples_s, timeout_s, dead_share) - 1e-9
