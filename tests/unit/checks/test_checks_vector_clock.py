"""The checks of the vector clock, held to the model that the course teaches and to small wrong ones."""

import pytest

from faultlab.checks import core
from faultlab.checks import vector_clock as checks
from faultlab.models.clocks import VectorClock as Value
from tests.replicated import (
    any_part_of_a_schedule_is_one,
    fails_even_an_empty_schedule,
    plain_data_that_the_seed_decides,
    right,
    trace_of,
    verdict_on,
)

NAMES = core.names("vector_clock")


class Model:
    """The course's value behind the exercise's class."""

    def __init__(self, process):
        self.process, self.value = process, Value()

    def vector(self):
        return dict(self.value)

    def tick(self):
        self.value = self.value.tick(self.process)
        return self.vector()

    send = tick

    def receive(self, vector):
        self.value = self.value.merge(Value(vector))
        return self.tick()

    @staticmethod
    def compare(first, second):
        return Value(first).compare(Value(second))


class Nothing(Model):
    def tick(self):
        return {}

    send = tick

    def receive(self, vector):
        return {}

    @staticmethod
    def compare(first, second):
        return "equal"


@pytest.mark.parametrize("name", NAMES)
def test_the_model_of_the_course_is_right(name):
    right(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_clock_that_stands_still_fails_even_an_empty_schedule(name):
    fails_even_an_empty_schedule(Nothing, name)


@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_schedule_is_a_schedule(name):
    any_part_of_a_schedule_is_one(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    plain_data_that_the_seed_decides(name)


def test_the_order_of_two_vectors_is_that_of_the_model():
    vectors = [{}, {"A": 1}, {"A": 2}, {"B": 1}, {"A": 1, "B": 1}, {"A": 0}]
    for first in vectors:
        for second in vectors:
            assert checks.order(first, second) == Value(first).compare(Value(second))


def test_entries_of_none_make_no_difference():
    assert checks.same({"A": 1, "B": 0}, {"A": 1}) and not checks.same({"A": 1.0}, {"A": 1})
    assert not checks.same([["A", 1]], {"A": 1})


def test_a_message_is_drawn_from_its_sending_to_its_arrival():
    class Replaces(Model):
        def receive(self, vector):
            self.value = Value(vector)
            return self.tick()

    trace = trace_of(verdict_on(Replaces, "vector_clock.receive"))
    last = trace[len(trace) - 1]
    assert last.kind == "deliver" and last.other == "A"
    sent = next(e for e in trace if e.kind == "send" and e.number == last.number)
    assert (sent.node, sent.other) == ("A", "B") and trace.violated
