"""Atomic commitment: the specifications, two-phase commit, Paxos Commit; and what breaks if a rule is left out."""

import pytest

from faultlab.models.commit import (
    ABORTED,
    COMMITTED,
    FINAL,
    PREPARED,
    WORKING,
    ResourceManager,
    TCommit,
    cost,
    decided,
    messages_between,
    names,
    outcomes,
    promises,
    state_of,
    states,
)
from faultlab.models.paxos_commit import (
    ALONE,
    CO_LOCATED,
    Acceptor,
    Leader,
    PaxosResourceManager,
    outcome_of,
    paxos_commit,
)
from faultlab.models.paxos_commit import machines as paxos_machines
from faultlab.models.two_phase_commit import (
    INIT,
    TM,
    TransactionManager,
    TwoPhase,
    TwoPhaseResourceManager,
    two_phase_commit,
)
from faultlab.models.two_phase_commit import machines as two_phase_machines
from faultlab.sim.explore import explore
from faultlab.sim.faults import crash, drop, random_faults, restart
from faultlab.sim.latency import Constant, Uniform
from faultlab.sim.properties import OK, VIOLATED, always, eventually, judge, snapshots
from faultlab.sim.scenario import Client, Network
from faultlab.sim.search import breadth_first, play
from faultlab.sim.world import simulate

RMS = names("r", 2)
APP = [Client("app", [("commit",)], to="r1", timeout_s=60)]
EVERYONE_DECIDES = eventually("every RM that is up decides", lambda s: decided(s, RMS))
PROTOCOLS = {
    "two-phase": two_phase_commit,
    "paxos": paxos_commit,
    "faster paxos": lambda *args, **more: paxos_commit(*args, faster=True, **more),
}
# The network of the runs with times: every message takes one unit.
UNIT_S = 0.125


def run(nodes, until_s=20.0, faults=(), network=None, seed=1):
    return simulate(nodes, until_s, network=network or Network(Constant(UNIT_S)), faults=faults, clients=APP, seed=seed)


def last_states(trace, count):
    *_others, last = snapshots(trace)
    return {rm: state_of(last[rm]) for rm in names("r", count)}


def everywhere(state, count):
    return dict.fromkeys(names("r", count), state)


def status(result, name):
    return next(f.status for f in result.findings if f.name == name)


# The specifications


@pytest.mark.parametrize("spec", [TCommit(2), TCommit(3), TwoPhase(2), TwoPhase(3), TwoPhase(3, symmetry=True)])
def test_a_specification_keeps_every_promise_and_can_end_both_ways(spec):
    result = breadth_first(spec, promises(spec.rms) + outcomes(spec.rms))
    assert result.exhausted and result.ok


def test_every_run_of_both_specifications_ends_with_all_rms_decided():
    for spec in (TCommit(3), TwoPhase(3)):
        everyone = eventually("decided", lambda s, rms=spec.rms: decided(s, rms))
        assert breadth_first(spec, [everyone]).ok


def test_two_phase_commit_implements_transaction_commit():
    """The theorem TPSpec => TC!TCSpec: each step leaves the RMs' states alone or is a step of TCommit."""
    low, high = TwoPhase(3), TCommit(3)
    open_, seen, steps = low.initial(), set(low.initial()), 0
    assert open_[0].rm_state == high.initial()[0]
    while open_:
        state = open_.pop()
        for action, after in low.successors(state):
            steps += 1
            allowed = {state.rm_state, *(s for _a, s in high.successors(state.rm_state))}
            assert after.rm_state in allowed, (action, state)
            if after not in seen:
                seen.add(after)
                open_.append(after)
    assert steps > len(seen) > 1


def test_without_its_guards_transaction_commit_is_inconsistent():
    class Unguarded(TCommit):
        def _next(self, state):
            yield from super()._next(state)
            for i, rm in enumerate(self.rms):
                if state[i] == PREPARED:
                    yield ("DecideA", rm), (*state[:i], ABORTED, *state[i + 1 :])

    result = breadth_first(Unguarded(2), promises(RMS))
    assert status(result, "consistency") == VIOLATED
    assert [action[0] for action in result.paths["consistency"]] == ["Prepare", "Prepare", "DecideC", "DecideA"]


