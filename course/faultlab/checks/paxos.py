"""The checks of the Paxos exercise: an acceptor, a proposer, and both together.

Roles are judged apart as far as they can be. The learner's acceptor meets couriers that carry any message at any time,
and the proposers of the course; the learner's proposer meets the acceptors of the course, with or without a past. So a
mistake in one class costs nothing in the other, except in the checks of both.

Three ways to look (`checks/paxos_rules.py` has the judgement): runs in virtual time, in which each handler is held to
the contract; the model checker, from the start and from staged ways that lead close to where a rule matters; and runs
under random faults, of which only the outcome is judged.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.paxos_rules import (
    ANSWER,
    BALLOT,
    FORM,
    MAJORITY,
    OPEN,
    REFUSAL,
    REPORT,
    SILENT,
    TOLD,
    VALUE,
    WAIT,
    WASTE,
    breaches,
    chosen,
    handled,
    least_wait_s,
    progress,
    promises,
    words,
)
from faultlab.checks.runs import run, search, wrong
from faultlab.checks.subject import Ref
from faultlab.i18n import N_, _, number
from faultlab.models.commit import names
from faultlab.models.paxos import (
    ONE,
    RETRY,
    STAGES,
    THREE,
    TWO,
    Acceptor,
    Ballot,
    ForgivingAcceptor,
    Learner,
    Proposer,
    Stage,
    asked,
    messages,
    phase_1,
    remembered,
)
from faultlab.sim.explore import LASTING
from faultlab.sim.faults import Schedule as Faults
from faultlab.sim.faults import crash, partition, random_faults, restart
from faultlab.sim.latency import Constant, Latency, Uniform
from faultlab.sim.node import Context, Node
from faultlab.sim.plain import Plain
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.search import Bounds
from faultlab.sim.trace import Trace

# The judge's nodes


class Courier(Node):
    """A proposer that only carries: at each moment of its `plan` it sends that message to `to`, whatever it hears."""

    def __init__(self, to: str, plan: Sequence[tuple[float, Plain]]) -> None:
        self.to, self.plan = to, list(plan)

    def on_start(self, ctx: Context) -> None:
        for number_, (at_s, _message) in enumerate(self.plan):
            ctx.set_timer(str(number_), at_s)

    def on_timer(self, ctx: Context, timer: str) -> None:
        ctx.send(self.to, self.plan[int(timer)][1])


class Elder(ForgivingAcceptor):
    """An acceptor that may have a `past`: the ballot and the value that it has accepted before the run begins. It
    refuses in silence."""

    def __init__(self, past: tuple[Ballot, Plain] | None = None, learners: Iterable[str] = ()) -> None:
        super().__init__(learners, nacks=False)
        self.past = past

    def on_start(self, ctx: Context) -> None:
        if self.past and not ctx.disk:
            ctx.disk["promised"] = ctx.disk["accepted_ballot"] = self.past[0]
            ctx.disk["accepted_value"] = self.past[1]
        super().on_start(ctx)


# Judgement


def judged(t: Trial, trace: Trace, nodes: Iterable[str], about: Sequence[str], control_s: float | None = None) -> None:
    """Fail at the first breach that is about one of these things, or about the form of a message; from `control_s`
    seconds on, silence is one too."""
    for breach in breaches(trace, nodes):
        silent = breach.about == SILENT and control_s is not None and trace[breach.at].at_s >= control_s
        if breach.about in (FORM, *about) or silent:
            wrong(t, trace, breach.message, breach.at)


def all_answered(t: Trial, trace: Trace, clients: Iterable[str]) -> None:
    """Fail unless these clients have an answer, and a value is chosen at all: an answer alone costs nothing."""
    told, seconds = {event.other for event in trace.of("reply")}, number(trace.end_s, 1)
    for name in clients:
        if name not in told:
            wrong(t, trace, _("{client} is not answered within {seconds} s.", client=name, seconds=seconds))
    if not chosen(remembered(trace)):
        wrong(t, trace, _("No value is chosen within {seconds} s.", seconds=seconds))


# The acceptor, and couriers

STEP_S, LATENCY_S = 0.1, 0.01
COURIERS = names("p", 3)
CONTROL = [["prepare", "p3", 9], ["accept", "p3", 9]]
STEADY = Network(Constant(LATENCY_S))


def value_of(name: str, round_: int) -> str:
    """The one value of a ballot of a courier: "x1" for round 1 of p1."""
    return f"{'xyz'[COURIERS.index(name)]}{round_}"


def carried(t: Trial, schedule: Schedule, learners: int = 0) -> tuple[Trace, float]:
    """The run in which couriers take these messages to the acceptor a1, one after the other, and then those of CONTROL;
    and the moment at which the latter begin. A step is ["prepare", courier, round], ["accept", courier, round] or
    ["restart"]."""
    plans: dict[str, list[tuple[float, Plain]]] = {name: [] for name in COURIERS}
    faults: list[Faults] = []
    for place, (word, *ballot) in enumerate([*schedule, *CONTROL]):
        at_s = (place + 1) * STEP_S
        if word == "restart":
            faults += [crash("a1", at_s), restart("a1", at_s + LATENCY_S)]
        else:
            name, round_ = ballot
            value = [value_of(name, round_)] if word == "accept" else []
            plans[name].append((at_s, (word, (round_, name), *value)))
    nodes = {name: partial(Courier, "a1", plan) for name, plan in plans.items()}
    nodes |= {"a1": t.objects[0]} | dict.fromkeys(names("l", learners), partial(Learner, ["a1"]))
    end_s = (len(schedule) + len(CONTROL) + 1) * STEP_S
    trace = run(t, nodes, Scenario(end_s, network=STEADY, faults=faults))
    return trace, (len(schedule) + 1) * STEP_S


def _steps(rng: random.Random, words_: Sequence[str], count: int) -> Schedule:
    """A way of some messages of low rounds, in any order; "restart" stands for a crash."""
    found: Schedule = []
    for _step in range(count):
        word = rng.choice(words_)
        found.append([word] if word == "restart" else [word, rng.choice(COURIERS), rng.randint(1, 3)])
    return found


@register(
    "paxos.promise",
    title=N_(
        "Rules 1 and 2: an acceptor promises what is higher than all it has promised, and is silent about the rest"
    ),
    examples=[
        [["prepare", "p1", 1], ["prepare", "p2", 1], ["prepare", "p3", 2]],
        [["prepare", "p2", 2], ["prepare", "p1", 2], ["prepare", "p3", 1]],
    ],
    generate=lambda rng: _steps(rng, ["prepare"], 6),
    hidden=4,
)
def promise(t: Trial, schedule: Schedule) -> None:
    """The schedule: the prepares that arrive."""
    trace, control_s = carried(t, schedule)
    judged(t, trace, ["a1"], [SILENT, REFUSAL], control_s)


@register(
    "paxos.report",
    title=N_("Rule 1: a promise reports the ballot and the value that were accepted last"),
    examples=[
        [["prepare", "p1", 1], ["prepare", "p2", 1]],
        [["prepare", "p1", 1], ["accept", "p1", 1], ["prepare", "p2", 2]],
        [["accept", "p2", 1], ["prepare", "p1", 2], ["accept", "p1", 2], ["prepare", "p3", 2]],
    ],
    generate=lambda rng: [*_steps(rng, ["prepare", "accept"], 6), ["accept", "p1", 4], ["prepare", "p2", 5]],
    hidden=4,
)
def report(t: Trial, schedule: Schedule) -> None:
    """The schedule: the messages that arrive."""
    trace, control_s = carried(t, schedule)
    judged(t, trace, ["a1"], [REPORT], control_s)


@register(
    "paxos.accept",
    title=N_("Rules 2 and 3: an acceptor accepts what is not lower than its promise, and that is a promise too"),
    examples=[
        [["prepare", "p1", 1], ["accept", "p1", 1]],
        [["prepare", "p1", 1], ["prepare", "p2", 1], ["accept", "p1", 1], ["accept", "p2", 1]],
        [["accept", "p2", 2], ["accept", "p1", 1], ["prepare", "p3", 1]],
    ],
    generate=lambda rng: [*_steps(rng, ["prepare", "accept", "accept"], 6), ["accept", "p2", 4], ["accept", "p1", 4]],
    hidden=4,
)
def accept(t: Trial, schedule: Schedule) -> None:
    """The schedule: the messages that arrive."""
    trace, control_s = carried(t, schedule)
    judged(t, trace, ["a1"], [SILENT, REFUSAL], control_s)


@register(
    "paxos.told",
    title=N_("Rule 3: who has asked is told what was accepted, and each learner, and nobody else"),
    examples=[[0, ["prepare", "p1", 1], ["accept", "p1", 1]], [2, ["prepare", "p2", 1], ["accept", "p2", 1]]],
    generate=lambda rng: [rng.randint(1, 3), *_steps(rng, ["prepare", "accept"], 4), ["accept", "p1", 4]],
    hidden=2,
)
def told(t: Trial, schedule: Schedule) -> None:
    """The schedule: how many learners there are, and the messages that arrive."""
    learners = next((step for step in schedule if isinstance(step, int)), 1)
    trace, control_s = carried(t, [step for step in schedule if not isinstance(step, int)], learners)
    judged(t, trace, ["a1"], [TOLD], control_s)


def _make_memory(rng: random.Random) -> Schedule:
    return [
        *_steps(rng, ["prepare", "accept"], 3),
        ["restart"],
        *_steps(rng, ["prepare", "accept"], 2),
        ["restart"],
        *_steps(rng, ["prepare", "accept"], 3),
    ]


@register(
    "paxos.memory",
    title=N_("Rule 4: what an acceptor has promised and accepted is on its disk before anybody hears of it"),
    examples=[
        [["prepare", "p2", 2], ["restart"], ["prepare", "p1", 1], ["accept", "p1", 1]],
        [["prepare", "p1", 1], ["accept", "p1", 1], ["restart"], ["prepare", "p2", 2]],
        [["accept", "p3", 2], ["restart"], ["accept", "p1", 1], ["prepare", "p2", 3]],
    ],
    generate=_make_memory,
    hidden=5,
)
def memory(t: Trial, schedule: Schedule) -> None:
    """The schedule: the messages that arrive, and restarts. Before the first restart nothing is judged."""
    trace, control_s = carried(t, schedule)
    again = next((i for i, row in enumerate(trace.rows) if row[1] == "start" and row[5] == "again"), len(trace))
    for breach in breaches(trace, ["a1"]):
        if breach.at > again:
            wrong(t, trace, _("After a restart: {what}", what=breach.message), breach.at)
        if breach.about == SILENT and trace[breach.at].at_s >= control_s:
            wrong(t, trace, breach.message, breach.at)


# The proposer, and acceptors with a past

SLOW = Uniform(0.005, 0.09)
QUICK = Uniform(0.005, 0.02)
ANSWERED_S = 40.0


def past_of(step: Sequence[Plain] | None) -> tuple[Ballot, Plain] | None:
    """What an acceptor has accepted of a proposer that is gone: [round, name, value]."""
    return ((step[0], step[1]), step[2]) if step else None


def proposed(
    t: Trial,
    pasts: Sequence[Sequence[Plain] | None],
    seed: int,
    latency: Latency,
    *,
    clients: Sequence[Client],
    faults: Faults = (),
    loss: float = 0.0,
    duplicate: float = 0.0,
    until_s: float = ANSWERED_S,
) -> Trace:
    """The run of the learner's proposers "p1", ... (as many as `clients` speak to) with acceptors of the judge."""
    proposers = sorted({name for client in clients for name in client.to})
    nodes = dict.fromkeys(proposers, t.objects[0])
    nodes |= {f"a{i}": partial(Elder, past_of(past)) for i, past in enumerate(pasts, 1)}
    network = Network(latency, loss=loss, duplicate=duplicate)
    return run(t, nodes, Scenario(until_s, seed=seed, network=network, faults=faults, clients=clients))


