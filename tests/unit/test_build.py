"""Building: text notebooks in, the same bytes out every time; one clear line for a source that breaks a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faultlab import build

CHAPTER = """---
kernelspec:
  name: python3
---

+++ {"tags": ["en"]}

# Breaker

Five failures within 10 s.

+++ {"tags": ["ru"]}

# Предохранитель

Пять отказов за 10 с.

```{code-cell} ipython3
:tags: [hide-input]

x = 1
```

```{code-cell} ipython3
x = 1
```

+++

$$p = 1$$
"""

ASSIGNMENT = """
+++ {"tags": ["en"]}

Write `answer`.

+++ {"tags": ["ru"]}

Напишите `answer`.

```{code-cell} ipython3
---
nbgrader: {grade_id: answer, solution: true}
---
def answer():
    ### BEGIN SOLUTION
    return 42
    ### END SOLUTION
```

```{code-cell} ipython3
---
nbgrader: {grade_id: answer-right, grade: true, points: 2}
---
check("answer.right", answer)
```

+++ {"tags": ["en"], "nbgrader": {"grade_id": "why", "grade": true, "solution": true, "points": 3}}

Because of the question.

+++ {"tags": ["ru"], "nbgrader": {"grade_id": "why", "grade": true, "solution": true, "points": 3}}

