"""Lets one probe through, whatever probes_max says."""

CHECK = "breaker.probes"
REPLACE = [
    (
        "self._probes_running >= self._probes_max",
        "self._probes_running >= 1",
    ),
]
