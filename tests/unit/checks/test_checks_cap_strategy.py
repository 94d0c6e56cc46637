"""The checks of the strategies for kinds of data, held to a right answer and to what cannot be read."""

import json
import random

import pytest

from faultlab.checks import cap_strategy as checks
from faultlab.checks import core, strategies
from faultlab.checks.subject import LocalChannel, Subject, named
from faultlab.i18n import use_language
from faultlab.models.cap_strategy import ANSWERED, KINDS, READ, Finding, Needs, Operation, Strategy, findings

NAMES = core.names("cap_strategy")
GAME, CLINICS = ["eu", "us", "asia", "oce"], ["city", "second", "west", "north"]
RIGHT = {
    "position": {"copies": GAME},
    "score": {"copies": GAME, "merge": "counter"},
    "trade": {"copies": ["eu", "us", "oce"], "read": 2, "write": 2, "merge": "none"},
    "allergies": {"copies": CLINICS, "read": 2, "write": 3, "partition_read": "mark", "partition_write": "accept",
                  "merge": "set"},
    "results": {"copies": CLINICS, "write": 2, "partition_write": "accept", "merge": "set"},
    "dispensing": {"copies": CLINICS, "read": 2, "write": 3, "partition_read": "mark", "merge": "none"},
    "files": {"copies": ["eu"], "partition_read": "serve", "cache_s": 86_400},
    "pages": {"copies": ["eu"], "partition_read": "serve", "cache_s": 30},
    "takedowns": {"copies": ["eu"], "partition_read": "serve", "merge": "set", "cache_s": 20, "stale_s": 58},
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def verdict_on(answer, name="cap_strategy.trade", check=None, **options):
    subject = Subject(LocalChannel({"CAP_STRATEGY": answer}), answer_timeout_s=5.0)
    return core.judge(check or core.find(name), subject, [named("CAP_STRATEGY")], **options)


def with_trade(**changes):
    return RIGHT | {"trade": RIGHT["trade"] | changes}


def test_there_is_a_check_for_each_kind_of_data():
    assert {name.split(".")[1] for name in NAMES} == set(KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_right_answer_is_right_with_hidden_seeds_too(name):
    verdict = verdict_on(RIGHT, name, hidden=True)
    assert verdict.status == core.RIGHT, verdict.to_text()


@pytest.mark.parametrize("name", NAMES)
def test_one_copy_far_away_fails_even_an_empty_schedule(name):
    least = {kind: {"copies": [one.system.regions[-1]]} for kind, one in KINDS.items()}
    found = core.find(name)
    verdict = verdict_on(least, name, core.Check(name, found.title, found.run, [[]]))
    assert (verdict.status, verdict.fraction) == (core.WRONG, 0.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [{}, {kind: {} for kind in KINDS}])
def test_an_empty_answer_is_not_attempted(name, answer):
    assert verdict_on(answer, name).status == core.NOT_ATTEMPTED


@pytest.mark.parametrize("name", NAMES)
def test_each_check_looks_at_its_own_entry_only(name):
    kind = name.split(".")[1]
    assert verdict_on({other: RIGHT[kind] if other == kind else {"copies": 5} for other in KINDS}, name).status == (
        core.RIGHT
    )


@pytest.mark.parametrize("name", NAMES)
def test_schedules_are_plain_seeds(name):
    found = core.find(name)
    for seed in range(5):
        schedule = found.generate(random.Random(seed))
        assert schedule == found.generate(random.Random(seed)) == json.loads(json.dumps(schedule))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "CAP_STRATEGY should be a dict"),
        (RIGHT | {"chat": {}}, "CAP_STRATEGY has 'chat'; there are position"),
        (RIGHT | {"trade": "CP"}, "trade: a strategy should be a dict, not 'CP'."),
        (with_trade(quorum=2), "trade: there is no key 'quorum'; there are copies"),
        (with_trade(copies=[]), "trade: copies is []"),
        (with_trade(copies="eu"), "trade: copies is 'eu'"),
        (with_trade(copies=["eu", "eu"]), "different regions out of eu, us"),
        (with_trade(copies=["city", "west"]), "different regions out of eu, us"),
        (with_trade(copies=[["eu"]]), "trade: copies is [['eu']]"),
        (with_trade(read=0), "trade: read is 0; it should be a whole number from 1 to 3"),
        (with_trade(read=True), "trade: read is True"),
        (with_trade(write=2.0), "trade: write is 2.0"),
        (with_trade(write=4), "trade: write is 4"),
        (with_trade(partition_read="accept"), "partition_read is 'accept'; it should be one of refuse, serve, mark."),
        (with_trade(partition_write=None), "partition_write is None; it should be one of refuse, accept."),
        (with_trade(merge=["none"]), "merge is ['none']; it should be one of"),
        (with_trade(merge="set"), "trade: 'set' cannot merge this shape of data; last_writer, none can."),
        (with_trade(cache_s=None), "cache_s is None; it should be a number of seconds from 0 to"),
        (with_trade(cache_s=float("nan")), "cache_s is nan"),
        (with_trade(cache_s=10**5000), "a number with more than a thousand digits is too large"),
        (with_trade(cache_s=2e9), "it should be a number of seconds from 0 to 1,000,000,000."),
        (with_trade(copies=["eu"] * 10_000), "…; it should be a list"),
        (with_trade(stale_s=-1), "stale_s is -1"),
    ],
)
def test_what_cannot_be_a_strategy_is_named(answer, said):
    verdict = verdict_on(answer)
    assert (verdict.status, said in verdict.message) == (core.WRONG, True), verdict.message


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("need", sorted(set(Needs.__dataclass_fields__) - {"cut_s_max", "share_min"}))
def test_every_need_has_words_for_what_is_demanded_and_for_what_came_of_it(need, language):
    use_language(language)
    by_region = need.endswith(("_in", "_whole")) or need in ("read_s_max", "write_s_max", "stale_s_max")
    first = Operation(1, READ, "eu", 0, 12.25, 12.5, ANSWERED)
    for met in (True, False):
        blamed = {} if met or need == "asked_max" else {"faults": 3, "first": first}
        finding = Finding(need, met, 0.5, 0.25, "eu", {"eu": 0.25} if by_region else {}, **blamed)
        demanded, measured = strategies.demanded(KINDS["trade"], finding), strategies.measured(finding)
        assert demanded and measured and "{" not in demanded + measured
        if blamed:
            assert ("12.25" if language == "en" else "12,25") in measured and "eu" in measured


