"""Only the entries that both vectors have are compared."""

CHECK = "vector_clock.missing"
REPLACE = [
    (
        "for process, count in first.items())",
        "for process, count in first.items() if process in second)",
    ),
    (
        "for process, count in second.items())",
        "for process, count in second.items() if process in first)",
    ),
]
