"""The page on a selection: chosen programmes, years, basis and municipalities, in words, figures and tables."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.figures import bars, maps, series, style
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, listed, ngettext, number
from analysis.measures.estimates import Coverage
from analysis.measures.groups import coverages, within_years
from analysis.measures.intensity import intensity
from analysis.measures.observations import DEFAULT_SCOPES, Observations
from analysis.report import labels, narrowed
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.frequency import PER_MUNICIPALITY
from analysis.report.pages.selection_lists import coverage

#: As many municipalities are named, on the map and in the text; more are counted.
NAMED = 20
NOT_SELECTED = N_("not selected")


def headline(observations: Observations) -> str:
    """How many of the selected municipalities have documented participations."""
    found, n = int(observations.found.sum()), len(observations.panel)
    if n == 1:
        name = labels.short_name(observations.panel["municipality_name"].iloc[0])
        return (
            _("{name} has documented participations", name=name)
            if found
            else _("{name} has no documented participations", name=name)
        )
    if not found and n == 2:
        return _("Neither of the two selected municipalities has documented participations")
    if not found:
        return _(
            "None of the {n} selected municipalities has documented participations", n=labels.in_words(n)
        )
    if found == n == 2:
        return _("Both selected municipalities have documented participations")
    if found == n:
        return _("All {n} selected municipalities have documented participations", n=labels.in_words(n))
    return _("{x} of {n} selected municipalities have documented participations", x=found, n=n)


def choices(observations: Observations, data: Data) -> list[str]:
    """What was chosen, a sentence for each choice."""
    names = labels.programmes(data.programmes)
    scopes = listed([labels.scope(scope).lower() for scope in DEFAULT_SCOPES])
    years = observations.years
    return [
        _("Programmes: {names}.", names=listed([names[p] for p in observations.programme_ids]))
        if observations.chosen is not None
        else _("Programmes: all for {scopes}.", scopes=scopes),
        _("Years: all.")
        if years is None
        else _(
            "Years: participations that began in {period}. Those whose year is unknown count if it must lie within the period.",
            period=labels.year(years[0]) if years[0] == years[1] else f"{years[0]}–{years[1]}",
        ),
        _("Counted: only municipalities that the source names.")
        if observations.basis == "named"
        else _("Counted: also municipalities that belong to a group that the source names."),
        places(observations.panel, data.panel),
        _("“Small rural” means {definition}.", definition=narrowed.definition().label),
    ]


def places(panel: pd.DataFrame, everywhere: pd.DataFrame) -> str:
    """Which municipalities were chosen: all, those of whole counties, some by name, or how many."""
    n, counties = len(panel), panel["county_code"].value_counts()
    names = listed(panel["municipality_name"].tolist())
    if n == len(everywhere):
        return _("All municipalities.")
    if n > len(counties) and (counties == everywhere["county_code"].value_counts()[counties.index]).all():
        of = listed(panel["county_name"].unique().tolist())
        if n > NAMED:
            return _("All {n} municipalities in {counties}.", n=n, counties=of)
        return _("All {n} municipalities in {counties}: {names}.", n=n, counties=of, names=names)
    if n > NAMED:
        return _("Municipalities: {n} of {all}.", n=n, all=len(everywhere))
    return _("Municipalities: {names}.", names=names)


def absence(observations: Observations) -> list[str]:
    """That the selection holds no participation, and what the page therefore lacks; nothing where it holds any."""
    if len(observations.rows):
        return []
    return [
        _("The register holds no participations in this selection, so the page has no figures and no tables.")
    ]


def sections(observations: Observations, data: Data) -> list[tuple[str, list[Figure]]]:
    """The headings of the page that have figures under them, and these."""
    if observations.rows.empty:
        return []
    rates, years = by_group(observations), by_year(observations)
    where = (
        _("Where and when municipalities take part") if years else _("Where municipalities take part"),
        [selected_map(observations, data), *([years] if years else [])],
    )
    return [(_("How often municipalities take part"), [rates]), where] if rates else [where]


def by_group(observations: Observations) -> Figure | None:
    """Participations per municipality of both groups; nothing where there is only one, none took part, or all were chosen."""
    table = observations.programmes.set_index("programme_id").loc[observations.programme_ids]
    if table["chosen_by_design"].fillna(False).astype(bool).all():
        return None
    found = intensity(observations)
    rates = found[found["term"] == "rate"]
    if len(rates) < 2 or rates["estimate"].isna().any():
        return None
    small, others = common.by_group(rates)
    rows = common.rows_of_two(_("Documented participations"), rates, lambda x, _n: number(x))
    is_without = rows["conf_low"].isna() | rows["n"].eq(1)  # a chart gives no interval from one project
    few = rows.loc[is_without & (observations.coverage != Coverage.CENSUS), "series"]
    reasons = [_("{group}: too few projects for an interval.", group=group) for group in few]
    return bars.chart(
        rows,
        name="selection-groups",
        unit=PER_MUNICIPALITY,
        title=_(
            "{x} participations per small rural municipality in the selection, {x2} per other municipality",
            x=number(small["estimate"], 2),
            x2=number(others["estimate"], 2),
        ),
        subtitle=_("Documented participations per municipality in the selection"),
        heads=(_("What is counted, and number of participations"), _("Per municipality")),
        source=_(common.REGISTER),
        coverage=" ".join([coverage(observations), *reasons]),
    )


def by_year(observations: Observations) -> Figure | None:
    """Participations by year in each group; nothing where they are of one year, or none is known."""
    small = observations.panel.set_index("municipality_code")["is_small_rural"]
    rows = observations.rows.dropna(subset="year")
    if rows["year"].nunique() < 2:
        return None
    counted = pd.crosstab(rows["year"].astype(int), rows["municipality_code"].map(small).astype(bool))
    counted = counted.reindex(range(counted.index.min(), counted.index.max() + 1), fill_value=0)
    counted = counted.sort_index(axis=1, ascending=False)  # small rural municipalities first
    frame = counted.melt(ignore_index=False, var_name="group", value_name="estimate").reset_index(names="x")
    step, undated = -(-len(counted) // 6), int(observations.rows["year"].isna().sum())
    says = (
        coverage(observations)
        if observations.coverage == Coverage.CENSUS
        else _("A change from one year to the next can come from what has been collected.")
    )
    return series.chart(
        frame.assign(
            panel=frame["group"].map(labels.group),
            series=_("Participations"),
            colour=frame["group"].map(common.GROUP_COLOURS),
        ),
        name="selection-years",
        title=_year_title(counted.sum(axis=1), undated),
        subtitle=_("Documented participations by the year they began"),
        heads=(_("Year"), _("Participations")),
        ticks=[float(year) for year in counted.index[::step]],
        source=_(common.REGISTER),
        coverage=" ".join([says, *_undated(undated)]),
    )


def _year_title(total: pd.Series, undated: int) -> str:
    """The year in which most began, of those whose year is known; all such years where several are level."""
    most = [str(year) for year in total.index[total == total.max()]]
    if len(most) > 1:
        return _(
            "Most participations in one year: {n} in each of {years}", n=int(total.max()), years=listed(most)
        )
    if undated:
        return _(
            "Where the year is known, more participations in the selection began in {year} than in any other year",
            year=most[0],
        )
    return _("More participations in the selection began in {year} than in any other year", year=most[0])


def _undated(n: int) -> list[str]:
    """How many participations are in no year of the chart."""
    if not n:
        return []
    return [
        ngettext(
            "One participation whose year is unknown is left out.",
            "{n} participations whose year is unknown are left out.",
            n,
            n=labels.in_words(n).capitalize(),
        )
    ]


def selected_map(observations: Observations, data: Data) -> Figure:
    """The selected municipalities by the number of documented participations, in the counties that they lie in."""
    panel, boundaries = observations.panel, data.boundaries
    shown = boundaries[boundaries["county_code"].isin(panel["county_code"])]
    names = panel.set_index("municipality_code")["municipality_name"]
    regions = common.count_regions(observations.with_panel(data.panel))
    regions.loc[~regions["municipality_code"].isin(names.index), ["value", "text"]] = (
        None,
        _(NOT_SELECTED),
    )
    return maps.choropleth(
        shown,
        regions,
        code="municipality_code",
        borders="county_code" if shown["county_code"].nunique() > 1 else None,
        inset=maps.OSLO_AREA if len(shown) == len(boundaries) else None,
        named=names if len(panel) <= NAMED or shown["county_code"].nunique() == 1 else None,
        scale=replace(
            common.count_scale(),
            missing=(style.PAPER, NOT_SELECTED),
            zero_is_unknown=observations.coverage != Coverage.CENSUS,
        ),
        name="selection-map",
        title=headline(observations),
        subtitle=_("Documented participations in the selection, by municipality"),
        alt=_("Map of the selected municipalities. {what}.", what=headline(observations)),
        source=_(common.REGISTER),
        coverage=coverage(observations),
        data=regions.dropna(subset="value"),
    )


def recorded(observations: Observations, data: Data) -> pd.DataFrame:
    """The register's rows on the selected municipalities, programmes and years, also those that are not counted."""
    rows, codes = data.participation, observations.panel["municipality_code"]
    chosen = rows["programme_id"].isin(observations.programme_ids) & rows["municipality_code"].isin(codes)
    return rows[chosen & within_years(rows, observations.years)] if observations.years else rows[chosen]


