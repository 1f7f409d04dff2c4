"""Uptake, as far as the register's coverage lets it be known, and the representation ratio.

Intervals see the municipalities' participation as the outcome of a process that could have gone
otherwise; they are not about sampling, as every municipality of the country is in the panel.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures import totals
from analysis.measures.estimates import (
    Composition,
    Coverage,
    CoverageError,
    Reason,
    RecordedShare,
    Result,
    Unit,
    Uptake,
    UptakeBounds,
    row,
    tidy,
)
from analysis.measures.observations import coverage_of, label, municipal_rows, participants
from analysis.stats import proportions

ALL = "all"


def uptake(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str | None = None,
    published_totals: pd.DataFrame | None = None,
    **options: Any,
) -> Uptake | UptakeBounds | Composition:
    """What can be said of uptake by the panel's column ``by`` (the whole country where ``None``).

    A census gives ``Uptake`` (rates, Wilson); a partial register ``UptakeBounds`` (least: the participants
    not named went to others; most: to this group), which needs ``published_totals``; a sample gives
    ``Composition`` and never a rate. ``options`` as in ``participants.municipal_rows``.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    if coverage is Coverage.CENSUS:
        return uptake_rate(panel, participation, programmes, ids, by, **options)
    if coverage is Coverage.PARTIAL and ids is not None and len(ids) == 1:
        return uptake_bounds(panel, participation, programmes, ids[0], by, published_totals, **options)
    return composition(panel, participation, programmes, ids, by, **options)


def uptake_rate(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None,
    by: str | None = None,
    **options: Any,
) -> Uptake:
    """Share of each group's municipalities that took part, with Wilson's interval.

    Raises ``CoverageError`` unless every named programme is a census.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    if coverage is not Coverage.CENSUS:
        raise CoverageError(
            f"{label(ids)}: coverage is {coverage}, so the share that took part is not known."
        )
    table = _counts_by(panel, participation, ids, by, options)
    return Uptake(_shares(table, label(ids), Unit.UPTAKE, Coverage.CENSUS, "x", "n"))


def recorded_share(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str | None = None,
    **options: Any,
) -> RecordedShare:
    """Share of each group's municipalities that the register names at least once, with Wilson's interval.

    This is a lower bound of uptake. Two groups' recorded shares compare as their uptake does only if
    participants of both are recorded equally often (see ``bounds.tipping_point``).
    """
    ids = None if programme_ids is None else list(programme_ids)
    table = _counts_by(panel, participation, ids, by, options)
    return RecordedShare(_shares(table, label(ids), Unit.RECORDED, coverage_of(programmes, ids), "x", "n"))


def recorded_share_by_programme(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    by: str | None = None,
    **options: Any,
) -> RecordedShare:
    """``recorded_share`` of each programme on its own, in the order of ``programmes``."""
    parts = [
        recorded_share(panel, participation, programmes, [programme], by, **options).frame
        for programme in programmes["programme_id"]
    ]
    return RecordedShare(tidy(pd.concat(parts, ignore_index=True)))


def composition(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str | None = None,
    **options: Any,
) -> Composition:
    """Share of each group among the distinct municipalities recorded, with Wilson's interval.

    Where ``by`` is a column of ``participation`` and not of the panel (``size_band_then``), the
    participants are the units as they were when they took part, counted by ``code_then``.
    """
    ids = None if programme_ids is None else list(programme_ids)
    if by is not None and by not in panel.columns:
        rows = municipal_rows(participation, ids, **options).dropna(subset=[by])
        units = rows.sort_values("year").drop_duplicates("code_then")
        sizes = units.groupby(by, observed=False).size()
        table = pd.DataFrame({"group": sizes.index, "x": sizes.to_numpy(), "m": len(units)})
    else:
        table = _counts_by(panel, participation, ids, by, options)
        table["m"] = table["x"].sum()
    return Composition(_shares(table, label(ids), Unit.PARTICIPANTS, coverage_of(programmes, ids), "x", "m"))


def uptake_bounds(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_id: str,
    by: str | None = None,
    published_totals: pd.DataFrame | None = None,
    **options: Any,
) -> UptakeBounds:
    """Worst-case bounds on the share of each group that took part, from found n and published N.

    ``low``: the N − n participants that are not named all belong to other groups (or are not new
    municipalities); ``high``: all of them are municipalities of this group not yet counted. N is a published
    number of participants, n the distinct participants of any type found. A total for the whole programme
    gives the term ``programme_id``; one for a year gives ``programme_id year`` and is about that year.
    Raises ``CoverageError`` unless the programme is partial.
    """
    coverage = coverage_of(programmes, [programme_id])
    if coverage is not Coverage.PARTIAL:
        raise CoverageError(f"{programme_id}: bounds are for a partial register, this is a {coverage}.")
    rows = []
    for term, missing, reason, members in participant_rounds(participation, programme_id, published_totals):
        for group, x, n in _counts_by(panel, members, [programme_id], by, options).itertuples(index=False):
            bounds: dict[str, object] = {"reason": reason if n else Reason.EMPTY_GROUP}
            if n and reason is Reason.BOUNDS:
                bounds |= {"low": x / n, "high": min(x + missing, n) / n}
            rows.append(
                row(
                    term,
                    group,
                    n=n,
                    numerator=x,
                    denominator=n,
                    unit=Unit.UPTAKE,
                    method="worst-case bounds",
                    coverage=coverage,
                    **bounds,
                )
            )
    return UptakeBounds(tidy(rows))


def participant_rounds(
    participation: pd.DataFrame, programme_id: str, published_totals: pd.DataFrame | None
) -> list[tuple[str, int, Reason, pd.DataFrame]]:
    """(term, number missing, reason, rows) of each round with a published number of participants.

    Without any, one entry for the whole programme with the reason ``NO_TOTAL``.
    """
    if published_totals is not None:
        table = totals.found_of_published(participation, published_totals)
        table = table[(table["programme_id"] == programme_id) & (table["measure"] == "participants")]
        found = [
            (
                programme_id if entry.round == totals.ALL else f"{programme_id} {entry.round}",
                int(entry.missing),
                Reason.LOWER_LIMIT if entry.is_lower_limit else Reason(entry.reason),
                totals.round_rows(participation, programme_id, entry.round),
            )
            for entry in table.itertuples()
        ]
        if found:
            none = participation.iloc[:0]
            return [(*entry[:3], none if entry[3] is None else entry[3]) for entry in found]
    return [(programme_id, 0, Reason.NO_TOTAL, participation)]


def representation_ratio(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "is_small_rural",
    **options: Any,
) -> Result:
    """Share of each group among recorded municipalities over its share of all municipalities.

    1 means that the group is represented as its number says. With K of N municipalities in the group the
    ratio is N·r / (K·r + N − K), r the ratio of the group's recorded share to the others'; it rises with
    r, so the score interval of r carries over, limits of the possible (0 and N/K) included. With a sample
    the interval holds if recording does not depend on the group.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    table = _counts_by(panel, participation, ids, by, options)
    total, events = int(table["n"].sum()), int(table["x"].sum())
    x, n = table["x"].to_numpy(float), table["n"].to_numpy(float)
    low, high = proportions.score_ratio(x, n, events - x, total - n)
    rows = []
    for index, group in enumerate(table["group"]):
        size = n[index]
        reason = Reason.NONE
        if size == 0:
            reason = Reason.EMPTY_GROUP
        elif size == total:
            reason = Reason.EMPTY_COMPARISON
        elif events == 0:
            reason = Reason.NO_PARTICIPANTS
        values = {}
        if reason is Reason.NONE:
            values = {
                "estimate": (x[index] / events) / (size / total),
                "low": _representation(low[index], size, total),
                "high": _representation(high[index], size, total),
            }
        rows.append(
            row(
                label(ids),
                group,
                n=total,
                numerator=x[index],
                denominator=size,
                unit=Unit.RATIO,
                method="representation ratio, score interval",
                coverage=coverage,
                reason=reason,
                **values,
            )
        )
    return Result(tidy(rows))


