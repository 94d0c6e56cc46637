"""The Paxos panel: who promised, who accepted, and why two quorums cannot overlook each other.

    paxos_panel()                              two impatient proposers
    paxos_panel(preset="adopted")              a value that must be adopted
    paxos_panel(MyProposer, MyAcceptor)        one's own classes in the place of the model's

1. The trace player shows the messages, with their phases (1a prepare, 1b promise, 2a accept, 2b accepted), one hue and
   one name for each ballot; the bar at a proposer is hollow in phase 1 and full in phase 2.
2. Below it stands every ballot as two rows over the same columns of acceptors: who has promised, and who has accepted.
   Each quorum has an outline. Where a later ballot's promises meet an earlier ballot's acceptances, a pillar joins
   them: that acceptor is in both quorums, and it is the one that tells.
3. The invariants are those of `models/paxos.py`, asked with all messages remembered (`judge_remembering`).
4. A rule can be left out (`LEFT_OUT`), and faults added by hand: break it.

Left out: Multi-Paxos, learners apart from the proposers, changing the set of acceptors.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from faultlab.i18n import N_, _
from faultlab.models import paxos as model
from faultlab.models.paxos import LEFT_OUT, PHASES, Ballot, BallotView
from faultlab.sim.faults import Schedule, crash, drop, partition, restart
from faultlab.sim.latency import Constant, Uniform
from faultlab.sim.node import Factory, Node, label
from faultlab.sim.plain import Plain, literal
from faultlab.sim.properties import Property
from faultlab.sim.scenario import Network, Scenario
from faultlab.sim.trace import Finding, Trace
from faultlab.widgets.panel import Json, choice, number, outcome, preset, question, slider, text_number, toggle
from faultlab.widgets.player import PARTS, PlayerPanel, Setup, fault_list

LATENCY_MS = 10
VALUES = "xyz"
HUES = 4
PATIENT_MS = 60  # three round trips
# What the duel needs: each gives up before its own phase 2 is answered, and is in time to stop the other's.
IMPATIENT_MS, DUEL_APART_MS = 3 * LATENCY_MS, 15
APART_MS = 100


# ---------------------------------------------------------------- which classes run


def with_options(role: Callable[..., Node], **options: Any) -> Callable[..., Node]:
    """`role` with those of the options that its constructor takes: a learner's class need not know them all."""
    try:
        parameters = inspect.signature(role).parameters.values()
    except (TypeError, ValueError):
        return role
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    known = {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
    taken = {name: value for name, value in options.items() if takes_any or name in known}
    return partial(role, **taken) if taken else role


class PaxosPanel(PlayerPanel):
    """What `paxos_panel` opens. `proposer` and `acceptor` run as long as the control "rule left out" says "none"; with
    another choice a class of `LEFT_OUT` stands in for the one that it is about."""

    topic = "paxos"
    parts = (*PARTS, "paxos")
    role_fields = ("phase",)
    first_fields = ("phase", "round", "ballot", "value", "chosen", "promised", "accepted_ballot", "accepted_value")
    hide_after_s = 1.5 * LATENCY_MS / 1000

    def __init__(
        self,
        proposer: Callable[..., Node] | None = None,
        acceptor: Callable[..., Node] | None = None,
        *,
        preset: str = "duel",
        **params: Json,
    ) -> None:
        self._roles = {"proposer": proposer or model.Proposer, "acceptor": acceptor or model.Acceptor}
        self._made: dict[tuple[Json, ...], dict[str, Factory]] = {}
        chosen = {one["name"]: one for one in presets()}
        if preset not in chosen:
            raise ValueError(_("There is no scenario “{name}”. Known: {known}.", name=preset, known=", ".join(chosen)))
        self._preset = chosen[preset]
        self._first_faults = self._preset["params"].get("faults", [])
        super().__init__(**{**self._preset["params"], **params})

    def describe(self) -> dict[str, Json]:
        return {
            "title": _("Paxos: messages, ballots, quorums"),
            "question": self._preset["question"] or main_question(),
            "controls": controls(),
            "presets": presets(),
            "words": words(),
        }

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        spread_s, latency_s = params["spread_ms"] / 1000, LATENCY_MS / 1000
        latency = Uniform(latency_s - spread_s, latency_s + spread_s) if spread_s else Constant(latency_s)
        asking = model.clients(*VALUES[: int(params["proposers"])], apart_s=params["apart_ms"] / 1000)
        scenario = Scenario(params["until_ms"] / 1000, seed=params["seed"], network=Network(latency), clients=asking)
        return Setup(self.nodes(params), scenario)

    def nodes(self, params: Mapping[str, Json]) -> dict[str, Factory]:
        """The factories for these values, the very same ones for the same values: then a run is replayed only from
        where it changes."""
        asked = ("proposers", "acceptors", "retry_ms", "backoff_ms", "nacks", "rule")
        key = tuple(params[name] for name in asked)
        if key not in self._made:
            roles = dict(self._roles)
            if params["rule"] in LEFT_OUT:
                role, broken = LEFT_OUT[params["rule"]]
                roles[role] = broken
            waits = {"retry_s": params["retry_ms"] / 1000, "backoff_s": params["backoff_ms"] / 1000}
            self._made[key] = model.paxos(
                int(params["proposers"]),
                int(params["acceptors"]),
                proposer=with_options(roles["proposer"], **waits),
                acceptor=with_options(roles["acceptor"], nacks=params["nacks"]),
            )
        return self._made[key]

    def first_faults(self) -> Schedule:
        return self._first_faults

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        view = super().compute(params)
        view["trace"]["findings"] = [vars(told(finding)) for finding in self.trace.findings]
        return view

    def _judge(self, trace: Trace, kept: int, properties: Sequence[Property], last: Trace | None) -> Trace:
        proposers = sum(name.startswith("p") for name in trace.nodes)
        return model.judge_remembering(trace, acceptors_of(trace), VALUES[:proposers])

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        opened = model.ballots(trace, len(acceptors_of(trace)))
        return {
            "main": main_answer(trace, opened),
            "messages": messages_answer(trace),
            "lost": lost_answer(trace, opened),
            "told": told_answer(trace),
            "restarted": restarted_answer(opened),
            "count": count_answer(trace, opened),
        }

    def extra(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Json]:
        members = acceptors_of(trace)
        opened = model.ballots(trace, len(members))
        return {
            "flow": flow(trace, opened, members),
            "numbers": numbers(trace, opened, len(members)),
            "summary": summary(trace, opened, members),
        }


def acceptors_of(trace: Trace) -> list[str]:
    return [name for name in trace.nodes if name.startswith("a")]


# ---------------------------------------------------------------- questions, controls, presets


def main_question(text: str = "") -> Json:
    options = [
        ("first", _("x, the first client’s")),
        ("other", _("another client’s value")),
        ("none", _("none within this run")),
        ("two", _("two different values")),
    ]
    return question(text or _("Which value will be chosen?"), options)


def controls() -> list[dict[str, Json]]:
    rules = [
        ("none", _("none: Paxos as it is")),
        ("majority", _("half is enough")),
        ("adoption", _("reported value not adopted")),
        ("comparison", _("accepts below its promise")),
        ("disk", _("nothing written to disk")),
    ]
    both = [("1", "1"), ("2", "2"), ("3", "3")]
    return [
        choice("proposers", _("Proposers"), "2", both),
        choice("acceptors", _("Acceptors"), "3", [("3", "3"), ("5", "5")]),
        slider("apart_ms", _("Each client comes later by"), APART_MS, 0, 200, 5, _("ms")),
        slider("retry_ms", _("A proposer gives up after"), PATIENT_MS, 15, 200, 5, _("ms")),
        slider(
            "backoff_ms",
            _("Chance in its waiting, at first"),
            10,
            0,
            50,
            5,
            _("ms"),
            help=_("A random time from 0 up to this is added to each wait, up to twice as long after every ballot."),
        ),
        choice("rule", _("Rule left out"), "none", rules, menu=True),
        toggle("nacks", _("Acceptors say no"), True, more=True, help=_("Otherwise they refuse in silence.")),
        slider("spread_ms", _("Latency 10 ms, plus or minus"), 0, 0, 9, 1, _("ms"), more=True),
        slider("until_ms", _("Length of the run"), 300, 100, 2000, 50, _("ms"), more=True),
    ]


def presets() -> list[dict[str, Json]]:
    """The scenarios, in the order in which they are best looked at."""
    made = [*_working(), *_duels(), *_broken()]
    for one in made:
        one["params"]["faults"] = fault_list(one["params"].get("faults", ()))
    return made


def _working() -> Iterator[dict[str, Json]]:
    latency_s = LATENCY_MS / 1000
    asked_x = {"proposers": "1"}
    yield preset(
        "alone",
        _("One proposer"),
        _("four waves of messages, 1a to 2b; x is chosen before anybody knows it"),
        question(
            _("How many messages until the client is answered, with three acceptors?"),
            [("6", "6"), ("12", "12"), ("18", "18")],
            "messages",
        ),
        **asked_x,
    )
    yield preset(
        "lost",
        _("A lost promise"),
        _("the quorum of phase 1 is a2 and a3, and a1 accepts all the same"),
        question(
            _("The promise of a1 is lost. What does the proposer do?"),
            [
                ("goes on", _("goes on without it")),
                ("again", _("opens another ballot")),
                ("stuck", _("never gets an answer")),
            ],
            "lost",
        ),
        faults=[drop("a1", "p1", 1)],
        **asked_x,
    )
    yield preset(
        "adopted",
        _("A value to adopt"),
        _("p1 dies, and nobody knows that x is chosen; which promise tells p2?"),
        question(
            _("x is accepted by a1 and a2, then p1 crashes. The second client wants y. What is it told?"),
            [("x", "x"), ("y", "y"), ("nothing", _("nothing"))],
            "told",
        ),
        faults=[drop("p1", "a3", 2), crash("p1", 3.5 * latency_s)],
    )
    yield preset(
        "restarted",
        _("An acceptor restarts"),
        _("a1 comes back with what it had promised, read from its disk"),
        question(
            _("a1 promises, crashes, and is back when the accept arrives. Does it accept?"),
            [("yes", _("yes")), ("no", _("no"))],
            "restarted",
        ),
        faults=[drop("p1", "a3", 1), crash("a1", 1.5 * latency_s), restart("a1", 2.5 * latency_s)],
        **asked_x,
    )


def _duels() -> Iterator[dict[str, Json]]:
    duel = {"retry_ms": IMPATIENT_MS, "apart_ms": DUEL_APART_MS}
    yield preset(
        "duel",
        _("A duel"),
        _("each promise to one proposer makes the acceptors refuse the other’s phase 2"),
        main_question(_("Two proposers give up after {ms} ms and try again. Which value is chosen?", ms=IMPATIENT_MS)),
        backoff_ms=0,
        **duel,
    )
    yield preset(
        "mended",
        _("A duel with chance"),
        _("sooner or later one of them is left alone for two round trips"),
        question(
            _("The same two, but each waits a random time more. How many ballots are opened until a value is chosen?"),
            [("few", _("at most 5")), ("some", _("6 to 20")), ("more", _("more, or no value is chosen"))],
            "count",
        ),
        backoff_ms=LATENCY_MS,
        **duel,
    )


def _broken() -> Iterator[dict[str, Json]]:
    ms = 1 / 1000
    yield preset(
        "yours",
        _("Try to break it"),
        _("crash, drop, delay what you like: agreement holds. Then leave out a rule, and try again"),
        main_question(_("Three proposers, three values. Which one is chosen, before you interfere?")),
        proposers="3",
        apart_ms=25,
    )
    lost_x = [drop("p1", "a3", 2), crash("p1", 3.5 * LATENCY_MS * ms)]
    yield preset(
        "stubborn",
        _("Broken: not adopted"),
        _("a promise reports x, and p2 proposes y: look which invariant falls, and when"),
        main_question(_("x is chosen. p2 hears of it in a promise, and proposes its own y. Which value is chosen?")),
        faults=lost_x,
        rule="adoption",
    )
    yield preset(
        "hasty",
        _("Broken: promise not kept"),
        _("the accept of 1.p1 arrives below the promise to 1.p2"),
        main_question(_("No faults, but acceptors accept below their promises. Which value is chosen?")),
        apart_ms=DUEL_APART_MS,
        rule="comparison",
    )
    yield preset(
        "forgetful",
        _("Broken: no disk"),
        _("a2 is in both quorums, and comes back without memory: the one that should tell is silent"),
        main_question(
            _("x is accepted by a1 and a2. a2 restarts, and had written nothing to disk. Which value is chosen?")
        ),
        faults=[*lost_x, crash("a2", 60 * ms), restart("a2", 70 * ms), drop("p2", "a1", 1)],
        rule="disk",
    )
    yield preset(
        "minority",
        _("Broken: no majority"),
        _("two quorums without a common member: each proposer believes that it has won"),
        main_question(_("Half of the acceptors, rounded down, is enough, and the network is cut. What is chosen?")),
        faults=partition("p1 a1 | p2 a2 a3", 0.0),
        apart_ms=0,
        rule="majority",
    )


# ---------------------------------------------------------------- what came true


def main_answer(trace: Trace, opened: Sequence[BallotView]) -> dict[str, str]:
    replies = [event.detail[1] for event in trace.of("reply")]
    winners = {shown(b.value): name_of(b.ballot) for b in reversed(opened) if b.is_chosen}
    values = set(winners) | set(map(shown, replies))
    if len(values) > 1:
        told_ = ", ".join(sorted(values))
        return outcome("two", _("Chosen, or told to a client as chosen: {values}.", values=told_))
    if not winners:
        because = _("Ballots opened: {n}; no majority accepted in any of them.", n=len(opened))
        return outcome("none", because)
    ((value, ballot),) = winners.items()
    because = _("{value} is chosen in ballot {ballot}.", value=value, ballot=ballot)
    return outcome("first" if value == VALUES[0] else "other", because)


def messages_answer(trace: Trace) -> dict[str, str]:
    until = next((i for i, row in enumerate(trace.rows) if row[1] == "reply"), None)
    if until is None:
        return outcome("", _("The client was not answered."))
    sent = Counter(label(row[5]) for row in trace.rows[:until] if row[1] == "send")
    parts = ", ".join(f"{count} {word}" for word, count in sent.items())
    return outcome(str(sum(sent.values())), _("Messages until the first answer: {parts}.", parts=parts))


def lost_answer(trace: Trace, opened: Sequence[BallotView]) -> dict[str, str]:
    replies = trace.of("reply")
    if not replies:
        return outcome("stuck", _("No client was answered."))
    values = {"n": len(opened), "ms": text_number(replies[0].at_s * 1000)}
    because = _("Ballots opened: {n}; the client had its answer after {ms} ms.", **values)
    return outcome("goes on" if len(opened) == 1 else "again", because)


def told_answer(trace: Trace) -> dict[str, str]:
    told_ = [shown(event.detail[1]) for event in trace.of("reply") if event.other == "c2"]
    if not told_:
        return outcome("nothing", _("c2 was not answered in this run."))
    return outcome(told_[0], _("c2 was told {value}.", value=told_[0]))


def restarted_answer(opened: Sequence[BallotView]) -> dict[str, str]:
    found = [name_of(b.ballot) for b in opened if "a1" in b.accepted_by]
    if found:
        return outcome("yes", _("a1 accepted in {ballots}.", ballots=", ".join(found)))
    return outcome("no", _("a1 accepted in no ballot."))


def count_answer(trace: Trace, opened: Sequence[BallotView]) -> dict[str, str]:
    ends = [b.chosen_at for b in opened if b.is_chosen]
    if not ends:
        return outcome("more", _("Ballots opened: {n}; no majority accepted in any of them.", n=len(opened)))
    count = sum(b.at["prepare"][b.proposer] < min(ends) for b in opened)
    size = "few" if count <= 5 else "some" if count <= 20 else "more"
    values = {"n": count, "ms": text_number(trace.rows[min(ends)][0] * 1000)}
    return outcome(size, _("Ballots opened until a value was chosen, after {ms} ms: {n}.", **values))


# ---------------------------------------------------------------- what the picture is made of


def shown(value: Plain) -> str:
    """A value as it stands in the picture."""
    text = value if isinstance(value, str) else literal(value)
    return text if len(text) <= 12 else f"{text[:11]}…"


def name_of(ballot: Ballot) -> str:
    """The ballot (2, "p1") is called 2.p1."""
    return f"{ballot[0]}.{ballot[1]}"


def flow(trace: Trace, opened: Sequence[BallotView], members: Sequence[str]) -> dict[str, Json]:
    """The ballots with their events, for the browser: it shows what had happened up to the cursor.

    `messages` maps the number of a message to its phase and its ballot's place in `ballots`.
    """
    places = {view.ballot: i for i, view in enumerate(opened)}
    phases: dict[int, list[Json]] = {}
    for row in trace.rows:
        if row[1] == "send" and (ballot := model.ballot_spoken_of(row[5])) in places:
            phases[row[4]] = [PHASES[row[5][0]], places[ballot]]
        elif row[1] == "duplicate" and row[5] in phases:
            phases[row[4]] = phases[row[5]]
    sent = {row[4]: row[5] for row in trace.rows if row[1] == "send"}
    return {
        "acceptors": list(members),
        "majority": model.quorum(len(members)),
        "ballots": [ballot_json(view) | {"ended": ended_at(trace, view, sent)} for view in opened],
        "messages": phases,
    }


def ballot_json(view: BallotView) -> dict[str, Json]:
    reports = {
        who: ["" if ballot == model.NO_BALLOT else name_of(ballot), shown(value)]
        for who, (ballot, value) in view.reports.items()
    }
    return {
        "name": name_of(view.ballot),
        "order": list(view.ballot),
        "proposer": view.proposer,
        "at": view.at,
        "reports": reports,
        "value": shown(view.value),
        "from": "" if view.taken_from == model.NO_BALLOT else name_of(view.taken_from),
        "chosen": view.chosen_at,
    }


def ended_at(trace: Trace, view: BallotView, sent: Mapping[int, Plain]) -> int:
    """The event with which the proposer was done with a ballot: it learned a value, opened another one, heard a nack or
    crashed; -1 if nothing of the kind happened. `sent` are the messages by their numbers."""
    for i in range(view.at["prepare"][view.proposer] + 1, len(trace)):
        _at_s, kind, node, _other, number_, detail = trace.rows[i]
        if node != view.proposer:
            continue
        message = sent.get(number_) if kind == "deliver" else detail if kind == "send" else None
        ballot = model.ballot_spoken_of(message)
        refused = ballot == view.ballot and kind == "deliver" and message[0] == "nack"
        another = ballot not in (None, view.ballot) and kind == "send" and message[0] == "prepare"
        if refused or another or kind == "crash" or trace.changes.get(i, {}).get("chosen") is not None:
            return i
    return -1


def numbers(trace: Trace, opened: Sequence[BallotView], acceptors: int) -> list[Json]:
    chosen_s = [trace.rows[b.chosen_at][0] for b in opened if b.is_chosen]
    answered_s = [event.at_s for event in trace.of("reply")]
    sent = sum(row[1] == "send" for row in trace.rows)
    return [
        number(_("ballots opened"), len(opened)),
        number(_("messages sent"), sent, note=_("with one ballot and no fault: {n}", n=model.messages(acceptors))),
        number(_("a value is chosen after, ms"), round(min(chosen_s) * 1000, 2) if chosen_s else "–"),
        number(_("a client knows it after, ms"), round(min(answered_s) * 1000, 2) if answered_s else "–"),
        number(_("messages lost"), sum(row[1] == "lose" for row in trace.rows)),
    ]


def summary(trace: Trace, opened: Sequence[BallotView], members: Sequence[str]) -> str:
    """The run in words: what was chosen, what was taken over and because of whom, which invariants fell."""
    majority = model.quorum(len(members))
    lines = [_("Acceptors: {n}, a majority: {q}. Ballots opened: {b}.", n=len(members), q=majority, b=len(opened))]
    won = [b for b in opened if b.is_chosen]
    for b in won[:3]:
        values = {"value": shown(b.value), "ballot": name_of(b.ballot), "names": " ".join(b.accepted_by)}
        lines.append(_("{value} is chosen in ballot {ballot}; it was accepted by {names}.", **values))
    if not won:
        lines.append(_("Nothing is chosen."))
    for b in [b for b in opened if b.taken_from != model.NO_BALLOT][:3]:
        who = [name for name, report in b.reports.items() if report[0] == b.taken_from]
        reported = b.reports[who[0]][1]
        values = {"ballot": name_of(b.ballot), "who": " ".join(who), "value": shown(reported)}
        values |= {"lower": name_of(b.taken_from), "own": shown(b.value)}
        if b.value == reported:
            lines.append(_("Ballot {ballot} adopts {value}: {who} reported it, from ballot {lower}.", **values))
        else:
            lines.append(_("Ballot {ballot} proposes {own} although {who} reported {value}.", **values))
    fallen = [told(finding) for finding in trace.findings if finding.status == "violated"]
    lines += [_("Violated – {name}: {because}.", name=f.name, because=f.because) for f in fallen]
    return " ".join(lines)


# ---------------------------------------------------------------- the invariants, in the learner's language

INVARIANTS = {
    "agreement": N_("Agreement"),
    "validity": N_("Validity"),
    "one value in a ballot": N_("One value in a ballot"),
    "promises are kept": N_("Promises are kept"),
    "what is learned is chosen": N_("What is learned is chosen"),
    "a value is chosen": N_("A value is chosen"),
    "a client is answered": N_("A client is answered"),
}
# The sentences of the properties in models/paxos.py, and how the panel says them. What stands for itself is kept.
REASONS = (
    (r"more than one value is chosen: (?P<values>.*)", N_("more than one value is chosen: {values}")),
    (
        r"(?P<who>\S+) has accepted (?P<value>.*) in ballot (?P<ballot>\S+), which nobody has proposed",
        N_("{who} has accepted {value} in ballot {ballot}, which nobody has proposed"),
    ),
    (r"(?P<who>\S+) says (?P<value>.*), which nobody proposed", N_("{who} says {value}, which nobody has proposed")),
    (
        r"ballot (?P<ballot>\S+) has two values, (?P<one>.*) and (?P<other>.*)",
        N_("ballot {ballot} has two values, {one} and {other}"),
    ),
    (
        r"(?P<who>\S+) promised (?P<ballot>\S+), and accepted in (?P<lower>\S+) without a word of it in the promise",
        N_("{who} promised {ballot}, and yet accepted in {lower}, of which the promise knows nothing"),
    ),
    (
        r"(?P<who>\S+) has accepted in (?P<ballot>\S+), and would still do so in (?P<lower>\S+)",
        N_("{who} has accepted in {ballot}, and would still do so in {lower}"),
    ),
    (
        r"(?P<who>\S+) says that (?P<value>.*) is chosen, and no majority has accepted it in one ballot",
        N_("{who} says that {value} is chosen, and no majority has accepted it in one ballot"),
    ),
)
PARTS_OF_REASONS = (
    (re.compile(r"(?P<value>\S+) in ballot (?P<ballot>\S+)"), N_("{value} in ballot {ballot}")),
    (re.compile(r"(?P<value>\S+) according to (?P<who>\S+)"), N_("{value}, as {who} says")),
)


def told(finding: Finding) -> Finding:
    """A finding of `judge_remembering` in the learner's language, with ballots by their names."""
    name = _(INVARIANTS[finding.name]) if finding.name in INVARIANTS else finding.name
    return Finding(name, finding.kind, finding.status, reason(finding.because), finding.event)


def reason(sentence: str) -> str:
    plain = re.sub(r"\((\d+), '([^']*)'\)", r"\1.\2", sentence)
    plain = re.sub(r"(?<!\w)'([^']*)'", r"\1", plain)
    for pattern, text in REASONS:
        if match := re.fullmatch(pattern, plain):
            values = match.groupdict()
            if "values" in values:
                values["values"] = "; ".join(_part(part) for part in values["values"].split(", "))
            return _(text, **values)
    return plain


def _part(text: str) -> str:
    for pattern, said in PARTS_OF_REASONS:
        if match := pattern.fullmatch(text):
            return _(said, **match.groupdict())
    return text


def words() -> dict[str, str]:
    """What the picture says."""
    return {
        "title": _("Acceptors and ballots at this moment"),
        "promised": _("promised"),
        "accepted": _("accepted"),
        "phase_1": "1b",
        "phase_2": "2b",
        "nothing_chosen": _("Nothing is chosen yet."),
        "chosen_in": _("Chosen: {values}"),
        "value_in": _("{value} in {ballot}"),
        "hold": _("No invariant is violated."),
        "quoted": _("“{name}”"),
        "violated": _("Violated: {names}"),
        "no_ballot": _("No ballot has been opened yet."),
        "earlier": _("Ballots that are not shown: {n}"),
        "promises": _("{n} of {q} promises"),
        "refused": _("refused by {names}"),
        "lost": _("lost: promise of {names}"),
        "free": _("none reports a value: it may propose its own"),
        "must": _("{value} is reported from {ballot} by {who}: it must be adopted"),
        "common": _("also in the quorum of {ballot}: {names}"),
        "common_some": _("has accepted in {ballot}: {names}"),
        "common_none": _("nobody here has accepted in {ballot}"),
        "proposes": _("proposes {value}"),
        "instead": _("proposes {value} instead!"),
        "accepted_by": _("accepted by {names}"),
        "chosen": _("{value} is chosen"),
        "sign_phase_1": _("in the diagram: phase 1"),
        "sign_phase_2": _("phase 2"),
        "sign_promise": _("promise, and what it reports"),
        "sign_sent": _("on its way, lost or not needed"),
        "sign_accepted": _("accepted"),
        "sign_refused": _("a refusal"),
        "sign_quorum": _("quorum of phase 1"),
        "sign_won": _("majority that has accepted"),
        "sign_common": _("in both"),
    }


def paxos_panel(
    proposer: Callable[..., Node] | None = None,
    acceptor: Callable[..., Node] | None = None,
    *,
    preset: str = "duel",
    **params: Json,
) -> PaxosPanel:
    """Play Paxos: duelling proposers, a lost promise, a value that must be adopted, and rules left out.

    `proposer` and `acceptor` are the learner's classes, or None for those of `models/paxos.py`, whose contract they
    keep: a proposer is made with the list of the acceptors' names (and `retry_s`, `backoff_s` if it takes them), an
    acceptor with nothing (and `nacks`). `preset` names the scenario to open with: alone, lost, adopted, restarted,
    duel, mended, stubborn, hasty, forgetful, minority. The other arguments are the controls, `seed`, `faults` and
    `reveal`. ValueError in one line for what does not exist.
    """
    return PaxosPanel(proposer, acceptor, preset=preset, **params)


__all__ = ["PaxosPanel", "paxos_panel"]
