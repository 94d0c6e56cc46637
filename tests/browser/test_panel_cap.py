"""The CAP panel in real JupyterLab: the cut moved by pointer and by keys, calls by hand, lanes, verdict, all looks."""

from __future__ import annotations

import pytest

from tests.panels import act_and_wait, shared_scenario

OPEN = """
from faultlab.i18n import use_language
from faultlab.models.cap_register import CPRegister
from faultlab.sim.faults import partition
from faultlab.widgets import cap_panel
use_language("{language}")
{more}
panel = {source}
panel
"""

SHOWN = """(p) => {
  const {player} = p.faultlab.ctx, {params} = p.faultlab, text = (one) => one.textContent;
  return {
    index: player.index, pos: player.pos, faults: params.faults, ops: params.ops,
    values: [...p.querySelectorAll('.fl-cap-value')].map(text),
    sides: [...p.querySelectorAll('.fl-cap-side')].map(text),
    gaps: [...p.querySelectorAll('.fl-cap-gap')].map((g) => g.getAttribute('aria-pressed') === 'true'),
    bars: [...p.querySelectorAll('.fl-cap-bar[role=button]')].map((g) => g.querySelector('text').textContent),
    verdicts: [...p.querySelectorAll('.fl-cap-finding')].map(text),
    why: p.querySelector('.fl-cap-why').textContent,
    cuts: p.faultlab.view.cap.cuts.map((c) => [c.text, c.from_s, c.to_s]),
  };
}"""

