"""What a register with holes still allows: bounds, the tipping point, and tests of composition.

The recorded share of a group is its uptake times the chance that a participant of the group is recorded.
Nothing in a sample says how large that chance is, so the analyses here turn it round: how unequal would
recording have to be for the gap to be made by recording alone?
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures import totals
from analysis.measures.estimates import Composition, Coverage, Reason, Unit, row, tidy
from analysis.measures.gap import SMALL_RURAL
from analysis.measures.observations import coverage_of, label, municipal_rows, took_part
from analysis.measures.uptake import participant_rounds
from analysis.stats import proportions

PERMUTATIONS = 9_999


def _table(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    ids: list[str] | None,
    group: str,
    options: dict[str, Any],
) -> tuple[int, int, int, int]:
    """Recorded and all municipalities: in the group, then outside it."""
    seen = took_part(panel, participation, ids, **options)
    inside = panel[group].astype("boolean")
    mine, others = inside.fillna(False).astype(bool), (~inside).fillna(False).astype(bool)
    return int((seen & mine).sum()), int(mine.sum()), int((seen & others).sum()), int(others.sum())


def gap_bounds(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    published_totals: pd.DataFrame,
    group: str = SMALL_RURAL,
    **options: Any,
) -> pd.DataFrame:
    """Worst-case bounds on the difference in uptake for each partial programme with a published total.

    ``low``: all participants that are not named are municipalities outside the group; ``high``: all are in
    it. A row without limits says that no total is published.
    """
    rows = []
    for programme in programmes.loc[programmes["coverage"] == Coverage.PARTIAL, "programme_id"]:
        for name, missing, reason, members in participant_rounds(participation, programme, published_totals):
            x1, n1, x2, n2 = _table(panel, members, [programme], group, options)
            values: dict[str, object] = {"reason": reason}
            if not n1 or not n2:
                values = {"reason": Reason.EMPTY_COMPARISON if n1 else Reason.EMPTY_GROUP}
            elif reason is Reason.BOUNDS:
                low = x1 / n1 - min(x2 + missing, n2) / n2
                high = min(x1 + missing, n1) / n1 - x2 / n2
                values |= {"low": low, "high": high}
            rows.append(
                row(
                    "difference",
                    name,
                    n=n1 + n2,
                    numerator=x1,
                    denominator=n1,
                    unit=Unit.UPTAKE_DIFFERENCE,
                    method="worst-case bounds",
                    coverage=Coverage.PARTIAL,
                    **values,
                )
            )
    return tidy(rows)


def composition_bounds(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    published_totals: pd.DataFrame,
    group: str = SMALL_RURAL,
    **options: Any,
) -> Composition:
    """The group's share of the participating municipalities of each round with a published number of them.

    Of N published, n are named and x of these are in the group: the share lies between x / N (all unnamed
    are others) and (x + N − n) / N (all unnamed are in the group). ``group`` of the result is the round: a
    year, or the project_id of one process. Units are counted as they were. ``n`` is N, ``denominator`` n.
    """
    table = totals.found_of_published(participation, published_totals)
    inside = set(panel.loc[panel[group].fillna(False).astype(bool), "municipality_code"])
    rows = []
    for entry in table[table["measure"] == "municipalities"].itertuples():
        members = totals.round_rows(participation, entry.programme_id, entry.round)
        members = municipal_rows(participation.iloc[:0] if members is None else members, **options)
        units = members["code_then"].fillna(members["municipality_code"])
        x = int(units[members["municipality_code"].isin(inside)].nunique())
        total, found = int(entry.published), int(units.nunique())
        reason = Reason.LOWER_LIMIT if entry.is_lower_limit else Reason(entry.reason)
        values: dict[str, object] = {"reason": reason}
        if reason is Reason.BOUNDS:
            values |= {"low": x / total, "high": (x + total - found) / total}
        rows.append(
            row(
                entry.programme_id,
                entry.round,
                n=total,
                numerator=x,
                denominator=found,
                unit=Unit.PARTICIPANTS,
                method="worst-case bounds",
                coverage=coverage_of(programmes, [entry.programme_id]),
                **values,
            )
        )
    return Composition(tidy(rows))


def tipping_point(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    **options: Any,
) -> pd.DataFrame:
    """How unequal recording must be for equal uptake to give the recorded gap.

    Compare ``unrecorded participants`` with the unnamed places of ``totals.found_of_published``.

    ``recording ratio``: participants outside the group would have to be recorded this many times as often
    as the group's (its lower limit: as often as it takes for the gap to be within chance).
    ``unrecorded participants``: how many of the group's municipalities would have to be participants that
    the register misses, if it missed none of the others.
    """
    ids = None if programme_ids is None else list(programme_ids)
    x1, n1, x2, n2 = _table(panel, participation, ids, group, options)
    shared: dict[str, object] = {"n": n1 + n2, "numerator": x1, "denominator": n1}
    shared |= {"coverage": coverage_of(programmes, ids)}
    ratio: dict[str, object]
    number: dict[str, object]
    if not n1 or not n2 or not x1 + x2:
        reason = (
            Reason.EMPTY_GROUP if not n1 else Reason.EMPTY_COMPARISON if not n2 else Reason.NO_PARTICIPANTS
        )
        ratio, number = {"reason": reason}, {"reason": reason}
    else:
        low, high = map(float, proportions.score_ratio(x2, n2, x1, n1))
        ratio = {"low": low, "high": high}
        ratio |= {"estimate": (x2 / n2) / (x1 / n1)} if x1 else {"reason": Reason.NO_CENTRE_GROUP}
        low, high = (float(limit) * n1 for limit in proportions.newcombe(x2, n2, x1, n1))
        number = {"estimate": n1 * x2 / n2 - x1, "low": low, "high": high}
    return tidy(
        [
            row("recording ratio", label(ids), unit=Unit.RATIO, method="score", **shared, **ratio),
            row(
                "unrecorded participants", label(ids), unit=Unit.COUNT, method="Newcombe", **shared, **number
            ),
        ]
    )


def tipping_curve(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    points: int = 25,
    **options: Any,
) -> pd.DataFrame:
    """Recorded share of the group's participants at which uptake is equal, against that of the others.

    ``group`` of the result is the assumed share of the other participants that is recorded (from their
    recorded share, below which uptake would exceed 1, to 1); ``estimate`` the share of the group's
    participants that would then have to be recorded. Above the diagonal the group would have to be
    recorded better than the others.
    """
    ids = None if programme_ids is None else list(programme_ids)
    x1, n1, x2, n2 = _table(panel, participation, ids, group, options)
    shared: dict[str, object] = {"n": n1 + n2, "numerator": x1, "denominator": n1, "unit": Unit.SHARE}
    shared |= {"method": "score", "coverage": coverage_of(programmes, ids)}
    if not (n1 and n2 and x2):
        reason = (
            Reason.EMPTY_GROUP if not n1 else Reason.EMPTY_COMPARISON if not n2 else Reason.NONE_IN_COMPARISON
        )
        return tidy([row("share of the group's participants recorded", "all", reason=reason, **shared)])
    low, high = map(float, proportions.score_ratio(x1, n1, x2, n2))
    ratio = (x1 / n1) / (x2 / n2)
    return tidy(
        row(
            "share of the group's participants recorded",
            float(assumed),
            estimate=min(assumed * ratio, 1),
            low=min(assumed * low, 1),
            high=min(assumed * high, 1),
            **shared,
        )
        for assumed in np.linspace(x2 / n2, 1, points)
    )


def composition_tests(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Are the recorded participants a fair draw of the municipalities? p-values.

    ``group``: exact hypergeometric (Fisher, two-sided). ``size trend``: mean size band of the recorded
    against permutations. Both are valid tests of equal uptake if, among participants, being recorded does
    not depend on size; under that assumption only. ``numerator`` is the number recorded in the group,
    ``denominator`` the number recorded.
    """
    ids = None if programme_ids is None else list(programme_ids)
    x1, n1, x2, n2 = _table(panel, participation, ids, group, options)
    shared: dict[str, object] = {"unit": Unit.P_VALUE, "coverage": coverage_of(programmes, ids)}
    shared |= {"n": n1 + n2, "numerator": x1, "denominator": x1 + x2}
    reason = Reason.EMPTY_GROUP if not n1 else Reason.EMPTY_COMPARISON if not n2 else Reason.NO_INTERVAL
    if not x1 + x2:
        reason = Reason.NO_PARTICIPANTS
    exact: dict[str, object] = {"reason": reason}
    if reason is Reason.NO_INTERVAL:
        from scipy import stats  # slow to import

        exact["estimate"] = stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
    seen = took_part(panel, participation, ids, **options).to_numpy()
    band = panel["size_band"].astype("category").cat.codes.to_numpy(float)
    trend: dict[str, object] = {"reason": Reason.NO_PARTICIPANTS if not seen.any() else Reason.ONE_VALUE}
    if seen.any() and not seen.all() and np.ptp(band) > 0:
        rng = np.random.default_rng(seed)
        shuffled = rng.permuted(np.tile(band, (permutations, 1)), axis=1)[:, : seen.sum()].mean(axis=1)
        distance = np.abs(shuffled - band.mean()) >= abs(band[seen].mean() - band.mean()) - 1e-12
        trend = {"estimate": (distance.sum() + 1) / (permutations + 1), "reason": Reason.NO_INTERVAL}
    return tidy(
        [
            row(group, label(ids), method="Fisher, exact", **shared, **exact),
            row("size trend", label(ids), method=f"{permutations} permutations", **shared, **trend),
        ]
    )
