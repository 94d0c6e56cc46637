"""Raft: Figure 2 handler by handler, Figure 3 in every order of events, runs with faults; and what each rule is for:
every mistake below leaves one out, and is found."""

import math
from random import Random

import pytest

from faultlab.models import registers
from faultlab.models.raft import (
    CANDIDATE,
    ELECTION,
    FOLLOWER,
    HEARTBEAT,
    LEADER,
    LEADER_HEARD,
    PRE_CANDIDATE,
    PRE_VOTE_TRANSITIONS,
    TRANSITIONS,
    Raft,
)
from faultlab.models.raft_properties import (
    DURABILITY,
    ELECTION_SAFETY,
    LEADER_APPEND_ONLY,
    LEADER_COMPLETENESS,
    LOG_MATCHING,
    ONE_VOTE,
    REFUSED_NOT_DONE,
    STATE_MACHINE_SAFETY,
    TERMS_EXCHANGED,
    TERMS_GROW,
    elections,
    over_time,
    progress,
    safety,
    served_s,
    united,
    violated,
)
from faultlab.models.raft_stages import (
    FIGURE_8,
    HIGH_TERM,
    MINORITY_PARTITION,
    OLD_TERM,
    PRESETS,
    SPLIT_VOTE,
    STALE_LEADER,
    busy_leader,
    deposed,
    figure_8,
    leader,
    old_answers,
    old_votes,
    rejoin,
    rivals,
    split_vote,
    staged,
    stale_leader,
    succession,
    tie,
)
from faultlab.sim.explore import explore
from faultlab.sim.faults import crash, partition, random_faults, restart
from faultlab.sim.history import linearizable
from faultlab.sim.latency import Uniform
from faultlab.sim.node import Context
from faultlab.sim.properties import OK, VIOLATED, always, judge, sometimes
from faultlab.sim.scenario import Client, Network
from faultlab.sim.search import Bounds
from faultlab.sim.world import simulate

# More than any of these searches needs, so that a mistake which makes one endless shows as a failure.
UNITED = united()
LEADS_AGAIN = sometimes("somebody leads again", lambda s: any(node.role == LEADER and node.term > 2 for node in s.up))
BOUNDS = Bounds(states_max=60_000, seconds_max=120)


def cluster(kind=Raft, count=3):
    return dict.fromkeys("ABCDE"[:count], kind)


def searched(nodes, properties=None, **more):
    return explore(nodes, safety() if properties is None else properties, bounds=BOUNDS, audit=False, **more)


# Mistakes, each in one rule


class VotesTwice(Raft):
    """Forgets that it has voted."""

    def may_vote(self, candidate, term):
        return term == self.term


class VotesForTwoAsCandidate(Raft):
    """Does not count the vote for itself as its vote."""

    def campaign(self, ctx):
        super().campaign(ctx)
        if self.role == CANDIDATE:
            self.voted_for = None
            self.save(ctx)


class VoteNotOnDisk(Raft):
    def save(self, ctx):
        ctx.disk.update(term=self.term, log=self.log)


class VoteOnDiskTooLate(Raft):
    """Writes the vote when it writes the next time."""

    def receive_request_vote(self, ctx, candidate, term, last_log_index, last_log_term):
        granted = self.may_vote(candidate, term) and self.is_up_to_date(last_log_index, last_log_term)
        self.voted_for = candidate if granted else self.voted_for
        ctx.send(candidate, ("vote", self.term, granted))


class TermNotOnDisk(Raft):
    def save(self, ctx):
        ctx.disk.update(voted_for=self.voted_for, log=self.log)


class LogNotOnDisk(Raft):
    def save(self, ctx):
        ctx.disk.update(term=self.term, voted_for=self.voted_for)


class FollowerLogNotOnDisk(Raft):
    def merge(self, ctx, prev_log_index, entries):
        before = ctx.disk.get("log", [])
        super().merge(ctx, prev_log_index, entries)
        ctx.disk["log"] = before


class AnyLogMayLead(Raft):
    def is_up_to_date(self, last_log_index, last_log_term):
        return True


class LongerLogMayLead(Raft):
    def is_up_to_date(self, last_log_index, last_log_term):
        return last_log_index >= len(self.log)


class LengthBeforeTerm(Raft):
    def is_up_to_date(self, last_log_index, last_log_term):
        return (last_log_index, last_log_term) >= (len(self.log), self.last_log_term())


class LaterTermMayLead(Raft):
    def is_up_to_date(self, last_log_index, last_log_term):
        return last_log_term >= self.last_log_term()


class OnlyNewerLogMayLead(Raft):
    def is_up_to_date(self, last_log_index, last_log_term):
        return (last_log_term, last_log_index) > (self.last_log_term(), len(self.log))


class HalfIsMajority(Raft):
    def is_majority(self, ctx, count):
        return 2 * count >= len(ctx.peers) + 1


class MajorityOfTheOthers(Raft):
    def is_majority(self, ctx, count):
        return 2 * count > len(ctx.peers)


class EverybodyMustVote(Raft):
    def is_majority(self, ctx, count):
        return count > len(ctx.peers)


class CountsVotesNotVoters(Raft):
    def campaign(self, ctx):
        self.counted = 1
        super().campaign(ctx)

    def receive_vote(self, ctx, voter, term, granted):
        if self.role == CANDIDATE and term == self.term and granted:
            self.counted += 1
            if self.is_majority(ctx, self.counted):
                self.become_leader(ctx)


class CountsOldVotes(Raft):
    def receive_vote(self, ctx, voter, term, granted):
        super().receive_vote(ctx, voter, self.term, granted)


class CountsRefusals(Raft):
    def receive_vote(self, ctx, voter, term, granted):
        super().receive_vote(ctx, voter, term, True)


