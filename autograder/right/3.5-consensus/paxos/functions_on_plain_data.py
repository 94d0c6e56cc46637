"""Handlers are functions from a state and a message to a new state and what is to be sent; the classes only carry them
out. A repeated accept is answered again, a repeated prepare is not."""

from faultlab.sim import Node

NONE = (0, "")


def acceptor_step(state, message):
    promised, ballot, value = state
    match message:
        case ("prepare", b) if b > promised:
            return (b, ballot, value), ("promise", b, ballot, value)
        case ("accept", b, v) if b >= promised:
            return (b, b, v), ("accepted", b, v)
    return state, None


def value_of(reports, wish):
    best = NONE, wish
    for ballot, value in reports:
        if ballot > best[0]:
            best = ballot, value
    return best[1]


class Acceptor(Node):
    def on_start(self, ctx):
        ctx.disk.setdefault("state", (NONE, NONE, None))

    def on_message(self, ctx, sender, message):
        ctx.disk["state"], answer = acceptor_step(ctx.disk["state"], message)
        if answer:
            ctx.send(sender, answer)
            if answer[0] == "accepted":
                for peer in filter(lambda name: name.startswith("l"), ctx.peers):
                    ctx.send(peer, answer)


class Proposer(Node):
    def on_start(self, ctx):
        self.s = {"tries": 0, "reports": {}, "votes": {}, "asked": {}, "proposed": False, "known": None}

    def on_request(self, ctx, request, call):
        if self.s["known"] is None:
            first = not self.s["asked"]
            self.s["asked"][request] = call[1]
            if first:
                self.next_ballot(ctx)
        else:
            ctx.reply(request, self.s["known"])

    def on_timer(self, ctx, timer):
        if self.s["known"] is None:
            self.next_ballot(ctx)

    def next_ballot(self, ctx):
        number = ctx.disk["used"] = ctx.disk.get("used", 0) + 1
        self.s |= {"ballot": (number, ctx.name), "reports": {}, "proposed": False, "tries": self.s["tries"] + 1}
        w = 0.1 * 2.0 ** (min(self.s["tries"], 5) - 1)
        ctx.set_timer("retry", w + ctx.random.uniform(0.0, w))
        self.to_acceptors(ctx, ("prepare", self.s["ballot"]))

    def on_message(self, ctx, sender, message):
        s = self.s
        if s["known"] is not None or not sender.startswith("a"):
            return
        match message:
            case ("promise", b, reported, value) if b == s.get("ballot") and not s["proposed"]:
                s["reports"][sender] = (reported, value)
                if self.majority(ctx, s["reports"]):
                    s["proposed"] = True
                    wish = sorted(s["asked"].values())[0]
                    self.to_acceptors(ctx, ("accept", b, value_of(s["reports"].values(), wish)))
            case ("accepted", b, value):
                s["votes"][b] = s["votes"].get(b, set()) | {sender}
                if self.majority(ctx, s["votes"][b]):
                    s["known"] = value
                    ctx.cancel_timer("retry")
                    for request in s["asked"]:
                        ctx.reply(request, value)

    def majority(self, ctx, names):
        return 2 * len(names) > sum(name.startswith("a") for name in ctx.peers)

    def to_acceptors(self, ctx, message):
        for name in ctx.peers:
            if name.startswith("a"):
                ctx.send(name, message)
