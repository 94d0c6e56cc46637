"""One pair of writes, three ways to settle them: the last writer wins, siblings, or a merge that knows what was meant.

A counter stands at 10 at both replicas. A adds a, B adds b, and each tells the other what it has then.
1. Last writer wins (`LWWRegister`): the whole value with the greater timestamp stays. The clocks decide, and that of B
   may be wrong. The other write is lost, and nobody is told.
2. Siblings (`MVRegister`): of concurrent writes both stay. Whoever has heard of both sees two values until somebody who
   sees them writes again. What that one forgets is lost then.
3. A merge that knows what was meant (`PNCounter`): not the values are merged but the additions, so nothing is lost.
Whether there is a conflict at all is no question of clocks: the writes are concurrent if B has not heard of A's write
when it makes its own, and `models/clocks.py` says so. If it has heard, B adds to what A has written.

Each value says whose additions it holds, so that what is lost is computed and not written down. Times are true seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from faultlab.i18n import N_, _
from faultlab.models.clocks import CONCURRENT, VectorClock
from faultlab.models.crdt import LWWRegister, MVRegister, PNCounter
from faultlab.widgets.panel import Panel, choice, number, outcome, preset, question, slider, text_number

START = 10
A, B = NAMES = ("A", "B")
# When what happens, in true seconds; only when B hears of A is free.
A_WRITES_S, B_WRITES_S, A_HEARS_S, SETTLE_S, SETTLED_S, END_S = 2.0, 6.0, 9.0, 10.0, 11.0, 12.0
HEARD_MIN_S, HEARD_MAX_S, SKEW_MAX_S, BY_MAX = 2.5, 8.5, 6.0, 9
LWW, SIBLINGS, MERGE = METHODS = ("lww", "siblings", "merge")
NOBODY, SUM, LARGER = "nobody", "sum", "larger"
WRITE_A, WRITE_B, B_HEARS, A_HEARS, SETTLE, SETTLED = "write_a", "write_b", "b_hears", "a_hears", "settle", "settled"


class Content(NamedTuple):
    """A value of a register, and whose additions it holds."""

    amount: int
    of: tuple[str, ...] = ()


class Case(NamedTuple):
    """The values of the controls."""

    heard_s: float
    skew_s: float
    by: Mapping[str, int]
    settle: str

    @property
    def moments(self) -> list[tuple[float, str]]:
        """What happens, in the order of true time. At the same moment B writes first and hears then."""
        fixed = [(A_WRITES_S, WRITE_A), (B_WRITES_S, WRITE_B), (A_HEARS_S, A_HEARS), (self.heard_s, B_HEARS)]
        after = [] if self.settle == NOBODY else [(SETTLE_S, SETTLE), (SETTLED_S, SETTLED)]
        order = [WRITE_A, WRITE_B, B_HEARS, A_HEARS, SETTLE, SETTLED]
        return sorted([*fixed, *after], key=lambda pair: (pair[0], order.index(pair[1])))

    @property
    def all(self) -> int:
        return START + sum(self.by.values())

    def clock_s(self, name: str, at_s: float) -> float:
        return at_s + (self.skew_s if name == B else 0.0)


# -------- the three resolutions: what a write, an arrival and a settling write do to a replica's state


class LastWriter:
    """The register with one value. B's write adds to the value that B has."""

    def __init__(self) -> None:
        self.start = LWWRegister(Content(START))

    def write(self, state: LWWRegister, name: str, case: Case, at_s: float) -> LWWRegister:
        return state.write(name, _more(state.value, name, case), case.clock_s(name, at_s))

    def seen(self, state: LWWRegister) -> list[Content]:
        return [state.value]

    def settled(self, state: LWWRegister, case: Case) -> LWWRegister:
        return state


