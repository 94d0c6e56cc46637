"""The Paxos panel in real JupyterLab: phases and ballots in the diagram, quorums below it, rules left out."""

from __future__ import annotations

import pytest

from tests.browser.test_panel_player import UNTIDY
from tests.panels import act_and_wait, output_of, shared_scenario

IMPORTS = """\
from faultlab.i18n import use_language
from faultlab.models.paxos import Acceptor, Proposer
from faultlab.widgets import paxos_panel
use_language("{language}")
"""
RAISING = """
class Mine(Acceptor):
    def phase_2b(self, ctx, proposer, ballot, value):
        raise KeyError("accepted")
"""
# The first text of the part below that sticks out of it, or that another text runs into.
UNTIDY_BELOW = """(panel) => {
  const svg = panel.querySelector('.fl-pl-extra'), frame = svg.getBoundingClientRect();
  const seen = (t) => t.textContent && t.checkVisibility({visibilityProperty: true});
  const texts = [...svg.querySelectorAll('text')].filter(seen).map((t) => [t.textContent, t.getBoundingClientRect()]);
  for (const [text, b] of texts) {
    if (b.left < frame.left - 2 || b.right > frame.right + 2 || b.bottom > frame.bottom + 2) return 'outside: ' + text;
  }
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (a === b) continue;
    const beside = a.right - 1 < b.left || b.right - 1 < a.left;
    if (!beside && !(a.bottom - 3 < b.top || b.bottom - 3 < a.top)) return `overlap: ${one} / ${other}`;
  }
  return '';
}"""
LOOKS = [(False, "en", 1280), (True, "ru", 1280), (True, "en", 800), (False, "ru", 800), (False, "ru", 960)]


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("paxos.ipynb", ["pass"]))


@pytest.fixture
def paxos(notebook_page):
    """Show a Paxos panel in the page that all these tests share."""

    def open_(arguments: str = "", before: str = "", language: str = "en"):
        source = IMPORTS.format(language=language) + before + f"\npanel = paxos_panel({arguments})\npanel"
        return notebook_page, notebook_page.show(source, "paxos")

    return open_


def seek(panel, moment: float) -> None:
    panel.evaluate("(p, t) => p.faultlab.ctx.player.seekPos(t)", moment)


def told(panel) -> str:
    """What the part below says to those who do not see it: the same words that stand in it."""
    return panel.locator(".fl-pl-extra").get_attribute("aria-label")


def shown(panel) -> list[str]:
    return panel.evaluate(
        "(p) => [...p.querySelectorAll('.fl-pl-extra text')].map((t) => t.textContent).filter(Boolean)"
    )


def outlines(panel, style: str) -> int:
    """How many quorums are drawn, the sign in the legend apart."""
    paths = panel.locator(f".fl-pl-extra .fl-px-hue path.{style}")
    return sum(bool(path.get_attribute("d")) for path in paths.all())


def test_the_messages_carry_their_phases_and_the_ballots_their_names(paxos):
    notebook, panel = paxos('preset="alone", reveal=True')
    seek(panel, 0.04)
    words = panel.locator(".fl-pl-plot text").all_text_contents()
    for text in ("1a prepare", "1b promise", "2a accept", "2b accepted", "1.p1", "1.p1: x", "x is chosen"):
        assert text in words, (text, words)
    assert panel.locator(".fl-px-bar-1").first.is_visible() and panel.locator(".fl-px-bar-2").first.is_visible()
    assert panel.locator(".fl-px-rule").count() == 1
    assert panel.locator(".fl-px-hue-0 .fl-pl-sent").first.get_attribute("d")
    assert not notebook.complaints


