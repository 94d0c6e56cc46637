"""The circuit breaker: its table, its rules, its edges, its threads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultlab.errors import BulkheadFullError, CircuitOpenError, HTTPError
from faultlab.models.breaker import (
    CLOSED,
    EVENTS,
    HALF_OPEN,
    OPEN,
    PROBE_FAILED,
    PROBE_SUCCEEDED,
    RECOVERY_ELAPSED,
    STATES,
    THRESHOLD_REACHED,
    TRANSITIONS,
    BreakerConfig,
    Call,
    CircuitBreaker,
    IllegalEventError,
    NaiveBreaker,
    SlidingWindow,
    StateMachine,
    drive,
    service_failure,
    traffic,
)
from faultlab.sim import VirtualClock

WAY_TO = {CLOSED: (), OPEN: (THRESHOLD_REACHED,), HALF_OPEN: (THRESHOLD_REACHED, RECOVERY_ELAPSED)}


def ok():
    return "ok"


def failing(error):
    def request():
        raise error

    return request


def fail(breaker, times=1, error=None):
    for _ in range(times):
        with pytest.raises(HTTPError):
            breaker.call(failing(error or HTTPError(503)))


def make(**settings):
    clock = VirtualClock()
    return clock, CircuitBreaker(clock, BreakerConfig(**settings))


def opened(**settings):
    clock, breaker = make(**settings)
    fail(breaker, breaker.config.failure_threshold)
    assert breaker.state == OPEN
    return clock, breaker


def half_opened(**settings):
    """A breaker whose one probe is out, and the probe's permit."""
    clock, breaker = opened(**settings)
    clock.advance(breaker.config.recovery_time_s)
    return clock, breaker, breaker.acquire()


def refused(breaker):
    with pytest.raises(CircuitOpenError) as refusal:
        breaker.call(lambda: pytest.fail("the request ran though the breaker should have refused it"))
    return refusal.value.retry_after_s


# The table


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", STATES)
def test_an_event_follows_the_table_or_raises_and_changes_nothing(state, event):
    machine = StateMachine()
    for step in WAY_TO[state]:
        machine.fire(step)
    before = (machine.state, machine.period)
    assert machine.state == state
    if (state, event) in TRANSITIONS:
        assert machine.fire(event) == machine.state == TRANSITIONS[state, event]
        assert machine.period == before[1] + 1
    else:
        with pytest.raises(IllegalEventError):
            machine.fire(event)
        assert (machine.state, machine.period) == before


def test_every_state_can_be_left_and_reached():
    assert {state for state, _ in TRANSITIONS} == set(TRANSITIONS.values()) == set(STATES)
    assert {event for _, event in TRANSITIONS} == set(EVENTS)
    assert TRANSITIONS[HALF_OPEN, PROBE_FAILED] == OPEN
    assert TRANSITIONS[HALF_OPEN, PROBE_SUCCEEDED] == CLOSED


# Opening


def test_the_threshold_opens_and_one_failure_less_does_not():
    _, breaker = make(failure_threshold=5)
    fail(breaker, 4)
    assert breaker.state == CLOSED
    fail(breaker)
    assert breaker.state == OPEN


def test_successes_in_between_do_not_forget_failures():
    _, breaker = make(failure_threshold=5)
    for _ in range(4):
        fail(breaker)
        breaker.call(ok)
    fail(breaker)
    assert breaker.state == OPEN


@pytest.mark.parametrize(("age_s", "state"), [(9.999, OPEN), (10.0, CLOSED)])
def test_a_failure_counts_until_it_is_exactly_a_window_old(age_s, state):
    clock, breaker = make(failure_threshold=2, window_s=10)
    fail(breaker)
    clock.advance(age_s)
    fail(breaker)
    assert breaker.state == state


def test_a_result_counts_from_when_it_arrives_not_from_when_the_call_started():
    clock, breaker = make(failure_threshold=2, window_s=10)
    slow = breaker.acquire()
    clock.advance(60)
    slow.fail(TimeoutError())
    assert breaker.window() == [(60, False)]


def test_a_window_by_count_forgets_by_number_and_not_by_age():
    clock, breaker = make(failure_threshold=2, window_calls=3)
    fail(breaker)
    clock.advance(1e6)
    breaker.call(ok)
    breaker.call(ok)
    breaker.call(ok)
    fail(breaker)
    assert breaker.state == CLOSED
    clock.advance(1e6)
    fail(breaker)
    assert breaker.state == OPEN


def test_a_rate_waits_for_the_minimum_of_calls():
    _, breaker = make(failure_rate=0.5, calls_min=4)
    fail(breaker, 3)
    assert breaker.state == CLOSED
    breaker.call(ok)
    assert breaker.state == OPEN  # 3 of 4: the fourth result was a success, and it completed the minimum


