"""Exercise 3.1's own example shows what it says that it shows, with the answers that the exercise accepts."""

from __future__ import annotations

import re

import pytest

from faultlab import build
from faultlab.models import cap_register

SOURCE = (build.ROOT / build.ASSIGNMENTS / "3.1-cap.md").read_text()
EXAMPLES = re.findall(r"```python\n(from faultlab\.sim import Client.*?)```", SOURCE, re.DOTALL)


def test_both_languages_have_the_same_example():
    assert len(EXAMPLES) == 2 and EXAMPLES[0] == EXAMPLES[1]


@pytest.mark.parametrize(("name", "bob"), [("CPRegister", "bob: read x refused"), ("APRegister", "bob: read x → None")])
def test_bob_is_told_what_the_example_says(name, bob):
    names = {"CPRegister": getattr(cap_register, name)}
    exec(EXAMPLES[0], names)
    assert [str(operation) for operation in names["trace"].history()][1] == bob
