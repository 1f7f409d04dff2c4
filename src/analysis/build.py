"""``build``: data/raw → data/processed, all tables or none.

Every table is built and validated in memory before the first file is written; the new files then
take the old ones' place. A fault leaves what was built before as it was. ``manifest.json`` records the
hashes of the inputs, of the code and of the tables: where any of them differs, the tables are out of date.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import pandas as pd
from tqdm import tqdm

from analysis import __version__, paths, raw
from analysis.errors import DataError
from analysis.io import locked, naming, sha256
from analysis.manifest import MANIFEST, code_hash, input_hashes
from analysis.manifest import is_current as is_current
from analysis.register import files as register_files
from analysis.register import quality, research_council
from analysis.tables import (
    accounts,
    boundaries,
    municipalities,
    panel,
    population,
    population_then,
    procurement,
    reforms,
)


def tables() -> dict[str, pd.DataFrame]:
    """Make all tables of data/processed from data/raw, in memory.

    Returns
    -------
    dict of str to DataFrame
        Each table by its name.

    Raises
    ------
    DataError
        Every fault found in data/raw before or while a table was built.
    """
    faults = raw.verify()
    if faults:
        raise DataError(faults, "data/raw is not as its catalogue says")
    read, known = raw.read, raw.catalogue().index
    listed = read("ssb_municipalities")
    units = reforms.build(listed, read("ssb_code_changes"), read("ssb_split_series"))
    made: dict[str, pd.DataFrame] = {
        "municipalities": municipalities.build(
            listed,
            read("ssb_counties"),
            read("ssb_centrality"),
            read("ssb_centrality_index"),
            read("ssb_kostra_groups"),
            read("ssb_kostra_group_definitions"),
            read("toi_labour_market_regions"),
            read("ssb_area"),
        ),
        "counties": municipalities.build_counties(read("ssb_counties")),
        "reforms": units,
    }
    # Shapes are cut and merged by a library that lets Python work on the other tables meanwhile.
    with ThreadPoolExecutor(1) as beside:
        shapes = beside.submit(_shapes, units, made["municipalities"])
        made |= _figures(units, made["municipalities"])
        register = register_files.read()
        if research_council.SOURCE in known:
            register.raise_faults()
            register, made["applications"] = research_council.in_force(register, units)
        made |= quality.tables(register, units, made["population"])
    return made | shapes.result()


def _figures(units: pd.DataFrame, listed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of Statistics Norway's figures, and the panel made of them."""
    read, known = raw.read, raw.catalogue().index
    made = {
        "population": population.build(read("ssb_population"), units),
        "population_then": population_then.build(read("ssb_population_2016"), units, listed),
        "accounts": accounts.build(read("ssb_accounts"), units),
        "accounts_totals": accounts.build_totals(read("ssb_accounts_totals")),
        "procurement": procurement.build(read("ssb_purchases"), units),
        "national_purchases": procurement.build_national(read("ssb_national_purchases")),
    }
    statement = read("ssb_operating_statement") if "ssb_operating_statement" in known else None
    made["purchases_check"] = procurement.cross_check(made["procurement"], statement, units)
    made["panel"] = panel.build(
        listed,
        made["population"],
        made["accounts"],
        made["procurement"],
        read("kdd_expenditure_need_index"),
    )
    return made


def _shapes(units: pd.DataFrame, listed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The municipalities and counties of maps."""
    polygons, year = raw.read_geometry("kartverket_boundaries_2020"), 2020
    if "kartverket_boundaries" in raw.catalogue().index:
        # Kartverket's own reach into the sea; the land is that of the coast-clipped polygons of 2020.
        land = boundaries.repair(polygons)
        polygons, year = boundaries.clip_to_coast(raw.read_geometry("kartverket_boundaries"), land), 2024
    made = boundaries.build(polygons, units, listed, year)
    return {"boundaries": made, "county_boundaries": boundaries.counties(made)}


def build(progress: bool = True) -> dict[str, int]:
    """Build every table and put them in data/processed.

    Parameters
    ----------
    progress : bool
        Show a progress bar.

    Returns
    -------
    dict of str to int
        The number of rows of each table.

    Raises
    ------
    DataError
        See :func:`tables`; data/processed is then as it was.
    """
    # Taken before anything is read: what changes meanwhile makes the tables out of date, not wrongly current.
    inputs = input_hashes()
    made = tables()
    target = paths.processed()
    # One build at a time: the second waits, then finds its own inputs and writes the same.
    with locked(target / ".lock"):
        for left in target.glob(".new-*"):  # of a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        # Inside the target, so that both lie on one file system and a file is moved, not copied.
        with tempfile.TemporaryDirectory(dir=target, prefix=".new-") as folder:
            new = Path(folder)
            for name, frame in tqdm(made.items(), "Writing tables", unit="table", disable=not progress):
                compression = "zstd" if isinstance(frame, gpd.GeoDataFrame) else "snappy"
                path = new / f"{name}.parquet"
                with naming(path):
                    frame.to_parquet(path, index=False, compression=compression)
            manifest = {
                "version": __version__,
                "code": code_hash(),
                "inputs": inputs,
                "outputs": {name: sha256(new / f"{name}.parquet") for name in made},
                "rows": {name: len(frame) for name, frame in made.items()},
            }
            text = json.dumps(manifest, indent=1, ensure_ascii=False)
            with naming(new / MANIFEST):
                (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
            # The manifest goes last: a folder whose manifest is absent or older is known to be unfinished.
            (target / MANIFEST).unlink(missing_ok=True)
            for path in target.glob("*.parquet"):
                if path.stem not in made:
                    path.unlink()
            for name in [*(f"{n}.parquet" for n in made), MANIFEST]:
                os.replace(new / name, target / name)
    return {name: len(frame) for name, frame in made.items()}
