"""CSV files as spreadsheets and people really save them, read with every repair written down.

What is put right, and nothing else (:data:`RULES`). Each repair is reported with row, column, before
and after. What no rule covers is left as it stands for the checks to refuse.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.errors import Fault

RULES = {
    "encoding": "what is not UTF-8 is read as UTF-16 if it begins with that mark, else as Windows-1252",
    "byte-order mark": "a byte-order mark at the start of the file is left out",
    "delimiter": "columns may be separated by comma, semicolon or tab: the one the header uses most",
    "header": "column names are compared without case and outer spaces",
    "spaces": "non-breaking, thin and invisible spaces become spaces or go; outer and double spaces go",
    "unicode": "letters stored as letter + accent are joined (NFC)",
    "case": "words from a fixed list are compared without case",
    "amount": "spaces or points between thousands, and ',00' or ',-' at the end of a whole amount, go",
    "decimal comma": "a decimal comma becomes a point",
    "year": "2020.0 and 2020,0 become 2020; a written date in a year column becomes its year",
    "date": "14.06.2019 becomes 2019-06-14",
    "leading zero": "a three-digit municipality code gets the zero that a spreadsheet dropped",
}

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u3000]+")
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True)
class Repair:
    """One thing put right: where, by which rule, from what, to what."""

    file: str
    row: int | None
    column: str | None
    rule: str
    before: str
    after: str

    def __str__(self) -> str:
        """One line for people."""
        where = (
            self.file
            + (f", row {self.row}" if self.row else "")
            + (f", column {self.column}" if self.column else "")
        )
        return f"{where}: {self.rule}: {self.before!r} → {self.after!r}"


def read(path: Path, columns: list[str]) -> tuple[pd.DataFrame, list[Repair], list[Fault]]:
    """A CSV as text in the given columns (absent ones blank), with form repaired; cells are not yet.

    The index is the row in the spreadsheet. Wholly empty rows are skipped, as spreadsheets leave them.

    Returns the frame (blank: NA), the repairs of form, and the faults: a column that is not known or
    stands twice, and rows with more cells than the header.
    """
    name, raw = path.name, path.read_bytes()
    repairs: list[Repair] = []
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = raw.decode("utf-16", errors="replace")
        repairs.append(Repair(name, None, None, "encoding", "UTF-16", "UTF-8"))
    else:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
            repairs.append(Repair(name, None, None, "encoding", "Windows-1252", "UTF-8"))
    if text.startswith("\ufeff"):
        text = text[1:]
        repairs.append(Repair(name, 1, None, "byte-order mark", "\ufeff", ""))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    if delimiter != ",":
        repairs.append(Repair(name, 1, None, "delimiter", delimiter, ","))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header = [_SPACES.sub(" ", cell).strip().casefold() for cell in rows[0]] if rows else []
    faults = [
        Fault(name, 1, cell, None, f"no such column; the columns are {', '.join(columns)}")
        for cell in dict.fromkeys(header)
        if cell not in columns
    ]
    faults += [
        Fault(name, 1, cell, None, "this column stands twice") for cell in columns if header.count(cell) > 1
    ]
    records, numbers = [], []
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            faults.append(
                Fault(name, number, None, len(cells), f"more cells than the header's {len(header)}")
            )
        records.append(dict(zip(header, cells, strict=False)))
        numbers.append(number)
    frame = pd.DataFrame(records, index=pd.Index(numbers, dtype="int64"), columns=columns, dtype="str")
    return frame.mask(frame == ""), repairs, faults


def repair(frame: pd.DataFrame, fields: dict[str, dict], file: str) -> tuple[pd.DataFrame, list[Repair]]:
    """Cells put right by the rules, as far as their column's field allows, and the list of what was changed.

    Args:
        fields: the Table Schema field of each column.
        file: how the file is called in the list.
    """
    out, repairs = frame.copy(), []
    for column, cells in frame.items():
        for row, cell in cells.dropna().items():
            value = str(cell)
            for rule, change in _steps(fields[str(column)]):
                changed = change(value)
                if changed != value:
                    repairs.append(Repair(file, int(str(row)), str(column), rule, value, changed))
                    value = changed
            out.loc[row, column] = value
    return out.mask(out == ""), repairs


def _steps(field: dict):
    """The rules for one field, in order, each a function of the cell's text."""
    yield "spaces", lambda text: _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip(" ")
    yield "unicode", lambda text: unicodedata.normalize("NFC", text)
    rules = field.get("constraints", {})
    if "enum" in rules:
        words = {str(word).casefold(): str(word) for word in rules["enum"]}
        yield "case", lambda text: words.get(text.casefold(), text)
    if field.get("unit") == "year":
        yield "year", _year
    elif field["type"] == "integer":
        yield "amount", lambda text: _amount(text)
    elif field["type"] == "number":
        yield "decimal comma", lambda text: re.sub(r"^([\d ]+),(\d+)$", r"\1.\2", text)
        yield (
            "amount",
            lambda text: re.sub(r"^\d{1,3}(?: \d{3})+(?=\.|$)", lambda m: m[0].replace(" ", ""), text),
        )
    if field["name"] in ("date", "source_date", "retrieved"):
        yield "date", lambda text: _DATE.sub(_iso, text) if _DATE.fullmatch(text) else text
    if field["name"] == "municipality_code":
        yield "leading zero", lambda text: "0" + text if re.fullmatch(r"\d{3}", text) else text


def _iso(found: re.Match) -> str:
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"


def _year(text: str) -> str:
    if re.fullmatch(r"\d{4}[.,]0+", text):
        return text[:4]
    written = _DATE.fullmatch(text)
    if written and int(written[2]) <= 12 and int(written[1]) <= 31:
        return written[3]
    return text[:4] if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", text) else text


def _amount(text: str) -> str:
    # A single point (1.500) may be thousands or decimals: that is left for the check to refuse.
    bare = re.sub(r",(?:0+|-)$", "", text)
    if re.fullmatch(r"\d{1,3}(?: \d{3})+|\d{1,3}(?:\.\d{3}){2,}|\d+", bare):
        return bare.replace(" ", "").replace(".", "")
    return text
