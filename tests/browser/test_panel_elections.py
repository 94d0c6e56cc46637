"""The election-time panel in real JupyterLab: it fills by itself, every control works, and everything fits."""

from __future__ import annotations

import pytest

from tests.panels import act_and_wait, output_of

OPEN = """
from faultlab.i18n import use_language
from faultlab.widgets import elections_panel
use_language("{language}")
panel = elections_panel({arguments})
panel
"""
UNTIDY = """(panel) => {
  const svg = panel.querySelector('svg.fl-picture'), frame = svg.getBoundingClientRect(), slack = 3;
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const texts = [...svg.querySelectorAll('text')].filter(shown).map((t) => [t.textContent, t.getBoundingClientRect()])
    .filter(([, b]) => b.width);
  for (const [text, b] of texts) {
    if (b.left < frame.left - 2 || b.right > frame.right + 2 || b.bottom > frame.bottom + 2) return 'outside: ' + text;
  }
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (a === b) continue;
    const beside = a.right - slack < b.left || b.right - slack < a.left;
    if (!beside && !(a.bottom - slack < b.top || b.bottom - slack < a.top)) return `overlap: ${one} / ${other}`;
  }
  for (const control of panel.querySelectorAll('button, select')) {
    const cut = control.checkVisibility() && control.scrollWidth > control.clientWidth + 1;
    if (cut) return 'clipped: ' + control.textContent;
  }
  return panel.scrollWidth > panel.clientWidth + 1 ? 'wider than the panel' : '';
}"""
FULL = "(p) => p.faultlab.view.runs[0] === p.faultlab.view.runs[1]"


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("elections.ipynb", ["pass"]))


@pytest.fixture
def show(notebook_page):
    def show_(arguments: str = "runs=20, reveal=True", language: str = "en"):
        cell = OPEN.format(arguments=arguments, language=language)
        return notebook_page, notebook_page.show(cell, "elections")

    return show_


def fill(panel) -> None:
    """Wait until everything has been run."""
    panel.page.wait_for_function(FULL, arg=panel.element_handle(), timeout=60_000)


def test_the_curves_fill_by_themselves_and_nothing_moves_meanwhile(show):
    notebook, panel = show("runs=100, reveal=True, seed=77")
    heights = panel.evaluate("""async (p) => {
      const seen = new Set(), counts = new Set(), end = performance.now() + 60000;
      while (p.faultlab.view.runs[0] < p.faultlab.view.runs[1] && performance.now() < end) {
        seen.add(Math.round(p.querySelector('.fl-stage').getBoundingClientRect().height));
        counts.add(p.faultlab.view.runs[0]);
        await new Promise(requestAnimationFrame);
      }
      return [[...seen], counts.size];
    }""")
    assert len(heights[0]) == 1 and heights[1] > 5
    done, total = panel.evaluate("(p) => p.faultlab.view.runs")
    assert done == total and panel.locator(".fl-status").inner_text() == ""
    assert not notebook.complaints


def test_every_control_changes_the_curves(show):
    notebook, panel = show()
    fill(panel)
    for name, value in (("base_ms", 200), ("spread_ms", 20), ("broadcast_ms", 30), ("runs", 40)):
        slider = panel.locator(f'[data-control="{name}"] input')
        before = output_of(panel, name)
        act_and_wait(panel, lambda slider=slider, value=value: slider.fill(str(value)))
        assert output_of(panel, name) != before
    wanted = "(p) => p.faultlab.view.graphs.levels.at(-1).name === '200–220 ms' && p.faultlab.view.runs[1] > 400"
    panel.page.wait_for_function(wanted, arg=panel.element_handle())
    fill(panel)
    curves = panel.evaluate("(p) => JSON.stringify(p.faultlab.view.graphs)")
    act_and_wait(panel, panel.locator('[data-action="new-seed"]').click)
    fill(panel)
    assert panel.evaluate("(p) => JSON.stringify(p.faultlab.view.graphs)") != curves
    act_and_wait(panel, panel.locator('[data-action="reset"]').click)
    assert output_of(panel, "runs") == "20"
    assert not notebook.complaints


def test_the_stroke_reads_the_shares_by_keyboard_without_python(show):
    notebook, panel = show()
    fill(panel)
    notebook.execute("panel.compute = None")
    knob = panel.get_by_role("slider", name="Time without a leader").first
    shares = panel.locator("text.fl-answer.fl-strong")
    before = shares.all_text_contents()
    knob.focus()
    knob.press("Home")
    assert set(shares.all_text_contents()) == {"0 %"}
    knob.press("End")
    assert "100 %" in shares.all_text_contents() and knob.get_attribute("aria-valuetext") == "10,000 ms"
    for _step in range(7):
        knob.press("PageDown")
    assert shares.all_text_contents() != before
    assert not notebook.complaints


@pytest.mark.parametrize("name", ["figure", "five", "short"])
def test_a_prediction_comes_first(show, name):
    notebook, panel = show("runs=20")
    if name != "figure":
        act_and_wait(panel, panel.locator(f'[data-preset="{name}"]').click)
    fill(panel)
    assert panel.locator(".fl-cover").count() == 2 and not panel.locator(".fl-el-published").first.is_visible()
    answer = panel.evaluate("(p) => p.faultlab.outcome().answer")
    panel.locator(f'[data-option="{answer}"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert panel.locator(".fl-el-published").first.is_visible()
    assert not notebook.complaints


@pytest.mark.parametrize(
    ("dark", "language", "width"), [(False, "en", 1280), (True, "ru", 1040), (False, "ru", 800), (True, "en", 800)]
)
def test_everything_fits_and_is_kept_as_a_picture(show, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1900})
    notebook_page.use_theme(dark)
    try:
        notebook, panel = show("runs=100, reveal=True", language=language)
        fill(panel)
        notebook.screenshot(f"elections-{'dark' if dark else 'light'}-{language}-{width}", panel)
        assert panel.evaluate(UNTIDY) == ""
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)
