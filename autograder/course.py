"""The course as `faultlab` commands see it: folders, and nbgrader's own steps behind plain methods.

Every step is nbgrader's (`NbGraderAPI`, its exchange, its gradebook) with the project's configuration; this file only
calls them in the right order and turns what they say into one line. nbgrader takes seconds to import, so that happens
when a method needs it.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from faultlab.i18n import LANGUAGES, _, default_language

HERE = Path(__file__).resolve().parent
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")


class CourseError(Exception):
    """Something that the user can mend; the message is one line that says what and how."""


class Course:
    """The course below one root folder; `options` are nbgrader settings such as {"JudgeExecute": {"seeds": "7"}}."""

    def __init__(self, root: Path | None = None, options: dict[str, dict[str, Any]] | None = None) -> None:
        self.root = Path(root or os.environ.get("FAULTLAB_ROOT") or HERE.parent)
        self.options = options or {}
        # nbgrader calls `alembic` by name to make its database.
        os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))

    # Folders

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def grading(self) -> Path:
        return self.root / "grading"

    def released(self, assignment: str, language: str | None = None) -> Path:
        """The folder of the learner's version; CourseError if there is no such assignment."""
        folder = self.root / "exercises" / (language or default_language()) / assignment
        if not NAME.fullmatch(assignment) or not folder.is_dir():
            known = ", ".join(self.assignments()) or _("none yet; `faultlab build` makes them")
            raise CourseError(_("There is no assignment {name}. There are: {known}.", name=assignment, known=known))
        return folder

    def assignments(self) -> list[str]:
        """Names of the assignments, in order."""
        folders = [p for language in LANGUAGES for p in (self.root / "exercises" / language).glob("*") if p.is_dir()]
        return sorted({p.name for p in folders})

    def shown(self, path: Path) -> str:
        """A path as messages give it."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)

    # A learner's side

    def fetch(self, assignment: str, language: str | None = None, again: bool = False) -> tuple[Path, Path | None]:
        """Copy the assignment to `work/`; what is there is left as it is, or with `again` moved aside first.

        Returns the folder, and where the old one is kept."""
        source = self.released(assignment, language)
        target = self.work / assignment
        kept = None
        if target.exists():
            if not again:
                return target, None
            kept = self.work / "kept" / f"{assignment}-{_stamp()}"
            kept.parent.mkdir(parents=True, exist_ok=True)
            target.rename(kept)
        half = self.work / f".{assignment}.new"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(source, half)
        half.rename(target)
        return target, kept

    def notebook(self, path: str | None) -> Path:
        """The notebook to check: the one that is named, or the only one in `work/`."""
        if path is not None:
            found = Path(path)
            if found.is_dir():
                inside = sorted(found.glob("*.ipynb"))
                found = inside[0] if len(inside) == 1 else found
            if not found.is_file():
                raise CourseError(_("{path}: no such notebook.", path=path))
            return found
        inside = [p for name in self.assignments() for p in sorted((self.work / name).glob("*.ipynb"))]
        if len(inside) == 1:
            return inside[0]
        names = ", ".join(self.shown(p) for p in inside) or _("none; `faultlab fetch ASSIGNMENT` brings one")
        raise CourseError(_("Name a notebook. In work/ there are: {names}.", names=names))

    def submit(self, assignment: str, student: str | None = None, anyway: bool = False) -> list[str]:
        """Hand in `work/<assignment>`; returns what the doctor noticed. CourseError if it could not be graded."""
        released = self.released(assignment)
        folder = self.work / assignment
        if not folder.is_dir():
            where = self.shown(folder)
            raise CourseError(_("{path} is not there: `faultlab fetch {name}` brings it.", path=where, name=assignment))
        student = self._student(student)
        findings = []
        for original in sorted(released.glob("*.ipynb")):
            found, bad = _examined(folder / original.name, original)
            findings += found
            if bad and not anyway:
                where = self.shown(folder / original.name)
                raise CourseError(_("{path} was not handed in. {why}", path=where, why=bad))
        self.release(assignment)
        with self._for(assignment, student):
            self._run(self.api.exchange.Submit)
        return findings

    def _student(self, student: str | None) -> str:
        from nbgrader.utils import get_username

        if student is not None and not NAME.fullmatch(student):
            raise CourseError(_("{name!r}: a student id is made of letters, digits and . _ @ -", name=student))
        try:
            return student or get_username()
        except KeyError as error:
            raise CourseError(_("Your user has no name on this machine: give an id with --student.")) from error

    def release(self, assignment: str, language: str | None = None) -> None:
        """Put the assignment into the exchange, from where JupyterLab's assignment list fetches it. What lies there as
        it is now is left, in any language or only in the one that is named."""
        self.released(assignment, language)
        versions = [self.root / "exercises" / one / assignment for one in ([language] if language else LANGUAGES)]
        outbound = self._outbound(assignment)
        if (outbound.parent.parent / "inbound").is_dir() and any(_same_files(outbound, v) for v in versions):
            return
        with self._for(assignment, "*"):
            self._run(self.api.exchange.ReleaseAssignment, force=True)

    def _outbound(self, assignment: str) -> Path:
        return Path(self.config.Exchange.root) / self.config.CourseDirectory.course_id / "outbound" / assignment

    def prepare(self, assignment: str) -> None:
        """See that JupyterLab's pages have the assignment as it is now, in this language: the assignment list finds it
        in the exchange, the formgrader in the source folder and in the gradebook. Nearly free if that is so already."""
        built = self.root / self.config.CourseDirectory.source_directory / assignment
        in_place = built.is_dir() or not self._text(assignment).exists()
        has_gradebook = (self.grading / "gradebook.db").exists() or "sqlite" not in self.config.CourseDirectory.db_url
        if in_place and has_gradebook and _same_files(self._outbound(assignment), self.released(assignment)):
            return
        self._source(assignment)
        self.register(assignment)
        self.release(assignment, default_language())

    # An instructor's side

    def register(self, assignment: str) -> None:
        """Let the gradebook know the assignment as it is now, by the preprocessors of nbgrader's generate step."""
        from nbconvert.exporters import NotebookExporter
        from nbgrader.converters import GenerateAssignment
        from nbgrader.preprocessors import SaveCells

        released = self.released(assignment)
        if self._is_registered(assignment, released):
            return
        with self.api.gradebook as gradebook:
            gradebook.update_or_create_assignment(assignment)
        source = self._source(assignment)
        for notebook in sorted((source or released).glob("*.ipynb")):
            exporter = NotebookExporter(config=self._quiet_config())
            for step in GenerateAssignment(config=self.config).preprocessors if source else [SaveCells]:
                exporter.register_preprocessor(step, enabled=True)
            about = {"assignment": assignment, "notebook": notebook.stem, "student": "."}
            about["db_url"] = self.api.coursedir.db_url
            try:
                exporter.from_filename(str(notebook), resources={"unique_key": notebook.stem, "nbgrader": about})
            except RuntimeError as error:
                raise CourseError(
                    _(
                        "{name}: cells were added or removed since submissions were graded. {why}",
                        name=assignment,
                        why=error,
                    )
                ) from error

    def _text(self, assignment: str) -> Path:
        return self.root / "solutions" / f"{assignment}.md"

    def _source(self, assignment: str) -> Path | None:
        """The instructor's version, built if its text is newer; None where an instructor has only the release."""
        folder = self.root / self.api.coursedir.source_directory / assignment
        text = self._text(assignment)
        built = [p.stat().st_mtime for p in folder.glob("*.ipynb")]
        if text.exists() and (not built or min(built) < text.stat().st_mtime):
            from faultlab.build import BuildError, build_all

            try:
                build_all(self.root)
            except BuildError as error:
                raise CourseError(str(error)) from error
        return folder if folder.is_dir() else None

    def _is_registered(self, assignment: str, released: Path) -> bool:
        from nbgrader.api import MissingEntry

        with self.api.gradebook as gradebook:
            for path in released.glob("*.ipynb"):
                try:
                    entry = gradebook.find_notebook(path.stem, assignment)
                except MissingEntry:
                    return False
                points = {c.name: c.max_score for c in [*entry.grade_cells, *entry.task_cells]}
                known = {(c.name, c.checksum, points.get(c.name)) for c in entry.source_cells}
                cells = [c["metadata"]["nbgrader"] for c in _read(path)["cells"] if "nbgrader" in c["metadata"]]
                if known != {(c["grade_id"], c.get("checksum"), c.get("points")) for c in cells}:
                    return False
        return True

    def collect(self, assignment: str) -> list[str]:
        """Bring in what was handed in; returns the students whose submissions are there."""
        from autograder.pipeline import settle_names

        if (self.grading / "exchange" / self.api.coursedir.course_id / "inbound").is_dir():
            with self._for(assignment, "*"):
                self._run(self.api.exchange.Collect, update=True)
        folders = sorted((self.grading / "submitted").glob(f"*/{assignment}"))
        for folder in folders:
            settle_names(folder, [p.stem for p in self.released(assignment).glob("*.ipynb")])
        return [f.parent.name for f in folders]

    def needs_grading(self, assignment: str, student: str) -> bool:
        """True if the submission was never graded to the end, or a newer one has come."""
        from autograder.pipeline import is_complete

        course = self.api.coursedir
        done = self.grading / "autograded" / student / assignment
        old, new = (
            course.get_existing_timestamp(str(p)) for p in (done, self.grading / "submitted" / student / assignment)
        )
        expected = [p.stem for p in self.released(assignment).glob("*.ipynb")]
        return not is_complete(done, expected) or (old is not None and new is not None and new > old)

    def autograde(self, assignment: str, student: str) -> None:
        """Grade one submission anew and record it; CourseError if nbgrader could not."""
        from nbgrader.converters import Autograde

        with self._for(assignment, student):
            self._run(Autograde, force=True)

    def give_feedback(self, assignment: str, student: str) -> list[Path]:
        """Make the feedback page, release it, and fetch it where the submission was made here; returns the pages."""
        from nbgrader.converters import GenerateFeedback

        with self._for(assignment, student):
            self._run(GenerateFeedback, force=True)
            self._run(self.api.exchange.ReleaseFeedback)
            if any((self.grading / "cache" / self.api.coursedir.course_id).glob(f"{student}+{assignment}+*")):
                self._run(self.api.exchange.FetchFeedback)
        return sorted((self.grading / "feedback" / student / assignment).glob("*.html"))

    def graded_students(self, assignment: str) -> list[str]:
        """Students whose submissions were graded."""
        return sorted(p.parent.name for p in (self.grading / "autograded").glob(f"*/{assignment}"))

    def rows(self) -> list[dict[str, Any]]:
        """Scores and statuses of everybody; see `pipeline.rows`."""
        from autograder.pipeline import rows

        if not (self.grading / "gradebook.db").exists() and self.api.coursedir.db_url.startswith("sqlite"):
            return []
        with self.api.gradebook as gradebook:
            return list(rows(gradebook, self.api.coursedir))

    def export(self, path: Path) -> None:
        """Write the grades as CSV, by nbgrader's exporter."""
        from traitlets.utils.importstring import import_item

        exporter = import_item(str(self.config.ExportApp.plugin_class))(parent=self.api, to=str(path))
        with self.api.gradebook as gradebook:
            exporter.export(gradebook)

    # nbgrader

    @cached_property
    def config(self) -> Any:
        """The project's nbgrader configuration, then the root's own `nbgrader_config.py`, then `options`."""
        from traitlets.config import Config
        from traitlets.config.loader import PyFileConfigLoader

        os.environ["FAULTLAB_ROOT"] = str(self.root)
        config = Config()
        for folder in (HERE, self.root):
            if (folder / "nbgrader_config.py").exists():
                config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config())
        for section, values in self.options.items():
            config[section].update({k: v for k, v in values.items() if v not in (None, "")})
        return config

    def _quiet_config(self) -> Any:
        from traitlets.config import Config

        config = Config(self.config)
        config.Exporter.default_preprocessors = []
        return config

    @cached_property
    def api(self) -> Any:
        self.grading.mkdir(parents=True, exist_ok=True)
        self._log_to_file()
        from nbgrader.apps import NbGraderAPI
        from sqlalchemy.exc import SAWarning

        # nbgrader's own queries cause these, and nobody here can mend them.
        warnings.filterwarnings("ignore", category=SAWarning)
        return NbGraderAPI(config=self.config)

    def _log_to_file(self) -> None:
        """What nbgrader says goes to grading/log.txt; people get one line."""
        log = logging.getLogger("traitlets")
        for handler in log.handlers[:]:
            log.removeHandler(handler)
        log.propagate = False
        handler = logging.FileHandler(self.grading / "log.txt", encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)

    @contextlib.contextmanager
    def _for(self, assignment: str, student: str) -> Iterator[None]:
        course = self.api.coursedir
        before = course.assignment_id, course.student_id
        course.assignment_id, course.student_id = assignment, student
        try:
            yield
        finally:
            course.assignment_id, course.student_id = before

    def _run(self, make: Callable[..., Any], **settings: Any) -> None:
        """One of nbgrader's steps; what it raises becomes one line."""
        from nbgrader.converters.base import NbGraderException
        from nbgrader.exchange import ExchangeError

        options = {"coursedir": self.api.coursedir, "parent": self.api}
        if getattr(make, "__module__", "").split(".")[:2] != ["nbgrader", "converters"]:
            options["authenticator"] = self.api.authenticator
        with _errors_kept(self.api.log) as errors:
            try:
                step = make(**options)
                for name, value in settings.items():
                    setattr(step, name, value)
                step.start()
            except Exception as error:
                if not isinstance(error, NbGraderException | ExchangeError):
                    self.api.log.exception("%s", make.__name__)
                why = errors[0] if errors else f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
                log = self.shown(self.grading / "log.txt")
                raise CourseError(_("{why} (more in {log})", why=why, log=log)) from error


