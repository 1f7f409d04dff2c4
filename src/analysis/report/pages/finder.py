"""The municipality finder: all 357 in one table, to search, sort and filter; a plain table without script."""

from __future__ import annotations

from html import escape

import pandas as pd

from analysis.figures.figure import download
from analysis.i18n import _, current, ngettext, number
from analysis.report import labels as words
from analysis.report.data import Data
from analysis.report.urls import county_file


def table(data: Data) -> pd.DataFrame:
    """One row per municipality as the reader downloads it, by name.

    Columns of the panel that the finder shows, participations_found, and one column per programme.
    """
    by_programme = data.observations.rows.pivot_table(
        index="municipality_code",
        columns="programme_id",
        values="project_id",
        aggfunc="nunique",
        fill_value=0,
    ).reindex(columns=data.programmes["programme_id"], fill_value=0)
    columns = [
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
    frame = data.panel[columns].merge(by_programme, left_on="municipality_code", right_index=True, how="left")
    frame[list(by_programme.columns)] = frame[list(by_programme.columns)].fillna(0).astype(int)
    frame.insert(8, "participations_found", frame[list(by_programme.columns)].sum(axis=1))
    return frame.sort_values(["municipality_name", "municipality_code"], key=_alphabetical).reset_index(
        drop=True
    )


def _alphabetical(names: pd.Series) -> pd.Series:
    """Norwegian order: æ, ø and å stand last."""
    return names.str.lower().str.replace("æ", "{").str.replace("ø", "|").str.replace("å", "}")


def body(data: Data) -> str:
    """The finder page's content."""
    frame = table(data)
    names, bands = words.programmes(data.programmes), list(frame["size_band"].cat.categories)
    heads = [
        (_("Municipality"), "text"),
        (_("County"), "text"),
        (_("Inhabitants"), "num"),
        (_("Centrality class"), "num"),
        (_("Small and rural"), "text"),
        (_("Participations found"), "num"),
        (_("By programme"), "text"),
        (_("Purchases, NOK million"), "num"),
        (_("Operating expenditure, NOK million"), "num"),
    ]
    head = "".join(f'<th scope="col"{_class(kind)}>{escape(name)}</th>' for name, kind in heads)
    rows = "".join(_row(r, names, bands) for r in frame.to_dict("records"))
    title = _("Find a municipality")
    caption = _("All {n} municipalities (2024 division)", n=len(frame))
    about = _(
        "Participations are those found in the register, which is not complete: 0 means that nothing was "
        "found, not that the municipality has not taken part. Purchases are of {year}, and “..” where they are "
        "not known; operating expenditure is of {year2}.",
        year=words.purchases_year(data.panel),
        year2=words.year(data.panel["accounts_year"].max()),
    )
    return (
        f'<h1>{escape(title)}</h1><p class="lead">{escape(about)}</p>{_tools(frame, names)}'
        f'<div class="table-box wide-table" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="finder"><caption><span>{escape(caption)}</span></caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f"<p>{download(frame, 'municipalities', _('Download all municipalities (CSV)'))}</p>"
        f'<p class="source">{escape(_("Source: {source}.", source=_("Register of municipal participation; SSB")))}</p>'
    )


def _class(kind: str) -> str:
    return ' class="num"' if kind == "num" else ""


def _row(row: dict, names: pd.Series, bands: list[str]) -> str:
    found = {p: int(row[p]) for p in names.index if row[p] > 0}
    programmes = ", ".join(f"{names[p]} ({number(n)})" if n > 1 else names[p] for p, n in found.items())
    address = county_file(current(), row["county_code"], row["county_name"])
    amounts = "".join(
        '<td class="num" data-v="-1">..</td>'
        if pd.isna(row[c])
        else f'<td class="num" data-v="{int(row[c])}">{escape(number(row[c] / 1000))}</td>'
        for c in ("purchases_nok_thousand", "operating_expenditure_nok_thousand")
    )
    return (
        f'<tr data-c="{row["county_code"]}" data-s="{bands.index(row["size_band"])}" data-p="{" ".join(found)}">'
        f'<th scope="row">{escape(row["municipality_name"])}</th>'
        f'<td><a href="{address}">{escape(row["county_name"])}</a></td>'
        f'<td class="num" data-v="{int(row["population"])}">{escape(number(row["population"]))}</td>'
        f'<td class="num" data-v="{int(row["centrality_class"])}">{int(row["centrality_class"])}</td>'
        f"<td>{escape(_('yes') if row['is_small_rural'] else _('no'))}</td>"
        f'<td class="num" data-v="{int(row["participations_found"])}">{number(row["participations_found"])}</td>'
        f"<td>{escape(programmes)}</td>{amounts}</tr>"
    )


def _tools(frame: pd.DataFrame, names: pd.Series) -> str:
    """Search field and filters; hidden until the script that works them runs."""
    counties = frame.drop_duplicates("county_code").sort_values("county_name", key=_alphabetical)
    bands = list(frame["size_band"].cat.categories)
    everything = f'<option value="">{escape(_("All"))}</option>'
    found = [p for p in names.index if frame[p].any()]

    def select(key: str, label: str, options: list[tuple[str, str]]) -> str:
        inner = "".join(f'<option value="{escape(v)}">{escape(t)}</option>' for v, t in options)
        return f'<label>{escape(label)}<select data-filter="{key}">{everything}{inner}</select></label>'

    told = ngettext("{n} municipality shown", "{n} municipalities shown", 2)
    one = ngettext("{n} municipality shown", "{n} municipalities shown", 1)
    return (
        f'<div class="finder-tools" role="search" aria-label="{escape(_("Search and filter"))}" hidden>'
        f'<label>{escape(_("Name"))}<input type="search" data-filter="q" autocomplete="off"></label>'
        + select("c", _("County"), list(zip(counties["county_code"], counties["county_name"], strict=True)))
        + select("s", _("Inhabitants"), [(str(i), words.size_band(b)) for i, b in enumerate(bands)])
        + select("p", _("Programme"), [(p, names[p]) for p in found])
        + f'<button type="button" data-reset>{escape(_("Show all"))}</button>'
        f'<p role="status" data-many="{escape(told)}" data-one="{escape(one)}"></p></div>'
    )
