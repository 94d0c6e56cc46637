"""Tries once and passes on what comes: the answer of someone who wrote nothing."""

CHECK = "*"


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
        return operation()


def smtp_retryable(error):
    return False


s3_retryable = redis_retryable = smtp_retryable

POLICIES = {
    name: {"attempts_max": 1, "base_s": 0.0, "cap_s": 0.0, "deadline_s": 0.0} for name in ("smtp", "s3", "redis")
}
