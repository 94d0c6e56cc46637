"""A read whose majority agrees on the tag needs no second round: the value is at a majority already. The AP register
keeps a list of writes, the winners first."""

from faultlab.sim import Node


class CPRegister(Node):
    def on_start(self, ctx):
        self.table = ctx.disk.get("table", {})
        self.born = ctx.disk.get("born", 0)
        ctx.disk["born"] = self.born + 1
        self.jobs = {}
        self.made = 0

    def row(self, key):
        return self.table.get(key, (0, "", None))

    def on_request(self, ctx, request, call):
        job = f"job {self.born} {self.made}"
        self.made += 1
        self.jobs[job] = [request, call, "look", {ctx.name: self.row(call[1])}, None, 0]
        self.spread(ctx, job)

    def spread(self, ctx, job):
        _request, call, phase, answers, row, _rounds = self.jobs[job]
        for peer in ctx.peers:
            if peer not in answers:
                ctx.send(peer, [phase, job, call[1], row])
        ctx.set_timer(job, 0.3)

    def on_timer(self, ctx, job):
        request, call, phase, _answers, _row, rounds = self.jobs[job]
        self.jobs[job][5] = rounds + 1
        if rounds >= 4 and (call[0] == "read" or phase == "look"):
            ctx.refuse(request, "nobody there")
            self.jobs.pop(job)
        else:
            self.spread(ctx, job)

    def on_message(self, ctx, sender, message):
        word, job, key, row = message
        if word == "look":
            ctx.send(sender, ["seen", job, key, self.row(key)])
        elif word == "store":
            self.store(ctx, key, row)
            ctx.send(sender, ["kept", job, key, row])
        elif job in self.jobs and (word, self.jobs[job][2]) in (("seen", "look"), ("kept", "store")):
            answers = self.jobs[job][3]
            answers[sender] = row
            if len(answers) * 2 > len(ctx.peers) + 1:
                (self.looked if word == "seen" else self.finish)(ctx, job)

    def store(self, ctx, key, row):
        if row[:2] > self.row(key)[:2]:
            self.table[key] = row
            ctx.disk["table"] = self.table

    def looked(self, ctx, job):
        _request, call, _phase, answers, _row, _rounds = self.jobs[job]
        best = max(answers.values(), key=lambda row: row[:2])
        agreed = all(row[:2] == best[:2] for row in answers.values())
        if call[0] == "write":
            best = (max(best[0], self.row(call[1])[0]) + 1, ctx.name, call[2])
        self.store(ctx, call[1], best)
        self.jobs[job][2:5] = ["store", {ctx.name: best}, best]
        if call[0] == "read" and agreed:
            self.finish(ctx, job)
        else:
            self.spread(ctx, job)

    def finish(self, ctx, job):
        request, call, _phase, _answers, row, _rounds = self.jobs.pop(job)
        ctx.cancel_timer(job)
        ctx.reply(request, row[2] if call[0] == "read" else None)


class APRegister(Node):
    def on_start(self, ctx):
        self.writes = ctx.disk.get("writes", [])
        ctx.set_timer("again", 0.6)

    def on_request(self, ctx, request, call):
        if call[0] == "read":
            ctx.reply(request, next((row[3] for row in self.writes if row[2] == call[1]), None))
            return
        number = max((row[0] for row in self.writes), default=0) + 1
        self.merge(ctx, [(number, ctx.name, call[1], call[2])])
        ctx.reply(request)
        ctx.broadcast(("rows", self.writes))

    def merge(self, ctx, rows):
        best = {}
        for row in sorted([*self.writes, *rows], key=lambda row: row[:2]):
            best[row[2]] = row
        self.writes = sorted(best.values(), key=lambda row: row[:2], reverse=True)
        ctx.disk["writes"] = self.writes

    def on_message(self, ctx, sender, message):
        self.merge(ctx, message[1])

    def on_timer(self, ctx, timer):
        ctx.broadcast(("rows", self.writes))
        ctx.set_timer("again", 0.6)
