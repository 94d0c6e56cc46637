"""The panel of N, W and R in real JupyterLab: every node and button, the sets, the chart, both languages and themes."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, press, scenarios, seen, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import quorum_panel
from faultlab.widgets.quorum import NODES, read, wait, write
use_language("{language}")
"""
GIVES_UP = """
from faultlab.widgets import quorum as module
whole = module.linearizable
def gives_up(history):
    module.linearizable = whole  # the next time it is as it was
    return whole(history, steps_max=1)
module.linearizable = gives_up
"""
# The chart is measured anew for other N, W, R: this is what the slowest machine of a shared runner still reaches.
LATENCY_MAX_MS = 800
# Beside what every panel is asked: a word that sticks out of its button.
UNTIDY = untidy("""
  for (const chip of panel.querySelectorAll('.fl-quorum-chip')) {
    const text = chip.querySelector('text').getBoundingClientRect();
    const box = chip.querySelector('rect').getBoundingClientRect();
    if (text.right > box.right + 1) return 'out of its button: ' + chip.textContent;
  }
""")


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("quorum.ipynb", ["pass"]))


@pytest.fixture
def quorum(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en", before: str = ""):
        source = IMPORTS.format(language=language) + before + f"\npanel = quorum_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "quorum")

    return open_


def do(panel, name: str) -> None:
    act_and_wait(panel, press(panel, name).click)


def choose(panel, node: str) -> None:
    panel.locator(f'.fl-quorum-pick[aria-label^="Node {node}:"]').click()


def summary(panel) -> str:
    return panel.locator(".fl-summary").text_content()


def test_every_control_changes_the_picture(quorum):
    notebook, panel = quorum("reveal=True")
    for name, key in (("w", "ArrowRight"), ("r", "ArrowRight"), ("n", "ArrowRight"), ("t", "PageUp")):
        before, value = picture_of(panel), output_of(panel, name)
        act_and_wait(panel, lambda name=name, key=key: panel.locator(f'[data-control="{name}"] input').press(key))
        assert picture_of(panel) != before and output_of(panel, name) != value, name
    act_and_wait(panel, lambda: panel.locator('[data-action="new-seed"]').click())
    act_and_wait(panel, lambda: panel.locator('[data-preset="stand_in"]').click())
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="quorum"] input[value="strict"]').check(force=True))
    assert picture_of(panel) != before and "no answer" in summary(panel)
    act_and_wait(panel, lambda: panel.locator('[data-preset="repair"]').click())
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-control="repair"] input').click())
    assert picture_of(panel) != before, "without the repair one replica has nothing"
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "n") == "3" and not notebook.complaints


def test_nodes_write_read_fail_and_come_back(quorum):
    notebook, panel = quorum("reveal=True, w=2, r=2, steps=[]")
    for node, action in (("D", "write"), ("A", "fail"), ("E", "read"), ("A", "come back"), ("F", "read")):
        choose(panel, node)
        do(panel, f"{node}: {action}")
    do(panel, "Wait 0.5 s")
    assert panel.locator(".fl-quorum-down[d^='M']").count() == 0
    assert "E reads 1" in summary(panel) and "F reads 1" in summary(panel)
    for _step in range(3):
        do(panel, "Undo")
    assert panel.locator(".fl-quorum-down[d^='M']").count() == 1, "A is down again"
    do(panel, "Clear")
    assert "In both sets: no node" in summary(panel) and not notebook.complaints


def test_a_node_is_chosen_with_the_keys(quorum):
    notebook, panel = quorum("reveal=True, steps=[]")
    node = panel.locator('.fl-quorum-pick[aria-label^="Node C:"]')
    node.press("Enter")
    assert node.get_attribute("aria-pressed") == "true" and press(panel, "C: write").is_visible()
    act_and_wait(panel, lambda: press(panel, "C: write").press("Enter"))
    assert "C writes 1: answered" in summary(panel) and not notebook.complaints


def test_who_is_in_both_sets_has_another_shape(quorum):
    notebook, panel = quorum("reveal=True, w=2, r=2")
    shared = summary(panel).split("In both sets: ")[1].split(".")[0].split(", ")
    assert panel.locator(".fl-quorum-node.fl-quorum-both").count() == len(shared) >= 1
    act_and_wait(panel, lambda: panel.locator('[data-preset="not_linearizable"]').click())
    assert panel.locator(".fl-quorum-node.fl-quorum-both").count() == 0
    assert panel.locator(".fl-quorum-bad").count() >= 1 and not notebook.complaints


def test_a_checker_that_gave_up_is_not_said_to_have_found_an_error(quorum):
    # One step of search is too few for two calls.
    notebook, panel = quorum("w=2, r=2, reveal=True, steps=[write('A'), read('B')]", before=GIVES_UP)
    verdict = panel.locator("svg.fl-picture text", has_text="the checker has given up")
    assert verdict.count() == 1 and panel.locator(".fl-quorum-bad, .fl-quorum-good").count() == 0
    assert "the checker could not tell" in summary(panel) and not notebook.complaints


def test_the_answer_is_hidden_until_there_is_a_prediction(quorum):
    notebook, panel = quorum()
    assert not panel.locator(".fl-quorum-wars").first.is_visible()
    assert panel.locator(".fl-quorum-node.fl-quorum-both").count() == 0
    panel.locator('[data-option="none"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    act_and_wait(panel, lambda: panel.locator('[data-preset="not_linearizable"]').click())
    panel.locator('[data-option="nothing"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right" and not notebook.complaints


def test_the_scenario_is_shared_and_a_bad_step_is_refused_in_one_line(quorum):
    _notebook, panel = quorum("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 2
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "quorum"
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["steps"] = [{"do": "down", "at": "A"}, {"do": "write", "at": "A"}]
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert "A writes 1: no answer" in summary(panel)
    scenario["params"]["steps"] = [{"do": "burn", "at": "A"}]
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-status.fl-bad", has_text="A step looks like").wait_for()


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 690)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(quorum, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=2200):
        notebook, panel = quorum(language=language)
        picture = f"quorum-{'dark' if dark else 'light'}-{language}"
        assert list(scenarios(notebook, panel, picture, UNTIDY)) and not notebook.complaints


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ru", 690)])
def test_many_calls_fit(quorum, notebook_page, language, width):
    with seen(notebook_page, width=width, height=1900):
        steps = "[write('A'), read('B')] * 8"
        notebook, panel = quorum(f"reveal=True, n=5, w=5, r=3, steps={steps}", language=language)
        assert panel.evaluate(UNTIDY) == ""
        notebook.screenshot(f"quorum-{language}-many", panel)
        assert not notebook.complaints


def test_a_changed_control_is_in_the_picture_soon(quorum):
    notebook, _panel = quorum("reveal=True")
    times = notebook.latency_ms("quorum", "n", [3 + (i + 1) % 3 for i in range(12)])
    print(f"control to picture, median of 12: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
