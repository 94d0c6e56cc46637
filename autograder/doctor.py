"""The notebook doctor: from the bytes that were handed in to a notebook that can be graded.

What a submission says about itself (ids, points, locks, outputs, types) is a claim. What the assignment is stands in
the gradebook. The doctor keeps the learner's words and code, finds out which of the assignment's cells they are, and
gives each its true metadata:

1. A file that is no notebook (empty, no JSON, too large, none of the assignment's cells) is *ungradable*: it gets no
   score, a person looks at it, and the reason is shown. It is never a zero.
2. An assignment's cell is recognised by its grade_id, else by its cell id, else (test cells) by its text, else by its
   place among cells whose id was changed.
3. Of several cells with one grade_id one is kept: the answer that was changed, the test that was not; the last of
   these. The others stay in the notebook as plain cells.
4. A test cell that is missing, edited, of another type or above the answer it tests is restored. A written answer that
   cannot be found is left to a person.
5. Text that a browser would take for HTML is shown as text: these pages are opened by the person who grades.
6. Everything repaired is said, in the learner's language.

Only data goes in and out: no file, no gradebook, no execution.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faultlab.i18n import LANGUAGES, _

BYTES_MAX = 32_000_000
CELLS_MAX = 2_000
SOURCE_CHARS_MAX = 1_000_000
ATTACHMENT_CHARS_MAX = 3_000_000
# The key of the file that stands for a notebook which is not in the submission (`pipeline.settle_names`).
MISSING = "faultlab_missing"

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")
ATTACHMENT_NAME = re.compile(r"[\w.-]{1,100}")
TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
SCRIPT_LINK = re.compile(r"(?i)(javascript|vbscript|data)(\s*(?::|&colon;?|&#0*58;?|&#x0*3a;?))")

Data = dict[str, Any]


class Ungradable(ValueError):
    """What was handed in cannot be graded; the message says why, and what to do."""


@dataclass(frozen=True)
class Trusted:
    """A cell of the assignment as the gradebook knows it."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str | None = None
    locked: bool = False
    grade: bool = False
    solution: bool = False
    task: bool = False
    points: float | None = None

    @property
    def is_test(self) -> bool:
        return self.grade and not self.solution and self.cell_type == "code"

    @property
    def is_written(self) -> bool:
        return self.cell_type == "markdown" and (self.solution or self.task)

    def metadata(self) -> Data:
        about: Data = {
            "grade": self.grade,
            "grade_id": self.grade_id,
            "locked": self.locked,
            "schema_version": 3,
            "solution": self.solution,
            "task": self.task,
            "cell_type": self.cell_type,
        }
        if self.checksum:
            about["checksum"] = self.checksum
        if self.points is not None:
            about["points"] = self.points
        return about


@dataclass
class Examined:
    """The result: a notebook as plain data, what was repaired, and which written answers are left to a person."""

    notebook: Data
    findings: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    ungradable: str | None = None


@dataclass
class _Cell:
    """One cell as it was handed in; `claim` is the grade_id it says it has, `id` its own."""

    type: str
    source: str
    claim: str | None
    id: str | None
    about: Data
    attachments: Data
    is_assignment: Trusted | None = None


def examine(data: bytes, trusted: list[Trusted]) -> Examined:
    """Heal the submission `data` for the assignment `trusted`; never raises for what the bytes hold."""
    try:
        raw = read(data)
        cells = list(_cells(raw))
        if not cells:
            raise Ungradable(_("The notebook has no cells. Submit the notebook in which you worked."))
        findings: list[str] = []
        _recognise(cells, trusted, findings)
        if trusted and not any(c.is_assignment for c in cells):
            raise Ungradable(
                _("The notebook holds none of this assignment's cells. Submit the notebook of this assignment.")
            )
        doubtful = _restore(cells, trusted, findings)
    except Ungradable as error:
        return Examined(_notebook([_blank(t) for t in trusted], None), ungradable=str(error))
    except RecursionError:
        reason = _("The file is nested too deeply to be a notebook. Submit the notebook in which you worked.")
        return Examined(_notebook([_blank(t) for t in trusted], None), ungradable=reason)
    return Examined(_notebook(cells, language_of(raw)), findings, doubtful)


# Reading