def test_a_manager_that_does_not_wait_for_everyone_commits_before_all_are_prepared():
    class Majority(TwoPhase):
        def _of_tm(self, state):
            yield from super()._of_tm(state)
            if state.tm_state == INIT and 2 * len(state.tm_prepared) > len(self.rms):
                messages = state.messages | {("Commit",)}
                yield ("TMCommit",), state._replace(tm_state=COMMITTED, messages=messages)

    spec = Majority(3)
    result = breadth_first(spec, promises(spec.rms), stop_early=False)
    assert status(result, "consistency") == status(result, "no commit before all are prepared") == VIOLATED
    assert play(spec, result.paths["consistency"])[-1].tm_state == COMMITTED


def test_symmetry_maps_equal_situations_onto_one_state():
    spec = TwoPhase(2, symmetry=True)
    one, other = (
        play(spec, [("RMPrepare", a), ("TMRcvPrepared", a), ("RMPrepare", b)])[-1] for a, b in (RMS, RMS[::-1])
    )
    assert one != other and spec.canonical(one) == spec.canonical(other)
    assert len(spec.canonical(one).messages) == 2


# All protocols


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_if_all_are_prepared_everyone_commits(protocol):
    for count in (1, 2, 5):
        trace = run(PROTOCOLS[protocol](count))
        assert last_states(trace, count) == everywhere(COMMITTED, count)
        assert [e.detail for e in trace.of("reply")] == [("app.1", COMMITTED)]
        assert not trace.of("timer")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_if_one_aborts_everyone_aborts(protocol):
    for who in names("r", 3):
        trace = run(PROTOCOLS[protocol](3, votes={who: ABORTED}))
        assert last_states(trace, 3) == everywhere(ABORTED, 3)
        assert [e.detail for e in trace.of("reply")] == [("app.1", ABORTED)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_rm_that_died_before_it_was_prepared_makes_everyone_abort(protocol):
    trace = run(PROTOCOLS[protocol](3), faults=[crash("r3", at_s=0), restart("r3", at_s=10)])
    final = last_states(trace, 3)
    assert (final["r1"], final["r2"]) == (ABORTED, ABORTED) and final["r3"] in (WORKING, ABORTED)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_prepared_rm_is_prepared_after_a_crash_and_learns_the_outcome(protocol):
    faults = [crash("r2", at_s=2.5 * UNIT_S), restart("r2", at_s=10)]
    trace = run(PROTOCOLS[protocol](2), faults=faults)
    assert trace.state(trace.index_at(10.0))["r2"]["state"] == PREPARED
    assert last_states(trace, 2) == everywhere(COMMITTED, 2)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_lost_message_delays_the_outcome_and_does_not_change_what_is_promised(protocol):
    nodes = PROTOCOLS[protocol](2)
    sends = run(nodes).of("send")
    for a, b in sorted({(e.node, e.other) for e in sends}):
        trace = judge(run(nodes, faults=[drop(a, b, number=1, at_s=0)]), promises(RMS))
        assert len(trace.of("lose")) == 1
        assert all(f.status == OK for f in trace.findings)
        assert PREPARED not in last_states(trace, 2).values()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_after_random_faults_are_over_no_rm_waits_and_every_promise_was_kept(protocol):
    nodes, rms, seen = PROTOCOLS[protocol](3), names("r", 3), set()
    for seed in range(25):
        faults = random_faults(seed, list(nodes), until_s=3)
        network = Network(Uniform(0.01, 0.3), loss=0.1, duplicate=0.1)
        trace = judge(run(nodes, until_s=60, faults=faults, network=network, seed=seed), promises(rms))
        assert [f for f in trace.findings if f.status != OK] == [], seed
        assert set(trace.status(len(trace) - 1).values()) == {"up"}
        assert PREPARED not in last_states(trace, 3).values(), seed
        seen |= set(last_states(trace, 3).values())
    assert seen >= {COMMITTED, ABORTED}


def test_a_client_that_asks_when_all_is_over_is_told_the_outcome():
    late = [*APP, Client("late", [("commit",)], to="r2", start_s=10)]
    trace = simulate(two_phase_commit(2), 12, clients=late)
    assert ("late.1", COMMITTED) in [e.detail for e in trace.of("reply")]


def test_an_rm_votes_for_one_of_two_things():
    with pytest.raises(ValueError, match="votes"):
        ResourceManager(vote=COMMITTED)


# Two-phase commit


@pytest.mark.slow
def test_two_phase_commit_keeps_its_promises_whatever_is_lost_or_crashes():
    ends = set()
    for votes in ({}, {"r1": ABORTED}, {"r2": ABORTED}):
        nodes = two_phase_commit(2, votes=votes)
        result = explore(
            nodes, promises(RMS) + outcomes(RMS), clients=APP, losses=1, crashes=1, timers=2, stop_early=False
        )
        assert result.exhausted and not result.suspicions
        assert [f.status for f in result.findings if f.kind == "always"] == [OK] * 3
        ends |= {f.name for f in result.findings if f.kind == "sometimes" and f.status == OK}
    assert ends == {"all commit", "all abort"}


def test_two_phase_commit_blocks_if_the_manager_crashes_when_all_are_prepared():
    def over(s):
        """Decided; or something else than the loss of the manager after all were prepared has happened."""
        too_early = not s[TM].up and WORKING in states(s, RMS)
        return decided(s, RMS) or too_early or not all(s[rm].up for rm in RMS)

    # Messages stay, and are asked for again without end: a run ends when asking changes nothing any more.
    result = explore(
        two_phase_commit(2),
        [eventually("nobody waits for ever", over), *promises(RMS)],
        network="lasting",
        clients=APP,
        crashes=1,
        restarts=False,
    )
    assert result.paths["nobody waits for ever"] == [
        ("request", "app", "r1"),
        ("deliver", "r1", TM, (PREPARED,)),
        ("deliver", TM, "r2", ("prepare",)),
        ("crash", TM),
    ]
    trace = result.trace()
    assert trace.findings[0].status == VIOLATED
    assert last_states(trace, 2) == everywhere(PREPARED, 2)


def test_two_phase_commit_does_not_block_if_the_manager_stays():
    nobody_down = eventually("everyone decides", lambda s: decided(s, RMS) or not all(s[rm].up for rm in RMS))
    for budget in ({}, {"crashes": 0, "duplicates": 1}):
        result = explore(two_phase_commit(2), [nobody_down], network="lasting", clients=APP, **budget)
        assert result.exhausted and result.ok


def test_the_manager_that_comes_back_with_its_disk_ends_the_wait():
    for moment_s in (2.5 * UNIT_S, 3.5 * UNIT_S):
        trace = run(two_phase_commit(2), faults=[crash(TM, at_s=moment_s), restart(TM, at_s=10)])
        assert last_states(trace, 2) == everywhere(COMMITTED, 2)
    waiting = run(two_phase_commit(2), faults=[crash(TM, at_s=2.5 * UNIT_S)], until_s=20)
    assert last_states(waiting, 2) == everywhere(PREPARED, 2)


class ImpatientRM(TwoPhaseResourceManager):
    """It mends the blocking the wrong way: who has waited long enough aborts."""

    def ask(self, ctx):
        self.learn(ctx, ABORTED)


class ForgetfulTM(TransactionManager):
    """It decides, and writes nothing down."""

    def on_start(self, ctx):
        ctx.disk.clear()
        super().on_start(ctx)


class MajorityTM(TransactionManager):
    """It takes most for all."""

    def receive_prepared(self, ctx, rm):
        super().receive_prepared(ctx, rm)
        if self.state not in FINAL and 2 * len(self.prepared) > len(ctx.peers):
            self.all_prepared(ctx)


@pytest.mark.parametrize(
    ("count", "broken", "budget"),
    [
        (2, {"rm": ImpatientRM}, {"timers": 1}),
        (2, {"tm": ForgetfulTM}, {"timers": 2, "crashes": 1}),
        (3, {"tm": MajorityTM}, {"timers": 0}),
    ],
    ids=["an RM that aborts after it was prepared", "a TM without a disk", "a TM that commits with a majority"],
)
def test_two_phase_commit_without_one_of_its_rules_breaks_a_promise(count, broken, budget):
    rms = names("r", count)
    votes = {"r3": ABORTED} if count == 3 else {}
    result = explore(two_phase_commit(count, votes, **broken), promises(rms), clients=APP, **budget)
    assert VIOLATED in [f.status for f in result.findings[:2]]
    right = explore(two_phase_commit(count, votes), promises(rms), clients=APP, **budget)
    assert right.exhausted and right.ok


# Paxos Commit

# Both RMs are prepared, and what they propose is on its way to the acceptors.
ALL_PREPARED = [("request", "app", "r1"), ("deliver", "r1", "L1"), ("deliver", "L1", "r2")]
ACCEPTED = [*ALL_PREPARED, *(("deliver", rm, a) for rm in RMS for a in ("a1", "a2"))]
FIRST_HAS_COMMITTED = {
    False: [*ACCEPTED, ("deliver", "a1", "L1"), ("deliver", "a2", "L1"), ("deliver", "L1", "r1")],
    True: [*ACCEPTED, ("deliver", "a1", "r1"), ("deliver", "a2", "r1")],
}
# An RM has lost patience: a second leader sets about its ballot while ballot 0 is still under way.
ASKED = [("timer", "r1", "patience"), ("deliver", "r1", "L2")]
TWINS = [["a1", "a2"]]


@pytest.mark.slow
def test_a_second_leader_may_interfere_with_ballot_0_in_any_order():
    result = explore(
        paxos_commit(2),
        [*promises(RMS), *outcomes(RMS), EVERYONE_DECIDES],
        clients=APP,
        prefix=ALL_PREPARED + ASKED,
        symmetry=TWINS,
        timers=1,
        audit=False,
    )
    assert result.exhausted and result.ok


def test_the_handlers_of_paxos_commit_depend_on_nothing_but_their_node():
    for faster, prefix in FIRST_HAS_COMMITTED.items():
        result = explore(paxos_commit(2, faster=faster), promises(RMS), clients=APP, prefix=prefix, timers=1)
        assert result.exhausted and result.ok and not result.suspicions


@pytest.mark.parametrize("faster", [False, True])
def test_paxos_commit_keeps_its_promises_if_one_process_crashes_or_one_message_is_lost(faster):
    for votes in ({}, {"r2": ABORTED}):
        nodes = paxos_commit(2, votes=votes, faster=faster)
        for budget in ({"crashes": 1, "restarts": False}, {"losses": 1}, {"duplicates": 1}):
            result = explore(nodes, promises(RMS), clients=APP, symmetry=TWINS, timers=0, audit=False, **budget)
            assert result.exhausted and result.ok


@pytest.mark.slow
def test_what_one_rm_has_committed_the_other_one_commits_whoever_leads_and_whatever_crashes():
    def second(s):
        return state_of(s["r2"]) in (PREPARED, COMMITTED)

    result = explore(
        paxos_commit(2),
        [always("the second RM does not abort", second), *promises(RMS)],
        clients=APP,
        prefix=FIRST_HAS_COMMITTED[False],
        timers=1,
        crashes=1,
    )
    assert result.exhausted and result.ok


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["L1", "a1", "a2", "a3"])
def test_paxos_commit_does_not_block_when_one_process_is_gone(victim):
    result = explore(
        paxos_commit(2),
        [*promises(RMS), EVERYONE_DECIDES],
        clients=APP,
        prefix=[*ALL_PREPARED, ("deliver", "r1", "a1"), ("deliver", "r1", "a2"), *ASKED, ("crash", victim)],
        symmetry=TWINS if victim in ("L1", "a3") else (),
        timers=1,
        crashes=1,
        restarts=False,
        audit=False,
    )
    assert result.exhausted and result.ok


