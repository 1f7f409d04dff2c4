"""The programmes, and how much of each the register holds (``coverage``)."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.register.files import Register
from analysis.tables.schema import validate

SCHEMA = pa.DataFrameSchema(
    {
        "programme_id": pa.Column(str, unique=True),
        "name_nb": pa.Column(str),
        "name_en": pa.Column(str),
        "owner": pa.Column(str),
        "period_from": pa.Column("Int64", nullable=True),
        "period_to": pa.Column("Int64", nullable=True),
        "kind": pa.Column(str, pa.Check.isin(["partnership", "project", "network", "grant", "award"])),
        "coverage": pa.Column(str, pa.Check.isin(["census", "partial", "sample"])),
        "coverage_note": pa.Column(str),
        "description_nb": pa.Column(str),
        "description_en": pa.Column(str),
        "source_url": pa.Column(str),
    },
    strict=True,
    coerce=True,
)


def build(register: Register) -> pd.DataFrame:
    """One row per programme.

    Returns programme_id, name_nb, name_en, owner, period_from and period_to (years; NA: no source states
    it, or it goes on), kind, coverage (census, partial or sample: what may be computed) with
    coverage_note, description_nb, description_en, source_url.

    Raises:
        DataError: all faults of the register's files.
    """
    register.raise_faults()
    frame = register["programmes"].reset_index(drop=True)
    for column in ("period_from", "period_to"):
        frame[column] = pd.to_numeric(frame[column]).astype("Int64")
    frame["source_url"] = frame["source_id"].map(register["sources"].set_index("source_id")["url"])
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "programmes")
