"""The puzzles of the laboratory's notebook, solved by hand in its panels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.panels import act_and_wait

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "ru")
# The panels of the notebook, by their place in it.
LOSS, COUNT_TWICE, CUT, DELAY = 1, 2, 3, 6
PATIENCE_MS = 240_000


@pytest.fixture(scope="module", params=LANGUAGES)
def laboratory(request, lab, shared_notebook):
    name = f"laboratory-{request.param}.ipynb"
    path = lab.copy(ROOT / "course" / request.param / "laboratory.ipynb", name)
    notebook = shared_notebook(path, dark=request.param == "en")
    notebook.run_all(PATIENCE_MS / 1000)
    return notebook, request.param


def panel_of(notebook, place: int):
    panel = notebook.page.locator(".fl-player").nth(place)
    panel.locator("svg.fl-picture > *").first.wait_for(state="attached", timeout=PATIENCE_MS)
    panel.scroll_into_view_if_needed()
    return panel


def seek(panel, moment: float) -> None:
    panel.evaluate("(p, t) => p.faultlab.ctx.player.seekPos(t)", moment)


def choose(panel, message: str) -> None:
    """Choose the first message of that name after the cursor, as a click on its line does."""
    panel.evaluate(
        """(p, name) => {
          const {player} = p.faultlab.ctx, {trace} = player;
          player.select(trace.messages.find((m) => m.send > player.index && trace.texts[m.name] === name));
        }""",
        message,
    )
    assert panel.locator('[data-action="target"]').input_value().startswith("message ")


def test_a_right_bet_is_called_right_and_shows_the_rest(laboratory):
    notebook, language = laboratory
    for place, right in ((LOSS, "stuck"), (CUT, "both")):
        panel = panel_of(notebook, place)
        panel.locator(f'[data-option="{right}"]').click()
        panel.get_by_text({"en": "Right.", "ru": "Верно."}[language]).first.wait_for()
        seek(panel, 2.0 if place == CUT else 1.0)
        notebook.screenshot(f"laboratory-{language}-bet-{right}", panel)


def test_dropping_a_pong_makes_b_count_twice(laboratory):
    notebook, language = laboratory
    panel = panel_of(notebook, COUNT_TWICE)
    seek(panel, 0.1)
    choose(panel, "pong")
    act_and_wait(panel, lambda: panel.locator('[data-fault="drop"]').click())
    seek(panel, 0.5)
    notebook.screenshot(f"laboratory-{language}-dropped", panel)
    rows = [panel.locator("tr", has_text=field).first.inner_text() for field in ("pongs", "pings")]
    pongs, pings = (int(re.search(r"\d+", row).group()) for row in rows)
    # One for the lost pong, and perhaps one for the ball that is in play.
    assert pings - pongs in (1, 2), rows
    assert not notebook.complaints


def test_delaying_the_release_violates_the_property(laboratory):
    notebook, language = laboratory
    panel = panel_of(notebook, DELAY)
    choose(panel, "release")
    panel.locator('select[data-action="delay"]').select_option("0.2")
    act_and_wait(panel, lambda: panel.locator('[data-fault="delay"]').click())
    panel.get_by_text("A and B hold it at once").first.wait_for()
    notebook.screenshot(f"laboratory-{language}-delayed", panel)
    assert not notebook.complaints
