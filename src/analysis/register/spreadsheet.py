"""CSV files as spreadsheets and people really save them, read with every repair written down.

What is repaired, and nothing else, by rule:

* encoding: what is not UTF-8 is read as UTF-16 if it begins with that mark, else as Windows-1252, Mac Roman or
  DOS 850 where only one of them gives Norwegian words; otherwise the file is refused and the encoding must be said
* byte-order mark: at the start of the file, it is left out
* line break: the last row of a register file gets the end that it lacks, if it is whole
* delimiter: columns may be separated by comma, semicolon or tab, the one the header uses most; a first line such as
  ``sep=;`` is left out
* blank rows: wholly empty rows and nameless empty columns are left out
* header: column names are compared without case and outer spaces; columns may stand in another order
* spaces: non-breaking, thin and invisible spaces become spaces or go; outer and double spaces go
* unicode: letters stored as letter + accent are joined (NFC)
* case: words from a fixed list are compared without case
* amount: spaces or points between thousands, and ``,00`` or ``,-`` at the end of a whole amount, go
* decimal comma: becomes a point
* year: 2020.0 and 2020,0 become 2020; a written date in a year column becomes its year
* date: 14.06.2019 becomes 2019-06-14; apr.19 or Apr-19, as a spreadsheet shows 2019-04, becomes that again
* leading zero: a code gets the zero that a spreadsheet dropped

Each repair is reported with row, column, before and after. What no rule covers is left as it stands for the checks to
refuse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from analysis.errors import DataError, Fault
from analysis.register import files
from analysis.register.encodings import decode
from analysis.register.validate import CUT_OFF, cells_of

_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u3000]+")
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des")
_ENGLISH = {"may": "mai", "oct": "okt", "dec": "des"}
_MONTH = re.compile(rf"(?i)({'|'.join([*_MONTHS, *_ENGLISH])})[a-z]*[. -]+([0-2]\d)")

#: Headings that people write → the column that is meant, for the message that refuses them.
_NORWEGIAN = {
    **dict.fromkeys(("kommune", "kommunenavn", "deltaker", "navn"), "participant_name"),
    **dict.fromkeys(("prosjekt", "prosjektnavn", "tittel"), "project_title"),
    **dict.fromkeys(("kilde", "lenke", "url"), "source_url"),
    **{"ordning": "programme_id", "år": "year", "rolle": "role", "beløp": "amount_nok", "merknad": "note"},
}


@dataclass(frozen=True)
class Repair:
    """One repair: where, by which rule, from what, to what."""

    file: str
    row: int | None
    column: str | None
    rule: str
    before: str
    after: str

    def __str__(self) -> str:
        """One line for people."""
        row = f", row {self.row}" if self.row else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{row}{column}: {self.rule}: {self.before!r} → {self.after!r}"


def read(
    path: Path, columns: list[str], encoding: str | None = None, complete: bool = False, table: str = "form"
) -> tuple[pd.DataFrame, list[Repair], list[Fault]]:
    """Read a CSV as text in the given columns, with its form repaired; cells are not repaired yet.

    Parameters
    ----------
    path : Path
    columns : list of str
        Columns of the frame; those that the file does not have are blank.
    encoding : str, optional
        What the file is in where it is not UTF-8: a name of :data:`analysis.register.encodings.ENCODINGS` or of Python.
    complete : bool
        A column that the file does not have is a fault; columns in another order are put right.
    table : str
        The register file that the columns are of, or ``form``: where they are explained.

    Returns
    -------
    frame : DataFrame
        Blank cells are NA; the index is the row in the spreadsheet. Wholly empty rows are left out.
    repairs : list of Repair
    faults : list of Fault
        An encoding that cannot be told; nothing in the file; a last row that was cut off; a column that is not
        known or stands twice; rows with more cells
        than the header.
    """
    name = path.name
    nothing = pd.DataFrame(columns=columns, dtype="str")
    try:
        text, found = decode(path.read_bytes(), encoding)
    except (ValueError, LookupError) as error:
        return nothing, [], [Fault(name, None, None, None, str(error))]
    repairs = [Repair(name, None, None, "encoding", found, "UTF-8")] if found else []
    if text.startswith("\ufeff"):
        text = text[1:]
        repairs.append(Repair(name, 1, None, "byte-order mark", "\ufeff", ""))
    if not text.strip():
        return nothing, [], [Fault(name, None, None, None, "the file is empty")]
    lines = text.split("\n", 2)
    skipped = int(bool(re.fullmatch(r'"?sep=[,;\t]"?\r?', lines[0])))
    delimiter = max(",;\t", key=lines[min(skipped, len(lines) - 1)].count)
    if skipped or delimiter != ",":
        repairs.append(Repair(name, 1, None, "delimiter", lines[0].strip() if skipped else delimiter, ","))
    rows = cells_of(text, delimiter)
    first = rows[skipped] if len(rows) > skipped else []
    header = [_SPACES.sub(" ", cell).strip().casefold() for cell in first]
    named = [cell for cell in header if cell]
    faults = [
        Fault(name, 1, cell, None, _meant(cell, columns, table))
        for cell in dict.fromkeys(named)
        if cell not in columns
    ]
    faults += [
        Fault(name, 1, cell, None, "this column stands twice") for cell in columns if header.count(cell) > 1
    ]
    if complete:
        faults += [
            Fault(name, 1, cell, None, "this column is missing") for cell in columns if cell not in header
        ]
        if not faults and first != columns:
            repairs.append(Repair(name, 1, None, "header", ",".join(first), ",".join(columns)))
    records: dict[int, dict[str, str]] = {}
    blank = 0
    for number, cells in enumerate(rows[skipped + 1 :], skipped + 2):
        if not any(cell.strip() for cell in cells):
            blank += 1
            continue
        cells_named = zip_longest(cells, header[: len(cells)], fillvalue="")
        if outside := [cell for cell, column in cells_named if cell.strip() and not column]:
            problem = f"more cells than the header's {len(named)} names"
            faults.append(Fault(name, number, None, outside[0], problem))
        records[number] = dict(zip(header, cells, strict=False))
    if not text.endswith(("\n", "\r")):
        if 0 < len(rows[-1]) < len(header):
            problem = f"{len(rows[-1])} cells of {len(header)}, and {CUT_OFF}"
            faults.append(Fault(name, len(rows), None, None, problem))
        elif complete:
            repairs.append(Repair(name, len(rows), None, "line break", "", "\n"))
    if blank or len(header) > len(named):
        before = f"{blank} empty rows, {len(header) - len(named)} nameless columns"
        repairs.append(Repair(name, None, None, "blank rows", before, ""))
    index = pd.Index(list(records), dtype="int64")
    frame = pd.DataFrame(list(records.values()), index=index, columns=columns, dtype="str")
    return frame.mask(frame == ""), repairs, faults


def repair(frame: pd.DataFrame, resource: dict, file: str) -> tuple[pd.DataFrame, list[Repair]]:
    """Repair cells by the rules, as far as the schema of their column allows.

    Parameters
    ----------
    frame : DataFrame
        Text, indexed by row.
    resource : dict
        Data resource whose schema declares the columns.
    file : str
        Name of the file in the list of repairs.

    Returns
    -------
    frame : DataFrame
    repairs : list of Repair
    """
    out, repairs = frame.copy(), []
    for field in resource["schema"]["fields"]:
        column = field["name"]
        rules = list(_rules(field))
        for row, cell in frame[column].dropna().items():
            value = str(cell)
            for rule, change in rules:
                changed = change(value)
                if changed != value:
                    repairs.append(Repair(file, int(str(row)), column, rule, value, changed))
                    value = changed
            if value != cell:
                out.loc[row, column] = value
    return out.mask(out == ""), repairs


def _rules(field: dict) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The rules for one field in order, each a name and a function of the cell's text."""
    yield "spaces", lambda text: _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip(" ")
    yield "unicode", lambda text: unicodedata.normalize("NFC", text)
    rules = field.get("constraints", {})
    if "enum" in rules:
        words = {str(word).casefold(): str(word) for word in rules["enum"]}
        yield "case", lambda text: words.get(text.casefold(), text)
    if field.get("unit") == "year":
        yield "year", _year
    elif field["type"] == "integer":
        yield "amount", _amount
    elif field["type"] == "number":
        yield "decimal comma", lambda text: re.sub(r"^([\d ]+),(\d+)$", r"\1.\2", text)
        yield (
            "amount",
            lambda text: re.sub(r"^\d{1,3}(?: \d{3})+(?=\.|$)", lambda m: m[0].replace(" ", ""), text),
        )
    if field["type"] == "date" or field.get("unit") == "partial date":
        yield "date", lambda text: _DATE.sub(_iso, text) if _DATE.fullmatch(text) else text
    if field.get("unit") == "partial date":
        yield "date", lambda text: _MONTH.sub(_iso_month, text) if _MONTH.fullmatch(text) else text
    digits = re.match(r"\^\\d\{([24])\}[$(]", rules.get("pattern", ""))
    if digits:  # codes of municipalities and counties, also several with semicolons between
        lost = re.compile(rf"(?<!\d)\d{{{int(digits[1]) - 1}}}(?!\d)")
        yield (
            "leading zero",
            lambda text: lost.sub(r"0\g<0>", text) if re.fullmatch("[\\d;]+", text) else text,
        )


