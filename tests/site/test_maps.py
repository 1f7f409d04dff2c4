"""Maps as they are drawn on the pages: no name lies on a neighbour, on another name or outside the picture."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import shapely
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from tests.site.rendered import is_whole, read, skip_unless_made

from analysis.report import sitemap

#: Width of a map on a phone of 375 pixels, whose page has margins of 20 pixels.
PHONE = 335
FONT = FontProperties(family="DejaVu Sans")
Box = tuple[float, float, float, float]


@dataclass
class Map:
    """A map read back from a page: regions and inset by name, names by size of type."""

    width: float
    height: float
    regions: dict[str, shapely.Geometry]
    twins: dict[str, shapely.Geometry]
    inset: Box | None
    names: dict[str, list[list[tuple[str, Box]]]]
    sizes: dict[str, float]
    links: list[str]


def polygons(data: str) -> shapely.Geometry:
    """The area of SVG path data of the form that maps use, in pixels."""
    rings = []
    for part in data.split("M")[1:]:
        numbers = np.array(re.findall(r"-?\d+", part), dtype=float).reshape(-1, 2) / 10
        rings.append(shapely.make_valid(shapely.polygons(np.cumsum(numbers, axis=0))))
    whole = rings[0]
    for ring in rings[1:]:  # a ring inside another is a hole
        whole = shapely.symmetric_difference(whole, ring)
    return whole


def box_of(node: ET.Element, size: float) -> Box:
    x, y, text = float(node.get("x")), float(node.get("y")), "".join(node.itertext())
    half = np.ptp(TextPath((0, 0), text, size=size, prop=FONT).vertices[:, 0]) / 2
    return (x - half, y - 0.73 * size, x + half, y + 0.2 * size)


def regions_of(root: ET.Element, css_class: str) -> dict[str, shapely.Geometry]:
    found = {}
    for node in root.iter():
        if node.get("class") == css_class:
            label, path = node.find("title").text, node.find("path").get("d")
            found[label] = polygons(path) if path else shapely.Polygon()
    return found


def read_map(svg: str) -> Map:
    root = ET.fromstring(svg)
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    frame = root.find(".//clipPath/rect")
    inset = None
    if frame is not None:
        x, y, w, h = (float(frame.get(k)) for k in ("x", "y", "width", "height"))
        inset = (x, y, x + w, y + h)
    names, sizes = {}, {}
    for group in root.iter("g"):
        if "names" not in group.get("class", "").split():
            continue
        kind, size = group.get("class").split()[1], float(group.get("font-size"))
        labels: list[list[tuple[str, Box]]] = []
        last = None
        for node in group.iter("text"):
            place = (node.get("x"), float(node.get("y")))
            line = ("".join(node.itertext()), box_of(node, size))
            if last and last[0] == place[0] and place[1] - last[1] < 1.3 * size:
                labels[-1].append(line)
            else:
                labels.append([line])
            last = place
        names[kind], sizes[kind] = labels, size
    links = [n.get("href") for n in root.iter("a") if n.get("class") == "region"]
    return Map(
        width, height, regions_of(root, "region"), regions_of(root, "twin"), inset, names, sizes, links
    )


def maps_of(path: Path) -> list[Map]:
    text = path.read_text(encoding="utf-8")
    return [read_map(svg) for svg in re.findall(r'<svg class="map".*?</svg>', text, re.S)]


def overlap(a: Box, b: Box) -> float:
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def faults(one: Map) -> list[str]:
    """Every name that lies where it must not."""
    found = []
    for kind, labels in one.names.items():
        for i, label in enumerate(labels):
            name = label[0][0]
            for text, box in label:
                if box[0] < 0 or box[1] < 0 or box[2] > one.width or box[3] > one.height:
                    found.append(f"{kind}: {text} leaves the picture")
                in_inset = one.inset is not None and overlap(box, one.inset) > 0
                ground = shapely.box(*box)
                for other, shape in (one.twins if in_inset else one.regions).items():
                    own = any(part.startswith(name) for part in other.split("; "))
                    if not own and shapely.area(shapely.intersection(shape, ground)) > 0.5:
                        found.append(f"{kind}: {name} lies on {other}")
                for later in labels[i + 1 :]:
                    found += [f"{kind}: {text} and {t}" for t, b in later if overlap(box, b) > 0]
    return found


COUNTIES = [
    f"nb/fylke-{c}-"
    for c in ["03", "11", "15", "18", "31", "32", "33", "34", "39", "40", "42", "46", "50", "55", "56"]
]


@pytest.mark.parametrize("start", ["nb/index", "nb/nasjonal", "en/index", *COUNTIES])
def test_no_name_lies_on_a_neighbour_or_on_another_name(site, start):
    made = [p for p in site.glob("*/*.html") if p.relative_to(site).as_posix().startswith(start)]
    if not made and not is_whole(site):
        pytest.skip("not among these pages; the slow run has all")
    (page,) = made
    for one in maps_of(page):
        assert faults(one) == []


def test_the_check_of_names_sees_a_name_on_a_neighbour():
    svg = (
        '<svg class="map" viewBox="0 0 200 100"><g class="region"><title>A: 1</title><path d="M0 0l900 0 0 900-900 0z"/></g>'
        '<g class="region"><title>B: 2</title><path d="M1000 0l900 0 0 900-900 0z"/></g>'
        '<g class="names wide" font-size="10"><text x="150" y="50">A</text><text x="152" y="52">B</text></g></svg>'
    )
    assert faults(read_map(svg)) == ["wide: A lies on B: 2", "wide: A and B"]


def test_counties_are_named_and_phones_can_read_the_names(site):
    (one,) = maps_of(site / "nb/index.html")
    assert len(one.names["wide"]) >= 14 and len(one.names["narrow"]) >= 10
    assert one.sizes["wide"] >= 12 and one.sizes["narrow"] * PHONE / one.width >= 12


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_region_of_every_map_leads_to_its_page(site, language):
    """Each to a page that is there and whose title or heading names the region."""
    seen, every = 0, {page.file for page in sitemap.pages()}
    for page in sorted((site / language).glob("*.html")):
        if page.name.startswith(("kommune-", "municipality-", "ordning-", "programme-")):
            continue
        for one in maps_of(page):
            assert len(one.links) == len(one.regions) > 5, page.name
            for link in one.links:
                assert f"{language}/{link}" in every, (page.name, link)
            seen += 1
    assert seen >= (17 if is_whole(site) else 2)


def test_a_shared_area_has_a_sign_of_its_own_and_is_explained(site):
    """Haram has left Ålesund; the map still draws them as one area, and says so in the drawing and in words."""
    skip_unless_made(site, "nb/fylke-15-more-og-romsdal.html")
    page = site / "nb/fylke-15-more-og-romsdal.html"
    text = page.read_text(encoding="utf-8")
    art = re.search(r'<svg class="map".*?</svg>', text, re.S)[0]
    assert len(re.findall(r'class="shared"', art)) == 1
    assert any("Ålesund og Haram" in li.text or "Haram og Ålesund" in li.text for li in read(page).all("li"))
    assert any("Haram" in html.unescape(t) for t in re.findall(r"<title>(.*?)</title>", art))
