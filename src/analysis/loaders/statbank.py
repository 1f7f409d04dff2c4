"""PxWebApi v2, the interface of Statistics Norway's StatBank: metadata, codelists, and tables of any size.

``table("11342", {"Region": ["*"], "ContentsCode": ["Folkemengde"], "Tid": ["top(1)"]})`` gives a tidy
frame. :mod:`analysis.loaders.ssb` knows the tables that this project uses.
Contract: https://www.ssb.no/en/api/statbank-pxwebapi-user-guide . Licence CC BY 4.0, "Kilde: Statistisk
sentralbyrå".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders import jsonstat, jsonstat_header
from analysis.loaders.client import Client, shared
from analysis.loaders.jsonstat_header import Header
from analysis.loaders.messages import FetchError, Request, Response
from analysis.loaders.selection import Selection, select
from analysis.loaders.selection import expand as expand

#: Bounds of one table: so many cells take two gigabytes, so many requests forty minutes at SSB's pace.
MAX_CELLS, MAX_REQUESTS = 50_000_000, 1_000


def metadata(
    table_id: str,
    *,
    codelists: Mapping[str, str] | None = None,
    client: Client | None = None,
    lang: str = "no",
) -> Header:
    """All variables of a table with their codes, labels, units and notes, but no numbers.

    ``codelists`` (variable to codelist id) shows those variables in the codelist's own codes.

    Raises
    ------
    AnalysisError
        ``table_id`` is no number of a table, or ``codelists`` name no variables.
    FetchError
        No such table or codelist.
    DataError
        The answer is not a dataset.
    """
    if not re.fullmatch(r"[0-9]{5}", str(table_id)):
        raise AnalysisError(
            f"SSB has no table {table_id!r}: tables have five digits, written as text, e.g. '07459'"
        )
    if not isinstance(codelists or {}, Mapping):
        raise AnalysisError(
            f"A codelist is named for its variable, e.g. {{'Region': 'agg_KommSummer'}}, not {codelists!r}"
        )
    parameters = {"lang": lang} | {f"codelist[{v}]": c for v, c in (codelists or {}).items()}
    request = Request.make("ssb", f"/tables/{table_id}/metadata", parameters)
    response = (client or shared()).send(request)
    response.json()
    return jsonstat_header.read_header(jsonstat_header.parse(response.body, str(request)), str(request))


def codelist(codelist_id: str, *, client: Client | None = None, lang: str = "no") -> pd.DataFrame:
    """Members of a codelist: ``code``, ``label``, ``member_code`` (one row per code and member).

    ``agg_KommSummer`` says which old municipalities SSB sums into each of today's.
    """
    response = (client or shared()).send(Request.make("ssb", f"/codelists/{codelist_id}", {"lang": lang}))
    content = response.json()
    try:
        rows = [
            (str(value["code"]), value["label"], str(member))
            for value in content["values"]
            for member in value.get("valueMap") or [value["code"]]
        ]
    except (KeyError, TypeError, AttributeError):
        raise FetchError(response.request, "sent no codelist", response) from None
    return pd.DataFrame(rows, columns=["code", "label", "member_code"], dtype="str")


def max_cells(client: Client) -> int:
    """The cell limit that SSB announces for one request (800 000)."""
    response = client.send(Request.make("ssb", "/config"))
    content = response.json()
    limit = content.get("maxDataCells") if isinstance(content, dict) else None
    if not isinstance(limit, int) or limit < 1:
        raise FetchError(response.request, f"announces no usable maxDataCells ({limit!r})", response)
    return limit


def table(
    table_id: str,
    selection: Selection,
    *,
    codelists: Mapping[str, str] | None = None,
    client: Client | None = None,
    lang: str = "no",
    header: Header | None = None,
) -> pd.DataFrame:
    """Fetch a table, or a part of it, in as many requests as SSB's cell limit wants.

    Parameters
    ----------
    table_id : str
        E.g. ``"12367"``.
    selection : mapping
        Variable to codes and expressions, one or several: ``*``, ``03*``, ``??``, ``top(n[,offset])``,
        ``bottom(...)``, ``from(x)``, ``to(x)``, ``range(a,b)``, or a compiled pattern; years may be numbers.
        SSB sums over variables left out where it allows that.
    codelists : mapping, optional
        Variable to codelist id, to get that codelist's aggregates.
    client : Client, optional
        Without it, the process's shared client.
    lang : str
        ``"no"`` or ``"en"``.
    header : Header, optional
        The table's :func:`metadata`, where it is there already.

    Returns
    -------
    DataFrame
        As :func:`analysis.loaders.jsonstat.decode` gives it (codes and labels of each variable, ``value``,
        ``status``, ``unit``), in the table's order. ``attrs``: table_id, title, updated, retrieved, units,
        notes, mandatory_notes, source_line (what to print under a figure).

    Raises
    ------
    AnalysisError
        A variable or code that the table lacks, a variable that must be chosen, or more cells than can be read.
    FetchError
        SSB cannot be reached or refuses.
    DataError
        An answer is no dataset, or holds other cells than were asked for.
    """
    client = client or shared()
    header = header or metadata(table_id, codelists=codelists, client=client, lang=lang)
    chosen = select(header, selection)
    codelists = _spelled(header, codelists or {})
    limit = max_cells(client)
    cells = prod(len(d.codes) for d in chosen)
    if cells > (most := min(MAX_CELLS, MAX_REQUESTS * limit)):
        told = ", ".join(f"{d.id} {len(d.codes)}" for d in chosen)
        raise AnalysisError(
            f"SSB table {table_id}: {cells} cells are chosen ({told}) and {most} can be read at once, {limit} in "
            "each request: choose fewer values"
        )
    parts = split({d.id: d.codes for d in chosen}, limit)
    client.expect(len(parts))
    shape = [len(d.codes) for d in chosen]
    place = {d.id: {code: n for n, code in enumerate(d.codes)} for d in chosen}
    values, status = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int32)
    symbols: dict[str, int] = {}
    retrieved = ""
    for part in parts:
        response = _send(table_id, part, codelists, client, lang)
        retrieved = max(retrieved, response.retrieved)
        found, numbers, marks = jsonstat.read_cells(response.body, f"SSB {table_id}")
        _check_part(table_id, header, found, part)
        where = np.ix_(*([place[d.id][code] for code in found.dimension(d.id).codes] for d in chosen))
        sizes, ids = [len(d.codes) for d in found.dimensions], [d.id for d in found.dimensions]
        order = [ids.index(d.id) for d in chosen]
        code_of = [symbols.setdefault(symbol, len(symbols)) for symbol in marks.categories]
        codes = np.array([*code_of, -1], dtype=np.int32)[marks.codes]
        values[where] = numbers.reshape(sizes).transpose(order)
        status[where] = codes.reshape(sizes).transpose(order)
    marks = pd.Categorical.from_codes(status.ravel(), pd.Index(list(symbols), dtype="str"))
    frame = jsonstat.tabulate(replace(header, dimensions=chosen), values.ravel(), marks)
    word, kind = ("Kilde", "tabell") if lang == "no" else ("Source", "table")
    source_line = f"{word}: {header.publisher or 'SSB'}, {kind} {table_id}"
    frame.attrs |= {"table_id": table_id, "retrieved": retrieved, "source_line": source_line}
    return frame


def split(selection: Mapping[str, Sequence[str]], limit: int) -> list[dict[str, list[str]]]:
    """Cut a selection into requests of at most ``limit`` cells, along the variable with most values.

    Examples
    --------
    >>> split({"region": ["1", "2", "3"], "year": ["2024", "2025"]}, 4)
    [{'region': ['1', '2'], 'year': ['2024', '2025']}, {'region': ['3'], 'year': ['2024', '2025']}]
    """
    cells = prod(len(values) for values in selection.values())
    if cells <= max(limit, 1):
        return [{variable: list(values) for variable, values in selection.items()}]
    largest = max(selection, key=lambda variable: len(selection[variable]))
    values = selection[largest]
    run = max(1, limit * len(values) // cells)
    return [
        part
        for start in range(0, len(values), run)
        for part in split({**selection, largest: values[start : start + run]}, limit)
    ]


def _send(
    table_id: str, part: Mapping[str, list[str]], codelists: Mapping[str, str], client: Client, lang: str
) -> Response:
    body = {
        "selection": [
            {"variableCode": v, "valueCodes": codes} | ({"codelist": codelists[v]} if v in codelists else {})
            for v, codes in part.items()
        ]
    }
    parameters = {"lang": lang, "outputFormat": "json-stat2"}
    response = client.send(Request.make("ssb", f"/tables/{table_id}/data", parameters, body))
    kind = response.headers.get("content-type", "")
    if "html" in kind or "xml" in kind or response.body[:1] == b"<":
        raise FetchError(response.request, f"sent {kind or 'a page'} where JSON was expected", response)
    return response


def _check_part(table_id: str, header: Header, found: Header, part: Mapping[str, list[str]]) -> None:
    """An answer must hold exactly the cells asked for, of the table that the metadata describes."""

    def fault(name: str, value: object, problem: str) -> DataError:
        return DataError([Fault(f"SSB {table_id}", None, name, value, problem)])

    got = {d.id: set(d.codes) for d in found.dimensions}
    wrong = [v for v in {*got, *part} if got.get(v) != set(part.get(v, []))]
    if wrong:
        raise fault(", ".join(wrong), None, "the answer holds other values than were asked for")
    if found.table_id and header.table_id and found.table_id != header.table_id:
        raise fault("tableid", found.table_id, f"the answer is of another table than {header.table_id}")
    if found.updated != header.updated:
        problem = (
            f"the table is described as of {header.updated}, its numbers as of {found.updated}: it changed while it "
            "was fetched, or SSB stamps the two differently; fetch it again, and tell SSB if it stays so"
        )
        raise fault("updated", None, problem)
    for code, unit in found.units.items():
        if unit != header.units.get(code, unit):
            problem = f"metadata and data describe {code} differently: {header.units[code]} and {unit}"
            raise fault("unit", None, problem)


def _spelled(header: Header, codelists: Mapping[str, str]) -> dict[str, str]:
    """Codelists by their variables as the table writes them: one under another spelling would have no effect."""
    ids = {d.id.lower(): d.id for d in header.dimensions}
    if unknown := [variable for variable in codelists if variable.lower() not in ids]:
        raise AnalysisError(
            f"SSB table {header.table_id or header.title}: codelists for {unknown}; it has {list(ids.values())}"
        )
    return {ids[variable.lower()]: codelist for variable, codelist in codelists.items()}
