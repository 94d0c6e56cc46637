"""What chapter 3.5 says in prose about its searches and runs is what they show, with the very classes of its cells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from statistics import median
from typing import Any

import pytest

from faultlab import build, i18n
from faultlab.live.etcd_run import Recording
from faultlab.models import paxos as px
from faultlab.models.generals import all_lies, messages, messages_of_last_round, rules_for_three, signed_runs
from faultlab.models.multi_paxos import HOLE, compare
from faultlab.models.raft import CANDIDATE, FOLLOWER, LEADER, TRANSITIONS, Raft
from faultlab.models.raft_elections import election_times
from faultlab.models.raft_properties import elections, safety
from faultlab.models.raft_stages import (
    FIGURE_8,
    HIGH_TERM,
    MINORITY_PARTITION,
    SPLIT_VOTE,
    STALE_LEADER,
    figure_8,
    leader,
    stale_leader,
)
from faultlab.models.two_generals import chances, messengers_needed, surviving_rules
from faultlab.sim import explore
from faultlab.sim.explore import Exploration

ACCEPTORS = ["a1", "a2", "a3"]


@pytest.fixture(scope="module")
def cells() -> Iterator[dict[str, Any]]:
    """What the cells of the notebook have defined, after all of them have run."""
    language = list(i18n._current)
    notebook = build.in_language(build.read_source(build.ROOT / build.CHAPTERS / "3.5-consensus.md"), "en")
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(StringIO()):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "<3.5-consensus>", "exec"), names)
    yield names
    i18n._current[:] = language


def violated(result: Exploration) -> dict[str, str]:
    return {f.name: f.because for f in result.findings if f.status == "violated"}


def steps(result: Exploration, name: str) -> int:
    return len(result.paths[name])


# 2. The generals


def test_no_rule_for_two_generals_is_good_and_copies_beat_receipts() -> None:
    assert all(surviving_rules(last)[1] == [] for last in range(1, 6))
    copies, receipts = chances(1, 3, 0.1), chances(3, 1, 0.1)
    assert copies["one attacks alone"] == pytest.approx(0.001)
    assert receipts["one attacks alone"] == pytest.approx(0.081) and receipts["nobody attacks"] == pytest.approx(0.19)
    assert messengers_needed(loss=0.1, alone_max=1e-6) == 6


def test_four_generals_withstand_26_runs_and_three_fall_to_one_lie_unless_they_sign() -> None:
    four, three = all_lies(4, m=1), all_lies(3, m=1)
    assert (four.tried, four.failure) == (26, None)
    failure = three.failure
    assert failure and failure.traitors == {"L1"} and failure.order == "attack"
    assert failure.lies == {(("C", "L1"), "L2"): "retreat"} and failure.loyal_decisions == {"L2": "retreat"}
    assert rules_for_three()[1] == []
    signed = all_lies(3, m=1, runs=signed_runs)
    assert (signed.tried, signed.failure) == (38, None)


def test_the_message_counts_of_oral_messages_are_those_of_the_text() -> None:
    sizes = [(3 * m + 1, m) for m in (1, 2, 3)]
    assert [messages(n, m) for n, m in sizes] == [9, 156, 3609]
    assert [messages_of_last_round(n, m) for n, m in sizes] == [6, 120, 3024]


def test_eleven_generals_withstand_three_traitors() -> None:
    assert max(m for m in range(5) if 3 * m + 1 <= 11) == 3
    assert [3 * m + 1 for m in (3, 4)] == [10, 13]


# 3. The election


def test_whoever_notices_first_makes_two_leaders_in_two_steps(cells: dict[str, Any]) -> None:
    result = explore(dict.fromkeys("ABC", cells["FirstToNotice"]), cells["promises"][:1], timers=2, audit=False)
    assert result.paths["one leader"] == [("timer", "A", "election"), ("timer", "B", "election")]


def test_one_vote_for_ever_makes_never_two_leaders_and_sometimes_none(cells: dict[str, Any]) -> None:
    nodes = dict.fromkeys("ABC", cells["OneVote"])
    result = explore(nodes, cells["promises"], timers=3, stop_early=False, audit=False)
    assert result.exhausted and set(violated(result)) == {"a leader is found"}
    last = result.trace("a leader is found").state(-1 + len(result.trace("a leader is found")))
    assert {name: fields["voted_for"] for name, fields in last.items()} == {"A": "A", "B": "B", "C": "C"}


def test_the_machine_of_roles_has_six_edges_and_the_two_that_diagrams_lack() -> None:
    assert len(TRANSITIONS) == 6
    ways = {(role, new) for (role, _event), new in TRANSITIONS.items()}
    assert {(CANDIDATE, CANDIDATE), (CANDIDATE, FOLLOWER)} <= ways and (FOLLOWER, LEADER) not in ways


def test_a_vote_that_is_not_on_the_disk_makes_two_leaders_in_eight_steps(cells: dict[str, Any]) -> None:
    result = explore(dict.fromkeys("ABC", cells["VoteInMemory"]), safety(), timers=2, crashes=1, audit=False)
    assert violated(result) == {"Election Safety": "A and C both lead in term 1"}
    path = result.paths["Election Safety"]
    assert len(path) == 8 and ("crash", "B") in path
    votes = [(step[1], step[2]) for step in path if step[0] == "deliver" and step[3] == ("vote", 1, True)]
    assert votes == [("B", "A"), ("B", "C")]


def test_the_vote_is_split_two_against_two_and_term_2_has_a_leader() -> None:
    trace = SPLIT_VOTE.run()
    in_term_1 = trace.state(trace.index_at(elections(trace)[0][0] - 0.05))
    assert sorted(fields["voted_for"] for name, fields in in_term_1.items() if name in "ABCD") == ["A", "A", "B", "B"]
    assert trace.status(len(trace) - 1)["E"] == "crashed"
    assert [term for _at_s, term, _name in elections(trace)] == [2]


def test_equal_timeouts_never_elect_and_five_milliseconds_of_chance_do() -> None:
    times_s = {spread: election_times((0.150, 0.150 + spread), runs=20) for spread in (0.0, 0.001, 0.005, 0.05)}
    assert set(times_s[0.0]) == {math.inf}
    assert median(times_s[0.001]) == math.inf
    assert times_s[0.005][-1] < 10 and times_s[0.05][-1] < 1


def test_a_high_term_costs_an_election_in_term_5_and_pre_vote_saves_it() -> None:
    assert [(term, name) for _at_s, term, name in elections(HIGH_TERM.run())] == [(1, "A"), (5, "A")]
    assert [(term, name) for _at_s, term, name in elections(HIGH_TERM.run(pre_vote=True))] == [(1, "A")]
    (cut,) = [fault for fault in HIGH_TERM.scenario.faults if fault.kind == "partition"]
    assert cut.at_s == 1.0


def test_partly_connected_nodes_depose_over_thirty_leaders_and_pre_vote_ends_it(cells: dict[str, Any]) -> None:
    def leaders(pre_vote: bool) -> int:
        nodes = dict.fromkeys("ABCDE", cells["partial"](Raft, pre_vote=pre_vote))
        return len(elections(cells["simulate"](nodes, 20, faults=cells["broken"]), after_s=1))

    assert leaders(False) > 30 and leaders(True) <= 1
    # D hears only B, and E only C.
    gone = {(fault.node, fault.other) for fault in cells["broken"]}
    assert {other for other in "ABC" if ("D", other) not in gone} == {"B"}
    assert {other for other in "ABC" if ("E", other) not in gone} == {"C"}
    assert not {(a, b) for a in "ABC" for b in "ABC"} & gone


# 4. The log


def test_an_answer_at_once_stands_on_one_disk_of_three(cells: dict[str, Any]) -> None:
    result = cells["search"](cells["AnswersAtOnce"], leader)
    assert violated(result) == {"Durability": "ann.1 has been answered, and it is on the disks of 1 of 3 nodes"}
    assert steps(result, "Durability") == 1


def test_three_nodes_hide_a_follower_that_commits_on_append_and_five_show_it(cells: dict[str, Any]) -> None:
    three, five = (cells["search"](cells["CommitsOnAppend"], leader, names) for names in ("ABC", "ABCDE"))
    assert three.exhausted and violated(three) == {}
    assert violated(five) == {"Durability": "B has committed up to index 1, which is on the disks of 2 of 5 nodes"}


def test_the_stale_leader_gives_bobs_command_up_and_cids_survives() -> None:
    trace = STALE_LEADER.run()
    assert [(term, name) for _at_s, term, name in elections(trace)] == [(1, "A"), (2, "B")]
    logs = [[command[0] for _term, command in f["log"]] for f in trace.state(len(trace) - 1).values()]
    assert logs == [["ann.1", "cid.1"]] * 5
    assert "bob.1" not in [row[5][0] for row in trace.rows if row[1] == "reply"]


def test_a_longer_log_wins_over_a_committed_entry(cells: dict[str, Any]) -> None:
    result = cells["search"](cells["LongerLogMayLead"], stale_leader, timers=1)
    assert list(violated(result)) == ["Leader Completeness"]
    logs = logs_at_the_stage(result)
    assert logs == {"A": [1, 1, 1], "B": [1, 2], "C": [1, 2]}


def test_figure_8_stands_as_in_the_table_and_one_more_election_loses_the_entry(cells: dict[str, Any]) -> None:
    result = cells["search"](cells["CommitsOldTerms"], figure_8, "ABCDE", timers=1)
    assert logs_at_the_stage(result) == {"A": [1, 2], "B": [1, 2], "C": [1, 2], "D": [1], "E": [1, 3]}
    assert "E leads in term 5 without the entry (2," in violated(result)["Leader Completeness"]
    right = cells["search"](Raft, figure_8, "ABCDE", timers=1)
    assert right.exhausted and violated(right) == {}
    assert [(term, name) for _at_s, term, name in elections(FIGURE_8.run())][-1] == (5, "E")


def logs_at_the_stage(result: Exploration) -> dict[str, list[int]]:
    """The terms of each node's entries where the search begins."""
    trace = result.cluster.trace([])  # type: ignore[union-attr]
    return {name: [term for term, _command in f["disk.log"]] for name, f in trace.state(len(trace) - 1).items()}


