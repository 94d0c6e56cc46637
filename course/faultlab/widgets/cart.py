"""One cart on phone and tablet: both may be offline, both may be changed, and a merge decides what the customer gets.

1. Phone, tablet and the shop's server hold a copy each. Whoever is online exchanges states with the server after each
   step, in both directions; so both devices meet as soon as both are online. Whoever is offline goes on alone.
2. How states are merged is a choice: three carts of `models/cart.py`, a cart that keeps every change, or the learner's
   class. The union is Dynamo's: only versions that have not seen each other are merged. The learner's class has the
   contract of exercise 3.6: `add`, `set_quantity`, `remove`, `items`, `conflicts`, `state`, `merge`.
3. "One fewer" and "set the quantity" have to be said in the words that a cart knows. Carts that only add get the
   difference to what the device shows. The learner's has no "one fewer": it sets one less than it shows.
4. `EveryChangeCart` is the yardstick: it keeps each change, and which changes its device had seen. What counts is what
   no later setting or removal has seen. So it knows what was meant, and it can ask. Its price: it never forgets.
5. A state that is sent is a copy, as a network would make it. Step i happens at i seconds of true time; only the cart
   of the last writer asks a clock, and that of the tablet may be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.cart import CounterCart, LastWriterCart, UnionCart
from faultlab.models.clocks import VectorClock
from faultlab.widgets.panel import Panel, choice, hidden_list, number, outcome, preset, question, slider

PHONE, TABLET = DEVICES = ("phone", "tablet")
SERVER = "server"
ITEMS = ("milk", "tea", "bread")
# A button sets up to `QUANTITY_MAX`; the answer to a question may be more.
STEPS_MAX, QUANTITY_MAX, SETTING_MAX, SKEW_MAX_S = 24, 9, 99, 20
LWW, UNION, COUNTER, EVERY, OWN = "lww", "union", "counter", "every", "own"
ADD, FEWER, SET, REMOVE, OFFLINE, ONLINE = "add", "fewer", "set", "remove", "offline", "online"
CHANGES = (ADD, FEWER, SET, REMOVE)
Step = dict[str, Any]

TITLES = {
    LWW: N_("Last writer wins"),
    UNION: N_("Union (Dynamo)"),
    COUNTER: N_("Counters"),
    EVERY: N_("Every change, asks"),
    OWN: N_("Your cart"),
}
DEVICE_TITLES = {PHONE: N_("Phone"), TABLET: N_("Tablet"), SERVER: N_("Server")}
ITEM_TITLES = {"milk": N_("milk"), "tea": N_("tea"), "bread": N_("bread")}


# -------- steps, as a chapter writes them


def add(at: str, item: str = "milk", quantity: int = 1) -> Step:
    """`at` is "phone" or "tablet"; `item` one of `ITEMS`."""
    return {"do": ADD, "at": at, "item": item, "quantity": quantity}


def fewer(at: str, item: str = "milk") -> Step:
    """One fewer than the device shows."""
    return {"do": FEWER, "at": at, "item": item, "quantity": 1}


def set_quantity(at: str, item: str = "milk", quantity: int = 1) -> Step:
    return {"do": SET, "at": at, "item": item, "quantity": quantity}


def remove(at: str, item: str = "milk") -> Step:
    return {"do": REMOVE, "at": at, "item": item, "quantity": 1}


def offline(at: str) -> Step:
    return {"do": OFFLINE, "at": at}


def online(at: str) -> Step:
    """From here on the device exchanges its state with the server."""
    return {"do": ONLINE, "at": at}


def checked(step: Mapping[str, Any]) -> Step:
    """The step with its defaults. ValueError in one line if it cannot be read."""
    do, at, item, quantity = step.get("do"), step.get("at"), step.get("item"), step.get("quantity", 1)
    least, most = (0, SETTING_MAX) if do == SET else (1, QUANTITY_MAX)
    change = do in CHANGES and item in ITEMS and type(quantity) is int and least <= quantity <= most
    if at not in DEVICES or not (change or do in (OFFLINE, ONLINE)):
        raise ValueError(_("A step looks like {example}, not like {step}.", example=add(PHONE), step=dict(step)))
    return {"do": do, "at": at, **({"item": item, "quantity": quantity} if change else {})}


# -------- the carts, all with the methods that this panel calls


class Immutable:
    """A cart of the models on one device. `set` and `fewer` are differences to what is shown (rule 3)."""

    def __init__(self, name: str, cart: Any, clock_s: Callable[[], float]) -> None:
        self.name, self.cart, self.clock_s = name, cart, clock_s

    def change(self, do: str, item: str, quantity: int) -> None:
        time_s = self.clock_s()
        if do == REMOVE:
            self.cart = self.cart.remove(self.name, item, time_s=time_s)
        elif do == SET and isinstance(self.cart, CounterCart):
            self.cart = self.cart.set(self.name, item, quantity)
        else:
            more = {ADD: quantity, FEWER: -quantity, SET: quantity - self.items().get(item, 0)}[do]
            self.cart = self.cart.add(self.name, item, more, time_s=time_s)

    def items(self) -> dict[str, int]:
        return dict(self.cart.value)

    def conflicts(self) -> dict[str, list[int]]:
        return {}

    def state(self) -> Any:
        return self.cart

    def merge(self, state: Any) -> None:
        self.cart = self.cart.merge(state)


class Versioned(Immutable):
    """A cart with a version vector, as Dynamo keeps it: a version that has seen the other one replaces it.

    Only concurrent versions are merged. Without that nothing could be taken out of a union even on one device: the
    server would bring it back at once.
    """

    def __init__(self, name: str, cart: Any, clock_s: Callable[[], float]) -> None:
        super().__init__(name, cart, clock_s)
        self.version = VectorClock()

    def change(self, do: str, item: str, quantity: int) -> None:
        super().change(do, item, quantity)
        self.version = self.version.tick(self.name)

    def state(self) -> Any:
        return self.cart, self.version

    def merge(self, state: Any) -> None:
        cart, version = state
        if version <= self.version:
            return
        self.cart = cart if self.version <= version else self.cart.merge(cart)
        self.version = self.version.merge(version)


@dataclass(frozen=True)
class Change:
    """One change, and which earlier changes to the item it replaces."""

    do: str
    item: str
    amount: int
    by: str
    replaces: frozenset[tuple[str, int]]


@dataclass
class EveryChangeCart:
    """Every change that was ever made, by who made it and the how-manieth it is. A merge is a union (rule 4)."""

    name: str
    changes: dict[tuple[str, int], Change] = field(default_factory=dict)

    def change(self, do: str, item: str, quantity: int) -> None:
        count = sum(who == self.name for who, _n in self.changes)
        seen = frozenset(self.live(item)) if do in (SET, REMOVE) else frozenset()
        amount = -min(quantity, self.items().get(item, 0)) if do == FEWER else quantity
        kind = {FEWER: ADD}.get(do, REMOVE if do == SET and quantity == 0 else do)
        self.changes[self.name, count + 1] = Change(kind, item, amount, self.name, seen)

    def live(self, item: str) -> dict[tuple[str, int], Change]:
        """The additions and settings of the item that nothing known here replaces."""
        gone = {one for change in self.changes.values() for one in change.replaces}
        return {i: c for i, c in self.changes.items() if c.item == item and c.do != REMOVE and i not in gone}

    def settings(self, item: str) -> list[tuple[int, str]]:
        """The settings that count: to which quantity, and by whom."""
        return sorted((change.amount, change.by) for change in self.live(item).values() if change.do == SET)

    def items(self) -> dict[str, int]:
        found = {}
        for item in sorted({change.item for change in self.changes.values()}):
            added = sum(change.amount for change in self.live(item).values() if change.do == ADD)
            found[item] = added + max((to for to, _by in self.settings(item)), default=0)
        return {item: quantity for item, quantity in found.items() if quantity > 0}

    def conflicts(self) -> dict[str, list[int]]:
        wanted = {item: sorted({to for to, _by in self.settings(item)}) for item in ITEMS}
        return {item: quantities for item, quantities in wanted.items() if len(quantities) > 1}

    def state(self) -> Any:
        return self.changes

    def merge(self, state: Any) -> None:
        self.changes = {**self.changes, **state}


class NoFewer(EveryChangeCart):
    """The yardstick for a class that knows no "one fewer": it sets one less than is shown (rule 3)."""

    def change(self, do: str, item: str, quantity: int) -> None:
        if do != FEWER:
            return super().change(do, item, quantity)
        if item in self.items():
            super().change(SET, item, max(0, self.items()[item] - quantity))
        return None


class Learners:
    """The learner's class behind the methods that this panel calls; what it returns is looked at first."""

    def __init__(self, name: str, cls: type) -> None:
        self.cart = cls(name)

    def change(self, do: str, item: str, quantity: int) -> None:
        if do == ADD:
            self.cart.add(item, quantity)
        elif do == SET:
            self.cart.set_quantity(item, quantity)
        elif do == REMOVE:
            self.cart.remove(item)
        elif item in self.items():
            self.cart.set_quantity(item, max(0, self.items()[item] - quantity))

    def items(self) -> dict[str, int]:
        found = self.cart.items()
        if not isinstance(found, dict) or not all(type(quantity) is int for quantity in found.values()):
            raise ValueError(_("items() returns a dict from items to whole numbers, not {found!r}.", found=found))
        return found

    def conflicts(self) -> dict[str, list[int]]:
        found = self.cart.conflicts()
        good = isinstance(found, dict) and all(isinstance(listed, list) for listed in found.values())
        if not good or not all(type(one) is int for listed in found.values() for one in listed):
            message = _("conflicts() returns a dict from items to lists of quantities, not {found!r}.", found=found)
            raise ValueError(message)
        return found

    def state(self) -> Any:
        return deepcopy(self.cart.state())

    def merge(self, state: Any) -> None:
        self.cart.merge(deepcopy(state))


