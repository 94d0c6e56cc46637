"""The CAP panel: one register on several nodes, a cut that can be moved, and what every client got.

    cap_panel()                           a majority goes on, the rest refuses
    cap_panel(preset="ap_heal")           another situation to begin with
    cap_panel(MyRegister)                 the same runs with a class of yours

1. The nodes run `models/cap_register.py` in the laboratory. They stand in a line, and a cut runs between two
   neighbours: A B | C D E. It is a fault like any other of the player, so its moments and its place can be changed, and
   the player may add crashes and pauses to it.
2. Every write and every read is made by hand, by a client that sits beside the node which it asks and waits for as long
   as it takes. A scenario is nothing but such a list.
3. The history goes to the checker of linearizability; what is stale and what is lost, `widgets/cap_account.py` says.
4. Available in the sense of the theorem (Gilbert and Lynch, 2002): every call to a node that has not failed is
   answered. A refusal is no answer, and neither is silence. So a side that has a majority and goes on, linearizable,
   contradicts nothing: the theorem speaks of all nodes.

A class of yours keeps the contract of exercise 3.1, task 1: `("write", key, value)` and `("read", key)` are replied to
or refused. What a node holds is looked up in its fields, in the first mapping that has the key: value, or value with
tag. Where there is none, the panel says so, and judges the answers alone.

Left out: several keys. Counters and account balances, too: whoever adds to what he has read needs more than a register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models.cap_register import APRegister, CPRegister, NaiveRegister
from faultlab.sim.faults import HEAL, PARTITION, Fault, Schedule, crash, flat, partition
from faultlab.sim.history import VIOLATED
from faultlab.sim.latency import Uniform
from faultlab.sim.node import Factory
from faultlab.sim.properties import Property
from faultlab.sim.scenario import Network, Scenario
from faultlab.sim.trace import Trace
from faultlab.widgets.cap_account import (
    ANSWERED,
    DOWN,
    NAMES,
    OPEN,
    OPS_MAX,
    READ,
    REFUSED,
    UNTIL_MAX_S,
    WHOLE,
    WITH,
    WITHOUT,
    WRITE,
    Account,
    Op,
    Seen,
    checked,
    clients_of,
    read,
    write,
)
from faultlab.widgets.panel import (
    Json,
    choice,
    hidden_list,
    number,
    outcome,
    preset,
    question,
    slider,
    text_number,
)
from faultlab.widgets.player import PARTS, PlayerPanel, Setup

EVENTS_MAX = 8_000
UNTIL_S, LATENCY_MS = 8.0, 30
REGISTERS: dict[str, type] = {"cp": CPRegister, "ap": APRegister, "naive": NaiveRegister}


# ---------------------------------------------------------------- situations


@dataclass(frozen=True)
class Story:
    """A situation: the register, what is asked and cut, how far it may be played before the prediction, what to watch,
    what to predict, and how a run answers that."""

    register: str
    ops: tuple[Op, ...]
    faults: Schedule
    hide_after_s: float
    answer: Callable[[Account], dict[str, str]]
    label: str
    watch: str
    question: str
    options: Mapping[str, str]
    more: Mapping[str, Json] = field(default_factory=dict)


def _s(seconds: float | None) -> str:
    return "–" if seconds is None else text_number(seconds, 2)


def told(account: Account, index: int) -> str:
    """What became of an operation, in one sentence."""
    one = account.seen[index]
    values = {"node": one.node, "a": _s(one.operation.called_s), "b": _s(one.operation.returned_s), "text": one.text}
    if one.status == ANSWERED:
        return _("{node}, asked at {a} s, answers at {b} s: {text}.", **values)
    if one.status == REFUSED:
        return _("{node}, asked at {a} s, refuses at {b} s.", **values)
    if one.status == DOWN:
        return _("{node}, asked at {a} s, fails before it answers.", **values)
    return _("{node}, asked at {a} s, does not answer until the end.", **values)


def _what_comes(account: Account, node: str, do: str, at_s: float, values: Mapping[Any, str]) -> dict[str, str]:
    """What the operation brought: an option for its result, or "refused" or "open"."""
    index = account.find(node, do, at_s)
    if index is None:
        return outcome("", _("In this run {node} is not asked at {t} s.", node=node, t=_s(at_s)))
    one = account.seen[index]
    answer = values.get(one.operation.result, "") if one.status == ANSWERED else one.status
    return outcome(answer, told(account, index))


def _what_remains(account: Account) -> dict[str, str]:
    if account.final is None:
        return outcome("apart", _("At the end the nodes do not hold the same."))
    text = _("At the end all nodes hold {value}.", value=account.final)
    if account.lost:
        text += " " + _("Lost, although acknowledged: {operations}.", operations=account.texts(account.lost))
    return outcome({"2": "first", "3": "second"}.get(account.final, ""), text)


def _before_the_heal(account: Account) -> dict[str, str]:
    index = account.find("A", WRITE, 1.0)
    if index is None:
        return outcome("", _("In this run {node} is not asked at {t} s.", node="A", t=_s(1.0)))
    one = account.seen[index]
    heal_s = account.trace.rows[account.heal_event][0] if account.heal_event is not None else account.trace.end_s
    returned_s = one.operation.returned_s
    in_time = returned_s is not None and returned_s < heal_s
    return outcome(one.status if in_time else OPEN, told(account, index))


def _is_it_available(account: Account) -> dict[str, str]:
    silent = account.silent
    text = _("Calls to nodes that had not failed: {n}, not answered: {m}.", n=account.to_living, m=len(silent))
    if silent:
        text += " " + account.texts(silent) + "."
    return outcome("no" if silent else "yes", text)


def _does_it_object(account: Account) -> dict[str, str]:
    return outcome("yes" if account.verdict.status == VIOLATED else "no", account.reason())


CUT_S, HEAL_S = 1.5, 5.0
SPLIT = tuple(partition("A B C | D E", CUT_S, HEAL_S))
SLOW_MS = 150
OPTIONS = {
    "new": "2",
    "old": "1",
    REFUSED: N_("a refusal"),
    OPEN: N_("nothing at all"),
}

STORIES: dict[str, Story] = {
    "majority": Story(
        "cp",
        (write("A", 1, 0.5), write("B", 2, 2.0), read("E", 3.0), read("C", 3.4), read("E", 6.0)),
        SPLIT,
        2.9,
        partial(_what_comes, node="E", do=READ, at_s=3.0, values={2: "new", 1: "old"}),
        N_("CP: one side goes on"),
        N_("compare the two sides: who answers whom, and how long does it take? And who of these nodes has failed?"),
        N_("The network is cut, A B C | D E, and B has written x = 2. Now E is asked to read x. What comes back?"),
        OPTIONS,
    ),
    "ap_cut": Story(
        "ap",
        (write("A", 1, 0.5), write("B", 2, 2.0), read("E", 3.0), read("C", 3.4), read("E", 6.0)),
        SPLIT,
        2.9,
        partial(_what_comes, node="E", do=READ, at_s=3.0, values={2: "new", 1: "old"}),
        N_("AP: all answer"),
        N_("the same calls and the same cut. Which calls contradict each other? And would their clients ever notice?"),
        N_(
            "The same calls and the same cut, A B C | D E, but nodes that answer always. E is asked to read x: what "
            "comes back?"
        ),
        OPTIONS,
    ),
    "ap_heal": Story(
        "ap",
        (write("A", 1, 0.5), write("E", 2, 2.0), write("B", 3, 2.8), read("B", 3.6), read("E", 3.8), read("B", 6.5)),
        SPLIT,
        4.9,
        _what_remains,
        N_("AP: heal and watch"),
        N_("what each side holds just before 5 s, and just after. Compare tags, not clocks, and count the writes."),
        N_(
            "During the cut E acknowledges x = 2 and, almost a second later, B acknowledges x = 3. Then the network is "
            "healed. Which value remains?"
        ),
        {"first": N_("2, the earlier one"), "second": N_("3, the later one"), "apart": N_("each side keeps its own")},
    ),
    "moved": Story(
        "cp",
        (write("A", 1, 0.4), write("B", 2, 1.4), read("A", 2.9), write("B", 3, 4.0), read("A", 5.0), read("E", 6.4)),
        (partition("A B | C D E", 1.0), partition("A | B C D E", 3.6, 6.0)),
        3.9,
        partial(_what_comes, node="B", do=WRITE, at_s=4.0, values={None: ANSWERED}),
        N_("CP: the cut moves"),
        N_("B changes sides without knowing it. Move the cut once more, and see when which call is answered."),
        N_(
            "At A B | C D E node B refused to write. At 3.6 s the cut moves, to A | B C D E. B is asked again: what "
            "comes?"
        ),
        {ANSWERED: N_("the write is acknowledged"), REFUSED: N_("a refusal"), OPEN: N_("nothing at all")},
    ),
    "begun": Story(
        "cp",
        (write("C", 1, 0.2), write("A", 2, 1.0), read("A", 2.0), read("D", 2.4), read("A", 6.5)),
        tuple(partition("A | B C D E", 1.55, HEAL_S)),
        1.54,
        _before_the_heal,
        N_("CP: a write half done"),
        N_("who may have the value already when the cut comes? See what D reads, and think of what A may still say."),
        N_(
            "The network is slow, and the cut falls into the middle of A’s write: A has just sent x = 2 to the others. "
            "What does A’s client hear before the network is healed?"
        ),
        {ANSWERED: N_("the write is acknowledged"), REFUSED: N_("a refusal"), OPEN: N_("nothing at all")},
        {"latency_ms": SLOW_MS},
    ),
    "naive": Story(
        "naive",
        (write("A", 1, 0.3), read("E", 0.34), read("E", 1.0), write("A", 2, 1.5), write("E", 3, 1.52), read("A", 2.4),
         read("E", 2.5)),
        (),
        0.33,
        partial(_what_comes, node="E", do=READ, at_s=0.34, values={1: "new", None: "old"}),
        N_("Naive: no cut needed"),
        N_("two reads at E, then two writes whose messages pass each other. What do the nodes hold after that?"),
        N_(
            "No cut, nothing fails. Nodes keep what they hear last. A has acknowledged x = 1, and 40 ms later E is "
            "asked. What comes back?"
        ),
        {"new": "1", "old": N_("∅, nothing yet"), REFUSED: N_("a refusal")},
        {"latency_ms": SLOW_MS, "until_s": 3.0},
    ),
    "crashes": Story(
        "cp",
        (write("A", 1, 0.5), write("C", 2, 2.0), read("A", 3.0), read("B", 5.0)),
        (crash("D", 1.0), crash("E", 1.3)),
        1.9,
        _is_it_available,
        N_("CP: crashes, no cut"),
        N_("of whom does the theorem want an answer? Then crash C as well, at 4 s: what is the difference to a cut?"),
        N_("No cut: D and E have crashed. Is a CP register still available, in the sense of CAP, to A, B and C?"),
        {"yes": N_("yes"), "no": N_("no")},
    ),
    "yours": Story(
        "cp",
        (write("A", 1, 0.5),),
        (),
        UNTIL_MAX_S,
        _does_it_object,
        N_("By hand"),
        N_("stop at a moment, press between two nodes, write here, read there. Then choose AP, and look again."),
        N_("You may cut, write and read wherever you like. Can you make the checker object to a CP register?"),
        {"yes": N_("yes"), "no": N_("no")},
    ),
}  # fmt: skip


# ---------------------------------------------------------------- the panel


class CapPanel(PlayerPanel):
    """What `cap_panel` opens."""

    topic = "cap"
    parts = (*PARTS, "cap")
    first_fields = ("store",)

    def __init__(self, node: Callable[..., Any] | None = None, *, preset: str = "majority", **params: Any) -> None:
        if preset not in STORIES:
            known = ", ".join(STORIES)
            raise ValueError(_("There is no scenario “{name}” here. Known: {known}.", name=preset, known=known))
        self.node, self.first = node, preset
        self._made: dict[tuple[str, int], dict[str, Factory]] = {}
        self.account: Account | None = None
        super().__init__(**{**self._params_of(STORIES[preset]), **params})

    def _params_of(self, story: Story) -> dict[str, Json]:
        # A class of the learner's stays in its place in every scenario; the models are there to compare.
        register = {} if self.node else {"register": story.register}
        faults = [fault.to_json() for fault in flat(story.faults)]
        return {"ops": [dict(op) for op in story.ops], "faults": faults, **story.more, **register}

    # -------- what it consists of

    def describe(self) -> dict[str, Json]:
        presets = [self._preset(name, story) for name, story in STORIES.items()]
        return {
            "title": _("CAP: one register, and a cut through the network"),
            "question": next(one["question"] for one in presets if one["name"] == self.first),
            "controls": self._controls(),
            "presets": presets,
            "words": words(),
        }

    def _controls(self) -> list[dict[str, Json]]:
        kinds = [("cp", _("CP: refuses")), ("ap", _("AP: answers always")), ("naive", _("naive"))]
        own = [("mine", getattr(self.node, "__name__", str(self.node))[:24])] if self.node else []
        said = _("CP waits for a majority, AP answers alone, the naive one keeps what it hears last.")
        return [
            choice("register", _("Register"), "mine" if own else "cp", own + kinds, help=said, menu=False),
            choice("nodes", _("Nodes"), "5", [("3", "3"), ("5", "5")]),
            slider("latency_ms", _("A message takes about"), LATENCY_MS, 5, 200, 5, _("ms")),
            slider("until_s", _("Length of the run"), UNTIL_S, 1, UNTIL_MAX_S, 0.5, _("s"), more=True),
            hidden_list("ops", []),
        ]

    def _preset(self, name: str, story: Story) -> dict[str, Json]:
        # A number is the same in every language.
        options = [(value, text if len(text) == 1 else _(text)) for value, text in story.options.items()]
        asked = question(_(story.question), options, name=name)
        return preset(name, _(story.label), _(story.watch), question=asked, **self._params_of(story))

    # -------- what happens

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        names = NAMES[: int(params["nodes"])]
        key = (params["register"], len(names))
        if key not in self._made:
            kind = self.node if params["register"] == "mine" else REGISTERS[params["register"]]
            self._made[key] = dict.fromkeys(names, kind)
        latency_s = params["latency_ms"] / 1000
        self._ops = checked(params["ops"])
        run = Scenario(
            params["until_s"],
            seed=params["seed"],
            network=Network(Uniform(latency_s / 2, latency_s * 1.5)),
            clients=clients_of(self._ops, names, params["until_s"]),
            events_max=EVENTS_MAX,
        )
        return Setup(self._made[key], run)

    def _run(self, setup: Setup, scenario: Scenario) -> tuple[Trace, int]:
        # Of five nodes D and E may be gone: what speaks of them alone is left out, and so is what is too late.
        faults = tuple(_among(scenario.faults, set(setup.nodes)))
        return super()._run(setup, Scenario(**vars(scenario) | {"faults": faults}))

    def _judge(self, trace: Trace, kept: int, properties: Sequence[Property], last: Trace | None) -> Trace:
        """All clients beside a node become one column: an operation of its own is a matter of the schedule."""
        self.account = Account(trace, self._ops)
        lanes = sorted({name[0] for name in trace.clients})
        rows = [(*row[:3], row[3][0] if row[3] in set(trace.clients) else row[3], *row[4:]) for row in trace.rows]
        return replace(trace, rows=rows, clients=tuple(lanes), _checkpoints={}, _causes=[])

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        return {name: story.answer(self.account) for name, story in STORIES.items()}

    def extra(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Json]:
        account = self.account
        view = {
            "cap": picture(account, params),
            "notice": notice(account),
            "columns": [_("all"), _("no cut"), _("with a majority"), _("without a majority")],
            "numbers": numbers(account),
            "summary": summary(account),
            "log": [told(account, i) for i in range(len(account.seen))],
        }
        return view


def _among(faults: Sequence[Fault], names: set[str]) -> Iterator[Fault]:
    """The faults of these nodes alone. A partition that leaves them together is none."""
    for fault in faults:
        if fault.kind == PARTITION:
            groups = tuple(g for g in (tuple(n for n in group if n in names) for group in fault.groups) if g)
            yield replace(fault, groups=groups) if len(groups) > 1 else replace(fault, kind=HEAL, groups=())
        elif fault.names() <= names:
            yield fault


def picture(account: Account, params: Mapping[str, Json]) -> dict[str, Json]:
    """What the panel's own parts draw."""
    places = {name: i for i, name in enumerate(account.trace.nodes)}
    return {
        "until_s": account.trace.end_s,
        "ops": [bar(account, i) for i in range(len(account.seen))],
        "held": [[event, places[name], *held] for event, name, held in account.held],
        "shows_values": account.shows_values,
        "verdict": {
            "status": account.verdict.status,
            "at_s": account.history[account.verdict.operations[0]].returned_s if account.blamed else None,
            "reason": account.reason(),
        },
        "lost": {"texts": account.texts(account.lost or ()), "at_s": account.lost_at()},
        "cuts": cuts(params, account.trace.nodes, account.trace.end_s),
    }


