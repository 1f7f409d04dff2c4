"""What a chart or map is to a page: drawing, title, words for those who don't see it, source and data."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.i18n import _, current

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Figure:
    """A finished figure; a notebook shows it, a page prints it.

    ``title`` states the finding, ``subtitle`` what is plotted, ``alt`` says the same to a screen
    reader, ``coverage`` says in plain words what the data behind it leave out (empty for a census).
    ``art`` is the inline drawing and ``table`` the same numbers as an HTML table (may be empty where
    the rows are too many to read). ``data`` becomes the CSV that the reader can download.
    """

    name: str
    title: str
    subtitle: str
    art: str
    alt: str
    source: str
    data: pd.DataFrame
    coverage: str = ""
    table: str = ""
    is_map: bool = False

    def _repr_html_(self) -> str:
        return self.html()

    def html(self, number: str = "") -> str:
        """The figure as an HTML ``figure``; ``number`` (as "Figure 3") stands over its title."""
        role = "group" if self.is_map else "img"
        source = escape(_("Source: {source}.", source=self.source.rstrip(".")))
        parts = [f'<figure class="figure" id="figure-{self.name}"><figcaption>']
        if number:
            parts.append(f'<p class="number">{escape(number)}</p>')
        parts.append(
            f'<h3>{prose(self.title)}</h3><p class="subtitle">{prose(self.subtitle)}</p></figcaption>'
            f'<div class="art" role="{role}" aria-label="{escape(self.alt)}">{self.art}</div>'
        )
        if self.coverage:
            parts.append(f'<p class="coverage">{prose(self.coverage)}</p>')
        if self.table:
            summary = escape(_("Show the numbers as a table"))
            parts.append(f"<details><summary>{summary}</summary>{self.table}</details>")
        link = download(self.data, self.name)
        parts.append(f'<p class="source"><span>{source}</span> {link}</p></figure>')
        return "".join(parts)


def prose(text: str) -> str:
    """Text for running prose: escaped, and no line break inside an interval such as 4–6."""
    return escape(re.sub(r"(?<=\d)–(?=\d)", "–\u2060", text))


def csv(data: pd.DataFrame) -> str:
    """A frame as CSV that opens right in a spreadsheet set to the reader's language.

    nb: semicolon between fields and decimal comma; en: comma and decimal point. A text that a
    spreadsheet would run as a formula gets an apostrophe in front.
    """
    safe = data.copy()
    for column in safe.columns:
        if safe[column].dtype.kind not in "biufM":
            safe[column] = safe[column].map(_harmless, na_action="ignore")
    mark = {"sep": ";", "decimal": ","} if current() == "nb" else {"sep": ",", "decimal": "."}
    return safe.to_csv(index=False, float_format="%.10g", lineterminator="\n", **mark)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def download(data: pd.DataFrame, name: str, label: str = "") -> str:
    """A link that saves the frame as ``name.csv`` from within the page, no server needed."""
    text = label or _("Download the data (CSV, {n} rows)", n=len(data))
    coded = base64.b64encode(("\ufeff" + csv(data)).encode()).decode()
    return (
        f'<a class="download" download="{escape(name)}.csv" href="data:text/csv;charset=utf-8;base64,{coded}">'
        f"{escape(text)}</a>"
    )
