"""Publishers' large CSV files: chosen columns as text, each record with its row and its line.

pandas reads them too, but fills up a record that is cut short, and tells neither its row nor its line.
"""

from __future__ import annotations

import csv
import io

import pandas as pd

from analysis.errors import AnalysisError, Fault

#: Reading stops at so many faults: the file is another one.
STOP = 100
#: So many faults of one kind are listed; the rest are counted.
_SHOWN = 10


def read(content: bytes, file: str, wanted: list[str]) -> tuple[pd.DataFrame, list[Fault]]:
    """Read wanted columns of a comma-separated UTF-8 file; a byte-order mark is left out.

    Parameters
    ----------
    content : bytes
    file : str
        How faults call it.
    wanted : list of str
        Columns to keep; the file may have others.

    Returns
    -------
    frame : DataFrame
        The wanted columns as text, ``row`` (as in a spreadsheet: header 1) and ``line`` (of the text file, where the
        record begins).
    faults : list of Fault
        Absent columns, records of other length, damaged quoting, other encodings.

    Raises
    ------
    AnalysisError
        The content is no bytes, such as a text, an open file or a path.
    """
    if not isinstance(content, bytes):
        raise AnalysisError(f"{file} is read from bytes, such as Path(path).read_bytes()")
    columns, records, faults = [*wanted, "row", "line"], [], []
    number, line = 1, 1
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        if faults := _header_faults(header, file, wanted):
            return pd.DataFrame(columns=columns), faults
        places = [header.index(column) for column in wanted]
        line = reader.line_num + 1
        for number, cells in enumerate(reader, 2):
            if cells and len(cells) != len(header):
                problem = f"{len(cells)} cells where the header has {len(header)} (line {line}); fetch the file again"
                faults.append(Fault(file, number, None, None, problem))
            elif cells:
                records.append([*(cells[place] for place in places), number, line])
            line = reader.line_num + 1
            if len(faults) >= STOP:
                break
    except csv.Error as error:
        problem = (
            f"quoting that cannot be read ({error}), in the record from line {line} on; fetch the file again"
        )
        faults.append(Fault(file, number + 1, None, None, problem))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"not UTF-8 from line {line} on ({error.reason}); save it as UTF-8 or fetch it again"
        faults.append(Fault(file, None, None, content[max(error.start - 10, 0) : error.end], problem))
    frame = pd.DataFrame(records, columns=columns)
    return frame.astype(dict.fromkeys(wanted, "str")), faults


def _header_faults(header: list[str], file: str, wanted: list[str]) -> list[Fault]:
    """Columns that are absent, or else that stand twice."""
    held = ", ".join(header)[:300] or "nothing"
    absent = f"this column is absent (the file holds: {held}); if the publisher renamed it, correct its name"
    twice = (
        "two columns have this name, and one of them is another; fetch the file again or tell the publisher"
    )
    found = [Fault(file, 1, column, None, absent) for column in wanted if column not in header]
    return found or [Fault(file, 1, column, None, twice) for column in wanted if header.count(column) > 1]


def cell_faults(
    file: str, rows: pd.DataFrame, column: str, text: pd.Series, bad: pd.Series, problem: str
) -> list[Fault]:
    """One fault for each bad cell, the first few of them; the last says how many more there are."""
    found = rows[bad]
    more = f"; {len(found) - _SHOWN} more such cells" if len(found) > _SHOWN else ""
    return [
        Fault(file, row, column, text[index], f"{problem} (line {line}){more if position == _SHOWN - 1 else ''}")
        for position, (index, row, line) in enumerate(found.head(_SHOWN).itertuples())
    ]  # fmt: skip
