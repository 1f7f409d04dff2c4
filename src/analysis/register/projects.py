"""The projects that participants take part in, with amounts at the level of the project."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.register.files import Register
from analysis.tables.schema import validate

SCHEMA = pa.DataFrameSchema(
    {
        "project_id": pa.Column(str, unique=True),
        "programme_id": pa.Column(str),
        "title": pa.Column(str),
        "title_nb": pa.Column(str, nullable=True),
        "year": pa.Column("Int64", nullable=True),
        "round": pa.Column(str, nullable=True),
        "amount_nok": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "amount_basis": pa.Column(str, pa.Check.isin(["grant", "scheme_budget"]), nullable=True),
        "topic": pa.Column(str, nullable=True),
        "outcome": pa.Column(str, nullable=True),
        "external_id": pa.Column(str, nullable=True),
        "note": pa.Column(str, nullable=True),
    },
    strict=True,
    coerce=True,
)


def build(register: Register) -> pd.DataFrame:
    """One row per project.

    Returns project_id, programme_id, title (English), title_nb (bokmål; NA where nobody has given one:
    show title), year (award or start; NA unknown), round, amount_nok (to the whole project; never to be
    summed per participant), amount_basis, topic, outcome, external_id, note.

    Raises:
        DataError: all faults of the register's files.
    """
    register.raise_faults()
    frame = register["projects"].reset_index(drop=True)
    for column in ("year", "amount_nok"):
        frame[column] = pd.to_numeric(frame[column]).astype("Int64")
    return validate(frame, SCHEMA, "projects")
