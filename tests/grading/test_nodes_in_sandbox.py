"""A learner's nodes in the sandbox: the model checker and the world outside ask for their steps over the pipe."""

from __future__ import annotations

import linecache
import time
from collections.abc import Iterator
from typing import Any

import pytest

from autograder import confined
from autograder.judge import Cell, GuardedChannel, Limits, judge_cells
from faultlab.checks import core
from faultlab.checks.nodes import Remote, remote_factory
from faultlab.checks.subject import Subject, SubjectLost, named
from faultlab.sim import Client, Network, Node, Scenario, Uniform, World, always, crash, random_faults, restart, skew
from faultlab.sim.audit import HASH_SEEDS
from faultlab.sim.explore import explore
from faultlab.sim.search import Bounds

pytestmark = pytest.mark.sandbox

# Two can hold it: a node forgets in a crash that it has given its word.
LOCK = """from faultlab.sim import Node

class Lock(Node):
    def on_start(self, ctx):
        self.holds, self.said_yes, self.yes = False, None, set()
        if ctx.name != "C":
            ctx.set_timer("ask", 1)

    def on_timer(self, ctx, timer):
        if self.said_yes is None:
            self.said_yes, self.yes = ctx.name, {ctx.name}
            ctx.broadcast(("may I", ctx.name))

    def on_message(self, ctx, sender, message):
        if message[0] == "may I" and self.said_yes in (None, sender):
            self.said_yes = sender
            ctx.send(sender, ("yes",))
        if message[0] == "yes" and self.said_yes == ctx.name:
            self.yes = self.yes | {sender}
            self.holds = len(self.yes) >= 2

class Busy(Node):
    def __init__(self):
        self.log, self.seen = [], set()

    def on_start(self, ctx):
        self.boots = ctx.disk["boots"] = ctx.disk.get("boots", 0) + 1
        ctx.set_timer("tick", ctx.random.uniform(0.1, 0.5))

    def on_timer(self, ctx, timer):
        self.at_s = ctx.now_s
        ctx.broadcast({"n": len(self.log), "chance": ctx.random.random()})
        ctx.set_timer("tick", ctx.random.uniform(0.1, 0.5))

    def on_message(self, ctx, sender, message):
        self.log.append((sender, message["n"]))
        self.seen.add((sender, message["n"], "text"))
        if len(self.log) == 15:
            raise KeyError("fifteen is too much")

    def on_request(self, ctx, request, call):
        ctx.note("asked")
        ctx.reply(request, sorted(self.seen)[-3:])
"""
ONE_HOLDER = always("one holder", lambda s: sum(n.get("holds") is True for n in s.up) <= 1)


