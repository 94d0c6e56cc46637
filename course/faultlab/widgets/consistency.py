"""The panel of consistency models: a small history is edited by hand, and every model of the map says what it thinks.

1. A history is a list of operations of at most four clients on registers x, y and z: a write or a read of one register,
   from its call to its answer. Nothing has been written before, so a read may also return nothing.
2. The verdicts are those of the checkers in `sim.history`, under the names of Jepsen's map; the arrows between them are
   `IMPLIES`. A model that is implied and yet violated would be an error of the checkers, and a test looks for it.
3. The reason is told in the learner's language from what the checker found: the pattern, and the operations that show
   it. Where one order explains the history, its numbers stand at the operations.
4. Bars that only touch are concurrent: where one returns at the moment of another's call, either may come first.

Left out: operations that were never answered or were refused, and objects other than registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from faultlab.i18n import N_, _
from faultlab.sim.history import (
    GUARANTEES,
    IMPLIES,
    MODELS,
    OK,
    UNKNOWN,
    VIOLATED,
    History,
    Operation,
    Verdict,
    checked,
)
from faultlab.widgets.panel import Panel, hidden_list, number, outcome, preset, question

CLIENTS, KEYS = "ABCD", "xyz"
MOMENTS, VALUES, OPERATIONS_MAX = 14, 4, 16
WRITE, READ = "write", "read"
NOTHING = "∅"
EXAMPLE = '{"client": "A", "kind": "write", "key": "x", "value": 1, "from": 0, "to": 2}'
NAMES = {
    "linearizable": N_("linearizable"),
    "sequential": N_("sequential"),
    "causal memory": N_("causal memory"),
    "causal convergence": N_("causal convergence"),
    "causal": N_("causal"),
    "PRAM": N_("PRAM"),
    "writes follow reads": N_("writes follow reads"),
    "monotonic reads": N_("monotonic reads"),
    "monotonic writes": N_("monotonic writes"),
    "read your writes": N_("read your writes"),
}
STATUS_WORDS = {OK: N_("satisfied"), VIOLATED: N_("violated"), UNKNOWN: N_("cannot be told")}
# Why a model is violated, by the pattern that its checker found.
PATTERNS = {
    "ThinAirRead": N_("a read returns what nobody wrote: {operations}."),
    "CyclicCO": N_("causes run in a circle: {operations}."),
    "WriteCOInitRead": N_("{first} returns nothing, although {rest} lies in its causal past."),
    "WriteCORead": N_("{first} returns what was overwritten, causally, before it: {rest}."),
    "CyclicCF": N_(
        "the reads want the concurrent writes in one order and in the other, and there can be only one for all: "
        "{operations}."
    ),
    "WriteHBInitRead": N_("{first} returns nothing, although its client must have seen {rest}."),
    "CyclicHB": N_("what one client saw fits into no single order, it has changed its mind: {operations}."),
    "MissedWrite": N_("{first} returns nothing, but must see {rest}."),
    "FutureRead": N_("{first} could only see {rest}, which its client made later."),
    "CyclicVersions": N_("each of these versions must be older than another one of them: {operations}."),
    "OneOf": N_("it could hold alone, but not together with other guarantees; one of them is broken: {operations}."),
    "RepeatedValue": N_("the same value is written twice, so nobody can tell which write was read: {operations}."),
}


class Editor:
    """The operations of the control as a history. ValueError in one line for what cannot be one."""

    def __init__(self, listed: list[dict[str, Any]]) -> None:
        if not 1 <= len(listed) <= OPERATIONS_MAX:
            raise ValueError(_("A history here has 1 to {n} operations.", n=OPERATIONS_MAX))
        self.history = tuple(_operation(item) for item in listed)
        _require_apart(listed)
        self.verdicts = {name: check(self.history) for name, check in MODELS.items()}

    def text(self, index: int) -> str:
        return f"{self.history[index].client} {label(self.history[index])}"

    def texts(self, indices: tuple[int, ...]) -> str:
        return "; ".join(self.text(index) for index in indices)


def _operation(item: Mapping[str, Any]) -> Operation:
    client, kind, key = item.get("client"), item.get("kind"), item.get("key")
    value, start, end = item.get("value"), item.get("from"), item.get("to")
    named = isinstance(client, str) and isinstance(key, str) and len(client) == len(key) == 1
    whole = all(type(n) is int for n in (value, start, end))
    known = named and client in CLIENTS and key in KEYS and kind in (WRITE, READ)
    if not (known and whole and 0 <= start < end <= MOMENTS and 0 <= value <= VALUES):
        raise ValueError(_("An operation looks like {example}, not like {item}.", example=EXAMPLE, item=item))
    if kind == WRITE and value == 0:
        raise ValueError(_("A write writes a number from 1 on: {item}.", item=item))
    if kind == WRITE:
        return Operation(client, (WRITE, key, value), None, start, end)
    return Operation(client, (READ, key), value or None, start, end)


def _require_apart(listed: list[dict[str, Any]]) -> None:
    for client in CLIENTS:
        own = sorted((item["from"], item["to"]) for item in listed if item["client"] == client)
        if any(later[0] < earlier[1] for earlier, later in pairwise(own)):
            raise ValueError(_("Operations of client {client} overlap: a client does one at a time.", client=client))


def label(operation: Operation) -> str:
    """An operation as a bar says it: x=1 wrote 1, x→1 read it, x→∅ found nothing."""
    if operation.call[0] == WRITE:
        return f"{operation.call[1]}={operation.call[2]}"
    return f"{operation.call[1]}→{NOTHING if operation.result is None else operation.result}"


def reason(editor: Editor, verdict: Verdict) -> str:
    """A sentence on a verdict, in the learner's language."""
    if verdict.order is not None:
        order = "; ".join(editor.text(index) for index in verdict.order)
        return _("one order explains every answer: {order}.", order=order)
    if verdict.status == OK:
        return _("nothing in the history contradicts it.")
    if verdict.pattern in PATTERNS:
        first, rest = verdict.operations[:1], verdict.operations[1:]
        return _(
            PATTERNS[verdict.pattern],
            operations=editor.texts(verdict.operations),
            first=editor.texts(first),
            rest=editor.texts(rest),
        )
    if verdict.model == "linearizable" and verdict.status == VIOLATED:
        return _(
            "up to the answer of {operation} some order explains everything, with it none does.",
            operation=editor.texts(verdict.operations[:1]),
        )
    if verdict.status == VIOLATED:
        return _(
            "no order that keeps each client’s own explains every answer; the longest stops before: {operations}.",
            operations=editor.texts(verdict.operations),
        )
    return _("the search was given up.")


