"""The panel of the Byzantine generals: who lies, what each hears, and whether some lie does harm.

1. The learner chooses the traitors and every single lie; a traitor whose lie nobody has set tells the truth. One run of
   `models/generals.py` says what follows: each message, the recursion of OM(m) as a lieutenant sees it, the decisions.
2. The verdict stands twice: for these lies, and for all lies, which `models/generals_lies.py` knows without playing
   them one by one. If some break it, a button sets the worst of them.
3. The table n x m is computed the same way, for every set of at most m traitors.
4. A lie that does not apply any more (its teller has become loyal, or there is no such round) is kept, and ignored: it
   is back when he is a traitor again.
5. Which lieutenant is looked at, and up to which round, is the browser's business alone.

At most seven generals and m = 2: that is 156 messages, and the first case of two traitors that is withstood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from faultlab.i18n import N_, _
from faultlab.i18n import number as in_digits
from faultlab.models import generals as model
from faultlab.models.generals import ATTACK, COMMANDER, ORDERS, RETREAT, Outcome, Path
from faultlab.models.generals_lies import Plot, breaking, oral_plots, signed_plots, withstands, worst
from faultlab.widgets.panel import Panel, choice, hidden_list, number, outcome, preset, question, slider

COUNT_MAX, M_MAX = 7, 2
ORAL, SIGNED = "oral", "signed"
PLOTS = {ORAL: oral_plots, SIGNED: signed_plots}
ORDER_WORDS = {ATTACK: N_("attack"), RETREAT: N_("retreat")}
# What is said: no order (silence), one, or with signatures both.
Says = tuple[str, ...]
Entry = tuple[Path, str]


def as_list(lies: Mapping[Entry, Iterable[str] | str | None]) -> list[dict[str, Any]]:
    """A table of lies as the control keeps it."""
    return [{"path": list(path), "to": to, "says": list(_says(value))} for (path, to), value in lies.items()]


def _says(value: Iterable[str] | str | None) -> Says:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def as_table(listed: Iterable[Mapping[str, Any]]) -> dict[Entry, Says]:
    """The lies of the control as a table. ValueError in one line for an entry that cannot be read."""
    table: dict[Entry, Says] = {}
    for item in listed:
        path, to, says = item.get("path"), item.get("to"), item.get("says")
        readable = isinstance(path, list) and path and isinstance(to, str) and isinstance(says, list)
        if not readable or not all(isinstance(name, str) for name in path) or not set(says) <= set(ORDERS):
            raise ValueError(_("A lie looks like {example}, not like {item}.", example=EXAMPLE, item=item))
        table[tuple(path), to] = tuple(says)
    return table


EXAMPLE = '{"path": ["C", "L3"], "to": "L1", "says": ["retreat"]}'


class Scenario:
    """The values of the controls, made fit for the model."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.count: int = params["n"]
        self.m = min(int(params["m"]), self.count - 2)
        self.kind: str = params["kind"]
        self.order: str = params["order"]
        self.names = model.generals(self.count)
        named = {item.get("name") for item in params["traitors"]}
        self.traitors = frozenset(name for name in self.names if name in named)
        self.lies = as_table(params["lies"])
        # What each traitor could say on each path, which only a run can tell.
        self.possible: dict[Entry, Says] = {}
        self.outcome = self._oral() if self.kind == ORAL else self._signed()

    @property
    def loyal(self) -> list[str]:
        return [name for name in self.names[1:] if name not in self.traitors]

    def _oral(self) -> Outcome:
        def lie(path: Path, to: str, truth: str) -> str | None:
            self.possible[path, to] = ORDERS
            says = self.lies.get((path, to), (truth,))
            return says[0] if says else None

        return model.oral(self.count, self.m, self.traitors, self.order, lie)

    def _signed(self) -> Outcome:
        def lie(path: Path, to: str, possible: Says, honest: Says) -> Says:
            self.possible[path, to] = tuple(order for order in ORDERS if order in possible)
            says = self.lies.get((path, to), honest)
            return tuple(order for order in says if order in possible)

        return model.signed(self.count, self.m, self.traitors, self.order, lie)

    def said(self) -> list[dict[str, Any]]:
        """Every message, one for each path and receiver, round by round; and those that a traitor could send."""
        found: dict[Entry, dict[str, Any]] = {}
        for path, to in self.possible:
            found[path, to] = _message(path, to, self.possible[path, to])
        for one in self.outcome.said:
            message = found.setdefault((one.path, one.to), _message(one.path, one.to, ()))
            message["says"] += [one.value] if one.value is not None else []
            message["truth"] += [one.truth] if one.truth is not None else []
        for message in found.values():
            message["lie"] = sorted(message["says"]) != sorted(message["truth"])
        place = {name: i for i, name in enumerate(self.names)}
        return sorted(found.values(), key=lambda s: (len(s["path"]), [place[n] for n in s["path"]], place[s["to"]]))


