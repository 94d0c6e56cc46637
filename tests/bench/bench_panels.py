"""From a control's change to the redrawn picture, in JupyterLab, beside ipywidgets' `interact` with matplotlib.

Both sides run in one browser, one after the other, with the same simulation behind them (see `peers.py`). An event is
sent to the control in the page; the time ends when the DOM of the picture has changed (for an image: when it is
decoded). Median of 30, each after the one before is drawn. Three statements are measured:

1. A picture in SVG takes at most a quarter of `interact`'s time.
2. Curves of matplotlib, put in place, take no longer than `interact`, and the picture is never empty on the way.
3. What needs no kernel is drawn within one frame of 60 Hz.

Run it by `make bench`. It exits with 1 when a statement does not hold.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHANGES = 30
QUARTER, NO_SLOWER = 0.25, 1.0
FRAME_MS = 1000 / 60

# Sends `changes` key presses to a control; a press ends when `changed` has seen a mutation below `watched`.
MEASURE = """async ({control, watched, changes, image, attribute, steps}) => {
  const input = document.querySelector(control), root = document.querySelector(watched);
  const press = (key) => input.dispatchEvent(
    new KeyboardEvent('keydown', {key, code: key, bubbles: true, keyCode: key === 'ArrowRight' ? 39 : 37}));
  const move = (up) => {
    if (input.type !== 'range') return press(up ? 'ArrowRight' : 'ArrowLeft');
    input.value = +input.value + (up ? 1 : -1) * (steps ?? 1) * +input.step;
    input.dispatchEvent(new Event('input', {bubbles: true}));
  };
  const times = [];
  let emptied = 0;
  input.focus();
  for (let i = 0; i < changes + 3; i++) {
    const done = new Promise((resolve, reject) => {
      const observer = new MutationObserver(async () => {
        if (image) {
          const picture = root.querySelector('img');
          if (!picture || picture.dataset.seen) { emptied += !picture; return; }
          picture.dataset.seen = '1';
          observer.disconnect();
          await picture.decode();
          return resolve(performance.now());
        }
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(root, attribute ? {attributes: true, attributeFilter: [attribute]}
        : {childList: true, subtree: true, attributes: true, characterData: true});
      setTimeout(() => { observer.disconnect(); reject(new Error(`no change of ${watched} after 20 s`)); }, 20000);
    });
    const start = performance.now();
    move(i % 2 === 0);
    const end = await done;
    if (i >= 3) times.push(end - start);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return {times, emptied};
}"""

PANELS = {
    "breaker": ("breaker_panel", "rate", "peers.breaker", "(0.5, 4.0, 0.5)"),
    "backoff": ("backoff_panel", "clients", "peers.backoff", "(2, 150, 1)"),
    "bulkhead": ("bulkhead_panel", "hang_s", "peers.bulkhead", "(0, 30, 1)"),
    "timeouts": ("timeouts_panel", "attempts", "peers.timeouts", "(1, 4, 1)"),
    "stack": ("stack_panel", "rate", "peers.stack", "(2, 20, 1)"),
}
rows: list[tuple[str, str, float, float, float]] = []


def measure(
    notebook, control: str, watched: str, *, image: bool = False, attribute: str = "", steps: int = 1
) -> tuple[float, int]:
    """Median time in ms, and how often the picture was empty while it changed."""
    options = {"control": control, "watched": watched, "changes": CHANGES, "image": image, "attribute": attribute}
    options["steps"] = steps
    result = notebook.page.evaluate(MEASURE, options)
    return median(result["times"]), result["emptied"]


def open_pair(lab, open_notebook, name: str, panel: str, peer: str):
    """A notebook with the panel and its peer, both drawn."""
    cells = [
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import peers\nfrom ipywidgets import interact\nfrom faultlab import widgets",
        f"panel = {panel}\npanel",
        f"interact({peer});",
    ]
    notebook = open_notebook(lab.write(f"bench-{name}.ipynb", cells), height=3200)
    notebook.run_all(120)
    notebook.page.locator(".jp-OutputArea img").first.wait_for(state="attached")
    return notebook


INTERACT_SLIDER = ".widget-slider .noUi-handle"
INTERACT_OUTPUT = ".widget-interact .widget-output, .widget-interact .jp-OutputArea"


@pytest.mark.parametrize("topic", PANELS)
def test_a_picture_in_svg_takes_a_quarter_of_interact(lab, open_notebook, topic):
    function, control, peer, steps = PANELS[topic]
    peer = f"lambda value: {peer}(panel, value), value={steps}"
    notebook = open_pair(lab, open_notebook, topic, f"widgets.{function}(reveal=True)", peer)
    ours, _ = measure(notebook, f'[data-control="{control}"] input', ".fl-panel", attribute="data-seq")
    theirs, _ = measure(notebook, INTERACT_SLIDER, INTERACT_OUTPUT, image=True)
    rows.append((f"{topic}: {control}, SVG", "interact + matplotlib", ours, theirs, QUARTER))


def test_curves_in_place_are_no_slower_than_interact_and_never_empty(lab, open_notebook):
    peer = "lambda value: peers.delays(value), value=(1, 40, 1)"
    notebook = open_pair(lab, open_notebook, "curves", "widgets.backoff_panel(reveal=True)", peer)
    notebook.page.evaluate("""() => {
      window.emptied = 0;
      const figures = [...document.querySelectorAll('.fl-backoff svg g')].filter((g) => g.flFigure);
      const look = (g) => new MutationObserver(() => { window.emptied += !g.childElementCount; });
      for (const g of figures) look(g).observe(g, {childList: true});
    }""")
    # The slider is logarithmic: one of its steps is less than the millisecond to which the value is rounded.
    ours, _ = measure(notebook, '[data-control="base_ms"] input', ".fl-panel", attribute="data-seq", steps=10)
    theirs, flickers = measure(notebook, INTERACT_SLIDER, INTERACT_OUTPUT, image=True)
    rows.append(("backoff: base, matplotlib curves", "interact + the same curves", ours, theirs, NO_SLOWER))
    emptied = notebook.page.evaluate("window.emptied")
    print(f"\npicture empty while it changed: ours {emptied} times, interact {flickers} times in {CHANGES}")
    assert emptied == 0


def test_what_needs_no_kernel_is_drawn_within_a_frame(lab, open_notebook):
    notebook = open_notebook(
        lab.write("bench-time.ipynb", ["from faultlab.widgets import breaker_panel", "breaker_panel(reveal=True)"])
    )
    notebook.run_all()
    notebook.panel("breaker")
    ours, _ = measure(notebook, '[data-action="time"]', "svg.fl-picture")
    rows.append(("breaker: time cursor, no kernel", "one frame of 60 Hz", ours, FRAME_MS, 1.0))


def report() -> bool:
    """The table; True if every statement holds."""
    print(f"\n{'picture':<36}{'peer':<30}{'ours, ms':>10}{'peer, ms':>10}{'ratio':>8}{'at most':>9}")
    good = bool(rows)
    for picture, peer, ours, theirs, limit in rows:
        ratio = ours / theirs
        good = good and ratio <= limit
        missed = "" if ratio <= limit else "  MISSED"
        print(f"{picture:<36}{peer:<30}{ours:>10.1f}{theirs:>10.1f}{ratio:>8.2f}{limit:>9.2f}{missed}")
    return good


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("browser_fixtures", ROOT / "tests" / "browser" / "conftest.py")
    fixtures = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = fixtures
    spec.loader.exec_module(fixtures)
    here = sys.modules["bench_panels"] = sys.modules["__main__"]
    code = pytest.main(
        [str(Path(__file__)), "-q", "-s", "-p", "no:cacheprovider", "--import-mode=prepend"], plugins=[fixtures]
    )
    sys.exit(code or not report())
