"""A world: nodes, a network, clients and a schedule of faults, run in virtual time from one seed.

    trace = simulate({"A": Ping, "B": Pong}, until_s=2, faults=[crash("B", at_s=1)])

1. The run is one loop over a heap of (moment, serial number, what to do). The serial number breaks ties, so the same
   inputs give the same events on every machine.
2. Chance is dealt from a stream for each node, and for each link from one for latencies, one for losses, one for
   duplicates. A message takes one number from each, whether it needs it or not: a fault added here does not change the
   weather there.
3. A handler's effects are carried out after it has returned. If it raises, they are dropped, the node has crashed, and
   the traceback is an event of the trace. The world goes on.
4. A message is lost if its link is cut when it leaves or when it arrives, if the receiver is down when it arrives, or
   by chance. Lost messages are events too.
5. A paused node handles nothing; what reaches it meanwhile waits in order. A crashed one loses even that.
6. A client's call begins when it is made and ends when the answer is there; client and node sit side by side, so no
   time passes on the way.

Left out: the time that a handler takes (it is zero), bandwidth, and messages that are damaged on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random
from types import MethodType
from typing import Any

from faultlab.sim import faults as fault
from faultlab.sim.faults import Fault, Schedule
from faultlab.sim.host import FAILURES, Abort, Elsewhere, Step, failure, made_by
from faultlab.sim.latency import Constant
from faultlab.sim.limit import Watchdog
from faultlab.sim.node import CANCEL, NOTE, REFUSE, SEND, TIMER, Context, Factory, Node, demand_end
from faultlab.sim.plain import ATOMS, Plain, plain
from faultlab.sim.properties import Property, judge
from faultlab.sim.scenario import Client, Link, Network, Scenario
from faultlab.sim.streams import stream, stream_text
from faultlab.sim.trace import GONE, Row, Trace

UP, DOWN, PAUSED = 0, 1, 2
# Serial numbers of scheduled faults, a range of their own: one fault more does not renumber what follows it.
FAULT_SERIALS = range(1_000, 1_000_000)
_runs = count()


class WorldContext(Context):
    """A context with a clock, which may be wrong, and with the node's own stream."""

    __slots__ = ("_base_s", "_since_s", "_world", "rate")

    def __init__(self, world: World, name: str, names: tuple[str, ...]) -> None:
        super().__init__(name, names)
        self._world = world
        self._since_s, self._base_s, self.rate = 0.0, 0.0, 1.0

    @property
    def now_s(self) -> float:
        return self._base_s + (self._world.now_s - self._since_s) * self.rate

    def set_clock(self, by_s: float, rate: float) -> None:
        """Let the clock jump and change its speed."""
        self._base_s, self._since_s, self.rate = self.now_s + by_s, self._world.now_s, rate

    def copy_to(self, twin: WorldContext) -> None:
        """Give another world's context the same disk, clock and chance."""
        twin._disk = plain(self._disk)
        twin._since_s, twin._base_s, twin.rate = self._since_s, self._base_s, self.rate
        if self._stream is not None:
            twin.random.setstate(self._stream.getstate())

    def step(self, fields: Mapping[str, Plain], event: tuple[Plain, ...]) -> Step:
        """What happens now to a node that keeps `fields`, as a step for a `Host`, which may be in another process."""
        return {
            "name": self.name,
            "names": [self.name, *self.peers],
            "fields": fields,
            "disk": self._disk,
            "event": event,
            "now_s": self.now_s,
            "stream": (self._world.run_number, stream_text(self._world.scenario.seed, "node", self.name)),
        }

    def _new_stream(self) -> Random:
        return stream(self._world.scenario.seed, "node", self.name)


