"""A county report's findings, figures and tables, each made from the data."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.i18n import N_, _, listed, ngettext, nok, number, percent
from analysis.measures.observations import TAKING_PART, Observations
from analysis.report import labels as words
from analysis.report.data import Data
from analysis.report.pages import content


@dataclass(frozen=True)
class County:
    """One county: its code and name, the whole country's data, and its own part of them."""

    code: str
    name: str
    country: Data
    own: Data

    @property
    def panel(self) -> pd.DataFrame:
        """The county's municipalities."""
        return self.own.panel

    @property
    def observations(self) -> Observations:
        """The county's municipalities and what is found of them."""
        return self.own.observations

    @property
    def count(self) -> pd.Series:
        """Participations found in each of the county's municipalities."""
        return self.observations.counts

    @property
    def is_one(self) -> bool:
        """Whether the county is a single municipality (Oslo)."""
        return len(self.panel) == 1

    def rows(self) -> pd.DataFrame:
        """The register's rows of the county's municipalities and of the county itself, former ones included."""
        rows = self.country.participation
        is_former = rows["county_successors"].fillna("").str.split(";").map(lambda codes: self.code in codes)
        is_own = (rows["participant_type"] == "municipality") & (rows["county_code"] == self.code)
        return rows[is_own | ((rows["participant_type"] == "county") & is_former)]


def load(country: Data, code: str) -> County:
    """The county with a two-digit code."""
    own = country.of_county(code)
    return County(code, str(own.panel["county_name"].iloc[0]), country, own)


def headline(county: County) -> str:
    """The report's title: what was found in the county."""
    found = int((county.count > 0).sum())
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
        x=found,
        n=len(county.panel),
    )


def findings(county: County) -> list[str]:
    """Three sentences: how many are found, what size has to do with it, and who is found most."""
    return [_share(county), _small(county), _most(county)]


def _share(county: County) -> str:
    country = county.country.observations.found.mean()
    if county.is_one:
        total = int(county.country.observations.counts.sum())
        return _(
            "{county} is municipality and county at once, and {share} of all municipal participations found in the "
            "country are its own.",
            county=county.name,
            share=percent(county.count.sum() / total),
        )
    found = int((county.count > 0).sum())
    return _(
        "The register finds {x} of the {n} municipalities in {county} ({share}) in at least one innovation "
        "programme; in the country as a whole it is {share2}.",
        x=found,
        n=len(county.panel),
        county=county.name,
        share=percent(found / len(county.panel)),
        share2=percent(country),
    )


def _small(county: County) -> str:
    is_small, seen = county.panel["is_small_rural"], county.count > 0
    n, others = int(is_small.sum()), int((~is_small).sum())
    if n == 0:
        return (
            _("None of its municipalities is small and rural as this report counts.")
            if not county.is_one
            else ""
        )
    if others == 0:
        return _("All its municipalities are small and rural.")
    return ngettext(
        "Its one small rural municipality: {x} found, against {x2} of the {n2} others.",
        "Of its {n} small rural municipalities, {x} are found, against {x2} of the {n2} others.",
        n,
        n=n,
        x=int((is_small & seen).sum()),
        x2=int((~is_small & seen).sum()),
        n2=others,
    )


def _most(county: County) -> str:
    found = int((county.count > 0).sum())
    if county.is_one:
        kinds = by_programme(county).head(3)
        told = [
            f"{name} ({number(n)})" for name, n in zip(kinds["name"], kinds["participations"], strict=True)
        ]
        return _("Most of them are in {programmes}.", programmes=listed(told))
    if found == 0:
        return _("No municipality in the county is found at all.")
    return _(
        "Found most often: {names}.", names=content.most_named(county.panel, county.count, min(3, found))
    )


