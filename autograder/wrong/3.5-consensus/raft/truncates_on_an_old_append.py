"""An old message cuts off what came after it."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        for index, entry in enumerate(entries, prev_log_index + 1):\n"
        "            if index > len(self.log) or self.term_at(index) != entry[0]:\n"
        "                self.log[index - 1 :] = entries[index - 1 - prev_log_index :]\n"
        "                self.save(ctx)\n"
        "                return",
        "        self.log[prev_log_index:] = entries\n        self.save(ctx)",
    ),
]
