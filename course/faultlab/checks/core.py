"""Checks: what a correct implementation must show, and the verdict on one that was handed in.

A check is a function `run(trial, schedule)` that plays a schedule (a list of plain steps) against a learner's code and
fails with a sentence. It is registered with *examples*, which everybody sees, and a *generator* of hidden schedules,
which only the grader runs.

1. A check talks to the code through `Trial` only, so the same check judges an object in the notebook and a process in
   the sandbox.
2. A failing schedule is made shorter before it is shown: steps are deleted as long as the check still fails.
3. Every check demands something (a positive control), so that an answer that does nothing fails all of them.
4. A mistake of the check itself is a "grader error": it never costs the learner points.

>>> check("breaker.threshold", CircuitBreaker)      # the whole content of a test cell in an assignment
"""

from __future__ import annotations

import html
import importlib
import json
import random
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faultlab.checks.story import Story, trace_text
from faultlab.checks.subject import (
    Gate,
    LocalChannel,
    Outcome,
    Pending,
    Ref,
    Subject,
    SubjectError,
    SubjectLost,
    named,
)
from faultlab.i18n import N_, _, number
from faultlab.sim.clock import VirtualClock
from faultlab.sim.trace import Trace

if TYPE_CHECKING:
    from faultlab.sim.explore import Exploration
    from faultlab.sim.node import Factory
    from faultlab.sim.properties import Property
    from faultlab.sim.scenario import Scenario
    from faultlab.sim.world import World

RIGHT, WRONG, PARTLY, NOT_ATTEMPTED, GRADER_ERROR = "right", "wrong", "partly right", "not attempted", "grader error"
STATUS_NAMES = {
    RIGHT: N_("right"),
    WRONG: N_("wrong"),
    PARTLY: N_("partly right"),
    NOT_ATTEMPTED: N_("not attempted"),
    GRADER_ERROR: N_("grader error"),
}
SHRINK_RUNS_MAX = 120
SHRINK_SECONDS_MAX = 5.0
PLAYER_PX = 720
# Of a trace: what is kept after the event that matters, and how much at most.
EVENTS_AFTER = 40
TRACE_EVENTS_MAX = 6_000
TRACE_CHARS_MAX = 2_000_000

Schedule = list[Any]


class Failed(Exception):
    """The implementation did not do what the check demands; the message says what was expected and what happened."""


@dataclass(frozen=True)
class Check:
    """One behaviour. `name` is "<topic>.<behaviour>"; `title` the rule in one sentence; `hidden` the number of hidden
    schedules."""

    name: str
    title: str
    run: Callable[[Trial, Schedule], float | None]
    examples: Sequence[Schedule]
    generate: Callable[[random.Random], Schedule] | None = None
    hidden: int = 0


@dataclass
class Verdict:
    """What a check found. `fraction` of its points is earned; `story` and `schedule` show the failure, `seed` repeats
    it. Of nodes that ran in a world or a search it is `trace` (as `Trace.to_json` writes it) that shows the failure, at
    its event `at`."""

    check: str
    status: str
    fraction: float = 0.0
    message: str = ""
    story: Story = field(default_factory=Story)
    schedule: Schedule | None = None
    seed: int | None = None
    hidden: bool = False
    title: str = ""
    traceback: str = ""
    lost: bool = False
    trace: dict[str, Any] | None = None
    at: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "story": self.story.to_json()}

    def to_text(self) -> str:
        """The card as text, for terminals and screen readers."""
        lines = [f"{_SIGNS[self.status]} {_(STATUS_NAMES[self.status])}: {_(self.title)}"]
        if self.message:
            lines.append(f"  {self.message}")
        if self.trace is not None:
            lines += ["", trace_text(Trace.from_json(self.trace), self.at)]
        elif self.story.events:
            lines += ["", self.story.to_text()]
        if self.traceback:
            lines += ["", self.traceback]
        return "\n".join(lines)

    def to_html(self) -> str:
        """The card: sign, word, rule, what happened, the story."""
        colour = {RIGHT: "#009E73", WRONG: "#D55E00"}.get(self.status, "#E69F00")
        word, title = html.escape(_(STATUS_NAMES[self.status])), html.escape(_(self.title))
        parts = [
            f'<div class="fl-card" style="border-left:4px solid {colour};padding:.4em .9em;margin:.4em 0">'
            f"<div><b>{_SIGNS[self.status]} {word}</b> · {title}</div>"
        ]
        if self.message:
            parts.append(f'<p style="margin:.4em 0">{html.escape(self.message)}</p>')
        if self.traceback:
            parts.append(f"<pre>{html.escape(self.traceback)}</pre>")
        if self.trace is not None:
            parts.append(_played(Trace.from_json(self.trace), self.at, self._where(), title))
        elif self.story.events:
            where = self._where()
            parts.append(f"<details open><summary>{html.escape(where)}</summary>{self.story.to_html()}</details>")
        return "".join(parts) + "</div>"

    def _where(self) -> str:
        if not self.hidden:
            return _("What happened")
        return _("What happened (hidden test, seed {seed}, shortened to the steps that matter)", seed=self.seed)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}


