"""The Raft panel: a cluster in the trace player, and beside it what Raft is about: logs, terms, votes and timers.

    raft_panel()                          the reference implementation, in a split vote
    raft_panel(preset="figure_8")         another situation to begin with
    raft_panel(MyRaft)                    the same runs with a class of yours

1. The situations are those of `models/raft_stages.py`: their faults are shown as if added by hand, so every one of them
   can be taken away, and others added. A write can be asked of any node at the cursor.
2. The promises of Figure 3 (`models/raft_properties.py`) are judged on the whole run, and each is shown as it stands at
   the cursor: from the event at which it is broken on, with the reason.
3. The picture of the roles is drawn from the model's own table of transitions. One that is not in it is named.
4. One rule can be left out (`FLAWS`), so that one sees what it is for: the same schedule then breaks a promise.

A class of yours keeps the contract of `models/raft.py`: the fields, the messages, the timers. Its timeouts can be
staged if it takes `election_timeout_s` as an argument or has it as an attribute of the class; otherwise it runs with
its own.

Left out: snapshots and changes of membership, which the model has not either.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from faultlab.i18n import N_, _, language
from faultlab.models import raft, raft_properties, raft_stages
from faultlab.models.raft import CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE, Raft
from faultlab.sim.latency import Uniform
from faultlab.sim.node import Context, Factory
from faultlab.sim.plain import Plain, literal
from faultlab.sim.properties import Property
from faultlab.sim.scenario import Client, Network, Scenario
from faultlab.sim.trace import GONE, Finding, Trace
from faultlab.widgets import panel as shell
from faultlab.widgets.panel import Json, choice, hidden_list, outcome, preset, question, text_number, toggle
from faultlab.widgets.player import PARTS, PlayerPanel, Setup

ASKS_MAX = 12
RANDOM_TIMEOUT_S = (0.15, 0.3)
OWN_TIMEOUT_S = 1.0

# ---------------------------------------------------------------- rules left out


class CommitsOldTerms(Raft):
    """Without 5.4.2: whatever stands on a majority counts as committed."""

    def may_commit(self, index: int) -> bool:
        return True


class VotesForAnybody(Raft):
    """Without 5.4.1: a vote is given without a look at the candidate's log."""

    def is_up_to_date(self, last_log_index: int, last_log_term: int) -> bool:
        return True


class VotesAgain(Raft):
    """Without the one vote a term of 5.2: whoever asks in the present term gets one."""

    def may_vote(self, candidate: str, term: int) -> bool:
        return term == self.term


class KeepsNoDisk(Raft):
    """Without the persistent state of Figure 2: a restart begins from nothing."""

    def save(self, ctx: Context) -> None:
        return None


FLAWS: dict[str, type[Raft]] = {
    "none": Raft,
    "5.4.2": CommitsOldTerms,
    "5.4.1": VotesForAnybody,
    "5.2": VotesAgain,
    "disk": KeepsNoDisk,
}

# ---------------------------------------------------------------- situations


@dataclass(frozen=True)
class Story:
    """A situation: the model's preset, how far it may be played before the prediction, what to look at, what to
    predict, and how a run answers that."""

    run: raft_stages.Preset
    hide_after_s: float
    answer: Callable[[Trace], dict[str, str]]
    label: str
    watch: str
    question: str
    options: Mapping[str, str]


FREE = raft_stages.Preset(
    "A run of one's own",
    dict(zip("ABCDE", (0.15, 0.2, 0.25, 0.3, 0.35), strict=True)),
    Scenario(
        4.0,
        network=Network(Uniform(0.005, 0.015)),
        clients=[Client("ann", [("write", "x", i) for i in range(9)], to="A B C D E", start_s=0.5, retry=True)],
    ),
)


# ---------------------------------------------------------------- what came true


def _at(trace: Trace, at_s: float) -> Mapping[str, Mapping[str, Plain]]:
    return trace.state(trace.index_at(at_s))


