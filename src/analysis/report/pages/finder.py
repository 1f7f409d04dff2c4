"""The municipality finder: all municipalities in one table to search, sort and filter; plain without script."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import definitions
from analysis.figures.markup import download
from analysis.i18n import _, current, number
from analysis.report import labels, render
from analysis.report.data import Data
from analysis.report.render import Content
from analysis.report.urls import county_file, municipality_file

COLUMNS = [
    "municipality_code",
    "municipality_name",
    "county_code",
    "county_name",
    "population",
    "size_band",
    "centrality_class",
    "is_small_rural",
    "purchases_nok_thousand",
    "operating_expenditure_nok_thousand",
]


def table(data: Data) -> pd.DataFrame:
    """One row per municipality as the reader downloads it, by name.

    Returns
    -------
    pandas.DataFrame
        Columns of the panel that the finder shows, participations_found, and one column per programme.
    """
    rows = data.observations.rows
    counts = pd.crosstab(rows["municipality_code"], rows["programme_id"]).reindex(
        index=data.panel["municipality_code"], columns=data.programmes["programme_id"], fill_value=0
    )
    frame = data.panel[COLUMNS].join(counts, on="municipality_code")
    frame.insert(8, "participations_found", counts.sum(axis=1).to_numpy())
    return frame.sort_values(["municipality_name", "municipality_code"], key=_alphabetical).reset_index(
        drop=True
    )


def _alphabetical(names: pd.Series) -> pd.Series:
    """Norwegian order: æ, ø and å stand last."""
    return names.str.lower().str.replace("æ", "{").str.replace("ø", "|").str.replace("å", "}")


def content(data: Data) -> Content:
    """The finder page's content."""
    frame = table(data)
    names = labels.programmes(data.programmes)
    title = _("Find a municipality")
    about = _(
        "Participations are those found in the register, which is not complete: 0 means that nothing was found, not that the municipality has not taken part. Purchases are of {year}, and “..” where they are not known; operating expenditure is of {year2}.",
        year=labels.purchases_year(data.panel),
        year2=labels.year(data.panel["accounts_year"].max()),
    )
    counties = frame.drop_duplicates("county_code").sort_values("county_name", key=_alphabetical)
    body = render.template(
        "finder.html.j2",
        title=title,
        about=about,
        n=len(frame),
        counties=list(zip(counties["county_code"], counties["county_name"], strict=True)),
        bands=[(i, labels.size_band(band)) for i, band in enumerate(definitions.SIZE_BANDS)],
        programmes=[(p, names[p]) for p in names.index if frame[p].any()],
        rows=[_row(row, names) for row in frame.to_dict("records")],
        download=download(frame, "municipalities", _("Download all municipalities (CSV)")),
    )
    return Content(body, title, about)


def _row(row: dict, names: pd.Series) -> dict[str, Any]:
    """A municipality's cells: texts, and for columns of numbers the value they are sorted by."""

    def whole(column: str) -> dict[str, object]:
        return {"value": int(row[column]), "text": number(row[column])}

    def million(column: str) -> dict[str, object]:
        if pd.isna(row[column]):
            return {"value": -1, "text": ".."}
        return {"value": int(row[column]), "text": number(row[column] / 1000)}

    found = {p: int(row[p]) for p in names.index if row[p] > 0}
    return {
        "county_code": row["county_code"],
        "band": definitions.SIZE_BANDS.index(row["size_band"]),
        "programme_ids": " ".join(found),
        "name": row["municipality_name"],
        "page": municipality_file(current(), row["municipality_code"], row["municipality_name"]),
        "address": county_file(current(), row["county_code"], row["county_name"]),
        "county": row["county_name"],
        "population": whole("population"),
        "centrality": whole("centrality_class"),
        "is_small_rural": _("yes") if row["is_small_rural"] else _("no"),
        "found": whole("participations_found"),
        "programmes": ", ".join(f"{names[p]} ({number(n)})" if n > 1 else names[p] for p, n in found.items()),
        "purchases": million("purchases_nok_thousand"),
        "expenditure": million("operating_expenditure_nok_thousand"),
    }
