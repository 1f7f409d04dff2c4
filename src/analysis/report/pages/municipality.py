"""The page of one municipality: who it is, what it took part in, beside whom, and whom it may ask."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from analysis.definitions import SMALL_RURAL
from analysis.i18n import _, current, listed, ngettext, number, percent
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles, prepare
from analysis.report.render import Content
from analysis.report.urls import PROGRAMMES, county_file, municipality_file, programme_file

#: Groups in the order of the comparison, nearest first.
GROUP_ORDER = ("peers", "neighbours", "labour_market_region", "kostra_group", "county", "country")
#: Programmes named in one line of the tables of neighbours; more are told as a number.
MOST_PROGRAMMES = 3


def view(profiles: Profiles, code: str) -> dict[str, Any]:
    """What the template of a municipality's page prints, in the language in use.

    Parameters
    ----------
    profiles : Profiles
    code : str
        municipality_code.

    Returns
    -------
    dict
    """
    place = profiles.municipalities[code]
    name = labels.short_name(place["municipality_name"])
    rows = profiles.rows.get(code, [])
    return {
        "name": name,
        "code": code,
        "official": place["municipality_name_official"].replace(" - ", " – "),
        "county": {
            "name": place["county_name"],
            "href": county_file(current(), place["county_code"], place["county_name"]),
        },
        "leads": leads(name, rows),
        "about": about(profiles, code, name),
        "history": history(profiles, code, name),
        "participations_": by_programme(
            profiles, [r for r in rows if r["scope"] not in ("adoption", "setting")]
        ),
        "adopted": by_programme(profiles, [r for r in rows if r["scope"] == "adoption"]),
        "setting": sorted(
            {words.programme(profiles, r["programme_id"]) for r in rows if r["scope"] == "setting"}
        ),
        "notes": row_notes(rows),
        "completeness": completeness(profiles, rows, name),
        "comparison": comparison(profiles, code, name),
        "purchases": purchases(profiles, code, name),
        "left_out": left_out(profiles, code, name),
        "neighbours": companions(profiles, code, profiles.near.get(code, [])),
        "near_title": words.group(profiles, code, "neighbours"),
        "neighbours_note": neighbours_note(profiles, code, name),
        "alike": companions(profiles, code, profiles.alike.get(code, [])),
        "alike_note": alike_note(profiles, code),
        "cooperations": profiles.cooperations.get(code, []),
        "locator": {"outline": profiles.outline, **profiles.places[code]}
        if code in profiles.places
        else None,
        "years": words.years_of(profiles),
        "programmes_href": PROGRAMMES[current()],
    }


def leads(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """What is documented, and that the list is incomplete: the first two sentences of the page."""
    counted = [r for r in rows if r["is_counted"]]
    n, years = len(counted), [int(r["year"]) for r in counted if not pd.isna(r["year"])]
    if n == 0:
        in_groups = [r for r in rows if r["takes_part"] and r["scope"] not in ("adoption", "setting")]
        first = (
            ngettext(
                "Public sources do not name {name}, but they name a group of municipalities with {name} in it "
                "in one project.",
                "Public sources do not name {name}, but they name groups of municipalities with {name} in them "
                "in {n} projects.",
                len(in_groups),
                name=name,
                n=len(in_groups),
            )
            if in_groups
            else _("Public sources document no participations by {name} in innovation programmes.", name=name)
        )
        return [first, _("The list is incomplete. {name} may still have taken part.", name=name)]
    if n == 1:
        first = (
            _(
                "Public sources document one participation by {name} in innovation programmes, in {year}.",
                name=name,
                year=str(years[0]),
            )
            if years
            else _("Public sources document one participation by {name} in innovation programmes.", name=name)
        )
    else:
        first = (
            _(
                "Public sources document {n} participations by {name} in innovation programmes, the latest in {year}.",
                n=n,
                name=name,
                year=str(max(years)),
            )
            if years
            else _(
                "Public sources document {n} participations by {name} in innovation programmes.",
                n=n,
                name=name,
            )
        )
    return [first, _("The list is incomplete. {name} may have taken part in more projects.", name=name)]


def about(profiles: Profiles, code: str, name: str) -> list[str]:
    """Size, centrality, KOSTRA group and labour-market region, one sentence each."""
    place = profiles.municipalities[code]
    date = {"population": int(place["population"]), "year": str(place["population_year"]), "name": name}
    sentences = [_("{name} had {population} inhabitants on 1 January {year}.", **date)]
    sentences.append(
        _(
            "Statistics Norway (SSB) puts the municipality in centrality class {n} of 6, where 1 is the most "
            "central.",
            n=int(place["centrality_class"]),
        )
    )
    definition = SMALL_RURAL["main"].label
    sentences.append(
        _("It counts as a small rural municipality here ({definition}).", definition=definition)
        if place["is_small_rural"]
        else _("It does not count as a small rural municipality here ({definition}).", definition=definition)
    )
    sentences.append(kostra(profiles, code, name))
    region = profiles.means.get((code, "labour_market_region"))
    sentences.append(
        _("The municipality is a labour-market region of its own.")
        if region is None
        else ngettext(
            "It belongs to the labour-market region {region} with {n} other municipality.",
            "It belongs to the labour-market region {region} with {n} other municipalities.",
            region["n"] - 1,
            region=place["labour_market_region_name"],
            n=int(region["n"]) - 1,
        )
    )
    return sentences


def kostra(profiles: Profiles, code: str, name: str) -> str:
    """The KOSTRA group in words: SSB's grouping by size and economy."""
    place = profiles.municipalities[code]
    values = {"number": str(int(place["kostra_group"][-2:])), "name": name}
    group = profiles.means.get((code, "kostra_group"))
    if group is None:
        return _("{name} is alone in KOSTRA group {number}, SSB's grouping by size and economy.", **values)
    made_of = words.kostra_group(profiles.kostra.get(place["kostra_group"], {}))
    if not made_of:
        return _(
            "It is one of {n} municipalities in KOSTRA group {number}, SSB's grouping by size and economy.",
            n=int(group["n"]),
            **values,
        )
    return _(
        "It is one of {n} municipalities in KOSTRA group {number}, SSB's grouping by size and economy: {made_of}.",
        n=int(group["n"]),
        made_of=made_of,
        **values,
    )


