"""`faultlab`: the course from a terminal.

Each command does with one line what nbgrader's commands do in several, with nbgrader's own code and gradebook. A
learner needs fetch, check and submit; whoever grades needs grade, feedback, progress and export. On one person's
machine that is the same person. Every message is one line that names the file and what to do; the exit status is 0 only
if all went well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from autograder.course import Course, CourseError
from faultlab.i18n import LANGUAGES, N_, _, default_language, number, use_language

UNSAFE = N_("Run submitted code without a sandbox: it can then read and change your files and the gradebook.")


class Translated(click.Group):
    """A group whose help speaks the user's language: click reads the texts when the help is shown."""

    def get_help(self, ctx: click.Context) -> str:
        _translate(self, ctx)
        return super().get_help(ctx)


class TranslatedCommand(click.Command):
    def get_help(self, ctx: click.Context) -> str:
        _translate(self, ctx)
        return super().get_help(ctx)


def _translate(command: click.Command, ctx: click.Context) -> None:
    if command.help:
        command.help = _(command.help)
    for option in command.get_params(ctx):
        if isinstance(option, click.Option) and option.help:
            option.help = _(option.help)
    if isinstance(command, click.Group):
        for each in command.commands.values():
            if each.help:
                each.short_help = _(each.help).partition(".")[0]


