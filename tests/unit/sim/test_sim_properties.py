"""Always, sometimes, eventually: on snapshots, and on traces after every handler."""

import pytest

from faultlab.sim import (
    Client,
    Constant,
    Network,
    Node,
    Scenario,
    always,
    crash,
    eventually,
    judge,
    random_faults,
    restart,
    simulate,
    sometimes,
)
from faultlab.sim.explore import explore
from faultlab.sim.properties import NodeView, Snapshot, snapshots
from faultlab.sim.timeline import Timeline


class Token(Node):
    """A token goes round: it is held, or it flies, never both and never neither."""

    def on_start(self, ctx):
        self.has = ctx.name == "A"
        self.rounds = 0
        if self.has:
            ctx.set_timer("pass", 0.1)

    def on_timer(self, ctx, timer):
        self.has = False
        ctx.note("I pass it on")
        ctx.send(ctx.peers[0], "token")

    def on_message(self, ctx, sender, message):
        self.has = True
        self.rounds += 1
        ctx.disk["rounds"] = self.rounds
        if self.rounds < 4:
            ctx.set_timer("pass", 0.1)


def one_token(s):
    held = [node.name for node in s.nodes.values() if node.get("has")]
    return len(held) + len(s.flying) == 1 or f"held by {held}, and {len(s.flying)} on their way"


RING = {"A": Token, "B": Token}
NETWORK = Network(Constant(0.05))


def statuses(trace):
    return {f.name: f.status for f in trace.findings}


def test_a_handler_is_atomic_for_a_property_of_a_trace_as_it_is_for_the_model_checker():
    promise = always("one token", one_token)
    assert statuses(judge(simulate(RING, 2.0, network=NETWORK), [promise])) == {"one token": "ok"}
    found = explore(RING, [promise], audit=False)
    assert found.exhausted
    assert found.ok


def test_a_violation_is_noted_at_the_event_whose_handler_made_it_with_the_sentence_of_the_property():
    def few_rounds(s):
        return all(node.get("rounds", 0) < 3 for node in s.nodes.values()) or "three rounds"

    trace = judge(simulate(RING, 2.0, network=NETWORK), [always("few rounds", few_rounds)])
    (finding,) = trace.findings
    assert (finding.status, finding.because) == ("violated", "three rounds")
    assert trace[finding.event].kind == "deliver"
    assert trace.state(finding.event)[trace[finding.event].node]["rounds"] == 3
    assert trace.state(finding.event - 1)[trace[finding.event].node]["rounds"] == 2


def test_a_run_may_be_judged_at_once():
    promise = always("one token", one_token)
    assert simulate(RING, 2.0, network=NETWORK, properties=[promise]) == judge(
        simulate(RING, 2.0, network=NETWORK), [promise]
    )


def test_the_three_kinds_on_a_trace():
    promises = [
        always("true", lambda s: True),
        always("false", lambda s: False),
        sometimes("true for once", lambda s: s["B"].rounds == 1),
        sometimes("never", lambda s: s["B"].rounds == 99),
        eventually("held", lambda s: s["B"].rounds == 2),
        eventually("not held", lambda s: s["B"].rounds == 99),
    ]
    run = simulate(RING, 2.0, network=NETWORK)
    wanted = {"true": "ok", "false": "violated", "true for once": "ok", "never": "open", "held": "ok"}
    assert statuses(judge(run, promises)) == wanted | {"not held": "open"}
    assert statuses(judge(run, promises, finished=True)) == wanted | {"not held": "violated"}


def test_a_property_is_asked_only_when_all_nodes_have_begun():
    seen = []
    judge(simulate(RING, 0.05), [always("look", lambda s: seen.append(dict(s["B"].fields)) or True)])
    assert seen == [{"has": False, "rounds": 0}]


def test_a_node_that_is_down_has_its_disk_and_no_fields():
    views = []

    def look(s):
        views.append((s["B"].up, dict(s["B"].fields), dict(s["B"].disk), [n.name for n in s.up]))
        return True

    faults = [crash("B", 0.2), restart("B", 0.9)]
    judge(simulate(RING, 1.0, network=NETWORK, faults=faults), [always("look", look)])
    assert (False, {}, {"rounds": 1}, ["A"]) in views
    assert views[-1] == (True, {"has": False, "rounds": 0}, {"rounds": 1}, ["A", "B"])


def test_a_field_that_is_not_there_is_an_error_that_names_those_that_are():
    view = NodeView("A", {"term": 1}, {}, True)
    with pytest.raises(AttributeError, match="A has no 'leader', it has term"):
        _ = view.leader
    with pytest.raises(AttributeError, match="A is down and has no 'leader', it has nothing"):
        _ = NodeView("A", {}, {}, False).leader
    assert view.term == view.get("term") == 1
    assert view.get("leader", "none") == "none"


