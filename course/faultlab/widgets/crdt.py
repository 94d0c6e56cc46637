"""The CRDT laboratory: three replicas, updates, states on their way, and the lattice that they climb.

1. The scenario is a list of steps: an update at a replica, the sending of its state, what becomes of a message
   (delivered, dropped, duplicated), or an exchange of everybody with everybody. A message that is not delivered waits;
   delay and another order are nothing but a later step.
2. The same steps can be played by every type of `models/crdt.py`: `add` is +1 to a counter, an item to a set, a write
   to a register. What a type cannot do is left out, and said.
3. The lattice shows the states that were reached, ordered by `<=` of the type. Only the covering pairs are drawn (Hasse
   diagram): what is higher knows all that is lower. A true merge is the join, the lowest state above both.
4. Each merge is put to the test that a join passes: it is above both, and the same state once more changes nothing. If
   it does, the panel shows where further copies of that one message would lead.
5. Step i happens at i seconds of true time. Only the last-writer-wins register asks a clock; that of C may be wrong.
6. Which step is looked at is the browser's business alone; an update made in the past replaces the future.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.crdt import TYPES
from faultlab.widgets.panel import Panel, choice, hidden_list, number, outcome, preset, question, slider

NAMES = ("A", "B", "C")
STEPS_MAX, WAITING_MAX, BY_MAX, ITEM_MAX, SKEW_MAX_S, AGAIN = 30, 6, 100, 6, 10, 3
COUNTERS = ("GCounter", "PNCounter", "SummedCounter")
REGISTERS = ("LWWRegister", "MVRegister")
TITLES = {
    "GCounter": N_("G-Counter: only up"),
    "PNCounter": N_("PN-Counter: up and down"),
    "SummedCounter": N_("Adding counter (no CRDT)"),
    "GSet": N_("G-Set: only grows"),
    "TwoPhaseSet": N_("2P-Set: removed for ever"),
    "ORSetNaive": N_("OR-Set with tombstones"),
    "ORSet": N_("OR-Set without tombstones"),
    "LWWRegister": N_("LWW register: last writer"),
    "MVRegister": N_("MV register: keeps siblings"),
}
# What each kind of step needs beside its name.
ADD, REMOVE, SEND, DELIVER, DROP, DUPLICATE, SYNC = "add", "remove", "send", "deliver", "drop", "duplicate", "sync"
NEEDS = {
    ADD: ("at",), REMOVE: ("at",), SEND: ("from", "to"), DELIVER: ("message",), DROP: ("message",),
    DUPLICATE: ("message",), SYNC: (),
}  # fmt: skip
# The ids of what may be added or removed by a button of the picture: an amount and an item each.
BUTTONS = {"counter": [(ADD, 1), (ADD, 5), (REMOVE, 1)], "set": [(ADD, "x"), (ADD, "y"), (REMOVE, "x"), (REMOVE, "y")],
           "register": [(ADD, "x"), (ADD, "y"), (ADD, "z")]}  # fmt: skip
Step = dict[str, Any]
State = Any


def family(kind: str) -> str:
    return "counter" if kind in COUNTERS else "register" if kind in REGISTERS else "set"


# -------- steps, as a chapter writes them


def add(at: str, what: str = "x", by: int = 1) -> Step:
    """An update: `by` more on a counter, the item `what` into a set, `what` written to a register."""
    return {"do": ADD, "at": at, "what": what, "by": by}


def remove(at: str, what: str = "x", by: int = 1) -> Step:
    return {"do": REMOVE, "at": at, "what": what, "by": by}


def send(source: str, to: str) -> Step:
    """The sender's state as it is now. Messages are numbered from 1 on, copies too."""
    return {"do": SEND, "from": source, "to": to}


def deliver(message: int) -> Step:
    return {"do": DELIVER, "message": message}


def drop(message: int) -> Step:
    return {"do": DROP, "message": message}


def duplicate(message: int) -> Step:
    return {"do": DUPLICATE, "message": message}


