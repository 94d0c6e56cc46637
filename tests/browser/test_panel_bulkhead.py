"""The bulkhead panel in a real JupyterLab: each control changes the picture, and the cursor needs no Python."""

from __future__ import annotations

import pytest

SHOW = "from faultlab.widgets import bulkhead_panel; bulkhead_panel({})"
DESIGN = (
    '{"pools": [{"name": "front", "threads": 40, "queue": 20}, {"name": "heavy", "threads": 10, "queue": 5}], '
    '"routes": {"api": "front", "admin": "front", "reports": "heavy"}}'
)
BADLY_PLACED = """(panel) => {
  const box = panel.querySelector('svg.fl-picture').getBoundingClientRect();
  const words = [...panel.querySelectorAll('svg.fl-picture text')]
    .map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([text, r]) => text && r.width > 0);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
  const pairs = words.flatMap(([text, r], i) =>
    words.slice(i + 1).filter(([, other]) => meet(r, other)).map(([other]) => `${text} | ${other}`));
  const outside = words.filter(([, r]) => r.left < box.left - 1 || r.right > box.right + 1);
  return [...pairs, ...outside.map(([text]) => `outside: ${text}`)];
}"""
CLIPPED = """(panel) => [...panel.querySelectorAll('.fl-segments')]
  .filter((s) => s.scrollWidth > s.clientWidth + 1).map((s) => s.textContent)"""
SLIDERS = ["api_threads", "reports_threads", "admin_threads", "queue", "api_rate", "hang_s"]
FOLDED = [
    "hang_start_s",
    "reports_rate",
    "admin_rate",
    "api_surge",
    "api_cpu_ms",
    "reports_cpu_ms",
    "load_percent",
]


@pytest.fixture(scope="module")
def notebook(lab, shared_notebook):
    return shared_notebook(lab.write("bulkhead.ipynb", [""]))


@pytest.fixture
def panel(notebook):
    locator = notebook.show(SHOW.format(""), "bulkhead")
    yield locator
    assert not notebook.complaints


def after(panel, act):
    """Do something, and wait until Python's answer to it is drawn."""
    before = panel.get_attribute("data-seq")
    act()
    panel.page.wait_for_function("([node, seq]) => node.dataset.seq !== seq", arg=[panel.element_handle(), before])
    panel.page.wait_for_timeout(50)


def picture(panel):
    """The picture as text: what is drawn, and where."""
    return panel.locator("svg.fl-picture").inner_html()


def reveal(panel):
    panel.locator('[data-action="show"]').click()


def test_the_prediction_comes_before_the_picture(notebook, panel):
    assert panel.locator(".fl-cover").first.is_visible()
    assert panel.locator(".fl-numbers").is_hidden()
    panel.locator('[data-option="soon"]').click()
    assert panel.locator(".fl-cover").first.is_hidden()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert "1,021 of 4,118" in panel.locator(".fl-numbers").inner_text()
    notebook.screenshot("bulkhead-light-en", panel)


def test_each_slider_asks_python_and_changes_the_picture(panel):
    reveal(panel)
    panel.locator(".fl-more summary").click()
    for name in SLIDERS + FOLDED:
        before = picture(panel)
        control = panel.locator(f'[data-control="{name}"] input')
        at_its_end = control.evaluate("(input) => Number(input.value) >= Number(input.max)")
        control.focus()
        after(panel, lambda control=control, key="PageDown" if at_its_end else "PageUp": control.press(key))
        assert picture(panel) != before, name


def test_the_shown_design_and_the_divided_cpu(panel):
    reveal(panel)
    after(panel, lambda: panel.locator('[data-control="shown"] input[value="own"]').check(force=True))
    assert "One pool for all" not in panel.locator("svg.fl-picture text:visible").all_text_contents()
    after(panel, lambda: panel.locator('[data-control="shown"] input[value="both"]').check(force=True))
    assert "One pool for all" in panel.locator("svg.fl-picture text:visible").all_text_contents()
    after(panel, lambda: panel.locator('[data-preset="cpu"]').click())
    reveal(panel)
    panel.locator(".fl-more summary").click()
    before = panel.locator(".fl-numbers").inner_text()
    after(panel, lambda: panel.locator('[data-control="cpu_shares"] input').check())
    assert panel.locator(".fl-numbers").inner_text() != before