def classes_of(source: str, name: str) -> dict[str, Any]:
    """What the cell defines, in this process, under the name that its frames have in the sandbox."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {"__name__": "a_cell"}
    exec(compile(source, name, "exec"), names)
    return names


HERE = classes_of(LOCK, "<cell cell-1>")


@pytest.fixture(scope="module")
def worker() -> Iterator[confined.ConfinedWorker]:
    process = confined.starter()()
    assert process.run_cell(LOCK, 20.0).error == ""
    yield process
    process.close()


@pytest.fixture
def subject(worker: confined.ConfinedWorker) -> Subject:
    subject = Subject(GuardedChannel(worker, time.monotonic() + 60, 100_000))
    subject.forget()
    return subject


@pytest.mark.parametrize("how", [{}, {"network": "fifo", "losses": 1}, {"walks": 200}])
def test_the_same_counterexample_is_found_in_the_sandbox_and_here(subject: Subject, how: dict[str, Any]) -> None:
    nodes = dict.fromkeys("ABC", HERE["Lock"])
    here = explore(nodes, [ONE_HOLDER], timers=3, crashes=1, audit=False, **how)
    steppers = dict.fromkeys("ABC", Remote(subject, named("Lock")))
    there = explore(dict.fromkeys("ABC", Node), [ONE_HOLDER], timers=3, crashes=1, steppers=steppers, **how)
    assert not here.ok and here.paths == there.paths and here.states == there.states
    assert here.trace() == there.trace() and there.suspicions == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_gives_the_same_trace_in_the_sandbox_and_here(subject: Subject, seed: int) -> None:
    faults = [crash("B", at_s=2.0), restart("B", at_s=3.0), skew("A", at_s=1.0, by_s=0.5, rate=1.1)]
    scenario = Scenario(
        6.0,
        seed=seed,
        network=Network(latency=Uniform(0.01, 0.3), loss=0.1, duplicate=0.1),
        faults=[*faults, *random_faults(seed, "ABC", 6.0, pauses=1, disk_lost=0.5)],
        clients=[Client("ann", [("read",)] * 9, to="A B", pause_s=0.5)],
    )
    here = World(dict.fromkeys("ABC", HERE["Busy"]), scenario).run().trace()
    there = World(dict.fromkeys("ABC", remote_factory(subject, named("Busy"))), scenario).run().trace()
    assert here.of("reply") and here.of("note")
    assert 'raise KeyError("fifteen is too much")' in next(iter(here.tracebacks.values()))
    assert there == here


def test_the_laboratory_is_the_real_one_in_the_sandbox_and_the_models_are_absent() -> None:
    source = f"""
{LOCK}
from faultlab import sim
from faultlab.sim import simulate, partition, crash
from faultlab.sim.explore import explore
import faultlab.widgets
trace = simulate(dict.fromkeys("ABC", Busy), 2, faults=[partition("A | B C", at_s=1)])
print(len(trace.of("lose")) > 0, explore(dict.fromkeys("ABC", Lock), timers=1).exhausted, sim.Node is Node)
print(faultlab.widgets.anything)
"""
    worker = confined.starter()()
    try:
        run = worker.run_cell(source, 30.0)
        assert run.error == ""
        assert run.outputs[0]["text"] == "True True True\n(not shown while grading)\n"
        for name in ("models", "models.breaker"):
            assert "not available while grading" in worker.run_cell(f"import faultlab.{name}", 5.0).error
    finally:
        worker.close()


# Hostile classes


def judged(trial: core.Trial, schedule: core.Schedule) -> None:
    nodes = dict.fromkeys("AB", trial.objects[0])
    found = trial.explore(nodes, timers=2, bounds=Bounds(seconds_max=10))
    trial.expect(found.ok, str(found))
    trial.expect(not found.suspicions, "; ".join(found.suspicions))
    trace = trial.world(nodes, Scenario(3.0)).run().trace()
    trial.expect(not trace.of("error"), "; ".join(str(event.detail) for event in trace.of("error")))
    trial.expect(len(trace.of("deliver")) == 1, "one message arrives")


CHECK = core.Check("sandboxed.nodes", "one message arrives", judged, [["run"]])
TEST = 'check("sandboxed.nodes", Mine)'
CALM = """
import os, faultlab.checks.servant, faultlab.sim.host
from faultlab.sim import Node

class Evil:
    def __eq__(self, other): return True
    def __len__(self): return 10**30
    def __iter__(self): return self
    def __next__(self): return 1
    def __hash__(self): return 1
    def __repr__(self): raise ValueError

class Mine(Node):
    shared = []
    def on_start(self, ctx):
        self.n = 0
        if ctx.name == "A":
            ctx.set_timer("t", 1)
    def on_timer(self, ctx, timer):
        ctx.send("B", ("hello",))
    def on_message(self, ctx, sender, message):
        self.n += 1
        {line}

