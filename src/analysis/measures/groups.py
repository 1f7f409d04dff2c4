"""Who counts and in which group: rows that are participation, groups of municipalities, names that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, UnknownName, one_of
from analysis.measures.estimates import Coverage, Reason, Unit
from analysis.register import places

#: Stages that are participation; a candidate, a nominee for an award and one that turned a grant down took no part.
TAKING_PART = ("taking_part", "winner")
SMALL_RURAL = "is_small_rural"
ALL = "all"
#: Networks that all municipalities of a county belong to, mappings of all: never counted as participation.
SETTING = "setting"
#: More different numbers than this are no groups but amounts; the classes and bands that are used have at most 17.
MOST_NUMBERS = 50


def municipal(participation: pd.DataFrame) -> pd.DataFrame:
    """Rows of municipalities with a code of 2024 that took part; no candidates, nominees or mere budgets."""
    keep = participation["municipality_code"].notna() & (participation["participant_type"] == "municipality")
    if "stage" in participation:
        keep &= participation["stage"].isin(TAKING_PART)
    if "form" in participation:
        keep &= participation["form"].ne("scheme").fillna(True).astype(bool)
    return participation[keep]


def within_years(rows: pd.DataFrame, years: tuple[int, int]) -> pd.Series:
    """Whether the year of each row, or both its bounds where it is not known, lie in a period."""
    year = rows["year"].astype("Int64")
    first, last = (
        year.fillna(rows[f"year_{end}"].astype("Int64")) if f"year_{end}" in rows else year
        for end in ("from", "to")
    )
    return (first.ge(years[0]) & last.le(years[1])).fillna(False).astype(bool)


def coverages(
    programmes: pd.DataFrame, chosen: Iterable[str], years: tuple[int, int] | None = None
) -> pd.Series:
    """Coverage of each programme chosen; of a period that goes beyond its complete years, a list holds a part.

    Examples
    --------
    >>> table = pd.DataFrame({"programme_id": ["p"], "coverage": ["census"], "complete_to": [2019]})
    >>> [coverages(table, ["p"], years)["p"] for years in (None, (2018, 2019), (2019, 2020))]
    ['census', 'census', 'partial']
    """
    table = programmes.set_index("programme_id").loc[list(chosen)]
    if years is None or "complete_to" not in table:
        return table["coverage"]
    is_part = table["coverage"].eq("census") & table["complete_to"].lt(years[1]).fillna(False).astype(bool)
    return table["coverage"].mask(is_part, "partial")


def grouping(panel: pd.DataFrame, by: str | None) -> pd.Series:
    """The column ``by`` of the panel, or one group ``all`` where ``by`` is None; refuses amounts."""
    if by is None:
        return pd.Series(ALL, index=panel.index)
    values = named_column(panel, by)
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and (n := values.nunique()) > MOST_NUMBERS:
        raise AnalysisError(
            f"by={by!r} holds {n} different numbers, each a group of its own. Make bands of it: "
            f"panel.assign(band=pd.qcut(panel[{by!r}], 4)), for observations by with_panel, and by='band'"
        )
    return values


def named_column(panel: pd.DataFrame, name: str) -> pd.Series:
    """A column of the panel; refuses what is no name of one."""
    return panel[one_of("column of the panel", name, panel.columns)]


def yes_or_no(values: pd.Series) -> pd.Series:
    """A column of yes and no as such, also where it came as objects or as 0 and 1; any other column as it is.

    Examples
    --------
    >>> yes_or_no(pd.Series([True, None], dtype=object)).dtype, yes_or_no(pd.Series([1, 2])).dtype
    (BooleanDtype, dtype('int64'))
    """
    known = values.dropna()
    is_text = isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(known)
    return values if is_text or not len(known) or not known.isin([0, 1]).all() else values.astype("boolean")


def need_observations(given: object) -> None:
    """Refuse a panel, or anything else, where a measure of participations takes observations."""
    if isinstance(given, pd.DataFrame) or not hasattr(given, "panel"):
        raise AnalysisError(
            f"This measure takes observations, not a {type(given).__name__}: an.observations(), or with a panel of "
            "your own an.observations().with_panel(panel)"
        )


def need_panel(given: object) -> None:
    """Refuse observations, or anything else, where a measure of purchases takes the panel."""
    if not isinstance(given, pd.DataFrame):
        raise AnalysisError(
            f"This measure takes the panel, a DataFrame, not {type(given).__name__}: an.load('panel'), or obs.panel"
        )


def two_groups(panel: pd.DataFrame, by: str) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of the panel are known in the yes-or-no column ``by``, and which of these are in the group.

    Raises
    ------
    AnalysisError
        The panel has no such column, or it holds other values than yes and no.
    """
    if by is None:
        raise AnalysisError(
            "by=None: two groups are compared; name a column of yes and no, as 'is_small_rural'"
        )
    try:
        values = named_column(panel, by).astype("boolean")
    except (TypeError, ValueError):
        values = panel[by].dropna()
        odd = next((v for v in values if isinstance(v, str) or v not in (0, 1)), values.iloc[0])
        raise AnalysisError(
            f"by={by!r} must be a column of yes and no; it holds {odd!r}. Make one of it: "
            f"obs.with_panel(obs.panel.assign(is_mine=obs.panel[{by!r}] == {odd!r})), and by='is_mine'"
        ) from None
    known = values.notna().to_numpy()
    return known, values[known].to_numpy(bool)


