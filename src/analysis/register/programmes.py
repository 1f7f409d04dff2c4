"""Programmes, projects, sources and published totals: their tables, and the ids of new sources."""

from __future__ import annotations

import datetime
import re
from urllib.parse import unquote, urlsplit

import pandas as pd

from analysis.io import slug
from analysis.register import files
from analysis.register.files import Register
from analysis.register.validate import typed


def build(register: Register) -> dict[str, pd.DataFrame]:
    """Make the tables that need no name resolved.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.

    Returns
    -------
    dict of DataFrame
        ``programmes``, ``projects``, ``sources`` and ``published_totals`` with the columns of their files
        (``datapackage.json`` says what each means); programmes and published_totals also with source_url.

    Raises
    ------
    DataError
        All faults of the register's files.
    """
    register.raise_faults()
    made = {
        name: typed(register[name], files.resource(register.package, name))
        for name in ("programmes", "projects", "sources", "published_totals")
    }
    url = made["sources"].set_index("source_id")["url"]
    for name in ("programmes", "published_totals"):
        made[name]["source_url"] = made[name]["source_id"].map(url)
    return made


def same_address(url: str) -> str:
    """An address as it is compared: no scheme, www, fragment or closing slash.

    Examples
    --------
    >>> same_address("http://www.ssb.no/offentlig/#top")
    'ssb.no/offentlig'
    """
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/") + query


def source_slug(url: str) -> str:
    """An id for an address: the site's name and the last part of the path that says something.

    Examples
    --------
    >>> source_slug("https://www.baerum.kommune.no/a/sykkel-paa-fornebu/")
    'baerum-sykkel-paa-fornebu'
    """
    parts = urlsplit(url)
    site = parts.netloc.lower().removeprefix("www.").split(".")
    # www.baerum.kommune.no is Bærum's, not "kommune".
    name = site[0] if site[-2:] == ["kommune", "no"] else site[-2]
    said = [part for part in re.split(r"[/?&=]", unquote(f"{parts.path}/{parts.query}")) if len(part) > 3]
    return slug(f"{name} {said[-1] if said else ''}", 48, "x")


def unused(wanted: str, taken: set[str]) -> str:
    """An id that is not taken: the wanted one, or with -2, -3 … after it; the set then holds it."""
    number, out = 1, wanted
    while out in taken:
        number += 1
        out = f"{wanted}-{number}"
    taken.add(out)
    return out


class Sources:
    """The register's sources by address, and those added since."""

    def __init__(self, register: Register, today: datetime.date) -> None:
        """Start from the sources that are there; new ones are read today."""
        sources = register["sources"]
        self.new: list[dict] = []
        self.today = today
        self._ids = set(sources["source_id"])
        self._addresses = dict(zip(sources["url"].map(same_address), sources["source_id"], strict=True))

    def __contains__(self, url: str) -> bool:
        """Whether a source of this address is there."""
        return same_address(url) in self._addresses

    def find_or_add(self, row: pd.Series) -> tuple[str, str]:
        """The id of a row's source (source_url …) and a remark: empty, or that it is new."""
        url = row["source_url"]
        address = same_address(url)
        if address in self._addresses:
            return self._addresses[address], ""
        source_id = self._addresses[address] = unused(source_slug(url), self._ids)
        site = urlsplit(url).netloc.removeprefix("www.")
        said = {name: row.get(f"source_{name}") for name in ("title", "publisher", "date")}
        said["publisher"] = site if pd.isna(said["publisher"]) else said["publisher"]
        self.new.append(
            {
                "source_id": source_id,
                "url": url,
                **said,
                "source_kind": row["source_kind"],
                "retrieved": self.today.isoformat(),
            }
        )
        return source_id, f"new source {source_id}"