def test_the_cursor_moves_the_ballots_without_python(paxos):
    notebook, panel = paxos('preset="adopted", reveal=True')
    notebook.execute("panel.compute = None")  # any question to Python would now show an error
    seek(panel, 0.015)
    assert "Nothing is chosen yet" in told(panel) and "1.p1: 0 of 2 promises" in told(panel)
    assert outlines(panel, "fl-px-quorum") == 0
    seek(panel, 0.025)
    assert "2 of 2 promises; none reports a value" in told(panel) and outlines(panel, "fl-px-quorum") == 1
    seek(panel, 0.03)
    assert "Chosen: x in 1.p1" in told(panel) and outlines(panel, "fl-px-won") == 1
    panel.locator('[data-finding="A value is chosen"]').click()
    assert "Chosen: x in 1.p1" in told(panel)
    assert "▸ 1.p1: x" in shown(panel) and panel.locator(".fl-px-new").count() == 1, "a2 has accepted just now"
    assert panel.locator(".fl-px-pillar").count() == 1, "the sign in the legend"
    seek(panel, 0.12)
    assert "x is reported from 1.p1 by a1 a2: it must be adopted; also in the quorum of 1.p1: a1 a2" in told(panel)
    assert panel.locator(".fl-px-pillar").count() == 3
    notebook.screenshot("paxos-light-en-adopted", panel)
    seek(panel, 0.025)
    assert panel.locator(".fl-px-pillar").count() == 1
    assert panel.locator(".fl-status").inner_text() == ""
    assert not notebook.complaints


def test_every_control_changes_the_run(paxos):
    notebook, panel = paxos('preset="mended", reveal=True')
    panel.locator(".fl-more summary").click()
    trace = "(p) => p.faultlab.ctx.player.trace.id"
    for name in ("apart_ms", "retry_ms", "backoff_ms", "spread_ms", "until_ms"):
        before, value = panel.evaluate(trace), output_of(panel, name)
        act_and_wait(panel, lambda name=name: panel.locator(f'[data-control="{name}"] input').press("ArrowRight"))
        assert output_of(panel, name) != value and panel.evaluate(trace) != before, name
    for name, value in (("proposers", "3"), ("proposers", "1"), ("acceptors", "5")):
        option = panel.locator(f'[data-control="{name}"] input[value="{value}"]')
        act_and_wait(panel, lambda option=option: option.check(force=True))
        nodes = panel.evaluate("(p) => p.faultlab.ctx.player.trace.nodes")
        assert sum(node[0] == name[0] for node in nodes) == int(value)
    act_and_wait(panel, lambda: panel.locator('[data-control="nacks"] input').click())
    for rule in ("majority", "adoption", "comparison", "disk", "none"):
        before = panel.evaluate(trace)
        act_and_wait(panel, lambda rule=rule: panel.locator('[data-control="rule"] select').select_option(rule))
        assert panel.evaluate(trace) != before
    assert panel.locator(".fl-controls-all > .fl-controls > .fl-control").count() <= 7
    act_and_wait(panel, panel.locator('[data-action="new-seed"]').click)
    act_and_wait(panel, panel.locator('[data-action="reset"]').click)
    assert panel.locator('[data-preset="mended"]').get_attribute("aria-pressed") == "true"
    assert not notebook.complaints


