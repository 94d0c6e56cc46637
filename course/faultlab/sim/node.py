"""A node: one participant of a protocol, as handlers and nothing else.

    class Echo(Node):
        def on_start(self, ctx):
            self.heard = 0

        def on_message(self, ctx, sender, message):
            self.heard += 1
            ctx.send(sender, ("echo", message))

1. A node does nothing by itself. It is told that something happened: it was started, a message came, a timer ran out,
   a client asks for something. It answers through `ctx` and returns. It owns no clock, no socket, no thread.
2. A handler is atomic. What it sent, replied and put on its disk happens when it returns. If it raises, none of it
   happens, and the node has crashed.
3. State is what the node keeps in `self`, and it is plain data (`sim/plain.py`). It is lost in a crash. What stands in
   `ctx.disk` when a handler returns survives, and the new object that is started after the crash finds it there.
4. Two runs of a handler on equal state and equal input do the same. So chance comes from `ctx.random`, time from
   `ctx.now_s`, and nothing from global variables, from attributes of the class, or from the order of a set.

The same class runs in a `World`, which has times, and under `explore`, which has none, and behind the grader's pipe.

Left out: handlers that wait (a state with a timer says the same, and can be looked at), and messages between nodes that
are not sent (a shared object would be one).
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from typing import Any

from faultlab.sim.plain import ATOMS, Plain, plain

# Kinds of effects: what a handler wants to happen once it has returned.
SEND, TIMER, CANCEL, REPLY, REFUSE, NOTE = "send", "timer", "cancel", "reply", "refuse", "note"

Effect = tuple[Any, ...]


class Context:
    """What a handler may do. It belongs to one node, and it is good only until the handler returns."""

    __slots__ = ("_disk", "_known", "_stream", "draft", "effects", "name", "peers")

    def __init__(self, name: str, names: Iterable[str]) -> None:
        self.name = name
        self.peers = tuple(n for n in names if n != name)
        self.effects: list[Effect] = []
        self._known = {name, *self.peers}
        self._disk: dict[str, Plain] = {}
        self.draft: dict[str, Plain] | None = None
        self._stream: random.Random | None = None

    def send(self, to: str, message: Plain) -> None:
        """Send `message` (plain data) to the node `to`: it may arrive late, twice, or never.

        By custom it is a tuple whose first element names it, such as ("vote", 3). TypeError if it is not plain data,
        ValueError if there is no node `to`.
        """
        if to not in self._known:
            known = ", ".join(sorted(self._known))
            raise ValueError(f"{self.name} sends to {to!r}: there is no such node, only {known}")
        self.effects.append((SEND, to, message if type(message) in ATOMS else plain(message)))

    def broadcast(self, message: Plain) -> None:
        """Send `message` to every other node, one message each."""
        for peer in self.peers:
            self.send(peer, message)

    def set_timer(self, timer: str, delay_s: float) -> None:
        """Have `on_timer(ctx, timer)` called in `delay_s` seconds of this node's clock; a timer of that name that is
        already set is replaced. ValueError if the delay is negative or not finite."""
        if not 0.0 <= delay_s < float("inf"):
            raise ValueError(f"timer {timer!r}: a delay is a finite number of seconds, not {delay_s!r}")
        self.effects.append((TIMER, _text(timer, "a timer's name"), float(delay_s)))

    def cancel_timer(self, timer: str) -> None:
        """Forget the timer of that name; no harm if there is none."""
        self.effects.append((CANCEL, _text(timer, "a timer's name")))

    def reply(self, request: str, result: Plain = None) -> None:
        """Answer the client's `request`, now or in any later handler of any node; a second answer is ignored."""
        self.effects.append((REPLY, _text(request, "a request"), plain(result)))

    def refuse(self, request: str, because: Plain = None) -> None:
        """Tell the client that `request` was not and will not be carried out."""
        self.effects.append((REFUSE, _text(request, "a request"), plain(because)))

    def note(self, text: str) -> None:
        """Write a remark into the trace, for whoever reads it; it changes nothing."""
        self.effects.append((NOTE, str(text)[:200]))

    @property
    def disk(self) -> dict[str, Plain]:
        """What survives a crash: a dict. It is written when the handler returns, as a whole, or not at all."""
        if self.draft is None:
            self.draft = plain(self._disk)
        return self.draft

    @property
    def now_s(self) -> float:
        """This node's clock in seconds. It may be wrong; `explore` has no time and raises RuntimeError."""
        raise RuntimeError("there is no time here: the model checker tries every order of events, whatever the clock")

    @property
    def random(self) -> random.Random:
        """This node's own random numbers, derived from the seed of the run."""
        if self._stream is None:
            self._stream = self._new_stream()
        return self._stream

    def _new_stream(self) -> random.Random:
        # Without a run there is no seed. Every handler call begins with the same numbers, so that it stays a function
        # of state and input; timeouts, for which protocols use chance, have no length here anyway.
        return random.Random(0)

    def commit(self) -> dict[str, Plain]:
        """Make the disk what the handler left in `draft`, and return it; TypeError if a key is not a str."""
        for key in self.draft or ():
            _text(key, "a key of ctx.disk")
        # Copied: `ctx.disk["log"] = self.log` must not leave the disk and the memory with one list.
        self._disk, self.draft = plain(self.draft), None
        return self._disk

    def abandon(self) -> None:
        """Drop what the handler wanted: it raised."""
        self.effects.clear()
        self.draft = None


class Node:
    """Base class of every participant; each handler may be left out. See the rules of this module."""

    def on_start(self, ctx: Context) -> None:
        """The node begins, for the first time or after a crash (then `ctx.disk` holds what it had stored)."""

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        """`message` from the node `sender` is here."""

    def on_timer(self, ctx: Context, timer: str) -> None:
        """The timer of that name ran out."""

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        """A client asks for `call`, by custom ("read", "x") or ("write", "x", 3); `ctx.reply(request, ...)` answers."""


Factory = Callable[[], Node]


def demand_end(returned: Any) -> None:
    """TypeError if what a handler returned shows that it has not run: it waits (`async`), or it yields."""
    if isinstance(returned, Coroutine | Generator | AsyncGenerator):
        if not isinstance(returned, AsyncGenerator):
            returned.close()
        raise TypeError("a handler does not wait: it must be no `async def`, and must not `yield`")


def label(message: Plain) -> str:
    """The short name of a message for a picture: its first word if it is a tuple or list, its "type" if it is a
    dict."""
    if isinstance(message, (tuple, list)) and message and isinstance(message[0], str):
        return message[0]
    if isinstance(message, dict):
        named = message.get("type", message.get("kind"))
        if isinstance(named, str):
            return named
    return str(message)[:24]


def _text(value: Any, what: str) -> str:
    if type(value) is not str:
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    return value
