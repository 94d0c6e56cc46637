"""Stacks of patterns: composition around a function, and the simulation in front of a service."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.errors import BulkheadFullError, CircuitOpenError, HTTPError
from faultlab.models.breaker import BreakerConfig, CircuitBreaker
from faultlab.models.bulkhead import Bulkhead
from faultlab.models.retry import Fixed, Retry, RetryPolicy
from faultlab.models.stack import (
    PATTERN_NAMES,
    Case,
    Patterns,
    ServiceModel,
    Timeout,
    Workload,
    compose,
    herd,
    orders,
    overload,
    run,
)
from faultlab.sim import VirtualClock

ONE_CLIENT = Workload(rate_per_s=10, duration_s=20, clients=1)
DOWN = ServiceModel(outages=((0.0, 1000.0),))

# Around a function


def layers(clock, attempts=3, failure_threshold=5):
    return {
        "retry": Retry(RetryPolicy(attempts, Fixed(0.1), idempotent=True), clock, clock.sleep, random.Random(1)),
        "breaker": CircuitBreaker(clock, BreakerConfig(failure_threshold=failure_threshold)),
        "bulkhead": Bulkhead(1),
        "timeout": Timeout(clock, 1.0),
    }


@pytest.mark.parametrize("order", list(permutations(["retry", "breaker", "bulkhead", "timeout"])))
def test_in_any_order_a_result_comes_through(order):
    clock = VirtualClock()
    assert compose(order, layers(clock), lambda: "answer")() == "answer"


@pytest.mark.parametrize(("order", "calls_to_open"), [(("breaker", "retry"), 15), (("retry", "breaker"), 5)])
def test_a_breaker_outside_retry_counts_requests_and_one_inside_counts_attempts(order, calls_to_open):
    clock, calls = VirtualClock(), []

    def failing():
        calls.append(clock())
        raise HTTPError(503)

    patterns = layers(clock)
    stacked = compose(order, patterns, failing)
    for _ in range(10):
        with pytest.raises((HTTPError, CircuitOpenError)):
            stacked()
    assert patterns["breaker"].state == "OPEN"
    assert len(calls) == calls_to_open


def test_an_operation_that_took_too_long_counts_as_a_timeout():
    clock = VirtualClock()
    with pytest.raises(TimeoutError):
        Timeout(clock, 1.0).call(lambda: clock.advance(1.5))
    assert Timeout(clock, 1.0).call(lambda: clock.advance(1.0)) is None


@pytest.mark.parametrize("order", [["retry", "retry"], ["cache"]])
def test_an_order_with_an_unknown_or_a_double_name_is_refused(order):
    with pytest.raises(ValueError):
        compose(order, layers(VirtualClock()), lambda: None)
    with pytest.raises(ValueError):
        run(order)


# The service, seen through one pattern


def test_without_trouble_every_request_is_sent_once_and_ends_well():
    timeline = run(("timeout",), Patterns(timeout_s=20), workload=Workload(rate_per_s=5, duration_s=20), seed=1)
    assert sum(timeline.sent) == sum(timeline.demand)
    assert sum(timeline.failed) == sum(timeline.refused) == sum(timeline.wasted) == 0
    assert timeline.load_factor() == 1


def test_a_service_that_is_down_gets_every_attempt_and_answers_none():
    timeline = run(("retry",), Patterns(retry=RetryPolicy(4, Fixed(0.1), idempotent=True)), DOWN, ONE_CLIENT)
    assert sum(timeline.good) == 0
    assert timeline.load_factor(0, 19) == pytest.approx(4, abs=0.2)


def test_requests_beyond_workers_and_queue_are_refused_at_once():
    workload = Workload(rate_per_s=0, duration_s=1000, herds=((1.0, 100),))
    timeline = run((), service=ServiceModel(workers=2, queue=10), workload=workload)
    assert (sum(timeline.good), sum(timeline.failed)) == (12, 88)


def test_what_the_service_has_when_it_goes_down_is_reset():
    workload = Workload(rate_per_s=0, duration_s=10, herds=((1.0, 20),))
    timeline = run((), service=ServiceModel(workers=2, service_s=100, outages=((5.0, 6.0),)), workload=workload)
    assert (timeline.failed[5], sum(timeline.good), sum(timeline.wasted)) == (20, 0, 0)


def test_an_answer_that_comes_too_late_is_wasted_work():
    workload = Workload(rate_per_s=0, duration_s=100, herds=((1.0, 30),))
    service = ServiceModel(workers=1, service_s=1.0, queue=100)
    timeline = run(("timeout",), Patterns(timeout_s=3.0), service, workload)
    assert sum(timeline.good) + sum(timeline.wasted) == 30
    assert sum(timeline.wasted) == sum(timeline.failed) > 20


def test_a_service_that_knows_who_gave_up_wastes_hardly_anything():
    workload = Workload(rate_per_s=0, duration_s=100, herds=((1.0, 30),))
    service = ServiceModel(workers=1, service_s=1.0, queue=100, drops_abandoned=True)
    timeline = run(("timeout",), Patterns(timeout_s=3.0), service, workload)
    assert sum(timeline.wasted) <= 1


def test_a_full_bulkhead_stops_calls_on_the_clients_side():
    service = ServiceModel(workers=100, service_s=1e9)
    timeline = run(("bulkhead",), Patterns(slots=3, slots_queue=2), service, ONE_CLIENT)
    assert sum(timeline.sent) == 3
    assert sum(timeline.full) == sum(timeline.demand) - 3 - 2


def test_who_gives_up_at_the_very_moment_of_its_turn_in_the_bulkhead_hands_the_place_on():
    service = ServiceModel(workers=100, service_s=1e9)
    workload = Workload(rate_per_s=0, duration_s=5, clients=1, herds=((1.0, 2), (2.5, 1)))
    timeline = run(("deadline", "bulkhead"), Patterns(slots=1, slots_queue=2, deadline_s=2.0), service, workload)
    assert (sum(timeline.sent), sum(timeline.failed)) == (2, 3)


def test_retries_are_the_attempts_that_are_not_the_first():
    patterns = Patterns(retry=RetryPolicy(4, Fixed(0.1), idempotent=True), slots_queue=5)
    timeline = run(("retry", "bulkhead"), patterns, DOWN, ONE_CLIENT)
    assert [s - r for s, r in zip(timeline.sent, timeline.retries, strict=True)] == timeline.demand


def test_each_failure_that_a_breaker_counts_has_its_moment_and_client():
    timeline = run(("breaker",), service=DOWN, workload=Workload(rate_per_s=10, duration_s=20, clients=2))
    assert timeline.counted == len(timeline.failures) > 10
    assert {client for _at_s, client in timeline.failures} == {0, 1}
    first = [at_s for at_s, client in timeline.failures if client == 0][4]
    opened = next(at_s for at_s, client, _old, new in timeline.changes if (client, new) == (0, "OPEN"))
    assert opened == first, "the fifth failure opens it"


def test_who_waits_at_the_bulkhead_gets_the_slot_that_becomes_free():
    workload = Workload(rate_per_s=0, duration_s=1000, clients=1, herds=((1.0, 50),))
    timeline = run(("bulkhead",), Patterns(slots=1, slots_queue=49), ServiceModel(workers=50), workload)
    assert (sum(timeline.good), sum(timeline.full)) == (50, 0)


def test_a_call_given_up_outside_the_bulkhead_frees_its_slot_inside():
    hangs = ServiceModel(workers=1000, service_s=1e9)
    timeline = run(("timeout", "bulkhead"), Patterns(timeout_s=1.0, slots=3), hangs, ONE_CLIENT)
    assert sum(timeline.sent) > 3 * 10  # three a second, as long as it lasts
    assert sum(timeline.sent) + sum(timeline.full) == sum(timeline.demand)


# What the order does


@pytest.fixture(scope="module")
def by_order():
    return {name: case.run(seed=1) for name, case in orders().items()}


def test_against_a_dead_service_retry_outside_opens_after_five_calls_and_breaker_outside_after_many(by_order):
    inner, outer = by_order["down, retry outside"], by_order["down, breaker outside"]
    assert inner.sent_until_open == 5
    assert outer.sent_until_open > 6 * inner.sent_until_open
    assert outer.opened_at_s > inner.opened_at_s + 1


def test_with_the_breaker_outside_requests_under_way_go_on_when_it_is_open(by_order):
    outer = by_order["down, breaker outside"]
    assert outer.total("sent", 0, 10) > outer.sent_until_open + 20
    assert outer.total("sent", 0, 30) > 2 * by_order["down, retry outside"].total("sent", 0, 30)


def test_a_breaker_outside_does_not_see_what_retries_mend_and_one_inside_cuts_it_off(by_order):
    outer, inner = by_order["flaky, breaker outside"], by_order["flaky, retry outside"]
    assert outer.opened_at_s is None
    assert outer.good_share() > 0.97
    assert inner.good_share() < 0.4
    assert inner.counted > 5 * outer.counted


def test_a_breaker_inside_a_timeout_never_learns_of_calls_that_hung():
    hangs, patterns = ServiceModel(workers=1000, service_s=1e9), Patterns(breaker=BreakerConfig(failure_threshold=3))
    blind = run(("timeout", "breaker"), patterns, hangs, ONE_CLIENT)
    seeing = run(("breaker", "timeout"), patterns, hangs, ONE_CLIENT)
    assert (blind.counted, blind.opened_at_s) == (0, None)
    assert seeing.opened_at_s is not None


def test_a_deadline_outside_retry_ends_the_attempts():
    patterns = Patterns(deadline_s=1.0, retry=RetryPolicy(100, Fixed(0.3), idempotent=True))
    timeline = run(("deadline", "retry"), patterns, DOWN, ONE_CLIENT)
    assert timeline.load_factor(0, 18) == pytest.approx(4, abs=0.3)  # at 0, 0.3, 0.6 and 0.9 s


def test_a_full_bulkhead_inside_the_breaker_is_no_failure_of_the_service():
    service = ServiceModel(workers=100, service_s=10)
    timeline = run(("breaker", "bulkhead"), Patterns(slots=1), service, ONE_CLIENT)
    assert sum(timeline.full) > 100
    assert timeline.opened_at_s is None


# Overload that lasts, and its cures


@pytest.fixture(scope="module")
def overloaded():
    return {name: case.run(seed=1) for name, case in overload().items()}


def test_retries_keep_the_overload_alive_when_its_cause_is_gone(overloaded):
    storm = overloaded["retry"]
    assert storm.good_share(0, 15) > 0.9
    assert storm.good_share(40, 60) < 0.05
    assert storm.load_factor(40, 60) > 3
    assert storm.total("wasted", 40, 60) > 200
    assert storm.recovered_at_s(25) is None


@pytest.mark.parametrize("cure", ["no retry", "budget", "breaker"])
def test_fewer_retries_let_the_service_recover(overloaded, cure):
    assert overloaded[cure].good_share(40, 60) > 0.9
    assert overloaded[cure].recovered_at_s(25) < 45


def test_jitter_moves_retries_and_removes_none_so_it_does_not_cure_an_overload(overloaded):
    assert overloaded["jitter"].recovered_at_s(25) is None


def test_dropping_what_nobody_waits_for_helps_and_is_not_enough(overloaded):
    assert 0.1 < overloaded["deadlines"].good_share(40, 60) < 0.9


def test_the_budget_bounds_the_load_and_the_breaker_empties_the_queue(overloaded):
    assert overloaded["budget"].load_factor() < 1.1 + 10 * 10 / sum(
        overloaded["budget"].demand
    )  # 10 clients, 10 tokens
    assert overloaded["breaker"].total("sent", 20, 25) < overloaded["retry"].total("sent", 20, 25) / 10
    assert max(overloaded["breaker"].open_share) == 1


def test_jitter_cures_the_herd():
    herds = {name: case.run(seed=1) for name, case in herd().items()}
    assert sum(herds["in step"].failed) > 10 * sum(herds["full jitter"].failed)
    assert herds["full jitter"].recovered_at_s(15) < herds["in step"].recovered_at_s(15)


# Laws


any_order = st.lists(st.sampled_from(PATTERN_NAMES), unique=True)
services = st.builds(
    ServiceModel,
    st.integers(1, 5),
    st.sampled_from([0.05, 0.3]),
    st.integers(0, 20),
    st.sampled_from([(), ((2.0, 4.0),)]),
    st.sampled_from([(), ((1.0, 3.0, 10.0),)]),
    st.sampled_from([0.0, 0.4]),
    st.booleans(),
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(any_order, services, st.integers(0, 100), st.sampled_from([None, 0.1]))
def test_in_any_stack_each_request_ends_at_most_once_and_the_same_seed_repeats_it(order, service, seed, budget_ratio):
    patterns = Patterns(budget_ratio=budget_ratio, slots=3, slots_queue=3, deadline_s=2.0)
    workload = Workload(rate_per_s=15, duration_s=8, clients=2, herds=((3.0, 20),))
    timeline = run(order, patterns, service, workload, seed)
    ended = sum(timeline.good) + sum(timeline.failed)
    assert ended <= sum(timeline.demand)
    if "deadline" in order:  # and then each of those that came early enough did end
        assert ended >= sum(timeline.demand[:5])
    assert sum(timeline.good) == len(timeline.latencies_s)
    assert max(timeline.queue) <= service.queue
    attempts_max = 4 if "retry" in order else 1
    assert sum(timeline.sent) <= attempts_max * sum(timeline.demand)
    assert timeline == run(order, patterns, service, workload, seed)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(any_order, st.integers(0, 100))
def test_every_stack_gets_the_same_requests(order, seed):
    assert Case(tuple(order)).run(seed).demand == run((), seed=seed).demand


def test_a_bulkhead_error_reaches_the_caller_of_a_composition():
    bulkhead = Bulkhead(1)
    stacked = compose(["bulkhead"], {"bulkhead": bulkhead}, lambda: bulkhead.call(lambda: "inner"))
    with pytest.raises(BulkheadFullError):
        stacked()
