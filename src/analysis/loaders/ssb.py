"""Statistics Norway's StatBank (PxWebApi v2): metadata, codelists and tables of any size.

``table("11342", {"Region": ["*"], "ContentsCode": ["Folkemengde"], "Tid": ["top(1)"]})`` gives a tidy
frame; see :func:`table`. Contract: https://www.ssb.no/en/api/statbank-pxwebapi-user-guide .
Licence CC BY 4.0, "Kilde: Statistisk sentralbyrå".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders import dataset, jsonstat, planner
from analysis.loaders.dataset import Dimension, Header
from analysis.loaders.exchange import Answer, Asker, FetchError, question
from analysis.loaders.http import shared

_FUNCTION = re.compile(r"(top|bottom|from|to|range)\(([^()]*)\)", re.IGNORECASE)


def metadata(
    table_id: str,
    *,
    codelists: Mapping[str, str] | None = None,
    client: Asker | None = None,
    lang: str = "no",
) -> Header:
    """All variables of a table with their codes, labels, units and notes, but no numbers.

    ``codelists`` (variable to codelist id) shows those variables in the codelist's own codes.
    Raises FetchError (no such table or codelist) or DataError (not a dataset).
    """
    parameters = {"lang": lang} | {f"codelist[{v}]": c for v, c in (codelists or {}).items()}
    asked = question("ssb", f"/tables/{table_id}/metadata", parameters)
    answer = (client or shared()).ask(asked)
    answer.json()
    return dataset.read_header(dataset.parse(answer.body, str(asked)), str(asked))


def codelist(codelist_id: str, *, client: Asker | None = None, lang: str = "no") -> pd.DataFrame:
    """Members of a codelist: ``code``, ``label``, ``member_code`` (one row per code and member).

    ``agg_KommSummer`` says which old municipalities SSB sums into each of today's.
    """
    answer = (client or shared()).ask(question("ssb", f"/codelists/{codelist_id}", {"lang": lang}))
    content = answer.json()
    try:
        rows = [
            (str(value["code"]), str(value["label"]), str(member))
            for value in content["values"]
            for member in value.get("valueMap") or [value["code"]]
        ]
    except (KeyError, TypeError, AttributeError):
        raise FetchError(answer.question, "sent no codelist", answer) from None
    return pd.DataFrame(rows, columns=["code", "label", "member_code"], dtype="str")


def max_cells(client: Asker) -> int:
    """The cell limit that SSB announces for one request (800 000)."""
    answer = client.ask(question("ssb", "/config"))
    content = answer.json()
    limit = content.get("maxDataCells") if isinstance(content, dict) else None
    if not isinstance(limit, int) or limit < 1:
        raise FetchError(answer.question, f"announces no usable maxDataCells ({limit!r})", answer)
    return limit


def table(
    table_id: str,
    selection: Mapping[str, Sequence[str]],
    *,
    codelists: Mapping[str, str] | None = None,
    client: Asker | None = None,
    lang: str = "no",
) -> pd.DataFrame:
    """A table, or a part of it, in as few requests as SSB's cell limit allows.

    ``selection`` maps a variable to codes and expressions: ``*``, ``03*``, ``??``, ``top(n[,offset])``,
    ``bottom(...)``, ``from(x)``, ``to(x)``, ``range(a,b)``. Variables left out are summed over by SSB
    where it allows that. Rows follow the table's order whatever the order of the answers.

    Returns the frame of :func:`analysis.loaders.jsonstat.decode` (codes and labels of each variable,
    ``value``, ``status``, ``unit``), ``attrs['source_line']`` being what to print under a figure.

    Raises:
        AnalysisError: a variable or code that the table lacks, or a variable that must be chosen.
        FetchError: SSB cannot be reached or refuses.
        DataError: an answer is no dataset, or holds other cells than were asked for.
    """
    asker = client or shared()
    header = metadata(table_id, codelists=codelists, client=asker, lang=lang)
    chosen = select(header, selection)
    parts = planner.plan({d.id: d.codes for d in chosen}, max_cells(asker))
    asker.expect(len(parts))
    whole = replace(header, dimensions=chosen)
    sizes = [len(d.codes) for d in chosen]
    values = np.full(prod(sizes), np.nan)
    symbols: dict[str, int] = {}
    status = np.full(prod(sizes), -1, dtype=np.int8)
    for part in parts:
        found, numbers, marks = _part(table_id, part, codelists or {}, asker, lang)
        units = {code: unit for code, unit in whole.units.items() if code in found.units}
        if found.updated != header.updated or any(found.units[code] != unit for code, unit in units.items()):
            problem = f"changed while it was fetched ({header.updated} to {found.updated}); fetch it again"
            raise DataError([Fault(f"SSB {table_id}", None, "updated", None, problem)])
        cells = _cells(whole, found)
        values[cells] = numbers
        code_of = [symbols.setdefault(symbol, len(symbols)) for symbol in marks.categories]
        status[cells] = np.array([*code_of, -1], dtype=np.int8)[marks.codes]
    frame = jsonstat.tabulate(
        whole, values, pd.Categorical.from_codes(status, pd.Index(list(symbols), dtype="str"))
    )
    frame.attrs["table_id"] = table_id
    word, place = ("Kilde", "tabell") if lang == "no" else ("Source", "table")
    frame.attrs["source_line"] = f"{word}: {header.publisher or 'SSB'}, {place} {table_id}"
    return frame


def _part(
    table_id: str, part: Mapping[str, list[str]], codelists: Mapping[str, str], asker: Asker, lang: str
) -> tuple[Header, np.ndarray, pd.Categorical]:
    """One answer, with exactly the cells that were asked for."""
    body = {
        "selection": [
            {"variableCode": v, "valueCodes": codes} | ({"codelist": codelists[v]} if v in codelists else {})
            for v, codes in part.items()
        ]
    }
    asked = question("ssb", f"/tables/{table_id}/data", {"lang": lang, "outputFormat": "json-stat2"}, body)
    answer: Answer = asker.ask(asked)
    kind = answer.headers.get("content-type", "")
    if "html" in kind or "xml" in kind or answer.body[:1] == b"<":
        raise FetchError(asked, f"sent {kind or 'a page'} where JSON was expected", answer)
    header, values, status = jsonstat.read_cells(answer.body, f"SSB {table_id}")
    got = {d.id: set(d.codes) for d in header.dimensions}
    if got != {v: set(codes) for v, codes in part.items()}:
        wrong = [v for v in {*got, *part} if got.get(v) != set(part.get(v, []))]
        raise DataError(
            [
                Fault(
                    f"SSB {table_id}",
                    None,
                    ", ".join(wrong),
                    None,
                    "the answer holds other values than were asked for",
                )
            ]
        )
    return header, values, status


def _cells(whole: Header, part: Header) -> np.ndarray:
    """The place of each of a part's cells in the whole, row by row."""
    size_of = {d.id: len(d.codes) for d in whole.dimensions}
    stride_of: dict[str, int] = {}
    stride = 1
    for dimension in reversed(whole.dimensions):
        stride_of[dimension.id] = stride
        stride *= size_of[dimension.id]
    cells = np.zeros(1, dtype=np.int64)
    for dimension in part.dimensions:
        place = {code: n for n, code in enumerate(whole.dimension(dimension.id).codes)}
        steps = np.array([place[code] for code in dimension.codes], dtype=np.int64) * stride_of[dimension.id]
        cells = (cells[:, None] + steps[None, :]).ravel()
    return cells