def steps(trace: Trace) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Every change of a node: the moment, the node, and all its fields after it."""
    fields: dict[str, dict[str, Any]] = {}
    for event, row in enumerate(trace.rows):
        name = row[2]
        if row[1] in ("crash", "start"):
            fields[name] = {}
        if changed := trace.changes.get(event):
            now = {**fields.get(name, {}), **changed}
            fields[name] = {key: value for key, value in now.items() if value is not GONE}
            yield row[0], name, fields[name]


def _leaders(trace: Trace, after_s: float = 0.0) -> list[tuple[float, int, str]]:
    return raft_properties.elections(trace, after_s)


def _s(seconds: float) -> str:
    return text_number(seconds, 2)


def _who_wins_first(trace: Trace) -> dict[str, str]:
    """Who is elected in term 1, and who at last."""
    votes = [
        (row[2], row[3])
        for row in trace.rows
        if row[1] == "send" and isinstance(row[5], (tuple, list)) and list(row[5]) == ["vote", 1, True]
    ]
    counts = {name: 1 + sum(to == name for _voter, to in votes) for name in dict.fromkeys(to for _v, to in votes)}
    won = next((name for _at_s, term, name in _leaders(trace) if term == 1), None)
    shared = ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or "–"
    told = [_("Votes in term 1: {votes}, and {n} are needed.", votes=shared, n=len(trace.nodes) // 2 + 1)]
    later = [e for e in _leaders(trace) if e[1] > 1]
    if later:
        at_s, term, name = later[0]
        told.append(_("{name} leads in term {term} from {t} s on.", name=name, term=term, t=_s(at_s)))
    return outcome(won if won in ("A", "B") else "nobody" if won is None else "other", " ".join(told))


def _fate_of(trace: Trace, client: str) -> tuple[str, int]:
    """What became of a client's entry: "committed", "overwritten", "refused" or "waiting"; and how many hold it."""
    request = f"{client}.1"
    ends = trace.state(len(trace) - 1)
    held = committed = 0
    for fields in ends.values():
        log: Any = fields.get("log", fields.get("disk.log", ()))
        places = [i for i, entry in enumerate(log) if entry[1] is not None and entry[1][0] == request]
        held += bool(places)
        committed += bool(places) and places[0] < fields.get("commit_index", 0)
    if committed:
        return "committed", held
    if any(row[1] == "refuse" and row[5][0] == request for row in trace.rows):
        return "refused", held
    return ("waiting" if held else "overwritten"), held


def _fate_in_words(trace: Trace, client: str, name: str) -> dict[str, str]:
    fate, held = _fate_of(trace, client)
    text = {
        "committed": _("At the end {name}’s entry is committed; {n} nodes hold it.", name=name, n=held),
        "overwritten": _("At the end no log holds {name}’s entry.", name=name),
        "refused": _("{name} has been refused.", name=name),
        "waiting": _("At the end {n} nodes hold {name}’s entry, and nobody knows it committed.", name=name, n=held),
    }
    return outcome(fate, text[fate])


def _what_becomes_of_bob(trace: Trace) -> dict[str, str]:
    told = _fate_in_words(trace, "bob", "Bob")
    last = _leaders(trace)[-1] if _leaders(trace) else None
    if last and told["answer"] == "overwritten":
        told["because"] += " " + _(
            "{name}, leader of term {term}, has put its own in its place.", name=last[2], term=last[1]
        )
    return told


def _where_it_commits(trace: Trace) -> dict[str, str]:
    """On which side of the first partition entries were committed while it lasted."""
    cuts = [(row[0], row[5]) for row in trace.rows if row[1] == "cut"]
    if not cuts or not cuts[0][1]:
        return outcome("none", _("There is no partition in this run."))
    from_s, pairs = cuts[0]
    until_s = cuts[1][0] if len(cuts) > 1 else trace.end_s
    cut_off = {b for a, b in pairs if a == "A"}
    before, after = _at(trace, from_s), trace.state(trace.index_at(until_s) - 1)
    more = {name: after[name].get("commit_index", 0) - before[name].get("commit_index", 0) for name in trace.nodes}
    few = max((more[n] for n in trace.nodes if n not in cut_off), default=0)
    many = max((more[n] for n in cut_off), default=0)
    sides = (", ".join(n for n in trace.nodes if n not in cut_off), ", ".join(n for n in trace.nodes if n in cut_off))
    answer = {(True, True): "both", (True, False): "AB", (False, True): "CDE"}.get((few > 0, many > 0), "none")
    text = _(
        "Entries committed from {a} to {b} s: {few} by {one}, {many} by {other}.",
        a=_s(from_s), b=_s(until_s), few=few, one=sides[0], many=many, other=sides[1],
    )  # fmt: skip
    return outcome(answer, text)