@pytest.mark.parametrize("victim", ["a1", "a2", "a3"])
def test_faster_paxos_commit_does_not_block_when_one_acceptor_is_gone(victim):
    result = explore(
        paxos_commit(2, faster=True),
        [*promises(RMS), EVERYONE_DECIDES],
        clients=APP,
        prefix=[*ALL_PREPARED, *ASKED, ("crash", victim)],
        timers=1,
        crashes=1,
        restarts=False,
        audit=False,
    )
    assert result.exhausted and result.ok


def test_paxos_commit_blocks_when_more_than_f_acceptors_are_gone():
    result = explore(
        paxos_commit(2),
        [EVERYONE_DECIDES],
        clients=APP,
        prefix=[*ALL_PREPARED, ("crash", "a1"), ("crash", "a3")],
        timers=1,
        crashes=2,
        restarts=False,
        audit=False,
    )
    assert status(result, EVERYONE_DECIDES.name) == VIOLATED
    assert last_states(result.trace(), 2) == everywhere(PREPARED, 2)


@pytest.mark.parametrize("faster", [False, True])
@pytest.mark.parametrize("victim", ["L1", "L2", "a1", "a2", "a3"])
def test_in_time_all_rms_decide_alike_whenever_one_leader_or_acceptor_crashes(faster, victim):
    nodes = paxos_commit(3, faster=faster)
    ends = set()
    for half_units in range(12):
        trace = run(nodes, faults=[crash(victim, at_s=half_units * UNIT_S / 2)])
        final = set(last_states(trace, 3).values())
        assert len(final) == 1 and final <= set(FINAL), half_units
        ends |= final
    assert COMMITTED in ends


