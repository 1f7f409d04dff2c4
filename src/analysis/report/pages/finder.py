"""The municipality finder: all municipalities in one table to search, sort and filter; plain without script."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import definitions
from analysis.figures.markup import download
from analysis.i18n import N_, _, alphabetically, number
from analysis.measures import counting
from analysis.report import labels, render
from analysis.report.data import Data
from analysis.report.pages import search
from analysis.report.pages.common import partial_purchases
from analysis.report.render import Content

REGISTER_AND_SSB = N_("Register of municipal participation; SSB")


def table(data: Data) -> pd.DataFrame:
    """One row per municipality, by name.

    Returns
    -------
    pandas.DataFrame
        Columns of the panel, participations (named by a source, in procurement and development), and one column
        per programme (``counting.by_programme``: a grant under two is in both).
    """
    counts = counting.by_programme(data.named).reindex(columns=data.programmes["programme_id"], fill_value=0)
    frame = data.panel.assign(participations=data.named.counts).join(counts, on="municipality_code")
    by_name = frame.sort_values(["municipality_name", "municipality_code"], key=alphabetically)
    return by_name.reset_index(drop=True)


def downloaded(frame: pd.DataFrame, names: pd.Series, panel: pd.DataFrame) -> pd.DataFrame:
    """The finder's table under names that a reader knows; programmes without participations are left out."""
    shown = {
        "municipality_code": _("Municipality code"),
        "municipality_name": _("Municipality"),
        "county_code": _("County code"),
        "county_name": _("County"),
        "population": _("Inhabitants on 1 January {year}", year=labels.year(panel["population_year"].max())),
        "centrality_class": _("Centrality class"),
        "is_small_rural": _("Small rural municipality"),
        "participations": _("Documented participations"),
        "purchases_nok_thousand": _("Purchases in {year}, NOK thousand", year=labels.purchases_year(panel)),
        "operating_expenditure_nok_thousand": _(
            "Operating expenditure in {year}, NOK thousand", year=labels.year(panel["accounts_year"].max())
        ),
    }
    some = {p: names[p] for p in names.index if frame[p].any()}
    return frame[[*shown, *some]].rename(columns=shown | some)


def content(data: Data) -> Content:
    """The finder page's content."""
    frame = table(data)
    names = labels.programmes(data.programmes)
    terms = {place["code"]: place for place in search.search_list(data)}
    title = _("Find a municipality")
    about = _(
        "Here are all municipalities with the participations that public sources document. The lists are incomplete: a municipality with 0 may still have taken part."
    )
    notes = [
        _("A grant that stands under two programmes is shown under both and counted once."),
        _(
            "Programmes for taking new solutions into use are not counted; the municipalities' own pages show them."
        ),
        partial_purchases(data.panel),
        _(
            "Purchases are of {year}, operating expenditure is of {year2}.",
            year=labels.purchases_year(data.panel),
            year2=labels.year(data.panel["accounts_year"].max()),
        ),
    ]
    counties = frame.drop_duplicates("county_code").sort_values("county_name", key=alphabetically)
    body = render.template(
        "finder.html.j2",
        title=title,
        about=about,
        notes=" ".join(filter(None, notes)),
        n=len(frame),
        counties=list(zip(counties["county_code"], counties["county_name"], strict=True)),
        bands=[(i, labels.size_band(band)) for i, band in enumerate(definitions.SIZE_BANDS)],
        programmes=[(p, names[p]) for p in names.index if frame[p].any()],
        rows=[_row(row, names, terms[row["municipality_code"]]) for row in frame.to_dict("records")],
        download=download(
            downloaded(frame, names, data.panel),
            "municipalities",
            _("Download all municipalities (CSV)"),
            source=_(REGISTER_AND_SSB),
        ),
        source=_(REGISTER_AND_SSB),
    )
    return Content(body, title, about)


def _row(row: dict, names: pd.Series, place: dict[str, str]) -> dict[str, Any]:
    """A municipality's cells: texts, and for columns of numbers the value they are sorted by."""

    def whole(column: str) -> dict[str, object]:
        return {"value": int(row[column]), "text": number(row[column])}

    def million(column: str) -> dict[str, object]:
        if pd.isna(row[column]):
            return {"value": None, "text": _("unknown")}
        return {"value": int(row[column]), "text": number(row[column] / 1000)}

    found = {p: int(row[p]) for p in names.index if row[p] > 0}
    return {
        "code": row["municipality_code"],
        "terms": place["terms"],
        "county_code": row["county_code"],
        "band": definitions.SIZE_BANDS.index(row["size_band"]),
        "programme_ids": " ".join(found),
        "name": row["municipality_name"],
        "page": place["href"],
        "county": row["county_name"],
        "population": whole("population"),
        "centrality": whole("centrality_class"),
        "is_small_rural": _("yes") if row["is_small_rural"] else _("no"),
        "participations": whole("participations"),
        "programmes": ", ".join(f"{names[p]} ({number(n)})" if n > 1 else names[p] for p, n in found.items()),
        "purchases": million("purchases_nok_thousand"),
        "expenditure": million("operating_expenditure_nok_thousand"),
    }
