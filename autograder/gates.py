"""Gates: the checks themselves are held to implementations whose worth is known.

    autograder/wrong/<assignment>/<task>/<misconception>.py     must lose points in the check meant for it
    autograder/right/<assignment>/<task>/<shape>.py             must get full marks in every check

1. A task is a topic of the checks ("breaker"); its test cells in `solutions/<assignment>.md` say which objects each
   check gets. The reference solution is the text of the solution cells whose grade_id is "<task>" or begins with
   "<task>-", in their order. It counts as one of the right ones.
2. A wrong file has a docstring that names the misconception, and `CHECK`, the name of the check meant for it (or "*":
   every one). With `REPLACE`, a list of (old, new), it is the reference solution in which each `old`, which must
   stand there exactly once, is replaced. Without it, it is the submission itself.
3. A right file is the submission itself.
4. What a learner cannot import while being graded (the course's models) cannot be imported here either.
5. Every check needs a wrong file, else nothing shows that it finds anything.

The kill rate is the share of wrong ones that lose points; "seeds" says how many of the hidden schedules would have
found it alone, "also fails" in how many other checks it loses points (with few seeds). A false alarm is a play that a
right one fails; a flake is a play whose second run ends differently.

Nothing is jailed here: that is fast, and it is only for code which is known. Calls that hang are abandoned.

    python -m autograder.gates [--seeds N] [--only PATTERN]     the status is 1 for any miss
"""

from __future__ import annotations

import argparse
import ast
import builtins
import dataclasses
import fnmatch
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from autograder.judge import parse_test
from faultlab.build import ASSIGNMENTS, ROOT, read_source
from faultlab.checks import core
from faultlab.checks.subject import LocalChannel, Subject, named

EVERY = "*"
COLLATERAL_SEEDS = 2
SETTLE_S = 0.02
ANSWER_TIMEOUT_S = 3.0
AVAILABLE = ("faultlab", "faultlab.errors", "faultlab.checks", "faultlab.sim")


class GateError(Exception):
    """A file of wrong/ or right/ that cannot be used; the message is one line that names it."""


@dataclass(frozen=True)
class Task:
    """One task of an assignment: the reference solution, and each check with the names of the objects it gets."""

    assignment: str
    name: str
    reference: str
    objects: dict[str, list[str]]

    @property
    def title(self) -> str:
        return f"{self.assignment}/{self.name}"


@dataclass(frozen=True)
class Candidate:
    """One implementation. `meant` is the check that a wrong one must fail, EVERY, or "" for a right one."""

    name: str
    code: str
    meant: str = ""


@dataclass
class Result:
    """What the checks found in one candidate."""

    candidate: Candidate
    killed: bool = False
    found_by: int = 0
    plays: int = 0
    alarms: list[str] = field(default_factory=list)
    flakes: list[str] = field(default_factory=list)
    also_fails: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        if self.candidate.meant and not self.killed:
            return True
        return bool(self.alarms or self.flakes or self.broken)


# What there is


def tasks(root: Path = ROOT) -> list[Task]:
    """Every task that has wrong or right implementations."""
    found = []
    for path in sorted((root / ASSIGNMENTS).glob("*.md")):
        folders = [root / "autograder" / kind / path.stem for kind in ("wrong", "right")]
        names = {task.name for folder in folders if folder.is_dir() for task in folder.iterdir() if task.is_dir()}
        cells = read_source(path, root).notebook.cells if names else []
        found += [_task(path.stem, name, cells) for name in sorted(names)]
    return found


def _task(assignment: str, name: str, cells: list[Any]) -> Task:
    solutions, objects = [], {}
    for cell in cells:
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not about:
            continue
        if about.get("grade"):
            check, taken = parse_test(cell.source)
            if check.partition(".")[0] == name:
                objects[check] = taken
        elif about.get("solution") and f"{about['grade_id']}-".startswith(f"{name}-"):
            solutions.append(cell.source)
    if not solutions or not objects:
        raise GateError(f"{assignment}/{name}: solutions/{assignment}.md has no solution cell or no test cell for it")
    return Task(assignment, name, "\n\n".join(solutions) + "\n", objects)


