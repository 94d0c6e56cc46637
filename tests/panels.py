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


def press(panel, name: str):
    """A part of the picture by what it is called for a screen reader."""
    return panel.get_by_role("button", name=name, exact=True)


def untidy(own: str = "") -> str:
    """JavaScript that says the first thing in a panel's picture that should not be seen: a text that sticks out of it,
    two that overlap, one that is too small, a control that is cut off. `own` are statements for what only this panel
    has."""
    return UNTIDY.replace("// own", own)


UNTIDY = """(panel) => {
  const frame = panel.getBoundingClientRect();
  const shown = (t) => t.textContent && t.checkVisibility({visibilityProperty: true});
  const texts = [...panel.querySelectorAll('svg.fl-picture text')].filter(shown)
    .map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, box]) => box.width);
  for (const [text, box] of texts) {
    if (box.left < frame.left + 8 || box.right > frame.right - 8) return 'outside: ' + text;
  }
  const inside = 2;
  for (const [one, a] of texts) for (const [other, b] of texts) {
    if (a === b) continue;
    const beside = a.right - inside < b.left || b.right - inside < a.left;
    const apart = beside || a.bottom - inside < b.top || b.bottom - inside < a.top;
    if (!apart) return `overlap: ${one} / ${other}`;
  }
  for (const box of panel.querySelectorAll('.fl-segments')) {
    if (box.scrollWidth > box.clientWidth) return 'cut: ' + box.textContent;
  }
  // own
  const size = (t) => parseFloat(getComputedStyle(t).fontSize);
  const small = [...panel.querySelectorAll('svg.fl-picture text')].find((t) => size(t) < 12);
  if (small) return 'small: ' + small.textContent;
  const cut = [...panel.querySelectorAll('.fl-option, .fl-control')].find((c) => c.scrollWidth > c.clientWidth + 1);
  return cut ? 'cut: ' + cut.textContent : '';
}"""
