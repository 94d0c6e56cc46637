"""Causal consistency, PRAM and the session guarantees, against their definitions tried out on small histories."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, combinations, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import stream
from faultlab.sim.history import (
    GUARANTEES,
    IMPLIES,
    MODELS,
    Operation,
    causal,
    causal_convergence,
    causal_memory,
    linearizable,
    monotonic_reads,
    monotonic_writes,
    pram,
    read_your_writes,
    sequential,
    together,
    writes_follow_reads,
)

RYW, MR, MW, WFR = GUARANTEES
SESSION_CHECKERS = {
    RYW: read_your_writes,
    MR: monotonic_reads,
    MW: monotonic_writes,
    WFR: writes_follow_reads,
}
Sessions = Sequence[Sequence[tuple]]


def history_of(*sessions: Sequence[tuple]) -> list[Operation]:
    """Clients A, B, C that write ("w", key, value) and read ("r", key, value), all at the same pace."""
    history = []
    for client, session in zip("ABCDEF", sessions, strict=False):
        for n, (kind, key, value) in enumerate(session):
            call, result = (("write", key, value), None) if kind == "w" else (("read", key), value)
            history.append(Operation(client, call, result, 2.0 * n, 2.0 * n + 1))
    return history


def random_sessions(rng: random.Random, sizes: Sequence[int], keys: str = "xy") -> list[list[tuple]]:
    """Distinct written values; reads return something that is written to the register, or the initial None."""
    shape = [[(rng.choice("wrr"), rng.choice(keys)) for _ in range(size)] for size in sizes]
    written: dict[str, list[int]] = {key: [] for key in keys}
    sessions: list[list[tuple]] = []
    for session in shape:
        sessions.append([])
        for kind, key in session:
            if kind == "w":
                written[key].append(len(written[key]) + 1)
            sessions[-1].append((kind, key, written[key][-1] if kind == "w" else None))
    return [
        [(kind, key, value if kind == "w" else rng.choice([None, *written[key]])) for kind, key, value in session]
        for session in sessions
    ]


def some_histories(name: str, number: int, sizes: Sequence[Sequence[int]], keys: str = "xy") -> Iterator[Sessions]:
    for n in range(number):
        rng = stream(n, name)
        yield random_sessions(rng, rng.choice(list(sizes)), rng.choice([keys, keys, "x"]))


# CC, CM and CCv as defined: there is a causal order (any partial order that contains the order of each client) such
# that the answers of each operation are those of a sequence of its causal past. Bouajjani et al. 2017, section 3.


@cache
def causal_orders(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All partial orders on operations 0, 1, ... of sessions of these sizes that contain the order of each session; an
    order is the mask of the past of each operation."""
    number = sum(sizes)
    session_of = [s for s, size in enumerate(sizes) for _ in range(size)]
    free = [(a, b) for a, b in combinations(range(number), 2) if session_of[a] != session_of[b]]
    fixed = [(a, b) for a, b in combinations(range(number), 2) if session_of[a] == session_of[b]]
    found = []
    for choice in product((None, True, False), repeat=len(free)):
        past = [0] * number
        for a, b in fixed:
            past[b] |= 1 << a
        for (a, b), forwards in zip(free, choice, strict=True):
            if forwards is not None:
                past[b if forwards else a] |= 1 << (a if forwards else b)
        if all(not past[n] >> n & 1 and all(not past[m] & ~past[n] for m in members(past[n])) for n in range(number)):
            found.append(tuple(past))
    return found


def members(mask: int) -> list[int]:
    return [n for n in range(mask.bit_length()) if mask >> n & 1]


@cache
def sequences(past: tuple[int, ...], chosen: int) -> list[tuple[int, ...]]:
    """All orders of the chosen operations that keep the partial order."""
    return [
        order for order in permutations(members(chosen)) if not any(past[a] >> b & 1 for a, b in combinations(order, 2))
    ]


def answers_right(operations: Sequence[tuple], order: Sequence[int], visible: int) -> bool:
    """Whether the reads of `visible` return the last write before them."""
    values: dict[str, int] = {}
    for n in order:
        kind, key, value = operations[n]
        if kind == "w":
            values[key] = value
        elif visible >> n & 1 and values.get(key) != value:
            return False
    return True