@pytest.mark.parametrize("failures", range(1, 10))
def test_a_rate_is_reached_by_exactly_its_share(failures):
    _, breaker = make(failure_rate=failures / 10, calls_min=10)
    for _ in range(10 - failures):
        breaker.call(ok)
    fail(breaker, failures - 1)
    assert breaker.state == CLOSED
    fail(breaker)
    assert breaker.state == OPEN


@pytest.mark.parametrize("status", [400, 404, 429, 499])
def test_the_callers_own_errors_count_as_success(status):
    _, breaker = make()
    fail(breaker, 20, HTTPError(status))
    assert breaker.state == CLOSED
    assert all(good for _, good in breaker.window())


@pytest.mark.parametrize("error", [HTTPError(500), HTTPError(599), ConnectionResetError(), TimeoutError()])
def test_errors_of_the_service_count_as_failures(error):
    assert service_failure(error)


def test_which_errors_count_is_a_setting():
    _, breaker = make(failure_threshold=1, is_failure=lambda error: isinstance(error, KeyError))
    fail(breaker, 5)
    with pytest.raises(KeyError):
        breaker.call(failing(KeyError()))
    assert breaker.state == OPEN


def test_what_was_never_sent_counts_as_neither():
    clock, breaker = opened()
    clock.advance(30)
    with pytest.raises(BulkheadFullError):
        breaker.call(failing(BulkheadFullError()))
    assert breaker.state == HALF_OPEN
    breaker.call(ok)
    with pytest.raises(BulkheadFullError):
        breaker.call(failing(BulkheadFullError()))
    assert (breaker.state, breaker.window()) == (CLOSED, [])


# Open


def test_an_open_breaker_refuses_without_calling_and_says_how_long():
    clock, breaker = opened(recovery_time_s=30)
    clock.advance(12)
    assert refused(breaker) == 18


def test_calls_pass_again_at_exactly_the_recovery_time():
    clock, breaker = opened(recovery_time_s=30)
    clock.advance(29.999)
    assert refused(breaker) > 0
    clock.advance_to(30)
    assert breaker.call(ok) == "ok"
    assert breaker.state == CLOSED


def test_looking_changes_nothing():
    clock, breaker = opened()
    clock.advance(1000)
    assert [breaker.state, breaker.window(), breaker.state] == [OPEN, [], OPEN]


def test_a_late_failure_does_not_prolong_the_open_period():
    clock, breaker = make(failure_threshold=1, recovery_time_s=30)
    slow = breaker.acquire()
    fail(breaker)
    clock.advance(20)
    slow.fail(TimeoutError())
    assert refused(breaker) == 10


# Half-open


def test_a_probe_that_fails_opens_for_another_full_recovery_time():
    clock, breaker = opened(recovery_time_s=30)
    clock.advance(31)
    fail(breaker)
    assert breaker.state == OPEN
    assert refused(breaker) == 30


def test_a_probe_that_succeeds_closes_with_an_empty_window():
    clock, breaker = opened(failure_threshold=5, window_s=1000, recovery_time_s=30)
    clock.advance(30)
    breaker.call(ok)
    assert (breaker.state, breaker.window()) == (CLOSED, [])
    fail(breaker, 4)
    assert breaker.state == CLOSED


def test_a_probe_that_is_answered_with_a_4xx_closes():
    clock, breaker = opened()
    clock.advance(30)
    fail(breaker, 1, HTTPError(404))
    assert breaker.state == CLOSED


@pytest.mark.parametrize("probes_max", [1, 3])
def test_no_more_probes_are_out_than_allowed(probes_max):
    _, breaker, _ = half_opened(probes_max=probes_max)
    for _ in range(probes_max - 1):
        assert breaker.acquire().is_probe
    assert refused(breaker) == 0


def test_of_two_probes_the_first_result_decides():
    _, breaker, first = half_opened(probes_max=2)
    second = breaker.acquire()
    first.succeed()
    second.fail()
    assert breaker.state == CLOSED
    assert breaker.window() == []


def test_a_late_success_from_before_the_trouble_closes_nothing():
    clock, breaker = make(failure_threshold=1)
    old = breaker.acquire()
    fail(breaker)
    clock.advance(30)
    probe = breaker.acquire()
    old.succeed()
    assert breaker.state == HALF_OPEN
    assert refused(breaker) == 0
    probe.succeed()
    assert breaker.state == CLOSED


def test_a_probe_of_an_earlier_half_open_period_does_not_free_a_place_in_this_one():
    clock, breaker, first = half_opened(probes_max=2)
    late = breaker.acquire()
    first.fail()
    clock.advance(30)
    breaker.acquire()
    breaker.acquire()
    late.fail()
    assert breaker.state == HALF_OPEN
    assert refused(breaker) == 0


