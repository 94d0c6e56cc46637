"""What the tests of the five topics of exercise 3.6 ask of every one of their checks."""

import json
import random

from faultlab.checks import core
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.sim.trace import Trace


def verdict_on(item, name, check=None, **options):
    subject = Subject(LocalChannel({"Answer": item}), settle_s=0.02, answer_timeout_s=20.0)
    return core.judge(check or core.find(name), subject, [named("Answer")], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


def right(item, name, seeds=range(4)):
    verdict = verdict_on(item, name, hidden=True, seeds=seeds)
    assert verdict.status == core.RIGHT, verdict.to_text()


def fails_even_an_empty_schedule(item, name):
    verdict = verdict_on(item, name, with_schedule(name, []))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0), name


def any_part_of_a_schedule_is_one(item, name):
    """The shortest failing schedule is found by leaving steps out, so every part must still be judged rightly."""
    found, rng = core.find(name), random.Random(name)
    for seed in range(4):
        whole = found.generate(random.Random(seed)) if found.generate else found.examples[0]
        right(item, name, []) if not whole else None
        part = [step for step in whole if rng.random() < 0.6]
        verdict = verdict_on(item, name, with_schedule(name, part))
        assert verdict.status == core.RIGHT, (part, verdict.to_text())


def plain_data_that_the_seed_decides(name):
    found = core.find(name)
    for seed in range(5 if found.generate else 0):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))


def trace_of(verdict):
    """The merge diagram of a failure; it opens at its last event."""
    assert verdict.status == core.WRONG and verdict.trace is not None, verdict.to_text()
    trace = Trace.from_json(verdict.trace)
    assert verdict.at == len(trace) - 1
    return trace
