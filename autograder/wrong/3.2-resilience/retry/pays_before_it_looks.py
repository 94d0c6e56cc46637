"""Spends a token first and finds out afterwards that there is no time for the retry."""

CHECK = "retry.budget"
REPLACE = [
    (
        (
            "                if self._clock() + wait_s > ends_s:\n"
            "                    raise\n"
            "                if self._budget is not None and not self._budget.spend():\n"
            "                    raise\n"
        ),
        (
            "                if self._budget is not None and not self._budget.spend():\n"
            "                    raise\n"
            "                if self._clock() + wait_s > ends_s:\n"
            "                    raise\n"
        ),
    ),
]
