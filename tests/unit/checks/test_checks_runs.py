"""Searches and runs of nodes, judged: the sentence, the schedule, and what is kept of it."""

import json

import pytest

from faultlab.checks import core, runs
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.sim import Client, Network, Node, Scenario, always, eventually, sometimes
from faultlab.sim.trace import Trace

ONE_LEADER = always("one leader", lambda s: sum(node.role == "leader" for node in s.up) <= 1 or "A and B lead")
SOMEBODY = sometimes("somebody leads", lambda s: any(node.role == "leader" for node in s.up))
ALL = eventually("all lead", lambda s: all(node.role == "leader" for node in s.nodes.values()))
WORDS = {"one leader": "Two nodes lead at once.", "somebody leads": "Nobody ever leads."}


class Selfish(Node):
    """Leads as soon as its timer fires, whatever the others do."""

    def on_start(self, ctx):
        self.role = "follower"
        ctx.set_timer("election", 1)

    def on_timer(self, ctx, timer):
        self.role = "leader"
        ctx.broadcast(("leads",))


class Idle(Selfish):
    def on_timer(self, ctx, timer):
        pass


class Raising(Selfish):
    def on_message(self, ctx, sender, message):
        raise LookupError("no such <b>peer</b>")


class Chatty(Selfish):
    def on_message(self, ctx, sender, message):
        ctx.send(sender, message)


class Unwritten(Selfish):
    def on_timer(self, ctx, timer):
        raise NotImplementedError


def verdict(node, play):
    """What a check that consists of `play` says of the class."""
    check = core.Check("runs.x", "The rule", lambda t, schedule: play(t), [["once"]])
    return core.judge(check, Subject(LocalChannel({"Node": node})), [named("Node")])


def nodes(t, names="AB"):
    return dict.fromkeys(names, t.objects[0])


def searched(node, *properties, **how):
    return verdict(node, lambda t: runs.search(t, nodes(t), properties, WORDS, **how) and None)


def test_a_violated_property_fails_with_the_check_s_sentence_and_the_shortest_schedule():
    found = searched(Selfish, ONE_LEADER)
    assert (found.status, found.message) == (core.WRONG, "Two nodes lead at once.")
    trace = Trace.from_json(found.trace)
    assert [event.kind for event in trace if event.kind == "timer"] == ["timer", "timer"]
    assert [f.because for f in trace.findings] == ["Two nodes lead at once."] and trace.findings[0].event == found.at
    text = found.to_text()
    assert "A: timer 'election'   [role='leader']" in text and "!! one leader: Two nodes lead at once." in text


def test_what_must_happen_and_does_not_is_wrong():
    assert searched(Selfish, SOMEBODY).status == core.RIGHT
    found = searched(Idle, ONE_LEADER, SOMEBODY)
    assert (found.status, found.message) == (core.WRONG, "Nobody ever leads.")
    assert searched(Idle, sometimes("it rains", lambda s: False)).message == "It never happens that it rains."


def test_what_must_hold_in_the_end_comes_with_the_run_that_ends_without_it():
    assert searched(Selfish, ALL).status == core.RIGHT
    found = searched(Selfish, ALL, timers=1)
    assert found.status == core.WRONG and Trace.from_json(found.trace).of("timer")


def test_a_handler_that_raises_is_named_with_its_traceback():
    found = searched(Raising, SOMEBODY)
    assert found.status == core.WRONG
    assert "raised LookupError in on_message: no such <b>peer</b>" in found.message
    assert "LookupError" in found.traceback


@pytest.mark.slow
def test_a_handler_that_does_not_return_is_named():
    class Endless(Selfish):
        def on_timer(self, ctx, timer):
            while True:
                pass

    found = searched(Endless, SOMEBODY)
    assert found.message == "Node A: on_timer did not return. Is there an endless loop?"


def test_a_handler_that_is_not_written_is_no_attempt():
    assert searched(Unwritten, SOMEBODY).status == core.NOT_ATTEMPTED
    played = verdict(Unwritten, lambda t: runs.run(t, nodes(t), Scenario(until_s=3)) and None)
    assert played.status == core.NOT_ATTEMPTED


def test_a_staged_way_that_nodes_cannot_be_led_along_is_said_in_words_of_the_check():
    def play(t):
        runs.search(t, nodes(t), [SOMEBODY], {runs.PREFIX: "They do not follow."}, prefix=[("timer", "A", "other")])

    assert verdict(Selfish, play).message == "They do not follow."


def test_a_run_is_kept_and_held_to_its_properties():
    def play(t):
        runs.hold(t, runs.run(t, nodes(t), Scenario(until_s=3)), [ONE_LEADER], WORDS)

    found = verdict(Selfish, play)
    assert (found.status, found.message) == (core.WRONG, "Two nodes lead at once.")
    assert verdict(Idle, play).status == core.RIGHT and verdict(Idle, play).trace is None


def test_nodes_without_rest_are_stopped_and_named():
    def play(t):
        runs.run(t, nodes(t), Scenario(until_s=60, events_max=300))

    assert "The nodes do not come to rest" in verdict(Chatty, play).message


def test_a_check_says_its_own_sentence_of_a_run():
    def play(t):
        trace = runs.run(t, nodes(t), Scenario(until_s=3))
        runs.wrong(t, trace, "Too early.", at=2)

    found = verdict(Idle, play)
    assert (found.message, found.at) == ("Too early.", 2)
    assert Trace.from_json(found.trace).violated == ["the check"]


def test_what_is_kept_ends_soon_after_the_event_that_matters_and_is_never_big():
    def play(t, n):
        trace = runs.run(
            t, nodes(t, "ABC"), Scenario(until_s=9, network=Network(), clients=[Client("ann", ["x"], "A")])
        )
        runs.wrong(t, trace, "Too early.", at=n)

    short, whole = verdict(Selfish, lambda t: play(t, 0)), verdict(Selfish, lambda t: play(t, None))
    assert len(Trace.from_json(short.trace)) == min(len(Trace.from_json(whole.trace)), 1 + core.EVENTS_AFTER)


def test_a_trace_too_big_to_keep_costs_the_picture_and_not_the_verdict(monkeypatch):
    monkeypatch.setattr(core, "TRACE_CHARS_MAX", 100)
    found = searched(Selfish, ONE_LEADER)
    assert (found.status, found.message, found.trace) == (core.WRONG, "Two nodes lead at once.", None)


@pytest.mark.parametrize(("language", "told"), [("en", "gets from"), ("ru", "получает от")])
def test_the_card_plays_the_schedule_in_a_frame_of_its_own_and_tells_it_as_text(language, told):
    use_language(language)
    found = searched(Raising, SOMEBODY)
    card, text = found.to_html(), found.to_text()
    assert '<iframe srcdoc="' in card and 'sandbox="allow-scripts"' in card
    assert told in text and told in card
    assert "<b>peer" not in card, "what the learner's code says is text, never markup"
    json.dumps(found.to_json())
