"""One look for all figures: colours, type, and matplotlib's drawings as SVG for a web page.

Colours keep their order of lightness in grey print and differ for all common kinds of colour
blindness; text colours have a contrast of at least 4.5:1 on white, marks at least 3:1.
"""

from __future__ import annotations

import io
import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from analysis.io import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure as Canvas

INK = "#16232e"
MUTED = "#52606d"
RULE = "#d5dce2"
PAPER = "#ffffff"

SMALL_RURAL = "#b5490c"
OTHERS = "#1b5e8c"
CONTEXT = "#7b8894"
SMALL_RURAL_LIGHT = "#cf8257"
OTHERS_LIGHT = "#5f97c0"
"""The same group has the same colour in every figure, its light one where a column has two parts; CONTEXT is for what
is only compared with."""

SEQUENTIAL = ("#cfe1ec", "#97c1db", "#5798c1", "#23709f", "#0b3f63")
"""Light to dark for the classes of a map, lowest first."""
ZERO = "#f6f3ec"
"""Nothing found: a warm near-white that no class of the scale can be taken for."""
BORDER = "#84919d"
COUNTY_BORDER = "#3d4c58"

DARK_PAPER = "#111a21"
DARK = {
    INK: "#e8eef3",
    MUTED: "#aebac5",
    RULE: "#34434f",
    PAPER: DARK_PAPER,
    SMALL_RURAL: "#f39a5b",
    OTHERS: "#5aaee6",
    CONTEXT: "#8e9ba7",
    SMALL_RURAL_LIGHT: "#9c5f34",
    OTHERS_LIGHT: "#3a759f",
    ZERO: "#29251f",
    BORDER: "#71808d",
    COUNTY_BORDER: "#d0d9e0",
    **dict(zip(SEQUENTIAL, ("#1f3d52", "#2c6288", "#4090c4", "#85c2e8", "#d6ecfa"), strict=True)),
}
"""What each colour becomes on a dark page; the classes of a map then rise from dark to light."""

_INKS = (INK, MUTED, COUNTY_BORDER, BORDER, CONTEXT)
FORCED = {
    **dict.fromkeys(_INKS, "CanvasText"),
    RULE: "GrayText",
    PAPER: "Canvas",
}
"""Strokes in the reader's own colours; the classes of maps keep theirs, with a border and names on them."""

#: Groups of a chart in the reader's own colours: hollow, solid, grey, each with an outline.
_MARKS = {
    SMALL_RURAL: "Canvas",
    OTHERS: "CanvasText",
    **dict.fromkeys((CONTEXT, SMALL_RURAL_LIGHT, OTHERS_LIGHT), "GrayText"),
}

FONTS = "'Segoe UI', -apple-system, Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
"""The reader's own sans-serif. Charts are laid out with DejaVu Sans, which is wider than any of these,
so that a text can only come out shorter than the room made for it."""

BOLD = 1.15
"""How much wider bold letters are than usual ones."""

RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "analysis",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "figure.facecolor": "none",
    "figure.dpi": 72,
}
"""matplotlib settings; 72 dots an inch make a point of matplotlib a pixel of the page."""

NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
XLINK = "{http://www.w3.org/1999/xlink}href"


def short_id(text: str, prefix: str) -> str:
    """An id for parts of an SVG, made from a text, the same every time."""
    return prefix + sha256(text.encode())[:6]


