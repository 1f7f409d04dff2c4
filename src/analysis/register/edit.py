"""New records: planned as a whole, shown, and written all together or not at all."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from difflib import get_close_matches

import pandas as pd

from analysis.errors import DataError, Fault
from analysis.io import slug
from analysis.register import declarations, files
from analysis.register.files import Register
from analysis.register.programmes import Sources, unused
from analysis.register.resolve import key, resolve
from analysis.register.spreadsheet import Repair, repair
from analysis.register.validate import check_fields

TABLES = ("sources", "projects", "participations")


@dataclass
class Plan:
    """What a form would do to the register. With faults it does nothing.

    Attributes
    ----------
    records : DataFrame
        Per row of the form its outcome ("added", "source added", "duplicate", "refused"), the record_id
        concerned and a remark.
    additions : dict of str to DataFrame
        New rows by table.
    further_sources : dict of str to list of str
        Sources to be added to records that are there.
    repairs : list of Repair
    faults : list of Fault
    """

    records: pd.DataFrame
    additions: dict[str, pd.DataFrame]
    further_sources: dict[str, list[str]]
    repairs: list[Repair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        """Repairs, the outcome of each row, and the sums; faults are raised, and told there."""
        counts = self.records["outcome"].value_counts()
        outcomes = ("added", "source added", "duplicate", "refused")
        return "\n".join(
            [
                *(f"repaired  {item}" for item in self.repairs),
                *(f"row {row.Index}: {row.outcome}: {row.remark}" for row in self.records.itertuples()),
                ", ".join(f"{counts.get(outcome, 0)} {outcome}" for outcome in outcomes),
            ]
        )


class Entries:
    """Assigns project, source and record ids to the rows of a form, beside the records that are there."""

    def __init__(self, register: Register, units: pd.Series, today: datetime.date) -> None:
        """Start from the register; ``units`` says who takes part in each of its participations."""
        parts, projects = register["participations"], register["projects"]
        self.sources = Sources(register, today)
        self.projects: list[dict] = []
        self.records: list[dict] = []
        self.further: dict[str, list[str]] = {}
        self._project_ids = set(projects["project_id"])
        titles = zip(projects["programme_id"], projects["title"].map(key), strict=True)
        self._titles = dict(zip(titles, projects["project_id"], strict=True))
        cited = (parts["source_id"] + (";" + parts["further_source_ids"]).fillna("")).str.split(";").map(set)
        keys = zip(parts["project_id"], units, parts["year"].fillna(""), strict=True)
        self._held = dict(zip(keys, zip(parts["record_id"], cited, strict=True), strict=True))
        self._last = int(parts["record_id"].str[1:].astype(int).max()) if len(parts) else 0
        self._origin = {name: said["from"].split(".") for name, said in declarations.form().items()}

    def _cells(self, row: pd.Series, table: str) -> dict:
        """The cells of a form's row that belong to a table, by that table's columns."""
        return {column: row[name] for name, (origin, column) in self._origin.items() if origin == table}

    def _project(self, row: pd.Series) -> tuple[str, str]:
        """The id of a row's project and a remark: given, of the same title in the programme, or new."""
        if pd.notna(row["project_id"]):
            return row["project_id"], ""
        title = (row["programme_id"], key(row["project_title"]))
        if title in self._titles:
            return self._titles[title], ""
        own = [other for programme, other in self._titles if programme == title[0]]
        near = get_close_matches(title[1], own, 1, 0.75)
        start = slug(row["programme_id"], 20)
        project_id = unused(f"{start}-{slug(row['project_title'], 40, 'x')}", self._project_ids)
        self._titles[title] = project_id
        cells = self._cells(row, "projects") | {"project_id": project_id, "year": row["year"]}
        if pd.notna(row["amount_nok"]) and pd.isna(cells.get("amount_basis")):
            cells["amount_basis"] = "grant"
        self.projects.append(cells)
        remark = f"new project {project_id}"
        if near:
            remark += f" (near {self._titles[(title[0], near[0])]}: give that project_id if it is the same)"
        return project_id, remark

    def enter(self, row: pd.Series, unit: str) -> tuple[str, str, str]:
        """Enter a row: its outcome, the record concerned, and a remark."""
        project_id, about_project = self._project(row)
        source_id, about_source = self.sources.find_or_add(row)
        held = (project_id, unit, "" if pd.isna(row["year"]) else row["year"])
        if held in self._held:
            record_id, cited = self._held[held]
            if source_id in cited:
                return "duplicate", record_id, f"{row['participant_name']} is {record_id} already"
            cited.add(source_id)
            self.further.setdefault(record_id, []).append(source_id)
            return "source added", record_id, f"{source_id} says the same as {record_id}"
        self._last += 1
        record_id = f"R{self._last:04d}"
        self._held[held] = (record_id, {source_id})
        ids = {"record_id": record_id, "project_id": project_id, "source_id": source_id}
        batch = self.sources.today.isoformat()
        self.records.append({**self._cells(row, "participations"), **ids, "batch": batch})
        remarks = [f"{record_id} {row['participant_name']} in {project_id}", about_project, about_source]
        return "added", record_id, "; ".join(filter(None, remarks))


