"""What has been published on the size of each programme, and how far the register reaches."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.sources.programmes import Register
from analysis.tables.schema import validate

SCHEMA = pa.DataFrameSchema(
    {
        "programme_id": pa.Column(str),
        "round": pa.Column(str),
        "year": pa.Column("Int64", nullable=True),
        "measure": pa.Column(str),
        "value": pa.Column("int64", pa.Check.ge(0)),
        "qualifier": pa.Column(str, pa.Check.isin(["exact", "about", "at_least", "at_most"])),
        "source_url": pa.Column(str),
        "note": pa.Column(str, nullable=True),
    },
    strict=True,
    coerce=True,
)


def build(register: Register) -> pd.DataFrame:
    """One row per published total; contradicting ones stand side by side.

    Returns programme_id, round (a call, "all" for the whole programme, or the project_id of one process),
    year, measure (projects, participants, municipalities, counties, winners, applications, applicants,
    companies, networks, candidates), value, qualifier (exact, about, at_least, at_most), source_url, note.

    Raises:
        DataError: all faults of the register's files.
    """
    register.raise_faults()
    frame = register["published_totals"].reset_index(drop=True)
    for column, dtype in (("year", "Int64"), ("value", "int64")):
        frame[column] = pd.to_numeric(frame[column]).astype(dtype)
    frame["source_url"] = frame["source_id"].map(register["sources"].set_index("source_id")["url"])
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "published_totals")
