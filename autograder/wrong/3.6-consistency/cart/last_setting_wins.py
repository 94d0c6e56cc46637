"""The setting of the device with the greatest name wins, and nobody is asked."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        '        return {entry["wanted"] for entry in entries.values() if entry["sets"] > entry["sets_gone"]}\n',
        '        left = [d for d, entry in entries.items() if entry["sets"] > entry["sets_gone"]]\n'
        '        return {entries[max(left)]["wanted"]} if left else set()\n',
    ),
]
