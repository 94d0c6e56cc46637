"""Moments are compared as texts: 9.75 is later than 10."""

CHECK = "resolution.latest"
REPLACE = [
    (
        '(version["time_s"], version["writer"])',
        '(str(version["time_s"]), version["writer"])',
    ),
]