def known_names(what: str, names: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The names as a tuple; refuses what is not known and says what was probably meant."""
    names, known = as_names(what, names), list(dict.fromkeys(known))
    for name in names:
        if name not in known:
            raise UnknownName(what, name, known)
    return names


def flag(what: str, given: object, default: bool) -> bool:
    """A choice between two, the default where None is given; refuses what is neither True nor False."""
    given = default if given is None else given
    if not isinstance(given, bool | np.bool_):
        raise AnalysisError(f"{what}={given!r} is neither True nor False")
    return bool(given)


def as_names(what: str, given: object) -> tuple[str, ...]:
    """One name, or several, as a tuple of texts; refuses whatever else is given and says what is taken."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, float | int | np.number):
        raise AnalysisError(not_text(what, given))
    if isinstance(given, pd.DataFrame) or not isinstance(given, Iterable):
        raise AnalysisError(
            f"{what}: a {type(given).__name__} was given; it takes a name, or several as a list or as one column "
            "of a frame (frame['name'])"
        )
    names = tuple(given)
    for name in names:
        if not isinstance(name, str):
            raise AnalysisError(not_text(what, name))
    return names


def known_codes(
    what: str, asked: str | Iterable[str], column: pd.Series, where: str = "the panel of these observations"
) -> tuple[str, ...]:
    """Codes of municipalities or counties, given as any of their codes or names; refuses those that the column lacks."""
    find = {"municipality": places.municipality_code, "county": places.county_code}[what]
    known, names = set(column), as_names(what, asked)
    codes = tuple(name if name in known else find(name) for name in names)
    for name, code in zip(names, codes, strict=True):
        if code not in known:
            raise AnalysisError(f"{what} {name!r} (code {code}) is not in {where}")
    return codes


def narrowed(
    panel: pd.DataFrame, municipalities: str | Iterable[str] | None, counties: str | Iterable[str] | None
) -> pd.DataFrame:
    """The rows of the panel that are in both choices; refuses choices that have no municipality in common."""
    given = {"municipality": municipalities, "county": counties}
    asked = {what: as_names(what, names) for what, names in given.items() if names is not None}
    if not asked:
        return panel
    columns = {what: panel[f"{what}_code"] for what in asked}
    keep = np.logical_and.reduce(
        [columns[w].isin(known_codes(w, names, columns[w])) for w, names in asked.items()]
    )
    if len(asked) == 2 and all(asked.values()) and not keep.any():
        said = " and ".join(", ".join(names[:5]) + " …" * (len(names) > 5) for names in asked.values())
        raise AnalysisError(f"No municipality is in both the municipalities and the counties chosen: {said}")
    return panel[keep].reset_index(drop=True)


def codes_of(table: str, frame: object) -> pd.Series:
    """The municipalities of a frame; refuses one without their codes and says how to get them."""
    if not isinstance(frame, pd.DataFrame):
        raise AnalysisError(f"{table}: a {type(frame).__name__} was given; it must be a DataFrame")
    if "municipality_code" not in frame:
        raise AnalysisError(
            f"{table}: it has no column municipality_code, only {', '.join(map(str, frame.columns[:20]))}. From a "
            "column of names: `from analysis.register.places import municipality_code`, then "
            "frame['municipality_code'] = frame['name'].map(municipality_code)"
        )
    codes = frame["municipality_code"]
    if pd.api.types.is_numeric_dtype(codes) and codes.notna().any():
        raise AnalysisError(not_text(table, codes.dropna().iloc[0]))
    return codes


def codes_once(table: str, frame: object) -> pd.Series:
    """The municipalities of a frame that must have one row for each."""
    codes = codes_of(table, frame)
    if codes.isna().any():
        raise AnalysisError(
            f"{table}: municipality_code is missing in {codes.isna().sum()} of {len(codes)} rows; leave them out "
            "(frame.dropna(subset='municipality_code'))"
        )
    twice = codes[codes.duplicated()]
    if len(twice):
        more = f" (and {twice.nunique() - 1} more)" if twice.nunique() > 1 else ""
        raise AnalysisError(
            f"{table}: municipality_code {twice.iloc[0]!r}{more} stands in several rows; keep one row of each, e.g. "
            "frame.groupby('municipality_code', as_index=False)['column'].sum()"
        )
    return codes


def not_text(what: str, value: object) -> str:
    """The sentence that refuses what is no text where a code or a name must stand."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return f"{what}: a name is missing ({value}); leave blank rows out (dropna)"
    if not isinstance(value, float | int | np.number):
        return f"{what}: a {type(value).__name__} stands where a name must stand, which is text"
    return (
        f"{what}: {value} is a number; codes and names are text, with leading zeros "
        "('0301' for Oslo, '56' for Finnmark). Read the file with dtype=str."
    )


def year_span(years: int | str | Iterable[int]) -> tuple[int, int]:
    """First and last year of a period; refuses what is none, and says which forms there are.

    Examples
    --------
    >>> year_span(2020), year_span((2018, 2022)), year_span("2018-2022"), year_span(range(2018, 2023))
    ((2020, 2020), (2018, 2022), (2018, 2022), (2018, 2022))
    """
    said = f"years={years!r} is neither a year nor a period"
    try:
        if isinstance(years, str):
            found = re.fullmatch(r"\s*(\d{4})(?:\s*[-–]\s*(\d{4}))?\s*", years)
            each = [int(year) for year in found.groups() if year] if found else []
        else:
            given = list(years) if isinstance(years, Iterable) else [years]
            each = [int(year) for year in given if not isinstance(year, bool) and int(year) == float(year)]
            each = each if len(each) == len(given) else []
    except (TypeError, ValueError):
        each = []
    if each and each[0] > each[-1]:
        raise AnalysisError(f"{said}: {each[0]} comes after {each[-1]}; write the first year first")
    if not each or (len(each) > 2 and each != list(range(each[0], each[-1] + 1))):
        forms = "'2020' or '2018-2022' (in Python also 2020, (2018, 2022) or a range of consecutive years)"
        raise AnalysisError(f"{said}; write {forms}")
    return each[0], each[-1]


def refuse_setting(chosen: Iterable[str], programmes: pd.DataFrame) -> None:
    """Refuse programmes asked for by id whose scope is setting."""
    scope = programmes.set_index("programme_id").get("scope", pd.Series(dtype=str))
    for programme in chosen:
        if scope.get(programme) == SETTING:
            raise AnalysisError(
                f"programme {programme!r} has the scope setting, which is not participation: it is never "
                "counted; its rows are in the table participation"
            )


def difference_and_ratio(coverage: Coverage) -> dict[str, Unit]:
    """The units of the terms ``difference`` and ``ratio``: of uptake for a census, else of recorded shares."""
    if coverage is Coverage.CENSUS:
        return {"difference": Unit.UPTAKE_DIFFERENCE, "ratio": Unit.UPTAKE_RATIO}
    return {"difference": Unit.RECORDED_DIFFERENCE, "ratio": Unit.RECORDED_RATIO}


def why_undefined(n_group: int, n_others: int, n_found: int = 1) -> Reason:
    """Why two groups cannot be compared: one is empty, or nobody took part; empty where they can."""
    if not n_group:
        return Reason.EMPTY_GROUP
    if not n_others:
        return Reason.EMPTY_COMPARISON
    return Reason.NONE if n_found else Reason.NO_PARTICIPANTS
