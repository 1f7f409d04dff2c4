"""What municipalities may apply for: programmes not known to be over, by who could take part in them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.i18n import current
from analysis.measures.observations import DEFAULT_SCOPES
from analysis.report.pages import programme_list
from analysis.report.urls import programme_file


def may_apply(
    programmes: pd.DataFrame, eligibility: pd.DataFrame, municipalities: Collection[str]
) -> pd.Series:
    """Whether any of some municipalities may apply to each programme, in the year of the latest check.

    Parameters
    ----------
    programmes : DataFrame
        Table of this name, on programme_id.
    eligibility : DataFrame
        Table of this name. Where a programme is known by the rounds of counties only, these rounds are past;
        what its source says of all counties then decides.
    municipalities : collection of str
        Codes of 2024.

    Returns
    -------
    Series
        Boolean on programme_id; NA where no source says who may apply.

    Examples
    --------
    >>> programmes = pd.DataFrame(
    ...     {"eligible": ["all", "15", None], "known_by_round": False, "eligible_checked": ["2026-11-26"] * 2 + [None]},
    ...     index=pd.Index(["a", "b", "c"], name="programme_id"),
    ... )
    >>> rows = [("a", None, "0301", 2017, None), ("a", None, "1505", 2017, None), ("b", None, "1505", None, None)]
    >>> columns = ["programme_id", "round", "municipality_code", "year_from", "year_to"]
    >>> may_apply(programmes, pd.DataFrame(rows, columns=columns), ["0301"]).tolist()
    [True, False, <NA>]
    """
    rows = _now(programmes, eligibility)
    named = rows.loc[rows["municipality_code"].isin(list(municipalities)), "programme_id"]
    may = pd.Series(programmes.index.isin(named), programmes.index) | _by_round(programmes)
    return may.astype("boolean").mask(programmes["eligible"].isna())


def _now(programmes: pd.DataFrame, eligibility: pd.DataFrame) -> pd.DataFrame:
    """The rows of eligibility outside rounds that hold in the year of the latest check."""
    year = int(str(programmes["eligible_checked"].max())[:4])
    rows = eligibility[eligibility["round"].isna()]
    first, last = (pd.to_numeric(rows[f"year_{end}"]).astype("Float64") for end in ("from", "to"))
    return rows[first.fillna(0).le(year) & last.fillna(9999).ge(year)]


def _by_round(programmes: pd.DataFrame) -> pd.Series:
    """Whether a programme is known by the rounds of counties and open to all of them."""
    return programmes["known_by_round"].astype(bool) & programmes["eligible"].eq("all")


def candidates(
    programmes: pd.DataFrame, eligibility: pd.DataFrame, municipalities: Collection[str]
) -> pd.DataFrame:
    """Programmes that are not known to be over and that the municipalities may apply to, or may for all we know.

    Prizes, programmes that chose their participants and those of whole counties are left out.

    Returns
    -------
    DataFrame
        The table programmes on programme_id with ``may_apply`` (True or NA); those that a source says are open
        come first, then those with a page for applicants.
    """
    table = programmes[programmes["scope"].isin(DEFAULT_SCOPES) & (programmes["kind"] != "award")]
    by_design = table["chosen_by_design"].fillna(False).astype(bool)
    table = table[~by_design & ~table.apply(programme_list.is_over, axis=1).astype(bool)]
    table = table.assign(may_apply=may_apply(programmes, eligibility, municipalities))
    table = table[table["may_apply"].fillna(True).astype(bool)]
    order = table.assign(not_open=table["status"].ne("open"), no_page=table["apply_url"].isna())
    return table.loc[order.sort_values(["not_open", "no_page", "programme_id"]).index]


def link(programme: Hashable, row: Mapping[str, Any] | pd.Series) -> dict[str, str]:
    """Name, page and status of a programme (its id and its row), in the language in use."""
    return {
        "name": row[f"name_{current()}"],
        "href": programme_file(current(), str(programme)),
        "status": programme_list.status(row),
    }


def of_municipalities(
    programmes: pd.DataFrame, eligibility: pd.DataFrame, municipalities: Collection[str]
) -> dict[str, dict[str, list[str]]]:
    """What each municipality may apply for: ids of programmes, by municipality.

    Returns
    -------
    dict
        ``open`` (a source says that it is, in a year), ``unsure`` (the municipality may apply, but no source says
        whether it is open) and ``unknown`` (no source says who may apply).
    """
    table, rows = candidates(programmes, eligibility, municipalities), _now(programmes, eligibility)
    pairs = set(zip(rows["municipality_code"], rows["programme_id"], strict=True))
    kind = table["status"].eq("open").map({True: "open", False: "unsure"})
    kind = kind.mask(table["may_apply"].isna(), "unknown")
    for_all = _by_round(table) | kind.eq("unknown")
    return {
        code: {
            one: [p for p in table.index[kind == one] if for_all[p] or (code, p) in pairs]
            for one in ("open", "unsure", "unknown")
        }
        for code in municipalities
    }
