"""A real etcd cluster on the loopback: Raft that other people wrote, run in production under every Kubernetes.

`EtcdCluster` starts three members as processes of their own, each with its data directory in a temporary folder and two
free ports. Nothing is imitated: `kill` is SIGKILL, `restart` starts the same member on the directory that it left
behind, and who leads is the members' own affair.

    with EtcdCluster() as cluster:
        cluster.wait_for_leader()
        cluster.put("x", "1")                            # answered when a majority has it on disk
        cluster.kill(cluster.leader())
        cluster.wait_for_leader()                        # another one, in a later term
        cluster.status()                                 # name, role, term, index and revision of each member

1. Members are asked over HTTP and JSON (etcd's gRPC gateway: keys and values in base64, numbers of 64 bits as strings).
   Any member takes any request; what needs consensus it hands on to the leader.
2. A write, and a read unless it says otherwise, is linearizable: it needs a majority that is alive. A `serializable`
   read is answered by the member that is asked, from its own state: it needs nobody else, and may be stale.
3. A TimeoutError says nothing about the outcome. The request may wait inside the cluster and be carried out later.
4. `status` asks the members; `role_changes` reads their logs, which know to the millisecond who was a candidate when.
5. Every wait has a limit. The processes live as long as a pipe that this process holds open, so that they end, and
   their directories go, however this process ends.
6. Timing is etcd's own default unless asked otherwise: a heartbeat every 100 ms, an election timeout of 1000 ms, which
   each follower draws anew between one and two of these. Pre-vote is off, the default of 3.4; since 3.5 it is on.

Left out: TLS, authentication, members that join or leave, partitions (the loopback has no cable to pull).
Sources: etcd documentation 3.4 and 3.5, "KV API guarantees", "Failure modes", "Tuning"; D. Ongaro and J. Ousterhout,
In Search of an Understandable Consensus Algorithm, 2014.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from faultlab.errors import FaultlabError
from faultlab.live.server import HOST

LEADER, FOLLOWER, CANDIDATE, PRE_CANDIDATE = "leader", "follower", "candidate", "pre-candidate"
NO_LEADER, DOWN = "no leader", "down"  # what a status says instead

HEARTBEAT_MS, ELECTION_TIMEOUT_MS = 100, 1000  # etcd's defaults
START_LIMIT_S = 20.0
REQUEST_LIMIT_S = 5.0
STATUS_LIMIT_S = 0.5
POLL_S = 0.05
PORTS_TRIED = 3
VERSION_MIN = (3, 4)
TAKEN, FATAL = "address already in use", '"level":"fatal"'
BECAME = re.compile(r"\bbecame (follower|candidate|pre-candidate|leader) at term (\d+)$")

# The shell says the member's process id, starts the member anew for each line that it reads, and when its standard
# input ends, which happens at the latest when the parent is gone, ends the member and removes what it left behind.
KEEPER = """
begin() { etcd "$@" >> "$FAULTLAB_LOG" 2>&1 & echo $!; }
begin "$@"
while read -r _; do kill -9 $! 2> /dev/null; wait; begin "$@"; done
exec > /dev/null 2>&1
kill -9 $!; wait; rm -rf "$FAULTLAB_FOLDER"; rmdir "${FAULTLAB_FOLDER%/*}"
"""


class EtcdError(FaultlabError):
    """etcd answered with an error; `code` is gRPC's number for it (14: unavailable)."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What a member says of itself: its role, the Raft term, the last index of its log, the revision of its data.

    `NO_LEADER`: it knows none, as a candidate does. Of a member that is `DOWN` (or does not answer) nothing else is
    known. The `term` is that of the last entry which it applied: a candidate is ahead of it. `leader` is the name of
    whom it follows.
    """

    name: str
    role: str
    term: int | None = None
    index: int | None = None
    revision: int | None = None
    leader: str | None = None


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A member's log says that at `at_s` (seconds of the wall clock, as `time.time()`) it took this role in a term."""

    at_s: float
    name: str
    role: str
    term: int


def installed() -> bool:
    """Whether a cluster can be started here: Debian's and Ubuntu's package is `etcd-server`."""
    return os.name == "posix" and shutil.which("etcd") is not None and shutil.which("sh") is not None


