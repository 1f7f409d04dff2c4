"""Column names as a reader of a downloaded file knows them, in the language in use; the code's names stay in the code."""

from __future__ import annotations

import pandas as pd

from analysis.i18n import N_, _

#: What the columns of figures and tables are called in files that readers download.
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
    "coverage": N_("How complete the list is"),
    "found": N_("Documented"),
    "found_named": N_("Documented, named one by one"),
    "municipalities": N_("Municipalities"),
    "with_groups": N_("Documented, groups included"),
    "municipality_code": N_("Municipality number"),
    "municipality_name": N_("Municipality"),
    "county_code": N_("County number"),
    "county_name": N_("County"),
    "population": N_("Inhabitants"),
    "population_year": N_("Inhabitants on 1 January of"),
    "size_band": N_("Size group"),
    "is_small_rural": N_("Small rural municipality"),
    "centrality_class": N_("Centrality class"),
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
    "programme_id": N_("Programme (id)"),
    "project_id": N_("Project (id)"),
    "programme": N_("Programme"),
    "project": N_("Project"),
    "participant_name": N_("Participant"),
    "participant_type": N_("Type of participant"),
    "name_then": N_("Name at the time"),
    "year": N_("Year"),
    "round": N_("Round"),
    "measure": N_("What is counted"),
    "published": N_("Published number"),
    "qualifier": N_("Exact, at least or about"),
    "contradicts": N_("Contradicts another published number"),
    "role": N_("Role"),
    "stage": N_("Stage"),
    "confidence": N_("Stated or concluded"),
    "basis": N_("Named or group"),
    "record_id": N_("Record (id)"),
    "source_url": N_("Source, address"),
    "note": N_("Note"),
}


#: What the codes of some columns are called there.
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
    "coverage": {
        "census": N_("complete list"),
        "partial": N_("part of the list"),
        "sample": N_("some of the participants"),
    },
    "role": {"lead": N_("lead"), "partner": N_("partner"), "participant": N_("participant")},
    "confidence": {"stated": N_("stated in the source"), "inferred": N_("inferred")},
    "basis": {"named": N_("the source names the municipality"), "group": N_("the source names a group")},
}


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the names that readers know, for columns and for codes, and yes and no in words.

    Names that are not listed stay as they are; a name that two columns would get keeps the code's in brackets.

    Examples
    --------
    >>> readable(pd.DataFrame({"municipality_code": ["0301"], "is_small_rural": [False]})).to_dict("list")
    {'Municipality number': ['0301'], 'Small rural municipality': ['no']}
    """
    names = [_(NAMES[c]) if c in NAMES else str(c) for c in frame.columns]
    shown = [
        f"{name} ({c})" if names.count(name) > 1 else name
        for name, c in zip(names, frame.columns, strict=True)
    ]
    columns = [_said(frame[c], VALUES.get(str(c), {})) for c in frame.columns]
    return pd.concat(columns, axis=1).set_axis(shown, axis=1) if columns else frame


def _said(column: pd.Series, words: dict[str, str]) -> pd.Series:
    if not words and pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: _("yes"), False: _("no")})
    known = column.astype(str).map({code: _(text) for code, text in words.items()}) if words else None
    return column if known is None else known.where(known.notna(), column)
