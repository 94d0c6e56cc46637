"""Multi-Paxos: one phase 1 for all slots, holes that a new leader fills, the same cost as Raft's, and what each rule is
for."""

from functools import partial
from random import Random

import pytest

from faultlab.models import multi_paxos as mp
from faultlab.models.multi_paxos import (
    CANDIDATE,
    FOLLOWER,
    HOLE,
    LEADER,
    MultiPaxos,
    chosen_is_held,
    compare,
    measure,
    one_command,
    one_proposal,
    progress,
    safety,
)
from faultlab.models.paxos import STEADY, messages
from faultlab.models.raft import Raft
from faultlab.sim.explore import explore
from faultlab.sim.faults import crash, drop, partition, random_faults, restart
from faultlab.sim.history import linearizable
from faultlab.sim.latency import Uniform
from faultlab.sim.properties import VIOLATED, NodeView, Snapshot, judge
from faultlab.sim.scenario import Client, Network
from faultlab.sim.world import simulate

SERVERS = mp.SERVERS
WRITE_X, WRITE_Y = ("c1.1", ("write", "x", 1)), ("c2.1", ("write", "y", 2))


def sent(trace, *names):
    return [e for e in trace.of("send") if e.detail[0] in names]


def final(trace):
    return trace.state(len(trace) - 1)


def led_by_a(kind=MultiPaxos, names="ABC"):
    """A leads first, then B, then C: their timeouts say so."""
    return {name: partial(kind, (t, t)) for name, t in zip(names, (0.1, 0.2, 0.4, 0.8, 1.6), strict=False)}


def ask(*calls, to="A", start_s=0.2, name="c1", **more):
    return Client(name, calls, to=to, start_s=start_s, pause_s=0.0, **more)


# What it costs


def test_a_command_costs_multi_paxos_and_raft_the_same_messages_and_one_round_trip():
    for name, costs in compare((3, 5, 7), 20).items():
        for cost in costs:
            assert cost.per_command == 2 * (cost.servers - 1), name
            assert cost.round_trips == pytest.approx(1), name
            assert cost.to_lead == 2 * (cost.servers - 1), name
            assert len(cost.names) == 2 and set(cost.names.values()) == {20 * (cost.servers - 1)}


def test_a_decision_of_single_decree_paxos_costs_two_phases():
    """There the proposer is nobody's acceptor: 4n messages, and two round trips for each value."""
    assert messages(3) == 12 > measure(MultiPaxos, 3).per_command + measure(MultiPaxos, 3).to_lead


def test_phase_1_is_run_once_for_all_commands():
    calls = [("write", "x", i) for i in range(30)]
    trace = simulate(led_by_a(), 2, network=STEADY, clients=[ask(*calls)])
    assert len(sent(trace, "prepare")) == 2 and len(sent(trace, "accept")) == 60
    assert len(trace.of("reply")) == 30


def test_what_cannot_be_measured_is_said_in_one_line():
    with pytest.raises(ValueError, match="heartbeats"):
        measure(Raft, 3, commands=200)
    with pytest.raises(ValueError, match="heartbeat of 1 s"):
        MultiPaxos((0.1, 0.2), heartbeat_s=1)


# Slots, holes, and a new leader


def test_slots_are_chosen_in_any_order_and_applied_in_theirs():
    """The accepts of slot 1 are lost, slot 2 is chosen at once: both clients wait until slot 1 was sent again."""
    lost = [drop("A", peer, 4) for peer in "BC"]
    asking = [ask(("write", "x", 1)), ask(("write", "y", 2), name="c2")]
    trace = simulate(led_by_a(), 1, network=STEADY, faults=lost, clients=asking)
    chosen = [
        (e, i) for i, e in enumerate(trace) if "chosen" in trace.changes.get(i, {}) and e.node == "A" and e.at_s > 0
    ]
    (first, at), *_rest = chosen
    assert first.at_s == pytest.approx(0.22) and trace.state(at)["A"]["chosen"] == {2: WRITE_Y}
    assert trace.state(at)["A"]["applied"] == 0
    told = trace.of("reply")
    assert [e.detail[0] for e in told] == ["c1.1", "c2.1"] and told[0].at_s == told[1].at_s > 0.25


