"""What several pages share: rows for charts, regions for maps, their scale, methods and sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL
from analysis.figures import bars, maps, style
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, current, listed, ngettext, number
from analysis.measures.observations import Observations
from analysis.report import labels
from analysis.report.urls import county_file, municipality_file

REGISTER = N_("Register of municipal participation")
PART = N_(
    "The register holds a part of what there is: that a municipality is not found does not mean that it has not taken part."
)
GROUP_COLOURS = [style.SMALL_RURAL, style.OTHERS]


def of_municipalities(x: float, n: float) -> str:
    """``29 of 77 municipalities``: the basis written under every bar."""
    return ngettext("{x} of {n} municipality", "{x} of {n} municipalities", int(n), x=int(x), n=int(n))


def of_participations(x: float, n: float) -> str:
    """``71 of 88 participations``."""
    return ngettext("{x} of {n} participation", "{x} of {n} participations", int(n), x=int(x), n=int(n))


def municipality_addresses(panel: pd.DataFrame) -> dict[str, str]:
    """The page of each municipality of the panel, by municipality_code."""
    names = zip(panel["municipality_code"], panel["municipality_name"], strict=True)
    return {code: municipality_file(current(), code, name) for code, name in names}


def county_addresses(panel: pd.DataFrame) -> dict[str, str]:
    """The report of each county of the panel, by county_code."""
    counties = panel.drop_duplicates("county_code")
    names = zip(counties["county_code"], counties["county_name"], strict=True)
    return {code: county_file(current(), code, name) for code, name in names}


def by_group(estimates: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The rows of estimates by ``is_small_rural``: small rural municipalities, and the others."""
    is_small = estimates["group"].astype(bool)
    return estimates[is_small].iloc[0], estimates[~is_small].iloc[0]


def chart_rows(
    estimates: pd.DataFrame,
    label: Callable[[object], str],
    detail: Callable[[float, float], str] = of_municipalities,
    colour: str = style.OTHERS,
) -> pd.DataFrame:
    """Estimates as the rows of a chart (see :func:`analysis.figures.bars.chart`).

    Parameters
    ----------
    estimates : Estimates
    label : callable
        From a group to its name.
    detail : callable
        From numerator and denominator to the text under the name.
    colour : str
    """
    rows = estimates[["group", "estimate", "conf_low", "conf_high", "n", "unit", "coverage"]].copy()
    basis = zip(estimates["numerator"], estimates["denominator"], strict=True)
    rows.insert(0, "label", estimates["group"].map(label))
    rows.insert(1, "detail", [detail(x, n) for x, n in basis])
    return rows.assign(colour=colour)


def pairs(estimates: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Chart rows of several estimates by ``is_small_rural``: under each name small rural, then the others."""
    parts = []
    for name, result in estimates.items():
        ordered = result.sort_values("group", ascending=False)
        is_small = ordered["group"].astype(bool).to_numpy()
        rows = chart_rows(ordered, lambda _group, name=name: name)  # type: ignore[misc]
        basis = zip(ordered["numerator"], ordered["denominator"], strict=True)
        rows["detail"] = [_("{x} of {n}", x=int(x), n=int(n)) for x, n in basis]
        rows["series"] = np.where(is_small, _("Small rural"), _("Others"))
        parts.append(rows.assign(colour=np.where(is_small, style.SMALL_RURAL, style.OTHERS)))
    return pd.concat(parts, ignore_index=True)


def joint_chart(rows: pd.DataFrame, title: str, head: str) -> Figure:
    """The chart of participations together with other municipalities; ``head`` names its first column."""
    return bars.chart(
        rows,
        name="cooperation",
        title=title,
        subtitle=_(
            "Share of the participations found that are in projects with at least one other municipality"
        ),
        heads=(head, _("With others")),
        source=_(REGISTER),
        coverage=_(
            "Joint projects are easier to find than small local ones, and sources that name whole regions count as joint."
        ),
    )


def count_regions(observations: Observations) -> pd.DataFrame:
    """Regions of the map of participations found: municipality_code, name, value, text."""
    panel, count = observations.panel, observations.counts
    return pd.DataFrame(
        {
            "municipality_code": panel["municipality_code"],
            "name": panel["municipality_name"],
            "value": count.astype(float),
            "text": [
                ngettext("{n} participation found", "{n} participations found", n, n=n)
                if n
                else _("none found")
                for n in count
            ],
        }
    )


def count_scale() -> maps.Scale:
    """Classes for the number of participations found in a municipality."""
    names = ("1", "2", f"3–{number(4)}", f"5–{number(9)}", _("10 or more"))
    return maps.Scale((1, 2, 3, 5, 10), names, number, zero=_("none found"), zero_is_unknown=True)


def most_named(panel: pd.DataFrame, count: pd.Series, top: int = 4) -> str:
    """The municipalities found most often, as a sentence lists them with their numbers."""
    most = panel.assign(count=count).nlargest(top, "count", keep="first")
    return listed(
        [f"{n} ({number(c)})" for n, c in zip(most["municipality_name"], most["count"], strict=True)]
    )


def methods(panel: pd.DataFrame) -> list[str]:
    """How the figures are made, in four sentences."""
    main = SMALL_RURAL["main"]
    return [
        _(
            "Small rural municipality: {definition} ({source}). The national report shows other definitions.",
            definition=main.label,
            source=_(main.source),
        ),
        _(
            "Intervals are 95%: Wilson's for shares, a score interval for ratios, Student's t for means. They say how far chance alone could move a figure, not what is missing in the register."
        ),
        _(
            "A participation is one municipality in one project, counted once whatever its roles. Old municipalities are carried to those of 2024 by SSB's list of changes (KLASS 131)."
        ),
        _(
            "Population and size are of 1 January 2024; accounts of {year}; purchases of {year2}.",
            year=labels.year(panel["accounts_year"].max()),
            year2=labels.purchases_year(panel),
        ),
    ]


def source_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The data's sources: title (with address), publisher, licence, date of retrieval."""
    rows = catalogue.reset_index()
    return pd.DataFrame(
        {
            _("Source"): rows[f"title_{current()}"],
            "url": rows["url"],
            _("Publisher"): rows[f"publisher_{current()}"],
            _("Licence"): rows["licence"],
            _("Retrieved"): rows["retrieved"].map(labels.date),
        }
    )


DOWNLOADED = [
    "record_id",
    "programme_id",
    "project_id",
    "year",
    "participant_name",
    "participant_type",
    "municipality_code",
    "county_code",
    "name_then",
    "role",
    "stage",
    "confidence",
    "basis",
    "note",
]


def with_source(participation: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The register's rows as a reader downloads them, each with the address of its source."""
    return participation[DOWNLOADED].assign(source_url=participation["source_id"].map(sources["url"]))