def _what_does_the_old_leader(trace: Trace) -> dict[str, str]:
    """A was down: what is the first thing it is after its restart, other than a follower that has heard nobody?"""
    back_s = next((row[0] for row in trace.rows if row[1] == "start" and row[2] == "A" and row[0] > 0), None)
    if back_s is None:
        return outcome("down", _("A does not come back in this run."))
    for at_s, name, now in steps(trace):
        if name != "A" or at_s < back_s:
            continue
        if now["role"] != FOLLOWER:
            text = _("At {t} s A is {role} in term {term}.", t=_s(at_s), role=role_word(now["role"]), term=now["term"])
            return outcome("elects", text)
        if now.get("leader"):
            text = _(
                "A is back at {a} s with the term of its disk; at {b} s it follows {leader} in term {term}.",
                a=_s(back_s), b=_s(at_s), leader=now["leader"], term=now["term"],
            )  # fmt: skip
            return outcome("follows", text)
    return outcome("down", _("A hears nobody until the end."))


def _what_does_the_high_term(trace: Trace) -> dict[str, str]:
    """E comes back with a high term: is the leader deposed, and who leads then?"""
    heal_s = next((row[0] for row in trace.rows if row[1] == "cut" and not row[5]), None)
    if heal_s is None:
        return outcome("stays", _("Nothing is healed in this run."))
    before = [e for e in _leaders(trace) if e[0] < heal_s]
    after = _leaders(trace, heal_s)
    high = _at(trace, heal_s)["E"].get("term", 0)
    told = _("E comes back in term {term}.", term=high)
    if not after:
        name, term = (before[-1][2], before[-1][1]) if before else ("–", 0)
        return outcome("stays", told + " " + _("{name} goes on leading in term {term}.", name=name, term=term))
    at_s, term, name = after[0]
    told += " " + _("{name} leads in term {term} from {t} s on.", name=name, term=term, t=_s(at_s))
    return outcome("E" if name == "E" else "deposed", told)


def _does_a_majority_last(trace: Trace) -> dict[str, str]:
    fate, _held = _fate_of(trace, "bob")
    told = _fate_in_words(trace, "bob", "Bob")["because"]
    ever = any(
        f.get("commit_index", 0) > i and entry[1] is not None and entry[1][0] == "bob.1"
        for _at_s, _name, f in steps(trace)
        for i, entry in enumerate(f.get("log", ()))
    )
    if fate == "overwritten":
        told += " " + (
            _("It had been committed, and a client could have heard so.")
            if ever
            else _("It had never been committed, so no promise is broken.")
        )
    return outcome("lasts" if fate == "committed" else "goes", told)


def _how_many_terms(trace: Trace) -> dict[str, str]:
    leaders = _leaders(trace)
    if not leaders:
        return outcome("never", _("Nobody leads until the end."))
    at_s, term, name = leaders[0]
    text = _("{name} leads in term {term} from {t} s on.", name=name, term=term, t=_s(at_s))
    return outcome("first" if term == 1 else "later", text)


STORIES: dict[str, Story] = {
    "split_vote": Story(
        raft_stages.SPLIT_VOTE,
        0.205,
        _who_wins_first,
        N_("Split vote"),
        N_("two candidates in one term: count the votes, then see whose timer ends the tie."),
        N_("A and B become candidates at almost the same time, and E is down. Who wins the election of term 1?"),
        {"A": "A", "B": "B", "nobody": N_("nobody")},
    ),
    "stale_leader": Story(
        raft_stages.STALE_LEADER,
        1.35,
        _what_becomes_of_bob,
        N_("Stale leader"),
        N_("A, cut off, goes on leading in term 1: what can it still do, and what does it lose on its return?"),
        N_("A leads, is cut off from the others, and takes a write from Bob. What becomes of Bob’s entry?"),
        {
            "committed": N_("it is committed after the return"),
            "overwritten": N_("it has to give way"),
            "refused": N_("A refuses it at once"),
        },
    ),
    "figure_8": Story(
        raft_stages.FIGURE_8,
        2.05,
        _does_a_majority_last,
        N_("Figure 8"),
        N_("Bob’s entry of term 2 stands on A, B and C. Then leave out rule 5.4.2, and watch the promises."),
        N_("At 2 s Bob’s entry of term 2 stands on A, B and C; then A crashes. Does the entry last?"),
        {"lasts": N_("yes: a majority holds it"), "goes": N_("no: it can be overwritten")},
    ),
    "minority": Story(
        raft_stages.MINORITY_PARTITION,
        1.0,
        _where_it_commits,
        N_("Minority partition"),
        N_("two logs grow, and only one of them with solid boxes."),
        N_("The leader A is cut off with B; C, D and E are on the other side. Where are entries committed meanwhile?"),
        {
            "AB": N_("with A and B"),
            "CDE": N_("with C, D and E"),
            "both": N_("on both sides"),
            "none": N_("nowhere"),
        },
    ),
    "old_term": Story(
        raft_stages.OLD_TERM,
        1.95,
        _what_does_the_old_leader,
        N_("Back with an old term"),
        N_("the first message that A hears carries a higher term."),
        N_("A led in term 1, crashed, and starts again when B leads in term 2. What does A do first?"),
        {
            "follows": N_("it follows B"),
            "elects": N_("it calls an election"),
            "leads": N_("it goes on leading"),
        },
    ),
    "high_term": Story(
        raft_stages.HIGH_TERM,
        1.95,
        _what_does_the_high_term,
        N_("Back with a high term"),
        N_("E, cut off, begins term after term. Then switch on pre-vote, and compare."),
        N_("E was cut off and comes back with a higher term than that of the leader A. What happens?"),
        {
            "stays": N_("A goes on leading"),
            "deposed": N_("A is deposed, but E does not win"),
            "E": N_("E becomes the leader"),
        },
    ),
    "free": Story(
        FREE,
        0.0,
        _how_many_terms,
        N_("Your own run"),
        N_("timeouts at random, a client that writes, no faults: add some. Can you break a promise?"),
        N_("Five followers start, with election timeouts at random. Is there a leader in term 1?"),
        {"first": N_("yes, in term 1"), "later": N_("only in a later term"), "never": N_("never")},
    ),
}

