"""The panel of logical clocks in real JupyterLab: pictures are drawn with mouse and keys, and events are compared."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, press, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import vector_clock_panel
use_language("{language}")
class Forgetful:
    def __init__(self, process): self.process, self.entries = process, {{}}
    def tick(self):
        self.entries[self.process] = self.entries.get(self.process, 0) + 1
        return dict(self.entries)
    send = tick
    def receive(self, vector): return self.tick()
    compare = staticmethod(lambda a, b: "before")
"""
LATENCY_MAX_MS = 150  # what the slowest machine of a shared runner still reaches; the number itself is printed
# The first text of the picture that sticks out of the panel, that another one runs into, or that is too small; a
# control that is cut off.
UNTIDY = untidy()


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("vector_clock.ipynb", ["pass"]))


@pytest.fixture
def clocks(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = vector_clock_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "vector_clock")

    return open_


def cell(panel, place: str):
    """A place of the picture: "B3" is the third one of B, whether an event stands there or not."""
    column = "ABCDE".index(place[0])
    count = panel.locator(".fl-clocks-cell").count()
    lanes = panel.locator("svg.fl-picture .fl-clocks-life").count()
    return panel.locator(".fl-clocks-cell").nth(column * (count // lanes) + int(place[1:]) - 1)


def clocks_shown(panel, which: str) -> None:
    panel.locator('[data-control="clocks"] select').select_option(which)


def labels(panel) -> list[str]:
    return [text for text in panel.locator(".fl-clocks-cell").all_text_contents() if text]


def told(panel) -> str:
    return " ".join(panel.locator("svg.fl-picture [aria-live] text").all_text_contents())


def test_every_control_changes_the_picture(clocks):
    notebook, panel = clocks("reveal=True")
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="n"] input').press("ArrowRight"))
    assert output_of(panel, "n") == "4" and picture_of(panel) != before
    for value in ("lamport", "both", "neither", "vector"):
        before = picture_of(panel)
        act_and_wait(panel, lambda value=value: clocks_shown(panel, value))
        assert picture_of(panel) != before, value
    assert not panel.locator('[data-action="new-seed"]').is_visible(), "nothing here is left to chance"
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "n") == "3"
    assert not notebook.complaints


def test_an_event_is_added_by_a_click_and_by_a_key_and_removed_again(clocks):
    notebook, panel = clocks("reveal=True")
    act_and_wait(panel, lambda: cell(panel, "A2").click())
    assert "step, [2,0,0]" in cell(panel, "A2").get_attribute("aria-label")
    cell(panel, "A2").press("ArrowDown")
    act_and_wait(panel, lambda: cell(panel, "B2").press("Enter"))
    assert "B2, step, [0,2,0]" in cell(panel, "B2").get_attribute("aria-label")
    act_and_wait(panel, lambda: cell(panel, "B2").press("Delete"))
    assert "free" in cell(panel, "B2").get_attribute("aria-label")
    press(panel, "Remove").click()
    act_and_wait(panel, lambda: cell(panel, "A2").click())
    assert "free" in cell(panel, "A2").get_attribute("aria-label")
    # Whoever sends goes, and what arrived there is a step of its own.
    act_and_wait(panel, lambda: cell(panel, "A3").click())
    assert "step, [0,2,0]" in cell(panel, "B4").get_attribute("aria-label")
    assert not notebook.complaints


def test_a_message_is_sent_by_two_clicks_by_keys_and_by_dragging(clocks):
    notebook, panel = clocks("reveal=True")
    arrows = panel.locator(".fl-clocks-message")
    before = arrows.count()
    press(panel, "Send a message").click()
    cell(panel, "A2").click()
    assert "From A, place 2, free" in told(panel)
    act_and_wait(panel, lambda: cell(panel, "C4").click())
    assert "arrival, [2,0,3]" in cell(panel, "C4").get_attribute("aria-label") and arrows.count() == before + 1
    cell(panel, "C2").press("Enter")
    cell(panel, "C2").press("ArrowRight")
    act_and_wait(panel, lambda: cell(panel, "B3").press(" "))
    assert "B2, arrival" in cell(panel, "B3").get_attribute("aria-label") and arrows.count() == before + 2
    press(panel, "Add and compare").click()
    start, end = cell(panel, "A8").bounding_box(), cell(panel, "B9").bounding_box()
    mouse = panel.page.mouse
    mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    mouse.down()
    mouse.move(start["x"] + 20, start["y"] + 90)
    assert panel.locator(".fl-clocks-drawn").get_attribute("d")
    mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2)
    mouse.up()
    assert "receives or sends already" in told(panel)
    assert not panel.locator(".fl-clocks-drawn").get_attribute("d") and not notebook.complaints