def test_with_two_faults_to_survive_five_acceptors_and_three_leaders_do():
    nodes = paxos_commit(3, faults=2)
    for victims in (("a1", "a2"), ("L1", "L2"), ("L1", "a5"), ("L2", "a1")):
        trace = run(nodes, faults=[crash(v, at_s=2.5 * UNIT_S) for v in victims])
        assert set(last_states(trace, 3).values()) <= set(FINAL)
        assert len(set(last_states(trace, 3).values())) == 1


def test_a_value_that_only_one_acceptor_holds_is_found_by_the_next_leader():
    # a2 crashes before anything reaches it: "prepared" is accepted by a1 alone, chosen by nobody, and must be kept.
    trace = run(paxos_commit(2), faults=[crash("a2", at_s=0)])
    proposed = [e.detail for e in trace.of("send") if e.detail[0] == "2a" and e.node == "L2"]
    assert proposed and proposed[0][2] == {"r1": PREPARED, "r2": PREPARED}
    assert last_states(trace, 2) == everywhere(COMMITTED, 2)


def test_an_instance_of_which_nobody_reports_anything_is_free_and_aborts():
    trace = run(paxos_commit(2), faults=[crash("L1", at_s=0)])
    proposed = [e.detail for e in trace.of("send") if e.detail[0] == "2a" and e.node == "L2"]
    assert proposed[0][2] == {"r1": PREPARED, "r2": ABORTED}
    assert last_states(trace, 2) == everywhere(ABORTED, 2)


