"""The panel of the two generals in real JupyterLab: messages, ends and rules are clicked, with mouse and keys."""

from __future__ import annotations

import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, press, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import two_generals_panel
use_language("{language}")
"""
LATENCY_MAX_MS = 150
UNTIDY = untidy()


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("two_generals.ipynb", ["pass"]))


@pytest.fixture
def two(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = two_generals_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "two_generals")

    return open_


def summary_of(panel) -> str:
    return panel.locator(".fl-summary").inner_text()


def test_every_control_of_the_two_generals_panel_changes_the_picture(two):
    notebook, panel = two("reveal=True")
    for name in ("last", "messengers", "loss"):
        before, shown = picture_of(panel), output_of(panel, name)
        act_and_wait(panel, lambda name=name: panel.locator(f'[data-control="{name}"] input').press("ArrowRight"))
        assert output_of(panel, name) != shown and picture_of(panel) != before, name
    assert not panel.locator('[data-action="new-seed"]').is_visible(), "nothing here is left to chance"
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "last") == "2"
    assert not notebook.complaints


def test_messages_are_lost_and_arrive_again_by_mouse_and_by_key(two):
    notebook, panel = two("3, reveal=True")
    assert "only A attacks" in summary_of(panel)
    act_and_wait(panel, lambda: press(panel, "message 2: lose it").click())
    assert "Message 2 is lost: nobody attacks" in summary_of(panel)
    assert "3: not sent" in panel.locator("svg.fl-picture").text_content()
    act_and_wait(panel, lambda: press(panel, "message 1: lose it").press("Enter"))
    assert "Message 1 is lost: nobody attacks" in summary_of(panel)
    lost = press(panel, "message 1, lost: let it arrive")
    assert lost.get_attribute("aria-pressed") == "true"
    act_and_wait(panel, lambda: lost.press(" "))
    assert "Nothing is lost: both attack" in summary_of(panel)
    assert not notebook.complaints


def test_a_row_shows_that_end(two):
    _notebook, panel = two("3, reveal=True")
    act_and_wait(panel, lambda: press(panel, "lost: nothing; A attacks, B attacks").click())
    assert "Nothing is lost" in summary_of(panel)
    row = press(panel, "lost: 3; A attacks, B stays")
    act_and_wait(panel, lambda: row.press("Enter"))
    assert "Message 3 is lost: only A attacks" in summary_of(panel) and row.get_attribute("aria-pressed") == "true"
    assert panel.locator("svg.fl-picture").text_content().count("sees no difference") == 3


def test_rules_are_changed_and_some_demand_is_always_broken(two):
    notebook, panel = two("reveal=True")
    assert "Broken demands: (b)." in summary_of(panel)
    for name, broken in (
        ("A does not attack after message nothing: let him", "(b)"),
        ("B does not attack after message nothing: let him", "(c)"),
    ):
        act_and_wait(panel, lambda name=name: press(panel, name).click())
        assert f"Broken demands: {broken}." in summary_of(panel)
    act_and_wait(panel, lambda: press(panel, "A attacks after message 2: no longer").press("Enter"))
    assert "(a)" in summary_of(panel)
    act_and_wait(panel, lambda: press(panel, "Rules: all that he waits for").click())
    assert "Broken demands: (b)." in summary_of(panel)
    assert not press(panel, "Rules: all that he waits for").is_visible()
    assert shared_scenario(panel)["params"]["rules"] == []
    assert not notebook.complaints


def test_the_answer_is_hidden_until_the_learner_predicts(two):
    notebook, panel = two()
    assert panel.locator(".fl-cover").first.is_visible() and not panel.locator(".fl-numbers").is_visible()
    assert not panel.locator(".fl-two-row text.fl-two-bad").first.is_visible()
    assert press(panel, "lost: 2").count() == 1, "its label does not tell either"
    panel.locator('[data-option="both"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert "only B attacks" in panel.locator(".fl-verdict").inner_text()
    act_and_wait(panel, lambda: panel.locator('[data-preset="seven"]').click())
    panel.locator('[data-option="no"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert "512" in panel.locator(".fl-verdict").inner_text()
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 8
    assert not notebook.complaints


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 790)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(two, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1700})
    notebook_page.use_theme(dark)
    try:
        notebook, panel = two(language=language)
        for preset in panel.locator("[data-preset]").all():
            if preset.get_attribute("aria-pressed") == "false":
                act_and_wait(panel, preset.click)
            name = preset.get_attribute("data-preset")
            assert panel.evaluate(UNTIDY) == "", f"{name}, asked"
            panel.locator('[data-action="show"]').click()
            notebook.screenshot(f"two_generals-{'dark' if dark else 'light'}-{language}-{name}", panel)
            assert panel.evaluate(UNTIDY) == "", name
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1700})
        notebook_page.use_theme(False)


def test_a_changed_control_is_in_the_picture_at_once(two):
    notebook, _panel = two("reveal=True")
    times = notebook.latency_ms("two_generals", "last", [3 + i % 4 for i in range(20)])
    print(f"control to picture, median of 20: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.median(times) < LATENCY_MAX_MS
