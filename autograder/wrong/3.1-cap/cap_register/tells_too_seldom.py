"""Tells the others every 7 s."""

CHECK = "cap_register.ap_heals"
REPLACE = [
    (
        'NO_STAMP, GOSSIP_S = (0, ""), 0.5',
        'NO_STAMP, GOSSIP_S = (0, ""), 7.0',
    ),
]
