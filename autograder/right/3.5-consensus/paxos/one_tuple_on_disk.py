"""The acceptor is one tuple, in memory and on disk, and answers again when it is asked again; the proposer keeps a
set of names for every ballot, and sends its accept only to those that have promised."""

from faultlab.sim import Node

NOTHING = (0, "")


class Acceptor(Node):
    def on_start(self, ctx):
        self.memory = ctx.disk.setdefault("memory", (NOTHING, NOTHING, None))

    def on_message(self, ctx, sender, message):
        promised, last, value = self.memory
        kind, ballot = message[:2]
        if kind == "prepare" and ballot >= promised:
            self.memory = (ballot, last, value)
            ctx.send(sender, ("promise", ballot, last, value))
        elif kind == "accept" and ballot >= promised:
            self.memory = (ballot, ballot, message[2])
            for name in (sender, *(n for n in ctx.peers if n[0] == "l")):
                ctx.send(name, ("accepted", *message[1:]))
        ctx.disk["memory"] = self.memory


class Proposer(Node):
    def on_start(self, ctx):
        self.acceptors = [n for n in ctx.peers if n[0] == "a"]
        self.enough = len(self.acceptors) // 2 + 1
        self.attempts, self.wishes, self.result = 0, {}, None
        self.promised_by, self.accepted_by, self.highest, self.proposed = {}, {}, {}, {}

    def on_request(self, ctx, request, call):
        self.wishes.setdefault(request, call[1])
        if self.result is not None:
            self.finish(ctx)
        elif self.attempts == 0:
            self.on_timer(ctx, "retry")

    def on_timer(self, ctx, timer):
        self.attempts += 1
        ctx.disk["last round"] = ctx.disk.get("last round", 0) + 1
        self.ballot = (ctx.disk["last round"], ctx.name)
        self.promised_by[self.ballot], self.highest[self.ballot] = set(), (NOTHING, None)
        for name in self.acceptors:
            ctx.send(name, ("prepare", self.ballot))
        least_s = min(0.1 * 2 ** (self.attempts - 1), 1.6)
        ctx.set_timer("retry", least_s * (1 + ctx.random.random()))

    def on_message(self, ctx, sender, message):
        kind, ballot, *rest = message
        if self.result is not None:
            return
        if kind == "promise" and ballot in self.promised_by:
            # Those of old ballots are kept too; nobody looks at them.
            self.promised_by[ballot].add(sender)
            if ballot == self.ballot and ballot not in self.proposed:
                self.highest[ballot] = max(self.highest[ballot], tuple(rest), key=lambda report: report[0])
                if len(self.promised_by[ballot]) == self.enough:
                    self.propose(ctx)
        if kind == "accepted":
            voters = self.accepted_by.setdefault(ballot, set())
            voters.add(sender)
            if len(voters) == self.enough:
                self.result = rest[0]
                ctx.cancel_timer("retry")
                self.finish(ctx)

    def propose(self, ctx):
        _ballot, value = self.highest[self.ballot]
        self.proposed[self.ballot] = next(iter(self.wishes.values())) if value is None else value
        for name in sorted(self.promised_by[self.ballot]):
            ctx.send(name, ("accept", self.ballot, self.proposed[self.ballot]))

    def finish(self, ctx):
        for request in self.wishes:
            ctx.reply(request, self.result)
        self.wishes = {}
