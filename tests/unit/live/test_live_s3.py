"""The object store counts every PUT that reached it, stores what was complete, and refuses as its plan says."""

import contextlib

import pytest

from faultlab.errors import S3Error
from faultlab.live import FaultProxy, S3Server, s3_server


@pytest.fixture(scope="module")
def running():
    with S3Server() as server, FaultProxy(server) as proxy:
        yield server, proxy


@pytest.fixture
def store(running):
    running[0].plan.set()
    running[0].puts.clear()
    return running[0]


@pytest.fixture
def proxy(store, running):
    running[1].plan.set()
    running[1].records.clear()
    return running[1]


def test_two_puts_of_one_key_are_one_object_with_the_last_content(store):
    first = store.operation("report.pdf", b"first")
    second = store.operation("report.pdf", b"second")
    assert first != second
    assert store.puts == ["report.pdf", "report.pdf"]
    assert store.objects()["report.pdf"] == b"second"


def test_a_key_may_have_folders_spaces_and_other_alphabets(store):
    store.operation("отчёты/за июль.pdf", b"x")
    assert store.puts == ["отчёты/за июль.pdf"]
    assert store.objects()["отчёты/за июль.pdf"] == b"x"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ((503, "SlowDown"), (503, "SlowDown", None)),
        ((503, "SlowDown", 7), (503, "SlowDown", 7.0)),
        ((500, "InternalError"), (500, "InternalError", None)),
        ((403, "AccessDenied"), (403, "AccessDenied", None)),
        ((400, "EntityTooLarge"), (400, "EntityTooLarge", None)),
    ],
)
def test_a_refusal_names_status_and_code_is_counted_and_stores_nothing(store, step, expected):
    store.plan.set([step])
    with pytest.raises(S3Error) as caught:
        store.operation("refused")
    assert (caught.value.status, caught.value.code, caught.value.retry_after_s) == expected
    assert store.puts == ["refused"]
    assert "refused" not in store.objects()


def test_moto_itself_refuses_a_bucket_that_does_not_exist(store, monkeypatch):
    monkeypatch.setattr(store, "bucket", "no-such-bucket")
    with pytest.raises(S3Error) as caught:
        store.operation()
    assert (caught.value.status, caught.value.code) == (404, "NoSuchBucket")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("refuse", ConnectionRefusedError),
        ("reset", ConnectionResetError),
        ("hang", TimeoutError),
        ("lose_request", ConnectionResetError),
        (("cut_request", 0), ConnectionResetError),
        (("cut_request", 100), ConnectionResetError),
    ],
)
def test_a_request_that_did_not_arrive_whole_is_neither_counted_nor_stored(store, proxy, step, error):
    proxy.plan.set([step])
    with pytest.raises(error):
        proxy.operation("lost")
    assert store.puts == []
    assert "lost" not in store.objects()


def test_a_body_cut_short_is_not_stored(store, proxy):
    proxy.operation("whole", b"x" * 1000)
    proxy.plan.set([("cut_request", proxy.records[-1].bytes_from_client - 1)])
    with pytest.raises(ConnectionResetError):
        proxy.operation("short", b"x" * 1000)
    assert store.puts == ["whole"]
    assert "short" not in store.objects()


@pytest.mark.parametrize(("step", "error"), [("lose_reply", ConnectionResetError), ("hang_reply", TimeoutError)])
def test_a_lost_reply_hides_that_the_object_was_stored_and_a_retry_costs_one_more_put(store, proxy, step, error):
    proxy.plan.set([step])
    with pytest.raises(error):
        proxy.operation("hidden")
    assert store.objects()["hidden"]
    proxy.operation("hidden")
    assert store.puts == ["hidden", "hidden"]


def test_the_client_makes_one_attempt_per_operation_whatever_happens(store, proxy):
    for step in ["reset", "lose_reply", ("cut_reply", 3), "pass"]:
        proxy.plan.set([step, "pass"])
        proxy.records.clear()
        with contextlib.suppress(ConnectionError):
            proxy.operation()
        assert proxy.connections == 1


def test_a_client_that_asks_for_leave_to_send_is_not_taken_for_answered(store, proxy, monkeypatch):
    monkeypatch.setattr(s3_server, "_no_expect", lambda **rest: None)
    monkeypatch.setattr(store, "_clients", {})
    proxy.plan.set(["lose_reply"])
    with pytest.raises(ConnectionResetError):
        proxy.operation("asked", b"x")
    assert store.puts == ["asked"]
    assert store.objects()["asked"] == b"x"
    assert proxy.records[-1].replied


def test_the_machines_own_aws_settings_are_not_read(store, monkeypatch):
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_ENDPOINT_URL": "http://192.0.2.1",
        "HTTP_PROXY": "http://192.0.2.1:3128",
    }.items():
        monkeypatch.setenv(name, value)
    s3_server._session.cache_clear()
    store._clients.clear()
    assert store.operation()
