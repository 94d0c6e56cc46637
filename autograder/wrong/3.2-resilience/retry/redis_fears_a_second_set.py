"""Does not repeat a SET whose reply was lost, though the same SET twice is as good as once."""

CHECK = "retry.redis_server"
REPLACE = [
    (
        (
            '        return error.prefix in ("LOADING", "BUSY")\n'
            "    return isinstance(error, (ConnectionError, TimeoutError))"
        ),
        ('        return error.prefix in ("LOADING", "BUSY")\n    return isinstance(error, ConnectionRefusedError)'),
    ),
]
