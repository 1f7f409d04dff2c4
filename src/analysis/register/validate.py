"""Checks of text against a Frictionless Table Schema, every fault with its row and column.

A schema (``datapackage.json``, ``tables.toml``) is the only place where columns, types and allowed values
are declared; this module applies it with the wording and the row numbers that a person at a spreadsheet
needs. The subset used: type (string, integer, number, boolean, date), constraints (required, unique, enum,
pattern, minimum, maximum), primaryKey and foreignKeys; beside it ``unit`` (``year``, ``partial date``) and
``format`` (``uri``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.errors import Fault
from analysis.register.cells import BOOLEAN, judge_of, words

#: What a last line without an end says.
CUT_OFF = "ends without a line break: has the file been cut off? Look at its last row"


def read_csv(path: Path, columns: list[str]) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a CSV as text and find the faults of its form: encoding, delimiter, header, row length.

    Parameters
    ----------
    path : Path
    columns : list of str
        The header that the file must have, in this order.

    Returns
    -------
    frame : DataFrame
        Blank cells are NA. The index is the spreadsheet row (the first record is row 2). Rows with too
        many or too few cells are left out.
    faults : list of Fault
    """
    empty = pd.DataFrame(columns=columns, dtype="str", index=pd.RangeIndex(2, 2))

    def fault(problem: str, row: int | None = None, column: str | None = None, value: object = None) -> Fault:
        return Fault(path.name, row, column, value, problem)

    if not path.exists():
        return empty, [fault("the file is missing")]
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 (byte {error.start + 1}); save it as CSV UTF-8, or run `register tidy`"
        return empty, [fault(problem)]
    tidy = "run `python -m analysis register tidy` to put it right"
    if text.startswith("\ufeff"):
        return empty, [fault(f"begins with a byte-order mark, as Excel saves; {tidy}", 1)]
    if not text.strip():
        restore = f"restore it with `git checkout data/raw/participation/{path.name}`"
        return empty, [fault(f"the file is empty; {restore}")]
    header, *rows = cells_of(text) or [[]]
    if header != columns:
        if len(header) == 1 and ";" in header[0]:
            return empty, [fault(f"separated by semicolons, as Excel saves; {tidy}", 1)]
        faults = [fault("this column is missing", 1, name) for name in columns if name not in header]
        faults += [fault("no such column", 1, name) for name in header if name not in columns]
        return empty, faults or [fault(f"columns must stand in the order {', '.join(columns)}", 1)]
    cells = {number: [text or None for text in row] for number, row in enumerate(rows, 2)}
    width = len(columns)
    faults = [
        fault(f"this row has {len(row)} cells, the header has {width}", number, value=len(row))
        for number, row in cells.items()
        if len(row) != width
    ]
    if not text.endswith(("\n", "\r")):
        faults = [item for item in faults if item.row != len(rows) + 1]
        faults.append(fault(f"{CUT_OFF}; if the row is whole, {tidy}", len(rows) + 1))
    good = {number: row for number, row in cells.items() if len(row) == width}
    index = pd.Index(list(good), dtype="int64")
    return pd.DataFrame(list(good.values()), index, columns, dtype="str"), faults


