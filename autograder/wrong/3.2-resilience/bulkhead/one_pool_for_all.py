"""Everybody shares everything: no thread stands idle while somebody waits, until the reports hang."""

CHECK = "bulkhead.reports_hang"

BULKHEAD = {
    "pools": [{"name": "all", "threads": 40, "queue": 20}],
    "routes": {"api": "all", "reports": "all", "admin": "all"},
}
