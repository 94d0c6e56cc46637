"""An entry that is not there is a KeyError."""

CHECK = "vector_clock.missing"
REPLACE = [
    (
        "second.get(process, 0) for",
        "second[process] for",
    ),
    (
        "first.get(process, 0) for",
        "first[process] for",
    ),
]
