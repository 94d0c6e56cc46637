"""One thread for everybody: the least that can be written down."""

CHECK = "*"

BULKHEAD = {
    "pools": [{"name": "all", "threads": 1}],
    "routes": {"api": "all", "reports": "all", "admin": "all"},
}