def by_definition(sessions: Sessions, model: str) -> bool:
    operations = [o for session in sessions for o in session]
    po_past, n = [], 0
    for session in sessions:
        po_past += [sum(1 << m for m in range(n, n + k)) for k in range(len(session))]
        n += len(session)
    for past in causal_orders(tuple(map(len, sessions))):

        def explained(o: int, past: tuple[int, ...] = past) -> bool:
            visible = 1 << o | (po_past[o] if model == "CM" else 0)
            return any(answers_right(operations, s, visible) for s in sequences(past, past[o] | 1 << o))

        if model == "CCv":
            everything = (1 << len(operations)) - 1
            for arbitration in sequences(past, everything):
                orders = [[m for m in arbitration if m == o or past[o] >> m & 1] for o in range(len(operations))]
                # o comes last of its past, because the arbitration contains causality
                if all(answers_right(operations, order, 1 << o) for o, order in enumerate(orders)):
                    return True
        elif all(explained(o) for o in range(len(operations))):
            return True
    return False


SMALL = [(2, 2), (2, 2, 1), (3, 2), (1, 2), (2, 3), (3, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "checker"), [("CC", causal), ("CM", causal_memory), ("CCv", causal_convergence)])
def test_causal_models_are_as_defined_whatever_the_causal_order(model, checker):
    counts = {"ok": 0, "violated": 0}
    for sessions in some_histories("definition", 300, SMALL):
        verdict = checker(history_of(*sessions))
        counts[verdict.status] += 1
        assert verdict.ok == by_definition(sessions, model), sessions
    assert min(counts.values()) >= 60


# With the least causal order (what the clients did and read) larger histories can be tried.


def least_past(operations: Sequence[Operation], with_reads_of: str | None = None) -> list[set[int]] | None:
    """For each operation all that must be causally before it; None if that goes round in a circle. `with_reads_of`
    leaves out what other clients than this one learned by reading."""
    past: list[set[int]] = [set() for _ in operations]
    for a, first in enumerate(operations):
        for b, second in enumerate(operations):
            same = first.client == second.client and first.called_s < second.called_s
            counts = with_reads_of in (None, second.client) and second.call[0] == "read"
            if same or (counts and first.call == ("write", second.call[1], second.result)):
                past[b].add(a)
    for middle in range(len(operations)):
        for behind in past:
            if middle in behind:
                behind |= past[middle]
    return None if any(n in behind for n, behind in enumerate(past)) else past


def serialisable(operations: Sequence[Operation], past: Sequence[set[int]], client: str) -> bool:
    """Whether all writes and the reads of `client` have an order within `past` in which its reads are right: Ahamad et
    al. 1995, section 3."""
    chosen = [n for n, o in enumerate(operations) if o.call[0] == "write" or o.client == client]

    def go(placed: tuple[int, ...], values: dict) -> bool:
        if len(placed) == len(chosen):
            return True
        for n in chosen:
            if n in placed or any(m in chosen and m not in placed for m in past[n]):
                continue
            call, result = operations[n].call, operations[n].result
            if call[0] == "write":
                if go((*placed, n), values | {call[1]: call[2]}):
                    return True
            elif values.get(call[1]) == result and go((*placed, n), values):
                return True
        return False

    return go((), {})


def every_client_has_a_view(history: Sequence[Operation], causally: bool) -> bool:
    for client in {o.client for o in history}:
        past = least_past(history, None if causally else client)
        if past is None or not serialisable(history, past, client):
            return False
    return True


LARGER = [(3, 3), (2, 2, 2), (4, 2), (3, 2, 1), (2, 1, 1, 1), (4, 3)]


@pytest.mark.slow
@pytest.mark.parametrize(("checker", "causally"), [(causal_memory, True), (pram, False)])
def test_causal_memory_and_pram_are_a_view_for_each_client(checker, causally):
    counts = {"ok": 0, "violated": 0}
    for sessions in some_histories("views", 1200, LARGER):
        history = history_of(*sessions)
        verdict = checker(history)
        counts[verdict.status] += 1
        assert verdict.ok == every_client_has_a_view(history, causally), sessions
    assert min(counts.values()) >= 200


# The session guarantees as defined: what each read has received, and an order of versions, tried out.


def subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def some_execution(history: Sequence[Operation], guarantees: frozenset[str], one_order: bool) -> bool:
    """Whether received sets and an order of versions exist with which every answer is right and the guarantees hold. An
    unanswered write may have happened or not."""
    lost = [n for n, o in enumerate(history) if o.pending]
    return any(_some_execution(history, guarantees, one_order, set(lost) - set(some)) for some in subsets(lost))


