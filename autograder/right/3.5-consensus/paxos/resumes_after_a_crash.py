"""The proposer keeps the question and the answer on its disk: after a crash it goes on by itself. It counts only votes
of its present ballot, and raises its round above every ballot that is reported. The acceptor keeps None for nothing."""

from faultlab.sim import Node

HANDLERS = {"prepare": "on_prepare", "accept": "on_accept", "promise": "on_promise", "accepted": "on_accepted"}


class Role(Node):
    def on_message(self, ctx, sender, message):
        handler = getattr(self, HANDLERS.get(message[0], ""), None)
        if handler:
            handler(ctx, sender, *message[1:])


class Acceptor(Role):
    def on_start(self, ctx):
        self.state = ctx.disk.get("state", {"promised": None, "accepted": None})

    def on_prepare(self, ctx, sender, ballot):
        if self.state["promised"] is None or self.state["promised"] < ballot:
            self.keep(ctx, promised=ballot)
            ctx.send(sender, ("promise", ballot, *(self.state["accepted"] or ((0, ""), None))))

    def on_accept(self, ctx, sender, ballot, value):
        if self.state["accepted"] == (ballot, value):
            return
        if self.state["promised"] is None or self.state["promised"] <= ballot:
            self.keep(ctx, promised=ballot, accepted=(ballot, value))
            for listener in [sender] + [peer for peer in ctx.peers if peer.startswith("l")]:
                ctx.send(listener, ("accepted", ballot, value))

    def keep(self, ctx, **changed):
        self.state = ctx.disk["state"] = {**self.state, **changed}


class Proposer(Role):
    def on_start(self, ctx):
        self.state, self.ballot, self.opened = "idle", None, 0
        self.requests, self.reports, self.voters = [], {}, []
        if "wish" in ctx.disk and "chosen" not in ctx.disk:
            self.open(ctx)

    def on_request(self, ctx, request, call):
        if "chosen" in ctx.disk:
            ctx.reply(request, ctx.disk["chosen"])
            return
        self.requests = [*self.requests, request]
        ctx.disk.setdefault("wish", call[1])
        if self.state == "idle":
            self.open(ctx)

    def on_timer(self, ctx, timer):
        if timer == "retry" and self.state != "done":
            self.open(ctx)

    def open(self, ctx):
        ctx.disk["round"] = ctx.disk.get("round", 0) + 1
        self.state, self.ballot = "collecting", (ctx.disk["round"], ctx.name)
        self.reports, self.voters = {}, []
        for acceptor in self.all(ctx):
            ctx.send(acceptor, ("prepare", self.ballot))
        wait_s = min(1.6, 0.05 * 2 ** (self.opened + 1))
        self.opened += 1
        ctx.set_timer("retry", ctx.random.uniform(wait_s, wait_s * 2))

    def on_promise(self, ctx, sender, ballot, accepted_ballot, accepted_value):
        ctx.disk["round"] = max(ctx.disk.get("round", 0), accepted_ballot[0])
        if self.state != "collecting" or ballot != self.ballot:
            return
        self.reports[sender] = [*accepted_ballot, accepted_value]
        if len(self.reports) * 2 <= len(self.all(ctx)):
            return
        self.state = "proposing"
        best = max(self.reports.values(), key=lambda report: report[:2])
        for acceptor in self.all(ctx):
            ctx.send(acceptor, ("accept", self.ballot, best[2] if best[0] else ctx.disk["wish"]))

    def on_accepted(self, ctx, sender, ballot, value):
        if self.state != "proposing" or ballot != self.ballot or sender in self.voters:
            return
        self.voters.append(sender)
        if len(self.voters) * 2 > len(self.all(ctx)):
            self.state, ctx.disk["chosen"] = "done", value
            ctx.cancel_timer("retry")
            for request in self.requests:
                ctx.reply(request, value)

    def all(self, ctx):
        return [peer for peer in ctx.peers if peer.startswith("a")]