# The first text of a picture that sticks out of it, or that another text runs into; words that a control cuts off.
UNTIDY = """(panel) => {
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const slack = 3;
  for (const svg of panel.querySelectorAll('.fl-pl-space, .fl-pl-graph, .fl-cap-lanes')) {
    const frame = svg.getBoundingClientRect(), top = svg.matches('.fl-pl-space') ? frame.top + 50 : frame.top;
    const inside = (t, b) => !t.closest('.fl-pl-plot') || (b.bottom > top && b.top < frame.bottom);
    const texts = [...svg.querySelectorAll('text')].filter((t) => shown(t) && !t.closest('[data-free]'))
      .map((t) => [t.textContent, t.getBoundingClientRect(), t]).filter(([, b, t]) => b.width && inside(t, b));
    for (const [text, box] of texts) {
      if (box.left < frame.left - 2 || box.right > frame.right + 2) return 'outside: ' + text;
    }
    for (const [one, a] of texts) for (const [other, b] of texts) {
      if (a === b) continue;
      const beside = a.right - slack < b.left || b.right - slack < a.left;
      if (!beside && !(a.bottom - slack < b.top || b.bottom - slack < a.top)) return `overlap: ${one} / ${other}`;
    }
  }
  for (const control of panel.querySelectorAll('button, select, .fl-segment span, .fl-cap-side, .fl-cap-tag')) {
    const clipped = control.checkVisibility() && control.scrollWidth > control.clientWidth + 1;
    if (clipped && !control.closest('.fl-pl-log')) return 'clipped: ' + control.textContent;
  }
  const size = (t) => parseFloat(getComputedStyle(t).fontSize);
  const small = [...panel.querySelectorAll('.fl-cap-lanes text, .fl-cap-line *')].find((t) => size(t) < 12);
  if (small) return 'small: ' + small.textContent;
  return panel.scrollWidth > panel.clientWidth + 1 ? 'wider than the panel' : '';
}"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("cap.ipynb", ["pass"]))


@pytest.fixture
def show(notebook_page):
    """Show a CAP panel in the page that all these tests share."""

    def show_(source: str, language: str = "en", more: str = ""):
        cell = OPEN.format(source=source, language=language, more=more)
        return notebook_page, notebook_page.show(cell, "cap")

    return show_


def seek(panel, moment: float) -> dict:
    panel.evaluate("(p, t) => p.faultlab.ctx.player.seekPos(t)", moment)
    return panel.evaluate(SHOWN)


LOOKS = [(False, "en", 1280), (True, "ru", 1040), (False, "ru", 800), (True, "en", 800)]
MOMENTS = {"majority": (3.6, 8.0), "ap_heal": (4.0, 7.0), "moved": (4.2,), "begun": (3.2,), "naive": (2.8,)}
MOMENTS |= {"crashes": (4.0,)}


@pytest.mark.parametrize(("dark", "language", "width"), LOOKS)
def test_every_part_fits_and_is_kept_as_a_picture(show, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 2600})
    notebook_page.use_theme(dark)
    untidy = {}
    try:
        for name, moments in MOMENTS.items():
            notebook, panel = show(f'cap_panel(preset="{name}", reveal=True)', language=language)
            for moment in moments:
                seek(panel, moment)
                notebook.screenshot(f"cap-{'dark' if dark else 'light'}-{language}-{width}-{name}-{moment}", panel)
                untidy[f"{name} {moment}"] = panel.evaluate(UNTIDY)
        assert not any(untidy.values()), untidy
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)


def drag(panel, node, dx: float, dy: float) -> None:
    """Take a handle of the cut and let it go elsewhere; the last place is the one that counts."""
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = panel.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + dx / 2, y + dy / 2, steps=3)
    mouse.move(x + dx, y + dy, steps=3)
    mouse.up()
    panel.page.wait_for_function("(p) => !p.faultlab.link.busy", arg=panel.element_handle())


def test_the_nodes_the_lanes_and_the_verdict_follow_the_cursor(show):
    notebook, panel = show('cap_panel(preset="ap_heal", reveal=True)')
    before = seek(panel, 1.0)
    assert before["values"] == ["x = 1"] * 5 and set(before["sides"]) == {"no cut"} and not any(before["gaps"])
    assert before["verdicts"][0] == "✓Linearizable so far (broken at 3.80 s)"
    during = seek(panel, 4.0)
    assert during["values"] == ["x = 3"] * 3 + ["x = 2"] * 2
    assert during["sides"] == ["majority"] * 3 + ["no majority"] * 2 and during["gaps"] == [False, False, True, False]
    assert during["verdicts"][0].startswith("⚠Not linearizable from 3.80 s on: E x→2 was asked after B x=3")
    assert during["verdicts"][1:] == [
        "✓Every call so far is answered", "○The nodes hold different values: A B C: 3; D E: 2",
    ]  # fmt: skip
    after = seek(panel, 7.0)
    assert after["values"] == ["x = 2"] * 5
    assert after["verdicts"][2] == "⚠All nodes hold x = 2; lost, although acknowledged: B x=3"
    assert [bar for bar in after["bars"] if bar.startswith("⚠")] == ["⚠ x=3 (lost later)", "⚠ x=2", "⚠ x→2 (stale)"]
    panel.locator('[data-verdict="linearizable"]').click()
    assert panel.evaluate(SHOWN)["pos"] == pytest.approx(3.8)
    assert not notebook.complaints


def test_a_press_between_two_nodes_cuts_there_moves_the_cut_and_heals_it(show):
    notebook, panel = show('cap_panel(preset="yours", reveal=True)')
    seek(panel, 1.0)
    act_and_wait(panel, panel.locator('[data-gap="2"]').click)
    cut = panel.evaluate(SHOWN)
    assert cut["gaps"] == [False, True, False, False] and cut["sides"] == ["no majority"] * 2 + ["majority"] * 3
    assert cut["faults"] == [{"at_s": 1.0, "kind": "partition", "groups": [["A", "B"], ["C", "D", "E"]]}]
    # At the same moment it is the same cut that moves; later it is another one.
    act_and_wait(panel, panel.locator('[data-gap="1"]').click)
    assert panel.evaluate(SHOWN)["cuts"] == [["A | B C D E", 1, 8]]
    seek(panel, 2.0)
    panel.locator('[data-gap="4"]').focus()
    act_and_wait(panel, lambda: panel.page.keyboard.press("Enter"))
    assert panel.evaluate(SHOWN)["cuts"] == [["A | B C D E", 1, 2], ["A B C D | E", 2, 8]]
    seek(panel, 3.0)
    heal = panel.locator('[data-gap="4"]')
    assert heal.get_attribute("aria-label") == "Heal the cut between D and E"
    act_and_wait(panel, heal.click)
    healed = panel.evaluate(SHOWN)
    assert healed["cuts"][1] == ["A B C D | E", 2, 3] and set(healed["sides"]) == {"no cut"}
    assert not notebook.complaints


def test_the_cut_is_dragged_in_time_and_between_lanes_and_moved_with_keys(show):
    notebook, panel = show('cap_panel(preset="majority", reveal=True)')
    handles = panel.locator(".fl-cap-handle:visible")
    scale = panel.evaluate("(p) => { const [a, b] = [...p.querySelectorAll('.fl-cap-lanes .fl-axis line.x, "
                           ".fl-cap-band')].map((r) => r.getBoundingClientRect().width); return a; }")  # fmt: skip
    a_second = scale / 3.5
    drag(panel, handles.nth(1), -a_second, 0)
    assert panel.evaluate(SHOWN)["cuts"][0][1:] == [1.5, pytest.approx(4.0, abs=0.1)]
    drag(panel, handles.nth(0), a_second / 2, 0)
    assert panel.evaluate(SHOWN)["cuts"][0][1] == pytest.approx(2.0, abs=0.1)
    drag(panel, handles.nth(2), 0, -38)
    assert panel.evaluate(SHOWN)["cuts"][0][0] == "A B | C D E"
    before = panel.evaluate(SHOWN)["index"]
    act_and_wait(panel, lambda: handles.nth(2).press("ArrowLeft"))
    shown = panel.evaluate(SHOWN)
    assert shown["cuts"][0][0] == "A | B C D E" and shown["index"] == before, "the player does not step as well"
    assert handles.nth(2).get_attribute("aria-valuetext") == "after A"
    assert not notebook.complaints


def test_a_cut_without_an_end_is_healed_by_dragging_its_end(show):
    notebook, panel = show('cap_panel(faults=partition("A B | C D E", 2.0), until_s=6, reveal=True)')
    assert panel.evaluate(SHOWN)["cuts"] == [["A B | C D E", 2, 6]]
    end = panel.locator(".fl-cap-handle:visible").nth(1)
    act_and_wait(panel, lambda: end.press("ArrowLeft"))
    act_and_wait(panel, lambda: end.press("PageDown"))
    shown = panel.evaluate(SHOWN)
    assert [f["kind"] for f in shown["faults"]] == ["partition", "heal"] and shown["cuts"][0][2] < 5.9
    assert not notebook.complaints


def test_a_write_and_a_read_by_hand_are_made_shown_and_taken_away(show):
    notebook, panel = show('cap_panel(preset="ap_cut", reveal=True)')
    seek(panel, 2.45)
    write = panel.locator('[data-ask="write D"]')
    assert write.inner_text() == "write 3" and write.get_attribute("aria-label") == "At 2.45 s ask D to write x = 3"
    act_and_wait(panel, write.click)
    shown = panel.evaluate(SHOWN)
    assert shown["ops"][-1] == {"at_s": 2.45, "node": "D", "do": "write", "value": 3} and shown["pos"] == 2.45
    assert seek(panel, 2.46)["values"][3] == "x = 3"
    panel.locator('[data-ask="read D"]').focus()
    act_and_wait(panel, lambda: panel.page.keyboard.press("Enter"))
    assert panel.evaluate("(p) => p.faultlab.view.cap.ops[3].text") == "x→3", "in the order of time"
    assert len(panel.evaluate(SHOWN)["bars"]) == 7
    shared = shared_scenario(panel)
    assert shared["panel"] == "cap" and len(shared["params"]["ops"]) == 7
    act_and_wait(panel, panel.locator('[data-remove-ask="6"]').click)
    act_and_wait(panel, panel.locator('[data-remove-ask="5"]').click)
    assert len(panel.evaluate(SHOWN)["bars"]) == 5
    bar = panel.get_by_role("button", name="Client of B: ⚠ x=2").first
    bar.focus()
    panel.page.keyboard.press("Enter")
    assert panel.evaluate(SHOWN)["pos"] == 2.0 and not panel.evaluate("(p) => p.faultlab.ctx.player.runner.playing")
    assert not notebook.complaints


PRESETS = ["majority", "ap_cut", "ap_heal", "moved", "begun", "naive", "crashes", "yours"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_scenario_asks_first_and_shows_the_run_up_to_its_point(show, name):
    notebook, panel = show(f'cap_panel(preset="{"ap_cut" if name == "majority" else "majority"}")')
    act_and_wait(panel, panel.locator(f'[data-preset="{name}"]').click)
    limit = panel.evaluate("(p) => p.faultlab.ctx.player.spec.hide_after_s")
    panel.locator('[data-action="time"]').fill("19")
    end_s = panel.evaluate("(p) => p.faultlab.view.cap.until_s")
    shown = panel.evaluate(SHOWN)
    assert shown["pos"] == pytest.approx(min(limit, end_s))
    assert (
        not panel.locator(".fl-cap-ask").first.is_visible() and not panel.locator(".fl-cap-finding").first.is_visible()
    )
    assert panel.locator('[data-gap="1"]').is_disabled() and panel.locator(".fl-cap-handle:visible").count() == 0
    hidden = panel.evaluate(
        "(p) => p.faultlab.view.cap.ops.filter((op) => op.from_s > p.faultlab.ctx.player.limit).length"
    )
    notebook.screenshot(f"cap-hidden-{name}", panel)
    assert len(shown["bars"]) == len(shown["ops"]) - hidden
    assert not any(sign in bar for bar in shown["bars"] for sign in ("⚠", "stale", "lost"))
    answer = panel.evaluate("(p) => p.faultlab.outcome().answer")
    panel.locator(f'[data-option="{answer}"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert len(panel.evaluate(SHOWN)["bars"]) == len(shown["ops"])
    assert not notebook.complaints


def test_every_control_changes_the_run(show):
    notebook, panel = show('cap_panel(preset="majority", reveal=True)')

    def control(name: str):
        return panel.locator(f'[data-control="{name}"]')

    def refused() -> int:
        return int(panel.locator(".fl-numbers-table tr").nth(3).locator("td").first.inner_text())

    assert refused() == 1
    act_and_wait(panel, lambda: control("register").locator('input[value="ap"]').check(force=True))
    assert refused() == 0 and "Not linearizable" in panel.locator(".fl-summary").inner_text()
    act_and_wait(panel, lambda: control("nodes").locator('input[value="3"]').check(force=True))
    assert panel.locator(".fl-cap-node").count() == 3
    act_and_wait(panel, panel.locator('[data-action="reset"]').click)
    assert refused() == 1 and panel.locator(".fl-cap-node").count() == 5
    before = panel.evaluate("(p) => p.faultlab.view.cap.ops[0].to_s")
    act_and_wait(panel, panel.locator('[data-action="new-seed"]').click)
    assert panel.evaluate("(p) => p.faultlab.view.cap.ops[0].to_s") != before
    assert not notebook.complaints


def test_a_class_of_the_learners_is_played_also_one_that_raises(show):
    more = """
