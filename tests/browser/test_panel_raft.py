"""The Raft panel in real JupyterLab: every control, both languages, both themes, and what stands beside the player."""

from __future__ import annotations

import pytest

from tests.panels import act_and_wait, shared_scenario

OPEN = """
from faultlab.i18n import use_language
from faultlab.models.raft import Raft
from faultlab.widgets import raft_panel
use_language("{language}")
{more}
panel = {source}
panel
"""

SHOWN = """(p) => {
  const {player} = p.faultlab.ctx, {params} = p.faultlab, rows = [...p.querySelectorAll('.fl-raft-row')];
  const texts = (row, wanted) => [...row.querySelectorAll(wanted)].map((t) => t.textContent).join(' ');
  return {
    index: player.index, pos: player.pos, faults: params.faults, asks: params.asks, story: params.story,
    terms: rows.map((row) => texts(row, '.fl-raft-box + text')),
    sure: rows.map((row) => row.querySelectorAll('.fl-raft-sure').length),
    taken: p.querySelectorAll('.fl-raft-taken').length,
    broken: [...p.querySelectorAll('.fl-raft-promise[data-broken=true]')].map((b) => b.dataset.promise),
  };
}"""

# The first text of a picture that sticks out of it, or that another text runs into; words that a control cuts off.
UNTIDY = """(panel) => {
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const slack = 3;
  for (const svg of panel.querySelectorAll('.fl-pl-space, .fl-pl-graph, .fl-raft-logs, .fl-raft-machine')) {
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
  for (const control of panel.querySelectorAll('button, select, .fl-segment span')) {
    const clipped = control.checkVisibility() && control.scrollWidth > control.clientWidth + 1;
    if (clipped && !control.closest('.fl-pl-log')) return 'clipped: ' + control.textContent;
  }
  const reason = panel.querySelector('.fl-raft-broken');
  const cut = reason.checkVisibility() && reason.scrollHeight > reason.clientHeight + 1;
  if (cut) return 'clipped: ' + reason.textContent;
  return panel.scrollWidth > panel.clientWidth + 1 ? 'wider than the panel' : '';
}"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("raft.ipynb", ["pass"]))


@pytest.fixture
def show(notebook_page):
    """Show a Raft panel in the page that all these tests share."""

    def show_(source: str, language: str = "en", more: str = ""):
        cell = OPEN.format(source=source, language=language, more=more)
        return notebook_page, notebook_page.show(cell, "raft")

    return show_


def seek(panel, moment: float) -> dict:
    panel.evaluate("(p, t) => p.faultlab.ctx.player.seekPos(t)", moment)
    return panel.evaluate(SHOWN)


def control(panel, name: str):
    return panel.locator(f'[data-control="{name}"]')


def test_the_logs_the_roles_and_the_promises_follow_the_cursor(show):
    notebook, panel = show('raft_panel(preset="figure_8", flaw="5.4.2", reveal=True)')
    before = seek(panel, 1.05)
    assert before["terms"] == ["1 2", "1 2", "1", "1", "1"] and before["sure"] == [1, 1, 1, 1, 1]
    middle = seek(panel, 2.05)
    assert middle["terms"] == ["1 2", "1 2", "1 2", "1", "1 3"] and middle["broken"] == []
    assert middle["sure"][:4] == [2, 2, 2, 1] and middle["sure"][4] == 0, "E is down: nobody knows what it committed"
    end = seek(panel, 3.2)
    assert end["terms"][1:] == ["1 3"] * 4
    assert set(end["broken"]) == {"Leader Completeness", "State Machine Safety", "Durability"}
    assert "index 2" in panel.locator(".fl-raft-broken").inner_text()
    panel.locator('[data-promise="Leader Completeness"]').click()
    assert panel.evaluate(SHOWN)["pos"] == pytest.approx(2.92)
    assert panel.locator(".fl-raft-broken").inner_text().startswith("Leader Completeness, 2.920 s: E leads in term 5")
    assert not notebook.complaints


def test_the_chosen_node_is_where_it_stands_in_the_picture_of_the_roles(show):
    notebook, panel = show('raft_panel(preset="stale_leader", reveal=True)')
    seek(panel, 0.1)
    assert "not changed its role" in panel.locator(".fl-raft-last").inner_text()
    shown = seek(panel, 1.5)
    assert shown["taken"] == 1
    assert panel.locator(".fl-raft-last").inner_text() == "0.170 s, A: candidate → leader, votes of a majority"
    assert panel.locator(".fl-raft-here .fl-raft-token").text_content() == "A"
    panel.locator(".fl-raft-row").nth(2).click()
    assert panel.locator('[data-action="target"]').input_value() == "2"
    assert panel.locator(".fl-raft-here").text_content().startswith("Cfollower: C D E")
    panel.locator('[data-action="target"]').select_option("network")
    assert panel.locator(".fl-pl-raft-machine-part h5").inner_text() == "Roles of C"
    assert not notebook.complaints


def test_a_write_by_hand_is_added_shown_and_taken_away(show):
    notebook, panel = show('raft_panel(preset="old_term", reveal=True)')
    seek(panel, 0.7)
    panel.locator('[data-action="target"]').select_option(label="node A")
    ask = panel.locator('[data-action="ask"]')
    assert ask.inner_text() == "Ask A to write x = 101"
    act_and_wait(panel, ask.click)
    shown = panel.evaluate(SHOWN)
    assert shown["asks"] == [{"at_s": shown["pos"], "node": "A"}] and shown["pos"] == pytest.approx(0.7, abs=0.01)
    assert ask.inner_text() == "Ask A to write x = 102"
    assert seek(panel, 0.75)["terms"][0] == "1 1"
    act_and_wait(panel, panel.locator('[data-remove-ask="0"]').click)
    assert panel.evaluate(SHOWN)["asks"] == [] and seek(panel, 0.75)["terms"][0] == "1"
    assert not notebook.complaints


def test_a_fault_by_hand_forks_the_run_and_the_logs_follow(show):
    notebook, panel = show('raft_panel(preset="free", reveal=True, seed=3)')
    seek(panel, 1.2)
    leader = panel.evaluate("(p) => p.faultlab.view.raft.turns.find((t) => t[4] === 'leader')[1]")
    panel.locator(".fl-raft-row").nth(leader).click()
    act_and_wait(panel, panel.locator('[data-fault="crash"]').click)
    assert panel.evaluate("(p) => p.faultlab.view.raft.turns.filter((t) => t[4] === 'leader').length") == 2
    seek(panel, 3)
    assert panel.locator(".fl-raft-row.fl-raft-crashed").count() == 1
    shared = shared_scenario(panel)
    assert shared["panel"] == "raft" and shared["params"]["faults"][0]["kind"] == "crash"
    assert not notebook.complaints


def test_every_control_changes_the_run(show):
    notebook, panel = show('raft_panel(preset="high_term", reveal=True)')

    def terms() -> int:
        return int(panel.locator(".fl-numbers-table td").first.inner_text())

    staged = terms()
    act_and_wait(panel, lambda: control(panel, "pre_vote").locator("input").check())
    assert terms() < staged and "A goes on leading" in panel.locator(".fl-verdict").inner_text().replace("in term", "")
    seek(panel, 1.9)
    assert panel.locator(".fl-raft-machine").get_by_text("pre-candidate").count() == 1
    act_and_wait(panel, lambda: control(panel, "pre_vote").locator("input").uncheck())
    act_and_wait(panel, lambda: control(panel, "timeouts").locator('input[value="random"]').check(force=True))
    turns = panel.evaluate("(p) => JSON.stringify(p.faultlab.view.raft.turns)")
    act_and_wait(panel, panel.locator('[data-action="new-seed"]').click)
    assert panel.evaluate("(p) => JSON.stringify(p.faultlab.view.raft.turns)") != turns
    act_and_wait(panel, lambda: control(panel, "flaw").locator("select").select_option("5.2"))
    panel.locator(".fl-more summary").click()
    act_and_wait(panel, lambda: control(panel, "no_op").locator("input").check())
    assert panel.evaluate("(p) => p.faultlab.params.flaw + p.faultlab.params.no_op") == "5.2true"
    act_and_wait(panel, panel.locator('[data-action="reset"]').click)
    assert terms() == staged
    assert not notebook.complaints


@pytest.mark.parametrize(
    "name", ["split_vote", "stale_leader", "figure_8", "minority", "old_term", "high_term", "free"]
)
def test_every_scenario_asks_first_and_shows_the_run_up_to_its_point(show, name):
    notebook, panel = show(f'raft_panel(preset="{"split_vote" if name == "free" else "free"}")')
    act_and_wait(panel, panel.locator(f'[data-preset="{name}"]').click)
    limit = panel.evaluate("(p) => p.faultlab.view.hide_after_s")
    panel.locator('[data-action="time"]').fill("9")
    assert panel.evaluate(SHOWN)["pos"] == pytest.approx(limit)
    assert not panel.locator(".fl-pl-by-hand").is_visible() and panel.locator(".fl-raft-logs").is_visible()
    assert panel.locator(".fl-watch").inner_text().startswith("Watch:")
    answer = panel.evaluate("(p) => p.faultlab.outcome().answer")
    panel.locator(f'[data-option="{answer}"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert panel.locator(".fl-verdict").inner_text() != "Right. "
    assert not notebook.complaints


def test_it_plays_and_keeps_its_height(show):
    notebook, panel = show('raft_panel(preset="figure_8", flaw="5.4.2", reveal=True)')
    panel.locator('[data-action="speed"]').select_option("4")
    heights = panel.evaluate("""async (p) => {
      const seen = new Set(), {player} = p.faultlab.ctx, end = performance.now() + 15000;
      p.querySelector('[data-action="play"]').click();
      while (player.pos < 3.4 && performance.now() < end) {
        seen.add(Math.round(p.getBoundingClientRect().height));
        await new Promise(requestAnimationFrame);
      }
      p.querySelector('[data-action="play"]').click();
      return [player.pos, [...seen]];
    }""")
    assert heights[0] >= 3.4 and len(heights[1]) == 1
    assert not notebook.complaints


def test_a_class_of_the_learners_is_played_also_one_that_raises(show):
    more = """
