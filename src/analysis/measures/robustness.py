"""The gap under every defensible choice at once: a specification curve.

Choices: who is small and rural, which rows of the register count, whether a municipality is as it is in
2024 or as it was when it took part, and which years. All combinations are computed and shown; none is
picked afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL, small_rural
from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy, weakest
from analysis.measures.observations import coverage_of, municipal_rows
from analysis.stats import proportions

CHOICES = ("definition", "sample", "unit", "period")
SEPARATOR = " | "
PERIODS: dict[str, tuple[int, int] | None] = {
    "all years": None,
    "to 2019": (1900, 2019),
    "from 2020": (2020, 2100),
}
#: The rows of before anyone looked for small rural municipalities in particular (see ``_first``).
FIRST = "first collection"
MAIN = SEPARATOR.join(("main", "all rows", "2024", "all years"))


def specification_curve(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Difference (Newcombe) and ratio (score) for every combination of ``CHOICES``.

    ``group`` holds the four choices joined by " | " (``split_choices`` parts them). Samples: all rows;
    stated rows only; without expanded rows; the first collection, as later batches looked for small rural
    municipalities in particular; without each programme in turn. Unit "then": a participant
    has the smallest population with which it took part, where the register knows it, and the others stay
    as in 2024; merged municipalities that never took part are thus not broken up, which favours the small.
    """
    ids = list(programmes["programme_id"] if programme_ids is None else programme_ids)
    samples: dict[str, tuple[list[str], dict[str, bool]]] = {
        "all rows": (ids, {}),
        "stated only": (ids, {"stated_only": True}),
        "without expanded": (ids, {"expanded": False}),
    }
    first = _first(participation)
    if len(first) < len(participation):
        samples[FIRST] = (ids, {})
    if len(ids) > 1:
        samples |= {f"without {left}": ([i for i in ids if i != left], {}) for left in ids}
    definitions_2024 = {key: small_rural(panel, key) for key in SMALL_RURAL}
    counted, names, coverages = [], [], []
    for sample, (used, options) in samples.items():
        coverage = coverage_of(programmes, used)
        for period, years in PERIODS.items():
            register = first if sample == FIRST else participation
            rows = municipal_rows(register, used, years=years, **options)
            seen = panel["municipality_code"].isin(rows["municipality_code"]).to_numpy()
            then = panel.assign(population=_population_then(panel, rows))
            for unit in ("2024", "then"):
                for key in SMALL_RURAL:
                    inside = definitions_2024[key] if unit == "2024" else small_rural(then, key)
                    counted.append(_count(inside, seen))
                    names.append(SEPARATOR.join((key, sample, unit, period)))
                    coverages.append(coverage)
    return _rows(np.array(counted, dtype=float), names, coverages)


def _first(participation: pd.DataFrame) -> pd.DataFrame:
    """The rows of undated batches: what was collected before the register was extended (dated batches)."""
    if "batch" not in participation:
        return participation
    return participation[~participation["batch"].astype("str").str.fullmatch(r"\d{4}-\d{2}-\d{2}")]


def _population_then(panel: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    smallest = rows.groupby("municipality_code")["population_then"].min()
    then = panel["municipality_code"].map(smallest).astype("Float64")
    return then.fillna(panel["population"].astype("Float64")).round().astype("Int64")


def _count(inside: pd.Series, seen: np.ndarray) -> tuple[int, int, int, int]:
    mine = inside.fillna(False).to_numpy(bool)
    others = (~inside).fillna(False).to_numpy(bool)
    return (mine & seen).sum(), mine.sum(), (others & seen).sum(), others.sum()


def _rows(counted: np.ndarray, names: list[str], coverages: list[Coverage]) -> pd.DataFrame:
    x1, n1, x2, n2 = counted.T
    p1, p2 = proportions.share(x1, n1), proportions.share(x2, n2)
    ratio = np.divide(p1, p2, out=np.full(len(p1), np.nan), where=x2 > 0)
    empty = np.where(n1 == 0, Reason.EMPTY_GROUP, np.where(n2 == 0, Reason.EMPTY_COMPARISON, Reason.NONE))
    nobody = np.where(x1 + x2 == 0, Reason.NO_PARTICIPANTS, np.where(x2 == 0, Reason.NO_CENTRE, empty))
    census = np.array([coverage is Coverage.CENSUS for coverage in coverages])
    shared = {
        "group": names,
        "n": (n1 + n2).astype(int),
        "numerator": x1,
        "denominator": n1,
        "coverage": coverages,
    }
    parts = []
    nobody = np.where(empty == "", nobody, empty)
    for term, estimate, limits, reason, method, (rate, recorded) in (
        ("difference", p1 - p2, proportions.newcombe(x1, n1, x2, n2), empty, "Newcombe",
         (Unit.UPTAKE_DIFFERENCE, Unit.RECORDED_DIFFERENCE)),
        ("ratio", ratio, proportions.score_ratio(x1, n1, x2, n2), nobody, "score",
         (Unit.UPTAKE_RATIO, Unit.RECORDED_RATIO)),
    ):  # fmt: skip
        low, high = limits
        part = pd.DataFrame({**shared, "estimate": estimate, "low": low, "high": high, "reason": reason})
        parts.append(part.assign(term=term, method=method, unit=np.where(census, rate, recorded)))
    return tidy(pd.concat(parts, ignore_index=True))


def split_choices(curve: pd.DataFrame) -> pd.DataFrame:
    """The curve with the columns ``definition``, ``sample``, ``unit_of_analysis`` and ``period`` added."""
    parts = curve["group"].str.split(SEPARATOR, expand=True, regex=False)
    parts.columns = ["definition", "sample", "unit_of_analysis", "period"]
    return curve.join(parts)


def summary(curve: pd.DataFrame, term: str = "difference") -> pd.DataFrame:
    """The curve in five numbers, each with ``n`` specifications that could be estimated.

    ``same sign`` (share with the sign of the main specification), ``interval without no gap`` (share whose
    interval leaves out 0, or 1 for the ratio), and ``smallest``, ``median``, ``largest`` estimate, which
    carry the interval of the specification they come from.
    """
    chosen = curve[(curve["term"] == term) & curve["estimate"].notna()].sort_values("estimate")
    shared = {"n": len(chosen), "coverage": weakest(curve["coverage"]), "method": "specification curve"}
    none = 0.0 if term == "difference" else 1.0
    names = ("same sign", "interval without no gap", "smallest", "median", "largest")
    if chosen.empty:
        return tidy([row(name, term, unit=Unit.SHARE, reason=Reason.TOO_FEW, **shared) for name in names])
    main = chosen.loc[chosen["group"] == MAIN, "estimate"]
    reference = main.iloc[0] if len(main) else chosen["estimate"].median()
    same = np.sign(chosen["estimate"] - none) == np.sign(reference - none)
    clear = (chosen["low"] > none) | (chosen["high"] < none)
    rows = [
        row(name, term, estimate=hits.mean(), numerator=hits.sum(), denominator=len(chosen), unit=Unit.SHARE,
            reason=Reason.NO_INTERVAL, **shared)
        for name, hits in zip(names, (same, clear), strict=False)
    ]  # fmt: skip
    for name, position in (("smallest", 0), ("median", (len(chosen) - 1) // 2), ("largest", len(chosen) - 1)):
        spec = chosen.iloc[position]
        values = spec[["estimate", "low", "high", "numerator", "denominator", "reason"]].to_dict()
        rows.append(row(name, spec["group"], unit=spec["unit"], **shared, **values))
    return tidy(rows)
