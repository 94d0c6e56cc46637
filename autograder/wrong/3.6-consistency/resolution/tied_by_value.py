"""Of equal moments the greatest value wins."""

CHECK = "resolution.ties"
REPLACE = [
    (
        '(version["time_s"], version["writer"])',
        '(version["time_s"], str(version["value"]))',
    ),
]