def bar(account: Account, index: int) -> dict[str, Json]:
    one = account.seen[index]
    status = {
        ANSWERED: _("an answer came"),
        REFUSED: _("it was refused"),
        OPEN: _("never answered"),
        DOWN: _("never answered: the node failed"),
    }[one.status]
    return {
        "place": one.place,
        "node": one.node,
        "do": one.operation.call[0],
        "text": one.text,
        "asked": one.asked,
        "from_s": one.operation.called_s,
        "to_s": one.operation.returned_s,
        "status": one.status,
        "word": status,
        "blamed": index in account.blamed,
        "stale": index in account.stale,
        "lost": index in (account.lost or ()),
        "event": one.event,
    }


def cuts(params: Mapping[str, Json], nodes: Sequence[str], end_s: float) -> list[dict[str, Json]]:
    """The partitions in their order: from when to when, the groups, after how many nodes of the line (None if it is no
    cut through the line), and which of the faults begin and end it."""
    faults = sorted(
        ((f["at_s"], i, f) for i, f in enumerate(params["faults"]) if f.get("kind") in (PARTITION, HEAL)),
        key=lambda item: item[:2],
    )
    found = []
    for n, (at_s, index, fault) in enumerate(faults):
        if fault["kind"] != PARTITION or at_s >= end_s:
            continue
        groups = [[name for name in nodes if name in group] for group in fault.get("groups", ())]
        groups = sorted(group for group in groups if group)
        if len(groups) < 2:
            continue
        ends = faults[n + 1] if n + 1 < len(faults) else None
        in_line = len(groups) == 2 and [*groups[0], *groups[1]] == list(nodes)
        found.append({
            "from_s": at_s,
            "to_s": min(ends[0], end_s) if ends else end_s,
            "text": " | ".join(" ".join(group) for group in groups),
            "after": len(groups[0]) if in_line else None,
            "begins": index,
            "ends": ends[1] if ends and ends[0] < end_s else None,
        })  # fmt: skip
    return found