# -------- one run


class Run:
    """The steps played by one kind of cart: `frames[i]` is what is shown after step i."""

    def __init__(self, make: Callable[[str, Callable[[], float]], Any], skew_s: float = 0.0) -> None:
        self.at_s = 0.0
        self.carts = {}
        for name in (*DEVICES, SERVER):
            ahead_s = skew_s if name == TABLET else 0.0
            self.carts[name] = make(name, lambda ahead_s=ahead_s: self.at_s + ahead_s)
        self.online = dict.fromkeys(DEVICES, True)
        self.unsent: dict[str, list[int]] = {name: [] for name in DEVICES}
        self.sent: dict[str, int] = dict.fromkeys(DEVICES, 0)
        self.done: list[dict[str, Any]] = []
        self.frames = [self._frame()]

    def play(self, steps: Sequence[Step]) -> Run:
        for step in steps:
            self.at_s += 1
            at = step["at"]
            idle = step["do"] in (OFFLINE, ONLINE) and self.online[at] == (step["do"] == ONLINE)
            if step["do"] in (OFFLINE, ONLINE):
                self.online[at] = step["do"] == ONLINE
            else:
                self.carts[at].change(step["do"], step["item"], step["quantity"])
                self.unsent[at].append(len(self.done))
            messages = self._exchange(at) if self.online[at] and not idle else []
            self.frames.append(self._frame())
            self.done.append({**step, "messages": messages, "idle": idle})
        return self

    def _exchange(self, at: str) -> list[list[str]]:
        """The device and the server swap states; the server tells the other device, if it is online."""
        self.carts[SERVER].merge(self.carts[at].state())
        self.unsent[at] = []
        self.sent[at] += 1
        hears = [name for name in DEVICES if self.online[name]]
        for name in hears:
            self.carts[name].merge(self.carts[SERVER].state())
        return [[at, SERVER], *([SERVER, name] for name in hears)]

    def _frame(self) -> dict[str, Any]:
        found = {name: {"items": cart.items(), "conflicts": cart.conflicts()} for name, cart in self.carts.items()}
        for name in DEVICES:
            found[name] |= {"online": self.online[name], "unsent": list(self.unsent[name])}
        return found

    @property
    def last(self) -> dict[str, Any]:
        return self.frames[-1]

    def shown(self, name: str, item: str) -> int:
        return int(self.last[name]["items"].get(item, 0))


