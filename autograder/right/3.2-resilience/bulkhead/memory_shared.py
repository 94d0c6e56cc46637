"""Only the reports have a quota of the processor; memory is shared by all, and cannot run out with so few threads."""

BULKHEAD = {
    "pools": [
        {"name": "api", "threads": 24, "queue": 30, "connections": 7},
        {"name": "reports", "threads": 7, "queue": 25, "connections": 7, "cpu_share": 0.3},
        {"name": "admin", "threads": 3, "queue": 5, "connections": 2},
    ],
    "routes": {"api": "api", "reports": "reports", "admin": "admin"},
}