class HistoryPanel(Panel):
    """A history, the map of models, verdicts; see the module's docstring."""

    topic = "consistency"

    def describe(self) -> dict[str, Any]:
        return {
            "title": _("Which consistency models does this history satisfy?"),
            "question": _which("linearizable", "sequential"),
            "controls": [hidden_list("operations", written("A x=1 0-3", "B x>1 5-7", "B x=2 8-10", "A x>2 11-13"))],
            "presets": self._presets(),
            "words": self._words(),
        }

    @staticmethod
    def _presets() -> list[dict[str, Any]]:
        return [
            preset(
                "stale",
                _("A late reader"),
                _("B reads when A has long got its answer. Who counts, the clock or the clients?"),
                question=_which("linearizable", "sequential"),
                operations=written("A x=1 0-3", "B x>0 5-7", "B x>1 9-11"),
            ),
            preset(
                "dekker",
                _("Each misses the other"),
                _("each writes and then looks at the other. Whose write was first?"),
                question=_which("sequential", "causal memory"),
                operations=written("A x=1 0-3", "A y>0 5-8", "B y=2 0-3", "B x>0 5-8"),
            ),
            preset(
                "opposite",
                _("In opposite orders"),
                _("two concurrent writes, and each client sees its own one first."),
                question=_which("causal memory", "causal convergence"),
                operations=written("A x=1 0-2", "A x>1 4-6", "A x>2 8-10", "B x=2 0-2", "B x>2 4-6", "B x>1 8-10"),
            ),
            preset(
                "arbiter",
                _("The later write wins"),
                _("when B reads z, it has not yet heard of A; then it has, and its own x still wins."),
                question=_which("causal memory", "causal convergence"),
                operations=written(
                    "A z=1 0-2", "A x=1 3-5", "A y=1 6-8", "B x=2 0-2", "B z>0 3-5", "B y>1 9-11", "B x>2 12-14"
                ),
            ),
            preset(
                "mind",
                _("Changed its mind"),
                _("B has written 2, sees 1, and then 2 again."),
                question=_which("causal memory", "causal"),
                operations=written("A x=1 0-2", "A x>2 4-6", "B x=2 0-2", "B x>1 4-6", "B x>2 8-10"),
            ),
            preset(
                "answer",
                _("An answer without its question"),
                _("C reads what B wrote after it had read A."),
                question=_which("causal", "PRAM"),
                operations=written("A x=1 0-2", "B x>1 3-5", "B y=2 6-8", "C y>2 9-11", "C x>0 12-14"),
            ),
            preset(
                "own",
                _("Where is what I wrote?"),
                _("a client does not find its own write."),
                question=_which("PRAM", "read your writes"),
                operations=written("A x=1 0-3", "A x>0 5-8"),
            ),
        ]

    @staticmethod
    def _words() -> dict[str, Any]:
        return {
            "names": {name: _(text) for name, text in NAMES.items()},
            "status": {status: _(text) for status, text in STATUS_WORDS.items()},
            "add": _("+ operation of {name}"),
            "full": _("There is no room behind the last operation of {name}."),
            "last": _("One operation must stay."),
            "chosen": _("Chosen: {text}"),
            "none": _("Click a bar to change it; drag it to move it, its right end to make it longer."),
            "edit": _("Change the chosen operation"),
            "kind": _("write or read"),
            "key": _("register"),
            "value": _("value"),
            "earlier": _("earlier"),
            "later": _("later"),
            "shorter": _("make shorter"),
            "longer": _("make longer"),
            "remove": _("remove it"),
            "bar": _("{client}: {text}, from {from} to {to}"),
            "map": _("Which model implies which: an arrow leads from the stronger one"),
            "node": _("{name}: {status}"),
            "hidden": _("predict first"),
            "sessions": _("session guarantees"),
            "time": _("time →"),
        }

    # -------- what happens

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        editor = Editor(params["operations"])
        return {
            "operations": [
                {**item, "text": label(operation)}
                for item, operation in zip(params["operations"], editor.history, strict=True)
            ],
            "clients": list(CLIENTS),
            "moments": MOMENTS,
            "values": VALUES,
            "keys": list(KEYS),
            "implies": {name: list(weaker) for name, weaker in IMPLIES.items()},
            "guarantees": list(GUARANTEES),
            "models": {
                name: {
                    "status": verdict.status,
                    "reason": reason(editor, verdict),
                    "operations": list(verdict.operations) if verdict.status != OK else [],
                    "order": list(verdict.order or ()),
                }
                for name, verdict in editor.verdicts.items()
            },
            "answers": answers(editor),
            "numbers": numbers(editor),
            "summary": summary(editor),
            "log": [
                f"{_(NAMES[name])} – {_(STATUS_WORDS[verdict.status])}: {reason(editor, verdict)}"
                for name, verdict in editor.verdicts.items()
            ],
            "notice": None,
        }


