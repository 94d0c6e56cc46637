"""What happens to a real etcd cluster that loses its leader, and then its majority: played here, or a recorded run.

`failover_run` plays the story on a running cluster:

1. A client writes about ten times a second. It knows all the members and takes them in turn; a refused connection sends
   it to the next one at once, and an attempt without an answer is given up after `ATTEMPT_LIMIT_S`.
2. The leader is killed with a signal. The others notice only that no heartbeat comes, wait for their election timeout,
   and elect. How long no write succeeded is measured from the signal to the first answer to a write after it.
3. The old leader starts again on its own directory and finds itself a follower, in the new term.
4. Both followers are killed. The leader lives, but alone it is no majority: no write succeeds and no linearizable read,
   a serializable read still does. After a while it steps down by itself, and stands for election in one term after the
   other (without pre-vote).
5. One of the two starts again: there is a majority, somebody is elected, writes succeed.
6. At the end each write that was given up is looked for. Those that the lonely leader had put into its log are carried
   out all the same when it is elected again: a timeout is not a failure.

A `Recording` is plain data, JSON in a file. The one that comes with the package (`Recording.load()`) is a real run,
which says itself by which version of etcd and on what kind of machine it was made; `failover_recording()` plays a new
one where etcd is installed. Two runs never agree on the times; what stays is their order of magnitude and the order of
what happens.

Left out: partitions and slow disks, which lengthen elections in ways of their own.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from faultlab.live.etcd_cluster import FOLLOWER, LEADER, EtcdCluster, EtcdError, installed

FORMAT = 1
RECORDED = Path(__file__).with_name("etcd_run.json")

ROLE, STATUS, WRITE, READ, KILL, RESTART = "role", "status", "write", "read", "kill", "restart"
KINDS = (ROLE, STATUS, WRITE, READ, KILL, RESTART)
OK, TIMEOUT, REFUSED, ERROR = "ok", "timeout", "refused", "error"
OUTCOMES = (OK, TIMEOUT, REFUSED, ERROR)
HEAD = ("software", "machine", "cores", "heartbeat_ms", "election_timeout_ms", "pre_vote", "attempt_limit_s")

ATTEMPT_LIMIT_S = 0.2  # where a write usually takes a few milliseconds
WRITE_EVERY_S = 0.1
PHASE_LIMIT_S = 30.0
ALONE_S = 5.0  # the leader that is left steps down within 2 s, and stands for election within 2 s more
KEY = "run/"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at_s`, in seconds since the story began, to the member `who`.

    `role`: its log says that it took this `role` in this `term`. What it was when the story began stands at 0 s.
    `status`: asked for it, it said this `role`, `term`, log `index` and data `revision`.
    `write`, `read`: an attempt that began at `at_s`, took `took_s` and had this `outcome`; `who` answered, or was asked
    last. `value` is what was written or read. A write says whether it was `applied` in the end; a read, whether it was
    `serializable`.
    `kill`, `restart`: the signal, the new start.
    """

    at_s: float
    kind: str
    who: str
    role: str | None = None
    term: int | None = None
    index: int | None = None
    revision: int | None = None
    outcome: str | None = None
    took_s: float | None = None
    value: str | None = None
    applied: bool | None = None
    serializable: bool | None = None

    @property
    def end_s(self) -> float:
        """When the attempt was answered or given up; of anything else, when it happened."""
        return self.at_s + (self.took_s or 0.0)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which no write succeeded: from the signal to the first answer after it (None: there was none).

    An attempt may be given up just before it would have succeeded, so that the end is late by up to the time of one.

    `killed` are the members that the signal ended, `failed` the attempts to write that were not answered.
    """

    killed: tuple[str, ...]
    from_s: float
    to_s: float | None
    failed: int

    @property
    def length_s(self) -> float:
        return math.inf if self.to_s is None else self.to_s - self.from_s


@dataclass(frozen=True, slots=True)
class Recording:
    """A run: who took part, and the events in the order of their time.

    `software` is such as "etcd 3.4.23", `machine` such as "Linux, x86_64", with so many `cores`; `attempt_limit_s` is
    the client's patience. `recorded` tells a run out of a file from one that was just played; `because` says why it was
    not played here, if that was tried.
    """

    software: str
    machine: str
    cores: int
    heartbeat_ms: int
    election_timeout_ms: int
    pre_vote: bool
    attempt_limit_s: float
    members: tuple[str, ...]
    events: tuple[Event, ...]
    recorded: bool = False
    because: str = ""

    # -------- as a file

    @classmethod
    def from_json(cls, text: str) -> Recording:
        """A recording out of `to_json`; ValueError in one line if it is none."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r} is not {FORMAT}")
            events = tuple(_checked(Event(**event), data["members"]) for event in data["events"])
            head = {name: data[name] for name in HEAD}
            return cls(**head, members=tuple(data["members"]), events=events, recorded=True)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a recording of an etcd cluster: {error!r}") from error

    def to_json(self) -> str:
        """One line for each event; what an event does not have is left out."""
        head = {"format": FORMAT, **{name: getattr(self, name) for name in HEAD}, "members": self.members}
        lines = [json.dumps({k: v for k, v in asdict(event).items() if v is not None}) for event in self.events]
        return json.dumps(head)[:-1] + ', "events": [\n' + ",\n".join(lines) + "\n]}\n"

    @classmethod
    def load(cls, path: Path | str = RECORDED) -> Recording:
        """The run in a file, by default the one that comes with the package."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"))

    def save(self, path: Path | str) -> None:
        Path(path).write_text(self.to_json(), encoding="utf-8")

    # -------- what it shows

    @property
    def end_s(self) -> float:
        return max((event.end_s for event in self.events), default=0.0)

    def of(self, *kinds: str) -> list[Event]:
        """The events of these kinds, in order."""
        return [event for event in self.events if event.kind in kinds]

    def outages(self) -> list[Outage]:
        """Each time in which no write succeeded after a kill; kills that no write noticed make none."""
        found: list[Outage] = []
        for kill in self.of(KILL):
            if found and (found[-1].to_s is None or kill.at_s < found[-1].to_s):
                found[-1] = replace(found[-1], killed=(*found[-1].killed, kill.who))
                continue
            later = [write for write in self.of(WRITE) if write.at_s >= kill.at_s]
            good = next((write for write in later if write.outcome == OK), None)
            failed = [write for write in later if good is None or write.at_s < good.at_s]
            if failed:
                found.append(Outage((kill.who,), kill.at_s, good.end_s if good else None, len(failed)))
        return found

    def leaders(self) -> list[Event]:
        """Each time that a member became leader; the first one was it when the story began."""
        return [event for event in self.of(ROLE) if event.role == LEADER]

    def term_at(self, at_s: float) -> int:
        """The latest term that any member had heard of at that moment."""
        return max((event.term or 0 for event in self.of(ROLE) if event.at_s <= at_s), default=0)

    def lost_and_applied(self) -> tuple[int, int]:
        """Of the writes that got no answer: how many were carried out all the same, and how many there were."""
        unknown = [write for write in self.of(WRITE) if write.outcome != OK]
        return sum(bool(write.applied) for write in unknown), len(unknown)


def _checked(event: Event, members: list[str]) -> Event:
    if event.kind not in KINDS:
        raise ValueError(f"{event.kind!r} is no kind of event")
    if event.who not in members:
        raise ValueError(f"{event.who!r} is no member")
    if (event.outcome is None) == (event.kind in (WRITE, READ)) or event.outcome not in (None, *OUTCOMES):
        raise ValueError(f"{event.kind} at {event.at_s} s: {event.outcome!r} is no outcome")
    return event


def failover_recording(live: bool | None = None) -> Recording:
    """The story, played now where etcd is installed (ten to twenty seconds), else the run of the package.

    `live=False` does not try; `live=True` raises OSError or TimeoutError where it cannot be played. Otherwise what
    went wrong stands in `because`.
    """
    if live is False or (live is None and not installed()):
        return Recording.load()
    try:
        with EtcdCluster() as cluster:
            return failover_run(cluster)
    except OSError as error:  # TimeoutError is one
        if live:
            raise
        return replace(Recording.load(), because=str(error))


def failover_run(cluster: EtcdCluster) -> Recording:
    """Play the story on a running cluster of at least three members; TimeoutError if it does not get on."""
    if len(cluster.names) < 3:
        raise ValueError("a cluster of fewer than three members does not survive the loss of its leader")
    story = _Story(cluster)
    story.play()
    return Recording(
        software=f"etcd {cluster.version}",
        machine=f"{platform.system()}, {platform.machine()}",
        cores=os.cpu_count() or 1,
        heartbeat_ms=cluster.heartbeat_ms,
        election_timeout_ms=cluster.election_timeout_ms,
        pre_vote=cluster.pre_vote,
        attempt_limit_s=ATTEMPT_LIMIT_S,
        members=cluster.names,
        events=tuple(sorted([*story.roles(), *story.events], key=lambda event: event.at_s)),
    )


@dataclass
class _Story:
    """The client, and whoever sends the signals; what they see they note in `events`."""

    cluster: EtcdCluster
    events: list[Event] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        self.start_s, self.start_wall_s = time.monotonic(), time.time()

    def now_s(self) -> float:
        return time.monotonic() - self.start_s

    def note(self, at_s: float, kind: str, who: str, **details: Any) -> Event:
        event = Event(round(at_s, 3), kind, who, **details)
        self.events.append(event)
        return event

    # -------- the acts

    def play(self) -> None:
        old = self.cluster.wait_for_leader(PHASE_LIMIT_S)
        self.start_s, self.start_wall_s = time.monotonic(), time.time()
        self.write_for(0.8)
        self.read_both(old)
        self.ask_all()

        self.kill(old)
        self.write_until_ok()
        self.write_for(0.8)
        self.ask_all()

        self.restart(old)
        self.write_until(lambda: self.caught_up(old))
        self.write_for(0.5)
        self.ask_all()

        leader = self.cluster.wait_for_leader(PHASE_LIMIT_S)
        others = [name for name in self.cluster.names if name != leader]
        for name in others:
            self.kill(name)
        self.alone(leader)
        self.ask_all()

        self.restart(others[0])
        self.write_until_ok()
        self.write_for(0.5)
        self.read_both(others[0])
        self.ask_all()
        self.look_for_lost_writes()

    def kill(self, name: str) -> None:
        self.cluster.kill(name)
        self.note(self.now_s(), KILL, name)

    def restart(self, name: str) -> None:
        self.note(self.now_s(), RESTART, name)
        self.cluster.restart(name)

    def alone(self, survivor: str) -> None:
        """Write and read both ways for a while; the reads ask the survivor."""
        end_s = self.now_s() + ALONE_S
        while self.now_s() < end_s:
            self.write()
            self.read_both(survivor)

    def caught_up(self, name: str) -> bool:
        """Whether this member follows somebody and its log is as long as the leader's was a moment ago."""
        leader = self.cluster.leader()
        if leader is None:
            return False
        ahead, own = self.cluster.status_of(leader), self.cluster.status_of(name)
        return own.role == FOLLOWER and own.term == ahead.term and (own.index or 0) >= (ahead.index or math.inf)

    def ask_all(self) -> None:
        """Note what each member that runs says of itself."""
        for name in self.cluster.running():
            said = self.cluster.status_of(name)
            self.note(
                self.now_s(), STATUS, name, role=said.role, term=said.term, index=said.index, revision=said.revision
            )

    def roles(self) -> list[Event]:
        """The changes of role since the story began, and at 0 s the role that each member had then."""
        changes = self.cluster.role_changes()
        before = {change.name: change for change in changes if change.at_s < self.start_wall_s}
        later = [change for change in changes if change.at_s >= self.start_wall_s]
        at_first = [Event(0.0, ROLE, c.name, role=c.role, term=c.term) for c in before.values()]
        return at_first + [
            Event(round(c.at_s - self.start_wall_s, 3), ROLE, c.name, role=c.role, term=c.term) for c in later
        ]

    # -------- the client

    def write_for(self, seconds: float) -> None:
        end_s = self.now_s() + seconds
        self.write_until(lambda: self.now_s() >= end_s)

    def write_until_ok(self) -> None:
        outcomes: list[str | None] = []
        self.write_until(lambda: OK in outcomes, outcomes)

    def write_until(self, done: Callable[[], bool], outcomes: list[str | None] | None = None) -> None:
        end_s = self.now_s() + PHASE_LIMIT_S
        while not done():
            if self.now_s() > end_s:
                raise TimeoutError(f"the story stood still for {PHASE_LIMIT_S:g} s")
            next_s = self.now_s() + WRITE_EVERY_S
            event = self.write()
            if outcomes is not None:
                outcomes.append(event.outcome)
            time.sleep(max(0.0, next_s - self.now_s()))

    def write(self) -> Event:
        """One attempt, at the members in turn; each writes a key of its own, so that it can be found later."""
        self.written += 1
        value, names = str(self.written), self.cluster.names
        began_s = self.now_s()
        for step in range(len(names)):
            who = names[(self.written + step) % len(names)]
            outcome, _ = _outcome(self.cluster.put, KEY + value, value, member=who)
            if outcome != REFUSED:
                break
        return self.note(began_s, WRITE, who, outcome=outcome, took_s=self.took(began_s), value=value)

    def read_both(self, who: str) -> None:
        """A linearizable and a serializable read of the first key, at one member."""
        for serializable in (False, True):
            began_s = self.now_s()
            outcome, value = _outcome(self.cluster.get, KEY + "1", member=who, serializable=serializable)
            took_s = self.took(began_s)
            self.note(began_s, READ, who, outcome=outcome, took_s=took_s, value=value, serializable=serializable)

    def took(self, began_s: float) -> float:
        return round(self.now_s() - began_s, 4)

    def look_for_lost_writes(self) -> None:
        there = set(self.cluster.get_all(KEY).values())
        self.events = [replace(e, applied=e.value in there) if e.kind == WRITE else e for e in self.events]


def _outcome(request: Callable[..., Any], *what: str, **options: Any) -> tuple[str, str | None]:
    """What became of a request that is given up after the limit, and the value that a read found."""
    try:
        value = request(*what, timeout_s=ATTEMPT_LIMIT_S, **options)
    except ConnectionRefusedError:
        return REFUSED, None
    except TimeoutError:
        return TIMEOUT, None
    except (ConnectionError, EtcdError):
        return ERROR, None
    return OK, value if isinstance(value, str) else None
