"""Municipalities that resemble each other: a distance on size, centrality, expenditure and need."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, whole_number
from analysis.measures.covariates import people

#: What the distance rests on; each is standardised to mean 0 and standard deviation 1.
VARIABLES = (
    "log_population",
    "centrality_index",
    "expenditure_per_inhabitant",
    "expenditure_need_index",
)
#: Two values closer than this many standard deviations are called alike.
ALIKE = 0.25


def standardised(panel: pd.DataFrame) -> pd.DataFrame:
    """Standardise the variables of the distance.

    Parameters
    ----------
    panel : DataFrame
        One row per municipality: municipality_code, population, centrality_index,
        operating_expenditure_nok_thousand, expenditure_need_index; accounts_population, by which the expenditure is
        divided where it is known (else population).

    Returns
    -------
    DataFrame
        One column per name in ``VARIABLES`` on municipality_code, in standard deviations; missing where
        the value is unknown. A variable that does not vary is 0 for all.
    """
    population = panel["population"].astype(float)
    values = pd.DataFrame(
        {
            "log_population": np.log(population),
            "centrality_index": panel["centrality_index"].astype(float),
            "expenditure_per_inhabitant": panel["operating_expenditure_nok_thousand"].astype(float)
            * 1000
            / people(panel, "accounts"),
            "expenditure_need_index": panel["expenditure_need_index"].astype(float),
        }
    ).set_index(pd.Index(panel["municipality_code"], name="municipality_code"))
    spread = values.std(ddof=0)
    scaled = (values - values.mean()) / spread.where(spread > 1e-12)
    return scaled.mask((spread <= 1e-12).to_numpy() & values.notna(), 0.0)


def nearest(panel: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """Find the ``n`` municipalities most alike each municipality.

    The distance is the root mean square of the differences in the standardised variables that are known
    for both; a variable unknown for one of the two is left out of that pair. Equal distances are
    ordered by municipality code.

    Parameters
    ----------
    panel : DataFrame
        As in :func:`standardised`.
    n : int
        How many; fewer where there are fewer municipalities.

    Returns
    -------
    DataFrame
        municipality_code, peer_code, rank (from 1), distance (standard deviations), and a boolean
        ``is_alike_<variable>`` for each variable: known for both and closer than ``ALIKE``.
    """
    whole_number("n", n, 1)
    panel = panel.sort_values("municipality_code")
    z = standardised(panel)
    codes = z.index.to_numpy()
    values = z.to_numpy()
    difference = np.abs(values[:, None, :] - values[None, :, :])
    known = ~np.isnan(difference)
    total = np.where(known, difference, 0) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.sqrt(total.sum(axis=2) / known.sum(axis=2))
    np.fill_diagonal(distance, np.nan)
    order = np.argsort(distance, axis=1, kind="stable")[:, :n]
    own = np.repeat(np.arange(len(codes)), order.shape[1])
    other = order.ravel()
    frame = pd.DataFrame(
        {
            "municipality_code": codes[own],
            "peer_code": codes[other],
            "rank": np.tile(np.arange(1, order.shape[1] + 1), len(codes)),
            "distance": distance[own, other],
            **{f"is_alike_{v}": difference[own, other, k] < ALIKE for k, v in enumerate(VARIABLES)},
        }
    )
    return frame[frame["distance"].notna()].reset_index(drop=True)


def peers(panel: pd.DataFrame, municipality_code: str, n: int = 10) -> pd.DataFrame:
    """List the ``n`` municipalities most alike one municipality.

    Parameters
    ----------
    panel : DataFrame
        As in :func:`standardised`, with municipality_name.
    municipality_code : str
        Four digits, 2024 structure.
    n : int

    Returns
    -------
    DataFrame
        municipality_code, municipality_name, distance (standard deviations) and ``is_alike_<variable>``,
        the most alike first.

    Raises
    ------
    AnalysisError
        The panel has no such municipality.

    Examples
    --------
    >>> panel = pd.DataFrame(
    ...     {
    ...         "municipality_code": ["0001", "0002", "0003"],
    ...         "municipality_name": ["A", "B", "C"],
    ...         "population": [1_000, 1_100, 90_000],
    ...         "centrality_index": [400, 410, 950],
    ...         "operating_expenditure_nok_thousand": [100_000, 108_000, 6_000_000],
    ...         "expenditure_need_index": [1.4, None, 0.95],
    ...     }
    ... )
    >>> peers(panel, "0001", n=1)[["municipality_name", "is_alike_log_population"]].to_numpy().tolist()
    [['B', True]]
    """
    if municipality_code not in set(panel["municipality_code"]):
        raise AnalysisError(
            f"panel: no municipality_code {municipality_code!r}; give four digits as text, e.g. '3454'."
        )
    frame = nearest(panel, n)
    frame = frame[frame["municipality_code"] == municipality_code].drop(columns=["municipality_code", "rank"])
    frame = frame.rename(columns={"peer_code": "municipality_code"}).reset_index(drop=True)
    names = panel.set_index("municipality_code")["municipality_name"]
    frame.insert(1, "municipality_name", frame["municipality_code"].map(names))
    return frame
