"""The card of a search says what the search says, in the learner's language, and promises no more."""

from __future__ import annotations

import html
import random
import re

import pytest

from faultlab import i18n
from faultlab.sim import Node, always, eventually, explore, sometimes
from faultlab.sim.search import Bounds, Result
from faultlab.sim.trace import Finding
from faultlab.widgets import result_card
from faultlab.widgets.results import REASONS, STOPPED, SUSPICIONS, translated


class Ping(Node):
    """A asks three times, B answers."""

    last = 3

    def on_start(self, ctx):
        self.heard = 0
        if ctx.name == "A":
            ctx.send("B", 1)

    def on_message(self, ctx, sender, message):
        self.heard = self.answer(message)
        if self.heard < self.last:
            ctx.send(sender, self.heard + 1)

    def answer(self, message):
        return message


class Endless(Ping):
    last = 10**9


class Remembers(Ping):
    log = []  # noqa: RUF012 - the mistake that the test is about

    def answer(self, message):
        self.log.append(message)
        return message


class Chance(Ping):
    def answer(self, message):
        return message + random.random() / 1000


class Fails(Ping):
    def answer(self, message):
        raise ZeroDivisionError("no")


PROPERTIES = [always("small", lambda s: s["A"].heard < 9), sometimes("heard", lambda s: s["A"].heard == 2)]


def search(factory=Ping, properties=PROPERTIES, **options):
    options.setdefault("audit", False)
    return explore({"A": factory, "B": factory}, properties, **options)


def russian(act):
    i18n.use_language("ru")
    try:
        return act()
    finally:
        i18n.use_language("en")


def english_words(text: str) -> list[str]:
    """The words of a card that its author would not write so: names of properties, code and values aside."""
    return [word for word in re.findall(r"\b[a-z]{3,}\b", text) if word not in ("small", "heard")]


def test_an_exhausted_search_in_which_all_holds_says_so_and_within_what():
    result = search()
    text = result_card(result).text
    assert text.splitlines()[0] == "✓ Everything holds, within these budgets"
    assert f"States: {result.states}" in text and "Exhausted" in text
    assert "✓ small – always: held in every state" in text
    assert f"✓ heard – sometimes: it happened (steps: {len(result.paths['heard'])})" in text
    assert "no handler fails" in text and "trace_panel" not in text


def test_a_violation_has_its_length_its_reason_and_the_line_that_opens_it():
    properties = [always("two at most", lambda s: s["A"].heard < 2 or f"A has heard {s['A'].heard}")]
    result = search(properties=properties)
    text = result_card(result, "found").text
    assert text.splitlines()[0] == "✗ Violated"
    assert f"always: violated (steps: {len(result.paths['two at most'])}). A has heard 2" in text
    line = text.splitlines()[-1].removeprefix("Look at the counterexample: ")
    opened = eval(line, {"trace_panel": lambda trace: trace, "found": result})
    assert len(opened) > 0 and opened.findings[0].status == "violated"


def test_what_never_happens_has_no_line_that_could_open_it():
    text = result_card(search(properties=[sometimes("ten", lambda s: s["A"].heard == 10)])).text
    assert "✗ ten – sometimes: it never happened" in text and "trace_panel" not in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"depth_max": 4}, "it looked only 4 steps far from the start"),
        ({"bounds": Bounds(states_max=3)}, "there are more than 3 states"),
        ({"bounds": Bounds(seconds_max=0)}, "0 s were over"),
        ({"bounds": Bounds(memory_mib_max=1)}, "it would have needed more than 1 MiB of memory"),
        ({"walks": 20, "steps_max": 5}, "these were random walks, 20 of them, of at most 5 steps"),
    ],
)
def test_what_is_not_exhausted_is_not_decided_and_the_bound_is_named(options, reason):
    text = result_card(search(Endless, [always("fine", lambda s: True)], **options)).text
    assert text.splitlines()[0] == "? Not decided"
    assert f"Not exhausted: {reason}." in text and "? fine – always: not decided" in text


def test_a_run_that_ends_too_early_is_told_in_words():
    text = result_card(search(properties=[eventually("nine", lambda s: s["A"].heard == 9)])).text
    assert "eventually: there is a run on which it never happened" in text and "a run ends" in text


def test_a_suspicious_result_is_not_to_be_believed_even_if_all_holds():
    Remembers.log.clear()
    result = search(Remembers, audit=True)
    assert result.exhausted and result.ok
    text = result_card(result).text
    assert text.splitlines()[0] == "⚠ Suspicious: do not believe this result"
    assert "⚠ suspicious: Remembers.log belongs to the class: all nodes share it" in text


