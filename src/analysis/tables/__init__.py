"""One module per tidy table, each with its schema; only ``panel`` joins.

``tables.load("panel")`` gives a built table; ``python -m analysis build`` makes them.
"""

from __future__ import annotations

import contextlib
import os

import geopandas as gpd
import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError
from analysis.io import locked

__all__ = [
    "MANIFEST",
    "READS_VARIABLE",
    "accounts",
    "applications",
    "boundaries",
    "is_whole",
    "load",
    "municipalities",
    "panel",
    "population",
    "population_then",
    "procurement",
    "reforms",
    "schema",
]

#: The file named by this variable receives the name of every table that is loaded, one a line: so it is known
#: which tables a notebook depends on.
READS_VARIABLE = "ANALYSIS_READS"
#: Written last by ``build``, after the tables that it tells of.
MANIFEST = "manifest.json"


def is_whole() -> bool:
    """Whether the tables of data/processed are all of one build; waits for one that is just replacing them."""
    folder = paths.processed()
    if not (folder / MANIFEST).exists():
        with contextlib.suppress(OSError), locked(folder / ".lock"):
            pass
    return (folder / MANIFEST).exists()


def load(name: str) -> pd.DataFrame:
    """A table of data/processed by its name, e.g. ``"panel"``, ``"participation"``, ``"boundaries"``.

    Returns the frame that ``build`` wrote (a GeoDataFrame for boundaries); columns and units are in
    the docstring of the table's module.

    Raises:
        AnalysisError: the table has not been built, there is none of that name, or a build was stopped midway.
    """
    path = paths.processed() / f"{name}.parquet"
    if not path.exists():
        built = sorted(p.stem for p in paths.processed().glob("*.parquet"))
        hint = f"built are: {', '.join(built)}" if built else "run `python -m analysis build` first"
        raise AnalysisError(f"There is no table {name!r} in data/processed; {hint}.")
    if not is_whole():
        raise AnalysisError("data/processed is unfinished: run `python -m analysis build`.")
    reads = os.environ.get(READS_VARIABLE)
    if reads:
        with open(reads, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    read = gpd.read_parquet if name in ("boundaries", "county_boundaries") else pd.read_parquet
    try:
        return read(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise AnalysisError(
            f"{path} cannot be read ({str(error)[:80]}); make it again with `python -m analysis build`."
        ) from error
