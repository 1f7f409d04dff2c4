"""Which rows of the register count as a municipality's participation, and how far they reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.measures.estimates import Coverage, weakest

#: Stages that are participation; a candidate for a programme or a nominee for an award has not taken part.
TAKING_PART = ("taking_part", "winner")


def municipal_rows(
    participation: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    *,
    stated_only: bool = False,
    expanded: bool = True,
    years: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Rows of municipalities with a 2024 code that took part in the named programmes (all where ``None``).

    Candidates and nominees (column ``stage``, where the register has it) are left out.
    ``stated_only`` drops rows whose membership or year is inferred; ``expanded=False`` drops rows where
    the source names a group and not the member; ``years`` (first, last) drops rows outside the period
    and rows without a year.
    """
    keep = participation["municipality_code"].notna() & (participation["participant_type"] == "municipality")
    if "stage" in participation:
        keep &= participation["stage"].isin(TAKING_PART)
    if programme_ids is not None:
        keep &= participation["programme_id"].isin(list(programme_ids))
    if stated_only:
        keep &= participation["confidence"] == "stated"
    if not expanded:
        keep &= ~participation["is_expanded"].astype(bool)
    if years is not None:
        keep &= participation["year"].astype("Int64").between(*years).fillna(False).astype(bool)
    return participation[keep]


def participants(
    participation: pd.DataFrame, programme_ids: Iterable[str] | None = None, **options: Any
) -> pd.Index:
    """Distinct 2024 municipality codes with at least one row; options as in ``municipal_rows``."""
    rows = municipal_rows(participation, programme_ids, **options)
    return pd.Index(rows["municipality_code"].unique(), name="municipality_code")


def counts(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    **options: Any,
) -> pd.Series:
    """Number of distinct projects each municipality of the panel takes part in (0 where none), on its index.

    A municipality that appears twice in a project (two old units, or two roles) is counted once.
    """
    rows = municipal_rows(participation, programme_ids, **options)
    distinct = rows.drop_duplicates(["municipality_code", "programme_id", "project_id"])
    found = distinct.groupby("municipality_code").size()
    return panel["municipality_code"].map(found).fillna(0).astype(int).rename("participations")


def took_part(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    **options: Any,
) -> pd.Series:
    """Boolean per panel row: at least one row in the register."""
    return counts(panel, participation, programme_ids, **options) > 0


def coverage_of(programmes: pd.DataFrame, programme_ids: Iterable[str] | None = None) -> Coverage:
    """Weakest coverage of the named programmes (all where ``None``): one sample makes the set a sample.

    Raises ``AnalysisError`` for a programme that is not in the table.
    """
    table = programmes.set_index("programme_id")["coverage"]
    if programme_ids is None:
        return weakest(table)
    wanted = list(programme_ids)
    unknown = sorted(set(wanted) - set(table.index))
    if unknown:
        raise AnalysisError(f"programmes: no such programme_id: {', '.join(unknown)}")
    return weakest(table.loc[wanted])


def programmes_of_kind(programmes: pd.DataFrame, kind: str) -> list[str]:
    """The ids of the programmes of one kind (partnership, project, network, grant, award)."""
    return programmes.loc[programmes["kind"] == kind, "programme_id"].tolist()


def label(programme_ids: Iterable[str] | None) -> str:
    """Term of a result row: the programme's id, the ids joined by ``+``, or ``all programmes``."""
    return "all programmes" if programme_ids is None else "+".join(programme_ids)
