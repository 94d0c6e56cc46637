"""The trace player in real JupyterLab, and on a page without a kernel."""

from __future__ import annotations

import json

import pytest

from faultlab.sim.trace import KINDS as KIND_NAMES
from tests.panels import act_and_wait, shared_scenario

KINDS = list(KIND_NAMES)
NODES = """
from faultlab.i18n import use_language
from faultlab.sim import Client, Network, Node, always, crash, partition, pause, restart, simulate, judge, sometimes
from faultlab.widgets import trace_panel, world_panel
from faultlab.widgets.panel import outcome, preset, question
from faultlab.widgets.player import page, save_page
use_language("{language}")

class Beat(Node):
    def on_start(self, ctx):
        self.role, self.term, self.beats = "follower", ctx.disk.get("term", 0), 0
        ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))

    def on_timer(self, ctx, timer):
        if timer == "election":
            self.role, self.term = "leader", self.term + 1
            ctx.disk["term"] = self.term
            ctx.note("leads")
        self.beats += 1
        ctx.broadcast(("beat", self.term, self.beats))
        ctx.set_timer("beat", 0.1)

    def on_message(self, ctx, sender, message):
        name, term, number = message
        if name == "beat" and term >= self.term:
            if term > self.term:
                self.role, self.term = "follower", term
                ctx.disk["term"] = term
                ctx.cancel_timer("beat")
            self.beats = number
            ctx.set_timer("election", ctx.random.uniform(0.15, 0.3))
            ctx.send(sender, ("ok", term, number))

    def on_request(self, ctx, request, call):
        if self.role == "leader":
            ctx.reply(request, self.beats)
        else:
            ctx.refuse(request, "not the leader")

def one_leader(s):
    leaders = [n.name for n in s.up if n.get("role") == "leader"]
    return len(leaders) < 2 or f"two leaders: {{leaders}}"

nodes = dict.fromkeys("ABCDE", Beat)
def somebody_leads(s):
    return any(n.get("role") == "leader" for n in s.up)

properties = [always("one leader", one_leader), sometimes("somebody leads", somebody_leads)]
faults = [crash("A", 1), restart("A", 2), *partition("A B | C D E", 2.5, 3), *pause("D", 3.2, 3.5)]
clients = [Client("ann", [("read", "x")] * 9, to="A B C D E", pause_s=0.2)]
"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("player.ipynb", ["pass"]))


@pytest.fixture
def player(notebook_page):
    """Show a panel with the player in the page that all these tests share."""

    def open_(source: str, language: str = "en"):
        cell = NODES.format(language=language) + f"\npanel = {source}\npanel"
        return notebook_page, notebook_page.show(cell, "player")

    return open_


STATE = """(p) => {
  const {player} = p.faultlab.ctx, {trace} = player;
  return {
    index: player.index, pos: player.pos, n: trace.n, kept: trace.kept, faults: p.faultlab.params.faults,
    kinds: [...trace.kind].map((k) => KIND_NAMES[k]), past: player.past?.size ?? null, playing: player.runner.playing,
    mode: player.mode, scale: player.scale, end: trace.end,
  };
}"""


def state_of(panel) -> dict:
    """What the player shows: the cursor, the trace and the faults."""
    return panel.evaluate(STATE.replace("KIND_NAMES", json.dumps(KINDS)))


WORLD = "world_panel(nodes, 4, properties=properties, clients=clients)"


def seek(panel, moment: float) -> None:
    panel.evaluate("(p, t) => p.faultlab.ctx.player.seekPos(t)", moment)


def test_a_fault_at_the_cursor_forks_the_future_and_keeps_the_past(player):
    notebook, panel = player(WORLD)
    seek(panel, 1.5)
    before = state_of(panel)
    panel.locator('[data-action="target"]').select_option(label="node B")
    act_and_wait(panel, lambda: panel.locator('[data-fault="crash"]').click())
    after = state_of(panel)
    assert after["kept"] > before["index"]
    assert after["kinds"][: after["kept"]] == before["kinds"][: after["kept"]]
    assert after["kinds"][after["index"]] == "crash" and 1.5 <= after["pos"] < 1.51
    assert [f["kind"] for f in after["faults"]] == ["crash"]
    notebook.screenshot("player-light-en-crash", panel)
    act_and_wait(panel, lambda: panel.locator('[data-fault="restart_empty"]').click())
    assert state_of(panel)["faults"][1] | {"at_s": 0} == {"at_s": 0, "kind": "restart", "node": "B", "disk": False}
    act_and_wait(panel, lambda: panel.locator('[data-remove="1"]').click())
    act_and_wait(panel, lambda: panel.locator('[data-remove="0"]').click())
    assert state_of(panel)["kinds"] == before["kinds"]
    assert not notebook.complaints


def test_every_fault_of_a_node_and_of_the_network_changes_the_run(player):
    notebook, panel = player(WORLD)
    target = panel.locator('[data-action="target"]')
    seek(panel, 0.8)
    target.select_option(label="node C")
    for moment, fault, kind in ((0.8, "pause", "pause"), (1.2, "resume", "resume"), (1.4, "crash", "crash")):
        seek(panel, moment)
        act_and_wait(panel, lambda fault=fault: panel.locator(f'[data-fault="{fault}"]').click())
        shown = state_of(panel)
        assert shown["kinds"][shown["index"]] == kind
    seek(panel, 1.6)
    act_and_wait(panel, lambda: panel.locator('[data-fault="restart"]').click())
    assert panel.locator('[data-fault="crash"]').is_visible()
    target.select_option("network")
    assert panel.locator('[data-fault="partition"]').is_disabled()
    assert panel.locator('[data-fault="heal"]').is_disabled()
    seek(panel, 2)
    for name in "AB":
        panel.locator(f'[data-apart="{name}"]').check()
    act_and_wait(panel, lambda: panel.locator('[data-fault="partition"]').click())
    assert "network is cut: A B | C D E" in panel.locator(".fl-pl-now").inner_text()
    seek(panel, 2.5)
    act_and_wait(panel, lambda: panel.locator('[data-fault="heal"]').click())
    assert "all links" in panel.locator(".fl-pl-now").inner_text()
    kinds = [f["kind"] for f in state_of(panel)["faults"]]
    assert kinds == ["pause", "resume", "crash", "restart", "partition", "heal"]
    assert panel.locator(".fl-pl-faults li").count() == 6
    notebook.screenshot("player-light-en-faults", panel)
    before = state_of(panel)["faults"][0]["at_s"]
    panel.locator(".fl-pl-faults .fl-link").first.click()
    assert state_of(panel)["pos"] == pytest.approx(before)
    assert not notebook.complaints


def click_line(notebook, panel, which: str) -> None:
    """Click the middle of a message's line, of the first one after the cursor that is `which` (an expression in m)."""
    spot = panel.evaluate(f"""(p) => {{
      const {{player}} = p.faultlab.ctx, {{space, trace, axis}} = player;
      const m = trace.messages.find((m) => m.send > player.index && {which});
      player.seek(m.send);
      const points = messagePathOf(m).map(([x, y]) => [x, y - space.top()]);
      player.ctx.svg.scrollIntoView({{block: 'center'}});
      const box = player.ctx.svg.getBoundingClientRect();
      const [a, b] = [points[0], points.at(-1)];
      return [box.left + a[0] + (b[0] - a[0]) * 0.35, box.top + 50 + a[1] + (b[1] - a[1]) * 0.35];
      function messagePathOf(m) {{
        const c = space.columns;
        return [[c[m.from], axis.yOf(m.send)], [c[m.to], axis.yOf(m.end)]];
      }}
    }}""")
    notebook.page.mouse.click(*spot)


