"""Executed notebooks kept between runs with the hashes of what they were made from (:mod:`analysis.report.inputs`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import io, paths
from analysis.report.inputs import differences

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Stored:
    """A kept result: what it is, how long it took, the hashes of what made it, and the executed notebook."""

    label: str
    seconds: float
    inputs: Mapping[str, str]
    tables: Mapping[str, str]
    notebook: NotebookNode


def changes(stored: Stored, inputs: Mapping[str, str], tables: Mapping[str, str]) -> list[str]:
    """What differs between a kept result's inputs and now; empty where the result can be used.

    Parameters
    ----------
    stored : Stored
    inputs : mapping
        What the notebook depends on now (:meth:`analysis.report.inputs.Snapshot.notebook`).
    tables : mapping
        The built tables and their hashes, as they are now.

    Returns
    -------
    list of str
        Such as ``["report/page.py", "table participation"]``.
    """
    read = {name: tables.get(name, "") for name in stored.tables}
    changed = [f"table {name}" for name in differences(stored.tables, read)]
    return differences(stored.inputs, inputs) + changed


def seconds() -> dict[str, float]:
    """How long each kept notebook took when it was executed, by its label."""
    kept = [_read(path) for path in sorted(_folder().glob("*.json"))]
    return {str(one["label"]): float(one["seconds"]) for one in kept if one}


def load(label: str) -> Stored | None:
    """The kept result of a notebook; None where there is none or it cannot be read."""
    import nbformat

    content = _read(_path(label))
    try:
        return Stored(**content | {"notebook": nbformat.from_dict(content["notebook"])})
    except (ValueError, KeyError, TypeError):
        return None


def save(result: Stored) -> None:
    """Keep an executed notebook with the hashes of its inputs and of the tables that it read, and its time."""
    io.write_atomically(_path(result.label), json.dumps(vars(result), ensure_ascii=False), durable=False)


def _read(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if {field.name for field in fields(Stored)} <= set(content) else {}
    except (OSError, ValueError, TypeError):
        return {}


def _folder() -> Path:
    return paths.root() / ".cache" / "executed"


def _path(label: str) -> Path:
    return _folder() / f"{io.slug(label)}.json"
