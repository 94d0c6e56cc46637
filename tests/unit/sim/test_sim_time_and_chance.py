"""Virtual time, the event loop and the random streams."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultlab.sim import Loop, VirtualClock, stream

moments = st.floats(min_value=0, max_value=1e6)


def test_a_clock_moves_only_when_told_to():
    clock = VirtualClock()
    assert (clock(), clock()) == (0.0, 0.0)
    clock.sleep(1.5)
    clock.advance(0.5)
    assert clock() == 2.0
    clock.advance_to(7.25)
    assert clock() == 7.25


@pytest.mark.parametrize("duration_s", [-1e-9, math.inf, math.nan])
def test_a_clock_that_is_asked_to_run_backwards_or_for_ever_refuses_and_stands(duration_s):
    clock = VirtualClock(5)
    with pytest.raises(ValueError):
        clock.advance(duration_s)
    with pytest.raises(ValueError):
        clock.advance_to(5 + duration_s)
    assert clock() == 5


@given(st.lists(moments, max_size=30))
def test_functions_run_in_the_order_of_moment_and_then_of_scheduling(times_s):
    loop, ran = Loop(), []
    for number, moment_s in enumerate(times_s):
        loop.at(moment_s, lambda number=number: ran.append((loop.now_s, number)))
    loop.run()
    assert ran == sorted((moment_s, number) for number, moment_s in enumerate(times_s))


def test_a_function_may_schedule_for_now_and_for_later_but_not_for_the_past():
    loop, ran = Loop(), []

    def first():
        loop.after(0, ran.append, "now")
        loop.after(2, ran.append, "later")
        with pytest.raises(ValueError):
            loop.at(0.5, ran.append, "past")

    loop.at(1, first)
    assert loop.run() == 3
    assert ran == ["now", "later"]


def test_running_until_a_moment_includes_it_and_leaves_the_rest():
    loop, ran = Loop(), []
    for moment_s in (1, 2, 3):
        loop.at(moment_s, ran.append, moment_s)
    assert loop.run(until_s=2) == 2
    assert (ran, len(loop)) == ([1, 2], 1)
    assert loop.run(until_s=10) == 10
    assert ran == [1, 2, 3]


def test_a_cancelled_function_does_not_run():
    loop, ran = Loop(), []
    number = loop.at(1, ran.append, "cancelled")
    loop.at(1, ran.append, "kept")
    loop.cancel(number)
    assert len(loop) == 1
    loop.run()
    assert ran == ["kept"]


def test_a_stream_is_given_by_seed_and_name_in_any_process():
    here = [stream(7, "client", 3).random() for _ in range(2)]
    there = subprocess.run(
        [sys.executable, "-c", "from faultlab.sim import stream; print(repr(stream(7, 'client', 3).random()))"],
        capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"},
    )  # fmt: skip
    assert here == [float(there.stdout)] * 2


def test_streams_of_different_names_or_seeds_differ():
    names = [(1, "a", "bc"), (1, "ab", "c"), (1, "abc"), (1, "a"), (1, "a", 1), (1, "a", "1"), (2, "a")]
    assert len({stream(*name).random() for name in names}) == len(names)
