"""A county report's findings and tables: who takes part in what, with whom, and by which source."""

from __future__ import annotations

import pandas as pd

from analysis.i18n import N_, _, current, listed, ngettext, nok, number, percent
from analysis.measures import cooperation
from analysis.measures.groups import TAKING_PART
from analysis.report import labels
from analysis.report.data import County
from analysis.report.pages import common
from analysis.report.urls import municipality_file, programme_file


def headline(county: County) -> str:
    """The report's title: what was found in the county."""
    if county.is_one:
        n = int(county.count.sum())
        return ngettext(
            "{county}: {n} participation found",
            "{county}: {n} participations found",
            n,
            n=n,
            county=county.name,
        )
    return _(
        "{county}: {x} of {n} municipalities found in the register",
        county=county.name,
        x=county.found,
        n=len(county.panel),
    )


def findings(county: County) -> list[str]:
    """Three sentences: how many are found, what size has to do with it, and who is found most."""
    if county.is_one:
        return [_share_of_country(county), _main_programmes(county)]
    return [_share(county), _small(county), _most(county)]


def _share_of_country(county: County) -> str:
    return _(
        "{county} is municipality and county at once, and {share} of all municipal participations found in the country are its own.",
        county=county.name,
        share=percent(county.count.sum() / int(county.country.observations.counts.sum())),
    )


def _main_programmes(county: County) -> str:
    top = by_programme(county).head(3)
    texts = [f"{name} ({number(n)})" for name, n in zip(top["name"], top["participations"], strict=True)]
    return _("Most of them are in {programmes}.", programmes=listed(texts))


def _share(county: County) -> str:
    return _(
        "The register finds {x} of the {n} municipalities in {county} ({share}) in at least one innovation programme; in the country as a whole it is {share2}.",
        x=county.found,
        n=len(county.panel),
        county=county.name,
        share=percent(county.found / len(county.panel)),
        share2=percent(county.country.observations.found.mean()),
    )


def _small(county: County) -> str:
    x, n, x2, n2 = county.observations.two_by_two()
    if n == 0:
        return _("None of its municipalities is small and rural as this report counts.")
    if n2 == 0:
        return _("All its municipalities are small and rural.")
    return ngettext(
        "Its one small rural municipality: {x} found, against {x2} of the {n2} others.",
        "Of its {n} small rural municipalities, {x} are found, against {x2} of the {n2} others.",
        n,
        n=n,
        x=x,
        x2=x2,
        n2=n2,
    )


def _most(county: County) -> str:
    if county.found == 0:
        return _("No municipality in the county is found at all.")
    names = common.most_named(county.panel, county.count, min(3, county.found))
    return _("Found most often: {names}.", names=names)


def schemes(county: County) -> list[str]:
    """Sentences on schemes with a budget of the county's own: what it is, and whom it could reach."""
    projects, published = county.country.projects, county.country.published
    ids = county.rows()["project_id"].unique()
    own = projects[projects["project_id"].isin(ids) & (projects["amount_basis"] == "scheme_budget")]
    names = labels.programmes(county.country.programmes)
    small = int(county.panel["is_small_rural"].sum())
    sentences = []
    for row in own.itertuples(index=False):
        budget = nok(float(row.amount_nok))
        sentences.append(
            _("{programme} has a budget of {amount}.", programme=names[row.programme_id], amount=budget)
        )
        most = published.query("programme_id == @row.programme_id and measure == 'max_nok_per_project'")
        if most.empty:
            continue
        each = int(most["value"].iloc[0])
        n = -(-int(row.amount_nok) // each)  # spent in full: rounded up
        sentences.append(
            _(
                "With at most {each} for a project it pays for at least {n} projects. With one municipality in each that is {n} of {all} municipalities ({share}).",
                each=nok(float(each)),
                n=n,
                all=len(county.panel),
                share=percent(n / len(county.panel)),
            )
        )
        if small > n:
            sentences.append(
                _(
                    "{small} of the municipalities are small and rural: if every project gets the most it can, the scheme reaches all of these only if they apply together.",
                    small=small,
                )
            )
    return sentences


_EXPANDED = (
    N_("{n} row comes from a source that names a group and not its members."),
    N_("{n} rows come from sources that name a group and not its members."),
)
_INFERRED = (
    N_("In {n} row the year or the membership is inferred."),
    N_("In {n} rows the year or the membership is inferred."),
)
_UNDATED = (N_("{n} row has no year."), N_("{n} rows have no year."))


def unknown(county: County) -> list[str]:
    """What the register does not know about the county, in sentences."""
    rows, sentences = county.rows(), []
    none = county.panel.loc[(county.count == 0).to_numpy(), "municipality_name"]
    if len(none):
        sentences.append(
            ngettext(
                "Nothing is found for {names}.",
                "Nothing is found for {n} municipalities: {names}.",
                len(none),
                n=len(none),
                names=listed(sorted(none)),
            )
        )
    for is_so, (one, many) in (
        (rows["basis"] == "group", _EXPANDED),
        (rows["confidence"] == "inferred", _INFERRED),
        (rows["year"].isna(), _UNDATED),
    ):
        if n := int(is_so.sum()):
            sentences.append(_(one if n == 1 else many, n=n))
    if missing := int(county.panel["purchases_share"].isna().sum()):
        sentences.append(
            ngettext(
                "Purchases are unknown for {n} municipality.",
                "Purchases are unknown for {n} municipalities.",
                missing,
                n=missing,
            )
        )
    return [
        *sentences,
        _("Applications that were turned down are not in the register: it cannot say who tried."),
    ]


def by_programme(county: County) -> pd.DataFrame:
    """The programmes found in the county: name, projects, participations, and the grants known."""
    rows = county.rows()
    rows = rows[rows["stage"].isin(TAKING_PART)]
    who = rows["municipality_code"].fillna(rows["participant_name"])
    rows = rows.assign(who=who).drop_duplicates(["project_id", "who"])
    projects = county.country.projects
    led = rows.loc[rows["role"] == "lead", "project_id"].unique()
    grants = projects[projects["project_id"].isin(led) & (projects["amount_basis"] == "grant")]
    table = rows.groupby("programme_id").agg(
        projects=("project_id", "nunique"), participations=("project_id", "size")
    )
    table[["grants", "granted"]] = grants.groupby("programme_id")["amount_nok"].agg(["sum", "size"])
    table["name"] = labels.programmes(county.country.programmes).reindex(table.index)
    return table.sort_values(["participations", "name"], ascending=[False, True])


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
            "url": [programme_file(current(), p) for p in table.index],
        }
    )


