"""The panel of convergence in real JupyterLab: writing by hand, bands, moments, pairs, both languages and themes."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, picture_of, press, scenarios, seen, shared_scenario, untidy

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import convergence_panel
from faultlab.widgets.convergence import write
use_language("{language}")
"""
# Forty other runs are made anew for another setup: what the slowest machine of a shared runner still reaches.
LATENCY_MAX_MS = 800
# Beside what every panel is asked: a word that sticks out of its button or its band.
UNTIDY = untidy("""
  for (const own of panel.querySelectorAll('.fl-convergence-chip, g:has(> .fl-convergence-part)')) {
    const text = own.querySelector('text').getBoundingClientRect();
    const box = own.querySelector('rect').getBoundingClientRect();
    const out = text.right > box.right + 1 || text.left < box.left - 1;
    if (text.width && out) return 'out of its box: ' + own.textContent;
  }
""")


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("convergence.ipynb", ["pass"]))


@pytest.fixture
def convergence(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = convergence_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "convergence")

    return open_


def summary(panel) -> str:
    return panel.locator(".fl-summary").text_content()


def writes(panel) -> list[dict]:
    return panel.evaluate("(p) => p.faultlab.params.writes")


def choose(panel, preset: str) -> None:
    act_and_wait(panel, panel.locator(f'[data-preset="{preset}"]').click)


def test_every_control_changes_the_picture(convergence):
    notebook, panel = convergence("reveal=True, cut_to=1")
    for name, key in (("replicas", "ArrowRight"), ("gossip", "PageUp"), ("loss", "End"), ("cut_to", "End"),
                      ("cut_from", "ArrowRight")):  # fmt: skip
        before, value = picture_of(panel), output_of(panel, name)
        act_and_wait(panel, lambda name=name, key=key: panel.locator(f'[data-control="{name}"] input').press(key))
        assert picture_of(panel) != before and output_of(panel, name) != value, name
    for name, value in (("rule", "set"), ("topology", "all")):
        before = picture_of(panel)
        act_and_wait(
            panel,
            lambda name=name, value=value: panel.locator(f'[data-control="{name}"] select').select_option(value),
        )
        assert picture_of(panel) != before, name
    before = picture_of(panel)
    act_and_wait(panel, lambda: panel.locator('[data-action="new-seed"]').click())
    assert picture_of(panel) != before
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert output_of(panel, "replicas") == "3" and not notebook.complaints


def test_pressing_on_a_band_writes_there_at_that_moment(convergence):
    notebook, panel = convergence("reveal=True, writes=[]")
    lane = panel.locator(".fl-convergence-lane").nth(1)
    box = lane.bounding_box()
    act_and_wait(panel, lambda: lane.click(position={"x": box["width"] / 4, "y": 12}, force=True))
    assert writes(panel) == [{"at": "B", "s": 5, "value": 1}] and "All show the same" in summary(panel)
    act_and_wait(panel, lambda: lane.click(position={"x": box["width"] / 2, "y": 12}, force=True))
    assert [item["value"] for item in writes(panel)] == [1, 2] and not notebook.complaints


def test_a_write_is_moved_and_taken_away_with_the_keys(convergence):
    notebook, panel = convergence("reveal=True, writes=[write('A', 1, 1)]")
    act_and_wait(panel, lambda: press(panel, "Write at C").press("Enter"))
    assert writes(panel)[1] == {"at": "C", "s": 2, "value": 2}
    handle = panel.get_by_role("slider", name="Write of 2 at C")
    act_and_wait(panel, lambda: handle.press("ArrowRight"))
    assert writes(panel)[1]["s"] == 2.25
    act_and_wait(panel, lambda: handle.press("Delete"))
    assert len(writes(panel)) == 1
    act_and_wait(panel, lambda: press(panel, "Write at B").click())
    act_and_wait(panel, lambda: press(panel, "Remove").click())
    assert [item["at"] for item in writes(panel)] == ["A"]
    act_and_wait(panel, lambda: press(panel, "Clear").click())
    assert writes(panel) == [] and not notebook.complaints


def test_a_write_is_dragged(convergence):
    notebook, panel = convergence("reveal=True, writes=[write('A', 2, 1)]")
    box = panel.get_by_role("slider", name="Write of 1 at A").bounding_box()
    lane = panel.locator(".fl-convergence-lane").first.bounding_box()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    mouse.down()
    act_and_wait(panel, lambda: mouse.move(lane["x"] + lane["width"] / 2, box["y"] + 8, steps=4))
    mouse.up()
    panel.page.wait_for_function("(p) => p.faultlab.view.writes[0].s === 10", arg=panel.element_handle())
    assert len(writes(panel)) == 1, "the drag is no press on the band" and not notebook.complaints


def test_a_pair_with_the_same_updates_is_marked_as_equal_or_not(convergence):
    notebook, panel = convergence("reveal=True")
    choose(panel, "primary")
    assert panel.locator("circle.fl-convergence-bad").count() == 2 and panel.locator(".fl-convergence-bar").count() >= 1
    assert "not strongly eventual" in summary(panel)
    choose(panel, "strong")
    assert panel.locator("circle.fl-convergence-good").count() == 2
    assert panel.locator(".fl-convergence-bar").count() == 0
    choose(panel, "last")
    assert "They never show the same" in summary(panel) and not notebook.complaints


def test_the_answer_is_hidden_until_there_is_a_prediction(convergence):
    notebook, panel = convergence()
    assert not panel.locator(".fl-convergence-part").first.is_visible()
    panel.locator('[data-option="soon"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert panel.locator(".fl-convergence-part").first.is_visible()
    choose(panel, "last")
    panel.locator('[data-option="yes"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong" and not notebook.complaints


def test_the_scenario_is_shared_and_a_bad_write_is_refused_in_one_line(convergence):
    _notebook, panel = convergence("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() >= 6
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "convergence"
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["writes"] = [{"at": "B", "s": 2, "value": 7}]
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert panel.locator(".fl-log li").first.inner_text().endswith("7 is written at B.")
    scenario["params"]["writes"] = [{"at": "Z"}]
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-status.fl-bad", has_text="A write looks like").wait_for()


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 860), (False, "ru", 1280), (True, "en", 690)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(convergence, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=1900):
        notebook, panel = convergence(language=language)
        picture = f"convergence-{'dark' if dark else 'light'}-{language}"
        assert list(scenarios(notebook, panel, picture, UNTIDY)) and not notebook.complaints


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ru", 690)])
def test_six_replicas_and_many_writes_fit(convergence, notebook_page, language, width):
    with seen(notebook_page, width=width, height=2100):
        many = "[write('ABCDEF'[i % 6], i * 1.5, i + 1) for i in range(12)]"
        setup = "replicas=6, rule='primary', topology='all', cut_from=4, cut_to=14, loss=30"
        notebook, panel = convergence(f"reveal=True, {setup}, writes={many}", language=language)
        assert panel.evaluate(UNTIDY) == ""
        notebook.screenshot(f"convergence-{language}-many", panel)
        assert not notebook.complaints


def test_a_changed_control_is_in_the_picture_soon(convergence):
    notebook, _panel = convergence("reveal=True")
    times = notebook.latency_ms("convergence", "replicas", [4 + i % 3 for i in range(12)])
    print(f"control to picture, median of 12: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
