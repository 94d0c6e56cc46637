"""Runs in virtual time: the same inputs give the same events, and every fault does what its sentence says."""

import inspect
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import (
    Client,
    Constant,
    Exponential,
    Link,
    LogNormal,
    Mixture,
    Network,
    Node,
    Scenario,
    Uniform,
    World,
    crash,
    cut,
    delay,
    drop,
    duplicate,
    heal,
    loss,
    partition,
    pause,
    random_faults,
    restart,
    simulate,
    skew,
)
from faultlab.sim.faults import resume

NAMES = ["A", "B", "C", "D"]
RANDOM_NETWORK = Network(
    Mixture(((3.0, Uniform(0.01, 0.05)), (1.0, Exponential(0.2)))),
    loss=0.1,
    duplicate=0.1,
    links={
        ("A", "B"): Link(LogNormal(0.05, 1.0), loss=0.3, fifo=True),
        ("B", "C"): Link(Constant(0.02), duplicate=0.5),
    },
)


class Gossip(Node):
    """Uses all that there is: chance, timers, the disk, requests, sets and dicts."""

    def on_start(self, ctx):
        self.seen = set(ctx.disk.get("seen", ()))
        self.heard = {}
        self.starts = ctx.disk["starts"] = ctx.disk.get("starts", 0) + 1
        ctx.set_timer("tell", ctx.random.uniform(0.05, 0.2))

    def on_timer(self, ctx, timer):
        rumour = ctx.random.randrange(100)
        self.seen.add(rumour)
        ctx.send(ctx.random.choice(ctx.peers), ("rumour", rumour, sorted(self.seen)[:3]))
        ctx.set_timer("tell", ctx.random.uniform(0.05, 0.2))

    def on_message(self, ctx, sender, message):
        kind, rumour, _some = message
        self.heard[sender] = self.heard.get(sender, 0) + 1
        if kind == "rumour" and rumour not in self.seen:
            self.seen.add(rumour)
            ctx.disk["seen"] = sorted(self.seen)
            ctx.broadcast(("echo", rumour, {"from": {sender}}))

    def on_request(self, ctx, request, call):
        if ctx.random.random() < 0.3:
            ctx.refuse(request, "not now")
        else:
            ctx.reply(request, (call, len(self.seen)))


def gossip(seed=1, until_s=4.0, faults=(), **options):
    clients = [
        Client("ann", ["a"] * 6, "A B", timeout_s=0.3),
        Client("bob", ["b"] * 6, "C D", retry=True, timeout_s=0.2),
    ]
    options = {"network": RANDOM_NETWORK, "clients": clients} | options
    return simulate(dict.fromkeys(NAMES, Gossip), until_s, seed=seed, faults=faults, **options)


def schedule(seed, until_s=4.0):
    return random_faults(
        seed, NAMES, until_s, crashes=3, pauses=3, partitions=2, disk_lost=0.5, repair_s=(0.1, 1.0), down_at_once_max=2
    )


# The same inputs, the same events


@pytest.mark.parametrize("seed", range(3))
def test_a_run_is_equal_to_its_rerun_and_no_other_seed_gives_it(seed):
    first, again = gossip(seed, faults=schedule(seed)), gossip(seed, faults=schedule(seed))
    assert first.rows == again.rows
    assert first == again
    assert len(first) > 200
    assert first.rows != gossip(seed + 1, faults=schedule(seed)).rows


def test_a_world_that_is_run_piece_by_piece_is_the_world_that_is_run_at_once():
    at_once = World(dict.fromkeys(NAMES, Gossip), Scenario(4, network=RANDOM_NETWORK, faults=schedule(5)))
    pieces = World(dict.fromkeys(NAMES, Gossip), at_once.scenario)
    for moment_s in (0.0, 0.5, 0.5, 1.7, 4.0):
        pieces.run(moment_s)
        assert pieces.now_s == moment_s
    assert pieces.trace() == at_once.run().trace()


def test_a_world_without_record_does_the_same_and_has_no_trace():
    loud, quiet = (World(dict.fromkeys(NAMES, Gossip), Scenario(3), record=r).run() for r in (True, False))
    assert loud.handled == quiet.handled > 50
    with pytest.raises(ValueError, match="record=True"):
        quiet.trace()


@pytest.mark.slow
def test_the_events_are_the_same_in_every_process_whatever_its_hash_seed():
    names = "Client, Constant, Exponential, Link, LogNormal, Mixture, Network, Node, Uniform, random_faults, simulate"
    parts = [
        f"import json, sys\nfrom faultlab.sim import {names}",
        f"NAMES = {NAMES}",
        f"RANDOM_NETWORK = {RANDOM_NETWORK!r}",
    ]
    parts += [inspect.getsource(part) for part in (Gossip, gossip, schedule)]
    script = "\n".join([*parts, "json.dump(gossip(7, faults=schedule(7)).to_json(), sys.stdout)"])
    command = [sys.executable, "-c", script]
    running = [
        subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True)
        for seed in ("0", "1")
    ]
    texts = [process.communicate(timeout=120)[0] for process in running]
    assert texts[0] == texts[1] == json.dumps(gossip(7, faults=schedule(7)).to_json())


# What holds in every trace


