"""Never stops saving: a quiet night pays for a storm of retries."""

CHECK = "retry.tokens"
REPLACE = [
    ("min(self._most, self._tokens + self._ratio)", "self._tokens + self._ratio"),
]
