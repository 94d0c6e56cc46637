"""What the panel of logical clocks computes: clocks, verdicts with their reasons, wrong labels, the learner's class."""

from __future__ import annotations

import itertools
import json
import re
import time
from pathlib import Path

import pytest

from faultlab import i18n
from faultlab.models import clocks as model
from faultlab.models.clocks import RECEIVE, SEND, Event
from faultlab.widgets import vector_clock as module
from faultlab.widgets import vector_clock_panel

WIDGETS = Path(module.__file__).parent
ANSWER_MAX_S = 0.03
RIGHT = {  # the labels of the figure, by its rules
    "A": [[1, 0, 0], [2, 0, 0], [3, 3, 0], [4, 3, 0]],
    "B": [[0, 1, 0], [2, 2, 0], [2, 3, 0], [2, 4, 4]],
    "C": [[0, 0, 1], [0, 0, 2], [2, 3, 3], [2, 3, 4]],
}


class Clock:
    """The class that exercise 3.6 asks for."""

    def __init__(self, process):
        self.process, self.entries = process, {}

    def vector(self):
        return dict(self.entries)

    def tick(self):
        self.entries[self.process] = self.entries.get(self.process, 0) + 1
        return self.vector()

    def send(self):
        return self.tick()

    def receive(self, vector):
        for name, count in vector.items():
            self.entries[name] = max(count, self.entries.get(name, 0))
        return self.tick()

    @staticmethod
    def compare(first, second):
        return model.VectorClock(first).compare(model.VectorClock(second))


class Forgetful(Clock):
    def receive(self, vector):
        return self.tick()


def ask(panel, **values):
    """What the browser does: write `params` and read `view`."""
    panel.params = {**panel.params, **values, "seq": panel.view.get("seq", 0) + 1}
    return panel.view


def presets():
    return {p["name"]: p for p in vector_clock_panel().spec["presets"]}


def view_of(preset):
    return ask(vector_clock_panel(), **presets()[preset]["params"])


def by_name(view):
    return {event["name"]: event for event in view["events"]}


def at(p, place, **more):
    return {"p": p, "at": place, **more}


def verdict(events, one, two, **params):
    view = ask(vector_clock_panel(), events=events, pair=[at(*one), at(*two)], **params)
    return view["answers"]["relation"]


# Clocks


def test_the_figure_has_the_labels_of_its_own_rules():
    rows = by_name(view_of("figure"))
    assert {p: [rows[f"{p}{n}"]["row"] for n in (1, 2, 3, 4)] for p in "ABC"} == RIGHT


def test_seven_of_the_twelve_labels_of_the_textbook_are_wrong():
    view = view_of("wrong")
    wrong = {event["name"] for event in view["events"] if event["wrong"]}
    assert wrong == {"A3", "A4", "B2", "B3", "B4", "C3", "C4"}
    assert view["answers"]["labels"]["answer"] == "7"
    assert "B2 [1,2,0] → [2,2,0]" in view["answers"]["labels"]["because"]
    assert {r["label"]: r["values"] for r in view["numbers"]}["wrong labels"] == [7]


def test_both_clocks_are_those_of_the_model():
    columns = {
        "A": [Event("A"), Event("A", SEND, "m")],
        "B": [Event("B", RECEIVE, "m"), Event("B", SEND, "k")],
        "C": [Event("C"), Event("C", RECEIVE, "k"), Event("C", RECEIVE, "m")],
    }
    view = vector_clock_panel(columns=columns).view
    order = model.possible_order(columns)
    expected = dict(zip(order, model.stamps(order), strict=True))
    for name, events in columns.items():
        shown = [e for e in view["events"] if e["p"] == name]
        assert [e["lamport"] for e in shown] == [expected[event].lamport for event in events]
        assert [tuple(e["row"]) for e in shown] == [expected[event].vector.row("ABC") for event in events]


def test_an_event_moved_without_passing_another_changes_no_clock():
    here = [at("A", 0), at("B", 1, **{"from": at("A", 0)}), at("B", 2)]
    there = [at("A", 0), at("B", 4, **{"from": at("A", 0)}), at("B", 8)]
    rows = [[e["row"] for e in ask(vector_clock_panel(), events=events)["events"]] for events in (here, there)]
    assert rows[0] == rows[1]


# Before, after, concurrent