Из-за вопроса.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder, name, text in (("course/src", "3.9-toy", CHAPTER), ("solutions", "3.9-toy", ASSIGNMENT)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{name}.md").write_text(text, encoding="utf-8")
    return tmp_path


def notebook(project: Path, name: str) -> dict:
    return json.loads((project / name).read_text(encoding="utf-8"))


def sources(cells: list[dict]) -> list[str]:
    return ["".join(cell["source"]) for cell in cells]


def refusal(project: Path, text: str, folder: str = "course/src") -> str:
    (project / folder / "3.9-toy.md").write_text(text, encoding="utf-8")
    with pytest.raises(build.BuildError) as refused:
        build.build_all(project)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_each_language_gets_its_own_prose_and_the_shared_code(project: Path) -> None:
    build.build_all(project)
    english, russian = (notebook(project, f"course/{language}/3.9-toy.ipynb") for language in ("en", "ru"))
    assert sources(english["cells"])[0].startswith("# Breaker")
    assert sources(russian["cells"])[0].startswith("# Предохранитель")
    assert english["cells"][1:] == russian["cells"][1:]
    assert len(english["cells"]) == 4
    assert russian["metadata"]["faultlab"] == {"language": "ru", "source": "course/src/3.9-toy.md"}
    assert russian["metadata"]["kernelspec"]["name"] == "python3"


def test_hide_input_folds_the_code_in_jupyterlab(project: Path) -> None:
    build.build_all(project)
    folded = notebook(project, "course/en/3.9-toy.ipynb")["cells"][1]
    assert folded["metadata"] == {"jupyter": {"source_hidden": True}}


def test_a_second_build_changes_nothing(project: Path) -> None:
    first = build.everything(project)
    assert build.everything(project) == first
    assert sorted(build.build_all(project).written) == sorted(first)
    again = build.build_all(project)
    assert again.fresh and again.unchanged == 6


def test_cells_with_the_same_text_have_different_ids(project: Path) -> None:
    build.build_all(project)
    ids = [cell["id"] for cell in notebook(project, "course/ru/3.9-toy.ipynb")["cells"]]
    assert len(set(ids)) == len(ids)


def test_an_edit_changes_the_id_of_no_other_cell(project: Path) -> None:
    build.build_all(project)
    before = [cell["id"] for cell in notebook(project, "course/en/3.9-toy.ipynb")["cells"]]
    path = project / "course/src/3.9-toy.md"
    path.write_text(path.read_text().replace("Five failures", "Six failures"), encoding="utf-8")
    build.build_all(project)
    after = [cell["id"] for cell in notebook(project, "course/en/3.9-toy.ipynb")["cells"]]
    assert before[0] != after[0] and before[1:] == after[1:]


def test_the_learners_version_has_no_answer_and_the_instructors_has(project: Path) -> None:
    build.build_all(project)
    learner = json.dumps(notebook(project, "exercises/en/3.9-toy/3.9-toy.ipynb"))
    instructor = json.dumps(notebook(project, "build/source/en/3.9-toy/3.9-toy.ipynb"))
    for secret in ("return 42", "Because of the question"):
        assert secret in instructor and secret not in learner
    assert "YOUR CODE HERE" in learner


def test_released_graded_cells_are_the_same_in_both_languages(project: Path) -> None:
    build.build_all(project)
    english, russian = (
        [
            cell
            for cell in notebook(project, f"exercises/{language}/3.9-toy/3.9-toy.ipynb")["cells"]
            if "nbgrader" in cell["metadata"]
        ]
        for language in ("en", "ru")
    )
    assert [cell["id"] for cell in english] == ["answer", "answer-right", "why"]
    assert english == russian


def test_a_test_cell_cannot_be_edited_and_an_answer_can(project: Path) -> None:
    build.build_all(project)
    cells = {cell["id"]: cell for cell in notebook(project, "exercises/en/3.9-toy/3.9-toy.ipynb")["cells"]}
    assert cells["answer-right"]["metadata"]["editable"] is False
    assert cells["answer"]["metadata"].get("editable", True) is True
    assert cells["answer"]["metadata"]["deletable"] is False


def test_graded_prose_left_in_one_language_is_refused_by_name(project: Path) -> None:
    text = ASSIGNMENT.replace('"grade": true, "solution": true, "points": 3', '"locked": true')
    assert refusal(project, text, "solutions") == (
        "solutions/3.9-toy.md: released, cell why is not the same in both languages"
    )


def test_a_check_reports_what_differs_and_writes_nothing(project: Path) -> None:
    build.build_all(project)
    path = project / "course/ru/3.9-toy.ipynb"
    edited = path.read_text(encoding="utf-8").replace("отказов", "сбоев")
    path.write_text(edited, encoding="utf-8")
    report = build.build_all(project, check=True)
    assert report.written == ["course/ru/3.9-toy.ipynb"] and not report.fresh
    assert path.read_text(encoding="utf-8") == edited


def test_a_check_of_a_fresh_clone_does_not_ask_for_the_build_folder(project: Path) -> None:
    files = build.everything(project)
    for name, text in files.items():
        if not name.startswith("build/"):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
    assert build.build_all(project, check=True).fresh


def test_a_built_notebook_without_source_goes_and_a_persons_own_stays(project: Path) -> None:
    build.build_all(project)
    own = project / "course/en/my notes.ipynb"
    own.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (project / "course/src/3.9-toy.md").unlink()
    assert build.build_all(project).stale == ["course/en/3.9-toy.ipynb", "course/ru/3.9-toy.ipynb"]
    assert own.exists() and not (project / "course/en/3.9-toy.ipynb").exists()


def test_a_refused_source_leaves_every_file_as_it_was(project: Path) -> None:
    build.build_all(project)
    before = {path: path.read_bytes() for path in project.rglob("*.ipynb")}
    refusal(project, CHAPTER.replace('["ru"]', '["rus"]'))
    assert {path: path.read_bytes() for path in project.rglob("*.ipynb")} == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '["ru"]',
            '["rus"]',
            "course/src/3.9-toy.md:12: cell 2 ('# Предохранитель'): "
            "unknown tag 'rus'; known are en, hide-input, raises-exception, ru",
        ),
        ('["ru"]', '"ru"', "course/src/3.9-toy.md: 'ru' is not of type 'array'"),
        ('["ru"]', '["ru", "en"]', "a cell for both languages carries no language tag"),
        ('+++ {"tags": ["ru"]}', "+++", "cell 2 ('# Предохранитель'): Russian text in a cell without a language tag"),
        ("# Предохранитель\n\nПять отказов за 10 с.", "# Breaker", "tagged ru, but there is no Russian in it"),
        ("[hide-input]", "[en]", "cell 3 ('x = 1'): tagged en, but the next cell is not its twin in ru"),
        ('+++ {"tags": ["en"]}', "+++", "('# Предохранитель'): tagged ru, but the next cell is not its twin in en"),
        ('{"tags": ["en"]}', '{"tags": ["en"}', "course/src/3.9-toy.md: Markdown cell 0 at line 6 could not be read"),
    ],
)
def test_a_chapter_that_breaks_a_rule_is_refused(project: Path, old: str, new: str, message: str) -> None:
    assert old in CHAPTER
    assert message in refusal(project, CHAPTER.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("grade_id: answer-right", "grade_id: answer", "grade_id 'answer' is taken by the cell on line 10"),
        ("grade_id: answer-right", "grade_id: answer right", "nbgrader needs a grade_id of letters, digits, - and _"),
        (", points: 2", "", "answer-right is graded, so it needs points"),
        ('check("answer.right", answer)', "assert answer() == 42", "answer-right is a test: it must be one call"),
        ("### END SOLUTION", "# end", "nbgrader's generate step refuses it (en): no end solution statement found"),
        (
            "nbgrader: {grade_id: answer, solution: true}",
            "nbgrader: {grade_id: answer, solution: true}\ntags: [en]",
            "answer is code that nbgrader knows: write it once, without a language tag",
        ),
    ],
)
def test_an_assignment_that_breaks_a_rule_is_refused(project: Path, old: str, new: str, message: str) -> None:
    assert old in ASSIGNMENT
    assert message in refusal(project, ASSIGNMENT.replace(old, new), "solutions")


def test_the_command_ends_with_1_for_a_difference_and_for_a_refusal(project: Path, capsys) -> None:
    assert build.main(["--root", str(project), "--check"]) == 1
    assert "out of date: course/en/3.9-toy.ipynb" in capsys.readouterr().out
    assert build.main(["--root", str(project)]) == 0
    assert build.main(["--root", str(project), "--check"]) == 0
    (project / "course/src/3.9-toy.md").write_text(CHAPTER.replace('["ru"]', '["rus"]'), encoding="utf-8")
    capsys.readouterr()
    assert build.main(["--root", str(project)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