def sync() -> Step:
    """Everybody sends the state that he has now to everybody else, and all of it arrives."""
    return {"do": SYNC}


def checked(step: Mapping[str, Any]) -> Step:
    """The step with its defaults. ValueError in one line if it cannot be read."""
    do = step.get("do") if isinstance(step.get("do"), str) else ""
    names = [step.get(key) for key in ("at", "from", "to") if key in NEEDS.get(do, ())]
    message, by, what = step.get("message"), step.get("by", 1), step.get("what", "x")
    good = do in NEEDS and all(name in NAMES for name in names) and (do != SEND or step["from"] != step["to"])
    good = good and ("message" not in NEEDS[do] or (type(message) is int and message > 0))
    good = good and type(by) is int and 0 < by <= BY_MAX and isinstance(what, str) and 0 < len(what) <= ITEM_MAX
    if not good:
        raise ValueError(_("A step looks like {example}, not like {step}.", example=add("A"), step=dict(step)))
    return {**step, "by": by, "what": what}


# -------- what a type does with a step


CANNOT = object()


def updated(kind: str, state: State, step: Step, time_s: float) -> State:
    """The state after the update; CANNOT if this type has no such update."""
    at, by, what, more = step["at"], step["by"], step["what"], step["do"] == ADD
    if kind in COUNTERS:
        return CANNOT if kind == "GCounter" and not more else state.add(at, by if more else -by)
    if kind in REGISTERS and not more:
        return CANNOT
    if kind == "LWWRegister":
        return state.write(at, what, time_s)
    if kind == "MVRegister":
        return state.write(at, what)
    if not more:
        return CANNOT if kind == "GSet" else state.remove(what)
    return state.add(at, what) if kind in ("ORSet", "ORSetNaive") else state.add(what)


def below(one: State, other: State) -> bool:
    """`one <= other`, for a class without an order by what its merge says."""
    if type(one).__le__ is not object.__le__:
        return bool(one <= other)
    return one.merge(other) == other


def value_text(kind: str, state: State) -> str:
    value = state.value
    if kind in COUNTERS:
        return str(value)
    if kind == "LWWRegister":
        return "–" if value is None else str(value)
    if kind == "MVRegister":
        return " | ".join(str(one) for one in value) or "–"
    return "{" + ", ".join(sorted(str(item) for item in value)) + "}" if value else "∅"


def _vector(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}{count}" for name, count in counts.items()) or "0"


def _tags(pairs: Iterable[tuple[tuple[str, int], Any]]) -> str:
    return " ".join(f"{item}·{name}{count}" for (name, count), item in sorted(pairs, key=str)) or "–"


def _items(items: Iterable[Any]) -> str:
    return "{" + ", ".join(sorted(map(str, items))) + "}"


DETAILS: Mapping[str, Callable[[Any], str]] = {
    "GCounter": lambda s: _vector(s.counts),
    "PNCounter": lambda s: f"+ ({_vector(s.added.counts)}), − ({_vector(s.taken.counts)})",
    "SummedCounter": lambda s: str(s.count),
    "GSet": lambda s: _items(s.items),
    "TwoPhaseSet": lambda s: f"+ {_items(s.added.items)}, − {_items(s.removed.items)}",
    "LWWRegister": lambda s: f"{s.stamp[1]}, {s.stamp[0]:g} s" if s.stamp[1] else "–",
    "MVRegister": lambda s: f"{_tags(s.siblings)}; {_vector(s.seen)}",
    "ORSetNaive": lambda s: f"+ {_tags(s.added)}, † {_tags(s.removed)}",
    "ORSet": lambda s: f"{_tags(s.dots)}; {_vector(s.seen)}",
}


def detail_text(kind: str, state: State) -> str:
    """What the state carries; of a learner's class what it says of itself."""
    return DETAILS[kind](state) if type(state) is TYPES[kind] else " ".join(repr(state).split())[:80]


# -------- one run


