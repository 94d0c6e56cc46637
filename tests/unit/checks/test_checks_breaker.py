"""The checks of the circuit breaker exercise, held to the model that the course teaches and to small wrong ones."""

import json
import random
import threading

import pytest

from faultlab.checks import breaker as checks
from faultlab.checks import core
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.errors import CircuitOpenError, HTTPError
from faultlab.i18n import use_language
from faultlab.models import breaker as model

NAMES = core.names("breaker")
CLOCKED = [name for name in NAMES if name != "breaker.http"]  # those that need no server


class Model(model.CircuitBreaker):
    """The course's model behind the exercise's constructor."""

    def __init__(self, clock, failure_threshold=5, window_s=10.0, recovery_time_s=30.0, probes_max=1):
        settings = model.BreakerConfig(
            failure_threshold, window_s, recovery_time_s=recovery_time_s, probes_max=probes_max
        )
        super().__init__(clock, settings)


class PassThrough:
    def __init__(self, clock, **settings):
        self.state = "CLOSED"

    def call(self, request):
        return request()


class Wall:
    def __init__(self, clock, **settings):
        self.state = "OPEN"

    def call(self, request):
        raise CircuitOpenError(30.0)


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def verdict_on(cls, name, check=None, **options):
    subject = Subject(LocalChannel({"CircuitBreaker": cls}), settle_s=0.02, answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named("CircuitBreaker")], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


@pytest.mark.parametrize("name", NAMES)
def test_the_model_of_the_course_is_right(name):
    verdict = verdict_on(Model, name, hidden=True, seeds=range(3))
    assert verdict.status == core.RIGHT, verdict.to_text()


@pytest.mark.parametrize("cls", [PassThrough, Wall])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_does_nothing_fails_even_an_empty_schedule(name, cls):
    verdict = verdict_on(cls, name, with_schedule(name, []))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", CLOCKED)
def test_any_part_of_a_schedule_is_a_schedule(name):
    """The shortest failing schedule is found by leaving steps out, so every part must still be judged rightly."""
    found, rng = core.find(name), random.Random(name)
    for seed in range(4):
        whole = found.generate(random.Random(seed)) if found.generate else found.examples[0]
        part = [step for step in whole if rng.random() < 0.6]
        verdict = verdict_on(Model, name, with_schedule(name, part))
        assert verdict.status == core.RIGHT, (part, verdict.to_text())


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_data_that_the_seed_decides(name):
    found = core.find(name)
    for seed in range(5):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))


def test_an_unwritten_breaker_is_not_attempted():
    class Released:
        def __init__(self, clock):
            raise NotImplementedError()

    class Begun:
        def __init__(self, clock, **settings):
            pass

        def call(self, request):
            raise NotImplementedError()

    for cls in (Released, Begun):
        assert {verdict_on(cls, name).status for name in ("breaker.window", "breaker.races")} == {core.NOT_ATTEMPTED}


def test_a_bug_in_the_breaker_is_shown_as_what_it_is():
    class Slip(PassThrough):
        def call(self, request):
            return self.requst()

    verdict = verdict_on(Slip, "breaker.threshold")
    assert "AttributeError" in verdict.message and "self.requst()" in verdict.traceback


def test_an_error_of_the_service_is_no_bug_of_the_breaker():
    rule = with_schedule("breaker.answers", [["raises", "KeyError"], ["raises", "ValueError"]])
    assert verdict_on(Model, "breaker.answers", rule).status == core.RIGHT


def test_the_story_of_a_failure_says_what_happened_and_when():
    class Forgetful(Model):
        def call(self, request):
            value = super().call(request)
            self._window.clear()
            return value

    verdict = verdict_on(Forgetful, "breaker.window")
    assert "The call should have been refused: within 10 s requests failed at" in verdict.message
    assert verdict.story.events[-1].kind == "wrong" and len(verdict.story.events) < 40


def test_a_breaker_that_locks_its_requests_is_stuck_and_leaves_no_call_behind():
    class Locked(Model):
        def __init__(self, clock, **settings):
            super().__init__(clock, **settings)
            self.whole = threading.Lock()

        def call(self, request):
            with self.whole:
                return super().call(request)

    verdict = verdict_on(Locked, "breaker.unlocked", shorten=False)
    assert "it waits" in verdict.message and not verdict.lost


def test_an_off_by_one_threshold_costs_one_check():
    class Late(Model):
        def __init__(self, clock, failure_threshold=5, **settings):
            super().__init__(clock, failure_threshold + 1, **settings)

    wrong = [name for name in CLOCKED if verdict_on(Late, name, hidden=True, seeds=range(2)).status != core.RIGHT]
    assert wrong == ["breaker.threshold"]


def test_the_right_error_is_demanded_by_the_rules_that_speak_of_it_only():
    class OwnError(Model):
        def call(self, request):
            try:
                return super().call(request)
            except CircuitOpenError:
                raise ConnectionAbortedError from None

    wrong = [name for name in CLOCKED if verdict_on(OwnError, name).status != core.RIGHT]
    assert wrong == ["breaker.open", "breaker.retry_after", "breaker.probes"]


def test_a_verdict_speaks_the_language_of_the_learner():
    use_language("ru")
    verdict = verdict_on(PassThrough, "breaker.open")
    assert "Предохранитель уже должен быть разомкнут" in verdict.message and "Правило 4" in verdict.to_text()


def test_a_request_ends_as_its_kind_says():
    assert checks.answer("ok") == "ok"
    with pytest.raises(HTTPError, match="HTTP 503"):
        checks.answer(503)
    with pytest.raises(ConnectionResetError):
        checks.answer("ConnectionResetError")
