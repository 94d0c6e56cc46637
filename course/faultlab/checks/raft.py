"""What an implementation of Raft must show (exercise 3.5, task 1).

The contract stands in the assignment: three classes, each of which is the one before it and more, or one for all.
A check takes the class of its step, runs three to five nodes of it in the judge's network, and asks one promise.

1. Searches try every order of events, within a budget, from the start or from a staged situation
   (`models/raft_stages.py`): what is rare in a run is as near as anything else here. Runs have times, losses, crashes
   and clients: they show what a search cannot, that things come to pass, and in what time.
2. Each check asks for its own promise, and is silent about the others. But a node that has no leader, or whose handler
   raises, keeps no promise at all.
3. A promise never to do something is paired with something that must happen. Whoever does nothing passes no check.
4. A step of a schedule is (name of a situation, order of the nodes) or (name of a run, seed). Grading adds other orders
   and other seeds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from faultlab.checks import raft_view, runs
from faultlab.checks.core import Failed, Schedule, Trial, register
from faultlab.checks.nodes import Remote, RemoteNode
from faultlab.checks.raft_situations import SITUATIONS, STORIES, Situation
from faultlab.checks.raft_view import ELECTION, RAFT, REPLICATION, Reader, frozen, in_form, promises
from faultlab.i18n import N_, _, number
from faultlab.models import raft_properties as promised
from faultlab.models import raft_stages as stages
from faultlab.models.raft import CANDIDATE, FOLLOWER, LEADER
from faultlab.sim.explore import Budget, Cluster
from faultlab.sim.faults import Schedule as Faults
from faultlab.sim.faults import crash, partition, random_faults, restart
from faultlab.sim.history import linearizable
from faultlab.sim.latency import Uniform
from faultlab.sim.node import NOTE, REPLY, Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import VIOLATED, NodeView, Property, Snapshot, always, eventually, sometimes
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.search import Bounds
from faultlab.sim.trace import Trace

NAMES = "ABCDE"
LATENCY = Uniform(0.005, 0.015)
# On a network that loses nothing, with a majority up: rule 4 of the assignment.
LEADER_WITHIN_S = 2.0
# Rules 3 and 4.
TIMEOUT_S, HEARTBEAT_S = (0.15, 0.3), 0.05
LOOK_EVERY_S = 0.1
# Where a run or a search is ended that would not end by itself; right ones stay far below.
HANDLERS_MAX = 8_000
QUESTION = ("request_vote", 1, 0, 0)
BOUNDS = Bounds(states_max=40_000, seconds_max=40.0)


# Searches, stories


def explored(
    t: Trial,
    situation: str,
    order: str,
    properties: Iterable[Property],
    words: Mapping[str, str] | None = None,
) -> None:
    """Search from a situation; the trial fails with what is found, or if the nodes cannot be led there.

    `order` says in which order the nodes are known to each other; whoever has its letters has the part in the script.
    """
    chosen = SITUATIONS[situation]
    names = [name for name in order if name in NAMES[: chosen.nodes]]
    how = {"bounds": BOUNDS, **(_staged(t, chosen, names) if chosen.stage else chosen.how)}
    try:
        runs.search(t, dict.fromkeys(names, t.objects[0]), properties, words or {}, **how)
    except Failed:
        # What never happens has no schedule: the card plays the way to where the search began.
        if t.trace is None and chosen.stage:
            t.keep(_way(t, names, how))
        raise


def _way(t: Trial, names: Sequence[str], how: Mapping[str, Any]) -> Trace:
    behind = Remote(t.subject, t.objects[0])
    steppers = dict.fromkeys(names, behind)
    budget = Budget(losses=stages.PLENTY, crashes=stages.PLENTY)
    cluster = Cluster(dict.fromkeys(names, Node), budget=budget, clients=how["clients"], steppers=steppers)
    return cluster.trace(how["prefix"], _("where the search begins"))


def _staged(t: Trial, situation: Situation, names: Sequence[str]) -> dict[str, Any]:
    behind = Remote(t.subject, t.objects[0])
    try:
        stage = situation.stage(dict.fromkeys(names, Node), steppers=dict.fromkeys(names, behind))
    except stages.Stuck as stuck:
        _not_led(t, stuck)
    return stage.then(**situation.how)


def _not_led(t: Trial, stuck: stages.Stuck) -> None:
    runs.sound(t, stuck.trace)
    runs.wrong(
        t,
        stuck.trace,
        _(
            "Nodes that keep the rules can be led into the situation of this check. Yours stop on the way ({what}).",
            what=stuck,
        ),
    )


def told(t: Trial, step: str, name: str, order: str) -> tuple[Trace, Trace]:
    """A story: its trace, and the same with its fields in form."""
    script, clients = STORIES[name]
    names = [name for name in order if name in NAMES[:3]]
    behind = Remote(t.subject, t.objects[0])
    try:
        trace = stages.story(dict.fromkeys(names, Node), script, clients, steppers=dict.fromkeys(names, behind))
    except stages.Stuck as stuck:
        _not_led(t, stuck)
    return trace, in_form(t, Reader(step), runs.sound(t, trace))


def orders(rng: random.Random, *situations: str) -> Schedule:
    """Each of these situations, with the nodes in another order."""
    return [[situation, "".join(rng.sample(NAMES, len(NAMES)))] for situation in situations]


def shown(*situations: str) -> list[Schedule]:
    """One example for each."""
    return [[[situation, NAMES]] for situation in situations]


def _united(step: str) -> tuple[list[Property], dict[str, str]]:
    reader, united = Reader(step), promised.united()

    def all_follow(s: Snapshot) -> bool:
        read = reader.snapshot(s)
        return not isinstance(read, str) and united.predicate(read) is True

    told = _(
        "One election timer ran out, and no message was lost. At the end one node should lead, and all others "
        "follow it."
    )
    return [reader.form(), eventually(united.name, all_follow)], {united.name: told}


def _happens(reader: Reader, name: str, predicate: Callable[[Snapshot], bool]) -> Property:
    def happened(s: Snapshot) -> bool:
        read = reader.snapshot(s)
        return not isinstance(read, str) and predicate(read)

    return sometimes(name, happened)


# Runs

Look = Callable[[Mapping[str, NodeView], Trace], bool]
Reached = tuple[Callable[[Snapshot], bool], str]


def ran(
    t: Trial,
    step: str,
    seed: int | str,
    until_s: float,
    nodes: int = 5,
    rough: bool = False,
    faults: Faults = (),
    clients: Iterable[Client] = (),
    latency: Uniform = LATENCY,
    done: Look | None = None,
    made_by: Factory | None = None,
) -> tuple[Trace, Trace]:
    """One run: the trace, and the same with its fields in form. A rough network loses and repeats a message in twenty.

    It ends at `until_s`, or as soon as `done`, asked every `LOOK_EVERY_S`, says of the nodes that are up and of the
    trace that there is nothing left to see. `made_by` makes the nodes, if they are not simply of the learner's class.
    """
    rate = 0.05 if rough else 0.0
    network = Network(latency, loss=rate, duplicate=rate)
    scenario = Scenario(until_s, seed=seed, network=network, faults=faults, clients=clients, events_max=HANDLERS_MAX)
    world, reader = t.world(dict.fromkeys(NAMES[:nodes], made_by or t.objects[0]), scenario), Reader(step)
    trace = world.run(until_s if done is None else 0.0).trace()
    while trace.end_s < until_s and not trace.of("error", "end"):
        trace = world.run(min(trace.end_s + LOOK_EVERY_S, until_s)).trace()
        if done is not None and done(_up(reader, trace), trace):
            break
    return trace, in_form(t, reader, runs.sound(t, trace))


def _up(reader: Reader, trace: Trace) -> dict[str, NodeView]:
    """The nodes that are up at the end of a trace, as far as their fields are in form."""
    last = trace.state(len(trace) - 1)
    views = {name: NodeView(name, fields, {}, True) for name, fields in last.items() if "role" in fields}
    read = {name: reader.read(view) for name, view in views.items()}
    return {name: view for name, view in read.items() if isinstance(view, NodeView)}


def _one_leads(up: Mapping[str, NodeView], _trace: Trace) -> bool:
    """Is there one leader whom all that are up follow?"""
    leaders = {view.leader for view in up.values()}
    return len(leaders) == 1 and any(view.role == LEADER and view.name in leaders for view in up.values())


def led(t: Trial, trace: Trace, formed: Trace, after_s: float = 0.0) -> None:
    """The trial fails unless somebody leads in time, counted from `after_s` on (rule 4)."""
    due_s = after_s + LEADER_WITHIN_S
    if any(at_s <= due_s for at_s, _term, _name in promised.elections(formed, after_s)):
        return
    if any(fields.get("role") == LEADER for fields in formed.at(due_s).values()):
        return
    said = _("Until {at} s no node has been elected, with a majority up and a network that works.", at=number(due_s, 2))
    runs.wrong(t, trace, said, trace.index_at(due_s))


def writers(seed: int, names: Sequence[str], count: int, calls: int, **more: Any) -> list[Client]:
    """Clients that write, read and compare two registers, each with values that nobody else writes."""
    found = []
    for place in range(count):
        draw = Random(f"{seed}/{place}")
        asked: list[Plain] = []
        for i in range(calls):
            key, value = draw.choice("xy"), 1000 * place + i
            expected = draw.choice([None, 1000 * draw.randrange(count) + max(0, i - 1)])
            asked.append(draw.choice([("write", key, value), ("read", key), ("cas", key, expected, value)]))
        to = draw.sample(list(names), len(names))
        options = {"pause_s": 0.15, "timeout_s": 0.3, "retry": place > 0} | more
        found.append(Client(f"c{place}", asked, to=to, **options))
    return found


def consistent(t: Trial, trace: Trace, answers: int) -> None:
    """The trial fails unless so many calls were answered, and the clients' history is linearizable."""
    history = trace.history()
    answered = sum(not o.pending and not o.failed for o in history)
    if answered < answers:
        runs.wrong(t, trace, _("Only {n} calls of the clients were answered.", n=answered))
    try:
        verdict = linearizable(history)
    except ValueError as error:
        runs.wrong(t, trace, _("A client got an answer that is none: {error}.", error=error))
    if verdict.status != VIOLATED:
        return
    bad = history[verdict.operations[0]] if verdict.operations else None
    if bad is None or bad.returned_s is None:
        runs.wrong(t, trace, _("The clients' history is not linearizable."))
    said = _(
        "{client} asked for {call}, and got {result}. No order of the calls explains this answer.",
        client=bad.client,
        call=bad.call,
        result=repr(bad.result),
    )
    runs.wrong(t, trace, said, trace.index_at(bad.returned_s))


