"""The published figures of the AWS backoff simulator.

Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; simulator
aws-samples/aws-arch-backoff-simulator, run again: 100 clients, network abs(N(10, 2)) ms, base 5 ms, cap 2 s; only
writes are counted.
"""

import pytest

from faultlab.models.backoff import PUBLISHED, average

RUNS = 20

# calls, time to finish in s, and how far our mean of 20 runs with pinned seeds may be from it
EXPECTED = {
    "none": (2426, 2.031, 0.02, 0.02),
    "exponential": (1846, 63.309, 0.02, 0.05),
    "equal": (813, 6.540, 0.03, 0.05),
    "full": (796, 4.909, 0.03, 0.08),
    "decorrelated": (999, 4.700, 0.03, 0.12),
}


@pytest.fixture(scope="module")
def measured():
    return {name: average(strategy, clients=100, runs=RUNS) for name, strategy in PUBLISHED.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_hundred_contending_clients_do_the_published_work_in_the_published_time(name, measured):
    calls, finish_s, calls_share, finish_share = EXPECTED[name]
    assert measured[name].calls == pytest.approx(calls, rel=calls_share)
    assert measured[name].finish_s == pytest.approx(finish_s, rel=finish_share)


@pytest.mark.slow
def test_every_jitter_beats_plain_exponential_waits_in_work_and_in_time(measured):
    plain = measured["exponential"]
    for name in ("equal", "full", "decorrelated"):
        assert measured[name].calls < 0.6 * plain.calls
        assert measured[name].finish_s < plain.finish_s / 8


@pytest.mark.slow
def test_full_jitter_does_the_least_work(measured):
    assert min(measured, key=lambda name: measured[name].calls) == "full"
