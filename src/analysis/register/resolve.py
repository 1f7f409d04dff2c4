"""Names to codes: which municipality or county a participant is, as it was then and as it is now.

Two things decide and nothing else: the official names in force in the year (KLASS 131 and 104), and
``names.csv``, where a person has written down what another name stands for. A name is never matched
by likeness; near names are only listed in the message about a name that could not be resolved.

Rules on a name, each stated because it changes what is compared:

1. letter case, repeated spaces and a closing *kommune*, *fylkeskommune*, *suohkan* … do not count;
2. the parts of a double name (``Gáivuotna - Kåfjord``, ``HARSTAD / HÁRSTTÁID``) each count;
3. a county in brackets (``Os (Hordaland)``) or in ``county_hint`` must fit, by its name then or now;
4. the names looked among are those in force on 1 January of ``name_year``, else ``year``, else in all years.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import pandas as pd

from analysis.register.unresolved import PLURAL, problem

_ENDING = re.compile(
    r"\s+(fylkeskommune|fylkeskommunen|fylke|kommune|kommunen|kommuna|suohkan|gielda|tjïelte|tjielte|komuuni|herred)$"
)
_PARTS = re.compile(r"\s+[-–]\s+|\s*/\s*")
_BRACKET = re.compile(r"^(?P<name>.*\S)\s*\((?P<county>[^()]+)\)$")
_OPEN = (0, 9999)


@functools.lru_cache(maxsize=2**15)
def key(name: str) -> str:
    """A name as it is compared: one case, single spaces, no *kommune* at the end.

    Examples
    --------
    >>> key("  stor-elvdal   KOMMUNE ")
    'stor-elvdal'
    """
    folded = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return _ENDING.sub("", folded)


def parts(name: str) -> list[str]:
    """The keys of a name's language parts, brackets left out.

    Examples
    --------
    >>> parts("HARSTAD KOMMUNE / HÁRSTTÁID SUOHKAN")
    ['harstad', 'hársttáid']
    """
    bare = _BRACKET.sub(r"\g<name>", " ".join(name.split()))
    return list(dict.fromkeys(key(part) for part in _PARTS.split(bare) if part.strip()))


def bracket(name: str) -> str:
    """The key of what stands in brackets after a name, or nothing.

    Examples
    --------
    >>> bracket("Os (Hordaland)")
    'hordaland'
    """
    found = _BRACKET.match(" ".join(name.split()))
    return key(found["county"]) if found else ""


def _years(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns from_year and to_year out of valid_from and valid_to typed as text."""
    bounds = zip(("from_year", "to_year"), ("valid_from", "valid_to"), _OPEN, strict=True)
    return {
        name: pd.to_numeric(frame[column], errors="coerce").fillna(open_).astype(int)
        for name, column, open_ in bounds
    }


def counties_over_time(counties: pd.DataFrame) -> pd.DataFrame:
    """Counties with numeric periods.

    Parameters
    ----------
    counties : DataFrame
        counties.csv.

    Returns
    -------
    DataFrame
        code, name, from_year, to_year, successors (2024 codes, semicolons between), key.
    """
    frame = counties.dropna(subset=["county_code", "county_name"]).rename(
        columns={"county_code": "code", "county_name": "name", "successors_2024": "successors"}
    )
    frame = frame.assign(**_years(frame), key=frame["name"].map(key))
    return frame[["code", "name", "from_year", "to_year", "successors", "key"]]