{after}
"""
RIGHT, WRONG = core.RIGHT, core.WRONG
HANDLERS = [
    ("pass", RIGHT, ""),
    ("for _ in range(20_000): print('x' * 100)", RIGHT, ""),
    ("self.n = Evil()", WRONG, "B keeps something in self.n that it must not: Evil is not plain data"),
    ("self.n = {Evil(): [Evil()]}", WRONG, "Evil is not plain data"),
    ("self.n = 'x' * 10**7", WRONG, "too large to be looked at"),
    ("self.n = list(range(10**6))", WRONG, "too large to be looked at"),
    ("self.n = 10**5000", WRONG, "more than a thousand digits"),
    ("self.n = float('nan')", WRONG, "NaN is not plain data"),
    ("self.n = []\n        for _ in range(999): self.n = [self.n]", WRONG, "deep"),
    ("self.n = []; self.n.append(self.n)", WRONG, "does it contain itself"),
    ("while True: pass", WRONG, "did not return and was cut off"),
    ("raise SystemExit(3)", WRONG, "SystemExit in on_message"),
    ("raise type('Mine', (BaseException,), {'__str__': lambda self: 1 / 0})", WRONG, "Mine in on_message"),
    ("ctx.effects.append(('send', 'Z', 1))", WRONG, "('send', 'Z', 1) is no effect"),
    ("ctx.effects = Evil()", WRONG, "Evil is not plain data"),
    ("self.shared.append(1); self.n = len(self.shared)", WRONG, "gives another outcome each time"),
    ("import random; self.n = random.random()", WRONG, "gives another outcome each time"),
    ("os._exit(3)", WRONG, "ended its process"),
    ("ctx.now_s", WRONG, "there is no time here"),
]
PATCHES = [
    ("Mine = 5", WRONG, "'int' object is not callable"),
    ("Mine = Evil", WRONG, "Evil"),
    ("faultlab.sim.host.Host.step = lambda self, step: Evil()", WRONG, "Evil is not plain data"),
    ("faultlab.sim.host.Host.step = lambda self, step: {'fields': {}}", WRONG, "no answer"),
    ("faultlab.sim.host.Host = Evil", WRONG, "TypeError"),
    ("faultlab.checks.servant.Servant._steps = lambda *a: ['f', 'inf']", WRONG, "no answer"),
    ("faultlab.checks.servant.Servant._steps = lambda *a: {'$ref': 7}", WRONG, "no answer"),
    ("faultlab.checks.servant.Servant._steps = lambda *a: [[0] * 10**6]", WRONG, "no answer"),
    ("faultlab.checks.servant.pack = lambda value, room: ['d', 'fields', ['s', *range(10**5)]]", WRONG, "no answer"),
]


@pytest.fixture(scope="module")
def start() -> Any:
    return confined.starter()


def verdict_on(cells: list[str], start: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> core.Verdict:
    monkeypatch.setitem(core._registry, CHECK.name, CHECK)
    limits = Limits(answer_s=3.0, check_s=30.0)
    return judge_cells([*map(Cell, cells), Cell(TEST, "t")], start, limits=limits, **options).verdicts["t"]


@pytest.mark.parametrize(("line", "status", "said"), HANDLERS)
def test_whatever_a_handler_does_the_verdict_is_clear(
    line: str, status: str, said: str, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = verdict_on([CALM.replace("{line}", line).replace("{after}", "")], start, monkeypatch)
    assert (verdict.status, verdict.message if said not in verdict.message else said) == (status, said)


@pytest.mark.parametrize(("patch", "status", "said"), PATCHES)
def test_whatever_is_done_to_the_servant_the_verdict_is_clear(
    patch: str, status: str, said: str, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = verdict_on([CALM.replace("{line}", "pass").replace("{after}", patch)], start, monkeypatch)
    assert (verdict.status, verdict.message if said not in verdict.message else said) == (status, said)


def test_the_order_of_a_set_must_not_matter(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = CALM.replace("{after}", "")
    unsorted = mine.replace("{line}", "self.n = list({'alpha', 'beta', 'gamma', 'delta'})")
    assert verdict_on([unsorted], start, monkeypatch).status == core.RIGHT
    verdict = verdict_on([unsorted], start, monkeypatch, hash_seeds=HASH_SEEDS)
    assert verdict.status == core.WRONG and "gives another outcome in another process" in verdict.message
    in_order = mine.replace("{line}", "self.n = sorted({'alpha', 'beta', 'gamma', 'delta'})")
    # The class is written anew in a later cell: the other processes must follow.
    assert verdict_on([unsorted, in_order], start, monkeypatch, hash_seeds=HASH_SEEDS).status == core.RIGHT


def test_a_loop_that_swallows_every_exception_loses_its_process_and_nothing_else(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "\n        while True:\n            try: sum(range(1000))\n            except BaseException: pass"
    verdict = verdict_on([CALM.replace("{line}", line).replace("{after}", "")], start, monkeypatch)
    assert verdict.lost and verdict.status == core.WRONG and "did not return within" in verdict.message


def test_a_flood_of_state_ends_the_trial(worker: confined.ConfinedWorker) -> None:
    channel = GuardedChannel(worker, time.monotonic() + 60, 100_000, bytes_max=5_000)
    steppers = dict.fromkeys("ABC", Remote(Subject(channel), named("Lock")))
    with pytest.raises(SubjectLost):
        explore(dict.fromkeys("ABC", Node), crashes=3, steppers=steppers)
