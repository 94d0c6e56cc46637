"""Threads, processor and memory are divided, and all fetch their connections from one pool: a wall with a hole."""

CHECK = "bulkhead.reports_hang"

BULKHEAD = {
    "pools": [
        {"name": "api", "threads": 20, "queue": 24, "cpu_share": 0.68, "memory_mb": 1024},
        {"name": "reports", "threads": 20, "queue": 20, "cpu_share": 0.27, "memory_mb": 11000},
        {"name": "admin", "threads": 3, "queue": 6, "cpu_share": 0.05, "memory_mb": 256},
    ],
    "routes": {"api": "api", "reports": "reports", "admin": "admin"},
}
