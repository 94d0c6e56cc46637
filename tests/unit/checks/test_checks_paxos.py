"""The checks of the Paxos exercise: what the gates do not ask. They hold whole classes to the checks; here are single
handlers, edges that the contract leaves open, sentences, and what goes along with a verdict."""

import json
import random
from pathlib import Path

import pytest

from faultlab.checks import core, paxos_rules
from faultlab.checks import paxos as checks
from faultlab.checks.paxos_rules import breaches, handled, least_wait_s, promises, well_formed
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.models import paxos as model
from faultlab.models.commit import names
from faultlab.models.paxos import NO_BALLOT
from faultlab.sim.node import Node
from faultlab.sim.properties import NodeView, Snapshot
from faultlab.sim.trace import Trace

NAMES = core.names("paxos")
OF_ACCEPTOR = ["promise", "report", "accept", "told", "memory", "acceptor_orders"]
OF_PROPOSER = ["ballots", "majority", "adopt", "answer", "retry", "duel", "proposer_orders"]
SEARCHES = ["paxos.acceptor_orders", "paxos.proposer_orders", "paxos.orders"]
B1, B2, B3 = (1, "p1"), (1, "p2"), (2, "p1")
RIGHT = {}
exec((Path(__file__).parents[3] / "autograder/right/3.5-consensus/paxos/one_tuple_on_disk.py").read_text(), RIGHT)


class DoesNothing(Node):
    pass


class NotWritten(Node):
    def on_start(self, ctx):
        raise NotImplementedError


class Raises(Node):
    def on_start(self, ctx):
        raise KeyError("no such thing")


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def objects_of(name):
    behaviour = name.partition(".")[2]
    if behaviour in OF_ACCEPTOR:
        return ["Acceptor"]
    return ["Proposer"] if behaviour in OF_PROPOSER else ["Proposer", "Acceptor"]


def verdict_on(name, check=None, proposer=RIGHT["Proposer"], acceptor=RIGHT["Acceptor"], **options):
    subject = Subject(LocalChannel({"Proposer": proposer, "Acceptor": acceptor}), answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named(o) for o in objects_of(name)], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


# Every check


@pytest.mark.parametrize("name", NAMES)
def test_who_does_nothing_fails_even_an_empty_schedule(name):
    verdict = verdict_on(name, with_schedule(name, []), DoesNothing, DoesNothing)
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_written_is_not_attempted(name):
    assert verdict_on(name, proposer=NotWritten, acceptor=NotWritten).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_raises_is_wrong_and_the_error_is_shown(name):
    verdict = verdict_on(name, with_schedule(name, []), Raises, Raises)
    assert verdict.status == core.WRONG and "KeyError in on_start: 'no such thing'" in verdict.message


@pytest.mark.parametrize("name", NAMES)
def test_any_part_of_a_schedule_is_a_schedule(name):
    rng = random.Random(name)
    for schedule in [core.find(name).generate(random.Random(7)), core.find(name).examples[-1]]:
        part = [step for step in schedule if rng.random() < 0.6]
        verdict = verdict_on(name, with_schedule(name, part))
        assert verdict.status == core.RIGHT, (part, verdict.to_text())


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    found = core.find(name)
    for seed in range(5):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))
    assert found.hidden > 0


def test_each_class_is_judged_without_the_other():
    for name in NAMES:
        others = {"acceptor" if objects_of(name) == ["Proposer"] else "proposer": DoesNothing}
        expected = core.WRONG if len(objects_of(name)) == 2 else core.RIGHT
        assert verdict_on(name, with_schedule(name, []), **others).status == expected, name


# What a learner gets


class PromisesAll(RIGHT["Acceptor"]):
    def on_message(self, ctx, sender, message):
        if message[0] == "prepare":
            self.memory = (message[1], *self.memory[1:])
            ctx.send(sender, ("promise", *self.memory))
        else:
            super().on_message(ctx, sender, message)


class Stubborn(RIGHT["Proposer"]):
    def propose(self, ctx):
        self.highest[self.ballot] = (NO_BALLOT, None)
        super().propose(ctx)


def test_the_shortest_messages_that_show_a_mistake_go_along_with_the_sentence():
    verdict = verdict_on("paxos.promise", acceptor=PromisesAll)
    assert verdict.schedule == [["prepare", "p2", 2], ["prepare", "p1", 2]]
    assert verdict.message == (
        "a1 has promised (2, 'p2'), and still answers (2, 'p1') with ('promise', (2, 'p1'), (0, ''), None)."
    )
    trace = Trace.from_json(verdict.trace)
    assert trace[verdict.at].kind == "send" and trace[verdict.at].detail[:2] == ("promise", (2, "p1"))


