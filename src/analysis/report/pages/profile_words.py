"""Names and short descriptions that the pages of municipalities and programmes share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.i18n import N_, _, current, ngettext
from analysis.report import labels
from analysis.report.pages.profiles import Profiles

_LEVELS = {"lave": N_("low"), "middels": N_("medium"), "høye": N_("high")}


def programme(profiles: Profiles, programme_id: str) -> str:
    """A programme's name."""
    return str(profiles.programmes[programme_id][f"name_{current()}"])


def description(profiles: Profiles, programme_id: str) -> str:
    """What a programme is."""
    return str(profiles.programmes[programme_id][f"description_{current()}"])


def new_sentence(text: str, shown: set[str]) -> str:
    """The first sentence of a text that has not been shown yet; ``shown`` is kept up to date."""
    sentence = next((one for one in labels.sentences(text) if one not in shown), "")
    shown.add(sentence)
    return sentence


def year_list(years: Iterable[int]) -> str:
    """Years as a list, or from first to last where there are more than two.

    Examples
    --------
    >>> year_list({2020, 2018}), year_list([2016, 2019, 2018])
    ('2018, 2020', '2016–2019')
    """
    ordered = sorted(years)
    return ", ".join(map(str, ordered)) if len(ordered) < 3 else f"{ordered[0]}–{ordered[-1]}"


def period(profiles: Profiles, programme_id: str) -> str:
    """The years of a programme as far as they are known: ``2014–2020``, ``since 2016``, or nothing."""
    first, last = (labels.year(profiles.programmes[programme_id][k]) for k in ("period_from", "period_to"))
    if not first:
        return _("until {year}", year=last) if last else ""
    return f"{first}–{last}" if last else _("since {year}", year=first)


def complete_list(profiles: Profiles, programme_id: str) -> str:
    """A programme with what its complete list covers in brackets: ``Horizon 2020 (the whole country, 2014-2020)``."""
    covers = profiles.programmes[programme_id][f"complete_for_{current()}"]
    years = period(profiles, programme_id) if pd.isna(covers) else covers
    name = programme(profiles, programme_id)
    return f"{name} ({years})" if years else name


def kostra_group(definition: dict[str, Any]) -> str:
    """What SSB defines a KOSTRA group by: inhabitants, bound costs and free disposable income."""
    people = definition.get("group_population")
    costs, income = (definition.get(k) for k in ("group_bound_costs", "group_free_disposable_income"))
    if not all(isinstance(v, str) for v in (people, costs, income)):
        return ""
    limits = re.fullmatch(r"([\d ]+?) ?- ?([\d ]+)", str(people))
    if not limits:
        return (
            _("the eight municipalities with the highest tax revenue per inhabitant")
            if "åtte" in str(people)
            else ""
        )
    low, high = (int(part.replace(" ", "")) for part in limits.groups())
    return _(
        "{people}, {costs} bound costs and {income} disposable income per inhabitant",
        people=_("{low}–{high} inhabitants", low=low, high=high)
        if low
        else _("under {limit} inhabitants", limit=high + 1),
        costs=_levels(str(costs)),
        income=_levels(str(income)),
    )


def _levels(text: str) -> str:
    """``Lave eller middels`` in the language in use."""
    levels = [_(_LEVELS[w]) for w in re.findall(r"\w+", text.lower()) if w in _LEVELS]
    if len(levels) < 2:
        return "".join(levels)
    return _("{first} or {last}", first=", ".join(levels[:-1]), last=levels[-1])


def group(profiles: Profiles, code: str, key: str) -> str:
    """What a group of the comparison is called for one municipality."""
    place = profiles.municipalities[code]
    if key == "peers":
        n = int(profiles.means[(code, key)]["n"])
        return _("The {n} most alike", n=n) if n != 10 else _("The ten most alike")
    if key == "neighbours":
        if code in profiles.islands:
            return _("Nearest municipalities")
        return _("Neighbours") if len(profiles.near.get(code, [])) != 1 else _("Neighbour")
    if key == "labour_market_region":
        return _("Labour-market region {name}", name=place["labour_market_region_name"])
    if key == "kostra_group":
        return _("KOSTRA group {n}", n=int(place["kostra_group"][-2:]))
    return str(place["county_name"]) if key == "county" else _("The whole country")


def show_in_finder(profiles: Profiles, code: str, key: str) -> str:
    """The link that lists a municipality with its neighbours, or with those like it; two on one page."""
    name = labels.short_name(profiles.municipalities[code]["municipality_name"])
    if key == "peers":
        return _("Show {name} and the most similar municipalities in the finder", name=name)
    if code in profiles.islands:
        return _("Show {name} and the nearest municipalities in the finder", name=name)
    return ngettext(
        "Show {name} and its neighbour in the finder",
        "Show {name} and its neighbours in the finder",
        len(profiles.near.get(code, [])),
        name=name,
    )


def years_of(profiles: Profiles) -> dict[str, str]:
    """The years of the figures, as the notes under the tables say them."""
    panel = profiles.data.panel
    return {
        "population": labels.year(panel["population_year"].max()),
        "accounts": labels.year(panel["accounts_year"].max()),
        "purchases": labels.purchases_year(panel),
        "after": labels.year(panel["purchases_year"].max() + 1),
    }