def history(profiles: Profiles, code: str, name: str) -> list[dict[str, str]]:
    """Mergers and separations since 2018, and where participations of those years are counted."""
    found = []
    for merger in profiles.mergers.get(code, []):
        parts = [_("parts of {name}", name=p) for p in merger.parts]
        units = [*merger.whole, *parts]
        if len(units) == 1:
            text = _(
                "{unit} became part of the municipality in {year}.", unit=units[0], year=str(merger.year)
            )
        else:
            text = _(
                "The municipality was formed of {units} in {year}.",
                units=listed(units),
                year=str(merger.year),
            )
        text += " " + _("Participations of the former municipalities are counted here.")
        if merger.parts:
            text += " " + _("Those of {units} are not: it was divided.", units=listed(list(merger.parts)))
        found.append({"text": text})
    for part in profiles.separations:
        years = {"first": str(part.first), "last": str(part.last)}
        whole = labels.short_name(profiles.municipalities[part.was_in]["municipality_name"])
        if part.code == code:
            text = _("{name} was part of {whole} from {first} to {last}.", name=name, whole=whole, **years)
            # The name is a link, so the sentence is cut where it stands.
            before, after = _("Participations of those years are counted for {whole}.", whole="|").split("|")
            found.append(
                {
                    "text": f"{text} {before}",
                    "href": municipality_file(current(), part.was_in, whole),
                    "link": whole,
                    "after": after,
                }
            )
        elif part.was_in == code:
            other = labels.short_name(profiles.municipalities[part.code]["municipality_name"])
            text = _("{other} was part of {name} from {first} to {last}.", name=name, other=other, **years)
            found.append({"text": text + " " + _("Participations of those years are counted here.")})
    return found