class KeepsItsVoteInANewTerm(Raft):
    def adopt_term(self, ctx, term):
        vote = self.voted_for
        super().adopt_term(ctx, term)
        self.voted_for = vote
        self.save(ctx)


class StaysInItsTerm(Raft):
    """A candidate whose time is over asks again in the same term."""

    def begin_election(self, ctx):
        if self.role == CANDIDATE:
            self.term -= 1
        super().begin_election(ctx)


class TimeoutNotRandom(Raft):
    def reset_election_timer(self, ctx):
        ctx.set_timer(ELECTION, self.election_timeout_s[0])


class TimerRunsOnUnderALeader(Raft):
    def follow(self, ctx, leader):
        if self.role != FOLLOWER:
            self.become_follower(ctx, LEADER_HEARD)
        self.leader = leader


class OneElectionOnly(Raft):
    """Sets no timer for the case that the votes are split."""

    def campaign(self, ctx):
        super().campaign(ctx)
        if self.role == CANDIDATE:
            ctx.cancel_timer(ELECTION)


class NoTimerAfterLeading(Raft):
    def become_follower(self, ctx, event):
        led = self.role == LEADER
        super().become_follower(ctx, event)
        if led:
            ctx.cancel_timer(ELECTION)


class CandidateIgnoresLeader(Raft):
    """Does not give up when another one has won the term."""

    def receive_append_entries(self, ctx, leader, term, *rest):
        if self.role != CANDIDATE:
            super().receive_append_entries(ctx, leader, term, *rest)


class OneHeartbeatOnly(Raft):
    def on_timer(self, ctx, timer):
        if timer != HEARTBEAT:
            super().on_timer(ctx, timer)


class IgnoresHigherTermInAnswers(Raft):
    def on_message(self, ctx, sender, message):
        if message[0] not in ("vote", "appended") or message[1] <= self.term:
            super().on_message(ctx, sender, message)


class LeadsForEver(Raft):
    """A leader adopts a higher term and goes on leading."""

    def become_follower(self, ctx, event):
        if self.role != LEADER:
            super().become_follower(ctx, event)


class AcceptsOldLeader(Raft):
    def receive_append_entries(self, ctx, leader, term, *rest):
        super().receive_append_entries(ctx, leader, self.term, *rest)


class RefusesWithTheOldTerm(Raft):
    """Does not tell an old leader that there is a new term."""

    def receive_append_entries(self, ctx, leader, term, *rest):
        if term < self.term:
            ctx.send(leader, ("appended", term, False, 0))
        else:
            super().receive_append_entries(ctx, leader, term, *rest)


class TruncatesOnOldAppend(Raft):
    def merge(self, ctx, prev_log_index, entries):
        self.log[prev_log_index:] = entries
        self.save(ctx)


class NeverTruncates(Raft):
    def merge(self, ctx, prev_log_index, entries):
        self.log += entries[max(0, len(self.log) - prev_log_index) :]
        self.save(ctx)


class KeepsWhatFollowsAConflict(Raft):
    def merge(self, ctx, prev_log_index, entries):
        self.log[prev_log_index : prev_log_index + len(entries)] = entries
        self.save(ctx)


class AppendsWithoutLooking(Raft):
    def merge(self, ctx, prev_log_index, entries):
        self.log += entries
        self.save(ctx)


class NoConsistencyCheck(Raft):
    def has_entry(self, index, term):
        return True


class ChecksLengthOnly(Raft):
    def has_entry(self, index, term):
        return index <= len(self.log)


class CommitsOldTerms(Raft):
    """Figure 8: commits an entry of an older term by counting."""

    def may_commit(self, index):
        return True


class OneFollowerIsEnough(Raft):
    def advance_commit_index(self, ctx):
        index = max(self.match_index.values(), default=0)
        if index > self.commit_index and self.may_commit(index):
            self.commit(ctx, index)


class CommitsWhatNobodyHas(Raft):
    def append(self, ctx, command):
        super().append(ctx, command)
        self.commit(ctx, len(self.log))


class CountsAnswersForLaterEntries(Raft):
    """Takes an answer for one to all that the log holds by now."""

    def receive_appended(self, ctx, peer, term, success, match_index):
        super().receive_appended(ctx, peer, term, success, len(self.log) if success else match_index)


class CountsOldAnswers(Raft):
    """Takes what a follower answered to it in an earlier term for an answer in this one."""

    def receive_appended(self, ctx, peer, term, success, match_index):
        super().receive_appended(ctx, peer, self.term, success, match_index)


class FollowerCommitsWhatItGets(Raft):
    def learn_commit_index(self, ctx, leader_commit, match_index):
        super().learn_commit_index(ctx, match_index, match_index)


class FollowerNeverCommits(Raft):
    def learn_commit_index(self, ctx, leader_commit, match_index):
        pass


class NeverGoesBack(Raft):
    """A refusal changes nothing."""

    def receive_appended(self, ctx, peer, term, success, match_index):
        if success:
            super().receive_appended(ctx, peer, term, success, match_index)


class LeaderDropsWhatIsNotCommitted(Raft):
    def become_leader(self, ctx):
        del self.log[self.commit_index :]
        self.save(ctx)
        super().become_leader(ctx)


class LeaderRewritesOldTerms(Raft):
    def become_leader(self, ctx):
        self.log = [(self.term, command) for _term, command in self.log]
        self.save(ctx)
        super().become_leader(ctx)


class LeaderTruncatesItself(Raft):
    """A leader drops what a follower refuses."""

    def receive_appended(self, ctx, peer, term, success, match_index):
        if self.role == LEADER and term == self.term and not success:
            del self.log[match_index + 1 :]
            self.save(ctx)
        super().receive_appended(ctx, peer, term, success, match_index)