def played(merge: str, steps: Sequence[Step], skew_s: float = 0.0, learner: type | None = None) -> Run:
    """The run of this kind of cart; OWN needs the learner's class."""
    if merge == OWN and learner is not None:
        return Run(lambda name, _clock: Learners(name, learner)).play(steps)
    if merge == EVERY:
        return Run(lambda name, _clock: EveryChangeCart(name)).play(steps)
    model = {LWW: LastWriterCart, UNION: UnionCart, COUNTER: CounterCart}[merge]
    kind = Versioned if merge == UNION else Immutable
    return Run(lambda name, clock: kind(name, model(), clock), skew_s).play(steps)


def meant(merge: str, steps: Sequence[Step]) -> Run:
    """The same steps by the yardstick."""
    kind = NoFewer if merge == OWN else EveryChangeCart
    return Run(lambda name, _clock: kind(name)).play(steps)


# -------- scenarios


def apart(*changes: Step, start: Iterable[Step] = (add(PHONE, "milk", 2),)) -> list[Step]:
    """Online at first, then both offline for the changes, then both online again."""
    return [*start, offline(PHONE), offline(TABLET), *changes, online(PHONE), online(TABLET)]


def both_add() -> list[Step]:
    return apart(add(PHONE), add(TABLET), start=[add(PHONE)])


