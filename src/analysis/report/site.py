"""All pages of the site: which there are, how they link, and building them."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nbformat import NotebookNode
from tqdm import tqdm

from analysis import paths
from analysis.errors import AnalysisError
from analysis.i18n import LANGUAGES, _, using
from analysis.report import data, render
from analysis.report import notebooks as execute
from analysis.report.pages import finder
from analysis.report.pages import index as front
from analysis.report.urls import COUNTY, INDEX, LANGUAGE_NAMES, MUNICIPALITIES, NATIONAL, county_file


@dataclass(frozen=True)
class Page:
    """One page: its key (``national``, ``county-56``), language, file below ``reports``, and its maker.

    A page is made by a notebook (``job``) or straight from the data (``body``, which gives its HTML).
    """

    key: str
    language: str
    file: str
    job: execute.Job | None = None
    body: Callable[[data.Data], str] | None = None
    scripts: tuple[str, ...] = ("map.js",)


@cache
def _counties() -> tuple[tuple[str, str], ...]:
    from analysis import tables

    frame = tables.load("counties").sort_values("county_code")
    return tuple(zip(frame["county_code"], frame["county_name"], strict=True))


def pages() -> list[Page]:
    """Every page of the site, in both languages, in the order of a reader."""
    books = paths.notebooks()
    made = []
    for code in LANGUAGES:
        made += [
            Page("index", code, f"{code}/{INDEX}", body=front.body),
            Page(
                "national",
                code,
                f"{code}/{NATIONAL[code]}",
                execute.Job(books / "report_national.ipynb", {"language": code}),
            ),
            Page(
                "municipalities",
                code,
                f"{code}/{MUNICIPALITIES[code]}",
                body=finder.body,
                scripts=("finder.js",),
            ),
        ]
        made += [
            Page(
                f"county-{county}",
                code,
                f"{code}/{county_file(code, county, name)}",
                execute.Job(books / "report_county.ipynb", {"language": code, "county": county}),
            )
            for county, name in _counties()
        ]
    return made


def build_site(only: Sequence[str] | None = None, progress: bool = True) -> list[Path]:
    """Execute the notebooks side by side and write the pages into ``reports``.

    ``only`` names pages by their keys (``index``, ``national``, ``municipalities``, ``county-56``);
    default is all. The numbers behind the figures go to ``reports/numbers``, one CSV a figure. Returns
    the pages written, in the order of the site.

    Raises:
        AnalysisError: an unknown page was named, or a notebook failed; finished pages stay.
    """
    every = pages()
    unknown = sorted(set(only or ()) - {p.key for p in every})
    if unknown:
        known = ", ".join(dict.fromkeys(p.key for p in every))
        raise AnalysisError(f"No such page: {', '.join(unknown)}. There are: {known}.")
    chosen = [p for p in every if not only or p.key in only]
    by_job = {id(p.job): p for p in chosen if p.job}
    written = {}
    with tqdm(total=len(chosen), desc="Rendering pages", unit="page", disable=not progress) as bar:

        def keep(page: Page, text: str) -> None:
            written[page.file] = write(page.file, text)
            if page.language == "en":
                write_numbers(page.key, text)
            bar.update()

        def done(job: execute.Job, notebook: NotebookNode) -> None:
            page = by_job[id(job)]
            with using(page.language):
                keep(page, render.from_notebook(notebook, frame(page, every)))

        execute.run_all([p.job for p in chosen if p.job], done)
        country = data.load() if any(p.body for p in chosen) else None
        for page in chosen:
            if page.body and country:
                with using(page.language):
                    keep(page, render.from_body(page.body(country), frame(page, every)))
    write("index.html", front.door())
    return [written[p.file] for p in chosen]


def write(file: str, text: str) -> Path:
    """Put a page below ``reports``, whole or not at all."""
    path = paths.reports() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
    return path


def write_numbers(key: str, text: str) -> None:
    """The numbers behind a page's figures as CSV files that a review can read: which numbers moved?"""
    folder = paths.reports() / "numbers" / key
    found = re.findall(
        r'<figure class="figure" id="figure-([^"]+)">.*?href="data:text/csv[^,]*,([^"]+)"', text, flags=re.S
    )
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, coded in found:
        write(f"numbers/{key}/{name}.csv", base64.b64decode(coded).decode("utf-8-sig"))


def frame(page: Page, every: Sequence[Page]) -> render.Frame:
    """The links and closing lines around a page."""
    other = next(code for code in LANGUAGES if code != page.language)
    twin = next(p for p in every if p.key == page.key and p.language == other)
    return render.Frame(
        language=page.language,
        home=INDEX,
        scripts=page.scripts,
        has_contents=page.job is not None,
        links=[
            (_("National report"), NATIONAL[page.language], "", page.key == "national"),
            (_("Counties"), f"{INDEX}#{COUNTY[page.language]}", "", False),
            (_("Municipalities"), MUNICIPALITIES[page.language], "", page.key == "municipalities"),
            (LANGUAGE_NAMES[other], f"../{twin.file}", other, False),
        ],
        footer=[
            _("Made from open data. Boundaries: Kartverket, CC BY 4.0. Statistics: SSB, CC BY 4.0."),
            _("Everything on this page is in the file itself: it can be saved, mailed and printed."),
        ],
    )
