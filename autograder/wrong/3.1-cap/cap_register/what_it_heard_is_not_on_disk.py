"""Puts on its disk what it was asked to write, and not what it has heard."""

CHECK = "cap_register.ap_memory"
REPLACE = [
    (
        '        ctx.disk["known"] = self.known',
        "        if len(news) == 1 and next(iter(news.values()))[0][1] == ctx.name:\n"
        '            ctx.disk["known"] = self.known',
    ),
]
