"""Timelines: a fault is added, the past stays, and the future is that of a run from the beginning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import (
    Client,
    Constant,
    Exponential,
    Network,
    Node,
    Scenario,
    World,
    crash,
    cut,
    delay,
    drop,
    duplicate,
    heal,
    loss,
    pause,
    restart,
    skew,
)
from faultlab.sim.timeline import CHECKPOINTS, Timeline

NAMES = ["A", "B", "C"]


class Talk(Node):
    def on_start(self, ctx):
        self.heard, self.sum = {}, ctx.disk.get("sum", 0)
        ctx.set_timer("t", 0.1)

    def on_timer(self, ctx, timer):
        ctx.send(ctx.random.choice(ctx.peers), ("n", ctx.random.randrange(9)))
        ctx.set_timer("t", ctx.random.uniform(0.05, 0.15))

    def on_message(self, ctx, sender, message):
        self.heard.setdefault(sender, []).append(message[1])
        self.sum += message[1]
        ctx.disk["sum"] = self.sum

    def on_request(self, ctx, request, call):
        ctx.reply(request, self.sum)


BASE = Scenario(
    3.0,
    seed=4,
    network=Network(Exponential(0.1), duplicate=0.1),
    clients=[Client("ann", ["sum"] * 9, "A B", timeout_s=0.3)],
)


def fresh(scenario, nodes=NAMES):
    return World(dict.fromkeys(nodes, Talk), scenario).run().trace()


def shared(one, other):
    """How many leading events two traces have in common, with their changes and timers: by going through them."""
    count = 0
    while count < min(len(one), len(other)):
        same = one.rows[count] == other.rows[count]
        same = same and one.changes.get(count) == other.changes.get(count)
        if not same or one.timers.get(count) != other.timers.get(count):
            break
        count += 1
    return count


moments = st.floats(0, 3).map(lambda x: round(x, 3))
names = st.sampled_from(NAMES)
links = st.permutations(NAMES).map(lambda order: order[:2])
some_faults = st.one_of(
    st.builds(crash, names, moments),
    st.builds(restart, names, moments, st.booleans()),
    st.builds(lambda name, at_s: pause(name, at_s, at_s + 0.5), names, moments),
    st.builds(skew, names, moments, st.just(1.0), st.just(1.5)),
    st.builds(lambda link, at_s: cut(*link, at_s), links, moments),
    st.builds(heal, moments),
    st.builds(lambda at_s: loss(0.3, at_s), moments),
    st.builds(lambda link, n, at_s: drop(*link, n, at_s), links, st.integers(1, 20), moments),
    st.builds(lambda link, n, at_s: delay(*link, n, 0.5, at_s), links, st.integers(1, 20), moments),
    st.builds(lambda link, n, at_s: duplicate(*link, n, at_s), links, st.integers(1, 20), moments),
)
schedules = st.lists(st.lists(some_faults, max_size=4), min_size=2, max_size=4)


@settings(max_examples=15, deadline=None)
@given(schedules)
def test_every_run_of_a_timeline_is_a_run_from_the_beginning_and_kept_counts_what_is_the_same(several):
    timeline, before = Timeline(dict.fromkeys(NAMES, Talk)), None
    for faults in several:
        scenario = BASE.with_faults(*faults)
        run = timeline.run(scenario)
        assert run.trace == fresh(scenario)
        assert run.kept == (shared(before, run.trace) if before is not None else 0)
        before = run.trace


@settings(max_examples=8, deadline=None)
@given(st.lists(some_faults, min_size=2, max_size=5), st.randoms())
def test_faults_may_be_added_and_taken_away_in_any_order(faults, draw):
    timeline, chosen, pool = Timeline(dict.fromkeys(NAMES, Talk)), [], list(faults)
    for _step in range(4):
        if chosen and draw.random() < 0.4:
            pool.append(chosen.pop(draw.randrange(len(chosen))))
        else:
            chosen.insert(draw.randrange(len(chosen) + 1), pool.pop() if pool else crash("A", 2.9))
        scenario = BASE.with_faults(*chosen)
        assert timeline.run(scenario).trace == fresh(scenario)


@pytest.mark.parametrize(
    "other",
    [
        Scenario(2.0, seed=4, network=BASE.network, clients=BASE.clients),
        Scenario(3.0, seed=5, network=BASE.network, clients=BASE.clients),
        Scenario(3.0, seed=4, network=Network(Constant(0.1)), clients=BASE.clients),
        Scenario(3.0, seed=4, network=BASE.network),
    ],
    ids=["shorter", "another seed", "another network", "no clients"],
)
def test_a_scenario_that_differs_in_more_than_faults_is_run_from_the_beginning(other):
    timeline = Timeline(dict.fromkeys(NAMES, Talk))
    first = timeline.run(BASE)
    run = timeline.run(other)
    assert run.trace == fresh(other)
    assert run.kept == (shared(first.trace, run.trace) if other.clients else 0)


class Counts(Talk):
    handled = 0

    def on_message(self, ctx, sender, message):
        Counts.handled += 1
        super().on_message(ctx, sender, message)


def test_what_lies_before_the_last_checkpoint_is_not_run_again():
    timeline = Timeline(dict.fromkeys(NAMES, Counts))
    timeline.run(BASE)
    Counts.handled, whole = 0, Counts.handled
    run = timeline.run(BASE.with_faults(crash("A", 2.9)))
    assert 0 < Counts.handled < whole * 2 / CHECKPOINTS
    assert run.kept > 0.9 * len(run.trace)


def test_a_past_that_is_kept_is_the_very_same_events():
    timeline = Timeline(dict.fromkeys(NAMES, Talk))
    before = timeline.run(BASE).trace
    after = timeline.run(BASE.with_faults(crash("B", 1.5)))
    assert after.trace.rows[: after.kept] == before.rows[: after.kept]
    assert after.trace[after.kept] == (1.5, "crash", "B", "", -1, "fault")


def test_a_scenario_that_is_refused_leaves_the_timeline_as_it_was():
    timeline = Timeline(dict.fromkeys(NAMES, Talk))
    before = timeline.run(BASE).trace
    with pytest.raises(ValueError, match="no node 'Z'"):
        timeline.run(BASE.with_faults(crash("Z", 1)))
    run = timeline.run(BASE)
    assert (run.trace, run.kept) == (before, len(before))


def test_a_run_that_is_broken_off_leaves_the_timeline_as_it_was():
    class Interrupted(Talk):
        armed = False

        def on_start(self, ctx):
            super().on_start(ctx)
            if Interrupted.armed and ctx.now_s > 2:
                raise KeyboardInterrupt

    timeline = Timeline(dict.fromkeys(NAMES, Interrupted))
    timeline.run(BASE)
    Interrupted.armed = True
    with pytest.raises(KeyboardInterrupt):
        timeline.run(BASE.with_faults(crash("A", 0.5), crash("B", 2.0), restart("B", 2.8)))
    Interrupted.armed = False
    scenario = BASE.with_faults(crash("C", 2.5))
    assert timeline.run(scenario).trace == fresh(scenario)
