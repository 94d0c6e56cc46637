"""Clients that contend for one row."""

import math

import pytest

from faultlab.models.backoff import PUBLISHED, curve, simulate
from faultlab.models.retry import Fixed


def test_every_client_wins_exactly_once():
    result = simulate(PUBLISHED["full"], clients=20)
    winners = [client for client, _, won in result.writes if won]
    assert sorted(winners) == list(range(20))


def test_one_client_alone_needs_one_write_and_four_messages():
    result = simulate(PUBLISHED["none"], clients=1, network_sd_s=0)
    assert result.calls == 1
    assert result.finish_s == pytest.approx(0.040)


def test_the_writes_are_in_order_and_the_load_counts_each_once():
    result = simulate(PUBLISHED["equal"], clients=30, seed=2)
    moments = [at_s for _, at_s, _ in result.writes]
    assert moments == sorted(moments)
    assert sum(result.load(0.1)) == result.calls
    assert result.finish_s > moments[-1]


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    assert simulate(PUBLISHED["full"], 10, seed=1).writes == simulate(PUBLISHED["full"], 10, seed=1).writes
    assert simulate(PUBLISHED["full"], 10, seed=1).writes != simulate(PUBLISHED["full"], 10, seed=2).writes


def test_a_function_serves_as_a_strategy():
    assert simulate(lambda attempt, previous_s, rng: 0.0, 10, seed=1).writes == simulate(Fixed(0), 10, seed=1).writes


@pytest.mark.parametrize("wait_s", [-1, math.inf, math.nan])
def test_a_strategy_that_chooses_no_possible_wait_is_refused(wait_s):
    with pytest.raises(ValueError, match="chose to wait"):
        simulate(lambda attempt, previous_s, rng: wait_s, 5)


def test_more_clients_make_more_work_than_in_proportion_when_nobody_waits():
    few, many = curve(PUBLISHED["none"], clients=(5, 20), runs=2)
    assert many.calls > 2 * 4 * few.calls
