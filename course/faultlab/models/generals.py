"""The Byzantine generals: some of those who take part in a decision lie.

A commander gives an order to lieutenants. Any of them, the commander too, may be a traitor, who says whatever he likes,
different things to different people, or nothing. Wanted is (Lamport, Shostak, Pease 1982)

    IC1. All loyal lieutenants obey the same order.
    IC2. If the commander is loyal, every loyal lieutenant obeys the order that he gave.

Nothing is lost on the way: a message arrives, its receiver knows who sent it, and can tell if there is none. What is
hard about lost messages, which is another problem, is in `models/two_generals.py`.

Oral messages, OM(m) (section 3): whoever passes something on can change it.
1. The commander tells every lieutenant his order. One who hears nothing takes it for "retreat".
2. OM(0) ends here. In OM(m) each lieutenant then acts as the commander of OM(m - 1): he tells the others, who have not
   spoken on this path, what he has heard.
3. Each takes the majority of what he has heard himself and of what he has concluded about each other one's word. If
   there is no majority, he takes "retreat".

OM(m) works if there are at most m traitors and more than 3m generals. With three generals and one traitor nothing
works: to a lieutenant "the commander told the other one something else" and "the other one lies about it" look the
same, and they demand different answers. `rules_for_three` tries every rule there is. Six generals are three camps of
two, so with two traitors they are no better off, and so on: n > 3m is needed, whatever the algorithm.

Signed messages, SM(m) (section 4): a signature cannot be forged, except by traitors for one another.
1. The commander signs his order and sends it to every lieutenant.
2. Who receives an order that he does not know yet, with k + 1 different signatures and the commander's first, notes it.
   If k < m, he adds his signature and sends it to all who have not signed.
3. After round m + 1 each obeys the only order that he knows. If he knows none, or two, he retreats.

SM(m) works for any number of generals. A commander who signs two orders proves his treason to all who see both, and a
loyal lieutenant shows them what he sees. m + 1 rounds are needed: with fewer a traitor can show an order so late that
nobody can pass it on any more.

Messages: OM(m) sends M(n, 0) = n - 1 and M(n, m) = (n - 1)(1 + M(n - 1, m - 1)) in all, the most of them in its last
round: (n - 1)(n - 2) ... (n - m - 1), which is the number in the paper. `Outcome.messages` counts those of a run.

A message is named by its path, the generals through whom the order went, its sender last, and by who receives it. So a
lie is an entry ((path), receiver): what is said there. `oral` and `signed` take a table of such entries, or a function.
"All lies" is every choice that the traitors have, one run each (`every_run`).

Left out: missing links between generals (section 5 of the paper), and asynchronous networks, where a silent general
cannot be told from a slow one: there agreement needs other means (Castro, Liskov 1999).

Source: L. Lamport, R. Shostak, M. Pease, "The Byzantine Generals Problem", ACM TOPLAS 4(3), 1982.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from random import Random
from typing import Any, TypeVar

from faultlab.sim.streams import stream

ATTACK, RETREAT = "attack", "retreat"
ORDERS = (ATTACK, RETREAT)
COMMANDER = "C"

T = TypeVar("T")
Path = tuple[str, ...]
# What a traitor says in place of the truth: (path, receiver, truth) -> order, or None to stay silent.
Lie = Callable[[Path, str, str], "str | None"]
LieTable = Mapping[tuple[Path, str], "str | None"]


def generals(count: int) -> list[str]:
    """["C", "L1", "L2", ...]: the commander and his lieutenants. ValueError for fewer than two."""
    if count < 2:
        raise ValueError(f"a commander and a lieutenant are two generals, not {count}")
    return [COMMANDER, *(f"L{i}" for i in range(1, count))]


def majority(orders: Iterable[str]) -> str:
    """The order that more than half of them give, or RETREAT."""
    counted = Counter(orders)
    order, votes = counted.most_common(1)[0]
    return order if 2 * votes > counted.total() else RETREAT


# What happened


@dataclass(frozen=True)
class Said:
    """One message: `path` ends with its sender. `value` is None if he stayed silent, `truth` what a loyal one says."""

    path: Path
    to: str
    value: str | None
    truth: str | None

    @property
    def round(self) -> int:
        return len(self.path)

    @property
    def is_lie(self) -> bool:
        return self.value != self.truth


@dataclass(frozen=True)
class Conclusion:
    """What a lieutenant concludes about the word of the last general of `path`: he has `heard` it from him, the others
    have told him about it (`votes`, by name, the last general's own word among them), and he takes `value`."""

    path: Path
    by: str
    heard: str
    votes: Mapping[str, str]
    value: str


@dataclass(frozen=True)
class Outcome:
    """A run. `said` are its messages round by round, `decisions` what each lieutenant does, traitors included.

    `conclusions` are those of oral messages, keyed (path, lieutenant); `known` the orders that each lieutenant has seen
    signed.
    """

    generals: tuple[str, ...]
    traitors: frozenset[str]
    order: str
    said: tuple[Said, ...]
    decisions: Mapping[str, str]
    conclusions: Mapping[tuple[Path, str], Conclusion] = field(default_factory=dict)
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def loyal_decisions(self) -> dict[str, str]:
        return {name: order for name, order in self.decisions.items() if name not in self.traitors}

    @property
    def ic1(self) -> bool:
        """All loyal lieutenants obey the same order."""
        return len(set(self.loyal_decisions.values())) <= 1

    @property
    def ic2(self) -> bool:
        """The commander is a traitor, or all loyal lieutenants obey him."""
        return COMMANDER in self.traitors or set(self.loyal_decisions.values()) <= {self.order}

    @property
    def holds(self) -> bool:
        return self.ic1 and self.ic2

    @property
    def messages(self) -> int:
        """How many were sent; staying silent is none."""
        return sum(1 for s in self.said if s.value is not None)

    def messages_of_round(self, number: int) -> int:
        return sum(1 for s in self.said if s.value is not None and s.round == number)

    @property
    def lies(self) -> dict[tuple[Path, str], str | None]:
        """The lies as a table that `oral` takes."""
        return {(s.path, s.to): s.value for s in self.said if s.is_lie}

    def tree(self, lieutenant: str, path: Path = (COMMANDER,)) -> dict[str, Any]:
        """How a lieutenant comes to his order, as nested plain data: the recursion of OM(m), seen by him.

        Keys: path, heard, votes, value, and children, one for each other lieutenant who passed it on. KeyError for
        whoever was not there, and for signed messages.
        """
        own = self.conclusions[path, lieutenant]
        children = [
            self.tree(lieutenant, (*path, name)) for name in own.votes if name != path[-1] and name != lieutenant
        ]
        return {"path": path, "heard": own.heard, "votes": dict(own.votes), "value": own.value, "children": children}


# Oral messages


class _Oral:
    """One run of OM(m)."""

    def __init__(self, traitors: frozenset[str], lie: Lie) -> None:
        self.traitors, self.lie = traitors, lie
        self.said: list[Said] = []
        self.conclusions: dict[tuple[Path, str], Conclusion] = {}

    def say(self, path: Path, to: str, truth: str) -> str:
        """The last general of the path speaks; the answer is what is heard."""
        value = self.lie(path, to, truth) if path[-1] in self.traitors else truth
        self.said.append(Said(path, to, value, truth))
        return RETREAT if value is None else value  # rule 1

    def run(self, m: int, path: Path, order: str, lieutenants: Sequence[str]) -> None:
        """OM(m) with the last general of the path as commander."""
        heard = {name: self.say(path, name, order) for name in lieutenants}
        votes = {name: {path[-1]: heard[name]} for name in lieutenants}
        for name in lieutenants if m else ():
            others = [other for other in lieutenants if other != name]
            self.run(m - 1, (*path, name), heard[name], others)  # rule 2
            for other in others:
                votes[other][name] = self.conclusions[(*path, name), other].value
        for name in lieutenants:
            value = majority(votes[name].values())  # rule 3
            self.conclusions[path, name] = Conclusion(path, name, heard[name], votes[name], value)


def oral(
    count: int,
    m: int,
    traitors: Iterable[str] = (),
    order: str = ATTACK,
    lies: Lie | LieTable | None = None,
) -> Outcome:
    """Run OM(m) among `count` generals. `lies` is a table or a function; what it does not mention is said truthfully.

    ValueError for a traitor who is no general, for an order or a lie that is none, for a lie of somebody loyal, and if
    there are too few generals for m + 1 rounds.
    """
    names, false = _checked(count, m, traitors, order)
    if not callable(lies):
        _check_lies(lies or {}, false)
    run = _Oral(false, lies if callable(lies) else _from_table(lies or {}))
    run.run(m, names[:1], order, names[1:])
    decisions = {name: run.conclusions[names[:1], name].value for name in names[1:]}
    said = tuple(sorted(run.said, key=lambda s: s.round))
    return Outcome(names, false, order, said, decisions, conclusions=run.conclusions)


def _checked(count: int, m: int, traitors: Iterable[str], order: str) -> tuple[tuple[str, ...], frozenset[str]]:
    names, false = tuple(generals(count)), frozenset(traitors)
    if strangers := false - set(names):
        raise ValueError(f"no general {min(strangers)!r}; known: {', '.join(names)}")
    if order not in ORDERS:
        raise ValueError(f"an order is one of {', '.join(ORDERS)}, not {order!r}")
    if not 0 <= m <= count - 2:
        raise ValueError(f"with {count} generals m is from 0 to {count - 2}, not {m}")
    return names, false


def _check_lies(lies: LieTable, traitors: frozenset[str]) -> None:
    for (path, to), value in lies.items():
        if path[-1] not in traitors:
            raise ValueError(f"{path[-1]} is loyal, and says nothing else than what he has heard to {to}")
        if value is not None and value not in ORDERS:
            raise ValueError(f"a lie is one of {', '.join(ORDERS)} or None for silence, not {value!r}")


def _from_table(lies: LieTable) -> Lie:
    return lambda path, to, truth: lies.get((path, to), truth)


def opposite(_path: Path, _to: str, truth: str) -> str:
    """The lie that first comes to mind."""
    return RETREAT if truth == ATTACK else ATTACK


def messages(count: int, m: int) -> int:
    """M(n, m): how many messages OM(m) sends among n generals, if nobody is silent."""
    return (count - 1) * (1 + messages(count - 1, m - 1)) if m else count - 1


def messages_of_last_round(count: int, m: int) -> int:
    """(n - 1)(n - 2) ... (n - m - 1), the number that the paper gives."""
    return (count - 1) * messages_of_last_round(count - 1, m - 1) if m else count - 1


# Signed messages

# What a traitor shows: (path, receiver, the orders that he can show on it, what a loyal one would) -> orders.
SignedLie = Callable[[Path, str, "tuple[str, ...]", "tuple[str, ...]"], Iterable[str]]
SignedLieTable = Mapping[tuple[Path, str], Iterable[str]]


class _Signed:
    """One run of SM(m). `received` maps a lieutenant to the orders that reached him in this round, by path."""

    def __init__(self, names: tuple[str, ...], traitors: frozenset[str], order: str, lie: SignedLie) -> None:
        self.names, self.traitors, self.order, self.lie = names, traitors, order, lie
        self.said: list[Said] = []
        self.known: dict[str, list[str]] = {name: [] for name in names[1:]}
        self.received: dict[str, dict[Path, list[str]]] = {}

    def run(self, m: int) -> None:
        for number in range(1, m + 2):
            senders = self.names[1:] if number > 1 else self.names[:1]
            shown = [shown for name in senders for shown in self.shown_by(name, number)]
            self.received = {}
            for path, to, value in shown:
                self.received.setdefault(to, {}).setdefault(path, []).append(value)
            self.fresh = {to: self.note(to, by_path) for to, by_path in self.received.items()}

    def note(self, name: str, by_path: Mapping[Path, list[str]]) -> set[tuple[Path, str]]:
        """Rule 2. The answer is what was new, once for each order."""
        fresh = set()
        for path, values in by_path.items():
            for value in values:
                if value not in self.known[name]:
                    self.known[name].append(value)
                    fresh.add((path, value))
        return fresh

    def shown_by(self, name: str, number: int) -> Iterator[tuple[Path, str, str]]:
        """What this general sends in this round, as (path, receiver, order)."""
        for path, possible in self.possible(name, number).items():
            honest = self.honest(name, path[:-1])
            for to in self.names[1:]:
                if to not in path:
                    yield from ((path, to, value) for value in self.show(path, to, possible, honest))

    def possible(self, name: str, number: int) -> dict[Path, tuple[str, ...]]:
        """The orders that he can show, by path: those that he holds, and any on which only traitors have signed."""
        held = self.received.get(name, {})
        found = {(*path, name): tuple(dict.fromkeys(values)) for path, values in held.items()}
        if number == 1:
            found = {(name,): (self.order,)}
        if name in self.traitors:
            for chain in permutations(sorted(self.traitors - {name}), number - 1):
                if (*chain, name)[0] == COMMANDER:
                    found[(*chain, name)] = ORDERS
        return found

    def honest(self, name: str, came_by: Path) -> tuple[str, ...]:
        if not came_by:
            return (self.order,)
        return tuple(value for path, value in sorted(self.fresh.get(name, ())) if path == came_by)

    def show(self, path: Path, to: str, possible: tuple[str, ...], honest: tuple[str, ...]) -> Iterable[str]:
        shown = honest
        if path[-1] in self.traitors:
            # To another traitor everything is shown: they help each other.
            shown = possible if to in self.traitors else tuple(self.lie(path, to, possible, honest))
            if forged := set(shown) - set(possible):
                raise ValueError(
                    f"{path[-1]} cannot show {min(forged)!r} signed by {', '.join(path[:-1]) or 'himself'}"
                )
        for value in dict.fromkeys((*shown, *honest)):
            truth = value if value in honest else None
            self.said.append(Said(path, to, value if value in shown else None, truth))
        return shown


def signed(
    count: int,
    m: int,
    traitors: Iterable[str] = (),
    order: str = ATTACK,
    lies: SignedLie | SignedLieTable | None = None,
) -> Outcome:
    """Run SM(m) among `count` generals. A lie says which orders a traitor shows to a receiver on a path: none, or
    several.

    ValueError as for `oral`, and for an order that the traitor cannot have: he would have to forge a loyal signature.
    """
    names, false = _checked(count, m, traitors, order)
    table = {} if callable(lies) or lies is None else lies
    for path, _to in table:
        if path[-1] not in false:
            raise ValueError(f"{path[-1]} is loyal")
    lie = lies if callable(lies) else lambda path, to, _possible, honest: table.get((path, to), honest)
    run = _Signed(names, false, order, lie)
    run.run(m)
    # Rule 3: choice(V).
    decisions = {name: orders[0] if len(orders) == 1 else RETREAT for name, orders in run.known.items()}
    known = {name: tuple(sorted(orders)) for name, orders in run.known.items()}
    return Outcome(names, false, order, tuple(run.said), decisions, known=known)


# All lies

Choose = Callable[[Sequence[Any]], Any]


def every_run(play: Callable[[Choose], T]) -> Iterator[T]:
    """What `play(choose)` answers, for every way to choose: it asks `choose(options)` wherever something is open.

    What is open may depend on what was chosen before. Like an odometer: the last choice that has an option left moves
    on, and everything after it begins anew.
    """
    script: list[int] = []
    while True:
        sizes: list[int] = []

        def choose(options: Sequence[Any], sizes: list[int] = sizes) -> Any:
            place = len(sizes)
            if place == len(script):
                script.append(0)
            sizes.append(len(options))
            return options[script[place]]

        yield play(choose)
        while script and script[-1] + 1 >= sizes[len(script) - 1]:
            script.pop()
        if not script:
            return
        script[-1] += 1


def oral_runs(count: int, m: int, traitors: Iterable[str], order: str) -> Iterator[Outcome]:
    """OM(m) with every lie that these traitors can tell. Silence is not tried apart: it is heard as "retreat"."""
    false = frozenset(traitors)
    return every_run(lambda choose: oral(count, m, false, order, lambda _path, _to, _truth: choose(ORDERS)))


def signed_runs(count: int, m: int, traitors: Iterable[str], order: str) -> Iterator[Outcome]:
    """SM(m) with everything that these traitors can show or hold back."""
    false = frozenset(traitors)

    def play(choose: Choose) -> Outcome:
        def lie(_path: Path, _to: str, possible: tuple[str, ...], _honest: tuple[str, ...]) -> list[str]:
            return [value for value in possible if choose((True, False))]

        return signed(count, m, false, order, lie)

    return every_run(play)


def camps(count: int, traitors_max: int) -> Iterator[frozenset[str]]:
    """Every set of at most so many traitors, up to the names of lieutenants, who are all alike."""
    for size in range(traitors_max + 1):
        for number in {size, size - 1} & set(range(count)):
            lieutenants = generals(count)[1 : number + 1]
            yield frozenset(lieutenants if number == size else [COMMANDER, *lieutenants])


@dataclass(frozen=True)
class Verdict:
    """How many runs were tried, and the first that breaks IC1 or IC2 (None: there is none among them)."""

    tried: int
    failure: Outcome | None


def verdict(runs: Iterable[Outcome]) -> Verdict:
    """Look at runs until one fails."""
    tried = 0
    for outcome in runs:
        tried += 1
        if not outcome.holds:
            return Verdict(tried, outcome)
    return Verdict(tried, None)


def all_lies(
    count: int, m: int, traitors_max: int | None = None, runs: Callable[..., Iterator[Outcome]] = oral_runs
) -> Verdict:
    """Try every set of at most `traitors_max` (default m) traitors, both orders, and all their lies.

    Feasible for up to some twenty choices of the traitors: OM(1), SM(1), and SM(2) among four. `runs` is `oral_runs` or
    `signed_runs`.
    """
    most = m if traitors_max is None else traitors_max
    cases = product(camps(count, most), ORDERS)
    return verdict(outcome for traitors, order in cases for outcome in runs(count, m, traitors, order))


def random_lies(count: int, m: int, traitors_max: int, tries: int, seed: int = 1) -> Verdict:
    """Oral messages with lies at random, `tries` for each set of traitors and order. It can find a failure; finding
    none proves nothing."""

    def runs() -> Iterator[Outcome]:
        for (number, traitors), order in product(enumerate(camps(count, traitors_max)), ORDERS):
            draw = stream(seed, "lies", number, order)
            for _ in range(tries):
                # Traitors who toss a coin for every word are weak; most of these agree on what they prefer to say.
                yield oral(count, m, traitors, order, _biased(draw, draw.random()))

    return verdict(runs())


def _biased(draw: Random, bias: float) -> Lie:
    return lambda _path, _to, _truth: ATTACK if draw.random() < bias else RETREAT


# Three generals


def rules_for_three() -> tuple[int, list[tuple[Any, ...]]]:
    """Every way in which three generals can exchange what they heard once and decide: how many, and which of them
    survive one traitor.

    A lieutenant tells the other one something that depends on what he heard (four functions), and decides by what he
    has heard from both (sixteen). The two need not do the same. None survives.
    """
    words = [dict(zip(ORDERS, said, strict=True)) for said in product(ORDERS, repeat=2)]
    pairs = list(product(ORDERS, repeat=2))
    rules = [dict(zip(pairs, decided, strict=True)) for decided in product(ORDERS, repeat=4)]
    tried = list(product(words, words, rules, rules))
    return len(tried), [t for t in tried if _survives(*t)]


def _survives(
    word1: Mapping[str, str], word2: Mapping[str, str], rule1: Mapping[Any, str], rule2: Mapping[Any, str]
) -> bool:
    for order, lie in product(ORDERS, repeat=2):
        # The commander is loyal, one lieutenant says `lie`; the other one must obey.
        if rule1[order, lie] != order or rule2[order, lie] != order:
            return False
    # The commander tells them two different orders, and they must do the same.
    return all(rule1[a, word2[b]] == rule2[b, word1[a]] for a, b in product(ORDERS, repeat=2))


def traitor_sets(count: int, size: int) -> list[frozenset[str]]:
    """All sets of exactly so many traitors, by name, for a panel that lets one choose."""
    return [frozenset(chosen) for chosen in combinations(generals(count), size)]
