"""Both roles keep what they have heard, and work out everything else from it; no field says in which phase they are."""

from faultlab.sim import Node

LOWEST = (0, "")


class Acceptor(Node):
    def on_start(self, ctx):
        self.granted = [tuple(entry) for entry in ctx.disk.get("granted", [])]

    def on_message(self, ctx, sender, message):
        if message in self.granted or message[1] < self.promise():
            return
        if message[0] == "prepare" and message[1] == self.promise():
            return
        answer = ("accepted", *message[1:])
        if message[0] == "prepare":
            answer = ("promise", message[1], *max(self.accepted(), default=(LOWEST, None)))
        self.granted = ctx.disk["granted"] = [*self.granted, message]
        ctx.send(sender, answer)
        for name in ctx.peers:
            if message[0] == "accept" and name.startswith("l"):
                ctx.send(name, answer)

    def promise(self):
        return max((entry[1] for entry in self.granted), default=LOWEST)

    def accepted(self):
        return [entry[1:] for entry in self.granted if entry[0] == "accept"]


class Proposer(Node):
    def on_start(self, ctx):
        self.heard = set()
        self.said = []
        self.clients = []
        self.since = ctx.disk.get("rounds", 0)

    def on_request(self, ctx, request, call):
        self.clients.append((request, call[1]))
        if not self.mine(ctx):
            self.on_timer(ctx, "retry")
        self.answer(ctx)

    def on_timer(self, ctx, timer):
        ctx.disk["rounds"] = ctx.disk.get("rounds", 0) + 1
        ballot = (ctx.disk["rounds"], ctx.name)
        number = ballot[0] - self.since
        self.say(ctx, ("prepare", ballot))
        least_s = 0.1 * [1, 2, 4, 8, 16][min(number, 5) - 1]
        ctx.set_timer("retry", ctx.random.uniform(least_s, 2 * least_s))

    def on_message(self, ctx, sender, message):
        done = self.chosen(ctx) is not None
        self.heard.add((sender, message))
        ballot = self.mine(ctx)[-1] if self.mine(ctx) else LOWEST
        reports = {name: m[2:] for name, m in self.heard if m[0] == "promise" and m[1] == ballot}
        free = not any(m[0] == "accept" and m[1] == ballot for m in self.said)
        if free and not done and 2 * len(reports) > len(self.acceptors(ctx)):
            highest, value = max(reports.values(), key=lambda report: report[0])
            self.say(ctx, ("accept", ballot, self.clients[-1][1] if highest == LOWEST else value))
        self.answer(ctx)

    def answer(self, ctx):
        value = self.chosen(ctx)
        if value is not None:
            ctx.cancel_timer("retry")
            for request, _wish in self.clients:
                ctx.reply(request, value)

    def chosen(self, ctx):
        votes = {}
        for name, message in self.heard:
            if message[0] == "accepted":
                votes.setdefault(message[1:], set()).add(name)
        won = [value for (_b, value), names in votes.items() if 2 * len(names) > len(self.acceptors(ctx))]
        return won[0] if won else None

    def mine(self, ctx):
        return [m[1] for m in self.said if m[0] == "prepare"]

    def say(self, ctx, message):
        self.said.append(message)
        for name in self.acceptors(ctx):
            ctx.send(name, message)

    def acceptors(self, ctx):
        return [name for name in ctx.peers if name.startswith("a")]
