"""Takes over all or nothing: the state with the highest stamp takes the place of the other."""

CHECK = "cap_register.ap_heals"
REPLACE = [
    (
        "        self.learn(ctx, {call[1]: ((highest + 1, ctx.name), call[2])})",
        "        self.learn(ctx, {**self.known, call[1]: ((highest + 1, ctx.name), call[2])})",
    ),
    (
        "        for key, (stamp, value) in news.items():\n"
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:\n"
        "                self.known[key] = (stamp, value)",
        "        def highest(known):\n"
        "            return max((stamp for stamp, _value in known.values()), default=NO_STAMP)\n"
        "\n"
        "        if highest(news) > highest(self.known):\n"
        "            self.known = news",
    ),
]
