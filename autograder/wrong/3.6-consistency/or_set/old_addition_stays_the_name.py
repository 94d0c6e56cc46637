"""Adding what is there already makes no new addition, so a removal takes both."""

CHECK = "or_set.concurrent"
REPLACE = [
    (
        "        self.remove(item)  # the new addition has seen the older ones, and stands for them\n",
        "        if self.contains(item):\n            return\n",
    ),
]
