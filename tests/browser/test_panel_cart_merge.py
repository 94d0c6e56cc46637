"""The cart in two regions in real JupyterLab: a cut, changes on both sides, the merge three times, and its diagram."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, picture_of, press, scenarios, seen, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import cart_merge_panel
from faultlab.widgets.cart_merge import add, again, cut, heal, remove, start
use_language("{language}")
"""
# What the slowest machine of a shared runner still reaches; the number itself is printed.
LATENCY_MAX_MS = 150
# Beside what every panel is asked: a word that sticks out of its button, and a result's text that leaves its card.
UNTIDY = untidy("""
  for (const chip of panel.querySelectorAll('.fl-cm-chip, .fl-cm-item, .fl-cm-version')) {
    const text = chip.querySelector('text')?.getBoundingClientRect();
    const box = chip.querySelector('rect').getBoundingClientRect();
    const fits = !text || (text.right <= box.right + 1 && text.left >= box.left - 1);
    if (!fits) return 'out of its button: ' + chip.textContent;
  }
  for (const box of panel.querySelectorAll('.fl-cm-card')) {
    const frame = box.getBoundingClientRect();
    for (const t of [...box.parentNode.querySelectorAll('text')].filter(shown)) {
      const own = t.getBoundingClientRect();
      if (own.right > frame.right || own.bottom > frame.bottom) return 'out of its card: ' + t.textContent;
    }
  }
""")


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("cart_merge.ipynb", ["pass"]))


@pytest.fixture
def regions(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = cart_merge_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "cart_merge")

    return open_


def do(panel, name: str) -> None:
    act_and_wait(panel, press(panel, name).click)


def summary(panel) -> str:
    return panel.locator(".fl-summary").text_content().replace("\xa0", " ")


def result(panel, merge: str) -> str:
    """What the card of a merge says, as one text."""
    return " ".join(panel.locator(f".fl-cm-appear:has-text('{merge}') text").all_text_contents())


def test_both_sides_change_a_cut_cart_and_the_link_is_healed(regions):
    notebook, panel = regions("reveal=True, steps=[start('ABC')]")
    do(panel, "Cut the link")
    assert "The link is cut" in summary(panel) and panel.locator(".fl-cm-appear").count() == 0
    do(panel, "US-East: put in D")
    do(panel, "EU-West: take out B")
    assert "US-East: A B C D. EU-West: A C." in summary(panel)
    do(panel, "Heal the link")
    assert "Union (Dynamo): A B C D. Back again: B." in summary(panel)
    assert "OR-Set: A C D. As it was meant." in summary(panel)
    assert "Last writer wins: A C. Lost: D." in summary(panel)
    assert panel.locator(".fl-cm-back").count() == 1 and panel.locator(".fl-cm-lost").count() == 1
    do(panel, "EU-West: take out B")
    assert panel.locator(".fl-cm-back").count() == 0
    do(panel, "Deliver the merge once more")
    assert "Union (Dynamo): A C D. As it was meant." in summary(panel) and not notebook.complaints


def test_undo_and_start_over_keep_the_cart_of_the_beginning(regions):
    notebook, panel = regions("reveal=True, steps=[start('AB')]")
    assert press(panel, "Undo").get_attribute("aria-disabled") == "true"
    do(panel, "US-East: put in C")
    do(panel, "Cut the link")
    do(panel, "Undo")
    assert press(panel, "Cut the link").count() == 1 and "OR-Set: A B C" in summary(panel)
    do(panel, "Start over")
    assert "OR-Set: A B. As it was meant." in summary(panel)
    assert press(panel, "Deliver the merge once more").get_attribute("aria-disabled") == "true"
    assert not notebook.complaints


def test_an_item_is_put_in_with_the_keys(regions):
    notebook, panel = regions("reveal=True, steps=[start('AB')]")
    act_and_wait(panel, lambda: press(panel, "EU-West: put in F").press("Enter"))
    chip = press(panel, "EU-West: take out F")
    assert chip.evaluate("(node) => node === document.activeElement")
    act_and_wait(panel, lambda: chip.press(" "))
    assert press(panel, "US-East: put in F").is_visible() and not notebook.complaints


