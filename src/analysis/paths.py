"""The project's folders.

Every module asks here, so that a test (or a researcher with a second data set) moves the whole
project by setting the environment variable ``ANALYSIS_ROOT``.
"""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The project's top folder: ``ANALYSIS_ROOT`` if set, else the checkout this package lies in."""
    return Path(os.environ.get("ANALYSIS_ROOT") or Path(__file__).resolve().parents[2])


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
