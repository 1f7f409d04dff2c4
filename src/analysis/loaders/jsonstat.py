"""JSON-stat 2.0 decoded into a tidy frame: codes, labels, values, status and units.

Pure: bytes in, frame out. Every form that the standard allows is read (category index as object or
list or absent, values as array or sparse object, status as text, array or object). The status symbols
that say *why* a cell is empty are kept, since an empty cell is not a zero.

Source of the format: https://json-stat.org/full/ ; SSB's use of it: PxWebApi v2, ``json-stat2``.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from analysis.errors import DataError, Fault

# Far above what a publisher sends in one answer (SSB: 800 000). It keeps a few hostile bytes, such as
# a sparse answer with a huge "size", from claiming all memory.
MAX_CELLS = 10_000_000
#: Column names that no dimension may take.
RESERVED = ("value", "status", "unit")
_LIFTED = "lifted"


@dataclass(frozen=True)
class Dimension:
    """One variable of a dataset: its categories in the publisher's order."""

    id: str
    label: str
    codes: list[str]
    labels: list[str]
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    elimination: bool | None = None


@dataclass(frozen=True)
class Header:
    """What a dataset says about itself, apart from its numbers."""

    title: str
    publisher: str
    updated: str
    table_id: str
    dimensions: list[Dimension]
    notes: list[str]
    mandatory_notes: list[str]

    def dimension(self, dimension_id: str) -> Dimension:
        """The dimension of that id; ``KeyError`` names those that exist."""
        for dimension in self.dimensions:
            if dimension.id == dimension_id:
                return dimension
        raise KeyError(f"{dimension_id!r}; the dataset has {[d.id for d in self.dimensions]}")

    @property
    def units(self) -> dict[str, dict[str, Any]]:
        """Unit by contents code, e.g. ``{"KOSbelop0000": {"base": "1000 kr", "decimals": 0}}``."""
        return {code: unit for dimension in self.dimensions for code, unit in dimension.units.items()}

    def attrs(self) -> dict[str, Any]:
        """The frame attributes that every decoded table carries."""
        return {
            "title": self.title,
            "publisher": self.publisher,
            "updated": self.updated,
            "table_id": self.table_id,
            "notes": self.notes,
            "mandatory_notes": self.mandatory_notes,
            "units": self.units,
            "dimension_labels": {d.id: d.label for d in self.dimensions},
            "source_line": ", ".join(filter(None, [self.publisher, self.title])),
        }


def decode(body: bytes, *, source: str = "JSON-stat answer") -> pd.DataFrame:
    """One row per cell, in the publisher's order.

    Columns: for each dimension its codes (``<id>``) and labels (``<id>_label``), both categorical;
    ``value`` (float, NaN where the publisher gives none; unit in ``unit``); ``status`` (categorical
    symbol, NaN for an ordinary cell; SSB: ``.`` not possible, ``..`` not available, ``:`` may not be
    published); ``unit`` where the dataset names units. ``attrs``: see :meth:`Header.attrs`.

    Raises :class:`DataError` naming ``source``, the field and what is wrong with it, whatever the bytes.
    """
    return tabulate(*read_cells(body, source))


def read_cells(body: bytes, source: str) -> tuple[Header, np.ndarray, pd.Categorical]:
    """The header, the values and the status of all cells, row-major; errors as :func:`decode`."""
    body, numbers = _lift_numbers(body)
    document = parse(body, source)
    header = read_header(document, source)
    if document.get("value") == [_LIFTED]:
        document["value"] = numbers
    sizes = [len(dimension.codes) for dimension in header.dimensions]
    cells = prod(sizes)
    if cells > MAX_CELLS:
        raise _bad(source, "size", sizes, f"at most {MAX_CELLS} cells can be read from one answer")
    values = _values(document.pop("value", None), cells, source)
    if np.isinf(values).any():
        raise _bad(source, "value", "infinite", "must be numbers or null")
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
            names = [str(units.get(code, {}).get("base", "")) for code in dimension.codes]
            unit_column = _recoded(codes, names)
    columns["value"] = values
    columns["status"] = status
    if unit_column is not None:
        columns["unit"] = unit_column
    frame = pd.DataFrame(columns, copy=False)
    frame.attrs = header.attrs()
    return frame


