"""Is a handler what it must be: a function of the node's fields, its disk, and what happened?

The model checker computes each outcome once. That is only right if the outcome would be the same the next time. Three
ordinary mistakes break it, and all are invisible in a run that happens to come out well:

1. State that is not in `self`: a list as an attribute of the class, a global variable, a default argument that is
   changed. Nodes share it, and a crash does not clear it. Computed again in another order, the outcome differs.
2. Chance or time that does not come from `ctx`, and the order of a set, which depends on the hash seed of the process.
   Computed at once again, or in another process with another hash seed, the outcome differs.
3. The order in which a dict was filled. It is the same in every run, but the model checker takes dicts with equal
   contents for equal. Computed again on a dict that was filled the other way round, the outcome differs.

So a part of what the search computed is computed again, in this process and in two others. What differs is named, and
where it is kept if it is kept in the class.

Left out: mistakes that show only in steps which are not in the sample.
"""

from __future__ import annotations

import ast
import base64
import builtins
import dis
import inspect
import json
import linecache
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from faultlab.sim.host import Host, Outcome, Step
from faultlab.sim.plain import from_literal, literal, plain

if TYPE_CHECKING:
    from faultlab.sim.explore import Cluster

SAMPLE_MAX = 300
ANSWER_SECONDS_MAX = 20.0
# Two, because a set of two elements has the same order under one half of the seeds.
HASH_SEEDS = ("1729", "4104")


# A factory, steps of its nodes, and what they came to here.
Job = tuple[Any, list[Step], list[Outcome]]


class NoSource(Exception):
    """Another process cannot run the code, or does not answer; the message says why."""


def suspect(cluster: Cluster, sample_max: int = SAMPLE_MAX) -> tuple[list[str], str]:
    """Sentences on what is wrong with the nodes of a cluster that was searched (none if nothing was found), and why the
    other processes could not be asked ("" if they were, or if an answer was found without them).

    Nodes behind a pipe are computed again there, in another order, and if their stepper can have that done `elsewhere`,
    by processes that have the code already, then there.
    """
    found: list[str] = []
    jobs: list[Job] = []
    remote: list[tuple[Any, list[Step]]] = []
    for stepper, factory, steps, first_time in _samples(cluster, sample_max):
        before = _kept_in_class(stepper)
        again = _compare_again(stepper, steps, first_time) or _compare_turned(stepper, steps, cluster.network == "fifo")
        shared = [name for name, text in _kept_in_class(stepper).items() if before.get(name) != text]
        if shared:
            found.append(f"{shared[0]} belongs to the class: all nodes share it, and a crash does not clear it")
        elif again:
            found += again
        elif isinstance(stepper, Host):
            jobs.append((factory, steps, stepper.steps(steps)))
        elif hasattr(stepper, "elsewhere"):
            remote.append((stepper, steps))
    if found:
        return list(dict.fromkeys(found)), ""
    try:
        for stepper, steps in remote:
            here = stepper.steps(steps)
            found += [text for there in stepper.elsewhere(steps) for text in _compare(steps, here, there)]
        return found[:1] or (_compare_elsewhere(jobs) if jobs else []), ""
    except NoSource as error:
        return [], str(error)


def _samples(cluster: Cluster, sample_max: int) -> Iterator[tuple[Any, Any, list[Step], list[Outcome]]]:
    """For each stepper the factory of a node of it, a part of the steps that it has made, and what they came to."""
    pairs = [pair for pair, moved in cluster.moves.items() if "endless" not in moved.outcome]
    chosen = pairs if len(pairs) <= sample_max else Random(0).sample(pairs, sample_max)
    by_stepper: dict[int, list[tuple[int, int]]] = {}
    for pair in chosen:
        by_stepper.setdefault(id(cluster.stepper_of(pair[1])), []).append(pair)
    for some in by_stepper.values():
        steps = [cluster.step_of(*pair) for pair in some]
        first_time = [cluster.moves[pair].outcome for pair in some]
        yield cluster.stepper_of(some[0][1]), cluster.factories[steps[0]["name"]], steps, first_time


def _kept_in_class(stepper: Any) -> dict[str, str]:
    """What the attributes of a node's class hold, as text, by "Class.attribute"."""
    kind = stepper.kind if isinstance(stepper, Host) else None
    return {
        f"{c.__name__}.{name}": repr(value)
        for c in (kind.__mro__ if kind else ())
        for name, value in vars(c).items()
        if not name.startswith("__") and isinstance(value, list | dict | set)
    }


