"""What the municipalities buy: the national report's sentence and figure."""

from __future__ import annotations

from analysis.figures import bars as charts
from analysis.figures.figure import Figure
from analysis.i18n import _, nok
from analysis.measures import procurement
from analysis.report import labels as words
from analysis.report.data import Data
from analysis.report.pages import content


def bought(data: Data) -> str:
    """How much the municipalities whose purchases are known bought for, and how many these are."""
    known = data.panel[data.panel["purchases_share"].notna()]
    values = {
        "year": words.purchases_year(data.panel),
        "amount": nok(1000 * float(known["purchases_nok_thousand"].sum())),
        "spent": nok(1000 * float(known["purchases_operating_expenditure_nok_thousand"].sum())),
    }
    if len(known) == len(data.panel):
        return _(
            "Together the municipalities bought goods and services for {amount} in {year}, of operating "
            "expenditure of {spent}.",
            **values,
        )
    return _(
        "Purchases of goods and services are known for {x} of {n} municipalities ({year}): together they "
        "bought for {amount}, of operating expenditure of {spent}.",
        x=len(known),
        n=len(data.panel),
        **values,
    )


def figure(data: Data) -> Figure:
    """Purchases as a share of operating expenditure by number of inhabitants."""
    shares = procurement.purchases_share(data.panel, by="size_band")
    return charts.rows(
        content.chart_rows(shares, words.size_band),
        name="purchases",
        unit=charts.SHARE_1,
        title=content.purchases_title(shares),
        subtitle=_(
            "Purchases (KOSTRA AGD50 and AGD51) as a share of gross operating expenditure, mean of the "
            "municipalities known, {year}",
            year=words.purchases_year(data.panel),
        ),
        heads=(_("Inhabitants"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        coverage=_(
            "Known for {x} of {n} municipalities, read in random order within size groups; the others are "
            "unknown, not zero.",
            x=int(data.panel["purchases_share"].notna().sum()),
            n=len(data.panel),
        )
        if data.panel["purchases_share"].isna().any()
        else "",
    )
