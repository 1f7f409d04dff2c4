"""HTML from templates: every text is escaped, messages are translated inside the template."""

from __future__ import annotations

import base64
import re
from collections.abc import Container
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from analysis.figures.columns import readable
from analysis.i18n import N_, _, current, ngettext
from analysis.io import csv_text

TEMPLATES = Path(__file__).parent / "templates"
LICENCE = N_("Licence: CC BY 4.0. Source: {source}.")
REGISTER = N_("Register of municipal participation")

#: Ends of the first parts of words that are too long for a phone's width in a heading or the head of a column.
_JOINTS = re.compile(
    r"(?i)(?<!\w)(?:(?:innovasjons|tilgjengelighets|distrikts|forsknings)(?=\w{6})|(?:participa|municipali)(?=ti)|(?:procure|develop|docu)(?=ment)|expendi(?=ture)|anskaf(?=fels)|doku(?=ment))"
)


@cache
def environment(*folders: Path) -> Environment:
    """The template environment of the given folders, this room's own templates included.

    Templates know ``_`` and ``ngettext``, the filter ``unbroken`` for running text, and ``in_language`` for foreign parts.
    """
    made = Environment(loader=FileSystemLoader([*folders, TEMPLATES]), autoescape=True)
    made.globals.update(_=_, ngettext=ngettext)
    made.filters.update(unbroken=unbroken, in_language=in_language, hyphenated=hyphenated)
    return made


def render(template: str, **context: object) -> Markup:
    """One of this room's templates, filled in."""
    return Markup(environment().get_template(template).render(**context))


def notebook_style() -> Markup:
    """What the pages' style sheet does for them, for the same blocks in JupyterLab."""
    return Markup("<style>{}</style>").format(Markup((TEMPLATES / "notebook.css").read_text("utf-8")))


def unbroken(text: str) -> str:
    """The text with no line break inside an interval such as 4–6."""
    return re.sub(r"(?<=\d)–(?=\d)", "–\u2060", text)


def hyphenated(text: str) -> str:
    """The text with soft hyphens in long compounds, so that a heading fits a phone.

    Examples
    --------
    >>> hyphenated("Tilgjengelighetserklæring") == "Tilgjengelighets\\u00aderklæring"
    True
    """
    return _JOINTS.sub("\\g<0>\u00ad", text)


def in_language(text: str, language: str) -> Markup:
    """The text, marked with its language where that is not the page's (WCAG 3.1.2).

    Parameters
    ----------
    text : str
    language : str
        ``nb``, ``en`` or another code; nothing where it is unknown, or for a name.

    Examples
    --------
    >>> in_language("Ålesund kommune", "nb")  # on an English page
    Markup('<span lang="nb">Ålesund kommune</span>')
    >>> in_language("GreenCharge", "")
    Markup('GreenCharge')
    """
    if not language or language == current():
        return Markup("{}").format(text)
    return Markup('<span lang="{}">{}</span>').format(language, text)


def told_apart(name: str, what: str, others: Container[str]) -> Markup:
    """A name as a link's text; where others have the same, what it is of is read aloud with it (WCAG 2.4.9).

    Examples
    --------
    >>> told_apart("Oslo", "county", {"Oslo", "Vang"})
    Markup('Oslo<span class="visually-hidden"> (county)</span>')
    >>> told_apart("Innlandet", "county", {"Oslo", "Vang"})
    Markup('Innlandet')
    """
    aside = Markup('<span class="visually-hidden"> ({})</span>').format(what) if name in others else ""
    return Markup("{}{}").format(name, aside)


def reader_csv(data: pd.DataFrame, source: str = "") -> str:
    """A frame as CSV for a spreadsheet set to the reader's language (nb: semicolon and decimal comma).

    Columns have the names that readers know (:mod:`analysis.figures.columns`). The last line, which begins with
    ``#``, names licence and source.
    """
    shown = readable(data)
    text = csv_text(shown, sep=";", decimal=",") if current() == "nb" else csv_text(shown)
    return f"{text}# {_(LICENCE, source=(source or _(REGISTER)).rstrip('.'))}\n"


def download(data: pd.DataFrame, name: str, label: str = "", *, about: str = "", source: str = "") -> Markup:
    """A link that saves the frame as ``name.csv`` from within the page, no server needed.

    Parameters
    ----------
    data : pandas.DataFrame
    name : str
    label : str, optional
        Text of the link.
    about : str, optional
        What the data are of, for those who hear the link alone.
    source : str, optional
        Named in the file's last line (default: the register).
    """
    coded = base64.b64encode(("\ufeff" + reader_csv(data, source)).encode()).decode()
    of = Markup('<span class="visually-hidden">: {}</span>').format(about) if about else ""
    shown = label or ngettext("Data (CSV, {n} row)", "Data (CSV, {n} rows)", len(data), n=len(data))
    return Markup(
        '<a class="download" download="{}.csv" href="data:text/csv;charset=utf-8;base64,{}">{}{}</a>'
    ).format(name, coded, shown, of)
