"""Operations and histories: what the clients of a system saw, and nothing else.

A history is the one thing that can be recorded of any system, however it works inside: for each operation who called
it, what was asked, what was answered, and when the call and the answer passed the client. Consistency models are
statements about histories, so that is all that their checkers get.

Rules
1. An operation lasts from its call to its answer, and takes effect, if it does, at some moment in between.
2. An operation that was never answered (`returned_s` is None) may take effect at any moment after its call, or never. A
   lost reply and a lost request look the same to the client.
3. An operation that was refused (`failed`) certainly had no effect. An error that leaves this open, such as a timeout,
   is no refusal: record such an operation as never answered.
4. A client does one thing at a time: its operations do not overlap. After an operation that was never answered a client
   is stuck for good; to go on, it takes a new name. (Jepsen gives a crashed process a new number for the same reason.)
5. Where one operation returns at the very moment at which another client calls, either order is possible, so neither
   counts as earlier. Of two operations of one client the one that was called first is earlier, whatever the clock says.

Left out: transactions of several operations, and anything the system knows of itself, such as versions or replicas.

Source: M. Herlihy, J. Wing, "Linearizability: A Correctness Condition for Concurrent Objects", ACM TOPLAS 12(3), 1990,
section 2 (histories, pending invocations).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SCHEMA = 1

# Operations whose answer is worth reading even if it is None.
_ASKING = ("read", "get", "dequeue")


def _frozen(value: Any) -> Any:
    """Plain data with tuples for lists, so that it can be hashed and compared; ValueError for anything else."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    raise ValueError(f"{value!r} is not plain data: use None, bool, int, float, str and lists or tuples of these")


def _thawed(value: Any) -> Any:
    """Lists for tuples, as JSON has them."""
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Operation:
    """One operation of one client.

    `call` is plain data, the name first: ("write", "x", 3), ("read", "x"), ("cas", "x", 1, 2), ("append", "x", 5),
    ("enqueue", 7), ("dequeue",). `result` is plain data: None for a mere acknowledgement, and meaningless while
    `returned_s` is None. Lists become tuples. ValueError, naming the operation, for a call without a name, for data
    that is not plain, and for times that cannot be.
    """

    client: str
    call: tuple[Any, ...]
    result: Any
    called_s: float
    returned_s: float | None
    failed: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.call, list | tuple) or not self.call or not isinstance(self.call[0], str):
            raise ValueError(f"{self.client}: a call is a tuple that starts with a name, not {self.call!r}")
        object.__setattr__(self, "call", _frozen(self.call))
        object.__setattr__(self, "result", _frozen(self.result))
        if not math.isfinite(self.called_s):
            raise ValueError(f"{self}: it was called at {self.called_s!r} s, which is no moment")
        if self.returned_s is None:
            if self.failed:
                raise ValueError(f"{self}: it was refused, so it was answered, but it has no moment of return")
        elif not self.called_s <= self.returned_s < math.inf:
            raise ValueError(f"{self}: it returned at {self.returned_s!r} s, but was called at {self.called_s!r} s")

    @property
    def pending(self) -> bool:
        """True if it was never answered (rule 2)."""
        return self.returned_s is None

    @property
    def text(self) -> str:
        """What was asked and answered, in a few characters: `write x=3`, `read x → 2`, `enqueue 7 → ?`."""
        name, *arguments = self.call
        if name == "write" and len(arguments) == 2:
            asked = f"write {arguments[0]}={arguments[1]!r}"
        elif name == "cas" and len(arguments) == 3:
            asked = f"cas {arguments[0]}: {arguments[1]!r} to {arguments[2]!r}"
        else:
            asked = " ".join([name, *(str(argument) for argument in arguments)])
        if self.failed:
            return f"{asked} refused"
        if self.pending:
            return f"{asked} → ?"
        return asked if self.result is None and name not in _ASKING else f"{asked} → {self.result!r}"

    def __str__(self) -> str:
        return f"{self.client}: {self.text}"


History = Sequence[Operation]


def checked(history: Iterable[Operation]) -> tuple[Operation, ...]:
    """The history as a tuple; ValueError, naming both operations, if two of one client overlap (rule 4)."""
    operations = tuple(history)
    for indices in by_client(operations, with_failed=True).values():
        for first, second in pairwise(indices):
            _require_apart(operations, first, second)
    return operations


def _require_apart(operations: Sequence[Operation], first: int, second: int) -> None:
    earlier, later = operations[first], operations[second]
    if earlier.returned_s is None:
        raise ValueError(
            f"operation {second} ({later}) follows operation {first} ({earlier}), which was never answered: "
            "a client that goes on after that needs a new name"
        )
    if earlier.returned_s > later.called_s:
        raise ValueError(
            f"operation {second} ({later}) was called at {later.called_s!r} s, while operation {first} ({earlier}) "
            f"of the same client lasted until {earlier.returned_s!r} s"
        )


def by_client(operations: Sequence[Operation], with_failed: bool = False) -> dict[str, list[int]]:
    """Program order: for each client the indices of its operations, first to last; refused ones only on request."""
    order = sorted(range(len(operations)), key=lambda i: _moments(operations[i]))
    clients: dict[str, list[int]] = {}
    for index in order:
        if with_failed or not operations[index].failed:
            clients.setdefault(operations[index].client, []).append(index)
    return clients


def _moments(operation: Operation) -> tuple[float, float]:
    return operation.called_s, math.inf if operation.returned_s is None else operation.returned_s


def named(operations: Sequence[Operation], index: int) -> str:
    """An operation as a verdict speaks of it: `B: read x → 2 (operation 7)`."""
    return f"{operations[index]} (operation {index})"


def to_json(history: Iterable[Operation]) -> dict[str, Any]:
    """The history as JSON: lists stand for tuples."""
    return {
        "schema": SCHEMA,
        "operations": [
            {
                "client": operation.client,
                "call": _thawed(operation.call),
                "result": _thawed(operation.result),
                "called_s": operation.called_s,
                "returned_s": operation.returned_s,
                "failed": operation.failed,
            }
            for operation in history
        ],
    }


def from_json(data: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The history that `to_json` wrote; ValueError for another schema, a missing field or a history that cannot be."""
    if data.get("schema") != SCHEMA:
        raise ValueError(f"this is a history of schema {data.get('schema')!r}; schema {SCHEMA} can be read")
    operations = []
    for index, fields in enumerate(data.get("operations", ())):
        try:
            operations.append(Operation(**fields))
        except TypeError as error:
            raise ValueError(f"operation {index} has not the fields of an operation: {error}") from None
        except ValueError as error:
            raise ValueError(f"operation {index}: {error}") from None
    return checked(operations)
