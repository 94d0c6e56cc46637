"""Refuses a write whose value others may have."""

CHECK = "cap_register.cp_begun"
REPLACE = [
    (
        '        if call["tries"] >= TRIES_MAX and not begun:',
        '        if call["tries"] >= TRIES_MAX:',
    ),
]
