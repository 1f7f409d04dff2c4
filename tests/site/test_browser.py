"""The pages as readers meet them in a browser: accessible, self-contained, usable by keyboard and phone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.site.rendered import is_in_sample, is_whole, skip_unless_made

from analysis.report import sitemap

CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = bool(os.environ.get("ANALYSIS_REQUIRE_BROWSER"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not REQUIRED, reason="no Chromium on this machine"),
]

#: Size of the window, unless a test says another.
DESK = {"width": 1280, "height": 900}
#: A page is one file, so there is nothing to wait for (``preload``).
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium without a window for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        yield launched
        launched.close()


class Session:
    """A page of a browser that writes down what it asks for and what it complains of."""

    def __init__(self, browser, **options):
        self.site, self.asked, self.complaints = Path(), [], []
        self.page = browser.new_context(viewport=DESK, **options).new_page()
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("console", lambda m: self.complaints.append(m.text))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def reset(self, site: Path) -> Session:
        """On a desk, light, with nothing asked for yet."""
        self.site = site
        self.page.goto("about:blank")
        self.page.emulate_media(media="null", color_scheme="light", forced_colors="none")
        self.page.set_viewport_size(DESK)
        self.asked.clear()
        self.complaints.clear()
        return self

    def open(self, file: str):
        skip_unless_made(self.site, file)
        self.page.goto((self.site / file).as_uri())
        return self.page


@pytest.fixture(scope="module")
def one_session(browser) -> Session:
    """One page for all tests: to start the process of another takes longer than most tests."""
    return Session(browser)


@pytest.fixture
def session(one_session, site) -> Session:
    return one_session.reset(site)


@pytest.fixture(scope="module")
def without_script(browser) -> Session:
    return Session(browser, java_script_enabled=False)


def files(site: Path) -> list[str]:
    """Pages to look at: of the sample each in one of the languages, in turn; of the whole site in both."""
    every = [page for page in sitemap.pages() if (site / page.file).exists()]
    if is_whole(site):
        return [page.file for page in every if is_in_sample(page.file)]
    by_key: dict[str, list[str]] = {}
    for page in every:
        by_key.setdefault(page.key, []).append(page.file)
    return [made[n % len(made)] for n, made in enumerate(by_key.values())]


def violations(page) -> list[tuple[str, str]]:
    """What axe finds on a page that is open."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=AXE).response
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in found["violations"]]


#: Sideways scrolling of the page and of the boxes of its tables; texts and drawings that are cut off at the right.
MEASURE = """() => ({
  page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  tables: Math.max(0, ...[...document.querySelectorAll(".table-box")].map((e) => e.scrollWidth - e.clientWidth)),
  cut: [...document.querySelectorAll("h1, h2, h3, p, li, summary, dd, dt, label, .art svg")]
    .filter((e) => !e.closest(".table-box, .visually-hidden, .skip"))
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + e.textContent.slice(0, 40)),
})"""


#: Cells that show nothing of what they hold, as far as the row itself shows.
UNSEEN = """() => [...document.querySelectorAll("main tbody tr")]
  .filter((r) => r.getClientRects().length)
  .flatMap((r) => [...r.cells])
  .filter((c) => c.textContent.trim() && !c.getClientRects().length)
  .map((c) => c.parentElement.textContent.trim().slice(0, 40) + " | " + c.textContent.trim().slice(0, 40))"""


#: The first rows of a table stand for the hundreds that are made like them: axe takes ten seconds for all.
SHORTER = (
    "() => document.querySelectorAll('tbody').forEach((b) => [...b.rows].slice(3).forEach((r) => r.remove()))"
)

#: Links that leave the site: name and address.
LINKS = """() => [...document.querySelectorAll("main a[rel~=external]")]
  .map((e) => [(e.getAttribute("aria-label") || e.textContent).trim(), e.href])"""