def candidates(task: Task, root: Path = ROOT) -> list[Candidate]:
    """The wrong ones, then the right ones, the reference first."""
    wrong, right = (_files(root / "autograder" / kind / task.assignment / task.name) for kind in ("wrong", "right"))
    made = [_wrong(task, path) for path in wrong]
    made.append(Candidate("reference", task.reference))
    return made + [Candidate(path.stem, path.read_text(encoding="utf-8")) for path in right]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def _wrong(task: Task, path: Path) -> Candidate:
    text = path.read_text(encoding="utf-8")
    where = f"wrong/{task.title}/{path.name}"
    tree = ast.parse(text, where)
    if not ast.get_docstring(tree):
        raise GateError(f"{where}: the docstring that names the misconception is missing")
    values = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("CHECK", "REPLACE"):
                values[name] = ast.literal_eval(node.value)
    meant = values.get("CHECK")
    if meant != EVERY and meant not in task.objects:
        raise GateError(f"{where}: CHECK is {meant!r}, which is no check of {task.title}")
    if "REPLACE" not in values:
        return Candidate(path.stem, text, meant)
    return Candidate(path.stem, substitute(task.reference, values["REPLACE"], where), meant)


def substitute(text: str, pairs: Iterable[tuple[str, str]], where: str) -> str:
    """`text` with every `old` replaced by its `new`; GateError unless `old` stands in it exactly once."""
    for old, new in pairs:
        if text.count(old) != 1:
            raise GateError(f"{where}: the reference solution has {old!r} {text.count(old)} times, not once")
        text = text.replace(old, new)
    return text


# What the checks say of it


def available(module: str) -> bool:
    """Can a learner import this module of the course while being graded? Everything of the laboratory, for one."""
    return module in AVAILABLE or module.startswith("faultlab.sim.")


def submission(candidate: Candidate) -> dict[str, Any]:
    """The names that a candidate's code defines. An import that the grader refuses ends it there."""

    def guarded(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] in ("faultlab", "autograder") and not available(name):
            raise ModuleNotFoundError(f"{name} is not there while a submission is graded", name=name)
        return builtins.__import__(name, *args, **kwargs)

    names = {"__name__": "__main__", "__builtins__": {**vars(builtins), "__import__": guarded}}
    try:
        exec(compile(candidate.code, f"<{candidate.name}>", "exec"), names)
    except ModuleNotFoundError as error:
        if not candidate.meant or available(error.name or ""):
            raise GateError(f"{candidate.name}: {error}") from error
    except Exception as error:
        raise GateError(f"{candidate.name}: does not run: {type(error).__name__}: {error}") from error
    return names


class Bench:
    """One candidate, ready to be judged; a subject whose code hangs is replaced by a new one."""

    def __init__(self, task: Task, candidate: Candidate) -> None:
        self._task = task
        self._names = submission(candidate)
        self._subject = self._new()

    def _new(self) -> Subject:
        return Subject(LocalChannel(self._names), answer_timeout_s=ANSWER_TIMEOUT_S, settle_s=SETTLE_S)

    def judge(self, check: core.Check, seeds: Iterable[int], shorten: bool = False) -> core.Verdict:
        objects = [named(name) for name in self._task.objects[check.name]]
        verdict = core.judge(check, self._subject, objects, hidden=True, seeds=seeds, shorten=shorten)
        if verdict.lost:
            self._subject = self._new()
        return verdict


def examine(task: Task, candidate: Candidate, seeds: int) -> Result:
    """Hold one candidate against the checks of its task."""
    result = Result(candidate)
    bench = Bench(task, candidate)
    for name in task.objects:
        check = core.find(name)
        if candidate.meant in ("", EVERY, name):
            _examine_closely(bench, check, result, seeds)
        else:
            _examine_collateral(bench, check, result)
    if candidate.meant:
        result.killed = len(result.alarms) == (len(task.objects) if candidate.meant == EVERY else 1)
        result.alarms = []
    return result


def _examine_closely(bench: Bench, check: core.Check, result: Result, seeds: int) -> None:
    """The examples, then each hidden schedule alone; of a wrong one all of it twice.

    A right one need not run twice: what it fails once is an alarm already.
    """
    alarm = ""
    runs = 2 if result.candidate.meant else 1
    plays = [(check, [])]
    alone = dataclasses.replace(check, examples=[])
    plays += [(alone, [seed]) for seed in range(seeds)] if check.generate else []
    for play, chosen in plays:
        first, *again = (bench.judge(play, chosen) for _run in range(runs))
        result.plays += runs
        what = f"{check.name}, {f'seed {chosen[0]}' if chosen else 'examples'}"
        for verdict in (first, *again):
            if verdict.status == core.GRADER_ERROR:
                result.broken.append(f"{what}: {verdict.message}")
            if (verdict.status, verdict.fraction) != (first.status, first.fraction):
                result.flakes.append(f"{what}: first {first.status}, then {verdict.status}")
        failed = next((v for v in (first, *again) if v.status not in (core.RIGHT, core.GRADER_ERROR)), None)
        if failed is not None:
            alarm = alarm or f"{what}: {failed.message}"
            result.found_by += bool(chosen)
    if alarm:
        result.alarms.append(alarm)


