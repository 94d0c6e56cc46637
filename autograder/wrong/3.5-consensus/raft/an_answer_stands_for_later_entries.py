"""An answer for one entry is taken for all that the log holds by now."""

CHECK = "raft.durability"
REPLACE = [
    (
        "            self.match_index[peer] = max(self.match_index[peer], match_index)\n",
        "            match_index = len(self.log)\n"
        "            self.match_index[peer] = max(self.match_index[peer], match_index)\n",
    ),
]
