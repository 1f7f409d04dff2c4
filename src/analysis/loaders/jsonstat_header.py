"""What a JSON-stat 2.0 dataset says about itself: dimensions, categories, units, notes and dates.

Read before its numbers (:mod:`analysis.loaders.jsonstat`), or alone: SSB's metadata is a dataset without values.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import DataError, Fault
from analysis.loaders.messages import begins_with_day, read_json

#: Column names that no dimension may take.
RESERVED = ("value", "status", "unit")


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


def parse(body: bytes, source: str) -> dict[str, Any]:
    """The answer as a JSON object; DataError if it is not one."""
    try:
        document = read_json(body)
    except ValueError as error:
        raise unreadable(source, "body", body[:60], f"is not complete JSON ({error})") from None
    return _mapping(document, "body", source)


def read_header(document: Mapping[str, Any], source: str = "JSON-stat answer") -> Header:
    """Dimensions, roles, notes and dates of a dataset, with or without values (SSB's metadata)."""
    if document.get("class") != "dataset" or document.get("version") != "2.0":
        found = {key: document.get(key) for key in ("class", "version", "title", "status")}
        raise unreadable(source, "class", found, "is not a JSON-stat 2.0 dataset")
    ids = _texts(document.get("id"), "id", source)
    sizes = document.get("size")
    if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
        raise unreadable(source, "size", sizes, "must be a list of whole numbers above 0")
    if len(ids) != len(sizes) or not ids:
        raise unreadable(source, "size", sizes, f"must have one number for each of {ids}")
    names = [*ids, *(f"{i}_label" for i in ids), *RESERVED]
    if len(set(names)) != len(names):
        raise unreadable(source, "id", ids, f"dimensions must differ, also from {RESERVED}")
    described = _mapping(document.get("dimension"), "dimension", source)
    notes = _notes(document, source)
    dimensions = []
    for dimension_id, size in zip(ids, sizes, strict=True):
        place = f"dimension.{dimension_id}"
        content = _mapping(described.get(dimension_id), place, source)
        dimensions.append(_dimension(dimension_id, content, size, source))
        notes += _notes(content, source)
    updated = str(document.get("updated") or "")
    if updated and not begins_with_day(updated):
        raise unreadable(source, "updated", updated, "must be a moment such as 2026-03-16T07:00:00Z")
    px = _mapping(_extension(document, source).get("px") or {}, "extension.px", source)
    return Header(
        title=str(document.get("label") or ""),
        publisher=str(document.get("source") or ""),
        updated=updated,
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
        raise unreadable(
            source, f"{place}.index", len(codes), f"must have as many categories as size says: {size}"
        )
    labels = [label_of.get(code, code) for code in codes]
    if not all(isinstance(label, str) for label in labels):
        raise unreadable(source, f"{place}.label", labels[:3], "labels must be text")
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
            raise unreadable(source, f"{place}.index", None, "may be absent only where there is one category")
        return list(label_of)
    if isinstance(index, dict):
        positions = list(index.values())
        if not all(type(p) is int for p in positions) or sorted(positions) != list(range(len(positions))):
            raise unreadable(
                source, f"{place}.index", positions[:5], "positions must run from 0 without a gap"
            )
        return sorted(index, key=index.__getitem__)
    codes = _texts(index, f"{place}.index", source)
    if len(set(codes)) != len(codes):
        raise unreadable(source, f"{place}.index", codes[:5], "a code stands twice")
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
        raise unreadable(source, name, value, "must be an object")
    return value


def _texts(value: Any, name: str, source: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise unreadable(source, name, value, "must be a list of texts")
    return value


def unreadable(source: str, name: str, value: object, problem: str) -> DataError:
    """The error that says which field of which answer cannot be read, and why."""
    # reprlib, since a value nested a thousand deep has no text of its own.
    shown = None if value is None else reprlib.repr(value)
    return DataError([Fault(source, None, name, shown, problem)], "The answer cannot be read")
