"""Logical clocks: the laws of Lamport's and of vector clocks, and happened-before as their independent measure."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultlab.models import clocks
from faultlab.models.clocks import LOCAL, RECEIVE, SEND, Event, VectorClock, possible_order, stamps, trace_stamps
from faultlab.models.raft import Raft
from faultlab.sim import simulate

vectors = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 4)).map(VectorClock)


@st.composite
def histories(draw):
    """Events of three processes in an order in which they may have happened."""
    events, sent = [], []
    for step in range(draw(st.integers(0, 14))):
        process = draw(st.sampled_from("ABC"))
        kind = draw(st.sampled_from([LOCAL, SEND, RECEIVE] if sent else [LOCAL, SEND]))
        message = f"m{step}" if kind == SEND else draw(st.sampled_from(sent)) if kind == RECEIVE else ""
        sent += [message] * (kind == SEND)
        events.append(Event(process, kind, message))
    return events


def happened_before(events):
    """Lamport's definition itself, as reachability in a graph."""
    graph = nx.DiGraph()
    last, sending = {}, {}
    for place, event in enumerate(events):
        graph.add_node(place)
        if event.process in last:
            graph.add_edge(last[event.process], place)
        if event.kind == RECEIVE:
            graph.add_edge(sending[event.message], place)
        if event.kind == SEND:
            sending[event.message] = place
        last[event.process] = place
    return nx.transitive_closure(graph)


@given(histories())
def test_vector_clocks_are_ordered_exactly_as_the_events_are(events):
    made, before = stamps(events), happened_before(events)
    for i in range(len(events)):
        for j in range(len(events)):
            assert (made[i].vector < made[j].vector) == before.has_edge(i, j)


@given(histories())
def test_a_lamport_clock_grows_along_causality(events):
    made, before = stamps(events), happened_before(events)
    assert all(made[i].lamport < made[j].lamport for i, j in before.edges)


def test_a_smaller_lamport_clock_proves_nothing():
    made = stamps([Event("A"), Event("B"), Event("B")])
    assert made[0].lamport < made[2].lamport and made[0].vector.concurrent(made[2].vector)


@given(vectors, vectors, vectors)
def test_merging_is_a_least_upper_bound(a, b, c):
    assert a.merge(a) == a and a.merge(b) == b.merge(a) and a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a <= a.merge(b) and b <= a.merge(b)
    if a <= c and b <= c:
        assert a.merge(b) <= c


@given(vectors, vectors)
def test_two_clocks_stand_in_exactly_one_relation(a, b):
    relations = {"before": a < b, "after": b < a, "equal": a == b, "concurrent": a.concurrent(b)}
    assert [name for name, holds in relations.items() if holds] == [a.compare(b)]


@given(vectors)
def test_an_event_comes_after_all_that_its_process_knew(a):
    assert a < a.tick("A") and a.tick("A")["A"] == a["A"] + 1


def test_a_process_that_is_not_there_counts_for_nothing():
    assert VectorClock({"A": 1, "B": 0}) == VectorClock({"A": 1}) and VectorClock({"A": 1})["Z"] == 0
    assert hash(VectorClock({"A": 1, "B": 0})) == hash(VectorClock({"A": 1}))
    assert VectorClock() < VectorClock({"Z": 1})


def test_equal_clocks_are_no_conflict():
    assert not VectorClock({"A": 1}).concurrent(VectorClock({"A": 1}))


@pytest.mark.parametrize("entry", [-1, 1.5, "1", True])
def test_an_entry_that_counts_nothing_is_refused(entry):
    with pytest.raises(ValueError, match="whole number"):
        VectorClock({"A": entry})


def test_the_labels_of_the_picture_that_chapter_3_6_mends():
    # Three processes, four messages; the labels follow from the rules alone.
    columns = {
        "A": [Event("A"), Event("A", SEND, "1"), Event("A", RECEIVE, "2"), Event("A")],
        "B": [Event("B"), Event("B", RECEIVE, "1"), Event("B", SEND, "2"), Event("B", RECEIVE, "3")],
        "C": [Event("C"), Event("C"), Event("C", RECEIVE, "2"), Event("C", SEND, "3")],
    }
    order = possible_order(columns)
    labels = {name: [] for name in "ABC"}
    for event, stamp in zip(order, stamps(order), strict=True):
        labels[event.process].append("".join(map(str, stamp.vector.row("ABC"))))
    assert labels == {
        "A": ["100", "200", "330", "430"],
        "B": ["010", "220", "230", "244"],
        "C": ["001", "002", "233", "234"],
    }


def test_messages_that_cannot_have_been_are_refused():
    with pytest.raises(ValueError, match="B waits for 'm'"):
        possible_order({"A": [Event("A")], "B": [Event("B", RECEIVE, "m")]})
    with pytest.raises(ValueError, match="before it is sent"):
        stamps([Event("B", RECEIVE, "m")])
    with pytest.raises(ValueError, match="sent twice"):
        stamps([Event("A", SEND, "m"), Event("B", SEND, "m")])


def test_a_run_s_clocks_agree_with_its_causal_past():
    trace = simulate(dict.fromkeys("ABC", Raft), 0.6, seed=4)
    made = trace_stamps(trace)
    assert len(made) > 40
    for index, stamp in made.items():
        past = trace.causal_past(index)
        for other, earlier in made.items():
            assert (earlier.vector < stamp.vector) == (other in past), (other, index)


def test_concurrent_pairs_are_those_that_no_message_joins():
    made = stamps([Event("A", SEND, "m"), Event("B"), Event("B", RECEIVE, "m")])
    assert clocks.concurrent_pairs(made) == [(0, 1)]