def test_without_any_of_the_three_things_on_the_disk_a_promise_breaks(cells: dict[str, Any]) -> None:
    from faultlab.models.raft_stages import rivals

    found = {
        field: list(violated(cells["search"](cells["without"](field), stage, crashes=1)))
        for field, stage in (("term", rivals), ("voted_for", rivals), ("log", leader))
    }
    assert found == {"term": ["Election Safety"], "voted_for": ["Election Safety"], "log": ["Durability"]}


def test_the_minority_commits_nothing_and_the_majority_elects_c() -> None:
    trace = MINORITY_PARTITION.run()
    assert [(term, name) for _at_s, term, name in elections(trace)] == [(1, "A"), (2, "C")]
    during = [trace.index_at(at_s) for at_s in (1.1, 2.4)]
    mine, theirs = ([trace.state(i)[name]["commit_index"] for i in during] for name in "AC")
    assert mine[0] == mine[1] and theirs[0] < theirs[1]


def test_without_a_session_anns_retry_undoes_bobs_write(cells: dict[str, Any]) -> None:
    assert cells["registers"] == {"x": 1} and cells["machine"]["registers"] == {"x": 2}


# 5. Paxos


def test_the_first_value_may_choose_nothing_and_the_latest_chooses_two_in_eight_steps(cells: dict[str, Any]) -> None:
    promised = [cells["agreement"](), cells["termination"]()]
    first = explore(cells["cast"](cells["KeepsTheFirst"], "xyz"), promised, stop_early=False, audit=False)
    assert first.exhausted and list(violated(first)) == ["a value is chosen"]
    # With two proposers one crash is enough, and without it there is always a majority.
    calm = explore(cells["cast"](cells["KeepsTheFirst"], "xy"), promised, stop_early=False, audit=False)
    assert calm.exhausted and violated(calm) == {}
    more = {"crashes": 1, "restarts": False, "crashable": ACCEPTORS, "audit": False}
    assert list(violated(explore(cells["cast"](cells["KeepsTheFirst"], "xy"), promised, **more))) == [
        "a value is chosen"
    ]
    latest = explore(cells["cast"](cells["TakesTheLatest"], "xy"), promised, audit=False)
    assert steps(latest, "agreement") == 8