@dataclass
class Message:
    number: int
    source: str
    to: str
    state: int
    sent: int
    copy_of: int | None
    end: int | None = None
    fate: str | None = None


@dataclass
class Run:
    """The steps played by one type: every distinct state once, in the order in which they were reached."""

    kind: str
    cls: type
    skew_s: float
    states: list[State] = field(default_factory=list)
    origin: list[dict[str, Any]] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0

    def play(self, steps: Sequence[Step]) -> Run:
        self.at = dict.fromkeys(NAMES, self.known(self.cls(), "start"))
        self._frame()
        for step in steps:
            merges: list[dict[str, Any]] = []
            note = self._do(step, merges)
            self.done.append({**step, "note": note, "merges": merges, "idle": False})
            self._frame()
            if step["do"] in (ADD, REMOVE):
                self.done[-1]["idle"] = self.frames[-1]["at"] == self.frames[-2]["at"]
        return self

    def known(self, state: State, how: str) -> int:
        """The number of this state. Compared one by one: a learner's class need not be hashable."""
        for i, other in enumerate(self.states):
            if other == state:
                return i
        self.states.append(state)
        self.origin.append({"how": how, "step": len(self.done) + (how != "start")})
        return len(self.states) - 1

    def _frame(self) -> None:
        where = [self.at[name] for name in NAMES]
        values = [value_text(self.kind, self.states[i]) for i in where]
        sizes = [getattr(self.states[i], "size", 0) for i in where]
        waiting = [m.number for m in self.messages if m.fate is None]
        found = {"at": where, "states": len(set(where)), "values": len(set(values)), "size": sum(sizes)}
        self.frames.append({**found, "waiting": waiting})

    def _do(self, step: Step, merges: list[dict[str, Any]]) -> str | None:
        """Play a step; None, or why it was left out."""
        do = step["do"]
        if do in (ADD, REMOVE):
            return self._update(step)
        if do == SYNC:
            before = [self.at[name] for name in NAMES]
            for to in NAMES:
                merges += [self._merge(before[i], to) for i, name in enumerate(NAMES) if name != to]
            return None
        if do == SEND:
            return self._post(step["from"], step["to"], self.at[step["from"]], None)
        message = next((m for m in self.messages if m.number == step["message"] and m.fate is None), None)
        if message is None:
            return _("message {n} is not waiting", n=step["message"])
        if do == DUPLICATE:
            return self._post(message.source, message.to, message.state, message.number)
        message.end, message.fate = len(self.done) + 1, do
        if do == DELIVER:
            merges.append(self._merge(message.state, message.to))
        return None

    def _update(self, step: Step) -> str | None:
        at = step["at"]
        old = self.states[self.at[at]]
        time_s = len(self.done) + 1 + (self.skew_s if at == NAMES[-1] else 0)
        new = updated(self.kind, old, step, time_s)
        if new is CANNOT:
            return _("this type cannot do that")
        if new is None:
            raise ValueError(_("An update returns the new state, not None; the old one stays as it was."))
        self.total += step["by"] if step["do"] == ADD else -step["by"]
        self.at[at] = self.known(new, "update")
        return None

    def _post(self, source: str, to: str, state: int, copy_of: int | None) -> str | None:
        if sum(m.fate is None for m in self.messages) >= WAITING_MAX:
            return _("at most {n} messages wait", n=WAITING_MAX)
        self.messages.append(Message(len(self.messages) + 1, source, to, state, len(self.done) + 1, copy_of))
        return None

    def _merge(self, sent: int, to: str) -> dict[str, Any]:
        """Merge a state into a replica, and see whether the same state once more would change anything (rule 4)."""
        before = self.at[to]
        now = self.states[before].merge(self.states[sent])
        after = self.at[to] = self.known(now, "merge")
        again = []
        for _copy in range(AGAIN):
            more = now.merge(self.states[sent])
            if more == now:
                break
            now = more
            again.append(value_text(self.kind, now))
        above = all(below(self.states[i], self.states[after]) for i in (before, sent))
        return {"to": to, "before": before, "sent": sent, "after": after, "again": again, "above": above}

    @property
    def values(self) -> list[str]:
        return [value_text(self.kind, self.states[self.at[name]]) for name in NAMES]

    @property
    def merges(self) -> list[dict[str, Any]]:
        return [merge for step in self.done for merge in step["merges"]]


