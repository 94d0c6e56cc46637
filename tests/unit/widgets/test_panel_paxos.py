"""What the Paxos panel computes: ballots with their events, what is chosen and adopted, and which invariants fall."""

from __future__ import annotations

import json
import re

import pytest
from babel.messages.pofile import read_po

from faultlab import i18n
from faultlab.models import paxos as model
from faultlab.models.paxos import Acceptor, Proposer
from faultlab.sim.faults import crash
from faultlab.sim.node import Node
from faultlab.sim.trace import Finding
from faultlab.widgets import paxos_panel
from faultlab.widgets.paxos import INVARIANTS, flow, name_of, presets, reason, told

VIEW_BYTES_MAX = 200_000
# What came true in each scenario: (question, answer), and the invariants that fall.
STORY = {
    "alone": ("messages", "12", []),
    "lost": ("lost", "goes on", []),
    "adopted": ("told", "x", []),
    "restarted": ("restarted", "yes", []),
    "duel": ("main", "none", []),
    "mended": ("count", "few", []),
    "yours": ("main", "first", []),
    "stubborn": ("main", "two", ["agreement"]),
    "hasty": ("main", "two", ["agreement", "promises are kept"]),
    "forgetful": ("main", "two", ["agreement", "promises are kept"]),
    "minority": ("main", "two", ["agreement", "what is learned is chosen"]),
}


def ballot(panel, name):
    return next(b for b in panel.view["flow"]["ballots"] if b["name"] == name)


@pytest.mark.parametrize("name", STORY)
def test_every_scenario_tells_the_story_that_it_announces(name):
    panel = paxos_panel(preset=name)
    asked, answer, fallen = STORY[name]
    assert "error" not in panel.view, panel.view
    assert panel.spec["question"]["name"] == asked
    assert panel.view["answers"][asked]["answer"] == answer
    assert answer in [o["value"] for o in panel.spec["question"]["options"]]
    assert panel.trace.violated == fallen
    assert len(json.dumps(panel.view)) < VIEW_BYTES_MAX


def test_the_scenarios_are_those_and_each_says_what_to_watch_for():
    assert [p["name"] for p in presets()] == list(STORY)
    assert all(p["watch"] and p["question"] for p in presets())


def test_a_scenario_that_does_not_exist_is_said_in_one_line():
    with pytest.raises(ValueError, match=r"no scenario “raft”.*alone"):
        paxos_panel(preset="raft")


def test_the_panel_agrees_with_the_runs_of_the_model():
    """The same stories stand in `models/paxos.py`; the panel only gives up later, and looks for a shorter time."""
    for name, mine in (
        ("alone", model.ALONE),
        ("lost", model.LOST_PROMISE),
        ("adopted", model.ADOPTED),
        ("restarted", model.RESTARTED),
    ):
        rows = mine.run().rows
        until = max(i for i, row in enumerate(rows) if row[1] == "deliver") + 1
        assert paxos_panel(preset=name).trace.rows[:until] == rows[:until], name


def test_every_message_has_its_phase_and_its_ballot():
    panel = paxos_panel(preset="adopted")
    sent = {row[4]: row[5] for row in panel.trace.rows if row[1] == "send"}
    phases = panel.view["flow"]["messages"]
    assert phases.keys() == sent.keys()
    for number, (phase, place) in phases.items():
        assert model.PHASES[sent[number][0]] == phase
        assert name_of(sent[number][1]) == panel.view["flow"]["ballots"][place]["name"]


def test_a_doubled_message_keeps_its_phase():
    double = {"at_s": 0, "kind": "duplicate", "node": "p1", "other": "a1", "number": 1}
    panel = paxos_panel(preset="alone", faults=[double])
    copies = [(row[4], row[5]) for row in panel.trace.rows if row[1] == "duplicate"]
    phases = panel.view["flow"]["messages"]
    assert copies and all(phases[copy] == phases[original] for copy, original in copies)


def test_the_ballot_that_adopts_says_who_reported_what_and_when():
    panel = paxos_panel(preset="adopted")
    second = ballot(panel, "1.p2")
    assert second["reports"] == {"a1": ["1.p1", "x"], "a2": ["1.p1", "x"]}
    assert (second["value"], second["from"]) == ("x", "1.p1")
    for who, at in second["at"]["report"].items():
        event = panel.trace[at]
        assert (event.kind, event.node, event.other) == ("deliver", "p2", who)
    assert "Ballot 1.p2 adopts x: a1 a2 reported it, from ballot 1.p1." in panel.view["summary"]
    assert "x is chosen in ballot 1.p1; it was accepted by a1 a2." in panel.view["summary"]


def test_the_majority_is_made_by_the_second_of_three_acceptors():
    panel = paxos_panel(preset="alone")
    only = ballot(panel, "1.p1")
    accepted = sorted(only["at"]["accepted"].values())
    assert len(accepted) == 3 and only["chosen"] == accepted[1]
    assert panel.trace[only["chosen"]].at_s == pytest.approx(0.03)
    assert panel.trace[only["ended"]].node == "p1" and panel.trace[only["ended"]].at_s == pytest.approx(0.04)