def client(number_: int, at_s: float = 0.0, to: str = "p1", *, timeout_s: float = 50.0, name: str = "") -> Client:
    """Client c1 asks for "x", c2 for "y", c3 for "z"; it asks the same proposer again until it is answered."""
    call = ("propose", "xyz"[number_ - 1])
    return Client(name or f"c{number_}", [call], to, at_s, timeout_s=timeout_s, retry=True)


def _make_ballots(rng: random.Random) -> Schedule:
    crashes = sorted(rng.uniform(0.02, 1.2) for _crash in range(rng.randint(1, 3)))
    return [[round(at_s, 3) for at_s in crashes] + [rng.randint(1, 10**6)]]


@register(
    "paxos.ballots",
    title=N_("Rule 5: each ballot is its proposer's own and higher than all it has used, also after a crash"),
    examples=[[[1]], [[0.05, 1]], [[0.25, 0.9, 2]]],
    generate=_make_ballots,
    hidden=4,
)
def ballots(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run the moments at which the proposer crashes, and a seed. It hears nothing until
    1.5 s."""
    for *crashes, seed in schedule or [[1]]:
        faults = [partition("p1 | a1 a2 a3", 0, 1.5)]
        faults += [[crash("p1", at_s), restart("p1", at_s + 0.05)] for at_s in crashes]
        trace = proposed(t, [None] * 3, seed, QUICK, clients=[client(1, timeout_s=0.3)], faults=faults, until_s=8.0)
        judged(t, trace, ["p1"], [BALLOT, OPEN])
        all_answered(t, trace, ["c1"])


def _make_majority(rng: random.Random) -> Schedule:
    acceptors = rng.randint(2, 6)
    return [[acceptors, rng.randint(0, (acceptors - 1) // 2), rng.randint(1, 10**6)]]


@register(
    "paxos.majority",
    title=N_("Rule 6: a proposer proposes as soon as a majority has promised its ballot, and not before"),
    examples=[[[1, 0, 1]], [[3, 1, 1]], [[4, 0, 2]], [[4, 1, 3]], [[5, 2, 4]]],
    generate=_make_majority,
    hidden=5,
)
def majority(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many acceptors there are, how many are down, and a seed. Messages are so late that
    promises of an abandoned ballot arrive in the next; some come twice, some never."""
    for acceptors, down, seed in schedule or [[3, 0, 1]]:
        faults = [crash(f"a{i + 1}", 0.0) for i in range(down)]
        how = {"faults": faults, "loss": 0.05, "duplicate": 0.3}
        trace = proposed(t, [None] * acceptors, seed, SLOW, clients=[client(1)], **how)
        judged(t, trace, ["p1"], [MAJORITY])
        all_answered(t, trace, ["c1"])


# The proposers p1 and p2 are gone, and have left values behind. In round 1 their ballots are lower than those of p3.
HEIR = "p3"
OLD, NEW, LATER = [1, "p1", "old"], [1, "p2", "new"], [3, "p1", "later"]
PASTS = [
    [None, None, None],
    [OLD, OLD, None],
    [OLD, NEW, OLD],
    [OLD, NEW, OLD, NEW, OLD],
    [LATER, OLD, None, None, NEW],
]


def _make_pasts(rng: random.Random) -> list[list[Plain] | None]:
    kinds = [None, OLD, OLD, NEW, NEW] + [LATER] * rng.randint(0, 1)
    return [rng.choice(kinds) for _acceptor in range(rng.choice([3, 4, 5]))]


@register(
    "paxos.adopt",
    title=N_("Rule 6: a ballot has one value: that of the highest ballot reported, else that of a client"),
    examples=[[[pasts, seed]] for seed, pasts in enumerate(PASTS)],
    generate=lambda rng: [[_make_pasts(rng), rng.randint(1, 10**6)]],
    hidden=8,
)
def adopt(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run what each acceptor has accepted before ([round, name, value] or nothing), and a seed.
    A second client asks while the first ballot is under way."""
    for pasts, seed in schedule or [[[None] * 3, 1]]:
        second_s = random.Random(seed).uniform(0.01, 0.08)
        asking = [client(1, to=HEIR), client(2, second_s, HEIR)]
        trace = proposed(t, pasts, seed, QUICK, clients=asking, until_s=8.0)
        judged(t, trace, [HEIR], [VALUE])
        all_answered(t, trace, ["c1"])


@register(
    "paxos.answer",
    title=N_("Rule 7: every client is answered with what a majority has accepted in one ballot, and nothing else"),
    examples=[[[[None, None, None], 1]], [[[None, OLD, OLD], 2]], [[[None, None, None, None], 3]]],
    generate=lambda rng: [[rng.choice([_make_pasts(rng), [None] * rng.randint(2, 5)]), rng.randint(1, 10**6)]],
    hidden=6,
)
def answer(t: Trial, schedule: Schedule) -> None:
    """The schedule as in `adopt`. The network is slow and loses votes; the third client comes when all is over."""
    for pasts, seed in schedule or [[[None] * 3, 1]]:
        asking = [client(1, to=HEIR), client(2, 0.05, HEIR), client(3, ANSWERED_S - 1, HEIR)]
        trace = proposed(t, pasts, seed, SLOW, clients=asking, loss=0.15, duplicate=0.3)
        judged(t, trace, [HEIR], [ANSWER])
        all_answered(t, trace, ["c1", "c2", "c3"])


@register(
    "paxos.retry",
    title=N_(
        "Rules 8 and 9: a ballot that comes to nothing is followed by another one, after a wait by chance that doubles"
    ),
    examples=[[[0.0, 1]], [[4.0, 2]]],
    generate=lambda rng: [[round(rng.uniform(1.0, 6.0), 2), rng.randint(1, 10**6)]],
    hidden=4,
)
def retry(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run until when no acceptor can be reached, and a seed. A run of 6 s is always among them:
    a few ballots would not show whether there is chance in the waits."""
    for cut_s, seed in [*schedule, [6.0, 1]]:
        faults = partition("p1 p2 | a1 a2 a3", 0, cut_s) if cut_s else ()
        asking = [client(1), client(2, to="p2")]
        trace = proposed(t, [None] * 3, seed, QUICK, clients=asking, faults=faults, until_s=cut_s + 12)
        judged(t, trace, ["p1", "p2"], [WAIT, WASTE])
        all_answered(t, trace, ["c1", "c2"])
    _by_chance(t, trace)


CHANCE = 0.2


def _by_chance(t: Trial, trace: Trace) -> None:
    """Rule 8: the waits, as multiples of the least one, are spread over 1 to 2, and no two proposers have the same."""
    found: dict[str, list[float]] = {}
    for step in handled(trace):
        if step.named("prepare"):
            waits = found.setdefault(step.node, [])
            waits.append(step.waits_s[RETRY] / least_wait_s(len(waits) + 1))
    shares = [share for waits in found.values() for share in waits]
    if not shares:
        wrong(t, trace, _("{node} is asked, and opens no ballot.", node="p1"))
    if max(shares) - min(shares) < CHANCE:
        wrong(t, trace, _("There is no chance in the waits: rule 8 draws each one from w to 2w."))
    if len(set(shares)) < len(shares) - 1:
        wrong(t, trace, _("Two proposers, or two ballots, wait alike: each wait is drawn anew from ctx.random."))


def ballots_max(seconds: float) -> int:
    """How many ballots one proposer can open in that time under rule 8."""
    count, at_s = 1, 0.0
    while (at_s := at_s + least_wait_s(count)) <= seconds:
        count += 1
    return count


DUEL_S = 20.0


@register(
    "paxos.duel",
    title=N_("Rule 8: proposers that stop each other's ballots do not do so for ever, however slow the network is"),
    examples=[[[2, 0.01, 1]], [[3, 0.05, 1]], [[1, 0.3, 1]]],
    generate=lambda rng: [[rng.randint(2, 4), rng.choice([0.02, 0.05, 0.1, 0.2]), rng.randint(1, 10**6)]],
    hidden=4,
)
def duel(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many proposers there are, how long each message takes, and a seed. Each proposer
    begins just in time to stop the one before in its phase 2."""
    for proposers, latency_s, seed in schedule or [[2, 0.01, 1]]:
        asking = [client(i % 3 + 1, 1.8 * latency_s * i, f"p{i + 1}", name=f"c{i + 1}") for i in range(proposers)]
        trace = proposed(t, [None] * 3, seed, Constant(latency_s), clients=asking, until_s=DUEL_S)
        all_answered(t, trace, [c.name for c in asking])
        for name in names("p", proposers):
            opened = sum(bool(step.named("prepare")) for step in handled(trace) if step.node == name)
            if opened > ballots_max(trace.end_s):
                text = _(
                    "{node} opens {n} ballots in {seconds} s; rule 8 allows {most}.",
                    node=name,
                    n=opened,
                    seconds=number(trace.end_s, 1),
                    most=ballots_max(trace.end_s),
                )
                wrong(t, trace, text)


# Searches

# This one is exhausted, whatever a class keeps: it goes before every search, and shows that there is progress.
ALONE = Stage("one proposer and one acceptor", 1, ONE, acceptors=1)
FEW = Stage("two proposers and two acceptors, from the start", 2, TWO, acceptors=2)
START, RESTARTS = "two proposers, from the start", "an acceptor restarts between promise and accept"
ADOPT, REPORTED = "a chosen value must be adopted", "two values are reported, and the higher is chosen"
HAS_ACCEPTED, PROPOSER_RESTARTS = "an acceptor restarts that has accepted", "a proposer restarts in phase 2"
BOTH_ASK = "two clients ask one proposer"
HALF = Stage("two of four acceptors have promised", 1, ONE, (*asked(1, 1), *phase_1(1, 1, 2)), acceptors=4)
TWO_VALUES = Stage("two values have been reported", 3, THREE, (*STAGES[REPORTED].prefix, *phase_1(3, 1, 2)))
WAYS = {stage.title: stage for stage in (*STAGES.values(), ALONE, FEW, HALF, TWO_VALUES)}
STATES_MAX, WALKS, WALK_STEPS_MAX = 330, 4, 50


def searched(t: Trial, proposer: Ref | None, acceptor: Ref | None, schedule: Schedule) -> None:
    """Search these stages with these classes; None stands for those of the course. A stage is its title, which is
    searched breadth first, or [title, seed], through which random ways are taken."""
    for step in [ALONE.title, *schedule]:
        title, seed = (step, None) if isinstance(step, str) else step
        stage = WAYS[title]
        members = names("a", stage.acceptors)
        nodes = dict.fromkeys(names("p", stage.proposers), proposer or partial(Proposer, members))
        nodes |= dict.fromkeys(members, acceptor or partial(Acceptor, nacks=False))
        values = [call[1] for asking in stage.clients for call in asking.calls]
        how = {"network": LASTING, "clients": stage.clients, "prefix": stage.prefix, "crashes": stage.crashes}
        if seed is None:
            how |= {"timers": stage.timers, "bounds": Bounds(states_max=STATES_MAX)}
            # Where a bound may stop the search, an answer may lie behind it.
            search(t, nodes, [*promises(values), *(progress() if title == ALONE.title else ())], words(), **how)
        else:
            how |= {"timers": 1, "walks": WALKS, "steps_max": WALK_STEPS_MAX, "seed": seed, "crashes": 1}
            search(t, nodes, promises(values), words(), **how)


def _make_ways(*titles: str) -> Callable[[random.Random], Schedule]:
    return lambda rng: [[rng.choice(titles), rng.randint(1, 10**6)]]


@register(
    "paxos.acceptor_orders",
    title=N_("Rules 1 to 4 in every order of messages: no two values are chosen with proposers of the course"),
    examples=[[FEW.title], [RESTARTS], [HAS_ACCEPTED]],
    generate=_make_ways(START, ADOPT),
    hidden=1,
)
def acceptor_orders(t: Trial, schedule: Schedule) -> None:
    """The schedule: what is searched."""
    searched(t, None, t.objects[0], schedule)


@register(
    "paxos.proposer_orders",
    title=N_("Rules 5 to 7 in every order of messages: no two values are chosen with acceptors of the course"),
    examples=[[FEW.title], [BOTH_ASK], [HALF.title], [ADOPT], [PROPOSER_RESTARTS]],
    generate=_make_ways(START, REPORTED),
    hidden=1,
)
def proposer_orders(t: Trial, schedule: Schedule) -> None:
    """The schedule: what is searched."""
    searched(t, t.objects[0], None, schedule)


@register(
    "paxos.orders",
    title=N_("All rules in every order of messages: your proposers and your acceptors agree"),
    examples=[[FEW.title], [TWO_VALUES.title], [RESTARTS]],
    generate=_make_ways(START, REPORTED, ADOPT),
    hidden=2,
)
def orders(t: Trial, schedule: Schedule) -> None:
    """The schedule: what is searched."""
    searched(t, t.objects[0], t.objects[1], schedule)


# Proposers and acceptors together


def together(t: Trial, proposers: int, acceptors: int, learners: int, scenario: Scenario) -> Trace:
    """The run of the learner's proposers and acceptors, with learners of the course."""
    members = names("a", acceptors)
    nodes = dict.fromkeys(names("p", proposers), t.objects[0]) | dict.fromkeys(members, t.objects[1])
    return run(t, nodes | dict.fromkeys(names("l", learners), partial(Learner, members)), scenario)


@register(
    "paxos.budget",
    title=N_("Rule 9: without failures n acceptors and l learners need 4n + nl messages, and no more"),
    examples=[[[1, 0, 1]], [[3, 1, 1]], [[5, 2, 1]]],
    generate=lambda rng: [[rng.randint(2, 7), rng.randint(0, 3), rng.randint(1, 10**6)]],
    hidden=3,
)
def budget(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many acceptors and learners there are, and a seed. Two clients ask."""
    for acceptors, learners, seed in schedule or [[3, 0, 1]]:
        asking = [client(1), client(2, 0.5)]
        trace = together(t, 1, acceptors, learners, Scenario(3.0, seed=seed, network=Network(QUICK), clients=asking))
        all_answered(t, trace, ["c1", "c2"])
        sent, most = len(trace.of("send")), messages(acceptors, learners)
        if sent > most:
            wrong(t, trace, _("{sent} messages were sent; {n} acceptors and {l} learners need {most}.", sent=sent,
                              n=acceptors, l=learners, most=most))  # fmt: skip


STORM_S, STORM_ENDS_S = 5.0, 60.0


def _make_storm(rng: random.Random) -> Schedule:
    return [[rng.randint(2, 3), rng.choice([3, 4, 5]), rng.randint(1, 10**6)]]


@register(
    "paxos.storm",
    title=N_("All rules under random crashes, partitions and losses: one value, and in the end everybody knows it"),
    examples=[[[2, 3, 1]], [[3, 5, 2]]],
    generate=_make_storm,
    hidden=3,
)
def storm(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many proposers and acceptors there are, and a seed."""
    for proposers, acceptors, seed in schedule or [[2, 3, 1]]:
        members = [*names("p", proposers), *names("a", acceptors)]
        faults = random_faults(seed, members, STORM_S, crashes=6, partitions=2, repair_s=(0.1, 1.0))
        asking = [client(i + 1, 0.1 * i, f"p{i + 1}", timeout_s=0.5) for i in range(proposers)]
        network = Network(Uniform(0.005, 0.04), loss=0.1, duplicate=0.1)
        scenario = Scenario(STORM_ENDS_S, seed=seed, network=network, faults=faults, clients=asking)
        trace = together(t, proposers, acceptors, 1, scenario)
        _one_outcome(t, trace, [call[1] for c in asking for call in c.calls])
        all_answered(t, trace, [c.name for c in asking])


def _one_outcome(t: Trial, trace: Trace, values: Sequence[Plain]) -> None:
    """Fail at the first event at which all that was sent and told so far breaks a promise."""
    said, end = words(), remembered(trace)
    for promise_ in promises(values):
        if promise_.look(end)[0]:
            continue
        # What is broken stays broken, as messages are never taken back: so the first such event can be found by halves.
        held, broken = 0, len(trace)
        while broken - held > 1:
            middle = (held + broken) // 2
            held, broken = (middle, broken) if promise_.look(remembered(trace.head(middle)))[0] else (held, middle)
        wrong(t, trace, said[promise_.name], broken - 1)