def _mended(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a user can mend becomes one line on stderr and exit status 1."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except CourseError as error:
            raise click.ClickException(str(error)) from error
        except (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error

    return run


@click.group(cls=Translated, help=N_("The course on reliable systems: open it, check, hand in and grade exercises."))
@click.option(
    "--language",
    "-l",
    type=click.Choice(LANGUAGES),
    is_eager=True,  # before --help is answered
    callback=lambda context, option, language: use_language(language or default_language()),
    expose_value=False,
    help=N_("Language of messages and notebooks."),
)
def main() -> None:
    pass


def command(text: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command with that help."""

    def keep(function: Callable[..., Any]) -> click.Command:
        return main.command(cls=TranslatedCommand, help=text)(_mended(function))

    return keep


assignment_argument = click.argument("assignment")
student_option = click.option("--student", help=N_("Id of the learner; default: your user name."))


# The course


@main.command(
    cls=TranslatedCommand,
    help=N_("Open the course in JupyterLab. Further arguments go to JupyterLab."),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(arguments: tuple[str, ...]) -> None:
    from faultlab.i18n import language
    from faultlab.lab import open_lab

    # The pages that nbgrader puts into Lab read the language there.
    os.environ["FAULTLAB_LANGUAGE"] = language()
    course = Course()
    for name in course.assignments():
        try:
            course.prepare(name)
        except (CourseError, OSError) as error:
            # Chapters can be read all the same.
            click.echo(error, err=True)
    sys.exit(open_lab(language(), arguments, course.root))


@command(N_("Build the notebooks from their text sources."))
@click.option("--check", is_flag=True, help=N_("Change nothing; fail if anything is out of date."))
def build(check: bool) -> None:
    from faultlab.build import main as build_notebooks

    sys.exit(build_notebooks([*(["--check"] if check else []), "--root", str(Course().root)]))


# A learner's side


@command(N_("Copy an assignment to work/, where you solve it. Your own copy is never overwritten."))
@assignment_argument
@click.option("--language", "-l", type=click.Choice(LANGUAGES), help=N_("Language of the notebook."))
@click.option("--again", is_flag=True, help=N_("Start afresh; your copy is moved to work/kept/."))
def fetch(assignment: str, language: str | None, again: bool) -> None:
    from faultlab.i18n import language as current

    course = Course()
    existed = (course.work / assignment).exists()
    folder, kept = course.fetch(assignment, language or current(), again)
    if kept:
        click.echo(_("Your copy is kept in {path}.", path=course.shown(kept)))
    if existed and not kept:
        where = course.shown(folder)
        click.echo(_("{path} is there already and was left as it is; --again starts afresh and keeps it.", path=where))
    else:
        for path in sorted(folder.glob("*.ipynb")):
            click.echo(course.shown(path))


@command(N_("Run the visible tests of a notebook. The grader runs the same and more."))
@click.argument("notebook", required=False)
def check(notebook: str | None) -> None:
    from autograder.checking import check_notebook

    course = Course()
    path = course.notebook(notebook)
    verdicts = check_notebook(course, path)
    for grade_id, verdict in verdicts:
        click.echo(f"{verdict.check or grade_id}  {verdict.to_text()}\n")
    right = sum(v.status == "right" for _g, v in verdicts)
    click.echo(_("{path}: {right} of {all} checks are right.", path=course.shown(path), right=right, all=len(verdicts)))
    sys.exit(0 if right == len(verdicts) else 1)


@command(N_("Hand in your solution of an assignment from work/."))
@assignment_argument
@student_option
@click.option("--anyway", is_flag=True, help=N_("Hand in even what cannot be graded."))
def submit(assignment: str, student: str | None, anyway: bool) -> None:
    course = Course()
    for finding in course.submit(assignment, student, anyway):
        click.echo(finding, err=True)
    click.echo(_("Handed in: {name}. `faultlab grade {name}` grades it on this machine.", name=assignment))


# An instructor's side


@command(N_("Collect and grade what was handed in, and give feedback."))
@assignment_argument
@click.option("--student", help=N_("Only this learner."))
@click.option("--again", is_flag=True, help=N_("Grade anew what is graded already."))
@click.option("--seeds", default="", help=N_('Private seeds: "100-119,205" or a JSON file.'))
@click.option("--private", default="", help=N_("Folder of private checks (*.py) and seeds (seeds.json)."))
@click.option("--unsafe-no-sandbox", is_flag=True, help=UNSAFE)
def grade(assignment: str, student: str | None, again: bool, seeds: str, private: str, unsafe_no_sandbox: bool) -> None:
    options = {"seeds": seeds, "private_dir": private, "unsafe_no_sandbox": unsafe_no_sandbox or None}
    course = Course(options={"JudgeExecute": options})
    course.register(assignment)
    students = [s for s in course.collect(assignment) if student in (None, s)]
    if not students:
        if student:
            raise CourseError(_("{student} has handed in nothing for {name}.", student=student, name=assignment))
        raise CourseError(_("Nothing is handed in for {name}: `faultlab submit {name}` does that.", name=assignment))
    todo = [s for s in students if again or course.needs_grading(assignment, s)]
    if len(todo) < len(students):
        click.echo(_("{n} graded already (--again grades anew).", n=len(students) - len(todo)))
    failed = []
    for index, one in enumerate(todo, start=1):
        click.echo(f"[{index}/{len(todo)}] {one} ... ", nl=False)
        try:
            course.autograde(assignment, one)
            pages = course.give_feedback(assignment, one)
        except CourseError as error:
            failed.append(one)
            click.echo(str(error))
            continue
        row = next(r for r in course.rows() if (r["student_id"], r["assignment"]) == (one, assignment))
        click.echo(" ".join([_score(row), *(course.shown(p) for p in pages)]))
    if failed:
        raise CourseError(_("Not finished: {names}. The reasons stand above.", names=", ".join(failed)))


@command(N_("Make the feedback pages anew, for instance after grading by hand, and release them."))
@assignment_argument
@click.option("--student", help=N_("Only this learner."))
def feedback(assignment: str, student: str | None) -> None:
    course = Course()
    course.released(assignment)
    students = [s for s in course.graded_students(assignment) if student in (None, s)]
    if not students:
        raise CourseError(_("Nothing is graded for {name}: `faultlab grade {name}` does that.", name=assignment))
    for one in students:
        for page in course.give_feedback(assignment, one):
            click.echo(course.shown(page))


@command(N_("Show the scores so far."))
@click.option("--student", help=N_("Only this learner."))
def progress(student: str | None) -> None:
    rows = [r for r in Course().rows() if student in (None, r["student_id"])]
    if not rows:
        click.echo(_("Nothing is graded yet."))
        return
    table = [(r["student_id"], r["assignment"], _score(r)) for r in rows]
    widths = [max(len(row[i]) for row in table) for i in range(2)]
    for who, what, score in table:
        click.echo(f"{who:{widths[0]}}  {what:{widths[1]}}  {score}")


@command(N_("Write the grades as CSV, with a status that tells a missing grade from a zero."))
@click.argument("path", default="grades.csv", type=click.Path(dir_okay=False, path_type=Path))
def export(path: Path) -> None:
    course = Course()
    if not course.rows():
        raise CourseError(_("Nothing is graded yet."))
    course.export(path)
    click.echo(str(path))


def _score(row: dict[str, Any]) -> str:
    """Score and status of one submission."""
    from autograder.pipeline import GRADED, STATUSES

    status = _(STATUSES[row["status"]])
    if row["score"] is None:
        return status
    score = _("{score} of {points}", score=number(row["score"], 2), points=number(row["max_score"], 2))
    return score if row["status"] == GRADED else f"{score} ({status})"


if __name__ == "__main__":
    main()
