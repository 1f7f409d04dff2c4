"""The page that a report notebook writes, cell by cell: headings, sentences, figures, tables, downloads.

Each call shows one block as the cell's output: HTML for a reader in JupyterLab, and beside it what the
block is (title, heading, figure with its data) as JSON, from which :mod:`analysis.report.render` makes the
page. All text is escaped, so that a name from a register can hold anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import i18n, io
from analysis.figures.figure import Figure
from analysis.figures.html_table import html_table
from analysis.figures.markup import download, hyphenated, notebook_style, unbroken
from analysis.i18n import _, filled, ngettext, number

MIME = "application/vnd.analysis.page+json"
"""Under this type a cell hands on what its block is to the page."""


class Page:
    """A page in one language, written from top to bottom.

    Parameters
    ----------
    language : str
        ``nb`` or ``en``; every text and number from here on is in it.
    kicker : str
        Message above the title: what kind of page this is.
    """

    def __init__(self, language: str, kicker: str = "") -> None:
        i18n.use(language)
        self._figures = 0
        self._anchors: set[str] = set()
        self._display({"text/html": str(notebook_style()), MIME: {"kind": "style"}})  # not part of the page
        if kicker:
            self._show(Markup('<p class="kicker">{}</p>').format(_(kicker)))

    def title(self, text: str) -> None:
        """The page's title: the finding, or whom the page is about."""
        said = text.replace("\u00ad", "")
        self._show(Markup("<h1>{}</h1>").format(hyphenated(unbroken(text))), kind="title", text=said)

    def lead(self, *sentences: str) -> None:
        """The finding, set larger than the rest."""
        said = [s for s in sentences if s]
        paragraphs = (Markup('<p class="lead">{}</p>').format(unbroken(s)) for s in said)
        self._show(Markup("").join(paragraphs), kind="lead", text=" ".join(said[:1]))

    def heading(self, text: str) -> None:
        """A section; the contents list is made of these."""
        anchor = self._anchor(text)
        self._show(Markup('<h2 id="{}">{}</h2>').format(anchor, text), kind="heading", text=text, id=anchor)

    def subheading(self, text: str) -> None:
        """A part of a section."""
        self._show(Markup("<h3>{}</h3>").format(text))

    def say(self, text: str, **values: object) -> None:
        """A paragraph made of a translated message and the numbers in it."""
        self._show(Markup("<p>{}</p>").format(unbroken(filled(text, **values))))

    def note(self, text: str, **values: object) -> None:
        """A paragraph that the reader should not miss, set apart."""
        self._show(Markup('<p class="note">{}</p>').format(unbroken(filled(text, **values))))

    def facts(self, *pairs: tuple[str, int]) -> None:
        """Key figures: (what it is, the number)."""
        item = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
        items = (item.format(name, number(n)) for name, n in pairs)
        self._show(Markup('<dl class="facts">{}</dl>').format(Markup("").join(items)))

    def paragraphs(self, sentences: Sequence[str]) -> None:
        """Sentences that the data may leave out, together as one paragraph; nothing where there are none."""
        if sentences:
            self.say(" ".join(sentences))

    def bullets(self, items: Sequence[str]) -> None:
        """A list of sentences."""
        listed = (Markup("<li>{}</li>").format(unbroken(item)) for item in items)
        self._show(Markup("<ul>{}</ul>").format(Markup("").join(listed)))

    def show(self, figure: Figure | None) -> None:
        """A figure with its running number; nothing where the data give none."""
        if figure is not None:
            self._figures += 1
            self._display(figure.bundle(_("Figure {n}", n=self._figures)))

    def table(
        self,
        frame: pd.DataFrame,
        caption: str,
        *,
        links: dict[str, str] | None = None,
        numeric: tuple[str, ...] = (),
    ) -> None:
        """A table of ready-made texts (see :func:`~analysis.figures.html_table.html_table`); nothing if empty."""
        if not frame.empty:
            self._show(html_table(frame, caption, links=links, numeric=numeric))

    def block(self, html: Markup) -> None:
        """A block made from one of the report's own templates."""
        self._show(html)

    def hidden_heading(self, text: str) -> None:
        """A heading for readers who hear the page, where the eye needs none; it is not in the contents."""
        self._show(Markup('<h2 class="visually-hidden">{}</h2>').format(text))

    def downloads(self, frames: Sequence[tuple[str, str, pd.DataFrame]]) -> None:
        """Links that save whole tables: (file name without ending, what it is, frame)."""
        links = (
            Markup("<li>{}</li>").format(download(frame, name, _rows(what, len(frame))))
            for name, what, frame in frames
        )
        self._show(Markup('<ul class="downloads">{}</ul>').format(Markup("").join(links)))

    def _anchor(self, text: str) -> str:
        """An id for a heading, unique on the page."""
        base = io.slug(text, default="section")
        anchor, k = base, 2
        while anchor in self._anchors:
            anchor, k = f"{base}-{k}", k + 1
        self._anchors.add(anchor)
        return anchor

    def _show(self, html: Markup, **structured: str) -> None:
        self._display({"text/html": str(html), **({MIME: structured} if structured else {})})

    def _display(self, bundle: dict[str, Any]) -> None:
        from IPython.display import display

        display(bundle, raw=True)


def _rows(what: str, n: int) -> str:
    """What a link downloads and how much of it."""
    return ngettext("{what} (CSV, {n} row)", "{what} (CSV, {n} rows)", n, what=what, n=n)