def test_a_lost_promise_is_not_in_the_quorum_and_its_acceptor_accepts_all_the_same():
    only = ballot(paxos_panel(preset="lost"), "1.p1")
    assert list(only["at"]["lost"]) == ["a1"] and set(only["at"]["report"]) == {"a2", "a3"}
    assert set(only["at"]["accepted"]) == {"a1", "a2", "a3"}


def test_in_a_duel_every_ballot_has_its_quorum_and_every_phase_2_is_refused():
    panel = paxos_panel(preset="duel")
    opened = panel.view["flow"]["ballots"]
    assert len(opened) == 20
    for one in opened[:-3]:
        assert len(one["at"]["report"]) == 2 and set(one["at"]["refused in 2"]) == {"a1", "a2", "a3"}
        assert "accepted" not in one["at"] and panel.trace[one["ended"]].node == one["proposer"]


def test_a_refused_prepare_is_told_from_a_refused_accept():
    """p2 begins with round 1 when p1 is far beyond it."""
    lost = [{"at_s": 0, "kind": "drop", "node": f"a{a}", "other": "p1", "number": n} for a in (1, 2, 3) for n in (1, 2)]
    panel = paxos_panel(preset="adopted", faults=lost, apart_ms=200)
    late = ballot(panel, "1.p2")
    assert set(late["at"]["refused in 1"]) == {"a1", "a2", "a3"} and "refused in 2" not in late["at"]


def test_quorums_that_are_no_majorities_have_no_member_in_common():
    panel = paxos_panel(preset="minority")
    one, other = panel.view["flow"]["ballots"]
    assert not set(one["at"]["accepted"]) & set(other["at"]["report"])
    assert (one["chosen"] < 0, other["chosen"] >= 0) == (True, True)


def test_an_invariant_falls_at_the_event_that_breaks_it():
    panel = paxos_panel(preset="stubborn")
    (agreement,) = [f for f in panel.trace.findings if f.status == "violated"]
    event = panel.trace[agreement.event]
    assert (event.kind, event.node) == ("deliver", "a2"), "the second acceptor makes the second majority"
    assert event.at_s == pytest.approx(0.13)


def test_what_an_acceptor_has_overwritten_is_not_forgotten():
    """When y is chosen, only one acceptor still holds x, and nobody has been told of it."""
    panel = paxos_panel(preset="forgetful")
    event = next(f.event for f in panel.trace.findings if f.name == "agreement")
    holders = [n for n, fields in panel.trace.state(event).items() if fields.get("accepted_value") == "x"]
    assert len(holders) < 2 and not panel.trace.of("reply")[:-1]


def test_a_rule_that_is_left_out_may_do_no_harm():
    assert paxos_panel(preset="alone", rule="adoption").trace.violated == []
    assert paxos_panel(preset="duel", rule="disk").trace.violated == []


@pytest.mark.parametrize("rule", model.LEFT_OUT)
def test_each_rule_is_needed_by_a_scenario_that_holds_with_it(rule):
    broken = next(p for p in presets() if p["params"].get("rule") == rule)
    assert paxos_panel(preset=broken["name"]).trace.violated
    assert paxos_panel(preset=broken["name"], rule="none").trace.violated == []


CONTROLS = {
    "proposers": "1",
    "acceptors": "5",
    "apart_ms": 40,
    "retry_ms": 100,
    "backoff_ms": 40,
    "rule": "majority",
    "nacks": False,
    "spread_ms": 5,
    "until_ms": 200,
}


def test_every_control_changes_the_run():
    panel = paxos_panel(preset="mended")
    assert CONTROLS.keys() == {c["name"] for c in panel.spec["controls"]} - {"faults"}
    for name, value in CONTROLS.items():
        panel.params = {**panel.params, **paxos_panel(preset="mended").params, "seq": 1}
        before = (panel.trace.rows, panel.trace.end_s)
        panel.params = {**panel.params, name: value, "seq": 2}
        assert "error" not in panel.view, panel.view
        assert (panel.trace.rows, panel.trace.end_s) != before, name
    in_sight = [c["name"] for c in panel.spec["controls"] if not c["more"]]
    assert len(in_sight) <= 7


def test_a_fault_by_hand_keeps_the_past_and_the_findings_of_the_whole():
    panel = paxos_panel(preset="stubborn")
    before = panel.trace
    cut = {"at_s": 0.125, "kind": "crash", "node": "p2"}
    faults, have = panel.params["faults"], panel.view["trace"]["id"]
    panel.params = {**panel.params, "faults": [*faults, cut], "seq": 1, "have": have}
    assert panel.view["trace"]["kept"] == before.index_at(0.1249) + 1
    assert panel.trace.violated == ["agreement"], "the accepts were on their way"
    panel.params = {**panel.params, "faults": [*faults, {**cut, "at_s": 0.119}], "seq": 2}
    assert panel.trace.violated == []


