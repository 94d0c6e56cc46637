"""The values are on the disk, and the number is not."""

CHECK = "cap_register.ap_memory"
REPLACE = [
    (
        "# key -> (stamp, value)\n",
        "# key -> (stamp, value)\n        self.highest = 0\n",
    ),
    (
        "        highest = max((stamp[0] for stamp, _value in self.known.values()), default=0)\n",
        "        highest, self.highest = self.highest, self.highest + 1\n",
    ),
    (
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:",
        "            self.highest = max(self.highest, stamp[0])\n"
        "            if stamp > self.known.get(key, (NO_STAMP, None))[0]:",
    ),
]
