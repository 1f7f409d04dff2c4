"""``build``: data/raw → data/processed, all tables or none.

Every table is built and validated in memory before the first file is written; the new folder then
takes the old one's place. A fault leaves what was built before as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
from tqdm import tqdm

from analysis import __version__, inputs, paths
from analysis import raw as snapshots
from analysis.errors import DataError
from analysis.loaders import live
from analysis.register import files as register_files
from analysis.register import participation, programmes, reconcile
from analysis.tables import accounts, boundaries, municipalities, panel, population, procurement, reforms

MANIFEST = "manifest.json"


def tables() -> dict[str, pd.DataFrame]:
    """All tables of data/processed from data/raw, in memory.

    Raises:
        DataError: every fault found in data/raw before or while a table was built.
    """
    faults = snapshots.verify() + live.verify()
    if faults:
        raise DataError(faults, "data/raw is not as its catalogue says")
    read = snapshots.read
    listed = read("ssb_municipalities")
    walk = reforms.build(listed, read("ssb_code_changes"), read("ssb_split_series"))
    municipal_accounts, account_totals = inputs.accounts(walk)
    polygons, year = inputs.polygons()
    made: dict[str, pd.DataFrame] = {
        "municipalities": municipalities.build(
            listed,
            read("ssb_counties"),
            inputs.centrality(),
            inputs.kostra_groups(),
            read("toi_labour_market_regions"),
            inputs.area(),
        ),
        "counties": municipalities.build_counties(read("ssb_counties")),
        "reforms": walk,
        "population": population.build(inputs.population(listed)),
        "accounts": accounts.build(municipal_accounts),
        "accounts_totals": accounts.build_totals(account_totals),
        "procurement": procurement.build(inputs.purchases(walk)),
        "national_purchases": procurement.build_national(read("ssb_national_purchases")),
    }
    made["boundaries"] = boundaries.build(polygons, walk, made["municipalities"], year)
    made["county_boundaries"] = boundaries.counties(made["boundaries"])
    made["panel"] = panel.build(
        made["municipalities"],
        made["population"],
        made["accounts"],
        made["procurement"],
        read("kdd_expenditure_need_index"),
    )
    register = register_files.read()
    made["participation"] = participation.build(register, made["reforms"], made["population"])
    made |= programmes.build(register)
    made["reconciliation"] = reconcile.reconcile(
        made["published_totals"], made["participation"], made["projects"]
    )
    return made


def _manifest(made: dict[str, pd.DataFrame]) -> dict:
    """What the tables were made from: the inputs' hashes, the code's version, the row counts."""
    # Of the live answers only the catalogue, which holds their hashes; what is staged is no input yet.
    files = {p.relative_to(paths.raw()).as_posix(): p for p in sorted(paths.raw().rglob("*")) if p.is_file()}
    hashes = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if name == "live/catalogue.json" or not name.startswith((".", "live/"))
    }
    return {
        "version": __version__,
        "inputs": hashes,
        "rows": {name: len(frame) for name, frame in made.items()},
    }


def build(progress: bool = True) -> dict[str, int]:
    """Build every table and put them in data/processed.

    Returns the number of rows of each table.

    Raises:
        DataError: see :func:`tables`; data/processed is then as it was.
    """
    made = tables()
    target = paths.processed()
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(".processed-*"):  # of a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".processed-") as folder:
        new = Path(folder)
        for name, frame in tqdm(made.items(), "Writing tables", unit="table", disable=not progress):
            if isinstance(frame, gpd.GeoDataFrame):
                frame.to_parquet(new / f"{name}.parquet", index=False, compression="zstd")
            else:
                frame.to_parquet(new / f"{name}.parquet", index=False)
        text = json.dumps(_manifest(made), indent=1, ensure_ascii=False)
        (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
        target.mkdir(exist_ok=True)
        # The manifest goes last: a folder whose manifest is absent or older is known to be unfinished.
        (target / MANIFEST).unlink(missing_ok=True)
        for path in target.glob("*.parquet"):
            if path.stem not in made:
                path.unlink()
        for name in [*(f"{n}.parquet" for n in made), MANIFEST]:
            os.replace(new / name, target / name)
    return {name: len(frame) for name, frame in made.items()}


def is_current() -> bool:
    """Whether data/processed was completely built from data/raw as it is now, by this version."""
    path = paths.processed() / MANIFEST
    if not path.exists():
        return False
    old = json.loads(path.read_text(encoding="utf-8"))
    now = _manifest({})
    return old["version"] == now["version"] and old["inputs"] == now["inputs"]
