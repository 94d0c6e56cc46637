"""Servers come and go: no thread, process, port or word on stderr is left behind."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time

import pytest

from faultlab.live import FaultProxy, HTTPServer, RedisServer, S3Server, SMTPServer


class ProxiedHTTP(HTTPServer):
    """A proxy and its server as one, so that the proxy goes through the same tests."""

    def start(self):
        super().start()
        self.proxy = FaultProxy(self)
        self.proxy.start()

    def stop(self):
        if hasattr(self, "proxy"):
            self.proxy.stop()
        super().stop()

    def operation(self, **options):
        return super().operation(via=self.proxy, **options)


MAKERS = {
    "http": HTTPServer,
    "smtp": SMTPServer,
    "s3": S3Server,
    "redis": RedisServer,
    "fake redis": lambda: RedisServer(fake=True),
    "proxy": ProxiedHTTP,
}
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def refuses(server):
    with socket.socket() as sock:
        return sock.connect_ex((server.host, server.port)) != 0


@every_kind
def test_after_the_last_of_many_cycles_threads_are_gone_and_ports_are_free(make, capfd):
    before = threading.enumerate()
    for _ in range(5):
        with make() as server:
            assert server.host == "127.0.0.1"
            server.operation()
        assert refuses(server)
    assert threading.enumerate() == before
    assert capfd.readouterr() == ("", "")


@every_kind
def test_a_server_stops_within_a_second_although_clients_hold_connections(make):
    before = threading.enumerate()
    server = make()
    server.start()
    with socket.create_connection((server.host, server.port), 1), socket.create_connection((server.host, server.port)):
        server.operation()
        began_s = time.monotonic()
        server.stop()
        assert time.monotonic() - began_s < 1
    assert threading.enumerate() == before


@every_kind
def test_stopping_twice_is_harmless_and_starting_twice_is_an_error(make):
    server = make()
    server.stop()
    server.start()
    with pytest.raises(RuntimeError, match="running already"):
        server.start()
    server.stop()
    server.stop()


@every_kind
def test_a_server_can_be_started_again(make):
    server = make()
    for _ in range(2):
        with server:
            server.operation()


@every_kind
def test_it_works_inside_a_running_event_loop_as_in_a_notebook(make):
    async def cell():
        with make() as server:
            return server.operation()

    assert asyncio.run(cell())


@every_kind
def test_two_servers_of_a_kind_do_not_disturb_each_other(make):
    with make() as one, make() as other:
        one.operation()
        assert one.port != other.port
        for name in ("requests", "mails", "puts"):
            assert not getattr(other, name, [])
        assert getattr(other, "sets", 0) == 0
        if isinstance(other, S3Server):
            assert other.objects() == {}


def test_the_proxy_frees_its_port_while_it_refuses(capfd):
    before = threading.enumerate()
    with HTTPServer() as server:
        for plan in (["refuse"], ["hang"], []):
            with FaultProxy(server, plan=plan) as proxy:
                pass
            assert refuses(proxy)
    assert threading.enumerate() == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("protocol", ["http", "smtp", "s3", "redis"])
def test_every_fault_in_turn_leaves_nothing_behind_and_says_nothing(protocol, capfd):
    before = threading.enumerate()
    plan = ["reset", ("cut_request", 5), ("cut_reply", 5), "lose_request", "lose_reply", "refuse"]
    with MAKERS[protocol]() as server, FaultProxy(server, plan=plan) as proxy:
        for _ in plan:
            with contextlib.suppress(Exception):
                proxy.operation()
        proxy.operation()
    assert threading.enumerate() == before
    assert capfd.readouterr() == ("", "")


def test_importing_the_package_loads_none_of_the_heavy_libraries():
    script = (
        "import sys, faultlab.live; heavy = 'moto boto3 botocore aiosmtpd redis fakeredis'.split(); "
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_a_bug_in_a_handler_is_raised_when_the_server_stops_not_swallowed():
    server = HTTPServer()
    server.start()
    server.plan.take = lambda: 1 / 0
    with pytest.raises(ConnectionError):
        server.operation()
    with pytest.raises(RuntimeError, match="failed while serving"):
        server.stop()
