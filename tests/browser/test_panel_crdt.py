"""The CRDT laboratory in real JupyterLab: everything that can be pressed or dragged is, with mouse and keys."""

from __future__ import annotations

import json
import statistics

import pytest

from tests.panels import act_and_wait, output_of, press, scenarios, seen, shared_scenario

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.widgets import crdt_panel
from faultlab.widgets.crdt import add, deliver, drop, send, skewed
use_language("{language}")
"""
# What the slowest machine of a shared runner still reaches; the number itself is printed.
LATENCY_MAX_MS = 200
# The first text of the picture that sticks out of the panel or of its box, that another one runs into, or that is too
# small; a control that is cut off.
UNTIDY = """(panel) => {
  const frame = panel.getBoundingClientRect();
  const faint = (t) => t.closest('.fl-crdt-future');
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true});
  const texts = [...panel.querySelectorAll('svg.fl-picture text')].filter(shown)
    .map((t) => [t, t.getBoundingClientRect()]).filter(([, box]) => box.width);
  for (const [t, box] of texts) {
    if (box.left < frame.left + 8 || box.right > frame.right - 8) return 'outside: ' + t.textContent;
    const group = t.parentNode.closest('.fl-crdt-chip, .fl-crdt-node, .fl-crdt-ghost');
    const around = group?.querySelector('rect').getBoundingClientRect();
    const badge = t.closest('.fl-crdt-node') && t.previousSibling?.tagName === 'circle';
    if (around && !badge && box.right > around.right + 1) return 'out of its box: ' + t.textContent;
  }
  const inside = 2;
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (one === other) continue;
    const beside = a.right - inside < b.left || b.right - inside < a.left;
    const apart = beside || a.bottom - inside < b.top || b.bottom - inside < a.top;
    if (!apart) return `overlap: ${one.textContent} / ${other.textContent}`;
  }
  const size = (t) => parseFloat(getComputedStyle(t).fontSize);
  const small = [...panel.querySelectorAll('svg.fl-picture text')].find((t) => size(t) < 12);
  if (small) return 'small: ' + small.textContent;
  const cut = [...panel.querySelectorAll('.fl-option, .fl-control')].find((c) => c.scrollWidth > c.clientWidth + 1);
  return cut ? 'cut: ' + cut.textContent : '';
}"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("crdt.ipynb", ["pass"]))


