"""Published figures on what retries do to the load, counted by making the calls.

Sources: Site Reliability Engineering (Google, 2016), ch. 22 "Addressing Cascading Failures": retries at several layers
multiply, 4 attempts at each of 3 layers are 4^3 = 64; ch. 21 "Handling Overload": with a retry budget of 10 % of the
first attempts the load is bounded by about 1.1 times the demand, where 3 attempts per request give up to 3 times.
"""

import random

import pytest

from faultlab.errors import HTTPError
from faultlab.models.retry import Fixed, Retry, RetryBudget, RetryPolicy, amplification, calls_expected
from faultlab.sim import VirtualClock, stream


def failing_stack(layers, attempts):
    """A function behind `layers` layers of retries which always fails, and the list of its calls."""
    clock, calls = VirtualClock(), []

    def bottom():
        calls.append(clock())
        raise HTTPError(503)

    operation = bottom
    for _ in range(layers):
        retry = Retry(RetryPolicy(attempts, Fixed(0.1)), clock, clock.sleep, random.Random(1))
        operation = lambda retry=retry, inner=operation: retry.call(inner)  # noqa: E731
    return operation, calls


@pytest.mark.parametrize(("attempts", "expected"), [(3, 27), (4, 64)])
def test_three_layers_of_retries_multiply(attempts, expected):
    operation, calls = failing_stack(3, attempts)
    with pytest.raises(HTTPError):
        operation()
    assert len(calls) == expected == amplification(3, attempts)


def load_factor(failure_share, budget, requests=10_000):
    """Calls made for each request, when a call fails with probability `failure_share`; up to 3 attempts."""
    clock, fates, calls = VirtualClock(), stream(1, "fates"), [0]
    retry = Retry(RetryPolicy(3, Fixed(0.0)), clock, clock.sleep, random.Random(1), budget)

    def operation():
        calls[0] += 1
        if fates.random() < failure_share:
            raise HTTPError(503)

    for _ in range(requests):
        try:
            retry.call(operation)
        except HTTPError:
            continue
    return calls[0] / requests


def test_three_attempts_triple_the_load_of_a_dead_service():
    assert load_factor(1.0, budget=None) == calls_expected(3, 1.0) == 3


@pytest.mark.parametrize("failure_share", [0.5, 0.8, 1.0])
def test_a_budget_of_ten_percent_bounds_the_load_at_one_point_one(failure_share):
    assert load_factor(failure_share, RetryBudget(ratio=0.1, initial=0)) == pytest.approx(1.1, abs=0.001)


def test_a_budget_costs_nothing_while_failures_are_rare():
    assert load_factor(0.01, RetryBudget(ratio=0.1)) == pytest.approx(calls_expected(3, 0.01), abs=0.003)