def test_a_message_that_is_clicked_can_be_dropped_delayed_and_doubled(player):
    notebook, panel = player(WORLD)
    for moment, fault in ((0.7, "drop"), (1.1, "delay"), (1.5, "duplicate")):
        seek(panel, moment)
        click_line(notebook, panel, "m.to === m.from + 1 && !m.reply")
        assert panel.locator('[data-action="target"]').input_value().startswith("message ")
        before = state_of(panel)
        act_and_wait(panel, lambda fault=fault: panel.locator(f'[data-fault="{fault}"]').click())
        shown = state_of(panel)
        assert shown["faults"][-1]["kind"] == fault
        assert shown["kept"] > before["index"]
        notebook.screenshot(f"player-light-en-{fault}", panel)
    kinds = state_of(panel)["kinds"]
    assert kinds.count("lose") == 1 and kinds.count("duplicate") == 1
    drop, delay, _double = state_of(panel)["faults"]
    assert drop["node"] != drop["other"] and delay["by_s"] > 0
    assert not notebook.complaints


def test_a_message_under_way_can_be_chosen_by_keyboard_alone(player):
    notebook, panel = player(WORLD)
    seek(panel, 0.7)
    panel.locator('[data-action="forward"]').focus()
    target = panel.locator('[data-action="target"]')
    for _step in range(30):
        offered = target.locator('option[value^="message "]')
        if offered.count():
            break
        notebook.page.keyboard.press("ArrowRight")
    value = offered.first.get_attribute("value")
    target.focus()
    target.select_option(value)
    assert target.input_value() == value
    act_and_wait(panel, lambda: panel.locator('[data-fault="drop"]').press("Enter"))
    assert state_of(panel)["faults"][-1]["kind"] == "drop"


