"""nbgrader's pages in JupyterLab, as `make lab` opens it, for one person who learns and grades on one machine.

One story from empty folders to the feedback: every fixture takes the next step with the browser, every test looks at
what a step shows. The course is a copy, and so are its `work/` and `grading/`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "3.2-resilience"
WRONG = ROOT / "autograder" / "wrong" / NAME / "breaker" / "first_draft.py"
WORDS = "Потоки кончаются первыми, поэтому я поделил их по закону Литтла."
COMMENT = "А соединения?"
# Opening Lab for the first time, validating and grading take some ten seconds each on a quiet machine.
PATIENCE_S = 240

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def lab_ru(tmp_path_factory, running_lab):
    """JupyterLab by the command behind `make lab LANGUAGE=ru`, over a copy of the course."""
    root = tmp_path_factory.mktemp("repository")
    for folder in ("course/src", "course/en", "course/ru", "exercises", "solutions"):
        shutil.copytree(ROOT / folder, root / folder)
    command = [sys.executable, "-m", "autograder.cli", "--language", "ru", "lab"]
    with running_lab(command, root, tmp_path_factory.mktemp("home"), patience_s=PATIENCE_S) as started:
        yield started


@pytest.fixture(scope="module")
def page(lab_ru, browser, token):
    """The first page of this Lab, with nbgrader's menu."""
    context = browser.new_context(viewport={"width": 1400, "height": 1300})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_S * 1000)
    opened.goto(f"{lab_ru.url}/lab?token={token}")
    for command in ("nbgrader:open-assignment-list", "nbgrader:open-formgrader"):
        opened.wait_for_function("(name) => window.jupyterapp?.commands.hasCommand(name)", arg=command)
    yield opened
    context.close()


def abroad(page, lab, act) -> list[str]:
    """What the page asks of other machines while `act` runs."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    act()
    return [url for url in asked if not url.startswith((lab.url, "data:", "blob:", "about:"))]


def assignment_list(page):
    """Open the list by its menu entry's command, and wait until its three parts are loaded."""
    page.evaluate("() => { jupyterapp.commands.execute('nbgrader:open-assignment-list') }")
    shown = page.locator("#nbgrader-assignment-list")
    for part in ("released", "fetched", "submitted"):
        shown.locator(f"#{part}_assignments_list_loading").wait_for(state="hidden")
    return shown


@pytest.fixture(scope="module")
def fetched(page, lab_ru, screenshots):
    """The assignment is fetched from the list, and opened from it."""
    shown = assignment_list(page)
    released = shown.locator("#released_assignments_list .list_item", has_text=NAME)
    released.wait_for()
    page.screenshot(path=screenshots / "grading-released.png")
    released.get_by_text("Fetch", exact=True).click()
    mine = shown.locator("#fetched_assignments_list")
    mine.locator(".assignment-notebooks-link").click()
    mine.locator(".nested_list_item a").click()
    page.wait_for_function(
        """() => {
          const w = jupyterapp.shell.currentWidget;
          return w?.context?.path.startsWith('work/') && w.context.isReady && w.sessionContext.isReady;
        }"""
    )
    return lab_ru.root / "work" / NAME / f"{NAME}.ipynb"


@pytest.fixture(scope="module")
def validated(page, fetched, screenshots):
    """A wrong answer to the first task and words for the last one are saved; what *Validate* says about them."""
    page.evaluate(
        """(answers) => {
          for (const cell of jupyterapp.shell.currentWidget.content.widgets) {
            const id = cell.model.getMetadata('nbgrader')?.grade_id;
            if (id in answers) cell.model.sharedModel.setSource(answers[id]);
          }
          jupyterapp.commands.execute('docmanager:save');
        }""",
        {"breaker": WRONG.read_text(encoding="utf-8"), "bulkhead-reasons": WORDS},
    )
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate", exact=True).click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    dialog.wait_for()
    page.screenshot(path=screenshots / "grading-validated.png")
    said = dialog.inner_text()
    dialog.get_by_text("Ok", exact=True).click()
    return said


@pytest.fixture(scope="module")
def handed_in(page, validated, screenshots):
    shown = assignment_list(page)
    shown.locator("#fetched_assignments_list").get_by_text("Submit", exact=True).click()
    row = shown.locator("#submitted_assignments_list > .list_item")
    row.first.wait_for()
    page.screenshot(path=screenshots / "grading-submitted.png")
    return row


@pytest.fixture(scope="module")
def formgrader(page, handed_in):
    page.evaluate("() => { jupyterapp.commands.execute('nbgrader:open-formgrader') }")
    return page.frame_locator('iframe[src*="formgrader"]')


def row_of(formgrader):
    """The line of this assignment among all of the course."""
    return formgrader.locator("tr", has_text=NAME)


def press(formgrader, button) -> str:
    """Press one of the formgrader's buttons and close the message that it ends with; returns its title and text."""
    button.click()
    modal = formgrader.locator("#success-modal, #error-modal")
    modal.wait_for()
    said = modal.locator(".modal-title, .modal-body > div > p").all_inner_texts()
    modal.locator(".modal-footer button, .close").first.click()
    modal.wait_for(state="detached")
    return " ".join(said)


@pytest.fixture(scope="module")
def collected(page, formgrader, screenshots):
    formgrader.locator("td.name", has_text=NAME).wait_for()
    said = press(formgrader, row_of(formgrader).locator("td.collect a"))
    page.screenshot(path=screenshots / "grading-collected.png")
    return said