def test_a_short_cut_is_named_where_a_need_holds_in_it_only():
    kind = KINDS["takedowns"]
    found = {f.need: f for f in findings(checks._run("takedowns", Strategy(("eu",), merge="set"), 1))}
    reads, writes = (strategies.demanded(kind, found[f"{what}_answered_in"]) for what in ("reads", "writes"))
    assert reads == "in the cut of 20 s, 97% of the reads are answered in every region"
    assert writes == "in cuts, 97% of the writes are accepted in eu, us, oce"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (strategies.seconds(0.03), "30 ms"),
        (strategies.seconds(0.030001), "30.1 ms"),
        (strategies.seconds(4.0), "4 s"),
        (strategies.seconds(4.0001), "4.1 s"),
        (strategies.seconds(float("inf")), "without end"),
        (strategies.percent(0.97), "97%"),
        (strategies.percent(0.96999), "96.9%"),
    ],
)
def test_what_misses_a_need_by_little_is_not_rounded_to_what_is_demanded(shown, said):
    assert shown == said


def test_a_failure_names_the_seed_and_each_need_that_was_missed_with_what_was_measured():
    verdict = verdict_on(with_trade(merge="last_writer"))
    assert verdict.message.startswith("With seed 1, needs missed: 2 of 7. (1) one order:")
    assert "measured: broken for" in verdict.message
    assert "(2) nothing that was acknowledged is lost in the end; measured:" in verdict.message


def test_a_failure_notes_the_needs_that_were_met_too():
    text = verdict_on(with_trade(merge="last_writer")).to_text()
    assert "✓ 95 of 100 reads take 4 s at most" in text and "✗ one order" in text
