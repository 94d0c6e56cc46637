"""Each node is its own peer: it sends itself what it sends to all. The AP register tells of one key at a time, and asks
others by their stamps what they are missing."""

from faultlab.sim import Node

NOTHING = ((0, ""), None)


class CPRegister(Node):
    def on_start(self, ctx):
        self.values = ctx.disk.get("values", {})
        ctx.disk["started"] = self.started = ctx.disk.get("started", 0) + 1
        self.next = 0
        self.calls = {}

    def on_request(self, ctx, request, call):
        self.next += 1
        name = f"{ctx.name}/{self.started}/{self.next}"
        self.calls[name] = {"request": request, "call": call, "got": {}, "message": ("get", name, call[1]), "left": 7}
        self.send_rest(ctx, name)

    def send_rest(self, ctx, name):
        for node in (ctx.name, *ctx.peers):
            if node not in self.calls[name]["got"]:
                ctx.send(node, self.calls[name]["message"])
        ctx.set_timer(name, 0.19)

    def on_timer(self, ctx, timer):
        op = self.calls[timer]
        op["left"] -= 1
        if op["left"] > 0 or (op["message"][0] == "put" and op["call"][0] == "write"):
            self.send_rest(ctx, timer)
        else:
            ctx.refuse(op["request"], op["message"][0])
            del self.calls[timer]

    def on_message(self, ctx, sender, message):
        word, name, *rest = message
        if word == "get":
            ctx.send(sender, ("got", name, self.values.get(rest[0], NOTHING)))
        elif word == "put":
            key, pair = rest
            self.values[key] = max(self.values.get(key, NOTHING), pair, key=lambda one: one[0])
            ctx.disk["values"] = self.values
            ctx.send(sender, ("done", name, pair))
        elif name in self.calls and (word == "got") == (self.calls[name]["message"][0] == "get"):
            self.calls[name]["got"][sender] = rest[0]
            if len(self.calls[name]["got"]) > len(ctx.peers) // 2 + len(ctx.peers) % 2:
                self.step(ctx, name)

    def step(self, ctx, name):
        op = self.calls[name]
        word, key = op["call"][:2]
        if op["message"][0] == "put":
            ctx.reply(op["request"], op["message"][3][1] if word == "read" else None)
            ctx.cancel_timer(name)
            del self.calls[name]
            return
        pair = max([*op["got"].values(), self.values.get(key, NOTHING)], key=lambda one: one[0])
        if word == "write":
            pair = ((pair[0][0] + 1, ctx.name), op["call"][2])
            # Kept at once: the next call at this node must not take the same tag.
            self.values[key] = pair
            ctx.disk["values"] = self.values
        op["message"], op["got"] = ("put", name, key, pair), {}
        self.send_rest(ctx, name)


class APRegister(Node):
    def on_start(self, ctx):
        self.pairs = ctx.disk.get("pairs", {})
        ctx.set_timer("compare", 0.3)

    def on_request(self, ctx, request, call):
        stamp, value = self.pairs.get(call[1], NOTHING)
        if call[0] == "write":
            self.pairs[call[1]] = pair = ((stamp[0] + 1, ctx.name), call[2])
            ctx.disk["pairs"] = self.pairs
            ctx.broadcast(("take", call[1], pair))
        ctx.reply(request, None if call[0] == "write" else value)

    def on_timer(self, ctx, timer):
        ctx.broadcast(("compare", {key: stamp for key, (stamp, _value) in self.pairs.items()}))
        ctx.set_timer("compare", 0.3)

    def on_message(self, ctx, sender, message):
        if message[0] == "compare":
            for key, pair in self.pairs.items():
                if pair[0] > message[1].get(key, NOTHING[0]):
                    ctx.send(sender, ("take", key, pair))
            return
        _word, key, pair = message
        if pair[0] > self.pairs.get(key, NOTHING)[0]:
            self.pairs[key] = pair
            ctx.disk["pairs"] = self.pairs
