"""What comes back of a node's step, held to its form: a learner's process may answer anything.

1. An outcome is a dict of plain data, as `faultlab.sim.host` says. What has another form was not made by our servant,
   and the process is not asked again (`ValueError`).
2. Effects are held to what a `Context` would have let pass: known kinds, names of nodes that there are, delays that are
   finite numbers. Code that wrote into `ctx.effects` by hand can break that; then its handler has failed, no more.
3. Nothing here says whether an outcome is right. A process that makes up its outcomes is a node with other handlers.
"""

from __future__ import annotations

import math
from typing import Any

from faultlab.checks.servant import unpack
from faultlab.sim.host import HANDLERS, LINE_CHARS_MAX, TRACEBACK_CHARS_MAX, Outcome, Step
from faultlab.sim.node import CANCEL, NOTE, REFUSE, REPLY, SEND, TIMER, Effect

NOTE_CHARS_MAX = 200
# A handler that wants more than this is not one that a person has to look at.
EFFECTS_MAX = 10_000
# The kinds as they are known here: a text that came over the pipe is equal, and another object.
KINDS = {kind: kind for kind in (SEND, TIMER, CANCEL, REPLY, REFUSE, NOTE)}


def outcome_of(data: Any, step: Step) -> Outcome:
    """The outcome of `step` that `data` packs. LookupError, TypeError or ValueError if it is none."""
    outcome = unpack(data)
    if type(outcome) is not dict:
        raise ValueError("an outcome is a dict")
    if "error" in outcome:
        return _failure(outcome)
    if outcome.keys() != {"fields", "disk", "effects"} or type(outcome["effects"]) is not list:
        raise ValueError("an outcome has fields, disk and effects")
    for name in ("fields", "disk"):
        if type(outcome[name]) is not dict or not all(type(key) is str for key in outcome[name]):
            return _broken(step, f"the keys of its {name} are not all texts")
    names = set(step["names"])
    if len(outcome["effects"]) > EFFECTS_MAX:
        return _broken(step, f"more than {EFFECTS_MAX} effects")
    effects = [_effect(effect, names) for effect in outcome["effects"]]
    wrong = next((given for given, effect in zip(outcome["effects"], effects, strict=True) if effect is None), None)
    return {**outcome, "effects": effects} if wrong is None else _broken(step, f"{str(wrong)[:80]} is no effect")


def _failure(outcome: Outcome) -> Outcome:
    error, traceback = outcome["error"], outcome["traceback"]
    if type(error) is not str or type(traceback) is not str or not error:
        raise ValueError("a failure is told in two texts")
    kept = {"error": " ".join(error.split())[:LINE_CHARS_MAX], "traceback": traceback[-TRACEBACK_CHARS_MAX:]}
    return kept | ({"endless": True} if outcome.get("endless") is True else {})


def _broken(step: Step, why: str) -> Outcome:
    return {"error": f"TypeError in {HANDLERS[step['event'][0]]}: {why}", "traceback": ""}


def _effect(effect: Any, names: set[str]) -> Effect | None:
    """The effect as a context would have made it, or None if it would not."""
    if type(effect) is not tuple or not 2 <= len(effect) <= 3 or not all(type(e) is str for e in effect[:2]):
        return None
    kind, first, second = KINDS.get(effect[0]), effect[1], effect[-1]
    if kind in (CANCEL, NOTE):
        return (kind, first[:NOTE_CHARS_MAX] if kind == NOTE else first) if len(effect) == 2 else None
    if kind is None or len(effect) == 2:
        return None
    if kind == SEND and first not in names:
        return None
    if kind == TIMER and not (type(second) is float and 0.0 <= second < math.inf):
        return None
    return (kind, first, second)
