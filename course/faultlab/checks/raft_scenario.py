"""What a prediction about a failing Raft cluster must say (exercise 3.5, task 3).

The learner hands in data: sets of what is possible, seconds, and (least, most). `faultlab.models.raft_scenario` has
played every run of the story; what they came to is the answer. Nothing of the learner's runs.

1. Each entry of PREDICTION is a check with points of its own. A schedule is a list of its parts.
2. A set must be the set: what is left out is shown in a run, and what is too much fails as well, so that naming
   everything is no answer.
3. An entry in which nothing was filled in is not attempted. `None` is what was not filled in; an empty set is an
   answer.
4. A failure says what was left out or never happens, and brings a run: one in which it happens, or one that comes as
   near as any.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.runs import wrong
from faultlab.checks.subject import RemoteError, SubjectError
from faultlab.i18n import N_, _
from faultlab.models import raft_scenario as story
from faultlab.models.raft import CANDIDATE, FOLLOWER, LEADER, ROLES
from faultlab.models.raft_scenario import END_S, FOR_B, NAMES, NEVER, NOBODY, SIDES, Case, Moment, all_runs, answer_key
from faultlab.sim.plain import literal
from faultlab.sim.trace import Trace

LATENCIES = story.LATENCIES_S
TERM_MAX = 1000
SHOWN_MAX = 80
FATES = ("kept", "overwritten", "committed")

Path = tuple[Any, ...]
# A run to show, and the index of the event that matters.
Shown = tuple[Trace, int]


# ---------------------------------------------------------------- reading


def written(path: Path) -> str:
    """The place of a value, as the learner would write it."""
    return "PREDICTION" + "".join(f'["{key}"]' if isinstance(key, str) else f"[{key}]" for key in path)


def is_blank(value: Any) -> bool:
    """Was nothing filled in here?"""
    if isinstance(value, dict):
        return all(map(is_blank, value.values()))
    return value is None or (isinstance(value, list | tuple | set) and all(map(is_blank, value)))


def answer_at(t: Trial, path: Path) -> Any:
    """What stands at this place; fails with one line if there is no such place, or nothing in it."""
    value = t.value(t.objects[0])
    if not isinstance(value, dict):
        t.fail(_("PREDICTION should be a dict, as in the template."))
    if is_blank(value.get(path[0])):
        raise SubjectError(RemoteError(("NotImplementedError",)))
    for depth, key in enumerate(path, 1):
        if not isinstance(value, dict):
            t.fail(_("{where} should be a dict, as in the template.", where=written(path[: depth - 1])))
        if value.get(key) is None:
            t.fail(_("{where} is not filled in.", where=written(path[:depth])))
        value = value[key]
    return value


def set_at(t: Trial, path: Path, known: Iterable[Any]) -> set[Any]:
    """A set of names, of terms, of words. Names may be written as one text, such as "BC"."""
    value, known = answer_at(t, path), list(known)
    if isinstance(value, str):
        value = _words(value, known)
    if not isinstance(value, list | tuple | set):
        t.fail(_("{where} is {value}; it should be a set.", where=written(path), value=_brief(value)))
    for item in value:
        if isinstance(item, bool) or not isinstance(item, str | int | float) or item not in known:
            t.fail(_("{where} holds {value}; there are {known}.", where=written(path), value=_brief(item),
                     known=_listed(known)))  # fmt: skip
    return set(value)


def _words(text: str, known: list[Any]) -> list[str]:
    words = [word for word in re.split(r"[\s,]+", text) if word]
    return [letter for word in words for letter in ([word] if word in known else word)]


def _listed(known: list[Any]) -> str:
    if known and isinstance(known[0], int):
        return _("whole numbers from {least} on", least=known[0])
    return ", ".join(map(repr, known))


def second_at(t: Trial, path: Path) -> float | str:
    """A second, or "never"."""
    value = answer_at(t, path)
    if value != NEVER and not _is_number(value):
        t.fail(_('{where} is {value}; it should be a number of seconds, or "never".', where=written(path),
                 value=_brief(value)))  # fmt: skip
    return value


def span_at(t: Trial, path: Path) -> tuple[float, float]:
    """(least, most), in this order."""
    value = answer_at(t, path)
    good = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    if not good or value[0] > value[1]:
        t.fail(_("{where} is {value}; it should be two numbers, the smaller one first.", where=written(path),
                 value=_brief(value)))  # fmt: skip
    return value[0], value[1]


def _brief(value: Any) -> str:
    """A value as it is shown: the elements of a set always in the same order, and not too many of them."""
    try:
        text = literal(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def right_at(path: Path) -> Any:
    """What the runs came to."""
    value: Any = answer_key()
    for key in path:
        value = value[key]
    return value


# ---------------------------------------------------------------- showing


def shown(moment: Moment | None, case: Case | None = None) -> Shown:
    """A run that ends with this moment."""
    assert moment is not None
    trace = all_runs().run_to(moment, case)
    return trace, len(trace) - 1


def any_moment(at_s: int, case: Case | None = None) -> Moment:
    return next(all_runs().moments(at_s, case))


def nearest(name: str, at_s: int, case: Case | None = None) -> Shown:
    """A run in which this node comes as near as any to leading at this second: it stands for election, if it ever
    does, or soon will."""
    seconds = [*range(at_s, story.STAND_S, -1), *range(at_s + 1, min(at_s + 5, END_S))]
    moment = all_runs().first(lambda m: m.up(name) and m.node(name)["role"] == CANDIDATE, seconds, case)
    return shown(moment or any_moment(at_s, case), case)


def at_change(trace: Trace, role_before: str | None, role: str, name: str) -> int:
    """The event at which a node's role becomes `role`, or the last one."""
    was = None
    for index, row in enumerate(trace.rows):
        new = trace.changes.get(index, {}).get("role") if row[2] == name else None
        if new == role and role_before in (None, was):
            return index
        was = new or was
    return len(trace) - 1


