"""The two generals: nobody lies, messages get lost, and two can never be sure to do the same.

Two armies stand on two hills, the enemy between them. Either alone is beaten; both together win. General A has decided
to attack at dawn, and his messengers have to cross the valley, where some are caught.

Rules
1. A sends message 1, "attack at dawn". Who receives message i answers with message i + 1, up to message k.
2. Each message is carried by `messengers` men, on their own ways; one that gets through is enough. Each is lost with
   probability `loss`.
3. At dawn each general decides by what he has heard, which is the number of the last message that reached him: a rule
   says for which numbers he attacks.

Wanted: (a) if nothing is lost, both attack; (b) whatever is lost, both do the same; (c) B does not attack if he has
heard nothing, for he was not told to. No k and no pair of rules gives all three. `surviving_rules` tries them all, on
all ends that the model checker finds when messages may be lost.

Why. Let all messages arrive: both attack, by (a). Now let the last one be lost. Its sender cannot know, so he attacks
as before; by (b) the other one does, too, without that message. So it was not needed, and the same goes for the one
before it, down to none at all: B attacks without having heard anything, against (c). It does not matter what the
messages say, how many there are, or in what order they go (the protocols here take turns; the argument does not need
that).

What remains is to make it unlikely. One message, n messengers, and A attacks in any case: only one attacks with
probability loss ** n. It falls fast, and never to 0. More acknowledgements do not help: they move the doubt to the
last message, and cost the attack whenever any message fails (`chances`).

So no protocol over a network that may lose any message lets two parties decide together by a deadline. TCP's closing
handshake and the in-doubt participant of two-phase commit are this problem in other clothes. What is done about it:
without a deadline one may repeat until it arrives; a decision may be made by one party alone; or it is asked of a
majority. This is another problem than `models/generals.py`, where every message arrives and some generals lie.

Left out: an enemy who changes messages; rules that toss coins. These make it unlikely that the two differ, down to
about one over the number of rounds and no further (N. Lynch, "Distributed Algorithms", 1996, section 5.2).

Sources: E. A. Akkoyunlu, K. Ekanadham, R. V. Huber, "Some constraints and tradeoffs in the design of network
communications", SOSP 1975, for the problem; J. Gray, "Notes on Data Base Operating Systems", 1978, for the story and
the proof.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from itertools import chain, combinations, product
from typing import Any

from faultlab.sim.explore import Budget, Cluster
from faultlab.sim.latency import Constant
from faultlab.sim.node import Context, Factory, Node
from faultlab.sim.plain import Plain
from faultlab.sim.properties import Property, Snapshot, always, sometimes
from faultlab.sim.scenario import Network
from faultlab.sim.world import simulate

A, B = "A", "B"
# The numbers of the last message heard, of A and of B, when nothing is on its way any more.
End = tuple[int, int]
# For which numbers A attacks, and for which B does.
Rules = tuple[frozenset[int], frozenset[int]]


class General(Node):
    """One of the two. `last` is k, `heard` the number of the last message that reached him (0: none)."""

    def __init__(self, last: int, begins: bool, messengers: int = 1) -> None:
        self.last, self.begins, self.messengers = last, begins, messengers

    def on_start(self, ctx: Context) -> None:
        self.heard = 0
        if self.begins:
            self.tell(ctx, 1)

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        number = message[1]
        if number > self.heard:  # else another messenger with the same words
            self.heard = number
            self.tell(ctx, number + 1)

    def tell(self, ctx: Context, number: int) -> None:
        if number <= self.last:
            word = "attack at dawn" if number == 1 else "understood"
            for _messenger in range(self.messengers):
                ctx.broadcast((word, number))


def two_generals(last: int, messengers: int = 1) -> dict[str, Factory]:
    """Nodes "A" and "B" for the protocol of `last` messages. ValueError if that is less than one, or nobody carries
    them."""
    if last < 1 or messengers < 1:
        raise ValueError("there is at least one message, and a messenger who carries it")
    return {name: partial(General, last, name == A, messengers) for name in (A, B)}


def hears(last: int) -> tuple[list[int], list[int]]:
    """The numbers that A and B may have heard last: A the even ones, B the odd ones, and 0 for nothing."""
    return [*range(0, last + 1, 2)], [0, *range(1, last + 1, 2)]


# Rules


def all_heard(last: int) -> Rules:
    """The rule that comes to mind: attack if every message that you wait for is there."""
    return frozenset({last - last % 2}), frozenset({last - (last + 1) % 2})


def attackers(rules: Rules, end: End) -> list[str]:
    """Who attacks, if the two have heard that much."""
    return [name for name, rule, heard in zip((A, B), rules, end, strict=True) if heard in rule]


def together(last: int, rules: Rules) -> list[Property]:
    """What is wanted, for the model checker; it is asked of states in which no message is on its way."""

    def coordinated(s: Snapshot) -> Any:
        who = attackers(rules, (s[A].heard, s[B].heard))
        return bool(s.flying) or len(who) != 1 or f"{who[0]} attacks alone"

    def told(s: Snapshot) -> Any:
        return bool(s.flying) or B not in attackers(rules, (s[A].heard, s[B].heard)) or s[B].heard > 0

    return [
        always("nobody attacks alone", coordinated),
        always("B attacks only if he was told to", told),
        sometimes("both attack", lambda s: not s.flying and len(attackers(rules, (s[A].heard, s[B].heard))) == 2),
    ]


def ends(last: int) -> set[End]:
    """How a run of the protocol can end if any message may be lost, found by taking every step of the model checker."""
    cluster = Cluster(two_generals(last), budget=Budget(losses=last))
    open_, seen, found = cluster.initial(), set(cluster.initial()), set()
    while open_:
        state = open_.pop()
        successors = cluster.successors(state)
        if not successors:
            s = cluster.snapshot(state)
            found.add((s[A].heard, s[B].heard))
        fresh = {after for _action, after in successors} - seen
        seen |= fresh
        open_ += fresh
    return found


def every_rule(last: int) -> Iterator[Rules]:
    """All pairs of rules: any set of numbers at which to attack, for each of the two."""
    of_a, of_b = map(_subsets, hears(last))
    return product(of_a, of_b)


def _subsets(numbers: Collection[int]) -> Iterator[frozenset[int]]:
    sizes = range(len(numbers) + 1)
    return map(frozenset, chain.from_iterable(combinations(numbers, size) for size in sizes))


def surviving_rules(last: int) -> tuple[int, list[Rules]]:
    """How many pairs of rules there are for the protocol of `last` messages, and those that give (a), (b) and (c)."""
    possible = ends(last)
    complete = max(possible, key=sum)
    tried = list(every_rule(last))
    good = [
        rules
        for rules in tried
        if len(attackers(rules, complete)) == 2
        and all(len(attackers(rules, end)) != 1 for end in possible)
        and 0 not in rules[1]
    ]
    return len(tried), good


# How likely

BOTH, ALONE, NOBODY = "both attack", "one attacks alone", "nobody attacks"


def chances(last: int, messengers: int, loss: float) -> dict[str, float]:
    """How likely each end is under the rule `all_heard`, if each messenger is lost with probability `loss`."""
    arrives = 1 - loss**messengers
    both, alone = arrives**last, arrives ** (last - 1) * loss**messengers
    return {BOTH: both, ALONE: alone, NOBODY: 1 - both - alone}


def measured(last: int, messengers: int, loss: float, runs: int, seed: int = 1) -> dict[str, float]:
    """The same as shares of `runs` simulated runs."""
    nodes, rules = two_generals(last, messengers), all_heard(last)
    counted: Counter[str] = Counter()
    for number in range(runs):
        network = Network(Constant(0.1), loss=loss)
        final = simulate(nodes, last + 1.0, seed=seed * 1_000_003 + number, network=network)
        states = final.state(len(final) - 1)
        who = attackers(rules, (states[A]["heard"], states[B]["heard"]))
        counted[(NOBODY, ALONE, BOTH)[len(who)]] += 1
    return {what: counted[what] / runs for what in (BOTH, ALONE, NOBODY)}


def messengers_needed(loss: float, alone_max: float) -> int:
    """How many messengers make it at most `alone_max` likely that A attacks alone (one message). ValueError for 0,
    which no number of them reaches, and for a loss that is not between 0 and 1."""
    if not (0 < loss < 1 and 0 < alone_max < 1):
        raise ValueError("both are probabilities above 0 and below 1: no number of messengers makes it certain")
    # A hair less, so that loss ** 2 asks for two in spite of rounding.
    return max(1, math.ceil(math.log(alone_max) / math.log(loss) - 1e-9))
