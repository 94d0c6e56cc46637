"""One attempt and, if it fails, the rest of the call: recursion. Tokens are whole millionths."""

from faultlab.errors import RedisError, S3Error, SMTPError


class RetryBudget:
    UNIT = 1_000_000

    def __init__(self, ratio=0.1, initial=10.0, tokens_max=10.0):
        self.ratio, self.tokens, self.most = (round(n * self.UNIT) for n in (ratio, initial, tokens_max))

    def deposit(self):
        self.tokens = min(self.tokens + self.ratio, self.most)

    def spend(self):
        enough = self.tokens >= self.UNIT
        if enough:
            self.tokens -= self.UNIT
        return enough


class Retry:
    def __init__(self, *, attempts_max, base_s, cap_s, deadline_s, is_retryable, clock, sleep, uniform, budget=None):
        if attempts_max <= 0:
            raise ValueError(attempts_max)
        self.__dict__.update(locals())

    def call(self, operation):
        if self.budget:
            self.budget.deposit()
        return self.rest(operation, self.attempts_max, min(self.base_s, self.cap_s), self.clock() + self.deadline_s)

    def rest(self, operation, attempts_left, longest_s, deadline_s):
        # Recursion is no way to make a thousand attempts: beyond a hundred a loop takes over.
        for _ in range(attempts_left - 100):
            ended, value = self.once(operation, attempts_left, longest_s, deadline_s)
            if ended:
                return value
            attempts_left, longest_s = attempts_left - 1, min(self.cap_s, longest_s * 2)
        ended, value = self.once(operation, attempts_left, longest_s, deadline_s)
        if ended:
            return value
        return self.rest(operation, attempts_left - 1, min(self.cap_s, longest_s * 2), deadline_s)

    def once(self, operation, attempts_left, longest_s, deadline_s):
        try:
            return True, operation()
        except Exception as error:
            if attempts_left == 1 or not self.is_retryable(error):
                raise
            wait_s = longest_s * self.uniform(0.0, 1.0)
            wait_s = max(wait_s, getattr(error, "retry_after_s", 0) or 0)
            if deadline_s - self.clock() < wait_s or (self.budget and not self.budget.spend()):
                raise
        self.sleep(wait_s)
        return False, None


def smtp_retryable(error):
    if not isinstance(error, SMTPError):
        return isinstance(error, (ConnectionError, TimeoutError))
    return error.code // 100 == 4 or (error.code, error.stage != "after_data") == (0, True)


def s3_retryable(error):
    if not isinstance(error, S3Error):
        return isinstance(error, (ConnectionError, TimeoutError))
    return error.code == "RequestTimeout" or error.status in {429, 500, 502, 503, 504}


def redis_retryable(error):
    if not isinstance(error, RedisError):
        return isinstance(error, (ConnectionError, TimeoutError))
    return error.prefix in {"LOADING", "BUSY"}


POLICIES = {
    "smtp": {"attempts_max": 9, "base_s": 150, "cap_s": 150, "deadline_s": 900},
    "s3": {"attempts_max": 10, "base_s": 2, "cap_s": 15, "deadline_s": 60},
    "redis": {"attempts_max": 4, "base_s": 0.1, "cap_s": 0.1, "deadline_s": 0.2},
}
