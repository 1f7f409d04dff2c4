"""How well each record is supported, and the links to check again."""

from __future__ import annotations

import pandas as pd

_RANK = {"publisher": 0, "participant": 1, "press": 2}


def records(participations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Per record of the register how it is supported.

    Returns record_id, project_id, participant_name, confidence, n_sources, best_source_kind (publisher
    before participant before press), is_single_press (one source, and that is press or another third
    party), source_ids (semicolons between).
    """
    frame = participations[["record_id", "project_id", "participant_name", "confidence"]].reset_index(
        drop=True
    )
    further = (";" + participations["further_source_ids"]).fillna("").reset_index(drop=True)
    frame["source_ids"] = participations["source_id"].reset_index(drop=True) + further
    cited = frame[["record_id", "source_ids"]].assign(source_id=frame["source_ids"].str.split(";"))
    cited = cited.explode("source_id").merge(sources[["source_id", "source_kind"]], on="source_id")
    cited["rank"] = cited["source_kind"].map(_RANK)
    by = cited.groupby("record_id")
    frame = frame.merge(by["source_id"].nunique().rename("n_sources"), on="record_id")
    names = {rank: kind for kind, rank in _RANK.items()}
    frame = frame.merge(by["rank"].min().map(names).rename("best_source_kind"), on="record_id")
    frame["is_single_press"] = (frame["n_sources"] == 1) & (frame["best_source_kind"] == "press")
    order = ["n_sources", "best_source_kind", "is_single_press", "source_ids"]
    return frame[["record_id", "project_id", "participant_name", "confidence", *order]]


def links(participations: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The addresses to look at again, those that most records rest on first.

    Returns source_id, url, publisher, source_kind, date, retrieved, n_records.
    """
    further = (";" + participations["further_source_ids"]).fillna("")
    cited = (participations["source_id"] + further).str.split(";").explode()
    frame = sources[["source_id", "url", "publisher", "source_kind", "date", "retrieved"]].copy()
    frame["n_records"] = frame["source_id"].map(cited.value_counts()).fillna(0).astype(int)
    return frame.sort_values(["n_records", "source_id"], ascending=[False, True]).reset_index(drop=True)


def summary(quality: pd.DataFrame) -> str:
    """Counts by confidence and best source, and the records that rest on one press source."""
    table = pd.crosstab(quality["confidence"], quality["best_source_kind"], margins=True, margins_name="all")
    single = quality[quality["is_single_press"]]
    by_source = single.groupby("source_ids").agg(
        records=("record_id", "size"), participants=("participant_name", lambda who: ", ".join(who))
    )
    lines = [f"  {row.Index}: {row.records}: {row.participants}" for row in by_source.itertuples()]
    head = f"{len(single)} of {len(quality)} records rest on one press source or other third party:"
    return "\n".join([table.to_string(), "", head, *lines])
