"""Compares names before numbers."""

CHECK = "cap_register.ap_last_writer"
REPLACE = [
    (
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:",
        "            if stamp[::-1] > self.known.get(key, (NO_STAMP, None))[0][::-1]:",
    ),
]