def test_a_search_hands_back_the_shortest_order_of_messages():
    verdict = verdict_on("paxos.acceptor_orders", acceptor=PromisesAll)
    assert verdict.message == (
        "An acceptor has accepted below a ballot that it has promised, or has not reported what it had accepted."
    )
    trace = Trace.from_json(verdict.trace)
    # Both are asked, p1's phase 1, p2's prepare at one acceptor, and p1's prepare and accept once more there.
    assert trace.untimed and len(trace.of("deliver")) <= 8 and trace.violated


def test_a_value_that_is_not_adopted_is_named_with_the_ballot_that_was_reported():
    verdict = verdict_on("paxos.adopt", proposer=Stubborn)
    assert verdict.message == (
        "p3 proposes 'x' in ballot (1, 'p3'); the highest ballot reported is (1, 'p1'), with 'old'."
    )
    assert len(verdict.schedule) == 1


def test_a_way_that_the_nodes_do_not_follow_is_worded():
    class PromisesAloneOnly(RIGHT["Acceptor"]):
        def on_message(self, ctx, sender, message):
            if message[0] == "accept" or ctx.peers == ("p1",):
                super().on_message(ctx, sender, message)

    check = with_schedule("paxos.acceptor_orders", [checks.RESTARTS])
    verdict = verdict_on("paxos.acceptor_orders", check, acceptor=PromisesAloneOnly)
    assert verdict.status == core.WRONG and "the nodes do not take them" in verdict.message


def test_every_sentence_is_said_in_russian():
    use_language("ru")
    verdict = verdict_on("paxos.promise", acceptor=PromisesAll)
    assert verdict.message.startswith("a1 обещал (2, 'p2'), а на (2, 'p1') всё же отвечает")
    assert all("а" <= word[0].lower() <= "я" for word in paxos_rules.words().values())


# Single handlers


def trace_of(*rows, learners=0):
    """A trace of a1 (and p1) from rows (kind, node, other, message or detail): a "deliver" is sent just before."""
    made = []
    for kind, node, other, detail in rows:
        number = len(made)
        if kind == "deliver":
            made.append((0.0, "send", other, node, number, detail))
        made.append((0.0, kind, node, other, number, None if kind == "deliver" else detail))
    members = ["p1", "p2", "a1", "a2", "a3", *names("l", learners)]
    return Trace(members, made, {}, clients=("c1",))


def about(trace, node):
    return [b.about for b in breaches(trace, [node])]


PREPARE, ACCEPT = ("deliver", "a1", "p1", ("prepare", B1)), ("deliver", "a1", "p1", ("accept", B1, "x"))
PROMISE = ("send", "a1", "p1", ("promise", B1, NO_BALLOT, None))
ACCEPTED = ("send", "a1", "p1", ("accepted", B1, "x"))


@pytest.mark.parametrize(
    "rows",
    [
        [PREPARE, PROMISE, PREPARE, PROMISE],
        [PREPARE, PROMISE, PREPARE],
        [PREPARE, PROMISE, ACCEPT, ACCEPTED, ACCEPT],
        [ACCEPT, ACCEPTED, ACCEPT, ACCEPTED],
        [ACCEPT, ACCEPTED, PREPARE],
        [ACCEPT, ACCEPTED, PREPARE, ("send", "a1", "p1", ("promise", B1, B1, "x"))],
        [PREPARE, PROMISE, ("send", "a1", "a2", ("hello", 1))],
    ],
)
def test_what_the_contract_leaves_open_to_an_acceptor_is_no_breach(rows):
    assert about(trace_of(*rows), "a1") == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([PREPARE], "silent"),
        ([ACCEPT], "silent"),
        ([PREPARE, ("send", "a1", "p1", ("promise", B1, B1, "x"))], "report"),
        ([PREPARE, ("send", "a1", "p2", ("promise", B1, NO_BALLOT, None))], "silent"),
        ([ACCEPT, ACCEPTED, PREPARE, PROMISE], "report"),
        ([("deliver", "a1", "p2", ("prepare", B2)), ("send", "a1", "p2", ("promise", B2, NO_BALLOT, None)),
          ACCEPT, ACCEPTED], "refusal"),
        ([ACCEPT, ACCEPTED, ("send", "a1", "p2", ("accepted", B1, "x"))], "told"),
        ([ACCEPT, ACCEPTED, ACCEPTED], "told"),
        ([PREPARE, ("send", "a1", "p1", ["promise", B1, NO_BALLOT, None])], "form"),
        ([("timer", "a1", "", "tick"), ACCEPTED], "refusal"),
    ],
)  # fmt: skip
def test_an_acceptor_that_breaks_a_rule_is_seen_at_once(rows, found):
    assert found in about(trace_of(*rows), "a1")


