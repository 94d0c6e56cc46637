"""The HTTP server fails as its plan says, and its client tells it in the course's exceptions."""

import socket
import threading

import pytest

from faultlab.errors import HTTPError
from faultlab.live import HTTPServer
from faultlab.live.http_server import parse_retry_after


@pytest.fixture(scope="module")
def running():
    with HTTPServer() as server:
        yield server


@pytest.fixture
def server(running):
    running.plan.set()
    running.requests.clear()
    return running


def test_a_get_returns_the_status_and_is_counted_with_its_path(server):
    assert server.operation("/accounts/42") == 200
    assert server.requests == [("GET", "/accounts/42")]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_status_arrives_as_http_error(server, status):
    server.plan.set([status])
    with pytest.raises(HTTPError) as caught:
        server.operation()
    assert (caught.value.status, caught.value.retry_after_s) == (status, None)


def test_retry_after_travels_in_the_header(server):
    server.plan.set([(503, 7)])
    with pytest.raises(HTTPError) as caught:
        server.operation()
    assert (caught.value.status, caught.value.retry_after_s) == (503, 7.0)


def test_a_reset_in_mid_response_is_a_connection_reset(server):
    server.plan.set(["reset"])
    with pytest.raises(ConnectionResetError):
        server.operation()
    assert len(server.requests) == 1


def test_a_hang_ends_by_the_clients_own_timeout_although_the_request_arrived(server):
    server.plan.set(["hang"])
    with pytest.raises(TimeoutError):
        server.operation(timeout_s=0.05)
    assert len(server.requests) == 1


def test_without_being_told_a_client_waits_a_fifth_of_a_second_for_a_hang(server):
    server.plan.set(["hang"])
    with pytest.raises(TimeoutError):
        server.operation()


def test_a_slow_answer_is_an_answer_unless_the_client_is_less_patient(server):
    server.plan.set([("slow", 0.05), ("slow", 0.05)])
    assert server.operation() == 200
    with pytest.raises(TimeoutError):
        server.operation(timeout_s=0.01)


def test_the_plan_is_consumed_in_order_and_then_its_last_word_holds(server):
    server.plan.set([500, "ok", 404], then=204)
    seen = []
    for _ in range(5):
        try:
            seen.append(server.operation())
        except HTTPError as error:
            seen.append(error.status)
    assert seen == [500, 200, 404, 204, 204]
    server.plan.set(then="ok")


def test_an_unknown_step_is_refused_when_the_plan_is_made():
    for step in ["explode", 700, (503, -1), (503, 0.5), ("slow",), (), None, True]:
        with pytest.raises(ValueError, match="no step of this plan"):
            HTTPServer(plan=[step])


def test_a_plan_may_be_written_as_json_lists(server):
    server.plan.set([[503, 3]])
    with pytest.raises(HTTPError, match="503"):
        server.operation()


def test_what_is_not_http_is_answered_400_and_takes_no_step(server):
    server.plan.set([500])
    with socket.create_connection((server.host, server.port), 1) as client:
        client.sendall(b"HELO\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    assert (server.requests, server.plan.left) == ([], [(500,)])


def test_concurrent_clients_are_all_served(server):
    threads = [threading.Thread(target=server.operation, args=(f"/{n}",)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.requests) == sorted(("GET", f"/{n}") for n in range(16))


def test_retry_after_is_read_as_seconds_or_as_a_date():
    noon_s = 784_111_777  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
    assert parse_retry_after("120", noon_s) == 120.0
    assert parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", noon_s) == 10.0
    assert parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", noon_s + 60) == 0.0
    assert [parse_retry_after(text, noon_s) for text in (None, "", "soon", "-3")] == [None] * 4