def _some_execution(history: Sequence[Operation], guarantees: frozenset[str], one_order: bool, gone: set[int]) -> bool:
    taking_part = [n for n, o in enumerate(history) if n not in gone and not (o.pending and o.call[0] == "read")]
    writes = [n for n in taking_part if history[n].call[0] == "write"]

    def before(n: int, kind: str) -> list[int]:
        return [
            m
            for m in taking_part
            if history[m].client == history[n].client
            and history[m].called_s < history[n].called_s
            and history[m].call[0] == kind
        ]

    def returned(read: int) -> list[int]:
        call, result = history[read].call, history[read].result
        return [w for w in writes if history[w].call == ("write", call[1], result)]

    needs: dict[int, set[int]] = {
        w: {m for m in before(w, "write") if MW in guarantees}
        | {m for r in before(w, "read") for m in returned(r) if WFR in guarantees}
        for w in writes
    }

    def can_return(read: int, versions: Sequence[int]) -> bool:
        key, result = history[read].call[1], history[read].result
        for received in subsets(writes):
            late = any(read in before(w, "read") for w in received)
            missing = any(m not in received for w in received for m in needs[w])
            missing |= RYW in guarantees and not set(before(read, "write")) <= set(received)
            missing |= MR in guarantees and any(not set(returned(r)) <= set(received) for r in before(read, "read"))
            last = [w for w in versions if w in received and history[w].call[1] == key][-1:]
            if not late and not missing and [history[w].call[2] for w in last] == ([] if result is None else [result]):
                return True
        return False

    orders = [
        order
        for order in permutations(writes)
        if not any(order.index(m) >= order.index(w) for w in writes for m in needs[w])
    ]
    reads = [n for n in taking_part if history[n].call[0] == "read"]
    groups = [reads] if one_order else [[r for r in reads if history[r].client == c] for c in "ABCD"]
    return all(any(all(can_return(r, order) for r in group) for order in orders) for group in groups)


def with_lost_writes(sessions: Sessions, rng: random.Random) -> list[Operation]:
    """The last operation of some clients was never answered."""
    history = history_of(*sessions)
    for n, o in enumerate(history):
        is_last = o.called_s == max(p.called_s for p in history if p.client == o.client)
        if o.call[0] == "write" and is_last and rng.random() < 0.3:
            history[n] = Operation(o.client, o.call, None, o.called_s, None)
    return history


@pytest.mark.slow
@pytest.mark.parametrize("one_order", [False, True])
def test_guarantees_hold_together_exactly_if_some_execution_explains_the_history(one_order):
    counts = {"ok": 0, "violated": 0}
    for n, sessions in enumerate(some_histories("sessions", 220, [(2, 2), (3, 2), (2, 2, 1), (2, 1, 2), (1, 4)])):
        history = with_lost_writes(sessions, stream(n, "lost"))
        if sum(o.call[0] == "write" for o in history) > 4:
            continue
        for chosen in subsets(range(4)):
            guarantees = frozenset(GUARANTEES[g] for g in chosen)
            status = together(history, guarantees, one_order=one_order).status
            counts[status] += 1
            assert (status == "ok") == some_execution(history, guarantees, one_order), (history, guarantees)
    assert min(counts.values()) >= 200


@pytest.mark.slow
@pytest.mark.parametrize("given_names", [(), (MW,), (MR,), (RYW, MW)])
def test_the_verdict_on_one_guarantee_follows_from_what_can_hold_together(given_names):
    seen = set()
    for sessions in some_histories("one guarantee", 150, [(3, 2), (2, 2, 1), (2, 3), (2, 2, 2)]):
        history = history_of(*sessions)
        for name, checker in SESSION_CHECKERS.items():

            def can(*names: str, history=history) -> bool:
                return together(history, names).ok

            known = set(given_names) - {name}
            others = [g for g in GUARANTEES if g != name and g not in known]
            supersets = [known | set(some) for some in subsets(others)]
            if not can(name) or (can(*known) and not can(name, *known)):
                expected = "violated"
            elif not can(*known) or any(can(*s) and not can(name, *s) for s in supersets):
                expected = "unknown"
            else:
                expected = "ok"
            verdict = checker(history, given=given_names)
            seen.add((name, expected))
            assert verdict.status == expected, (sessions, name)
            assert (verdict.pattern in ("OneOf", "NotGiven")) == (expected == "unknown")
            assert bool(verdict.operations) == (expected != "ok")
    assert len(seen) >= 10


