"""Messages in the learner's language.

The message id is the English sentence itself, so English needs no catalogue. Russian stands in `locale/ru/*.po`, one
file per area of the package; they are read as text (Babel), so nothing has to be compiled. Use `_("...")` where the
sentence is shown, and `N_("...")` where it is only written down and shown later.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ru")
LOCALE_DIR = Path(__file__).parent / "locale"

_current: list[str] = []


def default_language() -> str:
    """`FAULTLAB_LANGUAGE` if set, else Russian where the locale is Russian, else English."""
    wanted = os.environ.get("FAULTLAB_LANGUAGE", "")
    if wanted in LANGUAGES:
        return wanted
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ru" if locale.startswith("ru") else "en"


def use_language(name: str) -> None:
    """Show everything in `name` ("en" or "ru") from now on; ValueError for any other."""
    if name not in LANGUAGES:
        raise ValueError(f"language {name!r}: choose one of {', '.join(LANGUAGES)}")
    _current[:] = [name]


def language() -> str:
    """The language in use: "en" or "ru"."""
    return _current[0] if _current else default_language()


@cache
def catalogue(name: str) -> dict[str, str]:
    """All translations into `name`, English message id to text."""
    from babel.messages.pofile import read_po

    texts: dict[str, str] = {}
    for path in sorted((LOCALE_DIR / name).glob("*.po")):
        with path.open("rb") as file:
            texts.update({m.id: m.string for m in read_po(file) if m.id and m.string})
    return texts


def _(message: str, **values: object) -> str:
    """`message` in the language in use, with `values` put into its {placeholders}."""
    text = message if language() == "en" else catalogue(language()).get(message, message)
    return text.format(**values) if values else text


def N_(message: str) -> str:
    """Mark `message` for translation without translating it yet."""
    return message


def number(value: float, digits: int = 0) -> str:
    """`value` as the language writes it, with at most `digits` decimals: 2,430.5 in English, 2 430,5 in Russian."""
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return format_decimal(round(value, digits), format=pattern, locale=language())