def seeded(name: str) -> Callable[[random.Random], Schedule]:
    """A generator of one run."""
    return lambda rng: [[name, rng.randrange(10**6)]]


def _by_step(step: str) -> Callable[[Callable[[Trial, str, Any], None]], Callable[[Trial, Schedule], None]]:
    """A check whose steps are judged one by one. A schedule without any asks for the least: a leader."""

    def check_of(play: Callable[[Trial, str, Any], None]) -> Callable[[Trial, Schedule], None]:
        def run(t: Trial, schedule: Schedule) -> None:
            if not schedule:
                explored(t, "one timeout", NAMES, *_united(step))
            for name, value in schedule:
                play(t, name, value)

        return run

    return check_of


def _searched(t: Trial, step: str, situation: str, order: str, promise: str, reach: Reached | None = None) -> None:
    """Search for a breach of a promise. `reach` is what must be possible meanwhile, and what to say if it is not."""
    reader = Reader(step)
    wanted = [] if reach is None else [_happens(reader, "reached", reach[0])]
    explored(t, situation, order, [*promises(reader, promise), *wanted], {} if reach is None else {"reached": reach[1]})


def _leads_above(term: int) -> Reached:
    """Somebody leads in a term above this one."""
    said = _("In this situation a node should win an election, in some order of events. Nobody ever does.")
    return lambda s: any(node.role == LEADER and node.term > term for node in s.up), said


def _commits(index: int) -> Reached:
    """Somebody has committed so far."""
    said = _("In this situation entry {index} should be committed, in some order of events. It never is.", index=index)
    return lambda s: any(node.commit_index >= index for node in s.up), said


