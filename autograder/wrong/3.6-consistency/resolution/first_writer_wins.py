"""The earliest write wins."""

CHECK = "resolution.latest"
REPLACE = [
    (
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
        '    return min(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
    ),
]
