"""The machinery of the checks, shown on a small topic: a counter that must stop at its limit."""

import collections
import random
from typing import NamedTuple

import pytest

from faultlab.checks import core
from faultlab.checks.servant import NotPlain, decode, encode
from faultlab.checks.subject import LocalChannel, Outcome, Served, Subject, SubjectError, SubjectLost, named
from faultlab.errors import HTTPError


def subject_of(*objects, **options):
    return Subject(LocalChannel({str(i): o for i, o in enumerate(objects)}), **options)


def run_counter(trial, schedule):
    counter = trial.new(3)
    for expected, step in enumerate(schedule, start=1):
        assert step == "up"
        trial.equal(trial.call(counter, "up"), min(expected, 3), "the count")


COUNTER = core.Check(
    "counter.limit", "a counter stops at its limit", run_counter, [["up"]], lambda rng: ["up"] * rng.randint(6, 9), 5
)


class Counter:
    def __init__(self, limit):
        self.limit, self.n = limit, 0

    def up(self):
        self.n = min(self.n + 1, self.limit)
        return self.n


class Unlimited(Counter):
    def up(self):
        self.n += 1
        return self.n


def verdict_on(cls, **options):
    return core.judge(COUNTER, subject_of(cls), [named("0")], **options)


def test_a_right_answer_is_right():
    assert verdict_on(Counter, hidden=True).status == core.RIGHT


def test_the_visible_example_alone_does_not_find_what_the_hidden_schedules_find():
    assert verdict_on(Unlimited).status == core.RIGHT
    verdict = verdict_on(Unlimited, hidden=True)
    assert (verdict.status, verdict.fraction, verdict.hidden) == (core.WRONG, 0.0, True)


def test_a_failing_schedule_is_shortened_to_the_steps_that_matter():
    assert verdict_on(Unlimited, hidden=True).schedule == ["up"] * 4


def test_the_same_submission_gets_the_same_verdict():
    assert verdict_on(Unlimited, hidden=True).to_json() == verdict_on(Unlimited, hidden=True).to_json()


def test_an_unwritten_answer_is_not_attempted_rather_than_wrong():
    class Blank:
        def __init__(self, limit):
            raise NotImplementedError

    assert verdict_on(Blank).status == core.NOT_ATTEMPTED
    assert core.judge(COUNTER, subject_of(), [named("0")]).status == core.NOT_ATTEMPTED


def test_an_object_equal_to_everything_equals_nothing_for_the_judge():
    class Yes(Counter):
        def up(self):
            class Same:
                def __eq__(self, other):
                    return True

            return Same()

    assert verdict_on(Yes).status == core.WRONG


def test_a_number_that_lies_about_itself_is_read_by_its_base_class():
    class Liar(int):
        def __int__(self):
            return 1

        def __eq__(self, other):
            return True

    assert encode(Liar(7), lambda item: 0) == 7


def test_a_mistake_of_the_check_is_a_grader_error():
    def broken(trial, schedule):
        raise ZeroDivisionError

    check = core.Check("counter.broken", "never", broken, [[]])
    assert core.judge(check, subject_of(Counter), [named("0")]).status == core.GRADER_ERROR


def test_a_call_that_never_returns_is_given_up():
    class Hang(Counter):
        def up(self):
            import threading

            threading.Event().wait()

    verdict = core.judge(COUNTER, subject_of(Hang, answer_timeout_s=0.05), [named("0")])
    assert verdict.lost and verdict.status == core.WRONG


def test_plain_data_crosses_unchanged():
    value = {"a": [1, 2.5, (True, None)], 3: {"x", "y"}, "inf": float("inf")}
    assert decode(encode(value, lambda item: 0), lambda data: None) == value


def test_the_standard_library_s_kinds_of_dict_and_tuple_cross_as_plain_ones():
    class Pair(NamedTuple):
        left: int
        right: int

    class Mine(dict):
        def items(self):
            return [("lie", 1)]

    kinds = [collections.Counter("aab"), collections.defaultdict(int, a=1), collections.OrderedDict(b=2), Pair(1, 2)]
    crossed = decode(encode([*kinds, {"k": 1}.keys()], lambda item: 0), lambda data: None)
    assert crossed == [{"a": 2, "b": 1}, {"a": 1}, {"b": 2}, (1, 2), ["k"]]
    assert [type(item) for item in crossed] == [dict, dict, dict, tuple, list]
    assert encode(Mine(), lambda item: 7) == {"$ref": 7, "type": "Mine"}


def test_a_text_that_is_too_long_does_not_cross_rather_than_cut():
    with pytest.raises(NotPlain, match="4,000,000 characters"):
        encode("x" * 4_000_001, lambda item: 0)


def test_a_value_that_contains_itself_does_not_cross():
    loop = []
    loop.append(loop)
    with pytest.raises(NotPlain):
        encode(loop, lambda item: 0)


def test_an_error_of_the_judge_arrives_as_its_class_and_is_recognised_when_it_comes_back():
    def learner(send):
        try:
            send()
        except HTTPError as error:
            assert error.status == 503
            raise

    def send():
        raise HTTPError(503, retry_after_s=2.0)

    subject = subject_of(learner)
    error = subject.attempt(named("0"), "", send).error
    assert error.type == "HTTPError" and error.attrs == {"status": 503, "retry_after_s": 2.0}
    assert error.raised_by == subject.asks


