"""One failure of a Raft cluster, and every way in which it can go.

Five nodes; A leads in term 3 and fails. B and C stand for election together, the network is cut into {B, C} and {D, E},
it heals, A comes back. Who leads when, in which term, and how long is nobody served? There is no single answer, because
the story leaves timings open. Here the timings are declared, what is left open is listed, and `all_runs` plays all of
it: the answer to "who can lead at 34 s" is a set.

What is declared. Time goes in whole seconds, and the story ends at 35 s
1. At 0 s all logs hold one committed entry, and A's one more, Ann's write, which nobody else has. A crashes at 0 s and
   restarts at 30 s, with its disk. Nothing that it sent is on its way.
2. The election timers of B and C run out at 5 s; those of D and E would not do so before 10 s.
3. A message takes 5 s if it is sent before 10 s, L seconds if it is sent from 10 s on and before 15 s, and 1 s
   afterwards. L is the same for all.
4. From 15 s to 25 s the links between {B, C} and {D, E} are cut. A message is lost if its link is cut when it leaves or
   when it would arrive, so what would arrive at 15 s is lost; what leaves at 25 s arrives.
5. An election timeout is a whole number of seconds from 12 to 15, drawn anew each time. A leader sends a heartbeat
   every 2 s, before it handles whatever else comes in that second, and begins its term with an empty entry.
6. What reaches one node in one second is handled in some order.

What is open, and is tried completely
7. L: 1, 2, 3 or 5 s.
8. Whose request D handles first at 10 s, and whose E does: with rule 6, for it is an order like any other.
9. Every draw of every timeout, and every order of what falls together at one node: messages and the election timer.
   Two things that happen at two nodes in the same second cannot influence each other, since no message takes less
   than a second. So their order makes no difference, and is not tried.

Rules 7 to 9 make far more runs than can be played one by one. But a run goes on from a state, however it came there: so
this is a search through states, second by second, in which equal states are one. The handlers are those of
`models/raft.py`. `Moment` is such a state; `AllRuns.run_to` leads to it in a `World`, as a trace to look at.

The cluster is in service at a moment if a node leads that has committed an entry of its own term, and has links to a
majority, itself included.

Left out: latencies and timeouts between whole seconds, messages that are lost by chance, and clients.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from random import Random
from typing import Any

from faultlab.models.raft import ELECTION, HEARTBEAT, LEADER, Raft
from faultlab.sim.faults import Fault, crash, delay, partition, restart
from faultlab.sim.latency import Constant
from faultlab.sim.node import CANCEL, SEND, TIMER, Context, Factory, Node
from faultlab.sim.plain import Plain, literal, plain
from faultlab.sim.scenario import Network, Scenario
from faultlab.sim.trace import Trace
from faultlab.sim.world import World

NAMES = ("A", "B", "C", "D", "E")
SIDES = (("B", "C"), ("D", "E"))
FIRST_TERM = 3
STAND_S, HEARD_S, CUT_S, HEAL_S, RETURN_S, END_S = 5, 10, 15, 25, 30, 35
SLOW_S, LATENCIES_S, QUICK_S = 5, (1, 2, 3, 5), 1
TIMEOUT_S = (12, 15)
HEARTBEAT_S = 2
OLD_ENTRY = (FIRST_TERM, None)
ANNS_ENTRY = (FIRST_TERM, ("ann.1", ("write", "x", 1)))
NEVER, NOBODY = "never", "nobody"
START = "start"

# Parts of a second, to put things in order in a `World`: powers of two, so that sums are exact.
BEAT_S, BASE_S = 1 / 128, 1 / 2


class Member(Raft):
    """A node of the story (rules 1, 2 and 5)."""

    def __init__(self) -> None:
        super().__init__(TIMEOUT_S, HEARTBEAT_S, no_op=True)

    def on_start(self, ctx: Context) -> None:
        first = "term" not in ctx.disk
        if first:
            log = [OLD_ENTRY, ANNS_ENTRY] if ctx.name == "A" else [OLD_ENTRY]
            ctx.disk.update(term=FIRST_TERM, voted_for="A", log=log)
        super().on_start(ctx)
        if first:
            self.remember(ctx)

    def remember(self, ctx: Context) -> None:
        """What a node knows at 0 s besides what is on its disk."""
        self.leader, self.commit_index, self.last_applied = "A", 1, 1
        if ctx.name == "A":
            self.role = LEADER
            self.next_index, self.match_index = dict.fromkeys(ctx.peers, 2), dict.fromkeys(ctx.peers, 1)
            ctx.cancel_timer(ELECTION)
        else:
            ctx.set_timer(ELECTION, STAND_S if ctx.name in SIDES[0] else TIMEOUT_S[1])

    def reset_election_timer(self, ctx: Context) -> None:
        ctx.set_timer(ELECTION, ctx.random.randint(*self.election_timeout_s))


def latency_s(sent_s: float, slow_s: int) -> int:
    """Rule 3: how long a message takes that is sent at `sent_s`; `slow_s` is L."""
    return SLOW_S if sent_s < HEARD_S else slow_s if sent_s < CUT_S else QUICK_S


def is_cut(at_s: float) -> bool:
    """Rule 4: are {B, C} and {D, E} apart?"""
    return CUT_S <= at_s < HEAL_S


def is_lost(sent_s: int, due_s: int, source: str, target: str) -> bool:
    """Does this message not arrive?"""
    if "A" in (source, target):
        return target == "A" and due_s < RETURN_S
    return (source in SIDES[0]) != (target in SIDES[0]) and (is_cut(sent_s) or is_cut(due_s))


# ---------------------------------------------------------------- one node in one second

# What a node is: the number of its fields and its disk in `Kept`, seconds since its election timer was set (-1: it is
# not set), seconds until its next heartbeat (-1: none).
Place = tuple[int, int, int]
# (due, receiver, sender, number of the message in `Kept`)
Flying = tuple[int, str, str, int]
State = tuple[tuple[Place, ...], tuple[Flying, ...]]
# (sender, number of the message), or the name of a timer
Happening = Any
# The node afterwards, what it has sent: ((receiver, message), ...), and the order in which things came.
Outcome = tuple[Place, tuple[tuple[str, int], ...], tuple[Happening, ...]]


class _Open(Random):
    """A draw that is left open: the search needs to know only that there was one."""

    def randint(self, low: int, high: int) -> int:
        return low


class _Handlers:
    """Handlers as functions from one state to the next. Each is run once for each state and input."""

    def __init__(self) -> None:
        self.kept: list[Plain] = []
        self._numbers: dict[str, int] = {}
        self._done: dict[tuple[Any, ...], tuple[Place, list[tuple[str, int]], bool]] = {}
        self._outcomes: dict[tuple[Any, ...], list[Outcome]] = {}

    def number(self, value: Plain) -> int:
        """The number of this value: equal values have one."""
        text = literal(value)
        if text not in self._numbers:
            self._numbers[text] = len(self.kept)
            self.kept.append(value)
        return self._numbers[text]

    def handle(self, name: str, place: Place, what: Happening) -> tuple[Place, list[tuple[str, int]], bool]:
        """(the node after it has handled this, what it sends, whether its election timer was set or cancelled)."""
        key = (name, place, what)
        if key not in self._done:
            self._done[key] = self._handle(name, place, what)
        return self._done[key]

    def _handle(self, name: str, place: Place, what: Happening) -> tuple[Place, list[tuple[str, int]], bool]:
        fields, disk = self.kept[place[0]]
        ctx = Context(name, NAMES)
        ctx._disk, ctx._stream = plain(disk), _Open(0)
        if what == START:
            node: Node = Member()
            node.on_start(ctx)
        else:
            node = object.__new__(Member)
            vars(node).update(plain(fields))
            if isinstance(what, str):
                node.on_timer(ctx, what)
            else:
                node.on_message(ctx, what[0], self.kept[what[1]])
        if ctx.draft is not None:
            ctx.commit()
        left = {ELECTION: place[1], HEARTBEAT: place[2]}
        touched = False
        for kind, timer, *_delay in ctx.effects:
            if kind in (TIMER, CANCEL):
                left[timer] = -1 if kind == CANCEL else HEARTBEAT_S if timer == HEARTBEAT else 0
                touched |= timer == ELECTION
        sent = [(effect[1], self.number(effect[2])) for effect in ctx.effects if effect[0] == SEND]
        return (self.number((vars(node), ctx._disk)), left[ELECTION], left[HEARTBEAT]), sent, touched

    def outcomes(self, name: str, place: Place, messages: tuple[tuple[str, int], ...]) -> list[Outcome]:
        """Whatever can become of a node in a second in which these messages reach it (rules 5, 6 and 9)."""
        key = (name, place, messages)
        if key not in self._outcomes:
            found: dict[tuple[Any, ...], tuple[Happening, ...]] = {}
            self._play(name, place, messages, [], (), found)
            self._outcomes[key] = [(after, sent, order) for (after, sent), order in found.items()]
        return self._outcomes[key]

    def _play(
        self,
        name: str,
        place: Place,
        waiting: tuple[tuple[str, int], ...],
        sent: list[tuple[str, int]],
        order: tuple[Happening, ...],
        found: dict[tuple[Any, ...], tuple[Happening, ...]],
    ) -> None:
        """Every order from here on, as the end of `order`; outcomes go to `found`."""
        age, heartbeat = place[1:]
        if heartbeat == 0:
            comes: Iterable[Happening] = (HEARTBEAT,)
        else:
            comes = dict.fromkeys(waiting)
            if TIMEOUT_S[0] <= age <= TIMEOUT_S[1]:
                comes = (*comes, ELECTION)
            if not waiting and age != TIMEOUT_S[1]:
                found.setdefault((place, tuple(sorted(sent))), order)
        for what in comes:
            after, more, _touched = self.handle(name, place, what)
            rest = waiting
            if what in waiting:
                at = waiting.index(what)
                rest = waiting[:at] + waiting[at + 1 :]
            self._play(name, after, rest, sent + more, (*order, what), found)


# ---------------------------------------------------------------- the whole cluster


@dataclass(frozen=True)
class Case:
    """What is decided by 10 s: L, and whom D and E vote for in term 4."""

    slow_s: int
    d_votes: str
    e_votes: str


CASES = tuple(Case(*choice) for choice in product(LATENCIES_S, "BC", "BC"))
# The cases in which D and E agree on B: the first leader is B, if the votes come in time.
FOR_B = {slow_s: Case(slow_s, "B", "B") for slow_s in LATENCIES_S}


@dataclass(frozen=True)
class Moment:
    """The cluster after everything that happens in the second `at_s`."""

    at_s: int
    state: State
    kept: list[Plain]

    def up(self, name: str) -> bool:
        return name != "A" or self.at_s >= RETURN_S

    def node(self, name: str) -> Mapping[str, Any]:
        """The fields of a node; of one that is down what is on its disk."""
        fields, disk = self.kept[self.state[0][NAMES.index(name)][0]]
        return fields if self.up(name) else disk

    def leaders(self) -> list[str]:
        return [name for name in NAMES if self.up(name) and self.node(name)["role"] == LEADER]

    def holders(self, term: int) -> str:
        """The nodes that are up and hold an entry of this term."""
        return "".join(n for n in NAMES if self.up(n) and any(entry[0] == term for entry in self.node(n)["log"]))

    def committed(self, term: int) -> bool:
        """Does anybody know an entry of this term to be committed?"""
        nodes = [self.node(name) for name in NAMES if self.up(name)]
        return any(entry[0] == term for node in nodes for entry in node["log"][: node["commit_index"]])

    def reachable(self, name: str) -> list[str]:
        """Those that are up and can talk to `name`, itself included."""
        apart = is_cut(self.at_s)
        return [n for n in NAMES if self.up(n) and not (apart and (n in SIDES[0]) != (name in SIDES[0]))]

    def serving(self) -> list[str]:
        """The leaders of which the docstring of this module says that they serve."""
        found = []
        for name in self.leaders():
            node = self.node(name)
            own = node["commit_index"] and node["log"][node["commit_index"] - 1][0] == node["term"]
            if own and 2 * len(self.reachable(name)) > len(NAMES):
                found.append(name)
        return found

    def voters(self, name: str) -> list[str]:
        """Those who would vote for this node in a term that is new to all: the logs decide (Raft 5.4.1)."""
        log = self.node(name)["log"]
        return [n for n in self.reachable(name) if _member(self.node(n)).is_up_to_date(len(log), log[-1][0])]

    def electable(self) -> str:
        """Those whom a majority would vote for, if nobody else stood."""
        return "".join(n for n in NAMES if self.up(n) and 2 * len(self.voters(n)) > len(NAMES))


def _member(fields: Mapping[str, Any]) -> Member:
    node = object.__new__(Member)
    vars(node).update(fields)
    return node


# ---------------------------------------------------------------- a run in a World


def story_faults() -> list[Any]:
    """What goes wrong: rules 1 and 4."""
    return [crash("A", 0), partition(SIDES, CUT_S, HEAL_S), restart("A", RETURN_S)]


def punctual(due_s: Mapping[str, Mapping[float, float]]) -> Factory:
    """`Member` for a `World`. A leader's heartbeats come on the whole second, even if it was elected a little later.
    `due_s` maps a node and the moment at which its election timer is set to that at which it runs out; what is not
    there is drawn."""

    class Punctual(Member):
        def send_appends(self, ctx: Context) -> None:
            super().send_appends(ctx)
            ctx.set_timer(HEARTBEAT, math.floor(ctx.now_s) + HEARTBEAT_S - ctx.now_s)

        def reset_election_timer(self, ctx: Context) -> None:
            planned = due_s.get(ctx.name, {}).get(ctx.now_s)
            if planned is None:
                super().reset_election_timer(ctx)
            else:
                ctx.set_timer(ELECTION, planned - ctx.now_s)

    return Punctual


@dataclass
class _Sent:
    """A message: its number on its link, and when it leaves and arrives in the `World`. `due_s` is the second in which
    the search has it arrive."""

    source: str
    target: str
    message: int
    number: int
    sent_s: float
    due_s: int
    arrives_s: float


class Script:
    """A way through the search, second by second, as a scenario for a `World`.

    What falls into one second at one node is set apart by parts of a second, in its order. Each message is delayed to
    the moment at which it comes on this way, and each timer is set to that at which it runs out.
    """

    def __init__(self, case: Case, handlers: _Handlers) -> None:
        self.case = case
        self._handlers = handlers
        self._due_s: dict[str, dict[float, float]] = {name: {} for name in NAMES}
        self._set_s = dict.fromkeys(NAMES[1:], 0.0)
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._sent: list[_Sent] = []
        self._flying: list[_Sent] = []

    def second(self, at_s: int, state: State, chosen: Iterable[Outcome]) -> None:
        """Add what happened in the second `at_s`, which began in `state`."""
        for name, place, (_after, _sent, order) in zip(NAMES, state[0], chosen, strict=True):
            kept, age, heartbeat = place
            if order[:1] != (START,):
                place = (kept, age + (age >= 0), heartbeat - (heartbeat > 0))
            for number, what in enumerate(order):
                place = self._happens(name, place, what, at_s, at_s + number * BEAT_S)

    def _happens(self, name: str, place: Place, what: Happening, at_s: int, moment_s: float) -> Place:
        if what == ELECTION:
            self._due_s[name][self._set_s.pop(name)] = moment_s
        elif what not in (HEARTBEAT, START):
            sent = next(f for f in self._flying if (f.target, f.source, f.message, f.due_s) == (name, *what, at_s))
            self._flying.remove(sent)
            sent.arrives_s = moment_s
        after, sends, touched = self._handlers.handle(name, place, what)
        if touched:
            self._no_timeout(name, moment_s)
            self._set_s[name] = moment_s
        for target, message in sends:
            self._numbers[name, target] += 1
            due_s = at_s + latency_s(at_s, self.case.slow_s)
            sent = _Sent(name, target, message, self._numbers[name, target], moment_s, due_s, due_s)
            self._sent.append(sent)
            self._flying.append(sent)
        return after

    def _no_timeout(self, name: str, now_s: float) -> None:
        """A timer that does not run out before `now_s`, because it is set anew or cancelled then."""
        if name in self._set_s:
            set_s = self._set_s.pop(name)
            # If it was to run out in this very second, something else came first.
            self._due_s[name][set_s] = max(math.floor(set_s) + TIMEOUT_S[1], now_s + BEAT_S)

    def delays(self, base_s: float) -> list[Fault]:
        """What brings each message to its moment in a network that takes `base_s`."""
        late_s = [(sent, sent.arrives_s - sent.sent_s - base_s) for sent in self._sent]
        return [delay(sent.source, sent.target, sent.number, by_s) for sent, by_s in late_s if by_s > 0]

    def run(self, until_s: float) -> Trace:
        """The run, up to `until_s`."""
        for name in list(self._set_s):
            self._no_timeout(name, until_s)
        nodes = dict.fromkeys(NAMES, punctual(self._due_s))
        faults = [*story_faults(), self.delays(BASE_S)]
        trace = World(nodes, Scenario(until_s, network=Network(Constant(BASE_S)), faults=faults)).run().trace()
        # The delays are how the run was led along its way; nobody added them.
        told = Scenario(until_s, network=Network(Constant(QUICK_S)), faults=story_faults())
        return replace(trace, scenario=told.to_json())


@cache
def _opening(case: Case) -> tuple[Fault, ...]:
    """The delays up to the cut: nothing is open there but the case."""
    return tuple(all_runs().opening(case).delays(QUICK_S))


def one_run(case: Case, seed: int = 1) -> tuple[dict[str, Factory], Scenario]:
    """Nodes and scenario of one run of a case. The timeouts are drawn; of what falls together at one node that comes
    first which was sent first. Faults that are added before the cut may meet messages that were delayed for others."""
    network = Network(Constant(QUICK_S))
    faults = [*story_faults(), _opening(case)]
    return dict.fromkeys(NAMES, _PUNCTUAL), Scenario(END_S + 1 / 2, seed=seed, network=network, faults=faults)


_PUNCTUAL = punctual({})


def outage_of(trace: Trace) -> tuple[int, int]:
    """(seconds without service, the longest stretch of them) of a run with these nodes, whatever befell it, up to 35 s.
    Each second is looked at in its middle, after all that it brings. ValueError if the run is shorter."""
    if trace.end_s < END_S:
        raise ValueError(f"the run ends at {trace.end_s:g} s, and the story at {END_S} s")
    fields: dict[str, dict[str, Any]] = {name: {} for name in trace.nodes}
    up: set[str] = set()
    cuts: set[tuple[str, str]] = set()
    total = longest = now = event = 0
    for at_s in range(END_S):
        for index in range(event, trace.index_at(at_s + 1 / 2) + 1):
            _at_s, kind, node, _other, _number, detail = trace.rows[index]
            if kind == "cut":
                cuts = set(detail)
            elif kind in ("start", "crash"):
                up = up | {node} if kind == "start" else up - {node}
                fields[node] = {}
            fields.get(node, {}).update(trace.changes.get(index, {}))
        event = trace.index_at(at_s + 1 / 2) + 1
        now = 0 if any(_serves(name, fields[name], up, cuts, len(fields)) for name in up) else now + 1
        total, longest = total + (now > 0), max(longest, now)
    return total, longest


def _serves(name: str, fields: Mapping[str, Any], up: set[str], cuts: set[tuple[str, str]], nodes: int) -> bool:
    if fields.get("role") != LEADER or not fields["commit_index"]:
        return False
    linked = [n for n in up if not {(name, n), (n, name)} & cuts]
    return fields["log"][fields["commit_index"] - 1][0] == fields["term"] and 2 * len(linked) > nodes


# ---------------------------------------------------------------- the search

# (number of the case, seconds without service so far, the longest stretch of them, the stretch that is going on)
Account = tuple[int, int, int, int]
# The accounts of all runs that lead to a state, each with the state and the account one second before.
Accounts = dict[Account, tuple[State, Account] | None]


class AllRuns:
    """Every run of the story. `all_runs()` makes it and keeps it."""

    def __init__(self) -> None:
        self._handlers = _Handlers()
        self._layers: dict[int, dict[State, Accounts]] = {t: {} for t in range(STAND_S, END_S + 1)}
        for number, case in enumerate(CASES):
            self._begin(number, case)
        for at_s in range(CUT_S, END_S):
            for state, accounts in self._layers[at_s].items():
                for after, _chosen in self._choices(state, at_s + 1, QUICK_S):
                    self._reach(at_s + 1, after, state, accounts)

    # The search

    def _first(self) -> State:
        """The cluster at 4 s: D and E are far from their timeouts, B's and C's run out in the next second."""
        places = []
        for name in NAMES:
            ctx = Context(name, NAMES)
            ctx._stream = _Open(0)
            node = Member()
            node.on_start(ctx)
            kept = self._handlers.number(({} if name == "A" else vars(node), ctx.commit()))
            age = -1 if name == "A" else TIMEOUT_S[1] - 1 if name in SIDES[0] else STAND_S - 1
            places.append((kept, age, -1))
        return tuple(places), ()

    def _begin(self, number: int, case: Case) -> None:
        """Up to the cut nothing is open but what makes the case."""
        state, _played = self._next(self._first(), STAND_S, case)
        self._layers[STAND_S].setdefault(state, {})[number, STAND_S + 1, STAND_S + 1, STAND_S + 1] = None
        for at_s in range(STAND_S + 1, CUT_S + 1):
            after, _chosen = self._next(state, at_s, case)
            known = self._layers[at_s - 1][state].items()
            self._reach(at_s, after, state, {account: step for account, step in known if account[0] == number})
            state = after

    def _next(self, state: State, at_s: int, case: Case) -> tuple[State, tuple[Outcome, ...]]:
        """The one way in which this case goes on, up to the cut."""
        for after, chosen in self._choices(state, at_s, case.slow_s):
            votes = [self._handlers.kept[place[0]][0].get("voted_for") for place in after[0][3:]]
            if at_s != HEARD_S or votes == [case.d_votes, case.e_votes]:
                return after, chosen
        raise AssertionError(f"{case} ends at {at_s} s")

    def _reach(self, at_s: int, state: State, before: State, accounts: Accounts) -> None:
        here = self._layers[at_s].setdefault(state, {})
        unserved = not Moment(at_s, state, self._handlers.kept).serving()
        for account in accounts:
            case, total, longest, now = account
            if at_s < END_S:  # the second that begins now
                total, now = total + unserved, (now + 1) * unserved
            here.setdefault((case, total, max(longest, now), now), (before, account))

    def _choices(self, state: State, at_s: int, slow_s: int) -> Iterator[tuple[State, tuple[Outcome, ...]]]:
        """Every state of the next second, `at_s`, with what has happened at each node."""
        due: dict[str, list[tuple[str, int]]] = {name: [] for name in NAMES}
        rest = []
        for flying in state[1]:
            if flying[0] == at_s:
                due[flying[1]].append(flying[2:])
            else:
                rest.append(flying)
        outcomes = [self._at_node(name, place, at_s, due[name]) for name, place in zip(NAMES, state[0], strict=True)]
        due_s = at_s + latency_s(at_s, slow_s)
        for chosen in product(*outcomes):
            flying = rest + [
                (due_s, target, name, message)
                for name, (_place, sent, _order) in zip(NAMES, chosen, strict=True)
                for target, message in sent
                if not is_lost(at_s, due_s, name, target)
            ]
            yield (tuple([outcome[0] for outcome in chosen]), tuple(sorted(flying))), chosen

    def _at_node(self, name: str, place: Place, at_s: int, messages: list[tuple[str, int]]) -> list[Outcome]:
        kept, age, heartbeat = place
        if name == "A" and at_s < RETURN_S:
            return [(place, (), ())]
        if name == "A" and at_s == RETURN_S:
            after, _sent, _touched = self._handlers.handle(name, place, START)
            return [(p, s, (START, *o)) for p, s, o in self._handlers.outcomes(name, after, tuple(messages))]
        older = (kept, age + (age >= 0), heartbeat - (heartbeat > 0))
        return self._handlers.outcomes(name, older, tuple(sorted(messages)))

    # What can be asked

    def moments(self, at_s: int, case: Case | None = None) -> Iterator[Moment]:
        """Every state that the cluster may be in after the second `at_s`, in all cases or in one."""
        for state, accounts in self._layers[at_s].items():
            if case is None or any(CASES[account[0]] == case for account in accounts):
                yield Moment(at_s, state, self._handlers.kept)

    def first(self, holds: Callable[[Moment], Any], seconds: Iterable[int], case: Case | None = None) -> Moment | None:
        """The first moment in these seconds, in their order, of which `holds` is true; None if there is none."""
        return next((m for at_s in seconds for m in self.moments(at_s, case) if holds(m)), None)

    def before(self, moment: Moment) -> Moment:
        """The moment a second earlier, in one of the runs that lead to this one."""
        accounts = self._layers[moment.at_s][moment.state]
        came = next(iter(accounts.values()))
        if came is None:
            raise ValueError(f"the search begins at {STAND_S} s")
        return Moment(moment.at_s - 1, came[0], self._handlers.kept)

    def outages(self) -> set[tuple[int, int]]:
        """(seconds without service, the longest stretch of them) of every run."""
        return {account[1:3] for accounts in self._layers[END_S].values() for account in accounts}

    def states(self) -> int:
        """How many different states there are, each at its second."""
        return sum(map(len, self._layers.values()))

    # A run to look at

    def run_to(self, moment: Moment, case: Case | None = None) -> Trace:
        """A run in a `World` that passes through this moment, and ends there; ValueError if there is none (in this
        case)."""
        for account in self._layers[moment.at_s].get(moment.state, ()):
            if case in (None, CASES[account[0]]):
                return self._played(moment, account)
        raise ValueError(f"no run of {case or 'the story'} leads to this moment")

    def run_with(self, total_s: int, longest_s: int) -> Trace:
        """A run with so many seconds without service, the longest stretch being so long; ValueError if there is
        none."""
        for state, accounts in self._layers[END_S].items():
            for account in accounts:
                if account[1:3] == (total_s, longest_s):
                    return self._played(Moment(END_S, state, self._handlers.kept), account)
        raise ValueError(f"no run is {total_s} s without service, {longest_s} s in one stretch")

    def _played(self, moment: Moment, account: Account) -> Trace:
        script = self._script(CASES[account[0]], self._path(moment.at_s, moment.state, account))
        return script.run(moment.at_s + 1 - BEAT_S if moment.at_s < END_S else END_S + 1 / 2)

    def opening(self, case: Case) -> Script:
        """A case up to the cut."""
        number, at_cut = CASES.index(case), self._layers[CUT_S].items()
        state, account = next((s, a) for s, accounts in at_cut for a in accounts if a[0] == number)
        return self._script(case, self._path(CUT_S, state, account))

    def _path(self, at_s: int, state: State, account: Account) -> list[State]:
        """The states of a run, from 5 s to this one."""
        path = [state]
        while (step := self._layers[at_s][path[-1]][account]) is not None:
            at_s -= 1
            path.append(step[0])
            account = step[1]
        return path[::-1]

    def _script(self, case: Case, path: list[State]) -> Script:
        script, state = Script(case, self._handlers), self._first()
        for at_s, after in enumerate(path, STAND_S):
            chosen = next(c for s, c in self._choices(state, at_s, case.slow_s) if s == after)
            script.second(at_s, state, chosen)
            state = after
        return script


@lru_cache(maxsize=1)
def all_runs() -> AllRuns:
    """The search, made once in a process: about half a second."""
    return AllRuns()


# ---------------------------------------------------------------- the answers


def side_name(side: Iterable[str]) -> str:
    return "".join(side)


def leaders_of(moment: Moment, names: Iterable[str] = NAMES) -> set[str]:
    """Who of these leads at the moment: names, or {"nobody"}."""
    return set(moment.leaders()) & set(names) or {NOBODY}


def highest_term(moment: Moment, names: Iterable[str] = NAMES) -> int:
    """The highest term of these nodes, as far as they are up."""
    return max(moment.node(name)["term"] for name in names if moment.up(name))


def possible_leaders(at_s: int, case: Case | None = None, names: Iterable[str] = NAMES) -> set[str]:
    """Whoever of these may lead after the second `at_s`, with "nobody" if it may be that none does."""
    return set().union(*(leaders_of(moment, names) for moment in all_runs().moments(at_s, case)))


def possible_terms(at_s: int, names: Iterable[str] = NAMES) -> set[int]:
    """What the highest term of these nodes may be after the second `at_s`."""
    return {highest_term(moment, names) for moment in all_runs().moments(at_s)}


def first_second(holds: Callable[[Moment], Any], seconds: Iterable[int], case: Case) -> int | str:
    """The first second after which something may hold; "never" if it holds after none of them."""
    moment = all_runs().first(holds, seconds, case)
    return NEVER if moment is None else moment.at_s


def b_steps_down_s(case: Case) -> tuple[int, int]:
    """The first and the last second in which B, having led in term 4, may cease to."""
    leads = [t for t in range(STAND_S, END_S) if "B" in possible_leaders(t, case)]
    ceased = next(t for t in range(leads[0], END_S) if possible_leaders(t, case) != {"B"})
    return ceased, leads[-1] + 1


def committed_while_cut() -> int:
    """How many entries can be committed at most while the network is cut, in any case."""

    def committed(at_s: int, case: Case) -> int:
        return max(m.node(n)["commit_index"] for m in all_runs().moments(at_s, case) for n in NAMES if m.up(n))

    return max(committed(HEAL_S - 1, case) - committed(CUT_S - 1, case) for case in CASES)


def fate_of_anns_entry(moment: Moment) -> str:
    """What has become of the entry that only A held: "kept", "overwritten" or "committed"."""
    nodes = [moment.node(name) for name in NAMES]
    if any(ANNS_ENTRY in node["log"][: node.get("commit_index", 0)] for node in nodes):
        return "committed"
    return "kept" if ANNS_ENTRY in nodes[0]["log"] else "overwritten"


@lru_cache(maxsize=1)
def answer_key() -> dict[str, dict[Any, Any]]:
    """What the exercise asks for, from `all_runs`: sets of what is possible, seconds, and (least, most). "At 14" means
    after everything that happens in the second 14. What is asked by L supposes that D and E both vote for B."""
    runs, before_heal = all_runs(), range(STAND_S, HEAL_S)
    totals, longest = zip(*runs.outages(), strict=True)
    back = [moment for at_s in range(RETURN_S, END_S + 1) for moment in runs.moments(at_s)]

    def by_l(ask: Callable[[Case], Any]) -> dict[int, Any]:
        return {slow_s: ask(case) for slow_s, case in FOR_B.items()}

    return {
        "first_leader": {
            "at_14": possible_leaders(14),
            "elected_s": by_l(lambda case: first_second(Moment.leaders, range(STAND_S, CUT_S), case)),
        },
        "terms": {t: {side_name(s): possible_terms(t, s) for s in SIDES} for t in (9, 14, 24)},
        "split_brain": {
            "at_20": {side_name(s): possible_leaders(20, names=s) for s in SIDES},
            "commits": committed_while_cut(),
            "steps_down_s": b_steps_down_s(FOR_B[3]),
        },
        "entry": {
            "holders_at_20": by_l(lambda case: set().union(*(m.holders(4) for m in runs.moments(20, case)))),
            "committed_s": by_l(lambda case: first_second(lambda m: m.committed(4), before_heal, case)),
        },
        "electable": by_l(lambda case: set().union(*(m.electable() for m in runs.moments(HEAL_S, case)))),
        "next_leader": {
            "at_34": by_l(lambda case: possible_leaders(34, case)),
            "terms_at_34": possible_terms(34),
        },
        "returner": {
            "starts_in_term": next(runs.moments(RETURN_S - 1)).node("A")["term"],  # from its disk
            "roles": {moment.node("A")["role"] for moment in back},
            "terms_at_34": possible_terms(34, "A"),
            "anns_entry": {fate_of_anns_entry(moment) for moment in runs.moments(END_S)},
        },
        "outage": {
            "total_s": (min(totals), max(totals)),
            "longest_s": (min(longest), max(longest)),
        },
    }
