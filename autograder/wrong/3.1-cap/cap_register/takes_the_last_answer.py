"""Takes the value that was heard last, not that with the highest tag."""

CHECK = "cap_register.cp_majority"
REPLACE = [
    (
        'max(call["heard"].values(), key=lambda pair: pair[0])',
        'list(call["heard"].values())[-1]',
    ),
]
