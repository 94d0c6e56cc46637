"""The checks of the CAP exercise: a register that is linearizable (CP), and one that always answers (AP).

What messages look like is the learner's own business, so the judge reads none of them. It sees what clients see: who
asked which node for what, what was answered, and when. That is enough, because both promises are promises to clients.

1. A call is a client of its own, so that calls at one node may overlap, and none waits for another.
2. Runs are staged by time: with a latency of 10 ms it is known what has arrived when a link is cut. Where that depends
   on how a class works (how many rounds it needs), nothing is demanded but what holds for each of them: linearizability
   for CP, convergence for AP, and that somebody is answered.
3. A refused call had no effect. This is judged by the history: a value that was refused, and is read, fits in no order.
4. The searches lead three nodes to the middle of a write, and try every order of messages from there.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.runs import run, search, wrong
from faultlab.i18n import N_, _, number
from faultlab.sim.explore import Exploration
from faultlab.sim.faults import Schedule as Faults
from faultlab.sim.faults import crash, cut, delay, heal, loss, partition, random_faults, restart, skew
from faultlab.sim.history import VIOLATED, causal_convergence, linearizable
from faultlab.sim.latency import Constant, Uniform
from faultlab.sim.plain import Plain
from faultlab.sim.properties import Property, Snapshot, always, sometimes
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.search import Bounds
from faultlab.sim.trace import Trace

NAMES = "ABCDE"
# Where a run is ended that would not end by itself (a timer that is set for at once, again and again): handlers of a
# node in a second. Five nodes that tell each other everything every 30 ms stay below it.
HANDLERS_MAX_PER_S, HANDLERS_MIN = 200, 2_000
READ, WRITE = "read", "write"
STEADY_S = 0.01
STEADY, QUICK = Network(Constant(STEADY_S)), Network(Uniform(0.005, 0.02))
# What the contract says, in seconds: an answer where a majority is there, the earliest and the latest refusal, and how
# long after a partition everybody knows everything.
ANSWER_S, REFUSE_MIN_S, REFUSE_MAX_S, CONVERGE_S = 1.0, 1.0, 2.0, 2.0
# So long after it has asked a node asks again, at the latest.
RETRY_MAX_S = 0.3
# Timers may be set a moment late: half a message.
SLACK_S = 0.05

Ask = tuple[float, str, Plain]  # at this second this node is asked for this call


@dataclass(frozen=True)
class Op:
    """One call: who was asked at `at_s` and what came back: "reply", "refuse" or "" (nothing), at event `index`."""

    client: str
    node: str
    call: Plain
    at_s: float
    kind: str = ""
    value: Plain = None
    back_s: float = 0.0
    index: int = -1

    @property
    def text(self) -> str:
        return " ".join(map(str, self.call[:2])) + (f"={self.call[2]!r}" if self.call[0] == WRITE else "")

    @property
    def at(self) -> str:
        return number(self.at_s, 2)


def read(at_s: float, node: str, key: str = "x") -> Ask:
    return at_s, node, (READ, key)


def write(at_s: float, node: str, value: Plain, key: str = "x") -> Ask:
    return at_s, node, (WRITE, key, value)


def played(
    t: Trial, names: Sequence[str], asks: Iterable[Ask], until_s: float, faults: Faults = (), network: Network = STEADY,
    seed: int = 1,
) -> tuple[Trace, list[Op]]:  # fmt: skip
    """The run of the learner's class under these names, and what became of each call, in the order of asking. Calls to
    a node that is down reach nobody, and are none."""
    clients = [
        Client(f"c{i}", [call], node, at_s, timeout_s=until_s) for i, (at_s, node, call) in enumerate(sorted_(asks), 1)
    ]
    handlers_max = max(HANDLERS_MIN, round(HANDLERS_MAX_PER_S * len(names) * until_s))
    scenario = Scenario(until_s, seed=seed, network=network, faults=faults, clients=clients, events_max=handlers_max)
    trace = run(t, dict.fromkeys(names, t.objects[0]), scenario)
    ops = operations(trace)
    _informed(t, trace, ops)
    return trace, ops


def sorted_(asks: Iterable[Ask]) -> list[Ask]:
    return sorted(asks, key=lambda ask: ask[0])


def operations(trace: Trace) -> list[Op]:
    """What became of each request of a trace that reached a node; of several answers the first."""
    found: dict[str, Op] = {}
    down: set[str] = set()
    for index, event in enumerate(trace):
        if event.kind == "crash":
            down.add(event.node)
        elif event.kind == "start":
            down.discard(event.node)
        elif event.kind == "request" and event.node not in down:
            request, call = event.detail
            found.setdefault(request, Op(event.other, event.node, call, event.at_s))
        elif event.kind in ("reply", "refuse"):
            request, value = event.detail
            op = found.get(request)
            if op is not None and not op.kind:
                place = (op.client, op.node, op.call, op.at_s)
                found[request] = Op(*place, event.kind, value, event.at_s, index)
    return list(found.values())


# Judgement


def answered(t: Trial, trace: Trace, ops: Iterable[Op], within_s: float = ANSWER_S, after_s: float = 0.0) -> None:
    """Fail unless each of these is answered `within_s` seconds of its call, or of the moment `after_s` if that is
    later."""
    for op in ops:
        if op.kind == "refuse":
            wrong(t, trace, _("{node} was asked for {call} at {at} s and refuses, although it can reach a majority.",
                              node=op.node, call=op.text, at=op.at), op.index)  # fmt: skip
        late = op.back_s > max(op.at_s, after_s) + within_s + SLACK_S
        if not op.kind or late:
            end_s = max(op.at_s, after_s) + within_s
            wrong(t, trace, _("{node} was asked for {call} at {at} s, and has not answered by {end} s, although it can "
                              "reach a majority.", node=op.node, call=op.text, at=op.at, end=number(end_s, 2)),
                  _moment(trace, end_s))  # fmt: skip


def refused(t: Trial, trace: Trace, ops: Iterable[Op]) -> None:
    """Fail unless each of these is refused, neither too soon nor too late: no majority could be reached."""
    for op in ops:
        patient(t, trace, op)
        if op.kind == "reply":
            wrong(t, trace, _("{node} cannot reach a majority, and answers {call} with {result}.", node=op.node,
                              call=op.text, result=repr(op.value)), op.index)  # fmt: skip
        if not op.kind or op.back_s > op.at_s + REFUSE_MAX_S + SLACK_S:
            wrong(t, trace, _("{node} was asked for {call} at {at} s, cannot reach a majority, and has not refused "
                              "within {seconds} s.", node=op.node, call=op.text, at=op.at,
                              seconds=number(REFUSE_MAX_S, 0)), _moment(trace, op.at_s + REFUSE_MAX_S))  # fmt: skip


def patient(t: Trial, trace: Trace, op: Op) -> None:
    """Fail if this was refused too soon."""
    if op.kind == "refuse" and op.back_s < op.at_s + REFUSE_MIN_S - SLACK_S:
        wrong(t, trace, _("{node} refuses {call} after {seconds} s: it should ask again, and not give up within 1 s.",
                          node=op.node, call=op.text, seconds=number(op.back_s - op.at_s, 2)), op.index)  # fmt: skip


def _moment(trace: Trace, at_s: float) -> int:
    return min(trace.index_at(min(at_s, trace.end_s)), len(trace) - 1)


def one_register(t: Trial, trace: Trace, ops: Sequence[Op]) -> None:
    """Fail unless the clients' history is that of one register: linearizable, refused calls left out."""
    refused_values = [op for op in ops if op.kind == "refuse" and op.call[0] == WRITE]
    for op in ops:
        if op.kind != "reply":
            continue
        if op.call[0] == WRITE and op.value is not None:
            wrong(t, trace, _("{node} answers {call} with {result}; a write is answered with None.", node=op.node,
                              call=op.text, result=repr(op.value)), op.index)  # fmt: skip
        for ghost in refused_values:
            if op.call[0] == READ and op.call[1] == ghost.call[1] and same(op.value, ghost.call[2]):
                wrong(t, trace, _("{node} has refused {call}, and {reader} reads the value: a refusal says that "
                                  "nothing was or will be written.", node=ghost.node, call=ghost.text, reader=op.node),
                      op.index)  # fmt: skip
    try:
        verdict = linearizable(trace.history())
    except ValueError as error:
        wrong(t, trace, _("A client got an answer that is none: {error}.", error=error))
    if verdict.status != VIOLATED:
        return
    history = trace.history()
    blamed = history[verdict.operations[0]].client if verdict.operations else ""
    bad = next((op for op in ops if op.client == blamed and op.kind), None)
    if bad is None:
        wrong(t, trace, _("The clients' history is not linearizable."))
    wrong(t, trace, _("{node} answers {call} with {result}, and was asked at {at} s. No order of the calls explains "
                      "this.", node=bad.node, call=bad.text, result=repr(bad.value), at=bad.at), bad.index)  # fmt: skip


