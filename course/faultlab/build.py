"""From text notebooks to the notebooks that people open.

A chapter is one MyST Markdown file in `course/src` that holds both languages side by side; an assignment is one in
`solutions`, with the answers in it. This module makes everything else of them:

1. `course/src/<name>.md` becomes `course/en/<name>.ipynb` and `course/ru/<name>.ipynb`. Cells tagged with the other
   language are dropped by nbconvert's tag-removal preprocessor; code is written once and stands in both.
2. `solutions/<name>.md` becomes `build/source/<language>/<name>/<name>.ipynb`, the instructor's version that nbgrader
   starts from (git does not keep it).
3. The preprocessors of nbgrader's own generate step, in nbgrader's order and with the project's configuration, turn
   that into `exercises/<language>/<name>/<name>.ipynb`, the learner's version.
4. The same sources always give the same bytes: no outputs, no times, and cell ids made from what a cell says.
5. Every cell that nbgrader knows is the same, byte for byte, in both languages: one gradebook takes either.
6. What breaks a rule is refused with one line that names the file, the line and the cell.

Left out: pairing an open notebook with its text file (jupytext can do that, but a learner's outputs and edits do not
belong in the sources).
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

LANGUAGES = ("en", "ru")
ROOT = Path(__file__).resolve().parents[2]

CHAPTERS = "course/src"
ASSIGNMENTS = "solutions"

# Tags with a meaning for us or for Jupyter; any other is a slip of the pen ("rus", "raise-exception").
KNOWN_TAGS = {*LANGUAGES, "hide-input", "raises-exception"}

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
NBGRADER_DEFAULTS = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}

# Of use to text editors only: a built notebook gets its metadata from here.
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BuildError(Exception):
    """A source that cannot be built; the message is one line that names the file and the cell."""


@dataclass
class Report:
    """What a build did, or in a check would do. Paths are relative to the project's root."""

    written: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def fresh(self) -> bool:
        """True if nothing had to change."""
        return not self.written and not self.stale


@dataclass
class Source:
    """One text notebook: its cells in both languages, and the line on which each begins."""

    path: Path
    notebook: NotebookNode
    lines: list[int]
    root: Path = ROOT

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def label(self) -> str:
        """The path as messages and metadata give it: from the root of the project, with forward slashes."""
        return _relative(self.path, self.root)

    def error(self, index: int, message: str) -> BuildError:
        """The error to raise for cell `index`: where it is, how it begins, what is wrong."""
        begins = self.notebook.cells[index].source.strip().partition("\n")[0][:60] or "empty"
        return BuildError(f"{self.label}:{self.lines[index]}: cell {index + 1} ({begins!r}): {message}")


# Reading and judging a source


def read_source(path: Path, root: Path = ROOT) -> Source:
    """Read one text notebook and hold it to the rules of `lint`; BuildError names the first cell that breaks one."""
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook
    from nbformat import ValidationError

    try:
        text = FRONT_MATTER.sub(lambda found: "\n" * found.group().count("\n"), path.read_text(encoding="utf-8"))
        notebook = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, ValidationError, UnicodeDecodeError) as error:
        raise BuildError(f"{_relative(path, root)}: {' '.join(str(error).split())}") from error
    lines = notebook.metadata["source_map"]
    source = Source(path, notebook, lines, root)
    lint(source)
    return source


def language_of(cell: NotebookNode) -> str | None:
    """The language a cell is tagged with, or None if it stands in both."""
    return next((tag for tag in cell.metadata.get("tags", ()) if tag in LANGUAGES), None)


def lint(source: Source) -> None:
    """Raise BuildError for the first cell that breaks a rule."""
    for index, cell in enumerate(source.notebook.cells):
        for problem in (*_tag_problems(cell), *_nbgrader_problems(cell)):
            raise source.error(index, problem)
    _lint_twins(source)
    _lint_grade_ids(source)


def _tag_problems(cell: NotebookNode) -> list[str]:
    tags = cell.metadata.get("tags", [])
    unknown = [tag for tag in tags if tag not in KNOWN_TAGS]
    if unknown:
        return [f"unknown tag {unknown[0]!r}; known are {', '.join(sorted(KNOWN_TAGS))}"]
    if set(LANGUAGES) <= set(tags):
        return ["a cell for both languages carries no language tag"]
    if cell.cell_type == "markdown":
        russian = bool(CYRILLIC.search(cell.source))
        if russian and not language_of(cell):
            return ["Russian text in a cell without a language tag"]
        if not russian and language_of(cell) == "ru":
            return ["tagged ru, but there is no Russian in it"]
    return []


