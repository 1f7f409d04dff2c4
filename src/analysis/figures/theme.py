"""Colours of figures in a dark scheme and in forced colours (Windows' high contrast), as a style sheet.

Drawings carry the light palette as presentation attributes, so that they are complete in a file of their
own; on a page these rules, chosen by attribute, replace it.
"""

from __future__ import annotations

from analysis.figures import style

DARK_PAPER = "#111a21"
DARK = {
    style.INK: "#e8eef3",
    style.MUTED: "#aebac5",
    style.RULE: "#34434f",
    style.PAPER: DARK_PAPER,
    style.SMALL_RURAL: "#f39a5b",
    style.OTHERS: "#5aaee6",
    style.CONTEXT: "#8e9ba7",
    style.SMALL_RURAL_LIGHT: "#9c5f34",
    style.OTHERS_LIGHT: "#3a759f",
    style.ZERO: "#29251f",
    style.BORDER: "#71808d",
    style.COUNTY_BORDER: "#d0d9e0",
    **dict(zip(style.SEQUENTIAL, ("#1f3d52", "#2c6288", "#4090c4", "#85c2e8", "#d6ecfa"), strict=True)),
}
"""What each colour becomes on a dark page; the classes of a map then rise from dark to light."""

_INKS = (style.INK, style.MUTED, style.COUNTY_BORDER, style.BORDER, style.CONTEXT)
FORCED = {
    **dict.fromkeys(_INKS, "CanvasText"),
    style.RULE: "GrayText",
    style.PAPER: "Canvas",
}
"""Strokes in the reader's own colours; the classes of maps keep theirs, with a border and names on them."""


def css() -> str:
    """Rules for a dark scheme (on screens only, print stays light) and for forced colours."""
    dark = "".join(
        f'.art [{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    forced = "".join(f'.art [stroke="{light}"]{{stroke:{system}}}' for light, system in FORCED.items())
    # Groups of a chart: hollow, solid, grey, each with an outline.
    marks = "".join(
        f'.art [fill="{colour}"]{{fill:{system};stroke:CanvasText}}.art [stroke="{colour}"]{{stroke:CanvasText}}'
        for colour, system in (
            (style.SMALL_RURAL, "Canvas"),
            (style.OTHERS, "CanvasText"),
            (style.CONTEXT, "GrayText"),
            (style.SMALL_RURAL_LIGHT, "GrayText"),
            (style.OTHERS_LIGHT, "GrayText"),
        )
    )
    texts = (
        ".art svg text,.art svg text[fill]{fill:CanvasText;stroke:none}"
        f'.art .names [stroke="{style.PAPER}"] text{{stroke:Canvas}}'
        f'.art [fill="{style.PAPER}"],.art [fill="{style.ZERO}"]{{fill:Canvas}}'
        ".region:focus path,.region:focus circle{stroke:Highlight}"
    )
    return (
        f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
        f"@media (forced-colors:active){{{forced}{marks}{texts}}}"
    )
