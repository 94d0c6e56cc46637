"""Search: every state that a model can reach, within bounds, and the properties that fail on the way.

A model is a set of initial states and a function from a state to its successors. TLA+ specifications are of this form
(`models/commit.py` writes two of them down), and so are nodes with a network (`sim/explore.py`).

1. `breadth_first` visits states in the order of their distance from the start. The first violation that it meets is
   reached by a shortest schedule. A bound on the depth makes it depth-bounded.
2. `guided` visits the state with the highest score first. It finds deep violations fast, by no shortest way.
3. `walks` takes random ways through spaces that are too large for both.
4. What 2 and 3 find is shortened afterwards: actions are left out, one after another, as long as the property still
   fails on what is left.
5. A search that a bound has stopped says "not exhausted" and which bound it was. It never says "correct".
6. `always` and `sometimes` are decided by single states. `eventually` belongs to whole runs: its bit travels with the
   state, so a state that is reached with and without it counts twice. A run may end where no action that must happen
   is left: faults never must. Cycles are not taken for endless runs; there is no fairness here.

Source: the classic explicit-state search (Holzmann, "The SPIN Model Checker", 2003); the three kinds of properties are
those of stateright.
"""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from faultlab.sim.properties import ALWAYS, EVENTUALLY, OK, OPEN, SOMETIMES, VIOLATED, Property
from faultlab.sim.trace import Finding

State = Hashable
Action = Any
CHUNK = 256


class Model(Protocol):
    """What can be searched."""

    def initial(self) -> Iterable[State]:
        """The states in which a run may begin."""

    def passed(self) -> Iterable[State]:
        """The states on the way to the initial one, where a staged schedule has led to it; else none. Only what holds
        `eventually` may have held there: `always` and `sometimes` are asked from the initial state on."""

    def successors(self, state: State) -> Sequence[tuple[Action, State]]:
        """What can happen next, and where it leads; the order decides between schedules of equal length."""

    def snapshot(self, state: State) -> Any:
        """What a property is given to look at."""

    def canonical(self, state: State) -> State:
        """The one state that stands for all states that are the same up to symmetry."""

    def must(self, action: Action) -> bool:
        """Can a run not end as long as this action is possible? Faults need not happen, messages must arrive."""

    def prepare(self, states: Sequence[State]) -> None:
        """These are expanded next: a chance to ask another process for many steps at once."""


class BrokenSymmetry(ValueError):
    """The model declares a symmetry that it does not have."""


@dataclass(frozen=True)
class Bounds:
    """Where a search gives up: distinct states, steps from the start, real seconds, MiB of memory of the process."""

    states_max: int = 1_000_000
    depth_max: int | None = None
    seconds_max: float = 60.0
    memory_mib_max: float = 4096.0


