"""How nbgrader grades with the judge: its own commands, with these parts put in by `nbgrader_config.py`.

1. `Collect` brings in submissions from the exchange; what cannot be copied or is not there becomes a named gap, not a
   stop.
2. `SubmissionExporter` reads a submission through the notebook doctor, so that the steps after it see a sound notebook.
3. nbgrader's own steps restore kernel, tests and points from the gradebook.
4. `JudgeExecute` stands in place of nbgrader's Execute: learner code runs in the sandbox, the judge writes into each
   test cell the score and a card that says what happened.
5. `SaveVerdicts` records scores in the gradebook. A cell that we failed to judge has no score and waits for a person.
6. `FeedbackExporter` makes the page that a learner reads: one file that needs no network.
7. `StatusExport` writes grades with a status, so that "no grade yet" is never a zero.

What every verdict rests on (versions, sandbox, seeds, schedules, stories) is kept beside the graded notebook in
`verdicts.json`, and under `history/` for good.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbconvert.filters import Highlight2HTML
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import ignore_patterns, is_grade, is_solution
from traitlets import Bool, Float, Integer, Unicode

import faultlab.checks
from autograder import confined, doctor, sandbox
from autograder.judge import Cell, Judgement, Limits, Private, grader_error, judge_cells, patience
from faultlab.checks.core import GRADER_ERROR, NOT_ATTEMPTED, PARTLY, RIGHT, STATUS_NAMES, WRONG, Verdict
from faultlab.i18n import LANGUAGES, N_, _, language, number, use_language
from faultlab.sim.audit import HASH_SEEDS

RECORD = "verdicts.json"
MARKER = ".being-graded"
RECORD_VERSION = 1
UNGRADABLE, WAITING, PENDING, GRADED = "ungradable", "grader error", "manual grading pending", "graded"
NOT_GRADED, NOT_SUBMITTED = "not graded yet", "not submitted"
SIGNS = {RIGHT: "✓", WRONG: "✗", PARTLY: "◐", NOT_ATTEMPTED: "○", GRADER_ERROR: "?"}
HERE = Path(__file__).parent


@contextlib.contextmanager
def speaking(name: str | None) -> Iterator[None]:
    """Messages in the language of a submission, while it is graded."""
    before = language()
    if name in LANGUAGES:
        use_language(name)
    try:
        yield
    finally:
        use_language(before)


# Names


def settle_names(folder: Path, expected: list[str]) -> None:
    """Let every expected notebook exist in a submission's folder: the only notebook there under another name is copied;
    otherwise a file stands for the gap and names what was found. Nothing is removed."""
    found = sorted(p for p in folder.glob("*.ipynb") if p.is_file())
    others = [p for p in found if p.stem not in expected]
    for name in expected:
        path = folder / f"{name}.ipynb"
        if path.exists():
            continue
        if len(expected) == 1 and len(others) == 1:
            shutil.copyfile(others[0], path)
        else:
            path.write_text(json.dumps({doctor.MISSING: [p.name for p in others]}), encoding="utf-8")


def expected_notebooks(db_url: str, course_id: str, assignment: str) -> list[str]:
    """The names of an assignment's notebooks, as the gradebook has them; none if it does not know the assignment."""
    with Gradebook(db_url, course_id) as gradebook:
        try:
            return [n.name for n in gradebook.find_assignment(assignment).notebooks]
        except MissingEntry:
            return []


