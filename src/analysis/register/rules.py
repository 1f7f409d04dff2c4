"""What the schema of the participation register cannot say: rules that tie several columns or files together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from analysis.errors import Fault
from analysis.register import declarations, resolve
from analysis.register.validate import cell_faults

_NO_BOUNDS = "bounds are for records whose year is not known; leave them or the year blank"


def check(register: Mapping[str, pd.DataFrame], unread: Collection[str]) -> list[Fault]:
    """Faults against the rules that tie several columns or files together.

    Parameters
    ----------
    register : mapping of str to DataFrame
        The files of the register as text, indexed by spreadsheet row.
    unread : collection of str
        Tables whose file could not be read whole: what refers to them is not judged.

    Returns
    -------
    list of Fault
    """
    parts, candidates = register["participations"], register["candidates"]
    declared = declarations.computed()["rules"]
    is_group, group = parts["participant_type"].eq("group"), parts["group_id"]
    cited = parts["further_source_ids"].dropna().str.split(";").explode()
    file = "participations.csv"
    bounds = parts["year_from"].fillna(parts["year_to"])
    projects = register["projects"]
    faults = [
        *cell_faults(file, bounds[bounds.notna() & parts["year"].notna()].rename("year_from"), _NO_BOUNDS),
        *_reversed(register),
        *_itself(register),
        *_decisions(candidates, parts, "participations" in unread),
        *[
            fault
            for name, pairs in declared["together"].items()
            for one, other in pairs
            for fault in _paired(register[name], f"{name}.csv", one, other)
        ],
        *cell_faults(file, group[is_group & group.isna()], "a row of type group needs its group"),
        *cell_faults(file, group[~is_group & group.notna()], "only for rows of type group"),
        *_doubles(parts),
        *[fault for name, key in declared["once"].items() for fault in twice(register[name], name, key)],
        *_turned_down(parts, projects),
    ]
    if parts.empty and len(projects) and not {"participations", "projects"} & set(unread):
        problem = f"holds no record, but projects.csv has {len(projects)} projects: has it been emptied?"
        faults.append(Fault(file, None, None, None, problem))
    if "groups" not in unread:
        unknown = group[is_group & group.notna() & ~group.isin(register["groups"]["group_id"])]
        faults += cell_faults(file, unknown, "no such group in groups.csv")
    if "sources" not in unread:
        unknown = cited[~cited.isin(register["sources"]["source_id"])]
        faults += cell_faults(file, unknown, "no such source in sources.csv")
    return faults


def _reversed(register: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Periods that end before they begin, of any file."""
    return [
        fault
        for name, frame in register.items()
        for begin, end in declarations.computed()["rules"]["periods"]
        if {begin, end} <= set(frame)
        for fault in cell_faults(
            f"{name}.csv", frame[end][frame[end] < frame[begin]], f"earlier than {begin}"
        )
    ]


