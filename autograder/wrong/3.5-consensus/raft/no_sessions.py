"""A call is carried out as often as it stands in the log."""

CHECK = "raft.sessions"
REPLACE = [
    (
        "        if int(number) > last:",
        "        if True:",
    ),
]