def test_a_new_leader_fills_the_hole_and_proposes_what_was_reported():
    trace = HOLE.run()
    state = final(trace)
    assert state["B"]["role"] == LEADER and state["C"]["chosen"] == {1: None, 2: WRITE_Y} == state["B"]["chosen"]
    assert state["A"]["disk.accepted"][1] == ((1, "A"), WRITE_X), "its own acceptance alone makes no majority"
    assert [e.detail[0] for e in trace.of("reply")] == ["c2.1"]
    mine = [e.detail for e in sent(trace, "accept") if e.node == "B" and e.other == "C"]
    assert mine == [("accept", (2, "B"), 1, None, 0), ("accept", (2, "B"), 2, WRITE_Y, 0)]


def test_when_the_old_leader_comes_back_it_learns_what_was_chosen_without_it():
    scenario = HOLE.scenario.with_faults(restart("A", 0.7))
    trace = simulate(HOLE.nodes, 1.5, network=STEADY, faults=scenario.faults, clients=scenario.clients)
    assert final(trace)["A"]["chosen"] == {1: None, 2: WRITE_Y} and final(trace)["A"]["role"] == FOLLOWER
    assert sent(trace, "ask") and sent(trace, "tell")
    assert final(trace)["A"]["machine"] == final(trace)["B"]["machine"]


def test_what_one_server_alone_has_accepted_may_be_proposed_again():
    """B had slot 1 too: then the new leader must propose it, for it may be chosen."""
    faults = [f for f in HOLE.scenario.faults if f.other != "B"]
    trace = simulate(HOLE.nodes, 1.5, network=STEADY, faults=faults, clients=HOLE.scenario.clients)
    assert final(trace)["C"]["chosen"] == {1: WRITE_X, 2: WRITE_Y}


def test_a_leader_that_was_cut_off_has_chosen_nothing_and_follows_when_it_is_back():
    calls = [ask(("write", "x", 1), start_s=0.5), ask(("write", "x", 2), name="c2", to="B", start_s=0.6)]
    cut = partition("A | B C", 0.3, 0.9)
    trace = simulate(led_by_a(), 2, network=STEADY, faults=cut, clients=calls)
    assert {n: f["role"] for n, f in final(trace).items()} == {"A": FOLLOWER, "B": LEADER, "C": FOLLOWER}
    assert [e.detail[0] for e in trace.of("reply")] == ["c2.1"], "what A alone accepted was never chosen"
    assert final(trace)["A"]["machine"]["registers"] == {"x": 2}


def test_a_candidate_begins_above_the_round_that_a_nack_names():
    asked = [restart("A", 2.5), crash("A", 0.3), *partition("C | A B", 0.3, 3.0)]
    trace = simulate(led_by_a(), 6, network=STEADY, faults=asked)
    rounds = {f["ballot"][0] for i, f in trace.changes.items() if "ballot" in f}
    assert max(rounds) > 3 and sent(trace, "nack") and [f["role"] for f in final(trace).values()].count(LEADER) == 1


def test_a_follower_refuses_and_names_the_leader_and_a_candidate_knows_of_none():
    trace = simulate(led_by_a(), 0.5, network=STEADY, clients=[ask(("read", "x"), to="B A", retry=True)])
    assert trace.of("refuse")[0].detail == ("c1.1", "A") and len(trace.of("reply")) == 1
    alone = simulate(led_by_a(), 0.5, network=STEADY, faults=partition("A | B | C", 0.0), clients=[ask(("read", "x"))])
    assert alone.of("refuse")[0].detail == ("c1.1", None) and final(alone)["A"]["role"] == CANDIDATE


def test_a_server_alone_is_its_own_majority():
    trace = simulate({"A": MultiPaxos}, 1, clients=[ask(("write", "x", 1), ("read", "x"), start_s=0.5)])
    assert [e.detail[1] for e in trace.of("reply")] == [None, 1] and not trace.of("send")


def test_a_request_that_comes_twice_is_carried_out_once():
    retry = ask(("cas", "x", None, 1), ("read", "x"), timeout_s=0.025, retry=True)
    slow = [drop(peer, "A", 2) for peer in "BC"]
    trace = simulate(led_by_a(), 2, network=STEADY, faults=slow, clients=[retry])
    assert {e.detail[1] for e in trace.of("reply") if e.detail[0] == "c1.1"} == {True}
    assert list(final(trace)["A"]["chosen"].values()).count(("c1.1", ("cas", "x", None, 1))) > 1


