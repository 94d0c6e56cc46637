"""Each rule is a method that says no: a call is a row of questions before the next attempt."""

from dataclasses import dataclass
from decimal import Decimal

import faultlab.errors as errors


@dataclass
class RetryBudget:
    ratio: float = 0.1
    initial: float = 10.0
    tokens_max: float = 10.0

    def __post_init__(self):
        self.tokens = Decimal(repr(self.initial))

    def deposit(self):
        self.tokens = min(Decimal(repr(self.tokens_max)), self.tokens + Decimal(repr(self.ratio)))

    def spend(self):
        if self.tokens >= 1:
            self.tokens -= 1
            return True
        return False


class OneCall:
    def __init__(self, rules, operation):
        self.rules, self.operation = rules, operation
        self.deadline_s = rules["clock"]() + rules["deadline_s"]
        self.made, self.error, self.wait_s = 0, None, 0.0

    def attempt(self):
        self.made += 1
        self.error = None
        try:
            return self.operation()
        except Exception as error:
            self.error = error

    def attempts_are_left(self):
        return self.made < self.rules["attempts_max"]

    def it_may_pass(self):
        return self.rules["is_retryable"](self.error)

    def time_is_left(self):
        low_s = getattr(self.error, "retry_after_s", None) or 0.0
        high_s = self.rules["cap_s"]
        if self.made < 40:
            high_s = min(high_s, self.rules["base_s"] * (1 << self.made - 1))
        self.wait_s = max(low_s, self.rules["uniform"](0.0, high_s))
        return self.rules["clock"]() + self.wait_s <= self.deadline_s

    def it_is_paid(self):
        return self.rules["budget"] is None or self.rules["budget"].spend()

    def run(self):
        result = self.attempt()
        while self.error is not None:
            questions = (self.attempts_are_left, self.it_may_pass, self.time_is_left, self.it_is_paid)
            if not all(question() for question in questions):
                raise self.error
            self.rules["sleep"](self.wait_s)
            result = self.attempt()
        return result


class Retry:
    def __init__(self, *, budget=None, **rules):
        if rules["attempts_max"] < 1:
            raise ValueError("attempts_max < 1")
        self.rules = {**rules, "budget": budget}

    def call(self, operation):
        if self.rules["budget"] is not None:
            self.rules["budget"].deposit()
        return OneCall(self.rules, operation).run()


def lost(error):
    return isinstance(error, (ConnectionError, TimeoutError))


def smtp_retryable(error):
    final = getattr(error, "stage", "") == "after_data" or getattr(error, "code", 0) >= 500
    return lost(error) or (isinstance(error, errors.SMTPError) and not final)


def s3_retryable(error):
    passing = "429", "500", "502", "503", "504", "RequestTimeout"
    return lost(error) or (isinstance(error, errors.S3Error) and bool({str(error.status), error.code} & {*passing}))


def redis_retryable(error):
    return lost(error) or (isinstance(error, errors.RedisError) and error.prefix in ("LOADING", "BUSY"))


POLICIES = {
    "smtp": {"attempts_max": 10, "base_s": 20.0, "cap_s": 300.0, "deadline_s": 900.0},
    "s3": {"attempts_max": 10, "base_s": 1.0, "cap_s": 30.0, "deadline_s": 60.0},
    "redis": {"attempts_max": 5, "base_s": 0.04, "cap_s": 0.08, "deadline_s": 0.15},
}
