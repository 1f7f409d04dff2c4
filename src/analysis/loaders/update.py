"""``fetch`` and ``status``: bring data/raw up to date safely, and say what is here.

What a publisher sends replaces a file only when it parses, holds what it must, has not shrunk and means what
it meant. Otherwise the old file stays, the reason is told, and the next dataset is fetched. The responses
as sent are kept in ``data/raw/.answers``, to go on with a broken fetch and to look at; nothing else reads them.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from analysis import paths, raw
from analysis.errors import AnalysisError, DataError, Fault
from analysis.io import locked, sha256, write_atomically
from analysis.loaders import notices, statbank, validate
from analysis.loaders.client import RETRIED, Client, limiter
from analysis.loaders.messages import CONFIGURATION, SERVICES, FetchError, Request, Response

DATASETS = CONFIGURATION["datasets"]
#: outcome is one of: changed, unchanged, would change (dry run), refused, skipped.
SUMMARY_COLUMNS = ["source", "rows_before", "rows_after", "newest_period", "outcome", "reason"]
#: A broken fetch is taken up again within this time; older parts are asked for anew.
RESUMED_FOR = timedelta(hours=12)


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
    sources : sequence of str, optional
        Names in ``datasets.toml``.
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
    unknown = [source for source in sources or [] if source not in DATASETS]
    if unknown:
        raise AnalysisError(f"No source named {', '.join(unknown)}. There are: {', '.join(DATASETS)}.")
    client = client or Client(secrets=notices.doffin_secrets())
    job = _Job(client, dry_run, accept_changes, progress)
    chosen = [name for name in DATASETS if not sources or name in sources]
    if dry_run:
        return Summary([job.run(name) for name in chosen])
    with locked(_answers() / ".lock", "Another fetch is running; wait until it has ended."):
        _remember_pace()
        return Summary([job.run(name) for name in chosen])


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
                        _forget(source_id)
                    return row | {"outcome": "unchanged"}
                frame, changed = self._fetched(source_id, before, bar)
        except AnalysisError as error:
            return row | {"outcome": "refused", "reason": str(error)}
        except OSError as error:
            raise AnalysisError(f"data/raw cannot be written: {error}") from error
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
        recorder = _Recorder(source_id, self.client, bar, write=False)
        return statbank.metadata(settings["table_or_query"], client=recorder).updated == known["updated"]

    def _fetched(self, source_id: str, before: pd.DataFrame | None, bar: tqdm) -> tuple[pd.DataFrame, bool]:
        """The validated frame, in force unless it is a dry run, and whether it is another than before.

        What was asked for is kept only while the publisher cannot be reached: the next run goes on from it.
        An answer that was read and found wanting is forgotten, so that the next run asks again.
        """
        recorder = _Recorder(source_id, self.client, bar, write=not self.dry_run)
        try:
            try:
                frame = _load(source_id, recorder)
            except DataError:
                if not recorder.resumed:
                    raise
                # Parts of an earlier run may not fit what is published now: once more, all anew.
                _forget(source_id)
                recorder = _Recorder(source_id, self.client, bar, write=not self.dry_run)
                frame = _load(source_id, recorder)
            self._check(source_id, before, frame)
        except Exception as error:
            is_out_of_reach = isinstance(error, FetchError) and (
                error.response is None or error.response.status in RETRIED
            )
            if not is_out_of_reach and not self.dry_run:
                _forget(source_id)
            raise
        changed = before is None or raw.encode(frame) != raw.locate(source_id).read_bytes()
        if not self.dry_run:
            raw.replace(source_id, frame, _record(source_id, frame, recorder.retrieved))
            _keep(source_id)
        return frame, changed

    def _check(self, source_id: str, before: pd.DataFrame | None, frame: pd.DataFrame) -> None:
        settings = DATASETS[source_id]
        found = validate.problems(settings, frame)
        if before is not None and not self.accept_changes:
            lost = validate.compared(settings, before, raw.labels(before.attrs["source"]), frame)
            if lost:
                lost.append(f"if this is right, run `python -m analysis fetch {source_id} --accept-changes`")
            found += lost
        if found:
            faults = [Fault(source_id, None, None, None, problem) for problem in found]
            raise DataError(faults, "What the publisher sends now cannot replace what is here")


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


class _Recorder(Client):
    """A client that keeps every response of one dataset, so that a broken fetch can go on.

    With ``write=False`` (a dry run) nothing is read from or written to the disk.
    """

    def __init__(self, source_id: str, client: Client, bar: tqdm, *, write: bool) -> None:
        super().__init__()
        self.retrieved, self.resumed = "", 0
        self._inner, self._bar, self._write = client, bar, write
        self._folder = _answers() / source_id / "partial"
        self._seen: dict[str, Response] = {}

    def expect(self, requests: int) -> None:
        self._bar.total = self._bar.n + requests
        self._bar.refresh()

    def send(self, request: Request) -> Response:
        """As the client; a response such as 404 is kept too, since loaders draw conclusions from it."""
        response = self._seen.get(request.key) or self._stored(request) or self._sent(request)
        self._seen[request.key] = response
        self.retrieved = max(self.retrieved, response.retrieved)
        if response.status != 200:
            raise FetchError.refused(response)
        return response

    def _sent(self, request: Request) -> Response:
        try:
            response = self._inner.send(request)
        except FetchError as error:
            if error.response is None or error.status not in (404, 410):
                raise
            response = error.response
        self._bar.update()
        if self._write:
            about = asdict(request) | {
                "method": request.method,
                "url": request.url,
                "status": response.status,
            }
            about |= {"headers": response.headers, "retrieved": response.retrieved}
            about["sha256"] = sha256(response.body)
            write_atomically(self._folder / f"{request.key}.gz", gzip.compress(response.body, 6, mtime=0))
            text = json.dumps(about, ensure_ascii=False, indent=1)
            write_atomically(self._folder / f"{request.key}.json", text)
        return response

    def _stored(self, request: Request) -> Response | None:
        if not self._write:
            return None
        try:
            about = json.loads((self._folder / f"{request.key}.json").read_bytes())
            body = gzip.decompress((self._folder / f"{request.key}.gz").read_bytes())
            age = datetime.now(UTC) - datetime.fromisoformat(about["retrieved"])
            if age > RESUMED_FOR or sha256(body) != about["sha256"]:
                return None
            response = Response(request, int(about["status"]), about["headers"], body, about["retrieved"])
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None  # not there, or not whole: ask again
        self.resumed += 1
        return response


def _answers() -> Path:
    return paths.raw() / ".answers"


def _forget(source_id: str) -> None:
    """Remove what an unfinished fetch has kept."""
    shutil.rmtree(_answers() / source_id / "partial", ignore_errors=True)


def _keep(source_id: str) -> None:
    """The responses of a finished fetch take the place of those before."""
    folder = _answers() / source_id
    shutil.rmtree(folder / "last", ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(folder / "partial", folder / "last")


def _remember_pace() -> None:
    """Count the requests that a process sent a moment ago, so that two runs keep one pace."""
    longest = max(service["window"] for service in SERVICES.values())
    for path in _answers().glob("*/*/*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            age = time.time() - path.stat().st_mtime
            if 0 <= age <= longest:
                limiter(json.loads(path.read_bytes())["service"]).remember(age)