def _itself(register: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Projects that refer to themselves, and sources stated twice for one record."""
    parts, projects = register["participations"], register["projects"]
    faults = []
    for column in ("continues_project_id", "same_grant_as"):
        same = projects.loc[projects[column] == projects["project_id"], column]
        faults += cell_faults("projects.csv", same, "is this project itself; name the other one")
    further = parts["further_source_ids"].dropna().str.split(";").explode()
    cited = pd.concat([parts["source_id"].dropna(), further]).reset_index()
    twice = cited[cited.duplicated()].set_index("index")[0].rename("further_source_ids")
    return faults + cell_faults(
        "participations.csv", twice, "is a source of this record already; leave it out"
    )


def _decisions(candidates: pd.DataFrame, parts: pd.DataFrame, records_unread: bool) -> list[Fault]:
    """Decisions without a reason; accepted candidates without their record, or others with one."""
    file, record, status = "candidates.csv", candidates["record_id"], candidates["status"]
    is_accepted = status.eq("accepted")
    unreasoned = (is_accepted | status.eq("rejected")) & candidates["reason"].isna()
    unknown = record.notna() & ~record.isin(parts["record_id"])
    return [
        *cell_faults(file, candidates["reason"][unreasoned], "a decision needs its reason"),
        *cell_faults(file, record[is_accepted & record.isna()], "an accepted candidate needs its record_id"),
        *cell_faults(file, record[status.eq("open") & record.notna()], "this candidate is not decided yet"),
        *(
            []
            if records_unread
            else cell_faults(file, record[unknown], "no such record in participations.csv")
        ),
    ]


def _paired(frame: pd.DataFrame, file: str, one: str, other: str) -> list[Fault]:
    """Cells of two columns that go together, where the other one is blank."""
    has_one, has_other = frame[one].notna(), frame[other].notna()
    return [
        *cell_faults(file, frame.loc[has_one & ~has_other, one], f"needs {other} beside it"),
        *cell_faults(file, frame.loc[has_other & ~has_one, other], f"needs {one} beside it"),
    ]


def _turned_down(parts: pd.DataFrame, projects: pd.DataFrame) -> list[Fault]:
    """Who takes part in a project that was turned down."""
    declined = parts["project_id"].isin(projects.loc[projects["outcome"].eq("declined"), "project_id"])
    stage = parts.loc[declined & parts["stage"].ne("declined"), "stage"]
    return cell_faults(
        "participations.csv", stage, "the project's outcome is declined; write declined here, too"
    )


def twice(frame: pd.DataFrame, name: str, key: list[str]) -> list[Fault]:
    """Find rows of a file that speak of the same as an earlier one, at the same time; what they contradict is named.

    Parameters
    ----------
    frame : DataFrame
        The file as text, indexed by spreadsheet row.
    name : str
        The file without its ending.
    key : list of str
        Columns that say what a row speaks of.
    """
    alike = frame[key].apply(lambda cells: cells.map(resolve.key, na_action="ignore"))
    rows = alike[alike.duplicated(keep=False)].fillna("").assign(row=lambda rows: rows.index)
    if rows.empty:
        return []
    begins = frame["valid_from"].fillna("0") if "valid_from" in frame else pd.Series("0", frame.index)
    ends = frame["valid_to"].fillna("9999") if "valid_to" in frame else pd.Series("9999", frame.index)
    rows = rows.assign(begins=begins, ends=ends)
    pairs = rows.merge(rows, on=key, suffixes=("", "_first"))
    pairs = pairs[(pairs["row_first"] < pairs["row"]) & (pairs["begins"] <= pairs["ends_first"])]
    pairs = pairs[pairs["begins_first"] <= pairs["ends"]].drop_duplicates("row")
    faults = []
    for row, first in zip(pairs["row"], pairs["row_first"], strict=True):
        both = frame.loc[[row, first]].fillna("").drop(columns=["note", *key], errors="ignore")
        other = next((column for column in both if both[column].nunique() > 1), None)
        if other is None:
            faults.append(Fault(f"{name}.csv", int(row), ", ".join(key), None, f"the same as row {first}"))
        else:
            problem = f"row {first} says {both.loc[first, other] or 'nothing'!r} of the same {', '.join(key)}; keep one"
            faults.append(Fault(f"{name}.csv", int(row), other, both.loc[row, other] or None, problem))
    return faults


def _doubles(parts: pd.DataFrame) -> list[Fault]:
    """Records that say the same as an earlier one, which is named."""
    same = ["project_id", "year", "participant_name", "county_hint"]
    keyed = parts[parts["participant_name"].notna()].fillna(dict.fromkeys(same, ""))
    keyed["row"] = keyed.index
    first = keyed.groupby(same)[["row", "record_id"]].transform("first")
    twice = first[first["row"] != keyed["row"]]
    return [
        Fault(
            "participations.csv",
            int(str(row)),
            "participant_name",
            parts.loc[row, "participant_name"],
            f"the same participant, project and year as {known['record_id']} in row {known['row']}",
        )
        for row, known in twice.iterrows()
    ]
