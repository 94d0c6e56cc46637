"""The fault proxy does what its plan says to the n-th connection, and counts."""

import socket
import threading

import pytest

from faultlab.errors import HTTPError
from faultlab.live import FaultProxy, HTTPServer
from faultlab.live.proxy import http_complete, is_interim, redis_complete, smtp_complete


@pytest.fixture(scope="module")
def running():
    with HTTPServer() as server, FaultProxy(server) as proxy:
        yield server, proxy


@pytest.fixture
def server(running):
    running[0].plan.set()
    running[0].requests.clear()
    return running[0]


@pytest.fixture
def proxy(server, running):
    running[1].plan.set(then="pass")
    running[1].records.clear()
    return running[1]


def outcome(operation):
    try:
        return operation()
    except OSError as error:
        return type(error).__name__
    except HTTPError as error:
        return f"HTTP {error.status}"


PLAN = ["pass", "refuse", "refuse", "reset", "lose_reply", ("answer", "HTTP/1.1 502 Bad\r\n\r\n"), "lose_request"]
SEEN = [200, *["ConnectionRefusedError"] * 2, *["ConnectionResetError"] * 2, "HTTP 502", "ConnectionResetError"]


def test_the_plan_is_consumed_one_step_per_connection_and_gives_the_same_each_time(server, proxy):
    for _ in range(5):
        proxy.plan.set(PLAN)
        assert [outcome(proxy.operation) for _ in PLAN] == SEEN
        assert proxy.plan.left == []
        assert outcome(proxy.operation) == 200
    assert proxy.connections == 5 * (len(PLAN) + 1)


def test_refused_connections_reach_nobody_and_a_plan_may_begin_and_end_with_them(server):
    with FaultProxy(server, plan=["refuse", "pass"], then="refuse") as proxy:
        assert [outcome(proxy.operation) for _ in range(4)] == [
            "ConnectionRefusedError", 200, "ConnectionRefusedError", "ConnectionRefusedError"
        ]  # fmt: skip
        assert proxy.connections == 4
        proxy.plan.set(then="pass")
        assert outcome(proxy.operation) == 200
    assert len(server.requests) == 2


def test_a_new_plan_replaces_what_was_left_at_once(proxy):
    proxy.plan.set(["reset"] * 3)
    proxy.plan.set(["refuse"])
    assert [outcome(proxy.operation) for _ in range(2)] == ["ConnectionRefusedError", 200]


def test_a_reset_is_not_taken_for_a_refusal_when_a_refusal_comes_next(proxy):
    proxy.plan.set(["reset", "refuse"])
    assert outcome(proxy.operation) == "ConnectionResetError"
    assert proxy.plan.left == [("refuse",)]


@pytest.mark.parametrize(
    ("step", "seen", "reached"),
    [
        ("pass", 200, 1),
        ("refuse", "ConnectionRefusedError", 0),
        ("reset", "ConnectionResetError", 0),
        ("hang", "TimeoutError", 0),
        (("delay", 0.02), 200, 1),
        (("cut_request", 10), "ConnectionResetError", 0),
        (("cut_reply", 10), "ConnectionResetError", 1),
        ("lose_request", "ConnectionResetError", 0),
        ("lose_reply", "ConnectionResetError", 1),
        ("hang_reply", "TimeoutError", 1),
        (("answer", "HTTP/1.1 404 Not Found\r\n\r\n"), "HTTP 404", 0),
    ],
)
def test_each_step_shows_the_client_and_the_server_what_it_promises(server, proxy, step, seen, reached):
    proxy.plan.set([step])
    assert outcome(proxy.operation) == seen
    assert len(server.requests) == reached