@pytest.fixture(scope="module")
def autograded(page, formgrader, collected, screenshots):
    row_of(formgrader).locator("td.num-submissions a").click()
    said = press(formgrader, formgrader.locator("td.autograde a"))
    formgrader.locator("td.status", has_text="needs manual grading").wait_for()
    page.screenshot(path=screenshots / "grading-autograded.png")
    return said


@pytest.fixture(scope="module")
def graded_by_hand(page, formgrader, autograded, screenshots):
    """Seven points and a comment for the words, on the page for grading by hand; what that page shows."""
    formgrader.get_by_text("Manual Grading").first.click()
    formgrader.locator("#main-table a", has_text=NAME).click()
    formgrader.locator("#main-table a", has_text=NAME).click()
    formgrader.locator("#main-table td.name a").first.click()
    # The page binds its fields when it has loaded the grades and the comments, and marks them then.
    formgrader.locator("input.score.needs_manual_grade").last.wait_for()
    formgrader.locator("textarea.comment[placeholder]").last.wait_for()
    score = formgrader.locator("input.score").last
    with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT"):
        score.fill("7")
        score.press("Tab")
    comment = formgrader.locator("textarea.comment").last
    with page.expect_response(lambda r: "/api/comment/" in r.url and r.request.method == "PUT"):
        comment.fill(COMMENT)
        comment.press("Tab")
    page.screenshot(path=screenshots / "grading-by-hand.png")
    return formgrader.locator("body").inner_text()


@pytest.fixture(scope="module")
def feedback(page, lab_ru, formgrader, graded_by_hand, screenshots):
    """The feedback is made, released, fetched from the list and opened in Lab; its frame, and requests to elsewhere."""
    formgrader.get_by_text("Manual Grading").first.click()
    formgrader.get_by_text("Manage Assignments").first.click()
    assert "Success" in press(formgrader, row_of(formgrader).locator("td.generate-feedback a"))
    assert "Success" in press(formgrader, row_of(formgrader).locator("td.release-feedback a"))
    shown = assignment_list(page)
    shown.get_by_text("Fetch Feedback", exact=True).click()
    link = shown.get_by_text("(view feedback)")
    link.wait_for()

    def open_it() -> None:
        link.click()
        page.locator(".jp-DirListing-item", has_text=".html").dblclick()
        page.frame_locator(".jp-HTMLViewer iframe").locator(".fl-story").first.wait_for()

    asked = abroad(page, lab_ru, open_it)
    page.screenshot(path=screenshots / "grading-feedback.png")
    return page.frame_locator(".jp-HTMLViewer iframe"), asked


def test_the_assignment_list_fetches_the_exercise_in_the_language_lab_was_opened_in(fetched):
    notebook = json.loads(fetched.read_text(encoding="utf-8"))
    assert notebook["metadata"]["faultlab"]["language"] == "ru"


def test_validate_names_the_checks_that_fail_and_says_why_in_that_language(validated):
    assert 'check("breaker.reopens", CircuitBreaker)' in validated
    assert 'check("breaker.threshold", CircuitBreaker)' not in validated
    assert "неверно: " in validated and "ответа нет: " in validated


def test_a_submission_stands_in_the_list(handed_in):
    assert NAME in handed_in.first.inner_text()


def test_the_formgrader_collects_the_submission(formgrader, collected):
    assert collected.startswith("Success")


def test_autograding_from_the_formgrader_is_done_by_the_judge(lab_ru, autograded):
    assert autograded.startswith("Success")
    (record,) = (lab_ru.root / "grading" / "autograded").glob(f"*/{NAME}/verdicts.json")
    found = json.loads(record.read_text(encoding="utf-8"))
    assert found["sandbox"] in ("bubblewrap", "landlock")
    statuses = {name: verdict["status"] for name, verdict in found["verdicts"].items()}
    assert statuses["breaker-reopens"] == "wrong" and statuses["breaker-threshold"] == "right"
    assert statuses["retry-answers"] == "not attempted"


def test_the_page_for_grading_by_hand_shows_verdicts_and_words(graded_by_hand):
    assert WORDS in graded_by_hand
    assert "неверно" in graded_by_hand and "верно" in graded_by_hand


def test_the_feedback_tells_the_score_the_stories_and_what_the_person_said(feedback):
    frame, _asked = feedback
    text = frame.locator("body").inner_text()
    points = re.search(r"(\d+) (?:/|из) 100", text)
    assert points and 7 < int(points[1]) < 47
    assert COMMENT in text and "неверно" in text
    assert frame.locator(".fl-story svg").first.is_visible()


def test_the_feedback_asks_nothing_of_other_machines(feedback):
    assert feedback[1] == []


def test_the_index_counts_the_points_then(page, lab_ru, graded_by_hand):
    page.evaluate("() => { jupyterapp.commands.execute('docmanager:open', {path: 'course/ru/index.ipynb'}) }")
    page.wait_for_function(
        """() => {
          const w = jupyterapp.shell.currentWidget, k = w?.sessionContext?.session?.kernel;
          const open = w?.context?.path === 'course/ru/index.ipynb' && w.context.isReady;
          return open && k?.connectionStatus === 'connected' && k.status === 'idle';
        }"""
    )
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".jp-OutputArea-output", has_text=f"{NAME}  ").filter(has_text=" из 100").wait_for()