class _Slot:
    """A node in the world: the object that runs now, its timers, and what of its state the trace has seen."""

    __slots__ = ("ctx", "factory", "held", "links", "name", "node", "shown", "shown_disk", "status", "timers", "watch")

    def __init__(self, world: World, name: str, names: tuple[str, ...], factory: Factory) -> None:
        self.name, self.factory = name, factory
        self.ctx = WorldContext(world, name, names)
        self.node: Node = Node()
        self.watch = True
        self.status = DOWN
        self.timers: dict[str, int] = {}
        self.held: list[tuple[Any, ...]] = []
        self.links: dict[str, _Wire] = {}
        self.shown: dict[str, Plain] = {}
        self.shown_disk: dict[str, Plain] = {}

    def copy_to(self, twin: _Slot) -> None:
        """Bring another world's slot into the state of this one, sharing nothing that changes."""
        if not self.watch:  # also of one that is down
            raise ValueError(f"{self.name} is run elsewhere, where its random numbers are: this world cannot be copied")
        twin.status, twin.timers = self.status, dict(self.timers)
        twin.node = object.__new__(type(self.node))
        vars(twin.node).update(plain(vars(self.node)))
        twin.shown, twin.shown_disk = dict(self.shown), dict(self.shown_disk)
        self.ctx.copy_to(twin.ctx)
        for name, wire in self.links.items():
            wire.copy_to(twin.links[name])


class _Wire:
    """One direction of a link. `edits` holds the fates of messages that were not sent yet, by their number on it."""

    __slots__ = ("adventurous", "count", "edits", "fixed_s", "last_s", "latencies", "link", "losses")
    __slots__ += ("source", "target", "twice")

    def __init__(self, scenario: Scenario, source: str, target: _Slot, weather: bool) -> None:
        link = scenario.network.link(source, target.name)
        if source == target.name:
            link, weather = Link(Constant(0.0), fifo=True), False
        self.source, self.target, self.link = source, target, link
        self.fixed_s = link.latency.latency_s if isinstance(link.latency, Constant) else None
        names = (scenario.seed, "link", source, target.name)
        self.latencies = stream(*names, "latency") if self.fixed_s is None else None
        self.losses = stream(*names, "loss") if link.loss or weather else None
        self.twice = stream(*names, "duplicate") if link.duplicate else None
        self.count = 0
        self.last_s = 0.0
        self.edits: dict[int, list[Fault]] = {}
        # Only then more can befall a message than to arrive when it is due.
        self.adventurous = bool(link.fifo or link.duplicate or link.loss or weather)

    def copy_to(self, twin: _Wire) -> None:
        twin.count, twin.last_s, twin.adventurous = self.count, self.last_s, self.adventurous
        twin.edits = {number: list(edits) for number, edits in self.edits.items()}
        for name in ("latencies", "losses", "twice"):
            mine, other = getattr(self, name), getattr(twin, name)
            if mine is not None and other is not None:
                other.setstate(mine.getstate())


@dataclass
class _Desk:
    """A client at work: which call it is at, the request it waits for ("" for none), and which node it asks."""

    client: Client
    position: int = -1
    request: str = ""
    attempt: int = 0
    turn: int = 0


