"""Seconds from opening a page of the made site from disk in Chromium to its first paint.

``python benchmarks/first_paint.py [PAGE …]`` prints the best of three for each page (default: the national
page, a county's and a municipality's) and returns 1 where one takes longer than the limit.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from analysis import paths

LIMIT = 1.0
PAGES = ("nb/nasjonal.html", "nb/fylke-56-finnmark.html", "nb/kommune-3454-vang.html")
_PAINTED = """() => new Promise((done) => new PerformanceObserver((seen) => done(seen.getEntries()[0].startTime))
  .observe({type: "paint", buffered: true}))"""


def main(pages: Sequence[str]) -> int:
    """Print the seconds of each page; 1 if the limit is broken."""
    from playwright.sync_api import sync_playwright

    slowest = 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in pages or PAGES:
            times = []
            for _try in range(3):
                page = browser.new_page()
                page.goto((paths.reports() / name).as_uri())
                times.append(page.evaluate(_PAINTED) / 1000)
                page.close()
            slowest = max(slowest, min(times))
            print(f"{name:<52}{min(times):8.2f} s   (limit {LIMIT:.0f})", flush=True)
        browser.close()
    return int(slowest > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