def test_the_cursor_moves_without_python(player):
    notebook, panel = player(WORLD)
    notebook.execute("panel.compute = None")  # any question to Python would now show an error
    panel.locator('[data-action="time"]').fill("1.2")
    shown = state_of(panel)
    assert shown["pos"] == 1.2 and "1.200" in panel.locator(".fl-clock").inner_text()
    panel.locator('[data-action="forward"]').click()
    assert state_of(panel)["index"] == shown["index"] + 1
    panel.locator('[data-action="back"]').click()
    panel.locator('[data-action="back"]').click()
    assert state_of(panel)["index"] == shown["index"] - 1
    panel.locator('[data-action="group"]').select_option("timers")
    panel.locator('[data-action="next"]').click()
    first = state_of(panel)
    assert first["kinds"][first["index"]] == "timer"
    panel.locator('[data-action="next"]').click()
    panel.locator('[data-action="previous"]').click()
    assert state_of(panel)["index"] == first["index"]
    assert all("timer" in text for text in panel.locator(".fl-pl-log-text").all_inner_texts() if text)
    table = panel.locator(".fl-pl-table").inner_text()
    panel.locator(".fl-pl-log li").last.click()
    assert panel.locator(".fl-pl-table").inner_text() != table
    scale = state_of(panel)["scale"]
    panel.locator('[data-action="zoom-in"]').click()
    assert state_of(panel)["scale"] > scale
    panel.locator('[data-action="zoom-out"]').click()
    panel.locator('[data-action="mode"]').select_option("rows")
    assert state_of(panel)["mode"] == "rows" and panel.locator('[data-action="zoom-in"]').is_disabled()
    panel.locator('[data-finding="somebody leads"]').click()
    assert "leader" in panel.locator(".fl-pl-new").first.inner_text()
    assert panel.locator(".fl-status").inner_text() == ""
    assert not notebook.complaints


def test_everything_is_reached_with_the_keyboard(player):
    notebook, panel = player(WORLD)
    diagram = panel.get_by_role("slider", name="Space-time diagram")
    diagram.focus()
    diagram.press("ArrowRight")
    diagram.press("ArrowDown")
    assert state_of(panel)["index"] == 1
    diagram.press("ArrowLeft")
    assert state_of(panel)["index"] == 0
    diagram.press("End")
    assert state_of(panel)["index"] == state_of(panel)["n"] - 1
    diagram.press("Home")
    assert state_of(panel)["index"] == -1
    for key, direction in (("n", 1), ("n", 1), ("p", -1)):
        before = state_of(panel)["index"]
        diagram.press(key)
        assert (state_of(panel)["index"] - before) * direction > 0
    seek(panel, 1)
    diagram.press("c")
    assert state_of(panel)["past"] > 0
    diagram.press("Escape")
    assert state_of(panel)["past"] is None
    scale = state_of(panel)["scale"]
    diagram.press("+")
    assert state_of(panel)["scale"] > scale
    diagram.press("-")
    diagram.press(" ")
    assert state_of(panel)["playing"]
    diagram.press(" ")
    assert not state_of(panel)["playing"]
    line = panel.locator(".fl-pl-log button[tabindex='0']")
    assert line.count() == 1
    line.focus()
    before = state_of(panel)["index"]
    notebook.page.keyboard.press("ArrowDown")
    notebook.page.keyboard.press("ArrowDown")
    assert state_of(panel)["index"] == before + 2
    assert notebook.page.evaluate("document.activeElement.ariaCurrent") == "step"
    notebook.page.wait_for_function("() => document.querySelector('.fl-pl-spoken').textContent.length > 5")
    cells = notebook.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    assert cells == 1, "JupyterLab took a key for itself"
    assert not notebook.complaints


