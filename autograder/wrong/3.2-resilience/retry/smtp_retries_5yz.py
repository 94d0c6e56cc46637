"""Retries every reply of the mail server: "no such mailbox" is asked ten times."""

CHECK = "retry.smtp_errors"
REPLACE = [
    ("return 400 <= error.code < 500", "return True"),
]
