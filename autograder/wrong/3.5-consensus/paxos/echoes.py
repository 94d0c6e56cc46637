"""An acceptor that answers everything with yes, and a proposer that believes the first answer."""

from faultlab.sim import Node

CHECK = "*"


class Acceptor(Node):
    def on_message(self, ctx, sender, message):
        ctx.send(sender, ("yes", *message[1:]))


class Proposer(Node):
    def on_request(self, ctx, request, call):
        ctx.reply(request, call[1])
