"""etcd: what its answers and logs mean, what a recording says, and three real members that are killed.

The tests of the real cluster are skipped with one line where etcd is not installed, and fail when CI is set: there it
must be present.
"""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faultlab.live import EtcdCluster, EtcdError, Recording, etcd_cluster, etcd_run, failover_recording, failover_run
from faultlab.live.etcd_cluster import (
    CANDIDATE,
    DOWN,
    FOLLOWER,
    LEADER,
    NO_LEADER,
    MemberStatus,
    RoleChange,
    installed,
    parse_log,
    parse_status,
    parse_version,
)
from faultlab.live.etcd_run import KILL, OK, READ, RESTART, ROLE, STATUS, TIMEOUT, WRITE, Event

NAMES = {"11": "etcd-1", "22": "etcd-2"}


def answer(member="11", leader="22", **more):
    head = {"cluster_id": "7", "member_id": member, "revision": "9", "raft_term": "3"}
    return {"header": head, "version": "3.4.23", "leader": leader, "raftIndex": "16", "raftTerm": "3", **more}


# ---------------------------------------------------------------- answers, logs, versions


def test_a_status_says_role_term_index_and_revision_as_numbers():
    assert parse_status("etcd-1", answer(), NAMES) == MemberStatus("etcd-1", FOLLOWER, 3, 16, 9, "etcd-2")
    assert parse_status("etcd-1", answer(leader="11"), NAMES).role == LEADER


def test_a_member_that_knows_no_leader_leaves_it_out_or_says_zero():
    without = answer()
    del without["leader"]
    for said in (without, answer(leader="0")):
        assert parse_status("etcd-1", said, NAMES) == MemberStatus("etcd-1", NO_LEADER, 3, 16, 9, None)


def test_of_a_member_that_does_not_answer_nothing_is_known():
    assert parse_status("etcd-1", None) == MemberStatus("etcd-1", DOWN)


def test_numbers_that_are_zero_are_not_in_the_json():
    fresh = {"header": {"member_id": "11"}}
    assert parse_status("etcd-1", fresh) == MemberStatus("etcd-1", NO_LEADER, 0, 0, 0, None)


LOG = """\
2026-11-25 21:26:30.931614 I | etcdmain: it became chatty before it spoke JSON
{"level":"info","ts":"2026-11-25T21:29:48.696Z","msg":"8fc81ee0d11d5fe5 became follower at term 1"}
{"level":"info","ts":"2026-11-25T21:29:48.744Z","msg":"peer became active","peer-id":"460ff077e1a14ff9"}
{"level":"info","ts":"2026-11-25T21:29:49.096Z","msg":"8fc81ee0d11d5fe5 became pre-candidate at term 1"}
{"level":"info","ts":"2026-11-25T21:29:49.097Z","msg":"8fc81ee0d11d5fe5 became candidate at term 2"}
{"level":"info","ts":"2026-11-25T21:29:49.099Z","msg":"8fc81ee0d11d5fe5 became leader at term 2"}
{"level":"info","ts":"2026-11-25T21:29:49.100Z","msg":"8fc81ee0d11d5fe5 became fol"""


def test_a_log_tells_each_change_of_role_and_a_half_written_line_is_passed_over():
    changes = parse_log("etcd-1", LOG)
    assert [(c.role, c.term) for c in changes] == [
        ("follower", 1), ("pre-candidate", 1), ("candidate", 2), ("leader", 2)
    ]  # fmt: skip
    assert changes[3].at_s - changes[2].at_s == pytest.approx(0.002, abs=1e-6)
    assert {c.name for c in changes} == {"etcd-1"}
    assert time.gmtime(changes[0].at_s)[:6] == (2026, 11, 25, 21, 29, 48)


def test_a_version_is_read_and_one_without_the_json_gateway_is_refused():
    assert parse_version("etcd Version: 3.4.23\nGit SHA: Not provided\n") == "3.4.23"
    assert parse_version("etcd Version: 3.10.0-rc.0\n") == "3.10.0-rc.0"
    for text, why in (("etcd Version: 3.3.25\n", "too old"), ("", "does not say")):
        with pytest.raises(OSError, match=why):
            parse_version(text)


def test_a_cluster_that_does_not_run_says_so():
    cluster = EtcdCluster()
    assert cluster.names == ("etcd-1", "etcd-2", "etcd-3")
    cluster.stop()
    for act in (cluster.status, lambda: cluster.kill("etcd-1"), lambda: cluster.put("x", "1")):
        with pytest.raises(RuntimeError, match="not running"):
            act()
    with pytest.raises(ValueError, match="at least one"):
        EtcdCluster(members=0)


# ---------------------------------------------------------------- recordings


def write(at_s, outcome, took_s=0.01, applied=None):
    return Event(at_s, WRITE, "etcd-1", outcome=outcome, took_s=took_s, value="1", applied=applied)


def recording(*events):
    return Recording("etcd 3.4.23", "Linux, x86_64", 2, 100, 1000, False, 0.2, ("etcd-1", "etcd-2", "etcd-3"), events)