def select(header: Header, selection: Mapping[str, Sequence[str]]) -> list[Dimension]:
    """The chosen variables with their chosen codes: expressions spelled out, duplicates gone, in order.

    Raises AnalysisError naming every variable or expression that the table does not know, and every
    variable that must be chosen and is not.
    """
    problems = []
    known = {d.id.lower(): d for d in header.dimensions}
    wanted = {variable.lower(): expressions for variable, expressions in selection.items()}
    for variable in selection:
        if variable.lower() not in known:
            problems.append(f"no variable {variable!r}; it has {[d.id for d in header.dimensions]}")
    chosen = []
    for name, dimension in known.items():
        if name not in wanted:
            if dimension.elimination is False:
                problems.append(f"variable {dimension.id!r} ({dimension.label}) must be chosen")
            continue
        places: set[int] = set()
        for expression in wanted[name]:
            found = expand(dimension.codes, expression)
            if not found:
                problems.append(f"{dimension.id} has no value {expression!r}")
            places.update(found)
        order = sorted(places)
        codes, labels = [dimension.codes[n] for n in order], [dimension.labels[n] for n in order]
        units = {code: unit for code, unit in dimension.units.items() if code in set(codes)}
        chosen.append(replace(dimension, codes=codes, labels=labels, units=units))
    if problems:
        raise AnalysisError(f"SSB table {header.table_id or header.title}: " + "; ".join(problems))
    return chosen


def expand(codes: Sequence[str], expression: str) -> list[int]:
    """Positions of the codes that one of SSB's selection expressions means; empty where there is none."""
    lowered = [code.lower() for code in codes]
    everything = list(range(len(codes)))
    call = _FUNCTION.fullmatch(expression.strip())
    if call is None:
        pattern = expression.lower()
        if "*" in pattern or "?" in pattern:
            # Brackets mean nothing in SSB's expressions, but would in fnmatch.
            return [n for n in everything if fnmatch.fnmatchcase(lowered[n], pattern.replace("[", "[[]"))]
        return [lowered.index(pattern)] if pattern in lowered else []
    name = call[1].lower()
    arguments = [argument.strip().lower() for argument in call[2].split(",")]
    if name in ("top", "bottom"):
        if not all(argument.isdecimal() for argument in arguments) or len(arguments) > 2:
            return []
        count, offset = int(arguments[0]), int(arguments[1]) if len(arguments) == 2 else 0
        stop = len(codes) - offset
        return (
            everything[max(0, stop - count) : max(0, stop)]
            if name == "top"
            else everything[offset : offset + count]
        )
    if len(arguments) != (2 if name == "range" else 1) or not set(arguments) <= set(lowered):
        return []
    first = lowered.index(arguments[0]) if name != "to" else 0
    last = lowered.index(arguments[-1]) if name != "from" else len(codes) - 1
    return everything[first : last + 1]
