"""Threads enough for any storm of reports, and not the memory for them: the pool is killed again and again."""

CHECK = "bulkhead.report_storm"
REPLACE = [('"threads": 10, "queue": 20, "connections": 6', '"threads": 20, "queue": 20, "connections": 6')]
