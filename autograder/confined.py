"""A worker of the judge that lives in a sandbox: `sandbox.py` confines, `judge.py` asks, this file joins them.

It says why a process ended in the learner's language, and turns what a cell printed into bounded notebook outputs.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder import sandbox
from autograder.judge import CellRun, WorkerFailed
from faultlab.checks.subject import SubjectLost
from faultlab.i18n import N_, _

REASONS = {
    "exit": N_("it ended its process"),
    "killed: memory": N_("it took more memory than it may have"),
    "killed: cpu time": N_("it took more processor time than it may have"),
    "killed: wall time": N_("it did not end in time"),
    "killed: processes": N_("it started more processes and threads than it may have"),
    "killed: disk": N_("it wrote more to the disk than it may"),
    "too much output": N_("it printed more than can be kept"),
    "protocol": N_("its process answers with something that is no answer"),
    "stopped": N_("its process was stopped"),
}
LINES_MAX = 400


def why(ended: sandbox.ProcessEnded) -> str:
    """The reason of an end as a clause whose subject is the learner's code."""
    return _(REASONS.get(ended.reason, REASONS["exit"]))


class ConfinedWorker:
    """One sandboxed process; see `judge.Worker`."""

    def __init__(self, box: sandbox.Sandbox, limits: sandbox.Limits, hash_seed: str = sandbox.HASH_SEED) -> None:
        try:
            self._process = box.start_worker(limits, hash_seed)
        except (sandbox.ProcessEnded, sandbox.NoSandbox, OSError) as error:
            raise WorkerFailed(f"the sandbox cannot start a process: {error}") from error
        self._numbers = itertools.count(1)

    def run_cell(self, source: str, timeout_s: float) -> CellRun:
        try:
            result = sandbox.run_cell(self._process, f"cell-{next(self._numbers)}", source, timeout_s)
        except sandbox.ProcessEnded as ended:
            return CellRun(lost=why(ended))
        error = f"{result.error['type']}: {result.error['message']}"[:500] if result.error else ""
        return CellRun(_outputs(result), error)

    def send(self, message: dict[str, Any]) -> None:
        try:
            self._process.send(message)
        except sandbox.ProcessEnded as ended:
            raise SubjectLost(why(ended)) from ended

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        try:
            return self._process.receive(timeout_s)
        except sandbox.ProcessEnded as ended:
            raise SubjectLost(why(ended)) from ended

    @property
    def received_bytes(self) -> int:
        return self._process.received_bytes

    def close(self) -> None:
        self._process.kill()


def _outputs(result: sandbox.CellResult) -> list[dict[str, Any]]:
    """What the cell printed and raised: text only, because a page shows it to the person who grades."""
    outputs: list[dict[str, Any]] = []
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if text:
            outputs.append({"output_type": "stream", "name": name, "text": _shortened(text)})
    if result.error is not None:
        outputs.append(
            {
                "output_type": "error",
                "ename": result.error["type"][:200],
                "evalue": result.error["message"][:2_000],
                "traceback": _shortened(result.error["traceback"][-8_000:]).split("\n"),
            }
        )
    return outputs


def _shortened(text: str) -> str:
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        half = LINES_MAX // 2
        lines = [*lines[:half], _("... {n} lines are left out ...", n=len(lines) - LINES_MAX), *lines[-half:]]
    return "\n".join(lines)


@functools.cache
def _box(name: str, unsafe: bool, hidden: tuple[Path, ...], option: str) -> sandbox.Sandbox:
    return sandbox.choose(name or None, unsafe, hidden=hidden, unsafe_option=option)


def starter(
    limits: sandbox.Limits | None = None,
    *,
    name: str = "",
    unsafe: bool = False,
    hidden: tuple[Path, ...] = (),
    option: str = "--unsafe-no-sandbox",
) -> Callable[..., ConfinedWorker]:
    """A function that starts workers in the sandbox called `name` (default: the best one), with the hash seed that it
    is given; its attribute `box_name` says which. sandbox.NoSandbox if there is none."""
    box = _box(name, unsafe, hidden, option)

    def start(hash_seed: str = sandbox.HASH_SEED) -> ConfinedWorker:
        return ConfinedWorker(box, limits or sandbox.Limits(), hash_seed)

    start.box_name = box.name
    return start
