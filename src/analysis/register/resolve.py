"""Names to codes: which municipality or county a participant is, as it was then and as it is now.

Two things decide and nothing else: the official names in force in the year (KLASS 131 and 104), and
``names.csv``, where a person has written down what another name stands for. A name is never matched
by likeness. Near names are only told, in the problem of a name that could not be resolved.

Rules on a name, each stated because it changes what is compared:

1. letter case, repeated spaces and a closing *kommune*, *fylkeskommune*, *suohkan* … do not count;
2. the parts of a double name (``Gáivuotna - Kåfjord``, ``HARSTAD / HÁRSTTÁID``) each count;
3. a county in brackets (``Os (Hordaland)``) or in ``county_hint`` must fit, by its name then or now;
4. the names looked among are those in force on 1 January of ``name_year``, else ``year``, else in all years.
"""

from __future__ import annotations

import difflib
import re
import unicodedata

import numpy as np
import pandas as pd

_ENDING = re.compile(
    r"\s+(fylkeskommune|fylkeskommunen|fylke|kommune|kommunen|kommuna|suohkan|gielda|tjïelte|tjielte|komuuni|herred)$"
)
_PARTS = re.compile(r"\s+[-–]\s+|\s*/\s*")
_BRACKET = re.compile(r"^(?P<name>.*\S)\s*\((?P<county>[^()]+)\)$")
_OPEN = (0, 9999)

#: Columns that :func:`resolve` gives.
RESOLVED = [
    "municipality_code",
    "county_code",
    "code_then",
    "name_then",
    "county_code_then",
    "county_then",
    "county_successors",
    "is_split",
]


def key(name: str) -> str:
    """A name as it is compared: one case, single spaces, no *kommune* at the end."""
    folded = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return _ENDING.sub("", folded)


def parts(name: str) -> list[str]:
    """The keys of a name's language parts, brackets left out."""
    bare = _BRACKET.sub(r"\g<name>", " ".join(name.split()))
    return list(dict.fromkeys(key(part) for part in _PARTS.split(bare) if part.strip()))


def bracket(name: str) -> str | None:
    """The key of what stands in brackets after a name, if anything does."""
    found = _BRACKET.match(" ".join(name.split()))
    return key(found["county"]) if found else None


def counties_over_time(counties: pd.DataFrame) -> pd.DataFrame:
    """counties.csv with numeric periods: code, name, from_year, to_year, successors (semicolon list), key."""
    frame = counties.rename(
        columns={"county_code": "code", "county_name": "name", "successors_2024": "successors"}
    )
    return frame.assign(
        from_year=pd.to_numeric(frame["valid_from"]).fillna(_OPEN[0]).astype(int),
        to_year=pd.to_numeric(frame["valid_to"]).fillna(_OPEN[1]).astype(int),
        key=frame["name"].map(key),
    )[["code", "name", "from_year", "to_year", "successors", "key"]]