def test_equal_values_give_the_very_same_factories():
    panel = paxos_panel()
    assert panel.nodes(panel.params) is panel.nodes(dict(panel.params))


# The learner's classes


class Mine(Acceptor):
    def __init__(self):
        super().__init__()


class Plain(Proposer):
    def __init__(self, acceptors):
        super().__init__(acceptors)


def test_the_learners_classes_run_whatever_options_they_know():
    panel = paxos_panel(Plain, Mine, preset="adopted")
    assert panel.view["answers"]["told"]["answer"] == "x"
    made = {type(factory()) for name, factory in panel.nodes(panel.params).items() if name[0] == "a"}
    assert made == {Mine}
    assert paxos_panel(Plain, Mine, preset="stubborn").trace.violated == ["agreement"]


class Raises(Acceptor):
    def phase_2b(self, ctx, proposer, ballot, value):
        raise KeyError("accepted")


def test_an_acceptor_that_raises_is_a_crash_in_the_run_and_not_the_end_of_the_panel():
    panel = paxos_panel(acceptor=Raises, preset="alone")
    assert "error" not in panel.view
    assert {e.node for e in panel.trace.of("error")} == {"a1", "a2", "a3"}
    assert panel.view["answers"]["main"]["answer"] == "none"
    assert "Nothing is chosen." in panel.view["summary"]


class CannotBeMade(Acceptor):
    def __init__(self):
        raise RuntimeError("no such thing")


def test_a_class_that_cannot_be_made_is_one_line():
    error = paxos_panel(acceptor=CannotBeMade).view
    told_ = error.get("error") or " ".join(str(f) for f in error["trace"]["texts"])
    assert "no such thing" in told_


class Strange(Node):
    """It knows no message of the paper, and answers with what looks almost like one."""

    def on_message(self, ctx, sender, message):
        for answer in (("promise",), (), ("promise", [1]), ["accepted", {"a": 1}, [2]], 7, ("nack", "b", "c")):
            ctx.send(sender, answer)


def test_messages_of_no_known_form_are_passed_over():
    panel = paxos_panel(acceptor=Strange, preset="alone")
    assert "error" not in panel.view, panel.view
    assert [b["name"] for b in panel.view["flow"]["ballots"]][:1] == ["1.p1"]
    assert "report" not in ballot(panel, "1.p1")["at"]


def test_a_proposer_that_does_nothing_leaves_an_empty_picture():
    class Lazy(Node):
        def __init__(self, acceptors):
            self.acceptors = set(acceptors)

    panel = paxos_panel(Lazy, preset="duel")
    assert panel.view["flow"]["ballots"] == [] and panel.view["answers"]["main"]["answer"] == "none"


# Both languages


def test_the_reasons_of_every_violation_are_told_in_russian(monkeypatch):
    monkeypatch.setattr(i18n, "_current", ["ru"])
    said = []
    for name, (_asked, _answer, fallen) in STORY.items():
        if fallen:
            view = paxos_panel(preset=name).view
            said += [f for f in view["trace"]["findings"] if f["status"] == "violated"]
    sentences = [
        "p1 has accepted 'q' in ballot (1, 'p1'), which nobody has proposed",
        "p1 says 'q', which nobody proposed",
        "ballot (2, 'p1') has two values, 'x' and 'y'",
        "a1 has accepted in (2, 'p1'), and would still do so in (1, 'p2')",
    ]
    said += [vars(told(Finding("validity", "always", "violated", text))) for text in sentences]
    for finding in said:
        words = re.findall(r"[A-Za-z]{2,}", finding["name"] + finding["because"])
        assert not words, finding
        assert "('" not in finding["because"] and "'" not in finding["because"]
    assert len(said) == 7 + len(sentences)


def test_a_reason_that_is_not_known_stands_for_itself_with_ballots_by_their_names():
    assert reason("something about (2, 'p1') and 'x'") == "something about 2.p1 and x"
    assert told(Finding("of mine", "always", "ok")).name == "of mine"


def test_every_property_of_the_model_has_a_name_in_the_panel():
    names = {p.name for p in (*model.safety(["a1"], "x"), *model.progress(["a1"]))}
    assert INVARIANTS.keys() == names


def test_all_that_the_panel_says_is_said_in_russian_too():
    path = i18n.LOCALE_DIR / "ru" / "panel-paxos.po"
    with path.open("rb") as file:
        messages = [m for m in read_po(file) if m.id]
    assert len(messages) > 90 and all(m.string for m in messages)


def test_the_flow_of_a_finished_trace_needs_no_panel():
    trace = model.ALONE.run()
    drawn = flow(trace, model.ballots(trace), ["a1", "a2", "a3"])
    assert drawn["majority"] == 2 and len(drawn["messages"]) == model.messages(3)


def test_a_crash_by_hand_ends_the_ballot_of_its_proposer():
    panel = paxos_panel(preset="alone", faults=[crash("p1", 0.015)])
    assert panel.trace[ballot(panel, "1.p1")["ended"]].kind == "crash"
