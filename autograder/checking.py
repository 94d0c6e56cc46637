"""The visible tests of a notebook, run from a terminal as the grader would run them.

The learner's own code is confined where that works, and where it does not it runs as it would in a notebook.
"""

from __future__ import annotations

from pathlib import Path

from autograder import confined, doctor
from autograder.course import Course, CourseError, _read, trusted_in
from autograder.judge import Cell, judge_cells
from faultlab.checks.core import Verdict
from faultlab.i18n import LANGUAGES, _
from faultlab.sim.audit import HASH_SEEDS


def check_notebook(course: Course, path: Path) -> list[tuple[str, Verdict]]:
    """Verdicts of the visible tests by grade_id, in the notebook's order; CourseError if it is no such notebook."""
    found = [course.root / "exercises" / language / path.stem / path.name for language in LANGUAGES]
    original = next((p for p in found if p.is_file()), None)
    if original is None:
        known = ", ".join(course.assignments())
        raise CourseError(_("{path} is no assignment's notebook. There are: {known}.", path=path, known=known))
    examined = doctor.examine(path.read_bytes(), trusted_in(_read(original)))
    if examined.ungradable:
        raise CourseError(f"{path}: {examined.ungradable}")
    cells = []
    for cell in examined.notebook["cells"]:
        if cell["cell_type"] == "code":
            about = cell["metadata"].get("nbgrader", {})
            is_test = about.get("grade") and not about.get("solution")
            cells.append(Cell(cell["source"], about["grade_id"] if is_test else None))
    judgement = judge_cells(cells, confined.starter(unsafe=True), hidden=False, hash_seeds=HASH_SEEDS)
    return list(judgement.verdicts.items())