def cells_of(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows of a CSV text. A cell may be of any length: the checks say in which row one is too long."""
    before = csv.field_size_limit(len(text) + 1)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    finally:
        csv.field_size_limit(before)


def cell_faults(file: str, cells: pd.Series, problem: str) -> list[Fault]:
    """One fault for each cell of a column, whose name is the series' and whose index is the row."""
    return [
        Fault(file, int(str(row)), str(cells.name), None if pd.isna(cell) else cell, problem)
        for row, cell in cells.items()
    ]


def check_fields(frame: pd.DataFrame, resource: Mapping) -> list[Fault]:
    """Find the faults of single cells and of keys within one table.

    Parameters
    ----------
    frame : DataFrame
        Text with blank cells NA, indexed by spreadsheet row.
    resource : Mapping
        Data resource with ``path`` and ``schema``.
    """
    file, schema = resource["path"], resource["schema"]
    names = [field["name"] for field in schema["fields"]]
    faults = [
        fault
        for field in schema["fields"]
        for fault in _field_faults(frame[field["name"]], field, file, judge_of(field, names))
    ]
    key = schema.get("primaryKey", [])
    if len(key) > 1 and len(frame):
        faults += [
            Fault(file, int(row), ", ".join(key), None, "the same as an earlier row")
            for row in frame.index[frame.duplicated(key, keep="first")]
        ]
    return faults


def _field_faults(
    cells: pd.Series, field: Mapping, file: str, judge: Callable[[str], str | None]
) -> list[Fault]:
    """Faults of one column, at most one for each cell and rule of uniqueness."""
    rules = field.get("constraints", {})
    texts = cells.tolist()  # as in most tables, a call of pandas takes longer than all cells of a column
    distinct = {text for text in set(texts) if isinstance(text, str)}
    problems = {text: problem for text in distinct if (problem := judge(text))}
    faults = cell_faults(file, cells[cells.isna()], "must be filled in") if rules.get("required") else []
    faults += [
        Fault(file, int(str(row)), field["name"], text, problems[text])
        for row, text in zip(cells.index, texts, strict=True)
        if text in problems
    ]
    if rules.get("unique") and len(distinct) < len(texts):
        twice = cells[cells.notna() & cells.duplicated(keep="first")]
        faults += cell_faults(file, twice, "stands in an earlier row too; must be unique")
    return faults


def check_references(
    frames: Mapping[str, pd.DataFrame], package: Mapping, unread: Iterable[str] = ()
) -> list[Fault]:
    """Find foreign keys that no row of the table they point to has.

    Parameters
    ----------
    frames : mapping of str to DataFrame
    package : Mapping
        Data package descriptor.
    unread : iterable of str
        Tables that could not be read: their own fault says enough, references to them are not judged.
    """
    faults: list[Fault] = []
    for resource in package["resources"]:
        for key in resource["schema"].get("foreignKeys", []):
            column, target = key["fields"][0], key["reference"]
            name = target["resource"] or resource["name"]  # "" is the table itself
            if name in set(unread):
                continue
            cells = frames[resource["name"]][column]
            known = set(frames[name][target["fields"][0]])
            missing = [isinstance(text, str) and text not in known for text in cells.tolist()]
            problem = f"no row of {name}.csv has this {target['fields'][0]}"
            faults += cell_faults(resource["path"], cells[missing], problem)
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
        blank), numbers float64, booleans bool (boolean where a cell may be blank), ordered classes categorical, all else text.
    """
    columns = {}
    for field in resource["schema"]["fields"]:
        cells, rules = frame[field["name"]].reset_index(drop=True), field.get("constraints", {})
        if field["type"] == "integer":
            cells = pd.to_numeric(cells).astype("int64" if rules.get("required") else "Int64")
        elif field["type"] == "number":
            cells = pd.to_numeric(cells).astype("float64")
        elif field["type"] == "boolean":
            values = {word: key == "trueValues" for key in BOOLEAN for word in words(field, key)}
            cells = cells if cells.dtype.kind == "b" else cells.map(values)
            cells = cells.astype("bool" if rules.get("required") else "boolean")
        elif field.get("categoriesOrdered"):
            cells = cells.astype(pd.CategoricalDtype(rules["enum"], ordered=True))
        else:
            cells = cells.astype("str")
        columns[field["name"]] = cells
    return pd.DataFrame(columns)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Values as the text that a CSV holds, blank cells NA, indexed by spreadsheet row."""
    text = frame.apply(lambda cells: cells.astype("str").where(cells.notna()))
    return text.set_axis(pd.RangeIndex(2, len(frame) + 2))