@pytest.fixture(scope="module")
def looks(one_session, site) -> dict[str, dict]:
    """Every page opened once: what axe finds, and how it fits a desk, phones, 200 per cent, and a sheet of paper."""
    session, found, kinds = one_session.reset(site), {}, set()
    for file in files(site):
        session.page.emulate_media(media="screen")
        session.page.set_viewport_size(DESK)
        page = session.open(file)
        look = {1280: page.evaluate(MEASURE), "links": page.evaluate(LINKS)}
        for width in (640, 375, 320):
            page.set_viewport_size({"width": width, "height": 800})
            look[width] = page.evaluate(MEASURE)
        look["unseen"] = page.evaluate(UNSEEN)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 658, "height": 980})  # A4 less its margins, at 96 pixels an inch
        look["wide"] = page.eval_on_selector_all(
            "figure, table, svg, p",
            "els => els.filter(e => e.getBoundingClientRect().right > innerWidth + 2).map(e => e.outerHTML.slice(0, 80))",
        )
        # A figure that breaks between its rows may be taller than a sheet; its parts may not.
        look["tall"] = page.eval_on_selector_all(
            "figure, figure *",
            "els => Math.max(0, ...els.filter(e => getComputedStyle(e).breakInside === 'avoid').map(e => e.getBoundingClientRect().height))",
        )
        look["has_menu"] = page.locator(".top").is_visible()
        is_few, kind = site.name.startswith("few"), re.split(r"[/.-]", file)[1]
        kind = {"fylke": "county", "kommune": "municipality"}.get(kind, kind)
        # Of the whole site axe has its own visit to every page; of the few one of a kind is enough.
        if not is_whole(site) and not (is_few and kind in kinds):
            page.emulate_media(media="screen")
            page.set_viewport_size(DESK)
            if is_few:
                page.evaluate(SHORTER)
            look["axe"] = violations(page)
            kinds.add(kind)
        found[file] = look
    page.emulate_media(media="print")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    found["asked"], found["complaints"] = [*session.asked], [*session.complaints]
    return found


@pytest.fixture(scope="module", params=["nb", "en"])
def visits(one_session, whole_site, request) -> dict[str, dict]:
    """Every page of a language opened once: what axe finds, and on how many sheets a municipality prints."""
    session, found = one_session.reset(whole_site), {}
    for file in sorted(whole_site.glob(f"{request.param}/*.html")):
        session.page.emulate_media(media="screen")
        session.page.set_viewport_size(DESK)
        page = session.open(f"{request.param}/{file.name}")
        found[file.name] = visit = {"axe": violations(page)}
        if file.name.startswith(("kommune-", "municipality-")):
            page.emulate_media(media="print")
            # A4 less its margins, at 96 pixels an inch.
            page.set_viewport_size({"width": 680, "height": 1024})
            height = page.evaluate("document.documentElement.getBoundingClientRect().height")
            # A printer breaks lines a little otherwise than the screen; only what comes near the edge is printed.
            visit["sheets"] = sheets(page.pdf(prefer_css_page_size=True)) if height > 950 else 1
    found["asked"] = [*session.asked]
    return found


@pytest.mark.slow
def test_axe_finds_no_violation_on_any_page(visits):
    asked = visits["asked"]
    pages = {file: visit for file, visit in visits.items() if file != "asked"}
    assert len(pages) > 380
    assert not {file: visit["axe"] for file, visit in pages.items() if visit["axe"]}
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert len({url for url in asked if url.startswith("file:")}) == len(pages), "a page is one file"


@pytest.mark.slow
def test_every_municipality_prints_on_one_sheet(visits):
    printed = {file: visit["sheets"] for file, visit in visits.items() if "sheets" in visit}
    assert len(printed) == 357 and not {file: n for file, n in printed.items() if n != 1}


@pytest.mark.parametrize("width", [320, 375])
def test_no_table_scrolls_sideways_on_a_phone(looks, site, width):
    """But for the tables of research notebooks, which scroll in a box of their own."""
    over = {f: looks[f][width] for f in files(site) if not re.search(r"/(analyse|notebook)-", f)}
    assert over and not {f: one for f, one in over.items() if max(one["page"], one["tables"]) > 1}


