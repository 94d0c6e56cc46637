"""The judge, with a worker in this process in place of the sandbox."""

import random
import time

import pytest

from autograder.judge import (
    Cell,
    CellRun,
    GuardedChannel,
    Limits,
    NotATest,
    Private,
    WorkerFailed,
    bounded,
    judge_cells,
    parse_test,
)
from faultlab.checks import core
from faultlab.checks.story import Event, Story
from faultlab.checks.subject import LocalChannel, SubjectLost


class Here:
    """A worker in this process; a cell that says `die` ends it, one that says `hang` never ends."""

    started = 0
    received_bytes = 0

    def __init__(self):
        Here.started += 1
        self.scope = {}
        self.channel = LocalChannel(self.scope)
        self.send, self.receive = self.channel.send, self.channel.receive
        self.closed = False

    def run_cell(self, source, timeout_s):
        for word, reason in (("die", "it ended its process"), ("hang", "it did not end in time")):
            if word in source:
                return CellRun(lost=reason)
        try:
            exec(source, self.scope)
        except Exception as error:
            return CellRun(error=f"{type(error).__name__}: {error}")
        return CellRun([{"output_type": "stream", "name": "stdout", "text": "ran"}])

    def close(self):
        self.closed = True


def limit(t, schedule):
    counter = t.new(3)
    for expected, _step in enumerate(schedule, start=1):
        t.equal(t.call(counter, "up"), min(expected, 3), "the count")


CHECK = core.Check("judged.limit", "stops at its limit", limit, [["up"]], lambda rng: ["up"] * rng.randint(6, 9), 3)
TEST = 'check("judged.limit", Counter)'


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(core._registry, CHECK.name, CHECK)
    Here.started = 0


def judge(tiny_class, code=None, before=(), after=(), **options):
    cells = [*map(Cell, before), Cell(code or tiny_class.RIGHT), *map(Cell, after), Cell(TEST, "t")]
    return judge_cells(cells, Here, **options)


def test_right_is_right_and_wrong_is_wrong(tiny_class):
    assert judge(tiny_class).verdicts["t"].status == core.RIGHT
    verdict = judge(tiny_class, tiny_class.WRONG).verdicts["t"]
    assert (verdict.status, verdict.hidden, verdict.schedule) == (core.WRONG, True, ["up"] * 4)


def test_without_the_hidden_schedules_only_the_examples_are_judged(tiny_class):
    assert judge(tiny_class, tiny_class.WRONG, hidden=False).verdicts["t"].status == core.RIGHT


def test_a_test_sees_the_cells_above_it_and_not_those_below(tiny_class):
    cells = [Cell(tiny_class.RIGHT), Cell(TEST, "one"), Cell(tiny_class.WRONG), Cell(TEST, "two")]
    verdicts = judge_cells(cells, Here).verdicts
    assert [v.status for v in verdicts.values()] == [core.RIGHT, core.WRONG]


def test_of_a_cell_that_hangs_the_statements_that_end_are_kept(tiny_class):
    result = judge(tiny_class, tiny_class.RIGHT + "\nhang = 1\n")
    assert result.verdicts["t"].status == core.RIGHT
    assert (result.skipped, result.restarts) == ({0: "it did not end in time"}, 2)


def test_a_name_that_is_missing_because_its_cell_failed_is_wrong_and_says_why(tiny_class):
    verdict = judge(tiny_class, "1 / 0\nclass Counter: pass").verdicts["t"]
    assert verdict.status == core.WRONG
    assert "ZeroDivisionError" in verdict.message


def test_a_name_that_nobody_defined_is_not_attempted(tiny_class):
    assert judge(tiny_class, "x = 1").verdicts["t"].status == core.NOT_ATTEMPTED


def test_a_worker_that_dies_at_every_start_ends_the_judging_and_nothing_else(tiny_class):
    cells = [*(Cell(f"die{i} = 1") for i in range(50)), Cell(TEST, "t")]
    result = judge_cells(cells, Here, limits=Limits(restarts_max=3))
    assert Here.started == 4
    assert result.verdicts["t"].status == core.WRONG


def test_when_the_time_is_over_the_rest_is_not_judged_and_says_so(tiny_class):
    verdict = judge(tiny_class, limits=Limits(submission_s=0)).verdicts["t"]
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0)
    assert "Not judged" in verdict.message


def test_a_worker_that_cannot_be_started_is_a_grader_error(tiny_class):
    def start():
        raise WorkerFailed("no sandbox")

    verdicts = judge_cells([Cell("x = 1"), Cell(TEST, "a"), Cell(TEST, "b")], start).verdicts
    assert [v.status for v in verdicts.values()] == [core.GRADER_ERROR] * 2
    assert "no sandbox" in verdicts["a"].message


def test_a_check_that_fails_by_itself_is_a_grader_error(tiny_class, monkeypatch):
    broken = core.Check(CHECK.name, "t", lambda t, schedule: 1 / 0, [["up"]])
    monkeypatch.setitem(core._registry, CHECK.name, broken)
    assert judge(tiny_class).verdicts["t"].status == core.GRADER_ERROR


