"""A county report's sentences: who is documented, what the county's own schemes are, what we do not know."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.i18n import N_, _, alphabetical, listed, ngettext, nok, number, number_range
from analysis.report import labels
from analysis.report.data import County
from analysis.report.pages import common, county_rows
from analysis.report.pages.national_counties import SIGNIFICANT

#: As many municipalities may be level with the first and still be named.
MOST_NAMED = 3


def headline(county: County) -> str:
    """The report's title: how many of the county's municipalities public sources name."""
    if county.is_one:
        n = int(county.count.sum())
        return ngettext(
            "{county} has one documented participation in innovation programmes",
            "{county} has {n} documented participations in innovation programmes",
            n,
            n=n,
            county=county.name,
        )
    return _(
        "{county}: {who} municipalities have documented participation in innovation programmes",
        county=county.name,
        who=labels.all_of(county.found, len(county.panel)),
    )


def facts(county: County) -> list[tuple[str, int]]:
    """The county in numbers, each with what it counts; a county of one municipality has none to count."""
    n, small = len(county.panel), int(county.panel["is_small_rural"].sum())
    made = []
    if not county.is_one:
        made.append((_("municipalities in the county"), n))
    if small:
        made.append((ngettext("of them is small and rural", "of them small and rural", small), small))
    return [
        *made,
        (
            ngettext("documented participation", "documented participations", int(county.count.sum())),
            int(county.count.sum()),
        ),
        (_("inhabitants"), int(county.panel["population"].sum())),
    ]


def findings(county: County) -> list[str]:
    """How many are documented beside the country, small rural and others, who has most, and that it is incomplete."""
    if county.is_one:
        return [_share_of_country(county), _main_programmes(county), _more(county)]
    sentences = [_share(county), _small(county), _most(county), _in_groups(county)]
    return [" ".join(s for s in sentences if s), _(common.PART)]


def _more(county: County) -> str:
    """That the lists are incomplete, of a county of one municipality."""
    return _("The lists are incomplete. {name} may have taken part in more projects.", name=county.name)


def _share_of_country(county: County) -> str:
    all_ = int(county.country.named.counts.sum())
    return _(
        "That is {share} of the {n} participations by municipalities that public sources document in the country.",
        share=labels.share(county.count.sum() / all_),
        n=all_,
    )


def _main_programmes(county: County) -> str:
    top = county_rows.by_programme(county).head(3)
    texts = [f"{name} ({number(n)})" for name, n in zip(top["name"], top["participations"], strict=True)]
    return _("Most of them are in {programmes}.", programmes=listed(texts))


def _share(county: County) -> str:
    others, x, n = county.others.found, county.found, len(county.panel)
    values = {"who": labels.all_of(x, n), "county": county.name, "share": labels.share(x / n, others.mean())}
    if x == 0:
        own = _(
            "Public sources name none of the municipalities in {county} in any programme for innovative procurement, research or development.",
            **values,
        )
    elif x == n:
        own = _(
            "Public sources name {who} municipalities in {county} in at least one programme for innovative procurement, research or development.",
            **values,
        )
    else:
        own = _(
            "Public sources name {who} municipalities in {county} in at least one programme for innovative procurement, research or development ({share}).",
            **values,
        )
    rest = _(
        "In the rest of the country it is {x2} of {n2} ({share2}).",
        x2=int(others.sum()),
        n2=len(others),
        share2=labels.share(others.mean(), x / n),
    )
    return f"{own} {rest}"


def how_often(county: County) -> str:
    """Participations per municipality beside the rest of the country, and whether the difference may be chance."""
    found = county.country.county_rates.set_index(["term", "group"])
    ratio = found.loc[("ratio to the others", county.name)]
    others = county.others.counts
    values = {"county": county.name, "others": number(others.mean(), 1)}
    if county.is_one:
        return _(
            "{county} has {own} documented participations, the rest of the country {others} per municipality.",
            own=int(county.count.sum()),
            **values,
        )
    first = _(
        "{county} has {own} documented participations per municipality, the rest of the country {others}.",
        own=number(county.count.mean(), 1),
        **values,
    )
    if not (ratio["estimate"] > 0 and np.isfinite(ratio["conf_high"])):
        return first
    n = labels.in_words(county.country.panel["county_code"].nunique())
    span = {
        "ratio": number(ratio["estimate"], 2),
        "span": number_range(ratio["conf_low"], ratio["conf_high"], 2),
    }
    second = (
        _(
            "The ratio is {ratio} (95% interval {span}). That is a larger difference than chance would explain, also when {n} counties are compared.",
            n=n,
            **span,
        )
        if ratio["p_value"] < SIGNIFICANT
        else _(
            "The ratio is {ratio} (95% interval {span}). When {n} counties are compared, chance may explain such a difference.",
            n=n,
            **span,
        )
    )
    return f"{first} {second}"


def _small(county: County) -> str:
    x, n, x2, n2 = county.observations.two_by_two()
    if n == 0:
        return _("The county has no small rural municipalities.")
    if n2 == 0:
        return _("All municipalities in the county are small and rural.")
    if n == 1:
        return (
            _("The county's only small rural municipality has documented participation.")
            if x
            else _("The county's only small rural municipality has no documented participation.")
        )
    return _(
        "Among the county's small rural municipalities it is {small}, among the others {others}.",
        small=labels.all_of(x, n),
        others=labels.all_of(x2, n2),
    )


def _most(county: County) -> str:
    if county.found == 0:
        return ""
    most = int(county.count.max())
    names = sorted(county.panel.loc[county.count == most, "municipality_name"], key=alphabetical)
    if len(names) > MOST_NAMED:
        return _(
            "{m} municipalities have the most documented participations: {n} each.", m=len(names), n=most
        )
    return ngettext(
        "{names} has the most documented participations: {n}.",
        "{names} have the most documented participations: {n} each.",
        len(names),
        names=listed(names),
        n=most,
    )


def _in_groups(county: County) -> str:
    """How many municipalities are only in groups that a source names as a whole."""
    everyone = county.own.observations.found
    n = int((everyone & ~county.observations.found).sum())
    if n == 0:
        return ""
    return ngettext(
        "Sources that name a group of municipalities include {n} more; it is not counted.",
        "Sources that name a group of municipalities include {n} more; they are not counted.",
        n,
        n=labels.in_words(n),
    )


def schemes(county: County) -> list[str]:
    """Sentences on schemes with a budget of the county's own: what it was, and whom it could reach."""
    projects, published = county.country.projects, county.country.published
    ids = county.rows()["project_id"].unique()
    own = projects[projects["project_id"].isin(ids) & (projects["amount_basis"] == "scheme_budget")]
    names = labels.programmes(county.country.programmes)
    small = int(county.panel["is_small_rural"].sum())
    sentences = []
    for row in own.itertuples(index=False):
        sentences.append(
            _(
                "{programme} had {amount}.",
                programme=names[row.programme_id],
                amount=nok(float(row.amount_nok)),
            )
        )
        if pd.isna(row.year):
            sentences.append(_("The source does not say in which year."))
        most = published.query("programme_id == @row.programme_id and measure == 'max_nok_per_project'")
        if most.empty:
            continue
        each = int(most["value"].iloc[0])
        n = -(-int(row.amount_nok) // each)  # spent in full: rounded up
        sentences.append(
            _(
                "A project could get up to {each}. If all got as much as that, the money was enough for {n} projects. The county has {all} municipalities, {small} of them small and rural.",
                each=nok(float(each)),
                n=labels.in_words(n),
                all=len(county.panel),
                small=labels.in_words(small),
            )
        )
    return sentences


_INFERRED = (
    N_("For {n} participation we concluded the year or the participation ourselves."),
    N_("For {n} participations we concluded the year or the participation ourselves."),
)
_UNDATED = (N_("{n} participation has no year."), N_("{n} participations have no year."))


def unknown(county: County) -> list[str]:
    """What we do not know about the county, in sentences."""
    rows = county_rows.rows(county)
    rows, sentences = rows[rows["is_counted"]], []
    for is_so, (one, many) in (
        (rows["is_inferred"], _INFERRED),
        (rows["year"].isna(), _UNDATED),
    ):
        if n := int(is_so.sum()):
            sentence = _(one if n == 1 else many, n=labels.in_words(n))
            sentences.append(sentence[:1].upper() + sentence[1:])
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
        _("Applications that were turned down are not included, so we do not know who applied."),
        _("Some counties publish more than others. A difference between counties may come from that."),
    ]


def joint_sentence(joint: pd.DataFrame) -> str:
    """How many joint projects there are, and how many reach out of the county."""
    if joint.empty:
        return _("No project of several municipalities is documented in the county.")
    n, out = len(joint), int((joint["outside"] > 0).sum())
    first = ngettext(
        "One project with several municipalities is documented.",
        "{n} projects with several municipalities are documented.",
        n,
        n=labels.in_words(n).capitalize(),
    )
    if n == 1:
        alone = _("It has members in other counties.") if out else _("It has no members in other counties.")
        return f"{first} {alone}"
    if out == 0:
        return f"{first} {_('No project has members in other counties.')}"
    if out == n:
        everyone = (
            _("Both have members in other counties.") if n == 2 else _("All have members in other counties.")
        )
        return f"{first} {everyone}"
    second = ngettext(
        "One of them has members in other counties.",
        "{n} of them have members in other counties.",
        out,
        n=labels.in_words(out).capitalize(),
    )
    return f"{first} {second}"
