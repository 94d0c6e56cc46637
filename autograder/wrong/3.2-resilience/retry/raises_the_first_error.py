"""Remembers the first error and raises that one in the end."""

CHECK = "retry.last_error"
REPLACE = [
    ("        attempt = 1\n", "        attempt, first = 1, None\n"),
    (
        "            except Exception as error:\n",
        ("            except Exception as error:\n                first = first or error\n"),
    ),
    (
        ("                if attempt >= self._attempts_max:\n                    raise\n"),
        ("                if attempt >= self._attempts_max:\n                    raise first\n"),
    ),
]
