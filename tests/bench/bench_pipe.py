"""What the judge's pipe costs: one step of a node here, behind a queue, and in the sandbox, alone and in batches.

The same steps of the same class are run by a `Host` in this process, over the channel that a notebook's checks use, and
in a sandboxed worker. Then the model checker searches the same cluster, and worlds run the same seeds, with the class
here and with the class in the sandbox. Each number is the best of several runs: whatever else the machine does only
adds.

1. In batches of 256, as the model checker asks, a step over the pipe costs at most a third of a step that is asked for
   alone: the way there and back is paid for once. (Were it not so, batches would not be worth their code.)
2. Search and world come to the same here and there.

Run it by `make bench`. It exits with 1 when a statement does not hold.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from autograder import confined
from autograder.judge import GuardedChannel
from faultlab.checks.nodes import Remote, remote_factory
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.sim import Scenario, World
from faultlab.sim.explore import explore
from faultlab.sim.host import Host
from faultlab.sim.search import Bounds

RUNS, STEPS = 3, 512
CHEAPER_IN_BATCHES = 3.0

# Two-phase commit (Gray 1978), whose nodes have few states, so that most steps of a search are looked up; and a chat
# whose nodes remember everything in its order, so that many steps are new ones, which is bad for a pipe.
CELL = """from faultlab.sim import Node

class TwoPhase(Node):
    def on_start(self, ctx):
        self.state, self.votes, self.decision = "working", set(), ctx.disk.get("decision")
        if ctx.name == "C":
            ctx.set_timer("begin", 0.1)

    def on_timer(self, ctx, timer):
        if timer == "begin":
            ctx.broadcast(("prepare",))
            ctx.set_timer("give up", 1.0)
        elif self.decision is None:
            self.decide(ctx, "abort")

    def on_message(self, ctx, sender, message):
        if message[0] == "prepare" and self.state == "working":
            self.state = ctx.disk["state"] = "prepared"
            ctx.send(sender, ("yes",))
        elif message[0] == "yes":
            self.votes = self.votes | {sender}
            if len(self.votes) == len(ctx.peers) and self.decision is None:
                self.decide(ctx, "commit")
        elif message[0] in ("commit", "abort"):
            self.state = ctx.disk["state"] = message[0]

    def decide(self, ctx, decision):
        self.decision = ctx.disk["decision"] = decision
        ctx.broadcast((decision,))


class Chat(Node):
    def on_start(self, ctx):
        self.heard = []
        ctx.set_timer("say", 1)

    def on_timer(self, ctx, timer):
        ctx.broadcast(("hello", len(self.heard)))

    def on_message(self, ctx, sender, message):
        self.heard = [*self.heard, (sender, message)]
        if message[0] == "hello":
            ctx.send(sender, ("and to you", len(self.heard)))
