"""Whether published figures can be true: ranges, growth, sums, and how many values each year and group has.

A hash tells that a file is the one that was recorded; it does not tell that its figures make sense. What is found
here is refused when a publisher sends it and when tables are built. Where it is true after all, a person says so
with a reason (``data/raw/accepted.csv``, see :func:`analysis.expected.accept`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis import contents

#: Columns that part a source's rows into groups which are counted, and compared over time, each by itself.
PARTS = ("scope", "ssb_code", "measure", "organisation_form")
#: Columns that hold the values of a source; a row without one is not counted.
VALUES = ("amount_nok_thousand", "population", "land_area_km2")
COUNT_COLUMNS = ["source_id", "year", "part", "rows"]
#: A year and group that has lost more than this share of its values is refused.
MAX_LOSS = 0.10
_UNITS = ("municipality_code", "unit", "code")
_SHOWN = 5


@dataclass(frozen=True)
class Rule:
    """What the values of a source may be: ``values`` of ``contents.toml``.

    Attributes
    ----------
    value : str
        Column of the values.
    low, high : float
        Bounds of every value.
    total, unit : tuple of float
        Bounds of a year's value over the year before: of all units known in both years together, and of each.
    codes : tuple of str
        Groups whose growth is looked at (``ssb_code``); empty means all rows. Results and investments leap.
    """

    value: str
    low: float
    high: float
    total: tuple[float, float] = (0.0, float("inf"))
    unit: tuple[float, float] = (0.0, float("inf"))
    codes: tuple[str, ...] = ()


#: The published sum of all municipalities may differ by this share from ours (estimates for those that lack).
MAX_DIFFERENCE = 0.005
#: Class and index may be of two years: so many points may the index of a class reach into its neighbour.
_INDEX_TOLERANCE = 20


def findings(source_id: str, frame: pd.DataFrame) -> list[str]:
    """What of one source cannot well be true: values out of range, leaps from one year to the next.

    Parameters
    ----------
    source_id : str
    frame : DataFrame
        As data/raw holds it (text), or as its loader gives it.

    Returns
    -------
    list of str
        One sentence for each year and group concerned; the same data give the same sentences.
    """
    rule = _rule(source_id)
    if rule is None:
        return []
    rows = _rows(rule, frame)
    outside = rows[(rows["value"] < rule.low) | (rows["value"] > rule.high)]
    found = []
    for (year, part), cells in outside.groupby(["year", "part"]):
        allowed = f"must be from {rule.low:,.0f} to {rule.high:,.0f}".replace(",", " ")
        found.append(f"{_name(rule, part)} {year}: {_listed(cells, 'value', '.0f')} {allowed}")
    if rule.codes:
        rows = rows[frame["ssb_code"].isin(rule.codes)]
    return found + _leaps(rows.dropna(subset="value"), rule)


def revised(source_id: str, before: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """Years and groups whose figures have another size than those of the same units had before.

    So it shows when a unit has changed without a word, or codes that overlap are added up: each year still fits the
    years beside it.

    Parameters
    ----------
    source_id : str
    before, frame : DataFrame
        As in :func:`findings`.
    """
    rule = _rule(source_id)
    if rule is None:
        return []
    old, now = (_rows(rule, one) for one in (before, frame))
    both = now.merge(old, on=["unit", "part", "year"], suffixes=("", "_before"))
    both = both.dropna(subset=["value", "value_before"])
    both = both[both["part"].str.split().str[-1].isin(rule.codes)] if rule.codes else both
    found = []
    for (year, part), cells in both.groupby(["year", "part"]):
        times = cells["value"].sum() / (cells["value_before"].sum() or float("nan"))
        if times < rule.total[0] or times > rule.total[1]:
            found.append(
                f"{_name(rule, part)} {year}: {len(cells)} units have {times:.3g} times what they had before"
            )
    return found


def _rule(source_id: str) -> Rule | None:
    values = contents.declared().get(source_id, {}).get("values")
    return None if values is None else Rule(**values)


def _rows(rule: Rule, frame: pd.DataFrame) -> pd.DataFrame:
    """Unit, part, value and year."""
    unit = next(column for column in _UNITS if column in frame)
    number = pd.to_numeric(frame[rule.value], errors="coerce")
    rows = pd.DataFrame({"unit": frame[unit].astype("str"), "part": _part(frame), "value": number})
    return rows.assign(year=frame["year"].astype("int64"))


def _leaps(rows: pd.DataFrame, rule: Rule) -> list[str]:
    """Growth against the year before that is out of bounds, of all units together and of single ones."""
    before = rows.assign(year=rows["year"] + 1)
    both = rows.merge(before, on=["unit", "part", "year"], suffixes=("", "_before"))
    both = both[both["value_before"] > 0]
    both["growth"] = both["value"] / both["value_before"]
    found = []
    for (year, part), cells in both.groupby(["year", "part"]):
        total = cells["value"].sum() / cells["value_before"].sum()
        if not rule.total[0] <= total <= rule.total[1]:
            found.append(
                f"{_name(rule, part)} {year}: {len(cells)} units together have {total:.3g} times the year before, "
                f"{rule.total[0]} to {rule.total[1]} is to be expected"
            )
        wrong = cells[~cells["growth"].between(*rule.unit)]
        if len(wrong):
            found.append(
                f"{_name(rule, part)} {year}: {_listed(wrong, 'growth', '.3g')} times the year before, "
                f"{rule.unit[0]} to {rule.unit[1]} is to be expected"
            )
    return found


def together(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """What cannot well be true of several sources beside each other.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Sources by their id, as data/raw holds them; what is absent is not compared.

    Returns
    -------
    list of (str, str)
        The source concerned, and a sentence: amounts per inhabitant out of range, municipalities that do not
        add up to the published total, a centrality class that its index contradicts.
    """
    found = []
    if "ssb_population" in frames:
        found += _per_inhabitant(frames)
    if "ssb_accounts_totals" in frames:
        found += _sums(frames)
    if {"ssb_centrality", "ssb_centrality_index"} <= set(frames):
        classes = frames["ssb_centrality"].merge(frames["ssb_centrality_index"], on="municipality_code")
        found += [("ssb_centrality", finding) for finding in _contradicted(classes)]
    return found


def _per_inhabitant(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    people = frames["ssb_population"][["municipality_code", "year", "population"]]
    people = people.assign(
        year=people["year"].astype("int64") - 1,  # 1 January of the next year, as KOSTRA divides
        population=pd.to_numeric(people["population"], errors="coerce"),
    )
    found = []
    bounds = [
        (source_id, code, *limits)
        for source_id, declared in contents.declared().items()
        for code, limits in declared.get("per_inhabitant", {}).items()
        if source_id in frames
    ]
    for source_id, code, low, high in bounds:
        rows = frames[source_id]
        rows = rows[rows["ssb_code"] == code].assign(year=rows["year"].astype("int64"))
        both = rows.merge(people, on=["municipality_code", "year"])
        both["value"] = pd.to_numeric(both["amount_nok_thousand"], errors="coerce") / both["population"]
        wrong = both[both["value"].notna() & ~both["value"].between(low, high)]
        for year, cells in wrong.rename(columns={"municipality_code": "unit"}).groupby("year"):
            shown = _listed(cells.drop_duplicates("unit"), "value", ".4g")
            found.append(
                (source_id, f"{code} {year}: {shown} thousand kroner per inhabitant, {low:.0f} to {high:.0f} is to be expected")
            )  # fmt: skip
    return found


def _sums(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    totals = frames["ssb_accounts_totals"]
    totals = totals[totals["unit"] == "EAK"].set_index(["year", "ssb_code"])["amount_nok_thousand"]
    totals = pd.to_numeric(totals, errors="coerce").dropna()
    found = []
    for source_id in ("ssb_accounts", "ssb_purchases"):
        rows = frames.get(source_id)
        if rows is None:
            continue
        rows = rows[rows["ssb_code"].isin(["AGD9", "AGD13"])]
        rows = rows[rows["scope"] == "A"] if "scope" in rows else rows
        amounts = pd.to_numeric(rows["amount_nok_thousand"], errors="coerce")
        # A year in which somebody's figures are withheld does not add up.
        ours = amounts.groupby([rows["year"], rows["ssb_code"]]).agg(
            lambda v: v.sum() if v.notna().all() else float("nan")
        )
        for (year, code), total in totals[totals.index.isin(ours.dropna().index)].items():
            if abs(ours[year, code] / total - 1) > MAX_DIFFERENCE:
                sums = f"{ours[year, code]:,.0f} where {total:,.0f} is published".replace(",", " ")
                found.append(
                    (source_id, f"{code} {year}: the municipalities sum to {sums} (thousand kroner)")
                )
    return found


def _contradicted(classes: pd.DataFrame) -> list[str]:
    """Class 1 has the highest indices, class 6 the lowest, without overlap."""
    index, number = classes["centrality_index"].astype(float), classes["centrality_class"].astype("int64")
    limits = index.groupby(number).agg(["median", "min", "max"])
    found = []
    for above, below in zip(limits.index[:-1], limits.index[1:], strict=True):
        border = (limits.loc[above, "min"] + limits.loc[below, "max"]) / 2
        if limits.loc[below, "max"] - limits.loc[above, "min"] > _INDEX_TOLERANCE:
            wrong = classes[((number == above) & (index < border)) | ((number == below) & (index > border))]
            units = ", ".join(
                f"{row.municipality_code} (class {int(row.centrality_class)}, index {row.centrality_index})"
                for row in wrong.head(_SHOWN).itertuples()
            )
            found.append(f"classes {above} and {below} overlap in their index: {units}")
    return found


def counts(source_id: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Values by year and group.

    Returns
    -------
    DataFrame
        source_id, year (blank where the source has none), part (codes of :data:`PARTS`, spaces between), rows:
        the rows that hold a value, all rows where the source has no value column.
    """
    valued = frame.dropna(subset=[column for column in VALUES if column in frame])
    year = valued["year"].astype("str") if "year" in valued else pd.Series("", valued.index)
    sizes = valued.groupby([year.rename("year"), _part(valued)]).size().rename("rows").reset_index()
    return sizes.assign(source_id=source_id)[COUNT_COLUMNS]


