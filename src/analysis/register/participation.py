"""Who takes part: one row per record of the register and participant, with codes then and now."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.definitions import SIZE_BANDS, size_band
from analysis.errors import DataError, Fault
from analysis.register import resolve as names
from analysis.register.files import Register
from analysis.tables.reforms import crosswalk
from analysis.tables.schema import county_code, municipality_code, validate

#: What population_then rests on where the unit's territory is unchanged since.
SERIES = "ssb-07459"

SCHEMA = pa.DataFrameSchema(
    {
        "record_id": pa.Column(str),
        "programme_id": pa.Column(str),
        "project_id": pa.Column(str),
        "year": pa.Column("Int64", nullable=True),
        "participant_name": pa.Column(str),
        "participant_type": pa.Column(
            str, pa.Check.isin(["municipality", "county", "state", "health", "other"])
        ),
        "municipality_code": municipality_code(nullable=True),
        "county_code": county_code(nullable=True),
        "code_then": pa.Column(str, nullable=True),
        "name_then": pa.Column(str, nullable=True),
        "population_then": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "population_then_source": pa.Column(str, nullable=True),
        "size_band_then": pa.Column(pd.CategoricalDtype(list(SIZE_BANDS), ordered=True), nullable=True),
        "county_code_then": county_code(nullable=True),
        "county_then": pa.Column(str, nullable=True),
        "county_successors": pa.Column(str, pa.Check.str_matches(r"^\d{2}(;\d{2})*$"), nullable=True),
        "is_split": pa.Column(bool),
        "role": pa.Column(str, pa.Check.isin(["lead", "partner", "participant"])),
        "stage": pa.Column(str, pa.Check.isin(["taking_part", "winner", "nominee", "candidate"])),
        "confidence": pa.Column(str, pa.Check.isin(["stated", "inferred"])),
        "is_expanded": pa.Column(bool),
        "group_id": pa.Column(str, nullable=True),
        "own_amount_nok": pa.Column("Int64", nullable=True),
        "own_amount_eur": pa.Column(float, nullable=True),
        "source_id": pa.Column(str),
        "source_kind": pa.Column(str, pa.Check.isin(["publisher", "participant", "press"])),
        "further_source_ids": pa.Column(str, nullable=True),
        "batch": pa.Column(str),
        "note": pa.Column(str, nullable=True),
    },
    unique=["record_id", "participant_name"],
    strict=True,
    coerce=True,
)


def build(register: Register, reforms: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """One row per record and participant; a record of a group gives one row per member.

    Args:
        register: :func:`analysis.register.files.read`.
        reforms: codes over time. population: persons on 1 January by 2024 municipality and year.

    Returns record_id, programme_id, project_id, year, participant_name (as in the source),
    participant_type, municipality_code and county_code (2024), code_then, name_then, population_then
    (persons on 1 January of the year, of the unit as it was) with population_then_source, size_band_then,
    county_code_then, county_then, county_successors (2024 counties of a county participant, semicolons
    between; county_code is NA where there are several), is_split, role, stage, confidence, is_expanded
    (the source names a group, not the member), group_id, own_amount_nok, own_amount_eur (what this
    participant got itself), source_id, source_kind, further_source_ids, batch, note.

    Raises:
        DataError: all faults of the register's files and all names that could not be resolved.
    """
    frame, faults = assemble(register, reforms, population)
    if register.faults or faults:
        raise DataError([*register.faults, *faults], "The participation register has faults")
    return validate(frame, SCHEMA, "participation")


def assemble(
    register: Register, reforms: pd.DataFrame, population: pd.DataFrame
) -> tuple[pd.DataFrame, list[Fault]]:
    """The rows of :func:`build` as far as they can be made, and the faults of names."""
    rows, members = _expand(register["participations"], register["groups"])
    rows = _numbers(rows)
    found, problems = names.resolve(rows, reforms, register["counties"], register["names"])
    faults = [_fault(rows.loc[index], problem) for index, problem in problems.items()]
    faults += _unknown_members(register["groups"], reforms, register, members)
    frame = rows.join(found)
    frame = _drop_named_members(frame)
    frame["programme_id"] = frame["project_id"].map(
        _lookup(register["projects"], "project_id", "programme_id")
    )
    frame["source_kind"] = frame["source_id"].map(_lookup(register["sources"], "source_id", "source_kind"))
    then = population_then(frame, reforms, population, register["former_units"])
    frame = frame.assign(
        population_then=then["population_then"],
        population_then_source=then["population_then_source"],
        size_band_then=size_band(then["population_then"]),
    )
    return frame[list(SCHEMA.columns)].reset_index(drop=True), faults


def _lookup(frame: pd.DataFrame, key: str, value: str) -> pd.Series:
    return frame.dropna(subset=key).drop_duplicates(key).set_index(key)[value]


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Text columns of years and amounts as numbers; what is no number (a fault already told) becomes NA."""
    as_number = {
        name: pd.to_numeric(rows[name], errors="coerce") for name in ("year", "name_year", "own_amount_nok")
    }
    # A year out of range has its own fault; the name is then looked up in all years.
    for name in ("year", "name_year"):
        as_number[name] = (
            as_number[name].where(as_number[name].between(1990, 2100)).astype("Float64").astype("Int64")
        )
    return rows.assign(
        **as_number,
        own_amount_eur=pd.to_numeric(rows["own_amount_eur"], errors="coerce").astype(float),
        confidence=rows["confidence"],
    )


