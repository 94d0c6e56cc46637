"""Retries deposit too: a storm of retries feeds itself."""

CHECK = "retry.budget"
REPLACE = [
    (
        "            self._sleep(wait_s)\n",
        (
            "            self._sleep(wait_s)\n"
            "            if self._budget is not None:\n"
            "                self._budget.deposit()\n"
        ),
    ),
]