def written(*texts: str) -> list[dict[str, Any]]:
    """Operations as the presets write them: "A x=1 0-3" writes, "B x>1 5-7" reads 1, "B x>0 5-7" finds nothing."""
    listed = []
    for text in texts:
        client, what, moments = text.split()
        start, end = moments.split("-")
        kind = WRITE if what[1] == "=" else READ
        operation = {"client": client, "kind": kind, "key": what[0], "value": int(what[2:])}
        listed.append(operation | {"from": int(start), "to": int(end)})
    return listed


def _which(first: str, second: str) -> dict[str, Any]:
    options = [
        ("both", _("Both models")),
        ("first", _("Only “{name}”", name=_(NAMES[first]))),
        ("second", _("Only “{name}”", name=_(NAMES[second]))),
        ("neither", _("Neither model")),
    ]
    text = _(
        "Which of these does the history satisfy: “{first}”, “{second}”?",
        first=_(NAMES[first]),
        second=_(NAMES[second]),
    )
    return question(text, options, name=f"{first}/{second}")


# The pairs that are asked about.
PAIRS = (
    ("linearizable", "sequential"),
    ("sequential", "causal memory"),
    ("causal memory", "causal convergence"),
    ("causal memory", "causal"),
    ("causal", "PRAM"),
    ("PRAM", "read your writes"),
)


