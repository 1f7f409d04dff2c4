"""The register's rows of municipalities that took part, with their keys as whole numbers.

Comparing numbers is many times quicker than comparing texts, and a specification curve filters the rows hundreds
of times.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from analysis.measures.groups import municipal


class MunicipalRows:
    """Rows of municipalities with a code of 2024 that took part (``groups.municipal``).

    Attributes
    ----------
    frame : DataFrame
        The rows.
    municipality, programme, project : array of int, (rows,)
        Place of each row's code or id in ``municipalities``, ``programmes`` and ``projects``.
    in_programme, participation : array of int, (rows,)
        One number for each municipality, programme and project, and for each municipality and project.
    same_grant : array of int, (rows,)
        ``participation`` of the same municipality in the project that ``same_grant_as`` names; -1 where there is none.

    Examples
    --------
    >>> row = {"municipality_code": "0301", "participant_type": "municipality", "programme_id": "p", "project_id": "x"}
    >>> rows = MunicipalRows(pd.DataFrame([row, row | {"municipality_code": "1103"}]))
    >>> rows.municipality, rows.project
    (array([0, 1]), array([0, 0]))
    """

    def __init__(self, participation: pd.DataFrame) -> None:
        """Choose the rows and number their keys."""
        self.frame = municipal(participation)
        self.municipality, self.municipalities = _numbered(self.frame["municipality_code"])
        self.programme, self.programmes = _numbered(self.frame["programme_id"])
        self.project, self.projects = _numbered(self.frame["project_id"])
        self.participation = self.project * len(self.municipalities) + self.municipality
        self.in_programme = self.participation * len(self.programmes) + self.programme
        self.same_grant = np.full(len(self.frame), -1)
        if "same_grant_as" in self.frame:
            other = self.projects.get_indexer(self.frame["same_grant_as"])
            self.same_grant = np.where(other < 0, -1, other * len(self.municipalities) + self.municipality)

    def once(self, chosen: np.ndarray) -> np.ndarray:
        """The chosen rows without those whose municipality, programme and project an earlier one has.

        A grant that stands under two programmes counts once where both are selected: the row of the project
        that says ``same_grant_as`` is left out for the municipalities that the other project has, too.
        """
        keep = chosen.copy()
        keep[chosen] = ~pd.Series(self.in_programme[chosen]).duplicated().to_numpy()
        return keep & ~self.stands_twice(keep)

    def stands_twice(self, chosen: np.ndarray) -> np.ndarray:
        """Which of the chosen rows are a grant that the municipality also has under another chosen programme."""
        return chosen & (self.same_grant >= 0) & np.isin(self.same_grant, self.participation[chosen])

    @cached_property
    def award(self) -> np.ndarray:
        """Place of each row's project in ``awards``: single awards that share a list (``form`` list) are apart."""
        return self._awards[0]

    @cached_property
    def awards(self) -> pd.Index:
        """Ids of projects; ``project_id/municipality`` for single awards on a list."""
        return self._awards[1]

    @cached_property
    def _awards(self) -> tuple[np.ndarray, pd.Index]:
        return _numbered(awards_apart(self.frame)["project_id"])


def awards_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of participation with a project_id of its own for each municipality on a list (``form`` list)."""
    if "form" not in rows:
        return rows
    is_list = rows["form"].eq("list").fillna(False).astype(bool)
    if not is_list.any():
        return rows
    own = rows["project_id"].astype(str) + "/" + rows["municipality_code"].astype(str)
    return rows.assign(project_id=rows["project_id"].astype(str).mask(is_list, own))


def _numbered(keys: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Place of each key among the distinct ones, and these."""
    places, distinct = pd.factorize(keys, use_na_sentinel=False)  # a missing key is one of its own
    return places, pd.Index(distinct)