class World:
    """A run in the making. `nodes` maps names to classes (or functions that make a node).

    `run()` runs to the end of the scenario, or to a moment; `trace()` is what has happened so far. Without `record`
    nothing is kept, which is several times as fast, and states are not held to be plain data.
    """

    def __init__(self, nodes: Mapping[str, Factory], scenario: Scenario | None = None, *, record: bool = True) -> None:
        self.scenario = scenario or Scenario()
        self.names = tuple(nodes)
        self.scenario.check(self.names)
        self.now_s = 0.0
        self.handled = 0
        self.run_number = next(_runs)
        self._inside = False
        self._rows: list[Row] | None = [] if record else None
        self._changes: dict[int, dict[str, Plain]] = {}
        self._timers_set: dict[int, dict[str, float | None]] = {}
        self._tracebacks: dict[int, str] = {}
        self._event = -1
        self._heap: list[tuple[Any, ...]] = []
        self._serial = 0
        self._messages = 0
        self._cuts: set[tuple[str, str]] = set()
        self._loss: float | None = None
        self._ended = ""
        self._slots = {name: _Slot(self, name, self.names, factory) for name, factory in nodes.items()}
        weather = any(f.kind == fault.LOSS for f in self.scenario.faults)
        for slot in self._slots.values():
            slot.links = {t.name: _Wire(self.scenario, slot.name, t, weather) for t in self._slots.values()}
        self._desks = {c.name: _Desk(c) for c in self.scenario.clients}
        for slot in self._slots.values():
            self._at(0.0, self._start, slot, "first")
        # Faults before everything else of their moment: what goes wrong has gone wrong for whoever asks just then.
        self._plan(self.scenario.faults)
        self._serial = FAULT_SERIALS.stop
        for desk in self._desks.values():
            self._at(desk.client.start_s, self._next_call, desk)

    # The loop

    def _at(self, at_s: float, act: Callable[..., None], *args: Any) -> None:
        self._serial += 1
        heappush(self._heap, (at_s, self._serial, act, *args))

    def run(self, until_s: float | None = None) -> World:
        """Run to the end of the scenario, or on to `until_s` seconds; the answer is the world itself."""
        end_s = self.scenario.until_s if until_s is None else until_s
        heap, limit = self._heap, self.scenario.events_max
        with Watchdog(lambda: self.handled if self._inside else None):
            while heap and heap[0][0] <= end_s:
                self.now_s, _serial, act, *args = heappop(heap)
                act(*args)
                if self.handled >= limit:
                    self._stop(f"stopped after {limit} handlers, at {self.now_s:g} s")
        if not self._ended:
            self.now_s = max(self.now_s, end_s)
        return self

    def _stop(self, why: str) -> None:
        self._ended = why
        self._heap.clear()
        self._log("end", "", detail=why)

    @property
    def events(self) -> int:
        """How many events are on record."""
        return len(self._rows or ())

    def trace(self, title: str = "") -> Trace:
        """What has happened so far; ValueError if the world does not record."""
        if self._rows is None:
            raise ValueError("this world keeps no record: make it with record=True")
        return Trace(
            nodes=self.names,
            rows=tuple(self._rows),
            changes=dict(self._changes),
            timers=dict(self._timers_set),
            tracebacks=dict(self._tracebacks),
            end_s=self.now_s,
            title=title,
            clients=tuple(self._desks),
            scenario=self.scenario.to_json(),
        )

    def copy(self, scenario: Scenario | None = None) -> World:
        """A world in the same state that goes its own way from here, with the faults of `scenario` still to come.

        Up to now both scenarios must have been the same: only faults after `now_s` may differ.
        """
        factories = {name: slot.factory for name, slot in self._slots.items()}
        twin = World(factories, scenario or self.scenario, record=False)
        for name in ("now_s", "handled", "_serial", "_messages", "_loss", "_ended"):
            setattr(twin, name, getattr(self, name))
        twin._cuts = set(self._cuts)
        twin._rows = None if self._rows is None else self._rows[:]
        twin._changes, twin._timers_set = dict(self._changes), dict(self._timers_set)
        twin._tracebacks = dict(self._tracebacks)
        twin._desks = {name: replace(desk) for name, desk in self._desks.items()}
        for name, slot in self._slots.items():
            slot.copy_to(twin._slots[name])

        def moved(entry: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple([twin._own(item) for item in entry])

        for name, slot in self._slots.items():
            twin._slots[name].held = [moved(entry) for entry in slot.held]
        waiting = [moved(entry) for entry in self._heap if entry[1] not in FAULT_SERIALS]
        twin._heap = []
        twin._plan(twin.scenario.faults, after_s=self.now_s)
        twin._heap += waiting
        heapify(twin._heap)
        return twin

    def _own(self, item: Any) -> Any:
        """What stands in this world for a part of the world of which it is a copy."""
        if isinstance(item, _Slot):
            return self._slots[item.name]
        if isinstance(item, _Wire):
            return self._slots[item.source].links[item.target.name]
        if isinstance(item, _Desk):
            return self._desks[item.client.name]
        return getattr(self, item.__name__) if isinstance(item, MethodType) else item

    def _plan(self, faults: Iterable[Fault], after_s: float = -1.0) -> None:
        """Schedule what is to go wrong later than `after_s`; the place in the schedule is part of the serial number."""
        for serial, item in zip(FAULT_SERIALS, faults, strict=False):
            if item.at_s > after_s:
                heappush(self._heap, (item.at_s, serial, self._strike, item))

    def _log(self, kind: str, node: str, other: str = "", number: int = -1, detail: Plain = None) -> None:
        if self._rows is not None:
            self._rows.append((self.now_s, kind, node, other, number, detail))

    # Nodes

    def _start(self, slot: _Slot, how: str) -> None:
        slot.status = UP
        self._log("start", slot.name, detail=how)
        if how == "without its disk":
            slot.ctx._disk, slot.ctx.draft = {}, {}
        try:
            self._inside = True
            slot.node = made_by(slot.factory)
            self._inside = False
        except Abort:
            raise
        except FAILURES as error:
            self._fail(slot, error, "__init__")
            return
        slot.watch = not isinstance(slot.node, Elsewhere)
        self._handle(slot, slot.node.on_start)

    def _handle(self, slot: _Slot, handler: Callable[..., Any], *args: Any) -> None:
        """Run one handler to its end, then do what it wanted."""
        self.handled += 1
        ctx = slot.ctx
        disk_before = ctx._disk
        try:
            self._inside = slot.watch
            returned = handler(ctx, *args)
            self._inside = False
            if returned is not None:
                demand_end(returned)
            disk = ctx.commit() if ctx.draft is not None else None
            if self._rows is not None:
                self._show_state(slot, disk)
        except Abort:
            raise
        except FAILURES as error:
            ctx._disk = disk_before
            self._fail(slot, error, getattr(handler, "__name__", "a handler"))
            return
        effects = ctx.effects
        if effects:
            ctx.effects = []
            for effect in effects:
                if effect[0] == SEND:
                    self._send(slot.links[effect[1]], effect[2])
                else:
                    self._carry_out(slot, *effect)

    def _show_state(self, slot: _Slot, disk: dict[str, Plain] | None) -> None:
        changed: dict[str, Plain] = {}
        _compare(slot.name, vars(slot.node), slot.shown, changed, "")
        if disk is not None:
            _compare(slot.name, disk, slot.shown_disk, changed, "disk.")
        self._note_changes(changed)

    def _show_disk(self, slot: _Slot) -> None:
        changed: dict[str, Plain] = {}
        _compare(slot.name, slot.ctx._disk, slot.shown_disk, changed, "disk.")
        self._note_changes(changed)

    def _note_changes(self, changed: dict[str, Plain]) -> None:
        """Changes and timers belong to the event to which the handler answers, not to what it sent. What stands there
        is replaced, never changed: copies of this world share it."""
        self._event = len(self._rows) - 1  # type: ignore[arg-type]
        if changed:
            # Requests that waited for a node to be resumed have one event, and may each change something.
            self._changes[self._event] = {**self._changes.get(self._event, {}), **changed}

    def _carry_out(self, slot: _Slot, kind: str, name: str, value: Plain = None) -> None:
        """Every effect but the sending of a message."""
        if kind == TIMER:
            due_s = self.now_s + value / slot.ctx.rate
            self._at(due_s, self._fire, slot, name, self._serial + 1)
            slot.timers[name] = self._serial
            self._show_timer(name, due_s)
        elif kind == CANCEL:
            if slot.timers.pop(name, None) is not None:
                self._show_timer(name, None)
        elif kind == NOTE:
            self._log("note", slot.name, detail=name)
        else:
            self._answer(slot, kind, name, value)

    def _show_timer(self, name: str, due_s: float | None) -> None:
        if self._rows is not None:
            self._timers_set[self._event] = {**self._timers_set.get(self._event, {}), name: due_s}

    def _fire(self, slot: _Slot, timer: str, serial: int) -> None:
        if slot.timers.get(timer) != serial:
            return  # cancelled, set anew, or lost in a crash
        if slot.status == PAUSED:
            slot.held.append((self._fire, slot, timer, serial))
            return
        del slot.timers[timer]
        self._log("timer", slot.name, detail=timer)
        self._handle(slot, slot.node.on_timer, timer)

    def _fail(self, slot: _Slot, error: BaseException, handler: str) -> None:
        """Rule 3: the node has crashed; what its handler wanted is dropped."""
        self._inside = False
        slot.ctx.abandon()
        if self._rows is not None:
            # A disk that was lost is lost, even if the start that was to find it empty has failed.
            self._show_disk(slot)
        outcome = failure(handler, error)
        self._log("error", slot.name, detail=outcome["error"])
        self._tracebacks[self.events - 1] = outcome["traceback"]
        self._crash(slot, "error")

    def _crash(self, slot: _Slot, why: str) -> None:
        if slot.status == DOWN:
            return
        slot.status, slot.node, slot.shown = DOWN, Node(), {}
        slot.timers.clear()
        self._log("crash", slot.name, detail=why)
        held, slot.held = slot.held, []
        for act, *args in held:
            if act == self._deliver:
                self._lose(*args[:2], f"{slot.name} crashed")

    # Messages

    def _send(self, wire: _Wire, message: Plain) -> None:
        number = self._messages
        self._messages = number + 1
        wire.count += 1
        now_s = self.now_s
        if self._rows is not None:
            self._rows.append((now_s, "send", wire.source, wire.target.name, number, message))
        latency_s = wire.fixed_s
        if latency_s is None:
            latency_s = wire.link.latency.draw(wire.latencies)  # type: ignore[arg-type]
        due_s = now_s + latency_s
        if wire.adventurous or self._cuts:
            self._send_with_care(wire, number, message, due_s)
            return
        self._serial += 1
        heappush(self._heap, (due_s, self._serial, self._deliver, wire, number, message, wire.count))

    def _send_with_care(self, wire: _Wire, number: int, message: Plain, due_s: float) -> None:
        """All that can befall a message on its way."""
        edits = wire.edits.pop(wire.count, ())
        fates = {f.kind for f in edits}
        due_s += sum(f.by_s for f in edits if f.kind == fault.DELAY)
        lost = wire.losses is not None and wire.losses.random() < (
            wire.link.loss if self._loss is None else self._loss
        )
        if wire.link.fifo:
            due_s = wire.last_s = max(due_s, wire.last_s)
        if fault.DROP in fates:
            # Not at once: the handler that sent it may have more to do, and that belongs to its own events.
            self._at(self.now_s, self._lose, wire, number, "dropped by hand")
        elif lost or (wire.source, wire.target.name) in self._cuts:
            # It dies half way, so that a picture has a line to put the cross on.
            why = "lost by chance" if lost else "the link is cut"
            self._at((self.now_s + due_s) / 2, self._lose, wire, number, why)
        else:
            self._at(due_s, self._deliver, wire, number, message, wire.count)
        doubled = wire.twice is not None and wire.twice.random() < wire.link.duplicate
        if doubled or fault.DUPLICATE in fates:
            self._double(wire, number, message, wire.count)

    def _double(self, wire: _Wire, original: int, message: Plain, position: int) -> None:
        number = self._messages
        self._messages = number + 1
        self._log("duplicate", wire.source, wire.target.name, number, original)
        names = (self.scenario.seed, "link", wire.source, wire.target.name, "copy", position)
        due_s = self.now_s + wire.link.latency.draw(stream(*names))
        if wire.link.fifo:
            due_s = wire.last_s = max(due_s, wire.last_s)
        self._at(due_s, self._deliver, wire, number, message, 0)

    def _deliver(self, wire: _Wire, number: int, message: Plain, position: int, waited: bool = False) -> None:
        """A message is at its receiver; if it has `waited` there, it has come over the link already."""
        slot = wire.target
        if (slot.status or self._cuts) and not waited:
            if slot.status == DOWN or (wire.source, slot.name) in self._cuts:
                self._lose(wire, number, f"{slot.name} is down" if slot.status == DOWN else "the link is cut")
                return
            if slot.status == PAUSED:
                slot.held.append((self._deliver, wire, number, message, position, True))
                return
        if self._rows is not None:
            self._rows.append((self.now_s, "deliver", slot.name, wire.source, number, None))
        self._handle(slot, slot.node.on_message, wire.source, message if type(message) in ATOMS else plain(message))

    def _lose(self, wire: _Wire, number: int, why: str) -> None:
        self._log("lose", wire.target.name, wire.source, number, why)

    # Faults

    def _strike(self, item: Fault) -> None:
        kind = item.kind
        if kind in fault.OF_NODES:
            self._strike_node(item, self._slots[item.node])
        elif kind in fault.OF_MESSAGES:
            self._strike_message(item, self._slots[item.node].links[item.other])
        elif kind == fault.LOSS:
            self._loss = item.rate
            self._log("loss", "", detail=item.rate)
        else:
            if kind == fault.CUT:
                self._cuts.add((item.node, item.other))
            else:
                self._cuts = across(item.groups)
            self._log("cut", "", detail=sorted(self._cuts))

    def _strike_node(self, item: Fault, slot: _Slot) -> None:
        match item.kind:
            case fault.CRASH:
                self._crash(slot, "fault")
            case fault.RESTART if slot.status == DOWN:
                self._start(slot, "again" if item.disk else "without its disk")
            case fault.PAUSE if slot.status == UP:
                slot.status = PAUSED
                self._log("pause", slot.name)
            case fault.RESUME if slot.status == PAUSED:
                slot.status = UP
                self._log("resume", slot.name)
                # Before anything else of this moment: what has waited came first. If one of them makes the node crash,
                # the others are gone.
                while slot.held:
                    act, *args = slot.held.pop(0)
                    act(*args)
            case fault.SKEW:
                slot.ctx.set_clock(item.by_s, item.rate)
                self._log("skew", slot.name, detail=(item.by_s, item.rate))

    def _strike_message(self, item: Fault, wire: _Wire) -> None:
        """The fate of one message: of one that is under way now, or when it is sent. What has arrived, has arrived."""
        if item.number > wire.count:
            wire.edits.setdefault(item.number, []).append(item)
            wire.adventurous = True
            return
        queue = self._under_way(wire)
        first = next((i for i, (_due_s, args, _place, _entry) in enumerate(queue) if args[2] == item.number), None)
        if first is None:
            return
        due_s, args, _place, _entry = queue[first]
        if item.kind == fault.DUPLICATE:
            self._double(wire, *args)
            return
        # On a link that keeps its order, what was sent later waits for a message that is delayed.
        behind = len(queue) if wire.link.fifo and item.kind == fault.DELAY else first + 1
        for _due_s, _args, place, entry in queue[first:behind]:
            place.remove(entry)
        heapify(self._heap)
        if item.kind == fault.DROP:
            self._lose(wire, args[0], "dropped by hand")
            return
        wire.last_s = max(wire.last_s, due_s + item.by_s)
        for was_due_s, args, _place, _entry in queue[first:behind]:
            self._at(max(was_due_s, due_s + item.by_s), self._deliver, wire, *args)

    def _under_way(self, wire: _Wire) -> list[tuple[float, tuple[int, Plain, int], list[Any], tuple[Any, ...]]]:
        """The messages on a link in the order in which they are due: (when, (number, message, position), where it is
        kept, the entry there). Those that wait at a paused node are due now."""
        held = [e for e in wire.target.held if e[0] == self._deliver and e[1] is wire]
        flying = sorted((e for e in self._heap if e[2] == self._deliver and e[3] is wire), key=lambda e: e[:2])
        waiting = [(self.now_s, e[2:5], wire.target.held, e) for e in held]
        return waiting + [(e[0], e[4:7], self._heap, e) for e in flying]

    # Clients

    def _next_call(self, desk: _Desk) -> None:
        desk.request = ""
        if desk.position + 1 < len(desk.client.calls):
            desk.position += 1
            desk.request = f"{desk.client.name}.{desk.position + 1}"
            self._ask(desk, desk.request)

    def _ask(self, desk: _Desk, request: str) -> None:
        if desk.request != request:
            return
        client = desk.client
        call = client.calls[desk.position]
        slot = self._slots[client.to[desk.turn % len(client.to)]]
        desk.attempt += 1
        self._log("request", slot.name, client.name, detail=(request, call))
        self._at(self.now_s + client.timeout_s, self._expire, desk, request, desk.attempt)
        self._hear(slot, request, call)

    def _hear(self, slot: _Slot, request: str, call: Plain) -> None:
        """A request reaches a node. One that is down does not answer: the client will notice by its own clock."""
        if slot.status == PAUSED:
            slot.held.append((self._hear, slot, request, call))
        elif slot.status == UP:
            self._handle(slot, slot.node.on_request, request, plain(call))

    def _answer(self, slot: _Slot, kind: str, request: str, result: Plain) -> None:
        desk = self._desks.get(request.rpartition(".")[0])
        if desk is None or desk.request != request:
            self._log("note", slot.name, detail=f"answers {request}, and nobody waits for it")
            return
        self._log(kind, slot.name, desk.client.name, detail=(request, result))
        desk.attempt += 1  # no clock of this attempt means anything any more
        if kind == REFUSE:
            desk.turn += 1
        if kind == REFUSE and desk.client.retry:
            self._at(self.now_s + desk.client.pause_s, self._ask, desk, request)
        else:
            self._go_on(desk)

    def _expire(self, desk: _Desk, request: str, attempt: int) -> None:
        if (desk.request, desk.attempt) != (request, attempt):
            return
        desk.turn += 1
        if desk.client.retry:
            self._ask(desk, request)
            return
        self._log("give up", "", desk.client.name, detail=(request, desk.client.calls[desk.position]))
        self._go_on(desk)

    def _go_on(self, desk: _Desk) -> None:
        desk.request = ""
        self._at(self.now_s + desk.client.pause_s, self._next_call, desk)


def across(groups: tuple[tuple[str, ...], ...]) -> set[tuple[str, str]]:
    """The links, as (source, target), that a partition into these groups cuts."""
    return {(a, b) for one in groups for other in groups if one is not other for a in one for b in other}


def _compare(
    owner: str, now: Mapping[str, Plain], shown: dict[str, Plain], changed: dict[str, Plain], prefix: str
) -> None:
    """Bring `shown` up to date with `now`, and put what differs into `changed`. TypeError for what is not plain."""
    for key, value in now.items():
        old = shown.get(key, GONE)
        if type(value) is type(old) and value == old and old is not GONE:
            continue
        try:
            copied = plain(value)
        except TypeError as error:
            where = f"self.{key}" if not prefix else f"ctx.disk[{key!r}]"
            raise TypeError(f"{owner} keeps something in {where} that it must not: {error}") from None
        shown[key] = changed[prefix + key] = copied
    if len(now) < len(shown):
        for key in [k for k in shown if k not in now]:
            del shown[key]
            changed[prefix + key] = GONE


def simulate(
    nodes: Mapping[str, Factory],
    until_s: float = 10.0,
    *,
    seed: int = 1,
    network: Network | None = None,
    faults: Schedule = (),
    clients: Iterable[Client] = (),
    properties: Iterable[Property] = (),
    events_max: int = 200_000,
    title: str = "",
) -> Trace:
    """Run `nodes` (names to classes) for `until_s` seconds of virtual time and return what happened.

    `faults` is a schedule (`sim/faults.py`), `clients` ask the nodes; the trace has in its `findings` what each of the
    `properties` came to. ValueError in one line for a scenario that speaks of a node which is not there. A run that
    does not end by itself ends after `events_max` handlers.
    """
    scenario = Scenario(until_s, seed=seed, network=network, faults=faults, clients=clients, events_max=events_max)
    trace = World(nodes, scenario).run().trace(title)
    watched = list(properties)
    return judge(trace, watched) if watched else trace