def _compare_again(stepper: Any, steps: Sequence[Step], first_time: Sequence[Outcome]) -> list[str]:
    """Each step twice in a row, then all of them backwards; and all of it beside what they came to in the search."""
    twice = stepper.steps([step for step in steps for _ in range(2)])
    for step, first, second in zip(steps, twice[::2], twice[1::2], strict=True):
        if _text(first) != _text(second):
            what = f"{_where(step)} gives another outcome each time: {_difference(first, second)}"
            return [f"{what}. Chance and time come from ctx only, and state is kept in self and nowhere else"]
    backwards = stepper.steps(steps[::-1])[::-1]
    for other in (first_time, backwards):
        for step, first, second in zip(steps, twice[::2], other, strict=True):
            if _text(first) != _text(second):
                what = f"{_where(step)} depends on what other nodes did before: {_difference(first, second)}"
                return [f"{what}. Is there state in the class, in a global variable, or in a default argument?"]
    return []


def _compare_turned(stepper: Any, steps: Sequence[Step], links_in_order: bool) -> list[str]:
    """Each step again with every dict filled backwards: for the model checker that is the same state."""
    turned = [{name: _turned(part) for name, part in step.items()} for step in steps]
    some = [i for i, step in enumerate(steps) if repr(step) != repr(turned[i])]
    firsts, seconds = (stepper.steps([several[i] for i in some]) for several in (steps, turned))
    for i, first, second in zip(some, firsts, seconds, strict=True):
        if _text(_sorted(first, links_in_order)) != _text(_sorted(second, links_in_order)):
            what = f"{_where(steps[i])} depends on the order in which a dict was filled: {_difference(first, second)}"
            return [f"{what}. To the model checker it is one dict, however it was filled: sort it before you use it"]
    return []


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _turned(v) for k, v in reversed(value.items())}
    return type(value)(map(_turned, value)) if isinstance(value, list | tuple) else value


def _sorted(outcome: Outcome, links_in_order: bool) -> Outcome:
    """The outcome with its effects in an order that means nothing; messages of one link may keep theirs."""
    if "error" in outcome:
        return outcome
    key = (lambda effect: literal(effect[:2])) if links_in_order else literal
    return {**outcome, "effects": sorted(outcome["effects"], key=key)}


def _compare_elsewhere(jobs: Sequence[Job]) -> list[str]:
    """The same steps in other processes, each with another hash seed; NoSource if they cannot be asked."""
    for answers in other_processes([(factory, steps) for factory, steps, _here in jobs]):
        for (_factory, steps, here), there in zip(jobs, answers, strict=True):
            if found := _compare(steps, here, there):
                return found
    return []


def _compare(steps: Sequence[Step], here: Sequence[Outcome], there: Sequence[Outcome]) -> list[str]:
    """What differs first, as a list of one sentence; an empty one if nothing does."""
    for step, first, second in zip(steps, here, there, strict=True):
        if _text(first) != _text(second):
            what = f"{_where(step)} gives another outcome in another process: {_difference(first, second)}"
            return [f"{what}. The order of a set differs from process to process: sort it before you use it"]
    return []


def _text(outcome: Outcome) -> str:
    if "error" in outcome:
        return str(outcome["error"])
    return literal({k: list(v) if k == "effects" else v for k, v in outcome.items()})


def _where(step: Step) -> str:
    kind, *what = step["event"]
    return f"{step['name']}, {kind} {', '.join(map(repr, what))}".strip()[:120]


def _difference(first: Outcome, second: Outcome) -> str:
    for part in ("error", "effects", "disk", "fields"):
        one, two = first.get(part), second.get(part)
        if one != two or repr(one) != repr(two):
            if isinstance(one, dict) and isinstance(two, dict):
                name = next((k for k in {**one, **two} if one.get(k) != two.get(k)), "")
                return f"{part}[{name!r}] is {one.get(name)!r}, then {two.get(name)!r}"[:200]
            return f"{part} {one!r}, then {two!r}"[:200]
    return "its order"


# Other processes


