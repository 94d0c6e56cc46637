"""What every browser test of a panel does: act, wait for Python's answer, read what is shown."""

from __future__ import annotations

import json


def act_and_wait(panel, act) -> None:
    """Do something that asks Python, and wait until its answer is drawn."""
    before = panel.get_attribute("data-seq")
    act()
    panel.page.wait_for_function(
        "([p, before]) => p.dataset.seq !== before || p.matches('.fl-stale')", arg=[panel.element_handle(), before]
    )
    assert panel.get_attribute("data-seq") != before, panel.locator(".fl-status").inner_text()


def output_of(panel, control: str) -> str:
    return panel.locator(f'[data-control="{control}"] output').inner_text()


def picture_of(panel) -> str:
    return panel.locator("svg.fl-picture").inner_html()


def shared_scenario(panel) -> dict:
    """Open the scenario and read it. The browser fills it in when it tells of the opening, which is after the click."""
    panel.locator(".fl-scenario summary").click()
    area = panel.locator('[data-action="scenario"]')
    panel.page.wait_for_function("(area) => area.value", arg=area.element_handle())
    return json.loads(area.input_value())
