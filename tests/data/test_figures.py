"""Figures: readable by everyone, the same every time, and true to their data."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from analysis import tables
from analysis.errors import AnalysisError
from analysis.figures import bars, layout, map_labels, maps, style
from analysis.figures.figure import MIME, frame_of
from analysis.figures.html_table import html_table, safe_address
from analysis.figures.markup import download, reader_csv
from analysis.figures.viewport import Viewport
from analysis.i18n import using
from analysis.io import csv_text

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
    return pd.DataFrame({**base, "conf_low": [0.05, 0.6], "conf_high": [0.5, 0.98], **columns})


def chart(frame: pd.DataFrame, **options: object):
    about = {"name": "x", "title": "T", "subtitle": "S", "source": "SSB", "heads": ("Size", "Share")}
    return bars.chart(frame, **{**about, **options})


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter() if t.tag.endswith("text")]


def test_a_chart_is_the_same_twice_and_carries_no_style_for_the_policy_to_block():
    one, two = chart(rows()), chart(rows())
    assert one.drawings == two.drawings and len(one.drawings) == 2
    for drawing in one.drawings:
        assert "style=" not in drawing and "<style" not in drawing and "http" not in drawing


def test_ids_of_two_figures_never_collide_and_every_reference_leads_somewhere():
    one, two = (chart(rows(), name=name).drawings[0] for name in ("one", "two"))
    ids = [{e.get("id") for e in ET.fromstring(d).iter() if e.get("id")} for d in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) == ids[0]


def test_a_chart_writes_label_basis_estimate_and_interval_for_screen_and_phone():
    wide, narrow = chart(rows()).drawings
    for drawn in (wide, narrow):
        assert {"Small", "2 of 10", "20%", "5–50%", "Large", "9 of 10", "90%", "60–98%"} <= set(texts(drawn))
    assert 'class="wide"' in wide and 'class="narrow"' in narrow and 'display="none"' in narrow


def test_bars_and_whiskers_stand_where_their_numbers_say():
    """Read back from the drawing: bar lengths and whisker ends are in the ratio of the numbers."""
    wide = ET.fromstring(chart(rows(colour=["#b5490c", "#b5490c"])).drawings[0])
    paths = list(wide.iter("path"))
    bars = [p.get("d").split() for p in paths if p.get("fill") == "#b5490c"]
    lengths = [float(d[4]) - float(d[1]) for d in bars]  # M x y L x y …
    assert lengths[1] / lengths[0] == pytest.approx(0.9 / 0.2, rel=0.01)
    start = float(bars[0][1])
    per_unit = lengths[0] / 0.2
    ink = [p.get("d").split() for p in paths if p.get("stroke") == "#16232e"]
    level = [d for d in ink if d[2] == d[5]]
    ends = sorted(round((float(d[i]) - start) / per_unit, 2) for d in level for i in (1, 4))
    assert ends == [0.05, 0.5, 0.6, 0.98]


def test_what_is_missing_is_said_and_not_drawn_as_zero():
    figure = chart(rows(estimate=[np.nan, 0.9], conf_low=[np.nan, 0.6], conf_high=[np.nan, 0.98]))
    assert "no data" in texts(figure.drawings[0]) and "Small, 2 of 10: no data" in figure.alt
    assert "nan" not in figure.html().lower().replace("finnan", "")


@pytest.mark.parametrize("width", [0, 1])
def test_no_text_runs_out_of_the_picture_or_into_another(width):
    """Boxes by DejaVu's own metrics, which are wider than those of the fonts a reader has."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    long = "Skjønnsmidler til fornying og innovasjon i små distriktskommuner"
    frame = rows(label=[long, "Nasjonalt velferdsteknologiprogram"], detail=["173 of 357 municipalities"] * 2)
    svg = chart(frame, reference=(0.5, "Norway 50%")).drawings[width]
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
    assert layout.round_ticks(high, most).tolist() == pytest.approx(ticks)


def test_a_spreadsheet_runs_nothing_from_the_download():
    frame = pd.DataFrame({"name": ["=1+1", "-2", "@x", "Bø"], "value": [-1.5, 2.0, 1234567.25, np.nan]})
    with using("en"):
        assert reader_csv(frame).splitlines() == [
            "name,value",
            "'=1+1,-1.5",
            "'-2,2",
            "'@x,1234567.25",
            "Bø,",
        ]
    with using("nb"):
        assert reader_csv(frame).splitlines()[1:3] == ["'=1+1;-1,5", "'-2;2"]


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
        assert "<b>" not in html and "&lt;b&gt;Bø &amp; &#34;Sauherad&#34;" in html
    assert "javascript" not in table


def test_links_leave_safely_or_not_at_all():
    addresses = ["https://ssb.no/?a=1&b=2", "county-56.html", "//evil.example", "data:text/html,x", np.nan]
    frame = pd.DataFrame({"who": list("abcde"), "u": addresses})
    links = re.findall("<a .*?</a>", html_table(frame, "T", links={"who": "u"}))
    assert links == [
        '<a href="https://ssb.no/?a=1&amp;b=2" rel="noopener noreferrer external">a</a>',
        '<a href="county-56.html">b</a>',
    ]
    assert [safe_address(a) for a in addresses[2:]] == ["", "", ""]