def other_processes(
    jobs: Sequence[tuple[Any, Sequence[Step]]], hash_seeds: Sequence[str] = HASH_SEEDS
) -> list[list[list[Outcome]]]:
    """For each hash seed, from a fresh Python, and for each job (a factory and its steps) the outcomes.

    NoSource if the code cannot be brought there, or if a process does not answer.
    """
    lines = [{"code": shipped(factory), "steps": [literal(dict(s)) for s in steps]} for factory, steps in jobs]
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([package, *filter(None, sys.path)])
    command = [sys.executable, "-c", "from faultlab.sim.audit import answer; answer()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    started: list[subprocess.Popen[str]] = []
    try:
        for seed in hash_seeds:
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
            started.append(subprocess.Popen(command, env=environment, **pipes))  # type: ignore[call-overload]
        texts = [process.communicate(json.dumps(lines), timeout=ANSWER_SECONDS_MAX)[0] for process in started]
        answers = [json.loads(base64.b64decode(text.splitlines()[-1])) for text in texts]
        return [[[from_literal(outcome) for outcome in job] for job in answer] for answer in answers]
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise NoSource(f"another process gave no answer ({type(error).__name__})") from error
    finally:
        for process in started:
            process.kill()
            process.wait()


def answer() -> None:
    """Such a process: read the code and the steps from standard input, write the outcomes."""
    outcomes = []
    for job in json.load(sys.stdin):
        names: dict[str, Any] = {"__name__": "__shipped__"}
        exec(compile(job["code"], "<shipped>", "exec"), names)
        steps = Host(names["shipped_factory"]).steps(from_literal(text) for text in job["steps"])
        outcomes.append([literal(plain(outcome)) for outcome in steps])
    # The nodes may print: what counts is the last line.
    print()
    print(base64.b64encode(json.dumps(outcomes).encode()).decode())


def shipped(factory: Any) -> str:
    """Python source that defines `shipped_factory` in an empty module, with what it needs; NoSource if that is not
    possible.

    A class of an importable module is imported. One of a notebook is sent as its text, together with the functions,
    classes, modules and constants of the notebook that it names.
    """
    parts: dict[str, str] = {}
    expression = _expression(factory, parts)
    return "\n".join(["from __future__ import annotations", *parts.values(), f"shipped_factory = {expression}", ""])


def _expression(item: Any, parts: dict[str, str]) -> str:
    """Python for a factory or an argument of one; what it names is put into `parts`."""
    if isinstance(item, partial):
        parts.setdefault("functools", "import functools")
        given = [_expression(value, parts) for value in (item.func, *item.args)]
        given += [f"{name}={_expression(value, parts)}" for name, value in item.keywords.items()]
        return f"functools.partial({', '.join(given)})"
    if isinstance(item, type | FunctionType):
        if not item.__qualname__.isidentifier():
            raise NoSource(f"{item.__qualname__} is not defined at the top of a module or notebook")
        module = sys.modules.get(item.__module__)
        _collect(item.__name__, item, vars(module) if module else {}, parts)
        return item.__name__
    try:
        return literal(item)
    except (TypeError, ValueError) as error:
        raise NoSource(str(error)) from error


def _collect(name: str, item: Any, names: Mapping[str, Any], parts: dict[str, str]) -> None:
    """Put the definition of `name` into `parts`, after everything that it needs."""
    if name in parts or getattr(builtins, name, None) is item:
        return
    if isinstance(item, ModuleType):
        parts[name] = f"import {item.__name__} as {name}"
    elif isinstance(item, type | FunctionType):
        home = sys.modules.get(item.__module__)
        if item.__module__ != "__main__" and getattr(home, "__file__", None):
            parts[name] = f"from {item.__module__} import {item.__qualname__} as {name}"
            return
        source = _source(item)
        parts[name] = ""  # it may name itself
        for used in sorted(_globals_of(compile(source, "<shipped>", "exec"))):
            if used in names and used != name:
                _collect(used, names[used], names, parts)
        parts.pop(name)
        parts[name] = source
    else:
        try:
            parts[name] = f"{name} = {literal(item)}"
        except (TypeError, ValueError) as error:
            raise NoSource(f"{name} is no plain data: {error}") from error


def _source(item: type | FunctionType) -> str:
    """The text of a class or function, of a notebook's too; NoSource if there is none."""
    try:
        return inspect.cleandoc("\n" + inspect.getsource(item))
    except (OSError, TypeError) as error:
        # A class of a notebook has no file of its own; but its methods know the cell.
        methods = [f.__code__ for f in vars(item).values() if isinstance(f, FunctionType)]
        for code in methods:
            text = "".join(linecache.getlines(code.co_filename))
            for node in ast.walk(ast.parse(text)):
                named = isinstance(node, ast.ClassDef) and node.name == item.__name__
                if named and node.lineno <= code.co_firstlineno <= (node.end_lineno or 0):
                    return ast.get_source_segment(text, node) or ""
        raise NoSource(f"the text of {item.__name__} is not known") from error


def _globals_of(code: CodeType) -> set[str]:
    """The names that a piece of code, or code inside it, looks up outside of itself."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _globals_of(constant)
    return found
