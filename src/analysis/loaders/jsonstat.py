"""JSON-stat 2.0 decoded into a tidy frame: codes, labels, values, status and units.

Pure: bytes in, frame out. Every form that the standard allows is read (category index as object or
list or absent, values as array or sparse object, status as text, array or object). The status symbols
that say *why* a cell is empty are kept, since an empty cell is not a zero.

Source of the format: https://json-stat.org/full/ ; SSB's use of it: PxWebApi v2, ``json-stat2``.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pandas as pd

from analysis.loaders.jsonstat_header import Header, parse, read_header, unreadable

# Far above what a publisher sends in one answer (SSB: 800 000). It keeps a few hostile bytes, such as
# a sparse answer with a huge "size", from claiming all memory.
MAX_CELLS = 10_000_000


def decode(body: bytes, *, source: str = "JSON-stat answer") -> pd.DataFrame:
    """One row per cell, in the publisher's order.

    Columns: for each dimension its codes (``<id>``) and labels (``<id>_label``), both categorical;
    ``value`` (float, NaN where the publisher gives none; unit in ``unit``); ``status`` (categorical
    symbol, NaN for an ordinary cell; SSB: ``.`` not possible, ``..`` not available, ``:`` may not be
    published); ``unit`` where the dataset names units. ``attrs``: see :meth:`Header.attrs`.

    Raises :class:`~analysis.errors.DataError` naming ``source``, the field and what is wrong with it, whatever the bytes.
    """
    return tabulate(*read_cells(body, source))


def read_cells(body: bytes, source: str) -> tuple[Header, np.ndarray, pd.Categorical]:
    """The header, the values and the status of all cells, row-major; errors as :func:`decode`."""
    document = parse(body, source)
    header = read_header(document, source)
    sizes = [len(dimension.codes) for dimension in header.dimensions]
    cells = prod(sizes)
    if cells > MAX_CELLS:
        raise unreadable(source, "size", sizes, f"at most {MAX_CELLS} cells can be read from one answer")
    values = _values(document.pop("value", None), cells, source)
    if np.isinf(values).any():
        raise unreadable(source, "value", "infinite", "must be numbers or null")
    return header, values, _status(document.pop("status", None), cells, source)


def tabulate(header: Header, values: np.ndarray, status: pd.Categorical) -> pd.DataFrame:
    """The frame that :func:`decode` describes, from its parts."""
    columns: dict[str, Any] = {}
    outer, inner = 1, len(values)
    units = header.units
    unit_column = None
    for dimension in header.dimensions:
        size = len(dimension.codes)
        inner //= size
        codes = np.tile(np.repeat(np.arange(size, dtype=np.min_scalar_type(-size - 1)), inner), outer)
        outer *= size
        columns[dimension.id] = _categorical(codes, dimension.codes)
        columns[f"{dimension.id}_label"] = _recoded(codes, dimension.labels)
        if dimension.units:
            names = [str(units.get(code, {}).get("base") or "") for code in dimension.codes]
            unit_column = _recoded(codes, names)
    columns["value"] = values
    columns["status"] = status
    if unit_column is not None:
        columns["unit"] = unit_column
    frame = pd.DataFrame(columns, copy=False)
    frame.attrs = header.attrs()
    return frame


def _values(value: Any, cells: int, source: str) -> np.ndarray:
    """The numbers as one float array, NaN where there is none."""
    if isinstance(value, dict):
        values = np.full(cells, np.nan)
        positions = _positions(value, cells, "value", source)
        values[positions] = _numbers(list(value.values()), source)
        return values
    if not isinstance(value, list) or len(value) != cells:
        raise unreadable(
            source, "value", value, f"must be {cells} numbers (the product of size) or an object"
        )
    return _numbers(value, source)


def _numbers(items: list[Any], source: str) -> np.ndarray:
    # Checked by type first: numpy would quietly turn "1" and true into numbers.
    wrong = set(map(type, items)) - {int, float, type(None)}
    if wrong:
        raise unreadable(source, "value", sorted(t.__name__ for t in wrong), "must be numbers or null")
    return np.array(items, dtype=np.float64)


def _status(status: Any, cells: int, source: str) -> pd.Categorical:
    """Symbols as a categorical, missing for ordinary cells."""
    if isinstance(status, list) and len(status) == 1:
        status = status[0]  # the standard: a list of one speaks for every cell
    if status is None:
        status = {}
    if isinstance(status, str):
        return pd.Categorical.from_codes(np.zeros(cells, dtype=np.int8), [status])
    if isinstance(status, list):
        if len(status) != cells:
            raise unreadable(source, "status", len(status), f"must be {cells} symbols")
        positions: Any = slice(None)
        symbols = status
    elif isinstance(status, dict):
        positions = _positions(status, cells, "status", source)
        symbols = list(status.values())
    else:
        raise unreadable(source, "status", type(status).__name__, "must be text, a list or an object")
    if set(map(type, symbols)) - {str, type(None)}:
        raise unreadable(source, "status", None, "symbols must be text")
    known = [symbol for symbol in dict.fromkeys(symbols) if symbol is not None]
    code_of: dict[Any, int] = {symbol: code for code, symbol in enumerate(known)} | {None: -1}
    codes = np.full(cells, -1, dtype=np.min_scalar_type(-len(known) - 1))
    codes[positions] = np.fromiter(map(code_of.__getitem__, symbols), dtype=codes.dtype, count=len(symbols))
    return _categorical(codes, known)


def _positions(sparse: dict[str, Any], cells: int, name: str, source: str) -> np.ndarray:
    """The keys of a sparse object as cell numbers, each within the dataset."""
    keys = list(sparse)
    # Plain ASCII digits only, short enough for int64: int() alone would take " 1", "1_0" or "١".
    joined = "".join(keys)
    lengths = set(map(len, keys))
    if keys and not (joined.isascii() and joined.isdigit() and min(lengths) > 0 and max(lengths) < 19):
        raise unreadable(source, name, keys[:3], "keys must be cell numbers")
    positions = np.fromiter(map(int, keys), dtype=np.int64, count=len(keys))
    if len(positions) and positions.max() >= cells:
        raise unreadable(source, name, int(positions.max()), f"there are only {cells} cells")
    return positions


def _categorical(codes: np.ndarray, categories: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(categories, dtype="str"), validate=False)


def _recoded(codes: np.ndarray, labels: list[str]) -> pd.Categorical:
    """Labels for the same cells; two codes may share one label (there are two municipalities named Bø)."""
    distinct = list(dict.fromkeys(labels))
    if len(distinct) < len(labels):
        number = {label: code for code, label in enumerate(distinct)}
        codes = np.array([number[label] for label in labels], dtype=codes.dtype)[codes]
    return _categorical(codes, distinct)
