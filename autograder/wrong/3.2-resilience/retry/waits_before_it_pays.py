"""Finds the budget empty only after the wait."""

CHECK = "retry.budget"
REPLACE = [
    (
        ("                if self._budget is not None and not self._budget.spend():\n                    raise\n"),
        "                last = error\n",
    ),
    (
        "            self._sleep(wait_s)\n",
        (
            "            self._sleep(wait_s)\n"
            "            if self._budget is not None and not self._budget.spend():\n"
            "                raise last\n"
        ),
    ),
]