def installed_version() -> str:
    """The version of the etcd on PATH, such as "3.4.23"; OSError if there is none, or if it is too old for `/v3`."""
    if not installed():
        raise FileNotFoundError("etcd is not installed (Debian, Ubuntu: apt install etcd-server)")
    said = subprocess.run(["etcd", "--version"], capture_output=True, text=True, timeout=START_LIMIT_S, check=False)
    return parse_version(said.stdout)


def parse_version(text: str) -> str:
    """The version in what `etcd --version` says; OSError if none stands there, or one that is too old."""
    match = re.search(r"etcd Version: (\d+)\.(\d+)\S*", text)
    if match is None:
        raise OSError("etcd does not say its version")
    version = match[0].removeprefix("etcd Version: ")
    if (int(match[1]), int(match[2])) < VERSION_MIN:
        raise OSError(f"etcd {version} is too old: 3.4 at least is needed")
    return version


def parse_status(name: str, answer: Mapping[str, Any] | None, names: Mapping[str, str] | None = None) -> MemberStatus:
    """The answer to `/v3/maintenance/status`, or None for no answer, as a MemberStatus; `names` by member id."""
    if answer is None:
        return MemberStatus(name, DOWN)
    header = answer["header"]
    leader_id = answer.get("leader", "0")  # a zero is left out of the JSON
    roles = {"0": NO_LEADER, header["member_id"]: LEADER}
    return MemberStatus(
        name,
        roles.get(leader_id, FOLLOWER),
        term=int(answer.get("raftTerm", 0)),
        index=int(answer.get("raftIndex", 0)),
        revision=int(header.get("revision", 0)),
        leader=(names or {}).get(leader_id),
    )


