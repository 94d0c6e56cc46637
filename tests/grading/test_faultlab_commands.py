"""`faultlab`, from fetching an assignment to its grade, as one person on one machine does it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from autograder import sandbox
from autograder.cli import main

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


def faultlab(*arguments, ok=True):
    result = CliRunner().invoke(main, ["--language", "en", *arguments])
    assert (result.exit_code == 0) is ok, result.output
    return result.output


def solve(tiny, code=None, why="Because memory ends."):
    path = tiny.root / "work" / "counter" / "counter.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["source"] = code or tiny.RIGHT
    notebook["cells"][5]["source"] = why
    path.write_text(json.dumps(notebook))
    return path


@pytest.fixture(scope="module")
def graded(tiny):
    """Fetched, solved, handed in by two learners and graded."""
    faultlab("fetch", "counter")
    solve(tiny)
    faultlab("submit", "counter", "--student", "ada")
    solve(tiny, tiny.WRONG)
    faultlab("submit", "counter", "--student", "bob")
    tiny.graded = faultlab("grade", "counter")
    return tiny


def test_a_grade_is_told_and_stands_in_the_gradebook(graded):
    assert "ada ... 5 of 10 (a part waits to be graded by a person)" in graded.graded
    grades = graded.grades()
    assert grades["ada"]["cells"] == {"limit": (4.0, False), "start": (1.0, False), "why": (None, True)}
    assert grades["bob"]["cells"]["limit"] == (0.0, False)


def test_feedback_comes_back_to_the_folder_of_the_learner(graded):
    pages = list((graded.root / "work" / "counter" / "feedback").glob("*/counter.html"))
    assert len(pages) == 2
    assert any("the count: expected 3, got 4." in p.read_text() for p in pages)


def test_what_is_graded_is_not_graded_again_unless_told(graded):
    assert "2 graded already" in faultlab("grade", "counter")
    assert "[1/1] ada" in faultlab("grade", "counter", "--student", "ada", "--again")


def test_progress_and_export_show_every_learner(graded):
    shown = faultlab("progress")
    assert "ada" in shown and "bob" in shown
    target = graded.root / "out.csv"
    faultlab("export", str(target))
    with target.open() as file:
        assert {r["student_id"]: float(r["score"]) for r in csv.DictReader(file)} == {"ada": 5.0, "bob": 1.0}


def test_points_given_by_a_person_reach_the_feedback(graded):
    course = graded.course()
    with course.api.gradebook as gradebook:
        grade = gradebook.find_grade("why", "counter", "counter", "bob")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        gradebook.db.commit()
    faultlab("feedback", "counter", "--student", "bob")
    assert "3 of 5 points" in graded.page("bob")
    assert graded.grades()["bob"]["status"] == "graded"


def test_a_person_s_points_survive_a_regrade(graded):
    faultlab("grade", "counter", "--again", "--student", "bob")
    with graded.course().api.gradebook as gradebook:
        assert gradebook.find_grade("why", "counter", "counter", "bob").manual_score == 3.0


def test_a_newer_submission_is_graded_and_the_older_verdict_kept(graded):
    solve(graded)
    faultlab("submit", "counter", "--student", "carl")
    faultlab("grade", "counter")
    solve(graded, graded.WRONG)
    faultlab("submit", "counter", "--student", "carl")
    assert "[1/1] carl" in faultlab("grade", "counter")
    assert graded.grades()["carl"]["cells"]["limit"][0] == 0.0
    scores = [
        json.loads(p.read_text())["verdicts"]["limit"]["score"]
        for p in sorted((graded.root / "grading" / "history" / "carl" / "counter").glob("*.json"))
    ]
    assert scores == [4.0, 0.0]


def test_private_seeds_stand_in_the_record(graded):
    faultlab("grade", "counter", "--again", "--student", "ada", "--seeds", "500-502")
    assert graded.record("ada")["private_seeds"] == {"*": [500, 501, 502]}


def test_a_learner_s_copy_is_never_overwritten(graded):
    path = solve(graded, "# mine")
    assert "left as it is" in faultlab("fetch", "counter")
    assert "# mine" in path.read_text()
    assert "Your copy is kept in" in faultlab("fetch", "counter", "--again")
    kept = list((graded.root / "work" / "kept").glob("counter-*/counter.ipynb"))
    assert len(kept) == 1 and "# mine" in kept[0].read_text()
    assert "# mine" not in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fetch", "nowhere"], "There is no assignment nowhere. There are: counter."),
        (["fetch", "../counter"], "There is no assignment"),
        (["submit", "counter", "--student", "../../x"], "a student id is made of"),
        (["grade", "counter", "--student", "nobody-here"], "nobody-here has handed in nothing for counter"),
        (["grade", "counter", "--again", "--seeds", "x"], 'x: seeds are "7"'),
        (["grade", "counter", "--again", "--private", "/nowhere"], "/nowhere: no such folder"),
        (["check", "/nowhere.ipynb"], "/nowhere.ipynb: no such notebook."),
        (["export", "/nowhere/x.csv"], "/nowhere/x.csv"),
    ],
)
def test_bad_input_is_told_in_one_line_that_says_what_to_do(graded, arguments, says):
    output = faultlab(*arguments, ok=False)
    assert says in output
    assert "Traceback" not in output
    assert len([line for line in output.splitlines() if line.startswith("Error")]) == 1


def test_a_damaged_notebook_is_not_handed_in_without_asking(graded):
    path = graded.root / "work" / "counter" / "counter.ipynb"
    sound = path.read_text()
    try:
        path.write_text(sound[:100])
        output = faultlab("submit", "counter", "--student", "dan", ok=False)
        assert "counter.ipynb was not handed in. The file is damaged" in output
        faultlab("submit", "counter", "--student", "dan", "--anyway")
        assert "cannot be graded by the machine" in faultlab("grade", "counter", "--student", "dan")
    finally:
        path.write_text(sound)


def test_the_visible_checks_run_from_a_terminal(graded):
    from autograder.judge import Private

    Private.load(graded.root / "private")
    path = str(solve(graded, graded.WRONG))
    assert "2 of 2 checks are right" in faultlab("check", path), "the hidden schedules are not run here"
    solve(graded, graded.STUB)
    assert "not attempted" in faultlab("check", path, ok=False)


def test_the_messages_are_russian_for_whoever_wants_them(graded):
    output = CliRunner().invoke(main, ["--language", "ru", "fetch", "nowhere"]).output
    assert "Задания nowhere нет. Есть: counter." in output
    assert "Сдать решение" in CliRunner().invoke(main, ["--language", "ru", "--help"]).output


def test_the_commands_of_nbgrader_s_browser_pages_work_with_this_configuration(graded):
    """What the formgrader's buttons, the assignment list and Validate call."""
    api = graded.course().api
    assert api.autograde("counter", "ada", force=True)["success"]
    assert api.generate_feedback("counter", "ada", force=True)["success"]
    assert "5 of 10 points" in graded.page("ada")
    assert api.release_feedback("counter", "ada")["success"]
    assert api.collect("counter")["success"]
    assert {s["id"] for s in api.get_students()} >= {"ada", "bob"}
    listed = graded.nbgrader("list")
    assert "reliability counter" in listed.stderr + listed.stdout


