"""The participation register in data/raw/participation: small CSVs that people edit.

The programmes publish no data; what they and others have said is typed into these files, each record
with its source. ``datapackage.json`` beside them says what each column means and may hold. This module
reads the files in the sources' own words and finds what is wrong with them; names become codes in
:mod:`analysis.tables.names`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError, DataError, Fault
from analysis.sources import tableschema

PACKAGE = "datapackage.json"


@dataclass
class Register:
    """The files of the register as frames of text (blank: NA), indexed by spreadsheet row.

    ``faults`` lists everything wrong with their form, cells, keys and references.
    """

    frames: dict[str, pd.DataFrame]
    package: dict
    faults: list[Fault] = field(default_factory=list)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table, e.g. ``register["projects"]``."""
        return self.frames[name]

    def raise_faults(self) -> None:
        """Stop with all faults at once, if there is any."""
        if self.faults:
            raise DataError(self.faults, "The participation register has faults")


def folder() -> Path:
    """Where the register's files lie (data/raw/participation)."""
    return paths.raw() / "participation"


def package(where: Path | None = None) -> dict:
    """The data package descriptor: title, version, and the schema of each file.

    Raises:
        AnalysisError: it is missing or is not JSON.
    """
    path = (where or folder()) / PACKAGE
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AnalysisError(f"{path}: missing; restore it with `git checkout data/raw/participation`") from None
    except ValueError as error:
        raise AnalysisError(f"{path}: not valid JSON ({error})") from None


def columns(resource: dict) -> list[str]:
    """Names of a resource's columns in order."""
    return [item["name"] for item in resource["schema"]["fields"]]


def read(where: Path | None = None) -> Register:
    """The whole register, with every fault that its schema can tell; nothing is raised for content.

    Raises:
        AnalysisError: the descriptor is missing or broken.
    """
    described = package(where)
    register = Register({}, described)
    unread = set()
    for resource in described["resources"]:
        frame, faults = tableschema.read_csv((where or folder()) / resource["path"], columns(resource))
        register.frames[resource["name"]] = frame
        register.faults += faults
        if faults:
            unread.add(resource["name"])
        register.faults += tableschema.check_fields(frame, resource)
    # A file that could not be read would make every reference to it a fault; its own fault says enough.
    readable = {
        **described,
        "resources": [
            {
                **resource,
                "schema": {
                    **resource["schema"],
                    "foreignKeys": [
                        key
                        for key in resource["schema"].get("foreignKeys", [])
                        if key["reference"]["resource"] not in unread
                    ],
                },
            }
            for resource in described["resources"]
        ],
    }
    register.faults += tableschema.check_references(register.frames, readable)
    register.faults += _check_rules(register)
    return register


def _check_rules(register: Register) -> list[Fault]:
    """What a schema cannot say: rules that tie several columns or files together."""
    faults = []
    parts, groups = register["participations"], register["groups"]
    is_group = parts["participant_type"].eq("group")
    for row in parts.index[is_group & parts["group_id"].isna()]:
        faults.append(Fault("participations.csv", int(row), "group_id", None, "a row of type group needs its group"))
    for row in parts.index[~is_group & parts["group_id"].notna()]:
        value = parts.at[row, "group_id"]
        faults.append(Fault("participations.csv", int(row), "group_id", value, "only for rows of type group"))
    for row in parts.index[is_group & parts["group_id"].notna() & ~parts["group_id"].isin(groups["group_id"])]:
        value = parts.at[row, "group_id"]
        faults.append(Fault("participations.csv", int(row), "group_id", value, "no such group in groups.csv"))
    known = set(register["sources"]["source_id"].dropna())
    for row, text in parts["further_source_ids"].dropna().items():
        for value in text.split(";"):
            if value not in known:
                faults.append(
                    Fault("participations.csv", int(row), "further_source_ids", value, "no such source in sources.csv")
                )
    same = ["project_id", "year", "participant_name", "county_hint"]
    for row in parts.index[parts.duplicated(same, keep="first") & parts["participant_name"].notna()]:
        first = parts.index[(parts[same].fillna("") == parts.loc[row, same].fillna("")).all(axis=1)][0]
        problem = f"the same participant, project and year as {parts.at[first, 'record_id']} in row {first}"
        faults.append(
            Fault("participations.csv", int(row), "participant_name", parts.at[row, "participant_name"], problem)
        )
    candidates = register["candidates"]
    undecided = candidates["status"].isin(["accepted", "rejected"]) & candidates["reason"].isna()
    for row in candidates.index[undecided]:
        faults.append(Fault("candidates.csv", int(row), "reason", None, "a decision needs its reason"))
    return faults