def test_a_cancelled_probe_gives_its_place_back_and_counts_as_nothing():
    _, breaker, probe = half_opened()
    probe.cancel()
    assert breaker.state == HALF_OPEN
    assert breaker.call(ok) == "ok"


def test_an_interrupt_from_the_keyboard_is_neither_success_nor_failure():
    clock, breaker = opened()
    clock.advance(30)
    with pytest.raises(KeyboardInterrupt):
        breaker.call(failing(KeyboardInterrupt()))
    assert breaker.state == HALF_OPEN


def test_a_predicate_that_raises_does_not_lose_the_probes_place():
    clock, breaker = make(failure_threshold=1)
    fail(breaker)
    clock.advance(30)
    probe = breaker.acquire()
    object.__setattr__(breaker.config, "is_failure", lambda error: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        probe.record(HTTPError(503))
    assert breaker.acquire().is_probe


def test_a_permit_is_settled_once():
    _, breaker = make(failure_threshold=2)
    permit = breaker.acquire()
    permit.fail()
    with pytest.raises(RuntimeError):
        permit.fail()
    assert (breaker.state, len(breaker.window())) == (CLOSED, 1)


# Fallback, listeners, settings


def test_a_fallback_answers_for_failures_and_refusals_but_not_for_the_callers_errors():
    breaker = CircuitBreaker(VirtualClock(), BreakerConfig(failure_threshold=1), fallback=lambda error: type(error))
    assert breaker.call(failing(HTTPError(503))) is HTTPError
    assert breaker.call(ok) is CircuitOpenError
    closed = CircuitBreaker(VirtualClock(), fallback=lambda error: "cached")
    with pytest.raises(HTTPError):
        closed.call(failing(HTTPError(404)))


def test_listeners_hear_every_change_in_order_and_cannot_break_the_breaker():
    clock, heard = VirtualClock(), []

    def broken(old, new, moment_s):
        raise RuntimeError("a listener with a bug")

    def curious(old, new, moment_s):
        heard.append((old, new, moment_s, breaker.state))

    breaker = CircuitBreaker(clock, BreakerConfig(failure_threshold=1), listeners=[broken, curious])
    fail(breaker)
    clock.advance(30)
    breaker.call(ok)
    assert heard == [(CLOSED, OPEN, 0, OPEN), (OPEN, HALF_OPEN, 30, HALF_OPEN), (HALF_OPEN, CLOSED, 30, CLOSED)]


def test_a_listener_may_call_the_breaker_and_later_news_still_come_later():
    clock, heard = VirtualClock(), []

    def caller(old, new, moment_s):
        if new == HALF_OPEN:
            heard.append("before")
            probe.append(breaker.acquire())
            probe.pop().succeed()
        heard.append(new)

    probe = []
    breaker = CircuitBreaker(clock, BreakerConfig(failure_threshold=1, probes_max=2), listeners=[caller])
    fail(breaker)
    clock.advance(30)
    breaker.acquire()
    assert heard == [OPEN, "before", HALF_OPEN, CLOSED]


@pytest.mark.parametrize(
    "settings",
    [
        {"failure_threshold": 0},
        {"window_s": 0},
        {"probes_max": 0},
        {"recovery_time_s": -1},
        {"failure_rate": 0},
        {"failure_rate": 1.1},
        {"window_calls": 4, "failure_threshold": 5},
        {"window_calls": 9, "failure_rate": 0.5, "calls_min": 10},
    ],
)
def test_settings_with_which_it_never_opens_or_never_closes_are_refused(settings):
    with pytest.raises(ValueError):
        BreakerConfig(**settings)


# Laws


@given(
    st.lists(st.tuples(st.floats(min_value=0, max_value=5), st.booleans()), max_size=60),
    st.floats(min_value=0.1, max_value=20),
)
def test_a_time_window_never_holds_a_result_of_its_own_age(steps, window_s):
    window, now_s, everything = SlidingWindow(window_s), 0.0, []
    for gap_s, good in steps:
        now_s += gap_s
        everything.append((now_s, good))
        window.add(now_s, good)
        expected = [(t, g) for t, g in everything if now_s - window_s < t <= now_s]
        assert window.results(now_s) == expected
        assert (len(window), window.failures) == (len(expected), sum(not g for _, g in expected))


@given(st.lists(st.booleans(), max_size=60), st.integers(min_value=1, max_value=8))
def test_a_count_window_holds_the_last_results(results, calls):
    window = SlidingWindow(1, calls)
    for number, good in enumerate(results):
        window.add(number, good)
    assert [good for _, good in window.results(0)] == results[-calls:]
    assert window.failures == sum(not good for good in results[-calls:])


calls_with_gaps = st.lists(st.tuples(st.floats(min_value=0, max_value=8), st.booleans()), max_size=80)


@given(calls_with_gaps, st.integers(1, 4), st.floats(0.5, 20), st.floats(0, 20))
def test_one_caller_at_a_time_sees_what_the_rules_say(steps, threshold, window_s, recovery_s):
    """The rules once more, written down naively from the whole history, as an oracle."""
    clock, breaker = make(failure_threshold=threshold, window_s=window_s, recovery_time_s=recovery_s)
    opened_at_s, results = None, []
    for gap_s, good in steps:
        clock.advance(gap_s)
        now_s = clock()
        if opened_at_s is not None and opened_at_s + recovery_s - now_s > 0:
            assert refused(breaker) == opened_at_s + recovery_s - now_s
            continue
        breaker.call(ok) if good else fail(breaker)
        if opened_at_s is not None:
            opened_at_s, results = (None, []) if good else (now_s, results)
        else:
            results.append((now_s, good))
            if sum(not g for t, g in results if t > now_s - window_s) >= threshold:
                opened_at_s = now_s
        assert breaker.state == (CLOSED if opened_at_s is None else OPEN)


@given(st.lists(st.sampled_from(["start", "good", "bad", "wait"]), max_size=80), st.integers(1, 3))
def test_overlapping_calls_never_put_out_more_probes_than_allowed(steps, probes_max):
    clock, breaker = make(failure_threshold=2, recovery_time_s=3, probes_max=probes_max)
    out = []
    for step in steps:
        if step == "wait":
            clock.advance(1)
        elif step == "start":
            try:
                out.append(breaker.acquire())
            except CircuitOpenError:
                assert breaker.state != CLOSED
        elif out:
            permit = out.pop(0)
            permit.succeed() if step == "good" else permit.fail()
        if breaker.state == HALF_OPEN:
            period = breaker._machine.period
            assert sum(p.is_probe and p.period == period for p in out) <= probes_max


# Threads


def test_threads_that_arrive_together_get_one_probe_between_them():
    clock, breaker = opened()
    clock.advance(30)
    started, outcomes = threading.Barrier(8), []

    def caller():
        started.wait()
        try:
            outcomes.append(breaker.acquire())
        except CircuitOpenError as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=caller) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(outcome, CircuitOpenError) for outcome in outcomes) == 1