# ---------------------------------------------------------------- words

ROLE_WORDS = {
    FOLLOWER: N_("follower"),
    CANDIDATE: N_("candidate"),
    LEADER: N_("leader"),
    PRE_CANDIDATE: N_("pre-candidate"),
}
# On the edges of the picture of roles.
EVENT_WORDS = {
    raft.TIMEOUT: N_("election timeout"),
    raft.MAJORITY: N_("votes of a majority"),
    raft.LEADER_HEARD: N_("hears the leader"),
    raft.HIGHER_TERM: N_("sees a higher term"),
}
PROMISES = {
    raft_properties.ELECTION_SAFETY: (N_("Election Safety"), N_("at most one leader in a term")),
    raft_properties.LEADER_APPEND_ONLY: (N_("Leader Append-Only"), N_("a leader takes back no entry of its log")),
    raft_properties.LOG_MATCHING: (N_("Log Matching"), N_("same index, same term: the same up to there")),
    raft_properties.LEADER_COMPLETENESS: (
        N_("Leader Completeness"),
        N_("every later leader has what is committed"),
    ),
    raft_properties.STATE_MACHINE_SAFETY: (
        N_("State Machine Safety"),
        N_("no two nodes apply different entries at an index"),
    ),
    raft_properties.DURABILITY: (N_("Durability"), N_("what is committed is on the disks of a majority")),
    raft_properties.REFUSED_NOT_DONE: (N_("Refused Is Not Done"), N_("a refused call is never applied")),
    raft_properties.ONE_VOTE: (N_("One Vote"), N_("a node votes for one candidate in a term")),
    raft_properties.TERMS_GROW: (N_("Terms Only Grow"), N_("on every node, also after a crash")),
    raft_properties.TERMS_EXCHANGED: (N_("Terms Are Exchanged"), N_("whoever hears of a higher term adopts it")),
}
# A class in the making may lack these fields: then the promises that need them are not asked for.
DEFAULTS: dict[str, Plain] = {"voted_for": None, "log": [], "commit_index": 0, "last_applied": 0}
NEEDS = {
    raft_properties.LEADER_APPEND_ONLY: "log",
    raft_properties.LOG_MATCHING: "log",
    raft_properties.LEADER_COMPLETENESS: "commit_index",
    raft_properties.DURABILITY: "commit_index",
    raft_properties.STATE_MACHINE_SAFETY: "last_applied",
    raft_properties.REFUSED_NOT_DONE: "last_applied",
    raft_properties.ONE_VOTE: "voted_for",
}
# The sentences of `models/raft_properties.py`, which speaks English only.
REASONS = (
    N_(
        "{node} leads in term {term} without the entry {entry} at index {index}, which {other} has committed by term "
        "{by}"
    ),
    N_("{node} leads in term {term} without the entry {entry} at index {index}, which {other} committed by term {by}"),
    N_("{node} leads in term {term}, which {other} has led"),
    N_("{node} and {other} both lead in term {term}"),
    N_("{node} leads, and gives up the entry {entry} at index {index} of its own log"),
    N_("{node} holds entries of the terms {terms} in this order"),
    N_(
        "{node} and {other} both hold an entry of term {term} at index {index}, and their logs differ at index "
        "{first}: {one} and {two}"
    ),
    N_("{node} has applied {n} entries and holds {m}"),
    N_("at index {index} {node} has applied {one}, and {other} {two}"),
    N_("at index {index} {node} applies {one}, and {other} has applied {two}"),
    N_("{node} has committed up to index {index}, which is on the disks of {n} of {all} nodes"),
    N_("{request} has been answered, and it is on the disks of {n} of {all} nodes"),
    N_("{node} has applied {request}, which has been refused"),
    N_("{node} is in term {term}, and tells {other}: {text}"),
    N_("{node} hears {text} from {other}, and stays in term {term}"),
    N_("{node} was in term {old}, and is in term {term}"),
    N_("{node} votes for {other} in term {term}, after voting for {first}"),
    N_("{error} in the property: {what}"),
)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    made = []
    for template in REASONS:
        parts = re.split(r"\{(\w+)\}", template)
        names = [f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts)]
        made.append((re.compile("".join(names), re.DOTALL), template))
    return tuple(made)


