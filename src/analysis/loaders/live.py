"""data/raw/live: publishers' answers as sent, with the requests that produced them.

Layout::

    data/raw/live/catalogue.json             what is in force, one entry per feed; the only truth
    data/raw/live/<feed>/<request>-<body>.gz one answer, named by the hashes of request and body
    data/raw/live/<feed>/staged/<request>.json  answers of a fetch that has not been accepted (yet)

Answers are written once and never changed, and a fetch takes force by one atomic replacement of the
catalogue. So the state is sound whenever the process dies: either the old answers are in force or the
new ones are, and what was already fetched is used by the next run. Nothing here touches the network.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders.exchange import Answer, Asker, FetchError, Question

FORMAT = 1
# A broken fetch is taken up again within this time; older parts are asked for anew.
STAGED_FOR = timedelta(hours=12)


def folder() -> Path:
    """``data/raw/live``."""
    return paths.raw() / "live"


def entries() -> dict[str, dict[str, Any]]:
    """The catalogue of live answers by feed id; empty where nothing has been fetched.

    Raises:
        DataError: the catalogue is not one that this project wrote.
    """
    path = folder() / "catalogue.json"
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"cannot be read ({error})") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unreadable(f"must say format {FORMAT}")
    feeds = content.get("feeds")
    if not isinstance(feeds, dict) or not all(map(_is_entry, feeds.values())):
        raise _unreadable("must have feeds with their answers")
    return feeds


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not {"answers", "retrieved", "rows", "meaning"} <= set(entry):
        return False
    needed = {"key", "file", "sha256", "service", "retrieved"}
    answers = entry["answers"]
    return isinstance(answers, list) and all(isinstance(a, dict) and needed <= set(a) for a in answers)


def _unreadable(problem: str) -> DataError:
    remedy = "remove data/raw/live and run `python -m analysis fetch`"
    return DataError([Fault("live/catalogue.json", None, None, None, f"{problem}; {remedy}")])


def verify() -> list[Fault]:
    """Every fault of the live answers in force: catalogue unreadable, file missing, other bytes."""
    try:
        known = entries()
    except DataError as error:
        return error.faults
    return [fault for entry in known.values() for fault in damaged(entry)]


def damaged(entry: dict[str, Any]) -> list[Fault]:
    """What is wrong with the answers of one feed: file missing, other bytes than recorded."""
    faults = []
    for record in entry["answers"]:
        try:
            _bytes(record)
        except DataError as error:
            faults += error.faults
    return faults


class Stored:
    """Answers the questions of one feed from its catalogue entry; no network."""

    def __init__(self, feed: str, entry: dict[str, Any]) -> None:
        """Of a feed and its entry."""
        self.feed = feed
        self._records = {record["key"]: record for record in entry["answers"]}

    def expect(self, requests: int) -> None:
        """Reading files needs no progress bar."""

    def ask(self, question: Question) -> Answer:
        """The stored answer; DataError if it is damaged or was never asked for."""
        record = self._records.get(question.key)
        if record is None:
            problem = f"holds no answer to {question}; run `python -m analysis fetch {self.feed}`"
            raise DataError([Fault(f"live/{self.feed}", None, None, None, problem)])
        answer = _restore(question, record)
        if answer.status != 200:
            raise FetchError.refused(answer)
        return answer


class Recorder:
    """Asks on, keeps every answer in order, and stages it so that a broken fetch can go on.

    With ``write=False`` (a dry run) nothing is read from or written to the disk.
    """

    def __init__(self, feed: str, asker: Asker, *, write: bool = True) -> None:
        """Around a live client."""
        self.feed, self._asker, self._write = feed, asker, write
        self.records: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, Answer] = {}
        self.resumed = 0

    def expect(self, requests: int) -> None:
        """Passed on to the progress bar."""
        self._asker.expect(requests)

    def ask(self, question: Question) -> Answer:
        """As the client; an answer such as 404 is recorded too, since loaders draw conclusions from it."""
        if question.key in self._answers:
            answer = self._answers[question.key]
        else:
            answer = self._staged(question) or self._fetch(question)
            self._answers[question.key] = answer
        if answer.status != 200:
            raise FetchError.refused(answer)
        return answer

    def _fetch(self, question: Question) -> Answer:
        try:
            answer = self._asker.ask(question)
        except FetchError as error:
            if error.answer is None or error.status not in (404, 410):
                raise
            answer = error.answer
        packed = gzip.compress(answer.body, 6, mtime=0)
        body_hash = hashlib.sha256(answer.body).hexdigest()
        record: dict[str, Any] = {
            "key": question.key,
            "service": question.service,
            "method": question.method,
            "url": question.url,
            "path": question.path,
            "params": [list(pair) for pair in question.params],
            "body": question.body,
            "accept": question.accept,
            "status": answer.status,
            "headers": answer.headers,
            "retrieved": answer.retrieved,
            "file": f"live/{self.feed}/{question.key[:16]}-{body_hash[:16]}.gz",
            "sha256": hashlib.sha256(packed).hexdigest(),
            "body_sha256": body_hash,
            "bytes": len(packed),
        }
        if self._write:
            write_atomically(paths.raw() / record["file"], packed)
            write_atomically(_staging(self.feed) / f"{question.key}.json", _dump(record))
        self.records[question.key] = record
        return answer

    def _staged(self, question: Question) -> Answer | None:
        if not self._write:
            return None
        try:
            record = json.loads((_staging(self.feed) / f"{question.key}.json").read_bytes())
            age = datetime.now(UTC) - datetime.fromisoformat(record["retrieved"])
            if age > STAGED_FOR:
                return None
            answer = _restore(question, record)
        except (OSError, ValueError, KeyError, TypeError, DataError):
            return None  # not there, or not whole: ask again
        self.records[question.key] = record
        self.resumed += 1
        return answer


def recent(seconds: float) -> list[tuple[str, float]]:
    """Service and age of the answers retrieved within the last ``seconds``, in force or staged."""
    records = []
    with contextlib.suppress(DataError):
        records += [record for entry in entries().values() for record in entry["answers"]]
    found = []
    for path in folder().glob("*/staged/*.json"):
        with contextlib.suppress(OSError, ValueError):
            records.append(json.loads(path.read_bytes()))
    for record in records:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            age = (datetime.now(UTC) - datetime.fromisoformat(record["retrieved"])).total_seconds()
            found.append((str(record["service"]), age))
    return [(service, age) for service, age in found if 0 <= age <= seconds]


def commit(feed: str, entry: dict[str, Any]) -> None:
    """Put a feed's entry (with its answers) in force, then remove what it replaces."""
    known = entries()
    known[feed] = entry
    content = {"format": FORMAT, "feeds": dict(sorted(known.items()))}
    write_atomically(folder() / "catalogue.json", _dump(content))
    discard(feed)