def _played(trace: Trace, at: int | None, where: str, title: str) -> str:
    """The trace in the player, and as text for whoever has no scripts. The frame keeps the learner's data, and the
    player's own styles, away from the page around it."""
    from faultlab.widgets.player import page

    text = html.escape(trace_text(trace, at))
    return (
        f"<details open><summary>{html.escape(where)}</summary>"
        f'<iframe srcdoc="{html.escape(page(trace, start=at))}" sandbox="allow-scripts" loading="lazy" title="{title}" '
        f'style="width:100%;height:{PLAYER_PX}px;border:1px solid #999;resize:vertical"></iframe></details>'
        f"<details><summary>{html.escape(_('The same as text'))}</summary><pre>{text}</pre></details>"
    )


_SIGNS = {RIGHT: "✓", WRONG: "✗", PARTLY: "◐", NOT_ATTEMPTED: "○", GRADER_ERROR: "?"}


class CheckFailed(Exception):
    """Raised by `check` after it has shown the verdict, so that nbgrader's Validate sees the failure too."""

    def _render_traceback_(self) -> list[str]:
        # The card above says it all; a traceback through the check would say nothing to a learner. nbgrader's Validate
        # shows these lines as they are, in a box that does not wrap them.
        return textwrap.wrap(str(self), 90)


class TrialClock(VirtualClock):
    """The clock that a trial hands to the code under test; reading it is no event of the story."""

    __slots__ = ()
    name = "clock"
    quiet = True


class Trial:
    """One run of one schedule: the learner's objects, a virtual clock, a random source, and the words to judge by."""

    def __init__(self, subject: Subject, objects: Sequence[Ref], seed: int, hidden: bool) -> None:
        self.subject = subject
        self.objects = list(objects)
        self.seed = seed
        self.hidden = hidden
        self.rng = random.Random(seed)
        self.clock = TrialClock()
        self.story = Story()
        self.trace: Trace | None = None
        self.at: int | None = None
        self.traceback = ""
        subject.watch = self._watch

    # Calls

    def new(self, *args: Any, **kwargs: Any) -> Ref:
        """Construct (call) the first of the learner's objects."""
        made = self.subject.call(self.objects[0], "", *args, **kwargs)
        if not isinstance(made, Ref):
            raise Failed(_("Expected an object, but the call returned {value}.", value=repr(made)))
        return made

    def call(self, ref: Ref, method: str = "", *args: Any, **kwargs: Any) -> Any:
        return self.subject.call(ref, method, *args, **kwargs)

    def attempt(self, ref: Ref, method: str = "", *args: Any, **kwargs: Any) -> Outcome:
        outcome = self.subject.attempt(ref, method, *args, **kwargs)
        if outcome.error is not None and outcome.error.is_a("NotImplementedError"):
            raise SubjectError(outcome.error)
        return outcome

    def start(self, ref: Ref, method: str = "", *args: Any, **kwargs: Any) -> Pending:
        return self.subject.start(ref, method, *args, **kwargs)

    def get(self, ref: Ref, attribute: str) -> Any:
        return self.subject.get(ref, attribute)

    def value(self, ref: Ref) -> Any:
        return self.subject.value(ref)

    def gate(self, name: str) -> Gate:
        return Gate(name)

    def sleep(self, seconds: float) -> None:
        """A `sleep` to hand to the code under test: virtual time passes at once."""
        self.clock.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass, and say so in the story."""
        self.clock.advance(seconds)
        if seconds:
            self.story.add(self.clock(), 0, "time", _("{seconds} s pass", seconds=number(seconds, 3)))

    # Nodes

    def explore(
        self, nodes: Mapping[str, Ref | Factory], properties: Iterable[Property] = (), **how: Any
    ) -> Exploration:
        """`faultlab.sim.explore.explore`, with the learner's classes (or classes of the check) as nodes."""
        from faultlab.checks.nodes import Remote
        from faultlab.sim.explore import explore
        from faultlab.sim.node import Node

        behind = {ref: Remote(self.subject, ref) for ref in nodes.values() if isinstance(ref, Ref)}
        steppers = {name: behind[ref] for name, ref in nodes.items() if isinstance(ref, Ref)}
        here = {name: Node if isinstance(node, Ref) else node for name, node in nodes.items()}
        return explore(here, properties, steppers=steppers, **how)

    def world(self, nodes: Mapping[str, Ref | Factory], scenario: Scenario | None = None, **how: Any) -> World:
        """`faultlab.sim.world.World`, with the learner's classes (or classes of the check) as nodes."""
        from faultlab.checks.nodes import remote_factory
        from faultlab.sim.world import World

        here = {n: remote_factory(self.subject, node) if isinstance(node, Ref) else node for n, node in nodes.items()}
        return World(here, scenario, **how)

    def keep(self, trace: Trace, at: int | None = None) -> None:
        """Show this trace, opened at event `at`, if the trial fails from here on."""
        self.trace, self.at = trace, at

    # Judgement

    def fail(self, message: str) -> None:
        self.story.add(self.clock(), 0, "wrong", message)
        raise Failed(message)

    def expect(self, condition: Any, message: str) -> None:
        # Only a real True counts: an object of the learner's could be true in any test.
        if condition is not True:
            self.fail(message)

    def equal(self, got: Any, expected: Any, what: str) -> None:
        """Fail unless `got` is plain data equal to `expected`; `what` names it in a sentence."""
        if (type(got) is not type(expected) and not (_number(got) and _number(expected))) or got != expected:
            self.fail(
                _("{what}: expected {expected}, got {got}.", what=what, expected=_shown(expected), got=_shown(got))
            )

    def note(self, text: str) -> None:
        self.story.add(self.clock(), 0, "note", text)

    def _watch(self, kind: str, **what: Any) -> None:
        at, lane = self.clock(), what.get("lane")
        match kind:
            case "call":
                self.story.add(at, lane, "call", what["label"])
            case "done":
                outcome = what["outcome"]
                self.story.add(
                    at, lane, "done", _shown(outcome.value) if outcome.ok else str(outcome.error), not outcome.ok
                )
            case "ask":
                shown = ", ".join(map(_shown, what["args"]))
                self.story.add(at, lane, "ask", f"{what['name']}({shown})")
            case "reply":
                error = what["error"]
                text = f"{type(error).__name__}: {error}" if error is not None else _shown(what["value"])
                self.story.add(at, lane, "reply", text, error is not None)


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _shown(value: Any) -> str:
    if isinstance(value, Ref):
        return f"<{value.type}>"
    return repr(value)