def check_laws(trace):
    """No event happens that could not: the laws of messages, nodes, links and time, one event at a time."""
    status, cuts, flying, ended, resumed = dict.fromkeys(trace.nodes, "down"), set(), {}, Counter(), {}
    before_s = 0.0
    for event in trace:
        assert event.at_s >= before_s
        before_s = event.at_s
        kind, node, link = event.kind, event.node, (event.other, event.node)
        if kind in ("send", "timer", "deliver", "reply", "refuse", "note", "error"):
            assert status[node] == "up", event
        if kind in ("send", "duplicate"):
            assert event.number not in flying
            doomed = (node, event.other) in cuts and kind == "send"
            flying[event.number] = (node, event.other, doomed)
        elif kind in ("deliver", "lose"):
            source, target, doomed = flying[event.number]
            assert (source, target) == link
            ended[event.number] += 1
        if kind == "deliver":
            assert not doomed
            # What has waited at a paused node came over the link before.
            assert link not in cuts or resumed.get(node) == event.at_s
        if kind == "start":
            assert status[node] == "down"
        if kind == "resume":
            assert status[node] == "paused"
            resumed[node] = event.at_s
        status |= {node: {"start": "up", "crash": "down", "pause": "paused", "resume": "up"}[kind]} if kind in (
            "start", "crash", "pause", "resume"
        ) else {}  # fmt: skip
        if kind == "cut":
            cuts = set(event.detail)
    assert set(ended.values()) <= {1}
    for index, fields in trace.changes.items():
        assert fields
        assert trace[index].kind in ("start", "deliver", "timer", "request", "resume")
    assert set(trace.timers) <= set(range(len(trace)))
    return ended, flying


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_nothing_arrives_twice_or_at_a_node_that_is_down_or_over_a_link_that_is_cut(seed, fault_seed):
    check_laws(gossip(seed, 2.5, schedule(fault_seed, 2.5)))


def test_when_all_is_over_every_message_has_arrived_or_is_lost():
    class Once(Gossip):
        def on_timer(self, ctx, timer):
            super().on_timer(ctx, timer)
            if ctx.now_s > 2:
                ctx.cancel_timer("tell")

    scenario = Scenario(60, seed=3, network=RANDOM_NETWORK, faults=schedule(3))
    ended, flying = check_laws(World(dict.fromkeys(NAMES, Once), scenario).run().trace())
    assert set(ended) == set(flying)
    assert len(flying) > 100


# One added fault


def events_of(trace, names):
    """What happens at and between some nodes, without the numbers of messages."""
    here = [e for e in trace if e.node in [*names] and e.other in (*names, "")]
    return [(e.at_s, e.kind, e.node, e.other, None if e.kind == "duplicate" else e.detail) for e in here]


class Pair(Gossip):
    """Gossips with one other node only."""

    def on_timer(self, ctx, timer):
        other = {"A": "B", "B": "A", "C": "D", "D": "C"}[ctx.name]
        ctx.send(other, ("rumour", ctx.random.randrange(9), []))
        ctx.set_timer("tell", ctx.random.expovariate(10))

    def on_message(self, ctx, sender, message):
        self.heard[message[1]] = sender
        if ctx.random.random() < 0.5:
            ctx.send(sender, ("echo", message[1], []))


EXTRA = [
    crash("C", 0.7),
    [crash("C", 0.7), restart("C", 1.1)],
    pause("D", 0.5, 1.5),
    cut("C", "D", 0.3),
    skew("C", 0.4, by_s=3, rate=2),
    drop("C", "D", 2),
    delay("D", "C", 1, by_s=0.7),
    duplicate("C", "D", 3),
]


@pytest.mark.parametrize("extra", EXTRA, ids=lambda extra: str(getattr(extra, "kind", "several")))
@pytest.mark.parametrize(
    "before", [(), [crash("B", 1.0), restart("B", 1.5), drop("A", "B", 1)]], ids=["calm", "stormy"]
)
def test_a_fault_leaves_alone_what_it_does_not_touch(extra, before):
    network = Network(Exponential(0.1), loss=0.1, duplicate=0.1)
    plain_run = simulate(dict.fromkeys(NAMES, Pair), 3, seed=5, network=network, faults=[before])
    run = simulate(dict.fromkeys(NAMES, Pair), 3, seed=5, network=network, faults=[extra, before])
    assert events_of(run, "AB") == events_of(plain_run, "AB")
    assert events_of(run, "CD") != events_of(plain_run, "CD")
    assert len(events_of(run, "AB")) > 50


class Heart(Node):
    """Beats, whatever it hears."""

    def on_start(self, ctx):
        ctx.set_timer("beat", 0.1)

    def on_timer(self, ctx, timer):
        ctx.broadcast(("alive",))
        ctx.set_timer("beat", 0.1)


@pytest.mark.parametrize("extra", EXTRA, ids=lambda extra: str(getattr(extra, "kind", "several")))
def test_the_links_that_a_fault_does_not_touch_keep_their_latencies_and_losses(extra):
    network = Network(Uniform(0.001, 0.3), loss=0.2, duplicate=0.2)
    before = simulate(dict.fromkeys(NAMES, Heart), 3, network=network)
    after = simulate(dict.fromkeys(NAMES, Heart), 3, network=network, faults=[extra])
    assert events_of(after, "AB") == events_of(before, "AB")
    assert events_of(after, "AB")[10:] != []


