"""Who applies to the Research Council, who gets a grant and who is refused.

Made from the Council's own file of applications. The owner of a project stands in it at the lowest level
of its organisation (a city district, an agency), so owners are told by organisation number, then by the
parent of that number, then by the owner's name; the municipality in the file is where the research is
done. Partners are not published: an application that a municipality joins without owning is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from analysis.tables.schema import columns, dictionary, validate

#: Rows with participant_name, participant_type, year, name_year, county_hint → their codes, and the
#: problem of each row that has none. The register's resolver is one.
Resolver = Callable[[pd.DataFrame], tuple[pd.DataFrame, pd.Series]]

PROGRAMME = "research_council_project_owner"
ADDRESS = "https://github.com/Forskningsradet/open-data/tree/main/datasets/soknader2"
#: Years in which a name is looked for when the project's own year does not know it: now, and the last
#: year of each former structure (the file calls many owners by their present or last name).
_NAME_YEARS = (2024, 2023, 2019)
_FORMS = {"KOMM": "municipality", "FYLK": "county"}
_STATUS = ("granted", "refused", "no_amount", "pending")
_FIELDS = {
    "Humaniora": "humanities",
    "Landbruks- og fiskerifag": "agriculture and fisheries",
    "Matematikk og naturvitenskap": "mathematics and natural sciences",
    "Medisin og helsefag": "medicine and health",
    "Samfunnsvitenskap": "social sciences",
    "Teknologi": "technology",
}
_DELETED = re.compile(r"\s+under sletting fra \d{2}\.\d{2}\.(?P<year>\d{4})$", re.IGNORECASE)
_COMPANY = re.compile(r"\b(?:F?KF|IKS)$|\b(?:interkommunal|regionråd)", re.IGNORECASE)
#: The owner's name at the start; what follows is a unit of it. A Sámi name or the word for the
#: administration may stand before.
_OWNER = re.compile(
    r"^(?:sentraladministrasjonen\s+|.*?\b(?:gielda|suohkan|tjïelte|komuuni)\b[\s/–-]*)?"
    r"(?P<name>\w[\w .'-]*?\s(?P<kind>fylkeskommune|kommune|herad))\b",
    re.IGNORECASE,
)


def typed(applications: pd.DataFrame) -> pd.DataFrame:
    """Give applications that were read as text from data/raw the types that the loader gave them.

    Parameters
    ----------
    applications : DataFrame
        Columns of :func:`analysis.loaders.research_council.parse_applications`, all text.

    Returns
    -------
    DataFrame
        deadline and applied_date as dates; years and amounts as whole numbers.
    """
    dates = {
        name: pd.to_datetime(applications[name]).astype("datetime64[s]")
        for name in ("deadline", "applied_date")
    }
    numbers = {
        name: pd.to_numeric(applications[name]).astype("Int64")
        for name in ("start_year", "end_year", "applied_nok", "granted_nok")
    }
    return applications.assign(**dates, **numbers)


def owner_names(owner_name: pd.Series) -> pd.DataFrame:
    """Split registered names into the owner that a name says and the year in which it was called so.

    Parameters
    ----------
    owner_name : Series of str
        As registered, e.g. ``ASKER KOMMUNE UNDER SLETTING FRA 01.01.2020``.

    Returns
    -------
    DataFrame
        On the same index: participant_name (without the unit), participant_type (``municipality``,
        ``county``, ``other`` for municipal companies and councils, NA where the name says none),
        name_year (the last year of a deleted unit, else NA).

    Examples
    --------
    >>> names = pd.Series(["OSLO KOMMUNE BYDEL 12 ALNA", "FJELL KOMMUNE UNDER SLETTING FRA 01.01.2020"])
    >>> owner_names(names)["participant_name"].tolist()
    ['OSLO KOMMUNE', 'FJELL KOMMUNE']
    """
    names = owner_name.astype("str")
    deleted = pd.to_numeric(names.str.extract(_DELETED)["year"], errors="coerce").astype("Int64") - 1
    bare = names.str.replace(_DELETED, "", regex=True)
    found = bare.str.extract(_OWNER).astype("str")
    kind = found["kind"].str.casefold()
    kinds = kind.map({"kommune": "municipality", "herad": "municipality", "fylkeskommune": "county"})
    is_company = bare.str.contains(_COMPANY).fillna(False)
    # No resolver knows the ending "herad": Voss herad is Voss.
    name = found["name"].where(kind.ne("herad"), found["name"].str.replace(r"\s\w+$", "", regex=True))
    return pd.DataFrame(
        {
            "participant_name": name.mask(is_company, bare),
            "participant_type": kinds.mask(is_company, "other"),
            "name_year": deleted,
        }
    )


def owners(
    applications: pd.DataFrame,
    organisations: pd.DataFrame,
    counties: pd.DataFrame,
    resolve: Resolver,
) -> pd.DataFrame:
    """Tell which municipality or county owns each application.

    Parameters
    ----------
    applications : DataFrame
        See :func:`analysis.loaders.research_council.parse_applications`.
    organisations : DataFrame
        organisation_number, organisation_name, organisation_form (``KOMM``, ``FYLK``; others are not
        looked at), municipality_code (of a municipality its own).
    counties : DataFrame
        county_code and county_name of 2024.
    resolve : callable
        Names to codes, e.g. :func:`analysis.register.resolve.resolve` with its directories bound.

    Returns
    -------
    DataFrame
        On the index of applications: participant_name, participant_type (``municipality``, ``county``,
        ``other``; NA for all other owners), county_hint, name_year, municipality_code (2024),
        county_code (2024), county_successors (2024 counties of a county, semicolons between),
        matched_by (``number``, ``name``), problem (why a name has no code; NA without).
    """
    out = owner_names(applications["owner_name"]).assign(county_hint=pd.NA, matched_by=pd.NA)
    out.loc[out["participant_type"].notna(), "matched_by"] = "name"
    known = organisations[organisations["organisation_form"].isin(list(_FORMS))]
    known = known.drop_duplicates("organisation_number").set_index("organisation_number")
    # A county's code is only that of its seat, which may lie in another one.
    codes = known["municipality_code"].where(known["organisation_form"] == "KOMM")
    hints = codes.str[:2].map(counties.set_index("county_code")["county_name"])
    number = applications["organisation_number"]
    # A company stays one: it is not its municipality.
    hit = number.isin(known.index) & out["participant_type"].ne("other").fillna(True)
    out.loc[hit, "participant_name"] = number[hit].map(known["organisation_name"])
    out.loc[hit, "participant_type"] = number[hit].map(known["organisation_form"]).map(_FORMS)
    out.loc[hit, "county_hint"] = number[hit].map(hints)
    out.loc[hit, "matched_by"] = "number"
    columns = ["municipality_code", "county_code", "county_successors", "problem"]
    out[columns] = pd.DataFrame(pd.NA, index=out.index, columns=columns, dtype="str")
    rows = out.assign(year=_year(applications))
    rows = rows[rows["participant_type"].isin(["municipality", "county"])]
    for year in (pd.NA, *_NAME_YEARS):
        asked = rows if year is pd.NA else rows.assign(name_year=rows["name_year"].fillna(year))
        if asked.empty:
            break
        found, problems = resolve(asked)
        solved = asked.index.difference(problems.index)
        out.loc[solved, columns[:-1]] = found.loc[solved, columns[:-1]]
        out.loc[solved, "name_year"] = asked.loc[solved, "name_year"]
        out.loc[solved, "problem"] = pd.NA
        out.loc[problems.index, "problem"] = problems
        rows = rows.loc[problems.index]
    return out


def build(applications: pd.DataFrame, owned: pd.DataFrame) -> pd.DataFrame:
    """Count applications of municipalities and counties by owner, year, type and main activity.

    Parameters
    ----------
    applications, owned : DataFrame
        Applications, and their :func:`owners`.

    Returns
    -------
    DataFrame
        owner_type, municipality_code and county_code (2024; of a county that was divided county_code is
        NA), county_successors, year (of the application, else of the deadline, else of the start),
        application_type, main_activity, n_applied and of these n_granted, n_refused, n_no_amount (closed
        with 0 kroner), n_pending; applied_nok, granted_nok (NOK, sums of what is known). An owner that
        never applied has no row. Owners whose name has no code are left out: see ``problem`` of owners.

    Raises
    ------
    DataError
        The table does not fit its schema.
    """
    rows = applications.join(owned.drop(columns=["problem"]))
    is_owner = rows["participant_type"].isin(["municipality", "county"])
    has_code = rows["municipality_code"].notna() | rows["county_successors"].notna()
    rows = rows[is_owner & has_code].rename(columns={"participant_type": "owner_type"})
    applied = rows["applied_date"].fillna(rows["deadline"]).dt.year.astype("Int64")
    rows = rows.assign(
        year=applied.fillna(rows["start_year"]),
        n_applied=1,
        **{f"n_{status}": rows["status"].eq(status).astype("int64") for status in _STATUS},
    )
    keys = ["owner_type", *dictionary()["table"]["applications"]["key"]]
    counts = [column for column in columns("applications") if column.startswith("n_")]
    groups = rows.groupby(keys, dropna=False)
    amounts = groups[["applied_nok", "granted_nok"]].sum(min_count=1)
    frame = groups[counts].sum().join(amounts).reset_index()
    return validate(frame, "applications")


def as_register_rows(applications: pd.DataFrame, owned: pd.DataFrame, retrieved: str) -> pd.DataFrame:
    """Grants to municipalities, counties and their companies as rows of the register's import form.

    One row is one project with its own title and number, where the third party's copy has one row per
    owner, year, activity and field.

    Parameters
    ----------
    applications, owned : DataFrame
        Applications, and their :func:`owners`.
    retrieved : str
        Day on which the file was fetched (ISO), given as the date of the source.

    Returns
    -------
    DataFrame
        Columns of the import form, blank as NA; sorted by year, owner and project number. A title that
        several projects share is followed by the project number.
    """
    rows = applications.join(owned)
    unsolved = rows["problem"].notna()
    rows = rows[rows["status"].eq("granted") & rows["participant_type"].notna() & ~unsolved]
    rows = rows.sort_values(["start_year", "participant_name", "project_number"])
    shared = rows["title"].str.casefold().duplicated(keep=False) | rows["title"].isna()
    numbered = (rows["title"].fillna("Project") + " (" + rows["project_number"] + ")").where(shared)
    named = rows["owner_name"].where(rows["owner_name"].ne(rows["participant_name"]))
    note = "project owner; year is the start year; partners are not published"
    return pd.DataFrame(
        {
            "programme_id": PROGRAMME,
            "project_title": numbered.fillna(rows["title"]),
            "year": rows["start_year"],
            "participant_name": rows["participant_name"],
            "participant_type": rows["participant_type"],
            "county_hint": rows["county_hint"],
            "name_year": rows["name_year"].mask(rows["name_year"].eq(rows["start_year"]).fillna(False)),
            "role": "lead",
            "stage": "taking_part",
            "confidence": "stated",
            "organisation_number": rows["organisation_number"],
            "round": rows["call_title"],
            "amount_nok": rows["granted_nok"],
            "external_id": rows["project_number"],
            "topic": rows["field"].map(_FIELDS).fillna("other"),
            "source_url": ADDRESS,
            "source_title": "Søknader (soknader2), the Research Council's open data",
            "source_publisher": "Norges forskningsråd",
            "source_date": retrieved,
            "source_kind": "publisher",
            "note": ('registered as "' + named + '"; ').fillna("") + note,
        }
    ).reset_index(drop=True)


def _year(applications: pd.DataFrame) -> pd.Series:
    """The year whose names are looked for: that of the start, as the register's records have it."""
    return applications["start_year"].fillna(applications["applied_date"].dt.year.astype("Int64"))