def _examine_collateral(bench: Bench, check: core.Check, result: Result) -> None:
    verdict = bench.judge(check, range(COLLATERAL_SEEDS))
    if verdict.status == core.GRADER_ERROR:
        result.broken.append(f"{check.name}: {verdict.message}")
    elif verdict.status != core.RIGHT:
        result.also_fails.append(check.name)


# The report


def report(task: Task, results: list[Result], seeds: int, seconds: float) -> Iterator[str]:
    """The table of one task, line by line."""
    wrong = [r for r in results if r.candidate.meant]
    right = [r for r in results if not r.candidate.meant]
    name_chars, check_chars = max(len(r.candidate.name) for r in results), max(map(len, task.objects))
    yield f"\n{task.title}: {len(task.objects)} checks, {seeds} seeds"
    for r in results:
        row = f"  {r.candidate.name:{name_chars}}  {r.candidate.meant or 'right':{check_chars}}  "
        yield row + (_of_right(r) if not r.candidate.meant else _of_wrong(r, len(task.objects), seeds))
    yield from (f"  ! {r.candidate.name}: {line}" for r in results for line in (*r.alarms, *r.flakes, *r.broken))
    yield from (f"  ! no wrong implementation is meant for {name}" for name in unguarded(task, wrong))
    single = [r for r in wrong if r.candidate.meant != EVERY]
    yield f"  kill rate     {_rate(sum(r.killed for r in wrong), len(wrong), 'wrong ones')}"
    yield f"  false alarms  {_rate(sum(len(r.alarms) for r in right), sum(r.plays for r in right), 'plays')}"
    yield f"  flakes        {_rate(sum(len(r.flakes) for r in results), sum(r.plays for r in results), 'plays')}"
    yield f"  collateral    {sum(len(r.also_fails) for r in single) / max(1, len(single)):.1f} other checks on average"
    yield f"  time          {seconds:.0f} s"


def _of_wrong(r: Result, checks: int, seeds: int) -> str:
    word = "killed" if r.killed else "MISSED"
    if r.candidate.meant == EVERY:
        return f"{word}  by {seeds and r.found_by / (seeds * checks):4.0%} of the plays"
    names = ", ".join(name.partition(".")[2] for name in r.also_fails)
    also = f"; also fails {len(r.also_fails)}: {names}" if r.also_fails else ""
    return f"{word}  by {seeds and r.found_by / seeds:4.0%} of the plays{also}"


def _of_right(r: Result) -> str:
    return f"{len(r.alarms)} false alarms in {r.plays} plays"


def _rate(found: int, of: int, what: str) -> str:
    return f"{found / max(1, of):.1%} ({found} of {of} {what})"


def unguarded(task: Task, wrong: Iterable[Result]) -> list[str]:
    """Checks that no wrong implementation is meant for."""
    meant = {r.candidate.meant for r in wrong}
    return [name for name in task.objects if name not in meant]


def examine_all(task: Task, chosen: list[Candidate], seeds: int, jobs: int) -> list[Result]:
    """`examine` for each, in this process or in several."""
    if jobs == 1:
        return [examine(task, candidate, seeds) for candidate in chosen]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as several:
        return list(several.map(examine, repeat(task), chosen, repeat(seeds)))


def run(root: Path = ROOT, seeds: int = 20, only: str = "*", jobs: int = 1) -> bool:
    """Print the report of each task whose "<assignment>/<task>" or candidate matches `only`; True if none missed."""
    fine, matched = True, False
    for task in tasks(root):
        whole = fnmatch.fnmatch(task.title, f"*{only}*")
        chosen = [c for c in candidates(task, root) if whole or fnmatch.fnmatch(c.name, only)]
        if not chosen:
            continue
        matched = True
        begun = time.monotonic()
        results = examine_all(task, chosen, seeds, jobs)
        for line in report(task, results, seeds, time.monotonic() - begun):
            if whole or "no wrong implementation" not in line:
                print(line, flush=True)
        wrong = [r for r in results if r.candidate.meant]
        fine = fine and not any(r.missed for r in results) and not (whole and unguarded(task, wrong))
    if not matched:
        raise GateError(f"nothing matches {only!r}")
    return fine


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder.gates", description="Hold the checks to known answers.")
    parser.add_argument("--seeds", type=int, default=20, help="hidden schedules per check (default: 20)")
    parser.add_argument("--only", default="*", help="tasks or implementations whose name matches, such as 'breaker'")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per processor)")
    options = parser.parse_args(arguments)
    try:
        return 0 if run(seeds=options.seeds, only=options.only, jobs=options.jobs) else 1
    except GateError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
