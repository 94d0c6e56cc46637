"""The waits come from a generator that is told of each error; the loop only tries. Sleeps in short slices."""

from faultlab.errors import RedisError, S3Error, SMTPError

NEARLY = 1e-9  # floats add up to a little less than they should


class RetryBudget:
    def __init__(self, ratio=0.1, initial=10.0, tokens_max=10.0):
        self.ratio, self.tokens, self.most = ratio, initial, tokens_max

    def deposit(self):
        self.tokens = min(self.most, self.tokens + self.ratio)

    def spend(self):
        if self.tokens < 1 - NEARLY:
            return False
        self.tokens = max(0.0, self.tokens - 1)
        return True


class Unlimited:
    def deposit(self):
        pass

    def spend(self):
        return True


class Retry:
    SLICE_S = 16.0

    def __init__(self, *, attempts_max, base_s, cap_s, deadline_s, is_retryable, clock, sleep, uniform, budget=None):
        if not attempts_max >= 1:
            raise ValueError("at least one attempt")
        self._retries = attempts_max - 1
        self._longest_s = (base_s, cap_s)
        self._deadline_s = deadline_s
        self._may_pass = is_retryable
        self._clock, self._sleep, self._uniform = clock, sleep, uniform
        self._budget = Unlimited() if budget is None else budget

    def call(self, operation):
        self._budget.deposit()
        waits = self._waits(self._clock())
        next(waits)
        while True:
            try:
                return operation()
            except Exception as error:
                failed = error
            try:
                left_s = waits.send(failed)
            except StopIteration:
                raise failed from None
            while left_s > 0:
                self._sleep(min(left_s, self.SLICE_S))
                left_s -= self.SLICE_S

    def _waits(self, began_s):
        longest_s, cap_s = self._longest_s
        error = yield
        for _retry in range(self._retries):
            if not self._may_pass(error):
                return
            wait_s = self._uniform(0, min(longest_s, cap_s))
            if getattr(error, "retry_after_s", None) is not None:
                wait_s = max(wait_s, error.retry_after_s)
            if self._clock() - began_s + wait_s > self._deadline_s or not self._budget.spend():
                return
            error = yield wait_s
            longest_s = min(2 * longest_s, cap_s)


LOST = (ConnectionError, TimeoutError)


def smtp_retryable(error):
    match error:
        case SMTPError(code=0, stage="after_data"):
            return False
        case SMTPError(code=code):
            return code < 500
    return isinstance(error, LOST)


def s3_retryable(error):
    match error:
        case S3Error(code="RequestTimeout" | "SlowDown") | S3Error(status=429 | 500 | 502 | 503 | 504):
            return True
    return isinstance(error, LOST)


def redis_retryable(error):
    match error:
        case RedisError(prefix="LOADING" | "BUSY"):
            return True
    return isinstance(error, LOST)


POLICIES = {
    "smtp": {"attempts_max": 8, "base_s": 100.0, "cap_s": 200.0, "deadline_s": 880.0},
    "s3": {"attempts_max": 9, "base_s": 2.0, "cap_s": 25.0, "deadline_s": 55.0},
    "redis": {"attempts_max": 5, "base_s": 0.05, "cap_s": 0.05, "deadline_s": 0.2},
}
