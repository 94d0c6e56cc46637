"""As many API threads as the average load asks for: Little's law without a reserve for bursts."""

CHECK = "bulkhead.day"
REPLACE = [('"threads": 20, "queue": 24', '"threads": 7, "queue": 4')]
