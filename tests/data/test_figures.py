"""Figures: readable by everyone, the same every time, and true to their data."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from analysis import tables
from analysis.errors import AnalysisError
from analysis.figures import bars, layout, map_drawing, map_labels, maps, series, style
from analysis.figures.figure import MIME, frame_of
from analysis.figures.html_table import html_table, safe_address
from analysis.figures.markup import download, reader_csv
from analysis.figures.viewport import Viewport
from analysis.i18n import percent, using
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


def lab(colour: str) -> np.ndarray:
    """CIE L*a*b* (D65) of ``#rrggbb``."""
    return _lab(_linear(colour))


def _linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ linear / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


#: Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_groups_and_classes_differ_for_the_colour_blind(blindness, scheme):
    seen = style.DARK if scheme == "dark" else {c: c for c in style.DARK}

    def as_seen(colour: str) -> np.ndarray:
        return _lab(np.clip(np.array(BLINDNESS[blindness]) @ _linear(seen[colour]), 0, 1))

    groups = (style.SMALL_RURAL, style.OTHERS, style.CONTEXT)
    for a, b in [*pairwise((*groups, groups[0])), *pairwise(style.SEQUENTIAL)]:
        assert np.linalg.norm(as_seen(a) - as_seen(b)) > 10, (a, b)


def test_the_dark_palette_has_contrast_and_its_classes_rise_steadily():
    for colour in (style.INK, style.MUTED, style.SMALL_RURAL, style.OTHERS):
        assert contrast(style.DARK[colour], style.DARK_PAPER) >= 4.5
    for colour in (style.CONTEXT, style.BORDER, style.COUNTY_BORDER):
        assert contrast(style.DARK[colour], style.DARK_PAPER) >= 3
    steps = [luminance(style.DARK[c]) for c in (style.ZERO, *style.SEQUENTIAL)]
    assert all(b > a + 0.02 for a, b in pairwise(steps))


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
    drawn = ET.fromstring(one).find("g").get("id")  # print uses it again in parts
    assert {drawn, *re.findall(r"url\(#([^)]+)\)", one)} == ids[0]


def test_a_chart_writes_label_basis_estimate_and_interval_for_screen_and_phone():
    wide, narrow = chart(rows()).drawings
    for drawn in (wide, narrow):
        assert {"Small", "2 of 10", "20%", "5–50%", "Large", "9 of 10", "90%", "60–98%"} <= set(texts(drawn))
    assert 'class="wide"' in wide and 'class="narrow"' in narrow and 'display="none"' in narrow


def test_shares_of_one_chart_have_the_same_number_of_decimals():
    """7.5% beside 46% looks like two measures; none and all are exact, and whole."""
    few = chart(rows(estimate=[0.0751, 0.4565], conf_low=np.nan, conf_high=np.nan)).alt
    assert "7.5%" in few and "45.7%" in few
    none = chart(rows(estimate=[0.0, 0.0707], conf_low=np.nan, conf_high=np.nan)).alt
    assert ": 0%" in none and "7.1%" in none
    assert ": 20% " in chart(rows()).alt and ": 90% " in chart(rows()).alt


def test_what_stands_in_for_a_picture_is_read_in_sentences():
    """A screen reader makes no pause where title and subtitle run into each other."""
    of_years = pd.DataFrame(
        [{"panel": "P", "series": "Led", "x": 2020, "estimate": 3, "colour": style.OTHERS}]
    )
    about = {"name": "n", "title": "The finding", "subtitle": "What is plotted", "source": "SSB"}
    for figure in (chart(rows()), series.chart(of_years, heads=("Year", "Number"), **about)):
        assert figure.alt.startswith(f"{figure.title}. {figure.subtitle}. ")


@pytest.mark.parametrize(
    ("estimates", "ticks"), [((0.15, 3.42), ["0", "1", "2", "3", "4"]), ((0.15, 0.42), ["0.0", "0.1", "0.2"])]
)
def test_ticks_have_no_more_decimals_than_tell_them_apart(estimates, ticks):
    per_one = bars.Unit(lambda v: f"{v:.2f}", lambda a, b: f"{a:.2f}-{b:.2f}")
    drawn = chart(rows(estimate=estimates, conf_low=np.nan, conf_high=np.nan), unit=per_one).drawings[0]
    assert [t for t in texts(drawn) if t.replace(".", "").isdigit() and len(t) < 4][: len(ticks)] == ticks


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


