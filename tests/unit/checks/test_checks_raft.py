"""The checks of the Raft exercise: what the gates do not show. Whatever a class keeps, sends or answers, the verdict is
one clear line and never a grader error; and the schedules are what they should be."""

import random

import pytest

from faultlab.checks import core, raft, raft_view
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.models.raft import LEADER, Raft
from faultlab.sim.node import Node
from faultlab.sim.properties import NodeView, Snapshot

NAMES = core.names("raft")
SEEDS = range(4)


def judged(name, kind, **how):
    subject = Subject(LocalChannel({"Mine": kind}))
    return core.judge(core.find(name), subject, [named("Mine")], **how)


def played(name, kind, *schedule):
    subject = Subject(LocalChannel({"Mine": kind}))
    return core._play(core.find(name), subject, [named("Mine")], list(schedule), 1, False)


class Broken(Raft):
    """Spoils one of its fields when it has started."""

    field, value = "", None

    def on_start(self, ctx):
        super().on_start(ctx)
        if self.value is None:
            del vars(self)[self.field]
        else:
            vars(self)[self.field] = self.value


def broken(field, value):
    return type("Broken", (Broken,), {"field": field, "value": value})


# The model of the course


@pytest.mark.parametrize("name", ["raft.election_safety", "raft.log_matching", "raft.durability", "raft.faults"])
def test_the_model_of_the_course_passes_what_is_shown(name):
    verdict = judged(name, Raft)
    assert (verdict.status, verdict.message) == (core.RIGHT, "")


def test_the_model_of_the_course_trusts_the_disks_of_its_followers():
    assert played("raft.catch_up", Raft, ["cut off", 3]).status == core.RIGHT
    verdict = played("raft.catch_up", Raft, ["empty disk", 3])
    assert verdict.status == core.WRONG and "it holds 0" in verdict.message


# Fields and messages of another form


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("role", None, "has no field `role`"),
        ("role", "boss", "`self.role` is 'boss', and should be one of 'follower', 'candidate', 'leader'"),
        ("role", ["leader"], "`self.role` is ['leader']"),
        ("term", "0", "`self.term` is '0', and should be a whole number"),
        ("term", True, "`self.term` is True"),
        ("voted_for", 3, "`self.voted_for` is 3, and should be the name of a node, or None"),
        ("leader", {}, "`self.leader` is {}"),
    ],
)
def test_a_field_of_another_form_is_named_in_one_line(field, value, said):
    for name in ("raft.candidate", "raft.elected"):
        verdict = judged(name, broken(field, value))
        assert verdict.status == core.WRONG and said in verdict.message, (name, verdict.message)


@pytest.mark.parametrize(
    "value", [{"1": 2}, [7], [(1,)], [("1", None)], [(1, "call")], [(1, (2, ("read", "x")))], "log"], ids=repr
)
def test_a_log_of_another_form_is_named_in_one_line(value):
    view = NodeView("B", {**raft_view.MISSING, "log": value}, {}, True)
    read = raft_view.Reader(raft_view.REPLICATION).read(view)
    assert read.startswith("Node B: `self.log` is ") and "a list of pairs" in read
    on_disk = NodeView("B", {}, {"log": value}, False)
    assert 'ctx.disk["log"]' in raft_view.Reader(raft_view.REPLICATION).read(on_disk)


