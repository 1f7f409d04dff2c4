"""What a programme is: owner, years, status, who can apply; and the list of all programmes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from analysis.i18n import N_, _, alphabetical, current, listed, number
from analysis.report import labels, render
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles, prepare
from analysis.report.render import Content
from analysis.report.urls import programme_file

#: What a source says of whether a programme takes new participants, without a year and with it.
_STATUS = {"open": N_("Open"), "closed": N_("Closed to new participants")}
_STATUS_IN = {
    "open": N_("Last known open in {year}"),
    "closed": N_("Closed to new participants, as stated in {year}"),
}


def facts(profiles: Profiles, programme: pd.Series) -> list[dict[str, Any]]:
    """Owner, years, status, who can apply and where, as far as a source says it.

    Of a programme that is over: who could apply, and nothing of where; of one that nobody applies to: neither.
    """
    years = words.period(profiles, str(programme.name))
    apply, source = programme["apply_url"], programme["source_url"]
    over, is_setting = is_over(programme), programme["scope"] == "setting"
    counties = common.county_names(profiles.data.panel)
    found = [
        {"name": _("Owner"), "value": programme[f"owner_{current()}"]},
        {"name": _("Years"), "value": years[:1].upper() + years[1:]},
        {
            "name": _("Open or closed"),
            "value": _known_status(programme),
            **_checked(profiles, programme, "status"),
        },
        {
            "name": _("Who could apply") if over else _("Who can apply"),
            "value": ""
            if is_setting or pd.isna(programme["eligible"])
            else eligible(counties, programme, profiles.data.eligibility),
            **_checked(profiles, programme, "eligible"),
        },
        {
            "name": _("Where to apply"),
            "value": ""
            if is_setting or over or pd.isna(apply)
            else f"{_('Page for applicants')}, {_host(apply)}",
            "url": apply,
            **_checked(profiles, programme, "apply_url"),
        },
        {"name": _("Source"), "value": _site(profiles, programme), "url": source},
    ]
    return [fact for fact in found if fact["value"]]


def _checked(profiles: Profiles, programme: pd.Series, column: str) -> dict[str, str]:
    """Source of a fact, the day it was read and what to know about it, where the fact is known."""
    source = programme[f"{column}_source_id"]
    if pd.isna(programme[column]) or pd.isna(source):
        return {}
    date = labels.date(programme[f"{column}_checked"])
    note = programme.get(f"{column.removesuffix('_url')}_note_{current()}")
    return {
        "note": "" if pd.isna(note) else str(note),
        "source": str(profiles.data.sources.at[source, "url"]),
        "checked": _("source, read {date}", date=date) if date else _("source"),
    }


def _site(profiles: Profiles, programme: pd.Series) -> str:
    """The site that tells more about a programme; where it hosts everybody's files, whose they are."""
    host = _host(programme["source_url"])
    publisher = labels.publisher(str(profiles.data.sources.at[programme["source_id"], "publisher"]))
    return f"{publisher} ({host})" if host == "github.com" else host


def _host(address: str) -> str:
    """The site that an address leads to, as a reader knows it."""
    return urlsplit(address).netloc.removeprefix("www.")


def is_over(programme: pd.Series) -> bool:
    """Whether a source says that the programme is closed, or its last year is known."""
    return programme["status"] == "closed" or not pd.isna(programme["period_to"])


def status(programme: Mapping[str, Any] | pd.Series) -> str:
    """Open, closed or ended, with the year; "we do not know" where no source says it."""
    return _known_status(programme) or _("We do not know")


def _known_status(programme: Mapping[str, Any] | pd.Series) -> str:
    key, year, last = programme["status"], labels.year(programme["status_year"]), programme["period_to"]
    if not pd.isna(last):
        return _("Ended in {year}", year=labels.year(last))
    if key not in _STATUS:
        return ""
    return _(_STATUS_IN[key], year=year) if year else _(_STATUS[key])


def eligible(counties: pd.Series, programme: pd.Series, eligibility: pd.DataFrame) -> str:
    """Which municipalities can apply, by today's counties; ``counties`` are their names by county_code."""
    value = programme["eligible"]
    if pd.isna(value):
        return _("We do not know")
    if value == "all":
        return _("All municipalities")
    members = eligibility.loc[eligibility["programme_id"] == programme.name, "municipality_code"]
    names = sorted((counties[c] for c in members.str[:2].unique()), key=alphabetical)
    return _("Municipalities in {counties}", counties=listed(names))


def view(profiles: Profiles) -> dict[str, Any]:
    """All programmes by what they are for."""
    rows, table = profiles.participations, profiles.kinds
    named = rows[rows["takes_part"] & rows["is_named"]]
    counts = named.groupby("programme_id")["municipality_code"].nunique()
    groups: list[dict[str, Any]] = []
    shown: set[str] = set()
    for scope, title in labels.SCOPES.items():
        members = sorted(
            table.index[table["scope"] == scope], key=lambda p: alphabetical(words.programme(profiles, p))
        )
        if members:
            groups.append(
                {
                    "title": _(title),
                    "id": scope,
                    "rows": [
                        {
                            "name": words.programme(profiles, p),
                            "href": programme_file(current(), p),
                            "explained": words.new_sentence(words.description(profiles, p), shown),
                            "owner": table.at[p, f"owner_{current()}"],
                            "status": status(table.loc[p]),
                            "municipalities": number(counts.get(p, 0)),
                            "coverage": labels.coverage(table.at[p, "coverage"]),
                        }
                        for p in members
                    ],
                }
            )
    return {
        "groups": groups,
        "title": _("Programmes that municipalities can take part in"),
        "lead": _(
            "We have collected participants in {n} programmes. Most of the lists are incomplete.",
            n=len(table),
        ),
    }


def content(data: Data) -> Content:
    """Make the list of programmes, in the language in use."""
    shown = view(prepare(data))
    return Content(render.template("programmes.html.j2", **shown), shown["title"], shown["lead"])
