"""Traces: events that are stored, states and causes that are derived, JSON out and in."""

import copy
import dataclasses
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import (
    Client,
    Exponential,
    Finding,
    Network,
    Node,
    Trace,
    crash,
    duplicate,
    pause,
    random_faults,
    restart,
    simulate,
)
from faultlab.sim.trace import CHECKPOINT_EVERY, GONE, Event

NAMES = ["A", "B", "C"]


class Busy(Node):
    """Sends, sets timers, keeps and forgets fields, and stores."""

    def on_start(self, ctx):
        self.log, self.map = [], {"set": {1, 2}, (1, "x"): None}
        ctx.set_timer("t", 0.01)

    def on_timer(self, ctx, timer):
        self.log = [*self.log[-3:], round(ctx.now_s, 3)]
        if ctx.random.random() < 0.3:
            self.sometimes = (timer, 1.5, True)
        elif hasattr(self, "sometimes"):
            del self.sometimes
        ctx.disk["n"] = ctx.disk.get("n", 0) + 1
        if ctx.disk["n"] % 5 == 0:
            ctx.disk.clear()
        ctx.send(ctx.random.choice(ctx.peers), ("log", self.log, {"a", "b"}))
        ctx.set_timer("t", ctx.random.uniform(0.01, 0.1))

    def on_message(self, ctx, sender, message):
        self.map[sender] = message[1]
        if ctx.random.random() < 0.2:
            ctx.send(sender, ("back", [], set()))

    def on_request(self, ctx, request, call):
        if ctx.random.random() < 0.5:
            ctx.reply(request, self.map)


def busy(seed=1, until_s=2.0):
    network = Network(Exponential(0.05), loss=0.1, duplicate=0.1)
    faults = random_faults(seed, NAMES, until_s, crashes=3, pauses=2, disk_lost=0.5, repair_s=(0.05, 0.3))
    clients = [Client("ann", [("read", "x")] * 8, "A B", timeout_s=0.2)]
    return simulate(dict.fromkeys(NAMES, Busy), until_s, seed=seed, network=network, faults=faults, clients=clients)


TRACE = busy()


def test_a_trace_survives_json_with_its_tuples_sets_and_fields_that_are_gone():
    trace = TRACE.with_findings(Finding("one leader", "always", "violated", "A and B", 7))
    text = json.dumps(trace.to_json())
    back = Trace.from_json(json.loads(text))
    assert back == trace
    assert tuple(back.rows) == trace.rows
    assert json.dumps(back.to_json()) == text
    assert back.state(len(back) - 1) == trace.state(len(trace) - 1)
    assert any(value is GONE for fields in back.changes.values() for value in fields.values())
    assert back.findings == trace.findings


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_every_trace_survives_json(seed):
    trace = busy(seed, 0.7)
    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace


def replayed(trace):
    """The states after every event, from the first event on, with nothing kept between."""
    states = {name: {} for name in trace.nodes}
    yield {name: dict(fields) for name, fields in states.items()}
    for index, event in enumerate(trace):
        if event.kind == "crash":
            states[event.node] = {k: v for k, v in states[event.node].items() if k.startswith("disk.")}
        for name, value in trace.changes.get(index, {}).items():
            states[event.node].pop(name, None)
            if value is not GONE:
                states[event.node][name] = value
        yield {name: dict(fields) for name, fields in states.items()}


@pytest.mark.parametrize("order", ["forwards", "backwards", "jumping"])
def test_the_state_at_any_index_is_that_of_a_replay_from_the_start(order):
    trace = busy(until_s=4.0)
    assert len(trace) > 2 * CHECKPOINT_EVERY
    right = list(replayed(trace))
    indexes = list(range(-1, len(trace)))
    indexes = {"forwards": indexes, "backwards": indexes[::-1], "jumping": indexes[::97] + indexes[::-89]}[order]
    for index in indexes:
        assert trace.state(index) == right[index + 1]


def test_the_states_of_a_run_are_those_that_the_nodes_had():
    """Each node keeps a copy of all its fields in a note; the trace must come to the same."""

    class Tells(Busy):
        def on_timer(self, ctx, timer):
            super().on_timer(ctx, timer)
            ctx.set_timer("t", 0.05)
            mine = vars(self) | {f"disk.{k}": v for k, v in ctx.disk.items()}
            ctx.send(ctx.name, mine)

        def on_message(self, ctx, sender, message):
            if sender != ctx.name:
                super().on_message(ctx, sender, message)

    trace = simulate(dict.fromkeys(NAMES, Tells), 1.5, faults=[crash("A", 0.5), restart("A", 0.7)])
    told = [(i, e.node, e.detail) for i, e in enumerate(trace) if e.kind == "send" and e.node == e.other]
    assert len(told) > 50
    for index, node, fields in told:
        assert trace.state(index)[node] == fields


def test_a_state_that_was_asked_for_may_be_changed_and_the_trace_stays():
    trace = busy()
    before = trace.state(300)
    changed = trace.state(300)
    for fields in changed.values():
        fields.get("log", []).append("spoilt")
        fields.clear()
    assert trace.state(300) == before


def test_a_trace_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TRACE.end_s = 5
    with pytest.raises(TypeError):
        TRACE.rows[0] = None
    with pytest.raises(TypeError):
        TRACE.changes[0] = {}
    with pytest.raises(TypeError):
        TRACE.timers[0] = {}


@pytest.mark.parametrize("index", [-2, len(TRACE), 10**9])
def test_there_is_no_state_after_an_event_that_does_not_exist(index):
    with pytest.raises(IndexError, match="no event"):
        TRACE.state(index)


