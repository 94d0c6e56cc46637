"""A register on several nodes, in the three ways in which people build one: none of them can have everything.

The theorem (Gilbert and Lynch, 2002, theorem 1): in an asynchronous network that may lose messages, no register is
both linearizable and available, where available means that every request to a node that has not failed is answered.
Cut the network in two. A write on one side has to be answered, and a read on the other side has to be answered, and no
message told the one of the other. So in a partition one has to go; without one, the choice is latency against
consistency (Abadi's PACELC, 2012).

`CPRegister` gives up answers. It is the register of Attiya, Bar-Noy and Dolev (1995), with several writers (Lynch and
Shvartsman, 1997); every node may be asked:
1. Each node keeps, for each key, a value and its tag, (number, name of the node that wrote it). Tags grow.
2. A write asks all for their tags and waits for a majority, itself among it. It takes a tag above all that it has
   heard, keeps it, sends it to all, and answers when a majority has kept it.
3. A read asks all, takes the value with the highest tag of a majority, and sends it to all as a write would, and
   answers when a majority has it. Without this second phase, a read could see a new value and the next read the old.
4. A node keeps what it is sent if the tag is higher than its own, on its disk, before it says so.
5. Two majorities share a node. That is the whole reason why it works; no leader, no election, no clock.
6. Where no majority answers, a node refuses after `patience_s`, but only while nothing has been written: a refusal
   says that nothing was done. A write that has begun stays without an answer, until a majority is back.
The side of a partition that has a majority goes on, linearizable and answering. CAP's "available" asks for more: for
the minority, too.

`APRegister` gives up agreement. A node answers at once from what it has, and tells the others later:
1. A write takes the highest number that the node has seen, plus one, with its own name as a tag.
2. What a node has and the others may not have goes to all, at once and every `gossip_s`.
3. The highest tag wins (last writer wins, by a Lamport clock). Of two concurrent writes one is lost, without a word.
When the partition heals, all have the same. Until then, two clients may read two truths.

`NaiveRegister` is what comes to mind first: keep it, tell everybody. It has no tags, so the last message to arrive
wins, and that is another one on each node. It does not even converge.

Calls are those of the checkers' register: ("write", key, value), answered with None, and ("read", key), answered with
the value, None before the first write. A client must not repeat a write on its own: a second coordinator would write
it a second time, above what has been written since.

Left out: membership changes; a register with compare-and-set, which no protocol of this kind can have (it needs
consensus: Herlihy, 1991); sloppy quorums, which are in `models/quorum_store.py`.

Sources: S. Gilbert, N. Lynch, "Brewer's Conjecture and the Feasibility of Consistent, Available, Partition-Tolerant Web
Services", SIGACT News 2002; H. Attiya, A. Bar-Noy, D. Dolev, "Sharing Memory Robustly in Message-Passing Systems", JACM
1995; N. Lynch, A. Shvartsman, "Robust emulation of shared memory using dynamic quorum-acknowledged broadcasts", 1997;
D. Abadi, "Consistency Tradeoffs in Modern Distributed Database System Design", IEEE Computer 2012.
"""

from __future__ import annotations

from typing import Any

from faultlab.sim.node import Context, Node
from faultlab.sim.plain import Plain

READ, WRITE = "read", "write"
Tag = tuple[int, str]
NO_TAG: Tag = (0, "")
RETRY_S, PATIENCE_S, GOSSIP_S = 0.2, 1.0, 0.5


