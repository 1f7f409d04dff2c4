"""Figures: readable by everyone, the same every time, and true to their data."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from analysis import tables
from analysis.figures import bars as charts
from analysis.figures import map_labels as lettering
from analysis.figures import maps, style
from analysis.figures.figure import csv, download
from analysis.figures.html_table import html_table, link
from analysis.i18n import using

NASTY = '<b>Bø & "Sauherad"</b> \u202eonsk'


@pytest.fixture(autouse=True)
def _english():
    with using("en"):
        yield


def luminance(colour: str) -> float:
    """WCAG 2.1 relative luminance of ``#rrggbb``."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", [style.INK, style.MUTED, style.SMALL_RURAL, style.OTHERS])
def test_text_and_group_colours_have_contrast(colour):
    assert contrast(colour, style.PAPER) >= 4.5


def test_marks_have_contrast_and_the_scale_darkens_steadily():
    assert contrast(style.CONTEXT, style.PAPER) >= 3
    steps = [luminance(c) for c in (style.ZERO, *style.SEQUENTIAL)]
    assert all(a > b + 0.03 for a, b in pairwise(steps)), "classes must differ in grey print"


def rows(**columns: object) -> pd.DataFrame:
    base = {"label": ["Small", "Large"], "detail": ["2 of 10", "9 of 10"], "estimate": [0.2, 0.9]}
    return pd.DataFrame({**base, "low": [0.05, 0.6], "high": [0.5, 0.98], **columns})


def chart(frame: pd.DataFrame, **options: object):
    about = {"name": "x", "title": "T", "subtitle": "S", "source": "SSB", "heads": ("Size", "Share")}
    return charts.rows(frame, **{**about, **options})


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter() if t.tag.endswith("text")]


def variants(art: str) -> list[str]:
    return [
        s.replace("<svg ", '<svg xmlns:xlink="x" ', 1) for s in re.findall(r"<svg.*?</svg>", art, flags=re.S)
    ]


def test_a_chart_is_the_same_twice_and_carries_no_style_for_the_policy_to_block():
    one, two = chart(rows()), chart(rows())
    assert one.art == two.art
    assert (
        "style=" not in one.art
        and "<style" not in one.art
        and "http" not in one.art.replace("www.w3.org", "")
    )


def test_a_chart_writes_label_basis_estimate_and_interval_for_screen_and_phone():
    wide, narrow = variants(chart(rows()).art)
    for drawn in (wide, narrow):
        assert {"Small", "2 of 10", "20%", "5–50%", "Large", "9 of 10", "90%", "60–98%"} <= set(texts(drawn))
    assert 'class="wide"' in wide and 'class="narrow"' in narrow and 'display="none"' in narrow


def test_bars_and_whiskers_stand_where_their_numbers_say():
    """Read back from the drawing: bar lengths and whisker ends are in the ratio of the numbers."""
    wide = variants(chart(rows(colour=["#b5490c", "#b5490c"])).art)[0]
    bars = re.findall(r'<path d="M ([\d.]+) [\d.]+ L ([\d.]+) [\d. L]+z "[^>]*fill="#b5490c"', wide)
    lengths = [float(b) - float(a) for a, b in bars]
    assert lengths[1] / lengths[0] == pytest.approx(0.9 / 0.2, rel=0.01)
    start = float(bars[0][0])
    per_unit = lengths[0] / 0.2
    ink = re.findall(r'<path d="M ([\d.]+) ([\d.]+) L ([\d.]+) \2 "[^>]*stroke="#16232e"', wide)
    ends = sorted(round((float(x) - start) / per_unit, 2) for a, _y, b in ink for x in (a, b))
    assert ends == [0.05, 0.5, 0.6, 0.98]


def test_what_is_missing_is_said_and_not_drawn_as_zero():
    figure = chart(rows(estimate=[np.nan, 0.9], low=[np.nan, 0.6], high=[np.nan, 0.98]))
    assert "no data" in texts(variants(figure.art)[0]) and "Small: no data" in figure.alt
    assert "nan" not in figure.html().lower().replace("finnan", "")


