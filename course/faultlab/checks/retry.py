"""What retries must show (exercise 3.2, task 2).

The contract stands in the assignment; the rules here have its numbers. Four kinds of checks:

1. `Retry` alone: its operation is a callback that fails as the schedule says, its clock is virtual, and its chance is
   `draws`: a draw of 0.5 makes `uniform(a, b)` the middle of a and b. What counts is when attempts begin and end on the
   virtual clock, not how the code spells its waits: `uniform(0, x)` and `x * uniform(0, 1)` are the same, and so are
   one sleep and three short ones.
2. The three functions that classify errors: each gets exceptions as arguments.
3. `POLICIES`: plain numbers. They are played by the course's own `Retry`, a thousand times with other random numbers,
   so a mistake in the learner's class costs nothing here.
4. All of it together, before real servers behind the fault proxy. What arrived is asked of the server.

Each check is kind about what it does not judge: waits are measured with a draw of 1 where their jitter does not matter,
attempts are plenty and deadlines far away where these are not the point. Each demands a retry that is made, so that
neither code that never tries again nor code that always does passes any of them.

Moments are sums of numbers that binary fractions hold exactly, so "exactly at the deadline" means the same to all.
"""

from __future__ import annotations

import builtins
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from faultlab import errors
from faultlab.checks.core import Schedule, Trial, register
from faultlab.checks.subject import Outcome, Ref, RemoteError, SubjectError
from faultlab.errors import HTTPError, RedisError, S3Error, SMTPError
from faultlab.i18n import N_, _
from faultlab.models import retry as model
from faultlab.sim import VirtualClock, stream

FAR_S = 1e6
PLENTY = 25  # attempts beyond those that a check expects
LONG_ATTEMPTS = 1_030  # 2.0 ** 1024 is more than a float can hold
PLAYS = 1_000
PLAY_ATTEMPTS_MAX = 100  # where a policy has more, nothing is learned from playing them all