def kill(at_s, who="etcd-2"):
    return Event(at_s, KILL, who)


def test_a_recording_survives_its_file(tmp_path):
    run = recording(
        Event(0.0, ROLE, "etcd-2", role=LEADER, term=2),
        write(0.1, OK, applied=True),
        Event(0.2, READ, "etcd-1", outcome=OK, took_s=0.001, value="1", serializable=False),
        Event(0.3, STATUS, "etcd-1", role=FOLLOWER, term=2, index=5, revision=4),
        kill(0.4),
        Event(0.5, RESTART, "etcd-2"),
    )
    run.save(tmp_path / "run.json")
    loaded = Recording.load(tmp_path / "run.json")
    assert loaded.recorded
    assert dataclasses.replace(loaded, recorded=False) == run


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        recording(kill(1, "etcd-9")).to_json(),
        recording(Event(1, "nap", "etcd-1")).to_json(),
        recording(Event(1, WRITE, "etcd-1")).to_json(),
        recording(write(1, "perhaps")).to_json(),
        recording(Event(1, KILL, "etcd-1", outcome=OK)).to_json(),
        recording().to_json().replace('"format": 1', '"format": 2'),
        recording(kill(1)).to_json().replace('"kind"', '"sort"'),
    ],
)
def test_what_is_no_recording_is_a_value_error(text):
    with pytest.raises(ValueError):
        Recording.from_json(text)


def test_an_outage_lasts_from_the_signal_to_the_first_answer_after_it():
    run = recording(write(0, OK), kill(0.5), write(0.5, TIMEOUT, 0.2), write(0.7, TIMEOUT, 0.2), write(0.9, OK, 0.05))
    (outage,) = run.outages()
    assert (outage.killed, outage.from_s, outage.failed) == (("etcd-2",), 0.5, 2)
    assert outage.length_s == pytest.approx(0.45)


def test_a_kill_that_no_write_noticed_makes_no_outage():
    assert recording(write(0, OK), kill(0.5), write(0.6, OK)).outages() == []


def test_kills_within_one_outage_belong_to_it_and_one_without_end_has_infinite_length():
    run = recording(kill(1), write(1.1, TIMEOUT), kill(1.2, "etcd-3"), write(1.3, TIMEOUT))
    (outage,) = run.outages()
    assert (outage.killed, outage.to_s, outage.length_s) == (("etcd-2", "etcd-3"), None, float("inf"))


def test_the_term_of_a_moment_is_the_latest_that_anybody_had_heard_of():
    run = recording(
        Event(0, ROLE, "etcd-1", role=LEADER, term=2),
        Event(5, ROLE, "etcd-2", role=CANDIDATE, term=4),
        Event(6, ROLE, "etcd-1", role=FOLLOWER, term=3),
    )
    assert [run.term_at(s) for s in (-1, 0, 5, 7)] == [0, 2, 4, 4]
    assert [event.who for event in run.leaders()] == ["etcd-1"]


def test_writes_without_an_answer_are_counted_with_those_that_were_carried_out():
    run = recording(write(0, OK, applied=True), write(1, TIMEOUT, applied=True), write(2, TIMEOUT, applied=False))
    assert run.lost_and_applied() == (1, 2)


def assert_that_it_tells_the_story(run):
    """What holds in every run, whatever its times."""
    first, second = run.outages()
    led = run.leaders()
    assert [event.term for event in led] == sorted({event.term for event in led})  # one leader in a term
    assert first.killed == (led[0].who,)
    new = next(event for event in led if event.at_s > first.from_s)
    assert new.who != led[0].who and first.from_s < new.at_s < first.to_s
    back = [event for event in run.of(STATUS) if event.who == led[0].who and first.to_s < event.at_s < second.from_s]
    assert [(event.role, event.term) for event in back] == [(FOLLOWER, new.term)]
    # Alone: nothing that needs a majority is answered, a serializable read always is.
    started_s = max(event.at_s for event in run.of(RESTART))
    alone = [event for event in run.of(READ) if second.from_s < event.at_s < started_s]
    assert len(alone) >= 10
    assert all((event.outcome == OK) is event.serializable for event in alone)
    assert all(event.outcome != OK for event in run.of(WRITE) if second.from_s < event.at_s < started_s)
    # Whoever was left is elected again: nobody else has what it put into its log when it was alone.
    survivor = next(event.who for event in run.of(STATUS) if second.from_s < event.at_s <= started_s)
    assert led[-1].who == survivor and led[-1].at_s > started_s
    applied, unknown = run.lost_and_applied()
    assert 0 < applied < unknown
    assert all(event.applied for event in run.of(WRITE) if event.outcome == OK)  # what was promised is there


def test_the_recorded_run_tells_the_story():
    assert_that_it_tells_the_story(Recording.load())


def test_the_recorded_run_is_small_and_names_its_software_but_no_machine_by_name():
    text = etcd_run.RECORDED.read_text(encoding="utf-8")
    assert len(text) < 20_000
    assert not re.search(r"/|127\.0|localhost", text)
    run = Recording.load()
    assert re.fullmatch(r"etcd \d+\.\d+\.\d+", run.software)
    assert run.to_json() == text


