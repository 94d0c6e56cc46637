"""The checks of the registers of the CAP exercise: what the gates do not ask. They hold whole classes to the checks;
here are edges that the contract leaves open, sentences, and what goes along with a verdict."""

import json
import random
from pathlib import Path

import pytest

from faultlab.checks import cap_register as checks
from faultlab.checks import core
from faultlab.checks.cap_register import Op, operations, read, write
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.models import cap_register as model
from faultlab.sim import Client, Constant, Network, Node, crash, partition, restart, simulate
from faultlab.sim.trace import Trace

NAMES = core.names("cap_register")
RIGHT = {}
exec((Path(__file__).parents[3] / "autograder/right/3.1-cap/cap_register/talks_to_itself.py").read_text(), RIGHT)


class DoesNothing(Node):
    pass


class NotWritten(Node):
    def on_start(self, ctx):
        raise NotImplementedError


class Raises(Node):
    def on_start(self, ctx):
        raise KeyError("no such thing")


class RefusesAll(Node):
    def on_request(self, ctx, request, call):
        ctx.refuse(request)


class ForgetsAll(Node):
    """Answers everything with None."""

    def on_request(self, ctx, request, call):
        ctx.reply(request)


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def object_of(name):
    return "CPRegister" if name.startswith("cap_register.cp_") else "APRegister"


def verdict_on(name, given=None, check=None, **options):
    classes = {object_of(name): given or RIGHT[object_of(name)]}
    subject = Subject(LocalChannel(classes), answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named(object_of(name))], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


# Every check


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lazy", [DoesNothing, RefusesAll, ForgetsAll])
def test_who_keeps_nothing_fails_even_an_empty_schedule(name, lazy):
    verdict = verdict_on(name, lazy, with_schedule(name, []))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_written_is_not_attempted(name):
    assert verdict_on(name, NotWritten).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_raises_is_wrong_and_the_error_is_shown(name):
    verdict = verdict_on(name, Raises, with_schedule(name, []))
    assert verdict.status == core.WRONG and "KeyError in on_start: 'no such thing'" in verdict.message


class NeverRests(model.APRegister):
    """Sets a timer for at once, again and again: virtual time stands still."""

    def on_timer(self, ctx, timer):
        super().on_timer(ctx, timer)
        ctx.set_timer("again", 0.0)


def test_who_knows_what_no_message_has_told_it_keeps_something_outside_itself():
    known = {}

    class SharesOneDict(Node):
        def on_request(self, ctx, request, call):
            if call[0] == "write":
                known[call[1]] = call[2]
            ctx.reply(request, known.get(call[1]) if call[0] == "read" else None)

    for name in ("ap_at_once", "ap_spreads", "ap_heals", "ap_memory"):
        known.clear()
        assert "no message has told it of that" in verdict_on(f"cap_register.{name}", SharesOneDict).message, name


def test_a_run_that_would_not_end_by_itself_is_ended_and_said_so():
    assert "do not come to rest" in verdict_on("cap_register.ap_heals", NeverRests).message


def test_who_tells_the_others_every_30_ms_is_not_taken_for_one_that_never_rests():
    class Talkative(model.APRegister):
        def __init__(self):
            super().__init__(gossip_s=0.03)

    assert verdict_on("cap_register.ap_heals", Talkative).status == core.RIGHT


@pytest.mark.parametrize("name", NAMES)
def test_the_registers_of_the_course_pass_an_empty_schedule(name):
    given = getattr(model, object_of(name))
    assert verdict_on(name, given, with_schedule(name, [])).status == core.RIGHT


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    found = core.find(name)
    for seed in range(5):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))
    assert found.hidden > 0


@pytest.mark.parametrize("name", ["cap_register.cp_reads", "cap_register.cp_begun", "cap_register.ap_heals"])
def test_a_class_of_other_messages_is_judged_by_what_clients_see(name):
    assert verdict_on(name).status == core.RIGHT


# The one register cannot have the promise of the other


@pytest.mark.parametrize("name", ["cp_refusal", "cp_reads", "cp_storm"])
def test_the_register_that_always_answers_is_not_linearizable(name):
    assert verdict_on(f"cap_register.{name}", model.APRegister).status == core.WRONG


