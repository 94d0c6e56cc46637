"""As little of everything as will do: few threads, short queues, a quota for each."""

BULKHEAD = {
    "pools": [
        {"name": "users", "threads": 16, "queue": 16, "connections": 8, "cpu_share": 0.7, "memory_mb": 600},
        {"name": "heavy", "threads": 8, "queue": 30, "connections": 6, "cpu_share": 0.25, "memory_mb": 4000},
        {"name": "quiet", "threads": 2, "queue": 4, "connections": 2, "cpu_share": 0.05, "memory_mb": 100},
    ],
    "routes": {"api": "users", "reports": "heavy", "admin": "quiet"},
}