def test_bytes_are_counted_in_both_directions(server, proxy):
    proxy.operation()
    whole = proxy.records[-1]
    assert (whole.request_complete, whole.replied) == (True, True)
    proxy.plan.set([("cut_request", 10), ("cut_reply", 20), "reset"])
    for _ in range(3):
        outcome(proxy.operation)
    counts = [(record.bytes_from_client, record.bytes_from_server) for record in proxy.records]
    assert counts == [
        (whole.bytes_from_client, whole.bytes_from_server), (10, 0), (whole.bytes_from_client, 20), (0, 0)
    ]  # fmt: skip


def test_a_cut_at_the_last_byte_is_no_cut(proxy):
    proxy.operation()
    proxy.plan.set([("cut_reply", proxy.records[-1].bytes_from_server)])
    assert outcome(proxy.operation) == 200


def test_a_plan_of_the_server_works_behind_the_proxy(server, proxy):
    server.plan.set([(503, 7), "ok"])
    assert [outcome(proxy.operation) for _ in range(2)] == ["HTTP 503", 200]


def test_a_server_that_is_down_resets_the_proxys_clients():
    with HTTPServer() as server:
        proxy = FaultProxy(server)
    with proxy:
        assert outcome(proxy.operation) == "ConnectionResetError"


def test_a_delay_forwards_late_even_for_a_client_that_has_given_up(server, proxy):
    proxy.plan.set([("delay", 0.06)])
    with pytest.raises(TimeoutError):
        proxy.operation(timeout_s=0.02)
    assert len(server.requests) == 1


def test_concurrent_connections_take_one_step_each(server, proxy):
    proxy.plan.set(["reset"] * 5)
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(outcome(proxy.operation))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, seen)) == ["200"] * 7 + ["ConnectionResetError"] * 5
    assert len(server.requests) == 7


def test_a_client_of_ones_own_reports_a_refusal_by_hand(proxy):
    proxy.plan.set(["refuse", "pass"])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port), 1)
    proxy.refused()
    socket.create_connection((proxy.host, proxy.port), 1).close()


def test_an_unknown_step_is_refused_when_the_plan_is_made(server, proxy):
    for step in ["explode", "delay", ("delay", -1), ("cut_reply", 1.5), ("answer", 5), ("pass", 1), ()]:
        with pytest.raises(ValueError, match="no step of this plan"):
            FaultProxy(server, plan=[step])
        with pytest.raises(ValueError, match="no step of this plan"):
            proxy.plan.add(step)


HTTP = b"PUT /b/k HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\nhello"
SMTP = b"ehlo x\r\nmail FROM:<a>\r\nrcpt TO:<b>\r\ndata\r\nSubject: data\r\n\r\n..\r\nx\r\n.\r\n"
REDIS = b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n*1\r\n"


@pytest.mark.parametrize(
    ("complete", "request_bytes"), [(http_complete, HTTP), (smtp_complete, SMTP), (redis_complete, REDIS)]
)
def test_a_request_is_complete_at_its_last_byte_and_not_before(complete, request_bytes):
    assert [complete(request_bytes[:n]) for n in range(len(request_bytes))] == [False] * len(request_bytes)
    assert complete(request_bytes)


def test_a_command_typed_by_hand_and_bytes_that_are_no_protocol_do_no_harm(proxy):
    assert redis_complete(b"SET a b\r\n")
    assert not redis_complete(b"SET a")
    proxy.plan.set(["lose_request"])
    with socket.create_connection((proxy.host, proxy.port), 1) as client:
        client.sendall(b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_a_request_without_a_body_and_a_mail_without_a_line_are_complete_too():
    assert http_complete(b"GET / HTTP/1.1\r\n\r\n")
    assert smtp_complete(b"DATA\r\n.\r\n")
    assert not smtp_complete(b"MAIL FROM:<data@x>\r\n.\r\n")


def test_an_interim_reply_is_not_the_reply():
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert is_interim(interim)
    assert is_interim(interim * 2)
    assert not is_interim(interim + b"HTTP/1.1 200 OK\r\n")
    assert not is_interim(b"HTTP/1.1 200 OK\r\n\r\n")
