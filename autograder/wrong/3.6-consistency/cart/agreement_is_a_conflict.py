"""Two devices set the same quantity, and the customer is asked."""

CHECK = "cart.settles"
REPLACE = [
    (
        '        return {entry["wanted"] for entry in entries.values() if entry["sets"] > entry["sets_gone"]}\n',
        '        return [entry["wanted"] for entry in entries.values() if entry["sets"] > entry["sets_gone"]]\n',
    ),
]
