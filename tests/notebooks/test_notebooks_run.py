"""Every notebook of both languages runs from top to bottom, in a real kernel."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from faultlab import build

CHAPTERS = sorted((build.ROOT / build.CHAPTERS).glob("*.md"))
ASSIGNMENTS = sorted((build.ROOT / build.ASSIGNMENTS).glob("*.md"))

pytestmark = pytest.mark.slow

both_languages = pytest.mark.parametrize("language", build.LANGUAGES)


def run(notebook: NotebookNode, folder: Path, allow_errors: bool = False) -> list[NotebookNode]:
    """The notebook's code cells with their outputs."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, resources=resources, allow_errors=allow_errors).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def assert_quiet(cells: list[NotebookNode]) -> None:
    """A warning on stderr is noise to a learner, and costs points where nbgrader's own rule counts."""
    noise = [output.text for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert not noise, "".join(noise)


@both_languages
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_from_top_to_bottom(path: Path, language: str, tmp_path: Path) -> None:
    assert_quiet(run(build.in_language(build.read_source(path), language), tmp_path))


@both_languages
@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_the_instructors_answers_run_and_pass_every_visible_test(path: Path, language: str, tmp_path: Path) -> None:
    assert_quiet(run(build.in_language(build.read_source(path), language), tmp_path))


@both_languages
@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_a_released_assignment_fails_only_where_an_answer_is_missing(path: Path, language: str, tmp_path: Path) -> None:
    source = build.read_source(path)
    released = build.released(build.in_language(source, language), build.generate_config(), source.name)
    cells = run(released, tmp_path, allow_errors=True)
    for cell in cells:
        ast.parse(TransformerManager().transform_cell(cell.source))
        errors = {output.ename for output in cell.outputs if output.output_type == "error"}
        if not cell.metadata.get("nbgrader", {}).get("grade"):
            assert errors <= {"NotImplementedError"}, f"{cell.source[:200]}: {errors}"
    tests = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert tests and all(any(output.output_type == "error" for output in cell.outputs) for cell in tests)
