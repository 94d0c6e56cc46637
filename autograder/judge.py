"""The judge: from a submitted notebook to one verdict for each test cell.

The learner's cells run in a worker, a process that holds nothing but them (`sandbox.py`). The judge sits outside, reads
each test cell as the one call it is, `check("<name>", <the learner's objects>)`, and plays that check and its hidden
schedules against the worker.

1. A test cell's source comes from the gradebook, never from the submission. It is parsed, not executed.
2. Cells count in their order, as in a notebook: a test sees what the cells above it made.
3. A worker that was lost (it hangs, died, floods or talks nonsense) is replaced: the cells so far are replayed without
   the statements that never ended, and the checks that remain are judged. The check during which it was lost is wrong.
4. A submission has a time budget. When it is spent, the checks that remain are not judged; they earn nothing
   and say why.
5. What goes wrong on our side (no worker can be started, a check that fails by itself) is a "grader error": no score,
   and a person grades the cell.
6. Nothing that comes from the worker is believed: every message is held to the form of `servant.py` before a check
   sees it.

Left out: how a process is confined (`sandbox.py`), what happens to the score (`pipeline.py`).
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from faultlab.checks import core
from faultlab.checks.core import GRADER_ERROR, RIGHT, WRONG, Verdict
from faultlab.checks.story import Event, Story
from faultlab.checks.subject import Ref, Subject, SubjectLost, named
from faultlab.i18n import _
from faultlab.sim.host import Outcome, Step

EVENTS_KEPT_MAX = 300
TEXT_KEPT_MAX = 4_000
MESSAGE_DEPTH_MAX = 120
# Of two verdicts on one cell the one further to the left stands.
WORST_FIRST = (GRADER_ERROR, WRONG, core.NOT_ATTEMPTED, core.PARTLY, RIGHT)


class WorkerFailed(Exception):
    """No worker could be started: our failure, not the learner's."""


class NotATest(ValueError):
    """A test cell is not the single call `check("<name>", <objects>)`."""


@dataclass(frozen=True)
class Limits:
    """Bounds for one submission, in seconds of real time on a machine that is not busy (see `patience`).

    `answer_s` is for one call into the learner's code, `settle_s` the silence after which a lane counts as blocked.
    `restarts_max` new workers may follow the first; `messages_max` messages of `bytes_max` bytes in all may come during
    one check: what nodes say of their state is kept in the judge's memory, at several times its size.
    """

    submission_s: float = 300.0
    cell_s: float = 10.0
    check_s: float = 60.0
    answer_s: float = 5.0
    settle_s: float = 0.05
    restarts_max: int = 100
    messages_max: int = 300_000
    bytes_max: int = 128 << 20


def patience() -> float:
    """How much longer things take here than on an idle machine, 1 to 8: nobody loses points because others compute."""
    try:
        return min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    except (OSError, AttributeError):
        # Not everywhere does the system say how busy it is.
        return 2.0


@dataclass(frozen=True)
class CellRun:
    """What running one cell gave: notebook outputs, the exception that ended it as text, and if it took the worker with
    it, in `lost`, why."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    lost: str = ""


class Worker(Protocol):
    """A process in which the learner's cells run, with a servant in it that answers the judge (`subject.Channel`)."""

    def run_cell(self, source: str, timeout_s: float) -> CellRun: ...

    def send(self, message: dict[str, Any]) -> None: ...

    def receive(self, timeout_s: float) -> dict[str, Any] | None: ...

    @property
    def received_bytes(self) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Cell:
    """A code cell of the merged notebook. `grade_id` is set for a test cell, whose `source` can be trusted."""

    source: str
    grade_id: str | None = None


