"""Its numbers are one above those that it gave itself."""

CHECK = "cap_register.ap_last_writer"
REPLACE = [
    (
        "for stamp, _value in self.known.values()), default=0)",
        "for stamp, _value in self.known.values() if stamp[1] == ctx.name), default=0)",
    ),
]
