"""Only the reports stand behind a wall of every kind; what API and admin share cannot run out with these numbers."""

BULKHEAD = {
    "routes": {"admin": "admin", "reports": "reports", "api": "api"},
    "pools": [
        {"name": "admin", "threads": 4, "queue": 4, "connections": 2},
        {"name": "api", "threads": 22, "queue": 12, "connections": 8},
        {"name": "reports", "threads": 9, "queue": 40, "connections": 6, "cpu_share": 0.3, "memory_mb": 5000},
    ],
}
