"""Everything that the package says to a learner is said in Russian too."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from faultlab import build

ROOT = build.ROOT
# In a page's template the translation is called `say`.
KEYWORDS = {"_": None, "N_": None, "say": None}
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]


def marked() -> dict[str, str]:
    """Each message id that the code marks with _() or N_(), and one place where it stands."""
    found: dict[str, str] = {}
    for folder in ("course/faultlab", "autograder"):
        for name, line, text, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=METHODS, keywords=KEYWORDS
        ):
            if text:
                found.setdefault(text, f"{folder}/{name}:{line}")
    return found


def translated() -> Iterator[tuple[Path, Message]]:
    """Each message of the Russian catalogues, with the catalogue it stands in."""
    for path in sorted((ROOT / "course" / "faultlab" / "locale" / "ru").glob("*.po")):
        with path.open("rb") as file:
            yield from ((path, message) for message in read_po(file) if message.id)


def placeholders(text: str) -> Counter[str]:
    """The {names} in a text, each as often as it stands there."""
    return Counter(name for _literal, name, _format, _conversion in string.Formatter().parse(text) if name is not None)


def test_every_message_has_a_russian_translation() -> None:
    there = {message.id for _path, message in translated() if message.string and not message.fuzzy}
    missing = [f"{place}: {text!r}" for text, place in marked().items() if text not in there]
    assert not missing, "\n" + "\n".join(missing)


def test_no_catalogue_translates_what_the_code_no_longer_says() -> None:
    said = marked()
    stale = [
        f"{path.name}:{message.lineno}: {message.id!r}" for path, message in translated() if message.id not in said
    ]
    assert not stale, "\n" + "\n".join(stale)


def test_a_translation_fills_in_the_same_values() -> None:
    for path, message in translated():
        assert placeholders(message.id).keys() == placeholders(message.string).keys(), f"{path.name}:{message.lineno}"


def test_no_message_is_translated_in_two_ways() -> None:
    texts: dict[str, tuple[str, str]] = {}
    for path, message in translated():
        where, text = texts.setdefault(message.id, (path.name, message.string))
        assert text == message.string, f"{message.id!r}: {where} and {path.name} differ"


def test_a_russian_translation_is_russian() -> None:
    for path, message in translated():
        words = [word for word in message.string.split() if word.isalpha() and len(word) > 3]
        if len(words) >= 3:
            assert any("а" <= letter <= "я" for letter in message.string.lower()), f"{path.name}:{message.lineno}"
