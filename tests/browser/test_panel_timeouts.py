"""The timeouts panel in real JupyterLab: controls, marks that are dragged, and a lower part that needs no kernel."""

from __future__ import annotations

import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, shared_scenario

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import timeouts_panel
use_language("{language}")
"""
FRAME_MS = 1000 / 60
LATENCY_MAX_MS = 150


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("timeouts.ipynb", ["pass"]))


@pytest.fixture
def timeouts(notebook_page):
    """Show a timeouts panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = timeouts_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "timeouts")

    return open_


def drag(page, handle, by_px: float) -> None:
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by_px, y, steps=6)
    page.mouse.up()


def test_every_control_of_the_timeouts_panel_changes_the_picture(timeouts):
    notebook, panel = timeouts("reveal=True, attempts=2, work='slow'")
    panel.locator(".fl-more summary").click()
    names = ["work_s", "attempts", "tail", "timeout_s", "pause_s", "tail_s", "dead"]
    names += [f"{level}_s" for level in ("client", "balancer", "application", "socket", "database")]
    for name in names:
        before, shown = picture_of(panel), output_of(panel, name)
        act_and_wait(panel, lambda name=name: panel.locator(f'[data-control="{name}"] input').press("ArrowRight"))
        assert output_of(panel, name) != shown
        assert picture_of(panel) != before, name
    for name, value in (("work", "hangs"), ("axis", "linear")):
        before = picture_of(panel)
        option = panel.locator(f'[data-control="{name}"] input[value="{value}"]')
        act_and_wait(panel, lambda option=option: option.check(force=True))
        assert picture_of(panel) != before, name
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="retrier"] select').select_option("all"))
    assert picture_of(panel) != before
    assert panel.locator(".fl-timeouts-wasted").is_visible()
    act_and_wait(panel, lambda: panel.locator('[data-control="propagate"] input').check())
    assert panel.locator(".fl-timeouts-wasted").count() == 0
    assert panel.locator(".fl-timeouts-none").is_visible()
    act_and_wait(panel, lambda: panel.locator('[data-action="new-seed"]').click())
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    panel.locator(".fl-words summary").click()
    assert "“client” waits 30 s" in panel.locator(".fl-log li").first.inner_text()
    assert shared_scenario(panel)["params"]["socket_s"] == 10
    assert not notebook.complaints


def test_the_answer_is_hidden_until_the_learner_predicts_and_the_verdict_is_computed(timeouts):
    notebook, panel = timeouts()
    assert panel.locator(".fl-cover").first.is_visible()
    assert not panel.locator(".fl-timeouts-bar").first.is_visible()
    notebook.screenshot("timeouts-light-en-question", panel)
    panel.locator('[data-option="none"]').click()
    verdict = panel.locator(".fl-verdict")
    assert verdict.get_attribute("data-verdict") == "wrong"
    assert "works for 15 s, 5 s of them for nobody" in verdict.inner_text()
    act_and_wait(panel, lambda: panel.locator('[data-preset="everywhere"]').click())
    assert not panel.locator(".fl-timeouts-bar").first.is_visible()
    panel.locator('[data-option="many"]').click()
    assert verdict.get_attribute("data-verdict") == "right"
    assert not notebook.complaints


def test_a_timeout_is_dragged_on_its_span_and_moved_with_the_keys(timeouts):
    notebook, panel = timeouts("reveal=True")
    socket = panel.get_by_role("slider", name="Timeout: socket").last
    drag(notebook.page, socket, 150)
    notebook.page.wait_for_function("() => document.querySelector('.fl-timeouts-never') === null")
    moved = int(socket.get_attribute("aria-valuenow"))
    assert moved > 15
    act_and_wait(panel, lambda: socket.press("ArrowLeft"))
    assert socket.get_attribute("aria-valuenow") == str(moved - 1)
    act_and_wait(panel, lambda: socket.press("Home"))
    notebook.execute("assert panel.params['socket_s'] == 1")
    assert not notebook.complaints


