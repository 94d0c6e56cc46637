"""From what passed between clients and nodes to a history.

1. A request may be asked more than once, of one node after another: it is one operation, from the first asking to the
   first answer.
2. An operation has failed only if every asking of it was refused. If one of them was never answered, that one may still
   take effect.
3. A client whose operation was never answered goes on under a new name: "ann", then "ann (2)".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from faultlab.sim.history.operations import Operation
from faultlab.sim.plain import literal

CALL, REPLY, REFUSE = "call", "reply", "refuse"

# (moment in seconds, "call", "reply" or "refuse", request "<client>.<number>", call or result)
Entry = tuple[float, str, str, Any]


@dataclass
class _Asked:
    """One request: how often it was asked and refused, and the answer once there is one."""

    client: str
    call: Any
    called_s: float
    asked: int = 1
    refused: int = 0
    answered: bool = False
    result: Any = None
    returned_s: float | None = None

    def operation(self) -> Operation:
        call = flat(self.call)
        if self.answered:
            return Operation(self.client, call, flat(self.result), self.called_s, self.returned_s)
        if self.refused == self.asked:
            return Operation(self.client, call, None, self.called_s, self.returned_s, failed=True)
        return Operation(self.client, call, None, self.called_s, None)


def recorded(entries: Iterable[Entry]) -> tuple[Operation, ...]:
    """The operations, in the order of their calls."""
    found: dict[str, _Asked] = {}
    latest: dict[str, str] = {}
    lives: dict[str, int] = {}
    for at_s, kind, request, value in entries:
        one = found.get(request)
        if one is None:
            client = request.rpartition(".")[0]
            if client in latest and found[latest[client]].operation().pending:
                lives[client] = lives.get(client, 1) + 1  # rule 3
            name = f"{client} ({lives[client]})" if client in lives else client
            found[request] = _Asked(name, value, at_s)
            latest[client] = request
        elif one.answered:
            continue
        elif kind == CALL:
            one.asked += 1
        else:
            one.refused += kind == REFUSE
            one.answered, one.result, one.returned_s = kind == REPLY, value, at_s
    return tuple(one.operation() for one in found.values())


def flat(value: Any) -> Any:
    """Plain data that can be hashed: a set becomes the sorted tuple of its elements, a dict that of its pairs."""
    if isinstance(value, dict):
        return tuple(sorted(((flat(k), flat(v)) for k, v in value.items()), key=literal))
    if isinstance(value, set):
        return tuple(sorted(map(flat, value), key=literal))
    if isinstance(value, list | tuple):
        return tuple(map(flat, value))
    return value