def expect_set(
    t: Trial,
    path: Path,
    known: Iterable[Any],
    happens: Callable[[Any], Shown],
    never: Callable[[Any], tuple[str, Shown]],
) -> None:
    """The set that stands at `path` should be that of the runs. `happens(value)` shows one that was left out,
    `never(value)` says why one does not happen, and shows what comes nearest."""
    got, right = set_at(t, path, known), right_at(path)
    for value in sorted(right - got, key=str):
        message = _("{where}: {value} is possible too, as this run shows.", where=written(path), value=_brief(value))
        wrong(t, *_told(happens(value), message))
    for value in sorted(got - right, key=str):
        why, run = never(value)
        message = _("{where}: {value} happens in no run.", where=written(path), value=_brief(value))
        wrong(t, *_told(run, f"{message} {why}"))


def _told(run: Shown, message: str) -> tuple[Trace, str, int]:
    return run[0], message, run[1]


def expect_leaders(
    t: Trial, path: Path, at_s: int, names: Iterable[str], why: Mapping[str, str], case: Case | None = None
) -> None:
    """Who of these may lead; `why` says of each of the others what is in its way ("" for the rest)."""
    names = tuple(names)

    def happens(value: str) -> Shown:
        return shown(all_runs().first(lambda m: value in story.leaders_of(m, names), [at_s], case), case)

    def never(value: str) -> tuple[str, Shown]:
        return why.get(value, why.get("", "")), nearest(value, at_s, case)

    expect_set(t, path, (*names, NOBODY), happens, never)


def expect_terms(t: Trial, path: Path, at_s: int, names: Iterable[str]) -> None:
    """Which the highest term of these nodes may be."""
    names = tuple(names)

    def having(term: int) -> Shown:
        return shown(all_runs().first(lambda m: story.highest_term(m, names) == term, [at_s]))

    def never(term: int) -> tuple[str, Shown]:
        right = right_at(path)
        if term > max(right):
            why = _("A new term begins when a timer runs out, 12 to 15 s after it was set. This is the highest term.")
            return why, having(max(right))
        why = _("Terms only grow, and by then they have come further in every run. This is the lowest one.")
        return why, having(min(right))

    expect_set(t, path, range(1, TERM_MAX), having, never)


def why_not_a() -> str:
    return _("A is down from 0 to 30 s, and its timer then takes 12 s or more.")


# ---------------------------------------------------------------- the checks


def parts_of(schedule: Schedule, *parts: Any) -> list[Any]:
    """The parts that a schedule names; the first one if it names none."""
    return [part for part in parts if part in schedule] or [parts[0]]


