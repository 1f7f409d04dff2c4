"""A release as one Excel workbook: codes as text, columns and codes explained in both languages."""

from __future__ import annotations

import datetime
import io
import tomllib
from collections.abc import Mapping
from importlib import resources

import pandas as pd
import xlsxwriter

from analysis.register import code_labels

#: Tables of a release that people open in a spreadsheet, in this order.
SHEETS = ("participation_resolved", "projects", "programmes", "municipalities", "sources", "published_totals")
#: The widest column in letters, rows that are measured for it, letters that surely fit in its line, a line in points.
_WIDEST, _ROWS_MEASURED, _LETTERS, _LINE = 60, 200, 56, 15


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
        Sheets: what this is and which tables are here, one per table of ``SHEETS``, the columns of all of them, the
        codes. Numbers are numbers, codes with leading zeros are text; no cell is read as a formula.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        made = datetime.datetime.combine(date, datetime.time())
        book.set_properties({"title": package["title"], "created": made})
        described = [item for name in SHEETS for item in package["resources"] if item["name"] == name]
        _sheet(book, "About", _about(package, frames, described, date), wrapped=True)
        for item in described:
            kinds = {field["name"]: field["type"] for field in item["schema"]["fields"]}
            _sheet(book, item["name"][:31], frames[item["name"]], kinds)
        _sheet(book, "Columns", _columns(described), wrapped=True)
        _sheet(book, "Codes", code_labels.table())
    return buffer.getvalue()


def _about(
    package: Mapping, frames: Mapping[str, pd.DataFrame], described: list[dict], date: datetime.date
) -> pd.DataFrame:
    """What the data set is, what it can be used for, and its tables: about, nb, en."""
    said = tomllib.loads((resources.files("analysis.register") / "workbook.toml").read_text(encoding="utf-8"))
    programmes = frames["programmes"]
    census = programmes[programmes["coverage"] == "census"]
    values = {
        "title": package["title"],
        "version": package["version"],
        "description": package["description"],
        "date": date.isoformat(),
        "year": date.year,
        "licence": "; ".join(f"{each['title']} ({each['path']})" for each in package["licenses"]),
        "census_nb": "; ".join(census["name_nb"]),
        "census_en": "; ".join(census["name_en"]),
    }
    rows = [
        (about, texts["nb"].format(**values), texts["en"].format(**values))
        for about, texts in said["about"].items()
    ]
    rows += [(item["name"], said["sheets"][item["name"]], item["description"]) for item in described]
    return pd.DataFrame(rows, columns=["about", "nb", "en"])


def _columns(described: list[dict]) -> pd.DataFrame:
    """Every column of the tables: table, column, nb, en, unit, meaning."""
    rows = [
        (
            item["name"],
            field["name"],
            *(code_labels.column_name(field["name"], language) for language in ("nb", "en")),
            field.get("unit", ""),
            field["description"],
        )
        for item in described
        for field in item["schema"]["fields"]
    ]
    return pd.DataFrame(rows, columns=["table", "column", "nb", "en", "unit", "meaning"])


def _sheet(
    book: xlsxwriter.Workbook,
    name: str,
    frame: pd.DataFrame,
    types: Mapping[str, str] | None = None,
    *,
    wrapped: bool = False,
) -> None:
    """One frame with a bold, frozen header and a filter; long texts on several lines where they are to be read."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    plain = book.add_format({"text_wrap": wrapped, "valign": "top"})
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
        sheet.set_column(place, place, min(_WIDEST, max(len(str(column)), longest) + 2), plain)
    if wrapped:  # a row grows by itself in Excel only, not in every program that opens the file
        lines = frame.astype(str).map(lambda text: -(-len(text) // _LETTERS)).max(axis=1)
        for row, n in enumerate(lines, start=1):
            sheet.set_row(row, _LINE * n)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
