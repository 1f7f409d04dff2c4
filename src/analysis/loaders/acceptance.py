"""What the catalogue keeps of a feed, and what a new entry may not lose or change against the old."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from analysis.loaders import live
from analysis.loaders.feeds import Feed

#: A feed that lost more than this share of its rows is refused.
MAX_SHRINK = 0.10


def entry(feed: Feed, frame: pd.DataFrame, recorder: live.Recorder) -> dict[str, Any]:
    """What the catalogue keeps of a feed beside its answers: who, when, how much, and what it means."""
    records = list(recorder.records.values())
    valued = frame[frame["value"].notna()] if "value" in frame else frame
    newest = None
    if feed.period is not None and len(valued):
        newest = str(valued[feed.period].astype(str).max())
    about = feed.about
    return {
        "title": feed.title,
        "publisher": about.publisher,
        "table_id": feed.table_id,
        "licence": about.licence,
        "attribution": about.attribution,
        "retrieved": max(record["retrieved"] for record in records),
        "updated": frame.attrs.get("updated"),
        "newest_period": newest,
        "rows": len(valued),
        "coverage": _coverage(feed, valued, newest),
        "is_preliminary": newest in frame.attrs.get("preliminary_years", []),
        "mandatory_notes": frame.attrs.get("mandatory_notes", []),
        "meaning": _meaning(frame),
        "fingerprint": _fingerprint(frame),
        "answers": records,
    }


def _coverage(feed: Feed, valued: pd.DataFrame, newest: str | None) -> str | None:
    """How many municipalities have figures, in the newest period where there are periods."""
    if feed.region is None:
        return None
    inside = valued[valued[feed.period].astype(str) == newest] if feed.period is not None else valued
    codes = inside[feed.region].drop_duplicates().astype("str").str.removeprefix("K-")
    count = int(codes.str.fullmatch(r"\d{4}", na=False).sum())
    return f"{count} municipalities"


def _meaning(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Columns, and for a StatBank table the label of each code and its unit; not names of places or years."""
    roles = frame.attrs.get("roles")
    if roles is None:
        return {"columns": {str(column): str(column) for column in frame.columns}}
    meaning = {code: str(unit.get("base")) for code, unit in frame.attrs["units"].items()}
    result = {"unit": meaning}
    for dimension in frame.attrs["dimension_labels"]:
        if dimension in {*roles.get("geo", []), *roles.get("time", [])} or dimension not in frame:
            continue
        pairs = frame[[dimension, f"{dimension}_label"]].drop_duplicates(dimension).astype("str")
        result[dimension] = dict(zip(pairs[dimension], pairs[f"{dimension}_label"], strict=True))
    return result


def compared(feed: Feed, before: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    """What the new answers have lost or changed against those in force."""
    if before is None:
        return []
    problems = []
    if new["rows"] < before["rows"] * (1 - MAX_SHRINK):
        problems.append(f"only {new['rows']} rows where {before['rows']} are in force (over 10 % fewer)")
    if (new["newest_period"] or "") < (before["newest_period"] or ""):
        problems.append(f"ends with {new['newest_period']}, before {before['newest_period']}")
    for kind, known in before["meaning"].items():
        now = new["meaning"].get(kind, {})
        for code, label in known.items():
            if code in now and now[code] != label:
                problems.append(f"{kind} {code} meant {label!r} and is now {now[code]!r}")
            elif code not in now:
                problems.append(f"{kind} {code} ({label!r}) is no longer there")
    if problems:
        problems.append(f"if this is right, remove the folder data/raw/live/{feed.id} and fetch again")
    return problems


def _fingerprint(frame: pd.DataFrame) -> str:
    """The same for the same data; answers can differ in their tokens and times without saying anything new."""
    plain = pd.DataFrame({"_": range(len(frame))})
    for column in frame.columns:
        values = frame[column]
        if values.dtype == "geometry":
            values = values.to_wkb(hex=True)
        plain[column] = values.astype("str") if values.dtype == object else values
    return hashlib.sha256(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes()).hexdigest()
