"""The tables of a county report: who takes part in what, with whom, and by which source."""

from __future__ import annotations

import pandas as pd

from analysis.i18n import _, nok, number
from analysis.measures import cooperation
from analysis.report import labels as words
from analysis.report.pages.county import County, by_programme


def participation_table(county: County) -> pd.DataFrame:
    """Every participation found in the county: who, project, programme, year, role, source and its address."""
    rows = county.rows()
    names = county.panel.set_index("municipality_code")["municipality_name"]
    titles = words.titles(county.country.projects)
    rows = rows.assign(
        who=rows["municipality_code"].map(names).fillna(rows["participant_name"].map(_plain)),
        is_county=rows["participant_type"] == "county",
    ).sort_values(["is_county", "who", "year", "project_id"], na_position="last")
    then = [_former(*pair) for pair in zip(rows["who"], rows["name_then"], strict=True)]
    sources = county.country.sources
    marks = [
        ", ".join(
            filter(None, [words.stage(s) or words.role(r), "" if c == "stated" else words.confidence(c)])
        )
        for s, r, c in zip(rows["stage"], rows["role"], rows["confidence"], strict=True)
    ]
    return pd.DataFrame(
        {
            _("Participant"): rows["who"].to_numpy() + pd.array(then, dtype="str").to_numpy(),
            _("Project"): rows["project_id"].map(titles).to_numpy(),
            _("Programme"): rows["programme_id"].map(words.programmes(county.country.programmes)).to_numpy(),
            _("Year"): rows["year"].map(words.year).to_numpy(),
            _("Role"): marks,
            _("Source"): rows["source_id"].map(sources["publisher"]).map(words.publisher).to_numpy(),
            "url": rows["source_id"].map(sources["url"]).to_numpy(),
        }
    )


def _former(now: str, then: object) -> str:
    """The name of the unit that took part, where it has since become part of another: `` (Fosnes)``."""
    if not isinstance(then, str) or "fylke" in now:
        return ""
    short = words.short_name(then)
    return "" if words.short_name(now).casefold() in then.casefold() else f" ({short})"


def _plain(name: str) -> str:
    """A name that its source writes in capitals, as it is written elsewhere."""
    if not name.isupper():
        return name
    return name.title().replace(" Og ", " og ").replace(" Fylkeskommune", " fylkeskommune")


def municipality_table(county: County) -> pd.DataFrame:
    """The county's municipalities with the figures that the report rests on."""
    panel = county.panel.assign(found=county.count).sort_values("municipality_name")
    return pd.DataFrame(
        {
            _("Municipality"): panel["municipality_name"].to_numpy(),
            _("Inhabitants"): panel["population"].map(number).to_numpy(),
            _("Centrality class"): panel["centrality_class"].astype(str).to_numpy(),
            _("Small and rural"): [_("yes") if s else _("no") for s in panel["is_small_rural"]],
            _("Found"): panel["found"].map(number).to_numpy(),
            _("Operating expenditure, NOK million"): [
                number(v / 1000) for v in panel["operating_expenditure_nok_thousand"]
            ],
        }
    )


def joint_projects(county: County) -> pd.DataFrame:
    """Projects of several municipalities with at least one from the county: title, programme, year, who."""
    rows = cooperation.cooperative(county.country.observations).rows
    size = rows.groupby("project_id")["municipality_code"].transform("size")
    here = rows.loc[(rows["county_code"] == county.code) & (size > 1), "project_id"].unique()
    names = county.country.panel.set_index("municipality_code")["municipality_name"]
    rows = rows[rows["project_id"].isin(here)].assign(name=lambda r: r["municipality_code"].map(names))
    programmes, titles = words.programmes(county.country.programmes), words.titles(county.country.projects)
    years = county.country.projects.set_index("project_id")["year"]
    out = []
    for project, members in rows.groupby("project_id", sort=True):
        own = members["county_code"] == county.code
        out.append(
            {
                _("Project"): titles[project],
                _("Programme"): programmes[members["programme_id"].iloc[0]],
                _("Year"): words.year(years[project]),
                _("From the county"): _some(sorted(members.loc[own, "name"])),
                _("From other counties"): _some(sorted(members.loc[~own, "name"])) or "–",
                "outside": int((~own).sum()),
            }
        )
    return pd.DataFrame(out)


def _some(names: list[str], most: int = 8) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return _("{names} and {n} more", names=", ".join(names[: most - 1]), n=len(names) - most + 1)


def programme_table(county: County) -> pd.DataFrame:
    """The programmes found in the county, with what is known of grants to projects led from it."""
    table = by_programme(county)
    return pd.DataFrame(
        {
            _("Programme"): table["name"].to_numpy(),
            _("Projects"): table["projects"].map(number).to_numpy(),
            _("Participations"): table["participations"].map(number).to_numpy(),
            _("Grants known"): [
                "–" if pd.isna(v) else _("{amount} ({n} of the projects)", amount=nok(float(v)), n=int(n))
                for v, n in zip(table["grants"], table["granted"], strict=True)
            ],
        }
    )
