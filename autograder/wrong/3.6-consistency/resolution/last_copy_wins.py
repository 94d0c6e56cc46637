"""As in the source's wrong line: the greatest copy is the counter."""

CHECK = "resolution.sums"
REPLACE = [
    (
        "    return base + sum(copy - base for copy in copies)\n",
        "    return max(copies, default=base)\n",
    ),
]
