"""The participation register in data/raw/participation: small CSVs that people edit.

The programmes publish no data; what they and others have said is typed into these files, each record
with its source. ``datapackage.json`` beside them says what each column means and may hold. This module
reads the files in the sources' own words and finds what is wrong with them; names become codes in
:mod:`analysis.register.resolve`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError, DataError, Fault
from analysis.register import validate as tableschema

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
        raise AnalysisError(
            f"{path}: missing; restore it with `git checkout data/raw/participation`"
        ) from None
    except ValueError as error:
        raise AnalysisError(f"{path}: not valid JSON ({error})") from None


def resource(described: dict, name: str) -> dict:
    """The resource of a name in a data package descriptor."""
    return next(item for item in described["resources"] if item["name"] == name)


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
    parts, candidates = register["participations"], register["candidates"]
    is_group, group = parts["participant_type"].eq("group"), parts["group_id"]
    listed = set(register["groups"]["group_id"].dropna())
    cited = parts["further_source_ids"].dropna().str.split(";").explode()
    known = set(register["sources"]["source_id"].dropna())
    decided = candidates["status"].isin(["accepted", "rejected"])
    file = "participations.csv"
    return [
        *_faults(file, "group_id", group[is_group & group.isna()], "a row of type group needs its group"),
        *_faults(file, "group_id", group[~is_group & group.notna()], "only for rows of type group"),
        *_faults(
            file,
            "group_id",
            group[is_group & group.notna() & ~group.isin(listed)],
            "no such group in groups.csv",
        ),
        *_faults(file, "further_source_ids", cited[~cited.isin(known)], "no such source in sources.csv"),
        *_doubles(parts),
        *_faults(
            "candidates.csv",
            "reason",
            candidates.loc[decided & candidates["reason"].isna(), "reason"],
            "a decision needs its reason",
        ),
    ]


def _faults(file: str, column: str, cells: pd.Series, problem: str) -> list[Fault]:
    return [
        Fault(file, int(str(row)), column, None if pd.isna(value) else value, problem)
        for row, value in cells.items()
    ]


def _doubles(parts: pd.DataFrame) -> list[Fault]:
    """Records that say the same as an earlier one, which is named."""
    same = ["project_id", "year", "participant_name", "county_hint"]
    keyed = parts[same].fillna("").assign(row=parts.index, record=parts["record_id"])
    keyed = keyed[keyed["participant_name"] != ""]
    first = keyed.groupby(same)[["row", "record"]].transform("first")
    twice = first["row"] != keyed["row"]
    return [
        Fault(
            "participations.csv",
            row,
            "participant_name",
            name,
            f"the same participant, project and year as {record} in row {at}",
        )
        for row, name, record, at in zip(
            keyed.loc[twice, "row"],
            keyed.loc[twice, "participant_name"],
            first.loc[twice, "record"],
            first.loc[twice, "row"],
            strict=True,
        )
    ]
