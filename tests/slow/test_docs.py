"""The documentation builds without a warning, needs nothing from outside, and is accessible."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

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
