"""The report under another definition of small and rural, in a folder of its own.

The tables are made for that definition there and the usual pages from them; nothing of the whole report is
touched. The table ``selection`` says in that folder what was chosen, and every page prints it. Programmes and
years are not narrowed here: the pages speak of complete lists, and a part of such a list is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis import paths, tables
from analysis.definitions import SMALL_RURAL, Definition, small_rural
from analysis.errors import AnalysisError, UnknownName
from analysis.i18n import _
from analysis.manifest import MANIFEST

SELECTION = "selection"


def lay_out(folder: Path, definition: str) -> None:
    """Write the tables under a definition, and what else pages are made of, to a folder of their own.

    Parameters
    ----------
    folder : Path
        Empty, not there yet, or of an earlier report of this kind.
    definition : str
        A key of ``SMALL_RURAL``.

    Raises
    ------
    AnalysisError
        An unknown definition, or a folder that holds something else.
    """
    if definition not in SMALL_RURAL:
        raise UnknownName("definition", definition, SMALL_RURAL)
    processed = folder / "data" / "processed"
    if folder.exists() and any(folder.iterdir()) and not (processed / f"{SELECTION}.parquet").exists():
        raise AnalysisError(f"{folder} holds something else; name a folder that is empty or not there yet.")
    for part in ("data/raw", "notebooks"):
        leave_out = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(paths.root() / part, folder / part, ignore=leave_out, dirs_exist_ok=True)
    for name in ("requirements.lock", "CITATION.cff"):
        if (paths.root() / name).exists():
            shutil.copy(paths.root() / name, folder / name)
    processed.mkdir(parents=True, exist_ok=True)
    (processed / MANIFEST).unlink(missing_ok=True)
    for name, frame in under({name: tables.load(name) for name in tables.names()}, definition).items():
        frame.to_parquet(processed / f"{name}.parquet", index=False)
    # Last: without it the tables count as unfinished. It is no build's manifest, so `build` would make them anew.
    (processed / MANIFEST).write_text("{}\n", encoding="utf-8")


def under(whole: dict[str, pd.DataFrame], definition: str) -> dict[str, pd.DataFrame]:
    """The tables with ``is_small_rural`` by another definition, and the table ``selection``.

    Parameters
    ----------
    whole : dict of str to DataFrame
        All tables by name.
    definition : str
        A key of ``SMALL_RURAL``.

    Returns
    -------
    dict of str to DataFrame
        The same tables but ``panel``, and ``selection`` with the columns what and value.
    """
    is_small_rural = small_rural(whole["panel"], definition).fillna(False).astype(bool)
    chosen = pd.DataFrame([("definition", definition)], columns=["what", "value"])
    return {**whole, "panel": whole["panel"].assign(is_small_rural=is_small_rural), SELECTION: chosen}


def definition() -> Definition:
    """Who is small and rural in this report: the main definition unless another was chosen."""
    if SELECTION not in tables.names():
        return SMALL_RURAL["main"]
    return SMALL_RURAL[tables.load(SELECTION).set_index("what")["value"]["definition"]]


def notice(names: Sequence[str]) -> str:
    """What the pages say of another definition; empty where the tables are those of the whole report.

    Parameters
    ----------
    names : sequence of str
        Names of the tables that are there.
    """
    if SELECTION not in names:
        return ""
    return _(
        "This report uses another definition. Small rural means {definition}.", definition=definition().label
    )
