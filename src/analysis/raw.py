"""data/raw: published figures as tidy files, with one provenance record and one hash for each.

``data/raw/catalogue.csv`` has one row per file, whether the file came with the repository or from ``fetch``;
``counts.csv`` says how many values each has by year and group, ``accepted.csv`` what looks wrong and is true (:mod:`analysis.expected`).
A file whose bytes are not those recorded is refused, and one that does not hold what :mod:`analysis.contents` says. :func:`replace` changes a file and its record together.
The participation register (``data/raw/participation``) is edited by people and validated by rules
instead; see :mod:`analysis.register.files`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis import contents, expected, paths
from analysis.errors import DataError, Fault
from analysis.io import locked, naming, sha256
from analysis.manifest import raw_files as files

if TYPE_CHECKING:
    import geopandas as gpd

CATALOGUE = "catalogue.csv"
#: What a record says of its file; ``rows`` is a number, everything else is text.
COLUMNS = [
    "source_id",
    "file",
    "title_nb",
    "title_en",
    "publisher_nb",
    "publisher_en",
    "table_or_query",
    "url",
    "licence",
    "attribution",
    "obtained_from",
    "retrieved",
    "updated",
    "sha256",
    "rows",
    "labels",
    "notes",
]
_PENDING = ".pending"


def catalogue() -> pd.DataFrame:
    """Read the provenance records of data/raw.

    Returns
    -------
    DataFrame
        One row per file, indexed by ``source_id``: file (relative to data/raw), title and publisher in
        Norwegian and English, table_or_query, url, licence, attribution, obtained_from (where this copy
        was read), retrieved and updated (ISO dates as text; updated by the publisher), sha256, rows,
        labels (JSON: what the publisher calls its codes and units, blank where not known), notes.

    Raises
    ------
    DataError
        The catalogue is missing or not one that this project wrote.

    Notes
    -----
    Unit: none; ``rows`` counts the rows of each file. Source: ``data/raw/catalogue.csv``, written when a
    file is fetched.

    Examples
    --------
    >>> catalogue().loc["ssb_population", "licence"]
    'CC BY 4.0'
    """
    _recover()
    path = paths.raw() / CATALOGUE
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        if list(frame.columns) != COLUMNS or not frame["source_id"].is_unique:
            raise ValueError(f"must have the columns {', '.join(COLUMNS)} and each source_id once")
        return frame.astype({"rows": "int64"}).set_index("source_id")
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({error}); restore it with `git checkout data/raw/{CATALOGUE}`"
        raise DataError([Fault(CATALOGUE, None, None, None, problem)]) from None


def locate(source_id: str) -> Path:
    """The file of a source, after its bytes were checked against the catalogue.

    Raises
    ------
    DataError
        No such source, file missing, or a sha256 other than recorded.
    """
    return _locate(source_id, catalogue())


def _locate(source_id: str, records: pd.DataFrame) -> Path:
    if not isinstance(source_id, str) or source_id not in records.index:
        known = ", ".join(records.index)
        raise DataError([Fault(CATALOGUE, None, "source_id", source_id, f"not one of {known}")])
    name, expected = records.loc[source_id, ["file", "sha256"]]
    path = paths.raw() / name
    restore = f"restore it with `git checkout data/raw/{name}` or fetch it again"
    if not path.exists():
        raise DataError([Fault(name, None, None, None, f"the file is missing; {restore}")])
    if (found := sha256(path)) != expected:
        problem = f"the bytes are not those recorded: sha256 expected {expected}, got {found}; {restore}"
        raise DataError([Fault(name, None, "sha256", None, problem)])
    return path


def read(source_id: str) -> pd.DataFrame:
    """Read a CSV source as text, blanks as NA.

    Parameters
    ----------
    source_id : str
        A row of :func:`catalogue`, e.g. ``"ssb_population"``.

    Returns
    -------
    DataFrame
        The file's columns, all text, in the publisher's codes. Types are the tables' work.
        ``attrs["source"]`` is the record of the catalogue.

    Raises
    ------
    DataError
        See :func:`locate`; or the file is not what :mod:`analysis.contents` says.

    Notes
    -----
    Unit: the publisher's. Source: the publisher's file, unchanged (``attrs["source"]``).

    Examples
    --------
    >>> len(read("ssb_counties"))
    15
    """
    return _read(source_id, catalogue())


def _read(source_id: str, records: pd.DataFrame) -> pd.DataFrame:
    path = _locate(source_id, records)
    name, retrieved = records.loc[source_id, ["file", "retrieved"]]
    frame = contents.parse(source_id, name, path.read_bytes(), retrieved)
    frame.attrs["source"] = records.loc[source_id].to_dict()
    return frame


def read_geometry(source_id: str) -> gpd.GeoDataFrame:
    """Read a GeoParquet source in the publisher's codes and coordinate system; otherwise as :func:`read`."""
    import geopandas as gpd  # slow to import, and most sources have no geometry

    records = catalogue()
    frame = gpd.read_parquet(_locate(source_id, records))
    frame.attrs["source"] = records.loc[source_id].to_dict()
    return frame


