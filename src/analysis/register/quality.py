"""The register as a whole: read, resolved and checked; and how well each record is supported."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import raw
from analysis.errors import DataError
from analysis.register import cooperation, eligibility, files, participation, programmes, reconcile
from analysis.register.files import Register
from analysis.tables import population, reforms

_RANK = {"publisher": 0, "participant": 1, "press": 2}


@dataclass
class Checked:
    """A register without faults.

    Attributes
    ----------
    register : Register
    reforms : DataFrame
        Codes over time.
    tables : dict of str to DataFrame
        See :func:`tables`; without reconciliation.
    """

    register: Register
    reforms: pd.DataFrame
    tables: dict[str, pd.DataFrame]


def tables(
    register: Register, units: pd.DataFrame, people: pd.DataFrame, *, reconciled: bool = True
) -> dict[str, pd.DataFrame]:
    """Make every table of the register.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.
    units : DataFrame
        Codes over time (:func:`analysis.tables.reforms.build`).
    people : DataFrame
        Population by 2024 municipality and year.
    reconciled : bool
        Also the table reconciliation, which takes as long as half of the rest and can have no faults.

    Returns
    -------
    dict of str to DataFrame
        participation, those of :func:`analysis.register.programmes.build`, cooperations, eligibility and reconciliation.

    Raises
    ------
    DataError
        Every fault of the files, of keys and of names, in one message.
    """
    # First, since it finds the faults of the files and of the names together.
    made = {"participation": participation.build(register, units, people)}
    made |= programmes.build(register)
    made["cooperations"] = cooperation.build(register, units)
    made["eligibility"], faults = eligibility.build(register, units)
    faults += eligibility.contradictions(made["eligibility"], made["participation"], register)
    if faults:
        raise DataError(faults, "The participation register has faults")
    if reconciled:
        made["reconciliation"] = reconcile.reconcile(
            made["published_totals"], made["participation"], made["projects"]
        )
    return made


def resolved(register: Register) -> Checked:
    """Resolve the names of a register and make its tables.

    Raises
    ------
    DataError
        See :func:`tables`.
    """
    names = ("ssb_municipalities", "ssb_code_changes", "ssb_split_series")
    # Files of data/raw are as their catalogue says; the build checks their schemas, which is slow to begin.
    units = reforms.assemble(*map(raw.read, names))
    people = population.assemble(raw.read("ssb_population"), units)
    people["population"] = pd.to_numeric(people["population"]).astype("Int64")
    return Checked(register, units, tables(register, units, people, reconciled=False))


def check() -> Checked:
    """Read and resolve the whole register; write nothing.

    Raises
    ------
    DataError
        See :func:`tables`.
    """
    return resolved(files.read())


def in_force() -> Checked:
    """The register as the build takes it: with the Research Council's own grants for the copy, once fetched.

    Raises
    ------
    DataError
        See :func:`tables`.
    """
    checked = check()
    if "research_council_applications" not in raw.catalogue().index:
        return checked
    from analysis.register import research_council  # slow to import, and mostly not needed

    return resolved(research_council.in_force(checked.register, checked.reforms)[0])


def summary(checked: Checked) -> str:
    """What is in the register: a line per programme with records, participants and what has a code."""
    table = checked.tables["participation"]
    is_municipality = table["participant_type"] == "municipality"
    counted = pd.DataFrame(
        {
            "programme_id": table["programme_id"],
            "county rows": table["participant_type"] == "county",
            "stated": table["confidence"] == "stated",
            "by group": table["basis"] == "group",
            "with population": table["population_then"].notna(),
        }
    )
    by = table.groupby("programme_id")
    municipalities = table[is_municipality].groupby("programme_id")["municipality_code"].nunique()
    counts = pd.DataFrame(
        {"rows": by.size(), "projects": by["project_id"].nunique(), "municipalities": municipalities}
    ).join(counted.groupby("programme_id").sum())
    counts = counts.fillna(0).astype(int).sort_values("rows", ascending=False)
    total = counts.sum().to_frame("all programmes").T
    total["municipalities"] = table.loc[is_municipality, "municipality_code"].nunique()
    return f"{pd.concat([counts, total]).to_string()}\n{_COLUMNS}"


_COLUMNS = (
    "county rows: of counties; stated: the source says who and when; by group: the source names a group, and its\n"
    "members are ours; with population: of that year, of the unit as it was."
)


def _cited(participations: pd.DataFrame) -> pd.Series:
    """Ids of all sources of each record, semicolons between."""
    return participations["source_id"] + (";" + participations["further_source_ids"]).fillna("")


def records(participations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Describe how each record is supported.

    Parameters
    ----------
    participations, sources : DataFrame
        The register's files.

    Returns
    -------
    DataFrame
        record_id, project_id, participant_name, confidence, n_sources, best_source_kind (publisher before
        participant before press), is_single_press (one source, and that is press or another third party),
        source_ids (semicolons between).
    """
    frame = participations[["record_id", "project_id", "participant_name", "confidence"]].assign(
        source_ids=_cited(participations)
    )
    cited = frame.assign(source_id=frame["source_ids"].str.split(";")).explode("source_id")
    rank = cited["source_id"].map(sources.set_index("source_id")["source_kind"]).map(_RANK)
    by = cited.assign(rank=rank).groupby("record_id", as_index=False)
    support = by.agg(n_sources=("source_id", "nunique"), best_source_kind=("rank", "min"))
    support["best_source_kind"] = support["best_source_kind"].map(dict(enumerate(_RANK)))
    frame = frame.merge(support, on="record_id")
    frame["is_single_press"] = (frame["n_sources"] == 1) & (frame["best_source_kind"] == "press")
    return frame[[*frame.columns.drop("source_ids"), "source_ids"]]


def links(participations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The addresses to look at again, those that most records rest on first.

    Returns
    -------
    DataFrame
        source_id, url, publisher, source_kind, date, retrieved, n_records.
    """
    cited = _cited(participations).str.split(";").explode()
    frame = sources[["source_id", "url", "publisher", "source_kind", "date", "retrieved"]].copy()
    frame["n_records"] = frame["source_id"].map(cited.value_counts()).fillna(0).astype(int)
    return frame.sort_values(["n_records", "source_id"], ascending=[False, True]).reset_index(drop=True)


def support_summary(quality: pd.DataFrame) -> str:
    """Counts of :func:`records` by confidence and best source, and those that rest on one press source."""
    table = pd.crosstab(quality["confidence"], quality["best_source_kind"], margins=True, margins_name="all")
    single = quality[quality["is_single_press"]]
    lines = [
        f"  {source_id}: {len(names)}: {', '.join(names)}"
        for source_id, names in single.groupby("source_ids")["participant_name"]
    ]
    head = f"{len(single)} of {len(quality)} records rest on one press source or other third party:"
    return "\n".join([table.to_string(), "", head, *lines])