def test_leaders_never_share_a_ballot_and_never_use_one_twice():
    faults = [crash("a1", at_s=0), crash("a2", at_s=0), crash("L2", at_s=4.2), restart("L2", at_s=5.2)]
    trace = run(paxos_commit(2), faults=faults)
    used = {(e.node, e.detail[1]) for e in trace.of("send") if e.detail[0] == "1a"}
    ballots = [ballot for _leader, ballot in used]
    assert {leader for leader, _ballot in used} == {"L1", "L2"}
    assert len(set(ballots)) == len(ballots) >= 4 and min(ballots) > 0
    to_a3 = [e for e in trace.of("send") if e.detail[0] == "1a" and e.other == "a3"]
    assert len(to_a3) == len(ballots)


def test_a_value_is_chosen_by_a_quorum_in_one_ballot_only():
    cast = {"rms": {"r1"}, "acceptors": {"a1", "a2", "a3"}, "active": {"a1", "a2"}, "leaders": ["L1"]}
    yes, no = {"r1": PREPARED}, {"r1": ABORTED}
    assert outcome_of({}, cast) == ""
    assert outcome_of({0: {"a1": yes}, 2: {"a2": yes}}, cast) == ""
    assert outcome_of({0: {"a1": yes, "a2": yes}}, cast) == COMMITTED
    assert outcome_of({0: {"a1": yes}, 2: {"a2": no, "a3": no}}, cast) == ABORTED


class DeafLeader(Leader):
    """It does not adopt what acceptors report."""

    def value_for(self, rm):
        return ABORTED


class HastyLeader(Leader):
    """It takes one report for a quorum."""

    def decide(self, ctx, acceptor, ballot, values):
        super().decide(ctx, acceptor, ballot, values)
        super().decide(ctx, f"{acceptor} again", ballot, values)


