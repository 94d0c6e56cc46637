"""Faultlab: the helper package of the course on reliable distributed systems.

`sim` runs systems in virtual time, `models` holds the reference implementations that the course teaches, `widgets` and
`plots` show them, `checks` says what a correct implementation must do, `live` talks to real servers. Imports point one
way: `sim <- models <- plots, widgets, live` and `sim, models <- checks`.
"""

from faultlab.i18n import language, use_language

__all__ = ["language", "use_language"]