class Mine(CPRegister):
    pass

class Raises(CPRegister):
    def on_request(self, ctx, request, call):
        raise RuntimeError("no")
"""
    notebook, panel = show("cap_panel(Mine, reveal=True)", more=more)
    assert panel.locator('[data-control="register"] label').first.inner_text() == "Mine"
    assert seek(panel, 3.0)["values"] == ["x = 2"] * 3 + ["x = 1"] * 2
    notebook, panel = show("cap_panel(Raises, reveal=True)", more=more)
    assert "RuntimeError in on_request: no" in panel.locator(".fl-status").inner_text()
    assert set(seek(panel, 1.0)["values"]) == {"x = ∅"} and panel.evaluate(SHOWN)["sides"][0] == "crashed"
    assert not notebook.complaints


def test_it_plays_and_keeps_its_height(show):
    notebook, panel = show('cap_panel(preset="ap_heal", reveal=True)')
    panel.locator('[data-action="speed"]').select_option("4")
    heights = panel.evaluate("""async (p) => {
      const seen = new Set(), {player} = p.faultlab.ctx, end = performance.now() + 15000;
      p.querySelector('[data-action="play"]').click();
      while (player.pos < 7.5 && performance.now() < end) {
        seen.add(Math.round(p.getBoundingClientRect().height));
        await new Promise(requestAnimationFrame);
      }
      p.querySelector('[data-action="play"]').click();
      return [player.pos, [...seen]];
    }""")
    assert heights[0] >= 7.5 and len(heights[1]) == 1
    assert not notebook.complaints
