"""Large CSV files read as a stream: chosen columns as text, a bounded number of rows at a time.

pandas reads in pieces too, but tells neither the row nor the line of a bad record, and takes an unclosed
quote for the rest of the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault

#: What can be read: the bytes, an open binary file, or pieces of bytes such as a streamed answer.
Stream = bytes | BinaryIO | Iterable[bytes]

#: Reading stops at so many faults: the file is another one.
STOP = 100
CHUNK_ROWS = 20_000
_BLOCK = 1 << 16
_LONGEST_LINE = 1 << 20
#: So many faults of one kind are listed; the rest are counted.
_SHOWN = 10


def chunks(stream: Stream, file: str, wanted: list[str], faults: list[Fault]) -> Iterator[pd.DataFrame]:
    """Read wanted columns of a comma-separated UTF-8 file; a byte-order mark is left out.

    Parameters
    ----------
    stream : bytes, binary file or iterable of bytes
    file : str
        How faults call it.
    wanted : list of str
        Columns to keep; the file may have others.
    faults : list of Fault
        Takes what is wrong: absent columns, records of other length, damaged quoting, other encodings.

    Yields
    ------
    DataFrame
        The wanted columns as text, ``row`` (as in a spreadsheet: header 1) and ``line`` (of the text file,
        where the record begins), at most ``CHUNK_ROWS`` rows.

    Raises
    ------
    AnalysisError
        The stream gives no bytes, such as a file opened as text, or a path.
    DataError
        No line break in a megabyte.
    """
    reader = csv.reader(_lines(stream, file), strict=True)
    records: list[list[object]] = []
    number, line = 1, 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        absent = [column for column in wanted if column not in header]
        if absent:
            held = ", ".join(header)[:300] or "nothing"
            faults += [
                Fault(file, 1, column, None, f"this column is absent (the file holds: {held}); if the"
                      " publisher renamed it, correct its name in the loader")
                for column in absent
            ]  # fmt: skip
            return
        if twice := [column for column in wanted if header.count(column) > 1]:
            problem = "two columns have this name, and one of them is another; fetch the file again or tell the publisher"
            faults += [Fault(file, 1, column, None, problem) for column in twice]
            return
        places = [header.index(column) for column in wanted]
        line = reader.line_num + 1
        for cells in reader:
            number += 1
            if cells and len(cells) != len(header):
                problem = f"{len(cells)} cells where the header has {len(header)} (line {line}); fetch the file again"
                faults.append(Fault(file, number, None, None, problem))
            elif cells:
                records.append([*(cells[place] for place in places), number, line])
            line = reader.line_num + 1
            if len(records) == CHUNK_ROWS:
                yield _frame(records, wanted)
                records = []
            if len(faults) >= STOP:
                return
    except csv.Error as error:
        problem = (
            f"quoting that cannot be read ({error}), in the record from line {line} on; fetch the file again"
        )
        faults.append(Fault(file, number + 1, None, None, problem))
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 from line {line} on ({error.reason}); save it as UTF-8 or fetch it again"
        faults.append(
            Fault(file, number + 1, None, error.object[max(error.start - 10, 0) : error.end], problem)
        )
    if records:
        yield _frame(records, wanted)


def _frame(records: list[list[object]], wanted: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=[*wanted, "row", "line"])
    return frame.astype(dict.fromkeys(wanted, "str"))


def _lines(stream: Stream, file: str) -> Iterator[str]:
    """Decoded lines with their ends; only LF ends one, so that what stands inside quotes stays as it is."""
    if isinstance(stream, bytes):
        stream = io.BytesIO(stream)
    read: Callable[[int], bytes] | None = getattr(stream, "read", None)
    blocks = iter(lambda: read(_BLOCK), b"") if read else stream
    rest, first = b"", True
    for block in blocks if isinstance(blocks, Iterable) else [None]:
        if not isinstance(block, bytes):
            raise AnalysisError(f"{file} is read from bytes, or from a file opened with open(path, 'rb')")
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield _decoded(line, first) + "\n"
            first = False
        if len(rest) > _LONGEST_LINE:
            problem = "no line break in a megabyte: this is another file"
            raise DataError([Fault(file, None, None, rest[:20], problem)])
    if rest:
        yield _decoded(rest, first)


def _decoded(line: bytes, first: bool) -> str:
    return line.decode("utf-8-sig" if first else "utf-8")


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