def read(data: bytes) -> Data:
    """The file as plain data; Ungradable says what is wrong with it."""
    if len(data) > BYTES_MAX:
        raise Ungradable(
            _(
                "The file has {mb} MB, more than {limit} MB. Clear the outputs (Kernel, Restart and Clear Outputs), "
                "save it, and submit again.",
                mb=len(data) // 1_000_000,
                limit=BYTES_MAX // 1_000_000,
            )
        )
    if not data.strip():
        raise Ungradable(_("The file is empty. Save the notebook in JupyterLab and submit again."))
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Ungradable(_("The file is not text, so it is no notebook. Submit the .ipynb file itself.")) from error
    except ValueError as error:
        where = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "?"
        raise Ungradable(
            _(
                "The file is damaged: from line and column {where} on it is no JSON. Open it in JupyterLab, save it, "
                "and submit again.",
                where=where,
            )
        ) from error
    if isinstance(raw, dict) and MISSING in raw:
        others = ", ".join(str(n)[:100] for n in raw[MISSING][:5]) if isinstance(raw[MISSING], list) else ""
        found = " " + _("There is: {names}.", names=others) if others else ""
        raise Ungradable(_("The notebook is not in the submission, or not under its name.") + found)
    if not isinstance(raw, dict) or not isinstance(raw.get("cells", raw.get("worksheets")), list):
        raise Ungradable(_("The file is JSON, but no notebook. Submit the .ipynb file in which you worked."))
    return raw


def language_of(raw: Data) -> str | None:
    """The language of the notebook that was handed in, if it says so."""
    metadata = raw.get("metadata")
    about = metadata.get("faultlab") if isinstance(metadata, dict) else None
    name = about.get("language") if isinstance(about, dict) else None
    return name if name in LANGUAGES else None


def _cells(raw: Data) -> Iterable[_Cell]:
    """Cells of any notebook format. Before format 4 they stood in worksheets, with the code as `input`."""
    found = raw.get("cells")
    if found is None:
        sheets = [s for s in raw["worksheets"] if isinstance(s, dict)]
        found = [c for s in sheets for c in s.get("cells", []) if isinstance(s.get("cells"), list)]
    for cell in found[:CELLS_MAX]:
        if not isinstance(cell, dict):
            continue
        kind = {"code": "code", "raw": "raw"}.get(str(cell.get("cell_type")), "markdown")
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(str(line) for line in source)
        metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
        about = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
        claim, own = about.get("grade_id"), cell.get("id")
        yield _Cell(
            kind,
            str(source)[:SOURCE_CHARS_MAX].replace("\r\n", "\n"),
            claim if isinstance(claim, str) else None,
            own if isinstance(own, str) and CELL_ID.fullmatch(own) else None,
            about,
            _images(cell.get("attachments")),
        )


def _images(attachments: Any) -> Data:
    """Pasted pictures, if that is what they are."""
    kept: Data = {}
    size = 0
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if not ATTACHMENT_NAME.fullmatch(str(name)) or not isinstance(bundle, dict):
            continue
        for kind in IMAGE_TYPES:
            text = bundle.get(kind)
            if isinstance(text, str) and is_base64(text) and size + len(text) <= ATTACHMENT_CHARS_MAX:
                size += len(text)
                kept[name] = {kind: text}
    return kept


def is_base64(text: str) -> bool:
    """True if a page can hold `text` as a picture's data and nothing else."""
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


# Which cell is which


def _recognise(cells: list[_Cell], trusted: list[Trusted], findings: list[str]) -> None:
    known = {t.grade_id: t for t in trusted}
    for grade_id, cell in known.items():
        claimed = [c for c in cells if c.claim == grade_id]
        if claimed:
            best = _best(claimed, cell)
            best.is_assignment = cell
            if len(claimed) > 1:
                findings.append(
                    _(
                        "{n} cells had the id {id}; one of them counts, the others are plain cells.",
                        n=len(claimed),
                        id=grade_id,
                    )
                )
    for grade_id, cell in known.items():
        if any(c.is_assignment is cell for c in cells):
            continue
        free = [c for c in cells if c.is_assignment is None and c.claim not in known]
        found = next((c for c in free if c.id == grade_id), None) or next(
            (c for c in free if cell.locked and c.type == cell.cell_type and c.source.strip() == cell.source.strip()),
            None,
        )
        if found is not None:
            found.is_assignment = cell
            findings.append(_("The cell {id} had lost its metadata; it was recognised.", id=grade_id))
    _recognise_renamed(cells, trusted, findings)