def test_a_class_that_cannot_be_tried_elsewhere_is_told():
    class Local(Ping):
        pass

    text = result_card(search(Local, audit=True)).text
    assert "⚠ the nodes were not tried in another process: " in text
    assert text.splitlines()[0].startswith("✓"), "that is no suspicion"


def test_a_handler_that_raises_is_named_with_its_error():
    text = result_card(search(Fails)).text
    assert "✗ no handler fails – always: violated" in text and "B fails in on_message: ZeroDivisionError: no" in text


@pytest.mark.parametrize("factory", [Ping, Endless, Fails])
def test_the_russian_card_is_russian(factory):
    text = russian(lambda: result_card(search(factory, depth_max=9)).text)
    card = text.split("Посмотреть контрпример:")[0].replace("ZeroDivisionError: no", "")
    assert not english_words(card), text


def test_a_real_suspicion_is_told_in_russian_too():
    for factory in (Remembers, Chance):
        result = search(factory, audit=True, bounds=Bounds(states_max=200))
        (english,) = result.suspicions
        text = russian(lambda result=result: result_card(result).text)
        assert text.startswith("⚠ Подозрительно") and english not in text and "подозрительно: " in text


def test_every_sentence_of_the_laboratory_is_known_by_its_form():
    """Each of these is made by the laboratory itself; none may reach a Russian learner in English."""
    made = [
        search(Endless, depth_max=3).stopped,
        search(Endless, bounds=Bounds(states_max=3)).stopped,
        search(Endless, bounds=Bounds(seconds_max=0), stop_early=False).stopped,
        search(Endless, bounds=Bounds(memory_mib_max=1), stop_early=False).stopped,
        search(Endless, [always("fine", lambda s: True)], walks=5, steps_max=4).stopped,
        search(properties=[always("no", lambda s: False)]).stopped,
        search(properties=[sometimes("yes", lambda s: True)], walks=3).stopped,
    ]
    for sentence in filter(None, made):
        assert russian(lambda sentence=sentence: translated(sentence, STOPPED)) != sentence, sentence
    assert len(set(filter(None, made))) >= 6
    searches = [
        search(properties=[eventually("n", lambda s: False)]),
        search(properties=[always("fails itself", lambda s: s["A"].nothing)]),
        search(Fails),
    ]
    for result in searches:
        reason = next(f.because for f in result.findings if f.because)
        assert russian(lambda reason=reason: translated(reason, REASONS)) != reason, reason


@pytest.mark.parametrize(
    "text",
    [
        "the declared symmetry does not hold: does a name occur inside of another text?",
        "Lock.log belongs to the class: all nodes share it, and a crash does not clear it",
        "A, message 1 gives another outcome each time: fields['x'] is 1, then 2. Chance and time come from ctx only, "
        "and state is kept in self and nowhere else",
        "A, timer 't' depends on what other nodes did before: disk['k'] is 'a. b', then None. Is there state in the "
        "class, in a global variable, or in a default argument?",
        "A, start depends on the order in which a dict was filled: its order. To the model checker it is one dict, "
        "however it was filled: sort it before you use it",
        "B, message 2 gives another outcome in another process: effects [1], then [2]. The order of a set differs from "
        "process to process: sort it before you use it",
    ],
)
def test_every_suspicion_has_a_russian_form_that_keeps_its_values(text):
    said = russian(lambda: translated(text, SUSPICIONS))
    assert said != text and re.search("[а-я]", said)
    for value in re.findall(r"\[[^]]*\]|'[^']*'|\b\d+\b", text):
        assert value in said, value


def test_a_sentence_that_is_not_known_is_shown_as_it_is():
    result = Result(3, 4, 2, stopped="the moon is full", findings=(Finding("x", "always", "open"),))
    assert "Not exhausted: the moon is full." in result_card(result).text


def test_text_and_html_say_the_same_and_a_name_cannot_become_markup():
    result = search(properties=[always("<b>a & b</b>", lambda s: s["A"].heard < 2 or "<i>so</i>")])
    card = result_card(result)
    bundle = card._repr_mimebundle_()
    assert bundle["text/plain"] == card.text == repr(card)
    shown = html.unescape(re.sub(r"<[^>]*>", " ", bundle["text/html"]))
    assert "<b>a & b</b>" in shown and "&lt;b&gt;" in bundle["text/html"] and "<i>so" not in bundle["text/html"]

    def words(text):
        return sorted(re.findall(r"\w+", text))

    assert words(shown) == words(card.text)


def test_numbers_are_written_as_the_language_writes_them():
    result = Result(18411, 40000, 12, exhausted=True)
    assert "18,411" in result_card(result).text
    assert re.search(r"18\s411", russian(lambda: result_card(result).text))
