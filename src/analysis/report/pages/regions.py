"""Regions of the maps: which value each has, in which class it falls, and what it says of itself."""

from __future__ import annotations

import pandas as pd

from analysis.figures import maps
from analysis.i18n import _, ngettext, number, percent
from analysis.measures.observations import TAKING_PART, Observations
from analysis.report.pages.content import of_municipalities


def municipal_map(observations: Observations) -> pd.DataFrame:
    """Regions of the map of recorded participations: municipality_code, name, value, told."""
    panel, count = observations.panel, observations.counts
    told = [
        ngettext("{n} participation found", "{n} participations found", n, n=n) if n else _("none found")
        for n in count
    ]
    return pd.DataFrame(
        {
            "municipality_code": panel["municipality_code"],
            "name": panel["municipality_name"],
            "value": count.astype(float),
            "told": told,
        }
    )


def counts_scale() -> maps.Scale:
    """Classes for the number of participations found in a municipality."""
    names = ("1", "2", f"3–{number(4)}", f"5–{number(9)}", _("10 or more"))
    return maps.Scale((1, 2, 3, 5, 10), names, number, zero=_("none found"))


def shares_scale() -> maps.Scale:
    """Classes for a share of municipalities."""
    names = (
        _("under {p}", p=percent(0.2)),
        *(f"{a}–{percent(b / 100)}" for a, b in ((20, 40), (40, 60), (60, 80))),
    )
    return maps.Scale((0, 0.2, 0.4, 0.6, 0.8), (*names, _("{p} or more", p=percent(0.8))), percent)


def through_former_county(participation: pd.DataFrame) -> pd.Series:
    """Per county of 2024: what the former county it was part of took part in, in words; never split up.

    Counties of which no former county is in the register are left out.
    """
    rows = participation[
        (participation["participant_type"] == "county")
        & participation["county_code"].isna()
        & participation["county_successors"].notna()
        & participation["stage"].isin(TAKING_PART)
    ]
    each = rows.assign(county=rows["county_successors"].str.split(";")).explode("county")
    counted = each.groupby(["county", "county_then"])["project_id"].nunique()
    return pd.Series(
        {
            county: ngettext(
                "through the former county {name}: {n} participation of the county administration",
                "through the former county {name}: {n} participations of the county administration",
                n,
                name=name,
                n=n,
            )
            for (county, name), n in counted.items()
        },
        dtype="str",
    )


def county_map(panel: pd.DataFrame, result: pd.DataFrame, former: pd.Series) -> pd.DataFrame:
    """Regions of the map of recorded shares: county_code, name, value, told, and the interval.

    ``former`` (see :func:`through_former_county`) is told beside the share and counts in no number.
    """
    names = panel.drop_duplicates("county_code").set_index("county_code")["county_name"]
    told = [
        f"{percent(v)} ({of_municipalities(x, n)})"
        for v, x, n in zip(result["estimate"], result["numerator"], result["denominator"], strict=True)
    ]
    return pd.DataFrame(
        {
            "county_code": result["group"].astype(str),
            "name": result["group"].map(names),
            "value": result["estimate"],
            "low": result["conf_low"],
            "high": result["conf_high"],
            "found": result["numerator"].astype(int),
            "municipalities": result["denominator"].astype(int),
            "told": [
                f"{text}; {former[code]}" if code in former.index else text
                for text, code in zip(told, result["group"], strict=True)
            ],
        }
    ).sort_values("value", ascending=False, kind="stable")
