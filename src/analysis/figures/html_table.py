"""Frames as HTML tables with the caption and the row and column headers that screen readers need."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from analysis.figures import markup


def html_table(
    frame: pd.DataFrame,
    caption: str,
    *,
    links: Mapping[str, str] | None = None,
    numeric: tuple[str, ...] = (),
    hide_caption: bool = False,
) -> Markup:
    """A frame of ready-made texts as an HTML table; its first column heads the rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        Empty cells stay empty. Everything is escaped.
    caption : str
    links : mapping, optional
        Column → the column that holds its addresses (not shown itself); only http(s) and relative
        addresses become links. A link in another column than the first says also what its row is about,
        read aloud only: "miljodirektoratet.no" alone leads anywhere.
    numeric : tuple of str
        Columns set flush right.
    hide_caption : bool
        The caption is read aloud only.

    Examples
    --------
    >>> "<th scope=\\"row\\">Bodø</th>" in html_table(pd.DataFrame({"Name": ["Bodø"]}), "Names")
    True
    """
    links = dict(links or {})
    return markup.render(
        "table.html.j2",
        caption=caption,
        columns=[c for c in frame.columns if c not in links.values()],
        numeric=numeric,
        links=links,
        rows=frame.astype(object).where(frame.notna(), "").to_dict("records"),
        safe_address=safe_address,
        hide_caption=hide_caption,
    )


def safe_address(address: object) -> str:
    """The address if a page may safely point to it (http, https or relative), else nothing.

    Examples
    --------
    >>> safe_address("https://ssb.no/"), safe_address("javascript:alert(1)")
    ('https://ssb.no/', '')
    """
    # Browsers read a backslash as a slash and pass over tabs and leading spaces: /\\host is another host.
    if not isinstance(address, str) or re.search(r"[\\\0-\x20\x7f-\xa0]", address):
        return ""
    is_relative = ":" not in address and not address.startswith("//")
    return address if is_relative or address.startswith(("https://", "http://")) else ""
