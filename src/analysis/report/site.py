"""All pages of the site: which there are, how they link, and building them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from nbformat import NotebookNode
from tqdm import tqdm

from analysis import io, paths
from analysis.errors import AnalysisError
from analysis.figures.figure import frame_of
from analysis.i18n import LANGUAGES, _, using
from analysis.report import data, notebooks, render
from analysis.report.pages import finder, index, municipality, programme, programme_list
from analysis.report.render import Content, Frame, Link
from analysis.report.urls import (
    COUNTY,
    INDEX,
    LANGUAGE_NAMES,
    MUNICIPALITIES,
    NATIONAL,
    PROGRAMMES,
    county_file,
    municipality_file,
    programme_file,
)


@dataclass(frozen=True)
class PageFile:
    """One page of the site.

    Parameters
    ----------
    key, language : str
        Its name on the command line (``national``, ``county-56``), and its language.
    file : str
        Its path below ``reports``.
    job : Job, optional
        The notebook that makes it.
    content : callable, optional
        Makes it straight from the data, where no notebook does.
    scripts, styles : tuple of str
        Scripts and style sheets (besides ``page.css``) of the template folder that it uses.
    """

    key: str
    language: str
    file: str
    job: notebooks.Job | None = None
    content: Callable[[data.Data], Content] | None = None
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@cache
def _counties() -> tuple[tuple[str, str], ...]:
    from analysis import tables

    frame = tables.load("counties").sort_values("county_code")
    return tuple(zip(frame["county_code"], frame["county_name"], strict=True))


@cache
def _profiles() -> tuple[tuple[str, str, str], ...]:
    """Kind, code and name of every page that is about one municipality or programme."""
    from analysis import tables

    places = tables.load("municipalities").sort_values("municipality_code")
    programmes = tables.load("programmes")["programme_id"]
    return (
        *(
            ("municipality", code, name)
            for code, name in zip(places["municipality_code"], places["municipality_name"], strict=True)
        ),
        *(("programme", code, "") for code in programmes),
    )


def _profile_pages(code: str) -> list[PageFile]:
    """The pages of municipalities and programmes, and the list of programmes, in one language."""
    made = [
        PageFile(
            "programmes",
            code,
            f"{code}/{PROGRAMMES[code]}",
            content=programme_list.content,
            styles=("profile.css",),
        )
    ]
    for kind, key, name in _profiles():
        make: Callable[..., Content]
        if kind == "municipality":
            file, make = municipality_file(code, key, name), partial(municipality.content, code=key)
        else:
            file, make = programme_file(code, key), partial(programme.content, programme_id=key)
        made.append(PageFile(f"{kind}-{key}", code, f"{code}/{file}", content=make, styles=("profile.css",)))
    return made


def pages() -> list[PageFile]:
    """Every page of the site, in both languages, in the order of a reader."""
    made = []
    for code in LANGUAGES:
        national, finder_file = f"{code}/{NATIONAL[code]}", f"{code}/{MUNICIPALITIES[code]}"
        made += [
            PageFile(
                "index",
                code,
                f"{code}/{INDEX}",
                content=index.content,
                scripts=("search.js", "front.js"),
                styles=("front.css",),
            ),
            PageFile("national", code, national, _job("national", language=code)),
            PageFile(
                "municipalities",
                code,
                finder_file,
                content=finder.content,
                scripts=("search.js", "sort.js", "finder.js"),
                styles=("front.css",),
            ),
        ]
        for county, name in _counties():
            job = _job("county", language=code, county=county)
            file = f"{code}/{county_file(code, county, name)}"
            scripts, styles = ("sort.js", "compare.js"), ("county.css",)
            made.append(PageFile(f"county-{county}", code, file, job, scripts=scripts, styles=styles))
        made += _profile_pages(code)
    return made


def _job(name: str, **parameters: object) -> notebooks.Job:
    return notebooks.Job(paths.notebooks() / f"report_{name}.ipynb", parameters)


def build_site(only: Sequence[str] | None = None, progress: bool = True, force: bool = False) -> list[Path]:
    """Execute the notebooks whose inputs have changed and write the pages into ``reports``.

    The numbers behind the figures of the English pages go to ``reports/numbers``, one CSV a figure.

    Parameters
    ----------
    only : sequence of str, optional
        Keys of pages (``index``, ``national``, ``municipalities``, ``county-56``); default is all, and the
        research notebooks are then executed too.
    progress : bool
        Show a progress bar.
    force : bool
        Execute also notebooks of which nothing has changed.

    Returns
    -------
    list of Path
        The pages written, in the order of the site.

    Raises
    ------
    AnalysisError
        An unknown page was named, or a notebook failed; finished pages stay.
    """
    every = pages()
    unknown = sorted(set(only or ()) - {p.key for p in every})
    if unknown:
        known = ", ".join(dict.fromkeys(re.sub(r"(?<=municipality-).*", "3454 …", p.key) for p in every))
        raise AnalysisError(f"No such page: {', '.join(unknown)}. There are: {known}.")
    chosen = [p for p in every if not only or p.key in only]
    by_job = {id(p.job): p for p in chosen if p.job}
    research = [] if only else notebooks.research_jobs()
    written = {}
    total = len(chosen) + len(research)
    with tqdm(total=total, desc="Executing notebooks, writing pages", disable=not progress) as bar:

        def keep(page: PageFile, content: Content) -> None:
            written[page.file] = write_page(page, content, every)
            bar.update()

        def done(job: notebooks.Job, notebook: NotebookNode) -> None:
            page = by_job.get(id(job))
            if page is None:
                bar.update()
                return
            with using(page.language):
                keep(page, render.of_notebook(notebook))

        failure = None
        try:
            notebooks.run_all([*research, *(p.job for p in chosen if p.job)], done, force=force)
        except AnalysisError as error:
            failure = error  # the pages that need no notebook come all the same
        country = data.load() if any(p.content for p in chosen) else None
        for page in chosen:
            if page.content and country:
                with using(page.language):
                    keep(page, page.content(country))
    io.write_atomically(paths.reports() / "index.html", index.redirect())
    if failure:
        raise failure
    return [written[p.file] for p in chosen]


def write_page(page: PageFile, content: Content, every: Sequence[PageFile]) -> Path:
    """Write a page below ``reports``; of an English one also the numbers behind its figures."""
    if page.language == "en":
        folder = paths.reports() / "numbers" / page.key
        for old in folder.glob("*.csv"):
            old.unlink()
        for figure in content.figures:
            io.write_atomically(folder / f"{figure['name']}.csv", io.csv_text(frame_of(figure)))
    return io.write_atomically(paths.reports() / page.file, render.html(content, frame(page, every)))


def frame(page: PageFile, every: Sequence[PageFile]) -> Frame:
    """The links and closing lines around a page."""
    other = next(code for code in LANGUAGES if code != page.language)
    twin = next(p for p in every if p.key == page.key and p.language == other)
    return Frame(
        language=page.language,
        home=INDEX,
        scripts=page.scripts,
        styles=page.styles,
        links=[
            Link(_("National report"), NATIONAL[page.language], is_current=page.key == "national"),
            Link(_("Counties"), f"{INDEX}#{COUNTY[page.language]}"),
            Link(_("Municipalities"), MUNICIPALITIES[page.language], is_current=page.key == "municipalities"),
            Link(_("Programmes"), PROGRAMMES[page.language], is_current=page.key == "programmes"),
            Link(LANGUAGE_NAMES[other], f"../{twin.file}", language=other),
        ],
        footer=[
            _("Made from open data. Boundaries: Kartverket, CC BY 4.0. Statistics: SSB, CC BY 4.0."),
            _("Everything on this page is in the file itself: it can be saved, mailed and printed."),
        ],
    )
