"""Column names as a reader of a downloaded file knows them, in the language in use; the code's names stay in the code."""

from __future__ import annotations

import pandas as pd

from analysis.i18n import N_, _, current
from analysis.register import code_labels

#: What the columns of figures and tables are called in files that readers download; those of the register stand in
#: ``column_labels.toml``.
NAMES = {
    "label": N_("Name"),
    "name": N_("Name"),
    "panel": N_("Part of the figure"),
    "series": N_("Group"),
    "detail": N_("Basis"),
    "text": N_("In words"),
    "written": N_("In words"),
    "group": N_("Group"),
    "x": N_("Axis"),
    "estimate": N_("Value"),
    "value": N_("Value"),
    "conf_low": N_("Lower limit of the 95% interval"),
    "conf_high": N_("Upper limit of the 95% interval"),
    "n": N_("Number of observations"),
    "unit": N_("Unit"),
    "found": N_("Documented"),
    "found_named": N_("Documented, named one by one"),
    "municipalities": N_("Municipalities"),
    "participations": N_("Participations"),
    "with_groups": N_("Documented, groups included"),
    "size_band": N_("Size group"),
    "is_small_rural": N_("Small rural municipality"),
    "centrality_index": N_("Centrality index"),
    "kostra_group": N_("KOSTRA group"),
    "kostra_group_name": N_("KOSTRA group, name"),
    "labour_market_region_code": N_("Labour-market region, number"),
    "labour_market_region_name": N_("Labour-market region"),
    "purchases_nok_thousand": N_("Purchases (NOK thousand)"),
    "purchases_share": N_("Purchases as a share of operating expenditure"),
    "purchases_own_production_share": N_("Purchases for own services as a share of operating expenditure"),
    "purchases_replacing_production_share": N_(
        "Purchased instead of own services as a share of operating expenditure"
    ),
    "purchases_year": N_("Year of the purchases"),
    "operating_expenditure_nok_thousand": N_("Operating expenditure (NOK thousand)"),
    "accounts_year": N_("Year of the accounts"),
    "accounts_population": N_("Inhabitants after the year of the accounts"),
    "operating_revenue_nok_thousand": N_("Operating revenue (NOK thousand)"),
    "net_operating_result_nok_thousand": N_("Net operating result (NOK thousand)"),
    "investment_expenditure_nok_thousand": N_("Investment expenditure (NOK thousand)"),
    "municipality_name_official": N_("Municipality, official name"),
    "travel_minutes_to_centre": N_("Minutes by car to the region's centre"),
    "land_area_km2": N_("Land area (km²)"),
    "purchases_own_production_nok_thousand": N_("Purchases for own services (NOK thousand)"),
    "purchases_replacing_production_nok_thousand": N_("Purchased instead of own services (NOK thousand)"),
    "purchases_operating_expenditure_nok_thousand": N_(
        "Operating expenditure in the year of the purchases (NOK thousand)"
    ),
    "purchases_nok_per_inhabitant": N_("Purchases per inhabitant (NOK)"),
    "purchases_own_production_nok_per_inhabitant": N_("Purchases for own services per inhabitant (NOK)"),
    "purchases_replacing_production_nok_per_inhabitant": N_(
        "Purchased instead of own services per inhabitant (NOK)"
    ),
    "purchases_population": N_("Inhabitants after the year of the purchases"),
    "purchases_items_share": N_("The published items as a share of operating expenditure"),
    "purchases_is_partial": N_("The published items leave out a part"),
    "purchases_is_preliminary": N_("Purchases are preliminary"),
    "expenditure_need_index": N_("Index of expenditure need"),
    "need_index_year": N_("Year of the index of expenditure need"),
    "programme": N_("Programme"),
    "project": N_("Project"),
    "published": N_("Published number"),
    "contradicts": N_("Contradicts another published number"),
    "why_not_counted": N_("Counted as a participation"),
    "owner": N_("Owner"),
    "description": N_("What it is"),
    "complete_for": N_("The list is complete for"),
    "coverage_note": N_("What the list holds"),
    "eligible_note": N_("Who can apply"),
    "counted": N_("Participations"),
    "documented": N_("Documented"),
    "p_value": N_("P-value"),
    "source_url": N_("Source, address"),
}


#: What the codes of some columns are called there; those of the register stand in ``code_labels.toml``.
VALUES = {
    "group": {"True": N_("Small and rural"), "False": N_("Others")},
    "unit": {
        text: text
        for text in (
            N_("share of municipalities that took part"),
            N_("share of municipalities recorded in the register"),
            N_("share of participations"),
            N_("share of operating expenditure"),
            N_("participations per municipality"),
        )
    },
    "why_not_counted": {
        "": N_("yes"),
        "not_a_municipality": N_("no: not a municipality"),
        "did_not_take_part": N_("no: did not take part (candidate, nominee, turned it down)"),
        "budget": N_("no: runs the scheme"),
        "programme_not_counted": N_("no: not a programme for procurement, research or development"),
        "group_not_named": N_("no: the source names a group"),
        "outside_the_selection": N_("no: outside what is selected"),
        "same_grant": N_("no: the same grant is counted under another programme"),
        "same_project": N_("no: the municipality's other row in the project is counted"),
    },
}


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the names that readers know, for columns and for codes, and yes and no in words.

    Names that are not listed stay as they are; a name that two columns would get keeps the code's in brackets.

    Examples
    --------
    >>> readable(pd.DataFrame({"municipality_code": ["0301"], "is_small_rural": [False]})).to_dict("list")
    {'Municipality number': ['0301'], 'Small rural municipality': ['no']}
    """
    names = [_name(str(c)) for c in frame.columns]
    shown = [
        f"{name} ({c})" if names.count(name) > 1 else name
        for name, c in zip(names, frame.columns, strict=True)
    ]
    columns = [_said(frame[c], _words(str(c))) for c in frame.columns]
    return pd.concat(columns, axis=1).set_axis(shown, axis=1) if columns else frame


def _name(column: str) -> str:
    """What a column is called in the language in use; its own name where it has no other."""
    return (
        _(NAMES[column]) if column in NAMES else code_labels.columns().get(column, {}).get(current(), column)
    )


def _words(column: str) -> dict[str, str]:
    """What the codes of a column are called in the language in use; the register's and those of ``VALUES``."""
    codes = {code: called[current()] for code, called in code_labels.by_column().get(column, {}).items()}
    return codes | {code: _(text) for code, text in VALUES.get(column, {}).items()}


def _said(column: pd.Series, words: dict[str, str]) -> pd.Series:
    if not words and pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: _("yes"), False: _("no")})
    known = column.astype(str).map(words) if words else None
    return column if known is None else known.where(known.notna(), column)
