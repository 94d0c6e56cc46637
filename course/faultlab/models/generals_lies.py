"""Every lie at once: what can the traitors among the Byzantine generals bring about?

`models/generals.py` plays one set of lies, and `all_lies` plays one after the other. Two false lieutenants among six
generals can lie in 2 ** 24 ways, among seven in 2 ** 40, and each way is a run. Here the same question is answered
exactly, without a run for each, because lies do not get in each other's way:

1. Oral messages. What lieutenants conclude about the word of the last general of a path depends on what they heard from
   him, and on the messages whose paths go on from there, on no others. So the results that are possible for a path
   follow from those of its extensions, which are chosen independently: each lieutenant adds up his votes, and all sums
   of one possible result for each extension are possible.
2. A loyal general says one thing to all. A traitor says any of 2 ** k things to k loyal lieutenants. What is said to a
   traitor changes nothing, as he says what he likes.
3. With each result goes in how many ways it comes about, and one of them, from the leaves up.
4. Signed messages. The two orders spread without regard to each other. What a loyal lieutenant passes on reaches
   everybody one round later. So the traitors' only choice is whom they show an order signed by traitors alone, and in
   which round: the commander must be one of them, and r of them are needed for round r.

`oral_plots` and `signed_plots` say what is possible for one set of traitors; `worst` picks the lies that do most harm,
and `withstands` answers for every set of traitors of a size: the claim "n > 3m" for one n and m.

Left out: lies told at random, for which one wants to know how likely harm is. Here a traitor always finds the worst.

Source: the algorithms are those of Lamport, Shostak, Pease 1982, see `models/generals.py`; the search is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any

from faultlab.models.generals import (
    ATTACK,
    COMMANDER,
    ORDERS,
    RETREAT,
    Path,
    camps,
    generals,
    signed,
)

# What some lieutenants think, in the order of their names: True for "attack".
Bits = tuple[bool, ...]
# Of each lieutenant who passes something on: his name, what the loyal ones hear from him, and how it goes on.
Plan = tuple[tuple[str, Bits, Any], ...]
# What loyal lieutenants can come to think: in how many ways, and by which plan for example.
Possible = dict[Bits, tuple[int, Plan]]
Lies = dict[tuple[Path, str], tuple[str, ...]]


@dataclass(frozen=True)
class Plot:
    """What traitors can bring about: the decisions of the loyal lieutenants, in how many ways (0: not counted), and the
    lies that do it, each as the orders that are said to somebody on a path: one, or for signed messages any number."""

    decisions: Mapping[str, str]
    ways: int
    lies: Lies

    def harm(self, order: str, commander_is_loyal: bool) -> int:
        """How many loyal lieutenants disobey a loyal commander, or else are in the minority. 0: IC1 and IC2 hold."""
        decided = list(self.decisions.values())
        if commander_is_loyal:
            return sum(value != order for value in decided)
        return min(decided.count(ATTACK), decided.count(RETREAT))


def _checked(count: int, m: int, traitors: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    names, false = generals(count), frozenset(traitors)
    if strangers := false - set(names):
        raise ValueError(f"no general {min(strangers)!r}; known: {', '.join(names)}")
    if not 0 <= m <= count - 2:
        raise ValueError(f"with {count} generals m is from 0 to {count - 2}, not {m}")
    return false, tuple(name for name in names[1:] if name not in false)


# Oral messages


class _Search:
    """The possible results of OM(m) for given traitors."""

    def __init__(self, traitors: frozenset[str]) -> None:
        self.traitors = traitors
        self.concluded = cache(self._concluded)
        self.any_word = cache(self._any_word)

    def loyal(self, lieutenants: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in lieutenants if name not in self.traitors)

    def said_by(self, name: str, m: int, listeners: tuple[str, ...], truth: bool) -> Possible:
        """What the listeners can conclude about the word of one general, who should say `truth` (rule 2)."""
        if name in self.traitors:
            return self.any_word(m, listeners)
        heard = (truth,) * len(self.loyal(listeners))
        return {bits: (ways, (heard, plan)) for bits, (ways, plan) in self.concluded(m, listeners, heard).items()}

    def _any_word(self, m: int, listeners: tuple[str, ...]) -> Possible:
        found: Possible = {}
        for heard in product((True, False), repeat=len(self.loyal(listeners))):
            for bits, (ways, plan) in self.concluded(m, listeners, heard).items():
                known = found.get(bits)
                found[bits] = (known[0] + ways, known[1]) if known else (ways, (heard, plan))
        return found

    def _concluded(self, m: int, lieutenants: tuple[str, ...], heard: Bits) -> Possible:
        """OM(m): the loyal ones of these lieutenants have `heard` that; what can they conclude?"""
        if m == 0:
            return {heard: (1, ())}
        loyal = self.loyal(lieutenants)
        sums: dict[tuple[int, ...], tuple[int, Plan]] = {tuple(map(int, heard)): (1, ())}
        for name in lieutenants:
            others = tuple(other for other in lieutenants if other != name)
            truth = heard[loyal.index(name)] if name in loyal else False
            sums = _added(sums, self.said_by(name, m - 1, others, truth), name, loyal)
        found: Possible = {}
        for votes, (ways, plan) in sums.items():
            bits = tuple(2 * attack > len(lieutenants) for attack in votes)  # his own vote, and one of each other
            known = found.get(bits)
            found[bits] = (known[0] + ways, known[1]) if known else (ways, plan)
        return found


def _added(
    sums: Mapping[tuple[int, ...], tuple[int, Plan]], votes: Possible, voter: str, loyal: tuple[str, ...]
) -> dict[tuple[int, ...], tuple[int, Plan]]:
    """Every sum so far with every possible vote of one more; to himself he does not speak (rule 1)."""
    at = loyal.index(voter) if voter in loyal else None
    added: dict[tuple[int, ...], tuple[int, Plan]] = {}
    for bits, (more, (heard, goes_on)) in votes.items():
        vote = bits if at is None else (*bits[:at], False, *bits[at:])
        for so_far, (ways, plan) in sums.items():
            total = tuple(map(sum, zip(so_far, vote, strict=True)))
            known = added.get(total)
            step = (*plan, (voter, heard, goes_on))
            added[total] = (known[0] + ways * more, known[1]) if known else (ways * more, step)
    return added


def oral_plots(count: int, m: int, traitors: Iterable[str], order: str) -> list[Plot]:
    """Everything that these traitors can bring about under OM(m), each decision of the loyal lieutenants once.

    The `ways` add up to 2 ** k, where k is the number of messages from traitors to loyal lieutenants. ValueError for a
    traitor who is no general and for an m that is not from 0 to count - 2. Fast for up to seven generals and m = 2.
    """
    false, loyal = _checked(count, m, traitors)
    lieutenants = tuple(generals(count)[1:])
    possible = _Search(false).said_by(COMMANDER, m, lieutenants, order == ATTACK)
    return [
        Plot(
            dict(zip(loyal, map(_order, bits), strict=True)),
            ways,
            dict(_lies(plan, COMMANDER, (), false, lieutenants)),
        )
        for bits, (ways, plan) in possible.items()
    ]


def _order(attack: bool) -> str:
    return ATTACK if attack else RETREAT


def _lies(
    plan: Any, speaker: str, before: Path, traitors: frozenset[str], listeners: tuple[str, ...]
) -> Iterator[tuple[tuple[Path, str], tuple[str, ...]]]:
    """The words of traitors in a plan, as entries of a table of lies."""
    heard, steps = plan
    path = (*before, speaker)
    if speaker in traitors:
        loyal = [name for name in listeners if name not in traitors]
        yield from (((path, name), (_order(bit),)) for name, bit in zip(loyal, heard, strict=True))
    for name, their_heard, goes_on in steps:
        others = tuple(other for other in listeners if other != name)
        yield from _lies((their_heard, goes_on), name, path, traitors, others)


# Signed messages


def signed_plots(count: int, m: int, traitors: Iterable[str], order: str) -> list[Plot]:
    """Everything that these traitors can bring about under SM(m) (rule 4), each decision of the loyal lieutenants once.

    ValueError as for `oral_plots`. The `ways` are not counted.
    """
    false, loyal = _checked(count, m, traitors)
    found: dict[tuple[str, ...], Plot] = {}
    spreads = (_spreads(m, false, loyal, order == value) for value in (ATTACK, RETREAT))
    for attack, retreat in product(*spreads):
        known = {name: (name in attack[0], name in retreat[0]) for name in loyal}
        decisions = {name: _order(known[name] == (True, False)) for name in loyal}
        if (key := tuple(decisions.values())) not in found:
            found[key] = Plot(decisions, 0, _shown(count, m, false, order, {ATTACK: attack[1], RETREAT: retreat[1]}))
    return list(found.values())


def _spreads(
    m: int, traitors: frozenset[str], loyal: tuple[str, ...], given: bool
) -> list[tuple[frozenset[str], tuple[int, frozenset[str]]]]:
    """Who can come to know one order, and the round in which traitors show it to whom for that. `given`: it is the
    order that a loyal commander signs."""
    everyone, nobody = frozenset(loyal), frozenset[str]()
    if COMMANDER not in traitors:
        return [(everyone if given else nobody, (1, nobody))]
    found = [(nobody, (1, nobody))]
    for number in range(1, min(m + 1, len(traitors)) + 1):
        for size in range(1, len(loyal) + 1):
            for shown in map(frozenset, combinations(loyal, size)):
                # Before the last round a loyal one still passes it on to all.
                found.append((everyone if number <= m else shown, (number, shown)))
    return list({known: (known, how) for known, how in reversed(found)}.values())


def _shown(
    count: int, m: int, traitors: frozenset[str], order: str, wanted: Mapping[str, tuple[int, frozenset[str]]]
) -> Lies:
    """The lies that show each order to whom it shall be shown, in its round, and hold back everything else."""
    table: Lies = {}

    def lie(path: Path, to: str, possible: tuple[str, ...], _honest: tuple[str, ...]) -> tuple[str, ...]:
        alone = traitors.issuperset(path)
        says = tuple(v for v in possible if alone and wanted[v][0] == len(path) and to in wanted[v][1])
        table[path, to] = says
        return says

    signed(count, m, traitors, order, lie)
    return table


# Verdicts

Plots = Callable[[int, int, Iterable[str], str], list[Plot]]


def worst(plots: Iterable[Plot], traitors: Iterable[str], order: str) -> Plot | None:
    """The plot that does most harm (the first one, if several do), or None if IC1 and IC2 hold in all of them."""
    loyal_commander = COMMANDER not in frozenset(traitors)
    harmful = [plot for plot in plots if plot.harm(order, loyal_commander)]
    return max(harmful, key=lambda plot: plot.harm(order, loyal_commander), default=None)


def breaking(
    count: int, m: int, traitors_max: int | None = None, plots: Plots = oral_plots
) -> tuple[frozenset[str], str, Plot] | None:
    """Traitors, at most `traitors_max` (default m), an order and lies that break IC1 or IC2; None if there are none."""
    most = m if traitors_max is None else traitors_max
    for traitors, order in product(camps(count, most), ORDERS):
        if plot := worst(plots(count, m, traitors, order), traitors, order):
            return traitors, order, plot
    return None


def withstands(count: int, m: int, traitors_max: int | None = None, plots: Plots = oral_plots) -> bool:
    """Whether IC1 and IC2 hold whoever the traitors are, at most `traitors_max` (default m), and whatever they say."""
    return breaking(count, m, traitors_max, plots) is None
