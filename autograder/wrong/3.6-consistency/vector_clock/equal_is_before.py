"""Equal vectors: no entry is greater, so before."""

CHECK = "vector_clock.equal"
REPLACE = [
    (
        '        if no_more and no_less:\n            return "equal"\n',
        "",
    ),
]
