"""The contract of the Paxos exercise, as it can be seen from outside: by messages, answers and timers, never by fields.

Two ways to judge (`checks/paxos.py` has the runs and searches that are judged).

1. `breaches` walks through the trace of a run, handler by handler, and holds each one to the rules of the contract. It
   knows what the node had been told by then, so it sees a broken rule at once, also where no harm comes of it.
2. `promises` are properties of a snapshot for the model checker. On a network of the kind "lasting" every message that
   was ever sent stays, so the messages are the history; a property asks whether it can be the history of Paxos.

The rules have the numbers of the assignment.

1-4  acceptor: promise what is higher, be silent about what is lower, accept what is not lower, remember over a crash
5    a ballot of its own, higher than all before, sent to every acceptor
6    with promises of a majority, one value: the one of the highest reported ballot, else that of a client
7    with votes of a majority in one ballot, the answer to every client
8    a timer for each ballot, at random, twice as long each time
9    no message without need

What the contract leaves open is no breach: whether an acceptor answers a second time what it has answered, whether an
accept goes to all or only to those that have promised, whether votes of an abandoned ballot count, what a proposer
keeps of its knowledge over a crash, and messages with other names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultlab.i18n import N_, _, number
from faultlab.models.paxos import NO_BALLOT, RETRY, Ballot, quorum
from faultlab.sim.plain import Plain
from faultlab.sim.properties import Property, Snapshot, always, sometimes
from faultlab.sim.trace import Trace

# How many items each message has, its name included.
LENGTHS = {"prepare": 2, "promise": 4, "accept": 3, "accepted": 3}
# Rule 8: the least wait after the first ballot, and after how many doublings it stays as it is.
FIRST_WAIT_S, DOUBLINGS_MAX = 0.1, 4
ROUNDING_S = 1e-6

# A message that was sent, or an answer: (event, to whom or to which request, message or value).
Sent = tuple[int, str, Plain]

# What a breach is about; a check asks for those of its rule.
FORM, SILENT, REFUSAL, REPORT, TOLD = "form", "silent", "refusal", "report", "told"
BALLOT, OPEN, MAJORITY, VALUE, ANSWER, WAIT, WASTE = "ballot", "open", "majority", "value", "answer", "wait", "waste"


@dataclass(frozen=True)
class Breach:
    """A rule that was broken: what it is about, at which event of the trace, and the sentence for the learner."""

    about: str
    at: int
    message: str


def role(name: str) -> str:
    """The first letter of its name: "p" for a proposer, "a" for an acceptor, "l" for a learner."""
    return name[:1]


def is_ballot(value: Plain) -> bool:
    return type(value) is tuple and len(value) == 2 and type(value[0]) is int and type(value[1]) is str


def well_formed(message: Plain) -> bool:
    """Is it one of the four messages, as the contract writes them? A message of another name is none."""
    if type(message) is not tuple or LENGTHS.get(_name(message)) != len(message) or not is_ballot(message[1]):
        return False
    if message[0] == "prepare":
        return True
    return type(message[-1]) in (str, type(None)) and (message[0] != "promise" or is_ballot(message[2]))


def _name(message: Plain) -> str:
    """The name of a message, whatever it is; "" if it has none."""
    named = message[0] if type(message) in (tuple, list) and message else message
    return named if type(named) is str else ""


def least_wait_s(ballots: int) -> float:
    """Rule 8: the least wait of the ballot with that number since the node started; the longest is twice as long."""
    return FIRST_WAIT_S * 2 ** min(ballots - 1, DOUBLINGS_MAX)


# A trace, handler by handler


@dataclass
class Handled:
    """One handler: the index and moment of the event that it answers, what kind of event that is, at which node, from
    whom and with what; what the node sent, as (event, to, message), and answered, as (event, request, value); and for
    how long it set its timers."""

    at: int
    at_s: float
    kind: str
    node: str
    other: str
    given: Plain
    sends: list[Sent] = field(default_factory=list)
    answers: list[Sent] = field(default_factory=list)
    waits_s: dict[str, float] = field(default_factory=dict)

    def named(self, name: str) -> list[Sent]:
        """What it sent under that name."""
        return [sent for sent in self.sends if _name(sent[2]) == name]


def handled(trace: Trace) -> Iterator[Handled]:
    """The handlers of a trace in their order, with the lists of what each has done filled."""
    sent: dict[int, Plain] = {}
    now: Handled | None = None
    for at, (at_s, kind, node, other, message, detail) in enumerate(trace.rows):
        if kind == "send":
            sent[message] = detail
        elif kind == "duplicate":
            sent[message] = sent[detail]
        if kind in ("start", "deliver", "timer", "request"):
            if now is not None:
                yield now
            now = Handled(at, at_s, kind, node, other, sent[message] if kind == "deliver" else detail)
            timers = trace.timers.get(at, {})
            now.waits_s = {name: due_s - at_s for name, due_s in timers.items() if due_s is not None}
        elif now is not None and node == now.node and kind == "send":
            now.sends.append((at, other, detail))
        elif now is not None and node == now.node and kind == "reply":
            now.answers.append((at, *detail))
    if now is not None:
        yield now


def breaches(trace: Trace, nodes: Iterable[str]) -> Iterator[Breach]:
    """What these nodes have broken, in the order of events."""
    acceptors = [n for n in trace.nodes if role(n) == "a"]
    learners = [n for n in trace.nodes if role(n) == "l"]
    watched: dict[str, AcceptorWatch | ProposerWatch] = {
        n: AcceptorWatch(n, learners) if role(n) == "a" else ProposerWatch(n, acceptors) for n in nodes
    }
    for step in handled(trace):
        if step.node in watched:
            yield from _misshapen(step)
            yield from watched[step.node].see(step)


def _misshapen(step: Handled) -> Iterator[Breach]:
    for at, _to, message in step.sends:
        if _name(message) in LENGTHS and not well_formed(message):
            text = _(
                "{node} sends {sent}: it does not have the form of the contract.",
                node=step.node,
                sent=repr(message),
            )
            yield Breach(FORM, at, text)


class _Watch:
    """One node, followed through a run."""

    def __init__(self, name: str) -> None:
        self.name = name

    def breach(self, about: str, at: int, text: str, **values: Any) -> Breach:
        """`text` is marked with N_ where it stands; ballots and numbers in `values` are shown as Python writes them."""
        return Breach(about, at, _(text, node=self.name, **values))


class AcceptorWatch(_Watch):
    """Rules 1 to 4: what an acceptor should have promised and accepted by now, crashes or no crashes."""

    def __init__(self, name: str, learners: Sequence[str]) -> None:
        super().__init__(name)
        self.learners = list(learners)
        self.promised, self.accepted = NO_BALLOT, (NO_BALLOT, None)

    def see(self, step: Handled) -> Iterator[Breach]:
        said = [s for s in step.sends if _name(s[2]) in LENGTHS]
        match step.given if step.kind == "deliver" else None:
            case ("prepare", ballot):
                yield from self._prepare(step, ballot, said)
            case ("accept", ballot, value):
                yield from self._accept(step, ballot, value, said)
            case _ if said:
                yield self.breach(
                    REFUSAL,
                    said[0][0],
                    N_("{node} sends {sent}, and nobody has asked for it."),
                    sent=repr(said[0][2]),
                )

    def _lower(self, ballot: Ballot, said: Sequence[Sent]) -> Iterator[Breach]:
        """Rule 2."""
        for at, _to, message in said[:1]:
            text = N_("{node} has promised {promised}, and still answers {ballot} with {sent}.")
            yield self.breach(REFUSAL, at, text, promised=self.promised, ballot=ballot, sent=repr(message))

    def _prepare(self, step: Handled, ballot: Ballot, said: Sequence[Sent]) -> Iterator[Breach]:
        """Rule 1."""
        if ballot < self.promised:
            yield from self._lower(ballot, said)
            return
        promise = ("promise", ballot, *self.accepted)
        if ballot > self.promised and not said:
            text = N_("{node} has promised nothing as high as {ballot}, and does not promise it.")
            yield self.breach(SILENT, step.at, text, ballot=ballot)
        self.promised = ballot
        for at, to, message in said:
            if (to, message) != (step.other, promise):
                reports = to == step.other and message[:2] == promise[:2]
                text = N_("{node} should answer {who} with {expected}, and sends {sent} to {to}.")
                values = {"who": step.other, "expected": repr(promise), "sent": repr(message), "to": to}
                yield self.breach(REPORT if reports else SILENT, at, text, **values)

    def _accept(self, step: Handled, ballot: Ballot, value: Plain, said: Sequence[Sent]) -> Iterator[Breach]:
        """Rule 3."""
        if ballot < self.promised:
            yield from self._lower(ballot, said)
            return
        again = self.accepted == (ballot, value)
        self.promised, self.accepted = ballot, (ballot, value)
        if said:
            yield from self._told(step, ballot, value, said, again)
        elif not again:
            text = N_("{node} has promised nothing higher than {ballot}, and does not accept in it.")
            yield self.breach(SILENT, step.at, text, ballot=ballot)

    def _told(self, step: Handled, ballot: Ballot, value: Plain, said: Sequence[Sent], again: bool) -> Iterator[Breach]:
        accepted = ("accepted", ballot, value)
        missing = [step.other, *self.learners]
        for at, to, message in said:
            if message != accepted:
                text = N_("{node} should answer with {expected}, and sends {sent}.")
                yield self.breach(SILENT, at, text, expected=repr(accepted), sent=repr(message))
            elif to not in missing:
                text = N_(
                    "{node} tells {to} that it has accepted, and should not: who asks is told, and each learner, once."
                )
                yield self.breach(TOLD, at, text, to=to)
            else:
                missing.remove(to)
        if missing and not again:
            text = N_("{node} has accepted in {ballot}, and does not tell {who}.")
            yield self.breach(TOLD, step.at, text, ballot=ballot, who=", ".join(missing))


class ProposerWatch(_Watch):
    """Rules 5 to 9: what a proposer has heard by now, and so must do."""

    def __init__(self, name: str, acceptors: Sequence[str]) -> None:
        super().__init__(name)
        self.acceptors, self.majority = list(acceptors), quorum(len(acceptors))
        self.used: Ballot = NO_BALLOT
        self.asked: list[Plain] = []
        self.told: list[Plain] = []
        self.values: dict[Ballot, Plain] = {}
        self.sent: set[tuple[str, Plain]] = set()
        self.ballot: Ballot | None = None
        self.promises: dict[str, tuple[Ballot, Plain]] = {}
        self.votes: dict[tuple[Ballot, Plain], set[str]] = {}
        self._restart()

    def _restart(self) -> None:
        """What it has heard it may have on its disk, and may go on with; but nothing is demanded of it (`live`) before
        it opens a ballot."""
        self.live = False
        self.opened = 0
        self.waiting: list[str] = []
        self.known: Plain = None

    def see(self, step: Handled) -> Iterator[Breach]:
        if step.kind == "start":
            self._restart()
        knew = self.known is not None
        if step.kind == "request":
            request, call = step.given
            self.asked.append(call[1])
            self.waiting += [request] * (request not in self.waiting)
        if step.kind == "deliver" and well_formed(step.given) and step.other in self.acceptors:
            self._hear(step.other, step.given)
        yield from self._ballots(step, knew)
        yield from self._proposals(step)
        yield from self._answers(step)
        yield from self._waste(step, knew)

    def _hear(self, acceptor: str, message: Plain) -> None:
        if message[0] == "promise" and message[1] == self.ballot and self.ballot not in self.values:
            self.promises[acceptor] = message[2:]
        if message[0] == "accepted":
            self.votes.setdefault(message[1:], set()).add(acceptor)

    def _ballots(self, step: Handled, knew: bool) -> Iterator[Breach]:
        """Rule 5, and the timer of rule 8."""
        opened = step.named("prepare")
        idle = not self.live and not knew
        if not opened:
            if step.kind == "request" and self.ballot is None and not step.answers:
                yield self.breach(OPEN, step.at, N_("{node} is asked, and opens no ballot."))
            if step.kind == "timer" and step.given == RETRY and self.live and not knew:
                yield self.breach(WAIT, step.at, N_("The timer of {node} has run out, and it opens no new ballot."))
            return
        if not self.asked:
            yield self.breach(OPEN, opened[0][0], N_("{node} opens a ballot, and no client has asked it for anything."))
        elif step.kind not in ("timer", "start") and not (step.kind == "request" and idle):
            yield self.breach(OPEN, opened[0][0], N_("{node} opens a ballot while another one is under way."))
        if all(well_formed(message) for _at, _to, message in opened):
            yield from self._new_ballot(step, opened)

    def _new_ballot(self, step: Handled, opened: Sequence[Sent]) -> Iterator[Breach]:
        at, _to, (_word, ballot) = opened[0]
        missing = set(self.acceptors) - {to for _at, to, message in opened if message[1] == ballot}
        if ballot[1] != self.name:
            text = N_("{node} opens ballot {ballot}: its ballots bear its own name.")
            yield self.breach(BALLOT, at, text, ballot=ballot)
        elif ballot[0] <= self.used[0]:
            text = N_("{node} opens ballot {ballot}, and has used round {round} before.")
            yield self.breach(BALLOT, at, text, ballot=ballot, round=self.used[0])
        elif self.used == NO_BALLOT and ballot[0] != 1:
            text = N_("{node} opens ballot {ballot}: the first one has round 1.")
            yield self.breach(BALLOT, at, text, ballot=ballot)
        if missing:
            text = N_("{node} opens ballot {ballot}, and does not ask {who}.")
            yield self.breach(BALLOT, at, text, ballot=ballot, who=", ".join(sorted(missing)))
        self.used, self.ballot, self.promises = max(self.used, ballot), ballot, {}
        self.live = True
        self.opened += 1
        yield from self._wait(step)

    def _wait(self, step: Handled) -> Iterator[Breach]:
        """Rule 8."""
        wait_s, least_s = step.waits_s.get(RETRY), least_wait_s(self.opened)
        if wait_s is None:
            yield self.breach(WAIT, step.at, N_('{node} opens a ballot, and does not set the timer "retry".'))
        elif not least_s - ROUNDING_S <= wait_s <= 2 * least_s + ROUNDING_S:
            text = N_("Ballot number {n} of {node}: the wait should be {least} s to {most} s, and is {wait} s.")
            shown = {"least": least_s, "most": 2 * least_s, "wait": wait_s}
            yield self.breach(WAIT, step.at, text, n=self.opened, **{name: number(s, 3) for name, s in shown.items()})

    def _proposals(self, step: Handled) -> Iterator[Breach]:
        """Rule 6."""
        proposed = [s for s in step.named("accept") if well_formed(s[2])]
        enough = len(self.promises) >= self.majority and self.ballot not in self.values and self.known is None
        count = {"n": len(self.promises), "of": len(self.acceptors)}
        if enough and self.live and not proposed:
            text = N_("{node} has promises of {n} of {of} acceptors for {ballot}, a majority, and proposes nothing.")
            yield self.breach(MAJORITY, step.at, text, ballot=self.ballot, **count)
        for at, _to, (_word, ballot, value) in proposed:
            if ballot in self.values:
                if value != self.values[ballot]:
                    text = N_("{node} proposes {value} in ballot {ballot}, in which it has proposed {before}.")
                    shown = {"value": repr(value), "before": repr(self.values[ballot])}
                    yield self.breach(VALUE, at, text, ballot=ballot, **shown)
            elif ballot != self.ballot:
                text = N_("{node} proposes in ballot {ballot}, which is not the one that it has opened last.")
                yield self.breach(MAJORITY, at, text, ballot=ballot)
            elif not enough:
                text = N_("{node} proposes in ballot {ballot} with promises of {n} of {of} acceptors: no majority.")
                yield self.breach(MAJORITY, at, text, ballot=ballot, **count)
            elif self.live:
                yield from self._choice(at, ballot, value)
            self.values.setdefault(ballot, value)
        missing = set(self.promises) - {to for _at, to, _message in proposed}
        if enough and self.live and proposed and missing:
            text = N_("{node} proposes, and leaves out {who}, which has promised.")
            yield self.breach(MAJORITY, proposed[0][0], text, who=", ".join(sorted(missing)))

    def _choice(self, at: int, ballot: Ballot, value: Plain) -> Iterator[Breach]:
        highest, reported = max(self.promises.values(), key=lambda report: report[0])
        if highest == NO_BALLOT:
            if value not in self.asked:
                text = N_("{node} proposes {value} in ballot {ballot}, which no client has asked for.")
                yield self.breach(VALUE, at, text, value=repr(value), ballot=ballot)
        elif value != reported:
            text = N_(
                "{node} proposes {value} in ballot {ballot}; the highest ballot reported is {highest}, with {reported}."
            )
            shown = {"value": repr(value), "reported": repr(reported)}
            yield self.breach(VALUE, at, text, ballot=ballot, highest=highest, **shown)

    def _answers(self, step: Handled) -> Iterator[Breach]:
        """Rule 7."""
        won = {value: ballot for (ballot, value), who in self.votes.items() if len(who) >= self.majority}
        for at, _request, value in step.answers:
            if value in won or value in self.told:
                self.known = value
                self.told.append(value)
            else:
                text = N_("{node} answers {value}, and has not heard that a majority has accepted it in one ballot.")
                yield self.breach(ANSWER, at, text, value=repr(value))
        for value, ballot in won.items():
            if ballot == self.ballot and self.live and self.known is None:
                self.known = value
        answered = {request for _at, request, _value in step.answers}
        self.waiting = [request for request in self.waiting if request not in answered]
        if self.known is not None and self.waiting:
            text = N_("{node} knows that {value} is chosen, and does not answer {who}.")
            who = ", ".join(sorted(request.rpartition(".")[0] for request in self.waiting))
            yield self.breach(ANSWER, step.at, text, value=repr(self.known), who=who)
            self.waiting = []

    def _waste(self, step: Handled, knew: bool) -> Iterator[Breach]:
        """Rule 9."""
        for at, to, message in step.sends:
            if not well_formed(message):
                continue
            if knew:
                text = N_("{node} knows what is chosen, and still sends {sent}.")
                yield self.breach(WASTE, at, text, sent=repr(message))
            elif (to, message) in self.sent:
                text = N_("{node} sends {sent} to {to} twice.")
                yield self.breach(WASTE, at, text, sent=repr(message), to=to)
            self.sent.add((to, message))


# A history in the messages that were ever sent


@dataclass
class History:
    """What a set of messages says: the misshapen ones; who has said that it accepted what; what was proposed, as
    (proposer, ballot, value); what was promised, as (acceptor, ballot, reported ballot)."""

    misshapen: list[Plain] = field(default_factory=list)
    votes: dict[tuple[Ballot, Plain], set[str]] = field(default_factory=dict)
    proposed: list[tuple[str, Ballot, Plain]] = field(default_factory=list)
    promised: list[tuple[str, Ballot, Ballot]] = field(default_factory=list)

    def note(self, source: str, message: Plain) -> None:
        match message:
            case ("accept", ballot, value):
                self.proposed.append((source, ballot, value))
            case ("accepted", ballot, value) if role(source) == "a":
                self.votes.setdefault((ballot, value), set()).add(source)
            case ("promise", ballot, reported, _value):
                self.promised.append((source, ballot, reported))


def history(s: Snapshot) -> History:
    """The history in the messages of a snapshot."""
    found = History()
    for source, _to, message in s.flying:
        if _name(message) in LENGTHS:
            if well_formed(message):
                found.note(source, message)
            else:
                found.misshapen.append(message)
    return found


def chosen(s: Snapshot) -> set[Plain]:
    """The values that a majority has accepted in one ballot."""
    return _chosen(s, history(s))


def _chosen(s: Snapshot, told: History) -> set[Plain]:
    majority = quorum(sum(role(name) == "a" for name in s.nodes))
    return {value for (_ballot, value), who in told.votes.items() if len(who) >= majority}


class _LastHistory:
    """`history`, worked out once for the properties that look at the same snapshot one after the other."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None
        self._told = History()

    def __call__(self, s: Snapshot) -> History:
        if s is not self._last:
            self._last, self._told = s, history(s)
        return self._told


