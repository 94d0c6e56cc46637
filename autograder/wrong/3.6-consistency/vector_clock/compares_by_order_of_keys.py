"""Vectors are compared as lists of their numbers, in the order in which the keys came."""

CHECK = "vector_clock.equal"
REPLACE = [
    (
        '        if no_more and no_less:\n            return "equal"\n',
        '        if list(first.values()) == list(second.values()):\n            return "equal"\n',
    ),
]
