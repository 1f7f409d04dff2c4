"""The first page of a county report: whom the adviser can call, and what municipalities could apply for."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.figures.markup import told_apart
from analysis.i18n import _, alphabetical, current, number
from analysis.measures import comparison, counting
from analysis.report import labels, render
from analysis.report.data import County
from analysis.report.pages import common, index, openings, programme_list, sortable
from analysis.report.pages import profile_words as words
from analysis.report.urls import MUNICIPALITIES, PROGRAMMES, municipality_file

#: Neighbours named beside a municipality; those with most participations first.
MOST_NEIGHBOURS = 3
#: How many are named where no neighbour is documented.
NEAREST = 2


def brief(county: County) -> Markup:
    """The brief as a block of the page.

    Parameters
    ----------
    county : County

    Returns
    -------
    Markup
    """
    codes = ",".join(sorted(county.panel["municipality_code"]))
    country = county.country
    could_suit = openings.candidates(
        country.programmes.set_index("programme_id"), country.eligibility, county.panel["municipality_code"]
    )
    return render.template(
        "county_brief.html.j2",
        county=county.name,
        is_one=county.is_one,
        documented=documented(county),
        undocumented=undocumented(county),
        programmes=suitable(county, could_suit),
        unsure=unsure(could_suit),
        programmes_href=PROGRAMMES[current()],
        finder_href=f"{MUNICIPALITIES[current()]}?k={codes}",
    )


def documented(county: County) -> list[dict[str, str]]:
    """Municipalities with documented participations, most first."""
    panel = county.panel.assign(n=county.count, order=county.panel["municipality_name"].map(alphabetical))
    panel = panel[panel["n"] > 0].sort_values(["n", "order"], ascending=[False, True])
    return [
        {**_link(row.municipality_code, row.municipality_name), "n": number(row.n)}
        for row in panel.itertuples(index=False)
    ]


def undocumented(county: County) -> list[dict[str, Any]]:
    """Municipalities without documented participation, each with the neighbours that have most."""
    country = county.country
    counts = pd.Series(
        country.named.counts.to_numpy(), index=country.panel["municipality_code"].to_numpy(), name="count"
    )
    names = country.panel.set_index("municipality_code")["municipality_name"]
    here = [c for c in county.panel["municipality_code"] if counts[c] == 0]
    near, centres = country.neighbours.groupby("municipality_code")["neighbour_code"], country.centres
    someone = [c for c in centres.index if counts[c] > 0]
    shared = comparison.drawn_together(country.boundaries)
    made = []
    for code in sorted(here, key=lambda c: alphabetical(names[c])):
        # Of two that are one area on the map, nobody knows which of its neighbours are whose; they are each other's.
        others = sorted(
            shared.get(code) or near.get_group(code), key=lambda c: (-counts[c], alphabetical(names[c]))
        )
        others = [c for c in others if counts[c] > 0][:MOST_NEIGHBOURS]
        is_far = not others
        if is_far:
            others = list(centres[someone].distance(centres[code]).nsmallest(NEAREST).index)
        call = [{**_link(c, names[c]), "n": number(counts[c])} for c in others]
        made.append({**_link(code, names[code]), "call": call, "is_far": is_far})
    return made


def _link(code: str, name: str) -> dict[str, str]:
    return {"name": labels.short_name(name), "href": municipality_file(current(), code, name)}


def suitable(county: County, could_suit: pd.DataFrame) -> list[dict[str, Any]]:
    """Programmes that a source says are open, then those with a page for applicants, each with what it is."""
    table, shown = could_suit[could_suit["status"].eq("open") | could_suit["apply_url"].notna()], set[str]()
    here = (counting.by_programme(county.observations) > 0).sum()
    counties = common.county_names(county.country.panel)
    return [
        {
            **openings.link(programme, row),
            "explained": words.new_sentence(str(row[f"description_{current()}"]), shown),
            "who": programme_list.eligible(counties, row, county.country.eligibility),
            "apply": "" if pd.isna(row["apply_url"]) else row["apply_url"],
            "here": number(here.get(programme, 0)),
        }
        for programme, row in table.iterrows()
    ]


def unsure(could_suit: pd.DataFrame) -> list[dict[str, Any]]:
    """Programmes that the county's municipalities could apply to, of which we do not know whether they are open."""
    is_unsure = could_suit["status"].isna() & could_suit["apply_url"].isna() & could_suit["may_apply"].notna()
    return [openings.link(programme, row) for programme, row in could_suit[is_unsure].iterrows()]


def compared(county: County) -> Markup:
    """All counties in one table, with a choice of those to compare; without script the whole table."""
    country = county.country
    table = index.counties(country)
    grouped = country.panel.assign(count=country.named.counts).groupby("county_code")
    table = table.join(
        grouped.agg(
            population=("population", "sum"),
            small=("is_small_rural", "sum"),
            count=("count", "sum"),
            purchases=("purchases_share", "mean"),
        ),
        on="county_code",
    )
    frame = _columns(table).assign(
        url=table["county_code"].map(common.county_addresses(country.panel)).tolist(),
        id=("f" + table["county_code"]).to_numpy(),
    )
    places = set(country.panel["municipality_name"])
    heads = [told_apart(each, _("county"), places) for each in table["name"]]
    frame[_("County")] = pd.Series(heads, index=frame.index, dtype=object)  # markup, not text
    mean = country.panel["purchases_share"].astype(float).mean()
    sums = table.sum(numeric_only=True).to_dict() | {"purchases": mean, "name": _("Norway")}
    total = _columns(pd.DataFrame([sums])).iloc[0].to_dict()
    name, *numbers = total
    near = alike(county)
    return render.template(
        "county_choice.html.j2",
        own=f"f{county.code}",
        choices=[
            {"id": f"f{code}", "name": text, "is_on": code in near}
            for code, text in zip(table["county_code"], table["name"], strict=True)
            if code != county.code
        ],
        table=sortable.table(
            frame,
            _("Counties compared"),
            numeric={column: 1 if i in (4, 5) else 0 for i, column in enumerate(numbers)},
            links={name: "url"},
            ids="id",
            total=total,
            class_name="compared",
            own=f"f{county.code}",
        ),
        note=common.partial_purchases(country.panel),
    )


def _columns(table: pd.DataFrame) -> pd.DataFrame:
    """Counties (or the country) under the names of the columns."""
    return pd.DataFrame(
        {
            _("County"): table["name"].to_numpy(),
            _("Inhabitants"): table["population"].to_numpy(float),
            _("Municipalities"): table["municipalities"].to_numpy(float),
            _("Of them small rural"): table["small"].to_numpy(float),
            _("With documented participation"): table["documented"].to_numpy(float),
            _("Participations per municipality"): (table["count"] / table["municipalities"]).to_numpy(float),
            _("Purchases, % of expenditure (mean)"): 100 * table["purchases"].to_numpy(float),
        }
    )


def alike(county: County, n: int = 4) -> list[str]:
    """Codes of the counties whose share of small rural municipalities is nearest; without Oslo."""
    shares = county.country.panel.groupby("county_code")["is_small_rural"].agg(["mean", "size"])
    others = shares[(shares["size"] > 1) & (shares.index != county.code)]
    distance = (others["mean"] - shares.loc[county.code, "mean"]).abs()
    return list(distance.sort_values(kind="stable").index[:n])
