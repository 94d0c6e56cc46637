"""CRDTs: the laws of a join semilattice for every type, and what each does with concurrent updates."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.models import crdt
from faultlab.models.clocks import VectorClock
from faultlab.models.crdt import (
    GCounter,
    GSet,
    LWWRegister,
    MVRegister,
    ORSet,
    ORSetNaive,
    PNCounter,
    SummedCounter,
    TwoPhaseSet,
)

LATTICES = [GCounter, PNCounter, GSet, TwoPhaseSet, LWWRegister, MVRegister, ORSetNaive, ORSet]
REPLICAS = "ABC"


def updated(state, replica, rng, time):
    """The state after one random update by `replica`."""
    item = rng.choice("xyz")
    match state:
        case GCounter():
            return state.add(replica, rng.randint(0, 3))
        case PNCounter() | SummedCounter():
            return state.add(replica, rng.randint(-3, 3))
        case GSet():
            return state.add(item)
        case TwoPhaseSet():
            return state.add(item) if rng.random() < 0.6 else state.remove(item)
        case LWWRegister():
            return state.write(replica, item, time + rng.randint(-2, 2))
        case MVRegister():
            return state.write(replica, item)
        case ORSet() | ORSetNaive():
            return state.add(replica, item) if rng.random() < 0.6 else state.remove(item)


def played(kind, seed, steps=14):
    """The states of three replicas after a random run of updates and merges; merges may be of old states, and come
    twice: exactly what a network may do with messages that carry states."""
    rng = random.Random(seed)
    states = dict.fromkeys(REPLICAS, kind())
    flying = []
    for step in range(steps):
        replica = rng.choice(REPLICAS)
        if flying and rng.random() < 0.4:
            states[replica] = states[replica].merge(rng.choice(flying))
        else:
            before = states[replica]
            states[replica] = updated(before, replica, rng, step)
            assert before <= states[replica], "an update moves the state up"
        flying.append(states[replica])
    return states, flying


@pytest.mark.parametrize("kind", LATTICES)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_merge_is_the_least_upper_bound(kind, seed):
    states, flying = played(kind, seed)
    a, b, c = states.values()
    assert a.merge(a) == a
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a <= a.merge(b) and b <= a.merge(b)
    for bound in flying:
        if a <= bound and b <= bound:
            assert a.merge(b) <= bound


@pytest.mark.parametrize("kind", LATTICES)
def test_replicas_that_have_received_the_same_are_the_same_in_whatever_order_it_came(kind):
    for seed in range(20):
        states, _flying = played(kind, seed)
        results = []
        for order in permutations(states.values()):
            merged = kind()
            for state in (*order, order[0], order[1]):
                merged = merged.merge(state)
            if merged.value not in results:
                results.append(merged.value)
        assert len(results) == 1, (kind, seed)


def test_adding_at_the_merge_counts_a_repeated_message_twice():
    a, b = SummedCounter().add("A", 3), SummedCounter().add("B", 5)
    assert a.merge(b).value == b.merge(a).value == 8
    assert a.merge(b).merge(b).value == 13
    once, other = PNCounter().add("A", 3), PNCounter().add("B", 5)
    assert once.merge(other).merge(other).value == 8


def test_the_counter_of_the_source_merges_to_ten():
    rows = [(5, 2, 0), (3, 3, 1), (4, 2, 2)]
    a, b, c = (GCounter(VectorClock(zip("ABC", row, strict=True))) for row in rows)
    assert [x.value for x in (a, b, c)] == [7, 7, 8]
    assert a.merge(b).merge(c).value == 10


def test_concurrent_increments_add_up_to_eighteen_where_the_last_writer_loses_three():
    start = PNCounter().add("A", 10)
    assert start.add("A", 3).merge(start.add("B", 5)).value == 18
    register = LWWRegister().write("A", 10, 0)
    assert register.write("A", 13, 1).merge(register.write("B", 15, 2)).value == 15


def test_a_clock_that_is_ahead_wins_over_every_later_write():
    ahead = LWWRegister().write("A", "old", time_s=100)
    assert ahead.write("B", "new", time_s=60).value == "old"
    assert LWWRegister().write("B", "new", time_s=60).merge(ahead).value == "old"


def test_siblings_are_kept_until_somebody_who_saw_them_writes():
    start = MVRegister().write("A", "old@x")
    phone, tablet = start.write("A", "new@x"), start.write("B", "other@x")
    both = phone.merge(tablet)
    assert both.value == ("new@x", "other@x")
    settled = both.write("C", "new@x")
    assert settled.merge(phone).merge(tablet).value == ("new@x",)
    assert settled.write("A", "last@x").merge(both).value == ("last@x",)


@pytest.mark.parametrize("kind", [ORSet, ORSetNaive])
def test_an_addition_wins_over_a_concurrent_removal_and_loses_to_a_later_one(kind):
    start = kind().add("A", "milk")
    again, removed = start.add("B", "milk"), start.remove("milk")
    assert again.merge(removed).value == {"milk"}
    assert again.merge(again.remove("milk")).value == frozenset()
    assert removed.add("A", "milk").value == {"milk"}


def test_what_was_removed_once_never_comes_back_to_a_two_phase_set():
    assert TwoPhaseSet().add("milk").remove("milk").add("milk").value == frozenset()
    assert TwoPhaseSet().remove("milk").add("milk").value == {"milk"}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_set_without_tombstones_shows_what_the_naive_one_shows(seed):
    rng = random.Random(seed)
    pairs = dict.fromkeys(REPLICAS, (ORSet(), ORSetNaive()))
    flying = []
    for _step in range(20):
        replica = rng.choice(REPLICAS)
        lean, naive = pairs[replica]
        if flying and rng.random() < 0.5:
            other = rng.choice(flying)
            pairs[replica] = (lean.merge(other[0]), naive.merge(other[1]))
        elif rng.random() < 0.6:
            item = rng.choice("xyz")
            pairs[replica] = (lean.add(replica, item), naive.add(replica, item))
        else:
            item = rng.choice("xyz")
            pairs[replica] = (lean.remove(item), naive.remove(item))
        flying.append(pairs[replica])
        assert pairs[replica][0].value == pairs[replica][1].value


def test_tombstones_grow_with_every_removal_and_a_version_vector_does_not():
    lean, naive = ORSet(), ORSetNaive()
    sizes = []
    for _round in range(100):
        lean, naive = lean.add("A", "milk").remove("milk"), naive.add("A", "milk").remove("milk")
        sizes.append((lean.size, naive.size))
    assert {one for one, _other in sizes} == {1}
    assert [other for _one, other in sizes] == [2 * n for n in range(1, 101)]


def test_a_growing_counter_takes_no_negative_step():
    with pytest.raises(ValueError, match="whole numbers from 0 on"):
        GCounter().add("A", -1)
    assert PNCounter().add("A", -1).value == -1


def test_every_type_starts_empty_and_is_listed():
    assert set(crdt.TYPES.values()) == {*LATTICES, SummedCounter}
    for kind in crdt.TYPES.values():
        assert kind() == kind() and kind() <= kind().merge(kind())
