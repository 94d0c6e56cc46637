"""The committed notebooks are what the sources say, in both languages alike."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from faultlab import build, parity

SOURCES = [build.ROOT / folder for folder in (build.CHAPTERS, build.ASSIGNMENTS)]
PATHS = [path for folder in SOURCES for path in sorted(folder.glob("*.md"))]
ASSIGNMENTS = sorted((build.ROOT / build.ASSIGNMENTS).glob("*.md"))


def test_the_built_notebooks_are_fresh() -> None:
    report = build.build_all(check=True)
    assert report.fresh, f"run `make build`; out of date: {report.written}, without source: {report.stale}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_both_languages_say_the_same_in_the_same_order(path: Path) -> None:
    found = parity.differences(build.read_source(path))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_has_one_title_and_no_level_is_skipped(path: Path) -> None:
    source = build.read_source(path)
    for language in build.LANGUAGES:
        cells = build.in_language(source, language).cells
        prose = (cell.source for cell in cells if cell.cell_type == "markdown")
        levels = [len(marks) for text in prose for marks in parity.headings(text, language)]
        assert levels[:1] == [1] and levels.count(1) == 1, f"{language}: one title, and it comes first: {levels}"
        assert all(after <= before + 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_relative_link_and_figure_leads_to_a_file(path: Path) -> None:
    source = build.read_source(path)
    folders = {language: f"course/{language}" for language in build.LANGUAGES}
    if path in ASSIGNMENTS:  # a learner reads the copy that nbgrader fetched
        folders = dict.fromkeys(build.LANGUAGES, f"work/{source.name}")
    for language, folder in folders.items():
        for cell in build.in_language(source, language).cells:
            if cell.cell_type != "markdown":
                continue
            for target in _targets(cell.source):
                if "://" in target or target.startswith(("#", "mailto:", "attachment:")):
                    continue
                lies = Path(os.path.normpath(build.ROOT / folder / target.partition("#")[0]))
                if lies.is_relative_to(build.ROOT / "work"):  # fetched by the learner, released from exercises/
                    lies = build.ROOT / "exercises" / language / lies.relative_to(build.ROOT / "work")
                assert lies.exists(), f"{language}: {target} leads nowhere"


def _targets(text: str) -> list[str]:
    prose = parity.without_code(text)
    return ["".join(found) for pattern in (parity.LINK, parity.FIGURE) for found in pattern.findall(prose)]


@pytest.mark.slow
@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_nbgraders_own_command_releases_the_committed_notebooks(path: Path, tmp_path: Path) -> None:
    """The build calls nbgrader's preprocessors itself, for speed; its command must come to the same bytes."""
    source, language = build.read_source(path), "ru"
    instructor, learner = build.assignment(source, build.generate_config())[language]
    lies = tmp_path / "source" / source.name / f"{source.name}.ipynb"
    lies.parent.mkdir(parents=True)
    lies.write_text(build.as_text(instructor), encoding="utf-8")
    folders = {"root": tmp_path, "source_directory": "source", "release_directory": "released"}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", source.name]
    command += [f"--CourseDirectory.{name}={folder}" for name, folder in folders.items()]
    command += [f"--CourseDirectory.db_url=sqlite:///{tmp_path}/gradebook.db"]
    path_of_programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "FAULTLAB_LANGUAGE": language, "PATH": path_of_programs}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    released = tmp_path / "released" / source.name / f"{source.name}.ipynb"
    assert released.read_text(encoding="utf-8") == build.as_text(learner)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_built_notebook_is_valid_and_has_no_outputs(path: Path) -> None:
    folder = "exercises/{}/{}" if path in ASSIGNMENTS else "course/{}"
    for language in build.LANGUAGES:
        built = build.ROOT / folder.format(language, path.stem) / f"{path.stem}.ipynb"
        notebook = nbformat.read(built, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