def test_an_added_client_does_not_move_the_weather():
    with_, without = (
        simulate(dict.fromkeys(NAMES, Heart), 3, network=RANDOM_NETWORK, clients=clients)
        for clients in ([Client("ann", ["x"] * 5, "A")], [])
    )
    messages = [[row[:4] for row in trace.rows if row[1] in ("deliver", "lose")] for trace in (with_, without)]
    assert messages[0] == messages[1]


# Messages


class Numbered(Node):
    """A sends 0, 1, 2, ... to B, which keeps what it hears."""

    def on_start(self, ctx):
        self.heard, self.next = [], 0
        if ctx.name == "A":
            ctx.set_timer("send", 0.1)

    def on_timer(self, ctx, timer):
        ctx.send("B", self.next)
        self.next += 1
        ctx.set_timer("send", 0.1)

    def on_message(self, ctx, sender, message):
        self.heard.append(message)


def heard(until_s=2.07, faults=(), network=None, **options):
    """What B has heard, in its order. A sends k at (k + 1) / 10 s; it arrives 0.05 s later."""
    network = network or Network(Constant(0.05))
    trace = simulate({"A": Numbered, "B": Numbered}, until_s, network=network, faults=faults, **options)
    check_laws(trace)
    return trace.state(len(trace) - 1)["B"].get("heard")


def test_all_arrives_if_nothing_goes_wrong():
    assert heard() == list(range(20))


def test_a_dropped_message_is_the_one_that_was_named():
    assert heard(faults=[drop("A", "B", 3)]) == [n for n in range(20) if n != 2]
    assert heard(faults=[drop("A", "B", 3, at_s=0.32)]) == [n for n in range(20) if n != 2]
    assert heard(faults=[drop("A", "B", 3, at_s=0.36)]) == list(range(20))  # it has arrived


def test_a_delayed_message_is_overtaken():
    late = [0, 1, 3, 4, 5, 6, 7, 2, *range(8, 20)]
    assert heard(faults=[delay("A", "B", 3, by_s=0.53)]) == late
    assert heard(faults=[delay("A", "B", 3, by_s=0.53, at_s=0.31)]) == late
    assert heard(faults=[delay("A", "B", 3, by_s=0.53, at_s=0.36)]) == list(range(20))


def test_delays_of_one_message_add_up_whenever_they_are_ordered():
    twice = [delay("A", "B", 3, by_s=0.26), delay("A", "B", 3, by_s=0.27)]
    assert heard(faults=twice) == heard(faults=[delay("A", "B", 3, by_s=0.53)])


def test_a_doubled_message_arrives_twice_and_the_trace_says_of_which_it_is_the_copy():
    for at_s in (0.0, 0.31):
        trace = simulate({"A": Numbered, "B": Numbered}, 2.07, faults=[duplicate("A", "B", 3, at_s=at_s)])
        assert sorted(trace.state(len(trace) - 1)["B"]["heard"]) == sorted([*range(20), 2])
        (copy,) = trace.of("duplicate")
        (original,) = [e for e in trace.of("send") if e.number == copy.detail]
        assert original.detail == 2


def test_in_a_fifo_network_a_delay_holds_up_all_that_is_behind():
    fifo = Network(Constant(0.35), fifo=True)
    for at_s in (0.0, 0.31, 0.55):
        trace = simulate({"A": Numbered, "B": Numbered}, 2.08, network=fifo, faults=[delay("A", "B", 3, 1.0, at_s)])
        check_laws(trace)
        arrivals = [e.at_s for e in trace.of("deliver")]
        assert trace.state(len(trace) - 1)["B"]["heard"] == list(range(17))
        assert arrivals[1] == pytest.approx(0.55)
        assert arrivals[2] == pytest.approx(1.65)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_a_fifo_link_never_changes_the_order(seed, data):
    """Whatever is lost, delayed, doubled, cut, or waits for a paused node."""
    network = Network(Exponential(0.2), loss=0.1, duplicate=0.2, fifo=True)
    number, at_s = st.integers(1, 20), st.floats(0, 2)
    message = st.one_of(
        st.builds(lambda n, t: delay("A", "B", n, by_s=0.4, at_s=t), number, at_s),
        st.builds(lambda n, t: drop("A", "B", n, at_s=t), number, at_s),
        st.builds(lambda t: pause("B", t, t + 0.5), at_s),
        st.builds(lambda t: partition("A | B", t, t + 0.2), at_s),
    )
    faults = data.draw(st.lists(message, max_size=4))
    got = heard(3.0, faults, network, seed=seed)
    assert got == sorted(got)


def test_without_fifo_messages_overtake():
    got = heard(network=Network(Uniform(0.0, 0.5)))
    assert got != sorted(got)


def test_a_rate_of_loss_is_the_share_that_is_lost_and_the_rest_arrives():
    trace = simulate({"A": Numbered, "B": Numbered}, 200, network=Network(Constant(0.0), loss=0.25))
    sent, lost = len(trace.of("send")), trace.of("lose")
    assert len(lost) / sent == pytest.approx(0.25, abs=0.03)
    assert {e.detail for e in lost} == {"lost by chance"}
    assert len(trace.of("deliver")) == sent - len(lost)


def test_a_rate_of_duplicates_is_the_share_that_is_doubled():
    trace = simulate({"A": Numbered, "B": Numbered}, 200, network=Network(Constant(0.0), duplicate=0.25))
    assert len(trace.of("duplicate")) / len(trace.of("send")) == pytest.approx(0.25, abs=0.03)


