"""One class for all three steps. Messages and timers go through tables; the log is a tuple, which is never changed."""

from faultlab.sim import Node


class Raft(Node):
    def on_start(self, ctx):
        self.term, self.voted_for, self.log = (
            ctx.disk.get("term", 0),
            ctx.disk.get("voted_for"),
            ctx.disk.get("log", ()),
        )
        self.commit_index = self.last_applied = 0
        self.state, self.done = {}, {}
        self.follow(ctx, None)

    def follow(self, ctx, leader):
        self.role, self.leader, self.known = "follower", leader, {}
        ctx.cancel_timer("heartbeat")
        self.wait(ctx)

    @staticmethod
    def wait(ctx):
        ctx.set_timer("election", 0.15 + 0.15 * ctx.random.random())

    def store(self, ctx, **changes):
        vars(self).update(changes)
        for name, value in changes.items():
            ctx.disk[name] = value

    def end(self):
        return (self.log[-1][0] if self.log else 0), len(self.log)

    def on_timer(self, ctx, timer):
        {"election": self.stand, "heartbeat": self.tell}[timer](ctx)

    def on_message(self, ctx, sender, message):
        name, term = message[0], message[1]
        if term > self.term:
            led = self.role == "leader"
            self.store(ctx, term=term, voted_for=None)
            self.role, self.leader = "follower", None
            if led:
                self.follow(ctx, None)
        table = {
            "request_vote": self.asked,
            "vote": self.chosen,
            "append_entries": self.told,
            "appended": self.heard,
        }
        table[name](ctx, sender, *message[1:])

    def stand(self, ctx):
        self.store(ctx, term=self.term + 1, voted_for=ctx.name)
        self.role, self.leader, self.known = "candidate", None, {ctx.name: True}
        self.wait(ctx)
        last_term, last_index = self.end()
        for peer in ctx.peers:
            ctx.send(peer, ("request_vote", self.term, last_index, last_term))

    def asked(self, ctx, candidate, term, last_log_index, last_log_term):
        yes = term >= self.term and (self.voted_for or candidate) == candidate
        yes = yes and (last_log_term, last_log_index) >= self.end()
        if yes:
            self.store(ctx, voted_for=candidate)
            self.wait(ctx)
        ctx.send(candidate, ("vote", self.term, yes))

    def chosen(self, ctx, voter, term, granted):
        if (self.role, self.term, True) != ("candidate", term, granted):
            return
        self.known[voter] = True
        if len(self.known) >= (len(ctx.peers) + 1) // 2 + 1:
            self.role, self.leader = "leader", ctx.name
            self.known = {peer: [len(self.log), 0] for peer in ctx.peers}
            ctx.cancel_timer("election")
            self.tell(ctx)

    def tell(self, ctx):
        for peer in ctx.peers:
            self.tell_one(ctx, peer)
        ctx.set_timer("heartbeat", 0.05)

    def tell_one(self, ctx, peer):
        sent = self.known[peer][0]
        before = self.log[sent - 1][0] if sent else 0
        ctx.send(peer, ("append_entries", self.term, sent, before, self.log[sent:], self.commit_index))

    def told(self, ctx, leader, term, prev_log_index, prev_log_term, entries, leader_commit):
        if term < self.term:
            ctx.send(leader, ("appended", self.term, False, 0))
            return
        self.follow(ctx, leader)
        before = self.log[:prev_log_index]
        if prev_log_index and (len(before) < prev_log_index or before[-1][0] != prev_log_term):
            ctx.send(leader, ("appended", self.term, False, prev_log_index - 1))
            return
        log, new = self.log, before + tuple(entries)
        if log[: len(new)] != new:
            self.store(ctx, log=new)
        self.advance(ctx, min(leader_commit, len(new)))
        ctx.send(leader, ("appended", self.term, True, len(new)))

    def heard(self, ctx, peer, term, success, match_index):
        if self.role == "leader" and term == self.term:
            sent, match = self.known[peer]
            if success:
                match = max(match, match_index)
                self.known[peer] = [max(match, match_index), match]
                held = sorted([len(self.log), *(m for _sent, m in self.known.values())])
                most = held[(len(held) - 1) // 2]
                if most and self.log[most - 1][0] == self.term:
                    self.advance(ctx, most)
            else:
                self.known[peer] = [min(sent, match_index), match]
                self.tell_one(ctx, peer)

    def on_request(self, ctx, request, call):
        if self.role == "leader":
            self.store(ctx, log=(*self.log, (self.term, (request, call))))
            self.tell(ctx)
        else:
            ctx.refuse(request, self.leader)

    def advance(self, ctx, index):
        self.commit_index = max(self.commit_index, index)
        for _term, (request, call) in self.log[self.last_applied : self.commit_index]:
            self.last_applied += 1
            client, number = request.rsplit(".", 1)
            if self.done.get(client, [0])[0] < int(number):
                self.done[client] = [int(number), self.carry_out(*call)]
            if self.role == "leader":
                ctx.reply(request, self.done[client][1])

    def carry_out(self, name, key, *values):
        old = self.state.get(key)
        if name == "read":
            return old
        if name == "write":
            self.state[key] = values[0]
            return None
        if old == values[0]:
            self.state[key] = values[1]
        return old == values[0]


Election = Replication = Raft
