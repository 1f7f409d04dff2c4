"""Tables that a reader can sort and point to: numbers stay numbers, rows have addresses, texts their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.figures.html_table import safe_address
from analysis.i18n import _, current, number
from analysis.report import render


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    numeric: Mapping[str, int] | None = None,
    links: Mapping[str, str] | None = None,
    languages: Mapping[str, str] | None = None,
    ids: str = "",
    total: Mapping[str, object] | None = None,
    class_name: str = "",
    own: str = "",
) -> Markup:
    """A frame as a table that the script ``sort.js`` makes sortable; a plain table without it.

    Parameters
    ----------
    frame : DataFrame
        One row per row, first column its name.
    caption : str
    numeric : mapping, optional
        Columns of numbers with their decimals; missing is printed as unknown and sorted last.
    links, languages : mapping, optional
        Column → column of its addresses; column → column of its language, which is marked where it is not the page's.
    ids : str
        Column of the rows' ids; that and other helper columns are not shown.
    total : mapping, optional
        A last row that stays last, by column.
    class_name : str
        Further classes of the table.
    own : str
        Id of the row that is set apart.

    Examples
    --------
    >>> "data-v=\\"2\\"" in table(pd.DataFrame({"Name": ["Bodø"], "n": [2.0]}), "Names", numeric={"n": 0})
    True
    """
    numeric, links, languages = dict(numeric or {}), dict(links or {}), dict(languages or {})
    helpers = {*links.values(), *languages.values(), ids}
    columns = [c for c in frame.columns if c not in helpers]

    def cell(row: Mapping[str, object], column: str) -> dict[str, object]:
        value: Any = row.get(column)
        if pd.isna(value):
            return {"text": _("unknown") if column in numeric else "", "value": None}
        if column in numeric:
            return {"text": number(float(value), numeric[column]), "value": f"{float(value):g}"}
        language = row.get(languages.get(column, ""), "")
        href = safe_address(row.get(links.get(column, "")))
        return {"text": value, "href": href, "lang": "" if language == current() else language}

    return render.template(
        "sortable.html.j2",
        caption=caption,
        columns=columns,
        numeric=numeric,
        class_name=class_name,
        rows=[
            {
                "id": row.get(ids, ""),
                "cells": [cell(row, c) for c in columns],
                "is_own": own and row[ids] == own,
            }
            for row in frame.to_dict("records")
        ],
        total=[cell(total, c) for c in columns] if total else [],
    )
