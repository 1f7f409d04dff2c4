"""The frame that every measure returns, and the checks on what may be read out of it.

A rate of uptake can only be computed where the whole programme is in the data. The checks here refuse
anything else, so that neither a figure nor a sentence can forget what the data cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import AnalysisError
from analysis.i18n import number, percent

_FLOATS = ("x", "estimate", "conf_low", "conf_high", "std_error", "p_value", "numerator", "denominator")
_TEXTS = ("term", "unit", "method", "coverage", "reason")
COLUMNS = ("term", "group", *_FLOATS[:6], "n", *_FLOATS[6:], *_TEXTS[1:])
#: Columns that a measure may add where one name does not identify a row; they stand after ``term``.
KEYS = (
    *("programme", "kind", "round", "collection", "model", "definition", "sample"),
    *("unit_of_analysis", "period", "outcome", "weight", "within"),
)
Rows: TypeAlias = pd.DataFrame | Iterable[Mapping[str, object]]


class Coverage(StrEnum):
    """How much of a programme the register holds (column ``coverage`` of ``programmes``).

    Examples
    --------
    >>> Coverage("census") is Coverage.CENSUS
    True
    """

    CENSUS = "census"
    PARTIAL = "partial"
    SAMPLE = "sample"


class Unit(StrEnum):
    """What an estimate counts. The first three are rates: census only."""

    UPTAKE = "share of municipalities that took part"
    UPTAKE_DIFFERENCE = "difference in the share of municipalities that took part"
    UPTAKE_RATIO = "ratio of the shares of municipalities that took part"
    RECORDED = "share of municipalities recorded in the register"
    RECORDED_DIFFERENCE = "difference in the share of municipalities recorded in the register"
    RECORDED_RATIO = "ratio of the shares of municipalities recorded in the register"
    PARTICIPANTS = "share of participating municipalities"
    PARTICIPATIONS = "share of participations"
    RATIO = "ratio"
    ODDS_RATIO = "odds ratio"
    SHARE = "share"
    SHARE_DIFFERENCE = "difference in share"
    EXPENDITURE_SHARE = "share of operating expenditure"
    NOK_PER_INHABITANT = "NOK per inhabitant"
    NOK_MILLION = "NOK million"
    PER_MUNICIPALITY = "participations per municipality"
    PER_100_000 = "participations per 100,000 inhabitants"
    PER_BILLION = "recorded participations per NOK billion of purchases"
    NOK_EACH = "NOK per participation"
    EUR_PER_INHABITANT = "EUR per inhabitant"
    EUR_MILLION = "EUR million"
    EUR_EACH = "EUR per participation"
    COUNT = "count"
    RATE_RATIO = "rate ratio"
    INDEX = "index"
    ELASTICITY = "elasticity"
    HAZARD_RATIO = "hazard ratio"


RATES = frozenset({Unit.UPTAKE, Unit.UPTAKE_DIFFERENCE, Unit.UPTAKE_RATIO})
_WHOLE = frozenset({Unit.COUNT, Unit.NOK_PER_INHABITANT, Unit.NOK_MILLION, Unit.NOK_EACH, Unit.EUR_EACH})


class Reason(StrEnum):
    """Why a row has no estimate, or no interval. A finite list, so that a report can translate it."""

    NONE = ""
    EMPTY_GROUP = "not estimable: no municipality in the group"
    EMPTY_COMPARISON = "not estimable: no municipality outside the group"
    NO_PARTICIPANTS = "not estimable: no participant recorded"
    NONE_IN_COMPARISON = "not estimable: no participant outside the group"
    ONE_VALUE = "not estimable: all values are equal"
    TOO_FEW = "not estimable: too few observations"
    ALL_MISSING = "not estimable: all values are missing"
    NO_TOTAL = "not estimable: no published total for the programme"
    NOT_COMPARABLE = "not estimable: the register names more participants than the published total counts"
    NO_MATCH = "not estimable: the register cannot tell which rows belong to the published round"
    LOWER_LIMIT = "not estimable: the published total is only a least number"
    ONE_STRATUM = "not estimable: no stratum holds both groups"
    SEPARATED = "not estimable: one of the groups has no event, or nothing but events"
    COLLINEAR = "not estimable: the covariates cannot be told apart"
    NOT_CONVERGED = "not estimable: the estimation did not converge"
    NO_JOINT_PROJECT = "not estimable: no project with two or more municipalities"
    NO_SUPPORT = "not estimable: the groups have too few values in common"
    ONE_MUNICIPALITY = "not given: the sign changes when one municipality is left out"
    BOUNDS = "bounds only: a part of the participants is not named in the register"
    NO_INTERVAL = "no interval: an exact count or a published figure"
    NO_CENTRE = "interval only: no participant outside the group, so the ratio has no upper limit"
    NO_CENTRE_GROUP = "interval only: no participant recorded in the group, so the ratio has no upper limit"
    NO_SPREAD = "no interval: too few observations"
    NO_WALD = "no interval: no participant in the group"


class CoverageError(AnalysisError):
    """A rate was asked for where the register is not the whole programme.

    Examples
    --------
    >>> issubclass(CoverageError, AnalysisError)
    True
    """


class Estimates(pd.DataFrame):
    """Rows of estimates with their uncertainty: a DataFrame that prints as a person writes it.

    Some of its rows, or the same with other values, are estimates too; without some of the columns it prints as any
    DataFrame.

    Parameters
    ----------
    rows : DataFrame or iterable of mappings
        One mapping per row, with names from ``COLUMNS`` and ``KEYS``. What is not given is missing
        (``group`` "all", ``coverage`` census, ``reason`` empty).
    by : str, optional
        The column that ``group`` has its values from; printed, and kept in ``.attrs``.
    **shared
        Values for all rows that do not have their own.

    Raises
    ------
    CoverageError
        A rate of uptake from a programme that is not a census.
    ValueError
        A missing estimate or limit without a reason, or an infinite estimate. Infinite limits are allowed.

    Notes
    -----
    term
        What is estimated.
    group
        The value of the grouping column (text, number or truth value), or ``all``.
    x
        Position on a numeric axis (year, share), where there is one.
    estimate, conf_low, conf_high
        The estimate in ``unit`` and the limits of its 95 % interval (of its bounds, where ``method`` says so).
    std_error, p_value
        Standard error (for ratios: of the logarithm) and two-sided p-value, where the method gives one.
    n, numerator, denominator
        Observations behind the row, and the counts of a share.
    unit, method, coverage, reason
        Values of ``Unit``, the method's name, ``Coverage`` and ``Reason``.

    Examples
    --------
    >>> Estimates([{"term": "recorded share", "estimate": 0.25, "conf_low": 0.1, "conf_high": 0.5, "n": 4}],
    ...           unit=Unit.RECORDED, method="Wilson")
    term: recorded share; unit: share of municipalities recorded in the register; method: Wilson; coverage: census
    group estimate conf_low conf_high n
      all    25.0%    10.0%     50.0% 4
    """

    def __init__(self, rows: Rows = (), *, by: object = None, **shared: object) -> None:
        shared = {"group": "all", "coverage": Coverage.CENSUS, "reason": Reason.NONE, **shared}
        if isinstance(rows, pd.DataFrame):
            frame = rows.assign(**{name: value for name, value in shared.items() if name not in rows})
        else:
            frame = pd.DataFrame([{**shared, **row} for row in rows])
        if unknown := set(frame.columns) - {*COLUMNS, *KEYS}:
            raise TypeError(f"not a column of estimates: {', '.join(sorted(map(str, unknown)))}")
        columns: dict[str, object] = {}
        for name in (COLUMNS[0], *(name for name in KEYS if name in frame), *COLUMNS[1:]):
            values = frame[name] if name in frame else [None] * len(frame)
            if name in _FLOATS:
                columns[name] = np.asarray(values, dtype=float)
            elif name == "n":
                columns[name] = pd.array(values, dtype="Int64")
            else:
                columns[name] = [_plain(value) if name == "group" else str(value) for value in values]
        super().__init__(columns)
        self.attrs = {"by": by} if by else dict(frame.attrs)
        check(self)

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return _like_estimates

    def formatted(self) -> tuple[dict[str, str], pd.DataFrame]:
        """What is the same in all rows, and the other columns as text (percentages, whole counts).

        Columns without any value are left out.
        """
        frame = pd.DataFrame(self)
        empty = frame.isna() | (frame == "")
        shown = [name for name in frame if not empty[name].all()]
        texts = [name for name in (*_TEXTS[:1], *KEYS, *_TEXTS[1:]) if name in shown]
        constant = {str(k): str(v) for k, v in self.attrs.items() if k == "by"}
        constant |= {name: str(frame[name].iloc[0]) for name in texts if frame[name].nunique() == 1}
        table = pd.DataFrame({name: _written(frame, name) for name in shown if name not in constant})
        return constant, table

    def __repr__(self) -> str:
        """The constant columns on a line, the table below."""
        if not set(COLUMNS) <= set(self):  # set_index, or columns renamed
            return repr(pd.DataFrame(self))
        if self.empty:
            return "Estimates without rows"
        said, table = self.formatted()
        return "; ".join(f"{k}: {v}" for k, v in said.items()) + "\n" + table.to_string(index=False)

    def _repr_html_(self) -> str:
        """The constant columns as a sentence, the table below; for notebooks."""
        if not set(COLUMNS) <= set(self):
            return str(pd.DataFrame(self).to_html())
        if self.empty:
            return "<p>Estimates without rows</p>"
        constant, table = self.formatted()
        heading = "; ".join(f"{name}: <strong>{value}</strong>" for name, value in constant.items())
        return f"<p>{heading}</p>{table.to_html(index=False)}"


def _like_estimates(*args: object, **options: object) -> pd.DataFrame:
    """What pandas makes of estimates: estimates again where it has their columns; not checked anew."""
    frame = pd.DataFrame(*args, **options)  # type: ignore[arg-type]
    names = frame.columns
    if names.is_unique and set(COLUMNS) <= set(names) <= {*COLUMNS, *KEYS}:
        frame.__class__ = Estimates  # without its __init__, which checks
    return frame


def check(frame: pd.DataFrame) -> None:
    """Raise if a row says more than its coverage allows, or leaves a number out without a reason."""
    # Arrays: the frames are small and many, and pandas' masks took most of the time of making one.
    term, unit, coverage, reason = (frame[k].to_numpy(object) for k in ("term", "unit", "coverage", "reason"))
    numbers = frame[["estimate", "conf_low", "conf_high"]].to_numpy(float)
    is_bound = (coverage == Coverage.PARTIAL) & np.isnan(numbers[:, 0])
    forbidden = np.array([u in RATES for u in unit], bool) & (coverage != Coverage.CENSUS) & ~is_bound
    if forbidden.any():
        raise CoverageError(
            f"No uptake rate can be given for {', '.join(sorted(set(term[forbidden])))}: the register "
            f"holds only a {'/'.join(sorted(set(coverage[forbidden])))} of the programme. Use the "
            "recorded share, the composition of participants, or bounds."
        )
    if (blank := np.isnan(numbers).any(axis=1) & (reason == "")).any():
        raise ValueError(f"Estimates without a number and without a reason: {term[blank].tolist()}")
    if np.isinf(numbers[:, 0]).any():
        raise ValueError("An estimate is infinite: leave it out and say why")


def weakest(coverage: Iterable[str]) -> Coverage:
    """Sample if any is a sample, or where there is none; else partial if any is, else census."""
    return max(map(Coverage, coverage), key=list(Coverage).index, default=Coverage.SAMPLE)


def interval(estimate: float, limits: tuple[ArrayLike, ArrayLike]) -> dict[str, object]:
    """Estimate and limits of a row, or the reason why one of them is missing."""
    low, high = (float(np.asarray(limit)) for limit in limits)
    if not np.isfinite(estimate):
        return {"reason": Reason.ALL_MISSING}
    if not np.isfinite([low, high]).all():
        return {"estimate": estimate, "reason": Reason.NO_SPREAD}
    return {"estimate": estimate, "conf_low": low, "conf_high": high}


def _plain(value: object) -> object:
    """Truth values and whole numbers as Python's own; everything else as text."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return int(value) if isinstance(value, int | np.integer) else str(value)


def _written(frame: pd.DataFrame, name: str) -> list[str]:
    """A column as a person writes it."""
    if name not in ("n", *_FLOATS):
        return frame[name].map(str).tolist()
    return [
        "" if pd.isna(value) else _number(name, float(value), unit)
        for value, unit in zip(frame[name], frame["unit"], strict=True)
    ]


def _number(name: str, value: float, unit: str) -> str:
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if name == "p_value":
        return "<0.001" if value < 0.001 else number(value, 3)
    if name == "x":
        return f"{value:g}"
    if name in ("n", "numerator", "denominator"):
        return number(value, 0 if value == round(value) else 1)
    if "share" in unit and "ratio" not in unit:
        return f"{number(100 * value, 1)} pp" if "difference" in unit else percent(value, 1)
    return number(value, 0 if unit in _WHOLE else 2)
