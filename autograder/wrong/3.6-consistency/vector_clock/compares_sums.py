"""The vector with fewer events in all is before: a total order, as of Lamport's clock."""

CHECK = "vector_clock.compare"
REPLACE = [
    (
        "        if no_more and no_less:\n"
        '            return "equal"\n'
        '        return "before" if no_more else "after" if no_less else "concurrent"\n',
        "        if no_more and no_less:\n"
        '            return "equal"\n'
        '        return "before" if sum(first.values()) < sum(second.values()) else "after"\n',
    ),
]
