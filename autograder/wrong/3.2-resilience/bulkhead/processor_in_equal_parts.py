"""A third of the processor for each function: fair, and the API, which needs half of it, drowns on an ordinary day."""

CHECK = "bulkhead.day"
REPLACE = [
    ('"cpu_share": 0.68', '"cpu_share": 0.34'),
    ('"cpu_share": 0.27', '"cpu_share": 0.33'),
    ('"cpu_share": 0.05', '"cpu_share": 0.33'),
]