@pytest.mark.parametrize("width", [0, 1])
def test_no_text_runs_out_of_the_picture_or_into_another(width):
    """Boxes by DejaVu's own metrics, which are wider than those of the fonts a reader has."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    long = "Skjønnsmidler til fornying og innovasjon i små distriktskommuner"
    frame = rows(label=[long, "Nasjonalt velferdsteknologiprogram"], detail=["173 of 357 municipalities"] * 2)
    svg = variants(chart(frame, reference=(0.5, "Norway 50%")).art)[width]
    view = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    boxes = []
    for node in ET.fromstring(svg).iter():
        if not node.tag.endswith("text"):
            continue
        size = float(node.get("font-size", 12))
        font = FontProperties(family="DejaVu Sans", weight=node.get("font-weight", "normal"))
        length = TextPath((0, 0), "".join(node.itertext()), size=size, prop=font).get_extents().width
        anchor = node.get("text-anchor", "start")
        left = float(node.get("x")) - {"start": 0, "middle": length / 2, "end": length}[anchor]
        y = float(node.get("y"))
        boxes.append((left, y - size * 0.75, left + length, y + size * 0.2, "".join(node.itertext())))
    for box in boxes:
        assert box[0] >= -1 and box[2] <= view + 1, box
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (a, b)


@pytest.mark.parametrize(
    ("high", "most", "ticks"),
    [
        (0.9, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.05, 5, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        (7, 4, [0, 2, 4, 6, 8]),
    ],
)
def test_ticks_are_round(high, most, ticks):
    assert charts.round_ticks(high, most).tolist() == pytest.approx(ticks)


def test_a_spreadsheet_runs_nothing_from_the_download():
    frame = pd.DataFrame({"name": ["=1+1", "-2", "@x", "Bø"], "value": [-1.5, 2.0, 1234567.25, np.nan]})
    with using("en"):
        assert csv(frame).splitlines() == ["name,value", "'=1+1,-1.5", "'-2,2", "'@x,1234567.25", "Bø,"]
    with using("nb"):
        assert csv(frame).splitlines()[1:3] == ["'=1+1;-1,5", "'-2;2"]


def test_the_download_holds_the_frame():
    import base64

    html = download(pd.DataFrame({"n": [1, 2]}), "numbers")
    coded = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', html)[1]
    assert pd.read_csv(io.StringIO(base64.b64decode(coded).decode("utf-8-sig")))["n"].tolist() == [1, 2]


def test_whatever_a_register_holds_is_text():
    table = html_table(
        pd.DataFrame({"who": [NASTY], "u": ["javascript:alert(1)"]}), NASTY, links={"who": "u"}
    )
    shown = chart(rows(label=[NASTY, "Large"]), title=NASTY).html()
    for html in (table, shown):
        assert "<b>" not in html and "&lt;b&gt;Bø &amp; &quot;Sauherad&quot;" in html
    assert "javascript" not in table


def test_links_leave_safely_or_not_at_all():
    assert (
        link("https://ssb.no/?a=1&b=2", "SSB")
        == '<a href="https://ssb.no/?a=1&amp;b=2" rel="noopener noreferrer external">SSB</a>'
    )
    assert link("//evil.example", "x") == link("data:text/html,x", "x") == link(np.nan, "x") == "x"


# Maps


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """Four squares of 100 km side by side in a row; the last two share one polygon."""
    shapes = [shapely.box(i * 1e5, 0, (i + 1) * 1e5, 1e5) for i in (0, 1, 2, 2)]
    return gpd.GeoDataFrame(
        {"code": ["a", "b", "c", "d"], "county": ["1", "1", "2", "2"]}, geometry=shapes, crs=25833
    )


def values(*numbers: float) -> pd.DataFrame:
    return pd.DataFrame({"code": list("abcd"), "name": ["A", "B", NASTY, "D"], "value": list(numbers)})


SCALE = maps.Scale((1, 5), ("1–4", "5 or more"), lambda v: f"{v:.0f}", zero="none found")


def choropleth(squares, frame, **options):
    about = {"name": "m", "title": "T", "subtitle": "S", "alt": "A", "source": "SSB"}
    return maps.choropleth(squares, frame, code="code", scale=SCALE, **{**about, **options})


def test_every_region_says_its_name_and_value_and_shared_ones_both(squares):
    art = choropleth(squares, values(0, 3, 7, np.nan)).art
    said = re.findall(r"<title>(.*?)</title>", art)
    assert said[:2] == ["A: 0", "B: 3"] and len(said) == 3
    assert said[2].startswith("&lt;b&gt;Bø &amp; ") and said[2].endswith(": 7; D: no data")
    assert re.findall(r'aria-label="(.*?)"', art)[:3] == said
    assert art.count('tabindex="0"') == 3


def test_zero_no_data_and_classes_have_fills_of_their_own(squares):
    art = choropleth(squares.iloc[:3], values(0, 3, np.nan, 1)).art
    fills = re.findall(r'class="region" aria-label="[^"]*" fill="([^"]+)"', art)
    assert fills[0] == style.ZERO and fills[1] == style.SEQUENTIAL[0] and fills[2].startswith("url(#")
    legend = re.findall(r"<span>(.*?) <small>\((\d+)\)</small>", art)
    assert legend == [("none found", "1"), ("1–4", "1"), ("5 or more", "0"), ("no data", "1")]


def test_a_region_is_drawn_true_to_its_area(squares):
    art = choropleth(squares, values(1, 1, 1, 1)).art
    frame = maps.Frame.around(squares.total_bounds, 640)
    for data in re.findall(r' d="(M[^"]+)"/>', art)[:3]:
        numbers = np.array(re.findall(r"-?\d+", data), dtype=float).reshape(-1, 2)
        ring = np.cumsum(numbers, axis=0)
        area = shapely.area(shapely.polygons(ring)) / 100 / frame.per_metre**2
        assert area == pytest.approx(1e10, rel=0.01)


def test_a_border_runs_between_counties_and_nowhere_else(squares):
    art = choropleth(squares, values(1, 1, 1, 1), borders="county").art
    frame = maps.Frame.around(squares.total_bounds, 640)
    line = re.search(r'class="borders".*? d="M(-?\d+) (-?\d+)l([^"]+)"', art)
    x = (2e5 - frame.left) * frame.per_metre * 10
    assert float(line[1]) == pytest.approx(x, abs=1)
    steps = np.array(re.findall(r"-?\d+", line[3]), dtype=float).reshape(-1, 2)
    assert np.abs(steps[:, 0]).max() == 0 and np.abs(steps[:, 1].sum()) == pytest.approx(
        1e5 * frame.per_metre * 10, rel=0.01
    )


def test_names_on_a_map_never_overlap():
    boundaries = tables.load("boundaries").query("county_code == '46'")
    panel = tables.load("panel").query("county_code == '46'").sort_values("population", ascending=False)
    named = panel.set_index("municipality_code")["municipality_name"]
    frame = maps.Frame.around(boundaries.total_bounds, 640)
    land = shapely.union_all(boundaries.geometry.simplify(500).values)
    drawn = lettering.written(boundaries, land, frame, named, "municipality_code", [])
    for part, size in zip(
        re.findall(r'<g class="names.*?</g></g>', drawn), lettering.SIZES.values(), strict=True
    ):
        spots = re.findall(r'<text x="(-?\d+)" y="(-?\d+)"[^>]*>(.*?)</text>', part)
        assert len(spots) >= 12, "the largest are named"
        boxes = [
            (int(x) - len(t) * size * 0.27, int(y) - size * 0.7, int(x) + len(t) * size * 0.27, int(y))
            for x, y, t in spots
        ]
        for i, a in enumerate(boxes):
            assert a[0] >= 0 and a[2] <= frame.width
            for b in boxes[i + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_the_national_map_holds_every_municipality_once():
    boundaries, panel = tables.load("boundaries"), tables.load("panel")
    frame = panel.rename(columns={"municipality_code": "code", "municipality_name": "name"}).assign(value=1.0)
    art = maps.choropleth(
        boundaries.rename(columns={"municipality_code": "code"}), frame[["code", "name", "value"]], code="code",
        scale=SCALE, name="n", title="T", subtitle="S", alt="A", source="SSB", borders="county_code", inset=maps.OSLO_AREA,
    ).art  # fmt: skip
    said = re.findall(r'class="region" aria-label="([^"]*)"', art)
    assert len(said) == 356 and sum(s.count("; ") for s in said) == 1, "Ålesund and Haram share one polygon"
    assert {n for s in said for n in re.sub(r": 1", "", s).split("; ")} == set(panel["municipality_name"])
    assert len(art) < 300_000
