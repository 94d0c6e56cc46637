"""The published exercises through the whole chain: built, fetched, solved, handed in, graded, shown."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import main
from faultlab import build
from faultlab.sim.trace import Trace

REPOSITORY = Path(__file__).resolve().parents[2]
NAME, CONSENSUS = "3.2-resilience", "3.5-consensus"
CAP, CONSISTENCY = "3.1-cap", "3.6-consistency"

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


def faultlab(*arguments, language="en"):
    result = CliRunner().invoke(main, ["--language", language, *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@contextmanager
def three_graded(root, empty_gradebook, name, correct, mistaken):
    """Three submissions: as it was fetched, the instructor's solution, and one with a mistake in one place."""
    before = os.environ.get("FAULTLAB_ROOT")
    os.environ["FAULTLAB_ROOT"] = str(root)
    for folder in ("solutions", "exercises"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    (root / "autograder").symlink_to(REPOSITORY / "autograder")
    build.build_all(root)
    (root / "grading").mkdir(exist_ok=True)
    shutil.copy(empty_gradebook, root / "grading" / "gradebook.db")
    faultlab("fetch", name)
    faultlab("submit", name, "--student", "blank")
    work = root / "work" / name / f"{name}.ipynb"
    solved = (root / "build" / "source" / "ru" / name / f"{name}.ipynb").read_text()
    work.write_text(solved)
    faultlab("submit", name, "--student", "solved")
    assert solved.count(correct) == 1
    work.write_text(solved.replace(correct, mistaken))
    faultlab("submit", name, "--student", "wrong")
    faultlab("grade", name)
    yield root
    os.environ.pop("FAULTLAB_ROOT") if before is None else os.environ.update(FAULTLAB_ROOT=before)


@pytest.fixture(scope="module")
def graded(tmp_path_factory, empty_gradebook):
    mistake = (">= self._failure_threshold", "> self._failure_threshold")
    with three_graded(tmp_path_factory.mktemp("resilience"), empty_gradebook, NAME, *mistake) as root:
        yield root


@pytest.fixture(scope="module")
def consensus(tmp_path_factory, empty_gradebook):
    mistake = ("term=self.term, voted_for=self.voted_for, log", "term=self.term, log")
    with three_graded(tmp_path_factory.mktemp("consensus"), empty_gradebook, CONSENSUS, *mistake) as root:
        yield root


@pytest.fixture(scope="module")
def cap(tmp_path_factory, empty_gradebook):
    mistake = (r"\"write\": 1, \"merge\": \"counter\"", r"\"write\": 1, \"merge\": \"last_writer\"")
    with three_graded(tmp_path_factory.mktemp("cap"), empty_gradebook, CAP, *mistake) as root:
        yield root


@pytest.fixture(scope="module")
def consistency(tmp_path_factory, empty_gradebook):
    mistake = ('"        if quantity > 0:', '"        if quantity >= 0:')
    with three_graded(tmp_path_factory.mktemp("consistency"), empty_gradebook, CONSISTENCY, *mistake) as root:
        yield root


EXERCISES = {"graded": NAME, "cap": CAP, "consensus": CONSENSUS, "consistency": CONSISTENCY}


@pytest.fixture(params=EXERCISES)
def exercise(request):
    """The folder and the name of each exercise in turn."""
    return request.getfixturevalue(request.param), EXERCISES[request.param]


def verdicts(root, student, name=NAME):
    text = (root / "grading" / "autograded" / student / name / "verdicts.json").read_text(encoding="utf-8")
    return json.loads(text)["verdicts"]


def page(root, student, name=NAME):
    return root / "grading" / "feedback" / student / name / f"{name}.html"


def test_the_solution_has_full_marks(exercise):
    found = verdicts(exercise[0], "solved", exercise[1])
    assert {v["status"] for v in found.values()} == {"right"}, {
        k: v["message"] for k, v in found.items() if v["message"]
    }


def test_what_was_fetched_and_not_touched_has_no_marks(exercise):
    found = verdicts(exercise[0], "blank", exercise[1])
    assert {v["score"] for v in found.values()} == {0.0}
    assert {v["status"] for v in found.values()} == {"not attempted"}


@pytest.mark.parametrize(
    ("of", "meant"),
    [
        ("graded", "breaker-threshold"),
        ("cap", "cap_strategy-score"),
        ("consensus", "raft-vote_kept"),
        ("consistency", "cart-conflicts"),
    ],
)
def test_a_mistake_costs_what_it_breaks_and_no_more(request, of, meant):
    found = verdicts(request.getfixturevalue(of), "wrong", EXERCISES[of])
    lost = [k for k, v in found.items() if v["score"] < v["points"]]
    assert meant in lost
    assert len(lost) <= 5


def test_the_feedback_tells_in_the_language_of_the_notebook_what_happened(exercise):
    text = page(exercise[0], "wrong", exercise[1]).read_text(encoding="utf-8")
    assert '<html lang="ru">' in text and "неверно" in text
    assert "fl-story" in text or "<iframe srcdoc" in text


def test_a_schedule_that_breaks_a_protocol_is_kept_with_the_grade(consensus):
    kept = Trace.from_json(verdicts(consensus, "wrong", CONSENSUS)["raft-vote_kept"]["trace"])
    assert "crash" in {event.kind for event in kept} and kept.violated


@contextmanager
def offline_page(path):
    """The page in a browser; it may ask for nothing and must not complain."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        program = os.environ.get("FAULTLAB_CHROMIUM") or "/usr/bin/chromium"
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page()
        asked, said = [], []
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        shown.goto(path.as_uri())
        yield shown
        assert all(url.startswith(("file:", "data:", "about:")) for url in asked) and not said
        browser.close()


@pytest.mark.browser
def test_the_schedule_in_the_feedback_plays_without_a_network(consensus):
    with offline_page(page(consensus, "wrong", CONSENSUS)) as shown:
        player = shown.frame_locator("iframe[srcdoc]").first
        player.locator(".fl-pl-log").wait_for()
        before = player.locator(".fl-clock").inner_text()
        player.locator('[data-action="next"]').first.click()
        assert player.locator(".fl-clock").inner_text() != before


@pytest.mark.browser
def test_the_story_in_the_feedback_can_be_scrubbed_without_a_network(graded):
    with offline_page(page(graded, "wrong")) as shown:
        slider = shown.locator(".fl-story input[type=range]").first
        steps = shown.locator(".fl-story").first.locator("[data-step]")
        assert steps.count() > 3
        slider.focus()
        slider.press("Home")
        assert float(steps.last.evaluate("e => getComputedStyle(e).opacity")) < 0.5
        slider.press("End")
        assert float(steps.last.evaluate("e => getComputedStyle(e).opacity")) == 1


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
