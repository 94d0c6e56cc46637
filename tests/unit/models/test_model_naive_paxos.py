"""The frame for naive acceptors: it finds nothing where nothing is wrong, and both mistakes that it is for."""

from faultlab.models.naive_paxos import ACCEPTED, agreement, cast, termination
from faultlab.sim.explore import explore
from faultlab.sim.node import Node
from faultlab.sim.properties import VIOLATED, sometimes


class KeepsTheFirst(Node):
    def on_start(self, ctx):
        self.value = None

    def on_message(self, ctx, sender, value):
        if self.value in (None, value):
            self.value = value
            ctx.send(sender, ACCEPTED)


class TakesTheLatest(Node):
    def on_message(self, ctx, sender, value):
        ctx.send(sender, ACCEPTED)


class SaysNothing(Node):
    pass


def searched(acceptor, values, **more):
    result = explore(cast(acceptor, values), [agreement(), termination()], stop_early=False, audit=False, **more)
    assert result.exhausted
    return result, {f.name: f.because for f in result.findings if f.status == VIOLATED}


def test_one_value_alone_is_always_chosen():
    assert searched(KeepsTheFirst, "x")[1] == searched(TakesTheLatest, "x")[1] == {}


def test_two_values_among_three_acceptors_leave_a_majority_for_one_of_them_unless_one_crashes():
    assert searched(KeepsTheFirst, "xy")[1] == {}
    down = {"crashes": 1, "restarts": False, "crashable": ["a1", "a2", "a3"]}
    assert list(searched(KeepsTheFirst, "xy", **down)[1]) == ["a value is chosen"]


def test_three_values_among_three_acceptors_may_be_split_for_ever_and_never_disagree():
    result, wrong = searched(KeepsTheFirst, "xyz")
    assert list(wrong) == ["a value is chosen"]
    last = result.trace("a value is chosen")
    state = last.state(len(last) - 1)
    assert sorted(state[name]["value"] for name in ("a1", "a2", "a3")) == ["x", "y", "z"]


def test_acceptors_that_take_the_latest_value_let_two_be_chosen():
    assert searched(TakesTheLatest, "xy")[1] == {"agreement": "x and y are both chosen"}


def test_acceptors_that_do_nothing_agree_and_never_end():
    assert list(searched(SaysNothing, "xy")[1]) == ["a value is chosen"]


def test_with_five_acceptors_it_takes_three():
    nodes = cast(KeepsTheFirst, "x", acceptors=5)
    assert set(nodes) == {"a1", "a2", "a3", "a4", "a5", "p1"}
    result = explore(nodes, [sometimes("chosen", lambda s: s["p1"].chosen == "x")], audit=False)
    # Three questions and three answers.
    assert len(result.paths["chosen"]) == 6
