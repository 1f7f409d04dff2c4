"""The page of one programme: what it is, who can apply, who took part, how complete the list is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.i18n import N_, _, current, ngettext, number
from analysis.measures.groups import TAKING_PART
from analysis.report import labels, narrowed, render, urls
from analysis.report.data import Data
from analysis.report.pages import profile_words as words
from analysis.report.pages import programme_participants
from analysis.report.pages.profiles import Profiles, prepare
from analysis.report.pages.programme_list import facts
from analysis.report.render import Content

_COVERAGE = {
    "census": N_("The list is complete: every participant is on it."),
    "partial": N_("The list is incomplete: some of the participants are known."),
    "sample": N_("The list is incomplete: few of the participants are known."),
}


def view(profiles: Profiles, programme_id: str) -> dict[str, Any]:
    """What the template of a programme's page prints, in the language in use.

    Parameters
    ----------
    profiles : Profiles
    programme_id : str

    Returns
    -------
    dict
    """
    programme = profiles.kinds.loc[programme_id]
    rows = profiles.participations
    rows = rows[(rows["programme_id"] == programme_id) & rows["takes_part"]]
    named = rows[rows["is_named"]]
    published = totals(profiles, programme_id)
    lead, *rest = labels.sentences(words.description(profiles, programme_id))
    return {
        "name": words.programme(profiles, programme_id),
        "lead": lead,
        "rest": " ".join(rest),
        "facts": facts(profiles, programme),
        "summary": summary(profiles, programme, named, rows),
        "definition": ""
        if named.empty or programme["scope"] == "setting"
        else _("Here, “small rural” means {definition}.", definition=narrowed.definition().label),
        "by_size": programme_participants.by_size(profiles, named),
        "by_year": programme_participants.by_year(named),
        "by_county": programme_participants.by_county(profiles, named),
        "dots": programme_participants.dots(profiles, named),
        "dots_note": _("Each dot is a municipality that took part. Larger dots have more participations.")
        if programme["coverage"] == "census"
        else _(
            "Each dot is a municipality with documented participation. Larger dots have more participations. "
            "Municipalities without a dot may have taken part."
        ),
        "outline": profiles.map,
        "totals": published,
        "is_contradicted": any(row["is_contradicted"] for row in published),
        "coverage": coverage(programme),
        "coverage_note": str(programme[f"coverage_note_{current()}"]),
        "is_complete": programme["coverage"] == "census",
        "n_municipalities": named["municipality_code"].nunique(),
        "programmes_href": urls.PROGRAMMES[current()],
    }


def coverage(programme: pd.Series) -> str:
    """How complete the list is, and which part of it is."""
    text, covers = _(_COVERAGE[programme["coverage"]]), programme[f"complete_for_{current()}"]
    if pd.isna(covers):
        return text
    if programme["coverage"] == "census":
        return _("The list is complete for: {what}.", what=covers)
    return f"{text} {_('These parts are complete: {what}.', what=covers)}"


def summary(profiles: Profiles, programme: pd.Series, named: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """How many municipalities and projects, small rural and others; a share only where the list is complete."""
    n = named["municipality_code"].nunique()
    sentences = (
        _took_part(profiles, programme, named, n)
        if n
        else [_("Public sources name no municipality that has taken part.")]
    )
    if programme["scope"] == "setting":
        sentences.append(
            _("All municipalities of a county or region can be in it, so it does not count as participation.")
        )
    in_groups = len(set(rows.loc[~rows["is_named"], "municipality_code"]) - set(named["municipality_code"]))
    return [*sentences, *_only_in_groups(in_groups, n), *_county_councils(profiles, programme, n)]


def _took_part(profiles: Profiles, programme: pd.Series, named: pd.DataFrame, n: int) -> list[str]:
    """How many municipalities are named, how many of them are small rural, and what share of all that could take part."""
    panel = profiles.data.panel
    found = panel["municipality_code"].isin(named["municipality_code"])
    small = panel["is_small_rural"].astype(bool)
    x, y = int((found & small).sum()), int((found & ~small).sum())
    first = _participants(profiles, named, n)
    is_complete = programme["coverage"] == "census"
    if is_complete and profiles.programmes[str(programme.name)]["chosen_by_design"] is True:
        why = _("The programme chose its participants, so a share would say nothing.")
        return [first, _small(x, n), why]
    if programme["scope"] == "setting":
        return [first]
    if not is_complete:
        why = _("The list is incomplete, so we cannot say what share of the municipalities took part.")
        return [first, _small(x, n), why]
    eligible = profiles.data.observations.where(programmes=str(programme.name)).eligible.astype(bool)
    all_small, all_others = int((eligible & small).sum()), int((eligible & ~small).sum())
    values = {
        "n": all_small,
        "share": number(100 * x / max(all_small, 1), 1),
        "y": y,
        "m": all_others,
        "share2": number(100 * y / max(all_others, 1), 1),
    }
    shares = (
        _(
            "{x} of {n} small rural municipalities ({share}%) and {who} other municipalities "
            "({share2}%) took part.",
            x=x,
            who=labels.all_of(y, all_others),
            **values,
        )
        if x
        else _(
            "None of the {n} small rural municipalities took part. {y} of {m} other municipalities "
            "({share2}%) did.",
            **values,
        )
    )
    return [first, shares]


def _only_in_groups(in_groups: int, n: int) -> list[str]:
    """How many municipalities are only in groups that a source names, besides the ``n`` that are named."""
    if not in_groups:
        return []
    return [
        ngettext(
            "One more municipality is only mentioned as part of a group. It is not counted.",
            "{n} more municipalities are only mentioned as part of a group. They are not counted.",
            in_groups,
            n=labels.in_words(in_groups).capitalize(),
        )
        if n
        else ngettext(
            "One municipality is only mentioned as part of a group. It is not counted.",
            "{n} municipalities are only mentioned as part of a group. They are not counted.",
            in_groups,
            n=labels.in_words(in_groups).capitalize(),
        )
    ]


def _county_councils(profiles: Profiles, programme: pd.Series, n: int) -> list[str]:
    """How many county councils took part, besides ``n`` municipalities, and how many are of former counties."""
    rows = profiles.data.participation
    rows = rows[(rows["programme_id"] == programme.name) & rows["stage"].isin(TAKING_PART)]
    owns_scheme = rows["form"].eq("scheme").fillna(False).astype(bool)  # and does not take part in it
    rows = rows[(rows["participant_type"] == "county") & ~owns_scheme]
    n_counties = rows["county_code"].fillna(rows["county_then"]).nunique()
    if not n_counties:
        return []
    k = labels.in_words(n_counties)
    sentences = [
        ngettext(
            "In addition, one county council took part.",
            "In addition, {n} county councils took part.",
            n_counties,
            n=k,
        )
        if n
        else ngettext(
            "One county council took part.",
            "{n} county councils took part.",
            n_counties,
            n=k.capitalize(),
        )
    ]
    n_former = rows.loc[rows["county_code"].isna(), "county_then"].nunique()
    if n_former == n_counties == 1:
        sentences.append(_("It belonged to a former county."))
    elif n_former:
        sentences.append(
            ngettext(
                "One of the county councils is of a former county.",
                "{n} of the county councils are of former counties.",
                n_former,
                n=labels.in_words(n_former).capitalize(),
            )
        )
    return sentences


def _participants(profiles: Profiles, named: pd.DataFrame, n: int) -> str:
    """How many municipalities are named, and in how many projects; participations where rows stand for more.

    Lists of single awards, agreements and years of grants are kept as projects, but a reader knows them otherwise.
    """
    who = ngettext("one municipality", "{n} municipalities", n, n=labels.in_words(n))
    forms = profiles.data.projects.set_index("project_id").loc[named["project_id"]]
    if (forms["form"] == "list").any() or (named["n_grants"] > 1).any():
        return ngettext(
            "Public sources name {municipalities} with one participation.",
            "Public sources name {municipalities} with {n} participations.",
            len(named),
            n=labels.in_words(len(named)),
            municipalities=who,
        )
    projects = named["project_id"].nunique()
    return ngettext(
        "Public sources name {municipalities} in one project.",
        "Public sources name {municipalities} in {n} projects.",
        projects,
        n=labels.in_words(projects),
        municipalities=who,
    )


def _small(x: int, n: int) -> str:
    """How many of those found are small rural municipalities."""
    if n == 1:
        return _("It is a small rural municipality.") if x else _("It is not a small rural municipality.")
    if x == n:
        return _("All of them are small rural municipalities.") if n > 2 else _("Both are small and rural.")
    if x == 0:
        return (
            _("None of them is a small rural municipality.")
            if n > 2
            else _("Neither of them is a small rural municipality.")
        )
    return ngettext(
        "{x} of the municipalities is small and rural.",
        "{x} of the municipalities are small and rural.",
        x,
        x=labels.in_words(x).capitalize(),
    )


def totals(profiles: Profiles, programme_id: str) -> list[dict[str, Any]]:
    """What the programme has published of itself beside what the register holds."""
    table = profiles.data.reconciled(labels.OF_PROGRAMMES)
    table = table[table["programme_id"] == programme_id].sort_values(["year", "measure"], na_position="last")
    table = table.drop_duplicates(["year", "measure", "qualifier", "published", "found"])
    return [
        {
            "year": labels.period(row.round, row.year) or _("unknown"),
            "published": labels.total(row.measure, int(row.published), row.qualifier),
            "found": number(row.found_named)
            if row.found == row.found_named
            else _("{n}; {all} with members of groups", n=number(row.found_named), all=number(row.found)),
            "url": row.source_url,
            "is_contradicted": bool(row.contradicts),
        }
        for row in table.itertuples(index=False)
    ]


def content(data: Data, programme_id: str) -> Content:
    """Make the page of one programme, in the language in use.

    Parameters
    ----------
    data : Data
    programme_id : str

    Returns
    -------
    Content
    """
    shown = view(prepare(data), programme_id)
    return Content(render.template("programme.html.j2", **shown), shown["name"], shown["lead"])
