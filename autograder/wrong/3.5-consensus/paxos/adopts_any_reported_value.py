"""Takes the first value that it hears of: a reported one is as good as another."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "        highest, value = max(self.promises.values(), key=lambda report: report[0])\n",
        "        reports = [report for report in self.promises.values() if report[0] != NO_BALLOT]\n"
        "        highest, value = reports[0] if reports else (NO_BALLOT, None)\n",
    ),
]
