"""The etcd panel: one run of a real cluster, as its client and its members' logs tell it.

1. Above, a lane for each member: who led in which term, who stood for election, who was killed. Below, what the client
   tried: writes, linearizable reads, serializable reads, each with what became of it. Both share one time axis.
2. A bracket over the writes is a time in which none succeeded, measured from the signal to the first answer after it.
3. Nothing is computed anew: the panel shows a `Recording` of `faultlab.live`, one just played or the one of the
   package, and says in one line which.

    etcd_panel(failover_recording())

Left out: what travelled between the members. The Raft panel shows that, of a cluster that it simulates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultlab.i18n import _
from faultlab.widgets.panel import Panel, choice, number, outcome, preset, question, text_number

# Of the recording, which is not imported: a panel knows no laboratory, only its data.
ROLE, WRITE, READ, KILL, RESTART = "role", "write", "read", "kill", "restart"
OK, LEADER, CANDIDATES = "ok", "leader", ("candidate", "pre-candidate")
DOWN = "down"

WHOLE, ONE, MOST = "whole", "one", "most"
BEFORE_S, AFTER_S = 0.6, 0.9  # shown on both sides of an outage
# The answers to "how long": up to so many seconds.
GAPS_S = (("short", 0.5), ("timeouts", 3.0), ("long", 10.0))
VERY_LONG = "very_long"
BOTH, LINEAR, SERIAL, NOTHING = "both", "linearizable", "serializable", "nothing"
NONE, SOME, EVERY = "none", "some", "all"


class EtcdPanel(Panel):
    topic = "etcd"

    def __init__(self, run: Any, **params: Any) -> None:
        self.run = run
        self.outages = run.outages()
        if len(self.outages) < 2 or any(outage.to_s is None for outage in self.outages[:2]):
            raise ValueError(_("this run does not show the loss of a leader and of a majority, and how both end"))
        super().__init__(**params)

    # -------- what it consists of

    def describe(self) -> dict[str, Any]:
        asked = _questions(self.run.attempt_limit_s)
        parts = [(WHOLE, _("everything")), (ONE, _("the leader is killed")), (MOST, _("two of three are killed"))]
        return {
            "title": _("A real cluster: etcd"),
            "question": asked["gap"],
            "controls": [choice("part", _("Show"), ONE, parts)],
            "presets": [
                preset(
                    "leader",
                    _("The leader is killed"),
                    _("the bracket over the writes, and the terms before and after it."),
                    asked["gap"],
                    part=ONE,
                ),
                preset(
                    "majority",
                    _("Two of three are killed"),
                    _("the three rows of the client; and the member that is left: what it does when it is alone."),
                    asked["alone"],
                    part=MOST,
                ),
                preset(
                    "lost",
                    _("Writes without an answer"),
                    _("circled crosses: given up by the client, and carried out all the same."),
                    asked["lost"],
                    part=WHOLE,
                ),
            ],
            "words": _words(),
        }

    # -------- what it computes

    def compute(self, params: Mapping[str, Any]) -> dict[str, Any]:
        run, (first, second) = self.run, self.outages[:2]
        from_s, to_s = self._window(params["part"])
        return {
            "from_s": from_s,
            "to_s": to_s,
            "covered_s": (second if params["part"] == MOST else first).from_s,
            "members": [lane(run, name) for name in run.members],
            "writes": [[w.at_s, w.end_s, w.outcome == OK, bool(w.applied)] for w in run.of(WRITE)],
            "reads": [
                [[r.at_s, r.end_s, r.outcome == OK] for r in run.of(READ) if r.serializable is wanted]
                for wanted in (False, True)
            ],
            "outages": [[o.from_s, o.to_s] for o in (first, second)],
            "source": source(run),
            "answers": {
                "gap": outcome(gap_answer(first.length_s), _gap_sentence(run, first)),
                "alone": outcome(alone_answer(run, second), _alone_sentence(run, second)),
                "lost": outcome(lost_answer(run), _lost_sentence(run)),
            },
            "columns": [_("leader killed"), _("two of three killed")],
            "numbers": _numbers(run, first, second),
            "summary": f"{_gap_sentence(run, first)} {_alone_sentence(run, second)} {source(run)}",
            "log": log(run),
        }

    def _window(self, part: str) -> tuple[float, float]:
        if part == WHOLE:
            return 0.0, self.run.end_s
        outage = self.outages[part == MOST]
        return max(0.0, outage.from_s - BEFORE_S), min(self.run.end_s, outage.to_s + AFTER_S)


# ---------------------------------------------------------------- what the recording says


def lane(run: Any, name: str) -> dict[str, Any]:
    """One member: stretches [from, to, role, term], and the moments of signals, starts and candidacies.

    From the start to the first word in its log a member is still down.
    """
    stretches: list[list[Any]] = []
    kills, restarts, candidacies = [], [], []
    for event in run.of(ROLE, KILL, RESTART):
        if event.who != name:
            continue
        if event.kind == RESTART:
            restarts.append(event.at_s)
            continue
        if event.kind == KILL:
            kills.append(event.at_s)
        if event.role in CANDIDATES:
            candidacies.append([event.at_s, event.term])
        role, term = (DOWN, None) if event.kind == KILL else (event.role, event.term)
        if stretches:
            stretches[-1][1] = event.at_s
        stretches.append([event.at_s, run.end_s, role, term])
    return {"name": name, "stretches": stretches, "kills": kills, "restarts": restarts, "candidacies": candidacies}


def gap_answer(length_s: float) -> str:
    return next((name for name, limit_s in GAPS_S if length_s < limit_s), VERY_LONG)


def alone_events(run: Any, outage: Any) -> list[Any]:
    """What the client tried while the majority was down: from the last signal to the next start."""
    killed_s = max(event.at_s for event in run.of(KILL) if event.who in outage.killed)
    started_s = min((e.at_s for e in run.of(RESTART) if e.at_s > killed_s), default=run.end_s)
    return [event for event in run.of(WRITE, READ) if killed_s <= event.at_s and event.end_s <= started_s]


def alone_answer(run: Any, outage: Any) -> str:
    """Which requests were answered while two of three were down."""
    answered = [event for event in alone_events(run, outage) if event.outcome == OK]
    if any(event.kind == WRITE for event in answered):
        return BOTH
    if any(not event.serializable for event in answered):
        return LINEAR
    return SERIAL if answered else NOTHING


def lost_answer(run: Any) -> str:
    applied, unknown = run.lost_and_applied()
    return NONE if not applied else EVERY if applied == unknown else SOME


def led_before_and_after(run: Any, outage: Any) -> tuple[Any, Any]:
    """The last leadership that began before the outage, and the last that began within it (None: none did)."""
    before = [event for event in run.leaders() if event.at_s <= outage.from_s]
    within = [event for event in run.leaders() if outage.from_s < event.at_s <= outage.to_s]
    return before[-1] if before else None, within[-1] if within else None


def source(run: Any) -> str:
    """Which run this is, in one line."""
    values = {"software": run.software, "machine": run.machine, "cores": run.cores}
    if not run.recorded:
        return _("Played here a moment ago: {software}; {machine}, cores: {cores}.", **values)
    if run.because:
        return _(
            "etcd did not start here ({why}); a recorded run: {software}; {machine}, cores: {cores}.",
            why=run.because,
            **values,
        )
    return _("A recorded run, not played here: {software}; {machine}, cores: {cores}.", **values)


# ---------------------------------------------------------------- in words


def seconds(value: float) -> str:
    """Seconds to the hundredth: an attempt takes 0.2 s, so the next digit would promise too much."""
    return text_number(value, 2)


def _questions(limit_s: float) -> dict[str, dict[str, Any]]:
    return {
        "gap": question(
            _("The leader of three members is killed with a signal. How long does no write succeed?"),
            [
                ("short", _("less than {s} s", s=text_number(GAPS_S[0][1], 1))),
                ("timeouts", _("from {a} to {b} s", a=text_number(GAPS_S[0][1], 1), b=text_number(GAPS_S[1][1]))),
                ("long", _("from {a} to {b} s", a=text_number(GAPS_S[1][1]), b=text_number(GAPS_S[2][1]))),
                (VERY_LONG, _("until somebody starts it again")),
            ],
            name="gap",
        ),
        "alone": question(
            _("Two of three members are killed; the leader lives. What is still answered?"),
            [
                (BOTH, _("reads and writes: the leader is there")),
                (LINEAR, _("all reads, no writes")),
                (SERIAL, _("only serializable reads")),
                (NOTHING, _("no request at all")),
            ],
            name="alone",
        ),
        "lost": question(
            _(
                "The client gives up a write after {s} s without an answer. Which of these were carried out?",
                s=text_number(limit_s, 1),
            ),
            [(NONE, _("none of them")), (SOME, _("some of them")), (EVERY, _("all of them"))],
            name="lost",
        ),
    }


def _words() -> dict[str, Any]:
    return {
        "time": _("time, s"),
        "roles": {
            "leader": _("leader, term {n}"),
            "follower": _("follower, term {n}"),
            "candidate": _("candidate, term {n}"),
            "pre-candidate": _("pre-vote, term {n}"),
            "down": _("killed"),
        },
        "term": _("term {n}"),
        "writes": _("writes"),
        "linearizable": _("linearizable reads"),
        "serializable": _("serializable reads"),
        "gap": _("{n} s without a write"),
        "kill": _("killed by SIGKILL"),
        "restart": _("started again"),
        "candidacy": _("stands for election"),
        "ok": _("answered"),
        "lost": _("no answer"),
        "applied": _("no answer, but carried out"),
    }


def _gap_sentence(run: Any, outage: Any) -> str:
    old, new = led_before_and_after(run, outage)
    if old is None or new is None:
        return _("For {s} s no write succeeded.", s=seconds(outage.length_s))
    return _(
        "{old} led in term {before} and was killed; {s1} s later {new} led in term {after}, "
        "and after {s2} s a write was answered again.",
        old=old.who, new=new.who, before=old.term, after=new.term,
        s1=seconds(new.at_s - outage.from_s), s2=seconds(outage.length_s),
    )  # fmt: skip


def _alone_sentence(run: Any, outage: Any) -> str:
    tried = alone_events(run, outage)
    linear = [e for e in tried if e.kind == READ and not e.serializable]
    serial = [e for e in tried if e.kind == READ and e.serializable]
    writes = [e for e in tried if e.kind == WRITE]
    return _(
        "While two of three were down, {w} of {writes} writes were answered, {r} of {reads} linearizable reads, "
        "and {s} of {serial} serializable ones.",
        w=_answered(writes), writes=len(writes), r=_answered(linear), reads=len(linear),
        s=_answered(serial), serial=len(serial),
    )  # fmt: skip


def _lost_sentence(run: Any) -> str:
    applied, unknown = run.lost_and_applied()
    return _("Of {n} writes without an answer {applied} were carried out in the end.", n=unknown, applied=applied)


def _answered(events: list[Any]) -> int:
    return sum(event.outcome == OK for event in events)


def _numbers(run: Any, *outages: Any) -> list[dict[str, Any]]:
    led = [led_before_and_after(run, outage) for outage in outages]
    lost = [
        [w for w in run.of(WRITE) if o.from_s <= w.at_s <= o.to_s and w.outcome != OK] for o in outages
    ]  # fmt: skip
    return [
        number(_("leader before"), *(old.who if old else "–" for old, _new in led)),
        number(_("… in term"), *(str(old.term) if old else "–" for old, _new in led)),
        number(_("leader after"), *(new.who if new else "–" for _old, new in led)),
        number(_("… in term"), *(str(new.term) if new else "–" for _old, new in led)),
        number(
            _("from the signal to the new leader, s"),
            *(seconds(new.at_s - o.from_s) if new else "–" for (_old, new), o in zip(led, outages, strict=True)),
        ),
        number(_("no write succeeded for, s"), *(seconds(o.length_s) for o in outages)),
        number(_("writes without an answer"), *(str(len(writes)) for writes in lost)),
        number(_("… carried out all the same"), *(str(sum(bool(w.applied) for w in writes)) for writes in lost)),
    ]


def log(run: Any) -> list[str]:
    """Signals, starts and changes of role in the order of time; the client's attempts are in the numbers."""
    said = {
        KILL: _("{t} s: {who} is killed."),
        RESTART: _("{t} s: {who} is started again."),
        LEADER: _("{t} s: {who} leads in term {n}."),
        "follower": _("{t} s: {who} is a follower in term {n}."),
        "candidate": _("{t} s: {who} stands for election in term {n}."),
        "pre-candidate": _("{t} s: {who} asks whether it would be elected, in term {n}."),
    }
    return [
        said[event.role or event.kind].format(t=seconds(event.at_s), who=event.who, n=event.term)
        for event in run.of(ROLE, KILL, RESTART)
    ]


def etcd_panel(run: Any, **params: Any) -> EtcdPanel:
    """The etcd panel for a `Recording`, such as `failover_recording()` of `faultlab.live` gives.

    ValueError for a run without two outages. `part` is "one" (the leader is killed), "most" (two of three are), or
    "whole"; `reveal=True` shows the outcome without asking for a prediction.
    """
    return EtcdPanel(run, **params)
