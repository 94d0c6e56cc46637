"""The copies are added up, the base counts for each."""

CHECK = "resolution.sums"
REPLACE = [
    (
        "sum(copy - base for copy in copies)",
        "sum(copies)",
    ),
]
