"""Rather old than none, for ever: what must not be shown is shown until the cut ends."""

CHECK = "cap_strategy.takedowns"
REPLACE = [('"stale_s": 58', '"stale_s": None')]
