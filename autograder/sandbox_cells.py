"""The cells of one notebook, run in a sandboxed worker, whatever they do to it.

A cell that hangs or ends its process must not take the others' results along: it is left out, and the rest runs
again in a fresh process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.sandbox_process import Message, ProcessEnded, SandboxedProcess


@dataclass
class CellResult:
    """What became of one cell. `error` holds type, message and traceback; `ended` is the reason if the cell took
    the process with it.
    """

    id: str
    ok: bool = False
    error: dict[str, str] | None = None
    stdout: str = ""
    stderr: str = ""
    ended: str | None = None
    detail: str = ""


@dataclass
class NotebookRun:
    """Results by cell, and a live process in which every cell that could run has run (None if there is none)."""

    results: dict[str, CellResult] = field(default_factory=dict)
    process: SandboxedProcess | None = None
    restarts: int = 0


def run_notebook_cells(
    start: Callable[[], SandboxedProcess],
    cells: Sequence[tuple[str, str]],
    *,
    cell_wall_s: float = 10.0,
    restarts_max: int = 4,
    skip: Mapping[str, str] | None = None,
) -> NotebookRun:
    """Run cells (id, source) in order in a worker made by `start`; a cell that kills it is left out in a fresh one.

    A cell that hangs, or takes the process with it, is reported with the reason (`ended`), and all others are run
    again without it. `skip` leaves cells out from the beginning (id -> reason). After `restarts_max` such cells the
    rest is reported as not run.
    """
    run = NotebookRun()
    left_out = dict(skip or {})
    for id_, reason in left_out.items():
        run.results[id_] = CellResult(id_, ended=reason)
    while run.restarts <= restarts_max:
        process = start()
        killer = _run_until_death(process, cells, left_out, run, cell_wall_s)
        if killer is None:
            run.process = process
            return run
        left_out[killer] = run.results[killer].ended or "exit"
        run.restarts += 1
    for id_, _ in cells:
        run.results.setdefault(
            id_, CellResult(id_, ended="not run", detail="too many cells before it ended the process")
        )
    return run


def _run_until_death(
    process: SandboxedProcess,
    cells: Sequence[tuple[str, str]],
    left_out: Mapping[str, str],
    run: NotebookRun,
    cell_wall_s: float,
) -> str | None:
    """Run the cells that are not left out; the id of the one that ended the process, or None."""
    for id_, source in cells:
        if id_ in left_out:
            continue
        try:
            result = run_cell(process, id_, source, cell_wall_s)
        except ProcessEnded as ended:
            process.kill()
            run.results[id_] = CellResult(id_, ended=ended.reason, detail=ended.detail)
            return id_
        # The first run is the one that counts; a replay may differ only if the code itself is not deterministic.
        run.results.setdefault(id_, result)
    return None


def run_cell(process: SandboxedProcess, id_: str, source: str, cell_wall_s: float) -> CellResult:
    """Run one cell. ProcessEnded if it hangs, ends the process or answers nonsense."""
    deadline_s = time.monotonic() + cell_wall_s
    process.send({"op": "run_cell", "id": id_, "source": source})
    while True:
        message = process.receive(max(0.0, deadline_s - time.monotonic()))
        if message is None:
            process.kill("killed: wall time", f"the cell ran longer than {cell_wall_s:g} s")
            raise ProcessEnded(process.reason() or "killed: wall time", process.detail())
        # Threads of an earlier cell may speak too; only the answer to this cell counts.
        if message.get("ev") == "cell" and message.get("id") == id_:
            return _cell_result(id_, message)


def _cell_result(id_: str, message: Message) -> CellResult:
    """What a learner's process wrote, as what it should be, whatever it is."""
    error = message.get("error")
    if isinstance(error, dict):
        error = {key: str(error.get(key, "")) for key in ("type", "message", "traceback")}
    else:
        error = None
    return CellResult(
        id_,
        message.get("ok") is True and error is None,
        error,
        str(message.get("stdout", "")),
        str(message.get("stderr", "")),
    )