def test_the_versions_of_the_diagram_are_gone_through_with_the_arrow_keys(regions):
    notebook, panel = regions("reveal=True, steps=[start('ABC'), cut(), add('us', 'D'), remove('eu', 'B'), heal()]")
    words = panel.locator("svg.fl-picture")
    press(panel, "Version 2: Before the cut").press("ArrowDown")
    first = press(panel, "Version 3: US-East, +D")
    assert first.get_attribute("aria-pressed") == "true"
    assert "additions A·US1, B·US2, C·US3, D·US4; seen US\xa04, EU\xa00" in words.text_content()
    first.press("ArrowRight")
    assert press(panel, "Version 4: EU-West, −B").evaluate("(node) => node === document.activeElement")
    press(panel, "Version 4: EU-West, −B").press("ArrowDown")
    press(panel, "Version 5: merge").press("ArrowDown")
    assert press(panel, "Version 5: merge").get_attribute("aria-pressed") == "true", "there is none after it"
    assert "version vector US\xa04, EU\xa01" in words.text_content()
    press(panel, "Version 5: merge").click()
    assert panel.locator(".fl-cm-chosen").count() == 0 and not notebook.complaints


def test_the_clock_decides_who_wrote_last(regions):
    notebook, panel = regions("reveal=True")
    act_and_wait(panel, lambda: panel.locator('[data-preset="clock"]').click())
    assert "Lost: E." in result(panel, "Last writer wins") and "As it was meant." in result(panel, "OR-Set")
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="skew"] input').press("End"))
    assert "Lost: D." in result(panel, "Last writer wins") and picture_of(panel) != before
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert "Lost: C, D." in result(panel, "Last writer wins") and not notebook.complaints


def test_the_carts_are_hidden_until_there_is_a_prediction_and_the_run_judges_it(regions):
    notebook, panel = regions()
    assert not press(panel, "US-East: take out A").is_visible() and not panel.locator(".fl-cm-slot").first.is_visible()
    panel.locator('[data-option="all"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert press(panel, "US-East: take out A").is_visible() and panel.locator(".fl-cm-slot").first.is_visible()
    act_and_wait(panel, lambda: panel.locator('[data-preset="comes_back"]').click())
    assert not panel.locator(".fl-cm-back").is_visible()
    panel.locator('[data-option="ABCD"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right" and not notebook.complaints


def test_the_scenario_is_shared_and_a_bad_step_is_refused_in_one_line(regions):
    _notebook, panel = regions("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 6
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "cart_merge"
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["steps"] = [{"do": "add", "at": "eu", "item": "F"}]
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert "OR-Set: F. As it was meant." in summary(panel)
    scenario["params"]["steps"] = [{"do": "add", "at": "mars", "item": "F"}]
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-status.fl-bad", has_text="A step looks like").wait_for()


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 690)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(regions, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=2200):
        notebook, panel = regions(language=language)
        picture = f"cart_merge-{'dark' if dark else 'light'}-{language}"
        last = panel.locator(".fl-cm-version").last
        kept = list(scenarios(notebook, panel, picture, UNTIDY, last.click, asked="twice"))
        assert "twice" in kept and not notebook.complaints


ROUNDS = """[start('ABC'), cut(), add('us', 'D'), remove('eu', 'B'), heal(), cut(), remove('us', 'B'), add('us', 'E'),
  add('eu', 'F'), remove('eu', 'C'), add('eu', 'C'), remove('us', 'C')"""


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ru", 690)])
@pytest.mark.parametrize(("name", "end"), [("cut", "]"), ("healed", ", heal(), again(), add('eu', 'B'), again()]")])
def test_a_second_cut_fits_too(regions, notebook_page, language, width, name, end):
    with seen(notebook_page, width=width, height=2200):
        notebook, panel = regions(f"reveal=True, skew=-12, steps={ROUNDS}{end}", language=language)
        assert panel.evaluate(UNTIDY) == ""
        panel.locator(".fl-cm-version").first.click()
        notebook.screenshot(f"cart_merge-{language}-{name}", panel)
        assert panel.evaluate(UNTIDY) == "", "with a version"
        assert not notebook.complaints


def test_a_changed_control_is_in_the_picture_at_once(regions):
    notebook, _panel = regions("reveal=True")
    times = notebook.latency_ms("cart_merge", "skew", [i % 5 + 1 for i in range(20)])
    print(f"control to picture, median of 20: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
