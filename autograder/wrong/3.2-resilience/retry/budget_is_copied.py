"""Each Retry has a copy of the budget, so together they spend it several times."""

CHECK = "retry.budget"
REPLACE = [
    ("        self._budget = budget\n", "        self._budget = copy.copy(budget)\n"),
    ("class RetryBudget:\n", "import copy\n\n\nclass RetryBudget:\n"),
]
