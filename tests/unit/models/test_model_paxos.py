"""Single-decree Paxos: what it promises, what it costs, what it looks like, and what breaks if a rule is left out."""

from functools import partial
from itertools import pairwise

import pytest

from faultlab.models import paxos as px
from faultlab.models.commit import names
from faultlab.models.paxos import (
    ADOPTED,
    ALONE,
    BOTH_ASK_P1,
    DONE,
    DUEL,
    DUEL_MENDED,
    IDLE,
    LEFT_OUT,
    LOST_PROMISE,
    NO_BALLOT,
    PHASES,
    PREPARING,
    PRESETS,
    PROPOSING,
    RESTARTED,
    STAGES,
    STEADY,
    TWO,
    WAITING,
    Acceptor,
    ForgetfulAcceptor,
    ForgivingAcceptor,
    HastyAcceptor,
    Learner,
    MinorityProposer,
    Proposer,
    StubbornProposer,
    asked,
    ballot_spoken_of,
    ballots,
    broken,
    chosen,
    clients,
    crashed,
    judge_remembering,
    learned,
    messages,
    paxos,
    phase_1,
    phase_2,
    progress,
    quorum,
    remembered,
    safety,
    safety_of_fields,
    search,
    termination,
    votes,
)
from faultlab.sim.explore import Budget, Cluster, explore
from faultlab.sim.faults import crash, delay, drop, partition, random_faults, restart
from faultlab.sim.latency import Uniform
from faultlab.sim.node import Node
from faultlab.sim.properties import OK, VIOLATED, NodeView, Snapshot, judge, sometimes
from faultlab.sim.scenario import Client, Network
from faultlab.sim.world import simulate

ACCEPTORS = names("a", 3)
SILENT = partial(Acceptor, nacks=False)
B1, B2 = (1, "p1"), (1, "p2")
START, BALLOTS, ADOPT = "two proposers, from the start", "one proposer, two ballots", "a chosen value must be adopted"
REPORTED = "two values are reported, and the higher is chosen"
PROPOSER_RESTARTS = "a proposer restarts in phase 2"
RESTARTS = "an acceptor restarts between promise and accept"


def run(nodes, *values, until_s=10.0, faults=(), seed=1, network=STEADY):
    return simulate(nodes, until_s, seed=seed, network=network, faults=faults, clients=clients(*values, apart_s=0.03))


def answers(trace):
    return [event.detail[1] for event in trace.of("reply")]


def violated(result):
    return [f.name for f in result.findings if f.status == VIOLATED]


def status(result):
    return {f.name: f.status for f in result.findings}


# One ballot


