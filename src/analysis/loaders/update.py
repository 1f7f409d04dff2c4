"""``fetch`` and ``status``: bring data/raw up to date safely, and say what is here.

What a publisher sends replaces a file only when it parses, holds what it must, has not shrunk and means what
it meant. Otherwise the old file stays, the reason is told, and the next dataset is fetched. The responses
as sent are kept in ``data/raw/.answers``, to go on with a broken fetch and to look at; nothing else reads them.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from tqdm import tqdm

from analysis import expected, plausibility, raw
from analysis.errors import AnalysisError, DataError, Fault, one_of
from analysis.io import locked
from analysis.loaders import answers, doffin, statbank, validate
from analysis.loaders.client import RETRIED, Client
from analysis.loaders.messages import CONFIGURATION, SERVICES, FetchError

DATASETS = CONFIGURATION["datasets"]
#: outcome is one of: changed, unchanged, would change (dry run), refused, skipped.
SUMMARY_COLUMNS = ["source", "rows_before", "rows_after", "newest_period", "outcome", "reason"]


@dataclass(frozen=True)
class Summary:
    """What a fetch did: one row per dataset."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def frame(self) -> pd.DataFrame:
        """source, rows_before and rows_after (Int64, NA if none), newest_period, outcome, reason."""
        frame = pd.DataFrame(self.rows, columns=SUMMARY_COLUMNS)
        return frame.astype({"rows_before": "Int64", "rows_after": "Int64"})

    @property
    def told(self) -> str:
        """The frame as a table, and below it why a dataset was refused or skipped."""
        table = self.frame.astype("str").fillna("–")
        why = [f"{row.source} was {row.outcome}: {row.reason}" for row in table.itertuples() if row.reason]
        return "\n".join([table.drop(columns="reason").to_string(index=False), *([""] if why else []), *why])

    @property
    def exit_code(self) -> int:
        """1 if anything was refused, else 0."""
        return int(any(row["outcome"] == "refused" for row in self.rows))


def fetch(
    sources: Sequence[str] | None = None,
    *,
    dry_run: bool = False,
    accept_changes: bool = False,
    progress: bool = True,
    client: Client | None = None,
) -> Summary:
    """Fetch all datasets, or those named, from their publishers.

    Parameters
    ----------
    sources : str or sequence of str, optional
        Names in ``datasets.toml``; without it all of them, with an empty one none.
    dry_run : bool
        Ask the publishers (it needs the network), write nothing and say what would change.
    accept_changes : bool
        Do not compare with the file in force: it may shrink and change its labels. What must hold, must still.
    progress : bool
        Show a progress bar per dataset.
    client : Client, optional

    Returns
    -------
    Summary
        A dataset that cannot be had is in it as refused. An unfinished earlier fetch is continued.

    Raises
    ------
    AnalysisError
        An unknown name, another fetch is running, or data/raw cannot be written.
    """
    sources = [sources] if isinstance(sources, str) else sources
    for source in sources or []:
        one_of("source", source, DATASETS)
    client = client or Client(secrets=doffin.secrets())
    job = _Job(client, dry_run, accept_changes, progress)
    chosen = [name for name in DATASETS if sources is None or name in sources]
    rows: list[dict[str, Any]] = []
    busy = "Another fetch is running; wait until it has ended."
    try:
        with contextlib.nullcontext() if dry_run else locked(answers.folder() / ".lock", busy):
            answers.remember_pace()
            for name in chosen:
                rows.append(job.run(name))
    except OSError as error:
        done = [row["source"] for row in rows if row["outcome"] == "changed"]
        told = f"; changed before that: {', '.join(done)}" if done else ""
        raise AnalysisError(f"data/raw cannot be written: {error}{told}") from error
    return Summary(rows)