def test_the_clock_is_read_under_the_lock_so_that_results_stand_in_order():
    moments_s = iter(range(100))

    def clock():
        assert breaker._lock.locked()
        return next(moments_s)

    breaker = CircuitBreaker(clock, BreakerConfig(failure_threshold=2, recovery_time_s=1))
    breaker.call(ok)
    fail(breaker, 2)
    breaker.call(ok)
    assert breaker.window() == []


def test_the_request_runs_outside_the_lock():
    """A request that itself calls through the breaker, in another thread, would wait for ever otherwise."""
    _, breaker = make()

    def request():
        inner = threading.Thread(target=breaker.call, args=(ok,), daemon=True)
        inner.start()
        inner.join(timeout=5)
        return inner.is_alive()

    assert breaker.call(request) is False


# The naive breaker, and traffic


def test_the_naive_breaker_is_never_opened_by_failures_that_alternate_with_successes():
    breaker = NaiveBreaker(VirtualClock())
    for _ in range(100):
        fail(breaker)
        breaker.call(ok)
    assert breaker.state == CLOSED


def test_the_naive_breaker_stays_half_open_when_its_probe_fails():
    clock = VirtualClock()
    breaker = NaiveBreaker(clock, failure_threshold=5, recovery_time_s=30)
    fail(breaker, 5)
    clock.advance(31)
    fail(breaker)
    assert breaker.state == HALF_OPEN


def test_driving_reports_each_call_and_a_ribbon_without_gaps():
    calls = traffic(seed=1, duration_s=120, rate_per_s=10, outages=[(20, 60)])
    result = drive(CircuitBreaker, calls, until_s=120)
    assert len(result.outcomes) == len(calls)
    assert result.count("failed") == 6  # five that open it at 20 s, and the one probe that still falls into the outage
    assert [state for *_, state in result.ribbon] == [CLOSED, OPEN, HALF_OPEN, OPEN, HALF_OPEN, CLOSED]
    assert result.ribbon[0][0] == 0
    assert result.ribbon[-1][1] == 120
    assert all(a[1] == b[0] for a, b in zip(result.ribbon, result.ribbon[1:], strict=False))


def test_driving_passes_on_an_error_of_the_breakers_own():
    class Broken:
        state = CLOSED

        def call(self, request):
            raise AttributeError("a bug")

    with pytest.raises(AttributeError):
        drive(lambda clock: Broken(), [Call(1.0)])


def test_the_same_seed_gives_the_same_traffic():
    assert [c.at_s for c in traffic(3)] == [c.at_s for c in traffic(3)]
    assert [c.at_s for c in traffic(3)] != [c.at_s for c in traffic(4)]
