"""Tables that are the register's files with types, and the ids of new sources."""

from __future__ import annotations

import datetime
import re
from urllib.parse import unquote, urlsplit

import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault
from analysis.io import slug
from analysis.register import declarations, files
from analysis.register.files import Register
from analysis.register.spreadsheet import Repair, repair
from analysis.register.validate import cell_faults, check_fields, typed

#: Files of the register that are tables as they stand.
TABLES = ("programmes", "projects", "sources", "rounds", "published_totals", "collections", "claims")


def build(register: Register) -> dict[str, pd.DataFrame]:
    """Make the tables that need no name resolved.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.

    Returns
    -------
    dict of DataFrame
        The tables :data:`TABLES` with the columns of their files (``datapackage.json`` says what each means);
        programmes, published_totals and claims also with source_url.

    Raises
    ------
    DataError
        All faults of the register's files.
    """
    register.raise_faults()
    made = {name: typed(register[name], files.resource(register.package, name)) for name in TABLES}
    url = made["sources"].set_index("source_id")["url"]
    for name in ("programmes", "published_totals", "claims"):
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


def form(package: dict, table: str) -> dict:
    """Form for new rows of a table: its own columns, and addresses in place of the ids of sources.

    Parameters
    ----------
    package : dict
        The data package descriptor.
    table : str
        A file of the register, e.g. ``programmes``.

    Returns
    -------
    dict
        Data resource. Beside each column ``…source_id`` stands ``…source_url``; ``source_title`` … describe
        sources that are new.

    Raises
    ------
    AnalysisError
        No such file of the register.
    """
    known = [item["name"] for item in package["resources"]]
    if table not in known:
        raise AnalysisError(f"{table}: no such table of the register; there are {', '.join(known)}")
    of_source = {f["name"]: f for f in files.resource(package, "form")["schema"]["fields"]}
    own = files.resource(package, table)["schema"]["fields"]
    fields = []
    for field in own:
        fields.append(field)
        if field["name"].endswith("source_id") and table != "sources":
            fields[-1] = {**field, "constraints": {**field.get("constraints", {}), "required": False}}
            address = {**of_source["source_url"], "name": field["name"].removesuffix("id") + "url"}
            fields.append({**address, "constraints": {**address["constraints"], "required": False}})
    if len(fields) > len(own):
        fields += [of_source[f"source_{name}"] for name in ("title", "publisher", "date", "kind")]
    return {"name": table, "path": f"{table}.csv", "schema": {"fields": fields}}


def add_rows(
    table: str, rows: pd.DataFrame, register: Register, file: str, today: datetime.date
) -> tuple[dict[str, pd.DataFrame], list[Repair]]:
    """Add rows to a table of the register, with sources made from their addresses; nothing is written.

    Parameters
    ----------
    table : str
    rows : DataFrame
        Columns of :func:`form` as text, indexed by row.
    register : Register
        The register as it is, without faults.
    file : str
        Name of the form in messages.
    today : date
        Day on which new sources were read.

    Returns
    -------
    tables : dict of str to DataFrame
        The whole tables, for :func:`analysis.register.files.write`.
    repairs : list of Repair

    Raises
    ------
    DataError
        Every fault of the rows.
    """
    described = {**form(register.package, table), "path": file}
    rows, repairs = repair(rows, described, file)
    faults = check_fields(rows, described)
    own = files.resource(register.package, table)
    must = {
        field["name"] for field in own["schema"]["fields"] if field.get("constraints", {}).get("required")
    }
    broken = {(fault.row, fault.column) for fault in faults}
    sources = Sources(register, today)
    for url in [
        field["name"] for field in described["schema"]["fields"] if field["name"].endswith("source_url")
    ]:
        if table == "candidates":  # they keep their address
            break
        source_id = url.removesuffix("url") + "id"
        if source_id in must:
            problem = f"must be filled in, or {source_id} of a source that is there"
            faults += cell_faults(file, rows.loc[rows[url].isna() & rows[source_id].isna(), url], problem)
        for index, row in rows[rows[url].notna() & rows[source_id].isna()].iterrows():
            place = int(str(index))
            if (place, url) in broken:
                continue
            if row[url] not in sources and pd.isna(row["source_kind"]):
                problem = "a new source needs its kind: publisher, participant or press"
                faults.append(Fault(file, place, "source_kind", None, problem))
                continue
            rows.loc[index, source_id], _ = sources.find_or_add(pd.Series({**row, "source_url": row[url]}))
    if not faults:
        faults = check_fields(rows, {**own, "path": file})
    if faults:
        said = f"Nothing was imported; `register template {table} --explain` says what each column means"
        raise DataError(faults, said)
    new = pd.concat([register[table], rows[files.columns(own)]], ignore_index=True)
    added = pd.DataFrame(sources.new, columns=register["sources"].columns, dtype="str")
    if table == "sources" or added.empty:
        return {table: new}, repairs
    return {table: new, "sources": pd.concat([register["sources"], added], ignore_index=True)}, repairs


def translate_totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace other lists' words for measures and qualifiers by the register's (``tables.toml``, ``totals``).

    Words that are not listed stay, for the check to refuse.
    """
    for column, words in declarations.computed()["totals"].items():
        known = {other.casefold(): word for word, others in words.items() for other in others}
        rows = rows.assign(
            **{column: rows[column].map(lambda w, k=known: k.get(w.casefold(), w), na_action="ignore")}
        )
    return rows
