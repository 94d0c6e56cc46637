"""The two languages are compared by what can be counted, and only by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultlab.build import read_source
from faultlab.parity import compare, differences


@pytest.mark.parametrize(
    ("en", "ru"),
    [
        ("# Breaker\n\nFive failures.", "# Предохранитель\n\nПять отказов."),
        ("A load of 0.5, then 1,000 calls in 10 s.", "Нагрузка 0,5, потом 1\u00a0000 вызовов за 10 с."),
        ("See chapter 3.2 and S3 at p99.", "См. главу 3.2 и S3 на p99."),
        ("$p = 0.25$", "$p = 0{,}25$"),
        ("The 99th percentile is 2x.", "99-й процентиль вдвое, в 2 раза."),
        ("[next](../en/index.ipynb#goals)", "[дальше](../ru/index.ipynb#цели)"),
        ("[it](https://en.example.org/a) [b](b.ipynb)", "[б](b.ipynb) [это](https://ru.example.org/a)"),
        ("`OPEN`, then `HALF_OPEN`", "после `HALF_OPEN` идёт `OPEN`"),
        ("```\n# not a heading 5\n```", "```\n# не заголовок 6\n```"),
        ("![state graph](graph.svg)", "![граф состояний](graph.svg)"),
    ],
)
def test_what_differs_in_language_alone_agrees(en: str, ru: str) -> None:
    assert compare(en, ru) == []


@pytest.mark.parametrize(
    ("en", "ru", "problem"),
    [
        ("## A", "### А", "heading levels differ: en ##, ru ###"),
        ("Wait 30 s, then 10 s.", "Ждите 10 с, потом 30 с.", "numbers differ: en 30, 10, ru 10, 30"),
        ("Wait 0.5 s.", "Ждите 5 с.", "numbers differ: en 0.5, ru 5"),
        ("![a](a.svg)", "нет", "figures differ: en a.svg, ru none"),
        ("[a](a.ipynb)", "[а](b.ipynb)", "links differ: en a.ipynb, ru b.ipynb"),
        ("`OPEN`", "`CLOSED`", "pieces of code differ: en OPEN, ru CLOSED"),
        ("- a\n- b", "- а", "counts of list items and table rows differ: en 2, 0, ru 1, 0"),
        ("| a |\n|---|\n| b |", "| а |\n|---|", "counts of list items and table rows differ: en 0, 3, ru 0, 2"),
    ],
)
def test_what_one_language_says_alone_is_named(en: str, ru: str, problem: str) -> None:
    assert compare(en, ru) == [problem]


def test_a_difference_names_the_file_the_line_and_the_cell(tmp_path: Path) -> None:
    path = tmp_path / "toy.md"
    pairs = [("en", "A 1."), ("ru", "А 1."), ("ru", "Б 2."), ("en", "B 3.")]
    path.write_text("\n".join(f'+++ {{"tags": ["{tag}"]}}\n\n{text}\n' for tag, text in pairs), encoding="utf-8")
    assert differences(read_source(path, tmp_path)) == ["toy.md:9: cell 3 ('Б 2.'): numbers differ: en 3, ru 2"]