def test_each_scenario_says_what_to_watch_and_asks(notebook, panel):
    for name in ("office", "short", "surge", "cpu", "night", "hang"):
        after(panel, lambda name=name: panel.locator(f'[data-preset="{name}"]').click())
        assert panel.locator(".fl-watch").inner_text().strip()
        reveal(panel)
        assert panel.locator(".fl-option.fl-true").count() == 1
        if name == "surge":
            notebook.screenshot("bulkhead-light-en-surge", panel)


def test_the_hang_is_dragged_and_moved_by_keys(panel):
    start = panel.get_by_role("slider", name="Start of the hang")
    end = panel.get_by_role("slider", name="End of the hang")
    after(panel, lambda: start.press("ArrowRight"))
    assert start.get_attribute("aria-valuenow") == "11"
    end.scroll_into_view_if_needed()
    box = end.bounding_box()
    mouse = panel.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()

    def drag():
        mouse.move(box["x"] - 100, box["y"] + box["height"] / 2, steps=2)
        mouse.up()

    after(panel, drag)
    assert int(end.get_attribute("aria-valuenow")) < 30


def test_the_load_of_the_formula_is_dragged_by_keys(panel):
    load = panel.get_by_role("slider", name="Load for Erlang's formula").last
    after(panel, lambda: load.press("ArrowLeft"))
    assert load.get_attribute("aria-valuenow") == "95"


def test_the_cursor_moves_without_python(panel):
    reveal(panel)
    before = panel.get_attribute("data-seq")
    panel.locator('[data-action="time"]').fill("28")
    assert "Shared 80/80 (API 0, Reports 80, Admin 0), 50 waiting" in panel.locator("svg.fl-picture").text_content()
    panel.locator('[data-action="time"]').fill("5")
    assert "Shared 80/80" not in panel.locator("svg.fl-picture").text_content()
    panel.locator('[data-action="forward"]').click()
    assert panel.locator(".fl-clock").inner_text().startswith("10.0")
    panel.get_by_role("slider", name="Time", exact=True).first.press("ArrowRight")
    assert panel.locator(".fl-clock").inner_text().startswith("10.5")
    panel.locator('[data-action="play"]').click()
    panel.locator('[data-action="back"]').click()
    assert panel.get_attribute("data-seq") == before


def test_a_learners_design_is_shown_and_a_broken_one_is_one_line(notebook):
    panel = notebook.show(SHOW.format(DESIGN), "bulkhead")
    reveal(panel)
    assert "front · 40" in panel.locator("svg.fl-picture").text_content()
    for name in ("surge", "night"):
        after(panel, lambda name=name: panel.locator(f'[data-preset="{name}"]').click())
        assert panel.locator(".fl-status").inner_text() == ""
    panel = notebook.show(SHOW.format('{"pools": []}'), "bulkhead")
    reveal(panel)
    assert "'pools' and 'routes'" in panel.locator(".fl-status").inner_text()
    assert "Shared · 80" in panel.locator("svg.fl-picture").text_content()
    assert not notebook.complaints


@pytest.mark.parametrize(("dark", "width"), [(True, 1280), (False, 880)], ids=["dark", "narrow"])
def test_the_words_of_the_picture_stay_apart_in_russian(lab, open_notebook, dark, width):
    cells = ["from faultlab.i18n import use_language; use_language('ru')", SHOW.format("")]
    notebook = open_notebook(lab.write(f"bulkhead-ru-{width}.ipynb", cells), dark=dark, width=width, height=2300)
    notebook.run_all()
    panel = notebook.panel("bulkhead")
    reveal(panel)
    assert panel.evaluate(BADLY_PLACED) == []
    assert panel.evaluate(CLIPPED) == []
    notebook.screenshot(f"bulkhead-{'dark' if dark else 'light'}-ru-{width}", panel)
    assert not notebook.complaints
