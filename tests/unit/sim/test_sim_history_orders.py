"""Linearizability and sequential consistency, against the trial of every order."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import stream
from faultlab.sim.history import (
    ANY,
    NOT_ALLOWED,
    Counter,
    ListAppend,
    Operation,
    Queue,
    Register,
    Spec,
    linearizable,
    sequential,
)

KINDS = ["registers", "one register", "counter", "queue", "lists"]
SPECS: dict[str, Spec] = {
    "registers": Register(),
    "one register": Register(0),
    "counter": Counter(),
    "queue": Queue(),
    "lists": ListAppend(),
}


# The definitions, word by word: some of the operations that were never answered, in every order.


def earlier(history: Sequence[Operation], a: int, b: int, by_clock: bool) -> bool:
    first, second = history[a], history[b]
    if first.returned_s is None:
        return False
    if first.client == second.client:
        until_s = math.inf if second.returned_s is None else second.returned_s
        return (first.called_s, first.returned_s, a) < (second.called_s, until_s, b)
    return by_clock and first.returned_s < second.called_s


def explains(history: Sequence[Operation], spec: Spec, order: Sequence[int]) -> bool:
    states = {}
    for i in order:
        operation = history[i]
        key = spec.key(operation.call)
        result = ANY if operation.pending else operation.result
        states[key] = spec.step(states.get(key, spec.initial()), operation.call, result)
        if states[key] is NOT_ALLOWED:
            return False
    return True


def respects(history: Sequence[Operation], order: Sequence[int], by_clock: bool) -> bool:
    return not any(earlier(history, b, a, by_clock) for a, b in combinations(order, 2))


def orders(history: Sequence[Operation], by_clock: bool) -> Iterator[tuple[int, ...]]:
    answered = [i for i, o in enumerate(history) if not o.pending and not o.failed]
    lost = [i for i, o in enumerate(history) if o.pending]
    for some in chain.from_iterable(combinations(lost, size) for size in range(len(lost) + 1)):
        for order in permutations([*answered, *some]):
            if respects(history, order, by_clock):
                yield order


def by_brute_force(history: Sequence[Operation], spec: Spec, by_clock: bool) -> bool:
    return any(explains(history, spec, order) for order in orders(history, by_clock))


# Random histories. Moments are small integers, so that many coincide.


def a_call(kind: str, rng: random.Random) -> tuple:
    if kind == "counter":
        return rng.choice([("add", rng.randint(1, 2)), ("get",)])
    if kind == "queue":
        return rng.choice([("enqueue", rng.randint(1, 3)), ("dequeue",)])
    key = "x" if kind == "one register" else rng.choice("xy")
    if kind == "lists":
        return rng.choice([("append", key, rng.randint(1, 3)), ("read", key)])
    value = rng.randint(0, 2)
    return rng.choice([("write", key, value), ("read", key), ("read", key), ("cas", key, rng.randint(0, 2), value)])


def an_answer(spec: Spec, state, call, rng: random.Random):
    """The right answer in `state`, found by trying."""
    candidates = [None, True, False, 0, 1, 2, 3, 4, 5, 6, state, *(state if isinstance(state, tuple) else ())]
    return next(c for c in candidates if spec.step(state, call, c) is not NOT_ALLOWED)


def a_history(kind: str, rng: random.Random, operations_max: int = 5) -> list[Operation]:
    """Answers as if each operation took effect at a random moment, near its interval or in it; some spoilt."""
    spec, last_s = SPECS[kind], 8
    slots = []
    for client in "ABC"[: rng.randint(2, 3)]:
        moments = sorted(rng.randint(0, last_s) for _ in range(2 * rng.randint(1, 3)))
        slots += [(client, a, b) for a, b in zip(moments[::2], moments[1::2], strict=True)]
    slots = rng.sample(slots, min(len(slots), operations_max))
    slack_s = rng.choice([0, 0, 3, 6])
    effects = sorted((rng.uniform(a - slack_s, b + slack_s), client, a, b) for client, a, b in slots)
    states, history = {}, []
    for _, client, a, b in effects:
        call = a_call(kind, rng)
        key = spec.key(call)
        state = states.get(key, spec.initial())
        result = an_answer(spec, state, call, rng)
        failed = rng.random() < 0.05
        if not failed:
            states[key] = spec.step(state, call, result)
        if rng.random() < 0.05:
            result = rng.choice([None, True, 0, 1, 2])
        pending = not failed and rng.random() < 0.25 and b == max(end for c, _, end in slots if c == client)
        pending = pending and a == max(start for c, start, _ in slots if c == client)
        pending = pending and sum((c, s, e) == (client, a, b) for c, s, e in slots) == 1
        history.append(Operation(client, call, None if pending else result, a, None if pending else b, failed))
    rng.shuffle(history)
    return history


def histories(kind: str, number: int) -> Iterator[list[Operation]]:
    for n in range(number):
        yield a_history(kind, stream(n, kind))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_linearizable_and_sequential_say_what_the_trial_of_all_orders_says(kind):
    spec = SPECS[kind]
    counts: dict[tuple[str, str], int] = {}
    for history in histories(kind, 1800):
        verdicts = linearizable(history, spec), sequential(history, spec)
        for verdict, by_clock in zip(verdicts, (True, False), strict=True):
            assert verdict.status == ("ok" if by_brute_force(history, spec, by_clock) else "violated"), history
            if verdict.ok:
                assert set(verdict.order) >= {i for i, o in enumerate(history) if not o.pending and not o.failed}
                assert not any(history[i].failed for i in verdict.order)
                assert len(set(verdict.order)) == len(verdict.order)
                assert respects(history, verdict.order, by_clock), history
                assert explains(history, spec, verdict.order), history
            else:
                assert explains(history, spec, verdict.partial)
        statuses = tuple(v.status for v in verdicts)
        counts[statuses] = counts.get(statuses, 0) + 1
    # All three cases that can be must have been seen, and the fourth cannot be.
    assert min(counts[s] for s in [("ok", "ok"), ("violated", "ok"), ("violated", "violated")]) >= 40, counts
    assert ("ok", "violated") not in counts


def the_first_to_fail(history: Sequence[Operation], spec: Spec) -> int:
    """By the definition: the operation with whose return there is no order any more of those called by then, in which
    those that have not returned may be missing. Of several that return at one moment, the one called first."""
    returns = sorted((o.returned_s, o.called_s, i) for i, o in enumerate(history) if not o.pending and not o.failed)
    for n, (moment_s, _, index) in enumerate(returns):
        answered = [i for *_, i in returns[: n + 1]]
        under_way = [i for i, o in enumerate(history) if not o.failed and o.called_s <= moment_s and i not in answered]
        if not any(explains(history, spec, order) for order in partial_orders(history, answered, under_way)):
            return index
    raise AssertionError("the history is linearizable")


def partial_orders(history: Sequence[Operation], answered: list[int], under_way: list[int]) -> Iterator[Sequence[int]]:
    for some in chain.from_iterable(combinations(under_way, size) for size in range(len(under_way) + 1)):
        missing = set(under_way) - set(some)
        if any(earlier(history, a, b, False) for a in missing for b in (*answered, *some)):
            continue  # a client's next call may come at the moment of its last return, but not without it
        for order in permutations([*answered, *some]):
            if respects(history, order, True):
                yield order


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_operation_named_is_the_first_whose_return_nothing_explains(kind):
    spec, named = SPECS[kind], 0
    for history in histories(kind, 500):
        verdict = linearizable(history, spec)
        if verdict.status == "violated":
            named += 1
            assert verdict.operations == (the_first_to_fail(history, spec),), history
            assert verdict.because.startswith(str(history[verdict.operations[0]]))
    assert named >= 40


@st.composite
def register_histories(draw) -> list[Operation]:
    """Histories of one register that hypothesis can shrink."""
    history = []
    for client in "ABC":
        moments = draw(st.lists(st.integers(0, 9), min_size=0, max_size=4).map(sorted))
        for a, b in zip(moments[::2], moments[1::2], strict=False):
            call = draw(st.sampled_from([("read", "x"), ("write", "x", 1), ("write", "x", 2), ("cas", "x", 1, 2)]))
            answers = {"read": [None, 1, 2], "write": [None], "cas": [True, False]}[call[0]]
            history.append(Operation(client, call, draw(st.sampled_from(answers)), a, b))
    return history


@pytest.mark.slow
@settings(derandomize=True, max_examples=300, deadline=None)
@given(register_histories())
def test_a_register_is_judged_as_by_the_trial_of_all_orders(history):
    assert linearizable(history).ok == by_brute_force(history, Register(), True)
    assert sequential(history).ok == by_brute_force(history, Register(), False)


@pytest.mark.slow
@settings(derandomize=True, max_examples=200, deadline=None)
@given(register_histories(), st.integers(0, 8))
def test_what_is_linearizable_is_so_up_to_every_moment(history, until_s):
    """Linearizability is closed under prefixes; what had not returned by then may still have happened."""
    if linearizable(history).ok:
        prefix = [
            Operation(o.client, o.call, o.result, o.called_s, o.returned_s if o.returned_s < until_s else None)
            for o in history
            if o.called_s < until_s
        ]
        assert linearizable(prefix).ok


def op(client, call, result, called_s, returned_s, failed=False):
    return Operation(client, call, result, called_s, returned_s, failed)


def test_a_write_that_was_never_answered_may_take_effect_late_or_never():
    lost = op("A", ("write", "x", 1), None, 0, None)
    new, old = op("B", ("read", "x"), 1, 1, 2), op("B", ("read", "x"), None, 1, 2)
    for reads in ([], [new], [old], [old, op("C", ("read", "x"), 1, 8, 9)]):
        assert linearizable([lost, *reads]).ok
    assert linearizable([lost, old]).order == (1,)  # not worth placing
    verdict = linearizable([lost, new, op("C", ("read", "x"), None, 3, 4)])
    assert (verdict.status, verdict.operations) == ("violated", (2,))


def test_a_write_that_was_never_answered_takes_no_effect_before_its_call():
    history = [op("A", ("write", "x", 1), None, 5, None), op("B", ("read", "x"), 1, 1, 2)]
    assert linearizable(history).status == "violated"
    assert sequential(history).ok


def test_a_refused_write_has_no_effect():
    history = [op("A", ("write", "x", 1), None, 0, 1, failed=True), op("B", ("read", "x"), None, 2, 3)]
    assert linearizable(history).order == (1,)
    assert linearizable([history[0], op("B", ("read", "x"), 1, 2, 3)]).status == "violated"


def test_at_equal_moments_either_order_is_possible_but_not_within_a_client():
    write = op("A", ("write", "x", 1), None, 0, 1)
    assert linearizable([write, op("B", ("read", "x"), None, 1, 2)]).ok
    assert linearizable([write, op("A", ("read", "x"), None, 1, 2)]).status == "violated"
    instants = [
        op("A", ("write", "x", 1), None, 1, 1),
        op("A", ("read", "x"), 1, 1, 1),
        op("B", ("read", "x"), None, 1, 1),
    ]
    assert linearizable(instants).ok


def test_objects_that_fit_one_by_one_need_not_fit_together_at_equal_moments():
    """Each register alone can be explained, but each explanation needs the other client's turn to come first. With
    calls and returns at different moments this cannot happen (locality)."""
    history = [
        op("A", ("read", "x"), 1, 0, 1),
        op("A", ("write", "y", 1), None, 1, 2),
        op("B", ("read", "y"), 1, 0, 1),
        op("B", ("write", "x", 1), None, 1, 2),
    ]
    for key in "xy":
        assert linearizable([o for o in history if o.call[1] == key]).ok
    assert not by_brute_force(history, Register(), True)
    assert linearizable(history).status == "violated"
    assert sequential(history).status == "violated"


def test_a_specification_needs_no_more_than_three_methods():
    class Bare:
        def initial(self):
            return 0

        def step(self, state, call, result):
            return Counter().step(state, call, result)

        def key(self, call):
            return None

    history = [op("A", ("add", 1), None, 0, 3), op("B", ("get",), 0, 1, 2), op("C", ("get",), 1, 4, 5)]
    assert linearizable(history, Bare()).order == linearizable(history, Counter()).order == (1, 0, 2)
    history[1] = op("B", ("get",), 2, 1, 2)
    assert linearizable(history, Bare()).operations == (1,)


def test_the_empty_history_and_one_in_which_nothing_happened_are_fine():
    for history in ([], [op("A", ("write", "x", 1), None, 0, 1, failed=True)]):
        assert linearizable(history).order == sequential(history).order == ()


# Long histories


def a_run(operations: int, clients: int, rng: random.Random, stale_at: int | None = None) -> list[Operation]:
    """Clients that read and write one register at random moments; one read may return what was overwritten for long."""
    free_s = [0.0] * clients
    intervals = []
    for _ in range(operations):
        client = min(range(clients), key=free_s.__getitem__)
        called_s = free_s[client] + rng.uniform(0, 0.05)
        free_s[client] = called_s + rng.uniform(0.05, 1)
        intervals.append((rng.uniform(called_s, free_s[client]), client, called_s, free_s[client]))
    values = [0]
    history = []
    for n, (_, client, called_s, returned_s) in enumerate(sorted(intervals)):
        if n == stale_at:
            call, result = ("read", "x"), values[-40]
        elif rng.random() < 0.5:
            values.append(len(values))
            call, result = ("write", "x", values[-1]), None
        else:
            call, result = ("read", "x"), values[-1]
        history.append(Operation(f"c{client}", call, result, called_s, returned_s))
    return history


def test_a_thousand_operations_of_five_clients_take_few_steps():
    history = a_run(1000, 5, stream(1, "run"))
    verdict = linearizable(history, Register(0), steps_max=40_000)
    assert verdict.ok and explains(history, Register(0), verdict.order)
    assert sequential(history, Register(0), steps_max=80_000).ok


@pytest.mark.slow
def test_a_stale_read_near_the_end_of_a_thousand_operations_is_found_and_named():
    for seed in range(3):
        history = a_run(1000, 5, stream(seed, "stale"), stale_at=980)
        verdict = linearizable(history, Register(0), steps_max=200_000)
        assert (verdict.status, verdict.operations) == ("violated", (980,))
        assert len(verdict.partial) >= 970
        assert sequential(history, Register(0)).status == "violated"


@pytest.mark.slow
def test_thousands_of_operations_meet_no_limit_of_recursion():
    history = a_run(6000, 3, stream(2, "long"))
    assert linearizable(history, Register(0)).ok


def test_at_the_end_of_its_budget_a_checker_says_that_it_does_not_know():
    history = a_run(200, 5, stream(3, "run"))
    for checker in (linearizable, sequential):
        verdict = checker(history, Register(0), 100)
        assert (verdict.status, verdict.pattern, verdict.order) == ("unknown", "Budget", None)
        assert verdict.tried <= 101
        assert 0 < len(verdict.partial) < 200
        assert explains(history, Register(0), verdict.partial)


def test_a_violation_of_one_object_is_certain_though_the_budget_ends_at_another():
    noise = [Operation(f"w{n}", ("write", "y", n), None, 0, None) for n in range(14)]
    noise += [op("r", ("read", "y"), 13, 1, 2), op("r", ("read", "y"), 99, 3, 4)]
    bad = [op("A", ("write", "x", 1), None, 0, 1), op("B", ("read", "x"), None, 2, 3)]
    assert linearizable(noise, steps_max=1000).status == "unknown"
    verdict = linearizable([*bad, *noise], steps_max=1000)
    assert (verdict.status, verdict.operations) == ("violated", (1,))
