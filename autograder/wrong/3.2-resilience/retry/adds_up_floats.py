"""Ten times 0.1 in floating point is 0.9999999999999999, and the tenth call earns no retry."""

CHECK = "retry.tenths"
REPLACE = [
    ("(Fraction(str(n)) for n in (ratio, initial, tokens_max))", "(float(n) for n in (ratio, initial, tokens_max))"),
]