class TakesTheDiskForCommitted(Raft):
    def on_start(self, ctx):
        super().on_start(ctx)
        self.commit(ctx, len(self.log))


class NoSessions(Raft):
    """Carries out a request as often as it comes."""

    def commit(self, ctx, index):
        for _term, command in self.log[self.last_applied : index]:
            if command is not None:
                self.machine["sessions"].pop(command[0].rpartition(".")[0], None)
        super().commit(ctx, index)


class ReadsFromMemory(Raft):
    def on_request(self, ctx, request, call):
        if self.role == LEADER and call[0] == "read":
            ctx.reply(request, self.machine["registers"].get(call[1]))
        else:
            super().on_request(ctx, request, call)


class FollowersAnswerReads(Raft):
    def on_request(self, ctx, request, call):
        if call[0] == "read":
            ctx.reply(request, self.machine["registers"].get(call[1]))
        else:
            super().on_request(ctx, request, call)


class AnswersBeforeItCommits(Raft):
    def on_request(self, ctx, request, call):
        super().on_request(ctx, request, call)
        if self.role == LEADER and call[0] == "write":
            ctx.reply(request, None)


class RefusesWhatMayStillHappen(Raft):
    """Tells the clients of uncommitted entries, when it is deposed, that nothing was done."""

    def adopt_term(self, ctx, term):
        if self.role == LEADER:
            for _term, command in self.log[self.commit_index :]:
                ctx.refuse(command[0], None)
        super().adopt_term(ctx, term)


# What finds them: a search or a run, and what is found. "class" alone: what `faults_of` or `safety` names.
MISTAKES = {
    VotesTwice: ("rivals", ELECTION_SAFETY),
    VotesForTwoAsCandidate: ("rivals", ELECTION_SAFETY),
    VoteNotOnDisk: ("rivals", ELECTION_SAFETY),
    VoteOnDiskTooLate: ("rivals", ELECTION_SAFETY),
    TermNotOnDisk: ("rivals", ELECTION_SAFETY),
    LogNotOnDisk: ("leader", DURABILITY),
    FollowerLogNotOnDisk: ("leader", DURABILITY),
    AnyLogMayLead: ("leader", LEADER_COMPLETENESS),
    LongerLogMayLead: ("stale leader", LEADER_COMPLETENESS),
    LengthBeforeTerm: ("stale leader", LEADER_COMPLETENESS),
    LaterTermMayLead: ("rejoin", LEADER_COMPLETENESS),
    OnlyNewerLogMayLead: ("one timeout", UNITED.name),
    HalfIsMajority: ("rivals of four", ELECTION_SAFETY),
    MajorityOfTheOthers: ("rivals of four", ELECTION_SAFETY),
    EverybodyMustVote: ("calm run", "service"),
    CountsVotesNotVoters: ("split vote", ELECTION_SAFETY),
    CountsOldVotes: ("old votes", ELECTION_SAFETY),
    CountsRefusals: ("rivals", ELECTION_SAFETY),
    KeepsItsVoteInANewTerm: ("calm run", "service"),
    StaysInItsTerm: ("tie", UNITED.name),
    TimeoutNotRandom: ("calm run", "service"),
    TimerRunsOnUnderALeader: ("calm run", "stability"),
    OneElectionOnly: ("tie", UNITED.name),
    NoTimerAfterLeading: ("deposed", LEADS_AGAIN.name),
    CandidateIgnoresLeader: ("rivals, united", UNITED.name),
    OneHeartbeatOnly: ("run with faults", "stability"),
    IgnoresHigherTermInAnswers: ("run with faults", TERMS_EXCHANGED),
    LeadsForEver: ("two timeouts", ELECTION_SAFETY),
    AcceptsOldLeader: ("stale leader", DURABILITY),
    RefusesWithTheOldTerm: ("run with faults", TERMS_EXCHANGED),
    TruncatesOnOldAppend: ("leader", DURABILITY),
    NeverTruncates: ("stale leader", LEADER_COMPLETENESS),
    KeepsWhatFollowsAConflict: ("stale leader", LOG_MATCHING),
    AppendsWithoutLooking: ("two clients", LOG_MATCHING),
    NoConsistencyCheck: ("run with faults", DURABILITY),
    ChecksLengthOnly: ("run with faults", LOG_MATCHING),
    CommitsOldTerms: ("figure 8", LEADER_COMPLETENESS),
    OneFollowerIsEnough: ("run with faults", DURABILITY),
    CommitsWhatNobodyHas: ("leader", DURABILITY),
    CountsAnswersForLaterEntries: ("two clients", DURABILITY),
    CountsOldAnswers: ("old answers", DURABILITY),
    FollowerCommitsWhatItGets: ("calm run", DURABILITY),
    FollowerNeverCommits: ("leader, progress", "an entry is applied on every node"),
    NeverGoesBack: ("run with faults", "service"),
    LeaderDropsWhatIsNotCommitted: ("leader", LEADER_COMPLETENESS),
    LeaderRewritesOldTerms: ("leader", LEADER_COMPLETENESS),
    LeaderTruncatesItself: ("run with faults", LEADER_APPEND_ONLY),
    TakesTheDiskForCommitted: ("run with faults", STATE_MACHINE_SAFETY),
    NoSessions: ("impatient clients", "history"),
    ReadsFromMemory: ("cut-off nodes", "history"),
    FollowersAnswerReads: ("run with faults", "history"),
    AnswersBeforeItCommits: ("leader", DURABILITY),
    RefusesWhatMayStillHappen: ("succession", REFUSED_NOT_DONE),
}


# Figure 2, handler by handler


