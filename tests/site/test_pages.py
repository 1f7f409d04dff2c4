"""The finished pages: every number recomputed from the tables, links that lead somewhere, nothing unsafe."""

from __future__ import annotations

import base64
import io
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from tests.site.participations import counted_rows
from tests.site.recount import counted, out_of
from tests.site.rendered import Node, is_in_sample, is_whole, read, skip_unless_made

from analysis import paths, tables
from analysis.report import render, sitemap
from analysis.report import urls as links

COUNTIES = 15
MUNICIPALITIES = 357
OTHERS = 6  # index, national report, finder, lists of programmes and of notebooks, accessibility statement


def number(text: str) -> float:
    """A number as either language writes it, read back."""
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace("%", "").replace("\u2212", "-").strip()
    plain = plain.replace(",", ".") if re.fullmatch(r"-?\d+,\d{1,2}", plain) else plain.replace(",", "")
    return float(plain)


def with_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """The panel with the participations of each municipality in these rows, counted with plain pandas."""
    panel = tables.load("panel")
    pairs = counted_rows(rows, tables.load("programmes"), tables.load("projects"))
    count = pairs["municipality_code"].value_counts()
    every = counted_rows(rows, tables.load("programmes"), tables.load("projects"), grants_once=False)
    by_programme = every["municipality_code"].value_counts()
    return panel.assign(
        count=panel["municipality_code"].map(count).fillna(0).astype(int),
        by_programme=panel["municipality_code"].map(by_programme).fillna(0).astype(int),
    )


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    """Per municipality: participations in which the source names it, and not only a group."""
    return with_counts(tables.load("participation").query("basis == 'named'"))


@pytest.fixture(scope="module")
def with_groups() -> pd.DataFrame:
    """The same with the rows that name a group."""
    return with_counts(tables.load("participation"))


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, object]:
    """Every page as a tree, by its file; of the many on one municipality or programme a sample."""
    files = {p.relative_to(site).as_posix(): p for p in sorted(site.glob("*/*.html"))}
    return Pages({file: read(path) for file, path in files.items() if is_in_sample(file)})


class Pages(dict[str, Node]):
    """Pages by their file; a test of one that was not made here is left to the slow run."""

    def __missing__(self, file: str) -> Node:
        pytest.skip(f"{file} is not among these pages; the slow run has all")


@pytest.fixture(autouse=True)
def _page_is_there(request: pytest.FixtureRequest) -> None:
    """What a test of one page needs is in the sample, or the test is one of the slow run."""
    if "file" in getattr(getattr(request.node, "callspec", None), "params", {}):
        skip_unless_made(request.getfixturevalue("site"), request.node.callspec.params["file"])


def county_files(language: str) -> dict[str, str]:
    frame = tables.load("counties")
    return {
        code: f"{language}/{links.county_file(language, code, name)}"
        for code, name in zip(frame["county_code"], frame["county_name"], strict=True)
    }


def county_pages(pages: dict[str, object], language: str) -> dict[str, str]:
    """The counties' files among the pages, by code."""
    return {code: file for code, file in county_files(language).items() if file in pages}


def test_all_pages_are_there_and_small_enough(site, pages):
    programmes = len(tables.load("programmes"))
    every = {page.file for page in sitemap.pages()}
    notebooks = len(list(paths.notebooks().glob("[0-9]*.ipynb")))
    assert len(every) == 2 * (OTHERS + COUNTIES + MUNICIPALITIES + programmes + notebooks)
    written = {path.relative_to(site).as_posix() for path in site.glob("*/*.html")}
    assert written == every if is_whole(site) else written < every
    assert {"nb/index.html", "nb/kommuner.html", "nb/fylke-03-oslo.html"} <= set(pages)
    assert {"en/index.html", "en/county-03-oslo.html"} <= set(pages)
    sizes = {p.name: p.stat().st_size for p in site.rglob("*.html")}
    for name, size in sizes.items():
        assert size <= (2_500_000 if name in ("nasjonal.html", "national.html") else 1_500_000), name
    # Two thirds are the 714 pages of municipalities, each a file that needs no other.
    assert sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) <= 60_000_000


