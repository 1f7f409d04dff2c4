"""The poster: the whole finding on one sheet of A3, from the estimates and figures of the national page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from analysis.figures import bars
from analysis.figures.figure import Figure
from analysis.figures.poster import Pair, Poster
from analysis.i18n import N_, _, current, percent
from analysis.measures import procurement
from analysis.report import about, labels, narrowed
from analysis.report.data import Data
from analysis.report.pages import common, frequency, national, national_lists, sensitivity

#: Where the sheet lies, seen from ``reports``, in the language in use: PDF to print, PNG to show.
PDF, PNG = "figures/poster-{language}.pdf", "figures/poster-{language}.png"
#: Official data that the poster shows, besides the register.
SOURCES = ("ssb_population", "ssb_centrality", "ssb_purchases", "kartverket_boundaries_2020")
LICENCE = N_("Participation register and poster: CC BY 4.0; Horizon 2020 rows: NLOD 2.0.")


def files(data: Data) -> dict[str, bytes]:
    """The poster in the language in use, by path below ``reports``."""
    made = poster(data).files()
    return {name.format(language=current()): content for name, content in zip((PDF, PNG), made, strict=True)}


def poster(data: Data) -> Poster:
    """What the poster says and shows."""
    per_municipality, lists = frequency.PER_MUNICIPALITY.one, national_lists.shares(data)
    shown: list[tuple[Figure, Callable[[float], str], Callable[[str], str]]] = [
        (lists, bars.shares(lists.data["estimate"]).one, str),
        (_with_intervals(frequency.how_often(data)), per_municipality, _participations),
    ]
    return Poster(
        kicker=_(
            "{site}. Data as of {date}",
            site=_(about.SITE_NAME),
            date=labels.date(about.data_date().isoformat()),
        ),
        title=frequency.headline(data),
        lead=_("Here, “small rural” means {definition}.", definition=narrowed.definition().label),
        groups=(_("small rural municipalities"), _("other municipalities")),
        pairs=_pairs(data),
        map=national.municipal_map(data),
        charts=shown,
        columns=[
            (_("How certain is the difference?"), sensitivity.uncertainty(data)[:3]),
            (
                _("What the data cannot say"),
                [
                    _(common.PART),
                    _(
                        "We know who was granted support and took part. Rejected applications are not included. We therefore do not know who applied."
                    ),
                    _("Differences between the groups are associations. They do not show what causes them."),
                ],
            ),
            (
                _("How the figures are made"),
                common.methods(data.panel)[1:2],
            ),
        ],
        footer=_footer(data),
    )


def _with_intervals(figure: Figure) -> Figure:
    """The figure with a sentence on the lines over its bars."""
    said = _("The lines show 95% intervals, from drawing projects anew.")
    return replace(figure, coverage=f"{said} {figure.coverage}")


def _participations(n: str) -> str:
    return _("{n} participations", n=n)


def _pairs(data: Data) -> list[Pair]:
    """Three comparisons: a complete list, how often, and what purchases make up."""
    led = national_lists.of(data, national_lists.OWNERS)
    owners = _both(led, write=bars.shares(led["estimate"]).one)
    rates = frequency.per_municipality(data, "procurement")
    often = _both(rates[rates["term"] == "rate"], write=frequency.PER_MUNICIPALITY.one)
    # Of the two kinds of purchases, the one that is the larger share in small rural municipalities; the other is not.
    bought = _both(
        procurement.purchases_share(data.panel, of="own_production"), write=lambda value: percent(value, 1)
    )
    since = national_lists.years(data, national_lists.OWNERS)[0]
    return [
        Pair(
            *owners,
            about=_("Have led a project funded by the Research Council since {year}", year=since),
            note=_("All projects registered in the municipality's own name"),
        ),
        Pair(
            *often,
            about=_("Participations per municipality in innovative procurement"),
            note=_("Documented participations. The lists are incomplete"),
        ),
        Pair(
            *bought,
            about=_("Purchases for own services as a share of expenditure"),
            note=_("Mean of the municipalities, {year}", year=labels.purchases_year(data.panel)),
        ),
    ]


def _both(estimates: pd.DataFrame, write: Callable[[float], str]) -> tuple[str, str]:
    """The estimates of small rural municipalities and of the others, as they are written."""
    small, others = common.by_group(estimates)
    return write(small["estimate"]), write(others["estimate"])


def _footer(data: Data) -> list[str]:
    used = data.catalogue[data.catalogue.index.isin(SOURCES)]
    each = zip(used[f"publisher_{current()}"], used["licence"], strict=True)
    official = ", ".join(dict.fromkeys(f"{publisher} ({licence})" for publisher, licence in each))
    said = about.of_page(_("Poster"), PDF.format(language=current()))
    return [
        _("Official statistics and boundaries: {sources}. {licence}", sources=official, licence=_(LICENCE)),
        said.citation,
    ]