def test_one_of_one_and_a_complete_list_have_no_interval():
    frame = rows(n=[1, 10])
    assert "5–50%" not in texts(chart(frame).drawings[0]) and "60–98%" in texts(chart(frame).drawings[0])
    census = rows(coverage=["census", "sample"])
    assert [s for s in texts(chart(census).drawings[0]) if "–" in s] == ["60–98%"]


def test_pairs_name_their_groups_in_legend_row_and_alt_text():
    frame = rows(label=["Grants", "Grants"], series=["Small rural", "Others"], colour=["#b5490c", "#1b5e8c"])
    figure = chart(frame)
    assert [(item.name, item.n) for item in figure.legend] == [("Small rural", None), ("Others", None)]
    assert "Grants, Small rural, 2 of 10: 20%" in figure.alt and "Grants, Others, 9 of 10: 90%" in figure.alt
    for drawn in figure.drawings:
        assert {"Small rural: 2 of 10", "Others: 9 of 10"} <= set(texts(drawn))


@pytest.mark.parametrize(("number", "name"), [("Figure 3", "Figure 3"), ("", "Few take part")])
def test_a_chart_is_read_out_without_what_its_caption_has_said(number, name):
    """Title and subtitle are read before it; what the columns hold and each value stand only here."""
    figure = chart(rows(), title="Few take part", subtitle="Share of ten", heads=("Size", "Share"))
    values = "Size: Share (95% interval). Small, 2 of 10: 20% (5–50%); Large, 9 of 10: 90% (60–98%)."
    assert figure.alt == f"Few take part. Share of ten. {values}"
    assert f'role="img" aria-label="{name}. {values}"' in figure.html(number)


def test_a_long_chart_names_the_groups_in_legend_table_and_alt_text_only():
    """Colour alone tells nothing to those who cannot see it (WCAG 1.4.1)."""
    frame = rows(series=["Small rural", "Others"], colour=["#b5490c", "#1b5e8c"]).drop(columns="detail")
    figure = chart(frame, series_in_rows=False)
    assert [item.name for item in figure.legend] == ["Small rural", "Others"]
    assert "Small, Small rural: 20%" in figure.alt and "<td>Small rural</td>" in figure.table
    assert not any("Small rural" in text for drawn in figure.drawings for text in texts(drawn))


def test_pairs_stand_apart_from_each_other():
    frame = pd.DataFrame(
        {"label": ["A", "A", "B", "B"], "estimate": [0.1, 0.2, 0.3, 0.4], "colour": ["#b5490c"] * 4}
    )
    wide = ET.fromstring(chart(frame).drawings[0])
    bars_ = [p.get("d").split() for p in wide.iter("path") if p.get("fill") == "#b5490c"]
    middles = [(float(d[2]) + float(d[8])) / 2 for d in bars_]
    steps = np.diff(middles)
    assert steps[1] > steps[0] + 8 and steps[1] > steps[2] + 8


def test_second_lines_are_at_least_12_pixels():
    assert layout.SMALL_SIZE >= 12 and layout.LAYOUTS["narrow"].width <= 335, "the width of a phone's column"


def test_what_is_missing_is_said_and_not_drawn_as_zero():
    figure = chart(rows(estimate=[np.nan, 0.9], conf_low=[np.nan, 0.6], conf_high=[np.nan, 0.98]))
    assert "no data" in texts(figure.drawings[0]) and "Small, 2 of 10: no data" in figure.alt
    assert "nan" not in figure.html().lower().replace("finnan", "")