"""
NAMES = ("C", "p", "q", "r")
STEP = {
    "name": "C",
    "names": list(NAMES),
    "fields": {"state": "working", "votes": {"p"}, "decision": None},
    "disk": {},
    "event": ("message", "q", ("yes",)),
}


def best_s(work: Callable[[], Any], runs: int = RUNS) -> float:
    """The shortest time of so many runs, in seconds."""
    times = []
    for _run in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def in_batches(stepper: Any, count: int, size: int) -> Callable[[], None]:
    """`count` steps, `size` of them at a time."""

    def work() -> None:
        for _batch in range(count // size):
            stepper.steps([STEP] * size)

    return work


def bench_steps(here: Any, local: Remote, remote: Remote) -> bool:
    """Statement 1."""
    rows = [
        ("host in this process", here, 1),
        ("queues, in this process", local, 1),
        ("sandbox", remote, 1),
        ("sandbox", remote, 64),
        ("sandbox", remote, 256),
    ]
    print(f"  {'one step of a node':26} {'at once':>7} {'us':>8} {'times':>7}")
    costs_us: dict[tuple[str, int], float] = {}
    for _run in range(3 * RUNS):
        # In turn, so that a busy moment of the machine is not one row's alone.
        for name, stepper, size in rows:
            cost_us = best_s(in_batches(stepper, STEPS, size), runs=1) / STEPS * 1e6
            costs_us[name, size] = min(cost_us, costs_us.get((name, size), cost_us))
    for (name, size), cost_us in costs_us.items():
        print(f"  {name:26} {size:7} {cost_us:8.1f} {cost_us / costs_us['host in this process', 1]:7.1f}")
    cheaper = costs_us["sandbox", 1] / costs_us["sandbox", 256]
    print(f"  in batches of 256 a step is {cheaper:.1f} times as cheap (at least {CHEAPER_IN_BATCHES:g} are demanded)")
    return cheaper >= CHEAPER_IN_BATCHES


def bench_search(cls: Any, remote: Remote, names: Sequence[str], **how: Any) -> bool:
    """Statement 2 for the model checker, without the audit."""
    found = {}

    def search(place: str, steppers: dict[str, Any]) -> Callable[[], None]:
        def work() -> None:
            found[place] = explore(dict.fromkeys(names, cls), audit=False, steppers=steppers, **how)

        return work

    times_s = {"here": best_s(search("here", {})), "sandbox": best_s(search("sandbox", dict.fromkeys(names, remote)))}
    print(f"  {'search of ' + cls.__name__:26} {'states':>7} {'handled':>8} {'s':>7} {'states/s':>9}")
    for place, result in found.items():
        row = f"  {place:26} {result.states:7,} {result.handled:8,} {times_s[place]:7.3f}"
        print(f"{row} {result.states / times_s[place]:9,.0f}")
    print(f"  over the pipe the search takes {times_s['sandbox'] / times_s['here']:.2f} times as long")
    here, there = found["here"], found["sandbox"]
    return (here.states, here.generated, here.paths) == (there.states, there.generated, there.paths)


def bench_world(cls: Any, remote_cls: Any) -> bool:
    """Statement 2 for a world."""
    traces = {}

    def run(place: str, factory: Any) -> Callable[[], None]:
        def work() -> None:
            for seed in range(20):
                traces[place, seed] = World(dict.fromkeys(NAMES, factory), Scenario(3.0, seed=seed)).run().trace()

        return work

    times_s = {"here": best_s(run("here", cls)), "sandbox": best_s(run("sandbox", remote_cls))}
    events = sum(len(trace) for (place, _seed), trace in traces.items() if place == "here")
    print(f"  {'20 worlds':26} {'events':>7} {'':8} {'s':>7} {'events/s':>9}")
    for place, time_s in times_s.items():
        print(f"  {place:26} {events:7,} {'':8} {time_s:7.3f} {events / time_s:9,.0f}")
    print(f"  over the pipe a world takes {times_s['sandbox'] / times_s['here']:.1f} times as long")
    return all(traces["here", seed] == traces["sandbox", seed] for seed in range(20))


def main() -> int:
    names: dict[str, Any] = {"__name__": "bench_pipe_cell"}
    exec(compile(CELL, "<cell cell-1>", "exec"), names)
    cls = names["TwoPhase"]
    worker = confined.starter()()
    try:
        if error := worker.run_cell(CELL, 30.0).error:
            print(f"  the cell does not run in the sandbox: {error}")
            return 1
        local = Remote(Subject(LocalChannel({"TwoPhase": cls})), named("TwoPhase"))
        subject = Subject(GuardedChannel(worker, time.monotonic() + 3600.0, 10**9, 1 << 40))
        remote = Remote(subject, named("TwoPhase"))
        holds = [
            bench_steps(Host(cls), local, remote),
            bench_search(cls, remote, NAMES, crashes=1, losses=1),
            bench_search(names["Chat"], Remote(subject, named("Chat")), NAMES, bounds=Bounds(states_max=20_000)),
            bench_world(cls, remote_factory(subject, named("TwoPhase"))),
        ]
    finally:
        worker.close()
    for number, held in enumerate(holds, start=1):
        print(f"  {'ok  ' if held else 'FAIL'} part {number}")
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
