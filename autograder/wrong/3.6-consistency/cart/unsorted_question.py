"""The quantities are listed by device."""

CHECK = "cart.conflicts"
REPLACE = [
    (
        '        return {entry["wanted"] for entry in entries.values() if entry["sets"] > entry["sets_gone"]}\n',
        '        return list(dict.fromkeys(e["wanted"] for _d, e in sorted(entries.items()) if'
        ' e["sets"] > e["sets_gone"]))\n',
    ),
    (
        "{item: sorted(quantities) for",
        "{item: list(quantities) for",
    ),
]