def test_without_etcd_the_recorded_run_is_shown(monkeypatch):
    monkeypatch.setattr(etcd_run, "installed", lambda: False)
    assert failover_recording() == Recording.load()
    assert failover_recording(live=False) == Recording.load()


def test_where_etcd_does_not_start_the_recorded_run_says_why(monkeypatch):
    def fails(self):
        raise OSError("no ports today")

    monkeypatch.setattr(etcd_run, "installed", lambda: True)
    monkeypatch.setattr(EtcdCluster, "start", fails)
    run = failover_recording()
    assert (run.recorded, run.because) == (True, "no ports today")
    with pytest.raises(OSError, match="no ports today"):
        failover_recording(live=True)


def test_a_missing_binary_is_an_error_in_one_line(monkeypatch):
    monkeypatch.setattr(etcd_cluster, "installed", lambda: False)
    with pytest.raises(FileNotFoundError, match="apt install etcd-server"):
        EtcdCluster().start()


# ---------------------------------------------------------------- the real thing


@pytest.fixture(scope="module")
def etcd():
    if not installed():
        message = "no etcd, so the real cluster was not tested"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def running(etcd):
    with EtcdCluster(heartbeat_ms=50, election_timeout_ms=500) as cluster:
        yield cluster


@pytest.fixture
def cluster(running):
    """All three members up, and one of them leading."""
    for name in set(running.names) - set(running.running()):
        running.restart(name)
    wait_until(lambda: sorted(s.role for s in running.status()) == [FOLLOWER, FOLLOWER, LEADER])
    return running


def wait_until(true, limit_s=20):
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.02)


@pytest.mark.slow
def test_what_is_written_at_one_member_is_read_at_every_other(cluster):
    revision = cluster.put("ключ", "значение", member="etcd-1")
    assert cluster.put("empty", "") == revision + 1
    assert len(set(cluster.endpoints.split(","))) == 3
    for name in cluster.names:
        assert cluster.get("ключ", member=name) == "значение"
    assert cluster.get("empty") == ""
    assert cluster.get("not there") is None
    assert cluster.get_all("ключ") == {"ключ": "значение"}
    with pytest.raises(EtcdError, match="key is not provided") as caught:
        cluster.put("", "1")
    assert caught.value.code == 3


@pytest.mark.slow
def test_after_the_leader_is_killed_another_leads_in_a_later_term_and_nothing_is_lost(cluster):
    old = cluster.leader()
    before = cluster.status_of(old)
    cluster.put("kept", "1")
    cluster.kill(old)
    assert cluster.status_of(old) == MemberStatus(old, DOWN)
    new = cluster.wait_for_leader()
    assert new != old and cluster.get("kept") == "1"
    assert cluster.status_of(new).term > before.term
    cluster.restart(old)
    wait_until(lambda: cluster.status_of(old).role == FOLLOWER)
    back = cluster.status_of(old)
    assert (back.term, back.leader) == (cluster.status_of(new).term, new)
    with pytest.raises(RuntimeError, match="running already"):
        cluster.restart(old)


@pytest.mark.slow
def test_a_paused_leader_wakes_up_as_a_follower(cluster):
    old = cluster.leader()
    cluster.pause(old)
    assert old not in cluster.running()
    wait_until(lambda: cluster.leader() not in (None, old))
    cluster.resume(old)
    wait_until(lambda: cluster.status_of(old).role == FOLLOWER)
    changes = [change for change in cluster.role_changes() if change.name == old]
    assert all(isinstance(change, RoleChange) for change in changes)
    assert [change.role for change in changes][-2:] == [LEADER, FOLLOWER]
    with pytest.raises(KeyError, match="no member"):
        cluster.kill("etcd-4")


@pytest.mark.slow
def test_the_story_goes_the_same_way_every_time(etcd, tmp_path, capfd):
    with EtcdCluster() as cluster:
        run = failover_run(cluster)
        folder = next(iter(cluster._members.values())).folder.parent
    assert not run.recorded
    assert_that_it_tells_the_story(run)
    assert not folder.exists()
    assert capfd.readouterr() == ("", "")
    run.save(tmp_path / "run.json")
    assert Recording.load(tmp_path / "run.json").events == run.events


SURVIVED = """
import sys, time
from faultlab.live import EtcdCluster
cluster = EtcdCluster(members=1)
cluster.start()
member = cluster._members["etcd-1"]
print(member.pid, member.folder.parent, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_members_and_their_directories_go_when_the_kernel_is_killed(etcd):
    kernel = subprocess.Popen([sys.executable, "-c", SURVIVED], stdout=subprocess.PIPE, text=True)
    pid, folder = kernel.stdout.readline().split(maxsplit=1)
    folder = Path(folder.strip())
    assert (folder / "etcd-1" / "data").is_dir()
    kernel.send_signal(signal.SIGKILL)
    kernel.communicate()
    wait_until(lambda: not folder.exists(), limit_s=5)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
