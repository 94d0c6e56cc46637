"""One cart in two regions: the link is cut, both go on, and three merges make one cart of the two versions.

1. US-East and EU-West hold a copy each. While they are connected, a change is in both at once. A cut leaves both
   writable. To heal is to send each side's state to the other, where it is merged.
2. The same history is played by three carts at the same time:
   - *Last writer wins*: the cart is one value with a time. The newer one stays, whole, and the other is gone.
   - *Union*, the cart of Dynamo (the paper of 2007, not the service DynamoDB). A version vector tells which version
     has seen the other; only versions that have not seen each other are merged, into all that either has. "An 'add to
     cart' operation is never lost. However, deleted items can resurface": that is the paper's own anomaly.
   - *OR-Set*, the cure: each addition has a name, a removal takes the names that it has seen. What was removed stays
     away, unless it was put in where the removal was not known.
3. The yardstick is no merge. It knows both sides' wishes: per item, the last thing done on each side since the cut. Who
   has no wish agrees with whoever has one. Two opposite wishes are nobody's to settle but the customer's: the yardstick
   then says "opposite wishes", and no merge is right or wrong about that item.
4. Step i happens at i seconds of true time. Only the last writer asks a clock, and EU-West's may be wrong.
5. "Once more" delivers the messages of the last heal again. All three merges are idempotent: nothing may change.

Left out: quantities, which are the cart of chapter 3.6 (`widgets/cart.py`); more than two regions; what it takes to
send a large cart.

Sources: G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007, sections 4.4 and 6;
M. Shapiro et al., INRIA RR-7506, 2011, section 3.3.5 (observed-remove set).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.cart import LastWriterCart, UnionCart
from faultlab.models.crdt import ORSet
from faultlab.widgets.cart import Immutable, Versioned
from faultlab.widgets.panel import Panel, hidden_list, number, outcome, preset, question, slider, text_number

US, EU = REGIONS = ("us", "eu")
TITLES = {US: "US-East", EU: "EU-West"}
ITEMS = "ABCDEF"
LWW, UNION, OR_SET = MERGES = ("lww", "union", "or_set")
MERGE_TITLES = {LWW: N_("Last writer wins"), UNION: N_("Union (Dynamo)"), OR_SET: "OR-Set"}
STEPS_MAX, SKEW_MAX_S = 18, 20
START, ADD, REMOVE, CUT, HEAL, AGAIN = "start", "add", "remove", "cut", "heal", "again"
# What the customer wants of an item: that it is in the cart, that it is not, or both, said on two sides of a cut.
IN, OUT, TWO = "in", "out", "opposite"
# How an item of a merged cart stands to that: right, missing, too much, and the two ways to settle two wishes.
PRESENT, ABSENT, LOST, BACK, KEPT, GONE = "present", "absent", "lost", "back", "kept", "gone"
Step = dict[str, Any]


# -------- steps, as a chapter writes them


def start(items: str = "AB") -> Step:
    """The cart before anything else happens: in both regions, from the first second on. Only as the first step."""
    return {"do": START, "items": items}


def add(at: str, item: str) -> Step:
    """`at` is "us" or "eu"; `item` one letter of `ITEMS`. An item that is there may be put in once more."""
    return {"do": ADD, "at": at, "item": item}


def remove(at: str, item: str) -> Step:
    return {"do": REMOVE, "at": at, "item": item}


def cut() -> Step:
    """From here on the regions do not hear of each other."""
    return {"do": CUT}


def heal() -> Step:
    """Each region gets the state of the other, and merges it."""
    return {"do": HEAL}


def again() -> Step:
    """The messages of the last `heal` arrive once more."""
    return {"do": AGAIN}


def checked(step: Mapping[str, Any], first: bool = False) -> Step:
    """The step, read. ValueError in one line if it cannot be."""
    do, at, item, items = (step.get(key) for key in ("do", "at", "item", "items"))
    if do in (CUT, HEAL, AGAIN):
        return {"do": do}
    if do in (ADD, REMOVE) and at in REGIONS and isinstance(item, str) and len(item) == 1 and item in ITEMS:
        return {"do": do, "at": at, "item": item}
    if do == START and first and isinstance(items, str) and set(items) <= set(ITEMS):
        return {"do": do, "items": "".join(sorted(set(items)))}
    raise ValueError(_("A step looks like {example}, not like {step}.", example=add(US, "D"), step=dict(step)))


def checked_all(steps: Iterable[Mapping[str, Any]]) -> list[Step]:
    return [checked(step, first=i == 0) for i, step in enumerate(steps)]


# -------- the carts, and both regions


class Observed(Immutable):
    """An OR-Set in a region."""

    def change(self, do: str, item: str, quantity: int = 1) -> None:
        self.cart = self.cart.remove(item) if do == REMOVE else self.cart.add(self.name, item)

    def items(self) -> dict[str, int]:
        return dict.fromkeys(self.cart.value, 1)


KINDS = {LWW: (Immutable, LastWriterCart), UNION: (Versioned, UnionCart), OR_SET: (Observed, ORSet)}


def settled(before: str, wishes: Sequence[str | None]) -> str:
    """What both sides together want, given what was wanted before and what each has said since (None: nothing)."""
    said = {wish for wish in wishes if wish}
    return TWO if len(said) > 1 else next(iter(said), before)


class Run:
    """The steps played by all three carts: `frames[i]` is how things stand after step i."""

    def __init__(self, skew_s: float = 0.0) -> None:
        self.at_s, self.skew_s = 0.0, skew_s
        self.carts = {
            merge: {at: kind(at, model(), lambda at=at: self.clock_s(at)) for at in REGIONS}
            for merge, (kind, model) in KINDS.items()
        }
        self.connected = True
        self.meant = dict.fromkeys(ITEMS, OUT)
        self.wishes: dict[str, dict[str, str]] = {at: {} for at in REGIONS}
        self.sent: dict[str, dict[str, Any]] | None = None
        self.done: list[dict[str, Any]] = []
        self.frames = [self._frame()]

    def clock_s(self, at: str) -> float:
        return self.at_s + (self.skew_s if at == EU else 0.0)

    def play(self, steps: Iterable[Step]) -> Run:
        for step in steps:
            self.at_s += 1
            acts = {START: self._start, CUT: self._cut, HEAL: self._heal, AGAIN: self._again}
            more = acts.get(step["do"], self._change)(step)
            self.done.append({**step, "at_s": self.at_s, "idle": more is None, **(more or {})})
            self.frames.append(self._frame())
        return self

    # Each returns what is to be remembered of the step, or None if it did nothing.

    def _start(self, step: Step) -> dict[str, Any] | None:
        self._write(US, ADD, step["items"])
        return {}

    def _change(self, step: Step) -> dict[str, Any] | None:
        do, at, item = step["do"], step["at"], step["item"]
        if do == REMOVE and not self.shows(at, item) and self.wishes[at].get(item, self.meant[item]) == OUT:
            return None
        self._write(at, do, item)
        return {"clock_s": self.clock_s(at)}

    def _write(self, at: str, do: str, items: str) -> None:
        for item in items:
            for merge in MERGES:
                self.carts[merge][at].change(do, item, 1)
            self.wishes[at][item] = IN if do == ADD else OUT
        if self.connected:
            self._deliver(self._states())
            self._settle()

    def _cut(self, step: Step) -> dict[str, Any] | None:
        was, self.connected = self.connected, False
        return {} if was else None

    def _heal(self, step: Step) -> dict[str, Any] | None:
        if self.connected:
            return None
        self.connected, self.sent = True, self._states()
        stamps = {at: self.sent[LWW][at].stamp for at in REGIONS}
        self._deliver(self.sent)
        self._settle()
        winner = max(REGIONS, key=lambda at: stamps[at])
        return {"winner": winner, "stamps_s": {at: stamps[at][0] for at in REGIONS}}

    def _again(self, step: Step) -> dict[str, Any] | None:
        if self.sent is None or not self.connected:
            return None
        self._deliver(self.sent)
        return {}

    def _states(self) -> dict[str, dict[str, Any]]:
        return {merge: {at: cart.state() for at, cart in both.items()} for merge, both in self.carts.items()}

    def _deliver(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        for merge, both in self.carts.items():
            both[US].merge(states[merge][EU])
            both[EU].merge(states[merge][US])

    def _settle(self) -> None:
        self.meant = {i: settled(self.meant[i], [self.wishes[at].get(i) for at in REGIONS]) for i in ITEMS}
        self.wishes = {at: {} for at in REGIONS}

    def shows(self, at: str, item: str) -> list[str]:
        """The merges by which this region has the item now."""
        return [merge for merge in MERGES if item in self.carts[merge][at].items()]

    def _frame(self) -> dict[str, Any]:
        return {
            "connected": self.connected,
            "meant": self.meant,
            "carts": {
                at: {merge: "".join(sorted(self.carts[merge][at].items())) for merge in MERGES} for at in REGIONS
            },
            "states": {at: {merge: self.carts[merge][at].state() for merge in MERGES} for at in REGIONS},
        }

    @property
    def last(self) -> dict[str, Any]:
        return self.frames[-1]


def standing(there: bool, wanted: str) -> str:
    """How an item stands to what is wanted of it."""
    if wanted == TWO:
        return KEPT if there else GONE
    if there:
        return PRESENT if wanted == IN else BACK
    return LOST if wanted == IN else ABSENT


def standings(frame: Mapping[str, Any], merge: str) -> dict[str, str]:
    """Each item of the merged cart; both regions have the same one while they are connected."""
    there = frame["carts"][US][merge]
    return {item: standing(item in there, frame["meant"][item]) for item in ITEMS}


def since(run: Run, merge: str, item: str) -> dict[str, Any]:
    """The step that has left this item as it stands now."""
    now = standings(run.last, merge)[item]
    found = len(run.frames) - 1
    for i in range(len(run.frames) - 1, 0, -1):
        if not run.frames[i]["connected"]:
            continue
        if standings(run.frames[i], merge)[item] != now:
            break
        found = i
    return run.done[found - 1]


# -------- scenarios


def only_additions() -> list[Step]:
    """The source's merge: A and B everywhere, C and D in the US, E in Europe."""
    return [start("AB"), cut(), add(US, "C"), add(US, "D"), add(EU, "E"), heal()]


