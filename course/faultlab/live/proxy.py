"""A TCP proxy in front of any of the servers, which breaks connections by plan.

The plan has one step per connection:

    "pass"                forward everything
    "refuse"              the port is closed: the client gets "connection refused"
    "reset"               reset the client at once; the server hears nothing
    "hang"                a black hole: accept, read, never answer; the server hears nothing
    ("delay", 0.1)        forward everything, beginning after so many seconds, even for a client that has given up
    ("cut_request", n)    forward n bytes of the client's, then reset the client; byte n + 1 never arrives
    ("cut_reply", n)      the same with the server's bytes
    "lose_request"        reset the client when its request is complete, keep back the end of it: nothing was done
    "lose_reply"          forward the whole request, wait for the reply, keep it, reset the client: all was done
    "hang_reply"          the same, but keep silent instead of resetting: the client times out
    ("answer", "text")    answer the complete request in the server's place; the server never gets the end of it

`lose_request` and `lose_reply` look the same to the client: the ambiguous outcome, which is why idempotency matters.
`lose_reply` and `hang_reply` wait for the reply, so the server has certainly acted.

1. A request is complete where its protocol says so: HTTP by Content-Length, SMTP at the final dot, Redis at the end of
   the first command that is not part of a handshake.
2. The client is reset (RST); the server gets an orderly end, so that what was forwarded is never lost on the way.
3. Nobody but the client can see a refused attempt. `operation()` reports it, and the proxy goes on to the next step; a
   client of your own calls `refused()`.
4. `records` has one entry per connection: the step, the bytes in each direction, whether the request was complete and
   answered.

Left out: bandwidth, loss of single packets (TCP hides it), UDP, TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from faultlab.live.server import HOST, LoopService, Service, Step, is_number, reset

CHUNK_BYTES = 65536
SETTLE_S = 1.0
BACKLOG = 128

PLAIN = ("pass", "refuse", "reset", "hang", "lose_request", "lose_reply", "hang_reply")
HANDSHAKE = (b"HELLO", b"AUTH", b"CLIENT", b"SELECT", b"PING")


def http_complete(sent: bytes) -> bool:
    """True once `sent` holds the head of an HTTP request and as much body as it announces."""
    head, end, body = bytes(sent).partition(b"\r\n\r\n")
    length = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(end) and len(body) >= (int(length[0]) if length else 0)


def smtp_complete(sent: bytes) -> bool:
    """True once `sent` holds a DATA command and a message with its final dot."""
    _, data, message = (b"\r\n" + bytes(sent)).upper().partition(b"\r\nDATA\r\n")
    return bool(data) and b"\r\n.\r\n" in b"\r\n" + message


def redis_complete(sent: bytes) -> bool:
    """True once `sent` holds a whole command (a RESP array of strings) that is not part of a client's handshake."""
    rest = bytes(sent)
    while rest.startswith(b"*"):
        count, end, rest = rest[1:].partition(b"\r\n")
        if not end:
            return False
        words = []
        for _ in range(int(count)):
            length, end, rest = rest.partition(b"\r\n")
            if not end or len(rest) < int(length[1:]) + 2:
                return False
            words.append(rest[: int(length[1:])].upper())
            rest = rest[int(length[1:]) + 2 :]
        if words[0] not in HANDSHAKE:
            return True
    return rest.endswith(b"\r\n")  # a command typed by hand, on one line


def is_interim(came: bytes) -> bool:
    """True if all that came from an HTTP server is "100 Continue" and the like, which is not yet the reply."""
    while came.startswith(b"HTTP/1.1 1"):
        came = came.partition(b"\r\n\r\n")[2]
    return not came


COMPLETE: dict[str, Callable[[bytes], bool]] = {"http": http_complete, "smtp": smtp_complete, "redis": redis_complete}


@dataclass
class Record:
    """What happened on one connection."""

    step: Step
    bytes_from_client: int = 0
    bytes_from_server: int = 0
    request_complete: bool = False
    replied: bool = False
    _sent: bytearray = field(default_factory=bytearray, repr=False)
    _over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


class _Cut(Exception):
    """The plan says that the client is reset now."""


class _Done(Exception):
    """The plan says that the connection ends now, in order."""


