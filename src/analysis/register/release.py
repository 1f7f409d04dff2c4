"""A release of the register as a data set of its own: dist/dataset-VERSION."""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
import zipfile
from pathlib import Path

import pandas as pd

from analysis import io, paths
from analysis.register import code_labels, codebook, files, workbook
from analysis.register.quality import Checked
from analysis.register.validate import typed


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


def release(checked: Checked, today: datetime.date, target: Path | None = None) -> Path:
    """Write the release folder and one zip of it, whole or not at all; those of the same version are replaced.

    Parameters
    ----------
    checked : Checked
    today : date
        Date of the release.
    target : Path, optional
        Folder that the release is put in; dist if not given.

    Returns
    -------
    Path
        The folder: a CSV and a Parquet file per table, the main ones for Stata and in one Excel workbook,
        datapackage.json, the codebook (Markdown and HTML),
        CITATION.cff, LICENSE.txt, a changelog of records since the last sealed release, a README and
        SHA256SUMS. The zip stands beside it.
    """
    package, frames = codebook.describe(checked)
    folder = (target or paths.root() / "dist") / f"dataset-{package['version']}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with io.naming(folder), tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dataset-") as name:
        new = Path(name) / folder.name
        for kind in ("parquet", "stata"):
            (new / kind).mkdir(parents=True)
        for file, text in _texts(checked, package, frames, today).items():
            (new / file).write_bytes(text.encode())
        for resource in package["resources"]:
            frame = frames[resource["name"]]
            (new / resource["path"]).write_bytes(io.csv_text(frame).encode())
            table = typed(frame, resource)
            table.to_parquet(new / "parquet" / f"{resource['name']}.parquet", index=False)
            if resource["name"] in workbook.SHEETS:
                _stata(table, new / "stata" / f"{resource['name']}.dta", today)
        book = workbook.workbook(package, frames, today)
        (new / f"{folder.name}.xlsx").write_bytes(book)
        written = sorted(path for path in new.rglob("*") if path.is_file())
        sums = [f"{io.sha256(path)}  {path.relative_to(new).as_posix()}\n" for path in written]
        (new / "SHA256SUMS").write_bytes("".join(sums).encode())
        archive = Path(name) / f"{folder.name}.zip"
        _zip([*written, new / "SHA256SUMS"], new.parent, archive)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
        archive.replace(folder.parent / archive.name)
    return folder


def _texts(
    checked: Checked, package: dict, frames: dict[str, pd.DataFrame], today: datetime.date
) -> dict[str, str]:
    """The files of a release that are no tables, by name."""
    programmes = checked.tables["programmes"]
    complete = programmes[programmes["coverage"] == "census"]
    census = complete["name_en"] + (": " + complete["complete_for_en"]).fillna("")
    said = {key: package[key] for key in ("title", "version", "description")}
    return {
        "datapackage.json": json.dumps(package, indent=1, ensure_ascii=False) + "\n",
        "CODEBOOK.md": codebook.markdown(package, frames),
        "codebook.html": codebook.html(package, frames),
        "CITATION.cff": codebook.rendered("citation.cff.j2", **said, date=today.isoformat()),
        "CHANGELOG.md": _changelog(checked),
        "LICENSE.txt": (files.folder() / "LICENSE.txt").read_text(encoding="utf-8"),
        "README.md": codebook.rendered("release.md.j2", **said, census="\n".join("- " + census)),
    }


def _stata(frame: pd.DataFrame, path: Path, today: datetime.date) -> None:
    """Write a table for Stata 14 and later: text, numbers and 0/1, each variable with its label."""
    plain = {}
    for name, values in frame.items():
        if pd.api.types.is_bool_dtype(values):
            plain[name] = values.astype("Float64").astype(float)
        elif pd.api.types.is_numeric_dtype(values):
            plain[name] = values.astype(float)
        else:
            plain[name] = values.astype("str").where(values.notna(), "").astype(object)
    said = {name: code_labels.column_name(name, "en") for name in plain}
    made = datetime.datetime.combine(today, datetime.time())
    pd.DataFrame(plain).to_stata(path, write_index=False, version=118, variable_labels=said, time_stamp=made)


def _zip(members: list[Path], top: Path, archive: Path) -> None:
    """Pack files with a fixed time, so that the same files give the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in members:
            entry = zipfile.ZipInfo(path.relative_to(top).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def seal(checked: Checked) -> None:
    """Remember the register's records as the last release, so that the next one tells what changed."""
    files.write({"released": fingerprints(checked)})