def reason(text: str) -> str:
    """A sentence of `raft_properties` in the learner's language; an unknown one as it is."""
    if language() == "en":
        return text
    for pattern, template in _patterns():
        if found := pattern.fullmatch(text):
            return _(template, **found.groupdict())
    return text


def role_word(role: Plain) -> str:
    return _(ROLE_WORDS[role]) if role in ROLE_WORDS else str(role)


# ---------------------------------------------------------------- what the picture needs of a trace


def log_changes(trace: Trace) -> list[list[Json]]:
    """Every change of a log: [event, node's place, entries that stay, [[term, whose, command], ...] that follow them].

    Of a node that is down it is the log on its disk.
    """
    places = {name: i for i, name in enumerate(trace.nodes)}
    memory: dict[str, list[Json]] = {name: [] for name in trace.nodes}
    disk, shown = dict(memory), dict(memory)
    down: set[str] = set()
    found: list[list[Json]] = []
    for event, row in enumerate(trace.rows):
        name, changed = row[2], trace.changes.get(event, {})
        if name not in places or not (changed or row[1] in ("crash", "start")):
            continue
        if row[1] in ("crash", "start"):
            (down.add if row[1] == "crash" else down.discard)(name)
            memory[name] = []
        memory[name] = _entries(changed["log"]) if "log" in changed else memory[name]
        disk[name] = _entries(changed["disk.log"]) if "disk.log" in changed else disk[name]
        now = disk[name] if name in down else memory[name]
        if now != shown[name]:
            kept = raft_properties.agreed(shown[name], now)
            found.append([event, places[name], kept, now[kept:]])
            shown[name] = now
    return found


def _entries(log: Any) -> list[Json]:
    return [_entry(entry) for entry in log] if isinstance(log, (list, tuple)) else []


def _entry(entry: Any) -> list[Json]:
    """[term, who asked for it, the command in words]; a class of a learner's may keep anything in its log."""
    if not (isinstance(entry, (list, tuple)) and len(entry) == 2 and type(entry[0]) is int):
        return ["?", "", literal(entry)[:80]]
    term, command = entry
    if isinstance(command, (tuple, list)) and command and isinstance(command[0], str):
        return [term, command[0].rpartition(".")[0] or command[0], literal(command)[:80]]
    return [term, "", "" if command is None else literal(command)[:80]]


def turns(trace: Trace, table: Mapping[tuple[str, str], str]) -> list[list[Json]]:
    """Every turn of a node in the picture of roles: [event, node's place, from, what happened or None, to].

    None: no row of the table leads from the one role to the other.
    """
    places = {name: i for i, name in enumerate(trace.nodes)}
    states: dict[str, dict[str, Any]] = {name: {} for name in trace.nodes}
    found: list[list[Json]] = []
    for event, row in enumerate(trace.rows):
        name = row[2]
        if row[1] in ("crash", "start"):
            states[name] = {}
        changed = trace.changes.get(event, {})
        before = states.get(name, {})
        if name not in places:
            continue
        states[name] = now = {**before, **changed} if changed else before
        old, new = before.get("role"), now.get("role")
        ran_out = row[1] == "timer" and row[5] == raft.ELECTION
        if old is None or (old == new and not ran_out):
            continue
        what = _cause(ran_out, new, before.get("term") != now.get("term"))
        found.append([event, places[name], old, what if table.get((old, what)) == new else None, new])
    return found