def no_join(merge: Mapping[str, Any]) -> bool:
    return bool(merge["again"]) or not merge["above"]


# -------- the lattice


def lattice(states: Sequence[State]) -> tuple[list[int], list[tuple[int, int]]]:
    """Hasse diagram: the level of each state (the longest chain below it), and the pairs (lower, upper) that cover."""
    n = len(states)
    under = [[i for i in range(n) if i != j and below(states[i], states[j])] for j in range(n)]
    # Antisymmetric, unless the learner's merge is wrong: then two states are above each other, and neither is.
    strictly = [{i for i in under[j] if j not in under[i]} for j in range(n)]
    levels = [0] * n
    for j in sorted(range(n), key=lambda j: len(strictly[j])):
        levels[j] = 1 + max((levels[i] for i in strictly[j]), default=-1)
    covers = [(i, j) for j in range(n) for i in sorted(strictly[j]) if not any(i in strictly[k] for k in strictly[j])]
    return levels, covers


def places(levels: Sequence[int], covers: Iterable[tuple[int, int]]) -> list[float]:
    """Where each state stands on its level, 0 to 1: below what it covers, so that few lines cross."""
    lower: dict[int, list[int]] = {}
    for i, j in covers:
        lower.setdefault(j, []).append(i)
    x = [0.5] * len(levels)
    for level in range(max(levels) + 1):
        row = [j for j in range(len(levels)) if levels[j] == level]
        row.sort(key=lambda j: sum(x[i] for i in lower.get(j, [])) / max(1, len(lower.get(j, []))))
        for place, j in enumerate(row):
            x[j] = (place + 0.5) / len(row)
    return x


def lattice_of(run: Run) -> dict[str, Any]:
    levels, covers = lattice(run.states)
    x = places(levels, covers)
    nodes = [
        {
            "value": value_text(run.kind, state),
            "detail": detail_text(run.kind, state),
            "level": levels[i],
            "x": round(x[i], 4),
            **run.origin[i],
        }
        for i, state in enumerate(run.states)
    ]
    return {"nodes": nodes, "covers": covers, "levels": max(levels) + 1}


# -------- scenarios


def repeated() -> list[Step]:
    return [add("A", by=3), add("B", by=5), send("A", "B"), duplicate(1), deliver(1), deliver(2)]


def add_wins() -> list[Step]:
    heard = [add("A"), send("A", "B"), deliver(1)]
    both = [remove("A"), add("B"), send("A", "B"), send("B", "A"), deliver(2), deliver(3)]
    return [*heard, *both, send("B", "C"), deliver(4)]


def never_again() -> list[Step]:
    return [add("A"), remove("A"), send("A", "B"), deliver(1), add("B"), sync()]


def skewed() -> list[Step]:
    return [add("C", "x"), send("C", "A"), deliver(1), add("A", "y"), sync()]


def tombstones() -> list[Step]:
    return [step for _round in range(4) for step in (add("A"), remove("A"), send("A", "B"))] + [
        deliver(4), drop(1), deliver(3), deliver(2), sync(),
    ]  # fmt: skip


def siblings() -> list[Step]:
    both = [add("A", "x"), add("B", "y"), send("A", "B"), send("B", "A"), deliver(1), deliver(2)]
    return [*both, add("A", "z"), send("A", "B"), send("A", "C"), deliver(3), deliver(4)]


# -------- the panel


