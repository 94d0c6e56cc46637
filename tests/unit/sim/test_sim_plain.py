"""Plain data: copies, and one text for equal data."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim.plain import DEPTH_MAX, from_literal, in_order, literal, plain

floats = st.floats(allow_nan=False)
atoms = st.none() | st.booleans() | st.integers() | floats | st.text(max_size=5)
keys = atoms | st.lists(atoms, max_size=3).map(tuple)


def containers(inside):
    several = st.lists(inside, max_size=4)
    return several | several.map(tuple) | st.sets(keys, max_size=4) | st.dictionaries(keys, inside, max_size=4)


data = st.recursive(atoms, containers, max_leaves=8)
few = settings(max_examples=40, deadline=None)


def mutable_parts(value):
    found = [id(value)] if isinstance(value, list | set | dict) else []
    inside = [x for pair in value.items() for x in pair] if isinstance(value, dict) else value
    if isinstance(value, list | tuple | set | dict):
        for item in inside:
            found += mutable_parts(item)
    return found


@few
@given(data)
def test_a_literal_reads_back_as_equal_data_of_the_same_types(value):
    text = literal(value)
    back = from_literal(text)
    assert back == value
    assert literal(back) == text  # 1, 1.0 and True are equal, and their texts are not


@few
@given(data)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value):
    copy = plain(value)
    assert literal(copy) == literal(value)
    assert not set(mutable_parts(copy)) & set(mutable_parts(value))


@few
@given(st.dictionaries(keys, atoms, max_size=6), st.randoms())
def test_the_order_in_which_a_dict_or_a_set_was_filled_does_not_show(value, draw):
    items = list(value.items())
    draw.shuffle(items)
    assert literal(dict(items)) == literal(value)
    assert literal({k for k, _v in items}) == literal(set(value))


@few
@given(data)
def test_in_order_is_the_same_data_with_its_dicts_filled_as_they_are_written(value):
    ordered = in_order(value)
    assert literal(ordered) == literal(value)
    assert repr(in_order(from_literal(literal(value)))) == repr(from_literal(literal(ordered)))


@few
@given(st.lists(data, min_size=2, max_size=4))
def test_different_data_have_different_literals(values):
    for one, other in pairwise(values):
        if one != other:
            assert literal(one) != literal(other)


@few
@given(data)
def test_a_literal_is_one_line(value):
    assert len(literal(value).splitlines()) == 1


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: (1, x), lambda x: {"a": x}, lambda x: [[x, 0]]])
def test_nan_is_refused_wherever_it_stands(wrap):
    with pytest.raises(TypeError, match="NaN"):
        plain(wrap(math.nan))
    with pytest.raises(ValueError, match="NaN"):
        literal(wrap(math.nan))


def test_the_infinities_are_plain_data():
    assert from_literal(literal([math.inf, -math.inf])) == [math.inf, -math.inf]


class Thing:
    pass


@pytest.mark.parametrize("value", [Thing(), Thing, len, b"x", 1j, frozenset(), range(3), ..., iter([])])
def test_an_object_is_refused_by_the_name_of_its_class(value):
    for function in (plain, literal):
        with pytest.raises(TypeError, match=f"{type(value).__name__} is not plain data"):
            function([1, {"a": value}])


def test_a_list_that_contains_itself_is_refused_with_a_reason():
    ring = []
    ring.append(ring)
    with pytest.raises(TypeError, match="contain itself"):
        plain(ring)


def test_data_may_be_nested_as_deep_as_is_said_and_no_deeper():
    value = []
    for _level in range(DEPTH_MAX):
        value = [value]
    assert literal(plain(value)) == literal(value)
    with pytest.raises(TypeError, match="nested"):
        plain([value])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "x",
        "len([])",
        "__import__('os')",
        "b'x'",
        "1+2j",
        "...",
        "nan",
        "{[]: 1}",
        "1 2",
        "\x00",
        "(" * 500,
        "{*[]}",
    ],
)
def test_a_text_that_is_no_literal_of_plain_data_is_a_value_error_in_one_line(text):
    with pytest.raises(ValueError) as caught:
        from_literal(text)
    assert str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@given(st.text(max_size=30) | st.text(alphabet="[](){}'\"1,:.eE-+ jbx", max_size=20))
def test_whatever_text_is_read_is_plain_data_or_a_value_error(text):
    try:
        value = from_literal(text)
    except ValueError:
        return
    assert literal(plain(value)) == literal(value)
