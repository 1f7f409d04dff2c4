"""A release of the register as a data set of its own: dist/dataset-VERSION."""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from analysis import io, paths
from analysis.register import codebook, files
from analysis.register.quality import Checked
from analysis.register.validate import typed

_README = """\
# {title}, version {version}

{description}

- `*.csv`: the tables (UTF-8, comma); `participation_resolved.csv` is the one to begin with
- `parquet/`: the same tables with types
- `datapackage.json`: the schema of every table (Frictionless); `CODEBOOK.md`, `codebook.html`: in words
- `CITATION.cff`: how to cite; `CHANGELOG.md`: records new, changed and gone since the last release

The register is a census for Horizon 2020 only. For the other programmes a municipality that is absent has
not been shown not to take part: read `coverage` in `programmes.csv` before any rate is computed.
"""


def fingerprints(checked: Checked) -> pd.DataFrame:
    """Each record with a short hash of what it says.

    Returns
    -------
    DataFrame
        version, record_id, fingerprint.
    """
    parts = checked.register["participations"].fillna("").reset_index(drop=True)
    said = parts.drop(columns="record_id").agg("\x1f".join, axis=1)
    return pd.DataFrame(
        {
            "version": checked.register.package["version"],
            "record_id": parts["record_id"],
            "fingerprint": [io.sha256(text.encode())[:12] for text in said],
        }
    )


def changes(checked: Checked) -> pd.DataFrame:
    """Records new, changed or gone since the last release that was sealed.

    Returns
    -------
    DataFrame
        change (new, changed or gone), record_id.
    """
    old = checked.register["released"].set_index("record_id")["fingerprint"]
    new = fingerprints(checked).set_index("record_id")["fingerprint"]
    both = new.index.intersection(old.index)
    kinds = {
        "new": new.index.difference(old.index),
        "changed": both[new[both].to_numpy() != old[both].to_numpy()],
        "gone": old.index.difference(new.index),
    }
    rows = [(kind, record_id) for kind, ids in kinds.items() for record_id in ids]
    return pd.DataFrame(rows, columns=["change", "record_id"])


def _changelog(checked: Checked) -> str:
    made, parts = changes(checked), checked.register["participations"].set_index("record_id")
    last = checked.register["released"]["version"].dropna().unique()
    since = f"version {last[0]}" if len(last) else "the beginning: this is the first release"
    about = " " + parts["participant_name"] + " in " + parts["project_id"]
    lines = [f"# Changes since {since}", ""]
    for kind in ("new", "changed", "gone"):
        ids = made.loc[made["change"] == kind, "record_id"]
        lines += [f"## {len(ids)} {kind}", ""]
        lines += [f"- {record_id}{about.get(record_id, '')}" for record_id in ids]
        lines.append("")
    return "\n".join(lines)


def _citation(package: dict, today: datetime.date) -> str:
    title, version, description = (
        json.dumps(package[key], ensure_ascii=False) for key in ("title", "version", "description")
    )
    return f"""\
cff-version: 1.2.0
message: If you use this data set, please cite it as below.
type: dataset
title: {title}
version: {version}
date-released: {today.isoformat()}
license: CC-BY-4.0
authors:
  - name: "The contributors to the observatory of municipal innovation participation"
abstract: {description}
"""


def release(checked: Checked, today: datetime.date, target: Path | None = None) -> Path:
    """Write the release folder, whole or not at all; a folder of the same version is replaced.

    Parameters
    ----------
    checked : Checked
    today : date
        Date of the release.
    target : Path, optional
        Folder that the release folder is put in; dist if not given.

    Returns
    -------
    Path
        The folder: a CSV and a Parquet file per table, datapackage.json, the codebook (Markdown and HTML),
        CITATION.cff, a changelog of records since the last sealed release, and a README.
    """
    package, frames = codebook.describe(checked)
    folder = (target or paths.root() / "dist") / f"dataset-{package['version']}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dataset-") as name:
        new = Path(name) / folder.name
        (new / "parquet").mkdir(parents=True)
        texts = {
            "datapackage.json": json.dumps(package, indent=1, ensure_ascii=False) + "\n",
            "CODEBOOK.md": codebook.markdown(package, frames),
            "codebook.html": codebook.html(package, frames),
            "CITATION.cff": _citation(package, today),
            "CHANGELOG.md": _changelog(checked),
            "README.md": _README.format(**{key: package[key] for key in ("title", "version", "description")}),
        }
        for resource in package["resources"]:
            frame = frames[resource["name"]]
            texts[resource["path"]] = io.csv_text(frame)
            parquet = new / "parquet" / f"{resource['name']}.parquet"
            typed(frame, resource).to_parquet(parquet, index=False)
        for file, text in texts.items():
            (new / file).write_bytes(text.encode())
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    return folder


def seal(checked: Checked) -> None:
    """Remember the register's records as the last release, so that the next one tells what changed."""
    files.write({"released": fingerprints(checked)})