def test_every_page_is_whole(pages):
    for file, page in pages.items():
        language = file[:2]
        assert page.all("html")[0].attrs["lang"] == language
        assert len(page.all("h1")) == 1 and page.all("title")[0].text.strip()
        levels = [int(n.tag[1]) for n in page.all() if re.fullmatch(r"h[1-6]", n.tag)]
        assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels)), file
        for landmark in ("header", "main", "footer", "nav"):
            assert page.all(landmark), (file, landmark)
        ids = [n.attrs["id"] for n in page.all() if "id" in n.attrs]
        assert len(ids) == len(set(ids)), (file, [i for i in ids if ids.count(i) > 1][:3])
        for cell in page.all("th"):
            assert cell.attrs.get("scope") in ("col", "row", "rowgroup"), file
        for table in page.all("table"):
            assert table.all("caption")[0].text.strip(), file


def test_nothing_unfinished_is_printed(pages):
    for file, page in pages.items():
        shown = page.all("body")[0].text
        for part in page.all("script") + page.all("pre", cls="code"):
            shown = shown.replace(part.text, "")
        assert not re.search(
            r"\bnan\b|\bNone\b(?! of (its|the|them))|\binf\b|NaT|<NA>|\{\w+\}|Series\(|dtype", shown
        ), (
            file,
            re.search(
                r".{30}(\bnan\b|\bNone\b(?! of (its|the|them))|\binf\b|NaT|<NA>|\{\w+\}|Series\(|dtype).{30}",
                shown,
            ),
        )
        assert not [node.attrs for node in page.all() if {"None", "nan"} & set(node.attrs.values())], file
        for figure in page.all("figure"):
            assert figure.all("h3")[0].text.strip() and figure.all("svg"), file
            art = figure.all("div", cls="art")[0]
            assert len(art.attrs["aria-label"]) > 40 and len(art.all("path")) > 3, file
            assert figure.all("a", cls="download"), file


def is_english(node: Node) -> bool:
    """Whether a part is marked as English, such as a research notebook's own text."""
    while node.parent:
        if "lang" in node.attrs:
            return node.attrs["lang"] == "en"
        node = node.parent
    return False


def test_no_english_is_left_on_norwegian_pages(pages):
    words = re.compile(r"\b(the|of|municipalit(y|ies)|share|found|source|download)\b", re.I)
    for file, page in pages.items():
        if not file.startswith("nb/"):
            continue
        for node in (
            page.all("h1")
            + page.all("h2")
            + page.all("h3")
            + page.all("p")
            + page.all("summary")
            + page.all("figcaption")
            + page.all("label")
            + page.all("caption")
        ):
            if not is_english(node):
                assert not words.search(node.text), (file, node.text[:120])


def test_pages_are_safe_and_need_no_network(pages):
    for file, page in pages.items():
        policy = next(
            m.attrs["content"]
            for m in page.all("meta")
            if m.attrs.get("http-equiv") == "Content-Security-Policy"
        )
        style, scripts = page.all("style")[0].text, [s.text for s in page.all("script")]
        assert policy == render.policy(style, scripts[0] if scripts else ""), file
        assert "unsafe" not in policy and "default-src 'none'" in policy
        for node in page.all():
            assert "style" not in node.attrs and not any(a.startswith("on") for a in node.attrs), (
                file,
                node.tag,
            )
            source = node.attrs.get("src", "data:image/png;base64,")
            assert source.startswith("data:image/png;base64,"), (file, node.tag)
            address = node.attrs.get("href", "")
            if address.startswith("http"):
                assert node.tag == "a" and "noopener" in node.attrs["rel"], (file, address)
            else:
                assert not re.match(r"(?!data:text/csv|data:,)[a-z]+:|//", address), (file, address)


def test_downloads_are_headed_by_words_and_not_by_names_of_the_code(pages):
    """A name that two columns share gets the code's in brackets, which no reader knows."""
    for file, page in pages.items():
        for link in page.all("a", cls="download"):
            kind, _comma, content = link.attrs["href"].partition(",")
            if kind == "data:text/csv;charset=utf-8;base64":
                head = base64.b64decode(content).decode("utf-8-sig").splitlines()[0]
                coded = re.search(r"\((?!id\)|kr\))[a-z_]+\)|[a-z]_[a-z]", head)
                assert not coded, (file, link.attrs["download"], head)


