"""The panel of three resolutions in real JupyterLab: every control, the dragged moment, both languages and themes."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, scenarios, seen, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import resolution_panel
use_language("{language}")
"""
# What the slowest machine of a shared runner still reaches; the number itself is printed.
LATENCY_MAX_MS = 150
# The first text of the picture that sticks out of the panel or of its column, that another one runs into, or that is
# too small; a control that is cut off.
UNTIDY = untidy("""
  for (const card of panel.querySelectorAll('.fl-resolution-card')) {
    const box = card.getBoundingClientRect();
    for (const t of [...card.parentNode.querySelectorAll('text')].filter(shown)) {
      const own = t.getBoundingClientRect();
      if (own.right > box.right + 1 || own.bottom > box.bottom + 1) return 'out of its column: ' + t.textContent;
    }
  }
""")


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("resolution.ipynb", ["pass"]))


@pytest.fixture
def resolution(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = resolution_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "resolution")

    return open_


def text_of(panel) -> str:
    return panel.locator("svg.fl-picture").text_content()


def test_every_control_changes_the_picture(resolution):
    notebook, panel = resolution("reveal=True")
    for name, key in (("heard", "ArrowLeft"), ("skew", "Home"), ("a", "ArrowRight"), ("b", "ArrowLeft")):
        before, value = picture_of(panel), output_of(panel, name)
        act_and_wait(panel, lambda name=name, key=key: panel.locator(f'[data-control="{name}"] input').press(key))
        assert picture_of(panel) != before and output_of(panel, name) != value, name
    for settle in ("nobody", "larger"):
        before = picture_of(panel)
        select = panel.locator('[data-control="settle"] select')
        act_and_wait(panel, lambda settle=settle, select=select: select.select_option(settle))
        assert picture_of(panel) != before, settle
    assert not panel.locator('[data-action="new-seed"]').is_visible(), "nothing here is left to chance"
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "heard") == "7.5\xa0s" and not notebook.complaints


def test_the_moment_is_dragged_with_the_mouse_and_moved_with_the_keys(resolution):
    notebook, panel = resolution("reveal=True")
    assert "Concurrent" in text_of(panel) and "15 instead of 18" in panel.locator(".fl-summary").text_content()
    handle = panel.get_by_role("slider", name="B hears of A's write", exact=True)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    mouse = panel.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    act_and_wait(panel, lambda: mouse.move(box["x"] - 240, box["y"] + 6, steps=5))
    mouse.up()
    panel.locator("text", has_text="A's write came before B's").wait_for()
    assert float(handle.get_attribute("aria-valuenow")) < 6
    act_and_wait(panel, lambda: handle.press("End"))
    assert output_of(panel, "heard") == "8.5\xa0s" and "Concurrent" in text_of(panel)
    assert not notebook.complaints


def test_a_write_that_its_own_replica_does_not_take_is_crossed_out(resolution):
    notebook, panel = resolution("reveal=True")
    crossed = panel.locator(".fl-resolution-gone[d^='M']")
    assert crossed.count() == 0
    act_and_wait(panel, lambda: panel.locator('[data-preset="heard_behind"]').click())
    assert crossed.count() == 1 and not notebook.complaints


def test_the_question_follows_the_scenario_and_the_answer_is_hidden(resolution):
    notebook, panel = resolution()
    assert not panel.locator(".fl-resolution-same, .fl-resolution-new").first.is_visible()
    panel.locator('[data-option="b"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    act_and_wait(panel, lambda: panel.locator('[data-preset="larger"]').click())
    panel.locator('[data-option="one"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert not notebook.complaints


def test_the_scenario_is_shared_and_a_bad_value_is_refused(resolution):
    _notebook, panel = resolution("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 7
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "resolution"
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["skew"] = -5
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert "B's +5 is lost" in panel.locator(".fl-summary").text_content()
    scenario["params"]["skew"] = 99
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-message.fl-bad", has_text="skew").wait_for()


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 690)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(resolution, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=1700):
        notebook, panel = resolution(language=language)
        picture = f"resolution-{'dark' if dark else 'light'}-{language}"
        assert list(scenarios(notebook, panel, picture, UNTIDY))
        act_and_wait(panel, lambda: panel.locator('[data-control="settle"] select').select_option("nobody"))
        notebook.screenshot(f"{picture}-nobody", panel)
        assert panel.evaluate(UNTIDY) == "", "nobody settles"
        assert not notebook.complaints


def test_a_changed_control_is_in_the_picture_at_once(resolution):
    notebook, _panel = resolution("reveal=True")
    times = notebook.latency_ms("resolution", "heard", [3 + i % 4 for i in range(20)])
    print(f"control to picture, median of 20: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