def test_the_linearizable_register_does_not_answer_at_once():
    verdict = verdict_on("cap_register.ap_at_once", model.CPRegister)
    assert verdict.status == core.WRONG and "does not answer at once" in verdict.message


def test_the_naive_register_fails_where_writes_meet():
    for name in ("ap_last_writer", "ap_heals", "ap_orders"):
        assert verdict_on(f"cap_register.{name}", model.NaiveRegister).status == core.WRONG, name


# What a learner gets


class ReadsOnlyItself(model.CPRegister):
    def on_request(self, ctx, request, call):
        if call[0] == "read":
            ctx.reply(request, self.store.get(call[1], (None, None))[1])
        else:
            super().on_request(ctx, request, call)


def test_the_trace_opens_at_the_answer_that_fits_in_no_order():
    verdict = verdict_on("cap_register.cp_reads", ReadsOnlyItself)
    said = "C answers read x with 'old', and was asked at 1.1 s. No order of the calls explains this."
    assert verdict.message == said
    event = Trace.from_json(verdict.trace)[verdict.at]
    assert (event.kind, event.node, event.detail[1]) == ("reply", "C", "old")


def test_a_search_hands_back_a_schedule_that_is_no_history_of_one_register():
    verdict = verdict_on("cap_register.cp_orders", ReadsOnlyItself)
    assert verdict.message == "These answers are not those of one register: no order of the calls explains them."
    assert Trace.from_json(verdict.trace).untimed


def test_every_sentence_is_said_in_russian():
    use_language("ru")
    verdict = verdict_on("cap_register.cp_refusal", model.APRegister)
    assert verdict.message.startswith("Большинство узлу A недоступно")
    assert all("А" <= word[0] <= "я" for word in checks.words().values())


# What is asked of a trace

STEADY = Network(Constant(0.01))


def asked(register, asks, faults=(), names="ABC"):
    clients = [Client(f"c{i}", [call], to, at_s, timeout_s=9.0) for i, (at_s, to, call) in enumerate(asks)]
    return simulate(dict.fromkeys(names, register), 8.0, clients=clients, faults=faults, network=STEADY)


def test_a_call_to_a_node_that_is_down_is_none():
    trace = asked(model.APRegister, [read(1.0, "A"), read(1.0, "B")], [crash("A", 0.5), restart("A", 2.0)])
    assert [op.node for op in operations(trace)] == ["B"]


def test_of_each_call_it_is_known_when_and_how_it_came_back():
    trace = asked(model.CPRegister, [write(1.0, "A", 7), read(2.0, "B"), read(2.0, "C")], partition("A B | C", 1.5))
    found = operations(trace)
    assert [(op.kind, op.value) for op in found] == [("reply", None), ("reply", 7), ("refuse", "no majority")]
    assert [round(op.back_s - op.at_s, 3) for op in found] == [0.04, 0.04, 1.0]
    assert [op.text for op in found] == ["write x=7", "read x", "read x"]


def test_a_value_that_a_writer_knew_must_not_be_the_last():
    t = core.Trial(Subject(LocalChannel({})), [], 1, False)
    trace = asked(model.APRegister, [read(1.0, "A")])
    ops = [
        Op("c1", "A", ("write", "x", "old"), 0.5, "reply"),
        Op("c2", "B", ("read", "x"), 1.0, "reply", "old"),
        Op("c3", "B", ("write", "x", "new"), 1.5, "reply"),
    ]
    checks.later_wins(t, trace, ops, {"x": "new"})
    with pytest.raises(core.Failed, match="B knew 'old'"):
        checks.later_wins(t, trace, ops, {"x": "old"})
    checks.later_wins(t, trace, [ops[0], ops[2]], {"x": "old"})  # concurrent: either may win


def test_false_is_not_zero():
    assert not checks.same(False, 0) and checks.same(0, 0) and not checks.same(None, "")


def test_a_partition_names_every_node_once():
    assert checks.apart("ABCDE", "BD") == [["B", "D"], ["A", "C", "E"]]
    assert checks.apart("AB", "AB") == [["A", "B"]]