@pytest.mark.parametrize("acceptors", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("learners", [0, 1, 2])
def test_without_failures_one_ballot_chooses_the_value_with_the_messages_of_the_formula(acceptors, learners):
    trace = run(paxos(1, acceptors, learners), "x")
    sent = [event.detail[0] for event in trace.of("send")]
    assert len(sent) == messages(acceptors, learners)
    assert {word: sent.count(word) for word in set(sent)} == {
        "prepare": acceptors,
        "promise": acceptors,
        "accept": acceptors,
        "accepted": acceptors * (1 + learners),
    }
    assert answers(trace) == ["x"]
    assert {fields["chosen"] for name, fields in trace.state(len(trace) - 1).items() if name[0] in "pl"} == {"x"}


def test_a_value_is_known_after_two_round_trips():
    assert [event.at_s for event in ALONE.run().of("reply")] == [pytest.approx(4 * px.LATENCY_S)]


def test_any_two_quorums_have_a_member_in_common_and_smaller_ones_need_not():
    for count in range(1, 20):
        assert 2 * quorum(count) > count >= 2 * (quorum(count) - 1)


def test_every_message_belongs_to_a_phase_and_the_phases_come_in_their_order():
    sent = [PHASES[event.detail[0]] for event in ALONE.run().of("send")]
    assert list(dict.fromkeys(sent)) == ["1a", "1b", "2a", "2b"]


def test_the_proposer_goes_through_its_phases():
    trace = ALONE.run()
    seen = [fields["phase"] for fields in trace.changes.values() if "phase" in fields]
    assert seen == [IDLE, PREPARING, PROPOSING, DONE]
    final = trace.state(len(trace) - 1)
    assert final["p1"]["ballot"] == B1 and final["p1"]["value"] == "x"
    assert all(
        (final[a]["promised"], final[a]["accepted_ballot"], final[a]["accepted_value"]) == (B1, B1, "x")
        for a in ACCEPTORS
    )


def test_a_class_that_takes_no_names_is_made_without_and_one_that_takes_them_with():
    class Quiet(Node):
        pass

    quiet = paxos(1, 2, 1, proposer=Quiet, acceptor=Quiet, learner=Quiet)
    assert {type(make()) for make in quiet.values()} == {Quiet}
    told = paxos(1, 2, 1)
    assert told["p1"]().acceptors == {"a1", "a2"} and told["a1"]().learners == {"l1"}


def test_a_client_that_comes_later_is_answered_with_what_was_chosen():
    late = [*clients("x"), Client("late", [("propose", "y"), ("propose", "z")], to="p1", start_s=1)]
    assert answers(simulate(paxos(1), 3, network=STEADY, clients=late)) == ["x", "x", "x"]


def test_what_is_not_a_proposal_is_refused():
    trace = simulate(paxos(1), 1, clients=[Client("c", [("read",), ("propose", None)], to="p1")])
    assert len(trace.of("refuse")) == 2 and not trace.of("send")


# Every order of events


@pytest.mark.parametrize("title", STAGES)
def test_paxos_keeps_its_promises_in_every_stage_and_a_value_can_be_chosen(title):
    result = search(
        STAGES[title],
        acceptor=SILENT,
        symmetry="start" in title or "ballots" in title,
        stop_early=False,
        audit=title == RESTARTS,
    )
    assert result.exhausted and result.ok and not result.suspicions, result


def test_on_a_lasting_network_the_states_of_two_ballots_are_the_pairs_of_the_states_of_one():
    """What an acceptor can have sent in one ballot does not depend on what it has sent in the other: if the lower one
    comes first, nothing is refused. So the spaces multiply, and three proposers need stages."""
    one = explore(paxos(1, 2, acceptor=SILENT), network="lasting", clients=px.ONE, timers=0, audit=False)
    two = explore(paxos(2, 2, acceptor=SILENT), network="lasting", clients=TWO, timers=0, audit=False)
    assert one.exhausted and two.exhausted
    assert two.states == one.states**2 > 300


def test_nacks_and_forgiving_acceptors_change_no_promise():
    forgiving = partial(ForgivingAcceptor, nacks=False)
    for acceptor in (Acceptor, forgiving):
        result = search(STAGES[RESTARTS], acceptor=acceptor, audit=False, stop_early=False)
        assert result.exhausted and result.ok, result


@pytest.mark.parametrize(("losses", "duplicates"), [(0, 0), (1, 1)])
def test_one_proposer_keeps_its_promises_on_a_network_that_forgets(losses, duplicates):
    properties = [*safety_of_fields(ACCEPTORS, "x"), *progress(ACCEPTORS)]
    result = explore(
        paxos(1),
        properties,
        clients=px.ONE,
        losses=losses,
        duplicates=duplicates,
        timers=0,
        audit=False,
        symmetry=[ACCEPTORS],
        stop_early=False,
    )
    assert result.exhausted and result.ok


def test_with_one_proposer_and_no_faults_every_run_ends_with_an_answer():
    assert explore(paxos(1), [termination(ACCEPTORS)], clients=px.ONE, timers=0).ok


def test_one_acceptor_that_is_down_stops_nobody_and_two_stop_everybody():
    down = partial(run, paxos(1), "x", until_s=30)
    assert answers(down(faults=[crash("a2", at_s=0)])) == ["x"]
    assert answers(down(faults=[crash("a2", at_s=0), crash("a3", at_s=0)])) == []
    assert answers(down(faults=[crash("a2", at_s=0), crash("a3", at_s=0), restart("a3", at_s=5)])) == ["x"]


def test_without_its_disk_an_acceptor_breaks_agreement():
    """Rule 6: with it the same schedule is harmless."""
    stage = STAGES["an acceptor restarts that has accepted"]
    prefix = [*stage.prefix[:-2], ("restart", "a2", False), *stage.prefix[-1:]]
    result = explore(
        paxos(2, acceptor=SILENT),
        safety_of_fields(ACCEPTORS, "xy")[:1],
        network="lasting",
        clients=TWO,
        crashes=1,
        empty_disks=1,
        timers=0,
        prefix=prefix,
        audit=False,
    )
    assert violated(result) == ["agreement"]
    assert "'x' in ballot (1, 'p1')" in result.findings[0].because


# Runs with times


def test_two_impatient_proposers_stop_each_other_for_two_hundred_ballots():
    trace = DUEL.run()
    opened = ballots(trace)
    assert len(opened) > 200 and answers(trace) == []
    assert not any(b.is_chosen or b.accepted_by for b in opened)
    assert {a.proposer != b.proposer for a, b in pairwise(opened)} == {True}
    # Each of them had the promises that it needed, and each alone would have been done at once.
    assert all(b.value is not None for b in opened[:-2])
    alone = simulate({k: v for k, v in DUEL.nodes.items() if k != "p2"}, 3, network=STEADY, clients=clients("x"))
    assert answers(alone) == ["x"]


def test_chance_in_the_waiting_ends_the_duel_whatever_the_seed():
    for seed in range(50):
        trace = DUEL_MENDED.run(seed)
        assert len(answers(trace)) == 2 and len(set(answers(trace))) == 1, seed
        assert len(ballots(trace)) < 20, seed


def test_the_value_that_must_be_adopted_is_the_dead_proposers():
    trace = ADOPTED.run()
    first, second = ballots(trace)
    assert (first.value, first.is_chosen, first.accepted_by) == ("x", True, ["a1", "a2"])
    assert (second.value, second.taken_from, second.proposer) == ("x", B1, "p2")
    assert answers(trace) == ["x"] and trace.status(len(trace) - 1)["p1"] == "crashed"


def test_a_lost_promise_costs_nothing_if_a_majority_is_left():
    trace = LOST_PROMISE.run()
    (only,) = ballots(trace)
    assert set(only.reports) == {"a2", "a3"} and only.accepted_by == ACCEPTORS and len(trace.of("lose")) == 1


def test_an_acceptor_that_restarts_between_promise_and_accept_keeps_its_promise():
    trace = RESTARTED.run()
    assert trace.state(trace.index_at(2.6 * px.LATENCY_S))["a1"]["promised"] == B1
    assert "a1" in ballots(trace)[0].accepted_by and answers(trace) == ["x"]


@pytest.mark.parametrize("title", PRESETS)
def test_every_preset_keeps_the_promises_and_shows_some_ballot(title):
    trace = judge(PRESETS[title].run(), safety_of_fields(ACCEPTORS, "xy"))
    assert ballots(trace) and broken(trace, safety(ACCEPTORS, "xy")) == []
    assert {f.status for f in trace.findings} == {OK} and trace.title == title


def test_a_nack_names_the_round_that_must_be_beaten():
    far = Client("c2", [("propose", "y")], to="p2", start_s=1)
    nodes = paxos(2, proposer=partial(Proposer, retry_s=0.1))
    # p1 cannot reach a majority, so it gets through many rounds; p2 then begins in its first one.
    lost = [drop(a, "p1", n) for a in ACCEPTORS for n in range(1, 6)]
    trace = simulate(nodes, 5, network=STEADY, faults=lost, clients=[*clients("x"), far])
    mine = [b for b in ballots(trace) if b.proposer == "p2"]
    rounds_of_p1 = {b.ballot[0] for b in ballots(trace) if b.proposer == "p1"}
    assert len(rounds_of_p1) > 4 and mine[0].ballot[0] == 1
    assert WAITING in {f["phase"] for i, f in trace.changes.items() if "phase" in f and trace[i].node == "p2"}
    assert mine[1].ballot[0] > max(r for r in rounds_of_p1 if r < mine[1].ballot[0]) and len(set(answers(trace))) == 1


@pytest.mark.parametrize("seed", range(40))
def test_after_random_faults_all_clients_are_told_the_same_value(seed):
    nodes = paxos(3, 5, 1)
    faults = random_faults(seed, list(nodes), 4, crashes=4, partitions=2, pauses=1, calm_s=1.5)
    asking = [
        Client(c.name, c.calls, to=(*c.to, "p1", "p2", "p3"), start_s=c.start_s, timeout_s=0.5, retry=True)
        for c in clients("x", "y", "z", apart_s=0.05)
    ]
    network = Network(Uniform(0.005, 0.05), loss=0.1, duplicate=0.1)
    trace = simulate(nodes, 20, seed=seed, network=network, faults=faults, clients=asking)
    assert broken(trace, safety(names("a", 5), "xyz")) == []
    assert len(answers(trace)) == 3 and len(set(answers(trace))) == 1


# The ballots of a run, with their events


def test_a_ballots_events_are_those_of_the_handlers_that_made_them():
    trace = LOST_PROMISE.run()
    (only,) = ballots(trace)
    at_s = {what: {who: round(trace[i].at_s, 6) for who, i in at.items()} for what, at in only.at.items()}
    assert at_s == {
        "prepare": {"p1": 0.0},
        "promise": dict.fromkeys(ACCEPTORS, 0.01),
        "lost": {"a1": pytest.approx(0.02, abs=0.01)},
        "report": {"a2": 0.02, "a3": 0.02},
        "accept": {"p1": 0.02},
        "accepted": dict.fromkeys(ACCEPTORS, 0.03),
    }
    kinds = {what: {trace[i].kind for i in at.values()} for what, at in only.at.items()}
    assert kinds.pop("prepare") == {"request"} and kinds.pop("lost") == {"lose"}
    assert set().union(*kinds.values()) == {"deliver"}
    assert trace[only.chosen_at].node == "a2" and only.is_chosen


def test_a_refusal_of_phase_1_is_told_from_one_of_phase_2():
    duel = ballots(DUEL.run())
    assert all("refused in 1" not in b.at for b in duel)
    assert set(duel[0].at["refused in 2"]) == set(ACCEPTORS) == set(duel[0].refused_by)
    lost = [drop(a, "p1", n) for a in ACCEPTORS for n in range(1, 6)]
    nodes = paxos(2, proposer=partial(Proposer, retry_s=0.1))
    trace = simulate(nodes, 2, network=STEADY, faults=lost, clients=clients("x", "y", apart_s=0.35))
    late = next(b for b in ballots(trace) if b.proposer == "p2")
    assert set(late.at["refused in 1"]) == set(ACCEPTORS) and "refused in 2" not in late.at


@pytest.mark.parametrize(
    "message",
    [None, (), ("prepare",), ("prepare", 1), ("vote", B1), ("promise", B1), ("accept", ("p1", 1), "x"), "prepare"],
)
def test_a_message_that_is_not_of_the_papers_form_speaks_of_no_ballot(message):
    assert ballot_spoken_of(message) is None
    assert ballot_spoken_of(("accept", B1, message)) == B1


# Rules left out in runs with times


ONE_LEFT_OUT = {
    # The cut network lets each proposer have a quorum of its own.
    "majority": (partition("p1 a1 | p2 a2 a3", 0.0), 0.0, ["agreement", "what is learned is chosen"]),
    "adoption": (ADOPTED.scenario.faults, 0.1, ["agreement"]),
    "comparison": ([], 0.015, ["agreement", "promises are kept"]),
    "disk": (
        [*ADOPTED.scenario.faults, crash("a2", 0.06), restart("a2", 0.07), drop("p2", "a1", 1)],
        0.1,
        ["agreement", "promises are kept"],
    ),
}


@pytest.mark.parametrize("rule", LEFT_OUT)
def test_a_rule_that_is_left_out_breaks_a_run_that_holds_with_it(rule):
    role, broken_class = LEFT_OUT[rule]
    faults, apart_s, expected = ONE_LEFT_OUT[rule]
    for options, names_ in (({role: broken_class}, expected), ({}, [])):
        asking = clients("x", "y", apart_s=apart_s)
        trace = simulate(paxos(2, **options), 0.4, network=STEADY, faults=faults, clients=asking)
        assert judge_remembering(trace, ACCEPTORS, "xy").violated == names_


def test_what_a_snapshot_has_forgotten_is_remembered():
    """x was chosen, told to nobody, and overwritten: no state of the run shows it beside y."""
    faults, apart_s, _names = ONE_LEFT_OUT["disk"]
    asking = clients("x", "y", apart_s=apart_s)
    nodes = paxos(2, acceptor=ForgetfulAcceptor)
    trace = simulate(nodes, 0.4, network=STEADY, faults=faults, clients=asking)
    assert judge(trace, safety_of_fields(ACCEPTORS, "xy")).violated == []
    found = {f.name: f for f in judge_remembering(trace, ACCEPTORS, "xy").findings}
    event = trace[found["agreement"].event]
    assert (event.kind, event.node, round(event.at_s, 6)) == ("deliver", "a2", 0.13)
    assert "'x' in ballot (1, 'p1')" in found["agreement"].because
    assert found["a value is chosen"].status == OK and trace[found["a value is chosen"].event].at_s == pytest.approx(
        0.03
    )


def test_what_was_said_too_early_is_found_although_it_becomes_true():
    """p1 says x after one vote; a moment later the majority is there, and at the end all looks well."""
    trace = simulate(
        paxos(1, proposer=MinorityProposer),
        0.4,
        network=STEADY,
        clients=clients("x"),
        faults=[delay("p1", "a2", 2, 0.05), delay("p1", "a3", 2, 0.05)],
    )
    assert broken(trace, safety(ACCEPTORS, "x")) == []
    assert judge_remembering(trace, ACCEPTORS, "x").violated == ["what is learned is chosen"]


@pytest.mark.parametrize("seed", range(8))
def test_remembering_finds_nothing_in_random_runs_of_the_whole_protocol(seed):
    faults = random_faults(seed, list(paxos(3)), 0.6, crashes=3, partitions=1, pauses=1, calm_s=0.4)
    network = Network(Uniform(0.005, 0.02), loss=0.1, duplicate=0.1)
    trace = simulate(paxos(3), 1.5, seed=seed, network=network, faults=faults, clients=clients(*"xyz", apart_s=0.02))
    judged = judge_remembering(trace, ACCEPTORS, "xyz")
    assert judged.violated == [] and {f.name: f.status for f in judged.findings}["a value is chosen"] == OK


# What the properties see


def snapshot(flying=(), replies=(), **fields):
    nodes = {name: NodeView(name, {}, {}, True) for name in (*ACCEPTORS, "p1")}
    nodes |= {name: NodeView(name, own, {}, True) for name, own in fields.items()}
    return Snapshot(nodes, replies, flying)


def accepted_in(ballot, value):
    return {"promised": ballot, "accepted_ballot": ballot, "accepted_value": value}


def test_a_value_is_chosen_by_a_majority_in_one_ballot_and_not_by_two_in_different_ones():
    one = snapshot(a1=accepted_in(B1, "x"), a2=accepted_in(B1, "x"))
    other = snapshot(a1=accepted_in(B1, "x"), a2=accepted_in(B2, "x"))
    assert chosen(one, ACCEPTORS) == {"x": B1} and chosen(other, ACCEPTORS) == {}


def test_messages_that_last_remember_votes_that_no_acceptor_holds_any_more():
    now = {"a1": accepted_in(B2, "y"), "a2": accepted_in(B2, "y")}
    forgotten, lasting = snapshot(**now), snapshot([(a, "p1", ("accepted", B1, "x")) for a in ("a1", "a2")], **now)
    agreement = safety(ACCEPTORS, "xy")[0]
    assert agreement.look(forgotten) == (True, "")
    assert chosen(lasting, ACCEPTORS) == {"x": B1, "y": B2}
    holds, because = agreement.look(lasting)
    assert not holds and "'x' in ballot (1, 'p1')" in because and "'y' in ballot (1, 'p2')" in because


def test_votes_of_a_crashed_acceptor_stand_on_its_disk():
    s = snapshot()
    s.nodes["a1"] = NodeView("a1", {}, accepted_in(B1, "x"), up=False)
    assert votes(s, ACCEPTORS) == {(B1, "x"): {"a1"}}


def test_messages_of_strangers_are_no_votes():
    assert votes(snapshot([("p1", "p2", ("accepted", B1, "x"))]), ACCEPTORS) == {}


def test_an_acceptor_may_accept_before_it_promises_and_not_after():
    promises = safety(ACCEPTORS, "xy")[3]
    before = [("a1", "p1", ("accepted", B1, "x")), ("a1", "p2", ("promise", B2, B1, "x"))]
    after = [("a1", "p1", ("accepted", B1, "x")), ("a1", "p2", ("promise", B2, NO_BALLOT, None))]
    assert promises.look(snapshot(before))[0] and not promises.look(snapshot(after))[0]


def test_clients_that_are_told_different_values_show_disagreement_without_any_field():
    agreement = safety(ACCEPTORS, "xy")[0]
    assert not agreement.look(snapshot(replies=[("c1.1", "x"), ("c2.1", "y")]))[0]
    assert learned(snapshot(p1={"chosen": "x"}, replies=[("c2.1", "y")])) == {"p1": "x", "c2.1": "y"}


def test_a_trace_remembers_what_was_sent_and_then_lost():
    trace = run(paxos(1), "x", faults=[drop(a, "p1", 2) for a in ACCEPTORS], until_s=0.1)
    assert answers(trace) == [] and chosen(remembered(trace), ACCEPTORS) == {"x": B1}


def test_a_prefix_that_is_not_possible_is_said_so():
    with pytest.raises(ValueError, match="not possible"):
        Cluster(paxos(1), clients=px.ONE, prefix=phase_2(1, 1))


# One rule left out at a time. The docstrings of the mutants are what a learner may have thought.


class PromisesWithoutComparing(Acceptor):
    def phase_1b(self, ctx, proposer, ballot):
        self.promised = ballot
        self.store(ctx)
        ctx.send(proposer, ("promise", ballot, self.accepted_ballot, self.accepted_value))


class ForgetsToRaiseThePromise(Acceptor):
    def phase_2b(self, ctx, proposer, ballot, value):
        promised = self.promised
        super().phase_2b(ctx, proposer, ballot, value)
        self.promised = promised
        self.store(ctx)


class ReportsNothing(Acceptor):
    def phase_1b(self, ctx, proposer, ballot):
        kept = self.accepted_ballot, self.accepted_value
        self.accepted_ballot, self.accepted_value = NO_BALLOT, None
        super().phase_1b(ctx, proposer, ballot)
        self.accepted_ballot, self.accepted_value = kept
        self.store(ctx)


class ReportsThePromiseInPlaceOfTheAccepted(Acceptor):
    def phase_1b(self, ctx, proposer, ballot):
        if ballot > self.promised:
            before, self.promised = self.promised, ballot
            self.store(ctx)
            ctx.send(proposer, ("promise", ballot, before, self.accepted_value))


class PromiseNotPersisted(Acceptor):
    def store(self, ctx):
        super().store(ctx)
        del ctx.disk["promised"]


class AcceptedNotPersisted(Acceptor):
    def store(self, ctx):
        ctx.disk["promised"] = self.promised


class AdoptsTheLowestBallot(Proposer):
    def value_to_propose(self):
        reported = [r for r in self.promises.values() if r[0] != NO_BALLOT]
        return min(reported)[1] if reported else self.wish


class AdoptsAnyReported(Proposer):
    def value_to_propose(self):
        reported = [value for ballot, value in self.promises.values() if ballot != NO_BALLOT]
        return reported[0] if reported else self.wish


class AdoptsTheMostFrequent(Proposer):
    def value_to_propose(self):
        reported = [value for _ballot, value in self.promises.values()]
        return max(sorted(reported, key=str), key=reported.count) or self.wish


class HalfIsEnough(Proposer):
    def quorum(self):
        return (len(self.acceptors) + 1) // 2


class CountsAPromiseTwice(Proposer):
    def receive_promise(self, ctx, acceptor, ballot, accepted):
        super().receive_promise(ctx, f"{acceptor}, promise {len(self.promises)}", ballot, accepted)


class CountsAVoteTwice(Proposer):
    def count(self, ctx, acceptor, ballot, value):
        super().count(ctx, f"{acceptor}, vote {len(self.votes.get(ballot, ()))}", ballot, value)


class CountsPromisesOfOldBallots(Proposer):
    def receive_promise(self, ctx, acceptor, ballot, accepted):
        super().receive_promise(ctx, acceptor, self.ballot, accepted)


class CountsAcrossBallots(Proposer):
    def count(self, ctx, acceptor, ballot, value):
        super().count(ctx, acceptor, NO_BALLOT, value)


class ReusesItsBallotAfterARestart(Proposer):
    def on_start(self, ctx):
        super().on_start(ctx)
        self.round = 0


class SharesItsBallots(Proposer):
    def ballot_of(self, ctx):
        return self.round, ""


class ChangesItsValueInTheSameBallot(Proposer):
    def propose(self, ctx, request, value):
        super().propose(ctx, request, value)
        if self.phase == PROPOSING:
            self.value = value
            self.tell_acceptors(ctx, ("accept", self.ballot, value))


class SkipsPhase1(Proposer):
    def phase_1a(self, ctx):
        super().phase_1a(ctx)
        self.promises = {"nobody": (NO_BALLOT, None)}
        self.phase_2a(ctx)


class AnswersWithItsWish(Proposer):
    def learned(self, ctx):
        self.chosen = self.wish
        super().learned(ctx)


class TakesOneVoteForAll(Proposer):
    def count(self, ctx, acceptor, ballot, value):
        self.chosen = value
        self.learned(ctx)


class DoesNothing(Node):
    def __init__(self, acceptors):
        self.acceptors = set(acceptors)


# Who, in which stage it is caught, and by which property.
MUTANTS = [
    (PromisesWithoutComparing, START, "promises are kept"),
    (HastyAcceptor, START, "promises are kept"),
    (ForgetsToRaiseThePromise, START, "promises are kept"),
    (ReportsNothing, START, "promises are kept"),
    (ReportsThePromiseInPlaceOfTheAccepted, START, "validity"),
    (PromiseNotPersisted, RESTARTS, "promises are kept"),
    (AcceptedNotPersisted, "an acceptor restarts that has accepted", "promises are kept"),
    (ForgetfulAcceptor, RESTARTS, "promises are kept"),
    (ForgetfulAcceptor, "an acceptor restarts that has accepted", "promises are kept"),
    (StubbornProposer, START, "agreement"),
    (StubbornProposer, ADOPT, "agreement"),
    (AdoptsTheLowestBallot, REPORTED, "agreement"),
    (AdoptsAnyReported, REPORTED, "agreement"),
    (AdoptsTheMostFrequent, ADOPT, "agreement"),
    (MinorityProposer, START, "what is learned is chosen"),
    (HalfIsEnough, "one proposer, four acceptors", "what is learned is chosen"),
    (CountsAPromiseTwice, ADOPT, "agreement"),
    (CountsAVoteTwice, START, "what is learned is chosen"),
    (CountsPromisesOfOldBallots, PROPOSER_RESTARTS, "agreement"),
    (CountsAcrossBallots, BALLOTS, "what is learned is chosen"),
    (ReusesItsBallotAfterARestart, PROPOSER_RESTARTS, "one value in a ballot"),
    (SharesItsBallots, START, "one value in a ballot"),
    (ChangesItsValueInTheSameBallot, "two clients ask one proposer", "one value in a ballot"),
    (SkipsPhase1, START, "agreement"),
    (AnswersWithItsWish, ADOPT, "agreement"),
    (TakesOneVoteForAll, START, "what is learned is chosen"),
    (DoesNothing, START, "a value is chosen"),
]


@pytest.mark.parametrize(("mutant", "stage", "name"), MUTANTS, ids=[f"{m.__name__}-{s}" for m, s, _n in MUTANTS])
def test_a_proposer_or_acceptor_with_one_rule_less_is_caught(mutant, stage, name):
    # Shared ballots are hidden by acceptors that promise each ballot only once.
    acceptor = ForgivingAcceptor if mutant is SharesItsBallots else Acceptor
    roles = {"acceptor": mutant} if issubclass(mutant, Acceptor) else {"proposer": mutant, "acceptor": acceptor}
    roles["acceptor"] = partial(roles["acceptor"], nacks=False)
    result = search(STAGES[stage], audit=False, **roles)
    assert name in violated(result), result
    if mutant is not DoesNothing:
        # The schedule alone is proof enough.
        found = broken(result.trace(name), safety(names("a", STAGES[stage].acceptors), "xyz"))
        assert name in [f.name for f in found] and all(f.because for f in found)


def test_an_acceptor_that_never_changes_its_mind_breaks_no_promise_and_is_caught_by_a_sometimes():
    """It only refuses more. But four acceptors can then be of two minds for ever, two of each."""

    class AcceptsOneValueOnly(Acceptor):
        def phase_2b(self, ctx, proposer, ballot, value):
            if self.accepted_value in (None, value):
                super().phase_2b(ctx, proposer, ballot, value)

    changes = sometimes("a1 changes its mind", lambda s: s["a1"].accepted_value == "y")
    for acceptor, expected in ((Acceptor, OK), (AcceptsOneValueOnly, VIOLATED)):
        nodes = paxos(3, acceptor=partial(acceptor, nacks=False))
        prefix, asking = STAGES[REPORTED].prefix, STAGES[REPORTED].clients
        options = {"network": "lasting", "clients": asking, "prefix": prefix, "timers": 0, "audit": False}
        assert status(explore(nodes, [*safety(ACCEPTORS, "xyz"), changes], **options))[changes.name] == expected
        assert search(STAGES[REPORTED], acceptor=partial(acceptor, nacks=False), audit=False).ok


def test_what_one_ballot_has_done_a_shared_one_undoes_only_if_acceptors_promise_twice():
    """Promised once and by a majority, a ballot has one owner even if two proposers use its name: it is how the
    candidates of Raft can share a term."""
    stage = STAGES[START]
    strict = search(stage, proposer=SharesItsBallots, acceptor=SILENT, audit=False)
    assert strict.exhausted and strict.ok


def test_a_learner_hears_of_the_value_from_the_acceptors_and_counts_each_ballot_apart():
    class CountsAll(Learner):
        def count(self, ctx, acceptor, ballot, value):
            super().count(ctx, acceptor, NO_BALLOT, value)

    # a1 accepts x in p1's ballot, a3 accepts y in p2's: two acceptors, and nothing is chosen.
    prefix = (
        *(*asked(1, 1), *phase_1(1, 1, 2), *phase_2(1, 1)),
        *(*asked(2, 2), *phase_1(2, 2, 3), *phase_2(2, 3)),
    )
    for learner, expected in ((Learner, []), (CountsAll, ["what is learned is chosen"])):
        nodes = paxos(2, 3, 1, acceptor=SILENT, learner=learner)
        told = [*prefix, ("deliver", "a1", "l1", "accepted"), ("deliver", "a3", "l1", "accepted")]
        last = Cluster(nodes, network="lasting", clients=TWO, prefix=told)
        s = last.snapshot(last.begun)
        assert [p.name for p in safety(ACCEPTORS, "xy") if not p.look(s)[0]] == expected


def test_a_proposer_that_comes_back_opens_a_ballot_of_a_later_round():
    steps = (*asked(1, 1), *phase_1(1, 1, 2), *crashed("p1"), *asked(2, 1))
    cluster = Cluster(paxos(1), clients=BOTH_ASK_P1, budget=Budget(crashes=1), prefix=steps, network="lasting")
    trace = cluster.trace([])
    assert [e.kind for e in trace.of("crash", "start") if e.node == "p1"] == ["start", "crash", "start"]
    assert trace.state(len(trace) - 1)["p1"]["ballot"] == (2, "p1")
