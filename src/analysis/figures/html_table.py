"""Frames as HTML tables with the caption and the row and column headers that screen readers need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from analysis.figures import markup


@dataclass(frozen=True)
class Column:
    """A column as the table shows it; ``attribute`` is its HTML class, if any."""

    name: str
    attribute: Markup


@dataclass(frozen=True)
class Cell:
    """A cell's text, the address it links to (empty: none), and its HTML class."""

    text: str
    address: str
    attribute: Markup

    @property
    def is_external(self) -> bool:
        """Whether the link leaves the site."""
        return self.address.startswith(("https://", "http://"))


def html_table(
    frame: pd.DataFrame,
    caption: str,
    *,
    links: Mapping[str, str] | None = None,
    numeric: tuple[str, ...] = (),
    long: tuple[str, ...] = (),
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
        addresses become links.
    numeric, long : tuple of str
        Columns set flush right, and columns that get room for running text.
    hide_caption : bool
        The caption is read aloud only.

    Examples
    --------
    >>> "<th scope=\\"row\\">Bodø</th>" in html_table(pd.DataFrame({"Name": ["Bodø"]}), "Names")
    True
    """
    links = dict(links or {})
    columns = [
        Column(str(c), Markup(' class="num"' if c in numeric else ' class="long"' if c in long else ""))
        for c in frame.columns
        if c not in links.values()
    ]
    rows = [
        [
            Cell(
                "" if pd.isna(record[c.name]) else str(record[c.name]),
                safe_address(record.get(links.get(c.name, ""))),
                c.attribute,
            )
            for c in columns
        ]
        for record in frame.to_dict("records")
    ]
    return markup.render(
        "table.html.j2", caption=caption, columns=columns, rows=rows, hide_caption=hide_caption
    )


def safe_address(address: object) -> str:
    """The address if a page may safely point to it (http, https or relative), else nothing.

    Examples
    --------
    >>> safe_address("https://ssb.no/"), safe_address("javascript:alert(1)")
    ('https://ssb.no/', '')
    """
    if not isinstance(address, str):
        return ""
    is_relative = ":" not in address and not address.startswith("//")
    return address if is_relative or address.startswith(("https://", "http://")) else ""