def removed_and_added() -> list[Step]:
    return apart(remove(TABLET), add(PHONE))


def comes_back() -> list[Step]:
    return apart(remove(TABLET, "tea"), add(PHONE, "bread"), start=[add(PHONE), add(PHONE, "tea")])


def both_set() -> list[Step]:
    return apart(set_quantity(PHONE, "milk", 3), set_quantity(TABLET, "milk", 5))


def later_loses() -> list[Step]:
    return apart(add(PHONE, "tea"), add(TABLET, "bread"), start=[add(PHONE)])


# -------- the panel


class CartPanel(Panel):
    """A cart on two devices; see the module's docstring."""

    topic = "cart"

    def __init__(self, cart: type | None = None, **params: Any) -> None:
        self.learner = cart
        super().__init__(**({"merge": OWN} if cart else {}) | params)

    def describe(self) -> dict[str, Any]:
        kinds = [(kind, _(title)) for kind, title in TITLES.items() if kind != OWN or self.learner]
        return {
            "title": _("One cart on phone and tablet"),
            "question": self._how_many("both", "2", "3"),
            "controls": [
                choice("merge", _("The carts are merged by"), LWW, kinds, menu=True),
                slider("skew", _("The tablet's clock is ahead by"), 0, -SKEW_MAX_S, SKEW_MAX_S, 1, _("s")),
                hidden_list("steps", both_add()),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _how_many(name: str, *numbers: str) -> dict[str, Any]:
        options = [*((one, one) for one in numbers), ("other", _("Another number"))]
        return question(_("After these steps, what quantity of milk does the phone show?"), options, name=name)

    def _presets(self) -> list[dict[str, Any]]:
        own = {"merge": OWN} if self.learner else {}
        back = [("yes", _("Yes")), ("no", _("No"))]
        tea = question(_("The tablet took out the tea. Is it in the cart when both have met?"), back, name="tea")
        lost = [("phone", _("The phone's tea")), ("tablet", _("The tablet's bread")), ("none", _("Nothing"))]
        which = question(
            _("The phone puts in tea, and a second later the tablet bread. What is lost?"), lost, name="lost"
        )
        asks = [
            ("3", _("3 milk")),
            ("5", _("5 milk")),
            ("asks", _("5 for now, and a question")),
            ("other", _("Something else")),
        ]
        asked = question(
            _("One device says 3, the other says 5. What do both show when they have met?"), asks, name="asks"
        )
        return [
            preset("both_add", _("Both add one"),
                   _("one milk, and one more on each device. Three were meant; try each of the merges."),
                   self._how_many("both", "2", "3"), **own),
            preset("removed", _("Removed here, added there"),
                   _("the tablet has seen two and takes those. The one that the phone adds meanwhile it has not seen."),
                   self._how_many("removed", "0", "1", "3"), steps=removed_and_added(), **({"merge": COUNTER} | own)),
            preset("back", _("The deleted item comes back"),
                   _("a union cannot tell “taken out” from “never heard of it”."),
                   tea, steps=comes_back(), **({"merge": UNION} | own)),
            preset("sets", _("Both set a quantity"),
                   _("there are two milk; one device says “make it 3”, the other “make it 5”. A counter turns both "
                     "into differences."), self._how_many("sets", "3", "5", "6"),
                   steps=both_set(), **({"merge": COUNTER} | own)),
            preset("asks", _("The customer is asked"),
                   _("the settings are kept apart, and both devices ask. Answer on one of them, and look at the "
                     "other."),
                   asked, steps=both_set(), **({"merge": EVERY} | own)),
            preset("later", _("The later cart loses"),
                   _("the last writer is whose clock says so. Set the tablet's clock right and look again."),
                   which, merge=LWW, skew=-5, steps=later_loses()),
        ]  # fmt: skip

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "how": _("Switch a device off, change both carts, switch it on again. Press a quantity to set it."),
            "undo": _("Undo"),
            "clear": _("Empty the cart"),
            "steps": _("{n} of {all} steps"),
            "online": _("online"),
            "offline": _("offline"),
            "go_online": _("{at}: go online"),
            "go_offline": _("{at}: go offline"),
            "more": _("{at}: one more {item}"),
            "fewer": _("{at}: one fewer {item}"),
            "remove": _("{at}: remove {item}"),
            "choose": _("{at}: set the quantity of {item}, now {n}"),
            "set_to": _("Set {item} to:"),
            "set": _("{at}: set {item} to {n}"),
            "set_hint": _("Press a quantity to set it."),
            "asks": _("{item}: how many? {listed}"),
            "says": _("{n} ({who})"),
            "or": _("or"),
            "settle": _("{at}: settle {item} at {n}"),
            "no_question": _("No open question"),
            "unsent": _("Only on this device: {listed}"),
            "all_sent": _("All has been sent"),
            "sent": _("States sent: {n}"),
            "happened": _("What was done, and what was sent"),
            "server": _("Server: {listed}"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        merge, given = params["merge"], params["steps"]
        steps = [checked(step) for step in given[:STEPS_MAX]]
        run, yardstick = played(merge, steps, params["skew"], self.learner), meant(merge, steps)
        return {
            "merge": merge,
            "devices": [screen(run, yardstick, name) for name in DEVICES],
            "server": contents(run.last[SERVER]["items"]),
            "server_title": _(DEVICE_TITLES[SERVER]),
            "steps": [{**step, "label": label_of(step)} for step in run.done],
            "full": len(steps) >= STEPS_MAX,
            "max": STEPS_MAX,
            "quantity_max": QUANTITY_MAX,
            "answers": answers(run),
            "columns": [_(DEVICE_TITLES[name]) for name in DEVICES],
            "numbers": numbers(run, yardstick),
            "summary": summary(run, yardstick),
            "log": [in_words(i, step, run.frames[i]) for i, step in enumerate(run.done, 1)],
            "notice": _("At most {n} steps are played; the rest is left out.", n=STEPS_MAX)
            if len(given) > STEPS_MAX
            else None,
        }


def screen(run: Run, yardstick: Run, name: str) -> dict[str, Any]:
    """What the screen of a device shows. Who has set which quantity, the yardstick knows."""
    frame = run.last[name]
    rows = [{"item": item, "title": _(ITEM_TITLES[item]), "quantity": run.shown(name, item)} for item in ITEMS]
    questions = []
    for item, quantities in sorted(frame["conflicts"].items()):
        settings = yardstick.carts[name].settings(item)
        who = {to: [_(DEVICE_TITLES[by]) for other, by in settings if other == to] for to in quantities}
        asked = [{"to": to, "who": ", ".join(who[to])} for to in quantities]
        questions.append({"item": item, "title": _(ITEM_TITLES.get(item, item)), "quantities": asked})
    unsent = [label_of(run.done[i]) for i in frame["unsent"]]
    shown = {"name": name, "title": _(DEVICE_TITLES[name]), "online": frame["online"], "sent": run.sent[name]}
    return {**shown, "rows": rows, "questions": questions, "unsent": unsent}


def contents(items: Mapping[str, int]) -> str:
    """A cart in a sentence: `milk 2, tea 1`."""
    listed = [f"{_(ITEM_TITLES.get(item, item))}\u00a0{n}" for item, n in sorted(items.items()) if n]
    return ", ".join(listed) or _("empty")


def label_of(step: Mapping[str, Any]) -> str:
    """A change as the screen writes it: +1 milk, = 3 milk, ✕ milk."""
    if step["do"] in (OFFLINE, ONLINE):
        return _("offline") if step["do"] == OFFLINE else _("online")
    sign = {ADD: f"+{step['quantity']}", FEWER: "−1", SET: f"={step['quantity']}", REMOVE: "✕"}[step["do"]]
    item = step["item"]
    return f"{sign}\u00a0{_(ITEM_TITLES[item])}"


def wanted(yardstick: Run, name: str) -> dict[str, list[int]]:
    """The quantities that may have been meant, as far as this device can know: two settings leave more than one."""
    frame = yardstick.last[name]
    found = {item: [quantity] for item, quantity in frame["items"].items()}
    for item, settings in frame["conflicts"].items():
        added = frame["items"][item] - max(settings)
        found[item] = [added + to for to in settings]
    return found


def meant_contents(yardstick: Run, name: str) -> str:
    """What was meant in a sentence: `milk 3 or 5, tea 1`."""
    either = "\u00a0" + _("or") + "\u00a0"
    found = {item: either.join(map(str, quantities)) for item, quantities in wanted(yardstick, name).items()}
    return ", ".join(f"{_(ITEM_TITLES[item])}\u00a0{text}" for item, text in sorted(found.items())) or _("empty")


def answers(run: Run) -> dict[str, Any]:
    shown = "; ".join(f"{_(DEVICE_TITLES[n])}: {contents(run.last[n]['items'])}" for n in DEVICES) + "."
    milk = str(run.shown(PHONE, "milk"))
    asks = all("milk" in run.last[name]["conflicts"] for name in DEVICES)
    asked = _("Both ask: {listed}.", listed=", ".join(map(str, run.last[PHONE]["conflicts"]["milk"]))) if asks else ""
    tea, bread = (run.shown(PHONE, item) for item in ("tea", "bread"))
    return {
        "both": outcome(milk if milk in ("2", "3") else "other", shown),
        "removed": outcome(milk if milk in ("0", "1", "3") else "other", shown),
        "sets": outcome(milk if milk in ("3", "5", "6") else "other", shown),
        "tea": outcome("yes" if tea else "no", shown),
        "lost": outcome("phone" if not tea else "tablet" if not bread else "none", shown),
        "asks": outcome("asks" if asks else milk if milk in ("3", "5") else "other", f"{asked} {shown}".strip()),
    }


def gone_wrong(run: Run, yardstick: Run, name: str) -> dict[str, list[str]]:
    """Against what was meant, as far as this device can know: the items of which there are too few, and too many."""
    meant_here = {item: wanted(yardstick, name).get(item, [0]) for item in ITEMS}
    few = [item for item, quantities in meant_here.items() if run.shown(name, item) < min(quantities)]
    many = [item for item, quantities in meant_here.items() if run.shown(name, item) > max(quantities)]
    return {"few": few, "many": many}


def numbers(run: Run, yardstick: Run) -> list[dict[str, Any]]:
    wrong = [gone_wrong(run, yardstick, name) for name in DEVICES]
    listed = {
        kind: [", ".join(_(ITEM_TITLES[i]) for i in one[kind]) or "–" for one in wrong] for kind in ("few", "many")
    }
    return [
        number(_("in the cart"), *(contents(run.last[name]["items"]) for name in DEVICES)),
        number(_("meant, as far as it has heard"), *(meant_contents(yardstick, name) for name in DEVICES)),
        number(_("too few of"), *listed["few"]),
        number(_("too many of"), *listed["many"]),
        number(_("open questions"), *(len(run.last[name]["conflicts"]) for name in DEVICES)),
        number(_("changes not sent yet"), *(len(run.last[name]["unsent"]) for name in DEVICES)),
    ]


def summary(run: Run, yardstick: Run) -> str:
    parts = []
    for name in DEVICES:
        wrong = gone_wrong(run, yardstick, name)
        title, shown = _(DEVICE_TITLES[name]), contents(run.last[name]["items"])
        right = not (wrong["few"] or wrong["many"] or yardstick.last[name]["conflicts"])
        if right:
            parts.append(_("{device}: {shown}, as it was meant.", device=title, shown=shown))
        else:
            said = meant_contents(yardstick, name)
            parts.append(_("{device}: {shown}; meant was {wanted}.", device=title, shown=shown, wanted=said))
    open_ = sum(len(run.last[name]["conflicts"]) for name in DEVICES)
    return " ".join([*parts, _("Open questions: {n}.", n=open_)])


def in_words(n: int, step: Mapping[str, Any], frame: Mapping[str, Any]) -> str:
    """A step, and what the devices show after it."""
    shown = "; ".join(f"{_(DEVICE_TITLES[name])}: {contents(frame[name]['items'])}" for name in DEVICES)
    at = step["at"]
    text = _("{n}. {device}, {what}. {shown}.", n=n, device=_(DEVICE_TITLES[at]), what=label_of(step), shown=shown)
    if step["idle"]:
        return _("{text} It was so already.", text=text)
    questions = [item for item in ITEMS if any(item in frame[name]["conflicts"] for name in DEVICES)]
    if questions:
        listed = ", ".join(_(ITEM_TITLES[item]) for item in questions)
        return _("{text} Open question: {listed}.", text=text, listed=listed)
    return text


def cart_panel(cart: type | None = None, *, steps: Iterable[Step] | None = None, **params: Any) -> CartPanel:
    """A shopping cart on phone and tablet.

    `cart` is a learner's class with the contract of exercise 3.6 (`Cart(device)` with `add`, `set_quantity`, `remove`,
    `items`, `conflicts`, `state`, `merge`). `merge` is one of "lww", "union", "counter", "every", or "own" with a
    learner's class. `steps` is a list of `add("phone")`, `offline("tablet")`, ... of this module. `skew` is the seconds
    that the tablet's clock is ahead. `reveal=True` shows the outcome without asking for a prediction. ValueError for a
    value that the panel does not offer.
    """
    if steps is not None:
        params["steps"] = [checked(step) for step in steps]
    return CartPanel(cart, **params)
