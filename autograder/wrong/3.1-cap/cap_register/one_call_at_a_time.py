"""A new call takes the place of the one that is under way."""

CHECK = "cap_register.cp_calls"
REPLACE = [
    (
        "        heard = {ctx.name: self.kept(call[1])}",
        "        self.calls = {}\n        heard = {ctx.name: self.kept(call[1])}",
    ),
    (
        "        call = self.calls[timer]\n",
        "        if timer not in self.calls:\n            return\n        call = self.calls[timer]\n",
    ),
]