@register(
    "raft_scenario.first_leader",
    title=N_("The first election: who may lead in term 4 before the cut, and from when on"),
    examples=[["at_14", "elected_s"]],
)
def first_leader(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "at_14", "elected_s"):
        if part == "at_14":
            stands = _("It would have to stand for election, and no timer of D or E runs out before 22 s.")
            expect_leaders(t, ("first_leader", part), 14, NAMES, {"A": why_not_a(), "D": stands, "E": stands})
            continue
        for slow_s in LATENCIES:
            path = ("first_leader", part, slow_s)
            got, case = second_at(t, path), FOR_B[slow_s]
            if got != right_at(path):
                trace, _end = shown(any_moment(18, case), case)
                message = _("{where} is {got}, and it is not so. This is the run with L = {l} in which D and E vote "
                            "for B: look when their votes reach it.", where=written(path), got=_brief(got),
                            l=slow_s)  # fmt: skip
                wrong(t, trace, message, at_change(trace, CANDIDATE, LEADER, "B"))


@register(
    "raft_scenario.terms",
    title=N_("The highest term on either side after the seconds 9, 14 and 24"),
    examples=[[9, 14, 24]],
)
def terms(t: Trial, schedule: Schedule) -> None:
    """The schedule: seconds."""
    for at_s in parts_of(schedule, 9, 14, 24):
        for side in SIDES:
            expect_terms(t, ("terms", at_s, story.side_name(side)), at_s, side)


@register(
    "raft_scenario.split_brain",
    title=N_("The partition: who may lead on either side, what can be committed, and when an old leader steps down"),
    examples=[["at_20", "commits", "steps_down_s"]],
)
def split_brain(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "at_20", "commits", "steps_down_s"):
        path = ("split_brain", part)
        if part == "at_20":
            two = _("Nobody is elected with two votes of five.")
            for side in SIDES:
                expect_leaders(t, (*path, story.side_name(side)), 20, side, {"": two})
        elif part == "commits":
            _expect_no_commits(t, path)
        else:
            _expect_steps_down(t, path)


def _expect_no_commits(t: Trial, path: Path) -> None:
    got = answer_at(t, path)
    if not _is_number(got) or got != right_at(path):
        message = _(
            "{where} is {got}, and it is not so: here B leads with an entry that nobody has committed. Count the nodes "
            "that can tell B that they have it.",
            where=written(path),
            got=_brief(got),
        )
        wrong(t, *_told(shown(any_moment(24, FOR_B[3]), FOR_B[3]), message))


def _expect_steps_down(t: Trial, path: Path) -> None:
    """The first second and the last, each on its own."""
    case, got, right = FOR_B[3], span_at(t, path), right_at(path)
    told = [
        _("{where}: the first second is not {value}. In this run B steps down as early as it can."),
        _("{where}: the last second is not {value}. In this run B leads as long as it can."),
    ]
    for value, at_s, text in zip(got, right, told, strict=True):
        if value != at_s:
            ceased = (m for m in all_runs().moments(at_s, case) if "B" not in m.leaders())
            moment = next(m for m in ceased if "B" in all_runs().before(m).leaders())
            trace, _end = shown(moment, case)
            message = text.format(where=written(path), value=_brief(value))
            wrong(t, trace, message, at_change(trace, LEADER, FOLLOWER, "B"))


@register(
    "raft_scenario.entry",
    title=N_("The first entry of term 4: who holds it after the second 20, and when it is committed"),
    examples=[["holders_at_20", "committed_s"]],
)
def entry(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "holders_at_20", "committed_s"):
        for slow_s in LATENCIES:
            path, case = ("entry", part, slow_s), FOR_B[slow_s]
            holders = part == "holders_at_20"
            got = set_at(t, path, NAMES) if holders else second_at(t, path)
            if got == right_at(path):
                continue
            told = {"where": written(path), "got": _brief(got), "l": slow_s}
            if holders:
                message = _("{where} is {got}, and it is not so. Look at the logs at the end of this run with L = {l}.",
                            **told)  # fmt: skip
                wrong(t, *_told(shown(any_moment(20, case), case), message))
            message = _("{where} is {got}, and it is not so. Look at B's commit_index in this run with L = {l}: it "
                        "needs the answers of two others before the cut.", **told)  # fmt: skip
            wrong(t, *_told(shown(any_moment(24, case), case), message))


