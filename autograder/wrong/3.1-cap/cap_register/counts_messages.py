"""Counts answers, not names: one that comes twice counts twice."""

CHECK = "cap_register.cp_refusal"
REPLACE = [
    (
        '        call["heard"][sender] = (tag, value)',
        '        call["heard"][len(call["heard"])] = (tag, value)',
    ),
]