def _message(path: Path, to: str, possible: Says) -> dict[str, Any]:
    return {"path": list(path), "to": to, "says": [], "truth": [], "possible": list(possible), "lie": False}


# -------- against all lies


@cache
def cell(kind: str, count: int, m: int) -> bool | None:
    """Whether it withstands every lie of every set of at most m traitors; None where there is no such protocol."""
    return withstands(count, m, plots=PLOTS[kind]) if m <= count - 2 else None


def table_of(kind: str) -> dict[str, Any]:
    """The verdict for every number of generals and of traitors that the panel offers."""
    counts, ms = list(range(3, COUNT_MAX + 1)), list(range(1, M_MAX + 1))
    return {"counts": counts, "ms": ms, "cells": [[cell(kind, count, m) for count in counts] for m in ms]}


@cache
def plots_of(kind: str, count: int, m: int, traitors: frozenset[str], order: str) -> tuple[Plot, ...]:
    return tuple(PLOTS[kind](count, m, traitors, order))


def against_all(s: Scenario) -> dict[str, Any]:
    """What these traitors could do with other lies, and if nothing, whether others could."""
    plots = plots_of(s.kind, s.count, s.m, s.traitors, s.order)
    most = worst(plots, s.traitors, s.order)
    loyal_commander = COMMANDER not in s.traitors
    found = {
        "ways": sum(plot.ways for plot in plots),
        "breaking": sum(plot.ways for plot in plots if plot.harm(s.order, loyal_commander)),
        "worst": {"traitors": as_traitors(s.traitors), "order": s.order, "lies": as_list(most.lies)} if most else None,
    }
    return found | {"text": in_words(s, found), "elsewhere": None if most else elsewhere(s)}


@cache
def breaking_of(kind: str, count: int, m: int) -> tuple[frozenset[str], str, Plot] | None:
    return breaking(count, m, plots=PLOTS[kind])


def elsewhere(s: Scenario) -> dict[str, Any] | None:
    """Traitors, an order and lies that break it, whoever the traitors are now."""
    if not (found := breaking_of(s.kind, s.count, s.m)):
        return None
    traitors, order, plot = found
    return {"traitors": as_traitors(traitors), "order": order, "lies": as_list(plot.lies)}


def as_traitors(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in sorted(names)]


def in_words(s: Scenario, found: Mapping[str, Any]) -> str:
    """The verdict against all lies of the traitors as they are."""
    if not s.traitors:
        return _("Nobody lies. Click generals to make them traitors.")
    if not s.loyal:
        return _("No lieutenant is loyal: nothing is asked of anybody.")
    if s.kind == SIGNED:
        if found["worst"]:
            return _("Some of what these traitors can show and hold back breaks it.")
        return _("Whatever these traitors show or hold back, it holds.")
    ways, harmful = in_digits(found["ways"]), in_digits(found["breaking"])
    if not found["worst"]:
        return _("Different sets of lies that these traitors can tell: {ways}. None breaks it.", ways=ways)
    return _(
        "Different sets of lies that these traitors can tell: {ways}. {harmful} of them break it.",
        ways=ways,
        harmful=harmful,
    )


# -------- the panel


