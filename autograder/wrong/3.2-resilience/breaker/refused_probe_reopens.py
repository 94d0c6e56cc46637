"""A call refused while a probe is running counts as a failed probe."""

CHECK = "breaker.probes"
REPLACE = [
    (
        "                raise CircuitOpenError(0.0)\n",
        '                self._change("OPEN", self._clock())\n                raise CircuitOpenError(0.0)\n',
    ),
]