@pytest.mark.parametrize("preset", list(presets()))
def test_the_verdict_on_every_pair_of_every_scenario_is_reachability(preset):
    view = view_of(preset)
    follows = {(e["from"]["p"], e["from"]["at"], e["p"], e["at"]) for e in view["events"] if e["from"]}
    for p in view["names"]:
        column = [e["at"] for e in view["events"] if e["p"] == p]
        follows |= {(p, a, p, b) for a, b in itertools.pairwise(column)}
    places = [(e["p"], e["at"]) for e in view["events"]]
    reach = {(*a, *b) for a in places for b in places if (*a, *b) in follows}
    for middle, one, two in itertools.product(places, repeat=3):
        if (*one, *middle) in reach and (*middle, *two) in reach:
            reach.add((*one, *two))
    for event in view["events"]:
        here, focus = (event["p"], event["at"]), (view["pair"][1]["p"], view["pair"][1]["at"])
        expected = "before" if (*here, *focus) in reach else "after" if (*focus, *here) in reach else "concurrent"
        assert event["to_focus"] == ("equal" if here == focus else expected)


def test_the_reason_is_the_chain_that_joins_the_two():
    found = verdict(presets()["chain"]["params"]["events"], ("A", 1), ("C", 7))
    assert found["answer"] == "before" and "A2 → B2 → B3 → C2 → C3" in found["because"]
    back = verdict(presets()["chain"]["params"]["events"], ("C", 7), ("A", 1))
    assert back["answer"] == "after" and "A2 → B2 → B3 → C2 → C3" in back["because"]


def test_the_chain_is_made_of_steps_and_messages_only():
    view = view_of("chain")
    arrivals = {(e["p"], e["at"]): e["from"] for e in view["events"] if e["from"]}
    for one, two in itertools.pairwise(view["chain"]):
        assert one["p"] == two["p"] or arrivals[two["p"], two["at"]] == one


def test_the_reason_for_concurrent_events_names_what_each_knows_more_of():
    view = view_of("lamport")
    because = view["answers"]["relation"]["because"]
    assert view["answers"]["relation"]["answer"] == "concurrent" and view["chain"] == []
    assert "D2 knows more of D, C2 more of A, B, C" in because and "2 and 6, order them all the same" in because


def test_without_messages_events_of_different_processes_are_concurrent():
    view = view_of("silence")
    different = sum(a["p"] != b["p"] for a, b in itertools.combinations(view["events"], 2))
    assert {r["label"]: r["values"][0] for r in view["numbers"]}["of them concurrent"] == different > 0


def test_places_are_not_moments():
    view = view_of("hours")
    (one, two) = view["pair"]
    assert two["at"] - one["at"] == module.PLACES - 1 and view["answers"]["relation"]["answer"] == "concurrent"


def test_for_a_chosen_event_that_is_gone_another_one_stands():
    view = ask(vector_clock_panel(), events=[at("A", 0), at("B", 1)], pair=[at("C", 3), at("B", 1)])
    assert view["pair"] == [at("B", 1), at("A", 0)]
    assert ask(vector_clock_panel(), pair=[])["pair"] == [at("A", 0), at("B", 0)]


# What is drawn by hand


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([{}], "An event looks like"),
        ([at("A", 9), at("B", 0)], "An event looks like"),
        ([at("AB", 0), at("B", 0)], "An event looks like"),
        ([at("A", True), at("B", 0)], "An event looks like"),
        ([at("A", 0), at("A", 0)], "Two events stand in one place"),
        ([at("A", 0)], "two events at least"),
        ([at("A", 1), at("B", 1, **{"from": at("A", 1)})], "from further left"),
        ([at("A", 0), at("A", 1, **{"from": at("A", 0)})], "from another process"),
        ([at("A", 0), at("B", 1, **{"from": 3})], "from another process"),
        ([at("A", 0, row="100"), at("B", 1)], "A label is a list"),
        (
            [at("A", 0), at("B", 1, **{"from": at("A", 0)}), at("C", 2, **{"from": at("B", 1)})],
            "both receives and sends",
        ),
    ],
)
def test_a_picture_that_cannot_be_is_refused_in_one_line(events, text):
    error = ask(vector_clock_panel(), events=events)["error"]
    assert text in error and "\n" not in error


def test_events_of_processes_that_are_not_shown_come_back():
    panel = vector_clock_panel()
    before = panel.view["events"]
    fewer = ask(panel, n=2)
    assert {e["p"] for e in fewer["events"]} == {"A", "B"} and by_name(fewer)["B4"]["kind"] == "local"
    assert ask(panel, n=3)["events"] == before


