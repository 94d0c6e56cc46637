"""Each entry carries texts that nobody needs."""

CHECK = "cart.large"
REPLACE = [
    (
        '        new = {"put": 0,',
        '        new = {"picture": f"picture of {item}, front view, in colour, as the shop shows it" * 9, "put": 0,',
    ),
]
