"""Lists for pairs, a small dict for what is known of each peer, and entries merged one by one. A leader tells at once
what it has committed, and goes back one entry at a time."""

from faultlab.sim import Node


class Election(Node):
    def __init__(self):
        self.role, self.leader = "follower", None
        self.commit_index = self.last_applied = 0
        self.peers = {}

    def on_start(self, ctx):
        kept = ctx.disk or {"term": 0, "voted_for": None, "log": []}
        self.term, self.voted_for, self.log = kept["term"], kept["voted_for"], kept["log"]
        self.set_alarm(ctx)

    def set_alarm(self, ctx):
        ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))

    def on_timer(self, ctx, timer):
        if timer == "heartbeat" and self.role == "leader":
            self.beat(ctx)
        elif timer == "election" and self.role != "leader":
            self.stand(ctx)

    def on_message(self, ctx, sender, message):
        kind, term, *rest = message
        if term > self.term:
            if self.role == "leader":
                self.set_alarm(ctx)
            self.term, self.voted_for, self.role, self.leader = term, None, "follower", None
        if kind == "request_vote":
            self.vote(ctx, sender, term, rest[0], rest[1])
        elif kind == "vote" and term == self.term and self.role == "candidate":
            self.count(ctx, sender, rest[0])
        elif kind == "append_entries":
            self.append(ctx, sender, term, rest)
        elif kind == "appended" and term == self.term and self.role == "leader":
            self.appended(ctx, sender, *rest)
        self.keep(ctx)

    def keep(self, ctx):
        ctx.disk["term"], ctx.disk["voted_for"], ctx.disk["log"] = self.term, self.voted_for, self.log

    def stand(self, ctx):
        self.term += 1
        self.role, self.leader, self.voted_for = "candidate", None, ctx.name
        self.peers = {peer: {"vote": False, "next": 0, "match": 0} for peer in ctx.peers}
        self.keep(ctx)
        self.set_alarm(ctx)
        ctx.broadcast(["request_vote", self.term, len(self.log), self.log[-1][0] if self.log else 0])

    def vote(self, ctx, candidate, term, last_log_index, last_log_term):
        mine = self.log[-1][0] if self.log else 0
        better = last_log_term > mine or (last_log_term == mine and last_log_index >= len(self.log))
        granted = term == self.term and better and self.voted_for in [None, candidate]
        if granted:
            self.voted_for = candidate
            self.set_alarm(ctx)
        ctx.send(candidate, ["vote", self.term, granted])

    def count(self, ctx, voter, granted):
        self.peers[voter]["vote"] |= granted
        votes = 1 + len([peer for peer in self.peers.values() if peer["vote"]])
        if votes > (len(self.peers) + 1) / 2:
            self.role, self.leader = "leader", ctx.name
            for peer in self.peers.values():
                peer["next"] = len(self.log) + 1
            self.beat(ctx)

    def beat(self, ctx):
        for name in self.peers:
            self.feed(ctx, name)
        ctx.set_timer("heartbeat", 0.05)

    def feed(self, ctx, name):
        ctx.send(name, ["append_entries", self.term, 0, 0, [], 0])

    def append(self, ctx, leader, term, rest):
        if term < self.term:
            ctx.send(leader, ["appended", self.term, False, 0])
            return
        self.role, self.leader = "follower", leader
        self.set_alarm(ctx)
        self.take(ctx, *rest)

    def take(self, ctx, *rest):
        ctx.send(self.leader, ["appended", self.term, True, 0])

    def appended(self, ctx, name, success, match_index):
        pass


class Replication(Election):
    def on_request(self, ctx, request, call):
        if self.role != "leader":
            ctx.refuse(request, self.leader)
            return
        self.log.append([self.term, [request, call]])
        self.keep(ctx)
        self.beat(ctx)

    def feed(self, ctx, name):
        prev = self.peers[name]["next"] - 1
        term = self.log[prev - 1][0] if prev else 0
        ctx.send(name, ["append_entries", self.term, prev, term, self.log[prev:], self.commit_index])

    def take(self, ctx, prev, prev_term, entries, leader_commit):
        if prev and (len(self.log) < prev or self.log[prev - 1][0] != prev_term):
            ctx.send(self.leader, ["appended", self.term, False, 0])
            return
        for entry in entries:
            if len(self.log) > prev and self.log[prev][0] != entry[0]:
                del self.log[prev:]
            if len(self.log) == prev:
                self.log.append(entry)
            prev += 1
        if min(prev, leader_commit) > self.commit_index:
            self.commit(ctx, min(prev, leader_commit))
        ctx.send(self.leader, ["appended", self.term, True, prev])

    def appended(self, ctx, name, success, match_index):
        peer = self.peers[name]
        if not success:
            peer["next"] = max(1, peer["next"] - 1)
            self.feed(ctx, name)
            return
        peer["match"] = max(peer["match"], match_index)
        peer["next"] = max(peer["next"], match_index + 1)
        candidates = [p["match"] for p in self.peers.values() if p["match"] > self.commit_index]
        for index in sorted(candidates, reverse=True):
            holders = 1 + sum(p["match"] >= index for p in self.peers.values())
            if 2 * holders > len(self.peers) + 1 and self.log[index - 1][0] == self.term:
                self.commit(ctx, index)
                self.beat(ctx)
                return

    def commit(self, ctx, index):
        self.commit_index = index


class Raft(Replication):
    def __init__(self):
        super().__init__()
        self.registers, self.last_calls = {}, {}

    def commit(self, ctx, index):
        for _term, (request, call) in self.log[self.commit_index : index]:
            answer = self.once(request, call)
            if self.role == "leader":
                ctx.reply(request, answer)
        self.commit_index = self.last_applied = index

    def once(self, request, call):
        client = ".".join(request.split(".")[:-1])
        number = int(request.split(".")[-1])
        if client not in self.last_calls or self.last_calls[client]["number"] < number:
            self.last_calls[client] = {"number": number, "answer": self.perform(list(call))}
        return self.last_calls[client]["answer"]

    def perform(self, call):
        if call[0] == "read":
            return self.registers.get(call[1])
        if call[0] == "cas":
            if self.registers.get(call[1]) != call[2]:
                return False
            self.registers[call[1]] = call[3]
            return True
        self.registers[call[1]] = call[2]
        return None
