"""The bets of the laboratory's notebook: questions for `world_panel` about runs of the classes that it writes.

    world_panel({"A": Ping, "B": Pong}, 1, faults=[drop("A", "B", 2)], **bet_on_pongs())

1. A bet is a `question`, the `answers` that a finished run gives, and `hide_after_s`: how far the run may be played
   before the learner has predicted.
2. The answer is looked up in the trace, so it stays true for classes that the learner has changed.

Left out: predictions about runs that are only printed. The notebook asks for those in prose.
"""

from __future__ import annotations

from faultlab.i18n import _
from faultlab.sim.plain import Plain
from faultlab.sim.trace import Trace
from faultlab.widgets.panel import Json, outcome, question

# Without the loss the same run has 50.
STUCK_MAX, HALF_MAX = 2, 40
BEFORE_THE_LOSS_S, AT_THE_END_S, IN_THE_CUT_S = 0.02, 1.0, 2.0


def bet_on_pongs() -> dict[str, Json]:
    """How many pongs does A get in one second, if one ping is lost? A keeps their number in `pongs`."""
    options = [
        ("stuck", _("1, and no more")),
        ("half", _("about half of them")),
        ("all but one", _("all but one")),
    ]
    text = _("The second ping from A to B is lost on its way, and nothing else goes wrong. How many pongs does A get?")
    return {"question": question(text, options), "answers": _pongs, "hide_after_s": BEFORE_THE_LOSS_S}


def _pongs(trace: Trace) -> Json:
    pongs = _kept(trace, AT_THE_END_S, "A", "pongs") or 0
    answer = "stuck" if pongs <= STUCK_MAX else "half" if pongs <= HALF_MAX else "all but one"
    return {"main": outcome(answer, _("Pongs that A has had at the end of the run: {n}.", n=pongs))}


def bet_on_suspicion() -> dict[str, Json]:
    """C is cut off from A and B: whom does it suspect? Each node keeps the names in `suspects`."""
    options = [
        ("nobody", _("nobody: nothing is wrong with C")),
        ("one", _("one of the two")),
        ("both", _("both A and B")),
    ]
    text = _("From 1 s to 3 s C is cut off from A and B. Whom does C suspect at 2 s?")
    return {"question": question(text, options), "answers": _suspicion, "hide_after_s": 1.0}


def _suspicion(trace: Trace) -> Json:
    suspects = {name: _kept(trace, IN_THE_CUT_S, name, "suspects") or [] for name in "ABC"}
    answer = ("nobody", "one", "both")[min(len(suspects["C"]), 2)]
    shown = {name: ", ".join(names) or "–" for name, names in suspects.items()}
    because = _("Suspects at 2 s: A has {a}, B has {b}, C has {c}.", a=shown["A"], b=shown["B"], c=shown["C"])
    return {"main": outcome(answer, because)}


def _kept(trace: Trace, at_s: float, node: str, field: str) -> Plain:
    """What a node keeps in a field at a moment; None if it is down or keeps no such field."""
    return trace.state(trace.index_at(at_s))[node].get(field)


__all__ = ["bet_on_pongs", "bet_on_suspicion"]
