"""The record of the pages made: from what, and which files; it says which pages are out of date, and why.

It lies in ``.cache/pages.json``. Only the standard library is needed here, so that a run with nothing to do
ends at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis import io, paths
from analysis.report.inputs import Snapshot, differences

#: Under this name the record holds what the list of pages itself depends on.
LIST = "the list of pages"
FileState = tuple[int, int, str]
"""Size, time of change in nanoseconds, SHA-256."""


@dataclass(frozen=True)
class Maker:
    """What makes a page: a notebook (its file name) with parameters, or a module of the package.

    ``reads`` names files below the project's folder that the module reads besides tables.
    """

    notebook: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    module: str = ""
    reads: Sequence[str] = ()

    def inputs(self, now: Snapshot) -> dict[str, str]:
        """What the page is made from besides tables, with its hashes."""
        if self.module:
            others = {name: now.sha256(paths.root() / name) for name in self.reads}
            return now.module(self.module) | others
        return now.notebook(paths.notebooks() / self.notebook, self.parameters) | now.around


@dataclass(frozen=True)
class Entry:
    """One page as it was made.

    Parameters
    ----------
    key, language : str
        Its name on the command line, and its language.
    maker : Maker
    inputs, tables : mapping
        Hashes of what it was made from, and of the tables read for it.
    files : mapping
        The files written (path below ``reports``) and their state.
    """

    key: str
    language: str
    maker: Maker
    inputs: Mapping[str, str]
    tables: Mapping[str, str]
    files: Mapping[str, FileState]


def read() -> dict[str, Entry]:
    """The record by the page's file below ``reports``; empty where there is none or it cannot be read."""
    try:
        content = json.loads(_path().read_text(encoding="utf-8"))
        shared = content["hashes"]
        return {
            name: Entry(
                one["key"],
                one["language"],
                Maker(**one["maker"]),
                shared[one["inputs"]],
                shared[one["tables"]],
                {file: (size, changed, digest) for file, (size, changed, digest) in one["files"].items()},
            )
            for name, one in content["pages"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(entries: Mapping[str, Entry]) -> None:
    """Keep the record. What many pages share (the hashes of their inputs) is written once."""
    shared: dict[str, Mapping[str, str]] = {}

    def key_of(hashes: Mapping[str, str]) -> str:
        key = io.sha256(json.dumps(hashes, sort_keys=True).encode())[:16]
        shared[key] = hashes
        return key

    pages: dict[str, Any] = {
        name: {
            "key": one.key,
            "language": one.language,
            "maker": asdict(one.maker),
            "inputs": key_of(one.inputs),
            "tables": key_of(one.tables),
            "files": one.files,
        }
        for name, one in entries.items()
    }
    text = json.dumps({"hashes": shared, "pages": pages}, ensure_ascii=False)
    io.write_atomically(_path(), text, durable=False)


def states(files: Iterable[Path]) -> dict[str, FileState]:
    """The state of files below ``reports``, by their path there."""
    out = {}
    for path in files:
        about = path.stat()
        name = path.relative_to(paths.reports()).as_posix()
        out[name] = (about.st_size, about.st_mtime_ns, io.sha256(path))
    return out


def reasons(entry: Entry, now: Snapshot, maker: Maker | None = None) -> list[str]:
    """Why a page is out of date; empty where it is current.

    Parameters
    ----------
    entry : Entry
    now : Snapshot
    maker : Maker, optional
        What would make it today, where that may be another.

    Returns
    -------
    list of str
        Such as ``["report/page.py", "table participation", "en/national.html is not as it was written"]``.
    """
    return [
        *differences(entry.inputs, (maker or entry.maker).inputs(now)),
        *(f"table {name}" for name in differences(entry.tables, now.of_tables(entry.tables))),
        *(f"{name} is not as it was written" for name, old in entry.files.items() if not _is_as(name, old)),
    ]


def stale(entries: Mapping[str, Entry], now: Snapshot) -> dict[str, list[str]]:
    """Every page of the record that is out of date, and why."""
    found = {name: reasons(entry, now) for name, entry in entries.items()}
    return {name: why for name, why in found.items() if why}


def must_execute(entries: Mapping[str, Entry], now: Snapshot) -> bool:
    """Whether a notebook must be executed anew, not only pages rendered."""
    for one in entries.values():
        if one.maker.notebook:
            inputs = now.notebook(paths.notebooks() / one.maker.notebook, one.maker.parameters)
            then = {name: one.inputs.get(name, "") for name in inputs}
            if inputs != then or one.tables != now.of_tables(one.tables):
                return True
    return not entries


def told(found: Mapping[str, list[str]], entries: Mapping[str, Entry]) -> list[str]:
    """Lines that say which pages are out of date and why, pages of one reason together.

    Parameters
    ----------
    found : mapping
        As :func:`stale` gives it.
    entries : mapping
        The record.
    """
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name, why in found.items():
        grouped.setdefault(tuple(why), []).append(entries[name].key if entries[name].language else name)
    return [f"{_shortened(dict.fromkeys(keys))}: {_shortened(why)}" for why, keys in grouped.items()]


def _shortened(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:4]) + (f" and {len(every) - 4} more" if len(every) > 4 else "")


def _is_as(name: str, old: FileState) -> bool:
    path = paths.reports() / name
    try:
        about = path.stat()
    except OSError:
        return False
    if (about.st_size, about.st_mtime_ns) == old[:2]:
        return True
    return about.st_size == old[0] and io.sha256(path) == old[2]


def _path() -> Path:
    return paths.root() / ".cache" / "pages.json"
