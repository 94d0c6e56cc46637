"""The etcd panel in real JupyterLab: prediction first, then the run, part by part, in both languages and themes."""

from __future__ import annotations

import pytest

from tests.panels import act_and_wait, picture_of

SOURCE = """\
from faultlab.i18n import use_language
from faultlab.live import failover_recording
from faultlab.widgets import etcd_panel
use_language("{language}")
panel = etcd_panel(failover_recording(live=False){arguments})
panel"""


@pytest.fixture(scope="module")
def notebook_page(lab, shared_notebook):
    return shared_notebook(lab.write("etcd.ipynb", ["pass"]))


def shown(notebook, arguments: str = "", language: str = "en"):
    return notebook.show(SOURCE.format(arguments=arguments, language=language), "etcd")


def test_what_happens_after_the_signal_is_covered_until_one_has_predicted(notebook_page):
    panel = shown(notebook_page)
    lid = panel.locator(".fl-cover")
    assert lid.is_visible()
    assert not panel.locator(".fl-numbers").is_visible()
    panel.locator('[data-option="timeouts"] input').check(force=True)
    assert not lid.is_visible()
    assert panel.locator(".fl-verdict").get_attribute("data-verdict") == "right"
    assert "without a write" in panel.locator("svg.fl-picture").text_content()
    assert not notebook_page.complaints


def test_every_scenario_shows_another_part_and_asks_another_question(notebook_page):
    panel = shown(notebook_page, ", reveal=True")
    seen = set()
    for preset in ("majority", "lost", "leader"):
        act_and_wait(panel, lambda preset=preset: panel.locator(f'[data-preset="{preset}"]').click())
        seen.add((panel.locator(".fl-question-text").inner_text(), picture_of(panel)))
    assert len(seen) == 3
    assert not notebook_page.complaints


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_words_cover_one_another_or_leave_the_picture(notebook_page, language, dark):
    notebook_page.use_theme(dark)
    panel = shown(notebook_page, ", part='whole', reveal=True", language)
    trouble = panel.evaluate(
        """(panel) => {
          const svg = panel.querySelector("svg.fl-picture"), frame = svg.getBoundingClientRect();
          const texts = [...svg.querySelectorAll("text")].filter((t) => t.textContent && !t.closest(".fl-cover"))
            .map((t) => [t.textContent, t.getBoundingClientRect()]);
          const bad = texts.filter(([, r]) => r.left < frame.left - 1 || r.right > frame.right + 1).map(([t]) => t);
          texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
            const over = Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1
              && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3;
            if (over) bad.push(`${a} / ${b}`);
          }));
          return bad;
        }"""
    )
    notebook_page.screenshot(f"etcd-{language}-{'dark' if dark else 'light'}", panel)
    assert trouble == []