# Whatever happens


# A opens a ballot and leads, and everybody has heard of it.
A_LEADS = (
    ("timer", "A", "election"),
    *(("deliver", "A", peer, "prepare") for peer in "BC"),
    *(("deliver", peer, "A", "promise") for peer in "BC"),
    *(("deliver", "A", peer, "heartbeat") for peer in "BC"),
)


def searched(kind, asked="A", timers=1, network="unordered", **options):
    """Every order of events from where A leads: clients ask these servers, and so many more timers run out."""
    return explore(
        dict.fromkeys("ABC", kind),
        [*safety(), *progress()],
        network=network,
        clients=[Client(f"c{i}", [("write", "x", i)], to=to) for i, to in enumerate(asked, 1)],
        prefix=A_LEADS,
        timers=timers + 1,
        audit=False,
        **options,
    )


def violated(result):
    return [f.name for f in result.findings if f.status == VIOLATED]


@pytest.mark.parametrize(
    ("asked", "timers", "network", "states"),
    [("A", 0, "unordered", 10), ("AA", 0, "unordered", 319), ("A", 1, "unordered", 13_914), ("A", 1, "fifo", 2_365)],
)
def test_a_slot_has_one_command_in_every_order_of_events(asked, timers, network, states):
    result = searched(MultiPaxos, asked, timers, network, stop_early=False)
    assert result.exhausted and result.ok and not result.suspicions, result
    assert result.states == states


@pytest.mark.parametrize("seed", range(25))
def test_after_random_faults_the_history_is_linearizable_and_all_logs_agree(seed):
    random = Random(seed)
    names = "ABCDE"[: 3 + 2 * (seed % 2)]
    faults = random_faults(seed, list(names), 3, crashes=4, partitions=2, pauses=1, calm_s=1.5)
    calls = [random.choice([("write", "x", i), ("read", "x"), ("cas", "x", i - 1, i)]) for i in range(24)]
    asking = [
        Client(f"c{k}", calls[k::3], to=list(names), start_s=0.3, pause_s=0.1, timeout_s=0.4, retry=True)
        for k in range(3)
    ]
    network = Network(Uniform(0.003, 0.02), loss=0.05, duplicate=0.05)
    trace = simulate(dict.fromkeys(names, MultiPaxos), 9, seed=seed, network=network, faults=faults, clients=asking)
    judged = judge(trace, [*safety(), *progress()])
    assert judged.violated == [] and linearizable(trace.history()).ok
    assert len({e.detail[0] for e in trace.of("reply")}) == 24
    logs = [f["chosen"] for f in final(trace).values()]
    assert all(log == logs[0] for log in logs)


# What the properties see


def view(name, **fields):
    return NodeView(name, fields, {}, True)


def test_two_commands_in_one_slot_are_seen_whoever_says_so():
    s = Snapshot({n.name: n for n in (view("A", chosen={1: "a"}), view("B", chosen={1: "b"}))}, [], [])
    assert "slot 1" in one_command(s)
    told = [("A", "B", ("accept", (1, "A"), 1, "a", 0)), ("A", "C", ("accept", (1, "A"), 1, "b", 0))]
    assert "two commands" in one_proposal(Snapshot({}, [], told))


def test_what_is_chosen_must_stand_on_a_majority():
    held = {1: ((1, "A"), "a")}
    nodes = [view("A", chosen={1: "a"}, accepted=held), view("B", accepted={}), view("C", accepted={})]
    assert "1 servers hold" in chosen_is_held(Snapshot({n.name: n for n in nodes}, [], []))
    nodes[1] = view("B", accepted={1: ((2, "B"), "a")})
    assert chosen_is_held(Snapshot({n.name: n for n in nodes}, [], [])) is True


# One rule left out at a time


class AdoptsNothing(MultiPaxos):
    """Rule 3: it begins with empty slots."""

    def highest_reported(self):
        return {}


class FillsHolesWithClients(MultiPaxos):
    """Rule 3: it begins behind the last slot, and what nobody reported stays a hole."""

    def lead(self, ctx):
        last = max(self.highest_reported(), default=self.applied)
        super().lead(ctx)
        for slot in [s for s, (ballot, command) in self.accepted.items() if command is None and ballot == self.ballot]:
            del self.accepted[slot]
            self.votes.pop(slot, None)
        self.next_slot = last + 1

    def propose(self, ctx, slot, command):
        if command is not None:
            super().propose(ctx, slot, command)


