"""Faults as values, and schedules of them."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import crash, cut, delay, drop, duplicate, heal, loss, partition, pause, random_faults, restart
from faultlab.sim import faults as module
from faultlab.sim.faults import CRASH, HEAL, PARTITION, PAUSE, RESTART, RESUME, Fault, flat, resume, skew

NAMES = ["A", "B", "C", "D", "E"]
moments = st.floats(min_value=0, max_value=100)
names = st.sampled_from(NAMES)
pairs = st.permutations(NAMES).map(lambda order: order[:2])


@st.composite
def partitions(draw):
    order, sizes = draw(st.permutations(NAMES)), sorted(draw(st.sets(st.integers(1, 4), min_size=1, max_size=3)))
    groups = [order[a:b] for a, b in zip([0, *sizes], [*sizes, 5], strict=True)]
    return partition(groups, draw(moments))


some_faults = st.one_of(
    st.builds(crash, names, moments),
    st.builds(restart, names, moments, st.booleans()),
    st.builds(pause, names, moments),
    st.builds(resume, names, moments),
    partitions(),
    st.builds(lambda pair, at_s: cut(*pair, at_s), pairs, moments),
    st.builds(heal, moments),
    st.builds(loss, st.floats(min_value=0, max_value=1), moments),
    st.builds(skew, names, moments, st.floats(-10, 10), st.floats(0.1, 10)),
    st.builds(drop, names, names, st.integers(1, 9), moments),
    st.builds(delay, names, names, st.integers(1, 9), st.floats(0, 5), moments),
    st.builds(duplicate, names, names, st.integers(1, 9), moments),
)
few = settings(max_examples=40, deadline=None)
schedules = st.recursive(st.lists(some_faults, max_size=4), lambda x: st.lists(x, max_size=3), max_leaves=4)


@few
@given(schedules)
def test_a_schedule_survives_json(schedule):
    given_ = flat(schedule)
    assert tuple(Fault.from_json(json.loads(json.dumps(f.to_json()))) for f in given_) == given_


@few
@given(schedules)
def test_a_flat_schedule_is_its_own_flat_form(schedule):
    assert flat(flat(schedule)) == flat(schedule)


def test_a_schedule_may_be_nested_and_keeps_its_order():
    schedule = [crash("A", 3), pause("B", 1, 2), [[heal(5)], restart("A", 4)]]
    assert [(f.kind, f.at_s) for f in flat(schedule)] == [
        ("crash", 3), ("pause", 1), ("resume", 2), ("heal", 5), ("restart", 4),
    ]  # fmt: skip


def test_groups_written_as_text_are_the_groups_written_as_lists():
    assert partition("A B | C D E", 1, 2) == partition([["A", "B"], ["C", "D", "E"]], 1, 2)
    assert [f.kind for f in partition("A | B", 1, 2)] == [PARTITION, HEAL]
    assert [f.kind for f in partition("A | B", 1)] == [PARTITION]


def test_a_fault_knows_the_nodes_of_which_it_speaks():
    assert crash("A", 1).names() == {"A"}
    assert cut("A", "B", 1).names() == {"A", "B"}
    assert partition("A B | C", 1)[0].names() == {"A", "B", "C"}
    assert heal(1).names() == set()


@pytest.mark.parametrize("at_s", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize(
    "make", [lambda t: crash("A", t), heal, lambda t: loss(0.1, t), lambda t: partition("A | B", t)]
)
def test_a_moment_that_is_none_is_refused(make, at_s):
    with pytest.raises(ValueError, match="moment"):
        make(at_s)


@pytest.mark.parametrize(
    "make",
    [
        lambda: partition("A B", 1),
        lambda: partition("A | A", 1),
        lambda: partition("A B | B C", 1),
        lambda: partition("|", 1),
        lambda: crash("", 1),
        lambda: cut("A", "", 1),
        lambda: cut("A", "A", 1),
        lambda: drop("A", "B", 0),
        lambda: drop("A", "", 1),
        lambda: delay("A", "B", 1, by_s=-0.5),
        lambda: delay("A", "B", 1, by_s=math.nan),
        lambda: delay("A", "B", 1, by_s=math.inf),
        lambda: loss(1.5, 1),
        lambda: loss(-0.1, 1),
        lambda: loss(math.nan, 1),
        lambda: skew("A", 1, rate=0),
        lambda: skew("A", 1, rate=-1),
        lambda: skew("A", 1, rate=math.inf),
        lambda: skew("A", 1, by_s=math.nan),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_in_one_line(make):
    with pytest.raises(ValueError) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "crash",
        [],
        {},
        {"kind": "crash"},
        {"at_s": 1},
        {"at_s": 1, "kind": "crash"},
        {"at_s": 1, "kind": "explode", "node": "A"},
        {"at_s": "1", "kind": "crash", "node": "A"},
        {"at_s": True, "kind": "crash", "node": "A"},
        {"at_s": 1, "kind": "crash", "node": 5},
        {"at_s": 1, "kind": "crash", "node": "A", "colour": "red"},
        {"at_s": 1, "kind": "partition"},
        {"at_s": 1, "kind": "partition", "groups": "A B"},
        {"at_s": 1, "kind": "partition", "groups": [["A"], [1]]},
        {"at_s": 1, "kind": "drop", "node": "A", "other": "B"},
        {"at_s": 1, "kind": "drop", "node": "A", "other": "B", "number": 1.5},
    ],
)
def test_json_that_is_no_fault_is_a_value_error_in_one_line(garbage):
    with pytest.raises(ValueError) as caught:
        Fault.from_json(garbage)
    assert len(str(caught.value).splitlines()) == 1


def test_every_kind_of_fault_is_made_by_some_function():
    made = flat([
        crash("A", 1), restart("A", 1), pause("A", 1, 2), partition("A | B", 1, 2), cut("A", "B", 1), loss(0.1, 1),
        skew("A", 1), drop("A", "B", 1), delay("A", "B", 1, 1.0), duplicate("A", "B", 1),
    ])  # fmt: skip
    assert {f.kind for f in made} == set(module.KINDS)


# Chance turned into a schedule

shapes = st.fixed_dictionaries(
    {
        "crashes": st.integers(0, 6),
        "partitions": st.integers(0, 3),
        "pauses": st.integers(0, 6),
        "calm_s": st.sampled_from([0.0, 3.0]),
        "down_at_once_max": st.sampled_from([None, 1, 3]),
    }
)


def most_down_at_once(schedule):
    down, most = set(), 0
    for f in schedule:
        if f.kind in (CRASH, PAUSE):
            down.add(f.node)
        elif f.kind in (RESTART, RESUME):
            down.discard(f.node)
        most = max(most, len(down))
    return most, down


@few
@given(st.integers(0, 10**6), st.integers(1, 5), shapes)
def test_a_random_schedule_repairs_all_before_the_calm_and_never_takes_too_many_nodes_at_once(seed, size, shape):
    schedule = random_faults(seed, NAMES[:size], 10.0, **shape)
    assert schedule == random_faults(seed, NAMES[:size], 10.0, **shape)
    assert [f.at_s for f in schedule] == sorted(f.at_s for f in schedule)
    assert all(0 <= f.at_s <= 10 - shape["calm_s"] + 1e-4 for f in schedule)
    most, still_down = most_down_at_once(schedule)
    limit = shape["down_at_once_max"]
    assert most <= ((size - 1) // 2 if limit is None else limit)
    assert not still_down
    cuts = [f.kind for f in schedule if f.kind in (PARTITION, HEAL)]
    assert cuts.count(PARTITION) == cuts.count(HEAL) == (shape["partitions"] if size > 1 else 0)


@few
@given(st.integers(0, 10**6))
def test_one_crash_more_moves_nothing_else(seed):
    fewer = random_faults(seed, NAMES, 20.0, crashes=1, partitions=2)
    more = random_faults(seed, NAMES, 20.0, crashes=2, partitions=2)
    assert set(fewer) <= set(more)


def test_a_crash_that_is_a_restart_without_disk_has_the_stated_probability():
    restarts = [f for seed in range(200) for f in random_faults(seed, NAMES, 20.0, disk_lost=0.3) if f.kind == RESTART]
    assert sum(not f.disk for f in restarts) / len(restarts) == pytest.approx(0.3, abs=0.07)


def test_there_is_no_schedule_without_time():
    with pytest.raises(ValueError, match="no time"):
        random_faults(1, NAMES, 5.0, calm_s=5.0)
