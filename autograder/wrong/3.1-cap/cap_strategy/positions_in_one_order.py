"""Every position gets its place in one order, so what others send later is refused for want of a majority's promise."""

CHECK = "cap_strategy.position"
REPLACE = [('"read": 1, "write": 1, "merge": "last_writer"', '"read": 2, "write": 3, "merge": "none"')]