def test_links_within_the_site_lead_somewhere(site, pages):
    every = {page.file for page in sitemap.pages()}
    for file, page in pages.items():
        for node in page.all("a"):
            address = node.attrs["href"]
            if address.startswith(("http", "data:")):
                continue
            path, _hash, anchor = address.partition("#")
            path = path.partition("?")[0]  # what the page is asked to show
            target = (site / file).parent / path if path else site / file
            name = target.resolve().relative_to(site.resolve()).as_posix()
            if not is_whole(site) and name in every and not target.exists():
                continue
            assert target.resolve().is_file(), (file, address)
            if anchor:
                other = pages.get(name) or read(target)
                assert any(n.attrs.get("id") == anchor for n in other.all()), (file, address)
    door = read(site / "index.html")
    assert any("url=nb/index.html" in m.attrs.get("content", "") for m in door.all("meta"))


def test_what_a_reader_copies_holds_no_invisible_hyphens(pages):
    for file, page in pages.items():
        for node in [*page.all("title"), *page.all("span", id="citation")]:
            assert "\u00ad" not in node.text, (file, node.text)


def test_links_that_lead_to_two_pages_have_two_names(pages):
    """In a list of the page's links, Oslo alone is both a county and a municipality (WCAG 2.4.9)."""
    for file, page in pages.items():
        leads: dict[str, set[str]] = defaultdict(set)
        for node in page.all("a"):
            if ".html" in node.attrs["href"] and not node.attrs["href"].startswith("http"):
                leads[node.attrs.get("aria-label") or node.text].add(node.attrs["href"])
        assert not {name: to for name, to in leads.items() if len(to) > 1}, file


@pytest.mark.parametrize("file", ["nb/nasjonal.html", "en/national.html"])
def test_the_national_findings_agree_with_the_tables(pages, found, file):
    page = pages[file]
    small, others = found[found["is_small_rural"]], found[~found["is_small_rural"]]
    leads = [p.text for p in page.all("p", cls="lead")]
    rows = tables.load("participation")
    scope = rows["programme_id"].map(tables.load("programmes").set_index("programme_id")["scope"])
    named = rows[(rows["basis"] == "named") & (scope == "procurement")]
    named = counted_rows(named, tables.load("programmes"), tables.load("projects"))
    bought = named["municipality_code"].value_counts()
    rates = [group["municipality_code"].map(bought).fillna(0).mean() for group in (small, others)]
    often = [float(x.replace(",", ".")) for x in re.findall(r"\d+[.,]\d+", leads[1])]
    assert often == [round(rates[0], 2), round(rates[1], 2)]
    owners = set(
        rows.loc[rows["programme_id"] == "research_council_project_owner", "municipality_code"].dropna()
    )
    in_both = [int(group["municipality_code"].isin(owners).sum()) for group in (small, others)]
    counted = [
        number(x) for x in re.findall(r"\d+(?![\d.,]*(?:%| prosent))", re.sub(r"\([^)]*\)", "", leads[0]))
    ]
    assert counted == [in_both[0], len(small), 2006, in_both[1], len(others)]
    means = found.groupby("is_small_rural")["purchases_own_production_share"].mean() * 100
    third = [float(x.replace(",", ".")) for x in re.findall(r"\d+[.,]\d(?=%| prosent)", leads[2])]
    assert third == [round(means[is_small], 1) for is_small in (True, False)]
    facts = [number(d.text) for d in page.all("dl", cls="facts")[0].all("dd")]
    assert facts == [357, len(small), (found["count"] > 0).sum(), found["count"].sum()]


@pytest.mark.parametrize("file", ["nb/nasjonal.html", "en/national.html"])
def test_every_municipality_on_the_national_map_has_its_number(pages, found, file):
    figure = pages[file].all("figure", id="figure-map-municipalities")[0]
    said = "; ".join(r.attrs["aria-label"] for r in figure.all(cls="region"))
    for name, count in zip(found["municipality_name"], found["count"], strict=True):
        told = re.search(rf"(?:^|; ){re.escape(name)}: (\d+|\w+)", said)[1]
        assert (int(told) if told.isdigit() else 0) == count, name
    shown = [int(n) for n in re.findall(r"\((\d+)\)", figure.all("ul", cls="legend")[0].text)]
    classes = pd.cut(found["count"], [-1, 0, 1, 2, 4, 9, 999]).value_counts(sort=False)
    assert shown == classes.tolist()


def table_of(figure) -> list[list[str]]:
    return [[c.text for c in row.children] for row in figure.all("tbody")[0].all("tr")]


