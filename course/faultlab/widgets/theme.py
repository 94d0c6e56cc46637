"""One visual language for every picture of the course: panels in the browser, SVG and matplotlib alike.

1. The hues are those of Okabe and Ito (2008), which stay apart for every common kind of colour blindness.
2. A hue is never used raw as a thin mark: `mark_colour` darkens it on a light ground and lightens it on a dark one
   until its contrast with the ground is at least 3 (WCAG 2.2, 1.4.11). Filled areas may use the raw hue, because
   their outline carries the contrast.
3. A meaning has a shape and a word first, and a colour second: `STATE_SHAPES` and `CALL_SHAPES` name the shapes.
4. Ground, text and borders are JupyterLab's own variables, so that a panel follows the theme; `LIGHT` and `DARK` only
   repeat them for matplotlib, which cannot read them.

Source: M. Okabe, K. Ito, "Color Universal Design", 2008; W3C, WCAG 2.2, definitions of relative luminance and
contrast ratio.
"""

from __future__ import annotations

OKABE_ITO = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}

# What a meaning is drawn in. Refused calls never left the caller: they are neutral, in the colour of secondary text.
ROLES = {
    "accent": "blue",
    "ok": "green",
    "failed": "vermillion",
    "closed": "green",
    "open": "vermillion",
    "half-open": "orange",
    "a": "blue",
    "b": "purple",
}

# On a dark ground sky stands in for blue, which would have to be bleached to be seen.
ROLES_DARK = ROLES | {"accent": "sky", "a": "sky"}

STATE_SHAPES = {"CLOSED": "circle", "OPEN": "square", "HALF_OPEN": "diamond"}
CALL_SHAPES = {"ok": "dot", "failed": "cross", "rejected": "box"}

LIGHT = {"ground": "#FFFFFF", "text": "#212121", "text_2": "#5F5F5F", "line": "#BDBDBD"}
DARK = {"ground": "#212121", "text": "#F0F0F0", "text_2": "#BDBDBD", "line": "#616161"}

CONTRAST_MARK_MIN = 3.0
CONTRAST_TEXT_MIN = 4.5


def rgb(colour: str) -> tuple[int, int, int]:
    """`#RRGGBB` as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 for black and 1 for white (WCAG 2.2)."""
    channels = [c / 255 for c in rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def blend(colour: str, towards: str, share: float) -> str:
    """`colour` moved towards another one by `share` (0 to 1)."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(colour), rgb(towards), strict=True))
    return "#" + "".join(f"{c:02X}" for c in mixed)


def readable(colour: str, ground: str, contrast_min: float) -> str:
    """`colour`, moved towards black or white only as far as it must to reach `contrast_min` on `ground`."""
    towards = "#000000" if luminance(ground) > 0.18 else "#FFFFFF"
    for percent in range(0, 101, 2):
        candidate = blend(colour, towards, percent / 100)
        if contrast(candidate, ground) >= contrast_min:
            return candidate
    return towards


def mark_colour(name: str, dark: bool = False) -> str:
    """A hue of Okabe and Ito (or a role) as a line or mark that can be seen on the light or the dark ground."""
    hue = OKABE_ITO[(ROLES_DARK if dark else ROLES).get(name, name)]
    return readable(hue, (DARK if dark else LIGHT)["ground"], CONTRAST_MARK_MIN)


def text_colour(name: str, dark: bool = False) -> str:
    """The same hue for words: contrast of at least 4.5."""
    hue = OKABE_ITO[(ROLES_DARK if dark else ROLES).get(name, name)]
    return readable(hue, (DARK if dark else LIGHT)["ground"], CONTRAST_TEXT_MIN)


def css_variables() -> str:
    """The hues and roles as CSS variables (`--fl-blue`, `--fl-failed`, ...), for JupyterLab's light and dark themes."""
    blocks = []
    for selector, dark in ((".fl-panel", False), ('[data-jp-theme-light="false"] .fl-panel', True)):
        lines = [f"  --fl-{name}: {mark_colour(name, dark)};" for name in (*OKABE_ITO, *ROLES)]
        lines += [f"  --fl-{name}-text: {text_colour(name, dark)};" for name in (*OKABE_ITO, *ROLES)]
        lines += [f"  --fl-fill-{name}: {hue};" for name, hue in OKABE_ITO.items()]
        blocks.append(selector + " {\n" + "\n".join(lines) + "\n}")
    return "\n".join(blocks) + "\n"


def matplotlib_style(dark: bool = False) -> dict[str, object]:
    """rcParams for a figure that sits beside the panels: thin axes, no box, the same hues in the same order."""
    colours = DARK if dark else LIGHT
    from cycler import cycler

    return {
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "axes.edgecolor": colours["line"],
        "axes.labelcolor": colours["text_2"],
        "axes.titlecolor": colours["text"],
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=[mark_colour(n, dark) for n in OKABE_ITO if n != "yellow"]),
        "axes.titlesize": 11,
        "axes.labelsize": 10,
        "xtick.color": colours["text_2"],
        "ytick.color": colours["text_2"],
        "text.color": colours["text"],
        "grid.color": colours["line"],
        "grid.linewidth": 0.4,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "font.size": 10,
        "svg.fonttype": "none",
    }