class Bench:
    """One node, in a state of our making; `heard` and `after` say what it does."""

    def __init__(self, role=FOLLOWER, term=0, log="", voted_for=None, names="ABC", **options):
        self.node, self.ctx = Raft(**options), Context("A", names)
        self.node.on_start(self.ctx)
        self.node.term, self.node.voted_for = term, voted_for
        self.node.log = [(int(t), None) for t in log]
        if role == LEADER:
            self.node.role = CANDIDATE
            self.node.become_leader(self.ctx)
        self.node.role = role
        self.ctx.effects.clear()

    def heard(self, sender, *message):
        self.node.on_message(self.ctx, sender, message)
        return self.sent(sender)

    def sent(self, to):
        """What it has sent to a node since it was asked last; None if nothing."""
        messages = [e[2] for e in self.ctx.effects if e[0] == "send" and e[1] == to]
        self.set = [e[1] for e in self.ctx.effects if e[0] == "timer"]
        self.ctx.effects.clear()
        return messages[-1] if messages else None

    @property
    def terms(self):
        return "".join(str(term) for term, _command in self.node.log)


def test_a_vote_goes_to_the_first_who_asks_in_a_term_and_again_to_the_same():
    bench = Bench(term=1)
    assert bench.heard("B", "request_vote", 2, 0, 0) == ("vote", 2, True)
    assert bench.heard("C", "request_vote", 2, 0, 0) == ("vote", 2, False)
    assert bench.heard("B", "request_vote", 2, 0, 0) == ("vote", 2, True)
    assert bench.heard("C", "request_vote", 3, 0, 0) == ("vote", 3, True)


def test_a_candidate_of_an_old_term_is_refused_with_the_new_one():
    assert Bench(term=3).heard("B", "request_vote", 2, 9, 2) == ("vote", 3, False)


@pytest.mark.parametrize(
    ("last_log_index", "last_log_term", "granted"),
    [(3, 2, True), (4, 2, True), (2, 2, False), (1, 3, True), (9, 1, False), (0, 0, False)],
)
def test_the_later_last_term_is_more_up_to_date_and_then_the_longer_log(last_log_index, last_log_term, granted):
    answer = Bench(term=4, log="122").heard("B", "request_vote", 5, last_log_index, last_log_term)
    assert answer == ("vote", 5, granted)


def test_the_election_timer_begins_anew_for_a_vote_and_for_the_leader_but_not_for_a_refusal():
    bench = Bench(term=1, log="1")
    bench.heard("B", "request_vote", 2, 0, 0)
    assert bench.set == []
    bench.heard("B", "request_vote", 2, 1, 1)
    assert bench.set == [ELECTION]
    bench.heard("B", "append_entries", 2, 0, 0, (), 0)
    assert bench.set == [ELECTION]
    bench.heard("C", "append_entries", 1, 0, 0, (), 0)
    assert bench.set == []


def test_a_follower_refuses_entries_of_an_old_leader_and_those_that_follow_what_it_does_not_have():
    bench = Bench(term=3, log="11")
    assert bench.heard("B", "append_entries", 2, 2, 1, ((2, None),), 0) == ("appended", 3, False, 0)
    # The refusal says where the logs may still agree: before the refused entry, or at the end of a short log.
    assert bench.heard("B", "append_entries", 3, 2, 2, ((3, None),), 0) == ("appended", 3, False, 1)
    assert bench.heard("B", "append_entries", 3, 9, 2, ((3, None),), 0) == ("appended", 3, False, 2)
    assert bench.terms == "11"


@pytest.mark.parametrize(
    ("mine", "prev", "entries", "becomes"),
    [
        ("11", 2, "2", "112"),
        ("1122", 2, "3", "113"),
        ("1122", 1, "1", "1122"),
        ("1122", 1, "", "1122"),
        ("", 0, "1", "1"),
    ],
    ids=["append", "conflict", "old message", "heartbeat", "first"],
)
def test_only_a_conflict_removes_entries(mine, prev, entries, becomes):
    bench = Bench(term=5, log=mine)
    prev_term = int(mine[prev - 1]) if prev else 0
    message = ("append_entries", 5, prev, prev_term, tuple((int(t), None) for t in entries), 0)
    assert bench.heard("B", *message) == ("appended", 5, True, prev + len(entries))
    assert bench.terms == becomes


def test_a_follower_commits_what_the_leader_has_committed_as_far_as_the_logs_are_known_to_agree():
    bench = Bench(term=2, log="111")
    bench.heard("B", "append_entries", 2, 1, 1, (), 3)
    assert bench.node.commit_index == bench.node.last_applied == 1
    bench.heard("B", "append_entries", 2, 1, 1, ((2, None),), 3)
    assert bench.node.commit_index == 2
    bench.heard("B", "append_entries", 2, 0, 0, (), 3)
    assert bench.node.commit_index == 2, "an old message does not take it back"


def test_a_candidate_with_a_majority_leads_and_says_so_at_once():
    bench = Bench(names="ABCDE")
    bench.node.on_timer(bench.ctx, ELECTION)
    assert bench.sent("E") == ("request_vote", 1, 0, 0)
    for voter, granted in (("B", True), ("B", True), ("C", False), ("D", True)):
        assert bench.node.role == CANDIDATE
        told = bench.heard(voter, "vote", 1, granted)
    assert (bench.node.role, told) == (LEADER, ("append_entries", 1, 0, 0, (), 0))
    assert bench.set == [HEARTBEAT]


def test_a_vote_of_an_earlier_term_is_worth_nothing():
    bench = Bench()
    bench.node.on_timer(bench.ctx, ELECTION)
    bench.node.on_timer(bench.ctx, ELECTION)
    bench.heard("B", "vote", 1, True)
    assert (bench.node.role, bench.node.term) == (CANDIDATE, 2)


