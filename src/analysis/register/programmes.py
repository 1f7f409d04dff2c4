"""Tables that are the register's files with types: programmes, projects, sources, published totals."""

from __future__ import annotations

import pandas as pd

from analysis.register import files
from analysis.register.files import Register
from analysis.register.validate import typed


def build(register: Register) -> dict[str, pd.DataFrame]:
    """Make the tables that need no name resolved.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.

    Returns
    -------
    dict of DataFrame
        ``programmes``, ``projects``, ``sources`` and ``published_totals`` with the columns of their files
        (``datapackage.json`` says what each means); programmes and published_totals also with source_url.

    Raises
    ------
    DataError
        All faults of the register's files.
    """
    register.raise_faults()
    made = {
        name: typed(register[name], files.resource(register.package, name))
        for name in ("programmes", "projects", "sources", "published_totals")
    }
    url = made["sources"].set_index("source_id")["url"]
    for name in ("programmes", "published_totals"):
        made[name]["source_url"] = made[name]["source_id"].map(url)
    return made
