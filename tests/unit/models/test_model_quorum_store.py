"""The store with tunable consistency: what overlapping quorums give, what they do not, and how a replica catches up."""

import pytest

from faultlab.models.quorum_store import QuorumStore, levels, preference_list
from faultlab.sim import Client, Constant, Network, Uniform, crash, drop, partition, restart, simulate, skew
from faultlab.sim.history import linearizable

FIVE = "ABCDE"
KEY = "x"
RING = preference_list(tuple(FIVE), KEY, 3)
REPLICAS, SPARE = RING[:3], RING[3:]


def run(until_s=6.0, clients=(), faults=(), latency=None, names=FIVE, seed=1, **options):
    network = Network(latency or Constant(0.02))
    nodes = dict.fromkeys(names, lambda: QuorumStore(**options))
    trace = simulate(nodes, until_s, clients=clients, faults=faults, network=network, seed=seed)
    assert not trace.tracebacks
    return trace


def kept(trace, at_s):
    """The value of the key on each node, where it has one."""
    return {n: s["store"][KEY][1] for n, s in trace.at(at_s).items() if KEY in s.get("store", {})}


def told(trace):
    return [(e.other, e.detail[1]) for e in trace.of("reply")]


def test_the_preference_list_is_a_stretch_of_the_ring():
    assert sorted(RING) == sorted(FIVE) and preference_list(tuple(reversed(FIVE)), KEY, 3) == RING
    assert "".join(RING) in FIVE * 2


def test_cassandras_levels():
    assert levels(3) == {"ANY": 1, "ONE": 1, "QUORUM": 2, "ALL": 3} and levels(5)["QUORUM"] == 3


def test_quorums_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="should be from 1 to n=3"):
        QuorumStore(n=3, r=4)


@pytest.mark.parametrize(("r", "w"), [(2, 2), (1, 3), (3, 1)])
def test_a_read_after_an_acknowledged_write_sees_it_if_quorums_overlap(r, w):
    for seed in range(8):
        calls = [c for i in range(8) for c in (("write", KEY, i), ("read", KEY))]
        trace = run(20, [Client("ann", calls, SPARE[0], pause_s=0.0)], latency=Uniform(0.001, 0.2), seed=seed, r=r, w=w)
        assert [value for _who, value in told(trace)] == [v for i in range(8) for v in (None, i)]


def test_reads_and_writes_at_one_are_stale_now_and_then():
    stale = 0
    for seed in range(20):
        calls = [c for i in range(8) for c in (("write", KEY, i), ("read", KEY))]
        trace = run(20, [Client("ann", calls, SPARE[0], pause_s=0.0)], latency=Uniform(0.001, 0.2), seed=seed, r=1, w=1)
        values = [value for _who, value in told(trace)][1::2]
        stale += sum(value != i for i, value in enumerate(values))
    assert 5 < stale < 100


def test_overlapping_quorums_alone_are_not_linearizable():
    # The write reaches one replica; a read that asks it sees the new value, and a later one that does not, the old.
    one, two, three = REPLICAS
    others = " ".join(SPARE)
    faults = [
        drop(one, two, 1),
        drop(one, three, 1),
        *partition(f"{one} {two} | {three} {others}", 1.07),
        *partition(f"{one} | {two} {three} {others}", 1.3),
    ]
    clients = [
        Client("ann", [("write", KEY, 1)], one, 1.0),
        Client("bob", [("read", KEY)], two, 1.1),
        Client("cy", [("read", KEY)], three, 1.6),
    ]
    trace = run(2.5, clients, faults, r=2, w=2, repair=False)
    assert told(trace) == [("bob", 1), ("cy", None)]
    assert linearizable(trace.history()).status == "violated"


def test_a_failed_write_is_not_undone():
    one, two, three = REPLICAS
    faults = [crash(two, 0.5), crash(three, 0.5), restart(two, 3.0), restart(three, 3.0)]
    clients = [Client("ann", [("write", KEY, 1)], one, 1.0), Client("bob", [("read", KEY)], two, 4.0)]
    trace = run(6, clients, faults, r=2, w=2)
    assert not any(who == "ann" for who, _value in told(trace)) and ("bob", 1) in told(trace)


def test_a_hint_brings_a_replica_up_to_date_when_it_is_back():
    away = REPLICAS[2]
    clients = [Client("ann", [("write", KEY, 1)], REPLICAS[0], 1.0)]
    trace = run(8, clients, [crash(away, 0.5), restart(away, 4.0)], r=1, w=2, repair=False)
    assert away not in kept(trace, 4.0) and kept(trace, 8.0)[away] == 1
    assert trace.at(2.0)[SPARE[0]]["hints"] and not trace.at(8.0)[SPARE[0]]["hints"]


def test_a_sloppy_quorum_counts_the_hint_and_a_read_cannot_see_it():
    two, three = REPLICAS[1:]
    down = [crash(two, 0.5), crash(three, 0.5)]
    clients = [Client("ann", [("write", KEY, 1)], REPLICAS[0], 1.0)]
    strict, sloppy = (run(3, clients, down, r=2, w=2, sloppy=mode) for mode in (False, True))
    assert told(strict) == [] and told(sloppy) == [("ann", None)]
    # The one replica that has it fails, the others come back, the hint is not there yet: R + W > N, and stale.
    faults = [*down, crash(REPLICAS[0], 1.5), restart(two, 1.6), restart(three, 1.6)]
    clients.append(Client("bob", [("read", KEY)], two, 1.7))
    assert told(run(1.9, clients, faults, r=2, w=2, sloppy=True)) == [("ann", None), ("bob", None)]


def test_read_repair_mends_what_a_read_finds():
    away = REPLICAS[2]
    faults = [*partition([[away], [n for n in FIVE if n != away]], 0.5, 2.0)]
    clients = [Client("ann", [("write", KEY, 1)], REPLICAS[0], 1.0), Client("bob", [("read", KEY)], REPLICAS[0], 2.05)]
    for repair, expected in ((True, 1), (False, None)):
        trace = run(2.6, clients, faults, r=2, w=2, repair=repair)
        early = kept(trace, 2.45)
        assert early.get(away) in (expected, 1) and (repair is False or early[away] == 1)


def test_a_clock_that_is_behind_makes_an_acknowledged_write_invisible():
    one, two, _three = REPLICAS
    clients = [
        Client("ann", [("write", KEY, "old")], one, 1.0),
        Client("bob", [("write", KEY, "new"), ("read", KEY)], two, 2.0),
    ]
    assert told(run(4, clients, [skew(two, 0.1, by_s=-5.0)], r=2, w=2))[-1] == ("bob", "old")
    assert told(run(4, clients, r=2, w=2))[-1] == ("bob", "new")
