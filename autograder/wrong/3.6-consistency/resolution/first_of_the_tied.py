"""Of equal moments the one that came first wins, so each replica may choose another."""

CHECK = "resolution.ties"
REPLACE = [
    (
        '(version["time_s"], version["writer"])',
        'version["time_s"]',
    ),
]
