"""The checks of the PN-counter, held to the model that the course teaches and to small wrong ones."""

import pytest

from faultlab.checks import core, replicas
from faultlab.models import crdt
from faultlab.models.clocks import VectorClock
from faultlab.sim.trace import Trace
from tests.replicated import (
    any_part_of_a_schedule_is_one,
    fails_even_an_empty_schedule,
    plain_data_that_the_seed_decides,
    right,
    trace_of,
    verdict_on,
)

NAMES = core.names("pn_counter")


class Model:
    """The course's value behind the exercise's class."""

    def __init__(self, replica):
        self.replica, self.kept = replica, crdt.PNCounter()

    def increment(self, by=1):
        if by < 0:
            raise ValueError(by)
        self.kept = self.kept.add(self.replica, by)

    def decrement(self, by=1):
        if by < 0:
            raise ValueError(by)
        self.kept = self.kept.add(self.replica, -by)

    def value(self):
        return self.kept.value

    def state(self):
        return [dict(self.kept.added.counts), dict(self.kept.taken.counts)]

    def merge(self, state):
        added, taken = (crdt.GCounter(VectorClock(counts)) for counts in state)
        self.kept = self.kept.merge(crdt.PNCounter(added, taken))


class Nothing(Model):
    def increment(self, by=1):
        pass

    decrement = increment


class Sums(Model):
    """A merge that adds: `SummedCounter` of the models."""

    def merge(self, state):
        for name, count in state[0].items():
            self.kept = self.kept.add(name, count)
        for name, count in state[1].items():
            self.kept = self.kept.add(name, -count)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_of_the_course_is_right(name):
    right(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_counter_that_does_nothing_fails_even_an_empty_schedule(name):
    fails_even_an_empty_schedule(Nothing, name)


@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_schedule_is_a_schedule(name):
    any_part_of_a_schedule_is_one(Model, name)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    plain_data_that_the_seed_decides(name)


def test_a_sum_at_merge_is_shown_by_the_state_that_comes_twice():
    verdict = verdict_on(Sums, "pn_counter.repeated", hidden=True)
    trace = trace_of(verdict)
    assert [e.kind for e in trace][-4:] == ["send", "deliver", "duplicate", "deliver"]
    assert trace.state(len(trace) - 1)["B"]["shows"] == 4 and "it should show 2" in verdict.message
    assert "fl-pl" in verdict.to_html() and "is doubled" in verdict.to_text()


def test_a_merge_that_raises_is_shown_where_it_raises():
    class Broken(Model):
        def merge(self, state):
            raise KeyError("B")

    verdict = verdict_on(Broken, "pn_counter.merge")
    last = Trace.from_json(verdict.trace)[-1]
    assert (last.kind, last.node) == ("error", "B") and "KeyError" in last.detail
    assert "raise KeyError" in verdict.traceback


def test_a_state_with_an_object_in_it_is_no_message():
    class Shares(Model):
        def state(self):
            return {"counter": self.kept}

    assert "it has an object in it" in verdict_on(Shares, "pn_counter.merge").message


def test_the_size_of_data_counts_numbers_and_texts_and_long_ones_more_than_once():
    assert replicas.size({"A": [1, 2.5, None], "B": ()}) == 6
    assert replicas.size("x" * 33) == 2 and replicas.size(1 << 64) == 2 and replicas.size("") == 1
    assert replicas.size({("A", 1): {"x"}}) == 3


def test_what_a_replica_knows_is_what_it_was_told():
    group = replicas.Group.__new__(replicas.Group)
    group.changes, group.known, group.gone = [], {"A": frozenset(), "B": frozenset()}, dict.fromkeys("AB", frozenset())
    first = group.record("A", replicas.Change("add", "x"))
    group.heard("B", group.known["A"], group.gone["A"])
    group.record("B", replicas.Change("remove", "x", takes=frozenset(group.live("B", "x"))))
    group.record("A", replicas.Change("add", "x"))
    group.heard("A", group.known["B"], group.gone["B"])
    assert [c.kind for c in group.live("A", "x").values()] == ["remove", "add"] and first not in group.live("A")


def test_an_unwritten_counter_is_not_attempted():
    class Blank:
        def __init__(self, replica):
            raise NotImplementedError

    assert {verdict_on(Blank, name).status for name in NAMES} == {core.NOT_ATTEMPTED}
