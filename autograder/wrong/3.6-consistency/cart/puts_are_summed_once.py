"""A state from each device is taken once; later ones are taken for repetitions."""

CHECK = "cart.offline"
REPLACE = [
    (
        "        for item, entries in state.items():\n            for device",
        "        seen = self.__dict__.setdefault('_seen', [])\n"
        "        key = sorted((i, d, e['put']) for i, es in state.items() for d, e in es.items())\n"
        "        if key in seen:\n"
        "            return\n"
        "        seen.append(key)\n"
        "        for item, entries in state.items():\n"
        "            for device",
    ),
]
