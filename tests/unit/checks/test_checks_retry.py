"""The checks of the retry exercise, held to the model that the course teaches and to small wrong ones."""

import json
import random
from types import SimpleNamespace

import pytest

from faultlab.checks import core
from faultlab.checks import retry as checks
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.errors import RedisError, S3Error, SMTPError
from faultlab.i18n import use_language
from faultlab.models import retry as model

NAMES = core.names("retry")
SERVERS = [name for name in NAMES if name.endswith("_server")]
ERRORS = [name for name in NAMES if name.endswith("_errors")]
NUMBERS = [name for name in NAMES if name.startswith("retry.s") or name.startswith("retry.redis")]
NUMBERS = [name for name in NUMBERS if name not in SERVERS + ERRORS]
RULES = [name for name in NAMES if name not in SERVERS + ERRORS + NUMBERS]

POLICIES = {
    "smtp": {"attempts_max": 10, "base_s": 60.0, "cap_s": 120.0, "deadline_s": 900.0},
    "s3": {"attempts_max": 10, "base_s": 1.5, "cap_s": 20.0, "deadline_s": 60.0},
    "redis": {"attempts_max": 5, "base_s": 0.02, "cap_s": 0.1, "deadline_s": 0.2},
}


class Retry(model.Retry):
    """The course's model behind the exercise's constructor."""

    def __init__(self, *, attempts_max, base_s, cap_s, deadline_s, is_retryable, clock, sleep, uniform, budget=None):
        delays = model.FullJitter(base_s, cap_s)
        policy = model.RetryPolicy(attempts_max, delays, deadline_s, is_retryable, idempotent=True)
        super().__init__(policy, clock, sleep, SimpleNamespace(uniform=uniform), budget)


class Once:
    def __init__(self, **settings):
        pass

    def call(self, operation):
        return operation()


class Unlimited:
    def __init__(self, **settings):
        pass

    def deposit(self):
        pass

    def spend(self):
        return True


def lost(error):
    return isinstance(error, (ConnectionError, TimeoutError))


def smtp_retryable(error):
    later = isinstance(error, SMTPError) and error.code < 500 and error.stage != "after_data"
    return lost(error) or later


def s3_retryable(error):
    statuses = (429, 500, 502, 503, 504)
    later = isinstance(error, S3Error) and (error.status in statuses or error.code == "RequestTimeout")
    return lost(error) or later


def redis_retryable(error):
    return lost(error) or (isinstance(error, RedisError) and error.prefix in ("LOADING", "BUSY"))


RIGHT = {
    "Retry": Retry,
    "RetryBudget": model.RetryBudget,
    "smtp": smtp_retryable,
    "s3": s3_retryable,
    "redis": redis_retryable,
    "POLICIES": POLICIES,
}
NOTHING = {
    "Retry": Once,
    "RetryBudget": Unlimited,
    **dict.fromkeys(("smtp", "s3", "redis"), lambda error: False),
    "POLICIES": {
        name: {"attempts_max": 1, "base_s": 0.0, "cap_s": 0.0, "deadline_s": 0.0} for name in ("smtp", "s3", "redis")
    },
}


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def objects_of(name):
    service = name.removeprefix("retry.").partition("_")[0]
    if name in SERVERS:
        return ["Retry", service, "POLICIES"]
    if name in ERRORS:
        return [service]
    if name in NUMBERS:
        return ["POLICIES"]
    return {"retry.budget": ["Retry", "RetryBudget"]}.get(
        name, ["RetryBudget" if name in ("retry.tokens", "retry.tenths") else "Retry"]
    )


def verdict_on(answer, name, check=None, **options):
    subject = Subject(LocalChannel({**RIGHT, **answer}), answer_timeout_s=10.0)
    return core.judge(check or core.find(name), subject, [named(key) for key in objects_of(name)], **options)


def with_schedule(name, schedule):
    found = core.find(name)
    return core.Check(name, found.title, found.run, [schedule])


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SERVERS else n for n in NAMES])
def test_the_model_of_the_course_is_right(name):
    verdict = verdict_on({}, name, hidden=True, seeds=range(3))
    assert verdict.status == core.RIGHT, verdict.to_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_does_nothing_fails_even_an_empty_schedule(name):
    verdict = verdict_on(NOTHING, name, with_schedule(name, []))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SERVERS])
def test_any_part_of_a_schedule_is_a_schedule(name):
    """The shortest failing schedule is found by leaving steps out, so every part must still be judged rightly."""
    found, rng = core.find(name), random.Random(name)
    for seed in range(3 if found.generate else 1):
        whole = found.generate(random.Random(seed)) if found.generate else found.examples[0]
        part = [step for step in whole if rng.random() < 0.6]
        verdict = verdict_on({}, name, with_schedule(name, part))
        assert verdict.status == core.RIGHT, (part, verdict.to_text())


@pytest.mark.parametrize("name", [name for name in NAMES if core.find(name).generate])
def test_schedules_are_plain_data_that_the_seed_decides(name):
    found = core.find(name)
    for seed in range(5):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))