_registry: dict[str, Check] = {}


def register(
    name: str,
    *,
    title: str,
    examples: Iterable[Schedule],
    generate: Callable[[random.Random], Schedule] | None = None,
    hidden: int = 20,
) -> Callable[[Callable[[Trial, Schedule], float | None]], Callable[[Trial, Schedule], float | None]]:
    """Register the decorated function as the check `name`. Raises ValueError for a second check of that name or one
    without examples."""

    def keep(run: Callable[[Trial, Schedule], float | None]) -> Callable[[Trial, Schedule], float | None]:
        known = _registry.get(name)
        if known is not None and known.run.__module__ != run.__module__:
            raise ValueError(f"check {name!r} is registered twice")
        shown = [list(s) for s in examples]
        if not shown:
            raise ValueError(f"check {name!r} has no example")
        _registry[name] = Check(name, title, run, shown, generate, hidden if generate else 0)
        return run

    return keep


def find(name: str) -> Check:
    """The check of that name, importing its topic's module; KeyError with the known names otherwise."""
    topic = name.partition(".")[0]
    if name not in _registry and topic.isidentifier():
        try:
            importlib.import_module(f"faultlab.checks.{topic}")
        except ModuleNotFoundError as error:
            if error.name != f"faultlab.checks.{topic}":
                raise
    if name not in _registry:
        known = ", ".join(sorted(n for n in _registry if n.startswith(topic + "."))) or "none of that topic"
        raise KeyError(f"no check {name!r}; known: {known}")
    return _registry[name]


def names(topic: str) -> list[str]:
    """The names of a topic's checks, in the order in which they were written."""
    importlib.import_module(f"faultlab.checks.{topic}")
    return [n for n in _registry if n.startswith(topic + ".")]


def judge(
    check: Check,
    subject: Subject,
    objects: Sequence[Ref],
    *,
    hidden: bool = False,
    seeds: Iterable[int] | None = None,
    shorten: bool = True,
) -> Verdict:
    """Run a check: its examples, and with `hidden` its hidden schedules for `seeds` (default: 0 to check.hidden - 1).

    The verdict is the worst that was found; it stops at the first failure, and with `shorten` looks for a shorter
    schedule of it. A verdict that is `lost` (the code hangs or its process has ended) means that the subject cannot be
    used any more.
    """
    plays = [(schedule, index, False) for index, schedule in enumerate(check.examples)]
    if hidden and check.generate is not None:
        chosen = range(check.hidden) if seeds is None else seeds
        plays += [(check.generate(random.Random(f"{check.name}/{seed}")), seed, True) for seed in chosen]
    fraction = 1.0
    worst: Verdict | None = None
    for schedule, seed, is_hidden in plays:
        verdict = _play(check, subject, objects, schedule, seed, is_hidden)
        if verdict.status in (NOT_ATTEMPTED, GRADER_ERROR):
            return verdict
        if verdict.status == WRONG:
            return _shrink(check, subject, objects, verdict) if shorten and not verdict.lost else verdict
        if verdict.fraction < fraction:
            fraction, worst = verdict.fraction, verdict
    if worst is not None:
        return worst
    return Verdict(check.name, RIGHT, 1.0, title=check.title)