def _all_hold_entries(count: int) -> Reached:
    """All logs are so long."""
    said = _(
        "In this situation every log should come to hold {n} entries, in some order of events. That never happens.",
        n=count,
    )
    return lambda s: all(len(node.log) >= count for node in s.up), said


# Step 1: elections


@register(
    "raft.candidate",
    title=N_("Rule 3: a node whose election timer runs out begins a new term, votes for itself and asks all others"),
    examples=shown("start"),
    generate=lambda rng: orders(rng, "start"),
    hidden=1,
)
@_by_step(ELECTION)
def candidate(t: Trial, situation: str, order: str) -> None:
    reader = Reader(ELECTION)

    def begun(s: Snapshot) -> bool | str:
        read = reader.snapshot(s)
        return True if isinstance(read, str) else _as_it_should(read)

    reach = _happens(reader, "a candidate", lambda s: any(node.role == CANDIDATE for node in s.up))
    words = {reach.name: _("The election timer of a node runs out, and the node is no candidate.")}
    explored(t, situation, order, [reader.form(), always("begins a term", begun), reach], words)


def _as_it_should(s: Snapshot) -> bool | str:
    """At the start, and after one timer has run out."""
    for node in s.up:
        fields = (node.role, node.term, node.voted_for, node.leader)
        if node.role != CANDIDATE:
            if fields != (FOLLOWER, 0, None, None):
                return _(
                    "{node} has just started. It should be a follower in term 0, with no vote and no leader.",
                    node=node.name,
                )
            continue
        if fields[1:3] != (1, node.name):
            return _(
                "{node} is a candidate in term {term} with the vote {vote}. It should be in term 1, and have voted "
                "for itself.",
                node=node.name,
                term=node.term,
                vote=repr(node.voted_for),
            )
        asked = {target: frozen(message) for source, target, message in s.flying if source == node.name}
        for other in s.nodes:
            if other != node.name and asked.get(other) != QUESTION:
                return _(
                    "{node} is a candidate. It should have sent {question} to {other}, and has sent {sent}.",
                    node=node.name,
                    other=other,
                    question=QUESTION,
                    sent=repr(asked.get(other)),
                )
    return True


