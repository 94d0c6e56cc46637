"""A tiny course for the grading tests: one assignment, `counter`, with two tests and one written answer.

Its checks are private ones, as an instructor would add them, in a folder that the course's own
nbgrader_config.py names.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

REPOSITORY = Path(__file__).resolve().parents[2]

CHECKS = """
from faultlab.checks.core import register


@register("counter.limit", title="a counter stops at its limit", examples=[["up"]],
          generate=lambda rng: ["up"] * rng.randint(6, 9), hidden=5)
def limit(t, schedule):
    counter = t.new(3)
    for expected, _step in enumerate(schedule, start=1):
        t.equal(t.call(counter, "up"), min(expected, 3), "the count")


@register("counter.start", title="a counter starts at zero", examples=[["look"]])
def start(t, schedule):
    t.equal(t.get(t.new(3), "n"), 0, "the first count")
"""

CONFIG = f"""
import os
load_subconfig("nbgrader_config.py", path={str(REPOSITORY / "autograder")!r})
c.JudgeExecute.private_dir = os.path.join(os.environ["FAULTLAB_ROOT"], "private")
c.JudgeExecute.cell_s = 2.0
c.JudgeExecute.answer_s = 1.0
c.JudgeExecute.submission_s = 40.0
"""

STUB = """class Counter:
    def __init__(self, limit):
        raise NotImplementedError()"""

RIGHT = """class Counter:
    def __init__(self, limit):
        self.limit, self.n = limit, 0

    def up(self):
        self.n = min(self.n + 1, self.limit)
        return self.n"""

WRONG = RIGHT.replace("min(self.n + 1, self.limit)", "self.n + 1")
WRITTEN = "Why does a counter need a limit?"


def _about(grade_id, grade=False, solution=False, locked=False, points=None):
    about = {"grade": grade, "grade_id": grade_id, "locked": locked, "schema_version": 3, "solution": solution}
    return {"nbgrader": {**about, "task": False, **({"points": points} if points else {})}}


def assignment(language="en"):
    """The released notebook: nbgrader's cells carry checksums, as its generate step leaves them."""
    from nbgrader.utils import compute_checksum

    words = {"en": "A counter with a limit.", "ru": "Счётчик с пределом."}
    cells = [
        new_markdown_cell(words[language], id="words"),
        new_code_cell("from faultlab.checks import check", id="imports"),
        new_code_cell(STUB, id="counter", metadata=_about("counter", solution=True)),
        new_code_cell(
            'check("counter.limit", Counter)', id="limit", metadata=_about("limit", True, locked=True, points=4)
        ),
        new_code_cell(
            'check("counter.start", Counter)', id="start", metadata=_about("start", True, locked=True, points=1)
        ),
        new_markdown_cell(WRITTEN, id="why", metadata=_about("why", True, True, points=5)),
    ]
    for cell in cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    about = {"faultlab": {"language": language}, "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata={**about, "kernelspec": {"name": "python3", "display_name": "Python 3"}})


def filled(code=RIGHT, why="Because memory ends.", more=(), language="en"):
    """A learner's notebook: their class, their words, and more cells at the end of the code."""
    notebook = assignment(language)
    notebook.cells[2].source = code
    notebook.cells[5].source = why
    notebook.cells[3:3] = [new_code_cell(source, id=f"more{i}") for i, source in enumerate(more)]
    return notebook


class TinyCourse:
    """The folder of a tiny course, and how to act in it."""

    # So that tests need no import from this file.
    RIGHT, WRONG, STUB, WRITTEN = RIGHT, WRONG, STUB, WRITTEN
    assignment, filled = staticmethod(assignment), staticmethod(filled)

    def __init__(self, root: Path, gradebook: Path | None = None, repository: Path = REPOSITORY) -> None:
        self.root = root
        # How programs are started here: another user has another Python.
        self.python, self.settings = sys.executable, {}
        for language in ("en", "ru"):
            self.write(root / "exercises" / language / "counter" / "counter.ipynb", assignment(language))
        (root / "private").mkdir()
        (root / "private" / "counter_checks.py").write_text(CHECKS)
        (root / "nbgrader_config.py").write_text(CONFIG.format(place=str(repository / "autograder")))
        (root / "grading").mkdir()
        if gradebook is not None:
            shutil.copy(gradebook, root / "grading" / "gradebook.db")

    @staticmethod
    def write(path: Path, notebook) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())

    def hand_in(self, student: str, notebook, name: str | None = "counter.ipynb") -> None:
        """Put a submission into the exchange, as nbgrader's submit would; a name of None hands in an empty folder."""
        inbound = self.root / "grading" / "exchange" / "reliability" / "inbound"
        folder = inbound / f"{student}+counter+2026-01-02 03:04:05.000000 UTC+random"
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-01-02 03:04:05.000000 UTC")
        (folder / "submission_secret.txt").write_text(f"secret of {student}")
        if name is not None:
            self.write(folder / name, notebook)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        home = str(self.root / "home")
        return {**os.environ, "FAULTLAB_ROOT": str(self.root), "FAULTLAB_LANGUAGE": "en", "PATH": path, "HOME": home}

    def run(self, *command: str, **options) -> subprocess.CompletedProcess:
        """Run a program as a user of the course would, in its folder."""
        settings = {"cwd": self.root, "env": self.environment, "capture_output": True, "text": True, "timeout": 200}
        return subprocess.run([self.python, "-m", *command], **{**settings, **self.settings, **options})

    def faultlab(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run("autograder.cli", *arguments, **options)

    def nbgrader(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return self.run("nbgrader", *arguments, **options)

    def course(self):
        from autograder.course import Course

        return Course(self.root)

    def grades(self) -> dict[str, dict]:
        """By student: score, status, and (auto score, waits for a person) of each graded cell."""
        from autograder.pipeline import rows

        course = self.course()
        found = {}
        with course.api.gradebook as gradebook:
            for row in rows(gradebook, course.api.coursedir):
                found[row["student_id"]] = {**row, "cells": {}}
            for submission in gradebook.assignment_submissions("counter"):
                for grade in (g for n in submission.notebooks for g in n.grades):
                    found[submission.student.id]["cells"][grade.name] = (grade.auto_score, grade.needs_manual_grade)
        return found

    def record(self, student: str) -> dict:
        path = self.root / "grading" / "autograded" / student / "counter" / "verdicts.json"
        return json.loads(path.read_text(encoding="utf-8"))

    def page(self, student: str) -> str:
        path = self.root / "grading" / "feedback" / student / "counter" / "counter.html"
        return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory):
    """A gradebook without entries: nbgrader takes seconds to make one."""
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    from nbgrader.api import Gradebook

    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}", "reliability"):
        return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, empty_gradebook):
    """A tiny course of this module's own, in which nothing has been handed in yet."""
    before = {name: os.environ.get(name) for name in ("FAULTLAB_ROOT", "FAULTLAB_LANGUAGE")}
    root = tmp_path_factory.mktemp("course")
    os.environ.update(FAULTLAB_ROOT=str(root), FAULTLAB_LANGUAGE="en")
    yield TinyCourse(root, empty_gradebook)
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def tiny_class():
    """The class itself, for a test that needs a course in a place of its own."""
    return TinyCourse
