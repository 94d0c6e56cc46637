"""What a checker answers: ok, violated or unknown, and why.

`violated` is certain: no execution that the model allows explains the history. `ok` is certain too, but modest: some
execution that the model allows explains this history; another run of the same system may still violate it. `unknown` is
an honest answer: the search was cut off at its budget, or the history does not hold what it takes to decide.
"""

from __future__ import annotations

from dataclasses import dataclass

OK, VIOLATED, UNKNOWN = "ok", "violated", "unknown"
STATUSES = (OK, VIOLATED, UNKNOWN)

STEPS_MAX = 1_000_000  # a few seconds of a search that finds no end

# What an unknown verdict is due to, where it is not one of the bad patterns of `causality`.
BUDGET = "Budget"
REPEATED_VALUE = "RepeatedValue"
NOT_A_REGISTER = "NotARegister"
ONE_OF = "OneOf"
NOT_GIVEN = "NotGiven"


@dataclass(frozen=True)
class Verdict:
    """The answer of one checker.

    `because` is one English sentence or two; `pattern` is the name of the finding for a panel that has its own words
    ("WriteCORead", "Budget", ...; "" where the model and the status say it all). `operations` are the indices of the
    operations that show it, the one to blame first where there is one. `order` is a witness: indices in an order that
    the model allows and that explains every answer, None if there is none or if the model needs more than one order.
    `partial` is the longest such order that was found when there is no complete one. `tried` counts the steps of the
    search, or the operations judged where nothing is searched.
    """

    model: str
    status: str
    because: str
    operations: tuple[int, ...] = ()
    order: tuple[int, ...] | None = None
    tried: int = 0
    pattern: str = ""
    partial: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == OK
