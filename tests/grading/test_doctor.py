"""The notebook doctor: what it mends, what it refuses, and that nothing makes it stumble."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import doctor
from autograder.course import trusted_in


@pytest.fixture(scope="module")
def released(tiny_class):
    return json.loads(json.dumps(tiny_class.assignment()))


@pytest.fixture(scope="module")
def trusted(released):
    return trusted_in(released)


def examine(notebook, trusted):
    return doctor.examine(json.dumps(notebook).encode(), trusted)


def ids(examined):
    return [c["metadata"].get("nbgrader", {}).get("grade_id") for c in examined.notebook["cells"]]


def test_a_sound_notebook_is_left_as_it_is(released, trusted):
    examined = examine(released, trusted)
    assert (examined.findings, examined.doubtful, examined.ungradable) == ([], [], None)
    assert [c["source"] for c in examined.notebook["cells"]] == [c["source"] for c in released["cells"]]
    assert ids(examined) == [None, None, "counter", "limit", "start", "why"]


def test_outputs_and_the_metadata_of_a_submission_are_dropped(released, trusted):
    notebook = copy.deepcopy(released)
    notebook["metadata"]["widgets"] = {"state": "x"}
    notebook["cells"][1] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 1000}]}
    notebook["cells"][1]["metadata"] = {"tags": ["evil"], "nbgrader": {"grade_id": "unknown", "points": 9}}
    examined = examine(notebook, trusted)
    assert examined.notebook["cells"][1]["outputs"] == []
    assert examined.notebook["cells"][1]["metadata"] == {}
    assert set(examined.notebook["metadata"]) == {"language_info", "faultlab"}


def test_of_two_cells_with_one_id_the_answer_that_was_written_counts(released, trusted):
    notebook = copy.deepcopy(released)
    answer = copy.deepcopy(notebook["cells"][5])
    notebook["cells"][5]["source"] = "My answer."
    notebook["cells"].append(answer)
    examined = examine(notebook, trusted)
    assert ids(examined).count("why") == 1
    assert examined.notebook["cells"][ids(examined).index("why")]["source"] == "My answer."


def test_a_written_answer_that_cannot_be_found_is_left_to_a_person(released, trusted):
    notebook = copy.deepcopy(released)
    notebook["cells"][5] = {"cell_type": "markdown", "metadata": {}, "source": "My answer.", "id": "new"}
    examined = examine(notebook, trusted)
    assert examined.doubtful == ["why"]
    assert "My answer." in [c["source"] for c in examined.notebook["cells"]]


def test_a_test_that_was_moved_above_the_answer_is_put_below_it(released, trusted):
    notebook = copy.deepcopy(released)
    notebook["cells"].insert(0, notebook["cells"].pop(4))
    assert [i for i in ids(examine(notebook, trusted)) if i] == ["counter", "limit", "start", "why"]


def test_a_deleted_answer_cell_is_not_put_back_over_the_code_that_replaced_it(released, trusted):
    notebook = copy.deepcopy(released)
    notebook["cells"][2] = {"cell_type": "code", "metadata": {}, "source": "class Counter: pass", "id": "mine"}
    sources = [c["source"] for c in examine(notebook, trusted).notebook["cells"]]
    assert "class Counter: pass" in sources and released["cells"][2]["source"] not in sources


@pytest.mark.parametrize(
    "text", ["<script>", "</div>", "<!-- x", "<img onerror=1>", "<?php", "<a href='javascript:x'>"]
)
def test_no_text_of_a_learner_is_markup(released, trusted, text):
    notebook = copy.deepcopy(released)
    notebook["cells"][5]["source"] = f"So `a < b` and 1<2 {text}"
    notebook["cells"].append({"cell_type": "raw", "metadata": {}, "source": text, "id": "raw"})
    examined = examine(notebook, trusted)
    for cell in examined.notebook["cells"]:
        assert not doctor.TAG_LIKE.search(cell["source"])
        assert "javascript:" not in cell["source"]
    assert "a < b` and 1<2" in examined.notebook["cells"][5]["source"]


def test_a_pasted_picture_is_kept_and_nothing_else_that_is_attached(released, trusted):
    notebook = copy.deepcopy(released)
    notebook["cells"][5]["attachments"] = {
        "a.png": {"image/png": "aGVsbG8="},
        "b.svg": {"image/svg+xml": "<svg onload=x>"},
        'c".png': {"image/png": "aGVsbG8="},
        "d.png": {"image/png": '" onerror="x'},
    }
    assert examine(notebook, trusted).notebook["cells"][5]["attachments"] == {"a.png": {"image/png": "aGVsbG8="}}


def test_a_file_that_is_too_large_is_refused_and_the_learner_told_what_to_do(trusted):
    examined = doctor.examine(b" " * (doctor.BYTES_MAX + 1), trusted)
    assert "Clear the outputs" in examined.ungradable


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["code", "markdown", "limit", "why"]),
    lambda x: (
        st.lists(x, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbgrader", "grade_id", "id"]
            ),
            x,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(data=plain, raw=st.binary(max_size=30), wrap=st.booleans())
def test_whatever_is_handed_in_gives_a_sound_notebook_or_a_reason(trusted, data, raw, wrap):
    import nbformat

    for content in (raw, json.dumps({"cells": [data, data]} if wrap else data).encode()):
        examined = doctor.examine(content, trusted)
        nbformat.validate(nbformat.from_dict(examined.notebook))
        locked = {t.grade_id for t in trusted if t.is_test}
        assert locked <= set(ids(examined))
        for cell in examined.notebook["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            true = next((t for t in trusted if t.grade_id == about.get("grade_id")), None)
            if true is not None and true.locked:
                assert (cell["source"], about["points"]) == (true.source, true.points)


def test_damage_of_any_one_part_never_changes_a_test(released, trusted):
    """Every cell dropped, doubled, emptied, retyped: the tests that are graded are the assignment's."""
    tests = [(t.grade_id, t.source) for t in trusted if t.is_test]
    for index in range(len(released["cells"])):
        for damage in ("drop", "double", "empty", "retype"):
            notebook = copy.deepcopy(released)
            cell = notebook["cells"][index]
            if damage == "drop":
                notebook["cells"].pop(index)
            elif damage == "double":
                notebook["cells"].insert(0, copy.deepcopy(cell))
            elif damage == "empty":
                cell["source"] = ""
            else:
                cell["cell_type"] = {"code": "markdown", "markdown": "code"}[cell["cell_type"]]
            found = [
                c
                for c in examine(notebook, trusted).notebook["cells"]
                if c["metadata"].get("nbgrader", {}).get("grade")
            ]
            assert [
                (c["metadata"]["nbgrader"]["grade_id"], c["source"]) for c in found if c["cell_type"] == "code"
            ] == tests
