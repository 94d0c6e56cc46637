"""The panel of the stack in real JupyterLab: every control is operated, in both languages, light and dark."""

from __future__ import annotations

import pytest

from tests.panels import act_and_wait, output_of, picture_of

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import stack_panel
use_language("{language}")
"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("stack.ipynb", ["pass"]))


@pytest.fixture
def stack(notebook_page):
    """Show the panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = stack_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "stack")

    return open_


def test_every_control_changes_the_picture(stack):
    notebook, panel = stack("reveal=True, order_a='breaker-retry', order_b='all', slots=3")
    panel.locator(".fl-more summary").click()

    def changes(name: str, act) -> None:
        before = picture_of(panel)
        act_and_wait(panel, act)
        assert picture_of(panel) != before, name

    for name in ("start_s", "length_s", "rate", "clients", "attempts", "timeout_s", "slots", "queue"):
        changes(name, lambda name=name: panel.locator(f'[data-control="{name}"] input').press("ArrowLeft"))
    for name in ("jitter_a", "budget_a", "jitter_b", "budget_b"):
        changes(name, lambda name=name: panel.locator(f'[data-control="{name}"] input').click())
    for name in ("order_a", "order_b"):
        changes(name, lambda name=name: panel.locator(f'[data-control="{name}"] select').select_option("retry-breaker"))
    share = panel.locator('[data-control="opens_at"] input[value="share"]')
    changes("opens_at", lambda: share.check(force=True))
    for kind, size in (("down", "start_s"), ("herd", "herd"), ("errors", "errors")):
        option = panel.locator(f'[data-control="trouble"] input[value="{kind}"]')
        changes(kind, lambda option=option: option.check(force=True))
        changes(size, lambda size=size: panel.locator(f'[data-control="{size}"] input').press("ArrowRight"))
    assert not notebook.complaints


def test_the_run_is_hidden_until_the_learner_predicts_and_the_verdict_is_computed(stack):
    notebook, panel = stack()
    assert panel.locator(".fl-cover").first.is_visible()
    assert not panel.locator(".fl-numbers").is_visible()
    notebook.screenshot("stack-light-en-question", panel)
    panel.locator('[data-option="once"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert "457 requests, and 0 answers" in panel.locator(".fl-verdict").inner_text()
    act_and_wait(panel, lambda: panel.locator('[data-preset="breaker"]').click())
    assert not panel.locator(".fl-numbers").is_visible()
    panel.locator('[data-option="B"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"


def test_the_time_cursor_moves_without_python(stack):
    notebook, panel = stack("reveal=True")
    notebook.execute("panel.compute = None")  # any question to Python would now show an error
    now = panel.locator(".fl-stack-now")
    panel.locator('[data-action="time"]').fill("10")
    calm = now.last.text_content()
    panel.locator('[data-action="time"]').fill("40")
    assert now.last.text_content() != calm and "0/s answered, queue 60" in now.last.text_content()
    panel.locator('[data-action="back"]').click()
    assert panel.locator(".fl-clock").inner_text().startswith("39.0")
    panel.get_by_role("slider", name="Time cursor").press("Home")
    assert now.first.text_content().startswith("0 s:")
    ground = panel.locator(".fl-stack-target").first.bounding_box()
    notebook.page.mouse.click(ground["x"] + ground["width"] / 2, ground["y"] + 60)
    assert 28 < float(panel.locator(".fl-clock").inner_text().split()[0]) < 32
    assert panel.locator(".fl-status").inner_text() == ""
    assert not notebook.complaints


def test_the_trouble_is_dragged_with_the_mouse_and_moved_with_the_keys(stack):
    notebook, panel = stack("reveal=True")
    start = panel.get_by_role("slider", name="Trouble begins at").last
    box = start.bounding_box()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + 120, box["y"] + 10, steps=5)
    mouse.up()
    panel.locator(".fl-more summary").click()
    moved = int(output_of(panel, "start_s").split()[0])
    assert moved > 18
    notebook.page.wait_for_function(
        f"() => document.querySelector('.fl-stack-handle').getAttribute('aria-valuenow') === '{moved}'"
    )
    end = panel.get_by_role("slider", name="Trouble ends at")
    act_and_wait(panel, lambda: end.press("ArrowRight"))
    assert output_of(panel, "length_s").startswith("11")
    assert not notebook.complaints


# The first text of the picture that sticks out of it, or that another text runs into.
UNTIDY = """(panel) => {
  const frame = panel.querySelector('svg.fl-picture').getBoundingClientRect();
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true});
  const texts = [...panel.querySelectorAll('svg.fl-picture text')].filter(shown)
    .map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, box]) => box.width);
  for (const [text, box] of texts) {
    if (box.left < frame.left - 2 || box.right > frame.right + 8) return 'outside: ' + text;
  }
  const layers = [...panel.querySelectorAll('.fl-stack-frame, .fl-stack-service')];
  for (const rect of layers) {
    const text = rect.parentNode.querySelector(rect.matches('.fl-stack-service') ? ':scope > text:last-child' : 'text');
    if (text.getBoundingClientRect().right > rect.getBoundingClientRect().right) return 'frame: ' + text.textContent;
  }
  const inside = 2;
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (one === other) continue;
    const beside = a.right - inside < b.left || b.right - inside < a.left;
    const apart = beside || a.bottom - inside < b.top || b.bottom - inside < a.top;
    if (!apart) return `overlap: ${one} / ${other}`;
  }
  return '';
}"""
# The widest stack, beside the presets.
EVERYTHING = "reveal=True, order_a='all', order_b='timeout-outside', jitter_a=True, budget_a=True, opens_at='share'"


@pytest.mark.parametrize(("dark", "language", "width"), [(False, "en", 1280), (True, "ru", 880)])
def test_every_scenario_fits_and_is_kept_as_a_picture(stack, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1700})
    notebook_page.use_theme(dark)
    untidy = {}
    kept = f"stack-{'dark' if dark else 'light'}-{language}"
    try:
        notebook, panel = stack(EVERYTHING, language=language)
        notebook.screenshot(f"{kept}-all", panel)
        untidy["all"] = panel.evaluate(UNTIDY)
        notebook, panel = stack(language=language)
        for preset in panel.locator("[data-preset]").all():
            if preset.get_attribute("aria-pressed") == "false":
                act_and_wait(panel, preset.click)
            panel.locator('[data-action="show"]').click()
            name = preset.get_attribute("data-preset")
            notebook.screenshot(f"{kept}-{name}", panel)
            untidy[name] = panel.evaluate(UNTIDY)
        assert not any(untidy.values()), untidy
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)