def test_events_are_found_by_kind_and_by_moment():
    assert TRACE[0] == Event(0.0, "start", "A", "", -1, "first")
    assert [e.kind for e in TRACE] == [row[1] for row in TRACE.rows]
    assert TRACE.of("send", "lose") == [e for e in TRACE if e.kind in ("send", "lose")]
    for moment_s in (-1.0, 0.0, 0.5, 1.7, 99.0):
        assert TRACE.index_at(moment_s) == sum(e.at_s <= moment_s for e in TRACE) - 1


def test_a_trace_tells_the_states_at_a_moment_and_what_it_violates():
    assert TRACE.at(0.5) == TRACE.state(TRACE.index_at(0.5))
    found = [Finding("a", "always", "violated"), Finding("b", "sometimes", "open"), Finding("c", "always", "violated")]
    assert TRACE.with_findings(*found).violated == ["a", "c"]


def test_the_condition_of_a_node_follows_its_faults():
    trace = simulate({"A": Busy, "B": Busy}, 2.0, faults=[pause("A", 0.5, 0.8), crash("A", 1.0), restart("A", 1.5)])
    at = [trace.status(trace.index_at(moment_s))["A"] for moment_s in (0.4, 0.6, 0.9, 1.2, 1.7)]
    assert at == ["up", "paused", "up", "crashed", "up"]


def vector_clocks(trace):
    """Fidge and Mattern: each process counts its events, and a message carries what its sender knows. A client is a
    process too; it sits beside the node that it asks. A copy is the network's: it knows what the message knew."""
    clocks, sent, told = {}, {}, {}
    for index, e in enumerate(trace):
        known = set()
        if e.node and e.kind not in ("duplicate", "lose", "give up"):
            known |= clocks.get(e.node, set())
        if e.kind in ("deliver", "lose"):
            known |= sent[e.number]
        if e.kind == "duplicate":
            known |= sent[e.detail]
        if e.kind in ("request", "give up"):
            known |= told.get(e.other, set())
        yield known
        known = known | {index}
        if e.node and e.kind not in ("duplicate", "lose", "give up"):
            clocks[e.node] = known
        if e.kind in ("send", "duplicate"):
            sent[e.number] = known
        if e.kind in ("request", "reply", "refuse", "give up"):
            told[e.other] = known


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_the_causal_past_of_an_event_is_what_its_vector_clock_knows(seed):
    trace = busy(seed, 1.0)
    for index, known in enumerate(vector_clocks(trace)):
        assert trace.causal_past(index) == known
        assert set(trace.causes(index)) <= known


def test_two_nodes_that_do_not_talk_have_nothing_in_each_others_past():
    class Silent(Busy):
        def on_timer(self, ctx, timer):
            ctx.set_timer("t", 0.1)

    trace = simulate({"A": Silent, "B": Silent}, 1.0)
    for index, event in enumerate(trace):
        assert {trace[i].node for i in trace.causal_past(index)} <= {event.node}


def test_the_text_has_a_line_for_each_event_and_names_what_is_carried():
    trace = simulate({"A": Busy, "B": Busy}, 0.5, faults=[duplicate("A", "B", 1), crash("B", 0.4)])
    lines = trace.to_text().splitlines()
    assert len(lines) == len(trace)
    copies = {e.number for e in trace.of("duplicate")}
    (arrival,) = [line for line, e in zip(lines, trace, strict=True) if e.kind == "deliver" and e.number in copies]
    assert "('log', [0.01]" in arrival
    assert any(line.endswith("B crash fault") for line in lines)


def test_the_history_of_a_trace_is_that_of_its_clients():
    operations = TRACE.history()
    assert len(operations) == len({e.detail[0] for e in TRACE.of("request")})
    replied = {e.detail[0] for e in TRACE.of("reply")}
    assert sum(not o.pending and not o.failed for o in operations) == len(replied)


GOOD = TRACE.to_json()


def but(**changes):
    return GOOD | changes


def event(**changes):
    row = dict(zip(("at_s", "kind", "node", "other", "number", "detail"), GOOD["events"][0], strict=True)) | changes
    return but(events=[list(row.values())])


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        5,
        "trace",
        [],
        {},
        but(schema=2),
        {k: v for k, v in GOOD.items() if k != "events"},
        {k: v for k, v in GOOD.items() if k != "schema"},
        but(nodes=None),
        but(events=[[]]),
        but(events=[None]),
        but(events=[["x"]]),
        but(changes=[]),
        but(changes={"first": {}}),
        but(changes={"0": {"x": "len("}}),
        but(timers=[]),
        but(findings=[{"name": "x"}]),
        but(findings=[{"surprise": 1}]),
        event(kind="explode"),
        event(kind=["start"]),
        event(node="Z"),
        event(at_s="now"),
        event(number="1"),
        event(detail="open('x')"),
        event(detail=None),
    ],
)
def test_json_that_is_no_trace_is_a_value_error_in_one_line(garbage):
    with pytest.raises(ValueError) as caught:
        Trace.from_json(garbage)
    assert len(str(caught.value).splitlines()) == 1


def test_the_error_for_another_schema_names_both():
    with pytest.raises(ValueError, match="schema 99; this version reads 1"):
        Trace.from_json(but(schema=99))


def test_a_trace_can_be_copied_and_pickled():
    assert copy.deepcopy(TRACE) == TRACE and pickle.loads(pickle.dumps(TRACE)) == TRACE
