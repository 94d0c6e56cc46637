"""The backoff panel in a real JupyterLab: every control does something, and the curves are redrawn in place."""

import pytest

CELLS = ["from faultlab.widgets import backoff_panel", "backoff_panel()"]


@pytest.fixture
def panel(lab, open_notebook):
    notebook = open_notebook(lab.write("backoff.ipynb", CELLS))
    notebook.run_all()
    yield notebook, notebook.panel("backoff")
    assert not notebook.complaints


def seq(locator):
    return int(locator.get_attribute("data-seq"))


def after(locator, act):
    """The panel after `act` once Python's answer is drawn."""
    before = seq(locator)
    act()
    locator.page.wait_for_function("([node, seq]) => +node.dataset.seq > seq", arg=[locator.element_handle(), before])


def test_the_prediction_comes_before_the_picture(panel):
    notebook, locator = panel
    assert locator.locator(".fl-cover").first.is_visible()
    locator.locator('[data-option="exponential"]').click()
    assert locator.locator(".fl-cover").first.is_hidden()
    assert locator.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    notebook.screenshot("backoff-en-light", locator)


@pytest.mark.parametrize("control", ["clients", "base_ms", "cap_ms"])
def test_each_slider_asks_python_and_shows_the_answer(panel, control):
    _notebook, locator = panel
    locator.locator('[data-action="show"]').click()
    before = locator.locator(".fl-numbers").inner_text()
    slider = locator.locator(f'[data-control="{control}"] input')
    slider.focus()
    after(locator, lambda: slider.press("Home"))
    assert locator.locator(".fl-numbers").inner_text() != before


def test_strategies_presets_and_span_change_the_picture(panel):
    notebook, locator = panel
    locator.locator('[data-action="show"]').click()
    figure = locator.locator("svg.fl-picture > g").evaluate_all("gs => gs.map((g) => g.flFigure ?? '').join('')")
    after(locator, lambda: locator.locator('[data-control="a"] select').select_option("equal"))
    assert (
        locator.locator("svg.fl-picture > g").evaluate_all("gs => gs.map((g) => g.flFigure ?? '').join('')") != figure
    )
    after(locator, lambda: locator.locator('[data-control="b"] select').select_option("decorrelated"))
    after(locator, lambda: locator.locator('[data-control="span"] input[value="1"]').check(force=True))
    for name in ("herd", "in-step", "source", "low-cap"):
        after(locator, lambda name=name: locator.locator(f'[data-preset="{name}"]').click())
        assert locator.locator(".fl-watch").inner_text().strip()
    locator.locator('[data-action="show"]').click()
    notebook.screenshot("backoff-en-low-cap", locator)


def test_the_time_cursor_moves_without_python(panel):
    _notebook, locator = panel
    locator.locator('[data-action="show"]').click()
    before = seq(locator)
    locator.locator('[data-action="time"]').fill("1")
    assert "through" in locator.locator("svg.fl-picture").text_content()
    locator.locator('[data-action="back"]').click()
    locator.locator('[data-action="play"]').click()
    assert seq(locator) == before


def test_russian_and_dark_and_a_learners_class(lab, open_notebook):
    cells = ["from faultlab.i18n import use_language; use_language('ru')", CELLS[0]]
    cells.append("def mine(attempt, previous_s, rng):\n    return 0.02 * attempt\n\nbackoff_panel(mine)")
    notebook = open_notebook(lab.write("backoff-ru.ipynb", cells), dark=True, width=900)
    notebook.run_all()
    locator = notebook.panel("backoff")
    locator.locator('[data-action="show"]').click()
    assert "ваша" in locator.inner_text()
    notebook.screenshot("backoff-ru-dark-narrow", locator)


def test_a_broken_strategy_is_one_line_and_the_other_side_stays(lab, open_notebook):
    notebook = open_notebook(
        lab.write("backoff-broken.ipynb", [CELLS[0], "backoff_panel(lambda attempt, previous_s, rng: 1 / 0)"])
    )
    notebook.run_all()
    locator = notebook.panel("backoff")
    assert "ZeroDivisionError" in locator.locator(".fl-status").inner_text()
    assert "full jitter" in locator.locator(".fl-numbers").text_content()