def _recognise_renamed(cells: list[_Cell], trusted: list[Trusted], findings: list[str]) -> None:
    """Cells with an unknown grade_id are those that are missing, if kind and number agree."""
    present = {c.is_assignment.grade_id for c in cells if c.is_assignment}
    for written in (True, False):
        lost = [
            t for t in trusted if t.grade_id not in present and t.solution and (t.cell_type == "markdown") is written
        ]
        renamed = [
            c
            for c in cells
            if c.is_assignment is None
            and c.claim
            and c.about.get("solution")
            and (c.type == "markdown") is written
            and c.claim not in {t.grade_id for t in trusted}
        ]
        if lost and len(lost) == len(renamed):
            for cell, one in zip(lost, renamed, strict=True):
                one.is_assignment = cell
                findings.append(_("The id of the cell {id} had been changed; it was restored.", id=cell.grade_id))


def _best(claimed: list[_Cell], cell: Trusted) -> _Cell:
    def is_original(one: _Cell) -> bool:
        return one.source.strip() == cell.source.strip()

    preferred = [c for c in claimed if is_original(c) is cell.locked]
    return (preferred or claimed)[-1]


# Restoring


def _restore(cells: list[_Cell], trusted: list[Trusted], findings: list[str]) -> list[str]:
    """Give the assignment's cells their true text, type and place; return the written answers that are missing."""
    doubtful = []
    for cell in (c for c in cells if c.is_assignment):
        _restore_one(cell, cell.is_assignment, findings)
    for index, one in enumerate(trusted):
        before = [t.grade_id for t in trusted[:index]]
        place = max(
            (i for i, c in enumerate(cells) if c.is_assignment and c.is_assignment.grade_id in before), default=-1
        )
        at = next((i for i, c in enumerate(cells) if c.is_assignment is one), None)
        if at is None and (one.locked or one.is_written):
            cells.insert(place + 1, _blank(one))
            if one.is_written:
                doubtful.append(one.grade_id)
                findings.append(
                    _(
                        "The cell for the written answer {id} is missing; a person will look for your answer.",
                        id=one.grade_id,
                    )
                )
            else:
                findings.append(_("The cell {id} was missing; it was put back.", id=one.grade_id))
        elif at is not None and one.is_test and at < place:
            cells.insert(place, cells.pop(at))
            findings.append(_("The test {id} stood above what it tests; it was put in its place.", id=one.grade_id))
    return doubtful


def _restore_one(cell: _Cell, true: Trusted, findings: list[str]) -> None:
    if cell.type != true.cell_type:
        findings.append(_("The type of the cell {id} had been changed; it was restored.", id=true.grade_id))
        cell.type = true.cell_type
    if true.locked and cell.source != true.source:
        if cell.source.strip() != true.source.strip():
            findings.append(_("The text of the cell {id} had been changed; the original counts.", id=true.grade_id))
        cell.source = true.source
    claimed = cell.about.get("points")
    if true.points is not None and claimed is not None and claimed != true.points:
        findings.append(_("The points of the cell {id} had been changed; they were restored.", id=true.grade_id))


def _blank(cell: Trusted) -> _Cell:
    return _Cell(cell.cell_type, cell.source, cell.grade_id, cell.grade_id, {}, {}, cell)


# Writing


def harmless(text: str) -> str:
    """Markdown in which no browser finds a tag or a script link; a reader sees the same."""
    return SCRIPT_LINK.sub("\\1\u200b\\2", TAG_LIKE.sub("<\u200b", text))


def _notebook(cells: list[_Cell], language: str | None) -> Data:
    seen: set[str] = set()
    metadata: Data = {"language_info": {"name": "python"}}
    if language:
        metadata["faultlab"] = {"language": language}
    return {
        "cells": [_written(cell, index, seen) for index, cell in enumerate(cells)],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _written(cell: _Cell, index: int, seen: set[str]) -> Data:
    own = cell.is_assignment.grade_id if cell.is_assignment else cell.id
    if own is None or own in seen or not CELL_ID.fullmatch(own):
        own = f"cell-{index}"
        while own in seen:
            own += "x"
    seen.add(own)
    metadata = {"nbgrader": cell.is_assignment.metadata()} if cell.is_assignment else {}
    if cell.type == "code":
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": own,
            "metadata": metadata,
            "outputs": [],
            "source": cell.source,
        }
    original = cell.is_assignment is not None and cell.source == cell.is_assignment.source
    source = cell.source if original else harmless(cell.source)
    if cell.type == "raw":
        # A page shows a raw cell as it is, so it becomes text.
        source = "\n".join("    " + line for line in source.split("\n"))
    written: Data = {"cell_type": "markdown", "id": own, "metadata": metadata, "source": source}
    if cell.attachments:
        written["attachments"] = cell.attachments
    return written
