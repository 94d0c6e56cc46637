"""Before and after the wrong way round."""

CHECK = "vector_clock.compare"
REPLACE = [
    (
        '"before" if no_more else "after" if no_less',
        '"after" if no_more else "before" if no_less',
    ),
]