def promises(values: Iterable[Plain]) -> list[Property]:
    """What holds whatever happens; `values` are those that clients ask for. For the network "lasting", and for
    snapshots that hold every message that was ever sent."""
    told, known = _LastHistory(), list(values)
    return [
        always("form", lambda s: not told(s).misshapen),
        always("agreement", lambda s: len(_chosen(s, told(s)) | _answered(s)) <= 1),
        always("validity", lambda s: all(v in known for v in (*(v for _b, v in told(s).votes), *_answered(s)))),
        always("one value in a ballot", lambda s: _one_value(told(s))),
        always("promises are kept", lambda s: _promises_are_kept(told(s))),
        always("what is told is chosen", lambda s: _answered(s) <= _chosen(s, told(s))),
    ]


def _answered(s: Snapshot) -> set[Plain]:
    return {value for _request, value in s.replies}


def _one_value(told: History) -> bool:
    values: dict[Ballot, Plain] = {}
    return all(
        ballot[1] == source and values.setdefault(ballot, value) == value for source, ballot, value in told.proposed
    )


def _promises_are_kept(told: History) -> bool:
    """What an acceptor has accepted below a ballot that it promised, it has reported: see `models/paxos.py`."""
    accepted: dict[str, list[Ballot]] = {}
    for (ballot, _value), who in told.votes.items():
        for name in who:
            accepted.setdefault(name, []).append(ballot)
    return not any(
        reported > ballot or any(reported < lower < ballot for lower in accepted.get(name, ()))
        for name, ballot, reported in told.promised
    )


def progress() -> list[Property]:
    """A protocol that does nothing keeps every promise, and fails this."""
    return [
        sometimes("a value is chosen", lambda s: bool(chosen(s))),
        sometimes("a client is answered", lambda s: bool(s.replies)),
    ]


def words() -> Mapping[str, str]:
    """The sentence that a learner reads, for each property."""
    return {
        "form": _("A message does not have the form of the contract."),
        "agreement": _("Two different values are chosen, or told to clients: agreement is broken."),
        "validity": _("A value was accepted, or told to a client, which no client has asked for."),
        "one value in a ballot": _(
            "Two values were proposed in one ballot, or a proposer used a ballot that is not its own."
        ),
        "promises are kept": _(
            "An acceptor has accepted below a ballot that it has promised, or has not reported what it had accepted."
        ),
        "what is told is chosen": _("A client was told a value that no majority has accepted in one ballot."),
        "a value is chosen": _("There is no order of messages in which a value is chosen."),
        "a client is answered": _("There is no order of messages in which a client is answered."),
        "prefix": _("The search begins after a few steps that the contract demands, and the nodes do not take them."),
    }
