"""Gives up a write in its second round, without a word."""

CHECK = "cap_register.cp_begun"
REPLACE = [
    (
        '        if call["tries"] >= TRIES_MAX and not begun:',
        '        if call["tries"] >= TRIES_MAX and begun:\n'
        "            del self.calls[timer]\n"
        '        elif call["tries"] >= TRIES_MAX:',
    ),
]