class AdoptsTheLowest(MultiPaxos):
    """Rule 3: of two reports for a slot it takes the older one."""

    def highest_reported(self):
        lowest = {}
        for reports in self.promises.values():
            for slot, told in reports.items():
                lowest[slot] = min(told, lowest.get(slot, told), key=lambda one: one[0])
        return lowest


class KnowsWhatItAccepted(MultiPaxos):
    """Rule 6: what it accepted in whatever ballot must be what is chosen."""

    def learn(self, ctx, ballot, chosen_to):
        for slot in range(self.applied + 1, chosen_to + 1):
            if slot in self.accepted:
                self.choose(ctx, slot, self.accepted[slot][1])


class AcceptsBelowItsPromise(MultiPaxos):
    def phase_2b(self, ctx, leader, ballot, slot, command, chosen_to):
        promised = self.promised
        self.promised = min(promised, ballot)
        super().phase_2b(ctx, leader, ballot, slot, command, chosen_to)
        self.promised = max(promised, ballot)
        self.save(ctx)


class AnswersBeforeItIsChosen(MultiPaxos):
    def propose(self, ctx, slot, command):
        super().propose(ctx, slot, command)
        self.choose(ctx, slot, command)


class WritesNothing(MultiPaxos):
    def save(self, ctx):
        pass


def succession(kind, faults=(), asking=()):
    """A leads, then B, then A again or C: what each has chosen, and was it right?"""
    trace = simulate(led_by_a(kind), 3, network=STEADY, faults=[*HOLE.scenario.faults, *faults], clients=asking)
    return judge(trace, safety()), final(trace)


TWO = HOLE.scenario.clients
MORE = (*TWO, ask(("write", "z", 3), name="c3", to="B C A", start_s=0.6, timeout_s=0.3, retry=True))
# x was accepted by A alone, and the others went on without it; then it meets a leader that has chosen something else.
BACK = [restart("A", 0.7)]


@pytest.mark.parametrize("kind", [MultiPaxos, AdoptsNothing, FillsHolesWithClients, KnowsWhatItAccepted])
def test_a_change_of_leaders_loses_nothing_that_was_chosen_only_with_rules_3_and_6(kind):
    judged, state = succession(kind, BACK, MORE)
    fine = not judged.violated and state["A"].get("chosen", {}).get(2) == WRITE_Y
    answered = {e.detail[0] for e in judged.of("reply")} >= {"c2.1", "c3.1"}
    assert (fine and answered) == (kind is MultiPaxos), (judged.violated, state["A"])


def test_without_the_disk_a_restart_forgets_what_was_chosen():
    """A answers c1 after A and B accepted; both restart, and C leads with nothing."""
    asking = [ask(("write", "x", 1)), ask(("read", "x"), name="c2", to="C", start_s=1.5, timeout_s=1, retry=True)]
    faults = [drop("A", "C", n) for n in range(4, 12)]
    faults += [f for name in "AB" for f in (crash(name, 0.24), restart(name, 0.9))]
    for kind in (MultiPaxos, WritesNothing):
        trace = simulate(led_by_a(kind), 4, network=STEADY, faults=faults, clients=asking)
        told = {e.detail[0]: e.detail[1] for e in trace.of("reply")}
        assert told["c2.1"] == (1 if kind is MultiPaxos else None)
        assert linearizable(trace.history()).ok == (kind is MultiPaxos)


@pytest.mark.parametrize(
    "kind",
    [AdoptsNothing, AcceptsBelowItsPromise, AnswersBeforeItIsChosen],
)
def test_a_search_of_all_orders_finds_a_rule_that_is_left_out(kind):
    result = searched(kind, "AB")
    assert violated(result) == ["what is chosen stands on a majority"], result


def test_of_two_reports_the_higher_one_is_adopted():
    reports = {"B": {1: ((1, "A"), "old")}, "C": {1: ((2, "B"), "new")}, "D": {3: ((1, "A"), "other")}}
    for kind, expected in ((MultiPaxos, "new"), (AdoptsTheLowest, "old")):
        node = kind()
        node.promises = reports
        highest = node.highest_reported()
        assert [node.command_for(slot, highest) for slot in (1, 2, 3)] == [expected, None, "other"]
