"""Erlang's loss formula, and the simulator against it.

Source: A. K. Erlang (1917); the values follow from B(k) = a B(k-1) / (k + a B(k-1)), B(0) = 1. That only the mean of
the service time matters, not its distribution, is the formula's well-known insensitivity.
"""

import math

import pytest

from faultlab.models.bulkhead import REJECTED, Design, PoolSpec, RequestClass, Scenario, erlang_b, simulate

VALUES = [(5, 3, 0.11005), (10, 5, 0.01838), (10, 8, 0.12166), (20, 16, 0.06441)]


@pytest.mark.parametrize(("servers", "load", "blocked"), VALUES)
def test_the_formula_gives_the_tabulated_values(servers, load, blocked):
    assert erlang_b(servers, load) == pytest.approx(blocked, abs=5e-6)


@pytest.mark.parametrize(("servers", "load", "blocked"), VALUES)
def test_the_recursion_agrees_with_the_sum_over_all_states(servers, load, blocked):
    weights = [load**k / math.factorial(k) for k in range(servers + 1)]
    assert erlang_b(servers, load) == pytest.approx(weights[-1] / sum(weights))


@pytest.mark.slow
@pytest.mark.parametrize("fixed_wait", [False, True])
@pytest.mark.parametrize(("servers", "load", "blocked"), VALUES)
def test_a_pool_without_a_queue_rejects_that_share_whatever_the_distribution(servers, load, blocked, fixed_wait):
    kind = RequestClass("x", load * 10, cpu_s=0, wait_s=0.1, timeout_s=1e9, fixed_wait=fixed_wait)
    result = simulate(Design((PoolSpec("p", servers),), {"x": "p"}), Scenario((kind,), duration_s=400))
    # Rejections come in bunches: a plain binomial error is too small by a factor of about 2.
    tolerance = 4 * 2 * math.sqrt(blocked / result.classes["x"].arrived)
    assert result.classes["x"].share(REJECTED) == pytest.approx(blocked, abs=tolerance)