@dataclass
class Judgement:
    """Verdicts by grade_id; by the position of a cell its outputs, and in `skipped` and `errors` why it did not run to
    its end; how many workers were lost."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    restarts: int = 0
    seconds: float = 0.0


# The test cell


def parse_test(source: str) -> tuple[str, list[str]]:
    """The check's name and the names of the learner's objects in a test cell; NotATest for anything else."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        raise NotATest(f"cannot be read: {error}") from error
    call = statements[0].value if len(statements) == 1 and isinstance(statements[0], ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "check":
        raise NotATest('is not one call check("<name>", <objects>)')
    if call.keywords or not call.args or not all(isinstance(a, ast.Name) for a in call.args[1:]):
        raise NotATest("may name a check and the learner's objects, nothing else")
    name = call.args[0]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        raise NotATest("must give the check's name as a string")
    return name.value, [a.id for a in call.args[1:] if isinstance(a, ast.Name)]


# Private checks and seeds


@dataclass(frozen=True)
class Private:
    """What an instructor adds and does not publish.

    `seeds`: further hidden schedules, by check name or "*" for all. A check in a private module whose name begins with
    that of a public one and a dot ("breaker.threshold.burst") is judged together with it: the worse verdict stands.
    """

    seeds: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | str | None = None, seeds: str = "") -> Private:
        """Import every `*.py` of `folder` and read its `seeds.json` and `seeds`: "7", "100-119,205", or the name of a
        JSON file {"<check or *>": [numbers]}. ValueError names what cannot be read."""
        found: dict[str, list[int]] = {}
        if folder:
            place = Path(folder)
            if not place.is_dir():
                raise ValueError(f"{place}: no such folder of private checks")
            for path in sorted(place.glob("*.py")):
                _import_file(path)
            if (place / "seeds.json").exists():
                found = _read_seeds(str(place / "seeds.json"))
        if seeds:
            for name, numbers in _read_seeds(seeds).items():
                found[name] = [*found.get(name, []), *numbers]
        return cls(found)

    def seeds_for(self, check: core.Check) -> list[int]:
        """The public seeds and the private ones, each once."""
        more = [*self.seeds.get("*", []), *self.seeds.get(check.name, [])]
        return list(dict.fromkeys([*range(check.hidden), *more]))

    @staticmethod
    def checks_for(check: core.Check) -> list[core.Check]:
        """The check itself, and the private ones that belong to it."""
        return [check, *(c for name, c in core._registry.items() if name.startswith(check.name + "."))]


def _import_file(path: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"faultlab_private_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python module")
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except Exception as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from error


