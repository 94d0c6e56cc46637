"""Sequential specifications: what an object answers when operations come one after another.

A specification is all that a checker knows of an object. It says in which state the object starts and, for a state, a
call and an answer, which state follows, or that this answer is not allowed there. Everything about concurrency is left
to the consistency model.

Rules
1. States are hashable values, and `step` changes nothing: a search goes back and forth among them.
2. `result` is ANY for an operation that was never answered: whatever the object would have said is allowed, and only
   its effect counts.
3. `key` names the object that a call is about. Operations on different objects never meet, and `step` sees the state of
   one object only. A specification of a single object answers None.
4. A specification may also have `is_query(call, result)`: True if the call changes nothing in any state in which this
   answer is allowed, as a read. A search need not choose when to place such a call. To change nothing in the present
   state is not enough: a write of the value that is there already changes nothing now, and something later.

Source: M. Herlihy, J. Wing (1990), section 2.2. Splitting a history by object is "locality" there (section 3.1), and
P-compositionality in A. Horn, D. Kroening, "Faster linearizability checking via P-compositionality", FORTE 2015.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol


class _Sentinel:
    """A value that equals itself only."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


NOT_ALLOWED: Final = _Sentinel("NOT_ALLOWED")
ANY: Final = _Sentinel("ANY")

Call = tuple[Any, ...]


class Spec(Protocol):
    """What a checker asks of a specification."""

    def initial(self) -> Hashable:
        """The state of an object before the first operation."""

    def step(self, state: Any, call: Call, result: Any) -> Any:
        """The state after `call` if `state` allows it to be answered with `result`, else NOT_ALLOWED.

        ValueError for a call that the object does not have.
        """

    def key(self, call: Call) -> Hashable:
        """The object that `call` is about; None if there is only one."""


def is_query(spec: Spec, call: Call, result: Any) -> bool:
    """Rule 4, for any specification; False if it does not say."""
    says = getattr(spec, "is_query", None)
    return bool(says and says(call, result))


def _no_such(kind: str, call: Call) -> ValueError:
    return ValueError(f"{kind} has no operation {call!r}")


@dataclass(frozen=True)
class Register:
    """Registers, one a key: ("write", key, value), ("read", key), ("cas", key, expected, new).

    A compare-and-set answers True if it found `expected` and put `new`, False if it found something else and changed
    nothing. Before the first write a register holds `initial_value`.
    """

    initial_value: Any = None

    def initial(self) -> Any:
        return self.initial_value

    def step(self, state: Any, call: Call, result: Any) -> Any:
        match call:
            case ("write", _, value):
                return value
            case ("read", _):
                return state if result is ANY or result == state else NOT_ALLOWED
            case ("cas", _, expected, new):
                if result is not ANY and result is not (state == expected):
                    return NOT_ALLOWED
                return new if state == expected else state
        raise _no_such("a register", call)

    def key(self, call: Call) -> Hashable:
        if len(call) < 2:
            raise _no_such("a register", call)
        return call[1]

    def is_query(self, call: Call, result: Any) -> bool:
        return call[0] == "read" or (call[0] == "cas" and result is False)


@dataclass(frozen=True)
class Counter:
    """One counter that starts at 0: ("add", n) with any n, ("get",)."""

    def initial(self) -> int:
        return 0

    def step(self, state: int, call: Call, result: Any) -> Any:
        match call:
            case ("add", n):
                return state + n
            case ("get",):
                return state if result is ANY or result == state else NOT_ALLOWED
        raise _no_such("a counter", call)

    def key(self, call: Call) -> None:
        return None

    def is_query(self, call: Call, result: Any) -> bool:
        return call[0] == "get"


@dataclass(frozen=True)
class Queue:
    """One FIFO queue: ("enqueue", item), ("dequeue",), which answers None if the queue is empty."""

    def initial(self) -> tuple[Any, ...]:
        return ()

    def step(self, state: tuple[Any, ...], call: Call, result: Any) -> Any:
        match call:
            case ("enqueue", item):
                return (*state, item)
            case ("dequeue",):
                head = state[0] if state else None
                return state[1:] if result is ANY or result == head else NOT_ALLOWED
        raise _no_such("a queue", call)

    def key(self, call: Call) -> None:
        return None


@dataclass(frozen=True)
class ListAppend:
    """Lists, one a key: ("append", key, item), ("read", key), which answers with the tuple of all items.

    A read of a list tells the whole order of the appends before it, where a read of a register tells only the last
    write. Elle, Jepsen's checker of transactions, prefers this object for that reason.
    """

    def initial(self) -> tuple[Any, ...]:
        return ()

    def step(self, state: tuple[Any, ...], call: Call, result: Any) -> Any:
        match call:
            case ("append", _, item):
                return (*state, item)
            case ("read", _):
                return state if result is ANY or result == state else NOT_ALLOWED
        raise _no_such("a list", call)

    def key(self, call: Call) -> Hashable:
        if len(call) < 2:
            raise _no_such("a list", call)
        return call[1]

    def is_query(self, call: Call, result: Any) -> bool:
        return call[0] == "read"


class Together:
    """Several objects of one specification as a single object, for models that must not look at each by itself."""

    def __init__(self, spec: Spec, keys: Iterable[Hashable]) -> None:
        self._spec = spec
        self._place = {key: place for place, key in enumerate(dict.fromkeys(keys))}

    def initial(self) -> tuple[Any, ...]:
        return (self._spec.initial(),) * len(self._place)

    def step(self, state: tuple[Any, ...], call: Call, result: Any) -> Any:
        place = self._place[self._spec.key(call)]
        after = self._spec.step(state[place], call, result)
        if after is NOT_ALLOWED or after == state[place]:
            return after if after is NOT_ALLOWED else state
        return (*state[:place], after, *state[place + 1 :])

    def key(self, call: Call) -> None:
        return None

    def is_query(self, call: Call, result: Any) -> bool:
        return is_query(self._spec, call, result)


REGISTER: Final = Register()
