"""Of equal moments the least writer wins."""

CHECK = "resolution.ties"
REPLACE = [
    (
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
        '    return min(versions, key=lambda version: (-version["time_s"], version["writer"]))["value"]\n',
    ),
]
