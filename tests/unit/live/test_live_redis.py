"""Redis, the real one and the fake: SET is counted and idempotent, error replies arrive by their first word."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from faultlab.errors import RedisError
from faultlab.live import FaultProxy, RedisServer
from faultlab.live.redis_server import REPLIES, error_reply

REAL = shutil.which("redis-server") is not None


@pytest.fixture(scope="module", params=["real", "fake"] if REAL else ["fake"])
def running(request):
    with RedisServer(fake=request.param == "fake") as server, FaultProxy(server) as proxy:
        yield server, proxy


@pytest.fixture
def redis(running):
    running[0].command("FLUSHALL")
    return running[0]


@pytest.fixture
def proxy(redis, running):
    running[1].plan.set()
    running[1].records.clear()
    return running[1]


def test_it_says_what_it_is(redis):
    assert re.fullmatch(r"(redis-server|fakeredis) \d+(\.\d+)+", redis.kind)


def test_the_same_set_twice_leaves_one_value_and_counts_two(redis):
    before = redis.sets
    assert redis.operation("balance:7", "100") is True
    assert redis.operation("balance:7", "100") is True
    assert redis.get("balance:7") == "100"
    assert redis.sets - before == 2


@pytest.mark.parametrize("prefix", sorted(REPLIES))
def test_an_error_reply_arrives_by_its_first_word_and_nothing_is_set(redis, proxy, prefix):
    before = redis.sets
    proxy.plan.set([error_reply(prefix)])
    with pytest.raises(RedisError) as caught:
        proxy.operation()
    assert caught.value.prefix == prefix
    assert (redis.sets, redis.get("balance:42")) == (before, None)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("refuse", ConnectionRefusedError),
        ("reset", ConnectionResetError),
        ("hang", TimeoutError),
        ("lose_request", ConnectionResetError),
        (("cut_request", 10), ConnectionResetError),
    ],
)
def test_a_command_that_did_not_arrive_whole_sets_nothing(redis, proxy, step, error):
    before = redis.sets
    proxy.plan.set([step])
    with pytest.raises(error):
        proxy.operation()
    assert (redis.sets, redis.get("balance:42")) == (before, None)


@pytest.mark.parametrize(
    ("step", "error"),
    [("lose_reply", ConnectionResetError), ("hang_reply", TimeoutError), (("cut_reply", 2), ConnectionResetError)],
)
def test_a_lost_reply_hides_that_the_key_was_set(redis, proxy, step, error):
    proxy.plan.set([step])
    with pytest.raises(error):
        proxy.operation()
    assert redis.get("balance:42") == "100"


def test_the_client_makes_one_attempt_per_operation(redis, proxy):
    proxy.plan.set(["reset", "pass"])
    with pytest.raises(ConnectionResetError):
        proxy.operation()
    assert proxy.connections == 1


if REAL:

    @pytest.mark.parametrize(
        ("prefix", "setting"),
        [
            ("READONLY", ("REPLICAOF", "127.0.0.1", "1")),
            ("OOM", ("CONFIG", "SET", "maxmemory", "1")),
            ("NOAUTH", ("CONFIG", "SET", "requirepass", "x")),
        ],
    )
    def test_the_proxys_error_replies_are_what_a_real_server_says(prefix, setting):
        with RedisServer() as server:
            server.command(*setting)
            with pytest.raises(RedisError) as caught:
                server.operation()
            with socket.create_connection((server.host, server.port), 2) as raw:
                raw.sendall(b"SET a b\r\n")
                said = raw.recv(1000).decode()
        assert caught.value.prefix == prefix
        assert said == error_reply(prefix)[1]

    def test_the_server_ends_with_its_process_even_when_that_is_killed():
        script = (
            "from faultlab.live import RedisServer; s = RedisServer(); s.start(); print(s.port, flush=True); input()"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        port = int(child.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), 2) as client:
            client.sendall(b"PING\r\n")
            assert client.recv(100) == b"+PONG\r\n"
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
            client.settimeout(5)
            assert client.recv(1) == b""  # the server closed: it is going down