def test_an_event_that_is_clicked_shows_its_causal_past(player):
    notebook, panel = player("trace_panel(simulate(nodes, 2, seed=2))")
    spot = panel.evaluate("""(p) => {
      const {player} = p.faultlab.ctx, {space, trace, axis} = player;
      player.seekPos(1);
      const i = trace.kind.findLastIndex((k, i) => k === 3 && i < player.index);
      player.ctx.svg.scrollIntoView({block: 'center'});
      const box = player.ctx.svg.getBoundingClientRect();
      return [i, box.left + space.columns[trace.node[i]], box.top + 50 + axis.yOf(i) - space.top()];
    }""")
    notebook.page.mouse.click(spot[1], spot[2])
    shown = state_of(panel)
    assert shown["past"] > 0 and shown["kinds"][shown["index"]] == "deliver"
    assert f"{shown['past']} of {shown['index']} earlier events" in panel.locator(".fl-pl-full").inner_text()
    assert panel.locator(".fl-pl-dim").count() == 1
    assert panel.locator(".fl-pl-log-sign", has_text="●").count() + panel.locator(".fl-pl-outside").count() > 0
    notebook.screenshot("player-light-en-past", panel)
    panel.locator('[data-action="past"]').click()
    assert state_of(panel)["past"] is None and panel.locator(".fl-pl-dim").count() == 0
    assert not panel.locator(".fl-pl-by-hand").is_visible(), "nothing can be added to a finished trace"
    assert not notebook.complaints


def test_it_plays_and_keeps_its_height(player):
    notebook, panel = player("trace_panel(simulate(nodes, 3, faults=faults))")
    panel.locator('[data-action="speed"]').select_option("3")
    height = panel.evaluate("(p) => Math.round(p.getBoundingClientRect().height)")
    panel.locator('[data-action="play"]').click()
    heights = panel.evaluate("""async (p) => {
      const seen = new Set(), {player} = p.faultlab.ctx, end = performance.now() + 10000;
      while (player.index < 150 && performance.now() < end) {
        seen.add(Math.round(p.getBoundingClientRect().height));
        await new Promise(requestAnimationFrame);
      }
      return [...seen];
    }""")
    assert state_of(panel)["playing"] and state_of(panel)["index"] >= 150
    panel.locator('[data-action="play"]').click()
    assert not state_of(panel)["playing"]
    assert heights == [height]
    assert not notebook.complaints


ASKED = """world_panel(nodes, 3, faults=[crash("D", 1)], hide_after_s=0.9, properties=properties,
  question=question("Who leads at the end?", [("same", "the same node"), ("other", "another one")]),
  answers=lambda trace: {"main": outcome("other", "D was down")},
  presets=[preset("calm", "No fault", "the leader stays", faults=[]),
           preset("two", "Two crashes", "are three enough?", faults=[crash("D", 1), crash("A", 1.5)])])"""


def test_the_future_is_hidden_until_the_learner_predicts(player):
    notebook, panel = player(ASKED)
    assert panel.locator(".fl-pl-plot .fl-cover").is_visible() or state_of(panel)["index"] < 0
    panel.locator('[data-action="time"]').fill("3")
    shown = state_of(panel)
    assert shown["pos"] == 0.9
    assert panel.locator(".fl-pl-plot .fl-cover").is_visible()
    assert not panel.locator(".fl-pl-findings").is_visible()
    panel.locator('[data-action="forward"]').click()
    assert state_of(panel)["index"] == shown["index"]
    log = panel.locator(".fl-pl-log").inner_text()
    assert "D crashes" not in log
    notebook.screenshot("player-light-en-question", panel)
    panel.locator('[data-option="other"]').click()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert not panel.locator(".fl-pl-plot .fl-cover").is_visible()
    panel.locator('[data-action="time"]').fill("2.9")
    assert state_of(panel)["pos"] == 2.9
    assert panel.locator(".fl-pl-findings").is_visible()
    assert not notebook.complaints


def test_a_preset_brings_its_faults_and_reset_takes_back_what_was_added(player):
    notebook, panel = player(ASKED.replace("hide_after_s=0.9", "reveal=True"))
    act_and_wait(panel, panel.locator('[data-preset="two"]').click)
    assert [f["node"] for f in state_of(panel)["faults"]] == ["D", "A"]
    assert state_of(panel)["index"] == -1
    assert panel.locator('[data-preset="two"]').get_attribute("aria-pressed") == "true"
    seek(panel, 2)
    panel.locator('[data-action="target"]').select_option(label="node B")
    act_and_wait(panel, lambda: panel.locator('[data-fault="crash"]').click())
    assert panel.locator('[data-preset="two"]').get_attribute("aria-pressed") == "false"
    act_and_wait(panel, panel.locator('[data-action="reset"]').click)
    assert [f["node"] for f in state_of(panel)["faults"]] == ["D"]
    act_and_wait(panel, panel.locator('[data-action="new-seed"]').click)
    assert state_of(panel)["kept"] == 0
    assert not notebook.complaints