def _expand(rows: pd.DataFrame, groups: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with each group row replaced by its members in that year; and the members used.

    The column ``row`` keeps the spreadsheet row; the member of a group is always *inferred*.
    """
    rows = rows.assign(row=rows.index, is_expanded=False)
    is_group = rows["participant_type"].eq("group")
    low, high = (
        pd.to_numeric(groups["valid_from"], errors="coerce"),
        pd.to_numeric(groups["valid_to"], errors="coerce"),
    )
    listed = groups.assign(low=low.fillna(0), high=high.fillna(9999), group_row=groups.index)
    pairs = (
        rows[is_group]
        .drop(columns="county_hint")
        .merge(listed[["group_id", "member_name", "county_hint", "low", "high", "group_row"]], on="group_id")
    )
    year = pd.to_numeric(pairs["year"], errors="coerce")
    pairs = pairs[year.isna() | year.between(pairs["low"], pairs["high"])]
    # A record without a year names the members by the year their membership began.
    pairs["name_year"] = pairs["name_year"].fillna(
        pairs["low"].astype(int).astype(str).where(pairs["year"].isna())
    )
    members = pairs.assign(
        participant_name=pairs["member_name"],
        participant_type="municipality",
        confidence="inferred",
        is_expanded=True,
    )
    kept = pd.concat([rows[~is_group], members[[*rows.columns]]], ignore_index=True)
    return kept.sort_values(["row", "is_expanded"], kind="stable").reset_index(drop=True), members


def _drop_named_members(frame: pd.DataFrame) -> pd.DataFrame:
    """Without members of a group that the same project already names one by one."""
    named = frame.loc[
        ~frame["is_expanded"] & frame["municipality_code"].notna(), ["project_id", "municipality_code"]
    ]
    twice = pd.MultiIndex.from_frame(frame[["project_id", "municipality_code"]]).isin(
        pd.MultiIndex.from_frame(named)
    )
    return frame[~(frame["is_expanded"] & twice)]


def _fault(row: pd.Series, problem: str) -> Fault:
    if row["is_expanded"]:
        return Fault(
            "groups.csv",
            None,
            "member_name",
            row["participant_name"],
            f"{problem} (used in {row['record_id']})",
        )
    return Fault("participations.csv", int(row["row"]), "participant_name", row["participant_name"], problem)


def _unknown_members(
    groups: pd.DataFrame, reforms: pd.DataFrame, register: Register, used: pd.DataFrame
) -> list[Fault]:
    """Faults of group members that no record uses yet, so that a wrong name is told when it is typed."""
    idle = groups[~groups["group_id"].isin(used["group_id"])]
    rows = pd.DataFrame(
        {
            "participant_name": idle["member_name"],
            "participant_type": "municipality",
            "year": pd.to_numeric(idle["valid_from"], errors="coerce"),
            "name_year": float("nan"),
            "county_hint": idle["county_hint"],
        }
    )
    _, problems = names.resolve(rows, reforms, register["counties"], register["names"])
    return [
        Fault("groups.csv", int(index), "member_name", rows.loc[index, "participant_name"], problem)
        for index, problem in problems.items()
    ]


def population_then(
    frame: pd.DataFrame, reforms: pd.DataFrame, population: pd.DataFrame, former_units: pd.DataFrame
) -> pd.DataFrame:
    """Population of each municipality as it was in the year of participation, and its source.

    SSB's series for the 2024 structure is used only where the unit's territory then is the 2024
    municipality's (one unit, no merger or split since). For other units the figure is taken from
    ``former_units.csv`` if it is there for that code and year. Otherwise both columns are NA.

    Args:
        frame: code_then, municipality_code, year.

    Returns population_then (Int64) and population_then_source (a source_id) on the frame's index.
    """
    years = sorted(frame["year"].dropna().unique())
    whole = []
    for year in years:
        units = crosswalk(reforms, int(year)).assign(
            place=lambda u: u["series_code"].fillna(u["municipality_code"])
        )
        # Alone in every 2024 municipality it touches: its population is the series' sum over these.
        shared = units.groupby("municipality_code")["code"].transform("nunique").gt(1)
        alone = units[~units["code"].isin(units.loc[shared, "code"])]
        whole.append(alone[["code", "place"]].drop_duplicates("code").assign(year=int(year)))
    unchanged = pd.concat(whole) if whole else pd.DataFrame(columns=["code", "place", "year"])
    series = unchanged.merge(
        population[["municipality_code", "year", "population"]],
        left_on=["place", "year"],
        right_on=["municipality_code", "year"],
    ).assign(source=SERIES)[["code", "year", "population", "source"]]
    typed = pd.DataFrame(
        {
            "code": former_units["code"],
            "year": pd.to_numeric(former_units["year"], errors="coerce"),
            "population": pd.to_numeric(former_units["population"], errors="coerce"),
            "source": former_units["source_id"],
        }
    )
    figures = (
        pd.concat([series, typed]).dropna(subset=["population", "year"]).drop_duplicates(["code", "year"])
    )
    figures = figures.astype({"year": "Int64", "population": "Int64"})
    wanted = frame[["code_then", "year"]].rename(columns={"code_then": "code"}).astype({"year": "Int64"})
    got = wanted.merge(figures, on=["code", "year"], how="left").set_axis(frame.index)
    towns = frame["participant_type"] == "municipality" if "participant_type" in frame else True
    return pd.DataFrame(
        {
            "population_then": got["population"].where(towns),
            "population_then_source": got["source"].where(towns),
        }
    )
