"""The checks of the shopping cart and of the learner's tests, held to right and wrong carts."""

import dataclasses
import random

import pytest

from faultlab.checks import cart as checks
from faultlab.checks import carts, core
from faultlab.models.cart import CounterCart
from tests.replicated import (
    any_part_of_a_schedule_is_one,
    fails_even_an_empty_schedule,
    plain_data_that_the_seed_decides,
    right,
    trace_of,
    verdict_on,
)

NAMES = core.names("cart")
OF_TESTS = [name for name in NAMES if ".tests_" in name]
OF_CARTS = [name for name in NAMES if name not in OF_TESTS]
GROUPS = [(group, cart) for group, found in carts.WRONG_CARTS.items() for cart in found]


@pytest.fixture(autouse=True)
def smaller(monkeypatch):
    monkeypatch.setattr(checks, "LARGE_ITEMS", 400)


def both(*made):
    for cart in made:
        for other in made:
            other.merge(cart.state())


def test_alone(Cart):
    cart = Cart("phone")
    cart.add("milk", 2)
    cart.add("milk")
    assert cart.items() == {"milk": 3}
    cart.set_quantity("milk", 2)
    cart.add("milk", 2)
    assert cart.items() == {"milk": 4}
    cart.remove("milk")
    assert cart.items() == {}
    for quantity in (0, -1):
        with pytest.raises(ValueError):
            cart.add("milk", quantity)


test_alone.__test__ = False


def removal(Cart):
    phone, tablet = Cart("phone"), Cart("tablet")
    phone.add("milk", 2)
    old = phone.state()
    tablet.merge(old)
    tablet.remove("milk")
    phone.add("milk", 3)
    both(phone, tablet)
    assert phone.items() == {"milk": 3}
    tablet.merge(old)
    tablet.merge(phone.state())
    assert tablet.items() == {"milk": 3}
    tablet.add("tea")
    both(phone, tablet)
    assert tablet.items() == phone.items() == {"milk": 3, "tea": 1}


def conflict(Cart):
    phone, tablet = Cart("phone"), Cart("tablet")
    for quantities, shown, asked in (((3, 5), 5, {"milk": [3, 5]}), ((4, 4), 4, {})):
        for cart, quantity in zip((phone, tablet), quantities, strict=True):
            cart.set_quantity("milk", quantity)
        both(phone, tablet, phone)
        assert phone.items() == tablet.items() == {"milk": shown} and phone.conflicts() == asked
        phone.set_quantity("milk", 1)
        both(phone, tablet)
        assert tablet.conflicts() == {} and tablet.items() == {"milk": 1}


def by_way_of_others(Cart):
    phone, tablet, laptop = map(Cart, ("phone", "tablet", "laptop"))
    phone.add("milk", 2)
    tablet.merge(phone.state())
    laptop.merge(tablet.state())
    assert laptop.items() == {"milk": 2}
    old = phone.state()
    again = Cart("phone")
    again.merge(old)
    again.add("milk")
    laptop.merge(again.state())
    laptop.merge(old)
    assert laptop.items() == {"milk": 3}
    before = len(repr(again.state()))
    for _change in range(30):
        again.add("milk")
    assert len(repr(again.state())) < before + 20


SUITE = [test_alone, removal, conflict, by_way_of_others]


@pytest.mark.parametrize("cart", carts.RIGHT_CARTS)
@pytest.mark.parametrize("name", OF_CARTS)
def test_the_judges_right_carts_keep_every_rule(name, cart):
    right(cart, name, range(2))


@pytest.mark.parametrize(("group", "cart"), GROUPS, ids=lambda value: getattr(value, "__name__", value))
def test_each_of_the_judges_wrong_carts_breaks_a_rule_and_says_which(group, cart):
    found = (verdict_on(cart, name, hidden=True, seeds=range(6), shorten=False) for name in OF_CARTS)
    assert core.WRONG in (verdict.status for verdict in found), group
    assert "rule" in cart.rule


@pytest.mark.parametrize("name", OF_CARTS)
def test_a_cart_that_does_nothing_fails_even_an_empty_schedule(name):
    fails_even_an_empty_schedule(carts.DoesNothing, name)


@pytest.mark.parametrize("name", OF_CARTS)
def test_any_part_of_a_schedule_is_a_schedule(name):
    any_part_of_a_schedule_is_one(carts.RIGHT_CARTS[1], name)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    plain_data_that_the_seed_decides(name)


def test_the_counter_cart_of_the_models_asks_nothing_and_adds_up_settings():
    """Its `set` adds the difference, and so two devices that both set 3 have more than they wanted."""

    class Counted(carts.Cart):
        def __init__(self, device):
            self.device, self.kept = device, CounterCart()

        def set_quantity(self, item, quantity):
            self.kept = self.kept.set(self.device, item, quantity)

        def items(self):
            return self.kept.value

    one, other = Counted("phone"), Counted("tablet")
    one.set_quantity("milk", 3)
    other.set_quantity("milk", 3)
    assert one.kept.merge(other.kept).value == {"milk": 6}


