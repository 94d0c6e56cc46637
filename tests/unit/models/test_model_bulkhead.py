"""The bulkhead around real code, and the simulator of whole designs."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.errors import BulkheadFullError
from faultlab.models.bulkhead import (
    LOST,
    REJECTED,
    SERVED,
    TIMED_OUT,
    Bulkhead,
    Design,
    Machine,
    PoolSpec,
    RequestClass,
    Scenario,
    erlang_b,
    office_day,
    one_pool,
    servers_for,
    simulate,
    three_pools,
)

# Around real code


class Holder:
    """A thread that is inside the bulkhead until `let_go`."""

    def __init__(self, bulkhead, done=None):
        self._inside, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(bulkhead, done if done is not None else []), daemon=True
        )
        self._thread.start()

    def _run(self, bulkhead, done):
        with bulkhead.slot():
            self._inside.set()
            self._go.wait(5)
            done.append(self)

    def is_inside(self):
        return self._inside.wait(5)

    def let_go(self):
        self._go.set()
        self._thread.join(5)


def wait_until(condition):
    """Let other threads run until `condition()`; they need no more than to be scheduled."""
    turn = threading.Event()
    for _ in range(5000):
        if condition():
            return
        turn.wait(0.001)
    pytest.fail("the other thread did not get there")


def test_calls_beyond_slots_and_queue_are_refused_at_once_and_say_by_whom():
    bulkhead = Bulkhead(slots=2, queue=0, name="reports")
    holders = [Holder(bulkhead) for _ in range(2)]
    assert all(holder.is_inside() for holder in holders)
    with pytest.raises(BulkheadFullError) as refusal:
        bulkhead.call(lambda: "never")
    assert refusal.value.pool == "reports"
    holders[0].let_go()
    assert bulkhead.call(lambda: "now") == "now"
    holders[1].let_go()
    assert bulkhead.in_use == 0


def test_who_waits_in_the_queue_is_served_in_order():
    bulkhead, done = Bulkhead(slots=1, queue=2), []
    first = Holder(bulkhead, done)
    first.is_inside()
    second = Holder(bulkhead, done)
    wait_until(lambda: bulkhead.waiting == 1)
    third = Holder(bulkhead, done)
    wait_until(lambda: bulkhead.waiting == 2)
    with pytest.raises(BulkheadFullError):
        bulkhead.call(lambda: "never")
    for holder in (first, second, third):
        assert holder.is_inside()
        holder.let_go()
    assert done == [first, second, third]
    assert (bulkhead.in_use, bulkhead.waiting) == (0, 0)


def test_a_call_that_fails_gives_its_slot_back():
    bulkhead = Bulkhead(slots=1)
    with pytest.raises(KeyError):
        bulkhead.call(lambda: {}["missing"])
    assert bulkhead.in_use == 0


def test_patience_that_ends_leaves_the_queue():
    bulkhead = Bulkhead(slots=1, queue=1)
    holder = Holder(bulkhead)
    holder.is_inside()
    with pytest.raises(BulkheadFullError), bulkhead.slot(wait_s_max=0.0):
        pytest.fail("there was no slot")
    assert bulkhead.waiting == 0
    holder.let_go()


@pytest.mark.parametrize(("slots", "queue"), [(0, 0), (1, -1)])
def test_a_bulkhead_without_slots_is_refused(slots, queue):
    with pytest.raises(ValueError):
        Bulkhead(slots, queue)


# A design is data


POOL = {"name": "p", "threads": 5}


def test_a_design_is_read_from_plain_data():
    data = {"pools": [{**POOL, "queue": 3, "cpu_share": 0.5, "memory_mb": 512}], "routes": {"api": "p"}}
    assert Design.from_data(data) == Design((PoolSpec("p", 5, 3, None, 0.5, 512),), {"api": "p"})


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "pools"),
        ({"pools": {}, "routes": {}}, "list"),
        ({"pools": [{"threads": 5}], "routes": {}}, "name"),
        ({"pools": [{"name": "p"}], "routes": {}}, "threads"),
        ({"pools": [{**POOL, "threads": 0}], "routes": {}}, "threads"),
        ({"pools": [{**POOL, "threads": 2.5}], "routes": {}}, "threads"),
        ({"pools": [{**POOL, "threads": True}], "routes": {}}, "threads"),
        ({"pools": [{**POOL, "queue": -1}], "routes": {}}, "queue"),
        ({"pools": [{**POOL, "cpu_share": float("nan")}], "routes": {}}, "cpu_share"),
        ({"pools": [{**POOL, "treads": 5}], "routes": {}}, "treads"),
        ({"pools": [POOL, POOL], "routes": {}}, "same name"),
        ({"pools": [POOL], "routes": {"api": "q"}}, "'q'"),
    ],
)
def test_what_is_wrong_with_a_design_is_named(data, named):
    with pytest.raises(ValueError, match=named):
        Design.from_data(data)


def test_a_class_without_a_route_is_refused():
    with pytest.raises(ValueError, match="reports"):
        simulate(Design((PoolSpec("p", 1),), {"api": "p"}), office_day())


@pytest.mark.parametrize(
    ("pool", "key"),
    [
        (PoolSpec("p", 1, cpu_share=1.5), "cpu_share"),
        (PoolSpec("p", 1, memory_mb=1e6), "memory_mb"),
        (PoolSpec("p", 1, connections=1000), "connections"),
    ],
)
def test_a_design_that_promises_more_than_the_machine_has_is_refused(pool, key):
    design = Design((pool,), {"x": "p"})
    assert list(Machine().overcommitted(design)) == [key]
    with pytest.raises(ValueError, match=key):
        simulate(design, Scenario((RequestClass("x", 1),)))


# The rules of the model, one at a time


def run(pool, *kinds, duration_s=10.0, seed=1, **machine):
    """All classes into one pool; the run, and its requests in the order of arrival."""
    design = Design((pool,), {kind.name: pool.name for kind in kinds})
    result = simulate(design, Scenario(kinds, duration_s, Machine(**machine)), seed)
    return result, sorted(result.requests, key=lambda request: request[1])


def burst(name="x", number=10, **kind):
    """About `number` requests at practically one moment, the beginning, of a class that is quiet otherwise."""
    return RequestClass(name, 1e-9, surges=((0.0, number * 1e-6, 1e15),), fixed_wait=True, **kind)


def test_requests_beyond_threads_and_queue_are_rejected():
    result, _ = run(PoolSpec("p", 3, queue=2), burst(number=50, cpu_s=0, wait_s=1.0, timeout_s=10))
    assert result.classes["x"].served == 5
    assert result.classes["x"].rejected == result.classes["x"].arrived - 5 > 20
    assert result.pools["p"].queue_longest == 2


def test_who_waited_in_the_queue_has_waited():
    _, requests = run(PoolSpec("p", 1, queue=2), burst(number=50, cpu_s=0, wait_s=1.0, timeout_s=10))
    latencies = [latency_s for *_, outcome, latency_s in requests if outcome == SERVED]
    assert latencies == pytest.approx([1, 2, 3], abs=1e-3)


def test_runnable_requests_share_the_cores_evenly_and_none_is_faster_than_one_core():
    _, requests = run(PoolSpec("p", 8), burst(number=50, cpu_s=1.0, wait_s=0, timeout_s=99), cores=4)
    assert [r[3] for r in requests if r[2] == SERVED] == pytest.approx([2.0] * 8, abs=1e-3)
    _, requests = run(PoolSpec("p", 2), burst(number=50, cpu_s=1.0, wait_s=0, timeout_s=99), cores=4)
    assert [r[3] for r in requests if r[2] == SERVED] == pytest.approx([1.0] * 2, abs=1e-3)


def test_a_cpu_share_is_a_limit_and_the_rest_belongs_to_the_others():
    design = Design((PoolSpec("hungry", 50, cpu_share=0.25), PoolSpec("rest", 3)), {"h": "hungry", "r": "rest"})
    kinds = (
        burst("h", number=500, cpu_s=1.0, wait_s=0, timeout_s=999),
        burst("r", number=50, cpu_s=1.0, wait_s=0, timeout_s=999),
    )
    result = simulate(design, Scenario(kinds, machine=Machine(cores=4)))
    assert result.classes["h"].percentile_s(100) == pytest.approx(50, abs=0.1)  # 50 seconds of work on one core
    assert result.classes["r"].percentile_s(100) == pytest.approx(1, abs=0.1)  # three cores for three


def test_without_a_share_the_hungry_slow_the_others_down():
    design = Design((PoolSpec("hungry", 50), PoolSpec("rest", 3)), {"h": "hungry", "r": "rest"})
    kinds = (
        burst("h", number=500, cpu_s=1.0, wait_s=0, timeout_s=999),
        burst("r", number=50, cpu_s=1.0, wait_s=0, timeout_s=999),
    )
    result = simulate(design, Scenario(kinds, machine=Machine(cores=4)))
    assert result.classes["r"].percentile_s(100) == pytest.approx(53 / 4, abs=0.1)


def test_a_request_without_a_connection_waits_for_one_with_its_thread():
    _, requests = run(PoolSpec("p", 6, connections=2), burst(number=50, cpu_s=0, wait_s=1.0, timeout_s=99))
    assert [r[3] for r in requests if r[2] == SERVED] == pytest.approx([1, 1, 2, 2, 3, 3], abs=1e-3)


def test_a_hang_holds_the_thread_until_it_is_over_and_the_client_gives_up_before():
    kind = RequestClass("x", 100, cpu_s=0, wait_s=0.01, timeout_s=1, hangs=((2, 8),), fixed_wait=True)
    result, requests = run(PoolSpec("p", 10), kind)
    assert {outcome for _, at_s, outcome, _ in requests if at_s < 1.9} == {SERVED}
    assert {outcome for _, at_s, outcome, _ in requests if 2 < at_s < 8} == {TIMED_OUT, REJECTED}
    assert {outcome for _, at_s, outcome, _ in requests if at_s > 8.1} == {SERVED}
    assert result.classes["x"].timed_out == 10
    assert max(to_s for *_, to_s, _, outcome in result.slots if outcome == TIMED_OUT) == pytest.approx(8.01)


def test_a_request_found_expired_in_the_queue_takes_no_thread():
    kind = burst(number=50, cpu_s=0, wait_s=3.0, timeout_s=4)
    result, _ = run(PoolSpec("p", 1, queue=5), kind)
    assert result.classes["x"].counts[SERVED] == 1
    assert result.classes["x"].counts[TIMED_OUT] == 5
    assert len(result.slots) == 2  # the one in time, and the one that was started in time


def test_work_that_does_not_fit_into_the_memory_kills_its_pool_and_no_other():
    design = Design((PoolSpec("big", 20, memory_mb=1000), PoolSpec("small", 5)), {"b": "big", "s": "small"})
    kinds = (
        burst("b", number=50, cpu_s=0, wait_s=1.0, memory_mb=100),
        RequestClass("s", 10, cpu_s=0, wait_s=0.01, memory_mb=1),
    )
    result = simulate(design, Scenario(kinds, 10))
    assert result.pools["big"].kills == 1
    assert result.classes["b"].lost == 11
    assert result.classes["b"].served == 0
    assert result.pools["small"].kills == 0
    assert result.classes["s"].share(SERVED) == 1


def test_a_killed_pool_is_back_after_the_restart_with_all_its_threads_and_connections():
    kinds = (
        burst("b", number=50, cpu_s=0, wait_s=1.0, memory_mb=100),
        RequestClass("s", 20, cpu_s=0, wait_s=0.01, memory_mb=1, fixed_wait=True),
    )
    result, requests = run(PoolSpec("p", 20, connections=2, memory_mb=1000), *kinds, restart_s=3)
    small = [(at_s, outcome) for name, at_s, outcome, _ in requests if name == "s"]
    assert {outcome for at_s, outcome in small if 0.1 < at_s < 3} == {REJECTED}
    assert {outcome for at_s, outcome in small if at_s > 3.01} == {SERVED}
    assert result.classes["b"].counts[LOST] == 11


def test_connections_of_a_killed_pool_go_to_those_who_share_them():
    design = Design((PoolSpec("big", 20, memory_mb=1000), PoolSpec("small", 5)), {"b": "big", "s": "small"})
    kinds = (
        RequestClass("b", 1e-9, cpu_s=0, wait_s=9.0, memory_mb=100, surges=((0, 5e-5, 1e15),), fixed_wait=True),
        RequestClass("s", 5, cpu_s=0, wait_s=0.01, memory_mb=1, fixed_wait=True),
    )
    result = simulate(design, Scenario(kinds, 10, Machine(connections=3)))
    assert result.pools["big"].kills == 1
    assert result.classes["s"].share(SERVED) == 1


# The story


@pytest.fixture(scope="module")
def days():
    return {"three": simulate(three_pools(), office_day(), 1), "one": simulate(one_pool(), office_day(), 1)}


def test_with_pools_of_their_own_the_api_does_not_notice_that_reports_hang(days):
    assert days["three"].classes["api"].share(SERVED) == 1
    assert days["three"].classes["reports"].share(REJECTED) > 0.1


def test_in_one_pool_hanging_reports_take_the_api_down_with_them(days):
    assert days["one"].classes["api"].share(SERVED) < 0.8


def test_isolation_is_paid_for_with_idle_slots(days):
    idle = {name: sum(pool.idle_slot_s for pool in day.pools.values()) for name, day in days.items()}
    assert idle["three"] > idle["one"] > 0


def test_two_designs_get_the_same_requests(days):
    arrivals = {name: sorted(r[:2] for r in day.requests) for name, day in days.items()}
    assert arrivals["three"] == arrivals["one"]


def test_in_quiet_times_one_pool_serves_everybody_as_well():
    quiet = simulate(one_pool(), office_day(api_rate_per_s=1, reports_hang=None), 1)
    assert quiet.classes["api"].share(SERVED) == 1


# Laws


pools = st.builds(
    PoolSpec,
    st.just("p"),
    st.integers(1, 6),
    st.integers(0, 6),
    st.none() | st.integers(1, 6),
    st.none() | st.floats(0.1, 1),
    st.none() | st.floats(20, 200),
)
kinds = st.builds(
    RequestClass,
    st.just("x"),
    st.floats(0.5, 40),
    st.sampled_from([0.0, 0.01, 0.3]),
    st.sampled_from([0.0, 0.05, 0.5]),
    st.floats(1, 60),
    st.floats(0.05, 5),
    st.sampled_from([(), ((1.0, 3.0),)]),
    st.sampled_from([(), ((2.0, 4.0, 3.0),)]),
)


@settings(max_examples=60, deadline=None)
@given(pools, kinds, st.integers(0, 1000))
def test_every_request_has_one_fate_and_no_slot_does_two_things_at_once(pool, kind, seed):
    result, requests = run(pool, kind, duration_s=5, seed=seed)
    outcome = result.classes["x"]
    assert outcome.arrived == len(requests)
    assert len(outcome.latencies_s) == outcome.served
    assert all(kind.cpu_s * 0.999 <= latency_s <= kind.timeout_s + 1e-9 for latency_s in outcome.latencies_s)
    for slot in range(pool.threads):
        bars = sorted((start_s, end_s) for _, number, start_s, end_s, *_ in result.slots if number == slot)
        assert all(a[1] <= b[0] for a, b in pairwise(bars))
    assert {number for _, number, *_ in result.slots} <= set(range(pool.threads))
    assert 0 <= result.pools["p"].busy_slot_s <= pool.threads * 5 + 1e-6
    assert result.pools["p"].queue_longest <= pool.queue
    assert result.requests == run(pool, kind, duration_s=5, seed=seed)[0].requests


@given(st.integers(0, 40), st.floats(1, 100))
def test_more_servers_block_less(servers, load):
    assert 0 <= erlang_b(servers + 1, load) < erlang_b(servers, load) <= 1


@given(st.floats(0.01, 200), st.floats(1e-4, 1))
def test_the_fewest_servers_are_enough_and_one_less_is_not(load, blocking_max):
    servers = servers_for(load, blocking_max)
    assert erlang_b(servers, load) <= blocking_max
    assert servers == 0 or erlang_b(servers - 1, load) > blocking_max
