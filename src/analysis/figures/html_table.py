"""Frames as HTML tables that a screen reader can walk: caption, column and row headers with scope."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd


def html_table(
    frame: pd.DataFrame,
    caption: str,
    *,
    links: Mapping[str, str] | None = None,
    numeric: tuple[str, ...] = (),
    long: tuple[str, ...] = (),
    css_class: str = "",
    hide_caption: bool = False,
) -> str:
    """A frame of ready-made texts as an HTML table; its first column heads the rows.

    ``links`` names, for a column, the column that holds its addresses (not shown itself); only http(s)
    and relative addresses become links. ``numeric`` columns are set flush right, ``long`` ones
    get room for running text. Empty cells stay empty. Everything is escaped.
    """
    links = dict(links or {})
    columns = [c for c in frame.columns if c not in links.values()]
    side = {c: ' class="num"' if c in numeric else ' class="long"' if c in long else "" for c in columns}
    head = "".join(f'<th scope="col"{side[c]}>{escape(str(c))}</th>' for c in columns)
    rows = []
    for record in frame.to_dict("records"):
        cells = []
        for i, column in enumerate(columns):
            shown = "" if pd.isna(record[column]) else escape(str(record[column]))
            if column in links:
                shown = link(record[links[column]], shown)
            tag, scope = ("th", ' scope="row"') if i == 0 else ("td", "")
            cells.append(f"<{tag}{scope}{side[column]}>{shown}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    hidden = ' class="visually-hidden"' if hide_caption else ""
    return (
        f'<div class="table-box" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="{css_class}"><caption{hidden}><span>{escape(caption)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def link(address: object, shown: str) -> str:
    """``shown`` (already escaped) as a link, if the address is one that a page may safely point to."""
    if not isinstance(address, str) or not address:
        return shown
    if address.startswith(("https://", "http://")):
        return f'<a href="{escape(address)}" rel="noopener noreferrer external">{shown}</a>'
    if ":" in address or address.startswith("//"):
        return shown
    return f'<a href="{escape(address)}">{shown}</a>'
