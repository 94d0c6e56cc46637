"""Additions of an item that is there already are kept side by side."""

CHECK = "or_set.size"
REPLACE = [
    (
        "        self.remove(item)  # the new addition has seen the older ones, and stands for them\n",
        "",
    ),
]
