"""The Research Council's own file of applications, where it has been fetched, with owners told by the register's names."""

from __future__ import annotations

import datetime
import re

import pandas as pd

from analysis import raw
from analysis.errors import AnalysisError
from analysis.register import declarations, edit
from analysis.register.files import Register
from analysis.register.resolve import resolve
from analysis.tables import applications

SOURCE = "research_council_applications"
_FIRST_ROW = 2
_EU_PROGRAMME = "horizon_2020"
_EU_ADDRESS = "https://github.com/Forskningsradet/open-data/tree/main/datasets/bevilgningereu"


def owned(register: Register, reforms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the applications of data/raw and tell their owners.

    Parameters
    ----------
    register : Register
        Its counties and names decide what a name stands for.
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`.

    Returns
    -------
    asked, owners : DataFrame
        See :func:`analysis.tables.applications.typed` and :func:`analysis.tables.applications.owners`.

    Raises
    ------
    DataError
        The file has not been fetched, or its bytes are not those recorded.
    """
    asked = applications.typed(raw.read(SOURCE))
    owners = applications.owners(
        asked,
        raw.read("brreg_organisations"),
        raw.read("ssb_counties"),
        lambda rows: resolve(rows, reforms, register["counties"], register["names"]),
    )
    return asked, owners


def import_form(register: Register, reforms: pd.DataFrame) -> pd.DataFrame:
    """Grants of the official file as rows of the import form; see :func:`analysis.tables.applications.as_register_rows`.

    Raises
    ------
    AnalysisError
        The file has not been fetched.
    """
    if SOURCE not in raw.catalogue().index:
        raise AnalysisError(f"the file has not been fetched: run `python -m analysis fetch {SOURCE}` first")
    retrieved = raw.catalogue().loc[SOURCE, "retrieved"]
    return applications.as_register_rows(*owned(register, reforms), retrieved)


def missing_eu(register: Register, participants: pd.DataFrame) -> pd.DataFrame:
    """Municipalities and counties in Horizon 2020 that the register lacks, as rows of the import form.

    The register's rows of the programme are those of this file, with its titles, project numbers and sums in
    euro; what a newer version of the file adds to them is given here.

    Parameters
    ----------
    register : Register
        Its projects (external_id: the project number) and participations (organisation_number) of the programme.
    participants : DataFrame
        :func:`analysis.loaders.research_council.parse_eu`.

    Returns
    -------
    DataFrame
        Rows as :func:`import_form` has them; none where the register holds all.
    """
    projects = register["projects"].set_index("project_id")
    here = register["participations"].join(projects[["programme_id", "external_id"]], on="project_id")
    here = here[here["programme_id"] == _EU_PROGRAMME]
    known = pd.MultiIndex.from_frame(here[["external_id", "organisation_number"]])
    kinds = applications.owner_names(participants["organisation_name"].fillna(""))["participant_type"]
    rows = participants[
        participants["framework_programme"].eq("H2020") & kinds.isin(["municipality", "county"])
    ]
    rows = rows[~pd.MultiIndex.from_frame(rows[["project_number", "organisation_number"]]).isin(known)]
    short = rows["acronym"].fillna(rows["title"])
    titled = (short + ": " + rows["title"]).where(short.ne(rows["title"]), rows["title"])
    return pd.DataFrame(
        {
            "programme_id": _EU_PROGRAMME,
            "project_title": titled,
            "year": rows["start_date"].dt.year.astype("Int64"),
            "participant_name": rows["organisation_name"],
            "participant_type": kinds[rows.index],
            "role": rows["role"].map({"COORDINATOR": "lead"}).fillna("participant"),
            "stage": "taking_part",
            "confidence": "stated",
            "organisation_number": rows["organisation_number"],
            "own_amount_eur": rows["granted_eur"],
            "external_id": rows["project_number"],
            "source_url": _EU_ADDRESS,
            "source_kind": "publisher",
        }
    ).reset_index(drop=True)


def in_force(register: Register, units: pd.DataFrame) -> tuple[Register, pd.DataFrame]:
    """The register with the Research Council's own grants, and the table applications; once the file is fetched.

    Parameters
    ----------
    register : Register
        Without faults.
    units : DataFrame
        See :func:`analysis.tables.reforms.build`.

    Returns
    -------
    register : Register
        See :func:`with_official`.
    applications : DataFrame
        See :func:`analysis.tables.applications.build`.
    """
    asked, owners = owned(register, units)
    rows = applications.as_register_rows(asked, owners, raw.catalogue().loc[SOURCE, "retrieved"])
    return with_official(register, rows, units), applications.build(asked, owners)


def with_official(register: Register, rows: pd.DataFrame, reforms: pd.DataFrame) -> Register:
    """The register with the official file's grants in place of the third party's copy of them.

    The records of :data:`analysis.tables.applications.PROGRAMME` that rest on the programme's own source are
    left out, with their projects. A project of another programme that is the same grant as one of them points
    to the new project of that owner, year and amount; where the copy holds several grants in one row, to the
    largest of them. The files of the register stay as they are.

    Parameters
    ----------
    register : Register
        Without faults.
    rows : DataFrame
        The grants as :func:`analysis.tables.applications.as_register_rows` gives them.
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`.

    Returns
    -------
    Register
        In memory: records with titles, project numbers and amounts of their own.

    Raises
    ------
    DataError
        Every row of the file that the register would not take.
    """
    programmes, projects = register["programmes"], register["projects"]
    is_ours = programmes["programme_id"] == applications.PROGRAMME
    ours = projects.loc[projects["programme_id"] == applications.PROGRAMME, "project_id"]
    parts = register["participations"]
    copied = parts["project_id"].isin(ours) & parts["source_id"].isin(programmes.loc[is_ours, "source_id"])
    gone = ours[ours.isin(parts.loc[copied, "project_id"]) & ~ours.isin(parts.loc[~copied, "project_id"])]
    kept = projects[~projects["project_id"].isin(gone)].copy()
    pointing = kept["same_grant_as"].isin(gone)
    certainty = kept.loc[pointing, "same_grant_certainty"]
    links = kept.loc[pointing, "same_grant_as"]
    kept.loc[pointing, ["same_grant_as", "same_grant_certainty"]] = pd.NA
    collection = parts.loc[copied, "collection_id"].dropna()
    base = _replaced(register, {"projects": kept, "participations": parts[~copied]})
    form = rows.assign(own_amount_nok=rows["amount_nok"], form="joint").reindex(
        columns=list(declarations.form())
    )
    form = form.astype("str").where(form.notna()).set_axis(range(_FIRST_ROW, len(form) + _FIRST_ROW))
    day = datetime.date.fromisoformat(str(rows["source_date"].max())) if len(rows) else datetime.date.min
    plan = edit.plan(form, base, reforms, SOURCE, day, collection.iloc[0] if len(collection) else None)
    tables = edit.apply(plan, base)
    new = tables["projects"]
    for row, target in links.items():
        found = _same_grant(target, projects, parts, plan.additions)
        at = new.index[new["project_id"] == kept.loc[row, "project_id"]]
        new.loc[at, ["same_grant_as", "same_grant_certainty"]] = [found, certainty[row] if found else pd.NA]
    read = tables["sources"].loc[tables["sources"]["url"] == applications.ADDRESS, "source_id"]
    said = declarations.computed()["official_applications"]
    said = {**said, "source_id": read.iloc[0]} if len(read) else said
    return _replaced(
        base,
        {
            **tables,
            "programmes": programmes.assign(
                **{name: programmes[name].mask(is_ours, text) for name, text in said.items()}
            ),
        },
    )


def _replaced(register: Register, frames: dict[str, pd.DataFrame]) -> Register:
    """The register with other tables, indexed by the rows that they would have in a file."""
    numbered = {
        name: frame.set_axis(pd.RangeIndex(_FIRST_ROW, len(frame) + _FIRST_ROW))
        for name, frame in frames.items()
    }
    return Register({**register.frames, **numbered}, register.package, register.faults, register.unread)


def _same_grant(
    target: str, projects: pd.DataFrame, parts: pd.DataFrame, new: dict[str, pd.DataFrame]
) -> str | None:
    """The new project of the owner, year and amount of a row of the copy; of several grants the owner's largest."""
    old = projects.set_index("project_id").loc[target]
    row = parts[parts["project_id"] == target].iloc[0]
    owners = new["participations"].set_index("project_id")
    same = owners[
        owners["participant_name"].map(_owner).eq(_owner(row["participant_name"]))
        & owners["year"].eq(row["year"])
    ]
    amounts = pd.to_numeric(same["own_amount_nok"]).sort_values(ascending=False, kind="stable")
    if amounts.empty:
        return None
    exact = amounts[amounts == float(old["amount_nok"])]
    if exact.empty and not pd.to_numeric(old["n_grants"]) > 1:
        return None
    return str((exact if len(exact) else amounts).index[0])


def _owner(name: str) -> str:
    """What two ways of writing an owner have in common: the municipality, without its units.

    Examples
    --------
    >>> _owner("Oslo kommune, bydel Alna") == _owner("OSLO KOMMUNE")
    True
    """
    text = name.casefold()
    found = re.search(r"^.*?\b(?:fylkeskommune|kommune|herad)\b", text)
    return found[0] if found else text