def with_defaults(trace: Trace) -> tuple[Trace, set[str]]:
    """The trace with a value for every field of `DEFAULTS` that its nodes never have, and the names of these."""
    missing = DEFAULTS.keys() - {field for changed in trace.changes.values() for field in changed}
    if not missing:
        return trace, missing
    added = {name: DEFAULTS[name] for name in missing}
    starts = [event for event, row in enumerate(trace.rows) if row[1] == "start"]
    changes = {**trace.changes, **{event: {**added, **trace.changes.get(event, {})} for event in starts}}
    return replace(trace, changes=changes), missing


def _cause(ran_out: bool, new: str, new_term: bool) -> str:
    if ran_out:
        return raft.TIMEOUT
    if new == FOLLOWER:
        return raft.HIGHER_TERM if new_term else raft.LEADER_HEARD
    return raft.MAJORITY


# ---------------------------------------------------------------- the panel


def _takes(kind: Callable[..., Any]) -> set[str]:
    """The names of the arguments with which a class can be made; "*" if any."""
    try:
        given = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {"*" if p.kind is p.VAR_KEYWORD else p.name for p in given}


class RaftPanel(PlayerPanel):
    """What `raft_panel` opens."""

    topic = "raft"
    parts = (*PARTS, "raft")
    first_fields = ("term", "role", "voted_for", "votes", "leader", "commit_index", "last_applied", "log")

    def __init__(self, node: Callable[..., Any] | None = None, *, preset: str = "split_vote", **params: Any) -> None:
        if preset not in STORIES:
            known = ", ".join(STORIES)
            raise ValueError(_("There is no scenario “{name}” here. Known: {known}.", name=preset, known=known))
        self.node, self.first = node, preset
        self._takes = _takes(node) if node else _takes(Raft)
        self._made: dict[tuple[Any, ...], dict[str, Factory]] = {}
        self._notice: str | None = None
        chosen = {"story": preset, "faults": list(STORIES[preset].run.scenario.faults)}
        if preset == "free" and self._can_stage():
            chosen["timeouts"] = "random"
        super().__init__(**{**chosen, **params})

    def _can(self, option: str) -> bool:
        return bool({option, "*"} & self._takes)

    def _can_stage(self) -> bool:
        return self._can("election_timeout_s") or hasattr(self.node, "election_timeout_s")

    # -------- what it consists of

    def describe(self) -> dict[str, Json]:
        shown = self._presets()
        return {
            "title": _("Raft: five nodes keep one log"),
            "question": next(one["question"] for one in shown if one["name"] == self.first),
            "controls": self._controls(),
            "presets": shown,
            "words": raft_words(),
        }

    def _controls(self) -> list[dict[str, Json]]:
        names = [(name, name) for name in STORIES]
        controls = [choice("story", "story", "split_vote", names, more=True, menu=True), hidden_list("asks", [])]
        if self._can_stage():
            low, high = (round(s * 1000) for s in RANDOM_TIMEOUT_S)
            kinds = [("staged", _("staged")), ("random", _("random"))]
            said = _(
                "Staged: fixed for each node, so that the scenario is always the same. Random: from {low} to {high} "
                "ms, by the seed.",
                low=low,
                high=high,
            )
            controls.append(choice("timeouts", _("Election timeouts"), "staged", kinds, help=said))
        if self.node is None:
            said = _("The nodes run without this rule of the paper: does a promise break?")
            controls.append(choice("flaw", _("Leave out a rule"), "none", list(flaw_words().items()), help=said))
        if self._can("pre_vote"):
            controls.append(toggle("pre_vote", _("Pre-vote"), False, help=_("Ask first whether one would be elected.")))
        if self._can("no_op"):
            said = _("A new leader begins with an empty entry")
            controls.append(toggle("no_op", said, False, more=True))
        return controls

    def _presets(self) -> list[dict[str, Json]]:
        return [self._preset(name, story) for name, story in STORIES.items()]

    def _preset(self, name: str, story: Story) -> dict[str, Json]:
        # A single letter is a node's name, the same in every language.
        options = [(value, _(text) if len(text) > 1 else text) for value, text in story.options.items()]
        asked = question(_(story.question), options, name=name)
        more = {"timeouts": "random"} if name == "free" and self._can_stage() else {}
        faults = list(story.run.scenario.faults)
        return preset(name, _(story.label), _(story.watch), question=asked, story=name, faults=faults, **more)

    # -------- what happens

    def scenario(self, params: Mapping[str, Json]) -> Setup:
        staged = STORIES[params["story"]].run
        told = vars(staged.scenario)
        clients = (*staged.scenario.clients, *_own_clients(params["asks"], staged.scenario.until_s))
        run = Scenario(**{**told, "faults": (), "clients": clients, "seed": params["seed"]})
        return Setup(self._nodes_of(staged, params), run)

    def _nodes_of(self, staged: raft_stages.Preset, params: Mapping[str, Json]) -> dict[str, Factory]:
        """The same factories for the same values: a run is then replayed only from where it changes."""
        flaw, at_random = params.get("flaw", "none"), params.get("timeouts", "random") == "random"
        options = {name: True for name in ("pre_vote", "no_op") if params.get(name)}
        key = (params["story"], flaw, at_random, *options)
        if key not in self._made:
            ranges = {n: RANDOM_TIMEOUT_S if at_random else (s, s) for n, s in staged.timeouts_s.items()}
            kind = self.node or FLAWS[flaw]
            self._made[key] = {name: self._factory(kind, range_s, options) for name, range_s in ranges.items()}
        return self._made[key]

    def _factory(self, kind: Callable[..., Any], range_s: tuple[float, float], options: Mapping[str, bool]) -> Factory:
        if self._can("election_timeout_s"):
            return partial(kind, election_timeout_s=range_s, **options)
        if self._can_stage() and isinstance(kind, type):
            return partial(type(kind.__name__, (kind,), {"election_timeout_s": range_s}), **options)
        return partial(kind, **options)

    def _judge(self, trace: Trace, kept: int, properties: Sequence[Property], last: Trace | None) -> Trace:
        """The promises of Figure 3; a class that does not keep the fields cannot be asked."""
        self._notice = _failure(trace)
        whole, missing = with_defaults(trace)
        try:
            found = {f.name: f for f in raft_properties.over_time(whole)}
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            what = shell.explain(error) if not isinstance(error, KeyError) else _("no field {name}", name=error)
            self._notice = self._notice or _("The promises cannot be judged: {what}.", what=what)
            return trace
        shown = [found[name] for name in PROMISES if NEEDS.get(name) not in missing]
        return trace.with_findings(*(Finding(f.name, f.kind, f.status, reason(f.because), f.event) for f in shown))

    def answers(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Mapping[str, str]]:
        try:
            return {params["story"]: STORIES[params["story"]].answer(trace)}
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            return {}  # a class that does not keep the fields: the notice says so

    def extra(self, trace: Trace, params: Mapping[str, Json]) -> Mapping[str, Json]:
        table = raft.PRE_VOTE_TRANSITIONS if params.get("pre_vote") else raft.TRANSITIONS
        staged = STORIES[params["story"]]
        at_random = params.get("timeouts", "random") == "random"
        told = {
            "logs": log_changes(trace),
            "turns": turns(trace, table),
            "transitions": [[old, event, new] for (old, event), new in table.items()],
            "timeout_max_s": RANDOM_TIMEOUT_S[1] if at_random else max(staged.run.timeouts_s.values()),
        }
        view = {"raft": told, "hide_after_s": staged.hide_after_s, "notice": self._notice}
        try:
            return view | in_words(trace)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            return view