def test_a_learner_that_is_not_told_is_named():
    (breach,) = breaches(trace_of(ACCEPT, ACCEPTED, ("send", "a1", "l2", ("accepted", B1, "x")), learners=3), ["a1"])
    assert breach.message == "a1 has accepted in (1, 'p1'), and does not tell l1, l3."


ASKED = ("request", "p1", "c1", ("c1.1", ("propose", "x")))
OPENED = [("send", "p1", a, ("prepare", B1)) for a in ("a1", "a2", "a3")]
PROPOSED = [("send", "p1", a, ("accept", B1, "x")) for a in ("a1", "a2", "a3")]
OPENED_AGAIN = [("send", "p1", a, ("prepare", B3)) for a in ("a1", "a2", "a3")]
TOLD, CRASHED = ("reply", "p1", "c1", ("c1.1", "x")), ("start", "p1", "", "again")


def promised(acceptor, reported=NO_BALLOT, value=None, ballot=B1):
    return ("deliver", "p1", acceptor, ("promise", ballot, reported, value))


def voted(acceptor, ballot=B1, value="x"):
    return ("deliver", "p1", acceptor, ("accepted", ballot, value))


ONWARD = [ASKED, *OPENED, promised("a1"), promised("a2")]
WON = [*ONWARD, *PROPOSED, voted("a1"), voted("a3")]


def about_p1(*rows):
    """The timers of these made traces are not set; that is judged in runs."""
    return [found for found in about(trace_of(*rows), "p1") if found != "wait"]


@pytest.mark.parametrize(
    "rows",
    [
        [*WON, TOLD],
        [*ONWARD, *PROPOSED[:2], voted("a1"), voted("a2"), TOLD],
        [*ONWARD, *PROPOSED, promised("a3", (0, "z"), "y"), voted("a1"), voted("a1")],
        [*WON, TOLD, voted("a2"), ASKED, TOLD],
        [*WON, TOLD, CRASHED, ASKED, TOLD],
        [*WON, TOLD, CRASHED, ASKED, *OPENED_AGAIN],
        [ASKED, *OPENED, CRASHED, *OPENED_AGAIN],
    ],
)
def test_what_the_contract_leaves_open_to_a_proposer_is_no_breach(rows):
    assert about_p1(*rows) == []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([ASKED], "open"),
        ([("start", "p1", "", "first"), *OPENED], "open"),
        ([ASKED, *OPENED, ASKED, *OPENED_AGAIN], "open"),
        ([ASKED, *OPENED[:2]], "ballot"),
        ([ASKED, *OPENED_AGAIN], "ballot"),
        ([ASKED, *[("send", "p1", a, ("prepare", (1, "p2"))) for a in ("a1", "a2", "a3")]], "ballot"),
        ([ASKED, *OPENED, CRASHED, ASKED, *OPENED], "ballot"),
        (ONWARD, "majority"),
        ([ASKED, *OPENED, promised("a1"), *PROPOSED], "majority"),
        ([ASKED, *OPENED, promised("a1"), promised("a1"), *PROPOSED], "majority"),
        ([ASKED, *OPENED, promised("a1"), promised("a2", ballot=(0, "p1")), *PROPOSED], "majority"),
        ([*ONWARD, *PROPOSED[1:]], "majority"),
        ([ASKED, *OPENED, promised("a1", (0, "p9"), "y"), promised("a2"), *PROPOSED], "value"),
        ([*ONWARD, *[("send", "p1", a, ("accept", B1, "z")) for a in ("a1", "a2", "a3")]], "value"),
        ([*ONWARD, *PROPOSED, promised("a3"), ("send", "p1", "a3", ("accept", B1, "y"))], "value"),
        (WON, "answer"),
        ([*ONWARD, *PROPOSED, voted("a1"), TOLD], "answer"),
        ([*ONWARD, *PROPOSED, voted("a1"), voted("a1"), TOLD], "answer"),
        ([*ONWARD, *PROPOSED, voted("a1"), voted("a2", (0, "p1")), TOLD], "answer"),
        ([*WON, TOLD, ASKED], "answer"),
        ([*WON, TOLD, voted("a2"), ("send", "p1", "a2", ("accept", B3, "x"))], "waste"),
        ([*ONWARD, *PROPOSED, promised("a3"), PROPOSED[0]], "waste"),
    ],
)
def test_a_proposer_that_breaks_a_rule_is_seen_at_once(rows, found):
    assert found in about_p1(*rows)


