"""Spends from the budget, but no call deposits anything."""

CHECK = "retry.budget"
REPLACE = [
    ("            self._budget.deposit()\n", "            pass\n"),
]