def test_a_loss_on_the_schedule_replaces_that_of_the_network_from_then_on():
    got = heard(faults=[loss(1.0, 0.55), loss(0.0, 1.05)], network=Network(Constant(0.01), loss=0.0))
    assert got == [*range(5), *range(10, 20)]


def test_a_message_to_oneself_arrives_at_once_and_is_never_lost():
    class Alone(Node):
        def on_start(self, ctx):
            self.left = 20
            ctx.send(ctx.name, "again")

        def on_message(self, ctx, sender, message):
            self.left -= 1
            if self.left:
                ctx.send(ctx.name, message)

    network = Network(Constant(1.0), loss=1.0, duplicate=1.0)
    trace = simulate({"A": Alone, "B": Node}, 5, network=network, faults=[loss(1.0, 0), partition("A | B", 0)])
    assert trace.state(len(trace) - 1)["A"] == {"left": 0}
    assert {e.at_s for e in trace.of("deliver")} == {0.0}


# Links


def test_a_message_is_lost_if_its_link_is_cut_when_it_is_sent_or_when_it_would_arrive():
    # Cut at 0.43 s: the fourth (sent 0.40) would arrive at 0.45. Healed at 0.72 s: the seventh (sent 0.70) left before.
    assert heard(faults=partition("A | B", 0.43, 0.72)) == [0, 1, 2, *range(7, 20)]
    assert heard(faults=[cut("A", "B", 0.43), heal(0.72)]) == [0, 1, 2, *range(7, 20)]


def test_a_cut_is_one_way():
    class Echo(Numbered):
        def on_message(self, ctx, sender, message):
            super().on_message(ctx, sender, message)
            if ctx.name == "B":
                ctx.send("A", message)

    trace = simulate({"A": Echo, "B": Echo}, 1.0, network=Network(Constant(0.01)), faults=[cut("B", "A", 0)])
    state = trace.state(len(trace) - 1)
    assert len(state["B"]["heard"]) == 9
    assert state["A"]["heard"] == []


def test_a_partition_cuts_between_its_groups_and_a_node_in_no_group_keeps_all_links():
    trace = simulate(dict.fromkeys(NAMES, Heart), 1.0, network=Network(Constant(0.01)), faults=partition("A B | C", 0))
    through = {(e.other, e.node) for e in trace.of("deliver")}
    blocked = {("A", "C"), ("C", "A"), ("B", "C"), ("C", "B")}
    assert through == {(a, b) for a in NAMES for b in NAMES if a != b} - blocked


def test_a_partition_replaces_the_one_before_and_the_heal_ends_all():
    faults = [partition("A | B", 0.0), partition("A B | C D", 0.5), cut("A", "B", 0.5), heal(0.75)]
    trace = simulate(dict.fromkeys(NAMES, Heart), 1.0, network=Network(Constant(0.01)), faults=faults)
    details = [e.detail for e in trace.of("cut")]
    assert details[0] == [("A", "B"), ("B", "A")]
    assert set(details[1]) == {(a, b) for a in "AB" for b in "CD"} | {(b, a) for a in "AB" for b in "CD"}
    assert set(details[2]) == set(details[1]) | {("A", "B")}
    assert details[3] == []


# Crashes and pauses


class Counter_(Node):
    """Counts ticks in memory and on its disk."""

    def on_start(self, ctx):
        self.memory = 0
        self.found = dict(ctx.disk)
        ctx.set_timer("tick", 0.1)

    def on_timer(self, ctx, timer):
        self.memory += 1
        ctx.disk["ticks"] = ctx.disk.get("ticks", 0) + 1
        ctx.set_timer("tick", 0.1)


def last(trace, name="A"):
    return trace.state(len(trace) - 1)[name]


@pytest.mark.parametrize(("disk", "ticks"), [(True, 5), (False, None)])
def test_a_crash_takes_memory_and_timers_and_the_restart_finds_the_disk_or_an_empty_one(disk, ticks):
    trace = simulate({"A": Counter_}, 1.55, faults=[crash("A", 0.55), restart("A", 1.2, disk=disk)])
    down = trace.state(trace.index_at(1.0))["A"]
    assert down == {"disk.ticks": 5}
    after = trace.state(trace.index_at(1.2))["A"]
    assert after == {"memory": 0, "found": {"ticks": ticks} if disk else {}} | ({"disk.ticks": 5} if disk else {})
    assert last(trace)["memory"] == 3
    assert last(trace)["disk.ticks"] == 3 + (ticks or 0)
    assert [e.detail for e in trace.of("start")] == ["first", "again" if disk else "without its disk"]


def test_a_disk_that_is_lost_is_lost_even_if_the_node_fails_at_its_start():
    class Fails(Counter_):
        def on_start(self, ctx):
            if ctx.now_s > 1 and not ctx.disk:
                raise RuntimeError("nothing there")
            super().on_start(ctx)

    faults = [crash("A", 0.55), restart("A", 1.2, disk=False), restart("A", 1.3)]
    trace = simulate({"A": Fails}, 1.55, faults=faults)
    assert trace.state(trace.index_at(1.2))["A"] == {}
    assert [e.at_s for e in trace.of("error")] == [1.2, 1.3]


def test_a_restart_of_a_node_that_is_up_and_a_crash_of_one_that_is_down_are_nothing():
    faults = [restart("A", 0.3), crash("A", 0.55), crash("A", 0.6), pause("A", 0.7, 0.8), restart("A", 0.9)]
    trace = simulate({"A": Counter_}, 1.0, faults=faults)
    assert [(e.at_s, e.kind) for e in trace.of("start", "crash", "pause", "resume")] == [
        (0.0, "start"), (0.55, "crash"), (0.9, "start"),
    ]  # fmt: skip


