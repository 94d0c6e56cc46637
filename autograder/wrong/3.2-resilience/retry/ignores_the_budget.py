"""Takes a budget and never asks it."""

CHECK = "retry.budget"
REPLACE = [
    (("                if self._budget is not None and not self._budget.spend():\n                    raise\n"), ""),
]
