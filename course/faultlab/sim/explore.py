"""The model checker: the same nodes, in every order of events.

    result = explore({"A": Lock, "B": Lock}, [always("one holder", one_holder)], losses=1, crashes=1)
    result.trace("one holder")        # the shortest schedule that breaks it, for the player

1. There is no time. Any message on its way may arrive next, any timer that is set may run out next, and within the
   budgets a message may be lost or arrive twice, and a node may crash and start again.
2. The network is "unordered" (any message may overtake any other), "fifo" (messages of one link keep their order) or
   "lasting" (a message once sent can be received again and again, as the growing set of messages in TLA+).
3. A handler is a function: equal fields, disk and input give an equal outcome. So each outcome is computed once and
   looked up ever after, and a state is a few small numbers: which state each node is in, which messages are on their
   way. It is the "collapse" compression of Spin (Holzmann 1997), and here it makes Python fast.
4. What rule 3 takes for granted is checked afterwards (`sim/audit.py`): a part of the outcomes is computed again, in
   another order and in other processes with other hash seeds. A handler that gives another answer is not deterministic,
   or shares state with other nodes, and the result says so.
5. A handler that raises violates "no handler fails", and its node is down.
6. A crashed node keeps its disk. Messages to it wait; they are the slow ones, and a lost one is a budget's matter.
7. A client makes its calls one after the other, to any of its nodes that is up. Its timeouts and retries play no part.

A step of a schedule is a tuple: ("deliver", source, target, message), ("again", ...) for a duplicate, ("lose", ...)
(with a number at the end if it is not the oldest of equal messages on a "fifo" link), ("timer", node, name),
("crash", node), ("restart", node, with_disk), ("request", client, node). A schedule can be replayed, and can be the
prefix from which the search begins.

Source: stateright and DSLabs for handlers that are searched as they are run; TLC for the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, Protocol

from faultlab.sim import search
from faultlab.sim.audit import suspect
from faultlab.sim.host import Host, Outcome, Step
from faultlab.sim.limit import Watchdog
from faultlab.sim.node import CANCEL, NOTE, REFUSE, REPLY, SEND, TIMER, Factory, label
from faultlab.sim.plain import Plain, in_order, literal, plain
from faultlab.sim.properties import EVENTUALLY, OK, VIOLATED, NodeView, Property, Snapshot, always, judge
from faultlab.sim.scenario import Client, Scenario
from faultlab.sim.search import Action, Bounds, BrokenSymmetry, Result
from faultlab.sim.trace import GONE, Row, Trace

UNORDERED, FIFO, LASTING = "unordered", "fifo", "lasting"
NETWORKS = (UNORDERED, FIFO, LASTING)
DELIVER, AGAIN, LOSE, FIRE, CRASH, RESTART, REQUEST = "deliver", "again", "lose", "timer", "crash", "restart", "request"
MUST = frozenset((DELIVER, FIRE, REQUEST))
NO_FAILURE = "no handler fails"


class Stepper(Protocol):
    """Whoever can run steps of a node: a `Host` here, or one in the process of a learner's code.

    One that has `each(steps)`, an iterator over the outcomes, is asked for many at once, and may be left half way. One
    that has `elsewhere(steps)` can have steps run by other processes, each with another hash seed: a list for each.
    """

    def steps(self, steps: Sequence[Step]) -> list[Outcome]: ...


@dataclass(frozen=True)
class Budget:
    """How much may go wrong in one run. `timers` is how many timers may run out in all; None: any number.

    `empty_disks`: how many restarts may find nothing on the disk. `restarts`: may crashed nodes start again at all?
    `crashable`: the names of the nodes that may crash; None: any of them.
    """

    losses: int = 0
    duplicates: int = 0
    crashes: int = 0
    timers: int | None = None
    empty_disks: int = 0
    restarts: bool = True
    crashable: frozenset[str] | None = None


@dataclass(frozen=True)
class _Local:
    """The state of one node: what it keeps, what is on its disk, which timers are set, is it up, why did it fail."""

    node: int
    up: bool
    fields: dict[str, Plain]
    disk: dict[str, Plain]
    timers: tuple[str, ...]
    failed: str = ""


@dataclass(frozen=True)
class _Moved:
    """What a step came to: the next local state, the messages sent, the answers given as (kind, request, value), and
    the outcome as the host gave it."""

    local: int
    sends: tuple[int, ...]
    answers: tuple[tuple[str, str, Plain], ...]
    outcome: Outcome


class _Numbers:
    """Gives equal data one number, and different data different ones."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._known: dict[str, int] = {}

    def of(self, item: Any, key: Plain) -> int:
        text = literal(key)
        number = self._known.get(text)
        if number is None:
            number = self._known[text] = len(self.items)
            self.items.append(item)
        return number


