"""Replicas that come to agree: what each of them shows, moment by moment, and since when all show the same.

The runs are those of `models/convergence.py`: gossip in a ring, to all or at random, messages that get lost, a cut, and
five rules for what a replica does with what it hears. Arrows are the messages that brought something new. The curve
counts the different states. Below it, for how long two replicas had received the same updates and showed different
things: under a rule with strong eventual consistency that is never.

One run shows what can happen; the table sets twenty others beside it, and twenty with the gossip four times as often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.convergence import (
    ALL,
    COUNTER,
    END_S,
    LAST,
    LWW,
    NAMES,
    PRIMARY,
    RANDOM,
    RING,
    SET,
    STRONG,
    Pair,
    Run,
    Setup,
    Update,
    converged_s,
    delivered_s,
    distinct,
    equal_after_other_order,
    pairs_at,
    play,
    share_unequal_s,
    unequal,
)
from faultlab.widgets.panel import Panel, choice, hidden_list, number, outcome, preset, question, slider, text_number

RUNS, FASTER = 20, 4
WRITES_MAX, VALUE_MAX = 12, 99
STEP_S = 0.25

Json = dict[str, Any]


# -------- what the learner writes


def write(at: str, s: float, value: int) -> Json:
    """A write of `value` at the replica `at`, `s` seconds after the start."""
    return {"at": at, "s": s, "value": value}


def checked(item: Mapping[str, Any]) -> Json:
    """A write as it should be; ValueError in one line for anything else."""
    at, s, value = (item.get(name) for name in ("at", "s", "value"))
    is_number = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (s, value))
    if at not in NAMES or not is_number or not (0 <= s <= END_S and 1 <= value <= VALUE_MAX and value == int(value)):
        raise ValueError(
            _("A write looks like {example}: a replica from A to F, a moment up to {end} s, a number up to {max}.",
              example='{"at": "A", "s": 2.5, "value": 1}', end=int(END_S), max=VALUE_MAX)
        )  # fmt: skip
    return write(at, float(s), int(value))


def three_in_a_row() -> list[Json]:
    return [write("A", 1, 1), write("A", 3, 2), write("A", 4.5, 3)]


def two_at_once() -> list[Json]:
    return [write("A", 2, 1), write("C", 2.5, 2)]


def across_the_cut() -> list[Json]:
    return [write("A", 1, 1), write("B", 5, 2), write("D", 6, 3)]


def beside_the_primary() -> list[Json]:
    return [write("B", 2, 1), write("D", 2.25, 2), write("C", 9, 3), write("B", 9.25, 4)]


def one_alone() -> list[Json]:
    return [write("A", 1, 1)]


# -------- many runs


@lru_cache(maxsize=256)
def many(setup: Setup, updates: tuple[Update, ...], seed: int) -> Json:
    """What twenty runs with other seeds come to; nobody may change it."""
    runs = [play(setup, updates, seed * 1000 + i) for i in range(1, RUNS + 1)]
    after = [None if (at_s := converged_s(run)) is None else at_s - run.last_write_s() for run in runs]
    took = [s for s in after if s is not None]
    return {
        "converged": len(took),
        # In the middle of all runs, if at least half of them converged.
        "median_s": sorted(took + [END_S * 2] * (RUNS - len(took)))[RUNS // 2] if len(took) > RUNS // 2 else None,
        "sent": median(run.sent for run in runs), "lost": median(run.lost for run in runs),
        "most": max(count for run in runs for _at_s, count in distinct(run)),
        "unequal_s": median(share_unequal_s(run) for run in runs),
    }  # fmt: skip


# -------- the panel


class ConvergencePanel(Panel):
    """What replicas show, in time; see the module's docstring."""

    topic = "convergence"

    def describe(self) -> Json:
        rules = [
            (LWW, _("last writer wins (stamps)")),
            (LAST, _("last message wins")),
            (PRIMARY, _("A orders, others follow")),
            (SET, _("grow-only set")),
            (COUNTER, _("sum (G-Counter)")),
        ]
        topologies = [(RING, _("the next in the ring")), (ALL, _("all others")), (RANDOM, _("one at random"))]
        return {
            "title": _("When do the replicas agree?"),
            "question": self._when(),
            "controls": [
                slider("replicas", _("Replicas"), 3, 3, len(NAMES), 1),
                choice("rule", _("What a replica takes in"), LWW, rules),
                choice("topology", _("Gossip goes to"), RING, topologies, menu=True),
                slider("gossip", _("Gossip every"), 1, 0.5, 4, 0.5, _("s")),
                slider("loss", _("Messages lost"), 0, 0, 80, 10, "%"),
                slider("cut_from", _("Cut begins"), 0, 0, END_S, 0.5, _("s")),
                slider("cut_to", _("Cut ends"), 0, 0, END_S, 0.5, _("s")),
                hidden_list("writes", three_in_a_row()),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _when() -> Json:
        options = [
            ("soon", _("Within 1 s")),
            ("later", _("In 1 to 4 s")),
            ("late", _("Later than that")),
            ("never", _("Not in these 20 s")),
        ]
        return question(_("How long after the last write do all replicas show the same?"), options, name="when")

    def _presets(self) -> list[Json]:
        held = [("yes", _("Yes")), ("no", _("No"))]
        agree = question(_("Every update reaches every replica. Do all show the same in the end?"), held, name="agree")
        promise = question(_("Will two replicas that have received the same updates ever show different things?"),
                           held, name="promise")  # fmt: skip
        heal = question(_("The cut ends at 12 s. When do all show the same?"),
                        [("before", _("Before that")), ("soon", _("Within 2 s after it")),
                         ("late", _("Later")), ("never", _("Not in these 20 s"))], name="heal")  # fmt: skip
        faster = question(_("Gossip four times as often: what becomes of the time to convergence?"),
                          [("same", _("Nearly the same")), ("half", _("About a half")),
                           ("third", _("About a third or less"))], name="faster")  # fmt: skip
        lossy = question(_("Half of all messages are lost. Do all show the same in the end?"), held, name="agree")
        return [
            preset("source", _("1, 2, 3 at A"),
                   _("on the way they show different things, and one may skip a value; in the end all show the same: "
                     "eventual consistency. One writer makes one order, so nothing here tells whether it is strong.")),
            preset("last", _("Last message wins"),
                   _("each replica takes the updates in its own order. Compare the bands at the end."),
                   agree, replicas=4, rule=LAST, writes=two_at_once()),
            preset("cut", _("A cut in between"),
                   _("both sides go on, and no message crosses the cut: follow the arrows."),
                   heal, replicas=4, topology=ALL, cut_from=3, cut_to=12, writes=across_the_cut()),
            preset("primary", _("Eventual, not strong"),
                   _("A puts the updates in order, and its order travels with the gossip. See what replicas show until "
                     "it arrives, and what in the end."),
                   promise, replicas=4, rule=PRIMARY, topology=ALL, gossip=2.5, writes=beside_the_primary()),
            preset("strong", _("Strong eventual"),
                   _("the writes and the messages of the scenario before, and a set in the place of an order."),
                   promise, replicas=4, rule=SET, topology=ALL, gossip=2.5, writes=beside_the_primary()),
            preset("gossip", _("Faster gossip"),
                   _("the last two columns of the table: what faster gossip brings, and what it costs."),
                   faster, replicas=6, rule=SET, gossip=3, writes=one_alone()),
            preset("loss", _("Half is lost"),
                   _("nothing is sent again because it was lost; but each message says all that its sender knows."),
                   lossy, replicas=4, rule=COUNTER, topology=RANDOM, loss=50, writes=two_at_once()),
        ]  # fmt: skip

    @staticmethod
    def _words() -> Json:
        return {
            "how": _("Press on a replica's band to write there at that moment. Drag a write, or move it with the arrow "
                     "keys; Delete takes it away."),
            "write": _("Write at {at}"),
            "remove": _("Remove"),
            "clear": _("Clear"),
            "moment": _("Write of {value} at {at}"),
            "nothing": _("nothing"),
            "cut": _("cut: {one} | {other}"),
            "last_write": _("last write {s} s"),
            "delivered": _("every update everywhere {s} s"),
            "not_delivered": _("not every update arrives everywhere"),
            "converged": _("the same everywhere since {s} s"),
            "not_converged": _("not the same by {s} s"),
            "states": _("different states"),
            "time": _("time, s"),
            "unequal": _("same updates, different states: {s} s"),
        }  # fmt: skip

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> Json:
        items = [checked(item) for item in params["writes"][:WRITES_MAX]]
        setup = Setup(
            int(params["replicas"]), params["rule"], params["topology"], params["gossip"], params["loss"] / 100,
            (params["cut_from"], params["cut_to"]),
        )  # fmt: skip
        updates = tuple(Update(item["at"], item["s"], item["value"]) for item in items if item["at"] in setup.names)
        run = play(setup, updates, params["seed"])
        others = many(setup, run.updates, params["seed"])
        quicker = many(replace(setup, gossip_s=setup.gossip_s / FASTER), run.updates, params["seed"])
        return {
            "names": list(setup.names), "end_s": END_S, "step_s": STEP_S,
            "writes": [{**item, "index": i} for i, item in enumerate(items) if item["at"] in setup.names],
            "bands": bands(run), "tells": tells(run), "states": states(run), "curve": distinct(run),
            "last_write_s": run.last_write_s() if run.updates else None,
            "delivered_s": delivered_s(run), "converged_s": converged_s(run),
            "cut": cut_of(setup), "unequal": spans(run), "unequal_s": share_unequal_s(run), "pair": pair_of(run),
            "count": len(items), "max": WRITES_MAX,
            "answers": answers(run, others, quicker),
            "columns": [_("this run"), _("{n} others, median", n=RUNS), _("gossip ×{n}, median", n=FASTER)],
            "numbers": numbers(run, others, quicker),
            "summary": summary(run, others),
            "log": log(run),
            "notice": notice(params, setup),
        }  # fmt: skip


# -------- the picture's data


def bands(run: Run) -> dict[str, list[Json]]:
    """What each replica shows, from when to when."""
    found = {}
    for name, looks in run.looks.items():
        changes = [look for i, look in enumerate(looks) if not i or look.shown != looks[i - 1].shown]
        ends = [look.at_s for look in changes[1:]] + [END_S]
        found[name] = [{"from_s": one.at_s, "to_s": end_s, "shown": one.shown}
                       for one, end_s in zip(changes, ends, strict=True)]  # fmt: skip
    return found


def tells(run: Run) -> list[Json]:
    """The messages that brought something new."""
    return [
        {"from": look.told[0], "sent_s": look.told[1], "to": name, "at_s": look.at_s}
        for name, looks in run.looks.items() for look in looks if look.told is not None
    ]  # fmt: skip


def states(run: Run) -> list[str]:
    """All that is shown anywhere, in the order in which it appears: each has a look of its own."""
    seen = sorted((look.at_s, name, look.shown) for name, looks in run.looks.items() for look in looks)
    return list(dict.fromkeys(shown for _at_s, _name, shown in seen if shown))


def spans(run: Run) -> list[list[float]]:
    """From when to when some two replicas had received the same and showed different things."""
    found: list[list[float]] = []
    moments = [*run.moments(), END_S]
    for start, end in pairwise(moments):
        if any(pair.shown[0] != pair.shown[1] for pair in pairs_at(run, start)):
            if found and found[-1][1] == start:
                found[-1][1] = end
            else:
                found.append([start, end])
    return found


def cut_of(setup: Setup) -> Json | None:
    start, end = setup.cut_s
    if start >= end:
        return None
    half = setup.replicas // 2
    return {"from_s": start, "to_s": end, "one": ", ".join(setup.names[:half]), "other": ", ".join(setup.names[half:])}


def pair_of(run: Run) -> Json | None:
    """Two replicas with the same updates: in different states if there are such, else in one after another order."""
    bad = unequal(run)
    found = bad or equal_after_other_order(run)
    if found is None:
        return None
    return {"names": list(found.names), "at_s": found.at_s, "good": bad is None, "text": pair_text(found)}


def pair_text(pair: Pair) -> str:
    a, b = pair.names
    values = {"at": text_number(pair.at_s, 1), "a": a, "b": b, "updates": _values(pair.received),
              "one": _said(pair.shown[0]), "other": _said(pair.shown[1])}  # fmt: skip
    if pair.shown[0] != pair.shown[1]:
        return _("{at} s: {a} and {b} have both received {updates} and show {one} and {other}.", **values)
    return _("{at} s: {a} and {b} have both received {updates} in different orders, and both show {one}.", **values)


def _values(updates: Iterable[Update]) -> str:
    return ", ".join(str(one.value) for one in sorted(updates, key=lambda one: (one.at_s, one.at)))


def _said(shown: str) -> str:
    return shown or _("nothing")


# -------- predictions, numbers and words


def took_s(run: Run) -> float | None:
    at_s = converged_s(run)
    return None if at_s is None else at_s - run.last_write_s()


def answers(run: Run, others: Mapping[str, Any], quicker: Mapping[str, Any]) -> Json:
    took, at_s = took_s(run), converged_s(run)
    when = "never" if took is None else "soon" if took <= 1 else "later" if took <= 4 else "late"
    end = run.setup.cut_s[1]
    heal = "never" if at_s is None else "before" if at_s < end else "soon" if at_s <= end + 2 else "late"
    bad = unequal(run)
    return {
        "when": outcome(when, converged_text(run)),
        "agree": outcome("no" if at_s is None else "yes", " ".join([delivered_text(run), converged_text(run)])),
        "heal": outcome(heal, converged_text(run)),
        "promise": outcome("no" if bad is None else "yes", promise_text(run)),
        "faster": _faster(others, quicker),
    }


def _faster(others: Mapping[str, Any], quicker: Mapping[str, Any]) -> dict[str, str]:
    before, after = others["median_s"], quicker["median_s"]
    share = None if not before or after is None else after / before
    kind = "same" if share is None or share > 0.75 else "half" if share > 0.45 else "third"
    because = _("In the middle of {n} runs: {before} s and {after} s; messages: {sent} and {more}.", n=RUNS,
                before=seconds(before), after=seconds(after), sent=text_number(others["sent"]),
                more=text_number(quicker["sent"]))  # fmt: skip
    return outcome(kind, because)


def seconds(value: float | None) -> str:
    return "–" if value is None else text_number(value, 1)


def converged_text(run: Run) -> str:
    took, at_s = took_s(run), converged_s(run)
    if at_s is None:
        shown = ", ".join(f"{name} {_said(run.looks[name][-1].shown)}" for name in run.setup.names)
        return _("They never show the same; in the end: {shown}.", shown=shown)
    return _("All show the same since {at} s, {took} s after the last write.", at=seconds(at_s), took=seconds(took))


def delivered_text(run: Run) -> str:
    at_s = delivered_s(run)
    if at_s is None:
        return _("Not every update has reached every replica.")
    return _("Every update has reached every replica by {at} s.", at=seconds(at_s))


def promise_text(run: Run) -> str:
    found = unequal(run) or equal_after_other_order(run)
    if found is not None:
        return pair_text(found)
    return _("Here no two replicas received the same updates in different orders.")


def numbers(run: Run, others: Mapping[str, Any], quicker: Mapping[str, Any]) -> list[Json]:
    many_runs = (others, quicker)
    most = max(count for _at_s, count in distinct(run))
    converged = _("yes") if converged_s(run) is not None else _("no")
    return [
        number(_("from the last write to agreement, s"), seconds(took_s(run)),
               *(seconds(one["median_s"]) for one in many_runs)),
        number(_("they agree"), converged,
               *(_("{n} of {all}", n=one["converged"], all=RUNS) for one in many_runs)),
        number(_("messages sent"), run.sent, *(one["sent"] for one in many_runs)),
        number(_("messages lost"), run.lost, *(one["lost"] for one in many_runs)),
        number(_("different states at once, at most"), most, *(one["most"] for one in many_runs)),
        number(_("same updates, different states, s"), seconds(share_unequal_s(run)),
               *(seconds(one["unequal_s"]) for one in many_runs)),
    ]  # fmt: skip


def summary(run: Run, others: Mapping[str, Any]) -> str:
    agreed = _("Of {n} runs with other seeds {converged} come to agree.", n=RUNS, converged=others["converged"])
    strong = _("This rule is strongly eventual: the same updates give the same state, in any order.")
    rule = strong if run.setup.rule in STRONG else _("This rule is not strongly eventual.")
    return " ".join([delivered_text(run), converged_text(run), promise_text(run), rule, agreed])


SHOWS, WROTE = N_("{at} s: {name} hears of {source} and shows {shown}."), N_("{at} s: {value} is written at {name}.")


def log(run: Run) -> list[str]:
    """Each write and each change of what is shown, in order."""
    lines = [(one.at_s, _(WROTE, at=seconds(one.at_s), value=one.value, name=one.at)) for one in run.updates]
    for name, looks in run.looks.items():
        for before, look in pairwise(looks):
            if look.told is not None and look.shown != before.shown:
                text = _(SHOWS, at=seconds(look.at_s), name=name, source=look.told[0], shown=_said(look.shown))
                lines.append((look.at_s, text))
    return [text for _at_s, text in sorted(lines)]


def notice(params: Mapping[str, Any], setup: Setup) -> str | None:
    if len(params["writes"]) > WRITES_MAX:
        return _("At most {n} writes are played; the rest is left out.", n=WRITES_MAX)
    absent = sorted({item["at"] for item in params["writes"]} - set(setup.names))
    if absent:
        return _("There is no replica {names} now: what is written there is left out.", names=", ".join(absent))
    if params["cut_from"] > params["cut_to"]:
        return _("The cut ends before it begins, so there is none.")
    return None


def convergence_panel(*, writes: Iterable[Json] | None = None, **params: Any) -> ConvergencePanel:
    """The panel of convergence in time.

    `replicas` is from 3 to 6; `rule` is "lww", "last", "primary", "set" or "counter"; `topology` "ring", "all" or
    "random"; `gossip` the seconds between two rounds (0.5 to 4); `loss` in percent (0 to 80); `cut_from`, `cut_to` the
    seconds at which the first half of the replicas is cut from the rest (equal: no cut). `writes` is a list of
    `write("A", 2.5, 1)` of this module. `reveal=True` shows the outcome without asking for a prediction. ValueError for
    a value that the panel does not offer.
    """
    if writes is not None:
        params["writes"] = [checked(item) for item in writes]
    return ConvergencePanel(**params)