def test_what_is_not_written_yet_is_not_attempted():
    class Released:
        def __init__(self, **settings):
            raise NotImplementedError()

    def unwritten(error):
        raise NotImplementedError()

    empty = {name: dict.fromkeys(checks.KEYS) for name in POLICIES}
    answer = {**dict.fromkeys(("smtp", "s3", "redis"), unwritten), "Retry": Released, "RetryBudget": Released}
    for name in NAMES:
        assert verdict_on({**answer, "POLICIES": empty}, name).status == core.NOT_ATTEMPTED, name


def test_a_bug_in_the_retry_is_shown_as_what_it_is():
    class Slip(Once):
        def call(self, operation):
            return self.operaton()

    verdict = verdict_on({"Retry": Slip}, "retry.attempts")
    assert "AttributeError" in verdict.message and "self.operaton()" in verdict.traceback


def test_a_retry_without_an_end_is_stopped():
    class Stubborn(Retry):
        def call(self, operation):
            while True:
                try:
                    return super().call(operation)
                except Exception:
                    continue

    verdict = verdict_on({"Retry": Stubborn}, "retry.attempts")
    assert verdict.status == core.WRONG and not verdict.lost and "Expected 2 attempts" in verdict.message


def test_a_sleep_in_slices_is_the_same_wait():
    class Sliced(Retry):
        def __init__(self, *, sleep, **settings):
            super().__init__(sleep=lambda s: [sleep(s / 2), sleep(s / 2)], **settings)

    assert {verdict_on({"Retry": Sliced}, name).status for name in RULES} == {core.RIGHT}


def test_a_wrong_interval_of_the_jitter_costs_the_rules_that_speak_of_it_only():
    class Half(Retry):
        def __init__(self, *, uniform, **settings):
            super().__init__(uniform=lambda low, high: uniform(high / 2, high), **settings)

    wrong = [name for name in NAMES if verdict_on({"Retry": Half}, name).status != core.RIGHT]
    assert wrong == ["retry.jitter", "retry.cap", "retry.long"]


def test_numbers_are_judged_whatever_the_class_is_worth():
    assert {verdict_on({"Retry": Once}, name).status for name in NUMBERS} == {core.RIGHT}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ([], 'POLICIES should be a dict in which "smtp" is a dict'),
        ({"smtp": {"attempts_max": 3}}, 'POLICIES["smtp"] should have the keys'),
        ({"smtp": {**POLICIES["smtp"], "attempts_max": 2.5}}, "it should be a whole number, at least 1"),
        ({"smtp": {**POLICIES["smtp"], "attempts_max": True}}, "it should be a whole number, at least 1"),
        ({"smtp": {**POLICIES["smtp"], "base_s": float("nan")}}, "it should be a number of seconds, at least 0"),
        ({"smtp": {**POLICIES["smtp"], "cap_s": -1}}, "it should be a number of seconds, at least 0"),
        ({"smtp": {**POLICIES["smtp"], "deadline_s": "15 min"}}, "it should be a number of seconds, at least 0"),
    ],
)
def test_bad_numbers_get_one_line(own, said):
    verdict = verdict_on({"POLICIES": own}, "retry.smtp_limits")
    assert verdict.status == core.WRONG and said in verdict.message and "\n" not in verdict.message


def test_a_policy_of_endless_attempts_ends():
    endless = {**POLICIES, "redis": {"attempts_max": 10**9, "base_s": 0.0, "cap_s": 0.0, "deadline_s": 1e9}}
    assert verdict_on({"POLICIES": endless}, "retry.redis_limits").status == core.WRONG


def test_a_second_receipt_is_counted_at_the_server():
    verdict = verdict_on({"smtp": lambda error: True}, "retry.smtp_server")
    assert "accepted, but the reply is lost: it should have been carried out 1 times, and the server counts" in (
        verdict.message
    )
    assert verdict.schedule == ["accepted, but the reply is lost"]


def test_a_server_that_misses_its_part_is_not_the_learners_loss(monkeypatch):
    def disturbed(t, name, part, own, done):
        tried.append(name)
        raise checks.Disturbed("late")

    tried = []
    monkeypatch.setattr(checks, "_call_service", disturbed)
    verdict = verdict_on({}, "retry.redis_server")
    assert verdict.status == core.GRADER_ERROR and tried == ["redis"] * checks.TRIES


def test_the_deadline_decides_how_many_attempts_begin():
    assert checks.expected_attempts(deadline_s=10.25, lasts_s=0.0, wait_s=4.0) == 3
    assert checks.expected_attempts(deadline_s=8.0, lasts_s=0.0, wait_s=4.0) == 3
    assert checks.expected_attempts(deadline_s=8.0, lasts_s=0.5, wait_s=4.0) == 2


def test_a_verdict_speaks_the_language_of_the_learner():
    use_language("ru")
    verdict = verdict_on(NOTHING, "retry.attempts")
    assert "Ожидалось попыток: 2" in verdict.message and "Правило 2" in verdict.to_text()
