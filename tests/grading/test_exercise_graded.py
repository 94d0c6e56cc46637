"""The published exercise through the whole chain: built, fetched, solved, handed in, graded, shown."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import main
from faultlab import build

REPOSITORY = Path(__file__).resolve().parents[2]
NAME = "3.2-resilience"

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


def faultlab(*arguments, language="en"):
    result = CliRunner().invoke(main, ["--language", language, *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def graded(tmp_path_factory, empty_gradebook):
    """Three submissions: as it was fetched, the instructor's solution, and one with a threshold that is off by one."""
    root = tmp_path_factory.mktemp("exercise")
    before = os.environ.get("FAULTLAB_ROOT")
    os.environ["FAULTLAB_ROOT"] = str(root)
    for folder in ("solutions", "exercises"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    (root / "autograder").symlink_to(REPOSITORY / "autograder")
    build.build_all(root)
    (root / "grading").mkdir(exist_ok=True)
    shutil.copy(empty_gradebook, root / "grading" / "gradebook.db")
    faultlab("fetch", NAME)
    faultlab("submit", NAME, "--student", "blank")
    work = root / "work" / NAME / f"{NAME}.ipynb"
    solved = (root / "build" / "source" / "ru" / NAME / f"{NAME}.ipynb").read_text()
    work.write_text(solved)
    faultlab("submit", NAME, "--student", "solved")
    wrong = solved.replace(">= self._failure_threshold", "> self._failure_threshold")
    assert wrong != solved
    work.write_text(wrong)
    faultlab("submit", NAME, "--student", "wrong")
    faultlab("grade", NAME)
    yield root
    os.environ.pop("FAULTLAB_ROOT") if before is None else os.environ.update(FAULTLAB_ROOT=before)


def verdicts(root, student):
    text = (root / "grading" / "autograded" / student / NAME / "verdicts.json").read_text(encoding="utf-8")
    return json.loads(text)["verdicts"]


def page(root, student):
    return root / "grading" / "feedback" / student / NAME / f"{NAME}.html"


def test_the_solution_has_full_marks(graded):
    found = verdicts(graded, "solved")
    assert {v["status"] for v in found.values()} == {"right"}, {
        k: v["message"] for k, v in found.items() if v["message"]
    }


def test_what_was_fetched_and_not_touched_has_no_marks(graded):
    assert {v["score"] for v in verdicts(graded, "blank").values()} == {0.0}
    assert {v["status"] for v in verdicts(graded, "blank").values()} == {"not attempted"}


def test_a_mistake_costs_what_it_breaks_and_no_more(graded):
    lost = [k for k, v in verdicts(graded, "wrong").items() if v["score"] < v["points"]]
    assert "breaker-threshold" in lost
    assert len(lost) <= 5


def test_the_feedback_tells_in_the_language_of_the_notebook_what_happened(graded):
    text = page(graded, "wrong").read_text(encoding="utf-8")
    assert '<html lang="ru">' in text and "неверно" in text and "fl-story" in text


@pytest.mark.browser
def test_the_story_in_the_feedback_can_be_scrubbed_without_a_network(graded):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        program = os.environ.get("FAULTLAB_CHROMIUM") or "/usr/bin/chromium"
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page()
        asked, said = [], []
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        shown.goto(page(graded, "wrong").as_uri())
        slider = shown.locator(".fl-story input[type=range]").first
        steps = shown.locator(".fl-story").first.locator("[data-step]")
        assert steps.count() > 3
        slider.focus()
        slider.press("Home")
        assert float(steps.last.evaluate("e => getComputedStyle(e).opacity")) < 0.5
        slider.press("End")
        assert float(steps.last.evaluate("e => getComputedStyle(e).opacity")) == 1
        assert all(url.startswith(("file:", "data:")) for url in asked) and not said
        browser.close()


def test_nbgrader_validate_says_what_check_says(graded, tmp_path):
    """Validate runs the notebook in the learner's own kernel, where `check` shows the card and raises."""
    from nbgrader.validator import Validator

    work = tmp_path / f"{NAME}.ipynb"
    notebook = json.loads((graded / "exercises" / "en" / NAME / f"{NAME}.ipynb").read_text())
    kept = [
        c
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") in (None, "breaker-answers", "breaker")
    ]
    notebook["cells"] = [c for c in kept if c["cell_type"] == "code"]
    work.write_text(json.dumps(notebook))
    failed = Validator().validate(str(work))["failed"]
    assert "There is no answer here yet" in json.dumps(failed)
    solved = json.loads((graded / "build" / "source" / "en" / NAME / f"{NAME}.ipynb").read_text())
    answer = next(c for c in solved["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "breaker")
    notebook["cells"] = [
        answer if c["metadata"].get("nbgrader", {}).get("grade_id") == "breaker" else c for c in notebook["cells"]
    ]
    work.write_text(json.dumps(notebook))
    assert "failed" not in Validator().validate(str(work))