@pytest.fixture
def crdt(notebook_page):
    """Show a panel in the page that all these tests share."""

    def open_(arguments: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + f"\npanel = crdt_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "crdt")

    return open_


def values_of(panel) -> list[str]:
    """What the three replicas show."""
    return panel.locator("text.fl-crdt-value").all_text_contents()


def positions(panel) -> dict[str, str]:
    """At which state of the lattice each replica stands."""
    nodes = {}
    for node in panel.locator("g.fl-crdt-node").all():
        state = node.locator("text.fl-strong").first.text_content()
        nodes |= dict.fromkeys(node.locator("text.fl-crdt-badge-name").all_text_contents(), state)
    return nodes


@pytest.mark.parametrize(
    ("dark", "language", "width"),
    [(False, "en", 1280), (True, "ru", 790), (False, "ru", 1000), (True, "en", 790)],
)
def test_every_scenario_fits_and_is_kept_as_a_picture(crdt, notebook_page, dark, language, width):
    with seen(notebook_page, dark=dark, width=width, height=1900):
        notebook, panel = crdt(language=language)
        picture = f"crdt-{'dark' if dark else 'light'}-{language}"
        for name in scenarios(notebook, panel, picture, UNTIDY):
            slider = panel.get_by_role(
                "slider", name={"en": "The step that is shown", "ru": "Показанный шаг"}[language]
            )
            while slider.get_attribute("aria-valuenow") != "0":
                slider.press("ArrowLeft")
                assert panel.evaluate(UNTIDY) == "", f"{name}, step {slider.get_attribute('aria-valuenow')}"
        assert not notebook.complaints


def test_every_button_of_a_replica_does_what_it_says(crdt):
    notebook, panel = crdt("reveal=True, steps=[]")
    assert values_of(panel) == ["0", "0", "0"]
    act_and_wait(panel, lambda: press(panel, "A: +5").click())
    act_and_wait(panel, lambda: press(panel, "B: −1").press("Enter"))
    act_and_wait(panel, lambda: press(panel, "C: +1").press(" "))
    assert values_of(panel) == ["5", "-1", "1"]
    act_and_wait(panel, lambda: press(panel, "Send the state of A to B").click())
    act_and_wait(panel, lambda: press(panel, "Send the state of B to C").click())
    act_and_wait(panel, lambda: press(panel, "duplicate: message 1").click())
    # Delay is to deliver another one first.
    act_and_wait(panel, lambda: press(panel, "deliver: message 3").click())
    act_and_wait(panel, lambda: press(panel, "drop: message 2").click())
    assert values_of(panel) == ["5", "4", "1"]
    act_and_wait(panel, lambda: press(panel, "deliver: message 1").press("Enter"))
    assert values_of(panel) == ["5", "4", "1"], "the second arrival of the same state changes nothing"
    act_and_wait(panel, lambda: press(panel, "All to all").click())
    assert values_of(panel) == ["5", "5", "5"]
    assert len(set(positions(panel).values())) == 1
    act_and_wait(panel, lambda: press(panel, "Clear").click())
    assert values_of(panel) == ["0", "0", "0"]
    assert not notebook.complaints


def test_steps_are_undone_and_done_again_without_python_and_a_new_one_replaces_the_future(crdt):
    notebook, panel = crdt("reveal=True")
    seq = panel.get_attribute("data-seq")
    assert values_of(panel) == ["3", "8", "0"] and positions(panel) == {"A": "3", "B": "⊔ 8", "C": "0"}
    press(panel, "Undo").click()
    press(panel, "Undo").press("Enter")
    assert values_of(panel) == ["3", "5", "0"] and positions(panel)["B"] == "5"
    press(panel, "Redo").click()
    assert values_of(panel) == ["3", "8", "0"]
    slider = panel.get_by_role("slider", name="The step that is shown")
    slider.press("Home")
    assert values_of(panel) == ["0", "0", "0"]
    slider.press("ArrowRight")
    assert values_of(panel) == ["3", "0", "0"] and panel.get_attribute("data-seq") == seq
    act_and_wait(panel, lambda: press(panel, "C: +1").click())
    assert values_of(panel) == ["3", "0", "1"]
    notebook.execute("assert [s['do'] for s in panel.params['steps']] == ['add', 'add']")
    assert not notebook.complaints


def test_the_slider_is_dragged_with_the_mouse(crdt):
    notebook, panel = crdt("reveal=True")
    slider = panel.get_by_role("slider", name="The step that is shown")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    mouse = panel.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] - 150, box["y"] + 4, steps=4)
    mouse.up()
    assert 0 < int(slider.get_attribute("aria-valuenow")) < 6
    assert not notebook.complaints


def test_every_type_is_chosen_and_offers_only_what_it_can_do(crdt):
    notebook, panel = crdt("'GCounter', reveal=True")
    offers = {}
    select = panel.locator('[data-control="kind"] select')
    for kind in select.locator("option").all():
        value = kind.get_attribute("value")
        if value != select.input_value():
            act_and_wait(panel, lambda value=value: select.select_option(value))
        offers[value] = panel.get_by_role("button", name="A: ").all_text_contents()
        assert panel.evaluate(UNTIDY) == "", value
    assert offers["GCounter"] == ["+1", "+5"] and offers["PNCounter"] == ["+1", "+5", "−1"]
    assert offers["GSet"] == ["+ x", "+ y"] and offers["ORSet"] == ["+ x", "+ y", "− x", "− y"]
    assert offers["MVRegister"] == [":= x", ":= y", ":= z"] == offers["LWWRegister"]
    assert not notebook.complaints


