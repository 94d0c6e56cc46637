"""The base of every panel: values from outside, views, exceptions, translations, colours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from faultlab import i18n
from faultlab.widgets import breaker as breaker_module
from faultlab.widgets import breaker_panel, panel, theme

WIDGETS = Path(panel.__file__).parent


class Doubler(panel.Panel):
    topic = ""

    def describe(self):
        controls = [
            panel.slider("n", "N", 3, 1, 10, 1),
            panel.choice("kind", "Kind", "a", [("a", "A"), ("b", "B")]),
            panel.toggle("on", "On", False),
        ]
        return {"title": "Doubler", "controls": controls}

    def compute(self, params):
        if params["n"] == 7:
            raise ZeroDivisionError("seven")
        if params["n"] == 8:
            while True:
                pass
        return {"twice": 2 * params["n"]}


def ask(panel_, seq, **values):
    """What the browser does: write `params` and read `view`."""
    panel_.params = {**panel_.params, **values, "seq": seq}
    return panel_.view


def test_the_answer_carries_the_number_of_its_question():
    doubler = Doubler()
    assert doubler.view == {"seq": 0, "twice": 6}
    assert ask(doubler, 4, n=5) == {"seq": 4, "twice": 10}


def test_an_exception_becomes_one_line_and_the_next_question_is_answered():
    doubler = Doubler()
    view = ask(doubler, 1, n=7)
    assert view["error"].startswith("ZeroDivisionError: seven (line ") and "\n" not in view["error"]
    assert "compute" in view["error"]
    assert ask(doubler, 2, n=6)["twice"] == 12


def test_an_endless_loop_is_stopped(monkeypatch):
    limit = panel.time_limit
    monkeypatch.setattr(panel, "time_limit", lambda: limit(0.05))
    assert "endless loop" in ask(Doubler(), 1, n=8)["error"]


@pytest.mark.parametrize(
    "values", [{"m": 1}, {"n": 11}, {"n": "3"}, {"n": True}, {"kind": "c"}, {"on": 1}, {"seed": -1}]
)
def test_a_value_that_no_control_can_have_is_refused_in_one_line(values):
    with pytest.raises(ValueError) as refusal:
        Doubler(**values)
    assert "\n" not in str(refusal.value)
    assert "error" in ask(Doubler(), 1, **values)


def test_without_a_widget_the_notebook_shows_the_title():
    doubler = Doubler()
    bundle = doubler._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "Doubler: an interactive panel. Run this cell to see it."


def test_every_panel_gets_its_own_front_end_and_nothing_from_a_network():
    esm, css = breaker_panel()._esm, breaker_panel()._css
    assert "export default" in esm and "const picture" in esm
    for text in (esm, css):
        assert not re.findall(r"https?://(?!www\.w3\.org)", text)
    assert not re.search(r"^\s*import\b", esm, re.MULTILINE)


def test_every_word_of_the_front_end_is_in_the_labels():
    used = set(re.findall(r"labels\.(\w+)", (WIDGETS / "ui.js").read_text("utf-8")))
    assert used <= panel.shell_labels().keys()


def test_at_most_seven_controls_are_in_sight(language):
    assert sum(not c["more"] for c in breaker_panel().spec["controls"]) <= 7


def test_every_text_of_the_panel_is_translated():
    sources = [WIDGETS / "panel.py", Path(breaker_module.__file__)]
    catalogue = i18n.catalogue("ru")
    import ast

    for source in sources:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "N_"):
                message = node.args[0]
                if isinstance(message, ast.Constant):
                    assert message.value in catalogue, f"{source.name}: {message.value}"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", [*theme.OKABE_ITO, *theme.ROLES])
def test_marks_and_words_can_be_seen_on_the_ground(name, dark):
    ground = (theme.DARK if dark else theme.LIGHT)["ground"]
    assert theme.contrast(theme.mark_colour(name, dark), ground) >= theme.CONTRAST_MARK_MIN
    assert theme.contrast(theme.text_colour(name, dark), ground) >= theme.CONTRAST_TEXT_MIN


def test_contrast_is_that_of_the_standard():
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_a_view_is_plain_json(language):
    json.dumps(breaker_panel().view, allow_nan=False)
    json.dumps(breaker_panel().spec, allow_nan=False)
