"""With attempts_max=0 the loop is never entered: the operation does not run, nothing is raised, the result is None."""

CHECK = "retry.refused"
REPLACE = [
    (('        if attempts_max < 1:\n            raise ValueError("attempts_max must be at least 1")\n'), ""),
    ("        while True:\n", "        while attempt <= self._attempts_max:\n"),
]
