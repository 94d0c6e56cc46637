"""An HTTP server that fails on command.

The plan has one step per request:

    "ok" or 200, 404, 500 ...   answer with this status
    (503, 7)                    answer with this status and `Retry-After: 7` (503: RFC 9110, 10.2.3; 429: RFC 6585, 4)
    "reset"                     send the head and half of the body, then reset the connection
    "hang"                      read the request and never answer
    ("slow", 0.1)               answer 200 after so many seconds

`operation()` gets one page with `http.client`. It returns the status, or raises `HTTPError` (400 and above),
`ConnectionError` or `TimeoutError`. Left out: keep-alive, pipelining, chunked transfer, redirects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import Any

from faultlab.errors import HTTPError
from faultlab.live.server import HOST, LoopService, Step, are_retry_after, is_number, reset

BODY = b'{"balance": 100}\n'


def parse_retry_after(value: str | None, now_s: float) -> float | None:
    """Seconds until the time that a `Retry-After` header names, as seconds or as a date; None if absent or unreadable.

    `now_s` is the time of day (seconds since 1970), which only the date form needs.
    """
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now_s)
    except ValueError:
        return None


class HTTPServer(LoopService):
    """An HTTP/1.1 server on the loopback; `requests` lists what reached it as (method, path)."""

    def __init__(self, plan: Iterable[Any] = (), then: Any = "ok") -> None:
        super().__init__(plan, then)
        self.requests: list[tuple[str, str]] = []

    @staticmethod
    def knows(step: Step) -> bool:
        match step:
            case ("ok" | "reset" | "hang",):
                return True
            case ("slow", delay_s):
                return is_number(delay_s)
            case (int(status), *retry_after):
                return 200 <= status <= 599 and are_retry_after(retry_after)
        return False

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._handle, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server stops
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await self._read_request(reader))
        except (ValueError, asyncio.LimitOverrunError):  # not HTTP, or a head of more than 64 KiB
            writer.write(self._response(400))
            return
        match self.plan.take():
            case ("hang",):
                await reader.read()  # ends when the client gives up
                return
            case ("reset",):
                writer.write(self._response(200)[: -len(BODY) // 2])
                await writer.drain()
                reset(writer.get_extra_info("socket"))
                return
            case ("slow", delay_s):
                await asyncio.sleep(delay_s)
                writer.write(self._response(200))
            case ("ok",):
                writer.write(self._response(200))
            case (status, *retry_after):
                writer.write(self._response(status, *retry_after))
        await writer.drain()

    async def _read_request(self, reader: asyncio.StreamReader) -> tuple[str, str]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        fields = dict(line.lower().split(":", 1) for line in head.split("\r\n")[1:] if ":" in line)
        await reader.readexactly(int(fields.get("content-length", 0)))
        return method, path

    def _response(self, status: int, retry_after_s: float | None = None) -> bytes:
        lines = [
            f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}",
            "Content-Type: application/json",
            "Connection: close",
        ]
        body = b"" if status in (204, 304) else BODY
        lines.append(f"Content-Length: {len(body)}")
        if retry_after_s is not None:
            lines.append(f"Retry-After: {retry_after_s:.0f}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def operation(self, path: str = "/", *, via: Any = None, timeout_s: float | None = None) -> int:
        """GET `path` and return the status; HTTPError, ConnectionError or TimeoutError if that fails."""
        import http.client
        import time

        with self._exchange(via, timeout_s) as (host, port, wait_s):
            client = http.client.HTTPConnection(host, port, timeout=wait_s)
            try:
                client.request("GET", path)
                response = client.getresponse()
                response.read()
            except http.client.HTTPException as error:  # the answer broke off: no status line, or a body cut short
                if isinstance(error, ConnectionError):
                    raise
                raise ConnectionResetError(f"the answer broke off: {error!r}") from error
            finally:
                client.close()
            if response.status >= 400:
                raise HTTPError(response.status, parse_retry_after(response.headers["Retry-After"], time.time()))
            return response.status
