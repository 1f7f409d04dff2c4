"""What municipalities are, as columns of models.

The names that ``covariates=`` of a measure takes:

>>> print(*COVARIATES, sep=chr(10))
population, per doubling
centrality index, per 100 points
operating expenditure per inhabitant, per doubling
expenditure need index, per 0.1
purchases per inhabitant, per doubling
travel time to regional centre, per hour
population before the outcome, per doubling
member of a procurement cooperation
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, one_of
from analysis.measures.groups import known_names


def column(panel: pd.DataFrame, name: str) -> np.ndarray:
    """A column as floats, missing where unknown; refuses one that is not there or holds no numbers."""
    one_of("column of the panel", name, panel.columns)
    try:
        return panel[name].astype("Float64").to_numpy(float, na_value=np.nan)
    except (TypeError, ValueError):
        odd = panel[name].dropna()[lambda values: pd.to_numeric(values, errors="coerce").isna()]
        shown = odd.tolist()[0] if len(odd) else panel[name].dtype
        raise AnalysisError(f"{name}: {shown!r} is not a number") from None


def exposure(panel: pd.DataFrame, name: str | None) -> np.ndarray:
    """A column that rates are per, or 1 for each municipality."""
    values = np.ones(len(panel)) if name is None else column(panel, name)
    if (values < 0).any():
        raise AnalysisError(f"{name}: {values[values < 0][0]:g} is negative, and rates are per {name}")
    return values


def people(panel: pd.DataFrame, accounts: str) -> np.ndarray:
    """Inhabitants on 1 January after the year of ``accounts`` or ``purchases``, by whom KOSTRA divides their amounts.

    The panel's ``population`` where it has no such column.
    """
    own = f"{accounts}_population"
    return column(panel, own if own in panel else "population")


def _log2(values: np.ndarray) -> np.ndarray:
    return np.log2(values, out=np.full(values.shape, np.nan), where=values > 0)


# Doublings for amounts, 100 points of 1000 for centrality, 0.1 for the index whose national mean is 1.
COVARIATES: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "population, per doubling": lambda panel: _log2(column(panel, "population")),
    "centrality index, per 100 points": lambda panel: column(panel, "centrality_index") / 100,
    "operating expenditure per inhabitant, per doubling": lambda panel: _log2(
        column(panel, "operating_expenditure_nok_thousand") / people(panel, "accounts")
    ),
    "expenditure need index, per 0.1": lambda panel: column(panel, "expenditure_need_index") * 10,
    "purchases per inhabitant, per doubling": lambda panel: _log2(
        column(panel, "purchases_nok_thousand") / people(panel, "purchases")
    ),
    "travel time to regional centre, per hour": lambda panel: column(panel, "travel_minutes_to_centre") / 60,
    # Of a panel from ``with_population_of``.
    "population before the outcome, per doubling": lambda panel: _log2(column(panel, "population_before")),
    # Of a panel from ``diagnostics.cooperation_members``, which says how many of the members are named.
    "member of a procurement cooperation": lambda panel: column(panel, "is_procurement_cooperation_member"),
}
POPULATION, CENTRALITY, EXPENDITURE, NEED, PURCHASES, TRAVEL, POPULATION_BEFORE, COOPERATION = COVARIATES
#: The covariates known for (nearly) all municipalities; purchases are known for a part only.
MAIN = (POPULATION, CENTRALITY, EXPENDITURE, NEED)
#: The same with the population of before the outcome; the others are published for years after it only.
DATED = (POPULATION_BEFORE, CENTRALITY, EXPENDITURE, NEED)


def covariate_values(panel: pd.DataFrame, covariates: str | Iterable[str]) -> dict[str, np.ndarray]:
    """The values of one covariate or several, by name, missing where unknown; refuses one that is none.

    Examples
    --------
    >>> covariate_values(pd.DataFrame({"population": [1024, 4096]}), POPULATION)[POPULATION].tolist()
    [10.0, 12.0]
    """
    names = known_names("covariate", covariates, COVARIATES)
    return {name: np.asarray(COVARIATES[name](panel), dtype=float) for name in names}


def design_matrix(panel: pd.DataFrame, covariates: Sequence[str] = MAIN) -> pd.DataFrame:
    """The covariates as columns, centred on their mean, on the panel's index; complete rows only.

    Parameters
    ----------
    panel : DataFrame
    covariates : sequence of str
        Names from ``COVARIATES``.

    Returns
    -------
    DataFrame
        Without intercept. Columns without variation are left out: they cannot be told from the intercept.

    Examples
    --------
    >>> design_matrix(pd.DataFrame({"population": [1000, 2000, 4000]}), [POPULATION])[POPULATION].tolist()
    [-1.0, 0.0, 1.0]
    """
    frame = pd.DataFrame(covariate_values(panel, covariates), index=panel.index).dropna()
    varies = frame.max() - frame.min() > 1e-12 if len(frame) else pd.Series(False, index=frame.columns)
    frame = frame.loc[:, varies]
    return frame - frame.mean()


def with_population_of(panel: pd.DataFrame, population: pd.DataFrame, year: int) -> pd.DataFrame:
    """The panel with ``population_before``: persons on 1 January of a year, for ``POPULATION_BEFORE``.

    Parameters
    ----------
    panel, population : DataFrame
        The tables of these names.
    year : int
        From 2015 on, on the structure of 2024; participations are then those of this year and later.
    """
    then = population[population["year"] == year].set_index("municipality_code")["population"]
    return panel.assign(population_before=panel["municipality_code"].map(then))
