"""Of two stamps with one number takes that with the lower name."""

CHECK = "cap_register.ap_last_writer"
REPLACE = [
    (
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:",
        "            number, name = self.known.get(key, (NO_STAMP, None))[0]\n"
        "            if stamp[0] > number or (stamp[0] == number and stamp[1] < name):",
    ),
]