def _iso(found: re.Match) -> str:
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"


def _iso_month(found: re.Match) -> str:
    # Two digits from 30 on are of the last century to a spreadsheet: those are left to be refused.
    month = found[1].lower()
    return f"20{found[2]}-{_MONTHS.index(_ENGLISH.get(month, month)) + 1:02d}"


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


def tidy(encoding: str | None = None) -> tuple[list[Repair], dict[str, pd.DataFrame]]:
    """Find what the rules would repair in the register's own files; nothing is written.

    Parameters
    ----------
    encoding : str, optional
        What files that are not UTF-8 are in; see :func:`read`.

    Returns
    -------
    repairs : list of Repair
    tables : dict of str to DataFrame
        The repaired tables.

    Raises
    ------
    DataError
        A column is missing, unknown or doubled, which no rule can repair.
    """
    repairs: list[Repair] = []
    tables, faults = {}, []
    for resource in files.package()["resources"]:
        path = files.folder() / resource["path"]
        frame, form, wrong = read(path, files.columns(resource), encoding, True, resource["name"])
        frame, cells = repair(frame, resource, path.name)
        faults += wrong
        if form or cells:
            repairs += [*form, *cells]
            tables[resource["name"]] = frame
    if faults:
        raise DataError(faults, "The register's files cannot be put right by rule")
    return repairs, tables


def _meant(cell: str, columns: Sequence[str], table: str) -> str:
    """What to do about a column that does not exist."""
    close = [c for c in (_NORWEGIAN.get(cell),) if c in columns] or get_close_matches(cell, columns, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    template = "template" if table == "form" else f"template {table}"
    return f"no such column; {meant}`register {template} --explain` says what there is"