def test_a_message_to_a_node_that_is_down_is_lost():
    got = heard(faults=[crash("B", 0.52), restart("B", 1.02)])
    assert got == list(range(9, 20))
    trace = simulate({"A": Numbered, "B": Numbered}, 2.07, faults=[crash("B", 0.52)])
    assert {e.detail for e in trace.of("lose")} == {"B is down"}


def test_what_reaches_a_paused_node_waits_in_order():
    trace = simulate(
        {"A": Numbered, "B": Numbered}, 2.07, network=Network(Constant(0.05)), faults=pause("B", 0.52, 1.02)
    )
    assert last(trace, "B")["heard"] == list(range(20))
    assert [e.at_s for e in trace.of("deliver")][5:10] == [1.02] * 4 + [pytest.approx(1.05)]


def test_what_has_waited_comes_before_what_arrives_at_the_moment_of_the_resume():
    assert heard(1.05, faults=pause("B", 0.5, 0.75)) == list(range(10))  # the seventh is due at 0.75 s


def test_what_waits_at_a_paused_node_is_lost_in_a_crash():
    trace = simulate({"A": Numbered, "B": Numbered}, 2.07, network=Network(Constant(0.05)),
                     faults=[pause("B", 0.52), crash("B", 1.02)])  # fmt: skip
    assert [(e.at_s, e.detail) for e in trace.of("lose")][:4] == [(1.02, "B crashed")] * 4


def test_a_cut_that_begins_while_a_message_waits_at_a_paused_node_does_not_take_it():
    got = heard(faults=[pause("B", 0.52, 1.02), partition("A | B", 0.82, 1.22)])
    assert got == [*range(7), *range(12, 20)]


def test_a_message_that_reaches_a_paused_node_over_a_link_that_is_cut_is_lost():
    got = heard(faults=[pause("B", 0.52, 1.02), partition("A | B", 0.62, 0.82)])
    assert got == [*range(5), *range(8, 20)]


def test_a_paused_node_keeps_its_timers_and_they_run_out_when_it_goes_on():
    trace = simulate({"A": Counter_}, 1.35, faults=pause("A", 0.55, 1.25))
    assert [e.at_s for e in trace.of("timer")][4:] == [pytest.approx(0.5), pytest.approx(1.25), pytest.approx(1.35)]
    assert trace.status(trace.index_at(1.0)) == {"A": "paused"}


def test_a_handler_that_fails_when_its_node_goes_on_loses_what_else_has_waited():
    class Fragile(Numbered):
        def on_message(self, ctx, sender, message):
            if message == 6:
                raise ValueError("six")
            super().on_message(ctx, sender, message)

    trace = simulate({"A": Fragile, "B": Fragile}, 2.07, network=Network(Constant(0.05)), faults=pause("B", 0.52, 1.02))
    assert [e.at_s for e in trace.of("error")] == [1.02]
    assert [e.detail for e in trace.of("lose")][:2] == ["B crashed"] * 2
    check_laws(trace)


def test_every_change_of_a_node_that_goes_on_is_its_own():
    """Requests that have waited have no event of their own when they are handled, and others are busy just then."""

    class Two(Node):
        def on_start(self, ctx):
            self.asked = {}
            if ctx.name == "B":
                ctx.set_timer("t", 1.0)

        def on_timer(self, ctx, timer):
            self.fired = True

        def on_request(self, ctx, request, call):
            self.asked[request] = call
            setattr(self, call, True)
            ctx.reply(request)

    clients = [Client("ann", ["one"], "A", start_s=0.5), Client("bob", ["two"], "A", start_s=0.6)]
    trace = simulate({"A": Two, "B": Two}, 2, clients=clients, faults=pause("A", 0.2, 1.0))
    assert last(trace) == {"asked": {"ann.1": "one", "bob.1": "two"}, "one": True, "two": True}
    assert last(trace, "B") == {"asked": {}, "fired": True}


# Clocks and timers


class Clock(Node):
    def on_start(self, ctx):
        self.times = []
        ctx.set_timer("look", 1.0)

    def on_timer(self, ctx, timer):
        self.times.append(ctx.now_s)
        ctx.set_timer("look", 1.0)


def test_a_clock_that_is_skewed_jumps_and_runs_at_its_own_speed():
    trace = simulate({"A": Clock}, 4.0, faults=[skew("A", 1.5, by_s=10.0, rate=2.0)])
    # The timer of 2 s was set before; afterwards a second of the node is half a second.
    assert last(trace)["times"] == pytest.approx([1.0, 12.5, 13.5, 14.5, 15.5, 16.5])
    assert [e.at_s for e in trace.of("timer")] == pytest.approx([1.0, 2.0, 2.5, 3.0, 3.5, 4.0])


def test_a_skewed_clock_survives_a_crash_for_it_belongs_to_the_machine():
    trace = simulate({"A": Clock}, 3.0, faults=[skew("A", 0.5, by_s=100.0), crash("A", 1.5), restart("A", 1.6)])
    assert last(trace)["times"] == pytest.approx([102.6])