def schemes(county: County) -> list[str]:
    """Sentences on schemes with a budget of the county's own: what it is, and whom it could reach."""
    projects = county.country.projects
    ids = county.rows()["project_id"].unique()
    own = projects[projects["project_id"].isin(ids) & (projects["amount_basis"] == "scheme_budget")]
    names = words.programmes(county.country.programmes)
    told = []
    for row in own.itertuples(index=False):
        published = county.country.published
        most = published.query("programme_id == @row.programme_id and measure == 'max_nok_per_project'")
        told.append(
            _(
                "{programme} has a budget of {amount}.",
                programme=names[row.programme_id],
                amount=nok(float(row.amount_nok)),
            )
        )
        if len(most):
            each = int(most["value"].iloc[0])
            n = -(-int(row.amount_nok) // each)  # spent in full: rounded up
            small = int(county.panel["is_small_rural"].sum())
            told.append(
                _(
                    "With at most {each} for a project it pays for at least {n} projects. With one "
                    "municipality in each that is {n} of {all} municipalities ({share}).",
                    each=nok(float(each)),
                    n=n,
                    all=len(county.panel),
                    share=percent(n / len(county.panel)),
                )
            )
            if small > n:
                told.append(
                    _(
                        "{small} of the municipalities are small and rural: if every project gets the most it "
                        "can, the scheme reaches all of these only if they apply together.",
                        small=small,
                    )
                )
    return told


def unknown(county: County) -> list[str]:
    """What the register does not know about the county, in sentences."""
    rows = county.rows()
    none = county.panel.loc[(county.count == 0).to_numpy(), "municipality_name"]
    told = []
    if len(none):
        told.append(
            ngettext(
                "Nothing is found for {names}.",
                "Nothing is found for {n} municipalities: {names}.",
                len(none),
                n=len(none),
                names=listed(sorted(none)),
            )
        )
    for is_so, one, many in (
        (rows["is_expanded"], *_EXPANDED),
        (rows["confidence"] == "inferred", *_INFERRED),
        (rows["year"].isna(), *_UNDATED),
    ):
        n = int(is_so.sum())
        if n:
            told.append(_(one if n == 1 else many, n=n))
    known = int(county.panel["purchases_share"].notna().sum())
    if known < len(county.panel):
        missing = len(county.panel) - known
        told.append(
            ngettext(
                "Purchases are unknown for {n} municipality.",
                "Purchases are unknown for {n} municipalities.",
                missing,
                n=missing,
            )
        )
    told.append(_("Applications that were turned down are not in the register: it cannot say who tried."))
    return told


_EXPANDED = (
    N_("{n} row comes from a source that names a group and not its members."),
    N_("{n} rows come from sources that name a group and not its members."),
)
_INFERRED = (
    N_("In {n} row the year or the membership is inferred."),
    N_("In {n} rows the year or the membership is inferred."),
)
_UNDATED = (N_("{n} row has no year."), N_("{n} rows have no year."))


def joint_sentence(county: County, joint: pd.DataFrame) -> str:
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


def by_programme(county: County) -> pd.DataFrame:
    """The programmes found in the county: name, projects, participations, and the grants known."""
    rows = county.rows()
    rows = rows[rows["stage"].isin(TAKING_PART)]
    rows = rows.assign(who=rows["municipality_code"].fillna(rows["participant_name"])).drop_duplicates(
        ["project_id", "who"]
    )
    projects = county.country.projects
    led = rows.loc[rows["role"] == "lead", "project_id"].unique()
    grants = projects[projects["project_id"].isin(led) & (projects["amount_basis"] == "grant")]
    table = rows.groupby("programme_id").agg(
        projects=("project_id", "nunique"), participations=("project_id", "size")
    )
    table["grants"] = grants.groupby("programme_id")["amount_nok"].sum()
    table["granted"] = grants.groupby("programme_id")["amount_nok"].size()
    table["name"] = words.programmes(county.country.programmes).reindex(table.index)
    return table.sort_values(["participations", "name"], ascending=[False, True])