def _play(
    check: Check, subject: Subject, objects: Sequence[Ref], schedule: Schedule, seed: int, hidden: bool
) -> Verdict:
    verdict = Verdict(check.name, WRONG, schedule=schedule, seed=seed, hidden=hidden, title=check.title)
    trial = None
    try:
        subject.forget()
        trial = Trial(subject, objects, seed, hidden)
        verdict.story = trial.story
        result = check.run(trial, schedule)
    except Failed as failure:
        verdict.message = str(failure)
    except SubjectError as failure:
        if failure.error.is_a("NotImplementedError"):
            return Verdict(check.name, NOT_ATTEMPTED, title=check.title, message=_("There is no answer here yet."))
        if failure.error.type == "UnknownName":
            missing = _("`{name}` is not defined.", name=failure.error.message)
            return Verdict(check.name, NOT_ATTEMPTED, title=check.title, message=missing)
        verdict.message = _("Your code raised {error}.", error=failure.error)
        verdict.traceback = failure.error.traceback
        trial.story.add(trial.clock(), 0, "wrong", verdict.message)
    except SubjectLost as failure:
        verdict.lost = True
        verdict.message = _("Your code gives no answer: {what}.", what=failure)
    except Exception as failure:
        verdict.status = GRADER_ERROR
        verdict.message = _(
            "The check itself failed ({error}). This costs you nothing.", error=f"{type(failure).__name__}: {failure}"
        )
    else:
        verdict.fraction = 1.0 if result is None else max(0.0, min(1.0, float(result)))
        verdict.status = RIGHT if verdict.fraction == 1.0 else PARTLY if verdict.fraction > 0 else WRONG
    if verdict.status != RIGHT and trial is not None and trial.trace is not None:
        verdict.trace, verdict.at = _kept(trial.trace, trial.at)
        verdict.traceback = verdict.traceback or trial.traceback
    return verdict


def _kept(trace: Trace, at: int | None) -> tuple[dict[str, Any] | None, int | None]:
    """A trace as it can be kept with a grade: not much beyond the moment that matters, and nothing that is too big."""
    if at is not None:
        trace = trace.head(at + 1 + EVENTS_AFTER)
    if len(trace) > TRACE_EVENTS_MAX:
        return None, None
    data = trace.to_json()
    return (data, at) if len(json.dumps(data)) <= TRACE_CHARS_MAX else (None, None)


def _shrink(check: Check, subject: Subject, objects: Sequence[Ref], verdict: Verdict) -> Verdict:
    """Delete steps of the schedule, the last first, as long as the check still fails in the same way."""
    end = time.monotonic() + SHRINK_SECONDS_MAX
    runs = 0
    position = len(verdict.schedule or []) - 1
    while position >= 0 and runs < SHRINK_RUNS_MAX and time.monotonic() < end:
        shorter = verdict.schedule[:position] + verdict.schedule[position + 1 :]
        runs += 1
        again = _play(check, subject, objects, shorter, verdict.seed or 0, verdict.hidden)
        if again.lost:
            break
        if again.status == WRONG:
            verdict = again
        position = min(position, len(verdict.schedule)) - 1
    return verdict


def _elsewhere(factory: Any, steps: Sequence[Any]) -> list[list[Any]]:
    from faultlab.sim.audit import other_processes

    return [answers[0] for answers in other_processes([(factory, steps)])]


def check(name: str, *objects: Any) -> None:
    """Run the visible examples of a check on your objects, show the verdict, and raise `CheckFailed` unless it is
    right.

    The grader runs the same check, and more schedules than the ones shown here.
    """
    from IPython.display import display

    called: dict[str, Any] = {}
    for position, item in enumerate(objects, start=1):
        shown = getattr(item, "__name__", "")
        called[shown if shown and shown not in called else f"argument {position}"] = item
    # nbgrader's Validate takes any word on stderr for a failure, and a warning is none.
    with redirect_stderr(sys.stdout):
        subject = Subject(LocalChannel(called))
        subject.elsewhere = lambda target, steps: _elsewhere(called[target.target[1]], steps)
        verdict = judge(find(name), subject, [named(key) for key in called])
    display(verdict)
    if verdict.status != RIGHT:
        raise CheckFailed(f"{_(STATUS_NAMES[verdict.status])}: {verdict.message or _(verdict.title)}")
