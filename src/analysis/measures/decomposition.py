"""What explains the gap: who the municipalities are, or how often municipalities alike take part.

Two decompositions of the same difference. Kitagawa's compares within the cells of one classification.
Yun's (2004), a non-linear Oaxaca–Blinder, splits by the covariates of a logit. Both are accounting and not
causes. Small rural municipalities are *defined* by population and centrality, so the groups hardly
overlap there and Yun's terms for these two rest on the model's form; ``common_support`` says how much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.measures import models
from analysis.measures.covariates import COVARIATES, MAIN
from analysis.measures.estimates import Estimates, Reason, Unit, difference_and_ratio, interval, why_undefined
from analysis.measures.groups import SMALL_RURAL, grouping, two_groups
from analysis.measures.observations import Observations
from analysis.stats import bootstrap, logit, proportions
from analysis.stats import cells as by_cell
from analysis.stats.cells import MIN_CELL, MIN_SUPPORT, Counts

KITAGAWA = ("gap", "composition", "rate", "group outside common support", "others outside common support")


def kitagawa(
    observations: Observations,
    by: str = SMALL_RURAL,
    cells: str = "county_code",
    *,
    min_cell: int = MIN_CELL,
    always: bool = False,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """The gap (group minus others) split over the cells of a classification.

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
    n_resamples, seed : int
        Draws of the shares and rates on each side (see ``cells.drawn``).

    Returns
    -------
    Estimates
        ``gap`` (Newcombe); ``composition``: the group is spread differently over the cells; ``rate``: it takes part
        differently within them. Cells too small on one side cannot be compared: what their members add to each
        side's share is shown apart (as Ñopo 2008). The four parts sum to the gap; in shares. The parts are not
        given, and the reason says why, where less than half of a side can be compared, or where composition or
        rate changes sign when one municipality is left out (see ``kitagawa_influence``).
    """
    inside, found, codes, shared = _classified(observations, by, cells)
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum())
    if reason:
        return Estimates([{"term": term} for term in KITAGAWA], reason=reason, **shared)
    counts = _counts(inside, found, codes)
    rng = np.random.default_rng(seed)
    group, others = (by_cell.drawn(*side, n_resamples, rng) for side in counts)
    common = by_cell.common(counts, min_cell)
    rows = _rows(dict(zip(KITAGAWA, by_cell.kitagawa(group, others, common), strict=True)))
    reason = Reason.NONE if by_cell.support(counts, common) >= MIN_SUPPORT else Reason.NO_SUPPORT
    if not reason:
        _, moved = _left_out(inside, found, codes, counts, min_cell)
        if any(np.sign(moved[part]).min() != np.sign(moved[part]).max() for part in moved):
            reason = Reason.ONE_MUNICIPALITY
    if reason and not always:
        rows = rows[:1] + [{"term": term, "reason": reason} for term in KITAGAWA[1:]]
    # The gap itself needs no cells: its own interval is the better one.
    x1, n1, x2, n2 = (float(total.sum()) for side in counts for total in side[::-1])
    low, high = map(float, proportions.newcombe(x1, n1, x2, n2))
    rows[0] |= {"conf_low": low, "conf_high": high, "method": "Newcombe", "reason": Reason.NONE}
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
    shared = _shared(observations, inside, found, f"Kitagawa by {cells}, Bayesian bootstrap")
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
        group, others = (by_cell.observed(*side) for side in fewer)
        common = by_cell.common((fewer[0], fewer[1]), min_cell)
        parts = by_cell.kitagawa(group, others, common) if common.any() else (np.zeros(1),) * len(KITAGAWA)
        values.append((float(parts[1][0]), float(parts[2][0])))
    return place[first], dict(zip(KITAGAWA[1:3], np.transpose(values), strict=True))


def oaxaca(
    observations: Observations,
    by: str = SMALL_RURAL,
    covariates: Sequence[str] = MAIN,
    *,
    always: bool = False,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """The gap split by covariates: Yun's detailed non-linear decomposition with pooled coefficients.

    Logit (Firth) of participation on the covariates and a group indicator, so that the gap itself does not
    load on the covariates.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    covariates : sequence of str
        Names from ``covariates.COVARIATES``.
    always : bool
        Give the parts also without common support (see below).
    n_resamples, seed : int
        Percentile bootstrap over municipalities within each side.

    Returns
    -------
    Estimates
        ``gap``; ``explained``: the difference in mean prediction with the others' constant; one row per covariate:
        its part of the linear index's share of ``explained``; ``rest``: what the indicator holds. Covariates and rest
        sum to the gap; in shares. Only the gap is given where fewer than half of the group have a usual value of
        some covariate among the others (``common_support``): the parts would be the model's form.
    """
    known, _ = two_groups(observations.panel, by)
    data = models.prepare(observations.with_panel(observations.panel.loc[known]), covariates)
    inside, found = two_groups(data.panel, by)[1], data.any
    shared = _shared(observations, inside, found > 0, "Yun, pooled logit, bootstrap")
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum()) or data.unusable()
    terms = ["gap", "explained", *(covariates if reason else data.covariates), "rest"]
    if reason:
        return Estimates([{"term": term} for term in terms], reason=reason, **shared)
    weights = bootstrap.weights(len(found), n_resamples, seed, strata=inside)
    beta = logit.firth(np.column_stack([data.x, inside]), found, weights)[:, :-1]
    if not np.isfinite(beta[0]).all():
        return Estimates([{"term": term} for term in terms], reason=Reason.NOT_CONVERGED, **shared)
    a, b = weights * inside, weights * ~inside
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    gap = a @ found - b @ found
    predicted = 1 / (1 + np.exp(-np.clip(beta @ data.x.T, -30, 30)))
    explained = (a * predicted).sum(axis=1) - (b * predicted).sum(axis=1)
    index = ((a - b) @ data.x[:, 1:]) * beta[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        detail = index / index.sum(axis=1, keepdims=True) * explained[:, None]
    parts = dict(zip(terms, [gap, explained, *detail.T, gap - explained], strict=True))
    rows = _rows(parts)
    support = common_support(data.panel, by, data.covariates.columns)["estimate"]
    if (support < MIN_SUPPORT).any() and not always:
        rows = rows[:1] + [{"term": term, "reason": Reason.NO_SUPPORT} for term in terms[1:]]
    return Estimates(rows, **shared)


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
    for name in covariates:
        values = COVARIATES[name](panel)[known]
        group, others = (values[side & np.isfinite(values)] for side in (inside, ~inside))
        row: dict[str, object] = {"term": name, "n": len(group), "reason": Reason.NO_SUPPORT}
        if len(group) and len(others):
            low, high = np.quantile(others, [0.05, 0.95])
            usual = (group >= low) & (group <= high)
            row |= {"estimate": usual.mean(), "numerator": usual.sum(), "denominator": len(group)}
            row["reason"] = Reason.NO_INTERVAL
        rows.append(row)
    return Estimates(rows, unit=Unit.SHARE, method="5th to 95th percentile of the others")


def _shared(
    observations: Observations, inside: np.ndarray, found: np.ndarray, method: str
) -> dict[str, object]:
    shared = observations.columns(len(inside), (inside & found).sum(), inside.sum(), method=method)
    return shared | {"unit": difference_and_ratio(observations.coverage)["difference"]}


def _rows(parts: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Rows from arrays whose first value is the estimate and the others the resamples."""
    rows: list[dict[str, object]] = []
    for term, values in parts.items():
        values = np.where(np.abs(values) < 1e-12, 0.0, values)  # rounding of parts that cancel
        found = interval(values[0], bootstrap.interval(values))
        rows.append({"term": term, **found} | ({} if "estimate" in found else {"reason": Reason.NO_SUPPORT}))
    return rows
