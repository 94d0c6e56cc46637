"""Tries again at once, and is done before Redis has begun."""

CHECK = "retry.redis_loading"
REPLACE = [
    (
        '"redis": {"attempts_max": 5, "base_s": 0.02, "cap_s": 0.1, "deadline_s": 0.2}',
        '"redis": {"attempts_max": 5, "base_s": 0.001, "cap_s": 0.01, "deadline_s": 0.2}',
    ),
]
