"""The panel of the two generals: lose a messenger, change the rules, and see that some end always goes wrong.

1. The protocol and its ends come from `models/two_generals.py`: which message each general heard last, if the i-th is
   the first that is lost. Neighbouring ends differ for one general only; the other one cannot tell them apart, and so
   does the same in both. The picture marks him, because that is the proof.
2. The learner sets the rules: for which last message heard each of the two attacks. What is demanded (both attack if
   nothing is lost; never one alone; B not without having been told) is judged over all ends.
3. How likely each end is follows from the number of messengers and their losses.

Left out: two messages lost in one run. After the first loss nothing is sent that could be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from faultlab.i18n import _
from faultlab.i18n import number as in_digits
from faultlab.models import two_generals as model
from faultlab.models.two_generals import ALONE, BOTH, NOBODY, A, B, End, Rules
from faultlab.widgets.panel import Panel, hidden_list, number, outcome, preset, question, slider

LAST_MAX, MESSENGERS_MAX = 7, 8
NAMES = (A, B)


@cache
def ends_of(last: int) -> tuple[End, ...]:
    """The ends of the protocol of `last` messages; number i is the one in which the first i arrive."""
    return tuple(sorted(model.ends(last), key=sum))


@cache
def tried(last: int) -> tuple[int, int]:
    """How many pairs of rules there are, and how many meet all demands."""
    count, good = model.surviving_rules(last)
    return count, len(good)


def rules_of(params: Mapping[str, Any]) -> Rules:
    """The rules that the learner has set for this number of messages, else the one that comes to mind."""
    last, own = params["last"], params["rules"]
    if not own or own[0].get("last") != last:
        return model.all_heard(last)
    try:
        rules = frozenset(own[0][A]), frozenset(own[0][B])
        known = all(rule <= set(numbers) for rule, numbers in zip(rules, model.hears(last), strict=True))
    except (KeyError, TypeError):
        known = False
    if not known:
        raise ValueError(_("Rules look like {example}, not like {item}.", example=EXAMPLE, item=own[0]))
    return rules


EXAMPLE = '{"last": 2, "A": [2], "B": [1]}'


def lost_of(params: Mapping[str, Any]) -> int:
    """The number of the message that is lost, 0 for none."""
    numbers = [item.get("number") for item in params["lost"]]
    return min((n for n in numbers if isinstance(n, int) and 1 <= n <= params["last"]), default=0)


def likelihoods(last: int, messengers: int, loss: float) -> list[float]:
    """How likely each end is: the first i messages arrive, and the next one, if there is one, does not."""
    arrives = 1 - loss**messengers
    return [arrives**i * (1 - arrives if i < last else 1) for i in range(last + 1)]


class TwoGeneralsPanel(Panel):
    """Two generals and a valley; see the module's docstring."""

    topic = "two_generals"

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("The two generals: nobody lies, messages get lost"),
            "question": self._who_attacks(),
            "controls": [
                slider("last", _("Messages, acknowledgements included"), 2, 1, LAST_MAX, 1),
                slider("messengers", _("Messengers for each message"), 1, 1, MESSENGERS_MAX, 1),
                slider("loss", _("A messenger is caught"), 20, 0, 90, 5, "%"),
                hidden_list("lost", [{"number": 2}]),
                hidden_list("rules", []),
            ],
            "presets": self._presets(),
            "words": self._words(),
        }

    def _presets(self) -> list[dict[str, Any]]:
        return [
            preset(
                "one", _("No acknowledgement"), _("A attacks without knowing anything of B."), last=1, lost=_lost(1)
            ),
            preset("two", _("One acknowledgement"), _("what B sees is the same as if his answer had arrived.")),
            preset(
                "three",
                _("The acknowledgement is acknowledged"),
                _("one message more, and the doubt is on the other side."),
                last=3,
                lost=_lost(3),
            ),
            preset(
                "seven",
                _("Seven messages"),
                _("find rules that meet all three demands: click the numbers at which each of them attacks."),
                question=self._are_there_rules(),
                last=7,
                lost=_lost(7),
            ),
            preset(
                "many",
                _("Many messengers"),
                _("how likely is it that one attacks alone, and is it ever 0?"),
                last=1,
                messengers=6,
                loss=50,
                lost=[],
            ),
        ]

    @staticmethod
    def _who_attacks() -> dict[str, Any]:
        options = [("both", _("Both")), ("A", _("Only A")), ("B", _("Only B")), ("none", _("Nobody"))]
        text = _("The crossed-out message is lost; each attacks if all that he waits for has arrived. Who attacks?")
        return question(text, options, name="who")

    @staticmethod
    def _are_there_rules() -> dict[str, Any]:
        options = [("yes", _("Yes, there are")), ("no", _("No, there are none"))]
        text = _("Are there rules with which nobody ever attacks alone, and both attack if nothing is lost?")
        return question(text, options, name="rules")

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "order": _("1: attack at dawn"),
            "understood": _("{n}: understood"),
            "not_sent": _("{n}: not sent"),
            "lose": _("message {n}: lose it"),
            "deliver": _("message {n}, lost: let it arrive"),
            "how": _("Click a message to lose it, a row to see that end, a number to change a rule."),
            "attacks": _("attacks"),
            "stays": _("stays"),
            "rule": _("{name} attacks if the last message he heard is"),
            "nothing": _("nothing"),
            "rule_on": _("{name} attacks after message {n}: no longer"),
            "rule_off": _("{name} does not attack after message {n}: let him"),
            "natural": _("Rules: all that he waits for"),
            "lost": _("lost"),
            "heard": _("{name} heard"),
            "no_loss": _("nothing"),
            "same": _("{name} sees no difference"),
            "row": _("lost: {lost}; A {a}, B {b}"),
            "demand_a": _("Both attack if nothing is lost."),
            "demand_b": _("Whatever is lost, nobody attacks alone."),
            "demand_c": _("B does not attack if he has heard nothing."),
            BOTH: _("both attack"),
            ALONE: _("one attacks alone"),
            NOBODY: _("nobody attacks"),
            "likely": _("How likely, with these losses"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        last, rules, lost = params["last"], rules_of(params), lost_of(params)
        ends = ends_of(last)
        who = [model.attackers(rules, end) for end in ends]
        share = likelihoods(last, params["messengers"], params["loss"] / 100)
        # The end after a loss is named by what is lost; the last one has lost nothing.
        rows = [
            {"lost": i + 1 if i < last else 0, "heard": list(end), "attackers": names, "share": p}
            for i, (end, names, p) in enumerate(zip(ends, who, share, strict=True))
        ]
        shares = {BOTH: 0.0, ALONE: 0.0, NOBODY: 0.0}
        for names, p in zip(who, share, strict=True):
            shares[(NOBODY, ALONE, BOTH)[len(names)]] += p
        demands = {
            "a": len(who[-1]) == 2,
            "b": all(len(names) != 1 for names in who),
            "c": 0 not in rules[1],
        }
        now = next(row for row in rows if row["lost"] == lost)
        return {
            "last": last,
            "lost": lost,
            "rows": rows,
            "blind": [A if one[0] == other[0] else B for one, other in pairwise(ends)],
            "now": now,
            "hears": dict(zip(NAMES, model.hears(last), strict=True)),
            "rules": {name: sorted(rule) for name, rule in zip(NAMES, rules, strict=True)},
            "natural": rules == model.all_heard(last),
            "demands": demands,
            "shares": shares,
            "answers": answers(last, now),
            "numbers": numbers(last, params, shares),
            "summary": summary(last, now, demands),
            "log": log(rows),
        }


def _lost(number_: int) -> list[dict[str, int]]:
    return [{"number": number_}]


def _who(names: list[str]) -> str:
    return (
        _("both attack")
        if len(names) == 2
        else _("only {name} attacks", name=names[0])
        if names
        else _("nobody attacks")
    )


def _loss(lost: int) -> str:
    return _("Message {n} is lost", n=lost) if lost else _("Nothing is lost")


def answers(last: int, now: Mapping[str, Any]) -> dict[str, Any]:
    names = now["attackers"]
    count, good = tried(last)
    because = _(
        "Messages: {last}. Pairs of rules: {n}, all tried; {good} meet all demands.", last=last, n=count, good=good
    )
    return {
        "who": outcome(
            "both" if len(names) == 2 else names[0] if names else "none", f"{_loss(now['lost'])}: {_who(names)}."
        ),
        "rules": outcome("yes" if good else "no", because),
    }


def numbers(last: int, params: Mapping[str, Any], shares: Mapping[str, float]) -> list[dict[str, Any]]:
    def percent(share: float) -> str:
        return f"{in_digits(100 * share, 4)} %"

    return [
        number(_("both attack"), percent(shares[BOTH])),
        number(_("one attacks alone"), percent(shares[ALONE])),
        number(_("nobody attacks"), percent(shares[NOBODY])),
        number(_("messengers under way at most"), last * params["messengers"]),
        number(_("pairs of rules tried, and good ones"), " / ".join(map(in_digits, tried(last)))),
    ]


def summary(last: int, now: Mapping[str, Any], demands: Mapping[str, bool]) -> str:
    broken = [name for name, met in demands.items() if not met]
    said = _("Messages: {last}. {loss}: {who}.", last=last, loss=_loss(now["lost"]), who=_who(now["attackers"]))
    verdict = (
        _("Broken demands: {names}.", names=", ".join(f"({n})" for n in broken))
        if broken
        else _("All demands are met.")
    )
    return f"{said} {verdict}"


def log(rows: list[dict[str, Any]]) -> list[str]:
    """Every end, from the first message lost to none."""
    lines = []
    for row in rows:
        a, b = row["heard"]
        lines.append(
            _(
                "{loss}. The last message heard by A: {a}, by B: {b}. Result: {who}.",
                loss=_loss(row["lost"]),
                a=a or "–",
                b=b or "–",
                who=_who(row["attackers"]),
            )
        )
    return lines


def two_generals_panel(
    last: int = 2, lost: int | None = None, rules: Rules | None = None, **params: Any
) -> TwoGeneralsPanel:
    """The panel of the two generals: `last` messages (1 to 7), number `lost` is lost (0: none; default: the last one).

    `rules` say for which last message heard A attacks, and for which B does, as `models.two_generals` has them; without
    them each attacks if all that he waits for has arrived. `reveal=True` shows the outcome without asking for a
    prediction. ValueError for a value that the panel does not offer.
    """
    number_ = last if lost is None else lost
    if not 0 <= number_ <= last:
        raise ValueError(_("There is no message {n} among {last}.", n=number_, last=last))
    own = [] if rules is None else [{"last": last, A: sorted(rules[0]), B: sorted(rules[1])}]
    return TwoGeneralsPanel(last=last, lost=_lost(number_) if number_ else [], rules=own, **params)
