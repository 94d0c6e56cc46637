"""One value, chosen naively: the frame in which chapter 3.5 tries acceptors that do not work, on the way to Paxos.

    explore(cast(MyAcceptor, "xyz"), [agreement(), termination()])

1. Each proposer has a value. At its start it sends it to all acceptors, as it is, and does nothing else of itself.
2. An acceptor is yours. Whenever it takes a value it answers "accepted" to whoever sent it.
3. A proposer that has heard "accepted" from a majority of the acceptors holds its value to be chosen.

There is one phase, no number, and no question: whatever an acceptor does here, it is wrong. One that keeps its first
value may leave the votes split for ever. One that takes a later value lets two be chosen.

Left out: loss, crashes and disks. The acceptors fail without any of them. `models/paxos.py` is the protocol that works.

Source: L. Lamport, "Paxos Made Simple", 2001, section 2.2, which takes the same two steps first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from faultlab.models.commit import names
from faultlab.models.paxos import quorum
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import Property, Snapshot, always, eventually

ACCEPTED = "accepted"


class Asks(Node):
    """A proposer. `accepted_by` are the acceptors that have answered, `chosen` its value when that is a majority."""

    def __init__(self, value: Plain, acceptors: Sequence[str]) -> None:
        self.value, self.acceptors = value, list(acceptors)

    def on_start(self, ctx: Context) -> None:
        self.accepted_by: set[str] = set()
        self.chosen: Plain = None
        for acceptor in self.acceptors:
            ctx.send(acceptor, self.value)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        if message == ACCEPTED:
            self.accepted_by.add(sender)
            if len(self.accepted_by) >= quorum(len(self.acceptors)):
                self.chosen = self.value


def cast(acceptor: Factory, values: Sequence[Plain], acceptors: int = 3) -> dict[str, Factory]:
    """Nodes "a1", "a2", ... of the class `acceptor`, and for each of the `values` a proposer: "p1", "p2", ..."""
    memory = names("a", acceptors)
    proposers = zip(names("p", len(values)), values, strict=True)
    nodes: dict[str, Factory] = dict.fromkeys(memory, acceptor)
    return nodes | {name: partial(Asks, value, memory) for name, value in proposers}


def chosen(s: Snapshot) -> list[Plain]:
    """The values that some proposer holds to be chosen."""
    return sorted({node.chosen for node in s.up if node.get("chosen") is not None})


def agreement() -> Property:
    """No two values are chosen."""
    return always("agreement", lambda s: len(chosen(s)) < 2 or f"{' and '.join(map(str, chosen(s)))} are both chosen")


def termination() -> Property:
    """Every run ends with a chosen value."""
    return eventually("a value is chosen", lambda s: bool(chosen(s)))
