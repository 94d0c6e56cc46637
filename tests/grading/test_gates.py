"""The gates: wrong implementations lose points in the check meant for them, right ones get full marks."""

import pytest

from autograder import gates
from faultlab.checks import core

SEEDS = 2
TASKS = gates.tasks()
CASES = [(task, candidate) for task in TASKS for candidate in gates.candidates(task)]
REFERENCE = "class Counter:\n    def up(self):\n        return 1\n"


@pytest.mark.parametrize(("task", "candidate"), CASES, ids=[f"{t.name}-{c.name}" for t, c in CASES])
def test_the_checks_tell_wrong_from_right(task, candidate):
    result = gates.examine(task, candidate, SEEDS)
    assert not result.missed, (result.alarms, result.flakes, result.broken)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_check_has_a_wrong_implementation_meant_for_it(task):
    meant = {candidate.meant for candidate in gates.candidates(task)}
    assert not set(task.objects) - meant


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_check_of_the_topic_stands_in_the_assignment(task):
    assert sorted(task.objects) == sorted(core.names(task.name))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_there_are_right_ones_of_at_least_three_shapes(task):
    assert sum(not candidate.meant for candidate in gates.candidates(task)) >= 4  # the reference and three more


def test_a_substitution_must_match_exactly_once():
    assert gates.substitute(REFERENCE, [("return 1", "return 2")], "x").endswith("return 2\n")
    for old in ("return 7", "e"):
        with pytest.raises(gates.GateError, match=r"wrong/x\.py: the reference solution has"):
            gates.substitute(REFERENCE, [(old, "")], "wrong/x.py")


def put(root, text, name="slip.py"):
    folder = root / "autograder/wrong/a/counter"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


TASK = gates.Task("a", "counter", REFERENCE, {"counter.limit": ["Counter"]})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('CHECK = "counter.limit"\n', "the docstring that names the misconception is missing"),
        ('"""Never stops."""\nCHECK = "counter.other"\n', "which is no check of a/counter"),
        ('"""Never stops."""\n', "CHECK is None"),
    ],
)
def test_a_wrong_file_that_says_too_little_is_refused(tmp_path, text, complaint):
    put(tmp_path, text)
    with pytest.raises(gates.GateError, match=complaint):
        gates.candidates(TASK, tmp_path)


def test_a_wrong_file_changes_the_reference_or_stands_for_itself(tmp_path):
    put(tmp_path, '"""Twice."""\nCHECK = "*"\nREPLACE = [("return 1", "return 2")]\n', "twice.py")
    put(tmp_path, '"""None."""\nCHECK = "counter.limit"\nCounter = None\n', "none.py")
    none, twice, reference = gates.candidates(TASK, tmp_path)
    assert "Counter = None" in none.code and "return 2" in twice.code and reference.code == REFERENCE


def test_what_the_grader_withholds_is_withheld_here():
    names = gates.submission(gates.Candidate("x", "from faultlab.models.breaker import CircuitBreaker\n", "*"))
    assert "CircuitBreaker" not in names
    names = gates.submission(gates.Candidate("x", "from faultlab import models\n", "*"))
    assert "models" not in names
    names = gates.submission(gates.Candidate("x", "from faultlab.errors import HTTPError\n"))
    assert "HTTPError" in names


def test_a_wrong_one_is_stopped_at_its_first_failure_unless_all_of_it_is_wanted():
    task = next(task for task in TASKS if task.name == "bulkhead")
    candidate = next(c for c in gates.candidates(task) if c.name == "unbounded_queue")
    stopped, whole = gates.examine(task, candidate, 2), gates.examine(task, candidate, 2, thorough=True)
    assert stopped.killed and whole.killed
    assert stopped.plays == 2 and whole.plays == 6  # the examples, then two hidden schedules, each of them twice
    assert (stopped.found_by, whole.found_by) == (None, 2)
    assert stopped.fell_at == f"{candidate.meant}, examples" and 0 < stopped.seconds < whole.seconds
    assert f"after {stopped.seconds:6.2f} s (examples)" in "\n".join(gates.report(task, [stopped], 2, 1.0))
    assert "by 100% of the plays" in "\n".join(gates.report(task, [whole], 2, 1.0))


def test_a_right_one_that_does_not_run_is_a_mistake_of_the_gates():
    with pytest.raises(gates.GateError, match="does not run: ZeroDivisionError"):
        gates.submission(gates.Candidate("x", "1 / 0\n"))


def test_the_report_counts_what_was_missed():
    missed = gates.Result(gates.Candidate("never_stops", "", "counter.limit"))
    alarm = gates.Result(gates.Candidate("reference", ""), plays=5, alarms=["counter.limit, seed 3: expected 3, got 4"])
    text = "\n".join(gates.report(TASK, [missed, alarm], 5, 1.0))
    assert missed.missed and alarm.missed
    assert "MISSED" in text and "kill rate     0.0% (0 of 1" in text and "seed 3" in text
    assert gates.unguarded(TASK, []) == ["counter.limit"]


def test_an_unknown_name_is_refused_in_one_line(capsys):
    assert gates.main(["--only", "nothing-like-it", "--jobs", "1"]) == 2
    assert capsys.readouterr().err == "nothing matches 'nothing-like-it'\n"
