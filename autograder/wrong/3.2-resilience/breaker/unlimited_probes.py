"""Half-open lets every call through."""

CHECK = "breaker.probes"
REPLACE = [
    (
        "            if self._probes_running >= self._probes_max:\n                raise CircuitOpenError(0.0)\n",
        "",
    ),
]