class Collect(ExchangeCollect):
    """nbgrader's collect; one submission that cannot be copied does not keep the others from being collected."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:
            self.log.error("%s is larger than %s kB and is not copied", src, self.coursedir.max_dir_size)
            os.makedirs(dest)
            for name in ("timestamp.txt", "submission_secret.txt"):
                if os.path.isfile(os.path.join(src, name)):
                    shutil.copyfile(os.path.join(src, name), os.path.join(dest, name))
            return
        ignored = ignore_patterns(self.coursedir.ignore, self.coursedir.include, self.coursedir.max_file_size, self.log)

        def ignore(directory: str, names: list[str]) -> list[str]:
            # A link may lead anywhere on this machine, a named pipe never ends.
            plain = [n for n in names if _is_plain(os.path.join(directory, n))]
            return [*set(names).difference(plain), *ignored(directory, plain)]

        shutil.copytree(src, dest, ignore=ignore)

    def copy_files(self) -> None:
        super().copy_files()
        expected = expected_notebooks(self.coursedir.db_url, self.coursedir.course_id, self.coursedir.assignment_id)
        for record in self.src_records:
            folder = self.coursedir.format_path(
                self.coursedir.submitted_directory, record["username"], self.coursedir.assignment_id
            )
            settle_names(Path(folder), expected)


def _is_plain(path: str) -> bool:
    return not os.path.islink(path) and (os.path.isfile(path) or os.path.isdir(path))


# Reading a submission


def trusted_cells(gradebook: Gradebook, notebook: str, assignment: str) -> list[doctor.Trusted]:
    """The assignment's cells as the gradebook knows them."""
    entry = gradebook.find_notebook(notebook, assignment)
    points = {c.name: c.max_score for c in [*entry.grade_cells, *entry.task_cells]}
    grades = {c.name for c in entry.grade_cells}
    solutions = {c.name for c in entry.solution_cells}
    tasks = {c.name for c in entry.task_cells}
    return [
        doctor.Trusted(
            grade_id=c.name,
            cell_type=c.cell_type,
            source=c.source or "",
            checksum=c.checksum,
            locked=bool(c.locked),
            grade=c.name in grades,
            solution=c.name in solutions,
            task=c.name in tasks,
            points=points.get(c.name),
        )
        for c in entry.source_cells
    ]


class SubmissionExporter(NotebookExporter):
    """Reads submissions for `nbgrader autograde`: first through the doctor, then, graded, as they are.

    It is made once for each command, before anything is converted. That is the moment to refuse without a sandbox and
    to clear away what a killed run left behind.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if hasattr(self.parent, "sanitize_preprocessors"):
            self._prepare(self.parent)

    def _prepare(self, converter: Any) -> None:
        judge = JudgeExecute(parent=self)
        try:
            judge.starter()
            judge.private()
        except (sandbox.NoSandbox, ValueError) as error:
            converter.log.error(str(error))
            raise NbGraderException(str(error)) from error
        course = converter.coursedir
        expected = expected_notebooks(course.db_url, course.course_id, course.assignment_id)
        for folder in converter.assignments:
            if expected and course.notebook_id == "*":
                settle_names(Path(folder), expected)
                converter.assignments[folder] = sorted(map(str, Path(folder).glob("*.ipynb")))
            student = Path(folder).parent.name
            graded = Path(course.format_path(course.autograded_directory, student, course.assignment_id))
            if graded.exists() and not is_complete(graded, expected) and not _is_being_graded(graded):
                converter.log.warning("%s is half made by a run that was interrupted; it is graded anew", graded)
                shutil.rmtree(graded)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        if not getattr(self.parent, "_sanitizing", False) or resources is None:
            return super().from_filename(filename, resources, **kw)
        path = Path(filename)
        about = resources["nbgrader"]
        course = self.parent.coursedir
        _mark(Path(course.format_path(course.autograded_directory, about["student"], about["assignment"])))
        with Gradebook(about["db_url"]) as gradebook:
            trusted = trusted_cells(gradebook, about["notebook"], about["assignment"])
        size = path.stat().st_size
        data = path.read_bytes() if size <= doctor.BYTES_MAX else b" " * (doctor.BYTES_MAX + 1)
        with speaking(_language_in(data)):
            examined = doctor.examine(data, trusted)
            examined.findings[:0] = _other_name(path, data)
        notebook = examined.notebook
        notebook["metadata"].setdefault("faultlab", {})["doctor"] = {
            "findings": examined.findings,
            "doubtful": examined.doubtful,
            "ungradable": examined.ungradable,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        if examined.ungradable:
            self.log.error("%s cannot be graded: %s", filename, examined.ungradable)
        for finding in examined.findings:
            self.log.warning("%s: %s", filename, finding)
        resources.setdefault("metadata", {}).update(name=path.stem, path=str(path.parent))
        return self.from_notebook_node(nbformat.from_dict(notebook), resources, **kw)


def _language_in(data: bytes) -> str | None:
    try:
        return doctor.language_of(doctor.read(data))
    except (doctor.Ungradable, RecursionError):
        return None


def _other_name(path: Path, data: bytes) -> list[str]:
    """The finding that a notebook was handed in under another name, and copied by `settle_names`."""
    for other in sorted(path.parent.glob("*.ipynb")):
        if other != path and other.stat().st_size == len(data) and other.read_bytes() == data:
            return [_("Your file was called {other}; it was graded as {name}.", other=other.name, name=path.name)]
    return []


def _mark(folder: Path) -> None:
    """Say that this process is grading into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / MARKER
    marker.unlink(missing_ok=True)
    marker.write_text(f"{os.getpid()} {_started(os.getpid())}", encoding="utf-8")