def parse_log(name: str, log: str) -> list[RoleChange]:
    """The changes of role in a member's log (zap's JSON, a line each); lines that are no JSON are passed over."""
    found = []
    for line in log.splitlines():
        if " became " not in line:
            continue
        with contextlib.suppress(ValueError, KeyError):  # the last line may be half written
            said = json.loads(line)
            if match := BECAME.search(said["msg"]):
                at_s = datetime.fromisoformat(said["ts"]).timestamp()
                found.append(RoleChange(at_s, name, match[1], int(match[2])))
    return found


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def _free_ports(count: int) -> list[int]:
    """Free ports of the loopback, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind((HOST, 0))
        return [sock.getsockname()[1] for sock in sockets]


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a member: without settings and proxies that are meant for other programs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ETCD_") and not k.lower().endswith("_proxy")}
    if platform.machine() not in ("x86_64", "AMD64"):
        # etcd 3.4 starts on other processors only if it is told that this is known.
        kept["ETCD_UNSUPPORTED_ARCH"] = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return kept | {"FAULTLAB_FOLDER": str(folder), "FAULTLAB_LOG": str(folder / "log")}


class _Member:
    """One member: its keeper, the process id of etcd, and its two ports."""

    def __init__(self, name: str, folder: Path, client_port: int, peer_port: int) -> None:
        self.name, self.folder = name, folder
        self.client_port, self.peer_port = client_port, peer_port
        self.paused = False
        self.pid: int | None = None
        self._keeper: subprocess.Popen[str] | None = None

    def begin(self, options: Sequence[str]) -> None:
        """Start etcd: for the first time with a keeper, later through it."""
        if self._keeper is None:
            self.folder.mkdir(parents=True)
            self._keeper = subprocess.Popen(
                ["sh", "-c", KEEPER, "sh", *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
                env=_environment(self.folder),
                start_new_session=True,  # an interrupt of the kernel must not reach etcd
            )  # fmt: skip
        else:
            self._keeper.stdin.write("again\n")
        self.pid = int(self._keeper.stdout.readline())
        self.paused = False

    def signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    def end(self) -> None:
        keeper, self._keeper, self.pid = self._keeper, None, None
        if keeper is not None:
            keeper.communicate(timeout=10)

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class EtcdCluster:
    """`members` etcd processes, called etcd-1, etcd-2, ...; `version` is such as "3.4.23".

    OSError if etcd is not installed or does not start. Not for tests of anything but itself: it takes seconds, and two
    runs never go the same way.
    """

    version = ""

    def __init__(
        self,
        members: int = 3,
        *,
        heartbeat_ms: int = HEARTBEAT_MS,
        election_timeout_ms: int = ELECTION_TIMEOUT_MS,
        pre_vote: bool = False,
    ) -> None:
        if members < 1:
            raise ValueError(f"a cluster has at least one member, not {members}")
        self.names = tuple(f"etcd-{n}" for n in range(1, members + 1))
        self.heartbeat_ms, self.election_timeout_ms, self.pre_vote = heartbeat_ms, election_timeout_ms, pre_vote
        self._members: dict[str, _Member] = {}
        self._names_by_id: dict[str, str] = {}

    # -------- life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start every member and wait until all of them answer."""
        if self._members:
            raise RuntimeError("EtcdCluster is running already")
        self.version = installed_version()
        for tried in range(1, PORTS_TRIED + 1):
            self._begin_all()
            try:
                self._wait_until_all_answer()
                return
            except BaseException as error:
                logs = "".join(member.log for member in self._members.values())
                self.stop()
                # Somebody else may have taken a port before etcd did.
                if not isinstance(error, OSError) or TAKEN not in logs or tried == PORTS_TRIED:
                    raise

    def stop(self) -> None:
        """End every member and remove its directory. Does nothing when not running."""
        members, self._members, self._names_by_id = self._members, {}, {}
        for member in members.values():
            member.end()

    def _begin_all(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="faultlab-etcd-"))
        ports = _free_ports(2 * len(self.names))
        self._members = {
            name: _Member(name, folder / name, *ports[2 * i : 2 * i + 2]) for i, name in enumerate(self.names)
        }
        for member in self._members.values():
            member.begin(self._options(member))

    def _options(self, member: _Member) -> list[str]:
        client, peer = (f"http://{HOST}:{port}" for port in (member.client_port, member.peer_port))
        everybody = ",".join(f"{m.name}=http://{HOST}:{m.peer_port}" for m in self._members.values())
        return [
            "--name", member.name, "--data-dir", str(member.folder / "data"), "--logger", "zap",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", everybody, "--initial-cluster-token", member.folder.parent.name,
            "--heartbeat-interval", str(self.heartbeat_ms), "--election-timeout", str(self.election_timeout_ms),
            f"--pre-vote={str(self.pre_vote).lower()}",
        ]  # fmt: skip

    def _wait_until_all_answer(self) -> None:
        end_s = time.monotonic() + START_LIMIT_S
        for name in self.names:
            while name not in self._names_by_id.values():
                with contextlib.suppress(ConnectionError, TimeoutError, EtcdError):
                    answer = self._ask(name, "maintenance/status", {}, STATUS_LIMIT_S)
                    self._names_by_id[answer["header"]["member_id"]] = name
                    continue
                log = self._members[name].log
                # The log tells of its end, the process id does not: it may be a zombie's, or another process's by now.
                if FATAL in log or time.monotonic() > end_s:
                    raise OSError(f"{name} does not start; its last words were: {log.splitlines()[-1:]}")
                time.sleep(POLL_S)

    # -------- what is done to members

    def kill(self, name: str) -> None:
        """SIGKILL: no farewell, no last write. What the member had on disk stays. Does nothing to a dead one."""
        member = self._member(name)
        member.signal(signal.SIGKILL)
        member.pid = None

    def restart(self, name: str) -> None:
        """Start a member again on its own directory; returns before it answers."""
        member = self._member(name)
        if member.pid is not None:
            raise RuntimeError(f"{name} is running already")
        member.begin(self._options(member))

    def pause(self, name: str) -> None:
        """SIGSTOP: the process stands still and keeps its connections, as in a long pause of a garbage collector."""
        member = self._member(name)
        member.signal(signal.SIGSTOP)
        member.paused = True

    def resume(self, name: str) -> None:
        """SIGCONT: it goes on where it stood, and does not know that time has passed."""
        member = self._member(name)
        member.signal(signal.SIGCONT)
        member.paused = False

    @property
    def endpoints(self) -> str:
        """The addresses of all members, as `etcdctl --endpoints=...` takes them."""
        return ",".join(f"{HOST}:{member.client_port}" for member in self._members.values())

    def running(self) -> list[str]:
        """The members that were neither killed nor paused."""
        return [name for name, member in self._members.items() if member.pid is not None and not member.paused]

    def _member(self, name: str) -> _Member:
        if not self._members:
            raise RuntimeError("EtcdCluster is not running")
        if name not in self._members:
            raise KeyError(f"{name!r} is no member; there are {', '.join(self.names)}")
        return self._members[name]

    # -------- what they are asked

    def status_of(self, name: str) -> MemberStatus:
        """What one member says of itself; it needs no leader for that."""
        try:
            answer = self._ask(name, "maintenance/status", {}, STATUS_LIMIT_S)
        except (ConnectionError, TimeoutError, EtcdError):
            answer = None
        return parse_status(name, answer, self._names_by_id)

    def status(self) -> list[MemberStatus]:
        """What each member says of itself, one after the other: not a moment that ever was."""
        return [self.status_of(name) for name in self.names]

    def role_changes(self) -> list[RoleChange]:
        """Who became what, and when, since the cluster was started, out of the members' logs; in order of time."""
        changes = [change for name, member in self._members.items() for change in parse_log(name, member.log)]
        return sorted(changes, key=lambda change: change.at_s)

    def leader(self) -> str | None:
        """Who says that it leads, in the latest term where several do; None if nobody does."""
        leading = [status for status in self.status() if status.role == LEADER]
        return max(leading, key=lambda status: status.term or 0).name if leading else None

    def wait_for_leader(self, limit_s: float = START_LIMIT_S) -> str:
        """Wait until somebody leads, and say who; TimeoutError after `limit_s`."""
        end_s = time.monotonic() + limit_s
        while (name := self.leader()) is None:
            if time.monotonic() > end_s:
                raise TimeoutError(f"no leader within {limit_s:g} s")
            time.sleep(POLL_S)
        return name

    def put(self, key: str, value: str, *, member: str | None = None, timeout_s: float = REQUEST_LIMIT_S) -> int:
        """Write, and return the revision that it made; asks `member`, else the first one that runs.

        TimeoutError: unknown outcome. ConnectionError: nobody there, or gone in the middle. EtcdError: a refusal, or
        etcd's own timeout, whose outcome is unknown as well.
        """
        answer = self._ask(self._whom(member), "kv/put", {"key": _coded(key), "value": _coded(value)}, timeout_s)
        return int(answer["header"]["revision"])

    def get(
        self, key: str, *, serializable: bool = False, member: str | None = None, timeout_s: float = REQUEST_LIMIT_S
    ) -> str | None:
        """Read, linearizable unless `serializable`; None if the key is not there. Errors as for `put`."""
        question = {"key": _coded(key), "serializable": serializable}
        found = self._ask(self._whom(member), "kv/range", question, timeout_s).get("kvs", [])
        return _decoded(found[0].get("value", "")) if found else None

    def get_all(self, prefix: str, *, timeout_s: float = REQUEST_LIMIT_S) -> dict[str, str]:
        """Every key that begins with `prefix` (which is not empty), and its value; linearizable."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        question = {"key": _coded(prefix), "range_end": _coded(end)}
        found = self._ask(self._whom(None), "kv/range", question, timeout_s).get("kvs", [])
        return {_decoded(kv["key"]): _decoded(kv.get("value", "")) for kv in found}

    def _whom(self, member: str | None) -> str:
        if member is not None:
            return member
        return next(iter(self.running()), self.names[0])

    def _ask(self, name: str, what: str, question: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        connection = http.client.HTTPConnection(HOST, self._member(name).client_port, timeout=timeout_s)
        try:
            connection.request("POST", f"/v3/{what}", json.dumps(question), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            answer = json.loads(reply.read())
        except (http.client.HTTPException, ValueError) as error:  # the connection ended within the answer
            raise ConnectionResetError(f"{name} broke off: {error}") from error
        finally:
            connection.close()
        if reply.status != 200:
            raise EtcdError(answer.get("error", f"HTTP {reply.status}"), answer.get("code", 0))
        return answer