def _read_seeds(text: str) -> dict[str, list[int]]:
    if re.fullmatch(r"\s*\d+(-\d+)?(\s*,\s*\d+(-\d+)?)*\s*", text):
        numbers: list[int] = []
        for part in text.split(","):
            first, _dash, last = part.strip().partition("-")
            numbers += range(int(first), int(last or first) + 1)
        return {"*": numbers}
    try:
        data = json.loads(Path(text).read_text(encoding="utf-8"))
        return {str(name): [int(n) for n in numbers] for name, numbers in data.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        what = f'{text}: seeds are "7", "100-119,205" or a JSON file {{"<check or *>": [numbers]}}'
        raise ValueError(what) from error


# Messages that are not believed


class GuardedChannel:
    """A worker's messages, held to the servant's form, to a number, to a size in all, and to a moment in real time at
    which the judge stops waiting."""

    def __init__(self, worker: Worker, until: float, messages_max: int, bytes_max: int = Limits.bytes_max) -> None:
        self._worker = worker
        self._until = until
        self._left = messages_max
        self._bytes_max = worker.received_bytes + bytes_max

    def send(self, message: dict[str, Any]) -> None:
        self._worker.send(message)

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise SubjectLost(_("the time for this check is over"), timed_out=True)
        message = self._worker.receive(max(0.0, min(timeout_s, left)))
        if message is None:
            return None
        self._left -= 1
        if self._left < 0:
            raise SubjectLost(_("it calls back without end"))
        if self._worker.received_bytes > self._bytes_max:
            raise SubjectLost(_("its answers are more than can be looked at"))
        if not _well_formed(message):
            raise SubjectLost(_("its process answers with something that is no answer"))
        return message


def _well_formed(message: Any) -> bool:
    # What packs the outcomes of steps is looked through when it is unpacked.
    if not isinstance(message, dict) or _too_deep({k: v for k, v in message.items() if k != "outcomes"}):
        return False
    lane = message.get("id")
    if message.get("ev") == "ask":
        return (
            (lane is None or _whole(lane))
            and _whole(message.get("ask"))
            and _whole(message.get("handle"))
            and isinstance(message.get("args"), list)
            and isinstance(message.get("kwargs"), dict)
        )
    if message.get("ev") != "done" or not _whole(lane):
        return False
    return "error" not in message or _error_well_formed(message["error"])


def _error_well_formed(error: Any) -> bool:
    return (
        isinstance(error, dict)
        and isinstance(error.get("types"), list)
        and 0 < len(error["types"]) <= 100
        and all(isinstance(t, str) for t in error["types"])
        and isinstance(error.get("message"), str)
        and isinstance(error.get("attributes", {}), dict)
        and (error.get("raised_by") is None or _whole(error["raised_by"]))
        and isinstance(error.get("traceback", ""), str)
    )


def _whole(value: Any) -> bool:
    return type(value) is int


def _too_deep(data: Any) -> bool:
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > MESSAGE_DEPTH_MAX:
            return True
        level = [
            child
            for item in level
            for child in (item if isinstance(item, list) else item.values() if isinstance(item, dict) else ())
            if isinstance(child, list | dict)
        ]
    return False


# A submission


class _Stage:
    """The worker of one submission, replaced when it is lost."""

    def __init__(
        self, start: Callable[..., Worker], limits: Limits, judgement: Judgement, hash_seeds: Sequence[str] = ()
    ) -> None:
        self._start = start
        self._hash_seeds = hash_seeds
        self._others: dict[str, tuple[Worker, list[tuple[int, str]]]] = {}
        self.limits = limits
        self.judgement = judgement
        self.until = time.monotonic() + limits.submission_s * patience()
        self._done: list[tuple[int, str]] = []
        self._worker: Worker | None = None
        self._started = 0

    @property
    def left_s(self) -> float:
        return self.until - time.monotonic()

    def run(self, position: int, source: str) -> CellRun:
        """Run the cell at `position`. Of one that takes the worker with it the statements that do not are kept."""
        if self.left_s <= 0:
            reason = self.judgement.skipped[position] = _("the time for a submission was over")
            return CellRun(lost=reason)
        run = self._attempt(position, source)
        parts = _statements(source) if run.lost else []
        losses = 0
        for part in parts if len(parts) > 1 else ():
            one = self._attempt(position, part)
            run.outputs.extend(one.outputs)
            losses += bool(one.lost)
            if losses > 1 or self.left_s <= 0:
                break
        if run.error:
            self.judgement.errors[position] = run.error
        return run

    def _attempt(self, position: int, source: str) -> CellRun:
        run = self.worker().run_cell(source, self._cell_s)
        if run.lost:
            self.judgement.skipped[position] = run.lost
            self.drop()
        else:
            self._done.append((position, source))
        return run

    @property
    def _cell_s(self) -> float:
        return min(self.limits.cell_s * patience(), max(0.1, self.left_s))

    def worker(self) -> Worker:
        """The running worker; a new one replays the cells so far."""
        while self._worker is None:
            if self._started > self.limits.restarts_max:
                raise SubjectLost(_("its process ended again and again"))
            self._worker = self._start()
            self.judgement.restarts = self._started
            self._started += 1
            for position, source in list(self._done):
                run = self._worker.run_cell(source, self._cell_s)
                if run.lost:
                    self.judgement.skipped[position] = run.lost
                    self._done.remove((position, source))
                    self.drop()
                    break
        return self._worker

    def others(self) -> Iterator[Worker]:
        """Workers with other hash seeds, in which the same cells have run. SubjectLost if they do not run there."""
        for hash_seed in self._hash_seeds:
            if hash_seed not in self._others:
                self._others[hash_seed] = (self._start(hash_seed), [])
            worker, done = self._others[hash_seed]
            for position, source in self._done[len(done) :]:
                run = worker.run_cell(source, self._cell_s)
                if run.lost:
                    raise SubjectLost(run.lost)
                done.append((position, source))
            yield worker

    def drop(self) -> None:
        """End the worker, and those with other hash seeds."""
        others = [worker for worker, _done in self._others.values()]
        for worker in (self._worker, *others):
            if worker is not None:
                worker.close()
        self._worker, self._others = None, {}


def _statements(source: str) -> list[str]:
    """The top-level statements of a cell; none for a cell that is not plain Python."""
    try:
        return [ast.unparse(node) for node in ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError):
        return []


def judge_cells(
    cells: Sequence[Cell],
    start: Callable[..., Worker],
    *,
    hash_seeds: Sequence[str] = (),
    limits: Limits | None = None,
    private: Private | None = None,
    hidden: bool = True,
    progress: Callable[[str], None] = lambda name: None,
) -> Judgement:
    """Run the learner's cells in workers made by `start()` and judge every test cell; never raises for what a learner
    did.

    A check that searches through nodes has some of their steps run again in workers made by `start(hash_seed)`, one for
    each of `hash_seeds`: the order of a set may be another one there, and must not matter.
    """
    limits, private = limits or Limits(), private or Private()
    judgement = Judgement()
    began = time.monotonic()
    stage = _Stage(start, limits, judgement, hash_seeds)
    try:
        for position, cell in enumerate(cells):
            if cell.grade_id is None:
                try:
                    run = stage.run(position, cell.source)
                except SubjectLost as lost:
                    run = CellRun(lost=str(lost))
                    judgement.skipped[position] = run.lost
                judgement.outputs[position] = run.outputs
            else:
                progress(cell.grade_id)
                judgement.verdicts[cell.grade_id] = _judge_test(cell, stage, private, hidden)
    except Exception as error:
        _give_up(cells, judgement, error)
    finally:
        stage.drop()
    judgement.seconds = time.monotonic() - began
    return judgement


def _give_up(cells: Iterable[Cell], judgement: Judgement, error: Exception) -> None:
    """A failure of ours: the test cells that have no verdict are left to a person."""
    what = str(error) if isinstance(error, WorkerFailed) else f"{type(error).__name__}: {error}"
    for cell in cells:
        if cell.grade_id is not None and cell.grade_id not in judgement.verdicts:
            judgement.verdicts[cell.grade_id] = grader_error(cell.grade_id, what)


def grader_error(name: str, what: str, title: str = "") -> Verdict:
    """The verdict on a cell that we failed to judge."""
    message = _("The grader failed ({what}). This costs you nothing: a person will grade this cell.", what=what)
    return Verdict(name, GRADER_ERROR, message=message, title=title)


def _judge_test(cell: Cell, stage: _Stage, private: Private, hidden: bool) -> Verdict:
    try:
        name, objects = parse_test(cell.source)
        check = core.find(name)
    except (NotATest, KeyError) as error:
        return grader_error(str(cell.grade_id), f"test cell {cell.grade_id}: {error}")
    found: list[Verdict] = []
    for one in private.checks_for(check) if hidden else [check]:
        verdict = _judge_check(one, objects, stage, private, hidden)
        found.append(replace(verdict, title=verdict.title or check.title))
        if verdict.status == WRONG:
            break
    worst = min(found, key=lambda v: (WORST_FIRST.index(v.status), v.fraction))
    return bounded(_with_reason(worst, objects, stage.judgement))


def _with_reason(verdict: Verdict, objects: list[str], judgement: Judgement) -> Verdict:
    """A name that is missing because its cell failed was attempted; say what became of the cell."""
    failed = [*judgement.skipped.values(), *judgement.errors.values()]
    missing = [_("`{name}` is not defined.", name=o) for o in objects]
    if verdict.status != core.NOT_ATTEMPTED or verdict.message not in missing or not failed:
        return verdict
    what = _("A cell above did not run to its end: {what}.", what=failed[-1][:500])
    return replace(verdict, status=WRONG, message=f"{verdict.message} {what}")


def _judge_check(check: core.Check, objects: list[str], stage: _Stage, private: Private, hidden: bool) -> Verdict:
    if stage.left_s <= 0:
        return Verdict(check.name, WRONG, title=check.title, message=_not_judged(stage.limits.submission_s))
    try:
        worker = stage.worker()
    except SubjectLost as lost:
        message = _("Your code gives no answer: {what}.", what=lost)
        return Verdict(check.name, WRONG, title=check.title, message=message)
    limits, factor = stage.limits, patience()
    until = min(stage.until, time.monotonic() + limits.check_s * factor)

    def subject_of(one: Worker) -> Subject:
        channel = GuardedChannel(one, until, limits.messages_max, limits.bytes_max)
        return Subject(channel, answer_timeout_s=limits.answer_s * factor, settle_s=limits.settle_s * factor)

    subject = subject_of(worker)
    subject.elsewhere = lambda target, steps: [_steps(subject_of(other), target, steps) for other in stage.others()]
    try:
        seeds = private.seeds_for(check) if hidden else None
        verdict = core.judge(check, subject, [named(o) for o in objects], hidden=hidden, seeds=seeds)
    except SubjectLost as lost:
        message = _("Your code gives no answer: {what}.", what=lost)
        verdict = Verdict(check.name, WRONG, title=check.title, message=message, lost=True)
    except WorkerFailed:
        raise
    except Exception as error:
        verdict = grader_error(check.name, f"{type(error).__name__}: {error}", check.title)
        verdict.lost = True
    if verdict.lost:
        stage.drop()
    return verdict


def _steps(subject: Subject, target: Ref, steps: Sequence[Step]) -> list[Outcome]:
    # What it has kept of the class may be from before a cell that wrote the class anew.
    subject.forget()
    return subject.steps(target, steps)


def _not_judged(submission_s: float) -> str:
    return _(
        "Not judged: the time for a submission ({seconds} s) was over before this check. "
        "What takes so long is shown above.",
        seconds=f"{submission_s:g}",
    )


def bounded(verdict: Verdict) -> Verdict:
    """The verdict with its texts and its story cut to a size that can be kept and shown."""
    events = verdict.story.events
    if len(events) > EVENTS_KEPT_MAX:
        left_out = len(events) - EVENTS_KEPT_MAX
        note = Event(events[left_out].at_s, 0, "note", _("{n} events before this one are not kept", n=left_out))
        events = [note, *events[left_out:]]
    return replace(
        verdict,
        story=Story(events),
        message=verdict.message[:TEXT_KEPT_MAX],
        traceback=verdict.traceback[-TEXT_KEPT_MAX:],
    )


def replay(verdict: Verdict, subject: Subject, objects: list[str]) -> Verdict:
    """Judge the schedule of a kept verdict again, for an appeal: the same code gets the same verdict."""
    schedule = list(verdict.schedule or [])
    one = replace(core.find(verdict.check), examples=[], generate=lambda rng: schedule)
    return core.judge(one, subject, [named(o) for o in objects], hidden=True, seeds=[verdict.seed or 0])