def _own_clients(asks: Sequence[Mapping[str, Json]], until_s: float) -> Iterator[Client]:
    """A client for each write that was asked for by hand. ValueError in one line for what is not such a list."""
    if len(asks) > ASKS_MAX:
        raise ValueError(_("At most {n} writes by hand.", n=ASKS_MAX))
    for number_, ask in enumerate(asks, 1):
        at_s, node = ask.get("at_s"), ask.get("node")
        good = isinstance(at_s, (int, float)) and not isinstance(at_s, bool) and 0 <= at_s <= until_s
        if not good or not isinstance(node, str) or not node:
            raise ValueError(_("A write by hand has at_s, a moment of the run, and node, a name: not {ask}.", ask=ask))
        yield Client(f"you{number_}", [("write", "x", 100 + number_)], to=[node], start_s=at_s, timeout_s=OWN_TIMEOUT_S)


def _failure(trace: Trace) -> str | None:
    """The first error that a node raised, in one line."""
    row = next((row for row in trace.rows if row[1] == "error"), None)
    if row is None:
        return None
    return _("At {t} s {node} raised {what}", t=text_number(row[0], 3), node=row[2], what=str(row[5])[:300])


def in_words(trace: Trace) -> dict[str, Json]:
    """Who led, what was committed, and what was broken: the summary, and the table of numbers."""
    leaders, seen = _leaders(trace), [now for _at_s, _name, now in steps(trace)]
    committed = max((now.get("commit_index", 0) for now in seen), default=0)
    leads = [_("{name} in term {term} from {t} s", name=n, term=term, t=_s(at_s)) for at_s, term, n in leaders]
    told = [_("Leaders: {list}.", list=", ".join(leads)) if leads else _("Nobody leads until the end.")]
    told.append(_("Entries committed: {n}.", n=committed))
    broken = [f for f in trace.findings if f.status == "violated"]
    for f in broken:
        at_s = text_number(trace.rows[f.event][0], 3)
        told.append(_("Broken at {t} s: {promise}: {why}.", t=at_s, promise=_(PROMISES[f.name][0]), why=f.because))
    if trace.findings and not broken:
        told.append(_("All promises are kept."))
    rows = [
        shell.number(_("terms begun"), max((now.get("term", 0) for now in seen), default=0)),
        shell.number(_("leaders elected"), len(leaders)),
        shell.number(_("entries committed"), committed),
        shell.number(_("messages sent"), sum(row[1] == "send" for row in trace.rows)),
    ]
    return {"summary": " ".join(told), "numbers": rows}


