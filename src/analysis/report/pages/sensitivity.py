"""What the ratio of the groups hangs on: who is counted, per what, which definition; and all choices together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import definitions
from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import _, listed, number, number_range
from analysis.measures import completeness, robustness
from analysis.measures.intensity import EXPOSURES, MIN_PROJECTS, intensity
from analysis.measures.specifications import ONLY
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.common import by_group

MOST_NAMED = 4
#: What the curve's ratios count: participations, per municipality, per inhabitant and per krone of purchases.
PER_MUNICIPALITY, *PER_OTHER = ("participations", "per inhabitant", "per krone")


def uncertainty(data: Data) -> list[str]:
    """The ratio in procurement: over the country, within counties, per inhabitant and without the most named."""
    named = data.observations.where(scopes="procurement", basis="named")
    ratio, within, fewer = (
        intensity(named, within=column, without_most_named=k).set_index("term").loc["ratio"]
        for column, k in ((None, 0), ("county_code", 0), (None, MOST_NAMED))
    )
    per_head = intensity(named, per="inhabitant")
    people, people2 = by_group(per_head[per_head["term"] == "rate"])
    needed = completeness.sensitivity(named).iloc[0]
    most = data.panel.assign(count=named.counts).nlargest(MOST_NAMED, "count")["municipality_name"]
    return [
        _(
            "The ratio is participations per small rural municipality divided by participations per other municipality. In innovative procurement it is {ratio}.",
            ratio=_ratio(ratio, named=True),
        ),
        _("Compared only with others in the same county, the ratio is {ratio}.", ratio=_ratio(within)),
        _(
            "Small rural municipalities have few inhabitants. Per {per} inhabitants they have {x} of these participations and other municipalities {x2}: a ratio of {ratio}.",
            per=number(EXPOSURES["inhabitant"][1]),
            x=number(people["estimate"], 1),
            x2=number(people2["estimate"], 1),
            ratio=_ratio(per_head.set_index("term").loc["ratio"]),
        ),
        _(
            "Without the {k} municipalities with most of these participations ({names}), the ratio per municipality is {ratio}.",
            k=labels.in_words(MOST_NAMED),
            names=listed(list(most)),
            ratio=_ratio(fewer),
        ),
        _(
            "Could the difference come from other municipalities' participations being easier to document? Then they would have to be {times} times as likely to be documented{span}.",
            times=number(needed["estimate"], 1),
            span=f" ({number_range(needed['conf_low'], needed['conf_high'], 1)})"
            if np.isfinite(needed["conf_high"])
            else "",
        ),
    ]


def _ratio(row: pd.Series, *, named: bool = False) -> str:
    """A ratio with its interval (``named`` as what it is), or with the reason why it has none."""
    ratio, span = number(row["estimate"], 2), number_range(row["conf_low"], row["conf_high"], 2)
    if np.isfinite(row["conf_high"]):
        return _("{ratio} (95% interval {span})", ratio=ratio, span=span) if named else f"{ratio} ({span})"
    if not named:
        return _("{ratio} (without an interval)", ratio=ratio)
    return _(
        "{ratio} (without an interval: small rural municipalities or the others have taken part in fewer than {n} of the projects)",
        ratio=ratio,
        n=labels.in_words(MIN_PROJECTS),
    )


def ways_to_count(data: Data) -> Figure:
    """The ratio under every definition of small and rural, and with fewer or more rows."""
    named = data.observations.where(basis="named")
    choices = {d.label: named.with_definition(key) for key, d in definitions.SMALL_RURAL.items()}
    choices[_("Main definition, only what the source states directly")] = named.where(stated_only=True)
    choices[_("Main definition, groups of municipalities included")] = data.observations
    found = {name: intensity(chosen).set_index("term").loc["ratio"] for name, chosen in choices.items()}
    rows = pd.DataFrame(
        {
            "label": list(found),
            "detail": [
                common.of_all_participations(int(r["numerator"]), int(r["denominator"]))
                for r in found.values()
            ],
            **{
                name: [r[name] for r in found.values()] for name in ("estimate", "conf_low", "conf_high", "n")
            },
        }
    ).assign(colour=style.OTHERS)
    rows.loc[0, "colour"] = style.SMALL_RURAL
    shown = rows if (rows["conf_high"] >= 1).any() else rows.head(len(definitions.SMALL_RURAL))
    low, high = shown["estimate"].min(), shown["estimate"].max()
    clear = int((rows["conf_high"] < 1).sum())
    values = {"low": number(low, 2), "high": number(high, 2)}
    return bars.chart(
        rows,
        name="definitions",
        as_dots=True,
        unit=bars.RATIO,
        title=_(
            "Small rural municipalities take part less often however “small rural” is defined: the ratio is between {low} and {high}",
            **values,
        )
        if clear == len(rows)
        else _(
            "The ratio is between {low} and {high}, and clearly below 1 in {x} of {n} ways to count",
            x=clear,
            n=len(rows),
            **values,
        ),
        subtitle=_(
            "Participations per small rural municipality divided by participations per other municipality in innovative procurement, research and development (logarithmic scale)"
        ),
        heads=(_("Who counts as small and rural"), _("Ratio")),
        source=_("Register of municipal participation; SSB"),
        reference=(1.0, _("1: equally often")),
        coverage=_(common.PART),
    )


def specifications(data: Data) -> list[str]:
    """How often municipalities take part under every combination of choices, and one test of them all."""
    curve = robustness.specification_curve(data.observations, outcomes=(PER_MUNICIPALITY, *PER_OTHER))
    each = curve[(curve["term"] == "ratio") & curve["estimate"].notna()]
    ratios = each[each["outcome"] == PER_MUNICIPALITY]
    if ratios.empty:
        return []
    inhabitant, krone = (
        labels.share((each.loc[each["outcome"] == other, "estimate"] < 1).mean()) for other in PER_OTHER
    )
    joint = robustness.joint_test(data.observations, data.boundaries, outcomes=(PER_MUNICIPALITY,))
    joint = joint.set_index("term")
    return [
        _(
            "Definition, programmes, period, way of counting and comparison within counties were varied, which gives {n} ratios of participations per municipality. {below} of them are below 1, with a median of {median}.",
            n=number(len(ratios)),
            below=labels.share((ratios["estimate"] < 1).mean()),
            median=number(ratios["estimate"].median(), 2),
        )
        + _not_below(data, ratios[ratios["estimate"] >= 1])
        + _with_interval(ratios.dropna(subset="conf_high")),
        _(
            "Many of the ratios rest on the same participations. Those of at least {least} projects ({n}) are worth about {effective} independent results. One test of them together, in which projects are placed at random on the map, gives p = {p}.",
            least=labels.in_words(robustness.MIN_PROJECTS),
            n=number(joint.loc["specifications", "estimate"]),
            effective=number(joint.loc["effective number", "estimate"]),
            p=number(joint.loc["mean standardised difference", "p_value"], 3),
        ),
        _(
            "Of the same ratios per inhabitant, {inhabitant} are below 1, and of those per krone of purchases {krone}. Small rural municipalities are many and have few inhabitants.",
            inhabitant=inhabitant,
            krone=krone,
        ),
    ]


def _with_interval(ratios: pd.DataFrame) -> str:
    """How many ratios have an interval, and in how many of them it is below 1; nothing where none has."""
    if ratios.empty:
        return ""
    return " " + _(
        "In {n} of the ratios, both groups have taken part in at least {least} projects, and the ratio has an interval. {clear} of these intervals are below 1.",
        n=number(len(ratios)),
        least=labels.in_words(MIN_PROJECTS),
        clear=labels.share((ratios["conf_high"] < 1).mean()),
    )


def _not_below(data: Data, ratios: pd.DataFrame) -> str:
    """Which programmes the ratios of 1 or more are of, where each is of one programme."""
    alone = ratios["sample"].str.removeprefix(ONLY)
    if ratios.empty or not ratios["sample"].str.startswith(ONLY).all():
        return ""
    names = labels.programmes(data.programmes).reindex(alone.value_counts().index)
    return " " + _("All the others are of single programmes: {names}.", names=listed(list(names)))
