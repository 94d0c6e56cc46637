"""Takes the value that most acceptors report, as if it were counting votes."""

CHECK = "paxos.adopt"
REPLACE = [
    (
        "        highest, value = max(self.promises.values(), key=lambda report: report[0])\n",
        "        reports = [report for report in self.promises.values() if report[0] != NO_BALLOT]\n"
        "        highest, value = max(reports, key=reports.count, default=(NO_BALLOT, None))\n",
    ),
]