def svg(canvas: Canvas, css_class: str, key: str) -> str:
    """A matplotlib figure as inline SVG for a page whose security policy forbids style attributes.

    Styles become presentation attributes, text stays text, coordinates have two decimals, and ids get a
    prefix made of ``key`` so that two figures on one page cannot collide. The same figure gives the
    same bytes every time.
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(RC):
        canvas.savefig(buffer, format="svg", metadata=NO_METADATA)
    root = ElementTree.fromstring(buffer.getvalue())
    prefix = short_id(f"{key}/{css_class}", "f")
    for parent in root.iter():
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    used = {e.get(XLINK, "")[1:] for e in root.iter()} | {_clip(e) for e in root.iter()}
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text = (element.text or "").strip() or None
        element.tail = None
        element.attrib = _attributes(element.attrib, used, prefix)
    width, height = (float(v) for v in root.attrib["viewBox"].split()[2:])
    for drawn in root.iterfind("g"):
        drawn.set("id", prefix)
    root.attrib = {
        "class": css_class,
        "width": f"{width:g}",
        "height": f"{height:g}",
        "viewBox": f"0 0 {width:g} {height:g}",
        "font-family": FONTS,
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "aria-hidden": "true",
        "focusable": "false",
        **({"display": "none"} if css_class == "narrow" else {}),
    }
    return ElementTree.tostring(root, encoding="unicode")


def parts(key: str, width: float, cuts: Iterable[tuple[float, float]]) -> list[str]:
    """The wide drawing of :func:`svg` once more, cut into parts (top and height of each): print may break between them."""
    drawn = f'<use href="#{short_id(f"{key}/wide", "f")}"/>'
    return [
        f'<svg class="part" viewBox="0 {top:g} {width:g} {height:g}" font-family="{FONTS}" stroke-linejoin="round" '
        f'stroke-linecap="butt" aria-hidden="true" focusable="false" display="none">{drawn}</svg>'
        for top, height in cuts
    ]


def _clip(element: ElementTree.Element) -> str:
    return element.get("clip-path", "").removeprefix("url(#").removesuffix(")")


def _attributes(given: dict[str, str], used: set[str], prefix: str) -> dict[str, str]:
    """An element's attributes with styles spelled out, ids prefixed or dropped, and short numbers."""
    out = {}
    for name, value in given.items():
        if name == "style":
            out.update(_presentation(value))
        elif name == XLINK:
            out["href"] = f"#{prefix}{value[1:]}"
        elif name == "clip-path":
            out[name] = value.replace("#", f"#{prefix}")
        elif name == "id":
            out |= {"id": prefix + value} if value in used else {}
        elif not (name == "transform" and value.startswith(("rotate(-0 ", "rotate(0 "))):
            out[name] = re.sub(r"-?\d+\.\d{3,}", _short, " ".join(value.split()))
    return out


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _presentation(css: str) -> dict[str, str]:
    """A style attribute's declarations as presentation attributes; the family is set for the whole SVG."""
    out = {}
    for declaration in css.split(";"):
        name, _colon, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":  # older versions of matplotlib write weight, size and family as one shorthand
            weight, size = value.partition("'")[0].rpartition(" ")[0].rpartition(" ")[::2]
            out["font-size"] = size.removesuffix("px")
            if weight in ("bold", "700"):
                out["font-weight"] = "700"
        elif name and name != "font-family":
            out[name] = value.removesuffix("px")
    return out


def css() -> str:
    """Rules for a dark scheme (on screens only, print stays light) and for forced colours (Windows' high contrast).

    Drawings carry the light palette as presentation attributes, so that they are complete in a file of their own; on
    a page these rules, chosen by attribute, replace it.
    """
    from analysis.figures import markup

    rules = markup.render("palette.css.j2", dark=DARK, forced=FORCED, marks=_MARKS, paper=PAPER, zero=ZERO)
    return "".join(line.strip() for line in rules.splitlines())


def png(canvas: Canvas, dpi: int, title: str, subtitle: str, source: str) -> bytes:
    """A matplotlib figure as a PNG file, with title and subtitle above it and the source below."""
    import matplotlib as mpl

    with mpl.rc_context(RC):
        width, height = canvas.get_size_inches() * canvas.dpi
        above = 12
        for text, size, color in ((subtitle, 11, MUTED), (title, 15, INK)):
            lines = wrapped(text, width, size)
            canvas.text(0, 1 + above / height, "\n".join(lines), size=size, color=color, va="bottom")
            above += round(1.4 * size) * len(lines) + 4
        below = "\n".join(wrapped(source, width, 10))
        canvas.text(0, -12 / height, below, size=10, color=MUTED, va="top")
        buffer = io.BytesIO()
        canvas.savefig(
            buffer, format="png", dpi=dpi, bbox_inches="tight", facecolor=PAPER, metadata={"Software": None}
        )
    return buffer.getvalue()


def fitted(text: str, width: float, size: float) -> list[str]:
    """The text in one line where that fits a width in pixels at a font size, else in several; none where there is no text."""
    if not text:
        return []
    return [text] if text_width(text, size) <= width else wrapped(text, width, size)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in lines that fit a width in pixels at a font size, broken at spaces.

    Examples
    --------
    >>> wrapped("Nasjonalt velferdsteknologiprogram", 202, 12.5)
    ['Nasjonalt', 'velferdsteknologiprogram']
    """
    fits = max(8, int(width / (size * 0.56)))  # a letter of DejaVu Sans is 0.56 of its size wide on average
    return textwrap.wrap(text, fits, break_long_words=False, break_on_hyphens=False) or [""]


def text_width(text: str, size: float) -> float:
    """Width of a text in pixels, in DejaVu Sans: the widest of the fonts that a page may be shown in."""
    return _width_of_one(text) * size


@cache
def _width_of_one(text: str) -> float:
    """Width of a text whose font size is one pixel."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    across = TextPath((0, 0), text, size=1, prop=FontProperties(family="DejaVu Sans")).vertices[:, 0]
    return float(across.max() - across.min())