# A state of the whole, in numbers: the local states, the messages on their way, the budgets that are left, how far each
# client has come (twice the calls made, less one while it waits), and the answers so far.
State = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], int]


class Cluster:
    """Nodes, a network and clients as a `Model` to be searched.

    `nodes` maps names to classes. `steppers` maps names to whoever runs their steps, for code that lives elsewhere.
    `prefix` is a schedule that leads to where the search begins; its steps may be shortened: ("deliver", "A", "B")
    takes the first message of that link, ("deliver", "A", "B", "vote") the first of that name. ValueError if a step is
    not possible.
    `symmetry` lists groups of names that may change places: their classes must be the same, a name must occur in fields
    and messages only as itself, and no property may tell them apart.
    With `history` the calls and answers are kept in their order, for properties of histories; without it only the
    answers are, and fewer states differ.
    """

    def __init__(
        self,
        nodes: Mapping[str, Factory],
        *,
        budget: Budget | None = None,
        network: str = UNORDERED,
        clients: Iterable[Client] = (),
        prefix: Sequence[Action] = (),
        symmetry: Iterable[Sequence[str]] = (),
        history: bool = False,
        steppers: Mapping[str, Stepper] | None = None,
    ) -> None:
        if network not in NETWORKS:
            raise ValueError(f"no network {network!r}; known: {', '.join(NETWORKS)}")
        self.names = tuple(nodes)
        self.network, self.history = network, history
        self.budget, self.clients = budget or Budget(), tuple(clients)
        hosts: dict[Any, Stepper] = {}
        self.steppers = [
            (steppers or {}).get(name) or hosts.setdefault(factory, Host(factory)) for name, factory in nodes.items()
        ]
        self._ask_ahead = any(hasattr(stepper, "each") for stepper in self.steppers)
        self._fetched: dict[tuple[int, int], Outcome] = {}
        self._prepared: frozenset[State] = frozenset()
        self._starts_and_timers: dict[tuple[int, tuple[Plain, ...]], int] = {}
        self.factories = dict(nodes)
        self.handled = 0
        self.moves: dict[tuple[int, int], _Moved] = {}
        self._position = {name: i for i, name in enumerate(self.names)}
        self._locals, self._inputs, self._answers = _Numbers(), _Numbers(), _Numbers()
        self._views: list[NodeView] = []
        _check_names(nodes, self.clients, groups := [tuple(group) for group in symmetry])
        self._renamings = _renamings(groups)
        self._renamed: dict[tuple[str, int, int], int] = {}
        self._answers.of((), ())
        self.begun = self._first_state()
        self.prefix: list[Action] = []
        self._on_the_way: list[State] = []
        for wanted in prefix:
            self._stage(wanted)

    # What happens in one node

    def local(self, number: int) -> _Local:
        """The local state of that number."""
        return self._locals.items[number]

    def _local_number(self, local: _Local) -> int:
        key = (local.node, local.up, local.fields, local.disk, local.timers, local.failed)
        number = self._locals.of(local, key)
        if number == len(self._views):
            self._views.append(NodeView(self.names[local.node], local.fields, local.disk, local.up))
        return number

    def _input(self, node: int, *event: Plain) -> int:
        """The number of something that can happen at a node; `event` is that of `Host.step`."""
        what = (node, event)
        if event[0] in ("message", "request"):
            return self._inputs.of(what, what)
        # Two texts, which are asked for in every state: no need to write them as a literal each time.
        number = self._starts_and_timers.get(what)
        if number is None:
            number = self._starts_and_timers[what] = self._inputs.of(what, what)
        return number

    def stepper_of(self, what: int) -> Stepper:
        """Whoever runs the steps of the node at which this input happens."""
        return self.steppers[self._inputs.items[what][0]]

    def step_of(self, local: int, what: int) -> Step:
        """The step that a host has to make for this local state and input."""
        node, event = self._inputs.items[what]
        state = self.local(local)
        fields = {} if event[0] == "start" else state.fields
        disk = {} if event == ("start", "empty") else state.disk
        event = event[:1] if event[0] == "start" else event
        # States that differ only in how a dict was filled are one state, so a handler is not to see how it was.
        fields, disk, event = in_order(fields), in_order(disk), in_order(event)
        return {"name": self.names[node], "names": list(self.names), "fields": fields, "disk": disk, "event": event}

    def move(self, local: int, what: int) -> _Moved:
        """What comes of an input at a node in this state; it is worked out once."""
        moved = self.moves.get((local, what))
        if moved is None:
            outcome = self._fetched.pop((local, what), None)
            if outcome is None:
                node = self._inputs.items[what][0]
                outcome = self.steppers[node].steps([self.step_of(local, what)])[0]
            moved = self._take(local, what, outcome)
        return moved

    def _take(self, local: int, what: int, outcome: Outcome) -> _Moved:
        self.handled += 1
        before = self.local(local)
        node, event = self._inputs.items[what]
        if "error" in outcome:
            disk = {} if event == ("start", "empty") else before.disk
            moved = _Moved(self._local_number(_Local(node, False, {}, disk, (), outcome["error"])), (), (), outcome)
        else:
            timers = set(before.timers) - ({event[1]} if event[0] == "timer" else set())
            sends, answers = [], []
            for kind, *rest in outcome["effects"]:
                if kind == SEND:
                    sends.append(self._input(self._position[rest[0]], "message", self.names[node], rest[1]))
                elif kind == TIMER:
                    timers.add(rest[0])
                elif kind == CANCEL:
                    timers.discard(rest[0])
                elif kind in (REPLY, REFUSE):
                    answers.append((kind, rest[0], rest[1]))
            after = _Local(node, True, outcome["fields"], outcome["disk"], tuple(sorted(timers)))
            moved = _Moved(self._local_number(after), tuple(sends), tuple(answers), outcome)
        self.moves[local, what] = moved
        return moved

    def prepare(self, states: Sequence[State]) -> None:
        """Have the steps that these states need made in one go, where the code lives elsewhere.

        The outcomes are laid by, and numbered when the search gets to them: so it goes the same way, and finds the same
        counterexample, as with nodes that live here.
        """
        if not self._ask_ahead:
            return
        self._prepared = frozenset(states)
        wanted: dict[int, dict[tuple[int, int], Any]] = {}
        for state in states:
            for pair in self._inputs_of(state):
                if pair in self.moves or pair in self._fetched:
                    continue
                stepper = self.stepper_of(pair[1])
                if hasattr(stepper, "each"):
                    wanted.setdefault(id(stepper), {})[pair] = stepper
        for pairs in wanted.values():
            stepper = next(iter(pairs.values()))
            for pair, outcome in zip(pairs, stepper.each([self.step_of(*pair) for pair in pairs]), strict=True):
                self._fetched[pair] = outcome
                if "error" in outcome:
                    # It may have taken a second to notice, and may be all that the search has to find.
                    return

    def _inputs_of(self, state: State) -> Iterable[tuple[int, int]]:
        """What may happen next in single nodes, by local state and input."""
        locals_, flying, left, desks, _answers = state
        for what in dict.fromkeys(flying):
            node = self._inputs.items[what][0]
            if self.local(locals_[node]).up:
                yield locals_[node], what
        for node, local in enumerate(locals_):
            for timer in self.local(local).timers if left[3] else ():
                yield local, self._input(node, "timer", timer)
            if self._may_restart(local):
                yield local, self._input(node, "start", "disk")
        for client, done in zip(self.clients, desks, strict=True):
            for name in client.to if _may_call(client, done) else ():
                node = self._position[name]
                if self.local(locals_[node]).up:
                    yield locals_[node], self._input(node, "request", *_call(client, done))

    def _may_restart(self, local: int) -> bool:
        now = self.local(local)
        return self.budget.restarts and self.budget.crashes > 0 and not now.up and not now.failed

    # The model

    def _first_state(self) -> State:
        budget = self.budget
        left = (
            budget.losses,
            budget.duplicates,
            budget.crashes,
            -1 if budget.timers is None else budget.timers,
            budget.empty_disks,
        )
        down = tuple(self._local_number(_Local(i, False, {}, {}, ())) for i in range(len(self.names)))
        state = (down, (), left, (0,) * len(self.clients), 0)
        for node in range(len(self.names)):
            state = self._moved(state, self._input(node, "start", "disk"))
        return state

    def _stage(self, wanted: Action) -> None:
        for action, after in self.successors(self.begun):
            if _means(wanted, action):
                self.prefix.append(action)
                self._on_the_way.append(self.begun)
                self.begun = after
                return
        others = [repr(action) for action, _after in self.successors(self.begun)]
        first = ", ".join(others[:4]) + ", ..." * (len(others) > 4) if others else "nothing"
        raise ValueError(f"prefix, step {len(self.prefix) + 1}: {wanted!r} is not possible here, but {first}")

    def passed(self) -> list[State]:
        return self._on_the_way

    def initial(self) -> list[State]:
        return [self.begun]

    def must(self, action: Action) -> bool:
        return action[0] in MUST

    def successors(self, state: State) -> list[tuple[Action, State]]:
        if self._ask_ahead and state not in self._prepared:
            self.prepare((state,))
        found: list[tuple[Action, State]] = []
        locals_, flying, left, _desks, _answers = state
        table, inputs = self._locals.items, self._inputs.items
        lasting, fifo = self.network == LASTING, self.network == FIFO
        links: set[tuple[int, str]] = set()
        for what in dict.fromkeys(flying):
            node, (_kind, source, message) = inputs[what]
            held_back = fifo and (node, source) in links
            links.add((node, source))
            if not held_back and table[locals_[node]].up:
                after = self._moved(state, what, gone=() if lasting else (what,))
                found.append(((DELIVER, source, self.names[node], message), after))
        for node, local in enumerate(locals_):
            if left[3]:
                for timer in table[local].timers:
                    after = self._moved(_spend(state, 3), self._input(node, "timer", timer))
                    found.append(((FIRE, self.names[node], timer), after))
        if self.clients:
            found += self._requests(state)
        if any(left[:3]) or self.budget.crashes:
            found += self._misfortunes(state)
        return found

    def _misfortunes(self, state: State) -> Iterable[tuple[Action, State]]:
        locals_, flying, left, desks, answers = state
        links: set[tuple[int, str]] = set()
        for what in dict.fromkeys(flying):
            node, (_kind, source, message) = self._inputs.items[what]
            held_back = self.network == FIFO and (node, source) in links
            links.add((node, source))
            if left[1] and self.local(locals_[node]).up and not held_back:
                yield (AGAIN, source, self.names[node], message), self._moved(_spend(state, 1), what)
            for nth, rest in self._losses(flying, what) if left[0] else ():
                action = (LOSE, source, self.names[node], message, *([nth] if nth > 1 else []))
                yield action, (locals_, rest, _spend(state, 0)[2], desks, answers)
        for node, local in enumerate(locals_):
            now = self.local(local)
            if now.up and left[2] and (self.budget.crashable is None or self.names[node] in self.budget.crashable):
                down = self._local_number(_Local(node, False, {}, now.disk, ()))
                after = (*locals_[:node], down, *locals_[node + 1 :])
                yield (CRASH, self.names[node]), (after, flying, _spend(state, 2)[2], desks, answers)
            elif not now.up and not now.failed and self.budget.restarts:
                yield (RESTART, self.names[node], True), self._moved(state, self._input(node, "start", "disk"))
                if left[4]:
                    lost = self._moved(_spend(state, 4), self._input(node, "start", "empty"))
                    yield (RESTART, self.names[node], False), lost

    def _losses(self, flying: tuple[int, ...], what: int) -> Iterable[tuple[int, tuple[int, ...]]]:
        """What can be left on the way when a message is lost, and which of several equal ones it was."""
        seen = set()
        for nth, place in enumerate((i for i, other in enumerate(flying) if other == what), 1):
            rest = (*flying[:place], *flying[place + 1 :])
            if rest not in seen:  # the order of a "fifo" link tells equal messages apart
                seen.add(rest)
                yield nth, rest

    def _requests(self, state: State) -> Iterable[tuple[Action, State]]:
        locals_, flying, left, desks, answers = state
        for i, (client, done) in enumerate(zip(self.clients, desks, strict=True)):
            if not _may_call(client, done):
                continue
            request, call = _call(client, done)
            waiting = (*desks[:i], done + 1, *desks[i + 1 :])
            told = self._tell(answers, ("call", request, call)) if self.history else answers
            for name in client.to:
                node = self._position[name]
                if self.local(locals_[node]).up:
                    asked = (locals_, flying, left, waiting, told)
                    yield (REQUEST, client.name, name), self._moved(asked, self._input(node, "request", request, call))

    def _tell(self, answers: int, entry: tuple[Plain, ...]) -> int:
        told = (*self._answers.items[answers], entry)
        if not self.history:
            told = tuple(sorted(told, key=literal))
        return self._answers.of(told, told)

    def _moved(self, state: State, what: int, gone: tuple[int, ...] = ()) -> State:
        """The state after an input; `gone` are the messages that are on their way no longer."""
        locals_, flying, left, desks, answers = state
        node = self._inputs.items[what][0]
        local = locals_[node]
        moved = self.moves.get((local, what)) or self.move(local, what)
        if moved.local != local:
            locals_ = (*locals_[:node], moved.local, *locals_[node + 1 :])
        for message in gone:
            flying = _without(flying, message)
        if moved.sends:
            flying = self._with(flying, moved.sends)
        for kind, request, value in moved.answers:
            desks, answers = self._answered(desks, answers, kind, request, value)
        return locals_, flying, left, desks, answers

    def _with(self, flying: tuple[int, ...], sends: tuple[int, ...]) -> tuple[int, ...]:
        if self.network == LASTING:
            return tuple(sorted({*flying, *sends}))
        if self.network == FIFO:
            # In the order of sending; the order between different links means nothing, so it is made always the same.
            return tuple(sorted((*flying, *sends), key=self._link))
        return tuple(sorted((*flying, *sends)))

    def _link(self, what: int) -> tuple[int, str]:
        node, event = self._inputs.items[what]
        return node, event[1]

    def _answered(
        self, desks: tuple[int, ...], answers: int, kind: str, request: str, value: Plain
    ) -> tuple[tuple[int, ...], int]:
        for i, client in enumerate(self.clients):
            if desks[i] % 2 and request == f"{client.name}.{desks[i] // 2 + 1}":
                done = (*desks[:i], desks[i] + 1, *desks[i + 1 :])
                return done, self._tell(answers, (kind, request, value))
        return desks, answers

    def snapshot(self, state: State) -> Snapshot:
        locals_, flying, _left, _desks, answers = state
        views = self._views
        told = self._answers.items[answers]
        failed = next((self.local(n) for n in locals_ if self.local(n).failed), None)
        return Snapshot(
            {name: views[n] for name, n in zip(self.names, locals_, strict=True)},
            [entry[1:] for entry in told if entry[0] == REPLY],
            [(event[1], self.names[node], event[2]) for node, event in (self._inputs.items[f] for f in flying)],
            told,
            f"{self.names[failed.node]}: {failed.failed}" if failed else "",
        )

    # Symmetry

    def canonical(self, state: State) -> State:
        """The smallest of the states that the renamings make of this one."""
        if not self._renamings:
            return state
        return min([state, *(self._rename(state, i) for i in range(len(self._renamings)))])

    def _rename(self, state: State, which: int) -> State:
        locals_, flying, left, desks, answers = state
        moved = [self._renamed_number("local", which, n) for n in locals_]
        moved.sort(key=lambda n: self.local(n).node)
        messages = [self._renamed_number("input", which, n) for n in flying]
        messages.sort(key=self._link if self.network == FIFO else None)
        return tuple(moved), tuple(messages), left, desks, self._renamed_number("answers", which, answers)

    def _renamed_number(self, what: str, which: int, number: int) -> int:
        key = (what, which, number)
        if key not in self._renamed:
            self._renamed[key] = self._renamed_now(what, self._renamings[which], number)
        return self._renamed[key]

    def _renamed_now(self, what: str, names: Mapping[str, str], number: int) -> int:
        def place(node: int) -> int:
            return self._position[names.get(self.names[node], self.names[node])]

        if what == "local":
            old = self.local(number)
            fields, disk = rename(old.fields, names), rename(old.disk, names)
            timers = tuple(sorted(rename(old.timers, names)))
            return self._local_number(_Local(place(old.node), old.up, fields, disk, timers, old.failed))
        if what == "input":
            node, event = self._inputs.items[number]
            return self._input(place(node), *rename(event, names))
        told = rename(self._answers.items[number], names)
        told = told if self.history else tuple(sorted(told, key=literal))
        return self._answers.of(told, told)

    # Traces

    def trace(self, actions: Iterable[Action], title: str = "") -> Trace:
        """The prefix and a schedule as an untimed trace; ValueError if a step is not possible."""
        return _Recorder(self).record([*self.prefix, *actions], title)


