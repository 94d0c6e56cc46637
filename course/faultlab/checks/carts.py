"""Carts for a learner's tests to be tried on: right ones and wrong ones, all called `Cart`.

1. They stay with the judge. A test gets an object whose methods are callbacks (`subject.Served`): it sees what a cart
   answers, and nothing of how it is made. All have the same name and the same methods.
2. Each wrong one differs from `Cart` in one rule of the contract, which its `rule` tells. In what the contract leaves
   open, the form of the state and the order of the items, right ones and wrong ones differ alike (`dressed`).
3. Each is deterministic, so a test that passes once and fails once does not look at the cart.

`Cart` itself keeps five numbers for each item and each device that has put some in: how many it has ever put in
(`put`), how often it has set the quantity (`sets`) and to what (`wanted`), and how much of the first two a removal or a
setting has seen (`put_gone`, `sets_gone`). All but `wanted`, which goes with `sets`, only grow, and a merge takes the
maximum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from faultlab.i18n import N_

PUT, PUT_GONE, SETS, WANTED, SETS_GONE = range(5)
METHODS = ("add", "set_quantity", "remove", "items", "conflicts", "state", "merge")

Lines = dict[str, dict[str, list[int]]]


# A state as it is, as text, with a heading, in a list; the items as they came, the last first, by name.
FORMS: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (lambda data: data, lambda state: state),
    (json.dumps, json.loads),
    (lambda data: {"version": 1, "cart": data}, lambda state: state["cart"]),
    (lambda data: [["cart", data]], lambda state: state[0][1]),
)
ORDERS: tuple[Callable[[list[tuple[str, int]]], list[tuple[str, int]]], ...] = (list, lambda i: i[::-1], sorted)


class Cart:
    """A right cart: the contract of exercise 3.6, task 5."""

    rule = ""
    form = order = 0

    def __init__(self, device: str) -> None:
        self.device = device
        self.lines: Lines = {}

    def add(self, item: str, quantity: int = 1) -> None:
        self.check(quantity, 1)
        self.own(item)[PUT] += quantity

    def set_quantity(self, item: str, quantity: int) -> None:
        self.check(quantity, 0)
        self.remove(item)
        if quantity:
            own = self.own(item)
            own[SETS] += 1
            own[WANTED] = quantity

    def remove(self, item: str) -> None:
        for entry in self.lines.get(item, {}).values():
            entry[PUT_GONE], entry[SETS_GONE] = entry[PUT], entry[SETS]

    def items(self) -> dict[str, int]:
        return {item: quantity for item, quantity in self.counted().items() if quantity > 0}

    def conflicts(self) -> dict[str, list[int]]:
        wanted = {item: sorted(set(self.wanted(entries))) for item, entries in self.lines.items()}
        return {item: quantities for item, quantities in wanted.items() if len(quantities) > 1}

    def state(self) -> Any:
        return FORMS[self.form][0](self.packed(self.lines))

    def merge(self, state: Any) -> None:
        self.take(self.unpacked(FORMS[self.form][1](state)))

    # Parts

    def take(self, lines: Lines) -> None:
        for item, entries in lines.items():
            for device, theirs in entries.items():
                self.join(self.entry(item, device), theirs)

    def counted(self) -> dict[str, int]:
        counted = [(item, self.quantity(entries)) for item, entries in self.lines.items()]
        return dict(ORDERS[self.order](counted))

    def check(self, quantity: int, least: int) -> None:
        if type(quantity) is not int or quantity < least:
            raise ValueError(f"{quantity!r} is no quantity from {least} on")

    def entry(self, item: str, device: str) -> list[int]:
        return self.lines.setdefault(item, {}).setdefault(device, [0] * 5)

    def own(self, item: str) -> list[int]:
        return self.entry(item, self.device)

    def wanted(self, entries: dict[str, list[int]]) -> Iterator[int]:
        return (entry[WANTED] for entry in entries.values() if entry[SETS] > entry[SETS_GONE])

    def quantity(self, entries: dict[str, list[int]]) -> int:
        return max(self.wanted(entries), default=0) + sum(entry[PUT] - entry[PUT_GONE] for entry in entries.values())

    def join(self, mine: list[int], theirs: list[int]) -> None:
        if theirs[SETS] > mine[SETS]:
            mine[WANTED] = theirs[WANTED]
        for part in (PUT, PUT_GONE, SETS, SETS_GONE):
            mine[part] = max(mine[part], theirs[part])

    def packed(self, lines: Lines) -> Any:
        return lines

    def unpacked(self, state: Any) -> Lines:
        return state


# What the contract leaves open


def dressed(cart: type[Cart], form: int, order: int) -> type[Cart]:
    """The same cart with a state of that form, and its items in that order: neither tells right from wrong."""
    return type("Cart", (cart,), {"form": form, "order": order})


RIGHT_CARTS = tuple(dressed(Cart, form, order) for form, order in ((0, 0), (1, 1), (2, 2), (3, 1)))


# Wrong ones: alone


class DoesNothing(Cart):
    rule = N_("It does nothing at all.")

    def add(self, item: str, quantity: int = 1) -> None: ...

    def set_quantity(self, item: str, quantity: int) -> None: ...


class AddReplaces(Cart):
    rule = N_("A second `add` of the same item replaces the first (rule 1).")

    def add(self, item: str, quantity: int = 1) -> None:
        self.check(quantity, 1)
        self.set_quantity(item, quantity)


class OneAtATime(Cart):
    rule = N_("`add` puts in one, whatever quantity it is given (rule 1).")

    def add(self, item: str, quantity: int = 1) -> None:
        super().add(item)


class SetAdds(Cart):
    rule = N_("`set_quantity` adds to what is there (rule 2).")

    def set_quantity(self, item: str, quantity: int) -> None:
        self.check(quantity, 0)
        if quantity:
            self.add(item, quantity)
        else:
            self.remove(item)


class TakesNegative(Cart):
    rule = N_("It takes quantities below none, without a word (rule 3).")

    def check(self, quantity: int, least: int) -> None: ...


class RemovesOne(Cart):
    rule = N_("`remove` takes out one, not all (rule 1).")

    def remove(self, item: str) -> None:
        left = self.items().get(item, 0) - 1
        super().remove(item)
        if left > 0:
            self.add(item, left)


class ShowsNone(Cart):
    rule = N_("`items` lists what was removed, with a quantity of 0 (rule 1).")

    def items(self) -> dict[str, int]:
        return self.counted()


# Wrong ones: sums


class GreaterQuantity(Cart):
    rule = N_("After a merge there is the greater of two quantities, not their sum (rule 4).")

    def quantity(self, entries: dict[str, list[int]]) -> int:
        return max([*self.wanted(entries), *(entry[PUT] - entry[PUT_GONE] for entry in entries.values())], default=0)


class AddsAtMerge(Cart):
    rule = N_("A merge adds up quantities, so a state that comes twice counts twice (rules 4 and 7).")

    def join(self, mine: list[int], theirs: list[int]) -> None:
        put = mine[PUT] + theirs[PUT]
        super().join(mine, theirs)
        mine[PUT] = put


class LastCartWins(Cart):
    rule = N_("A merge takes the other cart as it is: what was put in here is gone (rule 4).")

    def take(self, lines: Lines) -> None:
        self.lines = {item: {device: [*entry] for device, entry in lines[item].items()} for item in lines}


class OnlyNewItems(Cart):
    rule = N_("A merge takes over the items that are new here, and nothing else (rule 4).")

    def take(self, lines: Lines) -> None:
        super().take({item: entries for item, entries in lines.items() if item not in self.items()})


# Wrong ones: removals


class ComesBack(Cart):
    rule = N_("What one device has removed comes back with the state of another that still has it (rule 5).")

    def join(self, mine: list[int], theirs: list[int]) -> None:
        super().join(mine, theirs)
        mine[PUT_GONE] = min(mine[PUT_GONE], theirs[PUT_GONE])


class RemovalWins(Cart):
    rule = N_("A removal also takes what another device adds meanwhile, which it has not seen (rule 5).")

    def take(self, lines: Lines) -> None:
        removed = [i for i, entries in lines.items() if self.gone(entries) != self.gone(self.lines.get(i, {}))]
        super().take(lines)
        for item in removed:
            self.remove(item)

    @staticmethod
    def gone(entries: dict[str, list[int]]) -> dict[str, int]:
        return {device: entry[PUT_GONE] for device, entry in entries.items() if entry[PUT_GONE]}


class GoneForEver(Cart):
    rule = N_("What was removed once cannot be put in again (rule 5).")

    def items(self) -> dict[str, int]:
        return {i: q for i, q in super().items().items() if not any(e[PUT_GONE] for e in self.lines[i].values())}


class AllOrNothing(Cart):
    rule = N_("An item that was added to after the removal comes back whole, with what the removal had seen (rule 5).")

    def quantity(self, entries: dict[str, list[int]]) -> int:
        put = sum(entry[PUT] for entry in entries.values() if entry[PUT] > entry[PUT_GONE])
        return max(self.wanted(entries), default=0) + put


# Wrong ones: conflicts


class NoQuestion(Cart):
    rule = N_("It keeps quiet about a conflict: `conflicts` is always empty (rule 6).")

    def conflicts(self) -> dict[str, list[int]]:
        return {}


class SetsAddUp(Cart):
    rule = N_("Two devices set the quantity to 3 and to 5, and the cart has 8 (rule 6).")

    def quantity(self, entries: dict[str, list[int]]) -> int:
        return sum(self.wanted(entries)) + sum(entry[PUT] - entry[PUT_GONE] for entry in entries.values())


class AsksForEver(Cart):
    rule = N_("A conflict that somebody has settled is still there on the other device (rule 6).")

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.asked: dict[str, list[int]] = {}

    def take(self, lines: Lines) -> None:
        super().take(lines)
        self.asked |= super().conflicts()

    def conflicts(self) -> dict[str, list[int]]:
        return dict(self.asked)


class AsksAboutAgreement(Cart):
    rule = N_("Two devices set the same quantity, and it asks which one (rule 6).")

    def conflicts(self) -> dict[str, list[int]]:
        wanted = {item: sorted(self.wanted(entries)) for item, entries in self.lines.items()}
        return {item: quantities for item, quantities in wanted.items() if len(quantities) > 1}


class LeastWins(Cart):
    rule = N_("While a conflict is open it shows the least of the quantities, not the greatest (rule 6).")

    def quantity(self, entries: dict[str, list[int]]) -> int:
        return min(self.wanted(entries), default=0) + sum(entry[PUT] - entry[PUT_GONE] for entry in entries.values())


# Wrong ones: synchronisation


class OnlyItsOwn(Cart):
    rule = N_("Its state has its own changes only: what it heard of others it does not pass on (rule 7).")

    def packed(self, lines: Lines) -> Any:
        return {i: {d: self.told(d, entry) for d, entry in entries.items()} for i, entries in lines.items()}

    def told(self, device: str, entry: list[int]) -> list[int]:
        """Of others it tells what it has removed, and not what it has heard."""
        if device == self.device:
            return entry
        return [entry[PUT_GONE], entry[PUT_GONE], entry[SETS_GONE], 0, entry[SETS_GONE]]


class OldStateWins(Cart):
    rule = N_("An old state that arrives late overwrites newer changes of its device (rule 7).")

    def take(self, lines: Lines) -> None:
        for item, entries in lines.items():
            for device, theirs in entries.items():
                if device != self.device:
                    self.lines.setdefault(item, {})[device] = [*theirs]


class StartsAnew(Cart):
    rule = N_("After a restart it counts from none again, so its next changes are not heard of (rule 8).")

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.put: dict[str, int] = {}

    def add(self, item: str, quantity: int = 1) -> None:
        self.check(quantity, 1)
        self.put[item] = self.put.get(item, 0) + quantity
        self.own(item)[PUT] = max(self.own(item)[PUT], self.put[item])


class KeepsEverything(Cart):
    rule = N_("Its state grows with every change, for ever (rule 9).")

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.log: list[Any] = []

    def add(self, item: str, quantity: int = 1) -> None:
        super().add(item, quantity)
        self.log.append(["add", item, quantity])

    def packed(self, lines: Lines) -> Any:
        return [lines, self.log]

    def unpacked(self, state: Any) -> Lines:
        return state[0]


WRONG_CARTS: dict[str, tuple[type[Cart], ...]] = {
    "local": (AddReplaces, OneAtATime, SetAdds, TakesNegative, RemovesOne, ShowsNone),
    "sums": (GreaterQuantity, AddsAtMerge, LastCartWins, OnlyNewItems),
    "removal": (ComesBack, RemovalWins, GoneForEver, AllOrNothing),
    "conflicts": (NoQuestion, SetsAddUp, AsksForEver, AsksAboutAgreement, LeastWins),
    "sync": (OnlyItsOwn, OldStateWins, StartsAnew, KeepsEverything),
}
