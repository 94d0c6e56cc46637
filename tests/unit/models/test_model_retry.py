"""Retry: delay strategies, the rules of the policy, the budget."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultlab.errors import HTTPError
from faultlab.models.retry import (
    STRATEGIES,
    DecorrelatedJitter,
    EqualJitter,
    Exponential,
    Fixed,
    FullJitter,
    NaivePlusMinus,
    NaiveRetry,
    PlusMinus,
    Retry,
    RetryBudget,
    RetryPolicy,
    amplification,
    calls_expected,
    outcome_unknown,
    transient,
    waits,
)
from faultlab.sim import VirtualClock

JITTER = (FullJitter, EqualJitter, DecorrelatedJitter, PlusMinus)


class Service:
    """An operation that ends as scripted, one outcome per attempt, the last one for ever.

    It notes when it was called.
    """

    def __init__(self, clock, *outcomes, takes_s=0.0):
        self.clock, self.outcomes, self.takes_s, self.called_at_s = clock, list(outcomes), takes_s, []

    def __call__(self):
        self.called_at_s.append(self.clock())
        self.clock.advance(self.takes_s)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def attempt(*outcomes, takes_s=0.0, budget=None, **policy):
    """Call a service once under a policy; returns (result or error, moments of the attempts, time at the end)."""
    clock = VirtualClock()
    service = Service(clock, *outcomes, takes_s=takes_s)
    policy = RetryPolicy(**{"delays": Fixed(1.0), "idempotent": True, **policy})
    try:
        result = Retry(policy, clock, clock.sleep, random.Random(1), budget).call(service)
    except Exception as error:
        result = error
    return result, service.called_at_s, clock()


# Delays


@given(
    st.sampled_from(sorted(STRATEGIES)),
    st.floats(0.001, 100),
    st.floats(0.001, 1000),
    st.integers(1, 5000),
    st.integers(0, 2**32),
)
def test_no_strategy_ever_waits_longer_than_its_cap_or_outside_its_bounds(name, base_s, cap_s, attempts, seed):
    delays, rng = STRATEGIES[name](base_s, cap_s), random.Random(seed)
    previous_s = None
    for number in range(1, 12):
        wait_s = delays.delay(number, previous_s, rng)
        low_s, high_s = delays.bounds(number)
        assert 0 <= wait_s <= delays.cap_s <= cap_s
        assert low_s <= wait_s <= high_s * (1 + 1e-12)
        previous_s = wait_s
    assert 0 <= delays.delay(attempts, previous_s, rng) <= cap_s


def test_the_exponential_wait_doubles_up_to_the_cap():
    assert waits(Exponential(1, 10), 6, random.Random(1)) == [1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize("kind", JITTER)
def test_jitter_still_spreads_when_the_cap_is_reached(kind):
    delays = kind(base_s=1, cap_s=10)
    chosen = [waits(delays, 12, random.Random(seed))[-1] for seed in range(200)]
    at_the_cap = sum(wait_s == 10 for wait_s in chosen)
    assert len(set(chosen)) > 50
    assert at_the_cap < 150
    if kind is not DecorrelatedJitter:
        assert at_the_cap == 0


def test_jitter_that_is_added_after_the_cap_exceeds_it():
    naive = NaivePlusMinus(0.25, 1, 10)
    chosen = [waits(naive, 8, random.Random(seed))[-1] for seed in range(200)]
    assert 12 < max(chosen) <= 12.5


def test_decorrelated_jitter_grows_with_the_wait_before():
    delays, rng = DecorrelatedJitter(1, 1000), random.Random(1)
    assert all(1 <= delays.delay(1, None, rng) <= 3 for _ in range(100))
    assert max(delays.delay(1, 50, rng) for _ in range(100)) > 100


# Rules


def test_a_success_ends_it_and_nothing_is_waited_for():
    assert attempt("ok") == ("ok", [0], 0)


def test_a_transient_failure_is_followed_by_a_wait_and_another_attempt():
    assert attempt(HTTPError(503), TimeoutError(), "ok") == ("ok", [0, 1, 2], 2)


def test_the_last_attempts_error_is_raised_without_waiting_after_it():
    last = HTTPError(503)
    assert attempt(TimeoutError(), TimeoutError(), last, attempts_max=3) == (last, [0, 1, 2], 2)


@pytest.mark.parametrize("error", [HTTPError(404), HTTPError(400), ValueError(), KeyError()])
def test_what_will_not_pass_is_raised_at_once(error):
    assert attempt(error) == (error, [0], 0)


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), HTTPError(500), HTTPError(504)])
def test_an_unknown_outcome_is_retried_only_if_the_operation_is_idempotent(error):
    assert transient(error)
    assert outcome_unknown(error)
    assert attempt(error, "ok", idempotent=True)[0] == "ok"
    assert attempt(error, "ok", idempotent=False) == (error, [0], 0)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), HTTPError(503), HTTPError(429)])
def test_an_error_that_says_nothing_was_done_is_retried_in_any_case(error):
    assert attempt(error, "ok", idempotent=False)[0] == "ok"


def test_retry_after_is_a_lower_bound_of_the_wait_even_above_the_cap():
    assert attempt(HTTPError(503, retry_after_s=7), "ok") == ("ok", [0, 7], 7)
    assert attempt(HTTPError(503, retry_after_s=0.5), "ok") == ("ok", [0, 1], 1)


@pytest.mark.parametrize(("deadline_s", "attempts"), [(2.0, 3), (1.999, 2), (0.0, 1)])
def test_a_wait_that_would_end_after_the_deadline_is_not_begun(deadline_s, attempts):
    error, called_at_s, ended_s = attempt(HTTPError(503), attempts_max=9, deadline_s=deadline_s)
    assert isinstance(error, HTTPError)
    assert len(called_at_s) == attempts
    assert ended_s == called_at_s[-1]


def test_the_deadline_counts_the_time_of_the_attempts_too():
    assert attempt(HTTPError(503), attempts_max=9, deadline_s=5, takes_s=2)[1] == [0, 3]


@pytest.mark.parametrize("attempts_max", [0, -1])
def test_a_policy_without_attempts_is_refused(attempts_max):
    with pytest.raises(ValueError):
        RetryPolicy(attempts_max=attempts_max)


def test_an_interrupt_from_the_keyboard_is_not_retried():
    with pytest.raises(KeyboardInterrupt):
        attempt(KeyboardInterrupt(), "ok")


@given(
    st.lists(st.sampled_from([HTTPError(503), HTTPError(503, 3.0), HTTPError(404), "ok"]), min_size=1, max_size=8),
    st.integers(1, 6),
    st.floats(0, 20),
    st.sampled_from(sorted(STRATEGIES)),
)
def test_neither_the_attempts_nor_the_deadline_are_ever_exceeded(outcomes, attempts_max, deadline_s, name):
    delays = STRATEGIES[name](0.5, 4.0)
    _, called_at_s, ended_s = attempt(*outcomes, attempts_max=attempts_max, deadline_s=deadline_s, delays=delays)
    assert 1 <= len(called_at_s) <= attempts_max
    assert called_at_s[-1] == ended_s <= deadline_s


# The budget


def test_ten_calls_at_ten_percent_earn_exactly_one_retry():
    budget = RetryBudget(ratio=0.1, initial=0)
    for _ in range(9):
        budget.deposit()
    assert not budget.spend()
    budget.deposit()
    assert budget.spend()
    assert not budget.spend()
    assert budget.tokens == 0


def test_without_a_token_the_last_error_is_raised_and_says_why():
    error = HTTPError(503)
    result, called_at_s, ended_s = attempt(error, "ok", budget=RetryBudget(initial=0))
    assert (result, called_at_s, ended_s) == (error, [0], 0)
    assert "budget" in result.__notes__[0]


def test_a_retry_that_the_deadline_forbids_costs_no_token():
    budget = RetryBudget(initial=1)
    attempt(HTTPError(503), deadline_s=0.5, budget=budget)
    assert budget.tokens == 1.1


@given(
    st.lists(st.sampled_from(["first", "retry"]), max_size=300),
    st.floats(0, 1),
    st.integers(1, 20),
    st.integers(0, 20),
)
def test_retries_never_exceed_the_initial_tokens_and_the_share_of_first_attempts(events, ratio, tokens_max, initial):
    initial = min(initial, tokens_max)
    budget, firsts, retries = RetryBudget(ratio, tokens_max, initial), 0, 0
    for event in events:
        if event == "first":
            budget.deposit()
            firsts += 1
        else:
            retries += budget.spend()
        assert 0 <= budget.tokens <= tokens_max
        assert retries <= initial + firsts * ratio + 1e-6 * (firsts + 1)


@pytest.mark.parametrize("settings", [{"ratio": -0.1}, {"tokens_max": 0.5}, {"initial": 11}, {"initial": -1}])
def test_a_budget_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ValueError):
        RetryBudget(**settings)


# Load, and the naive retry


def test_layers_multiply():
    assert amplification(1, 3) == 3
    assert amplification(0, 3) == 1


@given(st.integers(1, 8), st.floats(0, 1))
def test_the_expected_calls_lie_between_one_and_all_attempts(attempts_max, failure_share):
    assert 1 <= calls_expected(attempts_max, failure_share) <= attempts_max


def test_the_naive_retry_retries_what_will_never_pass_and_without_attempts_says_nothing():
    clock = VirtualClock()
    service = Service(clock, HTTPError(404))
    with pytest.raises(HTTPError):
        NaiveRetry(clock.sleep, random.Random(1), attempts_max=4).call(service)
    assert len(service.called_at_s) == 4
    assert NaiveRetry(clock.sleep, random.Random(1), attempts_max=0).call(service) is None
