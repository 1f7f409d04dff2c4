"""Who took part in one programme: by size, by year, by county, and as dots on a map."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from analysis.figures.markup import told_apart
from analysis.i18n import _, current, ngettext, number
from analysis.report import labels, urls
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles


def by_size(profiles: Profiles, named: pd.DataFrame) -> list[dict[str, Any]]:
    """Municipalities and participations by number of inhabitants."""
    panel = profiles.data.panel
    counts = panel["municipality_code"].map(named["municipality_code"].value_counts()).fillna(0)
    grouped = counts.groupby(panel["size_band"], observed=False)
    table = grouped.agg([lambda c: int((c > 0).sum()), "size", "sum"]).astype(int)
    most = max(int(table.iloc[:, 0].max()), 1)
    return [
        {
            "name": labels.size_band(band),
            "found": labels.out_of(int(x), int(n)),
            "bar": round(100 * x / most, 1),
            "participations": number(total),
        }
        for band, (x, n, total) in zip(table.index, table.to_numpy(), strict=True)
    ]


def by_year(named: pd.DataFrame) -> list[dict[str, Any]]:
    """Participations by the year they began, gaps included, those without a year last."""
    counts = named["year"].dropna().astype(int).value_counts().sort_index()
    if counts.empty:
        return []
    most = int(counts.max())
    rows = [
        {
            "name": str(year),
            "n": number(counts.get(year, 0)),
            "bar": round(100 * counts.get(year, 0) / most, 1),
        }
        for year in range(int(counts.index.min()), int(counts.index.max()) + 1)
    ]
    unknown = int(named["year"].isna().sum())
    if unknown:
        rows.append({"name": _("Year unknown"), "n": number(unknown), "bar": round(100 * unknown / most, 1)})
    return rows


def by_county(profiles: Profiles, named: pd.DataFrame) -> list[dict[str, Any]]:
    """Who took part, county by county from A to Å, each with the years."""
    years: dict[str, set[int]] = defaultdict(set)
    for code, year in zip(named["municipality_code"], named["year"], strict=True):
        years[code] |= set() if pd.isna(year) else {int(year)}
    names = {place["municipality_name"] for place in profiles.municipalities.values()}
    rows = []
    for county in profiles.counties:
        here = [place for place in county["members"] if place["municipality_code"] in years]
        if here:
            rows.append(
                {
                    "name": told_apart(county["county_name"], _("county"), names),
                    "href": urls.county_file(current(), county["county_code"], county["county_name"]),
                    "found": labels.out_of(len(here), len(county["members"])),
                    "who": [
                        {
                            "name": place["municipality_name"],
                            "href": urls.municipality_file(
                                current(), place["municipality_code"], place["municipality_name"]
                            ),
                            "years": words.year_list(years[place["municipality_code"]]),
                        }
                        for place in here
                    ],
                }
            )
    return rows


def dots(profiles: Profiles, named: pd.DataFrame) -> list[dict[str, Any]]:
    """A dot for each municipality that took part, larger for more participations; the largest drawn first."""
    counts = named["municipality_code"].value_counts()
    made = []
    for code, n in counts.items():
        place = profiles.municipalities[str(code)]
        at = profiles.map.places.get(str(code))
        if at:
            made.append(
                {
                    "x": at["x"],
                    "y": at["y"],
                    "r": round(3.2 * float(n) ** 0.5, 1),
                    "href": urls.municipality_file(current(), str(code), place["municipality_name"]),
                    "says": f"{place['municipality_name']}: "
                    + ngettext("{n} participation", "{n} participations", int(n), n=int(n)),
                }
            )
    return made