def test_lists_and_tuples_are_the_same_and_what_a_step_does_not_have_is_filled_in():
    fields = {"role": "leader", "term": 2, "voted_for": "B", "leader": "B"}
    read = raft_view.Reader(raft_view.ELECTION).read(NodeView("B", fields, {"log": 5}, True))
    assert read.log == () and read.last_applied == 0 and read.term == 2
    log = [[1, ["ann.1", ["write", "x", [1]]]], (2, None)]
    reader = raft_view.Reader(raft_view.REPLICATION)
    read = reader.read(NodeView("B", {**fields, "log": log, "commit_index": 1}, {"log": log}, True))
    assert read.log == read.disk["log"] == ((1, ("ann.1", ("write", "x", (1,)))), (2, None))


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (("request_vote", 1), "sends ('request_vote', 1)"),
        ({"type": "request_vote"}, "sends {'type': 'request_vote'}"),
        (("hello", 1), "knows no such message"),
        (("vote", "1", True), "knows no such message"),
        (5, "knows no such message"),
    ],
    ids=repr,
)
def test_a_message_that_is_none_of_the_four_is_named_in_one_line(message, said):
    class Talks(Raft):
        def on_timer(self, ctx, timer):
            super().on_timer(ctx, timer)
            ctx.send(ctx.peers[0], message)

        def on_message(self, ctx, sender, message):
            if raft_view._is_message(message):
                super().on_message(ctx, sender, message)

    verdict = played("raft.terms", Talks, ["faults", 1])
    assert verdict.status == core.WRONG and said in verdict.message, verdict.message
    assert judged("raft.figure_8", Talks).status in (core.RIGHT, core.WRONG)


@pytest.mark.parametrize("answer", [{}, {"x": [1]}, float("inf")], ids=repr)
def test_whatever_a_client_is_answered_is_judged(answer):
    class Answers(Raft):
        def on_request(self, ctx, request, call):
            ctx.reply(request, answer)

    for name in ("raft.reads", "raft.answers", "raft.refusals"):
        verdict = judged(name, Answers)
        assert verdict.status == core.WRONG and verdict.message, name


def test_whatever_a_client_is_refused_with_is_judged():
    class Refuses(Raft):
        def on_request(self, ctx, request, call):
            ctx.refuse(request, {"leader": [self.leader]})

    verdict = played("raft.refusals", Refuses, ["calls", "ABCDE"])
    assert verdict.status == core.WRONG and "{'leader': ['A']}" in verdict.message


# Clients that ask again


@pytest.mark.parametrize("run", ["answers are lost", "the leader is lost"])
def test_a_leader_that_ignores_a_call_in_its_log_leaves_a_client_without_an_answer(run):
    class Ignores(Raft):
        def on_request(self, ctx, request, call):
            if all(command[0] != request for _term, command in self.log):
                super().on_request(ctx, request, call)

    verdict = played("raft.sessions", Ignores, [run, 1])
    assert verdict.status == core.WRONG and "not answered" in verdict.message
    assert played("raft.sessions", Raft, [run, 1]).status == core.RIGHT


def test_an_answer_from_memory_is_as_good_as_one_from_the_log():
    class Remembers(Raft):
        def on_request(self, ctx, request, call):
            client, _, number = request.rpartition(".")
            last = self.machine["sessions"].get(client)
            if self.role == LEADER and last is not None and last[0] == int(number):
                ctx.reply(request, last[1])
            else:
                super().on_request(ctx, request, call)

    for run in raft.AGAIN:
        assert played("raft.sessions", Remembers, [run, 2]).status == core.RIGHT


# Timers, and the leader of an old term


def test_a_wait_outside_the_range_is_named_with_its_length():
    class Waits(Raft):
        def on_start(self, ctx):
            super().on_start(ctx)
            ctx.set_timer("election", 0.4)

    verdict = played("raft.stable", Waits, ["calm", 1])
    assert "sets its election timer to 0.4 s. It should be between 0.15 and 0.3 s." in verdict.message


def test_who_takes_its_leader_into_a_new_term_is_named():
    class Keeps(Raft):
        def on_message(self, ctx, sender, message):
            leader = self.leader
            super().on_message(ctx, sender, message)
            if message[0] != "append_entries" and self.leader is None:
                self.leader = leader

    verdict = played("raft.terms", Keeps, ["an old leader", "ABCDE"])
    assert "A has adopted a higher term from a message of B" in verdict.message and verdict.at is not None


# Nodes that do not get anywhere


class Frozen(Node):
    def on_start(self, ctx):
        vars(self).update(raft_view.MISSING, log=[])


@pytest.mark.parametrize("name", NAMES)
def test_whoever_only_looks_like_a_node_passes_nothing_and_not_the_empty_schedule_either(name):
    for verdict in (judged(name, Frozen), judged(name, Frozen, hidden=True, seeds=[1]), played(name, Frozen)):
        assert verdict.status == core.WRONG and verdict.message