# What is known to imply what


@pytest.mark.slow
def test_a_stronger_model_implies_the_weaker_ones():
    counts = {model: {"ok": 0, "violated": 0, "unknown": 0} for model in MODELS}
    for sessions in some_histories("implications", 1000, [(2, 2), (3, 3), (2, 2, 2), (4, 2), (2, 1, 1, 1)]):
        history = history_of(*sessions)
        status = {model: checker(history).status for model, checker in MODELS.items()}
        for model, answer in status.items():
            counts[model][answer] += 1
        for strong, weak in implications():
            assert status[strong] != "ok" or status[weak] == "ok", (strong, weak, sessions)
    assert all(count["ok"] >= 50 and count["ok"] <= 950 for count in counts.values()), counts


def implications() -> list[tuple[str, str]]:
    return [(strong, weak) for strong, weaker in IMPLIES.items() for weak in weaker]


def test_every_model_of_the_map_has_a_checker_that_answers_by_its_name():
    assert {*IMPLIES, *(weak for _, weak in implications())} == set(MODELS)
    for name, checker in MODELS.items():
        assert checker([]).model == name
        assert checker([]).status == "ok"


@pytest.mark.slow
@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(LARGER))
def test_all_four_guarantees_with_one_order_of_versions_are_causal_convergence(seed, sizes):
    history = history_of(*random_sessions(stream(seed), sizes))
    assert together(history, one_order=True).ok == causal_convergence(history).ok


@pytest.mark.slow
@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(LARGER))
def test_guarantees_follow_together_from_causal_models_and_three_of_them_from_pram(seed, sizes):
    history = history_of(*random_sessions(stream(seed), sizes))
    if causal_memory(history).ok or causal_convergence(history).ok:
        assert together(history).ok
    if pram(history).ok:
        assert together(history, (RYW, MR, MW)).ok
    if causal_memory(history).ok:
        assert causal(history).ok and pram(history).ok


# What is said


@pytest.mark.parametrize("checker", [causal, causal_memory, causal_convergence, pram, *SESSION_CHECKERS.values()])
def test_what_cannot_be_judged_is_unknown_and_says_why(checker):
    repeated = checker(history_of([("w", "x", 1)], [("w", "x", 1)]))
    assert (repeated.status, repeated.pattern, repeated.operations) == ("unknown", "RepeatedValue", (0, 1))
    initial = checker(history_of([("w", "x", None)]))
    assert (initial.status, initial.pattern, initial.operations) == ("unknown", "RepeatedValue", (0,))
    cas = checker([Operation("A", ("cas", "x", 1, 2), True, 0, 1)])
    assert (cas.status, cas.pattern, cas.operations) == ("unknown", "NotARegister", (0,))
    assert checker(history_of([("w", "x", 1)], [("w", "y", 1)])).ok  # the same value, another register


@pytest.mark.parametrize("checker", [causal, causal_memory, causal_convergence, pram, *SESSION_CHECKERS.values()])
def test_a_value_from_nowhere_violates_everything(checker):
    verdict = checker(history_of([("w", "x", 1)], [("r", "x", 2)]))
    assert (verdict.status, verdict.pattern, verdict.operations) == ("violated", "ThinAirRead", (1,))
    refused = Operation("A", ("write", "x", 1), None, 0, 1, failed=True)
    verdict = checker([refused, *history_of([], [("r", "x", 1)])])
    assert (verdict.status, verdict.operations) == ("violated", (1, 0))
    assert verdict.because == (
        "B: read x → 1 (operation 1) returns what nobody wrote: A: write x=1 refused (operation 0) had no effect"
    )


def test_an_initial_value_can_be_named():
    history = history_of([("r", "x", 0), ("w", "x", 1)], [("r", "x", 1), ("r", "x", 0)])
    assert causal(history).pattern == "ThinAirRead"
    assert causal(history, initial=0).pattern == "WriteCOInitRead"
    assert monotonic_reads(history, initial=0).pattern == "MissedWrite"


