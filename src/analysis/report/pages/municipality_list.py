"""A municipality's participations programme by programme, each with year, role and source; shorter in print."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from analysis.i18n import _, current, listed
from analysis.report import labels
from analysis.report.pages import profile_words as words
from analysis.report.pages import records
from analysis.report.pages.profiles import Profiles
from analysis.report.urls import programme_file

#: Scopes that are shown apart and are not counted as participation.
APART = ("adoption", "setting")
#: Lines of one A4 that the lists of participations may take.
PRINTED_LINES = 15.0
#: Lines of a programme with its explanation and without, of a row with its source's address and without.
LINES_OF_PROGRAMME, LINES_OF_NAME, LINES_OF_ROW, LINES_OF_SHORT_ROW = 2.2, 1.2, 1.7, 1.1


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
                "explained": words.new_sentence(words.description(profiles, p), shown),
                "rows": [_participation(profiles, r) for r in groups[p]],
                # One source for all: printed once, not under each project.
                "source": addresses.pop() if len(groups[p]) > 1 and len(addresses) == 1 else "",
                "publisher": labels.publisher(groups[p][0]["publisher"]),
            }
        )
    return made


def shorten(groups: list[dict[str, Any]], taken: float = 0.0) -> str:
    """Mark the rows that stay out of print where not all fit one sheet, all but the latest, and say how many are printed.

    Parameters
    ----------
    groups : list of dict
        :func:`by_programme`; ``printed`` (rows of each that are printed) and ``in_full`` (with its
        explanation) are set.
    taken : float
        Lines that other parts of this page take and that most pages have not.

    Returns
    -------
    str
        Nothing where everything is printed.
    """
    each = [LINES_OF_SHORT_ROW if g["source"] else LINES_OF_ROW for g in groups]
    rows = [len(g["rows"]) for g in groups]
    whole = sum(LINES_OF_PROGRAMME + n * line for n, line in zip(rows, each, strict=True))
    left = PRINTED_LINES - taken
    fits = whole <= left
    for group, n in zip(groups, rows, strict=True):
        group.update(printed=n if fits else 0, in_full=fits)
    if fits:
        return ""
    latest = sorted(
        ((_year(row), i) for i, group in enumerate(groups) for row in group["rows"]),
        key=lambda pair: (-pair[0], pair[1]),
    )
    for _of_year, i in latest:
        left -= each[i] + (0 if groups[i]["printed"] else LINES_OF_NAME)
        if left < 0 and any(g["printed"] for g in groups):
            break
        groups[i]["printed"] += 1
    printed = sum(g["printed"] for g in groups)
    if printed == sum(rows):
        return ""
    return _(
        "Printed: {x} of the {n} rows on the web page. All of them, with their sources, are in the county report.",
        x=printed,
        n=sum(rows),
    )


def _year(row: dict[str, Any]) -> int:
    """The year of a row as it is shown; an unknown one comes after all others."""
    return int(row["year"]) if row["year"].isdecimal() else 0


def _participation(profiles: Profiles, row: dict[str, Any]) -> dict[str, Any]:
    place = profiles.municipalities[row["municipality_code"]]
    now = {place["municipality_name"], place["municipality_name_official"]}
    former = [
        n for n in row["names_then"] if n not in now and n.split(" - ")[0] != place["municipality_name"]
    ]
    role, *marks = records.part(row)
    marks = [
        role,
        "" if row["is_named"] else _("group"),
        *marks,
        _("same grant") if _is_double(row) else "",
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


def _is_double(row: dict[str, Any]) -> bool:
    """Whether the grant stands under another programme, too, and is counted there."""
    return row["takes_part"] and row["is_named"] and row["scope"] not in APART and not row["is_counted"]


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
    if any(labels.outcome(r["outcome"]) for r in shown):
        notes.append(
            _("Stopped or cancelled: a source says that the project was not carried through. It is counted.")
        )
    if any(r["n_grants"] > 1 for r in shown):
        notes.append(
            _(
                "Grants: those of one owner in one starting year, activity and field stand in one row of the "
                "Research Council's list and count as one participation."
            )
        )
    if any(_is_double(r) for r in shown):
        notes.append(_("Same grant: it stands under two programmes and is counted once."))
    return notes