def _may_call(client: Client, done: int) -> bool:
    """Is a client that has come so far at rest, with a call left to make?"""
    return not done % 2 and done // 2 < len(client.calls)


def _call(client: Client, done: int) -> tuple[str, Plain]:
    """The name of a client's next request, and what it asks for."""
    return f"{client.name}.{done // 2 + 1}", client.calls[done // 2]


def _spend(state: State, which: int) -> State:
    """The state with one less of a budget (a negative one is without end)."""
    left = state[2]
    if left[which] < 0:
        return state
    return (*state[:2], (*left[:which], left[which] - 1, *left[which + 1 :]), *state[3:])


def _without(flying: tuple[int, ...], message: int) -> tuple[int, ...]:
    place = flying.index(message)
    return (*flying[:place], *flying[place + 1 :])


def _means(wanted: Action, action: Action) -> bool:
    """Does a step of a prefix, which may be shortened, stand for this one?"""
    if not wanted:
        return False
    if len(wanted) == 4 and wanted[:3] == action[:3] and label(action[3]) == wanted[3]:
        return True
    return tuple(wanted) == action[: len(wanted)]


def _check_names(nodes: Mapping[str, Factory], clients: Iterable[Client], groups: Iterable[Sequence[str]]) -> None:
    """ValueError in one line for clients of nodes that are not there, and for a symmetry that is none."""
    Scenario(clients=clients).check(nodes)
    for group in groups:
        if strange := set(group) - set(nodes):
            raise ValueError(f"symmetry {group}: no node {min(strange)!r}; known: {', '.join(nodes)}")
        if len({nodes[name] for name in group}) > 1:
            raise ValueError(f"symmetry {group}: nodes that may change places are of one class")
        if some := next((c for c in clients if 0 < len(set(group) & set(c.to)) < len(set(group))), None):
            raise ValueError(f"symmetry {group}: client {some.name!r} asks only some of them")


def _renamings(groups: Iterable[Sequence[str]]) -> list[dict[str, str]]:
    """Every way to let the names of each group change places, except the one that changes nothing."""
    found: list[dict[str, str]] = [{}]
    for group in groups:
        found = [{**one, **dict(zip(group, order, strict=True))} for one in found for order in permutations(group)]
    return [names for names in found if any(a != b for a, b in names.items())]


def rename(value: Plain, names: Mapping[str, str]) -> Plain:
    """Plain data with every text that is one of `names` replaced, keys of dicts and elements of sets too."""
    kind = type(value)
    if kind is str:
        return names.get(value, value)
    if kind in (tuple, list, set):
        return kind(rename(item, names) for item in value)
    if kind is dict:
        return {rename(k, names): rename(v, names) for k, v in value.items()}
    return value


class _Recorder:
    """Plays a schedule and writes down what a trace says of it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.rows: list[Row] = []
        self.changes: dict[int, dict[str, Plain]] = {}
        self.timers: dict[int, dict[str, float | None]] = {}
        self.tracebacks: dict[int, str] = {}
        self.numbers = 0
        self.under_way: list[tuple[int, tuple[str, str, Plain]]] = []
        self.arrived: list[tuple[int, tuple[str, str, Plain]]] = []
        self.shown: dict[str, dict[str, Plain]] = {name: {} for name in cluster.names}
        self.waiting: set[str] = set()
        self.at = 0.0

    def record(self, actions: Sequence[Action], title: str) -> Trace:
        cluster = self.cluster
        state = cluster._first_state()
        down = {name: cluster._local_number(_Local(i, False, {}, {}, ())) for i, name in enumerate(cluster.names)}
        for node, name in enumerate(cluster.names):
            self._handler(down[name], cluster._input(node, "start", "disk"), ("start", name, "", -1, "first"))
        for action in actions:
            self.at += 1
            after = next((s for a, s in cluster.successors(state) if a == action), None)
            if after is None:
                raise ValueError(f"step {self.at:.0f}: {action!r} is not possible here")
            self._act(action, state)
            state = after
        return Trace(
            nodes=cluster.names,
            rows=tuple(self.rows),
            changes=self.changes,
            timers=self.timers,
            tracebacks=self.tracebacks,
            end_s=self.at,
            untimed=True,
            lasting=cluster.network == LASTING,
            title=title,
            clients=tuple(c.name for c in cluster.clients),
        )

    def _act(self, action: Action, state: State) -> None:
        cluster, kind, first = self.cluster, action[0], action[1]
        if kind in (DELIVER, AGAIN, LOSE):
            self._message(kind, action[1:], state)
        elif kind == FIRE:
            self._at_node(first, state, ("timer", action[2]), ("timer", first, "", -1, action[2]))
        elif kind == CRASH:
            self._crash(first, "fault")
        elif kind == RESTART:
            how = "again" if action[2] else "without its disk"
            event = ("start", "disk" if action[2] else "empty")
            self._at_node(first, state, event, ("start", first, "", -1, how))
        else:
            i = next(i for i, c in enumerate(cluster.clients) if c.name == first)
            request, call = _call(cluster.clients[i], state[3][i])
            row = ("request", action[2], first, -1, (request, call))
            self.waiting.add(request)
            self._at_node(action[2], state, ("request", request, call), row)

    def _message(self, kind: str, action: Action, state: State) -> None:
        source, target, content, *nth = action
        message = (source, target, content)
        places = [i for i, (_n, m) in enumerate(self.under_way) if m == message]
        place = places[nth[0] - 1 if nth else 0] if places else None
        if kind != AGAIN and place is not None:
            number = self.under_way.pop(place)[0]
            if kind == DELIVER:
                self.arrived.append((number, message))
        else:
            original = next(n for n, m in (*self.under_way, *self.arrived) if m == message)
            number = self._number()
            self._row("duplicate", source, target, number, original)
        if kind == LOSE:
            # With a "lasting" network it may have arrived before, and now it will not do so again.
            self.arrived = [(n, m) for n, m in self.arrived if m != message]
            self._row("lose", target, source, number, "lost by chance")
            return
        self._at_node(target, state, ("message", source, content), ("deliver", target, source, number, None))

    def _at_node(self, name: str, state: State, event: tuple[Plain, ...], row: tuple[Any, ...]) -> None:
        node = self.cluster._position[name]
        self._handler(state[0][node], self.cluster._input(node, *event), row)

    def _handler(self, local: int, what: int, row: tuple[Any, ...]) -> None:
        outcome = self.cluster.move(local, what).outcome
        self._row(*row)
        index, name = len(self.rows) - 1, row[1]
        if "error" in outcome:
            if row[-1] == "without its disk":
                self._show(index, name, {})
            self._row("error", name, detail=outcome["error"])
            self.tracebacks[len(self.rows) - 1] = outcome["traceback"]
            self._crash(name, "error")
            return
        self._show(index, name, {**outcome["fields"], **{f"disk.{k}": v for k, v in outcome["disk"].items()}})
        for kind, *rest in outcome["effects"]:
            self._effect(index, name, kind, *rest)

    def _show(self, index: int, name: str, now: dict[str, Plain]) -> None:
        before, self.shown[name] = self.shown[name], now
        changed = {k: v for k, v in now.items() if k not in before or literal(before[k]) != literal(v)}
        changed |= {k: GONE for k in before if k not in now}
        if changed:
            self.changes[index] = changed

    def _effect(self, index: int, name: str, kind: str, first: Any, second: Any = None) -> None:
        if kind == SEND:
            number = self._number()
            self._row("send", name, first, number, second)
            message = (name, first, second)
            if self.cluster.network != LASTING or all(m != message for _n, m in (*self.under_way, *self.arrived)):
                self.under_way.append((number, message))
        elif kind in (TIMER, CANCEL):
            self.timers.setdefault(index, {})[first] = self.at if kind == TIMER else None
        elif kind == NOTE:
            self._row("note", name, detail=first)
        elif first in self.waiting:
            self.waiting.discard(first)
            self._row(kind, name, first.rpartition(".")[0], detail=(first, second))
        else:
            self._row("note", name, detail=f"answers {first}, and nobody waits for it")

    def _crash(self, name: str, why: str) -> None:
        self._row("crash", name, detail=why)
        self.shown[name] = {k: v for k, v in self.shown[name].items() if k.startswith("disk.")}

    def _row(self, kind: str, node: str, other: str = "", number: int = -1, detail: Plain = None) -> None:
        self.rows.append((self.at, kind, node, other, number, plain(detail)))

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers - 1


@dataclass
class Exploration(Result):
    """A `Result`, the cluster that was searched, what is suspicious about its nodes, and why that was not asked in
    another process if it was not."""

    cluster: Cluster | None = None
    suspicions: tuple[str, ...] = ()
    unchecked: str = ""
    properties: tuple[Property, ...] = ()

    @property
    def handled(self) -> int:
        """How many handlers were run; everything else was looked up."""
        return self.cluster.handled if self.cluster else 0

    def trace(self, name: str = "") -> Trace:
        """The schedule that decides a property, with what all properties came to on it. Without a name: that of the
        first violated property. ValueError if there is no such schedule."""
        if not name:
            name = next((f.name for f in self.findings if f.status == VIOLATED and f.name in self.paths), "")
        if name not in self.paths:
            known = ", ".join(self.paths) or "none"
            what = f"no schedule decides {name!r}" if name else "no schedule violates a property"
            raise ValueError(f"{what}; properties with a schedule: {known}")
        chosen = next(f for f in self.findings if f.name == name)
        trace, finished = self.cluster.trace(self.paths[name], name), chosen.kind == EVENTUALLY
        if not self.cluster.prefix:
            return judge(trace, self.properties, finished)
        # As in the search: what held on the staged way has been held, everything else is asked from its end on.
        staged = self.cluster.trace([])
        held = [f for f in judge(staged, self.properties).findings if f.kind == EVENTUALLY and f.status == OK]
        return judge(trace, self.properties, finished, since=len(staged), before=held)

    def __str__(self) -> str:
        lines = [super().__str__(), *(f"  suspicious: {text}" for text in self.suspicions)]
        return "\n".join(lines + [f"  not tried in another process: {self.unchecked}"] * bool(self.unchecked))

    __repr__ = __str__


def explore(
    nodes: Mapping[str, Factory],
    properties: Iterable[Property] = (),
    *,
    losses: int = 0,
    duplicates: int = 0,
    crashes: int = 0,
    timers: int | None = None,
    empty_disks: int = 0,
    restarts: bool = True,
    crashable: Iterable[str] | None = None,
    network: str = UNORDERED,
    clients: Iterable[Client] = (),
    prefix: Sequence[Action] = (),
    symmetry: Iterable[Sequence[str]] = (),
    history: bool = False,
    score: Callable[[Snapshot], float] | None = None,
    walks: int = 0,
    steps_max: int = 200,
    seed: int = 1,
    depth_max: int | None = None,
    bounds: Bounds | None = None,
    stop_early: bool = True,
    audit: bool = True,
    steppers: Mapping[str, Stepper] | None = None,
) -> Exploration:
    """Try every order of events within the budgets, and see which properties hold.

    Breadth-first; with `score` (of a snapshot) the highest score first; with `walks` so many random ways of at most
    `steps_max` steps. `depth_max` (steps from the start) and `bounds` say where to give up. With `audit` the nodes are
    held to rule 4. For the rest see `Cluster` and `Budget`. "No handler fails" is a property of every exploration.
    A declared symmetry that turns out not to hold is named among the suspicions, and the search is made without it.
    """
    may_crash = None if crashable is None else frozenset(crashable)
    budget = Budget(losses, duplicates, crashes, timers, empty_disks, restarts, may_crash)
    limits = replace(bounds or Bounds(), **({} if depth_max is None else {"depth_max": depth_max}))
    every = (*properties, always(NO_FAILURE, lambda s: s.failure or True))
    hosts = {factory: Host(factory) for factory in nodes.values()}
    running = {name: (steppers or {}).get(name) or hosts[factory] for name, factory in nodes.items()}
    options = {"budget": budget, "network": network, "clients": clients, "prefix": prefix, "history": history}

    def run(groups: Iterable[Sequence[str]]) -> tuple[Cluster, Result]:
        cluster = Cluster(nodes, **options, symmetry=groups, steppers=running)
        if walks:
            ways = {"count": walks, "steps_max": steps_max, "seed": seed, "bounds": limits}
            return cluster, search.walks(cluster, every, stop_early=stop_early, **ways)
        if score is not None:
            return cluster, search.guided(cluster, score, every, limits, stop_early=stop_early)
        return cluster, search.breadth_first(cluster, every, limits, stop_early=stop_early)

    with Watchdog(lambda: next((host.running for host in hosts.values() if host.running is not None), None)):
        suspicions: list[str] = []
        try:
            cluster, result = run(symmetry)
        except BrokenSymmetry:
            suspicions.append("the declared symmetry does not hold: does a name occur inside of another text?")
            cluster, result = run(())
        found, unchecked = suspect(cluster) if audit else ([], "")
    made = {"cluster": cluster, "suspicions": (*suspicions, *found), "unchecked": unchecked, "properties": every}
    return Exploration(**vars(result), **made)
