"""The greatest value wins."""

CHECK = "resolution.latest"
REPLACE = [
    (
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
        '    return max((version["value"] for version in versions), key=str)\n',
    ),
]
