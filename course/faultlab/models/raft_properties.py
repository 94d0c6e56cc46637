"""What Raft promises: Figure 3 of the paper as properties, for any class with the fields of `models/raft.py`.

Of single states, for the model checker and for traces (`safety`, `progress`)
1. Election Safety: at most one leader in a term.
2. Log Matching: where two logs hold an entry of the same index and term, they are the same up to there. In each log the
   terms never go down (dissertation, appendix B).
3. Leader Completeness: an entry that is committed in a term is in the logs of the leaders of all higher terms.
4. State Machine Safety: two nodes never apply different entries at one index.
5. Durability is not in the figure, it is what section 5.4 calls committed: whatever a node holds for committed, and
   whatever a client has an answer to, is on the disks of a majority. It sees a committed entry being lost even when
   whoever knew of it has crashed. (A read need not leave anything behind. The model checker tells reads from writes
   with `history` only, so without it all calls are held to go through the log.)
6. Refused Is Not Done: a call that was refused every time it was made is never applied. The paper does not say so,
   but clients rely on it.

Of whole runs, for traces alone (`over_time`)
7. Leader Append-Only: a leader never overwrites or deletes entries of its own log.
8. Election Safety, Leader Completeness and State Machine Safety once more, with what has been before: a leader that has
   crashed was a leader all the same.
9. One Vote: a node votes for one candidate in a term (5.2), before and after a crash.
10. Terms Only Grow (5.1), on every node, before and after a crash.
11. Terms Are Exchanged (5.1): a message carries the term of its sender, and whoever hears of a higher one adopts it.
    Often nobody would miss it, because a later message does the same.

A protocol that does nothing is safe. `progress` and `united` ask the model checker for a leader and for a committed
entry; `served_s` says when a run served its clients again.

Source: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014,
Figure 3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from faultlab.sim.plain import Plain
from faultlab.sim.properties import ALWAYS, OK, VIOLATED, NodeView, Property, Snapshot, always, eventually, sometimes
from faultlab.sim.trace import GONE, Finding, Row, Trace

ELECTION_SAFETY = "Election Safety"
LEADER_APPEND_ONLY = "Leader Append-Only"
LOG_MATCHING = "Log Matching"
LEADER_COMPLETENESS = "Leader Completeness"
STATE_MACHINE_SAFETY = "State Machine Safety"
DURABILITY = "Durability"
REFUSED_NOT_DONE = "Refused Is Not Done"
ONE_VOTE = "One Vote"
TERMS_GROW = "Terms Only Grow"
TERMS_EXCHANGED = "Terms Are Exchanged"

Log = Sequence[tuple[int, Plain]]

# Of single states


def safety() -> list[Property]:
    """1 to 6 of this module."""
    return [
        always(ELECTION_SAFETY, one_leader_a_term),
        always(LOG_MATCHING, logs_match),
        always(LEADER_COMPLETENESS, leaders_are_complete),
        always(STATE_MACHINE_SAFETY, same_entries_applied),
        always(DURABILITY, committed_is_on_disks),
        always(REFUSED_NOT_DONE, refused_is_not_done),
    ]


def progress() -> list[Property]:
    """What must be possible: a leader, a committed entry (if a client asks for one), and one that all have applied."""
    return [
        sometimes("a leader is elected", lambda s: any(node.role == "leader" for node in s.up)),
        sometimes("an entry is committed", lambda s: any(node.commit_index for node in s.up)),
        sometimes(
            "an entry is applied on every node", lambda s: all(node.get("last_applied") for node in s.nodes.values())
        ),
    ]


def united() -> Property:
    """Every run ends with one leader whom all that are up follow.

    For a search in which nothing is lost, and from the last timeout on everybody hears of the new term: with one
    timeout from the start, say. When two timeouts fall together the votes may be split, and nobody has to win.
    """

    def all_follow(s: Snapshot) -> bool:
        leaders = [node.name for node in s.up if node.role == "leader"]
        followers = [node for node in s.up if node.role == "follower" and [node.leader] == leaders]
        return len(leaders) == 1 and len(followers) == len(s.up) - 1

    return eventually("one leads, and the others follow", all_follow)


def one_leader_a_term(s: Snapshot) -> bool | str:
    leads: dict[int, str] = {}
    for node in s.up:
        if node.role == "leader":
            other = leads.setdefault(node.term, node.name)
            if other != node.name:
                return f"{other} and {node.name} both lead in term {node.term}"
    return True


def logs_match(s: Snapshot) -> bool | str:
    logs = [(node.name, log) for node in s.nodes.values() if (log := kept(node))]
    for name, log in logs:
        terms = [term for term, _command in log]
        if terms != sorted(terms):
            return f"{name} holds entries of the terms {', '.join(map(str, terms))} in this order"
    for (a, one), (b, other) in combinations(logs, 2):
        if one != other:
            first = agreed(one, other)
            for index in range(first, min(len(one), len(other))):
                if one[index][0] == other[index][0]:
                    return (
                        f"{a} and {b} both hold an entry of term {one[index][0]} at index {index + 1}, and their logs "
                        f"differ at index {first + 1}: {one[first]!r} and {other[first]!r}"
                    )
    return True


def leaders_are_complete(s: Snapshot) -> bool | str:
    up = s.up
    for leader in up:
        if leader.role != "leader":
            continue
        for node in up:
            count = node.commit_index
            if count and node.term <= leader.term and node.log[:count] != leader.log[:count]:
                have = agreed(node.log, leader.log)
                return (
                    f"{leader.name} leads in term {leader.term} without the entry {_entry(node.log, have)} at index "
                    f"{have + 1}, which {node.name} has committed by term {node.term}"
                )
    return True


def same_entries_applied(s: Snapshot) -> bool | str:
    up = [node for node in s.up if node.last_applied]
    for node in up:
        if node.last_applied > len(node.log):
            return f"{node.name} has applied {node.last_applied} entries and holds {len(node.log)}"
    for one, other in combinations(up, 2):
        count = min(one.last_applied, other.last_applied)
        if one.log[:count] != other.log[:count]:
            have = agreed(one.log, other.log)
            return (
                f"at index {have + 1} {one.name} has applied {_entry(one.log, have)}, and {other.name} "
                f"{_entry(other.log, have)}"
            )
    return True


def committed_is_on_disks(s: Snapshot) -> bool | str:
    nodes = len(s.nodes)
    disks = [node.disk.get("log", ()) for node in s.nodes.values()]
    # Whoever has committed most speaks for all: if they do not agree, state machine safety is violated.
    most = max(s.up, key=lambda node: node.commit_index, default=None)
    if most is not None and most.commit_index:
        prefix = most.log[: most.commit_index]
        holders = sum(log[: len(prefix)] == prefix for log in disks)
        if 2 * holders <= nodes:
            count = most.commit_index
            return f"{most.name} has committed up to index {count}, which is on the disks of {holders} of {nodes} nodes"
    if s.replies:
        held = [{command[0] for _term, command in log if command is not None} for log in disks]
        reads = {request for kind, request, call in s.told if kind == "call" and call[0] == "read"}
        for request, _answer in s.replies:
            holders = sum(request in requests for requests in held)
            if 2 * holders <= nodes and request not in reads:
                return f"{request} has been answered, and it is on the disks of {holders} of {nodes} nodes"
    return True


def refused_is_not_done(s: Snapshot) -> bool | str:
    refused = Counter(request for kind, request, _because in s.told if kind == "refuse")
    if not refused:
        return True
    # A client that asks again goes on hoping. Where calls are not told, nobody asks twice.
    asked = Counter(request for kind, request, _call in s.told if kind == "call")
    final = {request for request, count in refused.items() if count >= asked[request]}
    for node in s.up:
        for _term, command in node.log[: node.last_applied] if final else ():
            if command is not None and command[0] in final:
                return f"{node.name} has applied {command[0]}, which has been refused"
    return True


def kept(node: NodeView) -> Log:
    """The log of a node; that of one that is down stands on its disk."""
    return node.log if node.up else node.disk.get("log", ())  # type: ignore[return-value]


def agreed(one: Log, other: Log) -> int:
    """How many entries two logs have in common from the start."""
    for index, (mine, yours) in enumerate(zip(one, other, strict=False)):
        if mine != yours:
            return index
    return min(len(one), len(other))


def _entry(log: Log, index: int) -> str:
    return repr(log[index]) if index < len(log) else "nothing"


# Of whole runs


class _Past:
    """What has been true in a run so far, and the first thing that contradicts each promise."""

    def __init__(self) -> None:
        self.found: dict[str, Finding] = {}
        self.leaders: dict[int, str] = {}
        self.committed: dict[int, tuple[tuple[int, Plain], int, str]] = {}
        self.applied: dict[int, tuple[tuple[int, Plain], str]] = {}
        self.votes: dict[tuple[str, int], str] = {}
        self.terms: dict[str, int] = {}

    def wrong(self, name: str, event: int, because: str) -> None:
        self.found.setdefault(name, Finding(name, ALWAYS, VIOLATED, because, event))

    def see(self, event: int, name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """The node `name` had the fields `before` (none if it has just started) and has those of `now`."""
        self._see_term_and_vote(event, name, now)
        leads = now["role"] == "leader"
        if leads and before.get("role") == "leader" and before["term"] == now["term"]:
            self._see_leader_log(event, name, before["log"], now["log"])
        elif leads:
            self._see_leader(event, name, now)
        log = now["log"]
        for index in range(before.get("commit_index", 0), min(now["commit_index"], len(log))):
            self.committed.setdefault(index, (log[index], now["term"], name))
        for index in range(before.get("last_applied", 0), min(now["last_applied"], len(log))):
            entry, other = self.applied.setdefault(index, (log[index], name))
            if entry != log[index]:
                because = f"at index {index + 1} {name} applies {log[index]!r}, and {other} has applied {entry!r}"
                self.wrong(STATE_MACHINE_SAFETY, event, because)

    def see_message(self, event: int, row: Row, message: Plain, term: Plain) -> None:
        """A message leaves (`term` is its sender's) or has arrived (its receiver's)."""
        if message[0] in ("request_pre_vote", "pre_vote"):
            return  # they may speak of a term that has not begun
        kind, name, other = row[1:4]
        if kind == "send" and message[1] != term:
            self.wrong(TERMS_EXCHANGED, event, f"{name} is in term {term}, and tells {other}: {message!r}")
        elif kind == "deliver" and message[1] > term:
            self.wrong(TERMS_EXCHANGED, event, f"{name} hears {message!r} from {other}, and stays in term {term}")

    def _see_term_and_vote(self, event: int, name: str, now: Mapping[str, Any]) -> None:
        term, candidate = now["term"], now["voted_for"]
        if term < self.terms.get(name, 0):
            self.wrong(TERMS_GROW, event, f"{name} was in term {self.terms[name]}, and is in term {term}")
        self.terms[name] = term
        if candidate is not None:
            first = self.votes.setdefault((name, term), candidate)
            if first != candidate:
                self.wrong(ONE_VOTE, event, f"{name} votes for {candidate} in term {term}, after voting for {first}")

    def _see_leader(self, event: int, name: str, now: Mapping[str, Any]) -> None:
        term, log = now["term"], now["log"]
        other = self.leaders.setdefault(term, name)
        if other != name:
            self.wrong(ELECTION_SAFETY, event, f"{name} leads in term {term}, which {other} has led")
        for index, (entry, by_term, node) in self.committed.items():
            if by_term < term and (index >= len(log) or log[index] != entry):
                because = (
                    f"{name} leads in term {term} without the entry {entry!r} at index {index + 1}, which {node} "
                    f"committed by term {by_term}"
                )
                self.wrong(LEADER_COMPLETENESS, event, because)
                return

    def _see_leader_log(self, event: int, name: str, old: Log, log: Log) -> None:
        if old is not log and (have := agreed(old, log)) < len(old):
            because = f"{name} leads, and gives up the entry {old[have]!r} at index {have + 1} of its own log"
            self.wrong(LEADER_APPEND_ONLY, event, because)


def over_time(trace: Trace) -> tuple[Finding, ...]:
    """1 to 11 of this module: what each of them came to on this trace. Much faster than `judge` with `safety`, which
    looks at every event."""
    past, promises = _Past(), {p.name: p for p in safety()}
    views: dict[str, NodeView] = {}
    replies: list[tuple[str, Plain]] = []
    told: list[tuple[str, str, Plain]] = []
    sent: dict[int, Plain] = {}
    for event, row in enumerate(trace.rows):
        name, changed = row[2], trace.changes.get(event, {})
        if row[1] == "reply":
            replies.append(row[5])
        elif row[1] in ("request", "refuse"):
            told.append(("call" if row[1] == "request" else "refuse", *row[5]))
        elif row[1] in ("start", "crash"):
            disk = views[name].disk if name in views else {}
            views[name] = NodeView(name, {}, disk, row[1] == "start")
        if changed:
            before = views[name]
            views[name] = _changed(before, changed)
            past.see(event, name, before.fields, views[name].fields)
        if row[1] in ("send", "duplicate", "deliver"):
            sent[row[4]] = row[5] if row[1] == "send" else sent[row[5] if row[1] == "duplicate" else row[4]]
            past.see_message(event, row, sent[row[4]], views[name].get("term"))
        if len(views) == len(trace.nodes) and not _MATTERS.isdisjoint(changed):
            snapshot = Snapshot(views, replies, told=told)
            for p in promises.values():
                holds, because = p.look(snapshot)
                if not holds:
                    past.wrong(p.name, event, because)
    names = (*promises, LEADER_APPEND_ONLY, ONE_VOTE, TERMS_GROW, TERMS_EXCHANGED)
    return tuple(past.found.get(name, Finding(name, ALWAYS, OK)) for name in names)


_MATTERS = {"role", "log", "commit_index", "last_applied", "disk.log"}


def _changed(view: NodeView, changed: Mapping[str, Any]) -> NodeView:
    fields = {**view.fields, **{k: v for k, v in changed.items() if not k.startswith("disk.")}}
    disk = {**view.disk, **{k[5:]: v for k, v in changed.items() if k.startswith("disk.")}}
    if GONE in changed.values():
        fields, disk = ({k: v for k, v in d.items() if v is not GONE} for d in (fields, disk))
    return NodeView(view.name, fields, disk, view.up)


def _steps(trace: Trace) -> Iterator[tuple[float, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every change of a node: the moment, the node, its fields before (none if it has just started) and after."""
    views = {name: NodeView(name, {}, {}, True) for name in trace.nodes}
    for event, row in enumerate(trace.rows):
        name = row[2]
        if row[1] in ("crash", "start"):
            views[name] = NodeView(name, {}, {}, True)
        if changed := trace.changes.get(event):
            before, views[name] = views[name], _changed(views[name], changed)
            yield row[0], name, before.fields, views[name].fields


def served_s(trace: Trace, after_s: float = 0.0) -> float:
    """The first moment from `after_s` on at which a leader commits an entry of its own term; infinite if none does.

    Clients have to be asking. ValueError for a trace of the model checker, which has no times.
    """
    if trace.untimed:
        raise ValueError("the trace of a model checker has no times")
    for at_s, _name, before, now in _steps(trace):
        count, log = now["commit_index"], now["log"]
        more = now["role"] == "leader" and before.get("commit_index", 0) < count <= len(log)
        if at_s >= after_s and more and log[count - 1][0] == now["term"]:
            return at_s
    return math.inf


def elections(trace: Trace, after_s: float = 0.0) -> list[tuple[float, int, str]]:
    """Who became leader, from `after_s` on: [(moment in seconds, term, name), ...]."""
    return [
        (at_s, now["term"], name)
        for at_s, name, before, now in _steps(trace)
        if now["role"] == "leader" and (before.get("role"), before.get("term")) != ("leader", now["term"])
        if at_s >= after_s
    ]


def violated(findings: Iterable[Finding]) -> list[str]:
    """The names of what does not hold."""
    return [f.name for f in findings if f.status == VIOLATED]
