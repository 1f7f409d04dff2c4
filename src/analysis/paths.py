"""The project's folders.

Every module asks here, so that a test (or a researcher with a second data set) moves the whole
project by setting the environment variable ``ANALYSIS_ROOT``.
"""

from __future__ import annotations

import os
from pathlib import Path

from analysis.errors import AnalysisError

_MARK = Path("data") / "raw" / "catalogue.csv"


def root() -> Path:
    """The project's top folder.

    ``ANALYSIS_ROOT`` if set, else the nearest folder from the working directory upwards that holds data/raw, else
    the checkout that this package lies in.

    Raises
    ------
    AnalysisError
        There is none; says how to make one.
    """
    named = os.environ.get("ANALYSIS_ROOT")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / _MARK).exists():
            return folder
    raise AnalysisError(
        f"There is no data in {here}: `python -m analysis init FOLDER` lays out the data that came with the "
        "package; work in that folder, or set ANALYSIS_ROOT to it."
    )


def snapshot() -> Path:
    """Data and notebooks that a wheel carries along; in a checkout the checkout itself."""
    carried = Path(__file__).parent / "snapshot"
    return carried if carried.exists() else Path(__file__).resolve().parents[2]


def raw() -> Path:
    """Data as published, with its catalogue (``data/raw``)."""
    return root() / "data" / "raw"


def processed() -> Path:
    """Tidy tables made by ``build`` (``data/processed``); never committed, always rebuildable."""
    return root() / "data" / "processed"


def reports() -> Path:
    """Where the rendered pages go (``reports``)."""
    return root() / "reports"


def notebooks() -> Path:
    """The notebooks that researchers open and that ``report`` executes (``notebooks``)."""
    return root() / "notebooks"