class HastyRM(PaxosResourceManager):
    """The same, where the RM decides for itself."""

    def decide(self, ctx, acceptor, ballot, values):
        super().decide(ctx, acceptor, ballot, values)
        super().decide(ctx, f"{acceptor} again", ballot, values)


class FaithlessAcceptor(Acceptor):
    """It accepts in a lower ballot than it has promised."""

    def phase_2b(self, ctx, proposer, ballot, values):
        self.promised = min(self.promised, ballot)
        super().phase_2b(ctx, proposer, ballot, values)


class ForgetfulAcceptor(Acceptor):
    """It writes nothing down."""

    def on_start(self, ctx):
        ctx.disk.clear()
        super().on_start(ctx)


# Both active acceptors have promised ballot 2 and reported that they know nothing of r2, which was slow.
R2_IS_SLOW = [
    *ALL_PREPARED,
    *(("deliver", "r1", a) for a in ("a1", "a2")),
    *ASKED,
    *(("deliver", "L2", a) for a in ("a1", "a2")),
    *(("deliver", a, "L2") for a in ("a1", "a2")),
]
ONE_HAS_ACCEPTED = [*ALL_PREPARED, *(("deliver", rm, "a1") for rm in RMS)]


@pytest.mark.parametrize(
    ("broken", "prefix", "budget"),
    [
        ({"leader": DeafLeader}, FIRST_HAS_COMMITTED[False], {}),
        ({"leader": HastyLeader}, [*ONE_HAS_ACCEPTED, ("deliver", "a1", "L1"), ("deliver", "L1", "r1")], {}),
        ({"rm": HastyRM, "faster": True}, [*ONE_HAS_ACCEPTED, ("deliver", "a1", "r1")], {}),
        ({"acceptor": FaithlessAcceptor}, R2_IS_SLOW, {}),
        ({"acceptor": ForgetfulAcceptor}, FIRST_HAS_COMMITTED[False], {"crashes": 1}),
    ],
    ids=["rule 6", "rule 3", "rule 3, faster", "rule 2", "rule 7"],
)
def test_paxos_commit_without_one_of_its_rules_breaks_consistency(broken, prefix, budget):
    result = explore(
        paxos_commit(2, **broken), promises(RMS), clients=APP, prefix=prefix, timers=1, audit=False, **budget
    )
    assert status(result, "consistency") == VIOLATED
    assert set(last_states(result.trace(), 2).values()) == {COMMITTED, ABORTED}


def test_an_acceptor_that_keeps_its_promise_refuses_what_the_faithless_one_accepts():
    result = explore(paxos_commit(2), promises(RMS), clients=APP, prefix=R2_IS_SLOW, timers=1, audit=False)
    assert result.exhausted and result.ok


# What it costs


def test_messages_on_one_machine_cost_nothing_and_those_of_one_step_to_one_machine_are_one():
    nodes = paxos_commit(2)
    trace = run(nodes)
    alone = {name: name for name in nodes}
    assert messages_between(trace, alone) == len(trace.of("send"))
    assert messages_between(trace, dict.fromkeys(nodes, "the same")) == 0
    # r1 sends three messages in one step, to two acceptors and the leader.
    others = dict.fromkeys(nodes, "the rest") | {"r1": "r1"}
    sent_by_r1 = [e for e in trace.of("send") if e.node == "r1"]
    to_r1 = [e for e in trace.of("send") if e.other == "r1"]
    assert len(sent_by_r1) == 3 and messages_between(trace, others) == 1 + len(to_r1)


def test_only_the_normal_case_has_a_cost():
    with pytest.raises(RuntimeError, match="normal case"):
        cost(two_phase_commit(3, votes={"r2": ABORTED}), two_phase_machines(3, co_located=True))
    with pytest.raises(RuntimeError, match="normal case"):
        cost(two_phase_commit(3, patience_s=0.01), two_phase_machines(3, co_located=True))


def test_active_acceptors_need_rms_to_stand_beside():
    assert paxos_machines(2, 1, CO_LOCATED)["a2"] == "r2"
    with pytest.raises(ValueError, match="do not fit"):
        paxos_machines(2, 2, CO_LOCATED)
    with pytest.raises(ValueError, match="no layout"):
        paxos_machines(2, 1, "in the cloud")
    assert set(paxos_machines(2, 1, ALONE)) == set(paxos_commit(2))
