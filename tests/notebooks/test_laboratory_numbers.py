"""What the laboratory's notebook says in prose about its runs is what they show, with the very classes of its cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest

from faultlab import build, i18n
from faultlab.sim import Bounds, Network, Node, crash, delay, drop, explore, judge, restart, simulate
from faultlab.sim.trace import Trace
from faultlab.widgets.laboratory import bet_on_pongs, bet_on_suspicion

NAMES = ("A", "B")


@pytest.fixture(scope="module")
def cells() -> Iterator[dict[str, Any]]:
    """What the cells of the notebook have defined, after all of them have run."""
    language = list(i18n._current)
    notebook = build.in_language(build.read_source(build.ROOT / build.CHAPTERS / "laboratory.md"), "en")
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(StringIO()):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "<laboratory>", "exec"), names)
    yield names
    i18n._current[:] = language


def counted(trace: Trace) -> tuple[int, int]:
    """A's pongs and B's pings at the end of a run."""
    last = trace.state(len(trace) - 1)
    return last["A"]["pongs"], last["B"]["pings"]


def violated(trace: Trace, properties: Any) -> list[str]:
    return [f.name for f in judge(trace, properties).findings if f.status == "violated"]


def test_a_message_is_5_to_15_ms_on_its_way_unless_the_network_says_otherwise() -> None:
    latency = Network().latency
    assert (latency.low_s, latency.high_s) == (0.005, 0.015)


def test_the_ball_goes_round_50_times_a_second_and_one_loss_ends_it_at_one(cells: dict[str, Any]) -> None:
    nodes = {"A": cells["Ping"], "B": cells["Pong"]}
    assert counted(simulate(nodes, 1))[0] == 50
    lost = simulate(nodes, 1, faults=[drop("A", "B", 2)])
    assert counted(lost)[0] == 1
    assert bet_on_pongs()["answers"](lost)["main"]["answer"] == "stuck"


def test_asking_again_costs_a_tenth_of_a_second_and_counts_twice(cells: dict[str, Any]) -> None:
    nodes = {"A": cells["PatientPing"], "B": cells["Pong"]}
    mended = simulate(nodes, 1, faults=[drop("A", "B", 2)])
    silence_s = mended.of("timer")[0].at_s - mended.of("lose")[0].at_s
    assert len(mended.of("timer")) == 1 and silence_s == pytest.approx(0.1, abs=0.01)
    assert counted(simulate(nodes, 10, network=Network(loss=0.3))) == (83, 120)
    assert 120 - 83 == 37


def test_only_a_lost_pong_makes_b_count_twice(cells: dict[str, Any]) -> None:
    nodes = {"A": cells["PatientPing"], "B": cells["Pong"]}
    for source, target, surplus in (("A", "B", {0}), ("B", "A", {1})):
        runs = [simulate(nodes, 0.5, faults=[drop(source, target, n)]) for n in range(1, 20)]
        # A ball that is still in play when the run ends counts for B alone.
        assert {pings - pongs - on_its_way_back(run) for run in runs for pongs, pings in [counted(run)]} == surplus


def on_its_way_back(trace: Trace) -> int:
    """Pongs that have neither arrived nor been lost when the run ends."""
    gone = {e.number for e in trace.of("deliver", "lose")}
    return sum(e.node == "B" and e.number not in gone for e in trace.of("send"))


def test_with_numbers_b_is_at_most_one_ahead(cells: dict[str, Any]) -> None:
    nodes, bad = {"A": cells["NumberedPing"], "B": cells["NumberedPong"]}, Network(loss=0.3, duplicate=0.2)
    for seed in range(1, 6):
        pongs, pings = counted(simulate(nodes, 10, seed=seed, network=bad))
        assert pings - pongs in (0, 1) and pongs > 50


def test_cut_crashed_and_paused_look_alike_to_a_and_b(cells: dict[str, Any]) -> None:
    runs = [simulate(cells["three"], 4, faults=faults) for faults in cells["troubles"].values()]
    at_2_s = [run.state(run.index_at(2)) for run in runs]
    assert len(runs) == 3
    assert all(state[name]["suspects"] == ["C"] for state in at_2_s for name in NAMES)
    assert [state["C"].get("suspects") for state in at_2_s] == [["A", "B"], None, []]
    answer = bet_on_suspicion()["answers"](runs[0])["main"]
    assert answer["answer"] == "both" and "A has C" in answer["because"]
    assert all(run.state(len(run) - 1)[name]["suspects"] == [] for run in runs for name in "ABC")


def test_a_hasty_watcher_is_often_wrong(cells: dict[str, Any]) -> None:
    class Hasty(cells["Watcher"]):  # type: ignore[misc]
        def on_timer(self, ctx: Any, timer: str) -> None:
            super().on_timer(ctx, timer)
            self.suspects = [peer for peer in ctx.peers if ctx.now_s - self.heard_s[peer] > 0.15]

    def wrong(kind: type[Node]) -> int:
        trace = simulate(dict.fromkeys("ABC", kind), 60, network=Network(loss=0.1))
        return sum(bool(fields.get("suspects")) for fields in trace.changes.values())

    assert wrong(Hasty) > 10 * wrong(cells["Watcher"])


def test_after_a_crash_memory_is_0_and_the_disk_is_not(cells: dict[str, Any]) -> None:
    faults = [crash("B", 0.5), restart("B", 0.6)]
    counts = {
        name: counted(simulate({"A": cells["NumberedPing"], "B": cells[name]}, 1, faults=faults))
        for name in ("NumberedPong", "DurablePong", "SharedPong")
    }
    assert counts["NumberedPong"] == (45, 0)
    assert counts["DurablePong"] == (45, 45)
    # It "survives" too, and starts from what the runs before it have left behind.
    assert counts["SharedPong"][1] >= 45


def test_when_a_crashes_it_is_its_own_count_that_is_wrong(cells: dict[str, Any]) -> None:
    faults = [crash("A", 0.5), restart("A", 0.6)]
    pongs, pings = counted(simulate({"A": cells["NumberedPing"], "B": cells["DurablePong"]}, 1, faults=faults))
    assert pongs < 20 < pings


def test_none_of_a_hundred_runs_shows_what_is_wrong_with_the_lock(cells: dict[str, Any]) -> None:
    assert cells["runs"] == [[]] * 100
    lock = {"L": cells["Lock"], "A": cells["Worker"], "B": cells["Worker"]}
    used = judge(simulate(lock, 10), cells["properties"])
    assert all(f.status == "ok" for f in used.findings)


def test_the_shortest_counterexample_has_9_steps_and_the_lock_that_grants_nothing_fails_the_sometimes(
    cells: dict[str, Any],
) -> None:
    lock = {"L": cells["Lock"], "A": cells["Worker"], "B": cells["Worker"]}
    found = explore(lock, cells["properties"], timers=4, audit=False)
    assert len(found.paths["one holder"]) == 9
    assert {step[0] for step in found.paths["one holder"]} == {"deliver", "timer"}
    shallow = explore(lock, cells["properties"], timers=4, bounds=Bounds(depth_max=8), audit=False)
    assert "one holder" not in shallow.paths
    idle = explore({**lock, "L": cells["Idle"]}, cells["properties"], timers=4, audit=False)
    assert idle.exhausted and [f.status for f in idle.findings] == ["ok", "violated", "ok"]
    releases = [e for e in found.trace("one holder") if e.kind == "send" and e.detail == "release"]
    assert len(releases) == 1


def test_one_delay_of_a_release_by_200_ms_breaks_the_lock_in_time(cells: dict[str, Any]) -> None:
    lock = {"L": cells["Lock"], "A": cells["Worker"], "B": cells["Worker"]}
    assert not violated(simulate(lock, 1), cells["properties"])
    breaking = [
        (source, number)
        for source in NAMES
        for number in range(1, 9)
        if violated(simulate(lock, 1, faults=[delay(source, "L", number, by_s=0.2)]), cells["properties"])
    ]
    assert breaking == [("A", 2)]
    late = simulate(lock, 1, faults=[delay("A", "L", 2, by_s=0.2)])
    assert [e.detail for e in late.of("send") if (e.node, e.other) == ("A", "L")][1] == "release"


def test_numbered_turns_hold_in_all_18411_states(cells: dict[str, Any]) -> None:
    nodes = {"L": cells["NumberedLock"], "A": cells["NumberedWorker"], "B": cells["NumberedWorker"]}
    result = explore(nodes, cells["properties"], timers=4, losses=1, duplicates=1, audit=False)
    assert result.exhausted and result.ok and result.states == 18_411


def test_a_crash_breaks_the_numbered_lock_in_6_steps_and_the_durable_one_in_10(cells: dict[str, Any]) -> None:
    worker = cells["NumberedWorker"]
    for lock, steps, who in (("NumberedLock", 6, "L"), ("DurableLock", 10, "A")):
        nodes = {"L": cells[lock], "A": worker, "B": worker}
        path = explore(nodes, cells["properties"], timers=4, crashes=1, audit=False).paths["one holder"]
        assert len(path) == steps and ("crash", who) in path


def test_the_first_task_can_be_solved(cells: dict[str, Any]) -> None:
    class DurableWorker(cells["NumberedWorker"]):  # type: ignore[misc]
        def on_start(self, ctx: Any) -> None:
            self.holds, self.turn = False, ctx.disk.get("turn", 0) + 1
            self.ask(ctx)

        def say(self, ctx: Any, what: str) -> None:
            ctx.disk["turn"] = self.turn
            super().say(ctx, what)

    nodes = {"L": cells["DurableLock"], "A": DurableWorker, "B": DurableWorker}
    result = explore(nodes, cells["properties"], timers=3, crashes=1, audit=False)
    assert result.exhausted and result.ok
    unsolved = {**nodes, "A": cells["NumberedWorker"], "B": cells["NumberedWorker"]}
    assert not explore(unsolved, cells["properties"], timers=3, crashes=1, audit=False).ok


def test_state_in_the_class_is_suspicious(cells: dict[str, Any]) -> None:
    nodes = {"A": cells["NumberedPing"], "B": cells["SharedPong"]}
    result = explore(nodes, timers=1, bounds=Bounds(depth_max=6))
    assert not result.exhausted and "only 6 steps" in result.stopped
    assert [text for text in result.suspicions if "SharedPong.log" in text and "all nodes share it" in text]