def test_a_message_is_dragged_to_a_free_place(clocks):
    notebook, panel = clocks("reveal=True")
    before = panel.locator(".fl-clocks-message").count()
    act_and_wait(panel, lambda: cell(panel, "A8").drag_to(cell(panel, "C9")))
    assert panel.locator(".fl-clocks-message").count() == before + 1
    assert "arrival" in cell(panel, "C9").get_attribute("aria-label") and not notebook.complaints


def test_a_message_that_cannot_be_is_refused_with_a_reason(clocks):
    notebook, panel = clocks("reveal=True")
    press(panel, "Send a message").click()
    for first, second, reason in (
        ("A5", "B2", "goes to the right"),
        ("A5", "A8", "to another process"),
        ("A2", "B6", "receives or sends already"),
    ):
        cell(panel, first).click()
        cell(panel, second).click()
        assert reason in told(panel), (first, second)
    cell(panel, "B4").click()
    assert "An arrival is one event" in told(panel)
    cell(panel, "A5").click()
    cell(panel, "A5").click()
    assert "Click where the message is sent" in told(panel)
    notebook.execute("assert len(panel.params['events']) == 12")
    assert not notebook.complaints


def test_two_events_are_chosen_and_each_pair_is_asked_before_it_is_told(clocks):
    notebook, panel = clocks()
    assert not panel.locator(".fl-below").is_visible()
    assert panel.locator(".fl-clocks-is-before").locator("visible=true").count() == 0
    notebook.screenshot("vector_clock-light-en-question", panel)
    panel.locator('[data-option="before"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert panel.locator(".fl-clocks-cell .fl-clocks-is-before").count() > 0
    act_and_wait(panel, lambda: cell(panel, "B9").click())
    assert panel.locator(".fl-verdict").inner_text() == ""
    assert panel.locator(".fl-clocks-cell .fl-clocks-is-before").count() == 0, "covered again"
    panel.locator('[data-option="before"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert "C3 → C4 → B4" in panel.locator(".fl-verdict").inner_text()
    assert panel.locator("svg.fl-picture path.fl-clocks-chain").count() >= 2
    # A click on one of the two swaps them.
    act_and_wait(panel, lambda: cell(panel, "B9").press("Enter"))
    panel.locator('[data-option="after"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert not notebook.complaints


def test_past_future_and_concurrent_events_have_shapes_of_their_own(clocks):
    _notebook, panel = clocks("reveal=True")
    act_and_wait(panel, lambda: cell(panel, "B6").click())
    drawn = {}
    for kind in ("before", "after", "concurrent", "focus"):
        paths = panel.locator(f".fl-clocks-cell .fl-clocks-is-{kind}").all()
        drawn[kind] = {path.get_attribute("d") for path in paths}
        assert len(drawn[kind]) == 1, kind
    assert len(set.union(*drawn.values())) == 4
    assert "causal past of 2" in panel.locator("svg.fl-picture").text_content()


def test_wrong_labels_are_marked_then_counted_then_set_right(clocks):
    notebook, panel = clocks()
    act_and_wait(panel, lambda: panel.locator('[data-preset="wrong"]').click())
    assert panel.locator(".fl-clocks-wrong").count() == 0
    for place in ("B4", "A7", "A1"):
        cell(panel, place).click()
    cell(panel, "A2").click()
    assert "Marked: 3 of 12" in told(panel), "a free place has no label"
    panel.locator('[data-option="7"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert "Found: 2 of 7. Marked though right: 1." in told(panel)
    assert panel.locator(".fl-clocks-wrong").count() == 7
    assert "✓ [2,2,0]" in cell(panel, "B4").text_content() and any(text.endswith("✗ [2,3,0]") for text in labels(panel))
    act_and_wait(panel, lambda: press(panel, "Remove the labels").click())
    assert panel.locator(".fl-clocks-wrong").count() == 0 and not press(panel, "Mark wrong labels").is_visible()
    assert not notebook.complaints


def test_the_learners_class_is_judged_event_by_event(clocks):
    notebook, panel = clocks("Forgetful, reveal=True")
    assert "Your class says {'B': 2} at B2" in panel.locator(".fl-status").inner_text()
    assert "✗ Your compare() says: before." in panel.locator("svg.fl-picture").text_content()
    assert sum(text.startswith("✗") or "✗ [" in text for text in labels(panel)) == 7
    notebook.screenshot("vector_clock-light-en-class", panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="whose"] input[value="model"]').check(force=True))
    assert not any("✗" in text for text in labels(panel)) and panel.locator(".fl-status").inner_text() == ""
    assert not notebook.complaints


def test_arrow_keys_walk_over_the_places_and_one_of_them_is_a_tab_stop(clocks):
    notebook, panel = clocks("reveal=True")
    assert panel.locator('.fl-clocks-cell[tabindex="0"]').count() == 1
    cell(panel, "A1").focus()
    for key, place in (
        ("ArrowRight", "A2"),
        ("ArrowDown", "B2"),
        ("End", "B9"),
        ("ArrowUp", "A9"),
        ("Home", "A1"),
        ("ArrowLeft", "A1"),
    ):
        panel.page.keyboard.press(key)
        assert cell(panel, place).evaluate("(g) => g === document.activeElement"), place
    assert panel.locator('.fl-clocks-cell[tabindex="0"]').count() == 1 and not notebook.complaints


def test_the_scenario_is_read_words_are_told_and_a_bad_event_is_refused_in_one_line(clocks):
    _notebook, panel = clocks("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 12
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "vector_clock" and scenario["params"]["pair"][0] == {"p": "A", "at": 6}
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["events"] = [{"p": "Z", "at": 1}]
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-status.fl-bad", has_text="An event looks like").wait_for()
    act_and_wait(panel, lambda: panel.locator('[data-preset="chain"]').click())
    assert len(labels(panel)) == 9


def test_two_events_always_stay(clocks):
    _notebook, panel = clocks("events=[{'p': 'A', 'at': 1}, {'p': 'B', 'at': 2}], reveal=True")
    cell(panel, "A2").press("Delete")
    assert "Two events must stay" in told(panel) and len(labels(panel)) == 2


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 790)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(clocks, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1700})
    notebook_page.use_theme(dark)
    try:
        notebook, panel = clocks(language=language)
        for preset in panel.locator("[data-preset]").all():
            if preset.get_attribute("aria-pressed") == "false":
                act_and_wait(panel, preset.click)
            name = preset.get_attribute("data-preset")
            assert panel.evaluate(UNTIDY) == "", f"{name}, asked"
            panel.locator('[data-action="show"]').click()
            notebook.screenshot(f"vector_clock-{'dark' if dark else 'light'}-{language}-{name}", panel)
            assert panel.evaluate(UNTIDY) == "", name
            for tool in panel.locator(".fl-clocks-chip").all()[:4]:
                tool.click()
                assert panel.evaluate(UNTIDY) == "", f"{name}, {tool.text_content()}"
        act_and_wait(panel, lambda: clocks_shown(panel, "both"))
        for _more in range(2):
            act_and_wait(panel, lambda: panel.locator('[data-control="n"] input').press("ArrowRight"))
        assert panel.evaluate(UNTIDY) == "", "five processes"
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1700})
        notebook_page.use_theme(False)


def test_a_changed_control_is_in_the_picture_at_once(clocks):
    notebook, _panel = clocks("reveal=True")
    times = notebook.latency_ms("vector_clock", "n", [[4, 5][i % 2] for i in range(20)])
    print(f"control to picture, median {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    # The fastest quarter: what else the machine does slows the others down.
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
