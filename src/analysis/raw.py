"""data/raw: files as published, each with its provenance and a hash that is checked at every read.

``data/raw/catalogue.csv`` has one row per file: publisher, title, table, address, licence, when it
was retrieved, sha256. A file that differs from its record is refused with both hashes named.
The participation register (``data/raw/participation``) is edited by people and validated by rules
instead; see :mod:`analysis.register.files`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError, DataError, Fault

CATALOGUE = "catalogue.csv"
#: Files that Windows leaves in a folder that somebody looks into.
_LEFTOVERS = ("thumbs.db", "desktop.ini")


def catalogue() -> pd.DataFrame:
    """The provenance records of data/raw.

    Returns one row per file, indexed by ``dataset``: file (relative to data/raw), publisher, title,
    table_id, url, licence, attribution, retrieved and published (ISO dates as text), obtained_from,
    sha256, bytes, rows, notes.

    Raises:
        AnalysisError: the catalogue is missing.
    """
    path = paths.raw() / CATALOGUE
    if not path.exists():
        raise AnalysisError(
            f"{path}: the catalogue of data/raw is missing; restore it with `git checkout data/raw`"
        )
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return frame.astype({"bytes": "int64", "rows": "int64"}).set_index("dataset")


def locate(dataset: str) -> Path:
    """The file of a dataset, after its bytes were checked against the catalogue.

    Raises:
        DataError: no such dataset, file missing, or a sha256 other than recorded.
    """
    records = catalogue()
    if dataset not in records.index:
        raise DataError(
            [Fault(CATALOGUE, None, "dataset", dataset, f"not one of {', '.join(records.index)}")]
        )
    record = records.loc[dataset]
    path = paths.raw() / record["file"]
    restore = f"restore it with `git checkout data/raw/{record['file']}`"
    if not path.exists():
        raise DataError([Fault(record["file"], None, None, None, f"the file is missing; {restore}")])
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != record["sha256"]:
        problem = (
            f"the bytes are not those recorded: sha256 expected {record['sha256']}, got {found}; {restore}"
        )
        raise DataError([Fault(record["file"], None, "sha256", None, problem)])
    return path


def read(dataset: str) -> pd.DataFrame:
    """A CSV dataset as text, blanks as NA, with its provenance record in ``attrs['source']``.

    Nothing is renamed, typed or left out; that is the tables' work.

    Raises:
        DataError: see :func:`locate`.
    """
    path = locate(dataset)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    frame.attrs["source"] = catalogue().loc[dataset].to_dict()
    return frame


def read_geometry(dataset: str) -> gpd.GeoDataFrame:
    """A GeoParquet dataset in the publisher's codes and coordinate system.

    Raises:
        DataError: see :func:`locate`.
    """
    path = locate(dataset)
    frame = gpd.read_parquet(path)
    frame.attrs["source"] = catalogue().loc[dataset].to_dict()
    return frame


def verify() -> list[Fault]:
    """Every fault of data/raw against its catalogue: missing files, other bytes, files without a record."""
    faults: list[Fault] = []
    records = catalogue()
    for dataset in records.index:
        try:
            locate(dataset)
        except DataError as error:
            faults.extend(error.faults)
    known = {*records["file"], CATALOGUE}
    for name in files():
        # The register and live answers keep their own records.
        if name not in known and name.split("/")[0] not in ("participation", "live"):
            faults.append(
                Fault(name, None, None, None, "no record in catalogue.csv; add one or remove the file")
            )
    return faults


def files() -> dict[str, Path]:
    """The files of data/raw by their name there, without what systems and editors leave (dot names, Thumbs.db)."""
    folder = paths.raw()
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in found.items()
        if not any(part.startswith(".") for part in name.parts) and name.name.lower() not in _LEFTOVERS
    }
