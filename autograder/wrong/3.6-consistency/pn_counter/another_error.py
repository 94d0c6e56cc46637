"""A negative by is an AssertionError."""

CHECK = "pn_counter.refuses"
REPLACE = [
    (
        '        if by < 0:\n            raise ValueError(f"{by} is negative")\n',
        "        assert by >= 0\n",
    ),
]