def encode(frame: pd.DataFrame) -> bytes:
    """A frame as the bytes of its file: CSV with LF, or GeoParquet where it has a geometry.

    Examples
    --------
    >>> encode(pd.DataFrame({"code": ["0301"], "year": [2024]}))
    b'code,year\\n0301,2024\\n'
    """
    if "geometry" in frame and hasattr(frame, "crs"):  # a GeoDataFrame: geopandas is slow to import
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, compression="zstd")
        return buffer.getvalue()
    return frame.to_csv(index=False, lineterminator="\n").encode()


def replace(source_id: str, frame: pd.DataFrame, record: Mapping[str, str]) -> None:
    """Put a frame and its record in force together: after a crash both are old, or both are new.

    Both are written beside data/raw's files first; one renaming of their folder is the moment of change,
    and what then remains to be moved is moved by whoever reads the catalogue next.

    Parameters
    ----------
    source_id : str
    frame : DataFrame
        Already validated.
    record : mapping of str to str
        The fields of ``COLUMNS`` other than source_id, sha256 and rows.

    Raises
    ------
    DataError
        The frame is not what :mod:`analysis.contents` says of the source; data/raw is then as it was.
    OSError
        The disk is full or read-only; data/raw is then as it was.
    """
    content = encode(frame)
    if record["file"].endswith(".csv"):
        contents.parse(source_id, record["file"], content, record.get("retrieved", ""))
    folder = paths.raw()
    with locked(folder / ".lock"):
        for left in folder.glob(".new-*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        records = catalogue()
        records.loc[source_id, list(record)] = list(record.values())
        records.loc[source_id, ["sha256", "rows"]] = [sha256(content), len(frame)]
        records = records.astype({"rows": "int64"}).sort_index().reset_index()[COLUMNS]
        counted = expected.counts_with(source_id, frame)
        new = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
        try:
            _write(new / "content", content)
            _write(new / expected.COUNTS, encode(counted))
            _write(new / CATALOGUE, encode(records))
            _write(new / "target", record["file"].encode())
            os.replace(new, folder / _PENDING)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        _recover()


def _write(path: Path, data: bytes) -> None:
    with naming(path), open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _recover() -> None:
    """Finish a replacement whose process ended after its moment of change."""
    folder = paths.raw()
    pending = folder / _PENDING
    with contextlib.suppress(FileNotFoundError):  # another process has finished it meanwhile
        target = folder / (pending / "target").read_text(encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        for name, place in (
            ("content", target),
            (expected.COUNTS, folder / expected.COUNTS),
            (CATALOGUE, folder / CATALOGUE),
        ):
            with contextlib.suppress(FileNotFoundError):
                os.replace(pending / name, place)
        shutil.rmtree(pending, ignore_errors=True)


def labels(record: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """What the publisher calls its codes and units, from the ``labels`` of a record; empty where not known."""
    text = str(record.get("labels") or "")
    return json.loads(text) if text else {}


def verify() -> list[Fault]:
    """Every fault of data/raw against its catalogue.

    Returns
    -------
    list of Fault
        Missing files, other bytes, files without a record; content that is not as declared; years and groups that have lost a tenth of their
        values, and figures that cannot well be true and are not among the accepted.
    """
    faults: list[Fault] = []
    frames: dict[str, pd.DataFrame] = {}
    records = catalogue()
    for source_id, name in records["file"].items():
        try:
            if name.endswith(".csv"):
                frames[str(source_id)] = _read(str(source_id), records)
            else:
                _locate(str(source_id), records)
        except DataError as error:
            faults.extend(error.faults)
    faults += contents.disagreements(frames, records["file"]) or expected.faults(frames, records["file"])
    known = {*records["file"], CATALOGUE, expected.COUNTS, expected.ACCEPTED}
    for name in files():
        # The register keeps its own records.
        if name not in known and not name.startswith("participation/"):
            faults.append(
                Fault(name, None, None, None, "no record in catalogue.csv; add one or remove the file")
            )
    return faults
