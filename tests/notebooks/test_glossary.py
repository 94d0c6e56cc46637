"""One word for one thing: chapters, assignments and catalogues keep to course/glossary.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from babel.messages.pofile import read_po

from faultlab import build, parity
from faultlab.badge import READMES

GLOSSARY = yaml.safe_load((build.ROOT / "course" / "glossary.yml").read_text(encoding="utf-8"))
CATALOGUES = sorted((build.ROOT / "course" / "faultlab" / "locale").glob("*/*.po"))


def prose(language: str) -> Iterator[tuple[str, str]]:
    """Everything a learner reads in one language, as (where, text)."""
    for folder in (build.CHAPTERS, build.ASSIGNMENTS):
        for source in build.sources(build.ROOT, folder):
            for index, cell in enumerate(source.notebook.cells):
                if cell.cell_type == "markdown" and build.language_of(cell) == language:
                    # A link's address and a name in code are not ours to choose.
                    yield str(source.error(index, "")), re.sub(r"\]\([^)]*\)", "]", parity.without_code(cell.source))
    for name in (name for name, own in READMES.items() if own == language):
        yield f"{name}: ", parity.without_code((build.ROOT / name).read_text(encoding="utf-8"))
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    text = message.id if language == "en" else message.string if path.parent.name == language else ""
                    yield f"{path.name}:{message.lineno}: ", str(text)


def test_every_term_has_both_languages_and_says_what_it_means() -> None:
    for entry in GLOSSARY:
        assert all(entry.get(language) and entry["means"].get(language) for language in build.LANGUAGES), entry
        assert not set(entry) - {"en", "ru", "first", "forbidden", "means"}, entry


def test_no_term_stands_twice() -> None:
    for language in build.LANGUAGES:
        terms = [entry[language] for entry in GLOSSARY]
        assert len(set(terms)) == len(terms), sorted(terms)


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_no_term_of_the_glossary_is_itself_forbidden(language: str) -> None:
    for entry in GLOSSARY:
        for pattern in forbidden(language):
            text = " ".join((entry[language], entry["means"][language], entry.get("first", "") * (language == "ru")))
            assert not pattern.search(text), f"{pattern.pattern} forbids {text!r}"


@pytest.mark.parametrize("language", build.LANGUAGES)
def test_no_forbidden_synonym_is_used(language: str) -> None:
    patterns = {pattern: entry for entry in GLOSSARY for pattern in forbidden(language, [entry])}
    found = [
        f"{where}{match.group()!r} should be {entry[language]!r}"
        for where, text in prose(language)
        for pattern, entry in patterns.items()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n" + "\n".join(found)


def forbidden(language: str, entries: list[dict] | None = None) -> list[re.Pattern[str]]:
    """The patterns of what must not be said in one language."""
    entries = GLOSSARY if entries is None else entries
    words = [word for entry in entries for word in entry.get("forbidden", {}).get(language, ())]
    return [re.compile(rf"\b(?:{word})\w*", re.IGNORECASE) for word in words]
