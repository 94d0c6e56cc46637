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
        "from fractions import Fraction\n",
        ("from fractions import Fraction\n\nfrom faultlab.errors import RetryBudgetExhaustedError\n"),
    ),
]
