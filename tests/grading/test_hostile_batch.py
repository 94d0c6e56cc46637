"""One batch of good, careless and hostile submissions through nbgrader's own commands: what each earns, and what none
can do."""

import csv
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

FULL, NOTHING, START_ONLY = (4.0, 1.0), (0.0, 0.0), (0.0, 1.0)

EQUAL_TO_ALL = """class Same(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None

class Counter:
    def __init__(self, limit): self.n = Same(7)
    def up(self): return Same(7)
"""

# What is in a cell beside a wrong class, and must earn nothing.
TRICKS = {
    "builtins": "import builtins\nbuiltins.min = builtins.range = builtins.isinstance = lambda *a: True",
    "code": "from faultlab.checks import check\n"
    "check.__code__ = (lambda *a, **k: True).__code__\n"
    "import faultlab.checks\nfaultlab.checks.check = lambda *a: True\n",
    "asserts": "import ast\n"
    "class Blank(ast.NodeTransformer):\n"
    "    def visit_Assert(self, node): return ast.Pass()\n"
    "    def visit_Expr(self, node): return ast.Pass()\n"
    "get_ipython().ast_transformers.append(Blank())",
    "shadow": "from pathlib import Path\n"
    "for name in ('faultlab', 'networkx', 'random', 'json'):\n"
    "    Path(name + '.py').write_text('raise SystemExit')",
    "points": "points = score = grade = 5\nprint(5.0)\n5.0",
    "liar": "import os, json\n"
    "for fd in range(3, 64):\n"
    "    try: os.write(fd, json.dumps({'ev': 'done', 'id': 1, 'value': 3}).encode() + b'\\n')\n"
    "    except OSError: pass",
    "frames": "import sys, gc\n"
    "for o in gc.get_objects():\n"
    "    if type(o).__name__ == 'Servant': o._carry_out = lambda message: 0",
}

SPY = """import os, glob
places = [{root!r}, {repository!r}, os.path.expanduser('~')]
found = [p for place in places for p in glob.glob(place + '/**', recursive=True)]
print('FOUND', [p for p in found if p.endswith(('.db', '.py', '.ipynb', '.json'))])
try:
    import faultlab.models.breaker
    print('REFERENCE')
except ImportError:
    pass
try:
    import autograder.judge
    print('JUDGE')
except ImportError:
    pass
print(In[-1])
"""

VANDAL = """import sqlite3
try:
    sqlite3.connect({database!r}).execute("update grade set auto_score = 99").connection.commit()
    print('WRITTEN')
except Exception as error:
    print(type(error).__name__)
open({other!r}, 'w').write('gone')
"""


MARKUP = """from IPython.display import HTML, display
display(HTML('<script>alert(3)</script>'))
print('<script>alert(4)</script>')
"""


def edited(notebook, change):
    change(notebook)
    return notebook


def without_metadata(notebook, ids=True):
    for cell in notebook.cells:
        cell.metadata = {}
        if ids:
            cell.pop("id")
    return notebook