def test_a_timer_that_is_set_anew_replaces_the_one_before_and_a_cancelled_one_never_runs_out():
    class Timers(Node):
        def on_start(self, ctx):
            ctx.set_timer("a", 1.0)
            ctx.set_timer("b", 2.0)
            ctx.set_timer("a", 3.0)
            ctx.set_timer("c", 1.0)
            ctx.cancel_timer("c")
            ctx.cancel_timer("never")

        def on_timer(self, ctx, timer):
            if timer == "b":
                ctx.set_timer("a", 5.0)

    trace = simulate({"A": Timers}, 9.0)
    assert [(e.at_s, e.detail) for e in trace.of("timer")] == [(2.0, "b"), (7.0, "a")]
    assert trace.timers == {0: {"a": 3.0, "b": 2.0, "c": None}, 1: {"a": 7.0}}


def test_timers_are_noted_at_the_events_of_their_own_node_even_if_a_message_dies_at_once():
    class Both(Node):
        def on_start(self, ctx):
            if ctx.name == "A":
                ctx.send("B", 1)
                ctx.set_timer("t", 1.0)

    trace = simulate({"A": Both, "B": Both}, 2.0, faults=[drop("A", "B", 1)])
    ((index, timers),) = trace.timers.items()
    assert (trace[index].node, timers) == ("A", {"t": 1.0})
    assert [e.detail for e in trace.of("lose")] == ["dropped by hand"]


def test_what_is_due_at_one_moment_happens_in_the_order_in_which_it_was_planned_and_faults_first():
    class Many(Node):
        def on_start(self, ctx):
            self.fired = []
            for name in "cab":
                ctx.set_timer(name, 1.0)

        def on_timer(self, ctx, timer):
            self.fired.append(timer)

    assert last(simulate({"A": Many}, 2.0))["fired"] == ["c", "a", "b"]
    assert last(simulate({"A": Many}, 2.0, faults=[crash("A", 1.0)])) == {}


# Learners' mistakes are faults of their nodes


class Kept:
    pass


def boom(*_args):
    raise ValueError("the reason\nin two lines")


def keep_object(self, ctx, *_args):
    self.thing = Kept()


def keep_context(self, ctx, *_args):
    self.ctx = ctx


def keep_nan(self, ctx, *_args):
    self.rate = float("nan")


def send_object(self, ctx, *_args):
    ctx.send("B", Kept())


def store_object(self, ctx, *_args):
    ctx.disk["x"] = Kept()


def store_number_as_key(self, ctx, *_args):
    ctx.disk[1] = "x"


def leave(self, ctx, *_args):
    sys.exit(3)


def recurse(self, ctx, *_args):
    recurse(self, ctx)


MISTAKES = [
    (boom, "ValueError in {}: the reason in two lines"),
    (keep_object, "TypeError in {}: A keeps something in self.thing that it must not: Kept is not plain data"),
    (keep_context, "TypeError in {}: A keeps something in self.ctx that it must not"),
    (keep_nan, "TypeError in {}: A keeps something in self.rate that it must not: NaN"),
    (send_object, "TypeError in {}: Kept is not plain data"),
    (store_object, "TypeError in {}: Kept is not plain data"),
    (store_number_as_key, "TypeError in {}: a key of ctx.disk is a str, not int"),
    (lambda self, ctx, *_a: ctx.send("Z", 1), "ValueError in {}: A sends to 'Z': there is no such node"),
    (lambda self, ctx, *_a: ctx.set_timer("t", -1), "ValueError in {}: timer 't': a delay is a finite number"),
    (lambda self, ctx, *_a: ctx.cancel_timer([]), "TypeError in {}: a timer's name is a str, not list"),
    (lambda self, ctx, *_a: self.nothing, "AttributeError in {}"),
    (lambda self, ctx, *_a: setattr(ctx, "disk", {}), "AttributeError in {}"),
    (leave, "SystemExit in {}: 3"),
    (recurse, "RecursionError in {}"),
]


def cluster_with(handler, mistake):
    """A node whose `handler` makes the mistake at its first chance, after an honest effect of every kind."""

    def wrong(self, ctx, *args):
        ctx.disk["written"] = True
        ctx.send("B", "never sent")
        ctx.note("never said")
        return mistake(self, ctx, *args)

    wrong.__name__ = handler
    return {"A": type("Wrong", (Node,), {handler: wrong}), "B": Numbered}


@pytest.mark.parametrize(("mistake", "line"), MISTAKES)
@pytest.mark.parametrize("handler", ["on_start", "on_message", "on_timer", "on_request"])
def test_a_mistake_in_a_handler_is_a_crash_of_that_node_and_nothing_that_the_handler_wanted_happens(
    handler, mistake, line
):
    class Trigger(Node):
        def on_start(self, ctx):
            ctx.send("A", "hello")
            ctx.set_timer("alive", 2.0)

    nodes = cluster_with(handler, mistake)
    if handler == "on_timer":
        nodes["A"].on_start = lambda self, ctx: ctx.set_timer("t", 0.5)
    nodes["B"] = Trigger
    trace = simulate(nodes, 3.0, clients=[Client("ann", ["x"], "A", start_s=0.4)])
    (error,) = trace.of("error")
    said, (traceback,) = error.detail, trace.tracebacks.values()
    assert said.startswith(line.format(handler))
    assert len(said.splitlines()) == 1
    assert Path(__file__).name in traceback or "keeps something" in said or "ctx.disk" in said or "Kept" in said
    assert [(e.node, e.detail) for e in trace.of("crash")] == [("A", "error")]
    assert not trace.of("note")
    assert [e.node for e in trace.of("send")] == ["B"]
    assert last(trace) == {}
    assert [e.node for e in trace.of("timer")][-1] == "B"  # the others go on
    json.dumps(trace.to_json())
    check_laws(trace)


