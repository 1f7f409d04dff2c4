"""Municipalities, programmes and recording with known truth, in the columns of data/processed.

The numbers are made up: only their shape (many small municipalities, few large ones; the small ones
remote and dear to run) is like Norway's. Nothing here may reach a report.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.definitions import size_band, small_rural
from analysis.measures.observations import Observations

# Shares of the six centrality classes among municipalities, from most to least central.
_CLASS_SHARES = np.array([5, 21, 54, 65, 104, 108]) / 357


def panel(rng: np.random.Generator, n: int = 357) -> pd.DataFrame:
    """A country of ``n`` municipalities with the panel's columns."""
    z = rng.standard_normal(n)
    population = np.clip(np.exp(8.6 + 1.2 * z), 200, 900_000).astype(int)
    remote = -0.75 * z + 0.66 * rng.standard_normal(n)
    rank = remote.argsort().argsort() / n
    centrality = 1 + np.searchsorted(np.cumsum(_CLASS_SHARES)[:-1], rank, side="right")
    expenditure = population * np.exp(4.75 - 0.12 * z + 0.1 * rng.standard_normal(n))
    share = np.clip(0.27 + 0.01 * (remote > 0) + 0.04 * rng.standard_normal(n), 0.1, 0.6)
    frame = pd.DataFrame(
        {
            "municipality_code": [f"{code:04d}" for code in range(1000, 1000 + n)],
            "municipality_name": [f"Place {index}" for index in range(n)],
            "county_code": [f"{code:02d}" for code in rng.integers(1, 16, n)],
            "centrality_class": centrality,
            "centrality_index": np.clip(700 - 120 * remote, 300, 1000),
            "kostra_group": [f"EKG{code:02d}" for code in rng.integers(1, 18, n)],
            "labour_market_region_code": [f"{code:03d}" for code in rng.integers(1, 160, n)],
            "travel_minutes_to_centre": np.clip(20 + 25 * remote + 5 * rng.standard_normal(n), 0, None),
            "population": population,
            "operating_expenditure_nok_thousand": expenditure,
            "purchases_nok_thousand": share * expenditure,
            "purchases_operating_expenditure_nok_thousand": expenditure,
            "purchases_share": share,
            "expenditure_need_index": 1.05 - 0.08 * z + 0.08 * rng.standard_normal(n),
        }
    )
    frame["purchases_nok_per_inhabitant"] = 1000 * frame["purchases_nok_thousand"] / frame["population"]
    frame["size_band"] = size_band(frame["population"])
    frame["is_small_rural"] = small_rural(frame)
    return frame


def programmes(**coverage: str) -> pd.DataFrame:
    """Table of programmes from ``programme_id=coverage`` pairs; all of kind project."""
    return pd.DataFrame(
        {"programme_id": list(coverage), "kind": "project", "coverage": list(coverage.values())}
    ).assign(is_cooperation=True, name_nb=list(coverage), name_en=list(coverage))


def participation(
    municipality_code: np.ndarray | list[str],
    project_id: np.ndarray | list[str],
    programme_id: str = "p",
    **columns: object,
) -> pd.DataFrame:
    """Register rows with all columns; ``columns`` overrides the plain values."""
    frame = pd.DataFrame({"municipality_code": list(municipality_code), "project_id": list(project_id)})
    frame = frame.astype(object)
    defaults: dict[str, object] = {
        "record_id": [f"r{index}" for index in range(len(frame))],
        "programme_id": programme_id,
        "year": 2020,
        "participant_name": frame["municipality_code"],
        "participant_type": "municipality",
        "code_then": frame["municipality_code"],
        "population_then": pd.NA,
        "size_band_then": pd.NA,
        "county_code": pd.NA,
        "county_code_then": pd.NA,
        "stage": "taking_part",
        "role": "participant",
        "confidence": "stated",
        "basis": "named",
    }
    for name, value in {**defaults, **columns}.items():
        frame[name] = value
    frame["year"] = frame["year"].astype("Int64")
    frame["population_then"] = frame["population_then"].astype("Int64")
    return frame


def observations(
    panel: pd.DataFrame,
    rows: pd.DataFrame,
    table: pd.DataFrame,
    programme_ids: list[str] | None = None,
    **filters: object,
) -> Observations:
    """Observations of the programmes named (all where None), filtered as ``Observations.where`` does."""
    return Observations(panel, rows, table).where(programmes=programme_ids, **filters)


def published(*rows: tuple[str, str, str, int, str]) -> pd.DataFrame:
    """Table of published totals from (programme_id, round, measure, value, qualifier)."""
    frame = pd.DataFrame(rows, columns=["programme_id", "round", "measure", "value", "qualifier"])
    return frame.assign(year=pd.array([pd.NA] * len(frame), dtype="Int64"), source_url="", note="")


def projects(rows: pd.DataFrame) -> pd.DataFrame:
    """Table of the projects of register rows; none names a round."""
    return pd.DataFrame({"project_id": rows["project_id"].unique()}).assign(round=pd.NA)


def own_projects(
    panel: pd.DataFrame, count: np.ndarray, programme_id: str = "p", **columns: object
) -> pd.DataFrame:
    """Register where each municipality has ``count`` projects of its own."""
    codes = np.repeat(panel["municipality_code"].to_numpy(), count)
    return participation(
        codes, [f"{programme_id}-{index}" for index in range(len(codes))], programme_id, **columns
    )
