"""The simulator of strategies for kinds of data: its rules one at a time, then the three systems."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.models.cap_strategy import (
    ANSWERED,
    CLAIM,
    COUNTER,
    KINDS,
    MERGES,
    READ,
    REFUSED,
    REGISTER,
    SET,
    UNKNOWN,
    WRITE,
    Cut,
    Kind,
    Needs,
    Operation,
    Strategy,
    System,
    not_in_one_order,
    percentile,
    requests,
    shortfalls,
    simulate,
    staleness_s,
)
from faultlab.sim.history import linearizability
from faultlab.sim.history.operations import Operation as Recorded

PLACES = ("a", "b", "c")
LINKS = {("a", "b"): 0.01, ("a", "c"): 0.05, ("b", "c"): 0.05}
CUT = Cut(10, 30, ("c",))


def kind(shape=SET, needs=None, reads=2.0, writes=1.0, keys=3, cuts=(CUT,), duration_s=50.0):
    system = System("test", PLACES, LINKS, tuple(cuts), duration_s)
    rates = [dict.fromkeys(PLACES, rate) for rate in (reads, writes)]
    return Kind("test", system, shape, *rates, keys, needs or Needs())


def run(strategy, *, seed=1, **about):
    return simulate(kind(**about), strategy, seed)


def missed(result, **needs):
    """The names of the needs that this run does not meet, as if its kind of data had these."""
    result.kind = replace(result.kind, needs=Needs(**needs))
    return {short.need for short in shortfalls(result)}


def of(result, what, region, from_s=0.0, to_s=1e9):
    return [op for op in result.operations if (op.kind, op.region) == (what, region) and from_s <= op.start_s < to_s]


# A strategy is data


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "copies"),
        ({"copies": []}, "copies"),
        ({"copies": ["a", "a"]}, "different"),
        ({"copies": ["a"], "read": 2}, "read=2"),
        ({"copies": ["a"], "write": 0}, "write=0"),
        ({"copies": ["a"], "merge": "union"}, "union"),
        ({"copies": ["a"], "partition_read": "accept"}, "partition_read"),
        ({"copies": ["a"], "cache_s": float("nan")}, "cache_s"),
        ({"copies": ["a"], "stale_s": -1}, "stale_s"),
        ({"copies": ["a"], "quorum": 2}, "quorum"),
    ],
)
def test_what_is_wrong_with_a_strategy_is_named(data, named):
    with pytest.raises(ValueError, match=named):
        Strategy.from_data(data)


def test_a_region_that_the_system_does_not_have_is_refused():
    with pytest.raises(ValueError, match="'mars'"):
        run(Strategy(("mars",)))


@pytest.mark.parametrize(("shape", "merge"), [(REGISTER, "set"), (CLAIM, "counter"), (SET, "counter")])
def test_a_merge_that_does_not_fit_the_data_is_refused(shape, merge):
    with pytest.raises(ValueError, match=merge):
        run(Strategy(PLACES, merge=merge), shape=shape)


# Rules 1 to 3: copies, quorums and cuts


def test_a_request_takes_the_way_to_the_last_copy_that_it_needs_and_back():
    for copies_asked, latency_s in ((1, 0.001), (2, 0.02), (3, 0.1)):
        result = run(Strategy(PLACES, read=copies_asked, write=copies_asked, merge="set"), cuts=())
        for op in of(result, READ, "a") + of(result, WRITE, "a"):
            assert op.latency_s == pytest.approx(latency_s)


def test_who_reaches_too_few_copies_refuses_and_the_others_go_on():
    result = run(Strategy(PLACES, read=2, write=2, merge="set"))
    apart = of(result, READ, "c", 10.5, 30) + of(result, WRITE, "c", 10.5, 30)
    assert apart and {op.outcome for op in apart} == {REFUSED}
    others = of(result, READ, "a", 10.5, 30) + of(result, WRITE, "b", 10.5, 30)
    assert others and all(op.is_whole for op in others)


def test_a_cut_that_is_not_noticed_yet_costs_half_a_second():
    result = run(Strategy(PLACES, read=2, write=2, merge="set"), reads=20)
    early = of(result, READ, "c", 10.0, 10.3)
    assert early and all(op.outcome == REFUSED and op.latency_s == pytest.approx(0.5) for op in early)


@pytest.mark.parametrize(("policy", "marked"), [("serve", False), ("mark", True)])
def test_what_is_served_by_too_few_copies_is_marked_if_the_strategy_says_so(policy, marked):
    result = run(Strategy(PLACES, read=2, write=2, merge="set", partition_read=policy))
    apart = of(result, READ, "c", 10.5, 30)
    assert apart and all(op.outcome == ANSWERED and op.marked is marked and not op.is_whole for op in apart)
    assert not any(op.marked for op in of(result, READ, "c", 0, 10) + of(result, READ, "c", 31))


def test_a_provisional_write_stands_where_it_could_be_written_and_comes_to_all_after_the_cut():
    result = run(Strategy(PLACES, read=2, write=2, merge="set", partition_write="accept"))
    apart = of(result, WRITE, "c", 10.5, 30)
    assert apart and all((op.outcome, op.provisional, op.regions) == (ANSWERED, True, 1) for op in apart)
    assert missed(result, none_lost=True, settled_s=2.0) == set()


def test_one_local_copy_is_always_enough_so_nothing_is_ever_refused_or_marked():
    result = run(Strategy(PLACES, merge="set"))
    assert all(op.is_whole for op in result.operations)
    assert missed(result, fresh=True) == {"fresh"}


def test_overlapping_quorums_never_miss_what_was_confirmed_and_others_do():
    assert missed(run(Strategy(PLACES, read=2, write=2, merge="set")), fresh=True) == set()
    assert missed(run(Strategy(PLACES, read=1, write=2, merge="set")), fresh=True) == {"fresh"}


def test_copies_hear_of_news_within_a_second_and_the_way():
    result = run(Strategy(PLACES, merge="set"), cuts=(), reads=10)
    assert 0.5 < max(staleness_s(result, op) for op in result.operations if op.kind == READ) <= 1.05


def test_questions_to_other_regions_are_counted():
    assert run(Strategy(PLACES, merge="set")).asked == 0
    everything = run(Strategy(("a",), merge="set"), cuts=())
    assert everything.asked == sum(op.region != "a" for op in everything.operations)


# Rules 4 and 5: caches and age


def test_a_cache_answers_without_asking_until_its_content_is_too_old():
    result = run(Strategy(("a",), merge="set", cache_s=5), cuts=(), reads=5, keys=1)
    reads = of(result, READ, "c")
    assert {round(op.latency_s, 3) for op in reads} == {0.0, 0.1}
    assert 4 < max(staleness_s(result, op) for op in reads) <= 5.0


@pytest.mark.parametrize(("policy", "answered"), [("refuse", False), ("serve", True)])
def test_in_a_cut_a_cache_goes_on_with_old_content_unless_reads_are_to_be_refused(policy, answered):
    result = run(Strategy(("a",), merge="set", cache_s=5, partition_read=policy), reads=5, keys=1)
    late = of(result, READ, "c", 16, 30)
    assert late and all((op.outcome == ANSWERED) is answered for op in late)


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy(("a",), merge="set", cache_s=3, stale_s=8.0, partition_read="serve"),
        Strategy(PLACES, merge="set", stale_s=8.0, partition_read="serve"),
    ],
)
def test_nothing_older_than_the_limit_is_answered_from_a_cache_or_a_copy(strategy):
    result = run(strategy, reads=5, keys=1)
    assert missed(result, age_s_max=8.0) == set()
    assert of(result, READ, "c", 11, 14) and all(op.outcome == ANSWERED for op in of(result, READ, "c", 11, 14))
    assert {op.outcome for op in of(result, READ, "c", 18.5, 30)} == {REFUSED}
    without = run(replace(strategy, stale_s=None), reads=5, keys=1)
    assert missed(without, age_s_max=8.0) == {"age_s_max"}


# Rule 6: merges


@pytest.mark.parametrize("shape", [COUNTER, SET])
def test_the_last_writer_drops_what_the_other_side_added(shape):
    both_sides = {"partition_read": "serve", "partition_write": "accept"}
    assert missed(run(Strategy(PLACES, **both_sides), shape=shape), none_lost=True) == {"none_lost"}
    assert missed(run(Strategy(PLACES, merge="set", **both_sides), shape=shape), none_lost=True) == set()


def test_overlapping_quorums_do_not_keep_two_from_claiming_the_same_thing():
    strategy = Strategy(PLACES, read=2, write=2)
    assert missed(run(strategy, shape=CLAIM, cuts=()), one_order=True) == {"one_order"}


# Rule 7: agreement


@pytest.mark.parametrize(("read", "write"), [(2, 2), (1, 3), (3, 1), (3, 3), (2, 3)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agreement_with_overlapping_quorums_has_one_winner_for_each_claim(read, write, seed):
    result = run(Strategy(PLACES, read=read, write=write, merge="none"), shape=CLAIM, seed=seed)
    assert missed(result, one_order=True, none_lost=True) == set()
    won = [op.key for op in result.operations if op.kind == WRITE and op.outcome == ANSWERED and op.won]
    assert len(won) == len(set(won)) > 10


@pytest.mark.parametrize(("read", "write"), [(1, 1), (1, 2), (2, 1)])
def test_agreement_without_overlap_is_none(read, write):
    names = set()
    for seed in range(4):
        result = run(Strategy(PLACES, read=read, write=write, merge="none"), shape=CLAIM, seed=seed)
        names |= missed(result, one_order=True)
    assert names == {"one_order"}


def test_agreement_that_is_accepted_provisionally_has_two_winners():
    strategy = Strategy(PLACES, read=2, write=2, merge="none", partition_write="accept")
    assert missed(run(strategy, shape=CLAIM), one_order=True, none_lost=True) == {"one_order", "none_lost"}


operations = st.lists(
    st.tuples(st.sampled_from([READ, WRITE]), st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(operations)
def test_the_short_check_of_claims_finds_what_the_general_checker_finds(made):
    """Everybody is told of one and the same winner, if any: the first who won, or who may have."""
    ops = []
    for number, (what, start_s, length_s, yes, pending) in enumerate(made):
        op = Operation(number, what, "a", 0, float(start_s))
        if not (pending and what == WRITE):
            op.outcome, op.end_s = ANSWERED, start_s + length_s + 0.5
            op.won = what == WRITE and yes
        ops.append(op)
    writes = [op for op in ops if op.kind == WRITE]
    winner = next((op for op in writes if op.won and op.outcome == ANSWERED), None)
    winner = winner or min((op for op in writes if op.outcome == UNKNOWN), key=lambda op: op.start_s, default=None)
    owner = winner.number if winner else 99
    for op, (what, _start, _length, yes, _pending) in zip(ops, made, strict=True):
        if what == READ and yes:
            op.held = ((1.0, "a"), frozenset({owner}))
    history = [
        Recorded(
            f"client {op.number}",
            ("read", "x") if op.kind == READ else ("cas", "x", None, op.number),
            None if op.outcome == UNKNOWN else (next(iter(op.held[1]), None) if op.kind == READ else op.won),
            op.start_s,
            None if op.outcome == UNKNOWN else op.end_s,
        )
        for op in ops
    ]
    assert (not_in_one_order(ops) is None) == linearizability.linearizable(history).ok


# Times and shares


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.floats(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values, percent):
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-9


def test_a_need_that_is_missed_tells_where_and_how_much_and_since_when():
    result = run(Strategy(("a",), merge="set"), needs=Needs(read_s_max=0.06, reads_answered_in=("a", "c")))
    slow, apart = shortfalls(result)
    assert (slow.need, slow.region, slow.wanted) == ("read_s_max", "c", 0.06)
    assert slow.got == pytest.approx(0.1)
    assert (apart.need, apart.region, apart.got) == ("reads_answered_in", "c", 0.0)
    assert apart.first.start_s == min(op.start_s for op in of(result, READ, "c", 10, 30))


def test_only_cuts_that_are_short_enough_count_where_a_need_says_so():
    result = run(Strategy(("a",), merge="set"))
    assert missed(result, reads_answered_in=("c",), cut_s_max=20.0) == {"reads_answered_in"}
    assert missed(result, reads_answered_in=("c",), cut_s_max=19.0) == set()


# The three systems


RIGHT = {
    "position": Strategy(KINDS["position"].system.regions),
    "score": Strategy(KINDS["score"].system.regions, merge="counter"),
    "trade": Strategy(("eu", "us", "oce"), 2, 2, merge="none"),
    "allergies": Strategy(KINDS["allergies"].system.regions, 2, 3, "mark", "accept", "set"),
    "results": Strategy(KINDS["results"].system.regions, 1, 2, "mark", "accept", "set"),
    "dispensing": Strategy(KINDS["dispensing"].system.regions, 2, 3, "mark", "refuse", "none"),
    "files": Strategy(("eu",), partition_read="serve", cache_s=86_400),
    "pages": Strategy(("eu",), partition_read="serve", cache_s=30),
    "takedowns": Strategy(("eu",), partition_read="serve", merge="set", cache_s=20, stale_s=58),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_for_each_kind_of_data_there_is_a_strategy_that_meets_its_needs(name, seed):
    assert shortfalls(simulate(KINDS[name], RIGHT[name], seed)) == []


@pytest.mark.parametrize("letters", ["AP", "CP", "CA"])
def test_no_two_letters_are_right_for_everything(letters):
    met = []
    for name, one in KINDS.items():
        regions = one.system.regions
        strategy = {
            "AP": Strategy(regions, 1, 1, "serve", "accept", MERGES[one.shape][0]),
            "CP": Strategy(regions[:3], 2, 2, merge="none"),
            "CA": Strategy(regions[:1], merge="none"),
        }[letters]
        met += [name] if not shortfalls(simulate(one, strategy, 1)) else []
    assert met == {"AP": ["position", "files", "pages"], "CP": ["trade"], "CA": []}[letters]


@pytest.mark.parametrize("name", KINDS)
def test_two_strategies_get_the_same_requests(name):
    system = KINDS[name].system
    told = [
        [(op.start_s, op.kind, op.region, op.key) for op in simulate(KINDS[name], strategy, 5).operations]
        for strategy in (Strategy(system.regions), Strategy(system.regions[:1], merge=MERGES[KINDS[name].shape][-1]))
    ]
    assert told[0] == told[1] == list(requests(KINDS[name], 5))


def test_a_run_is_the_same_every_time():
    first, second = (simulate(KINDS["trade"], RIGHT["trade"], 3) for _ in range(2))
    assert first.operations == second.operations and first.final == second.final
