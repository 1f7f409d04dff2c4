"""Building the site: execute what has changed, render what has changed, keep the record of both."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from nbformat import NotebookNode
from tqdm import tqdm

from analysis import io, paths, tables
from analysis.errors import AnalysisError
from analysis.figures.figure import frame_of
from analysis.i18n import LANGUAGES, using
from analysis.report import data, kernels, notebooks, record, render, research
from analysis.report.inputs import Snapshot
from analysis.report.page_names import page_key
from analysis.report.pages import index
from analysis.report.parallel import forked
from analysis.report.record import Entry
from analysis.report.render import Content
from analysis.report.sitemap import PageFile, frame, pages

#: Tables that say which pages there are.
_LISTS = ("counties", "municipalities", "programmes")
#: So many pages that fail alike show that the fault is not theirs.
SAME = 5


def build_site(
    only: Sequence[str] | None = None,
    progress: bool = True,
    force: bool = False,
    server: kernels.ForkServer | None = None,
    languages: Sequence[str] | None = None,
) -> list[Path]:
    """Execute the notebooks and write the pages of ``reports`` that are out of date.

    The numbers behind the figures of the English pages go to ``reports/numbers``, one CSV a figure.

    Parameters
    ----------
    only : sequence of str, optional
        Pages by key (``index``, ``national``, ``municipalities``, ``county-56``, ``notebook-04``), or counties and
        municipalities by name or code; default is all.
    progress : bool
        Show a progress bar.
    force : bool
        Execute and write also where nothing has changed.
    server : ForkServer, optional
        A process that starts kernels, where the caller has one already.
    languages : sequence of str, optional
        Codes of the languages to write; default is all.

    Returns
    -------
    list of Path
        The pages written, in the order of the site; those that were up to date are not among them.

    Raises
    ------
    AnalysisError
        An unknown page was named, or pages failed; all others are written, and of those that failed the
        last good ones stay.
    """
    every = pages()
    keys = {p.key for p in every}
    wanted = {page_key(name, keys) for name in only} if only else keys
    run = _Run(every, Snapshot())
    chosen = [p for p in every if p.key in wanted and p.language in (languages or LANGUAGES)]
    todo = chosen if force else [p for p in chosen if run.reasons(p)]
    with tqdm(total=len(todo), desc="Pages", unit="page", disable=not progress) as bar:
        try:
            failures = [*run.notebooks(todo, bar, force, server), *run.from_data(todo, bar)]
        finally:
            run.close(is_whole=not only and not languages)
    if failures:
        raise AnalysisError("\n\n".join(failures))
    return [paths.reports() / p.file for p in todo]


class _Run:
    """One run: the pages as they were, the hashes as they are, and what is written meanwhile."""

    def __init__(self, every: Sequence[PageFile], now: Snapshot) -> None:
        self.every, self.now = every, now
        self.old = record.read()
        self.new: dict[str, Entry] = {}

    def reasons(self, page: PageFile) -> list[str]:
        """Why a page must be made; empty where it is up to date."""
        entry = self.old.get(page.file)
        return record.reasons(entry, self.now, page.maker) if entry else ["not made yet"]

    def keep(self, page: PageFile, files: Sequence[Path], read: Sequence[str]) -> None:
        """Record a page that has been written."""
        inputs, tables_read = page.maker.inputs(self.now), self.now.of_tables({*read, *_LISTS})
        self.new[page.file] = Entry(
            page.key, page.language, page.maker, inputs, tables_read, record.states(files)
        )

    def notebooks(
        self, todo: Sequence[PageFile], bar: tqdm, force: bool, server: kernels.ForkServer | None
    ) -> list[str]:
        """Execute what must be executed, write the pages; returns what failed."""
        of_job: dict[str, list[PageFile]] = {}
        for page in todo:
            if page.job:
                of_job.setdefault(page.job.label, []).append(page)

        def done(job: notebooks.Job, notebook: NotebookNode, read: Sequence[str]) -> None:
            for page in of_job[job.label]:
                with using(page.language):
                    make = research.of_notebook if page.is_research else render.of_notebook
                    self.keep(page, write_page(page, make(notebook), self.every), read)
                bar.update()

        jobs = {page.job.label: page.job for page in todo if page.job}
        return notebooks.run_all(
            list(jobs.values()), done, self.now, force=force, server=server, tell=bar.set_postfix_str
        )

    def from_data(self, todo: Sequence[PageFile], bar: tqdm) -> list[str]:
        """Write the pages that need no notebook, in as many processes as there are cores; returns what failed.

        What fails alike for :data:`SAME` pages would fail for hundreds: the others are then not tried.
        """
        listed = [page for page in todo if page.content]
        if not listed:
            return []
        listed.sort(key=lambda page: page.key != "index")  # with the poster it takes longest
        bar.set_postfix_str("from the tables")
        failed: dict[str, list[str]] = {}
        with tempfile.TemporaryDirectory(prefix="analysis-") as folder, io.texts_of_python():
            reads = Path(folder) / "tables"
            with _told_reads(reads):
                country = data.load()

                def make(page: PageFile) -> list[str]:
                    assert page.content
                    with using(page.language):
                        written = write_page(page, page.content(country), self.every)
                    return [str(path) for path in written]

                made = []
                with closing(forked(make, listed, os.cpu_count() or 1)) as results:
                    for page, files, error in results:
                        bar.update()
                        if not error:
                            made.append((page, [Path(name) for name in files or ()]))
                            continue
                        failed.setdefault(error, []).append(page.file)
                        if len(failed[error]) == SAME:
                            break
            read = reads.read_text(encoding="utf-8").split()
        for page, written in made:
            self.keep(page, written, read)
        untried = len(listed) - len(made) - sum(map(len, failed.values()))
        rest = [f"{untried} more pages were not tried after that."] if untried else []
        return [f"Not made: {', '.join(files)}\n{error}" for error, files in failed.items()] + rest

    def close(self, is_whole: bool) -> None:
        """Write the record; after a run of all pages also remove those that the site no longer has."""
        there = {page.file for page in self.every}
        gone = [name for name in self.old if name not in there and name != record.LIST]
        entries = {name: one for name, one in self.old.items() if name in there} | self.new
        if is_whole:
            for file in {file for name in gone for file in self.old[name].files}:
                (paths.reports() / file).unlink(missing_ok=True)
            start = io.write_atomically(paths.reports() / "index.html", index.redirect())
            listing = record.Maker(module="analysis.report.sitemap")
            inputs, tables_read = listing.inputs(self.now), self.now.of_tables(_LISTS)
            entries[record.LIST] = Entry(
                record.LIST, "", listing, inputs, tables_read, record.states([start])
            )
        record.write(entries)


@contextmanager
def _told_reads(file: Path) -> Iterator[None]:
    """Have the names of the tables that are loaded written to a file, by forked processes too."""
    before = os.environ.get(tables.READS_VARIABLE)
    os.environ[tables.READS_VARIABLE] = str(file)
    try:
        yield
    finally:
        if before is None:
            del os.environ[tables.READS_VARIABLE]
        else:
            os.environ[tables.READS_VARIABLE] = before


def write_page(page: PageFile, content: Content, every: Sequence[PageFile]) -> list[Path]:
    """Write a page below ``reports``; of an English one also the numbers behind its figures, of others pictures.

    Returns
    -------
    list of Path
        The page, then the other files written for it.
    """
    files = [_put(paths.reports() / page.file, render.html(content, frame(page, every)).encode())]
    files += [_put(paths.reports() / name, made) for name, made in content.files.items()]
    if page.language == "en":
        folder = paths.reports() / "numbers" / page.key
        for figure in content.figures:
            path = folder / f"{figure['name']}.csv"
            files.append(_put(path, io.csv_text(frame_of(figure)).encode()))
        for old in set(folder.glob("*.csv")) - set(files):
            old.unlink()
    else:
        files += write_pictures(page.key, content)
    return files


def write_pictures(key: str, content: Content) -> list[Path]:
    """Write the figures of the national report and the maps of the counties to ``reports/figures``, as SVG.

    Returns
    -------
    list of Path
        The files; pictures of this page that it no longer has are removed.
    """
    if key != "national" and not key.startswith("county-"):
        return []
    folder = paths.reports() / "figures"
    shown = [figure for figure in content.figures if key == "national" or figure["is_map"]]
    files = [io.write_atomically(folder / f"{key}-{f['name']}.svg", f["svg"]) for f in shown]
    for old in set(folder.glob(f"{key}-*.svg")) - set(files):
        old.unlink()
    return files


def _put(path: Path, content: bytes) -> Path:
    """Write a file whole, unless it holds just that already."""
    if path.is_file() and path.read_bytes() == content:
        return path
    return io.write_atomically(path, content, durable=False)
