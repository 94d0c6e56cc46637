"""Raft: several nodes keep one log, and a minority of them may fail.

A leader is elected for a term, and every term has at most one. The leader takes commands from clients, puts them into
its log, and has the others copy it. An entry that stands on a majority is committed; what is committed is applied to
the state machine, in the order of the log, on every node. If the leader is gone, the next term begins with another one.

    A (leader)              B                       C
    |--append_entries------>|                       |
    |--append_entries-------+---------------------->|
    |<--appended------------|    A, B: a majority,  |
    |   commit              |    the client is told |
    |--append_entries------>| commit                |     the next one says how far A has committed

Rules, from Figure 2 of the paper and the sections behind it
1. Terms (5.1). Every message carries its sender's term. Whoever sees a higher one adopts it and is a follower. What
   comes from a lower one is refused, and the refusal carries the higher term.
2. Election (5.2). A follower that hears of no leader for an election timeout begins a new term, votes for itself and
   asks the others. A node has one vote a term and gives it to the first who asks. A majority makes the leader, who says
   so at once, and again every heartbeat.
3. The timeout is drawn anew each time, so that seldom two begin together and share the votes.
4. Replication (5.3). The leader says which entry stands before the ones that it sends. A follower that does not have
   that one refuses, and the leader tries further back. Where they agree, what contradicts the leader goes, and nothing
   else: a message may be old.
5. Who may lead (5.4.1). A vote goes only to a candidate whose log is at least as up to date: the later last term, and
   in the same term the longer log.
6. Commitment (5.4.2). The leader commits what stands on a majority if it is an entry of its own term. What stands
   before that is committed with it. An older entry on a majority may still be overwritten: Figure 8.
7. Disk (Figure 2). The term, the vote and the log are on the disk before anybody hears of them. All else is lost in a
   crash, and is learned again.
8. Clients (8). A follower refuses, and names the leader. Every call goes through the log, reads too: a leader that
   answered from memory might have been replaced without knowing it. An answer is given when the entry is applied.
9. Pre-vote (dissertation 9.6), on request. Before it begins a term, a node asks whether it would be elected; whoever
   hears from a leader says no. So a node that was cut off does not come back with a high term and depose a leader that
   everybody else could hear.

What is promised: Figure 3 of the paper, in `models/raft_properties.py`. The machine itself: `models/registers.py`.

The contract. Messages are tuples; their sender is known, so it is not in them, and indexes count from 1:

    ("request_vote", term, last_log_index, last_log_term)
    ("vote", term, granted)
    ("append_entries", term, prev_log_index, prev_log_term, entries, leader_commit)     entries: all from there on
    ("appended", term, success, match_index)
    ("request_pre_vote", term, last_log_index, last_log_term)       term: the one that would begin
    ("pre_vote", term, granted)                                     term: that one if granted, else the voter's own

A message may come late, twice, or never, so an answer has to say what it answers. `match_index` of a success is the
last index up to which the follower's log is now known to be the leader's. With a refusal it is the last one at which
they may still agree: that before the refused one, or the end of the follower's log if that comes first.

The fields `role`, `term`, `voted_for`, `leader` (whom it follows), `log` ([(term, command), ...], a command is
(request, call)), `commit_index`, `last_applied`, of a candidate `votes`, of a leader `next_index` and `match_index`. On
the disk stand "term", "voted_for" and "log". The timers are "election" and "heartbeat".

Left out: snapshots (7), changes of membership (6), batching and pipelining. A leader that can no longer reach a
majority goes on leading, and commits nothing.

Sources: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014;
D. Ongaro, "Consensus: Bridging Theory and Practice", dissertation, Stanford 2014. raftscope and the paper's TLA+
specification have no RPCs either, only messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from faultlab.models import registers
from faultlab.sim.node import Context, Node
from faultlab.sim.plain import Plain

FOLLOWER, CANDIDATE, LEADER, PRE_CANDIDATE = "follower", "candidate", "leader", "pre-candidate"
ROLES = (FOLLOWER, CANDIDATE, LEADER)
ELECTION, HEARTBEAT = "election", "heartbeat"

TIMEOUT = "election timeout"
MAJORITY = "votes of a majority"
LEADER_HEARD = "heard from the leader of this term"
HIGHER_TERM = "saw a higher term"
EVENTS = (TIMEOUT, MAJORITY, LEADER_HEARD, HIGHER_TERM)

# The whole machine of roles: the paper's Figure 4. The picture in the chapter and in the panel is drawn from it.
TRANSITIONS = {
    (FOLLOWER, TIMEOUT): CANDIDATE,
    (CANDIDATE, TIMEOUT): CANDIDATE,
    (CANDIDATE, MAJORITY): LEADER,
    (CANDIDATE, LEADER_HEARD): FOLLOWER,
    (CANDIDATE, HIGHER_TERM): FOLLOWER,
    (LEADER, HIGHER_TERM): FOLLOWER,
}
PRE_VOTE_TRANSITIONS = {
    **TRANSITIONS,
    (FOLLOWER, TIMEOUT): PRE_CANDIDATE,
    (PRE_CANDIDATE, TIMEOUT): PRE_CANDIDATE,
    (PRE_CANDIDATE, MAJORITY): CANDIDATE,
    (PRE_CANDIDATE, LEADER_HEARD): FOLLOWER,
    (PRE_CANDIDATE, HIGHER_TERM): FOLLOWER,
    (CANDIDATE, TIMEOUT): PRE_CANDIDATE,
}


class Raft(Node):
    """One of the nodes that keep the log.

    `election_timeout_s` is the range from which a timeout is drawn, `heartbeat_s` the pause between heartbeats: several
    times as long as a message takes, and several times shorter than a timeout. ValueError if it is not shorter at all.
    With `pre_vote` rule 9 holds. With `no_op` a new leader begins its term with an empty entry (section 8), so that
    what stands before it is committed without waiting for a client.
    """

    def __init__(
        self,
        election_timeout_s: Sequence[float] = (0.15, 0.3),
        heartbeat_s: float = 0.05,
        pre_vote: bool = False,
        no_op: bool = False,
    ) -> None:
        low_s, high_s = election_timeout_s
        if not 0 < heartbeat_s < low_s <= high_s:
            raise ValueError(f"a heartbeat of {heartbeat_s:g} s and an election timeout from {low_s:g} to {high_s:g} s")
        self.election_timeout_s, self.heartbeat_s = (low_s, high_s), heartbeat_s
        self.pre_vote, self.no_op = pre_vote, no_op

    def on_start(self, ctx: Context) -> None:
        # Figure 2, State: persistent on all servers
        self.term: int = ctx.disk.get("term", 0)
        self.voted_for: str | None = ctx.disk.get("voted_for")
        self.log: list[tuple[int, Plain]] = ctx.disk.get("log", [])
        # volatile on all servers
        self.role, self.leader = FOLLOWER, None
        self.commit_index = self.last_applied = 0
        self.machine = registers.empty()
        # volatile on candidates and leaders
        self.votes: set[str] = set()
        self.next_index: dict[str, int] = {}
        self.match_index: dict[str, int] = {}
        self.reset_election_timer(ctx)

    def on_timer(self, ctx: Context, timer: str) -> None:
        if timer == HEARTBEAT:
            self.send_appends(ctx)
        elif timer == ELECTION and self.pre_vote:
            self.begin_pre_vote(ctx)
        elif timer == ELECTION:
            self.begin_election(ctx)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        if message[1] > self.term and not _supposes(message):
            self.adopt_term(ctx, message[1])
        match message:
            case ("request_vote", term, last_log_index, last_log_term):
                self.receive_request_vote(ctx, sender, term, last_log_index, last_log_term)
            case ("vote", term, granted):
                self.receive_vote(ctx, sender, term, granted)
            case ("append_entries", term, prev_log_index, prev_log_term, entries, leader_commit):
                self.receive_append_entries(ctx, sender, term, prev_log_index, prev_log_term, entries, leader_commit)
            case ("appended", term, success, match_index):
                self.receive_appended(ctx, sender, term, success, match_index)
            case ("request_pre_vote", term, last_log_index, last_log_term):
                self.receive_request_pre_vote(ctx, sender, term, last_log_index, last_log_term)
            case ("pre_vote", term, granted):
                self.receive_pre_vote(ctx, sender, term, granted)

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        if self.role != LEADER:
            ctx.refuse(request, self.leader)  # Raft 8: and here is whom to ask
            return
        # Raft 5.3: append it, have the others append it, answer when it is applied.
        self.append(ctx, (request, call))
        self.send_appends(ctx)

    # Terms and roles

    def adopt_term(self, ctx: Context, term: int) -> None:
        """Raft 5.1: a higher term, whatever the message is; in it nobody has this node's vote yet."""
        self.term, self.voted_for, self.leader = term, None, None
        self.save(ctx)
        self.become_follower(ctx, HIGHER_TERM)

    def become_follower(self, ctx: Context, event: str) -> None:
        if self.role == LEADER:
            ctx.cancel_timer(HEARTBEAT)
            self.reset_election_timer(ctx)
        self.turn(event)
        self.votes, self.next_index, self.match_index = set(), {}, {}

    def turn(self, event: str) -> None:
        """Make the transition for `event`; a follower that hears from its leader stays what it is."""
        table = PRE_VOTE_TRANSITIONS if self.pre_vote else TRANSITIONS
        self.role = table.get((self.role, event), self.role)

    def reset_election_timer(self, ctx: Context) -> None:
        ctx.set_timer(ELECTION, ctx.random.uniform(*self.election_timeout_s))  # Raft 5.2: at random, each time

    def save(self, ctx: Context) -> None:
        """Figure 2: before the messages of this handler leave."""
        ctx.disk.update(term=self.term, voted_for=self.voted_for, log=self.log)

    # Election

    def begin_election(self, ctx: Context) -> None:
        """Raft 5.2: a new term, my own vote, a new timeout, and a question to all."""
        self.turn(TIMEOUT)
        self.campaign(ctx)

    def campaign(self, ctx: Context) -> None:
        self.term, self.voted_for, self.leader = self.term + 1, ctx.name, None
        self.votes = {ctx.name}
        self.save(ctx)
        self.reset_election_timer(ctx)
        ctx.broadcast(("request_vote", self.term, len(self.log), self.last_log_term()))
        self.count_votes(ctx)

    def receive_request_vote(
        self, ctx: Context, candidate: str, term: int, last_log_index: int, last_log_term: int
    ) -> None:
        granted = self.may_vote(candidate, term) and self.is_up_to_date(last_log_index, last_log_term)
        if granted:
            self.voted_for = candidate
            self.save(ctx)
            self.reset_election_timer(ctx)
        ctx.send(candidate, ("vote", self.term, granted))

    def may_vote(self, candidate: str, term: int) -> bool:
        """Raft 5.1, 5.2: not in an old term, and once in this one (again for the same: its answer may be lost)."""
        return term == self.term and self.voted_for in (None, candidate)

    def is_up_to_date(self, last_log_index: int, last_log_term: int) -> bool:
        """Raft 5.4.1: is a log that ends so at least as up to date as mine?"""
        return (last_log_term, last_log_index) >= (self.last_log_term(), len(self.log))

    def receive_vote(self, ctx: Context, voter: str, term: int, granted: bool) -> None:
        if self.role == CANDIDATE and term == self.term and granted:  # a vote of an old term is worth nothing
            self.votes.add(voter)
            self.count_votes(ctx)

    def count_votes(self, ctx: Context) -> None:
        if self.is_majority(ctx, len(self.votes)):
            self.become_leader(ctx)

    def become_leader(self, ctx: Context) -> None:
        self.turn(MAJORITY)
        self.leader, self.votes = ctx.name, set()
        self.next_index = dict.fromkeys(ctx.peers, len(self.log) + 1)
        self.match_index = dict.fromkeys(ctx.peers, 0)
        ctx.cancel_timer(ELECTION)
        if self.no_op:
            self.append(ctx, None)  # Raft 8
        self.send_appends(ctx)  # Raft 5.2: at once, so that nobody begins another term

    def is_majority(self, ctx: Context, count: int) -> bool:
        """Of all nodes, whether they are up or not."""
        return 2 * count > len(ctx.peers) + 1

    # Pre-vote

    def begin_pre_vote(self, ctx: Context) -> None:
        """Dissertation 9.6: ask first; the term and the vote stay as they are."""
        self.turn(TIMEOUT)
        self.leader, self.votes = None, {ctx.name}
        self.reset_election_timer(ctx)
        ctx.broadcast(("request_pre_vote", self.term + 1, len(self.log), self.last_log_term()))
        self.count_pre_votes(ctx)

    def receive_request_pre_vote(
        self, ctx: Context, candidate: str, term: int, last_log_index: int, last_log_term: int
    ) -> None:
        # Dissertation 9.6: not while I hear from a leader. How long that is, my own election timer says.
        granted = self.leader is None and term > self.term and self.is_up_to_date(last_log_index, last_log_term)
        ctx.send(candidate, ("pre_vote", term if granted else self.term, granted))

    def receive_pre_vote(self, ctx: Context, voter: str, term: int, granted: bool) -> None:
        if self.role == PRE_CANDIDATE and term == self.term + 1 and granted:
            self.votes.add(voter)
            self.count_pre_votes(ctx)

    def count_pre_votes(self, ctx: Context) -> None:
        if self.is_majority(ctx, len(self.votes)):
            self.turn(MAJORITY)
            self.campaign(ctx)

    # The leader's side of the log

    def append(self, ctx: Context, command: Plain) -> None:
        self.log.append((self.term, command))
        self.save(ctx)
        self.advance_commit_index(ctx)  # alone, a node is its own majority

    def send_appends(self, ctx: Context) -> None:
        for peer in ctx.peers:
            self.send_append(ctx, peer)
        ctx.set_timer(HEARTBEAT, self.heartbeat_s)

    def send_append(self, ctx: Context, peer: str) -> None:
        """Raft 5.3: all that the peer is not known to have; an empty one is a heartbeat."""
        prev = self.next_index[peer] - 1
        entries = tuple(self.log[prev:])
        ctx.send(peer, ("append_entries", self.term, prev, self.term_at(prev), entries, self.commit_index))

    def receive_appended(self, ctx: Context, peer: str, term: int, success: bool, match_index: int) -> None:
        if self.role != LEADER or term != self.term:
            return  # what a follower answered to an earlier term says nothing about its log now
        if success:
            # Answers may overtake one another: what was known once stays known.
            self.match_index[peer] = max(self.match_index[peer], match_index)
            self.next_index[peer] = max(self.next_index[peer], match_index + 1)
            self.advance_commit_index(ctx)
        else:
            # Raft 5.3: further back, but an old refusal does not undo what is known.
            self.next_index[peer] = max(self.match_index[peer], min(self.next_index[peer] - 1, match_index)) + 1
            self.send_append(ctx, peer)

    def advance_commit_index(self, ctx: Context) -> None:
        """Raft 5.3, 5.4.2: the highest index that stands on a majority, if it is an entry of this term."""
        reached = sorted([len(self.log), *self.match_index.values()], reverse=True)
        index = reached[len(reached) // 2]
        if index > self.commit_index and self.may_commit(index):
            self.commit(ctx, index)

    def may_commit(self, index: int) -> bool:
        return self.term_at(index) == self.term  # Raft 5.4.2: never one of an older term by counting (Figure 8)

    # The follower's side of the log

    def receive_append_entries(
        self,
        ctx: Context,
        leader: str,
        term: int,
        prev_log_index: int,
        prev_log_term: int,
        entries: Sequence[tuple[int, Plain]],
        leader_commit: int,
    ) -> None:
        if term < self.term:  # Figure 2, AppendEntries 1
            ctx.send(leader, ("appended", self.term, False, 0))
            return
        self.follow(ctx, leader)
        if not self.has_entry(prev_log_index, prev_log_term):  # AppendEntries 2
            ctx.send(leader, ("appended", self.term, False, min(prev_log_index - 1, len(self.log))))
            return
        self.merge(ctx, prev_log_index, entries)
        match_index = prev_log_index + len(entries)
        self.learn_commit_index(ctx, leader_commit, match_index)
        ctx.send(leader, ("appended", self.term, True, match_index))

    def follow(self, ctx: Context, leader: str) -> None:
        """Raft 5.2: this is the leader of my term. A candidate has lost the election; the timer begins anew."""
        if self.role != FOLLOWER:
            self.become_follower(ctx, LEADER_HEARD)
        self.leader = leader
        self.reset_election_timer(ctx)

    def has_entry(self, index: int, term: int) -> bool:
        """Raft 5.3, the consistency check. Before the first entry all logs agree."""
        return index <= len(self.log) and self.term_at(index) == term

    def merge(self, ctx: Context, prev_log_index: int, entries: Sequence[tuple[int, Plain]]) -> None:
        """AppendEntries 3 and 4. What agrees stays, and so does what comes after it: the message may be older than
        that."""
        for index, entry in enumerate(entries, prev_log_index + 1):
            if index > len(self.log) or self.term_at(index) != entry[0]:
                self.log[index - 1 :] = entries[index - 1 - prev_log_index :]
                self.save(ctx)
                return

    def learn_commit_index(self, ctx: Context, leader_commit: int, match_index: int) -> None:
        """AppendEntries 5: the leader's, but no further than the logs are known to agree."""
        index = min(leader_commit, match_index)
        if index > self.commit_index:
            self.commit(ctx, index)

    # The log and the machine

    def commit(self, ctx: Context, index: int) -> None:
        self.commit_index = index
        while self.last_applied < self.commit_index:  # Raft 5.3, Figure 2: all servers
            self.last_applied += 1
            command = self.log[self.last_applied - 1][1]
            answer = registers.apply(self.machine, command)
            if self.role == LEADER and command is not None:
                ctx.reply(command[0], answer)

    def term_at(self, index: int) -> int:
        return self.log[index - 1][0] if index else 0

    def last_log_term(self) -> int:
        return self.term_at(len(self.log))


def _supposes(message: Plain) -> bool:
    """Does it speak of a term that has not begun? Such a term is not adopted."""
    return message[0] == "request_pre_vote" or (message[0] == "pre_vote" and message[2])