def test_a_traceback_begins_with_the_frame_of_the_learner():
    trace = simulate(cluster_with("on_start", boom), 1.0)
    lines = next(iter(trace.tracebacks.values())).splitlines()
    assert Path(__file__).name in lines[1]
    assert not any("sim/world.py" in line or "sim/host.py" in line for line in lines)


class Unwilling(Exception):
    def __str__(self):
        raise RuntimeError("I will not say")


def test_an_exception_that_cannot_be_shown_is_told_nevertheless():
    def wrong(self, ctx, *_args):
        raise Unwilling

    trace = simulate(cluster_with("on_start", wrong), 1.0)
    assert trace.of("error")[0].detail == "Unwilling in on_start: (it cannot be shown)"


def test_a_keyboard_interrupt_is_not_swallowed():
    def wrong(self, ctx, *_args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(cluster_with("on_start", wrong), 1.0)


class FailsAtBirth(Node):
    def __init__(self):
        raise OSError("no such file")


class WantsArguments(Node):
    def __init__(self, size):
        self.size = size


class NotANode:
    def on_message(self, ctx, sender, message):
        pass


@pytest.mark.parametrize(
    ("factory", "line"),
    [
        (FailsAtBirth, "OSError in __init__: no such file"),
        (WantsArguments, "TypeError in __init__"),
        (NotANode, "TypeError in __init__: NotANode makes a NotANode, not a Node"),
        (lambda: None, "TypeError in __init__: <lambda> makes a NoneType, not a Node"),
        (Numbered(), "TypeError in __init__: 'Numbered' object is not callable"),
    ],
)
def test_a_class_that_makes_no_node_is_a_crash_of_that_node(factory, line):
    trace = simulate({"A": factory, "B": Counter_}, 1.0, faults=[restart("A", 0.5)])
    assert [e.at_s for e in trace.of("error")] == [0.0, 0.5]
    assert trace.of("error")[0].detail.startswith(line)
    assert last(trace, "B")["memory"] > 5


def test_a_node_may_set_fields_in_its_constructor_and_they_are_those_of_every_start():
    class Made(Node):
        def __init__(self):
            self.log = ["born"]

        def on_start(self, ctx):
            self.log.append("started")

    trace = simulate({"A": Made}, 1.0, faults=[crash("A", 0.3), restart("A", 0.5)])
    assert last(trace) == {"log": ["born", "started"]}


def test_a_node_without_handlers_only_starts():
    trace = simulate({"A": Node, "B": Node}, 1.0, clients=[Client("ann", ["x"], "A", timeout_s=0.2)])
    assert [e.kind for e in trace] == ["start", "start", "request", "give up"]


def test_two_nodes_never_share_a_list_that_one_of_them_sent():
    class Shares(Node):
        def on_start(self, ctx):
            self.log = [ctx.name]
            if ctx.name == "A":
                ctx.broadcast(self.log)
                self.log.append("mine")

        def on_message(self, ctx, sender, message):
            message.append(ctx.name)
            self.log = message

    trace = simulate(dict.fromkeys("ABC", Shares), 1.0)
    assert [last(trace, name)["log"] for name in "ABC"] == [["A", "mine"], ["A", "B"], ["A", "C"]]
    assert [e.detail for e in trace.of("send")] == [["A"], ["A"]]


def test_a_list_that_is_kept_and_stored_is_two_lists():
    class Stores(Node):
        def on_start(self, ctx):
            self.log = [0]
            ctx.disk["log"] = self.log
            ctx.set_timer("t", 0.5)

        def on_timer(self, ctx, timer):
            self.log.append(1)

    assert last(simulate({"A": Stores}, 1.0)) == {"log": [0, 1], "disk.log": [0]}


def test_a_run_that_would_never_end_is_ended_and_the_trace_says_why():
    class Busy(Node):
        def on_start(self, ctx):
            ctx.send(ctx.name, "again")

        def on_message(self, ctx, sender, message):
            ctx.send(ctx.name, message)

    trace = simulate({"A": Busy}, 1.0, events_max=500)
    assert trace[-1].kind == "end"
    assert "stopped after 500 handlers" in trace[-1].detail
    world = World({"A": Busy}, Scenario(1.0, events_max=500)).run()
    assert len(world.run().trace()) == len(trace)


@pytest.mark.parametrize("make", [lambda: [crash("Z", 1)], lambda: partition("A | Z", 1), lambda: [cut("A", "Z", 1)]])
def test_a_schedule_that_speaks_of_a_node_that_is_not_there_is_refused_before_anything_runs(make):
    with pytest.raises(ValueError, match="no node 'Z'"):
        simulate({"A": FailsAtBirth}, faults=make())


# Clients


class Register(Node):
    def on_start(self, ctx):
        self.value = None

    def on_request(self, ctx, request, call):
        kind, *rest = call
        if kind == "write":
            (self.value,) = rest
            ctx.reply(request)
        elif kind == "read":
            ctx.reply(request, self.value)
        elif kind == "refuse":
            ctx.refuse(request, "no")


def told(trace):
    return [(round(e.at_s, 6), e.kind, e.node, *e.detail) for e in trace.of("request", "reply", "refuse", "give up")]


def test_a_client_makes_its_calls_one_after_the_other_with_a_pause_between():
    client = Client("ann", [("write", 1), ("read",)], "A", start_s=0.5, pause_s=0.25)
    assert told(simulate({"A": Register}, clients=[client])) == [
        (0.5, "request", "A", "ann.1", ("write", 1)),
        (0.5, "reply", "A", "ann.1", None),
        (0.75, "request", "A", "ann.2", ("read",)),
        (0.75, "reply", "A", "ann.2", 1),
    ]


def test_a_call_that_is_not_answered_is_given_up_and_the_next_one_goes_to_the_next_node():
    client = Client("ann", [("read",), ("read",)], "A B", timeout_s=0.5, pause_s=0.1)
    assert told(simulate({"A": Register, "B": Register}, clients=[client], faults=[crash("A", 0)])) == [
        (0.0, "request", "A", "ann.1", ("read",)),
        (0.5, "give up", "", "ann.1", ("read",)),
        (0.6, "request", "B", "ann.2", ("read",)),
        (0.6, "reply", "B", "ann.2", None),
    ]


def test_with_retry_the_same_request_is_asked_until_it_is_answered():
    client = Client("ann", [("read",)], "A B", timeout_s=0.5, retry=True)
    faults = [crash("A", 0), crash("B", 0), restart("B", 1.2)]
    assert [(at_s, kind, node) for at_s, kind, node, *_rest in told(
        simulate({"A": Register, "B": Register}, clients=[client], faults=faults)
    )] == [
        (0.0, "request", "A"), (0.5, "request", "B"), (1.0, "request", "A"), (1.5, "request", "B"), (1.5, "reply", "B"),
    ]  # fmt: skip


def test_a_refusal_sends_the_client_to_the_next_node_at_once_or_with_retry_after_its_pause():
    for retry in (False, True):
        client = Client("ann", [("refuse",), ("read",)], "A B", pause_s=0.1, timeout_s=9.0, retry=retry)
        lines = told(simulate({"A": Register, "B": Register}, 0.35, clients=[client]))
        assert [(kind, node, request) for _at_s, kind, node, request, _what in lines] == [
            ("request", "A", "ann.1"),
            ("refuse", "A", "ann.1"),
            ("request", "B", "ann.1" if retry else "ann.2"),
            ("refuse" if retry else "reply", "B", "ann.1" if retry else "ann.2"),
            *([("request", "A", "ann.1"), ("refuse", "A", "ann.1")] * retry),
            *([("request", "B", "ann.1"), ("refuse", "B", "ann.1")] * retry),
        ]


def test_an_answer_for_which_nobody_waits_is_a_remark():
    class Twice(Register):
        def on_request(self, ctx, request, call):
            ctx.reply(request, 1)
            ctx.reply(request, 2)
            ctx.reply("nobody.7", 3)
            ctx.reply("nonsense", 4)

    trace = simulate({"A": Twice}, clients=[Client("ann", ["x"], "A")])
    assert [e.detail for e in trace.of("reply")] == [("ann.1", 1)]
    assert len(trace.of("note")) == 3


def test_another_node_may_answer():
    class Forwards(Register):
        def on_request(self, ctx, request, call):
            ctx.send("B", (request, call))

        def on_message(self, ctx, sender, message):
            ctx.reply(message[0], "from B")

    trace = simulate({"A": Forwards, "B": Forwards}, clients=[Client("ann", ["x"], "A")])
    assert [(e.node, e.detail) for e in trace.of("reply")] == [("B", ("ann.1", "from B"))]


def test_a_client_of_nodes_that_are_down_does_not_stop_the_run():
    clients = [Client("ann", ["x"] * 3, "A", timeout_s=0.5, pause_s=0, retry=True)]
    trace = simulate({"A": Register}, 10.0, clients=clients, faults=[crash("A", 0)])
    assert len(trace.of("request")) == 21


# Copies


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 2.4))
def test_a_copy_of_a_world_goes_the_same_way_and_leaves_the_original_alone(seed, at_s):
    scenario = Scenario(2.5, seed=seed, network=RANDOM_NETWORK, faults=schedule(seed, 2.5),
                        clients=[Client("ann", ["a"] * 6, "A B", timeout_s=0.3)])  # fmt: skip
    straight = World(dict.fromkeys(NAMES, Gossip), scenario).run().trace()
    world = World(dict.fromkeys(NAMES, Gossip), scenario).run(at_s)
    assert world.copy().run().trace() == straight
    assert world.run().trace() == straight


def test_a_copy_takes_other_faults_from_then_on():
    faults = [crash("A", 1.0)]
    world = World({"A": Counter_, "B": Counter_}, Scenario(2.0, faults=faults)).run(1.5)
    other = world.copy(world.scenario.with_faults(crash("B", 1.8)))
    assert other.run().trace() == World({"A": Counter_, "B": Counter_}, other.scenario).run().trace()
    assert [e.node for e in other.trace().of("crash")] == ["A", "B"]
    assert [e.node for e in world.run().trace().of("crash")] == ["A"]


def test_a_pause_without_end_ends_with_a_resume_that_is_added():
    trace = simulate({"A": Counter_}, 2.0, faults=[pause("A", 0.5), resume("A", 1.5)])
    assert [e.kind for e in trace.of("pause", "resume")] == ["pause", "resume"]
