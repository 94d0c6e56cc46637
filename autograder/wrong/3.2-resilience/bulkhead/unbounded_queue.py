"""Nobody is rejected: in a surge all wait in a queue until their clients give up, and the work is done for nobody."""

CHECK = "bulkhead.api_surge"
REPLACE = [('"threads": 20, "queue": 24', '"threads": 20, "queue": 1_000_000')]