def _nbgrader_problems(cell: NotebookNode) -> list[str]:
    about = cell.metadata.get("nbgrader")
    if about is None:
        return []
    if not isinstance(about, dict) or not CELL_ID.fullmatch(str(about.get("grade_id", ""))):
        return ["nbgrader needs a grade_id of letters, digits, - and _"]
    if (about.get("grade") or about.get("task")) and not _is_points(about.get("points")):
        return [f"{about['grade_id']} is graded, so it needs points"]
    if cell.cell_type == "code" and language_of(cell):
        return [f"{about['grade_id']} is code that nbgrader knows: write it once, without a language tag"]
    if cell.cell_type == "code" and about.get("grade") and not about.get("solution") and not _is_check(cell.source):
        return [f'{about["grade_id"]} is a test: it must be one call, check("<name>", <the learner\'s objects>)']
    return []


def _is_points(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_check(code: str) -> bool:
    """True if the cell is the single call that the judge can repeat from outside."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return False
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr) or not isinstance(statements[0].value, ast.Call):
        return False
    call = statements[0].value
    named = bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    return isinstance(call.func, ast.Name) and call.func.id == "check" and named


def _lint_twins(source: Source) -> None:
    """Each cell in one language stands right beside its twin in the other: a pair is read and edited together."""
    cells = source.notebook.cells
    index = 0
    while index < len(cells):
        own = language_of(cells[index])
        if own is None:
            index += 1
            continue
        other = LANGUAGES[1 - LANGUAGES.index(own)]
        twin = cells[index + 1] if index + 1 < len(cells) else None
        if twin is None or language_of(twin) != other:
            raise source.error(index, f"tagged {own}, but the next cell is not its twin in {other}")
        if twin.cell_type != cells[index].cell_type:
            raise source.error(index, f"{cells[index].cell_type}, but its twin in {other} is {twin.cell_type}")
        index += 2


def _lint_grade_ids(source: Source) -> None:
    seen: dict[tuple[str, str], int] = {}
    for index, cell in enumerate(source.notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        for language in LANGUAGES if grade_id else ():
            if language_of(cell) not in (None, language):
                continue
            first = seen.setdefault((language, grade_id), index)
            if first != index:
                raise source.error(index, f"grade_id {grade_id!r} is taken by the cell on line {source.lines[first]}")


# From a source to a notebook


def in_language(source: Source, language: str) -> NotebookNode:
    """The notebook in one language: the other's cells dropped, ids derived from the content, no outputs."""
    from nbconvert.preprocessors import TagRemovePreprocessor
    from nbformat.v4 import new_notebook

    others = {tag for tag in LANGUAGES if tag != language}
    remove = TagRemovePreprocessor(remove_cell_tags=others, enabled=True)
    notebook, _resources = remove.preprocess(copy.deepcopy(source.notebook), {})
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        _tidy_metadata(cell)
        cell.id = _cell_id(source.name, cell, seen)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    metadata = {
        "faultlab": {"language": language, "source": source.label},
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
    }
    return new_notebook(cells=notebook.cells, metadata=metadata)


def _tidy_metadata(cell: NotebookNode) -> None:
    tags = [tag for tag in cell.metadata.pop("tags", []) if tag not in LANGUAGES]
    if "hide-input" in tags:
        tags.remove("hide-input")
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
    if tags:
        cell.metadata["tags"] = tags
    if "nbgrader" in cell.metadata:
        about = {**NBGRADER_DEFAULTS, **cell.metadata["nbgrader"]}
        # A learner may not edit a test; an answer is theirs.
        about["locked"] = about["locked"] or (about["grade"] and not about["solution"])
        cell.metadata["nbgrader"] = about


def _cell_id(name: str, cell: NotebookNode, seen: dict[str, int]) -> str:
    """The grade_id, or a digest of the cell: an edit changes one id, not those of all the cells after it."""
    if "nbgrader" in cell.metadata:
        return cell.metadata["nbgrader"]["grade_id"]
    digest = hashlib.sha256("\0".join((name, cell.cell_type, cell.source)).encode()).hexdigest()[:12]
    seen[digest] = seen.get(digest, 0) + 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def as_text(notebook: NotebookNode) -> str:
    """The bytes of a notebook file, as nbconvert writes it (sorted keys), so that every tool writes the same."""
    import nbformat

    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


# nbgrader's generate step


def generate_config(root: Path = ROOT) -> Any:
    """The project's nbgrader configuration, without the gradebook: a build writes no database."""
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    path = root / "autograder" / "nbgrader_config.py"
    config = Config()
    if path.exists():
        config = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    config.SaveCells.enabled = False
    config.Exporter.default_preprocessors = []
    return config


def released(instructor: NotebookNode, config: Any, name: str) -> NotebookNode:
    """The learner's version of an instructor's notebook: what `nbgrader generate_assignment` makes of it."""
    import nbformat
    from nbconvert.exporters import NotebookExporter
    from nbgrader.converters import GenerateAssignment

    exporter = NotebookExporter(config=config)
    for preprocessor in GenerateAssignment(config=config).preprocessors:
        exporter.register_preprocessor(preprocessor)
    resources = {"unique_key": name, "nbgrader": {"assignment": name, "notebook": name, "student": ".", "db_url": ""}}
    text, _resources = exporter.from_notebook_node(copy.deepcopy(instructor), resources=resources)
    return nbformat.reads(text, as_version=4)


def assignment(source: Source, config: Any) -> dict[str, tuple[NotebookNode, NotebookNode]]:
    """Language to (instructor's notebook, learner's notebook), which are graded the same or a BuildError is raised."""
    made = {}
    for language in LANGUAGES:
        instructor = in_language(source, language)
        try:
            made[language] = (instructor, released(instructor, config, source.name))
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BuildError(f"{source.label}: nbgrader's generate step refuses it ({language}): {reason}") from error
    _same_graded_cells(source, *(learner for _instructor, learner in made.values()))
    return made


def _same_graded_cells(source: Source, first: NotebookNode, second: NotebookNode) -> None:
    """One gradebook takes either language only if nbgrader's cells are the same bytes in the same order."""
    ours, theirs = ([cell for cell in notebook.cells if "nbgrader" in cell.metadata] for notebook in (first, second))
    for one, other in zip(ours, theirs, strict=False):
        if json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
            ids = sorted({cell.metadata.nbgrader.grade_id for cell in (one, other)})
            raise BuildError(f"{source.label}: released, cell {' / '.join(ids)} is not the same in both languages")
    if len(ours) != len(theirs):
        raise BuildError(
            f"{source.label}: {len(ours)} nbgrader cells in {LANGUAGES[0]}, {len(theirs)} in {LANGUAGES[1]}"
        )


# The whole project


def sources(root: Path, folder: str) -> list[Source]:
    """The text notebooks of one folder, read and linted, in the order of their names."""
    return [read_source(path, root) for path in sorted((root / folder).glob("*.md"))]


def everything(root: Path = ROOT) -> dict[str, str]:
    """Every built file: path from the root -> its text. Nothing is written."""
    files: dict[str, str] = {}
    for source in sources(root, CHAPTERS):
        for language in LANGUAGES:
            files[f"course/{language}/{source.name}.ipynb"] = as_text(in_language(source, language))
    exercises = sources(root, ASSIGNMENTS)
    config = generate_config(root) if exercises else None
    for source in exercises:
        for language, (instructor, learner) in assignment(source, config).items():
            place = f"{language}/{source.name}/{source.name}.ipynb"
            files[f"build/source/{place}"] = as_text(instructor)
            files[f"exercises/{place}"] = as_text(learner)
    return files


def build_all(root: Path | str = ROOT, check: bool = False) -> Report:
    """Build everything, and remove built files whose source is gone; with `check`, only say what would change.

    A check leaves `build/` out: git does not keep it, so a fresh clone has none. Raises BuildError for a source that
    breaks a rule; then nothing has been written.
    """
    root = Path(root)
    files = everything(root)
    report = Report(stale=_stale(root, files))
    for name, text in files.items():
        path = root / name
        if check and name.startswith("build/"):
            continue
        if path.exists() and path.read_text(encoding="utf-8") == text:
            report.unchanged += 1
            continue
        report.written.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    if not check:
        for name in report.stale:
            (root / name).unlink()
    return report


def _stale(root: Path, files: dict[str, str]) -> list[str]:
    """Notebooks that a build once made and would not make now. What a person put there is not ours to touch."""
    found = []
    for folder in ("course", "exercises", "build/source"):
        for language in LANGUAGES:
            for path in sorted((root / folder / language).rglob("*.ipynb")):
                name = _relative(path, root)
                if ".ipynb_checkpoints" not in path.parts and name not in files and _was_built(path):
                    found.append(name)
    return found


def _was_built(path: Path) -> bool:
    try:
        return "source" in json.loads(path.read_text(encoding="utf-8"))["metadata"]["faultlab"]
    except (ValueError, KeyError, TypeError):
        return False


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def main(arguments: list[str] | None = None) -> int:
    """`python -m faultlab.build [--check]`; the status is 1 for a refused source or a difference found by a check."""
    parser = argparse.ArgumentParser(
        prog="python -m faultlab.build", description="Build the notebooks from course/src and solutions."
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder (default: this package's)")
    options = parser.parse_args(arguments)
    try:
        report = build_all(options.root, options.check)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for name in report.written:
        print(f"{'out of date' if options.check else 'built'}: {name}")
    for name in report.stale:
        print(f"{'no source' if options.check else 'removed, no source'}: {name}")
    print(f"{report.unchanged} up to date")
    return 1 if options.check and not report.fresh else 0


if __name__ == "__main__":
    sys.exit(main())