class CrdtPanel(Panel):
    """Three replicas of one CRDT; see the module's docstring."""

    topic = "crdt"

    def __init__(self, state: type | None = None, kind: str = "PNCounter", **params: Any) -> None:
        self.learner, self.learner_kind = state, kind
        super().__init__(kind=kind, **params)

    def describe(self) -> dict[str, Any]:
        kinds = [(kind, _(title)) for kind, title in TITLES.items()]
        return {
            "title": _("CRDT laboratory: do the replicas agree?"),
            "question": self._do_they_agree(),
            "controls": [
                choice("kind", _("Type"), "PNCounter", kinds),
                slider("skew", _("Clock of C is ahead by (LWW)"), 0, -SKEW_MAX_S, SKEW_MAX_S, 1, _("s")),
                hidden_list("steps", repeated()),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _do_they_agree() -> dict[str, Any]:
        options = [("same", _("All three the same")), ("differ", _("Not all the same"))]
        return question(_("After these steps, what do the three replicas show?"), options, name="agree")

    def _presets(self) -> list[dict[str, Any]]:
        total = [("8", "8"), ("11", "11"), ("other", _("Another number"))]
        what_b = question(_("A's message reaches B twice. What does B show in the end?"), total, name="b")
        inside = [("yes", _("Yes, at all three")), ("no", _("No, at none")), ("differ", _("They differ"))]
        is_in = question(_("In the end, is x in the set?"), inside, name="x")
        shown = [("x", "x"), ("y", "y"), ("other", _("Something else"))]
        which = question(_("A writes y after it has seen x. What do all show in the end?"), shown, name="a")
        return [
            preset("repeated", _("A message comes twice"),
                   _("a state that is already known changes nothing: the second arrival moves nobody in the lattice."),
                   what_b),
            preset("summed", _("The same, and the merge adds"),
                   _("each copy of the message counts again, and there is no state in which it ends."),
                   what_b, kind="SummedCounter"),
            preset("add_wins", _("Removed here, added there"),
                   _("A's removal takes the addition that A has seen. The one that B makes meanwhile has a tag of its "
                     "own."), is_in, kind="ORSetNaive", steps=add_wins()),
            preset("never_again", _("Removed, then added again"),
                   _("in a 2P-Set a removal is for ever: B's addition changes nothing."),
                   is_in, kind="TwoPhaseSet", steps=never_again()),
            preset("skew", _("A clock that is ahead"),
                   _("y is written later, with the older timestamp: it is lost at its own writer, and nobody says so."),
                   which, kind="LWWRegister", skew=8, steps=skewed()),
            preset("siblings", _("Two writes at once"),
                   _("both stay, side by side, until A writes again and so replaces both."),
                   kind="MVRegister", steps=siblings()),
            preset("tombstones", _("Tombstones pile up"),
                   _("x goes in and out four times, and the set is empty. Compare the two sizes."),
                   self._which_is_larger(), kind="ORSetNaive", steps=tombstones()),
        ]  # fmt: skip

    @staticmethod
    def _which_is_larger() -> dict[str, Any]:
        options = [("naive", _("The one with tombstones")), ("lean", _("The one without")), ("equal", _("The same"))]
        return question(_("Which OR-Set carries more metadata in the end?"), options, name="size")

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "steps": _("Step {n} of {all}"),
            "slider": _("The step that is shown"),
            "undo": _("Undo"),
            "redo": _("Redo"),
            "sync": _("All to all"),
            "clear": _("Clear"),
            "how": _(
                "Press what a replica should do. Sent states wait below: deliver them in any order, twice, or never."
            ),
            "update": _("{at}: {what}"),
            "send": _("Send the state of {from} to {to}"),
            "waiting": _("Messages that wait"),
            "nothing_waits": _("None. “→B” beside a replica sends its state."),
            "deliver": _("deliver"),
            "drop": _("drop"),
            "duplicate": _("duplicate"),
            "act": _("{act}: message {n}"),
            "lattice": _("States reached: higher knows more"),
            "marks": _("⊔ came from a merge"),
            "ghost": _("The same message again and again: {values}, …"),
            "no_join": _("✗ This merge is no join: a copy of the message moves it on."),
            "not_above": _("✗ This merge is no join: it does not lie above both states."),
            "is_join": _("✓ Last merge: the message once more would change nothing."),
            "no_merge": _("No merge yet."),
            "node": _("State {n}: shows {value}, carries {detail}"),
            "agree": _("Different among the three"),
            "states": _("states"),
            "values": _("values shown"),
            "size": _("Metadata, all three replicas"),
            "own": _("this type"),
            "naive": _("with tombstones"),
            "lean": _("without"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind, given = params["kind"], params["steps"]
        steps = [checked(step) for step in given[:STEPS_MAX]]
        own = self.learner is not None and kind == self.learner_kind
        run = Run(kind, self.learner if own else TYPES[kind], params["skew"]).play(steps)
        sizes = sizes_of(run, steps, params["skew"])
        after = Run(kind, run.cls, params["skew"]).play([*steps, sync()])
        return {
            "kind": kind,
            "names": list(NAMES),
            "buttons": buttons(kind),
            "full": len(steps) >= STEPS_MAX,
            "steps": [{**step, "label": label_of(kind, step)} for step in run.done],
            "frames": run.frames,
            "messages": [vars(message) for message in run.messages],
            "lattice": lattice_of(run),
            "sizes": sizes,
            "answers": answers(run, sizes),
            "numbers": numbers(run, after, sizes),
            "summary": summary(run),
            "log": [in_words(kind, i, step) for i, step in enumerate(run.done, 1)],
            "notice": notice(run, given),
        }


def sizes_of(run: Run, steps: Sequence[Step], skew_s: float) -> dict[str, list[int]]:
    """The metadata after each step: of both OR-Sets if it is one of them, else of the type alone."""
    mine = [frame["size"] for frame in run.frames]
    both = {"ORSetNaive": "naive", "ORSet": "lean"}
    if run.kind not in both:
        return {"own": mine}
    found = {}
    for kind, name in both.items():
        frames = run.frames if kind == run.kind else Run(kind, TYPES[kind], skew_s).play(steps).frames
        found[name] = [frame["size"] for frame in frames]
    return found


def buttons(kind: str) -> list[dict[str, Any]]:
    """The updates that a replica offers; what the type cannot do is not offered."""
    found = []
    for do, what in BUTTONS[family(kind)]:
        if do == REMOVE and kind in ("GCounter", "GSet"):
            continue
        step = {"do": do, "by": what, "what": "x"} if isinstance(what, int) else {"do": do, "what": what, "by": 1}
        found.append({**step, "label": label_of(kind, step)})
    return found


def label_of(kind: str, step: Mapping[str, Any]) -> str:
    """An update as the lane writes it: +3, + x, := x."""
    if step["do"] not in (ADD, REMOVE):
        return ""
    sign = "+" if step["do"] == ADD else "−"
    if kind in COUNTERS:
        return f"{sign}{step['by']}"
    return f":= {step['what']}" if kind in REGISTERS and step["do"] == ADD else f"{sign} {step['what']}"


def _shows(value: Any, item: str) -> bool:
    return item in value if isinstance(value, (frozenset, set, tuple)) else value == item


def answers(run: Run, sizes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    values = run.values
    shown = _("{values}.", values=", ".join(f"{n}: {v}" for n, v in zip(NAMES, values, strict=True)))
    inside = {_shows(run.states[run.at[name]].value, "x") for name in NAMES}
    found = {
        "agree": outcome("same" if len(set(values)) == 1 else "differ", shown),
        "b": outcome(values[1] if values[1] in ("8", "11") else "other", shown),
        "a": outcome(values[0] if set(values) == {values[0]} and values[0] in ("x", "y") else "other", shown),
        "x": outcome("differ" if len(inside) > 1 else "yes" if inside == {True} else "no", shown),
    }
    if len(sizes) > 1:
        naive, lean = sizes["naive"][-1], sizes["lean"][-1]
        larger = "equal" if naive == lean else "naive" if naive > lean else "lean"
        because = _("With tombstones: {naive}, without: {lean}; both sets show the same.", naive=naive, lean=lean)
        return {**found, "size": outcome(larger, because)}
    return {**found, "size": outcome("equal", _("This is no OR-Set: there is nothing to compare."))}


def numbers(run: Run, after: Run, sizes: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    last, moved = run.frames[-1], [m for m in run.merges if m["after"] != m["before"]]
    rows = [
        number(_("different states, different values"), f"{last['states']}, {last['values']}"),
        number(_("merges, of them without effect"), f"{len(run.merges)}, {len(run.merges) - len(moved)}"),
        number(_("merges that are no join"), sum(no_join(m) for m in run.merges)),
        number(_("after one exchange of all with all"), " / ".join(after.values)),
    ]
    if run.kind in COUNTERS:
        rows.append(number(_("sum of all updates"), run.total))
    labels = {"own": _("metadata"), "naive": _("metadata with tombstones"), "lean": _("metadata without tombstones")}
    return rows + [number(labels[name], listed[-1]) for name, listed in sizes.items()]


def summary(run: Run) -> str:
    last = run.frames[-1]
    return _(
        "Steps: {steps}. The replicas show {values}. Different states: {states}. Messages waiting: {waiting}.",
        steps=len(run.done), values=", ".join(f"{n}: {v}" for n, v in zip(NAMES, run.values, strict=True)),
        states=last["states"], waiting=len(last["waiting"]),
    )  # fmt: skip


SENTENCES = {
    ADD: N_("{n}. {at} does {what}."),
    REMOVE: N_("{n}. {at} does {what}."),
    SEND: N_("{n}. {source} sends its state to {to}."),
    DELIVER: N_("{n}. Message {which} arrives and is merged."),
    DROP: N_("{n}. Message {which} is lost."),
    DUPLICATE: N_("{n}. The network makes a copy of message {which}."),
    SYNC: N_("{n}. All exchange their states with all."),
}


def in_words(kind: str, n: int, step: Mapping[str, Any]) -> str:
    values = {"n": n, "at": step.get("at"), "what": label_of(kind, step), "source": step.get("from")}
    sentence = SENTENCES[step["do"]]
    text = _(sentence, **values, to=step.get("to"), which=step.get("message"))
    if step["note"]:
        return _("{text} Left out: {note}.", text=text, note=step["note"])
    if any(no_join(merge) for merge in step["merges"]):
        return _("{text} It is no join.", text=text)
    if step["idle"]:
        return _("{text} It changes nothing.", text=text)
    still = step["merges"] and all(merge["before"] == merge["after"] for merge in step["merges"])
    return _("{text} Nothing new.", text=text) if still else text


def notice(run: Run, given: Sequence[Any]) -> str | None:
    if len(given) > STEPS_MAX:
        return _("At most {n} steps are played; the rest is left out.", n=STEPS_MAX)
    left_out = [(i, step["note"]) for i, step in enumerate(run.done, 1) if step["note"]]
    if left_out:
        listed = "; ".join(f"{i} – {note}" for i, note in left_out)
        return _("Steps left out: {listed}.", listed=listed)
    return None


def crdt_panel(
    kind: str = "PNCounter", state: type | None = None, *, steps: Iterable[Step] | None = None, **params: Any
) -> CrdtPanel:
    """The CRDT laboratory with a type of `models.crdt.TYPES`.

    `state` is a class to be seen in the place of the model's `kind`: made without arguments, with the same updates, a
    `merge`, a `value`, and equality; an order and a `size` are used if it has them. `steps` is a list of `add("A")`,
    `send("A", "B")`, `deliver(1)`, ... of this module. `skew` is the seconds that C's clock is ahead. `reveal=True`
    shows the outcome without asking for a prediction. ValueError for a value that the panel does not offer.
    """
    if steps is not None:
        params["steps"] = [checked(step) for step in steps]
    return CrdtPanel(state, kind, **params)