def _lift_numbers(body: bytes) -> tuple[bytes, np.ndarray | None]:
    """The answer with a mark for its ``"value"`` list, and that list as an array; or as it was, and None.

    Nine tenths of an answer are one plain list of numbers and nulls. Arrow reads it straight into an
    array, which takes half the time and a fraction of the memory of a million Python numbers. Done
    only where it is safe: one such list, holding nothing but numbers. The mark shows the caller
    whether it stood at the top of the document.
    """
    key = b'"value":['
    start = body.find(key) + len(key)
    end = body.find(b"]", start)
    if start < len(key) or end <= start or body.find(key, start) >= 0:
        return body, None
    text = body[start:end]
    if text.translate(None, b"0123456789+-.eE,nul"):
        return body, None
    try:
        column = pa.csv.read_csv(
            pa.BufferReader(text.replace(b",", b"\n")),
            read_options=pa.csv.ReadOptions(column_names=["value"]),
            parse_options=pa.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(column_types={"value": pa.float64()}, null_values=["null"]),
        )["value"]
    except pa.ArrowInvalid:
        return body, None
    return body[:start] + b'"%b"' % _LIFTED.encode() + body[end:], column.to_numpy()


def _values(value: Any, cells: int, source: str) -> np.ndarray:
    """The numbers as one float array, NaN where there is none."""
    if isinstance(value, dict):
        values = np.full(cells, np.nan)
        positions = _positions(value, cells, "value", source)
        values[positions] = _numbers(list(value.values()), source)
        return values
    if not isinstance(value, list | np.ndarray) or len(value) != cells:
        raise _bad(source, "value", value, f"must be {cells} numbers (the product of size) or an object")
    return _numbers(value, source) if isinstance(value, list) else value


def _numbers(items: list[Any], source: str) -> np.ndarray:
    # Checked by type first: numpy would quietly turn "1" and true into numbers.
    wrong = set(map(type, items)) - {int, float, type(None)}
    if wrong:
        raise _bad(source, "value", sorted(t.__name__ for t in wrong), "must be numbers or null")
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
            raise _bad(source, "status", len(status), f"must be {cells} symbols")
        positions: Any = slice(None)
        symbols = status
    elif isinstance(status, dict):
        positions = _positions(status, cells, "status", source)
        symbols = list(status.values())
    else:
        raise _bad(source, "status", type(status).__name__, "must be text, a list or an object")
    if set(map(type, symbols)) - {str, type(None)}:
        raise _bad(source, "status", None, "symbols must be text")
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
        raise _bad(source, name, keys[:3], "keys must be cell numbers")
    positions = np.fromiter(map(int, keys), dtype=np.int64, count=len(keys))
    if len(positions) and positions.max() >= cells:
        raise _bad(source, name, int(positions.max()), f"there are only {cells} cells")
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


def parse(body: bytes, source: str) -> dict[str, Any]:
    """The answer as a JSON object; DataError if it is not one."""
    try:
        document = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise _bad(source, "body", body[:60], f"is not complete JSON ({error})") from None
    return _mapping(document, "body", source)


def read_header(document: Mapping[str, Any], source: str = "JSON-stat answer") -> Header:
    """Dimensions, roles, notes and dates of a dataset, with or without values (SSB's metadata)."""
    if document.get("class") != "dataset" or document.get("version") != "2.0":
        found = {key: document.get(key) for key in ("class", "version", "title", "status")}
        raise _bad(source, "class", found, "is not a JSON-stat 2.0 dataset")
    ids = _texts(document.get("id"), "id", source)
    sizes = document.get("size")
    if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
        raise _bad(source, "size", sizes, "must be a list of whole numbers above 0")
    if len(ids) != len(sizes) or not ids:
        raise _bad(source, "size", sizes, f"must have one number for each of {ids}")
    names = [*ids, *(f"{i}_label" for i in ids), *RESERVED]
    if len(set(names)) != len(names):
        raise _bad(source, "id", ids, f"dimensions must differ, also from {RESERVED}")
    described = _mapping(document.get("dimension"), "dimension", source)
    notes = _notes(document, source)
    dimensions = []
    for dimension_id, size in zip(ids, sizes, strict=True):
        place = f"dimension.{dimension_id}"
        content = _mapping(described.get(dimension_id), place, source)
        dimensions.append(_dimension(dimension_id, content, size, source))
        notes += _notes(content, source)
    px = _mapping(_extension(document, source).get("px") or {}, "extension.px", source)
    return Header(
        title=str(document.get("label") or ""),
        publisher=str(document.get("source") or ""),
        updated=str(document.get("updated") or ""),
        table_id=str(px.get("tableid") or ""),
        dimensions=dimensions,
        notes=[text for text, _ in notes],
        mandatory_notes=[text for text, is_mandatory in notes if is_mandatory],
    )


