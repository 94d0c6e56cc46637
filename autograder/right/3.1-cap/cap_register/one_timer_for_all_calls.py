"""One timer for all calls, messages as dicts, phases by name; a Lamport clock over all keys, one entry of the disk for
each key."""

from faultlab.sim import Node

TICK_S, PATIENCE_S = 0.25, 1.5


class CPRegister(Node):
    def on_start(self, ctx):
        self.life = ctx.disk.get("lives", 0)
        ctx.disk["lives"] = self.life + 1
        self.count = 0
        self.open = []

    def on_request(self, ctx, request, call):
        self.count += 1
        op = {"id": [self.life, self.count], "request": request, "key": call[1], "phase": "ask", "age_s": 0.0}
        op |= {"new": list(call[2:]), "answers": {ctx.name: self.value(ctx, call[1])}}
        self.open.append(op)
        self.say(ctx, op)
        if len(self.open) == 1:
            ctx.set_timer("tick", TICK_S)

    def say(self, ctx, op):
        message = {"type": op["phase"], "id": op["id"], "key": op["key"]}
        if op["phase"] == "keep":
            message["value"] = op["value"]
        for peer in ctx.peers:
            if peer not in op["answers"]:
                ctx.send(peer, message)

    def on_timer(self, ctx, timer):
        for op in list(self.open):
            op["age_s"] += TICK_S
            if op["age_s"] >= PATIENCE_S and (op["phase"] == "ask" or not op["new"]):
                ctx.refuse(op["request"])
                self.open.remove(op)
            else:
                self.say(ctx, op)
        if self.open:
            ctx.set_timer("tick", TICK_S)

    def on_message(self, ctx, sender, message):
        kind, key = message["type"], message["key"]
        if kind == "keep":
            self.keep(ctx, key, message["value"])
        if kind in ("ask", "keep"):
            ctx.send(sender, message | {"type": f"re {kind}", "value": self.value(ctx, key)})
            return
        for op in self.open:
            if op["id"] == message["id"] and kind == f"re {op['phase']}":
                op["answers"][sender] = message["value"]
                if 2 * len(op["answers"]) > len(ctx.peers) + 1:
                    self.advance(ctx, op)
                return

    def advance(self, ctx, op):
        if op["phase"] == "keep":
            ctx.reply(op["request"], None if op["new"] else op["value"][2])
            self.open.remove(op)
            if not self.open:
                ctx.cancel_timer("tick")
            return
        best = max([*op["answers"].values(), self.value(ctx, op["key"])], key=lambda value: value[:2])
        op["value"] = [best[0] + 1, ctx.name, op["new"][0]] if op["new"] else best
        self.keep(ctx, op["key"], op["value"])
        op["phase"], op["answers"] = "keep", {ctx.name: op["value"]}
        self.say(ctx, op)

    def value(self, ctx, key):
        return ctx.disk.get(f"value of {key}", [0, "", None])

    def keep(self, ctx, key, value):
        if value[:2] > self.value(ctx, key)[:2]:
            ctx.disk[f"value of {key}"] = value


class APRegister(Node):
    def on_start(self, ctx):
        self.clock = ctx.disk.get("clock", 0)
        ctx.set_timer("tell", 0.4)

    def on_request(self, ctx, request, call):
        if len(call) == 2:
            ctx.reply(request, self.value(ctx, call[1])[2])
            return
        self.clock += 1
        ctx.disk["clock"] = self.clock
        ctx.disk[f"value of {call[1]}"] = [self.clock, ctx.name, call[2]]
        ctx.reply(request)
        self.on_timer(ctx, "tell")

    def on_timer(self, ctx, timer):
        ctx.broadcast({"type": "all", "values": {k: v for k, v in ctx.disk.items() if k != "clock"}})
        ctx.set_timer("tell", 0.4)

    def on_message(self, ctx, sender, message):
        for key, value in message["values"].items():
            self.clock = max(self.clock, value[0])
            if value[:2] > ctx.disk.get(key, [0, "", None])[:2]:
                ctx.disk[key] = value
        ctx.disk["clock"] = self.clock

    def value(self, ctx, key):
        return ctx.disk.get(f"value of {key}", [0, "", None])
