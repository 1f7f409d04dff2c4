"""Entering new records beside those that are there: which project, which source, and is it new at all."""

from __future__ import annotations

import datetime
from difflib import get_close_matches
from urllib.parse import urlsplit

import pandas as pd

from analysis.register import resolve as names
from analysis.register.files import Register
from analysis.register.ids import same_address, slug, source_slug, unused

TABLES = ("participations", "projects", "sources")


def unit(participants: pd.Series, found: pd.DataFrame) -> pd.Series:
    """What tells participants apart: the unit then, the 2024 municipality, the county, else the name.

    Two old units that are one municipality today are two participants.
    """
    folded = participants.fillna("").map(names.key)
    return (
        found["code_then"].fillna(found["municipality_code"]).fillna(found["county_code_then"]).fillna(folded)
    )


class Desk:
    """The register's projects, sources and records, and what has been entered since."""

    def __init__(self, register: Register, units: pd.Series, today: datetime.date) -> None:
        """Take note of what is there; ``units`` says who each participation of the register is."""
        parts, projects, sources = (register[name] for name in TABLES)
        self.today = today
        self.columns = {name: register[name].columns for name in TABLES}
        self.new: dict[str, list[dict]] = {name: [] for name in TABLES}
        self.further: dict[str, list[str]] = {}
        self._projects, self._sources = set(projects["project_id"]), set(sources["source_id"])
        titles = zip(projects["programme_id"], projects["title"].map(names.key), strict=True)
        self._titles = dict(zip(titles, projects["project_id"], strict=True))
        self._addresses = dict(zip(sources["url"].map(same_address), sources["source_id"], strict=True))
        cited = (parts["source_id"] + (";" + parts["further_source_ids"]).fillna("")).str.split(";").map(set)
        keys = zip(parts["project_id"], units, parts["year"].fillna(""), strict=True)
        self._held = dict(zip(keys, zip(parts["record_id"], cited, strict=True), strict=True))
        self._last = int(parts["record_id"].str[1:].astype(int).max()) if len(parts) else 0

    def project(self, row: pd.Series) -> tuple[str, str]:
        """The id of a row's project and a remark: given, of the same title in the programme, or new."""
        if pd.notna(row["project_id"]):
            return row["project_id"], ""
        title = (row["programme_id"], names.key(row["project_title"]))
        if title in self._titles:
            return self._titles[title], ""
        own = [other for programme, other in self._titles if programme == title[0]]
        near = get_close_matches(title[1], own, 1, 0.75)
        start = slug(row["programme_id"].replace("_", " "), 20)
        project_id = unused(f"{start}-{slug(row['project_title'])}", self._projects)
        self._titles[title] = project_id
        same = {name: row[name] for name in ("programme_id", "year", "round", "amount_nok", "topic")}
        self.new["projects"].append(
            {
                **same,
                "project_id": project_id,
                "title": row["project_title"],
                "title_nb": row["project_title_nb"],
                "amount_basis": "grant" if pd.notna(row["amount_nok"]) else None,
            }
        )
        like = (
            f" (near {self._titles[(title[0], near[0])]}: give that project_id if it is the same)"
            if near
            else ""
        )
        return project_id, f"new project {project_id}{like}"

    def source(self, row: pd.Series) -> tuple[str, str]:
        """The id of a row's source and a remark: of the same address, or new."""
        address = same_address(row["source_url"])
        if address in self._addresses:
            return self._addresses[address], ""
        source_id = unused(source_slug(row["source_url"]), self._sources)
        self._addresses[address] = source_id
        site = urlsplit(row["source_url"]).netloc.removeprefix("www.")
        self.new["sources"].append(
            {
                "source_id": source_id,
                "url": row["source_url"],
                "title": row["source_title"],
                "publisher": site if pd.isna(row["source_publisher"]) else row["source_publisher"],
                "date": row["source_date"],
                "source_kind": row["source_kind"],
                "retrieved": self.today.isoformat(),
            }
        )
        return source_id, f"new source {source_id}"

    def enter(self, row: pd.Series, who: str) -> tuple[str, str, str]:
        """Enter a row: what became of it, the record concerned, and a remark."""
        project_id, about_project = self.project(row)
        source_id, about_source = self.source(row)
        key = (project_id, who, "" if pd.isna(row["year"]) else row["year"])
        if key in self._held:
            record_id, cited = self._held[key]
            if source_id in cited:
                return "duplicate", record_id, f"{row['participant_name']} is {record_id} already"
            cited.add(source_id)
            self.further.setdefault(record_id, []).append(source_id)
            return "source added", record_id, f"{source_id} says the same as {record_id}"
        self._last += 1
        record_id = f"R{self._last:04d}"
        self._held[key] = (record_id, {source_id})
        same = {name: row[name] for name in self.columns["participations"] if name in row.index}
        batch = self.today.isoformat()
        self.new["participations"].append(
            {**same, "record_id": record_id, "project_id": project_id, "source_id": source_id, "batch": batch}
        )
        remarks = [f"{record_id} {row['participant_name']} in {project_id}", about_project, about_source]
        return "added", record_id, "; ".join(filter(None, remarks))