class Mine(Raft):
    pass

class Raises(Raft):
    def receive_vote(self, *args):
        raise RuntimeError("no")
"""
    notebook, panel = show('raft_panel(Mine, preset="stale_leader", reveal=True)', more=more)
    assert seek(panel, 2.9)["terms"] == ["1 2"] * 5
    assert control(panel, "flaw").count() == 0
    notebook, panel = show("raft_panel(Raises, reveal=True)", more=more)
    assert "RuntimeError in on_message: no" in panel.locator(".fl-status").inner_text()
    assert seek(panel, 0.5)["terms"] == [""] * 5
    assert panel.locator(".fl-raft-row.fl-raft-crashed").count() >= 2
    assert not notebook.complaints


def test_the_logs_are_told_in_words_too(show):
    _notebook, panel = show('raft_panel(preset="stale_leader", reveal=True)')
    seek(panel, 1.7)
    label = panel.locator(".fl-raft-logs").get_attribute("aria-label")
    assert "A: leader, term 1; log: 1 1; committed: 1" in label and "B: leader, term 2; log: 1 2; committed: 2" in label


MOMENTS = {"split_vote": (0.21, 0.42), "figure_8": (1.05, 2.05, 2.96), "minority": (2.4,), "high_term": (1.9, 2.2)}
LOOKS = [(False, "en", 1280), (True, "ru", 1040), (False, "ru", 800), (True, "en", 800)]


@pytest.mark.parametrize(("dark", "language", "width"), LOOKS)
def test_every_part_fits_and_is_kept_as_a_picture(show, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 2600})
    notebook_page.use_theme(dark)
    untidy = {}
    try:
        for name, moments in MOMENTS.items():
            more = {"figure_8": ', flaw="5.4.2"', "high_term": ", pre_vote=True"}.get(name, "")
            notebook, panel = show(f'raft_panel(preset="{name}", reveal=True{more})', language=language)
            for moment in moments:
                seek(panel, moment)
                kept = f"raft-{'dark' if dark else 'light'}-{language}-{width}-{name}-{moment}"
                notebook.screenshot(kept, panel)
                untidy[f"{name} {moment}"] = panel.evaluate(UNTIDY)
        assert not any(untidy.values()), untidy
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)
