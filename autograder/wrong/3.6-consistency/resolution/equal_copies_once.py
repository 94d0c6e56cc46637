"""Equal copies are taken for the same change."""

CHECK = "resolution.sums"
REPLACE = [
    (
        "for copy in copies)",
        "for copy in set(copies))",
    ),
]