def lost(recorded: pd.DataFrame, counted: pd.DataFrame) -> list[str]:
    """Years and groups of a source that have over a tenth fewer values than were recorded.

    Parameters
    ----------
    recorded, counted : DataFrame
        See :func:`counts`; of one source.
    """
    key = ["year", "part"]
    both = recorded.merge(counted, on=key, how="left", suffixes=("", "_now")).fillna({"rows_now": 0})
    gone = both[both["rows_now"] < both["rows"].astype("int64") * (1 - MAX_LOSS)]
    return [
        f"{' '.join(filter(None, [row.year, row.part])) or 'the whole'} has {row.rows_now:.0f} values, {row.rows} "
        "are recorded (over 10 % fewer)"
        for row in gone.itertuples()
    ]


def _part(frame: pd.DataFrame) -> pd.Series:
    columns = [column for column in PARTS if column in frame]
    if not columns:
        return pd.Series("", index=frame.index, name="part")
    first, *others = (frame[column].astype("str") for column in columns)
    return (first.str.cat(others, sep=" ") if others else first).rename("part")


def _name(rule: Rule, part: object) -> str:
    return str(part) or rule.value


def _listed(cells: pd.DataFrame, column: str, form: str) -> str:
    shown = ", ".join(f"{row['unit']} has {row[column]:{form}}" for _, row in cells.head(_SHOWN).iterrows())
    return shown + (f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else "")
