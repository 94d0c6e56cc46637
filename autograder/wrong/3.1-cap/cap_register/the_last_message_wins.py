"""Keeps what it hears last: a late message brings back the old value."""

CHECK = "cap_register.ap_orders"
REPLACE = [
    (
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:",
        "            if stamp != self.known.get(key, (NO_STAMP, None))[0]:",
    ),
]