class Siblings:
    """The register with every concurrent value. A write replaces what its writer sees."""

    def __init__(self) -> None:
        self.start = MVRegister().write("", Content(START))

    def write(self, state: MVRegister, name: str, case: Case, at_s: float) -> MVRegister:
        # Whoever writes before any conflict sees one value.
        return state.write(name, _more(self.seen(state)[0], name, case))

    def seen(self, state: MVRegister) -> list[Content]:
        return sorted(state.value)

    def settled(self, state: MVRegister, case: Case) -> MVRegister:
        """One value in the place of two: the larger of them, or what all additions come to."""
        values = self.seen(state)
        if len(values) < 2:
            return state
        both = Content(case.all, NAMES)
        return state.write(A, both if case.settle == SUM else max(values))


class Merge:
    """The counter: each replica's additions are kept apart, and what they come to is computed."""

    def __init__(self) -> None:
        self.start = PNCounter().add("", START)

    def write(self, state: PNCounter, name: str, case: Case, at_s: float) -> PNCounter:
        return state.add(name, case.by[name])

    def seen(self, state: PNCounter) -> list[Content]:
        return [Content(state.value, tuple(name for name in NAMES if state.added.counts[name]))]

    def settled(self, state: PNCounter, case: Case) -> PNCounter:
        return state


RESOLUTIONS = {LWW: LastWriter, SIBLINGS: Siblings, MERGE: Merge}


def _more(seen: Content, name: str, case: Case) -> Content:
    return Content(seen.amount + case.by[name], (*seen.of, name))


def play(method: str, case: Case) -> list[dict[str, Any]]:
    """What each replica shows after each moment: rows of `at_s`, `what`, and the values at A and at B."""
    how = RESOLUTIONS[method]()
    state: dict[str, Any] = dict.fromkeys(NAMES, how.start)
    sent: dict[str, Any] = {}
    rows = [_row(0.0, "start", how, state, None)]
    for at_s, what in case.moments:
        before = dict(state)
        if what in (WRITE_A, WRITE_B):
            name = A if what == WRITE_A else B
            state[name] = sent[name] = how.write(state[name], name, case, at_s)
        elif what == SETTLE:
            state[A] = sent[A] = how.settled(state[A], case)
        else:
            to, source = (A, B) if what == A_HEARS else (B, A)
            state[to] = state[to].merge(sent[source])
        rows.append(_row(at_s, what, how, state, before))
    return rows


Row = dict[str, Any]


def _row(at_s: float, what: str, how: Any, state: Mapping[str, Any], before: Mapping[str, Any] | None) -> Row:
    values = {name: how.seen(state[name]) for name in NAMES}
    changed = [name for name in NAMES if before is not None and state[name] != before[name]]
    texts = {name: " | ".join(str(one.amount) for one in seen) for name, seen in values.items()}
    held = {name: sorted({who for one in seen for who in one.of}) for name, seen in values.items()}
    return {"at_s": at_s, "what": what, "values": texts, "held": held, "changed": changed, "idle": not changed}


def lost(row: Mapping[str, Any]) -> list[str]:
    """Whose addition no replica holds any more."""
    return [name for name in NAMES if not any(name in held for held in row["held"].values())]


def relation(case: Case) -> str:
    """How A's write stands to B's, by vector clocks: `before` or `concurrent`."""
    a = VectorClock().tick(A)
    heard = [what for _at, what in case.moments]
    known = a if heard.index(B_HEARS) < heard.index(WRITE_B) else VectorClock()
    return a.compare(known.tick(B))


# -------- the panel