def directory(reforms: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """Every official name of a municipality, one row per name part and period.

    Returns key, code, name (official), from_year, to_year (years on whose 1 January it was in force),
    place (its 2024 code; for a split unit where SSB's series put it, else NA), is_split, county_code_then,
    county_then, hints (keys of the county names that fit it, then or now).
    """
    units = reforms.assign(
        place=reforms["municipality_code"].where(~reforms["is_split"], reforms["series_code"])
    )
    units = units.drop_duplicates(["code", "valid_from"]).assign(
        from_year=units["valid_from"].dt.year.fillna(_OPEN[0]).astype(int),
        to_year=(units["valid_to"].dt.year - 1).fillna(_OPEN[1]).astype(int),
    )
    over_time = counties_over_time(counties)
    now = over_time[over_time["to_year"] == _OPEN[1]].set_index("code")["key"]
    held = (
        units[["code", "valid_from", "from_year", "to_year", "place"]]
        .assign(county=units["code"].str[:2])
        .merge(over_time.add_prefix("c_"), left_on="county", right_on="c_code")
    )
    overlap = (held["c_from_year"] <= held["to_year"]) & (held["c_to_year"] >= held["from_year"])
    # A period that begins before the counties' own is named by the oldest county that fits.
    held = held[overlap].sort_values("c_from_year").drop_duplicates(["code", "valid_from"])
    units = units.merge(
        held[["code", "valid_from", "c_code", "c_name", "c_key"]], on=["code", "valid_from"], how="left"
    ).rename(columns={"c_code": "county_code_then", "c_name": "county_then"})
    present = units["place"].str[:2].map(now)
    units["hints"] = [
        {then, today} - {np.nan, None} for then, today in zip(units["c_key"], present, strict=True)
    ]
    units["key"] = units["name"].map(parts)
    columns = [
        "key",
        "code",
        "name",
        "from_year",
        "to_year",
        "place",
        "is_split",
        "county_code_then",
        "county_then",
        "hints",
    ]
    return units.explode("key", ignore_index=True)[columns]


def _lookup(rows: pd.DataFrame, names: pd.DataFrame, year: pd.Series) -> pd.DataFrame:
    """Pairs of row and directory entry with the same key, in force in the year (all years where NA)."""
    wanted = rows.assign(year_wanted=year, row=rows.index).explode("keys")
    pairs = wanted.merge(names, left_on="keys", right_on="key")
    fits = pairs["year_wanted"].isna() | pairs["year_wanted"].between(pairs["from_year"], pairs["to_year"])
    pairs = pairs[fits]
    if "hints" in pairs:
        hinted = [
            not hint or hint in hints for hint, hints in zip(pairs["hint"], pairs["hints"], strict=True)
        ]
        pairs = pairs[np.array(hinted, dtype=bool)]
    return pairs.drop_duplicates(["row", "code", "name"])


def _prepare(rows: pd.DataFrame, aliases: pd.DataFrame) -> pd.DataFrame:
    """Rows with the keys to look for and the county hint, after names.csv was applied."""
    frame = rows[["participant_name", "participant_type", "year", "name_year"]].copy()
    frame["look_for"] = frame["participant_name"]
    frame["hint"] = rows["county_hint"].fillna("").map(key)
    by_year = frame["name_year"].fillna(frame["year"])
    for alias in aliases.itertuples():
        low, high = float(alias.valid_from or 0), float(alias.valid_to or 9999)
        hit = (
            (frame["participant_name"].map(key) == key(alias.name))
            & (frame["participant_type"] == alias.participant_type)
            & (by_year.isna() | by_year.between(low, high))
        )
        frame.loc[hit, "look_for"] = alias.resolves_to
        frame.loc[hit, "hint"] = key(alias.county_hint or "")
    frame["keys"] = frame["look_for"].map(parts)
    brackets = frame["look_for"].map(bracket)
    frame["hint"] = frame["hint"].where(frame["hint"] != "", brackets.fillna(""))
    return frame


def _sole(pairs: pd.DataFrame, column: str) -> pd.Series:
    """Per row the value of a column where all its pairs agree, else NA."""
    distinct = pairs.drop_duplicates(["row", column])
    return distinct.drop_duplicates("row", keep=False).set_index("row")[column]


def _near(names: pd.DataFrame, wanted: list[str]) -> str:
    known = names["key"].unique().tolist()
    near = list(
        dict.fromkeys(match for item in wanted for match in difflib.get_close_matches(item, known, 3, 0.75))
    )
    shown = names[names["key"].isin(near)].drop_duplicates(["code", "name"])
    return "; ".join(
        f"{row.code} {row.name_shown}" for row in shown.assign(name_shown=shown["name"]).itertuples()
    )


def _problem(
    row: pd.Series, found: pd.DataFrame, anywhere: pd.DataFrame, names: pd.DataFrame, kind: str
) -> str:
    """Why a row has no code, what was near, and what to do."""
    year = row["name_year"] if pd.notna(row["name_year"]) else row["year"]
    when = "in any year" if pd.isna(year) else f"on 1 January {int(year)}"
    if len(found):
        listed = "; ".join(
            sorted(found["code"] + " " + found["name"] + " in " + found["county_then"].fillna("?"))
        )
        return f"several {kind}s have this name {when} ({listed}): state county_hint"
    if len(anywhere):
        listed = "; ".join(
            sorted(
                f"{code} {name} {'before' if low == 0 else low}–{'now' if high == 9999 else high}"
                for code, name, low, high in zip(
                    anywhere["code"],
                    anywhere["name"],
                    anywhere["from_year"],
                    anywhere["to_year"],
                    strict=True,
                )
            )
        )
        remedy = "state the name of that year, name_year, or county_hint"
        return f"no {kind} had this name {when}, but: {listed}; {remedy}"
    near = _near(names, row["keys"])
    return (
        f"no {kind} has this name {when}"
        + (f"; near names: {near}" if near else "")
        + "; correct it or add it to names.csv"
    )


def resolve(
    rows: pd.DataFrame, reforms: pd.DataFrame, counties: pd.DataFrame, aliases: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """The unit behind each participant, then and now.

    Args:
        rows: participant_name, participant_type, year, name_year (numbers or NA), county_hint.
        reforms: see :func:`analysis.tables.reforms.build`.
        counties: counties.csv. aliases: names.csv.

    Returns the frame of :data:`RESOLVED` on the index of rows: municipality_code (2024; NA for other
    bodies and for a split unit that SSB's series place nowhere), county_code (2024; NA where a former
    county has several successors), code_then, name_then (the unit in ``year``; NA where the year is
    unknown and the code changed, or the named unit did not exist yet), county_code_then, county_then,
    county_successors (2024 codes, semicolons between), is_split; and the problems, a text per row that
    could not be resolved. Bodies that are neither municipality nor county have NA throughout.
    """
    frame = _prepare(rows, aliases.astype(object).where(aliases.notna(), None))
    out = pd.DataFrame(pd.NA, index=rows.index, columns=RESOLVED, dtype="str").assign(is_split=False)
    problems: dict = {}
    # --- municipalities
    names = directory(reforms, counties)
    towns = frame[frame["participant_type"] == "municipality"]
    pairs = _lookup(towns, names, towns["name_year"].fillna(towns["year"]))
    place = _sole(pairs, "place").reindex(towns.index)
    # One unit that is split with no series is still one unit, though its place is unknown.
    one_unit = pairs.groupby("row")["code"].nunique().reindex(towns.index).eq(1)
    known = place.notna() | one_unit
    anywhere = _lookup(towns[~known].assign(hint=""), names, pd.Series(np.nan, towns.index[~known]))
    for index in towns.index[~known]:
        mine, other = pairs[pairs["row"] == index], anywhere[anywhere["row"] == index]
        problems[index] = _problem(towns.loc[index], mine, other, names, "municipality")
    out.loc[towns.index, "municipality_code"] = place
    out.loc[towns.index, "county_code"] = place.str[:2]
    out.loc[towns.index, "is_split"] = (
        pairs.groupby("row")["is_split"].any().reindex(towns.index, fill_value=False)
    )
    # Named by another year than that of participation: the unit of then must be looked up for itself.
    dated = towns["name_year"].notna() & towns["name_year"].ne(towns["year"]).fillna(True)
    at_time = pd.concat(
        [pairs[~pairs["row"].isin(towns.index[dated])], _lookup(towns[dated], names, towns["year"][dated])]
    )
    at_time = at_time[at_time["place"].eq(at_time["row"].map(place)) | at_time["place"].isna()]
    at_time = at_time.rename(columns={"code": "code_then", "name": "name_then"})
    for column in ("code_then", "name_then", "county_code_then", "county_then"):
        out.loc[towns.index, column] = _sole(at_time, column).reindex(towns.index)
    # --- counties
    over_time = counties_over_time(counties)
    bodies = frame[frame["participant_type"] == "county"]
    pairs = _lookup(bodies, over_time, bodies["name_year"].fillna(bodies["year"]))
    successors = _sole(pairs, "successors").reindex(bodies.index)
    anywhere = _lookup(bodies, over_time, pd.Series(np.nan, bodies.index)).rename(columns={"name": "name"})
    for index in bodies.index[successors.isna()]:
        mine = pairs[pairs["row"] == index].assign(county_then=pd.NA)
        problems[index] = _problem(
            bodies.loc[index], mine, anywhere[anywhere["row"] == index], over_time, "county"
        )
    out.loc[bodies.index, "county_successors"] = successors
    out.loc[bodies.index, "county_code"] = successors.where(successors.str.len() == 2)
    out.loc[bodies.index, "county_then"] = _sole(pairs, "name").reindex(bodies.index)
    # A county named by a later structure (Viken for 2015) is kept as named; its code is of that time.
    out.loc[bodies.index, "county_code_then"] = _sole(pairs, "code").reindex(bodies.index)
    existed = (
        bodies["year"].isna()
        | bodies["name_year"].isna()
        | bodies.index.isin(_lookup(bodies, over_time, bodies["year"])["row"])
    )
    for column, source in (("code_then", "county_code_then"), ("name_then", "county_then")):
        out.loc[bodies.index, column] = out.loc[bodies.index, source].where(existed)
    return out, pd.Series(problems, dtype="str")