class FaultProxy(LoopService):
    """A fault proxy for `upstream`; `operation()` is the upstream's, sent through the proxy."""

    def __init__(self, upstream: Service, plan: Iterable[Any] = (), then: Any = "pass") -> None:
        super().__init__(plan, then)
        self.upstream = upstream
        self.protocol = upstream.protocol
        self.records: list[Record] = []
        self._complete = COMPLETE[upstream.protocol]

    @staticmethod
    def knows(step: Step) -> bool:
        match step:
            case (str(name),):
                return name in PLAIN
            case ("delay", seconds):
                return is_number(seconds)
            case ("cut_request" | "cut_reply", int(n)):
                return is_number(n)
            case ("answer", str()):
                return True
        return False

    @property
    def connections(self) -> int:
        """How many connections were attempted, refused ones included."""
        return len(self.records)

    def operation(self, *args: Any, **options: Any) -> Any:
        """The upstream's `operation`, through this proxy."""
        return self.upstream.operation(*args, via=self, **options)

    def refused(self) -> None:
        """A client was refused: go on to the next step. Does nothing unless the plan closed the port."""
        if self.plan.peek() == ("refuse",):
            self.records.append(Record(self.plan.take()))
            self._in_loop(self._listen())

    def settle(self) -> None:
        """Return when no connection is being handled any more, or after a second; then all the counts stand."""
        if self._thread:
            self._in_loop(self._settle())

    async def _settle(self) -> None:
        if self._handlers:
            await asyncio.wait(self._handlers, timeout=SETTLE_S)

    # Listening. A second socket keeps the port for us while the first is closed to refuse connections.

    async def _open(self) -> None:
        self._handlers: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        self._guard = self._bound(0)
        self.port = self._guard.getsockname()[1]
        self.plan.on_change = lambda: self._in_loop(self._listen())
        await self._listen()

    async def _close(self) -> None:
        self.plan.on_change = lambda: None
        await self._deafen()
        self._guard.close()

    def _bound(self, port: int) -> socket.socket:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((HOST, port))
        return sock

    async def _listen(self) -> None:
        """Open or close the port, as the next step wants it."""
        if self.plan.peek() == ("refuse",):
            await self._deafen()
        elif not self._accepting or self._accepting.done():
            listener = self._bound(self.port)
            listener.listen(BACKLOG)
            self._accepting = asyncio.create_task(self._accept(listener))

    async def _deafen(self) -> None:
        if self._accepting:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while self.plan.peek() != ("refuse",):
                client, _ = await loop.sock_accept(listener)
                record = Record(self.plan.take())
                self.records.append(record)
                handler = asyncio.create_task(self._handle(client, record))
                self._handlers.add(handler)
                handler.add_done_callback(self._handlers.discard)

    # One connection.

    async def _handle(self, client: socket.socket, record: Record) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client:
            match record.step:
                case ("reset",):
                    reset(client)
                case ("hang",):
                    while chunk := await _receive(client):
                        record.bytes_from_client += len(chunk)
                case _:
                    if record.step[0] == "delay":
                        await asyncio.sleep(record.step[1])
                    with contextlib.suppress(_Done):
                        try:
                            await self._relay(client, record)
                        except _Cut:
                            reset(client)

    async def _relay(self, client: socket.socket, record: Record) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as server:
            server.setblocking(False)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(server, (self.upstream.host, self.upstream.port))
            except OSError:
                raise _Cut from None
            pumps = [
                asyncio.create_task(self._pump_request(client, server, record)),
                asyncio.create_task(self._pump_reply(server, client, record)),
            ]
            try:
                await asyncio.gather(*pumps)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump_request(self, client: socket.socket, server: socket.socket, record: Record) -> None:
        name, *values = record.step
        # HTTP has no dialogue before the request: nothing of one that must not be carried out need reach the server.
        withheld = self.protocol == "http" and name in ("lose_request", "answer")
        while chunk := await _receive(client):
            room = values[0] - record.bytes_from_client if name == "cut_request" else len(chunk)
            record.bytes_from_client += min(len(chunk), room)
            if len(chunk) > room:
                await _send(server, chunk[:room])
                raise _Cut
            if not record.request_complete:
                record._sent += chunk
                with contextlib.suppress(ValueError):  # not this protocol: never complete
                    record.request_complete = self._complete(record._sent)
                if record.request_complete and name == "lose_request":
                    raise _Cut
                if record.request_complete and name == "answer":
                    await _send(client, values[0].encode())
                    raise _Done
            if not withheld:
                await _send(server, chunk)
        if name == "hang_reply" and record.request_complete:
            await record._over.wait()  # a client that gives up early must not call back what it asked for
        _end(server)

    async def _pump_reply(self, server: socket.socket, client: socket.socket, record: Record) -> None:
        name, *values = record.step
        try:
            while chunk := await _receive(server):
                room = values[0] - record.bytes_from_server if name == "cut_reply" else len(chunk)
                record.bytes_from_server += min(len(chunk), room)
                if len(chunk) > room:
                    await _send(client, chunk[:room])
                    raise _Cut
                if record.request_complete and not (self.protocol == "http" and is_interim(chunk)):
                    record.replied = True
                    if name == "lose_reply":
                        raise _Cut
                    if name == "hang_reply":
                        record._over.set()
                        continue
                await _send(client, chunk)
            if name != "hang_reply":
                _end(client)
        finally:
            record._over.set()


async def _receive(sock: socket.socket) -> bytes:
    """What came, or nothing when the peer ended or reset the connection."""
    try:
        return await asyncio.get_running_loop().sock_recv(sock, CHUNK_BYTES)
    except ConnectionError:
        return b""


async def _send(sock: socket.socket, data: bytes) -> None:
    # The peer may be gone; the other direction notices that by itself.
    with contextlib.suppress(ConnectionError):
        await asyncio.get_running_loop().sock_sendall(sock, data)


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
