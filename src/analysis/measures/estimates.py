"""The tidy result frame, and the types that say what may be read out of it.

Every measure gives rows of the same columns, so that a figure, a table and a test can read all of
them. A rate can only be made where the whole programme is in the data: the types below refuse
anything else, so that neither a figure nor a sentence can forget what the data cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

COLUMNS = (
    "term",
    "group",
    "estimate",
    "low",
    "high",
    "n",
    "numerator",
    "denominator",
    "unit",
    "method",
    "coverage",
    "reason",
)
_FLOATS = ("estimate", "low", "high", "numerator", "denominator")


class Coverage(StrEnum):
    """How much of a programme the register holds (column ``coverage`` of ``programmes``)."""

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
    EXPENDITURE_SHARE = "share of operating expenditure"
    NOK_PER_INHABITANT = "NOK per inhabitant"
    NOK_MILLION = "NOK million"
    PER_BILLION = "recorded participations per NOK billion of purchases"
    COUNT = "count"
    RATE_RATIO = "rate ratio"
    INDEX = "index"
    P_VALUE = "p-value"
    ELASTICITY = "elasticity"
    HAZARD_RATIO = "hazard ratio"


RATES = frozenset({Unit.UPTAKE, Unit.UPTAKE_DIFFERENCE, Unit.UPTAKE_RATIO})


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
    NO_SUPPORT = "not estimable: the groups have no value in common"
    BOUNDS = "bounds only: a part of the participants is not named in the register"
    NO_INTERVAL = "no interval: an exact count or a published figure"
    NO_CENTRE = "interval only: no participant outside the group, so the ratio has no upper limit"
    NO_CENTRE_GROUP = "interval only: no participant recorded in the group, so the ratio has no upper limit"
    NO_SPREAD = "no interval: too few observations"
    NO_WALD = "no interval: no participant in the group"


class CoverageError(AnalysisError):
    """A rate was asked for where the register is not the whole programme."""


def row(term: str, group: object = "all", **values: object) -> dict[str, object]:
    """One result row; what is not given is missing (``reason`` empty, ``coverage`` census)."""
    unknown = set(values) - set(COLUMNS)
    if unknown:
        raise TypeError(f"not a column of a result: {sorted(unknown)}")
    return {"term": term, "group": group, "coverage": Coverage.CENSUS, "reason": Reason.NONE, **values}


def tidy(rows: Iterable[Mapping[str, object]] | pd.DataFrame) -> pd.DataFrame:
    """Result frame with ``COLUMNS`` in order.

    Refuses (``CoverageError``) a rate that does not come from a census, and (``ValueError``) a missing
    number without a reason. Infinite limits are allowed, an infinite estimate is not.
    """
    frame = pd.DataFrame(list(rows) if not isinstance(rows, pd.DataFrame) else rows)
    frame = frame.reindex(columns=list(COLUMNS))
    frame[list(_FLOATS)] = frame[list(_FLOATS)].astype(float)
    frame["n"] = frame["n"].astype("Int64")
    for column in ("term", "group", "unit", "method", "coverage", "reason"):
        frame[column] = frame[column].map(
            lambda value: value if isinstance(value, bool | np.bool_) else str(value)
        )
    check(frame)
    return frame.reset_index(drop=True)


def check(frame: pd.DataFrame) -> None:
    """Raise if a row says more than its coverage allows, or leaves a number out without a word."""
    rates = frame["unit"].isin({str(unit) for unit in RATES})
    census = frame["coverage"] == Coverage.CENSUS
    bounds = (frame["coverage"] == Coverage.PARTIAL) & frame["estimate"].isna()
    forbidden = frame[rates & ~census & ~bounds]
    if len(forbidden):
        terms = ", ".join(sorted(forbidden["term"].astype(str).unique()))
        raise CoverageError(
            f"No uptake rate can be given for {terms}: the register holds only a "
            f"{'/'.join(sorted(forbidden['coverage'].unique()))} of the programme. Use the recorded share, "
            "the composition of participants, or bounds."
        )
    blank = frame[["estimate", "low", "high"]].isna().any(axis=1) & (frame["reason"] == "")
    if blank.any():
        raise ValueError(
            f"Result rows without a number and without a reason: {frame.loc[blank, 'term'].tolist()}"
        )
    if np.isinf(frame["estimate"]).any():
        raise ValueError("An estimate is infinite: leave it out and say why")


@dataclass(frozen=True)
class Result:
    """A result frame and what it may be called. Read the numbers from ``frame``."""

    frame: pd.DataFrame
    kind: ClassVar[str] = "estimates"
    allowed: ClassVar[frozenset[str]] = frozenset(Coverage)
    units: ClassVar[frozenset[str]] = frozenset(Unit)

    def __post_init__(self) -> None:
        """Check columns, coverage and unit against the type."""
        if list(self.frame.columns) != list(COLUMNS):
            raise ValueError(f"Not a result frame: {list(self.frame.columns)}")
        check(self.frame)
        coverage = set(self.frame["coverage"]) - {str(value) for value in self.allowed}
        if coverage:
            raise CoverageError(
                f"{type(self).__name__} ({self.kind}) cannot hold rows from a {'/'.join(sorted(coverage))}: "
                f"it is for {'/'.join(sorted(self.allowed))} only."
            )
        units = set(self.frame["unit"]) - {str(value) for value in self.units}
        if units:
            raise ValueError(f"{type(self).__name__} cannot hold rows in the unit {sorted(units)}")

    @property
    def coverage(self) -> Coverage:
        """The weakest coverage among the rows; census for an empty frame."""
        return weakest(self.frame["coverage"])

    def _repr_html_(self) -> str:
        """Heading with kind and coverage above the table, for notebooks."""
        return f"<p><strong>{self.kind}</strong> ({self.coverage})</p>{self.frame.to_html(index=False)}"


@dataclass(frozen=True)
class Uptake(Result):
    """True rates: the whole programme is in the data."""

    kind: ClassVar[str] = "uptake rate"
    allowed: ClassVar[frozenset[str]] = frozenset({Coverage.CENSUS})
    units: ClassVar[frozenset[str]] = frozenset({Unit.UPTAKE})


@dataclass(frozen=True)
class UptakeBounds(Result):
    """The lowest and highest uptake that the register and a published total leave open; no estimate."""

    kind: ClassVar[str] = "bounds on the uptake rate"
    allowed: ClassVar[frozenset[str]] = frozenset({Coverage.PARTIAL})
    units: ClassVar[frozenset[str]] = frozenset({Unit.UPTAKE})


@dataclass(frozen=True)
class Composition(Result):
    """Who the recorded participants are. It says nothing about how many of a group took part."""

    kind: ClassVar[str] = "composition of recorded participants"
    units: ClassVar[frozenset[str]] = frozenset({Unit.PARTICIPANTS, Unit.PARTICIPATIONS})


@dataclass(frozen=True)
class RecordedShare(Result):
    """Share of municipalities *seen in the register*: a lower bound of uptake, never the uptake itself."""

    kind: ClassVar[str] = "recorded share (not an uptake rate)"
    units: ClassVar[frozenset[str]] = frozenset({Unit.RECORDED})


def weakest(coverage: Iterable[str]) -> Coverage:
    """Sample if any is a sample, else partial if any is, else census."""
    present = {str(value) for value in coverage}
    for level in (Coverage.SAMPLE, Coverage.PARTIAL):
        if level in present:
            return level
    return Coverage.CENSUS