class GeneralsPanel(Panel):
    """Generals, traitors, lies; see the module's docstring."""

    topic = "generals"

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("The Byzantine generals: who lies, and does it do harm?"),
            "question": self._what_do_they_do(),
            "controls": self._controls(),
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _controls() -> list[dict[str, Any]]:
        rounds = [(str(m), str(m)) for m in range(M_MAX + 1)]
        kinds = [(ORAL, _("oral")), (SIGNED, _("signed"))]
        orders = [(order, _(ORDER_WORDS[order])) for order in ORDERS]
        return [
            slider("n", _("Generals, n"), 4, 3, COUNT_MAX, 1),
            choice("m", _("Traitors provided for, m"), "1", rounds),
            choice("kind", _("Messages: OM(m) or SM(m)"), ORAL, kinds),
            choice("order", _("Order of the commander C"), ATTACK, orders),
            hidden_list("traitors", as_traitors(["L3"])),
            hidden_list("lies", as_list(model.oral(4, 1, ["L3"], ATTACK, model.opposite).lies)),
        ]

    def _presets(self) -> list[dict[str, Any]]:
        anyone = self._is_there_a_lie()
        return [
            preset(
                "lieutenant",
                _("4 generals, a lieutenant lies"),
                _("what L1 hears of C himself and of L2 outvotes the liar."),
            ),
            preset(
                "commander",
                _("4 generals, the commander lies"),
                _("nobody knows the true order, as there is none; all hear the same three words, so they agree."),
                **_case(["C"], {(("C",), "L3"): RETREAT}),
            ),
            preset(
                "three",
                _("3 generals, 1 traitor"),
                _("L1 hears one word for each order, and the same words if C were the liar. Whom should he believe?"),
                question=anyone,
                n=3,
                **_case(["L2"], {(("C", "L2"), "L1"): RETREAT}),
            ),
            preset(
                "six",
                _("6 generals, 2 traitors"),
                _("these lies do no harm. Look for others, or have the worst shown."),
                question=anyone,
                n=6,
                m="2",
                **_case(["L4", "L5"], _in_round_2(_all_say(6, ["L4", "L5"], RETREAT))),
            ),
            preset(
                "seven",
                _("7 generals, 2 traitors"),
                _("at each node of a loyal lieutenant three true votes outvote two lies."),
                question=anyone,
                n=7,
                m="2",
                **_case(["L5", "L6"], _all_say(7, ["L5", "L6"], RETREAT)),
            ),
            preset(
                "signed",
                _("3 generals, signed"),
                _("L1 and L2 show each other what C has signed: two orders prove his treason."),
                n=3,
                kind=SIGNED,
                **_case(["C"], {(("C",), "L1"): ATTACK, (("C",), "L2"): RETREAT}),
            ),
        ]

    @staticmethod
    def _what_do_they_do() -> dict[str, Any]:
        options = [
            (ATTACK, _("They attack")),
            (RETREAT, _("They retreat")),
            ("differ", _("They do not all do the same")),
        ]
        return question(_("With the lies that are marked: what do the loyal lieutenants do?"), options, name="decide")

    @staticmethod
    def _is_there_a_lie() -> dict[str, Any]:
        options = [("yes", _("Yes, some lies do")), ("no", _("No, whoever lies, and however"))]
        text = _("With so many generals and at most m traitors: can lies divide the loyal, or make them disobey?")
        return question(text, options, name="any")

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "orders": {order: _(word) for order, word in ORDER_WORDS.items()},
            "silence": _("nothing"),
            "traitor": _("traitor"),
            "make_traitor": _("{name}, loyal: make him a traitor"),
            "make_loyal": _("{name}, traitor: make him loyal"),
            "round": _("Round {n}"),
            "decision": _("Decision"),
            "steps": _("Rounds"),
            "step_1": _("The commander tells each lieutenant his order."),
            "step_2": _("Each lieutenant tells the others what he has heard from the commander."),
            "step_3": _("Each tells the others what he has heard in round 2, and from whom."),
            "signed_2": _("Whoever has seen a new order adds his signature and shows it to the others."),
            "decide_oral": _("From right to left: each takes the majority of his votes; without one, retreat."),
            "decide_signed": _("Each obeys the only order that he has seen signed; none or two mean retreat."),
            "hears": _("What is heard by"),
            "how": _(
                "Click a general to make him a traitor or loyal; click what a traitor says to change it. Dashed: a lie."
            ),
            "is_lie": _("a lie"),
            "change": _("press to change it"),
            "new": _("new"),
            "seen": _("seen signed: {orders}"),
            "none_seen": _("no order"),
            "ic1": _("All loyal lieutenants do the same."),
            "ic2": _("They obey the commander, if he is loyal."),
            "holds": _("{what} holds"),
            "broken": _("{what} is broken"),
            "all_lies": _("And all other lies?"),
            "worst": _("Show the worst"),
            "others": _("Show traitors who break it"),
            "opposite": _("All lies: the opposite"),
            "truth": _("Tell the truth"),
            "table": _("At most m traitors among n, every lie: ✓ it holds, ✗ some lies break it"),
            "cell": _("n = {n}, m = {m}: {word}"),
            "cell_true": _("it holds"),
            "cell_false": _("some lies break it"),
            "rule_oral": _("Oral messages need n > 3m."),
            "rule_signed": _("Signed messages need no more than that: any n."),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        s = Scenario(params)
        run, said = s.outcome, s.said()
        trees = {name: run.tree(name) for name in s.names[1:]} if s.kind == ORAL else None
        return {
            "n": s.count,
            "m": s.m,
            "kind": s.kind,
            "order": s.order,
            "names": s.names,
            "traitors": sorted(s.traitors),
            "said": said,
            "trees": trees,
            "known": {name: list(orders) for name, orders in run.known.items()},
            "decisions": dict(run.decisions),
            "ic1": run.ic1,
            "ic2": run.ic2,
            "all": against_all(s),
            "opposite": as_list(model.oral(s.count, s.m, s.traitors, s.order, model.opposite).lies),
            "table": table_of(s.kind),
            "answers": answers(s),
            "numbers": numbers(s),
            "summary": summary(s, said),
            "log": log(s, said),
            "notice": notice(s, params),
        }


