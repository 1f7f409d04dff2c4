"""Candidates: possible records that a person accepts or rejects, with the reason kept."""

from __future__ import annotations

import datetime

import pandas as pd

from analysis.errors import AnalysisError
from analysis.register import edit, form
from analysis.register.check import Checked


def open_candidates(checked: Checked) -> pd.DataFrame:
    """The candidates that nobody has decided on."""
    candidates = checked.register["candidates"]
    return candidates[candidates["status"] == "open"]


def add_candidates(rows: pd.DataFrame, checked: Checked) -> dict[str, pd.DataFrame]:
    """The table of candidates with a form's rows added as open ones; nothing is written.

    Rows that say the same as a candidate that is there (programme, project, year and participant),
    decided or not, are left out: a rejected candidate does not come back.
    """
    candidates = checked.register["candidates"]
    filled = rows.fillna(form.DEFAULTS)
    new = filled[[name for name in candidates.columns if name in filled]].assign(status="open")
    same = ["programme_id", "project_title", "year", "participant_name"]
    known = pd.MultiIndex.from_frame(candidates[same].fillna(""))
    new = new[~pd.MultiIndex.from_frame(new[same].fillna("")).isin(known)].drop_duplicates(same)
    last = candidates["candidate_id"].str[1:].astype(int).max() if len(candidates) else 0
    new["candidate_id"] = [f"C{last + number:04d}" for number in range(1, len(new) + 1)]
    return {"candidates": pd.concat([candidates, new], ignore_index=True)[candidates.columns]}


def decide(
    checked: Checked,
    candidate_id: str,
    accept: bool,
    reason: str,
    source_kind: str | None,
    today: datetime.date,
) -> tuple[edit.Plan | None, dict[str, pd.DataFrame]]:
    """Accept or reject a candidate.

    Returns the plan of the record it becomes (None if rejected) and the tables with the decision and
    its reason; nothing is written.

    Raises:
        AnalysisError: no such open candidate, or no reason.
        DataError: it cannot be a record, and why.
    """
    candidates = checked.register["candidates"].reset_index(drop=True)
    at = candidates.index[candidates["candidate_id"].eq(candidate_id) & candidates["status"].eq("open")]
    if at.empty:
        still = ", ".join(open_candidates(checked)["candidate_id"])
        raise AnalysisError(f"{candidate_id}: no such open candidate; open are: {still or 'none'}")
    if not reason.strip():
        raise AnalysisError("A decision needs its reason: --reason 'why'")
    plan, tables = None, {}
    if accept:
        row = candidates.loc[at].reindex(columns=form.COLUMNS).astype("str").assign(source_kind=source_kind)
        row.index = pd.Index([int(at[0]) + 2])
        plan = edit.plan(row, checked.register, checked.reforms, "candidates.csv", today)
        tables = edit.apply(plan, checked.register)
        candidates.loc[at, "record_id"] = plan.records["record_id"].iloc[0]
    candidates.loc[at, "status"] = "accepted" if accept else "rejected"
    candidates.loc[at, "reason"] = reason.strip()
    return plan, {**tables, "candidates": candidates}