def municipality_table(county: County) -> pd.DataFrame:
    """The county's municipalities with the figures that the report rests on."""
    panel = county.panel.assign(found=county.count).sort_values("municipality_name")
    expenditure = panel["operating_expenditure_nok_thousand"] / 1000
    return pd.DataFrame(
        {
            _("Municipality"): panel["municipality_name"].to_numpy(),
            _("Inhabitants"): panel["population"].map(number).to_numpy(),
            _("Centrality class"): panel["centrality_class"].astype(str).to_numpy(),
            _("Small and rural"): [_("yes") if s else _("no") for s in panel["is_small_rural"]],
            _("Found"): panel["found"].map(number).to_numpy(),
            _("Operating expenditure, NOK million"): expenditure.map(number).to_numpy(),
            "url": [
                municipality_file(current(), c, n)
                for c, n in zip(panel["municipality_code"], panel["municipality_name"], strict=True)
            ],
        }
    )


def participation_table(county: County) -> pd.DataFrame:
    """Every participation found in the county: who, project, programme, year, role, source and its address."""
    country, rows = county.country, county.rows()
    names = county.panel.set_index("municipality_code")["municipality_name"]
    who = rows["municipality_code"].map(names).fillna(rows["participant_name"].map(labels.plain_name))
    rows = rows.assign(who=who, is_county=rows["participant_type"] == "county").sort_values(
        ["is_county", "who", "year", "project_id"], na_position="last"
    )
    return pd.DataFrame(
        {
            _("Participant"): [
                now + labels.former_name(now, then)
                for now, then in zip(rows["who"], rows["name_then"], strict=True)
            ],
            _("Project"): rows["project_id"].map(labels.titles(country.projects)).to_numpy(),
            _("Programme"): rows["programme_id"].map(labels.programmes(country.programmes)).to_numpy(),
            _("Year"): rows["year"].map(labels.year).to_numpy(),
            _("Role"): [
                labels.part(*row) for row in rows[["stage", "role", "confidence"]].itertuples(index=False)
            ],
            _("Source"): rows["source_id"].map(country.sources["publisher"]).map(labels.publisher).to_numpy(),
            "url": rows["source_id"].map(country.sources["url"]).to_numpy(),
        }
    )


def joint_projects(county: County) -> pd.DataFrame:
    """Projects of several municipalities with at least one from the county: title, programme, year, who.

    The column ``outside`` counts the members in other counties; it is not for printing.
    """
    country = county.country
    rows = cooperation.cooperative(country.observations).rows
    size = rows.groupby("project_id")["municipality_code"].transform("size")
    here = rows.loc[(rows["county_code"] == county.code) & (size > 1), "project_id"].unique()
    names = country.panel.set_index("municipality_code")["municipality_name"]
    rows = rows[rows["project_id"].isin(here)].assign(name=lambda r: r["municipality_code"].map(names))
    programmes, titles = labels.programmes(country.programmes), labels.titles(country.projects)
    years = country.projects.set_index("project_id")["year"]
    out = []
    for project, members in rows.groupby("project_id", sort=True):
        own = members["county_code"] == county.code
        out.append(
            {
                _("Project"): titles[project],
                _("Programme"): programmes[members["programme_id"].iloc[0]],
                _("Year"): labels.year(years[project]),
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


def joint_sentence(joint: pd.DataFrame) -> str:
    """How many joint projects there are, and how many reach out of the county."""
    if joint.empty:
        return _("No project with several municipalities is found in the county.")
    n, out = len(joint), int((joint["outside"] > 0).sum())
    first = ngettext(
        "{n} project with several municipalities is found.",
        "{n} projects with several municipalities are found.",
        n,
        n=n,
    )
    if out == 0:
        return f"{first} {_('No project has members in other counties.')}"
    second = ngettext("{n} has members in other counties.", "{n} have members in other counties.", out, n=out)
    return f"{first} {second}"