def _case(traitors: list[str], lies: Mapping[Entry, Any]) -> dict[str, Any]:
    return {"traitors": as_traitors(traitors), "lies": as_list(lies)}


def _all_say(count: int, traitors: list[str], word: str) -> dict[Entry, Any]:
    """The lies of traitors who say one word whatever they have heard."""
    return dict(model.oral(count, M_MAX, traitors, ATTACK, lambda _path, _to, _truth: word).lies)


def _in_round_2(lies: Mapping[Entry, Any]) -> dict[Entry, Any]:
    """Of these lies those about the commander's own word."""
    return {(path, to): word for (path, to), word in lies.items() if len(path) == 2}


def notice(s: Scenario, params: Mapping[str, Any]) -> str | None:
    if int(params["m"]) > s.m:
        return _("With {n} generals there is nobody left to pass it on to: m is at most {m}.", n=s.count, m=s.m)
    return None


def answers(s: Scenario) -> dict[str, Any]:
    decided = {name: s.outcome.decisions[name] for name in s.loyal}
    values = set(decided.values())
    listed = ", ".join(f"{name}: {_(ORDER_WORDS[order])}" for name, order in decided.items())
    good = cell(s.kind, s.count, s.m) if s.m else withstands(s.count, 0, plots=PLOTS[s.kind])
    values_of = {"n": s.count, "m": s.m}
    if good:
        because = _(
            "n = {n}, m = {m}: every set of traitors and every lie is covered, and none does harm.", **values_of
        )
    else:
        because = _("n = {n}, m = {m}: there are such lies; the button below shows them.", **values_of)
    return {
        "decide": outcome(values.pop() if len(values) == 1 else "differ", f"{listed}."),
        "any": outcome("no" if good else "yes", because),
    }


