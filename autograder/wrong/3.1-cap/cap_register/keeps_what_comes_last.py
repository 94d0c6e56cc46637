"""Keeps whatever it is told, also what is older."""

CHECK = "cap_register.cp_reads"
REPLACE = [
    (
        "        if tag > self.kept(key)[0]:",
        "        if tag != self.kept(key)[0]:",
    ),
]
