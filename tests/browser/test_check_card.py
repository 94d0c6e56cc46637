"""What a learner sees when a check of a protocol fails: the sentence, and the shortest schedule in the player."""

from __future__ import annotations

import pytest

CODE = """
import faultlab
faultlab.use_language("{language}")
from faultlab.checks import check
from faultlab.models.raft import Raft

class Forgetful(Raft):
    def save(self, ctx):
        super().save(ctx)
        del ctx.disk["voted_for"]

check("raft.vote_kept", Forgetful)
"""


@pytest.mark.parametrize(("language", "dark", "wrong"), [("en", False, "wrong"), ("ru", True, "неверно")])
def test_a_failed_check_plays_the_schedule_that_breaks_the_protocol(lab, open_notebook, language, dark, wrong):
    notebook = open_notebook(lab.write(f"card-{language}.ipynb", [CODE.format(language=language)]), dark=dark)
    notebook.run_all(errors=True)
    card = notebook.page.locator(".fl-card")
    assert wrong in card.inner_text()
    player = card.frame_locator("iframe")
    player.locator(".fl-pl-log").wait_for()
    clock = player.locator(".fl-clock")
    opened = clock.inner_text()
    player.locator('[data-action="previous"]').click()
    assert clock.inner_text() != opened
    assert player.locator(".fl-pl-findings").inner_text()
    notebook.screenshot(f"card-{language}", card)
    card.locator("summary").last.click()
    assert "voted_for" in card.locator("pre").last.inner_text()
    assert not [text for text in notebook.complaints if "sandbox" not in text.lower()]