def status(today: date | None = None) -> pd.DataFrame:
    """What data is here.

    Returns
    -------
    DataFrame
        One row per file of data/raw: source, kind ("embedded" with the repository or "fetched"), file,
        publisher, newest_period, retrieved, rows, coverage (municipalities in the newest period), licence,
        age_days (from retrieved to ``today``), is_preliminary. NA where a file does not tell.
    """
    rows = [_status_row(str(source_id), record) for source_id, record in raw.catalogue().iterrows()]
    columns = ["source", "kind", "file", "publisher", "newest_period", "retrieved", "rows", "coverage"]
    frame = pd.DataFrame(rows, columns=[*columns, "licence", "age_days", "is_preliminary"])
    when = pd.to_datetime(frame["retrieved"].str[:10], errors="coerce")
    frame["age_days"] = (pd.Timestamp(today or datetime.now(UTC).date()) - when).dt.days.astype("Int64")
    return frame.astype({"rows": "Int64", "is_preliminary": "boolean"})


def _status_row(source_id: str, record: pd.Series) -> dict[str, Any]:
    bases = tuple(service["base"] for service in SERVICES.values())
    row = {column: record[column] for column in ("file", "retrieved", "rows", "licence")} | {
        "source": source_id,
        "publisher": record["publisher_en"],
        "kind": "fetched" if record["obtained_from"].startswith(bases) else "embedded",
    }
    if not record["file"].endswith(".csv"):
        return row
    frame = raw.read(source_id)
    period = next((c for c in ("year", DATASETS.get(source_id, {}).get("period")) if c in frame), None)
    if period:
        row["newest_period"] = frame[period].max()
        frame = frame[frame[period] == row["newest_period"]]
    if "municipality_code" in frame:
        row["coverage"] = f"{frame['municipality_code'].nunique()} municipalities"
    if "is_preliminary" in frame:
        row["is_preliminary"] = bool((frame["is_preliminary"] == "True").any())
    return row


@dataclass(frozen=True)
class _Job:
    client: Client
    dry_run: bool
    accept_changes: bool
    progress: bool

    def run(self, source_id: str) -> dict[str, Any]:
        """Bring one dataset up to date; its row of the summary. Only what makes all pointless is raised."""
        settings = DATASETS[source_id]
        row: dict[str, Any] = dict.fromkeys(SUMMARY_COLUMNS) | {"source": source_id, "reason": ""}
        before: pd.DataFrame | None = None
        try:
            if source_id in raw.catalogue().index:
                # A damaged file is nothing to keep, or to compare with.
                with contextlib.suppress(DataError):
                    geometry = settings["file"].endswith(".parquet")
                    before = raw.read_geometry(source_id) if geometry else raw.read(source_id)
            if before is not None:
                row["rows_before"] = row["rows_after"] = validate.count(settings, before)
                row["newest_period"] = validate.newest_period(settings, before)
            if (key := settings.get("needs_key")) and not os.environ.get(key, "").strip():
                return row | {"outcome": "skipped", "reason": f"{key} is not set"}
            with tqdm(desc=source_id, unit=" requests", disable=not self.progress) as bar:
                if before is not None and self._is_current(source_id, before, bar):
                    if not self.dry_run:
                        answers.forget(source_id)
                    return row | {"outcome": "unchanged"}
                frame, changed = self._fetched(source_id, before, bar)
        except AnalysisError as error:
            return row | {"outcome": "refused", "reason": str(error)}
        except OSError:
            raise
        except Exception as error:  # a shape that no contract foresees must not stop the other datasets
            reason = f"the answer has a shape that cannot be used ({error!r})"
            return row | {"outcome": "refused", "reason": reason}
        outcome = "unchanged" if not changed else "would change" if self.dry_run else "changed"
        row |= {"outcome": outcome, "rows_after": validate.count(settings, frame)}
        return row | {"newest_period": validate.newest_period(settings, frame)}

    def _is_current(self, source_id: str, before: pd.DataFrame, bar: tqdm) -> bool:
        """Whether SSB says that a table has not changed; the other publishers do not say."""
        settings, known = DATASETS[source_id], before.attrs["source"]
        if settings["service"] != "ssb" or not known["updated"]:
            return False
        recorder = answers.Recorder(source_id, self.client, bar, write=False)
        return statbank.metadata(settings["table_or_query"], client=recorder).updated == known["updated"]

    def _fetched(self, source_id: str, before: pd.DataFrame | None, bar: tqdm) -> tuple[pd.DataFrame, bool]:
        """The validated frame, in force unless it is a dry run, and whether it is another than before.

        What was asked for is kept only while the publisher cannot be reached: the next run goes on from it.
        An answer that was read and found wanting is forgotten, so that the next run asks again.
        """
        recorder = answers.Recorder(source_id, self.client, bar, write=not self.dry_run)
        try:
            try:
                frame = _load(source_id, recorder)
            except DataError:
                if not recorder.resumed:
                    raise
                # Parts of an earlier run may not fit what is published now: once more, all anew.
                answers.forget(source_id)
                recorder = answers.Recorder(source_id, self.client, bar, write=not self.dry_run)
                frame = _load(source_id, recorder)
            unlikely = self._check(source_id, before, frame)
        except Exception as error:
            is_out_of_reach = isinstance(error, FetchError) and (
                error.response is None or error.response.status in RETRIED
            )
            if not is_out_of_reach and not self.dry_run:
                answers.forget(source_id)
            raise
        changed = before is None or raw.encode(frame) != raw.locate(source_id).read_bytes()
        if not self.dry_run:
            # First, so that what is in force is never in doubt.
            if unlikely:
                expected.accept(source_id, unlikely, "fetch --accept-changes", recorder.retrieved[:10])
            raw.replace(source_id, frame, _record(source_id, frame, recorder.retrieved))
            answers.keep(source_id)
        return frame, changed

    def _check(self, source_id: str, before: pd.DataFrame | None, frame: pd.DataFrame) -> list[str]:
        """Raise what is wrong; return what cannot well be true and is accepted."""
        settings = DATASETS[source_id]
        found = validate.problems(settings, frame)
        unlikely = [] if found else expected.doubtful(source_id, plausibility.findings(source_id, frame))
        if not self.accept_changes:
            doubted = unlikely + ([] if before is None else _lost(source_id, before, frame))
            if doubted:
                doubted.append(
                    f"if this is right, run `python -m analysis fetch {source_id} --accept-changes`"
                )
            found += doubted
        if found:
            faults = [Fault(source_id, None, None, None, problem) for problem in found]
            raise DataError(faults, "What the publisher sends now cannot replace what is here")
        return unlikely