class CPRegister(Node):
    """Linearizable; answers where a majority can be reached."""

    def __init__(self, retry_s: float = RETRY_S, patience_s: float = PATIENCE_S) -> None:
        self.retry_s, self.patience_s = retry_s, patience_s

    def on_start(self, ctx: Context) -> None:
        self.store: dict[str, tuple[Tag, Plain]] = dict(ctx.disk.get("store", {}))
        # Numbers of operations must not come again after a crash: old answers may still be on their way.
        self.life = ctx.disk.get("life", 0) + 1
        ctx.disk["life"] = self.life
        self.serial = 0
        self.open: dict[int, dict[str, Any]] = {}

    # The coordinator

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        self.serial += 1
        op = {"request": request, "call": call, "heard": {}, "stored": [], "tag": None, "value": None, "waited_s": 0.0}
        self.open[self.serial] = op
        op["heard"][ctx.name] = self.store.get(call[1], (NO_TAG, None))
        self._ask(ctx, self.serial)
        self._go_on(ctx, self.serial)

    def _ask(self, ctx: Context, serial: int) -> None:
        """(Again) ask those that have not answered in this phase."""
        op, number = self.open[serial], (self.life, serial)
        for peer in ctx.peers:
            if op["tag"] is None and peer not in op["heard"]:
                ctx.send(peer, ("query", number, op["call"][1]))
            elif op["tag"] is not None and peer not in op["stored"]:
                ctx.send(peer, ("store", number, op["call"][1], op["tag"], op["value"]))
        ctx.set_timer(f"retry {serial}", self.retry_s)

    def _go_on(self, ctx: Context, serial: int) -> None:
        """The second phase after the first, and the answer after the second."""
        op, majority = self.open[serial], (len(ctx.peers) + 1) // 2 + 1
        if op["tag"] is None and len(op["heard"]) >= majority:
            op["tag"], op["value"] = max(op["heard"].values(), key=lambda kept: kept[0])
            if op["call"][0] == WRITE:
                op["tag"], op["value"] = self._new_tag(ctx, op), op["call"][2]
            self._keep(ctx, op["call"][1], op["tag"], op["value"])
            op["stored"] = [ctx.name]
            self._ask(ctx, serial)
        if op["tag"] is not None and len(op["stored"]) >= majority:
            ctx.reply(op["request"], op["value"] if op["call"][0] == READ else None)
            self._close(ctx, serial)

    def _new_tag(self, ctx: Context, op: dict[str, Any]) -> Tag:
        # Its own store counts, too: what this node has begun before a crash, it may not begin again with another value.
        highest = max(op["tag"], self.store.get(op["call"][1], (NO_TAG, None))[0])
        return (highest[0] + 1, ctx.name)

    def _close(self, ctx: Context, serial: int) -> None:
        del self.open[serial]
        ctx.cancel_timer(f"retry {serial}")

    def on_timer(self, ctx: Context, timer: str) -> None:
        serial = int(timer.split()[1])
        op = self.open[serial]
        op["waited_s"] += self.retry_s
        nothing_written = op["tag"] is None or op["call"][0] == READ
        if nothing_written and op["waited_s"] >= self.patience_s:
            ctx.refuse(op["request"], "no majority")
            self._close(ctx, serial)
        else:
            self._ask(ctx, serial)

    # The keeper

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        name, number, *rest = message
        if name == "query":
            ctx.send(sender, ("tag", number, *self.store.get(rest[0], (NO_TAG, None))))
        elif name == "store":
            self._keep(ctx, *rest)
            ctx.send(sender, ("stored", number))
        elif number[0] == self.life and number[1] in self.open:
            op = self.open[number[1]]
            if name == "tag" and op["tag"] is None:
                op["heard"][sender] = tuple(rest)
            elif name == "stored" and op["tag"] is not None and sender not in op["stored"]:
                op["stored"].append(sender)
            self._go_on(ctx, number[1])

    def _keep(self, ctx: Context, key: str, tag: Tag, value: Plain) -> None:
        if tag > self.store.get(key, (NO_TAG, None))[0]:
            self.store[key] = (tag, value)
            ctx.disk["store"] = dict(self.store)


class APRegister(Node):
    """Answers at once, always; converges when messages get through again."""

    def __init__(self, gossip_s: float = GOSSIP_S) -> None:
        self.gossip_s = gossip_s

    def on_start(self, ctx: Context) -> None:
        self.store: dict[str, tuple[Tag, Plain]] = dict(ctx.disk.get("store", {}))
        ctx.set_timer("gossip", self.gossip_s)

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        _tag, value = self.store.get(call[1], (NO_TAG, None))
        if call[0] == READ:
            ctx.reply(request, value)
            return
        highest = max((tag[0] for tag, _value in self.store.values()), default=0)
        self._keep(ctx, call[1], (highest + 1, ctx.name), call[2])
        ctx.reply(request, None)
        ctx.broadcast(("have", dict(self.store)))

    def on_timer(self, ctx: Context, timer: str) -> None:
        if self.store:
            ctx.broadcast(("have", dict(self.store)))
        ctx.set_timer("gossip", self.gossip_s)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        for key, (tag, value) in message[1].items():
            self._keep(ctx, key, tag, value)

    def _keep(self, ctx: Context, key: str, tag: Tag, value: Plain) -> None:
        if tag > self.store.get(key, (NO_TAG, None))[0]:
            self.store[key] = (tag, value)
            ctx.disk["store"] = dict(self.store)


class NaiveRegister(Node):
    """Keeps what it hears last. To be broken."""

    def on_start(self, ctx: Context) -> None:
        self.store: dict[str, Plain] = dict(ctx.disk.get("store", {}))

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        if call[0] == READ:
            ctx.reply(request, self.store.get(call[1]))
            return
        self._keep(ctx, call[1], call[2])
        ctx.reply(request, None)
        ctx.broadcast(("write", call[1], call[2]))

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        self._keep(ctx, message[1], message[2])

    def _keep(self, ctx: Context, key: str, value: Plain) -> None:
        self.store[key] = value
        ctx.disk["store"] = dict(self.store)
