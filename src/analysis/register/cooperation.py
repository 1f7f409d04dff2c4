"""Members of cooperations on procurement, IT and services, with their codes of the 2024 structure."""

from __future__ import annotations

import pandas as pd

from analysis.errors import DataError
from analysis.register import files
from analysis.register.files import Register
from analysis.register.resolve import resolve
from analysis.register.validate import cell_faults, typed


def build(register: Register, reforms: pd.DataFrame) -> pd.DataFrame:
    """Make one row per member of a cooperation, and per group of members that is not named.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.
    reforms : DataFrame
        Codes over time.

    Returns
    -------
    DataFrame
        Columns as ``tables.toml`` declares them for ``cooperations``. A group that is not named has
        unnamed_members and the county it lies in; it is never written out.

    Raises
    ------
    DataError
        Names that could not be resolved; rows that are neither a member nor a group.
    """
    rows = register["cooperations"]
    named = rows["member_name"].notna()
    years = {name: pd.to_numeric(rows[name]) for name in ("name_year", "as_of_year")}
    asked = pd.DataFrame(
        {
            "participant_name": rows["member_name"].fillna(rows["county_hint"]),
            "participant_type": named.map({True: "municipality", False: "county"}),
            "county_hint": rows["county_hint"].where(named),
            "name_year": years["name_year"],
            "year": years["as_of_year"],
        }
    )
    found, problems = resolve(asked, reforms, register["counties"], register["names"])
    named_or_counted = rows["member_name"].isna() == rows["unnamed_members"].notna()
    faults = [
        fault
        for row, problem in problems.items()
        for fault in cell_faults("cooperations.csv", rows["member_name"].loc[[row]], problem)
    ]
    wrong = rows["member_name"][~named_or_counted]
    faults += cell_faults("cooperations.csv", wrong, "state either a member or the number of unnamed_members")
    if faults:
        raise DataError(faults, "The register of cooperations has faults")
    return typed(
        rows.join(found[["municipality_code", "county_code"]]),
        files.resource(register.package, "cooperations_resolved"),
    )