def test_one_message_may_arrive_at_several_processes():
    assert [e["from"] for e in view_of("figure")["events"] if e["from"]].count(at("B", 5)) == 2


def test_columns_that_do_not_fit_or_cannot_have_happened_are_refused():
    with pytest.raises(ValueError, match="two to five"):
        vector_clock_panel(columns={"A": [Event("A")]})
    with pytest.raises(ValueError, match="9 places"):
        vector_clock_panel(columns={"A": [Event("A")] * 10, "B": []})
    with pytest.raises(ValueError, match="cannot have happened"):
        vector_clock_panel(columns={"A": [Event("A", RECEIVE, "m")], "B": []})


# The learner's class


def test_a_right_class_labels_the_same_events_and_nothing_is_said():
    panel = vector_clock_panel(Clock)
    view = ask(panel, **presets()["chain"]["params"])
    assert not any(event["wrong"] for event in view["events"]) and view["notice"] is None
    assert view["mine"]["good"] and "before" in view["mine"]["text"]
    assert ask(panel, whose="model")["mine"] is None


def test_where_a_class_forgets_what_arrives_the_event_is_marked():
    view = vector_clock_panel(Forgetful).view
    assert [event["name"] for event in view["events"] if event["wrong"]] == ["B2", "B3", "A3", "C3", "C4", "A4", "B4"]
    assert "{'B': 2} at B2; it should be {'A': 2, 'B': 2}" in view["notice"]


def test_entries_of_zero_are_no_difference():
    class Full(Clock):
        def vector(self):
            return dict.fromkeys("ABC", 0) | self.entries

    assert vector_clock_panel(Full).view["notice"] is None


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ({"__init__": lambda self: None}, "stops at A1: TypeError"),
        ({"send": lambda self: 1 / 0}, "stops at A2: ZeroDivisionError"),
        ({"tick": lambda self: [1]}, "stops at A1: TypeError: a vector is a dict"),
        ({"compare": staticmethod(lambda a, b: a.missing)}, "compare() stops: AttributeError"),
    ],
)
def test_what_a_class_raises_is_told_in_one_line_and_the_panel_lives(broken, text):
    view = vector_clock_panel(type("Broken", (Clock,), broken)).view
    assert text in view["notice"] and "\n" not in view["notice"] and "error" not in view
    json.dumps(view)


def test_a_wrong_comparison_is_told_beside_the_right_one():
    always = type("Always", (Clock,), {"compare": staticmethod(lambda a, b: "before")})
    view = vector_clock_panel(always).view
    assert not view["mine"]["good"] and view["answers"]["relation"]["answer"] == "concurrent"


# Words, time


def test_the_panel_speaks_the_language_and_is_plain_json(language):
    for name in presets():
        view = view_of(name)
        json.dumps(view, allow_nan=False)
    i18n.use_language(language)
    view = ask(vector_clock_panel(), **presets()["wrong"]["params"])
    text = " ".join([view["summary"], *view["log"]])
    assert bool(re.search("[а-я]", text)) == (language == "ru")


def test_the_words_tell_every_event():
    view = view_of("chain")
    assert len(view["log"]) == len(view["events"])
    assert "B2 receives what A2 sent: maximum of both, then one more. Vector [2,2,0], Lamport 3." in view["log"]
    assert "Causal past of C3: A1, B1, A2, C1, B2, B3, C2." in view["summary"]


def test_every_word_of_the_picture_is_in_its_words():
    source = (WIDGETS / "vector_clock.js").read_text("utf-8")
    words = vector_clock_panel().spec["words"]
    used = set(re.findall(r"words\.(\w+)", source))
    computed = {"look", "send", "remove", "mark", "erase", "past", "future", "concurrent", "chain"}
    computed |= {f"kind_{kind}" for kind in ("local", "send", "receive")}
    assert used <= words.keys() and words.keys() == used | computed


def test_an_answer_takes_less_than_thirty_milliseconds():
    panel = vector_clock_panel(n=5)
    sender = at("A", 0)
    full = [at(p, place) for p in "ABCDE" for place in range(module.PLACES)]
    events = [e | {"from": sender} if e["p"] != "A" and e["at"] == 4 else e for e in full]
    times = []
    for place in (3, 5, 7, 8):
        start = time.perf_counter()
        view = ask(panel, events=events, pair=[at("A", 0), at("E", place)])
        times.append(time.perf_counter() - start)
        assert "error" not in view and len(view["events"]) == 45
    assert min(times) < ANSWER_MAX_S
