"""Each Retry has a copy of the budget, so together they spend it several times."""

CHECK = "retry.budget"
REPLACE = [
    ("        self._budget = budget\n", "        self._budget = copy.copy(budget)\n"),
    ("from fractions import Fraction\n", ("import copy\nfrom fractions import Fraction\n")),
]
