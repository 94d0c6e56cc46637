"""The course as a learner reads it: the index, the first panel, the chapter and the exercise, in both languages.

Copies are opened, never the committed notebooks: running one saves outputs into it. Every page is kept as pictures, one
for each height of the window, for a person to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from faultlab.checks.core import NOT_ATTEMPTED, RIGHT, STATUS_NAMES, WRONG
from faultlab.i18n import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parents[2]
EXERCISE = "3.2-resilience"
ANSWERS = ROOT / "autograder"
# Each language once in each theme, over the tests of this file.
DARK = {"chapters": {"en": False, "ru": True}, "exercise": {"en": True, "ru": False}}
# Panels by the names of the functions that open them, where that is not the panel's topic.
TOPICS = {"trace": "player", "world": "player", "history": "consistency"}
# How many panels each notebook opens.
PANELS = {
    "start-here": 1,
    "laboratory": 8,
    "3.1-cap": 6,
    "3.2-resilience": 5,
    "3.5-consensus": 16,
    "3.6-consistency": 7,
}
# A quiet machine needs a tenth of it.
PATIENCE_S = 240

both_languages = pytest.mark.parametrize("language", LANGUAGES, scope="module")

# What every code cell has put out: its errors, what is on stderr, and, if it is one of the checks, the card's verdict;
# `drawn` says that the page shows that card, which takes a moment longer.
PUT_OUT = """() => jupyterapp.shell.currentWidget.content.widgets.filter((c) => c.model.type === 'code').map((c) => {
  const outputs = c.model.sharedModel.toJSON().outputs, about = c.model.getMetadata('nbgrader') ?? {};
  const html = outputs.map((o) => [o.data?.['text/html'] ?? ''].flat().join('')).join('');
  const verdict = (root) => root.querySelector('.fl-card b')?.textContent ?? '';
  const card = verdict(new DOMParser().parseFromString(html, 'text/html'));
  return {
    gradeId: about.grade_id ?? '',
    isTest: Boolean(about.grade),
    mayFail: (c.model.getMetadata('tags') ?? []).includes('raises-exception'),
    errors: outputs.filter((o) => o.output_type === 'error').map((o) => o.ename),
    noise: outputs.filter((o) => o.name === 'stderr').map((o) => [o.text].flat().join('')),
    card,
    drawn: !about.grade || (card !== '' && verdict(c.node) === card),
  };
})"""
OPACITY = "element => getComputedStyle(element).opacity"
# A second element with an id that an earlier one has: an arrow head or a label would then belong to the wrong panel.
SHARED_IDS = """() => {
  const ids = [...document.querySelectorAll('.fl-panel [id], .fl-card [id]')].map((e) => e.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""
PATH = "() => jupyterapp.shell.currentWidget?.context?.path ?? ''"


def word(status: str, language: str) -> str:
    """What a card calls a verdict."""
    return catalogue(language)[STATUS_NAMES[status]] if language != "en" else STATUS_NAMES[status]


def topics(notebook) -> list[str]:
    """The panels that the notebook's cells ask for, in their order."""
    sources = notebook.page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
             .filter((c) => c.model.type === 'code').map((c) => c.model.sharedModel.source)"""
    )
    found = [name for source in sources for name in re.findall(r"^(\w+)_panel\(", source, re.MULTILINE)]
    return [TOPICS.get(name, name) for name in found]


def assert_panels_are_drawn(notebook, number: int) -> None:
    """Every panel that the notebook in front asks for shows a picture."""
    found = topics(notebook)
    assert len(found) == number
    for topic, count in Counter(found).items():
        for index in range(count):
            panel = notebook.page.locator(f".jp-Activity:not(.lm-mod-hidden) .fl-panel.fl-{topic}").nth(index)
            panel.locator("svg.fl-picture > *").first.wait_for(state="attached", timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="module")
def course(lab, shared_notebook, language):
    """The index of one language, with the course beside it, as it lies in the repository."""
    for path in sorted((ROOT / "course" / language).glob("*.ipynb")):
        lab.copy(path, f"course/{language}/{path.name}")
    return shared_notebook(f"course/{language}/index.ipynb", dark=DARK["chapters"][language])


def follow(notebook, target: str) -> None:
    """Click the link to `target` on the index page, and wait until that notebook can be run."""
    folder = notebook.page.evaluate(PATH).rpartition("/")[0]
    notebook.page.locator(f'.jp-Activity:not(.lm-mod-hidden) a[href*="{target}"]').first.click()
    notebook.page.wait_for_function(f"() => ({PATH})() === '{folder}/{target}'")
    notebook.wait_until_ready()


def back_to(notebook, path: str) -> None:
    notebook.page.evaluate("(path) => { jupyterapp.commands.execute('docmanager:open', {path}) }", path)
    notebook.page.wait_for_function(f"() => ({PATH})() === '{path}'")


@both_languages
def test_the_index_runs_and_says_where_the_learner_is(course, language):
    back_to(course, f"course/{language}/index.ipynb")
    course.run_all(PATIENCE_S)
    said = "Nothing is graded yet." if language == "en" else catalogue(language)["Nothing is graded yet."]
    assert said in course.page.locator(".jp-OutputArea-output").first.inner_text()
    course.whole_page(f"index-{language}")


@both_languages
@pytest.mark.parametrize("name", PANELS)
def test_the_index_leads_to_a_notebook_that_runs_and_draws_its_panels(course, language, name):
    back_to(course, f"course/{language}/index.ipynb")
    follow(course, f"{name}.ipynb")
    course.run_all(PATIENCE_S)
    assert_panels_are_drawn(course, PANELS[name])
    course.whole_page(f"{name}-{language}")
    assert course.page.evaluate(SHARED_IDS) == []
    assert not course.complaints


@pytest.fixture(scope="module")
def exercise(lab, shared_notebook, language):
    """The released exercise of one language."""
    name = f"{EXERCISE}.ipynb"
    path = lab.copy(ROOT / "exercises" / language / EXERCISE / name, f"exercises/{language}/{name}")
    return shared_notebook(path, dark=DARK["exercise"][language])


def answer(notebook, grade_id: str, source: str) -> None:
    """Put an answer into the cell meant for it, as typing it there would."""
    notebook.page.evaluate(
        """([gradeId, source]) => {
          const cells = jupyterapp.shell.currentWidget.content.widgets;
          const cell = cells.find((c) => c.model.getMetadata('nbgrader')?.grade_id === gradeId);
          cell.model.sharedModel.setSource(source);
          for (const each of cells) each.model.executionCount = null;
        }""",
        [grade_id, source],
    )


def cards(notebook, topic: str = "") -> dict[str, str]:
    """The verdict's words by test cell, for one task or for all; fails for a mistake where none is expected."""
    found = {}
    notebook.page.wait_for_function(f"() => ({PUT_OUT})().every((cell) => cell.drawn)", timeout=PATIENCE_S * 1000)
    for cell in notebook.page.evaluate(PUT_OUT):
        assert not cell["noise"], cell
        assert cell["mayFail"] or not cell["errors"], cell
        if cell["isTest"]:
            found[cell["gradeId"]] = cell["card"].partition(" ")[2]
        else:
            assert set(cell["errors"]) <= {"NotImplementedError"}, cell
    return {name: said for name, said in found.items() if name.startswith(topic)}


@both_languages
def test_every_check_of_an_unsolved_exercise_says_so_in_its_language(exercise, language):
    exercise.run_all(PATIENCE_S, errors=True)
    found = cards(exercise)
    assert len(found) > 50
    assert set(found.values()) == {word(NOT_ATTEMPTED, language)}
    assert_panels_are_drawn(exercise, 3)
    exercise.whole_page(f"exercise-{language}")


def compared(notebook) -> list[tuple[str, str]]:
    """The numbers of the breaker panel when every second call fails: the reference's, and the learner's."""
    panel = notebook.panel("breaker")
    panel.scroll_into_view_if_needed()
    before = panel.get_attribute("data-seq")
    panel.locator('[data-preset="flapping"]').click()
    notebook.page.wait_for_function(
        "([panel, before]) => panel.dataset.seq !== before", arg=[panel.element_handle(), before]
    )
    panel.locator('[data-action="show"]').click()
    rows = panel.locator(".fl-numbers-table tbody tr").all()
    assert rows and "CircuitBreaker" in panel.inner_text()
    return [tuple(row.locator("td").all_inner_texts()[-2:]) for row in rows]


@both_languages
def test_a_right_answer_is_right_in_every_card_and_in_the_panel(exercise, language):
    answer(exercise, "breaker", (ANSWERS / "right" / EXERCISE / "breaker" / "ring_of_timestamps.py").read_text())
    exercise.run_all(PATIENCE_S, errors=True)
    found = cards(exercise, "breaker")
    assert len(found) > 15 and set(found.values()) == {word(RIGHT, language)}
    assert all(reference == learners for reference, learners in compared(exercise))
    exercise.screenshot(f"exercise-{language}-right", exercise.panel("breaker"))


@both_languages
def test_a_wrong_answer_is_told_as_a_story_that_can_be_scrubbed(exercise, language):
    answer(exercise, "breaker", (ANSWERS / "wrong" / EXERCISE / "breaker" / "first_draft.py").read_text())
    exercise.run_all(PATIENCE_S, errors=True)
    found = cards(exercise, "breaker")
    assert found["breaker-reopens"] == word(WRONG, language)
    assert found["breaker-threshold"] == word(RIGHT, language)
    assert any(reference != learners for reference, learners in compared(exercise))
    exercise.screenshot(f"exercise-{language}-wrong-panel", exercise.panel("breaker"))
    story, other = exercise.page.locator(".fl-story").first, exercise.page.locator(".fl-story").nth(1)
    steps, slider = story.locator("[data-step]"), story.locator("input[type=range]")
    slider.focus()
    slider.press("Home")
    assert float(steps.last.evaluate(OPACITY)) < 0.5
    assert float(other.locator("[data-step]").last.evaluate(OPACITY)) == 1, "a slider moves its own story only"
    exercise.screenshot(f"exercise-{language}-wrong-first-step", story)
    slider.press("End")
    assert float(steps.last.evaluate(OPACITY)) == 1
    exercise.screenshot(f"exercise-{language}-wrong", exercise.page.locator(".fl-card:has(.fl-story)").first)
