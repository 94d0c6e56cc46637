"""The panel of PACELC in real JupyterLab: controls, points that stay, the frontier, the cut, languages and themes."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, press, scenarios, seen, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import pacelc_panel
use_language("{language}")
"""
# A design that was not tried before is run anew: this is what the slowest machine of a shared runner still reaches.
LATENCY_MAX_MS = 1200
# Beside what every panel is asked: a word that sticks out of its box or button.
UNTIDY = untidy("""
  for (const own of panel.querySelectorAll('.fl-pacelc-chip, g:has(> .fl-pacelc-box)')) {
    const box = own.querySelector('rect').getBoundingClientRect();
    for (const text of own.querySelectorAll('text')) {
      const { right, bottom, width } = text.getBoundingClientRect();
      if (width && (right > box.right + 1 || bottom > box.bottom + 1)) return 'out of its box: ' + text.textContent;
    }
  }
""")


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("pacelc.ipynb", ["pass"]))


@pytest.fixture
def pacelc(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = pacelc_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "pacelc")

    return open_


def slide(panel, name: str, key: str) -> None:
    act_and_wait(panel, lambda: panel.locator(f'[data-control="{name}"] input').press(key))


def select(panel, name: str, value: str) -> None:
    act_and_wait(panel, lambda: panel.locator(f'[data-control="{name}"] select').select_option(value))


def check(panel, name: str, value: str) -> None:
    act_and_wait(panel, lambda: panel.locator(f'[data-control="{name}"] input[value="{value}"]').check(force=True))


def summary(panel) -> str:
    return panel.locator(".fl-summary").text_content()


def tried(panel) -> int:
    return panel.locator(".fl-pacelc-tried").count()


def test_every_control_changes_the_picture(pacelc):
    notebook, panel = pacelc("reveal=True")
    panel.locator(".fl-more summary").click()
    changes = [(slide, "w", "ArrowRight"), (slide, "r", "ArrowRight"), (slide, "jitter", "End"),
               (slide, "batch", "Home"), (select, "route", "writes"), (check, "leader", "oce"), (select, "cut", "asia"),
               (check, "on_cut", "answer"), (select, "clients", "asia")]  # fmt: skip
    for how, name, value in changes:
        before = picture_of(panel)
        how(panel, name, value)
        assert picture_of(panel) != before, name
    act_and_wait(panel, lambda: panel.locator('[data-action="new-seed"]').click())
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "w") == "1" and not notebook.complaints


def test_what_was_tried_stays_and_the_best_are_joined(pacelc):
    notebook, panel = pacelc("reveal=True")
    assert tried(panel) == 0 and panel.locator(".fl-pacelc-frontier[d^='M']").count() == 0
    for _step in range(3):
        slide(panel, "w", "ArrowRight")
    assert tried(panel) == 3
    assert panel.locator("path.fl-pacelc-frontier[d^='M']").count() >= 1
    act_and_wait(panel, lambda: panel.locator('[data-preset="leader"]').click())
    assert tried(panel) == 4, "another scenario under the same conditions stands beside them"
    act_and_wait(panel, lambda: panel.locator('[data-preset="home"]').click())
    assert tried(panel) == 0, "other clients cannot be compared"
    act_and_wait(panel, lambda: panel.locator('[data-preset="at_once"]').click())
    assert tried(panel) == 4
    press(panel, "Forget").click()
    assert tried(panel) == 0 and not notebook.complaints


def test_a_pale_point_is_taken_again_with_the_keys(pacelc):
    notebook, panel = pacelc("reveal=True, w=3, r=2")
    slide(panel, "w", "Home")
    point = panel.get_by_role("button", name="W 3, R 2", exact=False)
    act_and_wait(panel, lambda: point.press("Enter"))
    panel.locator(".fl-summary", has_text="W 3, R 2.").wait_for()
    assert output_of(panel, "w") == "3" and "stale reads: 0%" in summary(panel) and not notebook.complaints


def test_a_cut_shows_where_the_same_design_goes(pacelc):
    notebook, panel = pacelc("reveal=True, route='all', on_cut='answer'")
    assert panel.locator("path.fl-pacelc-leads[d^='M']").count() == 0
    select(panel, "cut", "us")
    assert panel.locator("path.fl-pacelc-leads[d^='M']").count() == 1
    assert "us cut off" in summary(panel) and panel.locator(".fl-pacelc-off").count() == 3
    check(panel, "on_cut", "refuse")
    assert panel.locator(".fl-pacelc-bad").count() == 2, "us gets nothing"
    assert not notebook.complaints


def test_the_answer_is_hidden_until_there_is_a_prediction(pacelc):
    notebook, panel = pacelc()
    assert not panel.locator(".fl-pacelc-own").first.is_visible()
    panel.locator('[data-option="more"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert panel.locator(".fl-pacelc-own").first.is_visible()
    act_and_wait(panel, lambda: panel.locator('[data-preset="farthest"]').click())
    panel.locator('[data-option="some"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong" and not notebook.complaints


def test_the_scenario_is_shared_and_a_bad_value_is_refused_in_one_line(pacelc):
    _notebook, panel = pacelc("reveal=True, cut='asia'")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 16
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "pacelc"
    area = panel.locator('[data-action="scenario"]')
    scenario["params"] |= {"w": 4, "cut": "none"}
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert "W 4, R 1." in summary(panel)
    scenario["params"]["cut"] = "mars"
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-message.fl-bad", has_text="cut").wait_for()


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 860), (False, "ru", 1280), (True, "en", 690)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(pacelc, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=2100):
        notebook, panel = pacelc(language=language)
        picture = f"pacelc-{'dark' if dark else 'light'}-{language}"
        assert list(scenarios(notebook, panel, picture, UNTIDY)) and not notebook.complaints


def test_a_changed_control_is_in_the_picture_soon(pacelc):
    notebook, _panel = pacelc("reveal=True")
    times = notebook.latency_ms("pacelc", "w", [2 + i % 3 for i in range(12)])
    print(f"control to picture, median of 12: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