def answers(editor: Editor) -> dict[str, Any]:
    found = {}
    for pair in PAIRS:
        one, two = (editor.verdicts[name] for name in pair)
        sentences = [f"{_(NAMES[name])}: {reason(editor, editor.verdicts[name])}" for name in pair]
        # Where a checker cannot tell, no option is the right one.
        told = UNKNOWN not in (one.status, two.status)
        answer = {(True, True): "both", (True, False): "first", (False, True): "second", (False, False): "neither"}
        found["/".join(pair)] = outcome(answer[one.ok, two.ok] if told else "", " ".join(sentences))
    return found


def numbers(editor: Editor) -> list[dict[str, Any]]:
    statuses = [verdict.status for verdict in editor.verdicts.values()]
    rows = [(_("operations"), len(editor.history)), (_("models satisfied"), statuses.count(OK))]
    rows.append((_("models violated"), statuses.count(VIOLATED)))
    if UNKNOWN in statuses:
        rows.append((_("cannot be told"), statuses.count(UNKNOWN)))
    return [number(text, count) for text, count in rows]


def summary(editor: Editor) -> str:
    """The strongest models that hold: those that no other one that holds implies."""
    good = [name for name, verdict in editor.verdicts.items() if verdict.ok]
    strongest = [name for name in good if not any(name in _weaker(other) for other in good)]
    bad = [name for name, verdict in editor.verdicts.items() if verdict.status == VIOLATED]
    return _(
        "Strongest models satisfied: {good}. Violated: {bad}.",
        good=", ".join(_(NAMES[name]) for name in strongest) or "–",
        bad=", ".join(_(NAMES[name]) for name in bad) or "–",
    )


def _weaker(name: str) -> set[str]:
    """Everything that a model implies, directly or not."""
    found: set[str] = set()
    for weaker in IMPLIES.get(name, ()):
        found |= {weaker} | _weaker(weaker)
    return found


def from_history(history: History) -> list[dict[str, Any]]:
    """A history as the panel keeps it: clients become A, B, ..., moments become whole numbers in the same order.

    ValueError for what the panel does not draw: see the module's docstring, and `MOMENTS` distinct moments.
    """
    operations = checked(history)
    if any(operation.pending or operation.failed for operation in operations):
        raise ValueError(_("This panel draws only operations that were answered."))
    moments = sorted({at for o in operations for at in (o.called_s, o.returned_s) if at is not None})
    clients = sorted({operation.client for operation in operations})
    if len(moments) > MOMENTS + 1 or len(clients) > len(CLIENTS):
        raise ValueError(_("This panel draws at most {n} clients and {m} moments.", n=len(CLIENTS), m=MOMENTS + 1))
    return [_item(operation, CLIENTS[clients.index(operation.client)], moments) for operation in operations]


def _item(operation: Operation, client: str, moments: list[float]) -> dict[str, Any]:
    name, key, *arguments = operation.call
    value = arguments[0] if name == WRITE else operation.result or 0
    start, end = moments.index(operation.called_s), moments.index(operation.returned_s or 0.0)
    return {"client": client, "kind": name, "key": key, "value": value, "from": start, "to": end}


def history_panel(history: History | None = None, **params: Any) -> HistoryPanel:
    """The panel of consistency models. `history`: operations of registers x, y, z with the values 1 to 4, at most four
    clients and sixteen operations; by default a small one to begin with. `reveal=True` shows the verdicts without
    asking for a prediction. ValueError for a history that the panel cannot draw.
    """
    if history is not None:
        listed = from_history(history)
        Editor(listed)
        params = {"operations": listed} | params
    return HistoryPanel(**params)