PASSING = ("TimeoutError", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError")
FINAL = ("ValueError", "KeyError", "PermissionError", "RedisError")

# Errors that no Retry raises on purpose: they are bugs, and are reported as such.
BUGS = ("TypeError", "AttributeError", "NameError", "LookupError", "ArithmeticError", "AssertionError")


def failure(kind: Any) -> Exception:
    """The error that a step stands for: 503, [503, 7] (Retry-After), "TimeoutError", ["SMTPError", 451, "rcpt"]."""
    if isinstance(kind, int):
        return HTTPError(kind)
    name, *values = kind if isinstance(kind, list) else [kind]
    if isinstance(name, int):
        return HTTPError(name, *values)
    return (getattr(errors, name, None) or getattr(builtins, name))(*values)


def shown(numbers: Sequence[float]) -> str:
    """Numbers for a sentence: "0, 1.5, 3"."""
    return ", ".join(f"{n:.6g}" for n in numbers)


@dataclass
class Made:
    """One `call`: when it and each of its attempts began and ended, and how it ended."""

    began_s: float
    begun_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    asks: list[int] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    over_s: float = 0.0

    @property
    def attempts(self) -> int:
        return len(self.begun_s)

    @property
    def waits(self) -> list[float]:
        return [begun - ended for ended, begun in zip(self.ended_s, self.begun_s[1:], strict=False)]

    @property
    def idle_s(self) -> float:
        """How long the call went on after its last attempt."""
        return self.over_s - self.ended_s[-1] if self.ended_s else 0.0


class Rig:
    """A learner's Retry, the operation that it calls, and the words to judge it by.

    `draws` are the random numbers from 0 to 1, one for each wait of a call, from the beginning again when used up.
    """

    def __init__(
        self, t: Trial, *, draws: Sequence[float] = (1.0,), is_retryable: Any = None, quiet: bool = False, **own: Any
    ) -> None:
        self.t = t
        self.made = Made(0.0)
        self.settings = {"attempts_max": PLENTY, "base_s": 1.0, "cap_s": 64.0, "deadline_s": FAR_S, **own}
        self._draws = draws
        self._quiet = quiet
        given = {"clock": t.clock, "sleep": self._callback(self._sleep), "uniform": self._callback(self._uniform)}
        given["is_retryable"] = is_retryable or self._callback(_is_passing)
        self.retry = t.new(**self.settings, **given)

    def _callback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def callback(*args: Any) -> Any:
            return function(*args)

        callback.name = function.__name__.lstrip("_").replace("is_passing", "is_retryable")
        callback.quiet = self._quiet
        return callback

    def _sleep(self, seconds: Any) -> None:
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise ValueError(f"sleep({seconds!r}): not a number of seconds")
        self.t.clock.sleep(seconds)

    def _uniform(self, low: Any, high: Any) -> float:
        if not all(type(end) in (int, float) and math.isfinite(end) for end in (low, high)):
            raise ValueError(f"uniform({low!r}, {high!r}): not two numbers")
        return low + self._draws[max(0, self.made.attempts - 1) % len(self._draws)] * (high - low)

    def call(
        self,
        failures: Sequence[Any] = (),
        result: Any = "done",
        always: bool = False,
        lasts_s: float = 0.0,
        send: Callable[[int], Any] | None = None,
    ) -> Made:
        """One call whose attempts fail one after the other like `failures`, then (unless `always`) return `result`.

        Or each attempt is `send(its number from 0)`.
        """
        made = self.made = Made(self.t.clock())
        most = max(self.settings["attempts_max"], 0) + PLENTY

        def operation() -> Any:
            number = made.attempts
            made.begun_s.append(self.t.clock())
            made.asks.append(self.t.subject.asks)
            self.t.clock.advance(lasts_s)
            made.ended_s.append(self.t.clock())
            if number >= most:
                return "stop"  # it would go on for ever
            if send:
                return send(number)
            if number < len(failures) or always:
                raise failure(failures[number % len(failures)])
            return result

        operation.quiet = self._quiet
        made.outcome = self.t.attempt(self.retry, "call", operation)
        made.over_s = self.t.clock()
        error = made.outcome.error
        if error is not None and error.raised_by is None and any(map(error.is_a, BUGS)):
            raise SubjectError(error)
        self.t.expect(made.attempts > 0, _("The operation was never run; the call ended with {how}.", how=made.outcome))
        return made

    def ran(self, expected: int, why: str) -> None:
        """The last call made so many attempts; `why` says why."""
        made = self.made
        if made.attempts != expected:
            self.t.fail(
                _(
                    "Expected {n} attempts: {why}. There were {got}, begun at {times} s.",
                    n=expected,
                    why=why,
                    got=made.attempts,
                    times=shown(made.begun_s),
                )
            )

    def waited(self, expected: Sequence[float], why: str, skip: int = 0) -> None:
        """The waits of the last call, those after the first `skip` ones; `why` says why."""
        got = self.made.waits
        near = len(got) == len(expected) and all(
            math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in list(zip(got, expected, strict=True))[skip:]
        )
        if not near:
            self.t.fail(
                _("Expected waits of {expected} s: {why}. They were {got} s.", expected=shown(expected[skip:]),
                  why=why, got=shown(got[skip:]) or "-")
            )  # fmt: skip

    def did_not_wait(self, why: str) -> None:
        """The last call ended with its last attempt; `why` says why it should."""
        if self.made.idle_s:
            self.t.fail(
                _(
                    "The last attempt ended at {end} s, the call at {over} s. It should have ended at once: {why}.",
                    end=f"{self.made.ended_s[-1]:g}",
                    over=f"{self.made.over_s:g}",
                    why=why,
                )
            )


def _is_passing(error: Any) -> bool:
    return isinstance(error, Ref) and error.type not in FINAL


# Results, attempts, errors


def _make_answers(rng: random.Random) -> Schedule:
    values = rng.sample([None, False, 0, "", [], {}, {"etag": "abc"}, [1, [2]], 3.5], 3)
    return [[rng.randint(0, 3), value] for value in values]


@register(
    "retry.answers",
    title=N_("Rule 1: the first attempt that returns ends the call, and its result is the call's, whatever it is"),
    examples=[[[0, {"etag": "abc"}], [2, "sent"]], [[1, None], [0, False]]],
    generate=_make_answers,
)
def answers(t: Trial, schedule: Schedule) -> None:
    """The schedule: [how many attempts fail first, what the next one returns]."""
    for failing, value in [*schedule, [1, "done"]]:
        rig = Rig(t)
        made = rig.call(["TimeoutError"] * failing, value)
        rig.ran(failing + 1, _("the first {n} fail, the next one returns {value}", n=failing, value=repr(value)))
        told = _("The operation returned {value}, but the call raised {error}.", value=repr(value), error=made.outcome)
        t.expect(made.outcome.ok, told)
        t.equal(made.outcome.value, value, _("The result of the call"))


@register(
    "retry.attempts",
    title=N_("Rule 2: at most attempts_max attempts, the first one included"),
    examples=[[3], [1]],
    generate=lambda rng: [rng.randint(1, 9), rng.randint(2, 5)],
)
def attempts(t: Trial, schedule: Schedule) -> None:
    """The schedule: values of attempts_max."""
    for most in [*schedule, 2]:
        rig = Rig(t, attempts_max=most)
        rig.call(["TimeoutError"], always=True)
        rig.ran(most, _("attempts_max is {n}, and all of them fail", n=most))
        rig.call(["TimeoutError"] * (most - 1))
        rig.ran(most, _("attempts_max is {n}, and only the last one succeeds", n=most))


@register(
    "retry.refused",
    title=N_("Rule 2: attempts_max below 1 is a ValueError when the Retry is made"),
    examples=[[0], [-1]],
    generate=lambda rng: [-rng.randint(0, 5)],
)
def refused(t: Trial, schedule: Schedule) -> None:
    """The schedule: values of attempts_max that must be refused."""
    rig = Rig(t, attempts_max=1)
    rig.call()
    given = {"is_retryable": _is_passing, "clock": t.clock, "sleep": t.sleep, "uniform": max}
    for most in [*schedule, 0]:
        outcome = t.attempt(t.objects[0], "", **{**rig.settings, "attempts_max": most}, **given)
        right = outcome.error is not None and outcome.error.is_a("ValueError")
        how = "Retry" if outcome.ok else outcome
        t.expect(right, _("Retry(attempts_max={n}) should raise ValueError; what came was {how}.", n=most, how=how))


@register(
    "retry.last_error",
    title=N_("Rule 3: when no attempt is left, the last error reaches the caller unchanged"),
    examples=[["TimeoutError", "ConnectionResetError", 503]],
    generate=lambda rng: rng.sample([*PASSING, 500, 503, ["S3Error", 503, "SlowDown"]], rng.randint(2, 4)),
)
def last_error(t: Trial, schedule: Schedule) -> None:
    """The schedule: how the attempts fail, one after the other."""
    failures = schedule if len(schedule) > 1 else [*schedule, "ConnectionResetError", "TimeoutError"]
    rig = Rig(t, attempts_max=len(failures))
    made = rig.call(failures, always=True)
    t.expect(made.attempts > 1, _("There was no second attempt, though attempts_max is {n}.", n=len(failures)))
    _got_last_error(t, made, failures)


def _got_last_error(t: Trial, made: Made, failures: Schedule) -> None:
    t.expect(
        made.outcome.error is not None and made.outcome.error.raised_by == made.asks[-1],
        _(
            "The last attempt failed with {error}. That very exception should reach the caller; what came was {how}.",
            error=_named(failures[(made.attempts - 1) % len(failures)]),
            how=made.outcome,
        ),
    )


def _named(kind: Any) -> str:
    error = failure(kind)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@register(
    "retry.retryable",
    title=N_("Rule 4: an error that is_retryable refuses ends the call at once"),
    examples=[[[0, "ValueError"]], [[2, "KeyError"]]],
    generate=lambda rng: [[rng.randint(0, 4), kind] for kind in rng.sample(FINAL[:3], 2)],
)
def retryable(t: Trial, schedule: Schedule) -> None:
    """The schedule: [how many attempts fail in a way that may pass, how the next one fails]."""
    for passing, kind in [*schedule, [1, "ValueError"]]:
        rig = Rig(t)
        rig.call([*["TimeoutError"] * passing, kind], always=True)
        rig.ran(passing + 1, _("is_retryable is True for TimeoutError and False for {kind}", kind=kind))


# Waits


def _draws(rng: random.Random, number: int) -> Schedule:
    return [rng.randint(1, 16) / 16 for _draw in range(number)]


@register(
    "retry.jitter",
    title=N_("Rule 5: full jitter: each wait is drawn anew, evenly from 0 to the exponential backoff"),
    examples=[[0.5, 0.25, 1.0]],
    generate=lambda rng: _draws(rng, rng.randint(2, 5)),
)
def jitter(t: Trial, schedule: Schedule) -> None:
    """The schedule: draws. Base and cap are equal, so that each wait is drawn from the same interval."""
    draws = [*schedule, 0.125, 0.875]
    rig = Rig(t, base_s=8.0, cap_s=8.0, draws=draws)
    rig.call(["TimeoutError"] * len(draws))
    why = _("base_s and cap_s are 8, and uniform(0, 8) would give {draws}", draws=shown([8 * u for u in draws]))
    rig.waited([8 * u for u in draws], why)


@register(
    "retry.backoff",
    title=N_("Rule 5: the interval of the jitter doubles with each attempt, beginning with base_s"),
    examples=[[[1.0, 4]]],
    generate=lambda rng: [[rng.choice([0.25, 0.5, 1.0, 3.0]), rng.randint(3, 7)]],
)
def backoff(t: Trial, schedule: Schedule) -> None:
    """The schedule: [base_s, how many waits]. All draws are 1: the longest wait that jitter allows."""
    for base_s, waits in [*schedule, [2.0, 3]]:
        rig = Rig(t, base_s=base_s, cap_s=1e5)
        rig.call(["TimeoutError"] * waits)
        rig.waited([base_s * 2**k for k in range(waits)], _("base_s is {s}, and every draw is the longest", s=base_s))


@register(
    "retry.cap",
    title=N_("Rule 5: no wait is longer than cap_s, jitter included, and jitter goes on below the cap"),
    examples=[[[1.0, 4.0, 1.0]], [[1.0, 4.0, 0.5]]],
    generate=lambda rng: [[rng.choice([0.5, 1.0, 2.0]), rng.choice([4.0, 6.0]), u] for u in _draws(rng, 2)],
)
def cap(t: Trial, schedule: Schedule) -> None:
    """The schedule: [base_s, cap_s, the draw]. Only the waits that the cap has reached are looked at."""
    for base_s, cap_s, draw in [*schedule, [1.0, 4.0, 1.0], [1.0, 4.0, 0.75]]:
        rig = Rig(t, base_s=base_s, cap_s=cap_s, draws=[draw])
        waits = 9
        rig.call(["TimeoutError"] * waits)
        why = _("cap_s is {cap}, and uniform(0, {cap}) gives {wait}", cap=cap_s, wait=draw * cap_s)
        rig.waited([draw * cap_s] * waits, why, skip=5)


@register(
    "retry.long",
    title=N_("Rule 5: the cap also holds after a thousand attempts"),
    examples=[[0.5]],
)
def long(t: Trial, schedule: Schedule) -> None:
    """The schedule: the draw."""
    t.note(_("{n} attempts fail; only what goes wrong is shown", n=LONG_ATTEMPTS))
    draw = schedule[0] if schedule else 0.5
    rig = Rig(t, base_s=0.5, cap_s=8.0, attempts_max=LONG_ATTEMPTS + 1, draws=[draw], quiet=True)
    made = rig.call(["TimeoutError"] * LONG_ATTEMPTS)
    told = _("After {n} attempts the call ended with {how}.", n=made.attempts, how=made.outcome)
    t.expect(made.attempts == LONG_ATTEMPTS + 1, told)
    t.equal(made.waits[-1], 8 * draw, _("The last wait, with cap_s=8"))


@register(
    "retry.retry_after",
    title=N_("Rule 6: Retry-After is a lower bound of the wait, even above the cap"),
    examples=[[[503, 30], [503, 1]]],
    generate=lambda rng: [[503, rng.choice([None, 0, 0.5, 3, 5, 17, 120])] for _error in range(3)],
)
def retry_after(t: Trial, schedule: Schedule) -> None:
    """The schedule: errors with their Retry-After. Without one each wait would be 4 s."""
    failures = [*schedule, [429, 20], "TimeoutError", ["S3Error", 503, "SlowDown", 1]]
    rig = Rig(t, base_s=4.0, cap_s=4.0)
    rig.call(failures)
    asked = [getattr(failure(kind), "retry_after_s", None) for kind in failures]
    why = _("by itself each wait would be 4 s, and the errors had Retry-After {asked}", asked=asked)
    rig.waited([max(4.0, s or 0.0) for s in asked], why)


@register(
    "retry.last_wait",
    title=N_("Rule 7: nobody waits after the last attempt"),
    examples=[[["TimeoutError", 3]], [["ValueError", 3]]],
    generate=lambda rng: [[rng.choice([*PASSING, "ValueError"]), rng.randint(2, 6)]],
)
def last_wait(t: Trial, schedule: Schedule) -> None:
    """The schedule: [how the last attempt fails, attempts_max]."""
    for kind, most in [*schedule, ["TimeoutError", 2]]:
        rig = Rig(t, attempts_max=most, base_s=4.0, cap_s=4.0)
        made = rig.call([*["TimeoutError"] * (most - 1), kind], always=True)
        t.expect(sum(made.waits) > 0, _("The call never waited between two attempts."))
        rig.did_not_wait(_("no attempt follows"))


def expected_attempts(deadline_s: float, lasts_s: float, wait_s: float) -> int:
    """How many attempts, each of which lasts and fails, a call with equal waits begins by rule 8."""
    at_s, made = lasts_s, 1
    while at_s + wait_s <= deadline_s and made < PLENTY:
        at_s += wait_s + lasts_s
        made += 1
    return made


def _make_deadline(rng: random.Random) -> Schedule:
    """Waits of whole seconds, attempts of whole or half seconds, and deadlines that none of them meets exactly."""
    steps = []
    for asked_s in (None, rng.choice([None, 10, 40])):
        wait_s = float(rng.randint(2, 6))
        steps.append([rng.randint(9, 30) + 0.25, rng.choice([0.0, 0.5, 1.0, 3.0]), wait_s, asked_s])
    return steps


@register(
    "retry.deadline",
    title=N_("Rule 8: a wait that would end after the deadline is not begun; the last error is raised at once"),
    examples=[[[10.25, 0.0, 4.0, None]], [[10.25, 3.0, 4.0, None]], [[30.25, 0.0, 4.0, 40]]],
    generate=_make_deadline,
)
def deadline(t: Trial, schedule: Schedule) -> None:
    """The schedule: [deadline_s, how long each attempt lasts, each wait, Retry-After or None], each on a new Retry."""
    for deadline_s, lasts_s, wait_s, asked_s in [*schedule, [10.25, 0.0, 4.0, None]]:
        rig = Rig(t, base_s=wait_s, cap_s=wait_s, deadline_s=deadline_s)
        for _call in range(2):
            t.advance(50)
            made = rig.call([[503, asked_s]], always=True, lasts_s=lasts_s)
            why = _(
                "the call began at {begin} s, deadline_s is {deadline}, an attempt lasts {lasts} s and a wait {wait} s",
                begin=f"{made.began_s:g}",
                deadline=f"{deadline_s:g}",
                lasts=f"{lasts_s:g}",
                wait=f"{max(wait_s, asked_s or 0):g}",
            )
            rig.ran(expected_attempts(deadline_s, lasts_s, max(wait_s, asked_s or 0)), why)
            rig.did_not_wait(_("a wait would have ended after the deadline, at {at} s",
                               at=f"{made.began_s + deadline_s:g}"))  # fmt: skip


@register(
    "retry.deadline_edge",
    title=N_("Rule 8: a wait that ends exactly at the deadline is begun"),
    examples=[[[4.0, 2, 0.0]]],
    generate=lambda rng: [[rng.randint(1, 8) * 0.5, rng.randint(1, 4), rng.choice([0.0, 0.25, 2.0])]],
)
def deadline_edge(t: Trial, schedule: Schedule) -> None:
    """The schedule: [each wait, how many, how long each attempt lasts]; the last wait ends at the deadline."""
    for wait_s, waits, lasts_s in [*schedule, [4.0, 1, 0.0]]:
        deadline_s = waits * (wait_s + lasts_s)
        rig = Rig(t, base_s=wait_s, cap_s=wait_s, deadline_s=deadline_s)
        made = rig.call(["TimeoutError"], always=True, lasts_s=lasts_s)
        why = _("wait number {n} ends exactly at the deadline, at {at} s", n=waits, at=made.began_s + deadline_s)
        rig.ran(waits + 1, why)


# The budget


@register(
    "retry.tokens",
    title=N_("Rule 9: a RetryBudget gives out what it had and what was deposited, and holds at most tokens_max"),
    examples=[["spend", "spend", "deposit", "spend", "deposit", "deposit", "deposit", "spend"], ["deposit"] * 12],
    generate=lambda rng: [rng.choice(["spend", "deposit", "deposit"]) for _step in range(rng.randint(8, 24))],
)
def tokens(t: Trial, schedule: Schedule) -> None:
    """The schedule: "spend" and "deposit". Afterwards all that is left is spent."""
    budget = t.new(ratio=0.25, initial=1.0, tokens_max=2.0)
    there = 1.0
    for step in [*schedule, *["spend"] * 3, "deposit", "spend", *["deposit"] * 11, *["spend"] * 3]:
        if step == "deposit":
            t.call(budget, "deposit")
            there = min(2.0, there + 0.25)
            continue
        told = _("spend() with ratio=0.25, initial=1, tokens_max=2, while {n} tokens are there", n=f"{there:g}")
        t.equal(t.call(budget, "spend"), there >= 1, told)
        there -= there >= 1


@register(
    "retry.tenths",
    title=N_("Rule 9: ten deposits of 0.1 are one token, not a little less"),
    examples=[[[0.1, 10]]],
    generate=lambda rng: [rng.choice([[0.1, 10], [0.1, 30], [0.05, 20], [0.2, 5], [0.01, 100]]) for _case in range(2)],
)
def tenths(t: Trial, schedule: Schedule) -> None:
    """The schedule: [ratio, how many deposits], which together are whole tokens."""
    for ratio, deposits in [*schedule, [0.1, 10]]:
        budget = t.new(ratio=ratio, initial=0.0, tokens_max=5.0)
        for _deposit in range(deposits):
            t.call(budget, "deposit")
        whole = round(ratio * deposits)
        got = [t.call(budget, "spend") for _retry in range(whole + 1)]
        t.equal(got, [True] * whole + [False], _("{n} deposits of {ratio}, then spend()", n=deposits, ratio=ratio))


def _make_budget(rng: random.Random) -> Schedule:
    kinds = ["fails", "fails", "fails", "succeeds", "final", "no time"]
    return [["initial", rng.randint(0, 4)], *([rng.choice(kinds), rng.randint(0, 1)] for _call in range(9))]


@register(
    "retry.budget",
    title=N_("Rule 10: each call deposits once, each retry spends one; with an empty budget the last error is raised"),
    examples=[[["initial", 3], ["fails", 0], ["fails", 0], ["fails", 1], ["succeeds", 0], ["fails", 0]]],
    generate=_make_budget,
)
def budget(t: Trial, schedule: Schedule) -> None:
    """The schedule: [what the calls do, which of two Retry with the same budget]; and ["initial", tokens]."""
    ratio, there, most = 0.25, 2.0, 3
    calls = []
    for step in [*schedule, ["fails", 0], ["fails", 1]]:
        if step[0] == "initial":
            there = float(step[1])
        else:
            calls.append(step)
    shared = t.call(t.objects[1], "", ratio=ratio, initial=there, tokens_max=10.0)
    settings = {"attempts_max": most, "base_s": 4.0, "cap_s": 4.0, "budget": shared}
    rigs = [Rig(t, **settings), Rig(t, **settings)]
    hurried = Rig(t, **settings, deadline_s=3.0)
    for what, which in calls:
        there += ratio
        expected = 1
        why = _("the budget holds {n} tokens, attempts_max is {max}", n=f"{there:g}", max=most)
        rig = hurried if what == "no time" else rigs[which]
        failures = {"final": ["ValueError"], "succeeds": []}.get(what, ["TimeoutError"])
        if what == "fails":
            retries = min(most - 1, int(there))
            there, expected = there - retries, 1 + retries
        made = rig.call(failures, always=bool(failures))
        rig.ran(expected, why)
        rig.did_not_wait(_("no attempt follows"))
        if failures:
            _got_last_error(t, made, failures)


# Which errors may pass

PASS, KEEP = True, False  # a retry may help, a retry cannot help
LOST = [[kind] for kind in ("ConnectionResetError", "ConnectionRefusedError", "TimeoutError", "ConnectionError")]
BUG = [["ValueError", "bad address"], ["KeyError", "amount"], ["PermissionError", "no"], ["HTTPError", 404]]
SMTP_ERRORS = {
    PASS: [*LOST, *(["SMTPError", code, stage] for code in (0, 421, 451) for stage in ("connect", "rcpt", "data"))],
    KEEP: [*BUG, *(["SMTPError", code, stage] for code in (550, 552, 553, 554) for stage in ("rcpt", "data")),
           ["SMTPError", 0, "after_data"]],
}  # fmt: skip
S3_ERRORS = {
    PASS: [*LOST, ["S3Error", 503, "SlowDown"], ["S3Error", 503, "SlowDown", 7], ["S3Error", 500, "InternalError"],
           ["S3Error", 503, "ServiceUnavailable"], ["S3Error", 400, "RequestTimeout"], ["S3Error", 502, "BadGateway"],
           ["S3Error", 504, "GatewayTimeout"], ["S3Error", 429, "TooManyRequests"]],
    KEEP: [*BUG, ["S3Error", 403, "AccessDenied"], ["S3Error", 404, "NoSuchBucket"], ["S3Error", 400, "InvalidRequest"],
           ["S3Error", 400, "ExpiredToken"], ["S3Error", 501, "NotImplemented"], ["S3Error", 400, "EntityTooLarge"]],
}  # fmt: skip
REDIS_ERRORS = {
    PASS: [*LOST, ["RedisError", "LOADING"], ["RedisError", "BUSY"]],
    KEEP: [*BUG, *(["RedisError", prefix] for prefix in ("WRONGTYPE", "OOM", "READONLY", "NOAUTH", "ERR", "NOPERM"))],
}


def _classify(t: Trial, kinds: Schedule, expected: dict[bool, list[Any]]) -> None:
    for kind in kinds:
        told = _("Is {error} worth a retry", error=repr(failure(kind)))
        t.equal(t.call(t.objects[0], "", failure(kind)), kind in expected[PASS], told)


def _make_errors(expected: dict[bool, list[Any]]) -> Callable[[random.Random], Schedule]:
    def make(rng: random.Random) -> Schedule:
        return [*rng.sample(expected[PASS], 3), *rng.sample(expected[KEEP], 3)]

    return make


@register(
    "retry.smtp_errors",
    title=N_("Rule 11: e-mail: what may pass is retried, what is final or may have arrived is not"),
    examples=[[["SMTPError", 451, "rcpt"], ["SMTPError", 550, "rcpt"], ["SMTPError", 0, "after_data"]]],
    generate=_make_errors(SMTP_ERRORS),
)
def smtp_errors(t: Trial, schedule: Schedule) -> None:
    """The schedule: errors. A connection lost before the message was complete is safe, after it is not."""
    controls = [["SMTPError", 421, "connect"], ["SMTPError", 554, "data"], ["SMTPError", 0, "after_data"]]
    _classify(t, [*schedule, *controls], SMTP_ERRORS)


@register(
    "retry.s3_errors",
    title=N_("Rule 12: S3: overload, server errors and RequestTimeout are retried, all other answers are not"),
    examples=[[["S3Error", 503, "SlowDown"], ["S3Error", 403, "AccessDenied"], ["TimeoutError"]]],
    generate=_make_errors(S3_ERRORS),
)
def s3_errors(t: Trial, schedule: Schedule) -> None:
    """The schedule: errors."""
    controls = [["S3Error", 500, "InternalError"], ["S3Error", 404, "NoSuchBucket"], ["S3Error", 400, "RequestTimeout"]]
    _classify(t, [*schedule, *controls], S3_ERRORS)


@register(
    "retry.redis_errors",
    title=N_("Rule 13: Redis: LOADING, BUSY and a lost connection are retried, all other answers are not"),
    examples=[[["RedisError", "LOADING"], ["RedisError", "WRONGTYPE"], ["ConnectionRefusedError"]]],
    generate=_make_errors(REDIS_ERRORS),
)
def redis_errors(t: Trial, schedule: Schedule) -> None:
    """The schedule: errors."""
    _classify(t, [*schedule, ["RedisError", "LOADING"], ["RedisError", "READONLY"]], REDIS_ERRORS)


# The numbers

KEYS = ("attempts_max", "base_s", "cap_s", "deadline_s")


def policy(t: Trial, name: str) -> dict[str, Any]:
    """The learner's numbers for one service. Fails with one line if they are no numbers."""
    data = t.value(t.objects[-1])
    if not isinstance(data, dict) or not isinstance(data.get(name), dict):
        t.fail(_('POLICIES should be a dict in which "{name}" is a dict with {keys}.', name=name, keys=", ".join(KEYS)))
    own = data[name]
    if all(value is None for value in own.values()):
        raise SubjectError(RemoteError(("NotImplementedError",)))
    if set(own) != set(KEYS):
        keys, got = ", ".join(KEYS), ", ".join(map(str, own))
        t.fail(_('POLICIES["{name}"] should have the keys {keys}; it has {got}.', name=name, keys=keys, got=got))
    for key, value in own.items():
        whole = key == "attempts_max"
        number = type(value) is int or (type(value) is float and math.isfinite(value) and not whole)
        if not number or value < whole:
            wanted = _("a whole number, at least 1") if whole else _("a number of seconds, at least 0")
            t.fail(_('POLICIES["{name}"]["{key}"] is {value}; it should be {wanted}.', name=name, key=key,
                     value=repr(value), wanted=wanted))  # fmt: skip
    return own


@dataclass
class Played:
    """One run of a policy: whether it succeeded, how many attempts it made, and how long it took."""

    succeeded: bool
    attempts: int
    took_s: float


def play(own: dict[str, Any], service: Callable[[int, float], Exception | None], plays: int = PLAYS) -> list[Played]:
    """The policy against `service(attempt from 0, seconds since the first)`, which says how that attempt fails."""
    jittered = model.FullJitter(own["base_s"], own["cap_s"])
    rules = model.RetryPolicy(own["attempts_max"], jittered, own["deadline_s"], lambda error: True, idempotent=True)
    return [_play_once(rules, service, stream(seed, "policy")) for seed in range(plays)]


def _play_once(rules: model.RetryPolicy, service: Any, rng: random.Random) -> Played:
    clock, made = VirtualClock(), 0

    def operation() -> None:
        nonlocal made
        made += 1
        error = service(made - 1, clock())
        if error is not None and made <= PLAY_ATTEMPTS_MAX:
            raise error

    try:
        model.Retry(rules, clock, clock.sleep, rng).call(operation)
    except Exception:
        return Played(False, made, clock())
    return Played(made <= PLAY_ATTEMPTS_MAX, made, clock())


def _outlives(t: Trial, own: dict[str, Any], percent_min: int, what: str, service: Any) -> None:
    played = play(own, service)
    good = sum(p.succeeded for p in played)
    failed = next((p for p in played if not p.succeeded), played[0])
    t.note(_("{good} of {all} runs succeed: {what}", good=good, all=len(played), what=what))
    if good < percent_min / 100 * len(played):
        t.fail(
            _(
                "{what}: at least {percent} of 100 runs should succeed. {good} of {all} do; one that does not gives up "
                "after {n} attempts, at {at} s.",
                what=what,
                percent=percent_min,
                good=good,
                all=len(played),
                n=failed.attempts,
                at=f"{failed.took_s:.3g}",
            )
        )


def _keeps_to(t: Trial, own: dict[str, Any], attempts_max: int, seconds_max: float, error: Exception) -> None:
    """With the service down for good, no run makes more attempts or takes longer; one lone failure is outlived."""
    down = play(own, lambda attempt, at_s: error)
    most, longest_s = max(p.attempts for p in down), max(p.took_s for p in down)
    t.note(_("service down for good: at most {n} attempts, {s} s", n=most, s=f"{longest_s:.3g}"))
    if most > attempts_max:
        t.fail(_("With the service down there are up to {n} attempts; {max} are allowed.", n=most, max=attempts_max))
    if longest_s > seconds_max:
        t.fail(
            _("With the service down the error comes only after {s} s; it should come within {max} s.",
              s=f"{longest_s:.3g}", max=f"{seconds_max:g}")
        )  # fmt: skip
    _outlives(t, own, 95, _("a single failure"), lambda attempt, at_s: error if attempt == 0 else None)


def _until(moment_s: float, error: Exception) -> Callable[[int, float], Exception | None]:
    return lambda attempt, at_s: error if at_s < moment_s else None


GREYLISTED_S, S3_OUTAGE_S, LOADING_S = 300.0, 20.0, 0.05
SLOW_DOWN_S, SLOW_DOWNS = 15, 2
SMTP_ATTEMPTS, SMTP_S = 10, 900.0
S3_ATTEMPTS, S3_S, S3_HICCUP_S = 10, 60.0, 2.0
REDIS_ATTEMPTS, REDIS_S = 5, 0.2


@register(
    "retry.smtp_greylisting",
    title=N_("Objective: a receipt outlives 5 minutes of greylisting in at least 95 of 100 runs"),
    examples=[[GREYLISTED_S]],
)
def smtp_greylisting(t: Trial, schedule: Schedule) -> None:
    """The schedule: how long the server answers 451."""
    own = policy(t, "smtp")
    for seconds in schedule or [GREYLISTED_S]:
        what = _("451 for {s} s", s=f"{seconds:g}")
        _outlives(t, own, 95, what, _until(seconds, SMTPError(451, "rcpt")))
    _keeps_to_attempts(t, own, SMTP_ATTEMPTS, _until(GREYLISTED_S, SMTPError(451, "rcpt")))


def _keeps_to_attempts(t: Trial, own: dict[str, Any], attempts_max: int, service: Any) -> None:
    most = max(p.attempts for p in play(own, service, PLAYS // 10))
    if most > attempts_max:
        t.fail(_("That takes up to {n} attempts; {max} are allowed.", n=most, max=attempts_max))


@register(
    "retry.smtp_limits",
    title=N_("Objective: a receipt makes at most 10 attempts and is over within 15 minutes"),
    examples=[[]],
)
def smtp_limits(t: Trial, schedule: Schedule) -> None:
    """No schedule: the server is down for good, or fails once."""
    _keeps_to(t, policy(t, "smtp"), SMTP_ATTEMPTS, SMTP_S, SMTPError(421, "connect"))


@register(
    "retry.s3_outage",
    title=N_("Objective: an upload outlives an outage of 20 s in at least 98 of 100 runs"),
    examples=[[S3_OUTAGE_S]],
)
def s3_outage(t: Trial, schedule: Schedule) -> None:
    """The schedule: how long connections are refused."""
    own = policy(t, "s3")
    for seconds in schedule or [S3_OUTAGE_S]:
        _outlives(t, own, 98, _("an outage of {s} s", s=f"{seconds:g}"), _until(seconds, ConnectionRefusedError()))
    _keeps_to_attempts(t, own, S3_ATTEMPTS, _until(S3_OUTAGE_S, ConnectionRefusedError()))


@register(
    "retry.s3_slow_down",
    title=N_("Objective: an upload outlives SlowDown with Retry-After: 15, twice in a row"),
    examples=[[SLOW_DOWNS]],
)
def s3_slow_down(t: Trial, schedule: Schedule) -> None:
    """The schedule: how many times in a row the store answers SlowDown."""
    own = policy(t, "s3")
    for times in schedule or [SLOW_DOWNS]:
        what = _("{n} times 503 SlowDown with Retry-After: {s}", n=times, s=SLOW_DOWN_S)
        error = S3Error(503, "SlowDown", SLOW_DOWN_S)
        _outlives(t, own, 98, what, lambda attempt, at_s, n=times, error=error: error if attempt < n else None)


@register(
    "retry.s3_limits",
    title=N_("Objective: an upload makes at most 10 attempts, is over within 60 s, and one lost connection costs 2 s"),
    examples=[[]],
)
def s3_limits(t: Trial, schedule: Schedule) -> None:
    """No schedule: the store is down for good, or fails once."""
    own, lost = policy(t, "s3"), ConnectionResetError()
    _keeps_to(t, own, S3_ATTEMPTS, S3_S, lost)
    slowest_s = max(p.took_s for p in play(own, lambda attempt, at_s: lost if attempt == 0 else None))
    told = _("After a single lost connection the upload is done only after {s} s; it should take {max} s at most.",
             s=f"{slowest_s:.3g}", max=f"{S3_HICCUP_S:g}")  # fmt: skip
    t.expect(slowest_s <= S3_HICCUP_S, told)


@register(
    "retry.redis_loading",
    title=N_("Objective: a cache update outlives 50 ms of LOADING in at least 90 of 100 runs"),
    examples=[[LOADING_S]],
)
def redis_loading(t: Trial, schedule: Schedule) -> None:
    """The schedule: how long the server is loading."""
    own = policy(t, "redis")
    for seconds in schedule or [LOADING_S]:
        _outlives(t, own, 90, _("LOADING for {s} s", s=f"{seconds:g}"), _until(seconds, RedisError("LOADING")))
    _keeps_to_attempts(t, own, REDIS_ATTEMPTS, _until(LOADING_S, RedisError("LOADING")))


@register(
    "retry.redis_limits",
    title=N_("Objective: a cache update makes at most 5 attempts and waits 0.2 s at most in all"),
    examples=[[]],
)
def redis_limits(t: Trial, schedule: Schedule) -> None:
    """No schedule: the server is down for good, or fails once."""
    _keeps_to(t, policy(t, "redis"), REDIS_ATTEMPTS, REDIS_S, ConnectionRefusedError())


# Real servers

MIDDLE = (0.5,)  # the draws: a policy that meets its objectives in nearly all runs meets them in the middle one


@dataclass(frozen=True)
class Part:
    """What the service does with one call, and what must come of it.

    `steps(attempt from 0, seconds since the call)` is (the server's step, the proxy's step), None for nothing special.
    `done` is how often the server carries the operation out, `attempts` how many are right (None: up to the policy).
    """

    steps: Callable[[int, float], tuple[Any, Any]]
    succeeds: bool
    done: int
    attempts: int | None = None


def _first(server: Any = None, proxy: Any = None) -> Callable[[int, float], tuple[Any, Any]]:
    return lambda attempt, at_s: (server, proxy) if attempt == 0 else (None, None)


def _while(moment_s: float, server: Any = None, proxy: Any = None) -> Callable[[int, float], tuple[Any, Any]]:
    return lambda attempt, at_s: (server, proxy) if at_s < moment_s else (None, None)


SMTP_PARTS = {
    N_("451 for 5 minutes"): Part(_while(GREYLISTED_S, ("rcpt", 451)), True, 1),
    N_("connection refused, then accepted"): Part(_first(proxy="refuse"), True, 1, 2),
    N_("421 at the greeting, then accepted"): Part(_first(("connect", 421)), True, 1, 2),
    N_("451 after the message, then accepted"): Part(_first(("data", 451)), True, 1, 2),
    N_("connection lost in the middle of the message"): Part(_first(proxy=("cut_request", 60)), True, 1, 2),
    N_("accepted, but the reply is lost"): Part(_first(proxy="lose_reply"), False, 1, 1),
    N_("connection lost after the message, nothing accepted"): Part(_first(proxy="lose_request"), False, 0, 1),
    N_("550 no such mailbox"): Part(_while(FAR_S, ("rcpt", 550)), False, 0, 1),
}
S3_PARTS = {
    N_("503 SlowDown with Retry-After: 15, then stored"): Part(_first((503, "SlowDown", SLOW_DOWN_S)), True, 1, 2),
    N_("connections refused for 20 s"): Part(_while(S3_OUTAGE_S, proxy="refuse"), True, 1),
    N_("stored, but the reply is lost"): Part(_first(proxy="lose_reply"), True, 1, 2),
    N_("400 RequestTimeout, then stored"): Part(_first((400, "RequestTimeout")), True, 1, 2),
    N_("403 AccessDenied"): Part(_while(FAR_S, (403, "AccessDenied")), False, 0, 1),
    N_("404 NoSuchBucket"): Part(_while(FAR_S, (404, "NoSuchBucket")), False, 0, 1),
}


@cache
def _redis_parts() -> dict[str, Part]:
    from faultlab.live.redis_server import error_reply

    final = {prefix: _while(FAR_S, proxy=error_reply(prefix)) for prefix in ("WRONGTYPE", "OOM", "READONLY")}
    return {
        REDIS_NAMES[0]: Part(_while(LOADING_S, proxy=error_reply("LOADING")), True, 1),
        REDIS_NAMES[1]: Part(_first(proxy="refuse"), True, 1, 2),
        REDIS_NAMES[2]: Part(_first(proxy="lose_reply"), True, 2, 2),
        REDIS_NAMES[3]: Part(_while(FAR_S, proxy="refuse"), False, 0),
        **{prefix: Part(steps, False, 0, 1) for prefix, steps in final.items()},
    }


REDIS_NAMES = (
    N_("LOADING for 50 ms"),
    N_("connection refused, then set"),
    N_("set, but the reply is lost"),
    N_("connections refused for good"),
    "WRONGTYPE",
    "OOM",
    "READONLY",
)


@cache
def _service(name: str) -> tuple[Any, Any]:
    """One server of each kind, and the proxy in front of it, for all trials of this process; they end with it."""
    from faultlab.live import FaultProxy, RedisServer, S3Server, SMTPServer

    server = {"smtp": SMTPServer, "s3": S3Server, "redis": RedisServer}[name]()
    server.start()
    proxy = FaultProxy(server)
    proxy.start()
    return server, proxy


_keys = itertools.count(1)  # never the same one twice: the servers live on
TRIES = 3  # a machine under heavy load may make the servers miss their part


class Disturbed(RuntimeError):
    """A server did not do what its plan says. That is no mistake of the learner's."""


def _promised(server_step: Any, proxy_step: Any) -> str:
    """How an operation must end by the plan: the error as text, "lost", "refused", or "" for a result."""
    if proxy_step is not None:
        name, *rest = proxy_step if isinstance(proxy_step, tuple) else (proxy_step,)
        return "refused" if name == "refuse" else f"Redis {rest[0].split()[0][1:]}" if name == "answer" else "lost"
    match server_step:
        case (str(stage), code):
            return f"SMTP {code} at {stage}"
        case (status, code, *_rest):
            return f"S3 {status} {code}"
    return ""


def _ended(error: Exception | None) -> str:
    """How it did end, in the same words."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError) or getattr(error, "stage", "") == "after_data":
        return "lost"
    return "" if error is None else str(error) if isinstance(error, errors.FaultlabError) else repr(error)


def _against(
    t: Trial, name: str, parts: dict[str, Part], schedule: Schedule, attempts_max: int, done: Callable[[Any, str], int]
) -> None:
    """Each part of the schedule once: the learner's Retry, classification and numbers before the real server.

    `done(server, key)` asks the server how often it carried the operation out.
    """
    own = policy(t, name)
    for what in schedule:
        t.note(_("the server's part: {step}", step=_(what)))
        for left in reversed(range(TRIES)):
            try:
                rig, counted = _call_service(t, name, parts[what], own, done)
                break
            except Disturbed:
                if not left:
                    raise
                t.note(_("the server was disturbed; once more"))
        _judge_part(t, rig, parts[what], _(what), counted, attempts_max)
        took_s = rig.made.over_s - rig.made.began_s
        told = _("{what}: the call took {s} s, and deadline_s is {max}.", what=_(what), s=f"{took_s:.3g}",
                 max=own["deadline_s"])  # fmt: skip
        t.expect(took_s <= own["deadline_s"] + 1e-9, told)


def _call_service(
    t: Trial, name: str, part: Part, own: dict[str, Any], done: Callable[[Any, str], int]
) -> tuple[Rig, int]:
    """One call of a new Retry, and how often the server carried its operation out."""
    server, proxy = _service(name)
    key, disturbed, sent = f"receipt-{next(_keys)}", [], []
    rig = Rig(t, draws=MIDDLE, is_retryable=t.objects[1], **own)
    done_before, connections_before = done(server, key), proxy.connections

    def send(attempt: int) -> Any:
        # Counted here: an attempt too many is refused before it is sent.
        sent.append(attempt)
        server_step, proxy_step = part.steps(attempt, t.clock() - rig.made.began_s)
        if name != "redis":  # which has no plan of its own
            server.plan.set([server_step or "ok"], then="ok")
        proxy.plan.set([proxy_step or "pass"], then="pass")
        error = None
        try:
            return proxy.operation(f"<{key}@shop.example>" if name == "smtp" else key)
        except Exception as raised:
            error = raised
            raise
        finally:
            if _ended(error) != _promised(server_step, proxy_step):
                disturbed.append((server_step, proxy_step, error))

    rig.call(send=send)
    if disturbed or proxy.connections - connections_before != len(sent):
        raise Disturbed(f"{name} server: {disturbed}, {proxy.connections - connections_before} connections")
    return rig, done(server, key) - done_before


def _judge_part(t: Trial, rig: Rig, part: Part, what: str, done: int, attempts_max: int) -> None:
    made = rig.made
    if done != part.done:
        t.fail(_("{what}: it should have been carried out {n} times, and the server counts {got}.", what=what,
                 n=part.done, got=done))  # fmt: skip
    if part.attempts is not None:
        rig.ran(part.attempts, what)
    elif made.attempts > attempts_max:
        t.fail(_("{what}: {n} attempts; {max} are allowed.", what=what, n=made.attempts, max=attempts_max))
    if made.outcome.ok is not part.succeeds:
        wanted = _("a result") if part.succeeds else _("the error")
        t.fail(_("{what}: the caller should get {wanted}; the call ended with {how}.", what=what, wanted=wanted,
                 how=made.outcome))  # fmt: skip


def _make_parts(names: Sequence[str], always: Sequence[str]) -> Callable[[random.Random], Schedule]:
    return lambda rng: rng.sample([*rng.sample([n for n in names if n not in always], 2), *always], 2 + len(always))


SMTP_NAMES, S3_NAMES = list(SMTP_PARTS), list(S3_PARTS)


@register(
    "retry.smtp_server",
    title=N_("E-mail, all together against a real SMTP server: every receipt at most once, and what may pass arrives"),
    examples=[[SMTP_NAMES[0], SMTP_NAMES[5], SMTP_NAMES[7]], [SMTP_NAMES[4], SMTP_NAMES[6]]],
    generate=_make_parts(SMTP_NAMES[1:], SMTP_NAMES[5:6]),
    hidden=3,
)
def smtp_server(t: Trial, schedule: Schedule) -> None:
    """The schedule: what the server does with each receipt. Its mails are counted at the server."""
    _against(t, "smtp", SMTP_PARTS, schedule or SMTP_NAMES[2:3], SMTP_ATTEMPTS, _accepted)


def _accepted(server: Any, key: str) -> int:
    return server.accepted(f"<{key}@shop.example>")


@register(
    "retry.s3_server",
    title=N_("S3, all together against a real S3 server: what may pass is stored, and what is final is tried once"),
    examples=[[S3_NAMES[0], S3_NAMES[4]], [S3_NAMES[1], S3_NAMES[2]]],
    generate=_make_parts(S3_NAMES, S3_NAMES[3:4]),
    hidden=2,
)
def s3_server(t: Trial, schedule: Schedule) -> None:
    """The schedule: what the store does with each upload. Writing one key twice leaves one object."""
    _against(t, "s3", S3_PARTS, schedule or S3_NAMES[3:4], S3_ATTEMPTS, lambda server, key: key in server.objects())


@register(
    "retry.redis_server",
    title=N_("Redis, all together against a real Redis server: what may pass is set, and the caller hardly waits"),
    examples=[[REDIS_NAMES[0], REDIS_NAMES[4]], [REDIS_NAMES[2], REDIS_NAMES[3]]],
    generate=_make_parts(REDIS_NAMES, REDIS_NAMES[1:2]),
    hidden=3,
)
def redis_server(t: Trial, schedule: Schedule) -> None:
    """The schedule: what the server does with each update. SET commands are counted at the server."""
    parts = schedule or list(REDIS_NAMES[1:2])
    _against(t, "redis", _redis_parts(), parts, REDIS_ATTEMPTS, lambda server, key: server.sets)