@pytest.mark.parametrize("file", ["nb/nasjonal.html", "en/national.html"])
def test_size_bands_and_counties_agree_with_the_tables(pages, found, with_groups, file):
    by_size = found.groupby("size_band", observed=False)["count"].agg([lambda c: (c > 0).sum(), "size"])
    for (_label, basis, share), (x, n) in zip(
        table_of(pages[file].all("figure", id="figure-size-bands")[0]), by_size.to_numpy(), strict=True
    ):
        assert [int(v) for v in re.findall(r"\d+", basis)] == ([n] if x == n else [x, n])
        assert number(share) == pytest.approx(100 * x / n, abs=0.5)
    # Counties: municipalities that a source names; those known through a group stand beside them.
    counties = (found["count"] > 0).groupby(found["county_name"]).agg(["sum", "size"])
    grouped = (with_groups["count"] > 0).groupby(found["county_name"]).sum()
    shown = table_of(pages[file].all("figure", id="figure-counties")[0])
    assert {row[0] for row in shown} == set(counties.index)
    for name, basis, share in shown:
        x, n = counties.loc[name]
        beside = [grouped[name]] if grouped[name] > x else []
        assert [int(v) for v in re.findall(r"\d+", basis)] == ([n] if x == n else [x, n]) + beside
        assert number(share) == pytest.approx(100 * x / n, abs=0.5)
    own = found.groupby("size_band", observed=False)["purchases_own_production_share"]
    purchases = own.agg(["mean", "count", "size"])
    shown = table_of(pages[file].all("figure", id="figure-purchases")[0])
    for (_label, basis, share), (mean, known, n) in zip(shown, purchases.to_numpy(), strict=True):
        assert [int(v) for v in re.findall(r"\d+", basis)] == [n] and known == n
        assert number(share) == pytest.approx(100 * mean, abs=0.05)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_county_pages_agree_with_the_tables(site, pages, found, language):
    files = county_pages(pages, language)
    assert len(files) == COUNTIES if is_whole(site) else files
    for code, file in files.items():
        page, own = pages[file], found[found["county_code"] == code]
        facts = [number(d.text) for d in page.all("dl", cls="facts")[0].all("dd")]
        small = own["is_small_rural"].sum()
        assert facts == [
            *([len(own)] if len(own) > 1 else []),  # neither a single one nor none is counted out
            *([small] if small else []),
            own["count"].sum(),
            own["population"].sum(),
        ], file
        title, documented = page.all("h1")[0].text, int((own["count"] > 0).sum())
        if len(own) > 1:
            shown = counted(title.partition(":")[2], language)
            assert shown in ([documented, len(own)], [len(own)] if documented == len(own) else None), file
            told = "; ".join(
                r.attrs["aria-label"] for r in page.all("figure", id="figure-map")[0].all(cls="region")
            )
            assert all(re.search(rf"(?:^|; ){re.escape(n)}: ", told) for n in own["municipality_name"]), file
        for m in own.rename(columns={"count": "participations"}).itertuples():
            row = next(r for r in page.all("tr", id=f"k{m.municipality_code}"))
            assert row.all("th")[0].text == m.municipality_name
            cells = [c.text for c in row.all("td")]
            assert number(cells[0]) == m.population and number(cells[3]) == m.participations, file


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_county_lists_each_participation_once_with_its_source(pages, found, language):
    for code, file in county_pages(pages, language).items():
        page = pages[file]
        rows = [r for r in page.all("tr") if r.attrs.get("id", "").startswith("d-")]
        assert len(rows) == found.loc[found["county_code"] == code, "count"].sum(), file
        assert all(r.all("a")[0].attrs["href"].startswith("http") for r in rows), "every row has its source"
        by_code = pd.Series([r.attrs["id"].split("-")[1] for r in rows]).value_counts()
        expected = found.set_index("municipality_code")["count"]
        assert (by_code == expected[by_code.index]).all(), file


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_county_report_opens_with_whom_to_call_and_what_to_apply_for(pages, found, language):
    programmes = tables.load("programmes").set_index("programme_id")
    closed = {
        links.programme_file(language, p)
        for p in programmes.index[(programmes["status"] == "closed") | programmes["period_to"].notna()]
    }
    for code, file in county_pages(pages, language).items():
        brief = pages[file].all("section", cls="brief")[0]
        suited = {a.attrs["href"] for a in brief.all("table", cls="suits")[0].all("a")}
        assert links.programme_file(language, "klimasats") in suited and not suited & closed, file
        own = found[found["county_code"] == code]
        if len(own) == 1:
            continue
        without = set(own.loc[own["count"] == 0, "municipality_code"])
        calls = brief.all("table", cls="calls")
        listed = {
            re.search(r"-(\d{4})-", r.all("th")[0].all("a")[0].attrs["href"])[1]: [
                re.search(r"-(\d{4})-", a.attrs["href"])[1] for a in r.all("td")[0].all("a")
            ]
            for r in (calls[0].all("tbody")[0].all("tr") if calls else [])
        }
        assert set(listed) == without, file
        counts = found.set_index("municipality_code")["count"]
        assert all(others and (counts[others] > 0).all() for others in listed.values()), file
        names = brief.all("p", cls="names")[0]
        assert len(names.all("a")) == (own["count"] > 0).sum(), file