class Mute(Raft):
    """Follows, and answers no leader."""

    def receive_append_entries(self, ctx, leader, *rest):
        self.follow(ctx, leader)


class NeverCommits(Raft):
    def advance_commit_index(self, ctx):
        pass


class NeverVotes(Raft):
    def may_vote(self, candidate, term):
        return False


def test_a_situation_that_is_not_reached_shows_how_far_the_nodes_went():
    verdict = played("raft.up_to_date", Mute, ["stale leader", "ABCDE"])
    assert "Yours stop on the way (step" in verdict.message
    assert len(verdict.trace["events"]) > 10


def test_what_never_happens_shows_the_way_to_where_the_search_began():
    for name, situation in (("raft.log_matching", "two calls"), ("raft.durability", "five nodes")):
        verdict = played(name, Mute, [situation, "ABCDE"])
        assert "never" in verdict.message
        kinds = [row[1] for row in verdict.trace["events"]]
        assert kinds.count("request") == (2 if situation == "two calls" else 1) and kinds[-1] == "send"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (NeverVotes, "raft.election_safety"),
        (NeverVotes, "raft.vote_kept"),
        (NeverVotes, "raft.up_to_date"),
        (Mute, "raft.log_matching"),
        (Mute, "raft.durability"),
        (NeverCommits, "raft.durability"),
        (NeverCommits, "raft.figure_8"),
        (NeverCommits, "raft.applied"),
        (NeverCommits, "raft.early_answers"),
    ],
)
def test_who_is_safe_because_nothing_happens_does_not_pass(kind, name):
    assert judged(name, kind).status == core.WRONG


def test_a_handler_that_raises_on_the_way_to_a_situation_is_named_with_its_traceback():
    class Raises(Raft):
        def on_request(self, ctx, request, call):
            raise KeyError("no such call")

    for name, step in (("raft.durability", "two calls"), ("raft.append_only", "a leader is refused")):
        verdict = played(name, Raises, [step, "ABCDE"])
        assert "Node A raised KeyError in on_request" in verdict.message
        assert 'raise KeyError("no such call")' in verdict.traceback


def test_nodes_that_never_come_to_rest_are_stopped():
    class Storms(Raft):
        def on_message(self, ctx, sender, message):
            super().on_message(ctx, sender, message)
            ctx.send(sender, ("vote", self.term, False))
            ctx.send(sender, ("vote", self.term, False))

    verdict = played("raft.terms", Storms, ["faults", 1])
    assert verdict.status == core.WRONG and "do not come to rest" in verdict.message


def test_a_commit_index_beyond_the_log_is_no_failure_of_the_judge():
    views = {
        name: NodeView(name, {**raft_view.MISSING, "log": (), "commit_index": 3}, {"log": ()}, True) for name in "ABC"
    }
    found = raft_view.promises(raft_view.Reader(raft_view.RAFT), *raft_view.SENTENCES)
    said = [p.look(Snapshot(views)) for p in found]
    assert [sentence for holds, sentence in said if not holds] == ["A has commit_index 3, and its log holds 0 entries."]


# Schedules


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_schedule_is_a_known_situation_story_or_run(name):
    check = core.find(name)
    made = [check.generate(random.Random(f"{name}/{seed}")) for seed in SEEDS]
    assert made == [check.generate(random.Random(f"{name}/{seed}")) for seed in SEEDS]
    for what, value in (step for schedule in [*check.examples, *made] for step in schedule):
        if what in raft.SITUATIONS or what in raft.STORIES:
            assert sorted(value) == list(raft.NAMES)
        else:
            assert type(what) is str and type(value) is int


def test_the_order_of_the_nodes_changes_who_is_known_first_and_not_who_plays_which_part():
    for order in ("ABCDE", "ECABD", "DBECA"):
        assert played("raft.log_matching", Raft, ["third leader", order]).status == core.RIGHT
        assert played("raft.reads", Raft, ["an old leader is asked", order]).status == core.RIGHT