def _representation(ratio: float, size: float, total: float) -> float:
    return total / size if np.isinf(ratio) else total * ratio / (size * ratio + total - size)


def _counts_by(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    ids: list[str] | None,
    by: str | None,
    options: dict[str, Any],
) -> pd.DataFrame:
    """Per group: group, x (municipalities recorded), n (municipalities); empty categories are kept."""
    seen = panel["municipality_code"].isin(participants(participation, ids, **options))
    groups = pd.Series(ALL, index=panel.index) if by is None else panel[by]
    table = seen.groupby(groups, observed=False).agg(["sum", "size"])
    return pd.DataFrame(
        {"group": table.index, "x": table["sum"].to_numpy(int), "n": table["size"].to_numpy(int)}
    )


def _shares(
    table: pd.DataFrame, term: str, unit: Unit, coverage: Coverage, numerator: str, denominator: str
) -> pd.DataFrame:
    """Result rows: numerator / denominator with Wilson's interval."""
    x, n = table[numerator].to_numpy(float), table[denominator].to_numpy(float)
    low, high = proportions.wilson(x, n)
    empty = Reason.NO_PARTICIPANTS if unit is Unit.PARTICIPANTS else Reason.EMPTY_GROUP
    return tidy(
        pd.DataFrame(
            {
                "term": term,
                "group": table["group"].to_numpy(object),
                "estimate": proportions.share(x, n),
                "low": low,
                "high": high,
                "n": n.astype(int),
                "numerator": x,
                "denominator": n,
                "unit": unit,
                "method": "Wilson",
                "coverage": coverage,
                "reason": np.where(n > 0, Reason.NONE, empty),
            }
        )
    )