class ResolutionPanel(Panel):
    """Two writes and three resolutions; see the module's docstring."""

    topic = "resolution"

    def describe(self) -> dict[str, Any]:
        settles = [(NOBODY, _("nobody")), (SUM, _("A, with the sum")), (LARGER, _("A, with the larger"))]
        return {
            "title": _("The same two writes, settled in three ways"),
            "question": self._what_is_left(),
            "controls": [
                slider("heard", _("B hears of A's write at"), 7.5, HEARD_MIN_S, HEARD_MAX_S, 0.5, _("s")),
                slider("skew", _("Clock of B is ahead by"), 0, -SKEW_MAX_S, SKEW_MAX_S, 0.5, _("s")),
                choice("settle", _("Who settles two values at 10 s"), SUM, settles, menu=True),
                slider("a", _("A adds"), 3, 1, BY_MAX, 1),
                slider("b", _("B adds"), 5, 1, BY_MAX, 1),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _what_is_left() -> dict[str, Any]:
        options = [
            ("a", _("A's addition is lost")),
            ("b", _("B's addition is lost")),
            ("none", _("Both are there")),
        ]
        return question(_("The last writer wins: what is left at 12 s?"), options, name="lww")

    def _presets(self) -> list[dict[str, Any]]:
        options = [("one", _("One of the two")), ("none", _("Neither of them"))]
        settled = question(_("A sees two values and writes the larger. Which additions are lost with siblings?"),
                           options, name="siblings")  # fmt: skip
        return [
            preset("concurrent", _("Concurrent writes"),
                   _("B does not know of A's write. Of three resolutions one loses it, one asks, one adds.")),
            preset("behind", _("B's clock is behind"),
                   _("now the write that was made later loses, as its timestamp is the older one."), skew=-5),
            preset("heard", _("B has heard of it"),
                   _("one write follows the other, so that there is nothing to settle."), heard=4),
            preset("heard_behind", _("Heard, and the clock is behind"),
                   _("no conflict at all, and the last writer still loses: timestamps do not know who has seen what."),
                   heard=4, skew=-5),
            preset("larger", _("Settled in haste"),
                   _("siblings keep both writes, and leave it to somebody who may choose badly."),
                   settled, settle=LARGER),
        ]  # fmt: skip

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "writes": _("+{n}, clock {clock} s"),
            "handle": _("B hears of A's write"),
            "how": _("Drag the dot on B's line to move the moment at which B hears of A's write."),
            "concurrent": _("Concurrent: B did not know of A's write."),
            "before": _("A's write came before B's: B knew of it."),
            "true_time": _("true time, s"),
            "lww": _("Last writer wins"),
            "siblings": _("Siblings"),
            "merge": _("Merge of additions"),
            "start": _("at first"),
            "write_a": _("A writes"),
            "write_b": _("B writes"),
            "b_hears": _("B hears of A"),
            "a_hears": _("A hears of B"),
            "settle": _("A settles"),
            "settled": _("B hears of it"),
            "end": _("Left at the end"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        case = Case(params["heard"], params["skew"], {A: params["a"], B: params["b"]}, params["settle"])
        runs = {method: play(method, case) for method in METHODS}
        stamps = {A: case.clock_s(A, A_WRITES_S), B: case.clock_s(B, B_WRITES_S)}
        ends = [verdict(method, rows, case) for method, rows in runs.items()]
        return {
            "heard_s": case.heard_s, "skew_s": case.skew_s, "by": dict(case.by), "end_s": END_S, "start": START,
            "writes_s": {A: A_WRITES_S, B: B_WRITES_S}, "a_hears_s": A_HEARS_S, "stamps_s": stamps,
            "settles": None if case.settle == NOBODY else [SETTLE_S, SETTLED_S],
            "range_s": [HEARD_MIN_S, HEARD_MAX_S],
            "relation": relation(case),
            "runs": [{"method": m, "rows": rows, **end} for (m, rows), end in zip(runs.items(), ends, strict=True)],
            "answers": answers(runs, case),
            "columns": [_(TITLES[method]) for method in METHODS],
            "numbers": numbers(runs),
            "summary": " ".join(f"{_(TITLES[m])}: {end['text']}" for m, end in zip(METHODS, ends, strict=True)),
            "log": log(runs, case),
        }  # fmt: skip


TITLES = {LWW: N_("Last writer wins"), SIBLINGS: N_("Siblings"), MERGE: N_("Merge of additions")}
LOST_TEXT = {
    (): N_("Nothing is lost: {value}."),
    (A,): N_("A's +{a} is lost: {value} instead of {all}."),
    (B,): N_("B's +{b} is lost: {value} instead of {all}."),
}


def verdict(method: str, rows: Sequence[Mapping[str, Any]], case: Case) -> dict[str, Any]:
    """What is left at the end, and in one sentence what is lost; `open` if two values are left."""
    last = rows[-1]
    gone, value = lost(last), last["values"][A]
    still_two = method == SIBLINGS and "|" in value
    if still_two:
        text = _("Nothing is lost yet: all who read see {value}, until somebody settles it.", value=value)
    else:
        text = _(LOST_TEXT[tuple(gone)], value=value, a=case.by[A], b=case.by[B], all=case.all)
    return {"lost": gone, "open": still_two, "value": value, "text": text}


def answers(runs: Mapping[str, Sequence[Mapping[str, Any]]], case: Case) -> dict[str, Any]:
    gone = {method: lost(rows[-1]) for method, rows in runs.items()}
    stamp_a, stamp_b = (text_number(s, 1) for s in (case.clock_s(A, A_WRITES_S), case.clock_s(B, B_WRITES_S)))
    value = runs[LWW][-1]["values"][A]
    lww = _("Timestamps: A {a} s, B {b} s; all show {value}.", a=stamp_a, b=stamp_b, value=value)
    return {
        "lww": outcome(gone[LWW][0].lower() if gone[LWW] else "none", lww),
        "siblings": outcome("one" if gone[SIBLINGS] else "none", verdict(SIBLINGS, runs[SIBLINGS], case)["text"]),
    }


def two_values_s(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """How long this replica shows two values, in seconds, up to the end of the picture."""
    ends = [row["at_s"] for row in rows[1:]] + [END_S]
    return sum(end - row["at_s"] for row, end in zip(rows, ends, strict=True) if "|" in row["values"][name])


def numbers(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    return [
        number(_("shown in the end"), *(rows[-1]["values"][A] for rows in runs.values())),
        number(_("additions lost"), *(len(lost(rows[-1])) for rows in runs.values())),
        number(_("A shows two values for, s"), *(two_values_s(rows, A) for rows in runs.values())),
        number(_("B shows two values for, s"), *(two_values_s(rows, B) for rows in runs.values())),
    ]


HAPPENS = {
    WRITE_A: N_("{at} s: A adds {a}."),
    WRITE_B: N_("{at} s: B adds {b}."),
    B_HEARS: N_("{at} s: B hears of A's write."),
    A_HEARS: N_("{at} s: A hears of B's write."),
    SETTLE: N_("{at} s: A settles what there is to settle."),
    SETTLED: N_("{at} s: B hears of that."),
}


def log(runs: Mapping[str, Sequence[Mapping[str, Any]]], case: Case) -> list[str]:
    """Each moment, and what A and B show after it in the three cases."""
    lines = []
    for i, (at_s, what) in enumerate(case.moments, 1):
        text = _(HAPPENS[what], at=text_number(at_s, 1), a=case.by[A], b=case.by[B])
        shown = "; ".join(
            f"{_(TITLES[m])}: A {rows[i]['values'][A]}, B {rows[i]['values'][B]}" for m, rows in runs.items()
        )
        lines.append(f"{text} {shown}.")
    concurrent = relation(case) == CONCURRENT
    known = _("The writes are concurrent.") if concurrent else _("A's write came before B's.")
    return [known, *lines]


def resolution_panel(**params: Any) -> ResolutionPanel:
    """The panel of two writes and three resolutions.

    `heard` is the second at which B hears of A's write, `skew` how many seconds B's clock is ahead, `a` and `b` what is
    added, `settle` one of "nobody", "sum", "larger". `reveal=True` shows the outcome without asking for a prediction.
    ValueError for a value that the panel does not offer.
    """
    return ResolutionPanel(**params)