BROKEN_WORDS = """() => {
  const found = [], range = document.createRange();
  for (const cell of document.querySelectorAll(".table-box :is(th, td)")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/(?<![\\p{L}\\d\u00ad])[\\p{L}\\d\u00ad]{2,14}(?![\\p{L}\\d\u00ad])/gu)) {
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter((r) => r.width).map((r) => Math.round(r.top)));
      if (lines.size > 1 && !word[0].includes("\u00ad")) found.push(word[0]);
    }
  }
  return [...new Set(found)];
}"""


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize(
    "file",
    [
        "nb/fylke-34-innlandet.html",
        "en/county-15-more-og-romsdal.html",
        "nb/ordninger.html",
        "en/programme-klimasats.html",
        "en/municipality-1508-alesund.html",
    ],
)
def test_tables_keep_years_and_words_of_up_to_14_letters_whole(session, file, width):
    page = session.open(file)
    page.set_viewport_size({"width": width, "height": 900})
    assert not page.evaluate(BROKEN_WORDS)


def test_the_rows_of_a_wide_table_are_cards_on_a_phone(session):
    page = session.open("nb/fylke-34-innlandet.html")
    page.set_viewport_size({"width": 320, "height": 800})  # 1280 pixels at 400 %
    row = page.locator("table.compared").get_by_role("row", name="Innlandet")
    name, number = row.get_by_role("rowheader").bounding_box(), row.get_by_role("cell").first.bounding_box()
    assert name["y"] + name["height"] <= number["y"] and number["x"] + number["width"] <= 320
    assert row.get_by_role("cell").first.get_attribute("data-l") == "Innbyggere", "read before the number"
    page.locator("table.compared").get_by_role("button", name="Innbyggere").click()
    assert page.locator("table.compared tbody tr:not([hidden])").first.inner_text().startswith("Vestland")


def test_a_link_named_by_its_domain_alone_leads_to_one_place(looks, site):
    """Those that leave the site: a list of links read aloud must tell them apart."""
    for file in files(site):
        places: dict[str, set[str]] = {}
        for name, address in looks[file]["links"]:
            places.setdefault(name, set()).add(address)
        domains = {n: a for n, a in places.items() if re.fullmatch(r"[\w.-]+\.\w+", n)}
        assert all(len(addresses) == 1 for addresses in domains.values()), (file, domains)


VISIBLE = (
    "() => [...document.querySelectorAll('table.finder tbody tr:not([hidden]) th')].map(e => e.textContent)"
)


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize(
    "file",
    [
        "nb/kommune-3454-vang.html",
        "nb/kommune-5612-kautokeino.html",
        "nb/kommune-0301-oslo.html",
        "en/municipality-1508-alesund.html",
        "nb/kommune-1580-haram.html",
        "en/municipality-4005-notodden.html",
        "nb/kommune-1860-vestvagoy.html",
    ],
)
def test_a_municipality_prints_on_one_sheet(session, file):
    assert sheets(session.open(file).pdf(prefer_css_page_size=True)) == 1


def test_no_sheet_holds_the_foot_of_a_programme_alone(session, site):
    made = [page.file for page in sitemap.pages() if page.key.startswith("programme-")]
    made = [file for file in made if (site / file).exists()]
    for file in made:
        page = session.open(file)
        whole = sheets(page.pdf(prefer_css_page_size=True))
        page.evaluate("document.querySelector('.foot').remove()")
        assert sheets(page.pdf(prefer_css_page_size=True)) == whole, file
    assert made