def test_a_candidate_yields_to_the_leader_of_its_own_term_and_anybody_to_a_higher_one():
    bench = Bench(role=CANDIDATE, term=2, voted_for="A")
    bench.heard("B", "append_entries", 2, 0, 0, (), 0)
    assert (bench.node.role, bench.node.leader, bench.node.voted_for) == (FOLLOWER, "B", "A")
    for message in (("vote", 4, False), ("appended", 4, False, 0), ("request_vote", 4, 0, 0)):
        bench = Bench(role=LEADER, term=2)
        bench.heard("B", *message)
        assert (bench.node.role, bench.node.term) == (FOLLOWER, 4), message
        assert ELECTION in bench.set, "whoever led has no election timer, and needs one now"


def test_a_leader_goes_back_on_a_refusal_and_an_old_refusal_does_not_undo_what_is_known():
    bench = Bench(role=LEADER, term=3, log="1122")
    assert bench.heard("B", "appended", 3, False, 1) == (
        "append_entries",
        3,
        1,
        1,
        ((1, None), (2, None), (2, None)),
        0,
    )
    assert bench.heard("B", "appended", 3, False, 0)[2] == 0
    bench.heard("B", "appended", 3, True, 4)
    assert bench.heard("B", "appended", 3, False, 1)[2] == 4
    bench.heard("B", "appended", 3, True, 2)
    assert (bench.node.match_index["B"], bench.node.next_index["B"]) == (4, 5), "nor does an old success"


def test_a_leader_commits_what_a_majority_has_if_it_is_of_its_own_term():
    bench = Bench(role=LEADER, term=3, log="22", names="ABCDE")
    bench.heard("B", "appended", 3, True, 2)
    bench.heard("C", "appended", 3, True, 2)
    assert bench.node.commit_index == 0, "Figure 8"
    bench.node.on_request(bench.ctx, "ann.1", ("write", "x", 1))
    assert bench.sent("D") == ("append_entries", 3, 2, 2, ((3, ("ann.1", ("write", "x", 1))),), 0)
    bench.heard("B", "appended", 2, True, 3)
    bench.heard("B", "appended", 3, True, 3)
    assert bench.node.commit_index == 0
    bench.heard("C", "appended", 3, True, 3)
    assert bench.node.commit_index == 3


def test_a_follower_refuses_a_client_and_names_the_leader():
    bench = Bench(term=2)
    bench.heard("B", "append_entries", 2, 0, 0, (), 0)
    bench.node.on_request(bench.ctx, "ann.1", ("read", "x"))
    assert ("refuse", "ann.1", "B") in bench.ctx.effects


def test_a_pre_vote_changes_no_term_and_is_refused_while_there_is_a_leader():
    bench = Bench(term=1, log="1")
    assert bench.heard("C", "request_pre_vote", 2, 1, 1) == ("pre_vote", 2, True)
    assert bench.heard("C", "request_pre_vote", 2, 0, 0) == ("pre_vote", 1, False)
    assert bench.heard("C", "request_pre_vote", 1, 1, 1) == ("pre_vote", 1, False)
    assert (bench.node.term, bench.node.voted_for) == (1, None)
    bench.heard("B", "append_entries", 1, 0, 0, (), 0)
    assert bench.heard("C", "request_pre_vote", 9, 1, 1) == ("pre_vote", 1, False)


def test_whoever_would_be_elected_begins_a_term_and_not_before():
    bench = Bench(term=1, pre_vote=True)
    bench.node.on_timer(bench.ctx, ELECTION)
    assert bench.sent("C") == ("request_pre_vote", 2, 0, 0)
    assert (bench.node.role, bench.node.term, bench.node.leader) == (PRE_CANDIDATE, 1, None)
    assert bench.heard("B", "pre_vote", 2, True) == ("request_vote", 2, 0, 0)
    assert (bench.node.role, bench.node.term) == (CANDIDATE, 2)
    bench.heard("C", "pre_vote", 5, False)
    assert (bench.node.role, bench.node.term) == (FOLLOWER, 5)


def test_the_empty_entry_commits_what_stands_before_it():
    bench = Bench(role=LEADER, term=3, log="12", no_op=True)
    assert bench.terms == "123"
    bench.heard("B", "appended", 3, True, 3)
    assert bench.node.commit_index == bench.node.last_applied == 3


def test_a_heartbeat_that_is_not_shorter_than_the_timeout_is_an_error():
    with pytest.raises(ValueError, match="heartbeat"):
        Raft(election_timeout_s=(0.05, 0.1), heartbeat_s=0.05)
    with pytest.raises(ValueError, match="heartbeat"):
        Raft(election_timeout_s=(0.3, 0.2))


# The state machine


def test_a_request_is_carried_out_once_and_has_one_answer():
    machine = registers.empty()
    assert registers.apply(machine, ("ann.1", ("write", "x", 1))) is None
    assert registers.apply(machine, ("ann.2", ("cas", "x", 1, 2))) is True
    assert registers.apply(machine, ("bob.1", ("write", "x", 3))) is None
    assert registers.apply(machine, ("ann.2", ("cas", "x", 1, 2))) is True
    assert registers.apply(machine, ("ann.3", ("read", "x"))) == 3
    assert registers.apply(machine, ("ann.4", ("cas", "x", 1, 2))) is False
    assert registers.apply(machine, None) is None


def test_every_command_has_an_answer():
    assert registers.apply(registers.empty(), ("ann.1", ("frobnicate",))) == registers.UNKNOWN_CALL


# Every order of events


def test_figure_3_holds_in_every_order_of_two_timeouts():
    result = searched(cluster(), timers=2, symmetry=["ABC"])
    assert result.exhausted and result.ok, result
    assert result.states > 5_000


def test_figure_3_holds_through_a_crash_and_with_a_client():
    result = searched(cluster(), **leader(cluster()).then(timers=1, crashes=1))
    assert result.exhausted and result.ok, result
    result = searched(cluster(count=2), timers=3, clients=[Client("ann", [("write", "x", 1)], to="A B")])
    assert result.exhausted and result.ok, result


