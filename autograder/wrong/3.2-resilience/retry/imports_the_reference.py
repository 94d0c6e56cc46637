"""Takes the model of the course in place of an answer."""

import random

from faultlab.models.retry import FullJitter, RetryPolicy, transient
from faultlab.models.retry import Retry as Model

CHECK = "*"

smtp_retryable = s3_retryable = redis_retryable = transient

POLICIES = {
    "smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0},
    "s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0},
    "redis": {"attempts_max": 5, "base_s": 0.02, "cap_s": 0.1, "deadline_s": 0.2},
}


class Retry(Model):
    def __init__(self, *, attempts_max, base_s, cap_s, deadline_s, is_retryable, clock, sleep, uniform, budget=None):
        policy = RetryPolicy(attempts_max, FullJitter(base_s, cap_s), deadline_s, is_retryable, idempotent=True)
        super().__init__(policy, clock, sleep, random.Random(1), budget)
