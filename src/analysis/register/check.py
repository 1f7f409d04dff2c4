"""The register as a whole: read, resolved and checked, with every fault at once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import raw as snapshots
from analysis.register import files as source
from analysis.register import participation, programmes, reconcile
from analysis.register.files import Register
from analysis.tables import population, reforms


@dataclass
class Checked:
    """A register without faults, its tables, and the codes over time they were made with."""

    register: Register
    reforms: pd.DataFrame
    tables: dict[str, pd.DataFrame]


def codes() -> pd.DataFrame:
    """Municipal codes over time, from the snapshot."""
    return reforms.build(
        snapshots.read("ssb_municipalities"),
        snapshots.read("ssb_code_changes"),
        snapshots.read("ssb_split_series"),
    )


def check() -> Checked:
    """Read and resolve the whole register; write nothing.

    Returns the register with its tables: participation, those of programmes.build, and reconciliation.

    Raises:
        DataError: every fault of the files, of keys and of names, in one message.
    """
    register, units = source.read(), codes()
    people = population.build(snapshots.read("ssb_population"))
    # First, since it tells the faults of the files and of the names together.
    tables = {"participation": participation.build(register, units, people)}
    tables |= programmes.build(register)
    tables["reconciliation"] = reconcile.reconcile(
        tables["published_totals"], tables["participation"], tables["projects"]
    )
    return Checked(register, units, tables)


def summary(checked: Checked) -> str:
    """What is in the register: a line per programme with records, participants and what has a code."""
    table = checked.tables["participation"]
    towns = table["participant_type"] == "municipality"
    by = table.groupby("programme_id")
    counts = pd.DataFrame(
        {
            "rows": by.size(),
            "projects": by["project_id"].nunique(),
            "municipalities": table[towns].groupby("programme_id")["municipality_code"].nunique(),
            "county rows": (table["participant_type"] == "county").groupby(table["programme_id"]).sum(),
            "stated": (table["confidence"] == "stated").groupby(table["programme_id"]).sum(),
            "expanded": table["is_expanded"].groupby(table["programme_id"]).sum(),
            "population then": table["population_then"].notna().groupby(table["programme_id"]).sum(),
        }
    )
    counts = counts.fillna(0).astype(int).sort_values("rows", ascending=False)
    total = counts.sum().to_frame("all programmes").T
    total["municipalities"] = table.loc[towns, "municipality_code"].nunique()
    return pd.concat([counts, total]).to_string()