def notice(account: Account) -> str | None:
    """The first error that a node raised; a run that did not end; values that cannot be seen. In one line."""
    for row in account.trace.rows:
        if row[1] == "error":
            return _("At {t} s {node} raised {what}", t=text_number(row[0], 3), node=row[2], what=str(row[5])[:300])
        if row[1] == "end":
            return _(
                "Stopped at {t} s after {n} events: do the nodes answer each other without end?",
                t=text_number(row[0], 3),
                n=EVENTS_MAX,
            )
    if not account.shows_values:
        return _("No field of these nodes holds x in a mapping, so the panel cannot show what they hold.")
    return None


def _count(account: Account, column: str | None, hit: Callable[[int, Seen], bool]) -> int:
    return sum(hit(i, one) for i, one in enumerate(account.seen) if column in (None, one.side))


def numbers(account: Account) -> list[dict[str, Json]]:
    """Calls by the side on which they were asked; below, what is one number for the whole run."""
    stale = set(account.stale)
    rows: list[tuple[str, Callable[[int, Seen], bool], str]] = [
        (_("calls"), lambda i, one: True, ""),
        (_("calls answered"), lambda i, one: one.status == ANSWERED, ""),
        (_("refused by a node"), lambda i, one: one.status == REFUSED, _("a refusal is no answer in the sense of CAP")),
        (_("calls without an answer"), lambda i, one: one.status in (OPEN, DOWN), ""),
        (_("stale reads"), lambda i, one: i in stale, _("overwritten, by the clock, before the read was asked")),
    ]
    found = [
        number(label, *(_count(account, column, hit) for column in (None, WHOLE, WITH, WITHOUT)), note=note)
        for label, hit, note in rows
    ]
    lost = account.lost
    found.append(number(_("acknowledged writes lost"), "–" if lost is None else len(lost)))
    healed = "–" if account.healing_s is None else round(account.healing_s * 1000)
    found.append(number(_("after healing all hold the same, ms"), healed))
    found.append(number(_("messages"), sum(row[1] in ("send", "duplicate") for row in account.trace.rows)))
    return found


