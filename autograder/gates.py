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

A wrong one is stopped at its first failure in the check meant for it (that play runs twice: a flake is a play whose
second run ends differently). The report says in which play it fell, and how long it survived: the time that the checks
needed to tell it from a right one. With --thorough all of it is played, all schedules and all other checks: "by" says
how many of the hidden schedules would have found it alone, "also fails" in how many other checks it loses points (with
few seeds). The kill rate is the share of wrong ones that lose points. A false alarm is a play that a right one fails.

Nothing is jailed here: that is fast, and it is only for code which is known. Calls that hang are abandoned.

    python -m autograder.gates [--seeds N] [--only PATTERN] [--thorough]     the status is 1 for any miss
"""

from __future__ import annotations

import argparse
import ast
import builtins
import dataclasses
import fnmatch
import os
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
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
    """What the checks found in one candidate. `seconds` is the time that they needed for it, `fell_at` the first play
    that a wrong one lost; `found_by` and `also_fails` are None and empty where it was stopped there."""

    candidate: Candidate
    killed: bool = False
    found_by: int | None = None
    plays: int = 0
    seconds: float = 0.0
    fell_at: str = ""
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

    def guarded(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        wanted = [name]
        if name == "faultlab":  # `from faultlab import models` imports a module too
            wanted += [full for part in fromlist or () if find_spec(full := f"faultlab.{part}")]
        for module in wanted:
            if module.partition(".")[0] in ("faultlab", "autograder") and not available(module):
                raise ModuleNotFoundError(f"{module} is not there while a submission is graded", name=module)
        return builtins.__import__(name, globals, locals, fromlist, level)

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


def examine(task: Task, candidate: Candidate, seeds: int, thorough: bool = False) -> Result:
    """Hold one candidate against the checks of its task; a wrong one up to its first failure in the check meant for it,
    unless `thorough`."""
    result = Result(candidate, found_by=0 if thorough and candidate.meant else None)
    bench = Bench(task, candidate)
    for name in task.objects:
        check = core.find(name)
        if candidate.meant in ("", EVERY, name):
            _examine_closely(bench, check, result, seeds, thorough)
        elif thorough:
            _examine_collateral(bench, check, result)
    if candidate.meant:
        result.killed = len(result.alarms) == (len(task.objects) if candidate.meant == EVERY else 1)
        result.fell_at = "" if candidate.meant == EVERY else next(iter(result.alarms), "").partition(": ")[0]
        result.alarms = []
    return result


def _examine_closely(bench: Bench, check: core.Check, result: Result, seeds: int, thorough: bool) -> None:
    """The examples, then each hidden schedule alone.

    What a wrong one fails runs twice, to see whether it always does; with `thorough` every play of it does. A right one
    need not run twice: what it fails once is an alarm already.
    """
    alarm = ""
    plays = [(check, [])]
    alone = dataclasses.replace(check, examples=[])
    plays += [(alone, [seed]) for seed in range(seeds)] if check.generate else []
    for play, chosen in plays:
        begun = time.monotonic()
        verdicts = [bench.judge(play, chosen)]
        result.seconds += time.monotonic() - begun
        lost = verdicts[0].status not in (core.RIGHT, core.GRADER_ERROR)
        if result.candidate.meant and (lost or thorough):
            verdicts.append(bench.judge(play, chosen))
        result.plays += len(verdicts)
        what = f"{check.name}, {f'seed {chosen[0]}' if chosen else 'examples'}"
        for verdict in verdicts:
            if verdict.status == core.GRADER_ERROR:
                result.broken.append(f"{what}: {verdict.message}")
            if (verdict.status, verdict.fraction) != (verdicts[0].status, verdicts[0].fraction):
                result.flakes.append(f"{what}: first {verdicts[0].status}, then {verdict.status}")
        failed = next((v for v in verdicts if v.status not in (core.RIGHT, core.GRADER_ERROR)), None)
        if failed is None:
            continue
        alarm = alarm or f"{what}: {failed.message}"
        if result.found_by is not None:
            result.found_by += bool(chosen)
        elif result.candidate.meant:
            break
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
    if any(r.found_by is not None for r in wrong):
        average = sum(len(r.also_fails) for r in single) / max(1, len(single))
        yield f"  collateral    {average:.1f} other checks on average"
    elif single:
        longest = max(single, key=lambda r: r.seconds)
        median = statistics.median(r.seconds for r in single)
        yield f"  survival      median {median:.2f} s, longest {longest.seconds:.2f} s ({longest.candidate.name})"
    yield f"  time          {seconds:.0f} s"


def _of_wrong(r: Result, checks: int, seeds: int) -> str:
    word = "killed" if r.killed else "MISSED"
    if r.found_by is None:
        where = f" ({r.fell_at.partition(', ')[2]})" if r.fell_at else ""
        return f"{word}  {'after' if r.killed else 'lives for'} {r.seconds:6.2f} s{where}"
    plays = seeds * (checks if r.candidate.meant == EVERY else 1)
    names = ", ".join(name.partition(".")[2] for name in r.also_fails)
    also = f"; also fails {len(r.also_fails)}: {names}" if r.also_fails else ""
    return f"{word}  by {plays and r.found_by / plays:4.0%} of the plays{also}"


def _of_right(r: Result) -> str:
    return f"{len(r.alarms)} false alarms in {r.plays} plays, {r.seconds:.1f} s"


def _rate(found: int, of: int, what: str) -> str:
    return f"{found / max(1, of):.1%} ({found} of {of} {what})"


def unguarded(task: Task, wrong: Iterable[Result]) -> list[str]:
    """Checks that no wrong implementation is meant for."""
    meant = {r.candidate.meant for r in wrong}
    return [name for name in task.objects if name not in meant]


def examine_all(task: Task, chosen: list[Candidate], seeds: int, jobs: int, thorough: bool) -> list[Result]:
    """`examine` for each, in this process or in several."""
    if jobs == 1:
        return [examine(task, candidate, seeds, thorough) for candidate in chosen]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as several:
        return list(several.map(examine, repeat(task), chosen, repeat(seeds), repeat(thorough)))


def run(root: Path = ROOT, seeds: int = 20, only: str = "*", jobs: int = 1, thorough: bool = False) -> bool:
    """Print the report of each task whose "<assignment>/<task>" or candidate matches `only`; True if none missed."""
    fine, matched = True, False
    for task in tasks(root):
        whole = fnmatch.fnmatch(task.title, f"*{only}*")
        chosen = [c for c in candidates(task, root) if whole or fnmatch.fnmatch(c.name, only)]
        if not chosen:
            continue
        matched = True
        begun = time.monotonic()
        results = examine_all(task, chosen, seeds, jobs, thorough)
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
    parser.add_argument("--thorough", action="store_true", help="do not stop a wrong one at its first failure")
    options = parser.parse_args(arguments)
    try:
        return 0 if run(seeds=options.seeds, only=options.only, jobs=options.jobs, thorough=options.thorough) else 1
    except GateError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
