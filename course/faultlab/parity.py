"""Do the two languages say the same? What can be counted is counted, cell by cell.

The English and the Russian cell of a pair (see `faultlab.build`) must agree, in this order, on

1. headings: how many, and of which levels;
2. figures, and what they show;
3. links, and where they lead;
4. pieces of code: names such as `HALF_OPEN` are not translated;
5. items of lists and rows of tables;
6. numbers, in the order in which they are read. 0.5 and 0,5 are one number, and so are 1,000 and 1 000.

Left out: whether the words mean the same. Only a reader of both can tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from faultlab.build import Source, language_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
FIGURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img[^>]*?src=[\"']([^\"']+)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|<(https?://[^>]+)>|href=[\"']([^\"']+)")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)]) ", re.MULTILINE)
ROW = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
# S3 and p99 are names, not numbers; 3.2 is a chapter or a decimal fraction, and in both cases one number.
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)*")

# In English a comma parts thousands and in Russian a space that does not break (no-break, narrow, thin).
THOUSANDS = {
    "en": re.compile(r"(?<=\d),(?=\d{3}(?!\d))"),
    "ru": re.compile("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}(?!\\d))"),
}
DECIMAL_COMMA = re.compile(r"(?<=\d)(?:,|\{,\})(?=\d)")
# A page about the same thing in the reader's language, and the fragment of a translated heading.
OWN_LANGUAGE = re.compile(r"(?<=[/.])(?:en|ru)(?=[/.])|^(?:en|ru)(?=[/.])|(?<=//)(?:en|ru)(?=\.)|#.*$")


def differences(source: Source) -> list[str]:
    """One line for each pair of cells that does not agree, naming the file, the line, and what each language has."""
    found = []
    cells = source.notebook.cells
    for index, cell in enumerate(cells[:-1]):
        twin = cells[index + 1]
        if language_of(cell) and language_of(twin) and _is_first_of_pair(cells, index):
            for problem in compare(**{language_of(one): one.source for one in (cell, twin)}):
                found.append(str(source.error(index, problem)))
    return found


def _is_first_of_pair(cells: list[NotebookNode], index: int) -> bool:
    """In a run of cells with a language tag, pairs begin at the first, the third and so on."""
    run = 0
    while index - run - 1 >= 0 and language_of(cells[index - run - 1]):
        run += 1
    return run % 2 == 0


def compare(en: str, ru: str) -> list[str]:
    """What two texts disagree on, each as "links: en [...], ru [...]"; only what stands in one alone is listed."""
    problems = []
    for what, count in FEATURES.items():
        ours, theirs = count(en, "en"), count(ru, "ru")
        if ours != theirs:
            problems.append(f"{what} differ: en {_shown(ours)}, ru {_shown(theirs)}")
    return problems


def _shown(values: list[str] | Counter[str]) -> str:
    return ", ".join(sorted(values.elements()) if isinstance(values, Counter) else values) or "none"


def without_code(text: str) -> str:
    """The prose alone."""
    return INLINE_CODE.sub(" ", FENCE.sub(" ", text))


def headings(text: str, _language: str) -> list[str]:
    """The levels of the headings, as their hash signs."""
    return HEADING.findall(FENCE.sub("", text))


def figures(text: str, _language: str) -> list[str]:
    """Where each figure comes from."""
    return [OWN_LANGUAGE.sub("", "".join(found)) for found in FIGURE.findall(FENCE.sub("", text))]


def links(text: str, _language: str) -> Counter[str]:
    """Where the links lead, apart from the language of the page. Their order in a sentence is the translator's."""
    return Counter(OWN_LANGUAGE.sub("", "".join(found)) for found in LINK.findall(without_code(text)))


def code(text: str, _language: str) -> Counter[str]:
    """The pieces of code between backquotes. Their order in a sentence is the translator's."""
    return Counter(found[1] for found in INLINE_CODE.findall(FENCE.sub("", text)))


def items(text: str, _language: str) -> list[str]:
    """How many list items and table rows there are."""
    prose = FENCE.sub("", text)
    return [str(len(ITEM.findall(prose))), str(len(ROW.findall(prose)))]


def numbers(text: str, language: str) -> list[str]:
    """The numbers of the prose in reading order, written the English way."""
    prose = LINK.sub(lambda found: found.group().partition("](")[0], FIGURE.sub(" ", without_code(text)))
    prose = THOUSANDS[language].sub("", prose)
    if language == "ru":
        prose = DECIMAL_COMMA.sub(".", prose)
    return NUMBER.findall(prose)


FEATURES: dict[str, Callable[[str, str], list[str] | Counter[str]]] = {
    "heading levels": headings,
    "figures": figures,
    "links": links,
    "pieces of code": code,
    "counts of list items and table rows": items,
    "numbers": numbers,
}
