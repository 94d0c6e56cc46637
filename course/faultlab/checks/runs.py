"""Searches and runs of a learner's nodes, judged: what fails brings the schedule that shows it.

    search(t, dict.fromkeys("ABC", t.objects[0]), safety(), words, timers=2, crashes=1)
    trace = run(t, dict.fromkeys("ABCDE", t.objects[0]), scenario)
    hold(t, trace, safety(), words)

1. The properties are the judge's, and so are their sentences: `words` says for each property, in the learner's
   language, what is broken if it does not hold. The names stay those of the literature.
2. A search that finds nothing must have found something: each `sometimes` is a demand. A protocol in which nothing
   happens is safe, and worth nothing.
3. The trace goes with the verdict. It ends soon after the event at which the property fell, and opens there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NoReturn

from faultlab.checks.core import Trial
from faultlab.checks.subject import Ref
from faultlab.i18n import _, number
from faultlab.sim.explore import NO_FAILURE, Exploration
from faultlab.sim.node import Factory
from faultlab.sim.properties import SOMETIMES, VIOLATED, Property, judge
from faultlab.sim.scenario import Scenario
from faultlab.sim.trace import Finding, Trace

# In `words`: what to say of a staged way that the nodes cannot be led along.
PREFIX = "prefix"

Nodes = Mapping[str, Ref | Factory]
Words = Mapping[str, str]


def search(t: Trial, nodes: Nodes, properties: Iterable[Property], words: Words, **how) -> Exploration:
    """`Trial.explore`, and the trial fails with what it finds: a property violated, a `sometimes` that was not reached,
    a handler that raised. `words` maps names of properties to sentences, and `PREFIX` to that for a staged way which
    the nodes do not follow. What bounds left open is no failure."""
    try:
        result = t.explore(nodes, properties, **{"audit": False, **how})
    except ValueError:
        if how.get("prefix") and PREFIX in words:
            t.fail(words[PREFIX])
        raise
    found = next((f for f in result.findings if f.status == VIOLATED and f.name in result.paths), None)
    if found is not None:
        trace = result.trace(found.name)
        _fail(t, trace, next(f for f in trace.findings if f.name == found.name), words)
    # A search that a bound has stopped leaves open what it has not seen, and has not seen it all the same.
    missing = next((f for f in result.findings if f.kind == SOMETIMES and f.status != "ok"), None)
    if missing is not None:
        t.fail(words.get(missing.name) or _("It never happens that {what}.", what=missing.name))
    return result


def run(t: Trial, nodes: Nodes, scenario: Scenario) -> Trace:
    """One run in a world, to the end of the scenario, and `sound`."""
    return sound(t, t.world(nodes, scenario).run().trace())


def sound(t: Trial, trace: Trace) -> Trace:
    """The trial fails if a handler raised, or if the nodes would not come to rest. The trace is kept for whatever fails
    after it."""
    t.keep(trace)
    failed = next((i for i, row in enumerate(trace.rows) if row[1] == "error"), None)
    if failed is not None:
        event = trace[failed]
        wrong(t, trace, _raised(event.node, str(event.detail)), failed, trace.tracebacks.get(failed, ""))
    if trace.rows and trace.rows[-1][1] == "end":
        wrong(t, trace, _("The nodes do not come to rest: {n} events in {seconds} s.", n=len(trace),
                          seconds=number(trace.end_s, 3)))  # fmt: skip
    return trace


def hold(t: Trial, trace: Trace, properties: Iterable[Property], words: Words) -> Trace:
    """Ask the properties after every event of a trace; the trial fails at the first violation."""
    judged = judge(trace, properties)
    broken = [f for f in judged.findings if f.status == VIOLATED]
    if broken:
        _fail(t, judged, min(broken, key=lambda f: f.event), words)
    t.keep(trace)
    return judged


def wrong(t: Trial, trace: Trace, message: str, at: int | None = None, traceback: str = "") -> NoReturn:
    """Fail with a sentence of the check's own; the trace goes with it, and opens at event `at`."""
    event = len(trace) - 1 if at is None else at
    t.keep(trace.with_findings(Finding(_("the check"), "always", VIOLATED, message, event)), at)
    t.traceback = traceback
    t.fail(message)
    raise AssertionError("a trial that fails does not go on")


def _fail(t: Trial, trace: Trace, found: Finding, words: Words) -> NoReturn:
    message = words.get(found.name) or found.because or found.name
    traceback = ""
    if found.name == NO_FAILURE:
        node, _colon, error = found.because.partition(": ")
        message = _raised(node, error)
        traceback = next(iter(trace.tracebacks.values()), "")
    at = found.event if found.event >= 0 else len(trace) - 1
    # The reasons of the properties are the laboratory's, in English: the learner gets the sentence of the check.
    t.keep(trace.with_findings(replace(found, because=message)), at)
    t.traceback = traceback
    t.fail(message)
    raise AssertionError("a trial that fails does not go on")


def _raised(node: str, error: str) -> str:
    handler, cut_off, _question = error.partition(" did not return")
    if cut_off:
        return _("Node {node}: {handler} did not return. Is there an endless loop?", node=node, handler=handler)
    return _("Node {node} raised {error}.", node=node, error=error)
