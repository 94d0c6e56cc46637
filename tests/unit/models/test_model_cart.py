"""The three carts: what each does to the customer, and the laws of the one that does right."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.models.cart import CounterCart, LastWriterCart, UnionCart

CARTS = [LastWriterCart, UnionCart, CounterCart]


def both_add_one(cart):
    """Phone and tablet add the same thing at the same time."""
    start = cart()
    return start.add("phone", "tea", 1, time_s=1).merge(start.add("tablet", "tea", 1, time_s=2)).value


def one_removes_what_the_other_adds_to(cart):
    start = cart().add("phone", "tea", 2, time_s=0)
    return start.remove("phone", "tea", time_s=1).merge(start.add("tablet", "tea", 1, time_s=2)).value


def one_removes_and_the_other_adds_something_else(cart):
    start = cart().add("phone", "tea", 2, time_s=0)
    return start.remove("phone", "tea", time_s=1).merge(start.add("tablet", "milk", 1, time_s=2)).value


def test_quantities_add_up_in_one_cart_only():
    assert [both_add_one(cart) for cart in CARTS] == [{"tea": 1}, {"tea": 1}, {"tea": 2}]


def test_a_removal_takes_what_it_saw_in_one_cart_only():
    assert [one_removes_what_the_other_adds_to(cart) for cart in CARTS] == [{"tea": 3}, {"tea": 3}, {"tea": 1}]


def test_dynamos_cart_brings_back_what_was_removed_and_the_last_writer_does_too():
    found = [one_removes_and_the_other_adds_something_else(cart) for cart in CARTS]
    assert found == [{"tea": 2, "milk": 1}, {"tea": 2, "milk": 1}, {"milk": 1}]


def test_the_last_writer_loses_the_other_device_s_additions():
    start = LastWriterCart()
    merged = start.add("phone", "tea", 1, time_s=1).merge(start.add("tablet", "milk", 1, time_s=2))
    assert merged.value == {"milk": 1}


def played(seed, steps=16):
    rng = random.Random(seed)
    carts, flying = dict.fromkeys(("phone", "tablet", "web"), CounterCart()), []
    for _step in range(steps):
        device, item = rng.choice(list(carts)), rng.choice(["tea", "milk"])
        before = carts[device]
        match rng.choice(["add", "take", "remove", "set", "merge"]):
            case "add":
                carts[device] = before.add(device, item, rng.randint(1, 3))
            case "take":
                carts[device] = before.add(device, item, -1)
            case "remove":
                carts[device] = before.remove(device, item)
                assert item not in carts[device].value
            case "set":
                quantity = rng.randint(0, 4)
                carts[device] = before.set(device, item, quantity)
                assert carts[device].value.get(item, 0) == quantity
            case "merge" if flying:
                carts[device] = before.merge(rng.choice(flying))
        assert before <= carts[device]
        flying.append(carts[device])
    return list(carts.values())


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_counter_cart_is_a_lattice(seed):
    a, b, c = played(seed)
    assert a.merge(a) == a and a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a <= a.merge(b) and b <= a.merge(b)
    assert len({str(x.merge(y).merge(z).merge(x).value) for x, y, z in permutations((a, b, c))}) == 1


def test_nothing_is_taken_that_is_not_there_and_two_who_take_the_last_leave_none():
    assert CounterCart().add("phone", "tea", -1).value == {}
    start = CounterCart().add("phone", "tea", 1)
    merged = start.add("phone", "tea", -1).merge(start.add("tablet", "tea", -1))
    assert merged.value == {} and merged.set("phone", "tea", 2).value == {"tea": 2}


def test_a_negative_quantity_is_refused():
    with pytest.raises(ValueError, match="none or more"):
        CounterCart().set("phone", "tea", -1)


def test_the_price_is_two_numbers_a_touch_and_four_at_most():
    cart = CounterCart()
    for _round in range(50):
        cart = cart.add("phone", "tea", 2).add("phone", "tea", -1).remove("phone", "tea")
    assert cart.value == {} and cart.size == 4
