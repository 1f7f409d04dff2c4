"""One module per tidy table, its columns declared in ``dictionary.toml``; only ``panel`` joins.

``tables.load("panel")`` gives a built table; ``python -m analysis build`` makes them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from pkgutil import iter_modules

import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError, UnknownName
from analysis.io import locked
from analysis.manifest import MANIFEST

__all__ = [
    "READS_VARIABLE",
    "is_whole",
    "load",
    "names",
    "preload",
    *(module.name for module in iter_modules(__path__)),
]

#: The file named by this variable receives the name of every table that is loaded, one a line: so it is known
#: which tables a notebook depends on.
READS_VARIABLE = "ANALYSIS_READS"


def is_whole() -> bool:
    """Whether the tables of data/processed are all of one build; waits for one that is just replacing them."""
    folder = paths.processed()
    if not (folder / MANIFEST).exists():
        with contextlib.suppress(OSError), locked(folder / ".lock"):
            pass
    return (folder / MANIFEST).exists()


def load(name: str) -> pd.DataFrame:
    """A table of data/processed by its name, e.g. ``"panel"``, ``"participation"``, ``"boundaries"``.

    Parameters
    ----------
    name : str
        ``an.describe()`` lists them.

    Returns
    -------
    DataFrame
        As ``build`` wrote it (a GeoDataFrame for boundaries). Unit: of each column, in ``an.describe(name)``.
        Source: of each table, in ``an.describe()``.

    Raises
    ------
    AnalysisError
        The table has not been built, there is none of that name, or a build was stopped midway.

    Examples
    --------
    >>> len(an.load("panel"))  # doctest: +SKIP
    357
    """
    path = paths.processed() / f"{name}.parquet"
    if not path.exists():
        built = sorted(p.stem for p in paths.processed().glob("*.parquet"))
        if built:
            raise UnknownName("table", name, built)
        raise AnalysisError(
            f"There is no table {name!r} in data/processed; run `python -m analysis build` first."
        )
    if not is_whole():
        raise AnalysisError("data/processed is unfinished: run `python -m analysis build`.")
    reads = os.environ.get(READS_VARIABLE)
    if reads:
        with open(reads, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
    if is_preloaded(name):
        return _preloaded[path][1].copy(deep=False)
    read = pd.read_parquet
    if name in ("boundaries", "county_boundaries"):
        import geopandas as gpd  # slow to import, and most tables have no geometry

        read = gpd.read_parquet
    try:
        return read(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise AnalysisError(
            f"{path} cannot be read ({str(error)[:80]}); make it again with `python -m analysis build`."
        ) from error


def preload() -> None:
    """Read every built table now, so that processes forked from this one need not."""
    for path in sorted(paths.processed().glob("*.parquet")):
        state = _state(path)
        with contextlib.suppress(AnalysisError):  # whoever needs it is told
            _preloaded[path] = (state, load(path.stem))


def is_preloaded(name: str) -> bool:
    """Whether a table was read by ``preload`` and is still the same."""
    path = paths.processed() / f"{name}.parquet"
    kept = _preloaded.get(path)
    return kept is not None and kept[0] == _state(path)


_preloaded: dict[Path, tuple[tuple[int, int], pd.DataFrame]] = {}


def _state(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def names() -> list[str]:
    """Names of the tables that are built, in alphabetical order.

    Raises
    ------
    AnalysisError
        None is.
    """
    built = sorted(path.stem for path in paths.processed().glob("*.parquet"))
    if not built:
        raise AnalysisError("There is no table in data/processed; run `python -m analysis build` first.")
    return built
