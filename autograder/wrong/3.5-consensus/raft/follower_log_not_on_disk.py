"""A follower says that it has an entry, and has not written it down."""

CHECK = "raft.durability"
REPLACE = [
    (
        "        for index, entry in enumerate(entries, prev_log_index + 1):\n"
        "            if index > len(self.log) or self.term_at(index) != entry[0]:\n"
        "                self.log[index - 1 :] = entries[index - 1 - prev_log_index :]\n"
        "                self.save(ctx)\n"
        "                return",
        "        for index, entry in enumerate(entries, prev_log_index + 1):\n"
        "            if index > len(self.log) or self.term_at(index) != entry[0]:\n"
        "                self.log[index - 1 :] = entries[index - 1 - prev_log_index :]\n"
        "                return",
    ),
]
