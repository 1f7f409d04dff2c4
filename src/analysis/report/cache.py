"""Executed notebooks kept between runs, and the reason why one must be executed again.

A notebook's result depends on its own text and parameters, on the modules of this package that it can
reach by imports, on the tables that it read, on the message catalogue and on the locked dependencies.
The hashes of all of these are kept with the result; where one differs, the notebook is executed again.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis import io, paths

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Stored:
    """A kept result: what it is, how long it took, the hashes of what made it, and the executed notebook."""

    label: str
    seconds: float
    inputs: Mapping[str, str]
    tables: Mapping[str, str]
    notebook: NotebookNode


def modules(source: str) -> set[Path]:
    """Files of this package that a piece of code can reach by imports, its own imports' imports included.

    Parameters
    ----------
    source : str
        Python code, such as the cells of a notebook joined by line ends. Notebook magics are left out.

    Returns
    -------
    set of Path
        Empty where nothing of the package is imported; every module where ``analysis`` itself is, since
        it hands on names of all of them.
    """
    code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))
    found: set[Path] = set()
    todo = set(_imported(code))
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo |= _imports_of(path) - found
    return found


@cache
def _imports_of(path: Path) -> frozenset[Path]:
    if path == PACKAGE / "__init__.py":
        return frozenset(PACKAGE.rglob("*.py"))
    return frozenset(_imported(path.read_text(encoding="utf-8")))


def _imported(code: str) -> Iterator[Path]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # ``from analysis import tables`` names a module, not something of the package's public face.
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in members if _file(name)]
            names = members if len(found) == len(members) else [*found, node.module]
        else:
            continue
        for name in names:
            path = _file(name)
            if path:
                yield path


def _file(name: str) -> Path | None:
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*parts[1:])
    candidates = (base / "__init__.py",) if base.is_dir() else (base.with_suffix(".py"),)
    return next((path for path in candidates if path.exists()), None)


def inputs(notebook: NotebookNode) -> dict[str, str]:
    """Hashes of what a notebook depends on before it is run: its cells, the code it reaches, the lock.

    Returns
    -------
    dict
        What it is (``"its own text"``, ``"report/page.py"`` …) to SHA-256.
    """
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    text = json.dumps([[cell.cell_type, cell.source] for cell in notebook.cells], ensure_ascii=False)
    files = {path.relative_to(PACKAGE).as_posix(): path for path in modules("\n".join(cells))}
    # Messages, and the templates and styles that cells use while they run (a page's own are used later).
    used = [*(PACKAGE / "locale").rglob("*.po"), *(PACKAGE / "figures" / "templates").iterdir()]
    used.append(PACKAGE / "report" / "templates" / "notebook.css")
    files |= {path.relative_to(PACKAGE).as_posix(): path for path in used}
    # What dependencies are installed, and what the sources of the data are called.
    others = (paths.root() / "requirements.lock", paths.raw() / "catalogue.csv")
    files |= {path.name: path for path in others if path.exists()}
    hashes = {name: io.sha256(path) for name, path in sorted(files.items())}
    return {"its own text": io.sha256(text.encode()), **hashes}


def table_hashes() -> dict[str, str]:
    """SHA-256 of every built table, by its name."""
    return {path.stem: io.sha256(path) for path in sorted(paths.processed().glob("*.parquet"))}


def changes(stored: Stored, notebook: NotebookNode, tables: Mapping[str, str]) -> list[str]:
    """What differs between a kept result's inputs and now; empty where the result can be used.

    Parameters
    ----------
    stored : Stored
    notebook : NotebookNode
        With its parameters set, not executed.
    tables : mapping
        The built tables and their hashes, as they are now (:func:`table_hashes`).

    Returns
    -------
    list of str
        Such as ``["report/page.py", "table participation"]``.
    """
    now = inputs(notebook)
    names = sorted(set(now) | set(stored.inputs))
    changed = [name for name in names if now.get(name) != stored.inputs.get(name)]
    return changed + [f"table {name}" for name, old in stored.tables.items() if tables.get(name, "") != old]


def seconds() -> dict[str, float]:
    """How long each kept notebook took when it was executed, by its label."""
    kept = [load(path.stem) for path in sorted(_folder().glob("*.json"))]
    return {stored.label: stored.seconds for stored in kept if stored}


def load(label: str) -> Stored | None:
    """The kept result of a notebook; None where there is none or it cannot be read."""
    path = _path(label)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        notebook = nbformat.from_dict(content["notebook"])
        made_from, tables = dict(content["inputs"]), dict(content["tables"])
        return Stored(str(content["label"]), float(content["seconds"]), made_from, tables, notebook)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(
    label: str,
    notebook: NotebookNode,
    made_from: Mapping[str, str],
    tables: Mapping[str, str],
    took: float = 0.0,
) -> None:
    """Keep an executed notebook with the hashes of its inputs and of the tables that it read, and its time."""
    content = {
        "label": label,
        "seconds": round(took, 2),
        "inputs": dict(made_from),
        "tables": dict(tables),
        "notebook": notebook,
    }
    io.write_atomically(_path(label), json.dumps(content, ensure_ascii=False))


def _folder() -> Path:
    return paths.root() / ".cache" / "executed"


def _path(label: str) -> Path:
    return _folder() / f"{io.slug(label)}.json"
