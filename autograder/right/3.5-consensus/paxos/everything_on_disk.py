"""Both roles keep all that they know on their disk: after a crash the proposer goes on with the ballot that it had, and
with its promises and votes, and only sets the timer anew."""

from faultlab.sim import Node


class Durable(Node):
    def on_start(self, ctx):
        self.kept = ctx.disk.get("kept") or self.nothing()
        self.woke_up(ctx)

    def on_message(self, ctx, sender, message):
        getattr(self, message[0])(ctx, sender, *message[1:])
        ctx.disk["kept"] = self.kept

    def woke_up(self, ctx):
        pass


class Acceptor(Durable):
    def nothing(self):
        return {"promise": (0, ""), "ballot": (0, ""), "value": None}

    def prepare(self, ctx, sender, ballot):
        if self.kept["promise"] < ballot:
            self.kept["promise"] = ballot
            ctx.send(sender, ("promise", ballot, self.kept["ballot"], self.kept["value"]))

    def accept(self, ctx, sender, ballot, value):
        if not ballot < self.kept["promise"]:
            self.kept = {"promise": ballot, "ballot": ballot, "value": value}
            for name in [sender, *(n for n in ctx.peers if n.startswith("l"))]:
                ctx.send(name, ("accepted", ballot, value))


class Proposer(Durable):
    def nothing(self):
        return {"ballot": None, "round": 0, "promises": {}, "value": None, "votes": set(), "wishes": {}, "chosen": None}

    def woke_up(self, ctx):
        self.ballots_since = 0
        if self.kept["ballot"] and self.kept["chosen"] is None:
            ctx.set_timer("retry", ctx.random.uniform(0.1, 0.2))

    def on_request(self, ctx, request, call):
        self.kept["wishes"][request] = call[1]
        if self.kept["chosen"] is not None:
            ctx.reply(request, self.kept["chosen"])
        elif self.kept["ballot"] is None:
            self.begin(ctx)
        ctx.disk["kept"] = self.kept

    def on_timer(self, ctx, timer):
        self.begin(ctx)
        ctx.disk["kept"] = self.kept

    def begin(self, ctx):
        number = self.kept["round"] + 1
        self.kept |= {"round": number, "ballot": (number, ctx.name), "promises": {}, "value": None, "votes": set()}
        self.tell(ctx, ("prepare", self.kept["ballot"]))
        least_s = min(1.6, 0.1 * 2**self.ballots_since)
        self.ballots_since += 1
        ctx.set_timer("retry", least_s + least_s * ctx.random.random())

    def promise(self, ctx, sender, ballot, accepted_ballot, accepted_value):
        kept = self.kept
        if ballot == kept["ballot"] and kept["value"] is None and kept["chosen"] is None:
            kept["promises"][sender] = (accepted_ballot, accepted_value)
            if self.most(ctx, kept["promises"]):
                reports = sorted(kept["promises"].values(), key=lambda report: report[0])
                kept["value"] = reports[-1][1] or min(kept["wishes"].values())
                self.tell(ctx, ("accept", ballot, kept["value"]))

    def accepted(self, ctx, sender, ballot, value):
        if ballot == self.kept["ballot"] and self.kept["chosen"] is None:
            self.kept["votes"].add(sender)
            if self.most(ctx, self.kept["votes"]):
                self.kept["chosen"] = value
                ctx.cancel_timer("retry")
                for request in self.kept["wishes"]:
                    ctx.reply(request, value)

    def most(self, ctx, names):
        return len(names) > len([n for n in ctx.peers if n.startswith("a")]) // 2

    def tell(self, ctx, message):
        for name in ctx.peers:
            if name.startswith("a"):
                ctx.send(name, message)