def test_a_message_and_its_copy_are_two_deliveries_of_one_text():
    rows = [
        (0.0, "send", "p1", "a1", 0, ("prepare", B1)),
        (0.0, "duplicate", "p1", "a1", 1, 0),
        (0.1, "deliver", "a1", "p1", 1, None),
    ]
    (step,) = handled(Trace(["p1", "a1"], rows, {}))
    assert (step.node, step.other, step.given) == ("a1", "p1", ("prepare", B1))


@pytest.mark.parametrize(
    "message",
    [
        ("prepare", [1, "p1"]),
        ("prepare", ("p1", 1)),
        ("prepare", B1, 3),
        ("prepare",),
        ("accept", B1, ["x"]),
        ("accepted", B1),
        ("promise", B1, None, None),
        ["prepare", B1],
        "prepare",
        None,
        (),
    ],
)
def test_a_message_of_another_form_is_none_of_the_four(message):
    assert not well_formed(message)


def test_the_four_messages_are_well_formed():
    for message in [("prepare", B1), ("promise", B1, NO_BALLOT, None), ("accept", B1, "x"), ("accepted", B1, "x")]:
        assert well_formed(message)


# Rule 8


def test_the_waits_double_from_a_tenth_of_a_second_to_sixteen_tenths():
    assert [least_wait_s(n) for n in range(1, 8)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6])


def test_no_more_ballots_than_the_least_waits_allow():
    assert [checks.ballots_max(s) for s in (0.05, 0.1, 0.29, 0.31, 3.2)] == [1, 2, 2, 3, 6]


# What the search asks


def snapshot(*flying, replies=()):
    return Snapshot({n: NodeView(n, {}, {}, True) for n in ("p1", "p2", "a1", "a2", "a3")}, replies, flying)


def broken(*flying, replies=()):
    return [p.name for p in promises(["x", "y"]) if not p.look(snapshot(*flying, replies=replies))[0]]


X = [("a1", "p1", ("accepted", B1, "x")), ("a2", "p1", ("accepted", B1, "x"))]
Y = [("a2", "p2", ("accepted", B2, "y")), ("a3", "p2", ("accepted", B2, "y"))]


@pytest.mark.parametrize(
    ("flying", "replies", "names_"),
    [
        (X, [("c1.1", "x")], []),
        ([X[0], Y[1]], [], []),
        ([*X, *Y], [], ["agreement"]),
        (X, [("c1.1", "y")], ["agreement", "what is told is chosen"]),
        ([X[0]], [("c1.1", "x")], ["what is told is chosen"]),
        ([("a1", "p1", ("accepted", B1, "z"))], [], ["validity"]),
        ([("p1", "a1", ("accept", B1, "x")), ("p1", "a2", ("accept", B1, "y"))], [], ["one value in a ballot"]),
        ([("p2", "a1", ("accept", B1, "x"))], [], ["one value in a ballot"]),
        ([X[0], ("a1", "p2", ("promise", B2, NO_BALLOT, None))], [], ["promises are kept"]),
        ([X[0], ("a1", "p2", ("promise", B2, B1, "x"))], [], []),
        ([("a1", "p1", ("promise", B1, B2, "y"))], [], ["promises are kept"]),
        ([("p1", "a1", ("accept", [1, "p1"], "x"))], [], ["form"]),
        ([("p1", "a1", ("hello", [1, "p1"], "x"))], [], []),
        ([("p1", "p2", ("accepted", B1, "z"))], [], []),
    ],
)
def test_the_messages_alone_say_which_promise_is_broken(flying, replies, names_):
    assert broken(*flying, replies=replies) == names_


def test_the_judge_reads_no_field_of_a_node():
    """A class may call anything `accepted_ballot`: only what it says counts."""
    view = NodeView("a1", {"accepted_ballot": None, "promised": "", "chosen": 3}, {}, True)
    s = Snapshot({"a1": view, "a2": view, "a3": view}, [], X)
    assert all(p.look(s)[0] for p in promises(["x"]))


@pytest.mark.parametrize("title", checks.WAYS)
def test_every_search_begins_where_the_classes_of_the_course_can_be_led(title):
    stage = checks.WAYS[title]
    if title not in model.STAGES:
        assert model.search(stage, acceptor=checks.Elder, audit=False).findings


def test_every_check_that_searches_says_what_it_searches_by_a_known_name():
    for name in SEARCHES:
        found = core.find(name)
        steps = [s for schedule in found.examples for s in schedule]
        steps += [s[0] for seed in range(9) for s in found.generate(random.Random(seed))]
        assert set(steps) <= set(checks.WAYS)