def test_a_figure_hands_on_its_frame_and_the_words_around_it():
    frame = rows(
        conf_low=[0.05, np.nan], n=pd.array([10, pd.NA], dtype="Int64"), is_small_rural=[True, False]
    )
    figure = chart(frame, coverage="Part of the list.")
    given = json.loads(json.dumps(figure.bundle("Figure 1")[MIME]))
    assert (given["title"], given["coverage"], given["is_map"]) == ("T", "Part of the list.", False)
    assert csv_text(frame_of(given)) == csv_text(frame)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_and_a_map_are_saved_with_title_and_source(tmp_path, squares, kind):
    for figure in (chart(rows()), choropleth(squares, values(0, 3, 7, np.nan))):
        path = figure.save(tmp_path / f"{figure.name}.{kind}")
        content = path.read_bytes()
        assert content == figure.save(tmp_path / f"again.{kind}").read_bytes()
        assert content.startswith(b"\x89PNG" if kind == "png" else b"<?xml") and len(content) > 4000
    with pytest.raises(AnalysisError, match=r"\.svg or \.png"):
        figure.save(tmp_path / "figure.pdf")


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
    art = choropleth(squares, values(0, 3, 7, np.nan)).drawings[0]
    said = re.findall(r"<title>(.*?)</title>", art)
    assert said[:2] == ["A: 0", "B: 3"] and len(said) == 3
    assert said[2].startswith("&lt;b&gt;Bø &amp; ") and said[2].endswith(": 7; D: no data")
    assert re.findall(r'aria-label="(.*?)"', art)[:3] == said
    assert art.count('tabindex="0"') == 3


def test_zero_no_data_and_classes_have_fills_of_their_own(squares):
    figure = choropleth(squares.iloc[:3], values(0, 3, np.nan, 1))
    art = figure.drawings[0]
    fills = re.findall(r'class="region" aria-label="[^"]*" fill="([^"]+)"', art)
    assert fills[0] == style.ZERO and fills[1] == style.SEQUENTIAL[0] and fills[2].startswith("url(#")
    legend = [("none found", 1), ("1–4", 1), ("5 or more", 0), ("no data", 1)]
    assert [(item.name, item.n) for item in figure.legend] == legend
    assert [item.fill for item in figure.legend[:2]] == fills[:2] and figure.legend[3].fill == fills[2]


def test_a_legend_has_a_size_of_its_own_where_no_style_sheet_reaches(squares):
    html = choropleth(squares, values(0, 3, 7, 1)).html()
    swatches = re.findall(r'<svg class="swatch" width="22" height="14"', html)
    assert len(swatches) == 3 and re.search(r'<svg class="map" width="640" height="\d+"', html)


def test_a_region_is_drawn_true_to_its_area(squares):
    art = choropleth(squares, values(1, 1, 1, 1)).drawings[0]
    frame = Viewport.around(squares.total_bounds, maps.WIDTH)
    for data in re.findall(r' d="(M[^"]+)"/>', art)[:3]:
        numbers = np.array(re.findall(r"-?\d+", data), dtype=float).reshape(-1, 2)
        ring = np.cumsum(numbers, axis=0)
        area = shapely.area(shapely.polygons(ring)) / 100 / frame.per_metre**2
        assert area == pytest.approx(1e10, rel=0.01)


def test_a_border_runs_between_counties_and_nowhere_else(squares):
    art = choropleth(squares, values(1, 1, 1, 1), borders="county").drawings[0]
    frame = Viewport.around(squares.total_bounds, maps.WIDTH)
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
    viewport = Viewport.around(boundaries.total_bounds, maps.WIDTH)
    land = shapely.union_all(boundaries.geometry.simplify(500).values)
    placed = map_labels.place(boundaries, land, viewport, named, "municipality_code", [])
    for css_class, size in map_labels.SIZES.items():
        lines = [(label.x, *line) for label in placed[css_class] for line in label.lines]
        assert len(lines) >= 12, "the largest are named"
        boxes = [(x - len(t) * size * 0.27, y - size * 0.7, x + len(t) * size * 0.27, y) for x, y, t in lines]
        for i, a in enumerate(boxes):
            assert a[0] >= 0 and a[2] <= viewport.width
            for b in boxes[i + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_the_national_map_holds_every_municipality_once():
    boundaries, panel = tables.load("boundaries"), tables.load("panel")
    frame = panel.rename(columns={"municipality_code": "code", "municipality_name": "name"}).assign(value=1.0)
    art = maps.choropleth(
        boundaries.rename(columns={"municipality_code": "code"}), frame[["code", "name", "value"]], code="code",
        scale=SCALE, name="n", title="T", subtitle="S", alt="A", source="SSB", borders="county_code", inset=maps.OSLO_AREA,
    ).drawings[0]  # fmt: skip
    said = re.findall(r'class="region" aria-label="([^"]*)"', art)
    assert len(said) == 356 and sum(s.count("; ") for s in said) == 1, "Ålesund and Haram share one polygon"
    assert {n for s in said for n in re.sub(r": 1", "", s).split("; ")} == set(panel["municipality_name"])
    assert len(art) < 300_000
