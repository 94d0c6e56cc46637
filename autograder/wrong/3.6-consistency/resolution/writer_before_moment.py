"""The greatest writer wins, and of its writes the last."""

CHECK = "resolution.ties"
REPLACE = [
    (
        '(version["time_s"], version["writer"])',
        '(version["writer"], version["time_s"])',
    ),
]
