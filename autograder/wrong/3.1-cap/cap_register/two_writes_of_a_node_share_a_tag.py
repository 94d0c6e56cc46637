"""Makes the tag of the first round alone, so two writes that are under way at one node get the same."""

CHECK = "cap_register.cp_calls"
REPLACE = [
    (
        'highest = max(call["tag"], self.kept(key)[0])',
        'highest = call["tag"]',
    ),
]
