"""What chapter 3.2 says in prose about its simulations is what they show: a model that changes takes the text along."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import accumulate

import pytest

from faultlab.errors import HTTPError
from faultlab.models.backoff import PUBLISHED, average
from faultlab.models.breaker import BreakerConfig, Call, CircuitBreaker, NaiveBreaker, drive, traffic
from faultlab.models.bulkhead import (
    Design,
    Machine,
    Scenario,
    erlang_b,
    office_day,
    one_pool,
    servers_for,
    simulate,
    three_pools,
)
from faultlab.models.retry import Exponential, FullJitter, NaivePlusMinus, waits
from faultlab.models.stack import Patterns, orders, overload
from faultlab.models.timeouts import (
    LISTED,
    Latency,
    Level,
    call_tree,
    false_timeout_share,
    fan_out_share,
    timeout_for,
)
from faultlab.sim import stream


def served(design: Design, scenario: Scenario) -> dict[str, float]:
    return {name: result.share("served") for name, result in simulate(design, scenario, seed=1).classes.items()}


def busiest(delays: Exponential | FullJitter) -> int:
    moments = (t for n in range(1000) for t in accumulate(waits(delays, 4, stream(1, "client", n))))
    return max(Counter(int(10 * t) for t in moments).values())


def test_a_half_dead_service_never_opens_the_naive_breaker_and_opens_the_other_at_8_s() -> None:
    calls = [Call(at_s, error=None if at_s % 2 else HTTPError(503)) for at_s in range(40)]
    assert drive(NaiveBreaker, calls).count("failed") == 20
    assert [start for start, _end, state in drive(CircuitBreaker, calls).ribbon if state == "OPEN"] == [8, 38]


def test_a_count_turns_a_loss_of_2_percent_into_one_of_90_and_a_share_does_not() -> None:
    calls = traffic(seed=1, duration_s=120, rate_per_s=100, failure_share=0.02)
    count, share = BreakerConfig(failure_threshold=5), BreakerConfig(failure_rate=0.5, calls_min=20)
    by_count, by_share = (drive(lambda clock, c=c: CircuitBreaker(clock, c), calls) for c in (count, share))
    assert by_count.count("succeeded") / len(calls) == pytest.approx(0.1, abs=0.02)
    assert by_share.count("rejected") == 0


def test_the_herd_comes_back_as_one_and_full_jitter_spreads_it_best() -> None:
    assert busiest(Exponential(1, 300)) == 1000
    assert busiest(FullJitter(1, 300)) < 200
    runs = {name: average(delays, clients=100, runs=10) for name, delays in PUBLISHED.items()}
    assert runs["none"].calls / runs["full"].calls == pytest.approx(3, abs=0.3)
    assert runs["exponential"].calls == pytest.approx(1800, rel=0.05) and runs["exponential"].finish_s > 55
    assert min(runs, key=lambda name: runs[name].calls) == "full"
    assert min((n for n in runs if n != "none"), key=lambda name: runs[name].finish_s) == "decorrelated"


def test_the_jitter_of_the_naive_strategy_first_exceeds_the_cap_after_the_9th_attempt() -> None:
    naive = NaivePlusMinus(share=0.25, base_s=1, cap_s=300)
    assert [naive.bounds(attempt)[1] for attempt in (8, 9, 10)] == [160, 320, 375]


def test_reports_that_hang_take_a_quarter_of_the_api_unless_each_has_its_own_pool() -> None:
    assert served(one_pool(threads=80), office_day())["api"] == pytest.approx(0.75, abs=0.01)
    assert served(three_pools(), office_day())["api"] == 1


def test_divided_threads_do_not_help_while_connections_are_shared() -> None:
    few, threads_only = replace(office_day(), machine=Machine(connections=20)), three_pools()
    pools = [replace(pool, connections=n) for pool, n in zip(threads_only.pools, (14, 4, 2), strict=True)]
    assert served(threads_only, few)["api"] == pytest.approx(0.5, abs=0.02)
    assert served(Design(tuple(pools), threads_only.routes), few)["api"] == pytest.approx(1, abs=0.001)


def test_the_price_of_isolation_is_21_slots() -> None:
    assert (round(erlang_b(20, 16), 3), round(erlang_b(80, 64), 3)) == (0.064, 0.007)
    assert 4 * servers_for(16, 0.01) - servers_for(64, 0.01) == 100 - 79 == 21


def test_the_chain_that_decreases_wastes_work_and_a_deadline_that_travels_does_not() -> None:
    listed = call_tree(LISTED)
    assert (listed.took_s, listed.work_s, listed.wasted_s) == (10, 15, 5)
    levels = {"balancer": 25, "application": 20, "driver": 15}
    chain = [Level("client", 30), *(Level(name, timeout_s, attempts=2) for name, timeout_s in levels.items())]
    retried, propagated = call_tree(chain), call_tree(chain, propagate=True)
    assert (retried.took_s, retried.work_s, retried.wasted_s) == (30, 120, 90)
    assert sum(span.level == "driver" for span in retried.spans) == 8
    assert propagated.wasted_s == 0


def test_the_puzzle_of_the_chain_has_the_answer_that_is_given() -> None:
    outer = [Level("client", 30), Level("balancer", 25), Level("application", 20)]
    assert call_tree([*outer, Level("driver", 15, attempts=2, backoff_s=1)]).wasted_s > 0
    assert call_tree([*outer, Level("driver", 9, attempts=2, backoff_s=1)]).wasted_s == 0


def test_a_timeout_with_a_thousandth_of_false_timeouts_is_60_times_the_median() -> None:
    samples_s = Latency(median_s=0.1, tail_share=0.02, tail_s=2.0).samples(20_000, seed=1)
    assert timeout_for(samples_s, false_share=0.001) == pytest.approx(6, abs=0.1)
    assert sum(samples_s) / len(samples_s) == pytest.approx(0.15, abs=0.005)
    assert false_timeout_share(samples_s, 0.3) > 0.03
    assert fan_out_share(slow_share=0.01, calls=100) == pytest.approx(0.634, abs=0.001)


def test_retries_keep_the_overload_up_and_only_less_load_ends_it() -> None:
    lines = {name: case.run(seed=1) for name, case in overload().items()}
    good = {name: line.good_share(30, 60) for name, line in lines.items()}
    assert good["retry"] == good["jitter"] == 0 and sum(lines["retry"].good[25:60]) == 0
    assert lines["retry"].load_factor(30, 60) == pytest.approx(4, abs=0.1)
    assert 0.1 < good["deadlines"] < 0.5
    assert min(good["no retry"], good["budget"], good["breaker"]) > 0.9


def test_what_each_order_counts_decides_with_the_threshold() -> None:
    count = {name: case.run(seed=1) for name, case in orders().items()}
    assert (count["down, breaker outside"].sent_until_open, count["down, retry outside"].sent_until_open) == (49, 5)
    assert count["flaky, breaker outside"].good_share() == pytest.approx(0.99, abs=0.01)
    assert count["flaky, retry outside"].good_share() == pytest.approx(0.19, abs=0.01)
    share = Patterns(breaker=BreakerConfig(failure_rate=0.5, calls_min=10, recovery_time_s=5.0))
    by_share = {name: replace(case, patterns=share).run(seed=1) for name, case in orders().items()}
    assert by_share["down, retry outside"].sent_until_open == 10
    assert by_share["flaky, retry outside"].good_share() == pytest.approx(0.99, abs=0.01)
