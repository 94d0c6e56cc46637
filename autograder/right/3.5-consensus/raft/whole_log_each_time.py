"""No bookkeeping of what to send: every append_entries carries the whole log. Roles in a set of timers that are never
cancelled, and answers for the calls that this leader took itself, from a list."""

from faultlab.sim import Node


def last_term(log):
    return log[-1][0] if len(log) else 0


class Election(Node):
    def on_start(self, ctx):
        self.role = "follower"
        self.term = ctx.disk.setdefault("term", 0)
        self.voted_for = ctx.disk.setdefault("voted_for", None)
        self.log = ctx.disk.setdefault("log", [])
        self.leader, self.commit_index, self.last_applied = None, 0, 0
        self.yes, self.acknowledged = [], {}
        self.registers, self.sessions, self.waiting = {}, {}, []
        ctx.set_timer("election", ctx.random.triangular(0.15, 0.3))

    def on_timer(self, ctx, timer):
        if timer == "election":
            if self.role == "leader":
                ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))
                return
            self.begin(ctx, self.term + 1, "candidate", ctx.name)
            self.yes = [ctx.name]
            ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))
            ctx.broadcast(("request_vote", self.term, len(self.log), last_term(self.log)))
        elif self.role == "leader":
            self.speak(ctx)

    def begin(self, ctx, term, role, vote):
        self.term, self.role, self.voted_for, self.leader = term, role, vote, None
        self.waiting = []
        ctx.disk["term"], ctx.disk["voted_for"] = term, vote

    def on_message(self, ctx, sender, message):
        if message[1] > self.term:
            self.begin(ctx, message[1], "follower", None)
        getattr(self, "when_" + message[0])(ctx, sender, *message[1:])

    def when_request_vote(self, ctx, sender, term, index, of_term):
        if term == self.term and self.voted_for is None and (of_term, index) >= (last_term(self.log), len(self.log)):
            self.voted_for = ctx.disk["voted_for"] = sender
            ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))
        ctx.send(sender, ("vote", self.term, term == self.term and self.voted_for == sender))

    def when_vote(self, ctx, sender, term, granted):
        if granted and term == self.term and self.role == "candidate" and sender not in self.yes:
            self.yes.append(sender)
            if len(self.yes) == (len(ctx.peers) + 1) // 2 + 1:
                self.role, self.leader = "leader", ctx.name
                self.acknowledged = {}
                self.speak(ctx)

    def speak(self, ctx):
        ctx.broadcast(("append_entries", self.term, 0, 0, self.log, self.commit_index))
        ctx.set_timer("heartbeat", 0.05)

    def when_append_entries(self, ctx, sender, term, _prev, _of_term, entries, leader_commit):
        if term == self.term:
            self.role, self.leader = "follower", sender
            ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))
            same = min(len(entries), len(self.log))
            while any(self.log[i][0] != entries[i][0] for i in range(same)):
                same -= 1
            if same < len(entries):
                self.log = ctx.disk["log"] = self.log[:same] + list(entries[same:])
            self.apply(ctx, min(leader_commit, len(entries)))
        ctx.send(sender, ("appended", self.term, term == self.term, len(entries)))

    def when_appended(self, ctx, sender, term, success, match_index):
        if success and term == self.term and self.role == "leader":
            self.acknowledged[sender] = max(match_index, self.acknowledged.get(sender, 0))
            for index in range(1, len(self.log) + 1):
                holders = [peer for peer, upto in self.acknowledged.items() if upto >= index]
                if len(holders) >= (len(ctx.peers) + 1) // 2 and self.log[index - 1][0] == self.term:
                    self.apply(ctx, index)

    def on_request(self, ctx, request, call):
        if self.role != "leader":
            ctx.refuse(request, self.leader)
        else:
            self.log = ctx.disk["log"] = [*self.log, (self.term, (request, call))]
            self.waiting.append(request)
            self.speak(ctx)

    def apply(self, ctx, index):
        self.commit_index = max(self.commit_index, index)
        while self.last_applied < self.commit_index:
            request, call = self.log[self.last_applied][1]
            self.last_applied += 1
            client, number = request[: request.rindex(".")], int(request[request.rindex(".") + 1 :])
            if self.sessions.get(client, (0, None))[0] < number:
                self.sessions[client] = (number, self.step(call))
            if request in self.waiting:
                ctx.reply(request, self.sessions[client][1])

    def step(self, call):
        found = self.registers.get(call[1])
        match call[0]:
            case "read":
                return found
            case "write":
                self.registers[call[1]] = call[2]
            case "cas":
                self.registers[call[1]] = call[3] if found == call[2] else found
                return found == call[2]


class Replication(Election):
    pass


class Raft(Replication):
    pass
