"""The API is what earns the money, so the reports get what is left: nearly nothing."""

CHECK = "bulkhead.day"
REPLACE = [
    ('"cpu_share": 0.68', '"cpu_share": 0.9'),
    (
        '"threads": 10, "queue": 20, "connections": 6, "cpu_share": 0.27',
        '"threads": 2, "queue": 5, "connections": 2, "cpu_share": 0.05',
    ),
]
