"""An object store: moto's S3 on the loopback, and boto3 as its client with its own retries switched off.

The plan has one step per PUT that reaches the store:

    "ok"                    moto stores the object
    (503, "SlowDown")       answer with this status and S3 error code, store nothing
    (503, "SlowDown", 7)    the same with `Retry-After: 7`

Whatever happens to the connection is the fault proxy's work. `operation()` puts one object and returns its ETag, or
raises `S3Error(status, code, retry_after_s)`, `ConnectionError` or `TimeoutError`. Writing one key twice leaves one
object with the last content: PUT is idempotent (RFC 9110, 9.2.2), so a retry costs load and nothing else. `puts`
counts that load.

boto3 would try three times by itself (five in its older "legacy" mode): a policy around it would multiply the attempts,
which is why it is told to make one. It is also told not to ask for leave to send the body (`Expect: 100-continue`), for
which it would wait a whole second. Left out: credentials that mean something, versions, multipart uploads.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from faultlab.errors import S3Error
from faultlab.live.http_server import parse_retry_after
from faultlab.live.server import HOST, Service, Step, are_retry_after, caused_by

KEY = "report.pdf"
BODY = b"%PDF-1.7 a small report\n"
POLL_S = 0.02

_starting = threading.Lock()
_started = 0


@cache
def _session() -> Any:
    """A boto3 session that reads no AWS configuration of this machine; made once, since its data files are large."""
    import boto3
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    unset = (None, None, None, None)
    variables = {"profile": unset, "config_file": nowhere, "credentials_file": nowhere}
    return boto3.Session("key", "secret", region_name="us-east-1", botocore_session=botocore.session.Session(variables))


def _no_expect(params: dict[str, Any], **rest: Any) -> None:
    params["headers"].pop("Expect", None)


def _error_xml(code: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'.encode()


class _Lines:
    """A file that remembers the last line read from it."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.last = b""

    def readline(self, *limit: int) -> bytes:
        self.last = self.file.readline(*limit)
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def _handler_class(connections: dict[threading.Thread, Any]) -> type:
    """moto's request handler, silent, which enters its thread and socket into `connections` while it lives."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Handler(MotoRequestHandler):
        def setup(self) -> None:
            connections[threading.current_thread()] = self.request
            super().setup()
            self.rfile = _Lines(self.rfile)

        def finish(self) -> None:
            super().finish()
            connections.pop(threading.current_thread(), None)

        def parse_request(self) -> bool:
            # Python's server takes a head that was cut off for a whole one; a real one does not.
            return super().parse_request() and self.rfile.last == b"\r\n"

        def log(self, *args: Any) -> None:
            pass

    return Handler


class S3Server(Service):
    """An S3 endpoint on the loopback with one bucket; `puts` lists the keys of all PUTs that came, refused ones too."""

    def __init__(self, plan: Iterable[Any] = (), then: Any = "ok") -> None:
        super().__init__(plan, then)
        self.puts: list[str] = []
        self._server: Any = None
        self._clients: dict[tuple[int, float], Any] = {}

    @staticmethod
    def knows(step: Step) -> bool:
        match step:
            case ("ok",):
                return True
            case (int(status), str(), *retry_after):
                return 400 <= status <= 599 and are_retry_after(retry_after)
        return False

    def start(self) -> None:
        global _started
        if self._server:
            raise RuntimeError("S3Server is running already")
        # moto keeps its buckets per process: each server has one of its own. One at a time, since moto builds its
        # routes lazily.
        with _starting:
            _started += 1
            self.bucket = f"course-{_started}"
            try:
                self._serve()
            except BaseException:
                self.stop()
                raise

    def _serve(self) -> None:
        import moto.backends
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self._connections: dict[threading.Thread, Any] = {}
        app = self._faulty(DomainDispatcherApplication(create_backend_app))
        self._server = make_server(HOST, 0, app, threaded=True, request_handler=_handler_class(self._connections))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), name="faultlab-S3Server", daemon=True
        )
        self._thread.start()
        self._backend = moto.backends.get_backend("s3")["123456789012"]["aws"]
        client = self._client(self.port, 30.0)  # the first request loads moto's data files: no timeout of ours applies
        client.create_bucket(Bucket=self.bucket)
        client.close()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        server.shutdown()
        self._thread.join()
        server.server_close()
        for thread, connection in list(self._connections.items()):
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self._backend.buckets.pop(self.bucket, None)

    def _faulty(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """WSGI middleware around `app`: counts each PUT of an object, and answers in moto's place when told to."""

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            path = environ["PATH_INFO"].encode("latin-1").decode()  # WSGI hands over bytes in this disguise (PEP 3333)
            _, _, key = path.lstrip("/").partition("/")
            if environ["REQUEST_METHOD"] != "PUT" or not key:
                return app(environ, start_response)
            length = int(environ.get("CONTENT_LENGTH") or 0)
            content = environ["wsgi.input"].read(length)
            # A client cut off in mid-request: S3 stores nothing then, while moto would store what it got.
            step = (400, "IncompleteBody") if len(content) < length else self.plan.take()
            if step != (400, "IncompleteBody"):
                self.puts.append(key)
            if step == ("ok",):
                return app(environ | {"wsgi.input": io.BytesIO(content)}, start_response)
            status, code, *retry_after = step
            body = _error_xml(code)
            headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
            headers += [("Retry-After", f"{value:.0f}") for value in retry_after]
            start_response(f"{status} {code}", headers)
            return [body]

        return answer

    def objects(self) -> dict[str, bytes]:
        """What the bucket holds: key to content, read from the store itself."""
        return {key: stored.value for key, stored in self._backend.buckets[self.bucket].keys.items()}

    def _client(self, port: int, wait_s: float) -> Any:
        from botocore.config import Config

        if (port, wait_s) not in self._clients:
            client = _session().client(
                "s3",
                endpoint_url=f"http://{HOST}:{port}",
                config=Config(
                    connect_timeout=wait_s,
                    read_timeout=wait_s,
                    retries={"mode": "standard", "total_max_attempts": 1},
                    s3={"addressing_style": "path"},
                    request_checksum_calculation="when_required",
                    proxies={},
                ),
            )
            client.meta.events.register_last("before-call.s3", _no_expect)
            self._clients[port, wait_s] = client
        return self._clients[port, wait_s]

    def operation(self, key: str = KEY, body: bytes = BODY, *, via: Any = None, timeout_s: float | None = None) -> str:
        """Put one object and return its ETag; S3Error, ConnectionError or TimeoutError if that fails."""
        from botocore import exceptions

        with self._exchange(via, timeout_s) as (_, port, wait_s):
            client = self._client(port, wait_s)
            try:
                return client.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"]
            except exceptions.ClientError as error:
                answer = error.response["ResponseMetadata"]
                retry_after_s = parse_retry_after(answer["HTTPHeaders"].get("retry-after"), time.time())
                raise S3Error(answer["HTTPStatusCode"], error.response["Error"]["Code"], retry_after_s) from error
            except (exceptions.ConnectTimeoutError, exceptions.ReadTimeoutError) as error:
                raise TimeoutError(str(error)) from error
            except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
                kind = ConnectionRefusedError if caused_by(error, ConnectionRefusedError) else ConnectionResetError
                raise kind(str(error)) from error
            finally:
                client.close()  # one connection per operation: the proxy's plan counts connections
