"""Before: every entry less. One equal entry, and it is concurrent."""

CHECK = "vector_clock.compare"
REPLACE = [
    (
        "        no_more = all(count <= second.get",
        "        no_more = all(count < second.get",
    ),
    (
        "        no_less = all(count <= first.get",
        "        no_less = all(count < first.get",
    ),
    (
        "        if no_more and no_less:\n"
        '            return "equal"\n'
        '        return "before" if no_more else "after" if no_less else "concurrent"\n',
        "        if dict(first) == dict(second):\n"
        '            return "equal"\n'
        '        return "before" if no_more else "after" if no_less else "concurrent"\n',
    ),
]
