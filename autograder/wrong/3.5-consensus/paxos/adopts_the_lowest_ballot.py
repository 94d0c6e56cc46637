"""Of the reported values it takes that of the lowest ballot: first come, first served."""

CHECK = "paxos.orders"
REPLACE = [
    (
        "        highest, value = max(self.promises.values(), key=lambda report: report[0])\n",
        "        reports = [report for report in self.promises.values() if report[0] != NO_BALLOT]\n"
        "        highest, value = min(reports, key=lambda report: report[0], default=(NO_BALLOT, None))\n",
    ),
]
