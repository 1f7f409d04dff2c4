"""What explains the gap: who the municipalities are, or how often municipalities alike take part.

Kitagawa's decomposition compares within the cells of one classification. It is accounting and not causes. Small
rural municipalities are *defined* by population and centrality, so the groups hardly overlap there:
``common_support`` says how much, and a decomposition by these covariates would be a model's form.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.measures.covariates import MAIN, covariate_values
from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.groups import SMALL_RURAL, difference_and_ratio, grouping, two_groups, why_undefined
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.measures.specifications import PROJECTS
from analysis.stats import cells as by_cell
from analysis.stats import occupancy
from analysis.stats.cells import MIN_CELL, MIN_SUPPORT, Counts

#: Parts smaller than this are rounding of numbers that cancel.
ROUNDING = 1e-12
KITAGAWA = ("gap", "composition", "rate", "group outside common support", "others outside common support")


def kitagawa(
    observations: Observations,
    by: str = SMALL_RURAL,
    cells: str = "county_code",
    *,
    min_cell: int = MIN_CELL,
    always: bool = False,
) -> Estimates:
    """The gap (group minus others) split over the cells of a classification.

    Of the municipalities that could take part. They and their cells are as they are: what could have gone otherwise
    is which projects came about, and limits allow for projects that bring in several (``stats.occupancy``).

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    cells : str
        Column of the panel.
    min_cell : int
        Cells with fewer members on either side are outside common support.
    always : bool
        Give the parts also where they mean little (see below).

    Returns
    -------
    Estimates
        ``gap``; ``composition``: the group is spread differently over the cells; ``rate``: it takes part
        differently within them. Cells too small on one side cannot be compared: what their members add to each
        side's share is shown apart (as Ñopo 2008), without an interval. The four parts sum to the gap; in shares. They are not
        given, and the reason says why, where less than half of a side can be compared, or where composition or
        rate changes sign when one municipality is left out (see ``kitagawa_influence``).
    """
    observations = observations.at_risk
    inside, found, codes, shared = _classified(observations, by, cells)
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum())
    if reason:
        return Estimates([{"term": term} for term in KITAGAWA], reason=reason, **shared)
    counts = _counts(inside, found, codes)
    common = by_cell.common(counts, min_cell)
    mine, others = by_cell.weights(counts[0][0], counts[1][0], common)
    place = np.flatnonzero(codes >= 0)
    each = np.zeros((len(codes), len(KITAGAWA)))
    each[place] = np.where(inside, mine[:, codes[place]], others[:, codes[place]]).T
    ties = tie_table(observations)
    unit = pd.Index(observations.panel["municipality_code"]).get_indexer(ties["municipality_code"])
    project = pd.factorize(ties["project_id"])[0]
    project, unit = project[unit >= 0], unit[unit >= 0]
    errors, half = occupancy.errors(project, unit, each, once=True)
    sides = np.zeros((2, len(codes)), bool)
    sides[:, place] = inside, ~inside
    if occupancy.projects_of(project, unit, sides).min() < MIN_PROJECTS:
        errors, half = np.full_like(errors, np.nan), np.full_like(half, np.nan)
    rows: list[dict[str, object]] = []
    for k, (term, value) in enumerate(zip(KITAGAWA, found @ each[place], strict=True)):
        value = 0.0 if abs(value) < ROUNDING else float(value)
        if k >= KITAGAWA.index("group outside common support"):
            # What cannot be compared is told as it is: a handful of municipalities has no spread to speak of.
            rows.append({"term": term, "estimate": value, "reason": Reason.NO_INTERVAL})
            continue
        rows.append({"term": term, **interval(value, (value - half[k], value + half[k]))})
        rows[-1] |= {"std_error": errors[k]} if np.isfinite(errors[k]) else {}
    reason = Reason.NONE if by_cell.support(counts, common) >= MIN_SUPPORT else Reason.NO_SUPPORT
    if not reason and not always:
        _, moved = _left_out(inside, found, codes, counts, min_cell)
        if any(np.sign(moved[part]).min() != np.sign(moved[part]).max() for part in moved):
            reason = Reason.ONE_MUNICIPALITY
    if reason and not always:
        rows = rows[:1] + [{"term": term, "reason": reason} for term in KITAGAWA[1:]]
    return Estimates(rows, **shared)


def kitagawa_influence(
    observations: Observations,
    by: str = SMALL_RURAL,
    cells: str = "county_code",
    *,
    min_cell: int = MIN_CELL,
) -> Estimates:
    """What single municipalities do to Kitagawa's decomposition.

    Parameters
    ----------
    observations, by, cells, min_cell
        As in ``kitagawa``.

    Returns
    -------
    Estimates
        ``composition`` and ``rate``, also where ``kitagawa`` refuses them; ``conf_low`` and ``conf_high`` are the
        smallest and largest that leaving out one municipality gives, ``group`` is the code of the one that moves
        the term most.
    """
    observations = observations.at_risk
    inside, found, codes, shared = _classified(observations, by, cells)
    shared = shared | {"method": "leave one out"}
    counts = _counts(inside, found, codes)
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum())
    if not reason and not by_cell.common(counts, min_cell).any():
        reason = Reason.NO_SUPPORT
    if reason:
        return Estimates([{"term": term} for term in KITAGAWA[1:3]], reason=reason, **shared)
    which, moved = _left_out(inside, found, codes, counts, min_cell)
    names = observations.panel["municipality_code"].to_numpy()[which]
    return Estimates(
        [
            {
                "term": term,
                "estimate": values[0],
                "conf_low": values[1:].min(),
                "conf_high": values[1:].max(),
                "group": names[np.abs(values[1:] - values[0]).argmax()],
            }
            for term, values in moved.items()
        ],
        **shared,
    )


def _classified(
    observations: Observations, by: str, cells: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, object]]:
    """Side, participation and cell of the municipalities whose side and cell are known, and shared columns.

    The cell of the others is −1 in the third array, which is as long as the panel.
    """
    known, inside = two_groups(observations.panel, by)
    codes = pd.factorize(grouping(observations.panel, cells))[0]
    codes[~known] = -1
    used = codes >= 0
    inside, found = inside[used[known]], observations.found.to_numpy()[used]
    shared = observations.columns(len(inside), (inside & found).sum(), inside.sum())
    shared["method"] = f"Kitagawa by {cells}, {PROJECTS}"
    shared["unit"] = difference_and_ratio(observations.coverage)["difference"]
    return inside, found, codes, shared


def _counts(inside: np.ndarray, found: np.ndarray, codes: np.ndarray) -> tuple[Counts, Counts]:
    """Members and participants of each cell, of the group and of the others."""
    cell, size = codes[codes >= 0], int(codes.max(initial=-1)) + 1
    group, others = (
        (np.bincount(cell[side], minlength=size), np.bincount(cell[side & found], minlength=size))
        for side in (inside, ~inside)
    )
    return group, others


def _left_out(
    inside: np.ndarray,
    found: np.ndarray,
    codes: np.ndarray,
    counts: tuple[Counts, Counts],
    min_cell: int,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """One municipality of each kind (side, cell, participant or not), by its place in the panel; and composition
    and rate of all, then without each of these.
    """
    place = np.flatnonzero(codes >= 0)
    kinds = np.column_stack([~inside, codes[place], found]).astype(int)
    kinds, first = np.unique(kinds, axis=0, return_index=True)
    values: list[tuple[float, float]] = []
    for kind in (None, *kinds):
        fewer = [(members.copy(), seen.copy()) for members, seen in counts]
        if kind is not None:
            fewer[kind[0]][0][kind[1]] -= 1
            fewer[kind[0]][1][kind[1]] -= kind[2]
        (members_a, seen_a), (members_b, seen_b) = fewer
        mine, others = by_cell.weights(members_a, members_b, by_cell.common((fewer[0], fewer[1]), min_cell))
        parts = mine @ seen_a + others @ seen_b
        values.append((float(parts[1]), float(parts[2])))
    return place[first], dict(zip(KITAGAWA[1:3], np.transpose(values), strict=True))


def common_support(panel: pd.DataFrame, by: str = SMALL_RURAL, covariates: Sequence[str] = MAIN) -> Estimates:
    """Share of the group's municipalities with a value that is usual among the others, per covariate.

    Usual: between the others' 5th and 95th percentile. Near 0 the groups cannot be compared at equal values.

    Parameters
    ----------
    panel : DataFrame
    by : str
        Yes-or-no column of the panel.
    covariates : sequence of str
        Names from ``covariates.COVARIATES``.

    Returns
    -------
    Estimates
        One row per covariate (``term``), a share.
    """
    known, inside = two_groups(panel, by)
    rows = []
    for name, each in covariate_values(panel, covariates).items():
        here = each[known]
        group, others = (here[side & np.isfinite(here)] for side in (inside, ~inside))
        row: dict[str, object] = {"term": name, "n": len(group), "reason": Reason.NO_SUPPORT}
        if len(group) and len(others):
            low, high = np.quantile(others, [0.05, 0.95])
            usual = (group >= low) & (group <= high)
            row |= {"estimate": usual.mean(), "numerator": usual.sum(), "denominator": len(group)}
            row["reason"] = Reason.NO_INTERVAL
        rows.append(row)
    return Estimates(rows, unit=Unit.SHARE, method="5th to 95th percentile of the others")
