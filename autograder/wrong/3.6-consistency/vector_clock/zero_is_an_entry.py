"""Vectors are equal if the dicts are: an entry of 0 makes a difference."""

CHECK = "vector_clock.missing"
REPLACE = [
    (
        '        if no_more and no_less:\n            return "equal"\n',
        "        if first == second:\n"
        '            return "equal"\n'
        "        if no_more and no_less:\n"
        '            return "concurrent"\n',
    ),
]