def summary(account: Account) -> str:
    """The run in words, measured by the theorem's own terms."""
    if not account.seen:
        return _("nobody has asked anything yet.")
    raised = any(row[1] == "error" for row in account.trace.rows)
    if raised and not any(one.status in (ANSWERED, REFUSED) for one in account.seen):
        return _("A node raised an error, and nobody was told anything: there is nothing to judge yet.")
    violated = account.verdict.status == VIOLATED
    lines = [_("Not linearizable: {reason}", reason=account.reason()) if violated
             else _("Linearizable: {reason}", reason=account.reason())]  # fmt: skip
    silent = account.silent
    if silent:
        lines.append(_("Not available: {operations}. These nodes had not failed, and a refusal is no answer.",
                       operations=account.texts(silent)))  # fmt: skip
    else:
        lines.append(_("Available: every call to a node that had not failed was answered."))
    went_on = any(one.side == WITH and one.status == ANSWERED for one in account.seen)
    if silent and went_on and not violated:
        lines.append(
            _(
                "The side with a majority answered all the same, and stayed linearizable. That is no contradiction to "
                "the theorem: available means every node that has not failed."
            )
        )
    if not silent and not violated and any(one.side != WHOLE for one in account.seen):
        lines.append(
            _("Nobody has yet asked for what the cut makes impossible: write on one side, then read on the other.")
        )
    return " ".join([*lines, *_replicas_in_words(account)])


