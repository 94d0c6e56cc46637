"""What the judge reads of a learner's Raft nodes, and what Raft promises, in the learner's words (exercise 3.5).

1. A field may hold anything. It is brought into one form (`Reader`): pairs as lists or as tuples are the same, and what
   is not there or has another form is the first thing that is wrong, in one line.
2. The promises themselves are those of `models/raft_properties.py`. Each gets a sentence that says who broke it, and in
   which term or at which index.
3. A class of an early step has fewer fields. Those that its step does not have yet are filled in as if nothing had
   happened, so that the same promises can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from itertools import combinations
from typing import Any

from faultlab.checks import runs
from faultlab.checks.core import Trial
from faultlab.i18n import _
from faultlab.models import raft_properties as promised
from faultlab.models.raft import FOLLOWER, ROLES
from faultlab.sim.plain import Plain
from faultlab.sim.properties import VIOLATED, NodeView, Property, Snapshot, always
from faultlab.sim.trace import GONE, Finding, Row, Trace

# The steps of the exercise, by the class that each asks for, and the fields that the judge reads from each on.
ELECTION, REPLICATION, RAFT = "Election", "Replication", "Raft"
FIELDS = {
    ELECTION: ("role", "term", "voted_for", "leader"),
    REPLICATION: ("log", "commit_index"),
    RAFT: ("last_applied",),
}
STEPS = tuple(FIELDS)
MISSING = {
    "role": FOLLOWER,
    "term": 0,
    "voted_for": None,
    "leader": None,
    "log": (),
    "commit_index": 0,
    "last_applied": 0,
}
READ = frozenset(MISSING)
# Name of a message, and how many parts follow it; in each the first is the term.
MESSAGES = {"request_vote": 3, "vote": 2, "append_entries": 5, "appended": 3}
FORM = "the fields are in form"


# Reading


class Reader:
    """Reads nodes of the class of one step. What it has read it remembers: a search shows the same nodes many times."""

    def __init__(self, step: str) -> None:
        self.demanded = [field for one in STEPS[: STEPS.index(step) + 1] for field in FIELDS[one]]
        self._known: dict[int, tuple[NodeView, NodeView | str]] = {}

    def read(self, view: NodeView) -> NodeView | str:
        """The node in the form of the contract, or a sentence that says what is not in this form."""
        known = self._known.get(id(view))
        if known is None or known[0] is not view:
            known = self._known[id(view)] = (view, self._read(view))
        return known[1]

    def snapshot(self, s: Snapshot) -> Snapshot | str:
        """All nodes in the form of the contract, or the sentence for the first that is not."""
        nodes: dict[str, NodeView] = {}
        for name, view in s.nodes.items():
            read = self.read(view)
            if isinstance(read, str):
                return read
            nodes[name] = read
        return Snapshot(nodes, s.replies, s.flying, s.told, s.failure)

    def form(self) -> Property:
        """The promise that all fields are there, and of the right kind."""

        def formed(s: Snapshot) -> bool | str:
            read = self.snapshot(s)
            return read if isinstance(read, str) else True

        return always(FORM, formed)

    def _read(self, view: NodeView) -> NodeView | str:
        fields = dict(MISSING)
        for field in self.demanded if view.up else ():
            if field not in view.fields:
                return _("Node {node} has no field `{field}`.", node=view.name, field=field)
            value = view.fields[field]
            wrong, fields[field] = FORMS[field](value)
            if wrong:
                return _not_in_form(view.name, f"self.{field}", value, wrong)
        disk = {"log": ()}
        if "log" in self.demanded and "log" in view.disk:
            wrong, disk["log"] = _log(view.disk["log"])
            if wrong:
                return _not_in_form(view.name, 'ctx.disk["log"]', view.disk["log"], wrong)
        return NodeView(view.name, fields, disk, view.up)


Formed = tuple[str, Any]


def _not_in_form(node: str, where: str, value: Plain, wanted: str) -> str:
    return _(
        "Node {node}: `{where}` is {value}, and should be {wanted}.",
        node=node,
        where=where,
        value=_shown(value),
        wanted=wanted,
    )


def _shown(value: Plain) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _role(value: Plain) -> Formed:
    return (
        "" if type(value) is str and value in ROLES else _("one of {roles}", roles=", ".join(map(repr, ROLES)))
    ), value


def _count(value: Plain) -> Formed:
    return ("" if type(value) is int and value >= 0 else _("a whole number from 0 on")), value


def _name(value: Plain) -> Formed:
    return ("" if value is None or type(value) is str else _("the name of a node, or None")), value


def _log(value: Plain) -> Formed:
    """A list of pairs (term, command), where a command is None or a pair (request, call)."""
    wanted = _("a list of pairs (term, (request, call))")
    if type(value) not in (list, tuple):
        return wanted, ()
    entries = []
    for entry in value:
        if type(entry) not in (list, tuple) or len(entry) != 2 or type(entry[0]) is not int:
            return wanted, ()
        command = entry[1]
        if command is not None and not (
            type(command) in (list, tuple) and len(command) == 2 and type(command[0]) is str
        ):
            return wanted, ()
        entries.append((entry[0], frozen(command)))
    return "", tuple(entries)


def frozen(value: Plain) -> Plain:
    return tuple(map(frozen, value)) if type(value) in (list, tuple) else value


FORMS: dict[str, Callable[[Plain], Formed]] = {
    "role": _role,
    "term": _count,
    "voted_for": _name,
    "leader": _name,
    "log": _log,
    "commit_index": _count,
    "last_applied": _count,
}


def in_form(t: Trial, reader: Reader, trace: Trace) -> Trace:
    """The same trace with the fields in the form of the contract. The trial fails at the first that is not, and at the
    first message that is none of the four."""
    views = {name: NodeView(name, {}, {}, False) for name in trace.nodes}
    changes: dict[int, dict[str, Plain]] = {}
    for event, row in enumerate(trace.rows):
        name, changed = row[2], trace.changes.get(event, {})
        if row[1] == "send" and not _is_message(row[5]):
            told = _("Node {node} sends {sent}. The contract knows no such message.", node=name, sent=_shown(row[5]))
            runs.wrong(t, trace, told, event)
        if row[1] in ("start", "crash"):
            views[name] = NodeView(name, {}, views[name].disk, row[1] == "start")
        if not changed and row[1] != "start":
            continue
        view = views[name] = _changed(views[name], changed)
        if row[1] == "start" or not READ.isdisjoint(changed) or "disk.log" in changed:
            read = reader._read(view)
            if isinstance(read, str):
                runs.wrong(t, trace, read, event)
            changes[event] = _of_view(read, changed, row[1] == "start")
    kept = {f.name: getattr(trace, f.name) for f in fields(trace) if not f.name.startswith("_")}
    return Trace(**{**kept, "changes": changes})


def _is_message(message: Plain) -> bool:
    if type(message) not in (list, tuple) or not message or type(message[0]) is not str:
        return False
    return MESSAGES.get(message[0]) == len(message) - 1 and type(message[1]) is int


def _changed(view: NodeView, changed: Mapping[str, Plain]) -> NodeView:
    fields, disk = dict(view.fields), dict(view.disk)
    for key, value in changed.items():
        kept, name = (disk, key[5:]) if key.startswith("disk.") else (fields, key)
        if value is GONE:
            kept.pop(name, None)
        else:
            kept[name] = value
    return NodeView(view.name, fields, disk, view.up)


def _of_view(read: NodeView, changed: Mapping[str, Plain], whole: bool) -> dict[str, Plain]:
    fields = {name: value for name, value in read.fields.items() if whole or name in changed}
    return fields | ({"disk.log": read.disk["log"]} if "disk.log" in changed else {})


# Promises of single states


def promises(reader: Reader, *names: str) -> list[Property]:
    """The promises of these names (those of `models/raft_properties.py`), after the one that the fields are in form."""
    return [reader.form(), *(_promise(reader, p) for p in promised.safety() if p.name in names)]


def _promise(reader: Reader, known: Property) -> Property:
    explain = SENTENCES[known.name]

    def kept(s: Snapshot) -> bool | str:
        read = reader.snapshot(s)
        if isinstance(read, str):
            return True  # that is another promise
        if known.name == promised.DURABILITY and (beyond := _beyond(read)):
            return beyond
        return True if known.predicate(read) is True else explain(read)

    return always(known.name, kept)


def _two_leaders(s: Snapshot) -> str:
    for a, b in combinations([node for node in s.up if node.role == "leader"], 2):
        if a.term == b.term:
            return _("{a} and {b} both lead in term {term}.", a=a.name, b=b.name, term=a.term)
    return _("Two nodes lead in one term.")


def _logs_differ(s: Snapshot) -> str:
    logs = [(node.name, promised.kept(node)) for node in s.nodes.values()]
    for name, log in logs:
        terms = [entry[0] for entry in log]
        if terms != sorted(terms):
            return _("The terms in the log of {node} go down: {terms}.", node=name, terms=", ".join(map(str, terms)))
    for (a, one), (b, other) in combinations(logs, 2):
        first = promised.agreed(one, other)
        for index in range(first, min(len(one), len(other))):
            if one[index][0] == other[index][0]:
                return _(
                    "The logs of {a} and {b} both hold an entry of term {term} at index {index}, and they differ at "
                    "index {first}.",
                    a=a,
                    b=b,
                    term=one[index][0],
                    index=index + 1,
                    first=first + 1,
                )
    return _("Two logs differ before an entry of the same index and term.")


def _leader_lacks(s: Snapshot) -> str:
    for leader in s.up:
        for node in s.up if leader.role == "leader" else ():
            count = node.commit_index
            if node.term <= leader.term and node.log[:count] != leader.log[:count]:
                index = promised.agreed(node.log, leader.log) + 1
                return _(
                    "{leader} leads in term {term} without the entry at index {index}, which {node} has committed.",
                    leader=leader.name,
                    term=leader.term,
                    index=index,
                    node=node.name,
                )
    return _("A leader lacks an entry that has been committed.")


def _applied_differ(s: Snapshot) -> str:
    for node in s.up:
        if node.last_applied > len(node.log):
            return _(
                "{node} has applied {n} entries, and its log holds {held}.",
                node=node.name,
                n=node.last_applied,
                held=len(node.log),
            )
    for a, b in combinations([node for node in s.up if node.last_applied], 2):
        count = min(a.last_applied, b.last_applied)
        if a.log[:count] != b.log[:count]:
            return _(
                "{a} and {b} have applied different entries at index {index}.",
                a=a.name,
                b=b.name,
                index=promised.agreed(a.log, b.log) + 1,
            )
    return _("Two nodes have applied different entries at one index.")


def _beyond(s: Snapshot) -> str:
    for node in s.up:
        if node.commit_index > len(node.log):
            return _(
                "{node} has commit_index {index}, and its log holds {held} entries.",
                node=node.name,
                index=node.commit_index,
                held=len(node.log),
            )
    return ""


def _not_on_disks(s: Snapshot) -> str:
    disks = [node.disk["log"] for node in s.nodes.values()]
    most = max(s.up, key=lambda node: node.commit_index, default=None)
    if most is not None and most.commit_index:
        prefix = most.log[: most.commit_index]
        holders = sum(log[: len(prefix)] == prefix for log in disks)
        if 2 * holders <= len(disks):
            return _(
                "{node} has committed up to index {index}. So much stands on the disks of {holders} of {nodes} "
                "nodes, which is no majority.",
                node=most.name,
                index=most.commit_index,
                holders=holders,
                nodes=len(disks),
            )
    held = [{entry[1][0] for entry in log if entry[1] is not None} for log in disks]
    for request, _answer in s.replies:
        holders = sum(request in requests for requests in held)
        if 2 * holders <= len(disks):
            return _(
                "Call {request} has been answered, and it stands on the disks of {holders} of {nodes} nodes, which "
                "is no majority.",
                request=request,
                holders=holders,
                nodes=len(disks),
            )
    return _("What has been committed is not on the disks of a majority.")


def _refused_and_done(s: Snapshot) -> str:
    refused = {request for kind, request, _because in s.told if kind == "refuse"}
    for node in s.up:
        for _term, command in node.log[: node.last_applied]:
            if command is not None and command[0] in refused:
                return _(
                    "{node} has applied call {request}, which its client was told is refused.",
                    node=node.name,
                    request=command[0],
                )
    return _("A call that was refused has been applied.")


SENTENCES: dict[str, Callable[[Snapshot], str]] = {
    promised.ELECTION_SAFETY: _two_leaders,
    promised.LOG_MATCHING: _logs_differ,
    promised.LEADER_COMPLETENESS: _leader_lacks,
    promised.STATE_MACHINE_SAFETY: _applied_differ,
    promised.DURABILITY: _not_on_disks,
    promised.REFUSED_NOT_DONE: _refused_and_done,
}


# Promises of whole runs


def hold(t: Trial, formed: Trace, original: Trace, names: Iterable[str]) -> None:
    """The trial fails at the first event of a run at which one of these promises is broken. `formed` is the trace that
    `in_form` made of `original`, which is the one that is shown."""
    broken = [f for f in promised.over_time(formed) if f.status == VIOLATED and f.name in set(names)]
    if broken:
        first = min(broken, key=lambda f: f.event)
        runs.wrong(t, original, _over_time(first, formed), first.event)


def _over_time(found: Finding, trace: Trace) -> str:
    row = trace.rows[found.event]
    node, state = row[2], trace.state(found.event)[row[2]]
    term = state.get("term")
    match found.name:
        case promised.ELECTION_SAFETY:
            return _("{node} leads in term {term}, in which another node has led already.", node=node, term=term)
        case promised.ONE_VOTE:
            return _(
                "{node} votes a second time in term {term}: now for {candidate}.",
                node=node,
                term=term,
                candidate=state.get("voted_for"),
            )
        case promised.TERMS_GROW:
            return _("{node} goes back to term {term}.", node=node, term=term)
        case promised.TERMS_EXCHANGED:
            return _of_terms(row, term)
        case promised.LEADER_APPEND_ONLY:
            return _(
                "{node} leads in term {term}, and removes or changes an entry of its own log.", node=node, term=term
            )
        case promised.LEADER_COMPLETENESS:
            return _("{node} leads in term {term} without an entry that was committed before.", node=node, term=term)
        case promised.STATE_MACHINE_SAFETY:
            return _("{node} applies another entry than was applied at that index before.", node=node)
        case promised.LOG_MATCHING:
            return _("Two logs differ before an entry of the same index and term.")
        case promised.DURABILITY:
            return _("What has been committed is not on the disks of a majority.")
    return _("A call that was refused has been applied.")


def _of_terms(row: Row, term: Plain) -> str:
    if row[1] == "deliver":
        return _(
            "{node} has had a message of {other} with a higher term, and is still in term {term}.",
            node=row[2],
            other=row[3],
            term=term,
        )
    return _(
        "{node} is in term {term}, and sends a message with another term to {other}.",
        node=row[2],
        other=row[3],
        term=term,
    )
