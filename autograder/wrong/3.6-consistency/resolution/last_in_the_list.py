"""The last of the list wins: the order of arrival decides."""

CHECK = "resolution.latest"
REPLACE = [
    (
        '    return max(versions, key=lambda version: (version["time_s"], version["writer"]))["value"]\n',
        '    return versions[-1]["value"]\n',
    ),
]
