"""What holds for every test: English is spoken, and the browser comes last.

Playwright keeps an event loop in the thread as long as its browser is open; a test that starts one of its own could not
run beside it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faultlab import i18n


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    browser = Path(__file__).parent / "browser"
    items.sort(key=lambda item: browser in item.path.parents)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test before it, or the machine's locale, has chosen."""
    monkeypatch.setenv("FAULTLAB_LANGUAGE", "en")
    before = i18n._current[:]
    i18n.use_language("en")
    yield
    i18n._current[:] = before
