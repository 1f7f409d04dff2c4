"""Who counts and in which group: rows that are participation, groups of municipalities, names that are known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, UnknownName
from analysis.register import places

#: Stages that are participation; a candidate, a nominee for an award and one that turned a grant down took no part.
TAKING_PART = ("taking_part", "winner")
SMALL_RURAL = "is_small_rural"
ALL = "all"
#: Networks that all municipalities of a county belong to, mappings of all: never counted as participation.
SETTING = "setting"


def municipal(participation: pd.DataFrame) -> pd.DataFrame:
    """Rows of municipalities with a code of 2024 that took part; no candidates, nominees or mere budgets."""
    keep = participation["municipality_code"].notna() & (participation["participant_type"] == "municipality")
    if "stage" in participation:
        keep &= participation["stage"].isin(TAKING_PART)
    if "form" in participation:
        keep &= participation["form"].ne("scheme").fillna(True).astype(bool)
    return participation[keep]


def within_years(rows: pd.DataFrame, years: tuple[int, int]) -> pd.Series:
    """Whether the year of each row, or both its bounds where it is not known, lie in a period."""
    year = rows["year"].astype("Int64")
    first, last = (
        year.fillna(rows[f"year_{end}"].astype("Int64")) if f"year_{end}" in rows else year
        for end in ("from", "to")
    )
    return (first.ge(years[0]) & last.le(years[1])).fillna(False).astype(bool)


def grouping(panel: pd.DataFrame, by: str | None) -> pd.Series:
    """The column ``by`` of the panel, or one group ``all`` where ``by`` is None."""
    if by is None:
        return pd.Series(ALL, index=panel.index)
    known_names("column of the panel", by, panel.columns)
    return panel[by]


def two_groups(panel: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of the panel are known in the yes-or-no column ``by``, and which of these are in the group.

    Raises
    ------
    AnalysisError
        The panel has no such column, or it holds other values than yes and no.
    """
    try:
        values = grouping(panel, by).astype("boolean")
    except (TypeError, ValueError):
        raise AnalysisError(
            f"by={by!r} must be a column of yes and no; it holds {panel[by].iloc[0]!r}"
        ) from None
    known = values.notna().to_numpy()
    return known, values[known].to_numpy(bool)


def known_names(what: str, names: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The names as a tuple; refuses what is not known and says what was probably meant."""
    names = (names,) if isinstance(names, str | int | np.integer) else tuple(names)
    known = list(dict.fromkeys(known))
    for name in names:
        if not isinstance(name, str):
            raise AnalysisError(not_text(what, name))
        if name not in known:
            raise UnknownName(what, name, known)
    return names


def known_codes(what: str, asked: str | Iterable[str], column: pd.Series) -> tuple[str, ...]:
    """Codes of municipalities or counties, given as codes or names; refuses those that the column lacks."""
    find = {"municipality": places.municipality_code, "county": places.county_code}[what]
    asked = (asked,) if isinstance(asked, str | int | np.integer) else asked
    codes = [find(name) if isinstance(name, str) and not name.isdigit() else name for name in asked]
    return known_names(f"{what} code", codes, column)


def not_text(what: str, value: object) -> str:
    """The sentence that refuses a number where a code or a name must stand."""
    return (
        f"{what}: {value} is a number; codes and names are text, with leading zeros "
        "('0301' for Oslo, '56' for Finnmark). Read the file with dtype=str."
    )


def year_span(years: int | tuple[int, int]) -> tuple[int, int]:
    """First and last year of a period given as one year or as both; refuses anything else."""
    try:
        first, last = (years, years) if isinstance(years, int | np.integer) else years
        if int(first) <= int(last):
            return int(first), int(last)
    except (TypeError, ValueError):
        pass
    raise AnalysisError(f"years={years!r} is neither a year nor the first and the last of a period")


def refuse_setting(chosen: Iterable[str], programmes: pd.DataFrame) -> None:
    """Refuse programmes asked for by id whose scope is setting."""
    scope = programmes.set_index("programme_id").get("scope", pd.Series(dtype=str))
    for programme in chosen:
        if scope.get(programme) == SETTING:
            raise AnalysisError(
                f"programme {programme!r} has the scope setting, which is not participation: it is never "
                "counted; its rows are in the table participation"
            )