#: WCAG 1.4.12, written so that the page's content policy lets it pass.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
  document.adoptedStyleSheets = [sheet];
}"""
#: Letters of twice the size on a phone: wider than WCAG asks for, and what many readers have chosen.
LARGE = "() => document.documentElement.style.setProperty('font-size', '200%')"


@pytest.mark.parametrize("changed", [SPACED, LARGE], ids=["spaced", "large"])
def test_pages_fit_a_phone_with_the_spacing_and_the_size_that_a_reader_needs(session, changed):
    session.page.set_viewport_size({"width": 375, "height": 800})
    for file in (
        "index",
        "kommuner",
        "ordninger",
        "kommune-0301-oslo",
        "ordning-klimasats",
        "nasjonal",
        "fylke-34-innlandet",
    ):
        page = session.open(f"nb/{file}.html")
        page.evaluate(changed)
        fits = page.evaluate(MEASURE)
        assert fits["page"] <= 0 and not fits["cut"], (file, fits)


def test_a_table_is_a_stop_for_the_keyboard_only_where_it_scrolls(session):
    page = session.open("nb/nasjonal.html")
    box = page.locator(".table-box").first
    page.wait_for_selector(".table-box:not([tabindex])", state="attached")
    assert page.locator(".table-box:is([tabindex], [role]):visible").count() == 0
    box.evaluate("e => { e.style.width = '6rem'; }")
    page.wait_for_selector(".table-box[tabindex='0'][role=region]", state="attached")
    assert box.get_attribute("aria-label") == box.locator("caption").text_content()


def test_print_leaves_out_rows_of_long_lists_and_says_so(session):
    page = session.open("nb/kommune-0301-oslo.html")
    rows = page.locator(".participations tbody tr:not(.group)")
    seen = "els => els.filter(e => e.getClientRects().length).length"
    on_screen = rows.evaluate_all(seen)
    page.emulate_media(media="print")
    in_print = rows.evaluate_all(seen)
    assert on_screen == rows.count() > 50 and 0 < in_print < 15
    assert f"Utskriften viser {in_print} av de {on_screen} radene" in page.locator("p.in-print").inner_text()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Vis Oslo og de mest like kommunene i kommunesøket").click()
    page.wait_for_url("**/kommuner.html?k=*", wait_until="load")
    assert len(page.evaluate(VISIBLE)) == 11


def test_a_table_that_breaks_repeats_its_heading_on_the_next_sheet(session):
    """A browser repeats it only where it holds no box of its own; a single last row does not stand alone."""
    page = session.open("nb/fylke-03-oslo.html")
    page.emulate_media(media="print")
    buttons = page.locator("thead button")
    assert buttons.count() > 5
    assert set(buttons.evaluate_all("els => els.map(e => getComputedStyle(e).display)")) == {"contents"}
    heads = page.locator("main thead").evaluate_all("els => els.map(e => getComputedStyle(e).display)")
    assert set(heads) == {"table-header-group"}
    last = page.locator(".long-table tbody > tr:last-child")
    assert last.count() and set(
        last.evaluate_all("els => els.map(e => getComputedStyle(e).breakBefore)")
    ) == {"avoid"}


@pytest.mark.parametrize("width", [375, 1280])
def test_the_parts_of_a_chart_are_for_print_alone(session, width):
    session.page.set_viewport_size({"width": width, "height": 900})
    page = session.open("nb/fylke-34-innlandet.html")
    parts, shown = page.locator("svg.part"), "els => els.filter(e => e.getClientRects().length).length"
    assert parts.count() and parts.evaluate_all(shown) == 0
    page.emulate_media(media="print")
    assert parts.evaluate_all(shown) == parts.count()


def test_no_figure_of_the_national_report_breaks_between_sheets(session):
    page = session.open("nb/nasjonal.html")
    assert page.locator("svg.part").count() == 0
    page.set_viewport_size({"width": 680, "height": 1024})  # A4 less its margins
    page.emulate_media(media="print")
    heights = page.locator(".figure").evaluate_all("els => els.map(e => e.offsetHeight)")
    assert len(heights) > 15 and max(heights) < 1024


@pytest.mark.parametrize("file", ["nb/kommuner.html", "nb/fylke-03-oslo.html"])
def test_what_sorts_a_table_is_high_enough_to_hit(session, file):
    """WCAG 2.2, 2.5.8: at least 24 by 24 pixels."""
    page = session.open(file)
    heights = page.locator("thead button").evaluate_all(
        "els => els.map(e => e.getBoundingClientRect().height)"
    )
    assert len(heights) >= 5 and min(heights) >= 24


def test_in_print_no_figure_is_squeezed_beside_a_map(session):
    page = session.open("nb/nasjonal.html")
    page.set_viewport_size({"width": 680, "height": 1000})  # A4 less its margins
    page.emulate_media(media="print")
    widths = page.locator(".figure").evaluate_all(
        "els => els.map(e => [Boolean(e.querySelector('svg.map')), e.offsetWidth / e.parentElement.clientWidth])"
    )
    assert len(widths) > 15 and {width for is_map, width in widths if not is_map} == {1}
    assert min(width for _is_map, width in widths) > 0.48


def test_cards_on_a_phone_leave_out_what_is_empty(session):
    page = session.open("nb/fylke-03-oslo.html")
    empty = page.locator("[data-cards] td:empty")
    shown = "els => els.filter(e => e.getClientRects().length).length"
    assert empty.count() and empty.evaluate_all(shown)  # in the table the cell keeps its place
    page.set_viewport_size({"width": 375, "height": 800})
    assert empty.evaluate_all(shown) == 0


@pytest.mark.parametrize("file", ["nb/fylke-34-innlandet.html", "en/county-46-vestland.html"])
def test_the_brief_of_a_county_is_one_sheet(session, file):
    page = session.open(file)
    whole = sheets(page.pdf(prefer_css_page_size=True))
    page.evaluate("document.querySelectorAll('.brief ~ *, .foot').forEach(e => e.remove())")
    assert sheets(page.pdf(prefer_css_page_size=True)) == 1 < whole


def test_a_reader_chooses_the_counties_to_compare(session):
    page = session.open("nb/fylke-34-innlandet.html")
    shown = "() => [...document.querySelectorAll('table.compared tbody tr:not([hidden]) th')].map(e => e.textContent)"
    assert len(page.evaluate(shown)) == 5 and "Innlandet" in page.evaluate(shown)
    page.get_by_role("checkbox", name="Finnmark").check()
    assert "Finnmark" in page.evaluate(shown)
    page.get_by_role("button", name="Vis alle fylker").press("Enter")
    assert len(page.evaluate(shown)) == 15
    page.locator("table.compared").get_by_role("button", name="Innbyggere").press("Enter")
    assert page.evaluate(shown)[0] == "Akershus", "most inhabitants of all counties"
    assert page.locator("table.compared tfoot").inner_text().startswith("Norge")


def test_counties_are_compared_whole_without_script(without_script, site):
    page = without_script.reset(site).open("nb/fylke-34-innlandet.html")
    assert page.locator("table.compared tbody tr").count() == 15
    assert not page.locator(".county-choice").is_visible()


def test_the_marked_municipality_and_bars_show_in_forced_colours(session):
    page = session.open("nb/kommune-3454-vang.html")
    page.emulate_media(forced_colors="active")
    fill = "e => getComputedStyle(e).fill"
    here = page.eval_on_selector(".locator .here", fill)
    assert here not in (page.eval_on_selector(".locator .land", fill), "none")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_figures_has_the_readers_own_colour_in_forced_colours(session, scheme):
    page = session.open("nb/nasjonal.html")
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    fills = page.eval_on_selector_all(
        ".art svg text", "els => [...new Set(els.map(e => getComputedStyle(e).fill))]"
    )
    text, paper = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    assert fills == [text] and text != paper


def test_a_dark_scheme_is_followed_on_screen_and_never_on_paper(session):
    page = session.open("nb/nasjonal.html")
    page.emulate_media(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('.art svg.wide text')).fill"
    assert page.evaluate(paper) == "rgb(17, 26, 33)" and page.evaluate(ink) in (
        "rgb(232, 238, 243)",
        "rgb(174, 186, 197)",
    )
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)" and page.evaluate(ink) in (
        "rgb(22, 35, 46)",
        "rgb(82, 96, 109)",
    )


def test_a_figure_is_saved_as_picture_and_the_citation_copied(session):
    page = session.open("nb/fylke-15-more-og-romsdal.html")
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as waiting:
            page.locator(".figure button", has_text=kind).first.click()
        assert waiting.value.suggested_filename == f"map.{kind.lower()}"
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    page.locator("button[data-copy]").click()
    page.get_by_text("Kopiert").wait_for()
    assert not session.complaints


def test_on_a_phone_the_heading_comes_before_the_contents(session):
    page = session.open("nb/nasjonal.html")
    page.set_viewport_size({"width": 375, "height": 800})
    top = "s => document.querySelector(s).getBoundingClientRect().top"
    assert page.evaluate(top, "h1") < page.evaluate(top, ".contents") < page.evaluate(top, "h2")
    assert page.evaluate(top, "h1") < 200


def test_axe_finds_no_violation_and_nothing_is_fetched(looks, site):
    assert any("axe" in looks[file] for file in files(site)) or is_whole(site)
    assert not {file: looks[file]["axe"] for file in files(site) if looks[file].get("axe")}
    assert not looks["complaints"]
    assert all(url.startswith(("file:", "data:")) for url in looks["asked"])
    assert len({u for u in looks["asked"] if u.startswith("file:")}) == len(files(site)), "a page is one file"


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_is_lost_at_320_pixels_or_200_percent(looks, site, width):
    """640 pixels are a 1280 pixel window at 200 %. Tables may scroll in their own box, pages may not."""
    for file in files(site):
        look = looks[file][width]
        assert look["page"] <= 0 and not look["cut"], (file, look["cut"][:3])


def test_no_cell_is_left_out_on_a_phone(looks, site):
    assert not {file: looks[file]["unseen"][:3] for file in files(site) if looks[file]["unseen"]}


def test_tables_fit_a_desktop_page_without_scrolling(looks, site):
    assert not {file: looks[file][1280] for file in files(site) if looks[file][1280]["tables"] > 1}


def test_figures_show_the_drawing_made_for_the_screen(session):
    page = session.open("nb/nasjonal.html")
    shown = "els => els.filter(e => getComputedStyle(e).display !== 'none').length"
    assert page.eval_on_selector_all(".art svg.narrow", shown) == 0
    wide = page.eval_on_selector_all(".art svg.wide", shown)
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.eval_on_selector_all(".art svg.wide", shown) == 0
    assert page.eval_on_selector_all(".art svg.narrow", shown) == wide > 5


def test_the_keyboard_reaches_content_map_and_links(session):
    page = session.open("nb/nasjonal.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    focused = "document.activeElement.getAttribute('aria-label')"
    readout = "document.activeElement.closest('.art').querySelector('.readout').textContent"
    on_map = "document.activeElement.matches('#figure-map-municipalities .region')"
    for _stop in range(150):  # the charts before the map have a table and a download each
        page.keyboard.press("Tab")
        if page.evaluate(on_map):
            break
    assert page.evaluate(on_map)
    first = page.evaluate(focused)
    assert page.evaluate(readout) == first
    page.keyboard.press("ArrowDown")
    second = page.evaluate(focused)
    assert second != first and page.evaluate(readout) == second
    page.keyboard.press("End")
    assert page.evaluate(focused).startswith("Nesseby")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.download')"), "one stop for a map, then on"
    stops = 0
    while page.evaluate("document.activeElement !== document.body") and stops < 900:
        outline = page.evaluate(
            "(e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || !!e.closest('svg'); })(document.activeElement)"
        )
        assert outline, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        page.keyboard.press("Tab")
        stops += 1
    assert 20 < stops < 900, "the walk ends"


def test_the_index_map_leads_to_a_county(session):
    page = session.open("en/index.html")
    page.locator("a.region[aria-label^='Finnmark']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/county-56-finnmark.html")
    assert page.locator("h1").inner_text().startswith("Finnmark")
    skip_unless_made(session.site, "nb/fylke-56-finnmark.html")
    page.get_by_role("link", name="Norsk bokmål").click()
    page.wait_for_url("**/nb/fylke-56-finnmark.html")


def test_the_finder_searches_filters_and_sorts_from_the_keyboard(session):
    page = session.open("nb/kommuner.html")
    assert len(page.evaluate(VISIBLE)) == 357
    status, caption = page.get_by_role("status").first, page.locator("table.finder caption")
    search = page.get_by_role("searchbox")
    search.press_sequentially("våler")
    assert page.evaluate(VISIBLE) == ["Våler (Innlandet)", "Våler (Østfold)"]
    assert status.inner_text() == "2 kommuner vises"
    assert caption.inner_text().startswith("2 av 357 kommuner")
    search.fill("VÅLER")
    page.locator("[data-filter=c]").select_option("31")
    assert status.inner_text() == "1 kommune vises"
    search.fill("zzz")
    assert "Prøv" in status.inner_text(), "no hit comes with help"
    page.get_by_role("button", name="Vis alle").press("Enter")
    assert status.inner_text() == "357 kommuner vises"
    by_size = page.get_by_role("button", name="Innbyggere")
    by_size.press("Enter")
    assert page.evaluate(VISIBLE)[:2] == ["Oslo", "Bergen"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    by_size.press("Enter")
    assert page.evaluate(VISIBLE)[0] == "Utsira"
    page.get_by_role("button", name="Kommune", exact=True).press("Enter")
    assert page.evaluate(VISIBLE)[-1] == "Åsnes", "Norwegian order: å comes last"


#: What readers type, and the municipalities that they mean, best first.
TYPED = {
    "vang": ["Vang", "Lavangen"],
    "3454": ["Vang"],
    "0545": ["Vang"],
    "Guovdageaidnu": ["Kautokeino"],
    "karasjohka": ["Karasjok"],
    "Norddal": ["Fjord"],
    "tromso": ["Tromsø"],
    "aalesund": ["Ålesund"],
    "Valdres": ["Etnedal", "Nord-Aurdal", "Sør-Aurdal", "Vang", "Vestre Slidre", "Øystre Slidre"],
}


def test_names_old_and_new_and_numbers_find_their_municipality(session):
    page = session.open("nb/kommuner.html")
    for typed, expected in TYPED.items():
        page.get_by_role("searchbox").fill(typed)
        assert page.evaluate(VISIBLE)[: len(expected)] == expected, typed
    page = session.open("nb/index.html")
    for typed, expected in TYPED.items():
        page.get_by_role("searchbox").fill(typed)
        hits = page.locator(".hits a").all_inner_texts()
        assert hits[: len(expected)] == expected, typed


def test_the_choice_of_an_order_says_which_order_the_cards_are_in(session):
    """The heads of the columns are hidden on a phone: the choice is all that tells."""
    session.page.set_viewport_size({"width": 375, "height": 812})
    page = session.open("nb/kommuner.html")
    page.locator("details.more summary").press("Enter")
    order, shown = page.locator("[data-filter=sort]"), "e => e.selectedOptions[0]?.textContent ?? ''"
    order.select_option("2")
    assert page.evaluate(VISIBLE)[0] == "Oslo" and order.evaluate(shown) == "Innbyggere"
    page.get_by_role("searchbox").fill("vang")
    assert order.evaluate(shown) == "", "what is searched for stands best match first"
    page.get_by_role("button", name="Vis alle").press("Enter")
    assert page.evaluate(VISIBLE)[0] == "Alstahaug" and order.evaluate(shown) == "Kommune"


def test_the_front_page_says_when_it_shows_only_the_best_of_its_hits(session):
    page = session.open("nb/index.html")
    status, shown = page.locator(".find [role=status]"), page.locator(".hits li")
    page.get_by_role("searchbox").fill("val")
    assert status.inner_text().startswith("10 treff.") and status.inner_text().endswith(
        "De åtte beste vises."
    )
    assert shown.count() == 8
    page.get_by_role("searchbox").fill("vang")
    assert (
        status.inner_text().startswith("5 treff.")
        and shown.count() == 5
        and "beste" not in status.inner_text()
    )


def test_unknown_numbers_sort_last_in_both_directions(session):
    page = session.open("nb/kommuner.html")
    page.evaluate(
        """() => { const cell = document.querySelector("#k0301").cells[7]; delete cell.dataset.v; cell.textContent = "ukjent"; }"""
    )
    for _direction in range(2):
        page.get_by_role("button", name="Kjøp").press("Enter")
        assert page.evaluate(VISIBLE)[-1] == "Oslo"


def test_the_front_page_opens_a_municipality_from_the_keyboard(session):
    page = session.open("nb/index.html")
    page.get_by_role("searchbox").fill("vang")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Vang"
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("vang")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kommune-3454-vang.html")


def test_the_answer_of_the_finder_is_in_view_on_a_phone(session):
    session.page.set_viewport_size({"width": 375, "height": 812})
    page = session.open("nb/kommuner.html")
    page.get_by_role("searchbox").fill("vang")
    card = page.locator("#k3454 td.main").first.bounding_box()
    assert card["x"] >= 0 and card["x"] + card["width"] <= 375 and card["y"] + card["height"] <= 812
    assert page.evaluate("document.querySelector('.table-box').scrollWidth") <= 375


def test_other_pages_can_ask_the_finder_for_some_municipalities(session):
    page = session.open("nb/kommuner.html")
    page.goto(page.url + "?k=0301,3201")
    assert page.evaluate(VISIBLE) == ["Bærum", "Oslo"]


def test_the_finder_is_a_plain_table_without_script(without_script, site):
    page = without_script.reset(site).open("en/municipalities.html")
    assert page.locator("table.finder tbody tr").count() == 357
    assert not page.locator(".finder-tools").is_visible()


def test_a_figure_is_downloaded_from_the_page_itself(session):
    page = session.open("en/county-56-finnmark.html")
    with page.expect_download() as waiting:
        page.locator("#figure-groups a.download").click()
    assert waiting.value.suggested_filename == "groups.csv"
    assert Path(waiting.value.path()).read_text(encoding="utf-8-sig").startswith("Name,Basis,")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="no pdftoppm on this machine")
@pytest.mark.parametrize(
    "file",
    [
        "nb/nasjonal.html",
        "nb/index.html",
        "nb/fylke-03-oslo.html",
        "en/county-15-more-og-romsdal.html",
        "nb/fylke-34-innlandet.html",
    ],
)
def test_no_sheet_but_the_last_is_left_a_third_empty(session, tmp_path, file):
    pdf = tmp_path / "page.pdf"
    session.open(file).pdf(path=pdf, prefer_css_page_size=True)
    subprocess.run(["pdftoppm", "-r", "50", "-gray", pdf, tmp_path / "sheet"], check=True)
    pictures = [path.read_bytes() for path in sorted(tmp_path.glob("sheet-*.pgm"))]
    empty = []
    for picture in pictures:
        _kind, width, height = picture.split(maxsplit=3)[:3]
        shades = np.frombuffer(picture[-int(width) * int(height) :], np.uint8).reshape(int(height), -1)
        # Running head and page number stand in the margins: 14 mm above and 12 mm below.
        inside = shades[round(len(shades) * 14 / 297) : round(len(shades) * 284 / 297)]
        empty.append(1 - np.flatnonzero((inside < 235).any(axis=1)).max(initial=0) / len(inside))
    assert len(empty) > 1 and max(empty[:-1]) < 1 / 3, [round(share, 2) for share in empty]


def test_printed_pages_are_a4_with_nothing_cut(looks, site):
    for file in files(site):
        look = looks[file]
        assert not look["wide"] and look["tall"] < 980, (file, look["wide"][:2], look["tall"])
        assert not look["has_menu"], file