def test_nothing_is_told_before_the_prediction_and_the_verdict_is_computed(paxos):
    notebook, panel = paxos()
    assert panel.locator('[data-preset="duel"]').get_attribute("aria-pressed") == "true"
    assert not panel.locator(".fl-pl-extra").is_visible() and not panel.locator(".fl-pl-extra-part").is_visible()
    assert not panel.locator(".fl-numbers").is_visible() and not panel.locator(".fl-pl-findings").is_visible()
    panel.locator('[data-action="time"]').fill("0.3")
    assert panel.evaluate("(p) => p.faultlab.ctx.player.pos") == pytest.approx(0.015)
    notebook.screenshot("paxos-light-en-question", panel)
    panel.locator('[data-option="first"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "wrong"
    assert "Ballots opened: 20" in panel.locator(".fl-verdict").inner_text()
    assert panel.locator(".fl-pl-extra").is_visible()
    act_and_wait(panel, panel.locator('[data-preset="adopted"]').click)
    assert not panel.locator(".fl-pl-extra").is_visible()
    panel.locator('[data-option="x"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert not notebook.complaints


PRESETS = (
    "alone",
    "lost",
    "adopted",
    "restarted",
    "duel",
    "mended",
    "yours",
    "stubborn",
    "hasty",
    "forgetful",
    "minority",
)


def test_every_scenario_is_chosen_and_says_what_to_watch_for(paxos):
    notebook, panel = paxos("reveal=True")
    assert [one.get_attribute("data-preset") for one in panel.locator("[data-preset]").all()] == list(PRESETS)
    for name in (*PRESETS[:4], *PRESETS[5:]):
        act_and_wait(panel, panel.locator(f'[data-preset="{name}"]').click)
        assert len(panel.locator(".fl-watch").inner_text()) > 20
        seek(panel, 0.29)
        broken = name in PRESETS[7:]
        assert ("Violated:" in told(panel)) == broken and (
            "⚠" in panel.locator(".fl-pl-findings").inner_text()
        ) == broken
    assert "nobody here has accepted in 1.p1" in told(panel)
    assert not notebook.complaints


def test_a_violation_shows_at_its_event_and_not_before(paxos):
    notebook, panel = paxos('preset="forgetful", reveal=True')
    panel.locator('[data-finding="Agreement"]').click()
    assert "Violated: “Agreement”" in told(panel) and "⚠ Chosen: x in 1.p1; y in 1.p2" in told(panel)
    assert "also in the quorum of 1.p1: a2" in told(panel)
    notebook.screenshot("paxos-light-en-forgetful", panel)
    panel.locator('[data-action="back"]').click()
    assert "Agreement" not in told(panel)
    assert not notebook.complaints


def test_a_fault_by_hand_and_a_rule_left_out_break_agreement_together(paxos):
    notebook, panel = paxos('preset="adopted", reveal=True, rule="disk"')
    assert "⚠" not in panel.locator(".fl-pl-findings").inner_text()
    for moment, fault in ((0.05, "crash"), (0.06, "restart")):
        for node in ("a1", "a2"):
            seek(panel, moment)
            panel.locator('[data-action="target"]').select_option(label=f"node {node}")
            act_and_wait(panel, lambda fault=fault: panel.locator(f'[data-fault="{fault}"]').click())
    assert "more than one value is chosen" in panel.locator(".fl-pl-findings").inner_text()
    act_and_wait(panel, lambda: panel.locator('[data-control="rule"] select').select_option("none"))
    assert "⚠" not in panel.locator(".fl-pl-findings").inner_text()
    shared = shared_scenario(panel)
    assert shared["panel"] == "paxos" and len(shared["params"]["faults"]) == 6
    assert not notebook.complaints


def test_many_ballots_are_told_by_the_last_ones_and_the_number_of_the_others(paxos):
    notebook, panel = paxos("reveal=True")
    height = panel.evaluate("(p) => Math.round(p.getBoundingClientRect().height)")
    for moment in (0.005, 0.05, 0.29):
        seek(panel, moment)
        assert panel.evaluate("(p) => Math.round(p.getBoundingClientRect().height)") == height
    assert "Ballots that are not shown: 16" in shown(panel)
    panel.locator('[data-action="play"]').click()
    panel.locator('[data-action="play"]').click()
    assert not notebook.complaints


def test_the_learners_class_runs_in_the_picture_even_if_it_raises(paxos):
    notebook, panel = paxos('acceptor=Mine, preset="alone", reveal=True', RAISING)
    seek(panel, 0.04)
    assert "Nothing is chosen yet" in told(panel)
    panel.locator('[data-action="group"]').select_option("faults")
    assert "KeyError" in panel.locator(".fl-pl-log").inner_text()
    act_and_wait(panel, lambda: panel.locator('[data-control="rule"] select').select_option("disk"))
    seek(panel, 0.04)
    assert "Chosen: x in 1.p1" in told(panel), "a class of the model stands in for the broken one"
    assert not notebook.complaints


MOMENTS = (
    ("adopted", "", 0.14),
    ("mended", "", 0.12),
    ("forgetful", "", 0.14),
    ("minority", "", 0.05),
    ("yours", ', acceptors="5"', 0.09),
)


@pytest.mark.parametrize(("dark", "language", "width"), LOOKS)
def test_every_part_fits_and_is_kept_as_a_picture(paxos, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1900})
    notebook_page.use_theme(dark)
    untidy = {}
    try:
        for name, more, moment in MOMENTS:
            notebook, panel = paxos(f'preset="{name}", reveal=True{more}', language=language)
            panel.locator(".fl-more summary").click()
            seek(panel, moment)
            notebook.screenshot(f"paxos-{'dark' if dark else 'light'}-{language}-{width}-{name}", panel)
            untidy[name] = panel.evaluate(UNTIDY) or panel.evaluate(UNTIDY_BELOW)
        assert not any(untidy.values()), untidy
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)
