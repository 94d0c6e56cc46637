"""From what passed between clients and nodes to a history."""

from __future__ import annotations

from faultlab.sim import Client, Network, Node, Uniform, always, crash, explore, simulate
from faultlab.sim.history import Register, linearizable
from faultlab.sim.history.recorded import flat, recorded


def test_a_call_and_its_answer_are_one_operation():
    (one,) = recorded([(1.0, "call", "ann.1", ("read", "x")), (2.0, "reply", "ann.1", 7)])
    assert (one.client, one.call, one.result, one.called_s, one.returned_s) == ("ann", ("read", "x"), 7, 1.0, 2.0)


def test_a_request_that_is_asked_again_is_still_one_operation():
    entries = [(1.0, "call", "ann.1", ("inc",)), (2.0, "call", "ann.1", ("inc",)), (3.0, "reply", "ann.1", None)]
    (one,) = recorded(entries)
    assert (one.called_s, one.returned_s) == (1.0, 3.0)


def test_an_operation_failed_if_every_asking_was_refused():
    entries = [(1.0, "call", "ann.1", ("inc",)), (2.0, "refuse", "ann.1", "no"), (3.0, "call", "ann.1", ("inc",))]
    assert recorded(entries)[0].pending
    (one,) = recorded([*entries, (4.0, "refuse", "ann.1", "no")])
    assert one.failed and one.returned_s == 4.0


def test_one_refusal_does_not_undo_an_asking_that_was_never_answered():
    entries = [(1.0, "call", "ann.1", ("inc",)), (2.0, "call", "ann.1", ("inc",)), (3.0, "refuse", "ann.1", "no")]
    (one,) = recorded(entries)
    assert one.pending and not one.failed


def test_a_client_goes_on_under_a_new_name_after_an_operation_without_answer():
    entries = [
        (1.0, "call", "ann.1", ("inc",)),
        (2.0, "call", "ann.2", ("inc",)),
        (3.0, "reply", "ann.2", None),
        (4.0, "call", "ann.3", ("inc",)),
        (5.0, "call", "ann.4", ("inc",)),
    ]
    assert [one.client for one in recorded(entries)] == ["ann", "ann (2)", "ann (2)", "ann (3)"]


def test_a_second_answer_changes_nothing():
    entries = [(1.0, "call", "a.1", ("read",)), (2.0, "reply", "a.1", 1), (3.0, "reply", "a.1", 2)]
    assert recorded(entries)[0].result == 1


def test_sets_and_dicts_become_tuples_in_a_fixed_order():
    assert flat({"b": {2, 1}, "a": [1, {"k": 2}]}) == (("a", (1, (("k", 2),))), ("b", (1, 2)))


class LocalCopy(Node):
    """Answers from its own copy and tells the others later."""

    def on_start(self, ctx):
        self.value = 0

    def on_request(self, ctx, request, call):
        if call[0] == "write":
            self.value = call[2]
            ctx.broadcast(("set", call[2]))
        ctx.reply(request, None if call[0] == "write" else self.value)

    def on_message(self, ctx, sender, message):
        self.value = message[1]


WRITER = Client("ann", [("write", "x", 1), ("write", "x", 2)], "A")
READER = Client("bob", [("read", "x")] * 3, "B", start_s=0.05, pause_s=0.02)


def test_a_trace_has_the_history_that_its_clients_saw():
    trace = simulate(dict.fromkeys("AB", LocalCopy), 5, clients=[WRITER, READER], network=Network(Uniform(0.2, 0.3)))
    history = trace.history()
    assert [one.text for one in history if one.client == "bob"] == ["read x → 0"] * 3
    assert linearizable(history, Register(0)).status == "violated"


def test_a_call_that_was_given_up_may_have_taken_effect():
    crashed = simulate(dict.fromkeys("AB", LocalCopy), 5, clients=[WRITER], faults=[crash("A", at_s=0)])
    assert [(one.client, one.pending) for one in crashed.history()] == [("ann", True), ("ann (2)", True)]


def test_the_model_checker_finds_the_shortest_history_that_is_not_linearizable():
    def fits(s):
        verdict = linearizable(s.history(), Register(0))
        return verdict.status != "violated" or verdict.because

    result = explore(
        dict.fromkeys("AB", LocalCopy), [always("linearizable", fits)], clients=[WRITER, READER], history=True
    )
    assert result.paths["linearizable"] == [("request", "ann", "A"), ("request", "bob", "B")]
    assert [one.text for one in result.trace().history()] == ["write x=1", "read x → 0"]
