"""A store with tunable consistency, in the manner of Dynamo and Cassandra: N copies, W acknowledgements, R answers.

Each key has N replicas, its preference list; whichever node is asked coordinates.
1. A write gets a timestamp from the coordinator's clock and goes to all N replicas. It is acknowledged when W have it.
2. A read asks all N replicas and answers, when R have answered, with the value of the greatest timestamp. Whichever
   clock was ahead wins: last writer wins.
3. Read repair: answers that come later, and those that were older, tell the coordinator who is behind. It sends them
   the newest. Here this follows the answer to the client; Cassandra, by default, waits for it among those it asked.
4. Hinted handoff: for a replica that does not answer within `hint_s`, the next node on the ring keeps the value with a
   note for whom it is, and delivers it when that node is back. With `sloppy` quorums such a hint counts among the W.
5. A write that does not get its W is not answered. It is not undone either: those who have it keep it, and a read may
   see it. (Real coordinators answer "timed out", which means exactly this.)

R + W > N makes read and write quorums overlap, so a read that begins after a write was acknowledged sees it. That holds
with strict quorums only, and it is not linearizability: a write that is under way may be seen by one read and missed by
the next (rule 2 has no second phase; compare `CPRegister` in `models/cap_register.py`), and a clock that is behind
makes an acknowledged write invisible.

`levels` are Cassandra's names. N is the replication factor, not the number of nodes. ANY is met even by a hint alone,
and a read cannot find it until the hint is delivered; it exists for writes only.

Left out: vector clocks and siblings, which Dynamo used (`models/crdt.py`, `MVRegister`); Merkle trees (anti-entropy);
virtual nodes; failure detectors, which make a coordinator answer "unavailable" at once and keep no hint (Cassandra).

Sources: G. DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store", SOSP 2007, sections 4.5 to 4.7; A.
Lakshman, P. Malik, "Cassandra", 2010; Apache Cassandra's documentation on consistency levels.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

from faultlab.sim.node import Context, Node
from faultlab.sim.plain import Plain

READ, WRITE, HINT = "read", "write", "hint"
Stamp = tuple[float, str]
NO_STAMP: Stamp = (-1.0, "")
HINT_S, HANDOFF_S = 0.3, 1.0


def levels(n: int) -> dict[str, int]:
    """How many replicas each of Cassandra's levels waits for, of `n`; ANY is 1, and a hint will do."""
    return {"ANY": 1, "ONE": 1, "QUORUM": n // 2 + 1, "ALL": n}


def preference_list(names: tuple[str, ...], key: str, n: int) -> list[str]:
    """All nodes in the order of the ring from the key's place on: the first `n` are its replicas."""
    ring = sorted(names)
    start = crc32(key.encode()) % len(ring)
    return ring[start:] + ring[:start] if n <= len(ring) else ring


class QuorumStore(Node):
    """A node of the store. ValueError unless 1 <= r, w <= n."""

    def __init__(self, n: int = 3, r: int = 2, w: int = 2, sloppy: bool = False, repair: bool = True) -> None:
        if not (1 <= r <= n and 1 <= w <= n):
            raise ValueError(f"r={r} and w={w} should be from 1 to n={n}")
        self.n, self.r, self.w, self.sloppy, self.repair = n, r, w, sloppy, repair

    def on_start(self, ctx: Context) -> None:
        self.store: dict[str, tuple[Stamp, Plain]] = dict(ctx.disk.get("store", {}))
        # By a number that never comes again: the node to tell, the key, the stamp, the value.
        self.hints: dict[int, tuple[str, str, Stamp, Plain]] = dict(ctx.disk.get("hints", {}))
        self.life = ctx.disk.get("life", 0) + 1
        ctx.disk["life"] = self.life
        self.serial = 0
        self.open: dict[int, dict[str, Any]] = {}
        if self.hints:
            ctx.set_timer("handoff", HANDOFF_S)

    # The coordinator

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        self.serial += 1
        kind, key, *value = call
        ring = preference_list((ctx.name, *ctx.peers), key, self.n)
        op = {"request": request, "kind": kind, "key": key, "replicas": ring[: self.n], "spare": ring[self.n :]}
        op |= {"acks": [], "answers": {}, "told": False, "stamp": (ctx.now_s, ctx.name), "value": None}
        if kind == WRITE:
            op["value"] = value[0]
        self.open[self.serial] = op
        for replica in op["replicas"]:
            self._send(ctx, replica, self._question(op, self.serial))
        ctx.set_timer(f"hint {self.serial}", HINT_S)

    def _question(self, op: dict[str, Any], serial: int) -> Plain:
        number = (self.life, serial)
        if op["kind"] == READ:
            return ("get", number, op["key"])
        return ("put", number, op["key"], op["stamp"], op["value"])

    def _send(self, ctx: Context, to: str, message: Plain) -> None:
        """To another node over the network; to itself at once."""
        if to == ctx.name:
            self.on_message(ctx, to, message)
        else:
            ctx.send(to, message)

    def on_timer(self, ctx: Context, timer: str) -> None:
        if timer == "handoff":
            for number, (target, *rest) in self.hints.items():
                ctx.send(target, ("put", (HINT, number), *rest))
            if self.hints:
                ctx.set_timer("handoff", HANDOFF_S)
            return
        serial = int(timer.split()[1])
        op = self.open[serial]
        if op["kind"] == READ:
            self._repair(ctx, op)
            if op["told"]:
                del self.open[serial]
            else:
                ctx.set_timer(timer, HINT_S)
            return
        missing = [replica for replica in op["replicas"] if replica not in op["acks"]]
        for replica, keeper in zip(missing, op["spare"], strict=False):
            ctx.send(keeper, ("hint", (self.life, serial), replica, op["key"], op["stamp"], op["value"]))

    def _acknowledged(self, ctx: Context, sender: str, serial: int) -> None:
        op = self.open[serial]
        if sender not in op["acks"]:
            op["acks"].append(sender)
        if len(op["acks"]) >= self.w and not op["told"]:
            op["told"] = True
            ctx.reply(op["request"], None)

    def _answered(self, ctx: Context, sender: str, serial: int, stamp: Stamp, value: Plain) -> None:
        op = self.open[serial]
        op["answers"][sender] = (stamp, value)
        if len(op["answers"]) >= self.r and not op["told"]:
            op["told"] = True
            ctx.reply(op["request"], max(op["answers"].values(), key=lambda kept: kept[0])[1])

    def _repair(self, ctx: Context, op: dict[str, Any]) -> None:
        if not (self.repair and op["answers"]):
            return
        newest = max(op["answers"].values(), key=lambda kept: kept[0])
        for replica, kept in op["answers"].items():
            if kept[0] < newest[0]:
                self._send(ctx, replica, ("put", (self.life, "repair"), op["key"], *newest))

    # The replica

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        name, number, *rest = message
        match name:
            case "put":
                self._keep(ctx, *rest)
                self._send(ctx, sender, ("ack", number))
            case "get":
                self._send(ctx, sender, ("value", number, *self.store.get(rest[0], (NO_STAMP, None))))
            case "hint":
                number_here = ctx.disk.get("hinted", 0) + 1
                ctx.disk["hinted"] = number_here
                self._set_hints(ctx, {**self.hints, number_here: tuple(rest)})
                ctx.set_timer("handoff", HANDOFF_S)
                if self.sloppy:
                    self._send(ctx, sender, ("ack", number))
            case "ack" if number[0] == HINT:
                self._set_hints(ctx, {n: hint for n, hint in self.hints.items() if n != number[1]})
            case "ack" if number[0] == self.life and number[1] in self.open:
                self._acknowledged(ctx, sender, number[1])
            case "value" if number[0] == self.life and number[1] in self.open:
                self._answered(ctx, sender, number[1], tuple(rest[0]), rest[1])

    def _set_hints(self, ctx: Context, hints: dict[int, tuple[str, str, Stamp, Plain]]) -> None:
        self.hints = ctx.disk["hints"] = hints

    def _keep(self, ctx: Context, key: str, stamp: Stamp, value: Plain) -> None:
        if stamp > self.store.get(key, (NO_STAMP, None))[0]:
            self.store[key] = (stamp, value)
            ctx.disk["store"] = dict(self.store)