def _lost(source_id: str, before: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """What a frame has lost or changed against the one in force."""
    settings, known = DATASETS[source_id], before.attrs["source"]
    found = validate.compared(settings, before, raw.labels(known), frame)
    if (updated := frame.attrs.get("updated") or "") and updated < known["updated"]:
        found.append(f"the publisher's table is of {updated}, and the one here of {known['updated']}")
    # A copy from elsewhere may hold other years and codes than the publisher's own table.
    if known["obtained_from"] == SERVICES[settings["service"]]["base"]:
        found += plausibility.lost(
            plausibility.counts(source_id, before), plausibility.counts(source_id, frame)
        )
        found += plausibility.revised(source_id, before, frame)
    return found


def _load(source_id: str, client: Client) -> pd.DataFrame:
    settings = DATASETS[source_id]
    module, _, name = settings["load"].partition(".")
    function = getattr(importlib.import_module(f"analysis.loaders.{module}"), name)
    return function(client=client, **settings.get("arguments", {}))


def _record(source_id: str, frame: pd.DataFrame, retrieved: str) -> dict[str, str]:
    """The dataset's record for the catalogue."""
    settings = DATASETS[source_id]
    service = SERVICES[settings["service"]]
    mandatory = [" ".join(str(note).split()) for note in frame.attrs.get("mandatory_notes", [])]
    labels = frame.attrs.get("labels")
    own = {name: settings[name] for name in ("file", "title_nb", "title_en", "table_or_query", "url")}
    theirs = {name: service[name] for name in ("publisher_nb", "publisher_en", "licence", "attribution")}
    return (
        own
        | theirs
        | {
            "obtained_from": service["base"],
            "retrieved": retrieved[:10],
            "updated": frame.attrs.get("updated") or "",
            "labels": json.dumps(labels, ensure_ascii=False, sort_keys=True) if labels else "",
            "notes": "; ".join(filter(None, [settings["notes"], *mandatory])),
        }
    )