def discard(feed: str) -> None:
    """Forget what a fetch of this feed has staged, and every answer that is not in force."""
    shutil.rmtree(_staging(feed), ignore_errors=True)
    answers = entries().get(feed, {}).get("answers", [])
    in_force = {Path(record["file"]).name for record in answers}
    old = [path for path in (folder() / feed).glob("*") if path.is_file() and path.name not in in_force]
    for path in [*old, *folder().glob(".*.tmp")]:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One fetch at a time; the lock goes with the process, also when it is killed."""
    import fcntl  # not on every system, and only a fetch needs it

    folder().mkdir(parents=True, exist_ok=True)
    with open(folder() / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnalysisError("Another fetch is running; wait until it has ended.") from None
        yield


def write_atomically(path: Path, content: bytes) -> None:
    """Write so that the path holds either what it held before or all of ``content``, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _restore(question: Question, record: dict[str, Any]) -> Answer:
    try:
        body = gzip.decompress(_bytes(record))
        return Answer(
            question, int(record["status"]), dict(record["headers"]), body, str(record["retrieved"])
        )
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            [Fault(str(record.get("file")), None, None, None, f"cannot be read ({error})")]
        ) from None


def _bytes(record: dict[str, Any]) -> bytes:
    """The file of an answer after its hash was checked."""
    name, remedy = str(record["file"]), "run `python -m analysis fetch` again"
    try:
        content = (paths.raw() / name).read_bytes()
    except OSError:
        raise DataError([Fault(name, None, None, None, f"the file is missing; {remedy}")]) from None
    found = hashlib.sha256(content).hexdigest()
    if found != record["sha256"]:
        problem = f"sha256 expected {record['sha256']}, got {found}; {remedy}"
        raise DataError([Fault(name, None, "sha256", None, problem)])
    return content


def _staging(feed: str) -> Path:
    return folder() / feed / "staged"


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
