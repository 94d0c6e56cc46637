"""Searching a space of states: shortest ways, honest bounds, short schedules."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import always, eventually, sometimes
from faultlab.sim.search import Bounds, breadth_first, guided, memory_mib, play, possible, shorten, walks


@dataclass
class Graph:
    """A model that is written down: states are numbers, `edges` maps each to (action, state) pairs."""

    edges: dict
    starts: tuple = (0,)
    faults: frozenset = frozenset()
    prepared: list = field(default_factory=list)

    def initial(self):
        return list(self.starts)

    def successors(self, state):
        return self.edges.get(state, [])

    def snapshot(self, state):
        return state

    def canonical(self, state):
        return state

    def must(self, action):
        return action not in self.faults

    def passed(self):
        return []

    def prepare(self, states):
        self.prepared += states


@st.composite
def graphs(draw):
    size = draw(st.integers(2, 12))
    names = count()
    edges = {
        n: [(f"{n}>{next(names)}", target) for target in draw(st.lists(st.integers(0, size - 1), max_size=3))]
        for n in range(size)
    }
    actions = [action for some in edges.values() for action, _target in some]
    faults = draw(st.sets(st.sampled_from(actions), max_size=3)) if actions else set()
    return Graph(edges, faults=frozenset(faults))


def distances(graph, allowed=lambda state: True):
    """How many steps from the start to each state, by states that are allowed only."""
    found = {0: 0} if allowed(0) else {}
    level = list(found)
    while level:
        steps = found[level[0]] + 1
        level = list({t for s in level for _a, t in graph.successors(s) if t not in found and allowed(t)})
        found |= dict.fromkeys(level, steps)
    return found


few = settings(max_examples=40, deadline=None)
bad_states = st.sets(st.integers(1, 11), max_size=3)


@few
@given(graphs(), bad_states)
def test_breadth_first_reaches_what_can_be_reached_and_finds_a_shortest_way_to_what_is_wrong(graph, bad):
    far = distances(graph)
    promises = [always("good", lambda s: s not in bad), always("true", lambda s: True)]
    result = breadth_first(graph, promises, stop_early=False)
    assert result.states == len(far)
    assert result.exhausted
    assert result.generated == 1 + sum(len(graph.successors(s)) for s in far)
    assert result.depth == 1 + max(far.values())
    reached = [far[s] for s in bad if s in far]
    assert result.findings[0].status == ("violated" if reached else "ok")
    assert result.ok == (not reached)
    if reached:
        path = result.paths["good"]
        assert len(path) == min(reached)
        states = play(graph, path)
        assert states[-1] in bad
        assert not bad & set(states[:-1])


@few
@given(graphs(), bad_states)
def test_sometimes_has_a_shortest_witness_or_is_violated_when_all_was_seen(graph, good):
    far = distances(graph)
    result = breadth_first(graph, [sometimes("there", lambda s: s in good)])
    reached = [far[s] for s in good if s in far]
    assert result.findings[0].status == ("ok" if reached else "violated")
    assert ("there" in result.paths) == bool(reached)
    if reached:
        assert len(result.paths["there"]) == min(reached)


@few
@given(graphs(), bad_states)
def test_eventually_is_violated_exactly_if_a_run_may_end_without_it_and_the_counterexample_is_a_shortest(graph, good):
    def may_end(state):
        return not any(graph.must(a) for a, t in graph.successors(state) if t != state)

    without = distances(graph, lambda s: s not in good)
    ends = [steps for state, steps in without.items() if may_end(state)]
    any_end = [s for s in distances(graph) if may_end(s)]
    result = breadth_first(graph, [eventually("done", lambda s: s in good)])
    assert result.findings[0].status == ("violated" if ends else "ok" if any_end else "open")
    if ends:
        states = play(graph, result.paths["done"])
        assert len(states) - 1 == min(ends)
        assert may_end(states[-1])
        assert not good & set(states)


@few
@given(graphs(), bad_states, st.sampled_from(["guided", "walks"]))
def test_what_other_searches_find_is_a_violation_from_which_no_step_can_be_left_out(graph, bad, how):
    promise = always("good", lambda s: s not in bad)
    if how == "guided":
        result = guided(graph, lambda s: (s * 7) % 5, [promise])
    else:
        result = walks(graph, [promise], count=60, steps_max=30)
    reached = [s for s in bad if s in distances(graph)]
    if how == "guided":
        assert result.findings[0].status == ("violated" if reached else "ok")
    assert result.findings[0].status != "violated" or reached
    if "good" in result.paths:
        path = result.paths["good"]
        assert play(graph, path)[-1] in bad
        for left_out in range(len(path)):
            rest = possible(graph, path[:left_out] + path[left_out + 1 :])
            assert not any(s in bad for s in play(graph, rest))


LINE = Graph({n: [(n, n + 1)] for n in range(100)})
COMB = Graph({n: [(n, n + 1), (-n - 1, 1000 + n)] for n in range(60)})
ENDLESS = Graph({})
ENDLESS.successors = lambda state: [("more", 2 * state + 1), ("other", 2 * state + 2)]
never = [always("never 10**9", lambda s: s != 10**9)]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(states_max=5_000), "more than 5,000 states"),
        (Bounds(depth_max=7), "only 7 steps"),
        (Bounds(seconds_max=0.05), "0.05 s were over"),
        (Bounds(memory_mib_max=1), "more than 1 MiB of memory"),
    ],
)
@pytest.mark.parametrize("search", ["breadth first", "guided"])
def test_every_bound_stops_the_search_which_says_so_and_claims_nothing(search, bounds, words):
    promises = [*never, sometimes("far", lambda s: s == 10**9), eventually("done", lambda s: False)]
    if search == "guided":
        result = guided(ENDLESS, lambda s: -s, promises, bounds)
    else:
        result = breadth_first(ENDLESS, promises, bounds)
    assert not result.exhausted
    assert words in result.stopped
    assert [f.status for f in result.findings] == ["open"] * 3
    assert not result.ok
    assert "not exhausted" in str(result)
    assert words in str(result)
    assert result.seconds < 20


def test_a_bound_on_the_depth_lets_every_state_of_so_many_steps_be_seen_and_none_beyond():
    for depth_max in (0, 1, 5):
        for result in (breadth_first(COMB, never, Bounds(depth_max=depth_max)),
                       guided(COMB, lambda s: s, never, Bounds(depth_max=depth_max))):  # fmt: skip
            assert result.states == 1 + 2 * depth_max
            assert not result.exhausted
    full = breadth_first(COMB, never, Bounds(depth_max=61))
    assert full.exhausted
    assert full.states == 121


def test_a_violation_within_the_bounds_is_found_and_the_result_says_that_it_stopped_for_it():
    for result in (
        breadth_first(LINE, [always("below 20", lambda s: s < 20)]),
        guided(LINE, lambda s: s, [always("below 20", lambda s: s < 20)]),
        walks(LINE, [always("below 20", lambda s: s < 20)]),
    ):
        assert result.findings[0].status == "violated"
        assert result.paths["below 20"] == list(range(20))
        assert result.stopped == "a property is violated"
        assert not result.exhausted
        assert "(20 steps)" in str(result)


def test_a_guided_search_goes_where_the_score_is_high():
    goal = [sometimes("deep", lambda s: s == 59)]
    assert guided(COMB, lambda s: -abs(59 - s), goal).states < 130
    tree = Graph({})
    tree.successors = lambda state: [(0, 2 * state), (1, 2 * state + 1)]
    tree.starts = (1,)
    found = guided(tree, lambda s: bin(s)[2:].count("1") - len(bin(s)), [sometimes("ones", lambda s: s == 2**40 - 1)])
    assert found.findings[0].status == "ok"
    assert found.states < 200


def test_the_depth_of_a_guided_search_is_that_of_its_longest_way():
    result = guided(LINE, lambda s: s, never)
    assert result.exhausted
    assert (result.states, result.depth) == (101, 101)


def test_walks_repeat_with_their_seed_and_never_claim_to_have_seen_all():
    first, again, other = (walks(COMB, never, count=20, seed=seed) for seed in (1, 1, 2))
    assert (first.states, first.generated) == (again.states, again.generated)
    assert (first.states, first.generated) != (other.states, other.generated)
    assert not first.exhausted
    assert first.findings[0].status == "open"
    assert "20 random walks" in first.stopped


def test_a_walk_takes_at_most_so_many_steps_and_looks_at_where_it_ends():
    result = walks(LINE, [sometimes("ten", lambda s: s == 10)], count=1, steps_max=10)
    assert result.findings[0].status == "ok"
    assert walks(LINE, [sometimes("eleven", lambda s: s == 11)], count=1, steps_max=10).findings[0].status == "open"
    assert result.depth == 11
    assert walks(LINE, never, count=1, steps_max=10).states == 11


def test_walks_end_when_the_seconds_are_over():
    result = walks(ENDLESS, never, count=10**9, steps_max=50, seconds_max=0.05)
    assert "0.05 s were over" in result.stopped
    assert not result.exhausted


def test_several_initial_states_are_all_searched():
    graph = Graph({0: [("a", 1)], 5: [("b", 6)]}, starts=(0, 5))
    result = breadth_first(graph, [always("not 6", lambda s: s != 6)], stop_early=False)
    assert (result.states, result.generated) == (4, 4)
    assert result.paths["not 6"] == ["b"]


def test_what_comes_next_is_announced_level_by_level():
    graph = Graph(LINE.edges)
    breadth_first(graph, never)
    assert graph.prepared == list(range(101))


def test_without_stopping_early_every_property_gets_its_own_answer():
    promises = [always(f"not {n}", lambda s, n=n: s != n) for n in (3, 7)] + [sometimes("50", lambda s: s == 50)]
    early = breadth_first(LINE, promises)
    assert [f.status for f in early.findings] == ["violated", "open", "open"]
    late = breadth_first(LINE, promises, stop_early=False)
    assert [f.status for f in late.findings] == ["violated", "violated", "ok"]
    assert [len(late.paths[f.name]) for f in late.findings] == [3, 7, 50]


def test_a_step_that_is_not_possible_is_an_error_or_is_left_out():
    with pytest.raises(ValueError, match="step 2: 'z' is not possible"):
        play(LINE, [0, "z"])
    assert play(LINE, [0, "z", 1], strict=False) == [0, 1, 2]
    assert possible(LINE, [0, "z", 5, 1]) == [0, 1]


@few
@given(st.lists(st.sampled_from("abcd"), max_size=25))
def test_a_shortened_schedule_still_decides_and_can_lose_no_step(actions):
    """Four counters; it is wrong if a has come twice after b."""

    class Counters(Graph):
        def successors(self, state):
            a, b, rest = state
            return [
                ("a", (a + bool(b), b, rest)),
                ("b", (a, b + 1, rest)),
                ("c", (a, b, rest + 1)),
                ("d", (a, b, rest + 2)),
            ]

    model = Counters({}, starts=((0, 0, 0),))
    promise = always("good", lambda s: s[0] < 2)
    if play(model, actions)[-1][0] < 2:
        assert shorten(model, actions, promise) == actions
    else:
        assert shorten(model, actions, promise) == ["b", "a", "a"]


def test_the_memory_of_a_process_is_told_in_mib():
    assert 5 < memory_mib() < 100_000
