"""The explanatory variables of the models, on scales that can be said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd


def _column(panel: pd.DataFrame, name: str) -> np.ndarray:
    return panel[name].astype("Float64").to_numpy(float, na_value=np.nan)


def _log2(values: np.ndarray) -> np.ndarray:
    return np.log2(values, out=np.full(values.shape, np.nan), where=values > 0)


# Doublings for amounts, 100 points of 1000 for centrality, 0.1 for the index whose national mean is 1.
COVARIATES: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "population, per doubling": lambda panel: _log2(_column(panel, "population")),
    "centrality index, per 100 points": lambda panel: _column(panel, "centrality_index") / 100,
    "operating expenditure per inhabitant, per doubling": lambda panel: _log2(
        _column(panel, "operating_expenditure_nok_thousand") / _column(panel, "population")
    ),
    "expenditure need index, per 0.1": lambda panel: _column(panel, "expenditure_need_index") * 10,
    "purchases per inhabitant, per doubling": lambda panel: _log2(
        _column(panel, "purchases_nok_thousand") / _column(panel, "population")
    ),
    "travel time to regional centre, per hour": lambda panel: _column(panel, "travel_minutes_to_centre") / 60,
}
POPULATION, CENTRALITY, EXPENDITURE, NEED, PURCHASES, TRAVEL = COVARIATES
#: The covariates known for (nearly) all municipalities; purchases are known for a part only.
MAIN = (POPULATION, CENTRALITY, EXPENDITURE, NEED)


def design(panel: pd.DataFrame, names: Sequence[str] = MAIN) -> pd.DataFrame:
    """The named covariates as columns, centred on their mean, on the panel's index; complete rows only.

    Columns without variation are left out: they can't be told from the intercept.
    """
    frame = pd.DataFrame({name: COVARIATES[name](panel) for name in names}, index=panel.index).dropna()
    varies = frame.max() - frame.min() > 1e-12 if len(frame) else pd.Series(False, index=frame.columns)
    frame = frame.loc[:, varies]
    return frame - frame.mean()
