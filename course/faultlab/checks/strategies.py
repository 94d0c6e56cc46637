"""What stands in a `CAP_STRATEGY`, and what its kinds of data need, in words (exercise 3.1, task 2).

The learner's data is believed nothing: `strategy_in` makes a `Strategy` of an entry, or raises `NotAStrategy` with one
line that says what is wrong. `demanded` and `measured` say a need, and what a run showed of it, in the words of the
assignment's table; the checks and the learner's report (`strategy_report`) both speak through them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from faultlab.i18n import _, number
from faultlab.models.cap_strategy import (
    ACCEPT,
    COUNTER,
    KINDS,
    LAST_WRITER,
    MARK,
    MERGES,
    NONE,
    REFUSE,
    SERVE,
    SET,
    Finding,
    Kind,
    Strategy,
)

CHOICES = {
    "partition_read": (REFUSE, SERVE, MARK),
    "partition_write": (REFUSE, ACCEPT),
    "merge": (LAST_WRITER, COUNTER, SET, NONE),
}
SECONDS_MAX = 1e9
SHOWN_CHARS_MAX = 80


class NotAStrategy(ValueError):
    """An entry that cannot be played; the message is one line in the learner's language."""


def brief(value: Any) -> str:
    """A value of the learner's as it is shown: not too much of it."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_CHARS_MAX else f"{text[:SHOWN_CHARS_MAX]}…"


# From data to a strategy


def strategy_in(data: Any, kind: Kind) -> Strategy | None:
    """The entry for this kind of data in a CAP_STRATEGY; None where there is none yet, or an empty one.

    Raises NotAStrategy. Other entries are not looked at.
    """
    if not isinstance(data, dict):
        raise NotAStrategy(_("CAP_STRATEGY should be a dict from kinds of data to strategies."))
    unknown = next((key for key in data if key not in KINDS and key != kind.name), None)
    if unknown is not None:
        raise NotAStrategy(_("CAP_STRATEGY has {name}; there are {kinds}.", name=brief(unknown),
                             kinds=", ".join(KINDS)))  # fmt: skip
    entry = data.get(kind.name, {})
    if entry == {}:
        return None
    if not isinstance(entry, dict):
        raise NotAStrategy(_("{kind}: a strategy should be a dict, not {entry}.", kind=kind.name, entry=brief(entry)))
    unknown = next((key for key in entry if key not in Strategy.__dataclass_fields__), None)
    if unknown is not None:
        raise NotAStrategy(_("{kind}: there is no key {key}; there are {keys}.", kind=kind.name, key=brief(unknown),
                             keys=", ".join(Strategy.__dataclass_fields__)))  # fmt: skip
    copies = _copies(kind, entry.get("copies"))
    _hold_numbers(kind, entry, len(copies))
    _hold_words(kind, entry)
    return Strategy(**{**entry, "copies": copies})


def _copies(kind: Kind, value: Any) -> tuple[str, ...]:
    regions = kind.system.regions
    right = isinstance(value, list | tuple) and value and all(type(region) is str for region in value)
    if not right or len(set(value)) < len(value) or not set(value) <= set(regions):
        raise NotAStrategy(
            _("{kind}: copies is {value}; it should be a list of different regions out of {regions}.", kind=kind.name,
              value=brief(value), regions=", ".join(regions)))  # fmt: skip
    return tuple(value)


def _hold_numbers(kind: Kind, entry: dict[str, Any], n: int) -> None:
    for key in ("read", "write"):
        value = entry.get(key, 1)
        if type(value) is not int or not 1 <= value <= n:
            raise NotAStrategy(
                _("{kind}: {key} is {value}; it should be a whole number from 1 to {n}, the number of copies.",
                  kind=kind.name, key=key, value=brief(value), n=n))  # fmt: skip
    for key in ("cache_s", "stale_s"):
        value = entry.get(key, 0)
        finite = type(value) is int or (type(value) is float and math.isfinite(value))
        if not (key == "stale_s" and value is None) and not (finite and 0 <= value <= SECONDS_MAX):
            raise NotAStrategy(
                _("{kind}: {key} is {value}; it should be a number of seconds from 0 to {max}.", kind=kind.name,
                  key=key, value=brief(value), max=number(SECONDS_MAX)))  # fmt: skip


def _hold_words(kind: Kind, entry: dict[str, Any]) -> None:
    for key, choices in CHOICES.items():
        value = entry.get(key, choices[0])
        if type(value) is not str or value not in choices:
            raise NotAStrategy(_("{kind}: {key} is {value}; it should be one of {choices}.", kind=kind.name, key=key,
                                 value=brief(value), choices=", ".join(choices)))  # fmt: skip
    merge, possible = entry.get("merge", LAST_WRITER), MERGES[kind.shape]
    if merge not in possible:
        raise NotAStrategy(_("{kind}: {merge} cannot merge this shape of data; {merges} can.", kind=kind.name,
                             merge=repr(merge), merges=", ".join(possible)))  # fmt: skip


# Needs in words


def seconds(value_s: float) -> str:
    """A time as the assignment writes it: 30 ms, 4 s. Rounded up: what is just too long should not look right."""
    if math.isinf(value_s):
        return _("without end")
    if value_s < 1:
        digits = 0 if value_s > 0.1 else 1
        return _("{ms} ms", ms=number(_up(value_s * 1000, digits), digits))
    return _("{s} s", s=number(_up(value_s, 1), 1))


def _up(value: float, digits: int) -> float:
    return math.ceil(value * 10**digits - 1e-6) / 10**digits


def percent(share: float) -> str:
    """A share, rounded down: 96.96% are not yet the 97% that are demanded."""
    return f"{number(math.floor(share * 1000 + 1e-6) / 10, 1)}%"


def demanded(kind: Kind, finding: Finding) -> str:
    """What a need demands, as a clause."""
    wanted = finding.wanted
    match finding.need:
        case "read_s_max":
            return _("95 of 100 reads take {max} at most", max=seconds(wanted))
        case "write_s_max":
            return _("95 of 100 writes take {max} at most", max=seconds(wanted))
        case "stale_s_max":
            return _("95 of 100 reads lack nothing older than {max}", max=seconds(wanted))
        case "asked_max":
            return _("at most {max} questions to other regions for 100 requests", max=number(wanted, 1))
        case "age_s_max":
            return _("no read lacks anything older than {max}", max=seconds(wanted))
        case "fresh":
            return _("no unmarked answer lacks what was confirmed before")
        case "one_order":
            return _("one order: no thing goes to two, and no unmarked answer contradicts it")
        case "none_lost":
            return _("nothing that was acknowledged is lost in the end")
        case "regions_min":
            return _("what is confirmed stands in {n} regions", n=number(wanted))
        case "settled_s":
            return _("{max} after a cut, reads lack nothing from before its end", max=seconds(wanted))
    return _demanded_in_cuts(kind, finding)


def _demanded_in_cuts(kind: Kind, finding: Finding) -> str:
    share, needs, regions = percent(finding.wanted), kind.needs, kind.system.regions
    match finding.need:
        case "reads_whole":
            return _("in cuts, {min} of the reads are answered in full in the regions that are not cut off", min=share)
        case "writes_whole":
            return _("in cuts, {min} of the writes are confirmed in full in the regions that are not cut off",
                     min=share)  # fmt: skip
        case "writes_answered_in":
            some = needs.writes_answered_in
            where = _("in every region") if some == regions else _("in {regions}", regions=", ".join(some))
            return _("in cuts, {min} of the writes are accepted {where}", min=share, where=where)
    some = needs.reads_answered_in
    where = _("in every region") if some == regions else _("in {regions}", regions=", ".join(some))
    if needs.cut_s_max is not None:
        cuts = [cut.to_s - cut.from_s for cut in kind.system.cuts if cut.to_s - cut.from_s <= needs.cut_s_max]
        return _("in the cut of {s}, {min} of the reads are answered {where}", s=seconds(max(cuts)), min=share,
                 where=where)  # fmt: skip
    return _("in cuts, {min} of the reads are answered {where}", min=share, where=where)


def measured(finding: Finding) -> str:
    """What a run showed of a need."""
    if finding.by_region:
        return _in_regions(finding) + _since(finding)
    if finding.need == "asked_max":
        return number(finding.got, 1)
    if finding.met:
        return _of_no_fault(finding)
    n, got_s = finding.faults, seconds(finding.got)
    told: dict[str, Callable[[], str]] = {
        "age_s_max": lambda: _("{n} reads do, and one lacks what is {got} old", n=n, got=got_s),
        "fresh": lambda: _("{n} do, and one lacks what is {got} old", n=n, got=got_s),
        "settled_s": lambda: _("{n} reads do", n=n),
        "one_order": lambda: _("broken for {n} things", n=n),
        "none_lost": lambda: _("{n} writes are", n=n),
        "regions_min": lambda: _("{n} writes do not", n=n),
    }
    return told[finding.need]() + _since(finding)


def _in_regions(finding: Finding) -> str:
    """The regions that miss the need, or the one that comes nearest to missing it."""
    wanted, is_share = finding.wanted, finding.need.endswith(("_in", "_whole"))
    bad = [region for region, got in finding.by_region.items() if (got < wanted if is_share else got > wanted)]
    shown = percent if is_share else seconds
    return ", ".join(f"{region}: {shown(finding.by_region[region])}" for region in bad or [finding.region])


def _since(finding: Finding) -> str:
    if finding.first is None:
        return ""
    at_s = number(finding.first.start_s, 2)
    return _("; the first at {at} s in {region}", at=at_s, region=finding.first.region)


def _of_no_fault(finding: Finding) -> str:
    if finding.need == "age_s_max":
        return _("{got} at most", got=seconds(finding.got))
    if finding.need == "regions_min":
        return _("{n} at least", n=number(finding.got))
    return _("not once missed")