def _is_being_graded(folder: Path) -> bool:
    """True if another process that still runs has marked the folder."""
    try:
        pid, started = (folder / MARKER).read_text(encoding="utf-8").split()
        return int(pid) != os.getpid() and _started(int(pid)) == started
    except (OSError, ValueError):
        return False


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks: a number may be given to a process again, this pair is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "gone" if sys.platform == "linux" else "unknown"


def is_complete(folder: Path, expected: list[str]) -> bool:
    """True if the run that made this folder of a graded submission came to its end."""
    for name in expected:
        try:
            notebook = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))
            if not notebook["metadata"]["faultlab"]["judged"]:
                return False
        except (OSError, ValueError, KeyError, TypeError):
            return False
    return True


# Judging


class JudgeExecute(NbGraderPreprocessor):
    """In place of nbgrader's Execute: the judge, and the learner's code in the sandbox."""

    unsafe_no_sandbox = Bool(
        False,
        help="Run submitted code without a sandbox where none works: it can then read and change your files, "
        "the gradebook included, and use the network.",
    ).tag(config=True)
    sandbox = Unicode("", help='"bubblewrap" or "landlock"; empty: the best one that works here.').tag(config=True)
    private_dir = Unicode("", help="Folder of private checks (*.py) and private seeds (seeds.json).").tag(config=True)
    seeds = Unicode("", help='Private seeds: "100-119,205", or a JSON file {"<check or *>": [numbers]}.').tag(
        config=True
    )
    submission_s = Float(300.0, help="Seconds for one submission; checks after that earn nothing.").tag(config=True)
    check_s = Float(60.0, help="Seconds for one check with all its schedules.").tag(config=True)
    cell_s = Float(10.0, help="Seconds for one of the learner's cells.").tag(config=True)
    answer_s = Float(5.0, help="Seconds for one call into the learner's code.").tag(config=True)
    memory_mib = Integer(512, help="Memory of a submission's processes together, MiB.").tag(config=True)

    def starter(self) -> Any:
        """What starts workers; sandbox.NoSandbox if nothing may."""
        limits = sandbox.Limits(
            cpu_s=int(self.submission_s) + 10,
            wall_s=self.submission_s * patience() + 30,
            memory_bytes=self.memory_mib << 20,
        )
        return confined.starter(
            limits,
            name=self.sandbox,
            unsafe=self.unsafe_no_sandbox,
            option="--unsafe-no-sandbox (nbgrader: --JudgeExecute.unsafe_no_sandbox=True)",
        )

    def private(self) -> Private:
        """The instructor's private checks and seeds; ValueError names what cannot be read."""
        return Private.load(self.private_dir or None, self.seeds)

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        about = nb.metadata.get("faultlab", {})
        with speaking(about.get("language")):
            state = about.get("doctor", {})
            private = self.private()
            if state.get("ungradable"):
                judgement = self._refuse(nb, state["ungradable"])
                place = "none"
            else:
                judgement, place = self._judge(nb, private)
            self._write(nb, judgement, state)
            record = self._record(nb, judgement, resources, private, place)
        resources["faultlab"] = {
            "verdicts": judgement.verdicts,
            "doubtful": set(state.get("doubtful", ())),
            "ungradable": bool(state.get("ungradable")),
            "record": record,
        }
        nb.metadata.setdefault("faultlab", {})["judged"] = record["judged_at"]
        return nb, resources

    def _judge(self, nb: Any, private: Private) -> tuple[Judgement, str]:
        code = [c for c in nb.cells if c.cell_type == "code"]
        cells = [Cell(c.source, c.metadata.nbgrader.grade_id if _is_test(c) else None) for c in code]
        limits = Limits(
            submission_s=self.submission_s, cell_s=self.cell_s, check_s=self.check_s, answer_s=self.answer_s
        )
        start = self.starter()
        judgement = judge_cells(cells, start, limits=limits, private=private, hash_seeds=HASH_SEEDS)
        for position, cell in enumerate(code):
            cell.outputs = [nbformat.from_dict(o) for o in judgement.outputs.get(position, [])]
            if position in judgement.skipped:
                text = _("This cell did not run to its end: {what}.", what=judgement.skipped[position])
                cell.outputs.append(nbformat.v4.new_output("display_data", {"text/plain": text}))
        return judgement, start.box_name

    def _refuse(self, nb: Any, reason: str) -> Judgement:
        """Nothing is run; every test waits for a person."""
        judgement = Judgement()
        for cell in nb.cells:
            if _is_test(cell):
                verdict = Verdict("", GRADER_ERROR, title=N_("this submission cannot be graded"), message=reason)
                judgement.verdicts[cell.metadata.nbgrader.grade_id] = verdict
        return judgement

    def _write(self, nb: Any, judgement: Judgement, state: dict[str, Any]) -> None:
        """Verdict cards and scores into the test cells, and what the doctor found above everything else."""
        count = 0
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            count += 1
            cell.execution_count = count
            if not _is_test(cell):
                continue
            about = cell.metadata.nbgrader
            verdict = judgement.verdicts.get(about.grade_id) or grader_error(about.grade_id, "no verdict")
            judgement.verdicts[about.grade_id] = verdict
            card = {"text/html": verdict.to_html(), "text/plain": verdict.to_text()}
            cell.outputs = [nbformat.v4.new_output("display_data", card)]
            cell.metadata["faultlab"] = {"title": f"{SIGNS[verdict.status]} {_(verdict.title)}"}
            if verdict.status != GRADER_ERROR:
                score = {"text/plain": repr(score_of(verdict, float(about.points)))}
                cell.outputs.append(nbformat.v4.new_output("execute_result", score, execution_count=count))
        lines = [*([state["ungradable"]] if state.get("ungradable") else []), *state.get("findings", [])]
        if lines:
            head = (
                _("**This submission cannot be graded; a person will look at it.**")
                if state.get("ungradable")
                else (_("**What was repaired before grading**"))
            )
            text = "\n".join([head, "", *(f"- {doctor.harmless(line)}" for line in lines)])
            cell = nbformat.v4.new_markdown_cell(text)
            cell.id = "faultlab-findings"
            nb.cells.insert(0, cell)

    def _record(
        self, nb: Any, judgement: Judgement, resources: dict[str, Any], private: Private, place: str
    ) -> dict[str, Any]:
        about = resources["nbgrader"]
        points = {c.metadata.nbgrader.grade_id: float(c.metadata.nbgrader.points) for c in nb.cells if _is_test(c)}
        return {
            "record": RECORD_VERSION,
            "judged_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "student": about["student"],
            "assignment": about["assignment"],
            "notebook": about["notebook"],
            "language": language(),
            "submission": nb.metadata.get("faultlab", {}).get("doctor", {}),
            "versions": versions(),
            "sandbox": place,
            "limits": {n: getattr(self, n) for n in ("submission_s", "check_s", "cell_s", "answer_s", "memory_mib")},
            "private_seeds": private.seeds,
            "seconds": round(judgement.seconds, 3),
            "restarts": judgement.restarts,
            "skipped": {str(k): v for k, v in judgement.skipped.items()},
            "verdicts": {
                grade_id: {
                    "points": points[grade_id],
                    "score": None if v.status == GRADER_ERROR else score_of(v, points[grade_id]),
                    **v.to_json(),
                }
                for grade_id, v in judgement.verdicts.items()
            },
        }