def test_a_lost_write_counts_only_if_somebody_read_it():
    lost = Operation("A", ("write", "x", 2), None, 2, None)
    before = Operation("A", ("write", "x", 1), None, 0, 1)
    reads = [Operation("B", ("read", "x"), value, moment, moment + 1) for value, moment in ((2, 0), (1, 2))]
    assert causal([before, lost, reads[1]]).ok
    verdict = causal([before, lost, *reads])
    assert (verdict.pattern, verdict.operations) == ("WriteCORead", (3, 0, 1))


@pytest.mark.parametrize(
    ("sessions", "checker", "pattern", "operations"),
    [
        ([[("r", "x", 1), ("w", "y", 1)], [("r", "y", 1), ("w", "x", 1)]], causal, "CyclicCO", {0, 1, 2, 3}),
        ([[("w", "x", 1), ("r", "x", None)]], causal, "WriteCOInitRead", {0, 1}),
        ([[("w", "x", 1), ("w", "x", 2)], [("r", "x", 2), ("r", "x", 1)]], causal, "WriteCORead", {0, 1, 3}),
        (
            [[("w", "x", 1), ("r", "x", 2)], [("w", "x", 2), ("r", "x", 1)]],
            causal_convergence,
            "CyclicCF",
            {0, 1, 2, 3},
        ),
        ([[("w", "x", 1)], [("w", "x", 2), ("r", "x", 1), ("r", "x", 2)]], causal_memory, "CyclicHB", {0, 1, 3}),
    ],
)
def test_a_bad_pattern_is_named_with_the_operations_that_show_it(sessions, checker, pattern, operations):
    verdict = checker(history_of(*sessions))
    assert (verdict.status, verdict.pattern) == ("violated", pattern)
    assert set(verdict.operations) == operations
    assert all(str(history_of(*sessions)[i]) in verdict.because for i in verdict.operations)


def test_going_back_breaks_one_of_two_guarantees_and_which_is_known_only_given_the_other():
    history = history_of([("w", "x", 1), ("w", "x", 2)], [("r", "x", 2), ("r", "x", 1)])
    for checker, other in ((monotonic_reads, MW), (monotonic_writes, MR)):
        assert (checker(history).status, checker(history).pattern) == ("unknown", "OneOf")
        assert "cannot be told: monotonic reads, monotonic writes" in checker(history).because
        assert checker(history, given=[other]).status == "violated"
        assert checker(history, given=[RYW]).status == "unknown"
    assert read_your_writes(history).ok and writes_follow_reads(history).ok
    assert pram(history).status == "violated"


def test_clients_may_disagree_on_the_order_of_versions_unless_there_is_one_for_all():
    history = history_of(
        [("w", "x", 1)], [("w", "x", 2)], [("r", "x", 1), ("r", "x", 2)], [("r", "x", 2), ("r", "x", 1)]
    )
    assert monotonic_reads(history).ok and causal_memory(history).ok
    verdict = monotonic_reads(history, one_order=True)
    assert (verdict.status, verdict.pattern) == ("violated", "CyclicVersions")
    assert set(verdict.operations) == {0, 1, 3, 5}


def test_what_is_given_but_broken_itself_decides_nothing():
    history = history_of([("w", "x", 1), ("r", "x", None)])
    assert read_your_writes(history).status == "violated"
    assert monotonic_reads(history).ok
    assert monotonic_reads(history, given=[RYW]).pattern == "NotGiven"
    with pytest.raises(ValueError, match="no session guarantee"):
        monotonic_reads(history, given=["eventual"])


@pytest.mark.slow
def test_a_thousand_operations_are_judged_by_every_model():
    rng = stream(1, "thousand")
    values, sessions = [None], [[] for _ in range(5)]
    for _ in range(1000):
        session = rng.choice(sessions)
        if rng.random() < 0.5:
            values.append(len(values))
            session.append(("w", "x", values[-1]))
        else:
            session.append(("r", "x", values[-1]))
    history = history_of(*sessions)
    for checker in (causal, causal_memory, causal_convergence, pram, together, read_your_writes):
        assert checker(history).ok
    client, last = history[-1].client, max(o.called_s for o in history)
    history.append(Operation(client, ("read", "x"), values[100], last + 1, last + 2))
    for checker in (causal, causal_memory, causal_convergence, pram):
        assert checker(history).status == "violated"
        assert len(history) - 1 in checker(history).operations
    assert not linearizable(history).ok and not sequential(history).ok
