"""The tables of exercise 3.1, which the learner reads, say what the model holds a strategy to."""

import re

import pytest

from faultlab import build
from faultlab.checks.strategies import strategy_in
from faultlab.models.cap_strategy import (
    CDN,
    CLINIC,
    COUNTER,
    EXAMPLE,
    GAME,
    KINDS,
    LOCAL_S,
    MERGES,
    NOTICE_S,
    SET,
    Needs,
    shortfalls,
    simulate,
)

SYSTEMS = (GAME, CLINIC, CDN)
LANGUAGES = ("en", "ru")
NOTHING_DEMANDED = "–"
WORDS = {
    "en": {
        "every region": "every region", "cut": "in the cut of", "yes": "yes", "regions": "regions",
        "ms": "ms", "s": "s",
    },
    "ru": {
        "every region": "каждый регион", "cut": "при разрыве на", "yes": "да", "regions": "регионах",
        "ms": "мс", "s": "с",
    },
}  # fmt: skip
# What begins the row of each need, in the order of the rows.
ROWS = {
    "read_s_max": ("a read takes at most", "чтение не дольше"),
    "write_s_max": ("a write takes at most", "запись не дольше"),
    "stale_s_max": ("a read lacks nothing older than", "в чтении есть всё, что старше"),
    "age_s_max": ("**no** read lacks anything older than", "в **каждом** чтении есть всё, что старше"),
    "reads_answered_in": ("in cuts, reads answered", "при разрыве отвечено чтений"),
    "reads_whole": ("in cuts, reads answered in full", "при разрыве отвечено чтений сполна"),
    "writes_answered_in": ("in cuts, writes accepted", "при разрыве принято записей"),
    "writes_whole": ("in cuts, writes confirmed in full", "при разрыве подтверждено записей сполна"),
    "fresh": ("no mark, nothing missing", "нет пометки — нет пробелов"),
    "settled_s": ("after a cut, all is seen within", "после разрыва всё видно через"),
    "one_order": ("one order", "единый порядок"),
    "none_lost": ("nothing is lost", "ничего не потеряно"),
    "regions_min": ("confirmed in", "подтверждено в"),
    "asked_max": ("questions for 100 requests at most", "вопросов на 100 запросов не больше"),
}


def decimal(value, language):
    text = f"{value:g}"
    return text.replace(".", ",") if language == "ru" else text


def time_of(value_s, language):
    words = WORDS[language]
    if value_s < 1:
        return f"{decimal(round(value_s * 1000, 3), language)} {words['ms']}"
    return f"{decimal(value_s, language)} {words['s']}"


def cell(kind, need, language):
    """What the table has to say of this need of this kind of data."""
    needs, words = kind.needs, WORDS[language]
    value, share = getattr(needs, need), f"{needs.share_min * 100:g}%"
    if not value:
        return NOTHING_DEMANDED
    if need in ("reads_answered_in", "writes_answered_in"):
        everywhere = value == kind.system.regions
        where = words["every region"] if everywhere else " ".join(f"`{region}`" for region in value)
        if need == "reads_answered_in" and needs.cut_s_max is not None:
            (length_s,) = {c.to_s - c.from_s for c in kind.system.cuts if c.to_s - c.from_s <= needs.cut_s_max}
            return f"{share}, {where}, {words['cut']} {time_of(length_s, language)}"
        return f"{share}, {where}"
    if need in ("reads_whole", "writes_whole"):
        return share
    if need in ("fresh", "one_order", "none_lost"):
        return words["yes"]
    if need == "regions_min":
        return f"{value} {words['regions']}"
    return decimal(value, language) if need == "asked_max" else time_of(value, language)


def need_rows(system, language):
    """The rows of a system's table that tell its needs."""
    kinds = [kind for kind in KINDS.values() if kind.system is system]
    rows = [(label[LANGUAGES.index(language)], [cell(kind, need, language) for kind in kinds]) for need, label in
            ROWS.items()]  # fmt: skip
    return ["| " + " | ".join([label, *cells]) + " |" for label, cells in rows if set(cells) != {NOTHING_DEMANDED}]


@pytest.fixture(scope="module")
def cells():
    """The cells of the assignment in each language."""
    found = build.read_source(build.ROOT / "solutions" / "3.1-cap.md", build.ROOT).notebook.cells
    return {language: [cell for cell in found if build.language_of(cell) == language] for language in LANGUAGES}


def text_of(cells, heading):
    return next(cell.source for cell in cells if heading in cell.source)


