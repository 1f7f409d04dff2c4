"""A figure as one SVG file: title above the drawing, legend, coverage and source around it; text stays text."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from analysis.figures import style

EDGE, SWATCH = 20, (22, 13)
TITLE, SUBTITLE, SMALL = 18, 13, 12


def svg(
    art: str,
    *,
    title: str,
    subtitle: str,
    alt: str,
    legend: Sequence[tuple[str, str]] = (),
    below: Sequence[str] = (),
) -> str:
    """A drawing with its words, the same bytes every time; links and names for phones are left out.

    Parameters
    ----------
    art : str
        Inline SVG as pages have it.
    title, subtitle, alt : str
    legend : sequence of tuple
        Fill and text of each item.
    below : sequence of str
        Paragraphs under the drawing: coverage and source.
    """
    drawing = ElementTree.fromstring(art)
    _strip(drawing)
    width, height = (float(v) for v in drawing.attrib["viewBox"].split()[2:])
    whole = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": style.FONTS})
    ElementTree.SubElement(whole, "title").text = title
    ElementTree.SubElement(whole, "desc").text = alt
    paper = ElementTree.SubElement(whole, "rect", {"fill": style.PAPER})
    y = float(EDGE)

    def write(text: str, size: int, colour: str, weight: str = "400") -> None:
        nonlocal y
        for line in style.wrapped(text, width / (style.BOLD if weight == "600" else 1), size):
            y += size * 1.35
            attributes = {"x": f"{EDGE}", "y": f"{y:g}", "font-size": f"{size}", "fill": colour}
            ElementTree.SubElement(whole, "text", {**attributes, "font-weight": weight}).text = line
        y += size * 0.35

    write(title, TITLE, style.INK, "600")
    write(subtitle, SUBTITLE, style.MUTED)
    for fill, name in legend:
        box = {"x": f"{EDGE}", "y": f"{y + 4:g}", "width": f"{SWATCH[0]}", "height": f"{SWATCH[1]}"}
        ElementTree.SubElement(whole, "rect", {**box, "fill": fill, "stroke": style.CONTEXT})
        at = {
            "x": f"{EDGE + SWATCH[0] + 8}",
            "y": f"{y + 15:g}",
            "font-size": f"{SUBTITLE}",
            "fill": style.INK,
        }
        ElementTree.SubElement(whole, "text", at).text = name
        y += 20
    y += 8
    drawing.attrib |= {"x": f"{EDGE}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    whole.append(drawing)
    y += height + 8
    for text in filter(None, below):
        write(text, SMALL, style.MUTED)
    size = {"width": f"{width + 2 * EDGE:g}", "height": f"{y + EDGE:.0f}"}
    whole.attrib |= {**size, "viewBox": f"0 0 {size['width']} {size['height']}"}
    paper.attrib |= size
    return ElementTree.tostring(whole, encoding="unicode") + "\n"


def without_links(svg: str) -> str:
    """An inline drawing whose parts lead nowhere: JupyterLab fails on links inside a drawing."""
    drawing = ElementTree.fromstring(svg)
    _unlink(drawing)
    return ElementTree.tostring(drawing, encoding="unicode")


def _strip(drawing: ElementTree.Element) -> None:
    """Leave out what a file has no use for: texts for phones, addresses, and what makes parts reachable."""
    for parent in list(drawing.iter()):
        for child in list(parent):
            if "narrow" in child.get("class", "").split():
                parent.remove(child)
    for element in drawing.iter():
        element.attrib.pop("tabindex", None)
    _unlink(drawing)


def _unlink(drawing: ElementTree.Element) -> None:
    for element in drawing.iter():
        if element.tag == "a":
            element.tag = "g"
            del element.attrib["href"]