def _is_test(cell: Any) -> bool:
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def score_of(verdict: Verdict, points: float) -> float:
    """Points earned, to a hundredth, never more than there are."""
    return min(points, round(verdict.fraction * points, 2))


def versions() -> dict[str, str]:
    """What a verdict rests on besides the submission: programs, and the digest of checks and judge."""
    import nbgrader

    digest = hashlib.sha256()
    for path in [*sorted(Path(faultlab.checks.__file__).parent.glob("*.py")), HERE / "judge.py"]:
        digest.update(path.read_bytes())
    return {"python": platform.python_version(), "nbgrader": nbgrader.__version__, "checks": digest.hexdigest()[:16]}


# Recording


class SaveVerdicts(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, with the judge's verdicts in place of what stands in the outputs."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        nb, resources = super().preprocess(nb, resources)
        if "faultlab" in resources:
            self._keep(resources)
        return nb, resources

    def _add_score(self, cell: Any, resources: dict[str, Any]) -> None:
        judged = resources.get("faultlab")
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        verdict = judged["verdicts"].get(grade_id) if judged else None
        waits = judged is not None and (
            judged["ungradable"] or grade_id in judged["doubtful"] or (verdict and verdict.status == GRADER_ERROR)
        )
        if not waits and verdict is None:
            super()._add_score(cell, resources)
            return
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = None if waits else score_of(verdict, float(cell.metadata["nbgrader"]["points"]))
        # A person's score stands; whoever gave it is asked to look again, as in nbgrader.
        grade.needs_manual_grade = waits or grade.manual_score is not None
        self.gradebook.db.commit()

    def _add_comment(self, cell: Any, resources: dict[str, Any]) -> None:
        super()._add_comment(cell, resources)
        judged = resources.get("faultlab")
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        if judged and (judged["ungradable"] or grade_id in judged["doubtful"]):
            # "No response." would be a guess.
            comment = self.gradebook.find_comment(grade_id, self.notebook_id, self.assignment_id, self.student_id)
            comment.auto_comment = None
            self.gradebook.db.commit()

    def _keep(self, resources: dict[str, Any]) -> None:
        """The record beside the graded notebook, and one more copy that no regrade removes."""
        record = resources["faultlab"]["record"]
        folder = Path(resources["metadata"]["path"])
        text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        stamp = record["judged_at"].replace(":", "").replace("+0000", "Z")
        history = folder.parent.parent.parent / "history" / self.student_id / self.assignment_id
        history.mkdir(parents=True, exist_ok=True)
        for path in (folder / RECORD, history / f"{stamp}-{self.notebook_id}.json"):
            write_whole(path, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever reads it finds all of it or none."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


# Feedback


class GetScores(GetGrades):
    """nbgrader's GetGrades, which also says where there is no score yet."""

    def _get_score(self, cell: Any, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        cell.metadata.nbgrader["waits"] = bool(grade.needs_manual_grade and grade.manual_score is None)


class FeedbackExporter(HTMLExporter):
    """The feedback page: one file without a network, in the language of the notebook."""

    def __init__(self, **kwargs: Any) -> None:
        # Given here they stand above the configuration, where the formgrader puts its own template.
        templates = {"template_name": "faultlab-feedback", "extra_template_basedirs": [str(HERE / "templates")]}
        super().__init__(**{**kwargs, **templates})

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> tuple[str, dict[str, Any]]:
        about = nb.metadata.get("faultlab", {})
        with speaking(about.get("language")):
            resources = self._init_resources(resources or {})
            resources["faultlab"] = {"say": _, "number": number, "language": language()}
            self.register_filter("highlight_code", Highlight2HTML(pygments_lexer="python", parent=self))
            # HTMLExporter's own method parses the whole page once more, for attributes that this page does not need.
            return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)


# Grades with a status


def status_of(submission: Any, complete: bool) -> str:
    """What became of a submission (nbgrader's SubmittedAssignment); `complete` says whether a run came to its end."""
    grades = [g for n in submission.notebooks for g in n.grades]
    tests = [g for g in grades if g.cell_type == "code"]
    unjudged = [g for g in tests if g.auto_score is None and g.manual_score is None and g.needs_manual_grade]
    if not complete:
        return NOT_GRADED
    if tests and len(unjudged) == len(tests):
        return UNGRADABLE
    if unjudged:
        return WAITING
    return PENDING if any(g.needs_manual_grade for g in grades) else GRADED


STATUSES = {
    **STATUS_NAMES,
    UNGRADABLE: N_("cannot be graded by the machine: a person must look"),
    WAITING: N_("the grader failed on a part: a person must look"),
    PENDING: N_("a part waits to be graded by a person"),
    GRADED: N_("graded"),
    NOT_GRADED: N_("handed in, not graded yet"),
    NOT_SUBMITTED: N_("nothing handed in"),
}


def rows(gradebook: Gradebook, course: Any) -> Iterator[dict[str, Any]]:
    """One row for each student and assignment that the gradebook knows or the submitted folder holds."""
    known = {s.id for s in gradebook.students}
    for assignment in gradebook.assignments:
        expected = [n.name for n in assignment.notebooks]
        place = Path(course.format_path(course.submitted_directory, "*", assignment.name))
        handed_in = {p.parent.name for p in place.parent.parent.glob(f"*/{assignment.name}")}
        for student in sorted(known | handed_in):
            row = {"assignment": assignment.name, "student_id": student, "max_score": assignment.max_score}
            row |= {"duedate": assignment.duedate, "timestamp": "", "late_submission_penalty": 0.0}
            row |= dict.fromkeys(("first_name", "last_name", "email"), "")
            if student in known:
                person = gradebook.find_student(student)
                row |= {k: getattr(person, k) for k in ("first_name", "last_name", "email")}
            row |= {"raw_score": 0.0, "score": 0.0, "status": NOT_GRADED if student in handed_in else NOT_SUBMITTED}
            with contextlib.suppress(MissingEntry):
                submission = gradebook.find_submission(assignment.name, student)
                folder = Path(course.format_path(course.autograded_directory, student, assignment.name))
                penalty = submission.late_submission_penalty or 0.0
                row["status"] = status_of(submission, is_complete(folder, expected))
                row |= {"timestamp": submission.timestamp, "late_submission_penalty": penalty}
                row |= {"raw_score": submission.score, "score": max(0.0, submission.score - penalty)}
            if row["status"] in (UNGRADABLE, NOT_GRADED):
                row |= {"raw_score": None, "score": None}
            yield row


class StatusExport(CsvExportPlugin):
    """nbgrader's CSV with one more column, `status`; where there is no grade the score is empty, not 0."""

    KEYS = (
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
        "status",
    )

    def export(self, gradebook: Gradebook) -> None:
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        students, assignments = ({str(x) for x in chosen} for chosen in (self.student, self.assignment))
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.KEYS)
            writer.writeheader()
            for row in rows(gradebook, self.parent.coursedir):
                if (students and row["student_id"] not in students) or (
                    assignments and row["assignment"] not in assignments
                ):
                    continue
                writer.writerow({k: "" if row[k] is None else row[k] for k in self.KEYS})
