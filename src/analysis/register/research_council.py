"""The Research Council's own file of applications, where it has been fetched, with owners told by the register's names."""

from __future__ import annotations

import pandas as pd

from analysis import raw
from analysis.errors import AnalysisError
from analysis.register.files import Register
from analysis.register.resolve import resolve
from analysis.tables import applications

SOURCE = "research_council_applications"


def owned(register: Register, reforms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the applications of data/raw and tell their owners.

    Parameters
    ----------
    register : Register
        Its counties and names decide what a name stands for.
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`.

    Returns
    -------
    asked, owners : DataFrame
        See :func:`analysis.tables.applications.typed` and :func:`analysis.tables.applications.owners`.

    Raises
    ------
    DataError
        The file has not been fetched, or its bytes are not those recorded.
    """
    asked = applications.typed(raw.read(SOURCE))
    owners = applications.owners(
        asked,
        raw.read("brreg_organisations"),
        raw.read("ssb_counties"),
        lambda rows: resolve(rows, reforms, register["counties"], register["names"]),
    )
    return asked, owners


def import_form(register: Register, reforms: pd.DataFrame) -> pd.DataFrame:
    """Grants of the official file as rows of the import form; see :func:`analysis.tables.applications.as_register_rows`.

    Raises
    ------
    AnalysisError
        The file has not been fetched.
    """
    if SOURCE not in raw.catalogue().index:
        raise AnalysisError(f"the file has not been fetched: run `python -m analysis fetch {SOURCE}` first")
    retrieved = raw.catalogue().loc[SOURCE, "retrieved"]
    return applications.as_register_rows(*owned(register, reforms), retrieved)