@contextlib.contextmanager
def _errors_kept(log: logging.Logger) -> Iterator[list[str]]:
    """The errors that are logged meanwhile, each as one line; nbgrader's summaries are left out."""
    kept: list[str] = []

    def keep(record: logging.LogRecord) -> None:
        text = record.getMessage().strip()
        if "Traceback (most recent call last)" in text:
            text = text.splitlines()[-1]
        if not text.startswith(("There was an error processing", "Please see the")):
            kept.append(" ".join(text.split())[:500])

    handler = logging.Handler(logging.ERROR)
    handler.emit = keep
    log.addHandler(handler)
    try:
        yield kept
    finally:
        log.removeHandler(handler)


def _examined(path: Path, original: Path) -> tuple[list[str], str | None]:
    """What the doctor says about a notebook, before it is handed in."""
    from autograder import doctor

    if not path.is_file():
        others = ", ".join(p.name for p in path.parent.glob("*.ipynb"))
        found = " " + _("There is: {names}.", names=others) if others else ""
        return [], _("There is no such file.") + found
    examined = doctor.examine(path.read_bytes(), trusted_in(_read(original)))
    return examined.findings, examined.ungradable


def trusted_in(released: dict[str, Any]) -> list[Any]:
    """The assignment's cells as its released notebook has them."""
    from autograder.doctor import Trusted

    found = []
    for cell in released["cells"]:
        about = cell["metadata"].get("nbgrader")
        if about:
            keys = ("grade_id", "checksum", "locked", "grade", "solution", "task", "points")
            source = "".join(cell["source"])
            found.append(
                Trusted(cell_type=cell["cell_type"], source=source, **{k: about[k] for k in keys if k in about})
            )
    return found


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _same_files(one: Path, other: Path) -> bool:
    def contents(folder: Path) -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    return one.is_dir() and other.is_dir() and contents(one) == contents(other)


def _stamp() -> str:
    return datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