@pytest.mark.parametrize("language", ["nb", "en"])
def test_counties_are_compared_with_the_same_numbers_on_every_page(pages, found, language):
    grouped = found.groupby("county_code")
    for file in county_pages(pages, language).values():
        page = pages[file]
        table = page.all("table", cls="compared")[0]
        assert len(table.all("tbody")[0].all("tr")) == COUNTIES
        for code, own in grouped:
            cells = [c.attrs["data-v"] for c in page.all("tr", id=f"f{code}")[0].all("td")]
            documented, per = (own["count"] > 0).sum(), own["count"].mean()
            expected = [own["population"].sum(), len(own), own["is_small_rural"].sum(), documented, per]
            assert [float(c) for c in cells[:5]] == pytest.approx(expected, rel=1e-4), (file, code)
            assert float(cells[5]) == pytest.approx(100 * own["purchases_share"].mean(), rel=1e-4)


def test_known_money_is_printed(pages):
    """Horizon 2020 grants stand in euro in the register: Oslo's seventeen sum to 8.03 million."""
    tables_ = pages["nb/fylke-03-oslo.html"].all("table", cls="sortable")
    row = next(
        r for t in tables_ for r in t.all("tr") if r.all("th") and r.all("th")[0].text == "Horisont 2020"
    )
    assert "8 millioner euro til alle 17 deltakelser" in row.text.replace("\u00a0", " ")


def test_agder_is_told_by_the_municipalities_that_sources_name(pages, found):
    page = pages["nb/fylke-42-agder.html"]
    own = found[found["county_code"] == "42"]
    x = int((own["count"] > 0).sum())
    assert x < len(own) == 25 and f"{x} av 25 kommuner" in page.all("h1")[0].text
    lead = " ".join(p.text for p in page.all("p", cls="lead"))
    assert f"omfatter {25 - x} til" in lead.replace("ni til", "9 til"), (
        "those named only as a group stand beside"
    )


@pytest.mark.parametrize("file", ["nb/kommuner.html", "en/municipalities.html"])
def test_the_finder_holds_every_municipality(pages, found, file):
    rows = pages[file].all("tbody")[0].all("tr")
    assert len(rows) == 357
    known = found.set_index("municipality_code")
    for row in rows:
        cells, m = row.all("td"), known.loc[row.attrs["id"].removeprefix("k")]
        assert row.all("th")[0].text == m["municipality_name"]
        assert cells[0].text == m["county_name"] and number(cells[1].text) == m["population"]
        assert int(cells[2].text) == m["centrality_class"] and int(cells[4].text) == m["count"]
        parts = [p for p in re.split(r", (?![a-zæøå])", cells[5].text) if p]
        # A grant under two programmes stands under both; in the number of participations it counts once.
        shown = sum(int((re.search(r"\((\d+)\)$", p) or [0, 1])[1]) for p in parts)
        assert shown == m["by_programme"] >= m["count"]
        if m["municipality_name"] == "Overhalla":  # FORKOMMUNE and the Research Council: one grant
            assert shown == m["count"] + 1 and "FORKOMMUNE" in cells[5].text
        amounts = m[["purchases_nok_thousand", "operating_expenditure_nok_thousand"]]
        for cell, amount in zip(cells[6:8], amounts, strict=True):
            if pd.isna(amount):
                assert cell.text in ("ukjent", "unknown") and "data-v" not in cell.attrs
            else:
                assert number(cell.text) == pytest.approx(amount / 1000, abs=0.501)


def downloads(page: Node, file: str) -> dict[str, pd.DataFrame]:
    """The tables that a page offers as CSV, by their file name, all cells text."""
    made = {}
    for link in page.all("a", cls="download"):
        if link.attrs["download"].endswith(".csv"):
            text = base64.b64decode(link.attrs["href"].partition("base64,")[2]).decode("utf-8-sig")
            lines = io.StringIO(text.rpartition("# ")[0])
            made[link.attrs["download"]] = pd.read_csv(lines, sep=";" if "nb/" in file else ",", dtype=str)
    return made


