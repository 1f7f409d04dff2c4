"""Which pages the site has, what makes each, and how they link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from analysis import paths, tables
from analysis.i18n import LANGUAGES, N_, _
from analysis.report import data, narrowed, notebooks
from analysis.report.pages import (
    accessibility,
    finder,
    index,
    municipality,
    notebook_list,
    programme,
    programme_list,
)
from analysis.report.record import Maker
from analysis.report.render import Content, Frame, Link
from analysis.report.urls import (
    ACCESSIBILITY,
    COUNTY,
    INDEX,
    LANGUAGE_NAMES,
    MUNICIPALITIES,
    NATIONAL,
    NOTEBOOKS,
    PROGRAMMES,
    SELECTION,
    county_file,
    municipality_file,
    notebook_file,
    programme_file,
)

OPEN_DATA = N_("Made from open data. Boundaries: Kartverket, CC BY 4.0. Statistics: SSB, CC BY 4.0.")
IN_ITSELF = N_("Everything on this page is in the file itself: it can be saved, mailed and printed.")


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
    reads : tuple of str
        Files below the project's folder that ``content`` reads besides tables.
    is_research : bool
        The notebook is shown as it was executed, with its code.
    """

    key: str
    language: str
    file: str
    job: notebooks.Job | None = None
    content: Callable[[data.Data], Content] | None = None
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    is_research: bool = False

    @property
    def maker(self) -> Maker:
        """What makes it, as the record of pages knows it."""
        if self.job:
            return Maker(self.job.notebook.name, self.job.parameters)
        function = self.content.func if isinstance(self.content, partial) else self.content
        return Maker(module=str(getattr(function, "__module__", "")), reads=self.reads)


def pages() -> list[PageFile]:
    """Every page of the site, in both languages, in the order of a reader."""
    counties = tables.load("counties").sort_values("county_code")
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
        for county, name in zip(counties["county_code"], counties["county_name"], strict=True):
            job = _job("county", language=code, county=county)
            file = f"{code}/{county_file(code, county, name)}"
            scripts, styles = ("sort.js", "compare.js"), ("county.css",)
            made.append(PageFile(f"county-{county}", code, file, job, scripts=scripts, styles=styles))
        made += _profile_pages(code) + _research_pages(code)
        statement = f"{code}/{ACCESSIBILITY[code]}"
        made.append(PageFile("accessibility", code, statement, content=accessibility.content))
        choice = narrowed.chosen()
        if choice.is_selection:
            job = _job("selection", language=code, **choice.parameters)
            made.append(PageFile("selection", code, f"{code}/{SELECTION[code]}", job))
    return made


def _job(name: str, **parameters: object) -> notebooks.Job:
    return notebooks.Job(paths.notebooks() / f"report_{name}.ipynb", parameters)


def _profile_pages(code: str) -> list[PageFile]:
    """The pages of municipalities and programmes, and the list of programmes, in one language."""
    places = tables.load("municipalities").sort_values("municipality_code")
    programmes = tables.load("programmes")["programme_id"]
    styles = ("profile.css",)
    listed = f"{code}/{PROGRAMMES[code]}"
    made = [PageFile("programmes", code, listed, content=programme_list.content, styles=styles)]
    for key, name in zip(places["municipality_code"], places["municipality_name"], strict=True):
        make, file = partial(municipality.content, code=key), municipality_file(code, key, name)
        made.append(PageFile(f"municipality-{key}", code, f"{code}/{file}", content=make, styles=styles))
    for key in programmes:
        make, file = partial(programme.content, programme_id=key), programme_file(code, key)
        made.append(PageFile(f"programme-{key}", code, f"{code}/{file}", content=make, styles=styles))
    return made


def _research_pages(code: str) -> list[PageFile]:
    """The executed research notebooks and their list, in one language's frame."""
    jobs, file = notebooks.research_jobs(), f"{code}/{NOTEBOOKS[code]}"
    reads = tuple(f"notebooks/{job.notebook.name}" for job in jobs)
    return [
        PageFile("notebooks", code, file, content=notebook_list.content, reads=reads),
        *(
            PageFile(
                f"notebook-{job.notebook.stem.split('_')[0]}",
                code,
                f"{code}/{notebook_file(code, job.notebook.stem)}",
                job,
                styles=("research.css",),
                is_research=True,
            )
            for job in jobs
        ),
    ]


def frame(page: PageFile, every: Sequence[PageFile]) -> Frame:
    """The links and closing lines around a page."""
    other = next(code for code in LANGUAGES if code != page.language)
    twin = next(p for p in every if p.key == page.key and p.language == other)
    to_twin = Link(LANGUAGE_NAMES[other], f"../{twin.file}", language=other)
    if page.key == "selection":  # it lies in a folder of its own, without the pages of the whole report
        home = SELECTION[page.language]
        closing = [_(OPEN_DATA), _(IN_ITSELF)]
        return Frame(page.language, home, page.file, [to_twin], narrowed.notice(), closing)
    return Frame(
        language=page.language,
        home=INDEX,
        file=page.file,
        scripts=page.scripts,
        styles=page.styles,
        notice=narrowed.notice(),
        links=[
            Link(_("National report"), NATIONAL[page.language], is_current=page.key == "national"),
            Link(_("Counties"), f"{INDEX}#{COUNTY[page.language]}"),
            Link(_("Municipalities"), MUNICIPALITIES[page.language], is_current=page.key == "municipalities"),
            Link(_("Programmes"), PROGRAMMES[page.language], is_current=page.key == "programmes"),
            to_twin,
        ],
        footer=[
            Markup('<a href="{}">{}</a>').format(
                NOTEBOOKS[page.language], _("The analyses behind the reports")
            ),
            _(OPEN_DATA),
            _(IN_ITSELF),
        ],
    )