def test_a_stubborn_proposer_has_been_told_twice_of_x(cells: dict[str, Any]) -> None:
    stage = px.STAGES["a chosen value must be adopted"]
    result = px.search(stage, proposer=cells["StubbornProposer"], audit=False)
    told = [step[3] for step in result.paths["agreement"] if step[0] == "deliver" and step[3][0] == "promise"]
    assert [promise[3] for promise in told] == ["x", "x"]


def test_a_hasty_acceptor_lets_p1_come_too_late_with_x(cells: dict[str, Any]) -> None:
    result = cells["result"]  # of the last search: the right one
    assert result.exhausted and violated(result) == {} and result.states == 5_489
    nodes = px.paxos(2, acceptor=cells["partial"](cells["HastyAcceptor"], nacks=False))
    wrong = explore(
        nodes, cells["agree"], network="lasting", clients=px.TWO, timers=0, symmetry=[ACCEPTORS], audit=False
    )
    assert "'y' in ballot (1, 'p2'), 'x' in ballot (1, 'p1')" in violated(wrong)["agreement"]


def test_the_duel_opens_201_ballots_in_three_seconds_and_chance_ends_it() -> None:
    duel, mended = px.ballots(px.DUEL.run()), px.ballots(px.DUEL_MENDED.run())
    assert px.DUEL.scenario.until_s == 3 and len(duel) == 201 and not any(b.is_chosen for b in duel)
    assert not px.DUEL.scenario.faults
    assert len({b.value for b in mended if b.is_chosen}) == 1


def test_p2_brings_x_to_its_client() -> None:
    trace = px.PRESETS["a value that must be adopted"].run()
    assert [row[5] for row in trace.rows if row[1] == "reply"] == [("c2.1", "x")]


