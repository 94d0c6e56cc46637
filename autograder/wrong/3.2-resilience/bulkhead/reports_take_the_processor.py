"""Threads, connections and memory are divided, but not the processor: a storm of reports slows everybody down."""

CHECK = "bulkhead.report_storm"

BULKHEAD = {
    "pools": [
        {"name": "api", "threads": 20, "queue": 24, "connections": 8, "memory_mb": 1024},
        {"name": "reports", "threads": 24, "queue": 20, "connections": 6, "memory_mb": 14000},
        {"name": "admin", "threads": 3, "queue": 6, "connections": 2, "memory_mb": 256},
    ],
    "routes": {"api": "api", "reports": "reports", "admin": "admin"},
}