def test_without_a_sandbox_nothing_is_graded_unless_told(graded, monkeypatch):
    """A sandbox that does not exist is asked for, as on a machine that has none."""
    # This process reads the configuration too: what it sets there must not stay for the tests to come.
    monkeypatch.setattr(sandbox, "probe", sandbox.probe)
    with (graded.root / "nbgrader_config.py").open("a") as file:
        file.write("\nimport autograder.sandbox as s\ns.probe = lambda name: s.Probe(name == s.NONE, 'gone')\n")
    before = graded.grades()["ada"]["cells"]
    refused = graded.faultlab("grade", "counter", "--again", "--student", "ada")
    assert refused.returncode != 0
    assert "no sandbox for learner code works here" in refused.stdout and "--unsafe-no-sandbox" in refused.stdout
    assert graded.nbgrader("autograde", "counter", "--force", "--student", "ada").returncode != 0
    assert graded.grades()["ada"]["cells"] == before
    told = graded.faultlab("grade", "counter", "--again", "--student", "ada", "--unsafe-no-sandbox")
    assert told.returncode == 0, told.stdout + told.stderr
    assert graded.record("ada")["sandbox"] == "none"


@pytest.mark.parametrize("command", ["faultlab", "nbgrader"])
def test_a_grader_killed_in_the_middle_leaves_nothing_that_a_second_run_does_not_mend(
    tmp_path, tiny_class, empty_gradebook, monkeypatch, command
):
    monkeypatch.setenv("FAULTLAB_ROOT", str(tmp_path))
    course = tiny_class(tmp_path, empty_gradebook)
    course.hand_in("anna", course.filled())
    course.hand_in("slow", course.filled(course.RIGHT, more=["import time\ntime.sleep(1.2)"]))
    course.course().register("counter")
    course.course().collect("counter")
    arguments = ["-m", "autograder.cli", "grade"] if command == "faultlab" else ["-m", "nbgrader", "autograde"]
    with subprocess.Popen(
        [sys.executable, *arguments, "counter"],
        cwd=tmp_path,
        env=course.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as first:
        half = tmp_path / "grading" / "autograded" / "slow" / "counter" / "counter.ipynb"
        end = time.monotonic() + 90
        while not half.exists() and time.monotonic() < end and first.poll() is None:
            time.sleep(0.05)
        assert first.poll() is None
        os.killpg(first.pid, signal.SIGKILL)
    assert course.grades()["slow"]["status"] == "not graded yet"
    again = course.faultlab("grade", "counter") if command == "faultlab" else course.nbgrader("autograde", "counter")
    assert again.returncode == 0, again.stdout + again.stderr
    grades = course.grades()
    for student in ("anna", "slow"):
        assert grades[student]["cells"] == {"limit": (4.0, False), "start": (1.0, False), "why": (None, True)}
