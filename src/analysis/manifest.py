"""Whether data/processed is what data/raw and the code give now: the manifest that ``build`` writes, and its check.

Only the standard library is needed here, so that a run with nothing to do ends at once.
"""

from __future__ import annotations

import json
from pathlib import Path

from analysis import __version__, paths
from analysis.io import sha256

MANIFEST = "manifest.json"
#: Files that Windows leaves in a folder that somebody looks into.
_LEFTOVERS = {"thumbs.db", "desktop.ini"}


def raw_files() -> dict[str, Path]:
    """The files of data/raw by their name there, without what systems and editors leave (dot names, Thumbs.db)."""
    folder = paths.raw()
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in found.items()
        if not any(part.startswith(".") for part in name.parts) and name.name.lower() not in _LEFTOVERS
    }


def code_hash() -> str:
    """SHA-256 over what the tables depend on: modules and declarations of the top level, ``tables``, ``register``."""
    package = Path(__file__).parent
    places = (package, package / "tables", package / "register")
    files = [path for place in places for path in place.iterdir() if path.suffix in (".py", ".toml")]
    found = sorted((path.relative_to(package).as_posix(), sha256(path)) for path in files)
    return sha256(json.dumps(found).encode())


def input_hashes() -> dict[str, str]:
    """SHA-256 of each file of data/raw, by its name."""
    return {name: sha256(path) for name, path in raw_files().items()}


def table_hashes() -> dict[str, str]:
    """SHA-256 of every built table, by its name."""
    return {path.stem: sha256(path) for path in sorted(paths.processed().glob("*.parquet"))}


def is_current() -> bool:
    """Whether data/processed was built from data/raw as it is now, by this code, and is still as it was built.

    A manifest that cannot be read counts as not current.
    """
    try:
        old = json.loads((paths.processed() / MANIFEST).read_bytes())
        known = (old["version"], old["code"], old["inputs"], old["outputs"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    return known == (__version__, code_hash(), input_hashes(), table_hashes())
