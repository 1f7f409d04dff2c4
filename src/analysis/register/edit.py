"""New records: planned as a whole, shown, and written all together or not at all."""

from __future__ import annotations

import datetime
import os
import tempfile
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from analysis.errors import DataError, Fault
from analysis.register import files as source
from analysis.register import form
from analysis.register import resolve as names
from analysis.register.desk import TABLES, Desk, unit
from analysis.register.files import Register
from analysis.register.ids import same_address
from analysis.register.spreadsheet import Repair, repair
from analysis.register.validate import check_fields


@dataclass
class Plan:
    """What a form would do to the register. With faults it does nothing.

    ``records`` gives per row of the form its outcome ("added", "source added", "duplicate", "refused"),
    the record concerned and a remark.
    """

    records: pd.DataFrame
    additions: dict[str, pd.DataFrame]
    further_sources: dict[str, list[str]]
    repairs: list[Repair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        """The plan as text: what was put right, what becomes of each row, what is wrong, and the sums."""
        counts = self.records["outcome"].value_counts()
        words = ("added", "source added", "duplicate", "refused")
        return "\n".join(
            [
                *(f"repaired  {item}" for item in self.repairs),
                *(f"row {row.Index}: {row.outcome}: {row.remark}" for row in self.records.itertuples()),
                *(f"fault     {fault}" for fault in self.faults),
                ", ".join(f"{counts.get(word, 0)} {word}" for word in words),
            ]
        )


def plan(
    rows: pd.DataFrame, register: Register, reforms: pd.DataFrame, file: str, today: datetime.date
) -> Plan:
    """What a form's rows would add to the register.

    Args:
        rows: the form's columns as text, indexed by row (:func:`analysis.register.spreadsheet.read`).
        register: the register as it is, without faults. reforms: codes over time.
        file: how the form is called in messages. today: date of reading, and batch of new records.
    """
    rows, repairs = repair(rows, form.fields(register), file)
    rows = rows.fillna(form.DEFAULTS)
    found, problems = _resolve(rows, register, reforms)
    faults = check_fields(rows, form.resource(register, file)) + _check_links(rows, register, file)
    unreadable = {fault.row for fault in faults}
    faults += [
        Fault(file, int(row), "participant_name", rows.loc[row, "participant_name"], problem)
        for row, problem in problems.items()
        if row not in unreadable  # a name is judged once its row can be read
    ]
    faults += _check_codes(rows, found, file)
    refused = {fault.row for fault in faults}
    known, _ = _resolve(register["participations"], register, reforms)
    desk = Desk(register, unit(register["participations"]["participant_name"], known), today)
    units = unit(rows["participant_name"], found)
    outcomes = [
        ("refused", None, str(row["participant_name"])) if index in refused else desk.enter(row, units[index])
        for index, row in rows.iterrows()
    ]
    records = pd.DataFrame(outcomes, index=rows.index, columns=["outcome", "record_id", "remark"])
    additions = {name: pd.DataFrame(desk.new[name], columns=desk.columns[name]) for name in TABLES}
    return Plan(records, additions, desk.further, repairs, faults)


def _resolve(rows: pd.DataFrame, register: Register, reforms: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    years = {name: pd.to_numeric(rows[name], errors="coerce") for name in ("year", "name_year")}
    asked = rows[["participant_name", "participant_type", "county_hint"]].assign(**years)
    asked["participant_name"] = asked["participant_name"].fillna("")
    return names.resolve(asked, reforms, register["counties"], register["names"])


def _check_links(rows: pd.DataFrame, register: Register, file: str) -> list[Fault]:
    """Faults of what a row refers to: programme, project, group, and the kind of a new source."""
    projects = register["projects"]["project_id"].tolist()
    programmes = register["programmes"]["programme_id"].tolist()
    groups = set(register["groups"]["group_id"])
    addresses = set(register["sources"]["url"].map(same_address))
    faults = []
    for row in rows.astype(object).where(rows.notna(), None).itertuples():

        def refuse(column: str, problem: str, row=row) -> None:
            faults.append(Fault(file, row.Index, column, getattr(row, column), problem))

        if row.project_id is not None and row.project_id not in projects:
            near = get_close_matches(row.project_id, projects, 3)
            refuse("project_id", "no such project" + (f"; near ids: {', '.join(near)}" if near else ""))
        if row.project_id is None and row.project_title is None:
            refuse("project_title", "state project_id, or project_title and programme_id")
        if row.project_id is None and row.programme_id is None:
            refuse("programme_id", "state project_id, or project_title and programme_id")
        if row.programme_id is not None and row.programme_id not in programmes:
            refuse("programme_id", f"must be one of {', '.join(programmes)}")
        if (row.participant_type == "group") != (row.group_id is not None):
            refuse("group_id", "goes with participant_type group, and only with it")
        elif row.group_id is not None and row.group_id not in groups:
            refuse("group_id", "no such group in groups.csv")
        if row.source_url and row.source_kind is None and same_address(row.source_url) not in addresses:
            refuse("source_kind", "a new source needs its kind: publisher, participant or press")
    return faults


def _check_codes(rows: pd.DataFrame, found: pd.DataFrame, file: str) -> list[Fault]:
    """A code given beside the name must be the name's, then or now."""
    code = rows["municipality_code"]
    known = found["municipality_code"].notna() | found["code_then"].notna()
    wrong = code.notna() & known & code.ne(found["municipality_code"]) & code.ne(found["code_then"])
    return [
        Fault(
            file,
            int(row),
            "municipality_code",
            code[row],
            f"{rows.loc[row, 'participant_name']} is {found.loc[row, 'municipality_code']}",
        )
        for row in rows.index[wrong.fillna(False)]
    ]


def apply(made: Plan, register: Register) -> dict[str, pd.DataFrame]:
    """The register's tables with a plan carried out; nothing is written.

    Raises:
        DataError: the plan has faults.
    """
    if made.faults:
        raise DataError(made.faults, "Nothing was imported")
    out = {name: pd.concat([register[name], made.additions[name]], ignore_index=True) for name in TABLES}
    parts = out["participations"]
    for record_id, source_ids in made.further_sources.items():
        at = parts["record_id"] == record_id
        old = parts.loc[at, "further_source_ids"].iloc[0]
        parts.loc[at, "further_source_ids"] = ";".join([*([] if pd.isna(old) else [old]), *source_ids])
    return out


def write(tables: dict[str, pd.DataFrame], folder: Path | None = None) -> None:
    """Put tables in the register's folder, all or none: what cannot be read back without fault is not kept.

    Raises:
        DataError: the register would have faults with these tables; its files are then as they were.
    """
    target = folder or source.folder()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".register-") as name:
        new = Path(name)
        for path in target.iterdir():
            (new / path.name).write_bytes(path.read_bytes())
        for table, frame in tables.items():
            frame.to_csv(new / f"{table}.csv", index=False, lineterminator="\n")
        source.read(new).raise_faults()
        for table in tables:
            os.replace(new / f"{table}.csv", target / f"{table}.csv")
