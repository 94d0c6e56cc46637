"""The checks of the observed-remove set, held to the models of the course and to small wrong ones."""

import pytest

from faultlab.checks import core
from faultlab.models import crdt
from faultlab.models.clocks import VectorClock
from tests.replicated import (
    any_part_of_a_schedule_is_one,
    fails_even_an_empty_schedule,
    plain_data_that_the_seed_decides,
    right,
    trace_of,
    verdict_on,
)

NAMES = core.names("or_set")


class Model:
    """The course's value behind the exercise's class."""

    def __init__(self, replica):
        self.replica, self.kept = replica, crdt.ORSet()

    def add(self, item):
        self.kept = self.kept.add(self.replica, item)

    def remove(self, item):
        self.kept = self.kept.remove(item)

    def contains(self, item):
        return item in self.kept.value

    def items(self):
        return set(self.kept.value)

    def state(self):
        return [[*dot, item] for dot, item in self.kept.dots], dict(self.kept.seen)

    def merge(self, state):
        dots = frozenset(((replica, n), item) for replica, n, item in state[0])
        self.kept = self.kept.merge(crdt.ORSet(dots, VectorClock(state[1])))


class Naive(Model):
    """With tombstones for ever."""

    def __init__(self, replica):
        self.replica, self.kept = replica, crdt.ORSetNaive()

    def state(self):
        parts = (self.kept.added, self.kept.removed)
        return *([[*dot, item] for dot, item in part] for part in parts), dict(self.kept.counts)

    def merge(self, state):
        added, removed = (frozenset(((r, n), item) for r, n, item in part) for part in state[:2])
        self.kept = self.kept.merge(crdt.ORSetNaive(added, removed, VectorClock(state[2])))


class Union(Model):
    def merge(self, state):
        for _replica, _n, item in state[0]:
            self.add(item)


class Nothing(Model):
    def add(self, item):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_the_model_of_the_course_is_right(name):
    right(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_the_naive_form_is_right_but_for_its_size(name):
    status = verdict_on(Naive, name, hidden=True, seeds=range(3), shorten=False).status
    assert status == (core.WRONG if name == "or_set.size" else core.RIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_that_does_nothing_fails_even_an_empty_schedule(name):
    fails_even_an_empty_schedule(Nothing, name)


@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_schedule_is_a_schedule(name):
    any_part_of_a_schedule_is_one(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    plain_data_that_the_seed_decides(name)


def test_a_union_brings_back_what_was_removed_and_the_shortest_run_shows_it():
    verdict = verdict_on(Union, "or_set.old", hidden=True)
    trace = trace_of(verdict)
    assert len(trace) < 25 and trace[len(trace) - 1].kind == "deliver"
    assert "it should show []" in verdict.message


def test_the_size_of_tombstones_is_told_with_its_bound():
    verdict = verdict_on(Naive, "or_set.size")
    assert "numbers and texts; at most 92 are allowed" in verdict.message
