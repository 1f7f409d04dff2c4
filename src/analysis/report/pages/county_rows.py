"""A county report's tables: municipalities, every participation with its source, programmes, joint projects."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.i18n import N_, _, alphabetical, alphabetically, current, in_units, ngettext, nok, number
from analysis.measures import cooperation
from analysis.report import labels
from analysis.report.data import County
from analysis.report.pages import common, records
from analysis.report.urls import programme_file

_APART = {
    "adoption": N_("a programme for taking new solutions into use"),
    "setting": N_("all municipalities of a county or region can be in it"),
}


@lru_cache(maxsize=4)
def rows(county: County) -> pd.DataFrame:
    """One row per municipality of the county and project; see :func:`records.participations`.

    Returns
    -------
    DataFrame
        As there, and own_amount_nok, own_amount_eur: what the municipality itself was granted.
    """
    country = county.country
    own = country.participation[country.participation["county_code"] == county.code]
    kinds = country.programmes.set_index("programme_id")
    found = records.participations(own, kinds, country.projects, country.sources, country.named.rows)
    keys = ["municipality_code", "project_id"]
    amounts = own.dropna(subset="municipality_code").groupby(keys)[["own_amount_nok", "own_amount_eur"]]
    found = found.join(amounts.sum(min_count=1), on=keys)
    names = county.panel.set_index("municipality_code")["municipality_name"]
    return found.assign(who=found["municipality_code"].map(names))


def municipality_table(county: County) -> pd.DataFrame:
    """The county's municipalities with the figures that the report rests on; ``id`` is each row's anchor."""
    panel = county.panel.assign(count=county.count)
    panel = panel.sort_values("municipality_name", key=alphabetically)
    return pd.DataFrame(
        {
            _("Municipality"): panel["municipality_name"].to_numpy(),
            _("Inhabitants"): panel["population"].to_numpy(float),
            _("Centrality class (1 is most central)"): panel["centrality_class"].to_numpy(float),
            _("Small rural"): [_("yes") if s else _("no") for s in panel["is_small_rural"]],
            _("Participations"): panel["count"].to_numpy(float),
            _("Purchases, NOK million"): panel["purchases_nok_thousand"].astype(float).to_numpy() / 1000,
            "url": list(common.municipality_addresses(panel).values()),
            "id": ("k" + panel["municipality_code"]).to_numpy(),
        }
    )


def participation_table(county: County) -> pd.DataFrame:
    """Every participation that counts, with its source; columns url, language and id are helpers."""
    found = rows(county)
    found = found[found["is_counted"]].sort_values(
        ["who", "year", "project_id"],
        ascending=[True, False, True],
        key=lambda column: alphabetically(column) if column.name == "who" else column,
    )
    names = labels.programmes(county.country.programmes)
    return pd.DataFrame(
        {
            _("Municipality"): [
                now + former_name(now, then[-1] if then else None)
                for now, then in zip(found["who"], found["names_then"], strict=True)
            ],
            _("Project (with link to the source)"): found[f"title_{current()}"].to_numpy(),
            _("Programme"): found["programme_id"].map(names).to_numpy(),
            _("Year"): [labels.year(year) or _("unknown") for year in found["year"]],
            _("Role"): [", ".join(filter(None, records.part(row))) for row in found.to_dict("records")],
            _("Granted to the municipality"): [
                money(*pair) for pair in zip(found["own_amount_nok"], found["own_amount_eur"], strict=True)
            ],
            "url": found["source_url"].to_numpy(),
            "language": found["language"].to_numpy(),
            "id": [
                f"d-{c}-{p}" for c, p in zip(found["municipality_code"], found["project_id"], strict=True)
            ],
        }
    )


def other_table(county: County) -> pd.DataFrame:
    """What is documented and not counted: groups, candidates, adoption, whole counties, the county council.

    One row for each project and reason, with all who are in it.
    """
    found = rows(county)
    found = found[~found["is_counted"]]
    found = found.assign(reason=[_reason(row) for row in found.to_dict("records")])
    councils = county.rows()
    councils = councils[councils["participant_type"] == "county"]
    titles, urls = labels.titles(county.country.projects), county.country.sources["url"]
    councils = councils.assign(
        who=councils["participant_name"].map(plain_name),
        reason=_("county council"),
        language="",
        source_url=councils["source_id"].map(urls),
        **{f"title_{current()}": councils["project_id"].map(titles)},
    )
    both = pd.concat([found, councils], ignore_index=True)
    names = labels.programmes(county.country.programmes)
    made = [
        {
            _("Project (with link to the source)"): group[f"title_{current()}"].iloc[0],
            _("Programme"): names[group["programme_id"].iloc[0]],
            _("Year"): labels.year(group["year"].min()) or _("unknown"),
            _("Participants"): ", ".join(sorted(set(group["who"]), key=alphabetical)),
            _("Why it is not counted"): reason,
            "url": group["source_url"].iloc[0],
            "language": group["language"].iloc[0],
        }
        for (reason, _project), group in both.groupby(["reason", "project_id"])
    ]
    return pd.DataFrame(made)


def _reason(row: dict) -> str:
    if not row["takes_part"]:
        return labels.stage(row["stage"])
    if row["scope"] in _APART:
        return _(_APART[row["scope"]])
    return (
        _("the same grant stands under another programme")
        if row["is_named"]
        else _("the source names a group")
    )


def former_name(now: str, then: object) -> str:
    """The name of the unit that took part, where it has since become part of another: `` (Fosnes)``."""
    if not isinstance(then, str):
        return ""
    return "" if labels.short_name(now).casefold() in then.casefold() else f" ({labels.short_name(then)})"


def plain_name(name: str) -> str:
    """A name that its source writes in capitals, as it is written elsewhere.

    Examples
    --------
    >>> plain_name("MØRE OG ROMSDAL FYLKESKOMMUNE")
    'Møre og Romsdal fylkeskommune'
    """
    if not name.isupper():
        return name
    return name.title().replace(" Og ", " og ").replace(" Fylkeskommune", " fylkeskommune")


def money(kroner: float, euro: float) -> str:
    """An amount known in kroner or euro, or nothing.

    Examples
    --------
    >>> money(float("nan"), 8_030_000), money(float("nan"), float("nan"))
    ('EUR 8 million', '')
    """
    if not pd.isna(kroner):
        return nok(float(kroner))
    if pd.isna(euro):
        return ""
    if euro < 1e6:
        return _("EUR {amount}", amount=number(euro))
    n, written = in_units(euro / 1e6)
    return ngettext("EUR {amount} million", "EUR {amount} million", n, amount=written)


def by_programme(county: County) -> pd.DataFrame:
    """The programmes of the county's participations, most first.

    Returns
    -------
    DataFrame
        On programme_id: name, projects, participations; nok and eur (granted to the municipalities
        themselves) with ``granted`` (participations for which it is known); led and led_projects (grants to
        projects led from the county, where the municipalities' own part is not known).
    """
    found = rows(county)
    found = found[found["is_counted"]]
    grouped = found.groupby("programme_id")
    table = grouped.agg(projects=("project_id", "nunique"), participations=("project_id", "size"))
    table["nok"] = grouped["own_amount_nok"].sum(min_count=1)
    table["eur"] = grouped["own_amount_eur"].sum(min_count=1)
    known = found["own_amount_nok"].notna() | found["own_amount_eur"].notna()
    table["granted"] = known.groupby(found["programme_id"]).sum()
    projects = county.country.projects.set_index("project_id")
    led = found[(found["role"] == "lead") & ~known].drop_duplicates("project_id")
    led = led.assign(amount=led["project_id"].map(projects["amount_nok"]))
    led = led[led["amount"].notna() & led["project_id"].map(projects["amount_basis"]).eq("grant")]
    table[["led", "led_projects"]] = led.groupby("programme_id")["amount"].agg(["sum", "size"])
    table["name"] = labels.programmes(county.country.programmes).reindex(table.index)
    return table.sort_values(["participations", "name"], ascending=[False, True])


def programme_table(county: County) -> pd.DataFrame:
    """The programmes of the county's participations, with the grants that sources state."""
    table = by_programme(county)
    return pd.DataFrame(
        {
            _("Programme"): table["name"].to_numpy(),
            _("Projects"): table["projects"].to_numpy(float),
            _("Participations"): table["participations"].to_numpy(float),
            _("Grants known"): [_grants(row) for row in table.to_dict("records")],
            "url": [programme_file(current(), p) for p in table.index],
        }
    )


def _grants(row: dict) -> str:
    parts = []
    for kroner, euro in ((row["nok"], float("nan")), (float("nan"), row["eur"])):
        if amount := money(kroner, euro):
            granted, n = int(row["granted"]), int(row["participations"])
            parts.append(
                _("{amount} to {who} participations", amount=amount, who=labels.all_of(granted, n))
                if n > 1
                else _("{amount} to the one participation", amount=amount)
            )
    if not pd.isna(row["led"]):
        n = int(row["led_projects"])
        amount = nok(float(row["led"]))
        parts.append(
            _("{amount} to one project led by a municipality of the county", amount=amount)
            if n == 1
            else _("{amount} to {n} projects led by municipalities of the county", amount=amount, n=n)
        )
    return "; ".join(parts) or _("unknown")


def joint_projects(county: County) -> pd.DataFrame:
    """Projects of several municipalities with at least one from the county: title, programme, year, who.

    The columns ``outside`` (members in other counties), ``id`` and ``language`` are not for printing.
    """
    country = county.country
    found = cooperation.participations(country.named)
    found = found[found["is_joint"]].drop_duplicates(["project", "municipality_code"])
    names = country.panel.set_index("municipality_code")["municipality_name"]
    here = found.loc[found["county_code"] == county.code, "project"]
    found = found[found["project"].isin(here)].assign(name=lambda r: r["municipality_code"].map(names))
    ids = found["project"].str.split("/", n=1)
    found = found.assign(programme_id=ids.str[0], project_id=ids.str[1])
    programmes, titles = labels.programmes(country.programmes), labels.titles(country.projects)
    projects = country.projects.set_index("project_id")
    out = []
    for project, members in found.groupby("project_id", sort=True):
        own = members["county_code"] == county.code
        row = projects.loc[project]
        title_nb = row["title"] if pd.isna(row["title_nb"]) else row["title_nb"]
        out.append(
            {
                _("Project"): titles[project],
                _("Programme"): programmes[members["programme_id"].iloc[0]],
                _("Year"): labels.year(row["year"]),
                _("From the county"): ", ".join(sorted(members.loc[own, "name"], key=alphabetical)),
                _("From other counties"): ", ".join(sorted(members.loc[~own, "name"], key=alphabetical)),
                "outside": int((~own).sum()),
                "id": f"p-{project}",
                "language": records.language_of(title_nb, row["title"]),
            }
        )
    return pd.DataFrame(out)
