"""A municipality, a county or a programme by any of its names and numbers: official, former, in any language."""

from __future__ import annotations

import re

import pandas as pd

from analysis import tables
from analysis.errors import AnalysisError, UnknownName
from analysis.register import files, resolve

_CODE = re.compile(r"\d+$")
#: Words for all of Norway, as they are compared.
_COUNTRY = {"norway", "the whole country", "norge", "noreg", "norga", "nöörje", "hele landet", "heile landet"}


def is_country(place: str) -> bool:
    """Whether a name stands for all of Norway.

    Examples
    --------
    >>> is_country("Norge"), is_country("Nome")
    (True, False)
    """
    return isinstance(place, str) and resolve.key(place) in _COUNTRY


def municipality_code(place: str) -> str:
    """Code of a municipality of 2024.

    Parameters
    ----------
    place : str
        Its name in any official language, a former name, or a code of today or of the past, also without
        its leading zero. A name that several share takes the county in brackets, of today
        or of the past: ``"Våler (Innlandet)"``, ``"Våler (Viken)"``.

    Returns
    -------
    str
        Four digits.

    Raises
    ------
    AnalysisError
        Nothing has that name or code, several have, a county has it, or a number was given instead of text.

    Examples
    --------
    >>> municipality_code("Guovdageaidnu")  # doctest: +SKIP
    '5612'
    """
    try:
        return _municipality(place)
    except UnknownName as error:
        try:
            county = county_code(place)
        except UnknownName:
            raise error from None
        raise AnalysisError(
            f"{place!r} is a county ({county}), no municipality: an.county({place!r}), counties= or --counties"
        ) from None


def _municipality(place: str) -> str:
    listed = tables.load("municipalities")
    return _one(_text(place), "municipality", _municipality_names(listed), listed)


def county_code(place: str) -> str:
    """Code of a county of 2024.

    Parameters
    ----------
    place : str
        Its name in any official language, or its code.

    Returns
    -------
    str
        Two digits.

    Raises
    ------
    AnalysisError
        Nothing has that name or code, a county of the past had it (says what it became), a municipality has it,
        or a number was given instead of text.

    Examples
    --------
    >>> county_code("Finnmárku")  # doctest: +SKIP
    '56'
    """
    listed = tables.load("counties")
    names = pd.concat([_keys(listed, "county_code", column) for column in listed.columns[1:]])
    try:
        return _one(_text(place), "county", names, listed)
    except UnknownName as error:
        was = _former_county(_text(place), listed.set_index("county_code")["county_name"])
        raise was or _no_county(place) or error from None


def _no_county(place: str) -> AnalysisError | None:
    """That a name is a municipality's, if it is one."""
    try:
        code = _municipality(place)
    except AnalysisError:
        return None
    return AnalysisError(
        f"{place!r} is a municipality ({code}), no county: an.municipality({place!r}), municipalities= or --municipalities"
    )


def _former_county(place: str, today: pd.Series) -> AnalysisError | None:
    """What became of a county that is none any more, if it is one; its area is not that of today's county."""
    over_time = resolve.counties_over_time(pd.read_csv(files.folder() / "counties.csv", dtype=str))
    was = over_time[over_time["code"].eq(place.zfill(2)) | over_time["key"].isin(resolve.parts(place))]
    if was.empty:
        return None
    last = was.sort_values("to_year").iloc[-1]
    now = ", ".join(f"{today[code]} ({code})" for code in last["successors"].split(";"))
    name = f"{place!r} ({last['name']})" if _CODE.match(place) else repr(place)
    return AnalysisError(f"{name} is a former county, until {last['to_year']}; it became {now}")


def programme_id(name: str, programmes: pd.DataFrame | None = None) -> str:
    """Id of a programme.

    Parameters
    ----------
    name : str
        Its id, or its name in bokmål or English.
    programmes : DataFrame, optional
        The table of this name; the built one by default.

    Returns
    -------
    str

    Raises
    ------
    UnknownName
        No programme has that name.

    Examples
    --------
    >>> programme_id("Horizon 2020")  # doctest: +SKIP
    'horizon_2020'
    """
    table = tables.load("programmes") if programmes is None else programmes
    name = _text(name)
    if table["programme_id"].eq(name).any():
        return name
    names = table[["programme_id", *table.columns.intersection(["name_nb", "name_en"])]].astype(str)
    found = names.map(str.casefold).eq(name.casefold()).any(axis=1)
    if not found.any():
        raise UnknownName("programme", name, names.to_numpy().ravel())
    return str(table.loc[found, "programme_id"].iloc[0])