def same(value: Plain, other: Plain) -> bool:
    """Equal, and of one type: False is not 0."""
    return type(value) is type(other) and value == other


def _informed(t: Trial, trace: Trace, ops: Iterable[Op]) -> None:
    """Fail if a read was answered with a value that no message can have brought to that node: whoever knows it all the
    same has it from a class attribute or a global, which are no part of a node."""
    writes = [(i, row[5][1]) for i, row in enumerate(trace.rows) if row[1] == "request" and row[5][1][0] == WRITE]
    for op in ops:
        if op.kind != "reply" or op.call[0] != READ or op.value is None:
            continue
        past = trace.causal_past(op.index)
        if not any(i in past and call[1] == op.call[1] and same(call[2], op.value) for i, call in writes):
            wrong(t, trace, _("{node} answers {call} at {at} s with {result}, and no message has told it of that in "
                              "this run. Is something kept outside self and ctx.disk? Class attributes and globals are "
                              "shared by all nodes and all runs.", node=op.node, call=op.text, at=op.at,
                              result=repr(op.value)), op.index)  # fmt: skip


def says(t: Trial, trace: Trace, op: Op, expected: Plain) -> None:
    """Fail unless this read was answered with that value."""
    if op.kind != "reply" or not same(op.value, expected):
        _at_once(t, trace, op)
        wrong(t, trace, _("{node} answers {call} at {at} s with {result}; it should be {expected}.", node=op.node,
                          call=op.text, at=op.at, result=repr(op.value), expected=repr(expected)),
              op.index)  # fmt: skip


def apart(names: Sequence[str], *groups: Iterable[str]) -> list[list[str]]:
    """The groups of a partition; whoever is in none makes the last one."""
    found = [sorted(group) for group in groups]
    rest = [name for name in names if not any(name in group for group in found)]
    return [group for group in (*found, rest) if group]


# CP


def _make_calls(rng: random.Random) -> Schedule:
    return [[rng.randint(3, 5), rng.randint(1, 10**6)]]


ODD_VALUES = (0, "", False, 1, "one")