@pytest.mark.parametrize("stage", [rivals, stale_leader, rejoin], ids=lambda stage: stage.__name__)
def test_figure_3_holds_from_the_staged_situations_on(stage):
    result = searched(cluster(), **stage(cluster()).then(timers=stage is not rivals, crashes=stage is rivals))
    assert result.exhausted and result.ok, result


def test_figure_3_holds_after_a_split_vote_of_five():
    result = searched(cluster(count=5), **split_vote(cluster(count=5)).then())
    assert result.exhausted and result.ok, result


def test_one_timeout_makes_a_leader_and_a_client_can_be_served():
    result = searched(cluster(), [UNITED, *safety()], timers=1)
    assert result.exhausted and result.ok, result
    result = searched(cluster(), progress(), **leader(cluster()).then(timers=1))
    assert result.exhausted and result.ok, result


@pytest.mark.parametrize("stage", [rivals, tie], ids=lambda stage: stage.__name__)
def test_after_a_split_vote_one_more_timeout_ends_with_a_leader(stage):
    result = searched(cluster(), [UNITED], **stage(cluster()).then(timers=stage is tie))
    assert result.exhausted and result.ok, result


def test_a_search_of_pre_vote_and_of_the_empty_entry_finds_nothing_wrong():
    def careful():
        return Raft(pre_vote=True, no_op=True)

    result = searched(cluster(careful), [*safety(), *progress()], timers=2, network="fifo", symmetry=["ABC"])
    assert result.exhausted and result.ok, result


def test_the_handlers_are_functions_of_what_they_are_given():
    result = explore(cluster(), safety(), timers=1, bounds=BOUNDS)
    assert result.suspicions == ()


def test_what_is_promised_is_on_the_disk_whenever_a_handler_has_returned():
    def saved(s):
        return all(
            node.disk == {name: node.get(name) for name in ("term", "voted_for", "log")} for node in s.up if node.term
        )

    result = searched(cluster(), [always("saved", saved)], **leader(cluster()).then(timers=1))
    assert result.exhausted and result.ok, result


def test_without_its_disk_a_node_votes_twice():
    result = searched(cluster(), **rivals(cluster()).then(crashes=1, empty_disks=1))
    assert status(result, ELECTION_SAFETY) == VIOLATED
    trace = result.trace(ELECTION_SAFETY)
    assert {ONE_VOTE, TERMS_GROW, ELECTION_SAFETY} <= set(violated(over_time(trace)))


def test_in_figure_8_the_commit_rule_keeps_the_entry_from_being_lost():
    nodes = cluster(count=5)
    right = searched(nodes, **figure_8(nodes).then(timers=1))
    assert right.exhausted and right.ok, right
    without = cluster(CommitsOldTerms, 5)
    wrong = searched(without, **figure_8(without).then(timers=1))
    assert status(wrong, LEADER_COMPLETENESS) == VIOLATED
    sentence = next(f.because for f in wrong.findings if f.name == LEADER_COMPLETENESS)
    assert "E leads in term 5 without the entry (2, ('bob.1', ('write', 'x', 2))) at index 2" in sentence
    assert len(wrong.paths[LEADER_COMPLETENESS]) == 5


def test_a_stage_that_a_class_cannot_reach_says_which_step_failed():
    class Mute(Raft):
        def on_timer(self, ctx, timer):
            pass

    with pytest.raises(ValueError, match="step 2 of the script"):
        staged(cluster(Mute), [("crash", "A"), ("ask", "ann", "A")], [Client("ann", [("read", "x")], to="A")])


def status(result, name):
    return next(f.status for f in result.findings if f.name == name)


# Roles


class Telling(Raft):
    """Remembers the last transition that it has made."""

    def on_start(self, ctx):
        super().on_start(ctx)
        self.turned = None

    def turn(self, event):
        before = self.role
        super().turn(event)
        self.turned = (before, event, self.role)


@pytest.mark.parametrize("pre_vote", [False, True])
def test_two_timeouts_make_the_transitions_of_the_table_and_every_one_of_them(pre_vote):
    result = searched(cluster(lambda: Telling(pre_vote=pre_vote)), timers=2, network="fifo")
    outcomes = [moved.outcome for moved in result.cluster.moves.values()]
    found = {outcome["fields"]["turned"] for outcome in outcomes} - {None}
    staying = {(FOLLOWER, "saw a higher term", FOLLOWER)}
    table = PRE_VOTE_TRANSITIONS if pre_vote else TRANSITIONS
    assert result.exhausted
    assert found - staying == {(role, event, becomes) for (role, event), becomes in table.items()}


def test_a_role_changes_in_no_other_way():
    changes = set()
    for seed in range(3):
        trace = faulty_run(Raft, seed)
        role = dict.fromkeys(trace.nodes, FOLLOWER)
        for index, event in enumerate(trace):
            if event.kind in ("start", "crash"):
                role[event.node] = FOLLOWER
            becomes = trace.changes.get(index, {}).get("role")
            if becomes:
                changes.add((role[event.node], becomes))
                role[event.node] = becomes
    allowed = {(role, becomes) for (role, _event), becomes in TRANSITIONS.items()}
    assert changes - {(FOLLOWER, FOLLOWER)} <= allowed


# Runs with faults

UNTIL_S, CALM_S = 8.0, 3.0