def test_with_a_leader_a_command_costs_multi_paxos_and_raft_the_same_and_half_the_round_trips() -> None:
    for costs in compare().values():
        assert [(cost.per_command, round(cost.round_trips)) for cost in costs] == [(2 * (n - 1), 1) for n in (3, 5, 7)]
    for n in (3, 5, 7):
        assert px.messages(n) == 4 * n
    alone = px.PRESETS["one proposer"].run()
    told_s = alone.of("reply")[0].at_s - alone.of("request")[0].at_s
    assert told_s == pytest.approx(2 * 2 * px.LATENCY_S)  # two round trips


def test_the_next_leader_fills_the_hole_with_a_command_that_does_nothing() -> None:
    trace = HOLE.run()
    last = trace.state(len(trace) - 1)
    assert last["B"]["role"] == LEADER and last["B"]["chosen"] == last["C"]["chosen"]
    assert last["B"]["chosen"][1] is None and last["B"]["chosen"][2][0] == "c2.1"
    assert trace.status(len(trace) - 1)["A"] == "crashed"


def test_paxos_commit_costs_17_or_20_messages_in_place_of_12(cells: dict[str, Any]) -> None:
    costs = [cells[name] for name in ("two_phase", "commit", "faster")]
    assert [cost.messages for cost in costs] == [12, 17, 20]
    assert costs[1].delays - costs[2].delays == 1


# 6. Real systems


def test_the_recorded_cluster_behaves_as_the_text_says() -> None:
    run = Recording.load()
    assert (run.heartbeat_ms, run.election_timeout_ms, len(run.members)) == (100, 1000, 3)
    one, most = run.outages()[:2]
    assert len(one.killed) == 1 and 0.5 < one.length_s < 3  # "a second or two"
    terms = [event.term for event in run.leaders()]
    assert terms == sorted(set(terms)) and len(terms) >= 3
    assert len(most.killed) == 2 and most.to_s is not None
    alone = [read for read in run.of("read") if most.from_s < read.at_s < most.to_s]
    linearizable, serializable = ({r.outcome for r in alone if r.serializable is kind} for kind in (False, True))
    assert linearizable and "ok" not in linearizable and "ok" in serializable
    applied, unknown = run.lost_and_applied()
    assert 0 < applied < unknown
    roles = [e.role for e in run.of("status") if most.from_s < e.at_s < most.to_s and e.who not in most.killed]
    assert roles and LEADER not in roles[-1:]  # it stops leading


def test_the_killed_leader_comes_back_as_a_follower() -> None:
    run = Recording.load()
    first = run.outages()[0].killed[0]
    back_s = next(event.at_s for event in run.of("restart") if event.who == first)
    roles = [event.role for event in run.of("status") if event.who == first and event.at_s > back_s]
    assert FOLLOWER in roles


def test_the_slow_minority_costs_nothing(cells: dict[str, Any]) -> None:
    commit_ms = cells["commit_ms"]
    assert commit_ms([0, 1, 80]) == commit_ms([0, 1, 1]) == commit_ms([0, 1, 1, 80, 80]) == 1
    assert [n - px.quorum(n) for n in (2, 3, 4, 5)] == [0, 1, 1, 2]
    assert px.quorum(4) - px.quorum(3) == 1


# The puzzles


def test_two_leaders_stand_beside_each_other_in_two_terms(cells: dict[str, Any]) -> None:
    script = [("timeout", "A"), ("talk", "A B C"), ("timeout", "B"), ("talk", "B C")]
    assert cells["roles"](script) == {"A": (LEADER, 1), "B": (LEADER, 2), "C": (FOLLOWER, 2)}


@pytest.mark.parametrize("promises", [1, 2, 3])
@pytest.mark.parametrize("accepts", [1, 2, 3])
def test_the_quorums_of_the_two_phases_have_to_meet(cells: dict[str, Any], promises: int, accepts: int) -> None:
    safe = cells["try_quorums"](promises, accepts) == "no promise is broken"
    assert safe == (promises + accepts > 3)


def test_two_two_and_one_is_the_fastest_that_survives_any_place(cells: dict[str, Any]) -> None:
    said = {
        (here, near): cells["place"]({"here": here, "near": near, "far": 5 - here - near})
        for here in range(1, 6)
        for near in range(6 - here)
    }
    surviving = {counts: text for counts, text in said.items() if text.endswith("it survives any")}
    assert set(surviving) == {(2, 2), (2, 1), (1, 2)} and said[3, 1].startswith("commits in 1 ms")
    assert all(text.startswith("commits in 10 ms") for text in surviving.values())
    assert cells["commit_ms"]([0, 1, 80, math.inf, math.inf]) == 80  # the near place of (2, 2) is lost