def test_an_exception_of_the_learner_comes_with_the_learners_own_frames():
    def learner():
        raise LookupError("no such key")

    with pytest.raises(SubjectError) as caught:
        subject_of(learner).call(named("0"))
    assert caught.value.error.is_a("LookupError") and "no such key" in str(caught.value)
    assert "servant.py" not in caught.value.error.traceback


def test_two_lanes_interleave_where_the_check_says():
    class Racy:
        def __init__(self):
            self.n = 0

        def add(self, pause):
            n = self.n
            pause()
            self.n = n + 1

    subject = subject_of(Racy)
    racy = subject.call(named("0"))
    gate = core.Gate("pause")
    first, second = subject.start(racy, "add", gate), subject.start(racy, "add", gate)
    assert (first.settle(), second.settle()) == ("held", "held")
    assert (first.resume(), second.resume()) == ("done", "done")
    assert subject.get(racy, "n") == 1


@pytest.mark.slow
def test_a_lane_that_waits_for_another_is_blocked():
    import threading

    class Locked:
        def __init__(self):
            self.lock = threading.Lock()

        def run(self, pause):
            with self.lock:
                return pause()

    # Longer than a busy machine stands still: a lane that is merely late is not blocked.
    subject = subject_of(Locked, settle_s=1.0)
    locked = subject.call(named("0"))
    gate = core.Gate("pause")
    first = subject.start(locked, "run", gate)
    assert first.settle() == "held"  # before the second begins: of two that begin at once either may have the lock
    second = subject.start(locked, "run", gate)
    assert second.settle() == "blocked"
    assert first.resume(1) == "done" and second.settle() == "held" and second.resume(2) == "done"
    assert (first.outcome, second.outcome) == (Outcome(1), Outcome(2))


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"ev": "done", "id": 1, "error": 7},
        {"ev": "done", "id": [], "value": 1},
        {"ev": "ask", "id": 1, "ask": "x", "handle": 1, "args": [], "kwargs": {}},
    ],
)
def test_nonsense_from_a_process_ends_the_trial_and_not_the_judge(message):
    class Nonsense:
        def send(self, message):
            pass

        def receive(self, timeout_s):
            return message

    with pytest.raises(SubjectLost):
        Subject(Nonsense()).call(named("0"))


def test_the_verdict_is_shown_as_text_and_as_a_picture():
    verdict = verdict_on(Unlimited, hidden=True)
    assert "expected 3, got 4" in verdict.to_text()
    assert "<svg" in verdict.to_html() and "seed" in verdict.to_html()


def test_a_check_shows_its_verdict_and_raises():
    core.register("counter.again", title="again", examples=[["up"] * 4])(run_counter)
    with pytest.raises(core.CheckFailed, match="expected 3, got 4"):
        core.check("counter.again", Unlimited)
    assert core.check("counter.again", Counter) is None


def test_a_warning_of_the_learners_code_is_no_word_on_stderr(capsys):
    import sys

    class Chatty(Counter):
        def up(self):
            print("careful", file=sys.stderr)
            return super().up()

    core.register("counter.chatty", title="chatty", examples=[["up"]])(run_counter)
    core.check("counter.chatty", Chatty)
    assert capsys.readouterr().err == ""


def test_an_unknown_check_is_named_with_the_known_ones():
    with pytest.raises(KeyError, match=r"no check 'nonsense\.x'"):
        core.find("nonsense.x")


def test_hidden_schedules_depend_on_the_seed_alone():
    assert COUNTER.generate(random.Random("counter.limit/3")) == COUNTER.generate(random.Random("counter.limit/3"))


def test_an_exception_can_be_an_argument():
    def about(error):
        return [type(error).__name__, error.retry_after_s]

    subject = subject_of(about)
    assert subject.call(named("0"), "", HTTPError(503, 7)) == ["HTTPError", 7]


def test_an_object_of_the_judge_has_its_methods_and_nothing_else():
    class Asks:
        def ask(self, make):
            made = make("phone")
            made.add(2)
            return made.total(), type(made).__name__, [name for name in dir(made) if not name.startswith("_")]

    kept = []

    def make(name):
        kept.append(name)
        return Served("Cart", {"add": kept.append, "total": lambda: sum(kept[1:])})

    subject = subject_of(Asks)
    ref = subject.call(named("0"))
    assert subject.call(ref, "ask", make) == (2, "Cart", ["add", "total"])
    assert kept == ["phone", 2]


def test_an_error_of_an_object_of_the_judge_is_an_error_where_it_is_called():
    class Asks:
        def ask(self, made):
            try:
                made.add(0)
            except ValueError as error:
                return str(error)

    def refuse(quantity):
        raise ValueError("none")

    subject = subject_of(Asks)
    assert subject.call(subject.call(named("0")), "ask", Served("Cart", {"add": refuse})) == "none"


def test_a_call_is_bounded_in_lines_and_says_the_same_each_time():
    class Walks:
        def walk(self, n):
            total = 0
            for i in range(n):
                total += i
            return total

    subject = subject_of(Walks)
    ref = subject.call(named("0"))
    assert subject.bounded(300, ref, "walk", 100).value == 4950
    assert {subject.bounded(300, ref, "walk", 10**9).error.type for _time in range(3)} == {"TooManyLines"}