def directory(reforms: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """Every official name of a municipality or county, one row per name part and period.

    Parameters
    ----------
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`.
    counties : DataFrame
        counties.csv.

    Returns
    -------
    DataFrame
        kind (municipality or county), key, code, name (official), from_year, to_year (years on whose
        1 January it was in force), place (municipality: its 2024 code, for a split unit where SSB's series
        put it, else NA; county: codes of its successors), is_split, county_code_then, county_then, hints
        (keys of the county names that fit a municipality, then or now).
    """
    units = reforms.assign(
        place=reforms["municipality_code"].where(~reforms["is_split"], reforms["series_code"])
    )
    units = units.drop_duplicates(["code", "valid_from"]).assign(
        kind="municipality",
        from_year=units["valid_from"].dt.year.fillna(_OPEN[0]).astype(int),
        to_year=(units["valid_to"].dt.year - 1).fillna(_OPEN[1]).astype(int),
    )
    over_time = counties_over_time(counties)
    held = (
        units[["code", "valid_from", "from_year", "to_year"]]
        .assign(county=units["code"].str[:2])
        .merge(over_time.add_prefix("c_"), left_on="county", right_on="c_code")
    )
    overlap = (held["c_from_year"] <= held["to_year"]) & (held["c_to_year"] >= held["from_year"])
    # A period that begins before the counties' own is named by the oldest county that fits.
    held = held[overlap].sort_values("c_from_year").drop_duplicates(["code", "valid_from"])
    units = units.merge(
        held[["code", "valid_from", "c_code", "c_name", "c_key"]], on=["code", "valid_from"], how="left"
    ).rename(columns={"c_code": "county_code_then", "c_name": "county_then"})
    now = over_time[over_time["to_year"] == _OPEN[1]].set_index("code")["key"]
    present = units["place"].str[:2].map(now)
    units["hints"] = [
        {hint for hint in pair if pd.notna(hint)} for pair in zip(units["c_key"], present, strict=True)
    ]
    units["key"] = units["name"].map(parts)
    bodies = over_time.assign(
        kind="county",
        place=over_time["successors"],
        is_split=False,
        county_code_then=over_time["code"],
        county_then=over_time["name"],
        hints=None,
    )
    columns = ["kind", "key", "code", "name", "from_year", "to_year", "place", "is_split"]
    columns += ["county_code_then", "county_then", "hints"]
    return pd.concat([units.explode("key")[columns], bodies[columns]], ignore_index=True)


def _lookup(rows: pd.DataFrame, names: pd.DataFrame, year: pd.Series | None) -> pd.DataFrame:
    """Pairs of row and directory entry of the same kind and key.

    With years: those in force in the row's year (in all years where NA) that fit its county hint; with
    None: of all years and counties.
    """
    wanted = rows[["participant_type", "keys", "hint"]].assign(row=rows.index, year_wanted=year)
    pairs = wanted.explode("keys").merge(
        names, left_on=["participant_type", "keys"], right_on=["kind", "key"]
    )
    if year is not None:
        asked = pairs["year_wanted"]
        fits = asked.isna() | asked.between(pairs["from_year"], pairs["to_year"])
        hinted = [
            not hint or hints is None or hint in hints
            for hint, hints in zip(pairs["hint"].tolist(), pairs["hints"], strict=True)
        ]
        pairs = pairs[fits.fillna(False).astype(bool) & pd.Series(hinted, pairs.index, dtype=bool)]
    return pairs.drop_duplicates(["row", "code", "name"])


def _prepare(rows: pd.DataFrame, aliases: pd.DataFrame) -> pd.DataFrame:
    """Rows with the keys to look for and the county hint, after names.csv was applied."""
    frame = rows[["participant_name", "participant_type", "year", "name_year"]].copy()
    aliases = aliases.dropna(subset=["name", "resolves_to", "participant_type"])
    aliases = aliases.assign(**_years(aliases), key=aliases["name"].map(key))
    known: dict[tuple[str, str], list] = {}
    for alias in aliases.itertuples():
        known.setdefault((alias.participant_type, alias.key), []).append(alias)
    look_for = frame["participant_name"].fillna("").tolist()
    hints = rows["county_hint"].fillna("").map(key).tolist()
    named_in = frame["name_year"].fillna(frame["year"])
    kinds, years = frame["participant_type"].tolist(), named_in.tolist()
    for place, (kind, name, year) in enumerate(zip(kinds, look_for, years, strict=True)):
        for alias in known.get((kind, key(name)), []):
            if pd.isna(year) or alias.from_year <= year <= alias.to_year:
                look_for[place] = alias.resolves_to
                hints[place] = key("" if pd.isna(alias.county_hint) else alias.county_hint)
    keys = {name: parts(name) for name in set(look_for)}
    return frame.assign(
        keys=[keys[name] for name in look_for],
        hint=[hint or bracket(name) for hint, name in zip(hints, look_for, strict=True)],
    )


def _sole(pairs: pd.DataFrame, column: str) -> pd.Series:
    """Per row the value of a column where all its pairs agree, else NA."""
    distinct = pairs.drop_duplicates(["row", column])
    return distinct.drop_duplicates("row", keep=False).set_index("row")[column]


def resolve(
    rows: pd.DataFrame, reforms: pd.DataFrame, counties: pd.DataFrame, aliases: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Find the unit behind each participant, then and now.

    Parameters
    ----------
    rows : DataFrame
        participant_name, participant_type, year, name_year (numbers or NA), county_hint.
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`.
    counties, aliases : DataFrame
        counties.csv and names.csv.

    Returns
    -------
    found : DataFrame
        Columns on the index of rows: municipality_code (2024; NA for other bodies and for a
        split unit that SSB's series place nowhere), county_code (2024; NA where a former county has several
        successors), code_then, name_then (the unit in ``year``; NA where the year is unknown and the code
        changed, or the named unit did not exist yet), county_code_then, county_then, county_successors
        (2024 codes, semicolons between), is_split. Bodies that are neither municipality nor county have NA.
    problems : Series
        A text per row that could not be resolved; none for a blank name.
    """
    frame = _prepare(rows, aliases)
    frame = frame[frame["participant_type"].isin(list(PLURAL)) & frame["participant_name"].notna()]
    names = directory(reforms, counties)
    named_in = frame["name_year"].fillna(frame["year"])
    pairs = _lookup(frame, names, named_in)
    place = _sole(pairs, "place").reindex(frame.index)
    # One unit that is split with no series is still one unit, though its place is unknown.
    one_unit = pairs.groupby("row")["code"].nunique().reindex(frame.index).eq(1)
    unknown = frame[place.isna() & ~one_unit]
    anywhere = _lookup(unknown, names, None)
    problems = {
        index: problem(row, pairs[pairs["row"] == index], anywhere[anywhere["row"] == index], names)
        for index, row in unknown.iterrows()
    }
    # Named by another year than that of participation: the unit of then must be looked up for itself.
    dated = frame["name_year"].notna() & frame["name_year"].ne(frame["year"]).fillna(True)
    again = frame[dated]
    then = pd.concat([pairs[~pairs["row"].isin(again.index)], _lookup(again, names, again["year"])])
    then = then[then["place"].eq(then["row"].map(place)) | then["place"].isna()]

    def agreed(found: pd.DataFrame, column: str) -> pd.Series:
        return _sole(found, column).reindex(rows.index)

    is_county = rows["participant_type"].eq("county")
    place = place.reindex(rows.index)
    one_county = place.where(is_county & place.str.len().eq(2))
    # A county named by a later structure (Viken for 2015) is kept as named; its code is of that time.
    named = pairs[pairs["kind"] == "county"]
    out = {
        "municipality_code": place.where(~is_county),
        "county_code": place.where(~is_county).str[:2].fillna(one_county),
        "code_then": agreed(then, "code"),
        "name_then": agreed(then, "name"),
        "county_code_then": agreed(named, "code").fillna(agreed(then, "county_code_then")),
        "county_then": agreed(named, "name").fillna(agreed(then, "county_then")),
        "county_successors": place.where(is_county),
    }
    is_split = pairs.groupby("row")["is_split"].any().reindex(rows.index, fill_value=False)
    found = pd.DataFrame(out, dtype="str").assign(is_split=is_split.astype(bool))
    return found, pd.Series(problems, dtype="str")
