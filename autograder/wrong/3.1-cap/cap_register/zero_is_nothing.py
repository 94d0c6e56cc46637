"""Takes a value that is 0, empty or False for none."""

CHECK = "cap_register.cp_calls"
REPLACE = [
    (
        'call["value"] if call["call"][0] == "read" else None',
        '(call["value"] or None) if call["call"][0] == "read" else None',
    ),
]
