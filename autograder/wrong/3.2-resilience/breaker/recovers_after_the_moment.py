"""Wants more than the recovery time: exactly thirty seconds are not enough."""

CHECK = "breaker.recovery_edge"
REPLACE = [
    (
        "if wait_s > 0:",
        "if wait_s >= 0:",
    ),
]
