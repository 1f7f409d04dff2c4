"""A release as one Excel workbook: codes as text, column names explained, code labels in both languages."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping

import pandas as pd
import xlsxwriter

from analysis.register import code_labels

#: Tables of a release that people open in a spreadsheet, in this order.
SHEETS = ("participation_resolved", "projects", "programmes", "municipalities", "sources", "published_totals")
_WIDEST, _ROWS_MEASURED = 60, 200


def workbook(package: Mapping, frames: Mapping[str, pd.DataFrame], date: datetime.date) -> bytes:
    """The workbook as bytes; the same content gives the same bytes.

    Parameters
    ----------
    package : mapping
        Data package descriptor.
    frames : mapping of str to DataFrame
        The frame of each resource.
    date : date
        Date of the release.

    Returns
    -------
    bytes
        Sheets: what is here, one per table of ``SHEETS``, the columns of all of them, the codes. Numbers are
        numbers, codes with leading zeros are text; no cell is read as a formula.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        made = datetime.datetime.combine(date, datetime.time())
        book.set_properties({"title": package["title"], "created": made})
        described = [item for name in SHEETS for item in package["resources"] if item["name"] == name]
        about = [("table", "title", "description")]
        about += [(item["name"], item["title"], item["description"]) for item in described]
        _sheet(book, "About", pd.DataFrame(about[1:], columns=about[0]))
        for item in described:
            kinds = {field["name"]: field["type"] for field in item["schema"]["fields"]}
            _sheet(book, item["name"][:31], frames[item["name"]], kinds)
        columns = [
            (item["name"], field["name"], field.get("unit", ""), field["description"])
            for item in described
            for field in item["schema"]["fields"]
        ]
        _sheet(book, "Columns", pd.DataFrame(columns, columns=["table", "column", "unit", "meaning"]))
        _sheet(book, "Codes", code_labels.table())
    return buffer.getvalue()


def _sheet(
    book: xlsxwriter.Workbook, name: str, frame: pd.DataFrame, types: Mapping[str, str] | None = None
) -> None:
    """One frame with a bold, frozen header and a filter."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    numeric = {column for column, kind in (types or {}).items() if kind in ("integer", "number", "year")}
    for place, column in enumerate(frame.columns):
        values = frame[column]
        sheet.write_string(0, place, str(column), bold)
        for row, value in enumerate(values.tolist(), start=1):
            if pd.isna(value):
                continue
            if column in numeric:
                sheet.write_number(row, place, float(value))
            else:
                sheet.write_string(row, place, str(value))
        longest = max((len(str(v)) for v in values.head(_ROWS_MEASURED).dropna()), default=0)
        sheet.set_column(place, place, min(_WIDEST, max(len(str(column)), longest) + 2))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
