"""``fetch`` and ``status``: bring every feed up to date safely, and say what is here.

An answer replaces what is in force only when it parses, holds the municipalities it must, has not
shrunk and means what it meant. Otherwise the old answers stay, the reason is told, and the next feed
is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from tqdm import tqdm

from analysis import raw as snapshots
from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders import acceptance, doffin, http, live, ted
from analysis.loaders.exchange import Answer, Asker, FetchError, Question
from analysis.loaders.feeds import FEEDS, Feed
from analysis.loaders.http import RETRIED, Client

#: outcome is one of: changed, unchanged, would change (dry run), refused, skipped.
SUMMARY_COLUMNS = ["source", "rows_before", "rows_after", "newest_period", "outcome", "reason"]
STATUS_COLUMNS = [
    "source",
    "kind",
    "file",
    "publisher",
    "newest_period",
    "retrieved",
    "rows",
    "coverage",
    "licence",
    "age_days",
    "is_preliminary",
]


@dataclass(frozen=True)
class RefreshSummary:
    """What a fetch did. ``frame`` has one row per source: ``SUMMARY_COLUMNS``."""

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


def refresh(
    sources: Sequence[str] | None = None,
    *,
    dry_run: bool = False,
    progress: bool = True,
    client: Client | None = None,
) -> RefreshSummary:
    """Fetch all feeds, or those named, from their publishers.

    ``dry_run`` asks the publishers (it needs the network) but writes nothing and says what would change.
    An unfinished earlier fetch is continued. Raises AnalysisError for an unknown source, and where
    another fetch is running; a source that cannot be had is in the summary as refused.
    """
    chosen = _chosen(sources)
    asker = client or Client(secrets=doffin.secrets())
    if dry_run:
        return RefreshSummary([_one(FEEDS[name], asker, True, progress) for name in chosen])
    with live.locked():
        for service, age in live.recent(http.LONGEST_WINDOW):
            http.remember(service, age)
        return RefreshSummary([_one(FEEDS[name], asker, False, progress) for name in chosen])


def latest(source: str) -> pd.DataFrame | None:
    """The live frame of a feed, as its loader returns it, or None where it was never fetched.

    ``attrs`` carry what the loader says of the table, with ``retrieved``. No network. A feed's frame is in
    the publisher's codes; ``kostra.purchases``, ``kostra.accounts``, ``population.population`` and
    ``population.area`` make tidy tables of StatBank frames.

    Raises:
        DataError: a stored answer is damaged, or was made by another version of this project.
    """
    feed = FEEDS[_chosen([source])[0]]
    entry = live.entries().get(source)
    if entry is None:
        return None
    frame = feed.load(live.Stored(source, entry))
    frame.attrs["retrieved"] = entry["retrieved"]
    return frame


def candidates(resolve: Callable[[str, int], str | None]) -> pd.DataFrame:
    """Candidate records for the participation register from the notices that were fetched.

    ``resolve`` is the register's: name and year to a municipality code, or None. Returns the columns
    ``ted.CANDIDATE_COLUMNS``, empty where no notices were fetched. Organisation numbers are the live
    register's where fetched, else the snapshot's.
    """
    known = latest("brreg_organisations")
    if known is None:
        known = snapshots.read("brreg_organisations")
    found = [pd.DataFrame(columns=ted.CANDIDATE_COLUMNS)]
    for source, prefix in (
        ("ted_innovation_partnerships", "TED"),
        ("doffin_innovation_partnerships", "Doffin"),
    ):
        notices = latest(source)
        if notices is not None and len(notices):
            found.append(ted.candidates(notices, known, resolve, source=prefix))
    return pd.concat(found, ignore_index=True)


def status(today: date | None = None) -> pd.DataFrame:
    """What data is here: one row per embedded file and per live feed, ``STATUS_COLUMNS``.

    kind is "embedded" or "live"; newest_period, coverage and is_preliminary are NA where a file does
    not tell; age_days counts from ``retrieved`` to ``today``. What a refresh would change is told by
    ``refresh(dry_run=True)``, which needs the network.
    """
    rows = [_embedded_row(name, record) for name, record in snapshots.catalogue().iterrows()]
    for name, entry in live.entries().items():
        row = {column: entry.get(column) for column in STATUS_COLUMNS}
        rows.append(row | {"source": name, "kind": "live", "file": f"live/{name}"})
    frame = pd.DataFrame(rows, columns=STATUS_COLUMNS)
    when = pd.to_datetime(frame["retrieved"].str[:10], errors="coerce")
    frame["age_days"] = (pd.Timestamp(today or datetime.now(UTC).date()) - when).dt.days.astype("Int64")
    return frame.astype({"rows": "Int64", "is_preliminary": "boolean"})


def _one(feed: Feed, client: Client, dry_run: bool, progress: bool) -> dict[str, Any]:
    """Refresh one feed; its row of the summary. Only what makes every feed pointless is raised."""
    before: dict[str, Any] | None = None
    row: dict[str, Any] = dict.fromkeys(SUMMARY_COLUMNS) | {"source": feed.id, "reason": ""}
    try:
        before = live.entries().get(feed.id)
        if before is not None and live.damaged(before):
            before = None  # nothing whole is in force: there is nothing to keep, or to compare with
        row |= {
            "rows_before": (before or {}).get("rows"),
            "newest_period": (before or {}).get("newest_period"),
        }
        if reason := feed.skip():
            return row | {"outcome": "skipped", "reason": reason, "rows_after": row["rows_before"]}
        with tqdm(desc=feed.id, unit=" requests", disable=not progress) as bar:
            asker = _Counted(client, bar)
            if before and _is_current(feed, before, asker):
                if not dry_run:
                    live.discard(feed.id)  # a run that died after it took force may have left something
                return row | {"outcome": "unchanged", "rows_after": before["rows"]}
            entry = _fetched(feed, asker, before, dry_run)
    except AnalysisError as error:
        return row | {"outcome": "refused", "reason": str(error), "rows_after": row["rows_before"]}
    except OSError as error:
        raise AnalysisError(f"data/raw/live cannot be written: {error}") from error
    except Exception as error:  # a shape that no contract foresees must not stop the other sources
        reason = f"the answer has a shape that cannot be used ({error!r})"
        return row | {"outcome": "refused", "reason": reason, "rows_after": row["rows_before"]}
    same = before is not None and before.get("fingerprint") == entry["fingerprint"]
    outcome = "unchanged" if same else "would change" if dry_run else "changed"
    return row | {"outcome": outcome, "rows_after": entry["rows"], "newest_period": entry["newest_period"]}


def _is_current(feed: Feed, before: dict[str, Any], client: Asker) -> bool:
    """Whether the publisher has nothing newer than what is in force, and that is whole and readable."""
    updated = feed.updated(client)
    if updated is None or updated != before.get("updated"):
        return False
    try:
        feed.load(live.Stored(feed.id, before))
    except AnalysisError:
        return False
    return True


def _fetched(feed: Feed, client: Asker, before: dict[str, Any] | None, dry_run: bool) -> dict[str, Any]:
    """A validated entry, in force unless it is a dry run.

    What was staged is kept only while the publisher cannot be reached: the next run goes on from it.
    An answer that was read and found wanting is forgotten, so that the next run asks again.
    """
    recorder = live.Recorder(feed.id, client, write=not dry_run)
    try:
        try:
            frame = feed.load(recorder)
        except DataError:
            if not recorder.resumed:
                raise
            # Parts of an earlier run may not fit what is published now: once more, all anew.
            live.discard(feed.id)
            recorder = live.Recorder(feed.id, client, write=not dry_run)
            frame = feed.load(recorder)
        entry = acceptance.entry(feed, frame, recorder)
        problems = feed.check(frame) + acceptance.compared(feed, before, entry)
        if problems:
            raise DataError(
                [Fault(feed.id, None, None, None, problem) for problem in problems],
                "What the publisher sends now cannot replace what is here",
            )
    except FetchError as error:
        if error.answer is not None and error.answer.status not in RETRIED and not dry_run:
            live.discard(feed.id)
        raise
    except Exception:
        if not dry_run:
            live.discard(feed.id)
        raise
    if not dry_run:
        live.commit(feed.id, entry)
    return entry


class _Counted:
    """Shows the requests of one feed on a progress bar."""

    def __init__(self, client: Client, bar: tqdm) -> None:
        self._client, self._bar = client, bar

    def expect(self, requests: int) -> None:
        self._bar.total = self._bar.n + requests
        self._bar.refresh()

    def ask(self, question: Question) -> Answer:
        answer = self._client.ask(question)
        self._bar.update()
        return answer


def _chosen(sources: Sequence[str] | None) -> list[str]:
    unknown = [source for source in sources or [] if source not in FEEDS]
    if unknown:
        raise AnalysisError(f"No source named {', '.join(unknown)}. There are: {', '.join(FEEDS)}.")
    return [name for name in FEEDS if not sources or name in sources]


def _embedded_row(name: Any, record: pd.Series) -> dict[str, Any]:
    """An embedded file's row; period and coverage from its own columns where it is a table."""
    row = {"source": name, "kind": "embedded"} | {
        column: record[column] for column in ("file", "retrieved", "rows", "licence")
    }
    row["publisher"] = record["publisher_en"]
    if not str(record["file"]).endswith(".csv"):
        return row
    frame = snapshots.read(str(name))
    if "year" in frame:
        row["newest_period"] = frame["year"].max()
    if "municipality_code" in frame:
        row["coverage"] = f"{frame['municipality_code'].nunique()} municipalities"
    return row
