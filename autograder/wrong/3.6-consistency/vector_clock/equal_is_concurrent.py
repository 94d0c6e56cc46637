"""As in the draft: of two equal clocks none is before the other, so they are concurrent."""

CHECK = "vector_clock.equal"
REPLACE = [
    (
        '            return "equal"\n',
        '            return "concurrent"\n',
    ),
]