def plan(
    rows: pd.DataFrame,
    register: Register,
    reforms: pd.DataFrame,
    file: str,
    today: datetime.date,
    collection_id: str | None = None,
) -> Plan:
    """Plan what a form's rows would add to the register; nothing is written.

    Parameters
    ----------
    rows : DataFrame
        The form's columns as text, indexed by row (:func:`analysis.register.spreadsheet.read`).
    register : Register
        The register as it is, without faults.
    reforms : DataFrame
        Codes over time.
    file : str
        Name of the form in messages.
    today : date
        Date of reading, and batch of new records.
    collection_id : str, optional
        The collection that new records belong to.
    """
    described = {**files.resource(register.package, "form"), "path": file}
    rows, repairs = repair(rows, described, file)
    rows = rows.fillna(
        {name: said["default"] for name, said in declarations.form().items() if "default" in said}
    )
    found, problems = _resolve(rows, register, reforms)
    faults = check_fields(rows, described)
    unreadable = {fault.row for fault in faults}
    no_address = [fault.row for fault in faults if fault.column == "source_url"]
    readable = rows.assign(source_url=rows["source_url"].mask(rows.index.isin(no_address)))
    faults += _check_links(readable, register, file)
    faults += [
        Fault(file, int(str(row)), "participant_name", rows.loc[row, "participant_name"], problem)
        for row, problem in problems.items()
        if row not in unreadable  # a name is judged once its row can be read
    ]
    faults += _check_codes(rows, found, file)
    refused = {fault.row for fault in faults}
    known, _ = _resolve(register["participations"], register, reforms)
    entries = Entries(register, _units(register["participations"], known), today)
    units = _units(rows, found)
    outcomes = [
        ("refused", None, str(row["participant_name"]) if pd.notna(row["participant_name"]) else "no name")
        if index in refused
        else entries.enter(row, units[index])
        for index, row in rows.iterrows()
    ]
    records = pd.DataFrame(outcomes, index=rows.index, columns=["outcome", "record_id", "remark"])
    new_records = [{**cells, "collection_id": collection_id} for cells in entries.records]
    new = dict(zip(TABLES, (entries.sources.new, entries.projects, new_records), strict=True))
    additions = {
        name: pd.DataFrame(new[name], columns=register[name].columns, dtype="str") for name in TABLES
    }
    return Plan(records, additions, entries.further, repairs, faults)


def _resolve(rows: pd.DataFrame, register: Register, reforms: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    years = {name: pd.to_numeric(rows[name], errors="coerce") for name in ("year", "name_year")}
    asked = rows[["participant_name", "participant_type", "county_hint"]].assign(**years)
    return resolve(asked, reforms, register["counties"], register["names"])


def _units(rows: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """What tells participants apart: the unit then, the 2024 municipality, the county, else the name.

    Two old units that are one municipality today are two participants.
    """
    unit = found["code_then"].fillna(found["municipality_code"]).fillna(found["county_code_then"])
    return unit.fillna(rows["participant_name"].fillna("").map(key))


def _check_links(rows: pd.DataFrame, register: Register, file: str) -> list[Fault]:
    """Faults of what a row refers to: programme, project, group, and the kind of a new source."""
    projects = register["projects"]["project_id"].tolist()
    programmes = register["programmes"]["programme_id"].tolist()
    groups = set(register["groups"]["group_id"])
    sources = Sources(register, datetime.date.min)
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
            near = get_close_matches(row.programme_id, programmes, 3)
            meant = f"; near ids: {', '.join(near)}" if near else ""
            refuse("programme_id", f"no such programme{meant}; `register add-programme` adds a new one first")
        if (row.participant_type == "group") != (row.group_id is not None):
            refuse("group_id", "goes with participant_type group, and only with it")
        elif row.group_id is not None and row.group_id not in groups:
            refuse("group_id", "no such group in groups.csv")
        if row.source_url and row.source_kind is None and row.source_url not in sources:
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
            int(str(row)),
            "municipality_code",
            code[row],
            f"{rows.loc[row, 'participant_name']} is {found.loc[row, 'municipality_code']}",
        )
        for row in rows.index[wrong.fillna(False)]
    ]


def apply(made: Plan, register: Register) -> dict[str, pd.DataFrame]:
    """Carry out a plan on the register's tables; nothing is written.

    Returns
    -------
    dict of str to DataFrame
        The whole tables, for :func:`analysis.register.files.write`.

    Raises
    ------
    DataError
        The plan has faults.
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
