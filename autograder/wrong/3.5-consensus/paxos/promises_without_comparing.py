"""Promises every ballot that it is asked for, the lower ones too."""

CHECK = "paxos.promise"
REPLACE = [
    (
        "        if ballot > self.promised:\n",
        "        if True:\n",
    ),
]
