"""CSV files checked against their Frictionless Table Schema, every fault with its row and column.

The schema in ``datapackage.json`` is the only place where columns, types and allowed values are said;
this module applies it with the wording and the row numbers that a person at a spreadsheet needs.
The subset used: type (string, integer, number, date), constraints (required, unique, enum, pattern,
minimum, maximum), primaryKey and foreignKeys.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.errors import Fault

#: What a type must look like as text.
_TYPES = {
    "integer": (r"\d+", "a whole number without spaces, e.g. 14000000"),
    "number": (r"\d+(?:\.\d+)?", "a number with a decimal point, e.g. 96250.50"),
    "date": (r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", "a date as 2026-11-21"),
}
#: Text that a spreadsheet would run, a browser would read as markup, or nobody can see.
_UNSAFE = (
    (r"^[=+@\t\r-]", "must not begin with = + - @ or a tab: a spreadsheet would run it as a formula"),
    (r"<\s*[/!a-zA-Z]", "must not hold HTML or script tags"),
    (
        r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]",
        "holds control characters or a broken encoding",
    ),
    (
        r"Ã[¦¸¥†˜…\u0085\u0086\u0098\u00a1-\u00bf]|â€",
        "looks like UTF-8 read as another encoding (æ, ø, å broken)",
    ),
    (
        r"[\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u2060\u3000\ufeff]",
        "holds a non-breaking or invisible space",
    ),
    (r"^\s|\s$", "begins or ends with a space"),
    (r"[^\s@]+@[^\s@]+\.[a-zA-Z]{2,}", "must not hold a mail address"),
)
_ANY_UNSAFE = "|".join(pattern for pattern, _ in _UNSAFE)


def read_csv(path: Path, columns: list[str]) -> tuple[pd.DataFrame, list[Fault]]:
    """One CSV as text (blank cells NA) with the faults of its form: encoding, delimiter, header, row length.

    The index is the spreadsheet row (the first record is row 2). Rows with too many or too few cells
    are left out of the frame and named in the faults.
    """
    empty = pd.DataFrame(columns=columns, dtype="str", index=pd.RangeIndex(2, 2))
    if not path.exists():
        return empty, [Fault(path.name, None, None, None, "the file is missing")]
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 (byte {error.start + 1}); save it as CSV UTF-8, or run `register tidy`"
        return empty, [Fault(path.name, None, None, None, problem)]
    tidy = "run `python -m analysis register tidy` to put it right"
    if text.startswith("\ufeff"):
        return empty, [
            Fault(path.name, 1, None, None, f"begins with a byte-order mark, as Excel saves; {tidy}")
        ]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = rows[0] if rows else []
    if header != columns:
        if len(header) == 1 and ";" in header[0]:
            return empty, [
                Fault(path.name, 1, None, None, f"separated by semicolons, as Excel saves; {tidy}")
            ]
        faults = [
            Fault(path.name, 1, name, None, "this column is missing")
            for name in columns
            if name not in header
        ]
        faults += [
            Fault(path.name, 1, name, None, "no such column") for name in header if name not in columns
        ]
        return empty, faults or [
            Fault(path.name, 1, None, None, f"columns must stand in the order {', '.join(columns)}")
        ]
    faults = [
        Fault(
            path.name, number, None, len(row), f"this row has {len(row)} cells, the header has {len(columns)}"
        )
        for number, row in enumerate(rows[1:], 2)
        if len(row) != len(columns)
    ]
    good = {number: row for number, row in enumerate(rows[1:], 2) if len(row) == len(columns)}
    frame = pd.DataFrame.from_dict(good, orient="index", columns=columns, dtype="str") if good else empty
    return frame.mask(frame == ""), faults


def check_fields(frame: pd.DataFrame, resource: Mapping) -> list[Fault]:
    """Faults of single cells and of keys within one table, by its schema."""
    file, schema = resource["path"], resource["schema"]
    faults: list[Fault] = []

    def add(column: str, where: pd.Series, problem: str) -> None:
        if not where.any():
            return
        faults.extend(
            Fault(file, int(row), column, None if pd.isna(cell) else cell, problem)
            for row, cell in frame.loc[where, column].items()
        )

    for field in schema["fields"]:
        name, rules = field["name"], field.get("constraints", {})
        cells = frame[name]
        filled = cells.notna()
        if rules.get("required"):
            add(name, ~filled, "must be filled in")
        unsafe = pd.Series(False, index=frame.index)
        suspect = filled & cells.str.contains(_ANY_UNSAFE, regex=True, na=False)
        for pattern, problem in _UNSAFE if suspect.any() else ():
            hit = filled & ~unsafe & cells.str.contains(pattern, regex=True, na=False)
            add(name, hit, problem)
            unsafe |= hit
        composed = cells.map(lambda text: unicodedata.is_normalized("NFC", text), na_action="ignore")
        add(
            name,
            filled & ~unsafe & composed.eq(False),
            "letters and accents are stored apart (not Unicode NFC)",
        )
        usable = filled & ~unsafe
        if field["type"] in _TYPES:
            pattern, wanted = _TYPES[field["type"]]
            fits = cells.str.fullmatch(pattern).eq(True)
            add(name, usable & ~fits, f"must be {wanted}")
            usable &= fits
        if "enum" in rules:
            allowed = [str(value) for value in rules["enum"]]
            add(name, usable & ~cells.isin(allowed), f"must be one of {', '.join(allowed)}")
        if "pattern" in rules:
            fits = cells.str.fullmatch(rules["pattern"]).eq(True)
            add(name, usable & ~fits, f"must look like {field.get('example', rules['pattern'])}")
        if {"minimum", "maximum"} & rules.keys():
            numbers = pd.to_numeric(cells.where(usable), errors="coerce")
            low, high = rules.get("minimum", -float("inf")), rules.get("maximum", float("inf"))
            wanted = f"from {low} to {high}" if "maximum" in rules else f"{low} or more"
            outside = usable & ~numbers.between(low, high)
            # 36526 is 1 January 2000 and 54788 the last day of 2049 in a spreadsheet's days.
            serial = outside & numbers.between(36526, 54788) & (field.get("unit") == "year")
            add(name, outside & ~serial, f"must be {wanted}")
            add(name, serial, f"is a spreadsheet's number for a date; must be a year {wanted}")
        if rules.get("unique"):
            add(name, filled & cells.duplicated(keep="first"), "stands in an earlier row too; must be unique")
    key = schema.get("primaryKey", [])
    if len(key) > 1 and len(frame):
        twice = frame.duplicated(key, keep="first")
        faults.extend(
            Fault(file, int(row), ", ".join(key), None, "the same as an earlier row")
            for row in frame.index[twice]
        )
    return faults


def check_references(frames: Mapping[str, pd.DataFrame], package: Mapping) -> list[Fault]:
    """Faults of foreign keys: a value that no row of the table it points to has."""
    faults: list[Fault] = []
    for resource in package["resources"]:
        for key in resource["schema"].get("foreignKeys", []):
            column, target = key["fields"][0], key["reference"]
            cells = frames[resource["name"]][column]
            known = frames[target["resource"]][target["fields"][0]]
            missing = cells.notna() & ~cells.isin(known)
            problem = f"no row of {target['resource']}.csv has this {target['fields'][0]}"
            faults.extend(
                Fault(resource["path"], int(row), column, cells[row], problem) for row in cells.index[missing]
            )
    return faults


def typed(frame: pd.DataFrame, resource: Mapping) -> pd.DataFrame:
    """Give checked text the types of its schema.

    Parameters
    ----------
    frame : DataFrame
        Text, or values that are typed already.
    resource : Mapping
        The data resource whose schema holds.

    Returns
    -------
    DataFrame
        The schema's columns in order with a new index: whole numbers int64 (Int64 where a cell may be
        blank), numbers float64, booleans bool, ordered classes categorical, all else text.
    """
    columns = {}
    for field in resource["schema"]["fields"]:
        cells, rules = frame[field["name"]].reset_index(drop=True), field.get("constraints", {})
        if field["type"] == "integer":
            cells = pd.to_numeric(cells).astype("int64" if rules.get("required") else "Int64")
        elif field["type"] == "number":
            cells = pd.to_numeric(cells).astype("float64")
        elif field["type"] == "boolean":
            cells = cells.astype("bool")
        elif field.get("ordered"):
            cells = cells.astype(pd.CategoricalDtype(rules["enum"], ordered=True))
        else:
            cells = cells.astype("str")
        columns[field["name"]] = cells
    return pd.DataFrame(columns)
