"""Takes every lost connection for an unknown outcome, also before the message was sent."""

CHECK = "retry.smtp_server"
REPLACE = [
    (
        ("        return 400 <= error.code < 500\n    return isinstance(error, (ConnectionError, TimeoutError))"),
        ("        return 400 <= error.code < 500\n    return isinstance(error, ConnectionRefusedError)"),
    ),
]
