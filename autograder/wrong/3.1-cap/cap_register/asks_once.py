"""Sends each message once, and waits."""

CHECK = "cap_register.cp_retry"
REPLACE = [
    (
        "        else:\n            self.ask(ctx, timer)",
        "        else:\n            ctx.set_timer(timer, RETRY_S)",
    ),
]
