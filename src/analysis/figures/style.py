"""One look for all figures: colours, type and the way matplotlib's SVG is made fit for a web page.

Colours keep their order of lightness in grey print and differ for all common kinds of colour
blindness; text colours have a contrast of at least 4.5:1 on white, marks at least 3:1.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INK = "#16232e"
MUTED = "#52606d"
RULE = "#d5dce2"
PAPER = "#ffffff"

SMALL_RURAL = "#b5490c"
OTHERS = "#1b5e8c"
CONTEXT = "#7b8894"
"""The same group has the same colour in every figure; CONTEXT is for what is only compared with."""

SEQUENTIAL = ("#cfe1ec", "#97c1db", "#5798c1", "#23709f", "#0b3f63")
"""Light to dark for the classes of a map, lowest first."""
ZERO = "#f6f3ec"
"""Nothing found: a warm near-white that no class of the scale can be taken for."""
BORDER = "#a9b5bf"
COUNTY_BORDER = "#3d4c58"

FONTS = "'Segoe UI', -apple-system, Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
"""The reader's own sans-serif. Charts are laid out with DejaVu Sans, which is wider than any of these,
so that a text can only come out shorter than the room made for it."""

WIDE, NARROW = 720, 344
"""Widths in pixels that every chart is drawn for: the page's column, and a phone's."""

RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "analysis",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.linewidth": 1,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.dpi": 72,
}
"""matplotlib settings; 72 dots an inch make a point of matplotlib a pixel of the page."""


def svg(canvas: Canvas, css_class: str, key: str) -> str:
    """A matplotlib figure as inline SVG that scales, keeps text as text and carries no style attributes.

    A page's content security policy forbids style attributes, so each becomes presentation attributes;
    ids get a prefix made of ``key`` so that two figures on one page cannot collide. The same figure
    gives the same bytes every time.
    """
    out = io.StringIO()
    canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*|<style.*?</style>", "", text, flags=re.S)
    text = re.sub(r'style="([^"]*)"', lambda m: _attributes(m[1]), text)
    text = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), text)
    text = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", text)
    prefix = "f" + hashlib.sha256(f"{key}/{css_class}".encode()).hexdigest()[:6]
    text = re.sub(r' id="(?!m[0-9a-f]{6,}|p[0-9a-f]{6,})[^"]*"', "", text)
    text = re.sub(r' id="([^"]+)"', rf' id="{prefix}\1"', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", text).replace("xlink:href", "href")
    text = re.sub(r"\s*\n\s*", " ", text.strip()).replace("> <", "><")
    view = re.search(r'viewBox="([^"]+)"', text)
    assert view is not None, "matplotlib writes a viewBox on every SVG"
    hidden = ' display="none"' if css_class == "narrow" else ""
    head = (
        f'<svg class="{css_class}" viewBox="{view[1]}" font-family="{FONTS}" stroke-linejoin="round"'
        f' stroke-linecap="butt" aria-hidden="true" focusable="false"{hidden}>'
    )
    return head + text[text.index(">") + 1 :]


def _attributes(style: str) -> str:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    kept = {k.strip(): v.strip().replace("px", "") for k, v in pairs}
    if "font" in kept:  # matplotlib writes size, weight and family as one shorthand
        size = re.search(r"([\d.]+)\s*'", kept["font"])
        kept["font-size"] = size[1] if size else "12"
        if re.search(r"\b(bold|[6-9]00)\b", kept.pop("font")):
            kept["font-weight"] = "600"
    kept.pop("font-family", None)
    return " ".join(f'{k}="{v}"' for k, v in kept.items())
