"""Returns the version, and not its value."""

CHECK = "resolution.latest"
REPLACE = [
    (
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))\n',
    ),
]
