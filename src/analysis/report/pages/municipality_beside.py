"""A municipality beside others: its groups, its neighbours, and those most alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.i18n import N_, _, current, listed, ngettext, number, percent, rounded
from analysis.report import labels
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles
from analysis.report.urls import MUNICIPALITIES, municipality_file

#: Groups in the order of the comparison, nearest first.
GROUP_ORDER = ("peers", "neighbours", "labour_market_region", "kostra_group", "county", "country")
#: Programmes named in one line of the tables of neighbours; more are told as a number.
MOST_PROGRAMMES = 3
#: Rows of these tables that are printed, so that the page fits one A4.
MOST_PRINTED = 4


_ALONE = {
    "labour_market_region": N_("The labour-market region is left out: {name} is its only municipality."),
    "kostra_group": N_("The KOSTRA group is left out: {name} is its only municipality."),
    "county": N_("The county is left out: {name} is its only municipality."),
}


def comparison(profiles: Profiles, code: str, name: str) -> list[dict[str, Any]]:
    """The municipality and its groups: participations per municipality, and how many have any."""
    own = profiles.values[code]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "is_own": True,
            "documented": _("yes") if own["is_documented"] else _("no"),
            "procurement": number(own["procurement"]),
            "development": number(own["development"]),
        }
    ]
    for group, mean in _groups(profiles, code):
        n = int(mean["n"])
        rows.append(
            {
                "name": group,
                "documented": _some(round(mean["is_documented"] * n), n),
                "procurement": number(mean["procurement"], 1),
                "development": number(mean["development"], 1),
            }
        )
    return rows


def _groups(profiles: Profiles, code: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The groups that a municipality is compared with, nearest first: what each is called, and its means."""
    for group in GROUP_ORDER:
        if (code, group) in profiles.means:
            yield words.group(profiles, code, group), profiles.means[code, group]


def _some(x: int, n: int) -> str:
    """How many of a group; yes or no of a group of one."""
    return labels.all_of(x, n) if n > 1 else _("yes") if x else _("no")


def purchases(profiles: Profiles, code: str, name: str) -> list[dict[str, Any]]:
    """Purchases per inhabitant and as a share of expenditure, beside the same groups; none if all are unknown."""
    rows = [_bought(name, profiles.values[code], True)]
    for group, mean in _groups(profiles, code):
        known, n = int(mean["n_purchases_share"]), int(mean["n"])
        said = _("{x} of {n} known", x=known, n=n) if known < n else ""
        rows.append(_bought(group, mean, False) | {"known": said})
    return rows if any(r["is_known"] for r in rows) else []


def _bought(name: str, values: dict[str, Any], is_own: bool) -> dict[str, Any]:
    def shown(column: str, write: Any) -> str:
        return _("unknown") if pd.isna(values[column]) else write(values[column])

    return {
        "name": name,
        "is_own": is_own,
        "is_known": not pd.isna(values["purchases_share"]),
        "own": shown("own_per_inhabitant", lambda v: number(float(rounded(v, -2)))),
        "replacing": shown("replacing_per_inhabitant", lambda v: number(float(rounded(v, -2)))),
        "share": shown("purchases_share", percent),
    }


def left_out(profiles: Profiles, code: str, name: str) -> list[str]:
    """Why a group is not in the comparison, and what the purchases leave out."""
    sentences = [_(said, name=name) for key, said in _ALONE.items() if (code, key) not in profiles.means]
    own = profiles.values[code]
    if own["procurement"] + own["development"] > sum(
        1 for r in profiles.rows.get(code, []) if r["is_counted"]
    ):
        sentences.append(_("A grant that stands under both kinds of programme counts in both columns."))
    partial = profiles.municipalities[code].get("purchases_is_partial")
    if not pd.isna(partial) and bool(partial):
        sentences.append(
            _(
                "The published purchases of {name} leave out a part of its functions and cannot be compared "
                "with those of others.",
                name=name,
            )
        )
    return sentences


def companions(profiles: Profiles, code: str, key: str) -> dict[str, Any]:
    """Neighbours or similar municipalities: those with documented participations, and the names of the rest."""
    others = {"neighbours": profiles.near, "peers": profiles.alike}[key].get(code, [])
    home = profiles.municipalities[code]["county_code"]
    rows, rest = [], []
    for other in others:
        place = profiles.municipalities[other]
        link = {
            "name": place["municipality_name"],
            "href": municipality_file(current(), other, place["municipality_name"]),
        }
        summary = in_brief(profiles, other)
        if not summary:
            rest.append(link)
            continue
        rows.append(
            {
                **link,
                "county": ""
                if place["county_code"] == home or "(" in link["name"] or place["county_name"] == link["name"]
                else place["county_name"],
                "population": number(place["population"]),
                "summary": summary,
            }
        )
    return {
        "rows": rows,
        "rest": rest,
        "printed": MOST_PRINTED,
        "finder": f"{MUNICIPALITIES[current()]}?k={','.join([code, *others])}",
        "show_all": words.show_in_finder(profiles, code, key),
    }


def in_brief(profiles: Profiles, code: str) -> str:
    """A municipality's participations by programme with their years: ``Klimasats (2018, 2021)``."""
    counted = [row for row in profiles.rows.get(code, []) if row["is_counted"]]
    counts = Counter(row["programme_id"] for row in counted)
    years: dict[str, set[int]] = defaultdict(set)
    for row in counted:
        if not pd.isna(row["year"]):
            years[row["programme_id"]].add(int(row["year"]))
    order = sorted(counts, key=lambda p: (-counts[p], p))
    told = []
    for programme in order[:MOST_PROGRAMMES]:
        dates = words.year_list(years[programme])
        name = words.programme(profiles, programme)
        told.append(f"{name} ({dates})" if dates else name)
    more = len(order) - MOST_PROGRAMMES
    if more > 0:
        told.append(ngettext("{n} more programme", "{n} more programmes", more, n=labels.in_words(more)))
    return "; ".join(told)


def neighbours_note(profiles: Profiles, code: str, name: str) -> str:
    """How the neighbours were found, where that is not simply by the border on land."""
    if code in profiles.islands:
        return _("{name} has no border on land. These are the three nearest municipalities.", name=name)
    others = [
        labels.short_name(profiles.municipalities[c]["municipality_name"])
        for c in profiles.drawn_together.get(code, [])
    ]
    if others:
        return _(
            "The boundaries are older than the separation, so the neighbours of {names} are the same.",
            names=listed([name, *others]),
        )
    return ""


def alike_note(profiles: Profiles, code: str) -> str:
    """What the likeness rests on."""
    if code in profiles.unlike_by_need:
        return _(
            "Chosen by number of inhabitants, centrality and expenditure per inhabitant; the need for "
            "expenditure is unknown. The most alike comes first."
        )
    return _(
        "Chosen by number of inhabitants, centrality, expenditure per inhabitant and need for expenditure. "
        "The most alike comes first."
    )