def _dimension(dimension_id: str, content: Mapping[str, Any], size: int, source: str) -> Dimension:
    place = f"dimension.{dimension_id}.category"
    category = _mapping(content.get("category"), place, source)
    label_of = _mapping(category.get("label") or {}, f"{place}.label", source)
    codes = _codes(category.get("index"), label_of, place, source)
    if len(codes) != size:
        raise _bad(source, f"{place}.index", len(codes), f"must have as many categories as size says: {size}")
    labels = [label_of.get(code, code) for code in codes]
    if not all(isinstance(label, str) for label in labels):
        raise _bad(source, f"{place}.label", labels[:3], "labels must be text")
    units = _mapping(category.get("unit") or {}, f"{place}.unit", source)
    return Dimension(
        id=dimension_id,
        label=str(content.get("label") or dimension_id),
        codes=codes,
        labels=labels,
        units={code: dict(_mapping(unit, f"{place}.unit", source)) for code, unit in units.items()},
        elimination=_extension(content, source).get("elimination"),
    )


def _codes(index: Any, label_of: Mapping[str, Any], place: str, source: str) -> list[str]:
    """Category codes in order, from an index that is an object, a list, or absent (one category)."""
    if index is None:
        if len(label_of) != 1:
            raise _bad(source, f"{place}.index", None, "may be absent only where there is one category")
        return list(label_of)
    if isinstance(index, dict):
        positions = list(index.values())
        if not all(type(p) is int for p in positions) or sorted(positions) != list(range(len(positions))):
            raise _bad(source, f"{place}.index", positions[:5], "positions must run from 0 without a gap")
        return sorted(index, key=index.__getitem__)
    codes = _texts(index, f"{place}.index", source)
    if len(set(codes)) != len(codes):
        raise _bad(source, f"{place}.index", codes[:5], "a code stands twice")
    return codes


def _notes(content: Mapping[str, Any], source: str) -> list[tuple[str, bool]]:
    """All notes of a dataset or dimension, each with whether it must be shown with the numbers."""
    extension = _extension(content, source)
    category = content.get("category")
    by_category = category.get("note") if isinstance(category, dict) else None
    groups = [(content.get("note"), extension.get("noteMandatory"))]
    if isinstance(by_category, dict):
        flags = extension.get("categoryNoteMandatory")
        flags = flags if isinstance(flags, dict) else {}
        groups += [(notes, flags.get(code)) for code, notes in by_category.items()]
    found = []
    for notes, flags in groups:
        texts = [notes] if isinstance(notes, str) else notes if isinstance(notes, list) else []
        flagged = flags if isinstance(flags, dict) else {}
        found += [(str(text), flagged.get(str(number)) is True) for number, text in enumerate(texts)]
    return found


def _extension(content: Mapping[str, Any], source: str) -> dict[str, Any]:
    return _mapping(content.get("extension") or {}, "extension", source)


def _mapping(value: Any, name: str, source: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad(source, name, value, "must be an object")
    return value


def _texts(value: Any, name: str, source: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _bad(source, name, value, "must be a list of texts")
    return value


def _bad(source: str, name: str, value: object, problem: str) -> DataError:
    """The error that says which field of which answer cannot be read, and why."""
    # reprlib, since a value nested a thousand deep has no text of its own.
    shown = None if value is None else reprlib.repr(value)
    return DataError([Fault(source, None, name, shown, problem)], "The answer cannot be read")