def programmes(observations: Observations, data: Data) -> pd.DataFrame:
    """Each programme of the selection: participations, municipalities of both groups, how complete the list is."""
    small = observations.panel.set_index("municipality_code")["is_small_rural"]
    rows = observations.rows.assign(is_small=observations.rows["municipality_code"].map(small).astype(bool))
    known = coverages(observations.programmes, observations.programme_ids, observations.years)
    counted = rows.groupby("programme_id").agg(n=("project_id", "size"), all=("municipality_code", "nunique"))
    counted["small"] = rows[rows["is_small"]].groupby("programme_id")["municipality_code"].nunique()
    counted = counted.fillna(0).sort_values("n", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            _("Programme"): labels.programmes(data.programmes).reindex(counted.index),
            _("Participations"): counted["n"].map(number),
            _("Municipalities"): counted["all"].map(number),
            _("Of them small and rural"): counted["small"].map(number),
            _("How complete"): known.reindex(counted.index).map(labels.coverage),
        }
    )


def municipalities(observations: Observations, data: Data) -> pd.DataFrame:
    """Each municipality with documented participations: county, how many, in which programmes; most first."""
    names = labels.programmes(data.programmes)
    each = observations.rows.assign(name=observations.rows["programme_id"].map(names))
    listed_names = each.groupby("municipality_code")["name"].agg(lambda n: ", ".join(sorted(set(n))))
    panel = observations.panel.assign(n=observations.counts).query("n > 0")
    panel = panel.sort_values("n", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            _("Municipality"): panel["municipality_name"],
            _("County"): panel["county_name"],
            _("Participations"): panel["n"].map(number),
            _("Programmes"): panel["municipality_code"].map(listed_names),
        }
    )
