"""Retry with backoff: try again what may work the next time, late enough and seldom enough not to make things worse.

Rules
1. Only errors that may pass are retried (`is_retryable`): a refusal, a broken connection, a timeout, not a 404.
2. If the operation must not be done twice (`idempotent=False`), an error that leaves open whether it was done is not
   retried: after a timeout the mail may be on its way. Such operations become safe to retry with an idempotency key
   that the server remembers.
3. Attempt k (the first is 1) that fails is followed by a wait that the delay strategy chooses, at most its `cap_s`.
   Nobody waits after the last attempt.
4. `Retry-After` (the error's `retry_after_s`) is a lower bound of the wait, even above the cap: the server knows best
   when it is back.
5. The whole call has a deadline, counted from its start. A wait that would end after it is not begun: the caller gets
   the last error at once, not an answer that nobody waits for any more. A wait that ends exactly at the deadline is
   begun.
6. A budget shared by many calls lets the retries be a small share of the first attempts. When it is empty the last
   error is raised.
7. Retry at one layer only. Layers multiply: with 3 attempts at each of 3 layers, one request becomes 27
   (`amplification`).

Why jitter: clients that failed together and wait equally long come back together, and fail together again. Randomness
spreads them. `FullJitter` is the one to start with; the others are here to be compared with it
(`faultlab.models.backoff`).

Left out: hedged requests (a second attempt before the first one failed), and asynchronous code.

Sources: M. Brooker, Exponential Backoff And Jitter (AWS Architecture Blog, 2015); Site Reliability Engineering (2016),
ch. 21 "Handling Overload" (the budget) and 22 "Addressing Cascading Failures" (layers); RFC 9110, 9.2.2 (idempotent
methods) and 10.2.3 (Retry-After).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from faultlab.errors import HTTPError

# Delay strategies: small values. `delay(attempt, previous_s, rng)` is the wait in seconds after failed attempt number
# `attempt` (from 1), where `previous_s` was the wait before (None at first); `bounds(attempt)` is the interval in
# which it falls.


class Delays(Protocol):
    """What every strategy offers."""

    @property
    def cap_s(self) -> float: ...

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float: ...

    def bounds(self, attempt: int) -> tuple[float, float]: ...


def doubled(base_s: float, attempt: int, cap_s: float) -> float:
    """base_s * 2^(attempt - 1), at most `cap_s`, for any number of attempts."""
    exponent = min(attempt - 1, 1000)  # beyond that a float overflows, and the cap was reached long before
    return min(cap_s, base_s * 2.0**exponent)


@dataclass(frozen=True)
class Fixed:
    """The same wait each time. Not for many clients: those that failed together come back together."""

    delay_s: float = 1.0

    @property
    def cap_s(self) -> float:
        return self.delay_s

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return self.delay_s

    def bounds(self, attempt: int) -> tuple[float, float]:
        return self.delay_s, self.delay_s


@dataclass(frozen=True)
class Exponential:
    """Twice the wait each time, up to the cap.

    The load thins out, but still in step: clients meet again at every attempt.
    """

    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return doubled(self.base_s, attempt, self.cap_s)

    def bounds(self, attempt: int) -> tuple[float, float]:
        wait_s = doubled(self.base_s, attempt, self.cap_s)
        return wait_s, wait_s


@dataclass(frozen=True)
class FullJitter:
    """Anything between nothing and the exponential wait: spreads best and does the least work.

    Some waits are very short.
    """

    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return rng.uniform(*self.bounds(attempt))

    def bounds(self, attempt: int) -> tuple[float, float]:
        return 0.0, doubled(self.base_s, attempt, self.cap_s)


@dataclass(frozen=True)
class EqualJitter:
    """Half of the exponential wait for certain, the other half at random: no wait is very short."""

    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return rng.uniform(*self.bounds(attempt))

    def bounds(self, attempt: int) -> tuple[float, float]:
        wait_s = doubled(self.base_s, attempt, self.cap_s)
        return wait_s / 2, wait_s


@dataclass(frozen=True)
class DecorrelatedJitter:
    """Between the base and three times the wait before.

    It grows with its own luck, not with the number of the attempt.
    """

    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        before_s = self.base_s if previous_s is None else previous_s
        return min(self.cap_s, rng.uniform(self.base_s, max(self.base_s, 3 * before_s)))

    def bounds(self, attempt: int) -> tuple[float, float]:
        return min(self.cap_s, self.base_s), min(self.cap_s, self.base_s * 3.0 ** min(attempt, 500))


@dataclass(frozen=True)
class PlusMinus:
    """The exponential wait, give or take a `share` of it: far better than no jitter, but a smear, no spread.

    Where clients contend (`backoff.py`) it does nearly as little work as full jitter and takes almost twice as long.
    The jitter ends at the cap. Cutting it off there (`min(cap_s, jittered)`) would keep the cap too, but send half of
    the clients back at the very same moment, once the exponential wait has reached it.
    """

    share: float = 0.25
    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return min(self.cap_s, rng.uniform(*self.bounds(attempt)))  # the sum may be rounded up

    def bounds(self, attempt: int) -> tuple[float, float]:
        wait_s = doubled(self.base_s, attempt, self.cap_s)
        return wait_s * (1 - self.share), min(self.cap_s, wait_s * (1 + self.share))


@dataclass(frozen=True)
class NaivePlusMinus:
    """The same, with the jitter added after the cap: waits of up to `cap_s * (1 + share)`. Here to be found out."""

    share: float = 0.25
    base_s: float = 1.0
    cap_s: float = 60.0

    def delay(self, attempt: int, previous_s: float | None, rng: random.Random) -> float:
        return rng.uniform(*self.bounds(attempt))

    def bounds(self, attempt: int) -> tuple[float, float]:
        wait_s = doubled(self.base_s, attempt, self.cap_s)
        return wait_s * (1 - self.share), wait_s * (1 + self.share)


STRATEGIES: dict[str, Callable[[float, float], Delays]] = {
    "fixed": lambda base_s, cap_s: Fixed(min(base_s, cap_s)),
    "exponential": Exponential,
    "full": FullJitter,
    "equal": EqualJitter,
    "decorrelated": DecorrelatedJitter,
    "plus-minus": lambda base_s, cap_s: PlusMinus(0.25, base_s, cap_s),
}


def waits(delays: Delays, retries: int, rng: random.Random) -> list[float]:
    """The waits in seconds after attempts 1 .. `retries` of one client, as `delays` chooses them."""
    chosen: list[float] = []
    for attempt in range(1, retries + 1):
        chosen.append(delays.delay(attempt, chosen[-1] if chosen else None, rng))
    return chosen


# What to retry


def transient(error: BaseException) -> bool:
    """True if the same request may succeed later: broken connection, timeout, HTTP 408, 429, 500, 502, 503, 504."""
    if isinstance(error, HTTPError):
        return error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, (ConnectionError, TimeoutError))


def outcome_unknown(error: BaseException) -> bool:
    """True if the request may have been carried out although it failed for the caller.

    A refused connection, a 429 and a 503 say that nothing was begun. A connection lost later, a timeout, and the other
    5xx do not.
    """
    if isinstance(error, HTTPError):
        return error.status >= 500 and error.status != 503
    return isinstance(error, (ConnectionError, TimeoutError)) and not isinstance(error, ConnectionRefusedError)


class RetryBudget:
    """Tokens shared by all calls of a client: each first attempt earns `ratio` of one, each retry costs one.

    Over any stretch of time the retries are at most `tokens_max` + `ratio` * first attempts, whatever the failure
    rate: with 0.1 the load is bounded by about 1.1 times the demand, where 3 attempts without a budget make 3 of it.
    No more than `tokens_max` are saved up, so that a quiet hour does not pay for a storm; `initial` (default: all of
    it) are there at the start. Thread-safe.
    """

    # Counted in whole millionths: in floating point, ten times 0.1 is 0.9999999999999999, and the tenth call would
    # earn no retry.
    _TOKEN = 1_000_000

    def __init__(self, ratio: float = 0.1, tokens_max: float = 10.0, initial: float | None = None) -> None:
        if not (ratio >= 0 and tokens_max >= 1 and 0 <= (initial or 0) <= tokens_max):
            raise ValueError("a retry budget needs ratio >= 0, tokens_max >= 1 and 0 <= initial <= tokens_max")
        self._earned_per_call = round(ratio * self._TOKEN)
        self._most = round(tokens_max * self._TOKEN)
        self._units = self._most if initial is None else round(initial * self._TOKEN)
        self._lock = threading.Lock()

    @property
    def tokens(self) -> float:
        return self._units / self._TOKEN

    def deposit(self) -> None:
        """A first attempt was made."""
        with self._lock:
            self._units = min(self._most, self._units + self._earned_per_call)

    def spend(self) -> bool:
        """Take the token for one retry; False, and nothing is taken, if there is less than one."""
        with self._lock:
            if self._units < self._TOKEN:
                return False
            self._units -= self._TOKEN
            return True


@dataclass(frozen=True)
class RetryPolicy:
    """How often, how late, how long in all, and what to retry.

    `idempotent` is the caller's promise that doing the operation twice is as good as once (reads, PUT of a whole
    object). Without it only errors that say that nothing was done are retried (rule 2). ValueError if `attempts_max` <
    1: no attempt at all is no policy.
    """

    attempts_max: int = 3
    delays: Delays = field(default_factory=FullJitter)
    deadline_s: float | None = None
    is_retryable: Callable[[BaseException], bool] = transient
    idempotent: bool = False
    is_outcome_unknown: Callable[[BaseException], bool] = outcome_unknown

    def __post_init__(self) -> None:
        if self.attempts_max < 1:
            raise ValueError("attempts_max must be at least 1")
        if self.deadline_s is not None and self.deadline_s < 0:
            raise ValueError("deadline_s must not be negative")

    def may_retry(self, error: BaseException) -> bool:
        """Rules 1 and 2."""
        return self.is_retryable(error) and (self.idempotent or not self.is_outcome_unknown(error))


class Retry:
    """Calls operations under a policy. One object may serve many threads, if `rng` may (`random.Random` may)."""

    def __init__(
        self,
        policy: RetryPolicy,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        rng: random.Random,
        budget: RetryBudget | None = None,
    ) -> None:
        self.policy = policy
        self.budget = budget
        self._clock = clock
        self._sleep = sleep
        self._rng = rng

    def call(self, operation: Callable[[], Any]) -> Any:
        """The result of the first attempt that succeeds; if none does, the error of the last one."""
        started_s, previous_s = self.begin(), None
        for attempt in range(1, self.policy.attempts_max + 1):
            try:
                return operation()
            except Exception as error:
                wait_s = self.wait_after(attempt, error, previous_s, started_s)
                if wait_s is None:
                    raise
            self._sleep(wait_s)
            previous_s = wait_s
        raise AssertionError("the last attempt either returned or raised")

    # The two decisions, for code that does not sleep but is called back (`stack.py`).

    def begin(self) -> float:
        """A call begins: the budget earns its share. Returns the moment from which the deadline counts."""
        if self.budget is not None:
            self.budget.deposit()
        return self._clock()

    def wait_after(self, attempt: int, error: Exception, previous_s: float | None, started_s: float) -> float | None:
        """Seconds to wait after failed attempt number `attempt` before the next, or None if there is to be none."""
        policy = self.policy
        if attempt == policy.attempts_max or not policy.may_retry(error):
            return None
        wait_s = policy.delays.delay(attempt, previous_s, self._rng)
        wait_s = max(wait_s, getattr(error, "retry_after_s", None) or 0.0)  # rule 4
        if policy.deadline_s is not None and self._clock() + wait_s > started_s + policy.deadline_s:  # rule 5
            return None
        if self.budget is not None and not self.budget.spend():  # asked last: a retry that is not made costs nothing
            error.add_note("not retried: the retry budget is exhausted")
            return None
        return wait_s


class NaiveRetry:
    """A retry as it is often written at first, and what is wrong with it.

    It retries every error, adds its jitter after the cap, knows neither deadline nor Retry-After nor what must not be
    done twice, and with `attempts_max=0` it does not even try, and says nothing.
    """

    def __init__(
        self,
        sleep: Callable[[float], object],
        rng: random.Random,
        attempts_max: int = 5,
        base_s: float = 1.0,
        cap_s: float = 300.0,
    ) -> None:
        self._sleep = sleep
        self._rng = rng
        self._attempts_max = attempts_max
        self._delays = NaivePlusMinus(0.25, base_s, cap_s)

    def call(self, operation: Callable[[], Any]) -> Any:
        for attempt in range(1, self._attempts_max + 1):
            try:
                return operation()
            except Exception:
                if attempt == self._attempts_max:
                    raise
                self._sleep(self._delays.delay(attempt, None, self._rng))
        return None


# What retries do to the load


def amplification(layers: int, attempts: int) -> int:
    """Calls that reach the bottom for one request at the top, if all fail and each of `layers` makes `attempts`."""
    return attempts**layers


def calls_expected(attempts_max: int, failure_share: float) -> float:
    """Mean number of attempts for one request when each fails with probability `failure_share`: 1 + p + ...

    + p^(attempts_max - 1).
    """
    return sum(failure_share**retry for retry in range(attempts_max))
