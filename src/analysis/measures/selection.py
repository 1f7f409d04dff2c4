"""How the search for records bears on the result: the headline for each collection of the register by itself.

A search that is aimed at small municipalities finds more of them. Where the ratio of the groups holds in the
collections that were not so aimed, it does not come from the search.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, Estimates, Reason, weakest
from analysis.measures.groups import ALL, SMALL_RURAL, coverages
from analysis.measures.intensity import intensity
from analysis.measures.observations import Observations
from analysis.stats import resample

#: The collections that were not aimed at small municipalities, together.
NOT_AIMED = "not aimed at small municipalities"


def by_collection(
    observations: Observations,
    collections: pd.DataFrame,
    by: str = SMALL_RURAL,
    *,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Participations per municipality by group, and their ratio, for each collection of the register.

    Parameters
    ----------
    observations : Observations
        Scopes, basis and years as for the headline, e.g. ``.where(scopes="development", basis="named")``.
    collections : DataFrame
        The table of this name: collection_id, aimed_at_small.
    by : str
        Yes-or-no column of the panel.
    n_resamples, seed : int
        Bootstrap of projects.

    Returns
    -------
    Estimates
        Terms ``rate`` and ``ratio`` as in :func:`analysis.measures.intensity.intensity`, with the column
        ``collection``: ``all``, ``not aimed at small municipalities``, then each collection that has rows. One that
        holds complete lists only has no interval.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abcd"), "is_small_rural": [True, True, False, False]})
    >>> rows = pd.DataFrame({"municipality_code": list("abcd"), "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": list("wxyz"), "collection_id": ["s", "s", "n", "n"]})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"]})
    >>> searches = pd.DataFrame({"collection_id": ["n", "s"], "aimed_at_small": [False, True]})
    >>> found = by_collection(Observations(panel, rows, programmes), searches, n_resamples=99)
    >>> ratio = found[found["term"] == "ratio"].set_index("collection")["estimate"]
    >>> ratio["all"], ratio["not aimed at small municipalities"]
    (np.float64(1.0), np.float64(0.0))
    """
    rows = observations.participation
    made_by = rows["collection_id"]
    aimed = collections.loc[collections["aimed_at_small"].astype(bool), "collection_id"]
    known = observations.records["collection_id"]
    chosen: dict[str, pd.Series] = {
        ALL: pd.Series(True, rows.index),
        NOT_AIMED: made_by.notna() & ~made_by.isin(aimed),
    }
    chosen |= {name: made_by.eq(name) for name in collections["collection_id"] if name in set(known)}
    parts = []
    for name, keep in chosen.items():
        found = intensity(
            observations.with_participation(rows[keep.fillna(False).astype(bool)]),
            by,
            n_resamples=n_resamples,
            seed=seed,
        )
        found = found[found["term"] != "difference"].assign(collection=name)
        of = coverages(observations.programmes, observations.programmes["programme_id"], observations.years)
        own = keep & rows["programme_id"].isin(observations.programme_ids)
        if (
            name not in (ALL, NOT_AIMED)
            and weakest(of.loc[rows.loc[own, "programme_id"].unique()]) == Coverage.CENSUS
        ):
            # A complete list has no sampling error, whatever the other collections are.
            found[["conf_low", "conf_high", "std_error"]] = np.nan
            found["coverage"] = Coverage.CENSUS
            found["reason"] = found["reason"].mask(found["estimate"].notna(), Reason.NO_INTERVAL)
        parts.append(found)
    return Estimates(pd.concat(parts, ignore_index=True))
