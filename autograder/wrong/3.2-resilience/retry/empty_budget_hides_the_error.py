"""With an empty budget the caller learns about the budget, not about what went wrong."""

CHECK = "retry.budget"
REPLACE = [
    (
        ("                if self._budget is not None and not self._budget.spend():\n                    raise\n"),
        (
            "                if self._budget is not None and not self._budget.spend():\n"
            "                    raise RetryBudgetExhaustedError() from error\n"
        ),
    ),
    (
        "class RetryBudget:\n",
        "from faultlab.errors import RetryBudgetExhaustedError\n\n\nclass RetryBudget:\n",
    ),
]