def numbers(s: Scenario) -> list[dict[str, Any]]:
    """How many messages, by round and in all, and how many the paper counts."""
    run = s.outcome
    by_round = [number(_("messages in round {n}", n=n), run.messages_of_round(n)) for n in range(1, s.m + 2)]
    rows = [*by_round, number(_("messages in all"), run.messages)]
    if s.kind == ORAL:
        factors = "·".join(str(s.count - i) for i in range(1, s.m + 2))
        last = _("last round by the formula (n − 1)(n − 2)…(n − m − 1)")
        rows.append(number(last, f"{factors} = {in_digits(model.messages_of_last_round(s.count, s.m))}"))
    return rows


def word_of(says: Iterable[str]) -> str:
    """What is said, in words."""
    return " + ".join(_(ORDER_WORDS[order]) for order in says) or _("nothing")


def summary(s: Scenario, said: Iterable[Mapping[str, Any]]) -> str:
    lies = sum(message["lie"] for message in said)
    traitors = ", ".join(name for name in s.names if name in s.traitors) or "–"
    decided = ", ".join(f"{name} – {_(ORDER_WORDS[s.outcome.decisions[name]])}" for name in s.loyal) or "–"
    first, second = (_("holds") if held else _("is broken") for held in (s.outcome.ic1, s.outcome.ic2))
    return _(
        "Traitors: {traitors}; lies: {lies}. Decisions of the loyal: {decided}. IC1 {first}, IC2 {second}.",
        traitors=traitors, lies=lies, decided=decided, first=first, second=second,
    )  # fmt: skip


def log(s: Scenario, said: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every message by its path, and each lieutenant's decision with its grounds."""
    lines = []
    for message in said:
        if not message["says"] and not message["lie"]:
            continue  # a traitor could have sent something, as a loyal one would not
        values = {
            "round": len(message["path"]),
            "path": " → ".join([*message["path"], message["to"]]),
            "word": word_of(message["says"]),
            "truth": word_of(message["truth"]),
        }
        if message["lie"]:
            lines.append(_("Round {round}, {path}: {word}. A lie, the truth is: {truth}.", **values))
        else:
            lines.append(_("Round {round}, {path}: {word}.", **values))
    return lines + [_grounds(s, name) for name in s.names[1:]]


def _grounds(s: Scenario, name: str) -> str:
    decision = _(ORDER_WORDS[s.outcome.decisions[name]])
    if s.kind == SIGNED:
        seen = word_of(s.outcome.known[name])
        return _("{name} has seen signed: {seen}. Decision: {decision}.", name=name, seen=seen, decision=decision)
    votes = s.outcome.conclusions[(COMMANDER,), name].votes
    listed = ", ".join(f"{voter} – {_(ORDER_WORDS[order])}" for voter, order in votes.items())
    return _("{name} counts the votes: {votes}. Decision: {decision}.", name=name, votes=listed, decision=decision)


def generals_panel(
    n: int = 4,
    m: int = 1,
    traitors: Iterable[str] | None = None,
    lies: Mapping[Entry, Iterable[str] | str | None] | None = None,
    *,
    order: str = ATTACK,
    signed: bool = False,
    **params: Any,
) -> GeneralsPanel:
    """The panel of the Byzantine generals: `n` of them (3 to 7), with OM(m) or, if `signed`, SM(m), m from 0 to 2.

    `traitors` are names ("C" is the commander, "L1", "L2", ... the lieutenants), `lies` a table as `models.generals`
    takes it: ((path), receiver) -> "attack", "retreat", or None for silence (signed: a list of orders to show). Without
    them the last lieutenant is the traitor, and says the opposite of what he should. `reveal=True` shows the outcome
    without asking for a prediction. ValueError for a value that the panel does not offer.
    """
    names = sorted(model.generals(n)[-1:] if traitors is None else traitors)
    if strangers := set(names) - set(model.generals(n)):
        raise ValueError(_("There is no general {name} among {n}.", name=min(strangers), n=n))
    told = lies if lies is not None else model.oral(n, min(m, n - 2), names, order, model.opposite).lies
    chosen = {"n": n, "m": str(m), "order": order, "kind": SIGNED if signed else ORAL}
    return GeneralsPanel(**chosen, traitors=as_traitors(names), lies=as_list(told), **params)
