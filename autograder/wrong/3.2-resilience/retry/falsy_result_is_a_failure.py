"""Takes an empty result for a failure: what returns None or False is done again."""

CHECK = "retry.answers"
REPLACE = [
    (
        "                return operation()\n",
        (
            "                if result := operation():\n"
            "                    return result\n"
            '                raise TimeoutError("nothing came")\n'
        ),
    ),
]
