"""All pages of the site: which there are, how they link, and building them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from tqdm import tqdm

from analysis import paths
from analysis.errors import AnalysisError
from analysis.language import LANGUAGES, _, using
from analysis.report import execute, render

NATIONAL = {"nb": "nasjonal.html", "en": "national.html"}


@dataclass(frozen=True)
class Page:
    """One page: its key (``national``, ``county-56``), language, file below ``reports`` and notebook job."""

    key: str
    language: str
    file: str
    job: execute.Job


def pages() -> list[Page]:
    """Every page that a notebook makes, in both languages."""
    national = paths.notebooks() / "report_national.ipynb"
    return [
        Page("national", code, f"{code}/{NATIONAL[code]}", execute.Job(national, {"language": code}))
        for code in LANGUAGES
    ]


def build_site(only: Sequence[str] | None = None, progress: bool = True) -> list[Path]:
    """Execute the notebooks side by side and write the pages into ``reports``.

    ``only`` names pages by their keys (``national``, ``county-56``); default is all. Returns the files
    written, in the order of the site.

    Raises:
        AnalysisError: an unknown page was named, or a notebook failed; finished pages stay.
    """
    every = pages()
    unknown = sorted(set(only or ()) - {p.key for p in every})
    if unknown:
        raise AnalysisError(
            f"No such page: {', '.join(unknown)}. There are: {', '.join(dict.fromkeys(p.key for p in every))}."
        )
    chosen = [p for p in every if not only or p.key in only]
    by_job = {id(p.job): p for p in chosen}
    written: dict[str, Path] = {}
    with tqdm(total=len(chosen), desc="Rendering pages", unit="page", disable=not progress) as bar:

        def done(job: execute.Job, notebook: NotebookNode) -> None:
            page = by_job[id(job)]
            with using(page.language):
                written[page.file] = write(page.file, render.from_notebook(notebook, frame(page, every)))
            bar.update()

        execute.run_all([p.job for p in chosen], done)
    return [written[p.file] for p in chosen]


def write(file: str, text: str) -> Path:
    """Put a page below ``reports``, whole or not at all."""
    path = paths.reports() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
    return path


def frame(page: Page, every: Sequence[Page]) -> render.Frame:
    """The links and closing lines around a page."""
    other = next(code for code in LANGUAGES if code != page.language)
    twin = next(p for p in every if p.key == page.key and p.language == other)
    names = {"nb": "Norsk bokmål", "en": "English"}
    home = NATIONAL[page.language]
    return render.Frame(
        language=page.language,
        home=home,
        links=[
            (_("National report"), home, "", page.key == "national"),
            (names[other], f"../{twin.file}", other, False),
        ],
        footer=[
            _("Made from open data. Boundaries: Kartverket, CC BY 4.0. Statistics: SSB, CC BY 4.0."),
            _("Everything on this page is in the file itself: it can be saved, mailed and printed."),
        ],
    )
