"""What must hold of each feed before it takes force; every check gives a list of what is wrong.

Checks look at meaning as well as at shape: the labels that make a code what it is, the unit, and that
no municipality is missing.
"""

from __future__ import annotations

import pandas as pd

from analysis.loaders import kostra

Problems = list[str]
#: Municipalities by the first year of each structure since 2020. Live KLASS codes are counted against it.
MUNICIPALITIES = {2020: 356, 2024: 357}
COUNTIES = 15


def missing_municipalities(frame: pd.DataFrame, region: str, period: str) -> Problems:
    """Years since 2020 in which the table lacks municipalities.

    A code counts as there if any of its cells has a value or another reason than ``.`` (not in use).
    A municipality that the table's own notes name is excused: SSB tells of withdrawn figures there.
    """
    in_use = frame[
        frame["value"].notna() | (frame["status"].notna() & (frame["status"].astype(object) != "."))
    ]
    there = in_use[[region, period]].drop_duplicates().astype("str")
    there[region] = there[region].str.removeprefix("K-")
    # Four digits and a county: 21xx is Svalbard, 9999 unspecified.
    there = there[there[region].str.fullmatch(r"(?:[0134]\d|5[0-6])\d\d")]
    years = there[period].str[:4].astype(int)
    there = there.assign(era=years.map(lambda year: max((f for f in MUNICIPALITIES if f <= year), default=0)))
    excused = " ".join(map(str, frame.attrs.get("notes", [])))
    problems = []
    for (era, year), rows in there[years >= min(MUNICIPALITIES)].groupby(["era", period]):
        members = set(there.loc[there["era"] == era, region])
        absent = sorted(code for code in members - set(rows[region]) if code not in excused)
        found = len(members) - len(absent)
        if found != MUNICIPALITIES[era]:
            named = f"; missing: {', '.join(absent[:10])}" if absent else ""
            problems.append(f"{year} has {found} municipalities, {MUNICIPALITIES[era]} are expected{named}")
    return problems


def purchases(frame: pd.DataFrame) -> Problems:
    """12367: the arts, scopes and unit mean what the contract says; no municipality missing; no year of zeros."""
    return kostra.meaning_problems(frame, kostra.PURCHASE_ARTS, kostra.ART) + _municipal_figures(frame)


def statement(frame: pd.DataFrame, words: dict[str, str]) -> Problems:
    """12137, 13551, 13552: the lines mean what they should (``words``), as for 12367."""
    return kostra.meaning_problems(frame, words) + _municipal_figures(frame)


def _municipal_figures(frame: pd.DataFrame) -> Problems:
    # SSB shows 0 or a dot while a table is being revised (05:00 to 08:00): such a year is no year.
    most = frame[frame["value"].notna()].assign(size=frame["value"].abs())
    highest = most.groupby("Tid", observed=True)["size"].max()
    zeros = [f"{year} holds only zeros; is the table being revised?" for year in highest.index[highest == 0]]
    return zeros + missing_municipalities(frame, kostra.REGION, "Tid")


def persons(frame: pd.DataFrame) -> Problems:
    """07459 and 11342 in the codes of the time: persons, and every municipality with somebody in it."""
    labels = [str(label).lower() for label in frame["ContentsCode_label"].cat.categories]
    wrong = [] if any("person" in label for label in labels) else [f"no contents in persons; found {labels}"]
    # A code that is not in use has 0 or no inhabitants, whatever its status says.
    positive = frame[frame["value"] > 0].assign(status=pd.NA)
    return wrong + missing_municipalities(positive, "Region", "Tid")


def merged(frame: pd.DataFrame) -> Problems:
    """07459 merged: all of today's municipalities have inhabitants in the newest year."""
    newest = frame[frame["Tid"] == frame["Tid"].cat.categories[-1]]
    return _count(newest[newest["value"] > 0]["Region"].nunique())


def _count(found: int, count: int = MUNICIPALITIES[2024]) -> Problems:
    return [] if found == count else [f"{found} units, {count} are expected"]


def codes(frame: pd.DataFrame, count: int) -> Problems:
    """KLASS: as many codes in force as there are."""
    return _count(frame.loc[frame["valid_to"].isna(), "code"].nunique(), count)


def changes(frame: pd.DataFrame) -> Problems:
    """KLASS 131: the newest split is told as a split."""
    split = frame[(frame["old_code"] == "1507") & (frame["change_date"] == "2024-01-01")]
    found = set(split["new_code"].dropna())
    if found == {"1508", "1580"}:
        return []
    return [f"1507 must become 1508 and 1580 in 2024; found {sorted(found)}"]


def correspondence(frame: pd.DataFrame, pattern: str) -> Problems:
    """KLASS: target codes have their form, and every code in force has one."""
    wrong = frame.loc[~frame["target_code"].str.fullmatch(pattern, na=False), "target_code"].unique()
    shape = [f"target codes must match {pattern}; found {list(wrong[:5])}"] if len(wrong) else []
    return shape + _count(frame.loc[frame["in_force"], "source_code"].nunique())


def organisations(frame: pd.DataFrame) -> Problems:
    """Brønnøysund: one organisation for each municipality."""
    municipal = frame[frame["organisation_form"] == "KOMM"]
    twice = municipal.loc[municipal["municipality_code"].duplicated(), "municipality_code"].tolist()
    problems = [f"two organisations for municipality {', '.join(map(str, twice))}"] if twice else []
    return problems + _count(municipal["municipality_code"].nunique())


def places(frame: pd.DataFrame) -> Problems:
    """Kartverket: all municipalities in all counties."""
    counties = _count(frame["county_code"].nunique(), COUNTIES)
    return counties + _count(frame["municipality_code"].nunique())


def boundaries(frame: pd.DataFrame) -> Problems:
    """Kartverket: one valid polygon for each municipality."""
    wrong = [] if frame.geometry.is_valid.all() and not frame.geometry.is_empty.any() else ["broken geometry"]
    return wrong + _count(frame["municipality_code"].nunique())
