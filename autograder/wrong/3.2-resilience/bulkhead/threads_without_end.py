"""A hundred threads cost nothing, it seems."""

CHECK = "bulkhead.budget"
REPLACE = [('"threads": 20, "queue": 24', '"threads": 100, "queue": 24')]
