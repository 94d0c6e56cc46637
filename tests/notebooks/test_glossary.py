"""The glossary fixes one word for each thing, and the text keeps to it in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po
from faultlab.build import LANGUAGES, language_of, read_source

ROOT = Path(__file__).resolve().parents[2]
TERMS = yaml.safe_load((ROOT / "course/glossary.yml").read_text(encoding="utf-8"))
SOURCES = sorted([*(ROOT / "course/src").glob("*.md"), *(ROOT / "solutions").glob("*.md")])
CATALOGUES = sorted((ROOT / "course/faultlab/locale/ru").glob("*.po"))


def forbidden(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Each word that is not to be used, with the term to use in its place."""
    return [
        (re.compile(rf"\b(?:{pattern})", re.IGNORECASE), term[language])
        for term in TERMS
        for pattern in term.get("forbidden", {}).get(language, ())
    ]


def slips(text: str, language: str, place: str) -> list[str]:
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|<[^>]*>", " ", text, flags=re.DOTALL)
    return [
        f"{place}: “{found.group()}”: the glossary says “{term}”"
        for pattern, term in forbidden(language)
        for found in pattern.finditer(prose)
    ]


def test_every_term_stands_in_both_languages_once_and_is_explained() -> None:
    for term in TERMS:
        assert set(term) <= {"en", "ru", "first", "forbidden", "means"}, term
        assert term["en"] and term["ru"] and set(term["means"]) == set(LANGUAGES), term
    for language in LANGUAGES:
        names = [term[language] for term in TERMS]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_keeps_to_itself(language: str) -> None:
    for term in TERMS:
        assert not slips(f"{term[language]}. {term['means'][language]}", language, "course/glossary.yml")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_keeps_to_the_glossary(path: Path) -> None:
    source = read_source(path)
    found = []
    for cell, line in zip(source.notebook.cells, source.lines, strict=True):
        if cell.cell_type == "markdown":
            for language in [language_of(cell)] if language_of(cell) else LANGUAGES:
                found += slips(cell.source, language, f"{source.label}:{line}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_keeps_to_the_glossary(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    found = []
    for message in messages:
        found += slips(str(message.id), "en", f"{path.name}:{message.lineno}")
        found += slips(str(message.string), "ru", f"{path.name}:{message.lineno}")
    assert not found, "\n".join(found)


def test_a_forbidden_word_is_found_in_any_ending_and_not_in_code() -> None:
    assert slips("Вышли таймауты", "ru", "x") and slips("Ждём дедлайна", "ru", "x")
    assert not slips("Переменная `timeout_s` и `таймаут`", "ru", "x")
