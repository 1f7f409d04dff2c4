"""What municipalities buy: the national and the county report's sentence and figures."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, nok, percent
from analysis.measures import procurement
from analysis.report import labels
from analysis.report.data import County, Data
from analysis.report.pages import common

MANY = 18
"""With more rows than this a figure leaves the amounts out, so that it still fits a printed page."""


def bought(data: Data) -> str:
    """How much the municipalities whose purchases are known bought for, and how many these are."""
    known = data.panel[data.panel["purchases_share"].notna()]
    values = {
        "year": labels.purchases_year(data.panel),
        "amount": nok(1000 * float(known["purchases_nok_thousand"].sum())),
        "spent": nok(1000 * float(known["purchases_operating_expenditure_nok_thousand"].sum())),
    }
    if len(known) == len(data.panel):
        return _(
            "Together the municipalities bought goods and services for {amount} in {year}, of operating expenditure of {spent}.",
            **values,
        )
    return _(
        "Purchases of goods and services are known for {x} of {n} municipalities ({year}): together they bought for {amount}, of operating expenditure of {spent}.",
        x=len(known),
        n=len(data.panel),
        **values,
    )


def by_size(data: Data) -> Figure:
    """Purchases as a share of operating expenditure by number of inhabitants."""
    shares = procurement.purchases_share(data.panel, by="size_band")
    known = data.panel["purchases_share"].notna()
    return bars.chart(
        common.chart_rows(shares, labels.size_band),
        name="purchases",
        unit=bars.SHARE_1,
        title=_size_title(shares.iloc[0], shares.iloc[-1]),
        subtitle=_(
            "Purchases (KOSTRA AGD50 and AGD51) as a share of gross operating expenditure, mean of the municipalities known, {year}",
            year=labels.purchases_year(data.panel),
        ),
        heads=(_("Inhabitants"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        coverage=""
        if known.all()
        else _(
            "Known for {x} of {n} municipalities, read in random order within size groups; the others are unknown, not zero.",
            x=int(known.sum()),
            n=len(known),
        ),
    )


def _size_title(first: pd.Series, last: pd.Series) -> str:
    """Whether the smallest municipalities buy for a smaller share of their expenditure than the largest."""
    values = {"low": percent(first["estimate"]), "high": percent(last["estimate"])}
    if first["conf_high"] < last["conf_low"]:
        return _(
            "The smallest municipalities buy for a smaller share of their expenditure: {low}, against {high}",
            **values,
        )
    if first["conf_low"] > last["conf_high"]:
        return _(
            "The smallest municipalities buy for a larger share of their expenditure: {low}, against {high}",
            **values,
        )
    return _(
        "Purchases weigh about as much in small budgets as in large: {low} of expenditure in the smallest municipalities, {high} in the largest",
        **values,
    )


def of_county(county: County) -> Figure | None:
    """Purchases as a share of operating expenditure in each municipality of a county where they are known."""
    panel = county.panel
    known = panel[panel["purchases_share"].notna()].sort_values("purchases_share", ascending=False)
    if known.empty:
        return None
    shows_amounts = len(known) <= MANY
    amounts = known["purchases_nok_thousand"].to_numpy(int)
    rows = pd.DataFrame(
        {
            "label": known["municipality_name"].to_numpy(),
            "detail": [nok(1000 * float(v)) if shows_amounts else "" for v in amounts],
            "estimate": known["purchases_share"].to_numpy(float),
            "purchases_nok_thousand": amounts,
            "colour": [style.SMALL_RURAL if s else style.OTHERS for s in known["is_small_rural"]],
        }
    )
    mean = float(procurement.purchases_share(county.country.panel, by=None)["estimate"].iloc[0])
    first, last = rows.iloc[0], rows.iloc[-1]
    high = percent(first["estimate"])
    return bars.chart(
        rows,
        name="purchases",
        unit=bars.SHARE_1,
        title=_("{name} buys for {share} of its operating expenditure", name=first["label"], share=high)
        if len(rows) == 1
        else _(
            "Purchases make up {low} of operating expenditure in {last} and {high} in {first}",
            low=percent(last["estimate"]),
            last=last["label"],
            high=high,
            first=first["label"],
        ),
        subtitle=_(
            "Purchases as a share of gross operating expenditure (KOSTRA), {year}; small rural municipalities in orange",
            year=labels.purchases_year(known),
        ),
        heads=(_("Municipality, purchases") if shows_amounts else _("Municipality"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        reference=(mean, _("Mean of the country {share}", share=percent(mean))),
        coverage=""
        if len(known) == len(panel)
        else ngettext(
            "Known for {x} of {n} municipality; the others are unknown, not zero.",
            "Known for {x} of {n} municipalities; the others are unknown, not zero.",
            len(panel),
            x=len(known),
            n=len(panel),
        ),
    )
