"""What a correct implementation must show: one file per topic, and the machinery to check it from outside (see
`core`)."""

from faultlab.checks.core import check

__all__ = ["check"]
