"""Distributions of latencies."""

import json
import math
import statistics
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import stream
from faultlab.sim.latency import Constant, Exponential, LogNormal, Mixture, Pareto, Uniform, from_json, to_json

seconds = st.floats(min_value=0, max_value=1e3)
some = st.floats(min_value=1e-6, max_value=1e3)
simple = st.one_of(
    st.builds(Constant, seconds),
    st.tuples(seconds, seconds).map(lambda pair: Uniform(min(pair), max(pair))),
    st.builds(Exponential, some, seconds),
    st.builds(LogNormal, some, st.floats(min_value=0, max_value=5)),
    st.builds(Pareto, some, st.floats(min_value=0.1, max_value=20)),
)
latencies = st.recursive(
    simple,
    lambda x: st.lists(st.tuples(some, x), min_size=1, max_size=3).map(lambda p: Mixture(tuple(p))),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(latencies)
def test_a_latency_survives_json(latency):
    assert from_json(json.loads(json.dumps(to_json(latency)))) == latency


@settings(max_examples=40, deadline=None)
@given(latencies, st.integers())
def test_a_latency_is_never_negative_and_never_endless_and_repeats_with_its_stream(latency, seed):
    drawn = [latency.draw(draw) for draw in [stream(seed)] for _n in range(20)]
    assert all(0 <= latency_s < math.inf for latency_s in drawn)
    assert drawn == [latency.draw(draw) for draw in [stream(seed)] for _n in range(20)]


def draws(latency, count=20_000):
    draw = Random(1)
    return sorted(latency.draw(draw) for _n in range(count))


def test_a_uniform_latency_stays_in_its_range_and_fills_it():
    drawn = draws(Uniform(0.01, 0.03))
    assert 0.01 <= drawn[0] < 0.0101
    assert 0.0299 < drawn[-1] <= 0.03
    assert statistics.mean(drawn) == pytest.approx(0.02, rel=0.01)


def test_an_exponential_latency_has_its_mean_above_its_floor():
    drawn = draws(Exponential(mean_s=0.02, floor_s=0.1))
    assert drawn[0] >= 0.1
    assert statistics.mean(drawn) == pytest.approx(0.12, rel=0.01)


def test_half_of_log_normal_latencies_are_below_the_median():
    drawn = draws(LogNormal(0.05, 1.0))
    assert statistics.median(drawn) == pytest.approx(0.05, rel=0.03)
    assert statistics.stdev(math.log(x) for x in drawn) == pytest.approx(1.0, rel=0.03)


def test_the_tail_of_a_pareto_latency_is_the_stated_power():
    drawn = draws(Pareto(0.01, 2.0))
    assert drawn[0] >= 0.01
    assert sum(x > 0.04 for x in drawn) / len(drawn) == pytest.approx((0.01 / 0.04) ** 2, rel=0.1)


def test_a_mixture_takes_its_parts_in_proportion_to_their_weights():
    drawn = draws(Mixture(((3.0, Constant(1.0)), (1.0, Constant(2.0)))))
    assert drawn.count(2.0) / len(drawn) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: Constant(x),
        lambda x: Uniform(x, 1.0),
        lambda x: Uniform(0.0, x),
        lambda x: Exponential(x),
        lambda x: Exponential(1.0, x),
        lambda x: LogNormal(x),
        lambda x: LogNormal(1.0, x),
        lambda x: Pareto(x),
        lambda x: Pareto(1.0, x),
        lambda x: Mixture(((x, Constant()),)),
    ],
)
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_number_that_is_no_latency_is_refused_in_one_line(make, value):
    with pytest.raises(ValueError) as caught:
        make(value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="range"):
        Uniform(2.0, 1.0)


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "constant",
        [],
        {},
        {"kind": "normal"},
        {"kind": []},
        {"kind": "constant", "latency_s": "1"},
        {"kind": "constant", "latency_s": True},
        {"kind": "constant", "latency_s": -1},
        {"kind": "constant", "mean_s": 1},
        {"kind": "mixture"},
        {"kind": "mixture", "parts": 3},
        {"kind": "mixture", "parts": []},
        {"kind": "mixture", "parts": [[1]]},
        {"kind": "mixture", "parts": [[1, None]]},
        {"kind": "mixture", "parts": [["x", {"kind": "constant"}]]},
    ],
)
def test_json_that_is_no_latency_is_a_value_error_in_one_line(garbage):
    with pytest.raises(ValueError) as caught:
        from_json(garbage)
    assert len(str(caught.value).splitlines()) == 1