def cramped(svg: str) -> list[tuple]:
    """Texts that run out of a picture, and pairs that run into each other, by DejaVu's own metrics, wider than a reader's."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    view = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    boxes = []
    for node in ET.fromstring(svg).iter():
        if not node.tag.endswith("text"):
            continue
        size, text = float(node.get("font-size", 12)), "".join(node.itertext())
        font = FontProperties(family="DejaVu Sans", weight=node.get("font-weight", "normal"))
        length = TextPath((0, 0), text, size=size, prop=font).get_extents().width
        anchor = node.get("text-anchor", "start")
        x, y = map(
            float, re.findall(r"-?[\d.]+", node.get("transform") or f"{node.get('x')} {node.get('y')}")
        )
        left = x - {"start": 0, "middle": length / 2, "end": length}[anchor]
        boxes.append((left, y - size * 0.75, left + length, y + size * 0.2, text))
    assert boxes
    out = [box for box in boxes if box[0] < -1 or box[2] > view + 1]
    return out + [
        (a, b)
        for a, b in combinations(boxes, 2)
        if not (a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1])
    ]


@pytest.mark.parametrize("width", [0, 1])
def test_no_text_runs_out_of_the_picture_or_into_another(width):
    long = "Skjønnsmidler til fornying og innovasjon i små distriktskommuner"
    frame = rows(label=[long, "Nasjonalt velferdsteknologiprogram"], detail=["173 of 357 municipalities"] * 2)
    assert cramped(chart(frame, reference=(0.5, "Norway 50%")).drawings[width]) == []


@pytest.mark.parametrize("width", [0, 1])
def test_a_basis_longer_than_its_column_goes_on_in_a_second_line(width):
    """It ran over the axis into the bars: "34 municipalities; 32 documented with groups"."""
    said = "34 kommuner; 32 dokumentert med grupper"
    drawn = chart(rows(detail=[said, "173 av 357"], conf_low=np.nan, conf_high=np.nan)).drawings[width]
    assert said not in texts(drawn) and set(said.split()) <= set(" ".join(texts(drawn)).split())
    assert cramped(drawn) == []
    for node in ET.fromstring(drawn).iter():
        if node.tag.endswith("text") and node.get("text-anchor", "start") == "start":
            assert style.text_width("".join(node.itertext()), 12) <= layout.LAYOUTS["wide"].detail_width


@pytest.mark.parametrize("width", [0, 1])
def test_no_heading_of_a_panel_runs_out_of_the_picture_or_into_another(width):
    frame = pd.DataFrame(
        {
            "panel": ["Små distriktskommuner: Innovative anskaffelser", "Andre: Forskning og utvikling"] * 2,
            "series": "",
            "x": [2019, 2019, 2020, 2020],
            "estimate": [1, 2, 3, 4],
            "colour": "#1b5e8c",
        }
    )
    said = {
        "name": "by-year",
        "title": "T",
        "subtitle": "S",
        "source": "Q",
        "heads": ("Year", "Participations"),
    }
    assert cramped(series.chart(frame, **said).drawings[width]) == []


@pytest.mark.parametrize("width", [0, 1])
def test_names_at_the_ends_of_lines_and_shares_of_100_percent_stay_in_the_picture(width):
    frame = pd.DataFrame({"panel": "", "series": ["Små distriktskommuner", "Andre kommuner"] * 2})
    frame = frame.assign(x=[0.0, 0.0, 1.0, 1.0], estimate=[0.0, 0.0, 0.5, 1.0], colour="#1b5e8c")
    said = {"name": "n", "title": "T", "subtitle": "S", "source": "Q", "heads": ("Kept", "Share")}
    with using("nb"):
        figure = series.chart(frame, mark="line", ticks=[0, 1], value=percent, **said)
    assert "100\u00a0%" in texts(figure.drawings[width])
    assert cramped(figure.drawings[width]) == []


@pytest.mark.parametrize("mark", ["columns", "line", "step"])
def test_a_chart_of_one_place_has_it_in_the_picture(mark):
    one = {"panel": "", "series": "Alle", "x": 2020, "estimate": 0.4, "colour": "#1b5e8c"}
    said = {"name": "n", "title": "T", "subtitle": "S", "source": "Q", "heads": ("Year", "Share")}
    for drawing in series.chart(pd.DataFrame([one]), mark=mark, **said).drawings:
        assert "nan" not in drawing and cramped(drawing) == []


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
        assert reader_csv(frame, "SSB.").splitlines() == [
            "Name,Value",
            "'=1+1,-1.5",
            "'-2,2",
            "'@x,1234567.25",
            "Bø,",
            "# Licence: CC BY 4.0. Source: SSB.",
        ]
    with using("nb"):
        assert reader_csv(frame).splitlines()[1:3] == ["'=1+1;-1,5", "'-2;2"]


def test_a_download_says_codes_in_the_readers_words():
    frame = pd.DataFrame({"group": [True, False, "X"], "unit": "participations per municipality"})
    frame = frame.assign(coverage=["sample", "census", None], role="lead")
    with using("nb"):
        assert reader_csv(frame).splitlines()[1:4] == [
            "Små distriktskommuner;deltakelser per kommune;få kjent;leder",
            "Andre;deltakelser per kommune;komplett;leder",
            "X;deltakelser per kommune;;leder",
        ]


def test_the_download_holds_the_frame():
    import base64

    html = download(pd.DataFrame({"n": [1, 2]}), "numbers")
    coded = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', html)[1]
    assert pd.read_csv(io.StringIO(base64.b64decode(coded).decode("utf-8-sig")), comment="#")[
        "Number of observations"
    ].tolist() == [1, 2]


def test_whatever_a_register_holds_is_text():
    table = html_table(
        pd.DataFrame({"who": [NASTY], "u": ["javascript:alert(1)"]}), NASTY, links={"who": "u"}
    )
    shown = chart(rows(label=[NASTY, "Large"]), title=NASTY).html()
    for html in (table, shown):
        assert "<b>" not in html and "&lt;b&gt;Bø &amp; &#34;Sauherad&#34;" in html
    assert "javascript" not in table


def test_a_link_says_what_its_row_is_about():
    frame = pd.DataFrame(
        {
            "who": ["Alta", "Vang"],
            "Source": ["ssb.no", "ssb.no"],
            "u": ["https://ssb.no/1", "https://ssb.no/2"],
        }
    )
    links = re.findall("<a .*?</a>", html_table(frame, "T", links={"Source": "u"}))
    names = [re.sub("<[^>]+>", "", link) for link in links]
    assert names == ["ssb.no (Alta)", "ssb.no (Vang)"]


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


def test_a_notebook_shows_a_map_without_links_and_hands_them_on_for_the_page(squares):
    """JupyterLab writes to the address of every link, and that of a link in a drawing cannot be written."""
    figure = choropleth(squares, values(0, 3, 7, np.nan), addresses={"a": "a.html"})
    shown = figure.bundle("Figure 1")
    assert 'href="a.html"' in figure.html() and 'href="a.html"' in shown[MIME]["html"]
    assert 'href="a.html"' not in shown["text/html"] and figure.title in shown["text/html"]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_and_a_map_are_saved_with_title_and_source(tmp_path, squares, kind):
    for figure in (chart(rows()), choropleth(squares, values(0, 3, 7, np.nan))):
        path = figure.save(tmp_path / f"{figure.name}.{kind}")
        content = path.read_bytes()
        assert content == figure.save(tmp_path / f"again.{kind}").read_bytes()
        assert content.startswith(b"\x89PNG" if kind == "png" else b"<svg") and len(content) > 2000
        if kind == "svg":
            root = ET.fromstring(content)
            said = [t.text for t in root if t.tag.endswith("text")]
            assert figure.title in said and figure.source in said and root[1].text == figure.alt
            assert not [e for e in root.iter() if e.get("href", "#")[0] != "#" or e.get("class") == "narrow"]
    with pytest.raises(AnalysisError, match=r"\.svg or \.png"):
        figure.save(tmp_path / "figure.pdf")


@pytest.mark.parametrize(
    "title",
    [
        "235 av 357 kommuner har dokumenterte deltakelser, 141 av dem én eller to",
        "I Møre og Romsdal er 24 av 27 kommuner dokumentert, fem av dem minst ti ganger",
    ],
)
def test_no_line_of_a_saved_figure_runs_out_of_it(title):
    root = ET.fromstring(chart(rows(), title=title, subtitle=title, source=title).svg())
    for part in [part for part in root if not part.tag.endswith("text")]:
        root.remove(part)
    assert len(root) > 3 and cramped(ET.tostring(root, encoding="unicode")) == []


def test_print_breaks_only_a_chart_higher_than_a_sheet_and_only_between_its_rows():
    """The parts join without a gap, hold all rows, and no text stands across a cut."""
    several, tall = (
        pd.DataFrame({"label": [f"Row {n}" for n in range(many)], "detail": "1 of 2", "estimate": 0.5})
        for many in (15, 60)
    )
    assert len(chart(several).drawings) == 2
    wide, _narrow, *parts = chart(tall).drawings
    views = [[float(v) for v in ET.fromstring(p).attrib["viewBox"].split()] for p in parts]
    height = float(ET.fromstring(wide).attrib["height"])
    ends = [top + high for _left, top, _width, high in views]
    assert len(views) == 20 and [0.0, *ends] == pytest.approx([*(view[1] for view in views), height])
    drawn = ET.fromstring(wide).find("g")
    assert {ET.fromstring(p)[0].attrib["href"] for p in parts} == {f"#{drawn.attrib['id']}"}
    for text in ET.fromstring(wide).iter("text"):
        y = float(re.findall(r"-?[\d.]+", text.get("transform") or f"0 {text.get('y')}")[1])
        size = float(text.get("font-size", 12))
        assert not any(y - 0.8 * size < end < y + 0.2 * size for end in ends[:-1]), text.text


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
    return maps.choropleth(squares, frame, code="code", **{"scale": SCALE, **about, **options})


def test_an_inset_shows_what_lies_in_it_and_not_what_touches_its_edge(squares):
    """The cut of a neighbour at the edge is a line, which is no part of an area."""
    inset = map_drawing.Inset((1e5, 0, 2e5, 1e5), "Around B")
    drawn = map_drawing.draw(squares.iloc[:3], "code", inset, names_beside=False)
    assert drawn.inset.regions.index.tolist() == [1]
    # A neighbour with a corner inside and a border along the edge is shown with its corner alone.
    bay = shapely.union(squares.geometry[0], shapely.box(1e5, 4e4, 1.2e5, 6e4))
    drawn = map_drawing.draw(
        squares.iloc[[0, 2]].set_geometry([bay, squares.geometry[2]]), "code", inset, False
    )
    assert drawn.inset.regions.index.tolist() == [0] and drawn.inset.parts[0] == pytest.approx(4 / 104)


def test_every_region_says_its_name_and_value_and_shared_ones_both(squares):
    art = choropleth(squares, values(0, 3, 7, np.nan)).drawings[0]
    said = re.findall(r"<title>(.*?)</title>", art)
    assert said[:2] == ["A: 0", "B: 3"] and len(said) == 3
    assert said[2].startswith("&lt;b&gt;Bø &amp; ") and said[2].endswith(": 7; D: no data")
    assert re.findall(r'aria-label="(.*?)"', art)[:3] == said
    assert art.count('tabindex="0"') == 3
    assert art.count('class="shared"') == 1, "an area that two share has a sign of its own"


def test_zero_no_data_and_classes_have_fills_of_their_own(squares):
    """A class without regions is not in the legend."""
    figure = choropleth(squares.iloc[:3], values(0, 3, np.nan, 1))
    art = figure.drawings[0]
    fills = re.findall(r'class="region" aria-label="[^"]*" fill="([^"]+)"', art)
    assert fills[0] == style.ZERO and fills[1] == style.SEQUENTIAL[0] and fills[2].startswith("url(#")
    legend = [("none found", 1), ("1–4", 1), ("no data", 1)]
    assert [(item.name, item.n) for item in figure.legend] == legend
    assert [item.fill for item in figure.legend[:2]] == fills[:2] and figure.legend[2].fill == fills[2]


def test_nothing_documented_is_hatched_and_not_like_no_data(squares):
    scale = maps.Scale((1, 5), ("1–4", "5 or more"), str, zero="none documented", zero_is_unknown=True)
    figure = choropleth(squares.iloc[:3], values(0, 3, np.nan, 1), scale=scale)
    fills = re.findall(r'class="region" aria-label="[^"]*" fill="([^"]+)"', figure.drawings[0])
    assert fills[0].startswith("url(#") and fills[2].startswith("url(#") and fills[0] != fills[2]
    ids = set(re.findall(r'<pattern id="([^"]+)"', figure.drawings[0]))
    assert {fill[5:-1] for fill in (fills[0], fills[2])} <= ids
    assert [item.fill for item in figure.legend if item.name == "none documented"] == [fills[0]]


def test_a_hatch_is_as_wide_on_the_map_as_in_its_legend(squares):
    scale = maps.Scale((1, 5), ("1–4", "5 or more"), str, zero="none documented", zero_is_unknown=True)
    art = choropleth(squares.iloc[:3], values(0, 3, np.nan, 1), scale=scale).drawings[0]
    filled = re.findall(r'<path transform="scale\(\.1\)"[^>]*? fill="url\(#([^)]+)\)"', art)
    grown = dict(re.findall(r'<pattern id="([^"]+)" href="#([^"]+)" patternTransform="scale\(10\)', art))
    assert len(filled) == 2 and set(filled) <= set(grown)  # a path of a tenth of the size shrinks its hatch
    legend = re.findall(r'class="region"[^>]* fill="url\(#([^)]+)\)"', art)
    assert [grown[id_] for id_ in filled] == legend


def test_a_legend_has_a_size_of_its_own_where_no_style_sheet_reaches(squares):
    html = choropleth(squares, values(0, 3, 7, 1)).html()
    swatches = re.findall(r'<svg class="swatch" width="22" height="14"', html)
    assert len(swatches) == 4 and re.search(r'<svg class="map" width="640" height="\d+"', html)


def test_a_region_is_drawn_true_to_its_area(squares):
    art = choropleth(squares, values(1, 1, 1, 1)).drawings[0]
    frame = Viewport.around(squares.total_bounds, map_drawing.WIDTH)
    for data in re.findall(r' d="(M[^"]+)"/>', art)[:3]:
        numbers = np.array(re.findall(r"-?\d+", data), dtype=float).reshape(-1, 2)
        ring = np.cumsum(numbers, axis=0)
        area = shapely.area(shapely.polygons(ring)) / 100 / frame.per_metre**2
        assert area == pytest.approx(1e10, rel=0.01)


def test_a_border_runs_between_counties_and_nowhere_else(squares):
    art = choropleth(squares, values(1, 1, 1, 1), borders="county").drawings[0]
    frame = Viewport.around(squares.total_bounds, map_drawing.WIDTH)
    line = re.search(r'class="borders".*? d="M(-?\d+) (-?\d+)l([^"]+)"', art)
    x = (2e5 - frame.left) * frame.per_metre * 10
    assert float(line[1]) == pytest.approx(x, abs=1)
    steps = np.array(re.findall(r"-?\d+", line[3]), dtype=float).reshape(-1, 2)
    assert np.abs(steps[:, 0]).max() == 0 and np.abs(steps[:, 1].sum()) == pytest.approx(
        1e5 * frame.per_metre * 10, rel=0.01
    )


def test_a_name_that_fits_nowhere_truthfully_is_left_out():
    """The middle of three regions is narrower than its name, and there is no free ground to put it on."""
    shapes = pd.Series(
        [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 110, 100), shapely.box(110, 0, 210, 100)]
    )
    sheet = map_labels.Sheet(shapes.set_axis(list("abc")), (0, 0, 210, 100))
    placed = map_labels.place([sheet], pd.Series({"b": "Broadname", "a": "Aa", "c": "Cc"}), 12)
    assert [label.lines[0][1] for label in placed] == ["Aa", "Cc"]
    assert all(label.leader is None for label in placed)


def test_a_name_beside_its_region_has_a_line_back_that_crosses_no_other():
    shapes = pd.Series({"a": shapely.box(50, 50, 60, 60), "b": shapely.box(61, 0, 200, 200)})
    sheet = map_labels.Sheet(shapes, (0, 0, 200, 200))
    (label,) = map_labels.place([sheet], pd.Series({"a": "Island"}), 12)
    x0, y0, x1, y1 = label.leader
    assert shapely.intersects(shapes["a"], shapely.Point(x0, y0))
    assert not shapely.intersects(shapes["b"], shapely.LineString([(x0, y0), (x1, y1)]))
    half = style.text_width("Island", 12) / 2
    assert label.x + half < 61


@pytest.mark.parametrize("is_cut_out", [True, False])
def test_a_map_that_is_cut_out_has_no_names_outside_it(squares, is_cut_out):
    """The first of the squares ends at the map's edge, and its name is wider than it."""
    strip = squares.iloc[:3].set_geometry(
        [shapely.box(x, 0, x + w, 3e5) for x, w in ((0, 1e4), (1e4, 3e5), (3.1e5, 3e5))]
    )
    names = pd.Series({"b": "Broad", "a": "Elsewhere"})
    drawn = map_drawing.draw(strip, "code", None, names_beside=not is_cut_out)
    placed = map_drawing.place_names(drawn, names)["wide"]
    assert [label.key for label in placed] == (["b"] if is_cut_out else ["b", "a"])
    left, _top, right, _bottom = shapely.total_bounds(drawn.pixels) / 10
    for label in placed[:1]:
        half = style.text_width(label.lines[0][1], map_labels.SIZES["wide"]) / 2
        assert left <= label.x - half and label.x + half <= right


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