@register(
    "cap_register.cp_calls",
    title=N_("Rules 1 and 2: what was written is read at every node, key by key"),
    examples=[[[3, 1]], [[4, 2]], [[5, 3]]],
    generate=_make_calls,
    hidden=4,
)
def cp_calls(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and a seed. Calls come one after the other."""
    for count, seed in schedule or [[3, 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        asks = [read(0.1, rng.choice(names)), write(0.5, "A", ODD_VALUES[seed % 5]), read(0.9, "B")]
        for i in range(16):
            key, node = rng.choice("xy"), rng.choice(names)
            value = rng.choice([*ODD_VALUES, f"{node}{i}"])
            asks.append(rng.choice([read(1.3 + 0.4 * i, node, key), write(1.3 + 0.4 * i, node, value, key)]))
        both = rng.choice(names)  # is asked twice at the same moment
        asks += [write(8.0, both, "one more"), write(8.0, both, "and another"), read(8.0, both, "y")]
        asks += [read(8.5 + 0.2 * i, name) for i, name in enumerate([*names, names[0]])]
        asks += [write(9.8, "A", "of A"), write(9.8, "B", "of B")]
        asks += [read(10.2 + 0.2 * i, name) for i, name in enumerate("ABCAB")]
        trace, ops = played(t, names, asks, 13.0, network=QUICK, seed=seed)
        answered(t, trace, ops)
        one_register(t, trace, ops)


def _make_sides(rng: random.Random) -> Schedule:
    count = rng.randint(3, 5)
    majority = sorted(rng.sample(NAMES[:count], rng.randint(count // 2 + 1, count - 1)))
    return [[count, "".join(majority), rng.choice(["cut", "down"]), rng.randint(1, 10**6)]]


@register(
    "cap_register.cp_majority",
    title=N_("Rule 2: a side with a majority goes on, whoever else is cut off or down"),
    examples=[[[3, "BC", "cut", 1]], [[5, "ABD", "down", 2]], [[4, "ACD", "cut", 3]], [[5, "CDE", "cut", 4]]],
    generate=_make_sides,
    hidden=5,
)
def cp_majority(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, which of them are the majority, whether the others are cut
    off or down from 1 s to 4 s, and a seed. Later everybody is asked."""
    for count, majority, how, seed in schedule or [[3, "BC", "cut", 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        others = [name for name in names if name not in majority]
        faults: list[Faults] = [[crash(name, 1.0), restart(name, 4.0)] for name in others]
        if how == "cut":
            faults = [partition(apart(names, majority), 1.0, 4.0)]
        asks = [write(0.3, names[0], "old")]
        for i in range(14):
            node, at_s = rng.choice(majority), 1.1 + 0.1 * i
            asks.append(rng.choice([read(at_s, node), write(at_s, node, f"{node}{i}")]))
        # Who has missed everything writes first, or is asked by the others first.
        late = [write(4.3 if seed % 2 else 6.2, others[0], "late"), read(6.8, majority[0])]
        asks += [*late, *(read(4.7 + 0.3 * i, node) for i, node in enumerate([*majority, *others][:4]))]
        trace, ops = played(t, names, asks, 8.0, faults, QUICK, seed)
        answered(t, trace, ops)
        one_register(t, trace, ops)


def _make_minority(rng: random.Random) -> Schedule:
    count = rng.randint(3, 5)
    cut_off = sorted(rng.sample(NAMES[:count], rng.randint(1, count // 2)))
    return [[count, "".join(cut_off), rng.randint(1, 10**6)]]


@register(
    "cap_register.cp_refusal",
    title=N_("Rule 3: where no majority can be reached a call is refused in time, and has no effect, ever"),
    examples=[[[3, "A", 1]], [[5, "BC", 2]], [[4, "AD", 3]]],
    generate=_make_minority,
    hidden=5,
)
def cp_refusal(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, which of them are cut off from 0.8 s to 5 s, and a seed.
    Half of the messages come twice."""
    for count, cut_off, seed in schedule or [[3, "A", 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        asks = [write(0.3, names[-1], "old")]
        for i in range(6):
            node, at_s = rng.choice(cut_off), 1.2 + 0.15 * i
            asks.append(write(at_s, node, f"{node}{i}") if i % 2 else read(at_s, node))
        during = len(asks)
        asks += [read(5.5, cut_off[-1]), write(6.0, cut_off[0], "new")]
        asks += [read(6.5 + 0.3 * i, node) for i, node in enumerate(names)]
        network = Network(Uniform(0.005, 0.02), duplicate=0.5)
        trace, ops = played(t, names, asks, 9.0, partition(apart(names, cut_off), 0.8, 5.0), network, seed)
        answered(t, trace, [ops[0], *ops[during:]])
        refused(t, trace, ops[1:during])
        one_register(t, trace, ops)


@register(
    "cap_register.cp_begun",
    title=N_("Rule 4: a write that has begun is not refused: it goes on, and is answered when a majority is back"),
    examples=[[[3, 5]], [[3, 15]], [[3, 25]], [[3, 35]], [[5, 15]], [[5, 25]], [[5, 35]]],
    generate=lambda rng: [[rng.randint(3, 5), rng.randint(1, 60)]],
    hidden=5,
)
def cp_begun(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and how many milliseconds after the write at A it is that A
    is cut off, until 5 s. Each message takes 10 ms."""
    for count, cut_ms in schedule or [[3, 25]]:
        names = NAMES[:count]
        asks = [write(0.3, "B", "old"), write(1.0, "A", "begun")]
        asks += [read(2.0, "C"), read(3.5, "B"), *(read(7.5 + 0.2 * i, node) for i, node in enumerate(names))]
        trace, ops = played(t, names, asks, 10.0, partition(apart(names, "A"), 1.0 + cut_ms / 1000, 5.0))
        begun = ops[1]
        answered(t, trace, [ops[0], *ops[2:]])
        if begun.kind == "refuse" and begun.back_s > begun.at_s + REFUSE_MAX_S + SLACK_S:
            refused(t, trace, [begun])
        one_register(t, trace, ops)
        if begun.kind != "refuse":
            answered(t, trace, [begun], REFUSE_MAX_S, 5.0)


@register(
    "cap_register.cp_reads",
    title=N_("Rule 1: what a read has seen, no later read may miss, however little of the write has arrived"),
    examples=[[["writer", 3, 1]], [["third", 5, 1]], [["late", 3, 2]], [["seldom", 3, 3]]],
    generate=lambda rng: [
        [rng.choice(["writer", "third", "late", "seldom"]), rng.choice([3, 5]), rng.randint(1, 10**6)]
    ],
    hidden=5,
)
def cp_reads(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run a story, how many nodes there are, and a seed. Then all is well, and every node is
    asked."""
    for story, count, seed in schedule or [["writer", 3, 1]]:
        names = NAMES[: 3 if story == "late" else count]
        asks, faults = _stories(story, names, random.Random(seed))
        asks += [read(7.5 + 0.3 * i, node) for i, node in enumerate(names)]
        trace, ops = played(t, names, asks, 10.0, faults, seed=seed)
        answered(t, trace, [ops[0], *ops[-len(names) :]])
        one_register(t, trace, ops)


def _stories(story: str, names: str, rng: random.Random) -> tuple[list[Ask], list[Faults]]:
    """Calls and faults. The write at A has got to one node; a read sees it, and the next one comes at a node that has
    heard nothing. In "late" it is the write itself that is late."""
    last = rng.choice(names[2:] if len(names) == 3 else names[3:])
    asks = [write(0.3, last, "old"), write(1.0, "A", "new")]
    if story == "writer":  # nobody but A itself has it
        faults = [partition(apart(names, "A"), 1.025, 1.045), partition(apart(names, "A"), 1.095, 4.0)]
        return [*asks, read(1.05, "A"), read(1.1, last)], faults
    if story == "third":  # B alone has it
        faults = [cut("A", name, 1.015) for name in names if name not in "AB"]
        faults.append(partition(apart(names, "AB" if len(names) > 3 else "B"), 1.075, 4.0))
        return [*asks, read(1.05, "B"), read(1.2, last)], faults
    if story == "late":  # what A sends to C comes when B's value is there, which A does not get; then B is down
        faults = [delay("A", "C", 1, 0.6), delay("A", "C", 2, 0.6), cut("B", "A", 1.09), heal(1.7)]
        faults += [crash("B", 1.8), restart("B", 6.0)]
        return [write(1.0, "A", "old"), write(1.1, "B", "new"), read(2.2, "C"), read(3.5, "A")], faults
    # Now and then a message gets through.
    return [*asks, *(read(1.1 + 0.1 * i, rng.choice(names)) for i in range(16))], [loss(0.6, 1.0), loss(0.0, 4.0)]


@register(
    "cap_register.cp_retry",
    title=N_("Rules 3 and 5: lost messages cost no call: the node asks again, and is patient for 1 s"),
    examples=[[[3, 0, 0.4]], [[5, 15, 0.4]], [[4, 25, 0.05]]],
    generate=lambda rng: [[rng.randint(3, 5), rng.randint(0, 40), round(rng.uniform(0.02, 0.45), 2)]],
    hidden=4,
)
def cp_retry(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, how many milliseconds after the calls nothing gets through
    any more, and for how many seconds."""
    for count, after_ms, off_s in schedule or [[3, 0, 0.4]]:
        names, off_from_s = NAMES[:count], 1.0 + after_ms / 1000 - 1e-4
        asks = [write(0.3, "B", "old"), write(1.0, "A", "new"), read(1.0, "B"), read(1.0, "C", "y")]
        asks += [read(4.0, "C")]
        faults = partition([[name] for name in names], off_from_s, off_from_s + off_s)
        trace, ops = played(t, names, asks, 6.0, faults)
        for op in ops:
            patient(t, trace, op)
        # Asked again in time, and the two rounds of 20 ms each.
        answered(t, trace, ops, after_ms / 1000 + off_s + RETRY_MAX_S + 2 * SLACK_S)
        one_register(t, trace, ops)


def _make_memory(rng: random.Random) -> Schedule:
    return [[rng.choice(["all", "one by one", "slow", "slow", "slow"]), rng.randint(3, 5), rng.randint(1, 10**6)]]


@register(
    "cap_register.cp_memory",
    title=N_("Rule 6: what a node has confirmed outlives its crash, and no answer to an earlier life is counted"),
    examples=[[["all", 3, 1]], [["one by one", 5, 2]], [["slow", 3, 3]], [["again", 3, 0]], [["begun", 3, 0]],
              [["stale read", 3, 0]], [["stale write", 3, 0]]],
    generate=_make_memory,
    hidden=6,
)
def cp_memory(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how nodes crash, how many there are, and a seed."""
    for how, count, seed in schedule or [["all", 3, 1]]:
        names = NAMES[:count]
        asks, faults, network = _crashes(how, names, random.Random(seed))
        asks += [read(16.0 + 0.5 * i, name, key) for i, name in enumerate(names) for key in "xy"]
        trace, ops = played(t, names, asks, 20.0, faults, network, seed)
        # Where messages are slower than the contract says, an answer is demanded of one write and one read only.
        last = [op for op in ops if op.at_s >= 16.0]
        for some in ([op for op in ops if op.call[0] == WRITE], last):
            if not any(op.kind == "reply" for op in some):
                answered(t, trace, some[:1])
        if how != "slow":
            answered(t, trace, last)
        one_register(t, trace, ops)


def _crashes(how: str, names: str, rng: random.Random) -> tuple[list[Ask], list[Faults], Network]:
    """Calls, faults and a network of one kind of crash."""
    asks = [write(0.3, "B", "y1", "y"), write(0.6, "A", "x1")]
    if how == "all":
        # A, which has written, is back later than the others.
        faults = [[crash(name, 2.0), restart(name, 6.0 if name == "A" else 2.5)] for name in names]
        asks += [read(2.8, "B"), read(3.1, "C", "y"), write(3.5, "C", "x2"), read(6.5, "A"), read(6.8, "A", "y")]
        return asks, faults, QUICK
    if how == "one by one":
        faults = [[crash(name, 2.0 + i), restart(name, 2.5 + i)] for i, name in enumerate(names)]
        return [*asks, *(read(2.7 + i, rng.choice(names)) for i in range(len(names)))], faults, QUICK
    if how == "again":  # A has kept what it was about to write, nobody else has; A writes again, and B reads twice
        faults = [partition(apart(names, "A"), 1.025), [crash("A", 1.03), restart("A", 1.2)], heal(1.3)]
        faults += [[crash("A", 3.0), restart("A", 5.0)]]
        asks += [write(1.0, "A", "lost"), write(1.5, "A", "kept"), read(2.0, "B"), read(3.5, "C"), read(6.0, "A")]
        return asks, faults, STEADY
    if how.startswith("stale"):  # C's answer to A's first life comes in its second one, after B has written
        call = read(1.5, "A") if how == "stale read" else write(1.5, "A", "mine")
        faults = [delay("C", "A", 1, 0.485), cut("A", "B", 0.9), cut("B", "A", 0.9), heal(2.2)]
        faults.append([crash("A", 1.05), restart("A", 1.2)])
        return [write(0.3, "B", "old"), read(1.0, "A"), write(1.3, "B", "new"), call, read(2.5, "C")], faults, STEADY
    if how == "begun":  # A crashes in the middle of a write that one node has
        faults = [[cut("A", name, 1.015) for name in names[2:]], [crash("A", 1.035), restart("A", 4.0)], heal(1.5)]
        return [*asks, write(1.0, "A", "half"), read(2.0, "C"), read(2.5, "B"), read(5.0, "A")], faults, STEADY
    faults, at_s = [], 1.0
    while at_s < 9.0:
        faults.append([crash("A", at_s), restart("A", at_s + 0.02)])
        asks.append(write(at_s + 0.03, "A", f"A{len(asks)}"))
        asks.append(read(at_s + rng.uniform(0.1, 0.8), rng.choice(names[1:])))
        at_s += rng.uniform(0.3, 1.5)
    return asks, faults, Network(Uniform(0.01, 0.2), duplicate=0.3)


LINEARIZABLE, NEW, WRITTEN = "linearizable", "the new value is read", "the write is answered"
CAUSAL = "causal convergence"
STATES_MAX, WALKS, WALK_STEPS_MAX = 5_000, 40, 60


def holds() -> list[Property]:
    return [always(LINEARIZABLE, lambda s: linearizable(s.history()).status != VIOLATED), *reached()]


def reached() -> list[Property]:
    """What must be possible, or nothing has been shown."""
    return [
        sometimes(NEW, lambda s: any(request.startswith(("bob", "cy")) and v == 1 for request, v in s.replies)),
        sometimes(WRITTEN, lambda s: any(request.startswith("ann") for request, _v in s.replies)),
    ]


def words() -> dict[str, str]:
    return {
        LINEARIZABLE: _("These answers are not those of one register: no order of the calls explains them."),
        NEW: _("In no order of messages is the value read that was written."),
        WRITTEN: _("In no order of messages is the write answered."),
        CAUSAL: _(
            "A node answers with a value that it had seen overwritten, or two nodes order two writes differently."
        ),
    }


# The first round of a write at A of three nodes, whatever its messages say: asked, B has heard, A has heard of B.
FIRST_ROUND = (("request", "ann", "A"), ("deliver", "A", "B"), ("deliver", "B", "A"))


def _searched(t: Trial, properties: Sequence[Property], prefix: Sequence[Plain], **how) -> Exploration:
    """Search from after the prefix; from the start, if the class cannot be led along it: messages are its own."""
    clients = [
        Client("ann", [(WRITE, "x", 1)], "A"),
        Client("bob", [(READ, "x")], "A B"),
        Client("cy", [(READ, "x")], "C"),
    ]
    nodes = dict.fromkeys("ABC", t.objects[0])
    how = {"clients": clients, "timers": 0, "history": True, **how}
    if prefix:
        try:
            return search(t, nodes, properties, words(), prefix=prefix, **how)
        except ValueError:
            pass
    return search(t, nodes, properties, words(), **how)


@register(
    "cap_register.cp_orders",
    title=N_("Rule 1 in every order of messages: a write and two reads at three nodes"),
    examples=[["every order"], [["walks", 1]]],
    generate=lambda rng: [["walks", rng.randint(1, 10**6)]],
    hidden=2,
)
def cp_orders(t: Trial, schedule: Schedule) -> None:
    """The schedule: "every order" after the first round of the write, or random ways from the start with a seed."""
    for step in schedule or [["walks", 1]]:
        if step == "every order":
            # Where a bound may stop the search, what must be possible may lie behind it.
            _searched(t, holds()[:1], FIRST_ROUND, bounds=Bounds(states_max=STATES_MAX))
        else:
            _searched(t, holds(), (), walks=WALKS, steps_max=WALK_STEPS_MAX, seed=step[1])


@register(
    "cap_register.cp_cost",
    title=N_("Rule 7: without failures a call costs at most 4(n − 1) messages"),
    examples=[[[3, 1]], [[5, 2]]],
    generate=_make_calls,
    hidden=2,
)
def cp_cost(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and a seed."""
    for count, seed in schedule or [[3, 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        asks: list[Ask] = []
        for i in range(8):
            node, at_s = rng.choice(names), 0.3 + 0.3 * i
            asks.append(write(at_s, node, f"{node}{i}") if i % 2 == 0 else read(at_s, node))
        trace, ops = played(t, names, asks, 8.0, network=QUICK, seed=seed)
        answered(t, trace, ops)
        one_register(t, trace, ops)
        sent = sum(event.node != event.other for event in trace.of("send"))
        most = 4 * (count - 1) * len(ops)
        if sent > most:
            wrong(t, trace, _("{sent} messages were sent for {n} calls; {most} are enough.", sent=sent, n=len(ops),
                              most=most))  # fmt: skip


def _make_storm(rng: random.Random) -> Schedule:
    return [[5, rng.randint(1, 10**6)]]


STORM_S, STORM_ENDS_S, STORM_CALLS = 12.0, 20.0, 6


def _storm(t: Trial, count: int, seed: int) -> tuple[Trace, list[Op]]:
    """Crashes, partitions, losses and doubles until STORM_S; clients at every node; and when all is well again, each
    node is asked for each key."""
    names, rng = NAMES[:count], random.Random(seed)
    faults = random_faults(seed, names, STORM_S, crashes=5, partitions=4, repair_s=(0.5, 2.5))
    asks = []
    for name in names:
        for i in range(STORM_CALLS):
            at_s, key = rng.uniform(0.1, STORM_S), rng.choice("xxy")
            asks.append(rng.choice([read(at_s, name, key), write(at_s, name, f"{name}{i}", key)]))
    asks.append(write(0.05, rng.choice(names), "first"))
    # No loss any more when the end is judged.
    calm = [loss(0.1, 0.0), loss(0.0, STORM_S), heal(STORM_S)]
    asks += [read(STORM_ENDS_S - 3.0 + 0.1 * i, name, key) for i, name in enumerate(names) for key in "xy"]
    network = Network(Uniform(0.005, 0.05), duplicate=0.1)
    return played(t, names, asks, STORM_ENDS_S, [faults, calm], network, seed)


@register(
    "cap_register.cp_storm",
    title=N_("Rules 1 to 6 under random crashes, partitions, losses and doubles"),
    examples=[[[5, 1]], [[3, 2]]],
    generate=_make_storm,
    hidden=5,
)
def cp_storm(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and a seed."""
    for count, seed in schedule or [[3, 1]]:
        trace, ops = _storm(t, count, seed)
        answered(t, trace, [op for op in ops if op.at_s >= STORM_ENDS_S - 3.1])
        one_register(t, trace, ops)


# AP


def _at_once(t: Trial, trace: Trace, op: Op) -> None:
    """Fail unless the call was answered by the handler that it reached."""
    if op.kind == "refuse":
        wrong(t, trace, _("{node} refuses {call}: it should answer every request.", node=op.node, call=op.text),
              op.index)  # fmt: skip
    if not op.kind or op.back_s > op.at_s:
        wrong(t, trace, _("{node} was asked for {call} at {at} s, and does not answer at once.", node=op.node,
                          call=op.text, at=op.at), _moment(trace, op.at_s))  # fmt: skip
    if op.call[0] == WRITE and op.value is not None:
        wrong(t, trace, _("{node} answers {call} with {result}; a write is answered with None.", node=op.node,
                          call=op.text, result=repr(op.value)), op.index)  # fmt: skip


def always_answered(t: Trial, trace: Trace, ops: Iterable[Op]) -> None:
    for op in ops:
        _at_once(t, trace, op)


def agreed(t: Trial, trace: Trace, ops: Sequence[Op], healed_s: float) -> dict[str, Plain]:
    """Fail unless these reads give one value for each key, one that was written; and that value for each key."""
    found: dict[str, Op] = {}
    for op in ops:
        one = found.setdefault(op.call[1], op)
        if not same(one.value, op.value):
            wrong(t, trace, _("{call}: {node} answers {result}, and {other} answers {value}, {seconds} s after "
                              "messages get through again.", call=op.text, node=one.node,
                              result=repr(one.value), other=op.node, value=repr(op.value),
                              seconds=number(op.at_s - healed_s, 1)), op.index)  # fmt: skip
    return {key: op.value for key, op in found.items()}


def later_wins(t: Trial, trace: Trace, ops: Sequence[Op], final: dict[str, Plain]) -> None:
    """Fail if a final value is one that a node had answered or written before it was asked for another write. Values
    differ from write to write."""
    for key, value in final.items():
        knew: set[str] = set()
        written = False
        for op in (op for op in ops if op.call[1] == key and op.kind == "reply"):
            writes = op.call[0] == WRITE
            written = written or writes
            if writes and op.node in knew and not same(op.call[2], value):
                wrong(t, trace, _("{node} knew {old} when it was asked at {at} s to write {new}; so {new} has the "
                                  "higher stamp, and in the end {old} stands there.", node=op.node, old=repr(value),
                                  new=repr(op.call[2]), at=op.at))  # fmt: skip
            if same(op.call[2] if writes else op.value, value):
                knew.add(op.node)
        if written and value is None:
            wrong(t, trace, _("Writes of {key} were acknowledged, and in the end nothing stands there.", key=key))


def _make_cuts(rng: random.Random) -> Schedule:
    count = rng.randint(2, 5)
    return [[count, "".join(sorted(rng.sample(NAMES[:count], rng.randint(1, count - 1)))), rng.randint(1, 10**6)]]


@register(
    "cap_register.ap_at_once",
    title=N_("Rule 8: every request is answered at once, in any partition"),
    examples=[[[3, "A", 1]], [[5, "BD", 2]], [[2, "A", 3]]],
    generate=_make_cuts,
    hidden=4,
)
def ap_at_once(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, which of them are cut off from 1 s to 3 s, and a seed. From
    3 s to 5 s everybody is alone, and must know what it has itself written."""
    for count, cut_off, seed in schedule or [[3, "A", 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        faults = [partition(apart(names, cut_off), 1.0), partition([[name] for name in names], 3.0, 5.0)]
        asks = []
        for i in range(20):
            node, at_s, key = rng.choice(names), 0.2 + 0.2 * i, rng.choice("xy")
            asks += [write(at_s, node, f"{node}{i}", key)] if i % 2 else [read(at_s, node, key)]
        asks += [ask for i, name in enumerate(names)
                 for ask in (write(4.3 + 0.1 * i, name, f"own {name}"), read(4.35 + 0.1 * i, name))]  # fmt: skip
        trace, ops = played(t, names, asks, 7.0, faults, QUICK, seed)
        always_answered(t, trace, ops)
        for name, op in zip(names, [op for op in ops if op.at_s > 4.29 and op.call[0] == READ], strict=True):
            says(t, trace, op, f"own {name}")


@register(
    "cap_register.ap_spreads",
    title=N_("Rules 9 and 12: a write goes to all at once, and whoever writes after it has heard of it wins"),
    examples=[[[3, 1]], [[5, 2]], [[2, 3]]],
    generate=lambda rng: [[rng.randint(2, 5), rng.randint(1, 10**6)]],
    hidden=4,
)
def ap_spreads(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and a seed. Nothing fails."""
    for count, seed in schedule or [[3, 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        asks, expected = [read(0.05, names[-1])], [None]
        for i in range(8):
            key, value, at_s = rng.choice("xy"), rng.choice([*ODD_VALUES, f"v{i}"]), 0.2 + 0.4 * i
            asks += [write(at_s, rng.choice(names), value, key), *(read(at_s + 0.05, name, key) for name in names)]
            expected += [value] * count
        trace, ops = played(t, names, asks, 5.0, network=QUICK, seed=seed)
        always_answered(t, trace, ops)
        for op, value in zip([op for op in ops if op.call[0] == READ], expected, strict=True):
            says(t, trace, op, value)


@register(
    "cap_register.ap_heals",
    title=N_("Rule 10: 2 s after messages get through again all nodes give the same answers, and nobody has to ask"),
    examples=[[[3, "A", 1]], [[5, "BD", 2]], [[2, "A", 3]]],
    generate=_make_cuts,
    hidden=5,
)
def ap_heals(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, which of them are cut off from 0.5 s to 4 s, and a seed."""
    for count, cut_off, seed in schedule or [[3, "A", 1]]:
        names, rng = NAMES[:count], random.Random(seed)
        rest = [name for name in names if name not in cut_off]
        asks = [write(0.2, names[0], "old")]
        for i in range(10):
            side = (cut_off, rest)[i % 2]
            asks.append(write(0.8 + 0.3 * i, rng.choice(side), f"v{i}"))
        asks += [write(1.0, cut_off[0], 0, "here"), write(1.0, rest[0], "there", "there")]
        end_s = 4.0 + CONVERGE_S
        asks += [read(end_s, name, key) for name in names for key in ("x", "here", "there")]
        trace, ops = played(t, names, asks, end_s + 1.0, partition(apart(names, cut_off), 0.5, 4.0), QUICK, seed)
        always_answered(t, trace, ops)
        last = [op for op in ops if op.at_s >= end_s]
        for op in last:
            if op.call[1] != "x":
                says(t, trace, op, 0 if op.call[1] == "here" else "there")
        later_wins(t, trace, ops, agreed(t, trace, last, 4.0))


@register(
    "cap_register.ap_relay",
    title=N_("Rule 10: what a node has heard it passes on, so that news outlive whoever brought them"),
    examples=[[["B", "A", "C"]], [["C", "B", "A"]]],
    generate=lambda rng: [rng.sample("ABCDE", rng.choice([3, 4]))],
    hidden=3,
)
def ap_relay(t: Trial, schedule: Schedule) -> None:
    """The schedule: chains of nodes. The first of a chain is asked to write, and then each one can talk to the next
    one alone, for 2 s."""
    for chain in schedule or [["B", "A", "C"]]:
        asks, faults, end_s = [write(0.5, chain[0], "news")], [], 2.0 * (len(chain) - 1)
        for i, pair in enumerate(pairwise(chain)):
            groups = [list(pair), *([name] for name in chain if name not in pair)]
            faults.append(partition(groups, 2.0 * i))
        faults.append(crash(chain[0], 2.0))
        asks.append(read(end_s, chain[-1]))
        trace, ops = played(t, sorted(chain), asks, end_s + 0.5, faults, QUICK)
        says(t, trace, ops[-1], "news")


def _make_writers(rng: random.Random) -> Schedule:
    count = rng.randint(2, 5)
    writers = rng.sample(NAMES[:count], rng.randint(2, count))
    if rng.random() < 0.5:
        return [["apart", count, [[name, rng.randint(1, 3)] for name in writers]]]
    return [["after", count, [writers[0], writers[1], rng.randint(1, 4)]]]


@register(
    "cap_register.ap_last_writer",
    title=N_(
        "Rules 11 and 12: the highest stamp wins: first by number, one above all that the node has seen, then by name"
    ),
    examples=[
        [["apart", 3, [["A", 2], ["B", 1]]]],
        [["apart", 3, [["A", 1], ["C", 1], ["B", 1]]]],
        [["after", 3, ["C", "A", 3]]],
        [["late", 2, []]],
    ],
    generate=_make_writers,
    hidden=5,
)
def ap_last_writer(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run a story, how many nodes there are, and who writes how often. "apart": all are alone.
    "after": one writes, and the other, who has heard of it, writes once, with a clock that is slow. "late": an old
    message comes at last."""
    for story, count, who in schedule or [["apart", 2, [["A", 2], ["B", 1]]]]:
        names = NAMES[:count]
        if story == "apart":
            writes = [[write(0.3 + 0.2 * i + 0.03 * place, name, f"{name}{i}") for i in range(times)]
                      for place, (name, times) in enumerate(who)]  # fmt: skip
            asks = [ask for one in writes for ask in one]
            name, times = max(who, key=lambda pair: (pair[1], pair[0])) if who else ("A", 0)
            expected = f"{name}{times - 1}"
            faults: list[Faults] = [partition([[name] for name in names], 0.0, 3.0)]
        elif story == "after":
            first, second, times = who
            asks = [write(0.3 + 0.1 * i, first, f"old {i}") for i in range(times)] + [write(2.0, second, "new")]
            expected, faults = "new", [skew(second, 0.0, -30.0), partition(apart(names, second), 1.5, 3.0)]
        else:
            asks, expected = [write(0.5, "A", "old"), write(0.8, "A", "new"), read(2.51, "B")], "new"
            faults = [delay("A", "B", 1, 2.0)]
        asks += [read(3.0 + CONVERGE_S, name) for name in names]
        trace, ops = played(t, names, asks, 6.0, faults)
        always_answered(t, trace, ops)
        for op in ops:
            if op.call[0] == READ:
                says(t, trace, op, expected)


@register(
    "cap_register.ap_memory",
    title=N_("Rule 13: what a node has acknowledged, or has heard of, outlives its crash"),
    examples=[[["own", "A"]], [["heard", "B"]], [["stamp", "A"]]],
    generate=lambda rng: [[rng.choice(["own", "heard", "stamp"]), rng.choice("ABC")]],
    hidden=4,
)
def ap_memory(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run what should be remembered, and by which of three nodes. It crashes at 1 s, or right
    after it has acknowledged a write, and is back at 2 s, alone until 3 s."""
    for what, node in schedule or [["own", "A"]]:
        names, other = "ABC", "ABC"[("ABC".index(node) + 1) % 3]
        alone = partition(apart(names, node), 0.0 if what == "own" else 0.9, 3.0)
        asks = [write(0.5, node if what == "own" else other, "kept"), write(0.45, other, "before")]
        crash_s = 0.5001 if what == "own" else 1.0
        asks += [write(0.46, other, f"more {i}") for i in range(3)] if what == "stamp" else []
        asks += [write(2.5, node, "new")] if what == "stamp" else [read(2.5, node)]
        asks += [read(3.0 + CONVERGE_S, name) for name in names]
        trace, ops = played(t, names, asks, 6.0, [alone, crash(node, crash_s), restart(node, 2.0)])
        always_answered(t, trace, ops)
        if what != "stamp":
            says(t, trace, next(op for op in ops if op.at_s == 2.5), "kept")
        last = [op for op in ops if op.at_s >= 3.0 + CONVERGE_S]
        agreed(t, trace, last, 3.0)
        if what == "stamp":
            says(t, trace, last[0], "new")


@register(
    "cap_register.ap_orders",
    title=N_("Rules 8, 11 and 12 in every order of messages: no node goes back, and all order the writes alike"),
    examples=[[1], [2]],
    generate=lambda rng: [rng.randint(1, 10**6)],
    hidden=2,
)
def ap_orders(t: Trial, schedule: Schedule) -> None:
    """The schedule: seeds of random ways through the orders of messages of three nodes, two of which are asked to
    write, and read."""
    for seed in schedule or [1]:
        clients = [
            Client("ann", [(WRITE, "x", 1), (WRITE, "x", 2)], "A"),
            Client("bob", [(WRITE, "x", 3), (READ, "x"), (READ, "x"), (READ, "x")], "B"),
            Client("cy", [(READ, "x"), (READ, "x"), (READ, "x")], "C"),
        ]
        how = {"clients": clients, "timers": 1, "history": True, "walks": WALKS, "steps_max": 40, "seed": seed}
        read_it = sometimes(NEW, lambda s: any(request.startswith("cy") and v is not None for request, v in s.replies))
        search(t, dict.fromkeys("ABC", t.objects[0]), [always(CAUSAL, _causal), read_it], words(), **how)


def _causal(s: Snapshot) -> bool:
    return causal_convergence(s.history()).status != VIOLATED


@register(
    "cap_register.ap_storm",
    title=N_("Rules 8 to 13 under random crashes, partitions, losses and doubles"),
    examples=[[[5, 1]], [[3, 2]]],
    generate=_make_storm,
    hidden=5,
)
def ap_storm(t: Trial, schedule: Schedule) -> None:
    """The schedule: for each run how many nodes there are, and a seed."""
    for count, seed in schedule or [[3, 1]]:
        trace, ops = _storm(t, count, seed)
        always_answered(t, trace, ops)
        final = agreed(t, trace, [op for op in ops if op.at_s >= STORM_ENDS_S - 3.1], STORM_S)
        later_wins(t, trace, ops, final)
