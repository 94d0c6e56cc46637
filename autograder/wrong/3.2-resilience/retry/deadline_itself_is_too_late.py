"""Refuses a wait that ends exactly at the deadline."""

CHECK = "retry.deadline_edge"
REPLACE = [
    ("wait_s > ends_s", "wait_s >= ends_s"),
]