def test_the_clock_decides_who_wins_in_the_lww_register(crdt):
    notebook, panel = crdt("'LWWRegister', skew=2, steps=skewed(), reveal=True")
    assert values_of(panel) == ["y", "y", "y"], "x at 3 s by C's clock, y at 4 s by A's"
    act_and_wait(panel, lambda: panel.locator('[data-control="skew"] input').press("End"))
    assert output_of(panel, "skew") == "10\xa0s" and values_of(panel) == ["x", "x", "x"]
    act_and_wait(panel, lambda: panel.locator('[data-action="reset"]').click())
    assert values_of(panel) == ["y", "y", "y"]
    assert not notebook.complaints


def test_a_merge_that_is_no_join_is_seen_to_run_away(crdt):
    notebook, panel = crdt("reveal=True")
    ghosts = panel.locator("g.fl-crdt-ghost")
    assert ghosts.count() == 0
    act_and_wait(panel, lambda: panel.locator('[data-preset="summed"]').click())
    assert ghosts.all_text_contents() == ["14", "17", "20"]
    assert "This merge is no join" in panel.locator(".fl-crdt-bad").text_content()
    assert not notebook.complaints


def test_a_prediction_is_judged_by_the_run_and_the_answer_is_hidden_until_then(crdt):
    notebook, panel = crdt()
    assert not panel.locator("text.fl-crdt-value").first.is_visible()
    assert not panel.locator("g.fl-crdt-node").first.is_visible()
    panel.locator('[data-option="11"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    act_and_wait(panel, lambda: panel.locator('[data-preset="summed"]').click())
    panel.locator('[data-option="11"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert values_of(panel)[1] == "11" and not notebook.complaints


def test_the_scenario_is_read_and_a_bad_step_is_refused_in_one_line(crdt):
    _notebook, panel = crdt("reveal=True")
    panel.locator(".fl-words summary").click()
    assert panel.locator(".fl-log li").count() == 6
    scenario = shared_scenario(panel)
    assert scenario["panel"] == "crdt" and len(scenario["params"]["steps"]) == 6
    area = panel.locator('[data-action="scenario"]')
    scenario["params"]["steps"].append({"do": "add", "at": "C", "what": "x", "by": 7})
    area.fill(json.dumps(scenario))
    act_and_wait(panel, lambda: panel.locator('[data-action="apply"]').click())
    assert values_of(panel) == ["3", "8", "7"]
    scenario["params"]["steps"][0] = {"do": "dance"}
    area.fill(json.dumps(scenario))
    panel.locator('[data-action="apply"]').click()
    panel.locator(".fl-status.fl-bad", has_text="A step looks like").wait_for()


@pytest.mark.parametrize("width", [690, 800, 1000, 1280])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_many_steps_and_many_waiting_messages_fit(crdt, notebook_page, language, width):
    with seen(notebook_page, width=width, height=2000):
        mixed = "[s for i in range(5) for s in (add('ABC'[i % 3], 'xyz'[i % 3], by=40 + i), send('A', 'B'), "
        mixed += "send('B', 'C'), deliver(2 * i + 1), add('C', 'y'))]"
        notebook, panel = crdt(f"reveal=True, steps={mixed}", language)
        select = panel.locator('[data-control="kind"] select')
        for kind in ("SummedCounter", "ORSetNaive", "MVRegister"):
            act_and_wait(panel, lambda kind=kind: select.select_option(kind))
            assert panel.evaluate(UNTIDY) == "", kind
            notebook.screenshot(f"crdt-many-{language}-{width}-{kind}", panel)
        assert not notebook.complaints


def test_a_changed_control_is_in_the_picture_at_once(crdt):
    notebook, _panel = crdt("reveal=True")
    times = notebook.latency_ms("crdt", "skew", [1 + i % 4 for i in range(20)])
    print(f"control to picture, median of 20: {statistics.median(times):.1f} ms, fastest {min(times):.1f} ms")
    assert statistics.quantiles(times, n=4)[0] < LATENCY_MAX_MS
