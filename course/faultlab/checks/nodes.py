"""A learner's nodes where the judge wants them: in the model checker, and in a world with faults.

    explore(dict.fromkeys("ABC", Node), properties, steppers=dict.fromkeys("ABC", Remote(subject, ref)))
    World(dict.fromkeys("ABC", remote_factory(subject, ref)), scenario).run().trace()

1. The network, the clock, the faults, the clients and the properties are here, with the judge. Only handlers are run in
   the learner's process, one step at a time, and what comes back is plain data (`checks/outcomes.py`).
2. A run over the pipe is the same run as with the class itself: the same schedule, the same random numbers, the same
   counterexample. What differs is what a class shares behind the back of plain data: an object in two fields at once
   is two after the first step.
3. A handler that raises, or does not return, is a failure of its node. A process that is gone ends the trial, whatever
   it was asked.
4. The model checker asks for many steps at once; a world must ask one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from faultlab.checks.subject import Ref, RemoteError, Subject, SubjectError
from faultlab.sim.host import Abort, Elsewhere, HandlerFailed, Outcome, Step
from faultlab.sim.node import Context, Factory
from faultlab.sim.plain import Plain
from faultlab.sim.world import WorldContext

NOT_WRITTEN = "NotImplementedError in "


class Remote:
    """Runs steps of the learner's class `ref` where it lives: a `Stepper` of the model checker.

    SubjectError for a class that does not exist, and for a handler that raises NotImplementedError: nothing was handed
    in. SubjectLost if its process is gone.
    """

    def __init__(self, subject: Subject, ref: Ref) -> None:
        self._subject, self._ref = subject, ref

    def steps(self, steps: Sequence[Step]) -> list[Outcome]:
        """The outcome of each step."""
        return list(self.each(steps))

    def each(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        """The outcomes one after the other; steps far behind the one at which the caller stops are not run."""
        for outcome in self._subject.each_step(self._ref, steps):
            error = outcome.get("error", "")
            if error.startswith(NOT_WRITTEN):
                raise SubjectError(RemoteError(("NotImplementedError",), error, traceback=outcome["traceback"]))
            yield outcome

    def elsewhere(self, steps: Sequence[Step]) -> list[list[Outcome]]:
        """The outcomes in other processes with another hash seed, a list for each; none where there are none, or for a
        class that has no name by which it is known there."""
        return self._subject.elsewhere(self._ref, steps) if self._ref.target[0] == "$name" else []


class RemoteNode(Elsewhere):
    """A node of a `World` whose handlers are the learner's, run in the learner's process.

    Its fields are the learner's, as they were after the last handler; nothing else stands in `vars` of it.
    """

    __slots__ = ("_behind",)

    def __init__(self, behind: Remote) -> None:
        self._behind = behind

    def on_start(self, ctx: Context) -> None:
        self._run(ctx, "start")

    def on_message(self, ctx: Context, sender: str, message: Plain) -> None:
        self._run(ctx, "message", sender, message)

    def on_timer(self, ctx: Context, timer: str) -> None:
        self._run(ctx, "timer", timer)

    def on_request(self, ctx: Context, request: str, call: Plain) -> None:
        self._run(ctx, "request", request, call)

    def _run(self, ctx: Any, *event: Plain) -> None:
        if not isinstance(ctx, WorldContext):
            raise Abort("a RemoteNode runs in a World; the model checker takes a Remote among its steppers")
        outcome = self._behind.steps([ctx.step(vars(self), event)])[0]
        if "error" in outcome:
            raise HandlerFailed(outcome)
        vars(self).clear()
        vars(self).update(outcome["fields"])
        ctx.draft = outcome["disk"]
        ctx.effects += outcome["effects"]


def remote_factory(subject: Subject, ref: Ref) -> Factory:
    """What makes the nodes of a `World` whose handlers are those of the learner's class `ref`."""
    behind = Remote(subject, ref)
    return lambda: RemoteNode(behind)
