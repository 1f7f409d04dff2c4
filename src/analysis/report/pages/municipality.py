"""The page of one municipality: who it is, what it took part in, beside whom, and whom it may ask."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from analysis.figures.markup import told_apart
from analysis.i18n import N_, _, current, ngettext
from analysis.report import labels, render
from analysis.report.data import Data
from analysis.report.pages import municipality_about, municipality_beside, municipality_list, openings
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles, prepare
from analysis.report.render import Content
from analysis.report.urls import PROGRAMMES, county_file


@lru_cache(maxsize=1)
def _openings(data: Data) -> dict[str, dict[str, list[str]]]:
    """What each municipality may apply for, found once for all pages."""
    programmes = prepare(data).kinds
    return openings.of_municipalities(programmes, data.eligibility, data.panel["municipality_code"])


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
    counted = [r for r in rows if r["scope"] not in municipality_list.APART]
    taken = municipality_list.by_programme(profiles, counted)
    adopted = municipality_list.by_programme(profiles, [r for r in rows if r["scope"] == "adoption"])
    history, together = municipality_about.history(profiles, code, name), cooperations(profiles, code)
    setting = {words.programme(profiles, r["programme_id"]) for r in rows if r["scope"] == "setting"}
    # What not every page has, in lines of print: headings and their space count, too.
    other_lines = 1.5 * len(history) + (2.5 + len(together) if together else 0) + 2.5 * bool(setting)
    other_lines += 3 if adopted else 0
    return {
        "name": name,
        "code": code,
        "official": place["municipality_name_official"].replace(" - ", " – "),
        "county": {
            "name": told_apart(place["county_name"], _("county"), {name}),
            "href": county_file(current(), place["county_code"], place["county_name"]),
        },
        "leads": leads(name, rows),
        "about": municipality_about.about(profiles, code, name),
        "history": history,
        "participations_": taken,
        "takes_part": any(r["takes_part"] for r in counted),
        "adopted": adopted,
        "shortened": municipality_list.shorten(taken + adopted, other_lines),
        "is_counted": any(r["is_counted"] for r in rows),
        "setting": "; ".join(sorted(setting)),
        "notes": municipality_list.row_notes(rows),
        "openings": {
            kind: [openings.link(p, profiles.programmes[p]) for p in ids]
            for kind, ids in _openings(profiles.data)[code].items()
        },
        "completeness": completeness(profiles, rows, name),
        "comparison": municipality_beside.comparison(profiles, code, name),
        "purchases": municipality_beside.purchases(profiles, code, name),
        "left_out": municipality_beside.left_out(profiles, code, name),
        "neighbours": municipality_beside.companions(profiles, code, "neighbours"),
        "near_title": words.group(profiles, code, "neighbours"),
        "neighbours_note": municipality_beside.neighbours_note(profiles, code, name),
        "alike": municipality_beside.companions(profiles, code, "peers"),
        "alike_note": municipality_beside.alike_note(profiles, code),
        "cooperations": together,
        "locator": profiles.locator,
        "years": words.years_of(profiles),
        "programmes_href": PROGRAMMES[current()],
    }


def leads(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """What is documented, and that the list is incomplete: the first sentences of the page."""
    adopted = {
        r["programme_id"] for r in rows if r["scope"] == "adoption" and r["takes_part"] and r["is_named"]
    }
    first, last = documented(name, rows)
    if not adopted:
        return [first, last]
    taken = ngettext(
        "It has also been in one programme for taking new solutions into use.",
        "It has also been in {n} programmes for taking new solutions into use.",
        len(adopted),
        n=labels.in_words(len(adopted)),
    )
    return [first, taken, last]


def documented(name: str, rows: list[dict[str, Any]]) -> tuple[str, str]:
    """How many participations are documented, and how incomplete the list is."""
    counted = [r for r in rows if r["is_counted"]]
    if not counted:
        in_groups = sum(1 for r in rows if r["takes_part"] and r["scope"] not in municipality_list.APART)
        first = (
            ngettext(
                "Public sources do not name {name}, but they name a group of municipalities with {name} in it "
                "in one project.",
                "Public sources do not name {name}, but they name groups of municipalities with {name} in them "
                "in {n} projects.",
                in_groups,
                name=name,
                n=in_groups,
            )
            if in_groups
            else _("{name} has no documented participations in innovation programmes.", name=name)
        )
        return first, _("The lists are incomplete. {name} may still have taken part.", name=name)
    years = [int(r["year"]) for r in counted if not pd.isna(r["year"])]
    values = {"name": name, "n": labels.in_words(len(counted)), "year": str(max(years, default=0))}
    if 0 < len(years) < len(counted):
        first = _(
            "{name} has {n} documented participations in innovation programmes. The latest with a known year was in {year}.",
            **values,
        )
    elif years:
        first = ngettext(
            "{name} has one documented participation in innovation programmes, in {year}.",
            "{name} has {n} documented participations in innovation programmes, the latest in {year}.",
            len(counted),
            **values,
        )
    else:
        first = ngettext(
            "{name} has one documented participation in innovation programmes.",
            "{name} has {n} documented participations in innovation programmes.",
            len(counted),
            **values,
        )
    return first, _("The lists are incomplete. {name} may have taken part in more projects.", name=name)


def completeness(profiles: Profiles, rows: list[dict[str, Any]], name: str) -> list[str]:
    """For which programmes the list is complete, and whether the municipality is on it."""
    kinds = profiles.programmes
    complete = [p for p, kind in kinds.items() if kind["coverage"] == "census" and kind["scope"] != "setting"]
    # Not to be on a list says something only where all could be: not where participants were chosen.
    open_to_all = [
        p
        for p in complete
        if kinds[p]["chosen_by_design"] is not True
        and (pd.isna(kinds[p]["eligible"]) or kinds[p]["eligible"] == "all")
    ]
    on = {r["programme_id"] for r in rows if r["takes_part"]}
    sentences = []
    with_it = [words.complete_list(profiles, p) for p in complete if p in on]
    without = [words.complete_list(profiles, p) for p in open_to_all if p not in on]
    if with_it:
        sentences.append(
            ngettext(
                "{name} is on this complete list: {programmes}.",
                "{name} is on these complete lists: {programmes}.",
                len(with_it),
                name=name,
                programmes="; ".join(with_it),
            )
        )
    if without:
        sentences.append(
            ngettext(
                "{name} is not on this complete list: {programmes}.",
                "{name} is not on these complete lists: {programmes}.",
                len(without),
                name=name,
                programmes="; ".join(without),
            )
        )
    others = ngettext(
        "For the one programme without a complete list we know only some of the participants.",
        "For the {n} programmes without a complete list we know only some of the participants.",
        len(kinds) - len(complete),
        n=len(kinds) - len(complete),
    )
    return [*sentences, others]


_COOPERATIONS = {
    "standing": N_("standing procurement cooperation"),
    "joint_tender": N_("joint tender"),
    "it_cooperation": N_("IT cooperation"),
    "shared_services": N_("shared services"),
}


def cooperations(profiles: Profiles, code: str) -> list[dict[str, str]]:
    """Cooperations with their kind and the year for which membership is stated."""
    made = []
    for row in profiles.cooperations.get(code, []):
        kind = _(_COOPERATIONS[row["kind"]])
        if until := labels.year(row["to_year"]):
            kind = _("{kind}, until {year}", kind=kind, year=until)
        elif year := labels.year(row["as_of_year"]):
            kind = _("{kind}, member in {year}", kind=kind, year=year)
        made.append({"name": row["name"], "url": row["source_url"], "kind": kind})
    return made


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
    cited = _("{name} municipality in innovation programmes", name=shown["name"])
    body = render.template("municipality.html.j2", **shown)
    return Content(body, shown["official"], " ".join(shown["leads"]), cited=cited)