def writers(seed, names, count=3, calls=40):
    """Clients that write, read and compare two registers, with values that nobody else writes."""
    found = []
    for number in range(count):
        draw = Random(f"{seed}/{number}")
        asked = []
        for i in range(calls):
            key, seen = draw.choice("xy"), draw.choice([None, *range(max(0, i - 2), i + 1)])
            value, expected = 1000 * number + i, seen if seen is None else 1000 * draw.randrange(count) + seen
            asked.append(draw.choice([("write", key, value), ("read", key), ("cas", key, expected, value)]))
        to = draw.sample(names, len(names))
        found.append(Client(f"c{number}", asked, to=to, pause_s=0.2, timeout_s=0.4, retry=number > 0))
    return found


def faulty_run(kind, seed, count=5):
    """Crashes, partitions, pauses, losses and duplicates for five seconds, then three without further faults."""
    names = "ABCDE"[:count]
    faults = random_faults(seed, names, UNTIL_S, crashes=6, partitions=3, pauses=1, repair_s=(0.3, 1.5), calm_s=CALM_S)
    network = Network(Uniform(0.005, 0.015), loss=0.05, duplicate=0.05)
    nodes = dict.fromkeys(names, kind)
    return simulate(nodes, UNTIL_S, seed=seed, network=network, faults=faults, clients=writers(seed, names))


def calm_run(kind, seed=1, until_s=3.0):
    """Five nodes of which two crash and stay down, and a network that is fast and loses nothing."""
    client = Client("ann", [("write", "x", i) for i in range(80)], to="A B C", retry=True, pause_s=0.04, timeout_s=0.3)
    network = Network(Uniform(0.005, 0.015))
    return simulate(
        cluster(kind, 5),
        until_s,
        seed=seed,
        network=network,
        faults=[crash("D", 0.4), crash("E", 0.4)],
        clients=[client],
    )


def impatient_run(kind, seed=1, until_s=1.5):
    """One client puts 0 and asks again before an answer can be there, two others put 1 in place of 0. If they succeed
    more often than there were zeros, one was put twice."""
    calls = [("write", "x", 0), *[("read", "x")] * 4] * 12
    zeros = Client("c0", calls, to="A B C", retry=True, pause_s=0.002, timeout_s=0.012)
    ones = [("cas", "x", 0, 1)] * 60
    others = [Client(name, ones, to="A B C", retry=True, pause_s=0.002, timeout_s=0.3) for name in ("c1", "c2")]
    network = Network(Uniform(0.01, 0.03))
    return simulate(cluster(kind), until_s, seed=seed, network=network, clients=[zeros, *others])


def cut_off_run(kind, seed=1):
    """Every node is cut off in its turn for half a second, with a client at its side that goes on reading."""
    names = "ABCDE"
    faults = [
        partition([[name], [n for n in names if n != name]], 1.0 + turn, 1.6 + turn) for turn, name in enumerate(names)
    ]
    reads = [("read", "x")] * 60
    clients = [Client(f"at {name}", reads, to=name, start_s=0.5, pause_s=0.1, timeout_s=0.1) for name in names]
    writes = [("write", "x", i) for i in range(60)]
    clients.append(Client("writer", writes, to=list(names), start_s=0.5, pause_s=0.1, timeout_s=0.2, retry=True))
    network = Network(Uniform(0.005, 0.015))
    return simulate(cluster(kind, 5), 6.5, seed=seed, network=network, faults=faults, clients=clients)


def faults_of(trace, after_s):
    """What is wrong with a run: promises that it breaks, failed handlers, a history that is not linearizable, a system
    that does not recover within a second and a half, or does not stay with the leader it has."""
    found = violated(over_time(trace))
    found += ["failure"] * bool(trace.of("error"))
    found += ["history"] * (linearizable(trace.history()).status == VIOLATED)
    found += ["service"] * (served_s(trace, after_s) > after_s + 1.5)
    found += ["stability"] * (len(elections(trace, after_s + 1.5)) > 1)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_five_nodes_keep_their_promises_in_runs_with_faults(seed):
    trace = faulty_run(Raft, seed)
    assert faults_of(trace, UNTIL_S - CALM_S) == []
    assert len(elections(trace)) > 1, "the faults have cost the cluster a leader"
    assert sum(not operation.pending for operation in trace.history()) > 50


def test_the_properties_of_single_states_hold_in_such_a_run_as_well():
    trace = judge(faulty_run(Raft, 2), [*safety(), *progress()])
    assert {f.name: f.status for f in trace.findings} == {p.name: OK for p in [*safety(), *progress()]}


@pytest.mark.parametrize("pre_vote", [False, True])
def test_a_majority_elects_a_leader_within_a_second_and_stays_with_it(pre_vote):
    for seed in range(5):
        trace = calm_run(lambda: Raft(pre_vote=pre_vote), seed)
        assert served_s(trace, 0.4) < 0.4 + 1.0
        assert elections(trace, 1.4) == []
        assert faults_of(trace, 0.4) == []


def test_with_pre_vote_and_the_empty_entry_runs_with_faults_are_as_good():
    for seed in range(2):
        assert faults_of(faulty_run(lambda: Raft(pre_vote=True, no_op=True), seed), UNTIL_S - CALM_S) == []


def test_nobody_is_served_by_a_minority():
    client = Client("ann", [("write", "x", 1)] * 9, to="A B", retry=True, timeout_s=0.2)
    trace = simulate(
        cluster(count=5), 3.0, faults=[crash("C", 0), crash("D", 0), crash("E", 0)], clients=[client], seed=3
    )
    assert elections(trace) == [] and served_s(trace) == math.inf


def test_a_single_node_is_its_own_majority():
    client = Client("ann", [("write", "x", 1), ("read", "x")], to="A", retry=True)
    trace = simulate(cluster(count=1), 2.0, clients=[client])
    assert [operation.result for operation in trace.history()] == [None, 1]


