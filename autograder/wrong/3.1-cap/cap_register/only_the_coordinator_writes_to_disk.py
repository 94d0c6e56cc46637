"""What others told it to keep is in memory only."""

CHECK = "cap_register.cp_memory"
REPLACE = [
    (
        '            case ("store", number, key, tag, value):\n                self.keep(ctx, key, tag, value)',
        '            case ("store", number, key, tag, value):\n'
        "                if tag > self.kept(key)[0]:\n"
        "                    self.store[key] = (tag, value)",
    ),
]
