"""Replicas take over additions from each other, and never removals."""

CHECK = "or_set.observed"
REPLACE = [
    (
        " if dot in theirs or dot[1] > seen.get(dot[0], 0)}",
        "}",
    ),
]
