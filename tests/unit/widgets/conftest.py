"""What all tests of panels share: they speak English, unless a test asks for each language."""

import pytest

from faultlab import i18n


@pytest.fixture(autouse=True)
def english():
    i18n.use_language("en")
    yield
    i18n._current.clear()


@pytest.fixture(params=["en", "ru"])
def language(request, english):
    i18n.use_language(request.param)
    return request.param
