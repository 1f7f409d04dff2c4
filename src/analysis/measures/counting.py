"""What of the register is counted: participations by programme, and why a row is not one of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.groups import TAKING_PART
from analysis.measures.observations import Observations

#: Why a row of the register is no participation of its own, in the order in which the reasons are tried.
REASONS = (
    "not_a_municipality",
    "did_not_take_part",
    "budget",
    "programme_not_counted",
    "group_not_named",
    "outside_the_selection",
    "same_grant",
    "same_project",
)


def by_programme(observations: Observations) -> pd.DataFrame:
    """Participations of each municipality in each programme.

    A grant that stands under two programmes counts in both, so that a sum over programmes can be larger than
    ``observations.counts``, where it counts once.

    Parameters
    ----------
    observations : Observations

    Returns
    -------
    DataFrame
        By municipality_code, one column per programme_id.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["0301", "1103"]})
    >>> row = {"municipality_code": "0301", "participant_type": "municipality", "programme_id": "p", "project_id": "x"}
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["census"]})
    >>> by_programme(Observations(panel, pd.DataFrame([row]), programmes))["p"].to_dict()
    {'0301': 1, '1103': 0}
    """
    counts = {name: observations.where(programmes=name).counts for name in observations.programme_ids}
    codes = pd.Index(observations.panel["municipality_code"])
    return pd.DataFrame(counts, index=observations.panel.index).set_axis(codes)


def why_not_counted(observations: Observations) -> pd.Series:
    """Why each row of the register is no participation of its own under the selection.

    Parameters
    ----------
    observations : Observations
        With ``stage``, ``form`` and ``basis`` among the columns of its participation.

    Returns
    -------
    Series
        One of :data:`REASONS` for each row of ``observations.participation``, on its index; empty text for the
        rows that are counted, as many as ``observations.counts`` has participations.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["0301"]})
    >>> row = {"municipality_code": "0301", "participant_type": "municipality", "programme_id": "p", "project_id": "x",
    ...        "stage": "taking_part", "form": "joint", "basis": "named"}
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["census"]})
    >>> rows = pd.DataFrame([row, row, row | {"project_id": "y", "stage": "candidate"}])
    >>> why_not_counted(Observations(panel, rows, programmes)).tolist()
    ['', 'same_project', 'did_not_take_part']
    """
    rows, municipal = observations.participation, observations.municipal_rows
    counted = pd.Series(False, rows.index)
    counted[municipal.frame.index[observations.is_row]] = True
    is_record = pd.Series(False, rows.index)
    is_record[municipal.frame.index[observations.is_record]] = True
    keys = ["municipality_code", "project_id"]
    pairs = pd.MultiIndex.from_frame(rows[keys])
    tests = (
        rows["participant_type"].ne("municipality") | rows["municipality_code"].isna(),
        ~rows["stage"].isin(TAKING_PART),
        rows["form"].eq("scheme").fillna(False).astype(bool),
        ~rows["programme_id"].isin(observations.programme_ids),
        rows["basis"].ne("named") if observations.basis == "named" else pd.Series(False, rows.index),
        ~is_record | ~rows["municipality_code"].isin(observations.panel["municipality_code"]),
        ~pd.Series(pairs.isin(pairs[counted]), rows.index),
    )
    reasons = np.select([counted, *tests], ["", *REASONS[:-1]], default=REASONS[-1])
    return pd.Series(reasons, rows.index, dtype="str", name="why_not_counted")
