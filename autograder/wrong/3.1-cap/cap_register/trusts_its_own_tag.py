"""A write makes its tag of what its own node has, and asks nobody."""

CHECK = "cap_register.cp_majority"
REPLACE = [
    (
        'highest = max(call["tag"], self.kept(key)[0])',
        "highest = self.kept(key)[0]",
    ),
]
