"""The documentation builds without a warning, needs nothing from outside, and is accessible."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = bool(os.environ.get("ANALYSIS_REQUIRE_BROWSER"))
PAGES = (
    "index",
    "start",
    "methods",
    "generated/tables",
    "generated/gallery",
    "howto/share",
    "api",
    "changelog",
    "search",
)


#: A page about a module that is gone, as an earlier version may have left it.
GONE = ROOT / "docs/generated/api/analysis.measures.gone.rst"


@pytest.fixture(scope="module")
def docs(_built, tmp_path_factory):
    target = tmp_path_factory.mktemp("docs")
    GONE.parent.mkdir(parents=True, exist_ok=True)
    GONE.write_text("gone\n====\n\n.. automodule:: analysis.measures.gone\n", encoding="utf-8")
    command = ["-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", str(ROOT / "docs"), str(target)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.slow
def test_a_page_of_a_module_that_is_gone_does_not_stop_the_next_build(docs):
    assert not GONE.exists() and (docs / "index.html").exists()


@pytest.mark.slow
def test_no_page_loads_anything_from_elsewhere(docs):
    for page in docs.rglob("*.html"):
        loaded = re.findall(
            r"<(?:link|script|img)[^>]+(?:href|src)=\"(https?://[^\"]+)", page.read_text("utf-8")
        )
        assert not loaded, page


class _Page(HTMLParser):
    """Where a page links to, and what can be linked to on it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.links |= {own[name] for name in ("href", "src") if own.get(name)}
        self.names |= {own[name] for name in ("id", "name") if own.get(name)}


@pytest.mark.slow
def test_every_link_within_the_documentation_leads_somewhere(docs):
    pages = {page.resolve(): _Page(page.read_text("utf-8")) for page in docs.rglob("*.html")}
    for page, parsed in pages.items():
        for link in parsed.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            assert target.exists(), (page, link)
            if address.fragment and target in pages:
                assert unquote(address.fragment) in pages[target].names, (page, link)


@pytest.mark.slow
def test_the_words_before_a_colon_are_no_type(docs):
    text = re.sub(r"<[^>]+>", "", (docs / "generated/api/analysis.measures.models.html").read_text("utf-8"))
    assert "per covariate the likelihood estimate is biased: use Firth’s." in text


@pytest.mark.slow
def test_every_page_says_that_it_loads_and_runs_only_its_own(docs):
    for page in docs.rglob("*.html"):
        text = page.read_text("utf-8")
        policy = re.search(r'<head><meta http-equiv="Content-Security-Policy" content="([^"]+)">', text)[1]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert not re.search(r"unsafe|https?:|\*", rules["script-src"]), page
        allowed = set(re.findall(r"'sha256-([^']+)'", rules["script-src"]))
        scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert {b64encode(sha256(script.encode()).digest()).decode() for script in scripts} == allowed, page
        assert not re.search(r"<[^>]+ on[a-z]+=", text), page


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists() and not REQUIRED:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.slow
@pytest.mark.browser
def test_pages_have_no_accessibility_fault(docs, browser):
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for name in PAGES:
        page.goto((docs / f"{name}.html").as_uri())
        faults = [(f["id"], f["nodes"][0]["html"]) for f in Axe().run(page).response["violations"]]
        assert not faults, (name, faults)
    page.close()


#: What the keyboard has reached: its name, and whether it is in the window.
REACHED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  return [e.ariaLabel ?? e.textContent.trim(), box.right > 0 && box.left < innerWidth];
}"""


@pytest.mark.slow
@pytest.mark.browser
def test_the_drawers_of_a_narrow_window_are_for_the_keyboard_too(docs, browser):
    """At 400 per cent the contents are in drawers: they open with a key, and hide what they hold until then."""
    page = browser.new_page(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    page.goto((docs / "methods.html").as_uri())
    reached = []
    for _press in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(REACHED))
    assert all(is_seen for _name, is_seen in reached), reached
    drawers = ["Toggle site navigation sidebar", "Toggle table of contents sidebar"]
    assert {*drawers} <= {name for name, _is_seen in reached}
    opens, link = (
        page.get_by_role("button", name=drawers[0]),
        page.get_by_role("link", name="Install", exact=True),
    )
    assert not link.is_visible() and opens.get_attribute("aria-expanded") == "false"
    opens.press("Enter")
    link.wait_for(state="visible")
    assert opens.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == drawers[0]
    page.goto((docs / "search.html").as_uri())
    assert not page.get_by_role("button", name=drawers[1]).count(), (
        "a page without contents has no drawer for them"
    )
    page.close()


@pytest.mark.slow
def test_the_guide_to_writing_says_which_words_are_norwegian(docs):
    page = (docs / "style.html").read_text("utf-8")
    assert {"deltakelse", "liten distriktskommune"} <= set(re.findall(r'<td lang="nb"><p>([^<]+)</p>', page))
    assert '<em lang="nb">prosentpoeng' in page or '<td lang="nb"><p>prosentpoeng' in page
    assert not re.search(r'lang="nb"><p>(small whole number|participation)</p>', page)


@pytest.mark.slow
@pytest.mark.browser
def test_a_search_says_how_much_it_has_found(docs, browser):
    page = browser.new_page()
    page.goto((docs / "search.html").as_uri() + "?q=purchases")
    page.locator("#search-results li").first.wait_for()
    page.locator("#search-status", has_text="found").wait_for(state="attached")
    page.close()


@pytest.mark.slow
@pytest.mark.browser
def test_what_is_for_the_screen_is_not_printed(docs, browser):
    page = browser.new_page()
    page.emulate_media(media="print")
    for name in ("methods", "generated/tables"):
        page.goto((docs / f"{name}.html").as_uri())
        for part in (".skip-to-content", ".theme-toggle", ".sidebar-drawer"):
            assert not any(e.is_visible() for e in page.locator(part).all()), (name, part)
    page.close()
