"""Each pool gets what it would like to have; together that is more than there is."""

CHECK = "bulkhead.budget"
REPLACE = [('"connections": 8, "cpu_share": 0.68', '"connections": 20, "cpu_share": 0.9')]
