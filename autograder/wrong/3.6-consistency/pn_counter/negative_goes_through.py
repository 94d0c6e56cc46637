"""A negative by is counted the other way."""

CHECK = "pn_counter.refuses"
REPLACE = [
    (
        '        if by < 0:\n            raise ValueError(f"{by} is negative")\n',
        "",
    ),
]
