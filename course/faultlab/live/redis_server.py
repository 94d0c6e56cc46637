"""A Redis server: the real one where `redis-server` is on PATH, else fakeredis; `kind` says which.

The real server runs without persistence on a free port of the loopback. It lives as long as a pipe that this process
holds open, so that it ends with this process, however that ends.

Redis has no plan of its own: the fault proxy breaks the connection, and answers in its place where an error reply is
wanted:

    FaultProxy(redis, plan=[error_reply("LOADING"), "pass"])

`operation()` sets one key and returns True, or raises `RedisError(prefix)` for an error reply, `ConnectionError` or
`TimeoutError`. SET is idempotent: the same SET twice leaves the same value. `sets` counts how many reached the
server.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from typing import Any

from faultlab.errors import RedisError
from faultlab.live.server import HOST, PATIENCE_S, Service, caused_by

# The shell starts the server and then only waits for its standard input to end, which happens when the parent is gone.
# There is nothing to save, so the server need not be asked politely (that would take it up to 0.1 s).
KEEPER = 'redis-server "$@" & exec >/dev/null; cat; kill -9 $!; wait'
PORTS_TRIED = 5

# What a real server says, by the first word of its reply.
REPLIES = {
    "LOADING": "LOADING Redis is loading the dataset in memory",
    "BUSY": "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "READONLY": "READONLY You can't write against a read only replica.",
    "OOM": "OOM command not allowed when used memory > 'maxmemory'.",
    "NOAUTH": "NOAUTH Authentication required.",
    "WRONGTYPE": "WRONGTYPE Operation against a key holding the wrong kind of value",
    "ERR": "ERR syntax error",
}


def error_reply(prefix: str) -> tuple[str, str]:
    """The step of a fault proxy's plan that answers with this Redis error; KeyError if `prefix` is unknown."""
    return ("answer", f"-{REPLIES[prefix]}\r\n")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return sock.getsockname()[1]


class RedisServer(Service):
    """A Redis server on the loopback; `kind` is such as "redis-server 7.0.15" or "fakeredis 2.40.0"."""

    protocol = "redis"
    kind = ""

    def __init__(self, *, fake: bool = False) -> None:
        super().__init__()
        self._fake = fake or shutil.which("redis-server") is None
        self._server: Any = None

    def start(self) -> None:
        if self._server:
            raise RuntimeError("RedisServer is running already")
        if self._fake:
            self._start_fake()
        else:
            self._start_real()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if self._fake:
            server.shutdown()
            self._thread.join()
            server.server_close()  # joins the threads of its connections
        else:
            server.communicate(timeout=5)

    def _start_real(self) -> None:
        for _ in range(PORTS_TRIED):
            self.port = _free_port()
            options = ["--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no", "--databases", "1"]
            server = subprocess.Popen(
                ["sh", "-c", KEEPER, "sh", *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                start_new_session=True,  # an interrupt of the kernel must not reach the server
            )  # fmt: skip
            # Its log says when it accepts connections, and ends when it could not.
            log = iter(server.stdout.readline, "")
            lines = []
            for line in log:
                lines.append(line)
                if "eady to accept connections" in line:
                    self._server = server
                    version = re.search(r"(?:version=| v=)([\d.]+\d)", "".join(lines))
                    self.kind = f"redis-server {version[1] if version else ''}".strip()
                    return
            server.communicate()
        raise OSError("redis-server did not start; its last words were: " + "".join(lines[-3:]))

    def _start_fake(self) -> None:
        import importlib.metadata

        import fakeredis

        self._server = fakeredis.TcpFakeServer((HOST, 0))
        self._server.RequestHandlerClass = _counting(self._server.RequestHandlerClass, self)
        self._fake_sets = 0
        self.port = self._server.server_address[1]
        self.kind = f"fakeredis {importlib.metadata.version('fakeredis')}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="faultlab-RedisServer", daemon=True
        )
        self._thread.start()

    @property
    def sets(self) -> int:
        """How many SET commands reached the server."""
        if self._fake:
            return self._fake_sets
        statistics = self.command("INFO", "commandstats")
        return statistics.get("cmdstat_set", {}).get("calls", 0)

    def get(self, key: str) -> str | None:
        """The value of `key`, asked of the server itself."""
        return self.command("GET", key)

    def command(self, *words: str) -> Any:
        """Any command, straight to the server, for what `operation` does not do."""
        client = self._client(HOST, self.port, PATIENCE_S)
        try:
            return client.execute_command(*words)
        finally:
            client.close()

    @staticmethod
    def _client(host: str, port: int, wait_s: float) -> Any:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # One attempt, and no handshake but the connection itself: the client's own retries would multiply the policy's.
        return redis.Redis(
            host, port, socket_timeout=wait_s, socket_connect_timeout=wait_s, retry=Retry(NoBackoff(), 0), protocol=2,
            driver_info=None, decode_responses=True,
        )  # fmt: skip

    def operation(
        self, key: str = "balance:42", value: str = "100", *, via: Any = None, timeout_s: float | None = None
    ) -> bool:
        """SET `key` to `value` and return True; RedisError, ConnectionError or TimeoutError if that fails."""
        import redis

        with self._exchange(via, timeout_s) as (host, port, wait_s):
            client = self._client(host, port, wait_s)
            try:
                return bool(client.set(key, value))
            except redis.TimeoutError as error:
                raise TimeoutError(str(error)) from error
            except redis.RedisError as error:
                raise _translated(error) from error
            finally:
                client.close()


def _translated(error: Any) -> Exception:
    """The course's exception for one of redis-py's.

    redis-py takes the first word off a reply that it has a class for, and keeps it as `status_code`; LOADING and
    NOAUTH even arrive as kinds of ConnectionError there.
    """
    import redis

    prefix = getattr(error, "status_code", None)
    if prefix:
        return RedisError(prefix)
    if isinstance(error, redis.ConnectionError):
        kind = ConnectionRefusedError if caused_by(error, ConnectionRefusedError) else ConnectionResetError
        return kind(str(error))
    word = str(error).partition(" ")[0]
    return RedisError(word if word.isupper() else "ERR")


def _counting(handler: type, server: RedisServer) -> type:
    """fakeredis's connection handler, which counts the SET commands that it reads: fakeredis keeps no statistics."""

    class Lines:
        def __init__(self, file: Any) -> None:
            self.file = file

        def readline(self) -> bytes:
            line = self.file.readline()
            if line.upper() == b"SET\r\n":
                server._fake_sets += 1
            return line

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    class Counting(handler):
        def setup(self) -> None:
            super().setup()
            self.rfile = Lines(self.rfile)

    return Counting