def test_the_timeout_of_one_answer_is_dragged_without_a_kernel(timeouts):
    notebook, panel = timeouts("reveal=True")
    notebook.execute("panel.compute = None")  # any question to Python would now show an error
    line = panel.locator(".fl-timeouts-handle").last
    share = panel.locator(".fl-timeouts-share")
    assert "1.2%" in picture_of(panel) and share.is_visible()
    page = notebook.page
    box = line.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] - 100, box["y"] + 20, steps=6)
    moved = line.get_attribute("aria-valuetext")
    assert "1.2%" not in moved
    assert output_of(panel, "timeout_s").replace("\u00a0", " ") == moved.split(":")[0], "slider and mark agree"
    page.mouse.up()
    # At rest Python is told, and here it cannot answer: one line, and the picture goes on.
    panel.locator(".fl-status").filter(has_text="TypeError").wait_for()
    before = line.get_attribute("aria-valuetext")
    line.press("ArrowRight")
    assert line.get_attribute("aria-valuetext") != before
    assert not notebook.complaints


def test_what_needs_no_kernel_is_drawn_within_one_frame(timeouts):
    _notebook, panel = timeouts("reveal=True")
    times = panel.evaluate(
        """async (panel) => {
          const input = panel.querySelector('[data-control="timeout_s"] input');
          const line = () => panel.querySelector('.fl-timeouts-line').getAttribute('d');
          const times = [];
          for (let i = 0; i < 30; i++) {
            const before = line(), start = performance.now();
            input.value = -1 + (i % 15) / 10;
            input.dispatchEvent(new Event('input', {bubbles: true}));
            if (line() === before) throw new Error('not drawn at once');
            panel.getBoundingClientRect();
            times.push(performance.now() - start);
            await new Promise(requestAnimationFrame);
          }
          return times;
        }"""
    )
    print(f"local control to laid-out picture, median of 30: {statistics.median(times):.1f} ms")
    assert statistics.median(times) < FRAME_MS


def test_the_numbers_and_words_catch_up_when_a_local_control_rests(timeouts):
    notebook, panel = timeouts("reveal=True")
    act_and_wait(panel, lambda: panel.locator('[data-control="timeout_s"] input').press("Home"))
    assert "A timeout of 0.02 s" in panel.locator(".fl-summary").inner_text()
    notebook.execute("assert panel.params['timeout_s'] == 0.02")


def test_a_learners_chain_is_shown_and_operated(timeouts):
    notebook, panel = timeouts("levels=[('client', 3), ('orders', 2, 3, 0.1), ('prices', 0.8)], reveal=True")
    assert "orders" in picture_of(panel)
    prices = panel.get_by_role("slider", name="Timeout: prices").last
    act_and_wait(panel, lambda: prices.press("End"))
    assert "always too late" in picture_of(panel)
    notebook.screenshot("timeouts-light-en-own-chain", panel)
    assert not notebook.complaints


# The first text of the picture that sticks out of it, or that another text runs into.
UNTIDY = """(panel) => {
  const frame = panel.getBoundingClientRect();
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true});
  const texts = [...panel.querySelectorAll('svg.fl-picture text')].filter(shown)
    .map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, box]) => box.width);
  for (const [text, box] of texts) if (box.left < frame.left || box.right > frame.right) return 'outside: ' + text;
  const inside = 2;
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (one === other) continue;
    const beside = a.right - inside < b.left || b.right - inside < a.left;
    const apart = beside || a.bottom - inside < b.top || b.bottom - inside < a.top;
    if (!apart) return `overlap: ${one} / ${other}`;
  }
  return '';
}"""


@pytest.mark.parametrize(("dark", "language", "width"), [(False, "en", 1280), (True, "ru", 850)])
def test_every_scenario_fits_and_is_kept_as_a_picture(timeouts, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1900})
    notebook_page.use_theme(dark)
    try:
        notebook, panel = timeouts(language=language)
        for preset in panel.locator("[data-preset]").all():
            if preset.get_attribute("aria-pressed") == "false":
                act_and_wait(panel, preset.click)
            panel.locator('[data-action="show"]').click()
            name = preset.get_attribute("data-preset")
            notebook.screenshot(f"timeouts-{'dark' if dark else 'light'}-{language}-{name}", panel)
            assert panel.evaluate(UNTIDY) == "", name
        panel.locator(".fl-more summary").click()
        panel.locator('[data-control="axis"] input[value="linear"]').check(force=True)
        line = panel.locator(".fl-timeouts-handle").last
        for key in ("Home", "End"):
            line.press(key)
            assert panel.evaluate(UNTIDY) == "", key
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1700})
        notebook_page.use_theme(False)


def test_a_changed_control_is_in_the_picture_at_once(timeouts):
    notebook, _panel = timeouts("reveal=True")
    times = notebook.latency_ms("timeouts", "attempts", [1 + i % 4 for i in range(30)][1:])
    print(f"control to picture, median of 29: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.median(times) < LATENCY_MAX_MS
