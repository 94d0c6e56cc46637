"""A write replaces what its own replica wrote; what was read of others stays."""

CHECK = "resolution.replaces"
REPLACE = [
    (
        "if dot[1] > context.get(dot[0], 0)}",
        "if dot[0] != self._replica or dot[1] > context.get(dot[0], 0)}",
    ),
]
