"""HTML from templates: every text is escaped, messages are translated inside the template."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from analysis.i18n import _, current, ngettext
from analysis.io import csv_text

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment(*folders: Path) -> Environment:
    """The template environment of the given folders, this room's own templates included.

    Templates know ``_`` and ``ngettext``, and the filter ``unbroken`` for running text.
    """
    made = Environment(loader=FileSystemLoader([*folders, TEMPLATES]), autoescape=True)
    made.globals.update(_=_, ngettext=ngettext)
    made.filters["unbroken"] = unbroken
    return made


def render(template: str, **context: object) -> Markup:
    """One of this room's templates, filled in."""
    return Markup(environment().get_template(template).render(**context))


def unbroken(text: str) -> str:
    """The text with no line break inside an interval such as 4–6."""
    return re.sub(r"(?<=\d)–(?=\d)", "–\u2060", text)


def reader_csv(data: pd.DataFrame) -> str:
    """A frame as CSV for a spreadsheet set to the reader's language (nb: semicolon and decimal comma)."""
    return csv_text(data, sep=";", decimal=",") if current() == "nb" else csv_text(data)


def download(data: pd.DataFrame, name: str, label: str = "") -> Markup:
    """A link that saves the frame as ``name.csv`` from within the page, no server needed."""
    coded = base64.b64encode(("\ufeff" + reader_csv(data)).encode()).decode()
    return Markup(
        '<a class="download" download="{}.csv" href="data:text/csv;charset=utf-8;base64,{}">{}</a>'
    ).format(name, coded, label or _("Download the data (CSV, {n} rows)", n=len(data)))