@register(
    "raft_scenario.electable",
    title=N_("The network has healed, A is still down: who could be elected, if nobody else stood"),
    examples=[list(LATENCIES)],
)
def electable(t: Trial, schedule: Schedule) -> None:
    """The schedule: values of L."""
    for slow_s in parts_of(schedule, *LATENCIES):
        case = FOR_B[slow_s]
        moment = any_moment(story.HEAL_S, case)
        run = shown(moment, case)

        def happens(_name: str, run: Shown = run) -> Shown:
            return run

        def never(name: str, moment: Moment = moment, run: Shown = run) -> tuple[str, Shown]:
            if not moment.up(name):
                return _("A is down until 30 s."), run
            why = _("Its log ends like this: {log}. Only {voters} would vote for it, and three votes are needed.",
                    log=repr(moment.node(name)["log"][-1]), voters=", ".join(moment.voters(name)))  # fmt: skip
            return why, run

        expect_set(t, ("electable", slow_s), NAMES, happens, never)


@register(
    "raft_scenario.next_leader",
    title=N_("After the partition: who may lead after the second 34, and in which terms"),
    examples=[["at_34", "terms_at_34"]],
)
def next_leader(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "at_34", "terms_at_34"):
        path: Path = ("next_leader", part)
        if part == "terms_at_34":
            expect_terms(t, path, 34, NAMES)
            continue
        for slow_s in LATENCIES:
            expect_leaders(t, (*path, slow_s), 34, NAMES, _why_not(FOR_B[slow_s]), FOR_B[slow_s])


def _why_not(case: Case) -> dict[str, str]:
    """What is in the way of each node."""
    able = any_moment(story.HEAL_S, case).electable()
    early = _("Its log would get it elected, but its timer does not run out early enough: think when it was last set.")
    behind = _("Its log is behind those of B and C, which do not vote for it.")
    return {name: early if name in able else behind for name in NAMES} | {"A": why_not_a()}


@register(
    "raft_scenario.returner",
    title=N_("A is back: its term, its role, and what becomes of Ann's entry"),
    examples=[["starts_in_term", "roles", "terms_at_34", "anns_entry"]],
)
def returner(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "starts_in_term", "roles", "terms_at_34", "anns_entry"):
        path = ("returner", part)
        if part == "starts_in_term":
            got = answer_at(t, path)
            if not _is_number(got) or got != right_at(path):
                trace, _end = shown(any_moment(story.RETURN_S))
                back = next(i for i, row in enumerate(trace.rows) if row[1] == "start" and row[5] == "again")
                message = _("{where} is {got}, and it is not so: A starts with what is on its disk.",
                            where=written(path), got=_brief(got))  # fmt: skip
                wrong(t, trace, message, back)
        elif part == "terms_at_34":
            expect_terms(t, path, 34, "A")
        elif part == "roles":
            expect_set(t, path, ROLES, lambda _role: shown(any_moment(END_S)), _never_that_role)
        else:
            expect_set(t, path, FATES, _with_fate, _never_that_fate)


def _never_that_role(_role: str) -> tuple[str, Shown]:
    return _("A has forgotten that it led, and its timer takes 12 s or more."), shown(any_moment(END_S))


def _with_fate(fate: str) -> Shown:
    return shown(all_runs().first(lambda m: story.fate_of_anns_entry(m) == fate, [END_S]))


def _never_that_fate(_fate: str) -> tuple[str, Shown]:
    why = _("Nobody but A holds the entry, and only a leader has others copy what it holds.")
    return why, shown(any_moment(END_S))


@register(
    "raft_scenario.outage",
    title=N_("Seconds without service, all together and in one stretch: the least and the most"),
    examples=[["total_s", "longest_s"]],
)
def outage(t: Trial, schedule: Schedule) -> None:
    """The schedule: parts of the entry."""
    for part in parts_of(schedule, "total_s", "longest_s"):
        path, place = ("outage", part), 0 if part == "total_s" else 1
        got, right = span_at(t, path), right_at(path)
        told = [
            _("{where}: the least is not {value}. No run has less than this one: count the seconds without service."),
            _("{where}: the most is not {value}. No run has more than this one: count the seconds without service."),
        ]
        for value, wanted, text in zip(got, right, told, strict=True):
            if value != wanted:
                found = min(o for o in all_runs().outages() if o[place] == wanted)
                trace = all_runs().run_with(*found)
                wrong(t, trace, text.format(where=written(path), value=_brief(value)), len(trace) - 1)
