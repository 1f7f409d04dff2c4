"""Procurement notices as candidates: what was fetched from TED and Doffin waits for a person's decision."""

from __future__ import annotations

import pandas as pd

from analysis.loaders import refresh
from analysis.register import form, review
from analysis.register import resolve as names
from analysis.register.check import Checked


def propose(checked: Checked) -> dict[str, pd.DataFrame]:
    """The table of candidates with the fetched notices added; nothing is written.

    Only buyers that are municipalities or counties are proposed. A candidate that is there already,
    decided or not, is not proposed again (see :func:`analysis.register.review.add_candidates`).
    """

    def resolve(name: str, year: int) -> str | None:
        row = pd.DataFrame(
            {
                "participant_name": [name],
                "participant_type": "municipality",
                "year": year,
                "name_year": float("nan"),
                "county_hint": pd.NA,
            }
        )
        register = checked.register
        found, problems = names.resolve(row, checked.reforms, register["counties"], register["names"])
        return None if len(problems) else found["municipality_code"].iloc[0]

    found = refresh.candidates(resolve).rename(columns={"project": "project_title"})
    found = found[found["participant_type"].isin(["municipality", "county"])]
    rows = found.reindex(columns=form.COLUMNS).assign(confidence="stated").astype("str")
    return review.add_candidates(rows, checked)
