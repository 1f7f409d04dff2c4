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
PAGES = ("index", "start", "methods", "generated/tables", "howto/share", "api", "changelog")


@pytest.fixture(scope="module")
def docs(_built, tmp_path_factory):
    target = tmp_path_factory.mktemp("docs")
    command = ["-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", str(ROOT / "docs"), str(target)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


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


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists() and not REQUIRED, reason="no Chromium on this machine")
def test_pages_have_no_accessibility_fault(docs):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for name in PAGES:
            page.goto((docs / f"{name}.html").as_uri())
            faults = [(f["id"], f["nodes"][0]["html"]) for f in Axe().run(page).response["violations"]]
            assert not faults, (name, faults)
        browser.close()
