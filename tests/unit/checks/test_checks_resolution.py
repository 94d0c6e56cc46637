"""The checks of last writer, siblings and sums, held to a register as of the models and to small wrong ones."""

import pytest

from faultlab.checks import core
from faultlab.models.clocks import VectorClock
from faultlab.models.crdt import MVRegister
from tests.replicated import (
    any_part_of_a_schedule_is_one,
    fails_even_an_empty_schedule,
    plain_data_that_the_seed_decides,
    right,
    trace_of,
    verdict_on,
)

NAMES = core.names("resolution")
CLOCK, SUM = ("resolution.latest", "resolution.ties"), "resolution.sums"


class Register:
    """The model's register, with writes that know what their client has read."""

    def __init__(self, replica):
        self.replica, self.kept = replica, MVRegister()

    def read(self):
        return list(self.kept.value), dict(self.kept.seen)

    def write(self, value, context):
        read = VectorClock(context or {})
        seen = self.kept.seen.merge(read).tick(self.replica)
        left = frozenset(pair for pair in self.kept.siblings if pair[0][1] > read[pair[0][0]])
        self.kept = MVRegister(left | {((self.replica, seen[self.replica]), value)}, seen)

    def state(self):
        return [[*dot, value] for dot, value in self.kept.siblings], dict(self.kept.seen)

    def merge(self, state):
        siblings = frozenset(((replica, n), value) for replica, n, value in state[0])
        self.kept = self.kept.merge(MVRegister(siblings, VectorClock(state[1])))


class Overwrites(Register):
    def write(self, value, context):
        self.kept = self.kept.write(self.replica, value)


class Nothing(Register):
    def write(self, value, context):
        pass


def last_writer(versions):
    return max(versions, key=lambda v: (v["time_s"], v["writer"]))["value"] if versions else None


def answer(name):
    if name in CLOCK:
        return last_writer
    return (lambda base, copies: base + sum(copy - base for copy in copies)) if name == SUM else Register


def nothing(name):
    return (lambda *given: None) if name in (*CLOCK, SUM) else Nothing


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_is_right(name):
    right(answer(name), name)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_does_nothing_fails_even_an_empty_schedule(name):
    fails_even_an_empty_schedule(nothing(name), name)


@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_schedule_is_a_schedule(name):
    any_part_of_a_schedule_is_one(answer(name), name)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    plain_data_that_the_seed_decides(name)


def test_the_register_of_the_models_overwrites_what_a_client_has_not_read():
    """`MVRegister.write` speaks for a replica that has seen all it has, and not for a client that read earlier."""
    verdict = verdict_on(Overwrites, "resolution.stale")
    assert "shows ['second']; it should show ['first', 'second']" in verdict.message
    assert {e.node for e in trace_of(verdict) if e.kind == "note"} == {"A"}