@dataclass
class Result:
    """What a search came to. `generated` counts transitions, the initial states among them (as TLC does); `depth` is
    the number of states on the longest of the shortest ways (TLC's depth). `paths` maps the name of a decided property
    to the schedule that decides it: a counterexample, or for `sometimes` a witness."""

    states: int = 0
    generated: int = 0
    depth: int = 0
    exhausted: bool = False
    stopped: str = ""
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    paths: dict[str, list[Action]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing is violated, and nothing is left open."""
        return all(f.status == OK for f in self.findings)

    def __str__(self) -> str:
        how = "exhausted" if self.exhausted else f"not exhausted: {self.stopped}"
        lines = [f"{self.states:,} states, {self.generated:,} transitions, depth {self.depth}; {how}"]
        for f in self.findings:
            steps = f" ({len(self.paths[f.name])} steps)" if f.name in self.paths else ""
            lines.append(f"  {f.kind} {f.name}: {f.status}{steps}{': ' + f.because if f.because else ''}")
        return "\n".join(lines)

    __repr__ = __str__


class _Book:
    """What is known of the properties, and when to stop."""

    def __init__(self, model: Model, properties: Iterable[Property], bounds: Bounds, stop_early: bool) -> None:
        self.model, self.bounds, self.stop_early = model, bounds, stop_early
        self.properties = list(properties)
        self.single = [p for p in self.properties if p.kind != EVENTUALLY]
        self.eventually = [p for p in self.properties if p.kind == EVENTUALLY]
        self.decided: dict[str, tuple[str, str, Any]] = {}
        self.enough = False
        self.ended_runs = 0
        self.begun = time.monotonic()
        self._held: dict[State, int] = {}

    def look(self, state: State, node: Any) -> None:
        """Ask the properties of single states about one that was reached as `node`."""
        if not self.single:
            return
        snapshot = self.model.snapshot(state)
        for p in self.single:
            if p.name in self.decided:
                continue
            holds, sentence = p.look(snapshot)
            if holds == (p.kind == SOMETIMES):
                self._decide(p, OK if holds else VIOLATED, sentence, node)

    def _decide(self, p: Property, status: str, because: str, node: Any) -> None:
        self.decided[p.name] = (status, because, node)
        if (self.stop_early and status == VIOLATED) or len(self.decided) == len(self.properties):
            self.enough = True

    @property
    def answered(self) -> str:
        """Why `enough` was enough."""
        violated = any(status == VIOLATED for status, _because, _node in self.decided.values())
        return "a property is violated" if violated else "every property is decided"

    def held(self, state: State) -> int:
        """A bit for each `eventually` that holds in this state."""
        if state not in self._held:
            snapshot = self.model.snapshot(state)
            self._held[state] = sum(1 << i for i, p in enumerate(self.eventually) if p.look(snapshot)[0])
        return self._held[state]

    def end_of_run(self, bits: int, node: Any) -> None:
        """A run may end here."""
        self.ended_runs += 1
        for position, p in enumerate(self.eventually):
            if not bits >> position & 1 and p.name not in self.decided:
                self._decide(p, VIOLATED, "a run ends, and it has never held", node)

    def out_of_bounds(self, states: int) -> str:
        """Why the search must stop now, or ""."""
        if states > self.bounds.states_max:
            return f"more than {self.bounds.states_max:,} states"
        if time.monotonic() - self.begun > self.bounds.seconds_max:
            return f"{self.bounds.seconds_max:g} s were over"
        if memory_mib() > self.bounds.memory_mib_max:
            return f"more than {self.bounds.memory_mib_max:g} MiB of memory"
        return ""

    def close(self, result: Result, path_of: Callable[[Any], list[Action]]) -> Result:
        """Write down what the properties came to."""
        findings = []
        for p in self.properties:
            status, because, node = self.decided.get(p.name, (self._undecided(p, result.exhausted), "", None))
            if node is not None:
                result.paths[p.name] = path_of(node)
            findings.append(Finding(p.name, p.kind, status, because))
        result.findings = tuple(findings)
        result.seconds = time.monotonic() - self.begun
        return result

    def _undecided(self, p: Property, exhausted: bool) -> str:
        if not exhausted:
            return OPEN
        if p.kind == SOMETIMES:
            return VIOLATED
        return OK if p.kind == ALWAYS or self.ended_runs else OPEN


def memory_mib() -> float:
    """The memory of this process in MiB: what it uses now, or where the system tells only that, the most that it has
    used; 0 where it tells nothing."""
    try:
        import resource
    except ImportError:
        return 0.0
    try:
        with open("/proc/self/statm") as pages:
            return int(pages.read().split()[1]) * resource.getpagesize() / 2**20
    except (OSError, ValueError, IndexError):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


class _Graph:
    """The states met so far, each once (with its bits of `eventually`), and how each was reached first."""

    def __init__(self, model: Model, book: _Book) -> None:
        self._canonical, self._book = model.canonical, book
        self._known: set[Any] = set()
        self._with_bits = bool(book.eventually)
        self.states: list[State] = []
        self.bits: list[int] = []
        self.parents: list[int] = []
        self.actions: list[Action] = []

    def meet(self, state: State, bits: int, parent: int, action: Action) -> bool:
        """Note a state; True if it is new."""
        state = self._canonical(state)
        if self._with_bits:
            bits |= self._book.held(state)
        key = (state, bits) if self._with_bits else state
        if key in self._known:
            return False
        self._known.add(key)
        self.states.append(state)
        self.bits.append(bits)
        self.parents.append(parent)
        self.actions.append(action)
        self._book.look(state, len(self.states) - 1)
        return True

    def begin(self, model: Model) -> int:
        """Meet the initial states; the answer is how many there are. What held on the way to them has been held."""
        bits, count = 0, 0
        for state in model.passed() if self._with_bits else ():
            bits |= self._book.held(state)
        for state in model.initial():
            count += 1
            self.meet(state, bits, -1, None)
        return count

    def expand(self, model: Model, index: int) -> int:
        """Meet the successors of a state; the answer is how many there are."""
        state, bits, count, may_end = self.states[index], self.bits[index], 0, True
        for action, after in model.successors(state):
            count += 1
            if after != state:
                self.meet(after, bits, index, action)
                may_end = may_end and not model.must(action)
        if may_end:
            self._book.end_of_run(bits, index)
        return count

    def way(self, index: int) -> list[int]:
        """The states from the start to this one."""
        way = []
        while index >= 0:
            way.append(index)
            index = self.parents[index]
        return way[::-1]


def breadth_first(
    model: Model, properties: Iterable[Property] = (), bounds: Bounds | None = None, *, stop_early: bool = True
) -> Result:
    """Visit every state, the nearest first (rule 1).

    It stops at the first violation, unless `stop_early` is False, and when every property is decided. With
    `bounds.depth_max` it visits the states of so many steps and no more.
    """
    limits = bounds or Bounds()
    book = _Book(model, properties, limits, stop_early)
    graph, result = _Graph(model, book), Result(depth=1)
    result.generated += graph.begin(model)
    expanded, level_end = 0, len(graph.states)
    while expanded < len(graph.states) and not book.enough:
        if expanded == level_end:
            level_end = len(graph.states)
            result.depth += 1
        if limits.depth_max is not None and result.depth > limits.depth_max:
            result.stopped = f"only {limits.depth_max} steps from the start were looked at"
            break
        if stopped := book.out_of_bounds(len(graph.states)):
            result.stopped = stopped
            break
        upto = min(expanded + CHUNK, level_end)
        model.prepare(graph.states[expanded:upto])
        while expanded < upto and not book.enough:
            result.generated += graph.expand(model, expanded)
            expanded += 1
    return _finish(model, book, graph, result, expanded == len(graph.states))


def guided(
    model: Model,
    score: Callable[[Any], float],
    properties: Iterable[Property],
    bounds: Bounds | None = None,
    *,
    stop_early: bool = True,
) -> Result:
    """Visit the state first whose snapshot has the highest `score` (rule 2); among equals the one met first.

    `depth` counts the states on the longest way that was gone, and `bounds.depth_max` bounds it.
    """
    limits = bounds or Bounds()
    book = _Book(model, properties, limits, stop_early)
    graph, result = _Graph(model, book), Result()
    open_: list[tuple[float, int]] = []
    depths: list[int] = []

    def rank(first: int) -> None:
        for index in range(first, len(graph.states)):
            parent = graph.parents[index]
            depths.append(1 if parent < 0 else depths[parent] + 1)
            heapq.heappush(open_, (-score(model.snapshot(graph.states[index])), index))

    result.generated += graph.begin(model)
    rank(0)
    expanded, too_deep = 0, False
    while open_ and not book.enough:
        index = heapq.heappop(open_)[1]
        if limits.depth_max is not None and depths[index] > limits.depth_max:
            too_deep = True
            continue
        if expanded % CHUNK == 0 and (stopped := book.out_of_bounds(len(graph.states))):
            result.stopped = stopped
            break
        first = len(graph.states)
        result.generated += graph.expand(model, index)
        expanded += 1
        rank(first)
    result.depth = max(depths, default=0)
    if too_deep and not (book.enough or result.stopped):
        result.stopped = f"only {limits.depth_max} steps from the start were looked at"
    return _finish(model, book, graph, result, expanded == len(graph.states), shorten_paths=True)


def _finish(
    model: Model, book: _Book, graph: _Graph, result: Result, exhausted: bool, shorten_paths: bool = False
) -> Result:
    result.states = len(graph.states)
    result.exhausted = exhausted
    if not exhausted and not result.stopped:
        result.stopped = book.answered
    kinds = {p.name: p for p in book.properties}

    def path_of(index: int) -> list[Action]:
        return _concrete(model, [graph.states[i] for i in graph.way(index)])

    book.close(result, path_of)
    if shorten_paths:
        result.paths = {name: shorten(model, path, kinds[name]) for name, path in result.paths.items()}
    return result


def _concrete(model: Model, way: Sequence[State]) -> list[Action]:
    """The actions along a way of canonical states: under symmetry each step is taken where it is really possible."""
    state = next(s for s in model.initial() if model.canonical(s) == way[0])
    actions = []
    for wanted in way[1:]:
        steps = ((action, after) for action, after in model.successors(state) if model.canonical(after) == wanted)
        step = next(steps, None)
        if step is None:
            raise BrokenSymmetry("two states that the model calls the same have different successors")
        actions.append(step[0])
        state = step[1]
    return actions


def walks(
    model: Model,
    properties: Iterable[Property],
    *,
    count: int = 1000,
    steps_max: int = 200,
    seed: int = 1,
    seconds_max: float = 60.0,
    bounds: Bounds | None = None,
    stop_early: bool = True,
) -> Result:
    """Take `count` ways of at most `steps_max` random actions each (rule 3). Never exhausted.

    `bounds`, if given, takes the place of `seconds_max`, and its `depth_max` may make the ways shorter.
    """
    limits = bounds or Bounds(seconds_max=seconds_max)
    steps_max = steps_max if limits.depth_max is None else min(steps_max, limits.depth_max)
    book = _Book(model, properties, limits, stop_early)
    result = Result(stopped=f"{count:,} random walks of at most {steps_max} steps")
    seen: set[State] = set()
    starts, held_before = list(model.initial()), 0
    for state in model.passed() if book.eventually else ():
        held_before |= book.held(state)
    for number in range(count):
        draw = Random(f"{seed}/walk/{number}")
        state, path, bits = draw.choice(starts), [], held_before
        for _step in range(steps_max + 1):
            if state not in seen:
                seen.add(state)
                book.look(state, tuple(path))
            bits |= book.held(state) if book.eventually else 0
            moves = [(a, s) for a, s in model.successors(state) if s != state]
            if not any(model.must(a) for a, _s in moves):
                book.end_of_run(bits, tuple(path))
            if book.enough or not moves or len(path) == steps_max:
                break
            action, state = draw.choice(moves)
            path.append(action)
            result.generated += 1
        result.depth = max(result.depth, len(path) + 1)
        if book.enough:
            result.stopped = book.answered
            break
        if stopped := book.out_of_bounds(len(seen)):
            result.stopped = stopped
            break
    result.states = len(seen)
    kinds = {p.name: p for p in book.properties}
    book.close(result, list)
    result.paths = {name: shorten(model, path, kinds[name]) for name, path in result.paths.items()}
    return result


# Schedules


def play(model: Model, actions: Iterable[Action], strict: bool = True) -> list[State]:
    """The states along a schedule, the initial one first. An action that is not possible raises ValueError, or is left
    out if not `strict`."""
    states = [next(iter(model.initial()))]
    for action in actions:
        after = next((s for a, s in model.successors(states[-1]) if a == action), None)
        if after is not None:
            states.append(after)
        elif strict:
            raise ValueError(f"step {len(states)}: {action!r} is not possible here")
    return states


def possible(model: Model, actions: Iterable[Action]) -> list[Action]:
    """The actions of a schedule without those that are not possible when it is their turn."""
    state = next(iter(model.initial()))
    kept = []
    for action in actions:
        after = next((s for a, s in model.successors(state) if a == action), None)
        if after is not None:
            kept.append(action)
            state = after
    return kept


def shorten(model: Model, actions: Sequence[Action], p: Property, seconds_max: float = 10.0) -> list[Action]:
    """A shorter schedule that decides `p` in the same way: no single action of it can be left out (rule 4)."""
    until = time.monotonic() + seconds_max
    best = list(actions)
    size = max(1, len(best) // 2)
    while time.monotonic() < until:
        position, shorter = 0, False
        while position < len(best) and time.monotonic() < until:
            tried = possible(model, best[:position] + best[position + size :])
            if len(tried) < len(best) and _decides(model, tried, p):
                best, shorter = _up_to_the_decision(model, tried, p), True
            else:
                position += size
        if size == 1 and not shorter:
            break
        size = size if shorter else max(1, size // 2)
    return best


def _decides(model: Model, actions: Sequence[Action], p: Property) -> bool:
    states = play(model, actions)
    holds = [p.look(model.snapshot(state))[0] for state in states]
    if p.kind == EVENTUALLY:
        last = states[-1]
        over = not any(model.must(a) for a, after in model.successors(last) if after != last)
        return over and not any(holds)
    return not all(holds) if p.kind == ALWAYS else any(holds)


def _up_to_the_decision(model: Model, actions: list[Action], p: Property) -> list[Action]:
    """Nothing that happens after the violation belongs to it."""
    if p.kind == EVENTUALLY:
        return actions
    for length, state in enumerate(play(model, actions)):
        if p.look(model.snapshot(state))[0] == (p.kind == SOMETIMES):
            return actions[:length]
    return actions
