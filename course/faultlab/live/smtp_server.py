"""An SMTP server (aiosmtpd) that counts the mails it accepted and refuses on command.

The plan has one step per connection, which carries one mail:

    "ok"                  accept
    ("connect", 421)      greet with this code and close
    ("rcpt", 450)         answer RCPT TO with this code
    ("data", 451)         answer with this code after the whole message has come, and accept nothing

A 4yz code asks to try again later, a 5yz code is final (RFC 5321, 4.2.1). Whatever happens to the connection is the
fault proxy's work.

`operation()` sends one mail and raises:

1. `SMTPError(code, stage)` when the server refused: `stage` is "connect" (greeting, EHLO), "rcpt" (the envelope:
   MAIL, RCPT) or "data".
2. `ConnectionError` or `TimeoutError` when the connection failed before the message was sent completely: no server
   may accept a mail whose final dot it has not seen, so nothing was accepted and sending again is safe.
3. `SMTPError(0, "after_data")` when the connection died, or nothing came for the timeout, after the final dot was
   sent and before the reply: nobody knows whether the mail was accepted, and a retry may send it twice (RFC 5321,
   4.5.3.2.6, and RFC 1047).

`accepted(message_id)` is how often the server took responsibility for a mail, that is, how often its reader will see
it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable
from email.parser import BytesHeaderParser
from typing import Any

from faultlab.errors import SMTPError
from faultlab.live.server import HOST, LoopService, Step, caused_by

MESSAGE_ID = "<receipt-1@shop.example>"
MAIL = """From: shop@shop.example\r
To: buyer@mail.example\r
Subject: Your receipt\r
Message-ID: {message_id}\r
\r
Thank you for your order.\r
.\r
"""


class _Greeter(asyncio.Protocol):
    """A server that has no time: it greets with `code` and closes."""

    def __init__(self, code: int) -> None:
        self.code = code

    def connection_made(self, transport: Any) -> None:
        transport.write(f"{self.code} shop.example refuses on command\r\n".encode())
        transport.close()


class _Mailbox:
    """aiosmtpd's handler for one connection."""

    def __init__(self, server: SMTPServer, step: Step) -> None:
        self.server = server
        self.step = step

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.step[0] == "rcpt":
            return f"{self.step[1]} refused on command"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.step[0] == "data":
            return f"{self.step[1]} refused on command"
        message_id = BytesHeaderParser().parsebytes(envelope.content)["Message-ID"]
        self.server.mails.append(str(message_id))
        return "250 OK"


class SMTPServer(LoopService):
    """An SMTP server on the loopback; `mails` lists the Message-IDs it accepted, `connections` counts the clients."""

    protocol = "smtp"

    def __init__(self, plan: Iterable[Any] = (), then: Any = "ok") -> None:
        super().__init__(plan, then)
        self.mails: list[str] = []
        self.connections = 0

    @staticmethod
    def knows(step: Step) -> bool:
        match step:
            case ("ok",):
                return True
            case ("connect" | "rcpt" | "data", int(code)):
                return 400 <= code <= 599
        return False

    def accepted(self, message_id: str = MESSAGE_ID) -> int:
        """How many copies of this mail were accepted."""
        return self.mails.count(message_id)

    @property
    def duplicates(self) -> int:
        """How many mails were accepted beyond the first of each Message-ID."""
        return sum(count - 1 for count in Counter(self.mails).values())

    async def _open(self) -> None:
        import aiosmtpd.smtp

        def serve_connection() -> asyncio.Protocol:
            self.connections += 1
            step = self.plan.take()
            if step[0] == "connect":
                return _Greeter(step[1])
            # Without a name, aiosmtpd would ask the resolver for one at every connection.
            return aiosmtpd.smtp.SMTP(_Mailbox(self, step), hostname="shop.example", loop=asyncio.get_running_loop())

        self._server = await asyncio.get_running_loop().create_server(serve_connection, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()

    def operation(self, message_id: str = MESSAGE_ID, *, via: Any = None, timeout_s: float | None = None) -> int:
        """Send one mail with this Message-ID and return the final code, 250; see the rules above for what it raises."""
        import smtplib

        with self._exchange(via, timeout_s) as (host, port, wait_s):
            client = smtplib.SMTP(local_hostname="localhost", timeout=wait_s)  # a name, or it would ask the resolver
            try:
                return self._send(client, host, port, message_id)
            except smtplib.SMTPServerDisconnected as error:
                kind = TimeoutError if caused_by(error, TimeoutError) else ConnectionResetError
                raise kind(str(error)) from error
            finally:
                client.close()

    @staticmethod
    def _send(client: Any, host: str, port: int, message_id: str) -> int:
        import smtplib

        def require(stage: str, reply: tuple[int, bytes], wanted: int = 250) -> int:
            if reply[0] == -1:  # smtplib's code for a reply that broke off
                raise ConnectionResetError("the reply broke off")
            if reply[0] != wanted:
                raise SMTPError(reply[0], stage)
            return wanted

        require("connect", client.connect(host, port), 220)
        require("connect", client.ehlo())
        require("rcpt", client.mail("shop@shop.example"))
        require("rcpt", client.rcpt("buyer@mail.example"))
        require("data", client.docmd("data"), 354)
        client.send(MAIL.format(message_id=message_id))
        try:
            reply = client.getreply()
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise SMTPError(0, "after_data") from error
        if reply[0] == -1:
            raise SMTPError(0, "after_data")
        require("data", reply)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()  # the mail is accepted; how the farewell goes changes nothing
        return reply[0]
