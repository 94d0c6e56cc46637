"""Opens a new ballot, and keeps the promises that it had collected for the last one."""

CHECK = "paxos.majority"
REPLACE = [
    (
        "        self.value = None\n        self.promises = {}\n        for",
        "        self.value = None\n        for",
    ),
]
