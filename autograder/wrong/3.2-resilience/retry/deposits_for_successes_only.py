"""Fills the budget with successes, not with first attempts."""

CHECK = "retry.budget"
REPLACE = [
    (("        if self._budget is not None:\n            self._budget.deposit()\n"), ""),
    (
        "                return operation()\n",
        (
            "                result = operation()\n"
            "                if self._budget is not None:\n"
            "                    self._budget.deposit()\n"
            "                return result\n"
        ),
    ),
]
