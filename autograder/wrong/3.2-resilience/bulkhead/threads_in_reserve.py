"""Takes all the threads that the machine allows: the walls hold, and three quarters of the threads do nothing."""

CHECK = "bulkhead.idle"
REPLACE = [('"threads": 20, "queue": 24', '"threads": 50, "queue": 24')]
