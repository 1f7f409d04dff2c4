"""Names and short descriptions that the pages of municipalities and programmes share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.i18n import N_, _, current
from analysis.report import render
from analysis.report.pages.profiles import Profiles
from analysis.report.render import Content

_LEVELS = {"lave": N_("low"), "middels": N_("medium"), "høye": N_("high")}


def content(template: str, view: dict[str, Any], title: str, description: str) -> Content:
    """A page's content made of a template and what it prints."""
    return Content(render.template(template, **view), title, description)


def programme(profiles: Profiles, programme_id: str) -> str:
    """A programme's name."""
    return str(profiles.programmes[programme_id][f"name_{current()}"])


def description(profiles: Profiles, programme_id: str) -> str:
    """What a programme is."""
    return str(profiles.programmes[programme_id][f"description_{current()}"])


def first_sentence(text: str) -> str:
    """The text up to the first full stop before a new sentence.

    Examples
    --------
    >>> first_sentence("Support of NOK 1.8 million. Municipalities may apply.")
    'Support of NOK 1.8 million.'
    """
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÆØÅ])", text, maxsplit=1)[0]


def explanation(profiles: Profiles, programme_id: str, shown: set[str]) -> str:
    """The first sentence on a programme that is not on the page yet; ``shown`` is kept up to date."""
    return new_sentence(description(profiles, programme_id), shown)


def new_sentence(text: str, shown: set[str]) -> str:
    """The first sentence of a text that has not been shown yet; ``shown`` is kept up to date."""
    while text and first_sentence(text) in shown:
        text = text.removeprefix(first_sentence(text)).strip()
    sentence = first_sentence(text)
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
    first, last = (profiles.programmes[programme_id][k] for k in ("period_from", "period_to"))
    if pd.isna(first):
        return "" if pd.isna(last) else _("until {year}", year=str(last))
    return _("since {year}", year=str(first)) if pd.isna(last) else f"{first}–{last}"


def complete_list(profiles: Profiles, programme_id: str) -> str:
    """A programme with what its complete list covers in brackets: ``Horizon 2020 (the whole country, 2014-2020)``."""
    covers = profiles.programmes[programme_id]["complete_for"]
    years = period(profiles, programme_id) if pd.isna(covers) else of_register(covers)
    name = programme(profiles, programme_id)
    return f"{name} ({years})" if years else name


def of_register(text: str) -> str:
    """A text that the register holds in English only, in the language in use where it is known."""
    return _(text)


#: Texts of the register that pages print in both languages: owners of programmes, and what lists cover.
KNOWN_TEXTS = (
    N_("Various"),
    N_("European Commission"),
    N_("Digdir and DOGA"),
    N_("DFØ, with Digdir and LUP"),
    N_("KS and NHO, with DFØ, Innovasjon Norge and Forskningsrådet"),
    N_("Counties and Forskningsrådet"),
    N_("Helsedirektoratet, Direktoratet for e-helse and KS"),
    N_("Arbeids- og velferdsdirektoratet and KS, with municipalities"),
    N_("The municipalities of each county, with KS"),
    N_("United for Smart Sustainable Cities (ITU, UNECE, UN-Habitat); Møre og Romsdal fylkeskommune"),
    N_("Municipalities and universities; collected by KS"),
    N_("The partner municipalities, with state agencies and trade associations"),
    N_("Miljøverndepartementet, with the 13 largest towns, KS and business"),
    N_("counties in 2023"),
    N_("the whole country, 2014-2020"),
    N_("Nordland 2016; Sør-Trøndelag 2016; Oppland 2017 (recipients); Finnmark 2016 (none applied)"),
    N_("2021 and 2022"),
    N_("leads of the first large call"),
    N_("Nordhordland 2017 (ten); trial of remote follow-up 2018 (six projects)"),
    N_("the whole country, start years 2006-2025 (2026 in part), owners only"),
    N_("the whole country, 24 April 2018 to 3 November 2019"),
    N_("Viken 2021, Nordland, Agder 2021"),
    N_("Møre og Romsdal 2020-2021; the first nine of 2020; UNECE five"),
    N_("first round"),
    N_("the choice of 2022"),
    N_("primary health teams 2018; follow-up teams 2018; state financing 2016 and 2021"),
    N_("partners 2010 to January 2024"),
)


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
        return _("Nearest municipalities") if code in profiles.islands else _("Neighbours")
    if key == "labour_market_region":
        return _("Labour-market region {name}", name=place["labour_market_region_name"])
    if key == "kostra_group":
        return _("KOSTRA group {n}", n=int(place["kostra_group"][-2:]))
    return str(place["county_name"]) if key == "county" else _("The whole country")


def years_of(profiles: Profiles) -> dict[str, str]:
    """The years of the figures, as the notes under the tables say them."""
    panel, bought = profiles.data.panel, profiles.records.purchases
    year = str(int(bought["purchases_year"].max()))
    if bought["is_preliminary"].any():
        year = _("{year} (preliminary figures)", year=year)
    return {
        "population": str(int(panel["population_year"].max())),
        "accounts": str(int(panel["accounts_year"].max())),
        "purchases": year,
    }