@register(
    "raft.elected",
    title=N_("Rules 4 and 5: a majority of votes makes the leader, and all others follow it"),
    examples=[*shown("one timeout"), [["two are down", 1]]],
    generate=lambda rng: [*orders(rng, "one timeout"), ["two are down", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(ELECTION)
def all_follow(t: Trial, name: str, value: Any) -> None:
    if name in SITUATIONS:
        explored(t, name, value, *_united(ELECTION))
        return
    faults = [crash(node, 0.0) for node in Random(value).sample(NAMES, 2)]
    led(t, *ran(t, ELECTION, value, LEADER_WITHIN_S + 0.1, faults=faults, done=_one_leads))


SAFE_ELECTIONS = ("two timeouts", "rivals", "four nodes", "old votes", "votes that come twice")


@register(
    "raft.election_safety",
    title=N_("Rules 2 to 4: in one term there is at most one leader"),
    examples=shown(*SAFE_ELECTIONS),
    generate=lambda rng: orders(rng, *SAFE_ELECTIONS),
    hidden=1,
)
@_by_step(ELECTION)
def election_safety(t: Trial, situation: str, order: str) -> None:
    _searched(t, ELECTION, situation, order, promised.ELECTION_SAFETY, _leads_above(0))


@register(
    "raft.vote_kept",
    title=N_("Rule 6: term and vote survive a crash"),
    examples=shown("a leader restarts", "rivals and a crash"),
    generate=lambda rng: orders(rng, "a leader restarts", "rivals and a crash"),
    hidden=1,
)
@_by_step(ELECTION)
def vote_kept(t: Trial, name: str, order: str) -> None:
    if name in SITUATIONS:
        _searched(t, ELECTION, name, order, promised.ELECTION_SAFETY, _leads_above(0))
    else:
        trace, formed = told(t, ELECTION, name, order)
        raft_view.hold(t, formed, trace, (promised.ONE_VOTE, promised.TERMS_GROW, promised.ELECTION_SAFETY))


OF_TERMS = (promised.ONE_VOTE, promised.TERMS_GROW, promised.TERMS_EXCHANGED)


@register(
    "raft.terms",
    title=N_("Rule 2: every message carries its sender's term; a higher term is adopted, and terms never go down"),
    examples=shown("an old question", "an old leader"),
    generate=lambda rng: [*orders(rng, "an old question", "an old leader"), ["faults", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(ELECTION)
def terms(t: Trial, name: str, value: Any) -> None:
    if name in STORIES:
        trace, formed = told(t, ELECTION, name, value)
    else:
        faults = random_faults(value, NAMES, 3.0, crashes=3, partitions=4, repair_s=(0.3, 0.8), calm_s=0.3)
        trace, formed = ran(t, ELECTION, value, 3.0, rough=True, faults=faults)
    raft_view.hold(t, formed, trace, OF_TERMS)
    _no_leader_yet(t, trace, formed)
    if not any(fields.get("term") for fields in formed.state(len(formed) - 1).values()):
        runs.wrong(t, trace, _("In {seconds} s nobody has begun a term.", seconds=number(trace.end_s, 1)))


def _no_leader_yet(t: Trial, trace: Trace, formed: Trace) -> None:
    """The trial fails if a node keeps its leader into a higher term that it has from anybody but a leader."""
    sent: dict[int, Any] = {}
    known: dict[str, dict[str, Plain]] = {name: {} for name in formed.nodes}
    for event, (_at_s, kind, node, other, message, detail) in enumerate(formed.rows):
        if kind in ("send", "duplicate"):
            sent[message] = detail if kind == "send" else sent[detail]
        if not node:
            continue
        before = known[node].get("term", 0)
        known[node] = fields = known[node] | formed.changes.get(event, {})
        if kind != "deliver" or sent[message][0] == "append_entries" or sent[message][1] <= before:
            continue
        if fields.get("leader") is not None:
            said = _(
                "{node} has adopted a higher term from a message of {other}. It should know no leader in it yet, and "
                "takes {leader} for it.",
                node=node,
                other=other,
                leader=fields["leader"],
            )
            runs.wrong(t, trace, said, event)


@register(
    "raft.split_vote",
    title=N_("Rules 3 and 5: a candidate yields to the leader of its term; where votes are split, a new term decides"),
    examples=shown("rivals", "tie"),
    generate=lambda rng: orders(rng, "rivals", "tie"),
    hidden=1,
)
@_by_step(ELECTION)
def split_vote(t: Trial, situation: str, order: str) -> None:
    properties, words = _united(ELECTION)
    said = _(
        "After a split vote one more election timer ran out (if nobody had won), and no message was lost. At the end "
        "one node should lead, and all others follow it."
    )
    explored(t, situation, order, properties, dict.fromkeys(words, said))


@register(
    "raft.stable",
    title=N_("Rules 3 to 5: timeouts are random, a leader that is heard stays, and one that is gone is replaced"),
    examples=[*shown("deposed"), [["calm", 1]]],
    generate=lambda rng: [*orders(rng, "deposed"), ["calm", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(ELECTION)
def stable(t: Trial, name: str, value: Any) -> None:
    if name not in SITUATIONS:
        _stays(t, value)
        return
    reader = Reader(ELECTION)
    again = _happens(reader, "A leads again", lambda s: s["A"].up and s["A"].role == LEADER and s["A"].term > 2)
    said = _(
        "A has led, and has heard of a higher term. The others are B, which is down, and C. A's election timer "
        "should be set, and C should vote for A."
    )
    explored(t, name, value, [reader.form(), again], {again.name: said})


def _stays(t: Trial, seed: int) -> None:
    """Two of five crash, one of them the leader if there is one by then; then nothing more goes wrong."""
    crash_s, watched_s = 0.5, 1.0
    down, since = Random(seed).sample(NAMES, 2), [0.0]

    def stayed(up: Mapping[str, NodeView], trace: Trace) -> bool:
        if not since[0] and trace.end_s > crash_s + 0.4 and _one_leads(up, trace):
            since[0] = trace.end_s
        return bool(since[0]) and trace.end_s > since[0] + watched_s

    faults = [crash(node, crash_s) for node in down]
    trace, formed = ran(t, ELECTION, seed, crash_s + 0.4 + LEADER_WITHIN_S + watched_s, faults=faults, done=stayed)
    led(t, trace, formed, crash_s)
    late = promised.elections(formed, since[0] or crash_s + LEADER_WITHIN_S)
    if late:
        at_s, term, name = late[0]
        said = _(
            "At {at} s {node} is elected in term {term}. Nothing has gone wrong for {seconds} s: whoever leads "
            "should stay.",
            at=number(at_s, 2),
            node=name,
            term=term,
            seconds=number(at_s - crash_s, 1),
        )
        runs.wrong(t, trace, said, trace.index_at(at_s))
    if since[0]:
        _beats(t, trace, formed, since[0])
    _draws(t, trace, formed)


def _beats(t: Trial, trace: Trace, formed: Trace, since_s: float) -> None:
    """The trial fails unless whoever leads from `since_s` on, with nothing to tell, sends about so many heartbeats."""
    leader = next(name for name, fields in formed.at(since_s).items() if fields.get("role") == LEADER)
    due = (trace.end_s - since_s) / HEARTBEAT_S
    for other in (name for name in trace.nodes if name != leader):
        sent = sum(row[1:4] == ("send", leader, other) and row[0] > since_s for row in trace.rows)
        if not 0.8 * due <= sent <= 1.2 * due:
            said = _(
                "{node} leads, and nothing goes wrong. In {seconds} s it should send {due} heartbeats to {other}, and "
                "sends {n} messages.",
                node=leader,
                seconds=number(trace.end_s - since_s, 1),
                due=round(due),
                other=other,
                n=sent,
            )
            runs.wrong(t, trace, said)


def _draws(t: Trial, trace: Trace, formed: Trace) -> None:
    """The trial fails if an election timer is set to anything but what is drawn evenly from the range of rule 3."""
    (least_s, most_s), drawn, roles = TIMEOUT_S, [], dict.fromkeys(formed.nodes, FOLLOWER)
    for event, row in enumerate(formed.rows):
        roles[row[2]] = formed.changes.get(event, {}).get("role", roles.get(row[2]))
        due_s = trace.timers.get(event, {}).get("election")
        if due_s is None or roles[row[2]] == LEADER:
            continue
        drawn.append(due_s - row[0])
        if not least_s - 1e-6 <= drawn[-1] <= most_s + 1e-6:
            said = _(
                "{node} sets its election timer to {wait} s. It should be between {least} and {most} s.",
                node=row[2],
                wait=number(drawn[-1], 3),
                least=number(least_s, 2),
                most=number(most_s, 2),
            )
            runs.wrong(t, trace, said, event)
    # Of 60 even draws none is in a given third of the range once in 10 to the power of 10.
    thirds = {min(2, int(3 * (wait - least_s) / (most_s - least_s))) for wait in drawn}
    if len(drawn) >= 60 and (len(thirds) < 3 or len({round(wait, 6) for wait in drawn}) < 20):
        said = _(
            "The election timers were set {n} times, and the lengths are not spread over {least} to {most} s.",
            n=len(drawn),
            least=number(least_s, 2),
            most=number(most_s, 2),
        )
        runs.wrong(t, trace, said)


# Step 2: the log

# What stands in the log when A leads in term 1 and Ann has asked it.
ENTRY = (1, ("ann.1", ("write", "x", 1)))


@register(
    "raft.replicated",
    title=N_("Rules 7 to 9 and 11: an entry gets into every log, is committed, and everybody hears of it"),
    examples=shown("a call on its way", "two of five are down", "a leader"),
    generate=lambda rng: orders(rng, "five nodes", "two of five are down", "a leader"),
    hidden=1,
)
@_by_step(REPLICATION)
def replicated(t: Trial, situation: str, order: str) -> None:
    reader = Reader(REPLICATION)

    def stands(s: Snapshot) -> bool:
        read = reader.snapshot(s)
        if isinstance(read, str):
            return False
        # Its entry and nothing else: rule 7.
        return read["A"].commit_index == 1 and all(node.log == (ENTRY,) for node in read.up)

    known = _happens(reader, "known", lambda s: all(node.commit_index == 1 for node in s.nodes.values()))
    words = {
        "stands": _(
            "A leads, a client has asked it, and no message was lost. At the end every node that is up should hold "
            "this entry and no other, and A should have committed it."
        ),
        known.name: _(
            "A client has asked the leader, and the leader sends a heartbeat after that. The commit_index of all "
            "nodes should become 1, and never does."
        ),
    }
    asked = known if situation == "a leader" else eventually("stands", stands)
    explored(t, situation, order, [reader.form(), asked], words)


# Each with the number of entries that every log can come to hold.
MATCHING = {"two calls": 2, "stale leader": 2, "third leader": 3}


@register(
    "raft.log_matching",
    title=N_("Rule 8: logs that agree in the term of an entry agree in everything before it"),
    examples=shown(*MATCHING),
    generate=lambda rng: orders(rng, *MATCHING),
    hidden=1,
)
@_by_step(REPLICATION)
def log_matching(t: Trial, situation: str, order: str) -> None:
    reached = _all_hold_entries(MATCHING[situation])
    _searched(t, REPLICATION, situation, order, promised.LOG_MATCHING, reached)


def _something(t: Trial, trace: Trace, formed: Trace) -> None:
    if not any(fields.get("log") for fields in formed.state(len(formed) - 1).values()):
        runs.wrong(t, trace, _("In {seconds} s no entry got into any log.", seconds=number(trace.end_s, 1)))


# Each with the highest term in which anybody has led so far.
UP_TO_DATE = {"stale leader": 2, "rejoin": 1, "a leader": 1}


@register(
    "raft.up_to_date",
    title=N_("Rule 10: only a node whose log holds all that is committed can be elected"),
    examples=shown(*UP_TO_DATE),
    generate=lambda rng: orders(rng, "stale leader", "rejoin"),
    hidden=1,
)
@_by_step(REPLICATION)
def up_to_date(t: Trial, situation: str, order: str) -> None:
    _searched(t, REPLICATION, situation, order, promised.LEADER_COMPLETENESS, _leads_above(UP_TO_DATE[situation]))


# Each with an index that can be committed.
DURABLE = {"two calls": 2, "five nodes": 1, "old answers": 2, "stale leader": 2, "behind": 2}


@register(
    "raft.durability",
    title=N_("Rules 6, 8, 9 and 11: what a node holds for committed is on the disks of a majority"),
    examples=shown(*DURABLE),
    generate=lambda rng: orders(rng, *DURABLE),
    hidden=1,
)
@_by_step(REPLICATION)
def durability(t: Trial, situation: str, order: str) -> None:
    _searched(t, REPLICATION, situation, order, promised.DURABILITY, _commits(DURABLE[situation]))


@register(
    "raft.figure_8",
    title=N_("Rule 9: an entry of an older term is never committed by counting (Figure 8 of the paper)"),
    examples=shown("Figure 8", "an old entry"),
    generate=lambda rng: orders(rng, "Figure 8", "an old entry"),
    hidden=1,
)
@_by_step(REPLICATION)
def figure_8(t: Trial, situation: str, order: str) -> None:
    if situation == "an old entry":
        _searched(t, REPLICATION, situation, order, promised.LEADER_COMPLETENESS, _commits(2))
    else:
        _searched(t, REPLICATION, situation, order, promised.LEADER_COMPLETENESS)


@register(
    "raft.append_only",
    title=N_("Rule 7: a leader never removes or changes an entry of its own log"),
    examples=shown("a leader is refused"),
    generate=lambda rng: [*orders(rng, "a leader is refused"), ["faults", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(REPLICATION)
def append_only(t: Trial, name: str, value: Any) -> None:
    if name in STORIES:
        trace, formed = told(t, REPLICATION, name, value)
        raft_view.hold(t, formed, trace, (promised.LEADER_APPEND_ONLY,))
    else:
        _torn(t, value)


def _torn(t: Trial, seed: int) -> None:
    """Five nodes that are cut apart again and again, and clients on all sides."""
    until_s = 2.8
    calls = [[("write", "x", 100 * i + k) for k in range(9)] for i in range(2)]
    clients = [
        Client(f"c{i}", asked, to=list(NAMES[i:] + NAMES[:i]), start_s=0.5, pause_s=0.05, timeout_s=0.15)
        for i, asked in enumerate(calls)
    ]
    faults = random_faults(seed, NAMES, until_s, crashes=2, partitions=4, repair_s=(0.3, 0.7), calm_s=0.3)
    trace, formed = ran(t, REPLICATION, seed, until_s, faults=faults, clients=clients, rough=True)
    raft_view.hold(t, formed, trace, (promised.LEADER_APPEND_ONLY,))
    _something(t, trace, formed)


@register(
    "raft.catch_up",
    title=N_("Rules 8 and 11: a node that has missed entries, or lost its disk, gets them all"),
    examples=[[["cut off", 1]], [["empty disk", 1]]],
    generate=lambda rng: [[rng.choice(["cut off", "empty disk"]), rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(REPLICATION)
def catch_up(t: Trial, name: str, seed: int) -> None:
    if name == "cut off":
        _cut_off(t, seed)
    else:
        _empty_disk(t, seed)


def _cut_off(t: Trial, seed: int) -> None:
    """Three nodes. Each is cut off in its turn while entries come in; afterwards all logs must become the same."""
    names, healed_s = NAMES[:3], 1.6
    order = Random(seed).sample(names, 3)
    cuts = [_apart(names, name, 0.7 + 0.3 * i, 1.0 + 0.3 * i) for i, name in enumerate(order)]
    early = _asker("early", "x", names, 0.4, 14)
    # In the term of the last leader there must be something to commit.
    late = _asker("late", "y", names, healed_s + 0.4, 16)
    end_s = healed_s + 0.4 + LEADER_WITHIN_S + 1.5
    trace, formed = ran(
        t, REPLICATION, seed, end_s, 3, faults=cuts, clients=[early, late], done=_all_hold("late", healed_s + 0.4)
    )
    _all_the_same(t, trace, formed)


def _apart(names: str, name: str, from_s: float, until_s: float) -> Faults:
    """This node hears nobody, and nobody hears it."""
    return partition([[name], [other for other in names if other != name]], from_s, until_s)


def _asker(name: str, key: str, names: str, start_s: float, calls: int) -> Client:
    """A client that expects no answers: it asks one node after the other."""
    asked = [("write", key, i) for i in range(calls)]
    return Client(name, asked, to=list(names), start_s=start_s, pause_s=0.03, timeout_s=0.1)


def _all_hold(client: str, after_s: float) -> Look:
    """Do all nodes hold and have all committed the same entries, some of this client among them?"""

    def look(up: Mapping[str, NodeView], trace: Trace) -> bool:
        logs = {view.log for view in up.values()}
        if trace.end_s < after_s or len(up) < len(trace.nodes) or len(logs) != 1:
            return False
        log = logs.pop()
        late = any(command is not None and command[0].startswith(client) for _term, command in log)
        return late and all(view.commit_index == len(log) for view in up.values())

    return look


def _empty_disk(t: Trial, seed: int) -> None:
    """Five nodes. A follower comes back with nothing while the leader goes on: it must be filled again."""
    client = _asker("ann", "x", NAMES, 0.5, 20)
    _trace, before = ran(t, REPLICATION, seed, LEADER_WITHIN_S + 1.0, clients=[client], done=_all_hold("ann", 0.7))
    _all_the_same(t, _trace, before)
    at_s = before.end_s
    follower = Random(seed).choice([n for n, fields in before.at(at_s).items() if fields["role"] != LEADER])
    back_s = at_s + 0.05
    faults = [crash(follower, at_s), restart(follower, back_s, disk=False)]
    trace, formed = ran(
        t, REPLICATION, seed, at_s + 1.0, faults=faults, clients=[client], done=_all_hold("ann", back_s + 0.01)
    )
    _all_the_same(t, trace, formed)


def _all_the_same(t: Trial, trace: Trace, formed: Trace) -> None:
    _something(t, trace, formed)
    states = formed.state(len(formed) - 1)
    longest = max((fields.get("log", ()) for fields in states.values()), key=len)
    for name, fields in states.items():
        if fields.get("log") != longest or fields["commit_index"] != len(longest):
            said = _(
                "At the end all nodes have heard each other for long. {node} should hold {n} entries and have "
                "committed them; it holds {held}, of which {same} are right, and its commit_index is {index}.",
                node=name,
                n=len(longest),
                held=len(fields["log"]),
                same=promised.agreed(fields["log"], longest),
                index=fields["commit_index"],
            )
            runs.wrong(t, trace, said)


# Step 3: the state machine and its clients


@register(
    "raft.answers",
    title=N_("Rules 12 and 13: a call is answered with its result, and all nodes carry it out"),
    examples=[[["one client", 1]]],
    generate=seeded("one client"),
    hidden=1,
)
@_by_step(RAFT)
def answers(t: Trial, _name: str, seed: int) -> None:
    """One client, whose calls are answered in their order. Then all nodes restart, and it reads once more."""
    calls, due = _calls_and_answers(seed)
    names, back_s = Random(seed).sample(NAMES[:3], 3), 2.0
    first = Client("ann", calls[:-2], to=names, start_s=0.4, pause_s=0.02, timeout_s=0.3, retry=True)
    then = Client("bob", calls[-2:], to=names, start_s=back_s + 0.3, pause_s=0.02, timeout_s=0.3, retry=True)
    requests = [f"ann.{i + 1}" for i in range(len(calls) - 2)] + ["bob.1", "bob.2"]
    faults = [[crash(name, back_s - 0.1), restart(name, back_s)] for name in names]

    def answered(up: Mapping[str, NodeView], trace: Trace) -> bool:
        return len(trace.of("reply")) == len(calls) and all(view.last_applied >= len(calls) for view in up.values())

    end_s = back_s + 0.3 + LEADER_WITHIN_S + 0.5
    trace, formed = ran(t, RAFT, seed, end_s, 3, faults=faults, clients=[first, then], done=answered)
    got = _replies(trace)
    for request, call, result in zip(requests, calls, due, strict=True):
        _answered(t, trace, got, request, call, result)
    for name, fields in formed.state(len(formed) - 1).items():
        if fields["last_applied"] < len(calls):
            said = _(
                "At the end {node} has applied {n} entries, of {held}.",
                node=name,
                n=fields["last_applied"],
                held=len(fields["log"]),
            )
            runs.wrong(t, trace, said)


Replies = Mapping[str, tuple[int, Plain]]


def _replies(trace: Trace) -> Replies:
    """Of each request that was answered: the event at which, the last time, and the answer."""
    return {row[5][0]: (event, row[5][1]) for event, row in enumerate(trace.rows) if row[1] == "reply"}


def _answered(t: Trial, trace: Trace, got: Replies, request: str, call: Plain, result: Plain) -> None:
    """The trial fails unless this request was answered with this result."""
    if request not in got:
        runs.wrong(t, trace, _("{call} was never answered.", call=call))
    event, answer = got[request]
    if type(answer) is not type(result) or answer != result:
        said = _(
            "{call} should be answered with {result}, and was answered with {answer}.",
            call=call,
            result=repr(result),
            answer=repr(answer),
        )
        runs.wrong(t, trace, said, event)


def _calls_and_answers(seed: int) -> tuple[list[Plain], list[Plain]]:
    """Calls one after the other, with the answers that they must have; the last two read both registers."""
    draw, calls, due = Random(seed), [], []
    registers: dict[str, Plain] = {}
    for i in range(6):
        key = draw.choice("xy")
        found = registers.get(key)
        expected = draw.choice([found, 99])
        call = ("write", key, i) if i < 2 else draw.choice([("read", key), ("cas", key, expected, i)])
        done = call[0] == "write" or (call[0] == "cas" and expected == found)
        registers[key] = i if done else found
        due.append({"write": None, "read": found, "cas": done}[call[0]])
        calls.append(call)
    for key in "xy":
        calls.append(("read", key))
        due.append(registers.get(key))
    return calls, due


@register(
    "raft.applied",
    title=N_("Rules 6 and 12: all nodes apply the same entries in the same order, after a restart too"),
    examples=shown("a call on its way", "an entry that was given up"),
    generate=lambda rng: [*orders(rng, "an entry that was given up"), ["restarts", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(RAFT)
def applied(t: Trial, name: str, value: Any) -> None:
    if name in SITUATIONS:
        done = _happens(Reader(RAFT), "applied", lambda s: s["A"].last_applied == 1)
        words = {
            done.name: _("A client has asked the leader, and no message was lost. The leader never applies the entry.")
        }
        explored(t, name, value, [*promises(Reader(RAFT), promised.STATE_MACHINE_SAFETY), done], words)
        return
    trace, formed = told(t, RAFT, name, value) if name in STORIES else _restarted(t, value)
    raft_view.hold(t, formed, trace, (promised.STATE_MACHINE_SAFETY,))
    if not any(fields.get("last_applied") for fields in formed.state(len(formed) - 1).values()):
        runs.wrong(t, trace, _("At the end nobody has applied anything."))


def _restarted(t: Trial, seed: int) -> tuple[Trace, Trace]:
    """Three nodes under load. One is cut off, then all crash, one after the other, and come back with their disks."""
    names, back_s = NAMES[:3], 1.6
    lone = Random(seed).choice(names)
    faults = [[crash(name, 1.2 + 0.01 * i), restart(name, back_s)] for i, name in enumerate(names)]
    clients = writers(seed, names, 2, 9, start_s=0.4, pause_s=0.08)
    # In the term of the leader after the restart there must be something to commit.
    late = [("write", "z", i) for i in range(20)]
    clients.append(Client("late", late, to=list(names), start_s=back_s + 0.2, pause_s=0.05, timeout_s=0.2, retry=True))

    def again(up: Mapping[str, NodeView], trace: Trace) -> bool:
        return trace.end_s > back_s + 0.1 and all(view.last_applied > 2 for view in up.values())

    end_s = back_s + LEADER_WITHIN_S + 0.5
    cuts = _apart(names, lone, 0.9, back_s)
    return ran(t, RAFT, seed, end_s, 3, faults=[*faults, *cuts], clients=clients, done=again)


@register(
    "raft.refusals",
    title=N_("Rules 13 and 14: only a leader takes calls, and a call that is refused is never applied"),
    examples=shown("calls", "succession"),
    generate=lambda rng: orders(rng, "calls", "succession"),
    hidden=1,
)
@_by_step(RAFT)
def refusals(t: Trial, situation: str, order: str) -> None:
    def named(s: Snapshot) -> bool | str:
        settled = situation == "calls" and all(node.get("term") == 1 for node in s.nodes.values())
        for kind, request, because in s.told:
            if kind == "refuse" and not (because == "A" if settled else because is None or because in s.nodes):
                wanted = _("A, whom all nodes follow") if settled else _("the name of a node, or None")
                return _(
                    "Call {request} was refused with {because}. It should be {wanted}.",
                    request=request,
                    because=repr(because),
                    wanted=wanted,
                )
        return True

    reader = Reader(RAFT)
    refused = _happens(reader, "refused", lambda s: any(entry[0] == "refuse" for entry in s.told))
    words = {refused.name: _("A node that does not lead is asked by a client, and never refuses.")}
    kept = promises(reader, promised.REFUSED_NOT_DONE)
    explored(t, situation, order, [*kept, always("named", named), refused], words)


@register(
    "raft.early_answers",
    title=N_("Rule 13: what has been answered is on the disks of a majority"),
    examples=shown("a call on its way", "two calls"),
    generate=lambda rng: orders(rng, "two calls", "five nodes"),
    hidden=1,
)
@_by_step(RAFT)
def early_answers(t: Trial, situation: str, order: str) -> None:
    answered = _happens(Reader(RAFT), "answered", lambda s: bool(s.replies))
    words = {answered.name: _("A client has asked the leader, and is never answered.")}
    explored(t, situation, order, [*promises(Reader(RAFT), promised.DURABILITY), answered], words)


SLOW = Uniform(0.02, 0.04)
# Why a client asks again.
AGAIN = ("impatient", "answers are lost", "the leader is lost")


@register(
    "raft.sessions",
    title=N_("Rule 15: a call that is asked several times is carried out once, and answered"),
    examples=[[[name, 1]] for name in AGAIN],
    generate=lambda rng: [[name, rng.randrange(10**6)] for name in AGAIN],
    hidden=1,
)
@_by_step(RAFT)
def sessions(t: Trial, name: str, seed: int) -> None:
    {"impatient": _impatient, "answers are lost": _answers_lost, "the leader is lost": _leader_lost}[name](t, seed)


def _impatient(t: Trial, seed: int) -> None:
    """One client puts 0 and asks again before an answer can be there, two others put 1 in place of 0. If they succeed
    more often than there were zeros, one was put twice."""
    names = NAMES[:3]
    zeros = Client(
        "c0", [("write", "x", 0)] * 3, to=list(names), start_s=0.7, retry=True, pause_s=0.004, timeout_s=0.012
    )
    ones = [
        Client(f"c{i}", [("cas", "x", 0, 1)] * 9, to=list(names), start_s=0.7, retry=True, pause_s=0.002, timeout_s=0.3)
        for i in (1, 2)
    ]

    def over(_up: Mapping[str, NodeView], trace: Trace) -> bool:
        return sum(row[1] == "reply" and row[3] == "c0" for row in trace.rows) == 3 and trace.end_s > 1.2

    trace, _formed = ran(t, RAFT, seed, 3.0, 3, clients=[zeros, *ones], latency=SLOW, done=over)
    consistent(t, trace, 1)


class _Unheard(RemoteNode):
    """A learner's node whose first answer to each call gets lost on the way to the client; `lost` holds the calls."""

    __slots__ = ("_lost",)

    def __init__(self, behind: Remote, lost: set[str]) -> None:
        super().__init__(behind)
        self._lost = lost

    def _run(self, ctx: Context, *event: Plain) -> None:
        super()._run(ctx, *event)
        for place, effect in enumerate(ctx.effects):
            if effect[0] == REPLY and effect[1] not in self._lost:
                self._lost.add(effect[1])
                ctx.effects[place] = (NOTE, _("The answer to {request} is lost.", request=effect[1]))


def _answers_lost(t: Trial, seed: int) -> None:
    """The first answer to every call is lost, wherever it comes from. The client asks again, and must be answered."""
    calls, due = _calls_and_answers(seed)
    names, behind = Random(seed).sample(NAMES[:3], 3), Remote(t.subject, t.objects[0])
    ann = Client("ann", calls, to=names, start_s=0.4, pause_s=0.02, timeout_s=0.1, retry=True)
    lost: set[str] = set()
    trace, _formed = ran(
        t,
        RAFT,
        seed,
        LEADER_WITHIN_S + 4.0,
        3,
        clients=[ann],
        done=lambda _up, trace: f"ann.{len(calls)}" in _replies(trace),
        made_by=lambda: _Unheard(behind, lost),
    )
    got = _replies(trace)
    for request, call, result in zip([f"ann.{i + 1}" for i in range(len(calls))], calls, due, strict=True):
        if request not in got and request in lost:
            runs.wrong(
                t,
                trace,
                _("The answer to {call} was lost. The client asked again, and was not answered.", call=call),
            )
        _answered(t, trace, got, request, call, result)


def _leader_lost(t: Trial, seed: int) -> None:
    """A leader crashes when the others hold an entry that it has not committed yet. The client asks them again."""
    even = Uniform(0.01, 0.01)
    before, formed = ran(t, RAFT, seed, LEADER_WITHIN_S + LOOK_EVERY_S, 3, latency=even, done=_one_leads)
    led(t, before, formed)
    asked_s, names = before.end_s, NAMES[:3]
    leads = [name for name, fields in formed.at(asked_s).items() if fields["role"] == LEADER]
    order = [*leads, *(name for name in names if name not in leads)]
    ann = Client("ann", [("write", "x", 1)], to=order, start_s=asked_s, timeout_s=0.1, retry=True)
    # The entry is with the others after 10 ms, their answers are back after 20.
    crash_s = asked_s + 0.015
    trace, _formed = ran(
        t,
        RAFT,
        seed,
        crash_s + LEADER_WITHIN_S + 0.5,
        3,
        faults=[crash(order[0], crash_s)],
        clients=[ann],
        latency=even,
        done=lambda _up, trace: bool(trace.of("reply")),
    )
    if not trace.of("reply"):
        said = _(
            "The leader {node} has crashed, and the call that it had put into its log stands in those of the others. "
            "The client asks them again, and is not answered until {at} s.",
            node=order[0],
            at=number(trace.end_s, 2),
        )
        runs.wrong(t, trace, said, trace.index_at(crash_s))


@register(
    "raft.reads",
    title=N_("Rule 13: reads go through the log too, and no node answers with an old value"),
    examples=shown("an old leader is asked"),
    generate=lambda rng: [*orders(rng, "an old leader is asked"), ["cut off", rng.randrange(10**6)]],
    hidden=1,
)
@_by_step(RAFT)
def reads(t: Trial, name: str, value: Any) -> None:
    if name in STORIES:
        trace, _formed = told(t, RAFT, name, value)
        consistent(t, trace, 2)
        return
    # Every node is cut off in its turn, with a client at its side that goes on reading.
    names = NAMES[:3]
    cuts = [_apart(names, one, 0.8 + 0.5 * i, 1.2 + 0.5 * i) for i, one in enumerate(Random(value).sample(names, 3))]
    clients = [
        Client(f"at {one}", [("read", "x")] * 9, to=one, start_s=0.7, pause_s=0.1, timeout_s=0.1) for one in names
    ]
    writes = [("write", "x", i) for i in range(12)]
    clients.append(Client("writer", writes, to=list(names), start_s=0.5, pause_s=0.1, timeout_s=0.15, retry=True))
    trace, _formed = ran(t, RAFT, value, 2.3, 3, faults=cuts, clients=clients)
    consistent(t, trace, 1)


EVERYTHING = (
    promised.ELECTION_SAFETY,
    promised.LOG_MATCHING,
    promised.LEADER_COMPLETENESS,
    promised.STATE_MACHINE_SAFETY,
    promised.DURABILITY,
    promised.LEADER_APPEND_ONLY,
    promised.ONE_VOTE,
    promised.TERMS_GROW,
    promised.TERMS_EXCHANGED,
)


@register(
    "raft.faults",
    title=N_("All rules: five nodes, crashes, partitions, lost and repeated messages"),
    examples=[[["faults", 1]]],
    generate=seeded("faults"),
    hidden=1,
)
@_by_step(RAFT)
def faults(t: Trial, _name: str, seed: int) -> None:
    until_s = 3.6
    chosen = random_faults(seed, NAMES, until_s, crashes=4, partitions=3, pauses=1, repair_s=(0.3, 0.7), calm_s=1.4)
    clients = writers(seed, NAMES, 2, 8, start_s=0.4)
    trace, formed = ran(t, RAFT, seed, until_s, rough=True, faults=chosen, clients=clients)
    raft_view.hold(t, formed, trace, EVERYTHING)
    consistent(t, trace, 1)


@register(
    "raft.recovery",
    title=N_("Rules 4 and 16: when a majority can talk again, clients are served again within two seconds"),
    examples=[[["calm", 1]]],
    generate=seeded("calm"),
    hidden=1,
)
@_by_step(RAFT)
def recovery(t: Trial, _name: str, seed: int) -> None:
    """Faults, and then calm: two of five are down for good, everything else works."""
    calm_s = 2.0
    end_s = calm_s + LEADER_WITHIN_S + 0.2
    chosen = random_faults(seed, NAMES, end_s, crashes=3, partitions=3, repair_s=(0.3, 0.9), calm_s=end_s - calm_s)
    down = [crash(name, calm_s + 0.001) for name in Random(seed).sample(NAMES, 2)]
    clients = [
        Client(
            f"c{i}",
            [("write", "x", 100 * i + k) for k in range(20)],
            to=list(NAMES[i:] + NAMES[:i]),
            start_s=0.5,
            pause_s=0.25,
            timeout_s=0.25,
            retry=True,
        )
        for i in range(2)
    ]

    def served(_up: Mapping[str, NodeView], trace: Trace) -> bool:
        return any(row[1] == "reply" and row[0] > calm_s + 0.3 for row in trace.rows)

    trace, formed = ran(t, RAFT, seed, end_s, faults=[*chosen, *down], clients=clients, done=served)
    if promised.served_s(formed, calm_s) > calm_s + LEADER_WITHIN_S:
        said = _(
            "From {calm} s on a majority is up and can talk. Until {end} s no leader has committed an entry.",
            calm=number(calm_s, 1),
            end=number(calm_s + LEADER_WITHIN_S, 1),
        )
        runs.wrong(t, trace, said, trace.index_at(calm_s + LEADER_WITHIN_S))
