"""Random numbers by name: every source of chance in a simulation has its own stream, derived from one seed.

With a single generator, one additional draw anywhere (one more client, one more fault) deals different numbers to
everything after it, and two runs that were meant to differ in one thing differ in all. With a stream per client and
per purpose they differ in that one.

    arrivals = stream(seed, "client", 3, "arrivals")
    latency = stream(seed, "client", 3, "latency")
"""

from __future__ import annotations

import json
import random


def stream(seed: int | str, *names: str | int) -> random.Random:
    """A generator of its own for `names` under `seed`: equal arguments give equal numbers, everywhere and always."""
    # The text is hashed by `random` itself (SHA-512), not by hash(), which Python salts differently in each process.
    return random.Random(stream_text(seed, *names))


def stream_text(seed: int | str, *names: str | int) -> str:
    """The text that `stream` seeds its generator with, for one that is made in another process."""
    # JSON keeps ("ab", "c") apart from ("a", "bc"), and 1 from "1".
    return json.dumps([seed, *names])