def test_a_restart_takes_up_the_log_from_the_disk():
    faults = [[crash(name, 1.0), restart(name, 1.2)] for name in "ABC"]
    clients = [
        Client("ann", [("write", "x", 7)], to="A B C", start_s=0.6, retry=True),
        Client("bob", [("read", "x")], to="A B C", start_s=1.7, retry=True, pause_s=0.05),
    ]
    trace = simulate(cluster(), 3.0, faults=faults, clients=clients)
    assert [operation.result for operation in trace.history()] == [None, 7]
    assert violated(over_time(trace)) == []


def test_a_cluster_that_loses_its_disks_has_violated_what_it_promised():
    faults = [[crash(name, 1.0), restart(name, 1.2, disk=False)] for name in "ABC"]
    client = Client("ann", [("write", "x", 7)], to="A B C", start_s=0.6, retry=True)
    trace = simulate(cluster(), 3.0, faults=faults, clients=[client])
    assert {DURABILITY, TERMS_GROW} <= set(violated(over_time(trace)))


def test_a_trace_of_the_model_checker_has_no_service_times():
    trace = searched(cluster(), progress()[:1], timers=1).trace("a leader is elected")
    with pytest.raises(ValueError, match="no times"):
        served_s(trace)


# The presets


def leaders(preset, **options):
    return [(term, name) for _at_s, term, name in elections(preset.run(**options))]


def last(trace, field):
    return [fields.get(field) for fields in trace.state(len(trace) - 1).values()]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_every_preset_keeps_the_promises_and_every_node_of_it_handles_without_failing(preset):
    trace = preset.run()
    assert violated(over_time(trace)) == [] and not trace.of("error")
    assert linearizable(trace.history()).status == OK


def test_the_vote_is_split_once_and_decided_in_the_next_term():
    assert leaders(SPLIT_VOTE) == [(2, "A")]


def test_a_stale_leader_gives_up_what_it_could_not_commit():
    trace = STALE_LEADER.run()
    assert leaders(STALE_LEADER) == [(1, "A"), (2, "B")]
    logs = last(trace, "log")
    assert [command[0] for _term, command in logs[0]] == ["ann.1", "cid.1"] and all(log == logs[0] for log in logs)


def test_only_the_side_of_the_majority_is_served():
    trace = MINORITY_PARTITION.run()
    assert leaders(MINORITY_PARTITION) == [(1, "A"), (2, "C")]
    cut_off = [o for o in trace.history() if o.client.startswith("ann") and 1.0 < o.called_s < 2.5]
    served = [o for o in trace.history() if o.client == "bob" and 1.4 < o.called_s < 2.5]
    assert cut_off and all(o.pending or o.failed for o in cut_off)
    assert served and not any(o.pending for o in served)


def test_a_leader_that_comes_back_with_an_old_term_disturbs_nobody():
    assert leaders(OLD_TERM) == [(1, "A"), (2, "B")]


def test_a_node_that_comes_back_with_a_high_term_deposes_the_leader_unless_there_is_pre_vote():
    assert len(leaders(HIGH_TERM)) == 2
    assert leaders(HIGH_TERM, pre_vote=True) == [(1, "A")]


def test_the_preset_of_figure_8_goes_through_the_terms_of_the_figure():
    assert leaders(FIGURE_8) == [(1, "A"), (2, "A"), (3, "E"), (4, "A"), (5, "E")]
    wrong = FIGURE_8.run(CommitsOldTerms)
    assert LEADER_COMPLETENESS in violated(over_time(wrong)) and violated(over_time(FIGURE_8.run())) == []


# What the mistakes come to


def search_of(stage, count=3, properties=None, **budget):
    def found(kind):
        nodes = cluster(kind, count)
        return violated(searched(nodes, properties, **stage(nodes).then(**budget)).findings)

    return found


def runs_of(run, after_s):
    """The faults of the first run in which there are any."""

    def found(kind):
        return next(filter(None, (faults_of(run(kind, seed), after_s) for seed in range(RUNS_MAX))), [])

    return found


def one_timeout(kind):
    return violated(searched(cluster(kind), [UNITED], timers=1).findings)


def two_timeouts(kind):
    return violated(searched(cluster(kind), timers=2, symmetry=["ABC"]).findings)


RUNS_MAX = 4
CHECKS = {
    "one timeout": one_timeout,
    "two timeouts": two_timeouts,
    "rivals": search_of(rivals, crashes=1),
    "rivals, united": search_of(rivals, properties=[UNITED]),
    "tie": search_of(tie, properties=[UNITED], timers=1),
    "deposed": search_of(deposed, properties=[LEADS_AGAIN], timers=1, restarts=False),
    "rivals of four": search_of(rivals, 4),
    "old votes": search_of(old_votes),
    "split vote": search_of(split_vote, 5, duplicates=1),
    "leader": search_of(leader, timers=1),
    "leader, progress": search_of(leader, properties=progress(), timers=1),
    "two clients": search_of(busy_leader),
    "old answers": search_of(old_answers, 5),
    "stale leader": search_of(stale_leader, timers=1),
    "rejoin": search_of(rejoin, timers=1),
    "figure 8": search_of(figure_8, 5, timers=1),
    "calm run": runs_of(calm_run, 0.4),
    "impatient clients": runs_of(impatient_run, 0.4),
    "cut-off nodes": runs_of(cut_off_run, 5.6),
    "succession": search_of(succession),
    "run with faults": runs_of(faulty_run, UNTIL_S - CALM_S),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_every_mistake_is_found(mistake):
    check, what = MISTAKES[mistake]
    assert what in CHECKS[check](mistake)


ALSO = (
    "rivals of four",
    "old votes",
    "old answers",
    "two clients",
    "deposed",
    "succession",
    "impatient clients",
    "cut-off nodes",
)


@pytest.mark.parametrize("check", ALSO)
def test_the_rules_as_they_are_pass_what_the_mistakes_fail(check):
    assert CHECKS[check](Raft) == []