def _replicas_in_words(account: Account) -> Iterator[str]:
    if account.final is not None:
        yield _("At the end all nodes hold {value}.", value=account.final)
    elif account.shows_values and account.held:
        yield _("At the end the nodes do not hold the same.")
    if account.healing_s:
        yield _("After the healing it took {t} s until they did.", t=_s(account.healing_s))
    if account.lost:
        yield _("Lost, although acknowledged: {operations}.", operations=account.texts(account.lost))


def words() -> dict[str, Json]:
    """What the panel's own parts say."""
    return {
        "hide_after_s": {name: story.hide_after_s for name, story in STORIES.items()},
        "ops_max": OPS_MAX,
        "line": _("The nodes, and the cut between them"),
        "cut_here": _("Cut between {a} and {b}"),
        "heal_here": _("Heal the cut between {a} and {b}"),
        "with": _("majority"),
        "without": _("no majority"),
        "whole": _("no cut"),
        "write": _("write {value}"),
        "read": _("read"),
        "write_at": _("At {t} s ask {node} to write x = {value}"),
        "read_at": _("At {t} s ask {node} to read x"),
        "holds": _("x = {value}"),
        "tag": _("tag {tag}"),
        "no_tag": _("no tag"),
        "unknown": _("not visible"),
        "crashed": _("crashed"),
        "paused": _("paused"),
        "lanes": _("What the clients were answered"),
        "client": _("client of {node}"),
        "op": _("Client of {node}: {text}, {word}, from {a} s to {b} s"),
        "time": _("time, s"),
        "move_line": _("The cut {text}: between which nodes"),
        "move_from": _("The cut {text}: begin"),
        "move_to": _("The cut {text}: end"),
        "line_value": _("after {node}"),
        "stale": _("stale"),
        "lost_mark": _("lost later"),
        "sign_answered": _("answered (a write is filled)"),
        "sign_refused": _("a refusal"),
        "sign_open": _("not answered"),
        "sign_blamed": _("contradict each other"),
        "so_far": _("At {t} s"),
        "ok": _("Linearizable so far"),
        "unknown_verdict": _("The search for an order was given up"),
        "violated": _("Not linearizable from {t} s on"),
        "later": _("(broken at {t} s)"),
        "available": _("Every call so far is answered"),
        "unavailable": _("Not available: {n} refused. A refusal is no answer"),
        "waiting": _("still waiting: {n}"),
        "never": _("not answered by the end: {n}"),
        "agree": _("All nodes hold x = {value}"),
        "disagree": _("The nodes hold different values: {values}"),
        "lost": _("lost, although acknowledged: {texts}"),
        "asks": _("Writes and reads by hand"),
        "asked_write": _("{t} s: {node} writes {value}"),
        "asked_read": _("{t} s: {node} reads"),
        "remove": _("Remove: {fault}"),
        "state": _("{node}: {held}, {side}"),
    }


def cap_panel(
    node: Callable[..., Any] | None = None,
    *,
    preset: str = "majority",
    faults: Schedule | None = None,
    **params: Json,
) -> CapPanel:
    """Open the CAP panel.

    `node`: a class of yours (see the module) in the place of the models; `preset`: one of majority, ap_cut, ap_heal,
    moved, begun, naive, crashes, yours; `faults`: a schedule instead of the preset's, such as
    `partition("A | B C D E", 1, 4)`.
    `params` set the controls: `register="cp"`, `"ap"` or `"naive"`, `nodes="3"`, `latency_ms=100`, `until_s=5`,
    `ops=[write("B", 2, at_s=2.0), read("E", at_s=3.0)]`, `seed`, `reveal=True` (no prediction). ValueError in one line
    for what the panel does not have.
    """
    if faults is not None:
        params = {**params, "faults": faults}
    return CapPanel(node, preset=preset, **params)


__all__ = ["STORIES", "CapPanel", "cap_panel", "read", "write"]