def test_a_shortened_failure_is_a_merge_diagram_of_the_devices():
    verdict = verdict_on(carts.ComesBack, "cart.removal", hidden=True)
    trace = trace_of(verdict)
    assert trace.nodes == checks.DEVICES and {"send", "deliver", "note"} <= {e.kind for e in trace}


def test_work_is_counted_in_lines_and_not_in_seconds():
    class Walks(carts.Cart):
        def entry(self, item, device):
            for known in self.lines:
                if known == item:
                    break
            return super().entry(item, device)

    verdict = verdict_on(Walks, "cart.large")
    assert "goes through more than 160000 lines of Python" in verdict.message


# The learner's tests


@pytest.mark.parametrize("name", OF_TESTS)
def test_tests_that_tell_right_from_wrong_are_right(name):
    right(SUITE, name, range(3))


@pytest.mark.parametrize("name", OF_TESTS)
@pytest.mark.parametrize("always", [True, False])
def test_tests_that_always_or_never_fail_are_worth_nothing(name, always):
    def test(Cart):
        assert not always

    assert verdict_on([test], name).status == core.WRONG


@pytest.mark.parametrize("name", OF_TESTS)
def test_tests_that_throw_dice_are_worth_nothing(name):
    rng = random.Random(name)

    def dice(Cart):
        assert rng.random() < 0.6

    assert verdict_on([dice], name, hidden=True).status == core.WRONG


def test_one_false_alarm_costs_all_and_says_what_the_test_did():
    def alarm(Cart):
        cart = Cart("phone")
        cart.add("milk", 2)
        assert cart.items() == {"milk": 1}

    for name in OF_TESTS:
        verdict = verdict_on([*SUITE, alarm], name)
        assert verdict.status == core.WRONG
        assert "Test number 5 fails on a cart that keeps every rule: AssertionError" in verdict.message
        told = [event.text for event in verdict.story.events]
        assert any("phone.add('milk', 2)" in line for line in told) and any("→ {'milk': 2}" in line for line in told)


def test_a_cart_that_was_missed_is_told_by_the_rule_that_it_breaks():
    verdict = verdict_on([test_alone], "cart.tests_conflicts")
    assert verdict.message.startswith("Your tests pass a cart that is wrong.") and "(rule 6)" in verdict.message


def test_a_cart_tells_nothing_of_itself_but_by_its_answers():
    seen = []

    def looks(Cart):
        cart = Cart("phone")
        public = [name for name in dir(cart) if not name.startswith("_")]
        seen.append((Cart.__name__, type(cart).__name__, type(cart).__mro__[1:], tuple(public), cart.__doc__))

    verdict_on([looks], "cart.tests_removal")
    assert len(seen) >= 8 and len(set(seen)) == 1
    assert seen[0] == ("Cart", "Cart", (object,), tuple(sorted(carts.METHODS)), None)


def test_the_order_of_the_carts_is_another_one_each_time():
    orders = []

    def notes(Cart):
        cart = Cart("phone")
        cart.add("milk", 2)
        cart.add("milk", 1)
        orders[-1].append(cart.items() == {"milk": 3})
        assert orders[-1][-1]

    for _time in range(4):
        orders.append([])
        hidden_only = dataclasses.replace(core.find("cart.tests_local"), examples=[])
        verdict_on([notes], "cart.tests_local", hidden_only, hidden=True, seeds=[0])
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize("given", [[], [1], "tests", {"a": 1}])
def test_what_is_no_list_of_functions_is_told_so(given):
    assert "CART_TESTS should be a list of functions" in verdict_on(given, "cart.tests_right").message


def test_whatever_a_test_gives_to_a_cart_is_no_mistake_of_the_check():
    def strange(Cart):
        cart = Cart(["phone"])
        for call in (cart.add, cart.merge, cart.remove, cart.items):
            for item in (None, [1], object(), "x" * 10, 10**20):
                try:
                    call(item)
                except (TypeError, ValueError):
                    continue
        assert Cart("phone").items() == {}

    assert verdict_on([strange], "cart.tests_right").status == core.WRONG


def test_a_test_that_never_stops_calling_is_stopped():
    def endless(Cart):
        cart = Cart("phone")
        while True:
            cart.items()

    assert "more than 3,000 calls in one test" in verdict_on([endless], "cart.tests_right").message


def test_all_tests_together_have_a_number_of_calls_too():
    def long(Cart):
        cart = Cart("phone")
        for _call in range(2_600):
            cart.items()

    assert verdict_on([long], "cart.tests_right").message.startswith("Your tests pass a cart that is wrong.")
    assert "more than 5,000 calls in all tests together" in verdict_on([long, long], "cart.tests_right").message


def test_who_passes_every_cart_once_and_fails_it_when_asked_again_has_found_nothing():
    calls = []

    def counts(Cart):
        calls.append(Cart)
        assert len(calls) <= 8

    verdict = verdict_on([counts], "cart.tests_sync")
    assert verdict.status == core.WRONG and "passes a wrong cart once and fails it once" in verdict.message