def comes_back() -> list[Step]:
    return [start("ABC"), cut(), add(US, "D"), remove(EU, "B"), heal()]


def clock_behind() -> list[Step]:
    return [start("ABC"), cut(), add(US, "D"), add(EU, "E"), heal()]


def added_again() -> list[Step]:
    """Both sides take B out, and US-East puts it back in; C only Europe takes out."""
    return [start("ABC"), cut(), remove(EU, "B"), remove(US, "B"), add(US, "B"), remove(EU, "C"), heal()]


def merged_twice() -> list[Step]:
    return [*comes_back(), remove(US, "B"), again()]


# -------- the panel


class CartMergePanel(Panel):
    """A cart in two regions; see the module's docstring."""

    topic = "cart_merge"

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("One cart in two regions: the merge, its anomaly and its cure"),
            "question": self._who_keeps_all(),
            "controls": [
                slider("skew", _("EU-West's clock is ahead by"), 0, -SKEW_MAX_S, SKEW_MAX_S, 1, _("s")),
                hidden_list("steps", only_additions()),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _who_keeps_all() -> dict[str, Any]:
        options = [
            ("all", _("All three")),
            ("two", _("The union and the OR-Set")),
            ("one", _("Only the OR-Set")),
        ]
        return question(
            _("US-East puts in C and D, EU-West puts in E. Which merges keep everything?"), options, name="keep"
        )

    def _presets(self) -> list[dict[str, Any]]:
        carts = [("ACD", "A C D"), ("ABCD", "A B C D"), ("AC", "A C"), ("other", _("Something else"))]
        union = question(
            _("EU-West takes out B while US-East puts in D. What does the union show?"), carts, name="union"
        )
        lost = [("us", _("US-East's D")), ("eu", _("EU-West's E")), ("none", _("Nothing")),
                ("other", _("Something else"))]  # fmt: skip
        clock = question(
            _("D is put in, and a second later E, by a clock that is 5 s behind. Last writer wins: what is lost?"),
            lost, name="lost",
        )  # fmt: skip
        left = [("B", _("Only B")), ("C", _("Only C")), ("both", _("Both")), ("none", _("Neither"))]
        which = question(
            _("EU-West takes out B and C. US-East takes out B and puts it in again. Which are in the OR-Set?"),
            left, name="or_set",
        )  # fmt: skip
        back = [("yes", _("Yes")), ("no", _("No"))]
        twice = question(
            _("B came back and was taken out again. Now the old messages arrive once more. Is B in the union?"),
            back, name="twice",
        )  # fmt: skip
        return [
            preset("additions", _("Only additions"),
                   _("nobody takes anything out here. Look whose additions each merge keeps.")),
            preset("comes_back", _("The removed item comes back"),
                   _("press the versions: what in US-East's says that B was taken out in EU-West?"),
                   union, steps=comes_back()),
            preset("clock", _("A clock that is behind"),
                   _("the cart of the last writer wins whole, and the last writer is whose clock says so. Set the "
                     "clock right and look again."), clock, skew=-5, steps=clock_behind()),
            preset("again", _("Taken out here, put in again there"),
                   _("a removal takes the additions that it has seen. Which addition of B has EU-West's not seen?"),
                   which, steps=added_again()),
            preset("twice", _("The merge comes twice"),
                   _("what do the old messages carry, and what is known by then? Press the versions."),
                   twice, steps=merged_twice()),
        ]  # fmt: skip

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "how": _("Cut the link, put items in and take them out on both sides, heal the link."),
            "cut": _("Cut the link"),
            "heal": _("Heal the link"),
            "again": _("Deliver the merge once more"),
            "undo": _("Undo"),
            "over": _("Start over"),
            "steps": _("{n} of {all} steps"),
            "connected": _("connected"),
            "no_link": _("no link"),
            "put_in": _("{at}: put in {item}"),
            "take_out": _("{at}: take out {item}"),
            "before": _("Before the cut"),
            "at_first": _("At first"),
            "no_change": _("no change"),
            "several": _("different carts: {n}"),
            "merge": _("merge"),
            "ghost": _("Heal the link, and the two versions meet here."),
            "once_more": _("the merge once more"),
            "version": _("Version {n}: {what}"),
            "choose": _(
                "Press a version, or go through them with the arrow keys, to see what each cart carries with it."
            ),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        given = params["steps"]
        steps = checked_all(given[:STEPS_MAX])
        run = Run(params["skew"]).play(steps)
        found = [verdict(run, merge) for merge in MERGES] if run.connected else None
        return {
            "regions": [region(run, at) for at in REGIONS],
            "connected": run.connected,
            "may_repeat": run.connected and run.sent is not None,
            "picture": picture(run),
            "results": found,
            "meant": meant_text(run) if run.connected else "",
            "full": len(steps) >= STEPS_MAX,
            "taken": len(steps),
            "max": STEPS_MAX,
            "answers": answers(run),
            "columns": [_(MERGE_TITLES[merge]) for merge in MERGES],
            "numbers": numbers(run) if run.connected else [],
            "summary": summary(run, found),
            "log": [in_words(run, i) for i in range(1, len(run.frames))],
            "notice": _("At most {n} steps are played; the rest is left out.", n=STEPS_MAX)
            if len(given) > STEPS_MAX
            else None,
        }


def region(run: Run, at: str) -> dict[str, Any]:
    """What stands on a region's card. Where the three carts differ, it says which have the item, by their numbers."""
    items = []
    for item in ITEMS:
        who = run.shows(at, item)
        differ = 0 < len(who) < len(MERGES)
        items.append({"item": item, "there": bool(who), "only": [MERGES.index(m) for m in who] if differ else []})
    return {"name": at, "title": TITLES[at], "clock": clock_text(run.skew_s if at == EU else 0.0), "items": items}


def clock_text(skew_s: float) -> str:
    if not skew_s:
        return ""
    n = text_number(abs(skew_s))
    return _("clock {n} s ahead", n=n) if skew_s > 0 else _("clock {n} s behind", n=n)


def spaced(items: Iterable[str]) -> str:
    return "\u00a0".join(items) or _("empty")


def listed(items: Iterable[str]) -> str:
    return ", ".join(items)


def groups(carts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The different ones among the three carts, each with the numbers of the merges that have it."""
    found: dict[str, list[int]] = {}
    for i, merge in enumerate(MERGES):
        found.setdefault(carts[merge], []).append(i)
    return [{"merges": who, "items": spaced(items)} for items, who in found.items()]


# -------- the merge diagram


def picture(run: Run) -> dict[str, Any]:
    """The last cut and what came of it: the version before, what each side did, and what came after the merge."""
    steps = [(i, step) for i, step in enumerate(run.done, 1) if not step["idle"]]
    cut_at = next((i for i, step in reversed(steps) if step["do"] == CUT), None)
    heal_at = next((i for i, step in steps if step["do"] == HEAL and cut_at is not None and i > cut_at), None)
    first = cut_at if cut_at is not None else int(bool(run.done) and run.done[0]["do"] == START)
    apart, after = [], []
    for i, step in steps:
        if i > first:
            on_a_side = cut_at is not None and (heal_at is None or i < heal_at)
            (apart if on_a_side else after).append(version(run, i, step))
    root = version(run, first, None)
    return {"root": root, "cut": cut_at is not None, "healed": heal_at is not None, "apart": apart, "after": after}


def version(run: Run, i: int, step: Mapping[str, Any] | None) -> dict[str, Any]:
    """A version of the cart for the diagram: what made it, what is in it, what each of the three carries with it."""
    at = US if step is None else step.get("at", US)
    frame = run.frames[i]
    found = {"n": i, "do": None if step is None else step["do"], "at": at, "label": "", "title": "", "times": []}
    if step is not None and step["do"] in (ADD, REMOVE):
        label = change_label(step)
        found |= {"label": label, "title": f"{TITLES[at]}, {label}", "times": moments(step)}
    kept = [carried(merge, frame["states"][at][merge]) for merge in MERGES]
    return {**found, "carts": groups(frame["carts"][at]), "carried": kept}


def moments(step: Mapping[str, Any]) -> list[str]:
    """When a change was made, and of a wrong clock what it said."""
    wrong = step["clock_s"] != step["at_s"]
    at_s = _("{n} s", n=text_number(step["at_s"]))
    return [at_s, _("clock: {clock} s", clock=signed(step["clock_s"]))] if wrong else [at_s]


def signed(value: float) -> str:
    return text_number(value).replace("-", "−")


def seconds(value: float) -> str:
    """Seconds for a sentence, in one piece; a cart that was never written has none."""
    return _("{n} s", n=signed(value)).replace(" ", "\u00a0") if math.isfinite(value) else "–"


def change_label(step: Mapping[str, Any]) -> str:
    return f"{'+' if step['do'] == ADD else '−'}{step['item']}"


def carried(merge: str, state: Any) -> str:
    """What a cart carries with it beside its items."""
    if merge == LWW:
        at_s, name = state.stamp
        if not name:
            return _("no timestamp yet")
        return _("timestamp {clock} s, of {at}", clock=signed(at_s), at=TITLES[name])
    if merge == UNION:
        return _("version vector {vector}", vector=vector_text(state[1]))
    dots = [f"{item}·{name.upper()}{n}" for (name, n), item in sorted(state.dots, key=lambda pair: (pair[1], pair[0]))]
    return _("additions {dots}; seen {vector}", dots=listed(dots) or "–", vector=vector_text(state.seen))


def vector_text(vector: Mapping[str, int]) -> str:
    return listed(f"{at.upper()}\u00a0{vector.get(at, 0)}" for at in REGIONS)


# -------- what became of it


def verdict(run: Run, merge: str) -> dict[str, Any]:
    """The merged cart item by item, and in a few lines what it loses, brings back or settles."""
    found = standings(run.last, merge)
    by = {kind: [item for item, one in found.items() if one == kind] for kind in (LOST, BACK, KEPT, GONE)}
    lines = [{"kind": kind, "text": _(SAYS[kind], items=listed(items))} for kind, items in by.items() if items]
    if not lines:
        lines.append({"kind": "good", "text": _("As it was meant.")})
    reason = why(run, merge, by)
    if reason:
        lines.append({"kind": "why", "text": reason})
    slots = [{"item": item, "state": state} for item, state in found.items()]
    return {"merge": merge, "title": _(MERGE_TITLES[merge]), "slots": slots, "lines": lines}


SAYS = {
    LOST: N_("Lost: {items}."),
    BACK: N_("Back again: {items}."),
    KEPT: N_("Opposite wishes, and it stays: {items}."),
    GONE: N_("Opposite wishes, and it goes: {items}."),
}


def why(run: Run, merge: str, by: Mapping[str, Sequence[str]]) -> str:
    """The reason for what a merge does, or for what the OR-Set does right."""
    if merge == LWW:
        steps = [since(run, LWW, item) for item in (*by[LOST], *by[BACK], *by[GONE])]
        return " ".join(dict.fromkeys(lost_because(step) for step in steps))
    if merge == UNION and by[BACK]:
        return _("One side took it out, the other still had it: a union keeps it. This is Dynamo's anomaly.")
    if merge == UNION and not any(step["do"] == REMOVE for step in run.done):
        return _("As long as things are only put in, a union is all it takes.")
    if merge == OR_SET and by[KEPT]:
        return _("It was put in where the removal was not known, and the addition wins.")
    if merge == OR_SET and any(step["do"] == REMOVE and not step["idle"] for step in run.done):
        return _("A removal takes the additions that it has seen, on the other side too.")
    return ""


def lost_because(step: Mapping[str, Any]) -> str:
    """Why the last writer's cart is what it is since this step."""
    if step["do"] != HEAL:
        return _("A write with an older timestamp than the cart's is dropped at once.")
    winner = step["winner"]
    newer, older = (seconds(step["stamps_s"][at]) for at in sorted(REGIONS, key=lambda at: at != winner))
    return _("{at} has the newer timestamp ({newer} against {older}), and its cart wins whole.",
             at=TITLES[winner], newer=newer, older=older)  # fmt: skip


def wished(run: Run) -> list[str]:
    """What each side did since the last cut, until the link was healed."""
    apart = picture(run)["apart"]
    done = {at: [one["label"] for one in apart if one["at"] == at] for at in REGIONS}
    return [f"{TITLES[at]} {listed(labels)}" for at, labels in done.items() if labels]


def meant_text(run: Run) -> str:
    """The yardstick in a sentence or two."""
    wanted = {kind: [item for item in ITEMS if run.meant[item] == kind] for kind in (IN, TWO)}
    done = "; ".join(wished(run))
    text = _("The customer meant: {items}.", items=spaced(wanted[IN]))
    if done:
        text = _("The customer meant: {items} ({done}).", items=spaced(wanted[IN]), done=done)
    return text + " " + _("Opposite wishes: {items}.", items=listed(wanted[TWO])) if wanted[TWO] else text


def answers(run: Run) -> dict[str, Any]:
    names = ("keep", "union", "lost", "or_set", "twice")
    if not run.connected:
        return {name: outcome("", _("The link is cut: nothing has been merged yet.")) for name in names}
    carts = run.last["carts"][US]
    gone = {merge: [i for i, state in standings(run.last, merge).items() if state == LOST] for merge in MERGES}
    shown = "; ".join(f"{_(MERGE_TITLES[merge])}: {spaced(carts[merge])}" for merge in MERGES) + "."
    keep = "one" if gone[UNION] else "two" if gone[LWW] else "all"
    lost = {"": "none", "D": "us", "E": "eu"}.get("".join(gone[LWW]), "other")
    left = {(True, True): "both", (True, False): "B", (False, True): "C", (False, False): "none"}
    return {
        "keep": outcome(keep, shown),
        "union": outcome(carts[UNION] if carts[UNION] in ("ACD", "ABCD", "AC") else "other", shown),
        "lost": outcome(lost, shown),
        "or_set": outcome(left["B" in carts[OR_SET], "C" in carts[OR_SET]], shown),
        "twice": outcome("yes" if "B" in carts[UNION] else "no", shown),
    }


def numbers(run: Run) -> list[dict[str, Any]]:
    found = [standings(run.last, merge) for merge in MERGES]

    def having(kind: str) -> list[str]:
        return [listed(item for item, state in one.items() if state == kind) or "–" for one in found]

    states = run.last["states"][US]
    sizes = [2 if states[LWW].stamp[1] else 0, len(states[UNION][1]), states[OR_SET].size]
    opposite = [
        number(_("opposite wishes, and it stays"), *having(KEPT)),
        number(_("opposite wishes, and it goes"), *having(GONE)),
    ]
    return [
        number(_("in the cart"), *(spaced(run.last["carts"][US][merge]) for merge in MERGES)),
        number(_("lost"), *having(LOST)),
        number(_("back again"), *having(BACK)),
        *(opposite if TWO in run.meant.values() else []),
        number(_("numbers and names carried along"), *sizes),
    ]


def summary(run: Run, found: Sequence[Mapping[str, Any]] | None) -> str:
    if found is None:
        sides = " ".join(f"{TITLES[at]}: {carts_text(run.last['carts'][at])}." for at in REGIONS)
        return _("The link is cut: nothing has been merged yet.") + " " + sides
    parts = [meant_text(run)]
    for one in found:
        said = " ".join(line["text"] for line in one["lines"])
        parts.append(f"{one['title']}: {spaced(run.last['carts'][US][one['merge']])}. {said}")
    return " ".join(parts)


def carts_text(carts: Mapping[str, str]) -> str:
    """A region's carts in a sentence: one, if all three are the same."""
    found = groups(carts)
    if len(found) == 1:
        return found[0]["items"]
    return "; ".join(f"{listed(_(MERGE_TITLES[MERGES[i]]) for i in one['merges'])}: {one['items']}" for one in found)


SENTENCES = {
    START: N_("{n}. At first: {items}."),
    ADD: N_("{n}. {at} puts in {item}."),
    REMOVE: N_("{n}. {at} takes out {item}."),
    CUT: N_("{n}. The link is cut."),
    HEAL: N_("{n}. The link is healed, and both versions are merged."),
    AGAIN: N_("{n}. The messages of the merge arrive once more."),
}


def in_words(run: Run, n: int) -> str:
    """A step, and the carts after it."""
    step, carts = run.done[n - 1], run.frames[n]["carts"]
    items = spaced(step.get("items", ""))
    sentence = SENTENCES[step["do"]]
    text = _(sentence, n=n, at=TITLES.get(step.get("at", ""), ""), item=step.get("item"), items=items)
    if step["idle"]:
        return f"{text} " + _("It changes nothing.")
    if step["do"] in (START, CUT):
        return text
    if carts[US] == carts[EU]:
        return f"{text} " + _("Both regions: {carts}.", carts=carts_text(carts[US]))
    return " ".join([text, *(f"{TITLES[at]}: {carts_text(carts[at])}." for at in REGIONS)])


def cart_merge_panel(*, steps: Iterable[Step] | None = None, **params: Any) -> CartMergePanel:
    """The panel of one cart in two regions, merged in three ways.

    `steps` is a list of `start("AB")`, `cut()`, `add("us", "D")`, `remove("eu", "B")`, `heal()`, `again()` of this
    module. `skew` is the seconds that EU-West's clock is ahead. `reveal=True` shows the outcome without asking for a
    prediction. ValueError for a value that the panel does not offer.
    """
    if steps is not None:
        params["steps"] = checked_all(steps)
    return CartMergePanel(**params)