def test_a_scenario_is_shared_as_json(player):
    notebook, panel = player(WORLD)
    seek(panel, 1)
    act_and_wait(panel, lambda: panel.locator('[data-fault="crash"]').click())
    shared = shared_scenario(panel)
    assert shared["params"]["faults"][0]["kind"] == "crash"
    wanted = state_of(panel)["kinds"]
    act_and_wait(panel, lambda: panel.locator('[data-remove="0"]').click())
    panel.locator('[data-action="scenario"]').fill(json.dumps(shared))
    act_and_wait(panel, panel.locator('[data-action="apply"]').click)
    assert state_of(panel)["kinds"] == wanted
    shared["params"]["faults"] = [{"at_s": 1, "kind": "crash", "node": "<b>nobody</b>"}]
    panel.locator('[data-action="scenario"]').fill(json.dumps(shared))
    panel.locator('[data-action="apply"]').click()
    notebook.page.wait_for_function("() => document.querySelector('.fl-status').textContent.includes('nobody')")
    shared["params"]["faults"] = "all"
    panel.locator('[data-action="scenario"]').fill(json.dumps(shared))
    panel.locator('[data-action="apply"]').click()
    assert "a list of objects" in panel.locator(".fl-message").inner_text()
    assert not notebook.complaints


# The first text of the picture that sticks out of it, or that another text runs into; messages in flight move freely.
UNTIDY = """(panel) => {
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true, opacityProperty: true});
  for (const svg of panel.querySelectorAll('.fl-pl-space, .fl-pl-graph')) {
    const frame = svg.getBoundingClientRect(), top = svg.matches('.fl-pl-space') ? frame.top + 50 : frame.top;
    const inside = (t, b) => !t.closest('.fl-pl-plot') || (b.bottom > top && b.top < frame.bottom);
    const texts = [...svg.querySelectorAll('text')].filter((t) => shown(t) && !t.closest('[data-free]'))
      .map((t) => [t.textContent, t.getBoundingClientRect(), t]).filter(([, b, t]) => b.width && inside(t, b));
    for (const [text, box] of texts) {
      if (box.left < frame.left - 2 || box.right > frame.right + 2) return 'outside: ' + text;
    }
    const slack = 3;
    for (const [one, a] of texts) for (const [other, b] of texts) {
      if (a === b) continue;
      const beside = a.right - slack < b.left || b.right - slack < a.left;
      if (!beside && !(a.bottom - slack < b.top || b.bottom - slack < a.top)) return `overlap: ${one} / ${other}`;
    }
  }
  for (const control of panel.querySelectorAll('button, select')) {
    const clipped = control.checkVisibility() && control.scrollWidth > control.clientWidth + 1;
    if (clipped) return 'clipped: ' + control.textContent;
  }
  return panel.scrollWidth > panel.clientWidth + 1 ? 'wider than the panel' : '';
}"""
LOOKS = [(False, "en", 1280), (True, "ru", 1040), (False, "ru", 800), (True, "en", 800)]


@pytest.mark.parametrize(("dark", "language", "width"), LOOKS)
def test_every_part_fits_and_is_kept_as_a_picture(player, notebook_page, dark, language, width):
    notebook_page.page.set_viewport_size({"width": width, "height": 1700})
    notebook_page.use_theme(dark)
    untidy = {}
    kept = f"player-{'dark' if dark else 'light'}-{language}-{width}"
    try:
        notebook, panel = player(WORLD.replace("4,", "4, faults=faults,"), language=language)
        for name, moment in (("crash", 1.1), ("cut", 2.7), ("pause", 3.4)):
            seek(panel, moment)
            notebook.screenshot(f"{kept}-{name}", panel)
            untidy[name] = panel.evaluate(UNTIDY)
        panel.evaluate("(p) => p.faultlab.ctx.player.togglePast(true)")
        panel.locator('[data-action="target"]').select_option("network")
        panel.locator(".fl-pl-legend summary").click()
        notebook.screenshot(f"{kept}-network", panel)
        untidy["network"] = panel.evaluate(UNTIDY)
        panel.locator('[data-action="mode"]').select_option("rows")
        notebook.screenshot(f"{kept}-rows", panel)
        untidy["rows"] = panel.evaluate(UNTIDY)
        assert not any(untidy.values()), untidy
        assert not notebook.complaints
    finally:
        notebook_page.page.set_viewport_size({"width": 1280, "height": 1500})
        notebook_page.use_theme(False)


