"""A release of the register as a data set of its own: dist/dataset-VERSION."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.register import codebook, edit
from analysis.register.check import Checked
from analysis.register.export import write_csv

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
    """Each record with a short hash of what it says (version, record_id, fingerprint)."""
    parts = checked.register["participations"].fillna("").reset_index(drop=True)
    said = parts.drop(columns="record_id").agg("\x1f".join, axis=1)
    return pd.DataFrame(
        {
            "version": checked.register.package["version"],
            "record_id": parts["record_id"],
            "fingerprint": [hashlib.sha256(text.encode()).hexdigest()[:12] for text in said],
        }
    )


def changes(checked: Checked) -> pd.DataFrame:
    """Records new, changed or gone since the last release that was sealed (change, record_id)."""
    old = checked.register["released"].set_index("record_id")["fingerprint"]
    new = fingerprints(checked).set_index("record_id")["fingerprint"]
    both = new.index.intersection(old.index)
    altered = both[new[both].to_numpy() != old[both].to_numpy()]
    kinds = {
        "new": new.index.difference(old.index),
        "changed": altered,
        "gone": old.index.difference(new.index),
    }
    rows = [(kind, record_id) for kind, ids in kinds.items() for record_id in ids]
    return pd.DataFrame(rows, columns=["change", "record_id"])


def _changelog(checked: Checked) -> str:
    made, parts = changes(checked), checked.register["participations"].set_index("record_id")
    last = checked.register["released"]["version"].dropna().unique()
    since = f"version {last[0]}" if len(last) else "the beginning: this is the first release"
    lines = [f"# Changes since {since}", ""]
    for kind in ("new", "changed", "gone"):
        ids = made.loc[made["change"] == kind, "record_id"]
        lines += [f"## {len(ids)} {kind}", ""]
        for record_id in ids:
            row = parts.loc[record_id] if record_id in parts.index else None
            about = "" if row is None else f" {row['participant_name']} in {row['project_id']}"
            lines.append(f"- {record_id}{about}")
        lines.append("")
    return "\n".join(lines)


def _citation(package: dict, today: datetime.date) -> str:
    return "\n".join(
        [
            "cff-version: 1.2.0",
            "message: If you use this data set, please cite it as below.",
            "type: dataset",
            f"title: {json.dumps(package['title'], ensure_ascii=False)}",
            f"version: {json.dumps(package['version'])}",
            f"date-released: {today.isoformat()}",
            "license: CC-BY-4.0",
            "authors:",
            '  - name: "The contributors to the observatory of municipal innovation participation"',
            f"abstract: {json.dumps(package['description'], ensure_ascii=False)}",
            "",
        ]
    )


def release(checked: Checked, today: datetime.date, target: Path | None = None) -> Path:
    """Write the release folder, whole or not at all, and return it.

    It holds a CSV and a Parquet file per table, datapackage.json, the codebook (Markdown and HTML),
    CITATION.cff, a changelog of records since the last sealed release, and a README. A folder of the
    same version is replaced.
    """
    package, frames = codebook.describe(checked)
    folder = (target or paths.root() / "dist") / f"dataset-{package['version']}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dataset-") as name:
        new = Path(name) / folder.name
        (new / "parquet").mkdir(parents=True)
        for resource in package["resources"]:
            frame = frames[resource["name"]]
            write_csv(frame, new / resource["path"])
            typed(frame, resource).to_parquet(new / "parquet" / f"{resource['name']}.parquet", index=False)
        texts = {
            "datapackage.json": json.dumps(package, indent=1, ensure_ascii=False) + "\n",
            "CODEBOOK.md": codebook.markdown(package, frames),
            "codebook.html": codebook.html(package, frames),
            "CITATION.cff": _citation(package, today),
            "CHANGELOG.md": _changelog(checked),
            "README.md": _README.format(**{key: package[key] for key in ("title", "version", "description")}),
        }
        for file, text in texts.items():
            (new / file).write_text(text, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    return folder


def typed(frame: pd.DataFrame, resource: dict) -> pd.DataFrame:
    """A frame of text with the types of its schema: whole numbers (Int64), numbers, dates, else as it is."""
    out = frame.reset_index(drop=True)
    for field in resource["schema"]["fields"]:
        name, kind = field["name"], field["type"]
        if kind in ("integer", "number"):
            out[name] = pd.to_numeric(out[name]).astype("Int64" if kind == "integer" else "Float64")
        elif kind == "date":
            out[name] = pd.to_datetime(out[name]).dt.date
    return out


def seal(checked: Checked) -> None:
    """Remember the register's records as the last release, so that the next one tells what changed."""
    edit.write({"released": fingerprints(checked)})
