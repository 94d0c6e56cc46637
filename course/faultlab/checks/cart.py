"""What the shopping cart must show, and what the learner's tests of carts must find (exercise 3.6, task 5).

The contract stands in the assignment; the rules here have its numbers. What a cart should hold follows from the changes
that it knows (`checks/replicas.py`): a removal or a setting takes away the changes to the item that its device knew;
the quantity is the greatest setting that is left, plus all additions that are left; two different settings that are
left are a conflict.

The learner's tests are tried on carts of the judge's (`checks/carts.py`), right and wrong ones in an order that nobody
can know. A wrong cart counts as found if a test fails on it. But whoever fails one right cart has found nothing: so
tests that always fail are worth as much as tests that never do, and so are tests that throw dice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from faultlab.checks.carts import FORMS, METHODS, ORDERS, RIGHT_CARTS, WRONG_CARTS, Cart, DoesNothing, dressed
from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.replicas import Change, Group, gossip, shown, size
from faultlab.checks.subject import Outcome, Ref, Served, SubjectError
from faultlab.i18n import N_, _

ADD, SET, REMOVE = "add", "set_quantity", "remove"
ITEMS = ("milk", "bread", "tea", "salt")
PHONE, TABLET, LAPTOP = DEVICES = ("phone", "tablet", "laptop")
# The metadata that is allowed, as `replicas.size` counts: for each pair of an item and a device that has put some in.
NUMBERS, NUMBERS_EACH = 40, 16
ROUNDS = 30
# The large cart, and how many lines of Python its operations may go through.
LARGE_ITEMS, LARGE_DEVICES = 10_000, 8
LINES_EACH, LINES_ONE = 400, 4_000
# Calls that one test may make to a cart, and all tests of a learner's together: with them all carts of a group are done
# within the judge's number of messages.
CALLS_MAX, CALLS_IN_ALL = 3_000, 5_000


class Carts(Group):
    """Carts of a learner's on some devices; with `asks` their conflicts are looked at too."""

    def __init__(self, t: Trial, why: str = "", names: tuple[str, ...] = DEVICES, asks: bool = False) -> None:
        super().__init__(t, names, why)
        self.asks = asks
        self.pairs: set[tuple[str, str]] = set()

    def do(self, name: str, method: str, *args: Any) -> None:
        self.call(name, method, *args)
        self.note(name, method, *args)

    def note(self, name: str, method: str, item: str, quantity: int = 1) -> None:
        """The change has been made."""
        seen = frozenset() if method == ADD else frozenset(self.live(name, item))
        kind = REMOVE if method == SET and quantity == 0 else method
        self.record(name, Change(kind, item, quantity, seen))
        if kind != REMOVE:
            self.pairs.add((item, name))

    def read(self, name: str) -> Any:
        return self.t.call(self.refs[name], "items")

    def should(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for change in self.live(name, kind=ADD).values():
            found[change.item] = found.get(change.item, 0) + change.amount
        return {item: found.get(item, 0) + max(self.wanted(name, item), default=0) for item in self.there(name)}

    def there(self, name: str) -> list[str]:
        return sorted({change.item for change in self.live(name).values() if change.kind != REMOVE})

    def wanted(self, name: str, item: str) -> list[int]:
        """The different quantities to which the item was set, as far as they still count."""
        return sorted({change.amount for change in self.live(name, item, SET).values()})

    def look(self, name: str) -> None:
        super().look(name)
        if not self.asks:
            return
        got = self.t.call(self.refs[name], "conflicts")
        wanted = {item: self.wanted(name, item) for item in self.there(name)}
        expected = {item: quantities for item, quantities in wanted.items() if len(quantities) > 1}
        self.diagram.shows(asks=got)
        if got != expected or not isinstance(got, dict):
            message = _("{replica} asks {got}; it should ask {expected}.", replica=name, got=shown(got),
                        expected=shown(expected))  # fmt: skip
            self.fail(f"{message} {_(self.why)}")


def begun(t: Trial, why: str, **how: Any) -> Carts:
    """Carts of which the phone's has 2 milk, and the tablet's has heard of it."""
    group = Carts(t, why, **how)
    with group:
        group.play([["do", PHONE, ADD, "milk", 2], ["sync", PHONE, TABLET]])
    return group


def _add(rng: random.Random, items: tuple[str, ...] = ITEMS) -> list[Any]:
    return [ADD, rng.choice(items), rng.randint(1, 5)]


def _change(rng: random.Random, name: str = PHONE, items: tuple[str, ...] = ITEMS[:2]) -> list[Any]:
    """Any change; only the phone sets quantities, so that there is no conflict."""
    roll = rng.random()
    if roll < 0.25:
        return [REMOVE, rng.choice(items)]
    if roll < 0.4 and name == PHONE:
        return [SET, rng.choice(items), rng.randint(0, 6)]
    return _add(rng, items)


# One device


@register(
    "cart.local",
    title=N_("add puts in, remove takes out all, and items shows what is there"),
    examples=[[[ADD, "milk", 2], [ADD, "milk", 1], [ADD, "bread", 1], [REMOVE, "milk"], [REMOVE, "tea"]]],
    generate=lambda rng: [_change(rng, TABLET) for _step in range(rng.randint(4, 10))],
    hidden=10,
)
def local(t: Trial, schedule: Schedule) -> None:
    with Carts(t, N_("On one device it is an ordinary cart (rule 1)."), (PHONE,)) as group:
        group.play([["do", PHONE, ADD, "salt"], *(["do", PHONE, *step] for step in schedule)])
        group.play([["do", PHONE, ADD, "salt", 2], ["do", PHONE, REMOVE, "salt"]])


@register(
    "cart.sets",
    title=N_("set_quantity sets the quantity, to none as well"),
    examples=[[[ADD, "milk", 2], [SET, "milk", 5], [ADD, "milk", 1], [SET, "milk", 0], [SET, "tea", 2]]],
    generate=lambda rng: [_change(rng) for _step in range(rng.randint(4, 12))],
    hidden=10,
)
def sets(t: Trial, schedule: Schedule) -> None:
    with Carts(t, N_("set_quantity leaves that many, whatever was there (rule 2)."), (PHONE,), asks=True) as group:
        group.play([["do", PHONE, *step] for step in schedule])
        group.play([["do", PHONE, SET, "salt", 3], ["do", PHONE, SET, "salt", 1], ["do", PHONE, ADD, "salt", 4]])


@register(
    "cart.refuses",
    title=N_("a quantity that makes no sense is refused with ValueError, and changes nothing"),
    examples=[[[ADD, "milk", 0], [ADD, "milk", -1], [SET, "milk", -1]]],
    generate=lambda rng: [[rng.choice([ADD, SET]), rng.choice(ITEMS), -rng.randint(1, 9)] for _step in range(3)],
    hidden=4,
)
def refuses(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A refused call changes nothing (rule 3).")) as group:
        for method, item, quantity in [*schedule, [ADD, "milk", 0], [ADD, "milk", -2], [SET, "milk", -3]]:
            outcome = group.attempt(PHONE, method, item, quantity)
            if outcome.error is None or not outcome.error.is_a("ValueError"):
                group.fail(_("{call} should raise ValueError; it came to {outcome}.",
                             call=f"{method}({item!r}, {quantity})", outcome=str(outcome)))  # fmt: skip
            group.look(PHONE)


# Several devices


def _shopping(rng: random.Random) -> Schedule:
    schedule: Schedule = [["do", rng.choice(DEVICES), *_add(rng)] for _step in range(rng.randint(2, 6))]
    return schedule + [["sync", *rng.sample(DEVICES, 2)] for _step in range(rng.randint(1, 4))]


@register(
    "cart.sums",
    title=N_("what phone and tablet add at the same time adds up"),
    examples=[[["do", PHONE, ADD, "milk", 1], ["do", TABLET, ADD, "milk", 3], ["sync", TABLET, PHONE]]],
    generate=_shopping,
    hidden=12,
)
def sums(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Additions on several devices add up (rule 4).")) as group:
        group.play(schedule)
        group.play([["do", TABLET, ADD, "milk", 1], ["do", PHONE, ADD, "milk", 4], ["do", LAPTOP, ADD, "tea", 1]])
        group.meet()


def _removals(rng: random.Random) -> Schedule:
    item = rng.choice(ITEMS[:2])
    a, b, c = rng.sample(DEVICES, 3)
    schedule: Schedule = [["do", a, ADD, item, rng.randint(1, 4)], ["sync", a, b]]
    schedule += rng.sample([["do", b, REMOVE, item], ["do", rng.choice([a, c]), ADD, item, rng.randint(1, 4)]], 2)
    return schedule + rng.sample([["sync", a, b], ["sync", b, a], ["sync", b, c], ["sync", c, a]], 4)


@register(
    "cart.removal",
    title=N_("a removal takes what its device has seen, and what came meanwhile stays"),
    examples=[
        [
            ["do", TABLET, REMOVE, "milk"],
            ["sync", TABLET, PHONE],
            ["do", PHONE, ADD, "milk", 1],
            ["sync", PHONE, TABLET],
        ],
        [
            ["do", TABLET, REMOVE, "milk"],
            ["do", PHONE, ADD, "milk", 3],
            ["sync", PHONE, TABLET],
            ["sync", TABLET, PHONE],
        ],
    ],
    generate=_removals,
    hidden=12,
)
def removal(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("A removal takes what it has seen, and only that (rule 5).")) as group:
        group.play(schedule)
        group.play([["do", PHONE, ADD, "milk", 1], ["sync", PHONE, TABLET], ["do", TABLET, REMOVE, "milk"]])
        group.play([["do", PHONE, ADD, "milk", 4], ["sync", PHONE, LAPTOP], ["sync", TABLET, LAPTOP]])
        group.meet()


def _settings(rng: random.Random) -> Schedule:
    schedule: Schedule = [
        ["do", name, SET, "milk", rng.choice([0, rng.randint(1, 5), rng.randint(1, 900)])]
        for name in rng.sample(DEVICES, rng.randint(2, 3))
    ]
    if rng.random() < 0.5:
        schedule.insert(rng.randrange(3), ["do", rng.choice(DEVICES), ADD, "milk", rng.randint(1, 3)])
    return schedule + [["sync", *rng.sample(DEVICES, 2)] for _step in range(rng.randint(2, 5))]


@register(
    "cart.conflicts",
    title=N_("quantities set at the same time are a conflict: the greatest is shown, and conflicts has them all"),
    examples=[[["do", PHONE, SET, "milk", 3], ["do", TABLET, SET, "milk", 5], ["sync", PHONE, TABLET]]],
    generate=_settings,
    hidden=12,
)
def conflicts(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Two quantities, set at the same time, are a question to the user (rule 6)."), asks=True) as group:
        group.play(schedule)
        group.play([["do", TABLET, SET, "tea", 2], ["do", PHONE, SET, "tea", 40], ["do", LAPTOP, SET, "tea", 2]])
        group.play([["do", PHONE, SET, "bread", 0], ["do", TABLET, SET, "bread", 5]])
        group.meet()


def _answers(rng: random.Random) -> Schedule:
    answer = rng.choice([[SET, "milk", rng.randint(1, 6)], [REMOVE, "milk"], [SET, "milk", 0]])
    a, b, c = rng.sample(DEVICES, 3)
    asked: Schedule = [["do", a, SET, "milk", rng.randint(1, 3)], ["do", b, SET, "milk", rng.randint(4, 6)]]
    return [*asked, ["sync", a, b], ["do", b, *answer], ["sync", b, c], ["sync", c, a], ["sync", a, c]]


@register(
    "cart.settles",
    title=N_("an answer settles the conflict on every device that hears of it; equal quantities are none"),
    examples=[
        [["do", PHONE, SET, "milk", 3], ["do", TABLET, SET, "milk", 3], ["sync", PHONE, TABLET]],
        [["do", PHONE, SET, "milk", 3], ["do", TABLET, SET, "milk", 5], ["sync", PHONE, TABLET],
         ["do", TABLET, SET, "milk", 4], ["sync", TABLET, PHONE]],
    ],
    generate=_answers,
    hidden=12,
)  # fmt: skip
def settles(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("An answer replaces the quantities that it has seen (rule 6)."), asks=True) as group:
        group.play(schedule)
        group.play([["do", TABLET, SET, "tea", 2], ["do", LAPTOP, SET, "tea", 4]])
        group.meet()
        group.play([["do", PHONE, SET, "tea", 3], ["sync", PHONE, TABLET], ["sync", TABLET, LAPTOP]])


def _offline(rng: random.Random) -> Schedule:
    return gossip(rng, DEVICES, lambda name: _change(rng, name), 30)


@register(
    "cart.offline",
    title=N_("states may come late, twice, in any order, and by way of others"),
    examples=[
        [["send", PHONE, TABLET, 1], ["do", PHONE, REMOVE, "milk"], ["sync", PHONE, TABLET], ["deliver", 1]],
        [["do", TABLET, ADD, "milk", 2], ["sync", TABLET, LAPTOP], ["sync", LAPTOP, PHONE], ["sync", TABLET, PHONE]],
    ],
    generate=_offline,
    hidden=12,
)
def offline(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Whatever states come, in whatever order: known is known (rule 7).")) as group:
        group.play([["send", PHONE, LAPTOP, "old"], *schedule])
        group.play([["do", PHONE, ADD, "salt", 1], ["do", TABLET, REMOVE, "milk"], ["deliver", "old"]])
        group.meet()
        group.play([["deliver", "old"], ["sync", LAPTOP, TABLET]])


@register(
    "cart.restart",
    title=N_("a device that was restarted goes on from its own last state"),
    examples=[[["restart", PHONE], ["do", PHONE, ADD, "milk", 1], ["sync", PHONE, TABLET]]],
    generate=lambda rng: gossip(rng, DEVICES, lambda name: _change(rng, name), 24, restarts=True),
    hidden=10,
)
def restart(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("After a restart the device merges its own last state, and goes on (rule 8).")) as group:
        group.play([*schedule, ["restart", PHONE], ["do", PHONE, ADD, "milk", 1], ["do", PHONE, SET, "tea", 2]])
        group.play([["sync", PHONE, TABLET], ["restart", PHONE], ["do", PHONE, SET, "tea", 1], ["sync", PHONE, TABLET]])


# How much it carries, and how much it works


@register(
    "cart.size",
    title=N_("the state grows with the items and devices, not with the changes"),
    examples=[[]],
    generate=lambda rng: [["do", name := rng.choice(DEVICES), *_change(rng, name)] for _step in range(30)],
    hidden=2,
)
def state_size(t: Trial, schedule: Schedule) -> None:
    with begun(t, N_("Additions on several devices add up (rule 4).")) as group:
        group.play(schedule)
        for name, item in ((PHONE, "milk"), (TABLET, "tea"), (TABLET, "milk")):
            group.often(name, f"{ADD}({item!r}), {SET}({item!r}, 1), {REMOVE}({item!r}) × {ROUNDS}")
            for _round in range(ROUNDS):
                for method, *args in ((ADD, item), (SET, item, 1), (REMOVE, item)):
                    t.call(group.refs[name], method, *args)
                    group.note(name, method, *args)
        group.meet()
        _fits(group, group.state(PHONE), len(group.pairs), len(group.changes))


def _fits(group: Carts, state: Any, pairs: int, changes: int) -> None:
    most = NUMBERS + NUMBERS_EACH * pairs
    if size(state) > most:
        group.fail(_("After {n} changes the state has {size} numbers and texts; at most {most} are allowed, for "
                     "{pairs} pairs of item and device: {state}", n=changes, size=size(state), most=most, pairs=pairs,
                     state=shown(state)))  # fmt: skip


@register(
    "cart.large",
    title=N_("a cart of 10,000 items on 8 devices is merged with little work and little metadata"),
    examples=[[]],
)
def large(t: Trial, schedule: Schedule) -> None:
    told = len(t.story.events)
    devices = [f"d{n}" for n in range(LARGE_DEVICES)]
    with Carts(t, names=tuple(devices)) as group:
        for n in range(LARGE_ITEMS):
            t.call(group.refs[devices[n % LARGE_DEVICES]], ADD, f"item {n}", 1 + n % 3)
        del t.story.events[told:]
        t.note(_("{items} items are put in on {devices} devices", items=LARGE_ITEMS, devices=LARGE_DEVICES))
        first, second = devices[:2]
        for other in devices[1:]:
            _worked(group, LINES_EACH * LARGE_ITEMS, first, "merge", group.state(other))
        everything = group.state(first)
        _fits(group, everything, LARGE_ITEMS, LARGE_ITEMS)
        _worked(group, LINES_EACH * LARGE_ITEMS, second, "merge", everything)
        _worked(group, LINES_ONE, second, ADD, "item 0", 5)
        _worked(group, LINES_ONE, second, REMOVE, "item 1")
        got = _worked(group, LINES_EACH * LARGE_ITEMS, second, "items")
        expected = {f"item {n}": 1 + n % 3 + 5 * (n == 0) for n in range(LARGE_ITEMS) if n != 1}
        if got != expected:
            if not isinstance(got, dict) or len(got) != len(expected):
                held = len(got) if isinstance(got, dict) else shown(got)
                group.fail(_("After the merges the cart should have {n} items, with their quantities; it has {got}.",
                             n=len(expected), got=held))  # fmt: skip
            item = next(name for name, quantity in expected.items() if got.get(name) != quantity)
            group.fail(_("After the merges {item} should be there {n} times; it is there {got} times.",
                         item=item, n=expected[item], got=got.get(item, 0)))  # fmt: skip


def _worked(group: Carts, lines_max: int, name: str, method: str, *args: Any) -> Any:
    """The value of a call that may go through so many lines of Python."""
    told = len(group.t.story.events)
    outcome = group.t.subject.bounded(lines_max, group.refs[name], method, *args)
    del group.t.story.events[told:]
    if outcome.error is not None and outcome.error.is_a("TooManyLines"):
        group.fail(_("{method} on a cart of {items} items goes through more than {lines} lines of Python.",
                     method=method, items=LARGE_ITEMS, lines=lines_max))  # fmt: skip
    if outcome.error is not None:
        raise SubjectError(outcome.error)
    return outcome.value


# The learner's tests


class Suite:
    """The learner's tests, to be run on one cart after the other."""

    def __init__(self, t: Trial) -> None:
        self.t = t
        told = len(t.story.events)
        tests = t.value(t.objects[0])
        del t.story.events[told:]
        if not isinstance(tests, list | tuple) or not tests or not all(isinstance(test, Ref) for test in tests):
            t.fail(
                _(
                    "CART_TESTS should be a list of functions, each of which takes a Cart; it is {got}.",
                    got=shown(tests),
                )
            )
        self.tests = list(tests)

    def outcome(self, cart: type[Cart]) -> tuple[int, Outcome, list[str]]:
        """The first test that fails: its number from 1 on (0 if all pass), how it ended, and what it asked the cart."""
        spent = 0
        for number, test in enumerate(self.tests, start=1):
            log: list[str] = []
            told = len(self.t.story.events)
            ended = self.t.attempt(test, "", served(cart, log, min(CALLS_MAX, CALLS_IN_ALL - spent)))
            spent += len(log)
            del self.t.story.events[told:]
            if not ended.ok:
                return number, ended, log
        return 0, Outcome(), []

    def passes(self, cart: type[Cart]) -> None:
        """A right cart must pass."""
        number, ended, log = self.outcome(cart)
        if number:
            for line in log[-12:]:
                self.t.note(line)
            self.t.fail(
                _("Test number {n} fails on a cart that keeps every rule: {error}", n=number, error=str(ended.error))
            )

    def missed(self, cart: type[Cart]) -> None:
        """Fail over a wrong cart that has passed. If it does not pass again, the tests look at something else than
        the cart, such as how often they were called, and have found nothing."""
        number, _ended, _log = self.outcome(cart)
        if number:
            self.t.fail(_("Test number {n} passes a wrong cart once and fails it once.", n=number))
        self.t.fail(_("Your tests pass a cart that is wrong. {rule}", rule=_(cart.rule)))


def served(cart: type[Cart], log: list[str], calls_max: int = CALLS_MAX) -> Callable[[Any], Served]:
    """A class as the learner's code sees it: called with a device's name, it makes a cart of the judge's."""
    made: list[str] = []

    def new(device: Any = "device") -> Served:
        own = cart(device)
        made.append(str(device))

        def method(name: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                if len(log) >= calls_max:
                    raise RuntimeError(
                        f"more than {CALLS_MAX:,} calls in one test" if calls_max == CALLS_MAX
                        else f"more than {CALLS_IN_ALL:,} calls in all tests together"
                    )  # fmt: skip
                told = ", ".join([*map(shown, args), *(f"{k}={shown(v)}" for k, v in kwargs.items())])
                log.append(f"{device}.{name}({told if name != 'merge' else '…'})")
                try:
                    value = getattr(own, name)(*args, **kwargs)
                except ValueError:
                    raise
                except Exception as error:
                    # What a test gives to the cart may be anything, and none of it is a mistake of the check.
                    raise TypeError(f"{name}: {type(error).__name__}") from error
                log[-1] += f" → {shown(value)}" if name in ("items", "conflicts") else ""
                return value

            call.quiet = True  # type: ignore[attr-defined]
            return call

        return Served("Cart", {name: method(name) for name in METHODS})

    new.__name__ = "Cart"
    new.quiet = True  # type: ignore[attr-defined]
    return new


def _tried(t: Trial, schedule: Schedule, group: str) -> None:
    """The right carts and the wrong ones of a group, in any order. The right ones are judged first: who fails one has
    found nothing."""
    suite = Suite(t)
    wrong = list(WRONG_CARTS[group]) if group else [DoesNothing]
    wrong = [dressed(cart, t.rng.randrange(len(FORMS)), t.rng.randrange(len(ORDERS))) for cart in wrong]
    order: list[tuple[bool, type[Cart]]] = [(True, cart) for cart in RIGHT_CARTS] + [(False, cart) for cart in wrong]
    # No seed decides the order: seeds are public, and a test could count. To a test that looks at its cart only, the
    # order is all the same, and so the same tests get the same grade.
    random.SystemRandom().shuffle(order)
    found = [(right, cart, suite.outcome(cart)) for right, cart in order]
    for right, cart, (number, _ended, _log) in found:
        if right and number:
            suite.passes(cart)
            t.fail(_("Test number {n} passes a right cart once and fails it once.", n=number))
    for right, cart, (number, _ended, _log) in found:
        if not right and not number:
            suite.missed(cart)


def _tests(name: str, group: str, title: str) -> None:
    @register(f"cart.{name}", title=title, examples=[[]], generate=lambda rng: [], hidden=1)
    def run(t: Trial, schedule: Schedule) -> None:
        _tried(t, schedule, group)


_tests("tests_right", "", N_("your tests pass every right cart, and not one that does nothing"))
_tests("tests_local", "local", N_("your tests find carts that are wrong on one device (rules 1 to 3)"))
_tests("tests_sums", "sums", N_("your tests find carts that lose or double additions (rule 4)"))
_tests("tests_removal", "removal", N_("your tests find carts that remove too much or too little (rule 5)"))
_tests("tests_conflicts", "conflicts", N_("your tests find carts that settle or ask wrongly (rule 6)"))
_tests("tests_sync", "sync", N_("your tests find carts that synchronise or restart wrongly, or grow (rules 7 to 9)"))
