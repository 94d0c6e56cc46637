"""Scenarios: a run as a few lines of text."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim import Client, Constant, Link, LogNormal, Network, Scenario, Uniform, crash, cut, drop, partition

share = st.floats(min_value=0, max_value=1)
latency = st.sampled_from([Constant(0.01), Uniform(0.1, 0.2), LogNormal(0.02, 0.7)])
links = st.builds(Link, latency, share, share, st.booleans())
pairs = st.sampled_from([("A", "B"), ("B", "A"), ("A", "C")])
networks = st.builds(Network, latency, share, share, st.booleans(), st.dictionaries(pairs, links, max_size=2))
calls = st.sampled_from([("read", "x"), ("write", "x", [1, {"a": (2,)}]), {"set": {1, 2}}, None, "ping"])
clients = st.builds(
    Client,
    st.sampled_from(["ann", "bob.x"]),
    st.lists(calls, max_size=3),
    st.sampled_from(["A", "A B", ["C", "A"]]),
    start_s=share,
    pause_s=share,
    timeout_s=st.floats(0.01, 2),
    retry=st.booleans(),
)
faults = st.sampled_from([crash("A", 1), cut("A", "B", 2), partition("A | B C", 1, 3), drop("A", "B", 4)])
scenarios = st.builds(
    lambda until_s, seed, network, faults, clients: Scenario(
        until_s, seed=seed, network=network, faults=faults, clients=clients
    ),
    st.floats(0.1, 100),
    st.integers(0, 2**40),
    networks,
    st.lists(faults, max_size=3),
    st.lists(clients, max_size=2, unique_by=lambda c: c.name),
)


@settings(max_examples=40, deadline=None)
@given(scenarios)
def test_a_scenario_survives_json_and_keeps_its_tuples(scenario):
    text = json.dumps(scenario.to_json())
    back = Scenario.from_json(json.loads(text))
    assert back == scenario
    assert json.dumps(back.to_json()) == text
    scenario.check("ABC")


def test_a_link_is_the_network_unless_it_has_its_own():
    slow = Link(Constant(3.0))
    network = Network(Constant(1.0), links={("A", "B"): slow})
    assert network.link("A", "B") is slow
    assert network.link("B", "A") is network


def test_faults_are_added_and_the_rest_stays():
    before = Scenario(5, seed=3, faults=[crash("A", 1)], clients=[Client("ann", ["x"], "A")])
    after = before.with_faults(crash("B", 2), *partition("A | B", 3, 4))
    assert after.faults == (crash("A", 1), crash("B", 2), *partition("A | B", 3, 4))
    assert (after.until_s, after.seed, after.clients) == (5, 3, before.clients)
    assert before.faults == (crash("A", 1),)


def test_a_client_copies_its_calls():
    value = [1]
    client = Client("ann", [("write", value)], "A")
    value.append(2)
    assert client.calls == (("write", [1]),)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Scenario(faults=[crash("Z", 1)]), "Z"),
        (lambda: Scenario(faults=[cut("A", "Z", 1)]), "Z"),
        (lambda: Scenario(faults=partition("A | B Z", 1)), "Z"),
        (lambda: Scenario(faults=[drop("Z", "A", 1)]), "Z"),
        (lambda: Scenario(clients=[Client("ann", ["x"], "A Z")]), "Z"),
        (lambda: Scenario(network=Network(links={("A", "Z"): Link()})), "Z"),
        (lambda: Scenario(clients=[Client("A", ["x"], "B")]), "a node and a client"),
    ],
)
def test_a_name_that_no_node_has_is_an_error_in_one_line_that_names_it(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make().check(["A", "B"])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scenario(0),
        lambda: Scenario(-1),
        lambda: Scenario(math.nan),
        lambda: Scenario(math.inf),
        lambda: Scenario(events_max=0),
        lambda: Scenario(events_max=1.5),
        lambda: Scenario(clients=[Client("ann", [], "A"), Client("ann", [], "B")]),
        lambda: Client("ann", [], ""),
        lambda: Client("ann", [], "A", start_s=-1),
        lambda: Client("ann", [], "A", pause_s=math.nan),
        lambda: Client("ann", [], "A", timeout_s=0),
        lambda: Client("ann", [], "A", timeout_s=math.inf),
        lambda: Link(loss=1.1),
        lambda: Link(loss=-0.1),
        lambda: Network(duplicate=math.nan),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_in_one_line(make):
    with pytest.raises(ValueError) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 1


def with_(**changes):
    scenario = Scenario(faults=[crash("A", 1)], clients=[Client("ann", ["x"], "A")]).to_json()
    return scenario | changes


def without(name):
    return {key: value for key, value in with_().items() if key != name}


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        7,
        "scenario",
        [],
        {},
        with_(schema=2),
        with_(schema=None),
        without("network"),
        without("clients"),
        with_(until_s="10"),
        with_(until_s=None),
        with_(until_s=10**400),
        with_(network={}),
        with_(network=[]),
        with_(network={**Network().to_json(), "loss": "0.1"}),
        with_(network={**Network().to_json(), "latency": {}}),
        with_(network={**Network().to_json(), "links": [["A", "B"]]}),
        with_(faults=[{}]),
        with_(faults={"at_s": 1}),
        with_(clients=[{}]),
        with_(clients=[{"name": "ann", "calls": ["len("], "to": ["A"]}]),
        with_(clients=[{"name": "ann", "calls": [3], "to": ["A"]}]),
        with_(clients=[{"name": "ann", "calls": [], "to": ["A"], "mood": "good"}]),
        with_(events_max="many"),
    ],
)
def test_json_that_is_no_scenario_is_a_value_error_in_one_line(garbage):
    with pytest.raises(ValueError) as caught:
        Scenario.from_json(garbage)
    assert len(str(caught.value).splitlines()) == 1


def test_the_error_for_another_schema_names_both():
    with pytest.raises(ValueError, match="schema 99; this version reads 1"):
        Scenario.from_json(with_(schema=99))