def _municipality_names(listed: pd.DataFrame) -> pd.DataFrame:
    """Every name and code of a municipality: key, code (2024), is_present."""
    reforms = tables.load("reforms")
    placed = reforms.assign(
        municipality_code=reforms["series_code"].where(
            reforms["is_split"] & reforms["series_code"].notna(), reforms["municipality_code"]
        )
    )
    present = pd.concat(
        [_keys(listed, "municipality_code", c) for c in ("municipality_name", "municipality_name_official")]
    ).assign(is_present=True)
    former = _keys(placed, "municipality_code", "name").assign(is_present=False)
    numbers = placed[["code", "municipality_code"]].set_axis(["key", "code"], axis=1).assign(is_present=False)
    known = pd.concat([present, former, numbers])
    other = pd.read_csv(files.folder() / "names.csv", dtype=str)
    other = other[other["participant_type"] == "municipality"]
    other = other.assign(key=other["name"].map(resolve.key), to=other["resolves_to"].map(resolve.key))
    other = other.merge(known.rename(columns={"key": "to"}), on="to")[["key", "code"]]
    return pd.concat([known, other.assign(is_present=False)]).drop_duplicates(["key", "code"])


def _of_former_county(place: str, hint: str) -> pd.DataFrame:
    """Municipalities that had a name in a county of the past, as ``_municipality_names`` gives them."""
    counties = pd.read_csv(files.folder() / "counties.csv", dtype=str)
    names = resolve.directory(tables.load("reforms"), counties)
    names = names[names["key"].isin(resolve.parts(place)) & (names["kind"] == "municipality")]
    names = names[[hint in hints for hints in names["hints"]]].dropna(subset="place")
    return pd.DataFrame({"key": names["key"], "code": names["place"]}).assign(is_present=False)


def _keys(frame: pd.DataFrame, code: str, name: str) -> pd.DataFrame:
    """Each language part of a name with the code it belongs to."""
    rows = pd.DataFrame({"key": frame[name].map(resolve.parts), "code": frame[code]})
    return rows.explode("key").drop_duplicates()


def _one(place: str, what: str, names: pd.DataFrame, listed: pd.DataFrame) -> str:
    """The only place that a name or a number stands for."""
    codes = listed[f"{what}_code"]
    is_number = bool(_CODE.match(place))
    number = place.zfill(len(codes.iloc[0]))
    if number in set(codes):
        return number
    if is_country(place):
        raise AnalysisError(
            f"{place!r} is the whole country, no {what}: leave the choice out, or take an.compare('Norway')"
        )
    found = names[names["key"].isin([number] if is_number else resolve.parts(place))]
    hint = resolve.bracket(place)
    if hint and what == "municipality":
        county = listed.set_index("municipality_code")["county_name"].map(resolve.key)
        found = found[found["code"].map(county) == hint]
        found = found if len(found) else _of_former_county(place, hint)
    if "is_present" in found and found["is_present"].any():
        found = found[found["is_present"]]  # today's name comes before one of the past
    candidates = sorted(found["code"].unique())
    if len(candidates) == 1:
        return candidates[0]
    shown = listed.set_index(f"{what}_code")
    if candidates:
        each = [_named(shown, code) for code in candidates]
        was = f" ({_former_name(number)})" if is_number else ""
        raise AnalysisError(f"{place!r}{was} stands for several: {', '.join(each)}. Give the code.")
    raise UnknownName(f"{what} or code", place, [] if is_number else shown[f"{what}_name"])


def _former_name(number: str) -> str:
    """The municipality that had a number."""
    reforms = tables.load("reforms")
    return str(reforms.loc[reforms["code"] == number, "name"].iloc[-1])


def _named(shown: pd.DataFrame, code: str) -> str:
    name = shown.loc[code].iloc[0]
    county = shown.loc[code].get("county_name")
    return f"{code} {name} ({county})" if county and "(" not in name else f"{code} {name}"


def _text(place: object) -> str:
    """The name or code as text; numbers are refused, since they have lost their leading zero."""
    if not isinstance(place, str):
        shown = repr(place) if pd.api.types.is_scalar(place) else f"a {type(place).__name__}"
        raise AnalysisError(
            f"{shown} is not text; codes are text with leading zeros ('0301' for Oslo, '56' for Finnmark)."
        )
    return " ".join(place.split())