def by_programme(profiles: Profiles, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Participations under the programme they belong to; the programme is explained where it is named."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["programme_id"]].append(row)
    newest = {
        p: max((int(r["year"]) for r in g if not pd.isna(r["year"])), default=0) for p, g in groups.items()
    }
    order = sorted(groups, key=lambda p: (profiles.programmes[p]["scope"] != "procurement", -newest[p], p))
    made: list[dict[str, Any]] = []
    shown: set[str] = set()
    for p in order:
        addresses = {r["source_url"] for r in groups[p]}
        made.append(
            {
                "name": words.programme(profiles, p),
                "href": programme_file(current(), p),
                "explained": words.explanation(profiles, p, shown),
                "rows": [_participation(profiles, r) for r in groups[p]],
                # One source for all: printed once, not under each project.
                "source": addresses.pop() if len(groups[p]) > 1 and len(addresses) == 1 else "",
            }
        )
    return made


def _participation(profiles: Profiles, row: dict[str, Any]) -> dict[str, Any]:
    place = profiles.municipalities[row["municipality_code"]]
    now = {place["municipality_name"], place["municipality_name_official"]}
    former = [
        n for n in row["names_then"] if n not in now and n.split(" - ")[0] != place["municipality_name"]
    ]
    role = labels.stage(row["stage"]) or labels.role(row["role"])
    marks = [
        role,
        "" if row["is_named"] else _("group"),
        _("indirect") if row["is_inferred"] and row["is_named"] else "",
    ]
    return {
        "year": labels.year(row["year"]) or _("unknown"),
        "title": row[f"title_{current()}"],
        "lang": row["language"] if row["language"] != current() else "",
        "url": row["source_url"],
        "source": labels.publisher(row["publisher"]),
        "role": ", ".join(m for m in marks if m),
        "former": listed([labels.short_name(n) for n in former]),
    }


def row_notes(rows: list[dict[str, Any]]) -> list[str]:
    """What the marks in the table of participations mean, as far as it has them."""
    shown = [r for r in rows if r["scope"] != "setting"]
    notes = []
    if any(not r["is_named"] for r in shown):
        notes.append(
            _(
                "Group: the source names a group of municipalities, not each member. These rows are not "
                "counted in the numbers on this page."
            )
        )
    if any(r["is_inferred"] and r["is_named"] for r in shown):
        notes.append(_("Indirect: the source does not say it; we concluded the year or the participation."))
    return notes


def completeness(profiles: Profiles, rows: list[dict[str, Any]], name: str) -> list[str]:
    """For which programmes the list is complete, and whether the municipality is on it."""
    kinds = profiles.programmes
    complete = [p for p, kind in kinds.items() if kind["coverage"] == "census" and kind["scope"] != "setting"]
    on = {r["programme_id"] for r in rows if r["takes_part"]}
    sentences = []
    with_it = [words.dated_programme(profiles, p) for p in complete if p in on]
    without = [words.dated_programme(profiles, p) for p in complete if p not in on]
    if with_it:
        sentences.append(
            _("{name} is on the complete list of {programmes}.", name=name, programmes=listed(with_it))
        )
    if without:
        sentences.append(
            _("{name} is not on the complete list of {programmes}.", name=name, programmes=listed(without))
        )
    others = ngettext(
        "For the one other programme we know only some of the participants.",
        "For the {n} other programmes we know only some of the participants.",
        len(kinds) - len(complete),
        n=len(kinds) - len(complete),
    )
    return [*sentences, others]


def comparison(profiles: Profiles, code: str, name: str) -> list[dict[str, Any]]:
    """The municipality and its groups: participations per municipality, and how many have any."""
    own = profiles.values[code]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "is_own": True,
            "documented": "",
            "procurement": number(own["procurement"]),
            "development": number(own["development"]),
        }
    ]
    for group in GROUP_ORDER:
        mean = profiles.means.get((code, group))
        if mean is None:
            continue
        n = int(mean["n"])
        rows.append(
            {
                "name": words.group(profiles, code, group),
                "documented": _("{x} of {n}", x=round(mean["is_documented"] * n), n=n),
                "procurement": number(mean["procurement"], 1),
                "development": number(mean["development"], 1),
            }
        )
    return rows


def purchases(profiles: Profiles, code: str, name: str) -> list[dict[str, Any]]:
    """Purchases per inhabitant and as a share of expenditure, beside the same groups; none if all are unknown."""
    rows = [_bought(name, profiles.values[code], True)]
    for group in GROUP_ORDER:
        mean = profiles.means.get((code, group))
        if mean is not None:
            known, n = int(mean["n_purchases_share"]), int(mean["n"])
            row = _bought(words.group(profiles, code, group), mean, False)
            rows.append(row | {"known": _("{x} of {n} known", x=known, n=n) if known < n else ""})
    return rows if any(r["is_known"] for r in rows) else []


def _bought(name: str, values: dict[str, Any], is_own: bool) -> dict[str, Any]:
    def shown(column: str, write: Any) -> str:
        return _("unknown") if pd.isna(values[column]) else write(values[column])

    return {
        "name": name,
        "is_own": is_own,
        "is_known": not pd.isna(values["purchases_share"]),
        "own": shown("own_per_inhabitant", lambda v: number(round(v, -2))),
        "replacing": shown("replacing_per_inhabitant", lambda v: number(round(v, -2))),
        "share": shown("purchases_share", percent),
    }


def left_out(profiles: Profiles, code: str, name: str) -> list[str]:
    """Why a group is not in the comparison."""
    sentences = []
    if (code, "labour_market_region") not in profiles.means:
        sentences.append(
            _("The labour-market region is left out: {name} is its only municipality.", name=name)
        )
    if (code, "kostra_group") not in profiles.means:
        sentences.append(_("The KOSTRA group is left out: {name} is its only municipality.", name=name))
    if (code, "county") not in profiles.means:
        sentences.append(_("The county is left out: {name} is its only municipality.", name=name))
    return sentences


def companions(profiles: Profiles, code: str, others: list[str]) -> dict[str, Any]:
    """Neighbours or similar municipalities: those with documented participations, and the names of the rest."""
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
                "county": "" if place["county_code"] == home or "(" in link["name"] else place["county_name"],
                "population": number(place["population"]),
                "summary": summary,
            }
        )
    return {"rows": rows, "rest": rest, "n": len(others)}


def in_brief(profiles: Profiles, code: str) -> str:
    """A municipality's participations by programme with their years: ``Klimasats (2018, 2021)``."""
    years: dict[str, set[int]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for row in profiles.rows.get(code, []):
        if row["is_counted"]:
            counts[row["programme_id"]] += 1
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
        told.append(ngettext("{n} more programme", "{n} more programmes", more, n=more))
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


def content(data: Data, code: str) -> Content:
    """Make the page of one municipality, in the language in use.

    Parameters
    ----------
    data : Data
    code : str
        municipality_code.

    Returns
    -------
    Content
    """
    shown = view(prepare(data), code)
    return words.content("municipality.html.j2", shown, shown["official"], " ".join(shown["leads"]))
