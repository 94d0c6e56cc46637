"""What every browser test of a panel does: act, wait for Python's answer, read what is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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


@contextmanager
def seen(notebook, *, dark: bool = False, width: int = 1280, height: int = 1700) -> Iterator[None]:
    """The page in this theme and of this size; afterwards it is as it was before."""
    notebook.page.set_viewport_size({"width": width, "height": height})
    notebook.use_theme(dark)
    try:
        yield
    finally:
        notebook.page.set_viewport_size({"width": 1280, "height": 1700})
        notebook.use_theme(False)


def scenarios(
    notebook, panel, picture: str, untidy: str, before: Callable[[], object] = lambda: None, asked: str = ""
) -> Iterator[str]:
    """Each scenario of a panel in turn: tidy while it asks, tidy with its answer, and kept as a picture.

    `picture` is the beginning of the pictures' names, `untidy` the JavaScript of the function of that name. `before` is
    done before the picture is taken. Of the scenario `asked` the question is kept as a picture, too.
    """
    for preset in panel.locator("[data-preset]").all():
        if preset.get_attribute("aria-pressed") == "false":
            act_and_wait(panel, preset.click)
        name = preset.get_attribute("data-preset")
        assert panel.evaluate(untidy) == "", f"{name}, asked"
        if name == asked:
            notebook.screenshot(f"{picture}-asked", panel)
        panel.locator('[data-action="show"]').click()
        before()
        notebook.screenshot(f"{picture}-{name}", panel)
        assert panel.evaluate(untidy) == "", name
        yield name


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