def flaw_words() -> dict[str, str]:
    return {
        "none": _("none"),
        "5.4.2": _("5.4.2, own term only"),
        "5.4.1": _("5.4.1, logs compared"),
        "5.2": _("5.2, one vote a term"),
        "disk": _("Figure 2, the disk"),
    }


def raft_words() -> dict[str, Json]:
    """The words of the panel's own parts."""
    return {
        "logs": _("Logs"),
        "roles": {role: _(word) for role, word in ROLE_WORDS.items()},
        "events": {event: _(word) for event, word in EVENT_WORDS.items()},
        "promises": {name: [_(title), _(means)] for name, (title, means) in PROMISES.items()},
        "messages": {
            "request_vote": _("vote? {term}"),
            "request_pre_vote": _("pre-vote? {term}"),
            "yes": _("yes {term}"),
            "no": _("no {term}"),
            "entries": _("entries {term}"),
            "heartbeat": _("heartbeat {term}"),
            "has": _("has {index}"),
            "refuses": _("refuses {term}"),
        },
        "term": _("term {n}"),
        "voted": _("voted for"),
        "timer": _("timer, ms"),
        "committed": _("committed"),
        "uncommitted": _("not committed"),
        "matched": _("so far the leader knows it"),
        "crashed": _("crashed"),
        "paused": _("paused"),
        "machine": _("Roles of {node}"),
        "last": _("{t} s, {node}: {old} → {new}, {what}"),
        "not_in_table": _("not in the table of transitions"),
        "no_turn": _("{node} has not changed its role yet"),
        "safety": _("Promises up to this moment"),
        "from": _("(broken at {t} s)"),
        "broken": _("{promise}, {t} s: {why}"),
        "all_kept": _("Nothing is broken up to here."),
        "ask": _("Ask {node} to write x = {value}"),
        "asks_max": ASKS_MAX,
        "ask_title": _("Writes by hand"),
        "asked": _("{t} s: {node}, x = {value}"),
        "remove": _("Remove: {fault}"),
        "row": _("{node}: {role}, term {term}; log: {log}; committed: {n}"),
        "entry": _("index {index}, term {term}: {command}"),
        "empty": _("empty"),
    }


def raft_panel(node: Callable[..., Any] | None = None, *, preset: str = "split_vote", **params: Any) -> RaftPanel:
    """Open the Raft panel.

    `node`: a class of yours, in the place of the model (see the module); `preset`: one of split_vote, stale_leader,
    figure_8, minority, old_term, high_term, free. `params` set the controls, for example `pre_vote=True`,
    `flaw="5.4.2"`, `seed=7`; ValueError for one that the panel does not have. `reveal=True` asks for no prediction.
    """
    return RaftPanel(node, preset=preset, **params)


__all__ = ["FLAWS", "STORIES", "RaftPanel", "raft_panel"]
