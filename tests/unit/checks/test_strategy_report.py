"""The report that shows a learner what the strategies do."""

import re
from xml.etree import ElementTree

import pytest

from faultlab.checks import strategy_report as report
from faultlab.checks.strategy_report import strategy_report
from faultlab.i18n import use_language
from faultlab.models.cap_strategy import KINDS, READ

GAME = ["eu", "us", "asia", "oce"]
STRATEGIES = {
    "position": {"copies": GAME},
    "score": {},
    "trade": {"copies": ["eu", "us", "oce"], "read": 2, "write": 2},
    "files": {"copies": ["mars"]},
    "takedowns": {"copies": ["eu"], "merge": "set", "cache_s": 20, "partition_read": "mark", "stale_s": 58},
}
PROFILE = {"copies": GAME, "write": 2}


@pytest.fixture(autouse=True)
def in_english():
    use_language("en")
    yield
    use_language("en")


def test_each_need_stands_with_its_sign_and_what_was_measured():
    text = str(strategy_report(STRATEGIES, "position", "trade"))
    assert "✓ position: needs met, 5 of 5" in text
    assert "    ✓ 95 of 100 reads take 30 ms at most [eu: 1 ms]" in text
    assert "✗ trade: needs missed, 2 of 7" in text
    assert re.search(r"✗ one order: .* \[broken for \d+ things; the first at [\d.]+ s in \w+\]", text)


def test_without_names_every_kind_of_data_is_there_once():
    shown = strategy_report(STRATEGIES)
    assert [entry.kind.name for entry in shown.entries] == list(KINDS)


def test_what_is_empty_or_cannot_be_played_is_said_at_its_kind_of_data_only():
    signs = {entry.kind.name: (entry.sign, entry.title) for entry in strategy_report(STRATEGIES).entries}
    assert signs["score"] == ("○", "score: no strategy yet")
    assert signs["files"][0] == "✗" and "['mars']" in signs["files"][1]
    assert signs["position"][0] == signs["takedowns"][0] == "✓"


@pytest.mark.parametrize(
    "answer",
    [None, 7, {"chat": {}}, {"trade": 5}, *({"trade": {"copies": ["eu"], "cache_s": s}} for s in (1e400, 10**5000))],
)
def test_nonsense_is_reported_and_raises_nothing(answer):
    (entry,) = strategy_report(answer, "trade").entries
    assert entry.sign == "✗" and entry.problem


def test_a_kind_of_data_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="'chat'"):
        strategy_report(STRATEGIES, "chat")


def test_the_example_of_the_assignment_is_played_if_it_is_there():
    (entry,) = strategy_report({"profile": PROFILE}).entries
    assert (entry.kind.name, entry.sign) == ("profile", "✓")


def test_another_seed_is_another_run():
    first, second = (str(strategy_report(STRATEGIES, "trade", seed=seed)) for seed in (1, 2))
    assert first != second and "seed 2" in second


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_is_well_formed_and_its_picture_has_every_region(language):
    use_language(language)
    page = strategy_report(STRATEGIES).to_html()
    root = ElementTree.fromstring(f"<div>{page.replace(' open>', '>')}</div>")
    pictures = list(root.iter("svg"))
    assert len(pictures) == 3  # score is empty, and files cannot be played
    for picture in pictures:
        words = " ".join(text.text for text in picture.iter("text"))
        assert all(region in words for region in GAME)
        assert int(picture.get("font-size")) >= 12


def test_a_row_shows_what_was_answered_in_part_and_what_was_not():
    trade = {"copies": ["eu", "us", "oce"], "read": 2, "write": 2, "merge": "none", "partition_read": "mark"}
    (entry,) = strategy_report({"trade": trade}, "trade").entries
    rows = {(region, what): "".join(report._bars(entry.result, ops, y)) for region, what, ops, y in
            report._rows(entry.result)}  # fmt: skip
    assert 'fill="none" stroke="currentColor"' in rows["us", READ] and report.VERMILLION not in rows["us", READ]
    assert report.VERMILLION in rows["us", "write"]
    assert report.VERMILLION not in rows["oce", "write"]


def test_a_kind_that_misses_nothing_is_folded_unless_it_is_alone():
    alone, among = strategy_report(STRATEGIES, "position"), strategy_report(STRATEGIES, "position", "trade")
    assert alone.to_html().count(" open>") == 1
    assert among.to_html().count(" open>") == 1 and "trade" in among.to_html().partition(" open>")[2]
