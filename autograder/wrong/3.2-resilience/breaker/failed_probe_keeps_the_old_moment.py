"""After a failed probe the recovery time still runs from the first opening, so it is over already."""

CHECK = "breaker.reopens"
REPLACE = [
    (
        "        self._state = state\n",
        "        before, self._state = self._state, state\n",
    ),
    (
        '        if state == "OPEN":\n',
        '        if state == "OPEN" and before == "CLOSED":\n',
    ),
]
