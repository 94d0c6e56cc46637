"""The greater quantity of the devices is shown, as in the cart of Dynamo."""

CHECK = "cart.sums"
REPLACE = [
    (
        '            added = sum(entry["put"] - entry["put_gone"] for entry in entries.values())\n',
        '            added = max(entry["put"] - entry["put_gone"] for entry in entries.values())\n',
    ),
]