@pytest.mark.parametrize(("dark", "language"), [(False, "ru"), (True, "en")])
def test_a_page_without_a_kernel_plays_and_scrubs(browser, screenshots, tmp_path, dark, language):
    namespace: dict = {}
    exec(NODES.format(language="en"), namespace)
    trace = namespace["simulate"](namespace["nodes"], 2, faults=namespace["faults"][:1])
    path = namespace["save_page"](trace, tmp_path / "run.html", language)
    context = browser.new_context(viewport={"width": 1000, "height": 1200}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    panel = page.locator(".fl-player")
    panel.locator('[data-action="time"]').fill("1")
    at_one = state_of(panel)
    assert at_one["pos"] == 1 and at_one["n"] == len(trace)
    panel.locator('[data-action="play"]').click()
    page.wait_for_function("() => document.querySelector('.fl-panel').faultlab.ctx.player.pos > 1.02")
    panel.locator('[data-action="play"]').click()
    panel.locator('[data-action="past"]').click()
    assert state_of(panel)["past"] is not None
    assert not panel.locator(".fl-footer").is_visible() and not panel.locator(".fl-pl-by-hand").is_visible()
    page.screenshot(path=str(screenshots / f"player-page-{language}.png"), full_page=True)
    assert asked == [path.as_uri()] and not complaints
    context.close()


# These open pages of their own; a page that is closed takes all kernels with it, so they come last.


def test_with_reduced_motion_it_goes_from_event_to_event(lab, open_notebook):
    cell = NODES.format(language="en") + "\ntrace_panel(simulate(nodes, 1))"
    notebook = open_notebook(lab.write("still.ipynb", [cell]), reduced_motion=True)
    notebook.run_all()
    panel = notebook.panel("player")
    panel.locator('[data-action="play"]').click()
    positions = panel.evaluate("""async (p) => {
      const {player} = p.faultlab.ctx, seen = new Set(), end = performance.now() + 3000;
      while (performance.now() < end) { seen.add(player.pos); await new Promise(requestAnimationFrame); }
      return [...seen];
    }""")
    times = panel.evaluate("(p) => [...p.faultlab.ctx.player.trace.at]")
    assert 1 <= len(positions) <= 6 and state_of(panel)["index"] >= 2
    assert set(positions) <= {0, *times}


def test_two_views_of_a_panel_and_a_page_that_is_loaded_again_show_the_same_run(lab, open_notebook):
    cell = (
        NODES.format(language="en") + f"\nfrom IPython.display import display\npanel = {WORLD}\ndisplay(panel, panel)"
    )
    notebook = open_notebook(lab.write("views.ipynb", [cell]), height=2600)
    notebook.run_all()
    first, second = notebook.panel("player", 0), notebook.panel("player", 1)
    for moment in (1.5, 2.5):
        seek(first, moment)
        seq = second.get_attribute("data-seq")
        act_and_wait(first, lambda: first.locator("[data-fault]").first.click())
        notebook.page.wait_for_function("([p, seq]) => p.dataset.seq !== seq", arg=[second.element_handle(), seq])
    assert state_of(second)["kinds"] == state_of(first)["kinds"]
    assert state_of(second)["faults"] == state_of(first)["faults"]
    seek(second, 3)
    act_and_wait(second, lambda: second.locator('[data-remove="1"]').click())
    notebook.page.wait_for_function("() => document.querySelectorAll('[data-remove]').length === 2")
    wanted = state_of(second)
    assert state_of(first)["kinds"] == wanted["kinds"]
    notebook.page.evaluate("() => { jupyterapp.commands.execute('docmanager:save') }")
    notebook.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.page.reload()
    notebook.wait_until_ready()
    again = notebook.panel("player")
    notebook.page.wait_for_function("(p) => p.faultlab.ctx.player.trace !== null", arg=again.element_handle())
    assert state_of(again)["kinds"] == wanted["kinds"] and state_of(again)["faults"] == wanted["faults"]
    act_and_wait(again, lambda: again.locator('[data-remove="0"]').click())
    assert state_of(again)["faults"] == []
    assert not notebook.complaints
