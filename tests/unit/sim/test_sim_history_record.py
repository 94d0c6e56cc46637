"""Operations, their JSON, what a history may not be, specifications, and the convergence of replicas."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultlab.sim.history import (
    ANY,
    MODELS,
    NOT_ALLOWED,
    Counter,
    ListAppend,
    Operation,
    Queue,
    Register,
    by_client,
    checked,
    converged,
    from_json,
    linearizable,
    sequential,
    to_json,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)
moments = st.floats(0, 1e6)


@st.composite
def operations(draw):
    start_s, end_s = sorted((draw(moments), draw(moments)))
    pending = draw(st.booleans())
    call = (draw(st.text(max_size=5)), *draw(st.lists(plain, max_size=3)))
    failed = not pending and draw(st.booleans())
    return Operation("client", call, draw(plain), start_s, None if pending else end_s, failed)


@pytest.mark.slow
@settings(derandomize=True, max_examples=200)
@given(operations())
def test_an_operation_comes_back_from_json_as_it_was(operation):
    assert from_json(json.loads(json.dumps(to_json([operation])))) == (operation,)


def test_lists_become_tuples_so_that_an_operation_can_be_hashed_and_compared():
    listed = Operation("A", ["append", "x", [1, [2]]], [3], 0, 1)
    assert listed == Operation("A", ("append", "x", (1, (2,))), (3,), 0, 1)
    assert hash(listed) == hash(Operation("A", ("append", "x", (1, (2,))), (3,), 0, 1))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"call": ()}, "A: a call is a tuple that starts with a name"),
        ({"call": (1, "x")}, "A: a call is a tuple that starts with a name"),
        ({"call": ("write", "x", {})}, "not plain data"),
        ({"result": {1}}, "not plain data"),
        ({"called_s": 2, "returned_s": 1}, "A: read x → 5: it returned at 1 s, but was called at 2 s"),
        ({"called_s": math.nan}, "which is no moment"),
        ({"returned_s": math.inf}, "A: read x → 5: it returned at inf s"),
        ({"returned_s": None, "failed": True}, "A: read x refused: it was refused, so it was answered"),
    ],
)
def test_an_operation_that_cannot_be_is_refused_in_words_that_name_it(fields, told):
    good = {"client": "A", "call": ("read", "x"), "result": 5, "called_s": 0, "returned_s": 1}
    Operation(**good)
    with pytest.raises(ValueError, match=told):
        Operation(**(good | fields))


def test_overlapping_operations_of_one_client_are_refused_by_every_checker():
    history = [Operation("A", ("write", "x", 1), None, 0, 2), Operation("A", ("read", "x"), 1, 1, 3)]
    for checker in MODELS.values():
        with pytest.raises(ValueError, match=r"operation 1 \(A: read x → 1\) was called at 1 s, while operation 0"):
            checker(history)
    checked([history[0], Operation("A", ("read", "x"), 1, 2, 3)])  # at the very moment of the return is fine


def test_a_client_that_goes_on_after_an_unanswered_call_needs_a_new_name():
    lost = Operation("A", ("write", "x", 1), None, 0, None)
    with pytest.raises(ValueError, match=r"operation 1 .* follows operation 0 .* never answered"):
        checked([lost, Operation("A", ("read", "x"), 1, 5, 6)])
    checked([lost, Operation("A2", ("read", "x"), 1, 5, 6)])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "schema None"),
        ({"schema": 99, "operations": []}, "schema 99"),
        ({"schema": 1, "operations": [{"client": "A"}]}, "operation 0 has not the fields"),
        (
            {"schema": 1, "operations": [{"client": "A", "call": [], "result": None, "called_s": 0, "returned_s": 1}]},
            "operation 0: A: a call is a tuple",
        ),
    ],
)
def test_json_that_is_no_history_is_refused(data, told):
    with pytest.raises(ValueError, match=told):
        from_json(data)


def test_program_order_goes_by_the_time_of_the_call_and_leaves_out_what_was_refused():
    history = [
        Operation("A", ("read", "x"), 1, 4, 5),
        Operation("B", ("read", "x"), 1, 0, 9),
        Operation("A", ("read", "x"), 1, 0, 4),
        Operation("A", ("write", "x", 1), None, 5, 6, failed=True),
    ]
    assert by_client(history) == {"A": [2, 0], "B": [1]}


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (Operation("A", ("write", "x", 3), None, 0, 1), "write x=3"),
        (Operation("A", ("read", "x"), None, 0, 1), "read x → None"),
        (Operation("A", ("read", "x"), "a", 0, 1), "read x → 'a'"),
        (Operation("A", ("cas", "x", 1, 2), True, 0, 1), "cas x: 1 to 2 → True"),
        (Operation("A", ("enqueue", 7), None, 0, None), "enqueue 7 → ?"),
        (Operation("A", ("dequeue",), None, 0, 1), "dequeue → None"),
        (Operation("A", ("write", "x", 3), None, 0, 1, failed=True), "write x=3 refused"),
    ],
)
def test_an_operation_says_what_was_asked_and_answered(operation, text):
    assert operation.text == text
    assert str(operation) == f"A: {text}"


@pytest.mark.parametrize(
    ("spec", "state", "call", "result", "after"),
    [
        (Register(), 1, ("write", "x", 2), None, 2),
        (Register(), 1, ("read", "x"), 1, 1),
        (Register(), 1, ("read", "x"), 2, NOT_ALLOWED),
        (Register(), 1, ("read", "x"), ANY, 1),
        (Register(), 1, ("cas", "x", 1, 2), True, 2),
        (Register(), 1, ("cas", "x", 1, 2), False, NOT_ALLOWED),
        (Register(), 3, ("cas", "x", 1, 2), False, 3),
        (Register(), 3, ("cas", "x", 1, 2), True, NOT_ALLOWED),
        (Register(), 1, ("cas", "x", 1, 2), ANY, 2),
        (Register(), 3, ("cas", "x", 1, 2), ANY, 3),
        (Counter(), 3, ("add", -2), None, 1),
        (Counter(), 3, ("get",), 3, 3),
        (Counter(), 3, ("get",), 4, NOT_ALLOWED),
        (Queue(), (1, 2), ("enqueue", 3), None, (1, 2, 3)),
        (Queue(), (1, 2), ("dequeue",), 1, (2,)),
        (Queue(), (1, 2), ("dequeue",), 2, NOT_ALLOWED),
        (Queue(), (1, 2), ("dequeue",), None, NOT_ALLOWED),
        (Queue(), (), ("dequeue",), None, ()),
        (Queue(), (1, 2), ("dequeue",), ANY, (2,)),
        (ListAppend(), (1,), ("append", "x", 2), None, (1, 2)),
        (ListAppend(), (1, 2), ("read", "x"), (1, 2), (1, 2)),
        (ListAppend(), (1, 2), ("read", "x"), (2, 1), NOT_ALLOWED),
    ],
)
def test_a_specification_says_what_follows_or_that_the_answer_is_not_allowed(spec, state, call, result, after):
    assert spec.step(state, call, result) == after


@pytest.mark.parametrize("spec", [Register(), Counter(), Queue(), ListAppend()])
@pytest.mark.parametrize("call", [("fly",), ("fly", "x"), ("write", "x", 1, 2)])
def test_a_call_that_an_object_does_not_have_is_an_error_not_a_verdict(spec, call):
    for checker in (linearizable, sequential):
        with pytest.raises(ValueError, match="has no operation"):
            checker([Operation("A", call, None, 0, 1)], spec)


@pytest.mark.parametrize("spec", [Register(), Counter(), ListAppend()])
def test_what_a_specification_calls_a_query_changes_nothing_wherever_it_is_allowed(spec):
    states = [(), (1,), (1, 2)] if isinstance(spec, ListAppend) else [None, 0, 1, 2]
    calls = [("read", "x"), ("write", "x", 1), ("cas", "x", 1, 2), ("add", 1), ("get",), ("append", "x", 1)]
    asked = 0
    for call in calls:
        for result in (None, False, True, *states):
            if not spec.is_query(call, result):
                continue
            for state in states:
                try:
                    after = spec.step(state, call, result)
                except ValueError:
                    break
                asked += after is not NOT_ALLOWED
                assert after in (NOT_ALLOWED, state)
    assert asked


def test_replicas_in_the_same_state_have_converged():
    verdict = converged({"a": {"x": [1, 2]}, "b": {"x": [1, 2]}, "c": {"x": [1, 2]}})
    assert (verdict.status, verdict.tried) == ("ok", 2)


@pytest.mark.parametrize(
    ("states", "because"),
    [
        ({"a": 1, "b": 1, "c": 2, "d": 3}, "a and c differ: 1 against 2"),
        ({"a": {"x": 1, "y": {"z": 2}}, "b": {"x": 1, "y": {"z": 3}}}, "a and b differ at 'y' at 'z': 2 against 3"),
        ({"a": {"x": 1}, "b": {"x": 1, "y": 2}}, "a and b differ at 'y': 'nothing' against 2"),
        ({"a": {"x": 1}, "b": {}}, "a and b differ at 'x': 1 against 'nothing'"),
    ],
)
def test_the_first_two_replicas_that_differ_are_named_with_the_place(states, because):
    verdict = converged(states)
    assert (verdict.status, verdict.because) == ("violated", because)


def test_of_no_replica_nothing_can_be_said():
    with pytest.raises(ValueError):
        converged({})
