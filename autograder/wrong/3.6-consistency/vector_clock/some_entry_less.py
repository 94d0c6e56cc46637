"""Before: some entry is less, whatever the others are."""

CHECK = "vector_clock.compare"
REPLACE = [
    (
        "        if no_more and no_less:\n"
        '            return "equal"\n'
        '        return "before" if no_more else "after" if no_less else "concurrent"\n',
        "        if no_more and no_less:\n"
        '            return "equal"\n'
        '        return "before" if not no_less else "after"\n',
    ),
]