def test_a_property_that_raises_does_not_hold_and_says_why():
    def wrong(s):
        return s["A"].leader

    (finding,) = judge(simulate(RING, 1.0), [always("wrong", wrong)]).findings
    assert finding.status == "violated"
    assert "AttributeError in the property: A has no 'leader'" in finding.because
    assert always("wrong", wrong).look(Snapshot({})) == (False, "KeyError in the property: 'A'")


@pytest.mark.parametrize(
    ("answer", "looks"),
    [
        (True, (True, "")),
        (False, (False, "")),
        ("two", (False, "two")),
        (None, (False, "")),
        ([1], (True, "")),
        (0, (False, "")),
    ],
)
def test_a_sentence_is_a_no(answer, looks):
    assert always("p", lambda s: answer).look(Snapshot({})) == looks


class Answers(Node):
    def on_start(self, ctx):
        self.asked = 0

    def on_request(self, ctx, request, call):
        self.asked += 1
        if call == "no":
            ctx.refuse(request, "no!")
        elif call == "fail":
            raise ValueError("oh")
        else:
            ctx.reply(request, self.asked)


def test_a_snapshot_tells_what_passed_between_clients_and_nodes_and_which_handler_failed():
    trace = simulate({"A": Answers}, clients=[Client("ann", ["x", "no", "fail"], "A", timeout_s=0.5)])
    end = list(snapshots(trace))[-1]
    assert end.replies == [("ann.1", 1)]
    assert end.told == [
        ("call", "ann.1", "x"), ("reply", "ann.1", 1), ("call", "ann.2", "no"), ("refuse", "ann.2", "no!"),
        ("call", "ann.3", "fail"),
    ]  # fmt: skip
    assert end.failure == "A: ValueError in on_request: oh"
    assert not end["A"].up


def test_there_is_a_snapshot_for_every_event_and_it_agrees_with_the_states_of_the_trace():
    trace = simulate(
        RING, 2.0, network=Network(Constant(0.05), loss=0.2, duplicate=0.3), faults=[crash("B", 0.7), restart("B", 0.8)]
    )
    several = list(snapshots(trace))
    assert len(several) == len(trace)
    for index, snapshot in enumerate(several):
        for name, fields in trace.state(index).items():
            view = snapshot[name]
            assert {**view.fields, **{f"disk.{k}": v for k, v in view.disk.items()}} == fields
            assert view.up == (trace.status(index)[name] != "crashed")


def test_what_flies_is_what_was_sent_or_doubled_and_has_neither_arrived_nor_been_lost():
    trace = simulate(RING, 2.0, network=Network(Constant(0.05), loss=0.2, duplicate=0.3))
    flying = {}
    for event, snapshot in zip(trace, snapshots(trace), strict=True):
        if event.kind in ("send", "duplicate"):
            flying[event.number] = (event.node, event.other, "token")
        elif event.kind in ("deliver", "lose"):
            del flying[event.number]
        assert snapshot.flying == list(flying.values())
    assert trace.of("duplicate")


def test_judging_leaves_the_events_as_they_are():
    trace = simulate(RING, 1.0)
    judged = judge(trace, [always("true", lambda s: True)])
    assert judged.rows == trace.rows
    assert trace.findings == ()


class Beats(Node):
    """Whoever hears nothing for a while leads, with a note and a message to everyone."""

    def on_start(self, ctx):
        self.leads, self.heard = False, 0
        ctx.set_timer("silence", 0.2 + 0.1 * "ABC".index(ctx.name))

    def on_timer(self, ctx, timer):
        self.leads = True
        ctx.note("leads")
        ctx.broadcast("beat")
        ctx.set_timer("silence", 0.1)

    def on_message(self, ctx, sender, message):
        self.leads, self.heard = False, self.heard + 1
        ctx.set_timer("silence", 0.2 + 0.1 * "ABC".index(ctx.name))


OF_BEATS = [
    always("one leads", lambda s: sum(bool(n.get("leads")) for n in s.up) < 2),
    always("few are heard", lambda s: sum(n.get("heard", 0) for n in s.up) < 30),
    sometimes("somebody leads", lambda s: any(n.get("leads") for n in s.up)),
    sometimes("a message is on its way", lambda s: len(s.flying) > 1),
]


@pytest.mark.parametrize("seed", range(30))
def test_a_run_that_shares_its_beginning_is_judged_alike_from_where_the_two_part(seed):
    timeline = Timeline(dict.fromkeys("ABC", Beats))
    faults = random_faults(seed, list("ABC"), 4, crashes=2, partitions=2)
    last = None
    for count in (len(faults), len(faults) - 1, 1, len(faults)):
        run = timeline.run(Scenario(4, seed=seed, faults=faults[:count]))
        whole = judge(run.trace, OF_BEATS)
        if last is not None:
            assert judge(run.trace, OF_BEATS, since=run.kept, before=last.findings).findings == whole.findings
        last = whole
