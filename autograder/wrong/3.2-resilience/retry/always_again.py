"""Tries again at once, whatever happened, until it works: the loop that turns a small outage into a large one."""

CHECK = "retry.attempts"


class RetryBudget:
    def __init__(self, ratio=0.1, initial=10.0, tokens_max=10.0):
        pass

    def deposit(self):
        pass

    def spend(self):
        return True


class Retry:
    def __init__(self, **settings):
        pass

    def call(self, operation):
        while True:
            try:
                return operation()
            except Exception:
                pass


def smtp_retryable(error):
    return True


s3_retryable = redis_retryable = smtp_retryable

POLICIES = {
    name: {"attempts_max": 1000, "base_s": 0, "cap_s": 0, "deadline_s": 1000} for name in ("smtp", "s3", "redis")
}