def format_three(notebook):
    """The notebook as IPython 2 would have saved it: worksheets, `input`, no ids and no metadata."""
    cells = [
        {
            "cell_type": "code",
            "language": "python",
            "input": c.source,
            "outputs": [],
            "metadata": {},
            "collapsed": False,
        }
        if c.cell_type == "code"
        else {"cell_type": "markdown", "source": c.source, "metadata": {}}
        for c in notebook.cells
    ]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def rename_ids(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id += "-mine"
            cell.id += "-mine"


def split_test(notebook):
    copy = nbformat.from_dict(json.loads(json.dumps(notebook.cells[3])))
    notebook.cells[3].source, copy.source, copy.id = 'check("counter', '.limit", Counter)', "second"
    notebook.cells.insert(4, copy)


def double_answer(notebook):
    copy = nbformat.from_dict(json.loads(json.dumps(notebook.cells[2])))
    copy.id = "pasted"
    notebook.cells.insert(3, copy)


def soften(notebook):
    notebook.cells[3].source = "pass"
    notebook.cells[4].metadata.nbgrader.update(points=1000, grade=False, locked=False)


@pytest.fixture(scope="module")
def batch(tiny):
    """Everything handed in, collected and graded by nbgrader's commands, in one run each."""
    from pathlib import Path

    right, wrong, filled = tiny.RIGHT, tiny.WRONG, tiny.filled
    repository = Path(__file__).resolve().parents[2]
    grading = tiny.root / "grading"
    spy = SPY.format(root=str(tiny.root), repository=str(repository))
    vandal = VANDAL.format(
        database=str(grading / "gradebook.db"), other=str(grading / "submitted/good/counter/counter.ipynb")
    )
    submissions = {
        "good": filled(),
        "russian": filled(wrong, language="ru"),
        "wrong": filled(wrong),
        "blank": tiny.assignment(),
        "loop": filled(more=["while True: pass"]),
        "loop_in_class_cell": filled(right + "\nwhile True:\n    pass"),
        "stubborn": filled(
            wrong.replace(
                "return self.n",
                "while True:\n            try:\n                while True: pass\n"
                "            except BaseException: pass",
            )
        ),
        "exit": filled(right.replace("return self.n", "import os; os._exit(0)")),
        "exit_in_cell": filled(more=["import os\nos._exit(0)"]),
        "flood": filled(more=["print('x' * 60_000_000)"]),
        "warns": filled(
            right.replace("        self.n =", "        import warnings; warnings.warn('careful')\n        self.n ="),
            more=["import sys\nprint('to stderr', file=sys.stderr)"],
        ),
        "equal": filled(EQUAL_TO_ALL),
        "softened": edited(filled(wrong), soften),
        "deleted": edited(filled(), lambda n: n.cells.pop(3)),
        "stripped": without_metadata(filled(), ids=False),
        "stripped_ids": without_metadata(filled()),
        "old_format": format_three(filled()),
        "split": edited(filled(), split_test),
        "pasted": edited(filled(), double_answer),
        "renamed": edited(filled(), rename_ids),
        "moved": edited(filled(), lambda n: n.cells.insert(0, n.cells.pop(3))),
        "spy": filled(wrong, more=[spy]),
        "vandal": filled(wrong, more=[vandal]),
        "script": filled(why="Because <script>alert(1)</script> <img src=x onerror=alert(2)>", more=[MARKUP]),
        "broken": b'{"cells": [',
        "empty": b"",
        "binary": bytes(range(256)),
        "list": b"[]",
        "deep": b"[" * 100_000,
        "foreign": edited(filled(), lambda n: setattr(n, "cells", [new_markdown_cell("Shopping"), new_code_cell("1")])),
        **{f"trick_{name}": filled(f"{wrong}\n\n{trick}", more=[trick]) for name, trick in TRICKS.items()},
    }
    for student, notebook in submissions.items():
        tiny.hand_in(student, notebook)
    tiny.hand_in("other_name", filled(), "Untitled1.ipynb")
    tiny.hand_in("nothing", None, None)
    tiny.course().register("counter")
    for step in (["collect", "counter"], ["autograde", "counter"], ["generate_feedback", "counter"], ["export"]):
        done = tiny.nbgrader(*step, timeout=600)
        assert done.returncode == 0, done.stderr[-3000:]
    return tiny


@pytest.fixture(scope="module")
def grades(batch):
    return batch.grades()


def scores(grades, student):
    cells = grades[student]["cells"]
    return cells["limit"][0], cells["start"][0]


@pytest.mark.parametrize("student", ["good", "warns", "loop", "loop_in_class_cell", "exit_in_cell", "flood", "script"])
def test_a_right_answer_has_full_marks_whatever_stands_beside_it(grades, student):
    assert scores(grades, student) == FULL
    assert grades[student]["cells"]["why"] == (None, True)


@pytest.mark.parametrize(
    "student",
    ["deleted", "stripped", "stripped_ids", "old_format", "split", "pasted", "renamed", "moved", "other_name"],
)
def test_a_damaged_notebook_is_mended_graded_and_the_learner_is_told(batch, grades, student):
    assert scores(grades, student) == FULL
    assert batch.record(student)["submission"]["findings"]
    assert batch.record(student)["submission"]["findings"][0] in batch.page(student)


@pytest.mark.parametrize("student", ["wrong", "softened", "spy", "vandal", "russian", *(f"trick_{t}" for t in TRICKS)])
def test_no_trick_makes_a_wrong_answer_right(grades, student):
    assert scores(grades, student) in (START_ONLY, NOTHING)
    assert scores(grades, student)[0] == 0


@pytest.mark.parametrize("student", ["equal", "blank"])
def test_an_answer_that_is_none_earns_nothing(grades, student):
    assert scores(grades, student) == NOTHING


@pytest.mark.parametrize("student", ["stubborn", "exit"])
def test_code_that_hangs_or_ends_the_process_loses_only_the_checks_that_call_it(grades, batch, student):
    assert scores(grades, student) == START_ONLY
    assert "gives no answer" in batch.record(student)["verdicts"]["limit"]["message"]


@pytest.mark.parametrize("student", ["broken", "empty", "binary", "list", "deep", "foreign", "nothing"])
def test_what_cannot_be_graded_has_no_score_waits_for_a_person_and_says_why(batch, grades, student):
    row = grades[student]
    assert (row["status"], row["score"]) == ("ungradable", None)
    assert set(row["cells"].values()) == {(None, True)}
    reason = batch.record(student)["submission"]["ungradable"]
    assert reason and reason in batch.page(student)


def test_a_zero_and_a_missing_grade_differ_in_the_export(batch):
    with (batch.root / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert (rows["blank"]["score"], rows["blank"]["status"]) == ("0.0", "graded")
    assert (rows["broken"]["score"], rows["broken"]["status"]) == ("", "ungradable")
    assert (rows["good"]["score"], rows["good"]["status"]) == ("5.0", "manual grading pending")


def test_a_submission_sees_no_file_of_the_course_and_no_other_submission(batch):
    text = (batch.root / "grading/autograded/spy/counter/counter.ipynb").read_text()
    assert "FOUND []" in text
    assert "REFERENCE" not in text.replace("print('REFERENCE')", "")
    assert "JUDGE" not in text.replace("print('JUDGE')", "")


def test_a_submission_writes_neither_the_gradebook_nor_other_submissions(batch, grades):
    text = (batch.root / "grading/autograded/vandal/counter/counter.ipynb").read_text()
    assert "WRITTEN" not in text.replace("print('WRITTEN')", "")
    assert "gone" not in (batch.root / "grading/submitted/good/counter/counter.ipynb").read_text()
    assert max(row["score"] or 0 for row in grades.values()) == 5.0


def test_what_a_learner_prints_is_bounded(batch):
    assert (batch.root / "grading/autograded/flood/counter/counter.ipynb").stat().st_size < 200_000


def test_no_markup_of_a_learner_reaches_the_page_of_the_person_who_grades(batch):
    page = batch.page("script")
    for number in (1, 3, 4):
        assert f"<script>alert({number})" not in page
    assert "<img src=x" not in page
    assert "alert(1)" in page


def test_a_failed_hidden_test_is_told_as_a_story_and_never_as_source(batch):
    page = batch.page("wrong")
    assert "the count: expected 3, got 4." in page
    assert "fl-story" in page and 'type="range"' in page
    assert "def limit" not in page and "rng.randint" not in page and "enumerate(schedule" not in page


def test_the_feedback_page_needs_no_network(batch):
    page = batch.page("wrong")
    assert "cdn" not in page and "src=" not in page and "@import" not in page


def test_the_feedback_speaks_the_language_of_the_notebook(batch):
    page = batch.page("russian")
    assert '<html lang="ru">' in page
    assert "неверно" in page and "Баллы: 0 из 4" in page


def test_a_record_holds_what_a_verdict_rests_on_and_repeats_it(batch):
    from autograder.judge import Private, replay
    from faultlab.checks.core import Verdict
    from faultlab.checks.story import Story
    from faultlab.checks.subject import LocalChannel, Subject

    record = batch.record("wrong")
    kept = record["verdicts"]["limit"]
    assert {"python", "nbgrader", "checks"} <= set(record["versions"])
    assert record["sandbox"] in ("bubblewrap", "landlock")
    assert (kept["status"], kept["hidden"], kept["schedule"]) == ("wrong", True, ["up"] * 4)
    Private.load(batch.root / "private")
    scope: dict = {}
    exec(batch.WRONG, scope)
    verdict = Verdict(**{k: v for k, v in kept.items() if k not in ("points", "score", "story")})
    again = replay(verdict, Subject(LocalChannel(scope)), ["Counter"])
    assert again.message == kept["message"]
    assert again.story.to_text() == Story.from_json(kept["story"]).to_text()


def test_grading_anew_gives_the_same_grades(batch, grades):
    assert batch.nbgrader("autograde", "counter", "--force", "--student", "wrong").returncode == 0
    assert batch.nbgrader("autograde", "counter", "--force", "--student", "good").returncode == 0
    again = batch.grades()
    assert {s: again[s]["cells"] for s in again} == {s: grades[s]["cells"] for s in grades}
    assert len(list((batch.root / "grading/history/good/counter").glob("*.json"))) >= 1
