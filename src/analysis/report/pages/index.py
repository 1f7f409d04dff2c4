"""The index page: the finding and its picture, the search for a municipality, the counties from A to Å."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.figures import maps
from analysis.figures.figure import Figure
from analysis.figures.markup import told_apart
from analysis.i18n import LANGUAGES, _, alphabetically, current, ngettext, percent, using
from analysis.measures.groups import TAKING_PART
from analysis.report import labels, narrowed, render
from analysis.report.data import Data
from analysis.report.pages import common, frequency, national_counties, national_lists, poster, search
from analysis.report.render import Content
from analysis.report.urls import (
    COUNTY,
    INDEX,
    LANGUAGE_NAMES,
    MUNICIPALITIES,
    NATIONAL,
    PROGRAMMES,
)


def counties(data: Data) -> pd.DataFrame:
    """How many municipalities of each county public sources name in a programme, from A to Å.

    Returns
    -------
    DataFrame
        county_code, name, documented and municipalities (numbers of municipalities), value (their ratio).
    """
    keys = [data.panel["county_code"], data.panel["county_name"].rename("name")]
    table = data.named.found.groupby(keys).agg(documented="sum", municipalities="size").reset_index()
    table["value"] = table["documented"] / table["municipalities"]
    return table.sort_values("name", key=alphabetically).reset_index(drop=True)


def former_counties(participation: pd.DataFrame, programmes: Iterable[str]) -> pd.Series:
    """Per county of 2024: what its former county took part in among these programmes, in words; never split up.

    Counties of which no former county is in the register are left out.
    """
    rows = participation[
        (participation["participant_type"] == "county")
        & participation["county_code"].isna()
        & participation["county_successors"].notna()
        & participation["programme_id"].isin(list(programmes))
        & participation["stage"].isin(TAKING_PART)
    ]
    each = rows.assign(county=rows["county_successors"].str.split(";")).explode("county")
    counted = each.groupby(["county", "county_then"])["project_id"].nunique()
    texts = {
        county: ngettext(
            "through the former county {name}: {n} participation of the county administration",
            "through the former county {name}: {n} participations of the county administration",
            n,
            name=name,
            n=n,
        )
        for (county, name), n in counted.items()
    }
    return pd.Series(texts, dtype="str")


def county_map(table: pd.DataFrame, data: Data, addresses: dict[str, str]) -> Figure:
    """The counties by the share of municipalities with documented participation, each a link to its report."""
    former = former_counties(data.participation, data.observations.programme_ids)
    each = zip(table["county_code"], table["documented"], table["municipalities"], strict=True)
    texts = [filter(None, [common.of_municipalities(x, n), former.get(code)]) for code, x, n in each]
    values = table.assign(text=["; ".join(text) for text in texts])
    told = "; ".join(f"{row.name}: {row.text}" for row in values.itertuples(index=False))
    return maps.choropleth(
        data.counties,
        values,
        code="county_code",
        named=(table["name"] + "\n" + table["value"].map(percent)).set_axis(table["county_code"]),
        scale=common.share_scale(),
        inset=maps.OSLOFJORD,
        addresses=addresses,
        name="map-counties",
        title=national_counties.finding(table),
        subtitle=_("Share of each county's municipalities with at least one documented participation"),
        alt=_(
            "Map of Norway's counties. Municipalities with documented participation: {counties}.",
            counties=told,
        ),
        source=_(common.REGISTER),
        coverage=_(
            "Some counties publish more than others. The map shows what is documented, not who takes part most."
        )
        + f" {national_counties.left_out(table)}",
    )


def _bars(table: pd.DataFrame, addresses: dict[str, str], names: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": told_apart(row.name, _("county"), names),
            "href": addresses[row.county_code],
            "value": labels.out_of(int(row.documented), int(row.municipalities)),
            "bar": round(100 * row.value, 1),
        }
        for row in table.itertuples(index=False)
    ]


def content(data: Data) -> Content:
    """The index page's content."""
    language, table = current(), counties(data)
    addresses = common.county_addresses(data.panel)
    title, leads = frequency.headline(data), frequency.findings(data)[:2]
    picture, figure = national_lists.shares(data), county_map(table, data, addresses)
    places = search.search_list(data)
    body = render.template(
        "index.html.j2",
        title=title,
        leads=leads,
        definition=_("Here, “small rural” means {definition}.", definition=narrowed.definition().label),
        municipalities=len(data.panel),
        places=places,
        no_hits=_("No hits. Try a shorter name or the number."),
        one=_("One hit. Press Enter to open {name}."),
        many=_("{n} hits. Press Enter to open {name}, or choose another with the arrow keys."),
        more=_("The best eight are shown."),
        national=NATIONAL[language],
        finder=MUNICIPALITIES[language],
        programmes=PROGRAMMES[language],
        poster=f"../{poster.PDF.format(language=language)}",
        anchor=COUNTY[language],
        counties=_bars(table, addresses, set(data.panel["municipality_name"])),
        picture=picture.html(),
        figure=figure.html(),
    )
    shown = [picture.structured(), figure.structured()]
    return Content(body, title, leads[0], figures=shown, files=poster.files(data))


def redirect() -> str:
    """``reports/index.html``: sends the reader on to the Norwegian index, with links where it cannot."""
    css = "body{font:1.125rem/1.6 Arial,sans-serif;margin:3rem;color:#16232e}"
    with using(LANGUAGES[0]):
        return render.template(
            "redirect.html.j2",
            policy=render.policy(css, ""),
            css=css,
            site_name=_(render.SITE_NAME),
            languages=LANGUAGE_NAMES,
            index=INDEX,
            target=f"{LANGUAGES[0]}/{INDEX}",
        )
