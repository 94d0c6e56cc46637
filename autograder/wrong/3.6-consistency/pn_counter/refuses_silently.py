"""A negative by is left out without a word."""

CHECK = "pn_counter.refuses"
REPLACE = [
    (
        '            raise ValueError(f"{by} is negative")\n',
        "            return\n",
    ),
]