def tables(text):
    """Each table of a text, as rows of cells."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            found.append(rows)
            rows = []
    return found


def numbers(text):
    return [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", text)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", range(3), ids=[system.name for system in SYSTEMS])
def test_a_table_says_every_need_of_its_kinds_of_data_and_no_other(cells, language, place):
    system = SYSTEMS[place]
    text = text_of(cells[language], {"en": "### The needs", "ru": "### Требования"}[language])
    table = tables(text)[place]
    assert table[0][1:] == [f"`{kind.name}`" for kind in KINDS.values() if kind.system is system]
    assert ["| " + " | ".join(row) + " |" for row in table[7:]] == need_rows(system, language)


def test_every_need_has_a_row():
    assert set(ROWS) == set(Needs.__dataclass_fields__) - {"cut_s_max", "share_min"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", range(3), ids=[system.name for system in SYSTEMS])
def test_a_table_says_how_many_keys_there_are_and_how_often_they_are_read_and_written(cells, language, place):
    text = text_of(cells[language], {"en": "### The needs", "ru": "### Требования"}[language])
    table = tables(text)[place]
    for column, name in enumerate(table[0][1:], start=1):
        kind = KINDS[name.strip("`")]
        _what, _how, keys, reads, writes = (row[column] for row in table[2:7])
        assert numbers(keys) == ([kind.keys] if kind.keys else [])
        (reads_per_s,) = set(kind.reads_per_s.values())
        assert list(kind.reads_per_s) == list(kind.system.regions) and numbers(reads) == [reads_per_s]
        rates = list(kind.writes_per_s.values()) or [0]
        if list(kind.writes_per_s) == list(kind.system.regions):
            assert len(set(rates)) == 1 and numbers(writes)[0] == rates[0]
        else:
            assert numbers(writes) == rates and re.findall(r"`(\w+)`", writes) == list(kind.writes_per_s)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_systems_are_those_of_the_model(cells, language):
    text = text_of(cells[language], {"en": "### The systems", "ru": "### Системы"}[language])
    (table,) = tables(text)
    assert CDN.one_way_s == GAME.one_way_s and CDN.regions == GAME.regions  # "as the game"
    for row, system in zip(table[2:], SYSTEMS, strict=True):
        if system is not CDN:
            assert tuple(re.findall(r"`(\w+)`", row[1])) == system.regions
            links = {tuple(pair.split("-")): float(ms) / 1000 for pair, ms in re.findall(r"(\w+-\w+) (\d+)", row[2])}
            assert links == pytest.approx(dict(system.one_way_s))
        times = [at_s for cut in system.cuts for at_s in (cut.from_s, cut.to_s)]
        assert numbers(row[3]) == [*times, system.duration_s]
        away = dict.fromkeys(region for cut in system.cuts for region in cut.away)
        assert re.findall(r"`(\w+)`", row[3]) == list(away)
    own_ms, notice_s = numbers(text.partition(table[-1][3])[2])[:2]
    assert (own_ms / 1000, notice_s) == (LOCAL_S, NOTICE_S)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_says_which_merge_is_for_which_kind(cells, language):
    text = text_of(cells[language], '5. `"merge"`')
    for merge in (COUNTER, SET):
        (line,) = re.findall(rf'- `"{merge}"`: .*', text)
        assert set(re.findall(r"`(\w+)`", line)) == {name for name, one in KINDS.items() if merge in MERGES[one.shape]}
    assert all({"last_writer", "none"} <= set(merges) for merges in MERGES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_is_as_the_text_says(cells, language):
    text = text_of(cells[language], {"en": "### An example", "ru": "### Пример"}[language])
    (table,) = tables(text)
    needs = dict(table[2:])
    demanded = ("read_s_max", "write_s_max", "reads_answered_in", "regions_min")
    assert needs == {ROWS[n][LANGUAGES.index(language)]: cell(EXAMPLE, n, language) for n in demanded}
    reads, writes = (next(iter(rates.values())) for rates in (EXAMPLE.reads_per_s, EXAMPLE.writes_per_s))
    assert numbers(text)[:2] == [reads, writes]


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, set()),
        ({"partition_write": "accept"}, set()),
        ({"write": 1}, {"regions_min"}),
        ({"copies": ["eu", "us"]}, {"read_s_max", "reads_answered_in"}),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_the_strategy_of_the_example_meets_its_needs_and_the_two_others_do_not(changes, missed, seed):
    strategy = strategy_in({"profile": {"copies": list(GAME.regions), "write": 2, **changes}}, EXAMPLE)
    assert {finding.need for finding in shortfalls(simulate(EXAMPLE, strategy, seed))} == missed
