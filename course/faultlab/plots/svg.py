"""A matplotlib figure as SVG that belongs to the page around it.

Text stays text (so it is crisp, selectable, and in the page's font), and colours that a figure takes from `theme.py`
are replaced by the variables of the panel's style sheet, so that the same picture follows JupyterLab from light to dark
without being drawn again. One unit of the figure is one px of the page.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inks: colours that no figure uses otherwise, and what the page puts in their place.
INKS = {
    "#010101": "var(--fl-text)",
    "#020202": "var(--fl-text-2)",
    "#030303": "var(--fl-line)",
    "#040404": "var(--fl-line-soft)",
    "#050505": "var(--fl-blue)",
    "#060606": "var(--fl-orange)",
    "#070707": "var(--fl-green)",
    "#080808": "var(--fl-vermillion)",
    "#090909": "var(--fl-purple)",
    "#0a0a0a": "var(--fl-sky)",
}
TEXT, TEXT_2, LINE, LINE_SOFT, BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY = INKS

STYLE: dict[str, object] = {
    "axes.edgecolor": LINE,
    "axes.labelcolor": TEXT_2,
    "axes.titlecolor": TEXT,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "font.size": 12,
    "xtick.color": TEXT_2,
    "ytick.color": TEXT_2,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "text.color": TEXT,
    "grid.color": LINE_SOFT,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "svg.fonttype": "none",
}
UNITS_PER_INCH = 72  # of matplotlib's SVG, whatever the figure's dpi
_FONT_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_INK = re.compile("|".join(INKS))
_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def figure_px(width_px: float, height_px: float) -> Figure:
    """An empty figure of that size. Draw it inside `with matplotlib.rc_context(svg.STYLE)`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_px / UNITS_PER_INCH, height_px / UNITS_PER_INCH))


def inline_svg(figure: Figure) -> str:
    """The figure as the inside of an `<svg>` or `<g>`, one px a unit."""
    import matplotlib

    text = io.StringIO()
    # Fonts and ticks are decided while a figure is saved, not while it is built.
    with matplotlib.rc_context(STYLE):
        figure.savefig(
            text, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    body = text.getvalue()
    body = body[body.index(">", body.index("<svg ")) + 1 : body.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    body = _without_ids(body)
    body = _FONT_FAMILY.sub("", body)
    body = _NUMBER.sub(lambda m: f"{float(m.group()):.2f}", body)
    return _INK.sub(lambda m: INKS[m.group()], body)


def _without_ids(body: str) -> str:
    """Ticks are <use> of one shared path, and lines are cut by a clip path: both need ids. Everything else loses its
    id."""
    needed = set(re.findall(r'(?:xlink:href="|url\()#([^")]+)', body))
    return re.sub(r' id="([^"]+)"', lambda m: m.group() if m.group(1) in needed else "", body)
