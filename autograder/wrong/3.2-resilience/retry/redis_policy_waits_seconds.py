"""Waits seconds for a cache that should have saved milliseconds."""

CHECK = "retry.redis_limits"
REPLACE = [
    (
        '"redis": {"attempts_max": 5, "base_s": 0.02, "cap_s": 0.1, "deadline_s": 0.2}',
        '"redis": {"attempts_max": 5, "base_s": 1.0, "cap_s": 10.0, "deadline_s": 30.0}',
    ),
]