def test_a_check_that_does_not_exist_is_a_grader_error(tiny_class):
    cells = [Cell(tiny_class.RIGHT), Cell('check("nowhere.at_all", Counter)', "t")]
    assert judge_cells(cells, Here).verdicts["t"].status == core.GRADER_ERROR


@pytest.mark.parametrize(
    "source",
    [
        "",
        "pass",
        "1 +",
        "check()",
        "check(name)",
        'check("a.b", f())',
        'check("a.b", x=1)',
        'check("a.b"); y',
        "check('a', *b)",
    ],
)
def test_a_test_cell_is_one_call_and_nothing_else(source):
    with pytest.raises(NotATest):
        parse_test(source)


def test_the_names_in_a_test_cell_are_read_and_not_run():
    assert parse_test('check("a.b", A, B)  # comment') == ("a.b", ["A", "B"])


def test_private_checks_are_judged_with_the_public_one_and_the_worse_verdict_stands(tiny_class, tmp_path):
    (tmp_path / "more.py").write_text(
        "from faultlab.checks.core import register\n"
        "@register('judged.limit.private', title='private', examples=[[]])\n"
        "def private(t, schedule):\n"
        "    t.new(3)\n"
        "    t.fail('the private one')\n"
    )
    private = Private.load(tmp_path)
    try:
        verdict = judge(tiny_class, private=private).verdicts["t"]
    finally:
        core._registry.pop("judged.limit.private")
    assert (verdict.status, verdict.message) == (core.WRONG, "the private one")


def test_private_seeds_come_after_the_public_ones(tmp_path):
    (tmp_path / "seeds.json").write_text('{"*": [7], "judged.limit": [1, 900]}')
    private = Private.load(tmp_path, "100-102")
    assert private.seeds_for(CHECK) == [0, 1, 2, 7, 100, 101, 102, 900]


@pytest.mark.parametrize("seeds", ["x", "1-", "-1", "1;2", "/nowhere.json"])
def test_seeds_that_are_none_are_refused_by_name(seeds):
    with pytest.raises(ValueError, match="seeds are"):
        Private.load(None, seeds)


class Says:
    received_bytes = 0

    def __init__(self, *messages):
        self.messages = list(messages)

    def receive(self, timeout_s):
        return self.messages.pop(0) if self.messages else None


NONSENSE = [
    [],
    {"ev": "done"},
    {"ev": "done", "id": [1]},
    {"ev": "done", "id": True},
    {"ev": "done", "id": 1, "error": "boom"},
    {"ev": "done", "id": 1, "error": {"types": [], "message": ""}},
    {"ev": "done", "id": 1, "error": {"types": [1], "message": ""}},
    {"ev": "done", "id": 1, "error": {"types": ["E"], "message": "", "attributes": []}},
    {"ev": "ask", "id": 1, "ask": 1, "handle": "1", "args": [], "kwargs": {}},
    {"ev": "ask", "id": 1, "ask": 1, "handle": 1, "args": {}, "kwargs": {}},
    {"ev": "cell", "id": "1"},
]


@pytest.mark.parametrize("message", NONSENSE)
def test_a_message_that_no_servant_sends_ends_the_trial(message):
    with pytest.raises(SubjectLost):
        GuardedChannel(Says(message), time.monotonic() + 9, 9).receive(1)


def test_a_message_nested_beyond_reason_ends_the_trial():
    value = []
    for _ in range(500):
        value = [value]
    with pytest.raises(SubjectLost):
        GuardedChannel(Says({"ev": "done", "id": 1, "value": value}), time.monotonic() + 9, 9).receive(1)


def test_a_flood_of_messages_ends_the_trial():
    channel = GuardedChannel(Says(*[{"ev": "done", "id": 1, "value": 0}] * 5), time.monotonic() + 9, 3)
    with pytest.raises(SubjectLost):
        for _ in range(5):
            channel.receive(1)


def test_answers_that_are_too_large_in_all_end_the_trial():
    class Talks(Says):
        def receive(self, timeout_s):
            self.received_bytes += 1000
            return super().receive(timeout_s)

    channel = GuardedChannel(Talks(*[{"ev": "done", "id": 1, "value": 0}] * 5), time.monotonic() + 9, 9, 2500)
    assert channel.receive(1) and channel.receive(1)
    with pytest.raises(SubjectLost):
        channel.receive(1)


def test_a_check_has_an_end_in_real_time():
    with pytest.raises(SubjectLost) as lost:
        GuardedChannel(Says(), time.monotonic() - 1, 9).receive(1)
    assert lost.value.timed_out


def test_what_is_kept_of_a_verdict_is_bounded():
    story = Story([Event(float(i), 0, "note", "x") for i in range(10_000)])
    verdict = bounded(core.Verdict("c", core.WRONG, message="m" * 99_999, traceback="t" * 99_999, story=story))
    assert len(verdict.story.events) <= 301 and len(verdict.message) <= 4_000 and len(verdict.traceback) <= 4_000
    assert verdict.story.events[-1].at_s == 9_999.0


def test_the_same_submission_gets_the_same_verdicts(tiny_class):
    random.seed(1)
    one = judge(tiny_class, tiny_class.WRONG).verdicts["t"].to_json()
    random.seed(2)
    assert judge(tiny_class, tiny_class.WRONG).verdicts["t"].to_json() == one