def test_downloads_have_names_and_words_that_readers_know(pages):
    """No column is called as in the code, and no cell of the register's columns holds a code that has a name."""
    codes = {  # as the Norwegian pages call the columns
        "Type deltaker": ["municipality", "county", "state", "health", "other"],
        "Rolle": ["lead", "participant"],
        "Trinn": ["taking_part", "candidate", "nominee", "winner"],
        "Oppgitt eller utledet": ["stated", "inferred"],
        "Navngitt eller gruppe": ["named", "group"],
        "Formål": ["procurement", "development", "adoption", "setting"],
    }
    seen = set()
    for file, page in pages.items():
        for name, table in downloads(page, file).items():
            raw = [column for column in table if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", column)]
            assert not raw, (file, name, raw)
            for column in codes.keys() & set(table.columns):
                assert not table[column].isin(codes[column]).any(), (file, name, column)
                seen.add(column)
    assert seen >= codes.keys() - {"Formål"}, "one county's page is in every sample"


@pytest.mark.parametrize(
    ("file", "column", "yes"),
    [
        ("nb/nasjonal.html", "Telles som deltakelse", "ja"),
        ("en/national.html", "Counted as a participation", "yes"),
    ],
)
def test_the_register_as_downloaded_says_which_rows_are_counted(pages, found, file, column, yes):
    table = downloads(pages[file], file)["participations.csv"]
    assert len(table) == len(tables.load("participation"))
    assert (table[column] == yes).sum() == found["count"].sum()
    assert table[column].str.fullmatch(rf"{yes}|(nei|no): .+").all()


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_index_counts_the_municipalities_of_every_county(pages, found, language):
    page = pages[f"{language}/index.html"]
    rows = page.all("table", cls="county-bars")[0].all("tbody")[0].all("tr")
    by_county = found.groupby("county_name")["count"].agg([lambda c: (c > 0).sum(), "size"])
    names = [r.all("th")[0].text.partition(" (")[0] for r in rows]
    assert names == sorted(by_county.index, key=lambda n: n.replace("Ø", "Å"))
    for name, row in zip(names, rows, strict=True):
        x, n = by_county.loc[name].astype(int)
        assert row.all("td")[0].text == out_of(int(x), int(n), language)
    assert len(page.all("ul", cls="places")[0].all("a")) == 357


def test_more_og_romsdals_scheme_is_told_with_its_budget_and_reach(pages):
    text = pages["en/county-15-more-og-romsdal.html"].all("main")[0].text
    assert "had NOK 1.8 million" in text and "up to NOK 450,000" in text
    assert "enough for four projects" in text


def test_numbers_behind_figures_are_the_pages_own_downloads(site, pages):
    files = list((site / "numbers").rglob("*.csv"))
    assert {f.parent.name for f in files} >= {"county-03", "county-56", "index"}
    assert sum(f.stat().st_size for f in files) < 300_000
    key, name, n = ("national", "size-bands", 6) if is_whole(site) else ("county-56", "purchases", 18)
    (file,) = [file for file in pages if file.startswith(f"en/{key}")]
    figures = {f.attrs["id"].removeprefix("figure-"): f for f in pages[file].all("figure")}
    assert {f.stem for f in files if f.parent.name == key} == set(figures)
    coded = figures[name].all("a", cls="download")[0].attrs["href"].partition("base64,")[2]
    text = base64.b64decode(coded).decode("utf-8-sig")
    lines, licence = text.splitlines()[:-1], text.splitlines()[-1]
    assert licence.startswith("# ")
    kept = (site / f"numbers/{key}/{name}.csv").read_text().splitlines()
    # The download has names and words that readers know, the numbers those of the code.
    assert "Value" in lines[0].split(",") and "estimate" in kept[0].split(",")
    shown, coded = (pd.read_csv(io.StringIO("\n".join(text))) for text in (lines, kept))
    numeric = coded.select_dtypes("number").columns
    assert len(numeric) and shown.shape == coded.shape
    for column in numeric:
        assert shown.iloc[:, coded.columns.get_loc(column)].tolist() == coded[column].tolist()
    if "coverage" in coded:
        words = {"census": "complete", "sample": "few known"}
        assert shown.iloc[:, coded.columns.get_loc("coverage")].tolist() == [
            words[c] for c in coded["coverage"]
        ]
    assert len(lines) == n + 1
